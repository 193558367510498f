"""Why two runs of a page differ: the cluster is another one, its version is, or what the page shows is wrong.

The values that depend on the cluster are covered in both runs, which are then compared once more: where
nothing differs any longer, they were the cause. Only `preuve check --report` excuses such a difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from preuve.meaning.chance import Chance
from preuve.meaning.compare import PagePlay, diff
from preuve.meaning.literal import spells
from preuve.meaning.table import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

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

WAITING = "WaitForFirstConsumer"
"""The binding mode of a class whose claims stay Pending, without a volume, until a Pod uses them."""

_CLASS = re.compile(
    r"(?m)^( *(?:LoadBalancer Ingress|StorageClass|storageClassName|Provisioner): +"
    r"|.*\bvolume\.(?:beta\.)?kubernetes\.io/storage-provisioner: +)\S.*$"
)

_PROVISIONING = re.compile(
    r"(?m)^.*\bNormal +(?:ExternalProvisioning|Provisioning|ProvisioningSucceeded|WaitForFirstConsumer) .*\n?"
)
"""The events of a claim that comes by its volume: each provisioner has its own."""

_CLAIM = re.compile(
    r"(?m)^(?:Status|Volume|Annotations|Capacity|Access Modes|Conditions|Events):.*\n(?:[ \t].*\n)*"
)
"""What `kubectl describe` says of a claim that depends on whether it is bound yet."""

_NODE = re.compile(r"(?m)(?:(?<![\w./-])node/|^(?=\S+ Node ))([a-z0-9][a-z0-9.-]*)")
"""A node, as `-o name`, answers such as ``node/node3 cordoned`` and the facts of a drawing call it."""

_FITS = re.compile(r"\b\d+/\d+ nodes are available: .*")
"""Why a Pod is on no node: how many nodes there are, and how many of them take no Pods of a page, as kind's
control plane does, depends on the cluster; for what other reasons does not."""
_TAINTED = re.compile(r"\d+ node\(s\) had untolerated taint(?:\(s\))?(?: \{node-role\.[^}]*\})?(?:, |\. )?")


_RANGE = re.compile(r"\b\d+\.\d+\.\d+\.0/\d\d\b")
"""The addresses that a node gives its Pods."""


@dataclass(frozen=True, slots=True)
class _Apart:
    """What two clusters call differently, in either."""

    nodes: Collection[str]
    classes: Collection[str]
    homes: Collection[str]
    claims: bool
    """Whether claims wait for a Pod in one of them alone."""


def causes(
    old: PagePlay, new: PagePlay, versions: tuple[str, str], homes: Collection[str] = ()
) -> Mapping[int, Cause]:
    r"""For each output of two runs that differs, why.

    Args:
        old: what the page shows.
        new: what was answered now.
        versions: of the servers of both, such as ``v1.37.2``.
        homes: the namespaces in which they were played, if these have other names.

    >>> from preuve.meaning.spans import Answer
    >>> one = PagePlay([Answer("NAME   TYPE           EXTERNAL-IP\nweb    LoadBalancer   <pending>")])
    >>> two = PagePlay([Answer("NAME   TYPE           EXTERNAL-IP\nweb    LoadBalancer   172.18.0.4")])
    >>> dict(causes(one, two, ("v1.37.2", "v1.37.2")))
    {0: <Cause.ELSEWHERE: 'elsewhere'>}
    """
    found = {number: Cause.ELSEWHERE for number, _ in diff(old, new)}
    if found:
        nodes = {name for run in (old, new) for name in _nodes(run)}
        classes = {
            name for run in (old, new) for name in _listed(run, "PROVISIONER") if not spells(run.public, name)
        }
        waits = [any(WAITING in each.output for each in run.answers) for run in (old, new)]
        apart = _Apart(nodes, classes, homes, claims=waits[0] != waits[1])
        here, there = (_covered(run, apart) for run in (old, new))
        found |= {number: Cause.VERSION for number, _ in diff(here, there) if number in found}
        here, there = (
            _unversioned(run, version) for run, version in zip((here, there), versions, strict=True)
        )
        found |= {
            number: Cause.WRONG for number, _ in diff(here, there) if found.get(number) == Cause.VERSION
        }
    return found


def _nodes(run: PagePlay) -> Iterator[str]:
    """The names of nodes in a run: of those that have Pods of the page, and in its answers."""
    yield from (value.text for value in run.values if value.kind == Chance.NODE)
    yield from (name for each in run.answers for name in _NODE.findall(each.output))
    yield from _listed(run, "ROLES")


def _listed(run: PagePlay, column: str) -> Iterator[str]:
    """The names in those tables of a run that have a column which only one kind of object has."""
    for text in (each.output for each in run.answers):
        for row in (row for table in tables(text) if column in table.columns for row in table.rows):
            yield from (
                text[cell.start : cell.end].partition(" ")[0] for cell in row.cells if cell.column == "NAME"
            )


def _covered(run: PagePlay, apart: _Apart) -> PagePlay:
    answers = (
        each._replace(output=_elsewhere(_RANGE.sub(partial(_other, run.public), each.output), apart))
        for each in run.answers
    )
    return replace(run, answers=list(answers))


def _other(public: str, found: re.Match[str]) -> str:
    """What a page spells out as it is; all else is covered."""
    return found[0] if spells(public, found[0]) else COVERED


def _unversioned(run: PagePlay, version: str) -> PagePlay:
    number = version.removeprefix("v")
    return replace(
        run, answers=[each._replace(output=each.output.replace(number, "1.0.0")) for each in run.answers]
    )


def _elsewhere(text: str, apart: _Apart) -> str:
    """The text without what depends on the cluster; the columns of its tables stay where they are."""
    text = _named(text, apart.homes, COVERED, r"\w-")
    rows = {row.line: row for table in tables(text) for row in table.rows}
    lines: list[str] = []
    nodes: list[str] = []
    start = 0
    for number, line in enumerate(text.split("\n")):
        cells = {cell.column: cell for cell in rows[number].cells} if number in rows else {}
        space = cells.get("NAMESPACE")
        of_the_system = space and SYSTEM.fullmatch(text[space.start : space.end])
        covered = _covered_row(line, start, cells)
        if apart.claims and {"VOLUME", "STORAGECLASS"} <= cells.keys():
            covered = covered.partition(" ")[0]
        if (
            "ROLES" in cells
        ):  # of nodes there are more or fewer, by other names: those that say the same are one
            nodes.append(covered)
        else:
            lines += sorted({*nodes})
            nodes = []
            if not of_the_system:
                lines.append(covered)
        start += len(line) + 1
    plain = _CLASS.sub(rf"\1{COVERED}", _PROVISIONING.sub("", "\n".join([*lines, *sorted({*nodes})])))
    if apart.claims and "\nUsed By:" in plain:
        plain = _CLAIM.sub("", plain)
    plain = _named(_FITS.sub(_unfit, plain), apart.nodes, "node1")
    return _named(plain, apart.classes, "standard")


def _unfit(found: re.Match[str]) -> str:
    """Why nodes do not fit, whatever their number.

    >>> _unfit(_FITS.search("0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Too many pods."))
    '… nodes are available: … Too many pods.'
    """
    return re.sub(r"\b\d+(?:/\d+)?(?= )", COVERED, _TAINTED.sub("", found[0]))


def _named(text: str, names: Collection[str], name: str, apart: str = r"\w.-") -> str:
    """The text with one name in place of several, none of which follows a character that is `apart`."""
    for each in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<![{apart}]){re.escape(each)}(?![\w-])", name, text)
    return text


def _covered_row(line: str, start: int, cells: Mapping[str, Cell]) -> str:
    """A row of which the cells that tell of the cluster are covered; of nodes, their names and ages too."""
    for column, cell in cells.items():
        first, last = cell.start - start, cell.end - start
        telling = column in COLUMNS or (column in {"NAME", "AGE"} and "ROLES" in cells)
        if telling and (column == "ROLES" or line[first:last] not in {"", "<none>"}):
            line = f"{line[:first]}{COVERED:{last - first}}{line[last:]}"
    return line
