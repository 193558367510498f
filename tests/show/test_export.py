"""Where `preuve render` writes, and where it touches nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from folder import Folder
from preuve.errors import ConfigError
from preuve.play.player import Player
from preuve.project import Project, find
from preuve.settings import Mode
from preuve.show.edition import prepare
from preuve.show.export import export, target


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A played project in a folder of its own, links beside it that lead into it, and somebody's notes."""
    root = tmp_path / "project"
    for name in ("docs/sub", "includes", "home"):
        (root / name).mkdir(parents=True)
    snippets = "markdown_extensions: [{pymdownx.snippets: {base_path: [includes]}}]\n"
    (root / "mkdocs.yml").write_text("site_name: x\n" + snippets)
    (root / "includes" / "a.yaml").write_text("kind: Pod\n")
    (root / "home" / "notes.txt").write_text("mine")
    folder = Folder(root)
    folder.write("index.md", "# T\n\n```console\n$ ls\n```\n")
    folder.feign("a\n")
    (root / "link-to-docs").symlink_to("docs")
    (root / "link-to-project").symlink_to(root)
    (root / "link-to-build").symlink_to("build")
    return find(root)


def exported(project: Project, folder: Path) -> int:
    with Player(project) as player:
        return export(prepare(project, project.pages(), Mode.REPLAY, player), folder)


def tree(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "folder",
    [
        *("docs", "docs/sub", "docs/new", "docs/../docs", ".", "..", "transcripts", "transcripts/x"),
        *("includes", "link-to-docs", "link-to-docs/sub", "link-to-project", "link-to-project/docs", "home"),
    ],
)
def test_nothing_is_touched_where_something_would_be_lost(project: Project, folder: str) -> None:
    """The project, what it is made of, what holds it, what preuve did not write: whatever way leads there."""
    before = tree(project.root.parent)
    with pytest.raises(ConfigError, match="name another folder"):
        exported(project, project.root / folder)
    assert tree(project.root.parent) == before


def test_the_root_is_no_place_to_write_to(project: Project) -> None:
    """Whatever stands there."""
    with pytest.raises(ConfigError, match="name another folder"):
        target(project, Path("/"))


@pytest.mark.parametrize("folder", ["build", "build/docs", "link-to-build"])
def test_what_preuve_wrote_it_writes_anew(project: Project, folder: str) -> None:
    """In a folder that is not there, or through a link to one; what is left of the time before goes."""
    (project.root / "build").mkdir()
    count = exported(project, project.root / folder)
    old = project.root / folder / "old.md"
    old.write_text("of a page that is no more")
    assert exported(project, project.root / folder) == count
    assert not old.exists()
    assert "$ ls\na\n" in (project.root / folder / "index.md").read_text()


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_played(project: Project) -> None:
    with pytest.raises(ConfigError, match=r"^/proc/x/y cannot be written: .*: name another folder$"):
        target(project, Path("/proc/x/y"))


def test_the_folder_itself_stays(project: Project) -> None:
    """A server that serves it goes on, and a volume that is mounted there stays."""
    folder = project.root / "build"
    exported(project, folder)
    served = os.open(folder, os.O_RDONLY)
    try:
        exported(project, folder)
        assert Path(f"/proc/self/fd/{served}/index.md").exists()
    finally:
        os.close(served)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount")
@pytest.mark.parametrize(
    ("mount", "told"),
    [
        ("mount -t tmpfs none build", ""),
        (
            "mkdir build/sub && touch build/.preuve && mount -t tmpfs none build/sub",
            "build/sub cannot be removed: Device or resource busy: name another folder",
        ),
        (
            "mount -t tmpfs -o ro none build",
            "build cannot be written: Read-only file system: name another folder",
        ),
        ('mount --bind -o ro . . && cd "$PWD" && mount -t tmpfs none build', ""),
    ],
)
def test_a_mount_is_written_to_or_told(project: Project, mount: str, told: str) -> None:
    """A container's volume is one; where its parent is read-only, too."""
    (project.root / "build").mkdir()
    render = (sys.executable, "-m", "preuve.cli", "render", "build")
    ran = subprocess.run(
        ("unshare", "--mount", "sh", "-ec", f'{mount}; "$@"; exec "$@"', "sh", *render),
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, bool(ran.stderr)) == ((2, True) if told else (0, False)), ran.stderr
    assert re.search(told, ran.stderr)
