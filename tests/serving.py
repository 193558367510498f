"""A project that `mkdocs serve` serves."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOOK = 0.1
"""Seconds between two looks at a page: the server tells nobody but a browser that it was built again."""


class Served:
    """A real `mkdocs serve`, until the block ends.

    Args:
        root: the project's folder.
        prefix: a command that runs the server as somebody else, or elsewhere.
        environment: variables of the server's.
    """

    def __init__(self, root: Path, prefix: Sequence[str] = (), **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it is closed with the server
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "mkdocs", "serve", "-a", self.address],
            cwd=root,
            env=os.environ | {"NO_MKDOCS_2_WARNING": "1"} | environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
            self._log.close()

    @property
    def log(self) -> str:
        """What it said so far."""
        self._log.seek(0)
        return self._log.read()

    def until(self, text: str, page: str = "", seconds: float = 60.0, *, without: str = "\0") -> str:
        """A page as a browser gets it, once it says `text`, and not `without`.

        A server that hangs is told from one that builds: a request that is not answered counts as an answer
        without `text`.
        """
        end = time.monotonic() + seconds
        html = ""
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://{self.address}/{page}", timeout=seconds) as answer:
                    html = answer.read().decode()
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                html = ""
            if text in html and without not in html:
                return html
            time.sleep(LOOK)
        raise AssertionError(f"{text!r} is not there:\n{html}\n{self.log}")
