"""The supervisor's children, each with its log.

The supervisor is the first process of a PID namespace: whatever loses its parent in there becomes its child,
so it waits for all children alike, and `subprocess`, which wants to wait for its own, has no place beside
that.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "GOGC": "400",
}
"""Nothing of the user's reaches the cluster: no proxy, no credentials, no locale.

Go's programs collect their garbage less often than by default: the cluster is up 0.2 s earlier, and holds
1.0 GB rather than 0.8 (benchmarks/cluster.py, by turns).
"""

LAST_LINES = 15
"""How much of a log a person needs to see why a program gave up."""


@dataclass(frozen=True, slots=True)
class Death:
    """The end of a child that nobody asked for."""

    name: str
    status: int
    """As `os.waitpid` has it."""
    log: Path

    def __str__(self) -> str:
        code = os.waitstatus_to_exitcode(self.status)
        how = f"exited with {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join([f"{self.name} {how}; the end of {self.log}:", *(f"  {line}" for line in lines)])


class Processes:
    """What runs for the cluster.

    Args:
        logs: the folder of the log files.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._names: dict[int, str] = {}
        self._jobs: set[str] = set()
        self._lock = threading.Lock()

    def log(self, name: str) -> Path:
        """Where the process called `name` writes."""
        return self._logs / f"{name}.log"

    def start_job(self, name: str, argv: tuple[str, ...], *, within: int) -> None:
        """Start a child that is meant to end, with 0; else as `start`."""
        self._jobs.add(name)
        self.start(name, argv, within=within)

    def start(self, name: str, argv: tuple[str, ...], *, within: int | None = None, output: int = -1) -> int:
        """Start a child that is meant to last.

        Args:
            name: unique among those that run.
            argv: the program, found on `ENVIRONMENT`'s PATH, and its arguments.
            within: a process whose namespaces it shall be in; ours unless given.
            output: a descriptor for its standard output; its log unless given.

        Returns:
            its process ID, or that of the nsenter(1) which waits for it.
        """
        if within is not None:
            argv = ("nsenter", f"--target={within}", "--mount", "--uts", "--ipc", "--net", "--pid", *argv)
        log = os.fspath(self.log(name))
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, log, append, 0o600),
            (os.POSIX_SPAWN_DUP2, 2 if output < 0 else output, 1),
        ]
        with self._lock:  # so that `reap` knows the name of a child that dies at once
            child = os.posix_spawnp(
                argv[0],
                argv,
                ENVIRONMENT,
                file_actions=actions,
                setsigmask=(),  # the supervisor blocks what it waits for
                setsigdef=(signal.SIGPIPE,),  # Python ignores it
            )
            self._names[child] = name
        return child

    def forget(self, *names: str) -> None:
        """Expect these to die."""
        with self._lock:
            self._names = {pid: name for pid, name in self._names.items() if name not in names}

    def runs(self, name: str) -> bool:
        """Whether the process called `name` has not been buried yet."""
        with self._lock:
            return name in self._names.values()

    def reap(self) -> Death | None:
        """Bury who died since the last call; tell the first one that should have lived."""
        first = None
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return first
            if pid == 0:
                return first
            with self._lock:
                name = self._names.pop(pid, None)
            if name and first is None and (status or name not in self._jobs):
                first = Death(name, status, self.log(name))


def memory() -> int:
    """What the processes of this PID namespace use, in bytes; of what several share, each counts its part."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it is over
            for line in (process / "smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def end_all() -> None:
    """Kill every other process of this PID namespace, of which this is the first, and bury them all."""
    assert os.getpid() == 1, "outside of its own namespace this would kill the whole machine's"  # noqa: S101
    try:
        os.kill(-1, signal.SIGKILL)
        while True:
            os.wait()
    except (ChildProcessError, ProcessLookupError):
        pass  # nobody is left
