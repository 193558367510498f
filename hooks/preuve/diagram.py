"""A ``cluster`` fence as a mermaid flowchart: the objects that it names, as they are at that point of a page.

Owners point to what they own, Services (dotted) to the Pods that they select. What changed since the page's
previous drawing is marked: new ones by a thick stroke, those that are gone by a dashed one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from preuve.errors import PageError, unknown
from preuve.kinds import KINDS, Kind, named
from preuve.objects import Snapshot, labels, matches
from preuve.pod import summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from preuve.objects import Object

ALL_NODES = 6
"""Of a cluster with more nodes than this, only those with a Pod are drawn."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a drawing says, in one language: nearly all to a screen reader."""

    title: str
    """Takes ``kinds``."""
    owns: str
    """Takes ``owner`` and ``owned``."""
    selects: str
    """Takes ``service`` and ``pods``."""
    runs: str
    """Takes ``node`` and ``pods``."""
    new: str
    """Takes ``names``."""
    gone: str
    """Takes ``names``."""
    vanished: str
    """The note of an object that is gone."""
    nothing: str


WORDS = {
    "fr": Words(
        title="Objets du cluster : {kinds}",
        owns="{owner} possède {owned}.",
        selects="{service} sélectionne {pods}.",
        runs="Sur {node} : {pods}.",
        new="Nouveaux : {names}.",
        gone="Disparus : {names}.",
        vanished="disparu",
        nothing="Aucun objet",
    ),
    "en": Words(
        title="Objects of the cluster: {kinds}",
        owns="{owner} owns {owned}.",
        selects="{service} selects {pods}.",
        runs="On {node}: {pods}.",
        new="New: {names}.",
        gone="Gone: {names}.",
        vanished="gone",
        nothing="No object",
    ),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a fence asks for."""

    kinds: tuple[Kind, ...]
    """In the fence's order."""
    by_node: bool = False

    @property
    def needed(self) -> tuple[Kind, ...]:
        """What has to be known to draw it: also what stands between an owner and what it owns."""
        names = {kind.name for kind in self.kinds}
        between = {"ReplicaSet"} if {"Deployment", "Pod"} <= names else set()
        between |= {"Job"} if {"CronJob", "Pod"} <= names else set()
        between |= {"Node"} if self.by_node else set()
        return tuple(kind for kind in KINDS.values() if kind.name in names | between)


@dataclass(frozen=True, slots=True)
class Box:
    """One object of a drawing."""

    uid: str
    kind: str
    name: str
    note: str
    node: str = ""
    """Where it runs, in a drawing by node."""
    mark: str = ""
    """``new``, ``gone`` or nothing."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture of objects, and its text."""

    text: str
    """Mermaid, without a final newline."""
    kinds: tuple[Kind, ...] = ()
    boxes: tuple[Box, ...] = ()
    """What is there; not what is gone."""
    arrows: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """From uid, to uid, and how: ``owns`` or ``selects``."""


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


def draw(
    snapshot: Snapshot, request: Request, previous: Drawing | None = None, words: Words = WORDS["en"]
) -> Drawing:
    """Draw what a fence asks for.

    Args:
        snapshot: objects, those of `Request.needed` kinds among them.
        request: the fence.
        previous: the page's drawing before this one; without it nothing is new or gone.
        words: in the reader's language.
    """
    there = {obj["metadata"]["uid"]: obj for kind in request.kinds for obj in snapshot[kind.name]}
    arrows = dict(_arrows(snapshot, there))
    boxes = sorted(
        (_box(obj, request, previous) for obj in there.values() if not _host(obj, request)),
        key=lambda box: _order(box, snapshot, request),
    )
    gone = [replace(box, mark="gone", note=words.vanished) for box in _gone(there, request, previous)]
    links = {**(previous.arrows if previous else {}), **arrows}
    shown = [*boxes, *gone]
    nodes = _nodes(snapshot, shown, request)
    text = "\n".join(_text(shown, links, nodes, request, words))
    return Drawing(text, request.kinds, tuple(replace(box, mark="") for box in boxes), arrows)


_DRAWN = re.compile(r' +(?P<id>o\d+)[\[(]+"(?P<label>.*)"[\])]+(?P<mark>:::\w+)?')
_DRAWN_ARROW = re.compile(r"  (?P<start>o\d+) (?P<how>\S+) (?P<end>o\d+)")
_FRAME = re.compile(r'  subgraph n\d+\["(?P<node>.*)"\]')


def facts(text: str) -> str:
    r"""What a drawing says, a line each for nodes, boxes and arrows: for comparing two runs of a page.

    In which frame a Pod is and which of its like comes first is chance, so it is left out. Names come first
    in a line: the order of generated ones tells nothing.

    >>> print(facts('flowchart TD\n  accTitle: Pods\n  o1("Pod<br/>web-x7k2p<br/>Running"):::new'))
      accTitle: Pods
    web-x7k2p Pod Running new
    """
    lines = text.splitlines()
    boxes = [found for line in lines if (found := _DRAWN.fullmatch(line))]
    labels = {box["id"]: box["label"].split("<br/>") for box in boxes}
    names = {box: f"{name} {kind}" for box, (kind, name, *_) in labels.items()}
    notes = {box["id"]: [*labels[box["id"]][2:], (box["mark"] or "").removeprefix(":::")] for box in boxes}
    arrows = [found for line in lines if (found := _DRAWN_ARROW.fullmatch(line)) and found["how"] in _READ]
    told = [
        *lines[1:2],
        *(f"node {found['node']}" for found in filter(None, map(_FRAME.fullmatch, lines))),
        *(" ".join(filter(None, [names[box], *note])) for box, note in notes.items()),
        *(f"{names[arrow['end']]} {_READ[arrow['how']]} {names[arrow['start']]}" for arrow in arrows),
    ]
    return "\n".join(told)


def _host(obj: Object, request: Request) -> bool:
    """Tell whether an object is a frame around others."""
    return request.by_node and obj["kind"] == "Node"


def _arrows(snapshot: Snapshot, there: Mapping[str, Object]) -> Iterator[tuple[tuple[str, str], str]]:
    for uid, obj in there.items():
        for owner in _owners(obj, snapshot, there):
            yield (owner, uid), "owns"
        selector = obj["kind"] == "Service" and obj["spec"].get("selector")
        for other in snapshot["Pod"] if selector else ():
            if other["metadata"]["uid"] in there and matches(selector, labels(other)):
                yield (uid, other["metadata"]["uid"]), "selects"


def _owners(obj: Object, snapshot: Snapshot, there: Mapping[str, Object]) -> Iterator[str]:
    """Yield the nearest owners that are drawn."""
    for owner in obj["metadata"].get("ownerReferences", ()):
        if owner["uid"] in there:
            yield owner["uid"]
        elif hidden := snapshot.by_uid.get(owner["uid"]):
            yield from _owners(hidden, snapshot, there)


def _box(obj: Object, request: Request, previous: Drawing | None) -> Box:
    uid = obj["metadata"]["uid"]
    known = not previous or uid in {box.uid for box in previous.boxes}
    new = not known and previous is not None and KINDS[obj["kind"]] in previous.kinds
    node = obj["spec"].get("nodeName", "") if request.by_node and obj["kind"] == "Pod" else ""
    note = _NOTES[obj["kind"]](obj) if obj["kind"] in _NOTES else ""
    return Box(uid, obj["kind"], obj["metadata"]["name"], note, node, "new" if new else "")


def _order(box: Box, snapshot: Snapshot, request: Request) -> tuple[object, ...]:
    """Sort by what is the same in every run first: generated names come last."""
    owners = snapshot.by_uid[box.uid]["metadata"].get("ownerReferences", ())
    place = [kind.name for kind in request.kinds].index(box.kind)
    return place, [owner["name"] for owner in owners], box.node, box.mark, box.note, box.name


def _gone(there: Mapping[str, Object], request: Request, previous: Drawing | None) -> list[Box]:
    names = {kind.name for kind in request.kinds}
    return [box for box in (previous.boxes if previous else ()) if box.uid not in there and box.kind in names]


def _nodes(snapshot: Snapshot, boxes: Iterable[Box], request: Request) -> list[str]:
    used = {box.node for box in boxes if box.node}
    every = {node["metadata"]["name"] for node in snapshot["Node"]} if request.by_node else set()
    return sorted(used if len(every) > ALL_NODES else used | every)


_SHAPES = {"Pod": ("(", ")"), "Service": ("([", "])"), "PersistentVolumeClaim": ("[(", ")]")}
_LINKS = {"owns": "-->", "selects": "-.->"}
_BELOW = "~~~"
"""A link that is not drawn: its end stands below its start."""
_READ = {"-->": "owned by", "-.->": "selected by"}


def _text(
    boxes: list[Box], links: Mapping[tuple[str, str], str], nodes: list[str], request: Request, words: Words
) -> Iterator[str]:
    ids = {box.uid: f"o{number}" for number, box in enumerate(boxes, 1)}
    arrows = sorted(
        ((ids[start], how, ids[end]) for (start, end), how in links.items() if start in ids and end in ids),
        key=_numbers,
    )
    yield "flowchart TD"
    yield f"  accTitle: {words.title.format(kinds=', '.join(kind.plural for kind in request.kinds))}"
    yield f"  accDescr: {' '.join(_story(boxes, arrows, nodes, words)) or words.nothing}"
    if not boxes and not nodes:
        yield f'  nothing["{_escaped(words.nothing)}"]:::gone'
    # Mermaid places frames from right to left.
    for number, node in reversed(list(enumerate(nodes, 1))):
        yield f'  subgraph n{number}["{_escaped(node)}"]'
        yield from (f"    {_shape(box, ids)}" for box in boxes if box.node == node)
        yield "  end"
    yield from (f"  {_shape(box, ids)}" for box in boxes if not box.node)
    yield from (f"  {start} {_LINKS[how]} {end}" for start, how, end in arrows)
    yield from (f"  {above} {_BELOW} {lone}" for above, lone in _lone(boxes, arrows, ids))
    marks = {box.mark for box in boxes} | (set() if boxes or nodes else {"gone"})
    yield from (f"  classDef {mark} {style}" for mark, style in STYLES.items() if mark in marks)


def _lone(
    boxes: list[Box], arrows: list[tuple[str, str, str]], ids: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield what to place above a box that no arrow places, lest it stand in the way of one; and the box."""
    kinds = {ids[box.uid]: box.kind for box in boxes if not box.node}
    above = {kinds[end]: start for start, _, end in reversed(arrows) if end in kinds}
    placed = {number for start, _, end in arrows for number in (start, end)}
    for number, kind in kinds.items():
        if number not in placed and kind in above:
            yield above[kind], number


STYLES = {"new": "stroke:#2e9e4f,stroke-width:3px", "gone": "stroke-dasharray:5 5"}
"""A stroke alone is legible in a light and in a dark palette."""


def _numbers(arrow: tuple[str, str, str]) -> tuple[int, int]:
    return int(arrow[0][1:]), int(arrow[2][1:])


def _shape(box: Box, ids: Mapping[str, str]) -> str:
    left, right = _SHAPES.get(box.kind, ("[", "]"))
    label = "<br/>".join(_escaped(line) for line in (box.kind, box.name, box.note) if line)
    return f'{ids[box.uid]}{left}"{label}"{right}' + (f":::{box.mark}" if box.mark else "")


def _story(
    boxes: list[Box], arrows: list[tuple[str, str, str]], nodes: list[str], words: Words
) -> Iterator[str]:
    """Tell the drawing in sentences; what is gone owns nothing any more, nor is it owned or runs anywhere."""
    there = {f"o{number}": box for number, box in enumerate(boxes, 1) if box.mark != "gone"}
    said = {number: str(box) for number, box in there.items()}
    arrows = [arrow for arrow in arrows if arrow[0] in said and arrow[2] in said]
    linked = {end for start, _, end in arrows} | {start for start, *_ in arrows}
    alone = [str(box) for number, box in there.items() if number not in linked and not box.node]
    if alone:
        yield f"{', '.join(alone)}."
    for start, name in said.items():
        for how, sentence in (("owns", words.owns), ("selects", words.selects)):
            ends = [end for first, link, end in arrows if (first, link) == (start, how)]
            if ends:
                others = ", ".join(said[end] for end in ends)
                yield sentence.format(owner=name, service=name, owned=others, pods=others)
    for node in nodes:
        yield words.runs.format(
            node=node, pods=", ".join(box.name for box in there.values() if box.node == node) or "–"
        )
    for mark, sentence in (("new", words.new), ("gone", words.gone)):
        if names := ", ".join(str(box) for box in boxes if box.mark == mark):
            yield sentence.format(names=names)


def _escaped(text: str) -> str:
    """Write a label so that neither mermaid nor HTML takes any of it for its own.

    >>> _escaped('a "b" <c>')
    'a #34;b#34; #60;c#62;'
    """
    return re.sub(r"[^\w .,:/·@+()-]", lambda found: f"#{ord(found[0])};", text)


def _replicas(obj: Object) -> str:
    return f"{obj.get('status', {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"


def _images(spec: Object) -> str:
    return ", ".join(container["image"].rpartition("/")[2] for container in spec["containers"])


def _templated(obj: Object) -> str:
    return f"{_replicas(obj)} · {_images(obj['spec']['template']['spec'])}"


def _ports(service: Object) -> str:
    ports = [
        f"{port['port']}:{port['nodePort']}" if port.get("nodePort") else str(port["port"])
        for port in service["spec"].get("ports", ())
    ]
    return f"{service['spec'].get('type', 'ClusterIP')} {', '.join(ports)}".strip()


def _completions(job: Object) -> str:
    return f"{job.get('status', {}).get('succeeded', 0)}/{job['spec'].get('completions', 1)}"


def _daemons(obj: Object) -> str:
    status = obj.get("status", {})
    return f"{status.get('numberReady', 0)}/{status.get('desiredNumberScheduled', 0)}"


_NOTES: Mapping[str, Callable[[Object], str]] = {
    "Deployment": _replicas,
    "ReplicaSet": _templated,
    "ReplicationController": _templated,
    "StatefulSet": _templated,
    "DaemonSet": _daemons,
    "Job": _completions,
    "Service": _ports,
    "Pod": lambda pod: f"{_images(pod['spec'])} · {summary(pod)}",
    "PersistentVolumeClaim": lambda claim: str(claim.get("status", {}).get("phase", "")),
}
"""The short last line of a box."""
