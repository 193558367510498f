"""An edition: a site's pages, each with the outputs that a build shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from preuve import proofs
from preuve import run as runs
from preuve.errors import ClusterError, DriftError, PreuveError, Problems, StaleError, Where
from preuve.plan import Proofs
from preuve.project import Page, Project, State
from preuve.render import Look, render
from preuve.settings import Mode
from preuve.transcript import Transcript, rekeyed, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from preuve.plan import Command
    from preuve.run import Run
    from preuve.strings import Strings


class Player(Protocol):
    """Who plays pages."""

    run: Run | None
    """The last play, to its end."""

    def play(self, pages: Sequence[Page]) -> Iterator[tuple[Page, Transcript | PreuveError]]:
        """Play pages, and give each one's outcome as soon as it is known.

        Raises:
            ClusterError: there is no cluster to play on.
        """
        ...


@dataclass(slots=True)
class Edition:
    """What a build shows of each page, and all that went wrong."""

    project: Project
    pages: dict[str, Page] = field(default_factory=dict)
    shown: dict[str, Transcript] = field(default_factory=dict)
    """By page: this build's play, or the transcript on file."""
    stale: set[str] = field(default_factory=set)
    errors: list[PreuveError] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)
    """The pages whose transcript changed."""
    run: Run | None = None
    """This build's, if it played every page; else the one on file."""

    def render(self, name: str, strings: Strings) -> str:
        """A page's Markdown with the outputs in it."""
        page = self.pages[name]
        told = partial(proofs.lines, self, name, words=strings)
        look = Look(strings, stale=name in self.stale, snippets=bool(self.project.bases), proofs=told)
        return render(page.text, page.plan, self.shown.get(name), look)


def prepare(project: Project, pages: Iterable[Page], mode: Mode, player: Player) -> Edition:
    """Bring pages to the state that a build shows: replay, play, compare, as `mode` says.

    Never raises for a page: what is wrong is in `Edition.errors`, and the old outputs, if any, are shown as
    stale.
    """
    edition = Edition(project, {page.name: page for page in pages})
    asked = [page for page in edition.pages.values() if page.state != State.PROSE]
    wanted = [page for page in asked if mode in {Mode.PLAY, Mode.CHECK} or page.state != State.CURRENT]
    for page in asked:
        if page.transcript:
            edition.shown[page.name] = page.transcript
        if page.state != State.CURRENT:
            edition.stale.add(page.name)
    if mode == Mode.REPLAY:
        edition.errors.extend(_cannot_replay(page) for page in wanted)
    elif wanted:
        _play(edition, wanted, mode, player)
    steps = [step for page in edition.pages.values() for step in page.plan.steps]
    if any(isinstance(step, Proofs) and step.part == "run" for step in steps):
        _account(edition, {page.name for page in asked}, mode, player.run)
    return edition


def _account(edition: Edition, asked: set[str], mode: Mode, played: Run | None) -> None:
    """Have the run to show: the one just played if it is whole, which may then be worth recording."""
    project, path = edition.project, edition.project.run_path
    try:
        on_file = edition.run = runs.read(path, str(path.relative_to(project.root)))
        if played is None or played.pages != asked or edition.errors:
            return
        edition.run = played
        news = edition.rewritten or on_file is None or on_file.pages != played.pages
        if news and mode != Mode.CHECK and set(project.names()) <= set(edition.pages):
            runs.write(path, played)
    except PreuveError as error:
        edition.errors.append(error)


def _play(edition: Edition, wanted: Sequence[Page], mode: Mode, player: Player) -> None:
    try:
        for page, outcome in player.play(wanted):
            _take(edition, page, outcome, mode)
    except ClusterError as error:
        played = {page for page in wanted if page.name in edition.shown and page.name not in edition.stale}
        missing = [page for page in wanted if page not in played]
        edition.errors.extend(
            StaleError(f"{page.state}, and it cannot be played now", Where(page.name, 1)) for page in missing
        )
        edition.errors.append(error)


def _take(edition: Edition, page: Page, outcome: Transcript | PreuveError, mode: Mode) -> None:
    if isinstance(outcome, Problems):
        edition.errors.extend(outcome.errors)
    elif isinstance(outcome, PreuveError):
        edition.errors.append(outcome)
    elif mode == Mode.CHECK:
        edition.errors.extend(drift(page, outcome))
        _show(edition, page, outcome)
    else:
        try:
            if record(edition.project, page, outcome):
                edition.rewritten.append(page.name)
        except PreuveError as error:
            edition.errors.append(error)
        _show(edition, page, outcome)


def _show(edition: Edition, page: Page, transcript: Transcript) -> None:
    edition.shown[page.name] = transcript
    edition.stale.discard(page.name)


def _cannot_replay(page: Page) -> PreuveError:
    if page.damage:
        return page.damage
    why = (
        "this page was never played"
        if page.state == State.NEVER
        else "its commands, its manifests or the cluster have changed since it was played"
    )
    return StaleError(
        f"{why}: play it with `preuve play {page.name}` and commit its transcript", Where(page.name, 1)
    )


def record(project: Project, page: Page, played: Transcript) -> bool:
    """Write a page's transcript if its outcome changed by meaning, or Kubernetes; say whether the file did.

    Raises:
        TranscriptError: it cannot be written.
    """
    path = project.transcript_path(page.name)
    old = page.transcript
    if old and same(page, old, played):
        if old.key == played.key:
            return False
        if old.version == played.version:
            played = rekeyed(old, played.key)
    write(path, played)
    return True


def same(page: Page, one: Transcript, other: Transcript) -> bool:
    """Whether two plays of a page came to the same, by meaning."""
    from preuve import compare

    watched = _watched(page)
    return _asked(one, watched) == _asked(other, watched) and compare.same(
        _outputs(one), _outputs(other), unordered=watched
    )


def _asked(transcript: Transcript, watched: frozenset[int]) -> list[tuple[str, int | None]]:
    return [
        (exchange.source, None if number in watched else exchange.exit)
        for number, exchange in enumerate(transcript.exchanges)
    ]


def _outputs(transcript: Transcript) -> list[str]:
    from preuve import diagram

    return [
        diagram.facts(exchange.output) if exchange.drawn else exchange.output
        for exchange in transcript.exchanges
    ]


def _watched(page: Page) -> frozenset[int]:
    """The actions stopped by chance somewhere: only the set of their lines counts, and no exit code."""
    return frozenset(n for n, action in enumerate(page.plan.actions()) if action.options.until)


def drift(page: Page, played: Transcript) -> Iterator[PreuveError]:
    """Each command of a page that no longer answers what the transcript says, with a diff, at its line."""
    from preuve import compare

    old = page.transcript
    if old is None or page.state != State.CURRENT:
        yield _cannot_replay(page)
        return
    actions: list[Command] = list(page.plan.actions())  # type: ignore[arg-type]
    for number, difference in compare.diff(
        _outputs(old), _outputs(played), unordered=_watched(page), public=page.plan.public()
    ):
        action = actions[number]
        yield DriftError(
            f"the cluster no longer answers what this page shows\n    $ {action.source}\n{difference}",
            action.where,
        )
