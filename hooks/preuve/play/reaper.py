"""Stand above a page's shell where no box can be had: whatever it leaves behind ends with it.

Run as a program (``python -I -S reaper.py COMMAND…``) that leads a session of its own, with its terminal on
standard input. It is the parent that orphans are given to, so that even a daemon that forked twice is found.
It ends all when the shell ends, or when the terminal hangs up: preuve closed it, or died. Its exit code is
the shell's.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import sys
import termios
from pathlib import Path
from typing import Final

CHILDREN: Final = Path("/proc/thread-self/children")  # proc(5)
PR_SET_CHILD_SUBREAPER: Final = 36  # <linux/prctl.h>


def main(argv: list[str]) -> int:
    """Run `argv`, and outlive all that comes from it; give its exit code, 128 + N where signal N ended it."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    fcntl.ioctl(sys.stdin.fileno(), termios.TIOCSCTTY, 0)
    awaited = {signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    # Above the shell there may be a `nohup` or an `&`: what they ignore, a page's commands must not.
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        with contextlib.suppress(OSError):
            signal.signal(number, signal.SIG_DFL)
    shell = os.fork()
    if not shell:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, awaited)
        os.execvp(argv[0], argv)  # noqa: S606 - the program is what we were asked to run
    code = 128 + signal.SIGHUP
    while signal.sigwait(awaited) == signal.SIGCHLD:
        if (ended := _reap(shell)) is not None:
            code = ended
            break
    _end_children()
    return code


def _reap(shell: int) -> int | None:
    """Bury the dead; give the exit code of the shell if it is one of them."""
    code = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            if pid == shell:
                code = os.waitstatus_to_exitcode(status)
    return code if code is None or code >= 0 else 128 - code


def _end_children() -> None:
    """Kill the children, then the orphans that they leave, until there are none."""
    with contextlib.suppress(ChildProcessError):
        while True:
            for child in CHILDREN.read_text().split():
                os.kill(int(child), signal.SIGKILL)  # one that is dead already is there until awaited
            os.waitpid(-1, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
