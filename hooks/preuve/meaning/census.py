"""The census of a namespace: the values in its objects that chance gave."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from preuve.meaning.chance import PICKED_NODE_PORTS, Chance
from preuve.meaning.literal import spells
from preuve.meaning.spans import SHAPES, Value, marked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from preuve.cluster.objects import Object
    from preuve.meaning.spans import Answer

HASHES = ("pod-template-hash", "controller-revision-hash")
"""The labels with the digest of a template; that of a StatefulSet or a DaemonSet may follow its name."""

ACCESS = "kube-api-access-"
"""How the volume with a Pod's token is called, before five characters of chance: `ServiceAccountVolumeName`
of Kubernetes, plugin/pkg/admission/serviceaccount."""

DEBUGGER = "debugger-"
"""How `kubectl debug` calls a container that nobody named; on a node, its Pod is `node-debugger-node1-x7k2p`:
kubectl's pkg/cmd/debug."""

_NEW = re.compile(r"(?<![\w.-])(?:\d{1,3}(?:\.\d{1,3}){3}|3[0-2]\d{3})(?![\w-]|\.\w)")
"""An address or a node port, perhaps."""


def named(obj: Object) -> Iterator[Value]:
    """The values in an object that chance gave: its name, addresses, node, ports, version.

    >>> pod = {"metadata": {"name": "web-x7k2p", "generateName": "web-"}, "spec": {"nodeName": "node2"}}
    >>> [value.text for value in named({"kind": "Pod", **pod})]
    ['web-x7k2p', 'node2']
    """
    metadata = obj["metadata"]
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    found = [(Chance.VERSION, metadata.get("resourceVersion"))]
    if metadata["name"].startswith(metadata.get("generateName") or "/"):
        found.append((Chance.POD, metadata["name"]))
    labels = metadata.get("labels") or {}
    found += [(Chance.HASH, labels[label].rpartition("-")[2]) for label in HASHES if label in labels]
    if obj["kind"] == "Pod":
        found.append((Chance.NODE, spec.get("nodeName")))
        found += [(Chance.POD, name) for name in _within(metadata["name"], spec)]
        hosts = [each["ip"] for each in status.get("hostIPs") or ()]
        found += [(Chance.ADDRESS, host) for host in hosts]
        pods = (each["ip"] for each in status.get("podIPs") or ())
        found += [(Chance.IP, pod) for pod in pods if pod not in hosts]
    if obj["kind"] == "Service":
        found += [(Chance.IP, each) for each in spec.get("clusterIPs") or ()]
        ports = [*(each.get("nodePort") for each in spec.get("ports") or ()), spec.get("healthCheckNodePort")]
        found += [(Chance.PORT, str(port)) for port in ports if port in PICKED_NODE_PORTS]
    for kind, text in found:
        if text and re.fullmatch(SHAPES[kind], text):
            yield Value(kind, text)


def _within(pod: str, spec: Object) -> Iterator[str]:
    """The names that chance completed: in a Pod's definition, and of the Pods that kubectl makes."""
    if pod.startswith(f"node-{DEBUGGER}{spec.get('nodeName')}-"):
        yield pod
    for field, beginning in (("volumes", ACCESS), ("ephemeralContainers", DEBUGGER)):
        yield from (each["name"] for each in spec.get(field) or () if each["name"].startswith(beginning))


def strange(output: str, public: str, known: Collection[Value]) -> bool:
    """Whether an output holds an address or a port that is not known yet: an object may be new.

    >>> strange("10.244.1.5 80:30008/TCP", "nodePort: 30008", [Value(Chance.IP, "10.244.1.5")])
    False
    >>> strange("NODE_PORT=31234", "nodePort: 30008", [])
    True
    """
    texts = {value.text for value in known}
    return any(found not in texts and not spells(public, found) for found in _NEW.findall(output))


def needed(known: Collection[Value], answers: Sequence[Answer], public: str) -> tuple[Value, ...]:
    """The known values that a transcript has to hold, because the form of its outputs does not tell them.

    Resource versions only where the page asks for some: they look like any number.
    """
    text = "\n".join(answer.output for answer in answers)
    asked = "resourceversion" in public.lower()
    found = {value for value in known if value.text in text and (asked or value.kind != Chance.VERSION)}
    if not found:
        return ()
    formal, full = (marked(answers, public, values) for values in ((), found))
    more = {
        (span.kind, span.of(answer.output))
        for answer, before, after in zip(answers, formal, full, strict=True)
        for span in {*after}.difference(before)
    }
    return tuple(
        sorted(
            value
            for value in found
            if any(value.kind == kind and value.text.endswith(shown) for kind, shown in more)
        )
    )
