"""What is kept of an output that is too long."""

from __future__ import annotations

import pytest

from preuve.capture import LONGEST, Capture


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
