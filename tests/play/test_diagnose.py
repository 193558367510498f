"""What is shown after a failure: the Pods that are not well, their logs, the events."""

from __future__ import annotations

from typing import Any

import pytest

from preuve.cluster.api import Api, LostError, RefusedError
from preuve.play.diagnose import EVENTS, LINES, diagnose

Json = dict[str, Any]


class Answers(Api):
    """An API that gives what it was told to, else refuses."""

    def __init__(self, answers: Json) -> None:  # of no cluster: nothing of an Api's is made
        self._answers = answers

    def get(self, path: str, **_: str) -> Json:
        found = self._answers.get(path.rpartition("/")[2], [])
        if isinstance(found, Exception):
            raise found
        return {"items": found}

    def text(self, path: str, **query: str) -> str:
        name = path.split("/")[-2]
        found = self._answers.get(f"log {name} {query['container']}")
        if found is None:
            raise RefusedError("no log", 400)
        return str(found)


def pod(name: str, ready: bool, state: Json, **more: Json) -> Json:
    condition = {
        "type": "Ready",
        "status": str(ready),
        "message": "" if ready else "containers with unready status: [c]",
    }
    status = {"name": "c", "ready": ready, "state": state, "containerID": "containerd://1", **more}
    return {
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"nodeName": "node1"},
        "status": {"phase": "Running", "conditions": [condition], "containerStatuses": [status]},
    }


def event(number: int, kind: str = "Normal", count: int = 1) -> Json:
    return {
        "metadata": {"name": str(number)},
        "type": kind,
        "reason": "BackOff",
        "message": f"number {number}\nmore",
        "count": count,
        "involvedObject": {"kind": "Pod", "name": "crash"},
        "lastTimestamp": f"2026-11-23T10:00:{number:02}Z",
    }


CRASH = {
    "waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"},
}
LAST = {"terminated": {"exitCode": 3, "reason": "Error"}}


def test_an_ill_pod_is_told_with_its_log_and_the_events() -> None:
    """A person sees the state, why, the last words, and what happened around it."""
    log = "\n".join(f"line {number}" for number in range(50))
    pods = [
        pod("web", ready=True, state={"running": {}}),
        pod("crash", ready=False, state=CRASH, lastState=LAST),
    ]
    text = diagnose(
        Answers({"pods": pods, "log crash c": log, "events": [event(2, "Warning", 4), event(1)]}), "ns"
    )
    assert text.splitlines() == [
        "crash:",
        "    CrashLoopBackOff on node1",
        "    Ready is False: containers with unready status: [c]",
        "    container c: CrashLoopBackOff: back-off 10s restarting failed container",
        "    container c: before, Error with exit code 3",
        "log of crash, container c:",
        *(f"    line {number}" for number in range(50 - LINES, 50)),
        "events:",
        "      Pod crash: BackOff: number 1",
        "    ! Pod crash: BackOff: number 2 (x4)",
    ]


def test_all_is_well() -> None:
    """Nothing to see is nothing to say."""
    assert diagnose(Answers({"pods": [pod("web", ready=True, state={"running": {}})]}), "ns") == ""


def test_only_the_last_events_are_told() -> None:
    """A namespace may have thousands of them."""
    lines = diagnose(Answers({"events": [event(number) for number in range(50)]}), "ns").splitlines()
    assert len(lines) == EVENTS + 1
    assert "number 49" in lines[-1]


def test_a_pod_on_no_node_is_told_with_its_reason() -> None:
    """What never ran has no log."""
    lonely = pod("lonely", ready=False, state={"waiting": {}})
    condition = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
    lonely["spec"], lonely["status"] = {}, {"phase": "Pending", "conditions": [condition]}
    lines = diagnose(Answers({"pods": [lonely]}), "ns").splitlines()
    assert lines == ["lonely:", "    Pending", "    PodScheduled is False: 0/3 nodes are available"]


@pytest.mark.parametrize("error", [LostError("gone"), RefusedError("no", 403)])
def test_it_never_fails_itself(error: Exception) -> None:
    """The failure that a person has to see is another one."""
    assert "nothing more can be seen" in diagnose(Answers({"pods": error}), "ns")
    assert "no log" in diagnose(Answers({"pods": [pod("crash", ready=False, state=CRASH)]}), "ns")


def test_an_event_about_nothing_is_told() -> None:
    """One that was made in `events.k8s.io` need not say what it is about."""
    told = event(1)
    told["involvedObject"] = {}
    assert diagnose(Answers({"events": [told]}), "ns").splitlines() == [
        "events:",
        "      event: BackOff: number 1",
    ]
