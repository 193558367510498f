"""What all tests share."""

from __future__ import annotations

import fcntl
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest
from hypothesis import settings

from administrator import Kubectl
from preuve.cluster.embedded import additions, requirements
from preuve.cluster.embedded.binaries import DEFAULT
from preuve.cluster.embedded.cluster import EmbeddedBackend
from preuve.errors import PreuveError
from preuve.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from preuve.cluster.embedded.cluster import EmbeddedCluster

settings.register_profile("preuve", deadline=None)  # a test asserts what happens, not how long it takes
settings.load_profile("preuve")

# Hundreds of processes run what is tested. Where Python was asked to keep nothing that it compiled, each of
# them would compile the engine again, and each worker the tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A script starts what runs in its background deaf to Ctrl-C. So would be what the tests start and interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Leave the checkout's own cluster alone: the tests' is one for all projects, elsewhere."""
    session.config.stash[STATE] = os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="preuve-")
    os.environ["PREUVE_HOME"] = session.config.stash[STATE]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove what is left of that place."""
    shutil.rmtree(session.config.stash[STATE])


STATE = pytest.StashKey[str]()


@pytest.hookimpl(trylast=True)  # behind pytest's own, which puts tests of the same site together
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what reads built sites, which takes longest: short tests then end at the same time."""
    items.sort(key=lambda item: not any(item.iter_markers("browser")) and not any(item.iter_markers("site")))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Say what the machine lacks for a test that needs the cluster, of the version that its mark names."""
    for mark in item.iter_markers("cluster"):
        if lacking := _lacking(*mark.args):
            pytest.skip(lacking)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, where nothing may be lacking, a test that was skipped has failed, and says why.

    What the cluster's programs complained of is shown with a failure: the cluster goes with the tests.
    """
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail") and call.excinfo:
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure in CI: {call.excinfo.value}"
    if report.failed and item.get_closest_marker("cluster"):
        report.sections += list(_complaints(Path(item.config.stash[STATE])))
    return report


def _complaints(state: Path) -> Iterator[tuple[str, str]]:
    """The last warnings and errors of each log of the tests' cluster, as klog marks them."""
    for log in sorted(state.rglob("log/*.log")):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        complaints = {line.partition("] ")[2]: line for line in lines if re.match(r"[WEF]\d{4} ", line)}
        if complaints:
            yield (
                f"complaints of {log.name}, the last of each",
                "\n".join([*complaints.values()][-COMPLAINTS:]),
            )


COMPLAINTS = 20
"""Lines of a log that are shown."""


@cache
def _lacking(kubernetes: str = DEFAULT) -> str:
    try:
        with Progress() as progress:
            requirements.check(kubernetes, progress)
    except PreuveError as error:
        return str(error)
    return ""


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedCluster]:
    """One cluster for all tests, with the images of the course; those that change it put it right again."""
    added = additions.load(Path(__file__).parents[1], "images.toml")
    with Progress() as progress, EmbeddedBackend(additions=added).shared(progress) as running:
        yield running


@pytest.fixture
def kubectl(cluster: EmbeddedCluster, request: pytest.FixtureRequest) -> Iterator[Kubectl]:
    kubectl = Kubectl(cluster, request.node.name.removeprefix("test_").replace("_", "-")[:60])
    kubectl("create", "namespace", kubectl.namespace)
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=30s")
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--now", "--wait=false")


@pytest.fixture(autouse=True)
def _second(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let one worker at a time have a second cluster.

    Each takes 31 of the 128 inotify instances that Linux gives a user, and preuve starts none without 40.
    """
    with ExitStack() as stack:
        if request.node.get_closest_marker("second"):
            lock = stack.enter_context(Path(tempfile.gettempdir(), "preuve-second-cluster").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


SECONDS = 20.0
"""Bound of a wait for what takes milliseconds."""


class Terminal:
    """A program at a terminal of its own, which ends with the block."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        self._master, self._slave = os.openpty()
        self.resize(80, 24)
        self.modes = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *argv],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env={**(os.environ if env is None else env), "TERM": "xterm"},
            cwd=cwd,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.close()

    def close(self) -> None:
        """Close the window."""
        for fd in (self._master, self._slave):
            with suppress(OSError):  # closed already
                os.close(fd)

    def press(self, keys: str) -> None:
        """Press keys: a letter each, a control character with Ctrl."""
        os.write(self._master, keys.encode())

    def type(self, line: str) -> None:
        """Type a line, and press Enter."""
        self.press(f"{line}\r")

    def until(self, text: str, seconds: float = SECONDS) -> str:
        """What the screen shows more until `text` is there, `text` not included, lines as a file has them."""
        shown = b""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._master], [], [], left)[0]:
                shown += os.read(self._master, 1)  # no more, so that the rest is there for the next wait
                if shown.endswith(text.encode()):
                    return shown.decode().removesuffix(text).replace("\r\n", "\n")
        raise AssertionError(f"{text!r} is not there: {shown.decode()!r}")

    def resize(self, columns: int, lines: int) -> None:
        """Drag the window's corner."""
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("4H", lines, columns, 0, 0))

    def is_as_before(self) -> bool:
        """Whether the terminal has the modes that it had before the program."""
        return termios.tcgetattr(self._slave) == self.modes


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Programs at terminals of their own, which end with the test."""
    with ExitStack() as ends:
        yield lambda *args, **named: ends.enter_context(Terminal(*args, **named))
