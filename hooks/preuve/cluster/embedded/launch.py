"""Starting a supervisor, and what ties it to who started it.

The two ends of a socket pair. The supervisor sends lines of JSON: ``{"stage": NAME}`` as it goes, then one of
``{"ready": true}``, ``{"busy": true}`` (another one holds the state directory) and ``{"failed": MESSAGE}``.
The owner sends nothing but `LET_GO`; when its end closes without that, by the kernel if need be, the cluster
ends. The supervisor's end closes when the last process of the cluster is gone.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from preuve.cluster.embedded.binaries import Binaries
from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.cluster.embedded.state import StateFolder

END_LIMIT = 30.0
"""Seconds for a cluster to be gone after it was told; measured: 1."""

LET_GO = b"let go\n"
"""What an owner says that leaves the cluster behind."""

NAMESPACES = ("--pid", "--fork", "--kill-child", "--mount-proc", "--mount", "--net", "--uts", "--ipc")
"""What unshare(1) gives a supervisor of its own; killing unshare kills it too."""


@dataclass(frozen=True, slots=True)
class StartOrder:
    """What a supervisor is told, on its command line."""

    state: str
    """The directory to keep its things in."""
    binaries: dict[str, str]
    """What to run: the fields of `Binaries`."""
    images: str
    """The store that its registry serves."""
    profile: str
    """What it stands in for (`profiles.of`)."""
    owner: int
    """The descriptor of its end of the connection."""
    outside: int
    """A descriptor of the network namespace that its registry asks other registries from."""


def described(binaries: Binaries) -> dict[str, str]:
    """`binaries` for JSON."""
    return {name: str(value) for name, value in asdict(binaries).items()}


def binaries(description: dict[str, str]) -> Binaries:
    """What `described` describes."""
    paths = {name: Path(value) for name, value in description.items() if name != "version"}
    return Binaries(version=description["version"], **paths)


@contextmanager
def supervisor(
    state: StateFolder, programs: Binaries, images: Path, profile: str = "", *, stays: bool
) -> Iterator[socket.socket]:
    """A supervisor, which ends with the block, or with this process, however that ends.

    Args:
        state: where it is to keep its things.
        programs: what it is to run.
        images: the store that its registry is to serve.
        profile: what it is to stand in for.
        stays: let go of it instead, at the end of a block that raises nothing.

    Yields:
        the owner's end of the connection.

    Raises:
        ClusterError: it does not end.
    """
    ours, theirs = socket.socketpair()
    outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    order = StartOrder(str(state.path), described(programs), str(images), profile, theirs.fileno(), outside)
    python = (sys.executable, "-m", "preuve.cluster.embedded.supervisor", json.dumps(asdict(order)))
    command = ["unshare", *NAMESPACES, *python]
    with ours:
        launcher = subprocess.Popen(
            ["setsid", "--fork", *command] if stays else command,  # what outlives us should not be our child
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=theirs.fileno(),  # until it has a log: what Python says if it cannot even start
            pass_fds=(theirs.fileno(), outside),
            start_new_session=True,  # Ctrl-C in a terminal is the owner's to handle
        )
        theirs.close()
        os.close(outside)
        try:
            yield ours
            if stays:
                with suppress(BrokenPipeError):  # another one holds the directory, and this one is gone
                    ours.sendall(LET_GO)
        except BaseException:
            _await_end(ours)
            launcher.wait()
            raise
        if not stays:
            _await_end(ours)
        launcher.wait()


def news(line: str) -> dict[str, Any] | None:
    """What a line from the supervisor says; None if it is not its own (Python's, unshare's)."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _await_end(ours: socket.socket) -> None:
    with suppress(OSError):  # it is gone already
        ours.shutdown(socket.SHUT_WR)
    ours.settimeout(END_LIMIT)
    try:
        while ours.recv(4096):
            pass
    except TimeoutError:
        raise ClusterError(
            f"the cluster did not end within {END_LIMIT:.0f} s: `preuve cluster down` kills it"
        ) from None
