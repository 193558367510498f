"""The command line: `preuve`. Each command is a few lines above what it calls."""

from __future__ import annotations

import json
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from rich.console import Console
from rich.table import Table

from preuve.errors import CommandError, ConfigError, PreuveError, Problems, Where, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sized

    from preuve.edition import Edition
    from preuve.project import Page, Project
    from preuve.settings import Mode

CLUSTER = "preuve.cluster.cli:cluster"


class _Group(click.Group):
    """Loads `preuve cluster …` when it is asked for, and ends on preuve's errors with one message."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "cluster"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "cluster":
            module, name = CLUSTER.split(":")
            command: click.Command = getattr(import_module(module), name)
            return command
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> object:
        # Python would end at once, and leave namespaces and a raw terminal. What nohup ignores stays so.
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, _leave)
        try:
            return super().invoke(ctx)
        except PreuveError as error:
            for one in error.errors if isinstance(error, Problems) else (error,):
                click.echo(f"preuve: {one}" if one.where is None else str(one), err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("preuve: interrupted: nothing of it runs any more; what was written stays", err=True)
            ctx.exit(128 + signal.SIGINT)
        except BrokenPipeError:  # click ends quietly
            raise
        except OSError as error:  # a full disk, a folder that may not be written: no fault of preuve's
            click.echo(f"preuve: {error}", err=True)
            ctx.exit(2)


def _leave(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="preuve")
def main() -> None:
    """Documentation whose every command was really run.

    Exit codes: 0 fine, 1 a page is wrong, 2 the usage or the machine is.
    """


def _jobs_option(command: click.decorators.FC) -> click.decorators.FC:
    return click.option("-j", "--jobs", type=click.IntRange(1), help="Pages played at once.")(command)


@main.command()
@click.argument("pages", nargs=-1, metavar="[PAGE]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for a program.")
def status(pages: tuple[str, ...], as_json: bool) -> None:
    """Say what each page runs, and what its transcript is worth.

    Example: preuve status pods/index.md
    """
    chosen = _pages(_project(), pages)
    for page in chosen:
        if page.damage:
            click.echo(str(page.damage), err=True)
    rows = [_told(page) for page in chosen]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    table = Table(*(name.capitalize() for name in rows[0]) if rows else "", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _told(page: Page) -> dict[str, object]:
    actions = list(page.plan.actions())
    played = page.transcript
    return {
        "page": page.name,
        "commands": sum(hasattr(action, "block") is False for action in actions),
        "manifests": len(page.plan.files),
        "state": str(page.state),
        "version": played.version if played else None,
        "played": played.played.date().isoformat() if played else None,
        "seconds": played.seconds if played else None,
    }


@main.command()
@click.argument("pages", nargs=-1, metavar="[PAGE]...")
@_jobs_option
def play(pages: tuple[str, ...], jobs: int | None) -> None:
    """Play pages, and write the transcripts whose outcome changed.

    Example: preuve play pods/index.md -j 4
    """
    from preuve.settings import Mode

    project = _project()
    edition = _prepare(project, _pages(project, pages), Mode.PLAY, jobs)
    for name in edition.rewritten:
        click.echo(f"{project.transcript_path(name).relative_to(project.root)} changed")
    raise_all(edition.errors)
    click.echo(f"{_count(edition.pages, 'page')}, {_count(edition.rewritten, 'transcript')} changed")


@main.command()
@click.argument("pages", nargs=-1, metavar="[PAGE]...")
@_jobs_option
@click.option("--shard", metavar="I/N", help="Only the share I of N shares of about equal duration.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write a JUnit report too.")
def check(pages: tuple[str, ...], jobs: int | None, shard: str | None, junit: Path | None) -> None:
    """Play pages, and compare what they answer with their transcripts; exit 1 on drift.

    Example: preuve check --shard 1/4 --junit report.xml
    """
    from preuve.settings import Mode

    project = _project()
    chosen = _share(_pages(project, pages), shard)
    if junit and not junit.absolute().parent.is_dir():  # better said before the pages are played
        raise click.BadParameter(f"there is no folder {junit.parent}", param_hint="--junit")
    edition = _prepare(project, chosen, Mode.CHECK, jobs)
    if junit:
        from preuve.junit import report

        junit.write_text(report(edition), encoding="utf-8")
    raise_all(edition.errors)
    told = "tells" if len(edition.pages) == 1 else "tell"
    click.echo(f"{_count(edition.pages, 'page')} still {told} the truth")


def _count(things: Sized, noun: str) -> str:
    return f"{len(things)} {noun}" + ("" if len(things) == 1 else "s")


def _share(pages: list[Page], shard: str | None) -> list[Page]:
    from preuve.schedule import claim
    from preuve.schedule import shard as share

    if shard is None:
        return pages
    index, slash, count = shard.partition("/")
    if not (slash and index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
        raise click.BadParameter(f"{shard!r}: write I/N with 1 ≤ I ≤ N, e.g. 1/4", param_hint="--shard")
    claims = [claim(page.plan, page.seconds) for page in pages]
    kept = {one.page for one in share(claims, int(index), int(count))}
    return [page for page in pages if page.name in kept]


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def render(folder: Path) -> None:
    """Write a whole docs folder, outputs included, for a generator without hooks.

    Example: preuve render build/docs
    """
    from preuve.export import export

    project = _project()
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
    from preuve.script import script as text

    project = _project()
    click.echo(text(_pages(project, (page,))[0].plan), nl=False)


@main.command()
@click.argument("place", metavar="PAGE[:LINE]")
def shell(place: str) -> None:
    """Play a page up to a line, then work in its very shell: variables, jobs, files, namespace.

    What begins at LINE or above is played, the whole page without LINE; a failure on the way is shown, and
    the shell opens there. On leaving all is taken away, and no transcript is written. Exit code 1 if a
    command failed on the way.

    Example: preuve shell pods/index.md:42
    """
    from preuve.player import Player
    from preuve.prompt import visitor
    from preuve.shell import ShellEndedError

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
            hint = f"stop before it with `preuve shell {page.name}:{last - 1}`"
            raise CommandError(
                f"this command ended the page's shell: {hint}", Where(page.name, last)
            ) from None
    if surprise:
        sys.exit(surprise.exit_code)


def _place(project: Project, place: str) -> tuple[Page, int]:
    """A page, and the line of it that `PAGE:LINE` names, the last without LINE."""
    name, colon, number = place.rpartition(":")
    [page] = _pages(project, (name if colon and number.isdecimal() else place,))
    last = page.text.count("\n") + (not page.text.endswith("\n"))
    if not (colon and number.isdecimal()):
        return page, last
    if not 1 <= int(number) <= last:
        lines = ", ".join(str(action.where.line) for action in page.plan.actions()) or "none"
        raise ConfigError(f"{page.name} has no line {number}: its commands are at lines {lines}")
    return page, int(number)


def _project() -> Project:
    from preuve.project import find

    return find(Path.cwd())


def _pages(project: Project, given: Iterable[str]) -> list[Page]:
    names: list[str] = []
    errors: list[PreuveError] = []
    for one in given:
        try:
            names.append(project.name(one))
        except ConfigError as error:
            errors.append(error)
    raise_all(errors)
    return project.pages(names or None)


def _prepare(project: Project, pages: list[Page], mode: Mode, jobs: int | None) -> Edition:
    from preuve.edition import prepare
    from preuve.player import Player

    with Player(project, jobs=jobs) as player:
        return prepare(project, pages, mode, player)


if __name__ == "__main__":
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    main()
