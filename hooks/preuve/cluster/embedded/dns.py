"""Whether the cluster's DNS answers: one query, asked from where a Pod would ask it."""

from __future__ import annotations

import socket
import struct

ANSWER_LIMIT = 0.2
"""Seconds after which a query counts as lost: what is sent to a Service that is not there may vanish."""


def answers(server: str, name: str) -> bool:
    """Whether `server` knows an address for `name`; asked from the network that the calling thread is in."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    # RFC 1035, 4.1: identifier, "recursion desired", one question; then the question: type A, class Internet
    query = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(ANSWER_LIMIT)
        try:
            client.connect((server, 53))
            client.send(query)
            answer = client.recv(512)
        except OSError:
            return False
    _, flags, _, count, _, _ = struct.unpack_from(">6H", answer)
    return bool(count) and not flags & 0xF
