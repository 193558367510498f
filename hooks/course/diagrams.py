"""Diagrams as inline SVG: in the finished site a mermaid fence is a drawing, not a program to run.

A reader gets it with the text, without JavaScript, and a screen reader gets its name (`accTitle`) and its
story (`accDescr`). Drawn once: what Chromium answered is kept by content under .cache/diagrams. Where there
is no Chromium, and under `mkdocs serve`, the local library draws in the reader's browser, as Material does.
"""

from __future__ import annotations

import hashlib
import html
import itertools
import logging
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.exceptions import PluginError
from playwright.sync_api import sync_playwright

from course import ROOT, package_file, pages, serving
from preuve import whole
from preuve.show.drawing import enlarge
from preuve.show.strings import FRENCH

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.hooks.diagrams")

LIBRARY = "@mermaid-js/tiny/dist/mermaid.tiny.js"
CACHE = ROOT / ".cache" / "diagrams"
TIMEOUT_MS = 60_000
"""For Chromium to start, then to draw: forty diagrams take it three seconds on two cores."""
FONT = "-apple-system, BlinkMacSystemFont, Helvetica, Arial, sans-serif"
"""What Material falls back to without a web font: labels are measured in it."""
SMALLEST = 0.75
"""A drawing shrinks to this (16 px text to 12), then scrolls."""
PHONE = 328
"""How wide a column is at 360 px: there, what is wider has a button to see it as large as it was drawn."""
NARROWER = str.maketrans("\u00a0", "\u202f")
"""mermaid has a label that holds a `<br>` sanitized as HTML, which writes U+00A0 as an entity, and draws that
as text. HTML has no entity for the narrow space, which does not break either."""
QUIET = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")
"""Chromium stays off the network."""

DRAW = Path(__file__).with_name("draw.js")
FENCE = re.compile(r'<pre class="mermaid"><code>(.*?)</code></pre>', re.DOTALL)
MARKED = re.compile(  # mermaid2 passes pages through BeautifulSoup, which gives every attribute a value
    r'<pre class="mermaid" data-page="(?P<page>[^"]*)" data-search-exclude(?:="")?>'
    r"<code>(?P<source>.*?)</code></pre>",
    re.DOTALL,
)
THEME_CSS = re.compile(r'="(\.node circle,\.node ellipse[^"]+)"')
"""Material's own style for mermaid, which makes of every colour a variable of the palette."""


@dataclass(frozen=True, slots=True)
class MermaidDiagram:
    """A mermaid fence of a page."""

    page: str
    """The Markdown file, from docs/."""
    source: str

    @classmethod
    def read(cls, found: re.Match[str]) -> MermaidDiagram:
        """The diagram of a match of `MARKED`."""
        return cls(html.unescape(found["page"]), html.unescape(found["source"]).strip())

    def refused(self, error: str, docs: Path) -> str:
        """What mermaid says of it, at the line of the page that it says it of."""
        line = re.search(r"on line (\d+)", error)
        lines = self.source.splitlines()
        culprit = lines[min(int(line[1]), len(lines)) - 1] if line else lines[0]
        page = (docs / self.page).read_text(encoding="utf-8").splitlines()
        numbered = enumerate((text.translate(NARROWER).strip() for text in page), 1)
        at = next((f":{n}" for n, text in numbered if text == culprit.strip()), "")
        return f"{self.page}{at}: mermaid cannot draw this: {' '.join(error.split())}"


def on_config(config: MkDocsConfig) -> None:
    """Spare mermaid2 the pages: it would parse and write each anew, half of a build, to change nothing."""
    if idle := config.plugins.get("mermaid2"):
        events = config.plugins.events
        events["post_page"] = [
            each for each in events["post_page"] if getattr(each, "__self__", None) is not idle
        ]


def on_page_content(content: str, /, *, page: Page, **_: object) -> str:
    """Note on each diagram where it is from, keep its source out of the search and its spaces out of harm."""
    name = page.file.src_uri
    for found in FENCE.finditer(content):
        if "accTitle" not in found[1]:
            log.warning("%s: a diagram without `accTitle:` has no name for a screen reader", name)
    mark = f'<pre class="mermaid" data-page="{html.escape(name)}" data-search-exclude><code>'
    return FENCE.sub(lambda found: f"{mark}{found[1].translate(NARROWER)}</code></pre>", content)


def on_post_build(*, config: MkDocsConfig) -> None:
    """Put the drawings in, and the library beside them if a browser still has something to draw."""
    site = Path(config.site_dir)
    written = {file: file.read_text(encoding="utf-8") for file in pages(config)}
    diagrams = [MermaidDiagram.read(found) for text in written.values() for found in MARKED.finditer(text)]
    drawn = {} if serving() else draw(diagrams, theme_css(site), Path(config.docs_dir))
    for file, text in written.items():
        if (inlined := inline(text, drawn)) != text:
            file.write_text(inlined, encoding="utf-8")
    if any(diagram.source not in drawn for diagram in diagrams):
        shutil.copyfile(package_file(LIBRARY), site / "assets" / "javascripts" / "mermaid.min.js")


def theme_css(site: Path) -> str:
    """Material's style for mermaid, out of the script in which it lives."""
    (bundle,) = site.glob("assets/javascripts/bundle.*.min.js")
    found = THEME_CSS.search(bundle.read_text(encoding="utf-8"))
    if not found:
        raise PluginError(f"{bundle.name}: no style for mermaid where {__name__} looks for Material's")
    return found[1]


def draw(diagrams: list[MermaidDiagram], theme: str, docs: Path) -> dict[str, str]:
    """The SVG of each diagram's source, as far as it can be had: from the cache, else from Chromium.

    Raises:
        PluginError: diagrams that mermaid refuses, each with its page and line.
    """
    recipe = hashlib.sha256(
        package_file(LIBRARY).read_bytes() + DRAW.read_bytes() + f"{theme}{FONT}{SMALLEST}".encode()
    )
    cached = {diagram.source: CACHE / f"{_key(recipe, diagram.source)}.svg" for diagram in diagrams}
    missing = {file.stem: source for source, file in cached.items() if not file.exists()}
    chromium = shutil.which("chromium")
    if missing and chromium:
        errors = {}
        for key, (svg, error) in ask(chromium, missing, theme).items():
            if error:
                errors[missing[key]] = error
            else:
                whole.write(cached[missing[key]], readable(svg))
        wrong = [diagram for diagram in diagrams if diagram.source in errors]
        if wrong:
            raise PluginError("\n".join(diagram.refused(errors[diagram.source], docs) for diagram in wrong))
    elif missing:
        log.info("no chromium on the PATH: the reader's browser has to draw %d diagrams", len(missing))
    return {source: file.read_text(encoding="utf-8") for source, file in cached.items() if file.exists()}


def _key(recipe: hashlib._Hash, source: str) -> str:
    digest = recipe.copy()
    digest.update(source.encode())
    return f"d{digest.hexdigest()[:12]}"  # an id may not start with a digit


def ask(chromium: str, sources: dict[str, str], theme: str) -> dict[str, tuple[str, str]]:
    """Have Chromium draw.

    Args:
        chromium: the program.
        sources: each diagram by its key, which becomes the id of its SVG.
        theme: what `theme_css` found.

    Returns:
        By key: the SVG and nothing, or nothing and what mermaid says of the source.
    """
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=[*root, *QUIET], timeout=TIMEOUT_MS
        )
        page = browser.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.set_content(f"<style>body {{ --md-mermaid-font-family: {FONT}; font: 16px {FONT} }}</style>")
        page.add_script_tag(path=package_file(LIBRARY))
        program = DRAW.read_text(encoding="utf-8")
        drawn: dict[str, tuple[str, str]] = page.evaluate(program, [sources, theme, FONT])
        browser.close()
    return drawn


def readable(svg: str) -> str:
    """The drawing as an image with a name, never so small that its text cannot be read.

    >>> readable('<svg role="graphics-document document" style="max-width: 500.2px;">')
    '<svg role="img" style="max-width:500px;min-width:375px">'
    """

    def widths(found: re.Match[str]) -> str:
        width = float(found[1])
        return f'style="max-width:{width:.0f}px;min-width:{width * SMALLEST:.0f}px"'

    svg = re.sub(r' aria-roledescription="[^"]*"', "", svg)
    svg = svg.replace('"graphics-document document"', '"img"', 1)
    return re.sub(r'style="max-width: ([\d.]+)px;[^"]*"', widths, svg, count=1)


def inline(text: str, drawn: dict[str, str]) -> str:
    """A page with its drawings; the ids in each are its own, also when a page shows one twice."""
    count = itertools.count()

    def drawing(found: re.Match[str]) -> str:
        svg = drawn.get(MermaidDiagram.read(found).source)
        if svg is None:
            return found[0]
        key = svg.partition('id="')[2].partition('"')[0]
        broad = int(svg.partition("max-width:")[2].partition("px")[0]) > PHONE
        button = enlarge(FRENCH.drawing) if broad else ""
        return f'<div class="mermaid">{svg.replace(key, f"{key}-{next(count)}")}{button}</div>'

    return MARKED.sub(drawing, text)
