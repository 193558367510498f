"""The cheat sheet and the glossary: written from what the course runs and explains, not by hand.

By hand is only what nobody could guess: which commands go together, and what each is for (sheet.fr.yml).
The commands are those that the pages show with their outputs, each linked to where it is run. One that
nothing explains yet comes last, as it is typed; an explanation of what no page runs is a mistake, and told.

`preuve render` runs no hooks: `python -m course.sheet FOLDER` does the same to what it wrote.
"""

from __future__ import annotations

import logging
import re
import shlex
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click
import yaml
from mkdocs.config import load_config

from course import ROOT, lesson, serving
from preuve.page.blocks import parse
from preuve.page.verbs import calls
from preuve.project import navigated
from preuve.show.fence import RUN, exchanges
from preuve.show.render import link, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.hooks.sheet")

COMMANDS = "<!-- commandes -->"
GLOSSARY = "<!-- glossaire -->"
"""What a page writes where it wants them."""
FILTER = (
    '<div class="filter" role="search" aria-label="Commandes"><label>Filtrer les commandes\u00a0: '
    '<input type="search" placeholder="logs, scale…"></label></div>'
)
BOOST = {"boost": 4}
"""Who searches for a command finds the cheat sheet first."""
DATA = Path(__file__).with_name("sheet.fr.yml")
TERMS = ROOT / "includes" / "glossaire.md"

REST = "…"
"""In a pattern: whatever stands there, which this pattern does not explain."""
VALUED = frozenset({"-c", "-f", "-k", "-l", "-L", "-n", "-o", "-p", "--field-selector", "--raw"})
"""The options that the course gives a value in the next word; any other has it behind a `=`, or has none."""
ALIASES = {"svc": "service", "rs": "replicaset"}
"""What stands for a kind of object (`kubectl api-resources`), beside its plural."""
TERM = re.compile(r"\*\[(?P<term>.+?)\]: (?P<meaning>.+)")
PLACEHOLDER = re.compile(r"(?<!\w)[A-ZÉ_]+(?!\w)")
CLEANUP = "## Nettoyer"


@dataclass(frozen=True, slots=True)
class Shape:
    """A kubectl command, or a pattern of some: its words in order, its options in any."""

    words: tuple[str, ...]
    options: frozenset[tuple[str, str]]

    @classmethod
    def read(cls, words: Iterable[str]) -> Shape:
        """The shape of what follows `kubectl`; what follows `--` is one word, whatever it is.

        >>> Shape.read(["get", "pods", "-o", "wide"])
        Shape(words=('get', 'pod'), options=frozenset({('-o', 'wide')}))
        """
        plain: list[str] = []
        options = set()
        left = iter(words)
        for word in left:
            if word == "--":
                plain.append("--")
                break
            if not word.startswith("-"):
                plain.append(_kind(word) if len(plain) == 1 else word)
            elif word in VALUED:
                options.add((word, next(left, "")))
            else:
                name, _, value = word.partition("=")
                options.add((name, value))
        return cls(tuple(plain), frozenset(options))


def _kind(word: str) -> str:
    """A kind of object by one of its names; other words come to no harm.

    >>> _kind("svc"), _kind("services"), _kind("GENRE")
    ('service', 'service', 'GENRE')
    """
    return ALIASES.get(word, word.removesuffix("s"))


@dataclass(frozen=True)
class Pattern:
    """Commands of one kind, as a person would write them down: `kubectl delete GENRE NOM`."""

    text: str
    purpose: str

    @cached_property
    def shape(self) -> Shape:
        """Its words and options."""
        return Shape.read(self.text.split(" -- ")[0].split()[1:] + ["--"] * (" -- " in self.text))

    @cached_property
    def words(self) -> re.Pattern[str]:
        """What the words of a command have to be."""
        return re.compile("".join(_expression(word) for word in self.shape.words), re.DOTALL)

    def fits(self, command: Shape) -> bool:
        """Whether a command is of this kind; it may have more options."""
        return bool(self.words.fullmatch("".join(f"\0{word}" for word in command.words))) and all(
            any(_says(mine, theirs) for theirs in command.options) for mine in self.shape.options
        )

    def explains(self, option: tuple[str, str]) -> bool:
        """Whether an option is one that this pattern is about."""
        return any(_says(mine, option) for mine in self.shape.options)

    @property
    def whole(self) -> bool:
        """Whether it explains all the words of a command, not only options."""
        return REST not in self.shape.words


def _expression(word: str) -> str:
    r"""The regular expression of a pattern's word, the mark between words before it.

    >>> [bool(re.fullmatch(_expression(word), "\0pod\0web")) for word in ("[NOM]", "NOM...", "…")]
    [False, True, True]
    """
    if word == REST:
        return "(?:\0[^\0]*)*"
    inside = word.removeprefix("[").removesuffix("]").removesuffix("...")
    variable = "|[^\0]*[$][^\0]*" if PLACEHOLDER.search(inside) else ""
    one = f"\0(?:{_value(inside)}{variable})"
    if word.startswith("["):
        return f"(?:{one})?"
    return f"(?:{one})+" if word.endswith("...") else one


def _value(text: str) -> str:
    """A pattern's text as an expression: its words in capitals stand for anything."""
    parts = PLACEHOLDER.split(text)
    return "[^\0]+".join(map(re.escape, parts))


def _says(pattern: tuple[str, str], option: tuple[str, str]) -> bool:
    return pattern[0] == option[0] and bool(re.fullmatch(_value(pattern[1]), option[1], re.DOTALL))


@dataclass(frozen=True, slots=True)
class Invocation:
    """A kubectl command that a page ran."""

    text: str
    """As it was typed, on one line."""
    shape: Shape
    page: str
    anchor: str
    rank: tuple[bool, bool]
    """How little it shows: run to fail; run to clean up, or folded away."""


def runs(pages: Mapping[str, str]) -> Iterator[Invocation]:
    """The kubectl commands that rendered pages ran, in order."""
    for page, text in pages.items():
        cleanup = text.find(f"\n{CLEANUP}")
        for block in parse(text, page)[0]:
            state = block.options.get("data-state")
            if block.language != "console" or state not in RUN:
                continue
            aside = bool(block.prefix) or 0 <= cleanup < block.start
            for exchange in exchanges(block.body, block.options):
                for words in calls(exchange.source):
                    yield Invocation(
                        shlex.join(["kubectl", *words]),
                        Shape.read(words),
                        page,
                        block.id,
                        (state == "failed", aside),
                    )


def families(data: Mapping[str, Mapping[str, str]]) -> dict[str, list[Pattern]]:
    """What was written by hand: the patterns under each heading."""
    return {
        heading: [Pattern(text, purpose) for text, purpose in patterns.items()]
        for heading, patterns in data.items()
    }


def explained(run: Invocation, patterns: Sequence[Pattern]) -> bool:
    """Whether the sheet says what each word and each option of a command is for."""
    fitting = [pattern for pattern in patterns if pattern.fits(run.shape)]
    return any(pattern.whole for pattern in fitting) and all(
        any(pattern.explains(option) for pattern in fitting) for option in run.shape.options
    )


def sheet(
    pages: Mapping[str, str], here: str, data: Mapping[str, Mapping[str, str]]
) -> tuple[str, list[str]]:
    """The cheat sheet.

    Args:
        pages: the rendered pages, in the course's order.
        here: the page that it is for.
        data: by heading, patterns and what they are for; under the last one comes what nothing explains.

    Returns:
        Its Markdown, and the patterns of which no page runs a command.
    """
    found = list(runs(pages))
    titles = {page: title(text) for page, text in pages.items()}
    grouped = families(data)
    patterns = [pattern for group in grouped.values() for pattern in group]
    unused = []
    sections = []
    for heading, group in grouped.items():
        rows = []
        for pattern in group:
            of_it = [run for run in found if pattern.fits(run.shape)]
            if not of_it:
                unused.append(pattern.text)
                continue
            best = min(of_it, key=lambda run: (run.rank, len(run.shape.options) + len(run.shape.words)))
            rows.append((pattern.text, pattern.purpose, best))
        if group is list(grouped.values())[-1]:
            new = {run.text: run for run in reversed(found) if not (run.rank[0] or explained(run, patterns))}
            rows += [(run.text, "", run) for run in reversed(new.values())]
        if rows:
            sections.append(f"## {heading}\n\n{_table(rows, here, titles)}")
    return "\n\n".join(sections), unused


def _table(rows: Iterable[tuple[str, str, Invocation]], here: str, titles: Mapping[str, str]) -> str:
    lines = ["| Commande | Pour quoi |", "|---|---|"]
    for text, purpose, run in rows:
        command = text.replace("|", r"\|")
        lines.append(
            f'| [`{command}`]({link(here, run.page)}#{run.anchor} "{titles[run.page]}") | {purpose} |'
        )
    return "\n".join(lines)


def glossary(text: str) -> str:
    r"""A definition list of a file of abbreviations; a plural that has its singular is left out.

    >>> glossary("*[nœud]: Une machine.\n*[nœuds]: Des machines.\n*[API]: Une porte.")
    'API\n:   Une porte.\n\nnœud\n:   Une machine.'
    """
    terms = {found["term"]: found["meaning"] for found in TERM.finditer(text)}
    kept = [term for term in terms if term.removesuffix("s") == term or term.removesuffix("s") not in terms]
    return "\n\n".join(f"{term}\n:   {terms[term]}" for term in sorted(kept, key=_alphabetical))


def _alphabetical(term: str) -> str:
    plain = unicodedata.normalize("NFD", term.casefold().replace("œ", "oe"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def filled(markdown: str, pages: Mapping[str, str], here: str) -> tuple[str, list[str]]:
    """A page with its cheat sheet and its glossary in it, and what is wrong with the former."""
    written, unused = sheet(pages, here, yaml.safe_load(DATA.read_text(encoding="utf-8")))
    text = markdown.replace(COMMANDS, f"{FILTER}\n\n{written}")
    text = text.replace(GLOSSARY, glossary(TERMS.read_text(encoding="utf-8")))
    return text, [
        f"{DATA.name}: no page runs a command like `{each}`: mend the pattern, or drop it" for each in unused
    ]


def on_page_markdown(markdown: str, /, *, page: Page, config: MkDocsConfig, **_: object) -> str | None:
    """Fill the page that asks for it, from the lessons that come before it."""
    if COMMANDS not in markdown:
        return None
    page.meta["search"] = BOOST
    before: list[Page] = []
    while (previous := (before[-1] if before else page).previous_page) is not None:
        before.append(previous)
    lessons = [each for each in reversed(before) if lesson(each.file.src_uri)]
    sources = {
        each.file.src_uri: config.plugins.on_page_read_source(page=each, config=config)
        or each.file.content_string
        for each in lessons
    }
    text, problems = filled(markdown, sources, page.file.src_uri)
    for problem in problems:
        log.log(logging.INFO if serving() else logging.WARNING, "%s", problem)
    return text


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Fill the pages of a folder that `preuve render` wrote."""
    names = navigated(load_config(str(ROOT / "mkdocs.yml")).nav)
    pages = {name: (folder / name).read_text(encoding="utf-8") for name in names}
    lessons = {name: text for name, text in pages.items() if lesson(name)}
    for name, text in pages.items():
        if COMMANDS in text:
            written, problems = filled(text, lessons, name)
            (folder / name).write_text(written, encoding="utf-8")
            if problems:
                raise click.ClickException("\n".join(problems))


if __name__ == "__main__":
    main()
