"""What a project says of itself: the few settings under ``extra.preuve`` in mkdocs.yml, and two variables."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING

from preuve.errors import ConfigError, raise_all, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from preuve.errors import PreuveError


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
    """``embedded``, or ``context:NAME``."""
    kubernetes: str = "1.37"
    """The embedded cluster's minor version."""
    allow_exclusive: bool = False
    """Whether ``exclusive`` pages may have the whole of a cluster of the user's."""
    mode: Mode = Mode.AUTO

    @property
    def context(self) -> str:
        """The kubeconfig context of the user's cluster; empty for the embedded one."""
        return self.cluster.removeprefix("context:") if self.cluster != "embedded" else ""


def settings(written: object, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Args:
        written: what mkdocs.yml has under ``extra.preuve``; None if nothing.
        environment: the variables, ``PREUVE_MODE`` and ``PREUVE_CLUSTER`` among them; the process's unless
        given.

    Raises:
        ConfigError: all that does not fit, at once.
    """
    problems: list[PreuveError] = []
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {}
    known = [field.name for field in fields(Settings) if field.name != "mode"]
    if written is not None and not isinstance(written, dict):
        problems.append(
            ConfigError(f"extra.preuve: {written!r}: write names and values, e.g. `cluster: embedded`")
        )
        written = None
    for name, value in (written or {}).items():
        if name not in known:
            problems.append(ConfigError(unknown(f"setting 'extra.preuve.{name}'", str(name), known)))
        elif isinstance(value, bool) is not (name == "allow_exclusive"):
            kind = "true or false" if name == "allow_exclusive" else "text"
            problems.append(ConfigError(f"extra.preuve.{name}: {value!r}: write {kind}"))
        else:
            values[name] = value if isinstance(value, bool) else str(value)
    values["cluster"] = environment.get("PREUVE_CLUSTER") or values.get("cluster", "embedded")
    cluster = str(values["cluster"])
    if cluster != "embedded" and not re.fullmatch(r"context:\S.*", cluster):
        problems.append(
            ConfigError(f"cluster {cluster!r}: write `embedded`, or `context:NAME` with a context of yours")
        )
    mode = environment.get("PREUVE_MODE") or Mode.AUTO
    if mode in set(Mode):
        values["mode"] = Mode(mode)
    else:
        problems.append(ConfigError(unknown(f"PREUVE_MODE {mode!r}", mode, map(str, Mode))))
    raise_all(problems)
    return Settings(**values)  # type: ignore[arg-type]  # each was checked above
