"""What a DNS server answers, as bytes."""

from __future__ import annotations

import struct

from preuve.cluster.dns import _addresses


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
