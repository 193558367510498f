"""Doors: ways from the host to an embedded cluster, which then is somebody's, reached by a context."""

from __future__ import annotations

import base64
import http.client
import http.server
import json
import socket
import socketserver
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from preuve.cluster.embedded.addresses import API_PORT
from preuve.cluster.embedded.control_plane import ADDRESS
from preuve.cluster.embedded.pki import Authority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from preuve.cluster.embedded.cluster import EmbeddedCluster

TEAM = "team"
"""The context's name."""

BOSS = "boss"
"""The token by which a `Record` knows the user of the context."""

PLACE = (str(ADDRESS), API_PORT)


def _reached(cluster: EmbeddedCluster) -> socket.socket:
    with cluster.network():
        reached = socket.create_connection(PLACE)
    reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return reached


def _written(path: Path, server: str, authority: str, user: dict[str, str]) -> Path:
    config = {
        "clusters": [{"name": TEAM, "cluster": {"server": server, "certificate-authority-data": authority}}],
        "users": [{"name": TEAM, "user": user}],
        "contexts": [{"name": TEAM, "context": {"cluster": TEAM, "user": TEAM}}],
    }
    path.write_text(yaml.safe_dump(config))
    path.chmod(0o600)
    return path


@contextmanager
def opened(cluster: EmbeddedCluster, folder: Path) -> Iterator[Path]:
    """Have a port of the host that is the cluster's API server; give an administrator's kubeconfig."""

    class Passage(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with _reached(cluster) as inside:
                back = threading.Thread(target=_pour, args=(inside, self.request), daemon=True)
                back.start()
                _pour(self.request, inside)
                back.join()

    config = yaml.safe_load(cluster.kubeconfig.read_text())
    authority = config["clusters"][0]["cluster"]["certificate-authority-data"]
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Passage) as server, _serving(server):
        address = f"https://127.0.0.1:{server.server_address[1]}"
        yield _written(folder / "team.yaml", address, authority, config["users"][0]["user"])


def _pour(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextmanager
def _serving(server: socketserver.ThreadingTCPServer | http.server.ThreadingHTTPServer) -> Iterator[None]:
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@dataclass
class Asked:
    """A request, and what came of it."""

    boss: bool
    """Of the context's user, not of a page."""
    verb: str
    path: str
    """Without its query."""
    body: Any
    code: int = 0
    answer: Any = None


@dataclass
class Record:
    """What a cluster was asked through a `recorded` door."""

    kubeconfig: Path
    asked: list[Asked] = field(default_factory=list)
    before: Callable[[Asked], object] = lambda _: None
    """Is called before a request goes on."""
    user: str = ""
    """As whom the context's user is taken by the cluster; as an administrator unless given."""


class Keeper(http.server.BaseHTTPRequestHandler):
    """Keeps its connection to the API server for as long as that of who came."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # of an answer's writes each waited 40 ms for the last one's receipt
    _inside: http.client.HTTPSConnection | None = None

    def kept(self, cluster: EmbeddedCluster, context: ssl.SSLContext) -> http.client.HTTPSConnection:
        """The connection."""
        if self._inside is None:
            self._inside = http.client.HTTPSConnection(*PLACE)
            self._inside.sock = context.wrap_socket(_reached(cluster), server_hostname=PLACE[0])
        return self._inside

    def close(self) -> None:
        """Close it: the next request has another."""
        if self._inside:
            self._inside.close()
        self._inside = None

    def finish(self) -> None:
        """End with who came."""
        self.close()
        super().finish()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@contextmanager
def recorded(cluster: EmbeddedCluster, folder: Path) -> Iterator[Record]:
    """Have a door that reads all that goes through it; what takes a connection over (exec, attach) cannot."""
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    real = config["clusters"][0]["cluster"]["certificate-authority-data"]
    page = ssl.create_default_context(cadata=base64.b64decode(real).decode())
    boss = ssl.create_default_context(cadata=base64.b64decode(real).decode())
    user = config["users"][0]["user"]
    pem = _secret(folder / "boss.pem", *(user[f"client-{part}-data"] for part in ("certificate", "key")))
    boss.load_cert_chain(pem)

    own = Authority()
    served = own.issue("door", serves=("127.0.0.1",))
    pem = _secret(folder / "door.pem", *map(base64.b64encode, (served.certificate, served.key)))
    outside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    outside.load_cert_chain(pem)

    class Porter(Keeper):
        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            is_boss = self.headers.get("Authorization") == f"Bearer {BOSS}"
            said = json.loads(body) if body[:1] == b"{" else body.decode(errors="replace")
            asked = Asked(is_boss, self.command, self.path.partition("?")[0], said)
            record.asked.append(asked)
            record.before(asked)
            drop = {"host", "connection", "accept-encoding", *(["authorization"] if is_boss else [])}
            headers = {name: value for name, value in self.headers.items() if name.lower() not in drop}
            if is_boss and record.user:
                headers["Impersonate-User"] = record.user
            inside = self.kept(cluster, boss if is_boss else page)
            inside.request(self.command, self.path, body or None, headers)
            response = inside.getresponse()
            asked.code = response.status
            self.send_response_only(response.status)
            for name, value in response.getheaders():
                if name.lower() not in {"transfer-encoding", "content-length"}:
                    self.send_header(name, value)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            whole = b""
            with suppress(OSError, http.client.HTTPException):  # who watched has gone, or is told no more
                while data := response.read1(1 << 16):
                    whole += data
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
                self.wfile.write(b"0\r\n\r\n")
            with suppress(ValueError):
                asked.answer = json.loads(whole)
            if not response.isclosed():  # who watched has gone
                self.close()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on  # noqa: N815 - http.server's names

    class Gate(http.server.ThreadingHTTPServer):
        def finish_request(
            self, request: socket.socket | tuple[bytes, socket.socket], client_address: tuple[str, int]
        ) -> None:
            assert isinstance(request, socket.socket)  # as TCP has it; UDP has the other
            with (
                suppress(OSError),
                outside.wrap_socket(request, server_side=True) as safe,
            ):  # who came has gone
                super().finish_request(safe, client_address)

    with Gate(("127.0.0.1", 0), Porter) as server:
        address = f"https://127.0.0.1:{server.server_port}"
        authority = base64.b64encode(own.identity.certificate).decode()
        record = Record(_written(folder / "recorded.yaml", address, authority, {"token": BOSS}))
        with _serving(server):
            yield record


def _secret(path: Path, *parts: str | bytes) -> Path:
    path.touch(0o600)
    path.write_bytes(b"".join(map(base64.b64decode, parts)))
    return path
