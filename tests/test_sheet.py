"""The cheat sheet: what is on it was run, where it says, and what is run is on it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
import yaml

from course import lesson, sheet
from preuve.page.plan import Command, Plan, plan
from preuve.project import find
from preuve.show.render import Look, render
from preuve.show.strings import FRENCH
from preuve.transcript import Exchange, Transcript

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]

LESSON = """
# Les Pods

```console
$ kubectl run web --image=nginx
$ kubectl get pods
```

```{ .console exit=1 }
$ kubectl get pod nulle-part
```

??? question "Et si… ?"
    ```console
    $ kubectl logs web
    ```

```{ .console exec=no }
$ kubectl drain node1
```

## Nettoyer

```console
$ kubectl delete pod web --now
```
"""
DATA = {
    "Voir": {"kubectl get pods": "tous", "kubectl get pods NOM": "celui-là", "kubectl logs NOM": "dire"},
    "Agir": {"kubectl run NOM --image=IMAGE": "créer", "kubectl delete GENRE NOM...": "défaire"},
    "Et aussi": {"kubectl delete … --now": "vite"},
}


def shown(one: Plan, markdown: str, *, stale: bool = False) -> str:
    """A page as a build shows it, its commands run."""
    exchanges = tuple(
        Exchange(action.source, "", action.options.exit, 0.1, drawn=not isinstance(action, Command))
        for action in one.actions()
    )
    told = Transcript(one.page, "sha256:x", "v1.37.2", datetime(2026, 11, 26, tzinfo=UTC), 1.0, exchanges)
    return render(markdown, one, told, Look(FRENCH, stale=stale))


def played(name: str, markdown: str, *, stale: bool = False) -> str:
    """The same, of a page's text."""
    text = dedent(markdown)
    return shown(plan(name, text, []), text, stale=stale)


def written(*pages: str, data: Mapping[str, Mapping[str, str]] = DATA) -> tuple[str, list[str]]:
    """The sheet of pages named a.md, b.md, c.md."""
    names = [f"{letter}.md" for letter in "abc"]
    texts = {name: played(name, text) for name, text in zip(names, pages, strict=False)}
    return sheet.sheet(texts, "memo/index.md", data)


def rows(text: str) -> dict[str, str]:
    """Where the sheet says that each command is run."""
    return dict(re.findall(r"^\| \[`(.+?)`\]\((\S+) ", text, re.MULTILINE))


def test_a_command_leads_to_where_it_is_run() -> None:
    text, unused = written(LESSON)
    assert rows(text) == {
        "kubectl get pods": "../a.md#cmd-kubectl-run-web-image-nginx",
        "kubectl get pods NOM": "../a.md#cmd-kubectl-get-pod-nulle-part",
        "kubectl logs NOM": "../a.md#cmd-kubectl-logs-web",
        "kubectl run NOM --image=IMAGE": "../a.md#cmd-kubectl-run-web-image-nginx",
        "kubectl delete GENRE NOM...": "../a.md#cmd-kubectl-delete-pod-web-now",
        "kubectl delete … --now": "../a.md#cmd-kubectl-delete-pod-web-now",
    }
    assert re.findall("^## (.+)", text, re.MULTILINE) == list(DATA)
    assert unused == []


@pytest.mark.parametrize(
    "command",
    [
        "kubectl cordon node1",
        "kubectl get ingress",
        "kubectl get pods --watch",
        "kubectl delete pod web -n x",
    ],
    ids=["verb", "kind", "option", "option-with-a-value"],
)
def test_a_new_kind_of_command_comes_by_itself(command: str) -> None:
    text, _ = written(LESSON, f"# Neuf\n\n```console\n$ {command}\n```\n")
    assert rows(text.partition("## Et aussi")[2])[command].startswith("../b.md#cmd-kubectl-")


def test_an_explanation_of_what_no_page_runs_is_told() -> None:
    data = DATA | {"Agir": {**DATA["Agir"], "kubectl drain NOM": "vider"}}
    text, unused = written(LESSON, data=data)
    assert unused == ["kubectl drain NOM"]
    assert "drain" not in text


def test_what_was_not_run_is_not_on_the_sheet() -> None:
    """Neither a command that is only shown, nor one whose output is of another day."""
    assert "drain" not in written(LESSON)[0]
    text, unused = sheet.sheet({"a.md": played("a.md", LESSON, stale=True)}, "memo.md", DATA)
    assert text == ""
    assert len(unused) == sum(map(len, DATA.values()))


def test_a_lesson_is_shown_before_a_failure_and_before_a_clean_up() -> None:
    better = """
    # Mieux

    ```console
    $ kubectl get pod web
    $ kubectl delete pod web --now
    ```
    """
    text, _ = written(LESSON, better)
    assert rows(text)["kubectl get pods NOM"] == "../b.md#cmd-kubectl-get-pod-web"
    assert rows(text)["kubectl delete … --now"] == "../b.md#cmd-kubectl-get-pod-web"


def test_the_purest_command_is_shown() -> None:
    """Not the first one that has the option among others."""
    pages = (
        "# Un\n\n```console\n$ kubectl get pods -o wide --sort-by=.metadata.name\n```\n",
        "# Deux\n\n```console\n$ kubectl get pods -o wide\n```\n",
    )
    text, _ = written(
        *pages, data={"Voir": {"kubectl get … -o wide": "", "kubectl get … --sort-by=CHAMP": ""}}
    )
    assert rows(text)["kubectl get … -o wide"] == "../b.md#cmd-kubectl-get-pods-o-wide"
    assert rows(text)["kubectl get … --sort-by=CHAMP"].startswith("../a.md")


def test_a_command_with_a_bar_stays_one_cell() -> None:
    text, _ = written("# Un\n\n```console\n$ kubectl get pods -o 'a|b'\n```\n", data={"Et aussi": {}})
    assert text.splitlines()[-1].replace(r"\|", "").count("|") == 3


def test_a_plural_is_not_a_word_of_its_own() -> None:
    terms = (ROOT / "includes/glossaire.md").read_text(encoding="utf-8")
    names = re.findall(r"^(\S.*)\n:   ", sheet.glossary(terms), re.MULTILINE)
    told = re.findall(r"^\*\[(.+?)\]", terms, re.MULTILINE)
    assert {"Pod", "nœud", "DNS"} <= set(names)
    assert {name for name in told if name not in names} == {f"{name}s" for name in names} & set(told)
    assert names.index("nœud") < names.index("orchestrateur")


def test_the_course_is_on_its_sheet_and_nothing_else_is() -> None:
    """Each explanation has its command, and each command of a lesson its explanation."""
    texts = {page.name: shown(page.plan, page.text) for page in find(ROOT).pages() if lesson(page.name)}
    data = yaml.safe_load(sheet.DATA.read_text(encoding="utf-8"))
    text, unused = sheet.sheet(texts, "memo/index.md", data)
    assert unused == []
    assert "Et aussi" not in text, text.partition("## Et aussi")[2]


def test_what_preuve_renders_gets_its_sheet_too(tmp_path: Path) -> None:
    """For a generator that runs no hooks."""
    docs = tmp_path / "docs"
    for arguments in (["-m", "preuve.cli", "render", docs], ["-m", "course.sheet", docs]):
        subprocess.run(
            [sys.executable, *map(str, arguments)],
            check=True,
            cwd=ROOT,
            capture_output=True,
            env=os.environ | {"PREUVE_MODE": "replay"},
        )
    text = (docs / "memo" / "index.md").read_text(encoding="utf-8")
    assert "<!--" not in text
    assert "\nnœud\n:   " in text
    for command, target in rows(text).items():
        page, _, anchor = target.partition("#")
        assert f"#{anchor} " in (docs / "memo" / page).resolve().read_text(encoding="utf-8"), command
