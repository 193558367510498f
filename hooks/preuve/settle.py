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
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING

from preuve.api import LostError, RefusedError
from preuve.errors import ClusterError, CommandError
from preuve.kinds import KINDS
from preuve.objects import Snapshot
from preuve.pod import RELIST, retries
from preuve.rest import RULES, moving
from preuve.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from preuve.api import Api, Watch
    from preuve.cluster import Cluster
    from preuve.kinds import Kind
    from preuve.motion import Motion
    from preuve.objects import Object

LOOK = 1.0
"""Seconds after which a kubelet that keeps a back-off to itself is made to look. A first restart has
none, and comes within 0.9 s (measured)."""

POLL = 0.05
"""Seconds between two questions to what cannot be watched: sockets, a node's rules, names."""

RETRY = 0.2
"""Seconds before an API server that did not answer is asked again."""

WATCHED = [KINDS[name] for name in RULES]

MAKES = {"Deployment": "ReplicaSet", "Service": "EndpointSlice", "StatefulSet": "PersistentVolumeClaim"}
"""Who makes objects of another kind; all others make Pods."""


QUERIES = {"Event": {"fieldSelector": "reason=FailedMount"}}
"""Of what there may be thousands of, only what the rules look at."""


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
        self._settled = Snapshot()
        self._moves, self._answers = Patience(), Patience()
        self._traffic = Traffic(cluster, api)
        self._looked: dict[Motion, float] = {}
        self._news: SimpleQueue[tuple[str, Object] | None] = SimpleQueue()
        self._pool = ThreadPoolExecutor(2 * len(WATCHED), thread_name_prefix=f"watch-{namespace}")
        self._tasks: dict[str, Path] = {}
        self._busy = Lock()
        self._closed = False

    def close(self) -> None:
        """Stop waiting, from any thread; whoever waits is told."""
        self._closed = True
        self._news.put(None)
        with self._busy:
            self._pool.shutdown(wait=False)

    def settle(self, seconds: float) -> bool:
        """Wait until the namespace is at rest.

        Args:
            seconds: at most.

        Returns:
            whether it stays so: not if something is tried again now and then, and looks different meanwhile.

        Raises:
            UnsettledError: something still moves; it is named.
            ClusterError: the API server refuses, or does not answer.
        """
        with self._busy:
            return self._settle(seconds)

    def _settle(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        self._tasks.clear()
        self._moves.forget()
        while not self._closed:
            try:
                versions = self._list()
                pending = self._pending()
                if not pending:
                    self._settled = self._snapshot()
                    return not any(retries(pod) for pod in self._settled["Pod"])
                pending = self._follow(versions, pending, end)
            except LostError:
                if time.monotonic() + RETRY > end:
                    raise
                time.sleep(RETRY)  # there is nobody to wait for
                continue
            if pending and time.monotonic() >= end:
                raise UnsettledError(_told(pending, seconds))
        raise UnsettledError("the page was ended while its namespace was to settle")

    def _list(self) -> dict[str, str]:
        """List all that is there, and return the version of each list.

        Of kinds too that are not watched: a program in a Pod, or one in the page's background, makes what it
        likes.
        """
        answers = self._pool.map(
            lambda kind: self._api.get(kind.path(self._namespace), **QUERIES.get(kind.name, {})), WATCHED
        )
        found = dict(zip((kind.name for kind in WATCHED), answers, strict=True))
        self._objects = {
            obj["metadata"]["uid"]: {**obj, "kind": name}
            for name, answer in found.items()
            for obj in answer["items"]
        }
        return {name: answer["metadata"]["resourceVersion"] for name, answer in found.items()}

    def _snapshot(self) -> Snapshot:
        return Snapshot(self._objects.values(), self._api.now())

    def _pending(self) -> dict[Motion, float]:
        """Tell what still moves, and for how many seconds at most."""
        snapshot = self._snapshot()
        spent = self._moves.spent(moving(snapshot, self._settled))
        pending = {
            motion: left for motion in spent if (left := self._left(motion, spent[motion], snapshot)) > 0
        }
        if pending:
            return pending
        spent = self._answers.spent(self._traffic.motions(snapshot))
        return {motion: min(POLL, left) for motion in spent if (left := motion.patience - spent[motion]) > 0}

    def _left(self, motion: Motion, spent: float, snapshot: Snapshot) -> float:
        """Tell how much patience is left; a container's own node knows best how long it has been running."""
        if motion.lacks and self._is_there(motion.lacks):
            return math.inf
        if self._cluster.nodes and motion.ends and "://" in motion.of:
            named = (pod for pod in snapshot["Pod"] if motion.who == f"Pod {pod['metadata']['name']}")
            lived = self._age(next(named)["spec"]["nodeName"], motion.of)
            if lived is not None:
                return motion.patience - RELIST - lived
        return motion.patience - spent

    def _is_there(self, path: str) -> bool:
        try:
            self._api.get(f"/api/v1/namespaces/{self._namespace}/{path}")
        except RefusedError:
            return False
        return True

    def _age(self, node: str, container: str) -> float | None:
        from preuve.cluster.embedded import containers  # noqa: PLC0415 - not for other clusters

        if node not in self._tasks:
            try:
                self._tasks[node] = containers.tasks(self._cluster, node)
            except ClusterError:
                return None  # it is down, and the API will say so
        return containers.age(self._tasks[node], container)

    def _follow(
        self, versions: Mapping[str, str], pending: dict[Motion, float], end: float
    ) -> dict[Motion, float]:
        """Watch until nothing seems to move, a watch ends, or time is over; return what still moves."""
        news: SimpleQueue[tuple[str, Object] | None] = SimpleQueue()
        self._news = news
        watches: list[Watch] = []
        try:
            kinds = self._kinds()
            for kind in kinds:
                query = {**QUERIES.get(kind.name, {}), "resourceVersion": versions[kind.name]}
                watches.append(self._api.watch(kind.path(self._namespace), None, **query))
                self._pool.submit(_tell, watches[-1], news)
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
        return [kind for kind in WATCHED if kind.name in there]

    def _apply(self, event: str, obj: Object) -> None:
        uid = obj["metadata"]["uid"]
        if event == "DELETED":
            self._objects.pop(uid, None)
        else:
            self._objects[uid] = obj

    def _make_look(self, pending: Iterable[Motion]) -> None:
        """Make kubelets look at Pods whose back-off they keep to themselves: a note, taken away at once."""
        now = time.monotonic()
        self._looked = {motion: self._looked.get(motion, now) for motion in pending if motion.untold}
        for motion in [each for each, since in self._looked.items() if now - since >= LOOK]:
            self._looked[motion] = now
            pod = f"{KINDS['Pod'].path(self._namespace)}/{motion.who.removeprefix('Pod ')}"
            with suppress(RefusedError):  # it may be gone
                for note in ("now", None):
                    self._api.patch(pod, {"metadata": {"annotations": {"preuve/look": note}}})


def _tell(watch: Watch, news: SimpleQueue[tuple[str, Object] | None]) -> None:
    """Pass the events of a watch on, and its end."""
    with suppress(LostError, RefusedError):  # 410: a new list is needed, whatever ended it
        for event in watch:
            news.put(event)
    news.put(None)


def _told(pending: Iterable[Motion], seconds: float) -> str:
    lines = "\n".join(f"    {motion}" for motion in pending)
    return (
        f"the namespace did not settle in {seconds:g} s; timeout= on the fence gives it longer, "
        f"settle=no shows it in motion:\n{lines}"
    )
