"""Strings: every word that a reader may see exists in every language."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from preuve.meaning.kinds import Kind
from preuve.show.strings import LANGUAGES, strings


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_volatile_value_has_a_name(language: str) -> None:
    """A mark never shows an identifier of ours."""
    assert set(strings(language).kinds) == set(Kind)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_languages_take_the_same_values(language: str) -> None:
    """A translation that forgets the date or the version would leave it out of the page."""
    for field in fields(strings("en")):
        ours, theirs = getattr(strings(language), field.name), getattr(strings("en"), field.name)
        if isinstance(ours, str):
            assert re.findall(r"{\w+}", ours) == re.findall(r"{\w+}", theirs)
