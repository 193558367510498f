"""The exercises and the questions of the course: each is proved by what the cluster answered.

An exercise names a check, a script that the page includes. The page runs it twice: before the solution it has
to fail and to say what is missing, after it to pass. So both are in the transcript.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from course.predictions import predictions
from preuve import project
from preuve.page.plan import Command, Include
from preuve.page.syntax import walk
from preuve.show.render import Look, render
from preuve.show.strings import strings
from preuve.transcript import Exchange, Transcript, now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.project import Page

ROOT = Path(__file__).parents[1]
COURSE = project.find(ROOT)
PAGES = {page.name: page for page in COURSE.pages()}
TRAINED = sorted(name for name, page in PAGES.items() if "\n## Exercices\n" in page.text)
BEFORE_MANIFESTS = {"installer", "architecture", "kubectl"}
"""The chapters that come before a reader has written, or seen, a manifest."""
CHECKS = sorted((ROOT / "includes").glob("*/verifier-*.sh"))

EXERCISE = re.compile(r"^(?:\*\*)?\d+\. ", re.MULTILINE)
SOLUTION = re.compile(r'^ *\?{3} success "Solution"$', re.MULTILINE)
CHECK = re.compile(r"\bsh (verifier-[\w-]+\.sh)\b")
ASKED = re.compile(r"\bécrivez\b[^.]*\bmanifestes?\b", re.IGNORECASE)
NOT_YET = "Pas encore."
DONE = "C’est réussi."
"""What a check says; the first is followed by what is missing."""
SHELL = {"[", "echo", "exit", "grep", "kubectl"}
"""What a check may use: what a reader has, and can read."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise of a page."""

    number: int
    asked: str
    """Up to its solution."""
    first: int
    """Its line, from 1."""
    solved: int
    """The line of its solution; zero if it has none."""
    last: int

    def made(self, page: Page) -> bool:
        """Whether it asks for a manifest, and shows none before its solution."""
        shown = [
            step.block.where.line
            for step in page.plan.steps
            if isinstance(step, Include)
            and any(file.manifest for file in step.files)
            and self.first <= step.block.where.line <= self.last
        ]
        return bool(ASKED.search(self.asked)) and bool(shown) and min(shown) > self.solved


def exercises(page: Page) -> Iterator[Exercise]:
    """The exercises of a page, in order."""
    head, _, rest = page.text.partition("\n## Exercices\n")
    section = rest.partition("\n## ")[0]
    above = head.count("\n") + 2
    starts = [found.start() for found in EXERCISE.finditer(section)]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(section)], strict=True), 1):
        solution = SOLUTION.search(section, start, end)
        yield Exercise(
            number,
            section[start : solution.start() if solution else end],
            above + section.count("\n", 0, start) + 1,
            above + section.count("\n", 0, solution.start()) + 1 if solution else 0,
            above + section.count("\n", 0, end),
        )


def unproved(page: Page) -> Iterator[str]:
    """The exercises of a page that no check was seen to refuse before their solution, and to accept after."""
    assert page.transcript
    played = [
        (action.where.line, found[1], exchange)
        for action, exchange in zip(page.plan.actions(), page.transcript.exchanges, strict=True)
        if isinstance(action, Command) and (found := CHECK.search(action.source))
    ]
    for each in exercises(page):
        before = {name: exchange for line, name, exchange in played if each.first <= line < each.solved}
        after = {name: exchange for line, name, exchange in played if each.solved < line <= each.last}
        names = set(CHECK.findall(each.asked))
        if len(names) != 1 or set(before) != names or set(after) != names:
            yield f"exercise {each.number}: not one check, run before its solution and within"
            continue
        (name,) = names
        if before[name].exit != 1 or not before[name].output.startswith(f"{NOT_YET} "):
            yield f"exercise {each.number}: {name} does not refuse what is there before"
        if (after[name].exit, after[name].output.strip()) != (0, DONE):
            yield f"exercise {each.number}: {name} does not accept the solution"


def test_the_exercises_of_a_page_are_found() -> None:
    """Here, so that no other test is content with none."""
    assert all(list(exercises(PAGES[name])) for name in TRAINED)
    assert TRAINED


@pytest.mark.parametrize("name", TRAINED)
def test_an_exercise_is_proved_both_ways(name: str) -> None:
    """Its check says what is missing, then that nothing is."""
    assert list(unproved(PAGES[name])) == []


@pytest.mark.parametrize("chapter", sorted({name.partition("/")[0] for name in TRAINED} - BEFORE_MANIFESTS))
def test_a_chapter_asks_for_a_manifest_from_nothing(chapter: str) -> None:
    """Reading manifests does not teach to write them."""
    of_it = [PAGES[name] for name in TRAINED if name.startswith(f"{chapter}/")]
    assert any(each.made(page) for page in of_it for each in exercises(page))


PLANTED = """# T

## Exercices

1. Écrivez le manifeste d’un Pod `duo`.

    ??? example "Vérifier"
        ```sh
        --8<-- "pods/verifier-duo.sh"
        ```

        ```{ .console hidden=yes exit=1 }
        $ sh verifier-duo.sh
        ```

    ??? success "Solution"
        ```yaml
        --8<-- "pods/duo.yaml"
        ```

        ```console
        $ kubectl apply -f duo.yaml
        $ sh verifier-duo.sh
        ```

## Nettoyer
"""


def planted(text: str, *answers: tuple[str, int]) -> Page:
    """A page of the course with that text, that was answered so."""
    page = COURSE.page("planted.md", text)
    exchanges = tuple(
        Exchange(action.source, output, code)
        for action, (output, code) in zip(page.plan.actions(), answers, strict=True)
    )
    return replace(page, transcript=Transcript(page.name, page.key, "v1", now(), 1.0, exchanges))


REFUSED, MADE, ACCEPTED = (
    ("Pas encore. Le Pod duo n’existe pas.\n", 1),
    ("pod/duo created\n", 0),
    ("C’est réussi.\n", 0),
)


def test_an_exercise_that_is_not_proved_is_told() -> None:
    """A check that is missing, that is content with nothing, or never content."""
    good = planted(PLANTED, REFUSED, MADE, ACCEPTED)
    assert list(unproved(good)) == []
    assert [each.made(good) for each in exercises(good)] == [True]
    assert list(unproved(planted(PLANTED, ("C’est réussi.\n", 0), MADE, ACCEPTED))) == [
        "exercise 1: verifier-duo.sh does not refuse what is there before"
    ]
    assert list(unproved(planted(PLANTED, REFUSED, MADE, REFUSED))) == [
        "exercise 1: verifier-duo.sh does not accept the solution"
    ]
    without = PLANTED.replace("        $ sh verifier-duo.sh\n        ```\n\n## N", "        ```\n\n## N")
    assert list(unproved(planted(without, REFUSED, MADE))) == [
        "exercise 1: not one check, run before its solution and within"
    ]


def test_a_manifest_that_is_given_is_not_asked_for() -> None:
    """To correct one is another exercise."""
    given = PLANTED.replace("`duo`.\n", '`duo`.\n\n    ```yaml\n    --8<-- "pods/duo.yaml"\n    ```\n')
    page = planted(given, REFUSED, MADE, ACCEPTED)
    assert [each.made(page) for each in exercises(page)] == [False]


@pytest.mark.parametrize("check", CHECKS, ids=lambda path: path.name)
def test_a_check_can_be_read_and_run_anywhere(check: Path) -> None:
    """POSIX sh, kubectl and nothing else; it says first what it wants."""
    text = check.read_text(encoding="utf-8")
    assert re.match(r"# \S.*\n", text)
    assert subprocess.run(["dash", "-n", check], check=False, timeout=10).returncode == 0
    used = {command.words[0].text for command in walk(text) if command.words and not command.keyword}
    own = set(re.findall(r"^(\w+)\(\)", text, re.MULTILINE))
    assert used <= SHELL | own, used - SHELL


def left_out(text: str) -> set[str]:
    """The files that only exercises give, that the end of a lesson deletes by, and of which it says nothing.

    Who did no exercise lacks them, and where one file is missing `kubectl delete` deletes nothing at all.
    """
    lesson, _, rest = text.partition("\n## Exercices\n")
    end = rest.partition("\n## Nettoyer\n")[2].partition("\n## ")[0]
    said, _, commands = end.partition("```")
    return {
        name
        for name in re.findall(r" -f (\S+)", commands)
        if name not in lesson and f"`-f {name}`" not in said
    }


@pytest.mark.parametrize("name", TRAINED)
def test_who_did_no_exercise_can_clean_up(name: str) -> None:
    """It says which file to leave out."""
    assert left_out(PAGES[name].text) == set()


def test_a_file_that_only_an_exercise_gives_is_told() -> None:
    """The exercise of that page gives duo.yaml."""
    end = PLANTED + "\n```console\n$ kubectl delete -f duo.yaml\n```\n\n## À retenir\n"
    assert left_out(end) == {"duo.yaml"}
    said = end.replace("\n```console", "\nSinon, retirez `-f duo.yaml`.\n\n```console")
    assert left_out(said) == set()


def shown(page: Page) -> str:
    """A page's Markdown with its outputs."""
    return render(page.text, page.plan, page.transcript, Look(strings("fr")))


QUESTIONED = sorted(name for name, page in PAGES.items() if 'question "Que va-t-il se passer' in page.text)


@pytest.mark.parametrize("name", QUESTIONED)
def test_a_question_has_one_right_answer_of_three(name: str) -> None:
    """The transcript says which, and every « Que va-t-il se passer » has answers to pick from."""
    found = list(predictions(shown(PAGES[name])))
    assert [
        each.asked for each in found if not each.decided or len(each.choices) != 3 or each.problem()
    ] == []
    assert len(found) == PAGES[name].text.count('question "Que va-t-il se passer')


def test_a_page_with_exercises_has_a_question_to_answer() -> None:
    """Before one does, one says what will happen."""
    assert set(TRAINED) <= set(QUESTIONED)


MAKES = re.compile(
    r"kubectl (?:run|create (?:configmap|deployment|job)) ([\w-]+)|kubectl apply -f ([\w-]+)\.ya?ml"
)
"""What makes an object: its name, or the file that has it."""


def folded_away(text: str) -> set[str]:
    """What only a question makes, which nobody has to unfold, and a later command wants without saying so."""
    outside, within, folded, said, wanted = set[str](), set[str](), False, "", set[str]()
    for line in text.split("\n"):
        if line.startswith("??? question"):
            folded, said = True, ""
        elif line and not line.startswith(" "):
            folded = False
        command = re.match(r" *[$>] (.*)", line)
        if not command:
            said += "" if folded else line
            continue
        made = {name or file for name, file in MAKES.findall(command[1])}
        if folded:
            within |= made - outside
            continue
        outside |= made
        if "delete" not in command[1] and "question" not in said:
            wanted |= {name for name in within - outside if re.search(rf"\b{name}\b", command[1])}
    return wanted


@pytest.mark.parametrize("name", QUESTIONED)
def test_who_unfolds_no_question_is_told_what_is_missing(name: str) -> None:
    """A command after it says that it wants what the question has made."""
    assert folded_away(PAGES[name].text) == set()


def test_what_only_a_question_makes_is_found() -> None:
    """And what is made outside too, or told, is not."""
    asked = (
        '??? question "Que va-t-il se passer ?"\n    ```console\n    $ kubectl run a --image=x\n    ```\n\n'
    )
    then = "Lisons :\n\n```console\n$ kubectl describe pod a\n```\n"
    assert folded_away(asked + then) == {"a"}
    assert folded_away(asked + then.replace("Lisons", "La question a créé ce Pod")) == set()
    assert folded_away("```console\n$ kubectl run a --image=x\n```\n\n" + asked + then) == set()
