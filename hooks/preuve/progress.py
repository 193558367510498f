"""Progress of long work, as stages: a live line each on a terminal, a plain line each elsewhere.

Elsewhere, what lasts longer says every minute where it is, or who reads the log believes that it hangs.

>>> import sys
>>> with Progress(Console(file=sys.stdout)) as progress, progress.stage("images") as stage:
...     stage.detail("nginx 1.26")  # seen on a terminal only
images  0.0 s
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


SILENCE = 60.0
"""Seconds after which a stage under way is told of again, where there is no terminal."""


class Stage:
    """One line of the display, while it lasts."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = time.monotonic()
        self.reported = self.started
        self.note = ""
        self._spinner = Spinner("dots", style="cyan")

    @property
    def seconds(self) -> float:
        """How long it has lasted."""
        return time.monotonic() - self.started

    def detail(self, note: str) -> None:
        """Say what the stage is at, replacing what it said before."""
        self.note = note

    def row(self) -> tuple[Spinner, Text, Text, Text]:
        """What a terminal shows of it while it runs."""
        return self._spinner, Text(self.name), Text(f"{self.seconds:.1f} s", "dim"), Text(self.note, "dim")

    def line(self) -> Text:
        """What a log is told of it while it runs."""
        self.reported = time.monotonic()
        return Text(f"{self.name}  {self.seconds:.0f} s … {self.note}".rstrip())


class Progress:
    """Stages under way, several at once if need be; safe to use from several threads.

    Args:
        console: where to show them; standard error unless given.
        whole: what this is a detail of, and is broken off with.
    """

    def __init__(self, console: Console | None = None, whole: Progress | None = None) -> None:
        self.console = console or Console(stderr=True)
        self._whole = whole
        self._lock = threading.Lock()
        self._stages: list[Stage] = []
        self._enders: list[Callable[[], object]] = []
        self.broken_off = False
        """What ends without success does so because it was told to: nothing is wrong with it."""
        self._ended = threading.Event()
        self._live = Live(
            console=self.console, get_renderable=self._table, refresh_per_second=8, transient=True
        )

    def silenced(self) -> Progress:
        """One like it that shows nothing, for stages that are details of a stage of this one."""
        return Progress(Console(quiet=True), self)

    def break_off(self) -> None:
        """Have all end that can be told to, whatever thread waits for it."""
        with self._lock:
            self.broken_off, enders = True, list(self._enders)
        for end in enders:
            end()

    @contextmanager
    def ended_by(self, end: Callable[[], object]) -> Iterator[None]:
        """Be able to break off what the block waits for.

        Args:
            end: ends it; it is called from another thread, and may still be when the block has ended.
        """
        if self._whole:
            with self._whole.ended_by(end):
                yield
            return
        with self._lock:
            self._enders.append(end)
            late = self.broken_off
        try:
            if late:
                end()
            yield
        finally:
            with self._lock:
                self._enders.remove(end)

    def __enter__(self) -> Self:
        self.broken_off = False
        if self.console.is_terminal:
            self._live.start()
        else:
            self._ended.clear()
            threading.Thread(target=self._remind, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._live.stop()

    def say(self, text: str) -> None:
        """Tell what a person should know."""
        self.console.print(Text(text), soft_wrap=True)

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Show `name` while the block runs, then the time that it took."""
        stage = Stage(name)
        with self._lock:
            self._stages.append(stage)
        outcome = Text()
        try:
            yield stage
        except BaseException as error:
            broken_off = self.broken_off or isinstance(error, KeyboardInterrupt)
            outcome = Text("broken off") if broken_off else Text("failed", "red")
            raise
        finally:
            with self._lock:
                self._stages.remove(stage)
            line = Text.assemble(stage.name, f"  {stage.seconds:.1f} s ", outcome)
            line.rstrip()
            self.console.print(line)

    def _remind(self) -> None:
        """Tell, in a thread of its own, of what has not been told of for `SILENCE` seconds."""
        while not self._ended.wait(SILENCE / 10):
            with self._lock:
                due = [stage for stage in self._stages if time.monotonic() - stage.reported >= SILENCE]
            for stage in due:
                self.console.print(stage.line(), soft_wrap=True)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        with self._lock:
            for stage in self._stages:
                table.add_row(*stage.row())
        return table
