"""The supervisor's children: which ends are told, and with what words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SUPERVISOR = """
import json, os, sys, time
from pathlib import Path
from preuve.cluster.embedded.processes import Processes

names = dict(json.loads(sys.argv[2]))
jobs, forgotten = json.loads(sys.argv[3]), json.loads(sys.argv[4])
processes = Processes(Path(sys.argv[1]))
for name, script in names.items():
    if name in jobs:
        processes.start_job(name, ("sh", "-c", script), within=os.getpid())
    else:
        processes.start(name, ("sh", "-c", script))
processes.forget(*forgotten)
end, first = time.monotonic() + 20, None
while any(map(processes.runs, names.keys() - {"stays", *forgotten})) and time.monotonic() < end:
    first = first or processes.reap()
    time.sleep(0.01)
print(json.dumps([str(first) if first else None, {name: processes.runs(name) for name in names}]))
"""
"""A process of its own, as the supervisor is: it waits for all of its children."""


def supervised(
    logs: Path, jobs: tuple[str, ...] = (), forgotten: tuple[str, ...] = (), **scripts: str
) -> tuple[str | None, dict[str, bool]]:
    """What is told of the first end, once all but `stays` are over; and who runs then."""
    arguments = (str(logs), *map(json.dumps, (scripts, jobs, forgotten)))
    ran = subprocess.run(
        (sys.executable, "-c", SUPERVISOR, *arguments),
        input="typed",
        capture_output=True,
        text=True,
        timeout=40,
        check=True,
    )
    told: tuple[Any, Any] = json.loads(ran.stdout)
    return told


def test_who_dies_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    """A person sees which program it was, how it ended, and its last words, of both streams."""
    told, runs = supervised(tmp_path, etcd="seq 30; echo no space left >&2; exit 3", stays="sleep 60")
    assert told
    first, *lines = told.splitlines()
    assert first == f"etcd exited with 3; the end of {tmp_path / 'etcd.log'}:"
    assert lines == [f"  {line}" for line in [*range(17, 31), "no space left"]]
    assert runs == {"etcd": False, "stays": True}


def test_who_is_killed_is_told_by_the_signal(tmp_path: Path) -> None:
    told, _ = supervised(tmp_path, kubelet="kill -SEGV $$")
    assert str(told).startswith("kubelet was killed by SIGSEGV;")


@pytest.mark.skipif(os.getuid() != 0, reason="takes root, to join namespaces")
@pytest.mark.parametrize(("script", "death"), [("exit 0", False), ("exit 1", True)])
def test_a_job_may_end_well(tmp_path: Path, script: str, death: bool) -> None:
    """One that fails is a death; what is meant to last may not even end with 0."""
    assert bool(supervised(tmp_path, jobs=("pull",), pull=script)[0]) == death
    assert supervised(tmp_path, containerd=script)[0]


def test_who_was_expected_to_die_is_not_told(tmp_path: Path) -> None:
    """A node that is crashed takes its programs along."""
    told, runs = supervised(tmp_path, forgotten=("node2",), node2="exit 9", node1="sleep 0.5; exit 1")
    assert str(told).startswith("node1 exited with 1;")
    assert runs == {"node1": False, "node2": False}


def test_nothing_of_the_user_s_reaches_the_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, no credentials, no locale; nothing to read."""
    monkeypatch.setenv("HTTPS_PROXY", "http://secret@proxy")
    supervised(tmp_path, env="env; cat; exit 1")
    told = (tmp_path / "env.log").read_text()
    assert "typed" not in told
    names = {line.partition("=")[0] for line in told.splitlines()}
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "HOME", "LANG", "GOGC"}
