"""Layers and layouts."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

from preuve.cluster.embedded import oci

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"etc": None, "etc/motd": b"bonjour", "usr": None, "usr/doc": None, "usr/doc/manual": b"long"}


def tree(path: Path, files: dict[str, bytes | None], mtime: int = 0) -> Path:
    """An archive as mmdebstrap makes it: a folder where there is no content."""
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.mtime = mtime
            if content is None:
                member.type = tarfile.DIRTYPE
                tar.addfile(member)
            else:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return path


def names(layout: oci.Layout, layer: oci.Descriptor) -> list[str]:
    with tarfile.open(oci.blob(layout.root, layer.digest)) as tar:
        return tar.getnames()


def test_the_same_tree_makes_the_same_image(tmp_path: Path) -> None:
    """Image and index depend on what goes in, not on where or when."""
    written = []
    for folder in ("a", "b"):
        layout = oci.Layout(tmp_path / folder)
        layer, _ = layout.layer(tree(tmp_path / f"{folder}.tar", FILES))
        image = layout.image([layer], {"Cmd": ["sh"]}, "amd64")
        layout.name({"docker.io/library/x:1": image})
        written.append(
            {path.relative_to(layout.root): path.read_bytes() for path in layout.root.rglob("*.*")}
        )
        written[-1] |= {
            path.relative_to(layout.root): path.read_bytes() for path in layout.root.glob("blobs/*/*")
        }
    assert written[0] == written[1]
    assert len(written[0]) == 4


def test_a_layer_holds_what_changed(tmp_path: Path) -> None:
    """New and changed files are in it, a touched one is not, and what is gone leaves a whiteout."""
    layout = oci.Layout(tmp_path / "layout")
    _, below = layout.layer(tree(tmp_path / "below.tar", FILES))
    above = {"etc": None, "etc/motd": b"bonsoir", "etc/new": b"", "usr": None}
    layer, _ = layout.layer(tree(tmp_path / "above.tar", above, mtime=7), below)
    assert names(layout, layer) == ["etc/motd", "etc/new", "usr/.wh.doc"]


def test_what_is_excluded_is_in_no_layer(tmp_path: Path) -> None:
    """A pattern leaves out a folder's content at any depth, in this layer and in those above."""
    layout = oci.Layout(tmp_path / "layout")
    below, snapshot = layout.layer(tree(tmp_path / "below.tar", FILES), excluded=["usr/*"])
    assert names(layout, below) == ["etc", "etc/motd", "usr"]
    above, _ = layout.layer(tree(tmp_path / "above.tar", FILES), snapshot, excluded=["usr/*"])
    assert names(layout, above) == []


def test_an_image_points_to_what_is_stored(tmp_path: Path) -> None:
    """From the index on, each descriptor gives the digest and the size of a blob that is there."""
    layout = oci.Layout(tmp_path / "layout")
    layer, _ = layout.layer(tree(tmp_path / "x.tar", FILES))
    layout.name({"docker.io/library/x:1": layout.image([layer], {}, "amd64")})
    index = json.loads((layout.root / "index.json").read_text())
    [named] = index["manifests"]
    assert named["annotations"] == {oci.REFERENCE: "docker.io/library/x:1"}
    manifest = json.loads(oci.blob(layout.root, named["digest"]).read_text())
    for descriptor in (named, manifest["config"], *manifest["layers"]):
        assert oci.blob(layout.root, descriptor["digest"]).stat().st_size == descriptor["size"]
    config = json.loads(oci.blob(layout.root, manifest["config"]["digest"]).read_text())
    assert config["rootfs"]["diff_ids"] == [layer.digest]
