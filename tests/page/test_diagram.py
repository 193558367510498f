"""What `cluster` fences ask for."""

from __future__ import annotations

import re

import pytest

from preuve.errors import PageError
from preuve.page.diagram import parse


@pytest.mark.parametrize(
    ("fence", "told"),
    [("podz", "did you mean 'pods'"), ("pods by=nodes", "by=node"), ("by=node", "name what to draw")],
)
def test_a_slip_is_told(fence: str, told: str) -> None:
    """An unknown word is refused, with the nearest known one."""
    with pytest.raises(PageError, match=re.escape(told)):
        parse(fence)
