"""Which parts of a page's outputs are chance: found by form (`preuve.meaning.chance`) or known by value.

What the page spells out is left out (`preuve.meaning.literal`).
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from preuve.meaning.chance import (
    CHOSEN,
    ENCODED,
    FOREIGN,
    NORMALIZERS,
    RANDOM_LENGTH,
    SUFFIX,
    Chance,
    Span,
    columns,
    count,
    names,
    normalizers,
    so_far,
    unheaded,
)
from preuve.meaning.literal import left, spells
from preuve.meaning.question import question

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from preuve.meaning.chance import Normalizer
    from preuve.meaning.question import Question


class Value(NamedTuple):
    """A name that chance gave, as an object of the cluster holds it."""

    kind: Chance
    text: str


SHAPES = {
    Chance.POD: rf"[a-z0-9][a-z0-9.-]*{SUFFIX}",
    Chance.HASH: rf"{ENCODED}{{6,10}}",
    Chance.IP: r"[0-9a-f.:]{3,45}",
    Chance.ADDRESS: r"[0-9a-f.:]{3,45}",
    Chance.NODE: r"(?=[a-z0-9.-]*[a-z])(?=[a-z0-9.-]*[0-9.-])[a-z0-9][a-z0-9.-]*",
    Chance.PORT: r"\d{5}",
    Chance.VERSION: r"\d{1,20}",
}
"""The kinds of values that objects hold, and what these look like.

Of a generated name, written whole, the last characters are chance. A node whose name could be any word is
only recognised where an output says that it is a node.
"""

_BOUNDS = {
    Chance.POD: (re.compile(r"(?<![^\W_])(?<!-)"), re.compile(r"(?![^\W_]|-)")),
    Chance.HASH: (re.compile(r"(?<!\w)"), re.compile(r"(?!\w)")),
    Chance.NODE: (re.compile(r"(?<![\w.-])(?<!node/)(?<!nodes/)"), re.compile(r"(?![\w-])(?!\.\w)")),
}
_OTHER_BOUNDS = (re.compile(r"(?<![\w.-])(?<![\da-f]:)"), re.compile(r"(?![\w-])(?!\.\w)"))
"""What may not stand before and after a value: there it would be part of something else."""


class Order(IntEnum):
    """What the order of lines says."""

    SAID = 0
    """What it seems to say."""
    CHANCE = 1
    """Nothing."""
    SET = 2
    """Nothing, nor does how often they are there."""


class Answer(NamedTuple):
    """What a command of a page answered."""

    output: str
    """As a terminal shows it."""
    source: str = ""
    """The command's."""
    order: Order = Order.SAID
    """Of its lines: a set, if it is of some moment; chance, if they are the facts of a drawing."""
    grows: bool = False
    """It is of a log that goes on by itself: how far it has come is chance."""


def marked(
    answers: Sequence[Answer], public: str = "", values: Iterable[Value] = ()
) -> list[tuple[Span, ...]]:
    r"""The parts of each output of a page that are chance, in order and without overlaps.

    If one output says that something is the address of a Pod, a node or a template's hash, it is that in all
    of them.

    Args:
        answers: what the page's commands answered.
        public: what the page itself spells out, its commands and manifests: nothing in it is chance.
        values: the names that chance gave in the cluster.

    >>> answers = [Answer("podIP: 10.244.1.5"), Answer("to 10.244.1.5"), Answer("from 10.244.1.6")]
    >>> [[str(span.kind) for span in found] for found in marked(answers)]
    [['ip'], ['ip'], ['address']]
    >>> answer = Answer("web-x7k2p   80:31000/TCP")
    >>> [span.of(answer.output) for span in marked([answer])[0]]
    ['x7k2p', '31000']
    >>> marked([answer], public="name: web-x7k2p\nnodePort: 31000")
    [()]
    """
    mounts = "volume" in public.lower()
    timed = any("cron" in text.lower() for text in (public, *(answer.output for answer in answers)))
    pairs = [
        (answer, _by_form(answer, question(answer.source), mounts=mounts, timed=timed)) for answer in answers
    ]
    named = {
        Value(span.kind, span.of(answer.output))
        for answer, found in pairs
        for span in found
        if span.kind in {Chance.HASH, Chance.IP, Chance.NODE}
    }
    known = [
        value
        for value in sorted(named.union(values), reverse=True)  # what is a Pod's address is no other
        if re.fullmatch(SHAPES[value.kind], value.text) and not spells(public, value.text)
    ]
    return [
        tuple(
            part for span in _with_values(answer, found, known) for part in left(span, answer.output, public)
        )
        for answer, found in pairs
    ]


def _by_form(answer: Answer, asked: Question, *, mounts: bool, timed: bool) -> list[Span]:
    text = answer.output
    counts = asked.counted and (asked.events or answer.order == Order.SET)
    if counts and (found := list(count(text, none=asked.passing))):
        return found
    without = {*CHOSEN * asked.chosen, *FOREIGN * asked.foreign}
    told: dict[Normalizer, Normalizer] = {
        columns: partial(columns, without=without),
        unheaded: partial(unheaded, without=without),
        names: partial(names, timed=timed),
    }
    general = (told.get(rule, rule) for rule in NORMALIZERS)
    rules = (*(so_far,) * answer.grows, *normalizers(asked, mounts=mounts), *general)
    return _apart(text, (span for rule in rules for span in rule(text)))


def _with_values(answer: Answer, formal: Sequence[Span], known: Iterable[Value]) -> list[Span]:
    """The spans found by form and those of known values; a known value is more than some address."""
    nodes = question(answer.source).nodes
    present = [
        value for value in known if value.text in answer.output and not (nodes and value.kind == Chance.NODE)
    ]
    if not present:
        return list(formal)
    certain = [span for span in formal if span.kind != Chance.ADDRESS]
    return _apart(answer.output, (*certain, *_occurrences(answer.output, present), *formal))


def _occurrences(output: str, values: Iterable[Value]) -> Iterator[Span]:
    """Where an output has values; to look for a text alone is a hundred times faster than for a pattern."""
    for kind, text in values:
        before, after = _BOUNDS.get(kind, _OTHER_BOUNDS)
        start = output.find(text)
        while start >= 0:
            end = start + len(text)
            whole = before.match(output, start) and after.match(output, end)
            if whole:
                yield Span(end - RANDOM_LENGTH if kind == Chance.POD else start, end, kind)
            start = output.find(text, end if whole else start + 1)


def _apart(text: str, found: Iterable[Span]) -> list[Span]:
    """Spans in order; of those that overlap, the first that was found."""
    taken = bytearray(len(text))
    kept = []
    for span in found:
        if taken.find(1, span.start, span.end) < 0:
            taken[span.start : span.end] = bytes([1]) * (span.end - span.start)
            kept.append(span)
    return sorted(kept)
