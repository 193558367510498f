"""What is made of outputs that were recorded from real clusters; see `tests/corpus/README.md`."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from played import run, same, spans
from preuve.meaning.chance import Chance
from preuve.meaning.compare import diff

CORPUS = Path(__file__).parent / "corpus"
PAGES = sorted(path.name for path in CORPUS.iterdir() if path.is_dir())


def recorded(page: str, run: int) -> tuple[list[str], list[str]]:
    """The commands of a recorded page, and what each of them answered."""
    _, *parts = re.split(r"(?m)^\$ (.*)\n", (CORPUS / page / f"{run}.txt").read_text())
    return parts[::2], parts[1::2]


OUTPUTS = {page: recorded(page, 1)[1] for page in PAGES}


@pytest.mark.parametrize("page", PAGES)
def test_two_runs_of_a_page_came_to_the_same(page: str) -> None:
    """Names, nodes, addresses, ages and dates differ; nothing else does."""
    sources, one = recorded(page, 1)
    _, other = recorded(page, 2)
    assert one != other
    assert list(diff(run(one, sources=sources), run(other, sources=sources))) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_run_is_the_same_as_itself(page: str) -> None:
    """And as one without an end to its last lines."""
    assert same(OUTPUTS[page], [output.removesuffix("\n") for output in OUTPUTS[page]])


@pytest.mark.parametrize("page", PAGES)
def test_spans_are_in_order_and_within_lines(page: str) -> None:
    """A page can mark them one after the other, line by line."""
    for output in OUTPUTS[page]:
        found = spans(output)
        assert all(span.start < span.end for span in found)
        assert all("\n" not in span.of(output) for span in found)
        assert all(one.end <= other.start for one, other in pairwise(found))


def letters(output: str) -> list[int]:
    """Where an output has letters and digits that are no chance."""
    found = spans(output)
    chance = {at for span in found for at in range(span.start, span.end)}
    for span in found:
        if span.kind == Chance.PASSING:
            start = output.rfind("\n", 0, span.start) + 1
            chance |= set(range(start, (output + "\n").index("\n", span.end)))
    return [at for at, letter in enumerate(output) if letter.isalnum() and at not in chance]


LETTERS = [
    (page, number, found)
    for page in PAGES
    for number, output in enumerate(OUTPUTS[page])
    if (found := letters(output))
]


@settings(deadline=None)
@given(data=st.data())
def test_one_letter_changed_outside_the_spans_is_always_seen(data: st.DataObject) -> None:
    """What is not chance counts, to the last letter: names, counts, states, reasons, messages, keys."""
    page, number, found = data.draw(st.sampled_from(LETTERS))
    at = data.draw(st.sampled_from(found))
    changed = [*OUTPUTS[page]]
    changed[number] = changed[number][:at] + "Ø" + changed[number][at + 1 :]
    assert not same(OUTPUTS[page], changed)


@pytest.mark.parametrize("page", PAGES)
def test_an_output_that_is_missing_is_seen(page: str) -> None:
    """A run that ended early did not come to the same."""
    assert not same(OUTPUTS[page], OUTPUTS[page][:-1])


@pytest.mark.parametrize(
    ("page", "kinds"),
    [
        (
            "pods",
            {
                Chance.IP,
                Chance.NODE,
                Chance.AGE,
                Chance.TIME,
                Chance.UID,
                Chance.VERSION,
                Chance.CONTAINER_ID,
                Chance.PULLED,
            },
        ),
        (
            "deployments",
            {Chance.POD, Chance.HASH, Chance.STEPS, Chance.PASSING, Chance.DIGEST, Chance.REPEATED},
        ),
        ("services", {Chance.IP, Chance.PORT, Chance.DURATION}),
        ("failures", {Chance.RESTARTS, Chance.AGE}),
        ("cluster", {Chance.ADDRESS, Chance.MACHINE, Chance.CERTIFICATE}),
    ],
)
def test_each_kind_is_found_where_it_is(page: str, kinds: set[Chance]) -> None:
    """A page marks what will differ at home."""
    assert kinds <= {span.kind for output in OUTPUTS[page] for span in spans(output)}


@pytest.mark.parametrize(
    "kept",
    [
        "my-app-pod",
        "30008",
        "nginx:1.26",
        "node-role.kubernetes.io/control-plane",
        "v1.37.2",
        "10.244.0.0/24",
        "ImagePullBackOff",
        "FailedScheduling",
        "exitCode: 3",
        "app=web",
        "25% max unavailable",
        "NodePort",
        "node1 Ready control-plane",
        "REVISION CHANGE-CAUSE",
    ],
)
def test_what_a_lesson_is_about_stays(kept: str) -> None:
    """Names, counts, states, reasons, versions and quantities: without one, an output is another."""
    words = re.escape(kept).replace(r"\ ", " +")
    said = [output for outputs in OUTPUTS.values() for output in outputs if re.search(words, output)]
    assert said
    assert not any(same([output], [re.sub(words, "", output)]) for output in said)
