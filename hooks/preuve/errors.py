"""What can go wrong in a way that a person can mend.

PreuveError
├── PageError         a page is written in a way that cannot be run
├── CommandError      a command did not end as the page says it should
├── DriftError        a page no longer says what the cluster answers
├── TranscriptError   a transcript cannot be read
├── StaleError        a page has no current transcript, and nothing may be played
├── ConfigError       mkdocs.yml, an option or a variable says something that does not fit
└── ClusterError      the cluster cannot be had, or was lost

``exit_code`` is what the command line exits with: 1 when a page is wrong, 2 when the usage or the machine is.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from preuve.transcript import Transcript


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file; its text is ``file:line``.

    >>> str(Where("pods/index.md", 12))
    'pods/index.md:12'
    """

    path: str
    """As a person names the file: a page from docs/, any other file from the project."""
    line: int
    """From 1, front matter included."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class PreuveError(Exception):
    """Something a person can mend.

    Args:
        message: one sentence that names the value, then the remedy; more lines for details.
        where: the place to look at, if there is one.
    """

    exit_code: int = 1

    def __init__(self, message: str, where: Where | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    @property
    def each(self) -> Sequence[PreuveError]:
        """The errors that it is made of: itself, unless it is `Problems`."""
        return (self,)


class PageError(PreuveError):
    """A page is written in a way that cannot be run."""


class CommandError(PreuveError):
    """A command did not end as the page says it should."""

    output: str = ""
    """What it had printed when it was stopped, secrets and all: whoever tells it masks it first."""
    ran: bool = False
    """It ran, and is the last of `attempt`; else it was not even begun."""
    exit: int | None = None
    """Its exit code; none if it was killed because it took too long."""
    attempt: Transcript | None = None
    """The page up to here, to be shown and never stored."""


class DriftError(PreuveError):
    """A page no longer says what the cluster answers."""

    difference: str = ""
    """What the page shows and what the cluster answered, as `preuve.meaning.compare.diff` has it."""
    cause: str = ""
    """Why, as `preuve.meaning.cause.Cause` has it."""


class TranscriptError(PreuveError):
    """A transcript cannot be read."""


class StaleError(PreuveError):
    """A page has no current transcript, and nothing may be played."""


class ConfigError(PreuveError):
    """mkdocs.yml, an option or a variable says something that does not fit."""

    exit_code = 2


class ClusterError(PreuveError):
    """The cluster cannot be had, or was lost."""

    exit_code = 2


class TakenError(ClusterError):
    """One page cannot have its namespace; the others can have theirs."""


class Problems(PreuveError):  # noqa: N818 - it is many of them
    r"""Several errors told at once, in the order of their places.

    >>> str(Problems([PageError("b", Where("p.md", 2)), PageError("a", Where("p.md", 1))]))
    'p.md:1: a\np.md:2: b'
    """

    def __init__(self, errors: Iterable[PreuveError]) -> None:
        self._each = sorted(errors, key=lambda e: (e.where is None, e.where or Where("", 0)))
        super().__init__("\n".join(map(str, self._each)))
        # The worst of them: a machine that cannot play says nothing about the pages.
        self.exit_code = max((error.exit_code for error in self._each), default=1)

    @property
    def each(self) -> Sequence[PreuveError]:
        """Those that it is made of."""
        return self._each


class ClusterProblems(Problems, ClusterError):  # noqa: N818 - it is many of them
    """Several things for which the cluster cannot be had: to whoever awaits a `ClusterError`, it is one.

    >>> try:
    ...     raise_all([ClusterError("no nft"), ClusterError("no root")])
    ... except ClusterError as error:
    ...     print(error, error.exit_code)
    no nft
    no root 2
    """


def raise_all(errors: list[PreuveError]) -> None:
    """Raise nothing, the one error, or all as `Problems`; as `ClusterProblems` if all are of its kind."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise (ClusterProblems if all(isinstance(e, ClusterError) for e in errors) else Problems)(errors)


MANY = 12
"""Names that a person can look through; of more, the nearest is told alone."""


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """A sentence that refuses a name, and says which exist, the nearest first or alone.

    >>> unknown("page 'a.md'", "a.md", ["b/a.md"])
    "unknown page 'a.md': did you mean 'b/a.md'? known: b/a.md"
    >>> unknown("page 'a.md'", "a.md", [])
    "unknown page 'a.md': there is none"
    """
    known = sorted(known)
    if not known:
        return f"unknown {what}: there is none"
    near = difflib.get_close_matches(name, known, n=1)
    if near and len(known) > MANY:
        return f"unknown {what}: did you mean {near[0]!r}?"
    meant = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {what}: {meant}known: {', '.join(known)}"
