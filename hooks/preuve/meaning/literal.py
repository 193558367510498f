"""What a page spells out is literal: it is compared as it is, whatever it looks like."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from preuve.meaning.kinds import BY_PLACE, LIFETIME, Kind, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(r"\w+")


def spells(public: str, value: str) -> bool:
    """Whether a page spells a value out, and not only something that it is a part of.

    >>> spells("nodePort: 31000", "31000"), spells("nodePort: 310001", "31000")
    (True, False)
    """
    return value in public and bool(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", public))


def left(span: Span, text: str, public: str) -> Iterator[Span]:
    """What is left of a span without what the page spells out; of a moment, that may be its time of day.

    >>> text = "since 2026-11-23 09:20:00"
    >>> [part.of(text) for part in left(Span(6, 25, Kind.TIME), text, "at 09:20:00")]
    ['2026-11-23']
    """
    if span.kind == Kind.TIME and " " in span.of(text):
        words = [
            Span(span.start + word.start(), span.start + word.end(), span.kind)
            for word in re.finditer(r"\S+", span.of(text))
        ]
        kept = [word for word in words if not spells(public, word.of(text))]
        if any(":" in word.of(text) for word in {*words}.difference(kept)):
            yield from kept
            return
    if not _literal(span, text, public):
        yield span


def _literal(span: Span, text: str, public: str) -> bool:
    """Whether a page spells out what a span is.

    A generated name may go on: `web-x7k2p` is spelled out in `web-x7k2p-0` too. What is chance by its place,
    as an age in its column, could also be a word of the page: it counts as spelled out only together with
    the words beside it.
    """
    what = span.of(text)
    word = _WORD.search(what)
    if word and word[0] not in public:  # the common case, and the quickest
        return False
    if span.kind in {Kind.POD, Kind.HASH}:
        before = re.search(r"[\w-]*\Z", text[max(0, span.start - 253) : span.start])
        after = re.match(r"[\w-]*", text[span.end : span.end + 253])
        name = f"{before[0] if before else ''}{what}"
        return spells(public, name) or spells(public, f"{name}{after[0] if after else ''}")
    if _by_place(span, text):
        start, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end) % (len(text) + 1)
        words = [
            *_WORD.findall(text, start, span.start)[-1:],
            *_WORD.findall(what),
            *_WORD.findall(text, span.end, end)[:1],
        ]
        return f" {' '.join(words)} " in _words(public)
    return spells(public, what)


@lru_cache(maxsize=4)
def _words(public: str) -> str:
    return f" {' '.join(_WORD.findall(public))} "


def _by_place(span: Span, text: str) -> bool:
    """Whether a span is chance because of where it stands: by its look it could be any word of a page."""
    match span.kind:
        case Kind.DURATION:
            return bool(re.fullmatch(LIFETIME, span.of(text)))
        case Kind.NODE:
            return span.of(text).isalpha() or text.endswith("ttl=", 0, span.start)
        case Kind.RANDOM:
            return text.endswith("@if", 0, span.start)
        case _:
            return span.kind in BY_PLACE
