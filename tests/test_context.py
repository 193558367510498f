"""A cluster of the user's: the context that was named, and no other."""

from __future__ import annotations

import base64
import http.server
import json
import stat
import threading
from typing import TYPE_CHECKING

import pytest
import yaml

from preuve.cluster import have
from preuve.cluster.context import connected, minified
from preuve.errors import ClusterError
from preuve.progress import Progress
from preuve.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class _Server(http.server.BaseHTTPRequestHandler):
    """An API server that knows its version and its kube-system, and notes what it is asked."""

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization")))
        answers = {
            "/version": {"gitVersion": "v1.35.1"},
            "/api/v1/namespaces/kube-system": {"metadata": {"uid": "1234"}},
        }
        body = json.dumps(answers[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def server() -> Iterator[http.server.HTTPServer]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def config(name: str, server: str, **user: str) -> dict[str, object]:
    return {
        "clusters": [{"name": f"{name}-cluster", "cluster": {"server": server}}],
        "users": [{"name": f"{name}-user", "user": user}],
        "contexts": [{"name": name, "context": {"cluster": f"{name}-cluster", "user": f"{name}-user"}}],
        "current-context": name,
    }


def written(path: Path, *configs: dict[str, object]) -> Path:
    """A kubeconfig with the contexts of all."""
    whole: dict[str, object] = {}
    for each in configs:
        for section, entries in each.items():
            whole[section] = [*whole.get(section, []), *entries] if isinstance(entries, list) else entries
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(whole))
    return path


def test_only_the_named_context_is_used(tmp_path: Path, server: http.server.HTTPServer) -> None:
    """The current context, another one, is neither asked nor copied; nothing is written to a cluster."""
    address = f"http://127.0.0.1:{server.server_port}"
    team = config("team", address, token="s3cret")  # noqa: S106 - a test's
    file = written(tmp_path / "config", team, config("production", "http://127.0.0.1:1", token="other"))  # noqa: S106
    with connected("team", {"KUBECONFIG": str(file)}) as cluster:
        assert (cluster.version, cluster.uid, cluster.nodes) == ("v1.35.1", "1234", ())
        assert "production" not in cluster.kubeconfig.read_text()
        assert stat.S_IMODE(cluster.kubeconfig.stat().st_mode) == 0o600
        copy = cluster.kubeconfig
    assert not copy.parent.exists()
    asked = server.asked
    assert [(method, login) for method, _, login in asked] == [("GET", "Bearer s3cret")] * 2


def test_credentials_leave_nothing_behind(
    tmp_path: Path, server: http.server.HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `kubernetes` writes into TMPDIR goes with the connection."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    address = f"http://127.0.0.1:{server.server_port}"
    authority = {"certificate-authority-data": base64.b64encode(b"x").decode()}
    team = config("team", address)
    team["clusters"][0]["cluster"] |= authority
    file = written(tmp_path / "config", team)
    with connected("team", {"KUBECONFIG": str(file)}):
        assert list(temporary.iterdir())
    assert not list(temporary.iterdir())


def test_files_that_a_kubeconfig_names_are_taken_in(tmp_path: Path) -> None:
    """Certificates are found beside the kubeconfig that names them, and are in the copy."""
    (tmp_path / "ca.crt").write_bytes(b"authority")
    (tmp_path / "token").write_text("abc\n")
    kind = config("kind", "https://127.0.0.1:1", tokenFile="token")
    kind["clusters"][0]["cluster"]["certificate-authority"] = "ca.crt"
    found = minified("kind", {"KUBECONFIG": str(written(tmp_path / "config", kind))})
    authority = base64.b64encode(b"authority").decode()
    assert found["clusters"][0]["cluster"] == {
        "server": "https://127.0.0.1:1",
        "certificate-authority-data": authority,
    }
    assert found["users"][0]["user"] == {"token": "abc"}


def test_several_files_are_merged_as_kubectl_does(tmp_path: Path) -> None:
    """KUBECONFIG is a list; the first entry of a name counts, and a file that is not there is skipped."""
    first = written(tmp_path / "first", config("one", "https://first"))
    second = written(tmp_path / "second", config("one", "https://second"), config("two", "https://two"))
    environment = {"KUBECONFIG": f"{first}:{tmp_path / 'absent'}:{second}"}
    servers = [minified(name, environment)["clusters"][0]["cluster"]["server"] for name in ("one", "two")]
    assert servers == ["https://first", "https://two"]


def test_the_home_kubeconfig_is_the_default(tmp_path: Path) -> None:
    """Without KUBECONFIG it is ~/.kube/config."""
    written(tmp_path / ".kube" / "config", config("kind", "https://kind"))
    assert minified("kind", {"HOME": str(tmp_path)})["current-context"] == "kind"


def test_an_unknown_context_is_told_with_the_nearest(tmp_path: Path) -> None:
    """A slip in the name lists what there is."""
    file = written(tmp_path / "config", config("kind-dev", "x"), config("production", "x"))
    with pytest.raises(ClusterError, match=r"'kind-dv'.*'kind-dev'"):
        minified("kind-dv", {"KUBECONFIG": str(file)})


@pytest.mark.parametrize("text", ["clusters: [", "just text", "contexts: [{}]", "[1]"])
def test_a_broken_kubeconfig_is_named(tmp_path: Path, text: str) -> None:
    """A file that nobody can read is told by its name."""
    file = tmp_path / "config"
    file.write_text(text)
    with pytest.raises(ClusterError, match=str(file)):
        minified("kind", {"KUBECONFIG": str(file)})


def test_no_kubeconfig_is_told() -> None:
    """Where one was looked for is in the message."""
    with pytest.raises(ClusterError, match="there is no kubeconfig at /nowhere/config"):
        minified("kind", {"KUBECONFIG": "/nowhere/config"})


def test_a_cluster_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is in the message."""
    file = written(tmp_path / "config", config("kind", "http://127.0.0.1:1"))
    monkeypatch.setenv("KUBECONFIG", str(file))
    with (
        pytest.raises(ClusterError, match=r"http://127.0.0.1:1 does not answer"),
        have(Settings(cluster="context:kind"), Progress()),
    ):
        pass
