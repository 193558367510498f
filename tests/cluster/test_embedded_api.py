"""The calls that the supervisor makes to an API server, which may not be there yet."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from preuve.cluster.embedded.api import StartingApi, wait
from preuve.cluster.embedded.pki import Authority
from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Server(http.server.ThreadingHTTPServer):
    """An API server that asks for a certificate, and answers what it is told to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.status, self.answer = 200, "{}"
        authority = Authority()
        for name, identity in (
            ("server", authority.issue("api", serves=("127.0.0.1",))),
            ("client", authority.issue("admin", "system:masters")),
        ):
            (folder / f"{name}.pem").write_bytes(identity.certificate + identity.key)
        (folder / "ca.pem").write_bytes(authority.identity.certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem")
        context.load_verify_locations(folder / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.api = StartingApi("127.0.0.1", self.server_port, folder / "ca.pem", folder / "client.pem")

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a connection that the test cuts off."""


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        if not self.server.status:
            self.close_connection = True
            return
        body = self.server.answer.encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PATCH(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Content-Type"] == "application/apply-patch+yaml"
        self.server.asked.append(sent["kind"])
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("version", "kind", "namespace", "path"),
    [
        ("v1", "Service", "kube-system", "/api/v1/namespaces/kube-system/services/it"),
        ("v1", "Node", "", "/api/v1/nodes/it"),
        ("apps/v1", "Deployment", "default", "/apis/apps/v1/namespaces/default/deployments/it"),
        ("storage.k8s.io/v1", "StorageClass", "", "/apis/storage.k8s.io/v1/storageclasses/it"),
    ],
)
def test_an_object_is_applied_where_it_belongs(
    server: Server, version: str, kind: str, namespace: str, path: str
) -> None:
    """By server-side apply, so that what is there is made so."""
    metadata = {"name": "it"} | ({"namespace": namespace} if namespace else {})
    server.api.apply({"apiVersion": version, "kind": kind, "metadata": metadata})
    assert server.asked == [kind, f"PATCH {path}?fieldManager=preuve&force=true"]


def test_a_refusal_is_told_with_its_reason(server: Server) -> None:
    server.status, server.answer = 422, "spec.replicas: Invalid value"
    with pytest.raises(ClusterError, match=r"refused Deployment web: spec\.replicas: Invalid value"):
        server.api.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}})


def test_what_is_not_there_is_none(server: Server) -> None:
    """No object, an API server that is not ready, one that hangs up; the next call finds it there again."""
    server.answer = '{"kind": "Node"}'
    assert server.api.get("/api/v1/nodes/node1") == {"kind": "Node"}
    assert (server.api.serves(), server.api.ready()) == (True, True)
    server.status = 500
    assert (server.api.serves(), server.api.ready()) == (True, False)
    server.status = 404
    assert server.api.get("/api/v1/nodes/node4") is None
    server.status = 0
    assert server.api.get("/api/v1/nodes/node1") is None
    assert (server.api.serves(), server.api.ready()) == (False, False)
    server.status = 200
    assert server.api.get("/api/v1/nodes/node1") == {"kind": "Node"}


def test_a_wait_ends() -> None:
    """When what is awaited is there, or with a sentence once it is too late."""
    answers = iter([False, False, True])
    wait(lambda: next(answers), "the start", 10)
    assert list(answers) == []
    with pytest.raises(ClusterError, match="the start took more than 0 s"):
        wait(lambda: False, "the start", 0)
