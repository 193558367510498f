"""A word of the glossary is explained once a page, where it first stands; everywhere it would be noise."""

from __future__ import annotations

import re

TERM = re.compile(r'<abbr title="([^"]*)">(.*?)</abbr>')


def on_page_content(content: str, /, **_: object) -> str:
    """Keep the first `abbr` of each explanation."""
    return first_only(content)


def first_only(content: str) -> str:
    """The HTML with one `abbr` an explanation.

    >>> first_only('<abbr title="x">Pod</abbr> et <abbr title="x">Pod</abbr>')
    '<abbr title="x">Pod</abbr> et Pod'
    """
    seen: set[str] = set()

    def kept(found: re.Match[str]) -> str:
        new = found[1] not in seen
        seen.add(found[1])
        return found[0] if new else found[2]

    return TERM.sub(kept, content)
