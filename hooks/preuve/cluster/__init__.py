"""Where pages are played: the embedded cluster, or one of the user's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

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

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that can be looked into; none in a cluster of the user's."""
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
        """Where the network namespace of `network` is, as nsenter(1) takes it; None where there is none.

        Args:
            node: as for `network`.

        Raises:
            ClusterError: there is no such node, or it is down.
        """
        ...

    def gone(self) -> str:
        """Why it can be played on no more, if it is known to have ended; else nothing."""
        ...


@contextmanager
def have(settings: Settings, progress: Progress) -> Iterator[Cluster]:
    """Have the cluster that a project is played on during the block.

    Args:
        settings: of the project.
        progress: shows what has to be started.

    Raises:
        ClusterError: it cannot be had; the message says what is missing, and what to do.
    """
    if settings.context:
        from preuve.cluster.context import connected  # noqa: PLC0415 - slow to import

        with connected(settings.context) as cluster:
            yield cluster
    else:
        from preuve.cluster.embedded.cluster import have as have_embedded  # noqa: PLC0415 - slow to import

        with have_embedded(progress, settings.kubernetes) as embedded:
            yield embedded


def spare(settings: Settings, progress: Progress) -> AbstractContextManager[Cluster] | None:
    """A second cluster like the one of `have`, for a page that wants one to itself, while others are played.

    Args:
        settings: of the project.
        progress: shows what has to be started.

    Returns:
        what starts it, and ends it with the block; None where there is but one: the user's, or on a machine
        that has no room for two.
    """
    if settings.context:
        return None
    from preuve.cluster.embedded import cluster, requirements  # noqa: PLC0415 - slow to import

    return None if any(requirements.problems()) else cluster.have_spare(progress, settings.kubernetes)
