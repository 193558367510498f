"""Objects of a namespace as they are at one point of a page: the scene that answers a ``cluster`` fence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preuve.cluster.objects import holds, labels, matches
from preuve.meaning.scene import Item
from preuve.rest.pod import statuses, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from preuve.cluster.objects import Object, Snapshot
    from preuve.page.diagram import Request

ALL_NODES = 6
"""Of a cluster with more nodes than this, only those with a Pod are in a scene by node."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen."""

    items: tuple[Item, ...]
    uids: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    """What was asked for: of another kind, nothing is known."""


def observe(snapshot: Snapshot, request: Request, previous: Observation | None = None) -> Observation:
    """Answer a fence.

    Args:
        snapshot: objects, those of `Request.needed` kinds among them.
        request: the fence.
        previous: the page's observation before this one; without it nothing is new.
    """
    kinds = [kind.name for kind in request.kinds]
    there = {obj["metadata"]["uid"]: obj for kind in kinds for obj in snapshot[kind]}
    items = [
        _item(obj, snapshot, there, by_node=request.by_node, new=_is_new(obj, previous))
        for obj in there.values()
    ]
    if request.by_node and "Node" not in kinds:
        used = {item.node for item in items if item.node}
        every = snapshot["Node"]
        shown = [node for node in every if len(every) <= ALL_NODES or node["metadata"]["name"] in used]
        items += [Item("Node", node["metadata"]["name"], _node(node)) for node in shown]
    place = {name: number for number, name in enumerate(kinds)}
    items.sort(
        key=lambda item: (place.get(item.kind, len(place)), item.owner, item.node, item.new, item.name)
    )
    return Observation(tuple(items), frozenset(there), frozenset(kinds))


def _is_new(obj: Object, previous: Observation | None) -> bool:
    return (
        previous is not None and obj["kind"] in previous.kinds and obj["metadata"]["uid"] not in previous.uids
    )


def _item(obj: Object, snapshot: Snapshot, there: Mapping[str, Object], *, by_node: bool, new: bool) -> Item:
    kind, spec = obj["kind"], obj.get("spec", {})
    owners = [_id(there[uid]) for uid in _owners(obj, snapshot, there)]
    selector = kind == "Service" and spec.get("selector")
    return Item(
        kind,
        obj["metadata"]["name"],
        _STATUSES[kind](obj) if kind in _STATUSES else "",
        _images(obj) if kind in _RUN else "",
        owners[0] if owners else "",
        tuple(
            _id(pod)
            for pod in (snapshot["Pod"] if selector else ())
            if pod["metadata"]["uid"] in there and matches(selector, labels(pod))
        ),
        spec.get("nodeName", "") if by_node and kind == "Pod" else "",
        new=new,
    )


def _id(obj: Object) -> str:
    return f"{obj['kind']}/{obj['metadata']['name']}"


def _owners(obj: Object, snapshot: Snapshot, there: Mapping[str, Object]) -> Iterator[str]:
    """Yield the nearest owners that are drawn."""
    for owner in obj["metadata"].get("ownerReferences", ()):
        if owner["uid"] in there:
            yield owner["uid"]
        elif hidden := snapshot.by_uid.get(owner["uid"]):
            yield from _owners(hidden, snapshot, there)


def _replicas(obj: Object) -> str:
    return f"{obj.get('status', {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"


def _images(obj: Object) -> str:
    spec = obj["spec"] if obj["kind"] == "Pod" else obj["spec"]["template"]["spec"]
    return ",".join(container["image"].rpartition("/")[2] for container in spec["containers"])


def _ports(service: Object) -> str:
    ports = [
        f"{port['port']}:{port['nodePort']}" if port.get("nodePort") else str(port["port"])
        for port in service["spec"].get("ports", ())
    ]
    return f"{service['spec'].get('type', 'ClusterIP')} {','.join(ports)}".strip()


def _completions(job: Object) -> str:
    return f"{job.get('status', {}).get('succeeded', 0)}/{job['spec'].get('completions', 1)}"


def _daemons(obj: Object) -> str:
    status = obj.get("status", {})
    return f"{status.get('numberReady', 0)}/{status.get('desiredNumberScheduled', 0)}"


def _pod(pod: Object) -> str:
    """Its STATUS, and how many of its containers are ready where that is not all of them."""
    found = [status["ready"] for status in statuses(pod) if "running" in status["state"]]
    status = summary(pod)
    return f"{status} {sum(found)}/{len(found)}" if status == "Running" and not all(found) else status


def _node(node: Object) -> str:
    ready = "Ready" if holds(node, "Ready") else "NotReady"
    return f"{ready},SchedulingDisabled" if node.get("spec", {}).get("unschedulable") else ready


_STATUSES: Mapping[str, Callable[[Object], str]] = {
    "Deployment": _replicas,
    "ReplicaSet": _replicas,
    "ReplicationController": _replicas,
    "StatefulSet": _replicas,
    "DaemonSet": _daemons,
    "Job": _completions,
    "Service": _ports,
    "Pod": _pod,
    "PersistentVolumeClaim": lambda claim: str(claim.get("status", {}).get("phase", "")),
    "Node": _node,
}
"""How an object fares, in kubectl's words."""

_RUN = frozenset({"ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job", "Pod"})
"""The kinds that are said to run an image."""
