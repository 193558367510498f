"""A page's namespace: with an identity that may do all in it and look at the rest, then deleted."""

from __future__ import annotations

import hashlib
import platform
import re
import time
import unicodedata
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
import yaml

from preuve.api import RefusedError
from preuve.errors import ClusterError, TakenError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.api import Api
    from preuve.objects import Object

USER = "preuve"
"""The page's identity, a ServiceAccount; its cluster, user and context bear the same name."""

OURS = {"app.kubernetes.io/managed-by": "preuve"}
OWNER = "preuve/owner"
PAGE = "preuve/page"
LEVEL = "pod-security.kubernetes.io/enforce"

TOKEN_SECONDS = 7 * 24 * 3600
"""A token outlives a week of `mkdocs serve`; it ends with its namespace anyway."""

APPEAR_LIMIT = 30.0
"""Seconds for the cluster to furnish a new namespace: 0.1 s with the settings of the embedded one, 5 s with a
controller manager as it comes (measured)."""

GONE_LIMIT = 120.0
"""Seconds for a namespace to go: 5 s that its controller waits, then the Pods' grace, 30 s as they come."""

_LONGEST = 63
"""A DNS label (RFC 1123), which a namespace's name is."""

_CORE = """
    componentstatuses configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims
    persistentvolumes pods pods/log podtemplates replicationcontrollers resourcequotas serviceaccounts
    services
""".split()  # noqa: SIM905 - read by people
"""What one may read anywhere; Secrets are not in it, nor nodes/proxy, by which one can run commands."""

_GROUPS = """
    admissionregistration.k8s.io apiextensions.k8s.io apiregistration.k8s.io apps autoscaling batch
    certificates.k8s.io coordination.k8s.io discovery.k8s.io events.k8s.io flowcontrol.apiserver.k8s.io
    metrics.k8s.io networking.k8s.io node.k8s.io policy rbac.authorization.k8s.io resource.k8s.io
    scheduling.k8s.io storage.k8s.io
""".split()  # noqa: SIM905 - read by people

_PATHS = ["/api", "/apis", "/healthz", "/livez", "/openapi", "/readyz", "/version"]

READER = [
    {"apiGroups": [""], "resources": _CORE, "verbs": ["get", "list", "watch"]},
    {"apiGroups": _GROUPS, "resources": ["*"], "verbs": ["get", "list", "watch"]},
    {"nonResourceURLs": [url for path in _PATHS for url in (path, f"{path}/*")], "verbs": ["get"]},
]
"""What a page may read outside of its namespace: the rules of a ClusterRole."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace, and how to be at home in it."""

    name: str
    kubeconfig: str
    """One context, credentials embedded: a secret."""


def name_of(page: str) -> str:
    """Name the namespace of a page, so that it reads well in outputs.

    Args:
        page: its path below docs/.

    >>> name_of("pods/index.md"), name_of("pods/yaml.md"), name_of("index.md")
    ('pods', 'pods-yaml', 'index')
    >>> name_of("Réseau & Services/1. NodePort.md"), name_of("default.md")
    ('reseau-services-1-nodeport', 'page-default')
    """
    path = re.sub(r"(?<=/)(index|README)$", "", page.removesuffix(".md"))
    plain = unicodedata.normalize("NFKD", path).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not name or name == "default" or name.startswith("kube-"):
        name = f"page-{name}".rstrip("-")
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(page.encode()).hexdigest()[:6]
    return f"{name[: _LONGEST - 7].rstrip('-')}-{digest}"


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
    _make_room(api, name, page)
    _meet_nobody(api, exclusive=exclusive)
    try:
        yield _furnish(api, name, page, exclusive=exclusive)
    finally:
        delete(api, name, patient=not disposable)


def delete(api: Api, name: str, *, patient: bool) -> None:
    """Delete a namespace.

    Args:
        api: with the rights of an administrator.
        name: of one that we made.
        patient: let its Pods end as they like, and wait until all is gone.

    Raises:
        ClusterError: it does not go.
    """
    with suppress(RefusedError):  # gone already, or on its way
        api.delete(f"/api/v1/namespaces/{name}")
    if patient:
        _wait_until_gone(api, name)
    else:
        for taken in ("services", "pods"):  # node ports and host ports are free at once for the next page
            with suppress(RefusedError):
                api.delete(f"/api/v1/namespaces/{name}/{taken}", gracePeriodSeconds="0")


def _make_room(api: Api, name: str, page: str) -> None:
    """See that there is no namespace of that name; delete one that a killed run left."""
    try:
        meta = api.get(f"/api/v1/namespaces/{name}")["metadata"]
    except RefusedError as error:
        if error.code == 404:
            return
        raise
    if not OURS.items() <= meta.get("labels", {}).items():
        raise TakenError(
            f"{page} is played in a namespace named {name!r}, and the cluster has one that preuve did not "
            "make: rename the page, or play on another cluster"
        )
    notes = meta.get("annotations", {})
    if "deletionTimestamp" in meta:
        _wait_until_gone(api, name)
    elif _alive(owner := notes.get(OWNER, "")):
        raise TakenError(
            f"namespace {name!r}, where {page} is played, is in use for {notes.get(PAGE)} ({_told(owner)}): "
            f"wait for its end; if it has none, `kubectl delete namespace {name}`"
        )
    else:
        delete(api, name, patient=False)
        _wait_until_gone(api, name)


def _meet_nobody(api: Api, *, exclusive: bool) -> None:
    """See that no page which must have the cluster to itself is played beside another process's.

    An exclusive page waits until those that were played before have left: what they had is not to be seen.
    """
    ours = ",".join(f"{label}={value}" for label, value in OURS.items())
    for space in api.get("/api/v1/namespaces", labelSelector=ours)["items"]:
        meta = space["metadata"]
        owner = meta.get("annotations", {}).get(OWNER, "")
        if "deletionTimestamp" in meta:
            if exclusive:
                _wait_until_gone(api, meta["name"])
        elif (exclusive or meta["labels"].get(LEVEL) == "privileged") and owner != _me() and _alive(owner):
            raise TakenError(
                f"{meta['annotations'].get(PAGE)} is being played on the same cluster ({_told(owner)}), and "
                f"{'this page' if exclusive else 'it'} must have the cluster to itself: wait for its end; "
                f"if it has none, `kubectl delete namespace {meta['name']}`"
            )


def _told(owner: str) -> str:
    return f"process {owner.partition(' since ')[0]}"


def _me() -> str:
    """Name this process so that nobody else will ever bear the name."""
    process = psutil.Process()
    return f"{process.pid} on {platform.node()} since {process.create_time():.2f}"


def _alive(owner: str) -> bool:
    """Tell whether the process that made a namespace may still be there; on another machine it may."""
    found = re.fullmatch(r"(\d+) on (.*) since ([\d.]+)", owner)
    if not found:
        return False
    if found[2] != platform.node():
        return True
    try:
        return f"{psutil.Process(int(found[1])).create_time():.2f}" == found[3]
    except psutil.NoSuchProcess:
        return False


def _wait_until_gone(api: Api, name: str) -> None:
    end = time.monotonic() + GONE_LIMIT
    path, only = "/api/v1/namespaces", {"fieldSelector": f"metadata.name={name}"}
    says = ""
    while (seconds := end - time.monotonic()) > 0:
        listed = api.get(path, **only)
        if not listed["items"]:
            return
        conditions = listed["items"][0]["status"].get("conditions", ())
        says = "; ".join(each["message"] for each in conditions if each["status"] == "True")
        version = listed["metadata"]["resourceVersion"]
        limit = f"{max(1, seconds):.0f}"
        watch = api.watch(path, GONE_LIMIT, resourceVersion=version, timeoutSeconds=limit, **only)
        if any(event == "DELETED" for event, _ in watch):
            return
    raise TakenError(f"namespace {name!r} is not gone after {GONE_LIMIT:.0f} s. {says}".rstrip())


def _furnish(api: Api, name: str, page: str, *, exclusive: bool) -> Namespace:
    """Make the namespace, and an identity for it."""
    level = {LEVEL: "privileged" if exclusive else "baseline"}
    notes = {OWNER: _me(), PAGE: page}
    meta = {"name": name, "labels": {**OURS, **level}, "annotations": notes}
    space = api.post("/api/v1/namespaces", {"metadata": meta})
    home, rbac = f"/api/v1/namespaces/{name}", "/apis/rbac.authorization.k8s.io/v1"
    api.post(f"{home}/serviceaccounts", {"metadata": {"name": USER, "labels": OURS}})
    subjects = [{"kind": "ServiceAccount", "name": USER, "namespace": name}]
    # What has no namespace goes with ours: the garbage collector sees to it.
    owner = {"apiVersion": "v1", "kind": "Namespace", "name": name, "uid": space["metadata"]["uid"]}
    wide = {"name": f"preuve:{name}", "labels": OURS, "ownerReferences": [owner]}
    role = "cluster-admin" if exclusive else wide["name"]
    if not exclusive:
        binding = {
            "metadata": {"name": USER, "labels": OURS},
            "subjects": subjects,
            "roleRef": _role("admin"),
        }
        api.post(f"{rbac}/namespaces/{name}/rolebindings", binding)
        api.post(f"{rbac}/clusterroles", {"metadata": wide, "rules": READER})
    api.post(f"{rbac}/clusterrolebindings", {"metadata": wide, "subjects": subjects, "roleRef": _role(role)})
    token = api.post(f"{home}/serviceaccounts/{USER}/token", {"spec": {"expirationSeconds": TOKEN_SECONDS}})
    _wait_for_rights(api, name)
    _wait_for(api, f"{home}/serviceaccounts", "default")  # without it no Pod is admitted
    _wait_for(api, f"{home}/configmaps", "kube-root-ca.crt")  # without it no Pod starts
    return Namespace(name, _kubeconfig(api.cluster, name, token["status"]["token"]))


def _role(name: object) -> Object:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}


def _wait_for(api: Api, path: str, name: str) -> None:
    with suppress(
        RefusedError
    ):  # mostly it is there by now, and a watch that is left takes its connection along
        api.get(f"{path}/{name}")
        return
    seconds = f"{APPEAR_LIMIT:.0f}"
    watch = api.watch(path, 2 * APPEAR_LIMIT, fieldSelector=f"metadata.name={name}", timeoutSeconds=seconds)
    if not any(event == "ADDED" for event, _ in watch):
        raise ClusterError(f"{path}/{name} did not appear in {seconds} s: is the controller manager running?")


def _wait_for_rights(api: Api, name: str) -> None:
    """Wait until the API server knows the new bindings: it learns of them a moment after they were made."""
    end = time.monotonic() + APPEAR_LIMIT
    for verb, resource, where in (("create", "pods", {"namespace": name}), ("list", "nodes", {})):
        attributes = {"verb": verb, "resource": resource, **where}
        review = {"spec": {"user": f"system:serviceaccount:{name}:{USER}", "resourceAttributes": attributes}}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        while not api.post(path, review)["status"]["allowed"]:
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
