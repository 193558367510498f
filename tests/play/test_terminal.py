"""What a terminal is left with."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from preuve.play.terminal import plain

WRITTEN = st.text(
    st.sampled_from("ab é宽🚀\u0301\u200d\n\r\b\t\x1b[]0;31mKJ\x07\\\x00\x7f\x9b\x9d\v\f()B?")
    | st.characters(codec="utf-8")
)
"""What a program may write: much of it as in sequences, whole or broken."""


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        ("", ""),
        ("plain\ntext", "plain\ntext"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("a\r\r\nb", "a\nb"),
        (" 10 %\r 50 %\r100 %\n", "100 %\n"),
        ("longer\rab\n", "abnger\n"),
        ("longer\r\x1b[Kab\n", "ab\n"),
        ("longer\x1b[2K\rab", "ab"),
        ("abc\b\bX", "aXc"),
        ("\b\ba", "a"),
        ("abc\b\x1b[0K", "ab"),
        ("abc\x1b[1K", "abc"),
        ("a\tb\n12345678\tc", "a       b\n12345678        c"),
        ("ab\r\tc", "ab      c"),
        ("\x1b[1;31mred\x1b[0m \x1b[38;5;200mpink\x1b[m", "red pink"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(B\x1b[?25l\x1b[?2004hshown\x1b[?25h\x1b=\x1b>", "shown"),
        ("\x1bP1$r0m\x1b\\dcs", "dcs"),
        ("\x9b31mc1\x9b0m", "c1"),
        ("bell\x07 nul\x00 del\x7f", "bell nul del"),
        ("broken \x1b[12", "broken [12"),
        ("broken \x1b]0;title\nnext", "broken ]0;title\nnext"),
        ("end \x1b", "end "),
        ("page\fline\vend", "page\nline\nend"),
        ("宽x\rab", "abx"),
        ("宽x\ra", "a x"),
        ("宽\tb", "宽      b"),
        ("🚀\b\bab", "ab"),
        ("e\u0301x\rE", "Ex"),
        ("naïve « ’ » — \u202f\u00a0 ‹web›", "naïve « ’ » — \u202f\u00a0 ‹web›"),
        ("\u2028\u2029\u0085", "\u2028\u2029"),
    ],
)
def test_of_what_programs_write(raw: str, left: str) -> None:
    """Overwriting overwrites, sequences leave no trace, text is left as it is."""
    assert plain(raw) == left


@given(WRITTEN)
@example("\u0301\ra")
@example("a\u0301\ta")
@example("\x1b\x1b[[mm")
def test_twice_is_once(raw: str) -> None:
    """What a terminal shows, shown again, is the same."""
    assert plain(plain(raw)) == plain(raw)


@given(WRITTEN)
def test_no_control_character_is_left(raw: str) -> None:
    """Only the ends of lines are."""
    assert not any(
        character < " " or "\x7f" <= character <= "\x9f" for character in plain(raw).replace("\n", "")
    )


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])), st.text("\n", max_size=2))
def test_text_is_left_alone(text: str, end: str) -> None:
    """Text without control characters comes through unchanged."""
    assert plain(text + end) == text + end


@given(st.lists(st.text("ab宽 \t\r\x1b[Km1")))
def test_lines_are_apart(lines: list[str]) -> None:
    """No line changes another."""
    assert plain("\n".join(lines)) == "\n".join(map(plain, lines))


PIECES = [
    "\x1b]0;",
    "\x1b[1",
    "\x1b[;",
    "a\b",
    "a\r",
    "\x1b(",
    "\u0301",
    "宽\b",
    "\t",
    "a\x1b[K",
    "ab\x1b[2K",
    "\x1b[1K",
]


@pytest.mark.parametrize("piece", PIECES)
def test_of_much_of_the_same(piece: str) -> None:
    """Whatever is repeated, each piece of it is looked at once: this takes a moment, not minutes."""
    raw = "\b" + piece * (300_000 // len(piece))
    assert len(plain(raw)) <= 8 * len(raw)
