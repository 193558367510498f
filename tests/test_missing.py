"""Several things missing at once are one missing thing: the pages are named, and all that is missing.

The machine lacks rights and a built cluster: every tool is a real process of a user who is not root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from folder import Folder
from serving import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="takes root, to become another user")

HOOK = Path(__file__).parents[1] / "hooks" / "main.py"
PAGE = "# Pods\n\n```console\n$ kubectl get pods\n```\n"
WITHOUT_RIGHTS = (str(shutil.which("setpriv")), "--reuid=65534", "--clear-groups")
MISSING = ("it takes root to make nodes, and you are user 65534", "not built yet: run `preuve cluster build`")


class Place(Folder):
    """A project whose folder anybody may write."""

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*WITHOUT_RIGHTS, sys.executable, "-m", *command],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        """Nothing is on the PATH, nothing in the cache."""
        places = {name: str(self.root / name) for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "HOME")}
        return {"PATH": "", "NO_MKDOCS_2_WARNING": "1", **places}


@pytest.fixture
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="p-", dir="/var/tmp") as folder:
        one = Place(Path(folder))
        (one.root / "mkdocs.yml").write_text(f"site_name: bare\nhooks: [{HOOK}]\n")
        one.write("index.md", PAGE)
        one.write("more.md", PAGE)
        one.feign("no pods yet\n", "more.md")
        one.write("more.md", PAGE + "```console\n$ date\n```\n")
        for path in (one.root, *one.root.rglob("*")):
            os.chown(path, 65534, 65534)
        yield one


@pytest.mark.parametrize(
    ("command", "code"), [(("mkdocs", "build"), 1), (("preuve.cli", "play"), 2)], ids=["mkdocs", "preuve"]
)
def test_a_build_names_the_pages_and_all_that_is_missing(
    place: Place, command: tuple[str, ...], code: int
) -> None:
    """In one answer, without a traceback."""
    told = place.run(*command)
    said = told.stdout + told.stderr
    assert told.returncode == code, said
    assert "index.md:1: never played, and it cannot be played now" in said
    assert "more.md:1: stale, and it cannot be played now" in said
    assert all(missing in said for missing in MISSING)
    assert "Traceback" not in said


def test_a_report_is_written_all_the_same(place: Place) -> None:
    """CI shows why: no page is green, and the exit code says that it is the machine's fault."""
    told = place.run("preuve.cli", "check", "--junit", "report.xml")
    assert told.returncode == 2, told.stderr
    report = ET.parse(place.root / "report.xml").getroot()  # noqa: S314 - we wrote it
    assert len(report.findall(".//testcase")) == len(report.findall(".//testcase/error")) == 2
    text = "".join(report.itertext())
    assert all(missing in text for missing in MISSING)


def test_a_server_shows_what_there_was_and_goes_on(place: Place) -> None:
    """The old outputs are marked as such; what is edited is shown as it is now."""
    with Served(place.root, WITHOUT_RIGHTS, **place.environment) as server:
        html = server.until("no pods yet", "more/")
        assert "Out of date" in html
        assert "Not run" in server.until("kubectl get pods")
        assert all(missing in server.log for missing in MISSING)
        place.write("index.md", PAGE + "Here and now.\n")
        assert "Not run" in server.until("Here and now.")
