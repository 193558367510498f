"""A session: a page being played, with its namespace and its shell, until it is closed."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from preuve.cluster.api import RefusedError
from preuve.cluster.discovery import Definitions, custom
from preuve.cluster.kinds import KINDS
from preuve.cluster.objects import Snapshot, foreign, who
from preuve.cluster.programs import lend
from preuve.errors import CommandError, PageError, Where
from preuve.meaning.census import needed, strange
from preuve.meaning.masking import known, mask
from preuve.meaning.spans import Answer
from preuve.page.diagram import parse
from preuve.page.plan import Command
from preuve.page.verbs import awaits, listens, only_starts, reaches
from preuve.play import given, namespace
from preuve.play.actions import attempt, play
from preuve.play.bash import Bash
from preuve.play.diagnose import diagnose
from preuve.play.guest import attend
from preuve.play.observation import Observation, observe
from preuve.play.shell import Background, Result
from preuve.rest.settle import Watcher
from preuve.transcript import Exchange, Transcript, now

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from contextlib import AbstractContextManager

    from preuve.cluster import Cluster
    from preuve.cluster.api import Api
    from preuve.cluster.kinds import Kind
    from preuve.page.plan import Action, Diagram, Plan
    from preuve.play.guest import Visitor
    from preuve.progress import Stage
    from preuve.project import Page


PLAIN = {"KUBERC": "off"}
"""What makes the page's kubectl its own: no file of preferences renames its commands."""

LARGEST = 20_000_000
"""Characters of a page's outputs, all of them: twenty commands that print as much as is kept of one."""


class Session:
    """Where one page is played; it can go on where it stopped when commands were added at the page's end.

    Args:
        cluster: where.
        api: of the cluster, with the rights of an administrator.
        plan: what the page does.

    Raises:
        ClusterError: the cluster refuses the page a place.
        ConfigError: a program that it asks for is not here.
    """

    def __init__(self, cluster: Cluster, api: Api, plan: Plan) -> None:
        self._cluster = cluster
        self._api = api
        self._box = lend(
            cluster.confine(plan.page, exclusive=plan.exclusive), plan.programs, Where(plan.page, 1)
        )
        self._plan = plan
        self._scene: Observation | None = None
        self._public = ""
        self._hidden: frozenset[str] = frozenset()
        self._done: list[Action] = []
        self._exchanges: list[Exchange] = []
        self._size = 0
        self._seconds = 0.0
        self._open = ExitStack()
        try:
            self._namespace = self._open.enter_context(self._have_namespace(plan))
            self._definitions = Definitions(api) if plan.exclusive else None
            self._watcher = Watcher(cluster, self._api, self._namespace.name)
            self._open.callback(self._watcher.close)
            self._shell = self._start_shell()
        except BaseException:
            self._open.close()
            raise

    def _have_namespace(self, plan: Plan) -> AbstractContextManager[namespace.Namespace]:
        if self._cluster.namespace:
            return given.made(self._api, self._cluster.namespace, plan.page)
        return namespace.made(
            self._api,
            plan.page,
            exclusive=plan.exclusive,
            disposable=self._cluster.disposable,
        )

    def _start_shell(self) -> Bash:
        shell = self._open.enter_context(Bash(self._box.environment() | PLAIN, self._box.argv()))
        shell.write(f"{self._box.home}/.kube/config", self._namespace.kubeconfig.encode(), mode=0o600)
        return shell

    def _write_files(self, plan: Plan) -> None:
        for file in plan.files:
            self._shell.write(f"{self._box.directory}/{file.name}", file.content)

    def leads_to(self, plan: Plan) -> bool:
        """Whether `plan` begins with what was played so far, in such a place, so that only the rest is to be.

        The files are all there before the first command, and any command may have looked at any of them. The
        place is none any more once the page's kubectl is about to be nobody's there.
        """
        if _place(plan) != _place(self._plan) or self._api.now() > self._namespace.until:
            return False
        actions = list(plan.actions())[: len(self._done)]
        return list(map(_outcome, actions)) == list(map(_outcome, self._done))

    def play(self, page: Page, stage: Stage) -> Transcript:
        """Play what is left of the page.

        Raises:
            PreuveError: as `preuve.play.actions.play`.
        """
        started = time.monotonic()
        self._speak(page.plan)
        if not self._done:
            self._write_files(page.plan)
        actions = list(page.plan.actions())[len(self._done) :]
        exchanges = play(actions, self, tuple(self._done))
        try:
            for action, exchange in zip(actions, exchanges, strict=True):
                self._take(action, exchange, stage)
        except CommandError as error:
            error.attempt = self._transcript(page, started)
            raise
        return self._transcript(page, started)

    def attempt(self, page: Page, stage: Stage) -> Transcript:
        """Play all of a page's commands, whatever comes of each.

        Raises:
            ClusterError: the cluster was lost.
            CommandError: the outputs are more than anybody reads.
        """
        started = time.monotonic()
        self._speak(page.plan)
        self._write_files(page.plan)
        commands = [action for action in page.plan.actions() if isinstance(action, Command)]
        for command, exchange in zip(commands, attempt(commands, self), strict=True):
            self._take(command, exchange, stage)
        return self._transcript(page, started)

    def _speak(self, plan: Plan) -> None:
        """Take in what the page spells out."""
        self._public = plan.public()
        self._watcher.custom = custom(self._api, self._public)

    def _take(self, action: Action, exchange: Exchange, stage: Stage) -> None:
        """Take down what came of an action.

        Raises:
            CommandError: with it, the outputs are more than anybody reads.
        """
        self._done.append(action)
        self._exchanges.append(exchange)
        self._size += len(exchange.output)
        if self._size > LARGEST:
            raise CommandError(
                f"with this command, the page's outputs come to more than {LARGEST / 1e6:.0f} MB, which "
                "nobody reads: cut them, with `| tail` say, or make two pages of it",
                action.where,
            )
        stage.detail(f"{len(self._done)}: {action.source.partition(chr(10))[0]}")

    def renew(self) -> None:
        """Have a new shell in place of one that ended: files are there again, variables and jobs are not."""
        self._shell = self._start_shell()
        self._write_files(self._plan)

    def _transcript(self, page: Page, started: float) -> Transcript:
        """What came of the page up to here."""
        self._namespace.extend(0)
        self._seconds += time.monotonic() - started
        exchanges = tuple(self._exchanges)
        answers = [Answer(each.output, each.source) for each in exchanges if not each.drawn]
        values = needed(self._watcher.census, answers, self._public)
        return Transcript(page.name, page.key, self._cluster.version, now(), self._seconds, exchanges, values)

    @property
    def namespace(self) -> str:
        """The name of the page's."""
        return self._namespace.name

    def lend(self, guest: Visitor) -> None:
        """Let somebody work in the page's shell until they leave it.

        Raises:
            PreuveError: as `preuve.play.guest.attend`.
        """
        try:
            attend(self._shell, guest, self.namespace)
        finally:
            self._namespace.extend(0)

    def run(self, command: Command) -> Result:
        """See `preuve.play.actions.Runner`."""
        options = command.options
        self._namespace.extend(2 * options.timeout)  # it, then the rest that is waited for after it
        until = re.compile(options.until) if options.until else None
        if self._definitions and self._definitions.settle(options.timeout):
            # What kubectl keeps is no longer so: kinds for six hours (k8s.io/cli-runtime, config_flags.go),
            # their documents until the next second, before which the server tells that it knows no newer
            # ones (kube-aggregator's handleDiscovery: Last-Modified is always now, in whole seconds).
            self._shell.remove(f"{self._box.home}/.kube/cache")
            self._watcher.custom = custom(self._api, self._public)
        source = command.source
        jobs = Background(
            len(list(listens(source))) if "&" in source else 0, only_starts(source), awaits(source)
        )
        return self._shell.run(source, timeout=options.timeout, until=until, tty=options.tty, background=jobs)

    def settle(self, seconds: float, since: Collection[str]) -> bool:
        """See `preuve.play.actions.Runner`."""
        settled = self._watcher.settle(seconds, changed=bool(since), reached=any(map(reaches, since)))
        self._namespace.extend(0)
        return settled

    def _snapshot(self, kinds: Iterable[Kind]) -> Snapshot:
        return Snapshot(
            {"kind": kind.name} | item
            for kind in kinds
            for item in self._api.get(kind.path(self._namespace.name))["items"]
        )

    def draw(self, diagram: Diagram) -> str:
        """See `preuve.play.actions.Runner`."""
        request = parse(diagram.source)
        try:
            snapshot = self._snapshot(request.needed)
        except RefusedError as error:
            if error.code != 403:
                raise
            raise PageError(f"what this fence draws is not to be seen from here: {error}") from None
        self._scene = observe(snapshot, request, self._scene)
        return "".join(f"{item}\n" for item in self._scene.items)

    def diagnose(self) -> str:
        """See `preuve.play.actions.Runner`."""
        return "\n".join(filter(None, (diagnose(self._api, self._namespace.name), *self._unenforced())))

    def publish(self, output: str) -> str:
        """See `preuve.play.actions.Runner`."""
        if output and "secret" in self._public.lower():  # else it made none, and 3 ms are spared
            kind = KINDS["Secret"]
            path = f"{kind.api}/{kind.plural}" if self._plan.exclusive else kind.path(self._namespace.name)
            self._hidden |= known(self._api.get(path)["items"])  # those of before too: it may have kept one
        shown = mask(output, self._public, self._hidden)
        if strange(shown, self._public, self._watcher.census):
            self._watcher.look()
        return shown

    def notes(self) -> list[str]:
        """What an author should know of a page that was played to its end: a sentence each, and its place."""
        notes = self._unenforced()
        if "finalizers" in self._public:  # else nobody put any, and a list of all there is is spared
            for _, obj in namespace.held(self._api, self._namespace.name):
                name, finalizer = obj["metadata"]["name"], foreign(obj)[0]
                notes.append(
                    f"{self._last_about(name)}: {who(obj)} is left being deleted, held by its finalizer "
                    f"{finalizer}: nobody takes it away but the page. Its namespace cannot go by itself"
                )
        return notes

    def _unenforced(self) -> list[str]:
        """Say that a NetworkPolicy of the page changes nothing, or may not: the API server takes any."""
        kind = "NetworkPolicy"
        files = [file.name for file in self._plan.files if kind.encode() in file.content]
        about = [action for action in self._done if any(each in action.source for each in (kind, *files))]
        if not about or self._cluster.enforces:
            return []
        none = "nothing on this cluster enforces it: what is shown is as if there were none"
        unknown = "whether this cluster enforces it is not known: its network plugin does, or does not"
        meaning = unknown if self._cluster.enforces is None else none
        return [f"{about[0].where}: {kind}: {meaning}"]

    def _last_about(self, name: str) -> Where:
        """Where the page last speaks of an object by its name; its last command if it never does."""
        about = [action for action in self._done if name in action.source]
        return (about or self._done)[-1].where

    def close(self) -> None:
        """End the shell and what came from it, delete the namespace."""
        self._open.close()


def _place(plan: Plan) -> tuple[object, ...]:
    """What makes two plans be played in the same place."""
    return (plan.page, plan.exclusive, plan.programs, set(plan.files))


def _outcome(action: Action) -> tuple[object, ...]:
    """What makes two actions the same in a session: where they stand does not count."""
    return (type(action), action.source, action.options)
