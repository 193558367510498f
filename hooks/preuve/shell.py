r"""Where a page's commands run: one bash for the page, driven from outside.

Bash reads its script from a pipe, which bash itself keeps from its children, and says how each command ended
on its controlling terminal, a pseudo-terminal that preuve holds. What a command writes goes another way, so
nothing that it prints can pass for its end. The terminal also gives job control: each command has a process
group, the group in the foreground can be asked for, and Ctrl-C stops that and no more. When preuve closes the
terminal, or dies, the kernel hangs up on the session, and what stands above bash (`preuve.box` or
`preuve.reaper`) ends what is left.

>>> with Bash({"PATH": os.defpath}) as bash:
...     _ = bash.run("cd /usr; greet() { echo hello from $PWD; }")
...     bash.run("greet; exit 3").output, bash.ended
('hello from /usr\n', 'greet; exit 3')
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from posixpath import dirname
from shlex import quote
from threading import RLock
from typing import TYPE_CHECKING, Final, Protocol, Self

import psutil

from preuve import reaper
from preuve.capture import Capture
from preuve.errors import ClusterError, CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

REAPER: Final = (sys.executable, "-I", "-S", str(Path(reaper.__file__)))
"""What stands above bash unless a box does."""

_STOP: Final = (
    *((signal.SIGINT, seconds) for seconds in (0.2, 0.8, 1.0)),
    *((number, 2.0) for number in (signal.SIGTERM, signal.SIGKILL)),
)
"""What a command that is to be stopped is told, and the seconds it has to heed it.

As at a terminal, one Ctrl-C is not always enough: a shell that waits for a program which just ended takes it
for the program's, and goes on with its loop."""

_GLANCE: Final = 0.05
"""Seconds between two looks at which command is in the foreground, while one is being stopped."""

_START: Final = 10.0
"""Seconds given to bash to start, and to what came from it to end once killed: both take milliseconds."""

_CHUNK: Final = 1 << 16
"""Bytes read at once: a pipe holds no more (pipe(7))."""

_VISIT: Final = 7 * 24 * 3600.0
"""Seconds that a guest's command may take: as long as the page's token lasts."""

_TERMINAL: Final = " </dev/tty >/dev/tty 2>&1"
"""Where a command is that has a terminal."""

_ASIDE: Final = " </dev/tty 2>/dev/tty"
"""Where one is that asks at the terminal, and whose output is for preuve."""

_SIGNALS: Final = (termios.VINTR, termios.VQUIT, termios.VSUSP)
"""The keys that send a signal, where they are not taken for letters."""

Sink = Callable[[bytes], object]
"""Takes what was written."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended."""

    output: str
    """What a terminal would show: standard output and standard error, merged as they came."""
    exit: int
    """From 0 to 255; 128 + N when signal N ended it. Means nothing when `matched`."""
    seconds: float
    """How long it took."""
    matched: bool = False
    """It was stopped because its output matched."""


class Listener(Protocol):
    """Who takes what a command writes: `preuve.capture.Capture`, or a guest."""

    until: re.Pattern[str] | None
    matched: bool

    def feed(self, data: bytes) -> object:
        """Take what came through the pipe that is the commands' output."""

    def end(self) -> object:
        """Take it that nothing more comes."""


class Guest(Listener, Protocol):
    """Somebody to whom a shell is lent."""

    keyboard: int
    """A descriptor, from which comes what they type."""

    def see(self, data: bytes) -> object:
        """Take what came over the terminal."""


class Shell(Protocol):
    """Where a page's commands run, one after the other."""

    def run(
        self,
        source: str,
        *,
        timeout: float = 60.0,
        until: re.Pattern[str] | None = None,
        tty: bool = False,
    ) -> Result:
        """Run `source`, which sees what the commands before it left: variables, directory, functions, jobs.

        Args:
            source: one complete command, of one or more lines.
            timeout: seconds after which everything is killed.
            until: stop the command after the first line of output that matches, and drop the rest.
            tty: give it a terminal, of 80 columns and 24 lines, at which nobody types.

        Raises:
            TimedOutError: it did not end, or did not match, in time. The shell is closed.
            UnmatchedError: it ended without a line that matches `until`.
            ShellEndedError: a command before it ended the shell.
        """

    def close(self) -> None:
        """End the shell and every process that came from it. Closing again does nothing."""


class TimedOutError(CommandError):
    """A command was killed because it took too long.

    Args:
        message: what was waited for.
        output: what it had said.
    """

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


class UnmatchedError(CommandError):
    """A command ended, and its output never matched.

    Args:
        message: what was waited for.
        result: how it ended.
    """

    def __init__(self, message: str, result: Result) -> None:
        super().__init__(message)
        self.output = result.output
        self.result = result


class ShellEndedError(CommandError):
    """There is no shell left to run a command in."""


@dataclass(frozen=True, slots=True)
class _Report:
    """What bash says once a command has ended."""

    exit: int
    job: str
    """The process id of the last job put in the background; empty if there was none."""


class Bash:
    """One bash for a page.

    Args:
        env: the whole environment of its commands; nothing is inherited.
        cwd: where it starts.
        under: the program that is given bash as its last arguments, and ends all that came from bash when
            bash ends or the terminal hangs up: `preuve.box.Box.argv`, or the reaper, which confines nothing.

    Raises:
        ClusterError: it did not start.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        cwd: Path | None = None,
        under: Sequence[str] = REAPER,
    ) -> None:
        self.ended: str | None = None
        """The command that ended the shell, if one did."""
        self._last = _Report(0, "")
        self._heard = b""
        self._keyboard: int | None = None
        self._busy = RLock()  # held while bash is spoken with, when the kernel would not hang up
        self._wakes = ExitStack()  # what ends that from another thread
        self._lines = ExitStack()  # to bash and from it; closing them ends it
        self._remains = ExitStack()  # what is done and closed after that
        try:
            self._start(env, cwd, under)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def run(
        self,
        source: str,
        *,
        timeout: float = 60.0,
        until: re.Pattern[str] | None = None,
        tty: bool = False,
    ) -> Result:
        """Keep what `Shell.run` promises."""
        self._require()
        capture = Capture(until)
        started = time.monotonic()
        seen = capture.feed if tty else None
        where = _TERMINAL if tty else ""
        report = self._converse(source, capture, started + timeout, seen, where, breakable=until is not None)
        if report and until and not capture.end() and report.job != self._last.job and not self._gone:
            # The prompt is back, and what should match runs in the background: listen while it lives.
            self._last = report
            report = self._converse(f"\\builtin wait {report.job} || \\builtin :", capture, started + timeout)
        capture.end()
        seconds = time.monotonic() - started
        if report is None:
            self.ended = source
            self.close()
            raise TimedOutError(_late(source, timeout, capture), capture.text())
        self._last = report
        if self._gone:
            self.ended = source
        result = Result(_untraced(capture.text()), report.exit, seconds, matched=capture.matched)
        if until and not capture.matched:
            raise UnmatchedError(
                f"`{_title(source)}` ended by itself (exit code {report.exit}), and no line of its output "
                f'matched until="{until.pattern}": mend the pattern, or leave until= out',
                result,
            )
        return result

    def lend(self, source: str, guest: Guest, *, aside: bool = False) -> int:
        """Run `source` while somebody sits at the terminal, however long it takes; give its exit code.

        Args:
            source: one complete command.
            guest: who sees all that is written, and types.
            aside: it is no command of theirs: its output goes into the pipe, no key ends it, and `$?` stays.

        Raises:
            ShellEndedError: a command before it ended the shell.
            EOFError: the guest's keyboard is gone.
        """
        self._require()
        self._keyboard = guest.keyboard
        self._poll.register(guest.keyboard, select.POLLIN)
        try:
            where = _ASIDE if aside else _TERMINAL
            end = time.monotonic() + _VISIT
            report = self._converse(source, guest, end, guest.see, where, breakable=not aside)
        finally:
            self._poll.unregister(guest.keyboard)
            self._keyboard = None
        if report is None or self._gone:
            self.ended = source
        if report is None:
            self.close()
            return 128 + signal.SIGKILL
        if not aside:
            self._last = report
        return report.exit

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size; what runs there is told by the kernel."""
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("4H", lines, columns, 0, 0))

    def write(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Write a file where the commands see it, as their user.

        Args:
            path: from where the shell started, or absolute.
            content: text, without NUL.
            mode: who may read and write it.

        Raises:
            CommandError: it could not be written; tells why.
        """
        self._require()
        if b"\0" in content:
            raise CommandError(f"{path} cannot be written: it has a NUL byte")
        text = content.decode(errors="surrogateescape")
        name, folder = quote(path), quote(dirname(path) or ".")
        source = rf"""(
[[ -d {folder} ]] || mkdir -p {folder}
umask {~mode & 0o777:03o}
\builtin printf %s {quote(text)} >|{name}
) && \builtin :"""
        capture = Capture()
        report = self._converse(source, capture, time.monotonic() + _START)
        if report is None or report.exit:
            raise CommandError(f"{path} cannot be written: {capture.text().strip()}")

    def close(self) -> None:
        """Keep what `Shell.close` promises, from any thread: nothing is left of what came from the shell."""
        if self.ended is None:
            self.ended = "close"
        self._wakes.close()
        with self._busy, self._remains:
            self._lines.close()  # the kernel hangs up, whereupon the keeper ends everything

    def _require(self) -> None:
        if self.ended is not None:
            raise ShellEndedError(
                f"not run: `{_title(self.ended)}` ended the page's shell; end the page there, "
                "or run that command in a shell of its own: `( … )`"
            )

    @property
    def _gone(self) -> bool:
        """Whether bash was seen to be no more."""
        return self._process.returncode is not None

    def _start(self, env: Mapping[str, str], cwd: Path | None, under: Sequence[str]) -> None:
        with ExitStack() as theirs:
            self._terminal, terminal = os.openpty()
            script, self._script = os.pipe()
            self._output, output = os.pipe()
            for fd in (self._terminal, self._script, self._output):
                self._lines.callback(os.close, fd)
            for fd in (terminal, script, output):
                theirs.callback(os.close, fd)
            self.resize(80, 24)
            self._modes = termios.tcgetattr(terminal)
            *modes, keys = self._modes
            self._quiet = [*modes, [b"\0" if n in _SIGNALS else key for n, key in enumerate(keys)]]
            # In a box bash is another user, and opening /dev/fd/N or /dev/stdout asks for permission anew.
            os.fchmod(script, 0o444)
            os.fchmod(output, 0o666)
            self._process = subprocess.Popen(
                [*under, "bash", "--norc", "-i", f"/dev/fd/{script}"],
                stdin=terminal,
                stdout=output,
                stderr=output,
                pass_fds=[script],
                env=dict(env),
                cwd=cwd,
                start_new_session=True,  # Ctrl-C at the author's terminal is not the page's
            )
        self._wakes.callback(self._process.terminate)
        self._remains.callback(self._process.wait, _START)
        over = os.pidfd_open(self._process.pid)
        self._remains.callback(os.close, over)
        self._poll = select.poll()
        for fd in (self._output, self._terminal, over):
            self._poll.register(fd, select.POLLIN)
        self._over = over
        capture = Capture()
        report = self._converse(_SETUP.format(script=script), capture, time.monotonic() + _START)
        if report is None or self._gone:
            raise ClusterError(
                f"the page's shell does not start: {capture.text().strip() or 'it says nothing'}"
            )
        self._group = os.tcgetpgrp(self._terminal)  # bash has the foreground while no command does
        keeper = os.pidfd_open(psutil.Process(self._group).ppid())
        self._remains.callback(os.close, keeper)
        self._remains.callback(_await_end, keeper)

    def _converse(
        self,
        source: str,
        capture: Listener,
        deadline: float,
        seen: Sink | None = None,
        where: str = "",
        *,
        breakable: bool = False,
    ) -> _Report | None:
        """Have `source` run, and stop it once its output matches; give nothing if that takes too long."""
        token = secrets.token_hex(8)
        if breakable:  # a loop can be broken off, be it with several commands inside
            source = f"for _ in _; do\n{source}\n\ndone"
        script = _script(source, token, self._last.exit, where)
        with self._busy:
            self._require()
            if where:  # a command that was killed may have left it raw
                modes = self._quiet if where == _ASIDE else self._modes
                termios.tcsetattr(self._terminal, termios.TCSANOW, modes)
            with suppress(BrokenPipeError):  # bash is gone: its keeper's end tells
                os.write(self._script, script.encode(errors="surrogateescape"))
            report = self._listen(token, capture, deadline, seen)
            if report is None:
                capture.end()
            if report is None and capture.matched:
                report = self._stop(token, capture, seen)
            return report

    def _stop(self, token: str, capture: Listener, seen: Sink | None) -> _Report | None:
        """Do what Ctrl-C does, then worse, until bash reports; give nothing if even SIGKILL does not help."""
        for number, seconds in _STOP:
            end = time.monotonic() + seconds
            self._tell_own(number)
            told = {self._group, 0}
            while time.monotonic() < end:
                front = os.tcgetpgrp(self._terminal)
                if front not in told:  # bash may have been about to start it when it was told itself
                    told.add(front)
                    _tell(front, number)
                if report := self._listen(token, capture, time.monotonic() + _GLANCE, seen):
                    return report
        return None

    def _tell_own(self, number: signal.Signals) -> None:
        """Tell bash's own group: loops, and a ``$(…)``, which has no group of its own.

        Ctrl-C goes to bash too, every time: a ``$(…)`` that just forks loses the one that comes before it has
        become what it runs, and bash then waits for it. Worse is for what bash waits for alone.
        """
        if number == signal.SIGINT:
            _tell(self._group, number)
            return
        with suppress(psutil.NoSuchProcess):  # bash ended
            for child in psutil.Process(self._group).children(recursive=True):
                with suppress(ProcessLookupError, psutil.NoSuchProcess):
                    if os.getpgid(child.pid) == self._group:
                        child.send_signal(number)

    def _listen(self, token: str, capture: Listener, deadline: float, seen: Sink | None) -> _Report | None:
        """Take what comes until bash reports, or the output matches, or it is too late."""
        matched = capture.matched
        while capture.matched == matched and (left := deadline - time.monotonic()) > 0:
            ready = {fd for fd, _ in self._poll.poll(left * 1000)}
            if self._output in ready:
                capture.feed(os.read(self._output, _CHUNK))
            if self._terminal in ready and (report := self._hear(token, seen)):
                # What the command wrote before it ended is in the pipe by now, and no more of it will come.
                if size := _pending(self._output):
                    capture.feed(os.read(self._output, size))
                return report
            if self._over in ready:
                return self._bury(capture, seen)
            if self._keyboard is not None and self._keyboard in ready:
                self._type(self._keyboard)
        return None

    def _type(self, keyboard: int) -> None:
        """Hand the terminal what the guest typed."""
        typed = os.read(keyboard, _CHUNK)
        if not typed:
            raise EOFError
        os.write(self._terminal, typed)

    def _hear(self, token: str, seen: Sink | None) -> _Report | None:
        """Take what came over the terminal: what is to be seen, or noise, then a report."""
        with suppress(OSError):  # EIO: no one is at the other end any more
            self._heard += os.read(self._terminal, _CHUNK)
        report = re.search(rf"(?:\x01{token} (\d+))?\x02{token} (\d+) (\d*)\r?\n".encode(), self._heard)
        # Where there is no whole report, the beginning of one may have come.
        mark = report or re.search(rb"[\x01\x02][^\n]{0,60}\Z", self._heard)
        if seen:
            seen(self._heard[: mark.start()] if mark else self._heard)
        self._heard = self._heard[mark.start() if mark and not report else len(self._heard) :]
        return _Report(int(report[1] or report[2]), report[3].decode()) if report else None

    def _bury(self, capture: Listener, seen: Sink | None) -> _Report:
        """Take what is left once bash is no more."""
        if seen:
            for data in _drain(self._terminal):
                seen(data)
        for data in _drain(self._output):
            capture.feed(data)
        code = self._process.wait()
        return _Report(code if code >= 0 else 128 - code, "")


_TRACE: Final = re.compile(
    r"""^\S*\ builtin\ eval\ '(?:.*\n)*?.*'\\1%s\ %s'.*\n | ^\S*\ builtin\ printf\ '\\1%s\ %s'\ .*\n""",
    re.MULTILINE | re.VERBOSE,
)

_SETUP: Final = r"""
exec </dev/null {script}<&-
BASH_ARGV0=bash
set +H +o history
trap '{{ \exec </dev/null; \builtin break 99; }} 2>/dev/null' INT
""".strip()
"""What makes this bash a page's: no input, the name that it has at a reader's, and Ctrl-C that ends loops.

It ends what `read` waits for, too: a trap alone would let it wait on. Where Ctrl-C is not trapped, a bash
that reads a script ends at it instead of going on with the next command.
"""


def _script(source: str, token: str, status: int, where: str) -> str:
    r"""Give the script that runs `source`, redirected `where`, and reports its end, twice.

    The first report, inside ``eval``, is what ``set -e`` lets pass after ``false && true``; the second comes
    also when bash cannot parse the source, or drops it at Ctrl-C. All is spelt so that no alias of the page
    comes in between, nor a function unless it is called `builtin`.
    """
    inner = rf"""{source}

\builtin printf '\1%s %s' {token} "$?" >/dev/tty"""
    quoted = "'" + inner.replace("'", r"'\''") + "'"
    # What `$?` was, without the process that `(exit 3)` would be, and without it counting as a failure.
    restore = rf"{{ \builtin . /dev/stdin <<<'\builtin return {status}' && \builtin :; }} 2>/dev/null"
    # Jobs that `jobs` has told about, as a prompt would, are forgotten when it is asked again.
    return rf"""{restore}
\builtin eval {quoted}{where}

{{
\builtin printf '\2%s %s %s\n' {token} "$?" "${{!-}}" >/dev/tty
\builtin jobs
\builtin jobs
}} >/dev/null 2>&1
"""


def _untraced(output: str) -> str:
    """Leave out what ``set -x`` shows of the script around a command."""
    return _TRACE.sub("", output) if "builtin" in output else output


def _title(source: str) -> str:
    """Give the first line of `source`."""
    first, more, _ = source.partition("\n")
    return f"{first} …" if more else first


def _late(source: str, timeout: float, capture: Capture) -> str:
    if capture.matched:
        return f"`{_title(source)}` matched until=, and then could not be stopped, not even with SIGKILL"
    if capture.until:
        return (
            f"`{_title(source)}` ran for {timeout:g} s and no line of its output matched "
            f'until="{capture.until.pattern}": mend the pattern, or give timeout= more'
        )
    return (
        f"`{_title(source)}` did not end within {timeout:g} s: give timeout= more, "
        'or until="…" if it is not meant to end'
    )


def _tell(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _pending(fd: int) -> int:
    """Count the bytes that can be read at once."""
    count: int = struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))[0]
    return count


def _await_end(process: int) -> None:
    """Wait until a process, given by a descriptor, and all its children in a box are no more."""
    poll = select.poll()
    poll.register(process, select.POLLIN)
    if not poll.poll(_START * 1000):
        raise TimeoutError(f"a page's shell did not end within {_START:g} s of being killed")


def _drain(fd: int) -> Iterator[bytes]:
    """Give what comes until the last writer is gone, which the end of the shell's keeper brings about."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    with suppress(OSError):  # a terminal ends with an error, EIO
        while poll.poll(_START * 1000) and (data := os.read(fd, _CHUNK)):
            yield data
