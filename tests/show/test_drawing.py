"""Scenes as pictures: what stands in them, where, and what a screen reader is told."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree as ET

import pytest

from preuve.meaning.scene import read, scenes
from preuve.show.drawing import NARROW, WIDE, draw
from preuve.show.strings import ENGLISH

ROLLOUT = """\
Deployment web 3/3
ReplicaSet web-69b599dc77 3/3 image=nginx:1.26 owner=Deployment/web
+ ReplicaSet web-7c5ddbdf54 0/1 image=nginx:9.99 owner=Deployment/web
Pod web-69b599dc77-ffrlc Running image=nginx:1.26 owner=ReplicaSet/web-69b599dc77
Pod web-69b599dc77-k6cp7 Running image=nginx:1.26 owner=ReplicaSet/web-69b599dc77
Pod web-69b599dc77-25dhx Running image=nginx:1.26 owner=ReplicaSet/web-69b599dc77
+ Pod web-7c5ddbdf54-zz9k2 ImagePullBackOff image=nginx:9.99 owner=ReplicaSet/web-7c5ddbdf54"""
NODES = """\
Pod web-x7k2p Running node=node1
Pod web-b4d6f Terminating node=node2
Pod lone Pending
Node node1 Ready
Node node2 NotReady"""
SERVICES = """\
Service web ClusterIP 80 selects=Pod/a,Pod/b
Service empty ClusterIP 80
Pod a Running
Pod b CrashLoopBackOff"""
MANY = "ReplicaSet web 12/12\n" + "\n".join(f"Pod web-{n:05} Running owner=ReplicaSet/web" for n in range(12))
TWO = "Service a ClusterIP 80 selects=Pod/x\nService b ClusterIP 80 selects=Pod/x\nPod x Running"


def pictures(text: str, anchor: str = "d") -> tuple[ET.Element, ET.Element]:
    scene = [read(line) for line in text.splitlines()]
    drawing = ET.fromstring(draw(scene, ["pods"], anchor, ENGLISH.drawing))  # noqa: S314 - our own
    wide, narrow = drawing.findall("svg")
    return wide, narrow


@pytest.mark.parametrize(("text", "more"), [(NODES, True), (MANY, True), ("Pod a Running", False)])
def test_what_a_phone_shows_in_another_layout_can_be_enlarged(text: str, more: bool) -> None:
    drawing = draw([read(line) for line in text.splitlines()], ["pods"], "d", ENGLISH.drawing)
    assert (">Enlarge</button>" in drawing) == more


def boxes(picture: ET.Element) -> dict[str, tuple[float, float, float, float]]:
    """Where each object is: left, top, right, bottom, by kind and name."""
    found = {}

    def walk(element: ET.Element, x: float, y: float) -> None:
        if moved := re.fullmatch(r"translate\(([\d.]+) ([\d.]+)\)", element.get("transform", "")):
            x, y = x + float(moved[1]), y + float(moved[2])
        if element.get("class") == "preuve-item":
            (rect,) = element.findall("rect")
            (name,) = element.findall("title")
            found[name.text or ""] = (x, y, x + float(rect.get("width", 0)), y + float(rect.get("height", 0)))
        for child in element:
            walk(child, x, y)

    walk(picture, 0, 0)
    return found


def states(picture: ET.Element) -> dict[str, str | None]:
    items = [each for each in picture.iter() if each.get("class") == "preuve-item"]
    return {each.findtext("title") or "": each.get("data-state") for each in items}


@pytest.mark.parametrize("text", [ROLLOUT, NODES, SERVICES, MANY, TWO, ""])
def test_everything_is_in_the_picture_and_nothing_on_something_else(text: str) -> None:
    """In both layouts, which are no wider than the page."""
    for picture, room in zip(pictures(text), (WIDE, NARROW), strict=True):
        width, height = float(picture.get("width", 0)), float(picture.get("height", 0))
        assert width <= room
        found = list(boxes(picture).values())
        assert len(found) == len([line for line in text.splitlines() if "Node " not in line])
        for number, (left, top, right, bottom) in enumerate(found):
            assert 0 <= left <= right <= width
            assert 0 <= top <= bottom <= height
            for x, y, end, below in found[number + 1 :]:
                assert right <= x or end <= left or bottom <= y or below <= top


def test_what_is_owned_stands_beneath() -> None:
    """Wide and narrow."""
    for picture in pictures(ROLLOUT):
        found = boxes(picture)
        assert found["Deployment web"][3] < found["ReplicaSet web-69b599dc77"][1]
        assert found["ReplicaSet web-7c5ddbdf54"][3] < found["Pod web-7c5ddbdf54-zz9k2"][1]


def test_a_state_is_told_apart() -> None:
    """By the object's state, not by whether it is new."""
    for picture in pictures(ROLLOUT):
        found = states(picture)
        assert found["Pod web-69b599dc77-ffrlc"] == "healthy"
        assert found["Pod web-7c5ddbdf54-zz9k2"] == "broken"
        assert found["ReplicaSet web-7c5ddbdf54"] == "waiting"
        assert len([each for each in picture.iter() if each.get("class") == "preuve-badge"]) == 2


def test_a_status_is_said_in_words() -> None:
    """As kubectl says it, whole."""
    for picture in pictures(ROLLOUT):
        texts = [each.text or "" for each in picture.iter() if each.get("class") == "preuve-status"]
        assert any(text.startswith("ImagePullBackOff") for text in texts)


def test_a_pod_stands_on_its_node() -> None:
    """Beside the other nodes, and a Pod without a node on none."""
    wide, narrow = pictures(NODES)
    for picture in (wide, narrow):
        frames = [each for each in picture.iter() if each.get("class") == "preuve-frame"]
        assert [frame.get("data-state") for frame in frames] == ["healthy", "lost"]
        assert boxes(picture)["Pod lone"][3] < boxes(picture)["Pod web-x7k2p"][1]
    assert boxes(wide)["Pod web-x7k2p"][1] == boxes(wide)["Pod web-b4d6f"][1]


def test_traffic_is_told_apart_from_ownership() -> None:
    """A Service stands above the Pods that it alone sends to; else they name it, on a line of its own."""
    for picture in pictures(SERVICES):
        assert any(each.get("class") == "preuve-traffic" for each in picture.iter())
        assert not any(each.get("class") == "preuve-owns" for each in picture.iter())
        assert boxes(picture)["Service web"][3] < boxes(picture)["Pod a"][1]
    for picture in pictures(TWO):
        senders = [each for each in picture.iter("text") if each.get("class") == "preuve-service"]
        assert {each.text for each in senders} == {"← Service a", "← Service b"}
        assert len({(each.get("x"), each.get("y")) for each in senders}) > 1


def test_a_screen_reader_is_told_names_links_and_states() -> None:
    """In the picture's description; its name says what was asked for."""
    for picture in pictures(ROLLOUT):
        title, description = picture.findtext("title"), picture.findtext("desc") or ""
        assert title == "Objects of the cluster: pods"
        assert picture.get("aria-labelledby") == picture[0].get("id")
        assert (
            "ReplicaSet web-7c5ddbdf54 (0/1) owns Pod web-7c5ddbdf54-zz9k2 (ImagePullBackOff)." in description
        )
        assert description.endswith("New: ReplicaSet web-7c5ddbdf54, Pod web-7c5ddbdf54-zz9k2.")
    assert "On Node node2 (NotReady): Pod web-b4d6f (Terminating)." in (
        pictures(NODES)[0].findtext("desc") or ""
    )
    assert pictures("")[0].findtext("desc") == "No object"


def test_an_object_keeps_its_place() -> None:
    """From a page's drawing to the next, beside one that came first by name."""
    before = ["Pod b Running", "Pod c Running"]
    one, two = scenes([(["Pod"], before), (["Pod"], ["+ Pod a Running", *before])])
    first, second = (
        boxes(ET.fromstring(draw(scene, ["pods"], "d", ENGLISH.drawing))[0])  # noqa: S314 - our own
        for scene in (one, two)
    )
    assert [first[name][:2] for name in first] == [second[name][:2] for name in first]


def test_a_long_name_loses_words_and_keeps_its_end() -> None:
    """No word is cut in two where there is room for one, and one sign stands for all that is left out."""
    rollout = ROLLOUT.replace("web", "my-app-deployment")
    for picture in pictures(rollout):
        names = [
            "".join(text.itertext()).split()[-1]
            for text in picture.iter("text")
            if "name" in text.get("class", "")
        ]
        assert [name for name in names if name.count("…") > 1 or re.search(r"[^-]…|…[^-]", name)] == []
        assert {name.rpartition("-")[2] for name in names} >= {"ffrlc", "69b599dc77", "7c5ddbdf54", "zz9k2"}
        assert sum("…" in name for name in names) >= 4


def test_a_name_is_text() -> None:
    """Nothing of it becomes markup; the kinds asked for neither."""
    html = draw([read("Pod web Running")], ["<script>"], "d", ENGLISH.drawing)
    assert "<script>" not in html
    assert "<script>" in unescape(html)


def test_a_node_that_is_gone_frames_nothing_and_what_ran_there_is_still_shown() -> None:
    """A page that deletes a node draws what is left of it."""
    text = "- Node node3 Ready\nNode node1 Ready\nPod web Running node=node1\nPod lost Running node=node3"
    for picture in pictures(text):
        assert set(boxes(picture)) >= {"Node node3", "Pod web", "Pod lost"}
        assert "Pod lost (Running)." in (picture.findtext("desc") or "")
