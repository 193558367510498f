"""Tables in what kubectl prints: where each cell is.

Two layouts are known: that of `kubectl get` (a header in capitals, three spaces or more between columns)
and that of `kubectl describe` (a header, mostly indented, over a line of dashes). Who only shows a text may
take a third one for a table, that of `preuve status`: a header of four words or more, each with a capital.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GAP = re.compile(r" {2,}")
CELL = re.compile(r"\S+(?: \S+)*")
"""What stands between two gaps of a line."""
_CAPITALS = re.compile(r"[A-Z][A-Z0-9/._-]*(?: [A-Z0-9/._-]+)*(?:\(\S+\))?")
_TITLES = re.compile(r"[A-Z][a-z]+(?: {2,}[A-Z][a-z]+){3,}")
_DASHES = re.compile(r" +-{2,}(?: +-{2,})*|-{2,}(?: {2,}-{2,})+")


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a column of a row; empty when `start` equals `end`."""

    column: str
    """The header's word, in capitals."""
    start: int
    """An offset in the whole text."""
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table."""

    line: int
    """Which line of the text, from 0."""
    cells: tuple[Cell, ...]
    """One for each column, the last trailing ones excepted when they are empty."""


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows under it."""

    columns: tuple[str, ...]
    header: Row
    rows: tuple[Row, ...]


@lru_cache(maxsize=16)
def tables(text: str, *, titled: bool = False) -> tuple[Table, ...]:
    r"""The tables of a text, in order.

    A table ends at an empty line or at the next header. Lines in between that do not fit its columns (a
    message with a newline in it, another command's answer) are not rows.

    Args:
        text: whole lines.
        titled: whether a header may have small letters.

    >>> [table] = tables("NAME   READY   AGE\nweb    1/1     9s\n")
    >>> table.columns, [(cell.start, cell.end) for cell in table.rows[0].cells]
    (('NAME', 'READY', 'AGE'), [(19, 22), (26, 29), (34, 36)])
    >>> status = "Page  Commands  State         Played\na.md  3         never played\npreuve: play a.md\n"
    >>> tables(status), [len(table.rows) for table in tables(status, titled=True)]
    ((), [1])
    """
    return tuple(_tables(text.split("\n"), titled))


def _tables(lines: Sequence[str], titled: bool) -> Iterator[Table]:
    header: Row | None = None
    starts: tuple[int, ...] = ()
    rows: list[Row] = []
    above, offset = "", 0
    for number, line in enumerate(lines):
        found = None
        if "  " in line and (line[0].isupper() or line[0] in " -"):
            found = _header(line, above, titled)
        if header and (found or not line):
            yield Table(tuple(cell.column for cell in header.cells), header, tuple(rows))
            header, rows = None, []
        if found:
            starts, names = found
            at, heading = (offset, line) if line[0] not in " -" else (offset - len(above) - 1, above)
            header = Row(
                number - (heading is above),
                tuple(
                    Cell(name.upper(), at + start, at + start + len(name))
                    for name, start in zip(names, starts, strict=True)
                ),
            )
        elif header and (cells := _cells(line, starts)):
            columns = (cell.column for cell in header.cells)
            rows.append(
                Row(
                    number,
                    tuple(
                        Cell(column, offset + start, offset + end)
                        for column, (start, end) in zip(columns, cells, strict=False)
                    ),
                )
            )
        above, offset = line, offset + len(line) + 1
    if header:
        yield Table(tuple(cell.column for cell in header.cells), header, tuple(rows))


def _header(line: str, above: str, titled: bool) -> tuple[tuple[int, ...], list[str]] | None:
    """Where columns start, and their names, if this line makes a header of itself or of the one above."""
    if line[0] in " -":
        if not _DASHES.fullmatch(line.rstrip()) or above[:1].isspace() != (line[0] == " "):
            return None
        starts = tuple(match.start() for match in re.finditer("-+", line))
        names = [above[start:end].strip() for start, end in zip(starts, (*starts[1:], None), strict=True)]
        return (starts, names) if all(names) else None
    cells = list(CELL.finditer(line))
    capitals = len(cells) > 1 and all(_CAPITALS.fullmatch(cell[0]) for cell in cells)
    if not capitals and not (titled and _TITLES.fullmatch(line)):
        return None
    return tuple(cell.start() for cell in cells), [cell[0] for cell in cells]


def _cells(line: str, starts: Sequence[int]) -> list[tuple[int, int]]:
    """The bounds of a row's cells within its line; none if the line is not a row.

    `kubectl get -w` prints rows that came later without widening the columns: they no longer stand under
    their header, but are still told apart by their gaps.
    """
    if not line.startswith(" " * starts[0]) or line[starts[0] : starts[0] + 1] in {" ", ""}:
        return []
    reached = [start for start in starts if start < len(line)]
    aligned = all(line[start - 1] == " " for start in reached[1:])
    if aligned:
        cells = []
        for start, end in zip(reached, [*reached[1:], len(line)], strict=True):
            text = line[start:end]
            if text.strip() and text[0] == " ":
                break
            cells.append((start, start + len(text.rstrip())))
        else:
            return cells if len(cells) > 1 else []
    at, apart = starts[0], list[tuple[int, int]]()
    while len(apart) < len(starts) - 1 and (gap := _GAP.search(line, at)):
        apart.append((at, gap.start()))
        at = gap.end()
    apart.append((at, len(line.rstrip())))
    return apart if len(apart) == len(starts) else []
