"""The course, played over and over, stays what it is: what chance changes in an output rewrites no file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from difflib import unified_diff
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from preuve.project import PageState, find

if TYPE_CHECKING:
    from preuve.project import Page

ROOT = Path(__file__).parents[1]
SECONDS = 600.0
LONGEST = 60.0
"""Seconds that a page may take to be played here three times over."""


def chapter(page: Page) -> str:
    return page.name.partition("/")[0]


def chosen() -> list[str]:
    """The exclusive pages; of each chapter the page with the most commands, among those quickly played."""
    pages = [page for page in find(ROOT).pages() if page.state != PageState.PROSE]
    aside = [page.name for page in pages if page.plan.exclusive]
    quick = [page for page in pages if page.name not in aside and page.seconds < LONGEST]
    return aside + [
        max(together, key=lambda page: len(list(page.plan.actions()))).name
        for _, together in groupby(quick, key=chapter)
    ]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def changes(before: dict[str, bytes], after: dict[str, bytes]) -> str:
    """Every line that changed, with its file: what moved once in twenty plays is not seen again soon."""
    return "".join(
        line
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
        for line in unified_diff(
            before.get(name, b"").decode(errors="replace").splitlines(keepends=True),
            after.get(name, b"").decode(errors="replace").splitlines(keepends=True),
            name,
            name,
            n=1,
        )
    )


@pytest.mark.cluster
@pytest.mark.second
@pytest.mark.usefixtures("cluster")
def test_three_plays_change_nothing(tmp_path: Path) -> None:
    """Not a byte of what is committed, by three runs of `preuve play`, all of them side by side."""
    for file in ("mkdocs.yml", "images.toml"):
        shutil.copy(ROOT / file, tmp_path)
    for folder in ("docs", "includes", "transcripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    committed = files(tmp_path)
    for _ in range(3):
        played = subprocess.run(
            [sys.executable, "-m", "preuve.cli", "play", *chosen()],
            cwd=tmp_path,
            env=os.environ,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert played.returncode == 0, played.stderr
        assert changes(committed, files(tmp_path)) == ""
        assert played.stdout == f"{len(chosen())} pages, 0 transcripts changed\n"
        assert files(tmp_path) == committed
