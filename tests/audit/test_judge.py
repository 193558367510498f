"""Typed outputs against answers: what differs elsewhere is none of the page's fault, what is wrong is."""

from __future__ import annotations

import pytest

from preuve.audit.judge import difference
from preuve.audit.pages import Typed
from preuve.audit.verdict import Played, Verdict
from preuve.errors import Where
from preuve.transcript import Exchange

PODS = """\
NAME                   READY   STATUS    RESTARTS   AGE
web-6d8c9f7b54-x7k2p   1/1     Running   0          9s
web-6d8c9f7b54-b4d6f   1/1     Running   0          9s
"""
SERVICE = """\
NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
web    ClusterIP   10.96.1.2    <none>        80/TCP    9s
"""
SERVICES = """\
NAME         TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
kubernetes   ClusterIP   10.0.0.1     <none>        443/TCP   9d
web          ClusterIP   10.0.0.7     <none>        80/TCP    9s
"""

SAME = {
    "itself": (PODS, PODS),
    "old names": (PODS, PODS.replace("6d8c9f7b54", "1564180365").replace("x7k2p", "khku8")),
    "ages": (PODS, PODS.replace("9s", "16h")),
    "elided rows": (PODS, PODS[: PODS.rindex("web-")] + "...\n"),
    "elided line": ("deployment.apps/web created\n", "deployment.apps/web ...\n"),
    "placeholder": ("pod/web-x7k2p condition met\n", "pod/<pod-name> condition met\n"),
    "namespace": ("Name:         web\nNamespace:    p\n", "Name:         web\nNamespace:    default\n"),
    "version": ("Server Version: v1.37.2\n", "Server Version: v1.18.0\n"),
    "own row": (SERVICE, SERVICES),
    "indentation": ("a\n  b\n", "    a\n      b\n"),
}  # fmt: skip

OTHER = {
    "count": (PODS, PODS.replace("1/1", "2/2")),
    "state": (PODS, PODS.replace("Running", "Pending")),
    "row too few": (PODS, "\n".join(PODS.splitlines()[:2])),
    "row too many": (PODS, f"{PODS}db   1/1     Running   0          9s\n"),
    "kind": ("deployment.apps/web created\n", 'deployment "web" created\n'),
    "name": ("deployment.apps/web created\n", "deployment.apps/api created\n"),
    "image": ("Image: nginx:1.22\n", "Image: nginx:1.21\n"),
    "after an elision": ("a\nb\nc\n", "a\n...\nd\n"),
}


def judged(answered: str, typed: str, source: str = "kubectl get pods") -> Verdict:
    one = Typed(source, Where("p.md", 1), tuple(typed.splitlines()), Where("p.md", 2))
    [finding] = Played([one], {}, {0: Exchange(source, answered)}, namespace="p").findings()
    return finding.verdict


@pytest.mark.parametrize("name", SAME)
def test_what_differs_elsewhere_is_true(name: str) -> None:
    assert judged(*SAME[name]) == Verdict.TRUE


@pytest.mark.parametrize("name", OTHER)
def test_what_is_wrong_is_false(name: str) -> None:
    assert judged(*OTHER[name]) == Verdict.FALSE


def test_a_part_may_leave_out_what_it_does_not_say() -> None:
    assert difference(["b"], ["a", "b", "c"], ["b"], loose=True) is None
    assert difference(["b", "x"], ["a", "b", "c"], ["b", "x"], loose=True)


def test_a_difference_is_at_its_line() -> None:
    found = difference(["a", "b", "c"], ["a", "x", "c"], ["a", "  b", "c"])
    assert found
    assert (found.typed, found.lines) == (1, ("  a", "- b", "+ x", "  c"))
