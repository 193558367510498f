"""The player: pages played side by side on one cluster, each in a namespace of its own.

An exclusive page has a cluster of its own, where clusters are ours to start, which is thrown away after it:
there is one at a time, beside the shared one if there is room for two, else after it.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Self

from preuve import whole
from preuve.cluster import backend
from preuve.errors import ClusterError, ConfigError, PreuveError, TakenError, TranscriptError, Where
from preuve.page.front_matter import exclusive_line
from preuve.play.naming import name_of
from preuve.play.schedule import Claim, claim, following
from preuve.run import Run, Turn, read
from preuve.transcript import now

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from contextlib import AbstractContextManager

    from preuve.cluster import Backend, Cluster
    from preuve.cluster.api import Api
    from preuve.page.plan import Plan
    from preuve.play.session import Session
    from preuve.progress import Progress, Stage
    from preuve.project import Page, Project
    from preuve.settings import Settings
    from preuve.transcript import Transcript

PAGES_PER_CORE = 5
"""Pages played at once: each mostly waits for Pods, together they keep the processor busy. The course takes
as long with 3 or 4, and 4 % more with 6 (`make bench`, site); with 5 it ends with its longest pages."""

FILES = 1 << 16
"""Open files to ask for, where a login gives 1024: a page takes 17 [measured], and `serve` keeps them all."""


class Place(NamedTuple):
    """Where pages are played: a cluster, and its API, whose connections they share."""

    cluster: Cluster
    api: Api


@dataclass(frozen=True, slots=True)
class Held:
    """A session, what its page takes, and where."""

    session: Session
    claim: Claim
    cluster: Cluster
    end: ExitStack
    """Ends the session, then the cluster if that is the page's own."""


class Player:
    """Holds a cluster from the first page played to the end, and for `mkdocs serve` the pages' sessions too.

    Args:
        project: whose pages are played.
        keep: keep each page's session, so that commands added at its end are played alone.
        jobs: pages played at once; by the number of cores unless given.
        backend: where clusters come from, by the project's settings.
        perform: plays a page in its session.
    """

    def __init__(
        self,
        project: Project,
        *,
        keep: bool = False,
        jobs: int | None = None,
        backend: Callable[[Settings], Backend] = backend,
        perform: Callable[[Session, Page, Stage], Transcript] = lambda session, *page: session.play(*page),
    ) -> None:
        self.project = project
        self._choose = backend
        self._perform = perform
        self.jobs = jobs or PAGES_PER_CORE * (os.cpu_count() or 1)
        self._keep = keep
        self._progress: Progress | None = None
        self._open = ExitStack()
        self._shared: Place | None = None
        self._seen: Cluster | None = None
        """The last that there was."""
        self._held: dict[str, Held] = {}
        self._broken_off = False
        self._lock = Lock()
        self.run: Run | None = None
        """The last play, to its end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every page's shell, delete what was made for it, and take down the cluster if we started it."""
        with self._open:
            self._shared = None
            self._end_sessions()

    def adopt(self, project: Project, pages: Collection[str]) -> None:
        """Go on for a project as it is stated now; nothing outlives what it was made for.

        Where the cluster is another, all ends, and is made anew when it is needed; else the sessions of the
        pages that are no more end.

        Args:
            project: the same one, read again.
            pages: those that it has now, by name.

        Raises:
            ClusterError: something cannot be ended.
        """
        before, self.project = self.project, project
        stated = [(one.settings, one.cluster, one.images) for one in (before, project)]
        if stated[0] != stated[1]:
            self.close()
        with ExitStack() as stack:
            for name in self._held.keys() - set(pages):
                stack.callback(self._end, name)

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
        with progress, ThreadPoolExecutor(self.jobs, thread_name_prefix="page") as pool:
            whole.reap(self.project.transcripts)
            pages, refused = self._admitted(pages)
            yield from refused
            if not pages:
                return
            if not all(page.plan.exclusive for page in pages):
                self._have_shared(progress)
            there = time.monotonic() - clock
            past = _lasted(self.project)
            alone = self._shared is None or not any(page.plan.exclusive for page in pages)
            room = alone or self._backend.room()  # for an exclusive page, beside the others
            waiting = [
                self._claim(
                    page.plan, page.seconds and max(page.seconds, past.get(page.name, 0.0)), room=room
                )
                for page in pages
            ]
            try:
                while waiting or running:
                    while len(running) < self.jobs and (one := following(waiting, running.values())):
                        waiting.remove(one)
                        running[pool.submit(self._timed, by_page[one.page], one, clock, turns)] = one
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        yield by_page[running.pop(future).page], future.result()
            except BaseException:
                self._broken_off = True
                progress.break_off()
                with suppress(ClusterError):  # of a cluster that is gone; why is told already
                    self._end_sessions()  # what still runs ends now, and the pool with it
                raise
        turns.sort(key=lambda turn: (turn.began, turn.page))
        if seen := self._seen:
            self.run = Run(started, seen.version, there, tuple(turns), seen.packages())

    def stop_at(self, page: Page, line: int) -> tuple[Session, PreuveError | None]:
        """Play a page up to a line, and give its session as it is then, with the surprise that came before.

        Raises:
            ClusterError: there is no cluster to play on, or it was lost.
        """
        for _, error in self._admitted([page])[1]:
            raise error
        cut = replace(page, plan=page.plan.through(line))
        with self._have_progress() as progress:
            if not cut.plan.exclusive:
                self._have_shared(progress)
            with progress.stage(page.name) as stage:
                session = self._session(cut, self._claim(cut.plan, room=True), stage)
                try:
                    session.play(cut, stage)
                except ClusterError:
                    raise
                except PreuveError as surprise:
                    return session, surprise
        return session, None

    @property
    def _backend(self) -> Backend:
        return self._choose(self.project.settings)

    def _admitted(self, pages: Sequence[Page]) -> tuple[Sequence[Page], list[tuple[Page, PreuveError]]]:
        """The pages that may be played, and a refusal for each of the others."""
        why = self._backend.refusal if any(page.plan.exclusive for page in pages) else ""
        refused: list[tuple[Page, PreuveError]] = [
            (page, ConfigError(why, Where(page.name, exclusive_line(page.text))))
            for page in pages
            if why and page.plan.exclusive
        ]
        return [page for page in pages if not (why and page.plan.exclusive)], refused

    def _claim(self, plan: Plan, seconds: float = 0.0, *, room: bool) -> Claim:
        """What a page takes of the cluster, its namespace too: that of `a/b.md` and `a-b.md` is one."""
        one = claim(plan, seconds)
        if plan.exclusive and room:
            return one.aside()
        name = self.project.settings.namespace or name_of(plan.page)
        return replace(one, resources=one.resources | {f"Namespace {name}"})

    def _have_progress(self) -> Progress:
        if self._progress is None:
            from preuve.progress import Progress

            self._progress = Progress()
        return self._progress

    def _have_shared(self, progress: Progress) -> None:
        """Have the cluster that pages share."""
        if self._shared and self._shared.cluster.gone():
            with suppress(ClusterError):  # it ends what is gone
                self.close()
        if self._shared is None:
            if self._held and not self._backend.room():
                self._end_sessions()  # of pages that have their own
            self._shared = self._placed(self._backend.shared(progress), self._open, progress)

    def _placed(self, having: AbstractContextManager[Cluster], stack: ExitStack, progress: Progress) -> Place:
        """Have a cluster and its API until the stack is closed; take away what killed plays left there."""
        import resource

        from preuve.cluster.api import Api
        from preuve.play import given, namespace

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, FILES)), hard))
        self._seen = cluster = stack.enter_context(having)
        api = stack.enter_context(Api(cluster.kubeconfig, cluster.network))
        if cluster.namespace:
            progress.say(given.WARNING.format(cluster.namespace))
            left = given.reap(api, cluster.namespace)
        else:
            left = namespace.reap(api, disposable=cluster.disposable)
        for each in left:
            progress.say(each)
        return Place(cluster, api)

    def _timed(self, page: Page, one: Claim, clock: float, turns: list[Turn]) -> Transcript | PreuveError:
        began = time.monotonic()
        try:
            return self._play(page, one)
        finally:
            turns.append(Turn(page.name, began - clock, time.monotonic() - began))

    def _play(self, page: Page, one: Claim) -> Transcript | PreuveError:
        try:
            with self._have_progress().stage(page.name) as stage:
                session = self._session(page, one, stage)
                transcript = self._perform(session, page, stage)
                for note in session.notes():
                    self._have_progress().say(note)
        except PreuveError as error:
            if isinstance(error, ClusterError) and not isinstance(error, TakenError):
                error = self._explained(page, error)
                if not page.plan.exclusive or self._seen is None:
                    raise error from None
            return self._left(page, error)
        return transcript if self._keep else self._left(page, transcript)

    def _left(self, page: Page, outcome: Transcript | PreuveError) -> Transcript | PreuveError:
        """End a page's session; what came of the page, a namespace that does not go included."""
        try:
            self._end(page.name)
        except TakenError as error:
            if isinstance(outcome, PreuveError):
                self._have_progress().say(str(error))
                return outcome
            return error
        return outcome

    def _explained(self, page: Page, error: ClusterError) -> ClusterError:
        """Tell that a page's cluster has ended, if so, whatever was being asked of it."""
        with self._lock:
            place = self._held.get(page.name) or self._shared
        if place and (why := place.cluster.gone()):
            error = ClusterError(why)
        if page.plan.exclusive:
            for each in error.each:
                each.where = each.where or Where(page.name, exclusive_line(page.text))
        return error

    def _session(self, page: Page, one: Claim, stage: Stage) -> Session:
        """The page's live session if it leads to what the page asks now, else a new one.

        Raises:
            ClusterError: the play was broken off, or there is no cluster for the page.
        """
        with self._lock:
            others = dict(self._held)
        held = others.pop(page.name, None)
        if held and (held.cluster.gone() or not held.session.leads_to(page.plan)):
            self._end(page.name)
            held = None
        for name, other in others.items():  # of those that are being played, none meets this page
            if other.claim.meets(one):
                self._end(name)
        held = replace(held, claim=one) if held else self._begun(page.plan, one, stage)
        with self._lock:
            self._held[page.name] = held
            broken_off = self._broken_off
        if broken_off:  # while the session was made: who ended the others did not see it
            self._end(page.name)
            raise ClusterError("the play was broken off")
        return held.session

    def _begun(self, plan: Plan, one: Claim, stage: Stage) -> Held:
        """A new session; of an exclusive page, on a cluster of its own."""
        from preuve.play.session import Session

        with ExitStack() as stack:
            place = self._shared
            if plan.exclusive:
                if one.exclusive:  # there is no room beside the shared one, and nothing is played there
                    self.close()
                stage.detail("a cluster of its own")
                progress = self._have_progress().silenced()
                place = self._placed(self._backend.own(progress), stack, progress)
                if place.cluster.disposable:  # all that is in it goes with it
                    stack.enter_context(suppress(ClusterError))
            assert place  # noqa: S101 - `play` and `stop_at` see to it
            session = Session(*place, plan)
            stack.callback(session.close)
            return Held(session, one, place.cluster, stack.pop_all())

    def _end(self, name: str) -> None:
        with self._lock:
            held = self._held.pop(name, None)
        if not held:
            return
        try:
            held.end.close()
        except ClusterError as error:
            for each in error.each:
                each.where = each.where or Where(name, 1)
            raise

    def _end_sessions(self) -> None:
        with ExitStack() as stack:  # one that cannot be ended keeps no other
            for name in list(self._held):
                stack.callback(self._end, name)


def _lasted(project: Project) -> dict[str, float]:
    """How long each page took in the last whole run: beside others it takes longer than by itself."""
    with suppress(TranscriptError):  # a build tells of it
        run = read(project.run_path, project.run_path.name)
        return {turn.page: turn.seconds for turn in run.turns} if run else {}
    return {}
