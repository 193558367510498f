"""`preuve audit` as one types it, on a small folder of pages in the ways of others, with faults put in."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PREUVE = (sys.executable, "-c", "from preuve.cli import main; main()", "audit")

PROMPTS = """\
---
title: Prompts
---
# Deployments

{{< include "prereqs.md" >}}

```console
$ kubectl create deployment web --image=nginx:1.22 --replicas=2
deployment.apps/web created
$ kubectl get pods
NAME                   READY   STATUS    RESTARTS   AGE
web-1564180365-khku8   1/1     Running   0          16h
...
$ kubectl get deployment web
NAME   READY   UP-TO-DATE   AVAILABLE   AGE
web    3/3     3            3           9s
$ kubectl describe pod <pod-name>
$ kubectl get pod nobody
Error from server (NotFound): pods "nobody" not found
$ kubectl exec -it web -- sh
```
"""

BARE = """\
# A file

```bash
# A manifest of ours, beside the page
kubectl apply -f manifests/config.yaml
```

The output is similar to this:

```
configmap/colours created
```

Then read it:

```shell
kubectl get configmap colours -o jsonpath='{.data.sky}'
kubectl apply -f https://example.com/examples/config.yaml
helm list
```

1. Run MySQL:

   ```sh
   kubectl create deployment db --image=mysql:5.6
   kubectl get deployment db
   NAME   READY   UP-TO-DATE   AVAILABLE   AGE
   db     1/1     1            1           9s
   ```

```bash
exit
kubectl get configmap colours
```

```
NAME      DATA   AGE
colours   1      5d
```
"""

EXPECTED = {
    "prompts.md": [
        (9, "true", None),
        (11, "true", None),
        (17, "false", None),
        (18, "impossible here", "placeholder"),
        (19, "true", None),
        (21, "impossible here", "interactive"),
    ],
    "sub/bare.md": [
        (5, "true", None),
        (17, "not compared", None),
        (18, "impossible here", "network"),
        (19, "impossible here", "tool"),
        (25, "not compared", None),
        (26, "impossible here", "image"),
        (32, "not compared", None),
        (33, "true", None),
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of somebody's documentation: no mkdocs.yml."""
    docs = tmp_path / "docs"
    (docs / "sub" / "manifests").mkdir(parents=True)
    (docs / "prompts.md").write_text(PROMPTS)
    (docs / "sub" / "bare.md").write_text(BARE)
    (docs / "sub" / "manifests" / "config.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: colours}\ndata: {sky: blue}\n"
    )
    return docs


def audit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = (*PREUVE, *arguments)
    return subprocess.run(
        command, cwd=folder.parent, capture_output=True, text=True, timeout=200, check=False
    )


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.cluster
def test_each_command_is_judged_and_nothing_is_written(folder: Path) -> None:
    before = contents(folder.parent)
    told = audit(folder, "docs", "--json")
    assert told.returncode == 1, told.stderr
    found: dict[str, list[Any]] = {name: [] for name in EXPECTED}
    for one in json.loads(told.stdout)["commands"]:
        found[one["page"].removeprefix("docs/")].append((one["line"], one["verdict"], one["cause"]))
    assert found == EXPECTED
    assert contents(folder.parent) == before


@pytest.mark.cluster
def test_a_person_reads_what_is_false_and_why_the_rest_is_not_known(folder: Path) -> None:
    (folder / "sub" / "bare.md").unlink()
    told = audit(folder, "docs/prompts.md")
    assert told.returncode == 1, told.stderr
    assert "docs/prompts.md:17: false\n    $ kubectl get deployment web\n" in told.stdout
    assert "    - web 3/3 3 3 ‹age›\n    + web 2/2 2 2 ‹age›\n" in told.stdout
    assert "docs/prompts.md:18: impossible here: placeholder <pod-name>\n" in told.stdout
    assert told.stdout.splitlines()[-5 - 2 :][0] == "1 page, 6 commands"


def test_what_is_not_there_is_told(folder: Path) -> None:
    told = audit(folder, "docs/nothing", "docs/sub/manifests")
    assert told.returncode == 2
    assert told.stderr.splitlines() == [
        "preuve: no file or folder docs/nothing",
        "preuve: no Markdown page (*.md) in docs/sub/manifests",
    ]


def test_pages_of_which_nothing_can_run_need_no_cluster(folder: Path) -> None:
    page = folder / "prompts.md"
    page.write_text("```sh\nkubectl get pods -w\n```\n")
    told = audit(folder, "docs/prompts.md")
    assert (told.returncode, told.stdout.splitlines()[0]) == (
        0,
        "docs/prompts.md:2: impossible here: kubectl get does not end by itself",
    )


def test_a_page_may_end_in_another_way(folder: Path) -> None:
    """As MkDocs and Jekyll know it."""
    (folder / "old").mkdir()
    (folder / "old" / "page.markdown").write_text("```sh\nkubectl get pods -w\n```\n")
    assert "docs/old/page.markdown:2: impossible here" in audit(folder, "docs/old").stdout


def test_a_page_in_another_encoding_is_told_with_what_to_do(folder: Path) -> None:
    (folder / "latin.md").write_bytes(b"# caf\xe9\n")
    told = audit(folder, "docs/latin.md")
    assert (told.returncode, told.stderr) == (2, "docs/latin.md:1: not UTF-8 at byte 5: save it as UTF-8\n")
