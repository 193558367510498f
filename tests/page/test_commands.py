"""Commands begin at a prompt and end where bash says."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from preuve.errors import PageError
from preuve.page.commands import commands


def goes_on(lines: list[str]) -> bool | None:
    """Whether bash wants more than these lines; None for what it refuses."""
    result = subprocess.run(
        ["bash", "--norc", "-n"],
        input="\n".join([*lines, ""]).encode(),
        capture_output=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    said = result.stderr.decode(errors="replace")
    if re.search("unexpected (EOF|end of file|token `EOF')|delimited by end-of-file", said):
        return True
    if said:
        return None
    last = lines[-1]
    return (len(last) - len(last.rstrip("\\"))) % 2 == 1  # bash forgives that at the end of a file


def first_command(lines: list[str]) -> list[str] | None:
    """The lines that bash reads before it runs any; none if it would never; None if it refuses them."""
    for end in range(1, len(lines) + 1):
        more = goes_on(lines[:end])
        if more is None:
            return None
        if not more:
            return lines[:end]
    return []


COMMANDS = [
    "kubectl get pods",
    "kubectl get pods  # the Pods, and a ' or two",
    "kubectl get pods -o jsonpath='{.items[*].metadata.name}'",
    "kubectl get pods -o jsonpath='{range .items[*]}\n{.metadata.name}\n{end}'",
    'kubectl patch pod web -p "{\\"spec\\": {}}"',
    "kubectl run web \\\n  --image=nginx \\\n  --port=80",
    "kubectl apply -f - <<EOF\nkind: Pod\n\n  a: 'b\n$ not a prompt\nEOF",
    "kubectl apply -f - <<'EOF'\na \\\nEOF",
    'kubectl apply -f - <<"EOF" # comment\na\nEOF',
    "kubectl apply -f - <<\\EOF\na\nEOF",
    "cat <<EOF\na\\\nEOF\nEOF",
    "cat <<EOF\na\\\\\nEOF",
    "cat <<-EOF\n\ta\n\tEOF",
    "cat <<EOF\n\tEOF\n EOF\nEOF",
    "cat <<A <<B\na\nA\nb\nB",
    "cat <<EOF | grep a\na\nEOF",
    "cat <<EOF |\na\nEOF\ngrep a",
    "cat <<EOF && (\na\nEOF\necho b)",
    "cat <<E1 $(\ncat <<E2\nb\nE2\n)\na\nE1",
    "x=$(cat <<EOF\n)\nEOF\n)",
    "cat <<<'a b'",
    "cat <<< a",
    "echo $((1<<2))",
    "((x = 1 << 2))",
    "((x\n++))",
    "echo $(( (1 + 2) * $(echo 3) ))",
    "( (echo a); echo b )",
    "((echo a); echo b)",
    "echo $((echo a); echo b)",
    "echo a |\ngrep a",
    "echo a |&\n\n# comment\ngrep a",
    "true &&\nfalse ||\n  echo a",
    "sleep 9 &",
    "kubectl port-forward pod/web 8080:80 >log 2>&1 &",
    "echo a &>f; echo b &>>f",
    "echo a >| f <> g",
    "diff <(echo a) <(\necho b\n)",
    "tee >(cat) </dev/null",
    "for i in 1 2 3; do\n  echo $i\ndone",
    "for i in 1 2 3\ndo echo $i; done",
    "for i\ndo echo $i; done",
    "for ((i = 0; i < 1 << 2; i++)); do\necho $i; done",
    "select i in a b; do\nbreak\ndone",
    "while read -r a; do\necho done\ndone <f | sort",
    "until kubectl get pod web; do sleep 1; done",
    "if true; then\necho if\nelif false\nthen echo b\nelse echo c\nfi",
    "if true; then if false; then echo a; fi fi",
    "case $x in\na) echo a;;\n(b|c) echo 'd)' ;&\n*) ;;\nesac",
    "case $x in a) if true; then echo esac; fi;; esac",
    "case in in in) echo;; esac",
    "case a\nin\n# comment )\n'a)') ;;\nesac",
    "{ echo a\necho }; }",
    "f() {\necho a\n}",
    "f ( )\n\n{ echo a; }",
    "f() (\necho a\n)",
    "function f {\necho a\n}",
    "function f()\n{ echo a; }",
    "[[ -n a &&\n -n b ]]",
    "[[ $x =~ ^(a|b)$ || ! ( $x < b ) ]]",
    "[ -n a ]",
    "! true",
    "time {\ntrue\n}",
    "a=(b\n# c )\n'd)' $(e))",
    "a+=(b\nc) d",
    "a=(if\ncase)",
    "[[ a == @(b|c) ]]",
    "echo $'it\\'s\n'",
    'echo $"a\nb"',
    "echo 'a\\'",
    'echo "a\n# b"',
    'echo "$(echo "a\nb" \')\')"',
    "echo `echo \\`a\nb`",
    "echo ${x:-a\nb} ${x%%'}'} \"${x:-'}'}\" ${x#\\}}",
    "echo \\# \\\\ \\' \\\"",
    "echo $# $? $$ $! $ {a,b}",
    "KUBE_EDITOR='sed -i s/1.22/1.26/' kubectl edit deploy/web",
    'kubectl get pods --watch | while read -r line; do echo "$line"; [[ $line == *Running* ]] && break; done',
]


@pytest.mark.parametrize("source", COMMANDS)
def test_a_command_ends_where_bash_ends_it(source: str) -> None:
    """Bash reads these lines, and no more, before it runs them."""
    lines = source.split("\n")
    assert first_command([*lines, "output"]) == lines
    after = len(lines) + 1
    assert commands(f"before\n$ {source}\n  output\n$ date\n") == ((1, source), (after + 1, "date"))


@pytest.mark.parametrize("source", [source for source in COMMANDS if "\n" in source])
def test_marks_are_dropped_when_every_line_carries_one(source: str) -> None:
    """As a terminal shows a command: ``> `` before each further line, ``>`` alone before an empty one."""
    first, *more = source.split("\n")
    shown = [f"$ {first}", *(f"> {line}" if line else ">" for line in more), "output"]
    assert commands("\n".join(shown)) == ((0, source),)


SIMPLE = [
    *(
        "echo a",
        "x=1",
        "$y",
        "'q'",
        '"d"',
        "a#b",
        "# c",
        "[[ a ]]",
        "it\\'s",
        "{a,b}",
        "${x#y}",
        "$(b)",
        "a\nb",
    ),
    *(
        ">f",
        "if",
        "esac",
        "done",
        "}",
        "$#",
        "a=()",
        "<<<x",
        "((x++))",
        '"a\'b"',
        "'a\"b'",
        "`c`",
        "|| true",
        "a;",
    ),
]
COMPOUND = [
    "if {};then {}\nfi",
    "if {}\nthen {}\nelse a\nfi | {}",
    "for i in a b; do\n{}\ndone",
    "while {}\ndo {}; done",
    "until {}; do {}\ndone <<E\n{}\nE",
    "case a in\na) {};;\n*) {}\nesac",
    "{{ {}\n}}",
    "(\n{}\n)",
    "f ()\n{{ {}; }}",
    "function g\n{{ {}\n}}",
    "$({}\n)",
    '"$({}\n)"',
    "`{}`",
    "{} |\n{}",
    "{} &&\n{}",
    "{}; {}",
    "{} & {}",
    "! {}",
    "{} <<E\n{}\nE",
    "cat <<-'E' | {}\n{}\n\tE",
    "diff <({}\n) <({}\n)",
    "[[ a == {} &&\n b ]]",
    "x=({}\n{})",
    "'{}\n'",
    '"{}\n"',
    "echo $'{}\n'",
    "${{x:-{}\n}}",
    "{} # {}\n",
    "{} 2>&1 | {}",
]


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Sources made of others."""
    return st.tuples(st.sampled_from(COMPOUND), inner, inner, inner).map(
        lambda parts: parts[0].format(*parts[1:])
    )


@settings(deadline=None)
@given(st.recursive(st.sampled_from(SIMPLE), nested, max_leaves=12))
def test_no_command_parts_us_from_bash(source: str) -> None:
    r"""Whatever is nested in what, a command that bash takes ends on the same line.

    Left out are commands within arithmetic, and a here-document that ends with ``EOF)``: bash makes
    something of these, with a warning for the second. So is an escaped quote in an array: in a substitution,
    bash 5.2 takes ``$(x=(it\'s))`` for unfinished.
    """
    assume(not ("x=(" in source and "\\'" in source))
    lines = [*source.split("\n"), "output", "$ date"]
    expected = first_command(lines)
    assume(expected is not None and lines[0].strip())
    try:
        _, found = commands("\n".join([f"$ {lines[0]}", *lines[1:]]))[0]
    except PageError:
        found = ""
    assert found.split("\n") == (expected or [""])


def test_a_document_may_hold_marks() -> None:
    """Lines are taken as they are as soon as one of the command's carries no mark."""
    assert commands("$ cat <<EOF\n> quoted\nEOF\nout") == ((0, "cat <<EOF\n> quoted\nEOF"),)
    assert commands("$ cat <<EOF\n> > quoted\n> EOF\nout") == ((0, "cat <<EOF\n> quoted\nEOF"),)


def test_a_comment_ends_with_its_line() -> None:
    """A backslash at the end of a comment joins nothing."""
    assert commands("$ a # b \\\nout\n$ c") == ((0, "a # b \\"), (2, "c"))


def test_all_but_commands_is_output() -> None:
    """Only ``$ `` at the very beginning of a line is a prompt, and only with something after it."""
    assert commands("$HOME\n $ a\n# b\n> c\n$\n$ \n\n$ d\n$ e\n") == ((7, "d"), (8, "e"))


@pytest.mark.parametrize(
    ("body", "line", "opener"),
    [
        ("$ a\n$ echo 'b\nc\n", 1, "'"),
        ('$ echo \\\n> "b', 1, '"'),
        ("$ cat <<EOF\na\nEOF2", 0, "<<EOF"),
        ("$ cat <<- 'EOF'\na", 0, "<<- 'EOF'"),
        ("$ a\nb\n$ for i in a; do\n> echo\nout", 2, "for"),
        ("$ a |", 0, "|"),
        ("$ a &&\n", 0, "&&"),
        ("$ a \\", 0, "\\"),
        ("$ echo $(a\n", 0, "$("),
        ("$ echo `a\n", 0, "`"),
        ("$ echo ${a\n", 0, "${"),
        ("$ if a\n> then (b", 1, "("),
        ("$ [[ a\n", 0, "[["),
        ("$ f()\n", 0, "f"),
        ("$ case a in\nb) c", 0, "case"),
    ],
)
def test_what_is_left_open_is_told_where_it_opened(body: str, line: int, opener: str) -> None:
    """The place is the line, of the body, of what is not closed; the message names it."""
    with pytest.raises(PageError) as error:
        commands(body)
    assert error.value.where
    assert error.value.where.line == line
    assert f"`{opener}`" in error.value.message
