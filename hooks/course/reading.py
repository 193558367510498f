"""The time that a page takes to read, under its title."""

from __future__ import annotations

import re
from html.parser import HTMLParser

WORDS_A_MINUTE = 200
"""A careful reader of a technical text; silent reading of French prose is about 195 words a minute for adults
(Trauzettel-Klosinski and Dietz, « Standardized Assessment of Reading Performance », 2012)."""
SECONDS_A_BLOCK = 20
"""To look at a command and its answer. A guess; nobody reads an output word by word."""


class Prose(HTMLParser):
    """Counts the words outside code, and the blocks of code."""

    def __init__(self) -> None:
        super().__init__()
        self.words = 0
        self.blocks = 0
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "pre":
            self.blocks += 1
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.words += len(re.findall(r"\w+", data))


def minutes(content: str) -> int:
    """How long a page takes.

    >>> minutes("<p>" + "mot " * 590 + "</p><pre>une sortie</pre>")
    3
    """
    prose = Prose()
    prose.feed(content)
    return max(1, round(prose.words / WORDS_A_MINUTE + prose.blocks * SECONDS_A_BLOCK / 60))


def on_page_content(content: str, /, **_: object) -> str:
    """Say it under the title; a page that takes a minute or two says nothing."""
    time = minutes(content)
    line = f'</h1>\n<p class="reading-time">{time} minutes de lecture</p>'
    return content.replace("</h1>", line, 1) if time > 2 else content
