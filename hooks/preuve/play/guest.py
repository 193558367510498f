"""A prompt: somebody at preuve's own terminal works in a page's shell, which is left as it is.

The line editor is bash's own, ``read -e``, in a process beside the page's bash, so that typing touches none
of its state; what was typed runs in the page's bash as a command of the page does, at its terminal. Preuve's
terminal hands on every key, as ssh does.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import sys
import termios
import tty
from contextlib import contextmanager, suppress
from shlex import join, quote
from typing import TYPE_CHECKING, Final

from preuve.errors import CommandError, ConfigError
from preuve.page.syntax import finished

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from preuve.play.bash import Bash

_PAST: Final = 500
"""Commands that the arrow keys go back to."""

_NOTHING: Final = re.compile(rb"(?!)")
_BROKEN_OFF: Final = (b"^C", b"^Z", b"^\\")
"""What a terminal shows of these keys; bash begins a new line after them, but not where it reads a script."""

_READER: Final = r"""
{
    bind 'set enable-bracketed-paste off'
    bind '"\C-c": "\C-e\C-v\C-c\C-m"'
} 2>/dev/null
token=$1 prompt=$2
shift 2
for past; do history -s -- "$past"; done
if IFS= read -rep "$prompt" line; then
    printf '\1%s:%s\1' "$token" "$line"
else
    printf '\1%s\1' "$token"
fi
""".strip()
"""Says what was typed, or that nothing more will be. Ctrl-C is a key like others: it ends the line."""


class Visitor:
    """Whoever sits at preuve's terminal, and is lent a page's shell.

    Args:
        keyboard: a descriptor, from which comes what they type.
        screen: another one, for what they see.
    """

    until: re.Pattern[str] | None = None
    matched = False

    def __init__(self, keyboard: int, screen: int) -> None:
        self.keyboard = keyboard
        self._screen = screen
        self._answer = _NOTHING
        self._held = b""
        self.line: str | None = None
        """What was typed last."""
        self.interrupted = False
        """The last that was shown is the key that broke off a command, and the line goes on."""

    def see(self, data: bytes) -> None:
        """Show what came over the page's terminal, to the letter."""
        self.interrupted = data.endswith(_BROKEN_OFF) if data else self.interrupted
        while data:
            data = data[os.write(self._screen, data) :]

    def feed(self, data: bytes) -> None:
        """Show what jobs write, as a terminal would; keep what was typed."""
        self._held += data
        if answer := self._answer.search(self._held):
            self.line = None if answer[1] is None else answer[1].decode(errors="surrogateescape")
            self._held = self._held[: answer.start()] + self._held[answer.end() :]
        shown, mark, held = self._held.partition(b"\1")
        self.see(shown.replace(b"\n", b"\r\n"))
        self._held = mark + held

    def end(self) -> None:
        """Show what is left."""
        self.see(self._held.replace(b"\n", b"\r\n"))
        self._held = b""

    def ask(self, bash: Bash, prompt: str, past: Sequence[str]) -> str | None:
        """Have a line typed at the page's terminal; give none if they leave.

        Raises:
            CommandError: nothing can be typed there.
        """
        token = secrets.token_hex(8)
        self._answer = re.compile(rb"\x01%s(?::([^\x01]*))?\x01" % token.encode())
        self.line = None
        argv = ["/usr/bin/env", f"TERM={_term()}", "/bin/bash", "-p", "-c", _READER, "prompt", token, prompt]
        # In a subshell, so that the page's options and names do not count, and `set -e` lets it pass.
        source = f"(\\builtin exec {join([*argv, *past[-_PAST:]])}) && \\builtin :"
        code = bash.lend(source, self, aside=True)
        self._answer = _NOTHING
        self.end()
        if code:
            raise CommandError("nothing can be typed in the page's shell: its line editor does not run")
        return self.line


def visitor() -> Visitor:
    """Whoever sits at preuve's terminal.

    Raises:
        ConfigError: there is none.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "there is nobody to type: standard input and output are no terminal; run this in one, "
            "or run the page alone with `preuve play`, or get its commands with `preuve script`"
        )
    return Visitor(sys.stdin.fileno(), sys.stdout.fileno())


def attend(bash: Bash, guest: Visitor, prompt: str) -> None:
    """Let somebody work in a page's shell until they leave it.

    Args:
        bash: the page's.
        guest: who; their terminal is raw meanwhile.
        prompt: what it shows before what they type.

    Raises:
        ShellEndedError: a command of the page ended the shell.
        CommandError: nothing can be typed there.
    """
    past: list[str] = []
    kind = f"{{ \\builtin export TERM={quote(_term())} && \\builtin :; }} 2>/dev/null"
    bash.lend(kind, guest, aside=True)
    with _raw(guest.keyboard), _sized_like(guest.keyboard, bash):
        try:
            while bash.ended is None and (source := _source(bash, guest, prompt, past)) is not None:
                if source.strip():
                    past.append(source)
                    bash.lend(source, guest)
                    guest.see(b"\r\n" if guest.interrupted else b"")
        except EOFError:  # the window was closed
            return
        if bash.ended is None:
            guest.see(b"exit\r\n")


def _source(bash: Bash, guest: Visitor, prompt: str, past: Sequence[str]) -> str | None:
    """Have a command typed, of one or more lines; empty after Ctrl-C, none when the guest leaves."""
    lines: list[str] = []
    while not lines or not finished("\n".join(lines)):
        line = guest.ask(bash, "> " if lines else f"{prompt} $ ", past)
        if line is None or line.endswith("\x03"):
            return None if line is None and not lines else ""
        lines.append(line)
    return "\n".join(lines)


def _term() -> str:
    return os.environ.get("TERM", "dumb")


@contextmanager
def _raw(keyboard: int) -> Iterator[None]:
    """Have a terminal hand on every key at once during the block."""
    before = termios.tcgetattr(keyboard)
    tty.setraw(keyboard, termios.TCSADRAIN)  # what is typed already is not lost
    try:
        yield
    finally:
        with suppress(termios.error):  # the window was closed
            termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


@contextmanager
def _sized_like(keyboard: int, bash: Bash) -> Iterator[None]:
    """Have the page's terminal follow the size of another during the block."""

    def follow(*_: object) -> None:
        bash.resize(*os.get_terminal_size(keyboard))

    follow()
    before = signal.signal(signal.SIGWINCH, follow)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
