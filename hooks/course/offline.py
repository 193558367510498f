"""The site to take away: it searches over `file://`, and it can be had as one zip."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

from course import package_file, serving

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

SHIM = "assets/javascripts/iframe-worker-shim.js"
"""A browser starts no worker from a file; this one lives in a frame. Material's offline plugin looks for the
name."""
ZIP = "kubernetes-preuves.zip"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip can hold: the same site makes the same zip."""


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """Add the shim, from its npm package."""
    files.append(File.generated(config, SHIM, abs_src_path=str(package_file("iframe-worker/shim/index.js"))))
    return files


@event_priority(-200)  # after all who still write into the site
def on_post_build(*, config: MkDocsConfig) -> None:
    """Pack the finished site, without the source maps, which only serve whoever mends the theme."""
    if serving():
        return
    site = Path(config.site_dir)
    target = site / ZIP
    target.unlink(missing_ok=True)
    files = sorted(file for file in site.rglob("*") if file.is_file() and file.suffix != ".map")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(f"{target.stem}/{file.relative_to(site)}", EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
