"""Trees of files made of Debian packages, by mmdebstrap.

Maintainer scripts run as on any Debian, so that a package works. Each mmdebstrap has a mount and a process
namespace of its own, works in memory (nginx: 7 s instead of 11) and dies with this process: however a build
ends, the kernel cleans up.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shlex
import shutil
import subprocess
from collections import deque
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.cluster.embedded import packages as names
from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EPOCH = 1754697600
"""The day of Debian 13 (2025-08-09), in seconds: no file is younger, whenever it was made."""

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
"""All of Debian's keys: a machine's apt need not trust other releases than its own."""

MERGED_USR = "/usr/share/mmdebstrap/hooks/maybe-merged-usr"
"""Spares bookworm the package usrmerge, and with it the whole of Perl: 40 MB of 103."""

ANSWER = 60.0
"""Seconds that apt and dpkg have to say what they are asked: they take one."""

ISOLATED = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child")
IN_MEMORY = ("sh", "-euc", 'mount -t tmpfs tmpfs "$TMPDIR"; exec "$@"', "sh")


def lacking() -> dict[str, str]:
    """What building trees takes and this machine has not, and the Debian package of each."""
    missing = {program: package for program, package in names.BUILDING.items() if not shutil.which(program)}
    return missing if Path(KEYRING).exists() else {**missing, KEYRING: names.KEYRING}


def check() -> None:
    """Refuse a machine that cannot build trees.

    Raises:
        ClusterError: it lacks something; the message says what, all of it.
    """
    missing = lacking()
    if missing:
        raise ClusterError(f"no {', '.join(missing)} here: {names.remedy(missing.values())}")


async def tree(
    target: Path,
    suite: str,
    packages: Sequence[str] = (),
    *,
    below: Path | None = None,
    run: str = "",
    detail: Callable[[str], None],
) -> dict[str, str]:
    """Write a tar archive of a tree with these packages and all that they depend on.

    Without packages, it holds the essential ones and apt's lists, for other trees to lie on. Packages that do
    not lie on such a tree are only unpacked: there is nothing that their scripts could run with.

    Args:
        target: the archive to write.
        suite: ``trixie``.
        packages: their names.
        below: the archive of the tree to start from.
        run: shell commands that finish the tree, in its root directory.
        detail: told what is being done.

    Returns:
        versions by package, without those of `below`.

    Raises:
        ClusterError: mmdebstrap failed; the message holds what it said.
    """
    versions = target.with_suffix(".versions")
    hook = target.with_suffix(".sh")
    hook.write_text(f'#!/bin/sh -eu\ncd "$1"\n{run}')
    hook.chmod(0o700)
    memory = target.with_suffix(".tmp")
    memory.mkdir()
    each = 'for deb in "$1"/var/cache/apt/archives/*.deb; do dpkg-deb -W "$deb"; done'
    options = [f"--extract-hook={each} >{shlex.quote(str(versions))}", f"--keyring={KEYRING}", *proxies()]
    if packages:
        options += [f"--include={','.join(packages)}"]
    else:
        options += ["--variant=essential", f"--hook-dir={MERGED_USR}", "--skip=cleanup/apt/lists"]
    if below:
        unpack = f'tar -C "$1" -x --exclude="./dev/*" <{shlex.quote(str(below))}'
        options += [
            "--variant=custom",
            f"--setup-hook={unpack}",
            "--skip=check,update",
            f"--customize-hook={hook}",
        ]
    elif packages:
        options += ["--variant=extract", f"--extract-hook={hook}"]
    command = ("mmdebstrap", "--mode=root", *options, suite, str(target), *sources(suite))
    await _run((*ISOLATED, *IN_MEMORY, *command), memory, detail)
    return dict(line.split("\t") for line in versions.read_text().splitlines())


def architecture() -> str:
    """This machine's, as Debian calls it; so does the OCI, but for 32-bit ARM."""
    return _ask("dpkg", "--print-architecture").strip()


def sources(suite: str) -> list[str]:
    """Where this machine gets Debian from, for another suite: lines of a sources.list.

    None on a machine that is no Debian, or not by code names: mmdebstrap knows where to look.
    """
    release = platform.freedesktop_os_release()
    own = release.get("VERSION_CODENAME", "")
    wanted = {own, f"{own}-updates", f"{own}-security"} if release["ID"] == "debian" else set()
    targets = _ask(
        *("apt-get", "indextargets", "--no-release-info"),
        *("--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"),
    )
    return [
        f"deb {uri} {name.replace(own, suite, 1)} {component}"
        for uri, name, component in dict.fromkeys(tuple(line.split()) for line in targets.splitlines())
        if name in wanted and component == "main"
    ]


def proxies() -> list[str]:
    """Options that tell mmdebstrap's apt of this machine's proxies."""
    settings = _ask(
        *("apt-config", "dump", "--no-empty", "--format", '%f "%v"%n'),
        *("Acquire::http", "Acquire::https"),
    )
    return [f"--aptopt={setting}" for setting in settings.splitlines()]


@cache
def _ask(*command: str) -> str:
    """What a program says; asked once, since apt takes most of a second."""
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=ANSWER).stdout


async def _run(command: Sequence[str], memory: Path, detail: Callable[[str], None]) -> None:
    log: deque[str] = deque(maxlen=25)
    environment = {"SOURCE_DATE_EPOCH": str(EPOCH), "TMPDIR": str(memory), "LC_ALL": "C.UTF-8"}
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **environment},
    )
    assert process.stdout  # noqa: S101 - a pipe was asked for
    try:
        async for line in process.stdout:
            log.append(line.decode(errors="replace").rstrip())
            detail(log[-1].removeprefix("I: "))
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code:
        raise ClusterError("\n".join(("mmdebstrap failed:", *log)))
