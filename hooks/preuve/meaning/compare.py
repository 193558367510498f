"""Whether two runs of a page came to the same, by meaning.

When unsure, prefer a missed difference to a false alarm.
"""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass
from itertools import islice, zip_longest
from operator import add
from typing import TYPE_CHECKING, NamedTuple

from preuve.meaning.chance import awaited
from preuve.meaning.passages import Thing, passages, statement
from preuve.meaning.twins import twins

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from preuve.meaning.passages import Line, Page
    from preuve.meaning.spans import Answer, Value
    from preuve.meaning.twins import Statement


AROUND = 2
"""Lines of context before and after what differs."""

LINES = 200
"""Of a difference that is longer, the beginning is told."""

PAIRS = 1_000_000
"""Where two outputs have more pairs of lines, they are not matched, which could take days: it is told which
lines one of them has more often, or else how both begin."""


@dataclass(frozen=True, slots=True)
class PagePlay:
    """A page, played: all that is compared of it."""

    answers: Sequence[Answer]
    """What each of its commands answered, in order."""
    public: str = ""
    """What the page spells out, its commands and manifests: nothing in it is chance."""
    values: Collection[Value] = ()
    """The names that chance gave in the cluster."""


class Said(NamedTuple):
    """A line as it is compared, and as it is shown."""

    text: str
    """Placeholders stand for chance; a thing has the name that it had in the old run."""
    shown: str
    """As printed, without its layout; `‹9s›` is chance."""


def diff(old: PagePlay, new: PagePlay) -> Iterator[tuple[int, str]]:
    """Where two runs of a page differ by meaning.

    Yields:
        The number of an output, and a unified diff of its lines. What is chance is in `‹ ›`; a name that
        chance gave is followed by the one it had in the old run.

    >>> from preuve.meaning.spans import Answer
    >>> one, other = (PagePlay([Answer(f"pod/web-{end}")]) for end in ("x7k2p created", "b4d6f deleted"))
    >>> [(number, text)] = diff(one, other)
    >>> print(text)
    - pod/web-x7k2p created
    + pod/web-b4d6f deleted
    """
    before, after = (passages(run.answers, run.public, run.values) for run in (old, new))
    pairs = twins(*(list(_statements(page)) for page in (before, after)))
    no_lines: list[Said] = []
    outputs = zip_longest(_said(before, None), _said(after, pairs), fillvalue=no_lines)
    for number, (said, totals) in enumerate(
        zip_longest(outputs, _awaited(old, new), fillvalue=(no_lines, no_lines))
    ):
        lines = [*map(add, said, totals)]
        if [line.text for line in lines[0]] != [line.text for line in lines[1]]:
            yield number, "\n".join(_unified(*lines))


def _awaited(old: PagePlay, new: PagePlay) -> Iterator[tuple[list[Said], ...]]:
    """For each output what lines that may be there or not say all the same, where both runs have such lines.

    How many Pods a rollout has in all; and whose it is, if the other run does not speak of it.
    """
    for answers in zip(old.answers, new.answers, strict=False):
        here, there = (awaited(answer.output) for answer in answers)
        yield tuple(
            [
                Said(line, line)
                for whose, totals in sorted(mine.items())
                for line in (
                    *(f"{whose} of {total}" for total in sorted(totals) if theirs.get(whose)),
                    *([whose] if theirs and whose not in text else ()),
                )
            ]
            for mine, theirs, text in (
                (here, there, answers[1].output),
                (there, here, answers[0].output),
            )
        )


def _statements(page: Page) -> Iterator[Statement[Thing]]:
    """What a page says of things: the words of each unit, with its output and how often they were there."""
    for number, output in enumerate(page):
        earlier: Counter[str] = Counter()
        for passage in output:
            units = [statement(unit) for unit in passage]
            yield from (((number, shape, earlier[shape]), things) for shape, things in units if things)
            earlier.update({shape for shape, _ in units})


def _said(page: Page, twin: Mapping[Thing, Thing] | None) -> Iterator[list[Said]]:
    """The lines of each output, those without an order sorted.

    Args:
        page: of which run.
        twin: for its things those of the old run; None: it is the old run.
    """
    for output in page:
        yield [
            line
            for passage in output
            for unit in sorted(
                ([_line(line, twin) for line in unit] for unit in passage),
                key=lambda unit: [line.text for line in unit],
            )
            for line in unit
        ]


def _line(line: Line, twin: Mapping[Thing, Thing] | None) -> Said:
    """A line by the names of the old run; things in a list are sorted."""
    _, mentioned = statement((line,))
    old = {thing: thing if twin is None else twin.get(thing) for _, thing in mentioned}
    names = iter(
        sorted(
            (place, f"‹{' '.join(old[thing] or (thing.kind, f'·{thing.name}'))}›")
            for place, thing in mentioned
        )
    )
    text = "".join(part if isinstance(part, str) else next(names)[1] for part in line.parts)
    was = [f"{thing.name} was {one.name}" for thing, one in old.items() if one and one != thing]
    return Said(text, f"{line.shown}   ({', '.join(was)})" if was else line.shown)


def _unified(before: Sequence[Said], after: Sequence[Said]) -> Iterator[str]:
    """A unified diff of two outputs, as much of it as anybody reads."""
    lines = list(islice(_differing(before, after), LINES + 1))
    yield from lines[:LINES]
    if len(lines) > LINES:
        yield f"  … and more: of {len(before)} lines before, {len(after)} now"


def _differing(before: Sequence[Said], after: Sequence[Said]) -> Iterator[str]:
    texts = [[line.text for line in lines] for lines in (before, after)]
    head = _alike(*texts)
    tail = _alike(*(text[head:][::-1] for text in texts))
    first, last = max(0, head - AROUND), max(0, tail - AROUND)  # what is alike at both ends is not matched
    before, after = (lines[first : len(lines) - last] for lines in (before, after))
    if len(before) * len(after) > PAIRS:
        less, more = _surplus(before, after), _surplus(after, before)
        yield from (f"- {line.shown}" for line in (less if less or more else before))
        yield from (f"+ {line.shown}" for line in (more if less or more else after))
        return
    old, new = (text[first : len(text) - last] for text in texts)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for number, hunk in enumerate(matcher.get_grouped_opcodes(AROUND)):
        if number:
            yield "  …"
        for tag, start, end, new_start, new_end in hunk:
            if tag == "equal":
                yield from (f"  {line.shown}" for line in before[start:end])
            else:
                yield from (f"- {line.shown}" for line in before[start:end])
                yield from (f"+ {line.shown}" for line in after[new_start:new_end])


def _surplus(lines: Sequence[Said], others: Sequence[Said]) -> list[Said]:
    """The lines that are there more often than among others."""
    left = Counter(line.text for line in others)
    left.subtract(line.text for line in lines)
    more = []
    for line in reversed(lines):
        if left[line.text] < 0:
            left[line.text] += 1
            more.append(line)
    return more[::-1]


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))
