"""The embedded cluster as its users see it: find it, have one for a while, start it, end it."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from preuve.cluster.box import Box, uid_of
from preuve.cluster.embedded import (
    additions,
    binaries,
    containers,
    images,
    launch,
    netns,
    places,
    proxy,
    remains,
    requirements,
)
from preuve.cluster.embedded.state import StateFolder
from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from preuve.cluster.embedded.additions import Addition
    from preuve.cluster.embedded.binaries import Binaries
    from preuve.cluster.report import Report, Route
    from preuve.progress import Progress

ANSWER_LIMIT = 30.0
"""Seconds for the supervisor to answer: a node's start is the longest of what it is asked for."""

NODES = "/etc/preuve-nodes.sock"
"""Where an exclusive page finds the socket by which it may stop and start nodes."""

OTHER_LIMIT = 120.0
"""Seconds to wait for a cluster that another process is starting or ending."""


@dataclass(frozen=True, slots=True)
class EmbeddedCluster:
    """A cluster that runs."""

    binaries: Binaries
    nodes: tuple[str, ...]
    started: str
    """When it could be used: ISO 8601, UTC."""
    pid: int
    """Its supervisor's."""
    images: str
    """The store that its registry serves."""
    profile: str
    """What it stands in for (`profiles.of`); empty if it is as it comes."""
    _state: StateFolder
    disposable: ClassVar = True
    namespace: ClassVar = ""
    enforces: ClassVar = False
    """Its network plugins know no NetworkPolicy."""

    @property
    def version(self) -> str:
        """Of Kubernetes, as it says it itself: ``v1.37.2``."""
        return self.binaries.version

    @property
    def state(self) -> Path:
        """The directory that it keeps its things in, 0700."""
        return self._state.path

    @property
    def kubeconfig(self) -> Path:
        """The administrator's, 0600."""
        return self._state.kubeconfig

    @property
    def kubectl(self) -> Path:
        """Of the cluster's own version."""
        return self.binaries.kubectl

    def confine(self, page: str, *, exclusive: bool) -> Box:
        """A user and a network of the page's own; of an exclusive one, also what stops and starts nodes."""
        return Box(
            uid=uid_of(page),
            network=Path(self.network_path()),
            programs={"kubectl": self.kubectl, "preuve": places.SOURCES / "bin" / "preuve"},
            shown={NODES: self._state.node_socket} if exclusive else {},
            variables={"PREUVE_NODES": NODES},
        )

    def network_path(self, node: str | None = None) -> str:
        """The file of a network namespace, as nsenter(1) takes it.

        Args:
            node: whose; unless given, the laptop's, on the nodes' LAN.

        Raises:
            ClusterError: there is no such node, or it is down.
        """
        if node is None:
            return f"/proc/{self.pid}/ns/net"
        pid = _ask(self._state, "GET", "/status")["nodes"].get(node)  # another one since it was last started
        if pid is None:
            raise ClusterError(f"node {node!r} is not running: see `preuve cluster status`")
        return f"/proc/{self.pid}/root/proc/{pid}/ns/net"

    def network(self, node: str | None = None) -> AbstractContextManager[None]:
        """Be on the laptop's network, or a node's, during the block: the calling thread, and what it starts.

        Raises:
            ClusterError: as `network_path`.
        """
        return netns.joined(self.network_path(node))

    def routes(self, node: str) -> frozenset[Route]:
        """What the kube-proxy of a node has programmed.

        Raises:
            ClusterError: as `network_path`.
        """
        with self.network(node):
            return proxy.routes()

    def reports(self, pods: Iterable[Mapping[str, Any]]) -> dict[str, Report | None]:
        """Ask the nodes themselves about some Pods, by their names; None of a node that is down.

        Raises:
            ClusterError: the cluster has ended.
        """
        asked = list(pods)
        return {
            name: pid
            and containers.report(
                Path(f"/proc/{self.pid}/root/proc/{pid}/root"),
                (pod for pod in asked if pod["spec"].get("nodeName") == name),
            )
            for name, pid in _ask(self._state, "GET", "/status")["nodes"].items()
        }

    def packages(self) -> dict[str, dict[str, str]]:
        """What its images are about, as `images.packages` has it: by image, Debian's versions."""
        return images.packages(Path(self.images))

    def gone(self) -> str:
        """Why it can be played on no more, if it has ended; else nothing."""
        if supervisor(self._state) == self.pid:
            return ""
        return f"the cluster ended while pages were played on it{self._state.epitaph()}: play them again"

    def off(self) -> tuple[str, ...]:
        """The nodes that are switched off."""
        nodes = _ask(self._state, "GET", "/status")["nodes"]
        return tuple(name for name, pid in nodes.items() if pid is None)

    def memory(self) -> int:
        """What its processes use, in bytes; of what several share, each counts its part."""
        return int(_ask(self._state, "GET", "/memory"))

    def stop_node(self, name: str) -> None:
        """Crash a node, as a power cut would.

        Raises:
            ClusterError: there is no such node, or it carries the control plane.
        """
        _ask(self._state, "POST", f"/nodes/{name}/stop")

    def start_node(self, name: str) -> None:
        """Switch a node on again; it is Ready a few seconds later.

        Raises:
            ClusterError: there is no such node, or it did not come up.
        """
        _ask(self._state, "POST", f"/nodes/{name}/start")


@dataclass(frozen=True, slots=True)
class EmbeddedBackend:
    """As many clusters as this machine has room for."""

    kubernetes: str = binaries.DEFAULT
    """Their minor, one of `binaries.VERSIONS`."""
    additions: tuple[Addition, ...] = ()
    """The images that they have beside their own."""
    profile: str = ""
    """What they stand in for."""
    refusal: ClassVar = ""

    def start(self, progress: Progress) -> EmbeddedCluster:
        """The running cluster, else a new one; it stays behind.

        Args:
            progress: shows the stages of a start.

        Raises:
            ClusterError: it cannot run here, or did not come up; or one of another version, with other
                images, or that stands in for something else, is running.
            ConfigError: one of `additions` cannot be had.
        """
        with self._had(StateFolder.of_project(), progress, stays=True) as cluster:
            return cluster

    def shared(self, progress: Progress) -> AbstractContextManager[EmbeddedCluster]:
        """The running cluster, else a new one: that ends with the block, or this process, however that ends.

        It takes and raises what `start` does.
        """
        return self._had(StateFolder.of_project(), progress, stays=False)

    def own(self, progress: Progress) -> AbstractContextManager[EmbeddedCluster]:
        """A new cluster, which nobody else finds; it ends, takes and raises as `shared` does."""
        return self._had(StateFolder.new(), progress, stays=False)

    def room(self) -> bool:
        """Whether this machine has what one more takes."""
        return not any(requirements.problems())

    @contextmanager
    def _had(self, state: StateFolder, progress: Progress, *, stays: bool) -> Iterator[EmbeddedCluster]:
        _reap()
        end = time.monotonic() + OTHER_LIMIT
        while time.monotonic() < end:
            if cluster := find(state):
                if cluster.version != f"v{binaries.VERSIONS.get(self.kubernetes)}":
                    raise ClusterError(
                        f"a cluster of Kubernetes {cluster.version} is running, not of {self.kubernetes}: "
                        "`preuve cluster down` ends it"
                    )
                if cluster.profile != self.profile:
                    raise ClusterError(
                        f"the cluster that is running {_stands(cluster.profile)}, and is wanted to be one "
                        f"that {_stands(self.profile)}: `preuve cluster down` ends it"
                    )
                own = images.identity(coredns=cluster.binaries.coredns)
                if not additions.within(Path(cluster.images), own, self.additions):
                    raise ClusterError(
                        "the cluster that is running has other images than this project states: "
                        "`preuve cluster down` ends it, `preuve cluster up` here starts one with these"
                    )
                yield cluster
                return
            programs, store = requirements.check(self.kubernetes, progress)
            if self.additions:
                with progress.stage("images of your own"):
                    store = additions.extended(store, self.additions)
            with launch.supervisor(state, programs, store, self.profile, stays=stays) as owner:
                if _follow(owner, progress) and (cluster := find(state)):
                    yield cluster
                    return
            time.sleep(0.1)  # another process is starting one, or ending one
        raise ClusterError(
            f"another process has been starting or ending the cluster for {OTHER_LIMIT:.0f} s; "
            "`preuve cluster down` ends it"
        )


def find(state: StateFolder | None = None) -> EmbeddedCluster | None:
    """The cluster of this project, if it runs and can be used.

    Args:
        state: another cluster's.
    """
    state = state or StateFolder.of_project()
    pid = supervisor(state)
    status = _ask(state, "GET", "/status") if pid else None
    if not pid or not status or not status["started"]:
        return None
    programs = launch.binaries(status["binaries"])
    known = (programs, tuple(status["nodes"]), status["started"], pid, status["images"], status["profile"])
    return EmbeddedCluster(*known, state)


def down() -> bool:
    """End the clusters of this project; reap what killed ones left.

    Returns:
        whether there was anything.

    Raises:
        ClusterError: one could not be ended.
    """
    ended = [_down(state) for state in _states()]
    return any(ended)


def there() -> bool:
    """Whether `down` has anything to end or to reap."""
    return any(state.path.exists() for state in _states())


def _states() -> list[StateFolder]:
    return [StateFolder.of_project(), *StateFolder.others()]


def _reap() -> None:
    """Remove what is left of clusters that only their owners knew, and that were killed."""
    for state in StateFolder.others():
        if (held := state.lock()) is not None:
            remains.remove(state)
            os.close(held)


def _down(state: StateFolder) -> bool:
    if not state.path.exists():
        return False
    end = time.monotonic() + OTHER_LIMIT
    while (held := state.lock()) is None:
        if pid := supervisor(state):
            _end(pid)
        elif time.monotonic() > end:
            raise ClusterError(f"{state.path} is in use, but no supervisor answers there")
        time.sleep(0.01)  # it has just gone, or has just come
    remains.remove(state)
    os.close(held)
    return True


def _stands(profile: str) -> str:
    return f"stands in for {profile}" if profile else "is as it comes"


def _follow(owner: socket.socket, progress: Progress) -> bool:
    """Show a start.

    Returns:
        whether the cluster can be used; if not, another process has it.

    Raises:
        ClusterError: it did not come up.
    """
    log = []

    def end() -> None:
        with suppress(OSError):  # it has ended
            owner.shutdown(socket.SHUT_WR)  # without `LET_GO`: the supervisor ends, and with it the lines

    with progress.ended_by(end), ExitStack() as stage, owner.makefile(encoding="utf-8") as lines:
        for line in lines:
            match launch.news(line):
                case {"stage": str(name)}:
                    stage.close()
                    stage.enter_context(progress.stage(name))
                case {"ready": True}:
                    return True
                case {"busy": True}:
                    return False
                case {"failed": message}:
                    raise ClusterError(f"the cluster did not come up: {message}")
                case _:
                    log.append(line)
        raise ClusterError(f"the cluster's supervisor did not come up. It said:\n{''.join(log).strip()}")


def _ask(state: StateFolder, method: str, path: str) -> Any:  # noqa: ANN401 - JSON
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(ANSWER_LIMIT)
        try:
            client.connect(str(state.socket))
            client.sendall(f"{method} {path} HTTP/1.0\r\n\r\n".encode())
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        except OSError as error:
            raise ClusterError(
                f"the cluster's supervisor does not answer: {error}{state.epitaph()}"
            ) from None
    # http.client would do this, for 50 ms of imports in every call of the command line
    head, _, body = answer.decode().partition("\r\n\r\n")
    if head.split()[1:2] != ["200"]:
        raise ClusterError(body or f"the cluster's supervisor ended while it was asked{state.epitaph()}")
    return json.loads(body)


def supervisor(state: StateFolder) -> int | None:
    """The process that answers on the state directory's socket, if any: the kernel knows who listens."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(ANSWER_LIMIT)
        try:
            client.connect(str(state.socket))
        except (FileNotFoundError, ConnectionRefusedError, PermissionError):
            return None  # none, or another user's
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[0])


def _end(pid: int) -> None:
    """Tell a supervisor to end, and wait until it has; kill it if it does not."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        for order in (signal.SIGTERM, signal.SIGKILL):
            signal.pidfd_send_signal(process, order)
            if select.select([process], [], [], launch.END_LIMIT)[0]:
                return
    except ProcessLookupError:
        return
    finally:
        os.close(process)
    raise ClusterError(f"the cluster's supervisor, process {pid}, does not end")
