"""CI runs everything, or is red."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from folder import Folder
from preuve.cluster.embedded import binaries

ROOT = Path(__file__).parents[1]

SKIPPING = """\
import pytest
import yaml

from folder import Folder

@pytest.fixture
def lacking():
    pytest.skip("no Chromium here")


def test_in_a_fixture(lacking): ...


def test_in_the_middle():
    pytest.skip("no Chromium here")


@pytest.mark.skipif(True, reason="no Chromium here")
def test_by_a_mark(): ...


@pytest.mark.cluster
def test_on_a_cluster(): ...


@pytest.mark.xfail(raises=AssertionError)
def test_known_to_fail():
    assert False


def test_well(): ...
"""


@pytest.mark.parametrize(
    ("ci", "outcome"),
    [("true", "1 failed, 1 passed, 1 xfailed, 3 errors"), ("", "1 passed, 4 skipped, 1 xfailed")],
)
def test_what_is_skipped_is_a_failure_in_ci(tmp_path: Path, ci: str, outcome: str) -> None:
    """However it is skipped; both ways, the reason is told. What is expected to fail may."""
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = cluster: needs one\n")
    path = os.pathsep.join([str(ROOT / "tests"), *filter(None, sys.path)])
    ran = subprocess.run(
        (sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", "-ra", tmp_path),
        env={**os.environ, "CI": ci, "PYTHONPATH": path, "XDG_CACHE_HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in ran.stdout
    assert ran.stdout.count("no Chromium here") >= 3
    assert "preuve cluster build" in ran.stdout


@pytest.mark.parametrize(("ci", "built"), [("true", set(binaries.VERSIONS)), ("", {binaries.DEFAULT})])
def test_ci_compiles_every_version(ci: str, built: set[str]) -> None:
    """So that none of their tests is skipped; a person's `make test` compiles what pages are played on."""
    environment = {**os.environ, "CI": ci}
    environment.pop("KUBERNETES", None)
    made = subprocess.run(
        ("make", "--dry-run", "test"), cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    [command] = re.findall(r"preuve cluster build (.*)", made.stdout)
    assert set(re.findall(r"--kubernetes (\S+)", command)) == built


def test_a_commit_may_be_held_back(tmp_path: Path) -> None:
    """By pre-commit, whose hook fails where a page is to be played, and says which."""
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    folder = Folder(tmp_path)
    (tmp_path / "mkdocs.yml").write_text("site_name: theirs\n")
    folder.write("prose.md", "Prose.\n")

    def ran() -> subprocess.CompletedProcess[str]:
        entry = [Path(sys.executable).with_name("preuve"), *hook["entry"].split()[1:]]
        return subprocess.run(entry, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert ran().returncode == 0
    folder.write("pods.md", "```console\n$ kubectl get pods\n```\n")
    assert (ran().returncode, "`preuve play pods.md`" in ran().stderr) == (1, True)
    folder.feign("web   1/1\n")
    assert ran().returncode == 0
    assert hook["always_run"]  # of any name, and deleted too: a page may include it


def test_ci_says_that_it_is_ci() -> None:
    """Whatever runs `.ci/run` need not."""
    script = (ROOT / ".ci" / "run").read_text().replace("exec make test", "env")
    told = subprocess.run(
        ("bash", "-c", script, str(ROOT / ".ci" / "run")),
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "CI=true" in told.stdout.splitlines()
