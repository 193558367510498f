"""What a project says of itself: the few settings under ``extra.preuve`` in mkdocs.yml, and two variables."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.errors import ConfigError, raise_all, unknown
from preuve.mapping import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from preuve.errors import PreuveError, Where


_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LONGEST = 63
"""A namespace's name is a DNS label (RFC 1123)."""


CONFIGURATIONS = ("mkdocs.yml", "mkdocs.yaml")
"""What MkDocs calls its settings: the first that is there."""

DISTRIBUTIONS = ("k3d", "kind", "minikube")
"""What the embedded cluster can stand in for."""

MINORS = ("1.37", "1.36")
"""The versions of Kubernetes that the embedded cluster can have."""

_CLUSTER = re.compile(rf"embedded(:({'|'.join(DISTRIBUTIONS)})(:[1-9])?)?|context:\S.*")


class Mode(StrEnum):
    """What a build does with the pages' commands."""

    AUTO = "auto"
    """Replay what is current, play the rest."""
    REPLAY = "replay"
    """Never play: a stale page fails a build."""
    PLAY = "play"
    """Play every page."""
    CHECK = "check"
    """Play every page, and compare with its transcript."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a project, all checked."""

    cluster: str = "embedded"
    """``embedded``, ``embedded:kind`` or ``embedded:kind:3`` to stand in for another one, or
    ``context:NAME``."""
    kubernetes: str = "1.37"
    """The embedded cluster's minor version."""
    allow_exclusive: bool = False
    """Whether ``exclusive`` pages may have the whole of a cluster of the user's. Their namespace is taken
    away after them; what else they change there stays: a page that cordons a node has to uncordon it."""
    namespace: str = ""
    """The namespace of a cluster of the user's in which all pages are played, one by one; empty if each has
    one of its own. On the embedded cluster it says nothing."""
    recipes: str = ""
    """The file that names images of the author's (`preuve.cluster.embedded.additions`), from `root`."""
    root: Path = Path()
    """The folder of mkdocs.yml."""
    mode: Mode = Mode.AUTO
    stated: str = "embedded"
    """The cluster that mkdocs.yml names, and the namespace there, whatever the variables say: the transcripts
    are answers of it."""

    @property
    def context(self) -> str:
        """The kubeconfig context of the user's cluster; empty for the embedded one."""
        kind, _, name = self.cluster.partition(":")
        return name if kind == "context" else ""

    @property
    def profile(self) -> str:
        """What the embedded cluster stands in for, and with how many nodes; empty if it is as it comes."""
        return profile(self.cluster)


def profile(cluster: str) -> str:
    """What a cluster stands in for, by its setting.

    >>> profile("embedded:kind:3"), profile("embedded"), profile("context:kind-kind")
    ('kind:3', '', '')
    """
    kind, _, name = cluster.partition(":")
    return name if kind == "embedded" else ""


def settings(
    extra: object,
    environment: Mapping[str, str] | None = None,
    find: Callable[..., Where | None] = lambda *_: None,
    root: Path = Path(),
) -> Settings:
    """Read the settings.

    Args:
        extra: what mkdocs.yml has under ``extra``; None if nothing.
        environment: the variables, ``PREUVE_MODE``, ``PREUVE_CLUSTER`` and ``PREUVE_NAMESPACE`` among them;
        the process's unless given.
        find: says where mkdocs.yml has what some names lead to, for messages.
        root: the folder of mkdocs.yml.

    Raises:
        ConfigError: all that does not fit, at once.
    """
    problems: list[PreuveError] = []
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {"root": root}
    known = [field.name for field in fields(Settings) if field.name not in {"mode", "root", "stated"}]
    extra = extra if isinstance(extra, Mapping) else {}
    written = extra.get("preuve")
    if slip := _slip(extra, known):
        problems.append(
            ConfigError(f"unknown name 'extra.{slip}': did you mean 'extra.preuve'?", find("extra", slip))
        )
    if written is not None and not isinstance(written, dict):
        problems.append(
            ConfigError(
                f"extra.preuve: {shown(written)}: write names and values, e.g. `cluster: embedded`",
                find("extra", "preuve"),
            )
        )
        written = None
    for name, value in (written or {}).items():
        switch = name == "allow_exclusive"
        if name not in known:
            message = unknown(f"setting 'extra.preuve.{name}'", str(name), known)
        elif not isinstance(value, str | int | float) or isinstance(value, bool) is not switch:
            message = f"extra.preuve.{name}: {shown(value)}: write {'true or false' if switch else 'text'}"
        else:
            values[name] = value if isinstance(value, bool) else str(value)
            continue
        problems.append(ConfigError(message, find("extra", "preuve", str(name))))
    values["stated"] = values.get("cluster", "embedded")
    by_variable = environment.get("PREUVE_CLUSTER")
    values["cluster"] = cluster = str(by_variable or values.get("cluster", "embedded"))
    if not _CLUSTER.fullmatch(cluster):
        named = f"PREUVE_CLUSTER {cluster!r}" if by_variable else f"extra.preuve.cluster: {cluster!r}"
        problems.append(
            ConfigError(
                f"{named}: write `embedded`, or `context:NAME` with a context of yours, or "
                f"`embedded:NAME` to stand in for {', '.join(DISTRIBUTIONS)} (`embedded:kind:3`: 3 nodes)",
                None if by_variable else find("extra", "preuve", "cluster"),
            )
        )
    if (minor := values.get("kubernetes", MINORS[0])) not in MINORS:
        problems.append(
            ConfigError(
                f"extra.preuve.kubernetes: {minor!r}: write {' or '.join(map(repr, MINORS))}",
                find("extra", "preuve", "kubernetes"),
            )
        )
    problems += _namespace(values, environment, find)
    recipes = str(values.get("recipes", ""))
    if recipes and not (root / recipes).is_file():
        problems.append(
            ConfigError(
                f"extra.preuve.recipes: there is no file {recipes} beside mkdocs.yml",
                find("extra", "preuve", "recipes"),
            )
        )
    mode = environment.get("PREUVE_MODE") or Mode.AUTO
    if mode in set(Mode):
        values["mode"] = Mode(mode)
    else:
        problems.append(ConfigError(unknown(f"PREUVE_MODE {mode!r}", mode, map(str, Mode))))
    raise_all(problems)
    return Settings(**values)  # type: ignore[arg-type]  # each was checked above


def _namespace(
    values: dict[str, object], environment: Mapping[str, str], find: Callable[..., Where | None]
) -> Iterator[PreuveError]:
    """Settle which namespace pages are given; yield what is wrong with it."""
    written = str(values.get("namespace", ""))
    if written and str(values["stated"]).startswith("context:"):
        values["stated"] = f"{values['stated']}, namespace {written}"
    by_variable = environment.get("PREUVE_NAMESPACE")
    name = by_variable or written
    values["namespace"] = name if str(values["cluster"]).startswith("context:") else ""
    if name and not (_LABEL.fullmatch(name) and len(name) <= _LONGEST):
        named = f"PREUVE_NAMESPACE {name!r}" if by_variable else f"extra.preuve.namespace: {name!r}"
        yield ConfigError(
            f"{named}: write the name of one that is there, e.g. `team-a`",
            None if by_variable else find("extra", "preuve", "namespace"),
        )


def _slip(extra: Mapping[object, object], known: list[str]) -> str:
    """The name under ``extra`` that has our settings, and is nearly ours; empty if there is none."""
    others = [
        name
        for name, value in extra.items()
        if isinstance(name, str) and name != "preuve" and isinstance(value, dict) and value
        if set(value) <= set(known)
    ]
    return next(iter(difflib.get_close_matches("preuve", others, n=1, cutoff=0.8)), "")
