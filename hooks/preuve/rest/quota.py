"""Has the quota controller counted what is there? It does so when something was deleted, a moment later.

Only what is plain is counted here: objects, and what the containers of ordinary Pods ask for. Of scopes, init
containers and the like it is only known that the quota was counted once.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from preuve.cluster.api import quantity
from preuve.cluster.kinds import KINDS
from preuve.cluster.objects import Snapshot, finished, leaving, who
from preuve.rest.motion import STUCK, Motion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from preuve.cluster.objects import Object

UNLISTED = frozenset({"Event", "Ingress", "Node", "ServiceAccount"})
"""Kinds of which a snapshot does not have all objects."""

ASKED = {
    f"{field}.{resource}": (field, resource)
    for field in ("requests", "limits")
    for resource in ("cpu", "memory")
} | {resource: ("requests", resource) for resource in ("cpu", "memory")}
"""What a quota adds up of what containers ask for: the field, and the resource."""

COUNTS = 30.0
"""Seconds that the controller takes at most to count what is gone: it may hold still for so long when the
cluster has other kinds than before (upstream ``Sync``). What differs for longer stays so."""

OBJECTS = {
    name: kind.name
    for kind in KINDS.values()
    if kind.name not in UNLISTED
    for name in (f"count/{'.'.join(filter(None, (kind.plural, kind.group)))}", kind.plural)
    if name.startswith("count/") or not kind.group
} | dict.fromkeys(ASKED, "Pod")
"""The kinds whose objects a quota counts, by what it calls them (``kubectl explain quota.spec.hard``)."""

_REFUSAL = re.compile(
    r"exceeded quota: (?P<name>[\w.-]+), requested: (?P<asked>\S+), used: \S+, limited: [\w=,./-]+"
)
"""Upstream ``plugin/resourcequota``, ``CheckRequest``: of what is not enough alone."""


def moves(quota: Object, snapshot: Snapshot, past: Snapshot) -> Iterator[Motion]:
    """Tell what a quota has not counted yet.

    It counts anew when it is told that something is gone. What a refused request left in its books, of an
    object that is there already say, stays for minutes (upstream ``checkRequest`` counts first,
    ``--resource-quota-sync-period``).

    Args:
        quota: to be judged.
        snapshot: the namespace now.
        past: the same when it last was at rest.
    """
    hard, status = quota["spec"].get("hard") or {}, quota.get("status", {})
    if hard != (status.get("hard") or {}):
        yield Motion(who(quota), "has not been counted yet")
        return
    if quota["spec"].get("scopes") or quota["spec"].get("scopeSelector"):
        return
    for name in sorted(hard):
        there, used = _there(name, snapshot), quantity((status.get("used") or {}).get(name, ""))
        if there is not None and used is not None and there != used:
            gone = {each["metadata"]["uid"] for each in _counted(name, past)}
            gone -= {each["metadata"]["uid"] for each in _counted(name, snapshot)}
            yield Motion(who(quota), f"counts {used:f} {name}, not {there:f}", COUNTS if gone else STUCK)


def would_allow(refusal: str, snapshot: Snapshot) -> bool:
    """Tell whether a quota has room now for what it refused: whoever asked will ask again.

    That it counts less than it did is not enough: a ReplicaSet goes on telling the first refusal, when a Pod
    that was on its way out still counted (upstream ``calculateStatus``).

    Args:
        refusal: as the API server words it.
        snapshot: the namespace now.

    >>> refusal = "exceeded quota: berth, requested: pods=1, used: pods=4, limited: pods=3"
    >>> for pods in "34":
    ...     status = {"hard": {"pods": pods}, "used": {"pods": "3"}}
    ...     berth = {"kind": "ResourceQuota", "metadata": {"name": "berth", "uid": "1"}, "status": status}
    ...     would_allow(refusal, Snapshot([berth]))
    False
    True
    """
    found = _REFUSAL.search(refusal)
    if not found:
        return False
    named = (each for each in snapshot["ResourceQuota"] if each["metadata"]["name"] == found["name"])
    status = next(named, {}).get("status", {})
    return all(
        _fits(
            quantity(value),
            *(quantity((status.get(field) or {}).get(name, "")) for field in ("used", "hard")),
        )
        for name, _, value in (each.partition("=") for each in found["asked"].split(","))
    )


def _fits(asked: Decimal | None, used: Decimal | None, hard: Decimal | None) -> bool:
    """Tell whether there is room; what a quota limits no more has some."""
    return hard is None or (asked is not None and (used or 0) + asked <= hard)


def _counted(name: str, snapshot: Snapshot) -> list[Object]:
    """Return the objects that a quota counts by this name; those of ``count/pods`` may have finished."""
    found = snapshot[OBJECTS.get(name, "")]
    return [
        each for each in found if name.startswith("count/") or each["kind"] != "Pod" or not finished(each)
    ]


def _there(name: str, snapshot: Snapshot) -> Decimal | None:
    """Count what a quota counts; None if that is not plain."""
    kind = OBJECTS.get(name, "")
    if not kind or any(map(leaving, snapshot[kind])) or not _listed(kind, snapshot):
        return None
    found = _counted(name, snapshot)
    return _sum(_asked(pod, *ASKED[name]) for pod in found) if name in ASKED else Decimal(len(found))


def _sum(parts: Iterable[Decimal | None]) -> Decimal | None:
    """Add up; None if one of them is not known."""
    total = Decimal(0)
    for part in parts:
        if part is None:
            return None
        total += part
    return total


def _listed(kind: str, snapshot: Snapshot) -> bool:
    """Tell whether objects of a kind would be in a snapshot: each namespace has a ConfigMap."""
    return kind not in {"ConfigMap", "Secret"} or bool(snapshot["ConfigMap"])


def _asked(pod: Object, field: str, resource: str) -> Decimal | None:
    """Return how much an ordinary Pod asks for; None of one that is not."""
    spec = pod["spec"]
    if spec.get("initContainers") or spec.get("overhead") or spec.get("resources"):
        return None
    asked = ((each.get("resources") or {}).get(field, {}).get(resource, "0") for each in spec["containers"])
    return _sum(map(quantity, asked))
