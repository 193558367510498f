"""A run: when each page was played, beside which others, and how long the cluster took to be there.

The last whole one stands in ``transcripts/run.json``, a line a page, with a line for each that stood there
before. It is written again only when a page's outcome changed, so that playing twice leaves no trace.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from preuve import whole
from preuve.errors import TranscriptError, Where
from preuve.transcript import HEAD, MOMENT, misnamed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = 1

LONGEST = 7 * 24 * 3600.0
"""Seconds of a run: its pages' tokens last no longer."""

MANY = 1_000_000
"""Pages that no run has."""

KEPT = 30
"""Earlier runs on record: about what a season of changes comes to, and a table that can still be read."""


PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~/-]*")
"""What images, Debian packages and their versions are called (Debian policy, 5.6): no markup can be in it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A page's, from the making of its namespace to its end."""

    page: str
    began: float
    """Seconds after the run did."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is kept of a run when another one takes its place."""

    started: datetime
    """In UTC, to the second."""
    version: str
    """The server's."""
    pages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """Pages played side by side."""

    started: datetime
    """In UTC, to the second."""
    version: str
    """The server's: ``v1.37.2``."""
    cluster: float
    """Seconds until the cluster could be used; next to none where it was there already."""
    turns: tuple[Turn, ...]
    """In the order in which they began."""
    images: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What our own images were made of: ``{"redis:7.0.15": {"redis-server": "5:7.0.15-1~deb12u7"}}``."""
    earlier: tuple[Earlier, ...] = ()
    """Those on record before it, the last one first."""

    @property
    def pages(self) -> frozenset[str]:
        """Those that were played."""
        return frozenset(turn.page for turn in self.turns)

    @property
    def seconds(self) -> float:
        """From the first wish for a cluster to the end of the last page."""
        return max((turn.began + turn.seconds for turn in self.turns), default=self.cluster)

    @property
    def summary(self) -> Earlier:
        """What is kept of it."""
        return Earlier(self.started, self.version, len(self.turns), round(self.seconds, 1))

    def after(self, last: Run | None) -> Run:
        """This run, which remembers the last one and those that it remembered."""
        return replace(self, earlier=(last.summary, *last.earlier)[:KEPT]) if last else self


def dump(run: Run) -> str:
    r"""The run as the text of its file.

    >>> print(dump(Run(datetime(2026, 11, 26, tzinfo=UTC), "v1.37.2", 8.25, (Turn("a.md", 8.3, 2),))), end="")
    {
    "preuve-run": 1,
    "started": "2026-11-26T00:00:00Z",
    "kubernetes": "v1.37.2",
    "cluster": 8.2,
    "pages": {
    "a.md": [8.3, 2.0]
    }
    }
    """
    head = {
        "preuve-run": FORMAT,
        "started": run.started.strftime(MOMENT),
        "kubernetes": run.version,
        "cluster": round(run.cluster, 1),
    }
    pages = [
        f"{json.dumps(turn.page, ensure_ascii=False)}: [{turn.began:.1f}, {turn.seconds:.1f}]"
        for turn in run.turns
    ]
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    if run.images:
        made = [f"{json.dumps(name)}: {json.dumps(versions)}" for name, versions in run.images.items()]
        lines.append('"images": {\n' + ",\n".join(made) + "\n}")
    if run.earlier:
        rows = [
            f'["{each.started.strftime(MOMENT)}", {json.dumps(each.version)}, {each.pages:d}, '
            f"{each.seconds:.1f}]"
            for each in run.earlier
        ]
        lines.append('"earlier": [\n' + ",\n".join(rows) + "\n]")
    lines.append('"pages": {\n' + ",\n".join(pages) + "\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read(path: Path, name: str) -> Run | None:
    """Read back what `dump` wrote, in a file that messages call `name`; None if there is none.

    Raises:
        TranscriptError: it is not a run of this format.
    """
    try:
        return _loaded(whole.text(path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise TranscriptError(
            f"this record of the last run cannot be read ({error}): "
            "delete it, and the next play of all pages writes it",
            Where(name, 1),
        ) from None


def _loaded(text: str) -> Run:
    record = json.loads(text)
    if record["preuve-run"] != FORMAT:
        raise ValueError(f"this preuve reads format {FORMAT}")
    pages = record["pages"].items()
    turns = tuple(Turn(page, _seconds(began), _seconds(seconds)) for page, (began, seconds) in pages)
    if wrong := next(filter(misnamed, record["pages"]), ""):
        raise ValueError(f"{wrong!r} is no page's name")
    started, version = _head(record["started"], record["kubernetes"])
    images = record.get("images", {})
    for image, versions in images.items():
        if wrong := [name for name in (image, *versions, *versions.values()) if not PLAIN.fullmatch(name)]:
            raise ValueError(f"{wrong[0]!r} is no image's or package's")
    earlier = tuple(
        Earlier(*_head(moment, server), _count(count), _seconds(seconds))
        for moment, server, count, seconds in record.get("earlier", [])
    )
    run = Run(started, version, _seconds(record["cluster"]), turns, images, earlier)
    if dump(run) != text:
        raise ValueError("preuve writes it otherwise")
    return run


def _head(started: str, version: str) -> tuple[datetime, str]:
    for name, value in (("kubernetes", version), ("played", started)):
        if not re.fullmatch(HEAD[name], value, re.ASCII):
            raise ValueError(f"{value!r}")
    return datetime.strptime(started, MOMENT).replace(tzinfo=UTC), version


def _count(value: int) -> int:
    if not 0 <= value < MANY:
        raise ValueError("so many pages were never played")
    return value


def _seconds(value: float) -> float:
    if not 0 <= float(value) <= LONGEST:  # NaN is not, either, which JSON as Python reads it may contain
        raise ValueError(f"{value} s is no duration")
    return float(value)


def write(path: Path, run: Run) -> None:
    """Write a run to its file, whole or not at all.

    Raises:
        TranscriptError: the disk refuses.
    """
    try:
        whole.write(path, dump(run))
    except OSError as error:
        raise TranscriptError(f"{path} cannot be written: {error.strerror}") from None
