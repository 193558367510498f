"""The store of images that the embedded cluster's registry serves, built once from `recipes`.

A store is an image layout (see `oci`) in the user's cache, named by what it is built from, plus
``packages.json``: by reference, the version of each Debian package inside.

One layer per suite holds the essential packages, and all of the suite's images lie on it; a second one holds
what the image adds, so that building, keeping and pulling cost little.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import tarfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from preuve.cluster.embedded import debian, oci, recipes
from preuve.errors import ClusterError, PreuveError, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preuve.cluster.embedded.recipes import Binary, Recipe, Recipes
    from preuve.progress import Progress

FORMAT = 1
"""Of what a store holds: raised when the same recipes make another store."""

KEEP = 3
"""Stores that stay: a few branches' worth, at 300 MB each."""


def identity() -> str:
    """A digest of what images the repository says there are. Nothing need be built."""
    return recipes.load().identity


def find(*, coredns: Path) -> Path | None:
    """The store, if it is built.

    Args:
        coredns: the binary inside.
    """
    entry = _entry(recipes.load(), coredns)
    if not entry.is_dir():
        return None
    with suppress(OSError):  # a cache that only another user may write
        os.utime(entry)  # the last use, which pruning goes by
    return entry


def build(progress: Progress, *, coredns: Path) -> Path:
    """The store, built if need be: a minute the first time, then nothing.

    Safe against another build at the same time; whatever ends it early leaves no store.

    Args:
        progress: a stage is shown for each image.
        coredns: a static binary, whose version has to be that of its recipe's tag.

    Raises:
        ConfigError: the recipes do not fit.
        ClusterError: Debian has not what they say, or a tool is missing; the message holds the remedy.
    """
    book = recipes.load()
    entry = _entry(book, coredns)
    if entry.is_dir():
        return entry
    with _alone():
        if not entry.is_dir():  # else the other build made it while this one waited
            _prune()
            with TemporaryDirectory(prefix="tmp.", dir=entry.parent) as scratch:
                layout = oci.Layout(Path(scratch, "layout"))
                builder = Builder(layout, Path(scratch), book.exclude, progress)
                builder.build(book, {"coredns": coredns})
                layout.root.rename(entry)
    return entry


@dataclass(frozen=True, slots=True)
class Base:
    """A suite's essential packages: what its images lie on."""

    tree: Path
    layer: oci.Descriptor
    snapshot: oci.Snapshot
    packages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Image:
    """An image in the layout, under the name and the version that it really has."""

    name: str
    version: str
    manifest: oci.Descriptor
    packages: Mapping[str, str]


class Builder:
    """Fills a layout.

    Args:
        layout: what to fill.
        scratch: a folder for trees, removed by the caller.
        exclude: shell patterns of paths to leave out.
        progress: a stage is shown for each image.
    """

    def __init__(
        self, layout: oci.Layout, scratch: Path, exclude: tuple[str, ...], progress: Progress
    ) -> None:
        self.layout = layout
        self.scratch = scratch
        self.exclude = exclude
        self.progress = progress
        self.architecture = debian.architecture()
        self.seats = asyncio.Semaphore(os.cpu_count() or 1)

    def build(self, book: Recipes, binaries: Mapping[str, Path]) -> None:
        """Everything in the book, as many at a time as there are processors; then the index."""
        failures: list[PreuveError] = []
        try:
            images = asyncio.run(self._debian(book.images))
        except* PreuveError as group:
            failures = [error for error in group.exceptions if isinstance(error, PreuveError)]
        raise_all(failures)
        names: dict[str, oci.Descriptor] = {}
        for recipe in book.images:
            versions = {image.version: image for image in images if image.name == recipe.name}
            for tag, version in recipes.tags(versions).items():
                names[oci.reference(f"{recipe.name}:{tag}")] = versions[version].manifest
        for binary in book.binaries:
            names[oci.reference(binary.name)] = self._binary(binary, binaries)
        self.layout.name(names)
        packages = {oci.reference(f"{i.name}:{i.version}"): i.packages for i in images}
        (self.layout.root / "packages.json").write_text(json.dumps(packages, indent=1, sort_keys=True))

    async def _debian(self, images: tuple[Recipe, ...]) -> list[Image]:
        suites = {suite: None for recipe in images for suite in recipe.versions if recipe.base}
        async with asyncio.TaskGroup() as group:
            bases = {suite: group.create_task(self._base(suite)) for suite in suites}
            tasks = [
                group.create_task(self._image(recipe, suite, bases[suite] if recipe.base else None))
                for recipe in images
                for suite in recipe.versions
            ]
        return [task.result() for task in tasks]

    async def _base(self, suite: str) -> Base:
        tree = self.scratch / f"{suite}.tar"
        async with self.seats:
            with self.progress.stage(f"image base, Debian {suite}") as stage:
                packages = await debian.tree(tree, suite, (), detail=stage.detail)
                layer, snapshot = await asyncio.to_thread(self.layout.layer, tree, {}, self.exclude)
        return Base(tree, layer, snapshot, packages)

    async def _image(self, recipe: Recipe, suite: str, below: asyncio.Task[Base] | None) -> Image:
        base = await below if below else None
        tree = self.scratch / f"{recipe.name.replace('/', '-')}-{suite}.tar"
        async with self.seats:
            with self.progress.stage(f"image {recipe.name} {recipe.versions[suite]}") as stage:
                packages = await debian.tree(
                    tree,
                    suite,
                    recipe.packages,
                    below=base.tree if base else None,
                    run=recipe.run,
                    detail=stage.detail,
                )
                version = _truth(recipe, suite, packages)
                snapshot = base.snapshot if base else {}
                layer, _ = await asyncio.to_thread(self.layout.layer, tree, snapshot, self.exclude)
                tree.unlink()
        layers = [base.layer, layer] if base else [layer]
        config = recipe.config | {
            "Env": [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                *(line.replace("{version}", version) for line in recipe.config.get("Env", ())),
            ]
        }
        manifest = self.layout.image(layers, config, self.architecture)
        return Image(recipe.name, version, manifest, packages | dict(base.packages if base else {}))

    def _binary(self, binary: Binary, binaries: Mapping[str, Path]) -> oci.Descriptor:
        found = binaries.get(binary.binary) or shutil.which(binary.binary)
        if not found:
            raise ClusterError(f"{binary.binary} is not on this machine: apt-get install {binary.binary}")
        tree = self.scratch / f"{binary.binary}.tar"
        with tarfile.open(tree, "w") as tar:
            member = tar.gettarinfo(found, binary.path)
            member.mode, member.mtime, member.uid, member.gid, member.uname, member.gname = (
                0o755,
                0,
                0,
                0,
                "",
                "",
            )
            with Path(found).open("rb") as file:
                tar.addfile(member, file)
        layer, _ = self.layout.layer(tree, {})
        return self.layout.image([layer], binary.config, self.architecture)


def _truth(recipe: Recipe, suite: str, packages: Mapping[str, str]) -> str:
    """The version of the image's package, which begins with what the recipe says."""
    said, package = recipe.versions[suite], recipe.packages[0]
    version = recipes.upstream(packages[package])
    if not f"{version}.".startswith(f"{said}."):
        raise ClusterError(
            f"{recipe.name} {said} cannot be built: Debian {suite} has {package} {version}; "
            f"write that in [image.{recipe.name}] of {recipes.FILE.name}, or choose another suite"
        )
    return version


def _entry(book: Recipes, coredns: Path) -> Path:
    status = coredns.stat()
    parts = (FORMAT, book.identity, status.st_size, status.st_mtime_ns)
    return cache() / hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def cache() -> Path:
    """The folder of the stores, below ``$XDG_CACHE_HOME``."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root, "preuve", "images")


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the stores' lock, which ends with the process however that ends."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prune() -> None:
    """Make room for one more store; drop what a killed build left. The lock is held."""
    folders = [path for path in cache().iterdir() if path.is_dir()]
    remains = [path for path in folders if path.name.startswith("tmp.")]
    stores = sorted(set(folders) - set(remains), key=lambda store: store.stat().st_mtime)
    for path in (*stores[: -KEEP + 1], *remains):
        shutil.rmtree(path)
