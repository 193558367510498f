"""What images there are: ``sources/images.toml``, read and checked. That file explains itself."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from preuve.cluster.embedded.places import SOURCES
from preuve.errors import ConfigError, Where, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FILE = SOURCES / "images.toml"

FILE_KEYS = {"exclude": list, "image": dict, "binary": dict}
IMAGE_KEYS = {"packages": list, "versions": dict, "config": dict, "run": str, "base": bool}
BINARY_KEYS = {"binary": str, "path": str, "config": dict}
REQUIRED = {"image": ("packages", "versions", "config"), "binary": tuple(BINARY_KEYS)}
CONFIG_KEYS = {
    "Cmd": list,
    "Entrypoint": list,
    "Env": list,
    "ExposedPorts": dict,
    "Labels": dict,
    "StopSignal": str,
    "User": str,
    "Volumes": dict,
    "WorkingDir": str,
}
"""What a container's configuration may hold, by the OCI image specification."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """An image made of Debian packages, in a version per suite."""

    name: str
    packages: list[str]
    """The first one gives the image its version."""
    versions: dict[str, str]
    """By suite, the version that a person types."""
    config: dict[str, Any]
    run: str = ""
    """Shell commands that finish the tree, in its root directory."""
    base: bool = True
    """On top of the suite's essential packages."""


@dataclass(frozen=True, slots=True)
class Binary:
    """An image of one static binary, in the one version that its name ends with."""

    name: str
    binary: str
    """What it is called on the machine, or by who builds it."""
    path: str
    """Where it lies in the image."""
    config: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recipes:
    """All of them."""

    exclude: tuple[str, ...]
    """Shell patterns of the paths that no image holds."""
    images: tuple[Recipe, ...]
    binaries: tuple[Binary, ...]
    identity: str
    """A digest of what the file means: comments and spaces do not change it."""


def load(path: Path = FILE) -> Recipes:
    """Read and check the recipes.

    Raises:
        ConfigError: something in the file does not fit; several are told at once (`Problems`).
    """
    text = path.read_text()
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    raise_all(
        [ConfigError(message, Where(str(path), line_of(text, place))) for place, message in _check(content)]
    )
    return Recipes(
        tuple(content.get("exclude", ())),
        tuple(Recipe(name, **keys) for name, keys in content.get("image", {}).items()),
        tuple(Binary(name, **keys) for name, keys in content.get("binary", {}).items()),
        hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
    )


def offers(image: str) -> bool:
    """Whether the embedded cluster has an image by itself, as far as the recipes tell.

    >>> [offers(each) for each in ("nginx", "docker.io/library/nginx:1.22", "nginx:1.14.2", "mysql:5.6")]
    [True, True, False, False]
    """
    book = load()
    name, _, tag = image.removeprefix("docker.io/").removeprefix("library/").partition(":")
    versions = next((each.versions.values() for each in book.images if each.name == name), ())
    return any(each.name == image for each in book.binaries) or any(
        tag in {"", "latest"} or f"{one}.".startswith(f"{tag}.") or tag.startswith(f"{one}.")
        for one in versions
    )


def upstream(version: str) -> str:
    """The version that a Debian version packages.

    >>> upstream("5:8.0.2-3+deb13u1"), upstream("1.37.0-6+b3")
    ('8.0.2', '1.37.0')
    """
    return re.sub(r"^\d+:|[^\d.:].*$", "", version)


def tags(versions: Iterable[str]) -> dict[str, str]:
    """What one types for each version: the whole of it, or its beginning, which the newest wins.

    >>> for tag, version in tags(["1.26.3", "1.9.0"]).items():
    ...     print(tag, version)
    latest 1.26.3
    1 1.26.3
    1.9 1.9.0
    1.9.0 1.9.0
    1.26 1.26.3
    1.26.3 1.26.3
    """
    found: dict[str, str] = {}
    for version in sorted(versions, key=lambda version: [int(number) for number in version.split(".")]):
        numbers = version.split(".")
        found["latest"] = version
        found |= {".".join(numbers[: length + 1]): version for length in range(len(numbers))}
    return found


Place = tuple[str, ...]
"""Keys, from the file's root."""


def _check(content: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """What does not fit, and where."""
    yield from check_keys((), content, FILE_KEYS)
    for kind, known in (("image", IMAGE_KEYS), ("binary", BINARY_KEYS)):
        for name, table in _table(content, kind).items():
            place = (kind, name)
            if not isinstance(table, dict):
                yield place, f"[{'.'.join(place)}] is a table, not {table!r}"
                continue
            yield from check_keys(place, table, known)
            yield from check_keys((*place, "config"), _table(table, "config"), CONFIG_KEYS)
            for key in REQUIRED[kind]:
                if key not in table:
                    yield place, f"[{'.'.join(place)}] lacks the key {key!r}"
            if table.get("packages") == []:
                yield (*place, "packages"), "name the package that the image is about"
            for version in _table(table, "versions").values():
                if not isinstance(version, str):
                    yield (*place, "versions"), f"a version is a string: write '{version}' in quotes"


def check_keys(
    place: Place, table: Mapping[str, Any], known: Mapping[str, type]
) -> Iterator[tuple[Place, str]]:
    """What a table has that it should not: where, and what to tell.

    Args:
        place: the table's.
        table: what it holds.
        known: the keys that it may have, and what each may be.
    """
    where = f" in [{'.'.join(place)}]" if place else ""
    for key, value in table.items():
        if key not in known:
            near = get_close_matches(key, known, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            yield (*place, key), f"unknown key {key!r}{where}: {remedy}"
        elif not isinstance(value, known[key]):
            wanted = {list: "a list", dict: "a table", str: "a string", bool: "true or false"}[known[key]]
            yield (*place, key), f"{key!r}{where} is {wanted}, not {value!r}"


def _table(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = content.get(key)
    return table if isinstance(table, dict) else {}


def line_of(text: str, place: Place) -> int:
    """The line of a place, from 1, which tomllib does not tell: each key is found below the one before."""
    lines = text.splitlines()
    header = re.compile(
        r"""\s*\[+\s*{}\b""".format(r"""["']?\s*\.\s*["']?""".join(map(re.escape, place[:2])))
    )
    at = next((number for number, line in enumerate(lines) if header.match(line)), 0)
    for key in place[2:]:
        pattern = re.compile(rf"\s*(\[.*\.|\w+\.)?{re.escape(key)}\b")
        at = next((number for number in range(at, len(lines)) if pattern.match(lines[number])), at)
    return at + 1
