"""The process that owns a cluster: it starts everything, watches everything, and takes everything with it.

It is the first process of a PID namespace, in mount, network, UTS and IPC namespaces of its own (see
`launch`). So however it ends, SIGKILL included, the kernel ends every process of the cluster, and mounts,
network namespaces, links and rules go with them. Only the state directory and empty cgroups can be left; the
next start reaps these.

Where the seconds of a start go, and what the order makes of it [measured]:

- The API server works for 1.4 s, on more than a core, before it listens. It needs certificates and an address
  to bind to, no more, so it comes first: imports, links and the other nodes come while it is at it.
- Then, by upstream's own clock, it rests for a second before it makes the objects it owns (post-start hooks
  poll at that interval), which takes another half. The nodes' programs start in that lull: sooner, they would
  only take the processor from it.
- The controller manager tries the API server as it starts and then once a second: it is started when that is
  ready.
- All in all it is 8 s of a processor [on a machine that did much else], of which there should be two or more:
  the API server takes 2.9, three containerds 1.2, three kubelets 1.2, this process 0.9 with what it waited
  for, etcd 0.5, the rest 1.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.cluster.embedded import addresses, cgroups, control_plane, images, launch, profiles, remains
from preuve.cluster.embedded.node import PKI, Node
from preuve.cluster.embedded.pki import Authority
from preuve.cluster.embedded.processes import Processes, memory
from preuve.cluster.embedded.state import StateFolder
from preuve.errors import ClusterError, PreuveError

if TYPE_CHECKING:
    from collections.abc import Callable

    from preuve.cluster.embedded.installation import Installation

ROOM = "make room, or set XDG_STATE_HOME to a folder that has some"

SIGNALS = frozenset({signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


class Supervisor:
    """The life of one cluster.

    Args:
        state: held by this process.
        order: what to run.
        owner: the connection to who ordered it.
    """

    def __init__(self, state: StateFolder, order: launch.StartOrder, owner: socket.socket) -> None:
        self.failure: str | None = None
        """Why it ended by itself."""
        self._state = state
        self._order = order
        self._owner = owner
        self._processes = Processes(state.log)
        self._installation: Installation | None = None
        self._started: datetime | None = None

    def run(self) -> None:
        """Start; serve until told to end, or until something dies."""
        for work in (self._start, self._listen_to_owner):
            self._aside(work)
        while self.failure is None and signal.sigwait(SIGNALS) == signal.SIGCHLD:
            if death := self._processes.reap():
                self.failure = str(death)
        if self.failure is not None:
            self._tell(failed=self.failure)

    def _aside(self, work: Callable[[], None]) -> None:
        """Run `work` in a thread; if it fails, that is the end of the cluster."""

        def guarded() -> None:
            try:
                work()
            except PreuveError as error:
                self._end(str(error))
            except OSError as error:
                remedy = f": {ROOM}" if error.errno == errno.ENOSPC else ""
                self._end(f"{error.filename or self._state.path}: {error.strerror or error}{remedy}")
                raise
            except Exception as error:
                self._end(f"{type(error).__name__}: {error}")
                raise  # with its traceback, into our log

        threading.Thread(target=guarded, daemon=True).start()

    def _end(self, failure: str | None = None) -> None:
        self.failure = self.failure or failure
        os.kill(os.getpid(), signal.SIGTERM)

    def _tell(self, **news: object) -> None:
        print(f"{time.time():.3f}", *news.values(), file=sys.stderr, flush=True)
        with suppress(OSError):  # nobody listens any more
            self._owner.sendall(json.dumps(news).encode() + b"\n")

    def _listen_to_owner(self) -> None:
        message = b""
        with suppress(ConnectionResetError):  # it died before it read all that was told
            message = self._owner.recv(len(launch.LET_GO))
        if message != launch.LET_GO:
            self._end()

    def _start(self) -> None:
        self._tell(stage="API server")
        state, programs = self._state, launch.binaries(self._order.binaries)
        volumes = state.path / "volumes"
        volumes.mkdir()
        state.nodes.mkdir()
        authority = Authority()
        profile = profiles.of(self._order.profile)
        loaded = images.loaded(Path(self._order.images))
        nodes = [
            Node(index, state.nodes / name, f"/{state.name}/{name}", profile, loaded)
            for index, name in enumerate(profile.nodes)
        ]
        first = nodes[0]
        first.install(authority, programs, control_plane.URL, volumes)
        administrator = control_plane.install(first, authority)
        cgroups.create(first.cgroup)
        pid = first.boot(self._processes)
        control_plane.start_store(self._processes, pid)

        from preuve.cluster.embedded import control  # noqa: PLC0415 - these take 0.2 s,
        from preuve.cluster.embedded.api import StartingApi  # noqa: PLC0415 - in which
        from preuve.cluster.embedded.installation import Installation  # noqa: PLC0415 - etcd starts

        installation = Installation(nodes, self._processes)
        self._aside(installation.serve_images(Path(self._order.images), self._order.outside))
        installation.connect(first, pid)
        control_plane.start_api(self._processes, pid, profile)
        for node in nodes[1:]:
            node.install(authority, programs, control_plane.URL, volumes)
            installation.boot(node)
        state.write_secret(
            state.kubeconfig, authority.kubeconfig(control_plane.URL, "kubernetes-admin", administrator)
        )
        client = state.path / "client.pem"
        state.write_secret(client, (administrator.certificate + administrator.key).decode())
        api = StartingApi(
            str(control_plane.ADDRESS), addresses.API_PORT, first.root / PKI.lstrip("/") / "ca.crt", client
        )
        client.unlink()
        self._installation = installation
        for path, calls in (
            (state.socket, {"GET": self._status, "POST": self._switch}),
            (state.node_socket, {"POST": self._switch}),
        ):
            self._aside(control.Server(path, calls).serve_forever)
        state.node_socket.chmod(0o666)  # a page's shell is not root; who is not lent it cannot reach it
        installation.start(api, lambda name: self._tell(stage=name))
        if profile.storage.is_ours or profile.balances:
            from preuve.cluster.embedded import standin  # noqa: PLC0415 - half a second

            balancers = [str(node.address) for node in nodes]
            for work in standin.works(profile, state.kubeconfig, volumes, balancers):
                self._aside(work)
        self._started = datetime.now(UTC)
        self._tell(ready=True)

    def _status(self, path: str) -> object:
        """Answer a GET; process IDs are those of this PID namespace."""
        match path:
            case "/status":
                return {
                    "started": self._started.isoformat(timespec="seconds") if self._started else None,
                    "binaries": self._order.binaries,
                    "images": self._order.images,
                    "profile": self._order.profile,
                    "nodes": self._installation.nodes if self._installation else {},
                }
            case "/memory":
                return memory()
            case _:
                raise ClusterError(f"there is no {path}")

    def _switch(self, path: str) -> object:
        """Answer a POST."""
        match path.split("/"):
            case ["", "nodes", name, ("stop" | "start") as order] if self._installation and self._started:
                change = {"stop": self._installation.stop_node, "start": self._installation.start_node}
                change[order](name)
                return {}
            case _:
                raise ClusterError(f"there is no {path}, or not yet")


def main(order: launch.StartOrder) -> None:
    """Be the supervisor that was ordered."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # `run` waits for them, and threads are left alone
    state = StateFolder(Path(order.state))
    owner = socket.socket(fileno=order.owner)
    try:
        held = state.lock()
    except ClusterError as error:
        owner.sendall(json.dumps({"failed": str(error)}).encode() + b"\n")
        return
    if held is None:
        owner.sendall(b'{"busy": true}\n')
        return
    cgroups.remove(f"/{state.name}")
    state.clear()
    cgroups.create(f"/{state.name}", ahead=True)
    cgroups.create(f"/{state.name}/system")
    cgroups.enter(f"/{state.name}/system")
    state.log.mkdir()
    log = os.open(state.log / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, sys.stderr.fileno())
    supervisor = Supervisor(state, order, owner)
    supervisor.run()
    if supervisor.failure:
        state.leave_word(supervisor.failure)
    remains.become(state, held)


if __name__ == "__main__":
    main(launch.StartOrder(**json.loads(sys.argv[1])))
