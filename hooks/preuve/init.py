"""`preuve init`: what a repository needs to begin. What is there stays as it is, comments and all."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from importlib import metadata, resources
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import yaml

from preuve import cluster, mapping
from preuve.project import above, configured, find
from preuve.settings import CONFIGURATIONS
from preuve.show.strings import strings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from preuve.project import Project

DOCKERS = frozenset({"containerd", "runc"})
"""The Debian packages which a machine with Docker has already, and would lose Docker by installing."""

TYPED = frozenset({"curl", "jq"})
"""What pages type."""

FORGES = {"github": ".github/workflows/preuve.yml", "gitlab": ".gitlab/preuve.yml"}
"""The forges that are known, and where each has its workflow."""

INCLUDE = "include: { local: .gitlab/preuve.yml }\n"
"""The whole of a .gitlab-ci.yml that has nothing else."""

GIT = 10.0
"""Seconds that git has to tell its remotes."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done, or that is left to a person."""

    what: str
    """``wrote``, ``changed``, ``kept`` or ``yours``."""
    about: str
    """A path from the root of the repository; what to do, where it is left to a person."""


def init(start: Path, forges: Collection[str] = ()) -> Iterator[Step]:
    """Write what is missing, a workflow for each of `forges` too, which are found out unless given.

    Yields:
        each step, when it is done.

    Raises:
        ConfigError: there is a mkdocs.yml that cannot be read.
        OSError: a file cannot be written.
    """
    top = above(start, ".git")
    root = above(start, *CONFIGURATIONS) or top or start
    top = top or root
    yield from _configure(root, top)
    yield from _write_page(find(root), top)
    for forge in forges or _forges(top):
        values = {"@VERSION@": metadata.version("preuve"), **_packages(forge)}
        yield _write(top, top / FORGES[forge], _template(f"{forge}.yml", values))
        if forge == "gitlab":
            yield from _include(top)


def _configure(root: Path, top: Path) -> Iterator[Step]:
    path = configured(root)
    if not path.is_file():
        theme = (
            "theme: { name: material, features: [content.code.copy] }\n\n" if find_spec("material") else ""
        )
        name = json.dumps(root.name, ensure_ascii=False)
        (root / "docs").mkdir(exist_ok=True)
        yield _write(top, path, _template("mkdocs.yml", {"@NAME@": name, "@THEME@": theme}))
        return
    find(root)  # tells what is wrong with it
    text = path.read_bytes().decode()
    if _listed(mapping.read(text), root):
        yield Step("kept", _shown(top, path))
    elif changed := with_plugin(text):
        path.write_bytes(changed.encode())
        yield Step("changed", f"{_shown(top, path)}: `preuve` is among its plugins")
    else:
        yield Step("yours", f"write `preuve` among the plugins of {_shown(top, path)}")


def _listed(config: Mapping[object, Any], root: Path) -> bool:
    """Whether a mkdocs.yml has preuve already, as a plugin or as a hook: others name theirs so, too."""
    plugins, hooks = (
        [
            name
            for each in (part if isinstance(part, list | dict) else ())
            for name in (each if isinstance(each, dict) else [each])
        ]
        for part in (config.get("plugins"), config.get("hooks"))
    )
    doors = (root / str(name) for name in hooks if str(name).endswith("hooks/main.py"))
    return "preuve" in plugins or any(not door.is_file() or b"preuve" in door.read_bytes() for door in doors)


def with_plugin(text: str) -> str | None:
    r"""A mkdocs.yml with preuve among its plugins, all else as it was; None where a person had better do it.

    >>> with_plugin("plugins: [search] # all\nsite_name: x\n")
    'plugins: [search, preuve] # all\nsite_name: x\n'
    >>> with_plugin("plugins:\n  - search:\n      lang: fr\n  # more to come\nsite_name: x\n")
    'plugins:\n  - search:\n      lang: fr\n  - preuve\n  # more to come\nsite_name: x\n'
    >>> with_plugin("site_name: x")
    'site_name: x\n\nplugins:\n  - search\n  - preuve\n'
    """
    before = mapping.read(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    plugins = mapping.node(text, "plugins")
    match plugins:
        case None if "INHERIT" not in before:
            there: Any = ["search"]
            after = (
                text.rstrip("\r\n") + newline * 2 + newline.join(["plugins:", "  - search", "  - preuve", ""])
            )
        case yaml.SequenceNode(flow_style=True):
            there = before["plugins"]
            at = plugins.end_mark.index - 1
            after = f"{text[:at]}{', ' if there else ''}preuve{text[at:]}"
        case yaml.SequenceNode() | yaml.MappingNode(flow_style=False):
            there = before["plugins"]
            entry = "- preuve" if isinstance(there, list) else "preuve: {}"
            lines = text.splitlines(keepends=True)
            last = _last_line(plugins)
            lines[last] = lines[last].rstrip("\r\n") + newline
            lines.insert(last + 1, " " * plugins.start_mark.column + entry + newline)
            after = "".join(lines)
        case _:
            return None
    wanted = [*there, "preuve"] if isinstance(there, list) else {**there, "preuve": {}}
    try:
        return after if mapping.read(after) == {**before, "plugins": wanted} else None
    except mapping.MappingError:
        return None


def _last_line(node: yaml.Node) -> int:
    """The line, from 0, on which the last word of a node ends."""
    if not isinstance(node, yaml.CollectionNode) or not node.value or node.flow_style:
        end = node.end_mark
        return int(end.line - (end.column == 0 and end.line > node.start_mark.line))
    last = node.value[-1]
    return _last_line(last[1] if isinstance(last, tuple) else last)


def _write_page(project: Project, top: Path) -> Iterator[Step]:
    """Write a first page, and the manifest that it includes, unless a page runs something already."""
    pages, _ = project.surveyed()
    played = [page.name for page in pages if any(True for _ in page.plan.actions())]
    if played:
        yield Step("kept", _shown(top, project.docs / played[0]))
        return
    path = project.docs / ("preuve.md" if project.names() else "index.md")
    bases = [
        base for base in project.bases if not base.is_file() and base.resolve().is_relative_to(top.resolve())
    ]
    if not bases:
        yield Step("yours", "write a page with a `console` fence: its commands are run")
        return
    inside = "manifests/" if bases[0].resolve() == project.root.resolve() else ""
    manifest = bases[0] / inside / "preuve-web.yaml"
    yield _write(top, manifest, _template("web.yaml", {}))
    text = _template(
        f"page.{strings(project.language).language}.md", {"@MANIFEST@": f"{inside}{manifest.name}"}
    )
    yield _write(top, path, text)
    if project.nav:
        yield Step("yours", f"write {path.name} in the nav of {_shown(top, project.configuration)}")


def _include(top: Path) -> Iterator[Step]:
    path = top / ".gitlab-ci.yml"
    if not path.is_file():
        yield _write(top, path, INCLUDE)
    elif FORGES["gitlab"] not in path.read_text(encoding="utf-8"):
        yield Step("yours", f"write `{INCLUDE.strip()}` in {path.name}")


def _write(top: Path, path: Path, text: str) -> Step:
    """Write a file, unless it is there."""
    if path.exists():
        return Step("kept", _shown(top, path))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return Step("wrote", _shown(top, path))


def _packages(forge: str) -> dict[str, str]:
    """What a workflow installs: as it is here."""
    version = metadata.version("preuve")
    compiled = find_spec("preuve_cluster")
    wheels = [f"'preuve[mkdocs,play]=={version}'", *([f"preuve-cluster=={version}"] if compiled else [])]
    wheels += ["mkdocs-material"] if find_spec("material") else []
    packages = cluster.debian_packages(compiled=bool(compiled)) | TYPED
    packages -= DOCKERS if forge == "github" else frozenset()
    return {"@REQUIREMENTS@": " ".join(wheels), "@PACKAGES@": " ".join(sorted(packages))}


def _forges(top: Path) -> list[str]:
    """The forges that the repository is for, by its remotes and what is in it; all if nothing tells."""
    try:
        asked = subprocess.run(
            ("git", "remote", "--verbose"), cwd=top, capture_output=True, text=True, check=False, timeout=GIT
        )
        remotes = asked.stdout
    except OSError:  # no git here
        remotes = ""
    there = [forge for forge in FORGES if forge in remotes or any(top.glob(f".{forge}*"))]
    return there or list(FORGES)


def _template(name: str, values: Mapping[str, str]) -> str:
    text = resources.files("preuve").joinpath("templates", name).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(key, value)
    return text


def _shown(top: Path, path: Path) -> str:
    return path.relative_to(top).as_posix()
