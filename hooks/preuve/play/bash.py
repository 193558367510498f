r"""Where a page's commands run: one bash for the page, driven from outside.

Bash reads its script from a pipe, which bash itself keeps from its children, and says how each command ended
on its controlling terminal, a pseudo-terminal that preuve holds. What a command writes goes another way, so
nothing that it prints can pass for its end. The terminal also gives job control: each command has a process
group, the group in the foreground can be asked for, and Ctrl-C stops that and no more. When preuve closes the
terminal, or dies, the kernel hangs up on the session, and the box around bash (`preuve.cluster.box`) ends
what is left.
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
import termios
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from posixpath import dirname
from shlex import quote
from threading import RLock
from typing import TYPE_CHECKING, Final, Self

import psutil

from preuve.errors import ClusterError, CommandError
from preuve.play import dialogue, processes
from preuve.play.capture import LONGEST, Capture
from preuve.play.dialogue import CommandReport
from preuve.play.shell import NOTHING, Result, ShellEndedError, TimedOutError, UnmatchedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from preuve.play.guest import Visitor
    from preuve.play.shell import Background, Listener

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

_NUMBERS: Final = re.compile(r"&|\bjobs\b")
"""What a command has in it that gives a job a number, or tells its."""

_SIGNALS: Final = (termios.VINTR, termios.VQUIT, termios.VSUSP)
"""The keys that send a signal, where they are not taken for letters."""

Sink = Callable[[bytes], object]
"""Takes what was written."""


class _Backlog:
    """What a job writes while nobody listens; of more than `LONGEST` bytes, the last."""

    until: re.Pattern[str] | None = None
    matched = False

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        self._data += data
        del self._data[:-LONGEST]

    def end(self) -> None:
        pass

    def take(self) -> bytes:
        data, self._data = bytes(self._data), bytearray()
        return data


class Bash:
    """One bash for a page.

    Args:
        env: the whole environment of its commands; nothing is inherited.
        under: the program that is given bash as its last arguments, and ends all that came from bash when
            bash ends or the terminal hangs up: `preuve.cluster.box.Box.argv`.

    Raises:
        ClusterError: it did not start.
    """

    def __init__(self, env: Mapping[str, str], under: Sequence[str]) -> None:
        self.ended: str | None = None
        """The command that ended the shell, if one did."""
        self._last = CommandReport(0, "")
        self._line = 0  # of what was typed
        self._unrecorded = ""
        self._heard = b""
        self._guest: Visitor | None = None  # who hears all jobs, as at a terminal
        self._keyboard: int | None = None
        # By the pipe that a command had whose jobs go on; what a server says has no listener.
        self._aside: dict[int, _Backlog | None] = {}
        self._awaited: Capture | None = None  # who is told instead of these
        self._busy = RLock()  # held while bash is spoken with, when the kernel would not hang up
        self._wakes = ExitStack()  # what ends that from another thread
        self._lines = ExitStack()  # to bash and from it; closing them ends it
        self._remains = ExitStack()  # what is done and closed after that
        try:
            self._start(env, under)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self,
        source: str,
        *,
        timeout: float = 60.0,
        until: re.Pattern[str] | None = None,
        tty: bool = False,
        background: Background = NOTHING,
    ) -> Result:
        """Run `source`, which sees what the commands before it left: variables, directory, functions, jobs.

        Args:
            source: one complete command, of one or more lines.
            timeout: seconds after which everything is killed.
            until: stop the command after the first line of output that matches, and drop the rest.
            tty: give it a terminal, of 80 columns and 24 lines, at which nobody types.
            background: what is known of its jobs. What a job prints once its command is over is no other
                command's, but of the one that waits for it.

        Raises:
            TimedOutError: it did not end, or did not match, in time. The shell is closed.
            UnmatchedError: it ended without a line that matches `until`.
            ShellEndedError: a command before it ended the shell.
        """
        self._require()
        capture = Capture(until, partial(dialogue.veiled, line=self._line + 1))
        backlog, job = _Backlog(), self._last.job
        started = time.monotonic()
        before = self._processes() if background.ports else set()
        aside = background.alone and not (background.ports or until or tty)
        if background.awaited:
            self._hear_backlogs(capture)
        seen = capture.feed if tty else None
        where = _TERMINAL if tty else ""
        listener = backlog if aside else capture
        end, numbers = started + timeout, bool(_NUMBERS.search(source))
        breakable = until is not None
        report = self._converse(
            source, listener, end, seen, where, typed=True, breakable=breakable, forgets=numbers
        )
        if report and until and not capture.end() and report.job != self._last.job and not self._gone:
            # The prompt is back, and what should match runs in the background: listen while it lives.
            self._last = report
            report = self._converse(f"\\builtin wait {report.job} || \\builtin :", capture, started + timeout)
        if background.awaited:  # what a job wrote before it ended is in its pipe by now
            self._hear_jobs({fd for fd in self._aside if processes.pending(fd)})
            self._awaited = None
        if report and background.ports and not (until or self._gone):
            in_time = self._attend(background.ports, before, capture, started + timeout)
            report = report if in_time else None
        started_one = report and report.job != job and not self._gone
        if not (started_one and self._set_aside(backlog, server=bool(background.ports))):
            capture.feed(backlog.take())
        capture.end()
        seconds = time.monotonic() - started
        if report is None:
            self.ended = source
            self.close()
            raise TimedOutError(_late(source, timeout, capture, background), capture.text())
        self._last = report
        if self._gone:
            self.ended = source
        output = capture.text()
        if not (report.whole or until):
            output = dialogue.MISTAKE.sub(lambda told: "" if told[1] else "bash: ", output)
        result = Result(output, report.exit, seconds, matched=capture.matched)
        if until and not capture.matched:
            raise UnmatchedError(
                f"`{_title(source)}` ended by itself (exit code {report.exit}), and no line of its output "
                f'matched until="{until.pattern}": mend the pattern, or leave until= out',
                result,
            )
        return result

    def lend(self, source: str, guest: Visitor, *, aside: bool = False) -> int:
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
        self._guest, self._keyboard = guest, guest.keyboard
        self._poll.register(guest.keyboard, select.POLLIN)
        try:
            where = _ASIDE if aside else _TERMINAL
            end = time.monotonic() + _VISIT
            typed = not aside
            report = self._converse(
                source, guest, end, guest.see, where, typed=typed, breakable=typed, forgets=True
            )
        finally:
            self._poll.unregister(guest.keyboard)
            self._guest = self._keyboard = None
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

    def remove(self, path: str) -> None:
        """Remove a file or a folder, which need not be there, as the user of the commands."""
        self._require()
        self._converse(f"\\command rm -rf {quote(path)}", Capture(), time.monotonic() + _START)

    def close(self) -> None:
        """End the shell and every process that came from it, from any thread. Again, it does nothing."""
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

    def _start(self, env: Mapping[str, str], under: Sequence[str]) -> None:
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
                [*under, "bash", "--norc", "-i", f"{dialogue.SOURCE}{script}"],
                stdin=terminal,
                stdout=output,
                stderr=output,
                pass_fds=[script],
                env=dict(env),
                start_new_session=True,  # Ctrl-C at the author's terminal is not the page's
            )
        self._wakes.callback(self._process.terminate)
        self._remains.callback(_await_box, self._process)
        over = os.pidfd_open(self._process.pid)
        self._remains.callback(os.close, over)
        self._poll = select.poll()
        for fd in (self._output, self._terminal, over):
            self._poll.register(fd, select.POLLIN)
        self._over = over
        capture = Capture()
        report = self._converse(dialogue.SETUP.format(script=script), capture, time.monotonic() + _START)
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
        typed: bool = False,
        breakable: bool = False,
        forgets: bool = False,
    ) -> CommandReport | None:
        """Have `source` run, and stop it once its output matches; give nothing if that takes too long."""
        token = secrets.token_hex(8)
        line, history = self._line + 1, ""
        if typed:
            self._line += source.count("\n") + 1
            history, self._unrecorded = self._unrecorded, dialogue.recorded(source)
            if not source.startswith("fc"):  # which is no part of the history that it sees
                history, self._unrecorded = history + self._unrecorded, ""
        if breakable:  # a loop can be broken off, be it with several commands inside
            source = f"for _ in _; do\n{source}\n\ndone"
        script = (
            (dialogue.FORGET if forgets else "")
            + history
            + dialogue.script(source, token, self._last, line, where)
        )
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

    def _stop(self, token: str, capture: Listener, seen: Sink | None) -> CommandReport | None:
        """Do what Ctrl-C does, then worse, until bash reports; give nothing if even SIGKILL does not help."""
        for number, seconds in _STOP:
            end = time.monotonic() + seconds
            self._tell_own(number)
            signalled = {self._group, 0}
            while time.monotonic() < end:
                front = os.tcgetpgrp(self._terminal)
                if front not in signalled:  # bash may have been about to start it when it was told itself
                    signalled.add(front)
                    processes.tell(front, number)
                if report := self._listen(token, capture, time.monotonic() + _GLANCE, seen):
                    return report
        return None

    def _tell_own(self, number: signal.Signals) -> None:
        """Tell bash's own group: loops, and a ``$(…)``, which has no group of its own.

        Ctrl-C goes to bash too, every time: a ``$(…)`` that just forks loses the one that comes before it has
        become what it runs, and bash then waits for it. Worse is for what bash waits for alone.
        """
        if number == signal.SIGINT:
            processes.tell(self._group, number)
            return
        with suppress(psutil.NoSuchProcess):  # bash ended
            for child in psutil.Process(self._group).children(recursive=True):
                with suppress(ProcessLookupError, psutil.NoSuchProcess):
                    if os.getpgid(child.pid) == self._group:
                        child.send_signal(number)

    def _listen(
        self, token: str, capture: Listener, deadline: float, seen: Sink | None
    ) -> CommandReport | None:
        """Take what comes until bash reports, or the output matches, or it is too late."""
        matched = capture.matched
        while capture.matched == matched and (left := deadline - time.monotonic()) > 0:
            ready = {fd for fd, _ in self._poll.poll(left * 1000)}
            self._hear_jobs(ready & self._aside.keys())
            if self._output in ready:
                capture.feed(os.read(self._output, _CHUNK))
            if self._terminal in ready and (report := self._hear(token, seen)):
                # What the command wrote before it ended is in the pipe by now, and no more of it will come.
                if size := processes.pending(self._output):
                    capture.feed(os.read(self._output, size))
                return report
            if self._over in ready:
                return self._bury(capture, seen)
            if self._keyboard is not None and self._keyboard in ready:
                self._type(self._keyboard)
        return None

    def _hear_jobs(self, pipes: Collection[int]) -> None:
        """Take what jobs wrote, whose commands are over."""
        for fd in pipes:
            data = os.read(fd, _CHUNK)
            backlog = self._aside[fd]
            if listener := self._guest or (backlog and (self._awaited or backlog)):
                listener.feed(data)
            if not data:
                self._poll.unregister(fd)

    def _hear_backlogs(self, capture: Capture) -> None:
        """Take what jobs have written, and from now on what they write."""
        self._awaited = capture
        for backlog in filter(None, self._aside.values()):
            capture.feed(backlog.take())

    def _processes(self) -> set[psutil.Process]:
        """Give all that came from bash and runs, what was left to bash's keeper too."""
        try:
            keeper = psutil.Process(self._group).ppid()
            return set(psutil.Process(keeper).children(recursive=True))
        except psutil.NoSuchProcess:  # bash ended
            return set()

    def _attend(self, ports: int, before: set[psutil.Process], capture: Capture, deadline: float) -> bool:
        """Listen to new jobs until they listen themselves, and have said so, or have ended; tell if in time.

        A server says that it listens right after it does, and then waits: it is at rest once it has said so.
        """
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        while time.monotonic() < deadline:
            jobs = self._processes() - before
            servers = {job: found for job in jobs if (found := processes.listens(job.pid))}
            there = len(set().union(*servers.values())) >= ports and all(
                processes.rests(job.pid) for job in servers
            )
            if size := processes.pending(self._output):
                capture.feed(os.read(self._output, size))
            if there or not jobs:
                return True
            poll.poll(_GLANCE * 1000)
        return False

    def _set_aside(self, backlog: _Backlog, *, server: bool) -> bool:
        """Give bash another pipe to write to: the one that its jobs have is read on, and shown to nobody.

        Tell whether it took it: the page may have closed /tmp to itself, or a job have killed it.
        """
        mine = Path(f"/proc/{self._group}")
        end = time.monotonic() + _START
        while (
            not processes.rests(self._group) and time.monotonic() < end
        ):  # it reports a little before it is done
            time.sleep(0.001)
        name = f"/tmp/.preuve-{secrets.token_hex(8)}"  # noqa: S108 - the box's
        outside = Path(f"{mine}/root{name}")
        try:
            output = os.fstat(self._output)
            found = {int(fd.name): fd.stat() for fd in (mine / "fd").iterdir()}
            os.mkfifo(outside)
            outside.chmod(0o666)  # bash may be another user
            pipe = os.open(outside, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return False
        self._lines.callback(os.close, pipe)
        moved = [fd for fd, file in found.items() if os.path.samestat(file, output)]
        source = " ".join([f"[[ -w {name} ]] && \\exec", *(f"{fd}>{name}" for fd in moved)])
        try:
            report = self._converse(source, backlog, time.monotonic() + _START)
        finally:
            with suppress(OSError):  # as above, by now
                outside.unlink()
        if not report or report.exit or self._gone:
            return False
        self._poll.register(pipe, select.POLLIN)
        self._aside[self._output] = None if server else backlog
        self._output = pipe
        return True

    def _type(self, keyboard: int) -> None:
        """Hand the terminal what the guest typed."""
        typed = os.read(keyboard, _CHUNK)
        if not typed:
            raise EOFError
        os.write(self._terminal, typed)

    def _hear(self, token: str, seen: Sink | None) -> CommandReport | None:
        """Take what came over the terminal: what is to be seen, or noise, then a report."""
        with suppress(OSError):  # EIO: no one is at the other end any more
            self._heard += os.read(self._terminal, _CHUNK)
        form = dialogue.REPORT.replace("TOKEN", token).encode()
        report = re.search(form, self._heard, re.DOTALL)
        # Where there is no whole report, the beginning of one may have come.
        begun = rf"[\x01\x02](?:{token}.*|[0-9a-f]{{0,15}}\Z)".encode()
        mark = report or re.search(begun, self._heard, re.DOTALL)
        if seen:
            seen(self._heard[: mark.start()] if mark else self._heard)
        self._heard = self._heard[mark.start() if mark and not report else len(self._heard) :]
        if not report:
            return None
        code, argument, last, job, flags, traps = (
            (part or b"").decode(errors="surrogateescape").replace("\r\n", "\n") for part in report.groups()
        )
        return CommandReport(
            int(code or last), job, argument or self._last.argument, flags, traps, bool(code)
        )

    def _bury(self, capture: Listener, seen: Sink | None) -> CommandReport:
        """Take what is left once bash is no more."""
        if seen:
            for data in _drain(self._terminal):
                seen(data)
        for data in _drain(self._output):
            capture.feed(data)
        code = self._process.wait()
        return CommandReport(code if code >= 0 else 128 - code, "")


_LASTS = f"a page's shell did not end within {_START:g} s of being killed: what it started keeps the machine"


def _title(source: str) -> str:
    """Give the first line of `source`."""
    first, more, _ = source.partition("\n")
    return f"{first} …" if more else first


def _late(source: str, timeout: float, capture: Capture, background: Background) -> str:
    if capture.matched:
        return f"`{_title(source)}` matched until=, and then could not be stopped, not even with SIGKILL"
    if capture.until:
        return (
            f"`{_title(source)}` ran for {timeout:g} s and no line of its output matched "
            f'until="{capture.until.pattern}": mend the pattern, or give timeout= more'
        )
    if background.ports:
        return (
            f"`{_title(source)}` did not listen on its {background.ports} ports within "
            f"{timeout:g} s: see what keeps it, or give timeout= more"
        )
    return (
        f"`{_title(source)}` did not end within {timeout:g} s: give timeout= more, "
        'or until="…" if it is not meant to end'
    )


def _await_box(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_START)
    except subprocess.TimeoutExpired:
        raise ClusterError(_LASTS) from None


def _await_end(process: int) -> None:
    """Wait until a process, given by a descriptor, and all its children in a box are no more."""
    poll = select.poll()
    poll.register(process, select.POLLIN)
    if not poll.poll(_START * 1000):
        raise ClusterError(_LASTS)


def _drain(fd: int) -> Iterator[bytes]:
    """Give what comes until the last writer is gone, which the end of the shell's keeper brings about."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    with suppress(OSError):  # a terminal ends with an error, EIO
        while poll.poll(_START * 1000) and (data := os.read(fd, _CHUNK)):
            yield data
