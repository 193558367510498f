"""What a page's namespace is called."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preuve.play.naming import name_of


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("index.md", "index"),
        ("pods/index.md", "pods"),
        ("pods/README.md", "pods"),
        ("pods/yaml.md", "pods-yaml"),
        ("a/b/index.md", "a-b"),
        ("Déploiements.md", "deploiements"),
        ("kube-system.md", "page-kube-system"),
        ("default.md", "page-default"),
        ("日本.md", "page"),
    ],
)
def test_a_namespace_is_named_after_its_page(page: str, name: str) -> None:
    """The name reads well in outputs, and is none of Kubernetes' own."""
    assert name_of(page) == name


@given(st.text(min_size=1, max_size=200))
def test_every_page_has_a_valid_name(page: str) -> None:
    """A namespace's name is a DNS label (RFC 1123)."""
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name_of(f"{page}.md"))


def test_long_names_differ() -> None:
    """Two long paths with one beginning are two namespaces."""
    first, second = (f"{'chapter/' * 12}{end}.md" for end in ("one", "two"))
    assert name_of(first) != name_of(second)
