"""Is a namespace at rest? Rules over its objects, one a kind.

An object moves while something will change by itself: a controller has not acted on the last change yet, a
Pod is on its way to Ready or to its end, something is being deleted. It is at rest when only a person, or a
retry that leads to the same place, will change it: an image that cannot be pulled, a container that crashes
again and again, a Pod that fits on no node, and the Deployment that waits for them.

>>> pod = {"kind": "Pod", "metadata": {"name": "web", "uid": "1"}, "spec": {}, "status": {}}
>>> print(*moving(Snapshot([pod])))
Pod web: no node was chosen for it yet
"""

from __future__ import annotations

from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from preuve.cluster.kinds import KINDS
from preuve.cluster.objects import (
    Snapshot,
    behind,
    condition,
    finished,
    foreign,
    holds,
    labels,
    leaving,
    matches,
    tolerates,
    who,
)
from preuve.rest import custom, quota
from preuve.rest import pod as pods
from preuve.rest.motion import LATE, NEAR, NEVER, STUCK, Motion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from preuve.cluster.objects import Object

    Rule = Callable[[Object, Snapshot, Snapshot], Iterator[Motion]]


TIMED_OUT = "ProgressDeadlineExceeded"

KEPT = {"Complete": ("successfulJobsHistoryLimit", 3), "Failed": ("failedJobsHistoryLimit", 1)}
"""How many Jobs a CronJob keeps, by how they have ended: the field, and the number where nobody says one."""

FILLED = "kubernetes.io/service-account-token"
"""The type of a Secret whose content a controller makes (upstream ``tokens_controller.go``)."""

CORDONED = "node.kubernetes.io/unschedulable"

REVISION = "deployment.kubernetes.io/revision"

BALANCED = "service.kubernetes.io/load-balancer-cleanup"
"""The finalizer of a Service that a controller makes a load balancer for (upstream ``cloud-provider``)."""

BALANCES = 30.0
"""Seconds for its address, half of what a command has by default. Some never get one: on k3s a port is given
to one Service alone, and Traefik has 80."""

DAEMONS_TOLERATE = [
    {"key": f"node.kubernetes.io/{reason}", "operator": "Exists", "effect": effect}
    for effect, reasons in {
        "NoExecute": ("not-ready", "unreachable"),
        "NoSchedule": ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"),
    }.items()
    for reason in reasons
]
"""What all Pods of DaemonSets tolerate (upstream ``AddOrUpdateDaemonPodTolerations``)."""


def moving(snapshot: Snapshot, settled: Snapshot | None = None) -> tuple[Motion, ...]:
    """Tell what moves, kind by kind, then by name; nothing when the namespace is at rest.

    Args:
        snapshot: the namespace now.
        settled: the same namespace when it last was at rest, if it ever was.
    """
    past = settled or Snapshot()
    others: dict[str, Rule] = {kind: _custom for kind in snapshot.kinds if "." in kind}
    others["Secret"] = _secret  # where they are listed
    return tuple(
        motion
        for kind, rule in (RULES | others).items()
        for obj in snapshot[kind]
        for motion in (_going(obj, snapshot, past) or rule(obj, snapshot, past))
    )


def _going(obj: Object, snapshot: Snapshot, past: Snapshot) -> list[Motion]:
    """Tell what is being deleted, or will be since its owner was."""
    if leaving(obj):
        if obj["kind"] == "Pod" and (node := pods.lost_node(obj, snapshot)):
            return [Motion(who(obj), f"is being deleted, but its node {node} is not Ready", STUCK)]
        if keeper := _keeper(obj, snapshot):
            return [Motion(who(obj), f"is being deleted, and waits for {keeper}", STUCK)]
        return [Motion(who(obj), "is being deleted")]
    return [
        Motion(who(obj), f"its owner {owner['kind']} {owner['name']} is gone, it will go too")
        for owner in obj["metadata"].get("ownerReferences", ())
        if owner["uid"] not in snapshot.by_uid and (_is_listed(owner) or owner["uid"] in past.by_uid)
    ]


def _is_listed(owner: Object) -> bool:
    """Tell whether an owner would be in a snapshot: other people have kinds of the same names, a Job say."""
    kind = owner["kind"]
    return kind in RULES and owner["apiVersion"].rpartition("/")[0] == KINDS[kind].group


def _keeper(obj: Object, snapshot: Snapshot, waits: tuple[str, ...] = ()) -> str:
    """Tell what keeps an object that is being deleted until somebody does something, if anything does.

    Kubernetes' own finalizers are taken away by its controllers; nobody knows about others. A claim waits for
    the Pods that use it, and an owner that goes last for what belongs to it: for a claim of its own, say,
    which waits for nobody else.

    Args:
        obj: what is being deleted.
        snapshot: where it is.
        waits: what waits for it, by UID.
    """
    if obj["metadata"]["uid"] in waits:
        return ""
    waits = (*waits, obj["metadata"]["uid"])
    finalizers = obj["metadata"].get("finalizers", ())
    if held := foreign(obj):
        runs = obj["kind"] == "Pod" and obj["spec"].get("nodeName") and not finished(obj)
        return "" if runs else f"its finalizer {held[0]}"
    if "kubernetes.io/pvc-protection" in finalizers:
        for pod in snapshot["Pod"]:
            if _uses(pod, obj) and (not leaving(pod) or _keeper(pod, snapshot, waits)):
                return f"{who(pod)}, which uses it"
    if "foregroundDeletion" in finalizers:
        for each in snapshot.dependents(obj):
            if leaving(each) and (keeper := _keeper(each, snapshot, waits)):
                return f"{who(each)}, which waits for {keeper}"
    return ""


def _uses(pod: Object, claim: Object) -> bool:
    """Tell whether a claim is in use by a Pod, for its protection (upstream ``pvcprotection``)."""
    name, owners = claim["metadata"]["name"], claim["metadata"].get("ownerReferences", ())
    named = any(
        volume.get("persistentVolumeClaim", {}).get("claimName") == name
        for volume in pod["spec"].get("volumes", ())
    )
    own = any(each["uid"] == pod["metadata"]["uid"] for each in owners)  # of an ephemeral volume
    return bool(pod["spec"].get("nodeName")) and (named or own)


def _unseen(obj: Object) -> Motion:
    return Motion(who(obj), "its controller has not seen the last change yet")


def _counts(obj: Object, *fields: str) -> list[int]:
    return [int(obj.get("status", {}).get(field) or 0) for field in fields]


def _ready(found: list[Object]) -> int:
    return sum(holds(pod, "Ready") for pod in found)


def _patience(owner: Object, snapshot: Snapshot, past: Snapshot) -> float:
    """Tell how long a workload that lacks something may be about to get it: not if a Pod of it is stuck."""
    if any(holds(each, "ReplicaFailure") for each in [owner, *snapshot.owned(owner, "ReplicaSet")]):
        return STUCK
    if _refusal(owner, snapshot):
        return STUCK
    unready = [pod for pod in snapshot.pods(owner) if not (finished(pod) or holds(pod, "Ready"))]
    stuck = (all(motion.ends for motion in pods.moves(pod, snapshot, past)) for pod in unready)
    return STUCK if any(stuck) else NEVER


def _refusal(owner: Object, snapshot: Snapshot) -> str:
    """Tell why a workload was refused a Pod, if it has made none since: of some, only an event says so.

    A Job goes on when one of its Pods has ended, which may make room for the next.
    """
    found = snapshot.pods(owner)
    if owner["kind"] == "Job" and not all(map(finished, found)):
        return ""
    last = max((each["metadata"]["creationTimestamp"] for each in found), default="")
    refusals = [
        event
        for event in snapshot["Event"]
        if event["involvedObject"].get("uid") == owner["metadata"]["uid"]
        and event.get("reason") == "FailedCreate"
        and "is forbidden: " in (event.get("message") or "")
        and (event.get("lastTimestamp") or "") > last
        and not quota.would_allow(event["message"], snapshot)
    ]
    return str(max(refusals, key=itemgetter("lastTimestamp"))["message"]) if refusals else ""


def _short(owner: Object, why: str, snapshot: Snapshot, past: Snapshot) -> Motion:
    """Tell of a workload that lacks Pods; once there is what they were refused for, it asks again."""
    lacks = pods.lacked(_refusal(owner, snapshot))
    return Motion(who(owner), why, _patience(owner, snapshot, past), lacks=lacks)


def _deployment(owner: Object, snapshot: Snapshot, past: Snapshot) -> Iterator[Motion]:
    want = owner["spec"].get("replicas", 1)
    have, updated, available = _counts(owner, "replicas", "updatedReplicas", "availableReplicas")
    paused = owner["spec"].get("paused")
    if behind(owner):
        yield _unseen(owner)
    elif (have, updated, available) != (want, want, want):
        why = f"{have} replicas, {updated} updated, {available} available, {want} wanted"
        patience = STUCK if paused else _patience(owner, snapshot, past)
        yield Motion(who(owner), why, NEVER if not paused and _times_out(owner, snapshot) else patience)
    elif not paused and _untold_cause(owner, snapshot):
        yield Motion(who(owner), "its change-cause is not in its history yet", STUCK)
    elif _surplus(owner, snapshot):
        yield Motion(who(owner), "has more old ReplicaSets than it keeps", STUCK)


def _surplus(owner: Object, snapshot: Snapshot) -> bool:
    """Tell whether old ReplicaSets are to be deleted after a rollout (upstream ``cleanupDeployment``)."""
    now = owner["metadata"].get("annotations", {}).get(REVISION)
    found = snapshot.owned(owner, "ReplicaSet")
    old = [each for each in found if each["metadata"].get("annotations", {}).get(REVISION) != now]
    return bool(len(old) > owner["spec"].get("revisionHistoryLimit", len(old)))


def _times_out(owner: Object, snapshot: Snapshot) -> bool:
    """Tell whether a Deployment that is stuck will say so by itself while one waits for it."""
    progress, seconds = condition(owner, "Progressing"), owner["spec"].get("progressDeadlineSeconds")
    if not (seconds and progress) or progress["reason"] in {"NewReplicaSetAvailable", TIMED_OUT}:
        return False
    since = datetime.fromisoformat(progress["lastUpdateTime"])
    return since + timedelta(seconds=seconds) + LATE < snapshot.until


def _untold_cause(owner: Object, snapshot: Snapshot) -> bool:
    """Tell whether ``rollout history`` still lacks the cause that a person has noted on the Deployment."""
    notes = [
        each["metadata"].get("annotations", {}) for each in [owner, *snapshot.owned(owner, "ReplicaSet")]
    ]
    cause = "kubernetes.io/change-cause"
    now = [each.get(cause) for each in notes if each.get(REVISION) == notes[0].get(REVISION)]
    return len(set(now)) > 1


def _replicas(owner: Object, snapshot: Snapshot, _: Snapshot) -> Iterator[Motion]:
    """Tell how a ReplicaSet or a ReplicationController moves."""
    want, selector = owner["spec"].get("replicas", 1), owner["spec"].get("selector") or {}
    have, ready, available = _counts(owner, "replicas", "readyReplicas", "availableReplicas")
    mine = [pod for pod in snapshot.owned(owner, "Pod") if not (finished(pod) or leaving(pod))]
    strays = [pod for pod in mine if not matches(selector, labels(pod))]
    orphans = [pod for pod in snapshot["Pod"] if _orphan(pod) and matches(selector, labels(pod))]
    if behind(owner):
        yield _unseen(owner)
    elif strays or orphans:
        yield Motion(
            who(owner), f"{who([*strays, *orphans][0])} is to be {'released' if strays else 'adopted'}"
        )
    elif (have, len(mine)) != (want, want):
        refusal = condition(owner, "ReplicaFailure").get("message", "")
        why = f"{len(mine)} of {want} Pods{': ' * bool(refusal)}{refusal}"
        stuck = refusal and not quota.would_allow(refusal, snapshot)
        yield Motion(who(owner), why, STUCK if stuck else NEVER, lacks=pods.lacked(refusal))
    elif ready != _ready(mine):
        yield Motion(who(owner), f"counts {ready} ready Pods, {_ready(mine)} are")
    elif available < ready:
        yield Motion(who(owner), f"{available} of {ready} ready Pods have been so for long enough")


def _orphan(pod: Object) -> bool:
    owned = any(each.get("controller") for each in pod["metadata"].get("ownerReferences", ()))
    return not (owned or finished(pod) or leaving(pod))


def _stateful(owner: Object, snapshot: Snapshot, past: Snapshot) -> Iterator[Motion]:
    want, strategy = owner["spec"].get("replicas", 1), owner["spec"].get("updateStrategy", {})
    status = owner.get("status", {})
    have, updated, ready, available = _counts(
        owner, "replicas", "updatedReplicas", "readyReplicas", "availableReplicas"
    )
    target = want - strategy.get("rollingUpdate", {}).get("partition", 0)
    rolling = strategy.get("type") != "OnDelete" and status.get("currentRevision") != status.get(
        "updateRevision"
    )
    if behind(owner):
        yield _unseen(owner)
    elif (have, available) != (want, want) or (rolling and updated < target):
        why = f"{have} Pods, {updated} updated, {available} available, {want} wanted"
        yield _short(owner, why, snapshot, past)
    elif ready != _ready(snapshot.owned(owner, "Pod")):
        yield Motion(who(owner), f"counts {ready} ready Pods")


def _daemons(owner: Object, snapshot: Snapshot, past: Snapshot) -> Iterator[Motion]:
    want, have, updated, ready, available, astray = _counts(
        owner,
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "updatedNumberScheduled",
        "numberReady",
        "numberAvailable",
        "numberMisscheduled",
    )
    by_hand = owner["spec"].get("updateStrategy", {}).get("type") == "OnDelete"
    uncounted = _ready(snapshot.owned(owner, "Pod")) - ready  # of those astray, it counts none
    if behind(owner):
        yield _unseen(owner)
    elif (have, available) != (want, want) or (updated != want and not by_hand):
        why = f"on {have} nodes, {updated} updated, {available} available, {want} wanted"
        yield _short(owner, why, snapshot, past)
    elif not 0 <= uncounted <= astray:
        yield Motion(who(owner), f"counts {ready} ready Pods")
    elif astray:  # they stay where a taint only keeps others out (upstream `NodeShouldRunDaemonPod`)
        yield Motion(who(owner), f"on {astray} nodes where it should not be", STUCK)
    elif (hosts := _hosts(owner["spec"]["template"]["spec"], snapshot)) not in {None, want}:
        yield Motion(who(owner), f"counts {want} nodes for its Pods, {hosts} are", STUCK)


def _hosts(pod: Object, snapshot: Snapshot) -> int | None:
    """Count the nodes for a DaemonSet's Pods, where that is plain (upstream ``NodeShouldRunDaemonPod``)."""
    if pod.get("affinity") or pod.get("nodeName") or not snapshot["Node"]:
        return None
    tolerations = [*(pod.get("tolerations") or ()), *DAEMONS_TOLERATE]
    return sum(
        matches(pod.get("nodeSelector") or {}, labels(node))
        and all(
            any(tolerates(each, taint) for each in tolerations)
            for taint in node.get("spec", {}).get("taints", ())
            if taint["effect"] != "PreferNoSchedule"
        )
        for node in snapshot["Node"]
    )


def _job(job: Object, snapshot: Snapshot, past: Snapshot) -> Iterator[Motion]:
    spec, (done, failed, active) = job["spec"], _counts(job, "succeeded", "failed", "active")
    if end := _end(job):
        seconds = spec.get("ttlSecondsAfterFinished")
        if seconds is not None and _in(seconds, condition(job, end)["lastTransitionTime"], snapshot) < NEAR:
            why = f"is about to be deleted, {seconds} s after its end"
            yield Motion(who(job), why, (NEAR + LATE).total_seconds())
    elif not spec.get("suspend"):
        why = f"{done} of {spec.get('completions') or 1} Pods completed, {failed} failed"
        is_idle = (spec.get("parallelism"), active) == (0, 0)
        seconds, since = spec.get("activeDeadlineSeconds"), job.get("status", {}).get("startTime")
        if seconds and since and snapshot.now + _in(seconds, since, snapshot) + LATE < snapshot.until:
            yield Motion(who(job), why)  # it fails then, whatever its Pods do
        elif is_idle:
            yield Motion(who(job), f"{why}, none at once", STUCK)
        else:
            yield _short(job, why, snapshot, past)
    elif active or not holds(job, "Suspended"):
        yield Motion(who(job), "is being suspended")


def _end(job: Object) -> str:
    """Tell how a Job has ended; nothing if it has not."""
    return next((end for end in KEPT if holds(job, end)), "")


def _in(seconds: int, since: str, snapshot: Snapshot) -> timedelta:
    """How long it is until so many seconds after a time."""
    return datetime.fromisoformat(since) + timedelta(seconds=seconds) - snapshot.now


def _cron(cron: Object, snapshot: Snapshot, _: Snapshot) -> Iterator[Motion]:
    """Tell what a CronJob has not noticed yet of its Jobs (upstream ``cronjob_controllerv2.go``)."""
    mine = {job["metadata"]["uid"]: job for job in snapshot.owned(cron, "Job") if not leaving(job)}
    active = [each["name"] for each in cron.get("status", {}).get("active") or () if _is_past(each, mine)]
    if active:
        yield Motion(who(cron), f"counts Job {active[0]} as active, which has ended", STUCK)
    for end, (field, usual) in KEPT.items():
        kept, most = sum(_end(job) == end for job in mine.values()), cron["spec"].get(field, usual)
        if kept > most:
            yield Motion(who(cron), f"has {kept} Jobs that are {end}, and keeps {most}", STUCK)


def _is_past(reference: Object, jobs: Mapping[str, Object]) -> bool:
    """Tell whether a Job that is referred to has ended, or is gone."""
    return reference["uid"] not in jobs or bool(_end(jobs[reference["uid"]]))


def passes(obj: Object) -> bool:
    """Tell whether an object at rest is to change by itself, sooner or later: at a time that is set."""
    spec = obj["spec"]
    if obj["kind"] == "CronJob":
        return not spec.get("suspend")
    if obj["kind"] == "Job" and _end(obj):
        return "ttlSecondsAfterFinished" in spec
    return "activeDeadlineSeconds" in spec and not finished(obj)


def selected(service: Object, snapshot: Snapshot) -> list[Object]:
    """Return the Pods that a Service selects, by name."""
    selector = service["spec"]["selector"]
    return [pod for pod in snapshot["Pod"] if matches(selector, labels(pod)) and not finished(pod)]


def expected(service: Object, snapshot: Snapshot) -> dict[str, bool]:
    """Return the addresses of the Pods that a Service selects, and whether each is ready to be talked to.

    See upstream ``endpointslice``, ``podToEndpoint``.
    """
    spec = service["spec"]
    return _each_once(
        (
            each["ip"],
            spec.get("publishNotReadyAddresses", False) or (holds(pod, "Ready") and not leaving(pod)),
        )
        for pod in selected(service, snapshot)
        for each in pod["status"].get("podIPs", ())
        if ("IPv6" if ":" in each["ip"] else "IPv4") in spec.get("ipFamilies", ["IPv4"])
    )


def _each_once(found: Iterable[tuple[str, bool]]) -> dict[str, bool]:
    """Tell of each address whether anybody is ready there: Pods may share that of their node."""
    ready: dict[str, bool] = {}
    for address, is_ready in found:
        ready[address] = ready.get(address, False) or is_ready
    return ready


def endpoints(service: Object, snapshot: Snapshot) -> dict[str, bool]:
    """Return the addresses in a Service's EndpointSlices, and whether each is ready to be talked to."""
    return _each_once(
        (address, endpoint.get("conditions", {}).get("ready", True))
        for each in snapshot.owned(service, "EndpointSlice")
        for endpoint in each.get("endpoints") or ()
        for address in endpoint["addresses"]
    )


def _service(service: Object, snapshot: Snapshot, _: Snapshot) -> Iterator[Motion]:
    if not service["spec"].get("selector") or service["spec"].get("type") == "ExternalName":
        return
    slices = snapshot.owned(service, "EndpointSlice")
    wanted, found = expected(service, snapshot), endpoints(service, snapshot)
    if not slices:
        yield Motion(who(service), "has no EndpointSlice yet")
    elif wanted != found:
        address = min(address for address, _ in wanted.items() ^ found.items())
        yield Motion(who(service), f"its EndpointSlices are behind on {address}")
    elif found and _numbers(service, snapshot) - _ports_of(slices):
        yield Motion(who(service), "its EndpointSlices have other ports yet")
    elif BALANCED in service["metadata"].get("finalizers", ()) and not (
        service.get("status", {}).get("loadBalancer", {}).get("ingress")
    ):
        yield Motion(who(service), "its load balancer has no address yet", BALANCES)


def _numbers(service: Object, snapshot: Snapshot) -> set[tuple[str, int]]:
    """Return what the ports of a Service, by their names, lead to in its Pods."""
    return {
        (port.get("name") or "", number)
        for pod in selected(service, snapshot)
        if pod["status"].get("podIPs")
        for port in service["spec"].get("ports", ())
        for number in _targets(port, pod)
    }


def _ports_of(slices: list[Object]) -> set[tuple[str, int]]:
    """Return the ports in EndpointSlices, by their names."""
    return {(each.get("name") or "", each.get("port")) for one in slices for each in one.get("ports") or ()}


def _targets(port: Object, pod: Object) -> list[int]:
    """Return the number, in a Pod, of what a Service's port leads to; none if it has no port of that name."""
    target, protocol = port.get("targetPort"), port.get("protocol", "TCP")
    if isinstance(target, int):
        return [target]
    return [
        each["containerPort"]
        for container in [*pod["spec"]["containers"], *pods.sidecars(pod)]
        for each in container.get("ports", ())
        if (each.get("name"), each.get("protocol", "TCP")) == (target, protocol)
    ][:1]


def _claim(claim: Object, *_: Snapshot) -> Iterator[Motion]:
    if claim["status"].get("phase") == "Pending":
        yield Motion(who(claim), "is not bound", pods.PROVISIONS if pods.asked_for(claim) else STUCK)


def _budget(budget: Object, snapshot: Snapshot, _: Snapshot) -> Iterator[Motion]:
    selector = budget["spec"].get("selector")
    mine = [pod for pod in snapshot["Pod"] if selector is not None and matches(selector, labels(pod))]
    healthy, (counted,) = _ready([pod for pod in mine if not leaving(pod)]), _counts(budget, "currentHealthy")
    state = condition(budget, "DisruptionAllowed")
    if state.get("reason") == "SyncFailed":  # a Pod's owner cannot be scaled, say: it takes in nothing then
        yield Motion(who(budget), f"SyncFailed: {state.get('message', '')}", STUCK)
    elif behind(budget):
        yield _unseen(budget)
    elif counted != healthy:
        yield Motion(who(budget), f"counts {counted} ready Pods, {healthy} are")


def _autoscaler(scaler: Object, snapshot: Snapshot, _: Snapshot) -> Iterator[Motion]:
    """Tell what an autoscaler is about to do whatever is measured (upstream ``reconcileAutoscaler``)."""
    spec, (counted,) = scaler["spec"], _counts(scaler, "currentReplicas")
    target, least, most = spec["scaleTargetRef"], spec.get("minReplicas", 1), spec["maxReplicas"]
    patience = NEVER if holds(scaler, "AbleToScale") else STUCK
    there = [each for each in snapshot[target["kind"]] if each["metadata"]["name"] == target["name"]]
    want = there[0]["spec"].get("replicas", 1) if there else 0
    if not scaler.get("status", {}).get("conditions"):
        yield _unseen(scaler)
    elif there and counted != want:
        yield Motion(who(scaler), f"counts {counted} replicas of {who(there[0])} yet, not {want}", patience)
    elif want and not least <= want <= most:
        why = f"is to give {who(there[0])}, of {want} replicas, {least} to {most}"
        yield Motion(who(scaler), why, patience)


def _node(node: Object, snapshot: Snapshot, _: Snapshot) -> Iterator[Motion]:
    name, ready = node["metadata"]["name"], holds(node, "Ready")
    if name in snapshot.reports and ready != (snapshot.reports[name] is not None):
        yield Motion(who(node), f"is {'down' if ready else 'up'}, and the cluster does not know yet")
        return
    lost = {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}
    tainted = any(
        each["key"] in lost and each["effect"] == "NoExecute" for each in node["spec"].get("taints", ())
    )
    marked = any(each["key"] == CORDONED for each in node["spec"].get("taints", ()))
    if ready == tainted:
        yield Motion(who(node), "is on its way to or from Ready")
    elif marked != node["spec"].get("unschedulable", False):  # upstream `doNoScheduleTaintingPass`
        yield Motion(who(node), f"its taint {CORDONED} is {'still' if marked else 'not yet'} there", STUCK)


def _secret(secret: Object, *_: Snapshot) -> Iterator[Motion]:
    if secret.get("type") == FILLED and "token" not in (secret.get("data") or {}):
        yield Motion(who(secret), "has no token yet", STUCK)


def _part(*_: object) -> Iterator[Motion]:
    """Tell nothing: what it belongs to is judged by it."""
    return iter(())


def _custom(obj: Object, *_: Snapshot) -> Iterator[Motion]:
    return custom.moves(obj)


RULES: dict[str, Rule] = {
    "Deployment": _deployment,
    "ReplicaSet": _replicas,
    "ReplicationController": _replicas,
    "StatefulSet": _stateful,
    "DaemonSet": _daemons,
    "CronJob": _cron,
    "Job": _job,
    "Pod": pods.moves,
    "Service": _service,
    "EndpointSlice": _part,
    "Event": _part,
    "PersistentVolumeClaim": _claim,
    "ResourceQuota": quota.moves,
    "HorizontalPodAutoscaler": _autoscaler,
    "PodDisruptionBudget": _budget,
    "Node": _node,
}
"""The kinds by which a namespace is judged."""
