"""Which things `preuve.meaning.twins` takes for the same in two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from preuve.meaning.twins import twins

if TYPE_CHECKING:
    from random import Random

Statements = list[tuple[int, list[tuple[int, str]]]]


def alike(old: Statements, new: Statements) -> bool:
    """Whether two runs say the same, by the names of the old one."""
    found = twins(old, new)
    assert len({*found.values()}) == len(found)
    told = [(said, [(place, found.get(thing, "")) for place, thing in things]) for said, things in new]
    ours, theirs = (sorted((said, sorted(things)) for said, things in run) for run in (old, told))
    return ours == theirs


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
    """Neither names nor order say who is who."""
    names = sorted({thing for _, things in statements for _, thing in things})
    others = dict(zip(names, chance.sample(names, len(names)), strict=True))
    renamed = [
        (said, chance.sample([(place, others[thing]) for place, thing in things], len(things)))
        for said, things in statements
    ]
    assert alike(statements, chance.sample(renamed, len(renamed)))


@given(stars(1))
def test_one_statement_less_is_seen(statements: Statements) -> None:
    """And what is left has twins of which each is one thing's alone."""
    for number in range(len(statements)):
        assert not alike(statements, statements[:number] + statements[number + 1 :])


def test_pairs_stay_pairs() -> None:
    """Two lists alone do not say who belongs to whom; a third does, wherever it stands."""
    pods = [(1, [(0, pod)]) for pod in "abc"]
    ips = [(2, [(0, ip)]) for ip in "xyz"]
    pairs = [(3, [(0, pod), (1, ip)]) for pod, ip in zip("abc", "xyz", strict=True)]
    crossed = [(3, [(0, pod), (1, ip)]) for pod, ip in zip("abc", "zxy", strict=True)]
    assert alike(pods + ips + pairs, crossed + ips + pods)


def test_one_thing_is_not_two() -> None:
    """Neither of two things is the twin of one that is mentioned twice."""
    once, twice = [(1, [(0, "a"), (1, "a")])], [(1, [(0, "a"), (1, "b")])]
    assert not alike(once, twice)
    assert not alike(twice, once)


def test_a_thousand_alike_things_have_a_twin_each() -> None:
    """They are paired at once: none depends on another."""
    rows = [(1, [(0, "hash"), (1, f"pod{n}"), (2, f"ip{n}")]) for n in range(1000)]
    assert alike(rows, rows[::-1])
