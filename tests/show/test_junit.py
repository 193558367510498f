"""JUnit reports: what each page came to, in a form that the readers of such reports accept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from folder import Folder
from preuve.errors import ClusterError, CommandError, ConfigError, PreuveError, Problems, Where
from preuve.project import Project, find
from preuve.settings import Mode
from preuve.show.edition import prepare, unplayed
from preuve.show.junit import report
from preuve.testing import FakePlayer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from preuve.project import Page
    from preuve.transcript import Transcript

SCHEMA = {
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped"},
        {"time", "group"},
        r"(properties )?(testcase )*",
    ),
    "testcase": ({"name", "time"}, {"classname", "group"}, r"(failure )*(skipped )?(error )?"),
    "failure": ({"type"}, {"message"}, ""),
    "error": ({"type"}, {"message"}, ""),
}
"""By element: the attributes that it must have, those that it may have, and its children in order. What the
schemas of both have in common: xunit-plugin's junit-10.xsd (2025-11) and Surefire's surefire-test-report.xsd
(3.0 and 3.6), whose times are ``SUREFIRE_TIME`` or ``xs:float``."""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A site below the root of a repository: two pages to play, one of prose."""
    (tmp_path / ".git").mkdir()
    folder = Folder(tmp_path / "site")
    folder.write("pods/index.md", "# Pods\n\n```console\n$ one\n```\n")
    folder.write("b.md", "```console\n$ two\n```\n")
    folder.write("prose.md", "# Prose\n")
    (folder.root / "mkdocs.yml").write_text("site_name: one\n")
    folder.feign("said\n")
    return find(folder.root)


def cases(text: str) -> dict[str, ET.Element]:
    """The report's test cases by name; the report keeps to the schemas."""
    suite = ET.fromstring(text)  # noqa: S314 - we wrote it
    for element in suite.iter():
        must, may, children = SCHEMA[element.tag]
        assert must <= set(element.attrib) <= must | may, element.tag
        assert re.fullmatch(children, "".join(f"{child.tag} " for child in element)), element.tag
        assert re.fullmatch(r"\d+\.\d{3}", element.get("time", "0.000"))
    found = {case.attrib["name"]: case for case in suite}
    assert suite.attrib["tests"] == str(len(suite)) == str(len(found))
    for many in ("failure", "error"):
        assert suite.attrib[f"{many}s"] == str(sum(case.find(many) is not None for case in suite))
    return found


def told(case: ET.Element) -> list[tuple[str, str]]:
    return [(child.tag, child.text or "") for child in case]


def test_a_page_is_named_by_its_path_in_the_repository(project: Project) -> None:
    """Those that have something to play, with the seconds of this play."""
    edition = prepare(project, project.pages(), Mode.CHECK, FakePlayer("said\n"))
    found = cases(report(edition))
    assert list(found) == ["site/docs/b.md", "site/docs/pods/index.md"]
    assert {case.attrib["time"] for case in found.values()} == {"1.000"}
    assert not any(told(case) for case in found.values())


def test_what_is_no_longer_true_is_a_failure_at_its_line(project: Project) -> None:
    """Drift, a command that failed, and a transcript that nothing can be compared with."""
    player = FakePlayer("other\n", failing=frozenset({"b.md"}))
    found = cases(report(prepare(project, project.pages(), Mode.CHECK, player)))
    for name, where in {"site/docs/b.md": "site/docs/b.md:2: ", "site/docs/pods/index.md": ":4: "}.items():
        [(tag, text)] = told(found[name])
        assert tag == "failure"
        assert where in text
    path = project.transcript_path("b.md")
    path.write_text(path.read_text().replace("said", "sad"))
    found = cases(report(prepare(project, project.pages(), Mode.CHECK, FakePlayer("said\n"))))
    [(tag, text)] = told(found["site/docs/b.md"])
    assert (tag, text.partition(": ")[0]) == ("failure", "transcripts/b.txt:4")
    assert not told(found["site/docs/pods/index.md"])


LOST = ClusterError("the cluster \x1b was lost")
MANY = [LOST, ConfigError("images.toml: no such image", Where("images.toml", 1))]


@dataclass
class LostPlayer(FakePlayer):
    """Plays one page, and then the cluster is gone."""

    why: PreuveError = LOST

    def play(self, pages: Sequence[Page]) -> Iterator[tuple[Page, Transcript | PreuveError]]:
        yield from super().play(pages[:1])
        raise self.why


@pytest.mark.parametrize("why", [LOST, Problems([LOST]), Problems(MANY)], ids=["one", "as many", "several"])
def test_what_was_not_played_is_an_error(project: Project, why: PreuveError) -> None:
    """It is neither true nor false, took no time, and the reasons are told with it."""
    player = LostPlayer("said\n", why=why)
    found = cases(report(prepare(project, project.pages(), Mode.CHECK, player)))
    assert not told(found["site/docs/b.md"])
    assert found["site/docs/pods/index.md"].attrib["time"] == "0.000"
    [(tag, text)] = told(found["site/docs/pods/index.md"])
    assert tag == "error"
    assert text.startswith("site/docs/pods/index.md:1: ")
    assert text.endswith("the cluster  was lost")


def test_pages_that_cannot_be_planned(project: Project) -> None:
    """None is played then, and none is green; each mistake is told with its page."""
    (project.docs / "b.md").write_text("```{ .console exti=1 }\n$ a\n```\n")
    found = cases(report(unplayed(project, *project.surveyed())))
    assert [tag for case in found.values() for tag, _ in told(case)] == ["error", "error"]
    assert told(found["site/docs/b.md"])[0][1].startswith("site/docs/b.md:1: unknown option 'exti'")


def test_what_no_page_has_done(project: Project) -> None:
    """It is a test case of its own where every page was played."""
    edition = prepare(project, project.pages(), Mode.CHECK, FakePlayer("said\n"))
    edition.elsewhere.append(CommandError("this record cannot be read", Where("transcripts/run.json", 1)))
    assert told(cases(report(edition))["preuve"]) == [
        ("error", "transcripts/run.json:1: this record cannot be read")
    ]
