"""Where a node's kube-proxy sends calls: read from what it has programmed into nftables."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from preuve.cluster.report import Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LISTED = ("nft", "--json", "list", "table", "ip", "kube-proxy")
"""It takes 7 ms with 4 Services, 25 with 40; as long without ``--json`` [measured]."""

SECONDS = 10.0
"""Given to what takes milliseconds."""

REFUSED = ("no-endpoint-services", "no-endpoint-nodeports")
SENT = ("service-ips", "service-nodeports")
"""The maps of kube-proxy (pkg/proxy/nftables) by what is called: where nobody stands, what a chain serves."""


def routes() -> frozenset[Route]:
    """What the proxy of the network that one is on has programmed; nothing where it cannot be read."""
    try:
        listed = subprocess.run(LISTED, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return frozenset()
    return programmed(listed.stdout) if listed.returncode == 0 else frozenset()


def programmed(ruleset: str) -> frozenset[Route]:
    """Read where kube-proxy's rules send.

    Args:
        ruleset: its table, as libnftables-json(5) has it.
    """
    maps: dict[str, list[Any]] = {}
    chains: dict[str, list[Any]] = defaultdict(list)
    for each in json.loads(ruleset)["nftables"]:
        match each:
            case {"map": {"name": name, "elem": elements}}:
                maps[name] = elements
            case {"rule": {"chain": name, "expr": expressions}}:
                chains[name] += expressions
    found: dict[tuple[str, str, int], Route] = {}
    for element, _ in (pair for name in REFUSED for pair in maps.get(name, ())):
        front = _front(element["elem"]["val"])
        namespace, service = element["elem"]["comment"].partition(":")[0].split("/")
        found[front] = Route(service, namespace, front, frozenset(), sticky=False)
    for value, verdict in (pair for name in SENT for pair in maps.get(name, ())):
        chain, front = verdict["goto"]["target"], _front(value)
        namespace, service = chain.split("-", 2)[2].split("/")[:2]
        reached = list(_reached(chain, chains))
        sends = frozenset(end for end in reached if end)
        found[front] = Route(service, namespace, front, sends, sticky=None in reached)
    return frozenset(found.values())


def _front(value: Mapping[str, Any]) -> tuple[str, str, int]:
    *address, protocol, port = value["concat"]
    return "".join(address), protocol, port


def _reached(chain: str, chains: Mapping[str, list[Any]]) -> Iterator[tuple[str, int] | None]:
    """Yield where a chain sends to, and those that it goes on to; None where it looks up a client's last."""
    for node in _nodes(chains.get(chain, [])):
        match node:
            case {"dnat": {"addr": str(address), "port": int(port)}}:
                yield address, port
            case {"dnat": {"addr": {"map": {"data": {"set": ends}}}}}:
                yield from (tuple(end["concat"]) for _, end in ends)
            case {"goto": {"target": str(target)}}:
                yield from _reached(target, chains)
            case {"match": {"right": str(right)}} if right.startswith("@affinity-"):
                yield None


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - JSON
    if isinstance(tree, dict):
        yield tree
    for each in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(each)
