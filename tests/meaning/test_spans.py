"""What `preuve.meaning.spans` takes for chance, and what not; each function's doctests say more."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from played import same, spans
from preuve.meaning.chance import NORMALIZERS, Chance
from preuve.meaning.spans import Answer, marked


def shown(text: str, public: str = "") -> list[tuple[str, str]]:
    return [(span.of(text), str(span.kind)) for span in spans(text, public)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('pod "web-7c5ddbdf54-x7k2p" deleted', [("7c5ddbdf54", "hash"), ("x7k2p", "pod")]),
        ("deployment.apps/web-c64fbb9", [("c64fbb9", "hash")]),
        ("[pod/web-7c5ddbdf54-x7k2p/nginx] hello", [("7c5ddbdf54", "hash"), ("x7k2p", "pod")]),
        ("agent-xj8w5.default.svc", [("xj8w5", "pod")]),
        ("hello-29923898-4l97v", [("29923898", "hash"), ("4l97v", "pod")]),
        ("  generateName: web-7c5ddbdf54-", [("7c5ddbdf54", "hash")]),
        ("app=web,pod-template-hash=c64fbb9", [("c64fbb9", "hash")]),
        ('"pod-template-hash": "54"', [("54", "hash")]),
        ("controller-revision-hash=web-5678945678", [("5678945678", "hash")]),
    ],
)
def test_generated_names(text: str, expected: list[tuple[str, str]]) -> None:
    """Their ends are chance, in sentences, kinds' prefixes and logs too; what the author chose is not."""
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "my-app-pod front-end hello-minikube pod-definition.yml db-0 web-nginx web-https python-3.13-slim",
        "node-role.kubernetes.io/control-plane not-ready:NoExecute kube-root-ca.crt metallb-system",
        "CVE-2024-44487 RFC-2822 x86-64 utf-8 1.2.3-4567 2026-11-23 backup-20261123 nginx:1.26-bookworm",
        "80/TCP 30008 443 0/3 nodes are available: 3 Insufficient memory",
        "  terminationGracePeriodSeconds: 30\n  Delay:  30s\n  replicas: 3\n  observedGeneration: 2",
        "127.0.0.1 0.0.0.0 255.255.255.0 10.244.0.0/16 v1.37.2 1.2.3 1.22.1.0.9",
        "Server Version: v1.37.2\nREVISION  CHANGE-CAUSE\n1         <none>",
        "NAME    STATUS   ROLES           VERSION\nnode1   Ready    control-plane   v1.37.2",
        "Exit Code: 3\nReason:  Error\nRestart Count:  2",
        "commit c64fbb9 in feed-face, abcdefgh-12345",
        "linux-ppc64 web-php82 build-jdk25 order-45678945 ticket-567845678 bill-30123456 id-12345678",
        "content-hash: 45  etag-hash=9",
        'kubectl get pods --timeout=60s  "30s"  age: 9s',
        "    image: nginx:10.2.3.4",
        "    Image:          redis:172.16.0.1-alpine",
        '"image": "nginx:10.2.3.4",',
        'Back-off pulling image "nginx:10.2.3.4"',
        'failed to resolve reference "docker.io/library/nginx:10.2.3.4": not found',
        "registry.example:5000/x:10.2.3.4",
        "localhost:5000/x/y:10.2.3.4",
    ],
)
def test_what_a_lesson_is_about(text: str) -> None:
    """Names, counts, settings, networks, versions and tags like addresses, restarts that happened once."""
    assert shown(text) == []


def test_a_number_is_a_hash_where_the_page_tells_it() -> None:
    """By the name of a Pod, which has it too."""
    pod, replicaset = (
        Answer("pod/web-567845678-x7k2p created"),
        Answer("replicaset.apps/web-567845678 scaled"),
    )
    assert [len(found) for found in marked([pod, replicaset])] == [2, 1]
    assert [len(found) for found in marked([replicaset])] == [0]


def test_the_job_of_a_cronjob_is_called_by_the_minute() -> None:
    """Where the page speaks of one; elsewhere such a number is somebody's."""
    jobs = "job.batch/hello-29923898 created"
    assert shown(jobs, "kubectl get cronjobs") == [("29923898", "hash")]
    assert shown(f"cronjob.batch/hello configured\n{jobs}") == [("29923898", "hash")]
    assert shown(jobs) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NAME   RESTARTS     AGE\nweb    1 (5s ago)   9m", [("5s", "age"), ("9m", "age")]),
        (
            "NAME   STATUS   RESTARTS     AGE\nweb    Error    1 (5s ago)   9m",
            [("1", "restarts"), ("5s", "age"), ("9m", "age")],
        ),
        ("NAME   STATUS   RESTARTS   AGE\nweb    Error    0          9m", [("9m", "age")]),
        (
            "restartCount: 4\nstate:\n  text: back-off 1m20s restarting failed\n  reason: CrashLoopBackOff",
            [("4", "restarts"), ("1m20s", "age")],
        ),
    ],
)
def test_restarts(text: str, expected: list[tuple[str, str]]) -> None:
    """How often is chance while it goes on; a restart that the lesson made is its point."""
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Node:  <none>", []),
        ("  nodeName: node2", ["node2"]),
        ('{"spec":{"nodeName":"node2"}}', ["node2"]),
        ("NAME   NODE    NOMINATED NODE\nweb    node2   <none>", ["node2"]),
        ("NAME    STATUS   AGE\nnode2   Ready    <unknown>", []),
        ("node/node2 cordoned", []),
    ],
)
def test_nodes(text: str, expected: list[str]) -> None:
    """Chance where the scheduler chose; a name where nodes are what is listed."""
    assert [value for value, kind in shown(text) if kind == Chance.NODE] == expected


def test_a_node_that_the_page_names_is_no_chance() -> None:
    """Wherever it stands; but one whose name may be any word is not named by that word alone."""
    text = "NAME   NODE\nweb    {}\n"
    assert shown(text.format("node2"), "kubectl drain node2") == []
    assert shown(text.format("node1"), "kubectl drain node2") == [("node1", "node")]
    assert shown(text.format("shop"), "namespace: shop") == [("shop", "node")]
    assert shown("nodeName: shop", "spec: {nodeName: shop}") == []


def test_addresses_of_pods_and_others() -> None:
    """Where an output says whose an address is, it is a Pod's or a Service's; else it is anybody's."""
    text = "hostIP: 192.168.1.4\nhostIPs:\n- ip: 192.168.1.4\npodIP: 10.244.2.2\npodIPs:\n- ip: 10.244.2.2\n"
    assert shown(text) == [("192.168.1.4", "address")] * 2 + [("10.244.2.2", "ip")] * 2
    assert shown("inet 10.244.2.2/24 brd ff:ff:ff:ff:ff:ff") == [
        ("10.244.2.2", "address"),
        ("ff:ff:ff:ff:ff:ff", "address"),
    ]


def test_addresses_in_names() -> None:
    """DNS names of Pods, and of addresses the other way round."""
    assert shown("10-244-0-19.web.pods.svc.cluster.local 19.0.244.10.in-addr.arpa") == [
        ("10-244-0-19", "address"),
        ("19.0.244.10", "address"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        'Waiting for deployment "web" rollout to finish: 1 old replicas are pending termination...',
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current",
        "                                 Dload  Upload   Total   Spent    Left  Speed",
        "100   335  100   335    0     0   2576      0 --:--:-- --:--:-- --:--:--  2596",
        "2026/11/23 11:34:37 [notice] 1#1: start worker process 8",
        "If you don't see a command prompt, try pressing enter.",
    ],
)
def test_what_is_said_in_passing(line: str) -> None:
    """Progress, meters, a line a processor: there or not, as things go."""
    assert Chance.PASSING in {span.kind for span in spans(f"before\n{line}\nafter\n")}
    assert same([f"before\n{line}\nafter\n"], ["before\nafter\n"])


def test_what_the_page_spells_out_is_no_chance() -> None:
    """A name and a port that the source holds were chosen; an age that equals a setting was not."""
    source = "name: app-7c5ddbdf54\nnodePort: 31000\n--timeout=30s"
    assert shown("app-7c5ddbdf54 app-7c5ddbdf54-x7k2p 80:31000/TCP 80:31001/TCP (30s ago)", source) == [
        ("x7k2p", "pod"),
        ("31001", "port"),
        ("30s", "age"),
    ]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://10.1.2.3:80/", "10.1.2.3"),
        ("10.1.2.3:80", "10.1.2.3"),
        ("inet addr:10.244.1.5  Bcast:0.0.0.0", "10.244.1.5"),
        ("web:10.244.1.5", "10.244.1.5"),
        ("::ffff:10.244.1.5", "10.244.1.5"),
        ("node1/192.168.1.2", "192.168.1.2"),
        ('failed to pull image "registry.example:5000/x": dial tcp 10.1.2.3:5000', "10.1.2.3"),
        ("registry.example:5000 is at registry:10.1.2.3", "10.1.2.3"),
    ],
)
def test_addresses_after_a_colon_or_a_slash(text: str, address: str) -> None:
    """They are chance; so is what stands after a name that nothing says to be an image."""
    assert shown(text) == [(address, "address")]


def test_a_tag_that_the_page_spells_out_is_no_address() -> None:
    """A column or a bare line does not say that it is of images; the page's manifest does."""
    assert shown("nginx:10.2.3.4 web:10.2.3.5", "image: nginx:10.2.3.4") == [("10.2.3.5", "address")]


PIECES = [
    *("web-7c5ddbdf54-x7k2p", "10.244.1.5", "2026-11-23T09:20:00Z", "NAME   AGE   NODE", "9s", "   ", "\n"),
    *(
        "Node: ",
        "sha256:",
        "a" * 64,
        "6f1c2d3e-0b5a-4c8e-9d27-3f4b5a6c7d8e",
        "Events:",
        "  ----  ----",
        " ago",
    ),
    *(
        "<none>",
        "é",
        'Pulling image "x"',
        "restartCount: 1",
        "-----BEGIN CERTIFICATE-----\n",
        "://",
        "{",
        '"',
    ),
    *("0:31000/TCP", "NodePort:  <unset>  31000", "worker process 9", "Waiting for deployment", "..."),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30).map("".join))
def test_spans_of_any_text(text: str) -> None:
    """In order, apart, not empty, within lines; each normalizer finds nothing outside the text."""
    found = spans(text)
    assert list(found) == sorted(found)
    assert all(0 <= span.start < span.end <= len(text) for span in found)
    assert all("\n" not in span.of(text) for span in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    for normalizer in NORMALIZERS:
        assert all(0 <= span.start <= span.end <= len(text) for span in normalizer(text))
