"""What a page's front matter asks of preuve, and what is told of a slip in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mkdocs.utils.meta import get_data

from preuve.errors import PreuveError

if TYPE_CHECKING:
    from collections.abc import Callable

    from preuve.page.plan import Plan


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("exclusive", "'exclusive' in the front matter: write"),
        ("{klaster: exclusive}", "preuve.klaster"),
        ("{programs: []}", "preuve.programs: .* name programs"),
        ("{programs: [../sh]}", "preuve.programs: "),
        ("{programs: {helm: 1}}", "preuve.programs: "),
    ],
)
def test_settings_that_nobody_knows_are_told(
    planned: Callable[[str], Plan], settings: str, told: str
) -> None:
    """The page would share the cluster that it asks to have to itself."""
    with pytest.raises(PreuveError, match=rf"^p\.md:3: [^\n]*{told}[^\n]*$"):
        planned(f"---\ntitle: Pods\npreuve: {settings}\n---\n")


def test_front_matter_gives_the_whole_cluster(planned: Callable[[str], Plan]) -> None:
    """`preuve: {cluster: exclusive}` is read; a page without it shares the cluster."""
    assert planned("---\npreuve: {cluster: exclusive}\n---\n```console\n$ a\n```\n").exclusive
    assert not planned("---\ntitle: preuve\n---\n```console\n$ a\n```\n").exclusive


@pytest.mark.parametrize("written", ["[helm, k9s, helm]", "[helm, k9s]"])
def test_front_matter_asks_for_programs(planned: Callable[[str], Plan], written: str) -> None:
    """Each once; one may stand alone."""
    assert planned(f"---\npreuve: {{programs: {written}}}\n---\n").programs == ("helm", "k9s")
    assert planned("---\npreuve: {programs: helm}\n---\n").programs == ("helm",)


@pytest.mark.parametrize(
    "text",
    [
        "---\npreuve: {cluster: exclusive}\n\n# Pods\n",
        "---\ntitle: Pods\ntags:\n  - a\n# for drain\npreuve:\n  cluster: exclusive\n# Pods\n",
        "\ufeff---  \npreuve: {cluster: exclusive}\n-- -\n",
    ],
)
def test_front_matter_that_nobody_closed_is_told(planned: Callable[[str], Plan], text: str) -> None:
    """The page would share the cluster that it asks to have to itself, and show its settings as text."""
    assert get_data(text)[1] == {}
    with pytest.raises(PreuveError, match=r"^p\.md:1: .*never closed.*end it with a line ---"):
        planned(text)


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nWhat follows a rule.\n",
        "---\npreuve: a word of French, after a rule\n",
        "---\ntitle: a rule, and a line of text\n",
        "---\nOne.\npreuve: {}\n",
        "---\n\npreuve: {cluster: exclusive}\n",
        "preuve: {cluster: exclusive}\n",
    ],
)
def test_a_page_that_begins_with_a_rule_is_a_page(planned: Callable[[str], Plan], text: str) -> None:
    """It is legal Markdown; so are lines with a colon."""
    assert not planned(text).exclusive


def test_front_matter_that_is_not_yaml_is_told(planned: Callable[[str], Plan]) -> None:
    """A tab in the front matter is an error at its line, not a setting lost."""
    with pytest.raises(PreuveError, match=r"p\.md:2: the front matter is not YAML"):
        planned("---\n\tpreuve: {cluster: exclusive}\n---\n")
