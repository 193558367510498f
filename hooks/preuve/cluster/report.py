"""What a node itself says: of the Pods on it, earlier than the API does; where its proxy sends calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Process:
    """The first process of a container, which ends with it."""

    lived: float
    """Seconds since it was made; those that it waited for a processor do not count."""
    used: float
    """Seconds that it had a processor."""
    runs: int
    """How often it was given one. The same number, and it is asleep: it has noticed nothing meanwhile."""
    asleep: bool
    """It waits for something: a call, a signal, a time."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one node says."""

    processes: Mapping[str, Process] = field(default_factory=dict)
    """Of the containers that run, by their ids as a Pod's status has them."""
    volumes: Mapping[tuple[str, str], Mapping[str, bytes]] = field(default_factory=dict)
    """The files that a ConfigMap, a Secret or the Pod itself is shown as: by the Pod's uid and the volume's
    name, then by path."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why containers have ended, as their runtime says it, by their ids; of those of which it says a word."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a port of a Service is called, and what stands behind it."""

    service: str
    namespace: str
    front: tuple[str, str, int]
    """Address, protocol, port: ``("10.96.7.5", "tcp", 80)``; no address for a port of the nodes."""
    endpoints: frozenset[tuple[str, int]]
    sticky: bool
    """Each client is sent to where it was sent before."""

    @property
    def of(self) -> tuple[str, str, tuple[str, str, int]]:
        """What is called, and whose it is: a freed address, or a port, may soon be another namespace's."""
        return self.namespace, self.service, self.front
