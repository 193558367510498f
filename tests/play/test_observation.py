"""What `cluster` fences ask for, and the scenes that answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from played import alike
from preuve.cluster.objects import Snapshot
from preuve.meaning.chance import Chance
from preuve.meaning.compare import PagePlay
from preuve.meaning.scene import facts, read, scenes
from preuve.meaning.spans import Answer, Order, Value
from preuve.page.diagram import parse
from preuve.play.observation import observe

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Json = dict[str, Any]


def made(kind: str, name: str, owner: Json | None = None, uid: str = "", **fields: object) -> Json:
    meta = {"name": name, "uid": uid or f"{kind} {name}", "labels": {"app": "web"}}
    owners = (
        [{"kind": owner["kind"], "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}]
        if owner
        else []
    )
    return {"kind": kind, "metadata": {**meta, "ownerReferences": owners}, **fields}


def pod(
    name: str, owner: Json | None = None, node: str = "node1", uid: str = "", phase: str = "Running"
) -> Json:
    spec = {"nodeName": node, "containers": [{"name": "c", "image": "registry.example/library/nginx:1.26"}]}
    return made("Pod", name, owner, uid, spec=spec, status={"phase": phase})


TEMPLATE = {"spec": {"containers": [{"name": "c", "image": "nginx:1.26"}]}}
DEPLOYMENT = made("Deployment", "web", spec={"replicas": 2}, status={"readyReplicas": 2})
SET = made(
    "ReplicaSet",
    "web-58dd",
    DEPLOYMENT,
    spec={"replicas": 2, "template": TEMPLATE},
    status={"readyReplicas": 2},
)
PODS = [pod("web-58dd-b", SET), pod("web-58dd-c", SET, node="node2")]
SERVICE = made(
    "Service",
    "web",
    spec={"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80, "nodePort": 30008}]},
)
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
NODES = [made("Node", name, spec={}, status=READY) for name in ("node1", "node2", "node3")]


def lines(*objects: Json, fence: str) -> list[str]:
    return [str(item) for item in observe(Snapshot(objects), parse(fence)).items]


def test_objects_say_who_owns_them_and_how_they_fare() -> None:
    """A Deployment, its ReplicaSet and its Pods."""
    assert lines(DEPLOYMENT, SET, *PODS, fence="deployments, replicasets, pods") == [
        "Deployment web 2/2",
        "ReplicaSet web-58dd 2/2 image=nginx:1.26 owner=Deployment/web",
        "Pod web-58dd-b Running image=nginx:1.26 owner=ReplicaSet/web-58dd",
        "Pod web-58dd-c Running image=nginx:1.26 owner=ReplicaSet/web-58dd",
    ]


def test_an_owner_that_is_not_asked_for_is_skipped() -> None:
    """A Deployment still owns its Pods when nobody asks for the ReplicaSet between them."""
    found = lines(DEPLOYMENT, SET, *PODS, fence="deploy po")
    assert "ReplicaSet" not in " ".join(found)
    assert all(line.endswith("owner=Deployment/web") for line in found[1:])
    assert "ReplicaSet" in [kind.name for kind in parse("deploy po").needed]


def test_a_service_says_which_pods_it_selects() -> None:
    """Not those without the label."""
    other = pod("other")
    other["metadata"]["labels"] = {"app": "other"}
    assert lines(SERVICE, PODS[0], other, fence="svc, po")[0] == (
        "Service web NodePort 80:30008 selects=Pod/web-58dd-b"
    )


def test_pods_are_on_their_nodes() -> None:
    """by=node names the node of each Pod, and each node, an empty one too."""
    found = lines(*NODES, *PODS, pod("waiting", node="", phase="Pending"), fence="pods by=node")
    assert [line for line in found if line.startswith("Node")] == [f"Node node{n} Ready" for n in (1, 2, 3)]
    assert "Pod web-58dd-c Running image=nginx:1.26 node=node2" in found
    assert "Pod waiting Pending image=nginx:1.26" in found


def test_a_node_that_is_asked_for_is_there_once() -> None:
    """Also where Pods are shown by node."""
    found = lines(*NODES, *PODS, fence="nodes, pods by=node")
    assert [line for line in found if line.startswith("Node")] == [f"Node node{n} Ready" for n in (1, 2, 3)]


def test_of_a_large_cluster_only_nodes_with_a_pod_are_there() -> None:
    """Thirty boxes of which two hold something say little."""
    many = [made("Node", f"node{n}", spec={}, status=READY) for n in range(1, 31)]
    found = lines(*many, *PODS, fence="pods by=node")
    assert [line for line in found if line.startswith("Node")] == ["Node node1 Ready", "Node node2 Ready"]


def test_what_belongs_together_stands_together() -> None:
    """Kind by kind in the fence's order, then by owner, whatever the names are."""
    other = made("ReplicaSet", "api-1", spec={"replicas": 1, "template": TEMPLATE}, status={})
    found = lines(SET, other, *PODS, pod("zz", other), SERVICE, fence="po, svc, rs")
    assert [line.split()[1] for line in found] == [
        *("zz", "web-58dd-b", "web-58dd-c"),
        "web",
        *("api-1", "web-58dd"),
    ]


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet", "Job", "ReplicationController"])
def test_what_makes_pods_says_what_they_run(kind: str) -> None:
    """Its image, as a ReplicaSet does."""
    (found,) = lines(made(kind, "db", spec={"template": TEMPLATE}, status={}), fence=kind.lower())
    assert found.endswith("image=nginx:1.26")


def test_a_container_that_has_ended_is_not_counted() -> None:
    """It is as it should be, beside one that runs."""
    over = {"ready": False, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
    one = pod("web")
    one["status"] |= READY
    one["status"]["containerStatuses"] = [{"ready": True, "state": {"running": {}}}, over]
    assert lines(one, fence="po") == ["Pod web Running image=nginx:1.26"]


def test_a_service_without_a_port_of_the_nodes_says_its_own() -> None:
    inner = made("Service", "web", spec={"type": "ClusterIP", "ports": [{"port": 80}, {"port": 443}]})
    assert lines(inner, fence="svc") == ["Service web ClusterIP 80,443"]


def test_a_node_says_that_it_is_lost_or_closed() -> None:
    """As `kubectl get nodes` does."""
    lost = made("Node", "node1", spec={}, status={"conditions": [{"type": "Ready", "status": "Unknown"}]})
    closed = made("Node", "node2", spec={"unschedulable": True}, status=READY)
    found = lines(lost, closed, fence="pods by=node")
    assert found == ["Node node1 NotReady", "Node node2 Ready,SchedulingDisabled"]


def test_a_pod_that_runs_and_is_not_ready_says_so() -> None:
    """Its STATUS alone would read as well as that of a healthy one."""
    sick = pod("web")
    sick["status"]["containerStatuses"] = [{"ready": False, "state": {"running": {}}}]
    assert lines(sick, fence="po") == ["Pod web Running 0/1 image=nginx:1.26"]


def test_what_changed_since_the_last_scene_is_marked() -> None:
    """A Pod that came is new, even under the name of one that went."""
    request = parse("rs po")
    first = observe(Snapshot([SET, *PODS]), request)
    assert not any(item.new for item in first.items)
    again = pod("web-58dd-c", SET, uid="another")
    second = observe(Snapshot([SET, PODS[0], again]), request, first)
    assert [item.name for item in second.items if item.new] == ["web-58dd-c"]
    assert not any(item.new for item in observe(Snapshot([SET, PODS[0], again]), request, second).items)


def test_a_kind_that_was_not_asked_for_is_not_new() -> None:
    """Nothing is known of what the previous fence did not ask for."""
    first = observe(Snapshot([SERVICE]), parse("svc"))
    assert not any(item.new for item in observe(Snapshot([SERVICE, PODS[0]]), parse("svc po"), first).items)


@given(st.randoms())
def test_the_order_of_the_answer_is_chance(random: Any) -> None:  # noqa: ANN401 - hypothesis has no name for it
    """The same objects are the same lines."""
    objects = [DEPLOYMENT, SET, SERVICE, *PODS, *NODES]
    wanted = lines(*objects, fence="deploy rs svc po by=node")
    random.shuffle(objects)
    assert lines(*objects, fence="deploy rs svc po by=node") == wanted


def placed(*pods: tuple[str, str]) -> list[str]:
    """What is compared of a page that draws its Pods, then draws them by node."""
    objects = [DEPLOYMENT, SET, SERVICE, *NODES, *(pod(name, SET, node) for name, node in pods)]
    first = observe(Snapshot(objects[:-1]), parse("deploy rs svc po"))
    second = observe(Snapshot(objects), parse("svc po by=node"), first)
    return [facts("\n".join(map(str, scene.items))) for scene in (first, second)]


def same(one: Sequence[str], other: Sequence[str], nodes: Collection[Value] = ()) -> bool:
    """Whether two runs drew the same: the facts of a drawing come in any order."""
    first, second = ([Answer(text, order=Order.CHANCE) for text in said] for said in (one, other))
    return alike(PagePlay(first, values=nodes), PagePlay(second, values=nodes))


def test_two_runs_that_place_pods_elsewhere_say_the_same() -> None:
    """Which of its like comes first, and on which node each is, is chance; which one is new is not."""
    nodes = [Value(Chance.NODE, each["metadata"]["name"]) for each in NODES]
    one = placed(("web-66b6c48dd5-7bzkd", "node2"), ("web-66b6c48dd5-x7k2p", "node3"))
    assert same(one, placed(("web-66b6c48dd5-x7k2p", "node1"), ("web-66b6c48dd5-c4d6f", "node1")), nodes)
    assert not same(one, [one[0], one[1].replace(" new", "", 1)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Running", "Pending"),
        ("+ ", ""),
        ("selects=Pod/web-58dd-b,", "selects="),
        ("Node node3 Ready", "Node node4 Ready"),
        ("Node node3 Ready", "Node node3 NotReady"),
        ("80:30008", "80:30009"),
        ("Pod web-58dd-b", "Pod web-58dd-a"),
        ("Service web", "Service api"),
        ("nginx:1.26", "nginx:1.27"),
    ],
)
def test_what_a_scene_says_is_compared(before: str, after: str) -> None:
    """A state, a mark, a link, a node, a port, a name that one run has and the other has not."""
    first = observe(Snapshot([SERVICE, PODS[0]]), parse("svc po"))
    scene = observe(Snapshot([SERVICE, *PODS, *NODES]), parse("svc po by=node"), first)
    text = "\n".join(map(str, scene.items))
    assert before in text, text
    assert not same([facts(text)], [facts(text.replace(before, after, 1))])


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.:-]{0,20}[a-z0-9])?", fullmatch=True)


@given(NAMES, NAMES, st.sampled_from(["Running", "Init:0/2", "Running 0/1", "CrashLoopBackOff", ""]))
def test_a_line_reads_back(name: str, owner: str, status: str) -> None:
    """Whatever an object is called."""
    line = str(read(f"Pod {name} {status} owner=ReplicaSet/{owner}".replace("  ", " ")))
    assert str(read(line)) == line


@pytest.mark.parametrize(
    "line", ["", "Pod", "pod web", "Pod web <b>", "Pod web x=1", "Pod web owner=<x>", "Pod a\n"]
)
def test_what_is_no_object_is_refused(line: str) -> None:
    """A transcript that somebody edited puts nothing on a page."""
    with pytest.raises(ValueError, match="no object"):
        read(line)


def test_what_is_gone_is_shown_once() -> None:
    """In the next scene that asks for its kind, at its place; then it is forgotten."""
    told = [["Pod a Running", "Pod b Running"], ["+ Pod c Running", "Pod b Running"], ["Pod c Running"]]
    found = list(scenes((["Pod"], lines) for lines in told))
    assert [item.id for item in found[1] if item.gone] == ["Pod/a"]
    assert [item.id for item in found[1]] == ["Pod/a", "Pod/b", "Pod/c"]
    assert [item.id for item in found[2] if item.gone] == ["Pod/b"]
    assert not any(item.gone for item in list(scenes([(["Pod"], told[0]), (["Service"], [])]))[1])
