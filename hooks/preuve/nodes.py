"""The nodes of a cluster of ours, given back as they were: an exclusive page may stop, drain and mark them.

A page that fails half-way has not undone it, and the page after it would be played, and recorded, on a
cluster with fewer nodes.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from preuve.errors import ClusterError
from preuve.objects import holds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.api import Api
    from preuve.cluster.embedded.cluster import EmbeddedCluster
    from preuve.objects import Object

NODES = "/api/v1/nodes"

READY_LIMIT = 60
"""Seconds for a node that was switched on to be Ready: it takes a few."""

LIFECYCLE = "node.kubernetes.io/"
"""The cluster puts these taints on by itself, and takes them off."""


@contextmanager
def given_back(cluster: EmbeddedCluster, api: Api) -> Iterator[None]:
    """Have the nodes during the block; then switch on those that are off, and take off what was put on them.

    Args:
        cluster: whose.
        api: with the rights of an administrator.

    Raises:
        ClusterError: one does not come back.
    """
    before = _nodes(api)
    try:
        yield
    finally:
        off = set(cluster.off())
        for name in sorted(before.keys() - _nodes(api).keys() - off):  # deleted: its kubelet makes it anew
            cluster.stop_node(name)
            off.add(name)
        for name in sorted(off):
            cluster.start_node(name)
        if off:
            _wait_until_ready(api, set(before))
        for name, node in _nodes(api).items():
            if name in before and (change := undone(before[name], node)):
                api.patch(f"{NODES}/{name}", change)


def undone(before: Object, now: Object) -> Object:
    """The merge patch that makes a node again what it was to the scheduler; empty if it still is.

    >>> free = {"metadata": {"labels": {"disk": "ssd"}}, "spec": {}}
    >>> undone(free, {"metadata": {"labels": {"disk": "ssd"}}, "spec": {"podCIDR": "10.244.1.0/24"}})
    {}
    >>> undone(free, {"metadata": {"labels": {"gpu": "no"}}, "spec": {"unschedulable": True}})
    {'metadata': {'labels': {'disk': 'ssd', 'gpu': None}}, 'spec': {'unschedulable': None}}
    """
    change: dict[str, Any] = {}
    old, new = (node["metadata"].get("labels", {}) for node in (before, now))
    if labels := {key: old.get(key) for key in sorted(old | new) if old.get(key) != new.get(key)}:
        change["metadata"] = {"labels": labels}
    spec: dict[str, Any] = {}
    if before["spec"].get("unschedulable") != now["spec"].get("unschedulable"):
        spec["unschedulable"] = before["spec"].get("unschedulable")
    taints = _taints(before)
    if taints != _taints(now):
        own = [taint for taint in now["spec"].get("taints", ()) if taint["key"].startswith(LIFECYCLE)]
        spec["taints"] = taints + own
    return change | ({"spec": spec} if spec else {})


def _taints(node: Object) -> list[Any]:
    return [taint for taint in node["spec"].get("taints", ()) if not taint["key"].startswith(LIFECYCLE)]


def _nodes(api: Api) -> dict[str, Object]:
    return {node["metadata"]["name"]: node for node in api.get(NODES)["items"]}


def _wait_until_ready(api: Api, awaited: set[str]) -> None:
    listed = api.get(NODES)
    awaited -= {node["metadata"]["name"] for node in listed["items"] if holds(node, "Ready")}
    if not awaited:
        return
    version = listed["metadata"]["resourceVersion"]
    watch = api.watch(NODES, READY_LIMIT, resourceVersion=version, timeoutSeconds=str(READY_LIMIT))
    try:
        for _, node in watch:
            if holds(node, "Ready"):
                awaited.discard(node["metadata"]["name"])
            if not awaited:
                return
    finally:
        watch.stop()
    raise ClusterError(
        f"{', '.join(sorted(awaited))} did not come back after an exclusive page: "
        "`preuve cluster down` ends the cluster"
    )
