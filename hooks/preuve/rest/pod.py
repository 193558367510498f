"""How a Pod moves: from its creation to Ready, to its end, or to a state that only a person mends."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from preuve.cluster.objects import behind, condition, finished, holds, leaving, tolerates, who
from preuve.rest import pull
from preuve.rest.motion import LATE, LOOK, NEAR, NEVER, ROUNDING, STUCK, Motion
from preuve.rest.volumes import stale

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preuve.cluster.objects import Object, Snapshot

RELIST = 1.0
"""Seconds between two looks of a kubelet at its containers (upstream ``genericPlegRelistPeriod``)."""

MOMENT = 0.5
"""Seconds that a container without a probe must be up, on the clock of its node; and once more after a
command has reached into it."""

FRESH = RELIST + MOMENT
"""The same where only the API can be asked. A container that ends at once is Ready until the kubelet looks:
for up to 1.2 s in 36 cases (1.37.2 on two busy cores)."""

PERIOD = 10
"""Seconds between two probes that a manifest does not tell (upstream ``SetDefaults_Probe``)."""

ROUNDS = 3
"""How often an init container must have said the same to be one that waits."""

KILLED = 128 + 9
"""The exit code, in a shell and in a container, of what SIGKILL has ended."""

SOON = 3
"""A Job that is given no more restarts of its Pod has ended in half a minute: they come after 0, 10, 20 s."""

STAYS = {
    "CreateContainerError",
    "ErrImageNeverPull",
    "ImageInspectError",
    "InvalidImageName",
}
"""Reasons to wait that stay until somebody acts (upstream ``images/types.go``, ``sync_result.go``)."""

TRIED = 3.0
"""Seconds for a kubelet to try again what lacked a ConfigMap, a Secret or a key of one. By itself it does so
every 10 s or more; one that is made to look does so at once (measured)."""

SCHEDULER = "default-scheduler"
"""Who chooses a Pod's node where nobody else is asked to (upstream ``DefaultSchedulerName``)."""

GRACE = 30
"""Seconds that containers are given to end where nobody says how long."""

PROVISIONS = 30.0
"""Seconds for a volume that a program is to make, half of what a command has by default. The program may not
be there: nobody says so."""

_LACKS = re.compile(
    r'(configmap|secret|serviceaccount) "([^"]+)" not found'
    r'|references non-existent|hostPath type check failed|path "[^"]+" does not exist'
)
"""In what a kubelet says (upstream ``kubelet_pods.go``, ``volume/configmap``, ``volume/secret``,
``volume/hostpath``, ``hostutil``), and the API server (``admission/serviceaccount``)."""

_LACKS_KEY = re.compile(r"couldn't find key (\S+) in (ConfigMap|Secret) [^/\s]+/(\S+)")
"""The same of a variable's value (upstream ``kubelet_pods.go``)."""

UNTOLD = {
    "ErrImagePull",
    "PostStartHookError",
    "RegistryUnavailable",
    "RunContainerError",
    "SignatureValidationFailed",
}
"""Reasons that end in a back-off, which the kubelet publishes at its next look at the Pod. That may be at the
back-off's end: a crash loop reads ``Error`` for 10, 20, 40 s, and ``CrashLoopBackOff`` for 0.2 s (1.37.2).
"""


def moves(pod: Object, snapshot: Snapshot, settled: Snapshot) -> Iterator[Motion]:
    """Tell what moves in a Pod.

    Args:
        pod: one that is not being deleted.
        snapshot: where it is, with its node.
        settled: the namespace when it last was at rest.
    """
    status, on = pod["status"], pod["spec"].get("nodeName")
    if on and snapshot["Node"] and on not in {_name(node) for node in snapshot["Node"]}:
        yield Motion(who(pod), "its node was deleted, it will go too")
    elif finished(pod) and not (on and _unbearable(pod, snapshot)):
        return
    elif not on:
        yield _unscheduled(pod, snapshot)
    elif node := lost_node(pod, snapshot):
        yield Motion(who(pod), f"its node {node} is not Ready", NEVER if holds(pod, "Ready") else STUCK)
    elif taint := _unbearable(pod, snapshot):
        yield Motion(who(pod), f"does not tolerate its node's taint {taint}, it will go")
    elif "observedGeneration" in status and behind(pod):
        yield Motion(who(pod), "its node has not seen the last change yet")
    elif over := _out_of_time(pod, snapshot):
        yield over
    elif motions := [*_resized(pod), *_containers(pod, snapshot, settled), *_volumes(pod, snapshot)]:
        yield from motions
    elif not holds(pod, "Ready"):
        yield from _unready(pod)


def retries(pod: Object) -> bool:
    """Tell whether a Pod at rest will be tried again by itself, and look different for a moment."""
    return bool(_reasons(pod) & {"CrashLoopBackOff", pull.BACKOFF})


def unpulled(pod: Object) -> bool:
    """Tell whether an image of a Pod cannot be pulled."""
    return pull.BACKOFF in _reasons(pod)


def _reasons(pod: Object) -> set[str]:
    """Why containers of a Pod wait, those for debugging too."""
    found = [*statuses(pod), *pod["status"].get("ephemeralContainerStatuses", ())]
    return {each["state"].get("waiting", {}).get("reason", "") for each in found}


def initializing(pod: Object) -> str:
    """Name the init container of a Pod that runs, and is to end before the next one starts."""
    beside = {each["name"] for each in sidecars(pod)}
    statuses = pod["status"].get("initContainerStatuses", ())
    running = (each["name"] for each in statuses if "running" in each["state"])
    return next((name for name in running if name not in beside), "")


def sidecars(pod: Object) -> list[Object]:
    """Return the init containers of a Pod that go on beside the others."""
    starting = pod["spec"].get("initContainers", ())
    return [each for each in starting if each.get("restartPolicy") == "Always"]


def statuses(pod: Object) -> list[Object]:
    """Return the statuses of a Pod's containers, in the order of their start."""
    status = pod["status"]
    return [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]


def lost_node(pod: Object, snapshot: Snapshot) -> str | None:
    """Name the Pod's node if the cluster has lost it."""
    name = pod["spec"].get("nodeName")
    return name if name in {_name(node) for node in snapshot["Node"] if not holds(node, "Ready")} else None


def _unbearable(pod: Object, snapshot: Snapshot) -> str:
    """Name the taint of a Pod's node for which the Pod is to be deleted at once; one for a while is borne."""
    borne = pod["spec"].get("tolerations", ())
    return next(
        (
            taint["key"]
            for node in snapshot["Node"]
            if _name(node) == pod["spec"]["nodeName"]
            for taint in node.get("spec", {}).get("taints", ())
            if taint["effect"] == "NoExecute" and not any(tolerates(each, taint) for each in borne)
        ),
        "",
    )


def _name(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def _unscheduled(pod: Object, snapshot: Snapshot) -> Motion:
    scheduled = condition(pod, "PodScheduled")
    reason = scheduled.get("reason")
    if reason in {"Unschedulable", "SchedulingGated"} and not pod["status"].get("nominatedNodeName"):
        return Motion(who(pod), f"{reason}: {scheduled.get('message', '')}", STUCK)
    if not scheduled and (asked := pod["spec"].get("schedulerName", SCHEDULER)) != SCHEDULER:
        return Motion(who(pod), f"no scheduler {asked} has looked at it", STUCK)
    volumes = pod["spec"].get("volumes", ())
    named = {each.get("persistentVolumeClaim", {}).get("claimName") for each in volumes}
    claims = [each for each in snapshot["PersistentVolumeClaim"] if _name(each) in named and asked_for(each)]
    if claims:
        return Motion(who(pod), f"the volume of {who(claims[0])} is not made yet", PROVISIONS)
    return Motion(who(pod), "no node was chosen for it yet")


def asked_for(claim: Object) -> bool:
    """Tell whether a program was asked to make a claim's volume (upstream ``setClaimProvisioner``)."""
    notes = claim["metadata"].get("annotations") or {}
    pending = claim["status"].get("phase") == "Pending"
    return pending and any(note.endswith("/storage-provisioner") for note in notes)


def _out_of_time(pod: Object, snapshot: Snapshot) -> Motion | None:
    """Tell of a Pod that its kubelet ends at its deadline, or soon will (``active_deadline.go``)."""
    seconds, since = pod["spec"].get("activeDeadlineSeconds"), pod["status"].get("startTime")
    if not (seconds and since):
        return None
    if datetime.fromisoformat(since) + timedelta(seconds=seconds) - snapshot.now >= NEAR:
        return None
    grace = pod["spec"].get("terminationGracePeriodSeconds", GRACE)
    patience = (NEAR + LATE).total_seconds() + grace
    return Motion(who(pod), f"its activeDeadlineSeconds, {seconds}, are over", patience)


def _resized(pod: Object) -> Iterator[Motion]:
    """Tell of a Pod whose resources are being changed, or cannot be: to a limit below what is in use, say.

    It is said to be in progress even so, with what went wrong (upstream ``SetPodResizeInProgressCondition``).
    """
    resize = condition(pod, "PodResizeInProgress")
    if resize.get("reason") == "Error":
        yield Motion(who(pod), f"cannot be resized: {resize.get('message', '')}", TRIED, untold=LOOK)
    elif resize.get("status") == "True":
        yield Motion(who(pod), "is being resized")


def _unready(pod: Object) -> Iterator[Motion]:
    """Tell why a Pod is not Ready though no container of it moves."""
    gates = [each["conditionType"] for each in pod["spec"].get("readinessGates", ())]
    if closed := [gate for gate in gates if not holds(pod, gate)]:
        yield Motion(who(pod), f"its readiness gate {closed[0]} is not true", STUCK)
    elif all("running" in each["state"] for each in pod["status"].get("containerStatuses", ())):
        yield Motion(who(pod), "its containers are ready, and it is not yet")


def _containers(pod: Object, snapshot: Snapshot, settled: Snapshot) -> Iterator[Motion]:
    """Tell what moves in a Pod that has its node: init containers in turn, then all the others.

    Sidecars are among the init containers, and go on; what is for debugging starts whatever these do
    (upstream ``computePodActions``).
    """
    spec, status = pod["spec"], pod["status"]
    by_name = {
        each["name"]: each
        for field in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
        for each in status.get(field) or ()
    }
    if over := [each for each in by_name.values() if _is_over(each, pod, snapshot)]:
        why = f"container {over[0]['name']} has ended, and only its node knows yet"
        yield Motion(who(pod), why)
        return
    for each in by_name.values():
        yield from filter(None, [_misjudged(each, pod, snapshot)])
    for container in spec.get("ephemeralContainers", ()):
        current = by_name.get(container["name"], {})
        if "waiting" in current.get("state", {"waiting": {}}):
            yield from filter(None, [_container(container, by_name, pod, snapshot, settled)])
        elif "running" in current["state"]:
            yield from filter(None, [_fresh(current, pod, snapshot)])
    beside, held_up = sidecars(pod), False
    for container in _started(pod, by_name):
        state = by_name.get(container["name"], {}).get("state", {})
        if held_up and state.get("waiting", {}).get("reason") == "PodInitializing":
            continue
        held_up |= container in beside and "running" not in state
        if "running" in state and container in _first(pod):
            motion: Motion | None = _initializing(container["name"], pod, snapshot)
        else:
            motion = _former(container, by_name, pod, settled) or _container(
                container, by_name, pod, snapshot, settled
            )
        yield from filter(None, [motion])


def _first(pod: Object) -> list[Object]:
    """Return the init containers of a Pod that are to end before the next one starts."""
    beside = sidecars(pod)
    return [each for each in pod["spec"].get("initContainers", ()) if each not in beside]


def _started(pod: Object, by_name: Mapping[str, Object]) -> Iterator[Object]:
    """Yield the containers that are to be there, or are next: up to an init container that has not ended."""
    first = _first(pod)
    for container in [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]:
        state = by_name.get(container["name"], {}).get("state", {})
        is_over = container in first and state.get("terminated", {}).get("exitCode") == 0
        if not is_over:
            yield container
        if container in first and not is_over:
            return


def _is_over(status: Object, pod: Object, snapshot: Snapshot) -> bool:
    """Tell whether a container that runs, for all that the API knows, has ended: its node knows first."""
    asked = "running" in status["state"] and snapshot.report(pod)
    return bool(asked) and not snapshot.process(pod, status["containerID"])


def _misjudged(status: Object, pod: Object, snapshot: Snapshot) -> Motion | None:
    """Tell of a container that its kubelet has seen killed before the runtime knew why: for its memory, say.

    The kubelet does not ask again before something happens to the Pod: its next start, if there is one. Of
    others that have ended it may know better than the runtime.
    """
    report = snapshot.report(pod)
    for state in (status["state"], status.get("lastState", {})):
        ended = state.get("terminated", {})
        reason = report.reasons.get(ended.get("containerID", ""), "") if report else ""
        if reason and reason != ended.get("reason") and ended.get("exitCode") == KILLED:
            why = f"container {status['name']} was killed: {reason}, and only its node knows yet"
            starts = status["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff"
            patience = NEVER if starts else TRIED
            return Motion(who(pod), why, patience, of=ended["containerID"], untold=LOOK)
    return None


def _initializing(name: str, pod: Object, snapshot: Snapshot) -> Motion:
    """Tell of an init container that runs: one that goes on saying the same waits for a person."""
    if word := repeated(snapshot.logs.get((pod["metadata"]["uid"], name), "")):
        return Motion(who(pod), f"init container {name} says {word!r} again and again", STUCK)
    return Motion(who(pod), f"init container {name} is running")


def repeated(log: str) -> str:
    r"""Tell the last line of what a program says, if it has said nothing else in its last rounds.

    >>> repeated("start\n" + "no such name\nwaiting\n" * 3)
    'waiting'
    >>> repeated("table 1\ndone\ntable 2\ndone\ntable 3\ndone\n"), repeated("waiting\n" * 2)
    ('', '')
    """
    *lines, last = log.splitlines() or [""]
    if last not in lines:
        return ""
    length = lines[::-1].index(last) + 1
    rounds = [*lines, last][-length * ROUNDS :]
    return last if len(rounds) == length * ROUNDS and rounds == rounds[:length] * ROUNDS else ""


def _volumes(pod: Object, snapshot: Snapshot) -> Iterator[Motion]:
    """Tell which volumes do not show what has changed: their kubelet would look within a minute."""
    for name, shown in stale(pod, snapshot):
        yield Motion(who(pod), f"volume {name} does not show {shown} as it is now", polled=True, untold=0)


def _former(
    container: Object, by_name: Mapping[str, Object], pod: Object, settled: Snapshot
) -> Motion | None:
    """Tell of a container that still is the one from before its image was changed.

    The kubelet says that it has seen the change before it stops the container, and the image in a status is
    any of that image's names: only the past tells.
    """
    name = container["name"]
    former = settled.by_uid.get(pod["metadata"]["uid"])
    if not former:
        return None
    image = next((each["image"] for each in former["spec"]["containers"] if each["name"] == name), None)
    statuses = former["status"].get("containerStatuses", ())
    ids = [each["containerID"] for each in statuses if each["name"] == name and "containerID" in each]
    if image in {None, container["image"]} or by_name.get(name, {}).get("containerID") not in ids:
        return None
    return Motion(who(pod), f"container {name} still runs {image}")


def _container(
    container: Object, by_name: Mapping[str, Object], pod: Object, snapshot: Snapshot, settled: Snapshot
) -> Motion | None:
    """Tell how one container moves, if it does."""
    name = container["name"]
    status = by_name.get(name, {})
    state = status.get("state") or {"waiting": {}}
    if "running" in state:
        return _running(container, status, pod, snapshot) or _reached(status, pod, snapshot, settled)
    if "terminated" in state:
        return _terminated(container, status, pod)
    if state["waiting"].get("reason") == "CrashLoopBackOff":
        return _backing_off(status, pod, snapshot)
    return _waiting(name, state["waiting"], pod, snapshot)


def _waiting(name: str, waiting: Mapping[str, str], pod: Object, snapshot: Snapshot) -> Motion:
    """Tell what a container that was never started waits for."""
    reason = waiting.get("reason", "is not created yet")
    if reason == "CreateContainerConfigError":
        message = waiting.get("message", reason)
        return Motion(who(pod), f"container {name}: {message}", TRIED, untold=LOOK, lacks=lacked(message))
    if reason == pull.BACKOFF:
        return pull.moves(name, waiting.get("message", ""), pod, snapshot)
    if reason in STAYS:
        return Motion(who(pod), f"container {name}: {reason}", STUCK)
    if missing := _missing(pod, snapshot):
        return Motion(who(pod), missing[0], STUCK, lacks=lacked(*missing))
    return Motion(who(pod), f"container {name}: {reason}", untold=LOOK if reason in UNTOLD else NEVER)


def _missing(pod: Object, snapshot: Snapshot) -> list[str]:
    """Tell what the volumes of a Pod lack; only events say so, the Pod is ContainerCreating for ever."""
    return [
        event["message"]
        for event in snapshot["Event"]
        if event["involvedObject"].get("uid") == pod["metadata"]["uid"]
        and event.get("reason") == "FailedMount"
        and _LACKS.search(event.get("message") or "")
    ]


def lacked(*messages: str) -> tuple[str, ...]:
    """Read all that a container, a Pod or its volumes would need; nothing if a message keeps it back.

    >>> lacked('MountVolume.SetUp failed for volume "v" : configmap "web" not found')
    ('configmaps/web',)
    >>> lacked("couldn't find key port in ConfigMap default/web", 'secret "tls" not found')
    ('configmaps/web#port', 'secrets/tls')
    >>> lacked("references non-existent config key: port", 'secret "tls" not found')
    ()
    """
    found = tuple(map(_lacked, messages))
    return found if all(found) else ()


def _lacked(message: str) -> str:
    if found := _LACKS_KEY.search(message):
        return f"{found[2].lower()}s/{found[3]}#{found[1]}"
    found = _LACKS.search(message)
    return f"{found[1]}s/{found[2]}" if found and found[1] else ""


def _running(container: Object, status: Object, pod: Object, snapshot: Snapshot) -> Motion | None:
    name = container["name"]
    probe = next((each for each in ("startupProbe", "readinessProbe") if each in container), None)
    if not status.get("started", True) or not status["ready"]:
        hint = f": {described(container[probe], probe)} has not succeeded" if probe else ""
        return Motion(who(pod), f"container {name} runs but is not Ready{hint}")
    return _restarted(container, status, pod, snapshot) if probe else _fresh(status, pod, snapshot)


def _fresh(status: Object, pod: Object, snapshot: Snapshot) -> Motion | None:
    """Tell of a container without a probe that it has just started, and may end at once."""
    # What ended soon after its start may do so again: it must outlive its last life, which is told to the
    # second, twice over, for the machine may be busier now.
    last = status.get("lastState", {}).get("terminated", {})
    life = _seconds(last["startedAt"], last["finishedAt"]) if last.get("startedAt") else math.inf
    more = 2 * (life + 1) if life < 10 else 0
    name, of = status["name"], status["containerID"]
    why = f"container {name} has just started"
    process = snapshot.process(pod, of)
    if process is None:
        return Motion(who(pod), why, FRESH + more, of=of)
    if process.lived < MOMENT + more:
        return Motion(who(pod), why, MOMENT + more, of=of, lasted=process.lived, polled=True)
    if process.runs and process.used < MOMENT and not process.asleep:
        return Motion(who(pod), f"container {name} has not come to wait for anything yet", polled=True)
    return None


def _restarted(container: Object, status: Object, pod: Object, snapshot: Snapshot) -> Motion | None:
    """Tell of a restarted container that is Ready only because the one before it was.

    Its kubelet notices when its startup probe is due next (upstream ``prober_manager.go``,
    ``isContainerStarted``).
    """
    probe = container.get("startupProbe")
    if not probe or not status.get("restartCount"):
        return None
    began = datetime.fromisoformat(status["state"]["running"]["startedAt"])
    lasted = (snapshot.now - began).total_seconds()
    patience = probe.get("periodSeconds", PERIOD) + FRESH + 1  # times in a status are whole seconds
    if lasted >= patience:
        return None
    why = f"container {status['name']} was restarted, and {described(probe, 'startupProbe')} is due"
    return Motion(who(pod), why, patience, of=status["containerID"], lasted=lasted, polled=True)


def _reached(status: Object, pod: Object, snapshot: Snapshot, settled: Snapshot) -> Motion | None:
    """Tell of a container that a command has reached into: its program may be about to end for that.

    It has to be up for a moment, as after its start; or it has not run for as long, waits, and so has noticed
    nothing. A program that looks less often than that for what it was told cannot be foreseen.
    """
    container = status["containerID"]
    before, now = settled.process(pod, container), snapshot.process(pod, container)
    then = snapshot.reached.process(pod, container) if snapshot.reached else None
    if not (then and now):
        return None
    since = before if before and before.runs == now.runs and now.asleep else then
    lasted = now.lived - since.lived
    if lasted >= MOMENT:
        return None
    why = f"container {status['name']} may be about to end: a command has just reached into it"
    return Motion(who(pod), why, MOMENT, of=container, lasted=lasted, polled=True)


def described(probe: Object, kind: str) -> str:
    """Say a probe in a few words.

    >>> described({"httpGet": {"path": "/ok", "port": 80}}, "readinessProbe")
    'its readiness probe (httpGet :80/ok)'
    >>> described({"exec": {"command": ["cat", "/ready"]}}, "startupProbe")
    'its startup probe (exec cat /ready)'
    """
    how = next(each for each in ("httpGet", "exec", "tcpSocket", "grpc") if each in probe)
    what = probe[how]
    text = " ".join(what["command"]) if how == "exec" else f":{what['port']}{what.get('path', '')}"
    return f"its {kind.removesuffix('Probe')} probe ({how} {text})"


def _terminated(container: Object, status: Object, pod: Object) -> Motion | None:
    code = status["state"]["terminated"]["exitCode"]
    if _is_restarted(container, code, pod):
        why = f"container {container['name']} ended with exit code {code}, to be restarted"
        return Motion(who(pod), why, of=status.get("containerID", ""), untold=LOOK)
    found = pod["status"].get("containerStatuses", ())
    if container in _first(pod) or all("terminated" in each["state"] for each in found):
        return Motion(who(pod), "its containers have ended, and it has not yet")
    return None


def _is_restarted(container: Object, code: int, pod: Object) -> bool:
    """Tell whether a container that has ended is started again (upstream ``ContainerShouldRestart``)."""
    for rule in container.get("restartPolicyRules", ()):
        codes = rule.get("exitCodes") or {}
        if codes and (code in codes.get("values", ())) == (codes["operator"] == "In"):
            return True
    policy = container.get("restartPolicy") or pod["spec"].get("restartPolicy", "Always")
    return bool(policy == "Always" or (policy == "OnFailure" and code))


def _backing_off(status: Object, pod: Object, snapshot: Snapshot) -> Motion | None:
    """Tell whether the pause before the next restart is long enough to be looked at."""
    name, last = status["name"], status.get("lastState", {}).get("terminated", {})
    jobs = (job for job in snapshot["Job"] if pod in snapshot.owned(job, "Pod"))
    if any(job["spec"].get("backoffLimit", 6) <= SOON for job in jobs):
        return Motion(who(pod), f"container {name} is restarted until its Job gives up")
    pause = backoff(status["state"]["waiting"].get("message", ""))
    if not pause or not last.get("finishedAt"):
        return Motion(who(pod), f"container {name}: CrashLoopBackOff", STUCK)
    left = datetime.fromisoformat(last["finishedAt"]) + pause - snapshot.now
    if left >= NEAR:
        return None
    late = left < -ROUNDING  # a kubelet that is not made to look may come half the pause later
    why = f"container {name} is about to be restarted"
    return Motion(who(pod), why, of=str(pause), untold=0 if late else NEVER)


def backoff(message: str) -> timedelta | None:
    """Read how long the kubelet holds a container back, at most.

    >>> backoff("back-off 1m20s restarting failed container=c pod=web_default(1)")
    datetime.timedelta(seconds=80)
    >>> backoff("who knows")
    """
    found = re.match(r"back-off (?:(\d+)m)?(?:(\d+)s)? restarting", message)
    return timedelta(minutes=int(found[1] or 0), seconds=int(found[2] or 0)) if found else None


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def summary(pod: Object) -> str:
    """Say the state of a Pod in a word, as the STATUS column of ``kubectl get pods`` does.

    See upstream ``pkg/printers/internalversion/printers.go``, ``printPod``.

    >>> summary({"metadata": {}, "spec": {}, "status": {"phase": "Pending"}})
    'Pending'
    """
    status = pod["status"]
    if leaving(pod) and not finished(pod):
        return "Terminating"
    starting = _starting(pod)
    if starting and not holds(pod, "Initialized"):
        return starting
    found = status.get("containerStatuses", ())
    reason = next(filter(None, (_reason(each["state"]) for each in found)), starting)
    if reason == "Completed" and any(each["ready"] and "running" in each["state"] for each in found):
        return "Running" if holds(pod, "Ready") else "NotReady"
    gate = condition(pod, "PodScheduled").get("reason") == "SchedulingGated"
    phase = "SchedulingGated" if gate else status.get("reason") or status.get("phase", "Unknown")
    return str(reason or phase)


def _starting(pod: Object) -> str:
    """Say which init container a Pod is at; nothing once all have ended, or go on beside the others."""
    containers = pod["spec"].get("initContainers", ())
    beside = {each["name"] for each in sidecars(pod)}
    for place, each in enumerate(pod["status"].get("initContainerStatuses", ())):
        is_over = each["state"].get("terminated", {}).get("exitCode") == 0
        if is_over or (each["name"] in beside and each.get("started")):
            continue
        reason = _reason(each["state"])
        return f"Init:{place}/{len(containers)}" if reason in {"", "PodInitializing"} else f"Init:{reason}"
    return ""


def _reason(state: Object) -> str:
    ended = state.get("terminated", {})
    return str(state.get("waiting", {}).get("reason") or ended.get("reason") or ("Error" if ended else ""))
