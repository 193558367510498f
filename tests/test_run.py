"""Runs: what is recorded of a play, when, and that it reads back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from preuve.errors import TranscriptError
from preuve.run import KEPT, Earlier, Run, Turn, dump, read, write

if TYPE_CHECKING:
    from pathlib import Path

RUN = Run(
    datetime(2026, 11, 26, 8, 30, tzinfo=UTC),
    "v1.37.2",
    7.5,
    (Turn("pods/index.md", 7.5, 12.0), Turn('réplication "été".md', 9.0, 30.5)),
    {
        "redis:7.0.15": {"redis-server": "5:7.0.15-1~deb12u7"},
        "curlimages/curl:8.14.1": {"curl": "8.14.1-2+deb13u7"},
    },
    (
        Earlier(datetime(2026, 11, 25, 8, tzinfo=UTC), "v1.37.1", 25, 80.4),
        Earlier(datetime(2026, 10, 1, tzinfo=UTC), "v1.36.0", 7, 3.0),
    ),
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


def test_a_run_remembers_those_before_it(tmp_path: Path) -> None:
    """A line each, the last one first, in the file too; the oldest go when there are many."""
    path = tmp_path / "run.json"
    later = Run(datetime(2026, 11, 27, tzinfo=UTC), "v1.37.2", 1.0, (Turn("a.md", 1.0, 1.0),))
    assert later.after(None) == later
    write(path, later.after(RUN))
    on_file = read(path, "run.json")
    assert on_file
    assert on_file.earlier == (Earlier(RUN.started, "v1.37.2", 2, 39.5), *RUN.earlier)
    for _ in range(2 * KEPT):
        on_file = later.after(on_file)
    assert len(on_file.earlier) == KEPT
    assert RUN.started not in {each.started for each in on_file.earlier}


def edited(written: str, instead: str) -> str:
    """A run's file in which something else stands."""
    text = dump(RUN)
    assert written in text
    return text.replace(written, instead, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "[" * 100_000,
        "\ufeff" + dump(RUN),
        dump(RUN) * 2,
        "<<<<<<< ours\n" + dump(RUN),
        edited('"preuve-run": 1', '"preuve-run": 2'),
        edited('"preuve-run": 1', '"preuve-run": 1, "more": 1'),
        edited("2026-11-26", "yesterday"),
        edited("2026-11-26", "0000-11-26"),
        edited("2026-11-26", "9999-11-26"),
        edited("2026-11-26", "2026-02-30"),
        edited("v1.37.2", "<script>alert(1)</script>"),
        edited("v1.37.2", "v1.37.2 [x](javascript:alert)"),
        edited('"v1.37.2"', "1.37"),
        edited("redis:7.0.15", "redis:7.0.15`"),
        edited("redis-server", "redis <b>"),
        edited("5:7.0.15-1~deb12u7", "5:7.0.15 [x](javascript:alert)"),
        edited('{"redis-server": "5:7.0.15-1~deb12u7"}', "[]"),
        edited("2026-11-25", "2026-11-31"),
        edited("v1.37.1", "v1.37.1 [x](javascript:alert)"),
        edited("25, 80.4", "true, 80.4"),
        edited("25, 80.4", '"<b>", 80.4'),
        edited("25, 80.4", "-25, 80.4"),
        edited("25, 80.4", "2" + "5" * 4000 + ", 80.4"),
        edited("25, 80.4", "25, 1e9"),
        edited("25, 80.4", "25"),
        edited("7.5", "NaN"),
        edited("7.5", "-7.5"),
        edited("7.5", "1e999"),
        edited("7.5", "1" + "0" * 400),
        edited("7.5", "1" + "0" * 5000),
        edited("7.5", "true"),
        edited("12.0", "1e9"),
        edited("12.0", '"12.0"'),
        edited("[7.5, 12.0]", "1"),
        edited("pods/index.md", "../pods/index.md"),
        edited("pods/index.md", "/pods/index.md"),
        edited("pods/index.md", "a\\n\\n```console\\n$ x.md"),
        edited("pods/index.md", "a\u202ecod.md"),
        edited('"pods/index.md"', '"pods/index.md": [7.5, 1.0],\n"pods/index.md"'),
    ],
    ids=lambda text: ascii(text[:40]),
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
