"""What a build reads, and what of it makes a page's outputs those of another question."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from preuve.errors import PreuveError
from preuve.project import PageState, find
from preuve.settings import Mode, Settings
from preuve.show.edition import prepare
from preuve.show.strings import ENGLISH
from preuve.testing import FakePlayer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.project import Page

PAGE = """\
---
title: Web
---
# Web

--8<-- "intro.md"

```yaml
--8<-- "web/kustomization.yaml"
```

```yaml
--8<--
web/deployment.yaml
web/service.yml
--8<--
```

```yaml
--8<-- "web/part.yaml:1:1"
```

```console
$ kubectl apply -k .
$ kubectl run api --image=shop/api:1.0
$ cat values.yaml; kubectl apply -f elsewhere/
```

```proofs
run
```
"""

FILES = {
    "mkdocs.yml": (
        "site_name: x\nmarkdown_extensions:\n- pymdownx.snippets: {base_path: [includes]}\n"
        "extra: {preuve: {recipes: images.toml}}\n"
    ),
    "images.toml": '[image."shop/api:1.0"]\nbuild = "api"\n[image."shop/web:1.0"]\nbuild = "web"\n',
    "api/Dockerfile": "FROM python:3.13\nCOPY main.py /\n",
    "api/main.py": "print()\n",
    "web/Dockerfile": "FROM nginx:1.26\n",
    "docs/web.md": PAGE,
    "docs/other.md": "# Other\n",
    "includes/intro.md": "```console\n$ kubectl get pods\n```\n",
    "includes/web/kustomization.yaml": "resources: [deployment.yaml, service.yml]\n",
    "includes/web/deployment.yaml": "kind: Deployment\n",
    "includes/web/service.yml": "kind: Service\n",
    "includes/web/part.yaml": "kind: Pod\n",
    "includes/web/unused.yaml": "kind: Pod\n",
    "values.yaml": "a: b\n",
    "elsewhere/pod.yaml": "kind: Pod\n",
}

ANSWERED = {
    "docs/web.md": ("kubectl", "kubectl "),
    "images.toml": ("build", "load = true\nbuild"),
    "api/Dockerfile": ("COPY main.py /", "COPY main.py /srv/"),
    "api/main.py": ("print()", "print(1)"),
    "includes/web/kustomization.yaml": ("\n", "\n\n"),
    "includes/web/deployment.yaml": ("\n", "\n\n"),
    "includes/web/service.yml": ("\n", "\n\n"),
}
"""What the page's outputs are answers to, and a change of it."""
SHOWN = {
    "docs/other.md": "another page",
    "transcripts/other.txt": "another page's",
    "mkdocs.yml": "see the settings",
    "web/Dockerfile": "of an image that the page does not name",
    "transcripts/web.txt": "sealed",
    "transcripts/run.json": "an account of all pages",
}
"""What else is read, and why no page is played again for it."""

SETTINGS = {
    "kubernetes": "kubernetes: '1.36'",
    "cluster": "cluster: context:team",
    "allow_exclusive": "allow_exclusive: true",
    "recipes": "recipes: others.toml",
    "namespace": "cluster: context:team, namespace: team-a",
}
SAME = {
    "allow_exclusive": "a page is refused, or played as it is",
    "mode": "no setting",
    "root": "no setting",
    "stated": "no setting",
}
"""The settings of which no outcome depends, and why."""

_opened: list[str] = []
_WATCHED: list[str] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _WATCHED and str(arguments[0]).startswith(_WATCHED[0]):
        _opened.append(str(arguments[0]))


@pytest.fixture(scope="module")
def _audited() -> None:
    sys.addaudithook(_note)  # for good: Python takes none away


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A project, played."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project = find(tmp_path)
    assert not prepare(project, project.pages(), Mode.AUTO, FakePlayer()).errors
    yield tmp_path
    _WATCHED.clear()


def stating(settings: str) -> str:
    """What mkdocs.yml holds with these settings besides its own."""
    own = "" if settings.startswith("recipes") else "recipes: images.toml, "
    return FILES["mkdocs.yml"].replace("recipes: images.toml", own + settings)


def page(root: Path) -> Page:
    return find(root).pages(["web.md"])[0]


@pytest.mark.usefixtures("_audited")
def test_what_is_read_is_known(root: Path) -> None:
    """No file of the repository has a say in a page but those of which somebody thought."""
    _opened.clear()
    _WATCHED.append(f"{root}/")
    project = find(root)
    edition = prepare(project, project.pages(), Mode.CHECK, FakePlayer())
    for name in edition.pages:
        edition.render(name, ENGLISH)
    assert not edition.errors
    read = {str(Path(path).relative_to(root)) for path in _opened}
    assert read - SHOWN.keys() == set(ANSWERED)


@pytest.mark.parametrize("name", ANSWERED)
def test_what_is_answered_is_in_the_key(root: Path, name: str) -> None:
    """A byte of a manifest, a letter of a command."""
    assert page(root).state == PageState.CURRENT
    path = root / name
    path.write_text(path.read_text().replace(*ANSWERED[name]))
    assert page(root).state == PageState.STALE


def test_each_setting_was_thought_of(root: Path) -> None:
    """What another cluster would answer is another answer; a new setting has to be decided upon."""
    (root / "others.toml").write_text(
        FILES["images.toml"].replace('"web"', '"api"').replace("shop/web", "web/api")
    )
    stale = set()
    for name, setting in SETTINGS.items():
        (root / "mkdocs.yml").write_text(stating(setting))
        stale |= {name} if page(root).state == PageState.STALE else set()
    assert stale == {each.name for each in fields(Settings)} - SAME.keys()


def test_a_variable_makes_no_page_stale(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with another cluster replays what the repository's answered."""
    monkeypatch.setenv("PREUVE_CLUSTER", "context:mine")
    assert page(root).state == PageState.CURRENT
    (root / "mkdocs.yml").write_text(stating("cluster: context:team"))
    team = page(root).key
    monkeypatch.delenv("PREUVE_CLUSTER")
    assert page(root).key == team


def test_another_context_and_other_images_are_told_apart(root: Path) -> None:
    """What our own images are made of says nothing of somebody else's cluster, and no minor of ours does."""
    keys = {}
    for settings in (
        "cluster: context:a",
        "cluster: context:b",
        "cluster: context:a, namespace: team-a",
        "cluster: context:a, kubernetes: '1.36'",
    ):
        (root / "mkdocs.yml").write_text(stating(settings))
        keys[settings] = page(root).key
    one, other, given, minor = keys.values()
    assert len({one, other, given}) == 3
    assert one == minor


@pytest.mark.parametrize("other", ["../second/pod.yaml", "sub/../../second/pod.yaml"])
def test_two_manifests_are_not_published_in_one_place(tmp_path: Path, other: str) -> None:
    """Of two folders of includes: whoever downloads one would get the other."""
    lines = "site_name: x\nmarkdown_extensions:\n- pymdownx.snippets: {base_path: [first, second]}\n"
    (tmp_path / "mkdocs.yml").write_text(lines)
    (tmp_path / "docs").mkdir()
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pod.yaml").write_text(f"kind: {folder}\n")
    for name, path in {"a.md": "pod.yaml", "b.md": other}.items():
        (tmp_path / "docs" / name).write_text(f'# T\n\n```yaml\n--8<-- "{path}"\n```\n')
    with pytest.raises(PreuveError, match=r"^b\.md:3: this manifest and that of a\.md:3 are different files"):
        find(tmp_path).pages()
    (tmp_path / "second" / "pod.yaml").write_text("kind: first\n")
    assert len(find(tmp_path).pages()) == 2
