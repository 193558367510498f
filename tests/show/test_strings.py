"""Strings: every word that a reader may see exists in every language."""

from __future__ import annotations

import re
from dataclasses import asdict
from importlib import resources
from operator import attrgetter
from string import Formatter
from types import MethodType
from typing import TYPE_CHECKING

import pytest

from preuve.meaning.chance import Chance
from preuve.page.blocks import parse
from preuve.show import fence
from preuve.show.strings import LANGUAGES, strings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Words = str | Mapping[str, "Words"] | Sequence["Words"]

PREUVE = resources.files("preuve")


def words(value: Words, place: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each text of a column, by its place, and the values that it takes."""
    match value:
        case str():
            yield place, sorted(name for _, name, _, _ in Formatter().parse(value) if name)
        case dict():
            for key, each in value.items():
                yield from words(each, f"{place}.{key}")
        case _:
            for key, each in enumerate(value):
                yield from words(each, f"{place}.{key}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_volatile_value_has_a_name(language: str) -> None:
    """A mark never shows an identifier of ours."""
    assert set(strings(language).kinds) == set(Chance)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_languages_take_the_same_values(language: str) -> None:
    """A translation that forgets the date or the version would leave it out of the page."""
    assert dict(words(asdict(strings(language)))) == dict(words(asdict(strings("en"))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_shown_outside_the_table_is_in_every_language(language: str) -> None:
    """The words of the buttons, which only the script knows, and the page that `preuve init` writes."""
    script = PREUVE.joinpath("assets", "preuve.js").read_text(encoding="utf-8")
    rows = re.findall(r"^    (\w\w): {(.*)},$", script, re.MULTILINE)
    buttons = {name: re.findall(r'(\w+): "', row) for name, row in rows}
    assert buttons[language] == buttons["en"] != []

    def fences(name: str) -> list[tuple[str, str]]:
        page = PREUVE.joinpath("templates", f"page.{name}.md").read_text(encoding="utf-8")
        return [(block.language, block.body) for block in parse(page, "")[0]]

    assert fences(language) == fences("en") != []


@pytest.mark.parametrize("drawer", ["format", "draw"])
def test_every_language_has_its_formatters(drawer: str) -> None:
    """A generator without hooks takes them by name."""
    made = [each for each in vars(fence).values() if isinstance(each, MethodType) and each.__name__ == drawer]
    assert sorted(map(attrgetter("__self__.strings.language"), made)) == sorted(LANGUAGES)
