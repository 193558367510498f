"""The cluster's network: a small LAN with the nodes on it, and where the Pods are.

    laptop 192.168.1.1 ── bridge ──┬── node1 192.168.1.2   Pods 10.244.0.0/24
                                   ├── node2 192.168.1.3   Pods 10.244.1.0/24
                                   └── node3 192.168.1.4   Pods 10.244.2.0/24

Each of the four is a network namespace without a name, so every cluster may use the same addresses, and the
kernel takes links, routes and rules away with the last process of each. Nodes route to each other's Pods
(static routes, no overlay); the laptop does not, as a reader's would not: it reaches the nodes, their
NodePorts and the registry. There is no way out: the kernel says at once that the network is unreachable.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

from pyroute2 import IPRoute

from preuve.cluster.embedded.netns import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

LAN = IPv4Network("192.168.1.0/24")
LAPTOP = IPv4Interface("192.168.1.1/24")
PODS = IPv4Network("10.244.0.0/16")
SERVICES = IPv4Network("10.96.0.0/16")
API_SERVICE = SERVICES[1]
"""The Service ``kubernetes``: the API server itself takes the range's first address."""
DNS_SERVICE = SERVICES[10]
"""Where kubeadm and Minikube put it too."""


def node_address(index: int) -> IPv4Address:
    """The address on the LAN of the node number `index`, from 0."""
    return LAPTOP.ip + 1 + index


def pod_range(index: int) -> IPv4Network:
    """Where the node number `index`, from 0, has its Pods."""
    return list(PODS.subnets(new_prefix=24))[index]


def set_up_lan() -> None:
    """Make the calling process's own network namespace the laptop's end of the LAN."""
    with IPRoute() as ip:
        _up(ip, "lo")
        ip.link("add", ifname="lan", kind="bridge")
        ip.addr("add", index=_index(ip, "lan"), address=str(LAPTOP.ip), prefixlen=LAPTOP.network.prefixlen)
        _up(ip, "lan")
    _sysctl("net/ipv4/ip_forward", 1)  # or packets for elsewhere vanish, where an error should come back


def attach(name: str, index: int, pid: int, others: Sequence[int]) -> None:
    """Put a node on the LAN.

    Args:
        name: the node's; its link's end on the bridge is called the same.
        index: its number, from 0.
        pid: a process in its network namespace.
        others: the numbers of the other nodes, to whose Pods it routes.
    """
    with IPRoute() as ip:
        ip.link("add", ifname=name, kind="veth", peer={"ifname": "eth0", "net_ns_pid": pid})
        ip.link("set", index=_index(ip, name), master=_index(ip, "lan"), state="up")
    with joined(f"/proc/{pid}/ns/net"), IPRoute() as ip:
        _up(ip, "lo")
        ip.addr("add", index=_index(ip, "eth0"), address=str(node_address(index)), prefixlen=LAN.prefixlen)
        _up(ip, "eth0")
        ip.route("add", dst="default", gateway=str(LAPTOP.ip))
        for other in others:
            ip.route("add", dst=str(pod_range(other)), gateway=str(node_address(other)))
        _sysctl("net/ipv4/ip_forward", 1)


def detach(name: str) -> None:
    """Take a node off the LAN: pull its cable."""
    with IPRoute() as ip:
        ip.link("del", ifname=name)


def _index(ip: IPRoute, name: str) -> int:
    return int(ip.link_lookup(ifname=name)[0])


def _up(ip: IPRoute, name: str) -> None:
    ip.link("set", index=_index(ip, name), state="up")


def _sysctl(name: str, value: int) -> None:
    """Set a network setting of the calling thread's namespace: /proc/sys/net shows that one's."""
    Path("/proc/sys", name).write_text(f"{value}\n", encoding="ascii")
