"""The player: which session plays a page, and how long it lives."""

from __future__ import annotations

import resource
import socket
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from tempfile import TemporaryDirectory
from threading import Event, Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from preuve.cluster import api, backend
from preuve.cluster.embedded import launch, requirements
from preuve.errors import ClusterError, CommandError, PreuveError, TakenError
from preuve.play import namespace, session
from preuve.play import player as play_player
from preuve.play.player import FILES, Player
from preuve.project import Page, Project
from preuve.run import Run, Turn, dump
from preuve.settings import Settings
from preuve.transcript import Exchange, Transcript, now, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from preuve.page.plan import Plan

EXCLUSIVE = "---\npreuve: {cluster: exclusive}\n---\n"
PORT = "$ kubectl expose deploy web --overrides='{nodePort: %d}'"


@dataclass
class Sessions:
    """Stands for `preuve.play.session.Session`, and writes down what becomes of each one."""

    told: list[str] = field(default_factory=list)
    gone: str = ""
    """What the clusters say of their end."""
    full: bool = False
    """There is no room for a second cluster."""
    refusal: str = ""
    broken: str = ""
    """Why no page gets a cluster of its own."""

    def player(self, project: Project, *, keep: bool = False, jobs: int | None = None) -> Player:
        return Player(project, keep=keep, jobs=jobs, backend=lambda _: self)

    def __call__(self, cluster: SimpleNamespace, _: object, plan: Plan) -> FakeSession:
        self.told.append(f"open {plan.page}" + (" aside" if cluster.own else ""))
        return FakeSession(self.told, plan)

    @contextmanager
    def shared(self, _: object, *, own: bool = False) -> Iterator[Any]:
        name = f"{'its own' if own else 'the shared'} cluster"
        self.told.append(f"{name} begins")
        yield SimpleNamespace(
            own=own,
            version="v1.37.2",
            gone=lambda: self.gone,
            kubeconfig=None,
            network=None,
            disposable=True,
            namespace="",
            packages=dict,
        )
        self.told.append(f"{name} ends")

    @contextmanager
    def own(self, progress: object) -> Iterator[Any]:
        if self.broken:
            raise ClusterError(self.broken)
        with self.shared(progress, own=True) as cluster:
            yield cluster

    def room(self) -> bool:
        return not self.full

    @property
    def pages(self) -> list[str]:
        """What was done, clusters left out."""
        return [line for line in self.told if "cluster" not in line]


@dataclass
class FakeSession:
    """A session in which every command answers nothing, but `fail` fails."""

    told: list[str]
    plan: Plan
    done: int = 0

    def leads_to(self, plan: Plan) -> bool:
        before, now = ([action.source for action in one.actions()] for one in (self.plan, plan))
        return now[: len(before)] == before

    def notes(self) -> list[str]:
        held = any(action.source == "hold" for action in self.plan.actions())
        return [f"{self.plan.page}:2: held"] if held else []

    def play(self, page: Page, _: object) -> Transcript:
        self.plan = page.plan
        sources = [action.source for action in page.plan.actions()]
        self.told.extend(sources[self.done :])
        self.done = len(sources)
        if "fail" in sources:
            raise CommandError("exit code 1")
        if "crash" in sources:
            raise ClusterError("the cluster was lost")
        answers = tuple(Exchange(source, "") for source in sources)
        return Transcript(page.name, page.key, "v1.37.2", now(), 1.0, answers)

    def close(self) -> None:
        self.told.append(f"close {self.plan.page}")
        if self.plan.page.startswith("stuck"):
            raise ClusterError("the namespace does not go")
        if self.plan.page.startswith("slow"):
            raise TakenError("namespace 'slow' is not gone after 120 s")


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """A cluster that is only a version, and sessions that write down what is done."""
    fake = Sessions()
    monkeypatch.setattr(session, "Session", fake)
    monkeypatch.setattr(api, "Api", lambda *_: nullcontext())
    monkeypatch.setattr(namespace, "reap", lambda *_, **__: [])
    return fake


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, tmp_path / "docs", (tmp_path,), "en", Settings(), "kubernetes 1.37")


def played(player: Player, **pages: str) -> list[Transcript | PreuveError]:
    """Play pages of one console fence each; those that are called `exclusive` are."""
    project = player.project
    asked = [
        project.page(f"{name}.md", (EXCLUSIVE if "exclusive" in name else "") + f"```console\n{text}\n```\n")
        for name, text in pages.items()
    ]
    return [outcome for _, outcome in player.play(asked)]


def test_a_build_ends_a_page_as_soon_as_it_was_played(project: Project, sessions: Sessions) -> None:
    """What it made is gone before the next page that would meet it begins."""
    with sessions.player(project, jobs=1) as player:
        played(player, a="$ one", b="$ two")
    assert sessions.pages == ["open a.md", "one", "close a.md", "open b.md", "two", "close b.md"]


def test_what_an_author_should_know_of_a_page_is_told(
    project: Project, sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    """At its line, and the page is played all the same."""
    with sessions.player(project) as player:
        assert [type(outcome) for outcome in played(player, a="$ hold", b="$ two")] == [Transcript] * 2
    assert [line for line in capsys.readouterr().err.splitlines() if "held" in line] == ["a.md:2: held"]


def test_the_page_that_took_longest_beside_all_the_others_begins(
    project: Project, sessions: Sessions
) -> None:
    """By itself one takes less, so its last play does not tell; a record that is damaged stops nobody."""
    with sessions.player(project, jobs=1) as player:
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
    with sessions.player(project, keep=True, jobs=1) as player:
        for text in ("$ one", "$ one\n$ two", "$ other\n$ two"):
            played(player, a=text)
    first, second = ["open a.md", "one", "two", "close a.md"], ["open a.md", "other", "two", "close a.md"]
    assert sessions.pages == first + second


def test_sixty_pages_can_be_kept(project: Project, sessions: Sessions) -> None:
    """Each takes some 17 files, and a login gives 1024: what may be had is asked for."""
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, most), most))
    try:
        with sessions.player(project, keep=True) as player:
            played(player, a="$ one")
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(FILES, most), most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


def test_while_serving_a_page_makes_room_for_one_that_meets_it(project: Project, sessions: Sessions) -> None:
    """A node port is had once: the page that kept it gives it back; the others stay as they are."""
    with sessions.player(project, keep=True, jobs=1) as player:
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
    with sessions.player(project, keep=True, jobs=1) as player:
        played(player, a=PORT % 30001)
        played(player, b="$ one")
        played(player, b=f"$ one\n{PORT % 30001}")
        played(player, a=PORT % 30001)
    assert [line for line in sessions.told if line.startswith(("open", "close"))] == [
        *("open a.md", "open b.md", "close a.md", "close b.md", "open a.md", "close a.md"),
    ]


def test_an_exclusive_page_has_a_cluster_of_its_own(project: Project, sessions: Sessions) -> None:
    """Beside the shared one; it ends with the page."""
    with sessions.player(project, jobs=2) as player:
        played(player, a="$ one", exclusive="$ crash a node")
        alone = ["its own cluster begins", "open exclusive.md aside", "crash a node", "close exclusive.md"]
        assert [line for line in sessions.told if line in alone] == alone
        assert sessions.told.index("close exclusive.md") < sessions.told.index("its own cluster ends")
        assert "the shared cluster ends" not in sessions.told


def test_no_cluster_is_started_that_no_page_needs(project: Project, sessions: Sessions) -> None:
    """For exclusive pages alone, there is none to share; each has another, and one at a time."""
    with sessions.player(project, jobs=2) as player:
        played(player, exclusive="$ crash a node", exclusive2="$ drain a node")
        assert player.run
        assert player.run.version == "v1.37.2"
    begun = [line for line in sessions.told if "cluster" in line]
    assert begun == ["its own cluster begins", "its own cluster ends"] * 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_without_room_for_two_clusters_an_exclusive_page_comes_last(
    project: Project, sessions: Sessions, jobs: int
) -> None:
    """When nothing else is played, and the shared cluster has gone; it comes back for the pages after."""
    sessions.full = True
    with sessions.player(project, keep=True, jobs=jobs) as player:
        played(player, exclusive="$ crash a node", a="$ one")
        assert sessions.told == [
            *("the shared cluster begins", "open a.md", "one", "close a.md", "the shared cluster ends"),
            *("its own cluster begins", "open exclusive.md aside", "crash a node"),
        ]
        sessions.told.clear()
        played(player, a="$ one")
        assert sessions.told == [
            *("close exclusive.md", "its own cluster ends"),
            *("the shared cluster begins", "open a.md", "one"),
        ]


def test_while_serving_an_exclusive_page_keeps_its_cluster(project: Project, sessions: Sessions) -> None:
    """As long as its session lives: what is added at its end is played there, beside the other pages."""
    with sessions.player(project, keep=True) as player:
        played(player, a="$ one", exclusive="$ crash a node")
        sessions.told.clear()
        played(player, exclusive="$ crash a node\n$ look")
        played(player, a="$ one\n$ two")
        assert sessions.told == ["look", "two"]
        played(player, exclusive="$ look")
        alone = ["close exclusive.md", "its own cluster ends", "its own cluster begins"]
        assert sessions.told[2:] == [*alone, "open exclusive.md aside", "look"]
        played(player, exclusive2="$ crash another")
        assert sessions.told[7:] == [*alone, "open exclusive2.md aside", "crash another"]


def test_a_shell_on_an_exclusive_page_opens_on_its_cluster(project: Project, sessions: Sessions) -> None:
    """No other is started for it; it goes when the shell is left."""
    page = project.page("exclusive.md", f"{EXCLUSIVE}```console\n$ one\n$ two\n```\n")
    with sessions.player(project) as player:
        _, surprise = player.stop_at(page, 5)
        assert surprise is None
        assert sessions.told == ["its own cluster begins", "open exclusive.md aside", "one"]
    assert sessions.told[3:] == ["close exclusive.md", "its own cluster ends"]


def test_pages_whose_namespaces_have_one_name_are_kept_apart(project: Project, sessions: Sessions) -> None:
    """`a b.md` and `a-b.md` are two pages, and two folders away nobody would think of it."""
    with sessions.player(project, keep=True, jobs=2) as player:
        played(player, **{"a b": "$ one", "a-b": "$ two"})
    first, second = sorted(sessions.told.index(f"open {page}.md") for page in ("a b", "a-b"))
    assert sessions.told[second - 1].startswith("close ")
    assert first < second - 1


def test_a_cluster_that_does_not_come_up_costs_its_page_alone(project: Project, sessions: Sessions) -> None:
    """A disk has no room for two, say: that is told at the line that asks for a whole one."""
    sessions.broken = "no space left on device"
    with sessions.player(project, jobs=2) as player:
        outcomes = played(player, exclusive="$ crash a node", a="$ one")
    assert sorted(str(one) for one in outcomes if isinstance(one, PreuveError)) == [
        "exclusive.md:2: no space left on device"
    ]
    assert "close a.md" in sessions.told


def test_where_no_cluster_comes_up_the_play_ends(project: Project, sessions: Sessions) -> None:
    """It is told once, not for each page."""
    sessions.broken = "no root"
    with sessions.player(project) as player, pytest.raises(ClusterError, match="no root"):
        played(player, exclusive="$ crash a node", exclusive2="$ drain a node")


def test_the_end_of_its_own_cluster_costs_its_page_alone(project: Project, sessions: Sessions) -> None:
    """It has crashed the wrong node, say: what ended the cluster is told, and the others are played."""
    with sessions.player(project, jobs=1) as player:
        played(player, a="$ one")
        sessions.gone = "the cluster ended"
        outcomes = played(player, exclusive="$ crash", exclusive2="$ one")
    assert [type(one) for one in outcomes] == [ClusterError, Transcript]
    assert str(outcomes[0]) == "exclusive.md:2: the cluster ended"


def test_a_play_that_is_broken_off_ends_a_session_that_was_being_made(
    project: Project, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not there yet when the others were ended: it must not be played to its end."""
    crashed = Event()

    def late(where: SimpleNamespace, what: object, plan: Plan) -> FakeSession:
        if plan.page == "late.md":
            assert crashed.wait(10)
        return sessions(where, what, plan)

    def end_sessions(player: Player, *_: object) -> None:
        ended(player)
        crashed.set()

    ended = Player._end_sessions
    monkeypatch.setattr(session, "Session", late)
    monkeypatch.setattr(Player, "_end_sessions", end_sessions)
    with sessions.player(project, jobs=2) as player, pytest.raises(ClusterError, match="lost"):
        played(player, late="$ never", a="$ crash")
    assert "close late.md" in sessions.told
    assert "never" not in sessions.told


def test_ctrl_c_ends_the_start_of_a_page_s_cluster_at_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start takes tens of seconds, in a thread of the page: its supervisor is told before it is over."""
    told: list[bytes] = []
    starts = Event()

    def wait(*_: object, **__: object) -> None:
        assert starts.wait(10)
        raise KeyboardInterrupt  # as Python does in the thread that waits for pages

    def supervise(owner: socket.socket) -> None:
        with owner, suppress(TimeoutError):
            owner.settimeout(10)
            owner.sendall(b'{"stage": "API server"}\n')
            starts.set()
            told.append(owner.recv(1))

    @contextmanager
    def supervisor(*_: object, **__: object) -> Iterator[socket.socket]:
        ours, theirs = socket.socketpair()
        thread = Thread(target=supervise, args=(theirs,))
        thread.start()
        try:
            with ours:
                yield ours
        finally:
            thread.join()

    monkeypatch.setenv("PREUVE_HOME", str(project.root))
    monkeypatch.setattr(requirements, "check", lambda *_: (None, None))
    monkeypatch.setattr(launch, "supervisor", supervisor)
    monkeypatch.setattr(play_player, "wait", wait)
    with TemporaryDirectory(prefix="preuve-") as state:  # a socket's path is short
        monkeypatch.setenv("XDG_STATE_HOME", state)
        with Player(project) as player, pytest.raises(KeyboardInterrupt):
            played(player, exclusive="$ crash a node")
    assert told == [b""]  # the end of the connection, without a word


def test_what_is_broken_off_leaves_nothing_broken_off(project: Project, sessions: Sessions) -> None:
    """`mkdocs serve` plays on: the next start of a cluster is not ended."""
    with sessions.player(project, keep=True, jobs=1) as player:
        with pytest.raises(ClusterError):
            played(player, a="$ crash")
        player._have_progress().break_off()
        played(player, exclusive="$ one")
        ended = Event()
        with player._have_progress().silenced().ended_by(ended.set):
            assert not ended.is_set()
            player._have_progress().break_off()
            assert ended.is_set()
        ended.clear()
        with player._have_progress().silenced().ended_by(ended.set):
            assert ended.is_set()  # it began too late to be told


def test_a_cluster_that_ended_is_what_is_told(project: Project, sessions: Sessions) -> None:
    """Not which connection broke when it did."""
    sessions.gone = "the cluster ended"
    with sessions.player(project) as player, pytest.raises(ClusterError, match="the cluster ended"):
        played(player, a="$ crash")


def test_a_session_that_cannot_be_ended_keeps_no_other(project: Project, sessions: Sessions) -> None:
    """Each has a shell, and a namespace; and what broke the play is what is told."""
    player = sessions.player(project, keep=True, jobs=1)
    played(player, a="$ one", stuck="$ two", stuck2="$ three")
    with pytest.raises(ClusterError, match="was lost"):
        played(player, b="$ crash")
    assert {f"close {page}.md" for page in ("a", "b", "stuck", "stuck2")} <= set(sessions.told)


def test_a_page_that_cannot_be_ended_is_named(project: Project, sessions: Sessions) -> None:
    """What it started may keep the machine: who is told has to know which page did."""
    with sessions.player(project) as player, pytest.raises(ClusterError) as told:
        played(player, a="$ one", stuck="$ two")
    assert str(told.value) == "stuck.md:1: the namespace does not go"


def test_a_namespace_that_does_not_go_costs_its_page_alone(project: Project, sessions: Sessions) -> None:
    """Something in it has long to end, on somebody's cluster; what else was wrong with the page is told."""
    with sessions.player(project, jobs=1) as player:
        slow, failed, other = played(player, slow="$ one", slow2="$ fail", z="$ two")
    assert isinstance(slow, TakenError)
    assert str(slow) == "slow.md:1: namespace 'slow' is not gone after 120 s"
    assert isinstance(failed, CommandError)
    assert isinstance(other, Transcript)


def test_a_page_that_fails_does_not_stop_the_others(project: Project, sessions: Sessions) -> None:
    """Its session is ended, in a build as while serving, for what it left is not what a page asks."""
    with sessions.player(project, keep=True, jobs=1) as player:
        outcomes = played(player, a="$ fail", b="$ two")
        assert [type(outcome) for outcome in outcomes] == [CommandError, Transcript]
        assert sessions.pages == ["open a.md", "fail", "close a.md", "open b.md", "two"]


def test_a_play_tells_when_each_page_had_its_turn(project: Project, sessions: Sessions) -> None:
    """One that fails too; none before the cluster was there, in the order in which they began."""
    with sessions.player(project, jobs=1) as player:
        played(player, a="$ one", b="$ fail", c="$ two")
    run = player.run
    assert run
    assert run.version == "v1.37.2"
    assert run.pages == {"a.md", "b.md", "c.md"}
    assert run.turns[0].began >= run.cluster
    assert all(one.began + one.seconds <= other.began for one, other in pairwise(run.turns))


def test_a_play_that_is_cut_short_is_no_run(project: Project, sessions: Sessions) -> None:
    """Nor does the one before it stand for it."""
    with sessions.player(project, jobs=1) as player:
        played(player, a="$ one")
        assert player.run
        with pytest.raises(ClusterError):
            played(player, a="$ one", b="$ crash")
        assert player.run is None


@pytest.mark.parametrize("allowed", [False, True])
def test_an_exclusive_page_gets_somebody_s_cluster_only_if_the_settings_say_so(
    project: Project, sessions: Sessions, allowed: bool
) -> None:
    """It is refused at its line, before a cluster is asked for; the other pages are played."""
    chosen = Settings(cluster="context:team", allow_exclusive=allowed)
    sessions.refusal, sessions.full = backend(chosen).refusal, not backend(chosen).room()
    with sessions.player(project, jobs=2) as player:
        outcomes = played(player, exclusive="$ crash a node", a="$ one")
    errors = [str(outcome) for outcome in outcomes if isinstance(outcome, PreuveError)]
    assert errors == [] or errors[0].startswith("exclusive.md:2: this page wants the whole cluster")
    assert len(errors) == (not allowed)
    assert any(line.startswith("open exclusive.md") for line in sessions.told) is allowed
    assert "close a.md" in sessions.told
