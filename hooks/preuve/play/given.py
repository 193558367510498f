"""A namespace that somebody gives to pages: they are played there one by one, and leave it as it was.

Who may make no namespaces may well be the administrator of one. Kubernetes does not tell who made an object,
and a mark on each would be seen in what the page shows. So a page begins where there is nothing that it could
show as its own, what was there before is remembered by UID, and all that comes while it is played is its own.
An account of ours in the namespace is the page's identity, keeps other processes out, and tells the next one
what a killed play left: it says until when its page may have made something.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from preuve import owner
from preuve.cluster import rights
from preuve.cluster.api import RefusedError, unless_gone
from preuve.errors import TakenError
from preuve.play.namespace import (
    APPEAR_LIMIT,
    GONE_LIMIT,
    OURS,
    OWNER,
    PAGE,
    SPACES,
    USER,
    Namespace,
    contents,
    let_in,
    logged_in,
    marked,
    rights_of,
    until_gone,
    wait_for_rights,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from preuve.cluster.api import Api
    from preuve.cluster.objects import Object

KEPT = "preuve/kept"
"""The UIDs of what was there before the page, in this annotation of its account."""
UNTIL = "preuve/until"
"""Until when, on the cluster's clock, the page may have made something."""
NEVER = ""
"""Before all times: a page may take the annotation away. Then nobody knows what is its own, and all stays."""

FURNITURE = frozenset(
    {
        *("LimitRange", "NetworkPolicy", "ResourceQuota", "Role", "RoleBinding", "ServiceAccount"),
        "ControllerRevision",
        *("ConfigMap/kube-root-ca.crt", "ConfigMap/openshift-service-ca.crt", "ConfigMap/istio-ca-root-cert"),
    }
)
"""What may be there when a page begins: who administers a namespace governs it by these, the cluster puts the
others into each. Secrets of accounts and registries too, by their type. A ControllerRevision that lost its
owner nobody but the cluster's administrator can delete."""

CREDENTIALS = frozenset(
    {f"kubernetes.io/{kind}" for kind in ("dockercfg", "dockerconfigjson", "service-account-token")}
)

MADE_ANEW = frozenset({"ServiceAccount/default"}) | {each for each in FURNITURE if "/" in each}
"""What the cluster makes anew whenever it is deleted, with another UID."""

WARNING = "namespace {!r}: what appears there while a page is played is the page's, and is deleted after it"

TOLD = 6
"""Objects that are told one by one."""


@dataclass(frozen=True, slots=True)
class GivenObject:
    """An object of the namespace."""

    path: str
    """Of the list it is in."""
    kind: str
    name: str
    uid: str
    since: str
    """When it was made, as the API writes it: by text, the earlier one is the smaller."""
    owners: frozenset[str]
    about: str
    """Of an Event, the UID of what it speaks of."""
    type: str
    """Of a Secret."""

    @property
    def is_furniture(self) -> bool:
        """Whether it may be there when a page begins."""
        return bool(FURNITURE & {self.kind, f"{self.kind}/{self.name}"}) or self.type in CREDENTIALS


@contextmanager
def made(api: Api, namespace: str, page: str) -> Iterator[Namespace]:
    """Have a given namespace for a page during the block.

    Args:
        api: with the rights of who administers it.
        namespace: its name.
        page: its path below docs/.

    Raises:
        TakenError: another process plays there, it is not empty, or does not become so.
        ClusterError: the cluster refuses.
    """
    account = _taken(api, namespace, page)
    path = _account(namespace)
    until = ""

    def extend(seconds: float) -> None:
        nonlocal until
        until = _until(api, seconds)
        with unless_gone():  # a page may delete any account of its namespace
            api.patch(path, _noting(account, {UNTIL: until}))

    try:
        until = _until(api, APPEAR_LIMIT)
        notes = {KEPT: ",".join(_before(api, namespace, page, account)), UNTIL: until}
        account = api.patch(path, _noting(account, notes))["metadata"]
    except BaseException:
        with unless_gone():
            api.delete(path, uid=account["uid"])
        raise
    try:
        debugger = not rights.lacking(api, rights.DEBUGGER, namespace)
        let_in(api, namespace, _binding(account), debugger=debugger)
        config, end = logged_in(api, namespace)
        wait_for_rights(api, namespace, rights_of(namespace, debugger=debugger))
        yield Namespace(namespace, config, end, extend)
    finally:
        _leave(api, namespace, account, until)


def reap(api: Api, namespace: str) -> list[str]:
    """Take away what a killed play left in a given namespace.

    Args:
        api: with the rights of who administers it.
        namespace: its name.

    Returns:
        what is left alone, since nobody can see from here whether its owner lives: a sentence each.
    """
    account = _found(api, namespace)
    mark = _owner(account)
    if owner.is_dead(mark):
        _bury(api, namespace, account)
    elif owner.is_elsewhere(mark):
        return [f"namespace {namespace!r} is in use: {_remedy(account, namespace)}"]
    return []


def _account(namespace: str) -> str:
    return f"{SPACES}/{namespace}/serviceaccounts/{USER}"


def _found(api: Api, namespace: str) -> Object:
    """The metadata of the account that keeps others out; nothing in it if there is none."""
    try:
        meta: Object = api.get(_account(namespace))["metadata"]
    except RefusedError as error:
        if error.code != 404:
            raise
        return {}
    return meta


def _owner(meta: Object) -> str:
    """The mark on an account that we made; empty on what only looks like it."""
    ours = OURS.items() <= meta.get("labels", {}).items()
    return str(meta.get("annotations", {}).get(OWNER, "")) if ours else ""


def _remedy(meta: Object, namespace: str) -> str:
    notes, named = meta["annotations"], _binding(meta)
    page = notes.get(PAGE, "a page")
    return (
        f"{page} is played there by {owner.name(notes[OWNER])}: wait for its end; if it has none, "
        f"delete what it left, then `kubectl delete --namespace={namespace} --ignore-not-found "
        f"serviceaccount/{USER} role/{named}-debugger rolebinding/{named} rolebinding/{named}-debugger`"
    )


def _binding(account: Object) -> str:
    """What the page's rights are called: by its account, so that none has the name of somebody's."""
    return f"{USER}-{account['uid'][:8]}"


def _taken(api: Api, namespace: str, page: str) -> Object:
    """Make the account by which a page has the namespace; give its metadata."""
    path = _account(namespace)
    try:
        meta: Object = _posted(api, path, page)
    except RefusedError as error:
        if error.code != 409:
            raise
        there = _found(api, namespace)
        mark = _owner(there)
        if there and not mark:
            raise TakenError(
                f"{page} cannot be played in namespace {namespace!r}: there is a ServiceAccount {USER!r}, "
                "and preuve did not make it"
            ) from None
        if mark == owner.me() or owner.is_dead(mark):  # our own, of a play whose end failed, is left over too
            _bury(api, namespace, there)
        elif there:
            raise TakenError(f"namespace {namespace!r} is in use: {_remedy(there, namespace)}") from None
        try:
            meta = _posted(api, path, page)
        except RefusedError as again:
            if again.code != 409:
                raise
            raise TakenError(f"namespace {namespace!r} is in use: another process has just begun") from None
    return meta


def _posted(api: Api, path: str, page: str) -> Object:
    meta: Object = api.post(path.rpartition("/")[0], {"metadata": marked(USER, page)})["metadata"]
    return meta


def _before(api: Api, namespace: str, page: str, account: Object) -> list[str]:
    """The UIDs of what is there before a page.

    Raises:
        TakenError: the page would show some of it.
    """
    there = _there(api, namespace, account)
    if strange := [thing for thing in there if not thing.is_furniture]:
        raise TakenError(
            f"{page} cannot be played in namespace {namespace!r}: {_named(strange)} there already, which the "
            "page would show as its own: empty it, or give another (`namespace` under `extra.preuve`)"
        )
    return [thing.uid for thing in there]


def _noting(account: Object, notes: dict[str, str]) -> Object:
    """A change of that very account."""
    return {"metadata": {"uid": account["uid"], "annotations": notes}}


def _until(api: Api, seconds: float) -> str:
    return f"{api.now() + timedelta(seconds=seconds + 2):%Y-%m-%dT%H:%M:%SZ}"


def _there(api: Api, namespace: str, account: Object, *, events: bool = False) -> list[GivenObject]:
    """What is in the namespace for its administrator to see, without our account and its own; or Events."""
    found: dict[str, GivenObject] = {}
    for path, item in contents(
        api,
        namespace,
        {"create", "delete", "list"},
        # Endpoints go with their Service, and the role `admin` makes none.
        lambda kind: (kind == "Event") == events and kind != "Endpoints",
    ):
        thing = _thing(path, item)
        found.setdefault(thing.uid, thing)  # Events are in two groups
    ours = account["uid"]
    return [thing for thing in found.values() if thing.uid != ours and ours not in thing.owners]


def _thing(path: str, item: Object) -> GivenObject:
    meta = item["metadata"]
    return GivenObject(
        path,
        item["kind"],
        meta["name"],
        meta["uid"],
        meta["creationTimestamp"],
        frozenset(each["uid"] for each in meta.get("ownerReferences", ())),
        (item.get("involvedObject") or item.get("regarding") or {}).get("uid", ""),
        str(item.get("type", "")) if item["kind"] == "Secret" else "",
    )


def _bury(api: Api, namespace: str, account: Object) -> None:
    """Take away what a killed page left; what came after its last command may be somebody's."""
    _leave(api, namespace, account, account["annotations"].get(UNTIL, NEVER), killed=True)


def _leave(api: Api, namespace: str, account: Object, until: str, *, killed: bool = False) -> None:
    """Take away what a page made, by UID, and the account last.

    Args:
        api: with the rights of who administers the namespace.
        namespace: its name.
        account: the metadata of the page's.
        until: when it may have made something for the last time: `serve` keeps a page for hours.
        killed: somebody else may be doing the same, and go on to a page of theirs.
    """
    notes = account["annotations"]
    if KEPT in notes:  # else the page had not begun
        kept = frozenset(notes[KEPT].split(","))
        end = time.monotonic() + GONE_LIMIT
        refused: set[str] = set()
        while left := _of_page(_there(api, namespace, account), kept | refused, until):
            if killed and _found(api, namespace).get("uid") != account["uid"]:
                return
            if time.monotonic() > end:
                raise TakenError(f"{_named(left)} still in namespace {namespace!r} after {GONE_LIMIT:.0f} s")
            refused |= _deleted(api, left)
            for thing in left:
                if thing.uid not in refused:
                    with suppress(TimeoutError):
                        for _ in until_gone(api, thing.path, {"name": thing.name, "uid": thing.uid}, end):
                            pass
        _forget(api, namespace, account, kept, until)
    with unless_gone():
        api.delete(_account(namespace), uid=account["uid"])


def _deleted(api: Api, things: Collection[GivenObject]) -> set[str]:
    """Delete these, but for what goes with its owner; give the UIDs of what is not for us to delete."""
    refused: set[str] = set()
    uids = {thing.uid for thing in things}
    for thing in things:
        if thing.owners & uids:
            continue
        try:
            with unless_gone():
                api.delete(f"{thing.path}/{thing.name}", uid=thing.uid, propagationPolicy="Background")
        except RefusedError as error:
            if error.code != 403:
                raise
            if not thing.owners:  # else it is about to go, as its owner went
                refused.add(thing.uid)
    return refused


def _of_page(there: Collection[GivenObject], kept: Collection[str], until: str) -> list[GivenObject]:
    """What the page made, and what belongs to it: of what came, all that was there in time."""
    came = [
        thing for thing in there if thing.uid not in kept and f"{thing.kind}/{thing.name}" not in MADE_ANEW
    ]
    found: set[str] = set()
    while more := {
        thing.uid
        for thing in came
        if thing.uid not in found and (thing.since <= until or thing.owners & found)
    }:
        found |= more
    return [thing for thing in came if thing.uid in found]


def _forget(api: Api, namespace: str, account: Object, kept: Collection[str], until: str) -> None:
    """Delete the events of what a page made: the next page would list them."""
    for thing in _there(api, namespace, account, events=True):
        if account["creationTimestamp"] <= thing.since <= until and thing.about not in kept:
            try:
                with unless_gone():
                    api.delete(f"{thing.path}/{thing.name}", uid=thing.uid)
            except RefusedError as error:
                if error.code != 403:
                    raise
                return  # before 1.25, who administers a namespace may not; they go by themselves in an hour


def _named(things: Collection[GivenObject]) -> str:
    """Objects, for a person: what is, or are."""
    names = sorted(f"{thing.kind} {thing.name}" for thing in things if not thing.owners) or sorted(
        f"{thing.kind} {thing.name}" for thing in things
    )
    more = [f"{len(names) - TOLD} more"] if len(names) > TOLD else []
    return f"{', '.join(names[:TOLD] + more)} {'is' if len(names) == 1 else 'are'}"
