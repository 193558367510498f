"""A project: where its pages, manifests and transcripts are, and what state each page is in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from preuve import mapping, whole
from preuve.cluster import Image, identity, images
from preuve.errors import ConfigError, PageError, PreuveError, TranscriptError, Where, raise_all, unknown
from preuve.mapping import shown
from preuve.page.key import key
from preuve.page.plan import Command, Include, Plan, plan
from preuve.settings import CONFIGURATIONS, Settings, settings
from preuve.transcript import Transcript, misnamed, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import UnionType


DOCUMENTS = (".md", ".markdown", ".mdown", ".mkdn", ".mkd")
"""How the names of pages end, as MkDocs has it."""

KINDS: Mapping[str, tuple[type | UnionType, str]] = {
    "docs_dir": (str, "a folder"),
    "theme": (str | dict, "a name, or names and values"),
    "extra": (dict, "names and values"),
    "nav": (list, "a list"),
    "exclude_docs": (str, "patterns, as in .gitignore"),
    "markdown_extensions": (list | dict, "a list"),
}
"""What may stand under the names of it that are read here, beside nothing. MkDocs refuses the same itself."""


def _left_out(name: str) -> bool:
    """Whether MkDocs leaves a file out, unless told otherwise.

    >>> [_left_out(name) for name in ("pods/index.md", "pods/.x.md", ".git/x.md", "templates/x.md")]
    [False, True, True, True]
    """
    first, *_ = parts = name.split("/")
    return any(part.startswith(".") for part in parts) or (first == "templates" and len(parts) > 1)


def exclusion(given: Any) -> Callable[[str], bool]:  # noqa: ANN401 - MkDocs' class, or what is in the file
    r"""Tell which files of docs/ MkDocs leaves out.

    Args:
        given: what `exclude_docs` says, as it is written or as MkDocs has read it; None if nothing.

    Raises:
        ConfigError: nobody here can read it.

    >>> out = exclusion("/drafts/\n!/templates/")
    >>> [out(name) for name in ("drafts/x.md", "a/drafts/x.md", "templates/x.md", ".x.md")]
    [True, False, False, True]
    """
    if given is None:
        return _left_out
    try:
        from pathspec.gitignore import GitIgnoreSpec  # noqa: PLC0415 - which MkDocs brings
    except ImportError:
        raise ConfigError(
            "exclude_docs takes MkDocs to be read: run `pip install 'preuve[mkdocs]'`"
        ) from None
    own = GitIgnoreSpec.from_lines([".*", "/templates/"])
    return (
        own + (GitIgnoreSpec.from_lines(given.splitlines()) if isinstance(given, str) else given)
    ).match_file


class PageState(StrEnum):
    """What a page's transcript is worth."""

    PROSE = "prose"
    """Nothing to play."""
    CURRENT = "current"
    STALE = "stale"
    """The page, a manifest or the cluster asks for another outcome than the one on file."""
    DAMAGED = "damaged"
    """The transcript on file is not as preuve wrote it, or is another page's."""
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
    def state(self) -> PageState:
        """What its transcript is worth."""
        if not any(True for _ in self.plan.actions()):
            return PageState.PROSE
        if self.damage:
            return PageState.DAMAGED
        if self.transcript is None:
            return PageState.NEVER
        return PageState.CURRENT if self.transcript.key == self.key else PageState.STALE


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
    images: Mapping[str, Image] = field(default_factory=dict)
    """Those that the author adds to the cluster's own, by whole reference; the key of a page that names one
    has its digest."""
    restricted: bool = True
    """Whether pymdownx.snippets shows nothing outside of `bases`."""
    excluded: Callable[[str], bool] = field(default=_left_out, compare=False)
    """Whether MkDocs leaves a file of docs/ out."""

    @property
    def configuration(self) -> Path:
        """The mkdocs.yml."""
        return configured(self.root)

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

    @property
    def repository(self) -> Path:
        """The top of the repository that it is in; its own root if it is in none."""
        return above(self.root, ".git") or self.root

    def in_repository(self, path: str) -> str:
        """The path, from the top of the repository, of a file as errors name it: from docs/, or the root."""
        page = self.docs / path
        file = page if page.is_file() else self.root / path
        return Path(os.path.relpath(file, self.repository)).as_posix()

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
        if why := misnamed(name):
            raise PageError(f"this page has a name that {why}: rename it", Where(repr(name)[1:-1], 1))
        planned = plan(name, text, self.bases, restricted=self.restricted)
        keyed = key(planned, self.cluster, {image: one.digest for image, one in self.images.items()})
        path = self.transcript_path(name)
        transcript, damage = None, None
        try:
            found = read(path, str(path.relative_to(self.root)), name)
            if found:
                _believe(found, planned, keyed, Where(str(path.relative_to(self.root)), 1))
            transcript = found
        except TranscriptError as error:
            damage = error
        return Page(name, text, planned, keyed, transcript, damage)

    def pages(self, names: Iterable[str] | None = None) -> list[Page]:
        """Read and plan pages, all of docs/ unless `names` are given.

        Raises:
            PreuveError: all that is wrong, in all of them.
        """
        pages, problems = self.surveyed(names)
        raise_all(problems)
        return pages

    def surveyed(self, names: Iterable[str] | None = None) -> tuple[list[Page], list[PreuveError]]:
        """Read and plan pages, as `pages`: those that can be, and all that is wrong in the others."""
        texts: dict[str, str] = {}
        problems: list[PreuveError] = []
        for name in self.names() if names is None else names:
            try:
                texts[name] = whole.text(self.docs / name, "utf-8-sig")
            except (UnicodeDecodeError, OSError) as error:
                problems.append(unreadable(name, error))
        planned, wrong = self.planned(texts)
        return planned, problems + wrong

    def planned(self, texts: Mapping[str, str]) -> tuple[list[Page], list[PreuveError]]:
        """Plan pages from their texts, by name: those that can be, and all that is wrong in the others."""
        pages: list[Page] = []
        problems: list[PreuveError] = []
        for name, text in texts.items():
            try:
                pages.append(self.page(name, text))
            except PreuveError as error:
                problems.extend(error.each)
        problems.extend(_clashing(pages))
        return pages, problems

    def names(self) -> list[str]:
        """The pages of docs/, in order: what MkDocs takes for pages, drafts included."""
        found = {name for name in _files(self.docs) if name.endswith(DOCUMENTS) and not self.excluded(name)}
        return sorted(name for name in found if _rivals(name).isdisjoint(found))

    def name(self, given: str) -> str:
        """The page that a person means: a path below docs/, or from the working directory.

        Raises:
            ConfigError: there is none.
        """
        names = self.names()
        places = [
            (Path(given).absolute(), self.docs.absolute()),
            (Path(given).resolve(), self.docs.resolve()),
        ]
        meant = [PurePosixPath(given).as_posix()]
        meant += [path.relative_to(docs).as_posix() for path, docs in places if path.is_relative_to(docs)]
        if found := next((name for name in meant if name in names), None):
            return found
        raise ConfigError(unknown(f"page {given!r}", given, names))


def _files(folder: Path) -> Iterator[str]:
    """The files below a folder, behind links to folders too, as for MkDocs, but never in circles."""
    for place, folders, files in os.walk(folder, followlinks=True):
        around = {each.resolve() for each in (Path(place), *Path(place).parents)}
        folders[:] = [each for each in folders if Path(place, each).resolve() not in around]
        yield from (Path(place, file).relative_to(folder).as_posix() for file in files)


def _rivals(name: str) -> set[str]:
    """The pages beside a README, of which MkDocs shows one in its place."""
    path = PurePosixPath(name)
    return {str(path.with_name(f"index{end}")) for end in DOCUMENTS} if path.stem == "README" else set()


def _clashing(pages: Iterable[Page]) -> Iterator[PageError]:
    """Tell of manifests that would stand in one place of the site: who downloads one would get the other."""
    found: dict[PurePosixPath, tuple[str, bytes]] = {}
    for page in pages:
        includes = (step for step in page.plan.steps if isinstance(step, Include))
        for where, file in ((one.block.where, file) for one in includes for file in one.files):
            other, content = found.setdefault(file.published, (str(where), file.content))
            if content != file.content:
                what = f"this manifest and that of {other} are different files, and both are published"
                yield PageError(f"{what} as {file.published}: rename one", where)


def _believe(transcript: Transcript, plan: Plan, key: str, where: Where) -> None:
    """Check what no seal tells.

    Raises:
        TranscriptError: the page whose key this is asks for something else.
    """
    answered = [(one.drawn, one.source, one.exit) for one in transcript.exchanges]
    asked = [
        (
            not isinstance(action, Command),
            action.source,
            one.exit if action.options.until else action.options.exit,
        )
        for action, one in zip(plan.actions(), transcript.exchanges, strict=False)
    ]
    complete = len(answered) == sum(1 for _ in plan.actions())
    if transcript.key == key and not (complete and answered == asked):
        raise TranscriptError(
            "this transcript answers other commands than its page's: play it again with `preuve play`", where
        )


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
    if root := above(start, *CONFIGURATIONS):
        return _read(configured(root))
    raise ConfigError(f"no mkdocs.yml in {start} or above: run preuve inside a MkDocs project")


def above(start: Path, *names: str) -> Path | None:
    """The nearest folder, `start` or one above it, that has something of a name in it; None if none has."""
    around = (start, *start.parents)
    return next((folder for folder in around if any((folder / name).exists() for name in names)), None)


def configured(folder: Path) -> Path:
    """The mkdocs.yml of a folder, there or not; one that ends in .yaml if there is no other."""
    paths = [folder / name for name in CONFIGURATIONS]
    return next((path for path in paths if path.exists()), paths[0])


def configuration(path: Path) -> tuple[dict[object, Any], tuple[Path, ...]]:
    """What a mkdocs.yml says, with what it inherits as for MkDocs; and the files that say so, its own first.

    Raises:
        ConfigError: one of them is not there, is not YAML, or inherits itself.
    """
    said: dict[object, Any] = {}
    files: list[Path] = []
    waiting: Path | None = path
    asked: Where | None = None
    while waiting:
        if waiting in files:
            raise ConfigError("INHERIT: it inherits itself: name another file", asked)
        name = os.path.relpath(waiting, path.parent)
        try:
            own = mapping.read(whole.text(waiting), mapping.ConfigurationLoader)
            inherits, inherited = "INHERIT" in own, own.pop("INHERIT", None)
            said = _over(said, own)
        except mapping.MappingError as error:
            raise ConfigError(f"this is not YAML: {error}", Where(name, error.line)) from None
        except UnicodeDecodeError as error:
            raise ConfigError(f"{waiting} is not UTF-8 at byte {error.start}: save it as UTF-8") from None
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            what = f"INHERIT: {shown(name)}" if asked else name
            raise ConfigError(f"{what} cannot be read: {why}", asked) from None
        except RecursionError:
            raise ConfigError("this is nested without end", Where(name, 1)) from None
        files.append(waiting)
        asked = Where(name, mapping.line(whole.text(waiting), "INHERIT"))
        if inherits and not isinstance(inherited, str):
            raise ConfigError(f"INHERIT: {shown(inherited)}: write a file", asked)
        waiting = Path(os.path.normpath(waiting.parent / inherited)) if inherits else None
    return said, tuple(files)


def _over(upper: Mapping[object, Any], lower: Mapping[object, Any]) -> dict[object, Any]:
    """Two mappings as one; where both have a name, the upper one says what it is.

    >>> _over({"extra": {"a": 1}, "nav": [1]}, {"extra": {"a": 2, "b": 3}, "nav": [2], "theme": "x"})
    {'extra': {'a': 1, 'b': 3}, 'nav': [1], 'theme': 'x'}
    """
    merged = {**lower, **upper}
    for name in upper.keys() & lower.keys():
        if isinstance(upper[name], dict) and isinstance(lower[name], dict):
            merged[name] = _over(upper[name], lower[name])
    return merged


def _read(path: Path) -> Project:
    config, _ = configuration(path)
    root = path.parent
    raise_all(
        [
            ConfigError(f"{name}: {shown(config[name])}: write {wanted}", whereabouts(path, name))
            for name, (kinds, wanted) in KINDS.items()
            if not isinstance(config.get(name), kinds | None)
        ]
    )
    raise_all(list(_misplaced(path, config.get("plugins"))))
    given = config.get("docs_dir")
    docs = root / ("docs" if given is None else given)
    if not docs.is_dir():
        what = f"{path} has its pages in {docs}, which is no folder: mend docs_dir"
        raise ConfigError(what, whereabouts(path, "docs_dir"))
    return stated(path, config, docs, _extension(config, "pymdownx.snippets"), root)


def _misplaced(path: Path, plugins: object) -> Iterator[PreuveError]:
    """Tell of settings that the plugin is given, where MkDocs alone would read them, and refuse them."""
    for entry in plugins if isinstance(plugins, list) else [plugins]:
        given = entry.get("preuve") if isinstance(entry, dict) else None
        for name in given if isinstance(given, dict) else ():
            what = f"plugins.preuve: the settings of preuve are under `extra.preuve`: move {name!r} there"
            yield ConfigError(what, whereabouts(path, "plugins", "preuve", str(name)))


def stated(
    path: Path, config: Mapping[Any, Any], docs: Path, snippets: Mapping[str, Any], base: Path
) -> Project:
    """The project that a configuration states.

    Args:
        path: of mkdocs.yml.
        config: what it says, as it is written or as MkDocs has it.
        docs: the folder of the pages.
        snippets: what pymdownx.snippets is given.
        base: the folder that its paths are relative to.

    Raises:
        ConfigError: all that does not fit.
    """
    theme = config.get("theme")
    _settled(path)
    chosen = settings(config.get("extra"), find=partial(whereabouts, path), root=path.parent)
    return Project(
        root=path.parent,
        docs=docs,
        bases=bases(snippets, base, partial(whereabouts, path)),
        language=language(theme if isinstance(theme, Mapping) else {}),
        settings=chosen,
        cluster=identity(chosen),
        images=images(chosen),
        nav=tuple(navigated(config.get("nav"))),
        restricted=bool(snippets.get("restrict_base_path", True)),
        excluded=exclusion(config.get("exclude_docs")),
    )


def _settled(path: Path) -> None:
    """See that a mkdocs.yml states preuve's settings where they count.

    Raises:
        ConfigError: another `extra` may take their place: YAML takes the last one.
    """
    for file in configuration(path)[1]:
        text = whole.text(file)
        extras = mapping.lines(text, "extra")
        if len(extras) > 1 and mapping.lines(text, "extra", "preuve"):
            what = f"extra stands here and at line {extras[0]}, and the last one alone counts"
            place = Where(os.path.relpath(file, path.parent), extras[-1])
            raise ConfigError(f"{what}: write all of it under one", place)


def language(theme: Mapping[str, Any]) -> str:
    """The site's: Material calls it so, MkDocs' own themes have a locale.

    >>> language({"language": "fr"}), language({"locale": "fr_FR"}), language({})
    ('fr', 'fr_FR', 'en')
    """
    return str(theme.get("language") or theme.get("locale") or "en")


def whereabouts(path: Path, *names: str) -> Where | None:
    """Where a mkdocs.yml, or what it inherits, has what some names lead to; None if none has it."""
    for file in configuration(path)[1]:
        if line := mapping.line(whole.text(file), *names):
            return Where(os.path.relpath(file, path.parent), line)
    return None


def navigated(nav: object) -> Iterator[str]:
    """The pages that a `nav` names, in order.

    >>> list(navigated([{"Home": "index.md"}, {"Pods": ["pods/index.md", {"Away": "https://example.org"}]}]))
    ['index.md', 'pods/index.md']
    """
    waiting, seen = [nav], set[int]()
    while waiting:
        part = waiting.pop()
        if isinstance(part, str) and part.endswith(".md"):
            yield part
        elif isinstance(part, list | dict) and id(part) not in seen:  # YAML's aliases can make it endless
            seen.add(id(part))
            waiting += reversed(list(part.values()) if isinstance(part, dict) else part)


def bases(
    snippets: Mapping[str, Any], root: Path, find: Callable[[str], Where | None] = lambda _: None
) -> tuple[Path, ...]:
    """The folders that pymdownx.snippets is given, its own default if none.

    Raises:
        ConfigError: it is given something else.
    """
    given = snippets.get("base_path", ["."])
    listed = list(given) if isinstance(given, list | tuple) else [given]
    if not all(isinstance(each, str | os.PathLike | None) for each in listed):  # MkDocs' `!relative` too
        what = f"base_path of pymdownx.snippets: {shown(given)}: write a folder, or a list of them"
        raise ConfigError(what, find("markdown_extensions"))
    return tuple(root / str(base) for base in listed)


def _extension(config: Mapping[object, Any], name: str) -> Mapping[str, Any]:
    """What an extension is given: MkDocs takes a list of names, of mappings, or one mapping."""
    given = config.get("markdown_extensions")
    for entry in given if isinstance(given, list) else [given]:
        if isinstance(entry, dict) and isinstance(entry.get(name), dict):
            return dict(entry[name])
    return {}
