"""What the nodes' proxies and the DNS server should know of Services, and what they say that they know."""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from preuve.cluster.objects import Snapshot
from preuve.cluster.report import Route
from preuve.rest import traffic
from preuve.rest.traffic import (
    OF,
    PROXIES,
    Endpoint,
    Traffic,
    addresses,
    endpoints,
    routes,
)


def service(**spec: object) -> dict[str, Any]:
    meta = {"name": "web", "namespace": "t", "uid": "1"}
    ports = [{"port": 80, "protocol": "TCP"}]
    return {"kind": "Service", "metadata": meta, "spec": {"clusterIP": "10.96.7.5", "ports": ports, **spec}}


def slices(*found: dict[str, Any], name: str = "web-1", **more: object) -> dict[str, Any]:
    meta = {"name": name, "uid": name, "labels": {OF: "web"}}
    ports = [{"name": "", "port": 8080, "protocol": "TCP"}]
    return {"kind": "EndpointSlice", "metadata": meta, "endpoints": list(found), "ports": ports, **more}


def server(address: str, *, ready: bool | None = True, pod: str = "") -> dict[str, Any]:
    conditions = {} if ready is None else {"ready": ready}
    return {"addresses": [address], "conditions": conditions, "nodeName": "node1", "targetRef": {"uid": pod}}


ONE, TWO = server("10.244.0.2"), server("10.244.1.2")


def test_a_route_leads_from_a_port_to_its_servers() -> None:
    """To those that are ready or do not say that they are not, of all slices, at the port of that name."""
    web = service(
        ports=[
            {"name": "http", "port": 80, "protocol": "TCP"},
            {"name": "dns", "port": 53, "protocol": "UDP"},
        ]
    )
    ports = [{"name": "http", "port": 8080}, {"name": "dns", "port": 5353}, {"name": "any", "port": None}]
    snapshot = Snapshot(
        [
            web,
            slices(ONE, server("10.244.0.9", ready=False), ports=ports),
            slices(server("10.244.1.2", ready=None), name="web-2", ports=ports),
            slices(server("10.244.2.2"), name="web-3", ports=[{"name": "http", "port": None}]),
        ]
    )
    http = frozenset({("10.244.0.2", 8080), ("10.244.1.2", 8080)})
    dns = frozenset({("10.244.0.2", 5353), ("10.244.1.2", 5353)})
    assert list(routes(snapshot)) == [
        Route("web", "t", ("10.96.7.5", "tcp", 80), http, sticky=False),
        Route("web", "t", ("10.96.7.5", "udp", 53), dns, sticky=False),
    ]


def test_a_port_of_the_nodes_is_a_route_too() -> None:
    """It leads where the Service's own does."""
    snapshot = Snapshot([service(ports=[{"port": 80, "nodePort": 30080}]), slices(ONE)])
    assert {route.front for route in routes(snapshot)} == {("10.96.7.5", "tcp", 80), ("", "tcp", 30080)}
    assert len({route.endpoints for route in routes(snapshot)}) == 1


def test_a_slice_of_another_service_is_not_its_own() -> None:
    """Whoever made a slice, and for whom, its label says where it belongs."""
    other = {**slices(TWO, name="other-1"), "metadata": {"name": "o", "uid": "o", "labels": {OF: "other"}}}
    (route,) = routes(Snapshot([service(), slices(ONE), other]))
    assert route.endpoints == {("10.244.0.2", 8080)}


@pytest.mark.parametrize(("found", "sticky"), [((ONE,), True), ((), False)])
def test_only_who_is_served_is_kept(found: tuple[dict[str, Any], ...], *, sticky: bool) -> None:
    """Where nobody stands behind a Service, its proxy has nothing to keep a client with."""
    (route,) = routes(Snapshot([service(sessionAffinity="ClientIP"), slices(*found)]))
    assert route.sticky == sticky


@pytest.mark.parametrize("spec", [{"clusterIP": "None"}, {"clusterIP": "", "type": "ExternalName"}])
def test_what_is_programmed_nowhere_has_no_route(spec: dict[str, Any]) -> None:
    """There is no address at which it could be called."""
    assert not list(routes(Snapshot([service(**spec), slices(ONE)])))


HERE, THERE = ({"addresses": [f"10.244.{n}.2"], "nodeName": f"node{n}"} for n in (1, 2))


def near(node: str, zone: str = "a") -> dict[str, Any]:
    return {"hints": {"forNodes": [{"name": node}], "forZones": [{"name": zone}]}}


@pytest.mark.parametrize(
    ("spec", "found", "numbers"),
    [
        ({}, (HERE, THERE), [1, 2]),
        ({"internalTrafficPolicy": "Cluster"}, (HERE, THERE), [1, 2]),
        ({"internalTrafficPolicy": "Local"}, (HERE, THERE), [1]),
        ({"internalTrafficPolicy": "Local"}, (THERE,), []),
        ({"internalTrafficPolicy": "Local"}, ({"addresses": ["10.244.1.2"]},), []),
        ({}, (HERE | near("node1"), THERE | near("node2")), [1]),
        ({}, (THERE | near("node2", "b"),), [2]),
        ({}, (HERE | near("node3"), THERE | near("node2", "b")), [1]),
        ({}, (HERE | near("node1"), THERE), [1, 2]),
    ],
)
def test_a_proxy_sends_to_what_is_near_where_that_is_asked(
    spec: dict[str, Any], found: tuple[dict[str, Any], ...], numbers: list[int]
) -> None:
    """To its own node's servers alone, or to those that the slices mean for its node, else for its zone."""
    zone = {"topology.kubernetes.io/zone": "a"}
    node = {"kind": "Node", "metadata": {"name": "node1", "uid": "n", "labels": zone}}
    ports = [{"port": 80, "nodePort": 30080}]
    own, nodes = routes(Snapshot([service(ports=ports, **spec), slices(*found)]), node)
    assert own.endpoints == {(f"10.244.{number}.2", 8080) for number in numbers}
    if spec.get("internalTrafficPolicy") == "Local":  # which is for calls from within
        assert len(nodes.endpoints) == len(found)
    else:
        assert nodes.endpoints == own.endpoints


@pytest.mark.parametrize(
    "change",
    [
        {"clusterIP": "10.96.7.6"},
        {"ports": [{"port": 81, "protocol": "TCP"}]},
        {"ports": [{"port": 80, "protocol": "UDP"}]},
        {"sessionAffinity": "ClientIP"},
    ],
)
def test_proxies_that_nobody_can_look_into_are_given_time_again(change: dict[str, Any]) -> None:
    """A Service that was changed, or made again, is another one to them, whoever stands behind it."""
    asked = Traffic(cast("Any", SimpleNamespace(nodes=())), cast("Any", None))
    before, same, after = (
        tuple(asked.motions(Snapshot([service(**spec), slices(ONE)]))) for spec in ({}, {}, change)
    )
    assert before == same
    assert before != after
    assert [motion.patience for motion in after] == [PROXIES]


class Node:
    """A cluster of one node, whose proxy has programmed what one says."""

    nodes = ("node1",)

    def __init__(self) -> None:
        self.path, self.programmed = "/proc/1/ns/net", frozenset[Route]()
        self.dns: list[str] = []
        api = SimpleNamespace(get=lambda *_, **__: {"items": [{"endpoints": [*map(server, self.dns)]}]})
        self._traffic = Traffic(cast("Any", self), cast("Any", api))

    def network(self, _: str) -> AbstractContextManager[None]:
        return nullcontext()

    def network_path(self, _: str) -> str:
        return self.path

    def routes(self, _: str) -> frozenset[Route]:
        return self.programmed

    def motions(self, *objects: dict[str, Any]) -> list[str]:
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        node = {"kind": "Node", "metadata": {"name": "node1", "uid": "n"}, "status": ready}
        return [str(motion) for motion in self._traffic.motions(Snapshot([node, *objects]))]

    def at_rest(self, *objects: dict[str, Any]) -> bool:
        return not self.motions(*objects)


ELSEWHERE = {"addresses": ["10.244.0.2"]}
NONE = frozenset[Route]()


def programmed(address: str = "10.96.7.5", namespace: str = "t", to: str = "10.244.0.2") -> frozenset[Route]:
    route = Route("web", namespace, (address, "tcp", 80), frozenset({(to, 8080)}), sticky=False)
    return frozenset({route})


def test_a_proxy_is_asked_until_it_does_as_it_should() -> None:
    """For the address and the port of now, to the servers of now; rules of before are no sign."""
    node = Node()
    web = [service(), slices(ELSEWHERE)]
    for node.programmed in (
        *(NONE, programmed(to="10.244.0.3"), programmed("10.96.7.4"), programmed(namespace="x")),
    ):
        assert not node.at_rest(*web)
    node.programmed = programmed()
    assert node.at_rest(*web)
    assert not node.at_rest(service(ports=[{"port": 81}]), slices(ELSEWHERE))
    assert not node.at_rest(service(clusterIP="10.96.7.6"), slices(ELSEWHERE))


def test_what_a_proxy_does_instead_is_told() -> None:
    """Who reads that a page did not settle sees whether the proxy is late, or wrong."""
    node = Node()
    node.programmed = programmed(to="10.244.0.3")
    (told,) = node.motions(service(), slices(ELSEWHERE))
    assert told == (
        "Service web: the proxy of node1 has not taken its last change in yet: "
        "it sends 10.96.7.5:80 to 10.244.0.3:8080, and should send 10.96.7.5:80 to 10.244.0.2:8080"
    )


def test_a_proxy_is_asked_what_it_has_forgotten() -> None:
    """What is gone leads nowhere any more, or to another namespace's Service."""
    for rest in ([], [service(clusterIP="None"), slices(ELSEWHERE)]):
        node = Node()
        node.programmed = programmed()
        assert node.at_rest(service(), slices(ELSEWHERE))
        for node.programmed in (programmed(), NONE):
            assert not node.at_rest(*rest)
        node.programmed = programmed(namespace="u")
        assert node.at_rest(*rest)


def test_a_proxy_that_began_anew_is_asked_anew() -> None:
    """A node that was off has none of the rules that it had."""
    node = Node()
    node.programmed = programmed()
    assert node.at_rest(service(), slices(ELSEWHERE))
    node.path, node.programmed = "/proc/2/ns/net", NONE
    assert not node.at_rest(service(), slices(ELSEWHERE))


def test_an_endpoint_is_asked_until_it_accepts() -> None:
    """Its Pod is Ready before its server listens; who has accepted once is not asked again."""
    node = Node()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        node.programmed = frozenset(
            {Route("web", "t", ("10.96.7.5", "tcp", 80), frozenset({("127.0.0.1", port)}), sticky=False)}
        )
    web = [service(), slices(server("127.0.0.1"), ports=[{"port": port}])]
    assert node.motions(*web) == [f"Service web: its endpoint 127.0.0.1:{port} does not accept connections"]
    with socket.create_server(("127.0.0.1", port)):
        assert node.at_rest(*web)
    assert node.at_rest(*web)


def test_a_name_is_asked_of_each_server_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """None that is away tells that it knows it: the name is asked once it is back."""
    known: dict[str, frozenset[str]] = {}
    told = "Service web: its name does not resolve as it should yet"
    monkeypatch.setattr(traffic, "resolved", lambda server, _: known.get(server, frozenset()))
    node = Node()
    node.programmed = programmed()
    web = [service(), slices(ELSEWHERE)]
    assert node.at_rest(*web)  # where there is no DNS, nobody waits for it
    node.dns = ["10.96.0.53", "10.96.0.54"]
    assert node.motions(*web) == [told]
    known["10.96.0.53"] = frozenset({"10.96.7.5"})
    assert node.motions(*web) == [told]
    known["10.96.0.54"] = frozenset({"10.96.7.5"})
    assert node.at_rest(*web)
    known.clear()
    assert node.at_rest(*web)


def test_an_endpoint_is_who_listens() -> None:
    """Of TCP, ready, at a port that is told; it is another one when the container is."""
    pod = {
        "kind": "Pod",
        "metadata": {"name": "web", "uid": "p"},
        "status": {
            "containerStatuses": [{"containerID": "containerd://1"}, {"containerID": "containerd://2"}]
        },
    }
    found = (server("10.244.0.2", pod="p"), server("10.244.0.3"), server("10.244.0.9", ready=False))
    ports = [
        {"port": 8080, "protocol": "TCP"},
        {"port": 9090},
        {"port": 53, "protocol": "UDP"},
        {"port": None, "protocol": "TCP"},
    ]
    assert list(endpoints(Snapshot([service(), slices(*found, ports=ports), pod]))) == [
        Endpoint("web", "node1", address, port, ids)
        for address, ids in (("10.244.0.2", "containerd://1 containerd://2"), ("10.244.0.3", ""))
        for port in (8080, 9090)
    ]
    assert not list(endpoints(Snapshot([service(), slices(*found, ports=None), pod])))
    nowhere = {"addresses": ["10.244.0.4"]}
    assert [each.node for each in endpoints(Snapshot([service(), slices(nowhere)]))] == [""]


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({}, {"10.96.7.5"}),
        ({"clusterIPs": ["10.96.7.5", "fd00::7:5"]}, {"10.96.7.5"}),
        ({"clusterIPs": ["fd00::7:5"]}, set()),
        ({"clusterIP": "None", "clusterIPs": ["None"]}, {"10.244.0.2", "10.244.1.2"}),
        ({"clusterIP": ""}, set()),
    ],
)
def test_a_name_resolves_to_a_service_or_to_its_servers(spec: dict[str, Any], wanted: set[str]) -> None:
    """To the IPv4 address that it has; without one, to whoever is ready behind it."""
    web = service(**spec)
    gone = server("10.244.0.9", ready=False)
    assert addresses(web, Snapshot([web, slices(ONE, gone), slices(TWO, name="web-2")])) == wanted
