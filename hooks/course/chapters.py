"""The chapters: their numbers and titles in the navigation and on the home page, there with their times.

A folder is a chapter, and its pages are lessons. What the navigation calls a chapter is the title of its
first page, so a title is written once. What is no lesson (`course.lesson`) has no number.
"""

from __future__ import annotations

import html
import logging
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mkdocs.structure.nav import Section
from mkdocs.structure.pages import Page

from course import lesson, serving
from course.reading import minutes
from preuve.show.render import title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.structure.nav import Navigation

log = logging.getLogger("mkdocs.hooks.chapters")

TIME = "<!-- durée -->"
"""What the home page writes where it wants the time of the whole course."""
RUN = "<!-- exécution -->"
"""And where it wants to be told when its example was run: under the title, it would be said of the site."""
RUN_LINE = re.compile(r'(<p class="preuve-version">)E(.*?</p>)\s*', re.DOTALL)
ROW = re.compile(
    r'<td>(?P<a><a href="(?P<link>[^"#]*)">)(?:(?!</a>).)*(?P<rest></a>(?:(?!</tr>).)*?</td>\s*)'
    r"<td(?P<style>[^>]*)></td>",
    re.DOTALL,
)
"""A row of the home page's table whose last cell awaits a time."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the course."""

    number: int
    lessons: tuple[Page, ...]
    """Its first page is the one that the home page links to."""

    @property
    def minutes(self) -> int:
        """The time to read it; known once its pages are rendered."""
        return sum(minutes(page.content or "") for page in self.lessons)


def chapters(nav: Navigation) -> Iterator[tuple[Section | Page, Chapter]]:
    """The chapters in order, each with what stands for it in the navigation."""
    number = 0
    for item in nav.items:
        pages = tuple(item.children) if isinstance(item, Section) else (item,)
        lessons = tuple(page for page in pages if isinstance(page, Page))
        if isinstance(item, (Section, Page)) and lessons and lesson(lessons[0].file.src_uri):
            number += 1
            yield item, Chapter(number, lessons)


def on_nav(nav: Navigation, /, **_: object) -> Navigation:
    """Call each chapter by its number and the title of its first page."""
    for item, chapter in chapters(nav):
        called = title(chapter.lessons[0].file.content_string)
        item.title = f"{chapter.number}. {called}"
    return nav


def on_page_context(_context: object, /, *, page: Page, nav: Navigation, **_: object) -> None:
    """Tell times and titles on the home page, now that every page is rendered."""
    if not page.is_homepage or TIME not in (page.content or ""):
        return
    found = [chapter for _, chapter in chapters(nav)]
    by_address = {each.lessons[0].url: each for each in found}
    listed: set[str] = set()

    def timed(row: re.Match[str]) -> str:
        address = posixpath.normpath(posixpath.join(posixpath.dirname(page.url), row["link"]))
        if (chapter := by_address.get(address)) is None:
            return row[0]
        listed.add(address)
        time = f'<span data-lessons="{len(chapter.lessons)}">{chapter.minutes}&nbsp;min</span>'
        called = html.escape(title(chapter.lessons[0].file.content_string), quote=False)
        return f"<td>{chapter.number}. {row['a']}{called}{row['rest']}<td{row['style']}>{time}</td>"

    whole = sum(chapter.minutes for chapter in found)
    total = f"{len(found)} chapitres et {whole // 60}&nbsp;h&nbsp;{whole % 60:02} de lecture"
    content = ROW.sub(timed, (page.content or "").replace(TIME, total))
    if RUN in content and (line := RUN_LINE.search(content)):
        content = RUN_LINE.sub("", content, count=1).replace(RUN, f"{line[1]}Exemple e{line[2]}")
    page.content = content
    for missing in by_address.keys() - listed:
        log.log(
            logging.INFO if serving() else logging.WARNING, "%s: no row for %s", page.file.src_uri, missing
        )
