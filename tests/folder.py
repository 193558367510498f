"""A project that a test makes for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preuve.page.plan import Command
from preuve.project import find
from preuve.transcript import Exchange, Transcript, now, write

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Folder:
    """A project in a temporary folder."""

    root: Path

    def write(self, page: str, text: str) -> None:
        """Write a page of docs/."""
        path = self.root / "docs" / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def feign(self, output: str, *pages: str) -> None:
        """Give pages, all unless named, a transcript in which every command printed `output`."""
        project = find(self.root)
        for page in project.pages(pages or None):
            exchanges = tuple(
                Exchange(action.source, output, 0, 0.1, drawn=not isinstance(action, Command))
                for action in page.plan.actions()
            )
            played = Transcript(page.name, page.key, "v1.37.2", now(), 1.0, exchanges)
            write(project.transcript_path(page.name), played)
