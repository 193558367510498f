"""The superfences formatter: a played fence as HTML.

Prompt, command, output and volatile values are told apart. It is given what `preuve.render` wrote; a
`console` fence that did not come through there was not run, and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, Text

from preuve.normalize import spans
from preuve.strings import strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from markdown import Markdown
    from pygments.lexer import Lexer

    from preuve.normalize import Span
    from preuve.strings import Strings

FOLD_LINES = 40
"""Outputs longer than this are folded: about one screen of a laptop."""

LEXED = re.compile(r"(?:-o[ =]?|--output[ =])(yaml|json)\b")
"""What a command asks kubectl to answer in."""


@dataclass(frozen=True, slots=True)
class _Exchange:
    command: list[str]
    output: list[str]
    exit: str
    milliseconds: str


class Formatter:
    """Draws `console` fences, in the words of a language.

    Args:
        language: the site's, of which `preuve.strings` gives the words.
    """

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
        told = {**options, **(attrs or {})}
        state = told.get("data-state", "unplayed")
        words = " ".join(["preuve", "highlight", *classes])
        anchor = f' id="{escape(id_value)}"' if id_value else ""
        exchanges = list(_exchanges(source, told.get("data-exchanges", "")))
        copied = escape("\n".join(line[2:] for exchange in exchanges for line in exchange.command))
        title = f'<span class="filename">{escape(told["title"])}</span>' if "title" in told else ""
        note = self._note(state, exchanges, told.get("data-why", ""))
        public = told.get("data-public", "")
        body = "".join(_html(exchange, public, self.strings) for exchange in exchanges) or escape(source)
        copy = f' data-copy="{copied}"' if copied else ""
        return (
            f'<div class="{words}"{anchor} data-preuve="{escape(state)}"{copy}>{title}{note}'
            f'<pre><code class="language-console">{body}</code></pre></div>'
        )

    def _note(self, state: str, exchanges: Sequence[_Exchange], why: str) -> str:
        codes = next((exchange.exit for exchange in exchanges if exchange.exit not in {"", "0"}), "")
        text = {
            "executed": "",
            "failed": self.strings.expected_failure.format(code=codes),
            "stale": self.strings.stale,
            "skipped": self.strings.not_executed_because.format(why=why)
            if why
            else self.strings.not_executed,
        }.get(state, self.strings.not_executed)
        return f'<span class="preuve-note">{escape(text)}</span>' if text else ""


def validator(
    language: str, inputs: Mapping[str, str], options: dict[str, str], attrs: dict[str, str], md: Markdown
) -> bool:
    """Take every attribute of a `console` fence, for `Formatter` to read."""
    options.update(inputs)
    return True


def _exchanges(source: str, told: str) -> Iterator[_Exchange]:
    """What `data-exchanges` tells of a fence's lines; without it nothing was run: prompts are believed."""
    lines = source.split("\n")
    if not told:
        yield from _typed(lines)
        return
    at = 0
    for part in told.split():
        commands, outputs, code, milliseconds = part.split(",")
        middle = at + int(commands)
        end = middle + int(outputs)
        yield _Exchange(lines[at:middle], lines[middle:end], code, milliseconds)
        at = end


def _typed(lines: Sequence[str]) -> Iterator[_Exchange]:
    r"""The exchanges of a fence that was not run, as far as its prompts and its continued lines tell.

    >>> for one in _typed(["$ ssh node1", "$ curl a \\", "    b", "answer"]):
    ...     print(one.command, one.output)
    ['$ ssh node1'] []
    ['$ curl a \\', '>     b'] ['answer']
    """
    exchanges: list[_Exchange] = []
    for line in lines:
        if line.startswith("$ "):
            exchanges.append(_Exchange([line], [], "", ""))
        elif not exchanges:
            return  # no prompt where one would be: nothing is known of these lines
        elif not exchanges[-1].output and line.startswith(">"):
            exchanges[-1].command.append(line)
        elif not exchanges[-1].output and exchanges[-1].command[-1].endswith("\\"):
            exchanges[-1].command.append(f"> {line}")
        else:
            exchanges[-1].output.append(line)
    yield from exchanges


def _html(exchange: _Exchange, public: str, words: Strings) -> str:
    timing = f' data-ms="{exchange.milliseconds}" data-exit="{exchange.exit}"' if exchange.exit else ""
    first, *more = exchange.command
    prompt = '<span class="preuve-prompt" aria-hidden="true">{}</span>'
    source = "\n".join([first[2:], *(line[2:] for line in more)])
    command = _highlighted(source, "bash", ()).replace("\n", "\n" + prompt.format("&gt; "))
    output = "\n".join(exchange.output) + "\n" if exchange.output else ""
    shown = _output(source, output, public, words) if output else ""
    return (
        f'<span class="preuve-exchange"{timing}>'
        f'<span class="preuve-command">{prompt.format("$ ")}{command}\n</span>{shown}</span>'
    )


def _output(command: str, output: str, public: str, words: Strings) -> str:
    asked = LEXED.search(command)
    lexer = asked[1] if asked else "text"
    count = output.count("\n")
    long = f' data-long="{escape(words.lines.format(count=count))}"' if count > FOLD_LINES else ""
    marks = spans(output, public)
    return f'<span class="preuve-output"{long}>{_highlighted(output, lexer, marks, words)}</span>'


def _highlighted(text: str, lexer: str, marks: Sequence[Span] = (), words: Strings | None = None) -> str:
    """The text as HTML: its tokens coloured by Pygments, its volatile spans marked."""
    pieces: list[str] = []
    waiting = list(reversed(marks))
    for start, token, value in _tokens(text, lexer):
        at, end = start, start + len(value)
        while at < end:
            mark = waiting[-1] if waiting else None
            if mark is None or end <= mark.start:
                cut = end
            elif at < mark.start:
                cut = mark.start
            else:
                cut = min(end, mark.end)
                if at == mark.start and words:
                    pieces.append(_mark(mark, words))
            pieces.append(_token(token, text[at:cut]))
            if mark and cut == mark.end:
                pieces.append("</span>")
                waiting.pop()
            at = cut
    return "".join(pieces)


def _tokens(text: str, lexer: str) -> Iterable[tuple[int, object, str]]:
    """Pygments' tokens; of plain text the whole, for most outputs are that."""
    return [(0, Text, text)] if lexer == "text" else _lexer(lexer).get_tokens_unprocessed(text)


@cache
def _lexer(name: str) -> Lexer:
    """A lexer, made once: to find it by name takes Pygments longer than to read a command."""
    return get_lexer_by_name(name)


def _mark(mark: Span, words: Strings) -> str:
    what = words.volatile.format(what=words.kinds.get(mark.kind, mark.kind))
    return f'<span class="preuve-mark" data-kind="{mark.kind}" data-note="{escape(what)}">'


def _token(token: object, text: str) -> str:
    name = STANDARD_TYPES.get(token, "")  # type: ignore[call-overload]  # Pygments' stubs know no token type
    return f'<span class="{name}">{escape(text)}</span>' if name else escape(text)


english = Formatter("en").format
french = Formatter("fr").format
"""For a generator without hooks that takes a formatter by its name: ``!!python/name:preuve.fence.french``."""
