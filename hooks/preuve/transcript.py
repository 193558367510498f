"""A transcript: a page, played. One text file a page, to be committed, read and reviewed.

::

    preuve-transcript: 2
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

    ~ node node2
    ~ port 31207

The head is a name and a value a line. After an empty line come the page's actions in order: a command (``$ ``
and its continuation lines after ``> ``) or a drawing (``% `` and what was asked), the lines that came out of
it, each after ``| ``, then its exit code and its duration. Last comes what chance named in the cluster and no
output says to be that, each after ``~ ``: its kind, and what it was called. The key tells what was asked. The
seal is a digest of all the other lines, head included: a file that was edited or merged by hand, or moved to
another page's place, is refused.

Format 1 sealed the outputs alone, and its keys did not hold the page's name.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from preuve import whole
from preuve.errors import TranscriptError, Where
from preuve.meaning import scene
from preuve.meaning.chance import Chance
from preuve.meaning.spans import SHAPES, Value
from preuve.page.commands import CONTROL
from preuve.page.key import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MOMENT = "%Y-%m-%dT%H:%M:%SZ"
"""How a time is written, in UTC."""

DIGEST = r"sha256:[0-9a-f]{64}"

HEAD = {
    "preuve-transcript": r"\d+",
    "page": r".+",
    "key": DIGEST,
    "seal": DIGEST,
    "kubernetes": r"[0-9A-Za-z][0-9A-Za-z.+-]{0,62}",
    "played": r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "seconds": r"\d{1,6}\.\d",
}
"""The names of the head in their order, and what each can be: ``v1.36.3+k3s1``, ``12.4``."""

SEAL, PLAYED = (list(HEAD).index(name) for name in ("seal", "played"))

RESULT = re.compile(r"= (\d{1,3}) in (\d{1,6}\.\d{3}) s", re.ASCII)
"""An exit code, and seconds: no page is played for longer than eleven days."""

MARKS = frozenset("$%>|=")
"""What the lines of an action begin with; a space follows, if anything does."""


def misnamed(page: str) -> str:
    """Why a page cannot be called so; empty if it can: its name stands on pages, in links and in files.

    >>> misnamed("pods/index.md"), misnamed("Réseau & Services/1. NodePort.md")
    ('', '')
    >>> misnamed("../x.md"), misnamed("a\u202ecod.md")
    ('leads out of docs/', 'has a character that nobody sees')
    """
    if not page.isprintable():
        return "has a character that nobody sees"
    return "leads out of docs/" if {"", ".", ".."} & set(page.split("/")) else ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked of the cluster, and what it answered."""

    source: str
    """The shell source of a command, or what a drawing asks for."""
    output: str
    """Empty, or whole lines; those of a scene (`preuve.meaning.scene`) for a drawing."""
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
    values: tuple[Value, ...] = ()
    """What chance named in the cluster, as far as outputs show it and do not say what it is."""


def now() -> datetime:
    """The time as transcripts tell it."""
    return datetime.now(UTC).replace(microsecond=0)


def dump(transcript: Transcript) -> str:
    """The transcript as the text of its file."""
    head = (
        str(FORMAT),
        transcript.page,
        transcript.key,
        "",
        transcript.version,
        transcript.played.strftime(MOMENT),
        f"{transcript.seconds:.1f}",
    )
    lines = [f"{name}: {value}" for name, value in zip(HEAD, head, strict=True)]
    lines += "".join([*_lines(transcript.exchanges), *_named(transcript.values)]).split("\n")
    lines[SEAL] += _seal(lines)
    return "\n".join(lines)


def _lines(exchanges: Sequence[Exchange]) -> Iterator[str]:
    for exchange in exchanges:
        first, *more = exchange.source.split("\n")
        yield f"\n{'%' if exchange.drawn else '$'} {first}\n"
        yield from (f"> {line}\n" if line else ">\n" for line in more)
        yield from (f"| {line}\n" if line else "|\n" for line in exchange.lines)
        yield f"= {exchange.exit} in {exchange.seconds:.3f} s\n"


def _named(values: Sequence[Value]) -> Iterator[str]:
    if values:
        yield "\n"
    yield from (f"~ {kind} {text}\n" for kind, text in sorted(values))


def _seal(lines: Sequence[str]) -> str:
    """The digest of a file's lines but the seal's own."""
    sealed = "\n".join([*lines[:SEAL], *lines[SEAL + 1 :]])
    return f"sha256:{hashlib.sha256(sealed.encode()).hexdigest()}"


def load(text: str, path: str, page: str) -> Transcript:
    """Read back what `dump` wrote.

    Args:
        text: the file's.
        path: its name, for messages.
        page: whose transcript stands there.

    Raises:
        TranscriptError: the text is not a whole, untouched transcript of this format and page.
    """
    lines = text.split("\n")
    if lines[0].endswith("\r"):
        raise _broken(path, 0, "", "its lines end in CR LF (.gitattributes: `transcripts/** -text`)")
    if control := CONTROL.search(text):
        number = text.count("\n", 0, control.start())
        raise _broken(path, number, lines[number], f"a control character, U+{ord(control[0]):04X}")
    head = _head(lines, path)
    if head["page"] != page:
        raise _broken(path, 1, lines[1], f"it is not of this page, {page!r}")
    end = next((number for number, line in enumerate(lines) if line.startswith("~")), len(lines))
    exchanges = tuple(_exchanges(lines[:end], path))
    if endless := next((one for one in exchanges if one.drawn and not scene.is_forest(one.lines)), None):
        why = "objects of this drawing own each other without end"
        raise _broken(path, lines.index(f"% {endless.source}"), "", why)
    values = tuple(_values(lines, end, path))
    if _seal(lines) != head["seal"]:
        raise _broken(path, SEAL, "", "its lines are not those that were sealed")
    try:
        played = datetime.strptime(head["played"], MOMENT).replace(tzinfo=UTC)
    except ValueError:
        raise _broken(path, PLAYED, lines[PLAYED], "there is no such time") from None
    seconds = float(head["seconds"])
    return Transcript(page, head["key"], head["kubernetes"], played, seconds, exchanges, values)


def _head(lines: Sequence[str], path: str) -> dict[str, str]:
    head: dict[str, str] = {}
    for number, (name, form) in enumerate(HEAD.items()):
        line = lines[number] if number < len(lines) else ""
        found, colon, value = line.partition(": ")
        if found != name or not colon:
            raise _broken(path, number, line, f"expected `{name}: …`")
        if not re.fullmatch(form, value, re.ASCII):
            raise _broken(path, number, line, "preuve does not write this")
        if number == 0 and value != str(FORMAT):
            raise TranscriptError(
                f"this transcript has format {value}, and this preuve reads {FORMAT}: "
                "play its page again with `preuve play`",
                Where(path, 1),
            )
        head[name] = value
    return head


def _exchanges(lines: Sequence[str], path: str) -> Iterator[Exchange]:
    source: list[str] = []
    output: list[str] = []
    drawn = False
    for number, line in enumerate(lines[len(HEAD) :], len(HEAD)):
        mark, text = line[:1], line[2:]
        if why := _wrong(line, drawn=drawn):
            raise _broken(path, number, line, why)
        if mark in {"$", "%"} and not source:
            drawn = mark == "%"
            source.append(text)
        elif mark == ">" and source and not output:
            source.append(text)
        elif mark == "|" and source:
            output.append(text + "\n")
        elif mark == "=" and source:
            if not (result := RESULT.fullmatch(line)):
                raise _broken(path, number, line, "expected `= EXIT in SECONDS s`")
            yield Exchange("\n".join(source), "".join(output), int(result[1]), float(result[2]), drawn)
            source, output = [], []
        elif line or source:
            raise _broken(path, number, line, "not a line of a transcript")
    if source:
        raise _broken(path, len(lines) - 1, "", "it ends in the middle of a command")


def _wrong(line: str, *, drawn: bool) -> str:
    """Tell what is wrong with a line by itself, as an answer to a command or a drawing; mostly nothing."""
    mark = line[:1]
    if mark in MARKS and not f"{line} ".startswith(f"{mark} "):
        return f"expected a space after `{mark}`"
    return "not an object of a drawing" if drawn and mark == "|" and not scene.is_item(line[2:]) else ""


def _values(lines: Sequence[str], end: int, path: str) -> Iterator[Value]:
    for number, line in enumerate(lines[end:-1], end):
        mark, kind, text = [*line.split(" ", 2), "", ""][:3]
        shape = SHAPES.get(Chance(kind)) if kind in set(Chance) else None
        if mark != "~" or not shape or not re.fullmatch(shape, text, re.ASCII):
            raise _broken(path, number, line, "expected `~ KIND VALUE`")
        yield Value(Chance(kind), text)


def _broken(path: str, number: int, line: str, why: str) -> TranscriptError:
    merge = line.startswith(("<<<<<<<", "=======", ">>>>>>>"))
    what = "a merge conflict was left in it" if merge else why
    quoted = f" ({line[:60]!r})" if line and not merge else ""
    return TranscriptError(
        f"this transcript was truncated, merged, moved or edited by hand: {what}{quoted}. "
        "Restore it from git, or play its page again with `preuve play`.",
        Where(path, number + 1),
    )


def read(path: Path, name: str, page: str) -> Transcript | None:
    """Load a transcript from its file, which messages call `name`; None if there is none.

    Raises:
        TranscriptError: it cannot be read.
    """
    try:
        text = whole.read(path).decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8 at byte {error.start}"
    except OSError as error:
        why = str(error.strerror)
    else:
        return load(text, name, page)
    raise TranscriptError(
        f"this transcript cannot be read: {why}. Restore it from git, or play its page again", Where(name, 1)
    )


def write(path: Path, transcript: Transcript) -> None:
    """Write a transcript to its file, whole or not at all.

    Raises:
        TranscriptError: the disk refuses, or what a cluster said of itself could not be read back.
    """
    text = dump(transcript)
    load(text, path.name, transcript.page)
    try:
        whole.write(path, text)
    except OSError as error:
        raise TranscriptError(
            f"{path} cannot be written: {error.strerror}; its page must be played again"
        ) from None
