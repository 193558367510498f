"""What a page's commands ask of a shell: to run them, one after the other, and to tell how each ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from preuve.errors import CommandError

if TYPE_CHECKING:
    import re


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended."""

    output: str
    """What a terminal would show: standard output and standard error, merged as they came."""
    exit: int
    """From 0 to 255; 128 + N when signal N ended it. Means nothing when `matched`."""
    seconds: float
    """How long it took."""
    matched: bool = False
    """It was stopped because its output matched."""


class Listener(Protocol):
    """Who takes what a command writes: `preuve.play.capture.Capture`, or a guest."""

    until: re.Pattern[str] | None
    matched: bool

    def feed(self, data: bytes) -> object:
        """Take what came through the pipe that is the commands' output."""

    def end(self) -> object:
        """Take it that nothing more comes."""


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of the jobs that a command starts, or waits for."""

    ports: int = 0
    """They listen on so many ports, unless they end before. The command is over when they do."""
    alone: bool = False
    """The command does nothing but start them: what it prints is theirs."""
    awaited: bool = False
    """It waits for jobs, and shows what these have said since they were started."""


NOTHING: Final = Background()


class TimedOutError(CommandError):
    """A command was killed because it took too long.

    Args:
        message: what was waited for.
        output: what it had said.
    """

    ran = True

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


class UnmatchedError(CommandError):
    """A command ended, and its output never matched.

    Args:
        message: what was waited for.
        result: how it ended.
    """

    ran = True

    def __init__(self, message: str, result: Result) -> None:
        super().__init__(message)
        self.output = result.output
        self.exit = result.exit
        self.result = result


class ShellEndedError(CommandError):
    """There is no shell left to run a command in."""
