"""An edition: a site's pages, each with the outputs that a build shows."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from preuve import run as runs
from preuve.errors import ClusterError, CommandError, DriftError, PreuveError, StaleError, Where
from preuve.page.plan import Proofs
from preuve.play.naming import name_of
from preuve.project import Page, PageState, Project
from preuve.settings import Mode
from preuve.show import proofs
from preuve.show.render import Look, render, unseen
from preuve.transcript import Transcript, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from preuve.meaning import compare
    from preuve.run import Run
    from preuve.show.strings import Strings


EDITED = "a file that this page includes was edited while it was played: play it again"


class PagePlayer(Protocol):
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
    wrong: dict[str, list[PreuveError]] = field(default_factory=dict)
    """By page: what went wrong with it, wherever that points to."""
    elsewhere: list[PreuveError] = field(default_factory=list)
    """What went wrong with none of them."""
    played: dict[str, float] = field(default_factory=dict)
    """The pages that this build played, be it up to a surprise, and the seconds that each took."""
    attempts: dict[str, CommandError] = field(default_factory=dict)
    """By page: what stopped this build's play, which is shown where it happened, and never stored."""
    rewritten: list[str] = field(default_factory=list)
    """The pages whose transcript changed."""
    run: Run | None = None
    """This build's, if it played every page; else the one on file."""

    @property
    def errors(self) -> list[PreuveError]:
        """All that went wrong."""
        return [*chain.from_iterable(self.wrong.values()), *self.elsewhere]

    @property
    def asked(self) -> list[Page]:
        """The pages that have something to play."""
        return [page for page in self.pages.values() if page.state != PageState.PROSE]

    def tell(self, page: Page, *errors: PreuveError) -> None:
        """Take down what went wrong with a page."""
        if errors:
            self.wrong.setdefault(page.name, []).extend(errors)

    def render(self, name: str, strings: Strings, source: str = "") -> str:
        """A page's Markdown with the outputs in it."""
        page = self.pages[name]
        lines = partial(proofs.lines, self, name, words=strings)
        stale, snippets = name in self.stale, bool(self.project.bases)
        look = Look(strings, stale=stale, snippets=snippets, source=source, proofs=lines)
        if stopped := self.attempts.get(name):
            return render(page.text, page.plan, stopped.attempt, replace(look, stopped=stopped))
        return render(page.text, page.plan, self.shown.get(name), look)


def unplayed(project: Project, pages: Iterable[Page], problems: Iterable[PreuveError]) -> Edition:
    """An edition of which nothing is played, since some pages cannot be planned."""
    edition = Edition(project, {page.name: page for page in pages})
    for error in problems:
        of_it = edition.wrong.setdefault(error.where.path, []) if error.where else edition.elsewhere
        of_it.append(error)
    return edition


def prepare(project: Project, pages: Iterable[Page], mode: Mode, player: PagePlayer) -> Edition:
    """Bring pages to the state that a build shows: replay, play, compare, as `mode` says.

    Never raises for a page: what is wrong is in `Edition.errors`, and the old outputs, if any, are shown as
    stale.
    """
    edition = Edition(project, {page.name: page for page in pages})
    every = mode in {Mode.PLAY, Mode.CHECK}
    wanted = [page for page in edition.asked if every or page.state != PageState.CURRENT]
    for page in edition.asked:
        if page.transcript:
            edition.shown[page.name] = page.transcript
        if page.state != PageState.CURRENT:
            edition.stale.add(page.name)
    if mode == Mode.REPLAY:
        for page in wanted:
            edition.tell(page, _cannot_replay(page))
    elif wanted:
        _play(edition, wanted, mode, player)
    for page in edition.asked:
        if page.name in edition.shown and page.name not in edition.stale:
            edition.tell(page, *unseen(page.plan, edition.shown[page.name]))
    steps = [step for page in edition.pages.values() for step in page.plan.steps]
    if any(isinstance(step, Proofs) and step.part in {"run", "history"} for step in steps):
        _account(edition, {page.name for page in edition.asked}, mode, player.run)
    return edition


def _account(edition: Edition, asked: set[str], mode: Mode, played: Run | None) -> None:
    """Have the run to show: the one just played if it is whole, which may then be worth recording."""
    project, path = edition.project, edition.project.run_path
    try:
        on_file = edition.run = runs.read(path, str(path.relative_to(project.root)))
        if played is None or played.pages != asked or edition.errors:
            return
        edition.run = played.after(on_file)
        news = edition.rewritten or on_file is None or on_file.pages != played.pages
        if news and mode != Mode.CHECK and set(project.names()) <= set(edition.pages):
            runs.write(path, edition.run)
    except PreuveError as error:
        edition.elsewhere.append(error)


def _play(edition: Edition, wanted: Sequence[Page], mode: Mode, player: PagePlayer) -> None:
    try:
        for page, outcome in player.play(wanted):
            _take(edition, page, outcome, mode)
    except PreuveError as error:
        for page in wanted:
            if page.name not in edition.played and page.name not in edition.wrong:
                reason = f"{page.state}, and it cannot be played now"
                edition.tell(page, StaleError(reason, Where(page.name, 1)))
        edition.elsewhere.extend(error.each)


def _take(edition: Edition, page: Page, outcome: Transcript | PreuveError, mode: Mode) -> None:
    if isinstance(outcome, PreuveError):
        edition.tell(page, *outcome.each)
        if not isinstance(outcome, ClusterError):
            edition.played[page.name] = 0.0
        if isinstance(outcome, CommandError) and outcome.attempt:
            edition.played[page.name] = outcome.attempt.seconds
            edition.attempts[page.name] = outcome
        return
    edition.played[page.name] = outcome.seconds
    edition.shown[page.name] = outcome
    edition.stale.discard(page.name)
    if _edited(edition.project, page):
        edition.stale.add(page.name)
        edition.tell(page, StaleError(EDITED, Where(page.name, 1)))
    if mode == Mode.CHECK:
        edition.tell(page, *drift(page, outcome, edition.project.settings.namespace))
        return
    try:
        if record(edition.project, page, outcome):
            edition.rewritten.append(page.name)
    except PreuveError as error:
        edition.tell(page, error)


def _edited(project: Project, page: Page) -> bool:
    """Whether a file that a page includes is another one than the one that was played."""
    again, _ = project.planned({page.name: page.text})
    return [one.key for one in again] != [page.key]


def _cannot_replay(page: Page) -> PreuveError:
    if page.damage:
        return page.damage
    why = (
        "this page was never played"
        if page.state == PageState.NEVER
        else "its commands, its manifests or the cluster have changed since it was played"
    )
    return StaleError(
        f"{why}: play it with `preuve play {shlex.quote(page.name)}` and commit its transcript",
        Where(page.name, 1),
    )


def record(project: Project, page: Page, played: Transcript) -> bool:
    """Write a page's transcript, unless it says the same as the one on file; say whether it did.

    The one on file stays where it was asked the same, and by the same Kubernetes answered the same by
    meaning. No old output is ever shown under another question.

    Raises:
        TranscriptError: it cannot be written.
    """
    old = page.transcript
    stays = old and (old.key, old.version) == (played.key, played.version)
    if old and stays and not any(True for _ in differences(page, old, played)):
        return False
    write(project.transcript_path(page.name), played)
    return True


def differences(page: Page, old: Transcript, new: Transcript) -> Iterator[tuple[int, str]]:
    """Where two plays of a page came to something else by meaning: an action's number, and a diff."""
    from preuve.meaning import compare

    return compare.diff(_run(page, old), _run(page, new))


def _run(page: Page, transcript: Transcript) -> compare.PagePlay:
    """What of a transcript is compared with another of the same page."""
    from preuve.meaning import compare, moments, scene
    from preuve.meaning.chance import Chance
    from preuve.meaning.spans import Answer, Order, Value

    said = [("" if each.drawn else each.source, each.output) for each in transcript.exchanges]
    found = [
        Answer(scene.facts(exchange.output), order=Order.CHANCE) if exchange.drawn else answer
        for exchange, answer in zip(
            transcript.exchanges, moments.answers(said, page.plan.stopped()), strict=True
        )
    ]
    scenes = (each.output for each in transcript.exchanges if each.drawn)
    nodes = {Value(Chance.NODE, name) for name in chain.from_iterable(map(scene.nodes, scenes))}
    return compare.PagePlay(found, page.plan.public(), nodes.union(transcript.values))


def drift(page: Page, played: Transcript, namespace: str = "") -> Iterator[PreuveError]:
    """Each command of a page that no longer answers what the transcript says, with a diff, at its line.

    Args:
        page: as its transcript has it.
        played: as it was played now.
        namespace: the one that it was given for that; empty if it had its own.
    """
    old = page.transcript
    if old is None or page.state != PageState.CURRENT:
        yield _cannot_replay(page)
        return
    found = list(differences(page, old, played))
    if not found:
        return
    from preuve.meaning.cause import causes

    homes = (name_of(page.name), namespace) if namespace else ()
    why = causes(_run(page, old), _run(page, played), (old.version, played.version), homes)
    actions = list(page.plan.actions())
    for number, difference in found:
        action = actions[number]
        error = DriftError(
            f"the cluster no longer answers what this page shows\n    $ {action.source}\n{difference}",
            action.where,
        )
        error.difference, error.cause = difference, why[number]
        yield error
