"""When a namespace is at rest, told from its objects."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objects import NEVER, NOW, PROBED, ago, crash, ended, made, node, pod, running, verdict, waiting
from preuve.cluster.objects import Snapshot, matches
from preuve.cluster.report import Report
from preuve.rest.rules import moving, passes

if TYPE_CHECKING:
    from random import Random

    from preuve.cluster.objects import Object


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


@pytest.mark.parametrize(("group", "wanted"), [("batch/v1", "moves"), ("batch.volcano.sh/v1alpha1", "rest")])
def test_what_lost_its_owner_goes_too(group: str, wanted: str) -> None:
    """Other people have kinds of the same names: their objects are not listed, and may well be there."""
    orphan = pod(owner=made("Job", "train"))
    orphan["metadata"]["ownerReferences"][0]["apiVersion"] = group
    assert verdict([orphan]) == wanted


@pytest.mark.parametrize("kind", ["Lamp.home.example", "ConfigMap"])
def test_what_lost_an_owner_that_was_there_goes_too(kind: str) -> None:
    """Of whatever kind it was; the garbage collector comes a moment later."""
    owner = made(kind, "a")
    obj = pod(owner=owner)
    assert verdict([owner, obj], [owner, obj]) == "rest"
    assert verdict([obj], [owner, obj]) == "moves"
    assert verdict([obj], [obj]) == "rest"  # nobody knows whether it is there


@pytest.mark.parametrize(("limit", "wanted"), [(3, "moves"), (6, "rest")])
def test_a_job_that_soon_gives_up_is_waited_for(limit: int, wanted: str) -> None:
    """It restarts its Pod but so often: a loop that ends in half a minute is none to be looked at."""
    owner = made("Job", "once", spec={"backoffLimit": limit}, status={"conditions": [], "active": 1})
    looping = pod(crash(pause=20, before=5), owner=owner)
    assert all(motion.ends for motion in moving(Snapshot([owner, looping], NOW))) == (wanted == "rest")


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


def test_a_pod_whose_node_was_deleted_goes_too() -> None:
    """It is collected within a minute, and looks as it did until then."""
    assert verdict([pod(spec={"nodeName": "node9"}), node()]) == "moves"
    assert verdict([pod(ended(0), spec={"nodeName": "node9", **NEVER}, status=DONE), node()]) == "moves"
    assert verdict([pod(spec={"nodeName": "node9"})]) == "rest"  # nodes are not for everybody to see


@pytest.mark.parametrize(
    ("ready", "taints"), [("Unknown", ()), ("True", ("unreachable",)), ("True", ("not-ready",))]
)
def test_a_node_moves_until_its_condition_and_its_taint_agree(ready: str, taints: tuple[str, ...]) -> None:
    """Whether or not a Pod of the page's is on it."""
    assert verdict([node(ready, taints)]) == "moves"


def test_a_pod_cannot_leave_a_lost_node() -> None:
    """Nobody is there to stop its containers: it is being deleted for as long as the node is gone."""
    obj = pod(meta={"deletionTimestamp": ago(1)})
    assert verdict([obj, node("Unknown", ("unreachable",))]) == "moment"


@pytest.mark.parametrize(
    ("ready", "report", "wanted"),
    [
        ("True", Report(), "rest"),
        ("True", None, "moves"),
        ("Unknown", None, "rest"),
        ("Unknown", Report(), "moves"),
    ],
)
def test_a_node_knows_first_whether_it_is_up(ready: str, report: Report | None, wanted: str) -> None:
    """One that was switched off, or on again, is not at rest before the cluster has noticed."""
    taints = () if ready == "True" else ("unreachable",)
    assert verdict([node(ready, taints)], reports={"node1": report}) == wanted


CLAIM = {"finalizers": ["kubernetes.io/pvc-protection"], "deletionTimestamp": ago(1)}
USES = {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}
GOES = {"deletionTimestamp": ago(1)}
NOWHERE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
DONE = {"phase": "Succeeded"}
OVER = [{"type": "Complete", "status": "True"}]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ([], "moves"),
        ([pod(spec=USES)], "moment"),
        ([pod(spec=USES, meta=GOES)], "moves"),
        ([pod(ended(0), spec=USES, meta=GOES | {"finalizers": ["x.io/keep"]}, status=DONE)], "moment"),
        ([pod()], "moves"),
        ([pod(spec=USES | {"nodeName": ""}, status={"conditions": [NOWHERE]})], "moves"),
    ],
    ids=["unused", "used", "its Pod goes", "its Pod is kept", "another Pod", "its Pod is on no node"],
)
def test_a_claim_in_use_stays_until_its_pod_goes(found: list[dict[str, Any]], wanted: str) -> None:
    """Only a person ends that, by deleting the Pod."""
    claim = made("PersistentVolumeClaim", "c", meta=CLAIM, status={"phase": "Bound"})
    assert verdict([claim, *found]) == wanted


def test_a_pod_s_own_claim_stays_until_it_goes() -> None:
    """That of an ephemeral volume, which is called after both."""
    claim = made("PersistentVolumeClaim", "web-v", pod(), meta=CLAIM, status={"phase": "Bound"})
    assert verdict([claim, pod()]) == "moment"
    assert verdict([claim, pod(), {**pod(), "metadata": {**pod()["metadata"], "uid": "2"}}]) == "moment"


def test_only_a_claim_waits_for_who_uses_it() -> None:
    """Another object of its name goes by itself."""
    assert verdict([pod(name="c", meta=GOES | {"labels": {}}), pod(spec=USES)]) == "moves"


@pytest.mark.parametrize(("kept", "wanted"), [(["x.io/keep"], "moment"), ([], "moves")])
def test_an_owner_that_goes_last_waits_with_what_it_owns(kept: list[str], wanted: str) -> None:
    """Deleted in the foreground, it stays for as long as somebody keeps one of its Pods."""
    meta = {"finalizers": ["foregroundDeletion"], "deletionTimestamp": ago(1)}
    deploy = {**deployment(), "metadata": {**deployment()["metadata"], **meta}}
    owner = replicas(deploy, meta=meta)
    last = pod(ended(0), owner=owner, meta=GOES | {"finalizers": kept}, status=DONE)
    assert verdict([deploy, owner, last]) == wanted


def test_a_pod_that_goes_last_does_not_wait_for_a_claim_of_its_own() -> None:
    """Deleted in the foreground, it has a claim that is in use by nobody else: both go by themselves."""
    owner = pod(spec=USES, meta=GOES | {"finalizers": ["foregroundDeletion"]})
    claim = made("PersistentVolumeClaim", "c", owner, meta=CLAIM, status={"phase": "Bound"})
    assert verdict([owner, claim]) == "moves"


@pytest.mark.parametrize(
    ("seconds", "reason", "wanted"),
    [
        (10, "ReplicaSetUpdated", "moves"),
        (600, "ReplicaSetUpdated", "moment"),
        (10, "ProgressDeadlineExceeded", "moment"),
        (10, "NewReplicaSetAvailable", "moment"),
    ],
)
def test_a_rollout_that_is_out_of_time_says_so(seconds: int, reason: str, wanted: str) -> None:
    """It does so by itself: one waits for that, if it comes while one waits."""
    progress = {"type": "Progressing", "status": "True", "reason": reason, "lastUpdateTime": ago(5)}
    deploy = deployment(available=0, progressDeadlineSeconds=seconds)
    deploy["status"]["conditions"] = [progress]
    objects = rollout(deploy, pod(BAD), pod(BAD), ready=0)
    assert verdict(objects, until=NOW + timedelta(seconds=60)) == wanted


@pytest.mark.parametrize(("seconds", "wanted"), [(30, "moves"), (600, "moment"), (None, "moment")])
def test_a_job_that_is_out_of_time_says_so(seconds: int | None, wanted: str) -> None:
    """Though its Pod is stuck: one waits for that, if it comes while one waits."""
    owner = job(active=1)
    owner["spec"] |= {"activeDeadlineSeconds": seconds} if seconds else {}
    owner["status"]["startTime"] = ago(5)
    objects = [owner, pod(BAD, spec=NEVER, owner=owner)]
    assert verdict(objects, until=NOW + timedelta(seconds=60)) == wanted


@pytest.mark.parametrize(
    ("obj", "wanted"),
    [
        (made("CronJob", "bell", spec={"schedule": "* * * * *"}), True),
        (made("CronJob", "bell", spec={"suspend": True}), False),
        (made("Job", "a", spec={"activeDeadlineSeconds": 60}, status={}), True),
        (made("Job", "a", spec={}, status={}), False),
        (made("Job", "a", spec={"activeDeadlineSeconds": 60}, status={"conditions": OVER}), False),
        (made("Job", "a", spec={"ttlSecondsAfterFinished": 0}, status={"conditions": OVER}), True),
        (pod(spec={"activeDeadlineSeconds": 60}), True),
        (pod(ended(137), spec={"activeDeadlineSeconds": 60}, status={"phase": "Failed"}), False),
        (pod(), False),
    ],
)
def test_what_comes_at_a_time_that_is_set(obj: dict[str, Any], wanted: bool) -> None:
    """The next command looks whether it has come, though nothing was changed meanwhile."""
    assert passes(obj) == wanted


@pytest.mark.parametrize(
    ("unschedulable", "taint", "wanted"),
    [(True, True, "rest"), (True, False, "moment"), (False, True, "moment"), (False, False, "rest")],
)
def test_a_node_is_cordoned_by_a_taint(unschedulable: bool, taint: bool, wanted: str) -> None:
    """It comes and goes a moment after the command: `describe` shows it, and the scheduler looks at it."""
    host = node()
    mark = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    host["spec"] = {"taints": [mark] if taint else []} | ({"unschedulable": True} if unschedulable else {})
    assert verdict([host]) == wanted


def test_a_finalizer_may_have_no_domain() -> None:
    """That of a custom resource: Kubernetes refuses it of its own kinds only."""
    kept = {"deletionTimestamp": ago(1), "finalizers": ["keep"]}
    assert verdict([made("Lamp.home.example", "a", meta=kept)]) == "moment"
    kept["finalizers"] = ["orphan"]
    assert verdict([made("Lamp.home.example", "a", meta=kept)]) == "moves"


@pytest.mark.parametrize(
    ("limit", "wanted"),
    [({}, "rest"), ({"revisionHistoryLimit": 2}, "rest"), ({"revisionHistoryLimit": 1}, "moment")],
)
def test_a_history_that_is_too_long_is_cut(limit: dict[str, int], wanted: str) -> None:
    """Once a rollout is over, and a moment after that is told."""

    def revision(number: int) -> dict[str, Any]:
        return {"annotations": {"deployment.kubernetes.io/revision": str(number)}}

    deploy, owner, *pods = rollout(deployment(**limit), pod(), pod())
    deploy["metadata"] |= revision(3)
    owner["metadata"] |= revision(3)
    old = [
        replicas(deploy, meta={"name": f"o{n}", "uid": f"o{n}"} | revision(n), want=0, have=0, ready=0)
        for n in (1, 2)
    ]
    assert verdict([deploy, owner, *pods, *old]) == wanted
    old[0]["status"]["replicas"] = 1
    assert verdict([deploy, owner, *pods, *old]) == "moves"


def deployment(
    want: int = 2, have: int = 2, updated: int = 2, available: int = 2, **spec: object
) -> dict[str, Any]:
    counts = {"replicas": have, "updatedReplicas": updated, "availableReplicas": available}
    return made(
        "Deployment", "web", spec={"replicas": want, **spec}, status={"observedGeneration": 1, **counts}
    )


class Counts(TypedDict, total=False):
    """What a ReplicaSet may say of itself, where it is not two of everything."""

    want: int
    have: int
    ready: int
    available: int
    """As many as are ready, if not said."""
    conditions: list[dict[str, str]]


def replicas(
    owner: Object | None = None, *, meta: Object | None = None, **counts: Unpack[Counts]
) -> dict[str, Any]:
    ready = counts.get("ready", 2)
    status: dict[str, object] = {
        "observedGeneration": 1,
        "replicas": counts.get("have", 2),
        "readyReplicas": ready,
        "availableReplicas": counts.get("available", ready),
    }
    if "conditions" in counts:
        status["conditions"] = counts["conditions"]
    return made(
        "ReplicaSet",
        "web-1",
        owner,
        meta=meta,
        spec={"replicas": counts.get("want", 2), "selector": {"matchLabels": {"app": "web"}}},
        status=status,
    )


def rollout(deploy: dict[str, Any], *pods: dict[str, Any], **counts: Unpack[Counts]) -> list[dict[str, Any]]:
    """A Deployment, its ReplicaSet and its Pods."""
    owner = replicas(deploy, **counts)
    for number, each in enumerate(pods):
        each["metadata"] |= {"name": f"web-{number}", "uid": f"pod {number}"}
        each["metadata"]["ownerReferences"] = [
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": "web-1",
                "uid": owner["metadata"]["uid"],
                "controller": True,
            }
        ]
    return [deploy, owner, *pods]


BAD = waiting("ImagePullBackOff")
FAILURE = [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}]

REFUSAL = 'pods "web-x" is forbidden: exceeded quota: berth, requested: pods=1, used: pods=1, limited: pods=1'
REFUSED = [{**FAILURE[0], "message": REFUSAL}]
EARLIER = [{**FAILURE[0], "message": REFUSAL.replace("used: pods=1", "used: pods=2")}]
ONE, TWO = ({"hard": {"pods": pods}} for pods in "12")

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
    "no room in a quota": (
        [
            *rollout(deployment(have=0, updated=0, available=0), have=0, ready=0, conditions=REFUSED),
            made("ResourceQuota", "berth", spec=ONE, status={**ONE, "used": {"pods": "1"}}),
        ],
        "moment",
    ),
    "a quota that counted a Pod on its way out": (
        [
            *rollout(deployment(have=0, updated=0, available=0), have=0, ready=0, conditions=EARLIER),
            made("ResourceQuota", "berth", spec=ONE, status={**ONE, "used": {"pods": "1"}}),
        ],
        "moment",
    ),
    "a quota that has room by now": (
        [
            *rollout(deployment(have=0, updated=0, available=0), have=0, ready=0, conditions=REFUSED),
            made("ResourceQuota", "berth", spec=TWO, status={**TWO, "used": {"pods": "1"}}),
        ],
        "moves",
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
    [
        ({}, "rest"),
        ({"ready": 1, "available": 1}, "moves"),
        ({"available": 1}, "moves"),
        ({"meta": {"generation": 2}}, "moves"),
    ],
    ids=["complete", "a Ready Pod not counted yet", "Ready, not for long enough", "not seen yet"],
)
def test_a_replicaset_of_nobody(counts: dict[str, Any], wanted: str) -> None:
    """Without a Deployment its own counts are what `get replicaset` shows: they follow the Pods."""
    owner = replicas(**counts)
    assert verdict([owner, pod(name="a", owner=owner), pod(name="bc", owner=owner)]) == wanted


def test_a_pod_that_has_ended_is_nobody_s_any_more() -> None:
    """One that was evicted stays beside the one that replaced it; one that is over is adopted by nobody."""
    over = {"phase": "Failed", "reason": "Evicted"}
    owner = replicas()
    pods = [pod(name=name, owner=owner) for name in ("a", "bc")]
    assert verdict([owner, *pods, pod(ended(137), name="x", owner=owner, status=over)]) == "rest"
    assert verdict([owner, *pods, pod(ended(137), name="x", status=over)]) == "rest"


def test_a_rollout_that_has_told_nothing_yet_is_awaited() -> None:
    """It has its deadline before it has its first condition."""
    deploy = deployment(have=0, updated=0, available=0, progressDeadlineSeconds=600)
    assert verdict([deploy], until=NOW + timedelta(seconds=60)) == "moves"


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


def daemons(by_hand: bool = False, template: Object | None = None, **more: int) -> dict[str, Any]:
    fields = (
        "desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberReady",
        "numberAvailable",
    )  # fmt: skip
    counts = {**dict.fromkeys(fields, 1), **more}
    spec: dict[str, object] = {"updateStrategy": {"type": "OnDelete"}} if by_hand else {}
    spec |= {"template": {"spec": template or {}}}
    return made("DaemonSet", "log", spec=spec, status={"observedGeneration": 1, **counts})


def job(*conditions: str, suspend: bool = False, **counts: int) -> dict[str, Any]:
    found = [{"type": each, "status": "True"} for each in conditions]
    return made("Job", "once", spec={"suspend": suspend}, status={"conditions": found, **counts})


def ended_job(seconds: float) -> dict[str, Any]:
    """One that ended so many seconds ago, and is deleted ten after that."""
    over = {"type": "Complete", "status": "True", "lastTransitionTime": ago(seconds)}
    return made("Job", "once", spec={"ttlSecondsAfterFinished": 10}, status={"conditions": [over]})


def token(data: dict[str, str]) -> dict[str, Any]:
    """The Secret of a ServiceAccount."""
    return made("Secret", "s", type="kubernetes.io/service-account-token", data=data)


def cron(*active: str, **spec: object) -> dict[str, Any]:
    found = [{"kind": "Job", "name": name, "uid": f"Job/{name}"} for name in active]
    return made("CronJob", "bell", spec=spec, status={"active": found})


def rung(name: str, *conditions: str) -> dict[str, Any]:
    """A Job that a CronJob has made."""
    found = [{"type": each, "status": "True"} for each in conditions]
    return made("Job", name, cron(), spec={}, status={"conditions": found})


def budget(
    counted: int, selector: dict[str, Any] | None = None, seen: int = 1, **more: object
) -> dict[str, Any]:
    status = {"observedGeneration": seen, "currentHealthy": counted, **more}
    return made("PodDisruptionBudget", "web", spec={"selector": selector, "minAvailable": 1}, status=status)


def autoscaler(low: int = 1, high: int = 4, /, **status: object) -> dict[str, Any]:
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": low, "maxReplicas": high}
    return made("HorizontalPodAutoscaler", "web", spec=spec, status=status)


UNCOUNTED = {"conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed"}]}
LOOKED = {"conditions": [{"type": "AbleToScale", "status": "True"}]}
GHOST = {"kind": "Deployment", "name": "ghost"}
UNABLE = [{"type": "AbleToScale", "status": "False"}]
REFUSED_ONE = Counts(have=1, ready=1, conditions=FAILURE)
WEB = {"matchLabels": {"app": "web"}}
PARTITION = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}


class Owned(TypedDict):
    """Whose a Pod is."""

    owner: dict[str, Any]


OWN, DAEMON = Owned(owner=stateful()), Owned(owner=daemons())
OTHERS = {
    "StatefulSet: complete": ([stateful(), pod(**OWN)], "rest"),
    "StatefulSet: not seen yet": (
        [{**stateful(), "metadata": {**stateful()["metadata"], "generation": 2}}, pod(**OWN)],
        "moves",
    ),
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
        [{**daemons(), "metadata": {**daemons()["metadata"], "generation": 2}}, pod(**DAEMON)],
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
    "DaemonSet: a Pod where none should be any more, which stays": (
        [daemons(numberMisscheduled=1), pod(name="a", **DAEMON), pod(name="b", **DAEMON)],
        "moment",
    ),
    "DaemonSet: such a Pod that is not Ready": (
        [daemons(numberMisscheduled=1), pod(name="a", **DAEMON), pod(crash(20, 5), name="b", **DAEMON)],
        "moment",
    ),
    "DaemonSet: such a Pod, and one that is not counted yet": (
        [
            daemons(numberReady=0, numberMisscheduled=1),
            *(pod(name=name, **DAEMON) for name in ("a", "b")),
        ],
        "moves",
    ),
    "Job: running": ([job(active=1), pod(spec=NEVER, owner=job())], "moves"),
    "Job: over": ([job("Complete", succeeded=1)], "rest"),
    "Job: failed": ([job("Failed", failed=1)], "rest"),
    "Job: to be tried again": ([job(failed=1)], "moves"),
    "Job: a bad image": ([job(active=1), pod(BAD, spec=NEVER, owner=job())], "moment"),
    "Job: of no Pods at once": ([{**job(), "spec": {"parallelism": 0}}], "moment"),
    "Job: of no Pods at once any more, one is still there": (
        [{**job(active=1), "spec": {"parallelism": 0}}, pod(spec=NEVER, owner=job())],
        "moves",
    ),
    "Job: of no Pods at once any more, it does not know": (
        [{**job(active=1), "spec": {"parallelism": 0}}],
        "moves",
    ),
    "Job: suspended, it counts a Pod that is gone": ([job("Suspended", suspend=True, active=1)], "moves"),
    "Job: over, to be deleted in a while": ([ended_job(4)], "rest"),
    "Job: over, about to be deleted": ([ended_job(9)], "moment"),
    "Job: to be deleted, going on": ([{**job(active=1), "spec": {"ttlSecondsAfterFinished": 0}}], "moves"),
    "Job: suspended": ([job("Suspended", suspend=True)], "rest"),
    "Job: being suspended": ([job(suspend=True)], "moves"),
    "Secret: a token to be made": ([token({})], "moment"),
    "Secret: a token": ([token({"token": "ZQ=="})], "rest"),
    "Secret: of a person": ([made("Secret", "s", type="Opaque")], "rest"),
    "CronJob: not its hour yet": ([cron()], "rest"),
    "CronJob: its Job works": ([cron("a"), rung("a")], "moves"),
    "CronJob: its Job has ended, it does not know": ([cron("a"), rung("a", "Complete")], "moment"),
    "CronJob: its Job has ended": ([cron(), rung("a", "Complete")], "rest"),
    "CronJob: its Job is gone, it does not know": ([cron("a")], "moment"),
    "CronJob: more Jobs than it keeps": (
        [cron(), *(rung(name, "Complete") for name in "abcd")],
        "moment",
    ),
    "CronJob: as many Jobs as it keeps": (
        [cron(), rung("x", "Failed"), *(rung(name, "Complete") for name in "abc")],
        "rest",
    ),
    "CronJob: more failed Jobs than it keeps": ([cron(), rung("x", "Failed"), rung("y", "Failed")], "moment"),
    "CronJob: told to keep none": (
        [cron(successfulJobsHistoryLimit=0), rung("a", "Complete")],
        "moment",
    ),
    "CronJob: deleted, its Jobs to go": ([rung("a", "Complete")], "moves"),
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
        "awaited",
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
    "PodDisruptionBudget: of Pods whose owner cannot be scaled": (
        [budget(0, WEB, 0, **UNCOUNTED), pod(**DAEMON), daemons()],
        "moment",
    ),
    "HorizontalPodAutoscaler: new": ([autoscaler()], "moves"),
    "HorizontalPodAutoscaler: of nothing": ([autoscaler(**LOOKED)], "rest"),
    "HorizontalPodAutoscaler: counted": (
        [autoscaler(currentReplicas=2, **LOOKED), *rollout(deployment(), pod(), pod())],
        "rest",
    ),
    "HorizontalPodAutoscaler: of what is not there, beside another one": (
        [
            {**autoscaler(**LOOKED), "spec": {**autoscaler()["spec"], "scaleTargetRef": GHOST}},
            *rollout(deployment(), pod(), pod()),
        ],
        "rest",
    ),
    "HorizontalPodAutoscaler: behind what it scales": (
        [autoscaler(currentReplicas=1, **LOOKED), *rollout(deployment(), pod(), pod())],
        "moves",
    ),
    "HorizontalPodAutoscaler: about to scale up to what it was changed to": (
        [autoscaler(3, 4, currentReplicas=2, **LOOKED), *rollout(deployment(), pod(), pod())],
        "moves",
    ),
    "HorizontalPodAutoscaler: about to scale down to what it was changed to": (
        [autoscaler(1, 1, currentReplicas=2, **LOOKED), *rollout(deployment(), pod(), pod())],
        "moves",
    ),
    "HorizontalPodAutoscaler: that cannot scale": (
        [autoscaler(3, 4, conditions=UNABLE), *rollout(deployment(), pod(), pod())],
        "moment",
    ),
    "HorizontalPodAutoscaler: of what was scaled to zero": (
        [autoscaler(2, 4, **LOOKED), deployment(want=0, have=0, updated=0, available=0)],
        "rest",
    ),
    "HorizontalPodAutoscaler: of what a quota keeps smaller": (
        [
            autoscaler(currentReplicas=2, **LOOKED),
            *rollout(deployment(have=1, updated=1, available=1), pod(), **REFUSED_ONE),
        ],
        "moment",
    ),
    "ConfigMap: being deleted is nobody's business": ([made("ConfigMap", "c")], "rest"),
    "nothing": ([], "rest"),
}


def refused(owner: Object, message: str = REFUSAL, since: float = 10) -> dict[str, Any]:
    """What the controller of a workload tells when no Pod of it can be made, for the last time."""
    about, reason = {"uid": owner["metadata"]["uid"]}, "FailedCreate"
    return made(
        "Event", f"e{since}", involvedObject=about, reason=reason, message=message, lastTimestamp=ago(since)
    )


def full(used: str = "1") -> dict[str, Any]:
    return made("ResourceQuota", "berth", spec=ONE, status={**ONE, "used": {"pods": used}})


NONE: dict[str, Any] = {"readyReplicas": 0, "availableReplicas": 0, "replicas": 0}
FORBIDDEN = 'pods "log-x" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes'
THERE = pod(name="other", meta={"labels": {}})

REFUSALS = {
    "StatefulSet: no room": ([stateful(**NONE), refused(stateful()), full(), THERE], "moment"),
    "StatefulSet: no room for its next Pod": (
        [stateful(want=2), refused(stateful()), full(), pod(**OWN)],
        "moment",
    ),
    "StatefulSet: it had no room, and has made a Pod since": (
        [stateful(want=2), refused(stateful(), since=30), full(), pod(**OWN)],
        "moves",
    ),
    "StatefulSet: there is room by now": ([stateful(**NONE), refused(stateful()), full("0")], "moves"),
    "StatefulSet: another one has no room": (
        [stateful(**NONE), refused(daemons()), full(), THERE],
        "moves",
    ),
    "DaemonSet: its Pods are forbidden": (
        [daemons(numberReady=0, numberAvailable=0), refused(daemons(), FORBIDDEN)],
        "moment",
    ),
    "Job: its Pods are forbidden": ([job(), refused(job(), FORBIDDEN)], "moment"),
    "Job: one of its Pods has no room, others work": (
        [job(active=1), refused(job()), full(), pod(owner=job(), spec=NEVER)],
        "moves",
    ),
    "Job: one of its Pods has no room, another has ended": (
        [
            job(succeeded=1),
            refused(job(), FORBIDDEN),
            pod(ended(0), owner=job(), spec=NEVER, status=DONE),
        ],
        "moment",
    ),
}


@pytest.mark.parametrize(("objects", "wanted"), REFUSALS.values(), ids=REFUSALS)
def test_a_workload_whose_pods_are_refused(objects: list[dict[str, Any]], wanted: str) -> None:
    """It has no condition for that, only an event, which may be of before."""
    assert verdict(objects) == wanted


NOBODY = 'pods "log-x" is forbidden: error looking up service account web/bot: serviceaccount "bot" not found'


@pytest.mark.parametrize(
    "objects",
    [
        [replicas(have=0, ready=0, conditions=[{**FAILURE[0], "message": NOBODY}])],
        [stateful(**NONE), refused(stateful(), NOBODY)],
        [job(), refused(job(), FORBIDDEN, since=20), refused(job(), NOBODY, since=10)],
    ],
    ids=["ReplicaSet", "StatefulSet", "Job"],
)
def test_what_a_workload_lacks_is_told(objects: list[dict[str, Any]]) -> None:
    """Once the ServiceAccount is there, its controller asks again, some time later."""
    [motion] = moving(Snapshot(objects, NOW))
    assert (motion.ends, motion.lacks) == (True, ("serviceaccounts/bot",))


DISK = {"nodeSelector": {"disk": "ssd"}}
EXISTS, EQUAL = {"operator": "Exists"}, {"key": "gpu", "value": "no"}


@pytest.mark.parametrize(
    ("template", "taint", "wanted"),
    [
        ({}, None, "rest"),
        (DISK, None, "moment"),
        (DISK | {"affinity": {"nodeAffinity": {}}}, None, "rest"),
        ({}, "gpu=yes:NoSchedule", "moment"),
        ({}, "gpu=yes:PreferNoSchedule", "rest"),
        ({"tolerations": [EXISTS]}, "gpu=yes:NoSchedule", "rest"),
        ({"tolerations": [EQUAL]}, "gpu=yes:NoSchedule", "moment"),
        ({"tolerations": [{**EQUAL, "value": "yes"}]}, "gpu=yes:NoSchedule", "rest"),
        ({"tolerations": [{**EXISTS, "key": "gpu", "effect": "NoExecute"}]}, "gpu=yes:NoSchedule", "moment"),
        ({}, "node.kubernetes.io/unschedulable=:NoSchedule", "rest"),
    ],
)
def test_a_daemonset_follows_the_nodes(template: Object, taint: str | None, wanted: str) -> None:
    """A label or a taint of a node changes where its Pods belong, before it says so itself."""
    host = node()
    if taint:
        key, value, effect = re.split("[=:]", taint)
        host["spec"]["taints"] = [{"key": key, "value": value, "effect": effect}]
        host["spec"]["unschedulable"] = key.endswith("/unschedulable")
    assert verdict([daemons(template=template), pod(**DAEMON), host]) == wanted


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


def balanced(*addresses: dict[str, str]) -> dict[str, Any]:
    """A Service of which a controller makes a load balancer: that is its finalizer."""
    found = service()
    found["metadata"]["finalizers"] = ["service.kubernetes.io/load-balancer-cleanup"]
    found["spec"]["type"] = "LoadBalancer"
    return {**found, "status": {"loadBalancer": {"ingress": list(addresses)} if addresses else {}}}


def slices(*addresses: str, ready: bool = True, port: int = 80) -> dict[str, Any]:
    found = [{"addresses": [address], "conditions": {"ready": ready}} for address in addresses]
    ports = [{"name": "", "port": port, "protocol": "TCP"}]
    return made("EndpointSlice", "web-x", service(), endpoints=found, ports=ports)


def sharing(address: str, *ready: bool) -> list[dict[str, Any]]:
    """A slice in which Pods have one address: that of their node."""
    found = slices()
    found["endpoints"] = [{"addresses": [address], "conditions": {"ready": each}} for each in ready]
    return [found]


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
    "no slice yet, and no Pod": ([service()], "moves"),
    "no Pod, and an empty slice": ([service(), {**slices(), "endpoints": None, "ports": None}], "rest"),
    "a name of elsewhere": (
        [{**service(), "spec": {**service()["spec"], "type": "ExternalName"}}, pod()],
        "rest",
    ),
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
    "a Pod that leaves, on a lost node, and is talked to whatever it is": (
        [
            service(unready=True),
            pod(meta={"deletionTimestamp": ago(1)}),
            slices("10.0.0.3"),
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
    "two Pods in the network of their node, one of which is ready": (
        [service(), pod(name="a"), pod(BAD, name="b"), *sharing("10.0.0.1", True, False)],
        "moment",
    ),
    "the same, in the order of their slice": (
        [service(), pod(name="a"), pod(BAD, name="b"), *sharing("10.0.0.1", False, True)],
        "moment",
    ),
    "the same, none of them ready in it yet": (
        [service(), pod(name="a"), pod(BAD, name="b"), *sharing("10.0.0.1", False, False)],
        "moves",
    ),
    "nobody selected": ([service({"app": "other"}), pod(), slices()], "rest"),
    "without a selector": ([service({}), pod()], "rest"),
    "a finished Pod": ([service(), pod(ended(0), status=DONE, spec=NEVER), slices()], "rest"),
    "the Service is gone": ([slices("10.0.0.3")], "moves"),
    "a load balancer that somebody is at": ([balanced(), pod(), slices("10.0.0.3")], "awaited"),
    "a load balancer that has its address": (
        [balanced({"ip": "192.0.2.7"}), pod(), slices("10.0.0.3")],
        "rest",
    ),
    "a load balancer that nobody makes": (
        [{**balanced(), "metadata": service()["metadata"]}, pod(), slices("10.0.0.3")],
        "rest",
    ),
}


@pytest.mark.parametrize(("objects", "wanted"), SERVICES.values(), ids=SERVICES)
def test_a_service(objects: list[dict[str, Any]], wanted: str) -> None:
    """A Service is at rest when its EndpointSlices name the Pods that it selects, as ready as they are."""
    assert verdict(objects) == wanted


def test_a_load_balancer_that_never_gets_an_address_is_shown_as_it_is() -> None:
    """On k3s, where Traefik has port 80: who asks for it reads `<pending>`."""
    motions = moving(Snapshot([balanced(), pod(), slices("10.0.0.3")], NOW))
    assert all(motion.ends for motion in motions)


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
