"""Whether two runs of a page came to the same, by meaning.

Each output becomes canonical lines: placeholders for what is chance (`preuve.normalize`), no layout that
follows from it, an order for lines whose own is chance. A generated name, a Pod's address, a UID keep their
identity: `‹pod2›` is one and the same Pod everywhere in a page. Numbering depends neither on what things are
called nor on the order of rows (`preuve.colouring`).

Where one must err, something that only chance names is overlooked rather than a true page called false:

- of nodes, clients' addresses, ages, times and digests it does not matter which one it is;
- events are a set: their order, their repetitions and `Pulling` are chance;
- neighbouring lines that begin with a generated name have no order.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby, zip_longest
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from preuve.colouring import Colouring, digest
from preuve.normalize import Kind, spans
from preuve.table import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from preuve.normalize import Span
    from preuve.table import Row

NAMED = frozenset({Kind.POD, Kind.HASH, Kind.IP, Kind.UID, Kind.PORT})
"""The kinds of which it matters which one it is."""

GAP = re.compile(" {2,}")

ORDERED, SHUFFLED, DISTINCT = range(3)
"""What the order of lines says: what it seems, nothing, nor how often they are there."""


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
    def things(self) -> list[tuple[int, Thing]]:
        """Each thing with its place; those of one list (`10.0.0.1:80,10.0.0.2:80`) share a place."""
        found: list[tuple[int, Thing]] = []
        for number, part in enumerate(self.parts):
            if isinstance(part, Thing):
                listed = found and re.fullmatch(r"(?::\d+)?, ?", str(self.parts[number - 1]))
                found.append((found[-1][0] if listed else number, part))
        return found


def normalized(
    outputs: Sequence[str], *, unordered: Collection[int] = (), public: str = ""
) -> list[list[str]]:
    r"""The canonical lines of each output of a page.

    Args:
        outputs: what each command of a page answered, in order.
        unordered: which of them count as the set of their lines (a watched command is stopped by chance).
        public: what the page spells out, as for `preuve.normalize.spans`.

    >>> normalized(["NAME        AGE\nweb-x7k2p   9s\nweb-b4d6f   10s", "pod/web-b4d6f deleted"])
    [['NAME  AGE', 'web-‹pod1›  ‹age›', 'web-‹pod2›  ‹age›'], ['pod/web-‹pod2› deleted']]
    """
    return [[line for line, _ in lines] for lines in _canonical(outputs, unordered, public)]


def same(
    one: Sequence[str], other: Sequence[str], *, unordered: Collection[int] = (), public: str = ""
) -> bool:
    """Whether two runs of a page came to the same, by meaning; arguments as for `normalized`.

    >>> same(["web-x7k2p   1/1   Running   9s"], ["web-b4d6f   1/1   Running   2m15s"])
    True
    >>> same(["web-x7k2p   1/1   Running   9s"], ["web-b4d6f   0/1   Running   9s"])
    False
    """
    return normalized(one, unordered=unordered, public=public) == normalized(
        other, unordered=unordered, public=public
    )


def diff(
    old: Sequence[str], new: Sequence[str], *, unordered: Collection[int] = (), public: str = ""
) -> Iterator[tuple[int, str]]:
    """Where two runs of a page differ by meaning; arguments as for `normalized`.

    Yields:
        The number of an output, and a unified diff of its canonical lines. Under a line with placeholders
        stands what was printed.
    """
    runs = (_canonical(run, unordered, public) for run in (old, new))
    for number, (before, after) in enumerate(zip_longest(*runs, fillvalue=list[tuple[str, str]]())):
        texts = [line for line, _ in before], [line for line, _ in after]
        if texts[0] != texts[1]:
            yield number, "\n".join(_unified(before, after))


def _unified(before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]) -> Iterator[str]:
    texts = [[line for line, _ in lines] for lines in (before, after)]
    matcher = difflib.SequenceMatcher(None, texts[0], texts[1], autojunk=False)
    for number, hunk in enumerate(matcher.get_grouped_opcodes(2)):
        if number:
            yield "  …"
        for tag, start, end, new_start, new_end in hunk:
            if tag == "equal":
                yield from (f"  {line}" for line in texts[0][start:end])
                continue
            for sign, lines in (("-", before[start:end]), ("+", after[new_start:new_end])):
                for line, raw in lines:
                    yield f"{sign} {line}"
                    if "‹" in line:
                        yield f"      {raw.strip()}"


def _canonical(
    outputs: Sequence[str], unordered: Collection[int], public: str
) -> list[list[tuple[str, str]]]:
    """Each output's lines, with what was printed."""
    marked = [(output, spans(output, public)) for output in outputs]
    known = {span.of(output) for output, marks in marked for span in marks if span.kind == Kind.IP}
    page = [
        list(_passages(output, marks, known, watched=number in unordered))
        for number, (output, marks) in enumerate(marked)
    ]
    names = _names(page)
    return [
        [line for passage in passages for line in sorted((_text(line, names), line.raw) for line in passage)]
        for passages in page
    ]


def _passages(
    output: str, marks: Sequence[Span], known: Collection[str], *, watched: bool
) -> Iterator[Sequence[Line]]:
    """An output as its lines: one by one, or together where their order is chance."""
    rows = {row.line: (table, row) for table in tables(output) for row in table.rows}
    waiting = list(reversed(marks))
    placed: list[tuple[tuple[int, int], Line]] = []
    place, offset = (0, ORDERED), 0
    for number, raw in enumerate(output.removesuffix("\n").split("\n")):
        start, offset = offset, offset + len(raw) + 1
        within = []
        while waiting and waiting[-1].start < offset:
            within.append(waiting.pop())
        if any(span.kind == Kind.PASSING for span in within):
            continue
        table, row = rows.get(number, (None, None))
        if watched:
            place = (0, DISTINCT)
        elif table and {"REASON", "MESSAGE"} <= set(table.columns):
            place = (table.rows[-1].line, DISTINCT)
        elif not _begins_with_a_generated_name(raw, start, within):
            place = (number, ORDERED)
        elif table:
            place = (table.rows[-1].line, SHUFFLED)
        elif place[1] != SHUFFLED:
            place = (number, SHUFFLED)
        placed.append((place, Line(_parts(output, (start, offset - 1), row, within, known), raw)))
    for (_, order), group in groupby(sorted(placed, key=itemgetter(0)), key=itemgetter(0)):
        lines = [line for _, line in group]
        yield list({line.parts: line for line in lines}.values()) if order == DISTINCT else lines


def _begins_with_a_generated_name(raw: str, start: int, marks: Sequence[Span]) -> bool:
    """Whether one is in the first two words: the second of `NAMESPACE NAME`, of `pod "web-x7k2p" deleted`."""
    words = re.match(r"(?: *\S+){0,2}", raw)
    end = start + (words.end() if words else 0)
    return any(span.kind in {Kind.POD, Kind.HASH} and span.start < end for span in marks)


def _parts(
    output: str, line: tuple[int, int], row: Row | None, marks: Sequence[Span], known: Collection[str]
) -> tuple[str | Thing, ...]:
    """What a line says, without its layout: a gap is two spaces, an empty cell a dot."""
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
        say("  " if number else "")
        say("·" if at == end else "")
        while waiting and waiting[-1].start < end:
            span = waiting.pop()
            say(GAP.sub("  ", output[at : span.start]))
            name = span.of(output)
            kind = Kind.IP if name in known else span.kind
            if kind in NAMED:
                parts.append(Thing(kind, name))
            else:
                say(f"‹{kind}›")
            at = span.end
        say(GAP.sub("  ", output[at:end]))
    return tuple(parts)


def _names(page: Sequence[Sequence[Sequence[Line]]]) -> dict[Thing, str]:
    """A placeholder for each thing of a page, numbered in the order in which they are first spoken of."""
    statements = [
        (digest(output, passage, line.shape), things)
        for output, passages in enumerate(page)
        for passage, lines in enumerate(passages)
        for line in lines
        if (things := line.things)
    ]
    kinds = {thing: digest(thing.kind) for _, things in statements for _, thing in things}
    colours = Colouring(statements, kinds).colours
    names: dict[Thing, str] = {}
    count: dict[Kind, int] = defaultdict(int)
    for lines in (lines for passages in page for lines in passages):
        told = [
            (line.shape, sorted((place, colours[thing], thing) for place, thing in line.things))
            for line in lines
        ]
        for _, coloured in sorted(told):
            for _, _, thing in coloured:
                if thing not in names:
                    count[thing.kind] += 1
                    names[thing] = f"‹{thing.kind}{count[thing.kind]}›"
    return names


def _text(line: Line, names: Mapping[Thing, str]) -> str:
    """The canonical line; the things of a list in the order of their numbers."""
    things = iter(sorted((place, len(names[thing]), names[thing]) for place, thing in line.things))
    return "".join(part if isinstance(part, str) else next(things)[2] for part in line.parts)
