"""What a node's kube-proxy has programmed, as nft(8) lists it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preuve.cluster.embedded.proxy import programmed
from preuve.cluster.report import Route

WEB = "RTBNW57Z-t/web/tcp/a"
ENDPOINT = "ILV5-t/web/tcp/a__10.244.2.2/80"
TCP = {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "tcp"}}
SOURCE = {"payload": {"protocol": "ip", "field": "saddr"}}
RANDOM = {"numgen": {"mode": "random", "mod": 2, "offset": 0}}
MARK = {"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"|": [{"meta": {"key": "mark"}}, 16384]}}}


def to(chain: str) -> dict[str, Any]:
    return {"goto": {"target": chain}}


def refused(comment: str, *front: object) -> list[dict[str, Any]]:
    return [{"elem": {"val": {"concat": front}, "comment": comment}}, to("reject-chain")]


DROPPED = [{"elem": {"val": {"concat": ["tcp", 30900]}, "comment": "t/none"}}, {"drop": None}]
MAPS: dict[str, list[Any]] = {
    "no-endpoint-services": [
        refused("t/none", "10.96.61.248", "tcp", 80),
        refused("t/named:http", "10.96.61.249", "tcp", 81),
    ],
    "no-endpoint-nodeports": [DROPPED],
    "service-ips": [
        [{"concat": ["10.96.0.10", "udp", 53]}, to("service-FY5PMXPG-kube-system/kube-dns/udp/dns")],
        [{"concat": ["192.168.1.77", "tcp", 80]}, to(f"external-{WEB}")],
        [{"concat": ["10.96.21.97", "tcp", 80]}, to(f"service-{WEB}")],
    ],
    "service-nodeports": [[{"concat": ["tcp", 30254]}, to(f"external-{WEB}")]],
}
PAIR = {"set": [[0, {"concat": ["10.244.0.2", 53]}], [1, {"concat": ["10.244.1.2", 53]}]]}
CHAINS: dict[str, list[Any]] = {
    "service-FY5PMXPG-kube-system/kube-dns/udp/dns": [
        [TCP, {"dnat": {"family": "ip", "addr": {"map": {"key": RANDOM, "data": PAIR}}}}]
    ],
    f"endpoint-{ENDPOINT}": [
        [{"set": {"op": "update", "elem": SOURCE, "set": f"@affinity-{ENDPOINT}"}}],
        [TCP, {"dnat": {"addr": "10.244.2.2", "port": 80}}],
    ],
    f"service-{WEB}": [
        [
            {"match": {"op": "==", "left": SOURCE, "right": f"@affinity-{ENDPOINT}"}},
            to(f"endpoint-{ENDPOINT}"),
        ],
        [{"vmap": {"key": RANDOM, "data": {"set": [[0, to(f"endpoint-{ENDPOINT}")]]}}}],
    ],
    f"external-{WEB}": [[MARK], [to(f"service-{WEB}")]],
    "service-OLD5CS2X-t/old/tcp/": [[TCP, {"dnat": {"addr": "10.244.3.3", "port": 80}}]],
}
"""As `nft --json list table ip kube-proxy` has them (1.37.2, nft 1.0.6), cut."""


def listed(maps: dict[str, list[Any]]) -> str:
    return json.dumps({
        "nftables": [
            {"metainfo": {"version": "1.0.6"}},
            {"table": {"family": "ip", "name": "kube-proxy"}},
            {"map": {"name": "firewall-ips", "map": "verdict"}},
            *({"map": {"name": name, "elem": elements}} for name, elements in maps.items()),
            *(
                {"rule": {"chain": chain, "expr": rule}}
                for chain, rules in CHAINS.items()
                for rule in rules
            ),
        ]
    })  # fmt: skip


@pytest.mark.parametrize("order", [1, -1], ids=["as listed", "turned round"])
def test_the_rules_of_a_proxy_are_read(order: int) -> None:
    """By what is called: its chain's addresses, or nobody; a chain that no call is sent to does not count."""
    web, nobody = frozenset({("10.244.2.2", 80)}), frozenset[tuple[str, int]]()
    dns = frozenset({("10.244.0.2", 53), ("10.244.1.2", 53)})
    assert programmed(listed(dict(list(MAPS.items())[::order]))) == {
        Route("kube-dns", "kube-system", ("10.96.0.10", "udp", 53), dns, sticky=False),
        Route("web", "t", ("10.96.21.97", "tcp", 80), web, sticky=True),
        Route("web", "t", ("192.168.1.77", "tcp", 80), web, sticky=True),
        Route("web", "t", ("", "tcp", 30254), web, sticky=True),
        Route("none", "t", ("10.96.61.248", "tcp", 80), nobody, sticky=False),
        Route("none", "t", ("", "tcp", 30900), nobody, sticky=False),
        Route("named", "t", ("10.96.61.249", "tcp", 81), nobody, sticky=False),
    }


def test_a_port_that_other_nodes_serve_leads_to_them() -> None:
    """With ``externalTrafficPolicy: Local`` a node without a Pod drops the call, and has the rule too."""
    local = MAPS | {"no-endpoint-nodeports": [refused("t/web:a", "tcp", 30254)]}
    assert {route for route in programmed(listed(local)) if route.front == ("", "tcp", 30254)} == {
        Route("web", "t", ("", "tcp", 30254), frozenset({("10.244.2.2", 80)}), sticky=True)
    }
