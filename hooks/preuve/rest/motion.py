"""A reason why a namespace is not at rest."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import timedelta

STUCK = 1.0
"""Seconds that a state which only a person mends must last, since a controller may be about to act on it.
The steps of a Deployment, the scheduler or a quota are 5 to 300 ms apart (1.37.2 on two busy cores)."""

LOOK = 1.0
"""Seconds after which a kubelet that keeps a back-off to itself is made to look. A first restart has
none, and comes within 0.9 s (measured)."""

NEAR = timedelta(seconds=3)
"""A back-off that ends within this is no rest: the next command would see what comes after."""

LATE = timedelta(seconds=2)
"""How long after a deadline whoever keeps it acts: a controller a second later (upstream
``requeueStuckDeployment``), a kubelet at its next look (``syncLoop``, each second)."""

ROUNDING = timedelta(seconds=1)
"""Times in events and statuses are whole seconds."""

NEVER = math.inf
"""The patience with what goes on until it has come to its end."""


@dataclass(frozen=True, slots=True)
class Motion:
    """One thing that is under way, or seems to be.

    >>> str(Motion("Deployment web", "1 of 3 replicas available"))
    'Deployment web: 1 of 3 replicas available'
    """

    who: str
    """Kind and name, as a person says it."""
    why: str
    """What is not done yet."""
    patience: float = NEVER
    """Seconds after which the same motion counts as rest: it will not change by itself."""
    of: str = ""
    """What the patience is given to where the name says too little: the id of a container, say."""
    lasted: float | None = field(default=None, compare=False)
    """Seconds that it has been going on, where its node knows; else since it was first seen."""
    polled: bool = False
    """Nothing that can be watched tells when it is over."""
    untold: float = NEVER
    """Seconds after which its Pod's kubelet is made to look: it knows how this ends, and does not tell."""
    lacks: tuple[str, ...] = ()
    """What would end it if all of it were there, by its path in the namespace: ``configmaps/web``; with a
    key, ``configmaps/web#port``."""

    def __str__(self) -> str:
        return f"{self.who}: {self.why}"

    @property
    def ends(self) -> bool:
        """Whether it counts as rest some time."""
        return self.patience < NEVER
