r"""The prose of a page: what a person wrote to be read, with the rest of the Markdown blanked out.

What comes back is as long as the page and has its lines, so that a place in the one is a place in the other.
Code becomes `HIDDEN`, which is read with the prose, as a noun is; addresses and marks of Markdown that look
like punctuation become `SYNTAX`, which no reader sees. A diagram is code, but its title, its description and
its labels are prose.

>>> prose("Le code `x: 1` [d’ici](a.md) : oui.\n").replace(HIDDEN, "#").replace(SYNTAX, "~")
'Le code ###### ~d’ici~~~~~~~ : oui.\n'
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from preuve.page import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

HIDDEN = "\ufffc"
SYNTAX = "\u200b"

_WHOLE = re.compile(
    r"\A\ufeff?---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$|(?<=[^\n])(?P<amid><!--[^\n]*?-->)|<!--.*?-->",
    re.DOTALL | re.MULTILINE,
)
"""The front matter, and comments; one amid a line stands for what a hook writes there."""
_LABEL = re.compile(
    r'^[ ]*acc(?:Title|Descr)[ ]*:[ ]*(?P<said>.*)|"(?P<label>[^"\n]*)"|\|(?P<edge>[^|"\n]*)\|', re.MULTILINE
)
"""In a diagram: what it is called, what it says, what is written in it."""
_HIDDEN = re.compile(
    r"(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)|\bhttps?://[^\s)>\]]+|\b[a-z][a-z-]*:\d[\w.]*"
)
"""Inline code, addresses, images with their version."""
_SYNTAX = re.compile(
    r"""</?[a-zA-Z][^>\n]*> | &\#?\w+;                 # tags, entities
    | ^[ ]*(?:!!!|\?{3}\+?|===[!+]*)(?:[ ][\w-]+)*     # what opens an admonition, details, a tab
    | ^[ ]*\*?\[\^?[^\]\n]+\]:                         # an abbreviation, a footnote, a reference
    | ^[ ]*:(?=[ ])                                    # a definition
    | ^[ ]*\|[ |:-]+\|[ ]*$                            # the rule of a table
    | ^[ ]*-+8<-+.*$                                   # what includes a file
    | \{[ ]*(?:[.:\#]|[\w-]+=)[^}\n]*\}                # attributes
    | !?\[(?=[^\]\n]*\]\() | \]\([^)\n]*\)             # a link, around its text""",
    re.MULTILINE | re.VERBOSE,
)
_TITLE = re.compile(r'^[ ]*(?:!!!|\?{3}\+?|===[!+]*)[ ][^"\n]*(")[^"\n]*(")[ ]*$', re.MULTILINE)


def prose(markdown: str) -> str:
    """The page with all that is not prose blanked out."""
    text = _without_code(markdown)
    for found in _HIDDEN.finditer(text):
        text = _blank(text, *found.span(), HIDDEN)
    for found in [*_SYNTAX.finditer(text), *_TITLE.finditer(text)]:
        for group in range(1, found.re.groups + 1) or (0,):
            text = _blank(text, *found.span(group), SYNTAX)
    return text


def _without_code(markdown: str) -> str:
    text = markdown
    for found in _WHOLE.finditer(markdown):
        text = _blank(text, *found.span(), HIDDEN if found["amid"] else SYNTAX)
    for fence in blocks.parse(markdown, "")[0]:
        at = fence.start
        for start, end in [*_labels(markdown, fence), (fence.end, fence.end)]:
            text, at = _blank(text, at, start, SYNTAX), end
    return text


def _labels(markdown: str, fence: blocks.Block) -> Iterator[tuple[int, int]]:
    """Where the prose of a diagram stands."""
    if fence.language == "mermaid":
        for found in _LABEL.finditer(markdown, fence.start, fence.end):
            yield found.span(found.lastgroup or 0)


def _blank(text: str, start: int, end: int, character: str) -> str:
    """Lines stay lines."""
    blank = "".join(each if each == "\n" else character for each in text[start:end])
    return text[:start] + blank + text[end:]
