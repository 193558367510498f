"""What GitHub is told, by the command itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from folder import Folder
from preuve.errors import CommandError, DriftError, PreuveError, StaleError, Where
from preuve.show import github

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Folder:
    """A project below the top of its repository, with twelve pages that cannot be run."""
    (tmp_path / ".git").mkdir()
    folder = Folder(tmp_path / "site")
    folder.write("never.md", "```console\n$ kubectl get pods\n```\n")
    for number in range(12):
        folder.write(f"p{number:02}.md", "Prose.\n\n```console\n$ echo 'open\n```\n")
    (folder.root / "mkdocs.yml").write_text("site_name: theirs\n")
    return folder


def run(project: Folder, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project.root,
        env=os.environ | {"PREUVE_MODE": "replay", "NO_MKDOCS_2_WARNING": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_ten_are_annotated_and_all_are_summed_up(project: Folder, tmp_path: Path) -> None:
    """At their lines, by their path in the repository; what is less serious comes last."""
    summary = tmp_path / "summary.md"
    summary.write_text("What was before.\n")
    told = run(project, "preuve.cli", "check", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert told.returncode == 1
    notes = [line for line in told.stdout.splitlines() if line.startswith("::")]
    assert len(notes) == 10
    assert notes[0].startswith("::error file=site/docs/p00.md,line=4,title=preuve::this command never ends")
    text = summary.read_text()
    assert text.startswith("What was before.\n## preuve: 12 ")
    assert re.findall(r"^### (.*)", text, re.MULTILINE) == [f"site/docs/p{n:02}.md:4" for n in range(12)]


def test_a_build_is_annotated_too(project: Folder) -> None:
    """Where nothing but MkDocs runs, with what else is wrong."""
    (project.root / "mkdocs.yml").write_text("site_name: theirs\nplugins: [preuve]\n")
    told = run(project, "mkdocs", "build", GITHUB_ACTIONS="true")
    assert told.stdout.count("::error file=site/docs/p") == 10


def test_elsewhere_nothing_is_annotated(project: Folder) -> None:
    """Nor written, whatever else is set."""
    told = run(project, "preuve.cli", "check", GITHUB_ACTIONS="", GITHUB_STEP_SUMMARY="/nowhere/to/be/found")
    assert told.returncode == 1
    assert "::error" not in told.stdout


def test_a_difference_is_told_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """After what failed altogether; a page that is only out of date comes last."""
    drift = DriftError("the cluster no longer answers\n    $ kubectl get pods", Where("a.md", 3))
    drift.difference = "  NAME STATUS\n- web-‹pod1› Running\n      web-x7k2p Running\n+ web-‹pod1› Pending"
    errors: list[PreuveError] = [
        StaleError("old", Where("b.md", 1)),
        drift,
        CommandError("exit", Where("c.md", 9)),
    ]
    summary = tmp_path / "summary.md"
    github.tell(errors, tmp_path, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})
    notes = capsys.readouterr().out.splitlines()
    assert [line[: len("::error file=x.md,")] for line in notes] == [f"::error file={x}.md," for x in "cab"]
    assert (
        "The page shows `web-‹pod1› Running`, the cluster answered `web-‹pod1› Pending`."
        in summary.read_text()
    )
