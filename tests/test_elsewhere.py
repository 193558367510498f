"""Where pages cannot be played, they are replayed, rendered and told all the same: Windows, macOS.

What is not there is taken away from a real process: modules, calls, and the packages that
`pip install preuve` leaves out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from folder import Folder
from preuve import playable

ROOT = Path(__file__).parents[1]
HOOK = ROOT / "hooks" / "main.py"

ELSEWHERE = """\
import json, os, runpy, signal, sys

system, absent, command = sys.argv[1], set(json.loads(sys.argv[2])), sys.argv[3:]

# What asks for the system when it is imported, and would then look for a Windows that is not there.
import subprocess, asyncio, click.testing, rich.live, rich.spinner, rich.table, rich.text
import pygments.lexers, pymdownx.snippets, yaml
if command[0] == "mkdocs":
    import mkdocs.commands.build, mkdocs.commands.serve

if system == "win32":
    absent |= {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}
gone = {
    "win32": ["fork", "geteuid", "getuid", "mkfifo", "openpty", "setsid"],
    "darwin": [],
    "linux": [],
}[system]
for name in [*gone, "memfd_create", "pidfd_open", "setns", "unshare"]:
    if hasattr(os, name):
        delattr(os, name)
for name in ["pidfd_send_signal", *(["SIGHUP", "SIGKILL", "pthread_sigmask"] if system == "win32" else [])]:
    delattr(signal, name)


class Without:
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            return None
        return self.finder.find_spec(name, path, target)


for name in [name for name in sys.modules if name.partition(".")[0] in absent]:
    del sys.modules[name]
sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
sys.platform = system
sys.argv = command
runpy.run_module(command[0], run_name="__main__", alter_sys=True)
"""

EXTRAS = {"cryptography", "kubernetes", "psutil", "pyroute2", "urllib3"}
COURSE = {"material", "mermaid2"}


@pytest.fixture(params=[f"hooks: [{HOOK}]", "plugins: [preuve]"], ids=["hooks", "plugins"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Folder:
    """A site in MkDocs' own theme, all of which is played."""
    folder = Folder(tmp_path)
    (tmp_path / "mkdocs.yml").write_text(f"site_name: elsewhere\n{request.param}\n")
    folder.write("index.md", "# Pods\n\n```console\n$ kubectl get pods\n```\n")
    folder.feign("web    1/1\n")
    return folder


def run(project: Folder, system: str, absent: set[str], *command: str) -> tuple[int, str]:
    """Run a module with its arguments as on another system; give its exit code, and what it said."""
    ran = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, system, json.dumps(sorted(absent)), *command],
        cwd=project.root,
        env=os.environ | {"PREUVE_MODE": "replay", "NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout


@pytest.mark.parametrize("system", ["win32", "darwin"])
@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("preuve.cli", "status"), "current"),
        (("preuve.cli", "render", "out"), "files written to out"),
        (("preuve.cli", "script", "index.md"), "kubectl get pods"),
        (("mkdocs", "build"), "Documentation built"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_pages_are_replayed(project: Folder, system: str, command: tuple[str, ...], told: str) -> None:
    """Nothing is missing that only playing takes; MkDocs only where it builds, and no theme but its own."""
    absent = EXTRAS | COURSE | (set() if command[0] == "mkdocs" else {"mkdocs"})
    code, said = run(project, system, absent, *command)
    assert code == 0, said
    assert told in said


@pytest.mark.parametrize(
    ("system", "told"),
    [
        ("win32", "pages are played on Linux: play them in WSL"),
        ("darwin", "pages are played on Linux: play them in a virtual machine"),
        ("linux", "playing takes cryptography, kubernetes, psutil, urllib3, pyroute2, not installed here"),
    ],
)
@pytest.mark.parametrize("project", ["plugins: [preuve]"], indirect=True)
@pytest.mark.parametrize(
    "command", [("play",), ("cluster", "up"), ("shell", "index.md")], ids=lambda of: of[0]
)
def test_what_playing_lacks_is_told(
    project: Folder, system: str, told: str, command: tuple[str, ...]
) -> None:
    """In one sentence, with what to do."""
    code, said = run(project, system, EXTRAS, "preuve.cli", *command)
    assert code == 2
    assert told in said
    assert "Traceback" not in said


def test_the_extra_is_what_is_asked_for() -> None:
    """A package more in pyproject.toml is one more to look for."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        asked = map(Requirement, tomllib.load(file)["project"]["optional-dependencies"]["play"])
    here = {each.name for each in asked if each.marker is None or each.marker.evaluate()}
    assert set(playable.PACKAGES) == here == EXTRAS
