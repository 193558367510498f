"""`mkdocs serve`: an author saves, and the page is what the cluster answers to what is written now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from folder import Folder
from serving import Served

if TYPE_CHECKING:
    from preuve.cluster.embedded.cluster import EmbeddedCluster

HOOK = Path(__file__).parents[1] / "hooks" / "main.py"

PAGE = """\
# Rights

```yaml
--8<-- "pod.yaml"
```

```console
$ kubectl auth can-i create clusterroles 2>/dev/null || :
$ kubectl get configmaps mine -o jsonpath='{.data}'
```
"""
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine}\ndata: {a: one}\n"
SITE = (
    "site_name: served\n"
    f"hooks: [{HOOK}]\n"
    "markdown_extensions:\n- pymdownx.snippets: {base_path: [first, second]}\n"
)


@pytest.mark.cluster
@pytest.mark.second
def test_what_is_stated_otherwise_is_played_otherwise(cluster: EmbeddedCluster, tmp_path: Path) -> None:
    """Rights, manifest, its folder, language, version, cluster: by a server that goes on."""
    site = Folder(tmp_path)
    settings = tmp_path / "mkdocs.yml"
    settings.write_text(SITE)
    for folder, content in {"first": MANIFEST, "second": MANIFEST.replace("one", "two")}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pod.yaml").write_text(content)
    site.write("index.md", PAGE)
    answer = '<span class="preuve-output">{}\n'
    with Served(tmp_path) as server:
        assert answer.format("no") in server.until("a&quot;:&quot;one")

        exclusive = f"---\npreuve: {{cluster: exclusive}}\n---\n{PAGE}"
        site.write("index.md", exclusive)
        server.until(answer.format("yes"))
        site.write("index.md", PAGE)
        server.until(answer.format("no"))

        (tmp_path / "first" / "pod.yaml").write_text(MANIFEST.replace("one", "edited"))
        server.until("a&quot;:&quot;edited")
        settings.write_text(SITE.replace("first, second", "second, first"))
        server.until("a&quot;:&quot;two")

        settings.write_text(SITE + "theme: {name: mkdocs, language: fr}\n")
        server.until("Exécuté sur Kubernetes")
        settings.write_text(f"{SITE}extra: {{preuve: {{kubernetes: '1.36'}}}}\n")
        assert "a&quot;:&quot;edited" in server.until("Out of date")
        assert "not of 1.36" in server.log
        for cluster_named, told in {"context:nowhere": "nowhere", "nonsense": "write `embedded`"}.items():
            settings.write_text(f"{SITE}extra: {{preuve: {{cluster: '{cluster_named}'}}}}\n")
            site.write("index.md", f"{PAGE}\n```console\n$ echo on {cluster_named}\n```\n")
            assert "Not run" in server.until(cluster_named)
            assert told in server.log
        site.write("index.md", PAGE)
        settings.write_text(SITE)
        server.until(f"Run on Kubernetes {cluster.version}", without="Out of date")


FAILS = """\
# Stops

```console
$ echo before
$ echo why; exit 3
$ echo after
```

```{ .console timeout=1s }
$ echo slow; sleep 60
```
"""


@pytest.mark.cluster
@pytest.mark.second
@pytest.mark.usefixtures("cluster")
def test_a_command_that_fails_is_shown_as_such_and_leaves_no_transcript(tmp_path: Path) -> None:
    """With its output, at its block, and so is one that does not end; what comes after was not run."""
    site = Folder(tmp_path)
    (tmp_path / "mkdocs.yml").write_text(f"{SITE}theme: {{name: mkdocs, language: fr}}\n")
    site.write("index.md", FAILS)
    with Served(tmp_path) as server:
        blocks = server.until("Échec : code 3").split('<div class="preuve')[1:]
        assert [block.count("Échec") for block in blocks] == [0, 1, 0, 0]
        assert [block.count("Non exécuté") for block in blocks] == [0, 0, 1, 1]
        assert "why\n" in blocks[1]
        site.write("index.md", FAILS.replace("; exit 3", ""))
        blocks = server.until("Échec : arrêtée").split('<div class="preuve')[1:]
        assert ["Échec" in block for block in blocks] == [False, True]
        assert "slow\n" in blocks[1]
        assert not (tmp_path / "transcripts").exists()
