"""What a page says of itself where it is found or shared: its description, its address, its source.

An address is said if there is one (SITE_URL), and so is where the source is to be read (REPO_URL).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

NOWHERE = "https://example.org/"
"""The address of a site that was given none (mkdocs.yml): its navigation needs one."""

OBJECTIVES = re.compile(r'^!!! abstract "Objectifs"\n((?:    .*\n|\n)+)', re.MULTILINE)
MARKUP = re.compile(r"[`*]+|\[([^\]]*)\]\([^)]*\)")
ITEM = re.compile(r"^    - (.+)$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> None:
    """Read the source on the branch that the forge shows: MkDocs takes every one's for `master`."""
    if config.edit_uri:
        config.edit_uri = config.edit_uri.replace("/master/", "/HEAD/", 1)


def on_page_context(_context: object, /, *, page: Page, config: MkDocsConfig, **_: object) -> None:
    """Claim no address that is nobody's: searchers would look there for the page."""
    if (config.site_url or NOWHERE).startswith(NOWHERE):
        page.canonical_url = None


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
