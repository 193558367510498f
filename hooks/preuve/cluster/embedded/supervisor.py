"""The process that owns a cluster: it starts everything, watches everything, and takes everything with it.

It is the first process of a PID namespace, in mount, network, UTS and IPC namespaces of its own (`launch`).
So however it ends, SIGKILL included, the kernel ends every process of the cluster, and mounts, network
namespaces, links and rules go with them. Only the state directory and empty cgroups can be left, and the next
start reaps these.

It answers HTTP on two Unix sockets in its state directory:

    GET  /status               what it knows, JSON
    POST /nodes/NAME/stop      crash a node; /start brings it back; the only calls that nodes.sock offers
    POST /down                 end

Its network namespace is the laptop's end of the LAN. Only the registry's thread is outside, in the caller's.
"""

from __future__ import annotations

import http.server
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

from preuve.cluster.embedded import api, cgroups, control_plane, dns, network, registry
from preuve.cluster.embedded.binaries import SOURCES, Binaries
from preuve.cluster.embedded.netns import join, joined
from preuve.cluster.embedded.node import PKI, REGISTRY_PORT, Node
from preuve.cluster.embedded.pki import Authority
from preuve.cluster.embedded.processes import Processes, end_all
from preuve.cluster.embedded.state import State
from preuve.errors import ClusterError, PreuveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NODES = 3

API_LIMIT = 90.0
"""Seconds for the API server to get ready; measured: 3, and 30 on a machine that does six other things."""

NODES_LIMIT = 60.0
"""Seconds for the nodes to be Ready after that; measured: 0.3."""

DNS_LIMIT = 60.0
"""Seconds for a name to resolve on every node after that; measured: 2."""

SIGNALS = frozenset({signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})

END_LIMIT = 30.0
"""Seconds for a cluster to be gone after it was told; measured: 1."""

LET_GO = b"let go\n"
"""What an owner says that leaves the cluster behind: without it, the connection's end is the cluster's."""


@contextmanager
def launched(state: State, binaries: Binaries, images: Path, *, stays: bool) -> Iterator[socket.socket]:
    """A supervisor, which ends with the block, or with this process however that ends, unless it was let go.

    Args:
        state: where it is to keep its things.
        binaries: what it is to run.
        images: the store that its registry is to serve.
        stays: whether it may outlive this process (see `LET_GO`).

    Yields:
        the owner's end of a connection to it: it sends lines of JSON, one of ``{"stage": NAME}``, ``{"ready":
        true}``, ``{"busy": true}`` (another one holds the state directory), ``{"failed": MESSAGE}``.

    Raises:
        ClusterError: it does not end.
    """
    owner, theirs = socket.socketpair()
    outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    order = {
        "state": str(state.path),
        "binaries": {name: str(value) for name, value in asdict(binaries).items()},
        "images": str(images),
        "owner": theirs.fileno(),
        "outside": outside,
    }
    namespaces = ("--pid", "--fork", "--kill-child", "--mount-proc", "--mount", "--net", "--uts", "--ipc")
    argv = ["unshare", *namespaces, sys.executable, "-m", __name__, json.dumps(order)]
    with owner:
        launcher = subprocess.Popen(
            ["setsid", "--fork", *argv] if stays else argv,  # what outlives us should not be our child
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=theirs.fileno(),  # until it has a log: what Python says if it cannot even start
            pass_fds=(theirs.fileno(), outside),
            start_new_session=True,  # Ctrl-C in a terminal is the owner's to handle
        )
        theirs.close()
        os.close(outside)
        try:
            yield owner
            if stays:
                with suppress(BrokenPipeError):  # it was busy elsewhere, and is gone
                    owner.sendall(LET_GO)
        except BaseException:
            _await_end(owner)
            raise
        if not stays:
            _await_end(owner)
        launcher.wait()


def _await_end(owner: socket.socket) -> None:
    """Tell the supervisor to end, and wait until all that held its end of the connection is gone."""
    with suppress(OSError):  # it is gone already
        owner.shutdown(socket.SHUT_WR)
    owner.settimeout(END_LIMIT)
    try:
        while owner.recv(4096):
            pass
    except TimeoutError:
        raise ClusterError(
            f"the cluster did not end within {END_LIMIT:.0f} s: `preuve cluster down` kills it"
        ) from None


class Supervisor:
    """A cluster from within.

    Args:
        state: held by this process.
        binaries: what to run.
        images: the image store that the registry serves.
        owner: the connection to who wanted the cluster.
        outside: the network namespace from which the registry may ask others.
    """

    def __init__(
        self, state: State, binaries: Binaries, images: Path, owner: socket.socket, outside: int
    ) -> None:
        self.state = state
        self.binaries = binaries
        self.images = images
        self.owner = owner
        self.outside = outside
        self.processes = Processes(state.log)
        self.nodes = [
            Node(index, state.nodes / name, f"/{state.name}/{name}")
            for index, name in enumerate(f"node{number}" for number in range(1, NODES + 1))
        ]
        self.pids: dict[str, int] = {}
        """The first process of each node that runs."""
        self.started: datetime | None = None
        """When it could be used."""
        self.failure: str | None = None
        self._node_lock = threading.Lock()

    def run(self) -> None:
        """Start, serve until told to end or something dies, leave nothing."""
        for work in (self.start, self.listen_to_owner):
            threading.Thread(target=self.guard, args=(work,), daemon=True).start()
        while self.failure is None:
            if signal.sigwait(SIGNALS) != signal.SIGCHLD:
                break
            death = self.processes.reap()
            if death:
                self.failure = str(death)
        if self.failure is not None:
            self.tell(failed=self.failure)

    def guard(self, work: Callable[[], None]) -> None:
        """Run `work` in a thread; the cluster ends if it fails."""
        try:
            work()
        except PreuveError as error:
            self.failure = str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the owner must hear of it
            self.failure = f"{type(error).__name__}: {error}"
            sys.excepthook(type(error), error, error.__traceback__)
        if self.failure is not None:
            os.kill(os.getpid(), signal.SIGTERM)

    def tell(self, **news: object) -> None:
        """Send a line to the owner, if it still listens."""
        with suppress(OSError):
            self.owner.sendall(json.dumps(news).encode() + b"\n")

    def listen_to_owner(self) -> None:
        """End the cluster with its owner, unless that lets go."""
        if self.owner.recv(len(LET_GO)) != LET_GO:
            os.kill(os.getpid(), signal.SIGTERM)

    def start(self) -> None:
        """Bring everything up."""
        self.tell(stage="network and certificates")
        authority = Authority()
        volumes = self.state.path / "volumes"
        for folder in (volumes, self.state.nodes):
            folder.mkdir()
        network.set_up_lan()
        self.serve_images()
        for node in self.nodes:
            node.install(authority, self.binaries, control_plane.URL, volumes)
            if node.index == 0:
                administrator = control_plane.install(node, authority)
            self.boot(node)
            if node.index == 0:
                control_plane.start_api(self.processes, self.pids[node.name])
        self.write_kubeconfig(authority.kubeconfig(control_plane.URL, "kubernetes-admin", administrator))
        self.serve()
        self.tell(stage="API server")
        for node in self.nodes:
            node.start(self.processes, self.pids[node.name])
        client = self.state.path / "client.pem"
        client.write_bytes(administrator.certificate + administrator.key)
        ca = self.nodes[0].root / PKI.lstrip("/") / "ca.crt"
        server = api.Api(str(control_plane.ADDRESS), control_plane.PORT, ca, client)
        client.unlink()
        api.wait(server.ready, "the API server's start", API_LIMIT)
        control_plane.start_controllers(self.processes, self.pids[self.nodes[0].name])
        for document in self.objects():
            server.apply(document)
        self.tell(stage="nodes")
        api.wait(lambda: _ready_nodes(server) == NODES, "the nodes' start", NODES_LIMIT)
        self.tell(stage="names")
        account = "/api/v1/namespaces/default/serviceaccounts/default"
        api.wait(lambda: server.get(account), "the first ServiceAccount", DNS_LIMIT)
        for node in self.nodes:
            with joined(f"/proc/{self.pids[node.name]}/ns/net"):
                api.wait(_resolves, f"the DNS's start ({node.name})", DNS_LIMIT)
        self.started = datetime.now(UTC)
        self.tell(ready=True)

    def objects(self) -> list[dict[str, Any]]:
        """What every cluster of ours holds from the start."""
        documents = [
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {
                    "name": node.name,
                    "labels": {"node-role.kubernetes.io/control-plane": ""} if node.index == 0 else {},
                },
                "spec": {"podCIDR": str(node.pods), "podCIDRs": [str(node.pods)]},
            }
            for node in self.nodes
        ]
        for file in sorted((SOURCES / "manifests").glob("*.yaml")):
            with file.open(encoding="utf-8") as stream:
                documents += yaml.load_all(stream, yaml.CSafeLoader)
        return documents

    def boot(self, node: Node) -> None:
        """Switch `node` on, on the LAN."""
        cgroups.create(node.cgroup)
        pid = node.boot(self.processes)
        network.attach(node.name, node.index, pid, [n.index for n in self.nodes if n is not node])
        self.pids[node.name] = pid

    def stop_node(self, name: str) -> None:
        """Crash a node; nothing if it is down already.

        Raises:
            ClusterError: it cannot be.
        """
        node = self.node(name)
        if node.index == 0:
            raise ClusterError(f"{name} carries the control plane; the others can be stopped")
        with self._node_lock:
            if name in self.pids:
                node.crash(self.processes, self.pids.pop(name))
                network.detach(name)

    def start_node(self, name: str) -> None:
        """Bring a node back; nothing if it is up.

        Raises:
            ClusterError: it cannot be.
        """
        node = self.node(name)
        with self._node_lock:
            if name not in self.pids:
                cgroups.remove(node.cgroup)
                self.boot(node)
                node.start(self.processes, self.pids[name])

    def node(self, name: str) -> Node:
        """The node called `name`."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise ClusterError(f"there is no node {name!r}: {', '.join(node.name for node in self.nodes)}")

    def status(self) -> dict[str, object]:
        """What there is to know; process IDs are those of this PID namespace."""
        return {
            "started": self.started.isoformat(timespec="seconds") if self.started else None,
            "binaries": {name: str(value) for name, value in asdict(self.binaries).items()},
            "nodes": {node.name: self.pids.get(node.name) for node in self.nodes},
            "memory_bytes": _memory(),
        }

    def write_kubeconfig(self, config: str) -> None:
        """Write the administrator's."""
        descriptor = os.open(self.state.kubeconfig, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(config)

    def serve(self) -> None:
        """Answer on both sockets."""
        for path, calls in (
            (self.state.socket, {"GET": self.ask, "POST": self.command}),
            (self.state.node_socket, {"POST": self.command_node}),
        ):
            handler = type("Handler", (Handler,), {"calls": calls})
            server = socketserver.ThreadingUnixStreamServer(str(path), handler)
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def serve_images(self) -> None:
        """Be the registry, on the LAN; what it does not have it asks for from outside."""
        listening = socket.create_server((str(network.LAPTOP.ip), REGISTRY_PORT), backlog=64)

        def work() -> None:
            join(f"/proc/self/fd/{self.outside}")
            registry.serve(listening, self.images)

        threading.Thread(target=self.guard, args=(work,), daemon=True).start()

    def ask(self, path: str) -> object:
        """Answer a GET."""
        if path != "/status":
            raise ClusterError(f"there is no {path}")
        return self.status()

    def command(self, path: str) -> object:
        """Answer a POST."""
        if path == "/down":
            os.kill(os.getpid(), signal.SIGTERM)
            return {}
        return self.command_node(path)

    def command_node(self, path: str) -> object:
        """Answer a POST that is about a node."""
        match path.strip("/").split("/"):
            case ["nodes", name, "stop"]:
                self.stop_node(name)
            case ["nodes", name, "start"]:
                self.start_node(name)
            case _:
                raise ClusterError(f"there is no {path}")
        return {}


class Handler(http.server.BaseHTTPRequestHandler):
    """HTTP to and from the supervisor's methods."""

    calls: ClassVar[dict[str, Callable[[str], object]]]

    def do_GET(self) -> None:
        """Answer."""
        self.answer("GET")

    def do_POST(self) -> None:
        """Answer."""
        self.answer("POST")

    def answer(self, method: str) -> None:
        """Call, and send what comes back as JSON, or the message as text."""
        try:
            status, body = HTTPStatus.OK, json.dumps(self.calls[method](self.path))
        except KeyError:
            status, body = HTTPStatus.METHOD_NOT_ALLOWED, f"no {method} here"
        except PreuveError as error:
            status, body = HTTPStatus.BAD_REQUEST, str(error)
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def address_string(self) -> str:
        """A Unix socket's peer has no address."""
        return "local"


def _ready_nodes(server: api.Api) -> int:
    nodes = server.get("/api/v1/nodes") or {"items": []}
    return sum(
        condition["type"] == "Ready" and condition["status"] == "True"
        for node in nodes["items"]
        for condition in node["status"].get("conditions", ())
    )


def _resolves() -> bool:
    return dns.answers(str(network.DNS_SERVICE), "kubernetes.default.svc.cluster.local")


def _memory() -> int:
    """What the cluster's processes use, in bytes: of a page that several share, each counts its part."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it is over
            for line in (process / "smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def binaries_of(facts: dict[str, Any]) -> Binaries:
    """The binaries that an order, or a status, tells of."""
    paths = {name: Path(value) for name, value in facts["binaries"].items() if name != "version"}
    return Binaries(version=facts["binaries"]["version"], **paths)


def main(order: dict[str, Any]) -> None:
    """Be the supervisor that `launch` asked for."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # `run` waits for them; its threads are not disturbed
    state = State(Path(order["state"]))
    owner = socket.socket(fileno=order["owner"])
    held = state.lock()
    if held is None:
        owner.sendall(b'{"busy": true}\n')
        return
    cgroups.remove(f"/{state.name}")
    state.clear()
    state.log.mkdir()
    log = os.open(state.log / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, sys.stderr.fileno())
    binaries = binaries_of(order)
    supervisor = Supervisor(state, binaries, Path(order["images"]), owner, order["outside"])
    supervisor.run()
    end_all()
    cgroups.remove(f"/{state.name}")
    if supervisor.failure is None:
        state.clear()
        state.path.rmdir()
    else:
        state.clear(keep={state.log})
        state.last_words.write_text(supervisor.failure + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
