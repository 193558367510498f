"""Where things are kept for the user: the folders of the XDG Base Directory Specification."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.errors import ClusterError

if TYPE_CHECKING:
    from typing import TextIO


def cache(name: str) -> Path:
    """The folder `name` of what could be made again."""
    return _base("XDG_CACHE_HOME", ".cache") / "preuve" / name


def state(name: str) -> Path:
    """The folder `name` of what runs."""
    return _base("XDG_STATE_HOME", ".local/state") / "preuve" / name


def open_lock(folder: Path) -> TextIO:
    """The file in `folder`, which is made if need be, by whose lock one holds it.

    Raises:
        ClusterError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "lock").open("w")
    except OSError as error:
        raise ClusterError(
            f"{folder} cannot be written ({error.strerror}): run preuve with sudo, "
            "or set XDG_CACHE_HOME to a folder of yours"
        ) from None


def _base(variable: str, default: str) -> Path:
    """What the variable says; a relative path is none, says the specification."""
    given = Path(os.environ.get(variable, ""))
    return given if given.is_absolute() else Path.home() / default
