"""A page's namespace in a cluster, and the identity that its commands have there.

The identity is a ServiceAccount of the namespace: `admin` in it, reading (Secrets of others not) around it,
no more. An exclusive page has the whole cluster.
"""

from __future__ import annotations

import json
import os
import re
import time
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from kubernetes import client, watch
from kubernetes.client.exceptions import ApiException

from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubernetes.client import ApiClient
    from pydantic import BaseModel

_Model = TypeVar("_Model", bound="BaseModel")

MANAGED = {"app.kubernetes.io/managed-by": "preuve"}
"""On everything that preuve makes; nothing without it is ever deleted."""

READER = "preuve-reader"
RULES = [
    {
        "apiGroups": [""],
        "resources": [
            *("componentstatuses", "configmaps", "endpoints", "events", "limitranges", "namespaces", "nodes"),
            *("persistentvolumeclaims", "persistentvolumes", "pods", "pods/log", "podtemplates"),
            *("replicationcontrollers", "resourcequotas", "serviceaccounts", "services"),
        ],
        "verbs": ["get", "list", "watch"],
    },
    {
        "apiGroups": [
            *("apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "autoscaling", "batch"),
            *("coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "networking.k8s.io", "node.k8s.io"),
            *("policy", "rbac.authorization.k8s.io", "scheduling.k8s.io", "storage.k8s.io"),
        ],
        "resources": ["*"],
        "verbs": ["get", "list", "watch"],
    },
    {"nonResourceURLs": ["*"], "verbs": ["get"]},
]
"""What every page may read of the cluster: all but Secrets."""
ACCOUNT = "preuve"
TOKEN_SECONDS = 24 * 3600
"""A token outlives the longest play, and an author's day with `mkdocs serve`."""

NAME_LENGTH = 63
"""A DNS label's (RFC 1123)."""

NOT_FOUND, CONFLICT = 404, 409

WAIT_SECONDS = 60
"""For a namespace to get its first objects, or to be gone: 0.2 s and 6 s measured on the embedded cluster."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A page's place in a cluster."""

    name: str
    kubeconfig: Path
    """The only one that the page's commands see: 0600, one context, embedded credentials."""


def name(page: str) -> str:
    """The namespace of a page, named so that it reads well in outputs.

    >>> name("pods/index.md"), name("pods-yaml/Écrire un Pod.md"), name("index.md")
    ('pods', 'pods-yaml-crire-un-pod', 'index')
    """
    path = PurePosixPath(page).with_suffix("")
    parts = path.parts[:-1] if path.name == "index" and path.parts[:-1] else path.parts
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")[:NAME_LENGTH].rstrip("-") or "page"


@contextmanager
def made(api: ApiClient, page: str, folder: Path, *, exclusive: bool = False) -> Iterator[Namespace]:
    """A namespace for a page, as long as the block lasts; what a killed run left under its name goes first.

    Args:
        api: an administrator's.
        page: path below docs/.
        folder: where to write the kubeconfig; private.
        exclusive: the page has the whole cluster.

    Raises:
        ClusterError: the cluster refuses, or has a namespace of that name that is not ours.
    """
    core = client.CoreV1Api(api)
    label = name(page)
    try:
        _remove(api, core, label, wait=True)
        _create(api, core, label, exclusive=exclusive)
        yield Namespace(label, _kubeconfig(api, core, label, folder))
    except ApiException as error:
        raise ClusterError(f"the cluster refused what the page {page} needs: {_reason(error)}") from None
    finally:
        _remove(api, core, label)


def _create(api: ApiClient, core: client.CoreV1Api, label: str, *, exclusive: bool) -> None:
    rbac = client.RbacAuthorizationV1Api(api)
    level = "privileged" if exclusive else "baseline"
    labels = MANAGED | {"pod-security.kubernetes.io/enforce": level}
    core.create_namespace(_object(client.V1Namespace, label, labels))
    core.create_namespaced_service_account(label, _object(client.V1ServiceAccount, ACCOUNT))
    bound: dict[str, Any] = {"subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": label}]}
    binding = _object(client.V1RoleBinding, ACCOUNT, roleRef=_role("admin"), **bound)
    rbac.create_namespaced_role_binding(label, binding)
    try:
        rbac.create_cluster_role(_object(client.V1ClusterRole, READER, rules=RULES))
    except ApiException as error:
        if error.status != CONFLICT:
            raise
    role = _role("cluster-admin" if exclusive else READER)
    rbac.create_cluster_role_binding(
        _object(client.V1ClusterRoleBinding, f"preuve-{label}", roleRef=role, **bound)
    )
    _await(core.list_namespaced_service_account, label, "default")
    _await(core.list_namespaced_config_map, label, "kube-root-ca.crt")


def _object(model: type[_Model], one: str, labels: dict[str, str] = MANAGED, **content: object) -> _Model:
    return model.model_validate({"metadata": {"name": one, "labels": labels}, **content})


def _role(role: str) -> dict[str, str]:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}


def _await(listing: Callable[..., object], label: str, one: str) -> None:
    """Wait, by watch, until an object is there."""
    watcher: Any = watch.Watch()  # type: ignore[no-untyped-call]  # it has no types
    events = watcher.stream(
        listing, label, field_selector=f"metadata.name={one}", timeout_seconds=WAIT_SECONDS
    )
    for event in events:
        if event["type"] == "ADDED":
            watcher.stop()
            return
    raise ClusterError(
        f"the namespace {label} has no {one} after {WAIT_SECONDS} s: is the controller manager well?"
    )


def _remove(api: ApiClient, core: client.CoreV1Api, label: str, *, wait: bool = False) -> None:
    """Delete our namespace of that name, its Pods at once; wait until it is gone if asked to."""
    try:
        found = core.read_namespace(label)
        labels = (found.metadata and found.metadata.labels) or {}
        if not MANAGED.items() <= labels.items():
            raise ClusterError(
                f"the cluster has a namespace {label!r} that is not preuve's: rename the page, or it"
            )
        client.RbacAuthorizationV1Api(api).delete_collection_cluster_role_binding(
            field_selector=f"metadata.name=preuve-{label}"
        )
        core.delete_collection_namespaced_pod(label, grace_period_seconds=0)
        core.delete_namespace(label)
    except ApiException as error:
        if error.status not in {NOT_FOUND, CONFLICT}:
            raise
    if not wait:
        return
    end = time.monotonic() + WAIT_SECONDS
    while _exists(core, label):
        if time.monotonic() > end:
            raise ClusterError(f"the namespace {label} of an earlier run is not gone after {WAIT_SECONDS} s")
        time.sleep(0.05)


def _exists(core: client.CoreV1Api, label: str) -> bool:
    try:
        core.read_namespace(label)
    except ApiException as error:
        if error.status == NOT_FOUND:
            return False
        raise
    return True


def _kubeconfig(api: ApiClient, core: client.CoreV1Api, label: str, folder: Path) -> Path:
    """Write the page's kubeconfig; returns its path."""
    spec = client.V1TokenRequestSpec(audiences=[], expiration_seconds=TOKEN_SECONDS)
    request = client.AuthenticationV1TokenRequest(spec=spec)
    issued = core.create_namespaced_service_account_token(ACCOUNT, label, request).status
    if issued is None:
        raise ClusterError(f"the cluster gave no token for the namespace {label}")
    authority = b64encode(Path(api.configuration.ssl_ca_cert).read_bytes()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "preuve",
                "cluster": {"server": api.configuration.host, "certificate-authority-data": authority},
            }
        ],
        "users": [{"name": ACCOUNT, "user": {"token": issued.token}}],
        "contexts": [
            {"name": "preuve", "context": {"cluster": "preuve", "user": ACCOUNT, "namespace": label}}
        ],
        "current-context": "preuve",
    }
    path = folder / "kubeconfig"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(config, file)
    return path


def _reason(error: ApiException) -> str:
    try:
        return str(json.loads(error.body or "")["message"])
    except (TypeError, ValueError, KeyError):
        return str(error.reason)
