r"""The text that a terminal is left with once a program has written to it.

>>> plain("10 %\r100 %\x1b[32m done\x1b[0m\n")
'100 % done\n'
"""

from __future__ import annotations

import re
from typing import Final

from rich.cells import get_character_cell_size

TAB: Final = 8
"""Columns between tab stops: what every terminal starts with."""

_SEQUENCE: Final = re.compile(
    r"""
      # CSI: colours, erasing, the cursor
      (?: \x1b\[ | \x9b ) [0-?]*+ [ -/]*+ [@-~]
      # OSC, DCS and the like: titles, links
    | (?: \x1b[]PX^_] | [\x90\x98\x9d-\x9f] ) [^\x07\x1b\x9c\n]*+ (?: \x07 | \x1b\\ | \x9c )
      # all others: character sets, resets
    | \x1b [ -/]*+ [0-Z\\^-~]
    """,
    re.VERBOSE,
)
"""ECMA-48, sections 5.3 to 5.6. Possessive, so that an unended sequence costs no second look."""

_ERASE: Final = re.compile(r"(?:\x1b\[|\x9b)([012]?)K")
_NOT_PLAIN: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_PIECE: Final = re.compile(rf"{_SEQUENCE.pattern} | .", re.VERBOSE | re.DOTALL)


def plain(raw: str) -> str:
    r"""Give what a terminal that is wide enough would show of `raw`.

    Carriage returns and backspaces overwrite, tabs go to columns of 8, erasing the line erases it; colours,
    titles and every other sequence or control character leave no trace. Applying it twice changes nothing.

    >>> plain("a\tb\r\nabc\b\bX\n")
    'a       b\naXc\n'
    >>> plain("pulling 1/3\r\x1b[Kdone")
    'done'
    """
    if not _NOT_PLAIN.search(raw):
        return raw
    return "\n".join(map(_line, raw.translate({0x0B: "\n", 0x0C: "\n"}).split("\n")))


def _line(raw: str) -> str:
    line = raw.rstrip("\r")
    if not _NOT_PLAIN.search(line):
        return line
    cells: list[str] = []  # one for each column; a wide character is followed by an empty one
    column = 0
    for match in _PIECE.finditer(line):
        piece = match[0]
        if erase := _ERASE.fullmatch(piece):
            _erase(cells, column, erase[1])
        elif piece == "\r":
            column = 0
        elif piece == "\b":
            column = max(0, column - 1)
        elif piece == "\t":
            column += TAB - column % TAB
        elif not _NOT_PLAIN.match(piece):
            column = _put(cells, column, piece)
    return "".join(cells)


def _put(cells: list[str], column: int, character: str) -> int:
    """Write over what is at `column`; give the column after it."""
    width = get_character_cell_size(character)
    if width == 0:  # an accent, a joiner: it belongs to the character before it
        at = next((i for i in reversed(range(min(column, len(cells)))) if cells[i]), None)
        if at is None:
            _cover(cells, 0, 0)
            cells.insert(0, character)
            return column + 1
        cells[at] += character
        return column
    cells.extend(" " * (column - len(cells)))
    _cover(cells, column, column + width)
    cells[column : column + width] = [character, *[""] * (width - 1)]
    return column + width


def _cover(cells: list[str], start: int, end: int) -> None:
    """Blank the halves of the wide characters that are about to lose their other half."""
    if start < len(cells) and not cells[start]:
        cells[start - 1] = " "
    if end < len(cells) and not cells[end]:
        cells[end] = " "


def _erase(cells: list[str], column: int, part: str) -> None:
    if part == "1":
        _cover(cells, 0, column + 1)
        cells[: column + 1] = " " * min(column + 1, len(cells))
    elif part == "2":
        cells.clear()
    else:
        _cover(cells, column, column)
        del cells[column:]
