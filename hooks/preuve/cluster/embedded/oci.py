"""Container images on disk, as the OCI's own image layout: three kinds of JSON documents beside tar archives.

    oci-layout          which version of the layout this is
    index.json          one descriptor per name; its annotation ``org.opencontainers.image.ref.name`` is the
                        whole reference, as in ``docker.io/library/nginx:1.26``
    blobs/sha256/HEX    manifests, configurations and layers, each named by its digest

Any tool of the field reads it. What comes out depends only on what went in: no clock, no chance.
(umoci and buildah write the same from a tree on disk; ours come as archives that mmdebstrap made
deterministic, so that a few lines of JSON are all there is left to write.)
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
"""Not compressed: a layer travels between two processes of one machine, and each node would have to inflate
it again (nginx and python: a fifth more of containerd's time, and 7 s of the build's)."""

INDEX = "application/vnd.oci.image.index.v1+json"
REFERENCE = "org.opencontainers.image.ref.name"

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

Snapshot = dict[str, str]
"""What a tree holds: a digest of type, owner, mode and content by path. Times do not count."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A blob as others point to it, under the names that the specification gives."""

    mediaType: str  # noqa: N815 - the specification's name
    digest: str
    size: int


class Layout:
    """An image layout that is being written.

    Args:
        root: its folder, made if missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
        (root / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')

    def layer(
        self, tree: Path, below: Mapping[str, str] | None = None, excluded: Sequence[str] = ()
    ) -> tuple[Descriptor, Snapshot]:
        """Store what a tree has that the one below has not, and whiteouts for what it has no more.

        Args:
            tree: a tar archive of the whole tree.
            below: the snapshot of the layers that the new one lies on, if it lies on any.
            excluded: shell patterns of paths to leave out, ``*`` stops at nothing.

        Returns:
            the layer, and the snapshot of the tree.
        """
        below = below or {}
        snapshot: Snapshot = {}
        scratch = self.root / f"{tree.name}.layer"
        with (
            tarfile.open(tree) as whole,
            tarfile.open(scratch, "w", format=tarfile.PAX_FORMAT) as layer,
        ):
            for member in whole:
                member.name = member.name.removeprefix("./")
                if any(fnmatchcase(member.name, pattern) for pattern in excluded):
                    continue
                file = whole.extractfile(member) if member.isreg() else None
                content = file.read() if file else b""
                snapshot[member.name] = _fingerprint(member, content)
                if below.get(member.name) != snapshot[member.name]:
                    member.pax_headers = {}
                    layer.addfile(member, BytesIO(content))
            for gone in sorted(below.keys() - snapshot.keys()):
                folder, _, name = gone.rpartition("/")
                if not folder or folder in snapshot:  # else the folder's own whiteout is enough
                    layer.addfile(tarfile.TarInfo(f"{folder}/.wh.{name}".removeprefix("/")))
        with scratch.open("rb") as written:
            digest = f"sha256:{hashlib.file_digest(written, 'sha256').hexdigest()}"
        size = scratch.stat().st_size
        scratch.rename(blob(self.root, digest))
        return Descriptor(LAYER, digest, size), snapshot

    def image(self, layers: Sequence[Descriptor], config: Mapping[str, Any], architecture: str) -> Descriptor:
        """Store an image.

        Args:
            layers: lowest first.
            config: what runs, in the specification's words: ``Cmd``, ``Env``, ``ExposedPorts`` …
            architecture: in Go's words, which are mostly Debian's: ``amd64``.
        """
        content = {
            "architecture": architecture,
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
        }
        return self.manifest(layers, _json(content))

    def manifest(self, layers: Sequence[Descriptor], config: bytes) -> Descriptor:
        """Store an image of which the configuration is written already.

        Args:
            layers: lowest first.
            config: the specification's JSON; what it is and what runs.
        """
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": asdict(self._blob(config, CONFIG)),
            "layers": [asdict(layer) for layer in layers],
        }
        return self._blob(_json(manifest), MANIFEST)

    def name(self, images: Mapping[str, Descriptor]) -> None:
        """Write the index: `images` by whole reference."""
        manifests = [
            {**asdict(image), "annotations": {REFERENCE: reference}}
            for reference, image in sorted(images.items())
        ]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
        (self.root / "index.json").write_text(json.dumps(index, indent=1))

    def _blob(self, data: bytes, media_type: str) -> Descriptor:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        blob(self.root, digest).write_bytes(data)
        return Descriptor(media_type, digest, len(data))


def _json(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def blob(root: Path, digest: str) -> Path:
    """Where a layout keeps the blob of this digest (``sha256:HEX``)."""
    return root.joinpath("blobs", *digest.split(":"))


def names(root: Path) -> dict[str, Descriptor]:
    """The images of a layout that `Layout.name` named, by whole reference."""
    index = json.loads((root / "index.json").read_text(encoding="utf-8"))
    return {
        image["annotations"][REFERENCE]: Descriptor(image["mediaType"], image["digest"], image["size"])
        for image in index["manifests"]
    }


def reference(name: str) -> str:
    """The whole of a name that a person typed.

    >>> reference("nginx:1.26"), reference("curlimages/curl"), reference("registry.k8s.io/pause:3.10")
    ('docker.io/library/nginx:1.26', 'docker.io/curlimages/curl', 'registry.k8s.io/pause:3.10')
    """
    host, slash, _ = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}"
    return name if set(host) & set(".:") or host == "localhost" else f"docker.io/{name}"


def _fingerprint(member: tarfile.TarInfo, content: bytes) -> str:
    what = (
        member.type,
        member.mode,
        member.uid,
        member.gid,
        member.linkname,
        member.devmajor,
        member.devminor,
    )
    return f"{what} {hashlib.sha256(content).hexdigest()}"
