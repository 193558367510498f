"""A page as one bash script: the very commands that were run, for a reader to run at home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preuve.plan import Command

if TYPE_CHECKING:
    from preuve.plan import Plan


def script(plan: Plan) -> str:
    """The page's commands in order, each under its place in the page; it wants the manifests beside it."""
    needed = "".join(f"#   {file.name}\n" for file in plan.files)
    parts = [
        f"#!/usr/bin/env bash\n# {plan.page}\n",
        f"# Manifests, beside this script:\n{needed}" if needed else "",
    ]
    for action in plan.actions():
        if not isinstance(action, Command):
            continue
        wanted = action.options.exit
        note = f"  (exit code {wanted} is wanted)" if wanted else ""
        note += f"  (interrupt it at: {action.options.until})" if action.options.until else ""
        parts.append(f"\n# {action.where}{note}\n{action.source}\n")
    return "".join(parts)
