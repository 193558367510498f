"""The seam: a page is played on whatever answers as a `Cluster`."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from folder import Folder
from preuve.errors import CommandError, ConfigError, PreuveError
from preuve.play.player import Player
from preuve.project import find
from preuve.testing import FakeBackend
from preuve.transcript import Transcript

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not shutil.which("bwrap"), reason="takes bubblewrap: see README.md")

PAGE = """\
# A little page

```yaml
--8<-- "web.yaml"
```

```console
$ n=41
$ echo $((n + 1)); pwd
$ kubectl get pods
```

```{ .console exit=3 }
$ (exit 3)
```
"""
WHOLE = """\
---
preuve: {cluster: exclusive}
---
```console
$ kubectl drain node1
$ false
```
"""


def test_a_page_is_played_on_a_backend_that_is_neither(tmp_path: Path) -> None:
    """Neither the embedded cluster nor a context: with its own API and kubectl, in a real bash."""
    folder = Folder(tmp_path)
    folder.write("index.md", PAGE)
    folder.write("whole.md", WHOLE)
    (tmp_path / "web.yaml").write_text("kind: Pod\nmetadata: {name: web}\n")
    (tmp_path / "mkdocs.yml").write_text("site_name: seam\n")
    fake = FakeBackend()
    project = find(tmp_path)
    with Player(project, backend=lambda _: fake) as player:
        played = {page.name: outcome for page, outcome in player.play(project.pages())}
    transcript, failed = played["index.md"], played["whole.md"]
    assert isinstance(transcript, Transcript), transcript
    assert [(each.output, each.exit) for each in transcript.exchanges] == [
        ("apply -f web.yaml\n", 0),
        ("", 0),
        ("42\n/home/preuve/page\n", 0),
        ("get pods\n", 0),
        ("", 3),
    ]
    assert isinstance(failed, CommandError)
    assert failed.attempt
    assert [each.output for each in failed.attempt.exchanges] == ["drain node1\n", ""]
    assert player.run
    assert player.run.pages == {"index.md", "whole.md"}
    for page in ("index", "whole"):
        assert f"DELETE /api/v1/namespaces/{page} 200" in fake.asked


@pytest.mark.parametrize(("granted", "made"), [(timedelta(hours=1), 1), (timedelta(minutes=9), 2)])
def test_a_page_is_kept_no_longer_than_its_token_lasts(tmp_path: Path, granted: timedelta, made: int) -> None:
    """A cluster grants less than it is asked for: what is added later is played anew, not refused (401)."""
    folder = Folder(tmp_path)
    (tmp_path / "mkdocs.yml").write_text("site_name: seam\n")
    folder.write("index.md", "```console\n$ kubectl get pods\n```\n")
    fake = FakeBackend(granted=granted)
    project = find(tmp_path)
    with Player(project, keep=True, backend=lambda _: fake) as player:
        for more in ("", "$ echo more\n"):
            folder.write("index.md", f"```console\n$ kubectl get pods\n{more}```\n")
            [(_, played)] = player.play(project.pages())
            assert isinstance(played, Transcript), played
    assert fake.asked.count("POST /api/v1/namespaces 201") == made


ASKING = """\
---
preuve: {programs: [preuve, grown]}
---
```console
$ preuve --version
$ grown
```

```{ .console exit=2 }
$ preuve status
```
"""


def test_a_page_is_lent_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script of a Python with all that it imports, by whatever path; a program that is one file."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "grown").write_text("#!/bin/sh\necho grown\n")
    (tmp_path / "bin" / "grown").chmod(0o755)
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{tmp_path / 'bin'}")
    played = one_page(tmp_path, ASKING)
    assert isinstance(played, Transcript), played
    version, grown, status = played.exchanges
    assert version.output.startswith("preuve, version ")
    assert grown.output.startswith("grown\n")
    assert status.output.startswith("preuve: no mkdocs.yml in /home/preuve/page or above")


def test_a_program_that_is_not_here_is_told(tmp_path: Path) -> None:
    """At the page that asks for it; the others are played."""
    told = one_page(tmp_path, ASKING)
    assert isinstance(told, ConfigError)
    assert str(told).startswith("index.md:1: this page asks for the program 'grown'")


def one_page(root: Path, text: str) -> Transcript | PreuveError:
    """What comes of a page that is played on a fake cluster."""
    Folder(root).write("index.md", text)
    (root / "mkdocs.yml").write_text("site_name: seam\n")
    project = find(root)
    with Player(project, backend=lambda _: FakeBackend()) as player:
        [(_, played)] = player.play(project.pages())
    return played


SERVED = {
    "resource": "configmaps",
    "responseKind": {"kind": "ConfigMap"},
    "scope": "Namespaced",
    "verbs": ["list", "patch"],
}
HOLD = """\
```console
$ kubectl create -f hold.yaml
$ kubectl delete configmap hold --wait=false
$ echo over
```

```yaml
--8<-- "hold.yaml"
```
"""


def test_what_a_page_leaves_behind_and_what_nobody_enforces_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At the line that last speaks of it, and at the first that makes it."""
    folder = Folder(tmp_path)
    folder.write("index.md", HOLD)
    (tmp_path / "hold.yaml").write_text("kind: NetworkPolicy\nfinalizers: [scout.example/hold]\n")
    (tmp_path / "mkdocs.yml").write_text("site_name: seam\n")
    held = {
        "metadata": {"name": "hold", "deletionTimestamp": "x", "finalizers": ["scout.example/hold"]},
    }
    fake = FakeBackend(
        there={
            "/api": {"items": [{"metadata": {}, "versions": [{"version": "v1", "resources": [SERVED]}]}]},
            "/api/v1/namespaces/index/configmaps": {"items": [held]},
        }
    )
    project = find(tmp_path)
    with Player(project, backend=lambda _: fake) as player:
        [(_, played)] = player.play(project.pages())
    assert isinstance(played, Transcript), played
    told = capsys.readouterr().err
    assert (
        "index.md:3: ConfigMap hold is left being deleted, held by its finalizer scout.example/hold" in told
    )
    assert "index.md:2: NetworkPolicy: whether this cluster enforces it is not known" in told
