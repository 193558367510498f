"""Waiting for rest on a server that does not go on as it began."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from preuve.cluster.api import RefusedError
from preuve.cluster.kinds import Kind
from preuve.rest.settle import Watcher
from preuve.testing import FakeCluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.cluster.api import Api

LAMP = Kind("Lamp.home.example", "lamps", "/apis/home.example/v1")
DIM = {
    "metadata": {"name": "a", "uid": "1"},
    "status": {"conditions": [{"type": "Ready", "status": "False"}]},
}


class Silence:
    """A watch without events."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self.stop = self._ended.set

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        self._ended.wait()
        return iter(())


class Server:
    """An API server with a lamp that is not Ready, whose kind goes once it has been listed."""

    def __init__(self) -> None:
        self.defined = True

    def now(self) -> datetime:
        return datetime.now(UTC)

    def get(self, path: str, **_: str) -> dict[str, Any]:
        if LAMP.plural not in path:
            return {"items": [], "metadata": {"resourceVersion": "1"}}
        if not self.defined:
            raise RefusedError("the server could not find the requested resource", 404)
        return {"items": [DIM], "metadata": {"resourceVersion": "1"}}

    def watch(self, path: str, *_: object, **__: str) -> Silence:
        if LAMP.plural in path:
            self.defined = False
            raise RefusedError("the server could not find the requested resource", 404)
        return Silence()


def test_a_kind_that_goes_between_a_list_and_its_watch_is_not_missed() -> None:
    """Its objects have gone with it."""
    watcher = Watcher(FakeCluster(Path()), cast("Api", Server()), "page")
    watcher.custom = [LAMP]
    try:
        assert watcher.settle(60)
    finally:
        watcher.close()
