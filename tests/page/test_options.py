"""The options of a fence: what each may be, and what is told of a slip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from preuve.errors import PreuveError
from preuve.page.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable

    from preuve.page.plan import Plan


def test_options_have_the_values_of_the_table(planned: Callable[[str], Plan]) -> None:
    """Each option is read, in both header forms."""
    want = Options(exit=1, hidden=True, timeout=1.5, settle=False, until="Ready|Done", tty=True)
    for header in (
        'console exit="1" hidden="yes" timeout="1.5s" settle="no" until="Ready|Done" tty="yes"',
        '{ .console exit=1 hidden=yes timeout=1.5s settle=no until="Ready|Done" tty=yes }',
    ):
        assert [action.options for action in planned(f"```{header}\n$ a\n```\n").actions()] == [want]


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ("exit=-1", "from 0 to 255"),
        ("exit=256", "from 0 to 255"),
        ("exit=²", "from 0 to 255"),
        ("exit=٣", "from 0 to 255"),
        ("exec=true", "write yes or no"),
        ("hidden=1", "write yes or no"),
        ("settle=non", "write yes or no"),
        ("tty=Yes", "write yes or no"),
        ("timeout=30", "a duration such as"),
        ("timeout=0s", "a duration such as"),
        ("timeout=1h", "a duration such as"),
        ("timeout=-1s", "a duration such as"),
        ('until="["', "not a regular expression"),
        ('until=""', "would match at once"),
        ("titel=x", "did you mean"),
        ("why=dangerous", "add exec=no"),
        ("exec=no hidden=yes", "leave out one of them"),
    ],
)
def test_options_that_do_not_fit_are_told(planned: Callable[[str], Plan], options: str, remedy: str) -> None:
    """Alone on their fence, so that nothing else is wrong; of two that contradict, one is asked for."""
    with pytest.raises(PreuveError, match=rf"^p\.md:1: [^\n]*{remedy}[^\n]*$"):
        planned(f"```{{ .console {options} }}\n$ a\n```\n")


@pytest.mark.parametrize(
    "option",
    ["exit=255", "exit=0", "timeout=300ms", "timeout=2m", "title=x", "data-state=x", "why=x exec=no"],
)
def test_a_value_that_an_option_takes_is_fine(planned: Callable[[str], Plan], option: str) -> None:
    """The last of its range, or what others than preuve act on."""
    assert planned(f"```{{ .console {option} }}\n$ a\n```\n").steps


def test_a_wanted_failure_is_an_exit_code_of_the_command_s_own(planned: Callable[[str], Plan]) -> None:
    """What `until` stops has none."""
    headers = {"exit=1": True, "exit=0": False, "exit=1 until=x": False}
    for header, wanted in headers.items():
        (action,) = planned(f"```{{ .console {header} }}\n$ a\n```\n").actions()
        assert action.options.failure == wanted
