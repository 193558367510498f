"""The run, drawn: what a reader and a screen reader find in it."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from preuve.run import Run, Turn
from preuve.show.strings import FRENCH
from preuve.show.timeline import draw

RUN = Run(datetime(2026, 11, 26, tzinfo=UTC), "v1.37.2", 10.0, (Turn("a.md", 10, 90), Turn("b.md", 40, 10)))


def drawn(run: Run = RUN) -> ET.Element:
    return ET.fromstring(draw(run, {"a.md": "Pods & <Services>"}, FRENCH))  # noqa: S314 - our own


def test_a_bar_stands_where_its_page_was_played() -> None:
    """From its beginning to its end, as shares of the whole run; the cluster's comes first."""
    bars = [(bar.get("x"), bar.get("width")) for bar in drawn().iter("rect")]
    assert bars == [("0.00%", "10.00%"), ("10.00%", "90.00%"), ("40.00%", "10.00%")]


def test_each_bar_has_a_name_and_a_duration() -> None:
    """The page's title, or its path if it has none; markup in it is text."""
    words = [text.text for text in drawn().iter("text")]
    for name in ("Cluster prêt", "Pods & <Services>", "1\xa0min\xa030\xa0s", "b.md", "10\xa0s"):
        assert name in words


def test_a_screen_reader_hears_the_story() -> None:
    """The drawing is an image with a name; what it shows is told in a sentence."""
    svg = drawn()
    parts = {part.get("id"): part.text for part in svg if part.tag in {"title", "desc"}}
    told = " ".join(parts[name] or "" for name in (svg.get("aria-labelledby") or "").split())
    assert svg.get("role") == "img"
    assert "La plus longue, « Pods & <Services> », a pris 1\xa0min\xa030\xa0s." in told


def test_there_are_never_more_marks_than_a_phone_has_room_for() -> None:
    """From a run of a second to one of hours."""
    for seconds in (0.4, 1, 7, 59, 100, 700, 9000):
        run = Run(RUN.started, RUN.version, 0.1, (Turn("a.md", 0, seconds),))
        assert 1 <= len(list(drawn(run).iter("line"))) <= 8
