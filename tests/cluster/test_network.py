"""The LAN between the nodes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from preuve.cluster.embedded import network

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="takes root, to make a network")

LAPTOP = """\
from pyroute2 import IPRoute

from preuve.cluster.embedded import network
from preuve.cluster.embedded.profiles import PLAIN

network.set_up_lan(PLAIN.services)
with IPRoute() as ip:
    lan = network._index(ip, "lan")
    for number in (3, 2, 1):
        name, peer = f"port{number}", f"peer{number}"
        ip.link("add", ifname=name, kind="veth", peer={"ifname": peer}, address=f"02:00:00:00:00:0{number}")
        ip.link("set", index=network._index(ip, name), master=lan, state="up")
        print(ip.get_links(lan)[0].get_attr("IFLA_ADDRESS"))
"""
NODE = """\
import socket, subprocess
from contextlib import suppress

from preuve.cluster.embedded import network
from preuve.cluster.embedded.addresses import LAPTOP
from preuve.cluster.embedded.netns import joined
from preuve.cluster.embedded.profiles import PLAIN

network.set_up_lan(PLAIN.services)
with subprocess.Popen(("unshare", "--net", "sh", "-c", "echo; read _"), stdin=-1, stdout=-1) as node:
    node.stdout.readline()
    network.attach(0, node.pid, {})
    with joined(f"/proc/{node.pid}/ns/net"):
        # The link is up once the laptop answers; some packet was a second late before [measured].
        with suppress(ConnectionRefusedError):
            socket.create_connection((str(LAPTOP.ip), 80), timeout=20)
        for address in ("10.96.7.7", "8.8.8.8"):
            try:
                socket.create_connection((address, 80), timeout=0.5)
            except OSError as error:
                print(address, error)
    node.communicate()
"""


def test_where_no_service_is_nobody_answers() -> None:
    """Whether a node's proxy sees to it or not; elsewhere is nowhere, and that is said at once."""
    ran = subprocess.run(
        ("unshare", "--net", sys.executable, "-c", NODE), capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == ["10.96.7.7 timed out", "8.8.8.8 [Errno 101] Network is unreachable"]


def test_the_laptop_keeps_its_address() -> None:
    """Whatever the addresses of nodes that come later: the first ones have learnt it, and need images."""
    ran = subprocess.run(
        ("unshare", "--net", sys.executable, "-c", LAPTOP), capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == [network.BRIDGE] * 3
