"""The superfences formatter: a played fence as HTML.

Prompt, command, output and volatile values are told apart. It is given what `preuve.show.render` wrote; a
`console` fence that did not come through there was not run, and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape
from itertools import zip_longest
from typing import TYPE_CHECKING

from preuve.meaning import scene
from preuve.show import listing
from preuve.show.drawing import draw
from preuve.show.marks import read
from preuve.show.strings import strings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markdown import Markdown

    from preuve.show.strings import Strings

LEXED = re.compile(r"(?:-o[ =]?|--output[ =])(yaml|json)\b")
"""What a command asks kubectl to answer in."""


SLOW_MS = 2000
"""A command that takes this long shows something when it is seen again at its pace."""


RUN = frozenset({"executed", "failed"})
"""The states of a fence whose commands came to what the page says."""


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """A command of a rendered fence, and what it answered."""

    command: list[str]
    """Its lines, with their prompts."""
    output: list[str]
    exit: str
    milliseconds: str
    marks: str = ""
    """What of the output is chance, as `preuve.show.marks.written` tells it."""

    @property
    def source(self) -> str:
        """The command without prompts."""
        return "\n".join(line[2:] for line in self.command)


class Formatter:
    """Draws `console` fences, in the words of a language."""

    def __init__(self, language: str) -> None:
        self.strings = strings(language)

    def format(
        self,
        source: str,
        language: str,
        css_class: str,
        options: Mapping[str, str],
        md: Markdown,
        *,
        classes: Sequence[str] = (),
        id_value: str = "",
        attrs: Mapping[str, str] | None = None,
        **_: object,
    ) -> str:
        """Draw one fence; see superfences' documentation of custom fences for the arguments."""
        attributes = {**options, **(attrs or {})}
        state = attributes.get("data-state", "unplayed")
        words = " ".join(["preuve", "highlight", "no-copy", *classes])  # it has a button a command
        anchor = f' id="{escape(id_value)}"' if id_value else ""
        found = list(exchanges(source, attributes))
        copied = escape("\n".join(exchange.source for exchange in found))
        title = (
            f'<span class="filename">{escape(attributes["title"])}</span>' if "title" in attributes else ""
        )
        note = self._note(state, found, attributes.get("data-why", ""))
        columns = attributes.get("data-columns", "").split(",")
        discussed = list(filter(None, map(unescape, attributes.get("data-hl", "").split("|"))))
        body = "".join(_html(exchange, columns, discussed, self.strings) for exchange in found)
        body = body or escape(source)
        legend = (
            f'<span class="preuve-legend">{self.strings.legend}</span>' if "data-legend" in attributes else ""
        )
        copy = f' data-copy="{copied}"' if copied else ""
        slow = " data-slow" if any(int(each.milliseconds or 0) >= SLOW_MS for each in found) else ""
        # MkDocs' own themes have highlight.js, which would write each block anew, without what is in it.
        return (
            f'<div class="{words}"{anchor} data-preuve="{escape(state)}"{copy}{slow}>{title}{note}'
            f'<pre><code class="nohighlight">{body}</code></pre>{legend}</div>'
        )

    def draw(
        self,
        source: str,
        language: str,
        css_class: str,
        options: Mapping[str, str],
        md: Markdown,
        *,
        id_value: str = "",
        attrs: Mapping[str, str] | None = None,
        **_: object,
    ) -> str:
        """Draw a `cluster` fence: the scene in it, or, if it was not played, what it asks for."""
        attributes = {**options, **(attrs or {})}
        state = attributes.get("data-state", "unplayed")
        if state == "unplayed":
            return self.format(source, language, css_class, options, md)
        note = self._note(state, (), "")
        items = [scene.read(line) for line in source.split("\n") if line]
        kinds = attributes.get("data-kinds", "").split(", ")
        return f"{note}{draw(items, kinds, id_value, self.strings.drawing)}"

    def _note(self, state: str, found: Sequence[ShownExchange], why: str) -> str:
        codes = next((exchange.exit for exchange in found if exchange.exit not in {"", "0"}), "")
        text = {
            "executed": "",
            "failed": self.strings.expected_failure.format(code=codes),
            "error": why,
            "stale": self.strings.stale,
            "skipped": self.strings.not_executed_because.format(why=why)
            if why
            else self.strings.not_executed,
        }.get(state, self.strings.not_executed)
        return f'<span class="preuve-note">{escape(text)}</span>' if text else ""


def validator(
    language: str, inputs: Mapping[str, str], options: dict[str, str], attrs: dict[str, str], md: Markdown
) -> bool:
    """Take every attribute of a fence, for `Formatter` to read."""
    options.update(inputs)
    return True


def exchanges(source: str, attributes: Mapping[str, str]) -> Iterator[ShownExchange]:
    """The commands of a rendered fence, each with its output.

    Without `data-exchanges` nothing of it was run: prompts are believed.
    """
    lines = source.split("\n")
    sizes = attributes.get("data-exchanges", "").split()
    if not sizes:
        yield from _typed(lines)
        return
    at = 0
    marks = attributes.get("data-marks", "").split()[: len(sizes)]
    for part, marked in zip_longest(sizes, marks, fillvalue=""):
        commands, outputs, code, milliseconds = part.split(",")
        middle = at + int(commands)
        end = middle + int(outputs)
        yield ShownExchange(lines[at:middle], lines[middle:end], code, milliseconds, marked)
        at = end


def _typed(lines: Sequence[str]) -> Iterator[ShownExchange]:
    r"""The exchanges of a fence that was not run, as far as its prompts and its continued lines tell.

    >>> for one in _typed(["$ ssh node1", "$ curl a \\", "    b", "answer"]):
    ...     print(one.command, one.output)
    ['$ ssh node1'] []
    ['$ curl a \\', '>     b'] ['answer']
    """
    found: list[ShownExchange] = []
    for line in lines:
        if line.startswith("$ "):
            found.append(ShownExchange([line], [], "", ""))
        elif not found:
            return  # no prompt where one would be: nothing is known of these lines
        elif not found[-1].output and line.startswith(">"):
            found[-1].command.append(line)
        elif not found[-1].output and found[-1].command[-1].endswith("\\"):
            found[-1].command.append(f"> {line}")
        else:
            found[-1].output.append(line)
    yield from found


def _html(exchange: ShownExchange, columns: Sequence[str], discussed: Sequence[str], words: Strings) -> str:
    timing = f' data-ms="{exchange.milliseconds}" data-exit="{exchange.exit}"' if exchange.exit else ""
    prompt = '<span class="preuve-prompt" aria-hidden="true">{}</span>'
    typed = listing.command(exchange.source, prompt.format("$ "), prompt.format("&gt; "))
    shown = ""
    if exchange.output:
        output = "\n".join(exchange.output) + "\n"
        asked = LEXED.search(exchange.source)
        marks = tuple(read(exchange.marks, output))
        reading = listing.Reading(asked[1] if asked else "text", marks, columns, discussed)
        shown = listing.answer(output, reading, words)
    return f'<span class="preuve-exchange"{timing}><span class="preuve-command">{typed}</span>{shown}</span>'


english, english_drawing = Formatter("en").format, Formatter("en").draw
french, french_drawing = Formatter("fr").format, Formatter("fr").draw
spanish, spanish_drawing = Formatter("es").format, Formatter("es").draw
"""For a generator without hooks, which takes one by name: ``!!python/name:preuve.show.fence.french``."""
