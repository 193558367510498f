"""The store of images that the embedded cluster's registry serves, built once from `recipes`.

A store is an image layout (see `oci`) in the user's cache, named by what it is built from, plus
``packages.json``: by reference, the version of each Debian package inside.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from preuve.cluster.embedded import oci, places, recipes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.cluster.embedded.recipes import Recipes
    from preuve.progress import Progress

FORMAT = 1
"""Of what a store holds: raised when the same recipes make another store."""

KEEP = 3
"""Stores that stay: a few branches' worth, at 300 MB each."""


def find(*, coredns: Path, file: Path = recipes.FILE) -> Path | None:
    """The store, if it is built.

    Args:
        coredns: the static binary inside.
        file: the recipes.
    """
    entry = _entry(recipes.load(file), coredns)
    if not entry.is_dir():
        return None
    with suppress(OSError):  # a cache that only another user may write
        os.utime(entry)  # the last use, which pruning goes by
    return entry


def build(progress: Progress, *, coredns: Path, file: Path = recipes.FILE) -> Path:
    """The store, built if need be: a minute the first time, then nothing.

    Safe against another build at the same time; whatever ends it early leaves no store.

    Args:
        progress: a stage is shown for each image.
        coredns: the static binary, as it will be in its image.
        file: the recipes.

    Raises:
        ConfigError: the recipes do not fit.
        ClusterError: as `Builder.build`.
    """
    book = recipes.load(file)
    entry = _entry(book, coredns)
    if entry.is_dir():
        return entry
    from preuve.cluster.embedded.builder import Builder  # noqa: PLC0415 - 50 ms, seldom needed

    with _alone(progress):
        if not entry.is_dir():  # else the other build made it while this one waited
            _prune()
            with TemporaryDirectory(prefix="tmp.", dir=entry.parent) as scratch:
                layout = oci.Layout(Path(scratch, "layout"))
                Builder(layout, book, Path(scratch), progress).build(coredns=coredns)
                layout.root.rename(entry)
    return entry


def _entry(book: Recipes, coredns: Path) -> Path:
    status = coredns.stat()
    parts = (FORMAT, book.identity, status.st_size, status.st_mtime_ns)
    return cache() / hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def cache() -> Path:
    """The folder of the stores, below ``$XDG_CACHE_HOME``."""
    return places.cache("images")


@contextmanager
def _alone(progress: Progress) -> Iterator[None]:
    """Hold the stores' lock, which ends with the process however that ends.

    Raises:
        ClusterError: the cache cannot be written.
    """
    with places.open_lock(cache()) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.stage("images, by another build"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prune() -> None:
    """Make room for one more store; drop what a killed build left. The lock is held."""
    folders = [path for path in cache().iterdir() if path.is_dir()]
    remains = [path for path in folders if path.name.startswith("tmp.")]
    stores = sorted(set(folders) - set(remains), key=lambda store: store.stat().st_mtime)
    for path in (*stores[: -KEEP + 1], *remains):
        shutil.rmtree(path)
