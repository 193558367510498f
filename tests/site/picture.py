"""Takes the picture of the README: a part of a page of the built site, as a reader sees it.

Usage: picture.py SITE WEBP
"""

from __future__ import annotations

import os
import shutil
import sys
from base64 import b64decode
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGE = "deploiements/panne.html"
FIRST = "[data-preuve=failed]"
LAST = ".mermaid"
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


if __name__ == "__main__":
    take(*map(Path, sys.argv[1:]))
