"""How the pull of an image that fails goes on: its kubelet tries again after ever longer pauses.

Each time, it tells ``ErrImagePull`` at its next look at the Pod, and ``ImagePullBackOff`` at the one after.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from preuve.cluster.objects import who
from preuve.rest.motion import LOOK, NEAR, STUCK, Motion

if TYPE_CHECKING:
    from preuve.cluster.objects import Object, Snapshot

BACKOFF = "ImagePullBackOff"
"""The reason to wait for an image that cannot be pulled."""

PULLING = "Pulling"
"""The reason of the event that tells of each pull, and how many there were."""

PAUSE, LONGEST = timedelta(seconds=10), timedelta(seconds=300)
"""Before the second pull; each one after is twice as long, up to the last (upstream ``imageBackOffPeriod``,
``MaxImageBackOff``)."""

ROUNDING = timedelta(seconds=1)
"""Times in events are whole seconds."""

PULLS = 30.0
"""Seconds for a kubelet that is made to look to pull again, and to tell what came of it, on a machine that
does other things too: half of what a command has by default."""

HEARD = 25
"""Events of a Pod and a type, ``Normal`` say, that a kubelet tells at once; then one in five minutes
(client-go, ``defaultSpamBurst``, ``getSpamKey``): some 80 seconds of an image that cannot be pulled."""

_CONTAINER = re.compile(r"\{(.+)\}$")
"""In what an event is about: ``spec.containers{web}``."""


def moves(container: str, pod: Object, snapshot: Snapshot) -> Motion:
    """Tell how a container moves that waits for an image that cannot be pulled.

    Args:
        container: its name.
        pod: its Pod.
        snapshot: where that is, with its events.
    """
    stays = Motion(who(pod), f"container {container}: {BACKOFF}", STUCK)
    told_of = [event for event in snapshot["Event"] if _is_heard(event, pod)]
    pulls = [event for event in told_of if _is_pull(event, container)]
    if not pulls:
        return stays
    last = max(pulls, key=itemgetter("lastTimestamp"))
    count, pulled, told = last.get("count") or 1, datetime.fromisoformat(last["lastTimestamp"]), _told(pod)
    if told and told <= pulled:
        why = f"the image of container {container} was pulled again, and what came of it is not told yet"
        return Motion(who(pod), why, PULLS, of=str(count), untold=LOOK)
    latest = pulled
    alike = (event for event in told_of if event.get("type") == last.get("type"))
    if sum(event.get("count") or 1 for event in alike) >= HEARD:
        if not told:
            return stays
        heard, (count, pulled) = count, _unheard(count, pulled, told)
        latest = told if count > heard else pulled
    pause, past = pause_after(count), snapshot.now - pulled
    if past < pause - NEAR:
        return stays
    why = f"the image of container {container} is to be pulled again"
    until = latest - pulled + pause + ROUNDING
    if past < until:
        patience, lasted = until.total_seconds(), past.total_seconds()
        return Motion(who(pod), f"{why} soon", patience, of=str(count), lasted=lasted)
    return Motion(who(pod), why, PULLS, of=str(count), untold=0)


def _unheard(count: int, pulled: datetime, told: datetime) -> tuple[int, datetime]:
    """Count the pulls since the last that an event told of; tell when the latest was at the earliest.

    A pull changes the status of its Pod: there was none after the status was changed last.
    """
    while (following := pulled + pause_after(count)) <= told:
        count, pulled = count + 1, following
    return count, pulled


def pause_after(pulls: int) -> timedelta:
    """Tell for how long a kubelet does not try again after so many pulls.

    >>> [pause_after(pulls).seconds for pulls in (1, 2, 5, 6, 5000)]
    [10, 20, 160, 300, 300]
    """
    return min(LONGEST, PAUSE * (1 << min(pulls - 1, 9)))


def _is_heard(event: Object, pod: Object) -> bool:
    """Whether an event is a Pod's, and its kubelet's."""
    kubelets = (event.get("source") or {}).get("component") == "kubelet"
    return bool(kubelets and event["involvedObject"].get("uid") == pod["metadata"]["uid"])


def _is_pull(event: Object, container: str) -> bool:
    named = _CONTAINER.search(event["involvedObject"].get("fieldPath") or "")
    pulls = event.get("reason") == PULLING and event.get("lastTimestamp")
    return bool(pulls and named and named[1] == container)


def _told(pod: Object) -> datetime | None:
    """When the kubelet last told something new of a Pod."""
    fields = pod["metadata"].get("managedFields", ())
    times = [each["time"] for each in fields if each.get("subresource") == "status" and "time" in each]
    return datetime.fromisoformat(max(times)) if times else None
