"""The site as a reader meets it: every page in a real Chromium; each check with a fault it catches."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        Page,
        Request,
        Response,
        ViewportSize,
    )

    Serve = Callable[[Path], AbstractContextManager[str]]
    Check = Callable[["Reading"], Iterator[str]]
    """Tells what is wrong with a page."""
    Build = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
FAULTS = Path(__file__).with_name("faults")
AXE = ROOT / "tests" / "site" / "node_modules" / "axe-core" / "axe.min.js"
LIGHTHOUSE = ROOT / "tests" / "site" / "node_modules" / "lighthouse" / "cli" / "index.js"

HEAVIEST_BYTES = 120 * 1024
MOST_REQUESTS = 28
SLOWEST = {"largest-contentful-paint": 1800, "total-blocking-time": 150}
"""Milliseconds."""
SHAKIEST = {"cumulative-layout-shift": 0.02}
"""A share of the screen."""
PHONE: ViewportSize = {"width": 360, "height": 800}
TABLET: ViewportSize = {"width": 600, "height": 800}
DESK: ViewportSize = {"width": 1280, "height": 800}
WIDTHS = (360, 768, 1280, 1920)
SHEET: ViewportSize = {"width": 718, "height": 1047}
"""A4 at 96 pixels an inch, between margins of a centimetre."""


def settled(context: Browser | BrowserContext, address: str) -> Page:
    """The page, once it is loaded and its scripts have run."""
    page = context.new_page()
    page.goto(address, wait_until="load")
    return page


@dataclass(frozen=True)
class Reading:
    """A page that is open."""

    page: Page
    heard: list[str]
    """What it asked others for, did not find, complained of."""
    sizes: list[float]
    """Bytes of each answer that it got."""


@dataclass(frozen=True)
class Visit:
    """How pages are opened, and what each is checked for while it is open."""

    checks: tuple[Check, ...]
    """In this order: what changes the page, opens its folds say, comes behind what reads it as it was."""
    options: dict[str, Any]
    """Of the browser's context."""
    media: Literal["print"] | None = None
    first: bool = False
    """Whether each page is the first one of its site, of which a browser has nothing yet."""
    files: bool = False
    """Whether the pages are opened as files, as somebody does who was handed the folder."""

    @contextmanager
    def addresses(self, site: Path, serve: Serve) -> Iterator[list[str]]:
        """The pages of a site, where such a reader finds them."""
        if self.files:
            yield [(site / page).as_uri() for page in pages(site)]
        else:
            with serve(site) as base:
                lost = ["404.html"] if (site / "404.html").exists() else []  # its links begin at the root
                yield [base + page for page in [*pages(site), *lost]]

    def problems(self, browser: Browser, addresses: list[str]) -> Iterator[str]:
        """All that the checks find, each behind its page and its check."""
        for some in [[address] for address in addresses] if self.first else [addresses]:
            context = browser.new_context(**self.options)
            tab = Tab(context.new_page(), self)
            for address in some:
                reading = tab.open(address)
                for check in self.checks:
                    yield from (f"{address}: {check.__name__}: {problem}" for problem in check(reading))
            context.close()


class Tab:
    """A browser's tab, in which pages are read one by one: a tab for each would take half as long again.

    Args:
        page: Playwright's.
        visit: how they are opened.
    """

    def __init__(self, page: Page, visit: Visit) -> None:
        self._page = page
        self._visit = visit
        self._heard: list[str] = []
        self._sizes: list[float] = []
        page.on("request", self._ask)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._heard.append(f"throws {error}"))
        page.on("response", self._judge)
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.on("Network.loadingFinished", lambda loaded: self._sizes.append(loaded["encodedDataLength"]))

    def open(self, address: str) -> Reading:
        """Read a page, as if it were the tab's first."""
        self._page.goto("about:blank")  # else the page before goes on while this one is judged
        if size := self._visit.options.get("viewport"):
            self._page.set_viewport_size(size)
        if self._visit.media:
            self._page.emulate_media(media="null")
        self._heard, self._sizes = [], []
        self._page.goto(address, wait_until="load")  # its scripts ran: an idle network may come before that
        if self._visit.first:
            self._page.wait_for_load_state("networkidle")
        if self._visit.media:
            self._page.emulate_media(media=self._visit.media)
        return Reading(self._page, self._heard, self._sizes)

    def _ask(self, asked: Request) -> None:
        if urlsplit(asked.url).hostname not in {"127.0.0.1", None}:
            self._heard.append(f"asks for {asked.url}")

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            self._heard.append(f"says {said.text}")

    def _judge(self, answer: Response) -> None:
        if answer.status >= 400:
            self._heard.append(f"{answer.status} {answer.url}")


def quiet(reading: Reading) -> Iterator[str]:
    """It asks nobody else for anything, finds all that it asks for, and complains of nothing."""
    yield from reading.heard


def accessible(reading: Reading) -> Iterator[str]:
    """The axe rules find nothing, with every fold open."""
    yield from _violations(reading.page, {})


def accessible_on_a_phone(reading: Reading) -> Iterator[str]:
    """Nor there, where the theme has a drawer: on a page of each kind."""
    if urlsplit(reading.page.url).path in KINDS:
        yield from _violations(reading.page, {})


KINDS = {
    f"/{page}.html"
    for page in ("404", "index", "pods/index", "pods/observer", "memo/index", "preuves", "blocks", "drawings")
}
"""Of the course 404, home, a chapter, a lesson, the cheat sheet, the proofs; two of the sample."""


def readable(reading: Reading) -> Iterator[str]:
    """Nor do those that look at colours: all that another palette changes."""
    yield from _violations(reading.page, {"runOnly": {"type": "rule", "values": COLOURS}})


COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules of axe in its category of colours, but for the one that it leaves out unless asked."""


def _violations(page: Page, options: dict[str, Any]) -> Iterator[str]:
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    page.add_script_tag(path=AXE)
    asked = options | {"resultTypes": ["violations"]}  # of what passes, it then tells one node a rule
    for rule in page.evaluate("options => axe.run(options).then(found => found.violations)", asked):
        for node in rule["nodes"]:
            yield f"{rule['id']}: {node['html'][:160]}: {node['failureSummary']}"


def fits_a_phone(reading: Reading) -> Iterator[str]:
    """Nothing but a wide drawing scrolls sideways."""
    width = reading.page.evaluate("document.documentElement.scrollWidth")
    if width > PHONE["width"]:
        yield f"{width} px wide"


def whole_options(reading: Reading) -> Iterator[str]:
    """No option is cut behind its dashes, in what is typed nor in what a file holds."""
    yield from reading.page.evaluate(CUT_OPTIONS)


def uncovered(reading: Reading) -> Iterator[str]:
    """No word stays beneath the buttons of its block, scrolled to its end, nor beneath those of a table."""
    yield from reading.page.evaluate(COVERED)


def light(reading: Reading) -> Iterator[str]:
    """A first visit costs no more than the budget."""
    sizes = reading.sizes
    if sum(sizes) > HEAVIEST_BYTES or len(sizes) > MOST_REQUESTS:
        yield f"{sum(sizes) / 1024:.0f} KiB in {len(sizes)} requests"


def reads_without_scripts(reading: Reading) -> Iterator[str]:
    """Text, outputs and drawings are all there before any program runs."""
    yield from reading.page.evaluate(UNREADABLE)


def no_empty_line(reading: Reading) -> Iterator[str]:
    """No line is broken directly behind its indentation, whatever is folded: it would seem to be two."""
    yield from reading.page.evaluate(EMPTY)


def room_for_words(reading: Reading) -> Iterator[str]:
    """No word begins in the last third of a phone's line because what it stands in is deep."""
    yield from reading.page.evaluate(DEEP)


def enlarges(reading: Reading) -> Iterator[str]:
    """A drawing is offered larger only where there is no room for it."""
    yield from reading.page.evaluate(AS_LARGE)


def prints_whole(reading: Reading) -> Iterator[str]:
    """On a sheet of A4 nothing is cut off, and nothing stays folded."""
    yield from reading.page.evaluate(CUT)


def reads_whole(reading: Reading) -> Iterator[str]:
    """No code, no table is cut at any width; no column that a lesson speaks of is out of sight."""
    for width in WIDTHS:
        reading.page.set_viewport_size({"width": width, "height": 800})
        yield from (f"{width} px: {found}" for found in reading.page.evaluate(UNREAD))


def one_stop_a_block(reading: Reading) -> Iterator[str]:
    """The Tab key passes an executed block with one stop; the arrows go on within it."""
    yield from reading.page.evaluate(STOPS)


def clear_of_arrows(reading: Reading) -> Iterator[str]:
    """No arrow of a drawing crosses a title, no words stand on others; it is within the text and a screen."""
    yield from reading.page.evaluate(CROSSED)


def framed(reading: Reading) -> Iterator[str]:
    """The outline of each thing in a drawing is told from what it stands on at 3:1."""
    yield from reading.page.evaluate(FAINT)


VISITS = {
    "first": Visit((quiet, light, one_stop_a_block), {}, first=True),
    "dark": Visit(
        (clear_of_arrows, framed, uncovered, enlarges, readable),
        {"viewport": DESK, "color_scheme": "dark", "reduced_motion": "reduce"},
    ),
    "phone": Visit((fits_a_phone, whole_options, uncovered, accessible_on_a_phone), {"viewport": PHONE}),
    "finger": Visit((uncovered,), {"viewport": PHONE, "has_touch": True, "is_mobile": True}),
    "still": Visit(
        (framed, accessible, reads_whole),
        {"viewport": DESK, "color_scheme": "light", "reduced_motion": "reduce"},
    ),
    "handed over": Visit((quiet, fits_a_phone), {"viewport": PHONE}, files=True),
    "plain": Visit(
        (reads_without_scripts, no_empty_line, room_for_words),
        {"viewport": PHONE, "java_script_enabled": False},
        files=True,
    ),
    "paper": Visit((prints_whole,), {"viewport": SHEET}, media="print"),
}
"""One for each way of reading; what can be checked on the same page shares it."""


CROSSED = """() => {
  const found = []
  for (const drawing of document.querySelectorAll(".mermaid > svg")) {
    const called = drawing.querySelector("title").textContent
    const { width, height } = drawing.getBoundingClientRect()
    if (width > drawing.parentElement.clientWidth + 1 || height > innerHeight)
      found.push(`${Math.round(width)} by ${Math.round(height)}: ${called}`)
    const words = [...drawing.querySelectorAll(":is(.edgeLabel, .node, .cluster-label) text")]
      .filter(text => text.textContent.trim())
      .map(text => [text.textContent, text.getBoundingClientRect()])
    words.forEach(([text, one], index) => words.slice(index + 1).forEach(([other, two]) => {
      const over = one.left + 1 < two.right && two.left + 1 < one.right
      if (over && one.top + 2 < two.bottom && two.top + 2 < one.bottom)
        found.push(`${text} over ${other}: ${called}`)
    }))
    for (const title of drawing.querySelectorAll(".cluster-label text")) {
      const { left, right, top, bottom } = title.getBoundingClientRect()
      const within = ({ x, y }) => left < x && x < right && top < y && y < bottom
      for (const arrow of drawing.querySelectorAll(".edgePaths path:not(.edge-thickness-invisible)"))
        for (let along = 0; along < arrow.getTotalLength(); along += 2)
          if (within(arrow.getPointAtLength(along).matrixTransform(arrow.getScreenCTM()))) {
            found.push(`through ${title.textContent}: ${called}`)
            break
          }
    }
  }
  return found
}"""

FAINT = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number)
  const over = ([red, green, blue, alpha = 1], ground) =>
    [red, green, blue].map((channel, index) => channel * alpha + ground[index] * (1 - alpha))
  const light = colour => colour
    .map(channel => channel / 255)
    .map(channel => channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4)
    .reduce((sum, channel, index) => sum + channel * [0.2126, 0.7152, 0.0722][index], 0)
  const page = over(channels(getComputedStyle(document.body).backgroundColor), [255, 255, 255])
  const found = []
  for (const drawing of document.querySelectorAll(".mermaid > svg, .preuve-drawing > svg")) {
    if (!drawing.checkVisibility()) continue
    const frames = [...drawing.querySelectorAll(".cluster > rect")]
      .map(frame => [frame, frame.getBoundingClientRect()])
    const things = ":is(.node, .cluster, .preuve-frame, .preuve-item) > :is(rect, path, polygon, circle)"
    for (const thing of drawing.querySelectorAll(things)) {
      const { stroke } = getComputedStyle(thing)
      if (stroke === "none") continue
      const { left, right, top, bottom } = thing.getBoundingClientRect()
      const grounds = frames
        .filter(([frame, box]) => frame !== thing && box.left <= left && box.right >= right)
        .filter(([, box]) => box.top <= top && box.bottom >= bottom)
        .sort(([, one], [, two]) => two.width * two.height - one.width * one.height)
        .map(([frame]) => channels(getComputedStyle(frame).fill))
      const ground = grounds.reduce((below, fill) => over(fill, below), page)
      const [one, two] = [light(ground), light(over(channels(stroke), ground))]
      const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)
      if (contrast < 3) found.push(`${contrast.toFixed(1)}:1: ${thing.parentElement.textContent}`)
    }
  }
  return found.map(text => text.slice(0, 200))
}"""

UNREAD = """() => {
  const found = []
  const range = document.createRange()
  const right = (part) => {
    const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT)
    let furthest = 0
    while (texts.nextNode()) {
      const text = texts.currentNode
      if (!text.parentElement.checkVisibility()) continue
      for (const word of text.data.matchAll(/\\S+/g)) { // a space may hang over the edge where a line wraps
        range.setStart(text, word.index)
        range.setEnd(text, word.index + word[0].length)
        for (const box of range.getClientRects()) furthest = Math.max(furthest, box.right)
      }
    }
    return furthest
  }
  document.querySelectorAll("details").forEach(fold => { fold.open = true })
  // In another theme, code that is not ours is the theme's own affair.
  const whole = ".preuve code, .md-typeset pre > code, .md-typeset__scrollwrap"
  for (const part of document.querySelectorAll(whole))
    if (part.scrollWidth > part.clientWidth + 1) found.push("cut: " + part.textContent)
  for (const row of document.querySelectorAll(".preuve-row"))
    for (const cell of row.children) {
      const box = cell.getBoundingClientRect()
      if (box.width && right(cell) > box.right + 1) found.push("cut through: " + cell.textContent)
    }
  for (const head of document.querySelectorAll("[data-spoken]")) {
    const column = [...head.parentElement.children].indexOf(head)
    for (const row of head.closest(".preuve-table").children) {
      const cell = row.children[column]
      if (!cell || !row.checkVisibility()) continue
      if (!cell.clientWidth || cell.getBoundingClientRect().right > innerWidth)
        found.push("out of sight: " + cell.textContent)
    }
  }
  return found.map(text => text.slice(0, 200))
}"""

STOPS = """() => {
  const found = []
  for (const block of document.querySelectorAll(".preuve")) {
    const stops = [...block.querySelectorAll("a[href], button, [tabindex]")]
    const count = stops.filter(stop => stop.tabIndex >= 0).length
    if (count > 1) found.push(count + " stops: " + block.textContent)
  }
  return found.map(text => text.slice(0, 200))
}"""

CUT = """() => {
  const found = []
  for (const part of document.querySelectorAll("article *")) {
    const { overflowX } = getComputedStyle(part)
    if (overflowX !== "visible" && part.checkVisibility() && part.scrollWidth > part.clientWidth + 1)
      found.push("cut: " + part.outerHTML)
  }
  for (const fold of document.querySelectorAll("article details > :not(summary)"))
    if (!fold.checkVisibility({ contentVisibilityAuto: true })) found.push("folded: " + fold.outerHTML)
  if (document.documentElement.scrollWidth > innerWidth) found.push("wider than the sheet")
  return found.map(text => text.slice(0, 200))
}"""

COVERED = """() => {
  const found = []
  const range = document.createRange()
  document.querySelectorAll("details").forEach(fold => { fold.open = true })
  for (const buttons of document.querySelectorAll("article pre > .md-code__nav")) {
    const code = buttons.parentElement.querySelector("code")
    const { left, right, bottom } = buttons.getBoundingClientRect()
    code.scrollLeft = code.scrollWidth
    for (const words = document.createTreeWalker(code, NodeFilter.SHOW_TEXT); words.nextNode(); ) {
      range.selectNodeContents(words.currentNode)
      const beneath = box => box.top < bottom && box.right > left + 1 && box.left < right
      if (words.currentNode.data.trim() && [...range.getClientRects()].some(beneath))
        found.push("covered: " + words.currentNode.data)
    }
  }
  for (const button of document.querySelectorAll("article td > .preuve-copy")) {
    const { left, right, top, bottom } = button.getBoundingClientRect()
    const words = document.createTreeWalker(button.parentElement, NodeFilter.SHOW_TEXT)
    while (words.nextNode()) {
      range.selectNodeContents(words.currentNode)
      const beneath = box => box.top < bottom && box.bottom > top && box.right > left + 1 && box.left < right
      if (words.currentNode.data.trim() && [...range.getClientRects()].some(beneath))
        found.push("covered: " + words.currentNode.data)
    }
  }
  const seen = [] // by line; no cell of a column that gave way, nothing below a fold
  const text = document.querySelector("article") ?? document.body
  const words = document.createTreeWalker(text, NodeFilter.SHOW_TEXT)
  while (words.nextNode()) {
    const { data, parentElement } = words.currentNode
    if (!data.trim() || !parentElement.checkVisibility() || parentElement.closest(".preuve-bar")) continue
    const cell = parentElement.closest(".preuve-row > span")
    if (cell && !(cell.clientWidth && cell.clientHeight)) continue
    const folded = parentElement.closest(".preuve-output")?.getBoundingClientRect().bottom ?? Infinity
    range.selectNodeContents(words.currentNode)
    for (const box of range.getClientRects()) if (box.top < folded) seen.push([data, box])
  }
  for (const bar of document.querySelectorAll("article .preuve-bar")) {
    const { left, right, top, bottom } = bar.getBoundingClientRect()
    for (const [text, box] of seen)
      if (box.top + 1 < bottom && box.bottom > top + 1 && box.right > left + 1 && box.left < right)
        found.push("covered: " + text)
  }
  return found.map(text => text.slice(0, 200))
}"""

CUT_OPTIONS = """() => {
  const found = []
  const range = document.createRange()
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  document.querySelectorAll("details").forEach(fold => { fold.open = true })
  while (words.nextNode()) {
    const { data, parentElement } = words.currentNode
    const typed = parentElement.closest("pre > code") && !parentElement.closest(".preuve-output")
    if (!typed || !parentElement.checkVisibility()) continue
    for (const option of data.matchAll(/(?<![^\\s"'])--?[a-z]/g)) {
      range.setStart(words.currentNode, option.index)
      range.setEnd(words.currentNode, option.index + option[0].length)
      const tops = Array.from(range.getClientRects(), box => Math.round(box.top))
      if (new Set(tops).size > 1) found.push("cut: " + data)
    }
  }
  return found.map(text => text.slice(0, 200))
}"""

EMPTY = """() => {
  const found = []
  const range = document.createRange()
  document.querySelectorAll("details").forEach(fold => { fold.open = true })
  for (const code of document.querySelectorAll("pre > code")) {
    const parts = [] // each with where it begins
    const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT)
    for (let start = 0; texts.nextNode(); start += texts.currentNode.length)
      parts.push([texts.currentNode, start])
    const top = (at) => {
      const [text, start] = parts.findLast(([, start]) => start <= at)
      range.setStart(text, at - start)
      range.setEnd(text, at - start + 1)
      return range.getClientRects()[0]?.top
    }
    for (const line of code.textContent.matchAll(/^([$>] )? +(?=\\S)/gm))
      if (top(line.index + line[0].length) > top(line.index) + 2)
        found.push("empty: " + code.textContent.slice(line.index).split("\\n")[0])
  }
  return found.map(text => text.slice(0, 200))
}"""

DEEP = """() => {
  const found = []
  const range = document.createRange()
  document.querySelectorAll("details").forEach(fold => { fold.open = true })
  for (const code of document.querySelectorAll("pre > code")) {
    const { left, width } = code.getBoundingClientRect()
    const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT)
    let line = "" // what it holds so far
    while (texts.nextNode()) {
      const text = texts.currentNode
      for (const { 0: part, index } of text.data.matchAll(/\\n| +|[^ \\n]+/g)) {
        if (/[^\\s~^]/.test(part) && line && !line.trim()) {
          range.setStart(text, index)
          range.setEnd(text, index + 1)
          if (range.getBoundingClientRect().left > left + width * 2 / 3) found.push("deep: " + part)
        }
        line = part == "\\n" ? "" : line + part
      }
    }
  }
  return found.map(text => text.slice(0, 200))
}"""

AS_LARGE = """async () => {
  const frame = () => new Promise(requestAnimationFrame)
  document.querySelectorAll("details").forEach(fold => { fold.open = true })
  for (let frames = 0; frames < 2; frames++) await frame() // in one it is laid out, and told
  return Array.from(document.querySelectorAll(".preuve-enlarge"))
    .filter(button => button.checkVisibility({ visibilityProperty: true }))
    .map(button => button.parentElement)
    .filter(box => {
      const drawn = box.querySelector(":scope > .preuve-wide") ?? box.querySelector(":scope > svg")
      return drawn.viewBox.baseVal.width <= box.clientWidth
    })
    .map(box => "has room: " + box.querySelector("title").textContent)
}"""

UNREADABLE = """() => {
  const found = []
  const readable = "article :is(h1, p, pre, svg:not(.preuve-drawing > svg), .preuve-note, .preuve-output)"
  const folded = "details:not([open]) > :not(summary), .tabbed-content"
  const seen = { opacityProperty: true, visibilityProperty: true }
  for (const part of document.querySelectorAll(readable)) {
    if (part.matches("pre.mermaid")) found.push("not drawn: " + part.outerHTML)
    if (!part.closest(folded) && !part.checkVisibility(seen)) found.push("hidden: " + part.outerHTML)
    if (part.matches(".preuve-output") && part.scrollHeight > part.clientHeight + 1)
      found.push("cut: " + part.outerHTML)
  }
  for (const drawing of document.querySelectorAll(".preuve-drawing")) {
    const shown = [...drawing.children].filter(layout => layout.checkVisibility(seen))
    if (!drawing.closest(folded) && shown.length !== 1) found.push("not one layout: " + drawing.outerHTML)
  }
  if (!document.querySelector("article h1")) found.push("no title")
  return found.map(text => text.slice(0, 200))
}"""


def swift(address: str) -> Iterator[str]:
    """Lighthouse, on a simulated phone: quick to show, quick to answer."""
    yield from _over(_lighthouse(address, "--only-categories=performance"), SLOWEST)


def steady(address: str) -> Iterator[str]:
    """Lighthouse, on a simulated phone: nothing jumps, and the page is open to everyone."""
    report = _lighthouse(address, "--only-categories=accessibility", "--only-audits=cumulative-layout-shift")
    yield from _over(report, SHAKIEST)
    category = report["categories"]["accessibility"]
    if category["score"] != 1:
        refs = (report["audits"][ref["id"]] for ref in category["auditRefs"])
        yield f"accessibility {category['score']}: {[audit['id'] for audit in refs if audit['score'] == 0]}"


def _lighthouse(address: str, *only: str) -> dict[str, Any]:
    chromium = shutil.which("chromium")
    assert chromium
    flags = "--headless --disable-gpu --disable-background-networking" + " --no-sandbox" * (os.geteuid() == 0)
    ran = subprocess.run(
        ["node", LIGHTHOUSE, address, "--output=json", "--quiet", f"--chrome-flags={flags}", *only],
        env=os.environ | {"CHROME_PATH": chromium},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


def _over(report: dict[str, Any], budget: Mapping[str, float]) -> Iterator[str]:
    for audit, most in budget.items():
        value = report["audits"][audit]["numericValue"]
        if value > most:
            yield f"{audit}: {value:.3g}, more than {most}"


def pages(site: Path) -> list[str]:
    """The pages of a site, as its address goes on."""
    found = sorted(str(file.relative_to(site)) for file in site.rglob("*.html") if file.name != "404.html")
    assert found
    return found


@pytest.mark.parametrize("visit", VISITS)
def test_every_page_passes(visit: str, site: Path, browser: Browser, serve: Serve) -> None:
    with VISITS[visit].addresses(site, serve) as addresses:
        assert list(VISITS[visit].problems(browser, addresses)) == []


def heaviest(site: Path) -> str:
    return max(pages(site), key=lambda page: (site / page).stat().st_size)


def test_lighthouse_finds_nothing_to_mend(site: Path, serve: Serve) -> None:
    """On the pages that differ most; axe reads them all."""
    chosen = {heaviest(site), "index.html", "preuves.html", "blocks.html"} & set(pages(site))
    assert len(chosen) > 1
    with serve(site) as base:
        assert [problem for page in sorted(chosen) for problem in steady(base + page)] == []


def test_a_shaky_and_closed_page_is_caught(serve: Serve) -> None:
    with serve(FAULTS / "slow") as base:
        found = "\n".join(steady(base + "index.html"))
    assert [audit for audit in (*SHAKIEST, "accessibility") if audit not in found] == []


@pytest.mark.speed
def test_the_heaviest_page_is_swift(site: Path, serve: Serve) -> None:
    """In one run of three: what else the machine does can make a page look slow, never quick."""
    with serve(site) as base:
        found: list[str] = []
        for _ in range(3):
            found = list(swift(base + heaviest(site)))
            if not found:
                break
        assert found == []


@pytest.mark.parametrize(
    ("visit", "check", "fault"),
    [
        ("first", quiet, "asks-elsewhere"),
        ("first", quiet, "throws"),
        ("first", quiet, "misses-a-file"),
        ("still", accessible, "unnamed-button"),
        ("phone", accessible_on_a_phone, "unnamed-drawer"),
        ("dark", readable, "pale-in-the-dark"),
        ("phone", fits_a_phone, "too-wide"),
        ("handed over", fits_a_phone, "too-wide"),
        ("handed over", quiet, "misses-a-file"),
        ("phone", whole_options, "cut-behind-dashes"),
        ("phone", uncovered, "covered-by-a-button"),
        ("dark", uncovered, "covered-by-a-button"),
        ("finger", uncovered, "covered-by-a-bar"),
        ("first", light, "too-heavy"),
        ("plain", reads_without_scripts, "undrawn"),
        ("plain", reads_without_scripts, "shown-by-a-script"),
        ("plain", no_empty_line, "breaks-behind-its-indentation"),
        ("plain", room_for_words, "deep-indentation"),
        ("dark", enlarges, "enlarges-nothing"),
        ("still", reads_whole, "cut-answer"),
        ("still", reads_whole, "cut-table"),
        ("still", reads_whole, "cut-through-a-word"),
        ("still", reads_whole, "hides-what-it-speaks-of"),
        ("first", one_stop_a_block, "many-stops"),
        ("dark", clear_of_arrows, "crossed-title"),
        ("still", framed, "faint-frame"),
        ("dark", framed, "faint-frame"),
        ("paper", prints_whole, "cut-on-paper"),
        ("paper", prints_whole, "folded-on-paper"),
    ],
)
def test_a_fault_is_caught(
    visit: str, check: Check, fault: str, browser: Browser, serve: Serve, tmp_path: Path
) -> None:
    """A check that finds nothing here, where its visit makes it, would find nothing anywhere."""
    shutil.copytree(FAULTS / fault, tmp_path, dirs_exist_ok=True)
    if fault == "too-heavy":
        (tmp_path / "heavy.bin").write_bytes(os.urandom(HEAVIEST_BYTES))
    with VISITS[visit].addresses(tmp_path, serve) as addresses:
        found = list(VISITS[visit].problems(browser, addresses))
    assert [problem for problem in found if f": {check.__name__}: " in problem]


@pytest.mark.speed
def test_a_slow_page_is_caught(serve: Serve, tmp_path: Path) -> None:
    shutil.copytree(FAULTS / "slow", tmp_path, dirs_exist_ok=True)
    (tmp_path / "heavy.js").write_text(f"// {os.urandom(400_000).hex()}", encoding="ascii")
    with serve(tmp_path) as base:
        found = "\n".join(swift(base + "index.html"))
    assert [audit for audit in SLOWEST if audit not in found] == []


@pytest.fixture
def blocks(sample: Path, browser: Browser, serve: Serve) -> Iterator[Page]:
    """The sample's page of executed blocks, as a pointer and a keyboard see it."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    with serve(sample) as base:
        yield settled(context, base + "blocks.html")
    context.close()


@pytest.mark.parametrize(
    ("block", "number", "command"),
    [
        ("cmd-kubectl-apply", 0, "kubectl apply -f pod-definition.yml"),
        ("cmd-kubectl-apply", 1, "kubectl get pods -o wide"),
        ("cmd-cat", 0, 'cat <<EOF > note.txt\nun\ndeux "trois" $HOME\nEOF'),
    ],
)
def test_copying_takes_one_command_alone(blocks: Page, block: str, number: int, command: str) -> None:
    copy = blocks.locator(f"#{block} .preuve-copy").nth(number)
    copy.click()
    blocks.get_by_role("button", name="Copié").wait_for()
    assert blocks.evaluate("navigator.clipboard.readText()") == command


def test_a_page_that_came_over_plain_http_copies_too(blocks: Page) -> None:
    """A browser has no clipboard for it but the old one."""
    blocks.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
    blocks.locator("#cmd-kubectl-apply .preuve-copy").first.click()
    blocks.get_by_role("button", name="Copié").wait_for()
    blocks.evaluate("delete navigator.clipboard")
    assert blocks.evaluate("navigator.clipboard.readText()") == "kubectl apply -f pod-definition.yml"


def test_the_arrows_walk_through_a_block(blocks: Page) -> None:
    """Its one stop is where one was last: commands to copy, marks, which say what they are, buttons."""
    tooltip = blocks.get_by_role("tooltip")
    blocks.locator("#cmd-kubectl-apply .preuve-copy").first.focus()
    blocks.keyboard.press("ArrowRight")
    blocks.keyboard.press("ArrowRight")
    tooltip.filter(has_text="âge").wait_for()
    blocks.keyboard.press("ArrowRight")
    tooltip.filter(has_text="adresse IP").wait_for()
    blocks.keyboard.press("Escape")
    tooltip.wait_for(state="hidden")
    blocks.keyboard.press("Shift+Tab")
    blocks.keyboard.press("Tab")
    tooltip.filter(has_text="adresse IP").wait_for()


def test_a_mark_says_what_it_is_to_a_finger(sample: Path, browser: Browser, serve: Serve) -> None:
    context = browser.new_context(has_touch=True, is_mobile=True, viewport=PHONE)
    with serve(sample) as base:
        page = settled(context, base + "blocks.html")
        page.locator("#cmd-kubectl-apply .preuve-mark", has_text="worker1").first.tap()
        note = page.get_by_role("tooltip").filter(has_text="nœud")
        note.wait_for()
        assert note.evaluate("note => getComputedStyle(note).backgroundColor").startswith("rgb(")
    context.close()


def test_a_long_output_unfolds_and_folds(blocks: Page) -> None:
    """And the keyboard stays where it was."""
    output = blocks.locator("#cmd-describe .preuve-output")
    height = "output => output.clientHeight"
    before = output.evaluate(height)
    output.get_by_role("button", name="Tout afficher (60 lignes)").click()
    assert output.evaluate(height) > 3 * before
    output.locator(":focus", has_text="Réduire").click()
    assert output.evaluate(height) == before


def test_the_keyboard_opens_no_fold(blocks: Page) -> None:
    """It passes what is folded: the first mark after those of the head is none of its stops."""
    block = blocks.locator("#cmd-describe")
    height = "block => block.clientHeight"
    before = block.evaluate(height)
    block.locator(".preuve-copy").focus()
    for _ in range(12 + 1):
        blocks.keyboard.press("ArrowRight")
    assert block.get_by_role("button", name="Tout afficher").evaluate("button => button.matches(':focus')")
    assert block.evaluate(height) == before


def test_the_search_of_the_browser_opens_the_fold(blocks: Page) -> None:
    """`beforematch` is what it says first."""
    rest = blocks.locator("#cmd-describe .preuve-rest")
    assert rest.get_attribute("hidden") == "until-found"
    rest.evaluate("rest => rest.dispatchEvent(new Event('beforematch', { bubbles: true }))")
    assert rest.get_by_text("10.244.1.60").is_visible()


def test_columns_that_gave_way_can_be_seen(sample: Path, browser: Browser, serve: Serve) -> None:
    """On a phone; where all have room, there is no button."""
    context = browser.new_context(viewport=PHONE)
    width = "cell => cell.getBoundingClientRect().width"
    with serve(sample) as base:
        page = settled(context, base + "blocks.html")
        block = page.locator("#cmd-kubectl-apply")
        row = block.locator(".preuve-row").nth(1).locator("> span")
        assert [row.nth(n).evaluate(width) > 0 for n in range(9)] == [n in {0, 6} for n in range(9)]
        block.get_by_role("button", name="Toutes les colonnes (9)").click()
        assert [row.nth(n).evaluate(width) > 0 for n in range(9)] == 9 * [True]
        assert list(page.evaluate(UNREAD)) == []
        page.set_viewport_size({"width": 1920, "height": 800})
        page.locator("details", has=page.locator("#cmd-kubectl-get-rs")).locator("summary").click()
        fits = page.locator("#cmd-kubectl-get-rs .preuve-columns")
        assert fits.evaluate("button => button.offsetHeight") == 0
    context.close()


def test_a_link_into_a_fold_leads_to_its_block(sample: Path, browser: Browser, serve: Serve) -> None:
    context = browser.new_context(viewport=DESK)
    with serve(sample) as base:
        page = settled(context, base + "blocks.html#cmd-kubectl-get-rs")
        box = page.locator("#cmd-kubectl-get-rs").bounding_box()
        assert box
        assert 0 < box["y"] < 400
    context.close()


@pytest.mark.parametrize("script", [True, False])
def test_an_answer_is_picked_and_judged(
    sample: Path, browser: Browser, serve: Serve, *, script: bool
) -> None:
    """With the keyboard, and without a script: what is right is not seen before, nor is what happens."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=script)
    with serve(sample) as base:
        page = context.new_page()
        page.goto(base + "blocks.html")
        question = page.locator(".admonition.question")
        choices = question.locator("details.choix > summary")
        happens = question.locator("#cmd-predicted")
        assert question.inner_text().count("Non.") + question.inner_text().count("Oui.") == 0
        assert not happens.is_visible()
        choices.nth(0).focus()
        for key in ("Enter", "Tab", "Space"):
            page.keyboard.press(key)
        said = [choices.nth(n).locator("xpath=..").inner_text() for n in range(3)]
        assert ["Non." in said[0], "Oui." in said[1], "Non." in said[2]] == [True, True, False]
        question.locator("details.reponse > summary").click()
        assert happens.is_visible()
    context.close()


def test_a_replay_keeps_the_text_and_ends(blocks: Page) -> None:
    block = blocks.locator("#cmd-kubectl-apply")
    text = "block => block.querySelector('code').textContent"
    before = block.evaluate(text)
    block.hover()
    block.get_by_role("button", name="Rejouer").click()
    assert block.locator(".preuve-coming").count() == 1
    assert block.evaluate(text) == before
    block.locator(".preuve-coming, .preuve-waiting").first.wait_for(state="detached")
    block.get_by_role("button", name="Rejouer").wait_for()


def test_a_drawing_is_compared_with_the_one_before_it(sample: Path, browser: Browser, serve: Serve) -> None:
    """In its place, and back; only with one of the same kinds, and nothing beneath it moves."""
    statuses = """() => [...document.querySelectorAll('#drawing-3 > svg')]
        .filter(picture => picture.checkVisibility())
        .map(picture => [...picture.querySelectorAll('.preuve-status')].map(status => status.textContent))"""
    with serve(sample) as base:
        page = settled(browser, base + "drawings.html")
        assert page.locator(".preuve-before").count() == 1
        button = page.get_by_role("button", name="Voir l’état précédent")
        drawing = page.locator("#drawing-3")
        now, height = page.evaluate(statuses), drawing.evaluate("one => one.offsetHeight")
        assert now == [["2/2", "Running", "Running"]]
        button.focus()
        page.keyboard.press("Enter")
        assert page.evaluate(statuses) == [["0/1", "ContainerCreating"]]
        assert drawing.evaluate("one => one.offsetHeight") == height
        back = page.get_by_role("button", name="Revenir à cet état")
        assert back.evaluate("one => one === document.activeElement")
        back.click()
        assert page.evaluate(statuses) == now
        button.click()
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(statuses) == now
        page.close()


@pytest.mark.parametrize("drawing", ["drawings.html#drawing-4", "diagrams.html#large"])
def test_a_drawing_is_seen_as_large_as_it_was_drawn(
    drawing: str, sample: Path, browser: Browser, serve: Serve
) -> None:
    """On a phone: by a key, by a finger, over the page, which then is as it was; on a desk it already is."""
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    with serve(sample) as base:
        page = settled(context, base + drawing.partition("#")[0])
        box = page.locator(LARGE[drawing])
        before = box.evaluate(PLACES)
        button = box.get_by_role("button", name="Agrandir")
        button.focus()
        page.keyboard.press("Enter")
        dialog = page.locator("dialog")
        assert dialog.get_by_role("button", name="Fermer").evaluate("one => one === document.activeElement")
        picture = dialog.locator("svg:visible")
        drawn = "svg => svg.viewBox.baseVal.width"
        assert picture.evaluate("svg => svg.clientWidth") == pytest.approx(picture.evaluate(drawn), abs=1)
        assert dialog.locator("> div").evaluate("one => one.scrollWidth > one.clientWidth")
        page.keyboard.press("Tab")
        assert dialog.locator("> div").evaluate("one => one === document.activeElement")
        page.add_script_tag(path=AXE)
        found = page.evaluate("axe.run('dialog')")["violations"]
        assert [node["failureSummary"] for rule in found for node in rule["nodes"]] == []
        page.keyboard.press("Escape")
        dialog.wait_for(state="detached")
        assert button.evaluate("one => one === document.activeElement")
        box.locator("svg:visible").tap()
        dialog.get_by_role("button", name="Fermer").tap()
        dialog.wait_for(state="detached")
        assert box.evaluate(PLACES) == before
        page.set_viewport_size(DESK)
        assert not button.is_visible()
        box.locator("svg:visible").click()
        assert dialog.count() == 0
    context.close()


LARGE = {"drawings.html#drawing-4": "#drawing-4", "diagrams.html#large": "#large + .mermaid"}
PLACES = """box => [
  box.scrollLeft,
  box.offsetHeight,
  ...Array.from(document.querySelectorAll("article *"), one => one.tagName + one.id),
]"""


def test_a_drawing_that_a_phone_shows_whole_offers_no_more(
    sample: Path, browser: Browser, serve: Serve
) -> None:
    """A button that changes nothing is one more thing to pass."""
    context = browser.new_context(viewport=PHONE)
    with serve(sample) as base:
        page = settled(context, base + "drawings.html")
        offered = page.locator(".preuve-drawing:has(> .preuve-enlarge)")
        assert offered.evaluate_all("all => all.map(one => one.id)") == ["drawing-4"]
    context.close()


def stop_the_clock(page: Page) -> None:
    """From now on the page's time passes when a test says so."""
    page.clock.install(time=datetime(2026, 11, 26, tzinfo=UTC))
    page.clock.pause_at(datetime(2026, 11, 27, tzinfo=UTC))


def test_a_replay_keeps_the_pace_of_the_cluster(blocks: Page) -> None:
    """Each answer comes after the time that it took, 210 ms, then 2320, and 600 to read its command."""
    block = blocks.locator("#cmd-kubectl-apply")
    coming, waiting = block.locator(".preuve-coming"), block.locator(".preuve-waiting")
    stop_the_clock(blocks)
    block.get_by_role("button", name="Rejouer").focus()
    blocks.keyboard.press("Enter")
    blocks.clock.run_for(809)
    assert (coming.count(), waiting.count()) == (1, 1)
    blocks.clock.run_for(1)
    assert (coming.count(), waiting.count()) == (0, 1)
    blocks.clock.run_for(2919)
    assert waiting.count() == 1
    blocks.clock.run_for(1)
    assert waiting.count() == 0


def test_nobody_waits_for_a_minute(blocks: Page) -> None:
    """An answer that took longer comes after five seconds, and the button says so."""
    block = blocks.locator("#cmd-kubectl-wait")
    stop_the_clock(blocks)
    button = block.get_by_role("button", name="Rejouer")
    assert "limitée à 5 s" in (button.get_attribute("title") or "")
    button.focus()
    blocks.keyboard.press("Enter")
    blocks.clock.run_for(5599)
    assert block.locator(".preuve-waiting").count() == 1
    blocks.clock.run_for(1)
    assert block.locator(".preuve-waiting").count() == 0


@pytest.mark.parametrize("key", ["Enter", "Escape"])
def test_a_replay_can_be_stopped(key: str, blocks: Page) -> None:
    block = blocks.locator("#cmd-kubectl-apply")
    stop_the_clock(blocks)
    block.get_by_role("button", name="Rejouer").focus()
    blocks.keyboard.press("Enter")
    blocks.clock.run_for(100)
    assert block.get_by_role("button", name="Tout montrer").is_visible()
    blocks.keyboard.press(key)
    assert block.locator(".preuve-coming, .preuve-waiting").count() == 0
    blocks.clock.run_for(10_000)
    assert block.get_by_role("button", name="Rejouer").is_visible()


def test_a_finger_finds_the_replay_and_nothing_jumps(sample: Path, browser: Browser, serve: Serve) -> None:
    """There is no pointer to hover with; the place of the bar is kept for it before any program runs."""
    context = browser.new_context(has_touch=True, is_mobile=True, viewport=PHONE)
    height = "document.querySelector('#cmd-kubectl-apply').offsetHeight"
    with serve(sample) as base:
        page = settled(context, base + "blocks.html")
        bar = page.locator("#cmd-kubectl-apply .preuve-bar")
        assert bar.evaluate("bar => getComputedStyle(bar).opacity") == "1"
        code = page.locator("#cmd-kubectl-apply .preuve-output").last.bounding_box()
        box = bar.bounding_box()
        assert code
        assert box
        assert box["y"] >= code["y"] + code["height"], "the bar covers the output"
        with_bar = page.evaluate(height)
        page.evaluate("document.querySelectorAll('.preuve-bar').forEach(bar => bar.remove())")
        assert page.evaluate(height) == with_bar
    context.close()


def test_the_bar_hides_no_word(blocks: Page) -> None:
    """It comes while one reads: over the edge of the block, between the text before and the first command."""
    covered = blocks.evaluate(
        """() => {
          document.querySelectorAll("details").forEach(details => { details.open = true })
          const before = document.createRange()
          return [...document.querySelectorAll(".preuve-bar")].filter(bar => {
            const block = bar.closest(".preuve")
            const words = block.querySelector(".preuve-command").getBoundingClientRect()
            const { top, bottom } = bar.getBoundingClientRect()
            const text = block.previousElementSibling?.matches("p") && block.previousElementSibling
            if (text) before.selectNodeContents(text)
            return bottom > words.top || (text && top < before.getBoundingClientRect().bottom)
          }).map(bar => bar.closest(".preuve").id)
        }"""
    )
    assert covered == []


def test_only_what_took_time_is_offered_again(blocks: Page) -> None:
    offered = blocks.locator(".preuve:has(.preuve-replay)").evaluate_all(
        "blocks => blocks.map(block => block.id)"
    )
    assert offered == ["cmd-kubectl-apply", "cmd-kubectl-wait"]


def test_whoever_wants_no_motion_gets_no_replay(sample: Path, browser: Browser, serve: Serve) -> None:
    context = browser.new_context(reduced_motion="reduce")
    with serve(sample) as base:
        page = settled(context, base + "blocks.html")
        assert page.locator(".preuve-replay").count() > 1
        assert not any(button.is_visible() for button in page.locator(".preuve-replay").all())
        bar = page.locator(".preuve[data-slow] .preuve-bar").first
        assert bar.evaluate("bar => getComputedStyle(bar).opacity") == "0"
    context.close()


@pytest.mark.parametrize("site", ["course"], indirect=True)
def test_what_is_beneath_a_block_begins_where_the_text_does(
    site: Path, browser: Browser, serve: Serve
) -> None:
    """On a phone too, where the block itself reaches the edges."""
    left = "part => part.getBoundingClientRect().left"
    context = browser.new_context(viewport=PHONE)
    with serve(site) as base:
        page = settled(context, base + "installer/index.html")
        legend = page.locator("article > .preuve > .preuve-legend")
        assert legend.evaluate(left) == page.locator("article > p").first.evaluate(left)
    context.close()


def test_a_word_is_explained_to_the_keyboard(blocks: Page) -> None:
    """The theme only tells whoever points at it."""
    blocks.locator("article abbr", has_text="Pod").focus()
    blocks.get_by_role("tooltip").filter(has_text="Le plus petit objet").wait_for()


def test_the_keyboard_goes_where_something_is_seen(blocks: Page) -> None:
    """From the top of the page through its blocks: each stop is seen, or its label is."""
    for _ in range(40):
        blocks.keyboard.press("Tab")
        assert blocks.evaluate(LOST) == ""


LOST = """() => {
  const stop = document.activeElement
  const label = stop.matches("input.md-option") ? stop.nextElementSibling : stop.labels?.[0]
  const shown = label ?? stop
  const { width, height } = shown.getBoundingClientRect()
  const seen = width > 0 && height > 0 && shown.checkVisibility({ visibilityProperty: true })
  return seen || stop.matches("body") ? "" : stop.outerHTML
}"""


def test_blocks_are_enriched_after_instant_navigation(sample: Path, browser: Browser, serve: Serve) -> None:
    context = browser.new_context()
    with serve(sample) as base:
        sitemap = (sample / "sitemap.xml").read_text(encoding="utf-8").replace("https://example.org/", base)
        context.route("**/sitemap.xml", lambda route: route.fulfill(body=sitemap, content_type="text/xml"))
        page = settled(context, base + "diagrams.html")
        page.evaluate("window.here = true")
        page.locator(".md-footer__link--prev").click()
        page.locator("#cmd-describe .preuve-unfold").wait_for()
        assert page.evaluate("window.here"), "the whole page was loaded again"
    context.close()


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_the_search_reads_french(scheme: str, sample: Path, browser: Browser, serve: Serve) -> None:
    context = browser.new_context()
    with serve(sample) as base:
        page = settled(
            context, f"{base}diagrams.html" if scheme == "http" else (sample / "diagrams.html").as_uri()
        )
        field = page.locator("input.md-search__input")
        for words in (
            "reseau",
            "réseau",
            "noeud",
            "l'etat",
            "l’état",
            "replicaset",
            "deploiement",
            "controleur",
        ):
            field.click()
            field.fill("")
            field.press_sequentially(words)
            page.locator(".md-search-result__item h1", has_text="Échantillon").wait_for()
            page.keyboard.press("Escape")
    context.close()


@pytest.mark.parametrize("palette", ["light", "dark"])
def test_what_was_found_can_be_read(
    palette: Literal["light", "dark"], sample: Path, browser: Browser, serve: Serve
) -> None:
    """In the list, also where the pointer is, and on the page that one came to from there."""
    context = browser.new_context(color_scheme=palette, reduced_motion="reduce")
    with serve(sample) as base:
        page = settled(context, base + "blocks.html?h=pod+kubectl")
        page.locator("article mark").first.wait_for()
        page.add_script_tag(path=AXE)
        page.locator("input.md-search__input").click()
        page.keyboard.type("pod kubectl")
        page.locator(".md-search-result__item mark").first.wait_for()
        page.locator(".md-search-result__link").first.hover()
        found = page.evaluate("axe.run({ include: ['.md-search', 'article'] })")["violations"]
        assert [node["failureSummary"] for rule in found for node in rule["nodes"]] == []
    context.close()


def test_a_finished_chapter_stays_finished(sample: Path, browser: Browser, serve: Serve) -> None:
    context = browser.new_context(viewport=DESK)
    with serve(sample) as base:
        page = settled(context, base + "blocks.html")
        page.get_by_role("button", name="Marquer cette leçon").click()
        page.goto(base + "index.html")
        page.locator(".md-nav__link[data-done='✓']", has_text="Blocs").wait_for()
        page.goto(base + "blocks.html")
        page.get_by_role("button", name="Leçon terminée", pressed=True).click()
        page.locator(".md-nav__link[data-done='✓']").wait_for(state="detached")
    context.close()


def test_a_wide_drawing_begins_where_it_is_read(
    browser: Browser, serve: Serve, write: Callable[[str], Path], build: Build, tmp_path: Path
) -> None:
    """On a phone: a tree with its root in sight, and what is new if both fit; anything else at its left.

    And so again in a window that has become wider.
    """
    leaves = "".join(f"\n  {{}} --> n{n}[un Pod assez large, {n}]" for n in range(5))
    tree = "TB\n  accTitle: Un arbre\n  root[Racine]" + leaves.replace("{}", "root")
    row = "TB\n  accTitle: Une file" + leaves.replace("{} --> ", "")
    new = "TB\n  accTitle: Du neuf\n  root[Racine]" + leaves.replace("{}", "root") + "\n  class n3 new"
    chain = "LR\n  accTitle: Une suite\n  a[un Pod] --> b[un deuxième] --> c[un troisième] --> d[(fin)]"
    site = tmp_path / "site"
    page = "# Un" + "".join(f"\n\n```mermaid\nflowchart {body}\n```" for body in (tree, new, row, chain))
    done = build(write(page + "\n"), site)
    assert done.returncode == 0, done.stdout
    context = browser.new_context(viewport=PHONE)
    with serve(site) as base:
        opened = settled(context, base + "index.html")
        opened.wait_for_function("document.querySelectorAll('.mermaid[tabindex]').length === 4")
        begins = opened.locator(".mermaid").evaluate_all(BEGINS)
        opened.set_viewport_size(TABLET)
        opened.reload()
        opened.locator(".mermaid[tabindex]").first.wait_for()
        wider = opened.locator(".mermaid").evaluate_all(BEGINS)
        opened.set_viewport_size(PHONE)
        opened.wait_for_function(SAME, arg=begins)
        opened.set_viewport_size(TABLET)
        opened.wait_for_function(SAME, arg=wider)
    context.close()
    (shown, scrolled), (still, further), *others = begins
    assert (shown, scrolled > 0) == (True, True)
    assert (still, further > scrolled) == (True, True)
    assert others == [[True, 0], [True, 0]]


BEGINS = """drawings => drawings.map(drawing => {
  const box = drawing.getBoundingClientRect()
  const first = drawing.querySelector(".node").getBoundingClientRect()
  return [box.left <= first.left && first.right <= box.right, drawing.scrollLeft]
})"""
SAME = f"""begins =>
  JSON.stringify(({BEGINS})([...document.querySelectorAll(".mermaid")])) === JSON.stringify(begins)"""


def test_without_chromium_the_reader_draws(
    browser: Browser, serve: Serve, write: Callable[[str], Path], build: Build, tmp_path: Path
) -> None:
    """The local library does, in the reader's browser, and nobody else is asked."""
    fresh = f"```mermaid\nflowchart TB\n  accTitle: Neuf\n  a[{tmp_path.name}-{os.getpid()}] --> b\n```\n"
    site = tmp_path / "site"
    done = build(write(f"# Un\n\n{fresh}"), site, PATH=str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "no chromium on the PATH: the reader's browser has to draw 1 diagrams" in done.stdout
    context = browser.new_context()
    with serve(site) as base:
        heard = replace(VISITS["first"], checks=(quiet,)).problems(browser, [base + "index.html"])
        assert list(heard) == []
        page = settled(context, base + "index.html")
        page.locator("div.mermaid").wait_for()
        # Its drawing is in a closed shadow root: that it takes a place is all that can be seen of it.
        assert page.locator("div.mermaid").evaluate("drawing => drawing.clientHeight") > 100
    context.close()


PLAIN = """site_name: Nu
theme: {{ name: mkdocs, language: fr }}
docs_dir: {docs}
hooks: [{hook}]
markdown_extensions:
  - admonition
  - attr_list
  - tables
  - pymdownx.details
  - pymdownx.superfences: {{ custom_fences: [] }}
  - pymdownx.tabbed: {{ alternate_style: true }}
"""


def test_a_theme_that_knows_nothing_of_it_shows_blocks_as_well(
    browser: Browser, serve: Serve, build: Build, tmp_path: Path
) -> None:
    """In MkDocs' own: answers whole at every width, marks that explain themselves, a button a command."""
    sample = FAULTS.with_name("sample")
    config = tmp_path / "mkdocs.yml"
    config.write_text(PLAIN.format(docs=sample / "docs", hook=sample / "hook.py"), encoding="utf-8")
    done = build(config, tmp_path / "site")
    assert done.returncode == 0, done.stdout
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    with serve(tmp_path / "site") as base:
        address = base + "blocks/index.html"
        whole = replace(VISITS["still"], checks=(reads_whole,)).problems(browser, [address])
        stops = replace(VISITS["first"], checks=(one_stop_a_block,)).problems(browser, [address])
        assert [*whole, *stops] == []
        page = settled(context, address)
        page.locator("#cmd-kubectl-apply .preuve-copy").nth(1).click()
        assert page.evaluate("navigator.clipboard.readText()") == "kubectl get pods -o wide"
        page.locator("#cmd-kubectl-apply .preuve-mark").first.hover()
        page.get_by_role("tooltip").filter(has_text="âge").wait_for()
    context.close()


@pytest.mark.parametrize("site", ["course"], indirect=True)
def test_the_cheat_sheet_is_filtered_as_one_types(site: Path, browser: Browser, serve: Serve) -> None:
    """By words in any order, with or without accents; a title without a command goes too."""
    context = browser.new_context()
    with serve(site) as base:
        page = settled(context, base + "memo/index.html")
        rows, titles = page.locator("tr:has(td > a > code)"), page.locator("article h2")
        every = (rows.count(), titles.count())
        page.get_by_label("Filtrer les commandes").fill("LOGS kubectl")
        seen = rows.filter(visible=True)
        assert 0 < seen.count() < every[0]
        assert all("logs" in text for text in seen.all_text_contents())
        assert titles.filter(visible=True).count() < every[1]
        page.get_by_label("Filtrer les commandes").fill("")
        assert (rows.filter(visible=True).count(), titles.filter(visible=True).count()) == every
    context.close()


@pytest.mark.parametrize("site", ["course"], indirect=True)
def test_the_keyboard_copies_from_the_cheat_sheet(site: Path, browser: Browser, serve: Serve) -> None:
    """Of a table's buttons one is a stop of the Tab key, the first to be seen; the arrows go to the rest."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    with serve(site) as base:
        page = settled(context, base + "memo/index.html")
        stops = "table => [...table.querySelectorAll('button')].filter(one => one.tabIndex === 0).length"
        table = page.locator("table:has(td > a > code)").first
        assert table.evaluate(stops) == 1
        page.get_by_label("Filtrer les commandes").fill("api-resources")
        assert table.evaluate(stops) == 1
        table.locator("tr:not([hidden]) td > a").first.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        table.get_by_role("button", name="Copié").wait_for()
        commands = table.locator("tr:not([hidden]) td > a > code").all_text_contents()
        assert page.evaluate("navigator.clipboard.readText()") == commands[1]
    context.close()


@pytest.mark.parametrize("site", ["course"], indirect=True)
def test_what_stands_side_by_side_is_found_first(site: Path, browser: Browser, serve: Serve) -> None:
    """In a title, on the cheat sheet, then in the order of the course; the lines that are shown hold it."""
    context = browser.new_context()
    with serve(site) as base:
        page = settled(context, base + "index.html")
        assert found_for(page, "kubectl get")[:2] == ["memo/index.html", "installer/index.html"]
        shown = page.locator(".md-search-result__item > a.md-search-result__link[href*='#']")
        assert shown.count() > 5
        assert [text for text in shown.all_text_contents() if "kubectl get" not in text] == []
        named = found_for(page, "mise à jour")
        assert "deploiements/panne.html" in named[:2]
        assert "memo/index.html" in named[1:4]
    context.close()


def found_for(page: Page, typed: str) -> list[str]:
    """The pages that the search finds, first the first."""
    field = page.locator("input.md-search__input")
    field.fill("")
    field.click()
    page.keyboard.type(typed)
    page.wait_for_function(FOUND, arg=typed.split())
    home = page.evaluate("new URL('.', location.href).href")
    links = page.locator(".md-search-result__item > a.md-search-result__link:first-of-type")
    return [
        (link.get_attribute("href") or "").removeprefix(home).partition("?")[0].partition("#")[0]
        for link in links.all()
    ]


FOUND = """words => {
  const marks = [...document.querySelectorAll(".md-search-result__item mark")]
  const seen = new Set(marks.map(mark => mark.textContent.toLowerCase()))
  return words.filter(word => word.length > 1).every(word => seen.has(word))
}"""
"""Whether what is shown was found for all of these words."""


@pytest.mark.parametrize(
    ("screen", "wanted"),
    [
        (DESK, ("Commencer le cours", "kubectl delete", "disparu", "nouveau")),
        (PHONE, ("Commencer le cours", "Voir les chapitres", "kubectl create", "kubectl get pods")),
    ],
    ids=["desk", "phone"],
)
@pytest.mark.parametrize("site", ["course"], indirect=True)
def test_the_first_screen_says_what_it_is_and_shows_it(
    screen: ViewportSize, wanted: tuple[str, ...], site: Path, browser: Browser, serve: Serve
) -> None:
    """For whom, how long, where the answers are from, where to begin, and a Pod that comes back."""
    context = browser.new_context(viewport=screen)
    with serve(site) as base:
        page = settled(context, base + "index.html")
        for words in ("docker run", "de lecture", "vrai cluster", *wanted):
            seen = page.locator("article").get_by_text(words).filter(visible=True).first.bounding_box()
            assert seen, words
            assert seen["y"] + seen["height"] <= screen["height"], words
    context.close()
