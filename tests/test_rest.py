"""When a namespace is at rest, told from its objects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preuve.objects import Snapshot, matches
from preuve.rest import moving

if TYPE_CHECKING:
    from random import Random

    from preuve.objects import Object

NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def made(kind: str, name: str, /, owner: Object | None = None, **fields: object) -> dict[str, Any]:
    """An object; `meta` is merged into its metadata."""
    meta = {"name": name, "uid": f"{kind}/{name}", "generation": 1, **fields.pop("meta", {})}
    if owner:
        reference = {
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
        }
        meta["ownerReferences"] = [{**reference, "controller": True}]
    return {"kind": kind, "metadata": meta, **fields}


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
    **more: object,
) -> dict[str, Any]:
    """A Pod on node1, Ready if its container is; `spec`, `status` and `meta` are merged into it."""
    state = running() if state is None else state
    ready = "True" if state.get("ready") else "False"
    conditions = [{"type": "Ready", "status": ready}, {"type": "PodReadyToStartContainers", "status": "True"}]
    return made(
        "Pod",
        name,
        more.pop("owner", None),
        meta={"labels": {"app": "web"}, **more.pop("meta", {})},
        spec={"nodeName": "node1", "containers": [container], **more.pop("spec", {})},
        status={
            "phase": "Running",
            "observedGeneration": 1,
            "podIPs": [{"ip": f"10.0.0.{len(name)}"}],
            "conditions": conditions,
            "containerStatuses": [state],
            **more.pop("status", {}),
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


PODS = {
    "ready, with a probe": (pod(), "rest"),
    "ready, without a probe": (pod(container=BARE), "moment"),
    "finished well": (pod(ended(0), status=DONE, spec=NEVER), "rest"),
    "finished badly": (pod(ended(1), status={"phase": "Failed"}, spec=NEVER), "rest"),
    "new": (pod(spec={"nodeName": ""}, status={"conditions": []}), "moves"),
    "on no node": (unscheduled(), "moment"),
    "gated": (unscheduled("SchedulingGated"), "moment"),
    "about to evict another Pod": (unscheduled(nominatedNodeName="node1"), "moves"),
    "its node knows an older generation": (pod(meta={"generation": 2}), "moves"),
    "creating": (pod(waiting("ContainerCreating")), "moves"),
    "not yet on its node's list": (pod(status={"containerStatuses": []}), "moves"),
    "ErrImagePull": (pod(waiting("ErrImagePull")), "moves"),
    "ImagePullBackOff": (pod(waiting("ImagePullBackOff")), "moment"),
    "CreateContainerConfigError": (pod(waiting("CreateContainerConfigError")), "moment"),
    "InvalidImageName": (pod(waiting("InvalidImageName")), "moment"),
    "command not found": (pod(waiting("RunContainerError")), "moves"),
    "crashed, to be restarted": (pod(ended(1)), "moves"),
    "ended well, to be restarted": (pod(ended(0)), "moves"),
    "ended well, not to be restarted": (pod(ended(0), spec={"restartPolicy": "OnFailure"}), "moves"),
    "crash loop": (pod(crash(pause=20, before=5)), "rest"),
    "crash loop, about to restart": (pod(crash(pause=10, before=9)), "moves"),
    "runs, never Ready": (pod(running(ready=False)), "moves"),
    "runs, not Ready, without a probe": (pod(running(ready=False), container=BARE), "moves"),
    "ready, its Ready condition not yet": (pod(status={"conditions": []}), "moves"),
    "a readiness gate that nobody opens": (
        pod(spec={"readinessGates": [{"conditionType": "x/y"}]}, status={"conditions": []}),
        "moment",
    ),
    "being resized": (
        pod(status={"conditions": [{"type": "PodResizeInProgress", "status": "True"}]}),
        "moves",
    ),
    "being deleted": (pod(meta={"deletionTimestamp": ago(1)}), "moves"),
    "kept by Kubernetes' own finalizer": (
        pod(meta={"deletionTimestamp": ago(1), "finalizers": ["batch.kubernetes.io/job-tracking"]}),
        "moves",
    ),
    "kept by somebody's finalizer": (
        pod(meta={"deletionTimestamp": ago(1), "finalizers": ["example.com/keep"]}),
        "moment",
    ),
    "its owner is gone": (pod(owner=made("ReplicaSet", "gone")), "moves"),
    "its owner is of a kind that nobody looks at": (pod(owner=made("Website", "w")), "rest"),
}


def verdict(objects: list[dict[str, Any]], settled: list[dict[str, Any]] | None = None) -> str:
    """Say ``rest``, ``moment`` if it is rest when it lasts, or ``moves``."""
    motions = moving(Snapshot(objects, NOW), Snapshot(settled) if settled else None)
    return (
        "rest" if not motions else "moment" if all(motion.patience <= 10 for motion in motions) else "moves"
    )


@pytest.mark.parametrize(("obj", "wanted"), PODS.values(), ids=PODS)
def test_a_pod(obj: dict[str, Any], wanted: str) -> None:
    """A Pod is at rest when it is Ready, over, or in a state that it stays in by itself."""
    assert verdict([obj, node()]) == wanted


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ('configmap "missing" not found', "moment"),
        ("references non-existent config key: port", "moment"),
        ("failed to sync configmap cache: timed out", "moves"),
    ],
)
def test_a_volume_that_never_comes_is_told_by_an_event(message: str, wanted: str) -> None:
    """The Pod itself is being created for ever; a mount that fails for another reason is tried again."""
    creating = pod(waiting("ContainerCreating"))
    about = {"uid": creating["metadata"]["uid"]}
    event = made("Event", "web.1", involvedObject=about, reason="FailedMount", message=message)
    assert verdict([creating, event]) == wanted
    assert verdict([pod(waiting("ContainerCreating"), name="other"), event]) == "moves"


@pytest.mark.parametrize(
    ("state", "untold", "lacks"),
    [
        (waiting("ErrImagePull"), True, ""),
        (waiting("RegistryUnavailable"), True, ""),
        (waiting("SignatureValidationFailed"), True, ""),
        (waiting("RunContainerError"), True, ""),
        (waiting("PostStartHookError"), True, ""),
        (ended(1), True, ""),
        (waiting("CreateContainerConfigError", 'secret "key" not found'), True, "secrets/key"),
        (waiting("ImagePullBackOff"), False, ""),
        (waiting("ContainerCreating"), False, ""),
        (running(ready=False), False, ""),
    ],
)
def test_what_a_kubelet_keeps_to_itself(state: dict[str, Any], untold: bool, lacks: str) -> None:
    """It is made to look where a back-off is published late, or where what was missing may be there."""
    (motion,) = moving(Snapshot([pod(state)], NOW))
    assert (motion.untold, motion.lacks) == (untold, lacks)


def test_what_a_volume_lacks_is_told() -> None:
    """So that one can see whether it has come."""
    creating = pod(waiting("ContainerCreating"))
    event = made(
        "Event",
        "web.1",
        involvedObject={"uid": creating["metadata"]["uid"]},
        reason="FailedMount",
        message='MountVolume.SetUp failed for volume "v" : configmap "web" not found',
    )
    (motion,) = moving(Snapshot([creating, event], NOW))
    assert motion.lacks == "configmaps/web"


def test_a_pod_without_a_generation_is_seen() -> None:
    """A kubelet that tells of none has not missed one."""
    old = pod(meta={"generation": 2})
    del old["status"]["observedGeneration"]
    assert verdict([old]) == "rest"


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ({"operator": "In", "values": ["web", "db"]}, [True, False, False]),
        ({"operator": "NotIn", "values": ["web", "db"]}, [False, True, True]),
        ({"operator": "Exists"}, [True, True, False]),
        ({"operator": "DoesNotExist"}, [False, False, True]),
    ],
)
def test_a_selector_s_expression(expression: dict[str, Any], wanted: list[bool]) -> None:
    """As Kubernetes reads it: a label that is not there is in no list."""
    selector = {"matchExpressions": [{"key": "app", **expression}]}
    assert [matches(selector, found) for found in ({"app": "web"}, {"app": "x"}, {})] == wanted


def test_a_never_ready_pod_is_named_with_its_probe() -> None:
    """What keeps a namespace from settling is told so that the author can mend it."""
    (motion,) = moving(Snapshot([pod(running(ready=False))]))
    why = "container c runs but is not Ready: its readiness probe (httpGet :80/) has not succeeded"
    assert str(motion) == f"Pod web: {why}"


@pytest.mark.parametrize(("life", "patience"), [(0, 3.5), (1, 5.5), (5, 13.5), (60, 1.5)])
def test_a_restarted_container_must_outlive_its_last_life(life: int, patience: float) -> None:
    """A container that ended soon after its start may do so again; one that was up for long is trusted."""
    last = {"terminated": {"exitCode": 1, "startedAt": ago(life + 3), "finishedAt": ago(3)}}
    (motion,) = moving(Snapshot([pod(running(lastState=last), container=BARE)]))
    assert motion.patience == patience


@pytest.mark.parametrize(
    ("states", "wanted"),
    [
        ([], "moves"),
        ([running(name="i")], "moves"),
        ([ended(0, name="i")], "rest"),
        ([ended(1, name="i")], "moves"),
        ([crash(20, 5) | {"name": "i"}], "rest"),
        ([waiting("ImagePullBackOff", name="i")], "moment"),
    ],
)
def test_init_containers_come_first(states: list[dict[str, Any]], wanted: str) -> None:
    """What a Pod's other containers wait for tells whether it moves."""
    over = bool(states) and states[0]["state"].get("terminated", {}).get("exitCode") == 0
    status = running() if over else waiting("PodInitializing")
    spec = {"initContainers": [{"name": "i", "image": "busybox"}]}
    assert verdict([pod(status, spec=spec, status={"initContainerStatuses": states})]) == wanted


def test_a_sidecar_runs_beside_the_others() -> None:
    """An init container that is always restarted is not waited for to its end, but to its start."""
    spec = {"initContainers": [{"name": "s", "image": "busybox", "restartPolicy": "Always"}]}
    up = {"initContainerStatuses": [running(name="s", containerID="containerd://2")]}
    starting = {"initContainerStatuses": [running(name="s", ready=False, started=False)]}
    assert verdict([pod(spec=spec, status=up)]) == "moment"
    assert verdict([pod(spec=spec, status=starting)]) == "moves"


@pytest.mark.parametrize(
    ("sidecar", "wanted"),
    [
        (waiting("ImagePullBackOff", name="s"), "moment"),
        (waiting("PodInitializing", name="s"), "moves"),
        (running(name="s", containerID="containerd://2"), "moves"),
    ],
)
def test_the_others_wait_for_a_sidecar(sidecar: dict[str, Any], wanted: str) -> None:
    """They move no more if it does not; they are about to start once it has."""
    spec = {"initContainers": [{"name": "s", "image": "busybox", "restartPolicy": "Always"}]}
    others = pod(waiting("PodInitializing"), spec=spec, status={"initContainerStatuses": [sidecar]})
    assert verdict([others]) == wanted


@pytest.mark.parametrize(("limit", "wanted"), [(3, "moves"), (6, "rest")])
def test_a_job_that_soon_gives_up_is_waited_for(limit: int, wanted: str) -> None:
    """It restarts its Pod but so often: a loop that ends in half a minute is none to be looked at."""
    owner = made("Job", "once", spec={"backoffLimit": limit}, status={"conditions": [], "active": 1})
    looping = pod(crash(pause=20, before=5), owner=owner)
    assert all(motion.ends for motion in moving(Snapshot([owner, looping], NOW))) == (wanted == "rest")


def test_a_debug_container_is_waited_for_until_it_runs() -> None:
    """`kubectl debug` adds a container to a Pod; nobody waits for its end."""
    spec = {"ephemeralContainers": [{"name": "d", "image": "busybox"}]}
    for status, wanted in ((waiting("ContainerCreating", name="d"), "moves"), (ended(1, name="d"), "rest")):
        assert verdict([pod(spec=spec, status={"ephemeralContainerStatuses": [status]})]) == wanted


def test_a_changed_image_is_waited_for() -> None:
    """The kubelet sees a new image before it stops the old container, which is still Ready."""
    before, after = pod(), pod(container={**PROBED, "image": "nginx:1.26"})
    assert verdict([after], settled=[before]) == "moves"
    restarted = pod(running(containerID="containerd://2"), container={**PROBED, "image": "nginx:1.26"})
    assert verdict([restarted], settled=[before]) == "rest"


@pytest.mark.parametrize(
    ("ready", "taints", "pod_ready", "wanted"),
    [
        ("True", (), True, "rest"),
        ("Unknown", (), True, "moves"),
        ("Unknown", ("unreachable",), True, "moves"),
        ("Unknown", ("unreachable",), False, "moment"),
        ("True", ("unreachable",), False, "moves"),
    ],
)
def test_a_lost_node(ready: str, taints: tuple[str, ...], pod_ready: bool, wanted: str) -> None:
    """A Pod on a node that is gone stays as it is, once the cluster has said so of both."""
    obj = pod(status={"conditions": [{"type": "Ready", "status": str(pod_ready)}]})
    assert verdict([obj, node(ready, taints)]) == wanted


@pytest.mark.parametrize(("ready", "taints"), [("Unknown", ()), ("True", ("unreachable",))])
def test_a_node_moves_until_its_condition_and_its_taint_agree(ready: str, taints: tuple[str, ...]) -> None:
    """Whether or not a Pod of the page's is on it."""
    assert verdict([node(ready, taints)]) == "moves"


def test_a_pod_cannot_leave_a_lost_node() -> None:
    """Nobody is there to stop its containers: it is being deleted for as long as the node is gone."""
    obj = pod(meta={"deletionTimestamp": ago(1)})
    assert verdict([obj, node("Unknown", ("unreachable",))]) == "moment"


def deployment(
    want: int = 2, have: int = 2, updated: int = 2, available: int = 2, **spec: object
) -> dict[str, Any]:
    counts = {"replicas": have, "updatedReplicas": updated, "availableReplicas": available}
    return made(
        "Deployment", "web", spec={"replicas": want, **spec}, status={"observedGeneration": 1, **counts}
    )


def replicas(
    owner: Object | None = None, want: int = 2, have: int = 2, ready: int = 2, **more: object
) -> dict[str, Any]:
    counts = {"replicas": have, "readyReplicas": ready, "availableReplicas": more.pop("available", ready)}
    return made(
        "ReplicaSet",
        more.pop("name", "web-1"),
        owner,
        meta=more.pop("meta", {}),
        spec={"replicas": want, "selector": {"matchLabels": {"app": "web"}}},
        status={"observedGeneration": 1, **counts, **more},
    )


def rollout(deploy: dict[str, Any], *pods: dict[str, Any], **counts: object) -> list[dict[str, Any]]:
    """A Deployment, its ReplicaSet and its Pods."""
    owner = replicas(deploy, **counts)
    for number, each in enumerate(pods):
        each["metadata"] |= {"name": f"web-{number}", "uid": f"pod {number}"}
        each["metadata"]["ownerReferences"] = [
            {"kind": "ReplicaSet", "name": "web-1", "uid": owner["metadata"]["uid"], "controller": True}
        ]
    return [deploy, owner, *pods]


BAD = waiting("ImagePullBackOff")
FAILURE = [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}]

ROLLOUTS = {
    "complete": (rollout(deployment(), pod(), pod()), "rest"),
    "not seen yet": (
        rollout({**deployment(), "metadata": {**deployment()["metadata"], "generation": 2}}, pod(), pod()),
        "moves",
    ),
    "no ReplicaSet yet": ([deployment(have=0, updated=0, available=0)], "moves"),
    "no Pod yet": (rollout(deployment(have=2, available=0), have=0, ready=0), "moves"),
    "one Pod to come up": (
        rollout(deployment(available=1), pod(), pod(waiting("ContainerCreating")), ready=1),
        "moves",
    ),
    "all Ready, the count behind": (rollout(deployment(available=1), pod(), pod()), "moves"),
    "Ready, not for long enough": (rollout(deployment(available=1), pod(), pod(), available=1), "moves"),
    "one old Pod to go": (rollout(deployment(have=3), pod(), pod()), "moves"),
    "a bad image": (rollout(deployment(available=0), pod(BAD), pod(BAD), ready=0), "moment"),
    "a bad image, the old Pods serving": (
        [*rollout(deployment(have=3, updated=1, available=2), pod(BAD), want=1, have=1, ready=0)],
        "moment",
    ),
    "a bad image beside one that is being pulled": (
        rollout(deployment(available=0), pod(BAD), pod(waiting("ContainerCreating")), ready=0),
        "moves",
    ),
    "a crash loop": (rollout(deployment(available=1), pod(), pod(crash(20, 5)), ready=1), "moment"),
    "no room for its Pods": (
        rollout(deployment(have=0, updated=0, available=0), have=0, ready=0, conditions=FAILURE),
        "moment",
    ),
    "paused half-way": (rollout(deployment(have=2, updated=0, paused=True), pod(), pod()), "moment"),
    "to zero": (rollout(deployment(want=0, have=0, updated=0, available=0), want=0, have=0, ready=0), "rest"),
    "to zero, not seen yet": (
        [{**deployment(want=0), "status": {}}, replicas(deployment(), want=0, have=0, ready=0)],
        "moves",
    ),
    "to zero, Pods left": (rollout(deployment(want=0), pod(), pod(), want=0), "moves"),
}


@pytest.mark.parametrize(("objects", "wanted"), ROLLOUTS.values(), ids=ROLLOUTS)
def test_a_deployment(objects: list[dict[str, Any]], wanted: str) -> None:
    """A rollout is over when it is complete, or when one of its Pods is stuck for good."""
    assert verdict(objects) == wanted


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [({}, "rest"), ({"ready": 1, "available": 1}, "moves"), ({"available": 1}, "moves")],
    ids=["complete", "a Ready Pod not counted yet", "Ready, not for long enough"],
)
def test_a_replicaset_of_nobody(counts: dict[str, int], wanted: str) -> None:
    """Without a Deployment its own counts are what `get replicaset` shows: they follow the Pods."""
    owner = replicas(**counts)
    assert verdict([owner, pod(name="a", owner=owner), pod(name="bc", owner=owner)]) == wanted


def test_a_killed_pod_is_replaced() -> None:
    """A ReplicaSet moves from the moment its Pod is gone, before it says so itself."""
    assert verdict(rollout(deployment(), pod())) == "moves"


def test_a_pod_without_owner_is_adopted() -> None:
    """A Pod that a selector matches is the ReplicaSet's in a moment."""
    assert verdict([*rollout(deployment(), pod(), pod()), pod(name="alone")]) == "moves"
    assert verdict([*rollout(deployment(), pod(), pod()), pod(name="other", meta={"labels": {}})]) == "rest"


def test_a_relabelled_pod_is_released() -> None:
    """A Pod that a selector no more matches is nobody's in a moment."""
    assert verdict(rollout(deployment(), pod(), pod(meta={"labels": {"app": "out"}}))) == "moves"


def test_the_cause_of_a_change_reaches_the_history() -> None:
    """`rollout history` reads the ReplicaSet, which a note on the Deployment reaches later."""
    revision = {"deployment.kubernetes.io/revision": "2"}
    noted = {**revision, "kubernetes.io/change-cause": "nginx 1.26"}
    deploy, owner, *pods = rollout(deployment(), pod(), pod())
    deploy["metadata"]["annotations"], owner["metadata"]["annotations"] = noted, revision
    assert verdict([deploy, owner, *pods]) == "moment"
    deploy["spec"]["paused"] = True
    assert verdict([deploy, owner, *pods]) == "rest"
    deploy["spec"]["paused"], owner["metadata"]["annotations"] = False, noted
    assert verdict([deploy, owner, *pods]) == "rest"


def stateful(
    want: int = 1, updated: int = 1, strategy: dict[str, Any] | None = None, **more: object
) -> dict[str, Any]:
    counts = {"replicas": want, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": updated}
    status = {"observedGeneration": 1, "currentRevision": "a", "updateRevision": "a", **counts, **more}
    return made("StatefulSet", "db", spec={"replicas": 1, "updateStrategy": strategy or {}}, status=status)


def daemons(by_hand: bool = False, **more: int) -> dict[str, Any]:
    fields = (
        "desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberReady",
        "numberAvailable",
    )  # fmt: skip
    counts = {**dict.fromkeys(fields, 1), **more}
    spec = {"updateStrategy": {"type": "OnDelete"}} if by_hand else {}
    return made("DaemonSet", "log", spec=spec, status={"observedGeneration": 1, **counts})


def job(*conditions: str, suspend: bool = False, **counts: int) -> dict[str, Any]:
    found = [{"type": each, "status": "True"} for each in conditions]
    return made("Job", "once", spec={"suspend": suspend}, status={"conditions": found, **counts})


def budget(counted: int, selector: dict[str, Any] | None = None, seen: int = 1) -> dict[str, Any]:
    status = {"observedGeneration": seen, "currentHealthy": counted}
    return made("PodDisruptionBudget", "web", spec={"selector": selector, "minAvailable": 1}, status=status)


def autoscaler(**status: object) -> dict[str, Any]:
    target = {"kind": "Deployment", "name": "web"}
    return made("HorizontalPodAutoscaler", "web", spec={"scaleTargetRef": target}, status=status)


LOOKED = {"conditions": [{"type": "AbleToScale", "status": "True"}]}
WEB = {"matchLabels": {"app": "web"}}
PARTITION = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
OWN, DAEMON = {"owner": stateful()}, {"owner": daemons()}
OTHERS = {
    "StatefulSet: complete": ([stateful(), pod(**OWN)], "rest"),
    "StatefulSet: rolling": ([stateful(updated=0, updateRevision="b"), pod(**OWN)], "moves"),
    "StatefulSet: rolled down to its partition": (
        [stateful(updated=0, updateRevision="b", strategy=PARTITION), pod(**OWN)],
        "rest",
    ),
    "StatefulSet: to be updated by hand": (
        [stateful(updated=0, updateRevision="b", strategy={"type": "OnDelete"}), pod(**OWN)],
        "rest",
    ),
    "StatefulSet: one Pod to go": ([stateful(want=2), pod(**OWN)], "moves"),
    "StatefulSet: Ready, not for long enough": ([stateful(availableReplicas=0), pod(**OWN)], "moves"),
    "StatefulSet: its Pod failed, to be replaced": (
        [stateful(availableReplicas=0), pod(ended(1), status={"phase": "Failed"}, **OWN)],
        "moves",
    ),
    "StatefulSet: its Pod cannot leave a lost node": (
        [
            stateful(readyReplicas=0, availableReplicas=0),
            pod(running(ready=False), meta={"deletionTimestamp": ago(1)}, **OWN),
            node("Unknown", ("unreachable",)),
        ],
        "moment",
    ),
    "StatefulSet: its first Pod stuck": (
        [stateful(readyReplicas=0, availableReplicas=0), pod(BAD, **OWN)],
        "moment",
    ),
    "StatefulSet: a Ready Pod not counted yet": ([stateful(readyReplicas=0), pod(**OWN)], "moves"),
    "DaemonSet: complete": ([daemons(), pod(**DAEMON)], "rest"),
    "DaemonSet: its Pod is gone, it does not know": ([daemons()], "moves"),
    "DaemonSet: a Ready Pod not counted yet": ([daemons(numberReady=0), pod(**DAEMON)], "moves"),
    "DaemonSet: a Pod that failed counts no more": (
        [daemons(), pod(**DAEMON), pod(ended(1), name="x", status={"phase": "Failed"}, **DAEMON)],
        "rest",
    ),
    "DaemonSet: not seen yet": (
        [{**daemons(), "metadata": {**daemons()["metadata"], "generation": 2}}],
        "moves",
    ),
    "DaemonSet: one node to go": ([daemons(desiredNumberScheduled=2), pod(**DAEMON)], "moves"),
    "DaemonSet: a node too many": (
        [daemons(desiredNumberScheduled=0, updatedNumberScheduled=0, numberAvailable=0), pod(**DAEMON)],
        "moves",
    ),
    "DaemonSet: rolling": ([daemons(updatedNumberScheduled=0), pod(**DAEMON)], "moves"),
    "DaemonSet: to be updated by hand": (
        [daemons(by_hand=True, updatedNumberScheduled=0), pod(**DAEMON)],
        "rest",
    ),
    "DaemonSet: Ready, not for long enough": ([daemons(numberAvailable=0), pod(**DAEMON)], "moves"),
    "DaemonSet: its Pod stuck": (
        [daemons(numberReady=0, numberAvailable=0), pod(BAD, **DAEMON)],
        "moment",
    ),
    "DaemonSet: a Pod where none should be": ([daemons(numberMisscheduled=1), pod(**DAEMON)], "moves"),
    "Job: running": ([job(active=1), pod(spec=NEVER, owner=job())], "moves"),
    "Job: over": ([job("Complete", succeeded=1)], "rest"),
    "Job: failed": ([job("Failed", failed=1)], "rest"),
    "Job: to be tried again": ([job(failed=1)], "moves"),
    "Job: a bad image": ([job(active=1), pod(BAD, spec=NEVER, owner=job())], "moment"),
    "Job: suspended": ([job("Suspended", suspend=True)], "rest"),
    "Job: being suspended": ([job(suspend=True)], "moves"),
    "PersistentVolumeClaim: bound": ([made("PersistentVolumeClaim", "c", status={"phase": "Bound"})], "rest"),
    "PersistentVolumeClaim: nothing for it": (
        [made("PersistentVolumeClaim", "c", status={"phase": "Pending"})],
        "moment",
    ),
    "PersistentVolumeClaim: being made": (
        [
            made(
                "PersistentVolumeClaim",
                "c",
                meta={"annotations": {"volume.kubernetes.io/storage-provisioner": "x"}},
                status={"phase": "Pending"},
            )
        ],
        "moves",
    ),
    "ResourceQuota: counted": (
        [made("ResourceQuota", "q", spec={"hard": {"pods": "2"}}, status={"hard": {"pods": "2"}})],
        "rest",
    ),
    "ResourceQuota: new": ([made("ResourceQuota", "q", spec={"hard": {"pods": "2"}}, status={})], "moves"),
    "PodDisruptionBudget: counted": ([budget(1, WEB), pod(**OWN), stateful()], "rest"),
    "PodDisruptionBudget: of all Pods": ([budget(1, {}), pod(**OWN), stateful()], "rest"),
    "PodDisruptionBudget: of none": ([budget(0), pod(**OWN), stateful()], "rest"),
    "PodDisruptionBudget: not seen yet": ([budget(0, seen=0)], "moves"),
    "PodDisruptionBudget: behind its Pods": ([budget(0, WEB), pod(**OWN), stateful()], "moves"),
    "HorizontalPodAutoscaler: new": ([autoscaler()], "moves"),
    "HorizontalPodAutoscaler: of nothing": ([autoscaler(**LOOKED)], "rest"),
    "HorizontalPodAutoscaler: counted": (
        [autoscaler(currentReplicas=2, **LOOKED), *rollout(deployment(), pod(), pod())],
        "rest",
    ),
    "HorizontalPodAutoscaler: behind what it scales": (
        [autoscaler(currentReplicas=1, **LOOKED), *rollout(deployment(), pod(), pod())],
        "moves",
    ),
    "ConfigMap: being deleted is nobody's business": ([made("ConfigMap", "c")], "rest"),
    "nothing": ([], "rest"),
}


@pytest.mark.parametrize(("objects", "wanted"), OTHERS.values(), ids=OTHERS)
def test_the_other_kinds(objects: list[dict[str, Any]], wanted: str) -> None:
    """Each kind has its own sign of being done."""
    assert verdict(objects) == wanted


def service(
    selector: dict[str, str] | None = None, target: int | str = 80, unready: bool = False
) -> dict[str, Any]:
    ports = [{"port": 80, "targetPort": target, "protocol": "TCP"}]
    spec = {"type": "ClusterIP", "ports": ports, "selector": {"app": "web"} if selector is None else selector}
    return made("Service", "web", spec=spec | {"publishNotReadyAddresses": unready})


def slices(*addresses: str, ready: bool = True, port: int = 80) -> dict[str, Any]:
    found = [{"addresses": [address], "conditions": {"ready": ready}} for address in addresses]
    ports = [{"name": "", "port": port, "protocol": "TCP"}]
    return made("EndpointSlice", "web-x", service(), endpoints=found, ports=ports)


def named(name: str, port: int = 80, protocol: str = "TCP") -> dict[str, Any]:
    return pod(container={**PROBED, "ports": [{"name": name, "containerPort": port, "protocol": protocol}]})


def aside(port: int, policy: str = "", container: dict[str, Any] = PROBED) -> dict[str, Any]:
    """A Pod with a container ``i`` that comes first, and a port of its own."""
    first = {"name": "i", "ports": [{"name": "http", "containerPort": port}], "readinessProbe": {}}
    starts = first | ({"restartPolicy": policy} if policy else {})
    state = running(name="i") if policy else ended(0, name="i")
    return pod(
        container=container, spec={"initContainers": [starts]}, status={"initContainerStatuses": [state]}
    )


ODD = [{"name": "http", "containerPort": 8080}]
WITH_PORT = {**PROBED, "ports": [{"name": "http", "containerPort": 80}]}


SERVICES = {
    "its Pod is its endpoint": ([service(), pod(), slices("10.0.0.3")], "rest"),
    "no slice yet": ([service(), pod()], "moves"),
    "the Pod is not in it yet": ([service(), pod(), slices()], "moves"),
    "a Pod that is gone is still in it": ([service(), slices("10.0.0.3")], "moves"),
    "the Pod is not ready in it yet": ([service(), pod(), slices("10.0.0.3", ready=False)], "moves"),
    "a Pod that cannot be ready": ([service(), pod(crash(20, 5)), slices("10.0.0.3", ready=False)], "rest"),
    "another port yet": ([service(target=8080), pod(), slices("10.0.0.3")], "moves"),
    "a port by name": ([service(target="http"), named("http"), slices("10.0.0.3")], "rest"),
    "another port by that name yet": (
        [service(target="http"), named("http", 8080), slices("10.0.0.3")],
        "moves",
    ),
    "a port by a name that is another protocol's": (
        [service(target="http"), named("http", 53, "UDP"), slices("10.0.0.3")],
        "rest",
    ),
    "a port by a name that no Pod has": ([service(target="http"), pod(), slices("10.0.0.3")], "rest"),
    "a port by the name of a sidecar's": (
        [service(target="http"), aside(8080, "Always"), slices("10.0.0.3")],
        "moves",
    ),
    "a port by a name that a sidecar has too": (
        [service(target="http"), aside(8080, "Always", WITH_PORT), slices("10.0.0.3")],
        "rest",
    ),
    "a port by a name, a Pod without an address yet": (
        [
            service(target="http"),
            named("http"),
            pod(BAD, name="other", container={**WITH_PORT, "ports": ODD}, status={"podIPs": []}),
            slices("10.0.0.3"),
        ],
        "moment",
    ),
    "a Pod with an address of either family": (
        [service(), pod(status={"podIPs": [{"ip": "10.0.0.3"}, {"ip": "fd00::3"}]}), slices("10.0.0.3")],
        "rest",
    ),
    "a Pod with an address of the other family": (
        [service(), pod(status={"podIPs": [{"ip": "fd00::3"}]}), {**slices(), "ports": None}],
        "rest",
    ),
    "a Pod that leaves, on a lost node": (
        [
            service(),
            pod(meta={"deletionTimestamp": ago(1)}),
            slices("10.0.0.3", ready=False),
            node("Unknown", ("unreachable",)),
        ],
        "moment",
    ),
    "Pods that are talked to before they are ready": (
        [service(unready=True), pod(BAD), slices("10.0.0.3")],
        "moment",
    ),
    "a port by the name of what only starts the Pod": (
        [service(target="http"), aside(8080), slices("10.0.0.3")],
        "rest",
    ),
    "nobody selected": ([service({"app": "other"}), pod(), slices()], "rest"),
    "without a selector": ([service({}), pod()], "rest"),
    "a finished Pod": ([service(), pod(ended(0), status=DONE, spec=NEVER), slices()], "rest"),
    "the Service is gone": ([slices("10.0.0.3")], "moves"),
}


@pytest.mark.parametrize(("objects", "wanted"), SERVICES.values(), ids=SERVICES)
def test_a_service(objects: list[dict[str, Any]], wanted: str) -> None:
    """A Service is at rest when its EndpointSlices name the Pods that it selects, as ready as they are."""
    assert verdict(objects) == wanted


EVERYTHING = {
    obj["metadata"]["uid"]: obj
    for table in (ROLLOUTS, OTHERS, SERVICES)
    for objects, _ in table.values()
    for obj in objects
}


@given(st.sets(st.sampled_from(sorted(EVERYTHING))), st.randoms())
def test_the_order_of_the_objects_is_chance(uids: set[str], random: Random) -> None:
    """A list and a watch give the same objects in different orders: what moves is the same."""
    objects = [EVERYTHING[uid] for uid in sorted(uids)]
    motions = moving(Snapshot(objects, NOW))
    random.shuffle(objects)
    assert moving(Snapshot(objects, NOW)) == motions
