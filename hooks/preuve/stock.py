"""The stock of a cluster of ours: what an exclusive page put there outside its namespace goes after it.

Another page may make objects of the same names, and what it shows must not hang on which was played first.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from preuve.api import RefusedError
from preuve.errors import TakenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from preuve.api import Api
    from preuve.objects import Object

Resource = tuple[str, str]
"""The path of an API group, and what it calls a kind: ``/apis/apps/v1``, ``deployments``."""

PASSING = frozenset({
    "apiservices",  # the API server makes them of CustomResourceDefinitions
    "csinodes",
    "endpoints",
    "endpointslices",
    "events",
    "ipaddresses",
    "leases",
    "nodes",  # given back by themselves
})  # fmt: skip
"""Resources that the cluster makes, and takes away."""

GONE_LIMIT = 60.0
"""Seconds for what a page left to go: Pods have 30 s unless told otherwise."""

POLL = 0.05
"""Seconds between two looks at what is on its way."""


@contextmanager
def kept(api: Api, home: str) -> Iterator[None]:
    """Have the cluster's stock during the block; then delete what came to it.

    Args:
        api: with the rights of an administrator.
        home: the page's namespace, which goes by itself.

    Raises:
        TakenError: something does not go; names it.
    """
    before = _stock(api, home, _resources(api))
    try:
        yield
    finally:
        after = _stock(api, home, before)  # what is of a new kind goes with it
        new = {u: path for kind, found in after.items() for u, path in found.items() if u not in before[kind]}
        _take_away(api, new)


def _stock(api: Api, home: str, resources: Iterable[Resource]) -> dict[Resource, dict[str, str]]:
    """What there is outside a namespace and belongs to nothing else: by kind and UID, the path of each."""
    stock: dict[Resource, dict[str, str]] = {}
    for base, resource in resources:
        with suppress(RefusedError):  # a kind that is being made, or unmade
            items = api.get(f"{base}/{resource}")["items"]
            stock[base, resource] = {
                meta["uid"]: f"{base}{_within(meta)}/{resource}/{meta['name']}"
                for meta in (item["metadata"] for item in items)
                if meta.get("namespace") != home and "ownerReferences" not in meta
            }
    return stock


def _within(meta: Object) -> str:
    return f"/namespaces/{meta['namespace']}" if "namespace" in meta else ""


def _resources(api: Api) -> Iterator[Resource]:
    """All that can be listed and deleted, each with the path of its API group."""
    groups = [group["preferredVersion"]["groupVersion"] for group in api.get("/apis")["groups"]]
    for base in ("/api/v1", *(f"/apis/{group}" for group in groups)):
        for resource in api.get(base)["resources"]:
            if {"list", "delete"} <= set(resource["verbs"]) and resource["name"] not in PASSING:
                yield base, resource["name"]


def _take_away(api: Api, paths: dict[str, str]) -> None:
    """Delete objects, and wait until they are gone."""
    for path in paths.values():
        with suppress(RefusedError):  # it went with another
            api.delete(path, propagationPolicy="Foreground")
    end = time.monotonic() + GONE_LIMIT
    while left := {uid: path for uid, path in paths.items() if _there(api, uid, path)}:
        if time.monotonic() > end:
            told = ", ".join(sorted(left.values()))
            raise TakenError(f"what the page left is not gone after {GONE_LIMIT:.0f} s: {told}")
        paths = left
        time.sleep(POLL)


def _there(api: Api, uid: str, path: str) -> bool:
    try:
        return bool(api.get(path)["metadata"]["uid"] == uid)
    except RefusedError as error:
        if error.code != 404:
            raise
        return False
