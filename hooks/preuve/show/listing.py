"""An answer as HTML: lines that wrap, tables whose columns give way, words that stand out.

Nothing of it is cut at any width. A long line goes on beneath itself. A table keeps its first column and
those that the lesson speaks of; each other one is shown where there is room for it, whole or not at all.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import accumulate, groupby, pairwise
from typing import TYPE_CHECKING

from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

from preuve.meaning.scene import fares
from preuve.meaning.table import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pygments.lexer import Lexer

    from preuve.meaning.chance import Span
    from preuve.meaning.table import Row, Table
    from preuve.show.strings import Strings

FOLD_LINES = 18
"""Outputs longer than this are folded."""
HEAD_LINES = 12
"""What a folded one shows, at least."""
NARROW = 38
"""Letters of a line on a phone of 360 px: one that is no longer never wraps."""
TYPED = 32
"""Those of a command there, between its prompt and its button."""
LONG = 24
"""Letters of a last column that is prose: it takes the room that is left, and wraps in it."""

GAP = 3
"""Spaces between two columns, as kubectl leaves them; more are left where `grep` took rows away."""

_ERROR = re.compile(r"^(?:Error\b|error:|Warning:|The \S+ \S+ is invalid).*", re.MULTILINE)
"""How kubectl begins a line that says what is wrong."""
_OPTION = re.compile(r"(?<=\s)--?\w[^\s=]*(?:=\S*)?")
_WORD = re.compile(r"(?<!\S)(?:-- \S{1,25}|(?!--?\w)(?=\S*[-%])\S{2,28})(?!\S)")
"""One of a command that a browser would cut, behind its dash say, though a phone's line has room for it."""
NOTHING = frozenset({"", "<none>", "<unset>"})
"""What kubectl prints where there is nothing to say."""
_INDENT = re.compile(r"^(?=.{24})(?:( {1,20})( *)(?=[^\s~^])|( +)(?=[~^]))", re.MULTILINE)
"""What a line begins with that may wrap on a phone, also with letters half as large again. Then what a phone
has no room for beside a word: `kubectl describe` indents by 29. What only points at the line above stays."""
_RULE = re.compile(r"[ -]+")
"""The line of dashes beneath a header of `kubectl describe`."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A part of a text, and the tag around it."""

    start: int
    end: int
    opening: str
    closing: str = "</span>"


Layer = list[Tag]
"""Pieces in order, none over another."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What of an answer is chance, and what the lesson speaks of."""

    lexer: str = "text"
    marks: Sequence[Span] = ()
    columns: Collection[str] = ()
    words: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines in a row that stand in one table, or in none."""

    table: Table | None
    numbers: tuple[int, ...]


def answer(text: str, reading: Reading, words: Strings) -> str:
    """An output, whole lines each with its newline, as HTML."""
    found = tables(text, titled=True) if reading.lexer == "text" else ()
    discussed = _spoken(text, reading.words)
    layers = [
        [Tag(mark.start, mark.end, _mark(mark, words)) for mark in reading.marks],
        discussed,
        _states(text, found),
        _indents(text),
        _tokens(text, reading.lexer),
    ]
    starts = tuple(accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))
    listing = _Listing(text, starts, layers, discussed)
    shapes = {table.header.line: listing.shape(table, reading.columns) for table in found}
    groups = list(listing.groups(table for table in found if shapes[table.header.line].width > NARROW))
    count = len(listing.starts) - 1
    last = max((bisect_right(listing.starts, piece.start) for piece in discussed), default=0)
    head = max(HEAD_LINES, last + 1)
    folded = count > FOLD_LINES and count - head > FOLD_LINES - HEAD_LINES
    shown = "".join(listing.group(part, shapes) for part in _cut(groups, 0, head if folded else count))
    rest = "".join(listing.group(part, shapes) for part in _cut(groups, head, count)) if folded else ""
    buttons = (
        [f'<button type="button" class="preuve-unfold">{words.lines.format(count=count)}</button>']
        if rest
        else []
    )
    if widest := max(
        (shapes[table.header.line] for table in found), key=lambda shape: shape.width, default=None
    ):
        buttons += widest.button(words)
    return (
        f'<span class="preuve-output">{shown}'
        + (f'<span class="preuve-rest">{rest}</span>' if rest else "")
        + (f'<span class="preuve-more" data-search-exclude>{"".join(buttons)}</span>' if buttons else "")
        + "</span>"
    )


def command(source: str, prompt: str, more: str) -> str:
    """A command as HTML, a block a line: its options are quieter than what it does, its words stay whole.

    It goes behind `prompt`, and each further line behind `more`, which are HTML.
    """
    options = [Tag(*found.span(), '<span class="preuve-option">') for found in _OPTION.finditer(source)]
    indents = _indents(source)
    pieces, at = [], 0
    for number, line in enumerate(source.split("\n")):
        cut = _WORD.finditer(source, at, at + len(line)) if len(line) > TYPED else ()
        words = [Tag(*found.span(), '<span class="preuve-word">') for found in cut]
        html = _nested(source, at, at + len(line), [words, options, indents])
        pieces.append(f'<span class="preuve-line">{more if number else prompt}{html}\n</span>')
        at += len(line) + 1
    return "".join(pieces)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How wide a table is, and what gives way."""

    width: int
    """In letters, all columns."""
    needs: tuple[int, ...]
    """By column: the letters that a line must hold for it to be shown; 0 if it always is."""
    tight: tuple[int, ...]
    """By column: the letters that its words and a gap take; 0 if it has no wider gap."""
    spoken: frozenset[int]
    """The columns that the lesson speaks of."""
    long: bool
    """The last column is prose."""
    rows: Mapping[int, Row]
    """By the number of its line, the header's too."""

    @property
    def style(self) -> str:
        """What the style sheet is told of the columns that give way."""
        needs = [f"--c{number}:{need}" for number, need in enumerate(self.needs, 1) if need > NARROW]
        widths = [f"--w{number}:{width}" for number, width in enumerate(self.tight, 1) if width]
        rules = ";".join([*needs, *widths])
        return f' style="{rules}"' if rules else ""

    def button(self, words: Strings) -> Iterator[str]:
        """What shows the columns that gave way, as long as some did."""
        if (most := max(self.needs, default=0)) > NARROW:
            label = words.all_columns.format(count=len(self.needs))
            yield f'<button type="button" class="preuve-columns" style="--most:{most}">{label}</button>'


@dataclass(frozen=True, slots=True)
class _Listing:
    """A text, where its lines start, and what is laid over it."""

    text: str
    starts: tuple[int, ...]
    layers: list[Layer]
    discussed: Layer
    """Of the layers, the one of the words that the lesson speaks of."""

    def cells(self, table: Table, number: int, shape: _Shape) -> tuple[int, ...]:
        """Where each cell of a table's line starts; nothing if it is no row."""
        row = shape.rows.get(number)
        header = table.header
        under = number == header.line + 1 and header.cells[0].start > self.starts[header.line]
        if row is None and under and _RULE.fullmatch(self._line(number)):
            row = header
        if row is None:
            return ()
        shift = self.starts[number] - self.starts[row.line]
        return (self.starts[number], *(cell.start + shift for cell in row.cells[1:]))

    def shape(self, table: Table, columns: Collection[str]) -> _Shape:
        """How wide a table's columns are, and how much room each asks for.

        Those that say nothing give way first, then the others from the right, the state last; those that the
        lesson speaks of never do.
        """
        rows = [table.header, *table.rows]
        widths, contents = [], []
        for number in range(len(table.columns)):
            reached = [row for row in rows if number < len(row.cells)]
            starts = [row.cells[number].start if number else self.starts[row.line] for row in reached]
            ends = [row.cells[number].end for row in reached]
            nexts = [
                row.cells[number + 1].start if number + 1 < len(row.cells) else end
                for row, end in zip(reached, ends, strict=True)
            ]
            widths.append(max(end - start for start, end in zip(starts, nexts, strict=True)))
            contents.append(max(end - start for start, end in zip(starts, ends, strict=True)))
        tight = [
            content + GAP if content + GAP < width else 0
            for content, width in zip(contents, widths, strict=True)
        ]
        room = [slim or width for slim, width in zip(tight, widths, strict=True)]
        long = room[-1] > LONG
        room[-1] = min(room[-1], LONG)
        spoken = frozenset(
            number
            for number, name in enumerate(table.columns)
            if name in columns or self._discussed(table, number)
        )
        others = [number for number in range(1, len(room)) if number not in spoken]
        others.sort(key=lambda number: (self._empty(table, number), table.columns[number] != "STATUS"))
        needs, taken = [0] * len(room), sum(room[number] for number in spoken | {0})
        for number in others:
            taken += room[number]
            needs[number] = taken
        by_line = {row.line: row for row in rows}
        return _Shape(sum(widths), tuple(needs), tuple(tight), spoken, long, by_line)

    def _discussed(self, table: Table, number: int) -> bool:
        """Whether a word that the lesson speaks of stands in a column."""
        cells = [row.cells[number] for row in table.rows if number < len(row.cells)]
        return any(
            piece.start < cell.end and cell.start < piece.end for piece in self.discussed for cell in cells
        )

    def _empty(self, table: Table, number: int) -> bool:
        """Whether a column says nothing."""
        cells = [row.cells[number] for row in table.rows if number < len(row.cells)]
        return all(self.text[cell.start : cell.end] in NOTHING for cell in cells)

    def _line(self, number: int) -> str:
        return self.text[self.starts[number] : self.starts[number + 1]].removesuffix("\n")

    def groups(self, found: Iterable[Table]) -> Iterator[_Lines]:
        """The lines, parted where a table begins or ends."""
        inside = {
            number: table
            for table in found
            for number in range(
                table.header.line, max([table.header.line, *(row.line for row in table.rows)]) + 1
            )
        }
        numbers = range(len(self.starts) - 1)
        for _, lines in groupby(numbers, lambda n: inside[n].header.line if n in inside else -1):
            together = tuple(lines)
            yield _Lines(inside.get(together[0]), together)

    def group(self, lines: _Lines, shapes: Mapping[int, _Shape]) -> str:
        """Lines as HTML."""
        if lines.table is None:
            return "".join(map(self.line, lines.numbers))
        shape = shapes[lines.table.header.line]
        rows = "".join(self.row(lines.table, number, shape) for number in lines.numbers)
        long = " preuve-prose" if shape.long else ""
        return f'<span class="preuve-table{long}"{shape.style}>{rows}</span>'

    def row(self, table: Table, number: int, shape: _Shape) -> str:
        """A line of a table, a tag a cell; in its header, what the lesson speaks of is told."""
        starts = self.cells(table, number, shape)
        if not starts:
            return self.line(number)
        spoken = shape.spoken if number == table.header.line else ()
        cells = [
            f"<span{' data-spoken' if column in spoken else ''}>{self.html(*span)}</span>"
            for column, span in enumerate(pairwise([*starts, self.starts[number + 1]]))
        ]
        return f'<span class="preuve-row">{"".join(cells)}</span>'

    def line(self, number: int) -> str:
        """A line; one that may wrap is a block."""
        start, end = self.starts[number], self.starts[number + 1]
        html = self.html(start, end)
        return f'<span class="preuve-line">{html}</span>' if end - start > NARROW else html

    def html(self, start: int, end: int) -> str:
        """A part of the text."""
        return _nested(self.text, start, end, self.layers)


def _cut(groups: Iterable[_Lines], first: int, last: int) -> Iterator[_Lines]:
    """The part of the groups that stands on some lines."""
    for group in groups:
        if numbers := tuple(number for number in group.numbers if first <= number < last):
            yield _Lines(group.table, numbers)


def _nested(text: str, start: int, end: int, layers: Sequence[Layer]) -> str:
    """A part of a text as HTML, the pieces of each layer around those of the next.

    >>> outer, inner = [Tag(1, 3, "<b>", "</b>")], [Tag(2, 4, "<i>", "</i>")]
    >>> _nested("a<b>", 0, 4, [outer, inner])
    'a<b>&lt;<i>b</i></b><i>&gt;</i>'
    """
    if start >= end:
        return ""
    if not layers:
        return escape(text[start:end])
    layer, below = layers[0], layers[1:]
    found, at = [], start
    first = max(0, bisect_right(layer, start, key=lambda piece: piece.start) - 1)
    for piece in map(layer.__getitem__, range(first, len(layer))):  # a slice would copy all that is left
        if piece.start >= end:
            break
        begins, ends = max(piece.start, at), min(piece.end, end)
        if begins < ends:
            found += [_nested(text, at, begins, below), piece.opening]
            found += [_nested(text, begins, ends, below), piece.closing]
            at = ends
    return "".join([*found, _nested(text, at, end, below)])


def _mark(mark: Span, words: Strings) -> str:
    what = words.volatile.format(what=words.kinds.get(mark.kind, mark.kind))
    return f'<span class="preuve-mark" data-kind="{mark.kind}" data-note="{escape(what)}">'


def _spoken(text: str, words: Iterable[str]) -> Layer:
    """Where the words stand that the lesson speaks of."""
    found = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    matches = re.finditer(found, text) if found else ()
    return [Tag(*match.span(), '<mark class="preuve-hl">', "</mark>") for match in matches]


def _states(text: str, found: Iterable[Table]) -> Layer:
    """The words of a STATUS column that say how something fares, and the lines that say what is wrong."""
    pieces = [
        Tag(*match.span(), '<span class="preuve-state" data-state="broken">')
        for match in _ERROR.finditer(text)
    ]
    for table in found:
        if "STATUS" in table.columns:
            number = table.columns.index("STATUS")
            for row in table.rows:
                cell = row.cells[number] if number < len(row.cells) else None
                if cell and (state := fares(text[cell.start : cell.end])):
                    pieces.append(
                        Tag(cell.start, cell.end, f'<span class="preuve-state" data-state="{state}">')
                    )
    return sorted(pieces, key=lambda piece: piece.start)


def _indents(text: str) -> Layer:
    """Where a browser may not break a line: it would seem to show an empty one."""
    return [
        Tag(*found.span(part), f'<span class="preuve-indent{deep}">')
        for found in _INDENT.finditer(text)
        for part, deep in ((1, ""), (2, " preuve-deep"), (3, ""))
        if found[part]
    ]


def _tokens(text: str, name: str) -> Layer:
    """Pygments' tokens; none of plain text, which most outputs are."""
    if name == "text":
        return []
    return [
        Tag(start, start + len(value), f'<span class="{kind}">')
        for start, token, value in _lexer(name).get_tokens_unprocessed(text)
        if (kind := STANDARD_TYPES.get(token, ""))
    ]


@cache
def _lexer(name: str) -> Lexer:
    """A lexer, made once: to find it by name takes Pygments longer than to read a command."""
    return get_lexer_by_name(name)
