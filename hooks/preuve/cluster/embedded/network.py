"""The links and routes of a cluster: a small LAN (see `addresses`).

Each machine on it is a network namespace without a name, and the kernel takes links, routes and rules away
with the last process of each. Nodes route to each other's Pods (static routes, no overlay); the laptop does
not, as a reader's would not: it reaches the nodes, their NodePorts and the registry. There is no way out: the
kernel says at once that the network is unreachable.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyroute2 import IPRoute

from preuve.cluster.embedded.addresses import LAN, LAPTOP, node_address
from preuve.cluster.embedded.netns import joined

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Network

BRIDGE = "02:00:c0:a8:01:01"
"""The laptop's own address on the link. Left to itself, a bridge takes the lowest of its ports', and another
as nodes come: who had learnt it by then talks to nobody, until it asks again, up to 55 s later [measured]."""


def set_up_lan(services: IPv4Network) -> None:
    """Make the calling process's own network namespace the laptop's end of the LAN.

    Args:
        services: the range of Services, which are not on it.
    """
    with IPRoute() as ip:
        _up(ip, "lo")
        ip.link("add", ifname="lan", kind="bridge", address=BRIDGE)
        ip.addr("add", index=_index(ip, "lan"), address=str(LAPTOP.ip), prefixlen=LAPTOP.network.prefixlen)
        _up(ip, "lan")
        # Nodes' proxies drop what is for no Service. One that has heard of the range too late for its first
        # rules does so an hour later (one start of twelve, on a busy machine): its node sends it here.
        ip.rule("add", dst=str(services), iifname="lan", action="blackhole")
    _forward()  # or packets for elsewhere vanish, where an error should come back


def attach(index: int, pid: int, others: Mapping[int, IPv4Network]) -> None:
    """Put a node on the LAN.

    Args:
        index: the node's number, from 0.
        pid: a process in its network namespace.
        others: by the numbers of the other nodes, the ranges of their Pods, to which it routes.
    """
    name = _link(index)
    with IPRoute() as ip:
        ip.link("add", ifname=name, kind="veth", peer={"ifname": "eth0", "net_ns_pid": pid})
        ip.link("set", index=_index(ip, name), master=_index(ip, "lan"), state="up")
    with joined(f"/proc/{pid}/ns/net"), IPRoute() as ip:
        _up(ip, "lo")
        ip.addr("add", index=_index(ip, "eth0"), address=str(node_address(index)), prefixlen=LAN.prefixlen)
        _up(ip, "eth0")
        ip.route("add", dst="default", gateway=str(LAPTOP.ip))
        for other, pods in others.items():
            ip.route("add", dst=str(pods), gateway=str(node_address(other)))
        _forward()


def detach(index: int) -> None:
    """Take a node off the LAN: pull its cable."""
    with IPRoute() as ip:
        ip.link("del", ifname=_link(index))


def _link(index: int) -> str:
    """A node's end of its cable on the bridge: its own name may be longer than the kernel's 15 characters."""
    return f"node{index + 1}"


def _index(ip: IPRoute, name: str) -> int:
    return int(ip.link_lookup(ifname=name)[0])


def _up(ip: IPRoute, name: str) -> None:
    ip.link("set", index=_index(ip, name), state="up")


def _forward() -> None:
    """Have the calling thread's namespace forward packets: /proc/sys/net shows that one's settings."""
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n", encoding="ascii")
