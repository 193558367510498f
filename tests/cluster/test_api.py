"""What an API server answers, on a connection of its own."""

from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING, ClassVar

import pytest
import yaml

from preuve.cluster.api import Api, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Busy(http.server.BaseHTTPRequestHandler):
    """An API server that has too much to do for as many requests as it is told, then answers."""

    protocol_version = "HTTP/1.1"
    refusals: ClassVar[list[dict[str, str]]] = []
    asked: ClassVar[list[str]] = []
    versions: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        busy = bool(self.refusals)
        body = b'{"message": "too many requests"}' if busy else b'{"kind": "Pod"}'
        self.send_response(429 if busy else 201)
        for name, value in (self.refusals.pop(0) if busy else {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Tell what is served, in one of the versions that are asked for, if it has it."""
        asked = self.headers["Accept"].split(",")
        version = next((each for each in self.versions if any(f";v={each};" in one for one in asked)), "")
        body = b'{"items": []}' if version else b"not acceptable"
        self.send_response(200 if version else 406)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    Busy.refusals.clear()
    Busy.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        config = {
            "clusters": [{"name": "busy", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "users": [{"name": "busy", "user": {}}],
            "contexts": [{"name": "busy", "context": {"cluster": "busy", "user": "busy"}}],
            "current-context": "busy",
        }
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(yaml.safe_dump(config))
        with Api(kubeconfig) as api:
            yield api
        server.shutdown()
        thread.join()


def test_a_busy_server_is_asked_again_when_it_says(api: Api) -> None:
    """The same, to the letter: it has done nothing of it."""
    Busy.refusals[:] = [{"Retry-After": "0"}] * 2
    assert api.post("/api/v1/namespaces/web/pods", {"metadata": {"name": "a"}}) == {"kind": "Pod"}
    assert Busy.asked == ['{"metadata": {"name": "a"}}'] * 3


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "3600"}, {"Retry-After": "tomorrow"}])
def test_nobody_waits_for_a_server_that_is_busy_for_long(api: Api, headers: dict[str, str]) -> None:
    """Every wait is bounded; one whose end is not told is none."""
    Busy.refusals[:] = [headers]
    with pytest.raises(RefusedError, match="POST /pods: too many requests") as refused:
        api.post("/pods", {})
    assert refused.value.code == 429
    assert Busy.refusals == []


@pytest.mark.parametrize("version", ["v2", "v2beta1"])
def test_what_is_served_is_asked_of_older_servers_too(api: Api, version: str) -> None:
    """Kubernetes 1.27 to 1.29 have a beta of what later ones tell; it has the same fields."""
    Busy.versions[:] = [version]
    assert api.discover("/apis") == {"items": []}


def test_a_server_that_is_too_old_is_told(api: Api) -> None:
    Busy.versions.clear()
    with pytest.raises(RefusedError, match=r"127\.0\.0\.1:\d+: preuve needs Kubernetes 1\.27 or newer"):
        api.discover("/apis")
