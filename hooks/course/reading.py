"""The time that a lesson takes to read, under its title."""

from __future__ import annotations

import re

WORDS_A_MINUTE = 200
"""A careful reader of a technical text; adults read French prose silently at about 195 words a minute
(Trauzettel-Klosinski and Dietz, « Standardized Assessment of Reading Performance », 2012)."""
SECONDS_A_BLOCK = 20
"""To look at a command and its answer, or at a drawing. A guess: nobody reads these word by word."""

LESSON = '<div class="admonition abstract">'
VERSION = '<p class="preuve-version">'
UNREAD = re.compile(
    r'<div class="admonition chez-vous".*?</details>\s*</div>|<details class="example">.*?</details>',
    re.DOTALL,
)
"""What nobody reads to learn: « Chez vous », the same on every page (`course.home`), and « Vérifier », a
script that one runs."""
BLOCK = re.compile(r'<pre\b.*?</pre>|<div class="preuve-drawing".*?</div>', re.DOTALL)
"""A drawing holds its words four times: told and drawn, for a wide screen and for a narrow one."""
TAG = re.compile(r"<[^>]+>")


def minutes(content: str) -> int:
    """How long a page takes, from its HTML.

    >>> minutes("<p>" + "un <em>mot</em> " * 290 + "</p><pre>une sortie</pre>")
    3
    >>> minutes('<div class="preuve-drawing"><svg><desc>' + "un mot " * 290 + "</desc></svg></div>")
    1
    """
    content = UNREAD.sub(" ", content)
    words = len(TAG.sub(" ", BLOCK.sub(" ", content)).split())
    return max(1, round(words / WORDS_A_MINUTE + len(BLOCK.findall(content)) * SECONDS_A_BLOCK / 60))


def on_page_content(content: str, /, **_: object) -> str:
    """Say it under the title of a lesson, which has objectives: the other pages are looked things up in.

    It begins the line that says where the lesson was run; what was not run has no other.
    """
    if LESSON not in content:
        return content
    time = f"{minutes(content)}&nbsp;min de lecture"
    if VERSION in content:
        return content.replace(VERSION, f"{VERSION}{time} · ", 1)
    return content.replace("</h1>", f'</h1>\n<p class="reading-time">{time}</p>', 1)
