"""Transcripts: what is written is read back, and nothing else is."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from preuve import owner, whole
from preuve.errors import TranscriptError
from preuve.meaning.chance import Chance
from preuve.meaning.spans import Value
from preuve.transcript import Exchange, Transcript, dump, load, read, write

PLAYED = Transcript(
    page="pods/index.md",
    key=f"sha256:{7:064x}",
    version="v1.37.2",
    played=datetime(2026, 11, 23, 9, 40, 12, tzinfo=UTC),
    seconds=12.4,
    exchanges=(
        Exchange("kubectl get pods", "NAME  READY\nweb   1/1\n\n", 0, 0.041),
        Exchange("cat <<EOF | kubectl create -f -\nkind: Pod\n\nEOF", "", 1, 0.2),
        Exchange("pods by=node", "+ Pod web Running node=node2\n", drawn=True),
    ),
    values=(Value(Chance.NODE, "node2"), Value(Chance.PORT, "31207")),
)

line = st.text(st.characters(include_characters="\t", exclude_categories=("Cs", "Cc")))
lines = st.lists(line, max_size=4)
exchanges = st.builds(
    Exchange,
    source=st.builds(lambda first, more: "\n".join(["x" + first, *more]), line, lines),
    output=lines.map(lambda some: "".join(f"{one}\n" for one in some)),
    exit=st.integers(0, 255),
    seconds=st.integers(0, 10**6).map(lambda milliseconds: milliseconds / 1000),
)
drawings = st.builds(
    Exchange,
    source=line.map("pods {}".format),
    output=st.sampled_from(["", "Pod web Running\n", "Node node1 Ready\n+ Pod web 0/1 node=node1\n"]),
    drawn=st.just(value=True),
)


@given(st.lists(exchanges | drawings, max_size=5))
def test_what_is_written_is_read_back(some: list[Exchange]) -> None:
    """Whatever was asked and answered, a transcript's file tells it again, to the letter."""
    transcript = replace(PLAYED, exchanges=tuple(some))
    assert load(dump(transcript), "x.txt", PLAYED.page) == transcript


@given(st.data())
def test_no_edited_transcript_is_believed(data: st.DataObject) -> None:
    """Change, drop or double any line, of the head too: the file is refused, with a line of it."""
    lines = dump(PLAYED).split("\n")
    at = data.draw(st.integers(0, len(lines) - 2))
    edited = data.draw(
        st.sampled_from(
            [
                [*lines[:at], *lines[at + 1 :]],
                [*lines[:at], lines[at], *lines[at:]],
                [*lines[:at], lines[at] + "!", *lines[at + 1 :]],
                [*lines[:at], re.sub(r"\d", "3", lines[at]), *lines[at + 1 :]],
                lines[:at],
            ]
        )
    )
    assume(edited != lines)
    with pytest.raises(TranscriptError) as refusal:
        load("\n".join(edited), "transcripts/pods/index.txt", PLAYED.page)
    assert str(refusal.value).startswith("transcripts/pods/index.txt:")
    assert "preuve play" in str(refusal.value)


@pytest.mark.parametrize("mark", ["$ ", "> ", "| ", "= ", "~ "])
def test_a_line_that_lost_its_space_is_told_at_its_place(mark: str) -> None:
    """Edited by hand, it would lose its first letter too, and the seal does not say which line it was."""
    lines = dump(PLAYED).split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith(mark))
    lines[at] = lines[at].replace(" ", "", 1)
    with pytest.raises(
        TranscriptError, match=rf"^x\.txt:{at + 1}: .*edited by hand.*(?:a space after|expected `~)"
    ):
        load("\n".join(lines), "x.txt", PLAYED.page)


def test_a_merge_conflict_is_named() -> None:
    """A conflict that git left is told as such, at its line."""
    lines = dump(PLAYED).split("\n")
    with pytest.raises(TranscriptError, match=r"x\.txt:9: .*merge conflict"):
        load("\n".join([*lines[:8], "<<<<<<< HEAD", *lines[8:]]), "x.txt", PLAYED.page)


def sealed(text: str) -> str:
    """The text under the seal that it would have, if preuve had written it."""
    lines = text.split("\n")
    others = "\n".join([*lines[:3], *lines[4:]])
    return text.replace(lines[3], f"seal: sha256:{hashlib.sha256(others.encode()).hexdigest()}", 1)


@pytest.mark.parametrize(
    ("written", "instead", "line"),
    [
        ("v1.37.2", "v<b>1</b>", 5),
        ("v1.37.2", "v1.37.٢", 5),
        ("v1.37.2", "v" + "1" * 100, 5),
        ("seconds: 12.4", "seconds: nan", 7),
        ("seconds: 12.4", "seconds: -1.0", 7),
        ("seconds: 12.4", "seconds: 1e999", 7),
        ("seconds: 12.4", "seconds: 1_000.0", 7),
        ("2026-11-23", "0000-11-23", 6),
        ("2026-11-23", "9999-11-23", 6),
        ("2026-11-23", "2026-02-30", 6),
        ("\n", "\r\n", 1),
        ("NAME  READY", "NAME\rREADY", 10),
        ("NAME  READY", "`\x02``", 10),
        ("NAME  READY", "\x1b]0;title\x07", 10),
        ("NAME  READY", "\ud800", 10),
        ("= 0 in 0.041 s", "= 0 in nan s", 13),
        ("= 0 in 0.041 s", "= -1 in 0.041 s", 13),
        ("= 0 in 0.041 s", "= 1000 in 0.041 s", 13),
        ("= 0 in 0.041 s", "= 0 in inf s", 13),
        ("~ node node2", "~ nodes node2", 25),
        ("~ node node2", "~ node web", 25),
        ("~ node node2", "~ age 5s", 25),
        ("~ node node2", "~ node node2<b>", 25),
        ("~ port 31207", "~ port ٣١٢٠٧", 26),
        ("~ port 31207", "| port 31207", 26),
        ("\ufeff", "\ufeff", 1),
    ],
)
def test_what_preuve_does_not_write_is_refused_under_any_seal(written: str, instead: str, line: int) -> None:
    """Whoever edits a transcript can seal it too: what would come on the page is checked by itself."""
    text = dump(PLAYED)
    assert load(sealed(text), "t.txt", PLAYED.page) == PLAYED
    text = text.replace(written, instead) if written in text else instead + text
    text = text if "\ud800" in text else sealed(text)
    with pytest.raises(TranscriptError, match=rf"^t\.txt:{line}: .*preuve play"):
        load(text, "t.txt", PLAYED.page)


def test_a_transcript_that_was_moved_is_refused() -> None:
    """Its outputs are those of another page's namespace; both pages are named."""
    with pytest.raises(TranscriptError, match=r"^transcripts/b\.txt:2: .*'b\.md'.*pods/index\.md"):
        load(dump(PLAYED), "transcripts/b.txt", "b.md")


@pytest.mark.parametrize("number", [1, 3])
def test_another_format_is_refused(number: int) -> None:
    """A file of an earlier or a later preuve says so, rather than being half understood."""
    text = dump(PLAYED).replace("preuve-transcript: 2", f"preuve-transcript: {number}")
    with pytest.raises(TranscriptError, match=rf"^x\.txt:1: .*format {number}.*reads 2"):
        load(text, "x.txt", PLAYED.page)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk refuses, the transcript that was there is still there, and no temporary file is."""

    def full(file: Path, *_: object, **__: object) -> None:
        file.touch()
        raise OSError(28, "No space left on device")

    path = tmp_path / "pods" / "index.txt"
    write(path, PLAYED)
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(TranscriptError, match="No space left on device"):
        write(path, replace(PLAYED, seconds=1.0))
    assert read(path, "index.txt", PLAYED.page) == PLAYED
    assert [file.name for file in path.parent.iterdir()] == ["index.txt"]


def test_a_failed_write_tells_its_own_cause_though_another_process_tidied_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`git clean` beside it takes its temporary file away: that is not what went wrong."""

    def full(*_: object, **__: object) -> None:
        for path in tmp_path.iterdir():
            path.unlink()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(TranscriptError, match="No space left on device"):
        write(tmp_path / "index.txt", PLAYED)


def test_what_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    """A cluster's version stands on the page: one that says markup of itself is told when it is played."""
    with pytest.raises(TranscriptError, match=r"^index\.txt:5: "):
        write(tmp_path / "index.txt", replace(PLAYED, version="v1<script>"))
    assert not list(tmp_path.iterdir())


def test_no_file_is_no_transcript(tmp_path: Path) -> None:
    """A page that was never played has no transcript; that is no error."""
    assert read(tmp_path / "none.txt", "none.txt", "none.md") is None


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A binary file in a transcript's place is one clear error."""
    (tmp_path / "x.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(TranscriptError, match="cannot be read"):
        read(tmp_path / "x.txt", "x.txt", "x.md")


CUT_OFF = """
import os, sys
from pathlib import Path
from preuve.whole import write
Path.replace = lambda *_: os.kill(os.getpid(), 9)
write(Path(sys.argv[1]), "half")
"""


def test_what_a_killed_process_had_half_written_goes_at_the_next_start(tmp_path: Path) -> None:
    """The file is as it was; what another process is writing just then stays."""
    path = tmp_path / "pods" / "index.txt"
    whole.write(path, "before")
    live = path.with_name(f".index.txt.{owner.me()}")
    live.touch()
    subprocess.run((sys.executable, "-c", CUT_OFF, str(path)), check=False)
    assert len(list(path.parent.iterdir())) == 3
    whole.reap(tmp_path)
    assert sorted(path.parent.iterdir()) == [live, path]
    assert path.read_text() == "before"
