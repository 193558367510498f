"""The other version of Kubernetes that can be embedded is a cluster too."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from preuve.cluster.embedded import binaries
from preuve.cluster.embedded import cluster as embedded

if TYPE_CHECKING:
    from collections.abc import Iterator

PREUVE = (sys.executable, "-c", "from preuve.cli import main; main()", "cluster")

OTHERS = [
    pytest.param(minor, version, marks=(pytest.mark.cluster(minor), pytest.mark.second))
    for minor, version in binaries.VERSIONS.items()
    if minor != binaries.DEFAULT
]


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A place for another cluster than the session's."""
    with tempfile.TemporaryDirectory(prefix="p-", dir="/var/tmp") as home:
        monkeypatch.setenv("XDG_STATE_HOME", home)
        yield
        embedded.down()


def preuve(*arguments: str, exit_code: int = 0) -> str:
    """What both streams say; its exit code has to be this one."""
    ran = subprocess.run(
        (*PREUVE, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode == exit_code, ran.stdout
    return ran.stdout


def kubectl(*arguments: str) -> str:
    return preuve("kubectl", *arguments)


@pytest.mark.parametrize(("minor", "version"), OTHERS)
def test_another_version_is_a_cluster_too(minor: str, version: str) -> None:
    """It says which on every side; Pods run, a Service answers by name, an image is missed."""
    assert f"Kubernetes v{version} is up" in preuve("up", "--kubernetes", minor)
    assert f"v{version}" in preuve("up", "--kubernetes", minor)
    assert f"not of {binaries.DEFAULT}: `preuve cluster down` ends it" in preuve("up", exit_code=2)
    told = json.loads(kubectl("version", "--output=json"))
    nodes = json.loads(kubectl("get", "nodes", "--output=json"))["items"]
    infos = [node["status"]["nodeInfo"] for node in nodes]
    assert {
        told["clientVersion"]["gitVersion"],
        told["serverVersion"]["gitVersion"],
        json.loads(preuve("status", "--json"))["version"],
        *(info["kubeletVersion"] for info in infos),
    } == {f"v{version}"}
    assert len(nodes) == 3

    kubectl("create", "deployment", "web", "--image=nginx:1.26", "--replicas=6")
    kubectl("expose", "deployment", "web", "--port=80")
    kubectl("rollout", "status", "deployment/web", "--timeout=100s")
    pods = json.loads(kubectl("get", "pods", "--selector=app=web", "--output=json"))["items"]
    assert {pod["spec"]["nodeName"] for pod in pods} == {"node1", "node2", "node3"}
    ask = ("curl", "--silent", "--retry-connrefused", "--retry", "9", "http://web.default.svc.cluster.local")
    for pod in pods:
        assert "Welcome to nginx!" in kubectl("exec", pod["metadata"]["name"], "--", *ask)
    assert "start worker process" in kubectl("logs", "deployment/web")

    kubectl("run", "absent", "--image=nginx:9.99")
    waiting = "jsonpath={.status.containerStatuses[0].state.waiting.reason}"
    kubectl("wait", f"--for={waiting}=ImagePullBackOff", "pod/absent", "--timeout=100s")
    assert "nginx:9.99: not found" in kubectl("events", "--for=pod/absent")
    assert preuve("down").endswith("the cluster is gone\n")
