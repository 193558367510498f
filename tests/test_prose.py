"""The French of the course: spaces, apostrophes and quotes; words; grammar."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from course import language, sheet, typography
from course.language import Exemption
from course.prose import HIDDEN, SYNTAX, prose

ROOT = Path(__file__).parents[1]
WIDE, NARROW = typography.WIDE, typography.NARROW

UNTOUCHED = """---
title: "L'API : quoi ?"
---

<!-- don't : ! -->

```console
$ echo "c'est : quoi ?"
```

    - Dans `l'item : x ?`, ``un ` de plus ; 'là'``.

[lien](a.md "b : c ?"){ title="a : b !" } <span data-x="l'x : y ?">ici</span> https://a.fr/?b;c

*[Pod]: Un mot.

!!! abstract "Objectifs"
    Rien.

=== "kind"

Terme
:   Sa définition.

| a | b |
|:--|--:|
| {.x: y} | é |

```mermaid
flowchart TB
  a["texte"] -- "l'un" --> b
```
"""
"""Nothing in it is wrong but the apostrophe in the diagram's label, which is prose."""


@pytest.fixture(autouse=True)
def programs(request: pytest.FixtureRequest) -> None:
    """A machine without the programs skips what needs them; CI may not."""
    needed = request.node.get_closest_marker("parametrize") is None and "language" in request.node.name
    missing = [name for name in ("hunspell", "grammalecte-cli") if needed and not shutil.which(name)]
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            f"{missing} missing: `make debian` installs them"
        )


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Quoi?", f"Quoi{NARROW}?"),
        ("Quoi ?", f"Quoi{NARROW}?"),
        (f"Quoi{WIDE}!", f"Quoi{NARROW}!"),
        ("`x` ; `y`", f"`x`{NARROW}; `y`"),
        ("**Oui** : non", f"**Oui**{WIDE}: non"),
        ("[Oui](a.md): non", f"[Oui](a.md){WIDE}: non"),
        (f"Oui{NARROW}: non", f"Oui{WIDE}: non"),
        ("« Oui »", f"«{WIDE}Oui{WIDE}»"),
        ("«Oui» et «`x`»", f"«{WIDE}Oui{WIDE}» et «{WIDE}`x`{WIDE}»"),
        ('dit "oui" et "non".', f"dit «{WIDE}oui{WIDE}» et «{WIDE}non{WIDE}»."),
        ("l'API, d'`api`, jusqu'", "l’API, d’`api`, jusqu’"),
        ("Et puis...", "Et puis…"),
        ("4 096 Mio, 25 %", f"4{NARROW}096{WIDE}Mio, 25{WIDE}%"),
        ('??? question "Et l\'autre ?"', f'??? question "Et l’autre{NARROW}?"'),
        ("```mermaid\naccTitle: L'un : l'autre\na -- \"non ?\" --> b\n```",
         f'```mermaid\naccTitle: L’un{WIDE}: l’autre\na -- "non{NARROW}?" --> b\n```'),
    ],
)  # fmt: skip
def test_each_rule_mends_its_fault(wrong: str, right: str) -> None:
    """A fault is told at its line, mended, and told no more."""
    assert {line for line, _ in typography.check(f"Oui.\n\n{wrong}\n")} <= {3, 4, 5}
    assert typography.check(wrong)
    assert typography.fix(wrong) == right
    assert not typography.check(right)


@pytest.mark.parametrize("right", ["à 10:30", "::1", "1,5", "2026", "(a ; b)".replace(" ;", f"{NARROW};")])
def test_what_is_right_is_left(right: str) -> None:
    """Times, addresses and years are not punctuation."""
    assert typography.fix(right) == right


def test_what_is_not_prose_is_left_alone() -> None:
    """Code, front matter, comments, tags, addresses, and the marks of Markdown."""
    assert typography.fix(UNTOUCHED) == UNTOUCHED.replace("l'un", "l’un")


@given(st.text(alphabet="a «»\"'`:;!?.|*[]()#<>\n\u00a0\u202f1é-"))
def test_mending_twice_is_mending_once(markdown: str) -> None:
    """And what was mended has nothing left to mend; the prose is as long as the page."""
    mended = typography.fix(markdown)
    assert typography.fix(mended) == mended
    assert len(prose(markdown)) == len(markdown)
    assert prose(markdown).count("\n") == markdown.count("\n")


def test_the_command_tells_then_mends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--check` is red and changes nothing; without it the file is mended, its line ends kept."""
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_bytes(b"Oui.\r\nC'est `l'x` ?\r\n")
    told = CliRunner().invoke(typography.main, ["--check", "page.md"])
    assert told.exit_code == 1
    assert "page.md:2: write ’ instead of '" in told.output
    assert page.read_bytes() == b"Oui.\r\nC'est `l'x` ?\r\n"
    assert CliRunner().invoke(typography.main, ["page.md"]).exit_code == 0
    assert page.read_bytes().decode() == f"Oui.\r\nC’est `l'x`{NARROW}?\r\n"
    assert CliRunner().invoke(typography.main, ["--check", "page.md"]).exit_code == 0


def test_the_command_runs_as_the_makefile_runs_it(tmp_path: Path) -> None:
    """Without the tests' own way of finding `course`."""
    page = tmp_path / "page.md"
    page.write_text("Oui.\n")
    ran = subprocess.run(
        (sys.executable, "-m", "course.typography", "--check", page),
        env={**os.environ, "PYTHONPATH": str(ROOT / "hooks")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "0 to mend\n")


@pytest.mark.parametrize("page", language.course())
def test_the_course_keeps_the_typography(page: str) -> None:
    """`make typography` mends what this finds."""
    assert [f"{page}:{line}: {told}" for line, told in typography.check(language.course()[page])] == []


def test_the_cheat_sheet_keeps_the_typography() -> None:
    """What is written by hand beside its commands: a `?` does not begin a line of a phone."""
    data = yaml.safe_load(sheet.DATA.read_text(encoding="utf-8"))
    purposes = [purpose for patterns in data.values() for purpose in patterns.values()]
    assert purposes
    assert [purpose for purpose in purposes if typography.check(purpose)] == []


def test_the_language_of_the_course_has_no_unknown_word() -> None:
    """A slip of the finger, or a word for tests/prose/words.txt."""
    assert list(map(str, language.spelling(language.course(), language.known_words()))) == []


def test_the_language_of_the_course_has_no_unexplained_fault() -> None:
    """A fault, or an entry with its reason in tests/prose/grammar.toml."""
    assert list(map(str, language.grammar(language.course(), language.known_exemptions()))) == []


def test_the_language_of_a_page_is_read_in_its_diagrams_and_titles() -> None:
    """A misspelt word is found in each place where a reader meets one; code is not read."""
    diagram = '```mermaid\naccTitle: Un mtooo\na["un<br/>mtoooo"]\n```'
    page = f'Un mto.\n\n??? question "Un mtoo ?"\n\n{diagram}\n\n`mtooooo`\n'
    found = language.spelling({"page.md": page}, [])
    assert [(each.place, each.text) for each in found] == [
        ("page.md:1", "mto"),
        ("page.md:3", "mtoo"),
        ("page.md:6", "mtooo"),
        ("page.md:7", "mtoooo"),
    ]


def test_the_language_s_words_are_known_elided_and_at_the_start_of_a_sentence() -> None:
    """And those that no page needs are told."""
    page = "Kubelet, l’etcd et d’nginx.\n"
    assert not language.spelling({"page.md": page}, ["kubelet", "etcd", "nginx"])
    assert [
        each.text for each in language.spelling({"page.md": page}, ["kubelet", "etcd", "nginx", "vi"])
    ] == ["vi"]


def test_the_language_s_grammar_reads_a_page_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it changes: without a Grammalecte, what it said is told all the same, and of that page alone."""
    monkeypatch.setattr(language, "CACHE", tmp_path / "grammar")
    fine, wrong = "Un Pod.\n", "# Un\n\nDes grand serveurs.\n"
    found = language.grammar({"fine.md": fine, "none.md": "", "wrong.md": wrong}, [])
    assert [(each.place, each.text) for each in found] == [("wrong.md:3", "grand")]
    (tmp_path / "dpkg-query").symlink_to(shutil.which("dpkg-query") or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert language.grammar({"wrong.md": wrong}, []) == found
    assert language.grammar({"fine.md": fine}, []) == []
    with pytest.raises(FileNotFoundError, match="grammalecte-cli"):
        language.grammar({"fine.md": fine, "wrong.md": f"{wrong} Oui."}, [])


def test_the_language_s_grammar_sees_through_english_nouns_and_code() -> None:
    """Agreement around « Pods », a participle after code; at the line where they stand."""
    page = "Oui.\n\n- Les Pods est vivant.\n\n| a | Ils sont arrivé, `x` |\n"
    found = language.grammar({"page.md": page}, [])
    assert [each.place for each in found] == ["page.md:3", "page.md:5"]
    explained = [Exemption(each.rule, each.text, "planted") for each in found]
    assert not language.grammar({"page.md": page}, explained)
    idle = language.grammar({"page.md": page}, [*explained, Exemption("x", "y", "once it was so")])
    assert [(each.place, each.text) for each in idle] == [("grammar.toml", "y")]


def test_every_exemption_has_a_reason() -> None:
    """Not a word to satisfy the parser."""
    assert all(len(each.reason.split()) > 3 for each in language.known_exemptions())


def test_code_is_read_as_a_noun_and_marks_are_not_read() -> None:
    """What the two characters stand for."""
    assert prose("a `b` **c** {.d}") == f"a {HIDDEN * 3} **c** {SYNTAX * 4}"
