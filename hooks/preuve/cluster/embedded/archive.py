"""An image that a tool left on disk: an OCI image layout, as a folder or as a tar, or a `docker save`.

Docker, Podman, skopeo, BuildKit, ko and Bazel write one or the other. Compressed tars are read too.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import shutil
import tarfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from preuve.cluster.embedded import oci

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

INDEXES = (oci.INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
"""Media types of what names an image per architecture."""

NAMES = (oci.REFERENCE, "io.containerd.image.name")
"""Where a layout says what an image is called: Docker writes both, the tag alone in the first."""


CHUNK = 1 << 20
"""Bytes read at once of a layer."""


class ArchiveError(ValueError):
    """It is no archive of an image, or not of this one."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One image of an archive, looked at, its layers not read yet."""

    path: Path
    """A folder or a tar, which has all that it is made of."""
    reference: str
    """What the image is called, as `oci.reference` has it; asked for only where there are several."""
    digest: str
    """Of its manifest, or of its configuration if it has none: both name all that it is made of."""

    def store(self, layout: oci.Layout, architecture: str) -> oci.Descriptor:
        """Copy the image into a layout.

        Args:
            layout: where to.
            architecture: which one to take where there are several, in Go's words.

        Raises:
            ArchiveError: something of it is missing, or is not what its digest says.
        """
        with _opened(self.path) as files:
            if "index.json" in files:
                return _copied(files, layout, _chosen(files, self.reference), architecture)
            return _converted(files, layout, _saved(files, self.reference))


def read(path: Path, reference: str) -> Archive:
    """Look at an image.

    Args:
        path: a folder, or a tar.
        reference: the image's, as `oci.reference` has it.

    Raises:
        ArchiveError: there is no such image.
    """
    with _opened(path) as files:
        if "index.json" in files:
            digest = _chosen(files, reference)["digest"]
        elif "manifest.json" in files:
            digest = hashlib.sha256(files.read(_saved(files, reference)["Config"])).hexdigest()
        else:
            raise ArchiveError(
                "it has neither index.json (an OCI layout) nor manifest.json (a `docker save`)"
            )
    return Archive(path, reference, str(digest))


class _Files:
    """What a folder or a tar holds, by name."""

    def __init__(self, root: Path | tarfile.TarFile) -> None:
        self._root = root
        self._members = (
            {}
            if isinstance(root, Path)
            else {member.name.removeprefix("./"): member for member in root if not member.isdir()}
        )

    def __contains__(self, name: str) -> bool:
        return (self._root / name).is_file() if isinstance(self._root, Path) else name in self._members

    def open(self, name: str) -> IO[bytes]:
        """Open a file of it.

        Raises:
            ArchiveError: there is none.
        """
        if name not in self or ".." in name.split("/"):
            raise ArchiveError(f"it lacks {name}")
        if isinstance(self._root, Path):
            return (self._root / name).open("rb")
        found = self._root.extractfile(self._members[name])  # of a link, what it leads to
        if found is None:
            raise ArchiveError(f"its {name} is no file")
        return found

    def read(self, name: str) -> bytes:
        """What a file holds; see `open`."""
        with self.open(name) as file:
            return file.read()

    def document(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """A file's JSON; see `open`."""
        try:
            return json.loads(self.read(name))
        except (ValueError, RecursionError):
            raise ArchiveError(f"its {name} is not JSON") from None


@contextmanager
def _opened(path: Path) -> Iterator[_Files]:
    """Read an archive during the block; what is not shaped like one is an `ArchiveError`."""
    try:
        if path.is_dir():
            yield _Files(path)
        elif not path.is_file():
            raise ArchiveError("it is neither a file nor a folder")
        else:
            with tarfile.open(path) as tar:
                yield _Files(tar)
    except tarfile.TarError:
        raise ArchiveError("it is no tar") from None
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        if isinstance(error, OSError) and error.errno:  # a disk's, perhaps of where it is copied to
            raise
        raise ArchiveError(f"it cannot be read to its end: {error}") from None
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ArchiveError(f"what it says of its images is not understood ({error!r})") from None


def _chosen(files: _Files, reference: str) -> dict[str, Any]:
    """The descriptor of an image in an OCI layout's index."""
    manifests = files.document("index.json")["manifests"]
    names = [{(one.get("annotations") or {}).get(name, "") for name in NAMES} - {""} for one in manifests]
    tag = reference.rpartition(":")[2]
    return _one(manifests, names, lambda name: name == tag or oci.reference(name) == reference)


def _saved(files: _Files, reference: str) -> dict[str, Any]:
    """What the manifest.json of a `docker save` says of an image."""
    images = files.document("manifest.json")
    names = [one.get("RepoTags") or [] for one in images]
    return _one(images, names, lambda name: oci.reference(name) == reference)


def _one(
    images: Sequence[dict[str, Any]], names: Sequence[Collection[str]], is_meant: Callable[[str], bool]
) -> dict[str, Any]:
    """The image that is meant by one of its names; of one alone, the name does not count."""
    found = [one for one, own in zip(images, names, strict=True) if any(map(is_meant, own))]
    if len(images) != 1 and len(found) != 1:
        known = ", ".join(sorted(set[str]().union(*names)))
        raise ArchiveError(f"it holds {len(images)} images, none or several of this name: {known}")
    return (found or images)[0]


def _copied(
    files: _Files, layout: oci.Layout, descriptor: dict[str, Any], architecture: str
) -> oci.Descriptor:
    """Copy an image of an OCI layout."""
    while descriptor["mediaType"] in INDEXES:  # BuildKit puts one image, and what attests it, in an index
        inner = json.loads(_blob(files, layout, descriptor["digest"]).read_bytes())
        descriptor = next(
            (
                one
                for one in inner["manifests"]
                if (one.get("platform") or {}).get("architecture") == architecture
            ),
            {},
        )
        if not descriptor:
            raise ArchiveError(f"it has no image for {architecture}")
    path = _blob(files, layout, descriptor["digest"])
    manifest = json.loads(path.read_bytes())
    for part in (manifest["config"], *manifest["layers"]):
        _blob(files, layout, part["digest"])
    return oci.Descriptor(descriptor["mediaType"], descriptor["digest"], path.stat().st_size)


def _converted(files: _Files, layout: oci.Layout, saved: dict[str, Any]) -> oci.Descriptor:
    """Copy an image of a `docker save` that has no layout."""
    config = files.document(saved["Config"])
    layers = [_layer(files, layout, name) for name in saved["Layers"]]
    if [layer.digest for layer in layers] != config["rootfs"]["diff_ids"]:
        raise ArchiveError("its layers are not those that its configuration names: it is damaged")
    return layout.manifest(layers, files.read(saved["Config"]))


def _layer(files: _Files, layout: oci.Layout, name: str) -> oci.Descriptor:
    with files.open(name) as file:
        hashed = hashlib.sha256()
        for chunk in iter(partial(file.read, CHUNK), b""):
            hashed.update(chunk)
    digest = f"sha256:{hashed.hexdigest()}"
    path = _blob(files, layout, digest, name)
    return oci.Descriptor(oci.LAYER, digest, path.stat().st_size)


def _blob(files: _Files, layout: oci.Layout, digest: str, name: str = "") -> Path:
    """Copy a blob, and see that it is what its digest says."""
    if not oci.DIGEST.fullmatch(digest):
        raise ArchiveError(f"{digest!r} is no digest")
    path = oci.blob(layout.root, digest)
    if not path.exists():
        name = name or f"blobs/{digest.replace(':', '/')}"
        with files.open(name) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, CHUNK)
        with path.open("rb") as written:
            if f"sha256:{hashlib.file_digest(written, 'sha256').hexdigest()}" != digest:
                raise ArchiveError(f"its {name} is not what its digest says: it is damaged")
    return path
