"""Which pages may be played at the same time, and which comes next.

Pages have a namespace each, so they meet only in what a cluster has once: ports of its nodes, objects without
a namespace, and the cluster itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from math import fsum
from typing import TYPE_CHECKING

from preuve import mapping
from preuve.page.plan import Command
from preuve.page.syntax import walk
from preuve.page.verbs import created, listens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from preuve.page.plan import Plan

CLUSTER_SCOPED = frozenset({
    "APIService",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingWebhookConfiguration",
})  # fmt: skip
"""Kinds without a namespace that a page may make (``kubectl api-resources --namespaced=false``, 1.37)."""

_TYPES = {kind.lower(): kind for kind in CLUSTER_SCOPED} | {"ns": "Namespace", "pc": "PriorityClass"}
"""By what ``kubectl create`` calls them."""

VISITED = re.compile(
    r"""\w\.([a-z0-9-]+)\.svc\b"""
    r"""|(?:--namespace[= ]|(?<!\S)-n[= ]?|\bnamespace["']?: *|\b(?:ns|namespaces?)[ /])["']?([a-z0-9-]+)"""
)
"""A namespace that a page speaks of: ``web.shop.svc``, ``-n shop``, ``namespace: shop``, ``get ns shop``."""

PORT_KEYS = ("nodePort", "hostPort")
PORT_WRITTEN = re.compile(r"(nodePort|hostPort|node-port)[\"']?\s*[:=]\s*(\d+)")
"""In a command: a patch in JSON, ``--node-port=30008``."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a page takes of the cluster while it is played."""

    page: str
    seconds: float = 0.0
    """How long it took last time; 0 if it was never played."""
    resources: frozenset[str] = frozenset()
    """What no two pages may have at once: ``port 30008``, ``Namespace dev``."""
    exclusive: bool = False
    visited: frozenset[str] = frozenset()
    """What it speaks of, and another page may have: ``Namespace shop``."""

    def meets(self, other: Claim) -> bool:
        """Whether the two pages must be kept apart.

        >>> shop = frozenset({"Namespace shop"})
        >>> owner, *visitors = Claim("shop.md", resources=shop), *(Claim(page, visited=shop) for page in "ab")
        >>> [one.meets(visitors[0]) for one in (owner, visitors[1])], visitors[0].meets(owner)
        ([True, False], True)
        """
        return (
            self.exclusive
            or other.exclusive
            or not self.resources.isdisjoint(other.resources | other.visited)
            or not self.visited.isdisjoint(other.resources)
        )

    def aside(self) -> Claim:
        """What an exclusive page takes that has a cluster of its own: the room for one beside the shared one.

        >>> drain, crash = (Claim(page, exclusive=True).aside() for page in ("drain.md", "crash.md"))
        >>> drain.meets(Claim("pods.md")), drain.meets(crash)
        (False, True)
        """
        room = frozenset({"the room for a second cluster"})
        return replace(self, resources=room, exclusive=False, visited=frozenset())


def claim(plan: Plan, seconds: float = 0.0) -> Claim:
    """What a page takes of the cluster."""
    resources = {resource for file in plan.files for resource in _in_manifest(file.content.decode())}
    for action in plan.actions():
        if isinstance(action, Command):
            resources.update(_in_command(action.source))
    visited = frozenset(f"Namespace {found[1] or found[2]}" for found in VISITED.finditer(plan.public()))
    return Claim(plan.page, seconds, frozenset(resources), plan.exclusive, visited)


def _in_command(source: str) -> Iterator[str]:
    """Ports that a command names or listens on, what its here-documents make, what it makes by name."""
    yield from (f"port {port}" for _, port in PORT_WRITTEN.findall(source))
    for redirection in (each for command in walk(source) for each in command.redirections):
        yield from _in_manifest(redirection.document)
    yield from (f"local port {port}" for port in listens(source) if port)
    yield from (f"{_TYPES[word]} {name}" for word, name in created(source) if word in _TYPES)


def _in_manifest(content: str) -> Iterator[str]:
    """Ports and cluster-scoped objects of a manifest; none of a file that is not YAML (a lesson, maybe)."""
    try:
        documents = mapping.documents(content)
    except mapping.MappingError:
        return
    for node in _mappings(documents):
        kind, metadata = node.get("kind"), node.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if isinstance(kind, str) and kind in CLUSTER_SCOPED and isinstance(name, str):
            yield f"{kind} {name}"
        yield from (f"port {node[key]}" for key in PORT_KEYS if isinstance(node.get(key), str | int))


def _mappings(documents: list[object]) -> Iterator[dict[object, object]]:
    """Each mapping once: YAML's aliases can make them endless."""
    waiting, seen = list(documents), set[int]()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict | list) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, dict):
            yield node
        waiting += node.values() if isinstance(node, dict) else node


def following(waiting: Sequence[Claim], running: Collection[Claim]) -> Claim | None:
    """The page to start now, the longest first; None if all that wait must wait.

    Pages that must be played one after the other are as long as all of them. A page that was never played
    counts as the longest: it is then the sooner known. Exclusive pages, where there is but one cluster, come
    last, one by one, so that none of the others waits for them.

    >>> pods, rollout = Claim("pods.md", 9), Claim("rollout.md", 30)
    >>> drain = Claim("drain.md", 60, exclusive=True)
    >>> following([pods, rollout, drain], []).page
    'rollout.md'
    >>> following([drain], [pods]) is None
    True
    >>> ports = [Claim(f"port-{n}.md", 20, frozenset({"port 30008"})) for n in (1, 2)]
    >>> following([rollout, *ports], []).page
    'port-1.md'
    """
    takers: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for each in waiting:
        for resource in each.resources:
            takers[resource][each.page] = each.seconds

    def chain(one: Claim) -> float:
        taken = {one.page: one.seconds}
        for resource in one.resources:
            taken |= takers[resource]
        return fsum(taken.values())

    free = [one for one in waiting if not any(one.meets(other) for other in running)]
    return min(free, key=lambda one: (one.exclusive, one.seconds != 0, -chain(one), one.page), default=None)


def shard(pages: Sequence[Claim], index: int, count: int) -> list[Claim]:
    """The share `index` (from 1) of `count` shares of about equal duration; the same on every machine.

    >>> pages = [Claim("a", 9), Claim("b", 5), Claim("c", 4), Claim("d", 1)]
    >>> [[one.page for one in shard(pages, n, 2)] for n in (1, 2)]
    [['a', 'd'], ['b', 'c']]
    """
    shares: list[list[Claim]] = [[] for _ in range(count)]
    for one in sorted(pages, key=lambda one: (-one.seconds, one.page)):
        min(shares, key=lambda share: (sum(other.seconds for other in share), len(share))).append(one)
    return shares[index - 1]
