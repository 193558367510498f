"""Pods that share no node: how many are on each is the lesson's, which one is where is chance."""

from __future__ import annotations

import pytest

from played import same

NAMES = "b4d6f", "k8s2d", "x7k2p"
HEAD = "NAME                  READY   STATUS    RESTARTS   AGE   IP           NODE\n"
ROW = "{:<19}   1/1     {:<9} 0          9s    10.244.1.5   {}\n".format
DAEMONS = "kind: DaemonSet\nmetadata:\n  name: agent\n"
ALONE = """\
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - labelSelector: {matchLabels: {app: web}}
            topologyKey: kubernetes.io/hostname
"""


def listed(owner: str, *nodes: str, state: str = "Running") -> str:
    """A table of an owner's Pods, in the order of their names."""
    rows = (ROW(f"{owner}-{name}", state, node) for name, node in zip(NAMES, nodes, strict=True))
    return HEAD + "".join(rows)


SPREAD = "node1", "node3", "node2"
TURNED = "node2", "node1", "node3"
HEAPED = "node2", "node2", "node3"


@pytest.mark.parametrize(
    ("owner", "said", "public"),
    [
        ("agent", "daemonset.apps/agent created\n", ""),
        ("agent", "", DAEMONS),
        ("agent", 'daemon set "agent" successfully rolled out\n', ""),
        ("web-7c5ddbdf54", "", ALONE),
        ("web-7c5ddbdf54", "", f"{DAEMONS}---\n{ALONE}"),
    ],
)
def test_pods_that_are_kept_apart_share_no_node(owner: str, said: str, public: str) -> None:
    """A DaemonSet has one on each; a hard anti-affinity suffers none beside another."""
    one, turned, heaped = ([said, listed(owner, *nodes)] for nodes in (SPREAD, TURNED, HEAPED))
    assert same(one, turned, public=public)
    assert not same(one, heaped, public=public)
    over = [listed(owner, *nodes, state="Evicted") for nodes in (SPREAD, HEAPED)]
    assert same([said, over[0]], [said, over[1]], public=public)


@pytest.mark.parametrize(
    "public",
    [
        "",
        DAEMONS,
        ALONE.replace("required", "preferred"),
        ALONE.replace("hostname", "os"),
        ALONE.replace("labelSelector: {matchLabels: {app: web}}", "labelSelector: {matchLabels: {app: db}}"),
        f"{ALONE}---\nkind: Deployment\nmetadata:\n  name: web\n",
        ALONE.replace("name: web", "name: other"),
    ],
)
def test_where_other_pods_are_is_chance(public: str) -> None:
    """Nothing keeps them apart, or not always, or from others alone."""
    one, heaped = (listed("web-7c5ddbdf54", *nodes) for nodes in (SPREAD, HEAPED))
    assert same([one], [heaped], public=public)


def test_a_pod_that_was_replaced_is_on_the_same_node() -> None:
    """Two lists tell of two; in what somebody watched, both may be there."""
    before, after = listed("agent", *SPREAD), listed("agent", *TURNED).replace("x7k2p", "z9w8q")
    assert same([before + "\n" + after], [after + "\n" + before], public=DAEMONS)
    one, other = (before + ROW("agent-c5f7g", "Running", node) for node in ("node1", "node4"))
    assert same([one], [other], public=DAEMONS, unordered={0})
    assert not same([one], [other], public=DAEMONS)


def test_a_drawing_by_nodes_tells_of_pods_that_share_one() -> None:
    """A line of its facts for each."""
    one, turned, heaped = (
        "".join(f"Node: {node}/agent-{name}\n" for node, name in zip(nodes, NAMES, strict=True))
        for nodes in (SPREAD, TURNED, HEAPED)
    )
    assert same([one], [turned], public=DAEMONS)
    assert not same([one], [heaped], public=DAEMONS)
