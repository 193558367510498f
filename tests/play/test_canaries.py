"""Canaries: what a page's commands must not see, reach or spend, planted where they would.

Each one sings to a shell of ours, or it would prove nothing; a page's own shell, with the box, the namespace
and the identity that a play gives it, does not hear it.
"""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from preuve.cluster.api import Api
from preuve.cluster.box import LIMITS, uid_of
from preuve.errors import Where
from preuve.meaning.masking import MASK
from preuve.page.plan import Command, Plan
from preuve.play.bash import Bash
from preuve.play.player import Player
from preuve.play.session import Session
from preuve.project import find
from preuve.show.render import Look, render
from preuve.show.strings import strings
from preuve.transcript import Transcript, dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from preuve.cluster.embedded.cluster import EmbeddedCluster
    from preuve.play.shell import Result

pytestmark = pytest.mark.cluster

SONG = "canary-sings"
PAGE = "canaries.md"
SECONDS = 30.0


@pytest.fixture(scope="module")
def run(cluster: EmbeddedCluster, planted: dict[str, str]) -> Iterator[Callable[[str], Result]]:
    """Runs a command as a page does, in a session of its own, which that person starts."""
    assert planted
    with (
        Api(cluster.kubeconfig, cluster.network) as api,
        closing(Session(cluster, api, Plan(PAGE))) as page,
    ):
        yield lambda source: page.run(Command(source, Where(PAGE, 1)))


@pytest.fixture(scope="module")
def planted(cluster: EmbeddedCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a person with a home, a kubeconfig and variables, a canary in each."""
    home = tmp_path_factory.mktemp("home")
    (home / "notes.txt").write_text(SONG)
    (home / ".kube").mkdir()
    for name, path in (("home", home / ".kube" / "config"), ("variable", home / "other.yaml")):
        user = f"{{name: {name}-{SONG}, user: {{token: t}}}}"
        path.write_text(f"apiVersion: v1\nkind: Config\nusers: [{user}]\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CANARY", SONG)
        patch.setenv("HOME", str(home))
        patch.setenv("KUBECONFIG", f"{home / 'other.yaml'}:{home / '.kube' / 'config'}")
        patch.setenv("PATH", f"{cluster.binaries.kubectl.parent}:{os.environ['PATH']}")
        yield dict(os.environ)


def encoded(text: str) -> str:
    """As a Secret's data are written."""
    return base64.b64encode(text.encode()).decode()


def sings(source: str, environment: dict[str, str]) -> bool:
    """Whether a shell of ours hears a canary."""
    heard = subprocess.run(
        ["bash", "-c", source],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    return SONG.encode() in heard.stdout


class TestTheCaller:
    """Whoever runs preuve is none of a page's business."""

    @pytest.mark.parametrize(
        "source",
        [
            "env",
            "cat /proc/*/environ",
            "cat ~/notes.txt",
            "kubectl config view",
            "cat ~/.kube/config",
            "echo $KUBECONFIG; cat ${KUBECONFIG%%:*}",
        ],
    )
    def test_keeps_what_is_theirs(
        self, run: Callable[[str], Result], planted: dict[str, str], source: str
    ) -> None:
        """The environment, the home, the kubeconfig of a person."""
        assert sings(source, planted)
        assert SONG not in run(source).output

    def test_is_not_named(self, run: Callable[[str], Result], planted: dict[str, str]) -> None:
        """A page has a home, a user and an environment of its own, and one context."""
        assert planted["HOME"] not in run("env; pwd; cat /etc/passwd; mount").output
        assert run("echo $HOME $USER").output == "/home/preuve preuve\n"
        assert run("kubectl config get-contexts -o name").output == "preuve\n"


@pytest.fixture(scope="module")
def singer() -> Iterator[int]:
    """A service of the machine, on all its addresses; gives its port."""
    with socket.create_server(("", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    visitor, _ = server.accept()
                except OSError:  # closed
                    return
                with visitor:
                    visitor.sendall(SONG.encode())

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


ADDRESSES = sorted(
    {
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family == socket.AF_INET
    }
)


class TestTheMachine:
    """A page has a small machine of its own."""

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_keeps_its_services(
        self, run: Callable[[str], Result], planted: dict[str, str], singer: int, address: str
    ) -> None:
        """Its loopback and its other addresses are out of reach: another cluster's API server, a database."""
        source = f"timeout 3 bash -c 'cat </dev/tcp/{address}/{singer}'"
        assert sings(source, planted)
        assert SONG not in run(source).output

    def test_keeps_its_files(
        self, run: Callable[[str], Result], planted: dict[str, str], cluster: EmbeddedCluster
    ) -> None:
        """Those that anybody may read too, and all that the cluster's administrator has."""
        folders = [Path("/tmp"), Path("/var/tmp"), Path("/root"), Path("/etc"), Path("/opt"), cluster.state]  # noqa: S108
        with ExitStack() as planting:
            for number, folder in enumerate(folders):
                path = folder / f"{SONG}-{os.getpid()}"
                planting.callback(path.unlink, missing_ok=True)
                path.write_text(SONG)
                path.chmod((0o600, 0o644)[number % 2])
                assert sings(f"cat {path}", planted)
                assert SONG not in run(f"cat {path} 2>/dev/null").output
        assert run(f"cat {cluster.kubeconfig}").exit == 1
        assert run(f"ls {Path(__file__).parent}").exit == 2

    def test_keeps_its_processes(self, run: Callable[[str], Result], planted: dict[str, str]) -> None:
        """A page sees its own, and can signal no other."""
        song = ["bash", "-c", "echo on; read", SONG]
        with subprocess.Popen(song, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            try:
                assert other.stdout
                assert other.stdout.readline() == b"on\n"
                source = "cat /proc/[0-9]*/cmdline"
                assert sings(source, planted)
                assert SONG not in run(source).output
                assert run(f"kill {other.pid}").exit == 1
                assert other.poll() is None
            finally:
                other.kill()

    @pytest.mark.parametrize("path", ["/", "/usr", "/usr/local/bin", "/etc", "/usr/bin", "/var"])
    def test_is_not_written_to(self, run: Callable[[str], Result], path: str) -> None:
        assert run(f"touch {path}/{SONG}").exit == 1

    def test_is_entered_as_nobody_in_particular(self, run: Callable[[str], Result]) -> None:
        """A user without a right, that cannot gain one, and is this page's alone."""
        assert run("id -u; id -g; id -G").output == f"{uid_of(PAGE)}\n" * 3
        status = run("grep -E '^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs)' /proc/self/status").output
        assert {line.split()[1] for line in status.splitlines()} == {"0" * 16, "1"}
        assert run("su -c id root </dev/null").exit != 0
        assert run("unshare --net true").exit != 0

    def test_is_reached_as_a_reader_would(self, run: Callable[[str], Result]) -> None:
        """For all that: the cluster answers, by name and by number."""
        assert run("kubectl get nodes -o name").output.count("node/") == 3
        assert run("kubectl get --raw /readyz?verbose").output.endswith("readyz check passed\n")


@pytest.fixture(scope="module")
def other(cluster: EmbeddedCluster) -> Iterator[str]:
    """A namespace of somebody else, with a Secret in it."""
    name = "canary-cage"
    with Api(cluster.kubeconfig, cluster.network) as api:
        api.post("/api/v1/namespaces", {"metadata": {"name": name}})
        secret = {"metadata": {"name": "song"}, "stringData": {"song": SONG}}
        api.post(f"/api/v1/namespaces/{name}/secrets", secret)
        yield name
        api.delete(f"/api/v1/namespaces/{name}")


class TestTheCluster:
    """A page has a namespace, and a look at the rest."""

    @pytest.mark.parametrize(
        "source",
        [
            "kubectl get secret song -n {} -o yaml",
            "kubectl get secrets --all-namespaces",
            "kubectl create configmap song -n {} --from-literal=a=b",
            "kubectl delete secret song -n {}",
            "kubectl run song -n {} --image=nginx:1.26",
            "kubectl create token default -n {}",
            "kubectl delete namespace {}",
            "kubectl create namespace canary-egg",
            "kubectl label namespace canaries pod-security.kubernetes.io/enforce=privileged --overwrite",
            "kubectl get secret song -n {} --as=system:admin",
            "kubectl create clusterrolebinding song --clusterrole=cluster-admin --user=preuve",
            "kubectl create rolebinding song --clusterrole=cluster-admin --serviceaccount=canaries:preuve",
        ],
    )
    def test_refuses(self, run: Callable[[str], Result], other: str, source: str) -> None:
        """Others' Secrets, others' namespaces, one's own namespace's labels, rights that one has not."""
        refused = run(source.format(other))
        assert (refused.exit, "forbidden" in refused.output.lower()) == (1, True), refused.output
        assert encoded(SONG) not in refused.output

    @pytest.mark.parametrize(
        "spec",
        [
            '{"hostNetwork": true}',
            '{"hostPID": true}',
            '{"volumes": [{"name": "root", "hostPath": {"path": "/"}}]}',
            '{"containers": [{"name": "x", "image": "nginx:1.26", "securityContext": {"privileged": true}}]}',
        ],
    )
    def test_admits_no_pod_that_takes_a_node(self, run: Callable[[str], Result], spec: str) -> None:
        refused = run(f"kubectl run x --image=nginx:1.26 --overrides='{{\"spec\": {spec}}}'")
        assert refused.exit == 1
        assert 'violates PodSecurity "baseline' in refused.output

    def test_lets_one_at_home(self, run: Callable[[str], Result]) -> None:
        """For all that: in its own namespace a page does as it likes."""
        assert run("kubectl create secret generic mine --from-literal=a=b").exit == 0
        assert run("kubectl get secret mine -o jsonpath={.data.a}").output == "Yg=="
        assert run("kubectl run plain --image=nginx:1.26 && kubectl delete pod plain --now").exit == 0


class TestTheLimits:
    """What a page spends is its own."""

    @pytest.fixture
    def bash(self, cluster: EmbeddedCluster) -> Iterator[Bash]:
        """A page's shell that may be wasted."""
        box = cluster.confine("wasted.md", exclusive=False)
        with Bash(box.environment(), box.argv()) as bash:
            yield bash

    def test_a_fork_bomb(self, bash: Bash, run: Callable[[str], Result]) -> None:
        """It ends at the limit, hurts no other page, and nothing is left of it."""

        def mine() -> int:
            users = psutil.process_iter(["uids"])
            return sum(1 for one in users if one.info["uids"].real == uid_of("wasted.md"))

        bomb = "while :; do sleep 1000 & done"
        spent = bash.run(f"{bomb} 2>&1 | grep -m 1 unavailable", timeout=SECONDS)
        assert "Resource temporarily unavailable" in spent.output
        assert 10 < mine() <= LIMITS["nproc"]
        assert run("echo on").output == "on\n"
        bash.close()
        assert mine() == 0

    def test_a_file_that_grows(self, bash: Bash) -> None:
        """A file is stopped at its limit, a folder at its own, and the shell goes on."""
        grown = bash.run("head -c 1G /dev/zero >big; echo $?; stat -c %s big")
        assert grown.output.splitlines()[-1] == str(LIMITS["fsize"])
        filled = bash.run("for i in 1 2 3 4 5; do cp big $i; done; echo on")
        assert "No space left on device" in filled.output
        assert filled.output.endswith("on\n")
        assert "No space left on device" in bash.run("cp big /tmp/1; cp big /tmp/2").output


LESSON = """\
# Secrets

```console
$ kubectl create secret generic song --from-literal=key=$(printf 'canary-%s' sings)
$ kubectl get secret song -o yaml
$ kubectl get secret song -o json
$ kubectl get secret song -o jsonpath='{.data}'
$ kubectl get secret song -o jsonpath='{.data.key}' | base64 -d
$ kubectl create token default
$ cat ~/.kube/config
$ kubectl config view --raw
$ kubectl get configmap kube-root-ca.crt -o name
```

```console
$ kubectl create secret generic public --from-literal=key=in-the-page
$ kubectl get secret public -o yaml
```
"""


@pytest.mark.usefixtures("cluster")
def test_secrets_do_not_leave_a_play(tmp_path: Path) -> None:
    """Neither into the transcript nor onto the page; what the page spells out is there."""
    assert SONG not in LESSON
    (tmp_path / "mkdocs.yml").write_text("site_name: secrets\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(LESSON)
    project = find(tmp_path)
    [page] = project.pages()
    with Player(project) as player:
        [(_, played)] = player.play([page])
    assert isinstance(played, Transcript), played
    for shown in (dump(played), render(page.text, page.plan, played, Look(strings("en")))):
        assert MASK in shown
        assert [secret for secret in (SONG, encoded(SONG), "eyJ") if secret in shown] == []
        assert encoded("in-the-page") in shown
