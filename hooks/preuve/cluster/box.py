"""The box that a page's commands run in: a small machine of their own, from which nothing else is in reach.

Programs are the machine's, read-only; all else is the box's own, and gone with it: files, processes, names.
What can be filled or multiplied is bounded, so that a page that does so hurts no other. Bubblewrap does it.

>>> Box().environment()["HOME"]
'/home/preuve'
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from shlex import join, quote
from typing import TYPE_CHECKING, ClassVar, Final
from zlib import crc32

from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LIMITS: Final = {
    "nproc": 512,  # threads count, of which a kubectl has about fifteen [measured]
    "fsize": 64 << 20,
    "nofile": 1024,  # what a login gives
    "core": 0,
}
"""What prlimit(1) sets. ``nproc`` counts all processes of the user; each of the others is for one process."""

HOME_BYTES: Final = 256 << 20
TMP_BYTES: Final = 64 << 20
"""What the folders of a page can hold, in memory."""

_SETUP_BYTES: Final = 1 << 20
_SETUP_CAPABILITIES: Final = ("CAP_CHOWN", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
_PROGRAMS: Final = "/usr/local/bin"
_ETC: Final = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl/certs")
_ETC_NETWORK: Final = ("/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf")
_SECONDS: Final = 10.0
"""More than the box can take to enter, which is 20 to 70 ms [measured]."""


def uid_of(page: str) -> int:
    """Give a page a user of its own, always the same: limits count by user.

    From 65,536 to 99,999 no one gives out users (login.defs(5): SYS_UID_MAX, UID_MAX, SUB_UID_MIN; systemd's
    UIDS-GIDS.md). Two pages that meet in one share their count of processes, no more.

    >>> uid_of("pods/index.md")
    74319
    """
    return 70_000 + crc32(page.encode()) % 29_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What a box is made of; its `argv` is what `preuve.play.bash.Bash` starts bash under."""

    uid: int | None = None
    """The user to become, which takes root; else one stays who one is."""
    network: Path | None = None
    """The only network in reach, as a ``/proc/PID/ns/net``, which takes root; else the machine's."""
    programs: Mapping[str, Path] = field(default_factory=dict)
    """What /usr/local/bin has in the box: files of the machine, by their names there."""
    shown: Mapping[str, Path] = field(default_factory=dict)
    """What else of the machine is seen in the box, read-only: by absolute path there."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the commands' environment holds besides."""
    user: ClassVar = "preuve"
    """The name of the user, and of the host."""
    home: ClassVar = f"/home/{user}"
    """The user's home, in the box."""
    directory: ClassVar = f"{home}/page"
    """Where the shell starts, in the box."""

    def environment(self) -> dict[str, str]:
        """Give what the commands' environment is made of."""
        return {
            "HOME": self.home,
            "USER": self.user,
            "PATH": f"{_PROGRAMS}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            **self.variables,
        }

    def argv(self) -> list[str]:
        """Give the command that runs in the box what is added to it, its standard input being a terminal.

        All that runs in the box ends when the terminal hangs up.
        """
        # What ignores signals above preuve (`nohup`, `make &`) must not make the box ignore them.
        return ["setsid", "--ctty", "--fork", "--wait", "env", "--default-signal", *self._confine()]

    def ask(self, *command: str) -> str:
        """Run a command in the box that answers at once; give what it says.

        Raises:
            ClusterError: the box cannot be made on this machine, or the command fails in it; says what to do.
        """
        try:
            ran = subprocess.run(
                [*self._confine(), *command],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=True,
                text=True,
                timeout=_SECONDS,
            )
        except FileNotFoundError as error:
            package = "bubblewrap" if error.filename == "bwrap" else "util-linux"
            raise ClusterError(
                f"pages cannot be confined: there is no {error.filename}: install {package} "
                f"(on Debian and Ubuntu, `apt-get install {package}`)"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise ClusterError(f"`{join(command)}` does not end where pages run it") from error
        except subprocess.CalledProcessError as error:
            message = str(error.stderr).strip()
            if not message.startswith("bwrap:"):
                raise ClusterError(f"`{join(command)}` fails where pages run it: {message}") from error
            raise ClusterError(
                f"pages cannot be confined: {message}; "
                "run as root, or allow users to make namespaces (user_namespaces(7))"
            ) from error
        return ran.stdout

    def _confine(self) -> list[str]:
        network = [] if self.network is None else ["nsenter", f"--net={self.network}"]
        return [*network, "bwrap", *self._walls(), "sh", "-ec", self._enter(), "sh"]

    def _walls(self) -> Iterator[str]:
        """Yield what bubblewrap does, in its order: what comes later is put over what came before."""
        yield from ("--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-cgroup-try")
        yield from ("--unshare-uts", "--hostname", self.user, "--cap-drop", "ALL")
        if self.uid is not None:
            for capability in _SETUP_CAPABILITIES:
                yield from ("--cap-add", capability)
        yield from ("--proc", "/proc", "--dev", "/dev")
        for folder in map(Path, ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")):
            if folder.is_symlink():
                yield from ("--symlink", str(folder.readlink()), str(folder))
            elif folder.exists():
                yield from ("--ro-bind", str(folder), str(folder))
        yield from ("--size", str(_SETUP_BYTES), "--tmpfs", "/etc")
        for path in _ETC if self.network else _ETC + _ETC_NETWORK:
            yield from ("--ro-bind-try", path, path)
        yield from ("--size", str(_SETUP_BYTES), "--tmpfs", _PROGRAMS)
        for name, file in self.programs.items():
            yield from ("--ro-bind", str(file), f"{_PROGRAMS}/{name}")
        yield from ("--perms", "1777", "--size", str(TMP_BYTES), "--tmpfs", "/tmp")  # noqa: S108 - the box's
        yield from ("--size", str(HOME_BYTES), "--tmpfs", self.home)
        for above in sorted({parent for path in self.shown for parent in PurePosixPath(path).parents}):
            yield from ("--dir", str(above))  # else only root could go through it
        for inside, outside in self.shown.items():
            yield from ("--ro-bind", str(outside), inside)
        yield from ("--remount-ro", _PROGRAMS, "--remount-ro", "/")

    def _enter(self) -> str:
        """Give the script that furnishes the box, then becomes its user and runs what it is given."""
        uid = os.getuid() if self.uid is None else self.uid
        files = {
            "passwd": f"root:x:0:0::/:/usr/sbin/nologin\n{self.user}:x:{uid}:{uid}::{self.home}:/bin/bash\n",
            "group": f"root:x:0:\n{self.user}:x:{uid}:\n",
        }
        if self.network:
            files["hosts"] = f"127.0.0.1 localhost {self.user}\n::1 localhost\n"
        become = ["prlimit", *(f"--{name}={value}" for name, value in LIMITS.items())]
        lines = [f"printf %s {quote(text)} >/etc/{name}" for name, text in files.items()]
        lines += ["umask 022", f"mkdir {quote(self.directory)}", f"cd {quote(self.directory)}"]
        if self.uid is not None:
            lines.append(f"chown {uid}:{uid} .. .")
            become += ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--bounding-set=-all"]
        return "\n".join([*lines, f'exec {join(become)} "$@"'])
