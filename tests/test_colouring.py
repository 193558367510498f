"""What tells things apart in `preuve.colouring`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from preuve.colouring import Colouring, digest

if TYPE_CHECKING:
    from random import Random

Statements = list[tuple[int, list[tuple[int, str]]]]


def outcome(statements: Statements) -> list[tuple[int, list[tuple[int, int]]]]:
    """Statements with colours for names, in no order."""
    things = {thing: 0 for _, mentioned in statements for _, thing in mentioned}
    colours = Colouring(statements, things).colours
    assert len(set(colours.values())) == len(things)
    return sorted(
        (said, sorted((place, colours[t]) for place, t in mentioned)) for said, mentioned in statements
    )


def stars(depth: int) -> st.SearchStrategy[Statements]:
    """Things that own things: what outputs tell of Deployments, ReplicaSets, Pods, addresses."""
    return st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=5).map(
        lambda owners: [
            (said, [(0, f"o{n}"), (1, f"{n}.{m}.{d}")])
            for n, (said, count) in enumerate(owners)
            for m in range(count)
            for d in range(depth)
        ]
    )


@given(stars(2), st.randoms(use_true_random=False))
def test_renaming_and_reordering_change_nothing(statements: Statements, chance: Random) -> None:
    """A canonical form knows neither names nor order."""
    names = sorted({thing for _, things in statements for _, thing in things})
    others = dict(zip(names, chance.sample(names, len(names)), strict=True))
    renamed = [
        (said, chance.sample([(place, others[thing]) for place, thing in things], len(things)))
        for said, things in statements
    ]
    assert outcome(chance.sample(renamed, len(renamed))) == outcome(statements)


@given(stars(1))
def test_one_thing_less_is_seen(statements: Statements) -> None:
    """Statements that differ in number differ."""
    for number in range(len(statements)):
        assert outcome(statements[:number] + statements[number + 1 :]) != outcome(statements)


def test_pairs_stay_pairs() -> None:
    """Two lists alone do not say who belongs to whom; a third does, wherever it stands."""
    pods = [(1, [(0, pod)]) for pod in "abc"]
    ips = [(2, [(0, ip)]) for ip in "xyz"]
    pairs = [(3, [(0, pod), (1, ip)]) for pod, ip in zip("abc", "xyz", strict=True)]
    crossed = [(3, [(0, pod), (1, ip)]) for pod, ip in zip("abc", "zxy", strict=True)]
    assert outcome(pods + ips + pairs) == outcome(crossed + ips + pods)


def test_a_thousand_alike_things_are_quickly_told_apart() -> None:
    """Each is set apart without looking at all the others again."""
    rows = [(1, [(0, "hash"), (1, f"pod{n}"), (2, f"ip{n}")]) for n in range(1000)]
    kinds = {thing: digest(thing.strip("0123456789")) for _, things in rows for _, thing in things}
    assert len(set(Colouring(rows, kinds).colours.values())) == 2001
