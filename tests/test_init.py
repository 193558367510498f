"""`preuve init`, the command itself, in repositories of others."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from preuve import cluster, init, mapping

if TYPE_CHECKING:
    from pathlib import Path

THEIRS = """\
# Our handbook.
site_name: Handbook
theme: { name: mkdocs, locale: fr }  # plain

plugins:
  - search:
      lang: fr   # the only one
  # - social     (too slow)

markdown_extensions:
  - pymdownx.superfences:
      custom_fences:
        - { name: mermaid, class: mermaid, format: !!python/name:pymdownx.superfences.fence_code_format "" }
"""


class Repository:
    """A repository in a temporary folder."""

    def __init__(self, root: Path, remote: str) -> None:
        self.root = root
        subprocess.run(("git", "init", "-q", root), check=True)
        if remote:
            subprocess.run(("git", "-C", root, "remote", "add", "origin", remote), check=True)

    def preuve(self, *arguments: str, code: int = 0, folder: str = ".") -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "preuve.cli", *arguments],
            cwd=self.root / folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == code, ran.stdout
        return ran.stdout

    def files(self) -> dict[str, str]:
        """All that is in it, by path."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes().decode()
            for path in self.root.rglob("*")
            if path.is_file() and ".git" not in path.relative_to(self.root).parts
        }


@pytest.fixture(params=[""])
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Repository:
    return Repository(tmp_path / "hand-book", request.param)


ALL = {".github/workflows/preuve.yml", ".gitlab-ci.yml", ".gitlab/preuve.yml"}


@pytest.mark.parametrize(
    ("repository", "workflows"),
    [
        ("", ALL),
        ("git@github.com:theirs/hand-book.git", {".github/workflows/preuve.yml"}),
        ("https://gitlab.example.org/theirs/hand-book.git", {".gitlab-ci.yml", ".gitlab/preuve.yml"}),
    ],
    indirect=["repository"],
    ids=["none", "github", "gitlab"],
)
def test_an_empty_repository_has_what_it_takes(repository: Repository, workflows: set[str]) -> None:
    """Settings, a page that can be played, the workflow of its forge; it is told, with what to do next."""
    said = repository.preuve("init")
    files = repository.files()
    assert files.keys() == workflows | {"mkdocs.yml", "docs/index.md", "manifests/preuve-web.yaml"}
    assert all(f"wrote    {path}" in said for path in files)
    assert "Next: `preuve play`" in said
    told = repository.preuve("status", "--json", code=1)
    [page] = yaml.safe_load(told.partition("preuve: ")[0])
    assert page | {"page": "index.md", "commands": 3, "manifests": 1, "state": "never played"} == page
    assert 'site_name: "hand-book"' in files["mkdocs.yml"]


def test_a_second_time_nothing_is_written(repository: Repository) -> None:
    """Also from a folder below; what a person has changed is kept."""
    repository.preuve("init")
    page = repository.root / "docs" / "index.md"
    page.write_text(page.read_text() + "\nMore of it.\n")
    before = repository.files()
    said = repository.preuve("init", folder="docs")
    assert repository.files() == before
    assert "wrote" not in said
    assert "changed" not in said


def test_what_is_there_is_kept_to_the_letter(repository: Repository) -> None:
    """One line more in mkdocs.yml, comments and tags as they were; the page in the language of the site."""
    docs = repository.root / "docs"
    docs.mkdir()
    (docs / "index.md").write_text("# Accueil\n")
    (repository.root / "mkdocs.yml").write_text(THEIRS + "nav: [index.md]\n")
    (repository.root / ".gitlab-ci.yml").write_text("stages: [test]\n")
    said = repository.preuve("init")
    files = repository.files()
    assert files["mkdocs.yml"].replace("  - preuve\n", "", 1) == THEIRS + "nav: [index.md]\n"
    assert mapping.read(files["mkdocs.yml"])["plugins"] == [{"search": {"lang": "fr"}}, "preuve"]
    assert files["docs/index.md"] == "# Accueil\n"
    assert "Une première page" in files["docs/preuve.md"]
    assert files[".gitlab-ci.yml"] == "stages: [test]\n"
    assert ".github/workflows/preuve.yml" not in files
    assert "yours    write preuve.md in the nav of mkdocs.yml" in said
    assert "yours    write `include: { local: .gitlab/preuve.yml }` in .gitlab-ci.yml" in said
    assert "never played" in repository.preuve("status", code=1)


def test_a_site_that_plays_pages_needs_no_first_one(repository: Repository) -> None:
    """Nor a second line for preuve, where it is a hook."""
    (repository.root / "docs").mkdir()
    (repository.root / "docs" / "a.md").write_text("```console\n$ kubectl get pods\n```\n")
    text = "site_name: theirs\nhooks: [vendor/preuve/hooks/main.py]\n"
    (repository.root / "mkdocs.yml").write_text(text)
    said = repository.preuve("init", "--ci", "github")
    assert repository.files().keys() == {"docs/a.md", "mkdocs.yml", ".github/workflows/preuve.yml"}
    assert repository.files()["mkdocs.yml"] == text
    assert "kept     docs/a.md" in said


def test_a_hook_of_theirs_may_have_our_hooks_name(repository: Repository) -> None:
    """Else no page would be run, and nothing would say so."""
    for folder in ("docs", "hooks"):
        (repository.root / folder).mkdir()
    (repository.root / "hooks" / "main.py").write_text("def on_config(config): ...\n")
    (repository.root / "mkdocs.yml").write_text("site_name: theirs\nhooks: [hooks/main.py]\n")
    assert "changed  mkdocs.yml" in repository.preuve("init", "--ci", "github")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("plugins: []\n", "plugins: [preuve]\n"),
        ("plugins:\n- search\n- tags\n", "plugins:\n- search\n- tags\n- preuve\n"),
        ("plugins:\n  tags:\n    a: b\n", "plugins:\n  tags:\n    a: b\n  preuve: {}\n"),
        ("plugins:\n  - search", "plugins:\n  - search\n  - preuve\n"),
        ("plugins:\r\n  - search\r\nextra: {}\r\n", "plugins:\r\n  - search\r\n  - preuve\r\nextra: {}\r\n"),
        (
            "plugins:\n  - a: |\n      c\n  # d\nx: 1\n",
            "plugins:\n  - a: |\n      c\n  - preuve\n  # d\nx: 1\n",
        ),
        ("plugins: {search: {}}\n", None),
        ("plugins:\n", None),
        ("INHERIT: base.yml\n", None),
    ],
)
def test_a_line_is_put_where_it_means_what_it_says(text: str, after: str | None) -> None:
    """Else it is left to a person."""
    assert init.with_plugin(text) == after


def test_settings_that_cannot_be_read_are_told(repository: Repository) -> None:
    """Before anything is written."""
    (repository.root / "mkdocs.yml").write_text("site_name: [\n")
    assert "mkdocs.yml:2: this is not YAML" in repository.preuve("init", code=2)
    assert repository.files().keys() == {"mkdocs.yml"}


def test_a_workflow_installs_all_that_a_cluster_takes(repository: Repository) -> None:
    """As `preuve cluster build` would ask for it; on GitHub Docker brings some of it."""
    repository.preuve("init")
    files = repository.files()
    wanted = cluster.debian_packages(compiled=False)
    assert {"bubblewrap", "mmdebstrap", "debian-archive-keyring"} <= wanted
    [job] = yaml.safe_load(files[".github/workflows/preuve.yml"])["jobs"].values()
    steps = " ".join(step.get("run", "") for step in job["steps"])
    assert wanted - {"containerd", "runc"} <= set(steps.split())
    assert "containerd" not in steps.split()  # it would take Docker away
    lines = yaml.safe_load(files[".gitlab/preuve.yml"])["preuve"]["before_script"]
    assert wanted <= set(" ".join(lines).split())
    assert yaml.safe_load(files[".gitlab-ci.yml"])["include"]["local"] in files
    assert not re.search("@[A-Z]+@", "".join(files.values()))
