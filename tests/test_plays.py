"""Pages from the field, two plays of each recorded: the same by meaning, to the letter that is no chance."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preuve.meaning import compare
from preuve.meaning.chance import Chance
from preuve.meaning.compare import PagePlay
from preuve.meaning.spans import Answer, Value, marked
from preuve.project import find

TESTS = Path(__file__).parent
PLAYS = TESTS / "plays"
PAGES = sorted({path.name.split(".")[0] for path in PLAYS.glob("*.txt")})


@cache
def public(page: str) -> str:
    """What the page spells out."""
    [one] = find(TESTS / "cases").pages([f"{page}.md"])
    return one.plan.public()


@cache
def play(page: str, turn: int) -> PagePlay:
    """What was recorded of a play."""
    answers: list[Answer] = []
    source, output, values = [""], [""], []
    for line in (PLAYS / f"{page}.{turn}.txt").read_text(encoding="utf-8").split("\n"):
        match line[:1]:
            case "$":
                source, output = [line[2:]], []
            case ">":
                source.append(line[2:])
            case "|":
                output.append(f"{line[2:]}\n")
            case "=":
                answers.append(Answer("".join(output), "\n".join(source)))
            case "~":
                kind, text = line[2:].split(" ")
                values.append(Value(Chance(kind), text))
    return PagePlay(answers, public(page), values)


@pytest.mark.parametrize("page", PAGES)
def test_two_plays_came_to_the_same(page: str) -> None:
    """Other nodes, names, ports, addresses and orders; more or fewer events."""
    one, other = play(page, 1), play(page, 2)
    assert one.answers != other.answers
    assert list(compare.diff(one, other)) == []


def letters(page: str) -> list[tuple[str, int, int]]:
    """Where the outputs of a page have letters and digits that are no chance."""
    one = play(page, 1)
    found = []
    for number, (answer, spans) in enumerate(
        zip(one.answers, marked(one.answers, one.public, one.values), strict=True)
    ):
        chance = {at for span in spans for at in range(span.start, span.end)}
        for span in spans:
            if span.kind == Chance.PASSING:
                start = answer.output.rfind("\n", 0, span.start) + 1
                chance |= set(range(start, answer.output.index("\n", span.end)))
        found += [
            (page, number, at)
            for at, letter in enumerate(answer.output)
            if letter.isalnum() and at not in chance
        ]
    return found


LETTERS = [letter for page in PAGES for letter in letters(page)]


@settings(deadline=None)
@given(st.sampled_from(LETTERS))
def test_one_letter_changed_outside_chance_is_always_seen(letter: tuple[str, int, int]) -> None:
    """Names, counts, states, codes, reasons, messages, beside whatever chance named."""
    page, number, at = letter
    one = play(page, 1)
    answers = [*one.answers]
    output = answers[number].output
    answers[number] = answers[number]._replace(output=f"{output[:at]}Ø{output[at + 1 :]}")
    assert [n for n, _ in compare.diff(one, PagePlay(answers, one.public, one.values))]
