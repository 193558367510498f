"""Pages from the field, on a real cluster: what is right on each is shown, and shown again at each play."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from preuve.meaning.spans import Answer, marked
from preuve.project import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.project import Page
    from preuve.transcript import Transcript

CASES = Path(__file__).parent / "cases"
SECONDS = 900.0
"""Bound of one play of all pages: 150 s on two cores, several times that beside busy loops."""

REFUSED = frozenset({"m06-mistakes.md"})
"""Pages that are not played: `test_plan.py` and `test_mistakes` look at what is said of them."""

WARNED = {"p70-netpol.md": "p70-netpol.md:7: NetworkPolicy: nothing on this cluster enforces it"}
"""Pages that cannot come out as their author wants here, and what tells the author why."""

GREETING = r"(?:All commands and output [^\n]*\n)?(?:If you don't see [^\n]*\n)?"
"""What kubectl says of a session before it begins, if it comes to that."""

RIGHT: dict[str, dict[str, str]] = {
    "p01-bad-image.md": {"get deployment quay": r"\b3/3 +1 +3\b", "get rs": r"\b3 +3 +3\b"},
    "p02-job.md": {"get pods": "Completed", "logs": r"^499500$"},
    "p03-wait.md": {"--for=condition": "condition met", "--for=delete": r"\A\Z"},
    "p04-run.md": {
        "run probe1": rf"\A{GREETING}one\n(?!one)",
        "run probe2": rf"\A{GREETING}two\nthree\n(?!t)",
        "run probe3": r"\ALinux\n\Z",
        'echo "system': r"\Asystem: \[Linux\]\n\Z",
        "run probe5": rf"\A{GREETING}five\n(?!five)",
        "run probe6": rf"\A{GREETING}six\n(?!six)",
    },
    "p06-rollout-exec.md": {"nginx -v": r"nginx/1\.26"},
    "p08b-distinct.md": {"grep -E": r"Restart Count: +1", "get pods -l app=choir -o json": r"(?m)^1$"},
    "p11-configmap.md": {"cat /etc/beacon/colour": r"\A(red|green)\n"},
    "p13-crd.md": {"explain lamp.spec": "Power drawn by the lamp"},
    "p13b-crd-explain.md": {"explain lamp.spec": "Power drawn by the lamp"},
    "p13c-crd-resources.md": {"get lamps": r"pier +40"},
    "p13d-crd-get.md": {"get lamps": "No resources found", "api-resources": r"lamps +lp +scout.example/v1"},
    "p13f-crd-wait.md": {"explain": "Power drawn by the lamp"},
    "p20-sidecar.md": {"get job towed": r"Complete +1/1", "logs": "cargo unloaded"},
    "p21-forward.md": {"curl": "200 OK"},
    "p21b-proxy.md": {"curl": "gitVersion"},
    "p21c-forward-twice.md": {"curl": "200 OK"},
    "p26-debug.md": {"wget": "DOCTYPE html"},
    "p28-claims.md": {"get pvc": r"nowhere|\Apvc-", "describe pvc": "nowhere"},
    "p30-export.md": {"grep title": "Welcome to nginx"},
    "p40-fixed.md": {"get configmap": r"08:30:00", "exec aliased": r"10\.1\.2\.3"},
    "p41-node.md": {"get pod barge": "node2"},
    "p42-outside.md": {"describe": r"10\.4\.5\.6:9376"},
    "p51-ttl.md": {"logs": r"(?s)part 0.*part|part"},
    "p61-delete-only.md": {"get deployment": r"3/3", "delete -f": "deleted"},
    "p62-get-f.md": {"get -f": r"quay +3/3"},
    "p63-diff-f.md": {"diff": r"-\s+- image: nginx:1\.22"},
    "p71-volume.md": {"logs writer": r"\Adrwxrwxrwx"},
    "p71b-pvc-held.md": {"get pvc hold": "Terminating"},
    "p72-oom.md": {"jsonpath": "OOMKilled"},
    "x1-quit.md": {"get pods": r"Running"},
    "x3-echo.md": {"run word": r"\Aahoy\n\Z"},
    "x7-old-kill.md": {"get deployment trio": r"3/3"},
    "x8-old-die.md": {"get pod mortal": r"mortal +1/1 +Running"},
    "x10-debug.md": {f"dbg{n}": rf"\Adive-{n}\n\Z" for n in range(1, 7)},
    "x11-forward.md": {"curl": "200 OK"},
    "x9-ten.md": {f"run word{n} ": rf"\Aword-{n}\n\Z" for n in range(1, 11)},
}
"""By page: part of a command, and what each answer to a command with it has in it."""

LAST: dict[str, dict[str, str]] = {
    "p11-configmap.md": {"cat /etc/beacon/colour": r"\Agreen\n"},
    "p28-claims.md": {"get pvc": "nowhere"},
    "p60-downward.md": {"cat /info/labels": 'zone="west"'},
    "p08b-distinct.md": {"get pods -l app=choir": r"(?m)^1$"},
    "x1-quit.md": {"get pods": r"1/1 +Running +1 \("},
    "x6-old-quit.md": {"get pod solo": r"1/1 +Running +1 \("},
    "x7-old-kill.md": {"get pods": r"1/1 +Running +1 \("},
    "x8-old-die.md": {"get pod mortal": r"1/1 +Running +1 \("},
}
"""The same of the last such command alone."""

MARKED: dict[str, dict[str, set[str]]] = {
    "p01-bad-image.md": {"rollout status": set()},
    "p05-events.md": {"wc -l": {"count"}},
    "p11b-configmap-until.md": {"ls -la": {"time", "random"}},
    "p30-export.md": {'echo "NODE_PORT': {"port"}, "echo Name": {"hash", "pod"}},
    "p35-where.md": {
        "uniq -c": {"node"},
        "HOSTIP": {"hash", "pod", "ip", "address"},
        "is on": {"hash", "pod", "node"},
        "startTime": {"time"},
    },
    "p40-fixed.md": {"get configmap": set(), "exec aliased": set(), "describe configmap": set()},
    "p41-node.md": {"get pod barge -o json": set(), "get pod barge -o wide": {"age", "ip"}},
    "p45-noexec.md": {"exec bare": {"container-id"}},
    "p60-downward.md": {"env | grep": {"ip", "node"}, "df -h": {"machine"}},
}
"""By page: part of a command, and the kinds of what in each answer to it differs at home."""

pytestmark = [pytest.mark.cluster, pytest.mark.cases]


def preuve(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "preuve.cli", *arguments],
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@contextmanager
def load() -> Iterator[None]:
    """Keep every core busy during the block."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cases, played once."""
    folder = tmp_path_factory.mktemp("cases")
    shutil.copytree(CASES, folder, dirs_exist_ok=True)
    for page in REFUSED | WARNED.keys():
        (folder / "docs" / page).unlink()
    done = preuve(folder, "play")
    assert done.returncode == 0, done.stderr
    return folder


def read(folder: Path, name: str) -> tuple[Page, Transcript]:
    """A page, and what it was played to."""
    page = next(each for each in find(folder).pages() if each.name == name)
    assert page.transcript, f"{name} has no transcript"
    return page, page.transcript


def answers(folder: Path, page: str, part: str) -> list[str]:
    _, transcript = read(folder, page)
    found = [each.output for each in transcript.exchanges if part in each.source]
    assert found, f"{page} has no command with {part!r}"
    return found


@pytest.mark.parametrize("page", sorted(RIGHT.keys() | LAST.keys()))
def test_a_page_shows_what_is_right(played: Path, page: str) -> None:
    """The answer that a reader of the field would call true is the one that is stored."""
    for part, wanted in RIGHT.get(page, {}).items():
        for answer in answers(played, page, part):
            assert re.search(wanted, answer), f"{part}: {answer}"
    for part, wanted in LAST.get(page, {}).items():
        assert re.search(wanted, answers(played, page, part)[-1]), (
            f"{part}: {answers(played, page, part)[-1]}"
        )


@pytest.mark.parametrize("page", sorted(MARKED))
def test_a_page_marks_what_differs_at_home(played: Path, page: str) -> None:
    """By value what chance named, in whatever words; nothing that the page spells out."""
    one, transcript = read(played, page)
    given = [Answer(each.output, each.source) for each in transcript.exchanges]
    kinds = {
        answer.source: {str(span.kind) for span in spans}
        for answer, spans in zip(given, marked(given, one.plan.public(), transcript.values), strict=True)
    }
    for part, wanted in MARKED[page].items():
        assert [found for source, found in kinds.items() if part in source] == [wanted], part


@pytest.mark.parametrize("page", WARNED)
def test_a_page_that_cannot_come_out_is_told_why(tmp_path: Path, page: str) -> None:
    """At the line of what this cluster does not do, beside the command that shows it."""
    shutil.copytree(CASES, tmp_path, dirs_exist_ok=True)
    done = preuve(tmp_path, "play", page)
    assert done.returncode == 1, done.stderr
    assert WARNED[page] in done.stderr


@pytest.mark.parametrize("turn", range(3))
def test_another_play_answers_the_same(played: Path, turn: int) -> None:
    """`preuve check` of all pages finds no drift; on a machine that has other work, neither."""
    with load() if turn == 1 else nullcontext():
        done = preuve(played, "check")
    assert done.returncode == 0, done.stderr
