"""A run, drawn: each page a bar over time, under its name. SVG that needs no script and fits any width.

Places are shares of the width, sizes are pixels: text is as large on a phone as on a wall.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preuve.run import Run
    from preuve.show.strings import Strings

ROW = 32
"""Pixels for a name and its bar."""
NAME = 14
"""Where a name stands in its row, and its bar beneath."""
BAR = 8
AXIS = 24
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Seconds between two lines."""
LINES = 6
"""At most; more would not find room for their names on a phone."""


def draw(run: Run, titles: Mapping[str, str], words: Strings) -> str:
    """The run, of at least one page, as SVG on one line; a page without a title is called by its path."""
    rows = [
        (words.cluster_ready, 0.0, run.cluster, "preuve-run-cluster"),
        *(
            (titles.get(turn.page, turn.page), turn.began, turn.seconds, "preuve-run-page")
            for turn in run.turns
        ),
    ]
    longest = max(run.turns, key=lambda turn: turn.seconds)
    story = words.run_story.format(
        cluster=words.duration(run.cluster),
        pages=len(run.turns),
        longest=titles.get(longest.page, longest.page),
        its_duration=words.duration(longest.seconds),
        duration=words.duration(run.seconds),
    )
    height = len(rows) * ROW + AXIS
    marks = "".join(_marks(run.seconds, height))
    bars = "".join(_bar(n, row, run.seconds, words) for n, row in enumerate(rows))
    return (
        f'<svg class="preuve-run" role="img" aria-labelledby="preuve-run-title preuve-run-story" '
        f'width="100%" height="{height}"><title id="preuve-run-title">{escape(words.run_title)}</title>'
        f'<desc id="preuve-run-story">{escape(story)}</desc>{marks}{bars}</svg>'
    )


def _marks(seconds: float, height: int) -> Iterator[str]:
    step = next((step for step in STEPS if seconds / step <= LINES), STEPS[-1])
    for moment in range(0, int(seconds) + 1, step):
        x = _share(moment, seconds)
        anchor = "start" if moment == 0 else "end" if moment / seconds > 0.95 else "middle"
        yield (
            f'<line x1="{x}" x2="{x}" y1="0" y2="{height - AXIS}"/>'
            f'<text class="preuve-run-time" x="{x}" y="{height - 6}" text-anchor="{anchor}">'
            f"{moment // 60}:{moment % 60:02}</text>"
        )


def _bar(number: int, row: tuple[str, float, float, str], whole: float, words: Strings) -> str:
    title, began, seconds, kind = row
    y = number * ROW
    return (
        f'<text x="0" y="{y + NAME}">{escape(title)}</text>'
        f'<text class="preuve-run-time" x="100%" y="{y + NAME}" text-anchor="end">'
        f"{words.duration(seconds)}</text>"
        f'<rect class="{kind}" x="{_share(began, whole)}" y="{y + NAME + 5}" '
        f'width="{_share(seconds, whole)}" height="{BAR}" rx="2"/>'
    )


def _share(seconds: float, whole: float) -> str:
    """A part of the width.

    >>> _share(1, 3)
    '33.33%'
    """
    return f"{100 * seconds / whole:.2f}%"
