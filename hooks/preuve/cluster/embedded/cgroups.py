"""The cgroups of a cluster, in every hierarchy of the machine.

    /preuve-ID/system    the supervisor and all that it starts
    /preuve-ID/nodeN     a node's Pods

A cgroup can be removed when its last process is gone: so their removal tells that nothing of a cluster lives.

On cgroup v1 each controller is a hierarchy of its own, and the kubelet insists on its root in all of them.
They are made at the top rather than below the caller's own: the kubelet takes one path for all hierarchies,
and a caller's differ (a shell in a container may be nested in one and at the top in the next).
"""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")

AHEAD = 10
"""How many times as much of a busy processor as one process (v1) or one slice of the machine (v2) the cluster
gets. It mostly waits for what it is asked. Without it, all its programs had together what one command has.
Measured on 2 cores beside 12 loops of kubectl, nine times each: a Pod is replaced in 0.79 to 0.89 s with it,
in 0.82 to 2.76 s without. Inside it nothing goes ahead: Pods that get too little fail their probes."""

V2_CONTROLLERS = ("cpuset", "cpu", "io", "memory", "hugetlb", "pids")
"""What a kubelet enables if it can (pkg/kubelet/cm/cgroup_manager_linux.go)."""

USUAL_WEIGHTS = {"cpu.shares": 1024, "cpu.weight": 100}
"""What a cgroup has unless told otherwise, by its file in v1 and v2 (kernel: sched-design-CFS, cgroup-v2)."""

REMOVAL_LIMIT = 20.0
"""Seconds for processes that were killed to be gone; measured: 0.5."""


def unified(root: Path = ROOT) -> bool:
    """Whether the machine has cgroup v2 alone."""
    return (root / "cgroup.controllers").exists()


def hierarchies(root: Path = ROOT) -> list[Path]:
    """Where the machine's cgroup hierarchies are; several names of one (cpu, cpu,cpuacct) count once."""
    if unified(root):
        return [root]
    return sorted({path.resolve() for path in root.glob("*") if (path / "cgroup.procs").exists()})


def controllers(root: Path = ROOT) -> set[str]:
    """The names of the controllers that the machine has, mounted and ready."""
    if unified(root):
        return set((root / "cgroup.controllers").read_text(encoding="ascii").split())
    return {
        name for path in root.glob("*") if (path / "cgroup.procs").exists() for name in path.name.split(",")
    }


def create(path: str, root: Path = ROOT, *, ahead: bool = False) -> None:
    """Make the cgroup `path`, from the top, in every hierarchy, ready to hold processes and children.

    Args:
        path: of the cgroup.
        root: where the hierarchies are.
        ahead: `AHEAD` of those beside it.

    Raises:
        OSError: a hierarchy cannot be written.
    """
    for hierarchy in hierarchies(root):
        here = hierarchy
        for part in Path(path.lstrip("/")).parts:
            if unified(root):
                _delegate(here)
            above, here = here, here / part
            here.mkdir(exist_ok=True)
            for limit in ("cpuset.cpus", "cpuset.mems"):  # v1: empty, until filled no process may enter
                if not unified(root) and (file := here / limit).exists():
                    file.write_text((above / limit).read_text(encoding="ascii"), encoding="ascii")
        for weight, usual in USUAL_WEIGHTS.items():
            if ahead and (file := here / weight).exists():
                file.write_text(str(AHEAD * usual), encoding="ascii")


def enter(path: str, root: Path = ROOT) -> None:
    """Put the calling process, and whatever it starts from now on, in the cgroup `path` of every hierarchy.

    Raises:
        OSError: a hierarchy does not let it in.
    """
    for hierarchy in hierarchies(root):
        (hierarchy / path.lstrip("/") / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")


def remove(path: str, root: Path = ROOT) -> None:
    """Remove the cgroup `path` and those below it from every hierarchy, once the last process has left.

    Raises:
        OSError: processes stay.
    """
    limit = time.monotonic() + REMOVAL_LIMIT
    for hierarchy in hierarchies(root):
        top = hierarchy / path.lstrip("/")
        folders = [Path(folder) for folder, _, _ in os.walk(top, topdown=False)]
        for folder in folders:
            while True:
                try:
                    folder.rmdir()
                    break
                except OSError as error:
                    if error.errno != errno.EBUSY or time.monotonic() > limit:
                        raise
                    time.sleep(0.005)


def _delegate(cgroup: Path) -> None:
    """Let the children of a v2 cgroup use its controllers."""
    available = (cgroup / "cgroup.controllers").read_text(encoding="ascii").split()
    enabled = (cgroup / "cgroup.subtree_control").read_text(encoding="ascii").split()
    wanted = [name for name in V2_CONTROLLERS if name in available and name not in enabled]
    if wanted:
        text = " ".join(f"+{name}" for name in wanted)
        (cgroup / "cgroup.subtree_control").write_text(text, encoding="ascii")
