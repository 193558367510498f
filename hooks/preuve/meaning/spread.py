"""Where two Pods may not share a node: a DaemonSet has one on each, a hard anti-affinity keeps them apart.

Which Pod is on which node is chance all the same; how many of theirs are on each is not. What a
`topologySpreadConstraints` decides is not known from then on: Pods that go may leave any number on each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from preuve.meaning.chance import ENCODED, SUFFIX, Chance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from preuve.meaning.chance import Span

_DAEMONS = re.compile(
    r"""\b(?:ds|daemon\ ?sets?)(?:\.apps)?(?:/|\ ")([a-z0-9][a-z0-9.-]*)
    | \bkind:\ *DaemonSet\b(?:(?!\bkind:)[\s\S])*?\bname:\ *"?([a-z0-9][a-z0-9.-]*)""",
    re.IGNORECASE | re.VERBOSE,
)

_OWNERS = re.compile(
    r"\bkind: *(?:Deployment|ReplicaSet|StatefulSet)\b"
    r"(?:(?!\bkind:)[\s\S])*?\bname: *\"?([a-z0-9][a-z0-9.-]*)"
    r"((?:(?!\bkind:|^---)[\s\S])*)",
    re.MULTILINE,
)
"""What makes several Pods, and the rest of its manifest."""

_APART = re.compile(
    r"\bpodAntiAffinity:\s+requiredDuringScheduling\w+:(?:(?!preferredDuring)[\s\S])*?"
    r"\bmatchLabels:[\s{]+([^\s:]+: *[^\s,}]+)(?:(?!preferredDuring)[\s\S])*?"
    r"\btopologyKey: *\"?kubernetes\.io/hostname\b"
)
"""That its Pods are on no node that has some with a label."""

SELECTED = 2
"""How often a manifest has a label of its own Pods: where it selects them, and where it gives it."""

_OVER = re.compile(
    r"\b(?:Terminating|Evicted|Failed|Error|Completed|Succeeded|Unknown|ContainerStatusUnknown)\b"
)
"""States of Pods that are no longer in another one's way."""


def apart(outputs: Iterable[str], public: str) -> frozenset[str]:
    r"""The owners of Pods of which no two are on one node, as a page tells.

    >>> sorted(apart(["daemonset.apps/agent created"], "kind: DaemonSet\nmetadata:\n  name: log"))
    ['agent', 'log']
    """
    found = {
        name
        for text in (public, *outputs)
        if "daemon" in text.lower() or "ds/" in text
        for match in _DAEMONS.findall(text)
        for name in match
    }
    others: dict[str, bool] = {}
    for name, manifest in _OWNERS.findall(public) if "podAntiAffinity" in public else ():
        label = _APART.search(manifest)
        own = label and manifest.count(label[1]) > SELECTED
        others[name] = bool(own) and others.get(name, True)
    return frozenset(found - {""} | {name for name, always in others.items() if always})


def sharing(
    lines: Sequence[str], marks: Sequence[Sequence[Span]], lists: Sequence[object], owners: Collection[str]
) -> Iterator[int]:
    """The lines that tell of a Pod on a node where the same list has told of another one of its owner.

    Args:
        lines: of an output.
        marks: the parts of each that are chance.
        lists: of which list each line is.
        owners: those whose Pods share no node.
    """
    names = "|".join(sorted(map(re.escape, owners), key=len, reverse=True))
    pods = re.compile(rf"(?<![\w.-])({names})(?:-{ENCODED}{{6,10}})?-(?:{SUFFIX}|\d+)(?![\w.-])")
    first: dict[object, str] = {}
    at = 0
    for number, (line, spans, which) in enumerate(zip(lines, marks, lists, strict=True)):
        nodes = [line[span.start - at : span.end - at] for span in spans if span.kind == Chance.NODE]
        pod = pods.search(line) if len(nodes) == 1 and owners else None
        if pod and not _OVER.search(line):
            place = which, pod[1], line[: pod.start()], nodes[0]
            if first.setdefault(place, pod[0]) != pod[0]:
                yield number
        at += len(line) + 1
