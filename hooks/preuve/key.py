"""A page's key: a digest of all that its outcome depends on.

Prose, titles, hidden comments and what is only shown are not in it, so editing them plays nothing again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from typing import TYPE_CHECKING

from preuve.plan import Command, Options
from preuve.transcript import FORMAT

if TYPE_CHECKING:
    from preuve.plan import Action, Plan


OUTCOME = [option.name for option in fields(Options) if option.name not in {"hidden", "exec", "why"}]
"""The options on which an outcome depends."""


def key(plan: Plan, cluster: str) -> str:
    """Digest a plan.

    Args:
        plan: the page's.
        cluster: the cluster's identity as the repository states it: Kubernetes minor, image recipes.

    Returns:
        ``sha256:`` and 64 hexadecimal digits.
    """
    told = {
        "format": FORMAT,
        "cluster": cluster,
        "exclusive": plan.exclusive,
        "files": {file.name: hashlib.sha256(file.content).hexdigest() for file in plan.files},
        "actions": [_told(action) for action in plan.actions()],
    }
    return f"sha256:{hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()}"


def _told(action: Action) -> list[object]:
    if not isinstance(action, Command):
        return ["draw", action.source]
    return ["run", action.source, {name: getattr(action.options, name) for name in OUTCOME}]
