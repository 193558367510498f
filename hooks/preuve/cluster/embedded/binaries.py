"""The embedded cluster's binaries, compiled once from the Go modules in ``sources/``.

Each module has an entry in the user's cache, named by a digest of what it is compiled from: a second checkout
finds what the first one compiled. Go's own version is no part of it, since binaries must be found where there
is no Go any more, and go.mod says which language and defaults are meant.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import platform
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from preuve.cluster.embedded import packed, places, toolchain
from preuve.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from preuve.progress import Progress, Stage

VERSIONS = {"1.37": "1.37.2", "1.36": "1.36.3"}
"""What can be had, by minor. A change is followed by a run of ``sources/kubernetes/gomod.py``."""

DEFAULT = "1.37"

FLAGS = (
    *("-mod=readonly", "-trimpath", "-buildvcs=false"),
    *("-tags=grpcnotrace,notest", "-gcflags=all=-dwarf=false"),
)
"""The tags are upstream's for a release, but ``selinux``; grpcnotrace lets the linker drop dead code. What a
debugger reads is stripped (`STRIP`): not made at all, a ninth of the compiler's work is spared (measured)."""

STRIP = "-s -w"

KEEP = 3
"""Entries of a module that outlive a build: a few branches' worth, at 213 MB each (measured)."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one version of the cluster."""

    server: Path
    """What its first argument says: etcd, kubelet, kube-apiserver, or another of the components."""
    kubectl: Path
    coredns: Path
    version: str
    """Of Kubernetes, as its programs say it: ``v1.37.2``."""


@dataclass(frozen=True, slots=True)
class Module:
    """A Go module whose main packages are compiled together."""

    name: str
    """What a person calls it; its entries' names start with it."""
    folder: Path
    modfile: str = "go.mod"
    """Its go.mod, from the folder; go.sum lies beside it."""
    ldflags: str = STRIP

    def entry(self) -> Path:
        """Where its binaries are, once compiled; named by what the sources hold, not by where they lie."""
        modfile = self.folder / self.modfile
        sources = [modfile, modfile.with_suffix(".sum"), *sorted(self.folder.rglob("*.go"))]
        digest = hashlib.sha256(repr((FLAGS, self.ldflags, platform.machine())).encode())
        for source in filter(Path.exists, sources):
            content = source.read_bytes()
            digest.update(f"{source.relative_to(self.folder)}\0{len(content)}\0".encode() + content)
        return cache() / f"{self.name}-{digest.hexdigest()[:16]}"


def find(kubernetes: str = DEFAULT) -> Binaries | None:
    """The binaries of one minor of `VERSIONS`, if they are compiled, here or in what is installed.

    Raises:
        ConfigError: `kubernetes` is not a known minor.
    """
    entries = [module.entry() for module in modules(kubernetes)]
    if not all(packed.have(entry) for entry in entries):
        return None
    for entry in entries:
        with suppress(OSError):  # a cache that only another user may write
            os.utime(entry)  # its last use, which pruning goes by
    return _binaries(kubernetes, *entries)


def build(minors: Sequence[str], progress: Progress) -> list[Binaries]:
    """The binaries of minors of `VERSIONS`, compiled if need be: minutes the first time, then nothing.

    What the compiler keeps stays until `drop`: a build that ends early is gone on with from there.

    Raises:
        ConfigError: one is not a known minor.
        ClusterError: there is no Go, or it failed; the message holds what it said.
    """
    wanted = [modules(minor) for minor in minors]
    entries = [[compile_module(module, progress) for module in of] for of in wanted]
    return [_binaries(minor, *found) for minor, found in zip(minors, entries, strict=True)]


def drop(progress: Progress) -> None:
    """Drop what the compiler has kept: 3.8 GB [measured], once all is compiled; a user's own GOCACHE stays.

    Raises:
        ClusterError: the cache cannot be written.
    """
    kept = toolchain.own_cache(cache())
    if kept.exists():
        with progress.stage("drop what only the compiler needs") as stage, _alone(stage):
            if kept.exists():  # another build did not drop it while this one waited
                places.remove(kept)


def have_go(progress: Progress) -> None:
    """Have what compiles at hand; fetched if need be.

    Raises:
        ClusterError: there is no Go, and none to be had.
    """
    if not toolchain.on_path():
        with progress.stage("Go") as stage, _alone(stage):
            toolchain.find(cache(), stage)


def modules(kubernetes: str) -> tuple[Module, Module]:
    """What is compiled for one minor of `VERSIONS`: Kubernetes itself, and CoreDNS.

    Raises:
        ConfigError: `kubernetes` is not a known minor.
    """
    version = VERSIONS.get(kubernetes)
    if version is None:
        raise ConfigError(f"Kubernetes {kubernetes!r} is not one that can be embedded: {', '.join(VERSIONS)}")
    major, minor, _ = version.split(".")
    stamp = {
        "gitVersion": f"v{version}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitCommit": "",  # a module does not tell the commit that it was made from
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
            places.SOURCES / "kubernetes",
            f"{kubernetes}/go.mod",
            " ".join((STRIP, *variables)),
        ),
        Module("coredns", places.SOURCES / "coredns"),
    )


def compile_module(module: Module, progress: Progress) -> Path:
    """The module's entry, compiled if it is not there; its files are the main packages.

    Safe against other builds at the same time; whatever ends it early leaves no entry.

    Raises:
        ClusterError: there is no Go, or it failed; the message holds what it said.
    """
    entry = module.entry()
    if packed.have(entry):
        return entry
    with progress.stage(f"compile {module.name}") as stage, _alone(stage):
        if not entry.is_dir():  # else another build made it while this one waited
            places.prune(cache(), KEEP, f"{module.name}-*")
            with TemporaryDirectory(
                prefix=places.SCRATCH, dir=cache(), ignore_cleanup_errors=True
            ) as scratch:
                _compile(module, Path(scratch), stage).rename(entry)
    return entry


def cache() -> Path:
    """The folder of the entries, below ``$XDG_CACHE_HOME``."""
    return places.cache("binaries")


def _binaries(kubernetes: str, server: Path, coredns: Path) -> Binaries:
    return Binaries(server / "server", server / "kubectl", coredns / "coredns", f"v{VERSIONS[kubernetes]}")


def _alone(stage: Stage) -> AbstractContextManager[None]:
    """Hold the cache.

    Raises:
        ClusterError: it cannot be written.
    """

    def waiting() -> AbstractContextManager[None]:
        stage.detail("after another build, which is under way")
        return nullcontext()

    return places.held(cache(), waiting)


def _compile(module: Module, scratch: Path, stage: Stage) -> Path:
    """The folder with the module's binaries, in `scratch`."""
    go = toolchain.find(cache(), stage)
    output = scratch / "bin"
    output.mkdir()

    def run(*arguments: str, each: toolchain.Each) -> None:
        command = (str(go), *arguments, *FLAGS, f"-modfile={module.modfile}", "./...")
        toolchain.run(command, module.folder, scratch, stage, each)

    stale: list[str] = []
    run("list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", each=stale.append)
    stage.detail(f"{len(stale)} packages to compile or link")
    count = itertools.count(1)
    run(
        *("build", "-v", "-o", f"{output}/", "-ldflags", module.ldflags),
        each=lambda package: stage.detail(f"{next(count)}/{len(stale)} {package}"),
    )
    return output
