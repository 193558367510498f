"""Who may import whom: a list, not a hope."""

from __future__ import annotations

import ast
import subprocess
import sys
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

ROOMS = {
    "api": "errors",
    "blocks": "errors",
    "box": "errors",
    "canonical": "colouring normalize table",
    "capture": "terminal",
    "cli": "edition errors export junit player project prompt schedule script settings shell",
    "colouring": "",
    "commands": "errors",
    "compare": "canonical",
    "diagnose": "errors kinds objects pod",
    "diagram": "errors kinds objects pod",
    "edition": "compare diagram errors plan project proofs render run settings transcript",
    "errors": "",
    "export": "errors render script strings",
    "fence": "normalize strings",
    "junit": "",
    "key": "plan transcript",
    "kinds": "",
    "motion": "",
    "namespace": "api errors",
    "nodes": "errors objects",
    "normalize": "table",
    "objects": "",
    "plan": "blocks commands diagram errors verbs",
    "play": "errors plan transcript verbs",
    "player": "api cluster errors namespace progress run schedule session transcript",
    "pod": "motion objects",
    "progress": "",
    "project": "cluster errors key plan settings transcript",
    "prompt": "commands errors",
    "proofs": "plan render timeline",
    "reaper": "",
    "render": "blocks normalize plan",
    "rest": "motion objects pod",
    "run": "errors transcript",
    "schedule": "commands plan verbs",
    "script": "plan",
    "secrets": "",
    "session": (
        "box cluster diagnose diagram kinds namespace nodes objects play prompt secrets settle "
        "shell stock strings transcript"
    ),
    "settings": "errors",
    "settle": "api cluster errors kinds objects pod rest traffic",
    "shell": "capture errors reaper",
    "stock": "api errors",
    "strings": "",
    "table": "",
    "terminal": "",
    "timeline": "",
    "traffic": "errors motion objects",
    "transcript": "errors",
    "verbs": "commands",
}
"""The rooms of the engine, and the rooms that each may enter; for types alone, any."""

OUTSIDE = {
    "mkdocs": {"main", "course"},
    "kubernetes": {"preuve.api"},
    "pyroute2": {"preuve.cluster.embedded"},
    "cryptography": {"preuve.cluster.embedded"},
}
"""Where the outside comes in: these modules, or what is below them, and no others."""


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules that a module imports when it runs, in a function too; not for types alone."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.ImportFrom(module=str(module)):
                yield from (f"{module}.{name.name}" for name in node.names)
            case ast.Import():
                yield from (name.name for name in node.names)
        yield from imported(node)


def imports(module: str) -> set[str]:
    return set(imported(ast.parse(FILES[module].read_text(encoding="utf-8"))))


def engine() -> list[str]:
    return [name for name in FILES if name.startswith("preuve.") and not name.startswith("preuve.cluster")]


def test_every_room_is_on_the_list() -> None:
    assert {name.removeprefix("preuve.") for name in engine()} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_enters_only_its_own(room: str) -> None:
    """Those on the list, all of them: a right that nobody uses is taken back."""
    names = [name.split(".") for name in imports(f"preuve.{room}") if name.startswith("preuve.")]
    assert {name[1] for name in names} == set(ROOMS[room].split())


@pytest.mark.parametrize("package", OUTSIDE)
def test_the_outside_comes_in_by_one_door(package: str) -> None:
    users = {name for name in FILES if any(each.split(".")[0] == package for each in imports(name))}
    doors = OUTSIDE[package]
    assert users
    assert not {user for user in users if not any(f"{user}.".startswith(f"{door}.") for door in doors)}


def test_the_cluster_s_driver_knows_no_pages() -> None:
    """It could be used without the engine."""
    names = {each for name in FILES if name.startswith("preuve.cluster.embedded") for each in imports(name)}
    own = ("preuve.cluster.embedded", "preuve.errors", "preuve.progress")
    assert not {name for name in names if name.startswith("preuve") and not name.startswith(own)}


def test_a_replayed_build_pays_for_nothing_slow() -> None:
    """What talks to a cluster is imported when something is played, not before."""
    asked = "import preuve.cli, preuve.edition, preuve.player, sys; print(*sys.modules)"
    told = subprocess.run((sys.executable, "-c", asked), capture_output=True, text=True, check=True)
    assert not {"kubernetes", "pyroute2", "cryptography"} & set(told.stdout.split())
