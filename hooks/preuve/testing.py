"""Fakes, for the tests of whoever builds on preuve: what they answer needs no cluster."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

from preuve.cluster.box import Box
from preuve.errors import ClusterError, CommandError, PreuveError, Where
from preuve.page.plan import Command
from preuve.transcript import Exchange, Transcript, now

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from preuve.cluster.objects import Object
    from preuve.cluster.report import Report, Route
    from preuve.progress import Progress
    from preuve.project import Page
    from preuve.run import Run


@dataclass
class FakePlayer:
    """Answers every command with `output`; fails the pages it is told to; has no cluster if it is told so."""

    output: str = "pod/web created\n"
    exit: int = 0
    failing: frozenset[str] = frozenset()
    cluster: bool = True
    version: str = "v1.37.2"
    seconds: float = 1.0
    played: list[str] = field(default_factory=list)
    run: Run | None = None

    def play(self, pages: Sequence[Page]) -> Iterator[tuple[Page, Transcript | PreuveError]]:
        """As `preuve.play.player.Player.play`."""
        if not self.cluster:
            raise ClusterError("no binaries: run `preuve cluster build`")
        for page in pages:
            self.played.append(page.name)
            if page.name in self.failing:
                yield page, CommandError("exit code 1", Where(page.name, 2))
            else:
                exchanges = tuple(
                    Exchange(
                        action.source, self.output, self.exit, 0.1, drawn=not isinstance(action, Command)
                    )
                    for action in page.plan.actions()
                )
                yield page, Transcript(page.name, page.key, self.version, now(), self.seconds, exchanges)


@dataclass(frozen=True)
class FakeCluster:
    """For pages that need no cluster: their kubectl says what it was asked, their bash is a real one."""

    kubeconfig: Path
    version: ClassVar = "v1.37.2"
    nodes: ClassVar = ()
    disposable: ClassVar = True
    namespace: ClassVar = ""
    enforces: ClassVar = None

    def packages(self) -> Mapping[str, Mapping[str, str]]:
        """Nothing: there are no images."""
        return {}

    def confine(self, page: str, *, exclusive: bool) -> Box:  # noqa: ARG002 - see Cluster
        """A box with `echo` for a kubectl."""
        return Box(programs={"kubectl": Path("/bin/echo")})

    def network(self, node: str | None = None) -> AbstractContextManager[None]:  # noqa: ARG002
        """Stay where one is."""
        return nullcontext()

    def network_path(self, node: str | None = None) -> None:
        """Tell that there is none."""

    def routes(self, node: str) -> frozenset[Route]:  # noqa: ARG002 - see Cluster
        """Nothing: there are no nodes."""
        return frozenset()

    def reports(self, pods: Iterable[Object]) -> Mapping[str, Report | None]:  # noqa: ARG002
        """Nothing: there are no nodes."""
        return {}

    def gone(self) -> str:
        """Nothing: it does not end."""
        return ""


@dataclass
class FakeBackend:
    """Gives `FakeCluster`; what is asked of their API is in `asked`."""

    refusal: str = ""
    asked: list[str] = field(default_factory=list)
    granted: timedelta = timedelta(days=7)
    """How long the token of a page is one."""
    there: dict[str, object] = field(default_factory=dict)
    """What is on the cluster from the start, by path."""

    @contextmanager
    def shared(self, progress: Progress) -> Iterator[FakeCluster]:  # noqa: ARG002 - nothing takes time
        """A cluster whose API server keeps what it is given."""
        with _Server(("127.0.0.1", 0), _Api) as server, TemporaryDirectory() as folder:
            server.asked, server.kept, server.granted = self.asked, {**self.there}, self.granted
            threading.Thread(target=server.serve_forever, daemon=True).start()
            kubeconfig = Path(folder, "kubeconfig")
            kubeconfig.write_text(yaml.safe_dump(_kubeconfig(f"http://127.0.0.1:{server.server_port}")))
            try:
                yield FakeCluster(kubeconfig)
            finally:
                server.shutdown()

    own = shared

    def room(self) -> bool:
        """Always."""
        return True


def _kubeconfig(server: str) -> dict[str, Any]:
    return {
        "clusters": [{"name": "fake", "cluster": {"server": server}}],
        "users": [{"name": "fake", "user": {}}],
        "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
        "current-context": "fake",
    }


class _Server(ThreadingHTTPServer):
    asked: list[str]
    kept: dict[str, object]
    """What was made, by path."""
    granted: timedelta


class _Api(BaseHTTPRequestHandler):
    """Keeps objects by path; lists are empty, a namespace is there if it was made."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        missing = re.fullmatch("/api/v1/namespaces/[^/]+", path) and path not in self.server.kept
        empty = {"items": [], "metadata": {"resourceVersion": "1"}}
        self._answer(self.server.kept.get(path, empty), 404 if missing else 200)

    def do_POST(self) -> None:
        made = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        meta = made["metadata"] = {"name": "", "uid": str(len(self.server.asked)), **made.get("metadata", {})}
        end = f"{datetime.now(UTC) + self.server.granted:%Y-%m-%dT%H:%M:%SZ}"
        # Whatever is asked for.
        made["status"] = {"allowed": True, "token": "fake", "expirationTimestamp": end}
        self.server.kept[f"{self.path}/{meta['name']}"] = made
        self._answer(made, 201)

    def do_DELETE(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(self.server.kept.pop(self.path.partition("?")[0], {}), 200)

    def _answer(self, body: object, code: int) -> None:
        self.server.asked.append(f"{self.command} {self.path} {code}")
        content = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass
