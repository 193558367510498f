"""Waiting until a page's namespace is at rest.

Rest is only believed from a list that is at least as new as anybody's last write (``resourceVersion`` unset),
so what the last command changed is in it. While something moves, watches from there on tell when it is worth
looking again.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any

from preuve.cluster.api import LostError, RefusedError
from preuve.cluster.discovery import MOST
from preuve.cluster.kinds import KINDS
from preuve.cluster.objects import Snapshot, holds
from preuve.errors import CommandError
from preuve.meaning.census import named
from preuve.rest.motion import LOOK, NEVER
from preuve.rest.pod import initializing, retries, unpulled
from preuve.rest.rules import RULES, moving, passes
from preuve.rest.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from preuve.cluster import Cluster
    from preuve.cluster.api import Api, Watch
    from preuve.cluster.kinds import Kind
    from preuve.cluster.objects import Object
    from preuve.meaning.spans import Value
    from preuve.rest.motion import Motion

POLL = 0.05
"""Seconds between two questions to what cannot be watched: nodes, sockets, names."""

RETRY = 0.2
"""Seconds before an API server that did not answer is asked again."""

SILENCE = 10.0
"""Seconds after which all is listed anew, whatever the watches told."""

WATCHED = [KINDS[name] for name in RULES]

SHOWN = [KINDS["ConfigMap"], KINDS["Secret"]]
"""What volumes show; looked at where nodes can be asked what they hold."""

SAID = 60
"""Lines of what an init container says that are enough to tell that it repeats itself."""

MAKES = {
    "CronJob": "Job",
    "Deployment": "ReplicaSet",
    "Service": "EndpointSlice",
    "StatefulSet": "PersistentVolumeClaim",
}
"""Who makes objects of another kind; all others make Pods."""


OFTEN = ("BackOff", "Failed", "FailedScheduling", "Unhealthy")
"""Reasons of the warnings that there may be thousands of, which the rules do not look at."""

QUERIES = {"Event": {"fieldSelector": ",".join(["type=Warning", *(f"reason!={each}" for each in OFTEN)])}}
"""What is listed and watched of a kind, where that is not all."""


NOTHING: Object = {"items": [], "metadata": {"resourceVersion": ""}}


class UnsettledError(CommandError):
    """A namespace did not come to rest in time."""


class Patience:
    """How long the same things have been moving."""

    def __init__(self) -> None:
        self._since: dict[Motion, float] = {}

    def forget(self) -> None:
        """Forget since when: what was stuck may have been mended; a container is as old as it is."""
        self._since = {motion: since for motion, since in self._since.items() if motion.of}

    def spent(self, motions: Iterable[Motion]) -> dict[Motion, float]:
        """Tell for how many seconds each of these has been going on; forget all others."""
        now = time.monotonic()
        self._since = {motion: self._since.get(motion, now) for motion in motions}
        return {motion: now - since for motion, since in self._since.items()}


class Watcher:
    """Watches over one namespace, from the page's first command to its last.

    Args:
        cluster: where it is.
        api: of the cluster, with the rights of an administrator.
        namespace: its name.
    """

    def __init__(self, cluster: Cluster, api: Api, namespace: str) -> None:
        self._cluster = cluster
        self._api = api
        self._namespace = namespace
        self._objects: dict[str, Object] = {}
        self._seen = self._settled = Snapshot()
        """How it was when last looked at, and when it last was at rest."""
        self.census: set[Value] = set()
        """What chance named in the namespace so far."""
        self._moves, self._answers = Patience(), Patience()
        self._traffic = Traffic(cluster, api)
        self._stuck: frozenset[Motion] = frozenset()
        """What was at rest as only a person mends it; no command has changed anything since."""
        self._reached: Snapshot | None = None
        self._end = 0.0
        self._to_look: dict[Motion, float] = {}
        """When kubelets are to look again at what is pending."""
        self._known = WATCHED + (SHOWN if cluster.nodes else [])
        self.custom: list[Kind] = []
        """The custom kinds that the page speaks of."""
        self._news: SimpleQueue[tuple[str, Object] | None] = SimpleQueue()
        most = 2 * (len(self._known) + MOST)
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=f"watch-{namespace}")
        self._busy = Lock()
        self._closed = False

    @property
    def _watched(self) -> list[Kind]:
        return [*self._known, *self.custom]

    def close(self) -> None:
        """Stop waiting, from any thread; whoever waits is told."""
        self._closed = True
        self._news.put(None)
        with self._busy:
            self._pool.shutdown(wait=False)

    def look(self) -> None:
        """Take what has come since the last list into the census.

        Raises:
            ClusterError: the API server refuses, or does not answer.
        """
        for name in ("Pod", "Service"):
            for obj in self._api.get(KINDS[name].path(self._namespace))["items"]:
                self.census.update(named({**obj, "kind": name}))

    def settle(self, seconds: float, *, changed: bool = True, reached: bool = False) -> bool:
        """Wait until the namespace is at rest.

        Args:
            seconds: at most.
            changed: a command may have changed something since it last was.
            reached: a command may have reached into a container since.

        Returns:
            whether it stays so: not if something is tried again now and then, and looks different meanwhile,
            or is yet to come back.

        Raises:
            UnsettledError: something still moves; it is named.
            ClusterError: the API server refuses, or does not answer.
        """
        with self._busy:
            if changed:
                self._moves.forget()
                self._stuck = frozenset()
            self._reached = None
            return self._settle(seconds, reached=reached)

    def _settle(self, seconds: float, *, reached: bool) -> bool:
        self._end = end = time.monotonic() + seconds
        while not self._closed:
            try:
                versions = self._list()
                if reached and not self._reached:
                    self._reached = self._snapshot()
                pending = self._pending()
                if not pending:
                    self._settled = self._seen
                    return self._lasts()
                pending = self._follow(versions, pending, end)
            except LostError:
                if time.monotonic() + RETRY > end:
                    raise
                time.sleep(RETRY)  # there is nobody to wait for
                continue
            if pending and time.monotonic() >= end:
                raise UnsettledError(_message(pending, seconds))
        raise UnsettledError("the page was ended while its namespace was to settle")

    def _lasts(self) -> bool:
        """Tell whether the rest that was just found stays."""
        settled = self._settled
        tried = any(retries(pod) for pod in settled["Pod"])
        timed = any(passes(each) for kind in ("CronJob", "Job", "Pod") for each in settled[kind])
        return not (tried or timed) and all(holds(node, "Ready") for node in settled["Node"])

    def _list(self) -> dict[str, str]:
        """List all that is there, and return the version of each list.

        Of kinds too that are not watched: a program in a Pod, or one in the page's background, makes what it
        likes.
        """
        watched = self._watched
        found = dict(zip((kind.name for kind in watched), self._pool.map(self._listed, watched), strict=True))
        self._objects = {
            obj["metadata"]["uid"]: {**obj, "kind": name}
            for name, answer in found.items()
            for obj in answer["items"]
        }
        for obj in self._objects.values():
            self.census.update(named(obj))
        return {name: answer["metadata"]["resourceVersion"] for name, answer in found.items()}

    def _listed(self, kind: Kind) -> Any:  # noqa: ANN401 - JSON
        try:
            return self._api.get(kind.path(self._namespace), **QUERIES.get(kind.name, {}))
        except RefusedError as error:
            # A custom kind may be gone by now; it, or nodes, may not be for us to see.
            none = {403} if kind in self._known else {403, 404, 405}
            if error.code not in none or (kind in self._known and kind.namespaced):
                raise
            return NOTHING

    def _snapshot(self, *, nodes: bool = True) -> Snapshot:
        """Take all in; with what the nodes say, unless `nodes` is false: that takes a while."""
        now = self._api.now()
        left = timedelta(seconds=self._end - time.monotonic())
        pods = [obj for obj in self._objects.values() if obj["kind"] == "Pod"]
        logs = {
            (pod["metadata"]["uid"], name): self._last_lines(pod["metadata"]["name"], name)
            for pod in pods
            if (name := initializing(pod))
        }
        told = [event for pod in filter(unpulled, pods) for event in self._events(pod["metadata"]["uid"])]
        reports = self._cluster.reports(pods) if nodes else {}
        objects = [*self._objects.values(), *told]
        return Snapshot(objects, now, reports=reports, logs=logs, reached=self._reached, until=now + left)

    def _events(self, pod: str) -> list[Object]:
        """All that is told of a Pod, by its UID: that its image is pulled again is no warning."""
        only = {"fieldSelector": f"involvedObject.uid={pod}"}
        found = self._api.get(KINDS["Event"].path(self._namespace), **only)["items"]
        return [{**event, "kind": "Event"} for event in found]

    def _last_lines(self, pod: str, container: str) -> str:
        path = f"{KINDS['Pod'].path(self._namespace)}/{pod}/log"
        try:
            return self._api.text(path, container=container, tailLines=str(SAID))
        except RefusedError:  # it has just gone
            return ""

    def _pending(self) -> dict[Motion, float]:
        """Tell what still moves, and for how many seconds at most until it is worth another look."""
        snapshot = self._snapshot(nodes=False)
        if all(motion.ends for motion in moving(snapshot, self._settled)):
            snapshot = self._snapshot()
        spent = self._moves.spent(moving(snapshot, self._settled))
        pending = {motion: left for motion in spent if (left := self._left(motion, spent[motion])) > 0}
        if pending:
            return pending
        answers = self._answers.spent(self._traffic.motions(snapshot))
        pending = {
            motion: min(POLL, left) for motion in answers if (left := motion.patience - answers[motion]) > 0
        }
        if not pending:
            self._seen, self._stuck = snapshot, self._stuck.union(spent)
        return pending

    def _left(self, motion: Motion, spent: float) -> float:
        """Tell for how long to look away at most; 0 if it is at rest."""
        if motion.lacks and all(map(self._is_there, motion.lacks)):
            return math.inf
        if motion in self._stuck:
            return 0
        left = motion.patience - (spent if motion.lasted is None else motion.lasted)
        return min(POLL, left) if motion.polled else left

    def _is_there(self, lacked: str) -> bool:
        path, _, key = lacked.partition("#")
        try:
            found = self._api.get(f"/api/v1/namespaces/{self._namespace}/{path}")
        except RefusedError as error:
            if error.code not in {403, 404}:
                raise
            return False
        return not key or key in {**(found.get("data") or {}), **(found.get("binaryData") or {})}

    def _follow(
        self, versions: Mapping[str, str], pending: dict[Motion, float], end: float
    ) -> dict[Motion, float]:
        """Watch until nothing seems to move, a watch ends, or time is over; return what still moves.

        Not for long, even so: what is between may keep all that a watch tells, and its end.
        """
        end = min(end, time.monotonic() + SILENCE)
        news: SimpleQueue[tuple[str, Object] | None] = SimpleQueue()
        self._news = news
        watches: list[Watch] = []
        try:
            kinds = self._kinds()
            for kind in kinds:
                query = {**QUERIES.get(kind.name, {}), "resourceVersion": versions[kind.name]}
                try:
                    watches.append(self._api.watch(kind.path(self._namespace), None, **query))
                except RefusedError as error:
                    if error.code != 410 and (kind in self._known or error.code != 404):
                        raise
                    return pending  # the list is too old, or a custom kind has just gone: a new one is needed
                self._pool.submit(_tell, watches[-1], kind, news)
            while pending and not self._closed and (left := end - time.monotonic()) > 0:
                if not set(kinds).issuperset(self._kinds()):
                    break  # a CronJob has made a Job, say: it has to be listed
                self._make_look(pending)
                try:
                    event = news.get(timeout=min(left, LOOK, *pending.values()))
                    while event:
                        self._apply(*event)
                        event = news.get_nowait()
                    break  # a watch has ended, or we are to
                except Empty:
                    pending = self._pending()
        finally:
            for watch in watches:
                watch.stop()
        return pending

    def _kinds(self) -> list[Kind]:
        """Return what is worth watching: what is there, what it makes, and what has made it."""
        there = {obj["kind"] for obj in self._objects.values()}
        there |= {
            owner["kind"]
            for obj in self._objects.values()
            for owner in obj["metadata"].get("ownerReferences", ())
        }
        there |= {"Pod", "Event"} | {made for maker, made in MAKES.items() if maker in there}
        return [kind for kind in self._watched if kind.name in there]

    def _apply(self, event: str, obj: Object) -> None:
        uid = obj["metadata"]["uid"]
        if event == "DELETED":
            self._objects.pop(uid, None)
        else:
            self._objects[uid] = obj
            self.census.update(named(obj))

    def _make_look(self, pending: Iterable[Motion]) -> None:
        """Make kubelets look at Pods of which they know more than they say: a note, taken away at once."""
        now = time.monotonic()
        known = (motion for motion in pending if motion.untold < NEVER)
        self._to_look = {motion: self._to_look.get(motion, now + motion.untold) for motion in known}
        for motion in [each for each, due in self._to_look.items() if now >= due]:
            self._to_look[motion] = now + LOOK
            pod = f"{KINDS['Pod'].path(self._namespace)}/{motion.who.removeprefix('Pod ')}"
            with suppress(RefusedError):  # it may be gone
                for note in ("now", None):
                    self._api.patch(pod, {"metadata": {"annotations": {"preuve/look": note}}})


def _tell(watch: Watch, kind: Kind, news: SimpleQueue[tuple[str, Object] | None]) -> None:
    """Pass the events of a watch on, and its end."""
    with suppress(LostError, RefusedError):  # 410: a new list is needed, whatever ended it
        for event, obj in watch:
            news.put((event, {**obj, "kind": kind.name}))
    news.put(None)


def _message(pending: Iterable[Motion], seconds: float) -> str:
    lines = "\n".join(f"    {motion}" for motion in pending)
    return (
        f"the namespace did not settle in {seconds:g} s; timeout= on the fence gives it longer, "
        f"settle=no does not wait:\n{lines}"
    )
