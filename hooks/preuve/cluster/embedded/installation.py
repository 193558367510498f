"""What runs for a cluster once its API server has been started: links, nodes, controllers, registry."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import yaml

from preuve.cluster import dns
from preuve.cluster.embedded import addresses, cgroups, control_plane, network
from preuve.cluster.embedded.api import StartingApi, wait
from preuve.cluster.embedded.netns import join, joined
from preuve.cluster.embedded.places import SOURCES
from preuve.cluster.embedded.registry import Registry
from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from preuve.cluster.embedded.node import Node
    from preuve.cluster.embedded.processes import Processes
    from preuve.cluster.embedded.profiles import Profile

MANIFESTS = SOURCES / "manifests"
"""What every cluster holds from the start, beside its Nodes."""

API_LIMIT = 90.0
"""Seconds for the API server to get ready; measured: 3, and 30 on a machine that does six other things."""

NODES_LIMIT = 60.0
"""Seconds for the nodes to be Ready after that; measured: 0.3."""

DNS_ANSWER = 0.2
"""Seconds after which a query counts as lost: what is sent to a Service that is not there may vanish."""

DNS_LIMIT = 60.0
"""Seconds for a name to resolve on every node after that; measured: 2."""

LOAD_LIMIT = 300.0
"""Seconds for an author's images to be on every node; a big one is a gigabyte on each of three."""

ACCOUNT = "/api/v1/namespaces/default/serviceaccounts/default"
"""Without it no Pod can be made; the controller manager makes it."""


class Installation:
    """A cluster's machines: a laptop, which is the network namespace that this process is in, and nodes.

    Args:
        nodes: the first one carries the control plane; all have one profile.
        processes: where programs are started.
    """

    def __init__(self, nodes: Sequence[Node], processes: Processes) -> None:
        self._nodes = nodes
        self._processes = processes
        self._running: dict[str, int] = {}
        self._switch = threading.Lock()
        self._profile = nodes[0].profile
        network.set_up_lan(self._profile.services)

    @property
    def nodes(self) -> dict[str, int | None]:
        """The first process of each node, None of one that is off."""
        return {node.name: self._running.get(node.name) for node in self._nodes}

    def boot(self, node: Node) -> None:
        """Switch a node on; only its kubelet and its proxy are not there yet."""
        cgroups.create(node.cgroup)
        self.connect(node, node.boot(self._processes))

    def connect(self, node: Node, pid: int) -> None:
        """Put a node on the LAN and let it have its images; `pid` is its first process."""
        others = {other.index: other.pods for other in self._nodes if other is not node}
        network.attach(node.index, pid, others)
        node.start_runtime(self._processes, pid)
        self._running[node.name] = pid

    def serve_images(self, store: Path, outside: int) -> Callable[[], None]:
        """Be the registry: listen on the LAN.

        Args:
            store: what it serves.
            outside: a descriptor of the network namespace from which it asks for what it does not have.

        Returns:
            what answers until the end, to be called in a thread of its own.
        """
        laptop = str(addresses.LAPTOP.ip)
        listening = socket.create_server((laptop, addresses.REGISTRY_PORT), backlog=64)

        def answer() -> None:
            join(f"/proc/self/fd/{outside}")
            Registry(listening, store).serve_forever()

        return answer

    def start(self, api: StartingApi, stage: Callable[[str], None]) -> None:
        """Bring up the rest.

        Args:
            api: the API server, which is starting.
            stage: is told what begins.

        Raises:
            ClusterError: something did not come up.
        """
        wait(api.serves, "the API server's start", API_LIMIT)
        for node in self._nodes:
            node.start_kubelet(self._processes, self._running[node.name])
        wait(api.ready, "the API server's start", API_LIMIT)
        stage("nodes")
        control_plane.start_controllers(self._processes, self._running[self._nodes[0].name], self._profile)
        for document in _manifests(self._profile):
            api.apply(document)
        wait(lambda: _ready_nodes(api) == len(self._nodes), "the nodes' start", NODES_LIMIT)
        for node in self._nodes:
            api.apply(_facts(node))
            node.start_proxy(self._processes, self._running[node.name])
        if any(node.loaded for node in self._nodes):
            stage("your images on the nodes")
            wait(
                lambda: not any(node.is_loading(self._processes) for node in self._nodes),
                "the images",
                LOAD_LIMIT,
            )
        stage("DNS")
        wait(lambda: api.get(ACCOUNT), "the first ServiceAccount", DNS_LIMIT)
        for name, pid in self._running.items():
            with joined(f"/proc/{pid}/ns/net"):
                wait(self._resolves, f"the DNS's start ({name})", DNS_LIMIT)

    def _resolves(self) -> bool:
        server = str(self._profile.dns_service)
        return bool(dns.resolved(server, "kubernetes.default.svc.cluster.local", DNS_ANSWER))

    def stop_node(self, name: str) -> None:
        """Crash a node; nothing if it is off already.

        Raises:
            ClusterError: there is none of that name, or it carries the control plane.
        """
        node = self._node(name)
        if node is self._nodes[0]:
            raise ClusterError(f"{name} carries the control plane; the others can be stopped")
        with self._switch:
            if name in self._running:
                node.crash(self._processes, self._running.pop(name))
                network.detach(node.index)

    def start_node(self, name: str) -> None:
        """Switch a node on again; nothing if it is on.

        Raises:
            ClusterError: there is none of that name, or it did not come up.
        """
        node = self._node(name)
        with self._switch:
            if name not in self._running:
                cgroups.remove(node.cgroup)
                self.boot(node)
                node.start_kubelet(self._processes, self._running[name])
                node.start_proxy(self._processes, self._running[name])

    def _node(self, name: str) -> Node:
        for node in self._nodes:
            if node.name == name:
                return node
        raise ClusterError(f"there is no node {name!r}: {', '.join(node.name for node in self._nodes)}")


def _manifests(profile: Profile) -> Iterator[dict[str, Any]]:
    for file in sorted(MANIFESTS.glob("*.yaml")):
        with file.open(encoding="utf-8") as stream:
            for document in yaml.load_all(stream, yaml.CSafeLoader):
                yield _fitted(document, profile)


def _fitted(document: dict[str, Any], profile: Profile) -> dict[str, Any]:
    """A manifest, with what the profile says of it."""
    if document["kind"] == "StorageClass":
        storage = profile.storage
        document["metadata"]["name"] = storage.name
        document["provisioner"] = storage.provisioner
        document["volumeBindingMode"] = "WaitForFirstConsumer" if storage.waits else "Immediate"
    elif document["kind"] == "Service":
        document["spec"]["clusterIP"] = str(profile.dns_service)
    return document


def _facts(node: Node) -> dict[str, Any]:
    """What a node that has registered cannot say of itself; kubelets stumble over a Node without a status."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "labels": {} if node.index else {"node-role.kubernetes.io/control-plane": ""},
        },
        "spec": {
            "podCIDR": str(node.pods),
            "podCIDRs": [str(node.pods)],
            "taints": [] if node.index else node.profile.taints,
        },
    }


def _ready_nodes(api: StartingApi) -> int:
    nodes = api.get("/api/v1/nodes") or {"items": []}
    return sum(
        condition["type"] == "Ready" and condition["status"] == "True"
        for node in nodes["items"]
        for condition in node["status"].get("conditions", ())
    )
