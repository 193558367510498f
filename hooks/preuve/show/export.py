"""A whole docs folder with the outputs in it, for a generator that runs no hooks."""

from __future__ import annotations

import shutil
from importlib import resources
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from preuve.errors import ConfigError
from preuve.page.script import archive, script
from preuve.show.render import archive_path, manifest_path, script_path, transcript_path
from preuve.show.strings import strings
from preuve.transcript import dump

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from preuve.project import Project
    from preuve.show.edition import Edition

MARK = ".preuve"
"""Tells a folder that preuve wrote, and may write again, from one of the user's."""


def files(edition: Edition) -> Iterator[tuple[str, bytes]]:
    """What a site needs beside its own files; site path, content.

    Manifests, scripts, transcripts, style and behaviour.
    """
    remarks = strings(edition.project.language).remarks
    for page in edition.pages.values():
        for file in page.plan.files:
            yield manifest_path(file), file.content
        if played := edition.shown.get(page.name):
            yield script_path(page.name), script(page.plan, remarks).encode()
            yield archive_path(page.name), archive(page.plan, remarks)
            yield transcript_path(page.name), dump(played).encode()
    for asset in resources.files("preuve").joinpath("assets").iterdir():
        yield f"assets/preuve/{asset.name}", asset.read_bytes()


def target(project: Project, folder: Path) -> Path:
    """The real place of a folder that may be written anew.

    Raises:
        ConfigError: it holds what preuve did not write, or the project, or is in what the project is made of,
            or cannot be written.
    """
    real = folder.resolve()
    sources = [path.resolve() for path in (project.docs, project.transcripts)]
    for kept in (*sources, project.root.resolve(), *(base.resolve() for base in project.bases)):
        if kept.is_relative_to(real) or (kept in sources and real.is_relative_to(kept)):
            raise ConfigError(f"{folder} would be emptied, and {kept} is the project's: name another folder")
    if real.exists() and any(real.iterdir()) and not (real / MARK).is_file():
        raise ConfigError(
            f"{folder} is not empty and was not written by preuve: name another folder, or empty it"
        )
    try:
        place = real if real.exists() else real.parent  # it stays: something may be mounted there
        place.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror}: name another folder") from None
    return real


def export(edition: Edition, folder: Path) -> int:
    """Write the docs folder, its pages rendered, to `folder`; returns the number of files.

    Raises:
        ConfigError: as `target`.
    """
    project = edition.project
    folder = target(project, folder)
    folder.mkdir(exist_ok=True)
    _empty(folder)
    (folder / MARK).touch()
    for source in project.docs.iterdir():
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / source.name)
    words = strings(project.language)
    for name in edition.pages:
        (folder / name).write_text(edition.render(name, words), encoding="utf-8")
    for path, content in files(edition):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return sum(path.is_file() for path in folder.rglob("*"))


def _empty(folder: Path) -> None:
    """Take away what is in a folder, the mark last: what is left then can be written anew.

    Raises:
        ConfigError: something of it cannot be taken away: something else is mounted there, say.
    """
    for path in sorted(folder.iterdir(), key=lambda path: path.name == MARK):
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError as error:
            raise ConfigError(f"{path} cannot be removed: {error.strerror}: name another folder") from None
