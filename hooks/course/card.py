"""What a page says of itself where it is found or shared: its description, made of its objectives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.structure.pages import Page

OBJECTIVES = re.compile(r'^!!! abstract "Objectifs"\n((?:    .*\n|\n)+)', re.MULTILINE)
MARKUP = re.compile(r"[`*]+|\[([^\]]*)\]\([^)]*\)")
ITEM = re.compile(r"^    - (.+)$", re.MULTILINE)


def on_page_markdown(markdown: str, /, *, page: Page, **_: object) -> None:
    """Describe a page that does not do so itself."""
    if objectives := description(markdown):
        page.meta.setdefault("description", objectives)


def description(markdown: str) -> str:
    r"""A lesson's objectives as one line; nothing if it has none.

    >>> description('!!! abstract "Objectifs"\n    - Lire `un`.\n    - Écrire.\n\nTexte\n')
    'Lire un. Écrire.'
    """
    found = OBJECTIVES.search(markdown)
    return " ".join(MARKUP.sub(r"\1", item) for item in ITEM.findall(found[1])) if found else ""
