"""The store of images that the embedded cluster's registry serves, built once from `recipes`.

A store is an image layout (see `oci`) in the user's cache, plus ``packages.json``: by reference, the version
of each Debian package inside. It is named by what it is built from, never by a time or a place: a cache that
was packed, and unpacked somewhere else, is as good as before.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from preuve.cluster.embedded import oci, packed, places, recipes

if TYPE_CHECKING:
    from preuve.progress import Progress

FORMAT = 1
"""Of what a store holds: raised when the same recipes make another store."""

ADDED = "added.json"
"""In a store with images of an author's: the name of the store that they were added to, and by reference the
digest of what each was made of, and whether nodes have it from the start."""

LOADING = "Preuve-Loading"
"""A header: who sends it puts an image on a node, and is given what no registry has."""

KEEP = 3
"""Stores that stay: a few branches' worth, at 300 MB each."""


def find(*, coredns: Path, file: Path = recipes.FILE) -> Path | None:
    """The store, if it is built, here or in what is installed; it takes what `identity` does."""
    entry = cache() / identity(coredns=coredns, file=file)
    if not packed.have(entry):
        return None
    with suppress(OSError):  # a cache that only another user may write
        os.utime(entry)  # the last use, which pruning goes by
    return entry


def build(progress: Progress, *, coredns: Path, file: Path = recipes.FILE) -> Path:
    """The store, built if need be: a minute the first time, then nothing.

    Safe against another build at the same time; whatever ends it early leaves no store.

    Args:
        progress: a stage is shown for each image.
        coredns: the static binary, as it will be in its image, in its entry of `binaries`.
        file: the recipes.

    Raises:
        ConfigError: the recipes do not fit.
        ClusterError: as `Builder.build`.
    """
    book = recipes.load(file)
    entry = cache() / identity(coredns=coredns, file=file)
    if packed.have(entry):
        return entry
    from preuve.cluster.embedded.builder import Builder  # noqa: PLC0415 - 50 ms, seldom needed

    with places.held(cache(), lambda: progress.stage("images, by another build")):
        if not entry.is_dir():  # else the other build made it while this one waited
            places.prune(cache(), KEEP)
            with TemporaryDirectory(prefix=places.SCRATCH, dir=entry.parent) as scratch:
                layout = oci.Layout(Path(scratch, "layout"))
                Builder(layout, book, Path(scratch), progress).build(coredns=coredns)
                layout.root.rename(entry)
    return entry


def packages(store: Path, file: Path = recipes.FILE) -> dict[str, dict[str, str]]:
    """What a store's images are about: by name and version, the Debian version of each package of the recipe.

    A security update of Debian's leaves an image its tag, but not what its programs say of themselves.

    Args:
        store: an image store, built from `file`.
        file: the recipes.

    Returns:
        such as ``{"redis:7.0.15": {"redis-server": "5:7.0.15-1~deb12u7"}}``.
    """
    inside = json.loads((store / "packages.json").read_text(encoding="utf-8"))
    return {
        f"{recipe.name}:{version}": {package: versions[package] for package in recipe.packages}
        for recipe in recipes.load(file).images
        for reference, versions in inside.items()
        for name, _, version in (reference.rpartition(":"),)
        if name == oci.reference(recipe.name)
    }


def loaded(store: Path) -> tuple[str, ...]:
    """What nodes have from the start, and the registry gives to nobody else: whole references."""
    return tuple(reference for reference, one in added(store)["images"].items() if one["load"])


def added(store: Path) -> dict[str, Any]:
    """What `ADDED` says of a store, or would say."""
    with suppress(FileNotFoundError):
        found: dict[str, Any] = json.loads((store / ADDED).read_text(encoding="utf-8"))
        return found
    return {"base": store.name, "images": {}}


def identity(*, coredns: Path, file: Path = recipes.FILE) -> str:
    """The name of the store of these recipes, in whosever cache it lies.

    Args:
        coredns: the static binary inside, in its entry of `binaries`.
        file: the recipes.
    """
    parts = (
        FORMAT,
        recipes.load(file).identity,
        coredns.parent.name,
    )  # an entry is named by what it is made of
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def cache() -> Path:
    """The folder of the stores, below ``$XDG_CACHE_HOME``."""
    return places.cache("images")
