"""How long does the embedded cluster take to come, and to go, and what does it hold meanwhile?

`python benchmarks/cluster.py [ROUNDS]` starts and ends a cluster ROUNDS times (5), beside the checkout's own,
and tells the medians: a table on standard error, JSON on standard output. Every time of a start counts from
the moment at which `preuve cluster up` is typed. The prototype's figures are those of the shell scripts that
the driver grew from: three nodes, no DNS, times from the end of Python's start.

A start keeps both cores of a small machine busy (see `supervisor`): what else runs there delays it in
proportion, so the load before the first round is told too. Memory is the sum of what each process has for
itself and its part of what it shares: beside another cluster, which shares its programs, it is less.

`--cold` first builds everything once with empty caches (minutes, 4 GB in TMPDIR): but for the Go modules,
which are taken from Go's module cache where it has them, as how long they take says something of the network.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from preuve.cluster.embedded import addresses, cluster, control_plane, netns
from preuve.cluster.embedded.api import StartingApi, wait
from preuve.cluster.embedded.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 120.0
REPLICAS = 6

ROWS = {
    "api": ("API server ready, s", 3.2, 3.0),
    "nodes": ("3 nodes Ready, s", 3.4, 3.2),
    "first_pod": ("first Pod Ready, s", None, 4.5),
    "up": ("DNS answers, `up` returns, s", None, None),
    "six_pods": ("6 Pods over 3 nodes Ready, and DNS, s", 5.6, 5.5),
    "memory": ("memory of 3 idle nodes with DNS, GB", 1.1, 1.3),
    "not_ready": ("a crashed node is NotReady after, s", 13.0, 15.0),
    "back": ("a node switched on is Ready after, s", 26.0, None),
    "down": ("down, s", 3.0, 1.5),
    "build": ("second build, s", None, 0.5),
    "cold": ("cold build, images included, min", 5.4, 7.0),
}
"""What is measured: what it is, the prototype's figure, what was aimed at."""

PREUVE = (sys.executable, "-c", "from preuve.cli import main; main()", "cluster")

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "six", "namespace": "default"},
    "spec": {
        "replicas": REPLICAS,
        "selector": {"matchLabels": {"app": "six"}},
        "template": {
            "metadata": {"labels": {"app": "six"}},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "containers": [{"name": "six", "image": "busybox", "command": ["sleep", "600"]}],
            },
        },
    },
}


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def __call__(self) -> float:
        """How many they are now."""
        return time.monotonic() - self.start

    def until(self, done: Callable[[], object]) -> float:
        """How many they are when `done` says so."""
        wait(done, "a measurement", LIMIT)
        return self()


def administrator(state: StateFolder, up: subprocess.Popen[bytes]) -> StartingApi:
    """The API server, for the owner of the kubeconfig that a start writes early."""
    wait(lambda: cluster.supervisor(state) or up.poll() is not None, "the supervisor", LIMIT)
    if up.returncode:
        sys.exit("`preuve cluster up` said why, and ended")
    config = json.loads(state.kubeconfig.read_text(encoding="utf-8"))
    user, server = config["users"][0]["user"], config["clusters"][0]["cluster"]
    with tempfile.TemporaryDirectory() as folder:
        authority, client = Path(folder, "ca.crt"), Path(folder, "client.pem")
        authority.write_bytes(base64.b64decode(server["certificate-authority-data"]))
        pem = (user["client-certificate-data"], user["client-key-data"])
        client.write_bytes(b"".join(map(base64.b64decode, pem)))
        return StartingApi(str(control_plane.ADDRESS), addresses.API_PORT, authority, client)


def ready(api: StartingApi, path: str) -> int:
    """How many of a list are Ready."""
    items: list[dict[str, Any]] = (api.get(path) or {"items": []})["items"]
    conditions = [one for item in items for one in item["status"].get("conditions", ())]
    return sum(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def timed(*command: str) -> float:
    clock = Clock()
    subprocess.run((*PREUVE, *command), check=True, capture_output=True)
    return clock()


def measure() -> dict[str, float]:
    """One life of a cluster."""
    state = StateFolder.of_project()
    pods, nodes = "/api/v1/namespaces/default/pods", "/api/v1/nodes"
    figures = {"build": timed("build")}
    clock = Clock()
    with subprocess.Popen((*PREUVE, "up"), stdout=subprocess.DEVNULL) as up:
        api = administrator(state, up)
        supervisor = cluster.supervisor(state)  # `find` waits until the cluster can be used
        with netns.joined(f"/proc/{supervisor}/ns/net"):
            figures["api"] = clock.until(api.ready)
            figures["nodes"] = clock.until(lambda: ready(api, nodes) == 3)
            clock.until(lambda: api.get("/api/v1/namespaces/default/serviceaccounts/default"))
            api.apply(DEPLOYMENT)
            figures["first_pod"] = clock.until(lambda: ready(api, pods) >= 1)
            figures["six_pods"] = clock.until(lambda: ready(api, pods) == REPLICAS)
        assert up.wait() == 0
        figures["up"] = clock()
    figures["six_pods"] = max(figures["six_pods"], figures["up"])
    running = cluster.find()
    assert running
    with running.network():
        api.apply({**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"], "replicas": 0}})
        clock.until(lambda: not api.get(pods)["items"])
        figures["memory"] = running.memory() / 1e9
        running.stop_node("node3")
        clock = Clock()
        figures["not_ready"] = clock.until(lambda: ready(api, nodes) == 2)
        clock = Clock()
        running.start_node("node3")
        figures["back"] = clock.until(lambda: ready(api, nodes) == 3)
    figures["down"] = timed("down")
    return figures


def cold() -> float:
    """Minutes of a first build, of everything."""
    modules = subprocess.run(("go", "env", "GOMODCACHE"), capture_output=True, text=True, check=True)
    environment = {**os.environ, "GOMODCACHE": modules.stdout.strip()}
    with tempfile.TemporaryDirectory(prefix="preuve-") as empty:
        environment |= {"XDG_CACHE_HOME": empty}
        clock = Clock()
        subprocess.run((*PREUVE, "build"), env=environment, check=True, stdout=subprocess.DEVNULL)
        return clock() / 60


def main() -> None:
    parser = argparse.ArgumentParser(description="How long the embedded cluster takes.")
    parser.add_argument("rounds", type=int, nargs="?", default=5)
    parser.add_argument("--cold", action="store_true", help="build everything first, from nothing")
    asked = parser.parse_args()
    rounds, load = asked.rounds, os.getloadavg()[0]
    first = {"cold": cold()} if asked.cold else {}
    with tempfile.TemporaryDirectory(prefix="preuve-") as home:
        os.environ["XDG_STATE_HOME"] = home
        try:
            figures = [measure() for _ in range(rounds)]
        finally:
            cluster.down()
    seen = {row: [one[row] for one in (first, *figures) if row in one] for row in ROWS}
    medians = {row: statistics.median(values) for row, values in seen.items() if values}
    table = Table("", "prototype", "aim", f"median of {rounds}", "from", "to", box=None)
    table.caption = f"load before: {load:.1f}, on {os.cpu_count()} cores"
    for row, median in medians.items():
        what, prototype, aim = ROWS[row]
        cells = (prototype, aim, median, min(seen[row]), max(seen[row]))
        table.add_row(what, *("–" if cell is None else f"{cell:.2f}" for cell in cells))
    Console(stderr=True).print(table)
    print(
        json.dumps({"load": load, "rounds": [*filter(None, [first]), *figures], "medians": medians}, indent=1)
    )


if __name__ == "__main__":
    main()
