"""A word of the glossary is explained once a page, where it first stands in the text.

Everywhere it would be noise. In a link its line would be another one's; a title stands out by itself, and a
glossary explains its words beneath.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from course import ENGLISH

if TYPE_CHECKING:
    from mkdocs.structure.pages import Page

TERM = re.compile(r'<abbr title="[^"]*">(.*?)</abbr>')
NOT_TEXT = re.compile(r"<(h[1-6]|a|dt|summary)\b[^>]*>.*?</\1>", re.DOTALL)


def on_page_content(content: str, /, *, page: Page, **_: object) -> str:
    """Keep the first `abbr` of each word; on an English page none."""
    if page.file.src_uri.startswith(ENGLISH):
        return TERM.sub(r"\1", content)
    return first_only(content)


def first_only(content: str) -> str:
    """The HTML with one `abbr` a word, singular or plural, and none where it would be in the way.

    >>> word = '<abbr title="x">Pod</abbr>'
    >>> first_only(f'<h2>{word}</h2>{word} et <abbr title="y">Pods</abbr>')
    '<h2>Pod</h2><abbr title="x">Pod</abbr> et Pods'
    """
    seen: set[str] = set()

    def kept(found: re.Match[str]) -> str:
        word = found[1].lower().removesuffix("s")
        new = word not in seen
        seen.add(word)
        return found[0] if new else found[1]

    return TERM.sub(kept, NOT_TEXT.sub(lambda part: TERM.sub(r"\1", part[0]), content))
