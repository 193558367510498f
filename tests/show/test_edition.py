"""Editions: what each mode plays, writes, shows and refuses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from preuve.errors import PreuveError
from preuve.meaning.chance import Chance
from preuve.meaning.spans import Value
from preuve.project import PageState, Project
from preuve.settings import Mode, Settings
from preuve.show.edition import Edition, prepare
from preuve.show.strings import ENGLISH
from preuve.testing import FakePlayer
from preuve.transcript import read, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from preuve.project import Page
    from preuve.transcript import Exchange, Transcript


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of two pages that run something and one that does not."""
    (tmp_path / "docs").mkdir()
    for name, command in {"a.md": "one", "b.md": "two"}.items():
        (tmp_path / "docs" / name).write_text(f"```console\n$ {command}\n```\n")
    (tmp_path / "docs" / "prose.md").write_text("# Prose\n")
    return Project(tmp_path, tmp_path / "docs", (tmp_path,), "en", Settings(), "kubernetes 1.37")


def built(project: Project, mode: Mode, player: FakePlayer) -> Edition:
    """Build the project's edition."""
    return prepare(project, project.pages(), mode, player)


def edit(project: Project, name: str, text: str) -> None:
    """Change a page."""
    (project.docs / name).write_text(text)


def test_auto_plays_what_is_not_current_and_replays_the_rest(project: Project) -> None:
    """The first build plays all, the second nothing, the third what was edited."""
    player = FakePlayer()
    assert built(project, Mode.AUTO, player).rewritten == ["a.md", "b.md"]
    assert not built(project, Mode.AUTO, player).rewritten
    edit(project, "b.md", "# Title\n\n```console\n$ two\n```\n\nprose\n")
    built(project, Mode.AUTO, player)
    assert player.played == ["a.md", "b.md"]
    edit(project, "b.md", "```console\n$ three\n```\n")
    built(project, Mode.AUTO, player)
    assert player.played == ["a.md", "b.md", "b.md"]


def test_auto_without_a_cluster_names_each_page_and_the_remedy(project: Project) -> None:
    """What is current is shown; what cannot be played is told, with what to do."""
    built(project, Mode.PLAY, FakePlayer())
    edit(project, "b.md", "```console\n$ three\n```\n")
    edition = built(project, Mode.AUTO, FakePlayer(cluster=False))
    told = "\n".join(map(str, edition.errors))
    assert "b.md:1" in told
    assert "preuve cluster build" in told
    assert "a.md" not in told
    assert edition.stale == {"b.md"}


def test_replay_never_plays_and_refuses_what_is_stale(project: Project) -> None:
    """A static host needs no cluster; a page that has changed is red there."""
    player = FakePlayer()
    edition = built(project, Mode.REPLAY, player)
    assert [str(error.where) for error in edition.errors] == ["a.md:1", "b.md:1"]
    assert not player.played
    built(project, Mode.PLAY, player)
    assert not built(project, Mode.REPLAY, player).errors


def test_playing_twice_writes_once(project: Project) -> None:
    """The same outcome leaves the transcript's file as it is, date included."""
    built(project, Mode.PLAY, FakePlayer())
    before = project.transcript_path("a.md").read_bytes()
    edition = built(project, Mode.PLAY, FakePlayer())
    assert project.transcript_path("a.md").read_bytes() == before
    assert not edition.rewritten
    assert built(project, Mode.PLAY, FakePlayer("other\n")).rewritten == ["a.md", "b.md"]


def test_the_exit_code_of_a_command_that_was_stopped_is_chance(project: Project) -> None:
    """`until` stops a loop that bash breaks off (130) or one that had just ended (0)."""
    edit(project, "a.md", "```{ .console until=web }\n$ kubectl get pods -w\n```\n")
    built(project, Mode.PLAY, FakePlayer(exit=130))
    assert built(project, Mode.PLAY, FakePlayer(exit=0)).rewritten == ["b.md"]


def test_another_question_is_answered_by_its_own_play(project: Project) -> None:
    """A longer timeout changes the key: what stands under it is what was played for it, its date too."""
    built(project, Mode.PLAY, FakePlayer())
    edit(project, "a.md", "```{ .console timeout=90s }\n$ one\n```\n")
    player = FakePlayer(seconds=7.0)
    assert built(project, Mode.AUTO, player).rewritten == ["a.md"]
    new = read(project.transcript_path("a.md"), "a", "a.md")
    assert new
    assert new.seconds == 7.0
    assert [page.state for page in project.pages()] == [PageState.CURRENT, PageState.CURRENT, PageState.PROSE]


@dataclass
class Meanwhile(FakePlayer):
    """Plays, while somebody edits a manifest."""

    manifest: Path = Path()

    def play(self, pages: Sequence[Page]) -> Iterator[tuple[Page, Transcript | PreuveError]]:
        for page, outcome in super().play(pages):
            self.manifest.write_text("kind: Job\n")
            yield page, outcome


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.PLAY, Mode.CHECK])
def test_what_is_edited_while_it_is_played_is_told(project: Project, mode: Mode) -> None:
    """Else the page would show the new manifest above what the old one came to."""
    manifest = project.root / "pod.yaml"
    manifest.write_text("kind: Pod\n")
    edit(project, "a.md", '```yaml\n--8<-- "pod.yaml"\n```\n')
    if mode == Mode.CHECK:
        built(project, Mode.PLAY, FakePlayer())
    edition = built(project, mode, Meanwhile(manifest=manifest))
    assert [str(error) for error in edition.errors] == [
        "a.md:1: a file that this page includes was edited while it was played: play it again"
    ]
    assert edition.stale == {"a.md"}
    manifest.write_text("kind: Pod\n")
    assert not built(project, Mode.REPLAY, FakePlayer()).errors


@dataclass
class Saying(FakePlayer):
    """Answers the first page's commands each with its own, and tells what chance named."""

    answers: Sequence[str] = ()
    values: tuple[Value, ...] = ()

    def play(self, pages: Sequence[Page]) -> Iterator[tuple[Page, Transcript | PreuveError]]:
        for page, outcome in super().play(pages):
            assert not isinstance(outcome, PreuveError)
            said = [*self.answers, *[self.output] * len(outcome.exchanges)]
            exchanges = (
                replace(each, output=text) for each, text in zip(outcome.exchanges, said, strict=False)
            )
            yield page, replace(outcome, exchanges=tuple(exchanges), values=self.values)


LITERALS = {
    "clusterIP": ("10.96.0.50", "10.96.0.51"),
    "nodePort": ("30080", "30081"),
    "address": ("192.0.2.7", "192.0.2.8"),
    "IPv6 address": ("fd00::7", "fd00::8"),
    "date": ("2026-11-28T10:00:00Z", "2027-01-02T10:00:00Z"),
    "day": ("2026-11-28", "2027-01-02"),
    "duration": ("5m30s", "6m10s"),
    "UUID": ("0b1f6a3e-0d5c-4d8e-9a51-1f2e3d4c5b6a", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
    "digest": (f"sha256:{1:064x}", f"sha256:{2:064x}"),
    "generated name": ("web-5fc9f4bf66-86zl7", "web-5fc9f4bf66-dr2ht"),
    "image tag": ("nginx:1.26.3", "nginx:1.27.0"),
    "image tag that reads as an address": ("nginx:10.2.3.4", "nginx:10.2.3.5"),
    "node": ("node1", "node2"),
    "restart count": ("1 (10s ago)", "2 (10s ago)"),
}


@pytest.mark.parametrize("where", ["manifest", "command"])
@pytest.mark.parametrize("literal", LITERALS)
def test_what_an_author_edits_is_what_the_page_shows(literal: str, where: str, project: Project) -> None:
    """A value that reads like chance, in a manifest or a command: once played, nothing shows the old one."""

    def asks(value: str) -> None:
        page = '```yaml\n--8<-- "map.yaml"\n```\n\n```console\n$ kubectl get configmap map\n```\n'
        if where == "command":
            page = page.replace("get configmap", f"get # {value}\n$ configmap")
        (project.root / "map.yaml").write_text(f"data: {{value: '{value if where == 'manifest' else ''}'}}\n")
        edit(project, "a.md", page)

    old, new = LITERALS[literal]
    asks(old)
    built(project, Mode.PLAY, FakePlayer(f"VALUE\n{old}\n"))
    asks(new)
    assert built(project, Mode.AUTO, FakePlayer(f"VALUE\n{new}\n")).rewritten == ["a.md"]
    shown = built(project, Mode.REPLAY, FakePlayer()).render("a.md", ENGLISH)
    assert new in shown
    assert old not in shown


@pytest.mark.parametrize("literal", LITERALS)
def test_what_drifts_is_written_and_nothing_else(literal: str, project: Project) -> None:
    """`play` writes a page whose `check` is red: surely where the page spells out what was printed."""
    for spelt, page in enumerate(
        ("```console\n$ one\n```\n", f"```console\n$ one # {LITERALS[literal][0]}\n```\n")
    ):
        edit(project, "a.md", page)
        old, new = (f"VALUE   AGE\n{value}   5s\n" for value in LITERALS[literal])
        built(project, Mode.PLAY, FakePlayer(old))
        red = bool(built(project, Mode.CHECK, FakePlayer(new)).errors)
        assert bool(built(project, Mode.PLAY, FakePlayer(new)).rewritten) == red
        assert red or not spelt


def test_what_chance_named_is_neither_drift_nor_written(project: Project) -> None:
    """In words of which no form tells what they are: each transcript says what its cluster called so."""
    edit(project, "b.md", "# Prose\n")

    def player(node: str, *values: Value) -> FakePlayer:
        return Saying(f"hello from {node}\n", values=values)

    built(project, Mode.PLAY, player("worker-1", Value(Chance.NODE, "worker-1")))
    elsewhere = player("worker-2", Value(Chance.NODE, "worker-2"))
    assert not built(project, Mode.CHECK, elsewhere).errors
    assert not built(project, Mode.PLAY, elsewhere).rewritten
    assert built(project, Mode.CHECK, player("worker-2")).errors
    assert built(project, Mode.PLAY, player("worker-2")).rewritten == ["a.md"]


def test_what_somebody_saw_who_watched_is_neither_drift_nor_written(project: Project) -> None:
    """Of a command that was stopped, how often each line came; of any other, every line counts."""
    edit(project, "a.md", "```{ .console until=two }\n$ kubectl logs -f web\n```\n")
    built(project, Mode.PLAY, FakePlayer("one\none\ntwo\n"))
    again = FakePlayer("one\ntwo\n")
    assert [str(error.where) for error in built(project, Mode.CHECK, again).errors] == ["b.md:2"]
    assert built(project, Mode.PLAY, again).rewritten == ["b.md"]


def test_an_upgrade_shows_the_outputs_of_the_new_kubernetes(project: Project) -> None:
    """They may be the same by meaning; the page says of which Kubernetes they are."""
    built(project, Mode.PLAY, FakePlayer())
    upgraded = replace(project, cluster="kubernetes 1.38")
    assert built(upgraded, Mode.AUTO, FakePlayer(version="v1.38.0")).rewritten == ["a.md", "b.md"]
    new = read(project.transcript_path("a.md"), "a", "a.md")
    assert new
    assert new.version == "v1.38.0"


def test_a_new_patch_of_kubernetes_is_told(project: Project) -> None:
    """No key changes, nor may any answer: the page says which Kubernetes it was."""
    built(project, Mode.PLAY, FakePlayer())
    assert built(project, Mode.PLAY, FakePlayer(version="v1.37.3")).rewritten == ["a.md", "b.md"]
    new = read(project.transcript_path("a.md"), "a", "a.md")
    assert new
    assert new.version == "v1.37.3"


@pytest.mark.parametrize(
    "answered",
    [
        lambda one: (replace(one, exit=1),),
        lambda one: (replace(one, source="uno"),),
        lambda one: (replace(one, drawn=True, output=""),),
        lambda one: (one, one),
        lambda _: (),
    ],
    ids=["exit", "command", "drawing", "more", "less"],
)
def test_a_transcript_that_answers_something_else_is_refused(
    project: Project, answered: Callable[[Exchange], tuple[Exchange, ...]]
) -> None:
    """Whoever sealed it, and though it has the page's key."""
    built(project, Mode.PLAY, FakePlayer())
    path = project.transcript_path("a.md")
    old = read(path, "a", "a.md")
    assert old
    write(path, replace(old, exchanges=answered(*old.exchanges)))
    [page, *_] = project.pages(["a.md"])
    assert page.state == PageState.DAMAGED
    assert "this transcript answers other commands than its page's" in str(page.damage)
    assert [str(error.where) for error in built(project, Mode.REPLAY, FakePlayer()).errors] == [
        "transcripts/a.txt:1"
    ]


def test_a_page_that_fails_does_not_stop_the_others(project: Project) -> None:
    """All are played; the build is red with what failed; nothing is written for it."""
    edition = built(project, Mode.PLAY, FakePlayer(failing=frozenset({"a.md"})))
    assert [str(error) for error in edition.errors] == ["a.md:2: exit code 1"]
    assert edition.rewritten == ["b.md"]
    assert not project.transcript_path("a.md").exists()


def test_check_tells_drift_at_its_line_and_writes_nothing(project: Project) -> None:
    """What the cluster no longer answers is an error at the command, with the difference."""
    built(project, Mode.PLAY, FakePlayer())
    before = project.transcript_path("a.md").read_bytes()
    edition = built(project, Mode.CHECK, FakePlayer("pod/web unchanged\n"))
    assert [str(error.where) for error in edition.errors] == ["a.md:2", "b.md:2"]
    assert "unchanged" in str(edition.errors[0])
    assert project.transcript_path("a.md").read_bytes() == before
    assert not built(project, Mode.CHECK, FakePlayer()).errors


@pytest.mark.parametrize(
    ("pods", "drifts"),
    [
        (
            ("web-x7k2p Running node=node1", "client Running node=node2", "web-b4d6f Running node=node2"),
            False,
        ),
        (
            ("client Running node=node1", "web-x7k2p Running node=node1", "web-b4d6f Running node=node2"),
            False,
        ),
        (("client Running node=node1", "web-x7k2p Running node=node1"), True),
        (("client Running node=node1", "web-x7k2p Pending", "web-b4d6f Running node=node2"), True),
    ],
    ids=["as before", "client on another node", "one less", "one waits"],
)
def test_a_drawing_by_nodes_is_the_same_wherever_the_pods_are(
    project: Project, pods: tuple[str, ...], drifts: bool
) -> None:
    """A Pod's place in it follows from its node, which is chance, also that of a Pod with a fixed name."""
    edit(project, "a.md", "```cluster\npods by=node\n```\n")
    edit(project, "b.md", "# Prose\n")
    before = "web-q9h4z Running node=node1", "client Running node=node2", "web-c5f7g Running node=node2"
    built(project, Mode.PLAY, FakePlayer("".join(f"Pod {pod}\n" for pod in before)))
    edition = built(project, Mode.CHECK, FakePlayer("".join(f"Pod {pod}\n" for pod in pods)))
    assert bool(edition.errors) == drifts, edition.errors


def test_it_does_not_matter_of_which_node_an_answer_tells(project: Project) -> None:
    """The others are drawn too; that one of them is not Ready does matter."""
    edit(project, "b.md", "# Prose\n")
    edit(project, "a.md", "```console\n$ kubectl get pod -o wide\n```\n\n```cluster\npods by=node\n```\n")

    def player(node: str, state: str = "Ready") -> FakePlayer:
        nodes = f"Node node1 Ready\nNode node2 Ready\nNode node3 {state}\n"
        drawn = f"Pod db Running node={node}\n{nodes}"
        return Saying(answers=[f"NAME   AGE   NODE\ndb     5s    {node}\n", drawn])

    built(project, Mode.PLAY, player("node1"))
    assert not built(project, Mode.CHECK, player("node2")).errors
    assert built(project, Mode.CHECK, player("node1", "NotReady")).errors


DRAINED = """\
node/node3 cordoned
pod/web-5fc9f4bf66-x7k2p evicted
node/node3 drained
"""


def test_a_drawing_by_nodes_tells_of_nodes_that_are_no_chance(project: Project) -> None:
    """Of the one that the page names, and of one that the Pods have left."""
    scene = "Pod web-5fc9f4bf66-b4d6f Running node={}\nPod db Running node=node1\n"
    drawing = "```cluster\npods by=node\n```\n"
    edit(project, "b.md", "# Prose\n")
    for command, answer in (("true # nodeName: node2", ""), ("drain --pod-selector=app=web", DRAINED)):
        edit(project, "a.md", f"```console\n$ kubectl {command}\n```\n\n{drawing}")
        built(project, Mode.PLAY, Saying(answers=[answer, scene.format("node2")]))
        assert not built(project, Mode.CHECK, Saying(answers=[answer, scene.format("node2")])).errors
        [error] = built(project, Mode.CHECK, Saying(answers=[answer, scene.format("node3")])).errors
        assert str(error.where) == "a.md:5"


def test_check_refuses_a_page_that_was_never_played(project: Project) -> None:
    """There is nothing to compare with: that is red, not green."""
    edition = built(project, Mode.CHECK, FakePlayer())
    assert {error.where.path for error in edition.errors if error.where} == {"a.md", "b.md"}


def test_a_damaged_transcript_is_played_again_or_told(project: Project) -> None:
    """A conflict left in a transcript is no traceback: replay says where, play mends it."""
    built(project, Mode.PLAY, FakePlayer())
    path = project.transcript_path("a.md")
    path.write_text(path.read_text().replace("| pod", "| pot"))
    errors = built(project, Mode.REPLAY, FakePlayer()).errors
    assert [str(error.where) for error in errors] == ["transcripts/a.txt:4"]
    assert built(project, Mode.AUTO, FakePlayer()).rewritten == ["a.md"]
    assert not built(project, Mode.REPLAY, FakePlayer()).errors


def test_a_stale_page_is_shown_as_such(project: Project) -> None:
    """The old output of a command that still stands is shown, and said to be old."""
    built(project, Mode.PLAY, FakePlayer())
    edit(project, "a.md", "# T\n\n```console\n$ one\n$ more\n```\n")
    edition = built(project, Mode.AUTO, FakePlayer(cluster=False))
    text = edition.render("a.md", ENGLISH)
    assert "data-state=stale" in text
    assert "pod/web created" in text
    assert "data-state=executed" in edition.render("b.md", ENGLISH)


def test_what_an_author_points_at_stands_in_the_answer(project: Project) -> None:
    """Else a reader looks for it in vain: told at the fence's line, and nothing is played again for it."""
    player = FakePlayer()
    built(project, Mode.PLAY, player)
    edit(project, "a.md", "\n```{ .console columns=NODE hl='nowhere to be seen' }\n$ one\n```\n")
    edition = built(project, Mode.AUTO, player)
    assert player.played == ["a.md", "b.md"]
    assert [str(error.where) for error in edition.errors] == ["a.md:2", "a.md:2"]
    assert "'NODE'" in edition.errors[0].message
    assert "nowhere to be seen" in edition.errors[1].message
    edit(project, "a.md", "```{ .console hl='web created' }\n$ one\n```\n")
    assert not built(project, Mode.AUTO, player).errors
