"""What a distribution's own controllers do that a page can see: volumes for claims, addresses for Services.

They run in the supervisor, with the administrator's rights, for as long as the cluster lives.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from preuve.cluster.api import Api, LostError, RefusedError, unless_gone
from preuve.cluster.embedded.profiles import LOCAL_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from preuve.cluster.embedded.profiles import Profile
    from preuve.cluster.objects import Object

CLAIMS = "/api/v1/persistentvolumeclaims"
VOLUMES = "/api/v1/persistentvolumes"
SERVICES = "/api/v1/services"

WANTED = "volume.kubernetes.io/storage-provisioner"
NODE = "volume.kubernetes.io/selected-node"
MADE = "pv.kubernetes.io/provisioned-by"
"""The annotations by which Kubernetes asks an external provisioner, and by which that knows its own
(upstream ``component-helpers/storage/volume/pv_helpers.go``)."""

TRAEFIK = frozenset({80, 443})
"""The ports of the nodes that k3s' own Traefik has: each is given to one Service alone."""

ONCE = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})
"""The access that local-path provides, of a file system alone (its provisioner.go)."""

RETRY = 0.2
"""Seconds before an API server that did not answer is asked again."""


def works(
    profile: Profile, kubeconfig: Path, folder: Path, addresses: Sequence[str]
) -> Iterator[Callable[[], None]]:
    """Yield what is to be done until the end, each to be called in a thread of its own.

    Args:
        profile: what the cluster stands in for.
        kubeconfig: the administrator's.
        folder: the host's, where volumes are.
        addresses: the nodes', for load balancers.
    """
    api = Api(kubeconfig)
    if profile.storage.is_ours:
        provisioner = Provisioner(api, profile, folder)
        yield lambda: _follow(api, CLAIMS, provisioner.provide)
        yield lambda: _follow(api, VOLUMES, provisioner.take_back)
    if profile.balances:
        yield lambda: _follow(api, SERVICES, lambda service: _balance(api, service, addresses))


def _follow(api: Api, path: str, handle: Callable[[Object], None]) -> None:
    """Hand on each object of a list, and each again when it changes."""
    while True:
        with suppress(LostError, RefusedError):  # 410: a new list is needed, whatever ended the watch
            listed = api.get(path)
            for item in listed["items"]:
                handle(item)
            for event, item in api.watch(path, resourceVersion=listed["metadata"]["resourceVersion"]):
                if event != "DELETED":
                    handle(item)
            continue
        time.sleep(RETRY)


class Provisioner:
    """Makes a volume for each claim that asks for one, a folder that all nodes share.

    Args:
        api: with the rights of an administrator.
        profile: whose storage it is.
        folder: the host's, behind that of the nodes.
    """

    def __init__(self, api: Api, profile: Profile, folder: Path) -> None:
        self._api = api
        self._storage = profile.storage
        self._folder = folder

    def provide(self, claim: Object) -> None:
        """Make the volume of a claim, if it waits for one."""
        meta, spec = claim["metadata"], claim["spec"]
        notes = meta.get("annotations", {})
        node = notes.get(NODE, "")
        asks = notes.get(WANTED) == self._storage.provisioner and not spec.get("volumeName")
        if not asks or "deletionTimestamp" in meta or (self._storage.waits and not node):
            return
        if self._storage.provisioner == LOCAL_PATH and not (
            ONCE.issuperset(spec["accessModes"]) and spec.get("volumeMode", "Filesystem") == "Filesystem"
        ):
            return  # it stays Pending
        name = f"pvc-{meta['uid']}"
        below = self._below(name, meta)
        made = self._folder / below
        made.mkdir(parents=True, exist_ok=True)
        made.chmod(0o777)  # for every user, as the others' are
        with unless_gone():  # 409: it was made when we last saw the claim
            self._api.post(VOLUMES, self._volume(claim, name, f"{self._storage.folder}/{below}", node))
            self._say(claim, f"Successfully provisioned volume {name}")

    def take_back(self, volume: Object) -> None:
        """Delete a volume, and what is in it, once its claim is no more."""
        meta, spec = volume["metadata"], volume["spec"]
        released = volume.get("status", {}).get("phase") == "Released"
        if (
            released
            and meta.get("annotations", {}).get(MADE) == self._storage.provisioner
            and spec["persistentVolumeReclaimPolicy"] == "Delete"
            and "deletionTimestamp" not in meta
        ):
            claim = {"name": spec["claimRef"]["name"], "namespace": spec["claimRef"]["namespace"]}
            shutil.rmtree(self._folder / self._below(meta["name"], claim), ignore_errors=True)
            with unless_gone():
                self._api.delete(f"{VOLUMES}/{meta['name']}", uid=meta["uid"])

    def _below(self, volume: str, claim: Object) -> str:
        """Where a volume is in the folder, as its provisioner names it."""
        space, name = claim["namespace"], claim["name"]
        return f"{volume}_{space}_{name}" if self._storage.provisioner == LOCAL_PATH else f"{space}/{name}"

    def _volume(self, claim: Object, name: str, path: str, node: str) -> Object:
        meta, spec = claim["metadata"], claim["spec"]
        kind = {"local": {"path": path}}
        if not self._storage.local:
            host = {"path": path, **({"type": "DirectoryOrCreate"} if self._storage.waits else {})}
            kind = {"hostPath": host}
        term = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
        terms = {"required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}}
        return {
            "metadata": {"name": name, "annotations": {MADE: self._storage.provisioner}},
            "spec": {
                **kind,
                **({"nodeAffinity": terms} if self._storage.waits else {}),
                "accessModes": spec["accessModes"],
                "capacity": {"storage": spec["resources"]["requests"]["storage"]},
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    **{key: meta[key] for key in ("name", "namespace", "uid", "resourceVersion")},
                },
                "persistentVolumeReclaimPolicy": "Delete",
                "storageClassName": spec["storageClassName"],
                "volumeMode": spec.get("volumeMode", "Filesystem"),
            },
        }

    def _say(self, claim: Object, message: str) -> None:
        """Leave the event of it, as the library of all provisioners does."""
        meta = claim["metadata"]
        now = f"{self._api.now():%Y-%m-%dT%H:%M:%SZ}"
        about = {key: meta[key] for key in ("name", "namespace", "uid")}
        event = {
            "metadata": {"generateName": f"{meta['name']}.", "namespace": meta["namespace"]},
            "involvedObject": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **about},
            "type": "Normal",
            "reason": "ProvisioningSucceeded",
            "message": message,
            "source": {"component": self._storage.provisioner},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        self._api.post(f"/api/v1/namespaces/{meta['namespace']}/events", event)


def _balance(api: Api, service: Object, addresses: Sequence[str]) -> None:
    """Give a Service the addresses of all nodes, if it asks for a load balancer and has none.

    Those of two Services on one port too, where k3s lets the second one wait.
    """
    meta = service["metadata"]
    given = service.get("status", {}).get("loadBalancer", {}).get("ingress")
    spec = service["spec"]
    free = TRAEFIK.isdisjoint(port["port"] for port in spec.get("ports", ()))
    if spec.get("type") == "LoadBalancer" and free and not given and "deletionTimestamp" not in meta:
        status = {"loadBalancer": {"ingress": [{"ip": address} for address in addresses]}}
        path = f"/api/v1/namespaces/{meta['namespace']}/services/{meta['name']}/status"
        with unless_gone():
            api.patch(path, {"status": status})
