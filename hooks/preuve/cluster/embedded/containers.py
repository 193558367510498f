"""What a node itself knows of its containers, up to a second before the API does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from preuve.cluster import Cluster

TASKS = "run/containerd/io.containerd.runtime.v2.task/k8s.io"
"""Where containerd keeps what runs: a folder each, made when it starts, gone when it ends (1.6 and 2.x)."""


def tasks(cluster: Cluster, node: str) -> Path:
    """Find the folder of what runs on a node of an embedded cluster.

    Raises:
        ClusterError: the node is down.
    """
    return Path(cluster.network_path(node) or "").parents[1] / "root" / TASKS


def age(tasks: Path, container: str) -> float:
    """Tell how long a container has been running, in seconds; 0 if it is not, which the API soon says too.

    What its first process waited for a processor does not count: on a busy machine a program that ends at
    once takes its time to do so.

    Args:
        tasks: of its node.
        container: its id, as a Pod's status has it: ``containerd://…``.
    """
    file = tasks / container.partition("://")[2] / "init.pid"
    try:
        return time.time() - file.stat().st_mtime - _waited(tasks.parents[3] / "proc" / file.read_text())
    except OSError:
        return 0.0


def _waited(process: Path) -> float:
    """For how many seconds a process could run, and no processor was free (Linux, sched-stats.rst).

    Raises:
        OSError: it has ended.
    """
    try:
        return int((process / "schedstat").read_text().split()[1]) / 1e9
    except FileNotFoundError:
        process.stat()  # the process is there: this kernel keeps no account (CONFIG_SCHED_INFO)
        return 0.0
