"""A project: where its pages, manifests and transcripts are, and what state each page is in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from preuve.cluster.embedded import recipes
from preuve.errors import (
    ConfigError,
    PageError,
    PreuveError,
    Problems,
    TranscriptError,
    Where,
    raise_all,
    unknown,
)
from preuve.key import key
from preuve.plan import Plan, plan
from preuve.settings import Settings, settings
from preuve.transcript import Transcript, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class State(StrEnum):
    """What a page's transcript is worth."""

    PROSE = "prose"
    """Nothing to play."""
    CURRENT = "current"
    STALE = "stale"
    """The page, a manifest or the cluster asks for another outcome than the one on file."""
    NEVER = "never played"


@dataclass(frozen=True, slots=True)
class Page:
    """A page, its plan, and the transcript on file."""

    name: str
    """Path below docs/."""
    text: str
    plan: Plan
    key: str
    transcript: Transcript | None
    damage: TranscriptError | None = None
    """Why the transcript on file cannot be read."""

    @property
    def seconds(self) -> float:
        """How long its last play took; 0 if there was none."""
        return self.transcript.seconds if self.transcript else 0.0

    @property
    def state(self) -> State:
        """What its transcript is worth."""
        if not any(True for _ in self.plan.actions()):
            return State.PROSE
        if self.damage:
            return State.STALE
        if self.transcript is None:
            return State.NEVER
        return State.CURRENT if self.transcript.key == self.key else State.STALE


@dataclass(frozen=True, slots=True)
class Project:
    """Where things are."""

    root: Path
    """The folder of mkdocs.yml."""
    docs: Path
    bases: tuple[Path, ...]
    """Where pymdownx.snippets looks for files."""
    language: str
    settings: Settings
    cluster: str
    """The cluster's identity as the repository states it, part of every key."""
    nav: tuple[str, ...] = ()
    """The pages in the order in which they are read."""

    @property
    def transcripts(self) -> Path:
        """The folder of the transcripts."""
        return self.root / "transcripts"

    def transcript_path(self, page: str) -> Path:
        """The file of a page's transcript."""
        return self.transcripts / PurePosixPath(page).with_suffix(".txt")

    @property
    def run_path(self) -> Path:
        """The file of the last whole run."""
        return self.transcripts / "run.json"

    def ordered(self, names: Iterable[str]) -> list[str]:
        """The pages in the order in which they are read, those that the nav does not name last."""
        place = {name: n for n, name in enumerate(self.nav)}
        return sorted(names, key=lambda name: (place.get(name, len(place)), name))

    def page(self, name: str, text: str) -> Page:
        """Plan a page, and read its transcript.

        Raises:
            PreuveError: all that is wrong in the page. A damaged transcript is no such error: see
            `Page.damage`.
        """
        planned = plan(name, text, self.bases)
        path = self.transcript_path(name)
        transcript, damage = None, None
        try:
            transcript = read(path, str(path.relative_to(self.root)))
        except TranscriptError as error:
            damage = error
        return Page(name, text, planned, key(planned, self.cluster), transcript, damage)

    def pages(self, names: Iterable[str] | None = None) -> list[Page]:
        """Read and plan pages, all of docs/ unless `names` are given.

        Raises:
            PreuveError: all that is wrong, in all of them.
        """
        texts: dict[str, str] = {}
        problems: list[PreuveError] = []
        for name in self.names() if names is None else names:
            try:
                texts[name] = (self.docs / name).read_text(encoding="utf-8-sig")
            except (UnicodeDecodeError, OSError) as error:
                problems.append(unreadable(name, error))
        return self.read(texts, problems)

    def read(self, texts: Mapping[str, str], problems: Iterable[PreuveError] = ()) -> list[Page]:
        """Plan pages from their texts, by name.

        Raises:
            PreuveError: all that is wrong, in all of them, `problems` included.
        """
        pages, wrong = self.planned(texts)
        raise_all([*problems, *wrong])
        return pages

    def planned(self, texts: Mapping[str, str]) -> tuple[list[Page], list[PreuveError]]:
        """Plan pages from their texts, by name: those that can be, and all that is wrong in the others."""
        pages: list[Page] = []
        problems: list[PreuveError] = []
        for name, text in texts.items():
            try:
                pages.append(self.page(name, text))
            except Problems as error:
                problems.extend(error.errors)
            except PreuveError as error:
                problems.append(error)
        return pages, problems

    def names(self) -> list[str]:
        """The pages of docs/, in order."""
        return sorted(
            path.relative_to(self.docs).as_posix()
            for path in self.docs.rglob("*.md")
            if not path.is_dir()
            and not any(part.startswith(".") for part in path.relative_to(self.docs).parts)
        )

    def name(self, given: str) -> str:
        """The page that a person means: a path below docs/, or from the working directory.

        Raises:
            ConfigError: there is none.
        """
        names = self.names()
        path = PurePosixPath(given)
        if str(path) in names:
            return str(path)
        absolute = Path(given).resolve()
        if absolute.is_relative_to(self.docs.resolve()) and absolute.is_file():
            return absolute.relative_to(self.docs.resolve()).as_posix()
        raise ConfigError(unknown(f"page {given!r}", given, names))


def unreadable(name: str, error: UnicodeDecodeError | OSError) -> PageError:
    """What to tell of a page that is not text, or not there: a link that leads nowhere."""
    if isinstance(error, OSError):
        return PageError(f"this page cannot be read: {error.strerror}", Where(name, 1))
    return PageError(f"not UTF-8 at byte {error.start}: save it as UTF-8", Where(name, 1))


def find(start: Path) -> Project:
    """The project whose mkdocs.yml stands in `start` or above.

    Raises:
        ConfigError: there is none, or it says something that does not fit.
    """
    for folder in (start, *start.parents):
        path = folder / "mkdocs.yml"
        if path.is_file():
            return _read(path)
    raise ConfigError(f"no mkdocs.yml in {start} or above: run preuve inside a MkDocs project")


def _read(path: Path) -> Project:
    try:
        config = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 at byte {error.start}: save it as UTF-8") from None
    config = config if isinstance(config, dict) else {}
    root = path.parent
    docs = root / str(config.get("docs_dir", "docs"))
    if not docs.is_dir():
        raise ConfigError(f"{path} has its pages in {docs}, which is no folder: mend docs_dir")
    theme = config.get("theme")
    return Project(
        root=root,
        docs=docs,
        bases=bases(_extension(config, "pymdownx.snippets"), root),
        language=str(theme.get("language", "en")) if isinstance(theme, dict) else "en",
        settings=(chosen := settings(config.get("extra"), find=partial(whereabouts, path))),
        cluster=identity(chosen),
        nav=tuple(navigated(config.get("nav"))),
    )


def whereabouts(path: Path, *names: str) -> Where | None:
    """Where a YAML file has what some names lead to; None if it stands in another (MkDocs' ``INHERIT``)."""
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    line = 0
    for name in names:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = next(((key, value) for key, value in pairs if key.value == name), None)
        if found is None:
            return None
        line, node = found[0].start_mark.line + 1, found[1]
    return Where(path.name, line)


def navigated(nav: object) -> Iterator[str]:
    """The pages that a `nav` names, in order.

    >>> list(navigated([{"Home": "index.md"}, {"Pods": ["pods/index.md", {"Away": "https://example.org"}]}]))
    ['index.md', 'pods/index.md']
    """
    if isinstance(nav, str) and nav.endswith(".md"):
        yield nav
    elif isinstance(nav, list | dict):
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from navigated(part)


def bases(snippets: Mapping[str, Any], root: Path) -> tuple[Path, ...]:
    """The folders that pymdownx.snippets is given, its own default if none.

    Raises:
        ConfigError: it is given something else.
    """
    given = snippets.get("base_path", ["."])
    if not isinstance(given, str | list | tuple):
        raise ConfigError(f"base_path of pymdownx.snippets: {given!r}: write a folder, or a list of them")
    return tuple(root / str(base) for base in ([given] if isinstance(given, str) else given))


def identity(chosen: Settings) -> str:
    """The cluster's identity as the repository states it: Kubernetes' minor, the recipes of its images."""
    return f"kubernetes {chosen.kubernetes}, images {recipes.load().identity}"


def _extension(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    for entry in config.get("markdown_extensions") or []:
        if isinstance(entry, dict) and isinstance(entry.get(name), dict):
            return dict(entry[name])
    return {}


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml without the Python objects and the variables that its tags name: preuve needs none."""


def _untagged(loader: yaml.Loader, suffix: str, node: yaml.Node) -> object:
    return None


_Loader.add_multi_constructor("", _untagged)
