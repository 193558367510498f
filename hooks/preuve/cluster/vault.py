"""A vault: secrets for those who want files of them.

They have no place on a disk: the system keeps them in memory, and they go with the process, however that
ends. For what a library writes by itself, there is a folder of this process alone: what a killed one left is
removed by the next that opens a vault.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from preuve import owner

_OURS = "preuve-"


class Vault:
    """Keeps secrets in files until it is closed."""

    def __init__(self) -> None:
        self._open = ExitStack()
        _reap()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget all of it."""
        self._open.close()

    def file(self, name: str, content: bytes) -> str:
        """Keep a secret; give the name of a file, 0600, from which this process reads it.

        Args:
            name: what it is, for who lists open files.
            content: the secret.
        """
        handle = os.memfd_create(name)
        os.fchmod(handle, 0o600)
        self._open.callback(os.close, handle)
        os.write(handle, content)
        return f"/proc/self/fd/{handle}"

    def folder(self) -> str:
        """A folder, 0700, for who writes secrets by himself."""
        folder = tempfile.mkdtemp(prefix=f"{_OURS}{owner.me()}-")
        self._open.callback(shutil.rmtree, folder)
        return folder


def _reap() -> None:
    """Remove the folders of processes that have ended."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_OURS}*"):
        if owner.is_dead(folder.name.removeprefix(_OURS).rpartition("-")[0]):
            shutil.rmtree(folder, ignore_errors=True)  # another user's, or another process is at it too
