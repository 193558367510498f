r"""The text that a terminal is left with once a program has written to it.

>>> plain("10 %\r100 %\x1b[32m done\x1b[0m\n")
'100 % done\n'
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Final, TypeAlias

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

_Cells: TypeAlias = list[list[str]]
"""The characters in each column of a line; after that of a wide character there is an empty one."""


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
    cells: _Cells = []
    column = 0
    for piece in _PIECE.finditer(line):
        character, erased = piece[0], piece[1]
        if erased == "2":
            cells.clear()
        elif erased in {"", "0"}:
            _cut(cells, column)
            del cells[column:]
        elif character == "\r":
            column = 0
        elif character == "\b":
            column = max(0, column - 1)
        elif character == "\t":
            column += TAB - column % TAB
        elif not _CONTROL.match(character):
            column = _put(cells, column, character)
    return "".join(chain.from_iterable(cells))


def _put(cells: _Cells, column: int, character: str) -> int:
    """Write over what is at `column`; give the column after it."""
    width = get_character_cell_size(character)
    if width == 0 and 0 < column <= len(cells):  # an accent, a joiner: it belongs to what is before it
        before = cells[column - 1] or cells[column - 2]
        before.append(character)
        return column
    width = max(width, 1)
    cells.extend([" "] for _ in range(column - len(cells)))
    _cut(cells, column)
    _cut(cells, column + width)
    cells[column : column + width] = [[character], *([] for _ in range(width - 1))]
    return column + width


def _cut(cells: _Cells, column: int) -> None:
    """Make blanks of a wide character that has a half on each side of `column`."""
    if 0 < column < len(cells) and not cells[column]:
        cells[column - 1 : column + 1] = [[" "], [" "]]
