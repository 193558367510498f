"""Debian 13 with cgroup v2, in an emulated machine, from packages alone: `make test-vm`."""

from __future__ import annotations

import logging
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

import machine
import wheels
from preuve import cluster
from preuve.init import TYPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

pytestmark = [pytest.mark.cluster, pytest.mark.vm]

ROOT = Path(__file__).parents[2]

PROJECT = ("mkdocs.yml", "images.toml", "docs", "includes", "transcripts")
"""What of the course `preuve check` reads."""

NEEDED = ("qemu-system-x86_64", "mmdebstrap", "mke2fs", "zstd")

SECONDS = 3600.0
"""Bound of all that the machine does, by this machine's clock."""

LAST = 60
"""Lines of the console that tell why a machine did not get far."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Step:
    """Something that the machine did."""

    said: list[str] = field(default_factory=list)
    code: int | None = None
    """None if it did not end."""


def read(lines: Iterable[str]) -> dict[str, Step]:
    """What the machine did, by name, as its script tells it."""
    steps: dict[str, Step] = {}
    for line in lines:
        log.info(line)
        if ended := re.fullmatch(r"== (\w+): (\d+) in \d+ s", line):
            steps[ended[1]].code = int(ended[2])
        elif begun := re.fullmatch(r"== (\w+)", line):
            name = begun[1]
            steps[name] = Step()
        elif steps:
            steps[name].said.append(line)
    return steps


@pytest.fixture(scope="module")
def debian() -> Iterator[machine.Machine]:
    """It has what a user installs: the wheels of `make dist`, and the packages that preuve names."""
    if lacking := [program for program in NEEDED if not shutil.which(program)]:
        pytest.skip(f"no {', '.join(lacking)} here: `make test-vm` installs what it takes")
    with TemporaryDirectory(prefix="preuve-vm-", dir="/var/tmp") as place:
        folder = Path(place)
        wheels.make(folder / "dist")
        ours = [wheels.wheel(folder / "dist", name) for name in ("preuve_cluster", "preuve_cluster_images")]
        machine.download(folder / "wheels", [wheels.wheel(folder / "dist", "preuve", "play"), *ours])
        shutil.rmtree(folder / "dist")
        project = folder / "project"
        project.mkdir()
        for name in PROJECT:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, project / name)
        packages = cluster.debian_packages(compiled=True) | TYPED
        script = Path(__file__).with_name("script.sh")
        yield machine.make(folder, packages, folder / "wheels", project, script)


def test_a_cluster_comes_is_true_and_goes(debian: machine.Machine) -> None:
    """On cgroup v2, with a kernel, a Python and a containerd that no other test has."""
    with debian.on(SECONDS) as lines:
        steps = read(lines)
    console = debian.console.read_text(errors="replace").splitlines()[-LAST:]
    for name, step in steps.items():
        assert step.code == 0, "\n".join((f"{name} exited with {step.code}:", *step.said, "", *console))
    assert "left" in steps, "\n".join(console)
    assert steps["cgroups"].said == ["cgroup2fs"]
    ready = [line for line in steps["nodes"].said if " Ready " in line]
    assert len(ready) == 3
    assert all("Debian GNU/Linux 13 (trixie)" in line and "containerd://1.7" in line for line in ready)
    assert "3 pages still tell the truth" in steps["check"].said
    assert not [line for line in steps["modules"].said if line.startswith("br_netfilter")]
    assert steps["down"].said[-1] == "the cluster is gone"
    assert steps["left"].said == []
