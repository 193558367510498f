"""A cluster of the user's: the context that was named, and no other."""

from __future__ import annotations

import base64
import http.server
import json
import os
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from preuve.cluster import backend
from preuve.cluster.box import LIMITS, uid_of
from preuve.cluster.context import connected, found_kubectl, minified
from preuve.cluster.embedded import binaries
from preuve.cluster.embedded.binaries import Binaries
from preuve.cluster.rights import ALL, LODGER, PLAYER, READER
from preuve.errors import ClusterError
from preuve.play.bash import Bash
from preuve.progress import Progress
from preuve.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from preuve.cluster.context import ContextCluster


RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


class Server(http.server.ThreadingHTTPServer):
    """An API server that knows its version and what its user may do, and notes what it is asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str, str | None]] = []
        self.specs: list[dict[str, Any]] = []
        self.version = "v1.35.1"
        self.said: object = None
        """Instead of its version."""
        self.rules: Sequence[Mapping[str, Any]] = ALL
        self.incomplete = False
        self.refused = ""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization")))
        version = {"gitVersion": self.server.version, "metadata": {}}
        self.answer(version if self.server.said is None else self.server.said)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization")))
        self.server.specs.append(asked.get("spec", {}))
        urls = [rule for rule in self.server.rules if "nonResourceURLs" in rule]
        resources = [rule for rule in self.server.rules if rule not in urls]
        rules = {"resourceRules": resources, "nonResourceRules": urls, "incomplete": self.server.incomplete}
        allowed = asked.get("spec", {}).get("resourceAttributes", {}).get("resource") != self.server.refused
        answers = {
            RULES: rules,
            REVIEW: {"allowed": allowed},
            WHO: {"userInfo": {"username": "alice"}},
        }
        self.answer({"status": answers[self.path]})

    def answer(self, what: object) -> None:
        body = what if isinstance(what, bytes) else json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def config(name: str, server: str, **user: str) -> dict[str, Any]:
    return {
        "clusters": [{"name": f"{name}-cluster", "cluster": {"server": server}}],
        "users": [{"name": f"{name}-user", "user": user}],
        "contexts": [{"name": name, "context": {"cluster": f"{name}-cluster", "user": f"{name}-user"}}],
        "current-context": name,
    }


def written(path: Path, *configs: Mapping[str, Any]) -> Path:
    """A kubeconfig with the contexts of all."""
    whole: dict[str, Any] = {}
    for each in configs:
        for section, entries in each.items():
            whole[section] = [*whole.get(section, []), *entries] if isinstance(entries, list) else entries
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(whole))
    return path


def have_team(
    tmp_path: Path, server: Server, namespace: str = "", **environment: str
) -> AbstractContextManager[ContextCluster]:
    """Be connected to a context `team` with a token, beside one that nobody asks for."""
    team = config("team", f"http://127.0.0.1:{server.server_port}", token="s3cret")  # noqa: S106 - a test's
    file = written(tmp_path / "config", team, config("production", "http://127.0.0.1:1", token="other"))  # noqa: S106
    environment = {"KUBECONFIG": str(file), "PATH": os.environ["PATH"], **environment}
    settings = Settings(cluster="context:team", namespace=namespace)
    return connected(settings, Progress(), environment)


def test_only_the_named_context_is_used(tmp_path: Path, server: Server) -> None:
    """The current context, another one, is neither asked nor copied; nothing is written to a cluster."""
    with have_team(tmp_path, server) as cluster:
        assert (cluster.version, cluster.nodes) == ("v1.35.1", ())
        assert "production" not in cluster.kubeconfig.read_text()
        assert stat.S_IMODE(cluster.kubeconfig.stat().st_mode) == 0o600
        copy = cluster.kubeconfig
    assert not copy.exists()
    assert server.asked == [("GET", "/version", "Bearer s3cret"), ("POST", RULES, "Bearer s3cret")]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_root_lends_its_pages_users_of_their_own(tmp_path: Path, server: Server) -> None:
    """Limits count by user, and none holds for root: a page that forks without end would take the machine."""
    with have_team(tmp_path, server) as cluster:
        box = cluster.confine("forks.md", exclusive=False)
        with Bash(box.environment(), box.argv()) as bash:
            assert bash.run("id -u", timeout=30.0).output == f"{uid_of('forks.md')}\n"
            assert bash.run("ulimit -Hu", timeout=30.0).output == f"{LIMITS['nproc']}\n"
            assert "Client Version" in bash.run("kubectl version --client", timeout=30.0).output


@pytest.mark.parametrize(
    ("rules", "incomplete", "refused", "lacking"),
    [
        (PLAYER, False, "", ""),
        ([], True, "", ""),
        (
            [],
            True,
            "namespaces",
            "get namespaces, list namespaces, watch namespaces, create namespaces, delete",
        ),
        ([rule for rule in PLAYER if rule.get("resources") != ["secrets"]], False, "", "list secrets"),
        (READER, False, "", "create clusterrolebindings.rbac.authorization.k8s.io"),
        ([], False, "", "more: each page"),
    ],
)
def test_rights_that_are_missing_are_told_before_anything_is_written(
    tmp_path: Path,
    server: Server,
    rules: list[Mapping[str, Any]],
    incomplete: bool,
    refused: str,
    lacking: str,
) -> None:
    """All at once, with a ClusterRole that gives them, and to whom; who lists nothing is asked."""
    server.rules, server.incomplete, server.refused = rules, incomplete, refused
    if lacking:
        with pytest.raises(ClusterError, match=f"context 'team': alice may not .*{lacking}") as told:
            have_team(tmp_path, server).__enter__()
        said, _, role = str(told.value).partition("\n")
        assert "--user=alice`" in said
        assert yaml.safe_load(role)["rules"] == PLAYER
    else:
        with have_team(tmp_path, server) as cluster:
            assert cluster.version
    assert {path for method, path, _ in server.asked if method != "GET"} <= {RULES, REVIEW, WHO}


@pytest.mark.parametrize(
    ("rules", "incomplete", "refused", "lacking"),
    [
        (LODGER, False, "", ""),
        ([], True, "", ""),
        ([], True, "roles", "create roles.rbac.authorization.k8s.io, delete roles"),
        (READER, False, "", "create rolebindings.rbac.authorization.k8s.io.* more in namespace 'team-a'"),
    ],
)
def test_rights_in_one_namespace_are_enough_to_be_given_it(
    tmp_path: Path,
    server: Server,
    rules: list[Mapping[str, Any]],
    incomplete: bool,
    refused: str,
    lacking: str,
) -> None:
    """Those of the role `admin` there; what is missing is told at once, with who can give it."""
    server.rules, server.incomplete, server.refused = rules, incomplete, refused
    if lacking:
        with pytest.raises(ClusterError, match=f"alice may not .*{lacking}.*clusterrole=admin --user=alice`"):
            have_team(tmp_path, server, namespace="team-a").__enter__()
    else:
        with have_team(tmp_path, server, namespace="team-a") as cluster:
            assert cluster.namespace == "team-a"
    assert {path for method, path, _ in server.asked if method != "GET"} <= {RULES, REVIEW, WHO}
    assert {spec["namespace"] for spec in server.specs if "namespace" in spec} == {"team-a"}


def kubectl(folder: Path, version: str) -> Path:
    """A kubectl that says it is of a version."""
    folder.mkdir(parents=True)
    program = folder / "kubectl"
    said = json.dumps({"clientVersion": {"gitVersion": version}})
    program.write_text(f"#!/bin/sh\nprintf %s '{said}'\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("client", "cluster", "told"),
    [("v1.34.9", "v1.35.1", False), ("v1.33.0", "v1.35.1", True), ("v1.37.2", "v1.35.1-gke.2", True)],
)
def test_the_kubectl_of_the_user_s_path_is_the_pages_and_its_skew_is_told(
    tmp_path: Path,
    server: Server,
    capsys: pytest.CaptureFixture[str],
    client: str,
    cluster: str,
    told: bool,
) -> None:
    """Wherever it is; a page of one that is two minors off is not played without a word."""
    program = kubectl(tmp_path / "home" / "bin", client)
    server.version = cluster
    with have_team(tmp_path, server, PATH=f"{program.parent}:{os.environ['PATH']}") as connection:
        assert connection.kubectl == program
        shell = connection.confine("page.md", exclusive=False)
        assert client in shell.ask("kubectl", "version")
    said = capsys.readouterr().err
    assert (f"{program} is {client}, and context 'team' is {cluster}" in said) is told


def test_a_kubectl_that_cannot_be_run_by_a_page_is_told_first(tmp_path: Path, server: Server) -> None:
    """A wrapper that needs the user's home."""
    program = kubectl(tmp_path / "bin", "v1.35.0")
    program.write_text(f"#!/bin/sh\nexec {tmp_path}/real-kubectl\n")
    with pytest.raises(ClusterError, match=r"context 'team': `kubectl version .*real-kubectl: not found"):
        have_team(tmp_path, server, PATH=str(program.parent)).__enter__()


def test_without_a_kubectl_of_the_user_s_it_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where there is none either, one line says so."""
    ours = kubectl(tmp_path / "ours", "v1.37.2")
    monkeypatch.setattr(binaries, "find", lambda: Binaries(ours, ours, ours, "v1.37.2"))
    assert found_kubectl({"PATH": str(tmp_path)}) == ours
    monkeypatch.setattr(binaries, "find", lambda: None)
    with pytest.raises(ClusterError, match="there is no kubectl in PATH"):
        found_kubectl({"PATH": str(tmp_path)})


def test_credentials_are_on_no_disk(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are in memory: whatever ends the process, nothing is left."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    address = f"http://127.0.0.1:{server.server_port}"
    authority = {"certificate-authority-data": base64.b64encode(b"x").decode()}
    team = config("team", address)
    team["clusters"][0]["cluster"] |= authority
    file = written(tmp_path / "config", team)
    environment = {"KUBECONFIG": str(file), "PATH": os.environ["PATH"]}
    with connected(Settings(cluster="context:team"), Progress(), environment) as cluster:
        assert not list(temporary.iterdir())
        assert cluster.kubeconfig.stat().st_nlink == 0  # it has a name nowhere


LEAVE = """\
import os
from preuve.cluster.vault import Vault
v = Vault(); v.folder(); {}
"""


def test_secrets_of_a_killed_process_go_at_the_next_start(tmp_path: Path) -> None:
    """Those of a live one stay, and what only looks like them."""
    kept = tmp_path / "preuve-something"
    kept.mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    live = subprocess.Popen(
        (sys.executable, "-c", LEAVE.format("print(flush=True); input(); v.close()")),
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with live:
        assert live.stdout
        assert live.stdout.read(1)
        killed = (sys.executable, "-c", LEAVE.format("os.kill(os.getpid(), 9)"))
        subprocess.run(killed, env=environment, check=False)
        assert len(list(tmp_path.glob("preuve-* on *"))) == 2
        subprocess.run(
            (sys.executable, "-c", "from preuve.cluster.vault import Vault; Vault()"),
            env=environment,
            check=True,
        )
        left = {folder.name.split()[0] for folder in tmp_path.iterdir()}
        assert left == {f"preuve-{live.pid}", kept.name}
        live.communicate(b"\n")
    assert list(tmp_path.iterdir()) == [kept]


def test_files_that_a_kubeconfig_names_are_found_beside_it(tmp_path: Path) -> None:
    """The authority is in the copy; what may be renewed is read where it is, whenever one logs in."""
    for name in ("ca.crt", "me.crt", "me.key", "token"):
        (tmp_path / name).write_text(name)
    kind = config("kind", "https://127.0.0.1:1", tokenFile="token")
    kind["users"][0]["user"] |= {"client-certificate": "me.crt", "client-key": "./me.key"}
    kind["clusters"][0]["cluster"]["certificate-authority"] = "ca.crt"
    found = minified("kind", {"KUBECONFIG": str(written(tmp_path / "config", kind))})
    authority = base64.b64encode(b"ca.crt").decode()
    assert found["clusters"][0]["cluster"] == {
        "server": "https://127.0.0.1:1",
        "certificate-authority-data": authority,
    }
    assert found["users"][0]["user"] == {
        "tokenFile": str(tmp_path / "token"),
        "client-certificate": str(tmp_path / "me.crt"),
        "client-key": str(tmp_path / "me.key"),
    }


@pytest.mark.parametrize("name", ["certificate-authority", "client-certificate", "client-key", "tokenFile"])
def test_a_file_that_a_kubeconfig_names_and_nobody_has_is_told(tmp_path: Path, name: str) -> None:
    kind = config("kind", "https://127.0.0.1:1")
    for section in (kind["clusters"][0]["cluster"], kind["users"][0]["user"]):
        section[name] = "absent"
    file = written(tmp_path / "config", kind)
    with pytest.raises(ClusterError, match=rf"^{file} names 'absent' as {name}: No such file or directory$"):
        minified("kind", {"KUBECONFIG": str(file)})


@pytest.mark.parametrize(
    ("command", "wanted"),
    [("bin/login", "{here}/bin/login"), ("aws", "aws"), ("/opt/login", "/opt/login")],
)
def test_a_program_that_a_kubeconfig_names_is_found_as_kubectl_does(
    tmp_path: Path, command: str, wanted: str
) -> None:
    """Beside the kubeconfig that names it by a relative path, in the PATH by its name alone."""
    kind = config("kind", "https://127.0.0.1:1")
    kind["users"][0]["user"] = {"exec": {"command": command, "args": ["token"]}}
    found = minified("kind", {"KUBECONFIG": str(written(tmp_path / "config", kind))})
    program = {"command": wanted.format(here=tmp_path), "args": ["token"]}
    assert found["users"][0]["user"] == {"exec": program}


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
    with pytest.raises(ClusterError, match="no kubeconfig at /nowhere/config: name yours in KUBECONFIG"):
        minified("kind", {"KUBECONFIG": "/nowhere/config"})


@pytest.mark.parametrize("said", [b"<html>Sign in</html>", b"", b"[]", b'{"gitVersion": 1}', b"[" * 100_000])
def test_what_is_no_api_server_is_told(tmp_path: Path, server: Server, said: bytes) -> None:
    """A proxy before it that wants somebody to log in, say: its address, and what it said."""
    server.said = said
    with pytest.raises(ClusterError, match=r"context 'team': http://127.0.0.1:\d+ does not ") as told:
        have_team(tmp_path, server).__enter__()
    assert len(str(told.value)) < 500


def test_a_cluster_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is in the message."""
    file = written(tmp_path / "config", config("kind", "http://127.0.0.1:1"))
    monkeypatch.setenv("KUBECONFIG", str(file))
    with (
        pytest.raises(ClusterError, match=r"http://127.0.0.1:1 does not answer"),
        backend(Settings(cluster="context:kind")).shared(Progress()),
    ):
        pass
