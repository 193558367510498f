"""Things told apart by what is said of them, whatever they are called and in whatever order it is said.

This is colour refinement with individualisation, the way to bring graphs to a canonical form. A colour is a
number that follows from statements alone. Where several things stay alike, one of them, no matter which, is
set apart. That gives the same whichever it was, unless things are alike that no renaming could exchange: for
that they would have to be linked in circles, which outputs are not.
"""

from __future__ import annotations

from collections import defaultdict
from hashlib import blake2b
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

T = TypeVar("T", bound="Hashable")


def digest(*values: object) -> int:
    """A number for values that print alike: the same in each process, unlike `hash` of a text."""
    return int.from_bytes(blake2b(repr(values).encode(), digest_size=8).digest())


class Colouring(Generic[T]):
    """A colour of its own for each thing.

    Args:
        statements: a number for what is said, and of which things, each with its place in what is said.
        kinds: for each thing a number that tells it from things of other kinds.

    >>> said = digest("is older than")
    >>> one = Colouring([(said, [(0, "anna"), (1, "ben")])], {"anna": 1, "ben": 1}).colours
    >>> other = Colouring([(said, [(0, "ben"), (1, "anna")])], {"anna": 1, "ben": 1}).colours
    >>> one["anna"] == other["ben"], one["anna"] == one["ben"]
    (True, False)
    """

    def __init__(
        self, statements: Sequence[tuple[int, Sequence[tuple[int, T]]]], kinds: Mapping[T, int]
    ) -> None:
        self.colours: dict[T, int] = dict(kinds)
        self._statements = statements
        self._said: dict[T, list[int]] = {thing: [] for thing in kinds}
        for number, (_, things) in enumerate(statements):
            for thing in {thing for _, thing in things}:
                self._said[thing].append(number)
        self._alike: dict[int, set[T]] = defaultdict(set)
        for thing, colour in kinds.items():
            self._alike[colour].add(thing)
        self._refine(self.colours)
        first = {thing: number for number, thing in enumerate(kinds)}
        waiting = [colour for colour, things in self._alike.items() if len(things) > 1]
        heapify(waiting)
        while waiting:
            colour = waiting[0]
            if len(self._alike[colour]) < 2:
                heappop(waiting)
                continue
            chosen = min(self._alike[colour], key=first.__getitem__)
            self._paint([chosen], hash((colour, len(self._alike[colour]))))
            for fresh in self._refine(self._neighbours([chosen])):
                heappush(waiting, fresh)

    def _refine(self, changed: Iterable[T]) -> set[int]:
        """Tell apart what can be, now that something about these things has changed; say the new colours."""
        fresh: set[int] = set()
        while changed:
            looks: dict[int, dict[int, list[T]]] = defaultdict(lambda: defaultdict(list))
            for thing in changed:
                colour = self.colours[thing]
                if len(self._alike[colour]) > 1:
                    looks[colour][self._look(thing)].append(thing)
            moved: list[T] = []
            for colour, groups in looks.items():
                if len(groups) == 1 and sum(map(len, groups.values())) == len(self._alike[colour]):
                    continue
                for look, things in groups.items():
                    self._paint(things, look)
                    fresh.add(look)
                    moved += things
            changed = self._neighbours(moved)
        return fresh

    def _look(self, thing: T) -> int:
        """A number for all that is said of a thing, given the colours of what is mentioned with it."""
        mentions = []
        for number in self._said[thing]:
            words, things = self._statements[number]
            seen = sorted((place, 0 if other == thing else self.colours[other]) for place, other in things)
            mentions.append((words, tuple(seen), tuple(place for place, other in things if other == thing)))
        return hash((self.colours[thing], tuple(sorted(mentions))))

    def _paint(self, things: Iterable[T], colour: int) -> None:
        for thing in things:
            self._alike[self.colours[thing]].discard(thing)
            self._alike[colour].add(thing)
            self.colours[thing] = colour

    def _neighbours(self, things: Iterable[T]) -> set[T]:
        return {other for thing in things for n in self._said[thing] for _, other in self._statements[n][1]}
