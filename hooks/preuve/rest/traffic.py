"""Do Services answer? Their endpoints accept connections, every node sends to them, their names resolve.

An EndpointSlice that lists a Pod is not yet a Service that answers: without a probe a Pod is an endpoint
before its server listens, and each node's proxy and the DNS server learn of it a little later.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preuve.cluster.dns import resolved
from preuve.cluster.objects import Snapshot, holds, labels, who
from preuve.cluster.report import Route
from preuve.errors import ClusterError
from preuve.rest.motion import Motion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from preuve.cluster import Cluster
    from preuve.cluster.api import Api
    from preuve.cluster.objects import Object

REFUSED = 5.0
"""Seconds after which an endpoint that refuses will go on refusing: a wrong ``targetPort``, say. nginx, redis
and python's http.server listen within 0.3 s of their start; who needs 5 has a readiness probe."""

PROXIES = 1.5
"""Seconds for the nodes' proxies to take a change in, where one cannot see it: kube-proxy lets up to 1 s
pass between two of its changes (upstream ``minSyncPeriod``)."""

CONNECT_LIMIT = 0.5
"""Seconds for an answer on a network that is all in this machine."""

NAMES = "svc.cluster.local"

OF = "kubernetes.io/service-name"
"""The label of an EndpointSlice that names its Service (upstream ``discovery/v1/well_known_labels.go``)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server of a Service."""

    service: str
    node: str
    address: str
    port: int
    container: str
    """Changes when the server is another one."""


class Traffic:
    """Whether the Services of a namespace answer; what has answered is not asked again.

    Args:
        cluster: where they are.
        api: of the cluster.
    """

    def __init__(self, cluster: Cluster, api: Api) -> None:
        self._cluster = cluster
        self._api = api
        self._answered: set[object] = set()
        self._routed: dict[str, frozenset[Route]] = {}
        """By a node's network, another one after a restart: what its proxy was last seen to do; what it did
        before that says nothing of now."""

    def motions(self, snapshot: Snapshot) -> Iterator[Motion]:
        """Tell which Services do not answer yet.

        Args:
            snapshot: a namespace whose EndpointSlices are up to date.
        """
        if not snapshot["Service"] and not any(self._routed.values()):
            return
        if not self._cluster.nodes:
            for route in routes(snapshot):
                why = "the nodes' proxies are given a moment to take it in"
                taken = f"{route.front} {sorted(route.endpoints)} {route.sticky}"
                yield Motion(f"Service {route.service}", why, PROXIES, of=taken)
            return
        nodes = [node["metadata"]["name"] for node in snapshot["Node"] if holds(node, "Ready")]
        networks = {}
        for node in nodes:
            try:
                networks[node] = str(self._cluster.network_path(node))
            except ClusterError:
                yield Motion(f"Node {node}", "is down, and the cluster does not know yet")
                return
        yield from self._endpoints(snapshot, nodes)
        yield from self._routes(snapshot, networks)
        yield from self._names(snapshot, nodes)

    def _endpoints(self, snapshot: Snapshot, nodes: list[str]) -> Iterator[Motion]:
        asked = [each for each in endpoints(snapshot) if each not in self._answered and each.node in nodes]
        for node in sorted({each.node for each in asked}):
            with self._cluster.network(node):
                for each in asked:
                    if each.node == node and _accepts(each):
                        self._answered.add(each)
        for each in asked:
            if each not in self._answered:
                why = f"its endpoint {each.address}:{each.port} does not accept connections"
                yield Motion(f"Service {each.service}", why, REFUSED, of=each.container)

    def _routes(self, snapshot: Snapshot, networks: Mapping[str, str]) -> Iterator[Motion]:
        by_name = {node["metadata"]["name"]: node for node in snapshot["Node"]}
        for node, network in networks.items():
            wanted = frozenset(routes(snapshot, by_name[node]))
            former = self._routed.get(network, frozenset())
            if former == wanted:
                continue
            fronts = {route.of for route in wanted | former}
            programmed = self._cluster.routes(node)
            if not programmed:  # that says nothing of what is gone
                yield Motion(f"Node {node}", "its proxy has no rules yet")
                continue
            found = {route for route in programmed if route.of in fronts}
            if found == wanted:
                self._routed[network] = wanted
            for service in sorted({route.service for route in found ^ wanted}):
                does, should = (_told(each, service) for each in (found - wanted, wanted - found))
                yield Motion(
                    f"Service {service}",
                    f"the proxy of {node} has not taken its last change in yet: "
                    f"it sends {does}, and should send {should}",
                )

    def _names(self, snapshot: Snapshot, nodes: list[str]) -> Iterator[Motion]:
        wanted = {service["metadata"]["uid"]: addresses(service, snapshot) for service in snapshot["Service"]}
        asked = [uid for uid, found in wanted.items() if found and (uid, found) not in self._answered]
        if not asked or not nodes:
            return
        servers = self._dns()
        if not servers:
            return  # the page may have ended them; they are asked once they are there
        with self._cluster.network(nodes[0]):
            for uid in asked:
                service = snapshot.by_uid[uid]
                name = f"{service['metadata']['name']}.{service['metadata']['namespace']}.{NAMES}"
                if all(resolved(server, name) == wanted[uid] for server in servers):
                    self._answered.add((uid, wanted[uid]))
                else:
                    yield Motion(who(service), "its name does not resolve as it should yet")

    def _dns(self) -> set[str]:
        """Return the addresses of the cluster's DNS servers: each learns of a name by itself."""
        path = "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices"
        found = self._api.get(path, labelSelector=f"{OF}=kube-dns")["items"]
        return {endpoint["addresses"][0] for each in found for endpoint in _ready(each)}


def _told(found: Iterable[Route], service: str) -> str:
    """Where a proxy sends calls of a Service.

    >>> _told([Route("web", "t", ("10.96.7.5", "tcp", 80), frozenset({("10.244.0.2", 8080)}), False)], "web")
    '10.96.7.5:80 to 10.244.0.2:8080'
    >>> _told([Route("web", "t", ("", "tcp", 30080), frozenset(), False)], "web"), _told([], "web")
    ('port 30080 of the nodes to nobody', 'nothing')
    """
    sent = []
    for route in found:
        if route.service == service:
            address, _, port = route.front
            front = f"{address}:{port}" if address else f"port {port} of the nodes"
            ends = ", ".join(f"{end}:{number}" for end, number in sorted(route.endpoints))
            sent.append(f"{front} to {ends or 'nobody'}{' by client' * route.sticky}")
    return "; ".join(sorted(sent)) or "nothing"


def _ready(endpoint_slice: Object) -> list[Object]:
    found = endpoint_slice.get("endpoints") or ()
    return [each for each in found if each.get("conditions", {}).get("ready", True)]


def slices(service: Object, snapshot: Snapshot) -> list[Object]:
    """Return a Service's EndpointSlices, those that a person made for it too."""
    name = service["metadata"]["name"]
    return [each for each in snapshot["EndpointSlice"] if labels(each).get(OF) == name]


def endpoints(snapshot: Snapshot) -> Iterator[Endpoint]:
    """Yield the servers that Services send TCP to; in UDP nobody can say that he is there."""
    for service in snapshot["Service"]:
        for each in slices(service, snapshot):
            for endpoint in _ready(each):
                pod = snapshot.by_uid.get(endpoint.get("targetRef", {}).get("uid", ""), {})
                statuses = pod.get("status", {}).get("containerStatuses", ())
                ids = " ".join(status.get("containerID", "") for status in statuses)
                for port in each.get("ports") or ():
                    if port.get("protocol", "TCP") == "TCP" and port.get("port"):
                        name, address = service["metadata"]["name"], endpoint["addresses"][0]
                        yield Endpoint(name, endpoint.get("nodeName", ""), address, port["port"], ids)


def addresses(service: Object, snapshot: Snapshot) -> frozenset[str]:
    """Return what a Service's name should resolve to: its own address, or those of its servers."""
    own = service["spec"].get("clusterIPs") or [service["spec"].get("clusterIP", "")]
    if own != ["None"]:
        return frozenset(each for each in own if "." in each)
    return frozenset(
        endpoint["addresses"][0] for each in slices(service, snapshot) for endpoint in _ready(each)
    )


def routes(snapshot: Snapshot, node: Object | None = None) -> Iterator[Route]:
    """Yield what a node's proxy should know of a namespace's Services; without one, of all their servers."""
    for service in snapshot["Service"]:
        spec, meta = service["spec"], service["metadata"]
        if spec.get("clusterIP") in {None, "", "None"}:
            continue  # nothing to program
        for port in spec.get("ports", ()):
            protocol = port.get("protocol", "TCP").lower()
            fronts = [(str(spec["clusterIP"]), protocol, int(port["port"]))]
            if port.get("nodePort"):
                fronts.append(("", protocol, int(port["nodePort"])))
            servers = [
                (endpoint, int(each["port"]))
                for one in slices(service, snapshot)
                for each in one.get("ports") or ()
                if (each.get("name") or "") == port.get("name", "") and each.get("port")
                for endpoint in _ready(one)
            ]
            for front in fronts:
                local = bool(front[0]) and spec.get("internalTrafficPolicy") == "Local"
                chosen = _chosen(servers, node, local=local) if node else servers
                found = frozenset((endpoint["addresses"][0], number) for endpoint, number in chosen)
                sticky = spec.get("sessionAffinity") == "ClientIP" and bool(found)
                yield Route(meta["name"], meta["namespace"], front, found, sticky)


def _chosen(servers: list[tuple[Object, int]], node: Object, *, local: bool) -> list[tuple[Object, int]]:
    """Return those that a node's proxy sends to (upstream ``pkg/proxy/topology.go``)."""
    name = node["metadata"]["name"]
    if local:
        return [each for each in servers if each[0].get("nodeName") == name]
    for hint, here in (("forNodes", name), ("forZones", labels(node).get("topology.kubernetes.io/zone"))):
        meant = [{one["name"] for one in (each.get("hints") or {}).get(hint) or ()} for each, _ in servers]
        if all(meant) and any(here in names for names in meant):
            return [each for each, names in zip(servers, meant, strict=True) if here in names]
    return servers


def _accepts(endpoint: Endpoint) -> bool:
    try:
        with socket.create_connection((endpoint.address, endpoint.port), CONNECT_LIMIT):
            return True
    except OSError:
        return False
