"""What a ``cluster`` fence asks for."""

from __future__ import annotations

from dataclasses import dataclass

from preuve.cluster.kinds import KINDS, Kind, named
from preuve.errors import PageError, unknown


@dataclass(frozen=True, slots=True)
class Request:
    """What a fence asks for."""

    kinds: tuple[Kind, ...]
    """In the fence's order."""
    by_node: bool = False

    @property
    def needed(self) -> tuple[Kind, ...]:
        """What has to be known to answer: also what stands between an owner and what it owns."""
        names = {kind.name for kind in self.kinds}
        between = {"ReplicaSet"} if {"Deployment", "Pod"} <= names else set()
        between |= {"Job"} if {"CronJob", "Pod"} <= names else set()
        between |= {"Node"} if self.by_node else set()
        return tuple(kind for kind in KINDS.values() if kind.name in names | between)


def parse(source: str) -> Request:
    """Read a fence.

    Args:
        source: kinds by any of kubectl's names, with or without commas, and ``by=node``.

    Raises:
        PageError: a word is none of these.

    >>> request = parse("deployments, rs, po by=node")
    >>> [kind.name for kind in request.kinds], request.by_node
    (['Deployment', 'ReplicaSet', 'Pod'], True)
    """
    kinds: dict[str, Kind] = {}
    by_node = False
    for word in source.replace(",", " ").split():
        if "=" in word and word != "by=node":
            raise PageError(unknown(f"option {word!r} of a cluster fence", word, ["by=node"]))
        if word == "by=node":
            by_node = True
        elif kind := named(word):
            kinds[kind.name] = kind
        else:
            known = [name for kind in KINDS.values() for name in (kind.plural, *kind.short)]
            raise PageError(unknown(f"kind {word!r} in a cluster fence", word, known))
    if not kinds:
        raise PageError("an empty cluster fence: name what to draw, e.g. `deployments, pods`")
    return Request(tuple(kinds.values()), by_node)
