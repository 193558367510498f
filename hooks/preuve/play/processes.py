"""Processes and their pipes, as the kernel tells of them (proc(5), TIOCINQ(2const))."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal


def tell(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group; nothing if it is gone."""
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def listens(process: int) -> set[int]:
    """Give the TCP ports that a process listens on, in its network; none if it has ended. See proc(5)."""
    here = Path(f"/proc/{process}")
    try:
        own = {str(fd.readlink()) for fd in (here / "fd").iterdir()}
        tables = [(here / "net" / name).read_text() for name in ("tcp", "tcp6")]
    except OSError:
        return set()
    return {
        int(each[1].rpartition(":")[2], 16)
        for each in map(str.split, "".join(tables).splitlines())
        if each[3] == "0A" and f"socket:[{each[9]}]" in own
    }


def rests(process: int) -> bool:
    """Tell whether all threads of a process wait for something (proc(5), stat)."""
    try:
        threads = [each.read_text() for each in Path(f"/proc/{process}/task").glob("*/stat")]
    except OSError:
        return False
    return all(each.rpartition(")")[2].split()[0] == "S" for each in threads)


def pending(fd: int) -> int:
    """Count the bytes that can be read at once."""
    count: int = struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))[0]
    return count
