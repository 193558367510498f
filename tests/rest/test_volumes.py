"""When a volume shows what its ConfigMap, Secret or token holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from objects import made, node, pod, process, seen, verdict

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
        made("ConfigMap", "fixed", data={"a": "1"}, immutable=True),
        made("ConfigMap", "raw", data={"a": "1"}, binaryData={"raw": "/w=="}),
        config("Secret", a="MQ=="),
    ]
    assert verdict(objects, reports=seen(process(), v=files)) == wanted
    assert verdict(objects) == "rest"
