"""Where things are kept: whose folder it is, who may write it, what is removed of it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from preuve.cluster.embedded import places
from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_a_relative_path_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So says the XDG Base Directory Specification: what runs would depend on the working directory."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert places.cache("images") == tmp_path / ".cache" / "preuve" / "images"
    assert places.state("1234") == tmp_path / "state" / "preuve" / "1234"


def test_a_folder_is_held_by_one_process(tmp_path: Path) -> None:
    """Another one waits, and may say so, until the first has let go."""
    holds = (
        "import sys; from pathlib import Path; from preuve.cluster.embedded import places\n"
        "with places.held(Path(sys.argv[1])): "
        "print('held', flush=True); sys.stdin.read(); print('done', flush=True)"
    )
    waited = []
    with subprocess.Popen(
        (sys.executable, "-c", holds, tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as other:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        end = threading.Timer(0.3, other.stdin.close)

        @contextmanager
        def waiting() -> Iterator[None]:
            waited.append("for it")
            end.start()
            yield

        with places.held(tmp_path, waiting):
            assert select.select([other.stdout], [], [], 0)[0], "it is held while the other is not done"
        end.join()
    with places.held(tmp_path, waiting):
        assert waited == ["for it"]


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(
            ClusterError, match=r"cannot be written .*: run preuve with sudo, or set XDG_CACHE_HOME"
        ),
        places.held(tmp_path / "file" / "cache"),
    ):
        pass


def test_a_tree_is_removed_and_nothing_that_it_leads_to(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    tree = tmp_path / "tree"
    (tree / "a" / "b" / "c").mkdir(parents=True)
    (tree / "a" / "b" / "file").touch()
    (tree / "a" / "link").symlink_to(kept)
    places.remove(tree)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (kept / "file").exists()


def test_what_was_used_last_stays(tmp_path: Path) -> None:
    """With one more there are as many as may be; what a killed build left goes, however young it is."""
    for age, name in enumerate(["scratch.new", "third", "second", "first"]):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    (tmp_path / "lock").touch()
    places.prune(tmp_path, keep=3)
    assert {path.name for path in tmp_path.iterdir()} == {"lock", "second", "third"}
