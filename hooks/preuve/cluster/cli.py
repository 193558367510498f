"""The command line of the embedded cluster: `preuve cluster`."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from preuve.cluster.embedded import additions, binaries, images, netns, requirements
from preuve.cluster.embedded import cluster as embedded
from preuve.cluster.embedded.state import StateFolder
from preuve.errors import ClusterError
from preuve.progress import Progress
from preuve.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TERMINAL = ("COLUMNS", "EDITOR", "KUBE_EDITOR", "LANG", "LC_ALL", "LINES", "TERM", "TZ", "VISUAL")
"""What `preuve cluster kubectl` hands on of the environment."""

INTERRUPTED = 130
"""What a shell says of a command that Ctrl-C ended: no page is wrong, and nothing is missing."""


@click.group()
def cluster() -> None:
    """A real Kubernetes cluster on this machine, disposable.

    It takes Linux and root, and no Docker.
    """


@cluster.command()
@click.option(
    "--kubernetes",
    metavar="MINOR",
    type=click.Choice(list(binaries.VERSIONS)),
    default=(binaries.DEFAULT,),
    show_default=True,
    multiple=True,
    help=f"Version of Kubernetes: {' or '.join(binaries.VERSIONS)}; may be given several times.",
)
def build(kubernetes: tuple[str, ...]) -> None:
    """Compile Kubernetes and build the images, once.

    The next time there is nothing to do. What this machine lacks for it is told first, all of it. It takes 6
    GB of disk for a while, and leaves 0.6 (and Go's modules). To keep what Go compiles for later builds, 3.8
    GB, set GOCACHE to a folder.

    Example: preuve cluster build --kubernetes 1.36
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - not for `kubectl` and the others

    kept = "nothing half-built is left; what Go has compiled is kept, and the next build goes on from there"
    with _interruptible(kept), Progress() as progress:
        requirements.check_build(kubernetes, progress)
        built = binaries.build(kubernetes, progress)
        with ThreadPoolExecutor(1) as aside:  # it waits for the disk, the images for the processor
            dropping = aside.submit(binaries.drop, progress)
            store = images.build(progress, coredns=built[0].coredns)
            dropping.result()
    for programs in built:
        click.echo(f"Kubernetes {programs.version} in {programs.server.parent}, images in {store}")


@cluster.command()
@click.option(
    "--kubernetes",
    metavar="MINOR",
    type=click.Choice(list(binaries.VERSIONS)),
    help=f"Version of Kubernetes: {' or '.join(binaries.VERSIONS)}; what mkdocs.yml states unless given.",
)
@click.option(
    "--recipes",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Images of your own; those of the file in extra.preuve.recipes of mkdocs.yml unless given.",
)
@click.pass_obj
def up(stated: Callable[[], Settings] | None, kubernetes: str | None, recipes: str | None) -> None:
    """Start the cluster and leave it running.

    It has what mkdocs.yml states, in a project, and every later command of the project uses it.

    Example: preuve cluster up
    """
    settings = stated() if stated else Settings()
    if settings.recipes and recipes is None:
        recipes = str(settings.root / settings.recipes)
    added = additions.load(Path(), recipes) if recipes else ()
    backend = embedded.EmbeddedBackend(kubernetes or settings.kubernetes, added, settings.profile)
    with _interruptible("nothing is left of what was started"), Progress() as progress:
        running = backend.start(progress)
    click.echo(f"Kubernetes {running.version} is up; try `preuve cluster kubectl get nodes`")


@cluster.command()
def down() -> None:
    """End the cluster, and leave nothing of it.

    Example: preuve cluster down
    """
    found = embedded.there()
    if found:
        with (
            _interruptible("`preuve cluster down` again ends what is left"),
            Progress() as progress,
            progress.stage("end the cluster"),
        ):
            found = embedded.down()
    click.echo("the cluster is gone" if found else "no cluster was running")


@cluster.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for a program.")
def status(as_json: bool) -> None:
    """Say whether the cluster runs, and what it is.

    Exit code 0 if it does, else 1.

    Example: preuve cluster status --json
    """
    running = embedded.find()
    state = StateFolder.of_project()
    facts = {
        "running": running is not None,
        "version": running.version if running else None,
        "pid": running.pid if running else None,
        "nodes": list(running.nodes) if running else [],
        "off": list(running.off()) if running else [],
        "kubeconfig": str(running.kubeconfig) if running else None,
        "started": running.started if running else None,
        "memory_bytes": running.memory() if running else None,
        "state_dir": str(state.path),
    }
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    elif running:
        off = running.off()
        rows = {
            "version": running.version,
            "age": _age(running.started),
            "nodes": ", ".join(f"{name} (off)" if name in off else name for name in running.nodes),
            "memory": f"{running.memory() / 1e9:.1f} GB",
            "supervisor": f"process {running.pid}",
            "kubeconfig": running.kubeconfig,
            "state": state.path,
        }
        for name, value in rows.items():
            click.echo(f"{name:12}{value}")
    else:
        click.echo(f"no cluster is running{state.epitaph()}")
    if not running:
        raise click.exceptions.Exit(1)


def _age(started: str) -> str:
    """How long ago that was, as kubectl says it: in the largest unit that is not too coarse."""
    seconds = int((datetime.now(UTC) - datetime.fromisoformat(started)).total_seconds())
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


class _Verbatim(click.Command):
    """A command that hands its arguments on as they are: click would drop a ``--`` among them.

    One before them, which Minikube asks for, is taken for what it is.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args != ["--help"] and args[:1] != ["--"]:
            args = ["--", *args]
        return super().parse_args(ctx, args)


@cluster.command(cls=_Verbatim)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENT]...")
def kubectl(arguments: tuple[str, ...]) -> None:
    """Run kubectl on the cluster, as its administrator.

    From the network of its nodes, and with the arguments as they are.

    Example: preuve cluster kubectl get pods --all-namespaces
    """
    running = _running()
    netns.join(running.network_path())
    # Nothing that the user set for another cluster reaches this one; KUBERC could even rename commands.
    environment = {name: os.environ[name] for name in TERMINAL if name in os.environ}
    environment |= {
        "PATH": os.environ["PATH"],
        "HOME": str(running.state),
        "KUBECONFIG": str(running.kubeconfig),
        "KUBERC": "off",
    }
    os.execve(running.binaries.kubectl, ["kubectl", *arguments], environment)  # noqa: S606 - no shell wanted


@cluster.group()
def node() -> None:
    """Crash a node, and bring it back."""


@node.command()
@click.argument("name")
def stop(name: str) -> None:
    """Cut the power of a node; the cluster notices within 15 seconds.

    Example: preuve cluster node stop node2
    """
    _running().stop_node(name)
    click.echo(f"{name} is off")


@node.command()
@click.argument("name")
def start(name: str) -> None:
    """Switch a node on again.

    Example: preuve cluster node start node2
    """
    _running().start_node(name)
    click.echo(f"{name} is on")


@contextmanager
def _interruptible(left: str) -> Iterator[None]:
    """End on Ctrl-C with a sentence that says what is left of the work."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"preuve: interrupted: {left}", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None


def _running() -> embedded.EmbeddedCluster:
    running = embedded.find()
    if running is None:
        raise ClusterError(
            f"no cluster is running{StateFolder.of_project().epitaph()}: `preuve cluster up` starts one"
        )
    return running
