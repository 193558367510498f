"""The directory in which a cluster keeps what it knows: one per checkout, and one for its spare cluster.

``$XDG_STATE_HOME/preuve/ID`` (``~/.local/state`` unless set; the spare's is ``ID-spare``), 0700, held by a
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

REMOVERS = 32
"""Threads that wait for the disk when a cluster's files are removed."""

CHECKOUT = Path(__file__).resolve().parents[4]
"""What a cluster belongs to: where this package was cloned, or installed."""


@dataclass(frozen=True, slots=True)
class State:
    """The state directory of one cluster."""

    path: Path

    @classmethod
    def of_checkout(cls, *, spare: bool = False) -> State:
        """The one of this checkout, whatever directory preuve is called from.

        Args:
            spare: of its spare cluster instead.

        Raises:
            ConfigError: it is too deep in the file system, or another user's.
        """
        state = cls(places.state(_short(CHECKOUT) + ("-spare" if spare else "")))
        if len(os.fsencode(state.node_socket)) > SOCKET:
            raise ConfigError(
                f"{state.node_socket} is too long for a socket: set XDG_STATE_HOME to a shorter path"
            )
        if not state._ours():
            raise ConfigError(
                f"{state.path} is another user's, and so is its cluster: run preuve with sudo, "
                "or set XDG_STATE_HOME to a folder of yours"
            )
        return state

    def _ours(self) -> bool:
        """Whether this user may look into the directory, if there is one."""
        try:
            self.path.stat()
        except FileNotFoundError:
            return True
        except PermissionError:
            return False
        return os.access(self.path, os.R_OK | os.W_OK | os.X_OK)

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
        """Where it answers about nodes only."""
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
                _remove(entry)
            else:
                entry.unlink()


def _remove(tree: Path) -> None:
    """Remove a folder and all that is in it, many files at a time.

    Where a file system discards what it frees (ext4's ``discard``), each file that has reached the disk takes
    4 ms of waiting: one after the other, a cluster that lived a minute took 30 s to remove (measured).
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - not for those who only look

    levels, files = [[os.fspath(tree)]], list[str]()
    while levels[-1]:
        levels.append([])
        for folder in levels[-2]:
            with os.scandir(folder) as entries:
                for entry in entries:
                    (levels[-1] if entry.is_dir(follow_symlinks=False) else files).append(entry.path)
    with ThreadPoolExecutor(REMOVERS) as pool:
        list(pool.map(os.unlink, files))
        for folders in reversed(levels):
            list(pool.map(os.rmdir, folders))


def _short(path: Path) -> str:
    """Eight characters that stand for a path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
