"""What a node itself knows of its Pods, up to a second before the API does."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.cluster.report import Process, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

TASKS = "run/containerd/io.containerd.runtime.v2.task/k8s.io"
"""Where containerd keeps what runs: a folder each, made when it starts, gone when it ends (1.6 and 2.x)."""

PODS = "var/lib/kubelet/pods"
"""Where a kubelet keeps what belongs to a Pod, by its uid."""

RECORDS = "var/lib/containerd/io.containerd.grpc.v1.cri/containers"
"""Where containerd keeps what it tells a kubelet, a folder a container (``store/container/status.go``)."""

DEAD, BUSY = {"Z", "X"}, {"R", "D"}
"""States of a thread: it is to be buried; it has a processor, wants one, or waits for a disk."""

PROJECTED = ("configmap", "secret", "downward-api", "projected")
"""The kinds of volumes that a kubelet writes itself, and again when what they show has changed."""

ACCESS = "kube-api-access-"
"""How the volumes begin that every Pod has for the API; nobody changes what they show (upstream
``serviceaccount/admission.go``)."""


def report(root: Path, pods: Iterable[Mapping[str, Any]]) -> Report:
    """Look at some Pods of a node.

    Args:
        root: the node's root directory, as its own processes see it.
        pods: as the API has them.
    """
    processes, volumes, reasons = {}, {}, {}
    for pod in pods:
        for status in _statuses(pod):
            container = status.get("containerID", "")
            if "running" in status["state"] and (process := _process(root, container)):
                processes[container] = process
            for ended in _ended(status):
                if reason := _reason(root, ended):
                    reasons[ended] = reason
        uid = pod["metadata"]["uid"]
        for volume in _projected(root / PODS / uid / "volumes"):
            volumes[uid, volume.name] = _files(volume)
    return Report(processes, volumes, reasons)


def _statuses(pod: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    fields = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
    return chain.from_iterable(pod["status"].get(field) or () for field in fields)


def _ended(status: Mapping[str, Any]) -> list[str]:
    """Return the containers of a status that have ended, by their ids: this one, and the one before."""
    states = (status.get(which, {}).get("terminated", {}) for which in ("state", "lastState"))
    return [each["containerID"] for each in states if each.get("containerID")]


def _process(root: Path, container: str) -> Process | None:
    """Return the first process of a container, if it lives.

    What it waited for a processor does not count as its life: on a busy machine a program that ends at once
    takes its time to do so.
    """
    file = root / TASKS / container.partition("://")[2] / "init.pid"
    try:
        made = file.stat().st_mtime
        process = root / "proc" / file.read_text(encoding="ascii")
        waited = _account(process)[1]
        threads = [(_state(thread), *_account(thread)) for thread in (process / "task").iterdir()]
    except OSError:
        return None
    states, used, _, runs = zip(*threads, strict=True)
    if not set(states) - DEAD:
        return None
    return Process(
        time.time() - made - waited / 1e9, sum(used) / 1e9, sum(runs), asleep=not BUSY.intersection(states)
    )


def _reason(root: Path, container: str) -> str:
    """Tell why a container has ended, as its runtime says it; nothing if that says no more than the code."""
    try:
        record = json.loads((root / RECORDS / container.partition("://")[2] / "status").read_bytes())
    except (OSError, ValueError):  # it has just been removed
        return ""
    return str(record.get("Reason", ""))


def _state(thread: Path) -> str:
    """Tell the state of a thread, in a letter: proc_pid_stat(5).

    Raises:
        OSError: it has ended.
    """
    return (thread / "stat").read_bytes().rpartition(b")")[2].split()[0].decode()


def _account(thread: Path) -> tuple[int, int, int]:
    """For how long a thread had a processor, and waited for one, in nanoseconds; and how often it had one.

    See Linux, sched-stats.rst.

    Raises:
        OSError: it has ended.
    """
    try:
        used, waited, runs = (thread / "schedstat").read_text(encoding="ascii").split()
    except FileNotFoundError:
        thread.stat()  # it is there: this kernel keeps no account (CONFIG_SCHED_INFO)
        return 0, 0, 0
    return int(used), int(waited), int(runs)


def _projected(volumes: Path) -> list[Path]:
    found: list[Path] = []
    for kind in PROJECTED:
        with suppress(FileNotFoundError):
            found += (volumes / f"kubernetes.io~{kind}").iterdir()
    return [each for each in found if not each.name.startswith(ACCESS)]


def _files(volume: Path) -> dict[str, bytes]:
    """Read what a volume holds; nothing while the kubelet puts something else in its place."""
    try:
        now = volume / (volume / "..data").readlink()  # one change is one step from link to link
        return {
            os.path.relpath(Path(folder, name), now): Path(folder, name).read_bytes()
            for folder, _, names in os.walk(now)
            for name in names
        }
    except OSError:
        return {}
