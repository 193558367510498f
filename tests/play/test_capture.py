"""What is kept of an output that is too long."""

from __future__ import annotations

import re

import pytest

from preuve.play.capture import LONGEST, Capture


@pytest.mark.parametrize("end", ["\n", ""], ids=["ended", "unended"])
def test_a_single_line_loses_its_middle_too(end: str) -> None:
    """There is no whole line to keep: both ends are, and what says how much is missing is a line."""
    capture = Capture()
    capture.feed(b"a" * LONGEST + b"z" * LONGEST + end.encode())
    head, gap, tail = capture.text().removesuffix(end).split("\n")
    assert (set(head), gap, set(tail)) == ({"a"}, "[… 1.0 MB …]", {"z"})


@pytest.mark.parametrize("count", [150_000, 600_000])
@pytest.mark.parametrize("piece", [65_521, 10_000_000], ids=["in pieces", "at once"])
@pytest.mark.parametrize("end", ["\n", ""], ids=["ended", "unended"])
def test_a_long_output_keeps_whole_lines_of_both_ends(count: int, piece: int, end: str) -> None:
    """They are the first and the last, none of them cut or twice there; what is missing is told."""
    lines = [f"line {number}" for number in range(count)]
    data = ("\n".join(lines) + end).encode()
    capture = Capture()
    for at in range(0, len(data), piece):
        capture.feed(data[at : at + piece])
    shown = capture.text()
    assert shown.endswith(lines[-1] + end)
    kept = shown.removesuffix("\n").split("\n")
    gap = next(number for number, line in enumerate(kept) if line.startswith("[…"))
    head, tail = kept[:gap], kept[gap + 1 :]
    assert head == lines[: len(head)]
    assert tail == lines[-len(tail) :]
    sizes = [len("\n".join(part)) for part in (head, tail)]
    assert all(LONGEST / 2 - 30 < size <= LONGEST / 2 for size in sizes)
    assert kept[gap] == f"[… {(len(data) - sum(sizes)) / 1e6:.1f} MB …]"


def test_an_output_of_the_longest_length_is_kept_whole() -> None:
    """It is the first byte too many that costs the middle."""
    data = b"0123456789abcde\n" * (LONGEST // 16)
    capture = Capture()
    capture.feed(data)
    assert capture.text() == data.decode()
    capture.feed(b"\n")
    assert "\n[… 0.0 MB …]\n" in capture.text()


def test_nothing_is_taken_after_the_line_that_matched() -> None:
    """What came with it, or comes later, is not what the page shows."""
    capture = Capture(re.compile("^Ready$"))
    assert not capture.feed(b"Starting\nRea")
    assert capture.feed(b"dy\nStopping\nRea")
    assert capture.feed(b"dy\nmore\n")
    assert capture.end()
    assert capture.text() == "Starting\nReady\n"


def test_a_last_line_without_an_end_is_one_too() -> None:
    """It is shown, and it may be what was waited for; nothing is left to take after it."""
    capture = Capture(re.compile("^Ready$"))
    assert not capture.feed(b"Starting\nReady")
    assert capture.end()
    assert capture.end()
    assert capture.text() == "Starting\nReady"
    assert not Capture(re.compile("")).end()


def test_a_line_matches_as_a_terminal_shows_it() -> None:
    """Colours, and what was written over, are not part of it."""
    assert Capture(re.compile("^Ready$")).feed(b"Waiting\r\x1b[32mReady\x1b[0m  \b\b\x1b[K\n")


@pytest.mark.parametrize("size", [10, 2 * LONGEST], ids=["short", "long"])
def test_an_output_is_shown_as_a_terminal_leaves_it(size: int) -> None:
    """Both of its ends are; bytes that are no text are told as such."""
    capture = Capture()
    capture.feed(b"\x1b[1mfirst\x1b[0m\n" + b"." * size + b"\n\x1b[1mlast\x1b[0m \xff\n")
    lines = capture.text().split("\n")
    assert (lines[0], lines[-2]) == ("first", "last \ufffd")


def test_a_line_without_end_is_kept_in_bounded_memory() -> None:
    """A progress bar, say, for which nobody waits; a match further on is still found."""
    capture = Capture(re.compile("^Ready$"))
    for _ in range(8):
        assert not capture.feed(b"." * LONGEST)
    assert len(capture._line) <= LONGEST
    assert len(capture._head) + len(capture._tail) <= 4 * LONGEST
    assert capture.feed(b"\nReady\n")


def test_what_is_kept_of_a_short_line_is_the_line() -> None:
    """However it comes in."""
    capture = Capture(re.compile("^a line that comes in pieces$"))
    for piece in (b"a line ", b"that comes ", b"in pieces"):
        assert not capture.feed(piece)
    assert capture.feed(b"\n")
