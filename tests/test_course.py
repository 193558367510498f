"""The course as a course: its chapters keep their shape, its manifests are applied, its diagrams can be read.

A chapter is a folder of docs/, a lesson one of its pages. A lesson opens with its objectives and what it asks
of the reader, ends with what to remember and where to go next, and cleans up what it creates. One that runs
something asks a question whose answer is run. The last lesson of such a chapter has two or three exercises.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from course import lesson
from course.card import description
from preuve import project
from preuve.cluster.embedded import recipes
from preuve.page import blocks
from preuve.page.plan import Console, Diagram, Include

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preuve.page.plan import Plan
    from preuve.project import Page

ROOT = Path(__file__).parents[1]
COURSE = project.find(ROOT)
PAGES = {page.name: page for page in COURSE.pages()}
LESSONS = sorted(filter(lesson, PAGES))

NODES = 12
"""What a reader takes in at once."""
NOT_RUN = 12
"""Commands of the course that are shown and not run: they install a cluster or an image at the reader's."""

PICKING = 30
"""Commands with jsonpath, custom-columns or grep: a third of the 90 that the first edition had."""

OPENING = ('!!! abstract "Objectifs"', "**Avant de commencer.**")
CLOSING = ("## À retenir", "**Pour aller plus loin**")
CREATES = re.compile(r"kubectl (?:run|create|apply|expose)\b(?!.*--dry-run)")
QUESTION = re.compile(r'^\?{3} question "Que va-t-il se passer\b[^\n]*"\n', re.MULTILINE)
SOLUTION = re.compile(r'^ *\?{3} success "Solution"\n', re.MULTILINE)


def chapter(name: str) -> str:
    """The folder of a page."""
    return name.partition("/")[0]


def runs(plan: Plan) -> bool:
    """Whether a page runs something."""
    return any(True for _ in plan.actions())


def lines_of(plan: Plan, text: str, start: int) -> bool:
    """Whether something runs in the block of details that opens at an offset of a page."""
    first = text.count("\n", 0, start) + 1
    indent = len(re.match(" *", text[start:])[0])  # type: ignore[index]
    below = text[start:].split("\n")[1:]
    inside = next(
        (n for n, line in enumerate(below) if line.strip() and not line.startswith(" " * (indent + 4))),
        len(below),
    )
    return any(first < action.where.line <= first + inside for action in plan.actions())


def misshapen(page: Page) -> Iterator[str]:
    """What a lesson lacks of the shape that all have."""
    body = page.text.rstrip()
    marks = [mark for mark in (*OPENING, *CLOSING) if f"\n{mark}" in body]
    yield from (f"no {mark}" for mark in (*OPENING, *CLOSING) if mark not in marks)
    if sorted(marks, key=body.index) != marks:
        yield "its parts are not in order"
    if "\n" in body.partition(CLOSING[1])[2].strip():
        yield f"something follows {CLOSING[1]}"
    created = [action for action in page.plan.actions() if CREATES.search(action.source)]
    if (created or any(file.manifest for file in page.plan.files)) and not re.search(
        r"^## Nettoyer\n", body, re.MULTILINE
    ):
        yield "it creates something and does not clean up"
    if runs(page.plan):
        questions = list(QUESTION.finditer(page.text))
        if not questions:
            yield "no « Que va-t-il se passer »"
        if not all(lines_of(page.plan, page.text, question.start()) for question in questions):
            yield "the answer to a « Que va-t-il se passer » is not run"


def untrained(page: Page) -> Iterator[str]:
    """What the exercises at the end of a chapter lack."""
    exercises = page.text.partition("\n## Exercices\n")[2].partition("\n## ")[0]
    at = len(page.text.partition("\n## Exercices\n")[0])
    solutions = [found.start() for found in SOLUTION.finditer(page.text, at, at + len(exercises) + 20)]
    if len(solutions) not in {2, 3}:
        yield f"{len(solutions)} exercises with a solution, not two or three"
    if not all(lines_of(page.plan, page.text, start) for start in solutions):
        yield "a solution is not run"


def drawn(source: str) -> set[str]:
    r"""The nodes of a diagram, by their ids.

    >>> sorted(drawn('flowchart TB\n  A["x (y)"] --> B((1)) & C\n  subgraph N["n"]\n  D[("e")]\n  end'))
    ['A', 'B', 'D']
    """
    bare = re.sub(r'"[^"]*"|\|[^|]*\||accTitle:.*|accDescr:.*|subgraph \w+', "", source)
    return set(re.findall(r"\b(\w+)(?=[\[({])", bare))


def unreadable(page: Page) -> Iterator[str]:
    """What is wrong with the diagrams of a page, drawn by hand or from the cluster."""
    for block in blocks.parse(page.text, page.name)[0]:
        if block.language == "mermaid":
            for field in ("accTitle", "accDescr"):
                if not re.search(rf"^\s*{field}: \S", block.body, re.MULTILINE):
                    yield f"{block.where}: no {field}"
            if len(drawn(block.body)) > NODES:
                yield f"{block.where}: {len(drawn(block.body))} nodes"
    if page.transcript:
        for action, exchange in zip(page.plan.actions(), page.transcript.exchanges, strict=True):
            if isinstance(action, Diagram) and len(drawn(exchange.output)) > NODES:
                yield f"{action.where}: {len(drawn(exchange.output))} nodes"


def unapplied(pages: Mapping[str, Page], manifests: set[str]) -> Iterator[str]:
    """The files that no page of their chapter includes, and the manifests that are shown and not applied."""
    included = {file.path for page in pages.values() for file in page.plan.files}
    yield from (f"{manifest}: no page includes it" for manifest in sorted(manifests - included))
    for page in pages.values():
        for step in page.plan.steps:
            if isinstance(step, Include):
                if step.shown_only and lesson(page.name):
                    yield f"{step.block.where}: shown and not applied"
                for file in step.files:
                    if chapter(file.path) != chapter(page.name):
                        yield f"{step.block.where}: {file.path} is another chapter's"


def planted(text: str) -> Page:
    """A page of the course that has that text."""
    return COURSE.page("planted.md", text)


GOOD = """---
title: T
---

# T

!!! abstract "Objectifs"
    - Un.

**Avant de commencer.** Rien.

## Une leçon

```console
$ kubectl run x --image=nginx
```

??? question "Que va-t-il se passer ?"
    ```console
    $ kubectl get pods
    ```

## Exercices

1. Un.

    ??? success "Solution"
        ```console
        $ date
        ```

2. Deux.

    ??? success "Solution"
        Voici.

        ```console
        $ date
        ```

## Nettoyer

## À retenir

**Pour aller plus loin** : rien.
"""


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_keeps_the_shape(name: str) -> None:
    """So that a reader always knows where to look."""
    assert list(misshapen(PAGES[name])) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('!!! abstract "Objectifs"', '!!! abstract "Buts"', 'no !!! abstract "Objectifs"'),
        ("**Avant de commencer.**", "Avant", "no **Avant de commencer.**"),
        ("## À retenir", "## Bref", "no ## À retenir"),
        ("**Pour aller plus loin** : rien.", "", "no **Pour aller plus loin**"),
        ("rien.\n", "rien.\n\nEt puis encore.\n", "something follows **Pour aller plus loin**"),
        ("## Nettoyer", "## Ranger", "it creates something and does not clean up"),
        ("Que va-t-il", "Que va-t-on", "no « Que va-t-il se passer »"),
        ("    ```console\n    $ kubectl get pods\n    ```", "    Rien.\n\n```console\n$ date\n```",
         "the answer to a « Que va-t-il se passer » is not run"),
    ],
)  # fmt: skip
def test_a_lesson_out_of_shape_is_told(old: str, new: str, told: str) -> None:
    """Each part, missing from a page that has all the others."""
    assert list(misshapen(planted(GOOD))) == []
    assert list(misshapen(planted(GOOD.replace(old, new)))) == [told]


def last_lessons() -> list[str]:
    """The last page, in the order of the nav, of each chapter that runs something."""
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    nav = re.findall(r"^ +- (?:.*: )?(\S+\.md)$", settings, re.MULTILINE)
    assert set(nav) == PAGES.keys()
    last = {chapter(name): name for name in nav if name in LESSONS}
    running = {chapter(name) for name in LESSONS if runs(PAGES[name].plan)}
    return [name for folder, name in last.items() if folder in running]


@pytest.mark.parametrize("name", last_lessons())
def test_a_chapter_ends_with_exercises(name: str) -> None:
    """Two or three, each with a solution that is run."""
    assert list(untrained(PAGES[name])) == []


def test_missing_exercises_are_told() -> None:
    """One is too few; one whose solution is only told is none."""
    assert list(untrained(planted(GOOD))) == []
    one = re.sub(r"2\. Deux.*(?=## Nettoyer)", "", GOOD, flags=re.DOTALL)
    assert list(untrained(planted(one))) == ["1 exercises with a solution, not two or three"]
    told = GOOD.replace("        Voici.\n\n        ```console\n        $ date\n        ```", "        Voici.")
    assert list(untrained(planted(told))) == ["a solution is not run"]


@pytest.mark.parametrize("name", PAGES)
def test_a_diagram_has_a_name_a_story_and_few_nodes(name: str) -> None:
    """For a reader who does not see it, and for one on a phone."""
    assert list(unreadable(PAGES[name])) == []


def test_a_diagram_that_cannot_be_read_is_told() -> None:
    """Without a title, without a description, with too much in it."""
    fence = "```mermaid\nflowchart TB\n  accTitle: T\n  accDescr: D\n{}\n```\n"
    many = "\n".join(f"  n{n}[x]" for n in range(NODES + 1))
    assert list(unreadable(planted(fence.format("  a[x] --> b[y]")))) == []
    assert list(unreadable(planted(fence.format(many)))) == ["planted.md:1: 13 nodes"]
    assert list(unreadable(planted(fence.replace("accTitle", "x")))) == ["planted.md:1: no accTitle"]
    assert list(unreadable(planted(fence.replace("accDescr", "x")))) == ["planted.md:1: no accDescr"]


def test_every_file_is_included_by_its_chapter_and_used() -> None:
    """No manifest and no script lies about, none is only shown."""
    includes = ROOT / "includes"
    found = (path for path in includes.glob("*/*") if path.is_file())  # a folder is an image's
    manifests = {path.relative_to(includes).as_posix() for path in found}
    assert list(unapplied(PAGES, manifests)) == []
    assert list(unapplied(PAGES, {*manifests, "pods/oubli.yaml"})) == ["pods/oubli.yaml: no page includes it"]


def unnamed(page: Page) -> Iterator[str]:
    """The manifests of a page whose file the text does not name: a reader has to save it under that name."""
    text = page.text
    for block in reversed(blocks.parse(page.text, page.name)[0]):
        text = text[: block.start] + text[block.end :]
    yield from (f"{file.name}: not named" for file in page.plan.files if f"`{file.name}`" not in text)


@pytest.mark.parametrize("name", LESSONS)
def test_a_manifest_is_saved_under_a_name(name: str) -> None:
    """The commands beneath ask for a file of that name."""
    assert list(unnamed(PAGES[name])) == []


def test_a_manifest_without_a_name_is_told() -> None:
    """Its title alone does not ask anybody to save it."""
    fence = '```yaml title="pod-definition.yml"\n--8<-- "pods-yaml/pod-definition.yml"\n```\n'
    assert list(unnamed(planted(f"Enregistrez `pod-definition.yml`.\n\n{fence}"))) == []
    assert list(unnamed(planted(f"Voici.\n\n{fence}"))) == ["pod-definition.yml: not named"]


def test_a_manifest_that_is_only_shown_or_is_borrowed_is_told() -> None:
    """A page shows what it does not apply, and takes it from another chapter."""
    page = planted('```{ .yaml apply=no }\n--8<-- "pods-yaml/pod-definition.yml"\n```\n')
    told = list(unapplied({page.name: page}, set()))
    assert told == [
        "planted.md:1: shown and not applied",
        "planted.md:1: pods-yaml/pod-definition.yml is another chapter's",
    ]


def test_a_second_version_is_the_first_with_what_its_page_tells() -> None:
    """A reader changes those lines alone, and builds the image again."""
    includes = ROOT / "includes"
    for image, program in (("application/vote", "api.py"), ("image/salut", "salut.py")):
        folders = (includes / f"{image}-{version}" for version in ("1.0", "2.0"))
        first, second = ({file.name: file.read_text() for file in folder.iterdir()} for folder in folders)
        assert {name for name in first | second if first.get(name) != second.get(name)} == {program}
    text = PAGES["application/vivre.md"].text
    start, end = map(int, re.findall(r"vote-2\.0/api\.py:(\d+):(\d+)", text)[0])
    api = (includes / "application/vote-2.0/api.py").read_text().splitlines()
    assert (
        "\n".join(api[: start - 1] + api[end:]) + "\n"
        == (includes / "application/vote-1.0/api.py").read_text()
    )
    assert f"`{api[end].strip()}`" in text
    salut = (includes / "image/salut-1.0/salut.py").read_text()
    told = re.findall(r"`(VERSION = .*?)`", PAGES["image/index.md"].text)[0]
    assert re.sub("VERSION = .*", told, salut) == (includes / "image/salut-2.0/salut.py").read_text()


def misnamed(
    text: str, recipes: Mapping[str, Mapping[str, str]], used: set[tuple[str, str]]
) -> Iterator[str]:
    """What the page that names the images has that no recipe builds, and what it leaves out.

    Args:
        text: the page: a table of names, and versions by suite of Debian, the older one first.
        recipes: by name, the versions by suite.
        used: names and versions that pages ask for; what no recipe builds is meant to fail.
    """
    told = {
        (name, suite): version
        for name, *versions in re.findall(r"^\| `(\S+)` \| ?(\S*) ?\| ?(\S*) ?\|$", text, re.MULTILINE)
        for suite, version in zip(("bookworm", "trixie"), versions, strict=True)
        if version
    }
    yield from (f"{name} {version}: not built so" for (name, suite), version in sorted(told.items())
                if recipes.get(name, {}).get(suite) != version)  # fmt: skip
    built = {(name, version) for name, versions in recipes.items() for version in versions.values()}
    named = {(name, version) for (name, _), version in told.items()}
    yield from (f"{name} {version}: not named" for name, version in sorted((used & built) - named))


RECIPES = {recipe.name: recipe.versions for recipe in recipes.load().images}


def test_the_images_of_the_course_are_told() -> None:
    """Where they come from and which they are: as the recipes have it, and all that a page uses."""
    sources = [action.source for page in PAGES.values() for action in page.plan.actions()]
    files = [file.content.decode() for page in PAGES.values() for file in page.plan.files]
    asked = re.findall(rf"\b({'|'.join(RECIPES)})(?::([\d.]+))?(?![\w:/-])", "\n".join(sources + files))
    used = {(name, tag or RECIPES[name]["trixie"]) for name, tag in asked}
    assert list(misnamed(PAGES["preuves.md"].text, RECIPES, used)) == []


def test_an_image_that_is_told_wrongly_is_told() -> None:
    """A version that no recipe builds, and one that a page uses and nobody names."""
    text = "| `nginx` | 1.22 | 1.26 |\n| `redis` | | 8.2 |\n"
    recipes = {
        "nginx": {"bookworm": "1.22", "trixie": "1.26"},
        "redis": {"bookworm": "7.0", "trixie": "8.0"},
    }
    used = {("nginx", "1.26"), ("redis", "7.0"), ("nginx", "1.99")}
    assert list(misnamed(text, recipes, used)) == ["redis 8.2: not built so", "redis 7.0: not named"]


def test_few_commands_are_not_run() -> None:
    """The course is its own proof."""
    not_run = [
        str(command.where)
        for name in LESSONS
        for step in PAGES[name].plan.steps
        if isinstance(step, Console) and not step.options.exec
        for command in step.commands
    ]
    assert 0 < len(not_run) <= NOT_RUN, not_run


def test_commands_are_those_that_a_beginner_types() -> None:
    """A table is read as it comes; what picks a value out of it is for where one would really do so."""
    picking = [
        f"{command.where}: {command.source}"
        for name in LESSONS
        for step in PAGES[name].plan.steps
        if isinstance(step, Console) and not step.options.hidden
        for command in step.commands
        if re.search(r"jsonpath|custom-columns|\bgrep\b", command.source)
    ]
    assert 0 < len(picking) <= PICKING, picking


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_unfinished(name: str) -> None:
    """No note to oneself, no filling."""
    assert not re.search(r"\b(?:TODO|FIXME|XXX|lorem|à compléter)\b", PAGES[name].text, re.IGNORECASE)


INCLUDE = re.compile(r'^ *--8<-- "[^"\n]+"$')
"""A line that pymdownx.snippets replaces by a file."""


def not_included(text: str) -> list[str]:
    """The lines of a page that look like includes, and that readers would see as they are."""
    return [line for line in text.splitlines() if re.match(r" *-+ ?8 ?<", line) and not INCLUDE.match(line)]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_includes_what_it_names(name: str) -> None:
    """An include that a formatter rewrote is text."""
    assert not_included(PAGES[name].text) == []


def test_an_include_that_is_none_is_told() -> None:
    """As a formatter of Python writes it."""
    assert not_included('```python\n--8 < --"salut.py"\n```\n') == ['--8 < --"salut.py"']


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_title(name: str) -> None:
    """In the browser's tab and on the page, the same; the home page's is the course's."""
    text = PAGES[name].text
    for block in reversed(blocks.parse(text, name)[0]):  # a comment of a script is no title
        text = text[: block.start] + text[block.end :]
    text = text.replace("\u00a0", " ")
    title = yaml.safe_load(text.split("---")[1])["title"]
    assert name == "index.md" or re.findall(r"^# (.*)$", text, re.MULTILINE) == [title]


def test_each_page_says_what_it_is() -> None:
    """Where it is found or shared, in words of its own."""
    said = {
        name: yaml.safe_load(page.text.split("---")[1]).get("description") or description(page.text)
        for name, page in PAGES.items()
    }
    assert all(said.values())
    assert len(set(said.values())) == len(said)
