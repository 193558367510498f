"""The supervisor's socket: who asks is answered, however many do."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

from preuve.cluster.embedded.control import Server

if TYPE_CHECKING:
    from pathlib import Path


def test_nobody_is_turned_away_while_the_supervisor_is_busy(tmp_path: Path) -> None:
    """Each of ten pages asks for its nodes as it settles, and the machine may be slow to answer."""
    path = tmp_path / "socket"
    with Server(path, {}), ExitStack() as clients:
        for _ in range(60):
            client = clients.enter_context(socket.socket(socket.AF_UNIX))
            client.settimeout(1)
            client.connect(str(path))
