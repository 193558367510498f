"""Whether what somebody typed is what a cluster answers, by meaning.

Both are compared in their canonical form (`preuve.meaning`). What is chance in the answer may be anything in
what was typed; an elision, or a placeholder to fill in, stands for anything in the answer.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GAP = re.compile(
    r"\W*(?:\.\.\.|…)\W*"
    r"|\W*(?:snip|snipped|omitted|truncated|output (?:omitted|truncated))\W*"
    r"|[#(<\[{]*\s*(?:\.\.\.|…)[^\"':]*(?:\.\.\.|…)?\s*[>)\]}]*",
    re.IGNORECASE,
)
"""A line that stands for any number of lines."""
_WILD = re.compile(
    r"\.\.\.|…|<(?!none>|unset>|unknown>|invalid>|nil>|pending>|no value>)[a-zA-Z][\w .:/-]*>"
    r"|\bx{3,}\b|\bX{2,}\b|‹\w[\w-]*›"
)
"""What stands for anything, in a typed line."""
_CHANCE = re.compile(r"‹(?P<kind>[\w-]+)›|<pending>")
_NUMBERED = re.compile(r"(‹[a-z-]+?)-?\d+›")
_VERSION = re.compile(r"\bv1\.\d+\.\d+(?:[+-][\w.+-]+)?")
_SPACED = frozenset({"time", "duration", "age", "machine"})
"""Kinds whose values may have spaces in them."""


class Difference(NamedTuple):
    """Where the two part."""

    typed: int
    """Which line of what was typed, from 0: the first not answered, or before which one is missing."""
    lines: tuple[str, ...]
    """A diff: what is the same after ``  ``, typed alone after ``- ``, answered alone after ``+ ``."""


def difference(
    typed: Sequence[str], answered: Sequence[str], raw: Sequence[str], *, loose: bool = False
) -> Difference | None:
    """Where a typed output is not what was answered; None if it is.

    Args:
        typed: its canonical lines.
        answered: those of the answer.
        raw: the lines as they were typed.
        loose: the page says that it is a part: more may be answered than was typed.

    >>> difference(["NAME AGE", "web ‹age›"], ["NAME AGE", "web ‹age›"], [])
    >>> difference(["NAME", "...", "db"], ["NAME", "api", "web", "db"], [])
    >>> difference(["web 1/1"], ["web 0/1"], ["web   1/1"])
    Difference(typed=0, lines=('- web 1/1', '+ web 0/1'))
    """
    mine = [_plain(line) for line in typed]
    gaps = {number - sum(map(_is_gap, mine[:number])) for number, line in enumerate(mine) if _is_gap(line)}
    mine = [line for line in mine if not _is_gap(line)]
    theirs = [_plain(line) for line in answered]
    lines, first, differs = [], len(mine), False
    i = j = 0
    for one, other in (*_pairs(mine, theirs), (len(mine), len(theirs))):
        skipped = not loose and not gaps.intersection(range(i, one + 1)) and other > j
        if one > i or skipped:
            first, differs = min(first, i), True
            lines += [f"- {line}" for line in mine[i:one]]
            lines += [f"+ {line}" for line in theirs[j:other]] if skipped or one > i else []
        if one < len(mine):
            lines.append(f"  {mine[one]}")
        i, j = one + 1, other + 1
    if not differs:
        return None
    return Difference(_place(mine[first] if first < len(mine) else "", raw), tuple(_context(lines)))


def _plain(line: str) -> str:
    """A canonical line without what is chance elsewhere: numbers of names, versions, ports."""
    line = _VERSION.sub("‹release›", _NUMBERED.sub(r"\1›", line))
    return re.sub(r"(?<=‹address›):(?:443|6443|8443)\b", ":443", line).rstrip()


def _is_gap(line: str) -> bool:
    return bool(line.strip()) and bool(GAP.fullmatch(line.strip()))


class _Line(NamedTuple):
    """A line to be matched with many: read once."""

    text: str
    """With one space where there are several."""
    pattern: re.Pattern[str] | None
    """What it stands for; None where that is its own text alone."""

    @staticmethod
    def of(line: str, wild: re.Pattern[str]) -> _Line:
        text = " ".join(line.split())
        return _Line(text, re.compile(_pattern(text, wild)) if wild.search(text) else None)


def _match(typed: _Line, answered: _Line) -> bool:
    """Whether one line says what the other does.

    >>> def match(typed, answered):
    ...     return _match(_Line.of(typed, _WILD), _Line.of(answered, _CHANCE))
    >>> match("web-1564180365-khku8 1/1", "web-‹hash›-‹pod› 1/1"), match("IP: <pod-ip>", "IP: ‹ip›")
    (True, True)
    >>> match("web 1/1", "web 0/1"), match("Error from server: x...", "Error from server: xyz")
    (False, True)
    """
    return bool(
        typed.text == answered.text
        or (answered.pattern and answered.pattern.fullmatch(typed.text))
        or (typed.pattern and typed.pattern.fullmatch(answered.text))
    )


def _pattern(line: str, wild: re.Pattern[str]) -> str:
    parts, at = [], 0
    for match in wild.finditer(line):
        kind = match.groupdict().get("kind")
        chance = match[0].startswith("‹") or kind
        name = match[0].strip("‹›")
        parts += [re.escape(line[at : match.start()]), r"\S+?" if chance and name not in _SPACED else ".*?"]
        at = match.end()
    return "".join([*parts, re.escape(line[at:])])


def _pairs(mine: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The lines that go together, in order: as many as there can be."""
    answered = [_Line.of(line, _CHANCE) for line in theirs]
    same = [[_match(one, other) for other in answered] for one in (_Line.of(line, _WILD) for line in mine)]
    best = [[0] * (len(theirs) + 1) for _ in range(len(mine) + 1)]
    for i in reversed(range(len(mine))):
        for j in reversed(range(len(theirs))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + 1 if same[i][j] else 0)
    i = j = 0
    while i < len(mine) and j < len(theirs):
        if same[i][j] and best[i][j] == best[i + 1][j + 1] + 1:
            yield i, j
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1


def _place(line: str, raw: Sequence[str]) -> int:
    """Which of the typed lines became this canonical one."""
    likeness = [SequenceMatcher(None, " ".join(each.split()), line).ratio() for each in raw]
    return likeness.index(max(likeness)) if line and likeness else max(0, len(raw) - 1)


def _context(lines: Sequence[str]) -> Iterator[str]:
    """A diff with two lines around what differs."""
    near = {number + by for number, line in enumerate(lines) if line[0] != " " for by in range(-2, 3)}
    for number, line in enumerate(lines):
        if number in near:
            yield line
        elif number == 0 or number - 1 in near:
            yield "  …"
