"""A cluster of the user's, by the name of a kubeconfig context: that one and no other."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

from preuve import mapping, whole
from preuve.cluster import rights
from preuve.cluster.api import Api, RefusedError
from preuve.cluster.box import Box, uid_of
from preuve.cluster.embedded import binaries
from preuve.cluster.vault import Vault
from preuve.errors import ClusterError, unknown
from preuve.mapping import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from preuve.cluster.objects import Object
    from preuve.cluster.report import Report, Route
    from preuve.progress import Progress
    from preuve.settings import Settings

FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
"""What a kubeconfig may keep in other files; all but the first may be renewed while pages are played."""


@dataclass(frozen=True, slots=True)
class ContextCluster:
    """A cluster of the user's, that has answered."""

    version: str
    """Of Kubernetes, as it says it itself."""
    kubeconfig: Path
    """Our own copy, 0600, of that context alone; mostly in memory, for this process."""
    kubectl: Path
    """The user's, else ours."""
    apart: bool = False
    """Each page is a user of its own: else root's pages would have no limit to their processes."""
    namespace: str = ""
    """The one that the user gives to pages."""
    nodes: ClassVar = ()
    disposable: ClassVar = False
    enforces: ClassVar = None

    def confine(self, page: str, *, exclusive: bool) -> Box:  # noqa: ARG002 - see Cluster
        """Lend the machine's network, and the user's own kubectl."""
        return Box(uid=uid_of(page) if self.apart else None, programs={"kubectl": self.kubectl})

    def packages(self) -> dict[str, dict[str, str]]:
        """Nothing: its images are not ours."""
        return {}

    def network(self, node: str | None = None) -> AbstractContextManager[None]:  # noqa: ARG002 - see Cluster
        """Stay where one is: the API server is reached as the kubeconfig says."""
        return nullcontext()

    def network_path(self, node: str | None = None) -> None:
        """Tell that there is no network to join."""

    def routes(self, node: str) -> frozenset[Route]:  # noqa: ARG002 - see Cluster
        """Tell nothing: no node can be looked into."""
        return frozenset()

    def reports(self, pods: Iterable[Object]) -> Mapping[str, Report | None]:  # noqa: ARG002 - see Cluster
        """Tell nothing: its nodes are out of reach, and no kubelet tells the API what its volumes hold.

        So what a running Pod mounts may be read before it follows, and a container that was told to end
        before its kubelet has looked, within a second.
        """
        return {}

    def gone(self) -> str:
        """Tell nothing: it is not ours to know."""
        return ""


@dataclass(frozen=True, slots=True)
class ContextBackend:
    """The user's cluster, by the name of its context: there is but one."""

    settings: Settings

    @property
    def refusal(self) -> str:
        """Why no page may have it whole, unless the settings say so."""
        if self.settings.namespace:
            return (
                "this page wants the whole cluster (`cluster: exclusive`), and pages are given one namespace "
                f"of context {self.settings.context!r}, {self.settings.namespace!r}: play it on the embedded "
                "cluster"
            )
        if self.settings.allow_exclusive:
            return ""
        return (
            "this page wants the whole cluster (`cluster: exclusive`), and context "
            f"{self.settings.context!r} is not ours to give: play it on the embedded cluster, or, if that "
            "cluster may be changed, set `allow_exclusive: true` under `extra.preuve` in mkdocs.yml. Then "
            "the page is its administrator; preuve takes away its namespace, and what else it does there, "
            "to nodes too, stays"
        )

    def shared(self, progress: Progress) -> AbstractContextManager[ContextCluster]:
        """As `connected`."""
        return connected(self.settings, progress)

    own = shared

    def room(self) -> bool:
        """Whether there is another: never."""
        return False


@contextmanager
def connected(
    settings: Settings, progress: Progress, environment: Mapping[str, str] | None = None
) -> Iterator[ContextCluster]:
    """Have a connection to the user's cluster during the block; it is asked all, and nothing is written.

    Args:
        settings: the context's name in the user's kubeconfig, the namespace that pages are given there if
            any, and whether pages may have the whole cluster.
        progress: where to tell of a kubectl that may answer otherwise than the cluster's own.
        environment: where ``KUBECONFIG``, ``HOME`` and ``PATH`` are looked up; the process's unless given.

    Raises:
        ClusterError: there is no such context, the cluster does not answer, the user may not play pages
            there, or there is no kubectl that can be run.
    """
    environment = os.environ if environment is None else environment
    context = settings.context
    with Vault() as vault:
        config = yaml.safe_dump(minified(context, environment)).encode()
        kubeconfig = Path(vault.file("kubeconfig", config))
        try:
            kubectl = found_kubectl(environment)
            with Api(kubeconfig) as api:
                version = _version(api)
                if settings.namespace:
                    rights.require(api, rights.LODGER, settings.namespace)
                    _see(api, settings.namespace)
                else:
                    rights.require(api, rights.ALL if settings.allow_exclusive else rights.PLAYER)
            client = client_version(kubectl)
        except ClusterError as error:
            raise ClusterError(f"context {context!r}: {error}") from None
        if skewed(client, version):
            progress.say(
                f"{kubectl} is {client}, and context {context!r} is {version}: kubectl is made for clusters "
                "one minor older or newer than itself, and what it says of this one may be its own words"
            )
        apart = _apart(kubectl)
        yield ContextCluster(version, kubeconfig, kubectl, apart, namespace=settings.namespace)


def _see(api: Api, namespace: str) -> None:
    """See that a namespace is there, to stay: who may do all everywhere may do it where there is nothing."""
    try:
        meta = api.get(f"/api/v1/namespaces/{namespace}")["metadata"]
    except RefusedError as error:
        if error.code != 404:
            raise
        raise ClusterError(f"there is no namespace {namespace!r}, in which pages are to be played") from None
    if "deletionTimestamp" in meta:
        raise ClusterError(f"namespace {namespace!r}, in which pages are to be played, is being deleted")


def _version(api: Api) -> str:
    answer = api.get("/version")
    version = answer.get("gitVersion") if isinstance(answer, dict) else None
    if not isinstance(version, str):
        raise ClusterError(f"{api.server} does not tell the version of a Kubernetes, but {shown(answer)}")
    return version


def found_kubectl(environment: Mapping[str, str]) -> Path:
    """The kubectl of the user's PATH, else ours.

    Raises:
        ClusterError: there is none.
    """
    if found := shutil.which("kubectl", path=environment.get("PATH")):
        return Path(found).resolve()
    if built := binaries.find():
        return built.kubectl
    raise ClusterError("there is no kubectl in PATH: install one (https://kubernetes.io/docs/tasks/tools/)")


def _apart(kubectl: Path) -> bool:
    """Whether pages can be other users than root: in some containers nobody may become one."""
    if os.getuid():
        return False
    try:
        Box(uid=uid_of(""), programs={"kubectl": kubectl}).ask("kubectl", "version", "--client")
    except ClusterError:
        return False
    return True


def client_version(kubectl: Path) -> str:
    """What a kubectl says it is, where pages run it.

    Raises:
        ClusterError: it cannot be run there.
    """
    answer = Box(programs={"kubectl": kubectl}).ask("kubectl", "version", "--client", "--output=json")
    try:
        return str(json.loads(answer)["clientVersion"]["gitVersion"])
    except (ValueError, KeyError, TypeError):
        raise ClusterError(f"{kubectl} does not tell its version, it says {answer[:200]!r}") from None


def skewed(client: str, server: str) -> bool:
    """Whether a kubectl and a cluster are further apart than upstream's version skew policy allows.

    >>> skewed("v1.36.3", "v1.37.2"), skewed("v1.35.0", "v1.37.2-gke.1"), skewed("v1.37.0", "dev")
    (False, True, False)
    """
    minors = [re.match(r"v1\.(\d+)", version) for version in (client, server)]
    one, other = (int(minor[1]) if minor else None for minor in minors)
    return one is not None and other is not None and abs(one - other) > 1


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
        what = f"there is no kubeconfig at {sources}: name yours in KUBECONFIG"
        raise ClusterError(f"context {context!r}: {what}")
    read = [(file, _read(file)) for file in files]
    contexts, clusters, users = (_merged(read, kind) for kind in ("context", "cluster", "user"))
    if context not in contexts:
        raise ClusterError(unknown(f"context {context!r} in {sources}", context, sorted(contexts)))
    _, chosen = contexts[context]
    names = {}
    for kind, known in (("cluster", clusters), ("user", users)):
        names[kind] = str(chosen.get(kind, ""))
        if names[kind] not in known:
            what = f"the {kind} {names[kind]!r}, which is not there" if names[kind] else f"no {kind}"
            raise ClusterError(f"context {context!r} in {sources}: it names {what}")
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": names["cluster"], "cluster": _embedded(*clusters[names["cluster"]])}],
        "users": [{"name": names["user"], "user": _embedded(*users[names["user"]])}],
        "contexts": [{"name": context, "context": chosen}],
        "current-context": context,
    }


def _read(file: Path) -> dict[object, Any]:
    try:
        config = mapping.read(file.read_text(encoding="utf-8"))
    except mapping.MappingError as error:
        raise ClusterError(f"{file} is no kubeconfig that can be read: line {error.line}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ClusterError(f"{file} is no kubeconfig that can be read: {error}") from None
    return config


def _merged(
    read: Iterable[tuple[Path, Mapping[object, Any]]], kind: str
) -> dict[str, tuple[Path, dict[str, Any]]]:
    """What files have of a kind, by name, with its file; of two with one name the first, as for kubectl."""
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    for file, config in read:
        entries = config.get(f"{kind}s") or []
        for entry in entries if isinstance(entries, list) else [entries]:
            named = isinstance(entry, dict) and isinstance(entry.get("name"), str)
            value = (entry.get(kind) or {}) if named else None
            if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
                what = f"`{kind}s` is a list of entries, each with a name and a {kind}"
                raise ClusterError(f"{file} is no kubeconfig that can be read: {what}, not {shown(entry)}")
            found.setdefault(entry["name"], (file, value))
    return found


def _embedded(file: Path, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Take in the authority that an entry names; name in full its other files, and the program that it asks.

    All are relative to the entry's own file.
    """
    taken = {name: value for name, value in entry.items() if name not in FILES}
    base = file.parent.absolute()
    for name in FILES:
        if not entry.get(name) or entry.get(f"{name}-data"):  # which counts then
            continue
        named = os.path.normpath(base / str(entry[name]))  # as kubectl has it, where links lead elsewhere
        try:
            content = whole.read(Path(named))
        except (OSError, ValueError) as error:  # the second is what a path of no file system says
            why = error.strerror if isinstance(error, OSError) else error
            raise ClusterError(f"{file} names {shown(entry[name])} as {name}: {why}") from None
        if name == "certificate-authority":  # the pages need it too, who see no file of ours
            taken[f"{name}-data"] = base64.b64encode(content).decode()
        else:
            taken[name] = named
    program = entry.get("exec")
    if isinstance(program, dict) and "/" in str(program.get("command")):  # else it is looked up in the PATH
        taken["exec"] = {**program, "command": str(base / str(program["command"]))}
    return taken
