"""The player: pages played side by side on one cluster, each in a namespace of its own."""

from __future__ import annotations

import os
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Self

from preuve.errors import ClusterError, PreuveError, TakenError
from preuve.run import Run, Turn
from preuve.schedule import Claim, claim, following
from preuve.transcript import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from preuve.cluster import Cluster
    from preuve.progress import Progress
    from preuve.project import Page, Project
    from preuve.session import Session
    from preuve.transcript import Transcript

PAGES_PER_CORE = 4
"""Pages played at once: they mostly wait for Pods, and do not compute (`make bench`, parallel and site)."""


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
        self._cluster: Cluster | None = None
        self._sessions: dict[str, tuple[Session, Claim]] = {}
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
        self._cluster = None
        self._open.close()

    def play(self, pages: Sequence[Page]) -> Iterator[tuple[Page, Transcript | PreuveError]]:
        """Play pages, and give each one's outcome as soon as it is known.

        Raises:
            ClusterError: there is no cluster to play on, or it was lost.
        """
        waiting = {
            claim(page.plan, page.transcript.seconds if page.transcript else 0.0): page for page in pages
        }
        running: dict[Future[Transcript | PreuveError], Claim] = {}
        by_page = {page.name: page for page in pages}
        started, clock = now(), time.monotonic()
        self.run = None
        turns: list[Turn] = []
        progress = self._have_progress()
        with progress, ThreadPoolExecutor(self.jobs, thread_name_prefix="page") as pool:
            cluster = self._have_cluster(progress)
            there = time.monotonic() - clock
            try:
                while waiting or running:
                    while len(running) < self.jobs and (one := following(list(waiting), running.values())):
                        page = waiting.pop(one)
                        running[pool.submit(self._timed, cluster, page, one, clock, turns)] = one
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        yield by_page[running.pop(future).page], future.result()
            except BaseException:
                progress.broken_off = True
                self._end_sessions()  # what still runs ends now, and the pool with it
                raise
        turns.sort(key=lambda turn: (turn.began, turn.page))
        self.run = Run(started, cluster.version, there, tuple(turns))

    def stop_at(self, page: Page, line: int) -> tuple[Session, PreuveError | None]:
        """Play a page up to a line, and give its session as it is then, with the surprise that came before.

        Raises:
            ClusterError: there is no cluster to play on, or it was lost.
        """
        cut = replace(page, plan=page.plan.through(line))
        with self._have_progress() as progress:
            cluster = self._have_cluster(progress)
            with progress.stage(page.name) as stage:
                session = self._session(cluster, cut, claim(cut.plan, 0.0))
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

    def _have_cluster(self, progress: Progress) -> Cluster:
        if self._cluster is None:
            from preuve.cluster import have

            self._cluster = self._open.enter_context(have(self.project.settings, progress))
        return self._cluster

    def _timed(
        self, cluster: Cluster, page: Page, one: Claim, clock: float, turns: list[Turn]
    ) -> Transcript | PreuveError:
        began = time.monotonic()
        try:
            return self._play(cluster, page, one)
        finally:
            turns.append(Turn(page.name, began - clock, time.monotonic() - began))

    def _play(self, cluster: Cluster, page: Page, one: Claim) -> Transcript | PreuveError:
        try:
            with self._have_progress().stage(page.name) as stage:
                transcript = self._session(cluster, page, one).play(page, stage)
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

    def _session(self, cluster: Cluster, page: Page, one: Claim) -> Session:
        """The page's live session if it leads to what the page asks now, else a new one."""
        from preuve.session import Session

        with self._lock:
            kept = dict(self._sessions)
        session, _ = kept.pop(page.name, (None, None))
        if session and not session.leads_to(page.plan):
            self._end(page.name)
            session = None
        for name, (_, other) in kept.items():  # of those that are being played, none meets this page
            if other.meets(one):
                self._end(name)
        session = session or Session(cluster, page.plan, self.project.language)
        with self._lock:
            self._sessions[page.name] = session, one
        return session

    def _end(self, name: str) -> None:
        with self._lock:
            session, _ = self._sessions.pop(name, (None, None))
        if session:
            session.close()

    def _end_sessions(self) -> None:
        for name in list(self._sessions):
            self._end(name)
