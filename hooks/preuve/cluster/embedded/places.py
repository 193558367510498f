"""Where things are kept for the user: the folders of the XDG Base Directory Specification."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

SOURCES = Path(__file__).with_name("sources")
"""What a cluster is made of: Go modules, recipes of images, manifests. In a wheel as in a checkout."""

SCRATCH = "scratch."
"""How the name begins of what is not finished yet; a build that was killed may leave it."""

REMOVERS = 32
"""Threads that wait for the disk when files are removed."""


def cache(name: str) -> Path:
    """The folder `name` of what could be made again."""
    return _base("XDG_CACHE_HOME", ".cache") / "preuve" / name


def state(name: str) -> Path:
    """The folder `name` of what runs."""
    return _base("XDG_STATE_HOME", ".local/state") / "preuve" / name


@contextmanager
def held(folder: Path, waiting: Callable[[], AbstractContextManager[object]] = nullcontext) -> Iterator[None]:
    """Hold `folder`, made if need be, during the block; a process that ends, however that ends, lets go.

    Args:
        folder: what several processes write.
        waiting: what to be in while another one holds it.

    Raises:
        ClusterError: it cannot be written.
    """
    import fcntl  # noqa: PLC0415 - Unix has it, and where pages are replayed asks where the sources are

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise ClusterError(
            f"{folder} cannot be written ({error.strerror}): run preuve with sudo, "
            "or set XDG_CACHE_HOME to a folder of yours"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with waiting():
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove(tree: Path) -> None:
    """Remove a folder and all that is in it, many files at a time.

    Where a file system discards what it frees (ext4's ``discard``), each file that has reached the disk takes
    4 ms of waiting: one after the other, a cluster that lived a minute took 30 s to remove (measured).
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - not for those who only look

    levels, files = [[os.fspath(tree)]], list[str]()
    while levels[-1]:
        levels.append([])
        for folder in levels[-2]:
            with os.scandir(folder) as entries:
                for entry in entries:
                    (levels[-1] if entry.is_dir(follow_symlinks=False) else files).append(entry.path)
    with ThreadPoolExecutor(REMOVERS) as pool:
        list(pool.map(os.unlink, files))
        for folders in reversed(levels):
            list(pool.map(os.rmdir, folders))


def prune(folder: Path, keep: int, entries: str = "*") -> None:
    """Remove what a killed build left in a folder of entries, and the entries last used longest ago.

    Args:
        folder: held.
        keep: how many there may be with one more.
        entries: of those that count, and may go, a pattern of their names.
    """
    remains = list(folder.glob(f"{SCRATCH}*"))
    found = [path for path in folder.glob(entries) if path.is_dir() and path not in remains]
    found.sort(key=lambda entry: entry.stat().st_mtime)
    for path in (*found[: -keep + 1], *remains):
        shutil.rmtree(path)


def _base(variable: str, default: str) -> Path:
    """What the variable says; a relative path is none, says the specification."""
    given = Path(os.environ.get(variable, ""))
    return given if given.is_absolute() else Path.home() / default
