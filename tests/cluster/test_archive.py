"""Images that tools leave on disk, written here as the tools write them, and read by ours."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import lzma
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from preuve.cluster.embedded import archive, oci
from preuve.cluster.embedded.archive import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

NAME = "docker.io/shop/api:1.0"


def tree(name: str) -> bytes:
    """A tar of one file."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    return written.getvalue()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def pack(path: Path, files: Mapping[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]  # a mode is a mode
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


LAYERS = [tree("hello"), tree("world")]
CONFIG = json.dumps(
    {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": {"Cmd": ["hello"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha(layer)}" for layer in LAYERS]},
    }
).encode()


def saved(names: list[str] | None = None) -> dict[str, bytes]:
    """What `docker save` wrote before it wrote layouts."""
    layers = {f"{number}/layer.tar": layer for number, layer in enumerate(LAYERS)}
    listed = [
        {"Config": f"{sha(CONFIG)}.json", "RepoTags": names or ["shop/api:1.0"], "Layers": list(layers)}
    ]
    return {"manifest.json": json.dumps(listed).encode(), f"{sha(CONFIG)}.json": CONFIG, **layers}


def layout(annotations: Mapping[str, str] | None = None, *, nested: bool = False) -> dict[str, bytes]:
    """An OCI layout; nested as BuildKit writes it, beside what attests the image."""
    blobs: list[bytes] = []

    def descriptor(data: bytes, kind: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        blobs.append(data)
        return {"mediaType": kind, "digest": f"sha256:{sha(data)}", "size": len(data), **more}

    manifest = {
        "schemaVersion": 2,
        "config": descriptor(CONFIG, oci.CONFIG),
        "layers": [descriptor(layer, oci.LAYER) for layer in LAYERS],
    }
    written = json.dumps(manifest).encode()
    entry = descriptor(written, oci.MANIFEST, platform={"architecture": "amd64", "os": "linux"})
    if nested:
        other = descriptor(b"{}", oci.MANIFEST, platform={"architecture": "unknown", "os": "unknown"})
        entry = descriptor(json.dumps({"manifests": [other, entry]}).encode(), oci.INDEX)
    entry["annotations"] = dict(annotations or {})
    index = {"schemaVersion": 2, "manifests": [entry]}
    return {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        "index.json": json.dumps(index).encode(),
        **{f"blobs/sha256/{sha(data)}": data for data in blobs},
    }


def unpack(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


KINDS: dict[str, Callable[[Path], Path]] = {
    "docker save": lambda folder: pack(folder / "image.tar", saved()),
    "docker save, compressed": lambda folder: pack(folder / "image.tgz", saved(), "w:gz"),
    "layout": lambda folder: unpack(folder / "image", layout()),
    "layout in a tar": lambda folder: pack(folder / "image.tar", layout()),
    "of BuildKit": lambda folder: pack(folder / "image.tar", layout(nested=True)),
    "with its folder": lambda folder: pack(
        folder / "image.tar", {f"./{name}": data for name, data in layout().items()}
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_is_copied_as_it_is(tmp_path: Path, kind: str) -> None:
    """Its configuration and its layers, byte for byte: its ID is what the author's own tool says."""
    target = oci.Layout(tmp_path / "store")
    found = archive.read(KINDS[kind](tmp_path), NAME).store(target, "amd64")
    manifest = json.loads(oci.blob(target.root, found.digest).read_bytes())
    assert oci.blob(target.root, manifest["config"]["digest"]).read_bytes() == CONFIG
    layers = [oci.blob(target.root, layer["digest"]).read_bytes() for layer in manifest["layers"]]
    assert layers == LAYERS


def test_several_are_told_apart_by_name(tmp_path: Path) -> None:
    """As Docker, containerd and skopeo name them in a layout, and as `docker save` does."""
    one, other = (
        layout({oci.REFERENCE: "1.0"}),
        layout({"io.containerd.image.name": "docker.io/shop/web:2.0"}),
    )
    entries = [json.loads(files["index.json"])["manifests"][0] for files in (one, other)]
    both = {**one, "index.json": json.dumps({"manifests": entries}).encode()}
    path = pack(tmp_path / "both.tar", both)
    assert archive.read(path, NAME).digest == archive.read(path, "docker.io/shop/web:2.0").digest
    with pytest.raises(
        ArchiveError, match=r"holds 2 images, none or several of this name: 1\.0, docker.io/shop/web"
    ):
        archive.read(path, "docker.io/shop/api:3.0")
    listed = json.loads(saved()["manifest.json"]) + json.loads(saved(["web:2.0"])["manifest.json"])
    path = pack(tmp_path / "saved.tar", {**saved(), "manifest.json": json.dumps(listed).encode()})
    archive.read(path, "docker.io/library/web:2.0")
    with pytest.raises(ArchiveError, match="2 images"):
        archive.read(path, "docker.io/library/web:1.0")


def test_another_image_has_another_digest(tmp_path: Path) -> None:
    """What a page's key is made of does not depend on how the image is packed, nor on its file's name."""
    digests = {archive.read(KINDS[kind](tmp_path), NAME).digest for kind in ("layout", "layout in a tar")}
    assert len(digests) == 1
    other = saved()
    other[f"{sha(CONFIG)}.json"] = CONFIG.replace(b"hello", b"world")
    assert (
        archive.read(pack(tmp_path / "a", other), NAME).digest
        != archive.read(pack(tmp_path / "b", saved()), NAME).digest
    )


def without(files: dict[str, bytes], end: str) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if not name.endswith(end)}


def spoilt(files: dict[str, bytes], data: bytes) -> dict[str, bytes]:
    return {name: b"spoilt" if content == data else content for name, content in files.items()}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"README": b""}, "neither index.json"),
        (without(saved(), ".json") | {"manifest.json": saved()["manifest.json"]}, r"lacks \w+\.json"),
        (without(saved(), "1/layer.tar"), "lacks 1/layer.tar"),
        (spoilt(saved(), LAYERS[0]), "its layers are not those"),
        (spoilt(layout(), LAYERS[0]), "is not what its digest says"),
        (without(layout(), sha(CONFIG)), f"lacks blobs/sha256/{sha(CONFIG)}"),
        ({"index.json": b"{"}, "index.json is not JSON"),
        ({"index.json": 10_000 * b"["}, "index.json is not JSON"),
        ({"index.json": b"[]"}, "not understood"),
        ({"index.json": b'{"manifests": []}'}, "it holds 0 images"),
        (
            {"index.json": b'{"manifests": [{"mediaType": "x", "digest": "sha256:../../x"}]}'},
            "'sha256:../../x' is no digest",
        ),
        ({"manifest.json": b'[{"Config": "../secret", "Layers": []}]'}, "lacks ../secret"),
    ],
)
@pytest.mark.parametrize("packed", [True, False], ids=["tar", "folder"])
def test_what_is_no_image_is_refused(
    tmp_path: Path, files: dict[str, bytes], told: str, *, packed: bool
) -> None:
    (tmp_path / "secret").write_text("{}")
    path = pack(tmp_path / "image.tar", files) if packed else unpack(tmp_path / "image", files)
    with pytest.raises(ArchiveError, match=told):
        archive.read(path, NAME).store(oci.Layout(tmp_path / "store"), "amd64")


def test_what_is_no_tar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_text("no tar")
    with pytest.raises(ArchiveError, match="it is no tar"):
        archive.read(tmp_path / "image.tar", NAME)


@pytest.mark.parametrize("compressed", [gzip.compress, lzma.compress])
def test_what_was_cut_off_is_told(tmp_path: Path, compressed: Callable[[bytes], bytes]) -> None:
    """By a full disk, a download that broke off."""
    whole = compressed(pack(tmp_path / "whole.tar", saved()).read_bytes())
    (tmp_path / "image.tar").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArchiveError, match="it cannot be read to its end"):
        archive.read(tmp_path / "image.tar", NAME).store(oci.Layout(tmp_path / "store"), "amd64")


def test_an_image_of_another_machine_is_refused(tmp_path: Path) -> None:
    found = archive.read(pack(tmp_path / "image.tar", layout(nested=True)), NAME)
    with pytest.raises(ArchiveError, match="it has no image for arm64"):
        found.store(oci.Layout(tmp_path / "store"), "arm64")
