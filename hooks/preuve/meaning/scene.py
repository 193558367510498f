"""A scene: the objects that a `cluster` fence names, as they were at that point of the page, a line each.

::

    Deployment web 3/3
    ReplicaSet web-69b599dc77 3/3 image=nginx:1.26 owner=Deployment/web
    Pod web-69b599dc77-x7k2p Running image=nginx:1.26 owner=ReplicaSet/web-69b599dc77 node=node2
    + Pod web-69b599dc77-b4d6f ImagePullBackOff image=nginx:9.9 owner=ReplicaSet/web-69b599dc77 node=node1
    Service web NodePort 80:30008 selects=Pod/web-69b599dc77-x7k2p
    Node node2 Ready

A transcript holds these lines. They say facts and no language: `preuve.show.drawing` makes a picture of them.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

LINKS = ("image", "owner", "selects", "node")
"""What may follow an object's status, in this order; each takes a value, or several after commas."""

_LINE = re.compile(
    r"(?P<mark>[+-] )?(?P<kind>[A-Z][A-Za-z]*) (?P<name>[a-z0-9:.-]{1,253})"
    r"(?P<status>(?: (?!\w+=)[\w:/.,-]{1,253}){0,9})(?P<links>(?: \w+=[\w.:/@,-]+)*)"
)
"""No name in Kubernetes is longer than 253 characters."""

DEEPEST = 9
"""Owners above one another, more than any controller makes: a CronJob's Job's Pod has two."""


class Health(StrEnum):
    """How an object fares; the value goes into the page's HTML."""

    HEALTHY = "healthy"
    WAITING = "waiting"
    """On its way, or waiting for something."""
    BROKEN = "broken"
    LEAVING = "leaving"
    """Being deleted."""
    LOST = "lost"
    """Nobody can tell: its node does not answer."""
    DONE = "done"
    """Run to its end, well."""
    IDLE = "idle"
    """Nothing is asked of it."""
    GONE = "gone"
    """It was in the page's scene before this one."""


_POD = {
    "Running": Health.HEALTHY,
    "Completed": Health.DONE,
    "Succeeded": Health.DONE,
    "Terminating": Health.LEAVING,
    "Unknown": Health.LOST,
    "NodeLost": Health.LOST,
    "Pending": Health.WAITING,
    "ContainerCreating": Health.WAITING,
    "PodInitializing": Health.WAITING,
    "NotReady": Health.WAITING,
    "SchedulingGated": Health.WAITING,
}
"""What the STATUS column of ``kubectl get pods`` says, and how such a Pod fares; all else is broken."""

_OTHERS = {
    "Ready": Health.HEALTHY,
    "Bound": Health.HEALTHY,
    "NotReady": Health.LOST,
    "Lost": Health.LOST,
    "Pending": Health.WAITING,
    "Ready,SchedulingDisabled": Health.IDLE,
}

_WORSE = re.compile(r"(?:Init:)?\w*(?:Err|BackOff|Failed|Killed|Evicted|Invalid|CannotRun)\w*")
"""What the kubelet and the API say where something is wrong; ``kubectl get pods`` prints it."""


def fares(status: str) -> Health | None:
    """How what has this in a STATUS column fares; None if the word says nothing of it.

    >>> fares("Running"), fares("ErrImagePull"), fares("Init:0/1"), fares("Active")
    (<Health.HEALTHY: 'healthy'>, <Health.BROKEN: 'broken'>, <Health.WAITING: 'waiting'>, None)
    """
    if re.fullmatch(r"Init:\d+/\d+", status):
        return Health.WAITING
    if _WORSE.fullmatch(status):
        return Health.BROKEN
    return _OTHERS.get(status) or _POD.get(status)


@dataclass(frozen=True, slots=True)
class Item:
    """An object of a scene.

    >>> item = Item("Pod", "web-x7k2p", "Running", owner="ReplicaSet/web", node="node2", new=True)
    >>> str(item), item.id, item.state
    ('+ Pod web-x7k2p Running owner=ReplicaSet/web node=node2', 'Pod/web-x7k2p', <Health.HEALTHY: 'healthy'>)
    """

    kind: str
    name: str
    status: str = ""
    """As kubectl says it: ``Running``, ``3/3``, ``NodePort 80:30008``."""
    image: str = ""
    owner: str = ""
    """The `id` of its nearest owner in the scene."""
    selects: tuple[str, ...] = ()
    """The `id` of each Pod that a Service selects."""
    node: str = ""
    """Where a Pod is, in a scene by node."""
    new: bool = False
    """It was not there in the page's scene before this one."""
    gone: bool = False
    """It was, and is not any more: that follows from two scenes, so no transcript says it."""

    @property
    def id(self) -> str:
        """Kind and name, by which others point to it."""
        return f"{self.kind}/{self.name}"

    @property
    def state(self) -> Health:
        """How it fares, told from its status."""
        if self.gone:
            return Health.GONE
        if self.kind == "Pod":
            word = self.status.removeprefix("Init:")
            return Health.WAITING if re.search(r"\d/\d", word) else _POD.get(word, Health.BROKEN)
        if self.kind == "Service":
            return Health.HEALTHY if self.selects else Health.IDLE
        if counts := re.match(r"(\d+)/(\d+)", self.status):
            ready, want = int(counts[1]), int(counts[2])
            if want == 0:
                return Health.IDLE if ready == 0 else Health.LEAVING
            return Health.HEALTHY if ready >= want else Health.WAITING
        return _OTHERS.get(self.status, Health.HEALTHY)

    def __str__(self) -> str:
        mark = "+" if self.new else "-" if self.gone else ""
        words = [*([mark] if mark else []), self.kind, self.name, *([self.status] if self.status else [])]
        values = (self.image, self.owner, ",".join(self.selects), self.node)
        links = (f"{name}={value}" for name, value in zip(LINKS, values, strict=True) if value)
        return " ".join([*words, *links])


def read(line: str) -> Item:
    """Read back an item.

    Raises:
        ValueError: the line is none.
    """
    found = _LINE.fullmatch(line)
    links = dict(each.split("=", 1) for each in found["links"].split()) if found else {}
    if not found or not links.keys() <= set(LINKS):
        raise ValueError(f"{line!r} is no object of a drawing")
    return Item(
        found["kind"],
        found["name"],
        found["status"].strip(),
        links.get("image", ""),
        links.get("owner", ""),
        tuple(filter(None, links.get("selects", "").split(","))),
        links.get("node", ""),
        new=found["mark"] == "+ ",
        gone=found["mark"] == "- ",
    )


def is_item(line: str) -> bool:
    """Tell whether a transcript may have this line: it is an object that is there.

    >>> is_item("+ Pod web Running"), is_item("- Pod web"), is_item("Pod <b>")
    (True, False, False)
    """
    with suppress(ValueError):
        return not read(line).gone
    return False


def is_forest(lines: Iterable[str]) -> bool:
    """Tell whether owners end, above each object of a scene.

    >>> is_forest(["Pod a owner=Job/b", "Job b"]), is_forest(["Pod a owner=Job/b", "Job b owner=Pod/a"])
    (True, False)
    """
    owners = {item.id: item.owner for item in map(read, lines)}
    above = list(owners.values())
    for _ in range(DEEPEST):
        above = [owners.get(each, "") for each in above]
    return not any(above)


def scenes(answers: Iterable[tuple[Collection[str], Iterable[str]]]) -> Iterator[tuple[Item, ...]]:
    """The scenes of a page, in order: each object keeps its place among its like from one to the next.

    What was in a scene and is not in the next, which asks for its kind too, is there once more, as gone.

    Args:
        answers: of each the kinds that were asked for, and the lines.

    Raises:
        ValueError: a line is no object of a scene.

    >>> one, two = scenes([(["Pod"], ["Pod a Running", "Pod b Running"]), (["Pod"], ["+ Pod c Running"])])
    >>> [str(item) for item in two]
    ['- Pod a', '- Pod b', '+ Pod c Running']
    """
    before: tuple[Item, ...] = ()
    places: dict[str, int] = {}
    for kinds, lines in answers:
        now = {item.id: item for item in map(read, lines)}
        gone = [
            Item(item.kind, item.name, owner=item.owner, node=item.node, gone=True)
            for item in before
            if item.id not in now and not item.gone and item.kind in kinds
        ]
        for name in now:
            places.setdefault(name, len(places))
        before = tuple(sorted((*now.values(), *gone), key=lambda item: places[item.id]))
        yield before


def facts(lines: str) -> str:
    """What a scene says, for comparing two runs of a page: a line for each object and each link.

    Which of its like comes first is chance, so it is left out. On which node a Pod is mostly is, too, so that
    is said as ``kubectl describe`` does.

    >>> print(facts("+ Pod web-x7k2p Running owner=ReplicaSet/web node=node2"))
    web-x7k2p Pod Running new
    web-x7k2p Pod owned by web ReplicaSet
    Node: node2/web-x7k2p
    """
    items = [read(line) for line in lines.splitlines()]
    statements = [
        " ".join(filter(None, [item.name, item.kind, item.status, item.image, "new" if item.new else ""]))
        for item in items
    ]
    statements += [f"{item.name} {item.kind} owned by {_turned(item.owner)}" for item in items if item.owner]
    statements += [f"{_turned(pod)} selected by {_turned(item.id)}" for item in items for pod in item.selects]
    statements += [f"Node: {item.node}/{item.name}" for item in items if item.node]
    return "\n".join(statements)


def nodes(lines: str) -> set[str]:
    r"""The nodes of a scene by node: which of them have which Pods is chance.

    >>> nodes("Pod web Running node=node2\nNode node2 Ready\nNode node3 Ready") == {"node2", "node3"}
    True
    """
    return {item.name for item in map(read, lines.splitlines()) if item.kind == "Node"}


def _turned(identity: str) -> str:
    kind, _, name = identity.partition("/")
    return f"{name} {kind}"
