"""What a command asks of kubectl: it decides which parts of the answer, or of its order, are chance."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from preuve.cluster.kinds import named
from preuve.page import verbs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_AWAITS = re.compile(r"\s*(?:until|while !)\s")
_COUNTED = re.compile(r"(?:\A|\|) *(?:wc -l\b|[ef]?grep (?:-\S+ )*-[A-Za-z]*c\b)[^|;&]*\Z")
_ITSELF = re.compile(r"(?<![\w./-])ps(?![\w./-])[^|;&]*\| *(?:[ef]?grep\b|wc\b)")
_OTHERS = re.compile(r"grep -\w*v\w* +[\"']?grep\b|\[\w\]")
"""By which such a search leaves out itself: ``grep -v grep``, ``grep [n]ginx``."""
_PIPELINES = re.compile(r"\|\||[;&\n]")
_TALLIED = re.compile(r"\|\s*uniq\s+(?:-c\b|--count\b)")
_REASONS = re.compile(r"\{\.items\[\*\]\.(?:reason|metadata\.name)\}")
_PASSING = re.compile("pull|mount|warning", re.IGNORECASE)
_SEVERAL = re.compile(r"-l.*|--(?:selector|all-containers|all-pods)(?:=(?!false).*)?")
_TEMPLATE = re.compile(
    r"(?:(?:-o|--output)=?)?(?:jsonpath|go-template|custom-columns|template)\b.*|--template\b.*"
)
_WHOLE = re.compile(r"(?:-o|--output)[ =]?(?:json|yaml)")
_SORTED = re.compile(r"--sort-by\b.*")
_FILTERED = re.compile(r"\bkubectl\b[^|]*\|\s*(?:awk|cut|egrep|fgrep|grep|jq|sed|tr|yq)\b")
_RESOLVES = re.compile(r"(?:\A|--|[|;&'\"(\n])\s*(?:dig|getent a?hosts\w*|host|nslookup)(?= )")
_LOOP = re.compile(r"\b(?:for|until|while|xargs)\s")
_ENDPOINTS = re.compile(r"(?:ep|endpoints|endpointslices?)\b")
_WORD = re.compile(r"(?!(?:all|resourceslices?|volumeattachments?)(?:\.|$))[a-z][a-z0-9.-]*")
"""The name of a kind, no variable; but for those that kubectl's own tables tell nodes of."""
_TERMINAL = re.compile(r"-[a-z]*t[a-z]*|--tty(?:=true)?")
_ERRORS = re.compile(
    r">&2|\bcurl\b.* (?:-[a-zA-Z]*v|--verbose\b)|\bwget (?!.*-[a-zA-Z]*q)|\bsh\b.* -[a-z]*x", re.DOTALL
)
"""What says something on a program's second channel though all is well."""

GENERATED = frozenset({"Pod", "ReplicaSet", "EndpointSlice"})
"""The kinds whose objects have generated names, as a rule."""

PICKING = frozenset({"attach", "exec", "logs", "port-forward"})
"""The verbs that pick one Pod if they are given the Pods' owner."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a command asks of kubectl."""

    nodes: bool = False
    """It is about nodes: their names are what it asks for."""
    events: bool = False
    """It lists events, and nothing else."""
    counted: bool = False
    """It counts lines, or those events."""
    itself: bool = False
    """It looks for processes in a container, and may come across those that do the looking."""
    reasons: bool = False
    """It prints the reasons, or the names, of those events on one line."""
    tallied: bool = False
    """It counts how often each line is there."""
    passing: bool = False
    """It names events that chance may leave out: of an image that is pulled, of a mount that is too early."""
    measured: bool = False
    """It has curl tell how long something took: ``-w '%{time_total}'``."""
    port: bool = False
    """It picks a node port out of a Service."""
    sources: bool = False
    """It prints the logs of several containers, in any order."""
    log: bool = False
    """It prints the log of one container, whose lines are in order."""
    picked: bool = False
    """It is about one Pod that kubectl picked among several."""
    chosen: bool = False
    """It prints all that it asks for by its path: ``-o jsonpath=…``, ``-o custom-columns=…``; or
    objects, from which others take it: ``-o json | jq``."""
    foreign: bool = False
    """It lists objects of kinds alone that somebody has defined."""
    addresses: bool = False
    """It asks once for the addresses of a Service: they come in any order."""
    listed: bool = False
    """It prints a value of each of several objects, in the order of their names."""
    awaits: bool = False
    """It is a loop that waits: how often it fails first is chance."""
    described: bool = False
    """It describes several objects, in the order of their names."""
    filtered: bool = False
    """It keeps parts of such a list, perhaps not the names."""
    inside: bool = False
    """It runs a program in a container, without a terminal: its answers and its errors come by two ways."""
    errors: bool = False
    """That program says something in both though all is well."""


@lru_cache(maxsize=1024)
def question(source: str) -> Question:
    """What a command asks.

    >>> question("kubectl get events -o name | wc -l").counted, question("kubectl get nodes").nodes
    (True, True)
    >>> question("kubectl logs -l app=web").sources, question("kubectl logs deploy/web").picked
    (True, True)
    >>> question("until kubectl exec web -- grep green colour; do sleep 1; done").awaits
    True
    >>> question("kubectl exec web -- sh -c 'ps | grep -c nginx'").itself
    True
    >>> question("kubectl logs web") == Question(log=True)
    True
    >>> question("kubectl get pod web -o jsonpath={.spec}") == Question(chosen=True)
    True
    >>> question("kubectl get lamps").foreign, question("kubectl get $KIND").foreign
    (True, False)
    >>> question("kubectl get po -l app=web -o jsonpath='{.items[*].status.phase}'").listed
    True
    """
    found = [
        (verb, operands, words)
        for words in verbs.calls(source)
        for verb, *operands in [list(verbs.operands(words)) or [""]]
    ]
    events = bool(found) and all(_events(verb, operands) for verb, operands, _ in found)
    gets = [words for verb, _, words in found if verb == "get"]
    inside = [words for verb, _, words in found if verb == "exec" and not _terminal(words)]
    scripts = [script for _, _, words in found for script in _scripts(words)]
    searches = [pipeline for script in scripts for pipeline in _searches(script)]
    outside = reduce(lambda text, script: text.replace(script, ""), scripts, source)
    return Question(
        awaits=bool(_AWAITS.match(source)),
        nodes=any(_nodes(verb, operands) for verb, operands, _ in found),
        events=events,
        counted=any(map(_COUNTED.search, [outside, *searches])),
        itself=bool(searches),
        reasons=events and bool(_REASONS.search(source)),
        tallied=bool(_TALLIED.search(source)),
        passing=events and bool(_PASSING.search(source)),
        measured="%{time_" in source,
        port="nodeport" in source.lower() and any(verb == "get" for verb, _, _ in found),
        sources=any(verb == "logs" and any(map(_SEVERAL.fullmatch, words)) for verb, _, words in found),
        log=any(verb == "logs" and not any(map(_SEVERAL.fullmatch, words)) for verb, _, words in found),
        picked=any(verb in PICKING and _picks(operands, words) for verb, operands, words in found),
        chosen=bool(gets) and all(map(_chosen, gets)),
        foreign=bool(found) and all(verb == "get" and _foreign(operands) for verb, operands, _ in found),
        addresses=(not _LOOP.search(source) and len(_RESOLVES.findall(source)) == 1)
        or any(
            verb == "get" and any(map(_ENDPOINTS.match, operands[:1])) and _lists(words)
            for verb, operands, words in found
        ),
        listed=any(verb == "get" and _several(operands) and _lists(words) for verb, operands, words in found),
        described=any(verb == "describe" and _several(operands) for verb, operands, _ in found),
        filtered=bool(_FILTERED.search(source))
        and any(
            verb in {"describe", "get"} and _several(operands) and not any(map(_SORTED.match, words))
            for verb, operands, words in found
        ),
        inside=bool(inside),
        errors=any(_ERRORS.search(" ".join(words)) for words in inside),
    )


def _events(verb: str, operands: Sequence[str]) -> bool:
    return verb == "events" or (verb == "get" and _kind(operands) == "Event")


def _nodes(verb: str, operands: Sequence[str]) -> bool:
    return (
        verb in {"cordon", "drain", "taint", "uncordon"}
        or (verb == "top" and "node" in "".join(operands))
        or (_kind(operands) == "Node")
    )


def _kind(operands: Sequence[str]) -> str:
    """The kind that a command is about, by its first operand: `pods`, `pod/web`."""
    kind = named(operands[0].partition("/")[0]) if operands else None
    return kind.name if kind else ""


def _foreign(operands: Sequence[str]) -> bool:
    """Whether a command is about a kind whose name tells that kubectl has no table of its own for it."""
    kind = operands[0].partition("/")[0] if operands else ""
    return bool(_WORD.fullmatch(kind)) and not named(kind.partition(".")[0])


def _several(operands: Sequence[str]) -> bool:
    return len(operands) == 1 and "/" not in operands[0] and _kind(operands) in GENERATED


def _lists(words: Sequence[str]) -> bool:
    return any(map(_TEMPLATE.match, words)) and not any(map(_SORTED.match, words))


def _chosen(words: Sequence[str]) -> bool:
    """Whether kubectl makes no table of its own: it prints a template, or objects that others take apart."""
    options = (*words, *map(" ".join, pairwise(words)))
    return any(map(_TEMPLATE.match, words)) or any(map(_WHOLE.fullmatch, options))


def _terminal(words: Sequence[str]) -> bool:
    return any(map(_TERMINAL.fullmatch, takewhile(lambda word: word != "--", words)))


def _scripts(words: Sequence[str]) -> Iterator[str]:
    """What a shell in a container is to run: ``sh -c '…'``."""
    return (script for option, script in pairwise(words) if option == "-c" and " " in script)


def _searches(script: str) -> Iterator[str]:
    """What of a script looks for processes, and may find itself: ``ps | grep nginx``."""
    pipelines = _PIPELINES.split(script)
    return (each for each in pipelines if _ITSELF.search(each) and not _OTHERS.search(each))


def _picks(operands: Sequence[str], words: Sequence[str]) -> bool:
    return (
        bool(operands)
        and "/" in operands[0]
        and _kind(operands) not in {"", "Pod"}
        and "--all-pods" not in words
    )
