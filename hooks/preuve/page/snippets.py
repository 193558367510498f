r"""The files that a page includes, as pymdownx.snippets would show them: its own decisions, asked beforehand.

>>> list(Snippets([]).whole(['--8<-- "pods/pod.yaml"', '--8<-- "b.yaml:2:4"', '--8<--', 'c.yml', '--8<--']))
[(0, 'pods/pod.yaml'), (3, 'c.yml')]
"""

from __future__ import annotations

import re
import sys
from itertools import zip_longest
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import yaml
from pymdownx.snippets import SnippetExtension, SnippetPreprocessor

from preuve.page.blocks import TAB

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

END_OF_LINE = re.compile(r"\r\n?|\n")
"""As Python reads a text file."""


def escaped(line: str, prefix: str = "") -> str:
    """A line of a fence that snippets shows as it is, behind the prefix of the fence.

    >>> escaped('--8<-- "x.md"', "    "), escaped('--8<-- "x.md"', "> "), escaped("8< pods")
    (';--8<-- "x.md"', '--8<-- "x.md"', '8< pods')
    >>> escaped("a -8<- or --8<-- [start:b]")
    'a -8<- or ;--8<-- [start:b]'
    """
    if "8<-" in line and (found := _notation(prefix + line)):
        at = found.start("escape") - len(prefix)
        return f"{line[:at]};{line[at:]}"
    return line


def _notation(line: str) -> re.Match[str] | None:
    """What snippets reads in a line, for an include or a part's mark of its own, escaped or not."""
    forms: tuple[re.Pattern[str], ...]
    forms = (SnippetPreprocessor.RE_ALL_SNIPPETS, SnippetPreprocessor.RE_SNIPPET_SECTION)
    return next(filter(None, (form.match(line) for form in forms)), None)


def altered(text: str) -> int:
    r"""The first line, from 1, that a YAML file has and does not show when it is included; 0 if it shows all.

    Comments that mark its parts are left out, and nobody misses them.

    >>> altered("a: 1\n# --8<-- [start:b]\nb: 2\n"), altered('a: |\n  --8<-- "x"\n')
    (0, 2)
    """
    if "8<-" not in text:
        return 0
    lines = END_OF_LINE.split(text)
    found = {number: match for number, line in enumerate(lines, 1) if (match := _notation(line))}
    marks = {
        number
        for number, match in found.items()
        if not match["escape"] and "section" in match.groupdict() and match["pre"].lstrip().startswith("#")
    }
    if marks:
        shown = "\n".join(line for number, line in enumerate(lines, 1) if number not in marks)
        meant = _meaning(shown)
        if meant is None or meant != _meaning("\n".join(lines)):
            marks = set()
    return min(found.keys() - marks, default=0)


def _meaning(text: str) -> list[tuple[object, ...]] | None:
    """What YAML there is in a text, comments left out; None if it is none."""
    try:
        return [(type(event), getattr(event, "value", None)) for event in yaml.parse(text, yaml.SafeLoader)]
    except (yaml.YAMLError, RecursionError):
        return None


class Snippets:
    """The includes of one page, by pymdownx.snippets' ``base_path`` and ``restrict_base_path``."""

    def __init__(self, bases: Sequence[Path], *, restricted: bool = True) -> None:
        config = SnippetExtension().getConfigs()
        config |= {"base_path": [str(base) for base in bases], "restrict_base_path": restricted}
        self._own = SnippetPreprocessor(config, SimpleNamespace(tab_length=TAB))

    def whole(self, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
        """The files that lines include as a whole: the number of the line, the path as it is written."""
        inside = False
        for number, line in enumerate(lines):
            match = self._own.RE_ALL_SNIPPETS.match(line)
            if match and match["escape"]:
                continue
            if match and not match["inline_marker"]:
                inside = not inside
            elif bool(match) is not inside:  # within a block, a line is a path, and no other form counts
                written = (match["snippet"][1:-1] if match else line).strip()
                target = None if written.startswith(";") else self._target(written)
                if target and not target["start"] and not target["section"]:
                    yield number, target["path"]

    def blocks(self, lines: Sequence[str]) -> Iterator[range]:
        """The lines between two marks that include one file each; a block that nothing ends goes on for ever.

        Of a range, the first number is the first mark's, and the last one that of the mark that ends it.
        """
        marks = [
            number
            for number, line in enumerate(lines)
            if (match := self._own.RE_ALL_SNIPPETS.match(line))
            and not (match["escape"] or match["inline_marker"])
        ]
        for first, last in zip_longest(marks[::2], marks[1::2], fillvalue=sys.maxsize - 1):
            yield range(first, last + 1)

    def _target(self, written: str) -> dict[str, str] | None:
        try:
            target: dict[str, str] | None = self._own.parse_snippet_target(written)
        except ValueError:  # the number of a line has more digits than Python reads
            return None
        return target

    def find(self, path: str) -> Path | None:
        """The file of which a path shows the content; None if snippets would show none."""
        found = self._own.get_snippet_path(path)
        return Path(found) if found else None
