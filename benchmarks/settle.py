"""How long after the cluster is at rest does the next command begin?

Makes changes on the embedded cluster, each followed by `settle`. An observer watches the same objects: rest
begins with the last change that it sees. It misses the half second
that a container without a probe has to stay up, nor what a node's proxy or the DNS server takes to follow a
Service, nor the second that a state which only a person mends has to last: these count as late.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.cluster.api import Api, LostError
from preuve.cluster.embedded.cluster import EmbeddedBackend
from preuve.cluster.kinds import KINDS
from preuve.play.namespace import made
from preuve.progress import Progress
from preuve.rest.settle import Watcher

if TYPE_CHECKING:
    from preuve.cluster.api import Watch
    from preuve.cluster.embedded.cluster import EmbeddedCluster

SEEN = ("Deployment", "ReplicaSet", "Pod", "Service", "EndpointSlice", "Job")
PROBE = {"name": "nginx", "readinessProbe": {"tcpSocket": {"port": 80}, "periodSeconds": 1}}
PROBED = json.dumps({"spec": {"template": {"spec": {"containers": [PROBE]}}}})

SCENARIOS = {
    "a label, nothing moves": "kubectl label deployment web round=%d --overwrite",
    "a rollout with a probe": "kubectl set env deployment/web ROUND=%d",
    "a rollout without a probe": "kubectl set env deployment/bare ROUND=%d",
    "a Service": "kubectl expose deployment web --name=web%d --port=80",
    "a Pod that ends at once": "kubectl run once%d --image=busybox --restart=Never --command -- true",
    "a Job of a second": "kubectl create job job%d --image=busybox -- sleep 1",
    "a bad image": "kubectl delete pod bad --ignore-not-found --now; kubectl run bad --image=nginx:0.%d",
}


@dataclass(frozen=True, slots=True)
class Round:
    """One change, and the wait for rest after it; seconds."""

    waited: float
    late: float
    """From the last change that the observer saw, or from the command's end if there was none after it."""


class Observer:
    """Notes when anything of a namespace last changed."""

    def __init__(self, api: Api, namespace: str) -> None:
        self.last = 0.0
        self._watches = [api.watch(KINDS[name].path(namespace)) for name in SEEN]
        for watch in self._watches:
            threading.Thread(target=self._note, args=(watch,), daemon=True).start()

    def _note(self, watch: Watch) -> None:
        try:
            for _ in watch:
                self.last = time.monotonic()
        except LostError:
            pass

    def close(self) -> None:
        """Look away."""
        for watch in self._watches:
            watch.stop()


def played(cluster: EmbeddedCluster, rounds: int, folder: Path) -> dict[str, list[Round]]:
    kubeconfig = folder / "kubeconfig"
    path = f"{cluster.binaries.kubectl.parent}:/usr/bin:/bin"
    environment = {"KUBECONFIG": str(kubeconfig), "HOME": str(folder), "PATH": path}

    def shell(source: str) -> None:
        with cluster.network():
            subprocess.run(["bash", "-ec", source], env=environment, check=True, stdout=subprocess.DEVNULL)

    found: dict[str, list[Round]] = {}
    with (
        Api(cluster.kubeconfig, cluster.network) as api,
        made(api, "benchmark.md", disposable=True) as namespace,
    ):
        kubeconfig.write_text(namespace.kubeconfig)
        watcher, observer = Watcher(cluster, api, namespace.name), Observer(api, namespace.name)
        shell("for name in web bare; do kubectl create deployment $name --image=nginx --replicas=3; done")
        shell(f"kubectl patch deployment web --patch '{PROBED}'")
        watcher.settle(300)
        for name, source in SCENARIOS.items():
            for number in range(1, rounds + 1):
                shell(source % number)
                started = time.monotonic()
                watcher.settle(300)
                ended = time.monotonic()
                found.setdefault(name, []).append(Round(ended - started, ended - max(started, observer.last)))
            if name == "a bad image":
                shell("kubectl delete pod bad --now")
        observer.close()
        watcher.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="How late after a rest the next command begins.")
    parser.add_argument("-n", "--rounds", type=int, default=5, help="of each change")
    rounds = parser.parse_args().rounds
    with (
        Progress() as progress,
        EmbeddedBackend().shared(progress) as cluster,
        tempfile.TemporaryDirectory() as folder,
    ):
        found = played(cluster, rounds, Path(folder))
    figures = {
        name: {
            "rounds": len(each),
            "waited": round(statistics.median(one.waited for one in each), 3),
            "late": round(statistics.median(one.late for one in each), 3),
            "latest": round(max(one.late for one in each), 3),
        }
        for name, each in found.items()
    }
    print(f"{'seconds':28}{'waited':>8}{'late':>8}{'latest':>8}")
    for name, row in figures.items():
        print(f"{name:28}{row['waited']:8.3f}{row['late']:8.3f}{row['latest']:8.3f}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
