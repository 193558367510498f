"""Where pages are played: the embedded cluster, or one of the user's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from preuve import playable
from preuve.cluster.embedded import packages, recipes
from preuve.settings import profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from preuve.cluster.box import Box
    from preuve.cluster.embedded.additions import Addition
    from preuve.cluster.objects import Object
    from preuve.cluster.report import Report, Route
    from preuve.progress import Progress
    from preuve.settings import Settings


class Cluster(Protocol):
    """A cluster that answers."""

    @property
    def version(self) -> str:
        """Of Kubernetes, as it says it itself: ``v1.37.2``."""
        ...

    @property
    def kubeconfig(self) -> Path:
        """The administrator's, 0600: one context, credentials embedded."""
        ...

    def packages(self) -> Mapping[str, Mapping[str, str]]:
        """What its images were made of, as far as they are ours: by image and package, Debian's version."""
        ...

    @property
    def disposable(self) -> bool:
        """Whether it is ours: nobody else has anything there."""
        ...

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that can be looked into; none in a cluster of the user's."""
        ...

    @property
    def namespace(self) -> str:
        """The one in which all pages are played, one by one; empty where each has one of its own."""
        ...

    @property
    def enforces(self) -> bool | None:
        """Whether a NetworkPolicy has an effect; None where that is not known."""
        ...

    def confine(self, page: str, *, exclusive: bool) -> Box:
        """What a page's commands run in: what they find there of the cluster, else nothing of the machine.

        Args:
            page: its path below docs/.
            exclusive: whether it has the whole cluster.

        Raises:
            ClusterError: the cluster has ended.
        """
        ...

    def network(self, node: str | None = None) -> AbstractContextManager[None]:
        """Be where the API server is reached during the block, the calling thread alone.

        Args:
            node: be on that node's network instead, from where Pods are reached.

        Raises:
            ClusterError: there is no such node, or it is down.
        """
        ...

    def network_path(self, node: str | None = None) -> str | None:
        """Tell a network from all others, from the same node's before it was switched off too.

        Args:
            node: as for `network`.

        Raises:
            ClusterError: there is no such node, or it is down.
        """
        ...

    def routes(self, node: str) -> frozenset[Route]:
        """Where the proxy of one of `nodes` sends calls of Services; none while it has no rules.

        Raises:
            ClusterError: there is no such node, or it is down.
        """
        ...

    def reports(self, pods: Iterable[Object]) -> Mapping[str, Report | None]:
        """Ask the nodes themselves about some Pods.

        Args:
            pods: as the API has them.

        Returns:
            by the names of the nodes that can be asked; None of one that is down.

        Raises:
            ClusterError: the cluster has ended.
        """
        ...

    def gone(self) -> str:
        """Why it can be played on no more, if it is known to have ended; else nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the author's."""

    digest: str
    """Of all that it is."""
    paths: tuple[Path, ...]
    """The folders or files that have all that it is made of, the author's images beneath it too."""


class Backend(Protocol):
    """Where the clusters of a project come from."""

    @property
    def refusal(self) -> str:
        """Why no page may have a whole cluster (`cluster: exclusive`), and what to do; empty if pages may."""
        ...

    def shared(self, progress: Progress) -> AbstractContextManager[Cluster]:
        """The cluster that pages are played on side by side, during the block.

        Args:
            progress: shows what has to be started.

        Raises:
            ClusterError: it cannot be had; the message says what is missing, and what to do.
        """
        ...

    def own(self, progress: Progress) -> AbstractContextManager[Cluster]:
        """A cluster for one page alone, thrown away with the block; somebody's only cluster is what it is.

        Args:
            progress: shows what has to be started.

        Raises:
            ClusterError: as for `shared`.
        """
        ...

    def room(self) -> bool:
        """Whether one more cluster can be had now, beside those that there are."""
        ...


def backend(settings: Settings) -> Backend:
    """Where the clusters of a project come from, by its settings.

    Raises:
        ClusterError: pages cannot be played here at all.
    """
    playable.check()
    if settings.context:
        from preuve.cluster.context import ContextBackend  # noqa: PLC0415 - slow to import

        return ContextBackend(settings)
    from preuve.cluster.embedded.cluster import EmbeddedBackend  # noqa: PLC0415 - slow to import

    return EmbeddedBackend(settings.kubernetes, _additions(settings), settings.profile)


def identity(settings: Settings) -> str:
    """The cluster's identity as the repository states it.

    Of the embedded one, Kubernetes' minor and the recipes of its images; of another one, its context, and the
    namespace there that pages are given.

    Raises:
        ConfigError: the recipes cannot be read.
    """
    if not settings.stated.startswith("embedded"):
        return settings.stated
    stands = f", as {name}" if (name := profile(settings.stated)) else ""
    return f"kubernetes {settings.kubernetes}, images {recipes.load().identity}{stands}"


def images(settings: Settings) -> dict[str, Image]:
    """The images that the author adds to the embedded cluster's own, by whole reference.

    None where the repository states another cluster: what that one has, only it can tell.

    Raises:
        ConfigError: something of them does not fit; all of it is told at once (`Problems`).
    """
    if not settings.stated.startswith("embedded"):
        return {}
    return {one.reference: Image(one.digest, one.paths) for one in _additions(settings)}


def stated(settings: Settings) -> tuple[Path, ...]:
    """The files that `identity` and `images` are read from, but for those that one image is made of."""
    return (recipes.FILE, *((settings.root / settings.recipes,) if settings.recipes else ()))


def _additions(settings: Settings) -> tuple[Addition, ...]:
    if not settings.recipes:
        return ()
    from preuve.cluster.embedded import additions  # noqa: PLC0415 - 20 ms, seldom needed

    return additions.load(settings.root, settings.recipes)


def debian_packages(*, compiled: bool) -> frozenset[str]:
    """The Debian packages that the embedded cluster takes of a machine, but for those that every Debian has.

    Args:
        compiled: its programs and images are there, so that nothing is built.
    """
    building = () if compiled else (*packages.BUILDING.values(), packages.KEYRING)
    return frozenset({*packages.RUNNING.values(), *building}) - {"apt", "mount", "util-linux"}


def offers(image: str) -> bool:
    """Whether the embedded cluster has an image by itself, as far as the recipes tell."""
    return recipes.offers(image)
