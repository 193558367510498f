"""A scene as a picture: inline SVG, in two layouts, of which the style sheet shows the one that fits.

Wide, owners stand above what they own; narrow, what they own is indented beneath them. A line leads from an
owner, an arrow from a Service to the Pods that it sends to. Colour, sign and word say how an object fares.
Everything is in CSS pixels and shown at its size, so that text can be read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from preuve.meaning.scene import Health, Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from preuve.show.strings import DrawingStrings

WIDE, NARROW = 688, 296
"""The room that a picture has: Material's column of text at 1280 px, and at 360 px."""

GAP, PAD, LINE = 14, 10, 17
FRAME = 26
"""Of a frame's caption."""
LEAST, MOST = 116, 212
"""How wide a card is."""

SIGNS = {
    Health.HEALTHY: "M-4 0l3 3 5-6",
    Health.WAITING: "M0-4v4l3 2",
    Health.BROKEN: "M-3-3l6 6M3-3l-6 6",
    Health.LEAVING: "M-4 0h7M0-3l3 3-3 3",
    Health.LOST: "M-2-2a2 2 0 1 1 2 3v1M0 4v.1",
    Health.DONE: "M-3-3h6v6h-6z",
    Health.IDLE: "M-4 0h8",
}
"""What stands in the disc before an object's status: a path around (0, 0)."""

_NARROW_LETTERS = re.compile(r"[fijlrt.,:;'|!()\[\]/ -]")
_WIDE_LETTERS = re.compile(r"[mwMWA-Z@%…]")
_GENERATED = re.compile(r"(?<=[a-z0-9])-(?:[4-9bcdf]{6,10})(?=-[a-z0-9]{5}$)")


def draw(scene: Sequence[Item], kinds: Sequence[str], anchor: str, words: DrawingStrings) -> str:
    """The HTML of a scene: one picture for wide screens, one for phones, both named and told in words."""
    name = escape(words.title.format(kinds=", ".join(kinds)))
    story = escape(" ".join(_story(scene, words)) or words.nothing)
    forest = _forest(scene)
    wide, narrow = _wide(forest, words), _narrow(forest, words)
    pictures = "".join(
        f'<svg class="preuve-{layout}" role="img" width="{picture.width}" height="{picture.height}" '
        f'viewBox="0 0 {picture.width} {picture.height}" aria-labelledby="{anchor}-{layout}">'
        f'<title id="{anchor}-{layout}">{name}</title><desc>{story}</desc>{picture.body}</svg>'
        for layout, picture in (("wide", wide), ("narrow", narrow))
    )
    button = enlarge(words) if wide.width > NARROW else ""
    return f'<div class="preuve-drawing" id="{anchor}">{pictures}{button}</div>'


def enlarge(words: DrawingStrings) -> str:
    """The button of a drawing that a phone has no room for: preuve.js shows it as large as it was drawn."""
    return f'<button type="button" class="preuve-enlarge" data-search-exclude="">{words.enlarge}</button>'


@dataclass(slots=True)
class _Picture:
    """What is drawn, and how large it is."""

    width: int = 0
    height: int = 0
    parts: list[str] = field(default_factory=list)

    @property
    def body(self) -> str:
        return "".join(self.parts)

    def put(self, other: _Picture, x: int, y: int) -> None:
        """Place a picture within this one, which grows to hold it."""
        shifted = f'<g transform="translate({x} {y})">{other.body}</g>' if x or y else other.body
        self.parts.append(shifted)
        self.reach(x + other.width, y + other.height)

    def reach(self, width: int, height: int) -> None:
        """Be at least as large as this."""
        self.width, self.height = max(self.width, width), max(self.height, height)

    def line(self, how: str, path: str) -> None:
        """Draw a line beneath all that is there."""
        self.parts.insert(0, f'<path class="preuve-{how}" d="{path}"/>')


def width_of(text: str, size: int = 13) -> int:
    """How wide a text in bold is at most, in pixels: in DejaVu Sans, the broadest of browsers' fonts.

    >>> width_of("web-x7k2p") < width_of("ImagePullBackOff") < 170
    True
    """
    narrow, wide = len(_NARROW_LETTERS.findall(text)), len(_WIDE_LETTERS.findall(text))
    return round(size * (0.44 * narrow + 0.86 * wide + 0.7 * (len(text) - narrow - wide)))


def called(item: Item) -> str:
    """An object's name, without the digest in its midst, which says nothing.

    >>> called(Item("Pod", "web-69b599dc77-x7k2p")), called(Item("Pod", "my-app-pod"))
    ('web-…-x7k2p', 'my-app-pod')
    """
    return _GENERATED.sub("-…", item.name)


def _fitting(text: str, room: int, size: int = 13) -> str:
    """A text, its middle left out where it is wider than its room."""
    if width_of(text, size) <= room:
        return text
    head, tail = text[: len(text) // 2], text[len(text) // 2 :]
    while width_of(f"{head}…{tail}", size) > room and len(head) > 1:
        head, tail = head[:-1], tail[1:]
    return f"{head}…{tail}"


def shortened(name: str, room: int) -> str:
    """A name, words of its midst left out where it is wider than its room: its end tells it from others.

    >>> shortened("my-app-deployment-…-9jmn5", 192), shortened("my-app-deployment-6d55d78cf6", 192)
    ('my-app-…-9jmn5', 'my-app-…-6d55d78cf6')
    >>> shortened("my-app-pod", 192), shortened("kubernetes.io-enforced", 60)
    ('my-app-pod', 'ku…ed')
    """
    if width_of(name) <= room:
        return name
    *head, tail = (part for part in name.split("-") if part != "…")
    for kept in range(len(head) - 1, -1, -1):
        text = "-".join([*head[:kept], "…", tail])
        if width_of(text) <= room:
            return text
    return _fitting("-".join([*head, tail]), room)


def _lines(item: Item, words: DrawingStrings) -> list[tuple[str, str]]:
    """What stands on a card, a class and a text a line; the last is its status."""
    status = words.gone if item.gone else item.status
    image = [("image", item.image)] if item.image else []
    return [("kind", item.kind), ("name", called(item)), *image, ("status", status)]


def _card(item: Item, width: int, words: DrawingStrings, services: Sequence[str] = ()) -> _Picture:
    """An object: its kind, its name, what it runs, how it fares; a badge if it is new."""
    picture = _Picture(width)
    state = item.state
    whole = f"<title>{escape(f'{item.kind} {item.name}')}</title>"
    if item.gone:
        picture.height = 2 * LINE + 8
        texts = [_text("name", PAD, LINE, shortened(called(item), width - 2 * PAD))]
        texts.append(_text("status", PAD, 2 * LINE, words.gone))
        picture.parts = [_rectangle(width, picture.height), whole, *texts]
    else:
        lines = [*_lines(item, words), *(("service", f"← Service {name}") for name in services)]
        room = width - 2 * PAD
        texts = []
        for number, (style, text) in enumerate(lines, 1):
            inset = 16 if style == "status" else 0
            fits = _fitting(text, room - inset, 12 if style == "kind" else 13)
            shown = shortened(text, room) if style == "name" else fits
            texts.append(_text(style, PAD + inset, 4 + LINE * number, shown))
            if style == "status":
                texts.append(_sign(state, PAD + 6, LINE * number))
        picture.height = LINE * len(lines) + 14
        badge = _badge(words.new, width) if item.new else ""
        picture.parts = [_rectangle(width, picture.height), whole, *texts, badge]
    picture.parts = [f'<g class="preuve-item" data-state="{state}">', *picture.parts, "</g>"]
    return picture


def _rectangle(width: int, height: int) -> str:
    return f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="6"/>'


def _text(style: str, x: int, y: int, text: str) -> str:
    return f'<text class="preuve-{style}" x="{x}" y="{y}">{escape(text)}</text>'


def _sign(state: Health, x: int, y: int) -> str:
    return (
        f'<g class="preuve-sign" transform="translate({x} {y})"><circle r="7"/><path d="{SIGNS[state]}"/></g>'
    )


def _badge(word: str, width: int) -> str:
    wide = width_of(word, 12) + 10
    return (
        f'<g class="preuve-badge" transform="translate({width - wide - 5} 5)">'
        f'<rect width="{wide}" height="17" rx="8.5"/>{_text("new", 5, 13, word)}</g>'
    )


@dataclass(frozen=True, slots=True)
class _Forest:
    """Who stands beneath whom, and what runs on which node."""

    items: tuple[Item, ...]
    """Those that have a card."""
    roots: tuple[Item, ...]
    """Those of them that stand beneath nothing, and in no frame."""
    frames: tuple[tuple[Item, Sequence[Item]], ...]
    """The nodes, each with what runs on it; none where nodes have no Pods in them."""
    below: Mapping[str, Sequence[Item]]
    """By `id` of the one above."""
    traffic: frozenset[str]
    """The Services that stand above the Pods that they send to."""
    beside: Mapping[str, Sequence[str]]
    """By `id` of a Pod, the Services that send to it and do not stand above it."""


def _forest(scene: Sequence[Item]) -> _Forest:
    nodes = _nodes(scene)
    items = tuple(item for item in scene if item not in nodes)
    ids = {item.id for item in items}
    senders = defaultdict(list)
    for item in items:
        for pod in item.selects:
            senders[pod].append(item)
    above: dict[str, str] = {}
    for item in items:
        if item.owner in ids:
            above[item.id] = item.owner
        elif len(senders[item.id]) == 1 and not item.node:
            above[item.id] = senders[item.id][0].id
    traffic = {item.id for item in items if item.selects and item.id in set(above.values())}
    below = defaultdict(list)
    for item in items:
        below[above.get(item.id, "")].append(item)
    beside = {pod: [one.name for one in found if one.id != above.get(pod)] for pod, found in senders.items()}
    framed = {node.name for node in nodes}
    roots = tuple(item for item in below[""] if item.node not in framed)
    frames = tuple((node, [item for item in items if item.node == node.name]) for node in nodes)
    return _Forest(items, roots, frames, below, frozenset(traffic), beside)


def _nodes(scene: Sequence[Item]) -> list[Item]:
    """The nodes to draw around what runs on them; none where no object says on which it runs."""
    nodes = [item for item in scene if item.kind == "Node" and not item.gone]
    return nodes if any(item.node for item in scene) else []


def _broadest(items: Iterable[Item], words: DrawingStrings) -> int:
    """How wide the cards of a picture are: what the longest of their lines takes."""
    texts = [
        width_of(text) + (16 if style == "status" else 0)
        for item in items
        for style, text in _lines(item, words)
    ]
    return min(MOST, max([LEAST, *(width + 2 * PAD for width in texts)]))


def _wide(forest: _Forest, words: DrawingStrings) -> _Picture:
    """Owners stand above what they own, all above the nodes, which are frames side by side."""
    width = _broadest(forest.items, words)
    picture = _row([_tree(root, forest, width, words, WIDE) for root in forest.roots])
    if not forest.frames:
        return picture
    count = min(len(forest.frames), max(1, (WIDE + GAP) // (width + 2 * PAD + GAP)))
    room = (WIDE - GAP * (count - 1)) // count
    columns = max(1, (room - 2 * PAD + GAP) // (width + GAP))
    filled = [
        (node, _grid([_card(item, width, words, forest.beside.get(item.id, ())) for item in items], columns))
        for node, items in forest.frames
    ]
    tallest = max(inner.height for _, inner in filled)
    framed = [_frame(node, inner, room, tallest) for node, inner in filled]
    picture.put(_row(framed), 0, picture.height + GAP if forest.roots else 0)
    return picture


def _frame(node: Item, inner: _Picture, width: int, height: int) -> _Picture:
    """A node, around what runs on it."""
    picture = _Picture(width, FRAME + height + 2 * PAD)
    caption = f"{node.name} · {node.status}" if node.status else node.name
    picture.parts = [
        f'<g class="preuve-frame" data-state="{node.state}">',
        _rectangle(width, picture.height),
        _sign(node.state, PAD + 7, 17),
        _text("name", PAD + 20, 21, _fitting(caption, width - 3 * PAD - 10)),
        "</g>",
    ]
    picture.put(inner, max(PAD, (width - inner.width) // 2), FRAME + PAD)
    return picture


def _row(pictures: Sequence[_Picture]) -> _Picture:
    """Pictures side by side, on as many rows as it takes."""
    whole = _Picture()
    x = y = bottom = 0
    for picture in pictures:
        if x and x + picture.width > WIDE:
            x, y = 0, bottom + GAP
        whole.put(picture, x, y)
        x += picture.width + GAP
        bottom = whole.height
    return whole


def _grid(cards: Sequence[_Picture], columns: int) -> _Picture:
    """Cards of one width in rows."""
    whole = _Picture()
    y = 0
    for start in range(0, len(cards), columns):
        row = cards[start : start + columns]
        for number, card in enumerate(row):
            whole.put(card, number * (card.width + GAP), y)
        y += max(card.height for card in row) + GAP
    return whole


def _tree(item: Item, forest: _Forest, width: int, words: DrawingStrings, room: int) -> _Picture:
    """An object above those that stand beneath it, and the lines that lead there."""
    card = _card(item, width, words, forest.beside.get(item.id, ()))
    children = forest.below.get(item.id, ())
    if not children:
        return card
    leaves = [_leaves(child, forest) for child in children]
    space = room - GAP * (len(children) - 1)
    trees = [
        _tree(child, forest, width, words, max(width, space * own // sum(leaves)))
        for child, own in zip(children, leaves, strict=True)
    ]
    rows = _rows(trees, room)
    how, tip = ("traffic", "m-4-5l4 5 4-5") if item.id in forest.traffic else ("owns", "")
    margin = GAP if len(rows) > 1 else 0
    broad = max(sum(tree.width for tree in row) + GAP * (len(row) - 1) for row in rows) + margin
    picture = _Picture(max(broad, card.width))
    left = (picture.width - card.width) // 2
    middle = left + card.width // 2
    picture.put(card, left, 0)
    y = card.height + 2 * GAP
    for number, row in enumerate(rows):
        x = margin + (picture.width - broad) // 2
        bus = y - GAP
        ends = []
        for tree in row:
            picture.put(tree, x, y)
            ends.append(x + tree.width // 2)
            x += tree.width + GAP
        if number == 0:
            picture.line(how, f"M{middle} {card.height}V{bus}")
        start = middle if number == 0 else 0
        reach = [start, *ends, *([0] if margin else [])]
        picture.line(how, f"M{min(reach)} {bus}H{max(reach)}")
        if margin and number:
            picture.line(how, f"M.5 {card.height + GAP}V{bus}")
        for end in ends:
            picture.line(how, f"M{end} {bus}V{y - 1}{tip}")
        y = picture.height + 2 * GAP
    return picture


def _leaves(item: Item, forest: _Forest) -> int:
    """How many objects stand side by side beneath one, at most."""
    return sum(_leaves(child, forest) for child in forest.below.get(item.id, ())) or 1


def _rows(trees: Sequence[_Picture], room: int) -> list[list[_Picture]]:
    """Pictures in rows of about the same length that fit the room."""
    total = sum(tree.width for tree in trees) + GAP * (len(trees) - 1)
    if total <= room:
        return [list(trees)]
    each = max(1, room // (max(tree.width for tree in trees) + GAP))
    count = -(-len(trees) // each)
    size = -(-len(trees) // count)
    return [list(trees[start : start + size]) for start in range(0, len(trees), size)]


def _narrow(forest: _Forest, words: DrawingStrings) -> _Picture:
    """What stands beneath another is indented beneath it; nodes are frames one under the other."""
    picture = _Picture(NARROW)
    parts = [_branch(root, forest, NARROW, words) for root in forest.roots]
    for node, items in forest.frames:
        inner = _Picture(NARROW - 2 * PAD)
        below = 0
        for item in items:
            inner.put(_strip(item, inner.width, words, forest.beside.get(item.id, ())), 0, below)
            below = inner.height + 8
        parts.append(_frame(node, inner, NARROW, inner.height))
    for part in parts:
        picture.put(part, 0, picture.height + GAP if picture.height else 0)
    return picture


def _branch(item: Item, forest: _Forest, width: int, words: DrawingStrings) -> _Picture:
    """An object, what stands beneath it indented, and the lines that lead there."""
    picture = _strip(item, width, words, forest.beside.get(item.id, ()))
    how, tip = ("traffic", "m-5-4l5 4-5 4") if item.id in forest.traffic else ("owns", "")
    bottom = end = picture.height
    for child in forest.below.get(item.id, ()):
        y = picture.height + 8
        end = y + 13
        picture.line(how, f"M10 {end}H19{tip}")
        picture.put(_branch(child, forest, width - 20, words), 20, y)
    if end > bottom:
        picture.line(how, f"M10 {bottom}V{end}")
    return picture


def _strip(item: Item, width: int, words: DrawingStrings, services: Sequence[str]) -> _Picture:
    """An object for a phone: kind and name, and beneath how it fares."""
    if item.gone:
        return _card(item, width, words)
    picture = _Picture(width, LINE * (2 + len(services)) + 14)
    beneath = width - 3 * PAD - 12
    status = _fitting(item.status, beneath)
    if item.image and width_of(f"{status} · {item.image}") <= beneath:
        status += f" · {item.image}"
    senders = [_fitting(f"← Service {name}", beneath) for name in services]
    room = width - 2 * PAD - (width_of(words.new, 12) + 14 if item.new else 0)
    name = shortened(called(item), room - width_of(item.kind, 12) - 8)
    kind = f'<tspan class="preuve-kind">{escape(item.kind)}</tspan>'
    picture.parts = [
        f'<g class="preuve-item" data-state="{item.state}">',
        _rectangle(width, picture.height),
        f"<title>{escape(f'{item.kind} {item.name}')}</title>",
        f'<text class="preuve-name" x="{PAD}" y="{4 + LINE}">{kind} {escape(name)}</text>',
        _sign(item.state, PAD + 6, 2 * LINE),
        _text("status", PAD + 18, 4 + 2 * LINE, status),
        *(_text("service", PAD + 18, 4 + LINE * at, sender) for at, sender in enumerate(senders, 3)),
        _badge(words.new, width) if item.new else "",
        "</g>",
    ]
    return picture


def _story(scene: Sequence[Item], words: DrawingStrings) -> Iterator[str]:
    """The scene in sentences, each object with how it fares."""
    there = {item.id: item for item in scene if not item.gone}
    nodes = {node.name: node for node in _nodes(scene)}
    owned = defaultdict(list)
    for item in there.values():
        if item.owner in there:
            owned[item.owner].append(item)
    linked = {item.id for found in owned.values() for item in found}
    linked |= {pod for item in there.values() for pod in item.selects}
    for item in there.values():
        if item.id in owned:
            yield words.owns.format(owner=_in_words([item]), owned=_in_words(owned[item.id]))
        elif item.selects:
            pods = _in_words(there[pod] for pod in item.selects if pod in there)
            yield words.selects.format(service=_in_words([item]), pods=pods)
        elif item.id not in linked and item.node not in nodes and item not in nodes.values():
            yield f"{_in_words([item])}."
    for node in nodes.values():
        pods = _in_words(item for item in there.values() if item.node == node.name)
        yield words.runs.format(node=_in_words([node]), pods=pods or "–")
    if new := [item for item in scene if item.new]:
        yield words.arrived.format(names=", ".join(f"{item.kind} {item.name}" for item in new))
    if gone := [item for item in scene if item.gone]:
        yield words.left.format(names=", ".join(f"{item.kind} {item.name}" for item in gone))


def _in_words(items: Iterable[Item]) -> str:
    """Objects in a sentence: kind, name and status of each."""
    return ", ".join(
        f"{item.kind} {item.name} ({item.status})" if item.status else f"{item.kind} {item.name}"
        for item in items
    )
