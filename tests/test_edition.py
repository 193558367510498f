"""Editions: what each mode plays, writes, shows and refuses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from preuve.edition import Edition, prepare
from preuve.errors import ClusterError, CommandError, PreuveError, Where
from preuve.plan import Command
from preuve.project import Page, Project, State
from preuve.settings import Mode, Settings
from preuve.strings import ENGLISH
from preuve.transcript import Exchange, Transcript, now, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from preuve.run import Run


@dataclass
class FakePlayer:
    """Answers every command with `output`; fails the pages it is told to; has no cluster if it is told so."""

    output: str = "pod/web created\n"
    exit: int = 0
    failing: frozenset[str] = frozenset()
    cluster: bool = True
    version: str = "v1.37.2"
    played: list[str] = field(default_factory=list)
    run: Run | None = None

    def play(self, pages: Sequence[Page]) -> Iterator[tuple[Page, Transcript | PreuveError]]:
        if not self.cluster:
            raise ClusterError("no binaries: run `preuve cluster build`")
        for page in pages:
            self.played.append(page.name)
            if page.name in self.failing:
                yield page, CommandError("exit code 1", Where(page.name, 2))
            else:
                exchanges = tuple(
                    Exchange(
                        action.source, self.output, self.exit, 0.1, drawn=not isinstance(action, Command)
                    )
                    for action in page.plan.actions()
                )
                yield page, Transcript(page.name, page.key, self.version, now(), 1.0, exchanges)


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


def test_another_question_with_the_same_answer_keeps_the_outputs(project: Project) -> None:
    """A longer timeout changes the key: the transcript is current again, with the outputs it had."""
    built(project, Mode.PLAY, FakePlayer())
    old = read(project.transcript_path("a.md"), "a")
    assert old
    edit(project, "a.md", "```{ .console timeout=90s }\n$ one\n```\n")
    built(project, Mode.AUTO, FakePlayer())
    new = read(project.transcript_path("a.md"), "a")
    assert new
    assert replace(new, key=old.key) == old
    assert [page.state for page in project.pages()] == [State.CURRENT, State.CURRENT, State.PROSE]


def test_an_upgrade_shows_the_outputs_of_the_new_kubernetes(project: Project) -> None:
    """They may be the same by meaning; the page says of which Kubernetes they are."""
    built(project, Mode.PLAY, FakePlayer())
    upgraded = replace(project, cluster="kubernetes 1.38")
    assert built(upgraded, Mode.AUTO, FakePlayer(version="v1.38.0")).rewritten == ["a.md", "b.md"]
    new = read(project.transcript_path("a.md"), "a")
    assert new
    assert new.version == "v1.38.0"


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
