"""What an API server tells of the kinds that people define, and when it tells it everywhere."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, cast

import pytest

from preuve.cluster.discovery import DEFINITIONS, SERVICES, Definitions, custom
from preuve.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

    from preuve.cluster.api import Api

BASE = "/apis/home.example/v1"
SCHEMA = {"properties": {"watts": {"type": "integer", "description": "Power."}}}
LAMP: dict[str, Any] = {
    "metadata": {"name": "lamps.home.example", "uid": "1", "generation": 1},
    "spec": {
        "group": "home.example",
        "names": {"plural": "lamps", "kind": "Lamp"},
        "versions": [{"name": "v1", "served": True, "schema": {"openAPIV3Schema": SCHEMA}}],
    },
    "status": {
        "conditions": [
            {"type": "NamesAccepted", "status": "True"},
            {"type": "Established", "status": "True"},
        ]
    },
}
KIND = {"x-kubernetes-group-version-kind": [{"group": "home.example", "version": "v1", "kind": "Lamp"}]}


class Server:
    """An API server, as far as it tells of kinds: it holds documents, by path."""

    def __init__(self) -> None:
        self.listed: list[dict[str, Any]] = []
        self.documents: dict[str, Any] = {
            DEFINITIONS: {"items": []},
            SERVICES: {"items": []},
            BASE: {"resources": [{"name": "lamps"}]},
            "/openapi/v3": {"paths": {BASE[1:]: {"serverRelativeURL": f"/openapi/v3{BASE}?hash=1"}}},
            f"/openapi/v3{BASE}": {"components": {"schemas": {"lamp": SCHEMA | KIND}}},
        }

    def get(self, path: str, **_: str) -> Any:  # noqa: ANN401 - JSON
        return copy.deepcopy(self.documents[path])

    def discover(self, root: str) -> Any:  # noqa: ANN401 - JSON
        return {"items": self.listed if root == "/apis" else []}

    def serve(
        self, kind: str, *, group: str = "home.example", scope: str = "Namespaced", verbs: str = "list watch"
    ) -> None:
        resource = {
            "resource": f"{kind.lower()}s",
            "singularResource": kind.lower(),
            "shortNames": [kind[:2].lower()],
            "responseKind": {"kind": kind},
            "scope": scope,
            "verbs": verbs.split(),
        }
        self.listed.append(
            {"metadata": {"name": group}, "versions": [{"version": "v1", "resources": [resource]}]}
        )

    def define(self, **status: str) -> None:
        lamp = copy.deepcopy(LAMP)
        for each in lamp["status"]["conditions"]:
            each["status"] = status.get(each["type"], each["status"])
        self.documents[DEFINITIONS]["items"] = [lamp]

    @property
    def api(self) -> Api:
        return cast("Api", self)


@pytest.fixture
def server() -> Server:
    return Server()


def test_what_is_told_everywhere_is_settled_once(server: Server) -> None:
    """Then there is nothing to wait for, until something is defined anew."""
    definitions = Definitions(server.api)
    assert not definitions.settle(0)
    server.define()
    server.serve("Lamp")
    assert definitions.settle(0)
    assert not definitions.settle(0)
    server.documents[DEFINITIONS]["items"][0]["metadata"]["generation"] = 2
    assert definitions.settle(0)


def forget(server: Server) -> None:
    server.documents[BASE]["resources"] = []


def explain_otherwise(server: Server) -> None:
    server.documents[f"/openapi/v3{BASE}"]["components"]["schemas"]["lamp"] = {"properties": {}} | KIND


@pytest.mark.parametrize(
    ("late", "why"),
    [
        (lambda server: server.define(Established="False"), "is being established, or deleted"),
        (lambda server: server.listed.clear(), "lamps are not in the lists of what is served yet"),
        (forget, "lamps are not in the lists of what is served yet"),
        (lambda server: server.documents["/openapi/v3"]["paths"].clear(), f"{BASE} is not there yet"),
        (explain_otherwise, "Lamp is not explained as it was last defined yet"),
    ],
)
def test_what_is_told_late_is_named(server: Server, late: Callable[[Server], None], why: str) -> None:
    """Each place in which kubectl looks."""
    definitions = Definitions(server.api)
    server.define()
    server.serve("Lamp")
    late(server)
    with pytest.raises(CommandError, match="not served after 0 s") as caught:
        definitions.settle(0)
    assert f"CustomResourceDefinition lamps.home.example: {why}" in str(caught.value)


def test_names_that_another_kind_has_are_not_waited_for(server: Server) -> None:
    definitions = Definitions(server.api)
    server.define(NamesAccepted="False", Established="False")
    assert definitions.settle(0)


def test_what_was_taken_away_is_waited_for_until_nobody_serves_it(server: Server) -> None:
    definitions = Definitions(server.api)
    server.define()
    server.serve("Lamp")
    definitions.settle(0)
    server.documents[DEFINITIONS]["items"] = []
    with pytest.raises(CommandError, match=f"{BASE}/lamps: is still served"):
        definitions.settle(0)
    server.listed.clear()
    assert definitions.settle(0)


@pytest.mark.parametrize(
    ("conditions", "late"), [([], True), ([{"type": "Available", "status": "False"}], False)]
)
def test_an_apiservice_is_waited_for_until_somebody_has_looked(
    server: Server, conditions: list[object], late: bool
) -> None:
    """Whether it answers is another question."""
    definitions = Definitions(server.api)
    service = {"metadata": {"name": "v1.metrics", "uid": "2"}, "spec": {"service": {}}}
    server.documents[SERVICES]["items"] = [service | {"status": {"conditions": conditions}}]
    if late:
        with pytest.raises(CommandError, match=r"APIService v1\.metrics: nobody has looked"):
            definitions.settle(0)
    else:
        assert definitions.settle(0)


def test_a_page_s_own_kinds_are_watched(server: Server) -> None:
    """Those in a namespace of which the page speaks, by any name, in one version; none of Kubernetes' own."""
    server.serve("Lamp")
    [preferred] = server.listed[0]["versions"]
    server.listed[0]["versions"].append({**preferred, "version": "v1beta1"})
    server.serve("Door")
    server.serve("Roof", scope="Cluster")
    server.serve("Wall", verbs="get list")
    server.serve("Deployment", group="apps")
    words = "lamp Lamps la deployments roof walls"
    assert [(kind.name, kind.path("page")) for kind in custom(server.api, words)] == [
        ("Lamp.home.example", f"{BASE}/namespaces/page/lamps")
    ]
    for words in ("kubectl get lamps", "kind: Lamp", "kubectl get la/one", "kubectl get lamp,door"):
        assert "Lamp.home.example" in [kind.name for kind in custom(server.api, words)]
    assert custom(server.api, "kubectl get lampshades") == []


def test_a_group_whose_server_is_away_is_left_out(server: Server) -> None:
    """The API server tells what it knew of it; whoever asks for its objects gets no answer."""
    server.serve("Lamp")
    server.listed[-1]["versions"][0]["freshness"] = "Stale"
    assert not custom(cast("Api", server), "kind: Lamp")


def test_a_kind_that_its_group_s_preferred_version_lacks_is_watched_too(server: Server) -> None:
    """A group's newest version need not have all that an older one has."""
    server.serve("Door")
    server.serve("Lamp")
    older = server.listed.pop()["versions"]
    server.listed[0]["versions"].extend({**version, "version": "v1beta1"} for version in older)
    assert [kind.path("page") for kind in custom(server.api, "door lamp")] == [
        f"{BASE}/namespaces/page/doors",
        "/apis/home.example/v1beta1/namespaces/page/lamps",
    ]
