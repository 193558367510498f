"""A whole docs folder with the outputs in it, for a generator that runs no hooks."""

from __future__ import annotations

import shutil
from importlib import resources
from typing import TYPE_CHECKING

from preuve.errors import ConfigError
from preuve.render import manifest_path, script_path
from preuve.script import script
from preuve.strings import strings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from preuve.edition import Edition

MARK = ".preuve"
"""Tells a folder that preuve wrote, and may write again, from one of the user's."""


def files(edition: Edition) -> Iterator[tuple[str, bytes]]:
    """What a site needs beside its own files: manifests, scripts, style and behaviour; site path, content."""
    for page in edition.pages.values():
        for file in page.plan.files:
            yield manifest_path(file), file.content
        if page.name in edition.shown:
            yield script_path(page.name), script(page.plan).encode()
    for asset in resources.files("preuve").joinpath("assets").iterdir():
        yield f"assets/preuve/{asset.name}", asset.read_bytes()


def export(edition: Edition, folder: Path) -> int:
    """Write the docs folder, its pages rendered, to `folder`; returns the number of files.

    Raises:
        ConfigError: the folder holds something that preuve did not write.
    """
    project = edition.project
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise ConfigError(
            f"{folder} is not empty and was not written by preuve: name another folder, or empty it"
        )
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(project.docs, folder)
    (folder / MARK).touch()
    words = strings(project.language)
    for name in edition.pages:
        (folder / name).write_text(edition.render(name, words), encoding="utf-8")
    for path, content in files(edition):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return sum(path.is_file() for path in folder.rglob("*"))
