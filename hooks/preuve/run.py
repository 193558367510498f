"""A run: when each page was played, beside which others, and how long the cluster took to be there.

The last whole one stands in ``transcripts/run.json``, a line a page. It is written again only when a page's
outcome changed, so that playing twice leaves no trace.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from preuve.errors import TranscriptError, Where
from preuve.transcript import MOMENT

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1

LONGEST = 7 * 24 * 3600.0
"""Seconds of a run: its pages' tokens last no longer."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A page's, from the making of its namespace to its end."""

    page: str
    began: float
    """Seconds after the run did."""
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

    @property
    def pages(self) -> frozenset[str]:
        """Those that were played."""
        return frozenset(turn.page for turn in self.turns)

    @property
    def seconds(self) -> float:
        """From the first wish for a cluster to the end of the last page."""
        return max((turn.began + turn.seconds for turn in self.turns), default=self.cluster)


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
    lines.append('"pages": {\n' + ",\n".join(pages) + "\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read(path: Path, name: str) -> Run | None:
    """Read back what `dump` wrote; None if there is no such file.

    Args:
        path: of the file.
        name: for messages.

    Raises:
        TranscriptError: it is not a run of this format.
    """
    try:
        return _loaded(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TranscriptError(
            f"this record of the last run cannot be read ({error}): "
            "delete it, and the next play of all pages writes it",
            Where(name, 1),
        ) from None


def _loaded(told: Any) -> Run:  # noqa: ANN401 - JSON
    if told["preuve-run"] != FORMAT:
        raise ValueError(f"this preuve reads format {FORMAT}")
    pages = told["pages"].items()
    turns = tuple(Turn(page, _seconds(began), _seconds(seconds)) for page, (began, seconds) in pages)
    started = datetime.strptime(told["started"], MOMENT).replace(tzinfo=UTC)
    return Run(started, str(told["kubernetes"]), _seconds(told["cluster"]), turns)


def _seconds(told: float) -> float:
    if not 0 <= float(told) <= LONGEST:  # NaN is not, either, which JSON as Python reads it may contain
        raise ValueError(f"{told} s is no duration")
    return float(told)


def write(path: Path, run: Run) -> None:
    """Write a run to its file, whole or not at all.

    Raises:
        TranscriptError: the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.write_text(dump(run), encoding="utf-8")
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise TranscriptError(f"{path} cannot be written: {error.strerror}") from None
