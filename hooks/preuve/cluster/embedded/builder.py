"""Building all images of the recipes into a layout.

One layer per suite holds the essential packages, and all of the suite's images lie on it; a second one holds
what the image adds, so that building, keeping and pulling cost little.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.cluster.embedded import debian, oci, recipes
from preuve.errors import ClusterError, PreuveError, raise_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preuve.cluster.embedded.recipes import Binary, Recipe, Recipes
    from preuve.progress import Progress

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""As Docker sets it."""


@dataclass(frozen=True, slots=True)
class Base:
    """What images lie on: a suite's essential packages, or nothing."""

    tree: Path | None = None
    layers: tuple[oci.Descriptor, ...] = ()
    snapshot: oci.Snapshot = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image in the layout, in the version that it really has."""

    recipe: Recipe
    version: str
    manifest: oci.Descriptor
    packages: dict[str, str]


class Builder:
    """Fills a layout.

    Args:
        layout: what to fill.
        book: what with.
        scratch: a folder for trees, removed by the caller.
        progress: a stage is shown for each image.
    """

    def __init__(self, layout: oci.Layout, book: Recipes, scratch: Path, progress: Progress) -> None:
        self.layout = layout
        self.book = book
        self.scratch = scratch
        self.progress = progress
        self.seats = asyncio.Semaphore(os.cpu_count() or 1)

    def build(self, **binaries: Path) -> None:
        """Build all images, as many at a time as there are processors, and write the index.

        Args:
            binaries: those that are not on the machine's path.

        Raises:
            ClusterError: a tool is missing, Debian has not what the recipes say, or cannot be reached; the
                message holds what was said. Several are told at once (`Problems`).
        """
        debian.check()
        names: dict[str, oci.Descriptor] = {}
        packages: dict[str, dict[str, str]] = {}
        images = asyncio.run(self._images())
        for recipe in self.book.images:
            versions = {image.version: image for image in images if image.recipe is recipe}
            for tag, version in recipes.tags(versions).items():
                names[oci.reference(f"{recipe.name}:{tag}")] = versions[version].manifest
            for version, image in versions.items():
                packages[oci.reference(f"{recipe.name}:{version}")] = image.packages
        for binary in self.book.binaries:
            names[oci.reference(binary.name)] = self._binary(binary, binaries.get(binary.binary))
        self.layout.name(names)
        (self.layout.root / "packages.json").write_text(json.dumps(packages, indent=1, sort_keys=True))

    async def _images(self) -> list[BuiltImage]:
        suites = {suite for recipe in self.book.images if recipe.base for suite in recipe.versions}
        bases = {suite: asyncio.create_task(self._base(suite)) for suite in sorted(suites)}
        outcomes = await asyncio.gather(
            *(
                self._image(recipe, suite, bases[suite] if recipe.base else None)
                for recipe in self.book.images
                for suite in recipe.versions
            ),
            return_exceptions=True,
        )
        # A base that fails is each of its images' failure, but one mistake to mend.
        failures = {id(outcome): outcome for outcome in outcomes if isinstance(outcome, BaseException)}
        raise_all([failure for failure in failures.values() if isinstance(failure, PreuveError)])
        for failure in failures.values():
            raise failure
        return [outcome for outcome in outcomes if isinstance(outcome, BuiltImage)]

    async def _base(self, suite: str) -> Base:
        tree = self.scratch / f"{suite}.tar"
        async with self.seats:
            with self.progress.stage(f"image base, Debian {suite}") as stage:
                packages = await debian.tree(tree, suite, detail=stage.detail)
                layer, snapshot = await asyncio.to_thread(self.layout.layer, tree, {}, self.book.exclude)
        return Base(tree, (layer,), snapshot, packages)

    async def _image(self, recipe: Recipe, suite: str, below: asyncio.Task[Base] | None) -> BuiltImage:
        base = await below if below else Base()
        tree = self.scratch / f"{recipe.name.replace('/', '-')}-{suite}.tar"
        async with self.seats:
            with self.progress.stage(f"image {recipe.name} {recipe.versions[suite]}") as stage:
                packages = await debian.tree(
                    tree, suite, recipe.packages, below=base.tree, run=recipe.run, detail=stage.detail
                )
                version = _truth(recipe, suite, packages)
                layer, _ = await asyncio.to_thread(self.layout.layer, tree, base.snapshot, self.book.exclude)
                tree.unlink()
        config = dict(recipe.config)
        config["Env"] = [PATH, *(line.replace("{version}", version) for line in config.get("Env", ()))]
        manifest = self.layout.image([*base.layers, layer], config, debian.architecture())
        return BuiltImage(recipe, version, manifest, base.packages | packages)

    def _binary(self, binary: Binary, path: Path | None) -> oci.Descriptor:
        found = path or shutil.which(binary.binary)
        if not found:
            raise ClusterError(f"{binary.binary} is not on this machine: apt-get install {binary.binary}")
        tree = self.scratch / f"{binary.binary}.tar"
        with tarfile.open(tree, "w") as tar, Path(found).open("rb") as file:
            member = tarfile.TarInfo(binary.path)
            member.size = os.fstat(file.fileno()).st_size
            member.mode = 0o755
            member.mtime = debian.EPOCH
            tar.addfile(member, file)
        layer, _ = self.layout.layer(tree)
        return self.layout.image([layer], binary.config, debian.architecture())


def _truth(recipe: Recipe, suite: str, packages: Mapping[str, str]) -> str:
    """The version of the image's package, which begins with what the recipe says."""
    wanted, package = recipe.versions[suite], recipe.packages[0]
    version = recipes.upstream(packages[package])
    if not f"{version}.".startswith(f"{wanted}."):
        raise ClusterError(
            f"{recipe.name} {wanted} cannot be built: Debian {suite} has {package} {version}; "
            f"write that in [image.{recipe.name}] of {recipes.FILE}, or choose another suite"
        )
    return version
