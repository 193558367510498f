"""Which thing of one run of a page is which thing of another: the Pod that is now what that one was.

Neither names nor the order of rows say so. Things are told apart by what is said of them, in both runs at
once (colour refinement, by Weisfeiler and Leman). Of things that stay alike, one of each run is paired, no
matter which: that is wrong only for things that are linked in circles, which outputs are not. Where the runs
differ, what is left is paired in the order of the page, the rarest words first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence

T = TypeVar("T", bound="Hashable")

Statement = tuple["Hashable", "Sequence[tuple[int, T]]"]
"""Words, the same in both runs; and the things they are about, each with its place in the words."""


def twins(old: Sequence[Statement[T]], new: Sequence[Statement[T]]) -> dict[T, T]:
    """For each thing of the new run its twin in the old one, as far as there is one.

    >>> old = [("is listed", [(0, "anna")]), ("is older", [(0, "anna"), (1, "ben")])]
    >>> new = [("is older", [(0, "adam"), (1, "eve")]), ("is listed", [(0, "adam")])]
    >>> twins(old, new)
    {'adam': 'anna', 'eve': 'ben'}
    """
    often = [Counter(words for words, _ in run) for run in (old, new)]
    # Words that one run has more often differ anyway: they do not tell who is who.
    statements = [[one for one in run if often[0][one[0]] == often[1][one[0]]] for run in (old, new)]
    colours = [{thing: 0 for _, things in run for _, thing in things} for run in statements]
    found: dict[T, T] = {}
    while any(statements):
        colours = _refined(statements, colours)
        ours, theirs = (_by_colour(of_run, of_run) for of_run in colours)
        pairs = {colour: (ours[colour], theirs[colour]) for colour in ours if colour in theirs}
        found |= {new[0]: old[0] for old, new in pairs.values() if len(old) == len(new) == 1}
        tied = {colour for colour, (old, new) in pairs.items() if len(old) > 1 and len(new) > 1}
        statements = [
            [one for one in run if any(of_run[thing] in tied for _, thing in one[1])]
            for run, of_run in zip(statements, colours, strict=True)
        ]
        roots = [
            _by_colour(_roots(run, of_run, tied), of_run)
            for run, of_run in zip(statements, colours, strict=True)
        ]
        chosen = [
            pair for colour in roots[0] for pair in zip(roots[0][colour], roots[1][colour], strict=False)
        ]
        for number, (one, other) in enumerate(chosen, 1):
            colours[0][one] = colours[1][other] = -number
    _pair_the_rest(old, new, found)
    return found


def _refined(runs: Sequence[Sequence[Statement[T]]], colours: list[dict[T, int]]) -> list[dict[T, int]]:
    """Colours for the things of each run: other ones where other things are said, as far as that goes."""
    count = 0
    while count < (count := len(set().union(*(of_run.values() for of_run in colours)))):
        numbers: dict[Hashable, int] = {}
        colours = [
            {thing: numbers.setdefault(look, len(numbers)) for thing, look in _looks(run, of_run)}
            for run, of_run in zip(runs, colours, strict=True)
        ]
    return colours


def _looks(run: Sequence[Statement[T]], colours: Mapping[T, int]) -> Iterator[tuple[T, Hashable]]:
    """For each thing its colour and all that is said of it, given the colours of the others."""
    statements: dict[T, list[Hashable]] = {thing: [] for thing in colours}
    for words, things in run:
        around = tuple(sorted((place, colours[thing]) for place, thing in things))
        for place, thing in things:
            statements[thing].append((words, place, around))
    return ((thing, (colours[thing], frozenset(Counter(look).items()))) for thing, look in statements.items())


def _by_colour(things: Iterable[T], colours: Mapping[T, int]) -> dict[int, list[T]]:
    found = defaultdict(list)
    for thing in things:
        found[colours[thing]].append(thing)
    return found


def _roots(run: Sequence[Statement[T]], colours: Mapping[T, int], tied: Collection[int]) -> Iterator[T]:
    """One thing of each group of alike things that are linked: whichever it is decides nothing elsewhere."""
    group: dict[T, dict[T, None]] = {}
    for _, things in run:
        linked = dict.fromkeys(thing for _, thing in things if colours[thing] in tied)
        for thing in [*linked]:
            linked |= group.get(thing, {})
        group.update(dict.fromkeys(linked, linked))
    for linked in {id(linked): linked for linked in group.values()}.values():
        yield min(linked, key=colours.__getitem__)


def _pair_the_rest(old: Sequence[Statement[T]], new: Sequence[Statement[T]], found: dict[T, T]) -> None:
    """Where the same words are left in both runs, their things are twins, unless they have others."""
    back = {theirs: ours for ours, theirs in found.items()}
    waiting = defaultdict(list)
    for words, things in new:
        waiting[words].append([thing for _, thing in things])
    for words, things in sorted(old, key=lambda one: len(waiting[one[0]])):
        for others in waiting[words]:
            pairs = list(zip(others, (thing for _, thing in things), strict=True))
            one_each = len(set(pairs)) == len(dict(pairs)) == len({ours for _, ours in pairs})
            if one_each and all(
                found.get(one, two) == two and back.get(two, one) == one for one, two in pairs
            ):
                found.update(pairs)
                back.update((ours, theirs) for theirs, ours in pairs)
                waiting[words].remove(others)
                break
