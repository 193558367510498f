"""How the pull of an image goes on that fails."""

from __future__ import annotations

import math
from typing import Any

import pytest

from objects import NOW, ago, made, pod, waiting
from preuve.cluster.objects import Snapshot
from preuve.rest.pull import BACKOFF
from preuve.rest.rules import moving


def unpulled(told: float | None = None) -> dict[str, Any]:
    """A Pod whose image cannot be pulled; of which its kubelet has told something new so many seconds ago."""
    fields = [{"manager": "kube-scheduler", "subresource": "status", "time": ago(1000)}]
    fields += [{"manager": "kubelet", "subresource": "status", "time": ago(told)}] if told is not None else []
    return pod(waiting(BACKOFF), meta={"managedFields": [{"manager": "kubectl", "time": ago(0)}, *fields]})


def pulled(
    seconds: float, count: int = 1, *, container: str = "c", uid: str = "Pod/web", reason: str = "Pulling"
) -> dict[str, Any]:
    about = {"uid": uid, "fieldPath": f"spec.containers{{{container}}}"}
    event = made("Event", f"{uid}.{reason}.{count}", involvedObject=about, reason=reason, count=count)
    return {**event, "lastTimestamp": ago(seconds), "source": {"component": "kubelet"}}


@pytest.mark.parametrize(
    ("pulls", "told", "wanted", "looks"),
    [
        ([], 1, "stays", False),
        ([pulled(4)], 2, "stays", False),
        ([pulled(8)], 2, "is to be pulled again soon", False),
        ([pulled(12)], 2, "is to be pulled again", True),
        ([pulled(12, 2)], 2, "stays", False),
        ([pulled(18, 2)], 2, "is to be pulled again soon", False),
        ([pulled(4, 2)], 4, "not told yet", True),
        ([pulled(12), pulled(4)], 2, "stays", False),
        ([pulled(12, container="other"), pulled(12, uid="Pod/other")], 2, "stays", False),
        ([pulled(4)], None, "not told yet", True),
        ([pulled(12) | {"count": None}], 2, "is to be pulled again", True),
        ([pulled(12) | {"lastTimestamp": None, "source": None}], 2, "stays", False),
        ([pulled(12), pulled(1, 24, reason="BackOff")], 2, "stays", False),
        ([pulled(12), pulled(1, 24, reason="BackOff")], None, "not told yet", True),
        ([pulled(8), pulled(1, 24, reason="BackOff")], 7, "is to be pulled again soon", False),
        ([pulled(12), pulled(1, 24, reason="BackOff")], 11, "is to be pulled again", True),
        ([pulled(30), pulled(1, 24, reason="BackOff")], 12, "is to be pulled again soon", False),
        ([pulled(60), pulled(1, 24, reason="BackOff")], 32, "is to be pulled again", True),
        ([pulled(60), pulled(1, 24, reason="BackOff")], 25, "stays", False),
        ([pulled(12), pulled(1, 23, reason="BackOff")], 2, "is to be pulled again", True),
        ([pulled(12), pulled(1, 24, reason="BackOff", uid="Pod/other")], 2, "is to be pulled again", True),
        (
            [pulled(12), pulled(1, 24, reason="Failed") | {"type": "Warning"}],
            2,
            "is to be pulled again",
            True,
        ),
    ],
    ids=[
        "nobody tells of a pull",
        "it has just been pulled",
        "its pause ends soon",
        "its pause is over",
        "its second pause is not",
        "its second pause ends soon",
        "pulled again",
        "of two events, the last",
        "of others",
        "nothing told since",
        "told of once",
        "told in another way",
        "its kubelet has told so much of it that it tells no more, and its status has changed since",
        "so much, and its status has not changed since",
        "so much, and its pause ends soon",
        "so much, and its pause is over",
        "so much, and the pause after a pull that nobody told of ends soon",
        "so much, and the pause after a pull that nobody told of is over",
        "so much, and it was pulled twice more",
        "nearly so much",
        "so much of another",
        "so many warnings, which are counted by themselves",
    ],
)
def test_a_pull_that_is_tried_again(
    pulls: list[dict[str, Any]], told: float | None, wanted: str, *, looks: bool
) -> None:
    """Rest is in the pause between two: before its end, and once the kubelet has told of the last one."""
    (motion,) = moving(Snapshot([unpulled(told), *pulls], NOW))
    assert motion.why.endswith(BACKOFF if wanted == "stays" else wanted)
    assert motion.ends
    assert (motion.untold < math.inf) == looks


def test_how_long_a_pull_is_waited_for_is_known() -> None:
    """Its pause, not from when one looks: the same motion whenever one does."""
    [first], [second] = (moving(Snapshot([unpulled(2), pulled(seconds)], NOW)) for seconds in (8, 9))
    assert first == second
    assert [motion.patience - (motion.lasted or 0) for motion in (first, second)] == [3, 2]
