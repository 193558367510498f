"""Runs of a page, written down as their outputs alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preuve.meaning import compare
from preuve.meaning.compare import PagePlay
from preuve.meaning.spans import Answer, Order, marked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from preuve.meaning.chance import Span
    from preuve.meaning.spans import Value


def run(
    outputs: Sequence[str],
    *,
    sources: Sequence[str] = (),
    unordered: Collection[int] = (),
    public: str = "",
    values: Collection[Value] = (),
) -> PagePlay:
    """A run with these outputs, of no commands in particular unless given."""
    asked = [*sources, *[""] * (len(outputs) - len(sources))]
    answers = [
        Answer(output, source, Order.SET if number in unordered else Order.SAID)
        for number, (output, source) in enumerate(zip(outputs, asked, strict=True))
    ]
    return PagePlay(answers, public, values)


def same(
    one: Sequence[str],
    other: Sequence[str],
    *,
    sources: Sequence[str] = (),
    unordered: Collection[int] = (),
    public: str = "",
) -> bool:
    """Whether two runs came to the same."""
    told = {"sources": sources, "unordered": unordered, "public": public}
    return alike(run(one, **told), run(other, **told))  # type: ignore[arg-type]


def alike(one: PagePlay, other: PagePlay) -> bool:
    """Whether two runs came to the same.

    >>> one = run(["web-x7k2p   1/1   Running   9s"])
    >>> alike(one, run(["web-b4d6f   1/1   Running   2m15s"]))
    True
    >>> alike(one, run(["web-b4d6f   0/1   Running   9s"]))
    False
    """
    return len(one.answers) == len(other.answers) and not any(True for _ in compare.diff(one, other))


def spans(text: str, public: str = "", values: Iterable[Value] = (), source: str = "") -> tuple[Span, ...]:
    """The parts of one output that are chance."""
    return marked([Answer(text, source)], public, values)[0]


def diff(one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Where two runs differ."""
    return compare.diff(run(one), run(other))
