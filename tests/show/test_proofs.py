"""The proofs: what a site says of its pages is what their plans and transcripts say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from preuve.errors import PreuveError
from preuve.page.plan import Command
from preuve.project import Page, Project
from preuve.run import Run, Turn
from preuve.settings import Mode, Settings
from preuve.show.edition import Edition, prepare
from preuve.show.strings import ENGLISH
from preuve.transcript import Exchange, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

WHEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PROOFS = "# Proofs\n\n```proofs\n{}\n```\n"
PODS = """# The `Pods` | more

```yaml
--8<-- "pod.yaml"
```

```console
$ kubectl get pods
```

```{ .console exit=1 }
$ kubectl create -f pod.yaml
$ kubectl create -f pod.yaml
```

```{ .console exec=no why="it would install a cluster" }
$ minikube start
$ minikube status
```
"""


class FakePlayer:
    """Answers every command with `output`, one page after the other, ten seconds each."""

    def __init__(self, output: str = "ok\n") -> None:
        self.output = output
        self.began = WHEN
        self.run: Run | None = None

    def play(self, pages: Sequence[Page]) -> Iterator[tuple[Page, Transcript | PreuveError]]:
        for page in pages:
            exchanges = tuple(
                Exchange(action.source, self.output, action.options.exit, 0.1)
                for action in page.plan.actions()
                if isinstance(action, Command)
            )
            yield page, Transcript(page.name, page.key, "v1.37.2", WHEN, 75.0, exchanges)
        turns = tuple(Turn(page.name, 5.0 + n, 10.0) for n, page in enumerate(pages))
        self.run = Run(self.began, "v1.37.2", 5.0, turns)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A site of two pages that run something, one that does not, and the proofs, which the nav puts first."""
    docs = tmp_path / "docs"
    (docs / "pods").mkdir(parents=True)
    (docs / "pods" / "index.md").write_text(PODS)
    (docs / "last.md").write_text("```console\n$ date\n```\n")
    (docs / "a-prose.md").write_text("# Prose\n")
    (docs / "proofs.md").write_text(PROOFS.format("pages"))
    (tmp_path / "pod.yaml").write_text("kind: Pod\n")
    nav = ("proofs.md", "pods/index.md", "last.md")
    return Project(tmp_path, docs, (tmp_path,), "en", Settings(), "kubernetes 1.37", nav)


def built(project: Project, mode: Mode = Mode.PLAY, player: FakePlayer | None = None) -> Edition:
    edition = prepare(project, project.pages(), mode, player or FakePlayer())
    assert not edition.errors
    return edition


def told(project: Project, part: str, mode: Mode = Mode.PLAY) -> str:
    """What stands in the place of a `proofs` fence."""
    (project.docs / "proofs.md").write_text(PROOFS.format(part))
    return built(project, mode).render("proofs.md", ENGLISH)


def test_the_figures_count_all_pages(project: Project) -> None:
    """Commands, wanted failures, and pages that no longer show what is answered; then when, and on what."""
    page = told(project, "figures")
    figures = re.findall(r"<strong>(\d+)</strong> ([a-z ]+)", page)
    assert figures == [("4", "commands run"), ("2", "wanted failures"), ("0", "differences")]
    day = '<time datetime="2026-11-23">23 November 2026</time>'
    assert f"last run on {day}, on Kubernetes v1.37.2" in page
    (project.docs / "last.md").write_text("```console\n$ uptime\n```\n")
    stale = prepare(project, project.pages(), Mode.REPLAY, FakePlayer()).render("proofs.md", ENGLISH)
    assert "<strong>1</strong> difference<" in stale


def test_the_figures_name_the_last_whole_run(project: Project) -> None:
    """Where one is on record; it says the day on which all pages were run, whenever each got its answers."""
    (project.docs / "proofs.md").write_text(PROOFS.format("figures") + "\n```proofs\nrun\n```\n")
    player = FakePlayer()
    player.began = WHEN + timedelta(days=1)
    page = built(project, player=player).render("proofs.md", ENGLISH)
    day = '<time datetime="2026-11-24">24 November 2026</time>'
    assert f"last whole run on {day}, on Kubernetes v1.37.2" in page
    assert "last run on" not in page


def test_the_table_counts_what_each_page_runs(project: Project) -> None:
    """In the order of the nav; commands, manifests, wanted failures, then what the transcript says."""
    rows = [line for line in told(project, "pages").splitlines() if line.startswith("| ")][1:]
    time = '<time datetime="2026-11-23">23 November 2026</time>'
    date, last = (f"[{time}](transcripts/{name}.txt)" for name in ("pods/index", "last"))
    assert rows == [
        rf"| [The `Pods` \| more](pods/index.md) | 3 | 1 | 2 | v1.37.2 | {date} | 1" + "\xa0min\xa015\xa0s |",
        f"| [last.md](last.md) | 1 | 0 | 0 | v1.37.2 | {last} | 1" + "\xa0min\xa015\xa0s |",
        "| [Prose](a-prose.md) | 0 | 0 | 0 | – | – | – |",
        "| **Total** | **4** | **1** | **2** |  |  | **2\xa0min\xa030\xa0s** |",
    ]


def test_what_was_not_run_is_told_with_why_and_where(project: Project) -> None:
    """A link leads to the very block, which has that anchor."""
    text = told(project, "skipped")
    link = "[`minikube start`, `minikube status`](pods/index.md#cmd-minikube-start)"
    assert f"    - {link} – it would install a cluster" in text
    page = built(project).render("pods/index.md", ENGLISH)
    assert '{ .console #cmd-minikube-start data-state=skipped data-why="it would install a cluster" }' in page
    (project.docs / "pods" / "index.md").write_text("# Pods\n")
    assert ENGLISH.all_executed in told(project, "skipped")


def test_a_whole_play_is_drawn_and_recorded(project: Project) -> None:
    """The next build, which plays nothing, shows it from the record."""
    assert 'class="preuve-run"' in told(project, "run")
    assert "2 pages in 16" in told(project, "run", Mode.REPLAY)


def test_without_a_run_nothing_is_drawn(project: Project) -> None:
    """Where no whole play was ever recorded, the page says so."""
    built(project)
    assert not project.run_path.exists(), "no page asks for it"
    text = told(project, "run", Mode.REPLAY)
    assert ENGLISH.no_run in text
    assert "<svg" not in text


def test_earlier_runs_stay_on_record(project: Project) -> None:
    """One with another outcome takes the place of the last, of which a row of the table stays."""
    built(project)
    assert ENGLISH.no_run in told(project, "history", Mode.REPLAY)

    def rows() -> list[str]:
        return [line for line in told(project, "history", Mode.REPLAY).splitlines() if "<time" in line]

    built(project)
    assert len(rows()) == 1
    built(project, player=FakePlayer("other\n"))
    day = '<time datetime="2026-11-23T09:00:00+00:00">23 November 2026, 09:00 UTC</time>'
    assert rows() == 2 * [f"| {day} | v1.37.2 | 2 | 16\xa0s |"]
    built(project, player=FakePlayer("other\n"))
    assert len(rows()) == 2, "the same outcome leaves no trace"


def test_the_packages_of_the_images_are_told(project: Project) -> None:
    """Of the recorded run: what a program says of its build depends on them."""

    class Ours(FakePlayer):
        def play(self, pages: Sequence[Page]) -> Iterator[tuple[Page, Transcript | PreuveError]]:
            yield from super().play(pages)
            assert self.run
            self.run = replace(self.run, images={"redis:7.0.15": {"redis-server": "5:7.0.15-1~deb12u7"}})

    assert "packages of Debian" not in told(project, "run")
    project.run_path.unlink()
    built(project, player=Ours("other\n"))
    made = "`redis:7.0.15` (redis-server 5:7.0.15-1~deb12u7)"
    assert ENGLISH.run_images.format(images=made) in told(project, "run", Mode.REPLAY)


def test_playing_twice_leaves_the_record_alone(project: Project) -> None:
    """A play of the same outcome at another pace is shown, not written; one of another outcome is written."""
    told(project, "run")
    before = project.run_path.read_bytes()

    class Slower(FakePlayer):
        def play(self, pages: Sequence[Page]) -> Iterator[tuple[Page, Transcript | PreuveError]]:
            yield from super().play(pages)
            assert self.run
            self.run = replace(self.run, cluster=99.0)

    edition = built(project, player=Slower())
    assert edition.run
    assert edition.run.cluster == 99.0
    assert project.run_path.read_bytes() == before
    built(project, Mode.CHECK, Slower())
    assert project.run_path.read_bytes() == before
    built(project, player=Slower("other\n"))
    assert project.run_path.read_bytes() != before


def test_a_play_of_some_pages_is_no_run_of_the_site(project: Project) -> None:
    """It is neither drawn nor recorded: the last whole one is."""
    told(project, "run")
    before = project.run_path.read_bytes()
    (project.docs / "last.md").write_text("```console\n$ date -u\n```\n")
    edition = built(project, Mode.AUTO)
    assert edition.rewritten == ["last.md"]
    assert edition.run
    assert edition.run.pages == {"pods/index.md", "last.md"}
    prepare(project, project.pages(["last.md", "proofs.md"]), Mode.PLAY, FakePlayer("new\n"))
    assert project.run_path.read_bytes() == before


def test_a_page_that_the_record_lacks_is_named(project: Project) -> None:
    told(project, "run")
    (project.docs / "new.md").write_text("# New page\n\n```console\n$ id\n```\n")
    built(project, Mode.AUTO)
    assert ENGLISH.run_absent.format(pages="New page") in told(project, "run", Mode.REPLAY)


def test_a_damaged_record_is_an_error_of_the_build(project: Project) -> None:
    told(project, "run")
    project.run_path.write_text("<<<<<<< ours\n")
    edition = prepare(project, project.pages(), Mode.REPLAY, FakePlayer())
    assert [str(error.where) for error in edition.errors] == ["transcripts/run.json:1"]


def test_an_unknown_part_is_refused_at_its_line(project: Project) -> None:
    (project.docs / "proofs.md").write_text(PROOFS.format("page"))
    with pytest.raises(PreuveError, match=r"proofs\.md:3: unknown part 'page' .* did you mean 'pages'"):
        project.pages()


def test_a_reason_on_a_fence_that_runs_is_refused(project: Project) -> None:
    """It would stand nowhere."""
    (project.docs / "last.md").write_text('```{ .console why="no" }\n$ date\n```\n')
    with pytest.raises(PreuveError, match=r"last\.md:1: why= tells why a fence is not run"):
        project.pages()


def test_a_reason_does_not_make_a_page_stale(project: Project) -> None:
    """What was run is the same."""
    built(project)
    (project.docs / "pods" / "index.md").write_text(PODS.replace("install", "start"))
    assert not prepare(project, project.pages(), Mode.REPLAY, FakePlayer()).errors
