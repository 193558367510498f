"""What runs in our images behaves as on Docker Hub, where a beginner looks."""

from __future__ import annotations

import json
import os
import re
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from preuve.cluster.embedded import cluster, containers
from preuve.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from preuve.cluster.embedded.cluster import EmbeddedCluster

pytestmark = pytest.mark.cluster


@dataclass(frozen=True, slots=True)
class Kubectl:
    """The administrator's, in a namespace of its own."""

    cluster: EmbeddedCluster
    namespace: str

    def __call__(self, *arguments: str, stdin: str = "", timeout: float = 120) -> str:
        """Run it, and give what it says on both streams; it has to succeed."""
        ran = subprocess.run(
            [
                *("nsenter", f"--net={self.cluster.network_path()}", str(self.cluster.binaries.kubectl)),
                *(f"--kubeconfig={self.cluster.kubeconfig}", f"--namespace={self.namespace}", *arguments),
            ],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout
        return ran.stdout

    def run(self, name: str, image: str, *arguments: str, grace: int | None = None) -> None:
        """Run a Pod of an image, and wait until it is ready."""
        spec = json.dumps({"spec": {"terminationGracePeriodSeconds": grace}}) if grace else "{}"
        self("run", name, f"--image={image}", f"--overrides={spec}", *arguments)
        self("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=100s")

    def ask(self, image: str, *command: str) -> str:
        """What a container says before it ends: attaching to it (`run -i`) may come too late."""
        self("run", "asked", f"--image={image}", "--restart=Never", "--", *command)
        self("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/asked", "--timeout=100s")
        said = self("logs", "asked")
        self("delete", "pod", "asked", "--now")
        return said


@pytest.fixture(scope="module")
def kubectl() -> Iterator[Kubectl]:
    with Progress() as progress, cluster.have(progress) as running:
        kubectl = Kubectl(running, "images")
        kubectl("create", "namespace", kubectl.namespace)
        yield kubectl
        kubectl("delete", "namespace", kubectl.namespace, "--now", "--wait=false")


@pytest.mark.parametrize(("version", "tag"), [("1.22.1", "1.22"), ("1.26.3", "latest")])
def test_nginx_serves_its_page_and_logs(kubectl: Kubectl, version: str, tag: str, tmp_path: Path) -> None:
    """It welcomes on port 80, tells its version, logs to both streams, and takes a page by `kubectl cp`."""
    pod = f"nginx-{tag.replace('.', '-')}"
    kubectl.run(pod, f"nginx:{tag}")
    answer = kubectl("exec", pod, "--", "curl", "-si", "http://localhost")
    assert f"Server: nginx/{version}" in answer
    assert "<title>Welcome to nginx!</title>" in answer
    kubectl("exec", pod, "--", "curl", "-s", "http://localhost/nowhere")
    logs = kubectl("logs", pod)
    for words in ("start worker processes", '"GET / HTTP/1.1" 200', 'nowhere" failed (2: No such file'):
        assert words in logs
    page = tmp_path / "index.html"
    page.write_text("bonjour")
    kubectl("cp", str(page), f"{pod}:/usr/share/nginx/html/index.html")
    assert kubectl("exec", pod, "--", "curl", "-s", "http://localhost") == "bonjour"


@pytest.mark.parametrize("tag", ["7.0", "8.0"])
def test_redis_answers_other_pods(kubectl: Kubectl, tag: str) -> None:
    """It answers without a password and from anywhere, keeps what it is given, and is not root."""
    pod = f"redis-{tag.replace('.', '-')}"
    kubectl.run(pod, f"redis:{tag}")
    assert kubectl("exec", pod, "--", "redis-cli", "ping") == "PONG\n"
    address = kubectl("get", "pod", pod, "-o", "jsonpath={.status.podIP}")
    assert kubectl.ask(f"redis:{tag}", "redis-cli", "-h", address, "set", "a", "b") == "OK\n"
    assert kubectl("exec", pod, "--", "redis-cli", "save") == "OK\n"
    assert "redis" in kubectl("exec", pod, "--", "stat", "-c", "%U", "/data/dump.rdb")


@pytest.mark.parametrize("tag", ["3.11", "3.13"])
def test_python_serves_files(kubectl: Kubectl, tag: str) -> None:
    """`python -m http.server` works, `python` and `python3` are the version that was asked for."""
    pod = f"python-{tag.replace('.', '-')}"
    kubectl.run(pod, f"python:{tag}", "--", "python", "-m", "http.server")
    fetch = "from urllib.request import urlopen as u; print(u('http://localhost:8000/etc/hostname').read().decode())"
    assert pod in kubectl("exec", pod, "--", "python", "-c", fetch)
    for name in ("python", "python3"):
        assert kubectl("exec", pod, "--", name, "--version").startswith(f"Python {tag}.")


@pytest.mark.parametrize("tag", ["1.35", "1.37"])
def test_busybox_finds_services_by_name(kubectl: Kubectl, tag: str) -> None:
    """Its wget and its nslookup ask the cluster's DNS."""
    pod = f"busybox-{tag.replace('.', '-')}"
    kubectl.run(pod, f"busybox:{tag}", "--", "httpd", "-f", "-p", "80", "-h", "/etc")
    kubectl("expose", "pod", pod, "--port=80")
    assert pod in kubectl("exec", pod, "--", "wget", "-qO-", f"http://{pod}/hostname")
    name = f"{pod}.images.svc.cluster.local"
    assert f"Name:\t{name}" in kubectl("exec", pod, "--", "nslookup", name)


@pytest.mark.parametrize("tag", ["7.88", "8.14"])
def test_curl_is_what_its_image_runs(kubectl: Kubectl, tag: str) -> None:
    """Arguments are curl's, unless they are a command."""
    assert kubectl.ask(f"curlimages/curl:{tag}", "--version").startswith(f"curl {tag}.")
    assert kubectl.ask(f"curlimages/curl:{tag}", "sh", "-c", "echo bonjour") == "bonjour\n"


@pytest.mark.parametrize(
    ("image", "arguments"),
    [
        ("nginx:1.22", ()),
        ("nginx:1.26", ()),
        ("redis:7.0", ()),
        ("redis:8.0", ()),
        ("python:3.11", ("--command", "--", "python", "-m", "http.server")),
        ("python:3.13", ("--", "python", "-m", "http.server")),
        ("busybox:1.35", ("--", "sleep", "1000")),
        ("busybox:1.37", ("--", "sh", "-c", "while true; do sleep 1; done")),
        ("curlimages/curl", ("--", "sleep", "1000")),
    ],
)
def test_a_pod_takes_files_and_stops_when_it_is_told_to(
    kubectl: Kubectl, image: str, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    """`kubectl cp` finds a tar; no grace period is taken: it is so long that deleting would time out."""
    pod = f"stops-{re.sub('[^a-z0-9]', '-', image)}"
    kubectl.run(pod, image, *arguments, grace=600)
    (tmp_path / "there").write_text("and back")
    kubectl("cp", f"{tmp_path}/there", f"{pod}:/tmp/there")
    kubectl("cp", f"{pod}:/tmp/there", f"{tmp_path}/back")
    assert (tmp_path / "back").read_text() == "and back"
    kubectl("delete", "pod", pod, "--timeout=60s")


def test_an_image_that_nobody_has_is_not_found(kubectl: Kubectl) -> None:
    """The Pod's event says so in the words that a real registry's answer gives."""
    kubectl("run", "nobody", "--image=nginx:9.99")
    waiting = "jsonpath={.status.containerStatuses[0].state.waiting.reason}"
    kubectl("wait", f"--for={waiting}=ErrImagePull", "pod/nobody", "--timeout=100s")
    events = kubectl("events", "--for=pod/nobody")
    assert "docker.io/library/nginx:9.99: not found" in events


def test_a_container_that_waits_for_a_processor_does_not_age(tmp_path: Path) -> None:
    """Else one that ends at once would be believed to stay, on a machine that is busy enough."""
    tasks = tmp_path / containers.TASKS
    (tmp_path / "proc").symlink_to("/proc")
    processor = min(os.sched_getaffinity(0))
    with ExitStack() as ends:

        def start(name: str, *command: str) -> None:
            process = subprocess.Popen(["taskset", "--cpu-list", str(processor), *command])
            ends.callback(process.wait)
            ends.callback(process.kill)
            (tasks / name).mkdir(parents=True)
            (tasks / name / "init.pid").write_text(str(process.pid))

        start("idle", "sleep", "1000")
        for name in ("busy", "busier", "busiest"):
            start(name, "sh", "-c", "while :; do :; done")
        while (idle := containers.age(tasks, "containerd://idle")) < 1:
            pass
        assert 0 < containers.age(tasks, "containerd://busy") < 0.8 * idle
    assert containers.age(tasks, "containerd://gone") == 0


def test_a_container_ages_where_the_kernel_keeps_no_account_of_waiting(tmp_path: Path) -> None:
    """Else nothing would ever come to rest there; a process that is gone does not age."""
    tasks = tmp_path / containers.TASKS
    for name, pid in (("here", "1"), ("gone", "2")):
        (tasks / name).mkdir(parents=True)
        (tasks / name / "init.pid").write_text(pid)
        os.utime(tasks / name / "init.pid", (0, 0))
    (tmp_path / "proc" / "1").mkdir(parents=True)
    assert containers.age(tasks, "containerd://here") > 1
    assert containers.age(tasks, "containerd://gone") == 0
