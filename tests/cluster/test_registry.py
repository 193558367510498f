"""The registry as a node's containerd asks it, over a real socket, with another registry behind."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import socket
import tarfile
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from preuve.cluster.embedded import images, oci, upstream
from preuve.cluster.embedded.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Serve = Callable[..., "Client"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass(frozen=True, slots=True)
class Client:
    """Asks one server, one connection a time."""

    port: int

    def __call__(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Ask, wait for the whole answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())


@dataclass
class Asked:
    """What a fake upstream was asked, and what it answers by path: status, headers, body."""

    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    bearer: str | None = None
    port: int = 0
    hang_up: bool = False

    def paths(self) -> list[str]:
        """The paths asked for."""
        return [path for _, path, _ in self.requests]


class Fake(BaseHTTPRequestHandler):
    """A registry as others run them: with anonymous tokens, and blobs elsewhere."""

    asked: Asked
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer as told to, to who has a token."""
        asked = self.asked
        asked.requests.append((self.command, self.path, dict(self.headers)))
        status, headers, body = asked.answers.get(self.path.partition("?")[0], (404, {}, b""))
        if (
            asked.bearer
            and self.path.startswith("/v2/")
            and self.headers["Authorization"] != f"Bearer {asked.bearer}"
        ):
            realm = (
                f'Bearer realm="http://127.0.0.1:{asked.port}/token",service="fake",scope="repository:x:pull"'
            )
            status, headers, body = 401, {"WWW-Authenticate": realm}, b""
        if self.path.startswith("/token"):
            status, headers, body = 200, {}, json.dumps({"token": asked.bearer}).encode()
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.close_connection = asked.hang_up

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def fake() -> Iterator[Asked]:
    asked = Asked()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Fake,), {"asked": asked}))
    asked.port = server.server_address[1]
    with running(server):
        yield asked


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with one image of one file, under two names."""
    tree = tmp_path / "tree.tar"
    with tarfile.open(tree, "w") as tar:
        tar.addfile(tarfile.TarInfo("hello"), io.BytesIO())
    layout = oci.Layout(tmp_path / "store")
    layer, _ = layout.layer(tree)
    image = layout.image([layer], {"Cmd": ["sh"]}, "amd64")
    layout.name({"docker.io/library/hello:1.0": image, "registry.example/hello:1.0": image})
    return layout.root


@pytest.fixture
def client(store: Path, fake: Asked) -> Iterator[Client]:
    """Asks a registry whose Docker Hub is the fake one."""
    listening = socket.create_server(("127.0.0.1", 0))
    registry = Registry(listening, store, {"docker.io": f"http://127.0.0.1:{fake.port}"})
    with running(registry):
        yield Client(listening.getsockname()[1])


def test_a_node_pulls_an_image(client: Client) -> None:
    """From the tag to the last layer, every body is what its digest says."""
    assert client("/v2/").status == 200
    tagged = client("/v2/library/hello/manifests/1.0?ns=docker.io", method="HEAD")
    assert (tagged.status, tagged.body) == (200, b"")
    digest = tagged.headers["Docker-Content-Digest"]
    manifest = client(f"/v2/library/hello/manifests/{digest}?ns=docker.io")
    assert manifest.headers["Content-Type"] == oci.MANIFEST
    assert f"sha256:{hashlib.sha256(manifest.body).hexdigest()}" == digest
    content = json.loads(manifest.body)
    for descriptor in (content["config"], *content["layers"]):
        blob = client(f"/v2/library/hello/blobs/{descriptor['digest']}?ns=docker.io")
        assert f"sha256:{hashlib.sha256(blob.body).hexdigest()}" == descriptor["digest"]
        assert int(blob.headers["Content-Length"]) == descriptor["size"] == len(blob.body)


def test_one_segment_is_the_library_of_docker_hub_only(client: Client) -> None:
    """`hello` is `docker.io/library/hello`, but another registry's `hello` is its own."""
    assert client("/v2/hello/manifests/1.0").status == 200
    assert client("/v2/hello/manifests/1.0?ns=registry.example").status == 200
    assert client("/v2/library/hello/manifests/1.0?ns=registry.example").status == 404


def test_several_requests_use_one_connection(client: Client) -> None:
    """Bodies are as long as they say, and HEAD's are none, so that the next answer is found after any."""
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=20)
    path = "/v2/hello/manifests/1.0"
    for method, wanted in (
        ("HEAD", path),
        ("GET", path),
        ("GET", f"{path}.1"),
        ("HEAD", f"{path}.1"),
        ("GET", path),
    ):
        connection.request(method, wanted)
        response = connection.getresponse()
        response.read()
        assert response.status == (200 if wanted == path else 404)
        assert not response.will_close
    connection.close()


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
def test_nothing_is_pushed(client: Client, store: Path, method: str) -> None:
    """Whatever would change the store is refused."""
    before = sorted(store.rglob("*"))
    assert client("/v2/library/hello/manifests/1.0", method=method).status == 501
    assert client("/v2/library/hello/blobs/uploads/", method=method).status == 501
    assert sorted(store.rglob("*")) == before


@pytest.mark.parametrize(
    "path",
    [
        "/v2/hello/blobs/../../index.json",
        "/v2/hello/blobs/..%2f..%2findex.json",
        "/v2/../../etc/passwd/manifests/1",
        "/v2/hello/manifests/../../../../etc/passwd",
        "/v2/hello/blobs/sha256:../../index.json",
        "/v2/hello/blobs/index.json",
        "/etc/passwd",
    ],
)
def test_nothing_but_blobs_is_read(client: Client, path: str) -> None:
    """No path leads out of the blobs."""
    assert client(path).status == 404


def test_what_nobody_has_is_not_found(client: Client, fake: Asked) -> None:
    """The real registry is asked, and its answer is the protocol's "not found"."""
    answer = client("/v2/library/hello/manifests/2.0?ns=docker.io")
    assert answer.status == 404
    assert json.loads(answer.body)["errors"][0]["code"] == "MANIFEST_UNKNOWN"
    assert "/v2/library/hello/manifests/2.0" in fake.paths()


def test_what_is_in_the_store_is_not_asked_for(client: Client, fake: Asked) -> None:
    """An image of ours is ours even where Docker Hub can be reached."""
    assert client("/v2/library/hello/manifests/1.0?ns=docker.io").status == 200
    assert fake.requests == []


def test_what_the_store_has_not_is_fetched(client: Client, fake: Asked) -> None:
    """The answer of the real registry is passed on: type, digest, length and body, and for HEAD no body."""
    headers = {"Content-Type": "application/x-manifest", "Docker-Content-Digest": "sha256:abc"}
    fake.answers["/v2/library/new/manifests/1"] = (200, headers, b"{}")
    answer = client("/v2/library/new/manifests/1?ns=docker.io", Accept="application/x-manifest")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"{}", "2")
    assert {key: answer.headers[key] for key in headers} == headers
    assert fake.requests[-1][2]["Accept"] == "application/x-manifest"
    assert client("/v2/library/new/manifests/1?ns=docker.io", method="HEAD").body == b""


def test_a_token_is_fetched_and_kept_from_others(client: Client, fake: Asked) -> None:
    """Where tokens are asked for, an anonymous one is fetched; the host of a redirection does not get it."""
    elsewhere = Asked(answers={"/layer": (200, {}, b"layer")})
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Fake,), {"asked": elsewhere}))
    fake.bearer = "anonymous"
    location = f"http://127.0.0.1:{server.server_address[1]}/layer"
    fake.answers["/v2/library/new/blobs/sha256:abc"] = (307, {"Location": location}, b"")
    with running(server):
        assert client("/v2/library/new/blobs/sha256:abc?ns=docker.io").body == b"layer"
    assert fake.requests[-1][2]["Authorization"] == "Bearer anonymous"
    assert "Authorization" not in elsewhere.requests[0][2]


def test_nobody_s_credentials_are_passed_on(client: Client, fake: Asked) -> None:
    """What a node was told to log in with stays here."""
    client("/v2/library/new/manifests/1?ns=docker.io", Authorization="Basic c2VjcmV0", Cookie="secret")
    assert fake.requests
    for _, _, headers in fake.requests:
        assert not {"Authorization", "Cookie"} & headers.keys()


@pytest.mark.parametrize("status", [401, 403])
def test_a_repository_that_nobody_has_is_denied_as_docker_hub_does(
    client: Client, fake: Asked, status: int
) -> None:
    """It gives a token, and says that it does not do: private or not there, it does not tell which."""
    path = "/v2/library/new/manifests/1?ns=docker.io"
    fake.answers["/v2/library/new/manifests/1"] = (status, {}, b"")
    asked = client(path, Host="mirror:5000")
    assert asked.status == 401
    wanted = 'Bearer realm="http://mirror:5000/token",service="registry.docker.io",scope="repository:library/new:pull"'
    assert asked.headers["WWW-Authenticate"] == wanted
    token = json.loads(client("/token?service=registry.docker.io").body)["token"]
    again = client(path, Host="mirror:5000", Authorization=f"Bearer {token}")
    assert (again.status, again.headers["WWW-Authenticate"]) == (401, f'{wanted},error="insufficient_scope"')


def test_a_tag_that_a_repository_lacks_is_not_found(client: Client, fake: Asked) -> None:
    """The store's repository, Docker Hub's, and another registry's, which is not asked to deny anything."""
    assert client("/v2/library/hello/manifests/9?ns=docker.io").status == 404
    fake.answers["/v2/library/new/manifests/1"] = (404, {}, b"")
    assert client("/v2/library/new/manifests/1?ns=docker.io").status == 404
    assert client("/v2/new/manifests/1?ns=registry.example").status == 404


def test_what_nodes_are_loaded_with_is_in_no_registry(store: Path, fake: Asked) -> None:
    """As after `kind load`: who puts it on a node gets it; a Pod that pulls it does not."""
    told = {"docker.io/library/hello:1.0": {"digest": "x", "load": True}}
    (store / images.ADDED).write_text(json.dumps({"base": "b", "images": told}))
    fake.answers["/v2/library/hello/manifests/1.0"] = (401, {}, b"")
    listening = socket.create_server(("127.0.0.1", 0))
    with running(Registry(listening, store, {"docker.io": f"http://127.0.0.1:{fake.port}"})):
        client = Client(listening.getsockname()[1])
        path = "/v2/library/hello/manifests/1.0?ns=docker.io"
        assert client(path).status == 401
        loading = client(path, **{images.LOADING: "yes"})
        assert loading.status == 200
        assert client("/v2/hello/manifests/1.0?ns=registry.example").status == 200


def test_a_refusal_that_passes_is_passed_on(client: Client, fake: Asked) -> None:
    """A rate limit is not "not found": the reader is told what is the matter."""
    fake.answers["/v2/library/new/manifests/1"] = (429, {}, b"slow down")
    answer = client("/v2/library/new/manifests/1?ns=docker.io")
    assert (answer.status, answer.body) == (429, b"slow down")


@pytest.mark.parametrize(
    "name", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "a@127.0.0.1:{port}"]
)
def test_no_registry_is_looked_for_on_this_machine(client: Client, name: str) -> None:
    """A Pod cannot make the registry knock where only this machine can."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as private:
        name = quote(name.format(port=private.getsockname()[1]))
        assert client(f"/v2/library/new/manifests/1?ns={name}").status == 404
        private.setblocking(False)
        with pytest.raises(BlockingIOError):
            private.accept()


def test_an_upstream_out_of_reach_is_not_waited_for_twice(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that accepts and says nothing is given a moment, once: the next miss does not even connect."""
    monkeypatch.setattr(upstream, "REACH", 0.2)
    silent = socket.create_server(("127.0.0.1", 0))
    listening = socket.create_server(("127.0.0.1", 0))
    registry = Registry(listening, store, {"docker.io": f"http://127.0.0.1:{silent.getsockname()[1]}"})
    with running(registry), silent:
        client = Client(listening.getsockname()[1])
        assert client("/v2/library/new/manifests/1?ns=docker.io").status == 401
        assert client("/v2/library/new/manifests/2?ns=docker.io").status == 401
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_an_upstream_is_asked_again_later(store: Path, fake: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that was offline pulls when it is online again, without a new cluster."""
    monkeypatch.setattr(upstream, "REMEMBER", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()[1]
    hosts = {"docker.io": f"http://127.0.0.1:{nobody}"}
    listening = socket.create_server(("127.0.0.1", 0))
    registry = Registry(listening, store, hosts)
    fake.answers["/v2/library/new/manifests/1"] = (200, {}, b"{}")
    with running(registry):
        client = Client(listening.getsockname()[1])
        assert client("/v2/library/new/manifests/1?ns=docker.io").status == 401
        late = ThreadingHTTPServer(("127.0.0.1", nobody), type("Bound", (Fake,), {"asked": fake}))
        with running(late):
            assert client("/v2/library/new/manifests/1?ns=docker.io").status == 200


def test_what_breaks_off_is_not_taken_for_whole(
    client: Client, fake: Asked, capfd: pytest.CaptureFixture[str]
) -> None:
    """When an upstream breaks off in the middle of a layer, the node is cut off too, without a traceback."""
    fake.answers["/v2/library/new/blobs/sha256:abc"] = (200, {"Content-Length": "1000"}, b"begun")
    fake.hang_up = True
    with pytest.raises(http.client.IncompleteRead):
        client("/v2/library/new/blobs/sha256:abc?ns=docker.io")
    assert "Traceback" not in capfd.readouterr().err
