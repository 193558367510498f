"""A word of code in running text is not cut: a browser would, behind a dash (even between two) or a `?`."""

from __future__ import annotations

import re

LONGEST = 28
"""The letters of the longest word that is kept whole: the narrowest column of a phone has room for it."""

CODE = re.compile(r"(<pre\b.*?</pre>)|(<code>)([^<]*)(</code>)", re.DOTALL)
DASHED = re.compile(
    rf"(?<!\S)(?=\S*[-?])(?:-- )?(?:&\w+;|\S){{2,{LONGEST}}}(?!\S)|(?<!\S)-+[a-z][a-z-]{{,{LONGEST}}}="
)
"""Such a word; of a longer option, its name."""


def on_page_content(content: str, /, **_: object) -> str:
    """Keep the words whole, but for those of a block, which scrolls."""
    return CODE.sub(
        lambda found: found[1] or f"{found[2]}{whole(found[3])}{found[4]}",
        content,
    )


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
