"""Programs of the machine that a page asks for by name, and what they need in its box."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.errors import ConfigError, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterable

    from preuve.cluster.box import Box
    from preuve.errors import PreuveError, Where

_PYTHON = re.compile(rb"""\A\#!(?:/bin/sh\n'''exec'[ ])?"?(?P<interpreter>/[^"\n]*/python[\w.]*)""")
"""How a script begins that pip installs; where a line cannot hold the path, sh takes it from the second."""

_ASK = "import json, sys; print(json.dumps([sys.prefix, sys.base_prefix, *sys.path]))"
_SECONDS = 10.0
"""More than a Python takes to tell where it is, which is 20 ms [measured]."""

_THERE = tuple(map(Path, ("/usr", "/bin", "/lib", "/lib64")))
"""What every box has."""


def lend(box: Box, names: Iterable[str], where: Where, path: str | None = None) -> Box:
    """Give a box programs, each as it is called here: one that is a file by itself, or a script of a Python.

    Such a script brings the whole of its environment, read-only: its Python, and all that this imports from.

    Args:
        box: the page's.
        names: of the programs; beside the Python that runs preuve, else in the PATH.
        where: the page asks for them, for messages.
        path: folders as in ``PATH``; the process's unless given.

    Raises:
        ConfigError: some are not here, all of which it names; or the Python of one does not run.
    """
    beside = Path(sys.executable).parent
    folders = f"{beside}{os.pathsep}{os.environ.get('PATH', '') if path is None else path}"
    found = {name: shutil.which(name, path=folders) for name in names}
    missing: list[PreuveError] = [
        ConfigError(
            f"this page asks for the program {name!r} (`preuve.programs` in its front matter), which is "
            "not in PATH here: install it",
            where,
        )
        for name, file in found.items()
        if not file
    ]
    raise_all(missing)
    files = {name: Path(file) for name, file in found.items() if file}
    shown: dict[str, Path] = {}
    for file in files.values():
        try:
            shown |= {str(folder): folder for folder in environment(file)}
        except (OSError, subprocess.SubprocessError) as error:
            what = f"the program {file} cannot be lent to this page, its Python does not run ({error})"
            raise ConfigError(f"{what}: install it anew", where) from None
    return replace(box, programs={**box.programs, **files}, shown={**box.shown, **shown})


def environment(file: Path) -> list[Path]:
    """The folders that a script of a Python needs beside itself; none for any other program."""
    with file.open("rb") as opened:
        script = _PYTHON.match(opened.read(4096))
    if not script:
        return []
    answer = subprocess.run(
        (os.fsdecode(script["interpreter"]), "-I", "-c", _ASK),
        capture_output=True,
        check=True,
        text=True,
        timeout=_SECONDS,
    )
    folders = {Path(each) for each in json.loads(answer.stdout)}
    outside = [each for each in folders if each.is_dir() and not any(map(each.is_relative_to, _THERE))]
    return sorted(each for each in outside if not any(parent in folders for parent in each.parents))
