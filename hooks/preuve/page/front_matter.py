"""What a page's front matter asks of preuve: the whole cluster, programs of the author's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preuve import mapping
from preuve.errors import PageError, Where, unknown
from preuve.mapping import shown
from preuve.page.blocks import front_matter_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UNCLOSED = re.compile(r"---[ \t]*\n(?:[\w-]+:.*\n|[ \t]+\S.*\n|#.*\n)*?preuve:[ \t]*(?:\{|$)", re.MULTILINE)
"""What looks like the beginning of a front matter that speaks to preuve: a rule and prose do not."""


_PROGRAM = re.compile(r"[A-Za-z0-9_][\w.+-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a page asks for beside its fences."""

    exclusive: bool = False
    """The whole cluster, and cluster-admin."""
    programs: tuple[str, ...] = ()
    """Programs of the machine that it is played on, by name, beside those that every page finds."""


def read(page: str, markdown: str) -> tuple[Wishes, list[PageError]]:
    """What a page asks for, and what is wrong with how it does.

    Args:
        page: its path below docs/, for messages.
        markdown: its whole text.
    """
    top = Where(page, 1)
    text = markdown.removeprefix("\ufeff")
    if _UNCLOSED.match(text) and not front_matter_length(text.split("\n")):
        unclosed = "this front matter is never closed, so nobody reads it: end it with a line ---"
        return Wishes(), [PageError(unclosed, top)]
    try:
        settings = _settings(text).get("preuve", {})
    except mapping.MappingError as error:
        what = f"the front matter is not YAML: {error}"
        return Wishes(), [PageError(what, Where(page, error.line + 1))]
    if not isinstance(settings, dict):
        what = f"preuve: {shown(settings)} in the front matter: write `preuve: {{cluster: exclusive}}`"
        return Wishes(), [PageError(what, top)]
    if problems := [PageError(each, top) for each in _problems(settings)]:
        return Wishes(), problems
    programs = dict.fromkeys(map(str, _listed(settings.get("programs", []))))
    return Wishes(settings.get("cluster") == "exclusive", tuple(programs)), []


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _problems(settings: Mapping[object, object]) -> Iterator[str]:
    for name, value in settings.items():
        match name:
            case "cluster":
                if value != "exclusive":
                    yield f"preuve.cluster: {shown(value)} in the front matter: the only value is `exclusive`"
            case "programs":
                names = _listed(value)
                if not (names and all(isinstance(each, str) and _PROGRAM.fullmatch(each) for each in names)):
                    yield (
                        f"preuve.programs: {shown(value)} in the front matter: "
                        "name programs of this machine, e.g. `programs: [helm]`"
                    )
            case _:
                yield unknown(f"front matter key 'preuve.{name}'", str(name), ["cluster", "programs"])


def _settings(text: str) -> Mapping[object, object]:
    r"""The settings between the two ``---`` at the top of a page; nothing if there are none.

    >>> _settings("---\ntitle: Pods\npreuve: {cluster: exclusive}\n---\n# Pods\n")["preuve"]
    {'cluster': 'exclusive'}
    >>> _settings("---\npreuve: {cluster: exclusive}\nkey: !ENV KEY\n---\n")["preuve"]
    {'cluster': 'exclusive'}
    """
    if not text.startswith("---") or "preuve" not in text:
        return {}
    lines = re.split(r"\r\n?|\n", text)  # and at nothing else, as MkDocs
    length = front_matter_length(lines)
    return mapping.read("\n".join(lines[1 : length - 1])) if length else {}


def exclusive_line(markdown: str) -> int:
    r"""The line at which a page asks for the whole cluster.

    >>> exclusive_line("---\ntitle: exclusive\npreuve: {cluster: exclusive}\n---\n")
    3
    """
    lines = enumerate(markdown.splitlines(), 1)
    return next(
        (number for number, line in lines if re.search(r"\bcluster[\"']?\s*:.*\bexclusive\b", line)), 1
    )
