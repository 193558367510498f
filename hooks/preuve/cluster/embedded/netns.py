"""Joining a network namespace, by the calling thread alone.

pyroute2 has this too, at 0.25 s of imports [measured]: too much for each call of the command line.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CLONE_NEWNET = 0x40000000  # linux/sched.h
_libc = ctypes.CDLL(None, use_errno=True)  # os.setns comes with Python 3.12


@contextmanager
def joined(path: str | Path) -> Iterator[None]:
    """Be in the network of `path` (a ``/proc/PID/ns/net``) during the block.

    What is opened there stays there: sockets, and the threads and processes that are started in the block.

    Raises:
        OSError: there is no such network, or joining it is not permitted.
    """
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        join(path)
        try:
            yield
        finally:
            _setns(before)
    finally:
        os.close(before)


def join(path: str | Path) -> None:
    """Move to the network of `path` for good.

    Raises:
        OSError: as `joined`.
    """
    there = os.open(path, os.O_RDONLY)
    try:
        _setns(there)
    finally:
        os.close(there)


def _setns(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
