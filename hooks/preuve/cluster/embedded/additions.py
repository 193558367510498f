"""The images that an author adds to the cluster's own: a TOML file of theirs, which mkdocs.yml names.

    [image."shop/api:1.0"]
    build = "api"              # a folder with a Dockerfile that copies and sets, see `dockerfile`

    [image."shop/worker:1.0"]
    archive = "worker.tar"     # what `docker save` wrote, or an OCI layout, see `archive`
    load = true                # on every node and in no registry, as after `kind load docker-image`

Paths are from the file's folder. The registry serves these images beside its own; nothing is compiled, and
nothing is fetched.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from preuve.cluster.embedded import archive, dockerfile, images, node, oci, places, recipes
from preuve.cluster.embedded.archive import Archive, ArchiveError
from preuve.errors import ConfigError, PreuveError, Where, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from preuve.cluster.embedded.dockerfile import Dockerfile

KEYS = {"build": str, "archive": str, "load": bool}

NAME = re.compile(r"([a-z0-9.-]+(:\d+)?/)?[a-z0-9._/-]+:[\w][\w.-]*")
"""A name as one types it, with its tag."""

EPOCH = 946684800
"""The time of every file: the year 2000, since Git keeps none and a build has no clock."""

FORMAT = 1
"""Of what a store holds: raised when the same images make another store."""

KEEP = 10
"""Stores that stay: each save of an author's makes one, at the cost of the additions alone."""


@dataclass(frozen=True, slots=True)
class Addition:
    """An image of the author's."""

    reference: str
    """The whole of its name: ``docker.io/library/api:1.0``."""
    source: Archive | Dockerfile
    load: bool
    """On the nodes, and in no registry."""
    where: Where
    """In the file that names it."""
    digest: str
    """Of all that it is."""
    beneath: tuple[Path, ...] = ()
    """What the author's images beneath it are made of."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The folders or files that have all that it is made of."""
        return (self.source.path, *self.beneath)


def load(root: Path, name: str) -> tuple[Addition, ...]:
    """Read and check an author's images, and all that they are made of.

    Args:
        root: the folder that errors count paths from.
        name: the file's path from there.

    Raises:
        ConfigError: something does not fit; all of it is told at once (`Problems`).
    """
    try:
        text = (root / name).read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise ConfigError(f"not UTF-8 at byte {error.start}: save it as UTF-8", Where(name, 1)) from None
    except OSError as error:
        raise ConfigError(f"this cannot be read: {error.strerror}", Where(name, 1)) from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise ConfigError(f"this is not TOML: {error}", Where(name, int(line[1]) if line else 1)) from error
    except RecursionError:
        raise ConfigError("this is nested too deeply", Where(name, 1)) from None
    problems: list[PreuveError] = [
        ConfigError(message, Where(name, recipes.line_of(text, place))) for place, message in _check(content)
    ]
    raise_all(problems)
    found = list[Addition]()
    for image, table in content.get("image", {}).items():
        where = Where(name, recipes.line_of(text, ("image", image)))
        try:
            found.append(_addition(root, PurePosixPath(name).parent, image, table, where))
        except PreuveError as error:
            problems += error.each
    raise_all(problems)
    return tuple(_upon(found))


def _upon(additions: Sequence[Addition]) -> Iterator[Addition]:
    """Each with the addition beneath it, if it lies on one: that makes it another one too."""
    known = dict[str, Addition]()
    for one in additions:
        below = None if isinstance(one.source, Archive) else known.get(_beneath(one.source))
        upon = replace(one, digest=_digest(one.digest, below.digest), beneath=below.paths) if below else one
        known[one.reference] = upon
        yield upon


def _beneath(source: Dockerfile) -> str:
    """The whole reference of the image that one is built on."""
    name = source.base.rpartition("/")[2]
    return oci.reference(source.base if ":" in name else f"{source.base}:latest")


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def extended(store: Path, additions: Sequence[Addition]) -> Path:
    """The store with an author's images added: another one, made if need be, in the time that copying takes.

    Args:
        store: an image store.
        additions: what to add; without any, it is the store itself.

    Raises:
        ConfigError: an image lies on one that the store has not, or cannot be copied (`Problems`).
    """
    if not additions:
        return store
    entry = cache() / _digest(FORMAT, store.name, [(one.reference, one.digest) for one in additions])[:16]
    with places.held(cache()):
        if entry.is_dir():
            os.utime(entry)  # the last use, which pruning goes by
            return entry
        places.prune(cache(), KEEP)
        with TemporaryDirectory(prefix=places.SCRATCH, dir=cache()) as scratch:
            layout = oci.Layout(Path(scratch, "layout"))
            _add(store, additions, layout, Path(scratch))
            layout.root.rename(entry)
    return entry


def within(store: Path, base: str, additions: Sequence[Addition]) -> bool:
    """Whether a store has all that is to be added, as it is now; it may have more.

    Args:
        store: that may have been `extended`.
        base: the name of what is added to.
        additions: what is to be added.
    """
    there = images.added(store)
    return there["base"] == base and all(
        there["images"].get(one.reference, {}).get("digest") == one.digest for one in additions
    )


def cache() -> Path:
    """The folder of the stores, below ``$XDG_CACHE_HOME``."""
    return places.cache("additions")


def _check(content: Mapping[str, Any]) -> Iterator[tuple[recipes.Place, str]]:
    yield from recipes.check_keys((), content, {"image": dict})
    tables = content.get("image")
    for name, table in tables.items() if isinstance(tables, dict) else ():
        place = ("image", name)
        if not isinstance(table, dict):
            yield place, f'write [image."{name}"], and under it build = "FOLDER" or archive = "FILE"'
            continue
        yield from recipes.check_keys(place, table, KEYS)
        if len(table.keys() & {"build", "archive"}) != 1:
            yield place, f'{name}: write either build = "FOLDER" or archive = "FILE"'
        if not NAME.fullmatch(name):
            yield place, f"{name!r} is no name of an image: write name and tag, as in 'shop/api:1.0'"
        elif recipes.offers(name):
            yield place, f"the cluster has an image {name} by itself: give yours another name, or another tag"


def _addition(
    root: Path, folder: PurePosixPath, name: str, table: Mapping[str, Any], where: Where
) -> Addition:
    reference, kind = oci.reference(name), "build" if "build" in table else "archive"
    path = folder / table[kind]
    there = root / path
    if not there.exists():
        raise ConfigError(f"{kind} = {table[kind]!r}: there is no {path}", where)
    if kind == "build":
        if not (there / dockerfile.NAME).is_file():
            raise ConfigError(f"build = {table[kind]!r}: there is no {path / dockerfile.NAME}", where)
        source: Archive | Dockerfile = dockerfile.read(there, str(path / dockerfile.NAME))
    else:
        try:
            source = archive.read(there, reference)
        except ArchiveError as error:
            raise ConfigError(f"{path} is no image: {error}", where) from None
    digest = _digest(kind, source.digest, bool(table.get("load")))
    return Addition(reference, source, bool(table.get("load")), where, digest)


def _add(store: Path, additions: Sequence[Addition], layout: oci.Layout, scratch: Path) -> None:
    """Fill a layout with a store's images, and more."""
    for blob in (store / "blobs" / "sha256").iterdir():
        os.link(blob, layout.root / "blobs" / "sha256" / blob.name)
    shutil.copyfile(store / "packages.json", layout.root / "packages.json")
    names = oci.names(store)
    problems = list[PreuveError]()
    for one in additions:
        try:
            names[one.reference] = _stored(one, names, layout, scratch)
        except ArchiveError as error:
            problems.append(ConfigError(f"{one.reference} cannot be taken: {error}", one.where))
        except PreuveError as error:
            problems.append(error)
    raise_all(problems)
    layout.name(names)
    entries = {one.reference: {"digest": one.digest, "load": one.load} for one in additions}
    added = {"base": store.name, "images": entries}
    (layout.root / images.ADDED).write_text(json.dumps(added, indent=1), encoding="utf-8")


def _stored(
    one: Addition, names: Mapping[str, oci.Descriptor], layout: oci.Layout, scratch: Path
) -> oci.Descriptor:
    if isinstance(one.source, Archive):
        _, own = _described(layout, names[node.PAUSE])  # what the cluster itself is made of fits the machine
        return one.source.store(layout, own["architecture"])
    wanted = _beneath(one.source)
    base = names.get(wanted)
    if base is None:
        wanted, *there = (
            name.removeprefix("docker.io/").removeprefix("library/") for name in (wanted, *sorted(names))
        )
        known = ", ".join(sorted(there))
        raise ConfigError(f"the cluster has no image {wanted} to build on; it has {known}", one.source.where)
    manifest, own = _described(layout, base)
    below = own["config"]
    tree = scratch / "tree.tar"
    one.source.write_tree(tree, below, EPOCH)
    added, _ = layout.layer(tree)
    layers = [oci.Descriptor(**layer) for layer in manifest["layers"]]
    return layout.image([*layers, added], one.source.configured(below), own["architecture"])


def _described(layout: oci.Layout, image: oci.Descriptor) -> tuple[dict[str, Any], dict[str, Any]]:
    """An image's manifest, and its configuration."""
    manifest = json.loads(oci.blob(layout.root, image.digest).read_bytes())
    return manifest, json.loads(oci.blob(layout.root, manifest["config"]["digest"]).read_bytes())
