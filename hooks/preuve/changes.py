"""The pages that a change touches, as git tells it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from preuve import cluster, mapping
from preuve.errors import ConfigError
from preuve.page.key import named
from preuve.project import configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preuve.project import Page, Project

LIMIT = 60.0
"""Seconds that git has to compare two trees."""


def touched(project: Project, pages: list[Page], since: str) -> list[Page]:
    """The pages of which something has changed since the working tree left `since` behind, a commit.

    A page's own file counts, its transcript, the manifests that it includes, the files of the author's images
    that it names; all pages are touched by what mkdocs.yml says of preuve and of snippets, by what it
    inherits, and by recipes of images.

    Raises:
        ConfigError: git cannot tell.
    """
    top = Path(_git(project.root, "rev-parse", "--show-toplevel").strip())
    ours = ("diff", "--name-only", "--no-renames", "-z", "--merge-base", since, "--")
    names = _git(top, *ours) + _git(top, "ls-files", "--others", "--exclude-standard", "-z")
    changed = {(top / name).resolve() for name in names.split("\0") if name}
    _, (_, *inherited) = configuration(project.configuration)
    stated = {file.resolve() for file in (*cluster.stated(project.settings), *inherited)}
    if changed & stated or _restated(project, top, since, changed):
        return pages
    changed |= {folder for file in changed for folder in file.parents}  # an image may be a folder
    return [page for page in pages if changed & _made_of(project, page)]


def _made_of(project: Project, page: Page) -> set[Path]:
    files = [base / file.path for base in project.bases for file in page.plan.files]
    files += [path for image in named(page.plan, project.images) for path in project.images[image].paths]
    return {one.resolve() for one in (project.docs / page.name, project.transcript_path(page.name), *files)}


def _restated(project: Project, top: Path, since: str, changed: set[Path]) -> bool:
    """Whether mkdocs.yml says other things of how pages are played."""
    path = project.configuration
    if path.resolve() not in changed:
        return False
    base = _git(top, "merge-base", since, "HEAD").strip()
    try:
        old = _configured(_git(top, "show", f"{base}:{project.in_repository(path.name)}"))
    except (ConfigError, mapping.MappingError):  # it was not there, or was none
        return True
    return _stated(old) != _stated(_configured(path.read_text(encoding="utf-8")))


def _configured(text: str) -> Mapping[object, object]:
    return mapping.read(text, mapping.ConfigurationLoader)


def _stated(config: Mapping[object, object]) -> tuple[object, ...]:
    extra = config.get("extra")
    listed = config.get("markdown_extensions")
    snippets = [each for each in listed if "snippets" in str(each)] if isinstance(listed, list) else listed
    said = extra.get("preuve") if isinstance(extra, dict) else None
    return said, config.get("docs_dir"), snippets, config.get("INHERIT")


def _git(folder: Path, *arguments: str) -> str:
    try:
        asked = subprocess.run(
            ("git", *arguments), cwd=folder, capture_output=True, encoding="utf-8", check=False, timeout=LIMIT
        )
    except FileNotFoundError:
        raise ConfigError("--since asks git, which is not installed") from None
    if asked.returncode:
        raise ConfigError(
            f"--since: git cannot tell what has changed: {asked.stderr.strip()}. "
            "In CI, fetch the whole history (`fetch-depth: 0`, GIT_DEPTH: 0), the branch that you name too"
        )
    return asked.stdout
