"""Why two runs of a page differ: the cluster is another one, its version is, or what the page shows is wrong.

The values that depend on the cluster are covered in both runs, which are then compared once more: where
nothing differs any longer, they were the cause. Only `preuve check --report` excuses such a difference.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from preuve.meaning.compare import Run, diff
from preuve.meaning.kinds import Kind
from preuve.meaning.table import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from preuve.meaning.table import Cell


class Cause(StrEnum):
    """Of a difference, from the harmless one to the one that must be mended."""

    ELSEWHERE = "elsewhere"
    """Another cluster has other addresses, node names, storage classes, Pods of its own."""
    VERSION = "version"
    """An output tells the version of Kubernetes, and it is another one."""
    WRONG = "wrong"
    """Neither explains it."""


COLUMNS = frozenset(
    {
        *("EXTERNAL-IP", "INTERNAL-IP", "ROLES", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"),
        *("STORAGECLASS", "PROVISIONER", "VOLUMEBINDINGMODE", "ALLOWVOLUMEEXPANSION", "RECLAIMPOLICY"),
    }
)
"""What kubectl's tables say of nodes, load balancers and storage classes: each distribution has its own
(kind: `standard`, WaitForFirstConsumer; minikube: `standard`, Immediate; k3d: `local-path`, an address at
once where kind says ``<pending>`` [their documentation])."""

SYSTEM = re.compile(r"kube-(?:system|public|node-lease)|local-path-storage|metallb-system")
"""The namespaces in which distributions run Pods of their own."""

COVERED = "…"

_CLASS = re.compile(r"(?m)^( *(?:LoadBalancer Ingress|StorageClass|storageClassName|Provisioner): +)\S.*$")


def causes(old: Run, new: Run, versions: tuple[str, str], homes: Collection[str] = ()) -> Mapping[int, Cause]:
    r"""For each output of two runs that differs, why.

    Args:
        old: what the page shows.
        new: what was answered now.
        versions: of the servers of both, such as ``v1.37.2``.
        homes: the namespaces in which they were played, if these have other names.

    >>> from preuve.meaning.spans import Answer
    >>> one = Run([Answer("NAME   TYPE           EXTERNAL-IP\nweb    LoadBalancer   <pending>")])
    >>> two = Run([Answer("NAME   TYPE           EXTERNAL-IP\nweb    LoadBalancer   172.18.0.4")])
    >>> dict(causes(one, two, ("v1.37.2", "v1.37.2")))
    {0: <Cause.ELSEWHERE: 'elsewhere'>}
    """
    found = {number: Cause.ELSEWHERE for number, _ in diff(old, new)}
    if found:
        nodes = {value.text for run in (old, new) for value in run.values if value.kind == Kind.NODE}
        here, there = (_covered(run, nodes, homes) for run in (old, new))
        found |= {number: Cause.VERSION for number, _ in diff(here, there) if number in found}
        here, there = (
            _unversioned(run, version) for run, version in zip((here, there), versions, strict=True)
        )
        found |= {
            number: Cause.WRONG for number, _ in diff(here, there) if found.get(number) == Cause.VERSION
        }
    return found


def _covered(run: Run, nodes: Collection[str], homes: Collection[str]) -> Run:
    outputs = (_elsewhere(_named(each.output, homes, COVERED, r"\w-"), nodes) for each in run.answers)
    answers = zip(run.answers, outputs, strict=True)
    return replace(run, answers=[each._replace(output=output) for each, output in answers])


def _unversioned(run: Run, version: str) -> Run:
    number = version.removeprefix("v")
    return replace(
        run, answers=[each._replace(output=each.output.replace(number, "1.0.0")) for each in run.answers]
    )


def _elsewhere(text: str, nodes: Collection[str]) -> str:
    """The text without what depends on the cluster; the columns of its tables stay where they are."""
    rows = {row.line: row for table in tables(text) for row in table.rows}
    lines: list[str] = []
    start = 0
    for number, line in enumerate(text.split("\n")):
        cells = {cell.column: cell for cell in rows[number].cells} if number in rows else {}
        space = cells.get("NAMESPACE")
        of_the_system = space and SYSTEM.fullmatch(text[space.start : space.end])
        covered = _covered_row(line, start, cells)
        # Of nodes there are more or fewer: those that say the same are one.
        if not of_the_system and not ("ROLES" in cells and covered in lines):
            lines.append(covered)
        start += len(line) + 1
    plain = _CLASS.sub(rf"\1{COVERED}", "\n".join(lines))
    return _named(plain, nodes, "node1")


def _named(text: str, names: Collection[str], name: str, apart: str = r"\w.-") -> str:
    """The text with one name in place of several, none of which follows a character that is `apart`."""
    for each in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<![{apart}]){re.escape(each)}(?![\w-])", name, text)
    return text


def _covered_row(line: str, start: int, cells: Mapping[str, Cell]) -> str:
    """A row of which the cells that tell of the cluster are covered; in a list of nodes, their names too."""
    for column, cell in cells.items():
        first, last = cell.start - start, cell.end - start
        telling = column in COLUMNS or (column == "NAME" and "ROLES" in cells)
        if telling and line[first:last] not in {"", "<none>"}:
            line = f"{line[:first]}{COVERED:{last - first}}{line[last:]}"
    return line
