"""What a page spells out is literal: it is compared as it is, whatever it looks like."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from preuve.meaning.chance import BY_PLACE, LIFETIME, Chance, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(r"\w+")
_CLOCK = re.compile(r"(?<!\d)\d\d:\d\d:\d\d(?!\d)")
_OF_A_MOMENT = re.compile(r"[^\s:TZ](?:\S*[^\s:TZ])?")
"""A word of what stands around the time of day; not what only parts the two, nor what says that it is UTC."""


def spells(public: str, value: str) -> bool:
    """Whether a page spells a value out, and not only something that it is a part of.

    >>> spells("nodePort: 31000", "31000"), spells("nodePort: 310001", "31000")
    (True, False)
    """
    return value in public and bool(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", public))


def left(span: Span, text: str, public: str) -> Iterator[Span]:
    """What is left of a span without what the page spells out; of a moment, that may be its time of day.

    >>> text = "since 2026-11-23 09:20:00"
    >>> [part.of(text) for part in left(Span(6, 25, Chance.TIME), text, "at 09:20:00")]
    ['2026-11-23']
    """
    if _literal(span, text, public):
        return
    clock = _CLOCK.search(text, span.start, span.end) if span.kind == Chance.TIME else None
    if not clock or not _tells(public, clock[0]):
        yield span
        return
    for start, end in ((span.start, clock.start()), (clock.end(), span.end)):
        for word in _OF_A_MOMENT.finditer(text, start, end):
            if not _tells(public, word[0]):
                yield Span(*word.span(), span.kind)


def _tells(public: str, part: str) -> bool:
    """Whether a page spells out a part of a moment: what is around it may have been written otherwise."""
    return part in public and bool(re.search(rf"(?<!\d){re.escape(part)}(?!\d)", public))


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
    if span.kind in {Chance.POD, Chance.HASH}:
        before = re.search(r"[\w-]*\Z", text[max(0, span.start - 253) : span.start])
        after = re.match(r"[\w-]*", text[span.end : span.end + 253])
        head, tail = (beside[0] if beside else "" for beside in (before, after))
        own = f"{head.rpartition('_')[2]}{what}"  # names have no `_`, which parts them
        names = (own, f"{own}{tail.partition('_')[0]}", f"{head}{what}", f"{head}{what}{tail}")
        return any(spells(public, name) for name in names)
    if _by_place(span, text):
        start, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end) % (len(text) + 1)
        beside = _WORD.findall(text, start, span.start)[-1:], _WORD.findall(text, span.end, end)[:1]
        if span.kind == Chance.COUNT and not any(beside):
            return False  # `wc -l` has counted it, whatever other number of the page it is
        return f" {' '.join([*beside[0], *_WORD.findall(what), *beside[1]])} " in _words(public)
    if span.kind in {Chance.IP, Chance.ADDRESS}:
        what = what.replace("-", ".")  # as in the name of a Pod
        if text.startswith(".in-addr.arpa", span.end):
            what = ".".join(reversed(what.split(".")))
    return spells(public, what)


@lru_cache(maxsize=4)
def _words(public: str) -> str:
    return f" {' '.join(_WORD.findall(public))} "


def _by_place(span: Span, text: str) -> bool:
    """Whether a span is chance because of where it stands: by its look it could be any word of a page."""
    match span.kind:
        case Chance.DURATION:
            return bool(re.fullmatch(LIFETIME, span.of(text)))
        case Chance.NODE:
            return span.of(text).isalpha() or text.endswith("ttl=", 0, span.start)
        case Chance.RANDOM:
            return text.endswith("@if", 0, span.start)
        case _:
            return span.kind in BY_PLACE
