"""An author's own images: what their file says, what becomes of it, and a cluster that runs them."""

from __future__ import annotations

import json
import os
import tarfile
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from preuve.cluster.cli import cluster
from preuve.cluster.embedded import additions, images, node, oci, recipes
from preuve.errors import PreuveError

if TYPE_CHECKING:
    from pathlib import Path

    from administrator import Kubectl

GOOD = """\
# Ours.
[image."shop/api:1.0"]
build = "api"

[image."shop/worker:1.0"]
archive = "worker"
load = true
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store as the cluster has it: what Pods need, and one image to build on."""
    tree = tmp_path / "tree.tar"
    with tarfile.open(tree, "w") as tar:
        tar.addfile(tarfile.TarInfo("python"))
    layout = oci.Layout(tmp_path / "base")
    layer, _ = layout.layer(tree)
    image = layout.image([layer], {"Cmd": ["python"], "Env": ["LANG=C"]}, "amd64")
    layout.name({node.PAUSE: image, "docker.io/library/python:3.13": image})
    (layout.root / "packages.json").write_text("{}")
    return layout.root


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a Dockerfile, and a layout of one image."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "project"
    (root / "images" / "api").mkdir(parents=True)
    (root / "images" / "api" / "Dockerfile").write_text("FROM python:3.13\nCOPY main.py /\nENV A=b\n")
    (root / "images" / "api" / "main.py").write_text("print()\n")
    tree = tmp_path / "worker.tar"
    with tarfile.open(tree, "w") as tar:
        tar.addfile(tarfile.TarInfo("worker"))
    layout = oci.Layout(root / "images" / "worker")
    layout.name({"worker": layout.image([layout.layer(tree)[0]], {"Cmd": ["worker"]}, "amd64")})
    (root / "images" / "images.toml").write_text(GOOD)
    return root


def load(project: Path, old: str = "", new: str = "") -> tuple[additions.Addition, ...]:
    (project / "images" / "images.toml").write_text(GOOD.replace(old, new) if old else GOOD)
    return additions.load(project, "images/images.toml")


def test_a_store_holds_the_cluster_s_images_and_the_author_s(project: Path, store: Path) -> None:
    """The registry serves one layout: a built image has its base's layers, and its own file on top."""
    added = load(project)
    extended = additions.extended(store, added)
    names = oci.names(extended)
    assert names.keys() == oci.names(store).keys() | {"docker.io/shop/api:1.0", "docker.io/shop/worker:1.0"}
    manifest = json.loads(oci.blob(extended, names["docker.io/shop/api:1.0"].digest).read_bytes())
    *_, top = (oci.blob(extended, layer["digest"]) for layer in manifest["layers"])
    with tarfile.open(top) as tar:
        assert tar.getnames() == ["main.py"]
    config = json.loads(oci.blob(extended, manifest["config"]["digest"]).read_bytes())["config"]
    assert config == {"Cmd": ["python"], "Env": ["LANG=C", "A=b"]}
    assert images.loaded(extended) == ("docker.io/shop/worker:1.0",)
    assert images.packages(extended, recipes.FILE) == {}


def test_nothing_added_is_the_store_itself(store: Path) -> None:
    assert additions.extended(store, ()) == store
    assert images.loaded(store) == ()


def test_the_same_images_are_made_once(project: Path, store: Path) -> None:
    """And other ones are another store: a cluster that serves the old goes on with it."""
    first = additions.extended(store, load(project))
    before = first.stat().st_ino
    assert additions.extended(store, load(project)) == first
    assert first.stat().st_ino == before
    (project / "images" / "api" / "main.py").write_text("print(1)\n")
    assert additions.extended(store, load(project)) != first
    assert first.is_dir()


def test_an_image_is_another_one_where_the_one_beneath_is(project: Path) -> None:
    """A page that names only the upper one of an author's images is an answer of both."""
    upper = '\n[image."shop/top"]\nbuild = "top"\n\n[image."shop/top:2"]\nbuild = "top2"\n'
    for name, base in {"top": "shop/api:1.0", "top2": "docker.io/shop/top"}.items():
        (project / "images" / name).mkdir()
        (project / "images" / name / "Dockerfile").write_text(f"FROM {base}\nENV C=d\n")
    good = GOOD + upper.replace('"shop/top"]', '"shop/top:latest"]')
    (project / "images" / "images.toml").write_text(good)
    before = additions.load(project, "images/images.toml")
    (project / "images" / "api" / "main.py").write_text("print(1)\n")
    after = additions.load(project, "images/images.toml")
    same = {one.reference for one, other in zip(before, after, strict=True) if one.digest == other.digest}
    assert same == {"docker.io/shop/worker:1.0"}


@pytest.mark.parametrize("content", [b"\xe9", b"a=" + b"[" * 5000, b"<<<<<<< HEAD\n"])
def test_a_file_of_images_that_nobody_can_read_is_told(project: Path, content: bytes) -> None:
    (project / "images" / "images.toml").write_bytes(content)
    with pytest.raises(PreuveError, match=r"^images/images\.toml:1: "):
        additions.load(project, "images/images.toml")


def test_what_is_no_file_is_waited_for_nowhere(project: Path) -> None:
    """Neither as an archive, nor where it is to be copied."""
    os.mkfifo(project / "images" / "pipe.tar")
    with pytest.raises(PreuveError, match=r"pipe\.tar is no image: it is neither a file nor a folder"):
        load(project, 'archive = "worker"', 'archive = "pipe.tar"')
    os.mkfifo(project / "images" / "api" / "pipe")
    for copied in ("pipe", "."):
        (project / "images" / "api" / "Dockerfile").write_text(f"FROM python:3.13\nCOPY {copied} /a/\n")
        with pytest.raises(PreuveError, match=r"^images/api/Dockerfile:2: COPY .*: pipe is no file"):
            load(project)


def test_a_running_cluster_must_have_them_as_they_are_now(project: Path, store: Path) -> None:
    """It may have more; it may not have one of before, nor lie on another store."""
    added = load(project)
    extended = additions.extended(store, added)
    assert additions.within(extended, store.name, added)
    assert additions.within(extended, store.name, added[:1])
    assert additions.within(store, store.name, ())
    assert not additions.within(store, store.name, added)
    assert not additions.within(extended, "another", added)
    (project / "images" / "api" / "main.py").write_text("print(1)\n")
    assert not additions.within(extended, store.name, load(project))
    assert not additions.within(extended, store.name, load(project, "load = true\n", ""))


def test_the_command_that_starts_a_cluster_takes_them(project: Path) -> None:
    """It reads them before it starts anything."""
    file = project / "images" / "images.toml"
    file.write_text(GOOD.replace("api", "app"))
    told = CliRunner().invoke(cluster, ["up", "--recipes", str(file)])
    assert isinstance(told.exception, PreuveError)
    assert str(told.exception) == f"{file}:2: build = 'app': there is no {file.parent}/app"


@pytest.mark.cluster
def test_nodes_have_what_is_loaded_and_no_registry_has_it(kubectl: Kubectl) -> None:
    """As after `kind load docker-image`: it runs where nothing is pulled, and cannot be pulled."""
    for policy in ("Never", "Always"):
        kubectl("run", policy.lower(), "--image=salut:1.0", f"--image-pull-policy={policy}")
    kubectl("wait", "--for=condition=Ready", "pod/never", "--timeout=60s")
    message = "jsonpath={.status.containerStatuses[0].state.waiting.message}"
    kubectl("wait", f"--for={message}", "pod/always", "--timeout=60s")
    denied = "pull access denied, repository does not exist or may require authorization"
    assert denied in kubectl("get", "pod", "always", f"--output={message}")


def test_stores_make_room(project: Path, store: Path) -> None:
    """An author saves all day; what was used last stays."""
    kept = additions.extended(store, load(project))
    for number in range(additions.KEEP + 2):
        os.utime(kept, (2**31, 2**31))
        (project / "images" / "api" / "main.py").write_text(f"print({number})\n")
        additions.extended(store, load(project))
    assert kept.is_dir()
    assert len([path for path in additions.cache().iterdir() if path.is_dir()]) == additions.KEEP


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'build = "api"',
            'biuld = "api"',
            "images/images.toml:3: unknown key 'biuld' in [image.shop/api:1.0]: did",
        ),
        ('build = "api"', "build = 1", "images/images.toml:3: 'build' in [image.shop/api:1.0] is a string"),
        ('build = "api"', "", 'images/images.toml:2: shop/api:1.0: write either build = "FOLDER" or archive'),
        ("load = true", 'build = "api"', "images/images.toml:5: shop/worker:1.0: write either"),
        (
            "load = true",
            "load = 1",
            "images/images.toml:7: 'load' in [image.shop/worker:1.0] is true or false",
        ),
        ("shop/api:1.0", "shop/api", "images/images.toml:2: 'shop/api' is no name of an image"),
        (
            "shop/api:1.0",
            "python:3.13",
            "images/images.toml:2: the cluster has an image python:3.13 by itself",
        ),
        (
            "shop/api:1.0",
            node.PAUSE,
            f"images/images.toml:2: the cluster has an image {node.PAUSE} by itself",
        ),
        ('"api"', '"app"', "images/images.toml:2: build = 'app': there is no images/app"),
        ('"api"', '"worker"', "images/images.toml:2: build = 'worker': there is no images/worker/Dockerfile"),
        ('"worker"', '"api"', "images/images.toml:5: images/api is no image: it has neither index.json"),
        ("# Ours.", "[images]", "images/images.toml:1: unknown key 'images': did you mean 'image'?"),
        ("# Ours.", "image", "images/images.toml:1: this is not TOML"),
    ],
)
def test_a_mistake_is_told_where_it_is(project: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(PreuveError) as error:
        load(project, old, new)
    assert told in str(error.value)
    assert error.value.exit_code == 2


def test_mistakes_in_several_files_are_told_at_once(project: Path) -> None:
    (project / "images" / "api" / "Dockerfile").write_text("FROM python:3.13\nRUN x\n")
    (project / "images" / "worker" / "index.json").unlink()
    with pytest.raises(PreuveError) as error:
        load(project)
    assert [line.partition(": ")[0] for line in str(error.value).splitlines()] == [
        "images/api/Dockerfile:2",
        "images/images.toml:5",
    ]


def test_what_only_the_store_tells_is_told_where_it_is(project: Path, store: Path) -> None:
    """Whether there is an image to build on, and whether an archive is whole."""
    (project / "images" / "api" / "Dockerfile").write_text("# An old one.\nFROM python:2\n")
    added = load(project)
    layer = next(path for path in (project / "images" / "worker" / "blobs" / "sha256").iterdir())
    layer.write_bytes(b"spoilt")
    with pytest.raises(PreuveError) as error:
        additions.extended(store, added)
    first, second = str(error.value).splitlines()
    assert first.startswith(
        "images/api/Dockerfile:2: the cluster has no image python:2 to build on; it has python:3.13"
    )
    assert second.startswith("images/images.toml:5: docker.io/shop/worker:1.0 cannot be taken: ")
    assert not list(additions.cache().glob("*/oci-layout"))
