"""Who has which address in a cluster.

    laptop 192.168.1.1 ── bridge ──┬── node1 192.168.1.2   Pods 10.244.0.0/24
                                   ├── node2 192.168.1.3   Pods 10.244.1.0/24
                                   └── node3 192.168.1.4   Pods 10.244.2.0/24

All clusters have the same: each is in network namespaces of its own, which have no name (see `network`). The
ranges of Pods and of Services are the profile's (`profiles`).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

LAN = IPv4Network("192.168.1.0/24")
LAPTOP = IPv4Interface("192.168.1.1/24")


def node_address(index: int) -> IPv4Address:
    """The address on the LAN of the node number `index`, from 0."""
    return LAPTOP.ip + 1 + index


API_PORT = 6443
REGISTRY_PORT = 5000
"""On the laptop."""
