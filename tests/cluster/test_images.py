"""The store of images: where it is, how it is built, what is left when it is not."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from rich.console import Console

from preuve.cluster.embedded import binaries, builder, images, oci, places, recipes, requirements
from preuve.errors import ClusterError, PreuveError
from preuve.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Write = Callable[..., Path]

IMAGE = """
[image.{name}]
packages = ["{package}"]
versions = {{ trixie = "{version}" }}
base = false
run = '''{run}'''
config = {{}}
"""

BUILD = """
import sys
from pathlib import Path
from preuve.cluster.embedded import images
from preuve.progress import Progress
with Progress() as progress:
    print(images.build(progress, coredns=Path(sys.argv[1]), file=Path(sys.argv[1])))
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "preuve" / "images"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write recipes of images, which stand for CoreDNS's binary too."""

    def write(*images: dict[str, str]) -> Path:
        path = tmp_path / "images.toml"
        path.write_text(
            "".join(
                IMAGE.format_map({"name": "x", "package": "catatonit", "version": "0", "run": ""} | image)
                for image in images
            )
        )
        return path

    return write


@pytest.fixture
def progress() -> Iterator[Progress]:
    with Path(os.devnull).open("w") as nowhere, Progress(Console(file=nowhere)) as progress:
        yield progress


def test_what_is_not_built_is_not_found(cache: Path, write: Write) -> None:
    """An empty cache has no store."""
    path = write({})
    assert images.find(coredns=path, file=path) is None
    assert not cache.exists()


def test_another_coredns_is_another_store(write: Write) -> None:
    """A store holds the binary that it was built with: one of other sources is not served from it."""
    programs = [Path(f"coredns-{sources}", "coredns") for sources in (1, 2)]
    assert len({images.identity(coredns=program, file=write({})) for program in programs}) == 2


def test_a_packed_cache_is_as_good_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CI packs it and unpacks it, at another place, with times of whole seconds: nothing is built again."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "first"))
    entries = [module.entry() for module in binaries.modules(binaries.DEFAULT)]
    for entry in entries:
        entry.mkdir(parents=True)
    coredns = entries[1] / "coredns"
    coredns.write_bytes(b"program")
    (images.cache() / images.identity(coredns=coredns)).mkdir(parents=True)
    assert requirements._built(binaries.DEFAULT)
    subprocess.run(("tar", "-C", tmp_path / "first", "-czf", tmp_path / "packed.tgz", "."), check=True)
    (tmp_path / "second").mkdir()
    subprocess.run(("tar", "-C", tmp_path / "second", "-xzf", tmp_path / "packed.tgz"), check=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "second"))
    built = requirements._built(binaries.DEFAULT)
    assert built
    assert built[0].coredns.read_bytes() == b"program"
    assert built[1].is_relative_to(tmp_path / "second")


def test_the_oldest_stores_make_room(cache: Path) -> None:
    """Before a build, the last used stores stay, and what a killed build left goes."""
    for age, name in enumerate(("a", "b", "c", "d", "scratch.killed")):
        (cache / name).mkdir(parents=True)
        os.utime(cache / name, (1000 - age, 1000 - age))
    places.prune(images.cache(), images.KEEP)
    assert {path.name for path in cache.iterdir()} == {"a", "b"}


@pytest.mark.parametrize("said", ["1.2", "1.27", "1.26.30", "2"])
def test_an_untruthful_tag_is_refused(write: Write, said: str) -> None:
    """What Debian has is what the tag says, number by number; the message tells what Debian has."""
    [recipe] = recipes.load(write({"package": "nginx", "version": said})).images
    with pytest.raises(ClusterError, match=rf"x {said} cannot be built: Debian trixie has nginx 1\.26\.3;"):
        builder._truth(recipe, "trixie", {"nginx": "1.26.3-3+deb13u1"})


@pytest.mark.parametrize("said", ["1", "1.26", "1.26.3"])
def test_a_truthful_tag_gives_the_whole_version(write: Write, said: str) -> None:
    """Any beginning of the version will do."""
    [recipe] = recipes.load(write({"package": "nginx", "version": said})).images
    assert builder._truth(recipe, "trixie", {"nginx": "1.26.3-3+deb13u1"}) == "1.26.3"


@pytest.mark.cluster
def test_what_people_type_is_there() -> None:
    """By a minor or a whole version, each of two but busybox; the newest is what no tag means, `latest`."""
    programs = binaries.find()
    assert programs
    store = images.find(coredns=programs.coredns)
    assert store
    assert re.fullmatch(r"5:7\.0\.\d+-.*deb12.*", images.packages(store)["redis:7.0.15"]["redis-server"])
    index = json.loads((store / "index.json").read_text())
    digests = {
        entry["annotations"]["org.opencontainers.image.ref.name"]: entry["digest"]
        for entry in index["manifests"]
    }
    for name, old, new in (
        ("nginx", "1.22", "1.26"),
        ("redis", "7.0", "8.0"),
        ("python", "3.11", "3.13"),
        ("curlimages/curl", "7.88", "8.14"),
    ):
        at = {tag: digests[oci.reference(f"{name}:{tag}")] for tag in ("latest", old, new)}
        assert at["latest"] == at[new] != at[old]
        whole = [key for key in digests if key.startswith(oci.reference(f"{name}:{new}."))]
        assert [digests[key] for key in whole] == [at[new]]


@pytest.mark.cluster
def test_the_same_packages_make_the_same_store(
    cache: Path, write: Write, progress: Progress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Built twice, in two places, every blob has the same digest; then it is found, and not built again."""
    path = write({"package": "busybox", "version": "1.37", "run": "ln -s usr/bin/busybox sh"})
    store = images.build(progress, coredns=path, file=path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    again = images.build(progress, coredns=path, file=path)
    assert again != store
    assert (again / "index.json").read_text() == (store / "index.json").read_text()
    assert images.packages(store, path)["x:1.37.0"]["busybox"].startswith("1:1.37")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parents[1]))
    assert images.find(coredns=path, file=path) == images.build(progress, coredns=path, file=path) == store
    assert [entry.name for entry in cache.iterdir() if entry.is_dir()] == [store.name]


@pytest.mark.cluster
def test_all_failures_are_told_at_once(cache: Path, write: Write, progress: Progress) -> None:
    """Each image that cannot be built is told, in apt's words or ours, and no store is left."""
    path = write(
        {"name": "unknown", "package": "no-such-package"},
        {"name": "untruthful", "version": "99"},
        {"name": "broken", "run": "echo the hook speaks; false"},
    )
    with pytest.raises(PreuveError) as caught:
        images.build(progress, coredns=path, file=path)
    for words in ("Unable to locate package no-such-package", "untruthful 99 cannot", "the hook speaks"):
        assert words in str(caught.value)
    assert [entry.name for entry in cache.iterdir()] == ["lock"]


@pytest.mark.cluster
@pytest.mark.usefixtures("cache")
def test_two_builds_at_once_make_one_store(write: Write, tmp_path: Path) -> None:
    """The second waits for the first, and takes what it made."""
    ran = tmp_path / "ran"
    path = write({"run": f"echo once >>{ran}"})
    builds = [
        subprocess.Popen([sys.executable, "-c", BUILD, str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    stores = {build.communicate(timeout=300)[0] for build in builds}
    assert [build.returncode for build in builds] == [0, 0]
    assert len(stores) == 1
    assert ran.read_text() == "once\n"


@pytest.mark.cluster
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_build_leaves_nothing_behind(
    cache: Path, write: Write, tmp_path: Path, number: signal.Signals
) -> None:
    """However it ends: no process, no mount, no store; without a warning, a scratch folder at most."""
    reached = tmp_path / "reached"
    path = write({"run": f"touch {reached}; exec sleep 600"})
    with subprocess.Popen([sys.executable, "-c", BUILD, str(path)], stderr=subprocess.DEVNULL) as build:
        try:
            _wait_until(reached.exists)
            children = psutil.Process(build.pid).children(recursive=True)
            assert len(children) > 1  # unshare, and below it mmdebstrap with the hook
            build.send_signal(number)
            assert build.wait(timeout=60)
        finally:
            build.kill()
    _wait_until(lambda: not any(child.is_running() for child in children))
    assert str(cache) not in Path("/proc/self/mounts").read_text()
    assert images.find(coredns=path, file=path) is None
    left = [entry.name for entry in cache.iterdir() if entry.name != "lock"]
    assert all(name.startswith(places.SCRATCH) for name in left)
    assert number != signal.SIGINT or not left


def _wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
