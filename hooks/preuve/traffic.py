"""Do Services answer? Their endpoints accept connections, every node sends to them, their names resolve.

An EndpointSlice that lists a Pod is not yet a Service that answers: without a probe a Pod is an endpoint
before its server listens, and each node's kube-proxy and the DNS server learn of it a little later.
"""

from __future__ import annotations

import re
import socket
import struct
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preuve.errors import ClusterError
from preuve.motion import Motion
from preuve.objects import Snapshot, holds, who

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from preuve.api import Api
    from preuve.cluster import Cluster
    from preuve.objects import Object

REFUSED = 5.0
"""Seconds after which an endpoint that refuses will go on refusing: a wrong ``targetPort``, say. nginx, redis
and python's http.server listen within 0.3 s of their start; who needs 5 has a readiness probe."""

PROXIES = 1.5
"""Seconds for the nodes' proxies to take a change in, where one cannot see it: kube-proxy lets up to 1 s
pass between two of its changes (upstream ``minSyncPeriod``)."""

CONNECT_LIMIT = 0.5
"""Seconds for an answer on a network that is all in this machine."""

NAMES = "svc.cluster.local"

_ADDRESS = re.compile(r"(\d+(?:\.\d+){3})(?: \. |:)(\d+)|__(\d+(?:\.\d+){3})/(\d+)")
"""Where a rule of kube-proxy sends to: an element of a map, an address, or the name of a chain."""

_FRONT = r"((?:\d+(?:\.\d+){3} \. )?(?:tcp|udp|sctp) \. \d+)"
_SENT = re.compile(_FRONT + r" : goto (?:service|external)-(\S+?),?(?=\s)")
_REFUSED = re.compile(_FRONT + r' comment "([^/"]+)/([^:"]+)[^"]*" : (?:goto reject-chain|drop)')
"""What kube-proxy's maps do with a call: send it to a chain, or refuse it where nobody stands behind."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a port of a Service is called, and what stands behind it."""

    service: str
    namespace: str
    front: str
    """As nftables says it: ``10.96.7.5 . tcp . 80``, or ``tcp . 30080`` for a port of the nodes."""
    endpoints: frozenset[tuple[str, int]]
    sticky: bool
    """Each client is sent to where it was sent before."""

    @property
    def of(self) -> tuple[str, str, str]:
        """What is called, and whose it is: a freed address, or a port, may soon be another namespace's."""
        return self.namespace, self.service, self.front


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
        wanted = frozenset(routes(snapshot))
        unjudged = {service["metadata"]["name"] for service in snapshot["Service"]}
        unjudged -= {route.service for route in wanted}
        for node, network in networks.items():
            former = self._routed.get(network, frozenset())
            if former == wanted:
                continue
            fronts = {route.of for route in wanted | former if route.service not in unjudged}
            with self._cluster.network(node):
                ruleset = _ruleset()
            if not ruleset:  # that says nothing of what is gone
                yield Motion(f"Node {node}", "its proxy has no rules yet")
                continue
            found = {route for route in programmed(ruleset) if route.of in fronts}
            if found == wanted:
                self._routed[network] = wanted
            for service in sorted({route.service for route in found ^ wanted}):
                yield Motion(
                    f"Service {service}", f"the proxy of {node} has not taken its last change in yet"
                )

    def _names(self, snapshot: Snapshot, nodes: list[str]) -> Iterator[Motion]:
        wanted = {service["metadata"]["uid"]: addresses(service, snapshot) for service in snapshot["Service"]}
        asked = [uid for uid, found in wanted.items() if found and (uid, found) not in self._answered]
        if not asked or not nodes:
            return
        servers = self._dns()
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
        slices = self._api.get(path, labelSelector="kubernetes.io/service-name=kube-dns")["items"]
        return {endpoint["addresses"][0] for each in slices for endpoint in _ready(each)}


def _ready(endpoint_slice: Object) -> list[Object]:
    found = endpoint_slice.get("endpoints") or ()
    return [each for each in found if each.get("conditions", {}).get("ready", True)]


def endpoints(snapshot: Snapshot) -> Iterator[Endpoint]:
    """Yield the servers that Services send TCP to; in UDP nobody can say that he is there."""
    for service in snapshot["Service"]:
        for each in snapshot.owned(service, "EndpointSlice"):
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
    slices = snapshot.owned(service, "EndpointSlice")
    return frozenset(endpoint["addresses"][0] for each in slices for endpoint in _ready(each))


def routes(snapshot: Snapshot) -> Iterator[Route]:
    """Yield what every node's proxy should know of a namespace's Services."""
    for service in snapshot["Service"]:
        spec, meta = service["spec"], service["metadata"]
        local = spec.get("internalTrafficPolicy") == "Local" or spec.get("trafficDistribution")
        if spec.get("clusterIP") in {None, "", "None"} or local:
            continue  # nothing to program, or another thing on every node
        for port in spec.get("ports", ()):
            found = frozenset(
                (endpoint["addresses"][0], each["port"])
                for one in snapshot.owned(service, "EndpointSlice")
                for each in one.get("ports") or ()
                if (each.get("name") or "") == port.get("name", "") and each.get("port")
                for endpoint in _ready(one)
            )
            protocol = port.get("protocol", "TCP").lower()
            sticky = spec.get("sessionAffinity") == "ClientIP" and bool(found)
            fronts = [f"{spec['clusterIP']} . {protocol} . {port['port']}"]
            if port.get("nodePort"):
                fronts.append(f"{protocol} . {port['nodePort']}")
            for front in fronts:
                yield Route(meta["name"], meta["namespace"], front, found, sticky)


def _accepts(endpoint: Endpoint) -> bool:
    try:
        with socket.create_connection((endpoint.address, endpoint.port), CONNECT_LIMIT):
            return True
    except OSError:
        return False


def _ruleset() -> str:
    """Read what the kube-proxy of this network has programmed; nothing where that cannot be read."""
    listed = subprocess.run(
        ["nft", "list", "table", "ip", "kube-proxy"], capture_output=True, text=True, check=False
    )
    return listed.stdout


def programmed(ruleset: str) -> frozenset[Route]:
    """Read where kube-proxy's rules send.

    Args:
        ruleset: its table in nftables' own language.

    >>> programmed('''
    ...   elements = { 10.96.7.5 . tcp . 80 : goto service-6LITFDW5-t/web/tcp/ }
    ...   chain service-6LITFDW5-t/web/tcp/ {
    ...     meta l4proto tcp dnat ip to numgen random mod 1 map { 0 : 10.244.0.2 . 80 }
    ...   }
    ... ''') == {Route("web", "t", "10.96.7.5 . tcp . 80", frozenset({("10.244.0.2", 80)}), False)}
    True
    """
    found = {
        front: Route(service, namespace, front, frozenset(), sticky=False)
        for front, namespace, service in _REFUSED.findall(ruleset)
    }
    chains = dict(re.findall(r"chain service-(\S+) \{(.*?)\n\s*\}", ruleset, re.DOTALL))
    for front, chain in _SENT.findall(ruleset):
        body = chains.get(chain, "")
        namespace, service = chain.partition("-")[2].split("/")[:2]
        sends = frozenset((a or c, int(b or d)) for a, b, c, d in _ADDRESS.findall(body))
        found[front] = Route(service, namespace, front, sends, "@affinity-" in body)
    return frozenset(found.values())


def resolved(server: str, name: str) -> frozenset[str]:
    """Ask a DNS server for the IPv4 addresses of a name, over TCP: an answer in UDP has room for some 30.

    Args:
        server: its address.
        name: fully qualified, without the final dot.

    Returns:
        none if it does not know the name, or does not answer.
    """
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = labels + b"\0" + struct.pack("!HH", 1, 1)  # A, IN
    query = struct.pack("!6H", 1, 0x0100, 1, 0, 0, 0) + question
    try:
        with (
            socket.create_connection((server, 53), CONNECT_LIMIT) as client,
            client.makefile("rb") as answers,
        ):
            client.sendall(struct.pack("!H", len(query)) + query)  # RFC 1035, 4.2.2
            (length,) = struct.unpack("!H", answers.read(2))
            answer = answers.read(length)
            return frozenset(_addresses(answer, len(query)))
    except (OSError, struct.error, IndexError):  # the latter two where it hung up within its answer
        return frozenset()


def _addresses(answer: bytes, start: int) -> Iterable[str]:
    """Read the A records of a DNS answer that begin after the question (RFC 1035, 4.1)."""
    count = struct.unpack("!H", answer[6:8])[0]
    for _ in range(count):
        while answer[start] and answer[start] < 0xC0:
            start += answer[start] + 1
        start += 2 if answer[start] else 1  # a pointer, or the root
        kind, _, _, length = struct.unpack("!HHIH", answer[start : start + 10])
        if kind == 1:
            yield socket.inet_ntoa(answer[start + 10 : start + 14])
        start += 10 + length
