"""When a quota is at rest: it has counted what is there."""

from __future__ import annotations

import math
from typing import Any

import pytest

from objects import DONE, ended, made, pod
from preuve.cluster.objects import Snapshot
from preuve.rest.motion import STUCK
from preuve.rest.quota import moves


def quota(used: dict[str, str], counted: dict[str, str] | None = None, **spec: object) -> dict[str, Any]:
    hard = dict.fromkeys(used, "9")
    status = {"hard": hard if counted is None else counted, "used": used}
    return made("ResourceQuota", "berth", spec={"hard": hard, **spec}, status=status)


def asking(name: str, cpu: str, **spec: object) -> dict[str, Any]:
    container = {"name": "c", "resources": {"requests": {"cpu": cpu}}}
    return pod(name=name, container=container, spec=spec)


ONE, TWO = asking("one", "100m"), asking("two", "0.2")
OVER = pod(ended(0), name="over", status=DONE)
ROOT, NOTES = made("ConfigMap", "kube-root-ca.crt"), made("ConfigMap", "notes")
BELL = made("CronJob", "bell")
SETTLED = [ONE, TWO, ROOT, NOTES, BELL]

QUOTAS = {
    "counted": ([quota({"pods": "2", "configmaps": "2"}), *SETTLED], "rest"),
    "not at all": ([quota({"pods": "2"}, {})], "moves"),
    "by an old measure": ([quota({"pods": "2"}, {"pods": "3"}), ONE, TWO], "moves"),
    "a Pod is gone": ([quota({"pods": "2"}), ONE], "moves"),
    "what it asked for is": ([quota({"requests.cpu": "300m"}), ONE], "moves"),
    "what is left asks for": ([quota({"requests.cpu": "100m"}), ONE], "rest"),
    "by another name": ([quota({"cpu": "300m"}), ONE, TWO], "rest"),
    "a ConfigMap is gone": ([quota({"count/configmaps": "2"}), ROOT], "moves"),
    "a CronJob is gone": ([quota({"count/cronjobs.batch": "1"}), ROOT], "moves"),
    "a CronJob is there": ([quota({"count/cronjobs.batch": "1"}), BELL], "rest"),
    "a finished Pod": ([quota({"pods": "2"}), ONE, TWO, OVER], "rest"),
    "that is an object all the same": ([quota({"count/pods": "3"}), ONE, TWO, OVER], "rest"),
    "nothing is gone": ([quota({"pods": "3"}), ONE, TWO], "moment"),
    "where ConfigMaps are not looked at": ([quota({"configmaps": "1"})], "rest"),
    "of what nobody counts here": ([quota({"requests.nvidia.com/gpu": "1"})], "rest"),
    "of some Pods": ([quota({"pods": "0"}, scopes=["Terminating"]), ONE], "rest"),
    "of Pods that ask at several times": (
        [quota({"requests.cpu": "2"}), asking("one", "1", initContainers=[{"name": "first"}])],
        "rest",
    ),
}


@pytest.mark.parametrize(("objects", "wanted"), QUOTAS.values(), ids=QUOTAS)
def test_a_quota(objects: list[dict[str, Any]], wanted: str) -> None:
    """It counts anew what is gone; what a refused request left in its books stays there for minutes."""
    motions = list(moves(objects[0], Snapshot(objects), Snapshot(SETTLED)))
    assert [wanted] == (["moves" if motion.patience > STUCK else "moment" for motion in motions] or ["rest"])


def test_a_quota_that_has_counted_what_is_gone_and_then_too_much_comes_to_rest() -> None:
    """A Pod was deleted, then one was refused that is there already: no count follows for minutes."""
    over = quota({"pods": "2"})
    (motion,) = moves(over, Snapshot([over, TWO]), Snapshot([ONE, TWO]))
    assert STUCK < motion.patience < math.inf
