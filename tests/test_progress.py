"""What somebody who reads a log sees of long work."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

from rich.console import Console

from preuve import progress
from preuve.progress import Progress

if TYPE_CHECKING:
    import pytest


def test_a_log_is_told_of_what_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no terminal, a stage says again what it is at; a short one says its end alone."""
    monkeypatch.setattr(progress, "SILENCE", 0.05)
    log = io.StringIO()
    with Progress(Console(file=log)) as shown:
        with shown.stage("compile") as stage:
            stage.detail("312/1400 k8s.io/api")
            end = time.monotonic() + 20
            while log.getvalue().count("\n") < 2:
                assert time.monotonic() < end
                time.sleep(0.01)
        monkeypatch.setattr(progress, "SILENCE", 60)
        with shown.stage("link"):
            pass
    *lasting, ended, short = log.getvalue().splitlines()
    assert set(lasting) == {"compile  0 s … 312/1400 k8s.io/api"}
    assert (ended.split()[0], short) == ("compile", "link  0.0 s")
