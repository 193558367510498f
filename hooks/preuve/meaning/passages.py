"""A page's outputs as passages: what is compared of them, and in which order.

Layout is undone, and a placeholder stands for what is chance (`preuve.meaning.spans`). Generated names, Pods'
addresses and UIDs are things: it matters which one it is (`preuve.meaning.twins`). When unsure, prefer a
missed difference to a false alarm:

- of nodes, clients' addresses, ages, times and digests it does not matter which one it is, but that a
  node was drained;
- events are a set: their order, their repetitions, `Pulling` and the API server's upkeep are chance;
- neighbouring lines that begin with a generated name have no order.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, chain, groupby, pairwise
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, NamedTuple

from preuve.meaning.chance import LIFETIME, METER, SUFFIX, Chance, Span
from preuve.meaning.question import question
from preuve.meaning.spans import Order, marked
from preuve.meaning.table import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from preuve.meaning.question import Question
    from preuve.meaning.spans import Answer, Value
    from preuve.meaning.table import Row, Table

NAMED = frozenset({Chance.POD, Chance.HASH, Chance.IP, Chance.UID, Chance.PORT})
"""The kinds of which it matters which one it is."""

VOID = frozenset({Chance.REPEATED, Chance.PASSING})
"""The kinds that leave no trace: what is there once may be there or not."""

_EVENT_TOO = re.compile(
    r"(?<![\w-])(?:Scheduled|Successful\w*|Pulled|Created|Started|Killing|BackOff|Failed|Unhealthy|Container"
    r")(?![\w-])"
)
"""Words of other events than that an image is pulled: all may be on one line, as ``{.items[*].message}``."""

_PARTED = re.compile(r"[\s,;|\"']*")
"""What parts a value from the next one."""

_LEADING = frozenset({Chance.POD, Chance.HASH, Chance.UID})
"""The kinds of generated names by which lines are in order."""

UNDERWAY = frozenset({"Pending", "ContainerCreating"})
"""States that a Pod leaves at once, so that who watches it may miss them."""

_INIT = re.compile(r"Init:(\d+)/(\d+)")
"""How many of a Pod's init containers have ended, and how many it has (upstream ``printPod``)."""

_NEVER = re.compile(r"(?<![\d.+-])(?:0001|19(?:69|70))(?!\d)")
"""The year in what a program writes for a time that never was, whatever the zone."""

_COMMA = re.compile(r"(?::\d+)?, ?")
_GAP = re.compile(" +")

_SERVICE_VARIABLE = re.compile(r"\w+_(?:SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_(?:TCP|UDP|SCTP)\w*)=")
"""A line of `env` in a Pod: the kubelet tells it where its Services are, from a map, in any order."""


_SOURCE = re.compile(r"\[pod/[^\]]+\] ")
"""Before a line of ``kubectl logs --prefix``."""

_FAILED = re.compile(r"command terminated with exit code \d+")
"""What kubectl says of a program in a container that failed, which told why: not where it told the rest."""

_EVENTS = frozenset({"TYPE", "REASON", "MESSAGE"})
"""What the tables of events have; that of a node's conditions too, each of a type of its own."""

_EVENT = re.compile(rf"\s*(?:Normal|Warning) +\w+ +{LIFETIME} ")
"""A row of the events that ``kubectl describe`` tells, its header left out."""

_EVICTION = re.compile(r"evicting pod |error when evicting |pod/\S+ evicted$")
"""What ``kubectl drain`` tells of Pods: it asks for all at once, and again for those that were refused."""

_DRAINED = re.compile(r"^node/(\S+) drained$", re.MULTILINE)
"""What ``kubectl drain`` says at its end, where it did more than to say what it would do."""

_SOME = re.compile(r"--pod-selector\b")
_EVICTED = re.compile(rf"^pod/(\S+-){SUFFIX} evicted$", re.MULTILINE)
"""What it says of a Pod that is replaced by others like it, whose names begin alike."""

_IN_USE = re.compile(r"\buncordon|\bdelete nodes?\b|\bunschedulable\W+(?:false|null)\b")
"""What undoes it, in a command or an answer: some say nothing. A node that is deleted may come back."""

_UPKEEP = re.compile(r"^.*\bWarning +ClusterIPNotAllocated .*\n", re.MULTILINE)
"""An event of the API server's own: it looks whether a Service's address is noted as taken, and may do so
before it was told (upstream ``ipallocator/controller/repairip.go``; seen once, on a busy machine)."""

_NO_EVENTS = re.compile(r"^Events:\n +Type +Reason .*\n[ -]+\n(?! )", re.MULTILINE)


class Thing(NamedTuple):
    """Something that a page tells from others, by a name that is chance."""

    kind: Chance
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an output, its layout undone.

    Attributes:
        parts: texts and things by turns, a text first and last.
        shown: the same for a person: names as printed, other chance as ‹9s›.
    """

    parts: tuple[str | Thing, ...]
    shown: str

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

Page = list[list["Sequence[Unit]"]]
"""The passages of each output: units whose order is chance, or one unit."""


def passages(answers: Sequence[Answer], public: str = "", values: Collection[Value] = ()) -> Page:
    """The outputs of a page, as far as they are compared; for the rest see `preuve.meaning.spans.marked`."""
    answers = [answer._replace(output=_without_upkeep(answer.output)) for answer in answers]
    marks = marked(answers, public, values)
    generated = any(kind == Chance.POD for kind, _ in values) or any(
        span.kind == Chance.POD for found in marks for span in found
    )
    return [
        list(_passages(answer, found, generated=generated, left=left))
        for answer, found, left in zip(answers, marks, _drained(answers), strict=True)
    ]


Left = Mapping[str, frozenset[str]]
"""By node, how the names of Pods begin that have left it."""


def _drained(answers: Iterable[Answer]) -> Iterator[Left]:
    """For each answer the nodes that Pods have left, and that are not in use again.

    All of them, or where some were chosen, those that the evicted ones' owners make.
    """
    nodes: dict[str, frozenset[str]] = {}
    for answer in answers:
        yield {**nodes}
        if _IN_USE.search(answer.source) or _IN_USE.search(answer.output):
            nodes = {}  # of whichever it was
        else:
            some = _SOME.search(answer.source)
            who = frozenset(_EVICTED.findall(answer.output)) if some else frozenset({""})
            nodes |= {node: who | nodes.get(node, who) for node in _DRAINED.findall(answer.output)}


def _has_left(node: str, line: str, left: Left) -> bool:
    """Whether the Pod that a line tells of cannot be on a node any longer."""
    return any(re.search(rf"(?<![\w.-]){re.escape(who)}", line) for who in left.get(node, ()))


def _without_upkeep(text: str) -> str:
    """An output without the events by which the API server tells of its own upkeep."""
    return _NO_EVENTS.sub("Events:  <none>\n", _UPKEEP.sub("", text)) if "NotAllocated" in text else text


def statement(unit: Unit) -> tuple[str, list[tuple[int, Thing]]]:
    """What a unit says, without names; and of which things, each with its place: the same within a list."""
    place, things = 0, []
    for line in unit:
        for listed, thing in line.things:
            place += not listed
            things.append((place, thing))
    return "\n".join(line.shape for line in unit), things


def _passages(
    answer: Answer, marks: Sequence[Span], *, generated: bool, left: Left
) -> Iterator[Sequence[Unit]]:
    """An output as units: one by one, or together where their order is chance.

    Args:
        answer: the output, and what was asked.
        marks: what it owes to chance.
        generated: some Pods of the page have generated names: a list of them is in any order.
        left: the Pods that are not to be on a node any longer.
    """
    asked = question(answer.source)
    output = answer.output.removesuffix("\n")
    rows = {row.line: (table, row) for table in tables(answer.output) for row in table.rows}
    values = (generated and asked.listed) or asked.addresses or asked.reasons
    if values and "\n" not in output:
        output = output.replace(" ", "\n")  # each value of `jsonpath={.items[*]…}` on a line of its own
    lines = output.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    within: list[list[Span]] = [[] for _ in lines]
    for span in marks:
        within[bisect_right(starts, span.start) - 1].append(span)
    placed: list[tuple[tuple[int, Order], int, tuple[tuple[int, Order], Line]]] = []
    places = list(_places(lines, within, rows))
    missed = _underway(answer.output, rows) if answer.order == Order.SET else ()
    for number, (place, unit) in enumerate(_asked(asked, lines, within, places, generated=generated)):
        passing = [span for span in within[number] if span.kind == Chance.PASSING]
        if not lines[number].strip() or (passing and not _tells_more(answer.output, passing, lines[number])):
            continue
        if number in missed:
            continue
        _, row = rows.get(number, (None, None))
        bounds = (starts[number], starts[number] + len(lines[number]))
        now = {} if place[1] == Order.SET else left  # events tell of what was before, too
        line = _line(output, bounds, row, within[number], picked=asked.picked, left=now)
        placed.append(
            (
                place if answer.order == Order.SAID else (0, answer.order),
                unit,
                (places[number][0] if asked.described else (0, Order.SAID), line),
            )
        )
    placed.sort(key=itemgetter(0, 1))
    for (_, order), passage in groupby(placed, key=itemgetter(0)):
        units = [_unit([said for *_, said in unit]) for _, unit in groupby(passage, key=itemgetter(1))]
        distinct = {tuple(line.parts for line in unit): unit for unit in units}
        yield list(distinct.values()) if order == Order.SET else units


def _tells_more(output: str, passing: Sequence[Span], line: str) -> bool:
    """Whether a line tells something besides what chance alone put there."""
    if all(re.match("Pulling|FailedMount$", span.of(output)) for span in passing):
        return bool(_EVENT_TOO.search(line))
    end = output.find("\n", passing[-1].end) % (len(output) + 1)
    return bool(re.match(METER, passing[-1].of(output)) and output[passing[-1].end : end].strip())


def _underway(text: str, rows: Mapping[int, tuple[Table, Row]]) -> set[int]:
    """The lines on which somebody who watches Pods saw one on its way to a state that came after."""
    states: dict[str, dict[int, str]] = {}
    for number, (_, row) in rows.items():
        cells = {cell.column: text[cell.start : cell.end] for cell in row.cells}
        if "RESTARTS" in cells:  # a claim is Pending too, and not for a moment
            states.setdefault(cells.get("NAME", ""), {})[number] = cells.get("STATUS", "")
    return set(chain.from_iterable(map(_missable, states.values())))


def _missable(states: Mapping[int, str]) -> set[int]:
    """The lines of one Pod that somebody misses who begins to watch it a little later."""
    if not set(states.values()) - UNDERWAY:
        return set()
    missed = set(UNDERWAY)
    first = next(iter(states.values()))
    if (begun := _INIT.fullmatch(first)) and any(
        (later := _INIT.fullmatch(state)) and later[2] == begun[2] and int(later[1]) > int(begun[1])
        for state in states.values()
    ):
        missed.add(first)  # how far its init containers were when the watch began
    return {number for number, state in states.items() if state in missed}


def _unit(members: Sequence[tuple[tuple[int, Order], Line]]) -> Unit:
    """The lines of a unit, those that have no order in it by what they say."""
    lines: list[Line] = []
    for (_, order), passage in groupby(members, key=itemgetter(0)):
        found = [line for _, line in passage]
        if order != Order.SAID and len(members) > 1:
            found = sorted(
                {line.parts: line for line in found}.values() if order == Order.SET else found,
                key=attrgetter("shape"),
            )
        lines += found
    return tuple(lines)


Place = tuple[tuple[int, Order], int]
"""Which passage a line is of, told by one of its lines, and which unit of it."""


def _asked(
    asked: Question,
    lines: Sequence[str],
    marks: Sequence[Sequence[Span]],
    places: Sequence[Place],
    *,
    generated: bool,
) -> Iterable[Place]:
    """The places of lines, as far as the question says something of their order."""
    if asked.sources:
        return _heard(lines)
    by_two_ways = asked.inside and (asked.errors or any(map(_FAILED.match, lines)))
    unnamed = generated and (asked.listed or (asked.filtered and not _names_any(lines, marks)))
    if asked.events or by_two_ways or unnamed:
        order = Order.SET if asked.events else Order.CHANCE
        return [((0, order), number) for number in range(len(lines))]
    if asked.described:
        return _described(lines, marks, places)
    if asked.addresses:
        return _resolved(marks, places)
    if asked.log:
        return _logged(lines, marks, places)
    return places


def _names_any(lines: Sequence[str], marks: Sequence[Sequence[Span]]) -> bool:
    """Whether lines tell of which Pod they are: those are in the order of names."""
    return any(line.startswith("Name:") for line in lines) or any(_leaders(lines, marks))


def _resolved(marks: Sequence[Sequence[Span]], places: Sequence[Place]) -> Sequence[Place]:
    """The places of lines that tell the addresses of a Service, each of which says the same of its own."""
    told = [any(span.kind in {Chance.IP, Chance.ADDRESS} for span in spoken) for spoken in marks]
    first = (told.index(True) if any(told) else 0, Order.CHANCE)
    return [
        (first, number) if tells else place
        for number, (tells, place) in enumerate(zip(told, places, strict=True))
    ]


def _heard(lines: Sequence[str]) -> Iterator[Place]:
    """The places of lines of logs: those of a source stay in order, if they say which it is."""
    first: dict[str, int] = {}
    for number, line in enumerate(lines):
        source = _SOURCE.match(line)
        yield (0, Order.CHANCE), first.setdefault(source[0], number) if source else number


def _logged(
    lines: Sequence[str], marks: Sequence[Sequence[Span]], places: Sequence[Place]
) -> Sequence[Place]:
    """The places of lines of one log: they stay in order if one alone speaks, who begins each with its name.

    Where several do, they take turns as chance has it.
    """
    names = [*_leaders(lines, marks)]
    if len({*names} - {""}) != 1:
        return places
    first: dict[object, int] = {}
    return [
        (place, first.setdefault(place, unit) if name else unit)
        for name, (place, unit) in zip(names, places, strict=True)
    ]


def _described(
    lines: Sequence[str], marks: Sequence[Sequence[Span]], places: Sequence[Place]
) -> Iterable[Place]:
    """The places of lines that tell of several Pods, one after the other by their names."""
    heads = [number for number, line in enumerate(lines) if line.startswith("Name:")]
    if len(heads) < 2 or not all(any(span.kind == Chance.POD for span in marks[head]) for head in heads):
        return places
    of = [heads[max(0, bisect_right(heads, number) - 1)] for number in range(len(lines))]
    return [((0, Order.CHANCE), head) for head in of]


def _places(
    lines: Sequence[str], marks: Sequence[Sequence[Span]], rows: Mapping[int, tuple[Table, Row]]
) -> Iterator[Place]:
    """For each line which passage it is of, as its form tells, and which unit of it."""
    chance = [
        bool(leader or _SERVICE_VARIABLE.match(line))
        for line, leader in zip(lines, _leaders(lines, marks), strict=True)
    ]
    items = _items(lines, marks)
    place = (0, Order.SAID)
    for number, line in enumerate(lines):
        table, _ = rows.get(number, (None, None))
        first, unit = items.get(number, (None, number))
        if table and set(table.columns) >= _EVENTS:
            place = (table.rows[-1].line, Order.SET)
        elif _EVENT.match(line) or _EVICTION.match(line):
            place = place if place[1] == Order.SET else (number, Order.SET)
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
    chance = [any(span.kind in {Chance.POD, Chance.IP} for span in spoken) for spoken in marks]
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


def _leaders(lines: Sequence[str], marks: Sequence[Sequence[Span]]) -> Iterator[str]:
    """For each line the generated name with which it begins, or what chance gave of it; mostly nothing.

    It is in the first two words: of `NAMESPACE NAME`, of `pod "web-x7k2p" deleted`.
    """
    start = 0
    for line, spans in zip(lines, marks, strict=True):
        words = re.match(r"(?:evicting)?(?: *\S+){0,2}", line)
        end = words.end() if words else 0
        found = ((span.start - start, span.end - start) for span in spans if span.kind in _LEADING)
        yield "".join(line[first:last] for first, last in found if first < end)
        start += len(line) + 1


def _line(
    output: str,
    bounds: tuple[int, int],
    row: Row | None,
    marks: Sequence[Span],
    *,
    picked: bool,
    left: Left,
) -> Line:
    """A line without its layout: a gap is a space, an empty cell a dot.

    Of a Pod that kubectl picked of several, it does not matter which one it is.
    """
    raw = output[slice(*bounds)]
    start = bounds[0] + len(raw) - len(raw.lstrip())
    aligned = bool(marks) and (
        marks[0].start < start or (marks[0].start == start and marks[0].of(output).isdecimal())
    )
    indent = "" if aligned else output[bounds[0] : start]  # numbers stand at the right of their column
    parts: list[str | Thing] = [indent]
    shown = [indent]

    def add(words: str, printed: str) -> None:
        if isinstance(last := parts[-1], str):
            parts[-1] = last + words
        else:
            parts.append(words)
        shown.append(printed)

    waiting = list(reversed(marks))
    cells = (
        [(cell.start, cell.end) for cell in row.cells] if row else [(start, bounds[0] + len(raw.rstrip()))]
    )
    for number, (first, end) in enumerate(cells):
        at = first
        before = f"{' ' * bool(number)}{'·' * (at == end)}"
        add(before, before)
        while waiting and waiting[-1].start < end:
            span = waiting.pop()
            words = _GAP.sub(" ", output[at : span.start])
            add(words, words)
            at, name = span.end, span.of(output)
            if span.kind == Chance.PASSING and (parted := _PARTED.match(output, at, end)):
                at = parted.end()
            if span.kind in NAMED and not picked:
                parts.append(Thing(span.kind, name))
                shown.append(name)
            elif span.kind not in VOID:
                more = " drained" * (span.kind == Chance.NODE and _has_left(name, raw, left))
                more += " never" * (span.kind == Chance.TIME and bool(_NEVER.search(name)))
                add(f"‹{span.kind}{more}›", f"‹{name}{more}›")
        words = _GAP.sub(" ", output[at:end])
        add(words, words)
    return Line(tuple(parts), "".join(shown))
