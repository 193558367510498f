"""Somebody's page as one of ours: what is said stays, what is run is run, and nothing is invented."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from folder import Folder
from preuve.audit.audit import pages
from preuve.audit.hindrance import Reason
from preuve.audit.turn import turned
from preuve.audit.verdict import Finding, Verdict
from preuve.page.plan import Command
from preuve.project import find
from preuve.transcript import Exchange

if TYPE_CHECKING:
    from pathlib import Path

    from preuve.audit.turn import Turned

PREUVE = (sys.executable, "-c", "from preuve.cli import main; main()")

PAGE = """\
---
title: A file
---

# A file

Apply it:

```bash
# A manifest of ours,
# beside the page

kubectl apply -f manifests/config.yaml
```

The output is similar to this:

```
configmap/colours created
```

Then read it:

1. All of it:

   ```shell
   kubectl get configmap \\
     colours
   helm list
   ```

2. One that is not there:

   ```console
   $ kubectl get configmap nobody
   Error from server (NotFound): configmaps "nobody" not found
   $ kubectl get configmap colours -o jsonpath='{.data.sky}'
   red
   ```

Write this to `web.yaml`:

```yaml
kind: Pod
```

Text as ``` it was.

    $ kubectl apply -f web.yaml
    pod/web created

> ```sh
> kubectl get pods
> ```
"""

OURS = """\
---
title: A file
---

# A file

Apply it:

```yaml
--8<-- "sub/bare/config.yaml"
```

A manifest of ours,
beside the page

```console
$ kubectl apply -f config.yaml
```

The output is similar to this:

Then read it:

1. All of it:

   ```console
   $ kubectl get configmap \\
   >   colours
   ```

   ```{ .console exec=no why="'helm' is not here" }
   $ helm list
   ```

2. One that is not there:

   ```{ .console exit=1 }
   $ kubectl get configmap nobody
   ```

   ```console
   $ kubectl get configmap colours -o jsonpath='{.data.sky}'
   ```

Write this to `web.yaml`:

```yaml
--8<-- "sub/bare/web.yaml"
```

Text as ``` it was.

```console
$ kubectl apply -f web.yaml
```

> ```sh
> kubectl get pods
> ```
"""

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: colours}\ndata: {sky: blue}\n"

OUTCOMES = {
    "helm list": (Verdict.IMPOSSIBLE, '"helm" is not here', 0),
    "kubectl get configmap nobody": (Verdict.TRUE, "", 1),
    "kubectl get configmap colours -o": (Verdict.FALSE, "", 0),
}
"""Of the commands that begin so; the others are true."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs" / "sub"
    (docs / "manifests").mkdir(parents=True)
    (docs / "bare.md").write_text(PAGE)
    (docs / "manifests" / "config.yaml").write_text(CONFIG)
    return tmp_path


def turn(folder: Path) -> Turned:
    [one] = pages([folder / "docs"])
    found = []
    for typed in one.page.typed:
        verdict, why, code = next(
            (outcome for begin, outcome in OUTCOMES.items() if typed.source.startswith(begin)),
            (Verdict.TRUE, "", 0),
        )
        exchange = None if verdict == Verdict.IMPOSSIBLE else Exchange(typed.source, "", code, 0.1)
        cause = Reason.TOOL if verdict == Verdict.IMPOSSIBLE else None
        found.append(Finding(typed, verdict, why, cause, line=30 if why else 0, exchange=exchange))
    return turned(one, found)


def test_what_was_said_stays_and_commands_are_ours(folder: Path) -> None:
    """In lists, in blocks that are indented, with the comments that stood among them."""
    page = turn(folder)
    assert page.markdown == OURS
    assert page.files == {"sub/bare/config.yaml": CONFIG.encode(), "sub/bare/web.yaml": b"kind: Pod\n"}


def test_what_its_author_has_to_look_at_is_told_at_its_line(folder: Path) -> None:
    """What is false, and what could not be turned."""
    place = folder / "docs" / "sub" / "bare.md"
    assert turn(folder).left == (
        f"{place}:37: the typed output was false: `preuve play` shows the true one",
        f"{place}:52: a block beside the mark of its list, or in a quotation, stays",
    )


def test_the_page_is_one_that_can_be_played(folder: Path) -> None:
    """Read as an author's: the commands that were run, with what they have to come to."""
    page = turn(folder)
    ours = folder / "ours"
    Folder(ours).write("sub/bare.md", page.markdown)
    for name, content in page.files.items():
        path = ours / "manifests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    snippets = "markdown_extensions: [{pymdownx.snippets: {base_path: [manifests]}}]"
    (ours / "mkdocs.yml").write_text(f"site_name: ours\nplugins: [preuve]\n{snippets}\n")
    [read] = find(ours).pages()
    assert [
        (action.source, action.options.exit) for action in read.plan.actions() if isinstance(action, Command)
    ] == [
        ("kubectl apply -f config.yaml", 0),
        ("kubectl get configmap \\\n  colours", 0),
        ("kubectl get configmap nobody", 1),
        ("kubectl get configmap colours -o jsonpath='{.data.sky}'", 0),
        ("kubectl apply -f web.yaml", 0),
    ]
    assert {file.name: file.content for file in read.plan.files} == {
        "config.yaml": CONFIG.encode(),
        "web.yaml": b"kind: Pod\n",
    }


def preuve(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*PREUVE, *arguments), cwd=folder, capture_output=True, text=True, timeout=200, check=False
    )


@pytest.mark.parametrize(
    ("mine", "taken"),
    [
        ("docs/sub/bare.md", "docs/sub/bare.md"),
        ("manifests/sub/bare/config.yaml", "manifests/sub/bare"),
    ],
)
def test_nothing_is_written_over(folder: Path, mine: str, taken: str) -> None:
    """It is told before anything is played."""
    there = folder / "ours" / mine
    there.parent.mkdir(parents=True)
    there.write_text("Mine.\n")
    told = preuve(folder, "audit", "docs", "--write", "ours")
    assert (told.returncode, told.stderr) == (
        2,
        f"preuve: --write: ours/{taken} is taken: give another folder\n",
    )
    assert there.read_text() == "Mine.\n"


@pytest.mark.cluster
def test_a_page_that_was_turned_is_played(folder: Path) -> None:
    """As one types it: audit, init, play; the page of before is as it was."""
    page = folder / "docs" / "sub" / "bare.md"
    page.write_text(PAGE.partition("Write this")[0])
    told = preuve(folder, "audit", "docs", "--write", "ours")
    assert told.returncode == 0, told.stderr  # helm is not here, and might have made it red
    assert "docs/sub/bare.md:37: another output than typed, since line 29 could not be run" in told.stderr
    assert "ours/docs/sub/bare.md written; next there: `preuve init`" in told.stderr
    ours = folder / "ours"
    assert preuve(ours, "init", "--ci", "github").returncode == 0
    played = preuve(ours, "play", "sub/bare.md")
    assert played.returncode == 0, played.stderr
    assert "blue" in (ours / "transcripts" / "sub" / "bare.txt").read_text()
    assert page.read_text() == PAGE.partition("Write this")[0]
