"""What the objects of a namespace tell of what chance named, and how much of it a transcript holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from preuve.meaning.census import named, needed, strange
from preuve.meaning.chance import Chance
from preuve.meaning.spans import Answer, Value

if TYPE_CHECKING:
    from preuve.cluster.objects import Object

POD = {
    "kind": "Pod",
    "metadata": {
        "name": "web-7c5ddbdf54-x7k2p",
        "generateName": "web-7c5ddbdf54-",
        "labels": {"pod-template-hash": "7c5ddbdf54", "app": "web"},
        "resourceVersion": "1086",
    },
    "spec": {"nodeName": "node2"},
    "status": {"hostIPs": [{"ip": "192.168.1.3"}], "podIPs": [{"ip": "10.244.1.4"}, {"ip": "fd00::4"}]},
}
SERVICE = {
    "kind": "Service",
    "metadata": {"name": "web", "resourceVersion": "1090"},
    "spec": {"clusterIPs": ["10.96.12.7"], "ports": [{"port": 80, "nodePort": 31207}, {"nodePort": 30008}]},
}


def told(obj: Object) -> set[tuple[str, str]]:
    return {(str(kind), text) for kind, text in named(obj)}


def test_what_chance_named_of_a_pod_and_a_service() -> None:
    """Its name, its template's digest, its addresses, its node, its node port: none that somebody chose."""
    assert told(POD) == {
        ("pod", "web-7c5ddbdf54-x7k2p"),
        ("hash", "7c5ddbdf54"),
        ("version", "1086"),
        ("node", "node2"),
        ("address", "192.168.1.3"),
        ("ip", "10.244.1.4"),
        ("ip", "fd00::4"),
    }
    assert told(SERVICE) == {("ip", "10.96.12.7"), ("port", "31207"), ("version", "1090")}


def test_what_chance_named_inside_of_a_pod() -> None:
    """Five digits are a suffix like any other, which their form does not tell."""
    spec = {
        "nodeName": "node2",
        "volumes": [{"name": "kube-api-access-44462"}, {"name": "cache-24682"}],
        "ephemeralContainers": [{"name": "debugger-25796"}, {"name": "shell-22222"}],
    }
    pod = {"kind": "Pod", "metadata": {"name": "node-debugger-node2-92954"}, "spec": spec}
    assert told(pod) == {
        ("node", "node2"),
        ("pod", "kube-api-access-44462"),
        ("pod", "debugger-25796"),
        ("pod", "node-debugger-node2-92954"),
    }


@pytest.mark.parametrize(
    "obj",
    [
        {"kind": "Pod", "metadata": {"name": "web"}, "spec": {"nodeName": "minikube"}},
        {"kind": "Pod", "metadata": {"name": "web"}, "spec": {}, "status": {}},
        {"kind": "Service", "metadata": {"name": "db"}, "spec": {"clusterIPs": ["None"], "ports": None}},
        {"kind": "Event", "metadata": {"name": "web.17a3"}},
    ],
)
def test_what_somebody_chose_or_may_be_any_word_is_not_told(obj: dict[str, object]) -> None:
    """A node called by a plain word would hide that word; its column tells of it all the same."""
    assert told(obj) == set()


def test_a_pod_on_its_host_s_network_has_no_address_of_its_own() -> None:
    """Or the node's would be told from other nodes'."""
    status = {"hostIPs": [{"ip": "192.168.1.3"}], "podIPs": [{"ip": "192.168.1.3"}]}
    assert ("ip", "192.168.1.3") not in told({**POD, "status": status})


KNOWN = {*named(POD), *named(SERVICE)}


@pytest.mark.parametrize(
    ("source", "output", "public", "texts"),
    [
        ("kubectl get pods", "NAME                   NODE\nweb-7c5ddbdf54-x7k2p   node2\n", "", []),
        ("kubectl get svc", "NAME   PORT(S)\nweb    80:31207/TCP\n", "", []),
        ("echo $NODE_PORT", "NODE_PORT=31207\n", "", ["31207"]),
        ("echo $NODE_PORT", "NODE_PORT=31207\n", "nodePort: 31207", []),
        ("kubectl get pods -o jsonpath={..nodeName}", "node2", "", ["node2"]),
        ("kubectl get pods -o jsonpath={..nodeName}", "node2", "kubectl drain node2", []),
        ("kubectl get nodes -o name", "node/node2", "", []),
        ("env", "MY_IP=10.244.1.4", "", ["10.244.1.4"]),
        ("env", "MY_IP=fd00::4", "", ["fd00::4"]),
        ("kubectl get rs -L pod-template-hash", "7c5ddbdf54", "", ["7c5ddbdf54"]),
        ("cat numbers", "1086", "", []),
        ("kubectl get pod web -o jsonpath={..resourceVersion}", "1086", "{..resourceVersion}", ["1086"]),
    ],
)  # fmt: skip
def test_a_transcript_holds_what_outputs_do_not_say_themselves(
    source: str, output: str, public: str, texts: list[str]
) -> None:
    """A table tells what its columns are; a bare value has to be known."""
    assert [value.text for value in needed(KNOWN, [Answer(output, source)], public)] == texts


def test_only_what_nobody_knows_is_worth_a_look() -> None:
    """An address or a port of something that was made since the last list: else no question is asked."""
    assert not strange("pod/web created\n10.244.1.4 80:31207/TCP node2\n", "", KNOWN)
    assert not strange("10.1.2.3 harbour.remote", "ip: 10.1.2.3", KNOWN)
    assert strange("tcp://10.96.200.1:80", "", KNOWN)
    assert strange("31208\n", "", KNOWN)


def test_a_generated_name_without_a_dash_is_known() -> None:
    """Its form tells nobody; the object does."""
    obj = {"kind": "Job", "metadata": {"name": "probe4k7xz", "generateName": "probe"}}
    assert needed(set(named(obj)), [Answer("job.batch/probe4k7xz created\n")], "") == (
        Value(Chance.POD, "probe4k7xz"),
    )
