"""Rights: what a page gets on a cluster, and what it takes to give it; asked for before anything is written.

What somebody lacks is told at once, with a ClusterRole that can be applied as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from preuve.cluster.api import RefusedError
from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from preuve.cluster.api import Api
    from preuve.cluster.objects import Object

_CORE = """
    componentstatuses configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims
    persistentvolumes pods pods/log podtemplates replicationcontrollers resourcequotas serviceaccounts
    services
""".split()  # noqa: SIM905 - read by people
"""What one may read anywhere; Secrets are not in it, nor nodes/proxy, by which one can run commands."""

GROUPS = """
    admissionregistration.k8s.io apiextensions.k8s.io apiregistration.k8s.io apps autoscaling batch
    certificates.k8s.io coordination.k8s.io discovery.k8s.io events.k8s.io flowcontrol.apiserver.k8s.io
    metrics.k8s.io networking.k8s.io node.k8s.io policy rbac.authorization.k8s.io resource.k8s.io
    scheduling.k8s.io storage.k8s.io
""".split()  # noqa: SIM905 - read by people
"""Kubernetes' own, but for the oldest one, whose name is empty."""

_PATHS = ["/api", "/apis", "/healthz", "/livez", "/openapi", "/readyz", "/version"]

READER = [
    {"apiGroups": [""], "resources": _CORE, "verbs": ["get", "list", "watch"]},
    {"apiGroups": GROUPS, "resources": ["*"], "verbs": ["get", "list", "watch"]},
    {"nonResourceURLs": [url for path in _PATHS for url in (path, f"{path}/*")], "verbs": ["get"]},
]
"""What a page may read outside of its namespace: the rules of a ClusterRole."""

DEBUGGER = [
    {
        "apiGroups": [""],
        "resources": ["pods/ephemeralcontainers", "pods/resize"],
        "verbs": ["get", "patch", "update"],
    }
]
"""What a page may do in its namespace beyond the role ``admin``.

Add a container to a Pod that runs, for ``kubectl debug``; change its resources, for ``--subresource resize``.
"""

_RBAC = "rbac.authorization.k8s.io"
_REVIEWS = "/apis/authorization.k8s.io/v1"

PLAYER = [
    *READER,  # one cannot give what one has not
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]},  # to mask those of the page
    {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create", "delete"]},
    {"apiGroups": [""], "resources": ["serviceaccounts", "serviceaccounts/token"], "verbs": ["create"]},
    *DEBUGGER,
    {"apiGroups": [_RBAC], "resources": ["roles", "rolebindings"], "verbs": ["create"]},
    {
        "apiGroups": [_RBAC],
        "resources": ["clusterroles", "clusterrolebindings"],
        "verbs": ["create", "delete"],
    },
    {"apiGroups": [_RBAC], "resources": ["clusterroles"], "resourceNames": ["admin"], "verbs": ["bind"]},
    {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]},
]
"""What it takes to play pages: the rules of a ClusterRole."""

_ANY = ["create", "delete", "get", "list", "patch", "watch"]
_READ = ["get", "list", "watch"]

LODGER = [
    {"apiGroups": [""], "resources": ["endpoints", "resourcequotas"], "verbs": _READ},
    {"apiGroups": [""], "resources": ["events"], "verbs": _READ},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": _READ},
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    {"apiGroups": ["authorization.k8s.io"], "resources": ["localsubjectaccessreviews"], "verbs": ["create"]},
    {
        "apiGroups": ["apps"],
        "resources": ["daemonsets", "deployments", "replicasets", "statefulsets"],
        "verbs": _ANY,
    },
    {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": _ANY},
    {"apiGroups": ["batch"], "resources": ["cronjobs", "jobs"], "verbs": _ANY},
    {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses", "networkpolicies"], "verbs": _ANY},
    {"apiGroups": ["policy"], "resources": ["poddisruptionbudgets"], "verbs": _ANY},
    {
        "apiGroups": [""],
        "resources": ["configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "secrets"],
        "verbs": _ANY,
    },
    {"apiGroups": [""], "resources": ["services", "serviceaccounts"], "verbs": _ANY},
    {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]},
    {"apiGroups": [_RBAC], "resources": ["roles", "rolebindings"], "verbs": _ANY},
]
"""What it takes to play pages in a given namespace: rules for that namespace, all of them in the role
``admin`` that Kubernetes comes with, which pages get there (upstream ``bootstrappolicy/policy.go``)."""

ALL = [
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
]
"""What it takes to play an exclusive page, which gets the same."""

MANY = 8
"""Rights that are told one by one."""

NOWHERE = "preuve-asks"
"""A namespace for which nobody has rights of its own: there need not be one of that name."""


def require(api: Api, rules: Sequence[Object], namespace: str = "") -> None:
    """See that the user of a cluster has rights.

    Args:
        api: with the user's rights.
        rules: the rights, as those of a ClusterRole.
        namespace: the one in which they are wanted; everywhere unless given.

    Raises:
        ClusterError: some are missing; says all of them, and gives what can be applied.
    """
    if not (missing := lacking(api, rules, namespace)):
        return
    user = _user(api)
    refused = f"{user or 'this user'} may not {_enumerated(map(_in_words, missing))}"
    if namespace:
        raise ClusterError(
            f"{refused} in namespace {namespace!r}, in which pages are to be played. Who administers it can "
            f"give the role `admin`: `kubectl create rolebinding preuve-player --namespace={namespace} "
            f"--clusterrole=admin --user={user or 'USER'}`"
        )
    role = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "preuve"},
        "rules": list(rules),
    }
    raise ClusterError(
        f"{refused}: each page is played in a namespace of its own. Who administers the cluster can apply "
        "this ClusterRole, then "
        f"`kubectl create clusterrolebinding preuve --clusterrole=preuve --user={user or 'USER'}`; or give "
        "you one namespace, which `extra.preuve.namespace` in mkdocs.yml names\n"
        + yaml.safe_dump(role, sort_keys=False, default_flow_style=None, width=1000)
    )


def lacking(api: Api, rules: Iterable[Object], namespace: str = "") -> list[Object]:
    """Which single rights the user of a cluster lacks.

    Args:
        api: with the user's rights.
        rules: the rights, as those of a ClusterRole.
        namespace: the one in which they are wanted; everywhere unless given.
    """
    spec = {"namespace": namespace or NOWHERE}
    review = api.post(f"{_REVIEWS}/selfsubjectrulesreviews", {"spec": spec})["status"]
    held = [*review["resourceRules"], *review["nonResourceRules"]]
    missing = [one for one in _single(rules) if not any(_covers(rule, one) for rule in held)]
    if review.get("incomplete"):  # some authorizers answer to a question, and list nothing
        missing = [one for one in missing if not _may(api, one, namespace)]
    return missing


def _enumerated(items: Iterable[str]) -> str:
    items = list(dict.fromkeys(items))
    more = [f"{len(items) - MANY} more"] if len(items) > MANY else []
    return ", ".join(items[-MANY:] + more)  # what is written to is last, and tells most


def _single(rules: Iterable[Object]) -> Iterator[Object]:
    """The rights that rules give, one each."""
    for rule in rules:
        for verb in rule["verbs"]:
            for url in rule.get("nonResourceURLs", ()):
                yield {"verbs": [verb], "nonResourceURLs": [url]}
            for group in rule.get("apiGroups", ()):
                for resource in rule["resources"]:
                    names = {"resourceNames": rule["resourceNames"]} if "resourceNames" in rule else {}
                    yield {"verbs": [verb], "apiGroups": [group], "resources": [resource], **names}


def _covers(rule: Object, one: Object) -> bool:
    """Whether a rule gives a single right, as the RBAC authorizer sees it (evaluation_helpers.go).

    >>> pods = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods/log"]}
    >>> _covers({"verbs": ["*"], "apiGroups": [""], "resources": ["*/log"]}, pods)
    True
    >>> _covers({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}, pods)
    False
    >>> _covers({"verbs": ["get"], "apiGroups": [""], "resources": ["*"], "resourceNames": ["a"]}, pods)
    False
    >>> _covers({**pods, "resourceNames": ["a", "b"]}, {**pods, "resourceNames": ["a"]})
    True
    >>> _covers({"verbs": ["*"], "nonResourceURLs": ["/a*"]}, {"verbs": ["get"], "nonResourceURLs": ["/api"]})
    True
    """
    if not {*one["verbs"], "*"} & {*rule["verbs"]}:
        return False
    if "nonResourceURLs" in one:
        [url] = one["nonResourceURLs"]
        urls = rule.get("nonResourceURLs") or ()
        return any(url == each or (each.endswith("*") and url.startswith(each[:-1])) for each in urls)
    [resource] = one["resources"]
    resources = {resource, "*", f"*/{resource.partition('/')[2]}"}
    return (
        bool({*one["apiGroups"], "*"} & {*(rule.get("apiGroups") or ())})
        and bool(resources & {*(rule.get("resources") or ())})
        and (not rule.get("resourceNames") or {*one.get("resourceNames", [""])} <= {*rule["resourceNames"]})
    )


def _may(api: Api, one: Object, namespace: str) -> bool:
    """Ask for a single right."""
    [verb] = one["verbs"]
    if "nonResourceURLs" in one:
        spec = {"nonResourceAttributes": {"verb": verb, "path": one["nonResourceURLs"][0]}}
    else:
        resource, _, sub = one["resources"][0].partition("/")
        attributes = {"verb": verb, "group": one["apiGroups"][0], "resource": resource, "subresource": sub}
        attributes |= {"name": "".join(one.get("resourceNames", ())), "namespace": namespace}
        spec = {"resourceAttributes": attributes}
    return bool(api.post(f"{_REVIEWS}/selfsubjectaccessreviews", {"spec": spec})["status"]["allowed"])


def _in_words(one: Object) -> str:
    """A single right, for a person.

    >>> _in_words({"verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments"]})
    'get deployments.apps'
    """
    if "nonResourceURLs" in one:
        return f"{one['verbs'][0]} {one['nonResourceURLs'][0]}"
    named = "/".join([*one["resources"], *one.get("resourceNames", ())])
    return f"{one['verbs'][0]} {named}{'.' if one['apiGroups'][0] else ''}{one['apiGroups'][0]}"


def _user(api: Api) -> str:
    """Who the cluster takes us for; nothing if it does not say (before Kubernetes 1.28)."""
    try:
        review = api.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    except RefusedError:
        return ""
    return str(review["status"]["userInfo"]["username"])
