"""What is to be said of each command of somebody's page, once the page was played."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from textwrap import dedent
from typing import TYPE_CHECKING

from preuve.audit import hindrance
from preuve.audit.hindrance import Hindrance, Reason
from preuve.audit.judge import Difference, difference
from preuve.cluster import offers
from preuve.meaning.passages import passages
from preuve.meaning.spans import Answer
from preuve.page.verbs import changes, reads

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from preuve.audit.pages import Typed
    from preuve.meaning.spans import Value
    from preuve.transcript import Exchange


class Verdict(StrEnum):
    """What a command turned out to be."""

    TRUE = "true"
    FALSE = "false"
    IMPOSSIBLE = "impossible here"
    UNCOMPARED = "not compared"
    """It ran, and no output was typed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A command, and what is to be said of it."""

    typed: Typed
    verdict: Verdict
    why: str = ""
    """In words, if it is impossible here, or failed."""
    cause: Reason | None = None
    diff: tuple[str, ...] = ()
    line: int = 0
    """Where the page says something else than the cluster; 0 where it is not false."""
    exchange: Exchange | None = None
    """None if it was not run."""


_ABSENT = re.compile(
    r"NotFound|not found|No resources found|no objects passed|refused|Unable to|[Ee]rror:|Error "
)
"""What is answered where something that a command needs is not there."""
_NO_PODS = re.compile(
    r"\b(?:get|describe) (?:secrets?|configmaps?|cm|sa|serviceaccounts?|pvc?|namespaces?|ns|roles?|quota)\b"
)
"""What is asked about does not depend on any Pod."""
_OWN = re.compile(
    r"(?:service/)?kubernetes +ClusterIP .*|(?:secret/)?default-token-\w+ .*"
    r"|(?:configmap/)?kube-root-ca\.crt .*|kubernetes +\S+:\d+ +\S+"
)
"""Rows of what the namespace `default` has for itself: the page's own may have less."""


@dataclass
class Played:
    """A page that was played.

    Attributes:
        typed: its commands.
        hindrances: why some were not run, by their numbers.
        exchanges: what came of the others.
        files: the manifests that a command is given.
        values: what chance named in the cluster.
        namespace: the page's own; to the page, it is `default`.
    """

    typed: Sequence[Typed]
    hindrances: Mapping[int, Hindrance]
    exchanges: Mapping[int, Exchange]
    files: Mapping[int, str] = field(default_factory=dict)
    values: Sequence[Value] = ()
    namespace: str = ""
    _missing: str = ""
    """The last image that a command asked for, and that is not here."""
    _made: str = ""
    """What the page has made so far: commands and manifests."""
    _lost: Hindrance | None = None
    """What follows from the first command that could not be run, and would have changed something."""

    def findings(self) -> Iterator[Finding]:
        """Judge the commands, in order."""
        for number, one in enumerate(self.typed):
            if changes(one.source):
                named = hindrance.images(f"{one.source}\n{self.files.get(number, '')}")
                self._missing = next((each for each in named if not offers(each)), self._missing)
            finding = self._finding(number, one)
            if finding.exchange and not finding.exchange.exit and changes(one.source):
                self._made += f"{one.source}\n{self.files.get(number, '')}\n"
            if finding.verdict == Verdict.IMPOSSIBLE and self._lost is None and _leaves_out(finding):
                words = f"line {one.where.line} could not be run: {finding.why}"
                self._lost = Hindrance(Reason.FOLLOWS, words)
            yield finding

    def _finding(self, number: int, one: Typed) -> Finding:
        if hindered := self.hindrances.get(number):
            return Finding(one, Verdict.IMPOSSIBLE, hindered.what, hindered.cause)
        exchange = self.exchanges[number]
        apart = self._apart(number, one)
        if one.output is not None and apart is None:
            return Finding(one, Verdict.TRUE, exchange=exchange)
        hindered = self._hindrance(one, exchange)
        if apart and "logs" in one.source and not any(line.startswith("+") for line in apart.lines):
            hindered = Hindrance(Reason.MOVING, "a log that goes on")
        if one.output is None and exchange.exit == 0 and not (hindered and hindered.cause == Reason.TOOL):
            return Finding(one, Verdict.UNCOMPARED, exchange=exchange)
        if hindered:
            return Finding(one, Verdict.IMPOSSIBLE, hindered.what, hindered.cause, exchange=exchange)
        if apart and one.shown:
            line = one.shown.line + apart.typed
            return Finding(one, Verdict.FALSE, diff=apart.lines, line=line, exchange=exchange)
        last = (exchange.output.strip().splitlines() or ["nothing printed"])[-1]
        why = f"exit code {exchange.exit}: {last}"
        return Finding(one, Verdict.FALSE, why, line=one.where.line, exchange=exchange)

    def _hindrance(self, one: Typed, exchange: Exchange) -> Hindrance | None:
        """Why a command did not come to what the page says, if that is not the page's fault."""
        typed = "\n".join(one.output or ())
        depends = reads(one.source) or exchange.exit != 0 or not changes(one.source)
        asks = reads(one.source) or changes(one.source)
        pods = self._missing and depends and asks and not _NO_PODS.search(one.source)
        return (
            hindrance.after(exchange, typed)
            or (Hindrance(Reason.IMAGE, f"image {self._missing}") if pods else None)
            or hindrance.moving(typed)
            or (self._lost if depends or _ABSENT.search(exchange.output) else None)
            or hindrance.absent(exchange.output, self._made)
            or hindrance.elsewhere(one.source)
        )

    @cached_property
    def _public(self) -> str:
        return "\n".join([*(one.source for one in self.typed), *self.files.values()])

    @cached_property
    def _answered(self) -> Mapping[int, list[str]]:
        """The canonical lines of each answer."""
        answers = [
            Answer(_in_default(exchange.output, self.namespace), self.typed[number].source)
            for number, exchange in self.exchanges.items()
        ]
        return dict(zip(self.exchanges, _canonical(answers, self._public, self.values), strict=True))

    def _apart(self, number: int, one: Typed) -> Difference | None:
        """Where a typed output is not what was answered; below several commands, it may be that of all."""
        if one.output is None:
            return None
        raw = [line.rstrip() for line in dedent("\n".join(one.output)).split("\n")]
        answered = self._answered[number]
        answer = "\n".join(answered)
        kept = [line for line in raw if not (_OWN.fullmatch(line) and line.split()[0] not in answer)]
        typed = Answer("".join(f"{line}\n" for line in kept), one.source)
        [canonical] = _canonical([typed], self._public)
        loose = one.loose or _is_part(raw, one.source)
        found = difference(canonical, answered, raw, loose=loose)
        if found is None or one.shared == 1:
            return found
        before = range(number - one.shared + 1, number + 1)
        together = [line for each in before if each in self.exchanges for line in self._answered[each]]
        return difference(canonical, together, raw, loose=loose) and found


def _is_part(typed: Sequence[str], source: str) -> bool:
    """Whether of a long answer only a part is typed: its beginning is not there."""
    first = next((line for line in typed if line.strip()), "")
    whole = first.startswith(("Name:", "apiVersion:", "{", "kind:", "NAME"))
    return bool(re.search(r"\bdescribe\b|(?:-o|--output)[ =]?yaml", source)) and not whole


def _leaves_out(finding: Finding) -> bool:
    """Whether a command that could not be run would have made what later ones need."""
    return changes(finding.typed.source) or finding.cause in {
        Reason.FILE,
        Reason.NETWORK,
        Reason.ENDLESS,
        Reason.TOOL,
    }


def _canonical(answers: Sequence[Answer], public: str, values: Collection[Value] = ()) -> Iterator[list[str]]:
    """The lines of each answer, with the kinds of what is chance; those without an order are sorted."""
    for output in passages(answers, public, values):
        units = (sorted([line.shape for line in unit] for unit in passage) for passage in output)
        yield [line for passage in units for unit in passage for line in unit]


def _in_default(output: str, namespace: str) -> str:
    """An output as it would be in the namespace `default`, its columns where they were."""
    if not namespace:
        return output
    name = rf"(?<![\w-]){re.escape(namespace)}"
    output = re.sub(rf"{name}(?=  )", "default".ljust(len(namespace)), output)
    return re.sub(rf"{name}(?![\w-])", "default", output)
