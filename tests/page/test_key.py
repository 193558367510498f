"""Keys: what makes a page be played again, and what does not."""

from __future__ import annotations

from dataclasses import make_dataclass, replace
from typing import TYPE_CHECKING

import pytest

from preuve.page.key import key
from preuve.page.options import Options
from preuve.page.plan import Console, plan

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
    folder: Path,
    page: str = PAGE,
    manifest: str = "kind: Pod\n",
    cluster: str = "kubernetes 1.37",
    name: str = "p.md",
) -> str:
    """The key of a page beside a manifest."""
    (folder / "pod.yaml").write_text(manifest)
    return key(plan(name, page, [folder]), cluster)


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
        ("title: Pods", "preuve: {programs: [helm]}"),
        ('```yaml\n--8<-- "pod.yaml"\n```\n', ""),
    ],
)
def test_what_the_outcome_depends_on_counts(tmp_path: Path, old: str, new: str) -> None:
    """Commands, their options, what is drawn, how much of the cluster the page has, which programs."""
    assert old in PAGE
    assert keyed(tmp_path, PAGE.replace(old, new)) != keyed(tmp_path)


def test_the_order_of_commands_counts(tmp_path: Path) -> None:
    """A page's state is the cluster, so its commands are no set."""
    one, other = "```console\n$ a\n$ b\n```\n", "```console\n$ b\n$ a\n```\n"
    assert keyed(tmp_path, one) != keyed(tmp_path, other)


def test_a_byte_of_a_manifest_counts(tmp_path: Path) -> None:
    """Even a comment: the reader downloads the file as it is."""
    assert keyed(tmp_path, manifest="kind: Pod\n# x\n") != keyed(tmp_path)


def test_the_name_of_a_manifest_counts(tmp_path: Path) -> None:
    """Though no command of the page has it: it is what `ls` says, and in which order a folder is applied."""
    page = '```yaml\n--8<-- "{}.yaml"\n```\n\n```console\n$ ls; kubectl apply -f .\n```\n'
    keys = set()
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text("kind: Pod\n")
        keys.add(keyed(tmp_path, page.format(name)))
    assert len(keys) == 2


def test_the_cluster_counts(tmp_path: Path) -> None:
    """Another minor, or other images, may answer otherwise."""
    assert keyed(tmp_path, cluster="kubernetes 1.36") != keyed(tmp_path)


def test_an_image_of_the_author_s_counts_where_it_is_named(tmp_path: Path) -> None:
    """By what it is; a page that spells out its name, whatever the tag and the registry, and no other one."""
    images = {"docker.io/shop/api:1.0": "a", "localhost:5000/web:1.0": "b"}

    def page(command: str, **other: str) -> str:
        one = plan("p.md", f"```console\n$ {command}\n```\n", [tmp_path])
        return key(one, "", {**images, **other})

    assert keyed(tmp_path) == key(plan("p.md", PAGE, [tmp_path]), "kubernetes 1.37", images)
    for command in ("kubectl run a --image=shop/api:1.0", 'kubectl run a --image="$REGISTRY/api:2.0"'):
        assert page(command, **{"docker.io/shop/api:1.0": "c"}) != page(command)
        assert page(command, **{"docker.io/shop/api:2.0": "c"}) != page(command)
        assert page(command, **{"localhost:5000/web:1.0": "c"}) == page(command)
    (tmp_path / "pod.yaml").write_text("image: localhost:5000/web:1.0\n")
    one = plan("p.md", PAGE, [tmp_path])
    assert key(one, "", images) != key(one, "")


def test_the_name_of_the_page_counts(tmp_path: Path) -> None:
    """Its namespace is named after it, and outputs print that."""
    assert keyed(tmp_path, name="q.md") != keyed(tmp_path)


def test_a_new_option_makes_no_transcript_stale(tmp_path: Path) -> None:
    """One that a later preuve knows, where nobody has written it; written, it counts."""
    later = make_dataclass("Later", [("later", int, 0)], bases=(Options,), frozen=True)

    def page(**options: object) -> str:
        one = plan("p.md", "```{ .console exit=1 }\n$ a\n```\n", [tmp_path])
        step = one.steps[0]
        assert isinstance(step, Console)
        given = {"exit": 1, **options} if options else None
        commands = [replace(one, options=later(**given)) if given else one for one in step.commands]
        return key(replace(one, steps=(replace(step, commands=tuple(commands)),)), "")

    assert page(later=0) == page()
    assert page(later=1) != page()
