"""The address of a section, as a French reader would spell it: « Sur chaque nœud » is `#sur-chaque-noeud`.

Its title has a link to it, for a pointer, to copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown.extensions.toc import slugify

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page


def on_config(config: MkDocsConfig) -> None:
    """Spell the addresses of the headings."""
    config.mdx_configs["toc"]["slugify"] = slug


def on_page_content(content: str, /, page: Page, **_: object) -> str:
    """Leave that link out of the Tab order where the table of contents holds it too: one stop a section."""
    if "toc" in page.meta.get("hide", ()):
        return content
    return content.replace('<a class="headerlink"', '<a class="headerlink" tabindex="-1"')


def slug(heading: str, separator: str) -> str:
    """The address; Markdown's own drops the letters that are two in one.

    >>> slug("Sur chaque nœud", "-"), slug("Œuvre", "-")
    ('sur-chaque-noeud', 'oeuvre')
    """
    for letter, two in {"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae"}.items():
        heading = heading.replace(letter, two)
    return slugify(heading, separator)
