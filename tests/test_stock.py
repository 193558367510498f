"""The stock of a cluster: an exclusive page leaves nothing outside its namespace."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from preuve.api import Api, RefusedError
from preuve.stock import kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from preuve.cluster.embedded.cluster import EmbeddedCluster

pytestmark = pytest.mark.cluster

CORE, RBAC = "/api/v1", "/apis/rbac.authorization.k8s.io/v1"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
TEMPLATE = {
    "metadata": {"labels": {"app": "stock"}},
    "spec": {"containers": [{"name": "c", "image": "nginx:1.26"}]},
}
LEFT = {
    f"{CORE}/namespaces/default/configmaps/stock": {},
    f"{CORE}/namespaces/stock": {},
    f"{CORE}/namespaces/stock/serviceaccounts/stock": {},
    f"{RBAC}/clusterroles/stock": {"rules": []},
    "/apis/scheduling.k8s.io/v1/priorityclasses/stock": {"value": 1},
    "/apis/apps/v1/namespaces/default/deployments/stock": {
        "spec": {"selector": {"matchLabels": {"app": "stock"}}, "template": TEMPLATE}
    },
    f"{CRDS}/stocks.example.org": {
        "spec": {
            "group": "example.org",
            "scope": "Cluster",
            "names": {"plural": "stocks", "singular": "stock", "kind": "Stock"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object"}},
                }
            ],
        }
    },
}
"""What a page makes outside its own namespace: by path."""


@pytest.fixture
def api(cluster: EmbeddedCluster) -> Iterator[Api]:
    with Api(cluster.kubeconfig, cluster.network) as api:
        yield api


def make(api: Api, path: str, body: Mapping[str, object] | None = None) -> None:
    collection, _, name = path.rpartition("/")
    api.post(collection, {"metadata": {"name": name}, **(body or {})})


def there(api: Api, path: str) -> bool:
    collection, _, name = path.rpartition("/")
    with suppress(RefusedError):  # of a namespace that is gone
        return bool(api.get(collection, fieldSelector=f"metadata.name={name}")["items"])
    return False


def play(api: Api, left: Iterable[tuple[str, Mapping[str, object]]]) -> None:
    """What a page does that has the namespace `mine`."""
    with kept(api, "mine"):
        for path, body in left:
            make(api, path, body)


def test_what_a_page_made_is_gone_and_nothing_else(api: Api) -> None:
    """Its own namespace is left to whoever made it; a page that fails half-way leaves as little."""
    mine, before = f"{CORE}/namespaces/mine", f"{CORE}/namespaces/default/configmaps/before"
    for path in (mine, before):
        make(api, path)
    left = {f"{mine}/configmaps/here": {}} | LEFT
    try:
        with pytest.raises(RefusedError, match="already exists"):
            play(api, [*left.items(), *LEFT.items()])
        assert [path for path in LEFT if there(api, path)] == []
        assert not api.get(f"{CORE}/namespaces/default/pods", labelSelector="app=stock")["items"]
        assert all(there(api, path) for path in (before, f"{mine}/configmaps/here"))
        assert there(api, f"{CORE}/namespaces/default/configmaps/kube-root-ca.crt")
    finally:
        for path in (mine, before):
            api.delete(path)
