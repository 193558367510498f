"""Trees of files made of Debian packages, by mmdebstrap.

Maintainer scripts run as on any Debian, so that a package works. Each mmdebstrap has a mount and a process
namespace of its own and dies with this process: however a build ends, the kernel cleans up.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shlex
import subprocess
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EPOCH = 1754697600
"""The day of Debian 13 (2025-08-09), in seconds. No file is younger: what a build makes is as old as that."""

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
"""Of the package debian-archive-keyring: an older Debian's apt does not trust a newer one's signatures."""

NAMESPACES = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child")


async def tree(
    target: Path,
    suite: str,
    packages: Sequence[str],
    *,
    below: Path | None = None,
    run: str = "",
    detail: Callable[[str], None] = lambda _: None,
) -> dict[str, str]:
    """Write a tar archive of a tree with these packages and what they depend on.

    Args:
        target: the archive.
        suite: ``trixie``.
        packages: none gives the essential ones, and keeps apt's lists for the trees that lie on it.
        below: an archive made so. Without it, the packages are unpacked and their scripts do not run.
        run: shell commands that finish the tree, in its root directory.
        detail: told what is being done.

    Returns:
        versions by package, those of `below` left out.

    Raises:
        ClusterError: mmdebstrap failed; the message holds what it said.
    """
    versions = target.with_suffix(".versions")
    finish = target.with_suffix(".run")
    finish.write_text(f'#!/bin/sh -eu\ncd "$1"\n{run}')
    finish.chmod(0o700)
    every = 'for deb in "$1"/var/cache/apt/archives/*.deb; do dpkg-deb -W "$deb"; done'
    hooks = [f"--extract-hook={every} >{shlex.quote(str(versions))}"]
    if not packages:
        variant = ["--variant=essential", "--skip=cleanup/apt/lists", f"--hook-dir={MERGED_USR}"]
        hooks += [f"--customize-hook={finish}"]
    elif below:
        unpack = f'tar -C "$1" -x --exclude="./dev/*" <{shlex.quote(str(below))}'
        variant = ["--variant=custom", "--skip=update,check", f"--setup-hook={unpack}"]
        hooks += [f"--customize-hook={finish}"]
    else:
        variant = ["--variant=extract"]
        hooks += [f"--extract-hook={finish}"]
    include = [f"--include={','.join(packages)}"] if packages else []
    command = ["mmdebstrap", "--mode=root", *variant, *hooks, *include, f"--keyring={KEYRING}", *proxies()]
    await _run((*NAMESPACES, *command, suite, str(target), *sources(suite)), target.parent, detail)
    return dict(line.split("\t") for line in versions.read_text().splitlines())


MERGED_USR = "/usr/share/mmdebstrap/hooks/maybe-merged-usr"
"""Spares bookworm the package usrmerge, and with it Perl: 40 MB of 103."""


def architecture() -> str:
    """This machine's, as Debian and (for those that Kubernetes knows) OCI call it."""
    return _ask("dpkg", "--print-architecture").strip()


def sources(suite: str) -> list[str]:
    """Where apt gets Debian from on this machine, for another suite.

    Empty on a machine that is no Debian: mmdebstrap has defaults.
    """
    own = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    listed = _ask(
        *("apt-get", "indextargets", "--no-release-info"),
        *("--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"),
    )
    lines = dict.fromkeys(listed.splitlines())  # one for each architecture
    return [
        f"deb {uri} {release.replace(own, suite, 1)} {component}"
        for uri, release, component in map(str.split, lines)
        if release in {own, f"{own}-updates", f"{own}-security"} and component == "main"
    ]


def proxies() -> list[str]:
    """Options that tell mmdebstrap's apt what this machine's knows of proxies."""
    known = _ask(
        "apt-config", "dump", "--no-empty", "--format", '%f "%v"%n', "Acquire::http", "Acquire::https"
    )
    return [f"--aptopt={line}" for line in known.splitlines()]


def _ask(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


async def _run(command: Sequence[str], scratch: Path, detail: Callable[[str], None]) -> None:
    said: deque[str] = deque(maxlen=25)
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH), "TMPDIR": str(scratch), "LC_ALL": "C.UTF-8"},
    )
    assert process.stdout  # noqa: S101 - a pipe was asked for
    try:
        async for line in process.stdout:
            said.append(line.decode(errors="replace").rstrip())
            detail(said[-1].removeprefix("I: "))
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code:
        raise ClusterError("\n".join(("mmdebstrap failed:", *said)))
