"""The fences of a page, as pymdownx.superfences finds them.

`parse` reads a page line by line and keeps superfences' own rules: what a header may say, which line
closes a fence, when a fence is given up. Two things are only known once Markdown has read the whole page:
whether a fence stands in an HTML comment, and whether it stands in an indented code block, which shows it.
Where a page may have either, Markdown itself is asked.

A header is judged by its form: which options a language takes is the business of its formatter.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from io import StringIO
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from markdown import Markdown
from markdown.treeprocessors import InlineProcessor
from markdown.util import Registry

from preuve.errors import PageError, Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

RUN = frozenset({"console", "cluster", "proofs"})
"""The languages that preuve acts on: a slip in their headers is told, one in another's is left alone."""

_NOWHERE = Where("", 0)

TAB = 4
"""Columns of a tab and of a level of indentation (``tab_length`` of Python-Markdown)."""

_HEADER = re.compile(
    r"""(?P<fence>`{3,}|~{3,})
    (?: [ ]*\.?(?P<language>[\w\#.+-]+)(?=[ ]|$) )?
    (?: [ ]*\{(?P<attributes>.*)\}
      | (?P<options> (?: [ ]*[a-zA-Z][a-zA-Z0-9_]*(?:=(?P<quote>["']).*?(?P=quote))?(?=[ ]|$) )+ )
    )?
    [ ]*$""",
    re.VERBOSE,
)
_OPTION = re.compile(r"""(?P<key>[a-zA-Z][a-zA-Z0-9_]*)(?:=(?P<quote>["'])(?P<value>.*?)(?P=quote))?""")
_ATTRIBUTE = re.compile(r"""([^ =}]+)(?:="(.*?)"|='(.*?)'|=([^ =}]+))?| +""")

_MISTAKE = re.compile(
    r"(?P<item>(?:[-*+]|\d+[.)]) +)?(?P<fence>`{3,}(?!.*`)|~{3,})[ {.]*(?P<language>[\w#+-]*)(?P<rest>.*)"
)
"""What looks like a header to a person; not a line that begins with inline code."""
_PAIR = re.compile(r"""(?<![.#\w])([a-zA-Z][a-zA-Z0-9_]*) *= *(?:"([^"]*)"|'([^']*)'|([^\s}]*))""")
_MANIFEST = re.compile(r"-8<-[^:]*\.ya?ml\b(?!:)")

_ASKS = re.compile(r"^[> ]*[ ]{4}|<!--", re.MULTILINE)
"""A page without any of it has neither an indented code block nor a comment."""

_EXTENSIONS = (
    *("admonition", "attr_list", "def_list", "footnotes", "md_in_html", "tables"),
    *("pymdownx.details", "pymdownx.superfences", "pymdownx.tabbed"),
)
"""What decides where a fence can stand."""
_MARKED = {
    "name": "*",
    "class": "",
    "format": lambda source, *_, **__: f"\u01c2{source}",
    "validator": lambda *_: True,
}
_RENDERED = re.compile("\u01c2\u01c1([0-9]+)\u01c1")
"""What comes back of a candidate: its marks are letters, a word to Markdown, and hardly occur in a page."""
_TEXT = re.compile("<!--.*?-->|<pre>(?:<span></span>)?<code>.*?</code></pre>", re.DOTALL)
"""Comments and indented code blocks."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fence of a page: its header, its body, and where it stands."""

    language: str
    """``console``, ``yaml`` …; empty when the header names none."""
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Those of the header, in order; a bare word is its own value."""
    classes: tuple[str, ...] = ()
    """Further classes of the brace form."""
    id: str = ""
    """``x`` of ``#x`` in the brace form, else empty."""
    body: str = ""
    """Its lines without their prefix, joined by newlines; blank lines are empty."""
    prefix: str = ""
    """What stands before each line, tabs as spaces: indentation, ``> ``."""
    fence: str = "```"
    """The run of backticks or tildes that opens and closes it."""
    start: int = 0
    """Offset of its first line in the text of the page."""
    end: int = 0
    """Offset of the line after its last one."""
    where: Where = _NOWHERE
    """Its opening line."""
    repeated: tuple[str, ...] = ()
    """Options that the header has more than once: superfences reads the last of each."""

    def line(self, number: int) -> Where:
        """Where a line of the body stands, counted from 0."""
        return Where(self.where.path, self.where.line + 1 + number)


def parse(markdown: str, page: str) -> tuple[tuple[Block, ...], list[PageError]]:
    r"""Find the fences of a page, in order, and what is wrong with those that preuve would act on.

    Args:
        markdown: the whole text of the page, front matter included.
        page: its path below docs/.

    >>> blocks, problems = parse("# Pods\n\n```{ .console exit=1 }\n$ kubectl get pod x\n```\n", "pods.md")
    >>> blocks[0].body, dict(blocks[0].options), str(blocks[0].where)
    ('$ kubectl get pod x', {'exit': '1'}, 'pods.md:3')
    """
    text = markdown.removeprefix("\ufeff")
    raw = list(StringIO(text, newline=""))
    offsets = list(accumulate(map(len, raw), initial=len(markdown) - len(text)))
    lines = [line.rstrip("\r\n") for line in raw]
    found = _rendered(lines, list(_candidates(lines, offsets, page)))
    return (
        tuple(one.what for one in found if isinstance(one.what, Block)),
        [one.what for one in found if isinstance(one.what, PageError)],
    )


def splice(markdown: str, replacements: Mapping[Block, str]) -> str:
    r"""Put other text in the place of blocks, each line of it behind the prefix of its block.

    >>> page = "> ```console\n> $ date\n> ```\n"
    >>> splice(page, {parse(page, "p.md")[0][0]: "one\n\ntwo"})
    '> one\n>\n> two\n'
    """
    parts, at = [], 0
    for block in sorted(replacements, key=lambda block: block.start):
        if block.start < at:
            raise ValueError(f"the block at {block.where} overlaps the one before")
        lines = replacements[block].split("\n")
        lines = [block.prefix + line if line else block.prefix.rstrip() for line in lines]
        if markdown[block.end - 1] in "\r\n":
            lines.append("")
        parts += [markdown[at : block.start], "\n".join(lines)]
        at = block.end
    return "".join([*parts, markdown[at:]])


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Lines that are a fence, or an author's mistake, unless Markdown takes them for text."""

    first: int
    end: int
    opening: Block
    what: Block | PageError


def _candidates(lines: Sequence[str], offsets: Sequence[int], page: str) -> Iterator[_Candidate]:
    number = front_matter_length(lines)
    while number < len(lines):
        first = number
        number += 1
        if not (found := _opening(lines[first])):
            continue
        opening, remedy = found
        last, closed = _close(lines, first, opening)
        where = Where(page, first + 1)
        if mistake := _mistake(opening, remedy, lines[number : last + 1], closed=closed):
            end = last + 1 if closed else number
            yield _Candidate(first, end, opening, PageError(mistake, where))
        elif remedy:
            continue
        elif closed:
            body = "\n".join(_dedented(line, len(opening.prefix)) for line in lines[number:last])
            start, end = offsets[first], offsets[last + 1]
            block = replace(opening, body=body, start=start, end=end, where=where)
            yield _Candidate(first, last + 1, opening, block)
        number = last + 1


def _mistake(opening: Block, remedy: str, lines: Sequence[str], *, closed: bool) -> str:
    """What to tell of a fence that superfences does not see, if preuve would act on it or on one in it."""
    acts = opening.language in RUN
    if remedy:
        return remedy if acts or (closed and _MANIFEST.search("\n".join(lines))) else ""
    if closed or not (acts or any((inner := _opening(line)) and inner[0].language in RUN for line in lines)):
        return ""
    return f"this fence is never closed: end it with a line {opening.fence}, indented as the first one is"


def front_matter_length(lines: Sequence[str]) -> int:
    """The number of lines that MkDocs takes off the top; 0 if what begins there is never closed."""
    if lines and lines[0].rstrip() == "---":
        for number, line in enumerate(lines[1:], 1):
            if line.rstrip() in {"---", "..."}:
                return number + 1
    return 0


def _opening(line: str) -> tuple[Block, str] | None:
    """The fence that a line opens, without a body, or was meant to; and then what to write instead."""
    if "```" not in line and "~~~" not in line:
        return None
    line = line.expandtabs(TAB)
    content = line.lstrip("> ")
    prefix = line[: len(line) - len(content)]
    if header := _HEADER.match(content):
        bare = Block(header["language"] or "", prefix=prefix, fence=header["fence"])
        if header["attributes"] is not None:
            return _braced(bare, header["attributes"])
        matches = list(_OPTION.finditer(header["options"] or ""))
        options = {m["key"]: m["key"] if m["value"] is None else m["value"] for m in matches}
        return replace(bare, options=options, repeated=_repeated(m["key"] for m in matches)), ""
    if mistake := _MISTAKE.match(content):
        prefix += " " * len(mistake["item"] or "")
        remedy = (
            "a fence does not open on the line of a list marker: begin it on the next line, 4 columns further"
            if mistake["item"]
            else _remedy(mistake["fence"], mistake["language"], mistake["rest"])
        )
        return Block(mistake["language"], prefix=prefix, fence=mistake["fence"]), remedy
    return None


def _braced(bare: Block, attributes: str) -> tuple[Block, str]:
    """A header in the brace form, read as attr_list does: up to the first thing that it does not know."""
    options: dict[str, str] = {}
    names, classes, identifier, at = list[str](), list[str](), "", 0
    while match := _ATTRIBUTE.match(attributes, at):
        at = match.end()
        key, *values = match.groups()
        value = next((value for value in values if value is not None), None)
        if key is None:
            continue
        if value is None and key[0] == ".":
            classes.append(key[1:])
        elif value is None and key[0] == "#":
            identifier = key[1:]
        elif key == "id":
            identifier = value or ""
        else:
            names.append(key)
            options[key] = key if value is None else value
    language = bare.language or (classes.pop(0) if classes else "")
    remedy = _remedy(bare.fence, language, attributes) if language in RUN and at < len(attributes) else ""
    return Block(
        language, options, tuple(classes), identifier, "", bare.prefix, bare.fence, repeated=_repeated(names)
    ), remedy


def _repeated(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name, times in Counter(names).items() if times > 1)


def _remedy(fence: str, language: str, rest: str) -> str:
    pairs = [(key, next(filter(None, values), "").strip("\"'")) for key, *values in _PAIR.findall(rest)]
    plain = "".join(f' {key}="{value}"' for key, value in pairs)
    braced = "".join(f" {key}={value}" if value.isalnum() else f' {key}="{value}"' for key, value in pairs)
    return f"this header cannot be read: write {fence}{language}{plain} or {fence}{{ .{language}{braced} }}"


def _close(lines: Sequence[str], first: int, opening: Block) -> tuple[int, bool]:
    """The line that closes a fence, and True; else the one at which it is given up, and False."""
    columns, depth = len(opening.prefix), opening.prefix.count(">")
    blank = False
    for number in range(first + 1, len(lines)):
        prefix, content = _split(lines[number], columns)
        level = prefix.count(">")
        if depth and not content and level <= depth:
            blank = True
            continue
        if not depth and not content and not level:
            continue
        if level > depth or len(prefix) < columns or (blank and level < depth):
            return number, False
        if content.rstrip(" ") == opening.fence:
            return number, True
        blank = False
    return len(lines), False


def _split(line: str, columns: int) -> tuple[str, str]:
    """A line's prefix, of so many columns at most, and what it says."""
    if "\t" in line:
        line = line.expandtabs(TAB)
    if not line.strip(" "):
        return "", ""
    head = line[:columns]
    prefix = head[: len(head) - len(head.lstrip("> "))]
    return prefix, line[len(prefix) :]


def _dedented(line: str, columns: int) -> str:
    """A line of a body; its tabs are kept, what is left of one that the prefix ends in becomes spaces."""
    if not line.strip(" \t"):
        return ""
    column = 0
    for at, character in enumerate(line):
        if column >= columns:
            return " " * (column - columns) + line[at:]
        column += TAB - column % TAB if character == "\t" else 1
    return " " * (column - columns)


def _rendered(lines: Sequence[str], candidates: Sequence[_Candidate]) -> Sequence[_Candidate]:
    """Those that Markdown does not take for text."""
    skeleton: list[str] = []
    at = front_matter_length(lines)
    for index, candidate in enumerate(candidates):
        skeleton += lines[at : candidate.first]
        prefix, fence = candidate.opening.prefix, candidate.opening.fence
        mark = f"\u01c1{index}\u01c1"
        closed = candidate.end > candidate.first + 1
        skeleton += [
            prefix + line for line in ((fence, mark, fence) if closed else (f"{fence}\u01c2{mark}",))
        ]
        at = candidate.end
    text = "\n".join([*skeleton, *lines[at:]]).expandtabs(TAB)
    if not candidates or not _ASKS.search(text):
        return candidates
    html = _TEXT.sub("", _markdown().reset().convert(text))
    return [candidates[index] for index in sorted(map(int, _RENDERED.findall(html)))]


@cache
def _markdown() -> Markdown:
    """Reads a page as far as it decides; of what is within a line, code and comments: half of the time."""
    configs = {"pymdownx.superfences": {"custom_fences": [_MARKED]}}
    markdown = Markdown(extensions=_EXTENSIONS, extension_configs=configs)
    inline = InlineProcessor(markdown)
    patterns: Registry[Any] = Registry()
    for priority, name in enumerate(("html", "escape", "backtick")):
        patterns.register(markdown.inlinePatterns[name], name, priority)
    inline.inlinePatterns = patterns
    markdown.treeprocessors.register(inline, "inline", 20)
    return markdown
