"""Why two runs differ: what another cluster explains is told apart, and hides nothing that is wrong."""

from __future__ import annotations

import pytest

from preuve.meaning.cause import Cause, causes
from preuve.meaning.chance import Chance
from preuve.meaning.compare import PagePlay
from preuve.meaning.spans import Answer, Value

SERVICES = "NAME   TYPE           CLUSTER-IP    EXTERNAL-IP   PORT(S)        AGE\n{}\n"
PENDING = SERVICES.format("web    LoadBalancer   10.96.12.7    <pending>     80:31207/TCP   9s")
NODES = """\
NAME                 STATUS   ROLES           AGE   VERSION
{:20} Ready    control-plane   9s    v1.37.2
{:20} Ready    <none>          9s    v1.37.2
{:20} Ready    <none>          9s    v1.37.2
"""
OLDER = NODES.replace("control-plane   9s", "control-plane   9m").replace("9s ", "8m ", 1)
UNFIT = "Warning  FailedScheduling  1s  default-scheduler  0/{} nodes are available: {} Insufficient cpu.\n"
PROVISIONED = (
    "Normal  ProvisioningSucceeded  1s  persistentvolume-controller  Successfully provisioned volume"
)
ASKED = "Normal  ExternalProvisioning  1s  persistentvolume-controller  Waiting for a volume to be created\n"
CLASS = "NAME        PROVISIONER   AGE\n{0:10}  a             9s\n\nthe class {0} cannot grow\n"
NAMES, THEIRS = ("node1", "node2", "node3"), ("kind-control-plane", "kind-worker", "kind-worker2")
PODS = """\
NAMESPACE     NAME   READY   STATUS    RESTARTS   AGE
default       web    1/1     Running   0          9s
"""
ETCD = "kube-system   etcd   1/1     Running   0          9s\n"
CLAIM = """\
NAME   STATUS   VOLUME     CAPACITY   ACCESS MODES   STORAGECLASS   AGE
data   Bound    data-vol   1Gi        RWO            hostpath       9s
"""


def cause(before: str, after: str, values: tuple[Value, ...] = ()) -> Cause | None:
    """Of the difference between two answers to one command."""
    old, new = (PagePlay([Answer(text, "kubectl get")], "", values) for text in (before, after))
    return causes(old, new, ("v1.37.2", "v1.36.3")).get(0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PENDING, PENDING.replace("<pending>", "172.18.0.4")),
        (PENDING, PENDING.replace("<pending>", "localhost")),
        (NODES.format(*NAMES), NODES.format(*THEIRS)),
        (PODS, PODS.replace("AGE\n", f"AGE\n{ETCD}")),
        (CLAIM, CLAIM.replace("hostpath", "standard")),
        ("Name:  web\nLoadBalancer Ingress:  1.2.3.4\n", "Name:  web\nLoadBalancer Ingress:  lb.example\n"),
        (NODES.format(*NAMES), OLDER.format(*THEIRS)),
        (NODES.format(*NAMES), "\n".join(sorted(NODES.format("server-0", "agent-0", "agent-1").split("\n")))),
        ("node/node1\nnode/node2\n", "node/kind-control-plane\nnode/kind-worker\n"),
        ("node1 Node Ready\nnode2 Node Ready\n", "minikube Node Ready\nminikube-m02 Node Ready\n"),
        (UNFIT.format("3", "3"), UNFIT.format("3", "1 node(s) had untolerated taint(s), 2")),
        (UNFIT.format("3", "3"), UNFIT.format("1", "1")),
        ("node/node1\nPodCIDR:  10.244.0.0/24\n", "node/server-0\nPodCIDR:  10.42.0.0/24\n"),
        (CLASS.format("standard"), CLASS.format("local-path")),
        (f"{PROVISIONED} using kubernetes.io/host-path\n", f"{ASKED}{PROVISIONED}\n"),
    ],
    ids=[
        *("address", "localhost", "nodes", "system", "class", "describe"),
        *(
            "ages of nodes",
            "order of nodes",
            "names of nodes",
            "drawing",
            "a node for no Pods",
            "fewer nodes",
            "range of a node",
            "name of a class",
            "provisioner",
        ),
    ],
)
def test_another_cluster_explains_it(before: str, after: str) -> None:
    assert cause(before, after) == Cause.ELSEWHERE


def test_a_claim_waits_where_its_class_does() -> None:
    """Without a volume, in a list and in what describe says; where both classes wait, it is wrong."""
    classes = "NAME       PROVISIONER   RECLAIMPOLICY   VOLUMEBINDINGMODE      AGE\nstandard   {}   9s\n"
    mode = (
        "a             Delete          Immediate           ",
        "b             Delete          WaitForFirstConsumer",
    )
    lists = (CLAIM, CLAIM.replace("Bound    data-vol   1Gi        RWO ", f"Pending  {'':26}"))
    described = (
        "Name:  data\nStatus:  Bound\nVolume:  data-vol\nVolumeMode:  Filesystem\nUsed By:  <none>\n",
        "Name:  data\nStatus:  Pending\nVolume:\nVolumeMode:  Filesystem\nUsed By:  <none>\n",
    )

    def found(*modes: str) -> dict[int, Cause]:
        old, new = (
            PagePlay([Answer(text, "kubectl get") for text in (classes.format(mode), *texts)])
            for mode, *texts in zip(modes, lists, described, strict=True)
        )
        return dict(causes(old, new, ("v1.37.2", "v1.37.2")))

    assert found(*mode) == {0: Cause.ELSEWHERE, 1: Cause.ELSEWHERE, 2: Cause.ELSEWHERE}
    assert found(mode[1], mode[1]) == {1: Cause.WRONG, 2: Cause.WRONG}


def test_pages_that_are_given_a_namespace_have_another_home() -> None:
    """Its name stands in tables, in sentences, in names of Services; another one's is wrong."""
    said = "Namespace:  {0}\nweb.{0}.svc.cluster.local\nno Pods in {0} namespace\n"
    old, new, other = (PagePlay([Answer(said.format(name))]) for name in ("pods", "team-a", "team-b"))
    versions, homes = ("v1.37.2", "v1.37.2"), ("pods", "team-a")
    assert causes(old, new, versions, homes) == {0: Cause.ELSEWHERE}
    assert causes(old, other, versions, homes) == {0: Cause.WRONG}
    assert causes(old, new, versions) == {0: Cause.WRONG}


def test_a_node_is_one_by_its_name_also_in_a_sentence() -> None:
    nodes = (Value(Chance.NODE, "node2"), Value(Chance.NODE, "kind-worker"))
    assert cause("web runs on node2, as asked", "web runs on kind-worker, as asked", nodes) is None
    old, new = (
        PagePlay([Answer(f"web runs on {name}")], "nodeName: node2", nodes)
        for name in ("node2", "kind-worker")
    )
    assert causes(old, new, ("v1.37.2", "v1.37.2")) == {0: Cause.ELSEWHERE}


def test_another_version_explains_it() -> None:
    assert cause("Server Version: v1.37.2", "Server Version: v1.36.3") == Cause.VERSION
    nodes = NODES.format(*NAMES)
    assert cause(nodes, nodes.replace("v1.37.2", "v1.36.3")) == Cause.VERSION


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PENDING, PENDING.replace("<pending>", "172.18.0.4").replace("web ", "api ")),
        (PENDING, PENDING.replace("LoadBalancer", "NodePort    ")),
        (PENDING, PENDING.replace("<pending>", "<none>   ")),
        (NODES.format(*NAMES), NODES.format(*NAMES).replace("Ready    con", "NotReady con")),
        (PODS, PODS.replace("1/1     Running", "0/1     Pending")),
        (UNFIT.format("3", "3"), UNFIT.format("3", "3").replace("cpu", "memory")),
        ("node/node1 cordoned\n", "node/kind-worker drained\n"),
        ("nginx version: nginx/1.26.3", "nginx version: nginx/1.27.0"),
        ("Server Version: v1.37.2\nweb created", "Server Version: v1.36.3\nweb unchanged"),
    ],
    ids=[
        "name",
        "type",
        "no-address",
        "state",
        "pod",
        "reason",
        "act",
        "another-program",
        "beside-a-version",
    ],
)
def test_what_neither_explains_is_wrong(before: str, after: str) -> None:
    assert cause(before, after) == Cause.WRONG


def test_what_is_the_same_has_no_cause() -> None:
    assert cause(PENDING, PENDING.replace("31207", "30911").replace("9s", "3m")) is None


GPU = UNFIT.format("3", "3 node(s) had untolerated taint {gpu: true}, 0").replace(", 0 Insufficient cpu", "")


def test_the_taints_of_a_page_are_its_own() -> None:
    """Those of a control plane alone depend on the cluster."""
    control = "1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
    assert cause(GPU, GPU.replace("3 node(s)", f"{control}2 node(s)")) == Cause.ELSEWHERE
    assert cause(GPU, GPU.replace("gpu", "ssd")) == Cause.WRONG


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (CLASS.format("fast") + CLASS.format("slow"), CLASS.format("fast") + CLASS.format("fast")),
        ("cidr: 10.1.2.0/24\n", "cidr: 10.9.9.0/24\n"),
    ],
)
def test_what_a_page_spells_out_no_cluster_calls_differently(before: str, after: str) -> None:
    """A class that it makes itself, or a range that it allows."""
    old, new = (
        PagePlay([Answer(text)], "name: fast, name: slow, cidr: 10.1.2.0/24") for text in (before, after)
    )
    assert causes(old, new, ("v1.37.2", "v1.36.3")) == {0: Cause.WRONG}
