"""Objects as the API server gives them, and whether the rules say that they are at rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from preuve.cluster.kinds import KINDS
from preuve.cluster.objects import Snapshot
from preuve.cluster.report import Process, Report
from preuve.rest.rules import moving

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preuve.cluster.objects import Object


NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def version(kind: str) -> str:
    """Of a kind's API, as an object bears it; of one that nobody looks at, whatever."""
    api = KINDS[kind].api if kind in KINDS else "/apis/home.example/v1"
    return api.partition("/api")[2].removeprefix("s").removeprefix("/")


def made(
    kind: str, name: str, /, owner: Object | None = None, *, meta: Object | None = None, **fields: object
) -> dict[str, Any]:
    """An object; `meta` is merged into its metadata."""
    metadata = {"name": name, "uid": f"{kind}/{name}", "generation": 1, "creationTimestamp": ago(20)}
    metadata |= meta or {}
    if owner:
        reference = {
            "apiVersion": version(owner["kind"]),
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
        }
        metadata["ownerReferences"] = [{**reference, "controller": True}]
    return {"kind": kind, "metadata": metadata, **fields}


def running(**more: object) -> dict[str, Any]:
    return {
        "name": "c",
        "containerID": "containerd://1",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": ago(100)}},
        **more,
    }


def waiting(reason: str, message: str = "", **more: object) -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": message}}
    return {"name": "c", "ready": False, "started": False, "state": state, **more}


def ended(code: int, **more: object) -> dict[str, Any]:
    state = {"terminated": {"exitCode": code, "startedAt": ago(2), "finishedAt": ago(1)}}
    return {"name": "c", "containerID": "containerd://1", "ready": False, "state": state, **more}


PROBED = {"name": "c", "image": "nginx", "readinessProbe": {"httpGet": {"path": "/", "port": 80}}}


BARE = {"name": "c", "image": "nginx"}


def pod(
    state: dict[str, Any] | None = None,
    /,
    name: str = "web",
    container: dict[str, Any] = PROBED,
    *,
    owner: Object | None = None,
    meta: Object | None = None,
    spec: Object | None = None,
    status: Object | None = None,
) -> dict[str, Any]:
    """A Pod on node1, Ready if its container is; `spec`, `status` and `meta` are merged into it."""
    state = running() if state is None else state
    ready = "True" if state.get("ready") else "False"
    conditions = [{"type": "Ready", "status": ready}, {"type": "PodReadyToStartContainers", "status": "True"}]
    return made(
        "Pod",
        name,
        owner,
        meta={"labels": {"app": "web"}, **(meta or {})},
        spec={"nodeName": "node1", "containers": [container], **(spec or {})},
        status={
            "phase": "Running",
            "observedGeneration": 1,
            "podIPs": [{"ip": f"10.0.0.{len(name)}"}],
            "conditions": conditions,
            "containerStatuses": [state],
            **(status or {}),
        },
    )


def node(ready: str = "True", taints: tuple[str, ...] = ()) -> dict[str, Any]:
    marks = [{"key": f"node.kubernetes.io/{taint}", "effect": "NoExecute"} for taint in taints]
    return made(
        "Node", "node1", spec={"taints": marks}, status={"conditions": [{"type": "Ready", "status": ready}]}
    )


def crash(pause: int, before: float) -> dict[str, Any]:
    """A container held back for `pause` seconds since it ended, `before` seconds ago."""
    last = {"terminated": {"exitCode": 1, "startedAt": ago(before + 1), "finishedAt": ago(before)}}
    message = f"back-off {pause}s restarting failed container=c pod=web_x(1)"
    return waiting("CrashLoopBackOff", message, lastState=last, restartCount=3)


NEVER = {"restartPolicy": "Never"}


DONE = {"phase": "Succeeded", "conditions": [{"type": "Ready", "status": "False", "reason": "PodCompleted"}]}


def unscheduled(reason: str = "Unschedulable", **more: str) -> dict[str, Any]:
    condition = {"type": "PodScheduled", "status": "False", "reason": reason, "message": "no node fits"}
    status = {"phase": "Pending", "conditions": [condition], "containerStatuses": [], **more}
    return pod(spec={"nodeName": ""}, status=status)


def verdict(
    objects: list[dict[str, Any]],
    settled: list[dict[str, Any]] | None = None,
    **more: Any,  # noqa: ANN401 - as a Snapshot takes it
) -> str:
    """Say ``rest``, ``moment`` if it is rest when it lasts, ``awaited`` if for long, or ``moves``."""
    motions = moving(Snapshot(objects, NOW, **more), Snapshot(settled) if settled else None)
    patience = max((motion.patience for motion in motions), default=0)
    return "rest" if not motions else "moment" if patience <= 10 else "awaited" if patience <= 60 else "moves"


def process(lived: float = 100, used: float = 1, runs: int = 9, *, asleep: bool = True) -> Process:
    return Process(lived, used, runs, asleep=asleep)


def seen(running: Process | None = None, **volumes: Mapping[str, bytes]) -> dict[str, Report]:
    """What node1 says: of the container of `pod`, and of its volumes."""
    held = {("Pod/web", name): files for name, files in volumes.items()}
    return {"node1": Report({"containerd://1": running} if running else {}, held)}
