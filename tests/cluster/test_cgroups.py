"""The cgroups of a cluster, on trees of either version: directories with the files that matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from preuve.cluster.embedded import cgroups

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def v1(tmp_path: Path) -> Path:
    """Three hierarchies, one of them of two controllers, under both of their names too."""
    for name in ("cpu,cpuacct", "cpuset", "systemd"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").touch()
    (tmp_path / "cpu").symlink_to("cpu,cpuacct")
    (tmp_path / "cpuset" / "cpuset.cpus").write_text("0-1\n")
    (tmp_path / "cpuset" / "cpuset.mems").write_text("0\n")
    return tmp_path


@pytest.fixture
def v2(tmp_path: Path) -> Path:
    """One hierarchy; the kernel's files are those of its root."""
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids rdma\n")
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory\n")
    return tmp_path


def test_v1_hierarchies_count_once(v1: Path) -> None:
    """Several names of one hierarchy are one."""
    assert [path.name for path in cgroups.hierarchies(v1)] == ["cpu,cpuacct", "cpuset", "systemd"]
    assert cgroups.controllers(v1) == {"cpu", "cpuacct", "cpuset", "systemd"}


def test_v1_cgroups_are_made_in_each(v1: Path) -> None:
    """The same path everywhere."""
    for name in ("cpuset.cpus", "cpuset.mems"):  # the kernel's part: a new cgroup has the files, empty
        for path in ("preuve-1", "preuve-1/node1"):
            (v1 / "cpuset" / path).mkdir(parents=True, exist_ok=True)
            (v1 / "cpuset" / path / name).touch()
    cgroups.create("/preuve-1/node1", v1)
    assert all((v1 / name / "preuve-1" / "node1").is_dir() for name in ("cpu,cpuacct", "cpuset", "systemd"))
    assert (v1 / "cpuset" / "preuve-1" / "node1" / "cpuset.cpus").read_text() == "0-1\n"
    assert (v1 / "cpuset" / "preuve-1" / "node1" / "cpuset.mems").read_text() == "0\n"


def test_v1_removal_is_deep(v1: Path) -> None:
    """What a kubelet made below goes too; what is not there is no error."""
    (v1 / "cpu" / "preuve-1" / "node1" / "kubepods" / "besteffort").mkdir(parents=True)
    cgroups.remove("/preuve-1", v1)
    assert not (v1 / "cpu" / "preuve-1").exists()
    cgroups.remove("/preuve-1", v1)


def test_v2_controllers_are_handed_down(v2: Path) -> None:
    """A kubelet finds its controllers enabled; those that are on already are not asked for again."""
    (v2 / "preuve-1").mkdir()
    for name in ("cgroup.controllers", "cgroup.subtree_control"):
        (v2 / "preuve-1" / name).write_text((v2 / name).read_text())
    cgroups.create("/preuve-1/node1", v2)
    assert (v2 / "preuve-1" / "node1").is_dir()
    assert (v2 / "cgroup.subtree_control").read_text() == "+cpuset +io +pids"
    assert (v2 / "preuve-1" / "cgroup.subtree_control").read_text() == "+cpuset +io +pids"


@pytest.mark.parametrize(
    ("version", "file", "weight"), [("v1", "cpu.shares", 10240), ("v2", "cpu.weight", 1000)]
)
def test_what_answers_goes_ahead_of_what_asks(
    version: str, file: str, weight: int, request: pytest.FixtureRequest
) -> None:
    """Many commands at once do not keep the API server, a proxy or a Pod from answering."""
    root: Path = request.getfixturevalue(version)
    cpu = root / ("cpu" if version == "v1" else ".")
    for path in ("preuve-1", "preuve-1/node1"):  # the kernel's part
        (cpu / path).mkdir()
        (cpu / path / file).write_text("as made")
        for name in ("cgroup.controllers", "cgroup.subtree_control"):
            (cpu / path / name).write_text("cpu")
    cgroups.create("/preuve-1", root, ahead=True)
    cgroups.create("/preuve-1/node1", root)
    assert (cpu / "preuve-1" / file).read_text() == str(weight)
    assert (cpu / "preuve-1/node1" / file).read_text() == "as made"
