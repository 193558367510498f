"""A page's bash, in the box that confines it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from preuve.cluster.box import Box, uid_of
from preuve.errors import ClusterError, CommandError
from preuve.play.bash import Bash
from preuve.play.shell import Result, ShellEndedError, TimedOutError, UnmatchedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 20.0
"""Bound of a wait for what takes milliseconds."""

ENV = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


pytestmark = pytest.mark.skipif(not shutil.which("bwrap"), reason="needs the Debian package bubblewrap")


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(uid=uid_of(str(tmp_path)) if os.getuid() == 0 else None)


@pytest.fixture
def start(box: Box) -> Iterator[Callable[[], Bash]]:
    with ExitStack() as shells:
        yield lambda: shells.enter_context(Bash(box.environment(), box.argv()))


@pytest.fixture
def bash(start: Callable[[], Bash]) -> Bash:
    return start()


@pytest.fixture
def mark() -> str:
    """What makes a process findable: `MARK` as an argument of it."""
    return f"mark-{uuid.uuid4()}"


def alive(mark: str) -> list[int]:
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        # A shell has the source that it runs among its arguments; what is looked for is the program.
        arguments = process.info["cmdline"] or [""]
        if mark in arguments[0] and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process.pid)
    return found


def started(mark: str, count: int) -> list[int]:
    """Wait until `count` programs bear the mark: a shell that was told to start one has yet to become it."""
    deadline = time.monotonic() + SECONDS
    while len(found := alive(mark)) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def descriptors() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def ends(pid: int) -> bool:
    """Wait for the end of a process that is no child of ours."""
    try:
        psutil.Process(pid).wait(SECONDS)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


class TestState:
    """What a command leaves, the next one finds."""

    def test_lasts(self, bash: Bash) -> None:
        """Variables, the directory, functions, aliases, options and the last exit code last for the page."""
        bash.run("greeting=hello; export NAME=you; mkdir deep; cd deep; alias k='echo k-is'")
        bash.run("greet() { echo $greeting $NAME in ${PWD##*/}; }; shopt -s nullglob; set -f")
        assert bash.run("greet; k it; shopt -p nullglob; echo *").output == (
            "hello you in deep\nk-is it\nshopt -s nullglob\n*\n"
        )
        assert bash.run("(exit 7)").exit == 7
        assert bash.run('echo "$?"').output == "7\n"
        assert bash.run('echo "$?"').output == "0\n"

    def test_jobs(self, bash: Bash) -> None:
        """A background job lives on, as number 1 whatever ran before, and can be ended without a notice."""
        bash.run("ls /nowhere; ls /nowhere")
        bash.run("ls / >/dev/null; false")
        started = bash.run("sleep 1000 &")
        assert (started.output, started.exit) == ("", 0)
        assert bash.run("jobs").output == "[1]+  Running                 sleep 1000 &\n"
        assert bash.run("kill %1; wait %1").exit == 128 + signal.SIGTERM
        assert bash.run("sleep 0 & wait").output == ""
        assert bash.run("jobs").output == ""

    def test_a_job_may_hold_the_output_open(self, bash: Bash) -> None:
        """A job that has the output open, in a process or a subshell, keeps no command from ending."""
        assert bash.run("sleep 1000 & (sleep 1000; true) & echo on", timeout=SECONDS).output == "on\n"
        assert bash.run("echo and on", timeout=SECONDS).output == "and on\n"

    @pytest.mark.parametrize(
        "source",
        [
            "IFS=eilno; unset IFS; IFS=abc",
            "PS1='$ '; PS4='## '; PROMPT_COMMAND='echo prompt'",
            "trap 'echo trapped' EXIT; trap 'echo debugging >/dev/null' DEBUG; trap '' INT TERM HUP",
            "set -u; set -C; set -o pipefail",
            "set -o posix",
            "eval() { echo mine; }; printf() { echo mine; }; jobs() { echo mine; }; true() { false; }",
            "alias builtin=false eval=false printf=false jobs=false exec=false",
            "mkdir gone; cd gone; rmdir ../gone",
            "ulimit -n 12",
            "exec 3</dev/null 9>&1 10>&1 63>&1; exec 10>&- 63>&-",
            "readonly UID_=1 status=1 token=2 source=3 IFS PATH",
            "umask 777",
            "unset PATH HOME PWD",
            "shopt -s extdebug failglob expand_aliases",
            "declare -i i=1; enable -n echo; enable echo",
            "set -- a b c; shift",
            "exec -a other true || true",
            "LANG=nonsense LC_ALL=nonsense",
            "hash -r; set +m",
            "stty -F /dev/tty raw",
        ],
    )
    def test_survives(self, bash: Bash, source: str) -> None:
        """Whatever a page does to its shell, commands still run, and end as they end."""
        if "exec -a" in source:
            source = f"( {source} )"
        bash.run(source)
        after = bash.run("echo one; \\builtin echo two >&2; (exit 3)", timeout=SECONDS)
        assert (after.output, after.exit) == ("one\ntwo\n", 3)


class TestWrite:
    """Files are written as the shell's user, without a trace in the shell."""

    def test_puts_a_file(self, bash: Bash) -> None:
        """Every byte is there, in folders made for it, for whom it is meant."""
        content = 'it\'s "$HOME" \\ `é` %s\n\n\ttab\r\n!! EOF'.encode() + b"\xff\xfe"
        bash.run("set -euC; umask 0; sleep 1000 & (exit 4) && true")
        bash.write("deep/er/it's", content, 0o640)
        assert bash.run("echo $?; jobs").output == "4\n[1]+  Running                 sleep 1000 &\n"
        assert bash.run("stat -c %a deep/er/*; od -An -v -tx1 deep/er/* | xargs").output == (
            f"640\n{content.hex(' ')}\n"
        )
        bash.write("deep/er/it's", b"again")
        assert bash.run("cat deep/er/*").output == "again"

    def test_tells_why_it_cannot(self, bash: Bash) -> None:
        """A file that cannot be written is an error that names it and the reason."""
        bash.run("set -e")
        with pytest.raises(CommandError, match=r"/proc/x cannot be written: .*No such file or directory"):
            bash.write("/proc/x", b"x")
        assert bash.run("echo on").output == "on\n"


class TestOutput:
    """What a command prints is what the page shows."""

    def test_is_merged_in_order(self, bash: Bash) -> None:
        """Standard output and standard error come in the order in which they were written."""
        assert (
            bash.run("for i in 1 2 3; do echo o$i; echo e$i >&2; done").output == "o1\ne1\no2\ne2\no3\ne3\n"
        )

    def test_reads_as_at_a_terminal(self, bash: Bash) -> None:
        """Bash says what it says to a person: no line numbers, no name of a script."""
        assert bash.run("nonesuch").output == "bash: nonesuch: command not found\n"
        assert bash.run("cat <nowhere").output == "bash: nowhere: No such file or directory\n"
        assert bash.run("echo $0").output == "bash\n"

    @pytest.mark.parametrize(
        ("source", "output"),
        [
            ("cat <<EOF\nfirst\n\n$((1 + 1))\n  > last\nEOF", "first\n\n2\n  > last\n"),
            ("cat <<'A' - <<-B\n$x\nA\n\tb\n\tB", "b\n"),
            ("echo one \\\n  two", "one two\n"),
            ("echo 'first\n\nlast'", "first\n\nlast\n"),
            ("printf 'b\\na\\n' | sort | tee copy >/dev/null; cat copy", "a\nb\n"),
            ("for i in 1 2\ndo\n  echo $i\ndone", "1\n2\n"),
            ("echo a # b", "a\n"),
            ("# nothing", ""),
            ("", ""),
            ("echo a \\", "a\n"),
            ("echo \"it's\" '\"' \\' $'\\''", "it's \" ' '\n"),
            ('echo "a!b!!"', "a!b!!\n"),
            ("printf 'no end'", "no end"),
            ("printf 'caf\\303 \\377\\n'", "caf\ufffd \ufffd\n"),
            ("printf 'a\\0b\\n'", "ab\n"),
            ("printf '10 %%\\r100 %%\\n\\033[31mred\\033[0m\\n'", "100 %\nred\n"),
            ("printf '$ echo no\\nbash-5.2$ \\n> '", "$ echo no\nbash-5.2$ \n> "),
            ("echo é 🚀", "é 🚀\n"),
            ("cat", ""),
            ("read line; echo $?", "1\n"),
            ("echo $(echo nested | cat) <(:) | sed s/63/N/", "nested /dev/fd/N\n"),
        ],
    )
    def test_of_sources(self, bash: Bash, source: str, output: str) -> None:
        """A source is read as bash reads it, and standard input is empty."""
        assert bash.run(source, timeout=SECONDS).output == output
        assert bash.run("echo next", timeout=SECONDS).output == "next\n"

    def test_of_many_lines(self, bash: Bash) -> None:
        """20,000 lines are all there."""
        assert bash.run("seq 20000").output == "".join(f"{i}\n" for i in range(1, 20001))

    def test_that_is_long_loses_its_middle(self, bash: Bash) -> None:
        """Of 10 MB, both ends are kept, in whole lines, and a line says how much is not."""
        output = bash.run("seq 1000000 2250000").output
        head, gap, tail = re.split(r"(\[… .* …\]\n)", output)
        assert gap == "[… 9.0 MB …]\n"
        assert head.startswith("1000000\n1000001\n")
        assert tail.endswith("2249999\n2250000\n")
        assert len(head) + len(tail) == pytest.approx(1_000_000, abs=20)
        assert set(map(len, (head + tail).split("\n")[:-1])) == {7}

    def test_that_dribbles(self, bash: Bash) -> None:
        """What comes in pieces is one output, be a piece half a character."""
        source = r"for c in c a f '\303' '\251' '\n'; do printf $c; sleep 0.01; done"
        assert bash.run(source).output == "café\n"

    def test_goes_where_it_is_sent(self, bash: Bash) -> None:
        """`exec` moves the output of the commands after it, as in a script."""
        bash.run("exec 5>&1 >log")
        assert bash.run("echo hidden").output == ""
        bash.run("exec >&5 2>/dev/null")
        assert bash.run("cat log; ls /nowhere").output == "hidden\n"

    def test_can_be_opened_by_name(self, bash: Bash) -> None:
        """/dev/stdout and /dev/stderr can be written to, and /dev/stdin is there, empty."""
        assert (
            bash.run("echo a >/dev/stdout; echo b | tee /dev/stderr; wc -c </dev/stdin").output
            == "a\nb\nb\n0\n"
        )


class TestEnd:
    """How a command ended is what bash says, and nothing that the command writes."""

    @pytest.mark.parametrize(
        ("source", "code"),
        [
            ("true", 0),
            ("false", 1),
            ("(exit 255)", 255),
            ("nonesuch", 127),
            ("/etc", 126),
            ("sh -c 'kill -KILL $$'", 137),
            ("sleep 100 & kill %1; wait %1", 143),
            ("false | true", 0),
            ("! true", 1),
            ("for )", 2),
            ("if true; then", 2),
            ("echo 'a", 2),
            ("echo $(a", 2),
        ],
    )
    def test_exit_code(self, bash: Bash, source: str, code: int) -> None:
        """It is a terminal's: 128 + N for signal N, 127 for what is not there, 2 for a mistake of syntax."""
        assert bash.run(source, timeout=SECONDS).exit == code
        assert bash.run("echo next", timeout=SECONDS).output == "next\n"

    def test_cannot_be_forged(self, bash: Bash) -> None:
        """A command that writes what looks like an end, wherever it can write, has its own end."""
        forge = r"""
            end=$(printf '\1%s 0\2%s 0 \n' 0123456789abcdef 0123456789abcdef)
            echo "$end"; echo "$end" >&2; echo "$end" >/dev/tty
            for fd in {0..300}; do echo "$end" >&$fd; done 2>/dev/null
            sh -c 'for fd in /proc/self/fd/*; do echo "$0" >$fd; done' "$end" 2>/dev/null
            echo real end
            (exit 3)"""
        result = bash.run(forge, timeout=SECONDS)
        assert result.exit == 3
        assert result.output.endswith("real end\n")

    def test_leaks_no_descriptor(self, bash: Bash) -> None:
        """A command has three descriptors, as it would from any shell."""
        assert bash.run("ls /proc/self/fd | xargs").output == "0 1 2 3\n"
        assert bash.run("(ls /proc/self/fd | xargs) & wait").output == "0 1 2 3\n"

    def test_set_e(self, bash: Bash) -> None:
        """Under `set -e` a failure ends the shell, but not one that bash lets pass."""
        bash.run("set -e")
        assert bash.run("false && true").exit == 1
        assert bash.run("echo $? still here; ! true").output == "1 still here\n"
        assert bash.run("echo before; false; echo after").output == "before\n"
        with pytest.raises(ShellEndedError, match="`echo before; false; echo after` ended"):
            bash.run("echo more")

    @pytest.mark.parametrize(
        ("source", "code"),
        [("exit 3", 3), ("kill -KILL $$", 137), ("exec true", 0), ("exec sh -c 'echo hi; exit 5'", 5)],
    )
    def test_of_the_shell(self, bash: Bash, source: str, code: int) -> None:
        """The command that ends the shell has its exit code; the next one is told which it was."""
        assert bash.run(source, timeout=SECONDS).exit == code
        with pytest.raises(ShellEndedError, match=re.escape(source)):
            bash.run("echo more")

    def test_set_x(self, bash: Bash) -> None:
        """`set -x` shows the page's commands, not what runs them."""
        bash.run("set -x")
        assert bash.run("echo a\necho 'b\n'; false").output == "+ echo a\na\n+ echo 'b\n'\nb\n\n+ false\n"
        assert bash.run("x=$(echo b); printf '++ x\n+++ y\n'").output == (
            "++ echo b\n+ x=b\n+ printf '++ x\n+++ y\n'\n++ x\n+++ y\n"
        )
        assert bash.run("PS4='> '").output == "+ PS4='> '\n"
        assert bash.run("echo $?; echo $PS4").output == "> echo 0\n0\n> echo '>'\n>\n"
        assert bash.run("set +x").output == "> set +x\n"
        assert bash.run("echo a").output == "a\n"


SESSIONS: dict[str, list[tuple[str, str]]] = {
    "history": [
        ("echo a", "a\n"),
        ("echo 'b\nc'", "b\nc\n"),
        ("history", "    1  echo a\n    2  echo 'b\nc'\n    3  history\n"),
        ("history | wc -l", "5\n"),
        ("fc -ln -1", "         history | wc -l\n"),
        ("-x 2>/dev/null || history 1", "    6  -x 2>/dev/null || history 1\n"),
        ("history -c", ""),
        ("history", "    1  history\n"),
    ],
    "verbose": [
        ("set -v", ""),
        ("echo a\necho b", "echo a\na\necho b\nb\n"),
        ("false", "false\n"),
        ("echo $?", "echo $?\n1\n"),
        ("for )", "for )\nbash: syntax error near unexpected token `)'\n"),
        ("set +v", "set +v\n"),
        ("echo c", "c\n"),
    ],
    "verbose and traced": [
        ("set -xv", ""),
        ("echo a", "echo a\n+ echo a\na\n"),
        ("set +xv", "set +xv\n+ set +xv\n"),
        ("echo b", "b\n"),
    ],
    "DEBUG": [
        ("trap 'echo \"> $BASH_COMMAND\"' DEBUG", ""),
        ("echo a; (exit 3)", "> echo a\na\n"),
        ("echo $?", "> echo $?\n3\n"),
        ("f() { echo in; }", ""),
        ("f", "> f\nin\n"),
        ("trap -p DEBUG", "> trap -p DEBUG\ntrap -- 'echo \"> $BASH_COMMAND\"' DEBUG\n"),
        ("trap - DEBUG", "> trap - DEBUG\n"),
        ("echo b", "b\n"),
    ],
    "DEBUG that functions inherit": [
        ("set -T; trap 'echo it; echo is' DEBUG", ""),
        ("f() { :; }; f", "it\nis\n" * 3),
        ("set +T; trap - DEBUG", "it\nis\n" * 2),
        ("f", ""),
    ],
    "RETURN": [
        ("trap 'echo back' RETURN", ""),
        ("echo a", "a\n"),
        ("f() { echo in; }; declare -ft f; f", "in\nback\n"),
        ("(exit 4)", ""),
        ("echo $?; trap -p", "4\ntrap -- 'echo back' RETURN\n"),
        ("trap - RETURN; f", "in\n"),
    ],
    "ERR": [
        ("set -E; trap 'echo \"$BASH_COMMAND: $?\"' ERR", ""),
        ("true; false || true", ""),
        ("false; echo on", "false: 1\non\n"),
        ("f() { (exit 3); }; f || :; f", "( exit 3 ): 3\n" * 2),
        ("echo $?", "3\n"),
    ],
    "EXIT": [("trap 'echo bye' EXIT", ""), ("trap", "trap -- 'echo bye' EXIT\n"), ("exit 3", "bye\n")],
    "no traps": [("trap; trap -p", ""), ("trap 'echo it' INT; trap", "trap -- 'echo it' SIGINT\n")],
    "places": [
        ("caller", "0 NULL\n"),
        ("f() { caller; caller 0; }", ""),
        ("f", "3 NULL\n3 main NULL\n"),
        ("echo $LINENO [$BASH_SOURCE] ${#FUNCNAME[@]} $0 $# $BASH_SUBSHELL", "4 [] 0 bash 0 0\n"),
        ("echo [${BASH_SOURCE[@]}] [$BASH_EXECUTION_STRING$PROMPT_COMMAND]", "[] []\n"),
    ],
    "the last argument": [
        ("echo 'it is' last", "it is last\n"),
        ("echo $_", "last\n"),
        ("true 'a  b\n$c'", ""),
        ('echo "$_"; false x', "a  b\n$c\n"),
        ("echo $?$_", "1x\n"),
    ],
    "settings": [
        ("set -u; echo $nope", "bash: nope: unbound variable\n"),
        ("set +u; echo $-$nope", "himB\n"),
        ("alias; declare -F; jobs; dirs +1 2>&1", "bash: dirs: directory stack empty\n"),
        ("echo $PS4 $BASH_ARGV0", "+ bash\n"),
        (
            "env | cut -d= -f1 | sort | grep -v -e ^HOME -e USER -e TERM -e OLDPWD | xargs",
            "LANG PATH PWD SHLVL _\n",
        ),
        ("echo $SHLVL ${!:-none}; [ $$ = $BASHPID ] && echo one", "1 none\none\n"),
    ],
}
"""What is typed, and what a bash at a terminal answers."""


@pytest.mark.parametrize("session", SESSIONS)
def test_nothing_is_seen_of_what_runs_the_commands(bash: Bash, session: str) -> None:
    """A page's bash tells of the page's own commands what a reader's tells of theirs."""
    for source, output in SESSIONS[session]:
        assert bash.run(source, timeout=SECONDS).output == output, source


class TestTimeout:
    """A command that takes too long ends, with all its processes, and its page with it."""

    def test_kills_all(self, bash: Bash, mark: str) -> None:
        """Nothing of the command is left, and what it had said is in the error."""
        sleeper = f"(exec -a {mark} sleep 1000)"
        with pytest.raises(TimedOutError, match=r"`echo started; .*` did not end within 0\.5 s") as caught:
            bash.run(f"echo started; {sleeper} | {sleeper} & trap '' INT TERM; {sleeper}", timeout=0.5)
        assert caught.value.output == "started\n"
        assert alive(mark) == []
        with pytest.raises(ShellEndedError):
            bash.run("true")

    def test_holds_under_a_flood(self, bash: Bash) -> None:
        """Output without end does not put the end off, nor fill the memory."""
        with pytest.raises(TimedOutError) as caught:
            bash.run("yes", timeout=0.5)
        assert caught.value.output.startswith("y\ny\n")
        assert len(caught.value.output) < 1_001_000

    def test_of_a_stopped_shell(self, bash: Bash) -> None:
        """A shell that stopped itself is ended all the same."""
        with pytest.raises(TimedOutError):
            bash.run("kill -STOP $$", timeout=0.5)


class TestUntil:
    """`until` ends a command that does not end, after the line that matches."""

    def test_stops_the_command(self, bash: Bash, mark: str) -> None:
        """The command is gone, the rest of its output too; the shell and the jobs before it are not."""
        bash.run("x=kept; sleep 1000 &")
        result = bash.run(
            f"echo one; echo 'two now'; (exec -a {mark} sleep 1000); echo three", until=re.compile("^two")
        )
        assert (result.output, result.matched) == ("one\ntwo now\n", True)
        assert alive(mark) == []
        assert bash.run("echo $x; jobs").output == "kept\n[1]+  Running                 sleep 1000 &\n"

    @pytest.mark.parametrize(
        "source",
        [
            "while sleep 0.01; do echo $((i++)); done",
            "while :; do echo $((i++)); done",
            "while :; do seq 0 9 | cat; done",
            "count() { until false; do echo $((i++)); sleep 0.001; done; }; count",
            "for i in {0..100000}; do echo $i; (sleep 0.001); done",
            "i=0; (while :; do echo $((i++)); sleep 0.01; done)",
            "seq 0 9; cat <(sleep 100)",
            "seq 0 9; false; read -t 100 < <(sleep 100)",
            "seq 0 9; sleep 100 & wait",
            "seq 0 9; x=$(sleep 100)",
            "seq 0 9; x=$(trap '' INT; sleep 100)",
            "seq 0 9; x=$(trap '' INT TERM; sleep 100; :)",
            "seq 0 9; sleep 100 | sleep 100 | sleep 100",
            "seq 0 9; sh -c \"trap '' INT; while :; do sleep 0.1; done\"",
            "seq 0 9; sh -c \"trap '' INT TERM; while :; do sleep 0.1; done\"",
        ],
    )
    def test_stops_what_does_not_end(self, bash: Bash, source: str) -> None:
        """Loops of the shell itself end too, and what ignores Ctrl-C, and then SIGTERM."""
        result = bash.run(source, until=re.compile("^5$"), timeout=SECONDS)
        assert (result.output, result.matched) == ("0\n1\n2\n3\n4\n5\n", True)
        after = bash.run("echo next", timeout=SECONDS)
        assert (after.output, after.exit) == ("next\n", 0)

    def test_lets_a_job_live(self, bash: Bash, mark: str) -> None:
        """A job in the background is listened to after the prompt is back, and lives on."""
        result = bash.run(
            f"(sleep 0.2; echo Forwarding; echo more; exec -a {mark} sleep 1000) &", until=re.compile("Forw")
        )
        assert (result.output, result.matched) == ("Forwarding\n", True)
        assert len(started(mark, 1)) == 1
        assert bash.run("jobs -r | wc -l").output == "1\n"

    def test_tells_when_it_never_matched(self, bash: Bash) -> None:
        """A command that ends, or a job that does, without a match is an error that has its output."""
        with pytest.raises(
            UnmatchedError, match=r"`echo no; false` ended by itself \(exit code 1\)"
        ) as caught:
            bash.run("echo no; false", until=re.compile("yes"))
        assert caught.value.result.output == "no\n"
        with pytest.raises(UnmatchedError) as caught:
            bash.run("(sleep 0.1; echo no) &", until=re.compile("yes"), timeout=SECONDS)
        assert caught.value.result.output == "no\n"
        with pytest.raises(TimedOutError, match='no line of its output matched until="yes"'):
            bash.run("echo no; sleep 100", until=re.compile("yes"), timeout=0.5)

    def test_of_a_line_without_end(self, bash: Bash) -> None:
        """A line that has no end matches once nothing more comes."""
        assert bash.run("printf 'ready'", until=re.compile("ready$")).output == "ready"
        assert bash.run("printf 'ready'; sleep 100", until=re.compile("ready$"), timeout=0.5).matched

    def test_sees_what_a_person_sees(self, bash: Bash) -> None:
        """Colours do not hide a match."""
        assert bash.run(
            r"printf '\033[32mRun\033[1mning\033[0m\n'; sleep 100", until=re.compile("^Running$")
        ).matched


class TestTerminal:
    """With `tty`, a command has a terminal."""

    def test_is_there(self, bash: Bash) -> None:
        """Input, output and errors are a terminal of 80 columns and 24 lines; lines end as elsewhere."""
        source = "for i in 0 1 2; do [ -t $i ] && echo $i; done; stty size; ls -C --color / >&2; (exit 3)"
        result = bash.run(source, tty=True)
        assert result.exit == 3
        assert result.output.startswith("0\n1\n2\n24 80\nbin ")
        assert not re.search(r"[\r\x1b]", result.output)
        assert bash.run("[ -t 0 ] || [ -t 1 ] || [ -t 2 ] || echo none").output == "none\n"

    def test_keeps_state(self, bash: Bash) -> None:
        """What a command with a terminal leaves, the next one finds."""
        bash.run("x=1; cd /usr", tty=True)
        assert bash.run("echo $x $PWD").output == "1 /usr\n"

    def test_is_mended(self, bash: Bash) -> None:
        """A command that leaves the terminal raw does not spoil it for the next."""
        bash.run("stty raw -echo", tty=True)
        assert (
            bash.run("stty -a | grep -ow -e -icanon -e -opost; echo a; echo b", tty=True).output == "a\nb\n"
        )

    def test_until(self, bash: Bash) -> None:
        """It can be waited for and stopped like any other."""
        result = bash.run(r"echo one; printf '\1two\2\n'; sleep 100", tty=True, until=re.compile("two"))
        assert (result.output, result.matched) == ("one\ntwo\n", True)

    def test_of_20_000_lines(self, bash: Bash) -> None:
        """A terminal loses nothing either."""
        assert bash.run("seq 20000", tty=True).output == "".join(f"{i}\n" for i in range(1, 20001))

    def test_when_the_shell_ends(self, bash: Bash) -> None:
        """What was written before the shell ended is there."""
        result = bash.run("seq 2000; exit 4", tty=True)
        assert (result.output, result.exit) == ("".join(f"{i}\n" for i in range(1, 2001)), 4)

    def test_nobody_types(self, bash: Bash) -> None:
        """A command that waits for a key waits in vain."""
        with pytest.raises(TimedOutError, match="did not end within"):
            bash.run("read key", tty=True, timeout=0.5)


class TestClose:
    """Nothing is left of a shell that was closed."""

    def test_ends_everything(self, start: Callable[[], Bash], mark: str) -> None:
        """Jobs end, also those that nohup and setsid protect, and daemons that forked twice."""
        bash = start()
        daemon = f"exec -a {mark} sleep 1000"
        bash.run(f"({daemon}) & nohup bash -c '{daemon}' & setsid bash -c '{daemon}'")
        bash.run(f"setsid bash -c '(trap \"\" HUP TERM INT; {daemon} </dev/null >/dev/null 2>&1 &) &'")
        bash.run(f"until [ $(pgrep -cf '^{mark}') = 4 ]; do :; done", timeout=SECONDS)
        assert len(alive(mark)) == 4
        bash.close()
        assert alive(mark) == []
        bash.close()
        with pytest.raises(ShellEndedError):
            bash.run("true")

    def test_of_a_shell_that_ended(self, start: Callable[[], Bash], mark: str) -> None:
        """What a shell left when it ended by itself ends too."""
        bash = start()
        bash.run(f"setsid bash -c 'exec -a {mark} sleep 1000' & exit 3", timeout=SECONDS)
        bash.close()
        assert alive(mark) == []

    def test_from_another_thread(self, start: Callable[[], Bash], mark: str) -> None:
        """Whoever waits for a command is told that it ended, at once: Ctrl-C comes to the main thread."""
        bash = start()
        results: list[Result] = []
        waits = threading.Thread(target=lambda: results.append(bash.run(f"(exec -a {mark} sleep 1000)")))
        waits.start()
        while not alive(mark):
            assert waits.is_alive()
        bash.close()
        waits.join(SECONDS)
        assert len(results) == 1
        assert alive(mark) == []
        with pytest.raises(ShellEndedError):
            bash.run("true")

    def test_gives_all_back(self, start: Callable[[], Bash]) -> None:
        """No descriptor and no child process is left, whichever way a shell ended."""
        start().close()
        before, children = descriptors(), psutil.Process().children()
        for last in ("true", "exit 3", "kill -KILL $$"):
            bash = start()
            bash.run(f"sleep 1000 & {last}", timeout=SECONDS)
            bash.close()
        timed_out = start()
        with pytest.raises(TimedOutError):
            timed_out.run("sleep 1000", timeout=0.2)
        assert descriptors() == before
        assert psutil.Process().children() == children


PREUVE = """
import re, sys
from preuve.cluster.box import Box
from preuve.play.bash import Bash

[mark] = sys.argv[1:]
box = Box(uid=70_000)
with Bash(box.environment(), box.argv()) as bash:
    bash.run(f"nohup setsid bash -c 'exec -a {mark} sleep 1000' >/dev/null 2>&1 &")
    bash.run("echo ready; sleep 1000", until=re.compile("ready"), timeout=20)
    print(bash.run("trap -p HUP; echo ready").output, flush=True)
    bash.run(f"exec -a {mark} sleep 1000", timeout=1000)
"""


@pytest.fixture
def preuve(mark: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs a command that does not end, and was started with signals ignored, as by nohup."""
    ignoring = ["sh", "-c", "trap '' HUP QUIT; exec \"$@\"", "sh"]
    argv = [*ignoring, sys.executable, "-c", PREUVE, mark]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            assert len(started(mark, 2)) == 2
            yield process
        finally:
            process.kill()


class TestPreuveEnds:
    """Nothing is left of a shell when preuve ends, in whatever way."""

    def test_killed(self, preuve: subprocess.Popen[str], mark: str) -> None:
        """Killed outright, preuve cannot do a thing; the kernel does."""
        running = alive(mark)
        preuve.kill()
        assert all(map(ends, running))

    def test_interrupted(self, preuve: subprocess.Popen[str], mark: str) -> None:
        """Ctrl-C stops the wait for a command, and the shell is closed on the way out."""
        preuve.send_signal(signal.SIGINT)
        _, errors = preuve.communicate(timeout=SECONDS)
        assert "KeyboardInterrupt" in errors
        assert alive(mark) == []


class TestStart:
    """A shell starts from nothing but what it is given."""

    def test_environment(self, monkeypatch: pytest.MonkeyPatch, box: Box) -> None:
        """Commands see the environment that was given, and none of ours."""
        monkeypatch.setenv("CANARY", "sings")
        with Bash(ENV | {"GIVEN": "yes"}, box.argv()) as bash:
            names = bash.run("env | cut -d= -f1 | sort | xargs; pwd").output
            assert names == f"GIVEN LANG OLDPWD PATH PWD SHLVL _\n{box.directory}\n"

    def test_reads_no_start_up_file(self, tmp_path: Path) -> None:
        """What stands in a home, or is named by BASH_ENV and ENV, is not read."""
        (tmp_path / ".bashrc").write_text("echo rc; x=rc")
        env = ENV | {"HOME": "/start", "BASH_ENV": "/start/.bashrc", "ENV": "/start/.bashrc"}
        with Bash(env, Box(shown={"/start/.bashrc": tmp_path / ".bashrc"}).argv()) as bash:
            assert bash.run("cat ~/.bashrc; echo; echo ${x-none}").output == "echo rc; x=rc\nnone\n"

    def test_that_fails_says_why(self) -> None:
        """What stands above bash says why it does not start, and nothing is left open."""
        before = descriptors()
        with pytest.raises(ClusterError, match="does not start: out of order"):
            Bash(ENV, ["sh", "-c", "echo out of order; exit 1"])
        with pytest.raises(FileNotFoundError, match="nonesuch"):
            Bash(ENV, ["nonesuch"])
        assert descriptors() == before

    def test_in_a_thread_that_ends(self, start: Callable[[], Bash]) -> None:
        """A shell belongs to the process: the thread that started it may end."""
        shells: list[Bash] = []
        starter = threading.Thread(target=lambda: shells.append(start()))
        starter.start()
        starter.join()
        assert shells[0].run("echo on").output == "on\n"

    def test_many_at_once(self, start: Callable[[], Bash]) -> None:
        """Shells do not mix."""
        shells = [start() for _ in range(8)]
        outputs: dict[int, str] = {}

        def work(number: int, bash: Bash) -> None:
            bash.run(f"n={number}")
            outputs[number] = bash.run("for i in {1..200}; do echo $n; done").output

        threads = [threading.Thread(target=work, args=pair) for pair in enumerate(shells)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outputs == {number: f"{number}\n" * 200 for number in range(8)}
