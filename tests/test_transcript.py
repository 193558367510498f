"""Transcripts: what is written is read back, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preuve.errors import TranscriptError
from preuve.transcript import Exchange, Transcript, dump, load, read, rekeyed, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAYED = Transcript(
    page="pods/index.md",
    key="sha256:ab",
    version="v1.37.2",
    played=datetime(2026, 11, 23, 9, 40, 12, tzinfo=UTC),
    seconds=12.4,
    exchanges=(
        Exchange("kubectl get pods", "NAME  READY\nweb   1/1\n\n", 0, 0.041),
        Exchange("cat <<EOF | kubectl create -f -\nkind: Pod\n\nEOF", "", 1, 0.2),
        Exchange("pods by=node", "flowchart TB\n", drawn=True),
    ),
)

line = st.text(st.characters(blacklist_characters="\n", blacklist_categories=("Cs",)))
lines = st.lists(line, max_size=4)
exchanges = st.builds(
    Exchange,
    source=st.builds(lambda first, more: "\n".join(["x" + first, *more]), line, lines),
    output=lines.map(lambda some: "".join(f"{one}\n" for one in some)),
    exit=st.integers(0, 255),
    seconds=st.integers(0, 10**6).map(lambda milliseconds: milliseconds / 1000),
    drawn=st.booleans(),
)


@given(st.lists(exchanges, max_size=5))
def test_what_is_written_is_read_back(some: list[Exchange]) -> None:
    """Whatever was asked and answered, a transcript's file tells it again, to the letter."""
    transcript = replace(PLAYED, exchanges=tuple(some))
    assert load(dump(transcript), "x.txt") == transcript


@given(st.data())
def test_no_edited_transcript_is_believed(data: st.DataObject) -> None:
    """Change, drop or double any line, and the file is refused with its name and a line of it."""
    lines = dump(PLAYED).split("\n")
    at = data.draw(st.integers(7, len(lines) - 2))
    edited = data.draw(
        st.sampled_from(
            [
                [*lines[:at], *lines[at + 1 :]],
                [*lines[:at], lines[at], *lines[at:]],
                [*lines[:at], lines[at] + "!", *lines[at + 1 :]],
                lines[:at],
            ]
        )
    )
    with pytest.raises(TranscriptError) as refusal:
        load("\n".join(edited), "transcripts/pods/index.txt")
    assert str(refusal.value).startswith("transcripts/pods/index.txt:")
    assert "preuve play" in str(refusal.value)


@pytest.mark.parametrize("mark", ["$ ", "> ", "| ", "= "])
def test_a_line_that_lost_its_space_is_told_at_its_place(mark: str) -> None:
    """Edited by hand, it would lose its first letter too, and the seal does not say which line it was."""
    lines = dump(PLAYED).split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith(mark))
    lines[at] = lines[at].replace(" ", "", 1)
    with pytest.raises(TranscriptError, match=rf"^x\.txt:{at + 1}: .*edited by hand.*a space after"):
        load("\n".join(lines), "x.txt")


def test_a_merge_conflict_is_named() -> None:
    """A conflict that git left is told as such, at its line."""
    lines = dump(PLAYED).split("\n")
    with pytest.raises(TranscriptError, match=r"x\.txt:9: .*merge conflict"):
        load("\n".join([*lines[:8], "<<<<<<< HEAD", *lines[8:]]), "x.txt")


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("v1.37.2", "v<b>1</b>", "kubernetes: v<b>"),
        ("seconds: 1.0", "seconds: nan", "seconds: nan"),
        ("\n", "\r\n", "CR LF"),
    ],
    ids=["version", "duration", "line ends"],
)
def test_a_head_that_preuve_does_not_write_is_refused(written: str, instead: str, told: str) -> None:
    """What the seal does not cover stands on the page too."""
    text = dump(Transcript("p.md", "sha256:0", "v1.37.2", datetime.now(UTC), 1.0, (Exchange("a", "b\n"),)))
    assert load(text, "t.txt").version == "v1.37.2"
    with pytest.raises(TranscriptError, match=told):
        load(text.replace(written, instead), "t.txt")


def test_another_format_is_refused() -> None:
    """A file of a later preuve says so, rather than being half understood."""
    with pytest.raises(TranscriptError, match="format"):
        load(dump(PLAYED).replace("preuve-transcript: 1", "preuve-transcript: 2"), "x.txt")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """When the disk refuses, the transcript that was there is still there, and no temporary file is."""
    path = tmp_path / "pods" / "index.txt"
    write(path, PLAYED)
    unwritable = replace(PLAYED, page="\ud800")
    with pytest.raises(UnicodeEncodeError):
        write(path, unwritable)
    assert read(path, "index.txt") == PLAYED
    assert [file.name for file in path.parent.iterdir()] == ["index.txt"]


def test_a_failed_write_tells_its_own_cause_though_another_process_tidied_up(tmp_path: Path) -> None:
    """`git clean` beside it takes its temporary file away: that is not what went wrong."""

    class Exchanges(tuple[Exchange, ...]):
        __slots__ = ()

        def __iter__(self) -> Iterator[Exchange]:
            for file in tmp_path.iterdir():
                file.unlink()
            return super().__iter__()

    with pytest.raises(UnicodeEncodeError):
        write(tmp_path / "index.txt", replace(PLAYED, exchanges=Exchanges([Exchange("\ud800", "")])))


def test_no_file_is_no_transcript(tmp_path: Path) -> None:
    """A page that was never played has no transcript; that is no error."""
    assert read(tmp_path / "none.txt", "none.txt") is None


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A binary file in a transcript's place is one clear error."""
    (tmp_path / "x.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(TranscriptError, match="cannot be read"):
        read(tmp_path / "x.txt", "x.txt")


def test_a_new_key_keeps_the_outcome() -> None:
    """A page that asks otherwise for the same outcome keeps its outputs and their date."""
    assert replace(rekeyed(PLAYED, "sha256:cd"), key=PLAYED.key) == PLAYED
