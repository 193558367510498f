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
    """What a page asks for, and what is wrong with how it does."""
    top = Where(page, 1)
    text = markdown.removeprefix("\ufeff")
    if _UNCLOSED.match(text) and not front_matter_length(text.split("\n")):
        unclosed = "this front matter is never closed, so nobody reads it: end it with a line ---"
        return Wishes(), [PageError(unclosed, top)]
    written = _written(text)
    try:
        settings = mapping.read(written).get("preuve", {})
    except mapping.MappingError as error:
        what = f"the front matter is not YAML: {error}"
        return Wishes(), [PageError(what, Where(page, error.line + 1))]
    if not isinstance(settings, dict):
        what = f"preuve: {shown(settings)} in the front matter: write `preuve: {{cluster: exclusive}}`"
        return Wishes(), [PageError(what, Where(page, mapping.line(written, "preuve") + 1))]
    if problems := [
        PageError(what, Where(page, mapping.line(written, "preuve", name) + 1))
        for name, what in _problems(settings)
    ]:
        return Wishes(), problems
    programs = dict.fromkeys(map(str, _listed(settings.get("programs", []))))
    return Wishes(settings.get("cluster") == "exclusive", tuple(programs)), []


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _problems(settings: Mapping[object, object]) -> Iterator[tuple[str, str]]:
    """What is wrong with a setting, by its name."""
    for name, value in settings.items():
        match name:
            case "cluster":
                if value != "exclusive":
                    what = f"preuve.cluster: {shown(value)} in the front matter"
                    yield "cluster", f"{what}: the only value is `exclusive`"
            case "programs":
                names = _listed(value)
                if not (names and all(isinstance(each, str) and _PROGRAM.fullmatch(each) for each in names)):
                    what = f"preuve.programs: {shown(value)} in the front matter"
                    yield "programs", f"{what}: name programs of this machine, e.g. `programs: [helm]`"
            case _:
                what = f"front matter key 'preuve.{name}'"
                yield str(name), unknown(what, str(name), ["cluster", "programs"])


def _written(text: str) -> str:
    r"""What stands between the two ``---`` at the top of a page that speaks to preuve; else nothing.

    >>> _written("---\ntitle: Pods\npreuve: {cluster: exclusive}\n---\n# Pods\n")
    'title: Pods\npreuve: {cluster: exclusive}'
    """
    if not text.startswith("---") or "preuve" not in text:
        return ""
    lines = re.split(r"\r\n?|\n", text)  # and at nothing else, as MkDocs
    return "\n".join(lines[1 : max(front_matter_length(lines), 1) - 1])


def exclusive_line(markdown: str) -> int:
    r"""The line at which a page asks for the whole cluster.

    >>> exclusive_line("---\ntitle: exclusive\npreuve: {cluster: exclusive}\n---\n")
    3
    """
    return mapping.line(_written(markdown.removeprefix("\ufeff")), "preuve", "cluster") + 1
