"""Takes the picture of the README, a part of a page as a reader sees it, and draws the share card.

Usage: picture.py SITE WEBP
       picture.py --card LOGO PNG
"""

from __future__ import annotations

import os
import shutil
import sys
from base64 import b64decode, b64encode
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGE = "deploiements/panne.html"
FIRST = "[data-preuve=failed]"
LAST = ".preuve-drawing"
"""The first that comes after `FIRST`."""
MARGIN = 16
SCALE = 1.5
QUALITY = 80
"""Of WebP: its artefacts are not seen in text this large; a PNG takes three times the bytes."""

PART = """([first, last]) => {
  const from = document.querySelector(first)
  const after = (part) => from.compareDocumentPosition(part) & Node.DOCUMENT_POSITION_FOLLOWING
  const to = [...document.querySelectorAll(last)].find(after)
  const [above, below] = [from.getBoundingClientRect(), to.getBoundingClientRect()]
  return { x: above.x, y: above.y + scrollY, width: above.width, height: below.bottom - above.y }
}"""


def take(site: Path, target: Path) -> None:
    """Take the picture."""
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=root)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
        page.goto((site.resolve() / PAGE).as_uri(), wait_until="load")
        page.add_style_tag(content=".headerlink, .md-header, .md-code__nav { visibility: hidden }")
        part = page.evaluate(PART, [FIRST, LAST])
        clip = {
            "x": part["x"] - MARGIN,
            "y": part["y"] - MARGIN,
            "width": part["width"] + 2 * MARGIN,
            "height": part["height"] + 2 * MARGIN,
            "scale": SCALE,
        }
        asked = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip}
        taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
        target.write_bytes(b64decode(taken["data"]))
        browser.close()


CARD = """<style>
  body { margin: 0; background: #3f51b5; color: #fff; font-family: Helvetica, Arial, sans-serif }
  img { position: absolute; top: 130px; left: 80px; width: 120px }
  h1 { position: absolute; top: 290px; left: 80px; margin: 0; font-size: 76px }
  p { position: absolute; top: 400px; left: 80px; margin: 0; font-size: 36px }
</style><img src="data:image/svg+xml;base64,LOGO"><h1>Kubernetes, preuves à l’appui</h1>
<p>Chaque commande a été exécutée sur un vrai cluster.</p>"""
"""1200 by 630: what every service shows whole. No command stands on it: nothing here was run."""


def card(logo: Path, target: Path) -> None:
    """Draw the share card."""
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=root)
        page = browser.new_page(viewport={"width": 1200, "height": 630})
        page.set_content(CARD.replace("LOGO", b64encode(logo.read_bytes()).decode()))
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    if sys.argv[1] == "--card":
        card(*map(Path, sys.argv[2:]))
    else:
        take(*map(Path, sys.argv[1:]))
