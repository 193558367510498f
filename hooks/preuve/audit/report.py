"""The report of an audit, for a person and for a program."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from preuve.audit.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from preuve.audit.verdict import Finding
    from preuve.errors import PreuveError


def lines(findings: Sequence[Finding], *, everything: bool = False) -> Iterator[str]:
    """What is to be read of a page: what is false with a diff, what is impossible with a reason.

    With `everything`, also what is true and what was not compared.
    """
    for each in findings:
        if each.verdict in {Verdict.TRUE, Verdict.UNCOMPARED} and not everything:
            continue
        command = each.typed.source.partition("\n")[0]
        place = f"{each.typed.where.path}:{each.line or each.typed.where.line}"
        yield f"{place}: {each.verdict}{f': {each.why}' if each.why else ''}"
        yield f"    $ {command}"
        yield from (f"    {line}" for line in each.diff)


def summary(findings: Sequence[Finding], pages: int) -> Iterator[str]:
    """How many there are of each verdict, and of each reason."""
    count = Counter(each.verdict for each in findings)
    yield f"{pages} {'page' if pages == 1 else 'pages'}, {len(findings)} commands"
    for verdict in Verdict:
        yield f"  {count[verdict]:5} {verdict}"
        if verdict == Verdict.IMPOSSIBLE:
            causes = Counter(each.cause for each in findings if each.verdict == verdict)
            yield from (f"        {number:5} {cause}" for cause, number in causes.most_common())


def record(finding: Finding) -> Mapping[str, Any]:
    """A finding, for a program."""
    typed, exchange = finding.typed, finding.exchange
    return {
        "page": typed.where.path,
        "line": finding.line or typed.where.line,
        "command": typed.source,
        "verdict": str(finding.verdict),
        "cause": finding.cause and str(finding.cause),
        "why": finding.why,
        "diff": list(finding.diff),
        "typed": None if typed.output is None else list(typed.output),
        "answered": exchange and exchange.output,
        "exit": exchange and exchange.exit,
    }


def document(findings: Sequence[Finding], errors: Sequence[PreuveError]) -> Mapping[str, Any]:
    """All of it, for a program."""
    count = Counter(str(each.verdict) for each in findings)
    return {
        "counts": {str(verdict): count[str(verdict)] for verdict in Verdict},
        "errors": [str(error) for error in errors],
        "commands": [record(each) for each in findings],
    }
