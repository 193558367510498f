"""Waiting for what another process or the cluster comes to, for so long at most."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 120.0
"""Seconds for what takes a few, on a machine that has other things to do."""


def await_(done: Callable[[], object], what: str) -> None:
    """Wait until something is so; else say what."""
    end = time.monotonic() + LIMIT
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.05)
