"""How the pull of an image that fails goes on: its kubelet tries again after ever longer pauses.

Each time, it tells ``ErrImagePull`` at its next look at the Pod, and ``ImagePullBackOff`` at the one after.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from preuve.cluster.objects import who
from preuve.rest.motion import LOOK, NEXT, STUCK, Motion

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

TRIED = 10.0
"""Seconds for a kubelet that is made to look to pull again, and to tell what came of it: a registry may take
its time to say no. Of more than 25 events a Pod, nobody hears for minutes (client-go, ``maxBurst``)."""

_CONTAINER = re.compile(r"\{(.+)\}$")
"""In what an event is about: ``spec.containers{web}``."""


def moves(container: str, pod: Object, snapshot: Snapshot) -> Motion:
    """Tell how a container moves that waits for an image that cannot be pulled.

    Args:
        container: its name.
        pod: its Pod.
        snapshot: where that is, with the events of its pulls.
    """
    stays = Motion(who(pod), f"container {container}: {BACKOFF}", STUCK)
    pulls = [event for event in snapshot["Event"] if _is_of(event, container, pod)]
    if not pulls:
        return stays
    last = max(pulls, key=itemgetter("lastTimestamp"))
    pulled, told = datetime.fromisoformat(last["lastTimestamp"]), _told(pod)
    nth = str(last.get("count", 1))
    if told and told <= pulled:
        why = f"the image of container {container} was pulled again, and what came of it is not told yet"
        return Motion(who(pod), why, TRIED, of=nth, untold=LOOK)
    pause, past = pause_after(int(nth)), snapshot.now - pulled
    if past < pause - NEXT:
        return stays
    why = f"the image of container {container} is to be pulled again"
    if past < pause + ROUNDING:
        until = (pause + ROUNDING).total_seconds()
        return Motion(who(pod), f"{why} soon", until, of=nth, lasted=past.total_seconds())
    return Motion(who(pod), why, TRIED, of=nth, untold=0)


def pause_after(pulls: int) -> timedelta:
    """Tell for how long a kubelet does not try again after so many pulls.

    >>> [pause_after(pulls).seconds for pulls in (1, 2, 5, 6, 5000)]
    [10, 20, 160, 300, 300]
    """
    return min(LONGEST, PAUSE * (1 << min(pulls - 1, 9)))


def _is_of(event: Object, container: str, pod: Object) -> bool:
    about = event["involvedObject"]
    named = _CONTAINER.search(about.get("fieldPath") or "")
    mine = event.get("reason") == PULLING and about.get("uid") == pod["metadata"]["uid"]
    return bool(mine and named and named[1] == container and event.get("lastTimestamp"))


def _told(pod: Object) -> datetime | None:
    """When the kubelet last told something new of a Pod."""
    fields = pod["metadata"].get("managedFields", ())
    times = [each["time"] for each in fields if each.get("subresource") == "status" and "time" in each]
    return datetime.fromisoformat(max(times)) if times else None
