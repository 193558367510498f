"""The address of a section, as a French reader would spell it: « Sur chaque nœud » is `#sur-chaque-noeud`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown.extensions.toc import slugify

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig


def on_config(config: MkDocsConfig) -> None:
    """Spell the addresses of the headings."""
    config.mdx_configs["toc"]["slugify"] = slug


def slug(heading: str, separator: str) -> str:
    """The address; Markdown's own drops the letters that are two in one.

    >>> slug("Sur chaque nœud", "-"), slug("Œuvre", "-")
    ('sur-chaque-noeud', 'oeuvre')
    """
    for letter, two in {"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae"}.items():
        heading = heading.replace(letter, two)
    return slugify(heading, separator)
