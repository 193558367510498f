"""An owner: the process that made something, named so that a later one can tell whether it still lives.

Its name is a mark on what it made: an annotation on a cluster, a folder's name on a disk. Who cannot know
(the process ran on another machine, in another container, or before this one was started) takes it for alive.

>>> is_dead(me()), is_dead("somebody")
(False, False)
"""

from __future__ import annotations

import os
import platform
import re
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path


def me() -> str:
    """The mark of this process, which no other will ever bear."""
    return _mark(os.getpid())


def is_dead(mark: str) -> bool:
    """Whether the process that a mark names is known to have ended."""
    found = re.match(r"(\d+) on ", mark)
    return found is not None and _place(mark) == _place(me()) and mark != _mark(int(found[1]))


def is_elsewhere(mark: str) -> bool:
    """Whether nobody can tell from here."""
    return bool(mark) and _place(mark) != _place(me())


def name(mark: str) -> str:
    """A process, for a person.

    >>> name("12 on laptop since 8f0c.4026531836.993")
    'process 12 on laptop'
    """
    return f"process {mark.partition(' since ')[0]}"


def _place(mark: str) -> str:
    """Where a process ran: the machine, and there since when and in which container."""
    return mark.partition(" on ")[2].rpartition(".")[0]


def _mark(pid: int) -> str:
    return f"{pid} on {platform.node()} since {_scope()}.{_started(pid)}"


@cache
def _scope() -> str:
    """What process IDs are unique in, on Linux: a boot, and in it a PID namespace; they may share a name."""
    if sys.platform != "linux":
        return ""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}.{Path('/proc/self/ns/pid').stat().st_ino}"


def _started(pid: int) -> str:
    """When a process started; nothing if it is gone.

    On Linux by the kernel's own clock (proc(5): field 22 of ``stat``), which nobody can set: were it by the
    time of day, a live process would pass for a dead one as soon as the machine's clock is put right.
    """
    if sys.platform != "linux":
        import psutil  # noqa: PLC0415 - Linux spares it

        with suppress(psutil.NoSuchProcess):
            return f"{psutil.Process(pid).create_time():.0f}"
        return ""
    with suppress(OSError):  # it has ended
        state, *fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return "" if state in "ZX" else fields[18]
    return ""
