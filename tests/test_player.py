"""The player: which session plays a page, and how long it lives."""

from __future__ import annotations

import resource
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from preuve import api, cluster, session
from preuve.errors import ClusterError, CommandError, PreuveError
from preuve.player import FILES, Player
from preuve.project import Page, Project
from preuve.run import Run, Turn, dump
from preuve.settings import Settings
from preuve.transcript import Transcript, now, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from preuve.plan import Plan

EXCLUSIVE = "---\npreuve: {cluster: exclusive}\n---\n"
PORT = "$ kubectl expose deploy web --overrides='{nodePort: %d}'"


@dataclass
class Sessions:
    """Stands for `preuve.session.Session`, and writes down what becomes of each one."""

    told: list[str] = field(default_factory=list)
    gone: str = ""
    """What the clusters say of their end."""

    def __call__(self, cluster: SimpleNamespace, _: object, plan: Plan, __: str) -> FakeSession:
        self.told.append(f"open {plan.page}" + (" aside" if cluster.name == "spare" else ""))
        return FakeSession(self.told, plan)

    @contextmanager
    def having(self, cluster: SimpleNamespace) -> Iterator[SimpleNamespace]:
        yield cluster
        if cluster.name == "spare":
            self.told.append("the spare cluster ends")


@dataclass
class FakeSession:
    """A session in which every command answers nothing, but `fail` fails."""

    told: list[str]
    plan: Plan
    done: int = 0

    def leads_to(self, plan: Plan) -> bool:
        before, now = ([action.source for action in one.actions()] for one in (self.plan, plan))
        return now[: len(before)] == before

    def play(self, page: Page, _: object) -> Transcript:
        self.plan = page.plan
        sources = [action.source for action in page.plan.actions()]
        self.told.extend(sources[self.done :])
        self.done = len(sources)
        if "fail" in sources:
            raise CommandError("exit code 1")
        if "crash" in sources:
            raise ClusterError("the cluster was lost")
        return Transcript(page.name, page.key, "v1.37.2", now(), 1.0, ())

    def close(self) -> None:
        self.told.append(f"close {self.plan.page}")
        if self.plan.page.startswith("stuck"):
            raise ClusterError("the namespace does not go")


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """A cluster that is only a version, and sessions that write down what is done."""
    fake = Sessions()
    monkeypatch.setattr(session, "Session", fake)
    monkeypatch.setattr(api, "Api", lambda *_: nullcontext())
    for have, name in (("have", "main"), ("spare", "spare")):
        one = SimpleNamespace(
            name=name, version="v1.37.2", gone=lambda: fake.gone, kubeconfig=None, network=None
        )
        monkeypatch.setattr(cluster, have, lambda *_, one=one: fake.having(one))
    return fake


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, tmp_path / "docs", (tmp_path,), "en", Settings(), "kubernetes 1.37")


def played(player: Player, **pages: str) -> list[Transcript | PreuveError]:
    """Play pages of one console fence each; one that is called `exclusive` is."""
    project = player.project
    asked = [
        project.page(f"{name}.md", (EXCLUSIVE if name == "exclusive" else "") + f"```console\n{text}\n```\n")
        for name, text in pages.items()
    ]
    return [outcome for _, outcome in player.play(asked)]


def test_a_build_ends_a_page_as_soon_as_it_was_played(project: Project, sessions: Sessions) -> None:
    """What it made is gone before the next page that would meet it begins."""
    with Player(project, jobs=1) as player:
        played(player, a="$ one", b="$ two")
    assert sessions.told == ["open a.md", "one", "close a.md", "open b.md", "two", "close b.md"]


def test_the_page_that_took_longest_beside_all_the_others_begins(
    project: Project, sessions: Sessions
) -> None:
    """By itself one takes less, so its last play does not tell; a record that is damaged stops nobody."""
    with Player(project, jobs=1) as player:
        for outcome in played(player, a="$ one", b="$ two"):
            assert isinstance(outcome, Transcript)
            write(project.transcript_path(outcome.page), outcome)
        project.run_path.write_text(dump(Run(now(), "v1.37.2", 0.0, (Turn("b.md", 0.0, 9.0),))))
        for told, expected in (("", ["two", "one"]), ("damaged", ["one", "two"])):
            project.run_path.write_text(told or project.run_path.read_text())
            sessions.told.clear()
            played(player, a="$ one", b="$ two")
            assert [word for word in sessions.told if " " not in word] == expected


def test_while_serving_only_what_was_added_at_the_end_is_played(project: Project, sessions: Sessions) -> None:
    """In the page's live session; a change before the end is played from the start, in a new one."""
    with Player(project, keep=True, jobs=1) as player:
        for text in ("$ one", "$ one\n$ two", "$ other\n$ two"):
            played(player, a=text)
    first, second = ["open a.md", "one", "two", "close a.md"], ["open a.md", "other", "two", "close a.md"]
    assert sessions.told == first + second


@pytest.mark.usefixtures("sessions")
def test_sixty_pages_can_be_kept(project: Project) -> None:
    """Each takes some 17 files, and a login gives 1024: what may be had is asked for."""
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, most), most))
    try:
        with Player(project, keep=True) as player:
            played(player, a="$ one")
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(FILES, most), most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


def test_while_serving_a_page_makes_room_for_one_that_meets_it(project: Project, sessions: Sessions) -> None:
    """A node port is had once: the page that kept it gives it back; the others stay as they are."""
    with Player(project, keep=True, jobs=1) as player:
        played(player, a=PORT % 30001)
        played(player, b=PORT % 30002)
        played(player, c=PORT % 30001)
        assert [line for line in sessions.told if line.startswith(("open", "close"))] == [
            *("open a.md", "open b.md", "close a.md", "open c.md"),
        ]


def test_while_serving_a_port_that_an_added_command_takes_is_made_free(
    project: Project, sessions: Sessions
) -> None:
    """What a page takes is what it asks now, not what it asked when its session began."""
    with Player(project, keep=True, jobs=1) as player:
        played(player, a=PORT % 30001)
        played(player, b="$ one")
        played(player, b=f"$ one\n{PORT % 30001}")
        played(player, a=PORT % 30001)
    assert [line for line in sessions.told if line.startswith(("open", "close"))] == [
        *("open a.md", "open b.md", "close a.md", "close b.md", "open a.md", "close a.md"),
    ]


def test_an_exclusive_page_is_played_aside(project: Project, sessions: Sessions) -> None:
    """On the spare cluster, beside the others; its session ends before that cluster does, kept or not."""
    with Player(project, keep=True, jobs=2) as player:
        played(player, a="$ one", exclusive="$ crash a node")
        assert sorted(sessions.told[:4]) == ["crash a node", "one", "open a.md", "open exclusive.md aside"]
        assert sessions.told[4:] == ["close exclusive.md", "the spare cluster ends"]


@pytest.mark.parametrize(
    ("jobs", "others"), [(2, {}), (1, {"a": "$ one"})], ids=["nothing beside", "one at a time"]
)
def test_no_spare_cluster_is_started_that_spares_nothing(
    project: Project, sessions: Sessions, jobs: int, others: dict[str, str]
) -> None:
    """For exclusive pages alone, or where pages are played one by one, there is one cluster."""
    with Player(project, jobs=jobs) as player:
        played(player, **others, exclusive="$ crash a node")
    assert sessions.told[-3:] == ["open exclusive.md", "crash a node", "close exclusive.md"]


def test_without_a_spare_cluster_an_exclusive_page_comes_last(
    project: Project, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nothing else is played."""
    monkeypatch.setattr(cluster, "spare", lambda *_: None)
    with Player(project, jobs=2) as player:
        played(player, exclusive="$ crash a node", a="$ one")
    told = sessions.told
    assert told.index("close a.md") < told.index("open exclusive.md")


def test_pages_whose_namespaces_have_one_name_are_kept_apart(project: Project, sessions: Sessions) -> None:
    """`a b.md` and `a-b.md` are two pages, and two folders away nobody would think of it."""
    with Player(project, keep=True, jobs=2) as player:
        played(player, **{"a b": "$ one", "a-b": "$ two"})
    first, second = sorted(sessions.told.index(f"open {page}.md") for page in ("a b", "a-b"))
    assert sessions.told[second - 1].startswith("close ")
    assert first < second - 1


def test_a_spare_cluster_that_does_not_come_up_costs_no_page(
    project: Project, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk has no room for two: the exclusive page comes last, as where there is but one."""

    @contextmanager
    def full() -> Iterator[SimpleNamespace]:
        raise ClusterError("no space left on device")
        yield

    monkeypatch.setattr(cluster, "spare", lambda *_: full())
    with Player(project, jobs=2) as player:
        outcomes = played(player, exclusive="$ crash a node", a="$ one")
    assert [type(outcome) for outcome in outcomes] == [Transcript, Transcript]
    told = sessions.told
    assert told.index("close a.md") < told.index("open exclusive.md")


def test_a_play_that_is_broken_off_ends_a_session_that_was_being_made(
    project: Project, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not there yet when the others were ended: it must not be played to its end."""
    crashed = Event()

    def late(where: SimpleNamespace, what: object, plan: Plan, language: str) -> FakeSession:
        if plan.page == "late.md":
            assert crashed.wait(10)
        return sessions(where, what, plan, language)

    def end_sessions(player: Player, *_: object) -> None:
        ended(player)
        crashed.set()

    ended = Player._end_sessions
    monkeypatch.setattr(session, "Session", late)
    monkeypatch.setattr(Player, "_end_sessions", end_sessions)
    with Player(project, jobs=2) as player, pytest.raises(ClusterError, match="lost"):
        played(player, late="$ never", a="$ crash")
    assert "close late.md" in sessions.told
    assert "never" not in sessions.told


def test_a_cluster_that_ended_is_what_is_told(project: Project, sessions: Sessions) -> None:
    """Not which connection broke when it did."""
    sessions.gone = "the cluster ended"
    with Player(project) as player, pytest.raises(ClusterError, match="the cluster ended"):
        played(player, a="$ crash")


def test_a_session_that_cannot_be_ended_keeps_no_other(project: Project, sessions: Sessions) -> None:
    """Each has a shell, and a namespace; and what broke the play is what is told."""
    player = Player(project, keep=True, jobs=1)
    played(player, a="$ one", stuck="$ two", stuck2="$ three")
    with pytest.raises(ClusterError, match="was lost"):
        played(player, b="$ crash")
    assert {f"close {page}.md" for page in ("a", "b", "stuck", "stuck2")} <= set(sessions.told)


def test_a_page_that_fails_does_not_stop_the_others(project: Project, sessions: Sessions) -> None:
    """Its session is ended, in a build as while serving, for what it left is not what a page asks."""
    with Player(project, keep=True, jobs=1) as player:
        outcomes = played(player, a="$ fail", b="$ two")
        assert [type(outcome) for outcome in outcomes] == [CommandError, Transcript]
        assert sessions.told == ["open a.md", "fail", "close a.md", "open b.md", "two"]


@pytest.mark.usefixtures("sessions")
def test_a_play_tells_when_each_page_had_its_turn(project: Project) -> None:
    """One that fails too; none before the cluster was there, in the order in which they began."""
    with Player(project, jobs=1) as player:
        played(player, a="$ one", b="$ fail", c="$ two")
    run = player.run
    assert run
    assert run.version == "v1.37.2"
    assert run.pages == {"a.md", "b.md", "c.md"}
    assert run.turns[0].began >= run.cluster
    assert all(one.began + one.seconds <= other.began for one, other in pairwise(run.turns))


@pytest.mark.usefixtures("sessions")
def test_a_play_that_is_cut_short_is_no_run(project: Project) -> None:
    """Nor does the one before it stand for it."""
    with Player(project, jobs=1) as player:
        played(player, a="$ one")
        assert player.run
        with pytest.raises(ClusterError):
            played(player, a="$ one", b="$ crash")
        assert player.run is None
