"""Whether two runs of a page came to the same, by meaning: whether their canonical forms are equal."""

from __future__ import annotations

import difflib
from itertools import zip_longest
from typing import TYPE_CHECKING

from preuve.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from preuve.canonical import Canonical


def normalized(
    outputs: Sequence[str], *, unordered: Collection[int] = (), public: str = ""
) -> list[list[str]]:
    r"""The canonical lines of each output of a page.

    Args:
        outputs: what each command of a page answered, in order.
        unordered: which of them count as the set of their lines (a watched command is stopped by chance).
        public: what the page spells out, its commands and manifests: no name or port in it is chance.

    >>> normalized(["NAME        AGE\nweb-x7k2p   9s\nweb-b4d6f   10s", "pod/web-b4d6f deleted"])
    [['NAME AGE', 'web-‹pod1› ‹age›', 'web-‹pod2› ‹age›'], ['pod/web-‹pod2› deleted']]
    """
    return [[line.text for line in lines] for lines in canonical(outputs, unordered, public)]


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
    runs = (canonical(run, unordered, public) for run in (old, new))
    no_lines: list[Canonical] = []
    for number, (before, after) in enumerate(zip_longest(*runs, fillvalue=no_lines)):
        if [line.text for line in before] != [line.text for line in after]:
            yield number, "\n".join(_unified(before, after))


def _unified(before: Sequence[Canonical], after: Sequence[Canonical]) -> Iterator[str]:
    texts = [[line.text for line in lines] for lines in (before, after)]
    matcher = difflib.SequenceMatcher(None, texts[0], texts[1], autojunk=False)
    for number, hunk in enumerate(matcher.get_grouped_opcodes(2)):
        if number:
            yield "  …"
        for tag, start, end, new_start, new_end in hunk:
            if tag == "equal":
                yield from (f"  {line}" for line in texts[0][start:end])
                continue
            for sign, lines in (("-", before[start:end]), ("+", after[new_start:new_end])):
                for line in lines:
                    yield f"{sign} {line.text}"
                    if "‹" in line.text:
                        yield f"      {line.raw.strip()}"
