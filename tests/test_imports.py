"""Who may import whom: a list, not a hope."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HOOKS = Path(__file__).parents[1] / "hooks"
FILES = {
    ".".join(file.relative_to(HOOKS).with_suffix("").parts).removesuffix(".__init__"): file
    for file in HOOKS.rglob("*.py")
}

STAGES = (
    "errors progress mapping settings owner whole playable",
    "cluster",
    "page",
    "meaning",
    "transcript run",
    "project",
    "changes",
    "rest",
    "play",
    "show",
    "audit",
    "cli init plugin testing",
)
"""The rooms and the modules beside them, by stage: none imports what comes after it, not even for types."""

ALLOWED = {("errors", "transcript")}
"""A failure carries what was played before it."""

OUTSIDE = {
    "mkdocs": {"preuve.plugin", "course"},
    "kubernetes": {"preuve.cluster.api"},
    "pyroute2": {"preuve.cluster.embedded"},
    "cryptography": {"preuve.cluster.embedded"},
}
"""Where the outside comes in: these modules, or what is below them, and no others."""


def imported(tree: ast.AST, *, types: bool = False) -> Iterator[str]:
    """The modules that a module imports, in a function too; with `types`, those for types alone as well."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")) if not types:
                continue
            case ast.ImportFrom(module=str(module)):
                yield from (f"{module}.{name.name}" for name in node.names)
            case ast.Import():
                yield from (name.name for name in node.names)
        yield from imported(node, types=types)


@cache
def imports(module: str, *, types: bool = False) -> set[str]:
    return set(imported(ast.parse(FILES[module].read_text(encoding="utf-8")), types=types))


def test_imports_go_one_way() -> None:
    """From a stage to those before it: who reads a room need not know what is built on it."""
    stage = {room: number for number, rooms in enumerate(STAGES) for room in rooms.split()}
    modules = [name for name in FILES if name.startswith("preuve.")]
    assert {name.split(".")[1] for name in modules} == set(stage)
    pairs = {
        (name.split(".")[1], each.split(".")[1])
        for name in modules
        for each in imports(name, types=True)
        if each.startswith("preuve.")
    }
    assert {(room, other) for room, other in pairs if stage[other] > stage[room]} == ALLOWED


@pytest.mark.parametrize("package", OUTSIDE)
def test_the_outside_comes_in_by_one_door(package: str) -> None:
    users = {name for name in FILES if any(each.split(".")[0] == package for each in imports(name))}
    doors = OUTSIDE[package]
    assert users
    assert not {user for user in users if not any(f"{user}.".startswith(f"{door}.") for door in doors)}


def test_the_cluster_s_driver_knows_no_pages() -> None:
    """It could be used without the engine."""
    names = {each for name in FILES if name.startswith("preuve.cluster.embedded") for each in imports(name)}
    own = (
        *("preuve.cluster.embedded", "preuve.errors", "preuve.progress"),
        *("preuve.cluster.report", "preuve.cluster.box"),  # what it answers
        *("preuve.cluster.dns", "preuve.cluster.api"),
    )
    assert not {name for name in names if name.startswith("preuve") and not name.startswith(own)}


def test_a_replayed_build_pays_for_nothing_slow() -> None:
    """What talks to a cluster is imported when something is played, not before."""
    asked = "import preuve.cli, preuve.show.edition, preuve.play.player, sys; print(*sys.modules)"
    told = subprocess.run((sys.executable, "-c", asked), capture_output=True, text=True, check=True)
    assert not {"kubernetes", "pyroute2", "cryptography"} & set(told.stdout.split())


def test_nothing_above_the_cluster_knows_which_one_it_is() -> None:
    """Not even for types: `backend` names the modules that are one; all others ask what it gives."""
    backends = ("preuve.cluster.embedded.", "preuve.cluster.context.")
    doors = {"preuve.cluster", "preuve.cluster.cli", "preuve.cluster.context"}
    users = {
        name: below
        for name in FILES
        if name not in doors and not name.startswith("preuve.cluster.embedded")
        if (below := [each for each in imports(name, types=True) if f"{each}.".startswith(backends)])
    }
    assert users == {}


def test_two_things_never_share_a_name() -> None:
    """Not even in two rooms: who reads of one, or looks for it, does not find the other."""
    defined = Counter(
        node.name
        for file in FILES.values()
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in defined.items() if count > 1] == []
