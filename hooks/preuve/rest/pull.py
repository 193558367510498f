"""How the pull of an image that fails goes on: its kubelet tries again after ever longer pauses.

Each time, it tells ``ErrImagePull`` at its next look at the Pod, and ``ImagePullBackOff`` at the one after.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from preuve.cluster.objects import who
from preuve.rest.motion import LOOK, NEAR, ROUNDING, STUCK, Motion

if TYPE_CHECKING:
    from preuve.cluster.objects import Object, Snapshot

BACKOFF = "ImagePullBackOff"
"""The reason to wait for an image that cannot be pulled."""

PULLING, FAILED = "Pulling", "Failed"
"""The reasons of the events that tell of each pull, and of its end: when, and how many there were."""

PAUSE, LONGEST = timedelta(seconds=10), timedelta(seconds=300)
"""Before the second pull; each one after is twice as long, up to the last (upstream ``imageBackOffPeriod``,
``MaxImageBackOff``)."""

PULLS = 30.0
"""Seconds for a kubelet that is made to look to pull again, and to tell what came of it, on a machine that
does other things too: half of what a command has by default."""

HEARD = 25
"""Events of a Pod and a type, ``Normal`` say, that a kubelet tells at once; then one in five minutes
(client-go, ``defaultSpamBurst``, ``getSpamKey``): some 80 seconds of an image that cannot be pulled."""

_IMAGE = re.compile(r'image "(.+?)"')
"""In what a kubelet says: ``Back-off pulling image "web:1"``, and so of each pull and its end."""


def moves(container: str, message: str, pod: Object, snapshot: Snapshot) -> Motion:
    """Tell how a container moves that waits for an image that cannot be pulled.

    A kubelet pauses for a Pod and an image, whichever of its containers and volumes want that, and from the
    end of the last pull.

    Args:
        container: its name.
        message: what its status says of that.
        pod: its Pod.
        snapshot: where that is, with its events.
    """
    stays = Motion(who(pod), f"container {container}: {BACKOFF}", STUCK)
    told_of = [event for event in snapshot["Event"] if _is_heard(event, pod)]
    tried = [event for event in told_of if _is_about(event, message)]
    pulls = [event for event in tried if event.get("reason") == PULLING]
    if not pulls:
        return stays
    last = max(pulls, key=itemgetter("lastTimestamp"))
    ends = [event for event in tried if event.get("reason") == FAILED]
    latest = [last, *(event for event in ends if event["lastTimestamp"] >= last["lastTimestamp"])]
    count = max(event.get("count") or 1 for event in latest)
    ended, told = max(map(_time, latest)), _told(pod)
    if told and (told <= _time(last) or told < ended):
        why = f"the image of container {container} was pulled again, and what came of it is not told yet"
        return Motion(who(pod), why, PULLS, of=str(count), untold=LOOK)
    alike = (event for event in told_of if event.get("type") == last.get("type"))
    if sum(event.get("count") or 1 for event in alike) >= HEARD:
        if not told:
            return stays
        count, ended = _unheard(count, ended, told)
    pause, past = pause_after(count), snapshot.now - ended
    if past < pause - NEAR:
        return stays
    why = f"the image of container {container} is to be pulled again"
    if past < pause + ROUNDING:
        until = (pause + ROUNDING).total_seconds()
        return Motion(who(pod), f"{why} soon", until, of=str(count), lasted=past.total_seconds())
    return Motion(who(pod), why, PULLS, of=str(count), untold=0)


def _unheard(count: int, ended: datetime, told: datetime) -> tuple[int, datetime]:
    """Count the pulls since the last that an event told of; tell when the latest ended at the earliest.

    A pull changes the status of its Pod: there was none after the status was changed last. It may have been
    later, for a kubelet that is not made to look does so every ten seconds or more.
    """
    while (following := ended + pause_after(count)) <= told:
        count, ended = count + 1, following
    return count, ended


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


def _is_about(event: Object, message: str) -> bool:
    """Whether an event tells when something was done about the image that a message names."""
    image, named = _IMAGE.search(message), _IMAGE.search(event.get("message") or "")
    return bool(event.get("lastTimestamp") and image and named and named[1] == image[1])


def _time(event: Object) -> datetime:
    return datetime.fromisoformat(event["lastTimestamp"])


def _told(pod: Object) -> datetime | None:
    """When the kubelet last told something new of a Pod."""
    fields = pod["metadata"].get("managedFields", ())
    times = [each["time"] for each in fields if each.get("subresource") == "status" and "time" in each]
    return datetime.fromisoformat(max(times)) if times else None
