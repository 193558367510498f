"""The command line as a stranger meets it: each command is a real process, in a project of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import click
import psutil
import pytest

from folder import Folder
from preuve.cli import main
from preuve.cluster.api import Api, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Terminal
    from preuve.cluster.embedded.cluster import EmbeddedCluster

SECONDS = 120.0
"""Bound of a wait for a page that is played: the Pods of a loaded machine take their time."""

PREUVE = (sys.executable, "-m", "preuve.cli")

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: web, image: "nginx:1.26"}
"""
PAGE = """\
# Pods

```yaml
--8<-- "pod.yaml"
```

```console
$ kubectl get pods
```
"""


@dataclass(frozen=True, slots=True)
class Place(Folder):
    """A project in a temporary folder, with a page of prose and one to play."""

    def run(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run `preuve` there, its output no terminal."""
        return subprocess.run(
            [*PREUVE, *args],
            cwd=self.root,
            env=os.environ | env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: strange\nmarkdown_extensions:\n- pymdownx.snippets: {base_path: [includes]}\n"
    )
    (tmp_path / "includes").mkdir()
    (tmp_path / "includes" / "pod.yaml").write_text(POD)
    one = Place(tmp_path)
    one.write("index.md", "# Prose\n")
    one.write("pods/index.md", PAGE)
    return one


@pytest.mark.parametrize(
    ("stated", "told"),
    [("recipes: mine.toml", "there is no file mine.toml"), ("kubernetes: '9.9'", "'9.9': write '1.37'")],
)
def test_a_cluster_is_started_as_the_project_states_it(place: Place, stated: str, told: str) -> None:
    """Else the project's own pages would refuse it."""
    with (place.root / "mkdocs.yml").open("a") as settings:
        settings.write(f"extra: {{preuve: {{{stated}}}}}\n")
    answer = place.run("cluster", "up")
    assert answer.returncode == 2
    assert told in answer.stderr


def leaves(command: click.Command, *names: str) -> Iterator[tuple[str, ...]]:
    """Every command that does something, by its words."""
    if not isinstance(command, click.Group):
        yield names
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found
        yield from leaves(found, *names, name)


LEAVES = list(leaves(main))


def test_these_are_the_commands() -> None:
    """Those of design.md, section 7."""
    promised = "status play check render script shell cluster-up cluster-down cluster-status cluster-build"
    assert {*promised.split(), "cluster-kubectl"} <= {"-".join(words) for words in LEAVES}


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_help_has_an_example(words: tuple[str, ...]) -> None:
    """Of that very command, in plain text."""
    told = subprocess.run([*PREUVE, *words, "--help"], capture_output=True, text=True, check=True)
    assert f"Example: preuve {' '.join(words)}" in " ".join(told.stdout.split())
    assert "\x1b" not in told.stdout


@pytest.mark.parametrize("words", [(), ("cluster",), ("cluster", "node")], ids=" ".join)
def test_no_summary_of_a_command_is_cut(words: tuple[str, ...]) -> None:
    """On 80 columns, as it comes in a page, the list of commands says what each does, to the end."""
    told = subprocess.run([*PREUVE, *words, "--help"], capture_output=True, text=True, check=True)
    assert "..." not in told.stdout.partition("Commands:")[2]


def test_the_installed_command_is_this_one() -> None:
    """`preuve` is on the path once the package is installed, and tells its version."""
    [entry] = metadata.entry_points(group="console_scripts", name="preuve")
    assert entry.load() is main
    told = subprocess.run([*PREUVE, "--version"], capture_output=True, text=True, check=True)
    assert metadata.version("preuve") in told.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["statsu"], "Did you mean 'status'?"),
        (["cluster", "statsu"], "Did you mean 'status'?"),
        (["status", "--jsn"], "Did you mean '--json'?"),
        (["status", "pods/indx.md"], "unknown page 'pods/indx.md': did you mean 'pods/index.md'?"),
        (["script", "pods/indx.md"], "did you mean 'pods/index.md'?"),
        (["shell", "pods/indx.md:4"], "unknown page 'pods/indx.md': did you mean 'pods/index.md'?"),
        (["shell", "pods/index.md:99"], "pods/index.md has no line 99: its commands are at lines 4, 8"),
        (["shell", "pods/index.md:0"], "has no line 0"),
        (["shell", "pods/index.md:8"], "standard input and output are no terminal"),
        (["play", "-j", "0"], "'-j' / '--jobs': 0 is not in the range"),
        (["check", "--shard", "5/4"], "'5/4': write I/N with 1 ≤ I ≤ N"),
        (["check", "--shard", "half"], "'half': write I/N"),
        (["check", "--junit", "nowhere/report.xml"], "there is no folder nowhere"),
        (["render"], "Missing argument 'FOLDER'"),
        (["render", "docs"], "docs would be emptied, and "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_of_usage_says_what_was_meant(place: Place, args: list[str], said: str) -> None:
    """Exit code 2, nothing on standard output, no traceback; before anything is played."""
    place.feign("one\n", "pods/index.md")
    told = place.run(*args)
    assert (told.returncode, told.stdout) == (2, "")
    assert said in " ".join(told.stderr.split())
    assert "Traceback" not in told.stderr


def test_a_script_can_ask_whether_a_cluster_runs(tmp_path: Path) -> None:
    """By the exit code alone; one that runs is `test_the_command_line_of_a_running_cluster`'s."""
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    asked = (*PREUVE, "cluster", "status")
    told = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (1, "no cluster is running\n", "")
    helped = subprocess.run((*asked, "--help"), capture_output=True, text=True, check=True)
    assert "Exit code 0 if it does, else 1" in helped.stdout


def test_outside_of_a_project(tmp_path: Path) -> None:
    """It says what is missing, from whichever command."""
    for args in (["status"], ["play"], ["check"], ["render", "x"], ["script", "a.md"], ["shell", "a.md"]):
        told = Place(tmp_path).run(*args)
        assert told.returncode == 2
        assert told.stderr.startswith("preuve: no mkdocs.yml in ")


def test_a_page_that_is_wrong_is_told_by_every_command(place: Place) -> None:
    """Exit code 1, at its line, with the nearest option."""
    place.write("pods/index.md", "```{ .console exti=1 }\n$ a\n```\n")
    for args in (["status"], ["play"], ["check"], ["render", "x"], ["script", "pods/index.md"]):
        told = place.run(*args)
        assert told.returncode == 1
        assert told.stderr.startswith("pods/index.md:1: unknown option 'exti'")
        assert "did you mean 'exit'?" in told.stderr


def test_several_pages_that_are_wrong_are_told_each_at_its_line(place: Place) -> None:
    """An editor finds its way from the first of them too."""
    place.write("a.md", "```{ .console exti=1 }\n$ a\n```\n")
    place.write("b.md", "```{ .console exti=1 }\n$ a\n```\n")
    told = place.run("status").stderr.splitlines()
    assert [line.partition(": ")[0] for line in told] == ["a.md:1", "b.md:1"]


@pytest.mark.parametrize(
    ("config", "begins", "said"),
    [
        (b"site_name: caf\xe9\n", "preuve: ", "is not UTF-8 at byte 14"),
        (b"site_name: x\ndocs_dir: nope\n", "mkdocs.yml:2: ", "mend docs_dir"),
        (b"docs_dir: [a]\n", "mkdocs.yml:1: ", "docs_dir: ['a']: write a folder"),
        (b"a: b\nINHERIT: [a]\n", "mkdocs.yml:2: ", "INHERIT: ['a']: write a file"),
    ],
)
def test_a_configuration_that_cannot_be_is_told(place: Place, config: bytes, begins: str, said: str) -> None:
    """In one message; without pages nothing is proved, so that a check of none does not pass."""
    (place.root / "mkdocs.yml").write_bytes(config)
    told = place.run("check")
    assert told.returncode == 2
    assert told.stderr.startswith(begins)
    assert said in told.stderr
    assert "Traceback" not in told.stderr


def test_a_configuration_that_is_no_file_is_told_by_its_name(place: Place) -> None:
    (place.root / "mkdocs.yml").unlink()
    (place.root / "mkdocs.yml").mkdir()
    assert place.run("status").stderr == "preuve: mkdocs.yml cannot be read: it is no file\n"


def test_a_command_to_type_holds_a_page_whose_name_has_a_space(place: Place) -> None:
    place.write("a b.md", "```console\n$ ls\n```\n")
    assert "`preuve play 'a b.md'`" in place.run("status", "a b.md").stderr
    assert "`preuve play 'a b.md'`" in place.run("render", "x", PREUVE_MODE="replay").stderr


def test_a_transcript_that_somebody_edited_is_told_from_a_page_that_changed(place: Place) -> None:
    """The author would look for an edit of the page, and there is none."""
    place.feign("web\n")
    path = place.root / "transcripts" / "pods" / "index.txt"
    path.write_text(path.read_text().replace("web", "db"))
    told = place.run("status")
    assert "damaged" in told.stdout
    assert told.stderr.startswith("transcripts/pods/index.txt:")
    place.feign("web\n")
    assert place.run("status").stderr == ""


def test_what_is_no_page_that_can_be_read(place: Place) -> None:
    """A folder that is named like a page is none; a link that leads nowhere is told at its name."""
    (place.root / "docs" / "folder.md").mkdir()
    assert "cannot be read" not in place.run("status").stderr
    (place.root / "docs" / "link.md").symlink_to("nowhere")
    told = place.run("status")
    assert told.returncode == 1
    assert told.stderr.startswith("link.md:1: this page cannot be read: No such file")


def test_of_many_pages_the_nearest_is_told_alone(place: Place) -> None:
    """Where it is not lost among all the others."""
    for number in range(20):
        place.write(f"page-{number}.md", "# A page\n")
    told = place.run("status", "page-18md", "page-19md").stderr
    assert told == "".join(
        f"preuve: unknown page 'page-{number}md': did you mean 'page-{number}.md'?\n" for number in (18, 19)
    )
    assert "page-3.md" in place.run("status", "nothing-like-it.md").stderr


class TestStatus:
    """`preuve status`."""

    def test_for_a_person(self, place: Place) -> None:
        """One line a page, in plain text where it is no terminal; from any folder of the project."""
        place.feign("one\n", "pods/index.md")
        header, prose, pods = place.run("status").stdout.splitlines()
        assert header.split() == ["Page", "Commands", "Manifests", "State", "Version", "Played", "Seconds"]
        assert prose.split() == ["index.md", "0", "0", "prose"]
        assert pods.split()[:5] == ["pods/index.md", "2", "1", "current", "v1.37.2"]
        told = Place(place.root / "docs" / "pods").run("status", "index.md", "pods/index.md")
        assert told.stdout.splitlines()[1:] == [prose, pods]

    def test_for_a_program(self, place: Place) -> None:
        """JSON, with what a page's state is after each change."""

        def state() -> object:
            [one] = json.loads(place.run("status", "--json", "pods/index.md").stdout)
            assert (one["page"], one["commands"], one["manifests"]) == ("pods/index.md", 2, 1)
            return one["state"]

        assert state() == "never played"
        place.feign("one\n", "pods/index.md")
        assert state() == "current"
        (place.root / "includes" / "pod.yaml").write_text(POD.replace("1.26", "1.27"))
        assert state() == "stale"


class TestScript:
    """`preuve script`."""

    def test_is_what_is_played(self, place: Place) -> None:
        """Bash reads it; the manifest that the page includes is applied in it."""
        text = place.run("script", "pods/index.md").stdout
        read = subprocess.run(["bash", "-n"], input=text, text=True, check=False, capture_output=True)
        assert read.returncode == 0, read.stderr
        commands = text.partition("\n}\n")[2]  # beneath the function that waits
        assert [line for line in commands.splitlines() if line and not line.startswith("#")] == [
            "kubectl apply -f pod.yaml",
            "rest 60",
            "kubectl get pods",
        ]


class TestRender:
    """`preuve render`."""

    def test_writes_a_docs_folder(self, place: Place) -> None:
        """With outputs in it, and again over what it wrote."""
        place.feign("NAME   READY\nweb    1/1\n", "pods/index.md")
        for _ in range(2):
            told = place.run("render", "out", PREUVE_MODE="replay")
            assert told.returncode == 0, told.stderr
            assert told.stdout.endswith(" files written to out\n")
        assert "web    1/1" in (place.root / "out" / "pods" / "index.md").read_text()
        assert (place.root / "out" / "manifests" / "pod.yaml").read_text() == POD

    def test_a_page_that_was_never_played(self, place: Place) -> None:
        """A replay says so, and writes nothing."""
        told = place.run("render", "out", PREUVE_MODE="replay")
        assert told.returncode == 1
        assert told.stderr.startswith("pods/index.md:1: this page was never played")
        assert not (place.root / "out").exists()

    def test_a_folder_that_cannot_be_written(self, place: Place) -> None:
        """The machine's fault, in one line."""
        place.feign("one\n", "pods/index.md")
        told = place.run("render", "/proc/out", PREUVE_MODE="replay")
        assert told.returncode == 2
        assert told.stderr.count("\n") == 1
        assert "/proc/out" in told.stderr


def test_a_share_is_a_part(place: Place) -> None:
    """All shares together are all pages, each once; here of prose, for which no cluster is needed."""
    (place.root / "docs" / "pods" / "index.md").unlink()
    place.write("more.md", "# More\n")
    shares = [place.run("check", "--shard", f"{share}/2") for share in (1, 2)]
    assert [one.stdout for one in shares] == ["1 page still tells the truth\n"] * 2
    told = place.run("check", "--junit", "report.xml")
    assert (told.returncode, told.stdout) == (0, "2 pages still tell the truth\n")
    suite = ET.fromstring((place.root / "report.xml").read_text())  # noqa: S314 - we wrote it
    assert suite.attrib["tests"] == "0"  # prose is no test case


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)  # two things of two worlds: nobody tells of both


def is_there(api: Api, namespace: str) -> bool:
    """Whether a namespace is there, and is to stay."""
    try:
        return "deletionTimestamp" not in api.get(f"/api/v1/namespaces/{namespace}")["metadata"]
    except RefusedError:
        return False


def runs(name: str) -> bool:
    """Whether a program does that calls itself so."""
    return any(name == (one.info["cmdline"] or [""])[0] for one in psutil.process_iter(["cmdline"]))


@pytest.fixture
def api(cluster: EmbeddedCluster) -> Iterator[Api]:
    with Api(cluster.kubeconfig, cluster.network) as api:
        yield api


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
class TestOnACluster:
    """What plays."""

    def test_play_and_check(self, place: Place) -> None:
        """A page is played, stays what it was, and is found out when it no longer is."""
        told = place.run("play")
        assert told.returncode == 0, told.stderr
        assert told.stdout == "transcripts/pods/index.txt changed\n2 pages, 1 transcript changed\n"
        assert "\x1b" not in told.stdout + told.stderr
        before = (place.root / "transcripts" / "pods" / "index.txt").read_bytes()
        assert place.run("play", "pods/index.md").stdout == "1 page, 0 transcripts changed\n"
        assert (place.root / "transcripts" / "pods" / "index.txt").read_bytes() == before
        assert place.run("check").stdout == "2 pages still tell the truth\n"

    def test_an_edited_value_is_shown(self, place: Place) -> None:
        """However much it reads like chance: nothing of the old one is left, and then all is as it was."""
        manifest, page = LITERALS

        def edited(values: dict[str, str]) -> None:
            (place.root / "includes" / "pod.yaml").write_text(manifest.format(**values))
            place.write("pods/index.md", page.format(**values))

        named = ("ip", "port", "day", "name", "age")
        old = ("10.96.77.7", "30077", "2026-11-28", "web-5fc9f4bf66-86zl7", "5m30s")
        new = ("10.96.77.8", "30078", "2027-01-02", "web-5fc9f4bf66-dr2ht", "9m10s")
        edited(dict(zip(named, old, strict=True)))
        told = place.run("play")
        assert told.returncode == 0, told.stderr
        edited(dict(zip(named, new, strict=True)))
        assert "1 transcript changed" in place.run("play").stdout
        transcript = (place.root / "transcripts" / "pods" / "index.txt").read_text()
        assert [value for value in new if value not in transcript] == []
        assert [value for value in old if value in transcript] == []
        assert "0 transcripts changed" in place.run("play").stdout
        assert place.run("check").returncode == 0

    def test_drift(self, place: Place) -> None:
        """Exit code 1, a diff at the page's line, and a report for CI; the transcript stays."""
        place.write("pods/index.md", "# T\n\n```console\n$ echo still; echo $RANDOM$RANDOM\n```\n")
        assert place.run("play").returncode == 0
        before = (place.root / "transcripts" / "pods" / "index.txt").read_bytes()
        told = place.run("check", "--junit", "report.xml")
        assert told.returncode == 1
        assert told.stderr.splitlines()[-4:-2] == ["    $ echo still; echo $RANDOM$RANDOM", "  still"]
        assert "pods/index.md:4: the cluster no longer answers what this page shows" in told.stderr
        suite = ET.fromstring((place.root / "report.xml").read_text())  # noqa: S314 - we wrote it
        assert suite.attrib["failures"] == "1"
        assert (place.root / "transcripts" / "pods" / "index.txt").read_bytes() == before

    def test_a_page_that_fails_does_not_stop_the_others(self, place: Place) -> None:
        """Its line, its command, both codes; the other page has its transcript."""
        place.write("broken.md", "# T\n\n```console\n$ echo said; exit 3\n$ never\n```\n")
        told = place.run("play")
        assert told.returncode == 1
        assert "broken.md:4: exit code 3 (if the lesson wants this failure, write exit=3" in told.stderr
        assert "    said\n" in told.stderr
        assert (place.root / "transcripts" / "pods" / "index.txt").exists()
        assert not (place.root / "transcripts" / "broken.txt").exists()

    def test_the_cluster_s_status(self, place: Place, cluster: EmbeddedCluster) -> None:
        """For a program, and plain for a person."""
        told = json.loads(place.run("cluster", "status", "--json").stdout)
        assert told["running"] is True
        assert (told["pid"], told["nodes"]) == (cluster.pid, list(cluster.nodes))
        assert cluster.version in place.run("cluster", "status").stdout

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_told_to_end(self, place: Place, api: Api, number: signal.Signals) -> None:
        """On SIGTERM and Ctrl-C the namespace and its processes go before preuve; no page failed."""
        place.write("pods/index.md", "# T\n\n```console\n$ exec -a told-to-end sleep 1000\n```\n")
        with subprocess.Popen([*PREUVE, "play"], cwd=place.root, stderr=subprocess.PIPE, text=True) as player:
            wait_for(lambda: is_there(api, "pods") and runs("told-to-end"))
            player.send_signal(number)
            _, errors = player.communicate(timeout=SECONDS)
        assert (player.returncode, "Traceback" in errors) == (128 + number, False)
        assert re.search(r"pods/index\.md +[\d.]+ s +broken off", errors)
        assert ("preuve: interrupted" in errors) == (number == signal.SIGINT)
        assert not runs("told-to-end")
        assert not is_there(api, "pods")


LITERALS = (
    """\
apiVersion: v1
kind: Service
metadata: {{name: fixed}}
spec:
  type: NodePort
  clusterIP: {ip}
  ports: [{{port: 80, nodePort: {port}}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: fixed}}
data: {{day: "{day}", pod: {name}}}
""",
    """\
# Fixed

```yaml
--8<-- "pod.yaml"
```

```console
$ kubectl get service fixed
$ kubectl get configmap fixed -o jsonpath='{{.data.day}} {{.data.pod}}'
$ echo the answer is {age} old
```
""",
)
"""A manifest and a page that spell out an address, a port, a day, a name and a duration."""


LESSON = """\
# Lesson

```console
$ x=one; greet() { echo hello $x; }
$ kubectl create configmap kept --from-literal=a=b
$ cd /tmp
$ kubectl delete configmap kept
```

```console
$ (exit 4)
```

```console
$ exit 5
```
"""


@pytest.mark.cluster
@pytest.mark.usefixtures("cluster")
class TestShell:
    """`preuve shell`, at a terminal."""

    @pytest.fixture
    def sit(self, place: Place, terminal: Callable[..., Terminal]) -> Callable[..., Terminal]:
        place.write("lesson.md", LESSON)
        return lambda at: terminal([*PREUVE, "shell", at], cwd=place.root)

    def test_is_the_page_s_up_to_a_line(self, place: Place, sit: Callable[..., Terminal], api: Api) -> None:
        """With all that the commands before left, on the cluster too; and nothing of it stays behind."""
        author = sit("lesson.md:6")
        hello = author.until("lesson $ ", SECONDS)
        assert "lesson.md:6, namespace lesson, in the page's own shell; Ctrl-D or `exit` leaves it" in hello
        author.type("greet; pwd; kubectl get configmap kept -o name")
        author.until("-o name\r\n")
        assert author.until("lesson $ ") == "hello one\n/tmp\nconfigmap/kept\n"
        author.press("\x04")
        assert author.process.wait(SECONDS) == 0
        assert author.is_as_before()
        assert not is_there(api, "lesson")
        assert not (place.root / "transcripts").exists()

    def test_opens_where_a_command_fails(self, sit: Callable[..., Terminal]) -> None:
        """After the failure is shown; the exit code tells of it."""
        author = sit("lesson.md")
        hello = author.until("lesson $ ", SECONDS)
        assert "lesson.md:11: exit code 4 (if the lesson wants this failure, write exit=4" in hello
        assert "lesson.md:11, namespace lesson" in hello
        author.type("greet; kubectl get configmap kept")
        author.until("configmap kept\r\n")
        assert author.until("lesson $ ").startswith("hello one\nError from server (NotFound)")
        author.type("exit")
        assert author.process.wait(SECONDS) == 1

    def test_says_where_to_stop_before_a_shell_that_ended(
        self, place: Place, sit: Callable[..., Terminal]
    ) -> None:
        """There is no state to work in any more."""
        place.write("lesson.md", LESSON.replace("(exit 4)", "true"))
        author = sit("lesson.md")
        author.until("lesson.md:15: this command ended the page's shell: ", SECONDS)
        author.until("stop before it with `preuve shell lesson.md:14`")
        assert author.process.wait(SECONDS) == 1

    def test_told_to_end(self, sit: Callable[..., Terminal], api: Api) -> None:
        """On SIGTERM all goes, and the terminal is given back."""
        author = sit("lesson.md:6")
        author.until("lesson $ ", SECONDS)
        author.process.send_signal(signal.SIGTERM)
        assert author.process.wait(SECONDS) == 128 + signal.SIGTERM
        assert author.is_as_before()
        assert not is_there(api, "lesson")
