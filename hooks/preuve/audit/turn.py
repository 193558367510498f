"""Somebody's page, once it was played, as a page of ours: its commands in `console` fences, without outputs.

What was said stays as it was said. What could not be run here is shown, and said not to be run; a failure
that the page shows is wanted. Files that commands are given are included, under their base names. What was
false is left for its author: `preuve play` shows what is true.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from preuve.audit.hindrance import Reason
from preuve.audit.verdict import Verdict
from preuve.errors import Where
from preuve.show.render import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from preuve.audit.audit import Audited
    from preuve.audit.pages import Piece
    from preuve.audit.verdict import Finding

LANGUAGES = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".sh": "sh", ".html": "html"}


@dataclass(frozen=True, slots=True)
class Turned:
    """A page of ours."""

    markdown: str
    files: Mapping[str, bytes]
    """What it includes, by name."""
    left: tuple[str, ...]
    """What its author has to look at: a sentence each, with its place in the page of before."""


def turned(one: Audited, findings: Sequence[Finding]) -> Turned:
    """A page that was audited, as one of ours."""
    return _Turner(one, findings).turned()


class _Turner:
    """Turns a page into one of ours."""

    def __init__(self, one: Audited, findings: Sequence[Finding]) -> None:
        plan = one.played.plan
        self._page = one.page
        self._lines = one.played.text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        self._findings = findings
        self._sources = {
            number: command.source for number, command in zip(one.run, plan.actions(), strict=True)
        }
        """What was run, with files in place of addresses."""
        self._files = {file.name: file.content for file in plan.files}
        self._below = one.place.removesuffix(".md")
        """The folder of what the page includes."""
        self._exclusive = plan.exclusive
        self._included: dict[str, bytes] = {}
        self._left: list[str] = []

    def turned(self) -> Turned:
        """Do it."""
        made = [(piece, list(self._made(piece))) for piece in self._page.pieces]
        if self._exclusive:
            self._leave(
                1, "it takes a cluster of its own: `preuve: {cluster: exclusive}` in its front matter"
            )
        for name in self._files:
            if self._named(name) not in self._included:
                self._leave(
                    1, f"{name} is given to it here, and no command names it: include it, or its folder"
                )
        lines = self._lines
        for piece, written in reversed(made):
            after = lines[piece.end :]
            if not written and piece.first and not lines[piece.first - 1].strip():
                after = after[1:] if after and not after[0].strip() else after  # one blank line is enough
            lines = [*lines[: piece.first], *written, *after]
        return Turned("\n".join(lines), self._included, tuple(self._left))

    def _made(self, piece: Piece) -> Iterator[str]:
        """The lines that take the place of a block's."""
        before = self._lines[piece.first]
        indent = before[: len(before) - len(before.lstrip())]
        if piece.indented:
            indent = indent[:-4]
        elif not before.lstrip().startswith(("`", "~")):
            self._leave(piece.first + 1, "a block beside the mark of its list, or in a quotation, stays")
            yield from self._lines[piece.first : piece.end]
            return
        if piece.commands:
            written = "\n\n".join(self._fences(piece))
        elif piece.manifest and PurePosixPath(piece.manifest).name in {"", ".."}:
            yield from self._lines[piece.first : piece.end]
            return
        elif piece.manifest:
            written = self._include(piece.manifest, self._page.manifests[piece.manifest].encode())
        else:
            return  # an output: the fence of its command has it when it is played
        for line in written.split("\n"):
            yield f"{indent}{line}" if line else line

    def _leave(self, line: int, why: str) -> None:
        self._left.append(f"{Where(self._page.name, line)}: {why}")

    def _fences(self, piece: Piece) -> Iterator[str]:
        """The fences for a block of commands, and the comments in it as text."""
        for number in piece.commands:
            for name, content in self._files.items():
                if name in self._sources.get(number, "") and self._named(name) not in self._included:
                    yield self._include(name, content)
        told = [(self._remarks(piece, number), self._options(number), number) for number in piece.commands]
        runs: list[tuple[str, str, list[int]]] = []
        for remarks, options, number in told:
            if runs and not remarks and runs[-1][1] == options:
                runs[-1][2].append(number)
            else:
                runs.append((remarks, options, [number]))
        for remarks, options, numbers in runs:
            if remarks:
                yield remarks
            header = f"```{{ .console {options} }}" if options else "```console"
            yield "\n".join([header, *(line for each in numbers for line in self._command(each)), "```"])

    def _options(self, number: int) -> str:
        """What the fence of a command has to say."""
        finding = self._findings[number]
        exchange = finding.exchange
        if finding.verdict == Verdict.IMPOSSIBLE and _runs(finding):
            self._leave(
                finding.line or finding.typed.where.line, f"another output than typed, since {finding.why}"
            )
            return ""
        if finding.verdict == Verdict.IMPOSSIBLE:
            why = re.sub(r"[\"\\\n]", "'", finding.why)
            return f'exec=no why="{why}"'
        if finding.verdict == Verdict.TRUE and exchange and exchange.exit:
            return f"exit={exchange.exit}"
        if finding.verdict == Verdict.FALSE:
            line = finding.line or finding.typed.where.line
            self._leave(line, finding.why or "the typed output was false: `preuve play` shows the true one")
        return ""

    def _command(self, number: int) -> Iterator[str]:
        finding = self._findings[number]
        source = self._sources.get(number, finding.typed.source)
        for name in sorted(self._files, key=len, reverse=True):
            base = PurePosixPath(name).name
            source = re.sub(rf"(?<![\w./-])(?:\./)?{re.escape(name)}(?![\w/-])", base, source)
        yield from shown(source)
        if not _runs(finding):
            yield from finding.typed.output or ()

    def _remarks(self, piece: Piece, number: int) -> str:
        """The comments before a command, as text."""
        at = self._findings[number].typed.where.line - 2
        found: list[str] = []
        while at > piece.first and (line := self._lines[at].strip())[:1] in {"", "#"}:
            found[:0] = [line.lstrip("#").strip()] if line else []
            at -= 1
        return "\n".join(found)

    def _named(self, name: str) -> str:
        return f"{self._below}/{PurePosixPath(name).name}"

    def _include(self, name: str, content: bytes) -> str:
        """A fence that includes a file."""
        path = self._named(name)
        other = self._included.setdefault(path, content)
        if other != content:
            self._leave(1, f"two files are called {PurePosixPath(name).name}: give one another name")
        language = LANGUAGES.get(PurePosixPath(name).suffix, "text")
        return f'```{language}\n--8<-- "{path}"\n```'


def _runs(finding: Finding) -> bool:
    """Whether a command can be played: so can what only its outcome ties to one that could not be run."""
    follows = finding.cause == Reason.FOLLOWS and finding.exchange and not finding.exchange.exit
    return finding.verdict != Verdict.IMPOSSIBLE or bool(follows)
