"""When a Pod is at rest, told from its status and from what its node says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from objects import (
    BARE,
    DONE,
    NEVER,
    NOW,
    PROBED,
    ago,
    crash,
    ended,
    made,
    node,
    pod,
    process,
    running,
    seen,
    unscheduled,
    verdict,
    waiting,
)
from preuve.cluster.objects import Snapshot
from preuve.cluster.report import Report
from preuve.rest.pod import retries, summary, unpulled
from preuve.rest.rules import moving

if TYPE_CHECKING:
    from preuve.cluster.report import Process


UP = {"type": "Ready", "status": "True"}

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
    "being resized, its node cannot": (
        pod(
            status={"conditions": [UP, {"type": "PodResizeInProgress", "status": "True", "reason": "Error"}]}
        ),
        "moment",
    ),
    "for a scheduler that is not there": (
        pod(spec={"nodeName": "", "schedulerName": "mine"}, status={"conditions": []}),
        "moment",
    ),
    "for another scheduler, which finds no node": (
        pod(spec={"nodeName": "", "schedulerName": "mine"}, status=unscheduled()["status"]),
        "moment",
    ),
    "long before its deadline": (
        pod(spec={"activeDeadlineSeconds": 60}, status={"startTime": ago(50)}),
        "rest",
    ),
    "at its deadline": (pod(spec={"activeDeadlineSeconds": 60}, status={"startTime": ago(59)}), "awaited"),
    "past its deadline, being stopped": (
        pod(spec={"activeDeadlineSeconds": 60}, status={"startTime": ago(70)}),
        "awaited",
    ),
    "ended by its deadline": (
        pod(ended(137), spec={"activeDeadlineSeconds": 60}, status={"startTime": ago(70), "phase": "Failed"}),
        "rest",
    ),
    "being deleted": (pod(meta={"deletionTimestamp": ago(1)}), "moves"),
    "kept by Kubernetes' own finalizer": (
        pod(meta={"deletionTimestamp": ago(1), "finalizers": ["batch.kubernetes.io/job-tracking"]}),
        "moves",
    ),
    "kept by somebody's finalizer": (
        pod(
            ended(0),
            meta={"deletionTimestamp": ago(1), "finalizers": ["example.com/keep"]},
            status={"phase": "Succeeded"},
        ),
        "moment",
    ),
    "kept by somebody's finalizer, and still being stopped": (
        pod(meta={"deletionTimestamp": ago(1), "finalizers": ["example.com/keep"]}),
        "moves",
    ),
    "kept by somebody's finalizer, on no node": (
        pod(
            meta={"deletionTimestamp": ago(1), "finalizers": ["example.com/keep"]},
            spec={"nodeName": ""},
            status={"phase": "Pending"},
        ),
        "moment",
    ),
    "its owner is gone": (pod(owner=made("ReplicaSet", "gone")), "moves"),
    "its owner is of a kind that nobody looks at": (pod(owner=made("Website", "w")), "rest"),
}


@pytest.mark.parametrize(("obj", "wanted"), PODS.values(), ids=PODS)
def test_a_pod(obj: dict[str, Any], wanted: str) -> None:
    """A Pod is at rest when it is Ready, over, or in a state that it stays in by itself."""
    assert verdict([obj, node()]) == wanted


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ('configmap "missing" not found', "moment"),
        ("references non-existent config key: port", "moment"),
        (
            'MountVolume.SetUp failed for volume "v" : hostPath type check failed: /x is not a directory',
            "moment",
        ),
        ('MountVolume.NewMounter initialization failed for volume "v" : path "/x" does not exist', "moment"),
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


INIT, SIDE = {"name": "i", "image": "busybox"}, {"name": "s", "image": "busybox", "restartPolicy": "Always"}
NOT_YET = {"name": "c"} | {"state": {"waiting": {"reason": "PodInitializing"}}}


def starting(containers: list[dict[str, Any]], *states: dict[str, Any], **spec: object) -> dict[str, Any]:
    """A Pod that is at these init containers."""
    conditions = [{"type": "Initialized", "status": "False"}]
    return pod(
        NOT_YET,
        spec={"initContainers": containers, **spec},
        status={"phase": "Pending", "conditions": conditions, "initContainerStatuses": [*states]},
    )


def called(state: dict[str, Any], name: str) -> dict[str, Any]:
    return {**state, "name": name}


STARTS = {
    "an init container has failed for good": (starting([INIT], called(ended(1), "i"), **NEVER), "moves"),
    "a sidecar that cannot be pulled comes first": (
        starting([SIDE, INIT], called(waiting("ImagePullBackOff"), "s"), called(NOT_YET, "i")),
        "moment",
    ),
    "a sidecar is being made before": (
        starting([SIDE, INIT], called(waiting("ContainerCreating"), "s"), called(NOT_YET, "i")),
        "moves",
    ),
    "a sidecar runs, what comes after it cannot be pulled": (
        starting([SIDE, INIT], running(name="s"), called(waiting("ImagePullBackOff"), "i")),
        "moment",
    ),
    "a sidecar comes after what cannot be pulled": (
        starting([INIT, SIDE], called(waiting("ImagePullBackOff"), "i"), called(NOT_YET, "s")),
        "moment",
    ),
}


@pytest.mark.parametrize(("obj", "wanted"), STARTS.values(), ids=STARTS)
def test_a_pod_that_starts(obj: dict[str, Any], wanted: str) -> None:
    """Its init containers come one after the other, sidecars among them; one that fails may end it all."""
    assert verdict([obj, node()]) == wanted


def test_a_container_for_debugging_is_awaited_whatever_the_others_do() -> None:
    """It is for looking into an init container that hangs, say."""
    stuck = called(waiting("ImagePullBackOff"), "i")
    debugged = starting([INIT], stuck, ephemeralContainers=[{"name": "debugger", "image": "busybox"}])
    assert verdict([debugged, node()]) == "moves"
    state = running(name="debugger", ready=False, started=False)
    debugged["status"]["ephemeralContainerStatuses"] = [state]
    assert verdict([debugged, node()]) == "moment"


def test_a_container_for_debugging_is_up_for_a_moment_before_it_counts() -> None:
    """It may end at once, and its log is whole then."""
    debugged = pod(spec={"ephemeralContainers": [{"name": "debugger", "image": "busybox"}]})
    state = running(name="debugger", ready=False, started=False, containerID="containerd://2")
    debugged["status"]["ephemeralContainerStatuses"] = [state]
    assert verdict([debugged]) == "moment"
    debugged["status"]["ephemeralContainerStatuses"] = [called(ended(0), "debugger")]
    assert verdict([debugged]) == "rest"


@pytest.mark.parametrize(
    ("phase", "asked", "wanted"),
    [("Pending", True, "awaited"), ("Pending", False, "moves"), ("Bound", True, "moves")],
)
def test_a_pod_waits_for_a_volume_for_so_long(phase: str, asked: bool, wanted: str) -> None:
    """Once its node was chosen a volume is asked for; the program that makes it may not be there."""
    note = {"annotations": {"volume.kubernetes.io/storage-provisioner": "x"}} if asked else {}
    claim = made("PersistentVolumeClaim", "data", meta=note, status={"phase": phase})
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "data"}}
    waits = pod(spec={"nodeName": "", "volumes": [volume]}, status={"conditions": []})
    motions = [each for each in moving(Snapshot([waits, claim], NOW)) if each.who == "Pod web"]
    assert [each.ends for each in motions] == [wanted == "awaited"]


@pytest.mark.parametrize(
    ("state", "untold", "lacks"),
    [
        (waiting("ErrImagePull"), True, ()),
        (waiting("RegistryUnavailable"), True, ()),
        (waiting("SignatureValidationFailed"), True, ()),
        (waiting("RunContainerError"), True, ()),
        (waiting("PostStartHookError"), True, ()),
        (ended(1), True, ()),
        (waiting("CreateContainerConfigError", 'secret "key" not found'), True, ("secrets/key",)),
        (
            waiting("CreateContainerConfigError", "couldn't find key a in Secret web/key"),
            True,
            ("secrets/key#a",),
        ),
        (waiting("ImagePullBackOff"), False, ()),
        (waiting("ContainerCreating"), False, ()),
        (running(ready=False), False, ()),
    ],
)
def test_what_a_kubelet_keeps_to_itself(state: dict[str, Any], untold: bool, lacks: tuple[str, ...]) -> None:
    """It is made to look where a back-off or a new try is told late, or what was missing may be there."""
    (motion,) = moving(Snapshot([pod(state)], NOW))
    assert (motion.untold < math.inf, motion.lacks) == (untold, lacks)


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
    assert motion.lacks == ("configmaps/web",)


def test_all_that_the_volumes_of_a_pod_lack_is_told() -> None:
    """It starts when the last of it has come."""
    creating = pod(waiting("ContainerCreating"))
    events = [
        made(
            "Event",
            f"web.{name}",
            involvedObject={"uid": creating["metadata"]["uid"]},
            reason="FailedMount",
            message=f'MountVolume.SetUp failed for volume "{name}" : secret "{name}" not found',
        )
        for name in ("one", "two")
    ]
    (motion,) = moving(Snapshot([creating, *events], NOW))
    assert motion.lacks == ("secrets/one", "secrets/two")


@pytest.mark.parametrize(("before", "looks"), [(9, False), (12, True)])
def test_a_kubelet_that_restarts_late_is_made_to_look(before: int, looks: bool) -> None:
    """By itself it comes to a container whose pause is over up to half as long after."""
    (motion,) = moving(Snapshot([pod(crash(pause=10, before=before))], NOW))
    assert (motion.untold == 0) is looks


def test_a_pod_without_a_generation_is_seen() -> None:
    """A kubelet that tells of none has not missed one."""
    old = pod(meta={"generation": 2})
    del old["status"]["observedGeneration"]
    assert verdict([old]) == "rest"


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
    ("effect", "tolerations", "wanted"),
    [
        ("NoExecute", [], "moves"),
        ("NoExecute", [{"key": "test", "operator": "Exists"}], "rest"),
        ("NoExecute", [{"key": "test", "value": "yes", "tolerationSeconds": 15}], "rest"),
        ("NoExecute", [{"key": "test", "value": "no"}], "moves"),
        ("NoExecute", [{"key": "test", "operator": "Exists", "effect": "NoSchedule"}], "moves"),
        ("NoSchedule", [], "rest"),
    ],
)
def test_a_pod_that_does_not_tolerate_its_node_will_go(
    effect: str, tolerations: list[dict[str, Any]], wanted: str
) -> None:
    """It is deleted a moment after the taint was set: until then it looks as if nothing happened."""
    host = node()
    host["spec"]["taints"] = [{"key": "test", "value": "yes", "effect": effect}]
    spec = {"tolerations": tolerations}
    assert verdict([pod(spec=spec), host]) == wanted
    assert (
        verdict([pod(ended(0), spec={**spec, **NEVER}, status=DONE), host]) == wanted
    )  # so does one that is over


@pytest.mark.parametrize(
    ("period", "restarts", "lived", "wanted"),
    [
        ({"periodSeconds": 1}, 1, 2, "is due"),
        ({"periodSeconds": 1}, 1, 4, ""),
        ({"periodSeconds": 1}, 0, 2, ""),
        ({}, 1, 11, "is due"),
        ({}, 1, 13, ""),
    ],
)
def test_a_restarted_container_counts_as_started_until_its_startup_probe(
    period: dict[str, int], restarts: int, lived: float, wanted: str
) -> None:
    """For what the one before it was: `kubectl get pods` would say 1/1 now, and 0/1 a moment later."""
    container = {**BARE, "startupProbe": {"httpGet": {"port": 80, "path": "/"}, **period}}
    state = running(restartCount=restarts, state={"running": {"startedAt": ago(lived)}})
    whys = [motion.why for motion in moving(Snapshot([pod(state, container=container)], NOW))]
    assert [why.endswith(wanted) for why in whys] == ([True] if wanted else [])


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


def test_a_debug_container_is_waited_for_until_it_runs() -> None:
    """`kubectl debug` adds a container to a Pod; nobody waits for its end."""
    spec = {"ephemeralContainers": [{"name": "d", "image": "busybox"}]}
    for status, wanted in ((waiting("ContainerCreating", name="d"), "moves"), (ended(1, name="d"), "rest")):
        assert verdict([pod(spec=spec, status={"ephemeralContainerStatuses": [status]})]) == wanted


def test_a_debug_container_is_tried_again_as_others_are() -> None:
    """What a Pod says of it changes whenever its image is pulled."""
    beside = pod(status={"ephemeralContainerStatuses": [waiting("ImagePullBackOff", name="d")]})
    assert [(retries(each), unpulled(each)) for each in (beside, pod())] == [(True, True), (False, False)]


def test_a_changed_image_is_waited_for() -> None:
    """The kubelet sees a new image before it stops the old container, which is still Ready."""
    before, after = pod(), pod(container={**PROBED, "image": "nginx:1.26"})
    assert verdict([after], settled=[before]) == "moves"
    restarted = pod(running(containerID="containerd://2"), container={**PROBED, "image": "nginx:1.26"})
    assert verdict([restarted], settled=[before]) == "rest"


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (None, "moves"),
        (process(), "rest"),
        (process(lived=0.1), "moment"),
        (process(used=0.1, asleep=False), "moves"),
        (process(used=3, asleep=False), "rest"),
        (process(used=0, runs=0, asleep=False), "rest"),
    ],
    ids=["it has ended", "it waits", "new", "it has not come to wait yet", "it never waits", "no account"],
)
def test_a_node_knows_first_how_a_container_is(found: Process | None, wanted: str) -> None:
    """The API says that it runs, whatever has become of it."""
    assert verdict([pod(container=BARE), node()], reports=seen(found)) == wanted


def test_a_container_with_a_probe_has_ended_too() -> None:
    """It is Ready until its kubelet looks."""
    assert verdict([pod(), node()], reports=seen()) == "moves"
    assert verdict([pod(ended(0), status=DONE, spec=NEVER), node()], reports=seen()) == "rest"


@pytest.mark.parametrize(
    ("said", "code", "wanted"),
    [("Error", 137, "moves"), ("OOMKilled", 137, "rest"), ("Error", 143, "rest")],
    ids=["not told yet", "told", "not killed"],
)
def test_why_a_container_was_killed_is_waited_for(said: str, code: int, wanted: str) -> None:
    """A runtime may learn of it after its kubelet has asked: `Error` where `OOMKilled` is right."""
    loop = crash(20, 5)
    loop["lastState"]["terminated"] |= {"containerID": "containerd://0", "reason": said, "exitCode": code}
    report = Report(reasons={"containerd://0": "OOMKilled"})
    assert verdict([pod(loop), node()], reports={"node1": report}) == wanted
    assert verdict([pod(loop), node()], reports={"node1": Report()}) == "rest"


@pytest.mark.parametrize("state", [ended(137, name="w"), waiting("ImagePullBackOff", name="w")])
def test_why_a_container_was_killed_is_not_waited_for_without_a_start(state: dict[str, Any]) -> None:
    """Its kubelet has no reason to ask again: beside one that runs on, before an image that never comes."""
    killed = {"containerID": "containerd://0", "reason": "Error", **ended(137)["state"]["terminated"]}
    state = state | {"lastState": {"terminated": killed}}
    spec = {"restartPolicy": "Never", "containers": [PROBED, {"name": "w", "image": "busybox"}]}
    report = Report({"containerd://1": process()}, reasons={"containerd://0": "OOMKilled"})
    both = pod(spec=spec, status={"containerStatuses": [running(), state]})
    assert verdict([both, node()], reports={"node1": report}) == "moment"


@pytest.mark.parametrize(
    ("before", "now", "wanted"),
    [
        (process(lived=10), process(lived=20.1), "rest"),
        (process(lived=19.9), process(lived=20.1), "moment"),
        (process(lived=10), process(lived=20.1, asleep=False), "moment"),
        (process(lived=10), process(lived=20.1, runs=10), "moment"),
        (process(lived=10), process(lived=20.6, runs=10), "rest"),
        (None, process(lived=20.1), "moment"),
    ],
    ids=["it has not run", "not for long", "it is to run", "it has run", "and is up", "it was not there"],
)
def test_a_program_that_a_command_has_reached(before: Process | None, now: Process, wanted: str) -> None:
    """If it has run since it was at rest, or soon may, it may be about to end; it has a moment to do so."""
    objects = [pod(), node()]
    settled = Snapshot(objects, NOW, reports=seen(before))
    reached = Snapshot(objects, NOW, reports=seen(process(lived=20, runs=now.runs)))
    motions = moving(Snapshot(objects, NOW, reports=seen(now), reached=reached), settled)
    assert (not motions) == (wanted == "rest")
    assert not moving(Snapshot(objects, NOW, reports=seen(now)), settled)
    assert all(motion.ends for motion in motions)


@pytest.mark.parametrize(
    ("said", "wanted"), [("", "moves"), ("try 1\ntry 2\ntry 3\n", "moves"), ("no\nwait\n" * 3, "moment")]
)
def test_an_init_container_that_says_the_same_waits_for_a_person(said: str, wanted: str) -> None:
    """A Service that the page has not made yet, say: it is at rest, as far as Kubernetes goes."""
    spec = {"initContainers": [{"name": "i", "image": "busybox"}]}
    waits = pod(waiting("PodInitializing"), spec=spec, status={"initContainerStatuses": [running(name="i")]})
    assert verdict([waits], logs={("Pod/web", "i"): said}) == wanted


@pytest.mark.parametrize(
    ("operator", "code", "wanted"),
    [("In", 42, "moves"), ("In", 1, "rest"), ("NotIn", 1, "moves"), ("NotIn", 42, "rest")],
)
def test_a_container_may_have_rules_of_its_own_for_its_restart(operator: str, code: int, wanted: str) -> None:
    """By its exit code, whatever its Pod does otherwise."""
    rules = [{"action": "Restart", "exitCodes": {"operator": operator, "values": [42]}}]
    worker = {"name": "w", "image": "busybox", "restartPolicy": "Never", "restartPolicyRules": rules}
    status = {"containerStatuses": [running(), ended(code, name="w")]}
    assert verdict([pod(spec={"containers": [PROBED, worker]}, status=status)]) == wanted


SIDECAR = {"name": "s", "restartPolicy": "Always"}
INIT = {"name": "i"}
GATED = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}
COMPLETED = {"ready": False, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}


@pytest.mark.parametrize(
    ("starting", "states", "wanted"),
    [
        ([running(name="i")], [waiting("PodInitializing")], "Init:0/2"),
        ([ended(0, name="i"), running(name="s")], [running()], "Running"),
        ([ended(0, name="i"), running(name="s", started=False)], [waiting("PodInitializing")], "Init:1/2"),
        ([ended(1, name="i")], [waiting("PodInitializing")], "Init:Error"),
        ([waiting("CrashLoopBackOff", name="i")], [waiting("PodInitializing")], "Init:CrashLoopBackOff"),
        ([], [COMPLETED, running()], "Running"),
        ([], [COMPLETED, waiting("ErrImagePull"), running()], "Running"),
        ([], [waiting("ErrImagePull"), COMPLETED, running()], "ErrImagePull"),
    ],
)
def test_a_state_in_a_word_is_kubectl_s(
    starting: list[dict[str, Any]], states: list[dict[str, Any]], wanted: str
) -> None:
    """What `kubectl get pods` has under STATUS: which init container it is at, what a container waits for."""
    status = {"initContainerStatuses": starting, "containerStatuses": states}
    assert summary(pod(spec={"initContainers": [INIT, SIDECAR]}, status=status)) == wanted


@pytest.mark.parametrize(
    ("state", "wanted"), [(running(), "Init:1/2"), (waiting("ErrImagePull"), "ErrImagePull")]
)
def test_a_sidecar_that_restarts_is_told_where_nothing_else_is(state: dict[str, Any], wanted: str) -> None:
    """Once the containers have begun, what one of them waits for comes first."""
    status = {
        "conditions": [{"type": "Initialized", "status": "True"}],
        "initContainerStatuses": [ended(0, name="i"), running(name="s", started=False)],
        "containerStatuses": [state],
    }
    assert summary(pod(spec={"initContainers": [INIT, SIDECAR]}, status=status)) == wanted


def test_a_pod_that_is_held_or_over_says_so() -> None:
    """It ends by being deleted if it has not ended by itself."""
    deleted = {"deletionTimestamp": ago(1)}
    over = {"phase": "Succeeded", "containerStatuses": [COMPLETED]}
    gated = {"phase": "Pending", "conditions": [GATED], "containerStatuses": []}
    assert [
        summary(pod(meta=deleted)),
        summary(pod(meta=deleted, status=over)),
        summary(pod(status=gated)),
        summary(pod(status={"phase": "Failed", "reason": "Evicted", "containerStatuses": []})),
    ] == ["Terminating", "Completed", "SchedulingGated", "Evicted"]
