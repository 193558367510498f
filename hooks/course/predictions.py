"""« Que va-t-il se passer ? »: answers to pick from, of which the cluster's own says which is right.

An author writes the answers as a list, first or after a word of introduction, each with what the outputs
beneath have to say for it to be right; what comes after the list is folded until the reader wants to see it.

    ??? question "Que va-t-il se passer si l’on supprime un des trois Pods ?"
        - Il en reste deux. <!-- vrai="2 × Running" -->
        - Il y en a toujours trois. <!-- vrai="3 × Running" -->
        - Il n’en reste aucun. <!-- vrai="0 × Running" -->

``vrai="N × P"``: N lines of the outputs hold the regular expression P. ``vrai="P"``: they hold it somewhere.
Exactly one answer has to be right. Where nothing is run, the author says it: ``<!-- vrai -->``, and
``<!-- faux -->`` for the others.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mkdocs.exceptions import PluginError

from course import serving
from preuve.page import blocks
from preuve.show.fence import RUN, exchanges

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mkdocs.structure.pages import Page

    from preuve.page.blocks import Block

log = logging.getLogger("mkdocs.hooks.predictions")

QUESTION = re.compile(r'(?P<indent> *)\?{3} question "(?P<asked>.*)" *')
CHOICE = re.compile(
    r" *- (?P<text>.+?) *<!-- *(?P<word>vrai|faux)(?:=(?P<quote>[\"'])(?P<pattern>.*)(?P=quote))? *-->"
)
COUNT = re.compile(r"(?P<number>\d+) × ?(?P<what>.*)")
TAB = " " * 4

YES = "**Oui.** C’est ce qui se passe."
NO = "**Non.** Ce n’est pas ce qui se passe."
ANSWER = "Voir ce qui se passe"


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer to pick."""

    text: str
    pattern: str | None
    """What the outputs have to say for it to be right; None where the author judges."""
    word: str
    """The author's judgement: ``vrai`` or ``faux``."""

    def right(self, output: str) -> bool:
        r"""Whether it is what happened.

        >>> two = "a Running\nb Running\nc Pending\n"
        >>> [Choice("", one, "vrai").right(two) for one in ("2 × Running", "Pending$", "0 × ", "3 × ")]
        [True, True, False, True]
        """
        if self.pattern is None:
            return self.word == "vrai"
        if counted := COUNT.fullmatch(self.pattern):
            lines = [line for line in output.split("\n") if line.strip()]
            return sum(bool(re.search(counted["what"], line)) for line in lines) == int(counted["number"])
        return bool(re.search(self.pattern, output, re.MULTILINE))


@dataclass(frozen=True, slots=True)
class Prediction:
    """A question, the answers to pick from, and what was answered to what is run beneath."""

    asked: str
    indent: str
    """What stands before its first line."""
    first: int
    """Its line, counted from 0."""
    listed: range
    """The lines of its answers."""
    last: int
    """The line after it."""
    choices: tuple[Choice, ...]
    output: str | None
    """None if nothing was asked of the cluster; what is not known yet makes it undecided."""
    decided: bool
    given_away: bool
    """A drawing of the cluster stands right beneath it, for all to see."""

    def problem(self) -> str:
        """What keeps it from being shown; empty if nothing does."""
        if len(self.choices) < 2:
            return "one answer leaves nothing to pick"
        if wrong := [each for each in self.choices if (each.pattern is None) is not (self.output is None)]:
            return (
                f"« {wrong[0].text} »: nothing is run beneath it, so write <!-- vrai --> or <!-- faux -->"
                if self.output is None
                else f'« {wrong[0].text} »: say what the outputs hold if it is right, <!-- vrai="…" -->'
            )
        if self.given_away:
            return (
                "the drawing beneath it gives the answer away: indent it, so that it unfolds with the outputs"
            )
        right = [each.text for each in self.choices if each.right(self.output or "")]
        if self.decided and len(right) != 1:
            several = " and ".join(f"« {each} »" for each in right) or "none of the answers"
            return f"by the outputs beneath, {several} would be right: exactly one has to be"
        return ""


def predictions(markdown: str) -> Iterator[Prediction]:
    """The questions of a page that have answers to pick from.

    Args:
        markdown: its text, with the outputs in it as `preuve.show.render` writes them; without them, all that
            asks something of the cluster is undecided.
    """
    fences = blocks.parse(markdown, "")[0]
    lines = markdown.split("\n")
    within = _fenced(markdown, fences)
    number = 0
    while number < len(lines):
        found = QUESTION.fullmatch(lines[number])
        if not found or number in within:
            number += 1
            continue
        depth = found["indent"] + TAB
        last = next(
            (n for n in range(number + 1, len(lines)) if lines[n].strip() and not lines[n].startswith(depth)),
            len(lines),
        )
        chosen = {n: CHOICE.fullmatch(lines[n]) for n in range(number + 1, last) if n not in within}
        listed = {n: Choice(one["text"], one["pattern"], one["word"]) for n, one in chosen.items() if one}
        if listed:
            asked = [
                fence
                for fence in fences
                if number < fence.where.line - 1 < last and fence.language == "console"
            ]
            run = [fence for fence in asked if fence.options.get("data-state", "") in RUN]
            answered = [
                line for fence in run for one in exchanges(fence.body, fence.options) for line in one.output
            ]
            yield Prediction(
                found["asked"],
                found["indent"],
                number,
                range(min(listed), max(listed) + 1),
                last,
                tuple(listed.values()),
                "\n".join(answered) if asked else None,
                len(run) == len(asked),
                any(fence.language == "cluster" and fence.where.line - 1 == last for fence in fences),
            )
        number = last


def _fenced(markdown: str, fences: Sequence[Block]) -> set[int]:
    return {
        line
        for fence in fences
        for line in range(
            fence.where.line - 1, fence.where.line - 1 + markdown.count("\n", fence.start, fence.end)
        )
    }


def answerable(markdown: str, found: Sequence[Prediction]) -> str:
    """A page with outputs, its questions as a reader is to meet them: answers that unfold to a verdict."""
    lines = markdown.split("\n")
    for each in reversed(found):
        beneath = [f"{TAB}{line}" if line.strip() else line for line in lines[each.listed.stop : each.last]]
        lines[each.first : each.last] = [
            f'{each.indent}!!! question "{each.asked}"',
            *lines[each.first + 1 : each.listed.start],
            "",
            *(f"{each.indent}{TAB}{line}" if line else "" for line in _choices(each)),
            f'{each.indent}{TAB}??? reponse "{ANSWER}"',
            *beneath,
        ]
    return "\n".join(lines)


def _choices(each: Prediction) -> Iterator[str]:
    for choice in each.choices:
        right = choice.right(each.output or "")
        if not each.decided:
            yield from (f"- {choice.text}", "")
        else:
            yield from (
                f'??? choix {"juste" if right else "faux"} "{choice.text}"',
                f"{TAB}{YES if right else NO}",
                f"{TAB}{{ data-search-exclude }}",
                "",
            )


def on_page_markdown(markdown: str, /, *, page: Page, **_: object) -> str:
    """Find out which answers are right, and fold them.

    Raises:
        PluginError: by what the cluster answered, none of a question's is right, or several are.
    """
    if "<!-- vrai" not in markdown:
        return markdown
    found = list(predictions(markdown))
    if any(each.problem() for each in found):
        written = predictions(page.file.content_string)  # where the lines are those that the author knows
        problems = [
            f"{page.file.src_uri}:{one.first + 1}: {problem}"
            for each, one in zip(found, written, strict=True)
            if (problem := each.problem())
        ]
        if not serving():
            raise PluginError("\n".join(problems))
        for problem in problems:
            log.error("%s", problem)
    return answerable(markdown, found)
