"""What is wrong, as GitLab's code quality report, which is Code Climate's JSON."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

from preuve.errors import DriftError, StaleError, TranscriptError

if TYPE_CHECKING:
    from preuve.errors import PreuveError
    from preuve.show.edition import Edition

SEVERITIES = {DriftError: "major", TranscriptError: "major", StaleError: "minor"}
"""Of those that are less than critical: a page that cannot be played says nothing at all."""


def report(edition: Edition) -> str:
    """The edition's errors as a JSON array; empty if there is none.

    What has no place is told at mkdocs.yml, since GitLab shows nothing without one.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    return json.dumps(
        [_issue(error, edition, seen) for error in edition.errors], indent=1, ensure_ascii=False
    )


def _issue(error: PreuveError, edition: Edition, seen: Counter[tuple[str, ...]]) -> dict[str, object]:
    path, line = (
        (error.where.path, error.where.line) if error.where else (edition.project.configuration.name, 1)
    )
    kind = type(error).__name__
    lines = error.message.split("\n")
    about = (path, kind, *lines[: 1 + isinstance(error, DriftError)])  # what is below is perhaps chance
    seen[about] += 1
    return {
        "description": error.message,
        "check_name": f"preuve/{kind}",
        "fingerprint": hashlib.sha256(repr((about, seen[about])).encode()).hexdigest(),
        "severity": SEVERITIES.get(type(error), "critical"),
        "location": {"path": edition.project.in_repository(path), "lines": {"begin": line}},
    }
