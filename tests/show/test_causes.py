"""The report of a check on another cluster: what it explains is told and does not fail, the rest does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preuve.meaning.cause import Cause
from preuve.project import Project
from preuve.settings import Mode, Settings
from preuve.show.causes import excuse, lines
from preuve.show.edition import prepare
from preuve.testing import FakePlayer

if TYPE_CHECKING:
    from pathlib import Path

    from preuve.show.edition import Edition

SERVICE = "NAME   TYPE           EXTERNAL-IP   AGE\nweb    LoadBalancer   {}     9s\n"


def checked(root: Path, answer: str) -> Edition:
    """A page that shows a Service without an address, checked where that is answered."""
    (root / "docs").mkdir()
    (root / "docs" / "a.md").write_text("```console\n$ kubectl get service web\n```\n")
    project = Project(root, root / "docs", (root,), "en", Settings(), "kubernetes 1.37")
    prepare(project, project.pages(), Mode.PLAY, FakePlayer(SERVICE.format("<pending>")))
    return prepare(project, project.pages(), Mode.CHECK, FakePlayer(answer))


def test_what_the_cluster_explains_is_told_at_its_line_and_does_not_fail(tmp_path: Path) -> None:
    edition = checked(tmp_path, SERVICE.format("localhost"))
    excused = excuse(edition)
    assert (edition.errors, edition.wrong) == ([], {})
    assert [str(error.where) for error in excused[Cause.ELSEWHERE]] == ["a.md:2"]
    text = "\n".join(lines(excused, 0))
    assert "    1 explained by the cluster" in text
    assert "a.md:2" in text
    assert "+ web LoadBalancer localhost" in text
    assert text.endswith("    0 wrong")


def test_what_nothing_explains_stays_an_error(tmp_path: Path) -> None:
    edition = checked(tmp_path, SERVICE.format("localhost").replace("LoadBalancer", "NodePort    "))
    excused = excuse(edition)
    assert not any(excused.values())
    assert [str(error.where) for error in edition.errors] == ["a.md:2"]
    assert edition.wrong["a.md"] == edition.errors
