"""What the embedded cluster needs of the machine, and how to get what is missing: all of it at once."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.cluster.embedded import binaries, cgroups, images, node, packages, packed
from preuve.cluster.embedded.processes import ENVIRONMENT
from preuve.errors import ClusterError, PreuveError, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from preuve.cluster.embedded.binaries import Binaries
    from preuve.progress import Progress

SEARCHED = f"{ENVIRONMENT['PATH']}:{':'.join(node.CNI)}"
"""Where a cluster finds them."""

CONTROLLERS = ("cpu", "cpuset", "memory", "pids")
"""What a kubelet does not start without (and cpuacct, which v2 has in cpu)."""

KERNEL = (5, 13)
"""kube-proxy's nftables mode asks for it (pkg/proxy/nftables)."""

MEMORY = 1_600_000_000
"""Bytes: the idle cluster's 1.2 GB [measured], and room for a lesson's Pods."""

COMPILING = 2_600_000_000
"""Bytes that compiling Kubernetes takes at its peak [measured]."""

DISK = 6_000_000_000
"""Bytes on disk that a first build takes at its peak: 3.8 GB that the compiler keeps until all is compiled,
0.8 of modules, 0.3 of binaries, 0.6 of images and what they are made of [measured]."""

WATCHERS = 40
"""inotify instances that a cluster takes [counted]: 33, and one for each ``kubectl logs -f``."""

SANDBOX = ("unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "sh", "-ec")
"""Namespaces as a cluster has them."""

SECONDS = 20.0
"""Given to what takes milliseconds."""

OVERLAY = """\
mount -t tmpfs preuve /mnt
mkdir /mnt/lower /mnt/upper /mnt/work /mnt/all
mount -t overlay preuve -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work /mnt/all
"""
"""What containerd does for each container; in a mount namespace of its own, so nothing is left."""


def check(kubernetes: str, progress: Progress) -> tuple[Binaries, Path]:
    """What a cluster is started with: its binaries and its image store.

    Args:
        kubernetes: the minor, one of `binaries.VERSIONS`.
        progress: shows what is installed being unpacked.

    Raises:
        ClusterError: something is missing; every missing thing is told.
        ConfigError: `kubernetes` is not a known minor.
    """
    errors: list[PreuveError] = [ClusterError(problem) for problem in problems()]
    if installed := _installed(kubernetes):
        raise_all(errors)  # else it would be unpacked for nothing, for seconds
        with progress.stage("unpack the cluster, once"), ThreadPoolExecutor() as pool:
            list(pool.map(packed.have, installed))
    built = _built(kubernetes)
    if not built:
        option = "" if kubernetes == binaries.DEFAULT else f" --kubernetes {kubernetes}"
        errors.append(
            ClusterError(
                f"the cluster's binaries or images are not built yet: run `preuve cluster build{option}` "
                "(once; 7 to 15 minutes on 2 cores)"
            )
        )
    raise_all(errors)
    assert built  # noqa: S101 - an error above otherwise
    return built


def check_build(kubernetes: Sequence[str], progress: Progress) -> None:
    """Refuse a machine that could not build everything, or not run it then, before it compiles for minutes.

    Args:
        kubernetes: minors, of `binaries.VERSIONS`.
        progress: shows a Go being fetched.

    Raises:
        ClusterError: something is missing; every missing thing is told.
        ConfigError: one is not a known minor.
    """
    if all(_built(minor) for minor in kubernetes):
        return
    from preuve.cluster.embedded import debian  # noqa: PLC0415 - 50 ms, seldom needed

    errors: list[PreuveError] = [ClusterError(problem) for problem in problems(debian.lacking())]
    if not all(_compiled(minor) for minor in kubernetes):
        errors += [ClusterError(problem) for problem in (*_memory("compiling", COMPILING), *_disk())]
        if os.geteuid() == 0 and not any(_privileges()):  # else a Go is fetched for nothing, for minutes
            try:
                binaries.have_go(progress)
            except PreuveError as error:
                errors += error.each
    raise_all(errors)


def _disk() -> Iterator[str]:
    cache = binaries.cache()
    there = next(folder for folder in (cache, *cache.parents) if os.access(folder, os.F_OK))
    free = shutil.disk_usage(there).free
    if free < DISK:
        yield (
            f"only {free / 1e9:.1f} GB of disk are free at {there}, a first build takes {DISK / 1e9:.1f} "
            "for a while: make room, or set XDG_CACHE_HOME to a folder that has some"
        )


def _installed(kubernetes: str) -> list[Path]:
    """The entries that the cache lacks, if all of them can be unpacked."""
    server, coredns = (module.entry() for module in binaries.modules(kubernetes))
    store = images.cache() / images.identity(coredns=coredns / "coredns")
    with suppress(PermissionError):  # another user's cache
        lacking = [entry for entry in (server, coredns, store) if not entry.is_dir()]
        return lacking if all(packed.archive(entry) for entry in lacking) else []
    return []


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


def problems(more: Mapping[str, str] | None = None) -> Iterator[str]:
    """What this machine lacks to run a cluster, each with the remedy.

    Args:
        more: what else is missing, and the Debian package that has it.
    """
    missing = {
        name: package for name, package in packages.RUNNING.items() if not shutil.which(name, path=SEARCHED)
    }
    missing |= more or {}
    if missing:
        yield f"no {', '.join(missing)} here: {packages.remedy(missing.values())}"
    yield from _kernel()
    yield from _memory("a cluster", MEMORY)
    if not _can_watch():
        yield (
            f"fewer than {WATCHERS} inotify instances are free (other clusters take them too): "
            "run `sysctl fs.inotify.max_user_instances=512`"
        )
    if os.geteuid() != 0:
        yield f"it takes root to make nodes, and you are user {os.geteuid()}: run preuve with sudo"
    else:
        yield from _privileges()


def _memory(what: str, needed: int) -> Iterator[str]:
    found = re.search(r"MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    available = int(found[1]) * 1024 if found else 0
    if available < needed:
        yield (
            f"only {available / 1e9:.1f} GB of memory are free, {what} takes {needed / 1e9:.1f}: "
            "end something, or give the machine more"
        )


def _kernel() -> Iterator[str]:
    release = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
    if release < KERNEL:
        needed = ".".join(map(str, KERNEL))
        yield f"Linux {platform.release()} is too old for kube-proxy: {needed} or newer is needed"
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
        try:
            answer = subprocess.run(
                [*SANDBOX, script],
                env=ENVIRONMENT,
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
            )
        except FileNotFoundError:
            return  # its package is named among those that are missing
        if answer.returncode != 0:
            # The kernel loads what a mount asks for, if it has it.
            absent = script == OVERLAY and not _has_overlayfs()
            yield (
                "the kernel has no overlayfs, which containers are made of: run `modprobe overlay`"
                if absent
                else f"root may not make {what} here ({answer.stderr.strip()}): "
                "in a container, run it with `--privileged`"
            )
            return


def _has_overlayfs() -> bool:
    return "\toverlay\n" in Path("/proc/filesystems").read_text(encoding="ascii")


def _can_watch() -> bool:
    libc = ctypes.CDLL(None)
    taken = [libc.inotify_init1(os.O_CLOEXEC) for _ in range(WATCHERS)]
    for descriptor in taken:
        if descriptor >= 0:
            os.close(descriptor)
    return all(descriptor >= 0 for descriptor in taken)
