"""What an API server answers, on a connection of its own."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import yaml

from preuve.cluster.api import Api, LostError, RefusedError
from preuve.cluster.embedded.pki import Authority
from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from preuve.cluster.embedded.pki import Identity


class Busy(http.server.BaseHTTPRequestHandler):
    """An API server that has too much to do for as many requests as it is told, then answers."""

    protocol_version = "HTTP/1.1"
    refusals: ClassVar[list[dict[str, str]]] = []
    asked: ClassVar[list[str]] = []
    versions: ClassVar[list[str]] = []
    code = 429

    def do_POST(self) -> None:
        self.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._answer()

    def _answer(self) -> None:
        busy = bool(self.refusals)
        body = b'{"message": "too many requests"}' if busy else b'{"kind": "Pod"}'
        self.send_response(self.code if busy else 201)
        for name, value in (self.refusals.pop(0) if busy else {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Tell what is served, in one of the versions that are asked for, if it has it."""
        if "pods" in self.path:
            self.asked.append("")
            self._answer()
            return
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


def test_a_server_in_trouble_is_asked_again_what_changes_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is about to end or to be ready, say, and tells when to ask again, as kubectl does."""
    monkeypatch.setattr(Busy, "code", 503)
    Busy.refusals[:] = [{"Retry-After": "0"}]
    assert api.get("/api/v1/pods") == {"kind": "Pod"}
    Busy.refusals[:] = [{"Retry-After": "0"}]
    with pytest.raises(RefusedError):
        api.post("/api/v1/pods", {})  # it may have been done


@pytest.mark.parametrize(("code", "lost"), [(500, True), (504, True), (403, False), (429, False)])
def test_a_server_that_cannot_answer_has_not_said_no(
    api: Api, monkeypatch: pytest.MonkeyPatch, code: int, *, lost: bool
) -> None:
    """Whoever waits goes on waiting: it is as if it could not be reached."""
    monkeypatch.setattr(Busy, "code", code)
    Busy.refusals[:] = [{}]
    with pytest.raises(RefusedError) as refused:
        api.get("/api/v1/pods")
    assert (isinstance(refused.value, LostError), refused.value.code) == (lost, code)


@pytest.mark.parametrize("version", ["v2", "v2beta1"])
def test_what_is_served_is_asked_of_older_servers_too(api: Api, version: str) -> None:
    """Kubernetes 1.27 to 1.29 have a beta of what later ones tell; it has the same fields."""
    Busy.versions[:] = [version]
    assert api.discover("/apis") == {"items": []}


def test_a_server_that_is_too_old_is_told(api: Api) -> None:
    Busy.versions.clear()
    with pytest.raises(RefusedError, match=r"127\.0\.0\.1:\d+: preuve needs Kubernetes 1\.27 or newer"):
        api.discover("/apis")


class Guard(http.server.ThreadingHTTPServer):
    """An API server that knows one user at a time, by a token or by the name in a certificate."""

    daemon_threads = True

    def __init__(self, authority: Authority, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Guarded)
        self.knows = "one"
        self.asked: list[str] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(write_identity(folder / "server", authority.issue("s", serves=["127.0.0.1"])))
        context.load_verify_locations(cadata=authority.identity.certificate.decode())
        context.verify_mode = ssl.CERT_OPTIONAL
        self.socket = context.wrap_socket(self.socket, server_side=True)


class Guarded(http.server.BaseHTTPRequestHandler):
    """Tells who asks."""

    protocol_version = "HTTP/1.1"
    server: Guard

    def do_GET(self) -> None:
        assert isinstance(self.connection, ssl.SSLSocket)
        subject: Any = (self.connection.getpeercert() or {}).get("subject", ())
        named = dict(pair for [pair] in subject).get("commonName", "nobody")
        who = (self.headers.get("Authorization") or named).removeprefix("Bearer ")
        self.server.asked.append(who)
        known = who == self.server.knows
        body = json.dumps({"who": who} if known else {"message": "Unauthorized"}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


def write_identity(path: Path, identity: Identity) -> Path:
    """A file with the certificate and the key."""
    path.write_bytes(identity.certificate + identity.key)
    return path


LOGIN = """\
#!/bin/sh
echo run >> {here}/runs
[ -e {here}/credentials ] || exit 3
printf '{{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": '
cat {here}/credentials
echo '}}'
"""


@contextmanager
def guarded(folder: Path, authority: Authority, user: Mapping[str, object]) -> Iterator[tuple[Guard, Api]]:
    """A server that is asked by a user, who is `one` at first."""
    with Guard(authority, folder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        told = authority.kubeconfig(f"https://127.0.0.1:{server.server_port}", "user", authority.issue("x"))
        config = json.loads(told)
        config["users"][0]["user"] = user
        (folder / "kubeconfig").write_text(json.dumps(config))
        try:
            with Api(folder / "kubeconfig") as api:
                yield server, api
        finally:
            server.shutdown()
            thread.join()


def users(folder: Path) -> dict[str, Mapping[str, object]]:
    """How one may log in with what can be renewed."""
    login = folder / "login"
    login.write_text(LOGIN.format(here=folder))
    login.chmod(0o755)
    program = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(login)}}
    file = str(folder / "certificate")
    return {
        "a token's file": {"tokenFile": str(folder / "token")},
        "a program's token": program,
        "a program's certificate": program,
        "a certificate's file": {"client-certificate": file, "client-key": file},
    }


def renew(folder: Path, way: str, who: str, authority: Authority) -> None:
    """Have somebody's credentials where one looks for them."""
    identity = authority.issue(who)
    certificate = {
        "clientCertificateData": identity.certificate.decode(),
        "clientKeyData": identity.key.decode(),
    }
    token = {"token": who, "expirationTimestamp": "2026-01-01T00:00:00Z"}
    status = token if way == "a program's token" else certificate
    (folder / "credentials").write_text(json.dumps(status))
    (folder / "token").write_text(f"{who}\n")
    write_identity(folder / "certificate", identity)


WAYS = ("a token's file", "a program's token", "a program's certificate", "a certificate's file")


@pytest.mark.parametrize("way", WAYS)
def test_credentials_that_were_renewed_are_taken(tmp_path: Path, way: str) -> None:
    """A Pod's token lasts an hour, what a program gives no longer: when the server says that it is over.

    Once for all threads, and no program is asked before, however soon what it gave ends.
    """
    authority = Authority()
    renew(tmp_path, way, "one", authority)
    with guarded(tmp_path, authority, users(tmp_path)[way]) as (server, api):
        for _ in range(3):
            assert api.get("/x") == {"who": "one"}
        assert server.asked == ["one"] * 3
        for who in ("two", "three"):
            renew(tmp_path, way, who, authority)
            server.knows = who
            with ThreadPoolExecutor(8) as pool:
                assert list(pool.map(api.get, ["/x"] * 8)) == [{"who": who}] * 8
    runs = (tmp_path / "runs").read_text().split() if "program" in way else [""] * 3
    assert len(runs) == 3


@pytest.mark.parametrize("way", WAYS)
def test_credentials_that_are_refused_twice_are_told(tmp_path: Path, way: str) -> None:
    """No server is asked without end."""
    authority = Authority()
    renew(tmp_path, way, "one", authority)
    with guarded(tmp_path, authority, users(tmp_path)[way]) as (server, api):
        server.knows = "two"
        with pytest.raises(RefusedError, match="GET /x: Unauthorized"):
            api.get("/x")
        assert server.asked == ["one"] * 2


@pytest.mark.parametrize(
    ("way", "gone", "told"),
    [
        (
            "a token's file",
            "token",
            "context 'preuve': the token's file .*/token cannot be read: No such file",
        ),
        (
            "a program's token",
            "credentials",
            "context 'preuve': '.*/login', which logs in, gives no credentials",
        ),
    ],
)
def test_credentials_that_can_be_had_no_more_are_told(tmp_path: Path, way: str, gone: str, told: str) -> None:
    """Not what the server tells nobody in particular."""
    authority = Authority()
    renew(tmp_path, way, "one", authority)
    with guarded(tmp_path, authority, users(tmp_path)[way]) as (server, api):
        server.knows = "two"
        (tmp_path / gone).unlink()
        with pytest.raises(ClusterError, match=told):
            api.get("/x")
        assert server.asked == ["one"]
