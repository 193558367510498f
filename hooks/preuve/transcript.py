"""A transcript: a page, played. One text file a page, to be committed, read and reviewed.

::

    preuve-transcript: 1
    page: pods/index.md
    key: sha256:…
    seal: sha256:…
    kubernetes: v1.37.2
    played: 2026-11-23T09:40:12Z
    seconds: 12.4

    $ kubectl get pods
    | NAME         READY   STATUS    RESTARTS   AGE
    | my-app-pod   1/1     Running   0          2s
    = 0 in 0.041 s

The head is a name and a value a line. After an empty line come the page's actions in order: a command (``$ ``
and its continuation lines after ``> ``) or a drawing (``% `` and what was asked), the lines that came out of
it, each after ``| ``, then its exit code and its duration. The key tells what was asked, the seal is a digest
of what came out: a file that was edited or merged by hand is refused.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.errors import TranscriptError, Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOMENT = "%Y-%m-%dT%H:%M:%SZ"
"""How a time is written, in UTC."""

FORMAT = 1
"""Of the files; a transcript of another format is refused, and its page played again."""

WRITTEN = {"kubernetes": re.compile(r"v\d[\w.+-]*"), "seconds": re.compile(r"\d+\.\d")}
"""What of the head stands on the page, and what it can be: ``v1.36.3+k3s1``, ``12.4``."""

MARKS = frozenset("$%>|=")
"""What the lines of an action begin with; a space follows, if anything does."""

HEAD = ("preuve-transcript", "page", "key", "seal", "kubernetes", "played", "seconds")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked of the cluster, and what it answered."""

    source: str
    """The shell source of a command, or what a drawing asks for."""
    output: str
    """Empty, or whole lines; mermaid for a drawing."""
    exit: int = 0
    seconds: float = 0.0
    drawn: bool = False
    """A drawing, not a command."""

    @property
    def lines(self) -> list[str]:
        """The output's."""
        return self.output.removesuffix("\n").split("\n") if self.output else []


@dataclass(frozen=True, slots=True)
class Transcript:
    """A page, played."""

    page: str
    key: str
    version: str
    """The server's: ``v1.37.2``."""
    played: datetime
    """When, in UTC, to the second."""
    seconds: float
    """How long the page took, settling and cluster work included."""
    exchanges: tuple[Exchange, ...]


def now() -> datetime:
    """The time as transcripts tell it."""
    return datetime.now(UTC).replace(microsecond=0)


def dump(transcript: Transcript) -> str:
    """The transcript as the text of its file."""
    body = "".join(_lines(transcript.exchanges))
    head = {
        "preuve-transcript": str(FORMAT),
        "page": transcript.page,
        "key": transcript.key,
        "seal": _seal(body),
        "kubernetes": transcript.version,
        "played": transcript.played.strftime(MOMENT),
        "seconds": f"{transcript.seconds:.1f}",
    }
    return "".join(f"{name}: {value}\n" for name, value in head.items()) + body


def _lines(exchanges: Sequence[Exchange]) -> Iterator[str]:
    for exchange in exchanges:
        first, *more = exchange.source.split("\n")
        yield f"\n{'%' if exchange.drawn else '$'} {first}\n"
        yield from (f"> {line}\n" if line else ">\n" for line in more)
        yield from (f"| {line}\n" if line else "|\n" for line in exchange.lines)
        yield f"= {exchange.exit} in {exchange.seconds:.3f} s\n"


def _seal(body: str) -> str:
    return f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"


def load(text: str, path: str) -> Transcript:
    """Read back what `dump` wrote.

    Args:
        text: the file's.
        path: its name, for messages.

    Raises:
        TranscriptError: the text is not a whole, untouched transcript of this format.
    """
    lines = text.split("\n")
    if lines[0].endswith("\r"):
        raise _broken(path, 0, "", "its lines end in CR LF (.gitattributes: `transcripts/** -text`)")
    head: dict[str, str] = {}
    for number, line in enumerate(lines[: len(HEAD)]):
        name, colon, value = line.partition(": ")
        if name != HEAD[number] or not colon:
            raise _broken(path, number, line, f"expected `{HEAD[number]}: …`")
        head[name] = value
        if number == 0 and value != str(FORMAT):
            raise _broken(path, number, line, f"this preuve reads format {FORMAT}")
    exchanges = tuple(_exchanges(lines, path))
    if _seal("\n".join(lines[len(HEAD) :])) != head["seal"]:
        raise _broken(path, HEAD.index("seal"), "", "its outputs are not those that were sealed")
    for name, pattern in WRITTEN.items():
        if not pattern.fullmatch(head[name]):
            raise _broken(path, HEAD.index(name), f"{name}: {head[name]}", "preuve does not write this")
    try:
        played = datetime.strptime(head["played"], MOMENT).replace(tzinfo=UTC)
    except ValueError as error:
        raise _broken(path, HEAD.index("played"), "", str(error)) from None
    return Transcript(
        head["page"], head["key"], head["kubernetes"], played, float(head["seconds"]), exchanges
    )


def _exchanges(lines: Sequence[str], path: str) -> Iterator[Exchange]:
    source: list[str] = []
    output: list[str] = []
    drawn = False
    for number, line in enumerate(lines[len(HEAD) :], len(HEAD)):
        mark, text = line[:1], line[2:]
        if mark in MARKS and not f"{line} ".startswith(f"{mark} "):
            raise _broken(path, number, line, f"expected a space after `{mark}`")
        if mark in {"$", "%"} and not source:
            drawn = mark == "%"
            source.append(text)
        elif mark == ">" and source and not output:
            source.append(text)
        elif mark == "|" and source:
            output.append(text + "\n")
        elif mark == "=" and source:
            code, _, duration = text.removesuffix(" s").partition(" in ")
            try:
                yield Exchange("\n".join(source), "".join(output), int(code), float(duration), drawn)
            except ValueError:
                raise _broken(path, number, line, "expected `= EXIT in SECONDS s`") from None
            source, output = [], []
        elif line or source:
            raise _broken(path, number, line, "not a line of a transcript")
    if source:
        raise _broken(path, len(lines) - 1, "", "it ends in the middle of a command")


def _broken(path: str, number: int, line: str, why: str) -> TranscriptError:
    merge = line.startswith(("<<<<<<<", "=======", ">>>>>>>"))
    what = "a merge conflict was left in it" if merge else why
    quoted = f" ({line[:60]!r})" if line and not merge else ""
    return TranscriptError(
        f"this transcript was truncated, merged or edited by hand: {what}{quoted}. "
        "Restore it from git, or play its page again with `preuve play`.",
        Where(path, number + 1),
    )


def read(path: Path, name: str) -> Transcript | None:
    """Load a transcript from its file; None if there is none.

    Raises:
        TranscriptError: it cannot be read.
    """
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise TranscriptError(f"this transcript cannot be read: {error}", Where(name, 1)) from None
    return load(text, name)


def write(path: Path, transcript: Transcript) -> None:
    """Write a transcript to its file, whole or not at all.

    Raises:
        TranscriptError: the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(dump(transcript))
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise TranscriptError(
            f"{path} cannot be written: {error.strerror}; its page must be played again"
        ) from None


def rekeyed(transcript: Transcript, key: str) -> Transcript:
    """The same outcome under another key: the page asks otherwise for what it already showed."""
    return replace(transcript, key=key)
