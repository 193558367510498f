"""A page's namespace: its name, what its identity may do, and what becomes of it."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import pytest
import yaml

from preuve.cluster.api import Api, LostError, RefusedError, UnableError
from preuve.errors import ClusterError, TakenError
from preuve.play import namespace
from preuve.play.namespace import OURS, OWNER, SPACES, held, made, reap, until_gone, wait_until_there
from waiting import LIMIT, await_

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from preuve.cluster.embedded.cluster import EmbeddedCluster
    from preuve.play.namespace import Namespace


class Leaving:
    """An API server with an object that goes, and watches that do not last."""

    def __init__(self, *watches: list[object]) -> None:
        self.watches = list(watches)
        self.asked: list[str] = []
        self.away: list[Exception] = []

    def get(self, path: str, **_: str) -> object:
        self.asked.append(f"list {path}")
        if self.away:
            raise self.away.pop()
        items = [{"metadata": {"name": "web", "uid": uid}} for uid in (["1"] if self.watches else ["2"])]
        return {"items": items, "metadata": {"resourceVersion": "7"}}

    def watch(self, path: str, _: float, **query: str) -> Iterator[object]:
        self.asked.append(f"watch {path} from {query['resourceVersion']}")
        for each in self.watches.pop(0):
            if isinstance(each, Exception):
                raise each
            yield each


class Furnishing:
    """An API server that makes an object a little later, and whose watches do not last."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)

    def get(self, path: str) -> object:
        if isinstance(answer := self.answers.pop(0), Exception):
            raise answer
        return {"metadata": {"name": path}}

    def watch(self, *_: object, **__: str) -> Iterator[object]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return iter(())


ABSENT = RefusedError("no such thing", 404)


@pytest.mark.parametrize("ended", [None, LostError("it broke"), UnableError("no leader", 500)])
def test_what_a_cluster_makes_is_awaited_though_watches_end_first(ended: Exception | None) -> None:
    """It is not said that it did not come while there is time."""
    server = Furnishing(ABSENT, ended, ABSENT, None, None)
    wait_until_there(cast("Api", server), "/serviceaccounts", "default")
    assert not server.answers


def test_what_a_cluster_does_not_make_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it awaited for ever."""
    monkeypatch.setattr(namespace, "APPEAR_LIMIT", 0.1)
    server = Furnishing(*[ABSENT, None] * 9)
    with pytest.raises(ClusterError, match="/serviceaccounts/default did not appear in 0 s"):
        wait_until_there(cast("Api", server), "/serviceaccounts", "default")


def event(kind: str, uid: str) -> tuple[str, object]:
    return kind, {"metadata": {"name": "web", "uid": uid}}


@pytest.mark.parametrize("ended", [[], [LostError("it broke")], [RefusedError("too old", 410)]])
def test_an_end_is_awaited_though_watches_end_first(ended: list[object]) -> None:
    """By its time, by a proxy, by a server that has forgotten: there is a new list, and a new watch."""
    server = Leaving([event("MODIFIED", "1"), *ended], [event("DELETED", "1")])
    seen = list(
        until_gone(cast("Api", server), "/pods", {"name": "web", "uid": "1"}, time.monotonic() + LIMIT)
    )
    assert [each["metadata"]["uid"] for each in seen] == ["1", "1", "1"]
    assert server.asked == ["list /pods", "watch /pods from 7"] * 2


@pytest.mark.parametrize("away", [LostError("refused"), UnableError("no leader", 500)])
def test_an_end_is_awaited_though_the_server_is_away_for_a_moment(away: Exception) -> None:
    """It is brought to another version, say: nothing else has to end for that."""
    server = Leaving()
    server.away = [away]
    assert not list(
        until_gone(cast("Api", server), "/pods", {"name": "web", "uid": "1"}, time.monotonic() + LIMIT)
    )
    assert server.asked == ["list /pods"] * 2


def test_another_one_of_the_name_is_not_awaited() -> None:
    """It is made as soon as the other is gone: by a StatefulSet, say."""
    server = Leaving()
    assert not list(
        until_gone(cast("Api", server), "/pods", {"name": "web", "uid": "1"}, time.monotonic() + 9)
    )
    assert server.asked == ["list /pods"]


def test_an_end_that_does_not_come_is_told() -> None:
    """Neither for want of time nor for want of rights does it pass for one."""
    server, meta = Leaving([RefusedError("may not", 403)]), {"name": "web", "uid": "1"}
    with pytest.raises(TimeoutError):
        list(until_gone(cast("Api", server), "/pods", meta, 0))
    with pytest.raises(RefusedError, match="may not"):
        list(until_gone(cast("Api", server), "/pods", meta, time.monotonic() + LIMIT))


@pytest.fixture
def api(cluster: EmbeddedCluster) -> Iterator[Api]:
    with Api(cluster.kubeconfig, cluster.network) as api:
        yield api


@pytest.mark.cluster
def test_an_end_does_not_take_the_certificates_of_others(cluster: EmbeddedCluster) -> None:
    """A page that ends leaves the others what they need for a new connection."""
    first = Api(cluster.kubeconfig, cluster.network)
    with Api(cluster.kubeconfig, cluster.network) as second:
        first.close()
        assert second.get("/version")


def can_i(api: Api, namespace: Namespace, question: str) -> bool:
    """Whether the page's identity may: ``VERB RESOURCE[/SUBRESOURCE][.GROUP] [in NAMESPACE]``, or a path."""
    verb, what, *where = question.split()
    user = f"system:serviceaccount:{namespace.name}:preuve"
    if what.startswith("/"):
        spec = {"nonResourceAttributes": {"verb": verb, "path": what}}
    else:
        resource, _, group = what.partition(".")
        resource, _, sub = resource.partition("/")
        attributes = {"verb": verb, "resource": resource, "subresource": sub, "group": group}
        spec = {"resourceAttributes": {**attributes, "namespace": where[-1] if where else ""}}
    review = {"spec": {"user": user, "groups": ["system:authenticated"], **spec}}
    answer = api.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    return bool(answer["status"]["allowed"])


MAY = [
    "create pods in rights",
    "delete deployments.apps in rights",
    "get secrets in rights",
    "create pods/exec in rights",
    "patch pods/ephemeralcontainers in rights",
    "patch pods/resize in rights",
    "create rolebindings.rbac.authorization.k8s.io in rights",
    "list pods",
    "get pods/log in kube-system",
    "get configmaps in kube-system",
    "list nodes",
    "list namespaces",
    "list persistentvolumes",
    "list storageclasses.storage.k8s.io",
    "list clusterroles.rbac.authorization.k8s.io",
    "list customresourcedefinitions.apiextensions.k8s.io",
    "list leases.coordination.k8s.io in kube-node-lease",
    "get /readyz",
    "get /readyz/etcd",
    "get /livez",
    "get /version",
    "get /openapi/v3",
]
MAY_NOT = [
    "create pods in default",
    "create pods/exec in kube-system",
    "patch pods/ephemeralcontainers in kube-system",
    "patch pods/resize in kube-system",
    "delete pods in kube-system",
    "get secrets in kube-system",
    "list secrets",
    "create serviceaccounts/token in kube-system",
    "create namespaces",
    "patch namespaces in rights",
    "delete namespaces in rights",
    "create resourcequotas in rights",
    "patch nodes",
    "get nodes/proxy",
    "create nodes/proxy",
    "create persistentvolumes",
    "create clusterrolebindings.rbac.authorization.k8s.io",
    "impersonate users",
    "get /metrics",
    "get /debug/pprof",
]


@pytest.mark.cluster
def test_what_a_page_may_do(api: Api) -> None:
    """Everything in its namespace, nothing but a look outside of it, and no look at others' Secrets."""
    with made(api, "rights.md", disposable=True) as namespace:
        assert [question for question in MAY if not can_i(api, namespace, question)] == []
        assert [question for question in MAY_NOT if can_i(api, namespace, question)] == []
    with made(api, "wide.md", exclusive=True, disposable=True) as namespace:
        assert all(can_i(api, namespace, question) for question in [*MAY, *MAY_NOT])


@pytest.mark.cluster
def test_a_page_is_at_home_at_once(cluster: EmbeddedCluster, api: Api, tmp_path: Path) -> None:
    """Its first command may make a Pod, in its own namespace; a privileged one is refused."""
    kubeconfig = tmp_path / "kubeconfig"
    with made(api, "home/index.md", disposable=True) as namespace:
        kubeconfig.write_text(namespace.kubeconfig)
        kubectl = [str(cluster.binaries.kubectl), f"--kubeconfig={kubeconfig}"]
        with cluster.network():
            run = [*kubectl, "run", "web", "--image=nginx"]
            ran = subprocess.run(run, capture_output=True, text=True, check=False)
            refused = subprocess.run([*run, "--privileged"], capture_output=True, text=True, check=False)
        assert ran.stdout == "pod/web created\n", ran.stderr
        assert 'violates PodSecurity "baseline' in refused.stderr
        assert api.get("/api/v1/namespaces/home/pods/web")["metadata"]["namespace"] == "home"
    assert "client-key" not in namespace.kubeconfig
    config = yaml.safe_load(namespace.kubeconfig)
    assert [len(config[section]) for section in ("clusters", "users", "contexts")] == [1, 1, 1]


@pytest.mark.cluster
def test_nothing_is_left_of_a_namespace(api: Api) -> None:
    """On a cluster of the user's its end is waited for; what has no namespace goes too."""
    with made(api, "passing.md"):
        assert api.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/preuve:passing")
    with pytest.raises(RefusedError, match="not found"):
        api.get("/api/v1/namespaces/passing")
    with made(api, "passing.md", disposable=True) as again:
        assert again.name == "passing"


@pytest.mark.cluster
def test_a_port_is_free_as_soon_as_its_page_has_ended(api: Api) -> None:
    """The next page may want the same one; the namespace that had it takes seconds to go."""
    spec = {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30079}]}
    service = {"metadata": {"name": "web"}, "spec": spec}
    for page in ("first.md", "second.md"):
        with made(api, page, disposable=True) as namespace:
            assert api.post(f"/api/v1/namespaces/{namespace.name}/services", service)


@pytest.mark.cluster
def test_a_page_that_has_the_whole_cluster_is_alone_there(api: Api) -> None:
    """On somebody's, nothing is to be seen any more of a page that was played before."""
    with made(api, "before.md", disposable=True):
        pass
    with made(api, "alone.md", exclusive=True):
        names = [item["metadata"]["name"] for item in api.get("/api/v1/namespaces")["items"]]
    assert "alone" in names
    assert "before" not in names


@pytest.mark.cluster
def test_a_namespace_of_somebody_else_is_left_alone(api: Api) -> None:
    """A page does not take over what preuve did not make."""
    api.post("/api/v1/namespaces", {"metadata": {"name": "taken"}})
    context = made(api, "taken.md", disposable=True)
    with pytest.raises(ClusterError, match="'taken' is there, and preuve did not make it"):
        context.__enter__()
    assert "deletionTimestamp" not in api.get("/api/v1/namespaces/taken")["metadata"]
    api.delete("/api/v1/namespaces/taken")


MAKER = """
import sys
from pathlib import Path
from preuve.cluster.api import Api
from preuve.cluster.embedded.netns import joined
from preuve.play.namespace import made
api = Api(Path(sys.argv[1]), lambda: joined(sys.argv[2]))
with made(api, "left.md", exclusive=sys.argv[3] == "True"):
    print("there", flush=True)
    sys.stdin.read()
"""


@contextmanager
def maker(cluster: EmbeddedCluster, *, exclusive: bool = False) -> Iterator[subprocess.Popen[str]]:
    """Another process, which plays left.md, and is killed in the end."""
    command = [sys.executable, "-c", MAKER, str(cluster.kubeconfig), cluster.network_path(), str(exclusive)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout
            assert other.stdout.readline() == "there\n"
            yield other
        finally:
            other.kill()


@pytest.mark.cluster
@pytest.mark.parametrize("exclusive", [True, False])
def test_an_exclusive_page_meets_no_other_process(
    cluster: EmbeddedCluster, api: Api, exclusive: bool
) -> None:
    """Whichever wants somebody's cluster to itself, the one that comes second is told who has it."""
    with maker(cluster, exclusive=not exclusive) as other:
        second = made(api, "second.md", exclusive=exclusive)
        with pytest.raises(TakenError, match=rf"left.md .*\(process {other.pid} on [^ ]+\).* to itself"):
            second.__enter__()
    with made(api, "left.md", disposable=True):
        pass  # what the killed one left is gone with it


@pytest.mark.cluster
def test_what_a_killed_run_left_is_replaced(cluster: EmbeddedCluster, api: Api) -> None:
    """A namespace whose maker is dead is deleted first; one whose maker lives is not touched."""
    with maker(cluster) as other:
        before = api.get("/api/v1/namespaces/left")["metadata"]
        assert OURS.items() <= before["labels"].items()
        with pytest.raises(
            ClusterError, match=rf"'left'.*in use for left.md \(process {other.pid} on [^ ]+\)"
        ):
            made(api, "left.md", disposable=True).__enter__()
    with made(api, "left.md", disposable=True):
        assert api.get("/api/v1/namespaces/left")["metadata"]["uid"] != before["uid"]


@pytest.mark.cluster
def test_what_a_page_left_held_is_let_go(api: Api) -> None:
    """A finalizer of nobody's keeps no namespace of ours from going, nor the page from being played again.

    Where that page is not played again, the next start of any other lets it go.
    """
    first = None
    for _ in range(2):
        with made(api, "held.md", disposable=True) as space:
            home = f"/api/v1/namespaces/{space.name}"
            uid = api.get(home)["metadata"]["uid"]
            assert uid != first
            first = uid
            meta = {"name": "ledger", "finalizers": ["scout.example/hold"]}
            api.post(f"{home}/configmaps", {"metadata": meta})
            api.delete(f"{home}/configmaps/ledger")
            assert [path for path, _ in held(api, space.name)] == [f"{home}/configmaps/ledger"]
    whoever = subprocess.run(
        (sys.executable, "-c", "from preuve import owner; print(owner.me())"),
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT,
    )
    api.patch(home, {"metadata": {"annotations": {OWNER: whoever.stdout.strip()}}})
    await_(lambda: "FinalizersRemaining" in str(api.get(home)["status"]), "nobody says that it is held")
    reap(api, disposable=True)
    await_(lambda: first not in {each["metadata"]["uid"] for each in api.get(SPACES)["items"]}, "it stays")
