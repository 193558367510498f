"""What runs in our images behaves as on Docker Hub, where a beginner looks."""

from __future__ import annotations

import json
import os
import re
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from preuve.cluster.embedded import containers
from preuve.cluster.embedded.cluster import EmbeddedBackend
from preuve.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    with Progress() as progress, EmbeddedBackend().shared(progress) as running:
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


def test_busybox_finds_services_by_name(kubectl: Kubectl) -> None:
    """Its wget, with a timeout too, its nslookup, ping and nc ask the cluster's DNS, short names too."""
    kubectl.run("box", "busybox", "--", "httpd", "-f", "-p", "80", "-h", "/etc")
    kubectl("expose", "pod", "box", "--port=80", "--name=web")
    address = kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")

    def box(script: str) -> str:
        return kubectl("exec", "box", "--", "sh", "-c", f"exec 2>&1; {script}")

    fetch = "wget -T 9 -qO- http://{}/hostname"
    names = ("web", "web.images", "web.images.svc.cluster.local", "localhost")
    assert {box(fetch.format(name)) for name in names} == {"box\n"}
    assert box("wget -T 1 -qO- http://10.96.7.7/ || echo $?") == "wget: download timed out\n1\n"
    assert f"Name:\tweb.images.svc.cluster.local\nAddress: {address}\n" in box("nslookup web || true")
    assert " 0% packet loss" in box("ping -c 1 $(hostname -i)")
    assert box("nc -zv -w 9 web 80") == f"web ({address}:80) open\n"
    assert box("nc -z web 80 && echo yes") == "yes\n"
    assert "Connection refused" in box("nc -z -w 9 $(hostname -i) 81 || true")
    assert box("printf 'GET /hostname HTTP/1.0\\n\\n' | nc web 80 | tail -n 1") == "box\n"


def test_busybox_is_laid_out_as_people_know_it(kubectl: Kubectl) -> None:
    """Users, groups, folders and programs; what listens again and again; an editor; a file that grows."""
    kubectl.run("layout", "busybox", "--", "sleep", "1000")

    def box(script: str) -> str:
        return kubectl("exec", "layout", "--", "sh", "-c", f"exec 2>&1; {script}")

    assert box("id") == "uid=0(root) gid=0(root) groups=0(root),10(wheel)\n"
    assert box("echo $(ls /)") == "bin dev etc home lib lib64 proc root sys tmp usr var\n"
    assert box("echo $HOME $PWD") == "/root /\n"
    assert box("su -s /bin/sh nobody -c whoami") == "nobody\n"
    until = "until {} 2>/dev/null; do sleep 0.1; done; "
    listened = until.format("nc 127.0.0.1 9000")
    assert box(f"nc -lk -p 9000 -e echo bonjour & {listened * 2}kill $!") == "bonjour\n" * 2
    first, second = (until.format(f"grep {word} seen >/dev/null") for word in "ab")
    followed = f"{first}echo b >>f; {second}kill $!; cat seen"
    assert box(f"echo a >f; tail -F f >seen & {followed}") == "a\nb\n"
    assert box("echo one >v; vi -c ':s/one/two/' -c ':wq' v </dev/null >/dev/null; cat v") == "two\n"


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
        ("busybox", ("--", "sleep", "1000")),
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


def placed(root: Path, name: str, pid: int, process: Path = Path("/proc")) -> dict[str, Any]:
    """Put a container on a node that has its root there, and give the Pod that runs it."""
    task = root / containers.TASKS / name
    task.mkdir(parents=True)
    (task / "init.pid").write_text(str(pid))
    if not (root / "proc").exists():
        (root / "proc").symlink_to(process)
    status = {"containerID": f"containerd://{name}", "state": {"running": {}}}
    return {"metadata": {"uid": name}, "status": {"containerStatuses": [status]}}


def test_a_container_that_waits_for_a_processor_does_not_age(tmp_path: Path) -> None:
    """Else one that ends at once would be believed to stay, on a machine that is busy enough."""
    processor = min(os.sched_getaffinity(0))
    with ExitStack() as ends:

        def start(name: str, *command: str) -> dict[str, Any]:
            process = subprocess.Popen(["taskset", "--cpu-list", str(processor), *command])
            ends.callback(process.wait)
            ends.callback(process.kill)
            return placed(tmp_path, name, process.pid)

        pods = [start("idle", "sleep", "1000")]
        pods += [start(name, "sh", "-c", "while :; do :; done") for name in ("busy", "busier", "busiest")]
        while (found := containers.report(tmp_path, pods).processes)["containerd://idle"].lived < 1:
            pass
    idle, busy = found["containerd://idle"], found["containerd://busy"]
    assert 0 < busy.lived < 0.8 * idle.lived
    assert (idle.asleep, busy.asleep) == (True, False)
    assert idle.used < busy.used


def test_a_program_that_is_woken_has_run(tmp_path: Path) -> None:
    """One that sleeps has noticed nothing; one that has answered may do as it was told."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        assert cat.stdin
        assert cat.stdout
        pods = [placed(tmp_path, "cat", cat.pid)]

        def settled() -> int:
            while not (process := containers.report(tmp_path, pods).processes["containerd://cat"]).asleep:
                pass
            return process.runs

        cat.stdin.write(b"x\n")
        cat.stdin.flush()
        cat.stdout.readline()
        before = settled()
        assert settled() == before
        cat.stdin.write(b"x\n")
        cat.stdin.flush()
        cat.stdout.readline()
        assert settled() > before


def test_a_program_that_has_ended_does_not_run(tmp_path: Path) -> None:
    """Not while it is to be buried, nor when its number is nobody's."""
    with subprocess.Popen(["true"]) as process:
        pods = [placed(tmp_path, "true", process.pid)]
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not containers.report(tmp_path, pods).processes
    assert not containers.report(tmp_path, pods).processes


def test_a_container_ages_where_the_kernel_keeps_no_account_of_waiting(tmp_path: Path) -> None:
    """Else nothing would ever come to rest there."""
    threads = tmp_path / "elsewhere" / "1" / "task" / "1"
    threads.mkdir(parents=True)
    (threads / "stat").write_text("1 (a) b) S 0")
    pods = [placed(tmp_path, "here", 1, threads.parents[2])]
    os.utime(tmp_path / containers.TASKS / "here" / "init.pid", (0, 0))
    process = containers.report(tmp_path, pods).processes["containerd://here"]
    assert process.lived > 1
    assert process.asleep


def test_a_volume_is_read_as_its_kubelet_last_left_it(tmp_path: Path) -> None:
    """Through the link that it sets in one step; what a program has written beside it is not in there."""
    volume = tmp_path / containers.PODS / "1" / "volumes" / "kubernetes.io~configmap" / "conf"
    now = volume / "..2026_11_29"
    (now / "sub").mkdir(parents=True)
    (now / "sub" / "a").write_bytes(b"1")
    (volume / "beside").touch()
    (volume.parents[1] / "kubernetes.io~projected" / "kube-api-access-x").mkdir(parents=True)
    pod = {"metadata": {"uid": "1"}, "status": {}}
    assert containers.report(tmp_path, [pod]).volumes == {("1", "conf"): {}}
    (volume / "..data").symlink_to(now.name)
    assert containers.report(tmp_path, [pod]).volumes == {("1", "conf"): {"sub/a": b"1"}}


def test_a_runtime_knows_why_a_container_ended(tmp_path: Path) -> None:
    """Of the last one and of the one before; nothing of one that it has forgotten, or says no word of."""
    terminated = [{"terminated": {"containerID": f"containerd://{each}"}} for each in ("now", "before")]
    status = dict(zip(("state", "lastState"), terminated, strict=True))
    pod = {"metadata": {"uid": "1"}, "status": {"containerStatuses": [status]}}
    assert containers.report(tmp_path, [pod]).reasons == {}
    for name, reason in (("now", ""), ("before", "OOMKilled")):
        folder = tmp_path / containers.RECORDS / name
        folder.mkdir(parents=True)
        (folder / "status").write_text(json.dumps({"Version": "v1", "ExitCode": 137, "Reason": reason}))
    assert containers.report(tmp_path, [pod]).reasons == {"containerd://before": "OOMKilled"}
