"""Profiles: the embedded cluster as kind, minikube and k3d show theirs."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

from administrator import Kubectl
from preuve.cluster import identity
from preuve.cluster.embedded.cluster import EmbeddedBackend
from preuve.cluster.embedded.profiles import PROFILES, of
from preuve.errors import ClusterError, PreuveError
from preuve.progress import Progress
from preuve.settings import DISTRIBUTIONS, settings
from waiting import await_

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.cluster.embedded.cluster import EmbeddedCluster


DNS = "10.96.0.10"


def test_what_the_settings_take_is_what_there_is() -> None:
    """By name, with a number of nodes or without; nothing else."""
    assert set(DISTRIBUTIONS) == PROFILES.keys()
    assert settings({"preuve": {"cluster": "embedded:kind:3"}}, {}).profile == "kind:3"
    assert settings(None, {"PREUVE_CLUSTER": "embedded:k3d"}).profile == "k3d"
    assert settings(None, {}).profile == settings(None, {"PREUVE_CLUSTER": "context:kind"}).profile == ""
    assert settings(None, {"PREUVE_CLUSTER": "embedded:kind"}).context == ""
    for slip in "embedded:kinde", "embedded:kind:0", "embedded:kind:12", "embedded:", "kind":
        with pytest.raises(PreuveError, match="`embedded:kind:3`"):
            settings(None, {"PREUVE_CLUSTER": slip})


def test_transcripts_of_a_profile_are_no_others() -> None:
    """Where mkdocs.yml states it; a variable makes no transcript stale, so that they can be compared."""
    plain = identity(settings(None, {}))
    assert identity(settings(None, {"PREUVE_CLUSTER": "embedded:kind"})) == plain
    assert identity(settings({"preuve": {"cluster": "embedded:kind"}}, {})) == f"{plain}, as kind"


@pytest.mark.parametrize(
    ("name", "nodes", "pods", "dns"),
    [
        ("", ("node1", "node2", "node3"), "10.244.2.0/24", DNS),
        ("kind", ("kind-control-plane",), "10.244.2.0/24", DNS),
        (
            "kind:4",
            ("kind-control-plane", "kind-worker", "kind-worker2", "kind-worker3"),
            "10.244.2.0/24",
            DNS,
        ),
        ("minikube:3", ("minikube", "minikube-m02", "minikube-m03"), "10.244.2.0/24", DNS),
        ("k3d:2", ("k3d-k3s-default-server-0", "k3d-k3s-default-agent-0"), "10.42.2.0/24", "10.43.0.10"),
    ],
)
def test_nodes_and_ranges(name: str, nodes: tuple[str, ...], pods: str, dns: str) -> None:
    """As the distributions name and number them."""
    profile = of(name)
    assert profile.nodes == nodes
    assert str(profile.pod_range(2)) == pods
    assert str(profile.dns_service) == dns


CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Mi"}}},
}


def writer(node: str = "") -> dict[str, Any]:
    """A Pod, not root, that writes to the claim; on a node, if one is named."""
    container = {
        "name": "writer",
        "image": "redis",
        "command": ["sh", "-c", "echo here >> /data/log; cat /data/log; sleep 600"],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "securityContext": {"runAsUser": 1000},
    }
    spec = {
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        **({"nodeName": node} if node else {}),
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "writer"}, "spec": spec}


@pytest.fixture(params=["kind:2", "minikube", "k3d:2"])
def standing(request: pytest.FixtureRequest) -> Iterator[EmbeddedCluster]:
    with Progress() as progress, EmbeddedBackend(profile=request.param).own(progress) as running:
        yield running


@pytest.mark.cluster
@pytest.mark.second
def test_a_page_sees_what_it_would_see_there(standing: EmbeddedCluster) -> None:
    """Names, ranges, the class of volumes and who makes them; a claim, a load balancer, as they go there."""
    profile = of(standing.profile)
    kubectl = Kubectl(standing, "default")
    nodes = kubectl.get("nodes")["items"]
    assert {node["metadata"]["name"] for node in nodes} == set(profile.nodes) == set(standing.nodes)
    tainted = [node["metadata"]["name"] for node in nodes if node["spec"].get("taints")]
    assert tainted == (["kind-control-plane"] if profile.tainted else [])
    assert kubectl.get("service", "kubernetes")["spec"]["clusterIP"] == str(profile.api_service)
    [storage] = kubectl.get("storageclasses")["items"]
    assert storage["metadata"]["name"] == profile.storage.name
    assert storage["provisioner"] == profile.storage.provisioner
    assert (storage["volumeBindingMode"] == "WaitForFirstConsumer") is profile.storage.waits

    kubectl.apply(CLAIM)
    if profile.storage.waits:
        kubectl("wait", "pvc/data", "--for=jsonpath={.status.phase}=Pending")
    else:
        kubectl.wait("pvc/data", "jsonpath={.status.phase}=Bound")
    kubectl.apply(writer())
    kubectl.wait("pod/writer", "condition=Ready")
    pod = kubectl.get("pod", "writer")
    assert ip_address(pod["status"]["podIP"]) in profile.pods
    assert kubectl("logs", "writer") == "here\n"
    volume = kubectl.get("pv", kubectl.get("pvc", "data")["spec"]["volumeName"])
    kind = volume["spec"]["local" if profile.storage.local else "hostPath"]
    assert kind["path"].startswith(f"{profile.storage.folder}/")
    assert ("nodeAffinity" in volume["spec"]) is profile.storage.waits
    kubectl("delete", "pod/writer", "--now")
    kubectl("delete", "pvc/data")
    await_(lambda: not kubectl.get("pv")["items"], "the volume stays")
    assert not [file for file in (standing.state / "volumes").rglob("*") if file.is_file()]

    kubectl("create", "service", "loadbalancer", "taken", "--tcp=80")
    kubectl("create", "service", "loadbalancer", "web", "--tcp=8080")
    if profile.balances:
        kubectl.wait("service/web", "jsonpath={.status.loadBalancer.ingress}")
    given = kubectl.get("service", "web")["status"]["loadBalancer"].get("ingress", [])
    assert len(given) == (len(nodes) if profile.balances else 0)
    assert "ingress" not in kubectl.get("service", "taken")["status"]["loadBalancer"]


@pytest.mark.cluster
def test_a_cluster_that_stands_for_something_else_is_not_taken(cluster: EmbeddedCluster) -> None:
    """It would answer with other names; both are told."""
    assert cluster.profile == ""
    other = EmbeddedBackend(profile="kind:3").shared(Progress())
    with pytest.raises(ClusterError, match=r"is as it comes, .* to be one that stands in for kind:3"):
        other.__enter__()
