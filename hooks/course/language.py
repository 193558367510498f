"""Spelling and grammar of the course's French, by two programs of Debian's: Hunspell and Grammalecte.

What they do not know is written down beside the tests: tests/prose/words.txt holds the words of the trade,
tests/prose/grammar.toml what Grammalecte is wrong about, each with a reason. An entry that nothing needs any
longer is a finding too. ``python -m course.language`` tells all of them. What Grammalecte said of a page is
kept by content under .cache/grammar: it takes half a second a page.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

import click

from course import ROOT
from course.prose import HIDDEN, SYNTAX, prose
from course.typography import sources
from preuve import whole

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

WORDS = ROOT / "tests" / "prose" / "words.txt"
GRAMMAR = ROOT / "tests" / "prose" / "grammar.toml"

CACHE = ROOT / ".cache" / "grammar"

HUNSPELL = ("hunspell", "-d", "fr_FR", "-i", "UTF-8", "-l")
OFF = ("apos", "esp", "maj", "nbsp", "num", "unit")
"""What `course.typography` answers for; and capitals: items and cells begin as they like."""
GRAMMALECTE = ("grammalecte-cli", "--json", "--context", "--opt_off", *OFF)
TIMEOUT = 120
"""Seconds for either program, on all pages at once; on two cores they take one and three."""

_WORD = re.compile(r"[^\W\d_][\w]*(?:[-’][^\W\d_]\w*)*")
_ELISION = re.compile(r"(?:[cdjlmnst]|(?:jus|lors|puis)?qu)’", re.IGNORECASE)
_MARKS = re.compile(rf"{SYNTAX}+|[*#>]+|^[ ]*(?:[-+]|\d+\.)[ ]")
_BREAK = re.compile(rf"<br ?/?>|(?:^|{SYNTAX}*[ ])\|(?:[ ]|$)")
_ENGLISH = re.compile(
    r"\b(?:Pod|Deployment|ReplicaSet|ReplicationController|DaemonSet|cluster|kubelet|namespace|rollout)(s?)\b"
)
"""Masculine nouns that Grammalecte does not know: it is given « serveur » for them, to check agreement."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that one of the programs does not like."""

    place: str
    """``docs/page.md:12``."""
    rule: str
    text: str
    """The word, or the words, that it is about."""
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text!r}: {self.message} ({self.rule})"


@dataclass(frozen=True, slots=True)
class Exemption:
    """A rule that is wrong about some words, and why."""

    rule: str
    text: str
    reason: str

    def covers(self, finding: Remark) -> bool:
        """Whether the finding is the one that is explained here."""
        return (self.rule, self.text) == (finding.rule, finding.text)


def paragraphs(markdown: str) -> Iterator[tuple[int, str]]:
    r"""What is read at one go, with its line: a paragraph, an item, a cell, a line of a label.

    >>> list(paragraphs("# Les *Pods*\n\n| a | `b` tourne |\n"))
    [(1, 'Les Pods'), (3, 'a'), (3, 'X tourne')]
    """
    lines = markdown.split("\n")
    for number, line in enumerate(prose(markdown).split("\n")):
        cuts = [found.span() for found in _BREAK.finditer(_breaks(lines[number], line))]
        starts = [0, *(end for _, end in cuts)]
        ends = [*(start for start, _ in cuts), len(line)]
        for start, end in zip(starts, ends, strict=True):
            text = _MARKS.sub("", re.sub(f"{HIDDEN}+", "X", line[start:end])).strip(" |")
            if re.search(r"\w", text):
                yield number + 1, text


def _breaks(raw: str, line: str) -> str:
    """The line of prose, with the line breaks of HTML still in it."""
    for found in re.finditer(r"<br ?/?>", raw):
        line = line[: found.start()] + found[0] + line[found.end() :]
    return line


def words(markdown: str) -> Iterator[tuple[int, str]]:
    """Each word with its line."""
    for number, line in enumerate(prose(markdown).split("\n"), 1):
        for found in _WORD.finditer(line):
            yield number, found[0]


def spelling(pages: Mapping[str, str], known: Iterable[str]) -> list[Remark]:
    """The words that neither Hunspell nor the project knows, and those that the project lists for nothing."""
    found = [(f"{page}:{line}", word) for page, text in pages.items() for line, word in words(text)]
    unknown = misspelt({word for _, word in found})
    known = dict.fromkeys(known)
    bare = {word: _bare(word, known) for word in unknown}
    wrong = [
        Remark(place, "spelling", bare[word], "not in Hunspell's dictionary, nor in words.txt")
        for place, word in found
        if word in unknown and bare[word] not in known
    ]
    idle = known.keys() - bare.values()
    return wrong + [Remark("words.txt", "spelling", word, "no page needs it") for word in sorted(idle)]


def _bare(word: str, known: Container[str]) -> str:
    """A word without what is elided before it, and as the project spells it where a sentence begins."""
    word = _ELISION.sub("", word)
    lower = word[0].lower() + word[1:]
    return lower if lower in known and word not in known else word


def misspelt(spelt: set[str]) -> set[str]:
    """Those of some words that Hunspell does not know."""
    typed = {word.replace("’", "'"): word for word in spelt}
    unknown = _run(HUNSPELL, "\n".join(sorted(typed)))
    return {typed[word] for word in unknown.split()}


def grammar(pages: Mapping[str, str], exemptions: Iterable[Exemption]) -> list[Remark]:
    """What Grammalecte says that nobody explained, and what was explained that it no longer says."""
    read = {page: list(paragraphs(text)) for page, text in pages.items()}
    findings = [
        Remark(f"{page}:{read[page][number][0]}", error["sRuleId"], error["sUnderlined"], error["sMessage"])
        for page, said in _grammalecte(read).items()
        for number, errors in enumerate(said)
        for error in errors
    ]
    exemptions = list(exemptions)
    wrong = [each for each in findings if not any(exemption.covers(each) for exemption in exemptions)]
    idle = [each for each in exemptions if not any(each.covers(finding) for finding in findings)]
    return wrong + [Remark("grammar.toml", each.rule, each.text, "nothing needs it") for each in idle]


def _grammalecte(pages: Mapping[str, list[tuple[int, str]]]) -> dict[str, list[list[dict[str, str]]]]:
    """The errors that Grammalecte finds, by page, in each of its paragraphs."""
    version = _run(("dpkg-query", "--show", "grammalecte-cli"))
    texts = {page: [_ENGLISH.sub(r"serveur\1", text) for _, text in read] for page, read in pages.items()}
    kept = {page: CACHE / f"{_digest(version, *GRAMMALECTE, *text)}.json" for page, text in texts.items()}
    unread = {page: text for page, text in texts.items() if text and not kept[page].exists()}
    if unread:
        with NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
            file.write("\n".join(text for page in unread.values() for text in page))
            file.flush()
            report = json.loads(_run((*GRAMMALECTE, "--file", file.name)))["data"]
        errors = {each["iParagraph"]: each["lGrammarErrors"] for each in report}
        number = itertools.count(1)
        for page, text in unread.items():
            whole.write(kept[page], json.dumps([errors.get(next(number), []) for _ in text]))
    return {page: json.loads(whole.text(kept[page], "utf-8")) for page, text in texts.items() if text}


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _run(program: tuple[str, ...], text: str = "") -> str:
    done = subprocess.run(program, input=text, text=True, capture_output=True, check=True, timeout=TIMEOUT)
    return done.stdout


def known_words() -> list[str]:
    """The project's words."""
    return [
        line for line in WORDS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]


def known_exemptions() -> list[Exemption]:
    """What Grammalecte is wrong about."""
    return [Exemption(**each) for each in tomllib.loads(GRAMMAR.read_text(encoding="utf-8"))["exemption"]]


def course() -> dict[str, str]:
    """The Markdown of the whole course, by path from the checkout."""
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in sources()}


@click.command()
def main() -> None:
    """Tell what is wrong with the course's French."""
    findings = [*spelling(course(), known_words()), *grammar(course(), known_exemptions())]
    click.echo("\n".join([*map(str, findings), f"{len(findings)} findings"]))
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
