"""A session: a page being played, with its namespace, its directory and its shell, until it is closed."""

from __future__ import annotations

import re
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from kubernetes import client, config

from preuve import namespace
from preuve.api import Api
from preuve.diagram import WORDS, Drawing, draw, parse
from preuve.errors import CommandError
from preuve.kinds import KINDS, Kind
from preuve.objects import Snapshot
from preuve.play import play
from preuve.rest import moving
from preuve.shell import REAPER, Bash, Result
from preuve.strings import strings
from preuve.transcript import Exchange, Transcript, now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from preuve.cluster.embedded.cluster import EmbeddedCluster
    from preuve.plan import Action, Command, Diagram, Plan
    from preuve.progress import Stage
    from preuve.project import Page

WATCHED = [KINDS[name] for name in ("Deployment", "ReplicaSet", "ReplicationController", "Pod", "Node")]


class Session:
    """Where one page is played; it can go on where it stopped when commands were added at the page's end.

    Args:
        cluster: where.
        plan: what the page does.
        language: the site's.

    Raises:
        ClusterError: the cluster refuses the page a place.
    """

    def __init__(self, cluster: EmbeddedCluster, plan: Plan, language: str) -> None:
        self._words = WORDS[strings(language).language]
        self._drawing: Drawing | None = None
        self._cluster = cluster
        self._done: list[Action] = []
        self._exchanges: list[Exchange] = []
        self._seconds = 0.0
        self._open = ExitStack()
        try:
            self._open_all(plan)
        except BaseException:
            self._open.close()
            raise

    def _open_all(self, plan: Plan) -> None:
        private = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="preuve-")))
        self._directory = private / "cours"
        self._directory.mkdir()
        self._open.enter_context(self._cluster.network())
        configuration = client.Configuration()
        config.load_kube_config(  # type: ignore[no-untyped-call]  # it has no types
            str(self._cluster.kubeconfig), client_configuration=configuration
        )
        self._api = self._open.enter_context(client.ApiClient(configuration))
        self._objects = self._open.enter_context(Api(self._cluster.kubeconfig, self._cluster.network))
        self.namespace = self._open.enter_context(
            namespace.made(self._api, plan.page, private, exclusive=plan.exclusive)
        )
        path = f"{self._cluster.binaries.kubectl.parent}:/usr/local/bin:/usr/bin:/bin"
        environment = {
            "PATH": path,
            "HOME": str(self._directory),
            "KUBECONFIG": str(self.namespace.kubeconfig),
            "KUBERC": "off",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
        }
        under = ("nsenter", f"--net={self._cluster.network_path()}", *REAPER)
        self._shell = self._open.enter_context(Bash(environment, self._directory, under))

    def leads_to(self, plan: Plan) -> bool:
        """Whether what was played so far is how `plan` begins, so that only the rest is to be played."""
        actions = list(plan.actions())
        return [_outcome(action) for action in actions[: len(self._done)]] == list(map(_outcome, self._done))

    def play(self, page: Page, stage: Stage) -> Transcript:
        """Play what is left of the page.

        Raises:
            PreuveError: as `preuve.play.play`.
        """
        started = time.monotonic()
        for file in page.plan.files:
            (self._directory / file.name).write_bytes(file.content)
        actions = list(page.plan.actions())[len(self._done) :]
        for action, exchange in zip(actions, play(actions, self), strict=True):
            self._done.append(action)
            self._exchanges.append(exchange)
            stage.detail(f"{len(self._done)}: {action.source.partition(chr(10))[0]}")
        self._seconds += time.monotonic() - started
        return Transcript(
            page.name, page.key, self._cluster.version, now(), self._seconds, tuple(self._exchanges)
        )

    def run(self, command: Command) -> Result:
        """See `preuve.play.Stage`."""
        options = command.options
        until = re.compile(options.until) if options.until else None
        return self._shell.run(command.source, timeout=options.timeout, until=until, tty=options.tty)

    def settle(self, seconds: float) -> None:
        """See `preuve.play.Stage`."""
        end = time.monotonic() + seconds
        since: dict[tuple[str, str, str], float] = {}
        while True:
            at = time.monotonic()
            motions = moving(self._snapshot(WATCHED))
            since = {key: since.get(key, at) for key in ((m.who, m.why, m.of) for m in motions)}
            motions = tuple(m for m in motions if at - since[m.who, m.why, m.of] < m.patience)
            if not motions:
                return
            if at > end:
                raise CommandError("the namespace does not settle:\n" + "\n".join(map(str, motions)))
            time.sleep(0.1)

    def _snapshot(self, kinds: Iterable[Kind]) -> Snapshot:
        return Snapshot(
            {"kind": kind.name} | item
            for kind in kinds
            for item in self._objects.get(kind.path(self.namespace.name))["items"]
        )

    def draw(self, diagram: Diagram) -> str:
        """See `preuve.play.Stage`."""
        request = parse(diagram.source)
        self._drawing = draw(self._snapshot(request.needed), request, self._drawing, self._words)
        return self._drawing.text + "\n"

    def diagnose(self) -> str:
        """See `preuve.play.Stage`."""
        return ""

    def publish(self, output: str) -> str:
        """See `preuve.play.Stage`."""
        return output

    def close(self) -> None:
        """End the shell and what came from it, delete the namespace and the files."""
        self._open.close()


def _outcome(action: Action) -> tuple[object, ...]:
    """What makes two actions the same in a session: where they stand does not count."""
    return (type(action), action.source, action.options)
