"""The options of a `console` fence, each with its name, its default and what it may be.

A new one is a field of `Options`, and code that obeys it: in `preuve.play.session` (`Session.run`), in
`preuve.play.actions`, in `preuve.page.script`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from preuve.errors import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DECORATION = frozenset({"title", "hl_lines", "linenums", "title_mode"})
"""What superfences itself understands on a fence; it changes how the fence looks, not what it does."""

DURATION = re.compile(r"(?P<number>\d{1,9}(?:\.\d{1,9})?)(?P<unit>ms|s|m)", re.ASCII)
LONGEST = 24 * 3600.0
"""Seconds that a command may take at most: a page's token lasts for seven days."""
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def _exit(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) > 255:
        raise ValueError("an exit code is a number from 0 to 255")
    return int(text)


def _switch(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise ValueError("write yes or no")
    return text == "yes"


def _duration(text: str) -> float:
    """Seconds.

    >>> _duration("1.5s"), _duration("2m"), _duration("300ms")
    (1.5, 120.0, 0.3)
    """
    match = DURATION.fullmatch(text)
    seconds = float(match["number"]) * UNITS[match["unit"]] if match else 0.0
    if not 0.001 <= seconds <= LONGEST:
        raise ValueError("write a duration such as 500ms, 30s or 2m, of a day at most")
    return seconds


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if not text:
        raise ValueError("an empty pattern would match at once")
    return text


def _listed(text: str, separator: str) -> tuple[str, ...]:
    """What a text lists.

    >>> _listed("unknown field | strict decoding", "|")
    ('unknown field', 'strict decoding')
    """
    found = tuple(word for part in text.split(separator) if (word := part.strip()))
    if not found:
        raise ValueError(f"name one, or several with `{separator}` between them")
    return found


def _as(read: Callable[[str], object], *, shown: bool = False) -> Mapping[str, object]:
    """How an option's value is read; with `shown`, no outcome depends on it, so it is in no page's key."""
    return {"read": read, "shown": shown}


@dataclass(frozen=True, slots=True)
class Options:
    """What an author writes on a `console` fence."""

    exit: int = field(default=0, metadata=_as(_exit))
    """The exit code wanted from each command."""
    exec: bool = field(default=True, metadata=_as(_switch, shown=True))  # what is not run is no action
    """Run; otherwise only shown, and marked so."""
    why: str = field(default="", metadata=_as(str, shown=True))
    """Why it is not run, in the words of the page's readers."""
    hidden: bool = field(default=False, metadata=_as(_switch, shown=True))
    """Run without being shown."""
    timeout: float = field(default=60.0, metadata=_as(_duration))
    """Limit for each command, and for settling before it, in seconds."""
    settle: bool = field(default=True, metadata=_as(_switch))
    """Wait for the namespace to be at rest before a command that reads."""
    until: str = field(default="", metadata=_as(_pattern))
    """Regular expression: stop the command after the output line that it matches; empty to let it end."""
    tty: bool = field(default=False, metadata=_as(_switch))
    """Run under a pseudo-terminal."""
    columns: tuple[str, ...] = field(default=(), metadata=_as(lambda text: _listed(text, ","), shown=True))
    """The columns of an answer that the lesson speaks of: they stay in sight on a phone."""
    hl: tuple[str, ...] = field(default=(), metadata=_as(lambda text: _listed(text, "|"), shown=True))
    """The words of an answer that the lesson speaks of."""

    @property
    def failure(self) -> bool:
        """The lesson wants each command to fail. One that `until` stops has no exit code of its own."""
        return bool(self.exit) and not self.until

    def asked(self) -> dict[str, object]:
        """The options on which an outcome depends, as far as they differ from their default.

        >>> Options(exit=1, hidden=True).asked()
        {'exit': 1}
        """
        asked = (each for each in fields(self) if not each.metadata.get("shown"))
        values = ((each, getattr(self, each.name)) for each in asked)
        return {each.name: value for each, value in values if value != each.default}


DEFAULT = Options()


def read(written: Mapping[str, str]) -> tuple[Options, list[str]]:
    """The options of a fence's header.

    Returns:
        The options that can be read, and all that is wrong.

    >>> read({"exit": "1", "title": "A failure", "tty": "1"})[1]
    ["tty='1': write yes or no"]
    """
    known = {each.name: each.metadata["read"] for each in fields(Options)}
    values: dict[str, Any] = {}  # each as its field says, since its field reads it
    problems = []
    for name, text in written.items():
        try:
            if name in known:
                values[name] = known[name](text)
            elif name not in DECORATION and not name.startswith("data-"):
                problems.append(unknown(f"option {name!r} of a console fence", name, known))
        except ValueError as error:
            problems.append(f"{name}={text!r}: {error}")
    if "why" in values and values.get("exec", True):
        problems.append("why= tells why a fence is not run, and this one is: add exec=no")
    if values.get("hidden") and not values.get("exec", True):
        problems.append("hidden=yes shows nothing and exec=no runs nothing: leave out one of them")
    return Options(**values), problems
