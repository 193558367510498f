"""What a lesson shows under a file's name and plays nowhere: it can be downloaded, and it is right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from course import lesson
from course.downloads import address, offered, typed
from preuve import project
from preuve.page.plan import Command

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = {page.name: page for page in project.find(ROOT).pages()}
TYPED = {
    address(name, file): block.body
    for name, page in PAGES.items()
    if lesson(name)
    for file, block in typed(page.text)
}

PAGE = """\
=== "kind"

    Enregistrez :

    ```yaml title="kind.yaml"
    kind: Cluster
    ```

    Ensuite.
"""


def test_a_file_is_offered_beneath_what_shows_it() -> None:
    """Inside what holds it."""
    link = '[Télécharger kind.yaml](../manifests/a/kind.yaml){ download="kind.yaml" }'
    added = f"    ```\n\n    {link}\n    {{ .preuve-manifest }}\n\n    Ensuite."
    assert offered(PAGE, "a/index.md") == PAGE.replace("    ```\n\n    Ensuite.", added)


@pytest.mark.parametrize(
    "changed",
    [
        PAGE.replace("yaml title", "console title"),
        PAGE.replace("kind: Cluster", '--8<-- "a/kind.yaml"'),
        PAGE.replace("kind.yaml", "Vous écrivez"),
    ],
    ids=["played", "included", "no file"],
)
def test_what_is_no_typed_file_is_left_alone(changed: str) -> None:
    assert offered(changed, "a/index.md") == changed


NODE: dict[str, type] = {
    "role": str,
    "image": str,
    "labels": dict,
    "extraMounts": list,
    "extraPortMappings": list,
    "kubeadmConfigPatches": list,
    "kubeadmConfigPatchesJSON6902": list,
}
"""The fields of a node, as pkg/apis/config/v1alpha4 of kind has them; an unknown one is refused there."""
MAPPING: dict[str, type] = {"containerPort": int, "hostPort": int, "listenAddress": str, "protocol": str}


def unknown(config: dict[str, Any]) -> Iterator[str]:
    """What kind would refuse in one of its configurations, or take for something else."""
    if (config.pop("kind", ""), config.pop("apiVersion", "")) != ("Cluster", "kind.x-k8s.io/v1alpha4"):
        yield "no configuration of kind"
    nodes = config.pop("nodes", [])
    yield from config
    for node in nodes:
        mappings = node.get("extraPortMappings", [])
        for fields, known in [(node, NODE), *((each, MAPPING) for each in mappings)]:
            yield from (name for name, value in fields.items() if not isinstance(value, known.get(name, ())))


def called() -> set[int]:
    """The ports of nodes that the lessons call."""
    sources = [
        one.source
        for name in filter(lesson, PAGES)
        for one in PAGES[name].plan.actions()
        if isinstance(one, Command)
    ]
    return {int(port) for port in re.findall(r":(3[0-2]\d{3})\b", "\n".join(sources))}


def test_the_configuration_of_kind_makes_the_cluster_of_the_course() -> None:
    """Three nodes, as ours has, of which the first leads each port that a lesson calls to the reader."""
    config = yaml.safe_load(TYPED["manifests/installer/kind.yaml"])
    nodes = config["nodes"]
    assert [node["role"] for node in nodes] == ["control-plane", "worker", "worker"]
    ports = [(each["hostPort"], each["containerPort"]) for each in nodes[0]["extraPortMappings"]]
    assert ports == [(port, port) for port in sorted(called())]
    assert list(unknown(config)) == []


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("v1alpha4", "v1alpha3", ["no configuration of kind"]),
        ("nodes:", "noeuds:", ["noeuds"]),
        ("extraPortMappings:", "extraPortMapping:", ["extraPortMapping"]),
        ("hostPort: 30008", 'hostPort: "30008"', ["hostPort"]),
    ],
)
def test_a_configuration_that_kind_refuses_is_told(right: str, wrong: str, told: list[str]) -> None:
    body = TYPED["manifests/installer/kind.yaml"].replace(right, wrong, 1)
    assert list(unknown(yaml.safe_load(body))) == told
