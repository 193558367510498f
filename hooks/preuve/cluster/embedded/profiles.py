"""Profiles: what a page can see of the cluster that it is played on, as other distributions show it.

A check on a cluster that stands in for kind, minikube or k3d tells what differs for a reader who has one.
Versions, system Pods and the network plugin stay ours. Where the facts are from, upstream:

- kind: names ``pkg/cluster/nodeutils``, ranges ``pkg/internal/apis/config/default.go``, volumes
  ``pkg/build/nodeimage/const_storage.go``; kubeadm keeps Pods off a control plane that has workers;
- minikube: names and the range of Services ``pkg/minikube/constants``, of Pods ``pkg/minikube/cni/cni.go``,
  volumes ``deploy/addons/storageclass`` and ``pkg/storage/storage_provisioner.go``;
- k3d: names ``generateNodeName`` in ``pkg/client/cluster.go``; what it runs is k3s: ranges
  ``pkg/cli/cmds/server.go``, volumes ``manifests/local-storage.yaml``, load balancer ``pkg/cloudprovider``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

HOST_PATH = "kubernetes.io/host-path"
"""The provisioner within the controller manager."""
LOCAL_PATH = "rancher.io/local-path"
MINIKUBE = "k8s.io/minikube-hostpath"


@dataclass(frozen=True, slots=True)
class Storage:
    """The class of the claims that name none."""

    name: str = "standard"
    provisioner: str = HOST_PATH
    waits: bool = False
    """For the first Pod that uses the claim."""
    folder: str = "/tmp/hostpath_pv"  # noqa: S108 (in the node; the controller manager's own choice)
    """Where volumes are on a node: shared by the nodes, so that a Pod finds its own again."""
    local: bool = False
    """Volumes are ``local`` ones, not ``hostPath``."""

    @property
    def is_ours(self) -> bool:
        """Whether we provide the volumes, as an external provisioner would."""
        return self.provisioner != HOST_PATH


HOST_PATHS = Storage()
PODS, SERVICES = IPv4Network("10.244.0.0/16"), IPv4Network("10.96.0.0/16")
"""As kind has them."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a cluster shows of itself."""

    name: str = ""
    """As `settings` takes it; empty for the cluster as it comes."""
    first: str = "node1"
    """The node that carries the control plane."""
    others: str = "node{}"
    """The other nodes, by their number from `since`."""
    since: int = 2
    bare: int | None = None
    """The number that is left out of the name."""
    count: int = 3
    """Of nodes."""
    tainted: bool = False
    """Pods are kept off the control plane if there are other nodes."""
    pods: IPv4Network = PODS
    services: IPv4Network = SERVICES
    storage: Storage = HOST_PATHS
    balances: bool = False
    """Services of type LoadBalancer get the nodes' addresses, at once."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """Their names.

        >>> of("kind:3").nodes, of("minikube:2").nodes, of("k3d").nodes
        (('kind-control-plane', 'kind-worker', 'kind-worker2'), ('minikube', 'minikube-m02'), \
('k3d-k3s-default-server-0',))
        """
        numbers = range(self.since, self.since + self.count - 1)
        return (
            self.first,
            *(self.others.format("" if self.bare == number else number) for number in numbers),
        )

    @property
    def api_service(self) -> IPv4Address:
        """The Service ``kubernetes``: the API server itself takes the range's first address."""
        return self.services[1]

    @property
    def dns_service(self) -> IPv4Address:
        """Where kubeadm, Minikube and k3s put it."""
        return self.services[10]

    def pod_range(self, index: int) -> IPv4Network:
        """Where the node number `index`, from 0, has its Pods."""
        return list(self.pods.subnets(new_prefix=24))[index]

    @property
    def taints(self) -> list[dict[str, str]]:
        """Those of the first node."""
        taint = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
        return [taint] if self.tainted and self.count > 1 else []


PLAIN = Profile()
"""The cluster as it comes."""

_PATH = Storage("standard", LOCAL_PATH, waits=True, folder="/var/local-path-provisioner")
PROFILES = {
    "kind": Profile(
        "kind",
        "kind-control-plane",
        "kind-worker{}",
        since=1,
        bare=1,
        count=1,
        tainted=True,
        storage=_PATH,
    ),
    "minikube": Profile(
        "minikube",
        "minikube",
        "minikube-m{:02}",
        count=1,
        services=IPv4Network("10.96.0.0/12"),
        storage=Storage("standard", MINIKUBE, folder="/tmp/hostpath-provisioner"),  # noqa: S108 (in the node)
    ),
    "k3d": Profile(
        "k3d",
        "k3d-k3s-default-server-0",
        "k3d-k3s-default-agent-{}",
        since=0,
        count=1,
        pods=IPv4Network("10.42.0.0/16"),
        services=IPv4Network("10.43.0.0/16"),
        storage=replace(_PATH, name="local-path", folder="/var/lib/rancher/k3s/storage", local=True),
        balances=True,
    ),
}
"""By name, each as its distribution makes a cluster unless it is told more."""


def of(name: str) -> Profile:
    """The profile that a setting names: ``kind``, or ``kind:3`` with three nodes; empty is none."""
    if not name:
        return PLAIN
    distribution, _, count = name.partition(":")
    profile = PROFILES[distribution]
    return replace(profile, name=name, count=int(count)) if count else profile
