"""What is kept of an output that is too long."""

from __future__ import annotations

from preuve.capture import LONGEST, Capture


def test_one_line_without_end_loses_its_middle_too() -> None:
    """There is no whole line to keep: both ends are, and what says how much is missing is a line."""
    capture = Capture()
    capture.feed(b"a" * LONGEST + b"z" * LONGEST)
    head, gap, tail = capture.text().split("\n")
    assert (set(head), gap, set(tail)) == ({"a"}, "[… 1.0 MB …]", {"z"})
