"""Playing a page: its actions one after the other, until the first surprise."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from preuve.errors import CommandError, PreuveError
from preuve.page.plan import Command, Diagram
from preuve.page.verbs import changes, deletes, makes, reads, waits_for_cluster
from preuve.play.shell import ShellEndedError
from preuve.rest.pod import KILLED
from preuve.transcript import Exchange

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator

    from preuve.page.plan import Action
    from preuve.play.shell import Result

WAITED = 1.0
"""Seconds after which a command that waits has seen the cluster do something by itself. What it waited for
was there already if it took less: ``kubectl wait`` then takes 0.05 to 0.3 s on two cores (measured)."""


class Runner(Protocol):
    """Runs a page's actions: in a shell, beside a namespace that moves and comes to rest."""

    def run(self, command: Command) -> Result:
        """Run a command in the page's shell.

        Raises:
            CommandError: it did not end in time, or the shell is gone.
        """
        ...

    def settle(self, seconds: float, since: Collection[str]) -> bool:
        """Wait until the page's namespace is at rest; say whether it stays so.

        Args:
            seconds: at most.
            since: the commands that may have changed something since it last was.

        Raises:
            CommandError: something still moves.
        """
        ...

    def draw(self, diagram: Diagram) -> str:
        """Draw the objects that a fence names, as the lines of a scene (`preuve.meaning.scene`).

        Raises:
            PageError: the fence asks for what cannot be drawn.
        """
        ...

    def diagnose(self) -> str:
        """What a person would look at next, after a failure; empty if there is nothing to see."""
        ...

    def publish(self, output: str) -> str:
        """An output as it may be stored and shown: secrets masked."""
        ...


def play(actions: Iterable[Action], runner: Runner, before: Iterable[Action] = ()) -> Iterator[Exchange]:
    """Play actions; stop at the first that does not do what its page says.

    Args:
        actions: of a page, in its order.
        runner: runs them.
        before: those that were played there already.

    Yields:
        What was asked and answered, as soon as it was; also what a command answered that failed.

    Raises:
        PreuveError: with the place in the page, and what a person would look at next.
    """
    before = tuple(before)
    looks = [action for action in before if isinstance(action, Diagram) or reads(action.source)]
    rest = Rest(
        not before,
        tuple(action.source for action in before if changes(action.source)),
        in_motion=bool(looks) and not looks[-1].options.settle,
    )
    for action in actions:
        try:
            rest = yield from _perform(action, runner, rest)
        except CommandError as error:
            error.where = error.where or action.where
            error.message = _explained(error, action, runner)
            raise
        except PreuveError as error:
            error.where = error.where or action.where
            raise


class Renewable(Runner, Protocol):
    """A runner whose shell can be had anew."""

    def renew(self) -> None:
        """Have a new shell in place of one that ended."""
        ...


def attempt(commands: Iterable[Command], runner: Renewable) -> Iterator[Exchange]:
    """Run commands, whatever comes of each: none that fails, hangs or ends the shell is the last.

    Args:
        commands: of a page, in its order.
        runner: runs them.

    Yields:
        What each answered; of one that took too long, what it had printed, and that SIGKILL ended it.
    """
    rest = Rest()
    for command in commands:
        if rest.is_wanted(command):
            try:
                rest = Rest(runner.settle(command.options.timeout, rest.since))
            except CommandError:  # what still moves after so long is read as it is, once
                rest = Rest()
        started = time.monotonic()
        try:
            try:
                result = runner.run(command)
            except ShellEndedError:  # by the command before
                runner.renew()
                result = runner.run(command)
            output, code = result.output, result.exit
        except CommandError as error:
            output, code = error.output, KILLED if error.exit is None else error.exit
        seconds = time.monotonic() - started
        yield Exchange(command.source, runner.publish(output), code, seconds)
        rest = rest.after(command.source, seconds)


@dataclass(frozen=True, slots=True)
class Rest:
    """What is known of the namespace's last rest."""

    lasts: bool = True
    """By itself."""
    since: tuple[str, ...] = ()
    """The commands that may have changed something since."""
    in_motion: bool = False
    """The page has looked at it since, and did not want to wait."""

    def is_wanted(self, action: Action) -> bool:
        """Whether an action asks for another one.

        It does if its answer may depend on it. What was just made has to be there before it is deleted, as it
        is at a reader's, who has to type: a claim that no Pod uses yet goes at once.
        """
        if isinstance(action, Diagram) or reads(action.source):
            return bool(self.since) or not self.lasts
        return deletes(action.source) and not self.in_motion and any(map(makes, self.since))

    def after(self, source: str, seconds: float) -> Rest:
        """What is known of it after a command that took so long.

        >>> [Rest().after(f"kubectl {verb} web", 9).lasts for verb in ("wait", "logs")]
        [False, True]
        """
        since = (*self.since, source) if changes(source) else self.since
        return replace(
            self, since=since, lasts=self.lasts and not (seconds >= WAITED and waits_for_cluster(source))
        )


def _perform(action: Action, runner: Runner, rest: Rest) -> Generator[Exchange, None, Rest]:
    """Do one action; returns what is known of the last rest after it."""
    if rest.is_wanted(action):
        rest = _rested(action, runner, rest)
    if isinstance(action, Diagram):
        started = time.monotonic()
        drawing = runner.draw(action)
        yield Exchange(action.source, drawing, seconds=time.monotonic() - started, drawn=True)
        return rest
    try:
        result = runner.run(action)
    except CommandError as error:
        if error.ran:
            code = KILLED if error.exit is None else error.exit
            yield Exchange(action.source, runner.publish(error.output), code, action.options.timeout)
        raise
    output = runner.publish(result.output)
    yield Exchange(action.source, output, result.exit, result.seconds)
    if not action.options.until and result.exit != action.options.exit:
        surprise = CommandError(_surprise(action, result.exit, output), action.where)
        surprise.ran, surprise.exit = True, result.exit
        raise surprise
    return rest.after(action.source, result.seconds)


def _rested(action: Action, runner: Runner, rest: Rest) -> Rest:
    """What is known of the rest that an action asks for, once that has come, or nobody waits for it."""
    if not action.options.settle:
        return replace(rest, in_motion=True)
    try:
        return Rest(runner.settle(action.options.timeout, rest.since))
    except CommandError:
        if isinstance(action, Diagram) or reads(action.source):
            raise
        return replace(rest, in_motion=True)  # nobody has looked at it, and it will not be there to look at


def _surprise(command: Command, code: int, output: str) -> str:
    wanted = command.options.exit
    if code == 0:
        what = f"succeeded, but the page wants exit code {wanted}"
    elif wanted:
        what = f"exit code {code}, but the page wants {wanted}"
    else:
        what = f"exit code {code} (if the lesson wants this failure, write exit={code} on the fence)"
    if 'violates PodSecurity "baseline' in output:
        what += (
            "; a page's namespace allows what the level baseline does (`kubectl debug --profile=baseline`), "
            "an exclusive page's allows all"
        )
    return f"{what}\n{quote(command.source, output)}"


def quote(source: str, output: str) -> str:
    r"""A command and what it printed, for a message: the last lines, indented.

    >>> print(quote("kubectl get pods", "a\nb\n"))
        $ kubectl get pods
        a
        b
    """
    lines = output.rstrip("\n").split("\n") if output.strip() else []
    skipped = [f"… {len(lines) - 20} lines"] if len(lines) > 20 else []
    shown = [f"$ {source}".replace("\n", "\n> "), *skipped, *lines[-20:]]
    return "\n".join(f"    {line}" for part in shown for line in part.split("\n"))


def _explained(error: CommandError, action: Action, runner: Runner) -> str:
    """What happened, what the command had printed until then, and what a person would look at next."""
    printed = quote(action.source, runner.publish(error.output)) if error.output else ""
    return "\n".join(filter(None, (error.message, printed, runner.publish(runner.diagnose()))))
