"""What only the course needs: MkDocs hooks, one a module, and the readers of its French."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from mkdocs.exceptions import PluginError

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

ROOT = Path(__file__).parents[2]
"""The checkout."""

ENGLISH = "en/"
"""The folder of what is not in French."""
APART = ("index.md", "memo/index.md", "preuves.md", "ecrire/", ENGLISH)
"""What is no lesson of the course: the home page, where things are looked up, and the folders for who writes
with preuve."""


def lesson(page: str) -> bool:
    """Whether a page, by its path below docs/, is a lesson: chapters, times and the sheet are about these.

    >>> [lesson(page) for page in ("pods/index.md", "index.md", "ecrire/options.md")]
    [True, False, False]
    """
    return not page.startswith(APART)


def serving() -> bool:
    """Whether this is `mkdocs serve`, where a quick preview counts more than a finished site."""
    context = click.get_current_context(silent=True)
    return context is not None and context.info_name == "serve"


def package_file(path: str) -> Path:
    """A file of an npm package, by its path below node_modules/.

    Raises:
        PluginError: the packages are not installed.
    """
    file = ROOT / "node_modules" / path
    if not file.is_file():
        raise PluginError(f"node_modules/{path} is missing: `make site` installs it, and so does `npm ci`")
    return file


def pages(config: MkDocsConfig) -> list[Path]:
    """The HTML files of the built site, in a fixed order."""
    return sorted(Path(config.site_dir).rglob("*.html"))
