"""Files that are written whole or not at all, whenever the process is killed, and read without waiting."""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING

from preuve import owner

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> bytes:
    """What a file holds. What is none is not waited for: a pipe that nobody writes to, say.

    Raises:
        OSError: it cannot be read, or is no file.
    """
    _check(path)
    return path.read_bytes()


def text(path: Path, encoding: str = "utf-8") -> str:
    """The same as text, with newlines as Python has them.

    Raises:
        OSError: as `read`.
        UnicodeDecodeError: it is no text.
    """
    _check(path)
    return path.read_text(encoding=encoding)


def _check(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no file")


def write(path: Path, text: str) -> None:
    """Write a file, and the folders above it.

    Raises:
        OSError: the disk refuses; the file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{owner.me()}")
    try:
        half.write_text(text, encoding="utf-8", newline="\n")
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def reap(folder: Path) -> None:
    """Remove what processes that were killed had half written, in a folder and below."""
    for half in folder.rglob(".*"):
        found = re.search(r"\.(\d+ on .*)", half.name)
        if found and owner.is_dead(found[1]):
            half.unlink(missing_ok=True)
