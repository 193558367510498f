"""A namespace that somebody gives: pages are played there, and nothing else is touched, however they end."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from door import recorded
from folder import Folder
from preuve import owner
from preuve.cluster.api import Api
from preuve.play.given import KEPT, UNTIL, made, reap
from preuve.play.namespace import OURS, OWNER, PAGE, RBAC, SPACES
from test_foreign import REVIEWS, absent, begun, dead, run, stock
from waiting import await_

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from door import Asked, Record
    from preuve.cluster.embedded.cluster import EmbeddedCluster

pytestmark = pytest.mark.cluster

TEAM = "team-a"
HOME = f"{SPACES}/{TEAM}"
ACCOUNT = f"{HOME}/serviceaccounts/preuve"

PAGES = {
    "fine.md": """\
```yaml
--8<-- "ledger.yaml"
```

```console
$ kubectl create configmap colours --from-literal=sky=blue
$ kubectl create deployment web --image=nginx:1.26
$ kubectl expose deployment web --port=80
$ kubectl create role viewer --verb=get --resource=pods
$ kubectl get deployments,pods,services
```
""",
    "failing.md": """\
```console
$ kubectl create configmap colours --from-literal=sky=blue
$ kubectl get pod nobody
```
""",
    "wide.md": """\
```{ .console exit=1 }
$ kubectl create namespace elsewhere
$ kubectl get nodes
```
""",
    "exclusive.md": "---\npreuve: {cluster: exclusive}\n---\n```console\n$ kubectl get nodes\n```\n",
    "drawn.md": "```cluster\npods by=node\n```\n",
}

ORPHAN = """\
```yaml
--8<-- "ledger.yaml"
```

```console
$ kubectl delete statefulset ledger --cascade=orphan
```
"""

LEDGER = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ledger}
spec:
  serviceName: ledger
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec:
      containers:
      - name: redis
        image: redis
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 10Mi}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = Folder(tmp_path)
    for page, text in PAGES.items():
        folder.write(page, text)
    (tmp_path / "ledger.yaml").write_text(LEDGER)
    (tmp_path / "mkdocs.yml").write_text(f"site_name: theirs\nextra: {{preuve: {{namespace: {TEAM}}}}}\n")
    return tmp_path


def role(name: str, user: str) -> dict[str, Any]:
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    return {"metadata": {"name": user}, "subjects": [{"kind": "User", "name": user}], "roleRef": ref}


@pytest.fixture
def api(cluster: EmbeddedCluster) -> Iterator[Api]:
    """An administrator's, of a cluster where alice administers one namespace that others govern."""
    things = [
        (SPACES, {"metadata": {"name": TEAM}}),
        (f"{RBAC}/namespaces/{TEAM}/rolebindings", role("admin", "alice") | {"metadata": {"name": "preuve"}}),
        (f"{RBAC}/namespaces/{TEAM}/rolebindings", role("edit", "bob")),
        (f"{HOME}/serviceaccounts", {"metadata": {"name": "builder", "labels": OURS}}),
        (f"{HOME}/limitranges", {"metadata": {"name": "small"}, "spec": {"limits": []}}),
        (
            f"/apis/networking.k8s.io/v1/namespaces/{TEAM}/networkpolicies",
            {"metadata": {"name": "closed"}, "spec": {"podSelector": {}}},
        ),
    ]
    with Api(cluster.kubeconfig, cluster.network) as api:
        for path, body in things:
            api.post(path, body)
        await_(lambda: not absent(api, f"{HOME}/serviceaccounts/default"), "the namespace is not furnished")
        await_(lambda: not absent(api, f"{HOME}/configmaps/kube-root-ca.crt"), "it is not furnished")
        yield api
        api.delete(HOME)
        await_(lambda: absent(api, HOME), "the namespace does not go")


@contextmanager
def alice(cluster: EmbeddedCluster, root: Path, user: str = "alice") -> Iterator[Record]:
    with recorded(cluster, root) as record:
        record.user = user
        yield record


def volumes(api: Api) -> list[str]:
    path = "/api/v1/persistentvolumes"
    return [f"/api/v1//persistentvolumes/{each['metadata']['name']}" for each in api.get(path)["items"]]


def told(asked: Asked) -> str:
    return f"{asked.verb} {asked.path} {asked.code}"


def check_writes(record: Record) -> None:
    """See that all is written in the one namespace, after what is asked, and deleted by UID."""
    bosses = [each for each in record.asked if each.boss]
    written = [each for each in bosses if each.verb != "GET" and not each.path.endswith(REVIEWS)]
    assert [told(each) for each in written if f"/namespaces/{TEAM}/" not in each.path] == []
    deleted = [each for each in written if each.verb == "DELETE"]
    assert [told(each) for each in deleted if not each.body["preconditions"]["uid"]] == []
    first = bosses.index(written[0])
    assert any(REVIEWS[0] in each.path for each in bosses[:first])


def test_what_was_there_is_as_it_was(cluster: EmbeddedCluster, api: Api, root: Path) -> None:
    """After pages that end well, fail and are refused; compared object by object, to the version."""
    before = stock(api)
    with alice(cluster, root) as record:
        code, said = run(root, record.kubeconfig, "play", "-j", "4")
        assert code == 2, said
        assert "failing.md:3: exit code 1" in said
        assert "exclusive.md:2: this page wants the whole cluster (`cluster: exclusive`), and pages" in said
        assert "drawn.md:1: what this fence draws is not to be seen from here" in said
        assert "fine.md:" not in said
        check_writes(record)
    assert stock(api).keys() - before.keys() <= {*volumes(api)}  # whoever made them takes them away
    await_(lambda: volumes(api) == [], "the volume of the claim does not go")
    assert stock(api) == before
    shown = (root / "transcripts" / "fine.txt").read_text()
    assert "deployment.apps/web   1/1" in shown
    refused = (root / "transcripts" / "wide.txt").read_text()
    assert 'cannot create resource "namespaces"' in refused
    assert 'cannot list resource "nodes"' in refused


def test_a_namespace_that_is_not_empty_is_refused(cluster: EmbeddedCluster, api: Api, root: Path) -> None:
    """A page would show what is in it; it is named, and stays; so is an account of our name."""
    api.post(f"{HOME}/configmaps", {"metadata": {"name": "prices"}})
    before = stock(api)
    with alice(cluster, root) as record:
        code, said = run(root, record.kubeconfig, "play", "fine.md")
        assert (code, "ConfigMap prices is there already" in said) == (2, True), said
        assert stock(api) == before
        api.delete(f"{HOME}/configmaps/prices")
        api.post(f"{HOME}/serviceaccounts", {"metadata": {"name": "preuve"}})
        code, said = run(root, record.kubeconfig, "play", "fine.md")
        assert (code, "ServiceAccount 'preuve', and preuve did not make it" in said) == (2, True), said
    assert not absent(api, ACCOUNT)


@pytest.mark.usefixtures("api")
def test_rights_are_asked_for_all_at_once(cluster: EmbeddedCluster, root: Path) -> None:
    """Of somebody who may edit, and of somebody who may nothing; before anything is written."""
    for user, lacking in ("bob", "create rolebindings.rbac.authorization.k8s.io"), ("eve", "create pods"):
        with alice(cluster, root, user) as record:
            code, said = run(root, record.kubeconfig, "play", "fine.md")
        assert code == 2
        assert f"{user} may not " in said
        assert lacking in said or "more in namespace" in said
        assert f"--namespace={TEAM} --clusterrole=admin --user={user}`" in said
        assert [told(e) for e in record.asked if e.verb != "GET" and not e.path.endswith(REVIEWS)] == []


def test_a_namespace_that_is_not_there_is_told(cluster: EmbeddedCluster, api: Api, root: Path) -> None:
    """To who may do all everywhere; nothing is made in its place."""
    (root / "mkdocs.yml").write_text("site_name: theirs\nextra: {preuve: {namespace: team-b}}\n")
    with recorded(cluster, root) as record:
        code, said = run(root, record.kubeconfig, "play", "fine.md")
    assert (code, "there is no namespace 'team-b'" in said) == (2, True), said
    assert absent(api, f"{SPACES}/team-b")


def test_what_a_killed_page_left_goes_at_the_next_start(
    cluster: EmbeddedCluster, api: Api, root: Path
) -> None:
    """But not what somebody has made since, for which the next page is refused."""
    before = stock(api)
    Folder(root).write("slow.md", PAGES["fine.md"] + "```console\n$ sleep 50\n```\n")
    with alice(cluster, root) as record:
        with begun(root, record.kubeconfig, "play", "slow.md") as killed:
            last_made = f"{RBAC}/namespaces/{TEAM}/roles/viewer"
            await_(lambda: not absent(api, last_made), "it does not begin")
            code, said = run(root, record.kubeconfig, "play", "fine.md")
            assert code == 2
            assert f"slow.md is played there by process {killed.pid} on " in said
            killed.kill()
        notes = api.get(ACCOUNT)["metadata"]["annotations"]
        assert notes[PAGE] == "slow.md"
        assert len(notes[KEPT].split(",")) == 7
        last = api.get(last_made)["metadata"]["creationTimestamp"]
        assert last < notes[UNTIL]
        await_(lambda: len(api.get(f"{HOME}/pods")["items"]) == 2, "the Pods do not come")
        made = max(pod["metadata"]["creationTimestamp"] for pod in api.get(f"{HOME}/pods")["items"])
        api.patch(ACCOUNT, {"metadata": {"annotations": {UNTIL: max(last, made)}}})

        def somebody_has_made_it_later() -> bool:
            meta = api.post(f"{HOME}/configmaps", {"metadata": {"name": "prices"}})["metadata"]
            if meta["creationTimestamp"] > max(last, made):
                return True
            api.delete(f"{HOME}/configmaps/prices")
            return False

        await_(somebody_has_made_it_later, "the clock stands still")
        code, said = run(root, record.kubeconfig, "play", "failing.md")
        assert (code, "ConfigMap prices is there already" in said) == (2, True), said
        assert not absent(api, f"{HOME}/configmaps/prices")
        api.delete(f"{HOME}/configmaps/prices")
        await_(lambda: volumes(api) == [], "the volume of the claim does not go")
        assert stock(api) == before
        code, said = run(root, record.kubeconfig, "play", "failing.md")
        assert code == 1, said
    assert stock(api) == before


def test_who_cannot_be_seen_from_here_is_left_alone(cluster: EmbeddedCluster, api: Api, root: Path) -> None:
    """It may live; who it is, is told. A process that died before its page began leaves nothing."""
    elsewhere = owner.me().replace(" since ", " since another-boot.")
    meta = {"name": "preuve", "labels": OURS, "annotations": {OWNER: elsewhere, PAGE: "a.md"}}
    api.post(f"{HOME}/serviceaccounts", {"metadata": meta})
    with alice(cluster, root) as record:
        code, said = run(root, record.kubeconfig, "play", "failing.md")
        assert code == 2
        assert f"namespace '{TEAM}' is in use: a.md is played there by process" in said
        named = f"preuve-{api.get(ACCOUNT)['metadata']['uid'][:8]}"
        assert f"`kubectl delete --namespace={TEAM} --ignore-not-found serviceaccount/preuve role/" in said
        assert f"rolebinding/{named} " in said
        api.patch(ACCOUNT, {"metadata": {"annotations": {OWNER: dead()}}})
        assert run(root, record.kubeconfig, "play", "failing.md")[0] == 1
    assert absent(api, ACCOUNT)


def test_what_comes_after_a_page_that_is_kept_is_somebodys(api: Api) -> None:
    """As `mkdocs serve` keeps it for hours: that ends well, and deletes what its page made alone."""
    configs = f"{HOME}/configmaps"
    with made(api, TEAM, "kept.md") as namespace:
        api.post(configs, {"metadata": {"name": "colours"}})
        namespace.extend(0)
        until = api.get(ACCOUNT)["metadata"]["annotations"][UNTIL]
        await_(lambda: f"{api.now():%Y-%m-%dT%H:%M:%SZ}" > until, "the clock stands still")
        api.post(configs, {"metadata": {"name": "prices"}})
    assert absent(api, f"{configs}/colours")
    assert not absent(api, f"{configs}/prices")
    assert absent(api, ACCOUNT)


def test_who_cannot_tell_what_is_a_pages_deletes_nothing(api: Api) -> None:
    """A page took the note from its account, and was killed: what is there now may be anybody's."""
    configs = f"{HOME}/configmaps"
    meta = {"name": "preuve", "labels": OURS, "annotations": {OWNER: dead(), PAGE: "a.md", KEPT: "none"}}
    api.post(f"{HOME}/serviceaccounts", {"metadata": meta})
    api.post(configs, {"metadata": {"name": "prices"}})
    assert reap(api, TEAM) == []
    assert not absent(api, f"{configs}/prices")
    assert absent(api, ACCOUNT)


def test_what_only_the_cluster_may_delete_stops_nobody(
    cluster: EmbeddedCluster, api: Api, root: Path
) -> None:
    """A ControllerRevision that lost its owner: the role `admin` lists it, and no more."""
    Folder(root).write("orphan.md", ORPHAN)
    with alice(cluster, root) as record:
        code, said = run(root, record.kubeconfig, "play", "orphan.md")
        assert code == 0, said
        left = api.get(f"/apis/apps/v1/namespaces/{TEAM}/controllerrevisions")["items"]
        assert [each["metadata"]["name"].rpartition("-")[0] for each in left] == ["ledger"]
        assert api.get(f"{HOME}/pods")["items"] == []
        code, said = run(root, record.kubeconfig, "play", "fine.md")
        assert code == 0, said
