"""Keys: what makes a page be played again, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from preuve.key import key
from preuve.plan import plan

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """---
title: Pods
---

# Pods

```yaml
--8<-- "pod.yaml"
```

```console
$ kubectl get pods
typed
```

```cluster
pods
```
"""


def keyed(
    folder: Path, page: str = PAGE, manifest: str = "kind: Pod\n", cluster: str = "kubernetes 1.37"
) -> str:
    """The key of a page beside a manifest."""
    (folder / "pod.yaml").write_text(manifest)
    return key(plan("p.md", page, [folder]), cluster)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# Pods", "# Les Pods\n\nprose, at length\n\n<!-- hidden -->"),
        ("title: Pods", "title: Autre"),
        ("typed", "typed otherwise"),
        ("```yaml", '```{ .yaml title="pod.yaml" }'),
        ("```console", "````console"),
        ("```cluster", "```{ .console exec=no }\n$ minikube start\n```\n\n```cluster"),
    ],
)
def test_what_is_only_read_does_not_count(tmp_path: Path, old: str, new: str) -> None:
    """Prose, titles, typed outputs and what is not run play nothing again."""
    page = PAGE.replace(old, new)
    page = page.replace("typed\n```\n", "typed\n````\n") if new == "````console" else page
    page = page.replace("typed otherwise\n````", "typed otherwise\n```")
    assert keyed(tmp_path, page) == keyed(tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("get pods", "get pod"),
        ("```console", "```{ .console settle=no }"),
        ("```console", "```{ .console exit=1 }"),
        ("pods\n```\n", "pods, services\n```\n"),
        ("title: Pods", "preuve: {cluster: exclusive}"),
        ('```yaml\n--8<-- "pod.yaml"\n```\n', ""),
    ],
)
def test_what_the_outcome_depends_on_counts(tmp_path: Path, old: str, new: str) -> None:
    """Commands, their options, what is drawn, and how much of the cluster the page has."""
    assert old in PAGE
    assert keyed(tmp_path, PAGE.replace(old, new)) != keyed(tmp_path)


def test_the_order_of_commands_counts(tmp_path: Path) -> None:
    """A page's state is the cluster, so its commands are no set."""
    one, other = "```console\n$ a\n$ b\n```\n", "```console\n$ b\n$ a\n```\n"
    assert keyed(tmp_path, one) != keyed(tmp_path, other)


def test_a_byte_of_a_manifest_counts(tmp_path: Path) -> None:
    """Even a comment: the reader downloads the file as it is."""
    assert keyed(tmp_path, manifest="kind: Pod\n# x\n") != keyed(tmp_path)


def test_the_cluster_counts(tmp_path: Path) -> None:
    """Another minor, or other images, may answer otherwise."""
    assert keyed(tmp_path, cluster="kubernetes 1.36") != keyed(tmp_path)
