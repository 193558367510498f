"""What is wrong, for GitHub: annotations at the lines, and all in words in the step's summary."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.errors import (
    ClusterError,
    CommandError,
    ConfigError,
    DriftError,
    PageError,
    PreuveError,
    StaleError,
    TranscriptError,
)
from preuve.project import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from preuve.project import Project

ORDER = (
    ClusterError,
    ConfigError,
    PageError,
    CommandError,
    DriftError,
    TranscriptError,
    StaleError,
    PreuveError,
)
"""What is serious first: nothing could be played, a page cannot be run, it fails, it is not true any more."""

ANNOTATIONS = 10
"""Those of a step that GitHub shows: 10 errors, says the documentation of workflow commands."""

SUMMARY = 1_000_000
"""Characters of a summary: GitHub takes 1 MiB of a step."""


def tell(errors: Iterable[PreuveError], folder: Path, environment: Mapping[str, str] | None = None) -> None:
    """Tell errors where GitHub runs this, and nothing elsewhere."""
    environment = os.environ if environment is None else environment
    if environment.get("GITHUB_ACTIONS") != "true":
        return
    project = None
    with suppress(PreuveError):  # what is told is perhaps that there is none
        project = find(folder)
    ranked = sorted(errors, key=lambda error: next(n for n, of in enumerate(ORDER) if isinstance(error, of)))
    for error in ranked[:ANNOTATIONS]:
        print(annotation(error, project))
    if summary := environment.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(summary_of(ranked, project))


def annotation(error: PreuveError, project: Project | None) -> str:
    r"""A workflow command that puts an error at its line.

    >>> from preuve.errors import Where
    >>> annotation(PageError("50 %\nof it", Where("a,b.md", 3)), None)
    '::error file=a%2Cb.md,line=3,title=preuve::50 %25%0Aof it'
    """
    message = error.message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    if not error.where:
        return f"::error title=preuve::{message}"
    path = _path(error, project)
    for sign, code in (("%", "%25"), (":", "%3A"), (",", "%2C")):
        path = path.replace(sign, code)
    return f"::error file={path},line={error.where.line},title=preuve::{message}"


def summary_of(errors: Iterable[PreuveError], project: Project | None) -> str:
    """Errors as Markdown."""
    parts = [f"### {_place(error, project)}\n\n{_words(error)}\n" for error in errors]
    text = "\n".join([f"## preuve: {len(parts)} of the things that pages say are wrong\n", *parts])
    return text if len(text) <= SUMMARY else f"{text[:SUMMARY]}\n```\n\nThe rest is in the log.\n"


def in_words(difference: str) -> Iterator[str]:
    r"""A unified diff of what a page shows and what the cluster answered, in sentences.

    >>> print(*in_words("  NAME READY\n- web 1/1\n+ web 0/1\n+ db 1/1"), sep="\n")
    The page shows `web 1/1`, the cluster answered `web 0/1`, `db 1/1`.
    >>> print(*in_words("- web 1/1\n  …\n+ db 1/1"), sep="\n")
    The page shows `web 1/1`, the cluster did not answer that.
    The cluster answered `db 1/1`, the page does not show that.
    """
    lines = [line for line in difference.split("\n") if not line.startswith("      ")]
    for changed, hunk in groupby(lines, key=lambda line: line[:2] in {"- ", "+ "}):
        if not changed:
            continue
        both = list(hunk)
        shown, answered = (
            ", ".join(f"`{line[2:]}`" for line in both if line[0] == sign) for sign in ("-", "+")
        )
        if shown and answered:
            yield f"The page shows {shown}, the cluster answered {answered}."
        elif shown:
            yield f"The page shows {shown}, the cluster did not answer that."
        else:
            yield f"The cluster answered {answered}, the page does not show that."


def _words(error: PreuveError) -> str:
    words = [*in_words(error.difference), ""] if isinstance(error, DriftError) else []
    fence = "`" * max(3, 1 + max((len(run) for run in error.message.split() if set(run) == {"`"}), default=0))
    return "\n".join([*words, f"{fence}text", error.message, fence])


def _place(error: PreuveError, project: Project | None) -> str:
    return f"{_path(error, project)}:{error.where.line}" if error.where else "preuve"


def _path(error: PreuveError, project: Project | None) -> str:
    if not error.where:
        return ""
    return project.in_repository(error.where.path) if project else error.where.path
