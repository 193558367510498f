"""A session: a page being played, with its namespace and its shell, until it is closed."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from preuve import namespace
from preuve.box import Box, uid_of
from preuve.cluster.embedded.binaries import SOURCES
from preuve.cluster.embedded.cluster import EmbeddedCluster
from preuve.diagnose import diagnose
from preuve.diagram import WORDS, Drawing, draw, parse
from preuve.kinds import KINDS
from preuve.nodes import given_back
from preuve.objects import Snapshot
from preuve.play import play
from preuve.prompt import attend
from preuve.secrets import known, mask
from preuve.settle import Watcher
from preuve.shell import Bash, Result
from preuve.stock import kept
from preuve.strings import strings
from preuve.transcript import Exchange, Transcript, now

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from preuve.api import Api
    from preuve.cluster import Cluster
    from preuve.kinds import Kind
    from preuve.plan import Action, Command, Diagram, File, Plan
    from preuve.progress import Stage
    from preuve.project import Page
    from preuve.prompt import Visitor


NODES = "/etc/preuve-nodes.sock"
"""Where an exclusive page finds the socket by which it may stop and start nodes."""


class Session:
    """Where one page is played; it can go on where it stopped when commands were added at the page's end.

    Args:
        cluster: where.
        api: of the cluster, with the rights of an administrator.
        plan: what the page does.
        language: the site's.

    Raises:
        ClusterError: the cluster refuses the page a place.
    """

    def __init__(self, cluster: Cluster, api: Api, plan: Plan, language: str) -> None:
        self._cluster = cluster
        self._api = api
        self._box = boxed(cluster, plan)
        self._exclusive = plan.exclusive
        self._words = WORDS[strings(language).language]
        self._drawing: Drawing | None = None
        self._public = ""
        self._hidden: frozenset[str] = frozenset()
        self._files: set[File] = set()
        self._done: list[Action] = []
        self._exchanges: list[Exchange] = []
        self._seconds = 0.0
        self._open = ExitStack()
        try:
            self._namespace = self._open.enter_context(self._have_namespace(plan))
            if plan.exclusive and isinstance(cluster, EmbeddedCluster):
                self._open.enter_context(kept(self._api, self._namespace.name))
                self._open.enter_context(given_back(cluster, self._api))
            self._watcher = Watcher(cluster, self._api, self._namespace.name)
            self._open.callback(self._watcher.close)
            self._shell = self._open.enter_context(Bash(surroundings(self._box), under=self._box.argv()))
            config = f"{self._box.home}/.kube/config"
            self._shell.write(config, self._namespace.kubeconfig.encode(), mode=0o600)
        except BaseException:
            self._open.close()
            raise

    def _have_namespace(self, plan: Plan) -> AbstractContextManager[namespace.Namespace]:
        return namespace.made(
            self._api,
            plan.page,
            exclusive=plan.exclusive,
            disposable=isinstance(self._cluster, EmbeddedCluster),
        )

    def leads_to(self, plan: Plan) -> bool:
        """Whether what was played so far is how `plan` begins, so that only the rest is to be played."""
        actions = list(plan.actions())[: len(self._done)]
        same = list(map(_outcome, actions)) == list(map(_outcome, self._done))
        return same and self._files <= set(plan.files)

    def play(self, page: Page, stage: Stage) -> Transcript:
        """Play what is left of the page.

        Raises:
            PreuveError: as `preuve.play.play`.
        """
        started = time.monotonic()
        self._public = page.plan.public()
        for file in page.plan.files:
            if file not in self._files:
                self._shell.write(f"{self._box.directory}/{file.name}", file.content)
                self._files.add(file)
        actions = list(page.plan.actions())[len(self._done) :]
        for action, exchange in zip(actions, play(actions, self), strict=True):
            self._done.append(action)
            self._exchanges.append(exchange)
            stage.detail(f"{len(self._done)}: {action.source.partition(chr(10))[0]}")
        self._seconds += time.monotonic() - started
        exchanges = tuple(self._exchanges)
        return Transcript(page.name, page.key, self._cluster.version, now(), self._seconds, exchanges)

    @property
    def namespace(self) -> str:
        """The name of the page's."""
        return self._namespace.name

    def lend(self, guest: Visitor) -> None:
        """Let somebody work in the page's shell until they leave it.

        Raises:
            PreuveError: as `preuve.prompt.attend`.
        """
        attend(self._shell, guest, self.namespace)

    def run(self, command: Command) -> Result:
        """See `preuve.play.Stage`."""
        options = command.options
        until = re.compile(options.until) if options.until else None
        return self._shell.run(command.source, timeout=options.timeout, until=until, tty=options.tty)

    def settle(self, seconds: float) -> bool:
        """See `preuve.play.Stage`."""
        return self._watcher.settle(seconds)

    def _snapshot(self, kinds: Iterable[Kind]) -> Snapshot:
        return Snapshot(
            {"kind": kind.name} | item
            for kind in kinds
            for item in self._api.get(kind.path(self._namespace.name))["items"]
        )

    def draw(self, diagram: Diagram) -> str:
        """See `preuve.play.Stage`."""
        request = parse(diagram.source)
        self._drawing = draw(self._snapshot(request.needed), request, self._drawing, self._words)
        return self._drawing.text + "\n"

    def diagnose(self) -> str:
        """See `preuve.play.Stage`."""
        return diagnose(self._api, self._namespace.name)

    def publish(self, output: str) -> str:
        """See `preuve.play.Stage`."""
        if output and "secret" in self._public.lower():  # else it made none, and 3 ms are spared
            kind = KINDS["Secret"]
            path = f"{kind.api}/{kind.plural}" if self._exclusive else kind.path(self._namespace.name)
            self._hidden |= known(self._api.get(path)["items"])  # those of before too: it may have kept one
        return mask(output, self._public, self._hidden)

    def close(self) -> None:
        """End the shell and what came from it, delete the namespace."""
        self._open.close()


def boxed(cluster: Cluster, plan: Plan) -> Box:
    """What a page's commands are confined to: on the embedded cluster, a user and a network of their own."""
    if not isinstance(cluster, EmbeddedCluster):
        return Box()
    programs = {"kubectl": cluster.binaries.kubectl, "preuve": SOURCES / "bin" / "preuve"}
    shown = {NODES: cluster.node_socket} if plan.exclusive else {}
    network = Path(cluster.network_path())
    return Box(uid=uid_of(plan.page), network=network, programs=programs, shown=shown)


def surroundings(box: Box) -> dict[str, str]:
    """The environment of a page's commands."""
    return box.environment() | {"KUBERC": "off", "PREUVE_NODES": NODES}


def _outcome(action: Action) -> tuple[object, ...]:
    """What makes two actions the same in a session: where they stand does not count."""
    return (type(action), action.source, action.options)
