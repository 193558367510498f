"""The embedded cluster's binaries, compiled once from the Go modules below ``cluster/``.

Each module has an entry in the user's cache, named by a digest of what it is compiled from: a second checkout
finds what the first one compiled. Go's own version is no part of it, since binaries must be found where there is
no Go any more, and go.mod says which language and defaults are meant.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import os
import platform
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from preuve.cluster.embedded import toolchain
from preuve.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.progress import Progress, Stage

VERSIONS = {"1.37": "1.37.2", "1.36": "1.36.3"}
"""What can be had, by minor. A change is followed by ``cluster/kubernetes/gomod.py``."""

DEFAULT = "1.37"

SOURCES = Path(__file__).resolve().parents[4] / "cluster"

FLAGS = ("-mod=readonly", "-trimpath", "-buildvcs=false", "-tags=grpcnotrace,notest")
"""Upstream's own release tags but ``selinux``: grpcnotrace lets the linker drop dead code."""

KEEP = 3
"""Entries of a module that stay: a few branches' worth, at 220 MB each."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """One version of the cluster's programs, ready to run."""

    server: Path
    """etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, kube-proxy by first argument."""
    kubectl: Path
    coredns: Path
    version: str
    """Of Kubernetes, as it says it itself: ``v1.37.2``."""


@dataclass(frozen=True, slots=True)
class Module:
    """A Go module, whose main packages are compiled together."""

    name: str
    """What a person calls it; starts the names of its entries."""
    folder: Path
    modfile: str = "go.mod"
    """Its go.mod, from the folder; go.sum lies beside it."""
    ldflags: str = "-s -w"

    def entry(self) -> Path:
        """Where its binaries are, once compiled: named by the sources' content and the flags, not by a path."""
        modfile = self.folder / self.modfile
        sources = [modfile, modfile.with_suffix(".sum"), *sorted(self.folder.rglob("*.go"))]
        digest = hashlib.sha256(repr((FLAGS, self.ldflags, platform.machine())).encode())
        for source in sources:
            content = source.read_bytes() if source.exists() else b""
            digest.update(f"\0{source.relative_to(self.folder)}\0{len(content)}\0".encode() + content)
        return cache() / f"{self.name}-{digest.hexdigest()[:16]}"


def find(kubernetes: str = DEFAULT) -> Binaries | None:
    """The binaries of one minor of `VERSIONS`, if they are compiled.

    Raises:
        ConfigError: `kubernetes` is not a known minor.
    """
    modules = _modules(kubernetes)
    entries = [module.entry() for module in modules]
    if not all(entry.is_dir() for entry in entries):
        return None
    for entry in entries:
        with suppress(OSError):  # a cache that only another user may write
            os.utime(entry)  # the last use, which pruning goes by
    server, coredns = entries
    return Binaries(server / "server", server / "kubectl", coredns / "coredns", f"v{VERSIONS[kubernetes]}")


def build(kubernetes: str, progress: Progress) -> Binaries:
    """The binaries of one minor of `VERSIONS`, compiled if need be: minutes the first time, then nothing.

    Raises:
        ConfigError: `kubernetes` is not a known minor.
        ClusterError: there is no Go to be had, or it failed; the message holds what it said.
    """
    for module in _modules(kubernetes):
        compile_module(module, progress)
    binaries = find(kubernetes)
    assert binaries, "compiled, and pruned by nobody: the last used stay"  # noqa: S101
    return binaries


def compile_module(module: Module, progress: Progress) -> Path:
    """The module's entry, compiled if it is not there; its main packages are the files in it.

    Safe against another build at the same time; whatever ends it early leaves no entry.

    Raises:
        ClusterError: there is no Go to be had, or it failed; the message holds what it said.
    """
    entry = module.entry()
    if entry.is_dir():
        return entry
    go = toolchain.find(cache(), progress)
    with progress.stage(f"compile {module.name}") as stage, _alone(module, stage):
        if not entry.is_dir():  # else the other build made it while this one waited
            _prune(module)
            with TemporaryDirectory(prefix=f"{module.name}.", dir=cache()) as scratch:
                output = Path(scratch, "bin")
                output.mkdir()
                _compile(module, go, output, stage)
                output.rename(entry)
    return entry


def cache() -> Path:
    """The folder of the entries, below ``$XDG_CACHE_HOME``."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root, "preuve", "binaries")


def _modules(kubernetes: str) -> tuple[Module, Module]:
    version = VERSIONS.get(kubernetes)
    if version is None:
        raise ConfigError(f"Kubernetes {kubernetes!r} is not known here: choose one of {', '.join(VERSIONS)}")
    major, minor, _ = version.split(".")
    stamp = {
        "gitVersion": f"v{version}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitCommit": "",  # a module does not tell the commit it was made from
        "gitTreeState": "archive",  # upstream's word for sources that came without their repository
    }
    variables = (
        f"-X {package}.{name}={value}"
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        for name, value in stamp.items()
    )
    return (
        Module(
            f"kubernetes-{kubernetes}",
            SOURCES / "kubernetes",
            f"{kubernetes}/go.mod",
            " ".join(("-s -w", *variables)),
        ),
        Module("coredns", SOURCES / "coredns"),
    )


@contextmanager
def _alone(module: Module, stage: Stage) -> Iterator[None]:
    """Hold the module's lock, which ends with the process however that ends."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{module.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stage.detail("another build is at it, waiting for its end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prune(module: Module) -> None:
    """Make room for one more entry; drop what a killed build left. The lock is held."""
    entries = sorted(cache().glob(f"{module.name}-*"), key=lambda entry: entry.stat().st_mtime)
    remains = (path for path in cache().glob(f"{module.name}.*") if path.is_dir())
    for path in (*entries[: -KEEP + 1], *remains):
        shutil.rmtree(path)


def _compile(module: Module, go: Path, output: Path, stage: Stage) -> None:
    def run(*arguments: str, each: toolchain.Each) -> None:
        command = (str(go), *arguments, *FLAGS, f"-modfile={module.modfile}", "./...")
        toolchain.run(command, module.folder, output.parent, stage, each)

    stale: list[str] = []
    run("list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", each=stale.append)
    count = itertools.count(1)
    run(
        *("build", "-v", "-o", f"{output}/", "-ldflags", module.ldflags),
        each=lambda package: stage.detail(f"{next(count)}/{len(stale)} {package}"),
    )
