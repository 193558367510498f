"""A page's key: a digest of all that its outcome depends on.

Prose, titles, hidden comments and what is only shown are not in it, so editing them plays nothing again.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from preuve.page.plan import Command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from preuve.page.plan import Action, Plan

FORMAT = 2
"""Of transcripts; one of another format is refused, and its page played again."""


def key(plan: Plan, cluster: str, images: Mapping[str, str] | None = None) -> str:
    """Digest a plan.

    Args:
        plan: the page's; its name is its namespace's, which outputs print.
        cluster: the cluster's identity as the repository states it: Kubernetes minor, image recipes.
        images: by the name of each image that the author added, a digest of it; those count that it names.

    Returns:
        ``sha256:`` and 64 hexadecimal digits.
    """
    facts = {
        "format": FORMAT,
        "page": plan.page,
        "cluster": cluster,
        "exclusive": plan.exclusive,
        "files": {file.name: hashlib.sha256(file.content).hexdigest() for file in plan.files},
        "actions": [_facts(action) for action in plan.actions()],
    }
    if plan.programs:
        facts["programs"] = sorted(plan.programs)
    if own := {name: images[name] for name in named(plan, images)} if images else {}:
        facts["images"] = own
    return f"sha256:{hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()}"


def named(plan: Plan, images: Iterable[str]) -> list[str]:
    """The images that a page may ask for: it spells out the last word of their names, whatever the tag.

    So a page that pulls a tag which is not there yet changes with it; a page too many is only played again.

    Args:
        plan: the page's.
        images: names, as in ``docker.io/library/api:1.0``.
    """
    text = plan.public()
    return [name for name in images if name.rpartition(":")[0].rpartition("/")[2] in text]


def _facts(action: Action) -> list[object]:
    if not isinstance(action, Command):
        return ["draw", action.source]
    return ["run", action.source, action.options.asked()]
