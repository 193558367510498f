"""The commands of a console fence: each begins at a prompt, and ends where bash takes it for finished."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from preuve.errors import PageError, Where
from preuve.page.syntax import UnreadableError, first

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no line holds: a terminal shows none of it, and Markdown has some for its own use."""

PROMPT = "$ "
MARK = "> "
"""What bash prints before a line that goes on (its ``PS2``)."""


def commands(body: str) -> tuple[tuple[int, str], ...]:
    r"""Find the commands of a console fence, in order; its other lines are output.

    A command begins with ``$ `` and goes on while bash would. When all its further lines carry ``> ``, as a
    terminal shows them, the mark is not part of it; else they are taken as they are.

    Returns:
        For each command, its line of the body, from 0, and its source.

    Raises:
        PageError: a command is not finished; its place is the body's line, from 0, of what is still open.

    >>> commands("$ echo \\\n> one\none\n$ cat <<EOF\n$ two\nEOF\n$ two")
    ((0, 'echo \\\none'), (3, 'cat <<EOF\n$ two\nEOF'), (6, 'two'))
    """
    lines = body.split("\n")
    found = []
    number = 0
    while number < len(lines):
        typed = lines[number].removeprefix(PROMPT)
        if typed == lines[number] or not typed.strip():
            number += 1
            continue
        source = _command(typed, lines[number + 1 :], number)
        found.append((number, source))
        number += source.count("\n") + 1
    return tuple(found)


def _command(typed: str, more: Sequence[str], number: int) -> str:
    marked = takewhile(lambda line: line.startswith(MARK) or line == MARK.rstrip(), more)
    unreadable = []
    for lines in ([line[len(MARK) :] for line in marked], more):
        try:
            return first("\n".join([typed, *lines]))
        except UnreadableError as error:
            unreadable.append(error)
    furthest = max(unreadable, key=lambda error: error.line)
    raise PageError(furthest.message, Where("", number + furthest.line))
