"""The control plane: four processes on the first node, installed as kubeadm would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preuve.cluster.embedded import addresses
from preuve.cluster.embedded.node import PKI, PROGRAMS, SPLIT_LOGS
from preuve.cluster.embedded.pki import new_key, private_pem, public_pem

if TYPE_CHECKING:
    from preuve.cluster.embedded.node import Node
    from preuve.cluster.embedded.pki import Authority, Identity
    from preuve.cluster.embedded.processes import Processes
    from preuve.cluster.embedded.profiles import Profile

ADDRESS = addresses.node_address(0)
URL = f"https://{ADDRESS}:{addresses.API_PORT}"

NAME = ("kubernetes", "default", "svc", "cluster", "local")
"""Its Service's name, of which a Pod may type the beginning."""

ETCD = "/run/etcd.sock"
"""Where etcd listens: nobody else on the network has business with it."""

CONTROLLERS = "/etc/kubernetes/controller-manager.conf"
SCHEDULER = "/etc/kubernetes/scheduler.conf"


LOCAL = f"{PKI}/localhost"
"""What the controller manager and the scheduler serve their health with."""


def install(node: Node, authority: Authority) -> Identity:
    """Add to `node` what the control plane needs.

    Returns:
        the administrator.
    """
    node.write(f"{PKI}/ca.key", authority.identity.key, secret=True)
    service = [".".join(NAME[:length]) for length in (1, 2, 3, 5)]
    own = (str(node.profile.api_service), str(ADDRESS), "127.0.0.1")
    server = authority.issue("kube-apiserver", serves=(*service, node.name, "localhost", *own))
    node.write_identity(f"{PKI}/apiserver", server)
    # The user that manifests/kubelet-api.yaml lets into the kubelets.
    node.write_identity(f"{PKI}/apiserver-kubelet-client", authority.issue("kube-apiserver-kubelet-client"))
    tokens = new_key()
    node.write(f"{PKI}/sa.pub", public_pem(tokens))
    node.write(f"{PKI}/sa.key", private_pem(tokens), secret=True)
    # Left to themselves, these two each make an RSA key first: 0.2 s.
    node.write_identity(LOCAL, authority.issue("localhost", serves=("localhost", "127.0.0.1")))
    for path, name, group in (
        (CONTROLLERS, "system:kube-controller-manager", "system:masters"),
        (SCHEDULER, "system:kube-scheduler", None),
    ):
        node.write(path, authority.kubeconfig(URL, name, authority.issue(name, group)), secret=True)
    return authority.issue("kubernetes-admin", "system:masters")


def start_store(processes: Processes, pid: int) -> None:
    """Start etcd beside `pid`, the first process of its node."""
    _start(
        *(processes, pid, "etcd"),
        "--data-dir=/var/lib/etcd",
        f"--listen-client-urls=unix://{ETCD}",
        # Its library takes no Unix sockets here; nobody connects to these.
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--initial-advertise-peer-urls=http://127.0.0.1:2380",
        "--initial-cluster=default=http://127.0.0.1:2380",
        "--unsafe-no-fsync",
        "--log-level=error",
    )


def start_api(processes: Processes, pid: int, profile: Profile) -> None:
    """Start the API server, which has to reach its node's address.

    As soon as it is up it lists the Services there, to see which node ports are taken. If it cannot, it tries
    again three minutes later, but ends after one (upstream `start-service-ip-repair-controllers`).
    """
    _start(
        *(processes, pid, "kube-apiserver"),
        f"--etcd-servers=unix://{ETCD}",
        f"--bind-address={ADDRESS}",
        f"--advertise-address={ADDRESS}",
        f"--secure-port={addresses.API_PORT}",
        f"--service-cluster-ip-range={profile.services}",
        f"--client-ca-file={PKI}/ca.crt",
        f"--tls-cert-file={PKI}/apiserver.crt",
        f"--tls-private-key-file={PKI}/apiserver.key",
        f"--kubelet-client-certificate={PKI}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={PKI}/apiserver-kubelet-client.key",
        f"--kubelet-certificate-authority={PKI}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP,Hostname",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={PKI}/sa.pub",
        f"--service-account-signing-key-file={PKI}/sa.key",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged",
        f"--feature-gates={SPLIT_LOGS}=true",
        "--profiling=false",
    )


def start_controllers(processes: Processes, pid: int, profile: Profile) -> None:
    """Start the controller manager and the scheduler, once the API server is ready."""
    _start(
        *(processes, pid, "kube-controller-manager"),
        *_client(CONTROLLERS),
        f"--service-account-private-key-file={PKI}/sa.key",
        f"--root-ca-file={PKI}/ca.crt",
        f"--cluster-signing-cert-file={PKI}/ca.crt",
        f"--cluster-signing-key-file={PKI}/ca.key",
        f"--cluster-cidr={profile.pods}",
        f"--service-cluster-ip-range={profile.services}",
        "--allocate-node-cidrs=false",  # they are given, so that node2 always has the same
        "--enable-hostpath-provisioner",
        # At the default 20 a second, the first ServiceAccount takes 5 s longer [measured].
        "--kube-api-qps=1000",
        "--kube-api-burst=1000",
        # With the kubelets' own settings: a crash is seen in 15 s, where the defaults take 50.
        "--node-monitor-grace-period=12s",
        "--node-monitor-period=2s",
        # Every 15 s by default, claims without a provisioner are bound, and autoscalers count replicas. As
        # often as this, it costs the idle controllers nothing [measured].
        "--pvclaimbinder-sync-period=500ms",
        "--horizontal-pod-autoscaler-sync-period=1s",
    )
    _start(processes, pid, "kube-scheduler", *_client(SCHEDULER))


def _client(kubeconfig: str) -> tuple[str, ...]:
    uses = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    return (
        *(f"--{use}={kubeconfig}" for use in uses),
        "--bind-address=127.0.0.1",
        f"--tls-cert-file={LOCAL}.crt",
        f"--tls-private-key-file={LOCAL}.key",
        "--leader-elect=false",
    )


def _start(processes: Processes, pid: int, program: str, *arguments: str) -> None:
    processes.start(program, (f"{PROGRAMS}/{program}", *arguments), within=pid)
