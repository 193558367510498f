"""Waiting for rest on a server that does not go on as it began."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from preuve.cluster.api import RefusedError, UnableError
from preuve.cluster.kinds import Kind
from preuve.rest import settle
from preuve.rest.settle import Watcher
from preuve.testing import FakeCluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.cluster.api import Api

LAMP = Kind("Lamp.home.example", "lamps", "/apis/home.example/v1")
DIM, READY = (
    {
        "metadata": {"name": "a", "uid": "1"},
        "status": {"conditions": [{"type": "Ready", "status": status}]},
    }
    for status in ("False", "True")
)


class Silence:
    """A watch without events."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self.stop = self._ended.set

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        self._ended.wait()
        return iter(())


class Server:
    """An API server with a lamp."""

    def __init__(self) -> None:
        self.lamps: list[dict[str, Any]] = [DIM]

    def now(self) -> datetime:
        return datetime.now(UTC)

    def get(self, path: str, **_: str) -> dict[str, Any]:
        found = self.lamps if LAMP.plural in path else []
        return {"items": found, "metadata": {"resourceVersion": "1"}}

    def watch(self, path: str, *_: object, **__: str) -> Silence:  # noqa: ARG002 - as an Api has it
        return Silence()


class Undefined(Server):
    """The kind goes once it has been listed."""

    defined = True

    def get(self, path: str, **query: str) -> dict[str, Any]:
        if LAMP.plural in path and not self.defined:
            raise RefusedError("the server could not find the requested resource", 404)
        return super().get(path, **query)

    def watch(self, path: str, *_: object, **__: str) -> Silence:
        if LAMP.plural in path:
            self.defined = False
            raise RefusedError("the server could not find the requested resource", 404)
        return Silence()


class Compacted(Server):
    """It has forgotten what it has listed a moment ago; meanwhile the lamp has become Ready."""

    def watch(self, path: str, *_: object, **__: str) -> Silence:
        if LAMP.plural not in path:
            self.lamps = [READY]
            raise RefusedError("too old resource version", 410)
        return Silence()


class Mute(Server):
    """What is between keeps all that a watch would tell."""

    def watch(self, path: str, *_: object, **__: str) -> Silence:
        self.lamps = [READY]
        return super().watch(path)


class Troubled(Server):
    """It cannot tell of lamps at first, then of Pods."""

    def __init__(self) -> None:
        super().__init__()
        self.troubles = [LAMP.plural, "pods"]

    def get(self, path: str, **query: str) -> dict[str, Any]:
        if self.troubles and path.endswith(self.troubles[0]):
            del self.troubles[0]
            raise UnableError("etcdserver: leader changed", 500)
        self.lamps = [DIM] if self.troubles else [READY]
        return super().get(path, **query)


@pytest.mark.parametrize("server", [Undefined, Compacted, Mute, Troubled])
def test_rest_is_found_though_the_server_does_not_go_on_as_it_began(
    server: type[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new list is what tells; rest is not believed from one that could not be had."""
    monkeypatch.setattr(settle, "SILENCE", 0.2)
    api = server()
    watcher = Watcher(FakeCluster(Path()), cast("Api", api), "page")
    watcher.custom = [LAMP]
    try:
        assert watcher.settle(5)
        assert api.lamps == [READY] or isinstance(api, Undefined)
    finally:
        watcher.close()
