"""Nothing takes all of a machine's memory or time, whatever a page or a program does."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HOOKS = Path(__file__).parents[2] / "hooks"

WITHOUT_TIMEOUT = {
    (
        "preuve/play/bash.py",
        "Popen",
    ): "the page's bash: each of its commands has a timeout, and its end is awaited",
    ("preuve/cluster/embedded/launch.py", "Popen"): "the supervisor: it lives as long as the cluster",
    ("preuve/cluster/embedded/toolchain.py", "Popen"): "compiles, for as long as the machine takes; tells so",
    ("preuve/cluster/embedded/debian.py", "create_subprocess_exec"): "fetches packages; tells each",
    ("preuve/cluster/embedded/processes.py", "posix_spawnp"): "the cluster's own: they live as long as it",
    ("preuve/cluster/embedded/sources/kubernetes/gomod.py", "run"): "a tool of ours, run by hand; go tells",
}
"""Programs that end when they end, and why."""

CALLS = {
    *(("subprocess", name) for name in ("run", "call", "check_call", "check_output", "Popen")),
    *(("asyncio", name) for name in ("create_subprocess_exec", "create_subprocess_shell")),
    *(("os", name) for name in ("popen", "posix_spawn", "posix_spawnp", "spawnv", "spawnve", "system")),
}


def unbounded(tree: ast.AST) -> Iterator[str]:
    """The calls that start a program and set it no time, and imports that would hide one."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=attr)):
                times = [each.value for each in node.keywords if each.arg == "timeout"]
                bounded = any(not isinstance(each, ast.Constant) or each.value for each in times)
                if (module, attr) in CALLS and not bounded:
                    yield attr
            case ast.ImportFrom(module=str(module), names=names):
                yield from (each.name for each in names if (module, each.name) in CALLS)


def test_every_program_has_a_time_or_a_reason() -> None:
    """A program that hangs does not hang preuve."""
    hidden = "from os import system\nimport subprocess\nsubprocess.run([], timeout=None)\nsubprocess.run(x)"
    assert list(unbounded(ast.parse(hidden))) == ["system", "run", "run"]
    found = {
        (file.relative_to(HOOKS).as_posix(), call)
        for file in HOOKS.rglob("*.py")
        for call in unbounded(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert found == set(WITHOUT_TIMEOUT)


FLOODS = """\
import re, resource
from preuve.cluster.box import Box
from preuve.play.bash import Bash
from preuve.play.shell import Background, TimedOutError

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with Bash(Box().environment(), Box().argv()) as bash:
    kept = len(bash.run("head -c 200M /dev/zero | tr '\\\\0' a").output)
    kept += len(bash.run("yes 'a line' | head -c 200M").output)
    job = "(head -c 200M /dev/zero | tr '\\\\0' a; touch written) &"
    kept += len(bash.run(job, background=Background(alone=True)).output)
    bash.run("until [ -e written ]; do sleep 0.1; done")
    kept += len(bash.run("wait; echo over", background=Background(awaited=True)).output)
    kept += len(bash.run("head -c 20M /dev/zero | tr '\\\\0' a", tty=True).output)
    try:
        bash.run("tr '\\\\0' a </dev/zero", until=re.compile("never"), timeout=2)
    except TimedOutError as error:
        kept += len(error.output)
print(kept, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def test_a_flood_fills_no_memory() -> None:
    """Hundreds of megabytes, in lines or in one without end, awaited, of jobs, at a terminal: a few stay."""
    ran = subprocess.run(
        [sys.executable, "-c", FLOODS], capture_output=True, text=True, timeout=120, check=True
    )
    kept, grown = map(int, ran.stdout.split())
    assert kept < 6_000_000
    assert grown < 60_000_000
