"""Playing a page: its actions one after the other, on a stage, until the first surprise."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from preuve.errors import CommandError, PreuveError
from preuve.plan import Command, Diagram
from preuve.transcript import Exchange
from preuve.verbs import changes, reads

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from preuve.plan import Action
    from preuve.shell import Result


class Stage(Protocol):
    """Where a page is played: a shell, and a namespace that moves and comes to rest."""

    def run(self, command: Command) -> Result:
        """Run a command in the page's shell.

        Raises:
            CommandError: it did not end in time, or the shell is gone.
        """
        ...

    def settle(self, seconds: float) -> bool:
        """Wait until the page's namespace is at rest, for `seconds` at most; say whether it stays so.

        Raises:
            CommandError: something still moves.
        """
        ...

    def draw(self, diagram: Diagram) -> str:
        """Draw the objects that a fence names, as mermaid.

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


def play(actions: Iterable[Action], stage: Stage) -> Iterator[Exchange]:
    """Play actions on a stage; stop at the first that does not do what its page says.

    Yields:
        What was asked and answered, as soon as it was.

    Raises:
        PreuveError: with the place in the page, and what a person would look at next.
    """
    moved = False
    for action in actions:
        try:
            moved = yield from _perform(action, stage, moved=moved)
        except CommandError as error:
            error.where = error.where or action.where
            error.message = _explained(error, action, stage)
            raise
        except PreuveError as error:
            error.where = error.where or action.where
            raise


def _perform(action: Action, stage: Stage, *, moved: bool) -> Generator[Exchange, None, bool]:
    """Do one action; returns whether the namespace may be moving after it."""
    asks = isinstance(action, Diagram) or reads(action.source)
    if moved and asks and action.options.settle:
        moved = not stage.settle(action.options.timeout)
    if isinstance(action, Diagram):
        started = time.monotonic()
        drawing = stage.draw(action)
        yield Exchange(action.source, drawing, seconds=time.monotonic() - started, drawn=True)
        return moved
    result = stage.run(action)
    output = stage.publish(result.output)
    if not action.options.until and result.exit != action.options.exit:
        raise CommandError(_surprise(action, result.exit, output), action.where)
    yield Exchange(action.source, output, result.exit, result.seconds)
    return moved or changes(action.source)


def _surprise(command: Command, code: int, output: str) -> str:
    wanted = command.options.exit
    if code == 0:
        what = f"succeeded, but the page wants exit code {wanted}"
    elif wanted:
        what = f"exit code {code}, but the page wants {wanted}"
    else:
        what = f"exit code {code} (if the lesson wants this failure, write exit={code} on the fence)"
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


def _explained(error: CommandError, action: Action, stage: Stage) -> str:
    """What happened, what the command had printed until then, and what a person would look at next."""
    printed = quote(action.source, stage.publish(error.output)) if error.output else ""
    return "\n".join(filter(None, (error.message, printed, stage.publish(stage.diagnose()))))
