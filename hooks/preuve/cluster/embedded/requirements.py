"""What the embedded cluster needs of the machine, and how to get what is missing: all of it at once."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.cluster.embedded import binaries, cgroups, images
from preuve.cluster.embedded.processes import ENVIRONMENT
from preuve.errors import ClusterError, PreuveError, Problems, raise_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from preuve.cluster.embedded.binaries import Binaries
    from preuve.progress import Progress

PACKAGES = {
    "catatonit": "catatonit",
    "containerd": "containerd",
    "containerd-shim-runc-v2": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "nft": "nftables",
    "mount": "mount",
    "nsenter": "util-linux",
    "pivot_root": "util-linux",
    "setsid": "util-linux",
    "unshare": "util-linux",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
}
"""The programs that run in the cluster, and the Debian packages that have them."""

CONTROLLERS = ("cpu", "cpuset", "memory", "pids")
"""What a kubelet does not start without (and cpuacct, which v2 has in cpu)."""

KERNEL = (5, 13)
"""kube-proxy's nftables mode asks for it (pkg/proxy/nftables)."""

MEMORY = 1_600_000_000
"""Bytes: the idle cluster's 1.2 GB [measured], and room for a lesson's Pods."""

COMPILING = 2_600_000_000
"""Bytes that compiling Kubernetes takes at its peak [measured]."""

WATCHERS = 40
"""inotify instances that a cluster takes [counted]: 33, and one for each ``kubectl logs -f``."""

SANDBOX = ("unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "sh", "-ec")
"""Namespaces as a cluster has them."""

OVERLAY = """\
mount -t tmpfs preuve /mnt
mkdir /mnt/lower /mnt/upper /mnt/work /mnt/all
mount -t overlay preuve -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work /mnt/all
"""
"""What containerd does for each container; in a mount namespace of its own, so nothing is left."""


def check(kubernetes: str) -> tuple[Binaries, Path]:
    """What a cluster is started with: its binaries and its image store.

    Args:
        kubernetes: the minor, one of `binaries.VERSIONS`.

    Raises:
        ClusterError: something is missing; with `Problems`, every missing thing.
        ConfigError: `kubernetes` is not a known minor.
    """
    errors: list[PreuveError] = [ClusterError(problem) for problem in problems()]
    built = _built(kubernetes)
    if not built:
        option = "" if kubernetes == binaries.DEFAULT else f" --kubernetes {kubernetes}"
        errors.append(
            ClusterError(
                f"the cluster's binaries or images are not built yet: run `preuve cluster build{option}` "
                "(once; up to 7 minutes on 2 cores)"
            )
        )
    raise_all(errors)
    assert built  # noqa: S101 - an error above otherwise
    return built


def check_build(kubernetes: str, progress: Progress) -> None:
    """Refuse a machine that could not build everything, before it compiles for minutes.

    Args:
        kubernetes: the minor, one of `binaries.VERSIONS`.
        progress: shows a Go being fetched.

    Raises:
        ClusterError: something is missing; with `Problems`, every missing thing.
        ConfigError: `kubernetes` is not a known minor.
    """
    if _built(kubernetes):
        return
    if sys.platform != "linux":
        raise ClusterError(_not_linux())
    from preuve.cluster.embedded import debian  # noqa: PLC0415 - 50 ms, seldom needed

    errors: list[PreuveError] = []
    checks: list[Callable[[], None]] = [debian.check]
    if not _compiled(kubernetes):
        checks += [lambda: binaries.have_go(progress), _check_memory]
    for check in checks:
        try:
            check()
        except PreuveError as error:
            errors += error.errors if isinstance(error, Problems) else [error]
    raise_all(errors)


def _check_memory() -> None:
    available = _available_memory()
    if available < COMPILING:
        raise ClusterError(_little_memory(available, "compiling", COMPILING))


def _built(kubernetes: str) -> tuple[Binaries, Path] | None:
    with suppress(PermissionError):  # another user's cache: as good as none
        if programs := _compiled(kubernetes):
            store = images.find(coredns=programs.coredns)
            return (programs, store) if store else None
    return None


def _compiled(kubernetes: str) -> Binaries | None:
    with suppress(PermissionError):
        return binaries.find(kubernetes)
    return None


def problems() -> Iterator[str]:
    """What this machine lacks to run a cluster, each with the remedy."""
    if sys.platform != "linux":
        yield _not_linux()
        return
    missing = [program for program in PACKAGES if not shutil.which(program, path=ENVIRONMENT["PATH"])]
    if missing:
        packages = sorted({PACKAGES[program] for program in missing})
        yield f"no {', '.join(missing)} here: run `apt-get install {' '.join(packages)}`"
    yield from _kernel()
    available = _available_memory()
    if available < MEMORY:
        yield _little_memory(available, "a cluster", MEMORY)
    if not _can_watch():
        yield (
            f"fewer than {WATCHERS} inotify instances are free (other clusters take them too): "
            "run `sysctl fs.inotify.max_user_instances=512`"
        )
    if os.geteuid() != 0:
        yield f"it takes root to make nodes, and you are user {os.geteuid()}: run preuve with sudo"
    elif "unshare" not in missing and "mount" not in missing:
        yield from _privileges()


def _not_linux() -> str:
    return f"the embedded cluster runs on Linux only, not on {platform.system()}: use a virtual machine"


def _little_memory(available: int, what: str, needed: int) -> str:
    return (
        f"only {available / 1e9:.1f} GB of memory are free, {what} takes {needed / 1e9:.1f}: "
        "end something, or give the machine more"
    )


def _kernel() -> Iterator[str]:
    release = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
    if release < KERNEL:
        needed = ".".join(map(str, KERNEL))
        yield f"Linux {platform.release()} is too old for kube-proxy: {needed} or newer is needed"
    if "\toverlay\n" not in Path("/proc/filesystems").read_text(encoding="ascii"):
        yield "the kernel has no overlayfs, which containers are made of: run `modprobe overlay`"
    if not Path("/proc/sys/net/bridge/bridge-nf-call-iptables").exists():
        yield "the kernel does not show bridged packets to kube-proxy's rules: run `modprobe br_netfilter`"
    if not Path("/dev/kmsg").exists():
        yield "there is no /dev/kmsg, which kubelets read: in a container, lend it with `--device /dev/kmsg`"
    absent = [name for name in CONTROLLERS if name not in cgroups.controllers()]
    if absent:
        yield f"no cgroup controller {', '.join(absent)} is mounted below {cgroups.ROOT}: mount it"


def _privileges() -> Iterator[str]:
    unwritable = [str(path) for path in cgroups.hierarchies() if not os.access(path, os.W_OK)]
    if unwritable:
        yield f"cgroups cannot be made in {', '.join(unwritable)}: in a container, run it with `--privileged`"
    for script, what in ((":", "namespaces"), (OVERLAY, "overlay mounts")):
        answer = subprocess.run([*SANDBOX, script], capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            yield (
                f"root may not make {what} here ({answer.stderr.strip()}): "
                "in a container, run it with `--privileged`"
            )
            return


def _can_watch() -> bool:
    libc = ctypes.CDLL(None)
    taken = [libc.inotify_init1(os.O_CLOEXEC) for _ in range(WATCHERS)]
    for descriptor in taken:
        if descriptor >= 0:
            os.close(descriptor)
    return all(descriptor >= 0 for descriptor in taken)


def _available_memory() -> int:
    found = re.search(r"MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    return int(found[1]) * 1024 if found else 0
