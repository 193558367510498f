"""Outputs of a page in canonical form: the same lines whenever they say the same.

Placeholders stand for what is chance (`preuve.normalize`), no layout is left that follows from it, and lines
whose order is chance have one of their own. A generated name, a Pod's address, a UID keep their identity:
`‹pod2›` is one and the same Pod everywhere in a page. Numbering depends neither on what things are called nor
on the order of rows (`preuve.colouring`).

Where one must err, something that only chance names is overlooked rather than a true page called false:

- of nodes, clients' addresses, ages, times and digests it does not matter which one it is;
- events are a set: their order, their repetitions and `Pulling` are chance;
- neighbouring lines that begin with a generated name have no order.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import accumulate, groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from preuve.colouring import Colouring, digest
from preuve.normalize import Kind, Span, spans
from preuve.table import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from preuve.table import Row, Table

NAMED = frozenset({Kind.POD, Kind.HASH, Kind.IP, Kind.UID, Kind.PORT})
"""The kinds of which it matters which one it is."""

VOID = frozenset({Kind.REPEATED})
"""The kinds that leave no trace: what is there once may be there or not."""

_COMMA = re.compile(r"(?::\d+)?, ?")
_GAP = re.compile(" +")

_SERVICE_VARIABLE = re.compile(r"\w+_(?:SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_(?:TCP|UDP|SCTP)\w*)=")
"""A line of `env` in a Pod: the kubelet tells it where its Services are, from a map, in any order."""


class Order(IntEnum):
    """What the order of lines says."""

    SAID = 0
    """What it seems to say."""
    CHANCE = 1
    """Nothing."""
    SET = 2
    """Nothing, nor does how often they are there."""


class Thing(NamedTuple):
    """Something that a page tells from others, by a name that is chance."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an output, its layout undone.

    Attributes:
        parts: texts and things by turns, a text first and last.
        raw: as it was printed.
    """

    parts: tuple[str | Thing, ...]
    raw: str

    @property
    def shape(self) -> str:
        """The line with the kinds of things instead of their names."""
        return "".join(part if isinstance(part, str) else f"‹{part.kind}›" for part in self.parts)

    @property
    def things(self) -> Iterator[tuple[bool, Thing]]:
        """Each thing, and whether it only goes on with a list, as in `10.0.0.1:80,10.0.0.2:80`."""
        found = False
        for before, part in zip(self.parts, self.parts[1:], strict=False):
            if isinstance(part, Thing):
                yield found and bool(_COMMA.fullmatch(str(before))), part
                found = True


Unit = tuple[Line, ...]
"""Lines that stay together: an item of a list; a line mostly."""


class Canonical(NamedTuple):
    """A canonical line."""

    text: str
    raw: str
    """As it was printed."""


def canonical(outputs: Sequence[str], unordered: Collection[int], public: str) -> list[list[Canonical]]:
    """The canonical lines of each output of a page.

    Args:
        outputs: what each command of a page answered, in order.
        unordered: which of them count as the set of their lines (a watched command is stopped by chance).
        public: what the page spells out, as for `preuve.normalize.spans`.
    """
    marked = [(output, spans(output, public)) for output in outputs]
    known = {span.of(output) for output, marks in marked for span in marks if span.kind == Kind.IP}
    marked = [(output, _with_ips(output, marks, known)) for output, marks in marked]
    told = {span.of(output) for output, marks in marked for span in marks if span.kind == Kind.NODE}
    nodes = {name.partition("/")[0] for name in told if not name.isdigit()}
    page = [
        list(_passages(output, _with_nodes(output, marks, nodes), watched=number in unordered))
        for number, (output, marks) in enumerate(marked)
    ]
    names = _names(page)
    return [
        [
            Canonical(_text(line, names), line.raw)
            for passage in passages
            for unit in sorted(passage, key=lambda unit: _numbered(_told(unit), names))
            for line in unit
        ]
        for passages in page
    ]


def _with_ips(output: str, marks: Sequence[Span], known: Collection[str]) -> tuple[Span, ...]:
    """Marks, those of an address that some output of the page says to be a Pod's or a Service's as its."""
    return tuple(replace(span, kind=Kind.IP) if span.of(output) in known else span for span in marks)


def _with_nodes(output: str, marks: Sequence[Span], nodes: Collection[str]) -> Sequence[Span]:
    """Marks, with one for a node's name if that is all that is said, or all that is said of a generated name.

    That is what `-o jsonpath='{.spec.nodeName}'` answers; elsewhere a node's name may be the lesson.
    """
    found = list(marks)
    for match in re.finditer(r"^(\S+ +)?(\S+)$", output, re.MULTILINE):
        first, last = match.start(2), match.end()
        alone = not match[1] and match[2] == output.strip()
        with_pod = any(span.kind == Kind.POD and match.start() <= span.start < first for span in marks)
        if match[2] in nodes and (alone or with_pod):
            found.append(Span(first, last, Kind.NODE))
    return sorted(found)


def _passages(output: str, marks: Sequence[Span], *, watched: bool) -> Iterator[Sequence[Unit]]:
    """An output as units: one by one, or together where their order is chance."""
    lines = output.removesuffix("\n").split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    within: list[list[Span]] = [[] for _ in lines]
    for span in marks:
        within[bisect_right(starts, span.start) - 1].append(span)
    rows = {row.line: (table, row) for table in tables(output) for row in table.rows}
    placed: list[tuple[tuple[int, Order], int, Line]] = []
    for number, (place, unit) in enumerate(_places(lines, within, rows)):
        if not lines[number].strip() or any(span.kind == Kind.PASSING for span in within[number]):
            continue
        _, row = rows.get(number, (None, None))
        bounds = (starts[number], starts[number] + len(lines[number]))
        line = Line(_parts(output, bounds, row, within[number]), lines[number])
        placed.append(((0, Order.SET) if watched else place, unit, line))
    placed.sort(key=itemgetter(0, 1))
    for (_, order), passage in groupby(placed, key=itemgetter(0)):
        units = [tuple(line for *_, line in unit) for _, unit in groupby(passage, key=itemgetter(1))]
        distinct = {tuple(line.parts for line in unit): unit for unit in units}
        yield list(distinct.values()) if order == Order.SET else units


def _places(
    lines: Sequence[str], marks: Sequence[Sequence[Span]], rows: Mapping[int, tuple[Table, Row]]
) -> Iterator[tuple[tuple[int, Order], int]]:
    """For each line which passage it is of, told by one of its lines, and which unit of it."""
    starts = accumulate((len(line) + 1 for line in lines), initial=0)
    chance = [
        bool(_SERVICE_VARIABLE.match(line)) or _begins_with_a_generated_name(line, start, spoken)
        for line, start, spoken in zip(lines, starts, marks, strict=False)
    ]
    items = _items(lines, marks)
    place = (0, Order.SAID)
    for number in range(len(lines)):
        table, _ = rows.get(number, (None, None))
        first, unit = items.get(number, (None, number))
        if table and {"REASON", "MESSAGE"} <= set(table.columns):
            place = (table.rows[-1].line, Order.SET)
        elif first is not None:
            place = (first, Order.CHANCE)
        elif not chance[number]:
            place = (number, Order.SAID)
        elif table:
            place = (table.rows[-1].line, Order.CHANCE)
        elif place[1] != Order.CHANCE:
            place = (number, Order.CHANCE)
        yield place, unit


def _items(lines: Sequence[str], marks: Sequence[Sequence[Span]]) -> dict[int, tuple[int, int]]:
    """The lines of lists of Pods or addresses in YAML: for each its list's and its item's first line.

    Their order is chance: an EndpointSlice has its endpoints in any order.
    """
    chance = [any(span.kind in {Kind.POD, Kind.IP} for span in spoken) for spoken in marks]
    found: dict[int, tuple[int, int]] = {}
    seen: dict[str, int] = {}
    for first, line in enumerate(lines):
        indent = line[: len(line) - len(line.lstrip())]
        if not line.startswith("- ", len(indent)) or first in found or first < seen.get(indent, 0):
            continue
        end, starts = first, []
        while end < len(lines) and lines[end].startswith((f"{indent}- ", f"{indent} ")):
            if lines[end].startswith("- ", len(indent)):
                starts.append(end)
            end += 1
        seen[indent] = end
        bounds = list(pairwise([*starts, end]))
        if len(bounds) > 1 and all(any(chance[start:stop]) for start, stop in bounds):
            found |= {n: (first, start) for start, stop in bounds for n in range(start, stop)}
    return found


def _begins_with_a_generated_name(raw: str, start: int, marks: Sequence[Span]) -> bool:
    """Whether one is in the first two words of a line: of `NAMESPACE NAME`, of `pod "web-x7k2p" deleted`."""
    words = re.match(r"(?:evicting)?(?: *\S+){0,2}", raw)
    end = start + (words.end() if words else 0)
    return any(span.kind in {Kind.POD, Kind.HASH, Kind.UID} and span.start < end for span in marks)


def _parts(
    output: str, line: tuple[int, int], row: Row | None, marks: Sequence[Span]
) -> tuple[str | Thing, ...]:
    """What a line says, without its layout: a gap is a space, an empty cell a dot."""
    raw = output[slice(*line)]
    indent = raw[: len(raw) - len(raw.lstrip())]
    cells = [(cell.start, cell.end) for cell in row.cells] if row else []
    parts: list[str | Thing] = [indent]

    def say(words: str) -> None:
        last = parts[-1]
        if isinstance(last, str):
            parts[-1] = last + words
        else:
            parts.append(words)

    waiting = list(reversed(marks))
    for number, (first, end) in enumerate(cells or [(line[0] + len(indent), line[0] + len(raw.rstrip()))]):
        at = first
        say(" " if number else "")
        say("·" if at == end else "")
        while waiting and waiting[-1].start < end:
            span = waiting.pop()
            say(_GAP.sub(" ", output[at : span.start]))
            if span.kind in NAMED:
                parts.append(Thing(span.kind, span.of(output)))
            elif span.kind not in VOID:
                say(f"‹{span.kind}›")
            at = span.end
        say(_GAP.sub(" ", output[at:end]))
    return tuple(parts)


def _names(page: Sequence[Sequence[Sequence[Unit]]]) -> dict[Thing, int]:
    """A number for each thing of a page, among those of its kind, in the order of canonical lines."""
    told = {
        (output, number): [_told(unit) for unit in passage]
        for output, passages in enumerate(page)
        for number, passage in enumerate(passages)
    }
    statements = [
        (digest(place, shape), things)
        for place, passage in told.items()
        for shape, things in passage
        if things
    ]
    kinds = {thing: digest(thing.kind) for _, things in statements for _, thing in things}
    colours = Colouring(statements, kinds).colours
    names: dict[Thing, int] = {}
    count: Counter[Kind] = Counter()
    for passage in told.values():
        for unit in sorted(passage, key=lambda unit: _numbered(unit, colours)):
            for _, thing in sorted(unit[1], key=lambda thing: (thing[0], colours[thing[1]])):
                if thing not in names:
                    count[thing.kind] += 1
                    names[thing] = count[thing.kind]
    return names


def _numbered(
    told: tuple[str, Sequence[tuple[int, Thing]]], numbers: Mapping[Thing, int]
) -> tuple[str, list[tuple[int, int]]]:
    """What is told of things, by their numbers."""
    shape, things = told
    return shape, sorted((place, numbers[thing]) for place, thing in things)


def _told(unit: Unit) -> tuple[str, list[tuple[int, Thing]]]:
    """What a unit says, without names; and of which things, each with its place."""
    place, things = 0, []
    for line in unit:
        for listed, thing in line.things:
            place += not listed
            things.append((place, thing))
    return "\n".join(line.shape for line in unit), things


def _text(line: Line, names: Mapping[Thing, int]) -> str:
    """The canonical line; the things of a list in the order of their numbers."""
    _, told = _told((line,))
    things = iter(sorted((place, names[thing], thing.kind) for place, thing in told))
    texts = []
    for part in line.parts:
        if isinstance(part, str):
            texts.append(part)
        else:
            _, number, kind = next(things)
            texts.append(f"‹{kind}{number}›")
    return "".join(texts)
