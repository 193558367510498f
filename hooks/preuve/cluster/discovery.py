"""What an API server tells of the kinds that it serves, and whether it tells it everywhere yet.

A kind that was just defined can be used a moment before `kubectl explain` and `kubectl api-resources` know
it: the server makes its documents anew by and by, up to a second later (k8s.io/kube-aggregator, openapiv3).
"""

from __future__ import annotations

import re
import time
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from preuve.cluster.api import RefusedError
from preuve.cluster.kinds import Kind
from preuve.cluster.objects import condition, holds, leaving
from preuve.cluster.rights import GROUPS
from preuve.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.cluster.api import Api
    from preuve.cluster.objects import Object

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"

MOST = 16
"""Custom kinds that are watched for a page at most: a lesson is about a few."""

_WATCHED = frozenset({"list", "watch"})
_WORD = re.compile(r"[a-z][a-z0-9-]*")

POLL = 0.05
"""Seconds between two looks at the server's documents, which cannot be watched."""


class Resource(NamedTuple):
    """What is served of one version of a kind."""

    base: str
    """Where the version of its group is: ``/apis/apps/v1``."""
    plural: str
    kind: str
    namespaced: bool
    verbs: frozenset[str]
    group: str = ""
    """Empty for the oldest kinds: Pod, Service."""
    names: frozenset[str] = frozenset()
    """All by which kubectl knows it, in lower case."""


def served(api: Api, *, once: bool = False) -> Iterator[Resource]:
    """Yield what a server tells that it serves.

    Args:
        api: of the cluster.
        once: each kind in one version alone, the one that its group prefers of those that have it.
    """
    for root in ("/api", "/apis"):
        for group in api.discover(root)["items"]:
            name = group["metadata"].get("name")
            seen: set[str] = set()
            for version in group["versions"]:  # the preferred one first; it may not have every kind
                if version.get("freshness") == "Stale":
                    continue  # its own server is away: that is what it said before
                for each in version.get("resources", ()):
                    if once and each["resource"] in seen:
                        continue
                    seen.add(each["resource"])
                    yield Resource(
                        "/".join(filter(None, (root, name, version["version"]))),
                        each["resource"],
                        each.get("responseKind", {}).get("kind", ""),
                        each["scope"] == "Namespaced",
                        frozenset(each["verbs"]),
                        name or "",
                        frozenset(_names(each)),
                    )


def _names(resource: Object) -> Iterator[str]:
    yield from (resource["resource"], resource.get("singularResource", ""), *resource.get("shortNames", ()))
    yield resource.get("responseKind", {}).get("kind", "").lower()


def custom(api: Api, public: str) -> list[Kind]:
    """Return the kinds, in a namespace, that somebody defined and a page speaks of, by any of their names.

    Args:
        api: of the cluster.
        public: what the page spells out, its commands and manifests.
    """
    words = frozenset(_WORD.findall(public.lower()))
    found = (
        Kind(f"{each.kind}.{each.group}", each.plural, each.base)  # kinds of two groups may share a name
        for each in served(api, once=True)
        if each.group and each.group not in GROUPS and each.names & words
        if each.namespaced and each.verbs >= _WATCHED
    )
    return list(islice(found, MOST))


class Definitions:
    """The kinds that people have defined on a cluster.

    Args:
        api: with the rights of an administrator.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known = _versions(*self._there())
        self._taken: set[tuple[str, str]] = set()

    def settle(self, seconds: float) -> bool:
        """Wait until all that was defined, changed or taken away since last time is told everywhere.

        Args:
            seconds: at most.

        Returns:
            whether there was any.

        Raises:
            CommandError: the server does not tell yet; says of what.
        """
        if _versions(*self._there()) == self._known:
            return False
        end = time.monotonic() + seconds
        while untold := list(self._untold(*self._there())):
            if time.monotonic() > end:
                lines = "\n".join(f"    {each}" for each in untold)
                raise CommandError(f"what was defined is not served after {seconds:g} s:\n{lines}")
            time.sleep(POLL)
        self._known = _versions(*self._there())
        return True

    def _there(self) -> tuple[list[Object], list[Object]]:
        return self._api.get(DEFINITIONS)["items"], self._api.get(SERVICES)["items"]

    def _untold(self, definitions: list[Object], services: list[Object]) -> Iterator[str]:
        """Yield what the server is still to tell, a sentence each."""
        listed = {(each.base, each.plural) for each in served(self._api)}
        wanted = set()
        for each in definitions:
            for base, schema in _bases(each):
                wanted.add((base, each["spec"]["names"]["plural"]))
                if why := self._why_untold(each, base, schema, listed):
                    yield f"CustomResourceDefinition {each['metadata']['name']}: {why}"
        for base, plural in (self._taken & listed) - wanted:
            yield f"{base}/{plural}: is still served"
        self._taken |= wanted
        for each in services:
            if "service" in each["spec"] and not condition(each, "Available"):
                yield f"APIService {each['metadata']['name']}: nobody has looked yet whether it is available"

    def _why_untold(
        self, definition: Object, base: str, schema: Object, listed_kinds: set[tuple[str, str]]
    ) -> str | None:
        if condition(definition, "NamesAccepted").get("status") == "False":
            return None  # somebody else's kind has them: it stays so
        if not holds(definition, "Established") or leaving(definition):
            return "is being established, or deleted"
        names = definition["spec"]["names"]
        try:
            listed = {each["name"] for each in self._api.get(base)["resources"]}
            # The list of documents is later than they are, and kubectl keeps one for ever by the hash there.
            path, _, digest = self._api.get("/openapi/v3")["paths"][base[1:]]["serverRelativeURL"].partition(
                "?hash="
            )
            document = self._api.get(path, hash=digest)
        except (KeyError, RefusedError):  # a redirection, where the hash is of before
            return f"{base} is not there yet"
        if (base, names["plural"]) not in listed_kinds or names["plural"] not in listed:
            return f"{names['plural']} are not in the lists of what is served yet"
        schemas = document.get("components", {}).get("schemas", {}).values()
        if not any(_describes(each, names["kind"]) and _within(schema, each) for each in schemas):
            return f"{names['kind']} is not explained as it was last defined yet"
        return None


def _versions(definitions: list[Object], services: list[Object]) -> dict[str, object]:
    """Tell apart what is defined, and how, from what it was before: by UID."""
    defined = {each["metadata"]["uid"]: each["metadata"]["generation"] for each in definitions}
    return defined | {each["metadata"]["uid"]: None for each in services if "service" in each["spec"]}


def _bases(definition: Object) -> Iterator[tuple[str, Object]]:
    """Yield where each version of a kind is served, and its schema."""
    for version in definition["spec"]["versions"]:
        if version["served"]:
            base = f"/apis/{definition['spec']['group']}/{version['name']}"
            yield base, version.get("schema", {}).get("openAPIV3Schema", {})


def _describes(schema: Object, kind: str) -> bool:
    return any(each["kind"] == kind for each in schema.get("x-kubernetes-group-version-kind", ()))


def _within(defined: Object, explained: Object) -> bool:
    """Tell whether a document says of each property what its definition says.

    >>> lamp = {"properties": {"watts": {"type": "integer", "description": "Power."}}}
    >>> _within(lamp, {"properties": {"watts": {**lamp["properties"]["watts"], "minimum": 1}, "kind": {}}})
    True
    >>> _within(lamp, {"properties": {"watts": {"type": "integer"}}})
    False
    """
    same = "description" not in defined or explained.get("description") == defined["description"]
    of_each = all(
        name in explained.get("properties", {}) and _within(each, explained["properties"][name])
        for name, each in defined.get("properties", {}).items()
        if name not in {"apiVersion", "kind", "metadata"}  # the server's own words
    )
    items = defined.get("items")
    return same and of_each and (not items or _within(items, explained.get("items", {})))
