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


def age(tasks: Path, container: str) -> float | None:
    """Tell how long a container has been running, in seconds; None if it is not.

    Args:
        tasks: of its node.
        container: its id, as a Pod's status has it: ``containerd://…``.
    """
    try:
        return time.time() - (tasks / container.partition("://")[2] / "init.pid").stat().st_mtime
    except OSError:
        return None
