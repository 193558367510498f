"""The player: pages played side by side on one cluster, each in a namespace of its own.

An exclusive page is not kept waiting for all the others, nor they for it: it is played on a second cluster,
the spare, where there can be one and it comes up.
"""

from __future__ import annotations

import os
import resource
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from preuve.errors import ClusterError, PreuveError, TakenError, TranscriptError
from preuve.run import Run, Turn, read
from preuve.schedule import Claim, claim, following
from preuve.transcript import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    from preuve.api import Api
    from preuve.cluster import Cluster
    from preuve.plan import Plan
    from preuve.progress import Progress
    from preuve.project import Page, Project
    from preuve.session import Session
    from preuve.transcript import Transcript

PAGES_PER_CORE = 5
"""Pages played at once: each mostly waits for Pods, together they keep the processor busy. The course takes
as long with 3 or 4, and 4 % more with 6 (`make bench`, site); with 5 it ends with its longest pages."""

FILES = 1 << 16
"""Open files to ask for, where a login gives 1024: a page takes 17 [measured], and `serve` keeps them all."""


class Place(NamedTuple):
    """Where pages are played side by side: a cluster, and its API, whose connections they share."""

    cluster: Cluster
    api: Api


@dataclass(frozen=True, slots=True)
class Held:
    """A session, what its page takes, and where."""

    session: Session
    claim: Claim
    place: Place


class Player:
    """Holds a cluster from the first page played to the end, and for `mkdocs serve` the pages' sessions too.

    Args:
        project: whose pages are played.
        keep: keep each page's session, so that commands added at its end are played alone.
        jobs: pages played at once; by the number of cores unless given.
        progress: where to show what is being done.
    """

    def __init__(
        self,
        project: Project,
        *,
        keep: bool = False,
        jobs: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.project = project
        self.jobs = jobs or PAGES_PER_CORE * (os.cpu_count() or 1)
        self._keep = keep
        self._progress = progress
        self._open = ExitStack()
        self._place: Place | None = None
        self._held: dict[str, Held] = {}
        self._broken_off = False
        self._lock = Lock()
        self.run: Run | None = None
        """The last play, to its end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every page's shell, delete what was made for it, and take down the cluster if we started it."""
        self._end_sessions()
        self._place = None
        self._open.close()

    def play(self, pages: Sequence[Page]) -> Iterator[tuple[Page, Transcript | PreuveError]]:
        """Play pages, and give each one's outcome as soon as it is known.

        Raises:
            ClusterError: there is no cluster to play on, or it was lost.
        """
        running: dict[Future[Transcript | PreuveError], Claim] = {}
        by_page = {page.name: page for page in pages}
        started, clock = now(), time.monotonic()
        self.run, self._broken_off = None, False
        turns: list[Turn] = []
        progress = self._have_progress()
        with (
            progress,
            ExitStack() as stack,
            ThreadPoolExecutor(self.jobs + 1, thread_name_prefix="page") as pool,  # one starts the spare
        ):
            main = self._have_place(progress)
            there = time.monotonic() - clock
            spare = self._start_spare(pages, pool, stack, progress)
            past = _lasted(self.project)
            claims = [
                _claim(page.plan, page.seconds and max(page.seconds, past.get(page.name, 0.0)))
                for page in pages
            ]
            waiting = [one for one in claims if not one.exclusive]
            exclusive = [one for one in claims if one.exclusive]
            elsewhere: Place | None = None
            try:
                while waiting or running or exclusive:
                    if exclusive and spare.done():
                        elsewhere = spare.result()
                        waiting += [one.aside() for one in exclusive] if elsewhere else exclusive
                        exclusive = []
                    while len(running) < self.jobs and (one := following(waiting, running.values())):
                        waiting.remove(one)
                        page = by_page[one.page]
                        place = elsewhere if elsewhere and page.plan.exclusive else main
                        running[pool.submit(self._timed, place, page, one, clock, turns)] = one
                    awaited: set[Future[Any]] = {*running, *([spare] if exclusive else ())}
                    for future in wait(awaited, return_when=FIRST_COMPLETED).done & running.keys():
                        yield by_page[running.pop(future).page], future.result()
            except BaseException:
                progress.broken_off = True
                self._broken_off = True
                with suppress(ClusterError):  # of a cluster that is gone; why is told already
                    self._end_sessions()  # what still runs ends now, and the pool with it
                raise
        turns.sort(key=lambda turn: (turn.began, turn.page))
        self.run = Run(started, main.cluster.version, there, tuple(turns))

    def stop_at(self, page: Page, line: int) -> tuple[Session, PreuveError | None]:
        """Play a page up to a line, and give its session as it is then, with the surprise that came before.

        Raises:
            ClusterError: there is no cluster to play on, or it was lost.
        """
        cut = replace(page, plan=page.plan.through(line))
        with self._have_progress() as progress:
            place = self._have_place(progress)
            with progress.stage(page.name) as stage:
                session = self._session(place, cut, _claim(cut.plan))
                try:
                    session.play(cut, stage)
                except ClusterError:
                    raise
                except PreuveError as surprise:
                    return session, surprise
        return session, None

    def _have_progress(self) -> Progress:
        if self._progress is None:
            from preuve.progress import Progress

            self._progress = Progress()
        return self._progress

    def _have_place(self, progress: Progress) -> Place:
        if self._place is None:
            from preuve.cluster import have

            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, FILES)), hard))
            self._place = _placed(have(self.project.settings, progress), self._open)
        return self._place

    def _start_spare(
        self, pages: Sequence[Page], pool: ThreadPoolExecutor, stack: ExitStack, progress: Progress
    ) -> Future[Place | None]:
        """Begin to start the spare cluster, if it spares time; what comes up ends with the stack."""
        from preuve.cluster import spare

        starter = None
        if self.jobs > 1 and {page.plan.exclusive for page in pages} == {True, False}:
            starter = spare(self.project.settings, progress.silenced())
        return pool.submit(self._have_spare, starter, stack, progress)

    def _have_spare(
        self, starter: AbstractContextManager[Cluster] | None, stack: ExitStack, progress: Progress
    ) -> Place | None:
        if starter is None:
            return None
        try:
            with progress.stage("a second cluster, for exclusive pages"):
                place = _placed(starter, stack)
        except ClusterError:
            return None  # the pages are played all the same, last
        stack.callback(self._end_sessions, place)
        return place

    def _timed(
        self, place: Place, page: Page, one: Claim, clock: float, turns: list[Turn]
    ) -> Transcript | PreuveError:
        began = time.monotonic()
        try:
            return self._play(place, page, one)
        except ClusterError:
            if why := place.cluster.gone():  # whatever was being asked of it
                raise ClusterError(why) from None
            raise
        finally:
            turns.append(Turn(page.name, began - clock, time.monotonic() - began))

    def _play(self, place: Place, page: Page, one: Claim) -> Transcript | PreuveError:
        try:
            with self._have_progress().stage(page.name) as stage:
                transcript = self._session(place, page, one).play(page, stage)
        except TakenError as error:
            return error
        except ClusterError:
            raise
        except PreuveError as error:
            self._end(page.name)
            return error
        if not self._keep:
            self._end(page.name)
        return transcript

    def _session(self, place: Place, page: Page, one: Claim) -> Session:
        """The page's live session if it leads to what the page asks now, else a new one.

        Raises:
            ClusterError: the play was broken off.
        """
        from preuve.session import Session

        with self._lock:
            others = dict(self._held)
        held = others.pop(page.name, None)
        if held and held.place is place and held.session.leads_to(page.plan):
            session = held.session
        else:
            self._end(page.name)
            session = None
        for name, other in others.items():  # of those that are being played, none meets this page
            if other.place is place and other.claim.meets(one):
                self._end(name)
        session = session or Session(*place, page.plan, self.project.language)
        with self._lock:
            self._held[page.name] = Held(session, one, place)
            broken_off = self._broken_off
        if broken_off:  # while the session was made: who ended the others did not see it
            self._end(page.name)
            raise ClusterError("the play was broken off")
        return session

    def _end(self, name: str) -> None:
        with self._lock:
            held = self._held.pop(name, None)
        if held:
            held.session.close()

    def _end_sessions(self, place: Place | None = None) -> None:
        """End those at a place; all unless it is given."""
        with self._lock:
            names = [name for name, held in self._held.items() if place is None or held.place is place]
        with ExitStack() as stack:  # one that cannot be ended keeps no other
            for name in names:
                stack.callback(self._end, name)


def _placed(having: AbstractContextManager[Cluster], stack: ExitStack) -> Place:
    """Have a cluster, and connections to it, until the stack is closed."""
    from preuve.api import Api

    cluster = stack.enter_context(having)
    return Place(cluster, stack.enter_context(Api(cluster.kubeconfig, cluster.network)))


def _lasted(project: Project) -> dict[str, float]:
    """How long each page took in the last whole run: beside others it takes longer than by itself."""
    with suppress(TranscriptError):  # a build tells of it
        run = read(project.run_path, project.run_path.name)
        return {turn.page: turn.seconds for turn in run.turns} if run else {}
    return {}


def _claim(plan: Plan, seconds: float = 0.0) -> Claim:
    """What a page takes of the cluster, its namespace's name too: that of `a/b.md` and `a-b.md` is one."""
    from preuve.namespace import name_of

    one = claim(plan, seconds)
    return replace(one, things=one.things | {f"the namespace {name_of(plan.page)}"})
