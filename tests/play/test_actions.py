"""Playing: page order, the first surprise, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from preuve.errors import ClusterError, CommandError, Where
from preuve.page.plan import Command, plan
from preuve.play.actions import attempt, play
from preuve.play.shell import Result, ShellEndedError, TimedOutError, UnmatchedError
from preuve.rest.pod import KILLED

if TYPE_CHECKING:
    from collections.abc import Collection

    from preuve.page.plan import Diagram


@dataclass
class FakeRunner:
    """A runner where everything answers at once, and what is done is written down."""

    answers: dict[str, Result | Exception] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    since: list[list[str]] = field(default_factory=list)
    lasts: bool = True

    def run(self, command: Command) -> Result:
        self.done.append(command.source)
        answer = self.answers.get(command.source, Result("", 0, 0.1))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def settle(self, seconds: float, since: Collection[str]) -> bool:
        self.done.append(f"settle {seconds:g}")
        self.since.append(list(since))
        return self.lasts

    def draw(self, diagram: Diagram) -> str:
        self.done.append(f"draw {diagram.source}")
        return "flowchart TB\n"

    def diagnose(self) -> str:
        return "Events:\n  BackOff of secret"

    def publish(self, output: str) -> str:
        return output.replace("secret", "••••••")


@dataclass
class Ending(FakeRunner):
    """A runner whose shell `exit` ends, and that never comes to rest."""

    ended: bool = False

    def run(self, command: Command) -> Result:
        if self.ended:
            raise ShellEndedError("no shell")
        self.ended = command.source == "exit"
        return super().run(command)

    def settle(self, seconds: float, since: Collection[str]) -> bool:
        super().settle(seconds, since)
        raise CommandError("pod/web still moves")

    def renew(self) -> None:
        self.ended = False


def test_an_attempt_goes_on_whatever_comes() -> None:
    """Of a failure, a command that hangs, a shell that ends, a namespace that never rests: it waits once."""
    late = TimedOutError("too late", "half of it\n")
    runner = Ending({READ: Result("a secret\n", 1, 0.1), "sleep 99": late})
    sources = ("exit", CHANGE, READ, READ, "sleep 99", "date")
    asked = [Command(source, Where("p.md", 1)) for source in sources]
    found = [(each.output, each.exit) for each in attempt(asked, runner)]
    assert found == [
        ("", 0),
        ("", 0),
        ("a ••••••\n", 1),
        ("a ••••••\n", 1),
        ("half of it\n", KILLED),
        ("", 0),
    ]
    assert runner.done == ["exit", CHANGE, "settle 60", READ, READ, "sleep 99", "date"]


def played(page: str, runner: FakeRunner) -> list[str]:
    """The outputs of a page played on `runner`."""
    return [exchange.output for exchange in play(plan("p.md", page, []).actions(), runner)]


CHANGE = "kubectl create deployment web --image=nginx"
READ = "kubectl get pods"


def test_a_reading_command_waits_until_what_changed_is_at_rest() -> None:
    """Before a command that asks, after one that changed something, within the fence's own limit."""
    runner = FakeRunner()
    played(
        f"```console\n$ {READ}\n$ {CHANGE}\n$ {CHANGE} 2\n$ {READ}\n$ {READ}\n```\n"
        f"```console\n$ {CHANGE}\n```\n\n```{{ .console timeout=5s }}\n$ {READ}\n```\n",
        runner,
    )
    assert runner.done == [READ, CHANGE, f"{CHANGE} 2", "settle 60", READ, READ, CHANGE, "settle 5", READ]


@pytest.mark.parametrize(
    ("waiting", "seconds", "rests"),
    [("kubectl wait pod/web --for=delete", 4.0, 2), ("sleep 4", 4.0, 2), ("kubectl wait pod/web", 0.1, 1)],
)
def test_what_a_command_has_waited_for_comes_to_rest_before_the_next_look(
    waiting: str, seconds: float, rests: int
) -> None:
    """A container that was seen restarted has yet to start; what waited for nothing has seen nothing."""
    runner = FakeRunner({waiting: Result("", 0, seconds)})
    played(f"```console\n$ {CHANGE}\n$ {READ}\n$ {waiting}\n$ {READ}\n$ {READ}\n```\n", runner)
    assert runner.done.count("settle 60") == rests
    assert runner.done[-2:] == [READ, READ]


def test_what_is_deleted_was_there() -> None:
    """It has come to be first, as at a reader's; what goes, or was shown in motion, is not waited for."""
    runner = FakeRunner()
    delete, dry = "kubectl delete pvc hold --wait=false", "kubectl apply -f x.yaml --dry-run=client"
    first = [CHANGE, dry, delete, f"{delete} 2", READ, f"{delete} 3", f"{CHANGE} 2"]
    played(
        "```console\n$ {}\n```\n```{{ .console settle=no }}\n$ {}\n```\n\n```console\n$ {}\n```\n".format(
            "\n$ ".join(first), READ, f"{delete} 4"
        ),
        runner,
    )
    assert [each for each in runner.done if each != dry] == [
        *(CHANGE, "settle 60", delete, f"{delete} 2"),
        *("settle 60", READ, f"{delete} 3", f"{CHANGE} 2", READ, f"{delete} 4"),
    ]


def test_what_is_made_by_who_deletes_too_is_waited_for() -> None:
    """In one command the old goes and the new comes."""
    runner, delete = FakeRunner(), "kubectl delete pvc hold --wait=false"
    anew = "kubectl delete pod web && kubectl apply -f web.yaml"
    list(play(plan("p.md", f"```console\n$ {anew}\n$ {delete}\n```\n", []).actions(), runner))
    assert runner.done == [anew, "settle 60", delete]


def test_what_never_comes_to_rest_can_be_deleted() -> None:
    """Once, after the time that its page gives it: nobody has looked at it."""
    runner = Ending()
    delete = "kubectl delete deployment web"
    played(f"```{{ .console timeout=5s }}\n$ {CHANGE}\n$ {delete}\n$ {delete} 2\n```\n", runner)
    assert runner.done == [CHANGE, "settle 5", delete, f"{delete} 2"]
    with pytest.raises(CommandError, match="still moves"):
        played(f"```console\n$ {CHANGE}\n$ {READ}\n```\n", Ending())


def test_a_rest_that_does_not_last_is_waited_for_again() -> None:
    """Before each command that asks; what was changed meanwhile is told, and only once."""
    runner = FakeRunner(lasts=False)
    played(f"```console\n$ {CHANGE}\n$ {READ}\n$ {READ}\n$ {CHANGE} 2\n$ {READ}\n```\n", runner)
    assert runner.since == [[CHANGE], [], [f"{CHANGE} 2"]]


def test_what_is_added_to_a_page_waits_for_what_it_had_changed() -> None:
    """A page that goes on where it stopped reads no earlier than one that is played as a whole."""
    runner = FakeRunner()
    first, second = plan("p.md", f"```console\n$ {CHANGE}\n$ {READ}\n```\n", []).actions()
    list(play([second], runner, [first]))
    assert runner.done == ["settle 60", READ]


def test_what_is_added_to_a_page_deletes_what_it_has_shown_in_motion() -> None:
    """As it does when the page is played as a whole: it may never come to rest."""
    runner, delete = FakeRunner(), "kubectl delete deployment web"
    page = f"```console\n$ {CHANGE}\n```\n```{{ .console settle=no }}\n$ {READ}\n```\n"
    *before, last = plan("p.md", f"{page}```console\n$ {CHANGE} 2\n$ {delete}\n```\n", []).actions()
    list(play([last], runner, before))
    assert runner.done == [delete]


def test_what_is_added_to_a_page_deletes_what_it_has_made_once_it_is_there() -> None:
    """As when the page is played as a whole."""
    runner, delete = FakeRunner(), "kubectl delete deployment web"
    page = f"```console\n$ {READ}\n$ {CHANGE}\n$ {delete}\n```\n"
    *before, last = plan("p.md", page, []).actions()
    list(play([last], runner, before))
    assert runner.done == ["settle 60", delete]


def test_settle_no_shows_the_state_in_motion() -> None:
    """The fence does not wait; the next one that asks still does."""
    runner = FakeRunner()
    page = f"```console\n$ {CHANGE}\n```\n\n```{{ .console settle=no }}\n$ {READ}\n```\n"
    assert played(page + "\n```cluster\npods\n```\n", runner) == ["", "", "flowchart TB\n"]
    assert runner.done == [CHANGE, READ, "settle 60", "draw pods"]


@pytest.mark.parametrize(
    ("header", "answer", "said"),
    [
        (
            "console",
            Result("Error: x\n", 1, 0.1),
            "exit code 1 (if the lesson wants this failure, write exit=1",
        ),
        ("{ .console exit=1 }", Result("fine\n", 0, 0.1), "succeeded, but the page wants exit code 1"),
        ("{ .console exit=1 }", Result("", 127, 0.1), "exit code 127, but the page wants 1"),
    ],
)
def test_a_surprise_stops_the_page_and_explains(header: str, answer: Result, said: str) -> None:
    """The place, the command, both codes, the output, and what a person would look at next."""
    runner = FakeRunner({READ: answer})
    with pytest.raises(CommandError) as surprise:
        played(f"# T\n\n```{header}\n$ {READ}\n$ never\n```\n", runner)
    text = str(surprise.value)
    assert text.startswith(f"p.md:4: {said}")
    assert f"    $ {READ}\n" in text
    assert all(f"    {line}" in text for line in answer.output.splitlines())
    assert text.endswith("Events:\n  BackOff of ••••••")
    assert runner.done == [READ]


def test_a_surprise_with_a_long_output_tells_its_end() -> None:
    """What went wrong mostly stands there."""
    long = Result("".join(f"line {n}\n" for n in range(1000)), 1, 0.1)
    with pytest.raises(CommandError) as surprise:
        played(f"```console\n$ {READ}\n```\n", FakeRunner({READ: long}))
    lines = [line.strip() for line in str(surprise.value).splitlines()]
    assert lines[1:4] == [f"$ {READ}", "… 980 lines", "line 980"]
    assert "line 999" in lines


def test_what_a_page_s_namespace_forbids_is_told_with_what_it_allows() -> None:
    """Of that refusal alone."""
    allowed = "a page's namespace allows what the level baseline does"
    for why, told in (('violates PodSecurity "baseline:latest"', True), ("exceeded quota", False)):
        with pytest.raises(CommandError) as surprise:
            played(f"```console\n$ {READ}\n```\n", FakeRunner({READ: Result(f"Error: {why}\n", 1, 0.1)}))
        assert (allowed in str(surprise.value)) is told


def test_a_wanted_failure_goes_on() -> None:
    """The exit code that the lesson wants is no surprise."""
    runner = FakeRunner({READ: Result("Error\n", 1, 0.1)})
    assert played(f"```{{ .console exit=1 }}\n$ {READ}\n```\n", runner) == ["Error\n"]


def test_a_command_that_was_stopped_is_not_judged_by_its_exit_code() -> None:
    """`until` stops a command by a signal: its code means nothing."""
    runner = FakeRunner({READ: Result("x\n", 130, 0.1, matched=True)})
    assert played(f"```{{ .console until=x }}\n$ {READ}\n```\n", runner) == ["x\n"]


def test_what_is_stored_and_said_has_no_secret() -> None:
    """Outputs are masked before they leave, in a transcript as in a message."""
    assert played(f"```console\n$ {READ}\n```\n", FakeRunner({READ: Result("secret\n", 0, 0.1)})) == [
        "••••••\n"
    ]
    with pytest.raises(CommandError) as surprise:
        played(f"```console\n$ {READ}\n```\n", FakeRunner({READ: Result("secret\n", 1, 0.1)}))
    assert "secret" not in str(surprise.value)


def test_an_error_of_the_shell_is_told_at_the_command() -> None:
    """A timeout knows no page; the page's line and the diagnosis are added to it."""
    with pytest.raises(CommandError, match=r"p\.md:2: too slow\n(?s:.*)BackOff"):
        played(f"```console\n$ {READ}\n```\n", FakeRunner({READ: CommandError("too slow")}))


@pytest.mark.parametrize(
    "error",
    [
        TimedOutError("too slow", "half a secret\n"),
        UnmatchedError("no match", Result("half a secret\n", 0, 0.1)),
    ],
)
def test_what_a_stopped_command_had_printed_is_told(error: CommandError) -> None:
    """A timeout and an `until` that never matched have a place and an output too, secrets masked."""
    with pytest.raises(type(error)) as surprise:
        played(f"```console\n$ {READ}\n```\n", FakeRunner({READ: error}))
    assert str(surprise.value).startswith(f"p.md:2: {error.args[0]}\n")
    assert f"    $ {READ}\n    half a ••••••\n" in str(surprise.value)


def test_a_lost_cluster_stays_what_it_is() -> None:
    """It is not the page's fault: no diagnosis is asked of a cluster that is gone."""
    with pytest.raises(ClusterError) as lost:
        played(f"```console\n$ {READ}\n```\n", FakeRunner({READ: ClusterError("gone")}))
    assert "Events" not in str(lost.value)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Result("said secret\n", 3, 0.1), 3),
        (TimedOutError("too late", "said secret\n"), None),
        (UnmatchedError("no match", Result("said secret\n", 0, 0.1)), 0),
    ],
)
def test_what_a_command_answered_that_failed_is_given_too(
    answer: Result | Exception, code: int | None
) -> None:
    """Secrets masked, for it will be shown; the error says how the command ended."""
    exchanges = play(
        plan("p.md", "```console\n$ one\n$ two\n```\n", []).actions(), FakeRunner({"two": answer})
    )
    assert next(exchanges).source == "one"
    failed = next(exchanges)
    assert (failed.source, failed.output, failed.exit) == (
        "two",
        "said ••••••\n",
        137 if code is None else code,
    )
    with pytest.raises(CommandError) as caught:
        next(exchanges)
    assert (caught.value.ran, caught.value.exit) == (True, code)


def test_a_command_that_was_not_begun_has_no_answer() -> None:
    """The shell was gone."""
    runner = FakeRunner({"one": ShellEndedError("no shell")})
    exchanges = play(plan("p.md", "```console\n$ one\n```\n", []).actions(), runner)
    with pytest.raises(CommandError) as caught:
        next(exchanges)
    assert not caught.value.ran
