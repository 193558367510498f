"""French typography: what the course's prose must be like, and a command that mends it.

The custom of the Imprimerie nationale: a narrow no-break space (U+202F) before ``;``, ``!``, ``?`` and
between the thousands of a number; a no-break space (U+00A0) before ``:``, inside ``« »`` and before a unit.
And ``’``, ``…``, ``« »`` where a keyboard has ``'``, ``...`` and ``"``.

`make typography` mends; with ``--check`` it only tells. Code, addresses and front matter are left alone.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course import ENGLISH, ROOT
from course.prose import HIDDEN, SYNTAX, prose

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDE = "\u00a0"
NARROW = "\u202f"

_WORD = rf"[\w{HIDDEN})»…%’][{SYNTAX}*_]*"
"""What a mark may follow: a word or code, then emphasis or a link that ends."""
_UNIT = r"(?:%|°C|[kMGT]i?[oB]|[mµ]?s|min|h|px)(?!\w)"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is wrong, and what is right."""

    wrong: re.Pattern[str]
    """Its group ``at`` is what to replace."""
    right: str
    remedy: str


def _rule(wrong: str, right: str, remedy: str) -> Rule:
    return Rule(re.compile(wrong, re.MULTILINE), right, remedy)


RULES = (
    _rule(r"(?P<at>\.{3})", "…", "write … instead of three dots"),
    _rule(rf"(?<=[\w{HIDDEN}])(?P<at>')|(?P<too>')(?=[\w{HIDDEN}])", "’", "write ’ instead of '"),
    _rule(r'(?P<at>")[^"«»\n]*\w[^"«»\n]*"', f"«{WIDE}", 'write « » instead of " "'),
    _rule(r'«[^"«»\n]*\w[^"«»\n]*(?P<at>")', f"{WIDE}»", 'write « » instead of " "'),
    _rule(rf"«(?P<at>(?!{WIDE}\S)[ {WIDE}{NARROW}]*)", WIDE, "U+00A0 after «"),
    _rule(rf"[^ {WIDE}{NARROW}](?P<at>(?!{WIDE}»)[ {WIDE}{NARROW}]*)(?=»)", WIDE, "U+00A0 before »"),
    _rule(rf"{_WORD}(?P<at>[ {WIDE}]?)(?=[;!?])", NARROW, "U+202F before ; ! ?"),
    _rule(rf"{_WORD}(?P<at>[ {NARROW}])(?=:)", WIDE, "U+00A0 before :"),
    _rule(rf"{_WORD}(?P<at>)(?=:(?:[ {SYNTAX}]|$))", WIDE, "U+00A0 before :"),
    _rule(rf"(?<=\d)(?P<at>[ {WIDE}])(?=\d{{3}}(?!\d))", NARROW, "U+202F between thousands"),
    _rule(rf"(?<=\d)(?P<at> )(?={_UNIT})", WIDE, "U+00A0 before a unit"),
)


def check(markdown: str) -> list[tuple[int, str]]:
    r"""What is wrong: the line, counted from 1, and what to do.

    >>> check("C'est `vrai` ?\n\nOui.\n")
    [(1, "write ’ instead of '"), (1, 'U+202F before ; ! ?')]
    """
    text = prose(markdown)
    wrong = {
        (text.count("\n", 0, start) + 1, rule.remedy): None
        for rule in RULES
        for start, _ in places(rule, text)
    }
    return sorted(wrong, key=lambda each: each[0])


def fix(markdown: str) -> str:
    r"""The page, mended.

    >>> fix('`a: b` : "oui"...\n') == '`a: b`\u00a0: «\u00a0oui\u00a0»…\n'
    True
    """
    text = prose(markdown)
    for rule in RULES:
        for start, end in reversed(list(places(rule, text))):
            markdown = markdown[:start] + rule.right + markdown[end:]
            text = text[:start] + rule.right + text[end:]
    return markdown


def places(rule: Rule, text: str) -> Iterator[tuple[int, int]]:
    """Where prose breaks a rule."""
    for found in rule.wrong.finditer(text):
        yield found.span(found.lastgroup or 0)


def sources() -> list[Path]:
    """All French that is Markdown: the pages, and the glossary that each ends with."""
    pages = (page for page in (ROOT / "docs").rglob("*.md") if ROOT / "docs" / ENGLISH not in page.parents)
    return [*sorted(pages), ROOT / "includes" / "glossaire.md"]


@click.command()
@click.option(
    "--check", "only_tell", is_flag=True, help="Change nothing; exit 1 if there is something to mend."
)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(only_tell: bool, files: tuple[Path, ...]) -> None:
    """Mend the typography of Markdown FILES, of the whole course when none is given."""
    count = 0
    for file in files or sources():
        markdown = file.read_bytes().decode()
        for line, remedy in check(markdown):
            click.echo(f"{os.path.relpath(file)}:{line}: {remedy}")
            count += 1
        if not only_tell and (mended := fix(markdown)) != markdown:
            file.write_bytes(mended.encode())
    click.echo(f"{count} {'to mend' if only_tell else 'mended'}")
    sys.exit(1 if only_tell and count else 0)


if __name__ == "__main__":
    main()
