"""Killed at any moment, a play leaves nothing once the next has started: `make kill` does so 100 times."""

from __future__ import annotations

import ctypes
import os
import random
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import psutil
import pytest

from door import TEAM, opened
from folder import Folder
from preuve.cluster.api import Api
from preuve.cluster.embedded.state import StateFolder
from preuve.errors import TranscriptError
from preuve.play.namespace import BINDINGS, LISTED, ROLES, SPACES
from preuve.transcript import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.cluster.embedded.cluster import EmbeddedCluster

KILLS = int(os.environ.get("KILLS", "3"))
SEED = int(os.environ.get("SEED", "1"))

LIMIT = 120.0
"""Seconds for what takes a few, on a machine that has other things to do."""

PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>

HOOK = Path(__file__).parents[1] / "hooks" / "main.py"

PAGE = """\
```console
$ sleep 1000 &
$ kubectl create deployment web --image=nginx:1.26
$ kubectl port-forward deployment/web 8080:80 &
$ kubectl get pods
$ echo $RANDOM is another one each time
```
"""

NEXT = """\
```console
$ kubectl get pods
```
"""

PLACES = (*("context", "running") * 3, "started")
"""Where a victim plays: somebody's cluster, one of ours that runs, one that it starts itself (slow)."""

COMMANDS = ("play", "check", "serve")


@dataclass
class World:
    """Where victims live, and all that they could leave."""

    api: Api
    root: Path
    kubeconfig: Path
    home: Path
    """Where clusters that victims start have their state."""
    ours: set[int]
    """Children of this process that are no victim's."""

    def start(self, command: str, place: str, page: str = "page.md") -> subprocess.Popen[bytes]:
        """Begin a play that ends by itself, or `mkdocs serve`."""
        environment = {**os.environ, "TMPDIR": str(self.tmp), "PREUVE_MODE": "play"}
        if place == "context":
            environment |= {"KUBECONFIG": str(self.kubeconfig), "PREUVE_CLUSTER": f"context:{TEAM}"}
        elif place == "started":
            environment |= {"XDG_STATE_HOME": str(self.home)}
        module = "mkdocs" if command == "serve" else "preuve.cli"
        arguments = ("serve", "-a", f"127.0.0.1:{port()}") if command == "serve" else (command, page)
        with (self.root / "log").open("wb") as log:
            return subprocess.Popen(
                (sys.executable, "-m", module, *arguments),
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    def log(self) -> str:
        """What the last one said."""
        return (self.root / "log").read_text(errors="replace")

    def children(self) -> list[psutil.Process]:
        """The processes of victims: orphans are given to us."""
        found = []
        for child in psutil.Process().children():
            if child.pid not in self.ours:
                with suppress(psutil.NoSuchProcess):
                    found += [child, *child.children(recursive=True)]
        alive = []
        for one in found:
            with suppress(psutil.NoSuchProcess):
                if one.status() != psutil.STATUS_ZOMBIE:
                    alive.append(one)
                elif one.ppid() == os.getpid():
                    os.waitpid(one.pid, 0)
        return alive

    def remains(self) -> Iterator[str]:
        """What is left that should not be."""
        for one in self.children():
            with suppress(psutil.NoSuchProcess):
                yield f"process {one.pid}: {' '.join(one.cmdline())[:80]}"
        for path in (SPACES, ROLES, BINDINGS):
            for item in self.api.get(path, **LISTED)["items"]:
                yield f"{path}/{item['metadata']['name']}"
        yield from (
            str(path) for path in self.tmp.iterdir() if not path.name.startswith("mkdocs_")
        )  # its own
        yield from map(str, self.home.glob("preuve/*"))
        for state in self.home.glob("preuve/*"):
            name = StateFolder(state).name
            yield from (
                str(path) for pattern in (name, f"*/{name}") for path in Path("/sys/fs/cgroup").glob(pattern)
            )
        for told in (self.root / "transcripts").iterdir():
            try:
                if told.name not in {"page.txt", "index.txt"} or not read(told, told.name, f"{told.stem}.md"):
                    yield str(told)
            except TranscriptError as error:
                yield str(error)

    def host(self) -> dict[str, object]:
        """What a cluster could have changed of the machine."""
        return {
            "links": sorted(path.name for path in Path("/sys/class/net").iterdir()),
            "routes": Path("/proc/net/route").read_text(),
            "mounts": Path("/proc/self/mountinfo").read_text(),
            "networks": sorted(Path("/run/netns").iterdir()) if Path("/run/netns").exists() else [],
        }


def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def world(cluster: EmbeddedCluster, tmp_path: Path) -> Iterator[World]:
    root = tmp_path / "site"
    Folder(root).write("page.md", PAGE)
    Folder(root).write("index.md", NEXT)
    (root / "tmp").mkdir()
    (root / "mkdocs.yml").write_text(f"site_name: killed\nhooks: [{HOOK}]\n")
    prctl = ctypes.CDLL(None).prctl
    with (
        Api(cluster.kubeconfig, cluster.network) as api,
        opened(cluster, tmp_path) as kubeconfig,
        TemporaryDirectory(prefix="k-", dir="/var/tmp") as home,
    ):
        ours = {child.pid for child in psutil.Process().children()}
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        yield World(api, root, kubeconfig, Path(home), ours)
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def lasts(world: World, command: str, place: str) -> float:
    """How long a play takes that nobody kills; of `serve`, until the page is served."""
    began = time.monotonic()
    with world.start(command, place) as process:
        if command == "serve":
            while "Serving on" not in world.log():
                assert process.poll() is None, world.log()
                assert time.monotonic() < began + LIMIT, world.log()
                time.sleep(0.1)
            process.terminate()
        assert process.wait(LIMIT) in {0, 1, -15}, world.log()  # a check tells of the random number
    return time.monotonic() - began


def next_start(world: World, place: str) -> tuple[float, list[str]]:
    """Play another page; give how long that took, and what is left then, once what ends by itself has."""
    began = time.monotonic()
    with world.start("play", place, "index.md") as process:
        code = process.wait(LIMIT)
    seconds = time.monotonic() - began
    end = time.monotonic() + LIMIT
    while (left := list(world.remains())) and time.monotonic() < end:
        time.sleep(0.1)
    return seconds, left if code == 0 else [*left, f"the next start failed: {world.log()}"]


@pytest.mark.cluster
@pytest.mark.second
def test_what_is_killed_leaves_nothing_once_the_next_has_started(world: World) -> None:
    """No process, folder, key, namespace, right, cgroup, link or mount; every transcript is whole."""
    chance = random.Random(SEED)  # noqa: S311 - no secret
    before = world.host()
    known: dict[tuple[str, str], float] = {}
    faults: list[str] = []
    kinds = islice(zip(cycle(COMMANDS), cycle(PLACES), strict=True), KILLS)
    for number, (command, place) in enumerate(kinds, 1):
        if (command, place) not in known:
            known[command, place] = lasts(world, command, place)
        moment = chance.uniform(0, known[command, place])
        began = time.monotonic()
        with world.start(command, place) as victim:
            with suppress(subprocess.TimeoutExpired):
                victim.wait(moment)
            victim.kill()
        seconds, left = next_start(world, place)
        left += [f"{what} changed" for what, value in world.host().items() if value != before[what]]
        faults += [f"kill {number}: {one}" for one in left]
        print(
            f"{number:3} {command:5} {place:7} killed after {moment:5.2f} s, next start {seconds:5.1f} s, "
            f"all gone after {time.monotonic() - began - moment:5.1f} s: {'; '.join(left) or 'nothing left'}",
            flush=True,
        )
    print(f"{KILLS} kills, {len(faults)} faults, seed {SEED}")
    assert faults == []
