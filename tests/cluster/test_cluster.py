"""What one may do on the embedded cluster, as on any other."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from administrator import Kubectl
from preuve.cluster.embedded.places import SOURCES
from preuve.cluster.embedded.state import StateFolder
from preuve.errors import ClusterError

if TYPE_CHECKING:
    from preuve.cluster.embedded.cluster import EmbeddedCluster

pytestmark = pytest.mark.cluster

STUB = SOURCES / "bin" / "preuve"


def pod(name: str, image: str, *command: str, **fields: object) -> dict[str, Any]:
    """A Pod of one container; `fields` are the container's."""
    container = {"name": name, "image": image, **({"command": list(command)} if command else {}), **fields}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
    }


def on_node3(of: dict[str, Any]) -> dict[str, Any]:
    return {**of, "spec": {**of["spec"], "nodeSelector": {"kubernetes.io/hostname": "node3"}}}


def test_nodes_are_what_they_say(kubectl: Kubectl) -> None:
    """Three are Ready; the first is the API's and says so; each has its Pods' range and an identity."""
    nodes = kubectl.get("nodes")["items"]
    assert [node["metadata"]["name"] for node in nodes] == ["node1", "node2", "node3"]
    assert [node["spec"]["podCIDR"] for node in nodes] == ["10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24"]
    addresses = [node["status"]["addresses"][0]["address"] for node in nodes]
    assert addresses == ["192.168.1.2", "192.168.1.3", "192.168.1.4"]
    assert [line.split()[1:3] for line in kubectl("get", "nodes", "--no-headers").splitlines()] == [
        ["Ready", "control-plane"],
        ["Ready", "<none>"],
        ["Ready", "<none>"],
    ]
    assert len({node["status"]["nodeInfo"]["machineID"] for node in nodes}) == 3
    assert not any(node["spec"].get("taints") for node in nodes)
    assert f"https://{addresses[0]}:6443" in kubectl("cluster-info")


def test_versions_are_true(kubectl: Kubectl) -> None:
    """Client, server, nodes and the driver agree on the version."""
    told = json.loads(kubectl("version", "--output=json"))
    kubelets = {node["status"]["nodeInfo"]["kubeletVersion"] for node in kubectl.get("nodes")["items"]}
    versions = {told["clientVersion"]["gitVersion"], told["serverVersion"]["gitVersion"], *kubelets}
    assert versions == {kubectl.cluster.version}


def test_services_answer(kubectl: Kubectl) -> None:
    """Pods are on all nodes; a Service answers by name from a Pod, and on each node's port from the laptop.

    A Pod itself answers on the nodes, not on the laptop.
    """
    kubectl("create", "deployment", "web", "--image=nginx", "--replicas=6")
    kubectl("expose", "deployment", "web", "--port=80", "--type=NodePort")
    kubectl("rollout", "status", "deployment/web", "--timeout=100s")
    pods = kubectl.get("pods")["items"]
    assert {pod["spec"]["nodeName"] for pod in pods} == set(kubectl.cluster.nodes)
    title = "<title>Welcome to nginx!</title>"
    names = ("web", f"web.{kubectl.namespace}", f"web.{kubectl.namespace}.svc.cluster.local")
    for asking in pods:
        fetch_all = ("curl", "-s", "--retry-connrefused", "--retry", "9", *names)
        answers = kubectl("exec", asking["metadata"]["name"], "--", *fetch_all)
        assert answers.count(title) == len(names)
    port = kubectl.get("service", "web")["spec"]["ports"][0]["nodePort"]
    address = pods[0]["status"]["podIP"]
    with kubectl.cluster.network():
        for node in kubectl.get("nodes")["items"]:
            assert title in fetch(node["status"]["addresses"][0]["address"], port)
        with pytest.raises(OSError, match="unreachable"):
            fetch(address, 80)
    for node in kubectl.cluster.nodes:
        with kubectl.cluster.network(node):
            assert title in fetch(address, 80)


def test_a_server_sees_who_asks(kubectl: Kubectl) -> None:
    """A Pod by its address, a node as the first of its Pods' range; the laptop, where nothing stands between.

    The nodes need no br_netfilter for it, which a machine may not have: they are told to do without.
    """
    for node in kubectl.cluster.nodes:
        with kubectl.cluster.network(node):
            for switch in Path("/proc/sys/net/bridge").glob("bridge-nf-call-*"):
                switch.write_text("0")
    server = on_node3(pod("server", "nginx", ports=[{"containerPort": 80, "hostPort": 8088}]))
    far = pod("far", "nginx")
    far["spec"]["nodeName"] = "node1"
    kubectl.apply(server, on_node3(pod("near", "nginx")), far)
    expose = ("expose", "pod", "server", "--port=80", "--type=NodePort")
    kubectl(*expose, "--name=web")
    kubectl(*expose, "--name=local", '--overrides={"spec":{"externalTrafficPolicy":"Local"}}')
    for name in ("server", "near", "far"):
        kubectl.wait(f"pod/{name}", "condition=Ready")
    at = {name: kubectl.get("pod", name)["status"]["podIP"] for name in ("server", "near", "far")}
    web, local = (kubectl.get("service", name)["spec"]["ports"][0]["nodePort"] for name in ("web", "local"))
    node1, node3, laptop = "192.168.1.2", "192.168.1.4", "192.168.1.1"
    gateway = "10.244.2.1"
    seen = {
        "server": (at["server"], gateway, gateway, gateway),
        "near": (at["near"], at["near"], gateway, gateway),
        "far": (at["far"], at["far"], node1, gateway),
    }
    for asking in seen:
        for target in (at["server"], "web", f"{node3}:8088", f"{node3}:{web}"):
            fetch_it = ("curl", "-sf", "--retry-connrefused", "--retry", "9", "--max-time", "30", target)
            kubectl("exec", asking, "--", *fetch_it)
    with kubectl.cluster.network():
        for node, port in ((node3, 8088), (node3, web), (node1, web), (node3, local)):
            fetch(node, port)
    for node in ("node1", "node3"):
        with kubectl.cluster.network(node):
            fetch(at["server"], 80)
    log = [line.split()[0] for line in kubectl("logs", "server").splitlines() if '"GET / ' in line]
    assert log == [
        *(address for addresses in seen.values() for address in addresses),
        *(laptop, gateway, node1, laptop),
        *(node1, gateway),
    ]


def fetch(host: str, port: int) -> str:
    with socket.create_connection((host, port), timeout=20) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def test_names_of_the_outside_fail_at_once(kubectl: Kubectl) -> None:
    """There is no way out, and a Pod is told so rather than kept waiting."""
    kubectl.apply(pod("asker", "python", "sleep", "600"))
    kubectl.wait("pod/asker", "condition=Ready")
    ask = "import socket; socket.setdefaulttimeout(3); socket.create_connection(({!r}, 80))"
    assert "name resolution" in kubectl(
        "exec", "asker", "--", "python3", "-c", ask.format("example.org"), exit_code=1
    )
    assert "unreachable" in kubectl(
        "exec", "asker", "--", "python3", "-c", ask.format("8.8.8.8"), exit_code=1
    )


def test_dns_is_in_sight(kubectl: Kubectl) -> None:
    """CoreDNS is a Deployment in kube-system, as a reader expects."""
    system = Kubectl(kubectl.cluster, "kube-system")
    assert system.get("deployment", "coredns")["status"]["readyReplicas"] == 1
    assert system.get("service", "kube-dns")["spec"]["clusterIP"] == "10.96.0.10"


def test_talking_to_a_pod(kubectl: Kubectl, tmp_path: Path) -> None:
    """Logs, exec with standard input, cp, attach, debug and port-forward reach the container."""
    kubectl.apply(pod("web", "nginx"), pod("echo", "busybox", "cat", stdin=True, stdinOnce=True))
    kubectl.wait("pod/web", "condition=Ready")
    assert kubectl("exec", "-i", "web", "--", "cat", stdin="through and back") == "through and back"
    assert "start worker process" in kubectl("logs", "web")
    kubectl("cp", f"{STUB}", "web:/srv/copied")
    assert kubectl("exec", "web", "--", "cat", "/srv/copied") == STUB.read_text()
    kubectl("cp", "web:/srv/copied", f"{tmp_path}/back")
    assert (tmp_path / "back").read_text() == STUB.read_text()
    kubectl.wait("pod/echo", "condition=Ready")
    assert "back again" in kubectl("attach", "-i", "echo", stdin="back again\n")
    assert "42" in kubectl(
        "run", "once", "-i", "--rm", "--image=busybox", "--restart=Never", "--", "echo", "42"
    )
    kubectl("debug", "web", "--image=busybox", "--target=web", "--container=look", "--", "ps", "-o", "args")
    kubectl.wait("pod/web", "jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.exitCode}=0")
    assert "nginx: master process" in kubectl("logs", "web", "--container=look")
    with subprocess.Popen(
        kubectl.command("port-forward", "pod/web", "8080:80"), stdout=subprocess.PIPE
    ) as forward:
        assert forward.stdout
        assert b"Forwarding from 127.0.0.1:8080" in forward.stdout.readline()
        with kubectl.cluster.network():
            assert "Welcome to nginx!" in fetch("127.0.0.1", 8080)
        forward.terminate()


def test_draining_a_node(kubectl: Kubectl) -> None:
    """A drained node loses its Pods to others, and gets new ones once it is uncordoned."""
    kubectl("create", "deployment", "moved", "--image=nginx", "--replicas=6")
    kubectl("rollout", "status", "deployment/moved", "--timeout=100s")
    try:
        own = "--pod-selector=app=moved"  # what another test made may still be ending there
        kubectl("drain", "node3", own, "--timeout=100s")
        kubectl("rollout", "status", "deployment/moved", "--timeout=100s")
        assert "SchedulingDisabled" in kubectl("get", "node", "node3")
        assert {pod["spec"]["nodeName"] for pod in kubectl.get("pods", "--selector=app=moved")["items"]} == {
            "node1",
            "node2",
        }
    finally:
        kubectl("uncordon", "node3")
    kubectl.apply(on_node3(pod("new", "nginx")))
    kubectl.wait("pod/new", "condition=Ready")


def test_a_volume_outlives_its_pod(kubectl: Kubectl) -> None:
    """A claim without a class is bound; what one Pod writes, of whatever user, another finds elsewhere."""
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Mi"}}},
    }
    kubectl.apply(claim)
    for name, node, script in (
        ("writer", "node2", "stat -c %a /data; echo kept >/data/file"),
        ("reader", "node3", "cat /data/file"),
    ):
        worker = pod(
            name, "busybox", "sh", "-c", script, volumeMounts=[{"name": "data", "mountPath": "/data"}]
        )
        worker["spec"] |= {
            "restartPolicy": "Never",
            "securityContext": {"runAsUser": 1000},
            "nodeName": node,
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        }
        kubectl.wait("pvc/data", "jsonpath={.status.phase}=Bound")
        kubectl.apply(worker)
        kubectl.wait(f"pod/{name}", "jsonpath={.status.phase}=Succeeded")
    assert kubectl("logs", "writer") == "777\n"
    assert kubectl("logs", "reader") == "kept\n"


def test_jobs_end(kubectl: Kubectl) -> None:
    """A Job runs to its completion, and a CronJob's can be started by hand."""
    kubectl("create", "job", "one", "--image=busybox", "--", "echo", "done")
    kubectl("create", "cronjob", "often", "--image=busybox", "--schedule=0 0 1 1 *", "--", "echo", "again")
    kubectl("create", "job", "two", "--from=cronjob/often")
    for name, said in (("one", "done\n"), ("two", "again\n")):
        kubectl.wait(f"job/{name}", "condition=Complete")
        assert kubectl("logs", f"job/{name}") == said


def test_probes_decide(kubectl: Kubectl) -> None:
    """A failing liveness probe restarts the container; a failing readiness probe keeps the Pod unready."""
    missing = {"httpGet": {"path": "/missing", "port": 80}, "periodSeconds": 1, "failureThreshold": 1}
    kubectl.apply(
        pod("dying", "nginx", livenessProbe=missing), pod("unready", "nginx", readinessProbe=missing)
    )
    kubectl.wait("pod/dying", "jsonpath={.status.containerStatuses[0].restartCount}=1")
    kubectl.wait("pod/unready", "jsonpath={.status.containerStatuses[0].started}=true")
    conditions = kubectl.get("pod", "unready")["status"]["conditions"]
    assert [c["status"] for c in conditions if c["type"] == "Ready"] == ["False"]


def test_limits_hold(kubectl: Kubectl) -> None:
    """A container above its memory limit is killed, one within is resized in place; a quota refuses more."""
    hungry = pod(
        *("hungry", "python", "python3", "-c", "bytearray(200_000_000)"),
        resources={"limits": {"memory": "30Mi"}},
    )
    hungry["spec"]["restartPolicy"] = "Never"
    modest = pod("modest", "nginx", resources={"requests": {"cpu": "100m"}, "limits": {"cpu": "200m"}})
    kubectl.apply(hungry, modest)
    kubectl.wait("pod/hungry", "jsonpath={.status.containerStatuses[0].state.terminated.reason}=OOMKilled")
    kubectl.wait("pod/modest", "condition=Ready")
    more = {"spec": {"containers": [{"name": "modest", "resources": {"limits": {"cpu": "300m"}}}]}}
    kubectl("patch", "pod", "modest", "--subresource=resize", "--patch", json.dumps(more))
    kubectl.wait("pod/modest", "jsonpath={.status.containerStatuses[0].resources.limits.cpu}=300m")
    assert kubectl.get("pod", "modest")["status"]["containerStatuses"][0]["restartCount"] == 0
    kubectl("create", "quota", "small", "--hard=pods=1")
    kubectl.wait("quota/small", "jsonpath={.status.used.pods}=1")
    assert "exceeded quota: small" in kubectl("run", "third", "--image=nginx", exit_code=1)


def test_an_image_that_is_not_there(kubectl: Kubectl) -> None:
    """The Pod says so, at once, in Docker Hub's words, and that it will try again."""
    kubectl.apply(pod("absent", "nexistepas:9"))
    waiting = "jsonpath={.status.containerStatuses[0].state.waiting.reason}"
    kubectl.wait("pod/absent", f"{waiting}=ImagePullBackOff")
    assert 'nexistepas:9": failed to pull' in (said := kubectl("describe", "pod", "absent"))
    assert "pull access denied, repository does not exist or may require authorization" in said


def test_pod_security_is_enforced(kubectl: Kubectl) -> None:
    """A namespace at level baseline refuses a privileged Pod."""
    kubectl("label", "namespace", kubectl.namespace, "pod-security.kubernetes.io/enforce=baseline")
    refused = kubectl("run", "p", "--image=nginx", "--privileged", exit_code=1)
    assert "violates PodSecurity" in refused


def test_a_node_crashes_and_comes_back(kubectl: Kubectl) -> None:
    """Its Pods are gone from the network at once; it is NotReady, then Ready again, its Pods restarted.

    A page asks by the stub and the socket that it is lent. The node of the control plane cannot be stopped.
    """
    kubectl.apply(on_node3(pod("web", "nginx")))
    kubectl.wait("pod/web", "condition=Ready")
    assert stub(kubectl.cluster, "stop", "node3") == (0, "node3 is off\n")
    with pytest.raises(ClusterError, match="node3"):
        kubectl.cluster.network_path("node3")
    kubectl.wait("node/node3", "condition=Ready=Unknown")
    assert stub(kubectl.cluster, "start", "node3") == (0, "node3 is on\n")
    kubectl.wait("node/node3", "condition=Ready")
    kubectl.wait("pod/web", "jsonpath={.status.containerStatuses[0].restartCount}=1")
    kubectl.wait("pod/web", "condition=Ready")
    with kubectl.cluster.network("node1"):
        assert "Welcome" in fetch(kubectl.get("pod", "web")["status"]["podIP"], 80)
    code, said = stub(kubectl.cluster, "stop", "node1")
    assert code == 2
    assert "node1 carries the control plane" in said
    code, said = stub(kubectl.cluster, "start", "../../down")
    assert code == 2
    assert "there is no" in said


LENT = """\
mount -t tmpfs lent /mnt
touch /mnt/nodes.sock
mount --bind "$1" /mnt/nodes.sock
shift
exec setpriv --reuid=65534 --clear-groups env PREUVE_NODES=/mnt/nodes.sock "$@"
"""


def stub(cluster: EmbeddedCluster, order: str, node: str) -> tuple[int, str]:
    """Ask as a page's shell does: without rights, and seeing nothing of the state directory but a socket."""
    ran = subprocess.run(
        [
            *("unshare", "--mount", "sh", "-ec", LENT, "sh", str(StateFolder(cluster.state).node_socket)),
            *(STUB, "cluster", "node", order, node),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout
