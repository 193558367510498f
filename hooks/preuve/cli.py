"""The command line: `preuve`. Each command is a few lines above what it calls."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from rich.console import Console
from rich.table import Table

from preuve import playable
from preuve.errors import CommandError, ConfigError, PreuveError, Where, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Sized

    from preuve.audit.turn import Turned
    from preuve.project import Page, Project
    from preuve.settings import Mode, Settings
    from preuve.show.edition import Edition

SHARE = re.compile("([0-9]{1,4})/([0-9]{1,4})")
PLACE = re.compile("(.*):([0-9]{1,9})", re.DOTALL)


class _Group(click.Group):
    """Loads `preuve cluster …` when it is asked for, and ends on preuve's errors with one message."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "cluster"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "cluster":
            playable.check()
            from preuve.cluster.cli import cluster

            return cluster
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> object:
        # Python would end at once, and leave namespaces and a raw terminal. What nohup ignores stays so.
        for number in {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}:  # Windows has but one
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, _leave)
        try:
            return super().invoke(ctx)
        except PreuveError as error:
            for one in error.each:
                click.echo(f"preuve: {one}" if one.where is None else str(one), err=True)
            if "GITHUB_ACTIONS" in os.environ:
                from preuve.show import github

                github.tell(error.each, Path.cwd())
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("preuve: interrupted: nothing of it runs any more; what was written stays", err=True)
            ctx.exit(128 + signal.SIGINT)
        except BrokenPipeError:  # click ends quietly
            raise
        except (
            OSError,
            subprocess.TimeoutExpired,
        ) as error:  # a full disk, a program that hangs: not our fault
            click.echo(f"preuve: {error}", err=True)
            ctx.exit(2)


def _leave(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="preuve")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Documentation whose every command was really run.

    Exit codes: 0 fine, 1 a page is wrong, 2 the usage or the machine is.
    """
    ctx.obj = _stated


def _stated() -> Settings:
    """What mkdocs.yml states here, or above; the defaults where there is none: a cluster needs no project."""
    from preuve.project import above, find
    from preuve.settings import CONFIGURATIONS, Settings

    here = Path.cwd()
    return find(here).settings if above(here, *CONFIGURATIONS) else Settings()


def _since_option(command: click.decorators.FC) -> click.decorators.FC:
    meaning = "Only pages that a change touches: what differs from where this branch left REF."
    return click.option("--since", metavar="REF", help=meaning)(command)


def _jobs_option(command: click.decorators.FC) -> click.decorators.FC:
    meaning = "Pages played at once; five for each processor unless given."
    return click.option("-j", "--jobs", type=click.IntRange(1), help=meaning)(command)


@main.command()
@click.option(
    "--ci",
    multiple=True,
    type=click.Choice(["github", "gitlab"]),
    help="Forge to write a workflow for; by the repository's remotes unless given, both if these tell none.",
)
def init(ci: tuple[str, ...]) -> None:
    """Write what a repository needs to begin.

    Settings, a first page, a CI workflow. What is there is kept, so that it may be called again.

    Example: preuve init --ci github
    """
    from preuve.init import init as begin

    for step in begin(Path.cwd(), ci):
        click.echo(f"{step.what:9}{step.about}")
    click.echo("Next: `preuve play` runs the page's commands, `mkdocs serve` shows the site while you write.")


@main.command()
@click.argument("pages", nargs=-1, metavar="[PAGE]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for a program.")
def status(pages: tuple[str, ...], as_json: bool) -> None:
    """Say what each page runs, and what its transcript is worth.

    Exit code 1 where a page is to be played. No cluster is needed.

    Example: preuve status pods/index.md
    """
    from preuve.project import PageState

    chosen = _pages(_project(), pages)
    waiting = [page.name for page in chosen if page.state not in {PageState.PROSE, PageState.CURRENT}]
    for page in chosen:
        if page.damage:
            click.echo(str(page.damage), err=True)
    rows = [_facts(page) for page in chosen]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        table = Table(*(name.capitalize() for name in rows[0]) if rows else "", box=None, pad_edge=False)
        for row in rows:
            table.add_row(*("" if value is None else str(value) for value in row.values()))
        Console(width=None if sys.stdout.isatty() else 120).print(table)
    if waiting:
        click.echo(
            f"preuve: to be played: `preuve play {shlex.join(waiting)}`, then commit transcripts/", err=True
        )
        sys.exit(1)


def _facts(page: Page) -> dict[str, object]:
    from preuve.page.plan import Command

    played = page.transcript
    return {
        "page": page.name,
        "commands": sum(isinstance(action, Command) for action in page.plan.actions()),
        "manifests": sum(file.manifest for file in page.plan.files),
        "state": str(page.state),
        "version": played.version if played else None,
        "played": played.played.date().isoformat() if played else None,
        "seconds": played.seconds if played else None,
    }


@main.command()
@click.argument("pages", nargs=-1, metavar="[PAGE]...")
@_jobs_option
@_since_option
def play(pages: tuple[str, ...], jobs: int | None, since: str | None) -> None:
    """Play pages, and write the transcripts whose outcome changed.

    Example: preuve play pods/index.md -j 4
    """
    from preuve.settings import Mode

    project = _project()
    edition = _prepare(project, _touched(project, _pages(project, pages), since), Mode.PLAY, jobs)
    for name in edition.rewritten:
        click.echo(f"{project.transcript_path(name).relative_to(project.root)} changed")
    raise_all(edition.errors)
    click.echo(f"{_count(edition.pages, 'page')}, {_count(edition.rewritten, 'transcript')} changed")


@main.command()
@click.argument("pages", nargs=-1, metavar="[PAGE]...")
@_jobs_option
@click.option("--shard", metavar="I/N", help="Only the share I of N shares of about equal duration.")
@_since_option
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write a JUnit report too.")
@click.option(
    "--code-quality",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write GitLab's code quality report too.",
)
@click.option(
    "--report",
    "by_cause",
    is_flag=True,
    help="On another cluster: sort differences by their cause. Only those that it does not explain fail.",
)
def check(
    pages: tuple[str, ...],
    *,
    jobs: int | None,
    shard: str | None,
    since: str | None,
    junit: Path | None,
    code_quality: Path | None,
    by_cause: bool,
) -> None:
    """Play pages, and compare what they answer with their transcripts.

    Exit code 1 where a page is not true any more. On GitHub, what is wrong is annotated at its line, and told
    in the step's summary.

    Example: preuve check --since origin/main --junit report.xml
    """
    from preuve.settings import Mode
    from preuve.show.edition import unplayed

    project = _project()
    for hint, file in (("--junit", junit), ("--code-quality", code_quality)):
        if file and not file.absolute().parent.is_dir():  # better said before the pages are played
            raise click.BadParameter(f"there is no folder {file.parent}", param_hint=hint)
    found, problems = project.surveyed(_names(project, pages))
    chosen = _share(_touched(project, found, since), shard)
    edition = unplayed(project, found, problems) if problems else _prepare(project, chosen, Mode.CHECK, jobs)
    if by_cause:
        from preuve.show import causes

        excused = causes.excuse(edition)
        for line in causes.lines(excused, len(edition.errors)):
            click.echo(line)
    if junit:
        from preuve.show.junit import report

        junit.write_text(report(edition), encoding="utf-8")
    if code_quality:
        from preuve.show import codequality

        code_quality.write_text(codequality.report(edition), encoding="utf-8")
    raise_all(edition.errors)
    verb = "tells" if len(edition.pages) == 1 else "tell"
    click.echo(f"{_count(edition.pages, 'page')} still {verb} the truth")


def _count(items: Sized, noun: str) -> str:
    return f"{len(items)} {noun}" + ("" if len(items) == 1 else "s")


def _touched(project: Project, pages: list[Page], since: str | None) -> list[Page]:
    if since is None:
        return pages
    from preuve.changes import touched

    return touched(project, pages, since)


def _share(pages: list[Page], shard: str | None) -> list[Page]:
    from preuve.play.schedule import claim
    from preuve.play.schedule import shard as share

    if shard is None:
        return pages
    given = SHARE.fullmatch(shard)
    if not given or not 1 <= int(given[1]) <= int(given[2]):
        raise click.BadParameter(f"{shard!r}: write I/N with 1 ≤ I ≤ N, e.g. 1/4", param_hint="--shard")
    claims = [claim(page.plan, page.seconds) for page in pages]
    kept = {one.page for one in share(claims, int(given[1]), int(given[2]))}
    return [page for page in pages if page.name in kept]


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option(
    "--manifests",
    multiple=True,
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where files are that pages name, or fetch from an address that ends so; may be repeated.",
)
@click.option("--all", "everything", is_flag=True, help="Tell what is true and what was not compared, too.")
@click.option(
    "--write",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the pages as preuve's own too, in FOLDER/docs, and what they include in FOLDER/manifests.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for a program.")
@_jobs_option
def audit(
    paths: tuple[Path, ...],
    *,
    manifests: tuple[Path, ...],
    everything: bool,
    write: Path | None,
    as_json: bool,
    jobs: int | None,
) -> None:
    """Play anybody's pages, and say which typed outputs are true.

    Nothing is changed. Pages are Markdown files, or all those below a folder; none needs a mkdocs.yml. They
    are played on a cluster that is thrown away. Of each command: true, false (with a diff), impossible here
    (with the reason), or not compared, since no output is typed. Exit code 1 if one is false.

    Example: preuve audit docs/ README.md --manifests examples/
    """
    from preuve.audit.audit import audit as audited
    from preuve.audit.audit import pages as read
    from preuve.audit.report import document, lines, summary
    from preuve.audit.turn import turned

    playable.check()
    found, errors = [], []
    pages = read(paths, manifests)
    if write:
        _free(write, [one.place for one in pages])
    for one, outcome in audited(pages, jobs):
        if isinstance(outcome, PreuveError):
            errors.append(outcome)
            click.echo(f"{one.page.name}: {outcome}", err=True)
            continue
        found += outcome
        if not as_json:
            for line in lines(outcome, everything=everything):
                click.echo(line)
        if write:
            for sentence in _write_page(turned(one, outcome), write, one.place):
                click.echo(sentence, err=True)
    if as_json:
        click.echo(json.dumps(document(found, errors), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(summary(found, len(pages))))
    if errors or any(each.verdict == "false" for each in found):
        sys.exit(max([1, *(error.exit_code for error in errors)]))


def _free(folder: Path, places: Sequence[str]) -> None:
    """See that a page can be written to each of these places: nothing is written over, or twice."""
    written = [
        path
        for place in places
        for path in (folder / "docs" / place, folder / "manifests" / place.removesuffix(".md"))
    ]
    taken = {path for path in written if path.exists() or written.count(path) > 1}
    raise_all([ConfigError(f"--write: {path} is taken: give another folder") for path in sorted(taken)])


def _write_page(page: Turned, folder: Path, place: str) -> Iterator[str]:
    """Write a page with what it includes; yield what is to be said of it."""
    files = {folder / "docs" / place: page.markdown.encode()}
    files |= {folder / "manifests" / name: content for name, content in page.files.items()}
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            raise ConfigError(f"--write: {path} is taken: give another folder") from None
    yield from page.left
    play = f"preuve play {shlex.quote(place)}"
    yield f"{folder / 'docs' / place} written; next there: `preuve init`, then `{play}`"


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def render(folder: Path) -> None:
    """Write the docs folder with its outputs, for any generator.

    Pages are what a build shows: PREUVE_MODE says whether they are played for it.

    Example: preuve render build/docs
    """
    from preuve.show.export import export, target

    project = _project()
    target(project, folder)  # better said before the pages are played
    edition = _prepare(project, project.pages(), project.settings.mode, None)
    raise_all(edition.errors)
    count = export(edition, folder)
    click.echo(f"{count} files written to {folder}")


@main.command()
@click.argument("page")
def script(page: str) -> None:
    """Print a page as one bash script.

    Example: preuve script pods/index.md > pods.sh
    """
    from preuve.page.script import script as text
    from preuve.show.strings import strings

    project = _project()
    click.echo(text(_pages(project, (page,))[0].plan, strings(project.language).remarks), nl=False)


@main.command()
@click.argument("place", metavar="PAGE[:LINE]")
def shell(place: str) -> None:
    """Play a page up to a line, then work in its very shell.

    Its variables, jobs, files and namespace are there. What begins at LINE or above is played, the whole page
    without LINE; a failure on the way is shown, and the shell opens there. On leaving all is taken away, and
    no transcript is written. Exit code 1 if a command failed on the way.

    Example: preuve shell pods/index.md:42
    """
    playable.check()
    from preuve.play.guest import visitor
    from preuve.play.player import Player
    from preuve.play.shell import ShellEndedError

    project = _project()
    page, line = _place(project, place)
    guest = visitor()
    with Player(project) as player:
        session, surprise = player.stop_at(page, line)
        if surprise:
            click.echo(str(surprise), err=True)
        stopped = surprise.where.line if surprise and surprise.where else line
        click.echo(
            f"{page.name}:{stopped}, namespace {session.namespace}, in the page's own shell; "
            "Ctrl-D or `exit` leaves it, and takes all of it away"
        )
        try:
            session.lend(guest)
        except ShellEndedError:
            last = max(one.where.line for one in page.plan.actions() if one.where.line <= stopped)
            hint = f"stop before it with `preuve shell {shlex.quote(f'{page.name}:{last - 1}')}`"
            raise CommandError(
                f"this command ended the page's shell: {hint}", Where(page.name, last)
            ) from None
    if surprise:
        sys.exit(surprise.exit_code)


def _place(project: Project, place: str) -> tuple[Page, int]:
    """A page, and the line of it that `PAGE:LINE` names, the last without LINE."""
    given = PLACE.fullmatch(place)
    [page] = _pages(project, (given[1] if given else place,))
    last = page.text.count("\n") + (not page.text.endswith("\n"))
    if not given:
        return page, last
    if not 1 <= int(given[2]) <= last:
        lines = ", ".join(str(action.where.line) for action in page.plan.actions()) or "none"
        raise ConfigError(f"{page.name} has no line {given[2]}: its commands are at lines {lines}")
    return page, int(given[2])


def _project() -> Project:
    from preuve.project import find

    return find(Path.cwd())


def _pages(project: Project, given: Iterable[str]) -> list[Page]:
    return project.pages(_names(project, given))


def _names(project: Project, given: Iterable[str]) -> list[str] | None:
    """The pages that a person means; none given is all of them."""
    names: list[str] = []
    errors: list[PreuveError] = []
    for one in given:
        try:
            names.append(project.name(one))
        except ConfigError as error:
            errors.append(error)
    raise_all(errors)
    return names or None


def _prepare(project: Project, pages: list[Page], mode: Mode, jobs: int | None) -> Edition:
    from preuve.play.player import Player
    from preuve.show.edition import prepare

    with Player(project, jobs=jobs) as player:
        return prepare(project, pages, mode, player)


if __name__ == "__main__":
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    main()
