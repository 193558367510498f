"""When a volume shows what its ConfigMap, Secret or token holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from objects import NOW, made, node, pod, process, seen, verdict
from preuve.cluster.objects import Snapshot
from preuve.rest.rules import moving

if TYPE_CHECKING:
    from preuve.cluster.objects import Object


def config(kind: str = "ConfigMap", **data: str) -> dict[str, Any]:
    return made(kind, "web", data=data)


TOKEN = {"serviceAccountToken": {"path": "token"}}


KEYED = [{"key": "a", "path": "b/c"}]


VOLUMES = {
    "as it is": ({"configMap": {"name": "web"}}, {"a": b"1"}, "rest"),
    "as it was": ({"configMap": {"name": "web"}}, {"a": b"0"}, "moves"),
    "with a key that is gone": ({"configMap": {"name": "web"}}, {"a": b"1", "old": b""}, "moves"),
    "at another path": ({"configMap": {"name": "web", "items": KEYED}}, {"b/c": b"1"}, "rest"),
    "at another path, as it was": ({"configMap": {"name": "web", "items": KEYED}}, {"b/c": b"0"}, "moves"),
    "without a key": ({"configMap": {"name": "web", "items": [{"key": "x", "path": "x"}]}}, {}, "rest"),
    "without a key, which keeps its kubelet from writing the others": (
        {"configMap": {"name": "web", "items": [*KEYED, {"key": "x", "path": "x"}]}},
        {"b/c": b"0"},
        "rest",
    ),
    "without a key that is optional": (
        {"configMap": {"name": "web", "items": [*KEYED, {"key": "x", "path": "x"}], "optional": True}},
        {"b/c": b"0"},
        "moves",
    ),
    "of nothing": ({"configMap": {"name": "empty"}}, {}, "rest"),
    "of nothing any more": ({"configMap": {"name": "empty"}}, {"a": b"1"}, "moves"),
    "missing": ({"configMap": {"name": "missing"}}, {"a": b"0"}, "rest"),
    "missing, but optional": ({"configMap": {"name": "missing", "optional": True}}, {"a": b"0"}, "moves"),
    "immutable": ({"configMap": {"name": "fixed"}}, {"a": b"0"}, "rest"),
    "in bytes": ({"configMap": {"name": "raw"}}, {"a": b"1", "raw": b"\xff"}, "rest"),
    "a Secret": ({"secret": {"secretName": "web"}}, {"a": b"1"}, "rest"),
    "a Secret as it was": ({"secret": {"secretName": "web"}}, {"a": b"0"}, "moves"),
    "what a Pod is": (
        {"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
        {"n": b'app="web"'},
        "rest",
    ),
    "what a Pod was": (
        {"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.labels['app']"}}]}},
        {"n": b"old"},
        "moves",
    ),
    "what all labels of a Pod were": (
        {"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
        {"n": b'app="old"'},
        "moves",
    ),
    "a label that a Pod has no more": (
        {"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.labels['tier']"}}]}},
        {"n": b""},
        "rest",
    ),
    "notes that its kubelet adds to": (
        {"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.annotations"}}]}},
        {"n": b'kubernetes.io/config.seen="2026"\nnote="a \\"b\\""'},
        "rest",
    ),
    "a limit, which only its kubelet knows": (
        {"downwardAPI": {"items": [{"path": "n", "resourceFieldRef": {"resource": "limits.cpu"}}]}},
        {"n": b"8"},
        "rest",
    ),
    "of several": (
        {"projected": {"sources": [TOKEN, {"configMap": {"name": "web"}}, {"secret": {"name": "web"}}]}},
        {"token": b"x", "a": b"1"},
        "rest",
    ),
    "of several, as one was": (
        {"projected": {"sources": [TOKEN, {"configMap": {"name": "web"}}]}},
        {"token": b"x", "a": b"0"},
        "moves",
    ),
    "of several, as a Secret was": (
        {"projected": {"sources": [TOKEN, {"secret": {"name": "web"}}]}},
        {"token": b"x", "a": b"0"},
        "moves",
    ),
    "of somebody who is not known": (
        {"projected": {"sources": [{"clusterTrustBundle": {"path": "ca"}}]}},
        {"ca": b"x"},
        "rest",
    ),
    "an empty one": ({"emptyDir": {}}, {}, "rest"),
}


@pytest.mark.parametrize(("volume", "files", "wanted"), VOLUMES.values(), ids=VOLUMES)
def test_a_volume_shows_what_it_should(volume: Object, files: dict[str, bytes], wanted: str) -> None:
    """Its kubelet writes it again at its next look at the Pod: an `exec` before that reads the old files."""
    objects = [
        pod(spec={"volumes": [{"name": "v", **volume}]}, meta={"annotations": {"note": 'a "b"'}}),
        node(),
        config(a="1"),
        made("ConfigMap", "empty"),
        made("ConfigMap", "fixed", data={"a": "1"}, immutable=True),
        made("ConfigMap", "raw", data={"a": "1"}, binaryData={"raw": "/w=="}),
        config("Secret", a="MQ=="),
    ]
    assert verdict(objects, reports=seen(process(), v=files)) == wanted
    assert verdict(objects) == "rest"


def test_a_volume_that_its_node_does_not_tell_of_is_left_out() -> None:
    """It is mounted by nobody yet, or holds no such files."""
    volumes = [{"name": name, "configMap": {"name": "web"}} for name in "vw"]
    objects = [pod(spec={"volumes": volumes}), node(), config(a="1")]
    assert verdict(objects, reports=seen(process(), v={"a": b"1"})) == "rest"


def test_notes_that_go_would_quote_otherwise_are_not_compared() -> None:
    """One that is no letter, say: what its kubelet writes of it is not known."""
    item = {"path": "n", "fieldRef": {"fieldPath": "metadata.annotations"}}
    shows = {"volumes": [{"name": "v", "downwardAPI": {"items": [item]}}]}
    for note, wanted in (("a\x7f", "rest"), ("a\tb", "moves")):
        objects = [pod(spec=shows, meta={"annotations": {"note": note}}), node()]
        assert verdict(objects, reports=seen(process(), v={"n": b"old"})) == wanted


@pytest.mark.parametrize(
    ("volume", "told"),
    [
        ({"configMap": {"name": "web"}}, "ConfigMap web"),
        ({"secret": {"secretName": "web"}}, "Secret web"),
        ({"downwardAPI": {"items": []}}, "its Pod"),
        ({"projected": {"sources": []}}, "its sources"),
    ],
)
def test_what_a_volume_does_not_show_yet_is_told(volume: Object, told: str) -> None:
    """An author who reads that a page did not settle sees which of several."""
    objects = [pod(spec={"volumes": [{"name": "v", **volume}]}), node(), config(), config("Secret")]
    (motion,) = moving(Snapshot(objects, NOW, reports=seen(process(), v={"old": b""})))
    assert motion.why == f"volume v does not show {told} as it is now"
