"""The wheels of `make dist`, installed in an environment of their own, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from preuve.cluster.embedded import packed
from wheels import LIMIT, PROJECTS, ROOT, make, wheel

if TYPE_CHECKING:
    from pathlib import Path

MOST = 100_000_000
"""Bytes of a file, that PyPI takes."""

PAGE = """\
# Web

```console
$ kubectl create deployment web --image=nginx:1.26
$ kubectl get pods
```
"""

SYSTEM = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
"""A PATH with nothing of ours on it, and no Go."""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a program that shall end well, as if nothing were set for it; give what it says."""
    kept = ("LANG", "HOME", "PIP_CONFIG_FILE", "PIP_INDEX_URL", "SSL_CERT_FILE", "HTTPS_PROXY", "NO_PROXY")
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={name: os.environ[name] for name in kept if name in os.environ} | {"PATH": SYSTEM} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make dist XZ=0` makes."""
    folder = tmp_path_factory.mktemp("dist")
    make(folder)
    return folder


def installed(folder: Path, *wheels: str) -> Path:
    """A new environment with these wheels, and what they ask for; the folder of its programs."""
    run(sys.executable, "-m", "venv", folder, cwd=folder.parent)
    run(folder / "bin/pip", "install", "--quiet", "--no-compile", *wheels, cwd=folder.parent)
    return folder / "bin"


def test_the_versions_are_one() -> None:
    """Each names the others of its own version, since an archive fits no other preuve."""
    projects = [tomllib.loads((ROOT / each / "pyproject.toml").read_text()) for each in PROJECTS]
    [version] = {project["project"]["version"] for project in projects}
    asked = projects[2]["project"]["dependencies"] + projects[2]["build-system"]["requires"]
    ours = [each for each in asked if each.startswith("preuve")]
    assert set(ours) == {f"preuve[play]=={version}", f"preuve-cluster-images=={version}"}


def test_no_link_is_committed() -> None:
    """Where links are not kept (Windows, some archives), a file that holds a path would be in its place."""
    told = subprocess.run(
        ("git", "ls-files", "--stage"), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [line for line in told.stdout.splitlines() if line.startswith("120000")] == []


@pytest.mark.cluster
@pytest.mark.second
def test_a_stranger_plays_a_page(dist: Path, tmp_path: Path) -> None:
    """In an empty repository, with what is in the wheels: no checkout, no Go, no cache."""
    assert all(file.stat().st_size <= MOST for file in dist.iterdir())
    cluster = [wheel(dist, name) for name in packed.PACKAGES]
    programs = installed(tmp_path / "venv", wheel(dist, "preuve", "mkdocs", "play"), *cluster)
    site = tmp_path / "repository"
    site.mkdir()
    run("git", "init", "-q", cwd=site)
    run(programs / "preuve", "init", cwd=site)
    own = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_STATE_HOME": str(tmp_path / "state")}
    said = run(programs / "preuve", "play", cwd=site, **own)
    assert "1 page, 1 transcript changed" in said
    assert "1/1     Running" in (site / "transcripts" / "index.txt").read_text()
    run(
        programs / "mkdocs",
        "build",
        "--strict",
        cwd=site,
        PREUVE_MODE="replay",
        NO_MKDOCS_2_WARNING="1",
        **own,
    )
    shown = (site / "site" / "index.html").read_text()
    assert "preuve-drawing" in shown
    assert "Run on Kubernetes v" in shown
    assert not any((tmp_path / "state" / "preuve").iterdir())


@pytest.mark.cluster
def test_the_base_replays(dist: Path, tmp_path: Path) -> None:
    """`pip install preuve` alone brings what it takes to tell and to render; playing says what it lacks."""
    programs = installed(tmp_path / "venv", wheel(dist, "preuve"))
    packages = run(programs / "pip", "list", "--format", "freeze", cwd=tmp_path)
    assert not {"mkdocs", "kubernetes", "cryptography"} & {
        line.split("==")[0] for line in packages.splitlines()
    }
    site = tmp_path / "site"
    (site / "docs").mkdir(parents=True)
    (site / "mkdocs.yml").write_text("site_name: theirs\n")
    (site / "docs" / "index.md").write_text("Prose.\n")
    assert "prose" in run(programs / "preuve", "status", cwd=site)
    assert "files written" in run(programs / "preuve", "render", "out", cwd=site)
    (site / "docs" / "index.md").write_text(PAGE)
    played = subprocess.run(
        [programs / "preuve", "play"], cwd=site, capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert played.returncode == 2
    assert "pip install 'preuve[play]'" in played.stderr
