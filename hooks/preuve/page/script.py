"""A page as one bash script, and as one archive with its files: what a reader runs at home."""

from __future__ import annotations

import io
import shlex
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from preuve.page.plan import Command
from preuve.page.verbs import deletes, makes, reads

if TYPE_CHECKING:
    from preuve.page.plan import Plan

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first date that an archive can hold: the same page makes the same archive."""
EXECUTABLE = 0o755

REST = r"""rest() {
  local kinds=pods,replicasets,deployments,daemonsets,statefulsets,jobs,services
  local before now same=0 end=$((SECONDS + $1))
  while [ "$same" -lt 3 ] && [ "$SECONDS" -lt "$end" ]; do
    before=$now
    sleep 1
    now=$(kubectl get "$kinds" -o jsonpath='{.items[*].metadata.resourceVersion}')
    if [ "$now" = "$before" ]; then same=$((same + 1)); else same=0; fi
  done
}
"""
"""The engine's own wait knows each kind's conditions, and asks the nodes; this one asks what anybody may."""
UNTIL = """until={pattern}
while IFS= read -r line; do printf '%s\\n' "$line"; [[ $line =~ $until ]] && break; done < <({source})
kill "$!" """
OURS = "preuve cluster "
"""What begins a command that only our own cluster understands."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """The comments of a script, in one language."""

    files: str = "Files, beside this script:"
    namespace: str = "Run it in an empty namespace: bash {script}"
    """Takes ``script``."""
    rest: str = "Wait until nothing changes for three seconds, and no longer than the given seconds."
    wanted: str = "exit code {code} is wanted"
    """Takes ``code``."""
    until: str = "stop it at: {pattern}"
    """Takes ``pattern``."""
    ours: str = "only preuve's own cluster can do this: do the same to a node of yours"


def script(plan: Plan, remarks: Remarks) -> str:
    """The page's commands in order, each under its place in the page, with the waits between them.

    It wants the files beside it.
    """
    commands = [action for action in plan.actions() if isinstance(action, Command)]
    name = PurePosixPath(plan.page).with_suffix(".sh").name
    needed = "".join(f"#   {file.name}\n" for file in plan.files)
    parts = [
        f"#!/usr/bin/env bash\n# {plan.page}\n# {remarks.namespace.format(script=name)}\n",
        f"# {remarks.files}\n{needed}" if needed else "",
        f"\n# {remarks.rest}\n{REST}",
    ]
    since: list[str] = []
    for number, command in enumerate(commands):
        options = command.options
        notes = [
            *([remarks.wanted.format(code=options.exit)] if options.exit else []),
            *([remarks.until.format(pattern=options.until)] if options.until else []),
            *([remarks.ours] if command.source.startswith(OURS) else []),
        ]
        source = command.source
        if options.until and not source.rstrip().endswith("&"):
            source = UNTIL.format(pattern=shlex.quote(options.until), source=source)
        asks = bool(number) and reads(source)
        waits = options.settle and (asks or (deletes(source) and any(map(makes, since))))
        since = [*([] if waits else since), source]
        wait = f"rest {options.timeout:.0f}\n" if waits else ""
        note = f"  ({'; '.join(notes)})" if notes else ""
        parts.append(f"\n# {command.where}{note}\n{wait}{source}\n")
    return "".join(parts)


def archive(plan: Plan, remarks: Remarks) -> bytes:
    """The script and its files, in a folder of their own."""
    path = PurePosixPath(plan.page).with_suffix("")
    folder = "-".join(path.parts)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data, mode in (
            (f"{path.name}.sh", script(plan, remarks).encode(), EXECUTABLE),
            *((file.name, file.content, 0o644) for file in plan.files),
        ):
            entry = zipfile.ZipInfo(f"{folder}/{name}", EPOCH)
            entry.external_attr = mode << 16
            packed.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return content.getvalue()
