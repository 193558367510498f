"""Golden pages: what an author writes, and what becomes of it; see `tests/golden/README.md`."""

from __future__ import annotations

import os
import posixpath
import subprocess
import sys
from dataclasses import fields
from difflib import unified_diff
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from markdown import Markdown

from preuve.errors import raise_all
from preuve.meaning.scene import is_item
from preuve.page.blocks import parse
from preuve.page.options import Options
from preuve.page.plan import Console, Diagram, Include, plan
from preuve.play.player import Player
from preuve.project import Project
from preuve.settings import Mode, Settings
from preuve.show.edition import prepare
from preuve.show.export import export
from preuve.show.fence import Formatter, validator
from preuve.show.render import Look, render
from preuve.show.strings import strings
from preuve.transcript import read

if TYPE_CHECKING:
    from preuve.cluster.embedded.cluster import EmbeddedCluster
    from preuve.project import Page

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("PREUVE_GOLDEN") == "write"
PAGES = sorted(path.name for path in GOLDEN.glob("*.md") if "." not in path.stem and path.stem.islower())
PROJECT = Project(GOLDEN, GOLDEN, (GOLDEN / "includes",), "fr", Settings(), "golden")
"""Its cluster has no identity: an image's new recipe is no reason to play these pages again."""

EXTENSIONS: dict[str, dict[str, Any]] = {
    "abbr": {},
    "admonition": {},
    "attr_list": {},
    "footnotes": {},
    "md_in_html": {},
    "tables": {},
    "pymdownx.details": {},
    "pymdownx.highlight": {},
    "pymdownx.snippets": {"base_path": [str(GOLDEN / "includes")], "check_paths": True},
    "pymdownx.tabbed": {"alternate_style": True},
}


def page(name: str) -> Page:
    return PROJECT.page(name, (GOLDEN / name).read_text(encoding="utf-8"))


def language(name: str) -> str:
    return "en" if name == "english.md" else "fr"


def expanded(one: Page, *, stale: bool = False, played: bool = True) -> str:
    """A page with its outputs."""
    look = Look(strings(language(one.name)), stale=stale)
    return render(one.text, one.plan, one.transcript if played else None, look)


def html(text: str, words: str) -> str:
    """What MkDocs makes of it."""
    text = text.partition("\n---\n")[2] if text.startswith("---\n") else text
    formatter = Formatter(words)
    fences = [
        {"name": name, "class": "preuve", "format": drawn, "validator": validator}
        for name, drawn in (("console", formatter.format), ("cluster", formatter.draw))
    ]
    configs = EXTENSIONS | {"pymdownx.superfences": {"custom_fences": fences}}
    return Markdown(extensions=list(configs), extension_configs=configs).convert(text) + "\n"


def agree(made: str, name: str) -> None:
    """Compare with a file of tests/golden, or write it."""
    path = GOLDEN / name
    if WRITE:
        path.write_text(made, encoding="utf-8")
    told = path.read_text(encoding="utf-8").splitlines()
    difference = "\n".join(unified_diff(told, made.splitlines(), name, "now", lineterm=""))
    assert not difference, f"{difference}\n\nIf it is meant: PREUVE_GOLDEN=write, then review the diff."


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_rendered_as_it_was(name: str) -> None:
    """The expanded Markdown, and its HTML."""
    text = expanded(page(name))
    agree(text, name.replace(".md", ".expanded.md"))
    agree(html(text, language(name)), name.replace(".md", ".html"))


def test_what_was_not_run_or_no_longer_is_is_rendered_as_it_was() -> None:
    """A page that was never played, and one that has changed since."""
    one = page("options.md")
    agree(html(expanded(one, played=False), "fr"), "options.unplayed.html")
    agree(html(expanded(one, stale=True), "fr"), "options.stale.html")


class Shown(HTMLParser):
    """What a page shows as it was typed or printed, and where it leads."""

    def __init__(self, page: str, folder: str = "") -> None:
        super().__init__()
        self._folder = folder
        self.texts: list[str] = []
        self.links: list[str] = []
        self._depth = 0
        self._pressed = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self.texts.append("")
        self._depth += tag == "pre"
        self._pressed = tag == "button"
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.endswith((".sh", ".yaml", ".yml")):
            self.links.append(posixpath.normpath(posixpath.join(self._folder, href)))

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "pre"
        self._pressed = False

    def handle_data(self, data: str) -> None:
        if self._depth and not self._pressed:
            self.texts[-1] += data


def trimmed(text: str) -> list[str]:
    """The lines of a text, without what no one sees."""
    return [line.rstrip() for line in text.strip().split("\n")]


def drawn(lines: list[str]) -> bool:
    """Whether a text is a scene, which without the formatter is shown as it is."""
    return all(is_item(line.removeprefix("- ")) for line in lines)


ELSEWHERE = """
site_name: golden
docs_dir: docs
theme: {name: material, font: false}
markdown_extensions:
- abbr
- admonition
- attr_list
- footnotes
- md_in_html
- tables
- pymdownx.details
- pymdownx.highlight
- pymdownx.snippets: {base_path: [INCLUDES], check_paths: true}
- pymdownx.superfences:
    custom_fences:
    - {name: mermaid, class: mermaid, format: !!python/name:pymdownx.superfences.fence_code_format ''}
- pymdownx.tabbed: {alternate_style: true}
"""


FORMATTER = (
    "    - {name: console, class: preuve, format: !!python/name:preuve.show.fence.french '', "
    "validator: !!python/name:preuve.show.fence.validator ''}\n"
    "    - {name: cluster, class: preuve, format: !!python/name:preuve.show.fence.french_drawing '', "
    "validator: !!python/name:preuve.show.fence.validator ''}\n"
)


@pytest.mark.site
@pytest.mark.parametrize("generator", ["mkdocs", "zensical"])
@pytest.mark.parametrize("formatter", ["", FORMATTER], ids=["plain", "with the formatter"])
def test_a_generator_without_hooks_shows_the_same(generator: str, formatter: str, tmp_path: Path) -> None:
    """`preuve render` is enough: the same commands, outputs, manifests, drawings and scripts are there.

    Given the formatter of console fences, what was not run and what failed on purpose say so too.
    """
    with Player(PROJECT) as player:
        edition = prepare(PROJECT, map(page, PAGES), Mode.REPLAY, player)
    export(edition, tmp_path / "docs")
    for path in (tmp_path / "docs").iterdir():  # what is beside the pages in tests/golden is no page
        if path.suffix == ".html" or path.name.endswith(".expanded.md"):
            path.unlink()
    settings = ELSEWHERE.replace("INCLUDES", str(GOLDEN / "includes"))
    settings = settings.replace("- pymdownx.tabbed", f"{formatter}- pymdownx.tabbed")
    (tmp_path / "mkdocs.yml").write_text(settings, encoding="utf-8")
    build = (sys.executable, "-m", generator, "build")
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(build, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    for name in PAGES:
        stem = name.removesuffix(".md")
        there = Shown((tmp_path / "site" / stem / "index.html").read_text(encoding="utf-8"), stem)
        here = Shown(html(edition.render(name, strings("fr")), "fr"))
        assert [text for text in map(trimmed, there.texts) if not drawn(text)] == list(
            map(trimmed, here.texts)
        ), name
        assert there.links == here.links, name
        assert all((tmp_path / "site" / link).is_file() for link in there.links), name
    assert any("kubectl" in text for text in here.texts)
    options = (tmp_path / "site" / "options" / "index.html").read_text(encoding="utf-8")
    for note in ("Non exécuté", "Échec attendu"):
        assert (note in options) == bool(formatter)


@pytest.mark.cluster
@pytest.mark.second
def test_the_outputs_are_what_a_cluster_answers(cluster: EmbeddedCluster) -> None:
    """Nobody wrote the transcripts: each page is played, and answers what is on file."""
    assert cluster.version
    with Player(PROJECT) as player:
        edition = prepare(PROJECT, map(page, PAGES), Mode.PLAY if WRITE else Mode.CHECK, player)
    raise_all(edition.errors)


def test_every_option_is_in_a_golden_page() -> None:
    """In both forms of header; and every kind of step, in every container."""
    steps = [step for name in PAGES for step in page(name).plan.steps]
    written = {option for step in steps for option in step.block.options}
    assert written >= {each.name for each in fields(Options)} | {"apply", "by"}
    assert {type(step) for step in steps} == {Console, Include, Diagram}
    nested = {type(step) for step in page("nesting.md").plan.steps if step.block.prefix}
    assert nested == {Console, Include, Diagram}


def test_what_is_only_quoted_is_not_run() -> None:
    """In a longer fence, in a comment, in an indented block."""
    text = (GOLDEN / "nesting.md").read_text(encoding="utf-8")
    assert text.count("echo JAMAIS") == 5
    sources = [action.source for action in plan("nesting.md", text, PROJECT.bases).actions()]
    assert not [source for source in sources if "JAMAIS" in source]
    assert len(sources) > 15


@pytest.mark.parametrize("name", PAGES)
def test_a_rendered_page_keeps_its_fences_where_they_were(name: str) -> None:
    """What preuve writes is Markdown that it can read: as many fences that show, in the same containers."""
    one = page(name)
    found, problems = parse(expanded(one), name)
    assert not problems
    prefixes = [block.prefix for block in found]
    shown = [
        step.block.prefix
        for step in one.plan.steps
        if not (isinstance(step, Console) and step.options.hidden)
    ]
    at = iter(prefixes)
    assert all(prefix in at for prefix in shown)


def test_transcripts_are_as_the_engine_writes_them() -> None:
    """Each page has its own, whole and of the page as it stands."""
    for name in PAGES:
        path = PROJECT.transcript_path(name)
        transcript = read(path, path.name, name)
        assert transcript, f"{name} was never played: PREUVE_GOLDEN=write"
        assert transcript.key == page(name).key
