"""The wheels of `make dist`, made soon rather than small."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

PROJECTS = (".", "packages/images", "packages/cluster")

LIMIT = 280.0
"""Seconds for what takes many, on a machine that has other things to do."""


def make(folder: Path) -> None:
    """Leave the wheels and sdists of all projects in `folder`."""
    uv = (str(Path(sys.executable).with_name("uv")), "build", "--no-build-isolation", "--quiet")
    for project in PROJECTS:
        options = ("--python", sys.executable, "--out-dir", str(folder), "-C", "preset=0")
        subprocess.run((*uv, *options, project), cwd=ROOT, check=True, timeout=LIMIT)


def wheel(folder: Path, name: str, *extras: str) -> str:
    """What pip is told to install one."""
    [file] = folder.glob(f"{name}-*.whl")
    return f"{file}[{','.join(extras)}]" if extras else str(file)
