"""`--since`, with real repositories: what a change touches is played, and nothing else."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from folder import Folder
from preuve.changes import touched
from preuve.errors import ConfigError
from preuve.project import find

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INCLUDING = '```yaml\n--8<-- "pod.yaml"\n```\n'
CONSOLE = "```console\n$ kubectl get pods\n```\n"
IMAGES = """\
[image."shop/api:1.0"]
build = "api"
[image."shop/top:1.0"]
build = "top"
"""
MKDOCS = """\
INHERIT: ../base.yml
site_name: theirs
extra: { preuve: { recipes: images.toml } }
markdown_extensions:
  - pymdownx.snippets: { base_path: [manifests] }
"""


def git(folder: Path, *arguments: str) -> None:
    own = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(("git", *own, *arguments), cwd=folder, check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A branch that has just left `main`, which has gone on since; the site is not at the top."""
    site = Folder(tmp_path / "top" / "site")
    site.write("a.md", INCLUDING)
    site.write("b.md", CONSOLE)
    site.write("c.md", INCLUDING + CONSOLE)
    (site.root / "manifests").mkdir()
    (site.root / "manifests" / "pod.yaml").write_text("kind: Pod\n")
    site.write("d.md", CONSOLE.replace("get pods", "run api --image=shop/api:1.0"))
    (site.root / "api").mkdir()
    (site.root / "api" / "Dockerfile").write_text("FROM python:3.13\nCOPY main.py static /\n")
    (site.root / "api" / "static").mkdir()
    (site.root / "api" / "static" / "a").touch()
    (site.root / "api" / "static" / "b").touch()
    (site.root / "api" / "main.py").write_text("print()\n")
    (site.root / "images.toml").write_text(IMAGES)
    site.write("e.md", CONSOLE.replace("get pods", "run top --image=shop/top:1.0"))
    (site.root / "top").mkdir()
    (site.root / "top" / "Dockerfile").write_text("FROM shop/api:1.0\nENV A=b\n")
    (site.root / "mkdocs.yml").write_text(MKDOCS)
    top = site.root.parent
    (top / "base.yml").write_text("site_author: us\n")
    git(top, "init", "-q", "-b", "main")
    git(top, "add", ".")
    git(top, "commit", "-qm", "All")
    git(top, "branch", "mine")
    site.write("b.md", "Theirs, later.\n")
    git(top, "commit", "-qam", "Theirs")
    git(top, "switch", "-q", "mine")
    return site


def names(folder: Folder) -> list[str]:
    project = find(folder.root)
    return [page.name for page in touched(project, project.pages(), "main")]


CHANGES: list[tuple[Callable[[Folder], object], list[str]]] = [
    (lambda _: None, []),
    (lambda it: it.write("b.md", f"More.\n\n{CONSOLE}"), ["b.md"]),
    (lambda it: it.write("new.md", CONSOLE), ["new.md"]),
    (lambda it: (it.root / "manifests" / "pod.yaml").write_text("kind: Job\n"), ["a.md", "c.md"]),
    (lambda it: it.feign("edited\n", "b.md"), ["b.md"]),
    (lambda it: (it.root / "README.md").write_text("Prose.\n"), []),
    (lambda it: (it.root / "mkdocs.yml").write_text(f"# Said.\n{MKDOCS}nav: [a.md]\n"), []),
    (
        lambda it: (it.root / "mkdocs.yml").write_text(
            MKDOCS.replace("recipes", "kubernetes: 1.36, recipes")
        ),
        ["a.md", "b.md", "c.md", "d.md", "e.md"],
    ),
    (
        lambda it: (it.root / "mkdocs.yml").write_text(MKDOCS.replace("[manifests]", "[manifests, .]")),
        ["a.md", "b.md", "c.md", "d.md", "e.md"],
    ),
    (
        lambda it: (it.root.parent / "base.yml").write_text("extra: {preuve: {kubernetes: 1.36}}\n"),
        ["a.md", "b.md", "c.md", "d.md", "e.md"],
    ),
    (lambda it: (it.root / "api" / "main.py").write_text("print(1)\n"), ["d.md", "e.md"]),
    (lambda it: (it.root / "api" / "static" / "a").unlink(), ["d.md", "e.md"]),
    (lambda it: (it.root / "top" / "Dockerfile").write_text("FROM shop/api:1.0\n"), ["e.md"]),
    (
        lambda it: (it.root / "images.toml").write_text(f"# Said.\n{IMAGES}"),
        ["a.md", "b.md", "c.md", "d.md", "e.md"],
    ),
]


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not yet"])
@pytest.mark.parametrize(
    ("change", "wanted"),
    CHANGES,
    ids=[
        "nothing",
        "page",
        "new",
        "manifest",
        "transcript",
        "other",
        "nav",
        "setting",
        "snippets",
        "inherited",
        "image",
        "in it",
        "on top",
        "images",
    ],
)
def test_what_a_change_touches(
    folder: Folder, change: Callable[[Folder], object], wanted: list[str], committed: bool
) -> None:
    """Whether it is committed or not; what others did on the other branch is no change of this one."""
    change(folder)
    if committed:
        git(folder.root, "add", ".")
        git(folder.root, "commit", "-q", "--allow-empty", "-m", "Mine")
    assert names(folder) == wanted


def test_what_git_cannot_tell_is_told(folder: Folder) -> None:
    """A branch that was not fetched is CI's usual mistake."""
    project = find(folder.root)
    with pytest.raises(ConfigError, match=r"git cannot tell what has changed.*origin/main.*fetch-depth: 0"):
        touched(project, project.pages(), "origin/main")
