"""A search that reads French: « reseau » finds « réseau », « noeud » « nœud », « deploiement » a Deployment.

Material's search leaves words as they are written. Its French module is loaded by name in the reader's
worker, so the site's copy of it gets one more step (search.fr.js), and nothing of it is kept here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

from course import lesson

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.nav import Navigation

MODULE = "assets/javascripts/lunr/min/lunr.fr.min.js"


def on_nav(nav: Navigation, /, *, files: Files, **_: object) -> Navigation:
    """Index the pages in the order of the course, and behind it what is no lesson (see search.fr.js)."""
    for page in sorted(nav.pages, key=lambda page: not lesson(page.file.src_uri)):
        files.remove(page.file)
        files.append(page.file)
    return nav


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """Put our step behind Material's French."""
    theirs = files.get_file_from_path(MODULE)
    if theirs is None:
        raise PluginError(
            f"{MODULE}: Material's French search module is not where hooks/course/search.py looks for it"
        )
    step = Path(__file__).with_name("search.fr.js").read_text(encoding="utf-8")
    files.remove(theirs)
    files.append(File.generated(config, MODULE, content=f"{theirs.content_string}\n{step}"))
    return files
