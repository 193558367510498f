"""A page in MkDocs' own themes, as they are with a network: all that the engine brings is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from folder import Folder

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from playwright.sync_api import Browser, Route

pytestmark = [pytest.mark.site, pytest.mark.browser]

HIGHLIGHTER = Path(__file__).with_name("node_modules") / "@highlightjs" / "cdn-assets"
"""What both themes fetch, in the version that they fetch."""

PAGE = """\
# Pods

```yaml
--8<-- "pod.yaml"
```

```console
$ kubectl get pods
```
"""

CDN = re.compile("/highlight.js/11.8.0/(.*)")


def fetched(route: Route) -> None:
    """Answer as the themes' CDN does."""
    found = CDN.search(route.request.url)
    file = HIGHLIGHTER / found[1] if found else None
    if file and file.is_file():
        route.fulfill(path=file)
    elif route.request.url.startswith("file:"):
        route.continue_()
    else:
        route.abort()


@pytest.mark.parametrize("theme", ["mkdocs", "readthedocs"])
def test_the_theme_s_highlighter_leaves_what_was_run_alone(
    build: Callable[..., subprocess.CompletedProcess[str]], browser: Browser, tmp_path: Path, theme: str
) -> None:
    """A copy button a command, marks of what will differ, a drawing; manifests are the highlighter's."""
    folder = Folder(tmp_path)
    folder.write("index.md", PAGE)
    folder.write("drawing.md", "```cluster\ndeployments\n```\n")
    (tmp_path / "pod.yaml").write_text("kind: Pod\n")
    config = tmp_path / "mkdocs.yml"
    config.write_text(
        f"site_name: theirs\nuse_directory_urls: false\ntheme: {theme}\nplugins: [preuve]\n"
        f"markdown_extensions: [pymdownx.snippets: {{ base_path: ['{tmp_path}'] }}]\n"
    )
    folder.feign("pod/web-68cdd476b5-7ccbf   1/1   Running   0   5s\n", "index.md")
    folder.feign("Deployment web 2/2\n", "drawing.md")
    built = build(config, tmp_path / "site")
    assert built.returncode == 0, built.stdout
    page = browser.new_page()
    page.route(re.compile(".*"), fetched)
    page.goto((tmp_path / "site" / "index.html").as_uri())
    assert page.locator("pre .hljs-attr, pre.hljs, code.hljs").count() > 0  # the manifest
    assert page.locator(".preuve .hljs").count() == 0
    assert page.locator(".preuve-command").count() == 2
    assert page.locator(".preuve-command .preuve-copy").count() == 2
    assert page.locator(".preuve-mark").count() > 0
    page.goto((tmp_path / "site" / "drawing.html").as_uri())
    assert page.locator(".preuve-drawing svg:visible").count() == 1
    page.close()
