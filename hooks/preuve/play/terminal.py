r"""The text that a terminal is left with once a program has written to it.

>>> plain("10 %\r100 %\x1b[32m done\x1b[0m\n")
'100 % done\n'
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Final

from rich.cells import get_character_cell_size

TAB: Final = 8
"""Columns between tab stops: what every terminal starts with."""

_SEQUENCE: Final = re.compile(
    r"""
      # CSI but for erasing in a line: colours, modes, the cursor
      (?: \x1b\[ | \x9b ) [0-?]*+ [ -/]*+ [@-JL-~]
      # OSC, DCS and the like: titles, links
    | (?: \x1b[]PX^_] | [\x90\x98\x9d-\x9f] ) [^\x07\x1b\x9c\n]*+ (?: \x07 | \x1b\\ | \x9c )
      # all others: character sets, resets
    | \x1b [ -/]*+ [0-Z\\^-~]
    """,
    re.VERBOSE,
)
"""ECMA-48, sections 5.3 to 5.6. Possessive, so that an unended sequence costs no second look."""

_PIECE: Final = re.compile(r"(?:\x1b\[|\x9b)([0-2]?)K|.")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")

_LINE_FEEDS: Final = str.maketrans("\v\f", "\n\n")


def plain(raw: str) -> str:
    r"""Give what a terminal that is wide enough would show of `raw`.

    Carriage returns and backspaces overwrite, tabs go to columns of 8, erasing what is left of a line, or all
    of it, erases it; colours, titles and every other sequence or control character leave no trace. Applying
    it twice changes nothing.

    >>> plain("a\tb\r\nabc\b\bX\n")
    'a       b\naXc\n'
    >>> plain("pulling 1/3\r\x1b[Kdone")
    'done'
    """
    if not _CONTROL.search(raw):
        return raw
    return "\n".join(map(_line, _SEQUENCE.sub("", raw).translate(_LINE_FEEDS).split("\n")))


def _line(raw: str) -> str:
    line = raw.rstrip("\r")
    if not _CONTROL.search(line):
        return line
    shown = _Line()
    column = 0
    for piece in _PIECE.finditer(line):
        character, erased = piece[0], piece[1]
        if erased == "2":
            shown.clear()
        elif erased in {"", "0"}:
            shown.cut(column)
        elif character == "\r":
            column = 0
        elif character == "\b":
            column = max(0, column - 1)
        elif character == "\t":
            column += TAB - column % TAB
        elif not _CONTROL.match(character):
            column = shown.put(column, character)
    return str(shown)


class _Line:
    """A line of a terminal. Blanks before its first character take no place, so that erasing is cheap."""

    def __init__(self) -> None:
        self._start = 0
        self._cells: list[list[str]] = []
        """The characters in each column from `_start`; a wide character is followed by an empty one."""

    def __str__(self) -> str:
        return " " * self._start + "".join(chain.from_iterable(self._cells))

    def clear(self) -> None:
        self._start = 0
        self._cells.clear()

    def cut(self, column: int) -> None:
        """Erase from `column` on."""
        if column <= self._start:
            self.clear()
            return
        self._split(column)
        del self._cells[column - self._start :]

    def put(self, column: int, character: str) -> int:
        """Write over what is at `column`; give the column after it."""
        width = get_character_cell_size(character)
        if not self._cells:
            self._start = column
        if width == 0 and 0 < column <= self._start + len(self._cells) and self._cells:
            self._reach(column - 1)  # an accent, a joiner: it belongs to what is before it
            at = column - self._start
            (self._cells[at - 1] or self._cells[at - 2]).append(character)
            return column
        width = max(width, 1)
        self._reach(column)
        self._split(column)
        self._split(column + width)
        at = column - self._start
        self._cells[at : at + width] = [[character], *([] for _ in range(width - 1))]
        return column + width

    def _reach(self, column: int) -> None:
        """Have blanks wherever there is nothing yet, from `column` on or up to it."""
        if column < self._start:
            self._cells[:0] = [[" "] for _ in range(self._start - column)]
            self._start = column
        self._cells.extend([" "] for _ in range(column - self._start - len(self._cells)))

    def _split(self, column: int) -> None:
        """Make blanks of a wide character that has a half on each side of `column`."""
        at = column - self._start
        if 0 < at < len(self._cells) and not self._cells[at]:
            self._cells[at - 1 : at + 1] = [[" "], [" "]]
