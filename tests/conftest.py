"""What all tests share."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from preuve.cluster.embedded import cluster as embedded
from preuve.cluster.embedded import requirements
from preuve.cluster.embedded.binaries import DEFAULT
from preuve.errors import PreuveError
from preuve.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from preuve.cluster.embedded.cluster import EmbeddedCluster

settings.register_profile("preuve", deadline=None)  # a test asserts what happens, not how long it takes
settings.load_profile("preuve")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Leave the checkout's own cluster alone: the tests' has its state elsewhere."""
    session.config.stash[STATE] = os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="preuve-")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove what is left of that place."""
    shutil.rmtree(session.config.stash[STATE])


STATE = pytest.StashKey[str]()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Say what the machine lacks for a test that needs the cluster, of the version that its mark names."""
    for mark in item.iter_markers("cluster"):
        if lacking := _lacking(*mark.args):
            pytest.skip(lacking)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001 - the signature is pytest's
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, where nothing may be lacking, a test that was skipped has failed, and says why."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail") and call.excinfo:
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure in CI: {call.excinfo.value}"
    return report


@cache
def _lacking(kubernetes: str = DEFAULT) -> str:
    try:
        requirements.check(kubernetes)
    except PreuveError as error:
        return str(error)
    return ""


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedCluster]:
    """One cluster for all tests; those that change it as a whole put it right again."""
    with Progress() as progress, embedded.have(progress) as running:
        yield running
