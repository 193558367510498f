"""The cheat sheet of the built site."""

from __future__ import annotations

import shlex
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from course.sheet import Pattern, Shape
from preuve.page.verbs import calls

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.site


class Blocks(HTMLParser):
    """What each block of a page that was run copies, by its anchor; and the commands that are links."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.run: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self._target = self._text = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a block, or where a link leads."""
        told = {name: value or "" for name, value in attrs}
        if told.get("data-preuve") in {"executed", "failed"} and "id" in told:
            self.run[told["id"]] = told["data-copy"]
        if tag == "a":
            self._target, self._text = told.get("href", ""), ""

    def handle_data(self, data: str) -> None:
        """Gather a link's text, whatever tags its parts are in."""
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        """Keep a link's command."""
        if tag == "a" and self._text.startswith("kubectl ") and "#cmd-" in self._target:
            self.links[self._text] = self._target


@pytest.mark.parametrize("site", ["course"], indirect=True)
def test_every_command_of_the_sheet_is_run_where_it_says(site: Path) -> None:
    """In the block that the link leads to, and the block was run."""
    memo = site / "memo" / "index.html"
    links = Blocks(memo).links
    assert len(links) > 50
    for command, target in links.items():
        page, _, anchor = target.partition("#")
        copied = Blocks((memo.parent / page).resolve()).run[anchor]
        fits = Pattern(command, "").fits
        assert any(
            fits(Shape.read(words)) or shlex.join(["kubectl", *words]) == command for words in calls(copied)
        ), f"{command} is not in {target}"
