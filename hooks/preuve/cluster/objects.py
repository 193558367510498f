"""Kubernetes objects as JSON gives them, and a namespace full of them at one moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from preuve.cluster.report import Process, Report

Object = Mapping[str, Any]
"""An object as the API answers it, ``kind`` included."""


class Snapshot:
    """The objects of a namespace, and the cluster's nodes, at one moment.

    Args:
        objects: in any order; of one uid, the last.
        now: the time on the cluster's clock.
        reports: what nodes say themselves, by their names; None of one that is down. Of a node that is not
            named, only the API can tell.
        logs: the last lines of init containers, by the Pod's uid and the container's name.
        reached: the same namespace right after a command that may have reached into its containers, if one
            has since it was last at rest.
        until: for how long one can wait for it to come to rest.
    """

    def __init__(
        self,
        objects: Iterable[Object] = (),
        now: datetime | None = None,
        *,
        reports: Mapping[str, Report | None] | None = None,
        logs: Mapping[tuple[str, str], str] | None = None,
        reached: Snapshot | None = None,
        until: datetime | None = None,
    ) -> None:
        self.now = now or datetime.now(UTC)
        self.reports = reports or {}
        self.logs = logs or {}
        self.reached = reached
        self.until = until or self.now
        self.by_uid: dict[str, Object] = {obj["metadata"]["uid"]: obj for obj in objects}
        self._by_kind: defaultdict[str, list[Object]] = defaultdict(list)
        self._owned: defaultdict[str, list[Object]] = defaultdict(list)
        for obj in sorted(self.by_uid.values(), key=lambda obj: str(obj["metadata"]["name"])):
            self._by_kind[obj["kind"]].append(obj)
            for owner in obj["metadata"].get("ownerReferences", ()):
                self._owned[owner["uid"]].append(obj)

    @property
    def kinds(self) -> list[str]:
        """The kinds of which there is an object."""
        return list(self._by_kind)

    def __getitem__(self, kind: str) -> list[Object]:
        """Return the objects of a kind, by name."""
        return self._by_kind.get(kind, [])

    def owned(self, owner: Object, kind: str) -> list[Object]:
        """Return the objects of a kind that belong to `owner`, by name."""
        return [obj for obj in self.dependents(owner) if obj["kind"] == kind]

    def dependents(self, owner: Object) -> list[Object]:
        """Return all that belongs to `owner`, by name."""
        return self._owned.get(owner["metadata"]["uid"], [])

    def report(self, pod: Object) -> Report | None:
        """Return what the Pod's node says itself, if it can be asked."""
        return self.reports.get(pod["spec"].get("nodeName", ""))

    def process(self, pod: Object, container: str) -> Process | None:
        """Return the first process of a container, by its id, if its node says that it runs."""
        report = self.report(pod)
        return report.processes.get(container) if report else None

    def pods(self, owner: Object) -> list[Object]:
        """Return the Pods of a workload, those of its ReplicaSets included."""
        sets = self.owned(owner, "ReplicaSet")
        return self.owned(owner, "Pod") + [pod for each in sets for pod in self.owned(each, "Pod")]


def who(obj: Object) -> str:
    """Name an object as a person does.

    >>> who({"kind": "Pod", "metadata": {"name": "web"}})
    'Pod web'
    """
    return f"{obj['kind']} {obj['metadata']['name']}"


def condition(obj: Object, kind: str) -> Mapping[str, str]:
    """Return a condition of the object's status, empty when it has none of that type."""
    found = (each for each in obj.get("status", {}).get("conditions") or () if each["type"] == kind)
    return next(found, {})


def holds(obj: Object, kind: str) -> bool:
    """Tell whether a condition is true of the object."""
    return condition(obj, kind).get("status") == "True"


def behind(obj: Object) -> bool:
    """Tell whether the last change of the object is still to be observed by its controller."""
    return bool(obj.get("status", {}).get("observedGeneration", 0) < obj["metadata"].get("generation", 0))


def leaving(obj: Object) -> bool:
    """Tell whether the object is being deleted."""
    return "deletionTimestamp" in obj["metadata"]


OWN = {"foregroundDeletion", "kubernetes", "orphan"}
"""Kubernetes' finalizers that have no domain (upstream ``standardFinalizers``)."""


def foreign(obj: Object) -> list[str]:
    """Return the finalizers of an object that none of Kubernetes' own controllers takes away.

    >>> foreign({"metadata": {"finalizers": ["kubernetes.io/pvc-protection", "scout.example/hold"]}})
    ['scout.example/hold']
    """
    finalizers = obj["metadata"].get("finalizers", ())
    return [each for each in finalizers if each not in OWN and "kubernetes.io/" not in each]


def finished(pod: Object) -> bool:
    """Tell whether a Pod has run to its end, well or not."""
    return pod["status"].get("phase") in {"Succeeded", "Failed"}


def labels(obj: Object) -> Mapping[str, str]:
    """Return the object's labels."""
    found: Mapping[str, str] = obj["metadata"].get("labels") or {}
    return found


_OPERATORS: Mapping[str, Callable[[str | None, Collection[str]], bool]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, _: value is not None,
    "DoesNotExist": lambda value, _: value is None,
}


def tolerates(toleration: Object, taint: Object) -> bool:
    """Tell whether a toleration is for a taint (upstream ``ToleratesTaint``); numbers are not compared.

    >>> taint = {"key": "gpu", "value": "old", "effect": "NoExecute"}
    >>> [tolerates({"key": "gpu", **more}, taint) for more in ({"operator": "Exists"}, {"value": "new"})]
    [True, False]
    """
    equal = toleration.get("operator") in {None, "", "Equal"}
    return (
        (not equal or toleration.get("value", "") == taint.get("value", ""))
        and toleration.get("key") in {None, "", taint["key"]}
        and toleration.get("effect") in {None, "", taint["effect"]}
    )


def matches(selector: Mapping[str, Any], found: Mapping[str, str]) -> bool:
    """Tell whether labels satisfy a selector: a plain one, or ``matchLabels`` with ``matchExpressions``.

    >>> matches({"app": "web"}, {"app": "web", "tier": "front"})
    True
    >>> selector = {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}
    >>> matches(selector, {"app": "web"}), matches(selector, {})
    (False, True)
    """
    if selector.keys() & {"matchLabels", "matchExpressions"}:
        return matches(selector.get("matchLabels") or {}, found) and all(
            _OPERATORS[each["operator"]](found.get(each["key"]), each.get("values") or ())
            for each in selector.get("matchExpressions") or ()
        )
    return all(found.get(key) == value for key, value in selector.items())
