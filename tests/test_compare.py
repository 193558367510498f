"""Which runs of a page `preuve.compare` takes for the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preuve.compare import diff, normalized, same

if TYPE_CHECKING:
    from collections.abc import Sequence

SUFFIX = st.text("bcdfghjklmnpqrstvwxz2456789", min_size=5, max_size=5)
AGE = st.sampled_from(["0s", "9s", "59s", "2m15s", "10m", "3h20m", "47h", "2d3h", "<unknown>"])
NODE = st.sampled_from(["node1", "node2", "node3", "ip-10-0-0-1.eu-west-3.compute.internal"])


@dataclass(frozen=True, slots=True)
class Pod:
    """What a lesson says of a Pod, and what chance made of it."""

    ready: str
    status: str
    suffix: str = ""
    ip: str = ""
    node: str = ""
    age: str = ""


EVENTS = "Events:\n  Type    Reason  Age  From  Message\n  ----    ------  ---  ----  -------\n"

Lesson = tuple[list[Pod], int]
"""The Pods of a Deployment, and which of them the page speaks of again."""

PODS = st.sampled_from([Pod("1/1", "Running"), Pod("0/1", "Pending"), Pod("0/1", "Error")])
LESSONS = st.lists(PODS, min_size=1, max_size=6).flatmap(
    lambda pods: st.tuples(st.just(pods), st.integers(0, len(pods) - 1))
)


def laid_out(rows: Sequence[Sequence[str]]) -> str:
    """A table as kubectl lays it out: each column as wide as its widest cell, and three spaces."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    cells = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    return "".join("   ".join(row).rstrip() + "\n" for row in cells)


@st.composite
def runs(draw: st.DrawFn, lesson: Lesson) -> list[str]:
    """What a page with this lesson answers once: chance names, places and orders the Pods."""
    pods, spoken = lesson
    digest = draw(st.text("456789bcdf", min_size=8, max_size=10))
    suffixes = draw(st.lists(SUFFIX, min_size=len(pods), max_size=len(pods), unique=True))
    hosts = draw(st.lists(st.integers(2, 254), min_size=len(pods), max_size=len(pods), unique=True))
    lived = [
        replace(
            pod,
            suffix=suffix,
            ip=f"10.244.{draw(st.integers(0, 2))}.{host}",
            node=draw(NODE),
            age=draw(AGE),
        )
        for pod, suffix, host in zip(pods, suffixes, hosts, strict=True)
    ]
    name = f"web-{digest}-"
    listed = sorted(lived, key=lambda pod: pod.suffix)
    one = lived[spoken]
    addresses = draw(st.permutations([pod.ip for pod in lived]))
    created = draw(st.permutations(lived))
    return [
        laid_out(
            [
                ("NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"),
                *((name + p.suffix, p.ready, p.status, "0", p.age, p.ip, p.node) for p in listed),
            ]
        ),
        f"IP:           10.96.{draw(st.integers(0, 9))}.7\nEndpoints:    {':80,'.join(addresses)}:80\n",
        f"Name:         {name}{one.suffix}\nNode:         {one.node}/192.168.1.2\nIP:           {one.ip}\n",
        "".join(f"pod/{name}{pod.suffix} condition met\n" for pod in listed),
        EVENTS + "".join(f"  Normal  A  {draw(AGE)}  kubelet  Pod {name}{pod.suffix}\n" for pod in created),
        "".join(
            f"  - Addresses:  {pod.ip}\n    TargetRef:  Pod/{name}{pod.suffix}\n    NodeName:   {pod.node}\n"
            for pod in draw(st.permutations(lived))
        ),
    ]


PAIRS = LESSONS.flatmap(lambda lesson: st.tuples(st.just(lesson), runs(lesson), runs(lesson)))


@settings(deadline=None)
@given(PAIRS)
def test_chance_makes_no_difference(pair: tuple[Lesson, list[str], list[str]]) -> None:
    """Other names, nodes, addresses, ages, and with them other widths and orders."""
    _, one, other = pair
    assert normalized(one) == normalized(other)


@settings(deadline=None)
@given(PAIRS, st.data())
def test_what_the_lesson_says_makes_a_difference(
    pair: tuple[Lesson, list[str], list[str]], data: st.DataObject
) -> None:
    """One Pod more or less, another state or count, and be it only of one Pod among several alike."""
    (pods, spoken), one, _ = pair
    changed = data.draw(
        st.sampled_from(
            [
                [*pods, Pod("1/1", "Running")],
                [replace(pods[0], status="Evicted"), *pods[1:]],
                [*pods[:-1], replace(pods[-1], ready="2/2")],
            ]
        )
    )
    assert not same(one, data.draw(runs((changed, spoken))))


TWO = laid_out([("NAME", "READY", "AGE"), ("web-x7k2p", "1/1", "9s"), ("web-b4d6f", "0/1", "9s")])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pod/web-x7k2p deleted", "pod/web-b4d6f deleted"),
        ("web-x7k2p", "web-q8w9z"),
        ("web-x7k2p web-b4d6f", "web-b4d6f web-x7k2p"),
    ],
)
def test_it_matters_which_pod_is_spoken_of(one: str, other: str) -> None:
    """`describe` speaks of the Pod that `get` listed as ready, and of no other."""
    assert not same([TWO, one], [TWO, other])


def test_an_ip_is_its_pods() -> None:
    """An address that belongs to a Pod is told from another's; a client's is any address."""
    pods = laid_out([("NAME", "IP"), ("a", "10.244.0.5"), ("b", "10.244.0.6")])
    assert not same([pods, "10.244.0.5"], [pods, "10.244.0.6"])
    assert same([pods, "from 10.244.0.1"], [pods, "from 192.168.1.3"])
    assert not same([pods, "from 10.244.0.1"], [pods, "from 10.244.0.5"])


PULLED = 'Successfully pulled image "nginx" in 1.2s (1.2s including waiting). Image size: 64738257 bytes.'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (['9s  kubelet  Pulling image "nginx"'], []),
        (
            ['9s  kubelet  Pulling image "nginx"', f"8s  kubelet  {PULLED}"],
            ['9s (x3 over 1m)  kubelet  Container image "nginx" already present on machine'],
        ),
        (["9s  kubelet  Started"], ["9s (x4 over 2m)  kubelet  Started", "1s  kubelet  Started"]),
        (["9s  kubelet  one", "8s  kubelet  two"], ["9s  kubelet  two", "8s  kubelet  one"]),
        (["9s  kubelet  one"], ["9s (x9 over 1m)  kubelet  (combined from similar events): one"]),
    ],
)
def test_events_are_a_set(one: list[str], other: list[str]) -> None:
    """Whether an image had to be pulled, how often and in which order things happened is chance."""
    texts = [EVENTS + "".join(f"  Normal  A  {event}\n" for event in events) for events in (one, other)]
    assert same(texts[:1], texts[1:])


ENDPOINTS = [
    "- addresses:\n  - 10.244.1.5\n  ready: true\n  targetRef:\n    name: a\n",
    "- addresses:\n  - 10.244.2.6\n  ready: false\n  targetRef:\n    name: b\n",
    "- addresses:\n  - 10.244.3.7\n  ready: true\n  targetRef:\n    name: c\n",
]
ADDRESSED = laid_out([("NAME", "IP"), ("a", "10.244.1.5"), ("b", "10.244.2.6"), ("c", "10.244.3.7")])


def test_items_that_all_speak_of_addresses_have_no_order() -> None:
    """An EndpointSlice lists its endpoints in any; what is said of each stays with it."""
    one, other = ("endpoints:\n" + "".join(ENDPOINTS[n] for n in order) for order in ((0, 1, 2), (2, 0, 1)))
    assert same([ADDRESSED, one], [ADDRESSED, other])
    exchanged = one.replace("name: a", "name: x").replace("name: b", "name: a").replace("name: x", "name: b")
    assert not same([ADDRESSED, one], [ADDRESSED, exchanged])


def test_a_list_of_which_an_item_speaks_of_no_address_keeps_its_order() -> None:
    """Containers, arguments, rules: their order is their author's, though one of them has an address."""
    items = ["- name: host\n  podIP: 10.244.1.5\n", "- name: port\n  value: x\n"]
    assert not same(["env:\n" + "".join(items)], ["env:\n" + "".join(reversed(items))])


def test_where_services_are_is_told_in_any_order() -> None:
    """The kubelet tells a container so by its environment; what a manifest sets keeps its order."""
    told = [
        "KUBERNETES_PORT=tcp://10.96.0.1:443",
        "KUBERNETES_SERVICE_HOST=10.96.0.1",
        "WEB_PORT_80_TCP_PORT=80",
    ]
    one, other = ("\n".join(["COLOR=red", *lines, "HOME=/root"]) for lines in (told, told[::-1]))
    assert same([one], [other])
    assert not same([one], [one.replace("PORT=80", "PORT=81")])
    assert not same(["COLOR=red\nSIZE=xl"], ["SIZE=xl\nCOLOR=red"])


def test_a_node_that_is_all_that_is_said_of_a_pod_is_chance() -> None:
    """`jsonpath` answers with a bare name; a list of nodes is a list of names."""
    pods = laid_out([("NAME", "NODE"), ("web", "node1"), ("db", "node2")])
    assert same([pods, "node1"], [pods, "node2"])
    assert same([pods, "web-x7k2p node1\nweb-b4d6f node1"], [pods, "web-x7k2p node1\nweb-b4d6f node2"])
    assert not same([pods, "node1\nnode2"], [pods, "node2\nnode1"])
    assert not same([pods, "node/node1 cordoned"], [pods, "node/node2 cordoned"])
    assert not same([pods, "web node1"], [pods, "web node2"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('Container image "nginx:1.26" already present', 'Container image "nginx:1.22" already present'),
        ("web   0/1   CrashLoopBackOff   0   9s", "web   0/1   Error   0   9s"),
        ("80:30008/TCP", "80:30009/TCP"),
        ("10.244.0.0/24", "10.244.1.0/24"),
        ("my-app-pod", "my-app-pud"),
        ("command terminated with exit code 1", "command terminated with exit code 2"),
        ("a\nb", "b\na"),
        ("Delay:  30s", "Delay:  10s"),
        ("nginx:1.26", "nginx:1.22"),
        ("NAME   RESTARTS   AGE\nweb    1 (5s ago)   1m", "NAME   RESTARTS   AGE\nweb    2 (5s ago)   1m"),
        ("  deeper: 1", "deeper: 1"),
        ("NAME   A   B\nx          1", "NAME   A   B\nx      1   "),
        ("web-x7k2p\nweb-b4d6f", "web-x7k2p"),
        ("hello", ""),
    ],
)
def test_what_is_no_chance_is_compared(one: str, other: str) -> None:
    """Fixed ports, networks, names, exit codes, order, settings, counts, indentation, columns."""
    assert not same([one], [other])


def test_a_watched_command_is_compared_as_a_set() -> None:
    """It may say a thing once more or less before it is stopped."""
    one = "NAME   READY   AGE\nweb    0/1     0s\nweb    1/1     2s\n"
    other = "NAME   READY   AGE\nweb    0/1     0s\nweb    0/1     1s\nweb    1/1     5s\nweb    1/1     9s\n"
    assert same([one], [other], unordered={0})
    assert not same([one], [other])
    assert not same([one], [other.replace("1/1", "2/2")], unordered={0})


def test_what_a_page_spells_out_is_compared() -> None:
    """A port that a manifest chooses is no chance, though its number be one that could be picked."""
    assert same(["80:31000/TCP"], ["80:31001/TCP"])
    assert not same(["80:31000/TCP"], ["80:31001/TCP"], public="nodePort: 31000")


def test_a_difference_is_shown_by_meaning_and_as_printed() -> None:
    """A person sees what counts, and the real values under it; lines that came to the same are context."""
    header = "NAME        READY   AGE\n"
    old = header + "web-b4d6f   1/1     9s\nweb-x7k2p   1/1     9s\n"
    new = header + "web-c5f7g   1/1     8s\nweb-z9w8q   0/1     2m\n"
    [(number, shown)] = diff(["same", old], ["same", new])
    assert number == 1
    above, was, printed, now, answered, below = shown.splitlines()
    assert (above, below) == ("  NAME READY AGE", "  web-‹pod2› 1/1 ‹age›")
    assert (was, now) == ("- web-‹pod1› 1/1 ‹age›", "+ web-‹pod1› 0/1 ‹age›")
    assert printed.strip() in old
    assert answered == "      web-z9w8q   0/1     2m"


def test_an_output_too_many_is_shown() -> None:
    """Each output of the longer run differs from none."""
    assert list(diff(["a"], ["a", "b"])) == [(1, "+ b")]
    assert list(diff(["a"], [])) == [(0, "- a")]


def test_a_text_with_the_quotes_of_placeholders() -> None:
    """Raw text may hold them; it is its own canonical form."""
    text = "‹pod1› web-‹hash1›-‹pod2› ‹age›"
    assert normalized([text]) == [[text]]


@given(st.lists(st.text(alphabet="web-x7k2p 10.244.0.5:80‹›\n\tAGE{},Node:", max_size=60), max_size=3))
def test_normalizing_any_text_is_idempotent(outputs: list[str]) -> None:
    """Canonical lines are their own canonical form."""
    lines = normalized(outputs)
    assert normalized(["\n".join(output) for output in lines]) == lines


def test_a_line_less_is_told_where_it_is_missing_alone() -> None:
    """What follows, about Pods that only the end of the page tells apart, has not changed."""
    pods = [f"web-{suffix}" for suffix in ("x7k2p", "b4d6f", "c5g7h", "z9w8v", "q2r4t")]
    table = "NAME        AGE\n" + "".join(f"{pod}   9s\n" for pod in pods)
    later = [f"{pod} answered {number} times\n" for number, pod in enumerate(pods)]
    assert [number for number, _ in diff(["000\n200\n", table, *later], ["000\n", table, *later])] == [0]
