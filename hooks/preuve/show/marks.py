"""Marks: the spans of an output as a word of its fence's header, from `render` to `fence`."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from preuve.meaning.chance import Chance, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MARK = re.compile(rf"(\d{{1,9}})\+(\d{{1,9}})({'|'.join(Chance)})(?![a-z-])", re.ASCII)


def written(output: str, marks: Sequence[Span]) -> str:
    r"""Spans as one word, `-` if there are none.

    They are counted in characters that are no spaces, because Markdown makes spaces of tabs.

    >>> written("web\t9s ago\n", [Span(4, 6, Chance.AGE)])
    '3+2age'
    >>> [span.of("web 9s ago") for span in read("3+2age", "web 9s ago")]
    ['9s']
    """
    ink = _ink(output)
    found = ((bisect_left(ink, span.start), bisect_left(ink, span.end), span.kind) for span in marks)
    return ",".join(f"{start}+{end - start}{kind}" for start, end, kind in found) or "-"


def read(word: str, output: str) -> Iterator[Span]:
    """The spans that `written` made a word of; those that do not fit into the output are left out."""
    ink = _ink(output)
    end = 0
    for match in _MARK.finditer(word):
        start, after = int(match[1]), int(match[1]) + int(match[2])
        if end <= start < after <= len(ink):
            yield Span(ink[start], ink[after - 1] + 1, Chance(match[3]))
            end = after


def _ink(output: str) -> list[int]:
    return [match.start() for match in re.finditer(r"\S", output)]
