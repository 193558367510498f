"""A Debian 13 made of packages alone, in an emulated machine: cgroup v2, a kernel and a root of its own.

Its clock goes by the instructions it has run, a nanosecond each, and skips idle time. So it is the same slow
machine however busy the one is that emulates it, and no wait in it is cut short. KVM is not asked for: where
tests run, it is missing, or slower than this.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from typing import TYPE_CHECKING

from preuve.cluster.embedded import debian

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

SUITE = "trixie"
PYTHON = "3.13"
"""The suite's own."""

GLIBC = ("2_17", "2_28", "2_34", "2_40")
"""Of wheels that the suite's takes, oldest first; pip looks for no other than those named."""

KERNEL = "linux-image-cloud-amd64"
"""With a driver for QEMU's NVMe disks and for ext4 built in, so that it needs no initial RAM disk."""

SYSTEM = ("systemd-sysv", "python3-venv", KERNEL)
"""What a machine has before anybody asks for preuve."""

OURS = "/opt/preuve"
"""Where preuve is installed, in an environment of its own."""

PLACE = "/srv/project"
"""Where the project is."""

UNIT = f"""\
[Unit]
Description=what the test wants to know
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=exec
RuntimeMaxSec=1200
Environment=HOME=/srv PATH={OURS}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WorkingDirectory={PLACE}
ExecStartPre=stty -F /dev/ttyS1 raw
ExecStart=sh -c 'sh /srv/script 2>&1 | cat >/dev/ttyS1'

[Install]
WantedBy=multi-user.target
"""
"""Its words go to a serial port of their own, for a getty hangs up the console's, and through a pipe, since
nobody is at a terminal there."""

ARGUMENTS = (
    "root=/dev/nvme0n1 rw console=ttyS0 panic=1"
    " mitigations=off init_on_alloc=0 tsc=reliable"  # emulated, they cost much and guard nothing
    " systemd.mask=timers.target"  # nothing comes up by itself while the script looks
    " systemd.mask=containerd.service"  # preuve takes Debian's program, not the machine's own daemon
)
"""The kernel's."""

PROCESSOR = "max,-erms,-fsrm"
"""Without these, programs copy by words rather than by bytes, of which each is an instruction here."""

MEMORY = 4096
"""MiB: twice what a cluster asks for."""

DISK = "8G"
"""The file is sparse: it takes what is in it."""

LIMIT = 600.0
"""Seconds for a step on this machine that takes one minute."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What it is booted from."""

    kernel: Path
    disk: Path

    @contextmanager
    def on(self, seconds: float) -> Iterator[Iterator[str]]:
        """Boot it, give what its script says, line by line; it is off after the block, or after `seconds`.

        What its kernel and its services say is in `console`.
        """
        drive = f"file={self.disk},format=raw,if=none,id=disk,cache=unsafe"
        command = (
            *("setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-no-reboot", "-no-user-config"),
            *("-accel", "tcg", "-icount", "shift=0,sleep=off", "-cpu", PROCESSOR, "-m", str(MEMORY)),
            *("-nodefaults", "-display", "none", "-serial", f"file:{self.console}", "-serial", "stdio"),
            *("-drive", drive, "-device", "nvme,drive=disk,serial=disk"),
            *("-kernel", str(self.kernel), "-append", ARGUMENTS),
        )
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace"
        ) as qemu:
            end = Timer(seconds, qemu.kill)
            end.start()
            try:
                assert qemu.stdout
                yield map(str.rstrip, qemu.stdout)
            finally:
                end.cancel()
                qemu.kill()

    @property
    def console(self) -> Path:
        """Where its kernel and its services write."""
        return self.disk.with_name("console")


def make(folder: Path, packages: Collection[str], wheels: Path, project: Path, script: Path) -> Machine:
    """Make a machine that runs `script` in `project` once it is up, and is switched off then.

    Args:
        folder: an empty one, for its files.
        packages: Debian's, beside what `SYSTEM` names.
        wheels: the folder of all that is installed in `OURS`: preuve, its cluster, and what they ask for.
        project: the folder that is to be its `PLACE`.
        script: for sh(1).
    """
    root = folder / "root"
    pip = f"{OURS}/bin/pip install --quiet --no-index --find-links /srv/wheels"
    hooks = (
        f'mkdir "$1"/srv/wheels && cp {wheels}/*.whl "$1"/srv/wheels',
        f'chroot "$1" sh -ec "python3 -m venv {OURS}; {pip} preuve[play] preuve-cluster; rm -r /srv/wheels"',
    )
    command = (
        *("mmdebstrap", "--mode=root", "--variant=minbase", f"--keyring={debian.KEYRING}"),
        *debian.proxies(),
        f"--include={','.join(sorted({*SYSTEM, *packages}))}",
        *(f"--customize-hook={hook}" for hook in hooks),
        *(SUITE, str(root), *debian.sources(SUITE)),
    )
    run((*debian.ISOLATED, *command))
    shutil.copytree(project, root / PLACE.lstrip("/"))
    shutil.copy(script, root / "srv/script")
    unit = root / "etc/systemd/system/script.service"
    unit.write_text(UNIT)
    wanted = unit.with_name("multi-user.target.wants") / unit.name
    wanted.symlink_to(f"../{unit.name}")
    [image] = root.glob("boot/vmlinuz-*")
    (folder / "vmlinux").write_bytes(unpacked(image.read_bytes()))
    run(("mke2fs", "-q", "-t", "ext4", "-d", str(root), str(folder / "disk"), DISK))
    shutil.rmtree(root)
    return Machine(folder / "vmlinux", folder / "disk")


def download(folder: Path, wheels: Collection[str]) -> None:
    """Fetch these and what they ask for, as the machine's Python takes them; pip is set up as anywhere."""
    platforms = ("linux_x86_64", "manylinux2014_x86_64", *(f"manylinux_{one}_x86_64" for one in GLIBC))
    run((
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--only-binary=:all:", f"--python-version={PYTHON}", "--implementation=cp"),
        *(f"--abi={abi}" for abi in (f"cp{PYTHON.replace('.', '')}", "abi3", "none")),
        *(f"--platform={platform}" for platform in platforms),
        *("--dest", str(folder), *wheels),
    ))  # fmt: skip


def unpacked(image: bytes) -> bytes:
    """The ELF file that a compressed kernel holds: booted as it is (PVH), it spares the machine unpacking it.

    Where it lies: Documentation/arch/x86/boot.rst of Linux.
    """
    sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (sectors + 1) * 512 + offset
    packed = image[start : start + length - 4]  # the last four tell its length, for the kernel alone
    ran = subprocess.run(("zstd", "-dc"), input=packed, capture_output=True, check=True, timeout=LIMIT)
    return ran.stdout


def run(command: Collection[str]) -> None:
    """Run a program that shall end well."""
    ran = subprocess.run(
        tuple(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=LIMIT,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
