"""Runs: what is recorded of a play, when, and that it reads back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from preuve.errors import TranscriptError
from preuve.run import Run, Turn, read, write

if TYPE_CHECKING:
    from pathlib import Path

RUN = Run(
    datetime(2026, 11, 26, 8, 30, tzinfo=UTC),
    "v1.37.2",
    7.5,
    (Turn("pods/index.md", 7.5, 12.0), Turn('réplication "été".md', 9.0, 30.5)),
)


def test_a_run_reads_back_as_it_was_written(tmp_path: Path) -> None:
    """Whatever a page is called; tenths of a second are kept."""
    write(tmp_path / "transcripts" / "run.json", RUN)
    assert read(tmp_path / "transcripts" / "run.json", "run.json") == RUN
    assert read(tmp_path / "none.json", "none.json") is None


def test_a_run_lasts_to_the_end_of_its_last_page() -> None:
    """Not to the end of the one that began last; without any page, as long as the cluster took."""
    assert RUN.seconds == 39.5
    assert Run(RUN.started, RUN.version, 7.5, ()).seconds == 7.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '<<<<<<< ours\n{"preuve-run": 1}',
        '{"preuve-run": 2, "started": "2026-11-26T08:30:00Z", "kubernetes": "v", "cluster": 1, "pages": {}}',
        '{"preuve-run": 1, "started": "yesterday", "kubernetes": "v", "cluster": 1, "pages": {}}',
        '{"preuve-run": 1, "started": "2026-11-26T08:30:00Z", "kubernetes": "", "cluster": 1, "pages": [1]}',
        '{"preuve-run": 1, "started": "2026-11-26T08:30:00Z", "cluster": 1, "pages": {"a": 1}}',
        '{"preuve-run": 1, "started": "2026-11-26T08:30:00Z", "kubernetes": "", "cluster": NaN, "pages": {}}',
        '{"preuve-run": 1, "started": "2026-11-26T08:30:00Z", "kubernetes": "", "cluster": 1e9, "pages": {}}',
    ],
)
def test_a_damaged_record_says_what_to_do(text: str, tmp_path: Path) -> None:
    """It is no traceback, and losing it costs a play, not a page."""
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(TranscriptError, match="delete it") as refusal:
        read(path, "transcripts/run.json")
    assert str(refusal.value).startswith("transcripts/run.json:1:")


def test_a_record_that_cannot_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up meanwhile costs the news, no more."""

    def full(path: Path, *_: object, **__: object) -> None:
        path.write_bytes(b"{")
        raise OSError(28, "No space left on device")

    path = tmp_path / "run.json"
    write(path, RUN)
    monkeypatch.setattr(type(path), "write_text", full)
    with pytest.raises(TranscriptError, match="No space left"):
        write(path, Run(RUN.started, RUN.version, 7.5, ()))
    assert read(path, "run.json") == RUN
    assert list(tmp_path.iterdir()) == [path]
