"""Gives the sample what the engine gives a site, without playing its pages: they hold their outputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.config.config_options import ExtraScriptValue
from mkdocs.structure.files import File

from course import ROOT
from preuve.show import fence

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

OURS = {
    "assets/preuve/preuve.css": ROOT / "hooks/preuve/assets/preuve.css",
    "assets/preuve/preuve.js": ROOT / "hooks/preuve/assets/preuve.js",
}


def on_config(config: MkDocsConfig) -> None:
    """Register the formatters, the style and the script."""
    fences = config.mdx_configs["pymdownx.superfences"]["custom_fences"]
    formatter = fence.Formatter("fr")
    for name, drawn in (("console", formatter.format), ("cluster", formatter.draw)):
        fences.append({"name": name, "class": "preuve", "format": drawn, "validator": fence.validator})
    config.extra_css.append("assets/preuve/preuve.css")
    script = ExtraScriptValue("assets/preuve/preuve.js")
    script.defer = True
    config.extra_javascript.append(script)


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """Add the engine's assets and the course's."""
    docs = Path(ROOT, "docs")
    theirs = {str(file.relative_to(docs)): file for file in docs.rglob("assets/**/*") if file.is_file()}
    for path, source in (OURS | theirs).items():
        files.append(File.generated(config, path, abs_src_path=str(source)))
    return files
