"""Masks secrets in outputs, before anything is stored or shown.

Three ways find them. By place: the values of Secrets, the credentials of kubeconfigs. By shape: JSON Web
Tokens, private keys. By value: what a command prints alone (`-o jsonpath='{.data.password}'`, `printenv
PASSWORD`) is compared with the Secrets of the namespace.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from preuve.cluster.objects import Object

MASK = "•" * 8
"""Always as long, so that it does not tell the length of a secret."""

CREDENTIALS = frozenset({"client-key-data", "token", "password", "id-token", "refresh-token", "access-token"})
"""Keys of a kubeconfig's users, of its auth providers too; certificates are public.

What a user's ``exec`` gives to the program that fetches a token is secret too: kubectl itself shows it.
"""

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which `kubectl apply` keeps a copy of the object, as JSON."""

OMITTED = frozenset({"REDACTED", "DATA+OMITTED", ""})
"""What kubectl says instead of a secret."""

SHORTEST = 6
"""A value is masked wherever it stands if it has this many characters: a shorter one may be any word."""

SHORTEST_LINE = 20
"""The same for a line of a longer value: a shorter one may be in any file (``kind: ConfigMap``)."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DOCUMENT = re.compile(
    r"^[ ]*(?:(?:- )?(?:apiVersion|kind):|\{|\[).*(?:\n(?:[ }\]-].*|[\w\"'./-]+:.*|(?=\n)))*", re.MULTILINE
)
_SUSPECT = re.compile(r'\b(?:d|stringD)ata"?:|\bkind"?: *"?Config\b')
_ENTRIES = re.compile(r"""^( *)(?:- )?"?(?:data|stringData)"?:.*\n(?:\1 .*\n?)+""", re.MULTILINE)
_ENTRY = re.compile(r"""^( +(?:[\w."-]+: *)?"?)([^\s"{}\[\]]+)""", re.MULTILINE)
_LINE = re.compile(r"\S.*")
_JWT = re.compile(r"\beyJ[\w-]{4,}\.eyJ[\w-]{4,}\.[\w-]*")
_PRIVATE_KEY = re.compile(r"(?<=PRIVATE KEY-----\n)(?:[\w+/=:, -]+\n)+?(?=[ ]*-----END|\Z)")
_NAMED = re.compile(r'(?:client-key-data"?: *"?|(?i:authorization: bearer ))([^\s",]+)')


def known(secrets: Iterable[Object]) -> frozenset[str]:
    """The values of Secrets that may not be shown: each as encoded, and its lines decoded.

    >>> sorted(known([{"kind": "Secret", "data": {"password": "aHVudGVyMg==", "pin": "MTIzNA=="}}]))
    ['MTIzNA==', 'aHVudGVyMg==', 'hunter2']
    """
    encoded = {value for secret in secrets for value in (secret.get("data") or {}).values() if value}
    return frozenset(encoded).union(*map(_lines_of, encoded))


def _lines_of(encoded: str) -> Iterator[str]:
    lines = base64.b64decode(encoded).decode(errors="replace").splitlines()
    shortest = SHORTEST if len(lines) == 1 else SHORTEST_LINE
    return (line.strip() for line in lines if len(line.strip()) >= shortest)


def mask(output: str, public: str, hidden: Collection[str] = ()) -> str:
    r"""The output without its secrets; lines, keys and quotes stay.

    Args:
        output: what a command printed.
        public: what the page itself spells out, its commands and manifests: no secret, nor is its base64.
        hidden: what is masked wherever it stands: `known` values.

    >>> secret = "apiVersion: v1\ndata:\n  password: aHVudGVyMg==\nkind: Secret\n"
    >>> print(mask(secret, public=""), end="")
    apiVersion: v1
    data:
      password: ••••••••
    kind: Secret
    >>> mask(secret, public="--from-literal=password=hunter2") == secret
    True
    >>> mask("hunter2 and others", "", ["hunter2"])
    '•••••••• and others'
    """
    text = _DOCUMENT.sub(lambda match: _document(match[0], public), output)
    text = _JWT.sub(lambda match: _masked(match[0], public), text)
    text = _PRIVATE_KEY.sub(lambda match: _lines(match[0], public), text)
    for value in sorted(hidden, key=len, reverse=True):
        if value in text and not _is_public(value, public):
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", MASK, text)
    return _NAMED.sub(lambda match: match[0].removesuffix(match[1]) + _masked(match[1], public), text)


def _document(text: str, public: str) -> str:
    """A YAML or JSON text, its secrets masked."""
    if not _SUSPECT.search(text):
        return text
    try:
        documents = list(yaml.compose_all(text, _LOADER))
    except (yaml.YAMLError, RecursionError):
        return _ENTRIES.sub(lambda block: _values(block[0], public), text)
    # By place: what has an alias is found twice.
    found = {value.start_mark.index: value for node in documents for value in _secrets(node)}
    for start, value in sorted(found.items(), reverse=True):
        end = value.end_mark.index
        text = text[:start] + _scalar(text[start:end], value, public) + text[end:]
    return text


def _secrets(document: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """The values of an object that are secret, in it or in those that it lists.

    An object whose kind was cut off (`| head`) is taken for a Secret; one of a list that the API itself gives
    (`get --raw`) has the list's.
    """
    waiting, seen = [(document, "")], set[tuple[int, str]]()
    while waiting:
        node, kind = waiting.pop()
        if (id(node), kind) in seen:  # aliases can make it endless
            continue
        seen.add((id(node), kind))
        waiting += [(item, kind) for item in _items(node)]
        fields = _fields(node)
        if isinstance(written := fields.get("kind"), yaml.ScalarNode):
            kind = written.value
        elif "apiVersion" in fields:
            kind = "Secret"
        if kind == "Secret":
            for key in ("data", "stringData"):
                yield from _scalars(fields.get(key))
            yield from _scalars(_fields(_fields(fields.get("metadata")).get("annotations")).get(LAST_APPLIED))
        elif kind == "Config":
            for each in _nodes(node):
                yield from _credentials(each)
        elif kind.endswith("List"):
            waiting.append((fields.get("items"), kind.removesuffix("List")))


def _credentials(user: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """The values of a user of a kubeconfig that are secret."""
    fields = _fields(user)
    for key in CREDENTIALS & fields.keys():
        yield from _scalars(fields[key])
    for variable in _items(_fields(fields.get("exec")).get("env")):
        yield from _scalars(_fields(variable).get("value"))


def _fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return {key.value: value for key, value in pairs if isinstance(key, yaml.ScalarNode)}


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _nodes(top: yaml.Node | None) -> Iterator[yaml.Node]:
    """A node and all beneath it, each once."""
    waiting, seen = [top], set[int]()
    while waiting:
        node = waiting.pop()
        if node and id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting += _items(node) or _fields(node).values()


def _scalars(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    return (value for value in _nodes(node) if isinstance(value, yaml.ScalarNode))


def _scalar(source: str, value: yaml.ScalarNode, public: str) -> str:
    """A value as it is written, masked; of one that holds a document, what is secret in it."""
    if _is_public(value.value, public):
        return source
    block = value.style in {"|", ">"}
    if value.value.lstrip().startswith("{"):
        inner = mask(value.value, public)
        return source if inner == value.value else mask(source, public) if block else json.dumps(inner)
    if block:
        header, _, body = source.partition("\n")
        return f"{header}\n{_lines(body, public)}"
    quote = value.style or ""
    return f"{quote}{MASK}{quote}"


def _values(text: str, public: str) -> str:
    return _ENTRY.sub(lambda entry: entry[1] + _masked(entry[2], public), text)


def _lines(text: str, public: str) -> str:
    return _LINE.sub(lambda line: _masked(line[0], public), text)


def _masked(value: str, public: str) -> str:
    return value if _is_public(value, public) else MASK


def _is_public(value: str, public: str) -> bool:
    """Whether a page spells out a value, or what it encodes; a page's lines may be indented otherwise."""
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except ValueError:  # not base64, or of something that is no text
        decoded = value
    return value in OMITTED or any(
        text.strip() and all(line.strip() in public for line in text.splitlines())
        for text in (value, decoded)
    )
