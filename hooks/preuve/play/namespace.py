"""A page's namespace: with an identity that may do all in it and look at the rest, then deleted."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

import yaml

from preuve import owner
from preuve.cluster.api import LostError, RefusedError, unless_gone
from preuve.cluster.discovery import served
from preuve.cluster.objects import foreign, leaving
from preuve.cluster.rights import DEBUGGER, READER
from preuve.errors import ClusterError, TakenError
from preuve.play.naming import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from preuve.cluster.api import Api
    from preuve.cluster.objects import Object

USER = "preuve"
"""The page's identity, a ServiceAccount; its cluster, user and context bear the same name."""

OURS = {"app.kubernetes.io/managed-by": "preuve"}
LISTED = {"labelSelector": ",".join(f"{label}={value}" for label, value in OURS.items())}
OWNER = "preuve/owner"
"""What we make bears our process (`preuve.owner`) in this annotation, and its page in the next."""
PAGE = "preuve/page"
LEVEL = "pod-security.kubernetes.io/enforce"

SPACES = "/api/v1/namespaces"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
_REVIEWS = "/apis/authorization.k8s.io/v1"
ROLES, BINDINGS = f"{RBAC}/clusterroles", f"{RBAC}/clusterrolebindings"

TOKEN_SECONDS = 7 * 24 * 3600
"""What is asked for: a token outlives a week of `mkdocs serve`; it ends with its namespace anyway. A cluster
may grant less, an hour at least (``--service-account-max-token-expiration``)."""

LAST = timedelta(minutes=10)
"""Of a token, in which no play begins: none takes as long."""

APPEAR_LIMIT = 30.0
"""Seconds for the cluster to furnish a new namespace: 0.1 s with the settings of the embedded one, 5 s with a
controller manager as it comes (measured)."""

BROKEN = 0.2
"""Seconds before what is watched is listed anew, if the watch broke: it may break at once, each time."""

GONE_LIMIT = 120.0
"""Seconds for a namespace to go: 5 s that its controller waits, then the Pods' grace, 30 s as they come."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace, and how to be at home in it."""

    name: str
    kubeconfig: str
    """One context, credentials embedded: a secret."""
    until: datetime
    """When they are about to end, on the cluster's clock: no play is to begin there any more."""
    extend: Callable[[float], object] = lambda _: None
    """Is told for how many seconds from now the page may make something there, at most."""


@contextmanager
def made(api: Api, page: str, *, exclusive: bool = False, disposable: bool = False) -> Iterator[Namespace]:
    """Have a namespace for a page during the block.

    Args:
        api: with the rights of an administrator.
        page: its path below docs/.
        exclusive: whether the page has the whole cluster.
        disposable: the cluster is ours: nobody minds how its Pods end, nor when.

    Raises:
        ClusterError: the name is somebody else's, the cluster refuses, or does not come to an end with it.
    """
    name = name_of(page)
    _make_room(api, name, page, disposable=disposable)
    if not disposable:  # there, an exclusive page has a cluster of its own
        _meet_nobody(api, exclusive=exclusive)
    meta = marked(name, page)
    meta["labels"] |= {LEVEL: "privileged" if exclusive else "baseline"}
    space = _created(api, SPACES, {"metadata": meta})
    try:
        yield _furnish(api, space, exclusive=exclusive)
    finally:
        _delete(api, space, disposable=disposable)
        if not disposable:
            _wait_until_gone(api, space, disposable=False)


def reap(api: Api, *, disposable: bool = False) -> list[str]:
    """Delete what killed plays left on a cluster, of whatever page.

    Args:
        api: with the rights of an administrator.
        disposable: the cluster is ours.

    Returns:
        what is left alone, since nobody can see from here whether its owner lives: a sentence each.
    """
    untold = []
    for path in (BINDINGS, ROLES, SPACES):
        for item in api.get(path, **LISTED)["items"]:
            meta = item["metadata"]
            mark = _owner(meta)
            if owner.is_dead(mark) and path == SPACES:
                if disposable or "deletionTimestamp" not in meta:
                    _delete(api, meta, disposable=disposable)
                if disposable and _is_held(item):
                    _let_go(api, meta["name"])
            elif owner.is_dead(mark):
                with unless_gone():
                    api.delete(f"{path}/{meta['name']}", uid=meta["uid"])
            elif path == SPACES and owner.is_elsewhere(mark) and "deletionTimestamp" not in meta:
                untold.append(
                    f"namespace {meta['name']!r} is left alone: {owner.name(mark)}, which made it, cannot be "
                    f"seen from here; if it has ended, `kubectl delete namespace {meta['name']}`"
                )
    return untold


def marked(name: str, page: str) -> dict[str, Any]:
    """The metadata of what we make that there can be one of: in a cluster, in a namespace that we are given.

    Args:
        name: its.
        page: the page's, for which it is made.
    """
    return {"name": name, "labels": dict(OURS), "annotations": {OWNER: owner.me(), PAGE: page}}


def _owner(meta: Object) -> str:
    """The mark on what `marked` made; empty on what only looks like it."""
    notes = meta.get("annotations", {})
    named = meta["name"].removeprefix("preuve:") == name_of(notes.get(PAGE, ""))
    return str(notes.get(OWNER, "")) if named and OURS.items() <= meta.get("labels", {}).items() else ""


def _delete(api: Api, space: Object, *, disposable: bool) -> None:
    """Delete a namespace that we made, by its metadata; another that has its name by now is left alone."""
    name, uid = space["name"], space["uid"]
    with unless_gone():
        api.delete(f"{SPACES}/{name}", uid=uid)
        if disposable:  # it is ours still, and nobody's after it; node and host ports are free at once
            for taken in ("services", "pods"):
                api.delete(f"{SPACES}/{name}/{taken}", gracePeriodSeconds="0")
    for path in (
        BINDINGS,
        ROLES,
    ):  # the garbage collector would take its time, and the next page may want the name
        with unless_gone():
            wide = api.get(f"{path}/preuve:{name}")["metadata"]
            if uid in {each["uid"] for each in wide.get("ownerReferences", ())}:
                api.delete(f"{path}/preuve:{name}", uid=wide["uid"])


def _make_room(api: Api, name: str, page: str, *, disposable: bool) -> None:
    """See that there is no namespace of that name; delete one that a killed run left."""
    try:
        meta = api.get(f"{SPACES}/{name}")["metadata"]
    except RefusedError as error:
        if error.code == 404:
            return
        raise
    mark = _owner(meta)
    if not mark:
        raise _taken(page, f"namespace {name!r} is there, and preuve did not make it")
    if "deletionTimestamp" not in meta:
        if mark != owner.me() and not owner.is_dead(
            mark
        ):  # our own, of a play that is over, is left over too
            raise TakenError(
                f"namespace {name!r}, where {page} is played, is in use for {meta['annotations'][PAGE]} "
                f"({owner.name(mark)}): wait for its end; if it has none, `kubectl delete namespace {name}`"
            )
        _delete(api, meta, disposable=disposable)
    _wait_until_gone(api, meta, disposable=disposable)


def _taken(page: str, why: str) -> TakenError:
    return TakenError(f"{page} cannot be played here: {why}: rename the page, or play on another cluster")


def _meet_nobody(api: Api, *, exclusive: bool) -> None:
    """See that no page which must have the cluster to itself is played beside another process's.

    An exclusive page waits until those that were played before have left: what they had is not to be seen.
    """
    for space in api.get(SPACES, **LISTED)["items"]:
        meta = space["metadata"]
        mark = _owner(meta)
        if "deletionTimestamp" in meta:
            if exclusive:
                _wait_until_gone(api, meta, disposable=False)
        elif mark in {"", owner.me()} or owner.is_dead(mark):
            continue
        elif exclusive or meta["labels"].get(LEVEL) == "privileged":
            raise TakenError(
                f"{meta['annotations'][PAGE]} is being played on the same cluster ({owner.name(mark)}), and "
                f"{'this page' if exclusive else 'it'} must have the cluster to itself: wait for its end; "
                f"if it has none, `kubectl delete namespace {meta['name']}`"
            )


def _wait_until_gone(api: Api, space: Object, *, disposable: bool) -> None:
    """Wait for the end of a namespace, by its metadata; not of another that has its name by now.

    On a cluster of ours, what is held in it by a finalizer of nobody's is let go.
    """
    name = space["name"]
    says = ""
    try:
        for item in until_gone(api, SPACES, space, time.monotonic() + GONE_LIMIT):
            says = "; ".join(each["message"] for each in _conditions(item))
            if disposable and _is_held(item):
                _let_go(api, name)
    except TimeoutError:
        remedy = ": take the finalizers away" if "inalizer" in says else ""
        why = f"namespace {name!r} is not gone after {GONE_LIMIT:.0f} s. {says}{remedy}"
        raise TakenError(why.rstrip()) from None


def until_gone(api: Api, path: str, meta: Object, end: float) -> Iterator[Object]:
    """Yield an object as it is, and whenever it changes, until it is gone.

    Another one that has its name by now is not meant.

    Args:
        api: of the cluster.
        path: of the list it is in.
        meta: its metadata.
        end: when to wait no more, as `time.monotonic` tells it.

    Raises:
        TimeoutError: it is still there at the end.
    """
    only = {"fieldSelector": f"metadata.name={meta['name']}"}
    while (seconds := end - time.monotonic()) > 0:
        limit = f"{max(1, seconds):.0f}"
        try:
            listed = api.get(path, **only)
            if not (there := [item for item in listed["items"] if item["metadata"]["uid"] == meta["uid"]]):
                return
            version = listed["metadata"]["resourceVersion"]
            watch = api.watch(path, GONE_LIMIT, resourceVersion=version, timeoutSeconds=limit, **only)
            for event, item in chain([("", there[0])], watch):
                if event == "DELETED" and item["metadata"]["uid"] == meta["uid"]:
                    return
                yield item
        except LostError:
            time.sleep(BROKEN)  # a watch may break, as one that is silent for long does behind some proxies;
            # the server may be away for a moment
        except RefusedError as error:
            if error.code != 410:  # which asks for a new list
                raise
    raise TimeoutError


def _conditions(space: Object) -> list[Object]:
    """What is true of a namespace."""
    return [each for each in space["status"].get("conditions", ()) if each["status"] == "True"]


def _is_held(space: Object) -> bool:
    return any(each["type"] == "NamespaceFinalizersRemaining" for each in _conditions(space))


def _let_go(api: Api, name: str) -> None:
    """Take away the finalizers of nobody's that keep a namespace's objects from going."""
    for path, obj in held(api, name):
        kept = [each for each in obj["metadata"]["finalizers"] if each not in foreign(obj)]
        with unless_gone():
            api.patch(path, {"metadata": {"uid": obj["metadata"]["uid"], "finalizers": kept}})


def held(api: Api, name: str) -> Iterator[tuple[str, Object]]:
    """Yield what is being deleted in a namespace and waits for a finalizer of nobody's, with its path."""
    for path, obj in contents(api, name, {"list", "patch"}):
        if leaving(obj) and foreign(obj):
            yield f"{path}/{obj['metadata']['name']}", obj


def contents(
    api: Api, name: str, verbs: Collection[str], wanted: Callable[[str], bool] = lambda _: True
) -> Iterator[tuple[str, Object]]:
    """Yield all that is in a namespace, with the path of the list that it is in.

    Nothing of a kind that is being unmade, or that is not for this user to see.

    Args:
        api: of the cluster.
        name: the namespace's.
        verbs: what the server must let one do with a kind, ``list`` among them.
        wanted: whether to look for a kind, by its name.
    """
    for each in served(api, once=True):
        if not (each.namespaced and each.verbs.issuperset(verbs) and wanted(each.kind)):
            continue
        path = f"{each.base}/namespaces/{name}/{each.plural}"
        try:
            items = api.get(path)["items"]
        except RefusedError as error:
            if error.code not in {403, 404, 405}:
                raise
            continue
        yield from ((path, {"kind": each.kind, **obj}) for obj in items)


def _created(api: Api, path: str, body: Object) -> Object:
    """Make what there can be one of in a cluster; give its metadata.

    Raises:
        TakenError: somebody else has made it since we looked.
    """
    try:
        meta: Object = api.post(path, body)["metadata"]
    except RefusedError as error:
        if error.code != 409:
            raise
        meta = body["metadata"]
        raise _taken(meta["annotations"][PAGE], f"somebody has just made {path}/{meta['name']}") from None
    return meta


def _furnish(api: Api, space: Object, *, exclusive: bool) -> Namespace:
    """Make an identity for a namespace that we made, given by its metadata."""
    name = space["name"]
    home = f"{SPACES}/{name}"
    api.post(f"{home}/serviceaccounts", {"metadata": {"name": USER, "labels": OURS}})
    # What has no namespace goes with ours, whoever deletes that: the garbage collector sees to it.
    above = {"apiVersion": "v1", "kind": "Namespace", "name": name, "uid": space["uid"]}
    wide = marked(f"preuve:{name}", space["annotations"][PAGE]) | {"ownerReferences": [above]}
    role = "cluster-admin" if exclusive else wide["name"]
    if not exclusive:
        let_in(api, name, debugger=True)
        _created(api, ROLES, {"metadata": wide, "rules": READER})
    _created(api, BINDINGS, {"metadata": wide, "subjects": _subjects(name), "roleRef": _role(role)})
    config, until = logged_in(api, name)
    wait_for_rights(api, name, [*rights_of(name), {"verb": "list", "resource": "nodes"}])
    wait_until_there(api, f"{home}/serviceaccounts", "default")  # without it no Pod is admitted
    wait_until_there(api, f"{home}/configmaps", "kube-root-ca.crt")  # without it no Pod starts
    return Namespace(name, config, until)


def let_in(api: Api, name: str, named: str = USER, *, debugger: bool) -> None:
    """Give a page's identity its rights in a namespace.

    Args:
        api: with these rights.
        name: the namespace's.
        named: what they are called.
        debugger: whether the page may do what the role ``admin`` does not allow, `DEBUGGER`, too.
    """
    rbac, more = f"{RBAC}/namespaces/{name}", f"{named}-debugger"
    bound = {named: _role("admin")}
    if debugger:
        api.post(f"{rbac}/roles", {"metadata": {"name": more, "labels": OURS}, "rules": DEBUGGER})
        bound[more] = _role(more, "Role")
    for binding, role in bound.items():
        meta = {"name": binding, "labels": OURS}
        api.post(f"{rbac}/rolebindings", {"metadata": meta, "subjects": _subjects(name), "roleRef": role})


def _subjects(name: str) -> list[Object]:
    return [{"kind": "ServiceAccount", "name": USER, "namespace": name}]


def logged_in(api: Api, name: str) -> tuple[str, datetime]:
    """Give the kubeconfig of a namespace's page, whose identity is there, and when no play begins with it."""
    path = f"{SPACES}/{name}/serviceaccounts/{USER}/token"
    granted = api.post(path, {"spec": {"expirationSeconds": TOKEN_SECONDS}})["status"]
    until = datetime.fromisoformat(granted["expirationTimestamp"]) - LAST
    return _kubeconfig(api.cluster, name, granted["token"]), until


def _role(name: object, kind: str = "ClusterRole") -> Object:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}


def wait_until_there(api: Api, path: str, name: str) -> None:
    """Wait until the cluster has made an object, by the path of its list.

    Raises:
        ClusterError: it does not.
    """
    end, only = time.monotonic() + APPEAR_LIMIT, {"fieldSelector": f"metadata.name={name}"}
    while (seconds := end - time.monotonic()) > 0:
        try:
            with unless_gone():  # mostly it is there by now; a watch that is left takes its connection along
                api.get(f"{path}/{name}")
                return
            limit = f"{max(1, seconds):.0f}"
            if any(
                event == "ADDED" for event, _ in api.watch(path, limit=seconds, timeoutSeconds=limit, **only)
            ):
                return
        except LostError:  # by whatever ended it
            pass
        time.sleep(BROKEN)
    raise ClusterError(
        f"{path}/{name} did not appear in {APPEAR_LIMIT:.0f} s: is the controller manager running?"
    )


def rights_of(name: str, *, debugger: bool = True) -> Iterator[Object]:
    """Yield a right that each binding of `let_in` gives."""
    yield {"verb": "create", "resource": "pods", "namespace": name}
    if debugger:
        yield {"verb": "patch", "resource": "pods", "subresource": "ephemeralcontainers", "namespace": name}


def wait_for_rights(api: Api, name: str, asked: Iterable[Object]) -> None:
    """Wait until the API server knows new bindings: it learns of them a moment after they were made.

    Args:
        api: with the rights of who may ask.
        name: the namespace of the page whose rights they are.
        asked: the rights, as ``resourceAttributes``; those in the namespace name it.
    """
    end = time.monotonic() + APPEAR_LIMIT
    for attributes in asked:
        review = {"spec": {"user": f"system:serviceaccount:{name}:{USER}", "resourceAttributes": attributes}}
        here = "namespace" in attributes  # who administers one namespace may ask about that one
        where = f"namespaces/{name}/localsubjectaccessreviews" if here else "subjectaccessreviews"
        while not api.post(f"{_REVIEWS}/{where}", review)["status"]["allowed"]:
            if time.monotonic() > end:
                raise ClusterError(f"the rights of {name}'s page are not in force after {APPEAR_LIMIT:.0f} s")
            time.sleep(0.005)  # there is nothing to watch: the authorizer does not tell


def _kubeconfig(cluster: Object, name: str, token: str) -> str:
    """Write the page's kubeconfig."""
    context = {"cluster": USER, "user": USER, "namespace": name}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": USER, "cluster": cluster}],
        "users": [{"name": USER, "user": {"token": token}}],
        "contexts": [{"name": USER, "context": context}],
        "current-context": USER,
    }
    # libyaml, which is mostly there, takes 0.1 ms instead of 1.2.
    return str(yaml.dump(config, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False))
