"""Jobs that a page leaves in the background: when they serve, and where what they print is shown."""

from __future__ import annotations

import shutil
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from preuve.cluster.box import Box
from preuve.play.bash import Bash
from preuve.play.shell import Background, ShellEndedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 20.0
"""Bound of a wait for what takes milliseconds."""

SERVE = """python3 -uc '
import socket, sys, time
time.sleep(0.4)
with socket.create_server(("127.0.0.1", 0)) as server:
    print("listening on", server.getsockname()[1])
    while True:
        with server.accept()[0] as client:
            client.sendall(b"hello\\n")
            print("handling a connection")
' &"""
"""A server that takes its time to start, as one does that asks a cluster first."""

ASK = "exec 3<>/dev/tcp/127.0.0.1/$port; cat <&3; exec 3>&-"


pytestmark = pytest.mark.skipif(not shutil.which("bwrap"), reason="needs the Debian package bubblewrap")


@pytest.fixture
def bash() -> Iterator[Bash]:
    with Bash(Box().environment(), Box().argv()) as shell:
        yield shell


def test_a_server_in_the_background_listens_before_the_next_command(bash: Bash) -> None:
    """What it says of that is shown with the command that started it; what it says later, with none."""
    started = bash.run(SERVE, timeout=SECONDS, background=Background(ports=1, alone=True))
    assert started.output.startswith("listening on ")
    bash.run(f"port={started.output.split()[-1]}")
    for _ in range(3):
        assert bash.run(ASK, timeout=SECONDS).output == "hello\n"
    assert bash.run("kill %1; wait; echo over", background=Background(awaited=True)).output == "over\n"
    assert bash.run("echo after").output == "after\n"


def test_a_server_that_fails_says_so_where_it_was_started(bash: Bash) -> None:
    """Nobody waits for what has ended."""
    job = "(sleep 0.3; echo cannot listen >&2; exit 1) &"
    failed = bash.run(job, timeout=SECONDS, background=Background(ports=1, alone=True))
    assert (failed.exit, failed.output) == (0, "cannot listen\n")
    assert failed.seconds < SECONDS / 2


def test_a_server_that_never_listens_is_an_error(bash: Bash) -> None:
    """The command that started it is named, with what it had said."""
    with pytest.raises(
        TimedOutError, match=r"sleep 1000.*did not listen on its 1 ports within 0\.5 s"
    ) as error:
        bash.run("echo starting && sleep 1000 &", timeout=0.5, background=Background(ports=1, alone=True))
    assert error.value.output == "starting\n"


@pytest.mark.parametrize("pause", ["", "sleep 0.2; "])
def test_what_a_job_says_is_shown_by_whoever_waits_for_it(bash: Bash, pause: str) -> None:
    """However quick it is: not with the command that started it, nor with those in between."""
    job = f"({pause}echo said; echo aloud >&2) &"
    assert bash.run(job, background=Background(alone=True)).output == ""
    assert bash.run("echo between; sleep 0.4").output == "between\n"
    assert bash.run("wait %1; echo $?", background=Background(awaited=True)).output == "said\naloud\n0\n"
    assert bash.run("echo after").output == "after\n"


def test_what_a_job_says_while_it_is_awaited_comes_before_the_end(bash: Bash) -> None:
    """`wait` returns when it has ended, and all of it is there."""
    bash.run("for i in 1 2 3; do sleep 0.1; echo $i; done &", background=Background(alone=True))
    assert bash.run("wait", background=Background(awaited=True)).output == "1\n2\n3\n"


def test_a_talkative_job_is_read_on(bash: Bash) -> None:
    """Its pipe never fills, and its end is seen, though nobody is shown what it says."""
    bash.run("(head -c 3000000 /dev/zero; touch done) &", background=Background(alone=True))
    assert bash.run("until [[ -e done ]]; do sleep 0.05; done; echo over", timeout=SECONDS).output == "over\n"


def test_output_that_the_page_has_turned_elsewhere_stays_there(bash: Bash) -> None:
    """`exec >file` is the page's own."""
    bash.run("exec 3>&1 >log")
    bash.run("sleep 1000 &", background=Background(alone=True))
    bash.run("echo kept")
    assert bash.run("cat log >&2").output == "kept\n"


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("exec 2>&-", "echo shown; echo lost >&2", "shown\n"),
        ("exec >&-", "echo shown >&2", "shown\n"),
        ("exec 3>&1", "echo shown >&3", "shown\n"),
        ("chmod 000 /tmp", "echo shown", "shown\n"),
    ],
    ids=["no errors", "no output", "kept under another number", "no place for another pipe"],
)
def test_what_comes_after_a_job_is_shown(bash: Bash, before: str, after: str, wanted: str) -> None:
    """Wherever the page has its output go."""
    bash.run(before)
    bash.run("sleep 1000 &", background=Background(alone=True))
    assert bash.run(after).output == wanted


def test_a_shell_that_a_job_kills_is_told_at_the_next_command(bash: Bash) -> None:
    """It may be gone before its output is another one."""
    bash.run("kill -9 $$ &", background=Background(alone=True))
    with pytest.raises(ShellEndedError):
        deque(bash.run("sleep 0.1") for _ in range(2))


def test_a_job_that_kills_a_shell_which_takes_its_next_output_ends_no_play() -> None:
    """It is told at the next command, as in any case; now and then the job is quick enough."""
    job = "(until compgen -G '/tmp/.preuve-*'; do :; done; kill -9 $$) >/dev/null 2>&1 &"
    for _ in range(10):
        with Bash(Box().environment(), Box().argv()) as bash, suppress(ShellEndedError):
            bash.run(job, background=Background(alone=True))
            bash.run("true")
            assert bash.run("echo shown").output == "shown\n"
