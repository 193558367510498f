"""Which runs of a page `preuve.meaning.compare` takes for the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from played import alike, diff, run, same
from preuve.meaning import compare
from preuve.meaning.chance import Chance
from preuve.meaning.spans import Value

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
    assert same(one, other)


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


def test_it_does_not_matter_on_which_node_a_pod_is() -> None:
    """In whatever words that is told; but nodes that are asked for are a list of names."""
    pods = laid_out([("NAME", "NODE"), ("web", "node1"), ("db", "node2")])
    assert same([pods, "node1"], [pods, "node2"])
    assert same([pods, "web-x7k2p node1\nweb-b4d6f node1"], [pods, "web-x7k2p node1\nweb-b4d6f node2"])
    assert same([pods, "web is on node1"], [pods, "web is on node2"])
    assert not same([pods, "node/node1 cordoned"], [pods, "node/node2 cordoned"])
    asked = ["kubectl get pods -o wide", "kubectl get nodes -o jsonpath='{.items[*].metadata.name}'"]
    assert not same([pods, "node1\nnode2"], [pods, "node2\nnode1"], sources=asked)
    assert not same([pods, "web node1"], [pods, "web node2"], public="kubectl drain node1")


LOOPS = """\
  containerStatuses:
  - name: steady
    restartCount: {}
    state:
      running: {{}}
  - name: broken
    restartCount: {}
    state:
      waiting:
        reason: CrashLoopBackOff
"""
FALLEN = "  web:\n    State:  Waiting\n      Reason:  CrashLoopBackOff\n    Restart Count:  {}\n"
ROLLS = """\
Scaled up replica set web-5fc9f4bf66 from 0 to 1
Scaled up replica set web-5fc9f4bf66 from 1 to 2
Scaled up replica set web-5fc9f4bf66 from 2 to {}
Scaled down replica set web-7d4b8c6f55 from {} to 2
Scaled down replica set web-7d4b8c6f55 from 2 to {}
"""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LOOPS.format(0, 3), LOOPS.format(4, 3)),
        (LOOPS.format(0, 3), LOOPS.format(0, 0)),
        (FALLEN.format(2), FALLEN.format(0)),
        (ROLLS.format(3, 4, 0), ROLLS.format(4, 4, 0)),
        (ROLLS.format(3, 4, 0), ROLLS.format(3, 3, 0)),
        (ROLLS.format(3, 4, 0), ROLLS.format(3, 4, 1)),
        ("rapport-24567.csv", "rapport-24568.csv"),
        ("facture-24567", "facture-24568"),
        ("31250", "31251"),
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


def test_who_watches_may_miss_what_passes_at_once() -> None:
    """A state that the Pod stays in is none of that, nor is it where nobody watches."""
    row = "waits   0/1     {:<10} 0          {}s\n".format
    head = "NAME    READY   STATUS     RESTARTS   AGE\n"
    one, other = head + row("Pending", 0) + row("Init:0/2", 0), head + row("Init:0/2", 1)
    assert same([one], [other], unordered={0})
    assert not same([one], [other])
    assert not same([one], [head + row("Pending", 0)], unordered={0})
    assert not same([one], [head + row("Init:1/2", 1)], unordered={0})
    claim = "NAME   STATUS    AGE\nhold   Pending   0s\nhold   Bound     2s\n"
    assert not same([claim], [claim.replace("hold   Pending   0s\n", "")], unordered={0})


def test_who_begins_to_watch_later_sees_init_containers_further() -> None:
    """A Service has let the first of them go before the watch began; one that nobody saw is another thing."""
    row = "waits   0/1     {:<10} 0          {}s\n".format
    head = "NAME    READY   STATUS     RESTARTS   AGE\n"
    begun, later, new = row("Init:0/2", 6), row("Init:1/2", 8), head + row("Pending", 0)
    assert same([head + begun + later], [head + later], unordered={0})
    assert not same([head + begun + later], [head + begun], unordered={0})
    assert not same([head + begun + later], [head + later.replace("/2", "/3")], unordered={0})
    assert not same([new + begun + later], [new + later], unordered={0})
    assert not same([head + later + begun], [head + later], unordered={0})
    other = begun.replace("waits", "other")
    assert not same([head + other + later], [head + later], unordered={0})


def test_what_a_page_spells_out_is_compared() -> None:
    """A port that a manifest chooses is no chance, though its number be one that could be picked."""
    assert same(["80:31000/TCP"], ["80:31001/TCP"])
    assert not same(["80:31000/TCP"], ["80:31001/TCP"], public="nodePort: 31000")


def test_a_difference_is_shown_by_meaning_and_as_printed() -> None:
    """A person sees what is chance and what is not; lines that came to the same are context."""
    header = "NAME        READY   AGE\n"
    old = header + "web-b4d6f   1/1     9s\nweb-x7k2p   1/1     9s\n"
    new = header + "web-c5f7g   1/1     8s\nweb-z9w8q   0/1     2m\n"
    [(number, shown)] = diff(["same", old], ["same", new])
    assert number == 1
    assert shown.splitlines() == [
        "  NAME READY AGE",
        "  web-b4d6f 1/1 ‹9s›",
        "- web-x7k2p 1/1 ‹9s›",
        "+ web-z9w8q 0/1 ‹2m›",
    ]


def test_a_difference_says_what_each_name_was() -> None:
    """Where another Pod is spoken of than before: of those that both runs list, which one is told."""
    old = ["NAME        READY\nweb-b4d6f   1/1\nweb-x7k2p   0/1\n", "pod/web-b4d6f deleted\n"]
    new = ["NAME        READY\nweb-c5f7g   0/1\nweb-z9w8q   1/1\n", "pod/web-c5f7g deleted\n"]
    [(number, shown)] = diff(old, new)
    assert number == 1
    assert shown.splitlines() == ["- pod/web-b4d6f deleted", "+ pod/web-c5f7g deleted   (c5f7g was x7k2p)"]


def test_an_output_too_many_is_shown() -> None:
    """Each output of the longer run differs from none."""
    assert list(diff(["a"], ["a", "b"])) == [(1, "+ b")]
    assert list(diff(["a"], [])) == [(0, "- a")]


@given(st.lists(st.text(alphabet="web-x7k2p 10.244.0.5:80‹›\n\tAGE{},Node:", max_size=60), max_size=3))
def test_any_text_is_the_same_as_itself(outputs: list[str]) -> None:
    """Whatever it holds, the quotes of placeholders too."""
    assert same(outputs, outputs)


def test_a_line_less_is_told_where_it_is_missing_alone() -> None:
    """What follows, about Pods that only the end of the page tells apart, has not changed."""
    pods = [f"web-{suffix}" for suffix in ("x7k2p", "b4d6f", "c5g7h", "z9w8v", "q2r4t")]
    table = "NAME        AGE\n" + "".join(f"{pod}   9s\n" for pod in pods)
    later = [f"{pod} answered {number} times\n" for number, pod in enumerate(pods)]
    assert [number for number, _ in diff(["000\n200\n", table, *later], ["000\n", table, *later])] == [0]


def test_a_long_difference_is_told_in_part() -> None:
    """Where lines repeat, to match two outputs of a megabyte line by line would take days."""
    lines = 20_000 * "la\n"
    assert list(diff([lines], [f"{lines}li\n"])) == [(0, "  la\n  la\n+ li")]
    ends = [f"{first}\n{lines}{last}\n" for first, last in ("ab", "cd")]
    assert list(diff(ends[:1], ends[1:])) == [(0, "- a\n- b\n+ c\n+ d")]
    assert list(diff([lines], [f"a\n{lines}b\n"])) == [(0, "+ a\n+ b")]
    turned = [10_000 * "la\nli\n", 10_000 * "li\nla\n"]
    [(_, told)] = diff(turned[:1], turned[1:])
    assert told.startswith("- la\n- li\n")
    assert told.endswith("- li\n  … and more: of 20000 lines before, 20000 now")
    assert told.count("\n") == compare.LINES


HEARD = "[pod/choir-{0}/say] la\n[pod/choir-{0}/say] li\n[pod/choir-{1}/say] fa\n[pod/choir-{1}/say] fi\n"


def test_which_of_several_logs_comes_first_is_chance() -> None:
    """The lines of each source stay in their order where they say which it is."""
    asked = ["kubectl logs -l app=choir --prefix"]
    lines = HEARD.format("x7k2p", "b4d6f").splitlines(keepends=True)
    other = "".join([lines[2], lines[0], lines[3], lines[1]])
    assert same(["".join(lines)], [other], sources=asked)
    assert not same(["".join(lines)], ["".join(reversed(lines))], sources=asked)
    without = ["kubectl logs pair --all-containers"]
    assert same(["alpha done\nzulu broke\n"], ["zulu broke\nalpha done\n"], sources=without)
    assert not same(["alpha done\nzulu broke\n"], ["alpha done\nalpha done\n"], sources=without)
    assert not same(["la\nli\n"], ["li\nla\n"], sources=["kubectl logs choir"])


@pytest.mark.parametrize("asked", ["kubectl logs job/choir", "kubectl logs -f choir-x7k2p"])
def test_what_one_says_in_a_log_is_in_order(asked: str) -> None:
    """Though each line begins with who says it; where two take turns, chance says which is next."""
    one, two = (f"choir-{who}: {word}\n" for who, word in (("x7k2p", "la"), ("x7k2p", "li")))
    other = "choir-b4d6f: fa\n"
    assert not same([one + two], [two + one], sources=[asked])
    assert same([one + other + two], [other + one + two], sources=[asked])


def test_how_often_each_pod_answered_is_chance() -> None:
    """A Service draws one for each connection; that each of them was drawn is the lesson's."""
    asked = ["sort answers.txt | uniq -c"]
    one = "     19 choir-7c5ddbdf54-b4d6f\n     22 choir-7c5ddbdf54-k8s2d\n     19 choir-7c5ddbdf54-x7k2p\n"
    other = "     24 choir-7c5ddbdf54-c6z9m\n      9 choir-7c5ddbdf54-h2v4q\n     27 choir-7c5ddbdf54-t5w8n\n"
    assert same([one], [other], sources=asked)
    assert same([one], [other], sources=asked, public="replicas: 3, seq 24, port: 27")
    assert not same([one], [other], sources=["cat counted.txt"])
    assert not same([one], [other.partition("\n")[2]], sources=asked)
    assert not same([one.splitlines()[0]], [other.splitlines()[0]], sources=asked)
    assert not same(["     41 la\n     19 li\n"], ["     40 la\n     20 li\n"], sources=asked)


def test_which_pod_kubectl_picked_is_chance() -> None:
    """Another may have been set apart before; but what the one answered is the lesson's."""
    pods = "NAME          VOICE\nchoir-b4d6f   lead\nchoir-x7k2p   <none>\n"
    asked = ["kubectl get pods -L voice", "kubectl logs deploy/choir"]
    assert same([pods, "la from choir-b4d6f"], [pods, "la from choir-x7k2p"], sources=asked)
    assert not same([pods, "la from choir-b4d6f"], [pods, "fa from choir-b4d6f"], sources=asked)
    assert not same([pods, "la from choir-b4d6f"], [pods, "la from choir-x7k2p"])


TEMPLATE = "kubectl get pods -l app=choir -o jsonpath='{range .items[*]}{.status.phase}{\"\\n\"}{end}'"


def test_values_of_pods_with_generated_names_have_no_order() -> None:
    """They come in that of names which chance gave; in that of chosen names, or as asked, they say which."""
    pods = "NAME\nchoir-b4d6f\nchoir-x7k2p\nchoir-z9w8q\n"
    asked = ["kubectl get pods", TEMPLATE]
    assert same([pods, "0\n1\n0\n"], [pods, "1\n0\n0\n"], sources=asked)
    assert same([pods, "0 1 0"], [pods, "1 0 0"], sources=asked)
    assert not same([pods, "0\n1\n0\n"], [pods, "1\n1\n0\n"], sources=asked)
    assert not same([pods, "0 1 0"], [pods, "0 1 1"], sources=asked)
    assert not same(["NAME\na\nb\n", "0\n1\n"], ["NAME\na\nb\n", "1\n0\n"], sources=asked)
    in_order = ["kubectl get pods", TEMPLATE.replace("get pods", "get pods --sort-by=.status.phase")]
    assert not same([pods, "0\n0\n1\n"], [pods, "0\n1\n0\n"], sources=in_order)


TOLD = """\
Name:             choir-{}
Restart Count:    {}
Events:
  Type    Reason   Age  From     Message
  ----    ------   ---  ----     -------
  Normal  Pulling  {}   kubelet  Pulling image "nginx"
  Normal  Created  {}   kubelet  Container created

"""


@pytest.mark.parametrize(
    "late",
    [
        'v3.go:80] "Encoding terminal size failed" err="write tcp: broken pipe"',
        'reflector.go:227] "Failed to watch" err="context deadline exceeded" reflector="tools/cache"',
    ],
)
def test_that_something_came_too_late_is_chance(late: str) -> None:
    """Kubectl says on its way that a program has just ended, or its own time; not what came of it."""
    clock = "E1130 07:54:18.773748   25"
    assert same(["five\n"], [f"five\n{clock} {late}\n"])
    assert not same(["five\n"], [f"five\n{clock} {late.replace('ed', 'able')}\n"])
    assert not same(["five\n"], ["five\nerror: timed out waiting for the condition\n"])


def test_the_words_of_a_message_are_in_order() -> None:
    """It is no list of reasons."""
    asked = ["kubectl get events -o jsonpath='{.items[0].message}'"]
    assert not same(["Created container oar"], ["Created container oar oar"], sources=asked)
    assert not same(["Killing oar Started"], ["Started oar Killing"], sources=asked)


def test_several_pods_that_are_described_have_no_order() -> None:
    """What is said of each stays together, its events a set."""
    asked = ["kubectl describe pods -l app=choir"]
    one = TOLD.format("b4d6f", 0, "5s", "4s") + TOLD.format("x7k2p", 1, "5s", "4s")
    other = TOLD.format("c5g7h", 1, "9s", "9s") + TOLD.format("q2r4t", 0, "9s", "9s")
    assert same([one], [other], sources=asked)
    assert not same([one], [other.replace("Count:    1", "Count:    2")], sources=asked)
    assert not same([one], [one.replace("Created", "Killing", 1)], sources=asked)
    lines = "".join(line for line in one.splitlines(keepends=True) if line[:1] in "NR")
    turned = "".join(line for line in other.splitlines(keepends=True) if line[:1] in "NR")
    assert same([lines], [turned], sources=[f"{asked[0]} | grep -E '^(Name|Restart)'"])
    assert same([one], [other], sources=[f"{asked[0]}; kubectl logs quiet"])


@pytest.mark.parametrize(
    ("asked", "one", "other", "wrong"),
    [
        (
            "kubectl get events -o custom-columns=TYPE:.type,REASON:.reason",
            "TYPE     REASON\nNormal   Pulling\nNormal   Pulled\n",
            "TYPE     REASON\nNormal   Pulled\n",
            "TYPE     REASON\nNormal   Failed\n",
        ),
        (
            "kubectl get events -o jsonpath='{range .items[*]}{.reason}{end}'",
            "Scheduled\toar\nPulling\toar\nStarted\toar\n",
            "Started\toar\nScheduled\toar\n",
            "Started\toar\nScheduled\trudder\n",
        ),
        ("kubectl get events -o name | wc -l", "11\n", "9\n", "none\n"),
        (
            "kubectl get events -o jsonpath='{.items[*].reason}'",
            "Scheduled Pulling Pulled Started",
            "Started Scheduled Pulled",
            "Scheduled Pulling Failed BackOff",
        ),
        ("kubectl events --for pod/oar", "Pulling\nStarted\n", "Started\n", "Created\n"),
    ],
)
def test_events_are_a_set_however_they_are_listed(asked: str, one: str, other: str, wrong: str) -> None:
    """Only a question for events tells that `Pulling` is that; elsewhere it is a word."""
    assert same([one], [other], sources=[asked])
    assert not same([one], [wrong], sources=[asked])
    assert not same([one], [other], sources=["cat file"])


TOLD_AT_ONCE = (
    'Successfully assigned pods/web to node2 Pulling image "oar:1" Successfully pulled image "oar:1" in 1.2s '
    "(1.2s including waiting). Image size: 6 bytes. Container created Container started"
)
AT_ONCE_AGAIN = (
    'Successfully assigned pods/web to node1 Container image "oar:1" already present on machine '
    "Container created Container started"
)


@pytest.mark.parametrize(
    ("asked", "one", "other", "last"),
    [
        ("-o jsonpath='{.items[*].message}'", TOLD_AT_ONCE, AT_ONCE_AGAIN, "Container started"),
        (
            "-o json | jq -c '[.items[].reason]'",
            '["Scheduled","Pulling","Pulled","Started"]\n',
            '["Scheduled","Pulled","Started"]\n',
            "Started",
        ),
        (
            "-o jsonpath='{range .items[*]}{.reason}, {end}'",
            "Scheduled, FailedMount, Pulling, Pulled, Started, ",
            "Scheduled, Pulled, Started, ",
            "Started",
        ),
    ],
)
def test_of_events_on_one_line_only_the_pull_is_chance(asked: str, one: str, other: str, last: str) -> None:
    """What else the line tells is compared, though it also tells that an image was pulled."""
    sources = [f"kubectl get events {asked}"]
    assert same([one], [other], sources=sources)
    assert not same([one], [one.replace(last, "BackOff")], sources=sources)
    assert not same([one], [""], sources=sources)
    row = '9s   Normal   Pulling   pod/web   Pulling image "oar:1"\n'
    assert same([row], [""], sources=["kubectl get events | grep Pulling"])


METER = "100     5  100     5    0     0   {0}      0 --:--:-- --:--:-- --:--:--  {0}"


def test_what_comes_right_after_the_meter_of_curl_is_compared() -> None:
    """The meter ends its line only when all has come: an answer may be there before."""
    begun = "  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0hello\n"
    ended = METER.format("1234") + "\n"
    assert same([f"{begun}{ended}"], [f"{ended}hello\n"])
    assert same([f"{METER.format('1234')}hello\n"], [f"{METER.format('183k')}hello\n"])
    assert not same([f"{METER.format('1234')}hello\n"], [f"{METER.format('1234')}hallo\n"])


LIMITS = """\
Name:       crew
Namespace:  pods
Type        Resource  Min  Max  Default Request  Default Limit  Max Limit/Request Ratio
----        --------  ---  ---  ---------------  -------------  -----------------------
Container   cpu       -    -    100m             500m           -
Container   memory    -    -    64Mi             128Mi          -
"""


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("kubectl describe limitrange crew", LIMITS),
        (
            "kubectl get pods -o json | jq -r '.items[] | [.metadata.name] | @tsv' | column -t",
            "oar    100m  500m  64Mi\n",
        ),
        ("kubectl get pods --output=json | jq -r .x | column -t", "oar    100m  500m  64Mi\n"),
    ],
)
def test_a_quantity_is_no_age(asked: str, shown: str) -> None:
    """`100m` is a tenth of a processor where no column of kubectl's says that it is a time."""
    for one, other in (("100m", "200m"), ("500m", "900m"), ("64Mi", "65Mi")):
        assert not same([shown], [shown.replace(one, other)], sources=[asked])


@pytest.mark.parametrize(
    ("asked", "one", "other", "wrong"),
    [
        (
            "kubectl get pods | grep oar",
            "oar   0/1   CrashLoopBackOff   3 (5s ago)   9s\n",
            "oar   0/1   CrashLoopBackOff   4 (9s ago)   2m\n",
            "oar   0/1   Running   4 (9s ago)   2m\n",
        ),
        (
            "kubectl exec web -- ip route",
            "default via 10.244.1.1 dev eth0 \n10.244.1.0/24 dev eth0 scope link  src 10.244.1.7 \n",
            "default via 10.244.2.1 dev eth0 \n10.244.2.0/24 dev eth0 scope link  src 10.244.2.9 \n",
            "default via 10.244.2.1 dev eth0 \n10.244.2.0/25 dev eth0 scope link  src 10.244.2.9 \n",
        ),
        (
            "openssl x509 -in tls.crt -noout -enddate",
            "notAfter=Nov 23 09:20:00 2026 GMT\n",
            "notAfter=Feb  2 10:00:00 2027 GMT\n",
            "notAfter=never\n",
        ),
        (
            "curl -s -o /dev/null -w '%{http_code} %{time_total}\\n' web",
            "200 0.004512\n",
            "200 0.003911\n",
            "404 0.003911\n",
        ),
    ],
)
def test_what_chance_decides_there_too(asked: str, one: str, other: str, wrong: str) -> None:
    """Restarts without a header, a node's range of addresses, dates of certificates, what curl measured."""
    assert same([one], [other], sources=[asked])
    assert not same([one], [wrong], sources=[asked])


def test_what_stands_beside_it_is_no_chance() -> None:
    """A Pod that runs again, a range of the whole cluster or of the page, a number that nobody measured."""
    row = "oar   0/1   {}   {} (5s ago)   9s\n".format
    assert not same([row("Running", 3)], [row("Running", 4)])
    assert not same([row("Error", 3)], ["oar   0/1   Error   0   9s\n"])
    route = "10.244.{}.0/{} via 10.244.1.1 dev eth0\n".format
    assert not same([route(0, 16)], [route(1, 16)])
    assert not same([route(1, 24)], [route(2, 24)], public="10.244.1.0/24")
    assert not same(["0.004512\n"], ["0.003911\n"])


@pytest.mark.parametrize("sort", ["", " --sort-by=.spec.nodeName"])
def test_only_events_are_a_set(sort: str) -> None:
    """Not what else has a reason and a message: how often it is there counts, and in which order."""
    asked = [f"kubectl get pods{sort} -o custom-columns=APP:.x,REASON:.y,MESSAGE:.z"]
    one = "APP   REASON   MESSAGE\noar   Lost     at sea\nkeel  Lost     at sea\n"
    header, *rows = one.splitlines(keepends=True)
    assert not same([one], [header + rows[1] + rows[0]], sources=asked)
    assert not same([header + 2 * rows[0]], [header + rows[0]], sources=asked)


def test_that_the_api_server_repairs_an_address_is_chance() -> None:
    """It is no event of the lesson's; another one is."""
    heading = (
        "  Type     Reason                 Age   From       Message\n  ----     ------  ----  ----  -------\n"
    )
    upkeep = "  Warning  ClusterIPNotAllocated  1s    ipallocator  Cluster IP: 10.96.1.4 is not allocated\n"
    other = "  Warning  FailedToUpdate         1s    endpoints    Failed\n"
    asked = ["kubectl describe service web"]
    none = "Name:    web\nEvents:  <none>\n"
    assert same([none], [f"Name:    web\nEvents:\n{heading}{upkeep}"], sources=asked)
    assert not same([none], [f"Name:    web\nEvents:\n{heading}{other}"], sources=asked)
    both = f"Name:    web\nEvents:\n{heading}{upkeep}{other}"
    assert same([both.replace(upkeep, "")], [both], sources=asked)


def test_that_there_was_no_event_is_no_chance() -> None:
    """How many there were is; none at all is another answer, where chance alone makes no such event."""
    asked = ["kubectl get events --field-selector reason=Killing -o name | wc -l"]
    assert same(["2\n"], ["3\n"], sources=asked)
    assert not same(["0\n"], ["3\n"], sources=asked)
    assert not same(["0\n"], ["3\n"], sources=["kubectl get events | grep -c BackOff"])
    for word in ("Pulling", "FailedMount", "Warning"):
        assert same(["0\n"], ["3\n"], sources=[f"kubectl get events | grep -c {word}"])


def test_how_a_rollout_got_there_is_chance() -> None:
    """Pods that are ready at once make fewer steps; where it began and where it ended is the lesson's."""
    lines = [f"  Normal  Scaled  9s  controller  {line}\n" for line in ROLLS.format(3, 4, 0).splitlines()]
    fewer = "".join(line for line in lines if "from 1" not in line).replace("from 2 to 3", "from 1 to 3")
    assert same([EVENTS + "".join(lines)], [EVENTS + fewer])


ROLLING = """\
Waiting for deployment "web" rollout to finish: 7 out of 9 new replicas have been updated...
Waiting for deployment "web" rollout to finish: 1 old replicas are pending termination...
Waiting for deployment "web" rollout to finish: 8 of 9 updated replicas are available...
deployment "web" successfully rolled out
"""


def test_of_whom_and_of_how_many_a_rollout_waits_is_no_chance() -> None:
    """How many lines tell of it is, and how far it had come."""
    lines = ROLLING.splitlines(keepends=True)
    for less in ([lines[0], lines[3]], [lines[1], lines[3]], lines[3:], [lines[2], *lines[2:]]):
        assert same([ROLLING], ["".join(less).replace("8 of", "2 of")])
    for one, other in (("out of 9", "out of 8"), (" of 9 updated", " of 8 updated"), ("of 9", "of 8")):
        assert not same([ROLLING], [ROLLING.replace(one, other)])
    for line in lines[:3]:
        assert not same([ROLLING], [ROLLING.replace(line, line.replace("web", "wob"))])
        assert not same([ROLLING], [ROLLING.replace(line, line.replace("finish", "fail"))])
    daemons = 'Waiting for daemon set "agent" rollout to finish: 1 of 3 updated pods are available...\n'
    for one, other in (("of 3", "of 4"), ("agent", "agenda")):
        assert not same([daemons], [daemons.replace(one, other)])
    assert same([daemons], [2 * daemons.replace("1 of", "2 of")])
    [(_, told)] = diff([ROLLING], [ROLLING.replace("of 9", "of 8")])
    assert '- deployment "web" of 9\n+ deployment "web" of 8' in told


def test_rollouts_that_wait_for_one_another_tell_of_themselves() -> None:
    """Of several, chance says which is still waited for; a StatefulSet tells no name on its way."""
    one = ROLLING + ROLLING.replace("web", "api").replace("9", "3")
    assert same(
        [one], [one.partition("rolled out\n")[0] + 'rolled out\ndeployment "api" successfully rolled out\n']
    )
    stopped = 'deployment "api" successfully rolled out\n' + ROLLING.splitlines(keepends=True)[0]
    assert same([stopped], [stopped + stopped.splitlines(keepends=True)[1]])
    waits = "Waiting for 3 pods to be ready...\n"
    ended = "partitioned roll out complete: 3 new pods have been updated...\n"
    assert same([waits + ended], [waits.replace("3", "1") + ended])
    assert not same([waits + ended], [waits.replace("ready", "there") + ended])


def test_a_lone_number_is_a_port_where_one_is_asked_for() -> None:
    """Or where a Service of the page has it; else it may be anything."""
    asked = ["kubectl get service web -o jsonpath='{.spec.ports[0].nodePort}'"]
    assert same(["31250"], ["31251\n"], sources=asked)
    kept = [run([f"{port}\n"], values=[Value(Chance.PORT, port)]) for port in ("31250", "31251")]
    assert alike(*kept)
    assert not same(["31250"], ["31251"], sources=["kubectl get configmap web -o jsonpath='{.data.n}'"])


LISTED = "NAME\nchoir-b4d6f\nchoir-x7k2p\nchoir-z9w8q\n"


@pytest.mark.parametrize(
    ("asked", "one", "other", "wrong"),
    [
        (
            "kubectl describe pods | grep Image:",
            "    Image:  nginx:1.22\n    Image:  nginx:1.26\n    Image:  nginx:1.22\n",
            "    Image:  nginx:1.26\n    Image:  nginx:1.22\n    Image:  nginx:1.22\n",
            "    Image:  nginx:1.26\n    Image:  nginx:1.26\n    Image:  nginx:1.22\n",
        ),
        (
            "kubectl describe pod -l app=choir | grep -E 'Reason|Code' | sed 's/ //g'",
            "Reason:Error\nExitCode:1\nReason:Completed\nExitCode:0\n",
            "Reason:Completed\nExitCode:0\nReason:Error\nExitCode:1\n",
            "Reason:Completed\nExitCode:0\nReason:Error\nExitCode:2\n",
        ),
        (
            "kubectl get pods --no-headers | awk '{print $3, $4}'",
            "Running 0\nRunning 1\n",
            "Running 1\nRunning 0\n",
            "Running 1\nRunning 1\n",
        ),
        (
            "kubectl get pods | egrep -o 'Running|Pending'",
            "Running\nPending\nRunning\n",
            "Running\nRunning\nPending\n",
            "Pending\nRunning\nPending\n",
        ),
        (
            "kubectl get pods -o yaml | grep 'image:'",
            "    - image: nginx:1.22\n    - image: nginx:1.26\n",
            "    - image: nginx:1.26\n    - image: nginx:1.22\n",
            "    - image: nginx:1.26\n    - image: nginx:1.26\n",
        ),
        (
            "kubectl get rs -o json | jq '.items[].spec.replicas'",
            "0\n3\n",
            "3\n0\n",
            "3\n1\n",
        ),
    ],
)
def test_what_a_filter_leaves_of_a_list_has_no_order(asked: str, one: str, other: str, wrong: str) -> None:
    """The names that put it in order are gone. Where they were chosen, or it was sorted, it says so."""
    sources = ["kubectl get pods", asked]
    assert same([LISTED, one], [LISTED, other], sources=sources)
    assert not same([LISTED, one], [LISTED, wrong], sources=sources)
    assert not same(["NAME\na\nb\n", one], ["NAME\na\nb\n", other], sources=sources)
    for ordered in (
        asked.replace(" | ", " --sort-by=.spec.x | ", 1),
        f"cat list | {asked.partition('| ')[2]}",
    ):
        if "describe" not in ordered:
            assert not same([LISTED, one], [LISTED, other], sources=["kubectl get pods", ordered])


@pytest.mark.parametrize(
    ("asked", "one", "other"),
    [
        (
            "kubectl exec web -- ls /etc/nginx /nowhere",
            "ls: /nowhere: No such file\n/etc/nginx:\nnginx.conf\ncommand terminated with exit code 1\n",
            "/etc/nginx:\nnginx.conf\nls: /nowhere: No such file\ncommand terminated with exit code 1\n",
        ),
        ("kubectl exec web -c c -- sh -c 'echo a; echo b >&2'", "a\nb\n", "b\na\n"),
        (
            "kubectl exec web -- curl -sv http://b",
            "* Connected\n< HTTP/1.1 200\nhi\n",
            "hi\n* Connected\n< HTTP/1.1 200\n",
        ),
        ("kubectl exec web -- curl --verbose http://b 2>&1 | tail -2", "hi\n* bye\n", "* bye\nhi\n"),
        ("kubectl exec web -- sh -xc 'echo a'", "+ echo a\na\n", "a\n+ echo a\n"),
        ("kubectl exec web -- wget -O- b", "Connecting to b\nhi\n", "hi\nConnecting to b\n"),
    ],
)
def test_what_a_container_says_on_two_channels_has_no_order(asked: str, one: str, other: str) -> None:
    """Its errors come on another one than its answers; a terminal would have but one."""
    assert same([one], [other], sources=[asked])
    assert not same([one], [other + "more\n"], sources=[asked])
    for single in (
        asked.replace("exec", "exec -it"),
        asked.replace("exec", "exec --tty=true", 1),
        asked[13:],
    ):
        assert not same([one], [other], sources=[single])


@pytest.mark.parametrize(
    "asked",
    [
        "kubectl exec web -- cat list",
        "kubectl exec web -- curl -s http://b",
        "kubectl exec web -- wget -qO- b",
        "kubectl exec web -- sh -c 'cat list 2>/dev/null'",
        "kubectl exec web -- redis-cli lrange list 0 -1",
    ],
)
def test_what_a_container_answers_is_in_order(asked: str) -> None:
    """On its own channel, each line comes after the one before."""
    assert not same(["a\nb\n"], ["b\na\n"], sources=[asked])


def test_what_chance_named_is_that_in_any_words() -> None:
    """The cluster's objects tell a port, a node, an address, a hash: each run its own."""
    template = "NODE_PORT={}\n{} {} 2\n{}\n* Connected to {}\n"
    sources = ["kubectl get pods -o custom-columns=X:.x"]
    runs = [
        run(
            [template.format(port, node, digest, "web-x7k2p", address)],
            sources=sources,
            public=public,
            values=[
                Value(Chance.PORT, port), Value(Chance.NODE, node), Value(Chance.HASH, digest),
                Value(Chance.IP, address),
            ],
        )
        for port, node, digest, address, public in (
            ("31207", "node2", "5fc9f4bf66", "10.244.1.4", ""),
            ("32001", "node1", "7d4b8c6f55", "fd00:10::9", ""),
            ("32001", "node1", "7d4b8c6f55", "fd00:10::9", "kubectl cordon node1"),
        )
    ]  # fmt: skip
    assert alike(runs[0], runs[1])
    assert not alike(runs[0], runs[2])
    assert not alike(runs[0], run(["NODE_PORT=31207"], sources=sources))


REPLACING = """\
Conditions:
  Type           Status  Reason
  ----           ------  ------
  Available      True    MinimumReplicasAvailable
  Progressing    True    NewReplicaSetCreated
OldReplicaSets:  quay-7f98c67985 (3/3 replicas created)
NewReplicaSet:   quay-8668ffc675 (1/1 replicas created)
"""


def test_which_step_a_deployment_noted_last_is_chance() -> None:
    """Where it replaces Pods; of one that is new it is not, nor that it is stuck."""
    asked, new = "kubectl describe deployment quay", "quay-7f98c67985 (3/3 replicas created)"
    first = REPLACING.replace(new, "<none>")
    other, stuck = (
        ("NewReplicaSetCreated", each) for each in ("ReplicaSetUpdated", "ProgressDeadlineExceeded")
    )
    assert same([REPLACING], [REPLACING.replace(*other)], sources=[asked])
    assert not same([REPLACING], [REPLACING.replace(*stuck)], sources=[asked])
    assert not same([first], [first.replace(*other)], sources=[asked])


PULLS = """\
Events:
  Type    Reason   Age  From     Message
  ----    ------   ---  ----     -------
  Normal  Pulling  6s   kubelet  spec.containers{web}: Pulling image "nginx:1.26"
  Normal  Pulled   5s   kubelet  spec.containers{web}: Successfully pulled image "nginx:1.26" in 1s bytes.
"""


@pytest.mark.parametrize("asked", ["kubectl describe pod web", "kubectl get events"])
def test_another_image_that_is_pulled_is_seen(asked: str) -> None:
    """Whether one was pulled is chance; which one is not, though no other line says it."""
    without = "".join(line for line in PULLS.splitlines(keepends=True) if "Pulling" not in line)
    other = PULLS.replace('Pulling image "nginx:1.26"', 'Pulling image "nginx:1.27"')
    assert same([PULLS], [without], sources=[asked])
    assert not same([PULLS], [other], sources=[asked])
    pulling = "".join(line for line in PULLS.splitlines(keepends=True) if "Pulling" in line)
    assert same([pulling], [""], sources=[asked])


def test_how_often_was_asked_in_vain_is_chance() -> None:
    """A loop that waits says so each time; what it waited for is what came out of it."""
    asked = ["until kubectl exec keeper -- grep green /etc/beacon/colour; do sleep 1; done"]
    failed = "command terminated with exit code 1\n"
    assert same([2 * failed + "green\n"], ["green\n"], sources=asked)
    assert not same([failed + "green\n"], [failed], sources=asked)
    assert not same([2 * failed], [failed], sources=["kubectl exec keeper -- grep green colour"])


def test_a_mount_that_failed_is_the_lesson_s_where_there_is_one() -> None:
    """A page without volumes mounts its Pods' tokens alone: a kubelet may come too early for one."""
    asked = ["kubectl get events -o custom-columns=REASON:.reason"]
    one, other = ["REASON\nFailedMount\nStarted\n"], ["REASON\nStarted\n"]
    assert same(one, other, sources=asked)
    assert not same(one, other, sources=asked, public="volumes: [{name: x, configMap: {name: none}}]")


def test_a_probe_that_came_before_the_startup_probe_of_a_restarted_container_is_chance() -> None:
    """Once, and for the reason for which the startup probe fails too; else it is the lesson's."""
    asked = ["kubectl describe pod web"]
    row = '  Warning  Unhealthy  {}  kubelet  {} probe failed: Get "http://10.244.2.3:80/ok": {}\n'
    refused = "dial tcp 10.244.2.3:80: connect: connection refused"
    page = "Events:\n" + row.format("2s (x9 over 21s)", "Startup", refused)
    assert same([page + row.format("6s", "Liveness", refused)], [page], sources=asked)
    for age, why in (("6s", "EOF"), ("6s (x2 over 9s)", refused)):
        assert not same([page + row.format(age, "Liveness", why)], [page], sources=asked)
    assert not same(["Events:\n" + row.format("6s", "Liveness", refused)], ["Events:\n"], sources=asked)


def test_another_volume_that_could_not_be_mounted_is_no_chance() -> None:
    """Though the page does not speak of volumes: somebody else's manifest may have one."""
    asked = ["kubectl get events"]
    row = '9s   Warning   FailedMount   pod/web   MountVolume.SetUp failed for volume "{}" : not found\n'
    head = "LAST SEEN   TYPE   REASON   OBJECT   MESSAGE\n"
    assert same([head + row.format("kube-api-access-x7k2p")], [head], sources=asked)
    assert not same([head + row.format("menu")], [head], sources=asked)
    assert not same([head + row.format("menu")], [head + row.format("wine")], sources=asked)


@pytest.mark.parametrize(
    ("never", "other", "then"),
    [
        (
            "Thu, 01 Jan 1970 00:00:00 +0000",
            "Wed, 31 Dec 1969 19:00:00 -0500",
            "Mon, 23 Nov 2026 09:20:00 +0000",
        ),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2026-11-23T09:20:00.1970Z"),
    ],
)
def test_that_something_never_happened_is_no_chance(never: str, other: str, then: str) -> None:
    """A program that was not found has not started; in which zone that is told is chance."""
    one, two, three = (f"    Started:      {when}\n" for when in (never, other, then))
    assert same([one], [two])
    assert not same([one], [three])
    assert same([three], [three.replace("09:20", "10:21")])


HEADLESS = """\
NAME    READY   STATUS    RESTARTS   AGE   IP           NODE
web-0   1/1     Running   0          9s    10.244.1.5   node2
web-1   1/1     Running   0          9s    10.244.2.3   node1
"""


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("kubectl exec client -- dig +short web", "{}\n{}\n"),
        ("kubectl exec client -- getent ahosts web", "{}  STREAM web\n{}  STREAM web\n"),
        (
            "kubectl exec client -- nslookup web",
            "Server:  10.96.0.10\nAddress: 10.96.0.10:53\n\nName: web\nAddress: {}\nName: web\nAddress: {}\n",
        ),
        ("kubectl get endpoints web -o jsonpath='{.subsets[*].addresses[*].ip}'", "{} {}"),
        ("kubectl get endpointslices -o jsonpath='{.items[*].endpoints[*].addresses[0]}'", "{} {}"),
    ],
)
def test_the_addresses_of_a_service_have_no_order(asked: str, said: str) -> None:
    """Whoever asks for them gets them in any; it matters whose they are, and how many."""
    sources = ["kubectl get pods -o wide", asked]
    first, second, wrong = "10.244.1.5", "10.244.2.3", "10.244.2.9"
    one = [HEADLESS, said.format(first, second)]
    assert same(one, [HEADLESS, said.format(second, first)], sources=sources)
    assert not same(one, [HEADLESS, said.format(second, wrong)], sources=sources)
    assert not same(one, [HEADLESS, said.format(second, second)], sources=sources)


@pytest.mark.parametrize(
    "asked",
    [
        "for n in 0 1; do kubectl exec client -- dig +short web-$n.web; done",
        "kubectl exec client -- sh -c 'dig +short web-0.web; dig +short web-1.web'",
        "kubectl get pods -o jsonpath='{range .items[*]}{.status.podIP}{\"\\n\"}{end}'",
    ],
)
def test_the_answers_to_several_questions_are_in_their_order(asked: str) -> None:
    """Each tells of one Pod, which the line does not name."""
    one, other = "10.244.1.5\n10.244.2.3\n", "10.244.2.3\n10.244.1.5\n"
    assert not same([HEADLESS, one], [HEADLESS, other], sources=["kubectl get pods -o wide", asked])


@pytest.mark.parametrize(
    "said",
    [
        "{}     web.{}.svc.cluster.local\n",
        "{}      STREAM web.{}.svc.cluster.local\n",
        "Server:  10.96.0.10\nAddress: 10.96.0.10:53\n\nName: web.{1}.svc.cluster.local\nAddress: {0}\n",
        "web.{1}.svc.cluster.local has address {0}\n",
    ],
)
def test_names_that_lead_to_two_services_lead_to_two_addresses(said: str) -> None:
    """Which ones is chance; that one name leads to another Service than the other is the lesson."""
    one, other, wrong = (
        [said.format(first, "red"), said.format(second, "blue")]
        for first, second in (
            ("10.96.53.84", "10.96.109.125"),
            ("10.96.7.1", "10.96.7.2"),
            ("10.96.7.1", "10.96.7.1"),
        )
    )
    assert same(one, other)
    assert not same(one, wrong)


EVICTIONS = """\
node/node2 cordoned
evicting pod shop/oar-1
evicting pod shop/oar-0
{}pod/oar-1 evicted
pod/oar-0 evicted
node/node2 drained
"""
REFUSED = """\
error when evicting pods/"oar-0" -n "shop" (will retry after 5s): Cannot evict pod as it would violate the \
pod's disruption budget.
evicting pod shop/oar-0
"""


def test_evictions_have_no_order_and_are_tried_again() -> None:
    """Kubectl asks for all at once, and every five seconds for those that were refused."""
    one = EVICTIONS.format(REFUSED)
    lines = EVICTIONS.format(2 * REFUSED).splitlines(keepends=True)
    assert same([one], ["".join([lines[0], lines[2], lines[1], *lines[3:]])])
    for wrong in (
        one.replace(REFUSED, ""),
        one.replace("pod/oar-1 evicted\n", ""),
        one.replace("oar-1", "oar-0"),
        one.replace("disruption budget", "quota"),
        "".join([lines[-1], *lines[:-1]]),
    ):
        assert not same([one], [wrong])


def test_no_pod_is_on_a_node_that_was_drained() -> None:
    """Where Pods are is chance, but not that they left: until the node may be used again."""
    pods = "NAME                   READY   AGE   NODE\nweb-7c5ddbdf54-x7k2p   1/1     9s    {}\n"
    sources = ["kubectl get pods -o wide", "kubectl drain $NODE", "kubectl get pods -o wide"]
    drained = "node/node3 cordoned\nnode/node3 drained\n"
    one = [pods.format("node3"), drained, pods.format("node2")]
    assert same(one, [pods.format("node2"), drained, pods.format("node1")], sources=sources)
    assert not same(one, [pods.format("node3"), drained, pods.format("node3")], sources=sources)
    elsewhere = drained.replace("node3", "node1")
    assert not same(one, [pods.format("node3"), elsewhere, pods.format("node1")], sources=sources)
    again = [pods.format("node3"), drained + "node/node3 uncordoned\n"]
    assert same([*again, pods.format("node2")], [*again, pods.format("node3")], sources=sources)
    only_cordoned = [pods.format("node3"), "node/node3 cordoned\n"]
    assert same(
        [*only_cordoned, pods.format("node2")], [*only_cordoned, pods.format("node3")], sources=sources
    )


CHOSEN = """\
node/node3 cordoned
evicting pod shop/web-7c5ddbdf54-x7k2p
pod/web-7c5ddbdf54-x7k2p evicted
node/node3 drained
"""


@pytest.mark.parametrize(
    ("pod", "left"),
    [("web-7c5ddbdf54-b4d6f", True), ("my-web-7c5ddbdf54-b4d6f", False), ("web-58dd6c7f9b-b4d6f", False)],
)
def test_pods_like_those_that_were_evicted_are_elsewhere(pod: str, left: bool) -> None:
    """Where some were chosen, others may have stayed; what the evicted ones' owner makes is not there."""
    sources = ["kubectl drain $NODE --pod-selector=app=web", "kubectl get pods -o wide"]
    listed = "NAME   READY   AGE   NODE\n{}   1/1   9s    {}\n"
    one, other = ([CHOSEN, listed.format(pod, node)] for node in ("node2", "node3"))
    assert same(one, other, sources=sources) is not left
    again = [CHOSEN, "node/node3 uncordoned\n"]
    asked = [sources[0], "kubectl uncordon $NODE", sources[1]]
    assert same([*again, one[1]], [*again, other[1]], sources=asked)


@pytest.mark.parametrize(
    ("source", "drained"),
    [
        ("kubectl drain $NODE --dry-run=server", "node/node3 drained (server dry run)\n"),
        ("kubectl drain $NODE --pod-selector=app=web", "node/node3 drained\n"),
        ("kubectl drain $NODE; kubectl uncordon $NODE >/dev/null", "node/node3 drained\n"),
        ("kubectl drain $NODE; kubectl delete node $NODE", 'node/node3 drained\nnode "node3" deleted\n'),
    ],
)
def test_pods_may_be_on_a_node_that_was_not_emptied_or_is_in_use_again(source: str, drained: str) -> None:
    pods = "NAME   READY   AGE   NODE\ndb     1/1     9s    {}\n"
    one, other = ([drained, pods.format(node)] for node in ("node3", "node2"))
    assert same(one, other, sources=[source, "kubectl get pods -o wide"])


def test_what_was_before_a_node_was_drained_is_chance() -> None:
    """Events go on telling where Pods were."""
    told = "LAST SEEN   TYPE     REASON      OBJECT   MESSAGE\n"
    told += "9s          Normal   Scheduled   pod/db   Successfully assigned shop/db to {}\n"
    drained = "node/node3 drained\n"
    one, other = ([drained, told.format(node)] for node in ("node3", "node2"))
    assert same(one, other, sources=["kubectl drain $NODE", "kubectl get events"])


def test_only_columns_that_all_of_a_command_chooses_hold_no_age() -> None:
    """A list goes on telling ages where its command looks something up by its path."""
    source = (
        "kubectl get pods --no-headers --field-selector "
        "spec.nodeName=$(kubectl get pod web -o jsonpath={.spec.nodeName})"
    )
    pods = "web   1/1   Running   0   {}\n"
    assert same([pods.format("9s")], [pods.format("2m15s")], sources=[source])
