"""The kinds of objects that preuve looks at: their names, and where the API serves them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of the Kubernetes API."""

    name: str
    """As in a manifest: ``Pod``."""
    plural: str
    """As in a URL: ``pods``."""
    api: str = "/api/v1"
    """Where its version is served."""
    short: tuple[str, ...] = ()
    """kubectl's short names."""
    namespaced: bool = True

    @property
    def group(self) -> str:
        """The group that it is of; empty for the oldest kinds.

        >>> KINDS["Job"].group, KINDS["Pod"].group
        ('batch', '')
        """
        return "/".join(self.api.split("/")[2:-1])

    def path(self, namespace: str) -> str:
        """Where the API lists those of a namespace, or all if the kind has none.

        >>> KINDS["Pod"].path("web"), KINDS["Node"].path("web")
        ('/api/v1/namespaces/web/pods', '/api/v1/nodes')
        """
        return (
            f"{self.api}/namespaces/{namespace}/{self.plural}"
            if self.namespaced
            else f"{self.api}/{self.plural}"
        )


_APPS, _BATCH = "/apis/apps/v1", "/apis/batch/v1"

KINDS = {
    kind.name: kind
    for kind in (
        Kind("Deployment", "deployments", _APPS, ("deploy",)),
        Kind("ReplicaSet", "replicasets", _APPS, ("rs",)),
        Kind("ReplicationController", "replicationcontrollers", short=("rc",)),
        Kind("StatefulSet", "statefulsets", _APPS, ("sts",)),
        Kind("DaemonSet", "daemonsets", _APPS, ("ds",)),
        Kind("CronJob", "cronjobs", _BATCH, ("cj",)),
        Kind("Job", "jobs", _BATCH),
        Kind("Ingress", "ingresses", "/apis/networking.k8s.io/v1", ("ing",)),
        Kind("Service", "services", short=("svc",)),
        Kind("EndpointSlice", "endpointslices", "/apis/discovery.k8s.io/v1"),
        Kind("Pod", "pods", short=("po",)),
        Kind("PersistentVolumeClaim", "persistentvolumeclaims", short=("pvc",)),
        Kind("ConfigMap", "configmaps", short=("cm",)),
        Kind("Secret", "secrets"),
        Kind("ServiceAccount", "serviceaccounts", short=("sa",)),
        Kind("ResourceQuota", "resourcequotas", short=("quota",)),
        Kind("HorizontalPodAutoscaler", "horizontalpodautoscalers", "/apis/autoscaling/v2", ("hpa",)),
        Kind("PodDisruptionBudget", "poddisruptionbudgets", "/apis/policy/v1", ("pdb",)),
        Kind("Event", "events", short=("ev",)),
        Kind("Node", "nodes", short=("no",), namespaced=False),
    )
}
"""By name, owners before what they own."""


def named(word: str) -> Kind | None:
    """Find a kind by any name that kubectl takes.

    >>> [named(word).name for word in ("pods", "Pod", "po", "svc")]
    ['Pod', 'Pod', 'Pod', 'Service']
    """
    word = word.lower()
    return next(
        (kind for kind in KINDS.values() if word in {kind.name.lower(), kind.plural, *kind.short}), None
    )
