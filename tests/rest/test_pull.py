"""How the pull of an image goes on that fails."""

from __future__ import annotations

import math
from typing import Any

import pytest

from objects import NOW, ago, made, pod, waiting
from preuve.cluster.objects import Snapshot
from preuve.rest.pull import BACKOFF, PULLS
from preuve.rest.rules import moving

IMAGE = "nginx:1.62"


def unpulled(told: float | None = None) -> dict[str, Any]:
    """A Pod whose image cannot be pulled; of which its kubelet has told something new so many seconds ago."""
    fields = [{"manager": "kube-scheduler", "subresource": "status", "time": ago(1000)}]
    fields += [{"manager": "kubelet", "subresource": "status", "time": ago(told)}] if told is not None else []
    state = waiting(BACKOFF, f'Back-off pulling image "{IMAGE}": ErrImagePull: no such image')
    return pod(state, meta={"managedFields": [{"manager": "kubectl", "time": ago(0)}, *fields]})


def pulled(
    seconds: float,
    count: int = 1,
    *,
    path: str = "spec.containers{c}",
    uid: str = "Pod/web",
    reason: str = "Pulling",
    message: str = f'Pulling image "{IMAGE}"',
) -> dict[str, Any]:
    name = f"{uid}.{reason}.{count}.{message}"
    event = made("Event", name, involvedObject={"uid": uid, "fieldPath": path}, reason=reason, count=count)
    kubelets = {"source": {"component": "kubelet"}, "type": "Normal"}
    return {**event, **kubelets, "message": message, "lastTimestamp": ago(seconds)}


def failed(seconds: float, count: int = 1) -> dict[str, Any]:
    message = f'Failed to pull image "{IMAGE}": no such image'
    return pulled(seconds, count, reason="Failed", message=message) | {"type": "Warning"}


def held(count: int = 24) -> dict[str, Any]:
    return pulled(1, count, reason="BackOff", message=f'Back-off pulling image "{IMAGE}"')


OTHER = 'Pulling image "nginx:1.63"'


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
        ([pulled(12, message=OTHER), pulled(12, uid="Pod/other")], 2, "stays", False),
        ([pulled(4)], None, "not told yet", True),
        ([pulled(12) | {"count": None}], 2, "is to be pulled again", True),
        ([pulled(12) | {"lastTimestamp": None, "source": None}], 2, "stays", False),
        ([pulled(12), held()], 2, "stays", False),
        ([pulled(12), held()], None, "not told yet", True),
        ([pulled(8), held()], 7, "is to be pulled again soon", False),
        ([pulled(12), held()], 11, "is to be pulled again", True),
        ([pulled(30), held()], 12, "is to be pulled again soon", False),
        ([pulled(60), held()], 32, "is to be pulled again", True),
        ([pulled(60), held()], 25, "stays", False),
        ([pulled(12), held(23)], 2, "is to be pulled again", True),
        ([pulled(12), held() | {"involvedObject": {"uid": "Pod/other"}}], 2, "is to be pulled again", True),
        ([pulled(12), held() | {"type": "Warning"}], 2, "is to be pulled again", True),
        ([pulled(540, 4), held()], 5, "is to be pulled again soon", False),
        ([pulled(542, 4), held()], 5, "is to be pulled again", True),
        ([pulled(31), failed(2)], 1, "stays", False),
        ([pulled(31), failed(8)], 7, "is to be pulled again soon", False),
        ([pulled(31), failed(12)], 11, "is to be pulled again", True),
        ([pulled(12, 2), failed(13)], 2, "stays", False),
        ([pulled(35, 2), held(), failed(2, 3)], 20, "not told yet", True),
        ([pulled(35, 2), held(), failed(2, 3)], 1, "stays", False),
        ([pulled(4), failed(2)], 2, "stays", False),
        ([pulled(12, path="spec.containers{other}")], 2, "is to be pulled again", True),
        ([pulled(12, path="")], 2, "is to be pulled again", True),
        ([pulled(38, 3), pulled(12, message=OTHER)], 2, "is to be pulled again soon", False),
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
        "so much, and its status changes for another reason",
        "so much, and its status changes for another reason, and its pause is over",
        "its pause is from the end of a pull, however long that took",
        "the same, and its pause ends soon",
        "the same, and its pause is over",
        "the end of the pull before",
        "that a pull has failed is told, and no status yet",
        "that a pull has failed is told, and its status",
        "both in the same second",
        "another container wants its image too",
        "a volume wants its image",
        "another image, which the container had meanwhile",
    ],
)
def test_a_pull_that_is_tried_again(
    pulls: list[dict[str, Any]], told: float | None, wanted: str, *, looks: bool
) -> None:
    """Rest is in the pause between two: before its end, and once the kubelet has told of the last one."""
    (motion,) = moving(Snapshot([unpulled(told), *pulls], NOW))
    assert motion.why.endswith(BACKOFF if wanted == "stays" else wanted)
    assert motion.patience - (motion.lasted or 0) <= PULLS
    assert (motion.untold < math.inf) == looks


def test_how_long_a_pull_is_waited_for_is_known() -> None:
    """Its pause, not from when one looks: the same motion whenever one does."""
    [first], [second] = (moving(Snapshot([unpulled(2), pulled(seconds)], NOW)) for seconds in (8, 9))
    assert first == second
    assert [motion.patience - (motion.lasted or 0) for motion in (first, second)] == [3, 2]


def test_an_image_that_its_status_does_not_name_is_not_waited_for() -> None:
    """Nobody knows which pulls are its own."""
    [motion] = moving(Snapshot([pod(waiting(BACKOFF)), pulled(12)], NOW))
    assert motion.why.endswith(BACKOFF)
