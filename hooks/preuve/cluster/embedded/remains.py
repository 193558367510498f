"""What is left when a cluster ends, and the process that takes it away.

The supervisor becomes it (exec), so that no thread of its own, in the middle of a start perhaps, makes files
or processes while these are being removed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from preuve.cluster.embedded import cgroups
from preuve.cluster.embedded.processes import end_all
from preuve.cluster.embedded.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Collection


def become(state: StateFolder, held: int) -> NoReturn:
    """End the program that runs here, and remove what is left of its cluster.

    Args:
        state: what it held; if there are last words in it, these stay, and the logs.
        held: the descriptor that `state.lock` gave.
    """
    os.set_inheritable(held, True)
    os.execv(sys.executable, (sys.executable, "-m", __name__, str(state.path)))  # noqa: S606 - no shell wanted


def remove(state: StateFolder, keep: Collection[Path] = ()) -> None:
    """Remove the files of a cluster whose processes are gone, `keep` excepted, and its cgroups.

    Raises:
        OSError: processes stay.
    """
    cgroups.remove(f"/{state.name}")
    state.clear(keep)
    if not keep:
        state.path.rmdir()


def main(state: StateFolder) -> None:
    """Be the first process of a cluster's PID namespace, and in the end the only one."""
    end_all()
    cgroups.enter("/")
    remove(state, {state.log, state.last_words} if state.last_words.exists() else ())


if __name__ == "__main__":
    main(StateFolder(Path(sys.argv[1])))
