"""What the nodes' proxies and the DNS server should know of Services, and what they say that they know."""

from __future__ import annotations

import struct
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from preuve.objects import Snapshot
from preuve.traffic import (
    PROXIES,
    Endpoint,
    Route,
    Traffic,
    _addresses,
    addresses,
    endpoints,
    programmed,
    routes,
)

WEB = {"kind": "Service", "uid": "1"}


def service(**spec: object) -> dict[str, Any]:
    meta = {"name": "web", "namespace": "t", "uid": "1"}
    ports = [{"port": 80, "protocol": "TCP"}]
    return {"kind": "Service", "metadata": meta, "spec": {"clusterIP": "10.96.7.5", "ports": ports, **spec}}


def slices(*found: dict[str, Any], name: str = "web-1", **more: object) -> dict[str, Any]:
    meta = {"name": name, "uid": name, "ownerReferences": [WEB]}
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
        Route("web", "t", "10.96.7.5 . tcp . 80", http, sticky=False),
        Route("web", "t", "10.96.7.5 . udp . 53", dns, sticky=False),
    ]


def test_a_port_of_the_nodes_is_a_route_too() -> None:
    """It leads where the Service's own does."""
    snapshot = Snapshot([service(ports=[{"port": 80, "nodePort": 30080}]), slices(ONE)])
    assert {route.front for route in routes(snapshot)} == {"10.96.7.5 . tcp . 80", "tcp . 30080"}
    assert len({route.endpoints for route in routes(snapshot)}) == 1


@pytest.mark.parametrize(("found", "sticky"), [((ONE,), True), ((), False)])
def test_only_who_is_served_is_kept(found: tuple[dict[str, Any], ...], *, sticky: bool) -> None:
    """Where nobody stands behind a Service, its proxy has nothing to keep a client with."""
    (route,) = routes(Snapshot([service(sessionAffinity="ClientIP"), slices(*found)]))
    assert route.sticky == sticky


@pytest.mark.parametrize(
    "spec",
    [
        {"clusterIP": "None"},
        {"clusterIP": "", "type": "ExternalName"},
        {"internalTrafficPolicy": "Local"},
        {"trafficDistribution": "PreferSameNode"},
    ],
)
def test_what_is_programmed_nowhere_or_differs_by_node_has_no_route(spec: dict[str, Any]) -> None:
    """Nobody could say what every proxy should know of it."""
    assert not list(routes(Snapshot([service(**spec), slices(ONE)])))


RULESET = """
table ip kube-proxy {
    map no-endpoint-services {
        elements = { 10.96.61.248 . tcp . 80 comment "t/none" : goto reject-chain,
                 10.96.61.249 . tcp . 81 comment "t/named:http" : goto reject-chain }
    }
    map no-endpoint-nodeports {
        elements = { tcp . 30900 comment "t/none" : drop }
    }
    map service-ips {
        elements = { 10.96.0.10 . udp . 53 : goto service-FY5PMXPG-kube-system/kube-dns/udp/dns,
                 192.168.1.77 . tcp . 80 : goto external-RTBNW57Z-t/web/tcp/a,
                 10.96.21.97 . tcp . 80 : goto service-RTBNW57Z-t/web/tcp/a }
    }
    map service-nodeports {
        elements = { tcp . 30254 : goto external-RTBNW57Z-t/web/tcp/a }
    }
    set affinity-ILV5-t/web/tcp/a__10.244.2.2/80 {
        type ipv4_addr
    }
    chain service-FY5PMXPG-kube-system/kube-dns/udp/dns {
        meta l4proto udp dnat to 10.244.0.2:53
    }
    chain endpoint-ILV5-t/web/tcp/a__10.244.2.2/80 {
        update @affinity-ILV5-t/web/tcp/a__10.244.2.2/80 { ip saddr }
        meta l4proto tcp dnat to 10.244.2.2:80
    }
    chain service-RTBNW57Z-t/web/tcp/a {
        ip saddr @affinity-ILV5-t/web/tcp/a__10.244.2.2/80 goto endpoint-ILV5-t/web/tcp/a__10.244.2.2/80
        numgen random mod 1 vmap { 0 : goto endpoint-ILV5-t/web/tcp/a__10.244.2.2/80 }
    }
    chain external-RTBNW57Z-t/web/tcp/a {
        meta mark set meta mark | 0x00004000 comment "masquerade"
        goto service-RTBNW57Z-t/web/tcp/a
    }
    chain service-OLD5CS2X-t/old/tcp/ {
        meta l4proto tcp dnat to 10.244.3.3:80
    }
}
"""  # as `nft list table ip kube-proxy` prints it (1.37.2), cut


def test_the_rules_of_a_proxy_are_read() -> None:
    """By what is called: its chain's addresses, or nobody; a chain that no call is sent to does not count."""
    web, nobody = frozenset({("10.244.2.2", 80)}), frozenset[tuple[str, int]]()
    assert programmed(RULESET) == {
        Route(
            "kube-dns", "kube-system", "10.96.0.10 . udp . 53", frozenset({("10.244.0.2", 53)}), sticky=False
        ),
        Route("web", "t", "10.96.21.97 . tcp . 80", web, sticky=True),
        Route("web", "t", "192.168.1.77 . tcp . 80", web, sticky=True),
        Route("web", "t", "tcp . 30254", web, sticky=True),
        Route("none", "t", "10.96.61.248 . tcp . 80", nobody, sticky=False),
        Route("none", "t", "tcp . 30900", nobody, sticky=False),
        Route("named", "t", "10.96.61.249 . tcp . 81", nobody, sticky=False),
    }


def test_a_port_that_other_nodes_serve_leads_to_them() -> None:
    """With ``externalTrafficPolicy: Local`` a node without a Pod drops the call, and has the rule too."""
    local = RULESET.replace('tcp . 30900 comment "t/none"', 'tcp . 30254 comment "t/web:a"')
    assert {route for route in programmed(local) if route.front == "tcp . 30254"} == {
        Route("web", "t", "tcp . 30254", frozenset({("10.244.2.2", 80)}), sticky=True)
    }


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
    traffic = Traffic(cast("Any", SimpleNamespace(nodes=())), cast("Any", None))
    before, same, after = (
        tuple(traffic.motions(Snapshot([service(**spec), slices(ONE)]))) for spec in ({}, {}, change)
    )
    assert before == same
    assert before != after
    assert [motion.patience for motion in after] == [PROXIES]


class Node:
    """A cluster of one node, whose proxy has programmed what one says."""

    nodes = ("node1",)

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self.rules = "/proc/1/ns/net", ""
        monkeypatch.setattr("preuve.traffic._ruleset", lambda: self.rules)
        api = SimpleNamespace(get=lambda *_, **__: {"items": []})
        self._traffic = Traffic(cast("Any", self), cast("Any", api))

    def network(self, _: str) -> AbstractContextManager[None]:
        return nullcontext()

    def network_path(self, _: str) -> str:
        return self.path

    def at_rest(self, *objects: dict[str, Any]) -> bool:
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        node = {"kind": "Node", "metadata": {"name": "node1", "uid": "n"}, "status": ready}
        return not list(self._traffic.motions(Snapshot([node, *objects])))


ELSEWHERE = {"addresses": ["10.244.0.2"]}


def rules(front: str = "10.96.7.5 . tcp . 80", service: str = "t/web", to: str = "10.244.0.2:8080") -> str:
    chain = f"service-6LITFDW5-{service}/tcp/"
    return f"elements = {{ {front} : goto {chain} }}\nchain {chain} {{\n meta l4proto tcp dnat to {to}\n}}"


def test_a_proxy_is_asked_until_it_does_as_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the address and the port of now, to the servers of now; rules of before are no sign."""
    node = Node(monkeypatch)
    web = [service(), slices(ELSEWHERE)]
    for node.rules in ("", rules(to="10.244.0.3:8080"), rules("10.96.7.4 . tcp . 80"), rules(service="t/x")):
        assert not node.at_rest(*web)
    node.rules = rules()
    assert node.at_rest(*web)
    assert not node.at_rest(service(ports=[{"port": 81}]), slices(ELSEWHERE))
    assert not node.at_rest(service(clusterIP="10.96.7.6"), slices(ELSEWHERE))


def test_a_proxy_is_asked_what_it_has_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is gone leads nowhere any more, or to another namespace's Service."""
    for rest in ([], [service(clusterIP="None"), slices(ELSEWHERE)]):
        node = Node(monkeypatch)
        node.rules = rules()
        assert node.at_rest(service(), slices(ELSEWHERE))
        if not rest:
            for node.rules in (rules(), ""):
                assert not node.at_rest()
            node.rules = rules(service="u/web")
        assert node.at_rest(*rest)


def test_a_proxy_that_began_anew_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that was off has none of the rules that it had."""
    node = Node(monkeypatch)
    node.rules = rules()
    assert node.at_rest(service(), slices(ELSEWHERE))
    node.path, node.rules = "/proc/2/ns/net", ""
    assert not node.at_rest(service(), slices(ELSEWHERE))


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


def record(owner: bytes, kind: int, data: bytes) -> bytes:
    return owner + struct.pack("!HHIH", kind, 1, 5, len(data)) + data


def test_a_dns_answer_is_read() -> None:
    """The A records of its answers, whether a name is told in full, by a pointer or partly by one."""
    question = b"\3web\1t\0" + struct.pack("!HH", 1, 1)
    alias = record(b"\xc0\x0c", 5, b"\3far\0")
    ours = (b"\xc0\x0c", b"\3far\0", b"\3web\xc0\x10", b"\0")
    found = [record(owner, 1, bytes([10, 96, 0, number])) for number, owner in enumerate(ours)]
    other = record(b"\xc0\x0c", 28, bytes(16))
    beyond = record(b"\xc0\x0c", 1, bytes([1, 1, 1, 1]))  # of the authority, or the additional section
    answer = struct.pack("!6H", 1, 0x8180, 1, 6, 0, 1) + question + b"".join([alias, *found, other, beyond])
    assert list(_addresses(answer, 12 + len(question))) == [f"10.96.0.{number}" for number in range(4)]
