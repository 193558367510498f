"""Live diagrams: objects of a namespace as mermaid."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preuve.compare import normalized
from preuve.diagram import WORDS, draw, facts, parse
from preuve.errors import PageError
from preuve.objects import Snapshot

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
NODES = [made("Node", name, spec={}) for name in ("node1", "node2", "node3")]


OWNED = "Deployment web owns ReplicaSet web-58dd. ReplicaSet web-58dd owns Pod web-58dd-b, Pod web-58dd-c."


def lines(*objects: Json, fence: str) -> list[str]:
    return draw(Snapshot(objects), parse(fence)).text.split("\n  ")


def test_owners_point_to_what_they_own() -> None:
    """A Deployment, its ReplicaSet and its Pods, each with its state."""
    found = lines(DEPLOYMENT, SET, *PODS, fence="deployments, replicasets, pods")
    assert found == [
        "flowchart TD",
        "accTitle: Objects of the cluster: deployments, replicasets, pods",
        f"accDescr: {OWNED}",
        'o1["Deployment<br/>web<br/>2/2"]',
        'o2["ReplicaSet<br/>web-58dd<br/>2/2 · nginx:1.26"]',
        'o3("Pod<br/>web-58dd-b<br/>nginx:1.26 · Running")',
        'o4("Pod<br/>web-58dd-c<br/>nginx:1.26 · Running")',
        "o1 --> o2",
        "o2 --> o3",
        "o2 --> o4",
    ]


def test_an_owner_that_is_not_asked_for_is_skipped() -> None:
    """A Deployment still owns its Pods when nobody asks for the ReplicaSet between them."""
    found = lines(DEPLOYMENT, SET, *PODS, fence="deploy po")
    assert "ReplicaSet" not in " ".join(found)
    assert found[-2:] == ["o1 --> o2", "o1 --> o3"]
    assert "ReplicaSet" in [kind.name for kind in parse("deploy po").needed]


def test_a_service_points_to_the_pods_that_it_selects() -> None:
    """The link of a selector is dotted; a Pod without the label has none."""
    other = pod("other")
    other["metadata"]["labels"] = {"app": "other"}
    found = lines(SERVICE, PODS[0], other, fence="svc, po")
    assert 'o1(["Service<br/>web<br/>NodePort 80:30008"])' in found
    assert [line for line in found if "->" in line] == ["o1 -.-> o3"]
    assert "accDescr: Pod other. Service web selects Pod web-58dd-b." in found


def test_what_no_arrow_reaches_stands_beside_its_like() -> None:
    """A Pod that nobody owns stands in the row of Pods, out of the way of arrows; that says nothing of it."""
    alone = made("Service", "alone", spec={"ports": [{"port": 80}]})
    other = pod("other")
    other["metadata"]["labels"] = {"app": "other"}
    found = lines(alone, SERVICE, SET, *PODS, other, fence="svc, rs, po")
    assert [line for line in found if "~" in line] == ["o2 ~~~ o4"]
    assert facts("\n  ".join(found)) == facts("\n  ".join(line for line in found if "~" not in line))


def test_pods_stand_on_their_nodes() -> None:
    """by=node frames the Pods of each node, an empty node too; a Pod without a node stands outside.

    The last node comes first: mermaid places frames from right to left.
    """
    found = lines(*NODES, *PODS, pod("waiting", node="", phase="Pending"), fence="pods by=node")
    frames = [line.strip() for line in found if "subgraph" in line or line.strip().startswith(("o", "end"))]
    assert frames == [
        'subgraph n3["node3"]',
        "end",
        'subgraph n2["node2"]',
        'o3("Pod<br/>web-58dd-c<br/>nginx:1.26 · Running")',
        "end",
        'subgraph n1["node1"]',
        'o2("Pod<br/>web-58dd-b<br/>nginx:1.26 · Running")',
        "end",
        'o1("Pod<br/>waiting<br/>nginx:1.26 · Pending")',
    ]
    assert "On node1: web-58dd-b. On node2: web-58dd-c. On node3: –." in found[2]


def test_what_changed_since_the_last_drawing_is_marked() -> None:
    """A Pod that came is new, one that went is dashed and no longer said to run, even under the same name."""
    request = parse("rs po")
    first = draw(Snapshot([SET, *PODS]), request)
    assert ":::" not in first.text
    again = pod("web-58dd-c", SET, uid="another")
    text = draw(Snapshot([SET, PODS[0], again]), request, first).text
    assert 'o3("Pod<br/>web-58dd-c<br/>nginx:1.26 · Running"):::new' in text
    assert 'o4("Pod<br/>web-58dd-c<br/>gone"):::gone' in text
    assert "o1 --> o4" in text
    assert "New: Pod web-58dd-c. Gone: Pod web-58dd-c." in text
    assert "classDef new stroke:" in text
    assert "classDef gone stroke-dasharray:" in text


def test_marks_last_for_one_drawing() -> None:
    """What was new is known the next time, what was gone is forgotten."""
    request = parse("po")
    first = draw(Snapshot([PODS[0]]), request)
    second = draw(Snapshot([PODS[1]]), request, first)
    third = draw(Snapshot([PODS[1]]), request, second)
    assert ":::" in second.text
    assert ":::" not in third.text
    assert "58dd-b" not in third.text


def test_a_kind_that_was_not_drawn_is_not_new() -> None:
    """Nothing is known of what the previous fence did not ask for."""
    first = draw(Snapshot([SERVICE]), parse("svc"))
    assert ":::" not in draw(Snapshot([SERVICE, PODS[0]]), parse("svc po"), first).text
    assert "Service" not in draw(Snapshot([PODS[0]]), parse("po"), first).text


def test_what_no_arrow_reaches_is_told_too() -> None:
    """A screen reader is not told that there is nothing."""
    assert "accDescr: Pod web-58dd-b, Pod web-58dd-c.\n" in draw(Snapshot(PODS), parse("po")).text
    told = draw(Snapshot([pod("other"), *PODS, SET]), parse("rs po")).text
    assert "accDescr: Pod other. ReplicaSet web-58dd owns " in told


def test_what_is_gone_is_told_as_gone_alone() -> None:
    """Nothing owns it, selects it or runs it any more."""
    request = parse("rs po by=node")
    first = draw(Snapshot([SET, *PODS]), request)
    text = draw(Snapshot([SET, PODS[0]]), request, first, WORDS["en"]).text
    told = re.findall("accDescr: (.*)", text)[0]
    assert told.count("web-58dd-b") == 2
    assert told.count("web-58dd-c") == 1
    assert told.endswith("Gone: Pod web-58dd-c.")


def test_nothing_is_drawn_as_nothing() -> None:
    """An empty namespace is an answer too."""
    text = draw(Snapshot(), parse("pods"), words=WORDS["fr"]).text
    assert 'nothing["Aucun objet"]:::gone' in text
    assert "accDescr: Aucun objet" in text


@pytest.mark.parametrize(
    ("fence", "told"),
    [("podz", "did you mean 'pods'"), ("pods by=nodes", "by=node"), ("by=node", "name what to draw")],
)
def test_a_slip_is_told(fence: str, told: str) -> None:
    """An unknown word is refused, with the nearest known one."""
    with pytest.raises(PageError, match=re.escape(told)):
        parse(fence)


@given(st.randoms())
def test_the_order_of_the_answer_is_chance(random: Any) -> None:  # noqa: ANN401 - hypothesis has no name for it
    """The same objects are the same text."""
    objects = [DEPLOYMENT, SET, SERVICE, *PODS, *NODES]
    wanted = draw(Snapshot(objects), parse("deploy rs svc po by=node")).text
    random.shuffle(objects)
    assert draw(Snapshot(objects), parse("deploy rs svc po by=node")).text == wanted


@given(st.text(min_size=1))
def test_no_name_breaks_a_label(name: str) -> None:
    """A label holds letters, numbers and a few signs; anything else is written as its number."""
    (label,) = re.findall(r'o1\("Pod<br/>(.*)<br/>nginx', draw(Snapshot([pod(name)]), parse("po")).text)
    assert not set(label) & set('"<>`[]{}|&\n')
    assert re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label) == name


def placed(*pods: tuple[str, str]) -> list[list[str]]:
    """What is compared of a page that draws its Pods, then draws them by node."""
    objects = [DEPLOYMENT, SET, SERVICE, *NODES, *(pod(name, SET, node) for name, node in pods)]
    request = parse("deploy rs svc po")
    first = draw(Snapshot(objects[:-1]), request)
    second = draw(Snapshot(objects), parse("svc po by=node"), first)
    return normalized([facts(first.text), facts(second.text)])


def test_two_runs_that_place_pods_elsewhere_draw_the_same() -> None:
    """Which of its like comes first, and on which node each is, is chance; which one is new is not."""
    one = placed(("web-66b6c48dd5-7bzkd", "node2"), ("web-66b6c48dd5-x7k2p", "node3"))
    assert one == placed(("web-66b6c48dd5-x7k2p", "node1"), ("web-66b6c48dd5-c4d6f", "node1"))
    assert one[1].count("web-‹hash1›-‹pod2› Pod nginx:1.26 · Running new") == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("nginx:1.26 · Running", "nginx:1.26 · Pending"),
        (":::new", ""),
        ("  o1 -.-> o3\n", ""),
        ('["node3"]', '["node4"]'),
        ("80:30008", "80:30009"),
        ("Pod<br/>web-58dd-b", "Pod<br/>web-58dd-a"),
        ("Service<br/>web", "Service<br/>api"),
    ],
)
def test_what_a_drawing_says_is_compared(before: str, after: str) -> None:
    """A state, a mark, an arrow, a node, a port, a name that one run has and the other has not."""
    first = draw(Snapshot([SERVICE, PODS[0]]), parse("svc po"))
    text = draw(Snapshot([SERVICE, *PODS, *NODES]), parse("svc po by=node"), first).text
    assert before in text, text
    assert normalized([facts(text)]) != normalized([facts(text.replace(before, after, 1))])
