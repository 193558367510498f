"""A cluster of the user's, by the name of a kubeconfig context: that one and no other."""

from __future__ import annotations

import base64
import os
import tempfile
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from preuve.api import Api
from preuve.errors import ClusterError, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
"""What a kubeconfig may keep in other files."""


@dataclass(frozen=True, slots=True)
class ContextCluster:
    """A cluster of the user's, that has answered."""

    context: str
    version: str
    """Of Kubernetes, as it says it itself."""
    kubeconfig: Path
    """Our own copy, 0600, of that context alone."""
    uid: str
    """Of its kube-system namespace: which cluster it is, whatever it is called."""
    nodes: tuple[str, ...] = ()

    def network(self, node: str | None = None) -> AbstractContextManager[None]:
        """Stay where one is: the API server is reached as the kubeconfig says.

        Raises:
            ClusterError: a node was asked for.
        """
        self.network_path(node)
        return nullcontext()

    def network_path(self, node: str | None = None) -> None:
        """Tell that there is no network to join.

        Raises:
            ClusterError: a node was asked for.
        """
        if node:
            raise ClusterError(f"node {node!r} of context {self.context!r} is out of reach")

    def gone(self) -> str:
        """Tell nothing: it is not ours to know."""
        return ""


@contextmanager
def connected(context: str, environment: Mapping[str, str] | None = None) -> Iterator[ContextCluster]:
    """Have a connection to the user's cluster during the block; nothing is written to it.

    Args:
        context: its name in the user's kubeconfig.
        environment: where ``KUBECONFIG`` and ``HOME`` are looked up; the process's unless given.

    Raises:
        ClusterError: there is no such context, or the cluster does not answer.
    """
    environment = os.environ if environment is None else environment
    with tempfile.TemporaryDirectory(prefix="preuve-context-") as folder:
        kubeconfig = Path(folder, "kubeconfig")
        kubeconfig.touch(0o600)
        kubeconfig.write_text(yaml.safe_dump(minified(context, environment)), encoding="utf-8")
        with Api(kubeconfig) as api:
            version = api.get("/version")["gitVersion"]
            uid = api.get("/api/v1/namespaces/kube-system")["metadata"]["uid"]
        yield ContextCluster(context, version, kubeconfig, uid)


def minified(context: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Read one context of the user's kubeconfig, with all that it needs and nothing else.

    Args:
        context: its name.
        environment: ``KUBECONFIG``, files as kubectl takes them, else ``~/.kube/config`` of ``HOME``.

    Raises:
        ClusterError: there is no such context, or a file that it names cannot be read.
    """
    default = Path(environment.get("HOME") or "~", ".kube", "config").expanduser()
    named = [Path(each) for each in environment.get("KUBECONFIG", "").split(os.pathsep) if each]
    files = [path for path in named or [default] if path.is_file()]
    sources = " and ".join(map(str, named or [default]))
    if not files:
        raise ClusterError(f"context {context!r}: there is no kubeconfig at {sources}")
    contexts, clusters, users = (_merged(files, section) for section in ("contexts", "clusters", "users"))
    if context not in contexts:
        raise ClusterError(unknown(f"context {context!r} in {sources}", context, sorted(contexts)))
    chosen = contexts[context]["context"]
    try:
        cluster, user = clusters[chosen["cluster"]], users[chosen["user"]]
    except KeyError as error:
        raise ClusterError(
            f"context {context!r} in {sources}: it names {error}, which is not there"
        ) from None
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": chosen["cluster"], "cluster": _embedded(cluster["cluster"], cluster["file"])}],
        "users": [{"name": chosen["user"], "user": _embedded(user["user"] or {}, user["file"])}],
        "contexts": [{"name": context, "context": chosen}],
        "current-context": context,
    }


def _merged(files: list[Path], section: str) -> dict[str, dict[str, Any]]:
    """Read a section of all files; of two entries with one name the first counts, as for kubectl."""
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        try:
            config = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
            for entry in config.get(section) or ():
                found.setdefault(entry["name"], {**entry, "file": file})
        except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
            raise ClusterError(f"{file} is no kubeconfig that can be read: {error}") from None
    return found


def _embedded(entry: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """Take in the files that an entry names, relative to its own."""
    whole = {name: value for name, value in entry.items() if name not in FILES}
    for name in FILES:
        if name not in entry:
            continue
        try:
            content = (file.parent / entry[name]).read_bytes()
        except OSError as error:
            raise ClusterError(f"{file} names {entry[name]!r} as {name}: {error.strerror}") from None
        if name == "tokenFile":
            whole["token"] = content.decode().strip()
        else:
            whole.setdefault(f"{name}-data", base64.b64encode(content).decode())
    return whole
