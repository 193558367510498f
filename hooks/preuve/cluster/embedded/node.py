"""A node: a root directory, and a process in namespaces of its own that has it as its root.

The directory looks like a machine set up by kubeadm: everything is at its default path (/var/lib/kubelet,
/run/containerd …), so nodes never clash, and neither the host's files nor its sysctls can be changed from
there. The host lends /usr, read-only, and its devices.

The first process does nothing but hold the namespaces and bury orphans (``catatonit -P``). Killing it is a
crash: the kernel ends every process of the node, Pods included, and takes mounts, links and rules with them.
What is on its disk stays; /run is a tmpfs, as on any machine, so a node that comes back knows that it was
away.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.cluster.embedded import addresses, images
from preuve.cluster.embedded.profiles import PLAIN
from preuve.errors import ClusterError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network

    from preuve.cluster.embedded.binaries import Binaries
    from preuve.cluster.embedded.pki import Authority, Identity
    from preuve.cluster.embedded.processes import Processes
    from preuve.cluster.embedded.profiles import Profile

PROGRAMS = "/opt/kubernetes"
"""Where a node has Kubernetes' own programs."""

PAUSE = "registry.k8s.io/pause:3.10"
COREDNS = "registry.k8s.io/coredns/coredns:v1.14.6"

CNI = ("/usr/lib/cni", "/usr/libexec/cni")
"""Where a machine may have its CNI plugins: Debian's folder, and Fedora's."""

PKI = "/etc/kubernetes/pki"

RECOVERED = b"Start streaming server"
"""What containerd logs once its CRI has recovered the containers of before, and answers: a kubelet that asks
earlier ends. Its socket is there before, and the longer the more containers a crashed node had (containerd,
pkg/cri/server/service.go)."""

SPLIT_LOGS = "PodLogsQuerySplitStreams"
"""What lets a client ask for what a container wrote to standard error alone (alpha since 1.32): with it, the
cluster's own kubectl tells a Pod's two streams apart, as an attached terminal would."""

BOOT_LIMIT = 60.0
"""Seconds that a step of a node's start may take; measured: 0.1, and 14 for containerd's first line after
the machine's own start, when all programs come at once from a disk that gives 29 MB/s. A program that ends is
told at once."""

BOOT = """\
read -r pid _ </proc/self/stat  # as the supervisor counts: the node has no /proc of its own yet
mount --all --fstab "$1"
cd "$2"
pivot_root . .
umount --lazy .
echo "$3" >/proc/sys/kernel/hostname
nft --file /etc/nftables.conf
echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind  # its addresses come with its link, a little later
mount --make-rshared /
echo "$pid"
exec catatonit -P >/dev/null
"""
"""What a node's first process does before it comes to rest. Arguments: fstab, root directory, name."""

SYSCTLS = {
    "kernel/keys/root_maxbytes": 25000000,
    "kernel/keys/root_maxkeys": 1000000,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
}
"""What a kubelet sets on its machine (pkg/kubelet/cm): each node gets files with these values instead."""

NFTABLES = """\
# What a Pod sends to something that is no Pod comes from its node, as far as that can tell.
table ip preuve {{
    chain postrouting {{
        type nat hook postrouting priority srcnat
        oifname "eth0" ip saddr {node.pods} ip daddr != {node.profile.pods} masquerade
    }}
}}
"""

CONTAINERD = """\
version = 2
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[plugins."io.containerd.grpc.v1.cri"]
  # Without CAP_SYS_RESOURCE, as in many containers, no sandbox would start otherwise.
  restrict_oom_score_adj = true
  sandbox_image = "IMAGE"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "PLUGINS"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
"""

HOSTS = f"""\
# The mirror stands for every registry, so that what it does not have is not found at once.
server = "http://{addresses.LAPTOP.ip}:{addresses.REGISTRY_PORT}"

[host."http://{addresses.LAPTOP.ip}:{addresses.REGISTRY_PORT}"]
  capabilities = ["pull", "resolve"]
"""


LOADING = "loading"
"""A folder like certs.d, for what is put on a node and is in no registry."""

LOAD = f"""\
for image; do ctr --namespace=k8s.io images pull --hosts-dir=/etc/containerd/{LOADING} "$image"; done
"""
"""One after the other: each would wait for layers that another one is fetching too."""

LOADING_HEADER = f"""\
  [host."http://{addresses.LAPTOP.ip}:{addresses.REGISTRY_PORT}".header]
    {images.LOADING} = "yes"
"""


@dataclass(frozen=True, slots=True)
class Node:
    """One node, running or not."""

    index: int
    """From 0."""
    root: Path
    """Its root directory."""
    cgroup: str
    """Below it are its Pods: the same path in every hierarchy."""
    profile: Profile = PLAIN
    loaded: tuple[str, ...] = ()
    """Images of an author's that it has from the start, and that no registry has: whole references."""

    @property
    def name(self) -> str:
        """As ``kubectl get nodes`` shows it."""
        return self.root.name

    @property
    def address(self) -> IPv4Address:
        """On the LAN."""
        return addresses.node_address(self.index)

    @property
    def images(self) -> tuple[str, ...]:
        """What it has from the start, as kubeadm's machines do: Pods need not wait for these."""
        return (PAUSE, COREDNS) if self.index == 0 else (PAUSE,)

    @property
    def pods(self) -> IPv4Network:
        """Where its Pods get their addresses."""
        return self.profile.pod_range(self.index)

    def write(self, path: str, content: str | bytes, *, secret: bool = False) -> None:
        """Write a file of the node's, whatever the path's folders."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o644)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)

    def write_identity(self, path: str, identity: Identity) -> None:
        """Write `identity` as ``PATH.crt`` and ``PATH.key``."""
        self.write(f"{path}.crt", identity.certificate)
        self.write(f"{path}.key", identity.key, secret=True)

    def install(self, authority: Authority, binaries: Binaries, api: str, volumes: Path) -> None:
        """Make the root directory.

        Args:
            authority: who signs the node's certificates.
            binaries: what it runs.
            api: the API server's URL.
            volumes: the host's folder where volumes are (`profiles.Storage.folder`).
        """
        for folder in (
            "usr",
            "proc",
            "sys",
            "dev",
            "run",
            "root",
            "var/lib",
            "var/log",
            "var/tmp",
            "etc/cni/net.d",
        ):
            (self.root / folder).mkdir(parents=True)
        (self.root / "tmp").mkdir(mode=0o1777)
        for link in ("bin", "sbin", "lib", "lib64"):
            (self.root / link).symlink_to(f"usr/{link}")
        (self.root / "var/run").symlink_to("../run")
        (self.root / "etc/os-release").symlink_to("../usr/lib/os-release")
        self._install_programs(binaries)
        self._install_identity()
        self._install_certificates(authority, api)
        self.write("/etc/nftables.conf", NFTABLES.format(node=self))
        plugins = next(folder for folder in CNI if Path(folder, "ptp").exists())
        containerd = CONTAINERD.replace("IMAGE", PAUSE).replace("PLUGINS", plugins)
        self.write("/etc/containerd/config.toml", containerd)
        for registry in ("_default", "docker.io"):
            self.write(f"/etc/containerd/certs.d/{registry}/hosts.toml", HOSTS)
            self.write(f"/etc/containerd/{LOADING}/{registry}/hosts.toml", HOSTS + LOADING_HEADER)
        self.write("/etc/cni/net.d/10-preuve.conflist", json.dumps(self._cni(), indent=1))
        self.write("/var/lib/kubelet/config.yaml", json.dumps(self._kubelet(), indent=1))
        self.write("/var/lib/kube-proxy/config.conf", json.dumps(self._kube_proxy(), indent=1))
        self._install_mounts(binaries, volumes)

    def boot(self, processes: Processes) -> int:
        """Start the node's first process.

        Returns:
            its process ID: killing it ends the node.

        Raises:
            ClusterError: it did not come up.
        """
        unshare = ("unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child")
        script = ("sh", "-ec", BOOT, "boot", f"{self.root}.fstab", str(self.root), self.name)
        receive, send = os.pipe()
        with os.fdopen(receive) as answer:
            processes.start(self.name, (*unshare, *script), output=send)
            os.close(send)
            if not select.select([answer], [], [], BOOT_LIMIT)[0] or not (pid := answer.readline()):
                log = processes.log(self.name)
                words = log.read_text(encoding="utf-8", errors="replace").strip()
                raise ClusterError(f"{self.name} did not boot; {log} says:\n{words}")
        return int(pid)

    def start_runtime(self, processes: Processes, pid: int) -> None:
        """Start containerd beside the node's first process; it begins to get the images of the start.

        Raises:
            ClusterError: it did not come up.
        """
        log = processes.log(f"{self.name}-containerd")
        before = log.stat().st_size if log.exists() else 0
        processes.start(f"{self.name}-containerd", ("containerd",), within=pid)
        socket = Path(f"/proc/{pid}/root/run/containerd/containerd.sock")
        limit = time.monotonic() + BOOT_LIMIT
        while not (socket.exists() and RECOVERED in log.read_bytes()[before:]):
            if time.monotonic() > limit:
                raise ClusterError(f"{self.name}: no containerd after {BOOT_LIMIT:.0f} s; see {log}")
            time.sleep(0.01)
        for image in self.images:
            pull = ("ctr", "--namespace=k8s.io", "images", "pull", "--hosts-dir=/etc/containerd/certs.d")
            processes.start_job(f"{self.name}-{Path(image).name}", (*pull, image), within=pid)
        if self.loaded:
            load = ("sh", "-ec", LOAD, "load", *self.loaded)
            processes.start_job(f"{self.name}-{LOADING}", load, within=pid)

    def is_loading(self, processes: Processes) -> bool:
        """Whether it still waits for some of `loaded`."""
        return processes.runs(f"{self.name}-{LOADING}")

    def start_kubelet(self, processes: Processes, pid: int) -> None:
        """Start the kubelet beside containerd."""
        self._start_program(
            *(processes, pid, "kubelet", "--config=/var/lib/kubelet/config.yaml"),
            *("--kubeconfig=/etc/kubernetes/kubelet.conf", f"--node-ip={self.address}"),
        )

    def start_proxy(self, processes: Processes, pid: int) -> None:
        """Start kube-proxy. Where the Node has no address yet, it waits for seconds before it looks again."""
        self._start_program(processes, pid, "kube-proxy", "--config=/var/lib/kube-proxy/config.conf")

    def crash(self, processes: Processes, pid: int) -> None:
        """Take the power away: `pid` is its first process."""
        jobs = (*(Path(image).name for image in self.images), LOADING)
        parts = ("containerd", "kubelet", "kube-proxy", *jobs)
        processes.forget(self.name, *(f"{self.name}-{part}" for part in parts))
        os.kill(pid, signal.SIGKILL)

    def _start_program(self, processes: Processes, pid: int, program: str, *arguments: str) -> None:
        processes.start(f"{self.name}-{program}", (f"{PROGRAMS}/{program}", *arguments), within=pid)

    def _install_programs(self, binaries: Binaries) -> None:
        folder = self.root / PROGRAMS.lstrip("/")
        folder.mkdir(parents=True)
        (folder / binaries.server.name).touch()  # a place to mount it
        programs = ["kubelet", "kube-proxy"]
        if self.index == 0:
            programs += ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]
        for program in programs:
            (folder / program).symlink_to(binaries.server.name)

    def _install_identity(self) -> None:
        self.write("/etc/hostname", f"{self.name}\n")
        self.write("/etc/machine-id", hashlib.sha256(self.cgroup.encode()).hexdigest()[:32] + "\n")
        self.write("/etc/hosts", f"127.0.0.1 localhost\n{self.address} {self.name}\n")
        self.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")  # kubelets look for a user of theirs
        self.write("/etc/group", "root:x:0:\n")
        self.write("/etc/resolv.conf", f"nameserver {addresses.LAPTOP.ip}\n")

    def _install_certificates(self, authority: Authority, api: str) -> None:
        user = f"system:node:{self.name}"
        serving = authority.issue(user, "system:nodes", serves=(self.name, str(self.address)))
        self.write(f"{PKI}/ca.crt", authority.identity.certificate)
        self.write_identity("/var/lib/kubelet/pki/kubelet", serving)
        for path, name, group in (
            ("/etc/kubernetes/kubelet.conf", user, "system:nodes"),
            ("/var/lib/kube-proxy/kubeconfig.conf", "system:kube-proxy", None),
        ):
            self.write(path, authority.kubeconfig(api, name, authority.issue(name, group)), secret=True)

    def _install_mounts(self, binaries: Binaries, volumes: Path) -> None:
        sysctls = self.root.with_suffix(".sysctl")
        mounts: list[tuple[str | Path, str, str, str]] = [
            (self.root, "", "none", "bind"),
            ("/usr", "usr", "none", "rbind,ro"),
            (binaries.server, f"{PROGRAMS}/{binaries.server.name}", "none", "bind,ro"),
            (volumes, self.profile.storage.folder, "none", "bind,x-mount.mkdir"),
            ("/dev", "dev", "none", "rbind"),
            ("tmpfs", "run", "tmpfs", "mode=755"),
            ("sysfs", "sys", "sysfs", "defaults"),
            ("/sys/fs/cgroup", "sys/fs/cgroup", "none", "rbind"),
            ("proc", "proc", "proc", "defaults"),
        ]
        if Path("/etc/alternatives").is_dir():  # in some distributions, programs of /usr are links to there
            mounts.append(("/etc/alternatives", "etc/alternatives", "none", "bind,ro,x-mount.mkdir"))
        for name, value in SYSCTLS.items():
            file = sysctls / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{value}\n", encoding="ascii")
            mounts.append((file, f"proc/sys/{name}", "none", "bind"))
        lines = (
            f"{_escape(source)} {_escape(self.root / target.lstrip('/'))} {kind} {options} 0 0\n"
            for source, target, kind, options in mounts
        )
        self.root.with_suffix(".fstab").write_text("".join(lines), encoding="utf-8")

    def _cni(self) -> dict[str, object]:
        ipam = {
            "type": "host-local",
            "ranges": [[{"subnet": str(self.pods)}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        }
        # A cable to each Pod, as kind lays them. A bridge would carry the answers of a Service between two of
        # its Pods past kube-proxy's rules, unless the whole machine had br_netfilter loaded.
        ptp = {"type": "ptp", "ipMasq": False, "ipam": ipam}
        return {
            "cniVersion": "1.0.0",
            "name": "pods",
            "plugins": [ptp, {"type": "portmap", "capabilities": {"portMappings": True}}],
        }

    def _kubelet(self) -> dict[str, object]:
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": f"{PKI}/ca.crt"},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": "/var/lib/kubelet/pki/kubelet.crt",
            "tlsPrivateKeyFile": "/var/lib/kubelet/pki/kubelet.key",
            "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": self.cgroup,
            "failCgroupV1": False,
            "failSwapOn": False,
            "featureGates": {SPLIT_LOGS: True},
            "clusterDNS": [str(self.profile.dns_service)],
            "clusterDomain": "cluster.local",
            "resolvConf": "/etc/resolv.conf",
            # The disk is the host's: how full it is says nothing about the cluster, and images must stay.
            "evictionHard": {"nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%"},
            "imageGCHighThresholdPercent": 100,
            # A crash is seen in 15 s: the controller manager gives up after 12 s without news.
            "nodeStatusUpdateFrequency": "3s",
            "nodeLeaseDurationSeconds": 8,
        }

    def _kube_proxy(self) -> dict[str, object]:
        return {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": "/var/lib/kube-proxy/kubeconfig.conf"},
            "mode": "nftables",
            "clusterCIDR": str(self.profile.pods),
            # At the default, a second, a Service answers a second after its Pods are ready.
            "nftables": {"minSyncPeriod": "50ms"},
            # nf_conntrack_max belongs to the machine and is read-only here.
            "conntrack": {"maxPerCore": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        }


def _escape(path: str | Path) -> str:
    """A path as fstab(5) writes it."""
    return str(path).replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011")
