"""The cluster's own kubectl, where it is not upstream's: what a short program prints is shown once."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from administrator import Kubectl

pytestmark = pytest.mark.cluster

RUN = ("run", "--rm", "-i", "-q", "--restart=Never", "--image=busybox:1.37")


@pytest.fixture
def busy() -> Iterator[None]:
    """Two busy cores during the test."""
    loops = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2)]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


@pytest.mark.usefixtures("busy")
def test_run_shows_once_what_a_short_program_prints(kubectl: Kubectl) -> None:
    """Neither lost nor doubled, however soon it ends."""
    for number in range(5):
        assert kubectl(*RUN, f"word{number}", "--", "echo", f"word-{number}") == f"word-{number}\n"


def test_run_tells_the_two_streams_apart(kubectl: Kubectl) -> None:
    """As attaching would: `$(kubectl run …)` holds no error."""
    # The runtime reads each stream by itself: what is written to both at once has no order.
    script = "echo one; sleep 0.3; echo aloud >&2; sleep 0.3; echo two"
    ran = subprocess.run(
        kubectl.command(*RUN, "both", "--", "sh", "-c", script),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert (ran.stdout, ran.stderr) == ("one\ntwo\n", "aloud\n")
    assert kubectl(*RUN, "merged", "--", "sh", "-c", script) == "one\naloud\ntwo\n"


def test_run_passes_on_what_is_typed_and_how_it_ended(kubectl: Kubectl) -> None:
    """Standard input, exit codes, and the messages of upstream."""
    assert kubectl(*RUN, "reader", "--", "cat", stdin="typed\n") == "typed\n"
    told = kubectl(
        *("run", "--rm", "-i", "--restart=Never", "--image=busybox:1.37", "six"),
        *("--", "sh", "-c", "echo six; exit 3"),
        exit_code=3,
    )
    assert told.splitlines()[2:] == [
        "six",
        f'pod "six" deleted from {kubectl.namespace} namespace',
        f"pod {kubectl.namespace}/six terminated (Error)",
    ]
    left = kubectl.get("pods")["items"]
    assert all("deletionTimestamp" in pod["metadata"] for pod in left)


def test_run_refuses_what_upstream_refuses(kubectl: Kubectl) -> None:
    """Flags are checked as ever; without one to attach, a Pod is made and no more."""
    assert "--rm should only be used" in kubectl("run", "web", "--rm", "--image=nginx", exit_code=1)
    dry = ("run", "web", "-i", "--dry-run=client", "--image=nginx")
    assert "can't be used with attached" in kubectl(*dry, exit_code=1)
    assert kubectl("run", "web", "--image=nginx") == "pod/web created\n"


def test_debug_shows_once_what_a_short_program_prints(kubectl: Kubectl) -> None:
    """In a container added to a Pod, and in a copy of it."""
    kubectl("run", "hull", "--image=busybox:1.37", "--", "sleep", "3600")
    kubectl.wait("pod/hull", "condition=Ready")
    add = ("debug", "hull", "-q", "-i", "--image=busybox:1.37", "--target=hull")
    for number in range(3):
        told = kubectl(*add, f"--container=dbg{number}", "--", "echo", f"dive-{number}")
        assert told.splitlines()[-1] == f"dive-{number}"
        assert told.count("dive") == 1
    copy = ("debug", "hull", "-q", "-i", "--image=busybox:1.37", "--copy-to=copy", "--container=hull")
    assert kubectl(*copy, "--", "echo", "copied").splitlines()[-1] == "copied"
