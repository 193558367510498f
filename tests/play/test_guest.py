"""A prompt in a page's shell, at a real terminal: what a person types, and what they find."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from preuve.errors import ConfigError
from preuve.play.guest import visitor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Terminal

SECONDS = 20.0
"""Bound of a wait for what takes milliseconds."""

HOST = """
import signal, sys
from pathlib import Path
from preuve.cluster.box import Box
from preuve.play.guest import attend, visitor
from preuve.play.bash import Bash

mark, page = sys.argv[1:]
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
box = Box(uid=70_000)
with Bash(box.environment(), box.argv()) as bash:
    bash.run(f"nohup setsid bash -c 'exec -a {mark} sleep 1000' >/dev/null 2>&1 & disown")
    bash.run(f"until pgrep -f '^{mark}'; do :; done", timeout=20)
    bash.run(page)
    attend(bash, visitor(), "pods")
print("over")
"""

PROMPT = "pods $ "


@pytest.fixture
def mark() -> str:
    """What makes a process findable."""
    return f"mark-{os.getpid()}-{os.urandom(4).hex()}"


def alive(mark: str) -> list[psutil.Process]:
    return [one for one in psutil.process_iter(["cmdline"]) if mark in (one.info["cmdline"] or [""])[0]]


@pytest.fixture
def sit(mark: str, terminal: Callable[..., Terminal], tmp_path: Path) -> Callable[..., Terminal]:
    """Somebody at the prompt of a shell that has run a page."""
    if not (shutil.which("bwrap") and os.getuid() == 0):
        pytest.skip("needs root and the Debian package bubblewrap")

    def start(page: str = ":") -> Terminal:
        author = terminal([sys.executable, "-c", HOST, mark, page], cwd=tmp_path)
        author.until(PROMPT)
        return author

    return start


def broken_off(author: Terminal) -> str:
    """What is shown until the prompt is back, at Ctrl-C, pressed again as long as nothing happens.

    Bash takes the key for itself between two commands, and when it is about to wait: it then heeds it after
    the next has ended, which these never do.
    """
    for _ in range(10):
        author.press("\x03")
        with suppress(AssertionError):
            return author.until(PROMPT, SECONDS / 20)
    raise AssertionError("Ctrl-C does not break it off")


def said(terminal: Terminal, line: str) -> str:
    """What a command answers."""
    terminal.type(line)
    terminal.until(f"{line}\r\n")
    return terminal.until(PROMPT)


class TestState:
    """It is the page's own shell, not one like it."""

    def test_is_the_page_s(self, sit: Callable[..., Terminal]) -> None:
        """Variables not exported, functions, the directory, jobs and the last exit code are there."""
        author = sit("x=1; greet() { echo hello $x; }; cd /usr; set -f; sleep 1000 & (exit 4)")
        assert said(author, "echo $?; greet; pwd; echo *; jobs -p | wc -l") == "4\nhello 1\n/usr\n*\n1\n"
        assert said(author, "x=2; false") == ""
        assert said(author, "echo $?; greet") == "1\nhello 2\n"

    def test_is_not_touched_by_typing(self, sit: Callable[..., Terminal]) -> None:
        """A prompt leaves nothing in the shell: no variable, no trap, no option, no job."""
        names = "compgen -v | grep -v -e PIPESTATUS -e BASH_ -e FUNCNAME -e TERM | sort; trap; set +o; jobs"
        author = sit(f"state() {{ {names}; }}; state >before")
        assert said(author, "true") == ""
        assert said(author, "state | diff before - && echo same") == "same\n"

    @pytest.mark.parametrize(
        "page",
        [
            "set -eu",
            "set -u; IFS=abc; unset PATH",
            "builtin() { echo mine; }; unset -f builtin; read() { echo mine; }; exec 3>&1",
            "export BASH_ENV=/etc/passwd; readonly line=1 token=2 prompt=3 TERM=dumb",
            "umask 777; ulimit -n 20",
            "stty -F /dev/tty raw -echo",
            "trap 'echo interrupted' INT",
        ],
    )
    def test_survives(self, sit: Callable[..., Terminal], page: str) -> None:
        """Whatever a page did to its shell, one can type in it."""
        author = sit(page)
        assert said(author, "echo on") == "on\n"
        author.press("abc\x03")
        assert author.until(PROMPT) == "abc^C\n"
        assert said(author, "echo on") == "on\n"


class TestKeys:
    """Keys do what they do at any prompt."""

    def test_a_command_of_several_lines(self, sit: Callable[..., Terminal]) -> None:
        """It is asked for until it is whole, blank lines of a here-document included."""
        author = sit()
        author.type("cat <<END | tr a-z A-Z")
        for line in ("one", "", "$((1 + 1))", "END"):
            author.until("> ")
            author.type(line)
        author.until("END\r\n")
        assert author.until(PROMPT) == "ONE\n\n2\n"

    def test_the_past(self, sit: Callable[..., Terminal]) -> None:
        """The arrows go back, and a line can be changed."""
        author = sit()
        said(author, "echo one")
        author.press("\x1b[A\x1b[D\x1b[D\x1b[D\x7f bef\r")
        author.until("\r\n")
        assert author.until(PROMPT) == "befone\n"

    def test_tab_completes_the_page_s_files(self, sit: Callable[..., Terminal]) -> None:
        author = sit("echo hi >manifest.yaml")
        author.press("cat mani\t\r")
        author.until("cat manifest.yaml ")
        author.until("\r\n")
        assert author.until(PROMPT) == "hi\n"

    def test_ctrl_c_goes_to_the_foreground(self, sit: Callable[..., Terminal]) -> None:
        """It ends the command, a loop of the shell too, and not the shell, nor preuve."""
        author = sit()
        waits = ("sleep 1000", "while :; do sleep 0.1; done", "cat", "read answer", "echo $(cat)", "wait")
        for line in waits:
            author.type(f"x=kept; sleep 1000 & echo go; {line}")
            author.until("\r\ngo\r\n")
            # what answered a key that came too early is gone with that wait, so the end of the line may be
            assert re.fullmatch(r"(\^C)+\n?", broken_off(author))
        assert said(author, "echo $x") == "kept\n"

    def test_ctrl_c_drops_what_is_being_typed(self, sit: Callable[..., Terminal]) -> None:
        """Also when a command is half typed."""
        author = sit()
        author.type("for i in 1 2")
        author.until("> ")
        author.press("do\x03")
        assert author.until(PROMPT) == "do^C\n"
        assert said(author, "echo on") == "on\n"

    def test_ctrl_z_and_back(self, sit: Callable[..., Terminal]) -> None:
        """A command is stopped, and goes on where it was."""
        author = sit()
        author.type("sh -c 'echo go; read answer; echo =$answer='")
        author.until("\r\ngo\r\n")
        author.press("\x1a")
        assert author.until(PROMPT) == "^Z\n"
        assert "Stopped" in said(author, "jobs")
        author.type("fg")
        author.until("=$answer='\r\n")
        author.type("back")
        author.until("\r\n=back=\r\n")
        author.until(PROMPT)

    def test_what_is_typed_ahead_is_not_lost(self, sit: Callable[..., Terminal]) -> None:
        """While a command runs, the next ones can be typed; they wait their turn."""
        author = sit()
        author.type("echo go; read -r gate")
        author.until("\r\ngo\r\n")
        author.press("open\recho one ahead\rx=two; echo $x ahead\recho thr")
        author.until("\r\none ahead\r\n")
        author.until("\r\ntwo ahead\r\n")
        author.type("ee ahead")
        author.until("\r\nthree ahead\r\n")

    def test_a_command_that_asks_is_answered(self, sit: Callable[..., Terminal]) -> None:
        """Line by line, as at any terminal."""
        author = sit()
        author.type("echo go; read -r answer")
        author.until("\r\ngo\r\n")
        author.type("forty two")
        author.until(PROMPT)
        assert said(author, "echo =$answer=") == "=forty two=\n"


class TestScreen:
    """What is shown is what a terminal shows."""

    def test_is_a_terminal(self, sit: Callable[..., Terminal]) -> None:
        """Programs find one, of the author's kind and size; a window that is resized is followed."""
        author = sit()
        assert said(author, "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo $TERM; stty size") == "xterm\n24 80\n"
        author.type("bash -c 'trap \"stty size; exit\" WINCH; sleep 1000 & echo go; wait'")
        author.until("\r\ngo\r\n")
        author.resize(132, 50)
        assert author.until(PROMPT) == "50 132\n"
        assert said(author, "stty size") == "50 132\n"

    def test_is_not_changed_on_the_way(self, sit: Callable[..., Terminal]) -> None:
        """Colours, control characters and all bytes come through."""
        author = sit()
        assert said(author, r"printf '\033[31mred\033[0m \1\2 é \377\n' | od -An -tx1 | xargs") == (
            "1b 5b 33 31 6d 72 65 64 1b 5b 30 6d 20 01 02 20 c3 a9 20 ff 0a\n"
        )
        assert said(author, r"printf '\033[31mred\033[0m \1x\2 é\n'") == "\x1b[31mred\x1b[0m \x01x\x02 é\n"

    def test_jobs_are_heard(self, sit: Callable[..., Terminal]) -> None:
        """A job of the page writes while nobody types, and each of its lines begins at the margin."""
        author = sit("(while [ ! -e go ]; do sleep 0.02; done; printf 'a\\nb\\n') &")
        author.type("touch go")
        author.until("a\r\nb\r\n")
        author.type("echo on")
        author.until("\r\non\r\n")


class TestEnd:
    """Leaving takes everything away, and gives the terminal back."""

    @pytest.mark.parametrize("keys", ["\x04", "exit\r", "kill -KILL $$\r", "false; set -e; false\r"])
    def test_by_leaving(self, sit: Callable[..., Terminal], mark: str, keys: str) -> None:
        author = sit()
        assert len(alive(mark)) == 1
        author.press(keys)
        author.until("over\r\n")
        assert author.process.wait(SECONDS) == 0
        assert author.is_as_before()
        assert alive(mark) == []

    def test_ctrl_d_in_a_command_is_no_end(self, sit: Callable[..., Terminal]) -> None:
        """It ends the command's input, or a command half typed."""
        author = sit()
        author.type("echo go; wc -c")
        author.until("\r\ngo\r\n")
        author.press("abc\r\x04")
        assert author.until(PROMPT) == "abc\n4\n"
        author.type("echo '")
        author.until("> ")
        author.press("\x04")
        author.until(PROMPT)
        assert said(author, "echo on") == "on\n"

    @pytest.mark.parametrize("running", ["", "sleep 1000", "stty raw; sleep 1000"])
    def test_by_a_signal(self, sit: Callable[..., Terminal], mark: str, running: str) -> None:
        """At a prompt or in a command."""
        author = sit()
        author.type(f"echo go; {running}")
        author.until("\r\ngo\r\n")
        author.process.send_signal(signal.SIGTERM)
        assert author.process.wait(SECONDS) == 143
        assert author.is_as_before()
        assert alive(mark) == []

    def test_by_closing_the_window(self, sit: Callable[..., Terminal], mark: str) -> None:
        """Nothing stays behind a terminal that is gone."""
        author = sit()
        left = alive(mark)
        author.close()
        author.process.wait(SECONDS)
        assert psutil.wait_procs(left, SECONDS)[1] == []


def test_without_a_terminal_there_is_nobody() -> None:
    """It is said before anything is started."""
    with pytest.raises(ConfigError, match="there is nobody to type"):
        visitor()
