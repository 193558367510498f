"""What a page spells out is compared to the letter, whatever it looks like and wherever it is printed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from played import alike, run
from preuve.meaning.compare import diff
from preuve.meaning.spans import SHAPES, Value

HEXADECIMAL = "0123456789abcdef"


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


def hexadecimal(count: int) -> st.SearchStrategy[str]:
    return st.text(HEXADECIMAL, min_size=count, max_size=count)


def shaped(pattern: str, *parts: st.SearchStrategy[object]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda told: pattern.format(*told))


BYTE = st.integers(1, 254)
CLOCK = shaped("{:02}:{:02}:{:02}", st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
DATE = shaped("20{:02}-{:02}-{:02}", st.integers(20, 40), st.integers(1, 12), st.integers(1, 28))
ENDING = st.text("bcdfghjklmnpqrstvwxz2456789", min_size=5, max_size=5)
TEMPLATE = st.text("456789bcdf", min_size=8, max_size=10)
LITERALS = st.one_of(
    shaped("{}.{}.{}.{}", BYTE, BYTE, BYTE, BYTE),
    shaped("fd00:{}::{}", hexadecimal(4), hexadecimal(2)),
    shaped("02:{}:{}:{}:{}:{}", *(hexadecimal(2) for _ in range(5))),
    shaped("{}-{}-4{}-9{}-{}", *(hexadecimal(count) for count in (8, 4, 3, 3, 12))),
    shaped("sha256:{}", hexadecimal(64)),
    shaped("containerd://{}", hexadecimal(64)),
    CLOCK,
    shaped("{}T{}Z", DATE, CLOCK),
    shaped("{} {} +0000", DATE, CLOCK),
    shaped("Mon, 23 Nov 2026 {} +0000", CLOCK),
    shaped("{}.{}s", digits(1), digits(1)),
    shaped("{}m{}.5s", digits(1), digits(1)),
    shaped("0.{} ms", digits(3)),
    shaped("{}s", digits(2)),
    shaped("web-{}", ENDING),
    shaped("web-{}", TEMPLATE),
    shaped("web-{}-{}", TEMPLATE, ENDING),
    shaped("pod/web-{}.shop", ENDING),
    shaped("nginx:{}.{}.{}.{}", BYTE, BYTE, BYTE, BYTE),
    shaped("31{}", digits(3)),
    shaped("80:31{}/TCP", digits(3)),
    shaped("tmp.{}", st.text("abcdefXYZ0189", min_size=10, max_size=10)),
    shaped("web.{}", hexadecimal(16)),
    shaped("LIVE-{}", digits(10)),
    shaped("[notice] {}#{}: done", digits(2), digits(2)),
    shaped("node{}", digits(1)),
    shaped("eyJhbGci{}.eyJpc3Mi{}.c2ln", digits(3), digits(3)),
    shaped("seen {}s ago", digits(2)),
    shaped("build={}", hexadecimal(16)),
    shaped("..2026_11_28_10_00_{}.{}", digits(2), digits(9)),
    shaped("{}", digits(4)),
)  # fmt: skip
SPELT = st.sampled_from(
    [
        "data:\n  key: {}\n",
        'data: {{key: "{}"}}\n',
        "kubectl create configmap x --from-literal=key={} -o yaml",
        "echo '{}'",
    ]
)
PRINTED = st.sampled_from(
    [
        *("{}\n", "key: {}\n", '  key: "{}"\n', "KEY={}\n", '{{"key":"{}"}}\n', "at {} it was\n"),
        *("NAME   VALUE   AGE\nweb    {}   9s\n", "Node:  {}\n", "IP:    {}\n", "  uid: {}\n"),
        *("NAME   NODE\nweb    {}\n", "NAME   CLUSTER-IP\nweb    {}\n", "podIP: {}\n"),
        *("[pod/web/a] {}\n", "a\t{}\tb\n", "nodeName: {}\n"),
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.data())
def test_one_letter_changed_in_what_a_page_spells_out_is_always_seen(data: st.DataObject) -> None:
    """In a manifest or a command, whatever it looks like: an output that has it has it to the letter."""
    literal = data.draw(LITERALS)
    public = data.draw(SPELT).format(literal)
    printed = data.draw(PRINTED)
    at = data.draw(st.sampled_from([n for n, letter in enumerate(literal) if letter.isalnum()]))
    alphabet = "0123456789" if literal[at].isdigit() else "abcdefXYZ"
    other = data.draw(st.sampled_from([letter for letter in alphabet if letter != literal[at]]))
    changed = literal[:at] + other + literal[at + 1 :]
    kinds = [kind for kind, shape in SHAPES.items() if re.fullmatch(shape, literal)]
    values = [Value(kind, literal) for kind in kinds]
    one, two = (
        run(["web-x7k2p   9s   10.244.1.5", printed.format(told)], public=public, values=values)
        for told in (literal, changed)
    )
    assert [number for number, _ in diff(one, two)] == [1]


@pytest.mark.parametrize(
    ("public", "one", "other"),
    [
        ("at: 2026-11-23T09:20:00Z", "2026-11-23 09:20:00 UTC", "2026-11-23 09:20:01 UTC"),
        ("at: 2026-11-23T09:20:00Z", "2026-11-23 09:20:00 UTC", "2026-11-24 09:20:00 UTC"),
        ("at: 2026-11-23T09:20:00Z", "Mon, 23 Nov 2026 09:20:00 +0000", "Mon, 23 Nov 2026 09:21:00 +0000"),
        ("at: 2026-11-23 09:20:00", "2026-11-23T09:20:00.000Z", "2026-11-23T09:20:10.000Z"),
        ("at: 09:20:00", "[23/Nov/2026:09:20:00 +0000] GET", "[23/Nov/2026:09:20:07 +0000] GET"),
        ("ip: 10.96.0.50", "10-96-0-50.shop.pod.cluster.local", "10-96-0-51.shop.pod.cluster.local"),
        ("ip: 10.96.0.50", "50.0.96.10.in-addr.arpa", "51.0.96.10.in-addr.arpa"),
    ],
)
def test_what_a_page_spells_out_is_that_in_another_form_too(public: str, one: str, other: str) -> None:
    """A program may write a moment or an address its own way."""
    assert not alike(run([one], public=public), run([other], public=public))
    assert alike(run([one]), run([other]))
