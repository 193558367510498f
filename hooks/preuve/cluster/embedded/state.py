"""The directory in which a cluster keeps what it knows: one a project, one more for each page's own cluster.

``$XDG_STATE_HOME/preuve/ID`` (``~/.local/state`` unless set; a page's own is ``ID-NUMBER``), 0700, held by a
lock as long as its supervisor lives:

    api.sock      the supervisor answers here (`supervisor`)
    nodes.sock    the same, for stopping and starting nodes only: what an exclusive page may reach
    kubeconfig    the administrator's
    log/          one file per process
    nodes/NAME/   the root directory of each node
    last-words    why a cluster went down by itself; all that is left of it, beside its logs
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.cluster.embedded import places
from preuve.errors import ClusterError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection

SOCKET = 107
"""Bytes of a Unix socket's path, at most: unix(7) has 108, the end included."""

HOME = "PREUVE_HOME"
"""The variable that names the folder a cluster belongs to, where several projects share one."""


def project(start: Path | None = None) -> Path:
    """The folder that a cluster belongs to: what `HOME` says, else the nearest that has a mkdocs.yml.

    Outside of all projects it is the user's own folder: one cluster for all that is done there.

    Args:
        start: where to look from, upwards; the working directory unless given.
    """
    if given := os.environ.get(HOME):
        return Path(given).resolve()
    start = (start or Path.cwd()).resolve()
    around = (start, *start.parents)
    found = (
        path
        for folder in around
        for path in (folder / "mkdocs.yml", folder / "mkdocs.yaml")
        if path.is_file()
    )
    return next((path.parent for path in found), Path.home())


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The state directory of one cluster."""

    path: Path

    @classmethod
    def of_project(cls) -> StateFolder:
        """The one of the working directory's project.

        Raises:
            ConfigError: it is too deep in the file system, or another user's.
        """
        return _checked(cls(places.state(_short(project()))))

    @classmethod
    def new(cls) -> StateFolder:
        """One more of that project, which nobody has used before.

        Raises:
            ConfigError: it is too deep in the file system.
        """
        return _checked(cls(places.state(f"{_short(project())}-{os.urandom(4).hex()}")))

    @classmethod
    def others(cls) -> list[StateFolder]:
        """Those that `new` gave and that are still there."""
        return [cls(path) for path in places.state("").glob(f"{_short(project())}-*")]

    @property
    def name(self) -> str:
        """What the cluster calls itself where names are the machine's (cgroups): unique to this directory."""
        return f"preuve-{_short(self.path)}"

    @property
    def socket(self) -> Path:
        """Where the supervisor answers."""
        return self.path / "api.sock"

    @property
    def node_socket(self) -> Path:
        """Where it answers about nodes only: to lend to a page that may stop and start them."""
        return self.path / "nodes.sock"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.path / "kubeconfig"

    @property
    def log(self) -> Path:
        """A file per process, for a person."""
        return self.path / "log"

    @property
    def nodes(self) -> Path:
        """A root directory per node."""
        return self.path / "nodes"

    @property
    def last_words(self) -> Path:
        """Why the cluster went down by itself, if it did."""
        return self.path / "last-words"

    def epitaph(self) -> str:
        """Why the last cluster went down, as the end of a sentence; empty if it was told to."""
        if not self.last_words.exists():
            return ""
        return f" (the last one went down by itself: {self.last_words.read_text(encoding='utf-8').strip()})"

    def leave_word(self, word: str) -> None:
        """Tell whoever comes next why the cluster went down by itself; nothing where the disk is full."""
        try:
            self.last_words.write_text(f"{word}\n", encoding="utf-8")
        except OSError:
            self.last_words.unlink(missing_ok=True)  # half a word says less than none

    def lock(self) -> int | None:
        """Make the directory and hold it.

        Returns:
            a descriptor that holds it until it is closed (by the kernel, if need be), or None if another
            process does.

        Raises:
            ClusterError: it cannot be made.
        """
        while True:
            try:
                self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise ClusterError(
                    f"{self.path} cannot be made ({error.strerror}): "
                    "set XDG_STATE_HOME to a folder that can be written"
                ) from None
            try:
                held = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Who held it before may have removed the directory: then another stands in its place by now.
                if os.path.samestat(os.fstat(held), self.path.stat()):
                    return held
            except BlockingIOError:
                os.close(held)
                return None
            except FileNotFoundError:
                pass
            os.close(held)

    def write_secret(self, file: Path, content: str) -> None:
        """Write a file that only its owner may read."""
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(content)

    def clear(self, keep: Collection[Path] = ()) -> None:
        """Empty the directory, `keep` excepted. Only for who holds it."""
        for entry in self.path.iterdir():
            if entry in keep:
                continue
            if entry.is_dir() and not entry.is_symlink():
                places.remove(entry)
            else:
                entry.unlink()


def _checked(state: StateFolder) -> StateFolder:
    if len(os.fsencode(state.node_socket)) > SOCKET:
        raise ConfigError(
            f"{state.node_socket} is too long for a socket: set XDG_STATE_HOME to a shorter path"
        )
    try:
        state.path.stat()
        ours = os.access(state.path, os.R_OK | os.W_OK | os.X_OK)
    except FileNotFoundError:
        ours = True
    except PermissionError:
        ours = False
    if not ours:
        raise ConfigError(
            f"{state.path} is another user's, and so is its cluster: run preuve with sudo, "
            "or set XDG_STATE_HOME to a folder of yours"
        )
    return state


def _short(path: Path) -> str:
    """Eight characters that stand for a path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
