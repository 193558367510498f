"""Code that is read whole.

No word of it is cut: a browser would, behind a dash (even between two) or a `?`. In a block, a line that is
too long goes on beneath itself, as far from the left as it began.
"""

from __future__ import annotations

import html
import re

LONGEST = 28
"""The letters of the longest word that is kept whole: the narrowest column of a phone has room for it."""

CODE = re.compile(r"(<pre\b.*?</pre>)|(<code>)([^<]*)(</code>)", re.DOTALL)
DASHED = re.compile(
    rf"(?<!\S)(?=\S*[-?])(?:-- )?(?:&\w+;|\S){{2,{LONGEST}}}(?!\S)|(?<!\S)-+[a-z][a-z-]{{,{LONGEST}}}="
)
"""Such a word; of a longer option, its name."""

WORD = r'<span class="preuve-word">\g<0></span>'
"""It in a block: preuve.css keeps it whole, as in executed commands, if a line has room for it."""

LINE = re.compile(r'(<span id="__span-[\d-]+")>(.*)$', re.MULTILINE)
"""A line of a block."""
TAG = re.compile(r"<[^>]+>")
TEXT = re.compile(r"(?<![^>])[^<]+")
NARROW = 36
"""The letters of a line on the narrowest phone: a longer one goes on."""


def on_page_content(content: str, /, **_: object) -> str:
    """Keep words whole, and say of each long line of a block where it begins."""
    return CODE.sub(
        lambda found: LINE.sub(_begun, found[1]) if found[1] else f"{found[2]}{whole(found[3])}{found[4]}",
        content,
    )


def _begun(line: re.Match[str]) -> str:
    """A line of a block, if it may go on: its words whole as those of a command are, and how deep it begins.

    >>> print(LINE.sub(_begun, '<span id="__span-0-1">    <b>image:</b> registre.example.com/salut</span>'))
    <span id="__span-0-1" style="--depth:4">    <b>image:</b> registre.example.com/salut</span>
    >>> print(LINE.sub(_begun, '<span id="__span-0-1"># À lancer avec <i>"--appendonly"</i> au début'))
    <span id="__span-0-1"># À lancer avec <i><span class="preuve-word">"--appendonly"</span></i> au début
    """
    text = html.unescape(TAG.sub("", line[2])).rstrip()
    if len(text) <= NARROW:
        return line[0]
    depth = len(text) - len(text.lstrip())
    words = TEXT.sub(lambda found: DASHED.sub(WORD, found[0]), line[2])
    style = f' style="--depth:{depth}"' if depth else ""
    return f"{line[1]}{style}>{words}"


def whole(code: str) -> str:
    """Code's HTML, in which each word that has a dash stands by itself, `--` before what it announces.

    >>> whole("kubectl exec NOM -o wide -- COMMANDE")
    'kubectl exec NOM <span>-o</span> wide <span>-- COMMANDE</span>'
    >>> whole("-") + whole("node-role.kubernetes.io/control-plane")
    '-node-role.kubernetes.io/control-plane'
    >>> whole("--from-file=MOT_DE_PASSE=passe.txt")
    '<span>--from-file=</span>MOT_DE_PASSE=passe.txt'
    """
    return DASHED.sub(r"<span>\g<0></span>", code)
