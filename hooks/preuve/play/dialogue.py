r"""What preuve and a page's bash say to each other: the script around a command, and the reports of its end.

Pure text; `preuve.play.bash` sends the one and hears the other. Nothing of it is for a reader, so what bash
itself tells of it is left out of what a command printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from shlex import quote
from typing import Final


@dataclass(frozen=True, slots=True)
class CommandReport:
    """What bash says once a command has ended."""

    exit: int
    job: str
    """The process id of the last job put in the background; empty if there was none."""
    argument: str = "''"
    """What `$_` is, quoted."""
    flags: str = ""
    """What `$-` is."""
    traps: str = ""
    """What sets again the traps that would see the script around a command."""
    whole: bool = False
    """Bash could read the command, and came to its end."""


SOURCE: Final = "/dev/fd//./"
"""Where bash finds its script. So spelt, it is nothing that a page would show."""

BREAK: Final = r"{ \exec </dev/null; \builtin break 99; } 2>/dev/null"

SETUP: Final = rf"""
exec </dev/null {{script}}<&-
BASH_ARGV0=bash
set +H +o history
unset LINENO
trap '{BREAK.replace("{", "{{").replace("}", "}}")}' INT
history -c
""".strip()
"""What makes this bash a page's: no input, the name that it has at a reader's, and Ctrl-C that ends loops.

It ends what `read` waits for, too: a trap alone would let it wait on. Where Ctrl-C is not trapped, a bash
that reads a script ends at it instead of going on with the next command.
"""

FIRST: Final = r"""
{ \builtin printf '\1%s %s %q\4' TOKEN "$?" "$_" >/dev/tty; } >/dev/null 2>&1
"""
"""The first report of a command's end."""

SECOND: Final = r"""
{
\builtin printf '\2%s %s %s %s\4' TOKEN "$?" "${!-}" "$-" >/dev/tty
\builtin trap -p DEBUG RETURN >/dev/tty
\builtin trap - DEBUG RETURN
\builtin printf '\3%s\4' TOKEN >/dev/tty
\builtin set +vx
\builtin :
\builtin :
} >/dev/null 2>&1
"""
"""The second. What would show the script around a command is taken back until the next one begins.

Its last two lines do nothing. In a script shorter by them, bash 5.2.15 (Debian 12) finds its heap damaged
after ``echo $(a``, and ends: it writes past the end of what it reads where a parenthesis is left open."""

FORGET: Final = r"""
{
\builtin jobs
\builtin jobs
} >/dev/null 2>&1
"""
"""Forget jobs that have ended: those that `jobs` has told about, as a prompt would, when it is asked again.

It is done where it can be seen, before a command that numbers jobs or lists them. Else ``wait %1`` would find
its job or not by chance."""


REPORT: Final = (
    r"(?:\x01TOKEN (\d+) (.*?)\x04[^\x02]*)?\x02TOKEN (\d+) (\d*) (\w*)\x04.*?(trap -- .*?)?\x03TOKEN\x04"
)
"""Both, as they are heard. Between their parts may stand what somebody types ahead: a terminal puts it before
an end of line too, so none is in a part."""


def script(source: str, token: str, last: CommandReport, line: int, where: str) -> str:
    r"""Give the script that runs `source`, redirected `where`, and reports its end, twice.

    The first report, inside ``eval``, is what ``set -e`` lets pass after ``false && true``; the second comes
    also when bash cannot parse the source, or drops it at Ctrl-C. All is spelt so that no alias of the page
    comes in between, nor a function unless it is called `builtin`.

    Args:
        source: what is typed.
        token: tells the reports from all else.
        last: what the command before it left.
        line: its number among those typed.
        where: redirections.
    """
    # What `$?` was, without the process that `(exit 3)` would be, and without it counting as a failure.
    # The trace's prefix gets a mark, by which `veiled` knows it.
    left = "\n".join(
        [
            r"PS4=$'\1'${PS4-}; PS4=$'\1'${PS4##*$'\1'}",
            *(rf"\builtin set -{flag}" for flag in "vx" if flag in last.flags),
            rf"{last.traps}\builtin return {last.exit}",
        ]
    )
    argument = last.argument
    restore = (
        rf"LINENO={line}; {{ \builtin . /dev/stdin {argument} <<<{quote(left)} && \builtin : {argument}; }} "
    )
    inner = f"{restore}>/dev/null 2>&1\n{source}\n{FIRST.replace('TOKEN', token)}"
    return rf"\builtin eval {quote(inner)}{where}" + "\n" + SECOND.replace("TOKEN", token)


def recorded(source: str) -> str:
    """Give the script that adds a command to the history."""
    return f"{{ \\builtin history -s -- {quote(source)}; }} >/dev/null 2>&1\n"


def _echoed(script: str) -> str:
    """A pattern for what ``set -v`` shows of a script."""
    return re.escape(script).replace("TOKEN", "[0-9a-f]{16}").replace("\\\n", "\r?\n")


_ECHO: Final = re.compile(f"{_echoed(FIRST)}|{_echoed(SECOND)}")
_TRACE: Final = re.compile("^\x01(\x01*)([^\x01])", re.MULTILINE)
_CALLER: Final = re.compile(rf"^\d+( (?:\S+ )?){re.escape(SOURCE)}\d+", re.MULTILINE)
_PATH: Final = re.compile(rf"{re.escape(SOURCE)}\d+")
MISTAKE: Final = re.compile(r"^bash: eval: line \d+: (`.*'\n)?", re.MULTILINE)
"""How `eval` tells what bash cannot read; a prompt tells neither where it stands, nor the line again."""
_TRAP: Final = f"trap -- '{BREAK}' SIGINT"


def veiled(text: str, line: int) -> str:
    """Leave out what bash tells of the script around a command, as it tells a person nothing of it.

    ``set -v`` shows its lines; ``set -x`` has a level more, for ``eval``; its name stands where a prompt has
    none, for which `caller` says ``NULL``, and a line of it; and Ctrl-C is trapped.

    Args:
        text: what was written.
        line: the number of the command among the lines typed.
    """
    if "\x01" in text:
        text = _TRACE.sub(lambda mark: mark[2] * max(1, len(mark[1])), text)
    if "builtin" in text:
        text = _ECHO.sub("", text)
        text = re.sub(rf"{re.escape(_TRAP)}\r?\n", "", text)
    if SOURCE in text:
        text = _PATH.sub("", _CALLER.sub(rf"{line}\g<1>NULL", text))
    return text
