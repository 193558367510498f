"""The tree of a shell source says what bash makes of it."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from preuve.errors import PageError
from preuve.page.commands import commands
from preuve.page.syntax import parse, walk


def expanded(source: str, *options: str) -> list[str] | None:
    """The arguments that bash gives to the command `:` of a source; None if it refuses it."""
    told = subprocess.run(
        ["bash", "--norc", *options, "-c", f"printf '%s\\0' first {source}"],
        capture_output=True,
        check=False,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": "/home/me", "name": "a value"},
    )
    return None if told.returncode or told.stderr else told.stdout.decode().split("\0")[1:-1]


def words(source: str) -> list[str]:
    """The arguments of the last command of a source."""
    *_, last = walk(f": {source}")
    return [word.text for word in last.words[1:]]


PIECES = st.sampled_from(
    [
        *("a", "B=", "-o", "=", ":", "0", "#", "é", "%s", "@", "!", "^", "/", ".", ","),
        *("' '", "'$x'", "'\"'", "''", "'\n'", "'a,b'"),
        *('" "', '"\\$x"', '"\\a"', '"\'"', '"a\\\nb"', '"#"', '"~"', '"*"', '"$"', '"\\\\"'),
        *("\\ ", "\\$", "\\'", "\\\n", "\\*", "\\~", "\\{", "$'a b'", '$"a b"'),
        *("*", "?", "[a]", "{", "}", "{}", "{a,b}", "{1..3}", ".."),
    ]
)


@settings(deadline=None)
@given(st.lists(st.lists(PIECES, min_size=1, max_size=5).map("".join), min_size=1, max_size=4).map(" ".join))
def test_a_word_that_is_not_expanded_is_what_bash_gives(source: str) -> None:
    """Quotes are gone, and nothing else; a bash that expands no pattern and no braces gives as many."""
    told = expanded(source, "-f", "+B")
    assume(told is not None)
    assert told == words(source)


@pytest.mark.parametrize(
    "word",
    [
        *("$name", '"$name"', "${name}", "$?", "$(:)", '"$(:)"', "`:`", "$((1 + 2))", "$[1+2]"),
        *("~", "~/x", "{a,b}", "x{1..3}", "$'\\t'", "<(:)"),
    ],
)
def test_what_bash_expands_stands_there_as_it_is_typed(word: str) -> None:
    """All of it, without its quotes."""
    text = re.sub(r"""^\$'|["']""", "", word)
    assert words(word) == [text]
    assert expanded(word) != [text]


@pytest.mark.parametrize("word", ["*.yaml", "[ab]", "a?", "A=~"])
def test_what_a_folder_may_change_stands_there_as_it_is_typed(word: str) -> None:
    """Where no file matches, bash leaves a pattern as it is."""
    assert words(word) == [word]


@pytest.mark.parametrize(
    ("source", "programs"),
    [
        ("a | b |& c && d || e; f & g", "a b c d e f g"),
        ("a\nb\n\n# c\nd # e", "a b d"),
        ("A=1 B+=2 C[0]=3 a D=4", "a"),
        ('A=$(a) >$(b) c <(d) $(e "$(f)") "`g \\`h\\``"', "a d f e h g b c"),
        ("a <<E <<'F' <<<$(b)\n$(c) `d` \\$(e) \"$(f)\"\nE\n$(g)\nF\nh", "c d f b a h"),
        ("if a; then b; elif c; then d; else e; fi", "a b c d e"),
        ("for i in $(a) b; do c; done; for i; do d; done", "a c d"),
        ("for ((i = $(e); i < 2; i++)) do f; done", "e f"),
        ("select i in b # d\ndo c; break; done", "c break"),
        ("while ! a; do time b; done; until c; do :; done", "a b c :"),
        ("case $(a) in b | $(c)) d ;;& (e) f;; g) esac", "a c d f"),
        ("[[ a == b && $(c) < d ]] && e; (( x = $(f) )) || g", "c e f g"),
        ("(a; (b)); { c; } >$(d) 2>&1; ((e); f)", "a b d c e f"),
        ("f() { a; }; function g { b; }; function h() (c)", "a b c"),
        ("declare ${x:-$(a)} $((1 + $(b))) x=($(c) d)", "a b c declare"),
        ("2>f a 3<>g >&2 &>h &>>i >|j {k}>l <m 10 n2>o", "a"),
        ("if { a; } then b; fi; if (a) then b; fi", "a b a b"),
        ("! a; ! { b; }; time -p c; coproc d", "a b c d"),
    ],
)  # fmt: skip
def test_each_simple_command_is_found(source: str, programs: str) -> None:
    """Wherever it stands; what is within another comes before it."""
    assert parse(source) is not None
    found = [command.words[0].text for command in walk(source) if not command.keyword and command.words]
    assert " ".join(found) == programs
    assert subprocess.run(["bash", "--norc", "-n", "-c", source], check=False).returncode == 0


def test_a_command_has_its_parts() -> None:
    """Assignments before it, words, redirections wherever they stand."""
    (command,) = walk("A='x y' >out kubectl apply 2>&1 -f - <<-E\n\ta\n\tb\n\tE")
    assert [word.source for word in command.assignments] == ["A='x y'"]
    assert [word.text for word in command.words] == ["kubectl", "apply", "-f", "-"]
    assert [(each.operator, each.target.text, each.document) for each in command.redirections] == [
        (">", "out", ""),
        (">&", "1", ""),
        ("<<-", "E", "a\nb\n"),
    ]


def test_a_compound_command_has_its_head_and_its_body() -> None:
    """And the redirections behind it."""
    loop = list(walk("for i in a 'b c'; do\n  d\n  e\ndone <f"))[-1]
    assert (loop.keyword, [word.text for word in loop.words]) == ("for", ["i", "a", "b c"])
    assert len(loop.body) == 2
    assert [each.target.text for each in loop.redirections] == ["f"]


@pytest.mark.parametrize(
    "source",
    [
        "echo " + "$((" * 40 + "a" + ") )" * 40,
        "((" * 40 + "a" + ") )" * 40,
        "for i $(" * 30 + "a" + "); do b; done" * 30,
        "echo " + "{" * 50_000,
        "cat <<E\n" + "a\n" * 50_000 + "E",
    ],
    ids=["arithmetic", "parentheses", "loops", "braces", "lines"],
)
def test_what_is_nested_deep_or_long_is_read_in_no_time(source: str) -> None:
    """What begins alike is not read twice at each level: that would be a million times at the twentieth."""
    assert commands(f"$ {source}\n") == ((0, source),)
    assert parse(source) is not None


def test_what_is_nested_too_deep_is_told() -> None:
    """At its line, like all that is wrong in a page."""
    with pytest.raises(PageError, match="nested too deep"):
        commands("$ " + "$(" * 5000 + ")" * 5000)
    assert parse("$(" * 5000 + ")" * 5000) is None


@given(st.text("abk$()`;|&<>'\"\\\n #{}[]=-!~*", max_size=40))
def test_any_source_is_read_or_not(source: str) -> None:
    """Nothing that is typed, or stored, ends the reader in another way."""
    assert parse(source) is None or list(walk(source)) is not None
