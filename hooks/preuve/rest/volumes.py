"""What a Pod's volumes should hold: ConfigMaps, Secrets, and what the Pod says of itself.

A kubelet writes these files, and again when what they show has changed: at its next look at the Pod, which
may be a minute later. A mount by ``subPath`` never follows; the volume that it is a part of does.
"""

from __future__ import annotations

import base64
import json
import posixpath
import re
from typing import TYPE_CHECKING

from preuve.cluster.objects import labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preuve.cluster.objects import Object, Snapshot

Files = dict[str, bytes | None]
"""By path; None where only the kubelet knows: a token, a limit that it computes."""

SEEN = b"kubernetes.io/config."
"""How annotations begin that a kubelet adds to its own copy of a Pod (upstream ``kubelet/types``)."""

_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")


def stale(pod: Object, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Tell which volumes of a Pod do not show yet what they should, and of what.

    Args:
        pod: one whose node can be asked; else there is nothing to tell.
        snapshot: where it is, with its ConfigMaps and Secrets.
    """
    report = snapshot.report(pod)
    held = report.volumes if report else {}
    for volume in pod["spec"].get("volumes", ()) if held else ():
        found = held.get((pod["metadata"]["uid"], volume["name"]))
        wanted = _expected(volume, pod, snapshot)
        if found is None or wanted is None:
            continue
        if found.keys() != wanted.keys() or any(
            content not in {None, found[path], _own(found[path])} for path, content in wanted.items()
        ):
            yield volume["name"], _named(volume)


def _own(content: bytes) -> bytes:
    """Drop the annotations that a kubelet adds."""
    return b"\n".join(line for line in content.split(b"\n") if not line.startswith(SEEN))


def _named(volume: Object) -> str:
    """Say what a volume shows."""
    if "configMap" in volume:
        return f"ConfigMap {volume['configMap']['name']}"
    if "secret" in volume:
        return f"Secret {volume['secret']['secretName']}"
    return "its Pod" if "downwardAPI" in volume else "its sources"


def _expected(volume: Object, pod: Object, snapshot: Snapshot) -> Files | None:
    """Tell what a volume should hold; nothing if it holds no such files, or stays as it is.

    It does where something that it needs is missing, or never changes.
    """
    sources = volume["projected"].get("sources", ()) if "projected" in volume else [volume]
    files: Files = {}
    for source in sources:
        found = _source(source, pod, snapshot)
        if found is None:
            return None
        files |= found
    return files


def _source(source: Object, pod: Object, snapshot: Snapshot) -> Files | None:
    match source:
        case {"configMap": shown}:
            return _data(shown, _object("ConfigMap", shown["name"], snapshot))
        case {"secret": shown}:
            return _data(shown, _object("Secret", shown.get("secretName") or shown["name"], snapshot))
        case {"downwardAPI": shown}:
            return {posixpath.normpath(item["path"]): _field(item, pod) for item in shown.get("items", ())}
        case {"serviceAccountToken": shown}:
            return {shown["path"]: None}
    return None


def _object(kind: str, name: str, snapshot: Snapshot) -> Object | None:
    return next((each for each in snapshot[kind] if each["metadata"]["name"] == name), None)


def _data(shown: Object, obj: Object | None) -> Files | None:
    """Return what a volume shows of a ConfigMap or a Secret (upstream ``MakePayload`` of both)."""
    optional = shown.get("optional", False)
    if obj is None:
        return {} if optional else None
    if obj.get("immutable"):  # its kubelet looks at it but once
        return None
    texts, raw = obj.get("data") or {}, obj.get("binaryData") or {}
    if obj["kind"] == "Secret":
        texts, raw = {}, texts
    data: Files = {key: text.encode() for key, text in texts.items()}
    data |= {key: base64.b64decode(content) for key, content in raw.items()}
    if not shown.get("items"):
        return data
    if not optional and any(item["key"] not in data for item in shown["items"]):
        return None
    return {item["path"]: data[item["key"]] for item in shown["items"] if item["key"] in data}


def _field(item: Object, pod: Object) -> bytes | None:
    """Return what a Pod says of itself (upstream ``fieldpath.ExtractFieldPathAsString``)."""
    path = item.get("fieldRef", {}).get("fieldPath", "")
    maps: Mapping[str, Mapping[str, str]] = {
        "labels": labels(pod),
        "annotations": pod["metadata"].get("annotations") or {},
    }
    if found := _SUBSCRIPT.fullmatch(path):
        return maps[found[1]].get(found[2], "").encode()
    name = path.removeprefix("metadata.")
    if name in maps:
        return _formatted(maps[name])
    return str(pod["metadata"][name]).encode() if name in {"name", "namespace", "uid"} else None


def _formatted(values: Mapping[str, str]) -> bytes | None:
    r"""Write labels or annotations as a kubelet does; nothing where Go quotes as JSON does not.

    >>> _formatted({"zone": "east", "note": 'two "words"\n'})
    b'note="two \\"words\\"\\n"\nzone="east"'
    """
    if not all(each.isprintable() or each in "\n\t\r" for value in values.values() for each in value):
        return None
    return "\n".join(
        f"{key}={json.dumps(values[key], ensure_ascii=False)}" for key in sorted(values)
    ).encode()
