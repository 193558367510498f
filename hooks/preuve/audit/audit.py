"""An audit: pages of anybody's, played on a disposable cluster, and a verdict on each of their commands.

Nothing is written where the pages are.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.audit import hindrance
from preuve.audit.hindrance import Hindrance, Reason
from preuve.audit.pages import Foreign, read
from preuve.audit.shelf import Shelf, brought
from preuve.audit.verdict import Finding, Played
from preuve.errors import ConfigError, PreuveError, Where, raise_all
from preuve.page.blocks import Block
from preuve.page.options import Options
from preuve.page.plan import Command, Console, File, Plan
from preuve.play.naming import name_of
from preuve.play.schedule import CLUSTER_SCOPED
from preuve.project import DOCUMENTS, Page, Project, unreadable
from preuve.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from preuve.play.player import Player
    from preuve.transcript import Transcript

LIMIT = 30.0
"""Seconds for each command, and for the namespace to come to rest before it: what takes longer is told."""

_WHOLE = re.compile(
    rf"(?:^|\n)\s*kind: *[\"']?(?:{'|'.join(sorted(CLUSTER_SCOPED))}|CertificateSigningRequest)\b"
    r"|\bhostPath:|hostNetwork:|hostPID:|hostPort|privileged: *true|\bnamespace: *(?!default\b)[\w-]+"
    r"|(?:^|\s)(?:-n|--namespace)[= ]\s*(?!default\b|kube-)[\w-]+|set-context|--as[= ]"
    r"|\bcreate (?:clusterrole\w*|priorityclass)\b|kubectl (?:certificate|cordon|uncordon|drain|taint)\b"
    r"|kubectl (?:label|annotate|edit|patch)\b.*\b(?:no|nodes?)\b"
    r"|kubectl (?:delete|create|label|annotate) (?:ns|namespaces?|pv|persistentvolumes?|crd|storageclass)\b"
)
"""What takes more than a namespace: such a page has a cluster of its own."""


@dataclass(frozen=True, slots=True)
class Audited:
    """A page, read, and what of it can be played."""

    page: Foreign
    path: Path
    place: str
    """Its path below the folder that was named."""
    hindrances: Mapping[int, Hindrance]
    """By the number of the command."""
    files: Mapping[int, str]
    """The manifests that a command is given."""
    played: Page

    @property
    def run(self) -> list[int]:
        """The numbers of the commands that are played."""
        return [number for number in range(len(self.page.typed)) if number not in self.hindrances]


def pages(paths: Sequence[Path], manifests: Sequence[Path] = ()) -> list[Audited]:
    """Read pages, folders of them too.

    Args:
        paths: Markdown files, and folders with such.
        manifests: folders with files that the pages name or fetch; those of `paths` always are.

    Raises:
        PreuveError: a path is not there, a page cannot be read.
    """
    found: dict[Path, str] = {}
    """The place of each."""
    problems: list[PreuveError] = []
    for path in paths:
        if path.is_dir():
            below = sorted(
                each
                for each in path.rglob("*")
                if each.name.endswith(DOCUMENTS) and each.is_file() and not _hidden(each.relative_to(path))
            )
            found |= {each: each.relative_to(path).as_posix() for each in below}
            if not below:
                problems.append(ConfigError(f"no Markdown page (*.md) in {path}"))
        elif path.is_file():
            found[path] = path.name
        else:
            problems.append(ConfigError(f"no file or folder {path}"))
    shelf = Shelf(tuple(dict.fromkeys(each for each in (*paths, *manifests) if each.is_dir())))
    audited = []
    for path, place in found.items():
        name = str(path)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (UnicodeDecodeError, OSError) as error:
            problems.append(ConfigError(unreadable(name, error).message, Where(name, 1)))
            continue
        audited.append(_planned(read(name, text), path, place, shelf, text))
    raise_all(problems)
    return audited


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") or part in {"node_modules", "vendor"} for part in path.parts)


def _planned(page: Foreign, path: Path, place: str, shelf: Shelf, text: str) -> Audited:
    hindrances: dict[int, Hindrance] = {}
    fetched: dict[str, bytes] = {}
    commands: dict[int, Command] = {}
    within = ""
    typed = "\n".join(one.source for one in page.typed)
    for number, one in enumerate(page.typed):
        source, files = brought(one.source, shelf)
        fetched |= files
        if within and _is_within(one.source):
            hindrances[number] = Hindrance(Reason.INSIDE, f"typed to what `{within}` opened")
            continue
        within = ""
        if one.unread:
            cause = Reason(one.unread)
            words = {
                Reason.INSIDE: "typed inside of a container",
                Reason.UNREADABLE: "this shell source has no end",
            }
            hindrances[number] = Hindrance(cause, words[cause])
        elif why := hindrance.before(source) or hindrance.unset(source, typed):
            hindrances[number] = why
        else:
            commands[number] = Command(source, one.where, Options(timeout=LIMIT))
        if hindrance.opens(one.source):
            within = one.source.partition("\n")[0]
    sources = [each.source for each in commands.values()]
    named = {file.name: file for file in shelf.files(page, path.parent, sources)}
    named |= {name: File(name, name, content) for name, content in fetched.items()}
    given = {number: _given(each.source, named.values()) for number, each in commands.items()}
    whole = bool(_WHOLE.search("\n".join([*sources, *given.values()])))
    block = Block("console", where=Where(page.name, 1))
    plan = Plan(
        page.name, (Console(block, Options(), tuple(commands.values())),), tuple(named.values()), whole
    )
    return Audited(page, path, place, hindrances, given, Page(page.name, text, plan, "", None))


def _given(source: str, files: Iterable[File]) -> str:
    """The text of the files that a command names, themselves or their folder."""
    named = (
        file
        for file in files
        if file.name in source or ((folder := file.name.rpartition("/")[0]) and folder in source)
    )
    return "\n".join(file.content.decode(errors="replace") for file in named)


def _is_within(source: str) -> bool:
    """Whether a command is for a container's shell, if one is open, and not for the reader's own."""
    return not re.match(r"(?:\w+=\S+ )?(?:kubectl|minikube|docker|gcloud|helm)\b", source)


def project(folder: Path) -> Project:
    """A project in an empty folder: the pages have none, or theirs says nothing of this."""
    return Project(folder, folder, (), "en", Settings(), "")


def audit(
    audited: Sequence[Audited], jobs: int | None = None
) -> Iterator[tuple[Audited, list[Finding] | PreuveError]]:
    """Play pages, and judge their commands; each page's as soon as it is done.

    Raises:
        ClusterError: there is no cluster to play on, or it was lost.
    """
    from preuve.play.player import Player  # noqa: PLC0415 - takes what plays

    by_name = {one.page.name: one for one in audited}
    for one in audited:
        if not list(one.played.plan.actions()):
            yield one, list(Played(one.page.typed, one.hindrances, {}).findings())
    pending = [one.played for one in audited if list(one.played.plan.actions())]
    if not pending:
        return
    with tempfile.TemporaryDirectory(prefix="preuve-audit-") as folder:
        player: Player
        with Player(
            project(Path(folder)), jobs=jobs, perform=lambda session, *page: session.attempt(*page)
        ) as player:
            for page, outcome in player.play(pending):
                one = by_name[page.name]
                yield one, outcome if isinstance(outcome, PreuveError) else judged(one, outcome)


def judged(one: Audited, transcript: Transcript) -> list[Finding]:
    """The verdicts on a page that was played."""
    exchanges = dict(zip(one.run, transcript.exchanges, strict=True))
    namespace = name_of(one.page.name)
    played = Played(one.page.typed, one.hindrances, exchanges, one.files, transcript.values, namespace)
    return list(played.findings())
