"""GitLab's report, written by the command itself."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from folder import Folder
from preuve.errors import ClusterError, DriftError, Where
from preuve.project import find
from preuve.show import codequality
from preuve.show.edition import Edition

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = {"description", "check_name", "fingerprint", "severity", "location"}
"""Those that GitLab wants (docs.gitlab.com, Code Quality, report format)."""


def test_a_report_is_what_gitlab_reads(tmp_path: Path) -> None:
    """Each with a place in the repository, told apart from all others; written though the command fails."""
    (tmp_path / ".git").mkdir()
    folder = Folder(tmp_path / "site")
    folder.write("a.md", "```console\n$ echo 'open\n```\n\n```console\n$ echo 'open\n```\n")
    (folder.root / "mkdocs.yml").write_text("site_name: theirs\n")
    command = [sys.executable, "-m", "preuve.cli", "check", "--code-quality", "report.json"]
    ran = subprocess.run(command, cwd=folder.root, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 1
    issues = json.loads((folder.root / "report.json").read_text())
    assert [(each["location"]["path"], each["location"]["lines"]["begin"]) for each in issues] == [
        ("site/docs/a.md", 2),
        ("site/docs/a.md", 6),
    ]
    assert len({each["fingerprint"] for each in issues}) == 2
    assert all(each.keys() == FIELDS for each in issues)


LOST = ClusterError("no nft here")


def test_a_fault_is_the_same_one_after_another_play(tmp_path: Path) -> None:
    """GitLab tells what is new by the fingerprint: neither a line that moved nor chance makes it another."""
    folder = Folder(tmp_path)
    folder.write("a.md", "Prose.\n")
    (tmp_path / "mkdocs.yml").write_text("site_name: theirs\n")

    def report(name: str, line: int) -> list[dict[str, Any]]:
        drift = DriftError(f"no longer\n    $ kubectl get pods\n- a\n+ {name}", Where("a.md", line))
        made = codequality.report(Edition(find(tmp_path), wrong={"a.md": [drift]}, elsewhere=[LOST]))
        found: list[dict[str, Any]] = json.loads(made)
        return found

    before, after = report("web-x7k2p", 3), report("web-b4d6f", 5)
    assert [each["fingerprint"] for each in before] == [each["fingerprint"] for each in after]
    assert [each["severity"] for each in before] == ["major", "critical"]
    assert before[1]["location"] == {"path": "mkdocs.yml", "lines": {"begin": 1}}
