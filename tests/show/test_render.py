"""Rendering: the outputs stand in the page, and nothing else of it changes."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown

from preuve.errors import CommandError, PreuveError
from preuve.meaning.chance import Chance
from preuve.meaning.spans import Value
from preuve.page import blocks
from preuve.page.plan import Command, Plan, plan
from preuve.show.fence import Formatter, validator
from preuve.show.listing import Reading, answer
from preuve.show.render import Look, render
from preuve.show.strings import ENGLISH, FRENCH
from preuve.transcript import Exchange, Transcript

if TYPE_CHECKING:
    from pathlib import Path

STATUS = """\
Page      Commands  Manifests  State         Version  Played  Seconds
index.md  3         1          never played
"""

HOSTILE = [
    "<script>alert(1)</script>",
    "```",
    "````console",
    "~~~",
    '--8<-- "secret.txt"',
    ";--8<-- [start: x]",
    "--8<--",
    "$ rm -rf /",
    "> quoted",
    "{ .class }",
    "*[HTML]: abbreviation",
    "[link]: https://example.org",
    "&amp; <!-- comment",
    "-->",
    "🙂 漢字",
    "    indented",
    "",
    "| a | b |",
    "# not a title",
]


def played(one: Plan, output: str = "", code: int = 0) -> Transcript:
    """A transcript of a plan whose every action gave `output`."""
    exchanges = tuple(
        Exchange(action.source, output, code, 0.25, drawn=not isinstance(action, Command))
        for action in one.actions()
    )
    when = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    return Transcript(one.page, "sha256:x", "v1.37.2", when, 1.0, exchanges)


def rendered(markdown: str, output: str = "", *, stale: bool = False) -> str:
    """A page whose every action gave `output`, in English."""
    one = plan("pods/index.md", markdown, [])
    return render(markdown, one, played(one, output), Look(ENGLISH, stale=stale))


EXTENSIONS = [
    *("pymdownx.superfences", "pymdownx.snippets", "pymdownx.details", "pymdownx.tabbed"),
    *("admonition", "attr_list", "abbr", "footnotes", "tables"),
]


def to_html(text: str) -> str:
    """What becomes of a rendered page, in English."""
    fences = [{"name": "console", "class": "", "format": Formatter("en").format, "validator": validator}]
    configs = {"pymdownx.superfences": {"custom_fences": fences}}
    return Markdown(extensions=EXTENSIONS, extension_configs=configs).convert(text)


CONTAINERS = {
    "root": "{}",
    "list": "- item\n\n{}",
    "admonition": "!!! note\n\n{}",
    "details": "??? question\n\n{}",
    "tab": '=== "tab"\n\n{}',
    "quote": "text\n\n{}",
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_an_output_is_data_wherever_its_fence_stands(container: str, tmp_path: Path) -> None:
    """HTML, Markdown, fences and snippets in an output are shown to the letter, in every container."""
    (tmp_path / "secret.txt").write_text("secret")
    prefix = {"root": "", "quote": "> "}.get(container, "    ")
    fence = "\n".join(prefix + line for line in ["```console", "$ cat hostile", "```"])
    text = rendered(CONTAINERS[container].format(fence) + "\n", "".join(f"{line}\n" for line in HOSTILE))
    seen: list[str] = []

    def format_console(source: str, *_: object, **__: object) -> str:
        seen.append(source)
        return "<p>fence</p>"

    fences = [{"name": "console", "class": "console", "format": format_console, "validator": lambda *_: True}]
    html = Markdown(
        extensions=EXTENSIONS,
        extension_configs={
            "pymdownx.superfences": {"custom_fences": fences},
            "pymdownx.snippets": {"base_path": [str(tmp_path)]},
            "pymdownx.tabbed": {"alternate_style": True},
        },
    ).convert(text)
    assert seen == ["\n".join(["$ cat hostile", *HOSTILE])]
    assert html.count("<p>fence</p>") == 1
    assert "secret" not in html


def test_what_the_page_chose_is_not_marked_as_chance() -> None:
    """A port that a page fixes is the same at home; one that the API server picks is not."""
    page = "```console\n$ kubectl create service nodeport web --tcp=80 --node-port=31000\n```\n"
    text = rendered(page, "80:31000/TCP\n81:31001/TCP\n")
    html = to_html(text)
    assert re.findall('class="preuve-mark"[^>]*>([^<]*)<', html) == ["31001"]


def test_what_chance_named_is_marked_in_any_words() -> None:
    """The transcript holds what no form of the answer tells."""
    page = "```console\n$ echo $WHERE\n```\n"
    one = plan("p.md", page, [])
    known = replace(played(one, "on worker-a, not worker-b\n"), values=(Value(Chance.NODE, "worker-a"),))
    html = to_html(render(page, one, known, Look(ENGLISH)))
    assert re.findall('class="preuve-mark"[^>]*>([^<]*)<', html) == ["worker-a"]


def test_twice_the_page_costs_about_twice_as_much() -> None:
    """What is read of a page is not read again for each of its fences: a long one would take minutes."""

    def steps(count: int) -> int:
        """The calls that it takes to render so many fences, each in a part of its own."""
        page = "".join(f"## {n}\n\n`x`\n\n```console\n$ echo {n}\n```\n\n" for n in range(count))
        one = plan("p.md", page, [])
        transcript, called = played(one, "NAME\nx\n"), 0

        def count_it(*_: object) -> None:
            nonlocal called
            called += 1

        sys.setprofile(count_it)
        try:
            render(page, one, transcript, Look(ENGLISH))
        finally:
            sys.setprofile(None)
        return called

    assert steps(300) < 2.2 * steps(150)


@given(st.lists(st.sampled_from(["text", "- item", "# T", "", "> q", "```yaml\nkind: Pod\n```", "<b>x</b>"])))
def test_a_page_without_actions_is_left_as_it_is(parts: list[str]) -> None:
    """Rendering changes nothing in a page that runs nothing."""
    text = "\n\n".join(parts)
    assert rendered(text) == text


@given(st.lists(st.text(st.characters(whitelist_categories=("L", "P", "Zs")), max_size=20), max_size=4))
def test_nothing_outside_the_fences_changes(prose: list[str]) -> None:
    """What is rendered is the page with other fences, and one line under its title."""
    paragraphs = [line.strip("~`>< \t-!?=") for line in prose]
    page = "\n\n```console\n$ true\n```\n\n".join(["# Title", *paragraphs]) + "\n"
    text = rendered(page)
    found, _ = blocks.parse(text, "p.md")
    kept = blocks.splice(text, dict.fromkeys(found, ""))
    original, _ = blocks.parse(page, "p.md")
    version = [line for line in kept.split("\n") if "preuve-version" in line or line.startswith("Run on")]
    assert [line for line in kept.split("\n") if line and line not in version] == [
        line for line in blocks.splice(page, dict.fromkeys(original, "")).split("\n") if line
    ]


PROSE = st.sampled_from(
    ["text", "# Title", "", "- item", "*emphasis*  ", "| a | b |\n|---|---|", "<b>x</b>", "---", "é\t🙂"]
)
FENCES = st.sampled_from(
    [
        "```console\n$ true\n```",
        "- item\n\n    ```{ .console exit=1 }\n    $ false\n    typed\n    ```",
        '!!! note "Title"\n    ~~~console\n    $ cat <<EOF\n    > a\n    > EOF\n    ~~~',
        '=== "Tab"\n\n    ```cluster\n    pods\n    ```',
        "```{ .console exec=no }\n$ minikube start\nDone\n```",
        "````md\n```console\n$ quoted\n```\n````",
        "```python\nprint()\n```",
        "<!--\n```console\n$ hidden\n```\n-->",
    ]
)


@given(st.lists(PROSE | FENCES, max_size=8))
def test_an_unplayed_page_keeps_all_that_is_outside_its_fences(parts: list[str]) -> None:
    """To the byte: the same page, with other text where the fences that preuve acts on stand."""
    page = "\n\n".join(parts)
    try:
        one = plan("p.md", page, [])
    except PreuveError:
        return  # strewn at random, a fence may land where it cannot be read: that is told
    text = render(page, one, None, Look(ENGLISH))
    around = [0, *(at for step in one.steps for at in (step.block.start, step.block.end)), len(page)]
    kept = [page[start:end] for start, end in zip(around[::2], around[1::2], strict=True)]
    assert re.fullmatch("(?s:.*)".join(map(re.escape, kept)), text)
    assert one.steps or text == page


def test_the_title_is_followed_by_where_and_when() -> None:
    """One line says the version, the date and where the script is, under the title of an executed page."""
    text = rendered("---\ntitle: x\n---\n\n# Title\n\n```console\n$ true\n```\n")
    assert text.split("\n")[4:8] == [
        "# Title",
        "",
        (
            'Run on Kubernetes v1.37.2 on <time datetime="2026-11-23">23 November 2026</time> · '
            "[script](../scripts/pods/index.sh){ download } · [transcript](../transcripts/pods/index.txt)"
        ),
        "{ .preuve-version }",
    ]


FENCE = "```console\n$ true\n```\n"
DATED = "\nRun on Kubernetes"


@pytest.mark.parametrize(
    ("above", "title"),
    [
        ("", "Title\n=====\n"),
        ("---\nx: 1\n---\n", "Title {#t}\n===\n"),
        ("---\nx: 1\n---\n<!-- a comment -->\n\n", "# Title\n"),
        ("<!--\n# no title\n\nNone\n====\n-->\n", "# Title #\n"),
        ("```markdown\n# no title\n<!--\n```\n\n", "# Title\n"),
        ("> ~~~\n> x\n> ~~~\n\n", "#Title\n"),
        ("title: x\nauthor: y\n    and z\n\n", "# Title\n"),
        ("    # code\n\nText\n\n", "# Title\n"),
    ],
)
def test_the_line_stands_under_the_title_whatever_its_form(above: str, title: str) -> None:
    """Below front matter and comments; what a fence or a comment holds is no title."""
    text = rendered(f"{above}{title}\nText\n\n{FENCE}")
    assert text.startswith(above + title + DATED)


@pytest.mark.parametrize("above", ["", "---\nx: 1\n---\n", "title: x\n"])
def test_a_page_without_a_title_begins_with_the_line(above: str) -> None:
    """Below its front matter; no later heading of a lower level is taken for a title."""
    for below in (f"## Part\n\n{FENCE}", f"{FENCE}\n```\n# no title\n```\n"):
        assert rendered(above + below).startswith(above + DATED)


def test_a_hidden_fence_is_gone_and_a_skipped_one_is_marked() -> None:
    """What was run in hiding is not shown; what was not run is shown as typed, marked."""
    text = rendered(
        "```{ .console hidden=yes }\n$ setup\n```\n\n```{ .console exec=no }\n$ minikube start\nDone\n```\n",
        "out\n",
    )
    assert "setup" not in text
    assert "```{ .console #cmd-minikube-start data-state=skipped }\n$ minikube start\nDone\n```" in text


def test_a_command_that_is_stopped_is_no_failure() -> None:
    """What is stopped at its line was not left to fail, whatever code the page has beside it."""
    assert "data-state=failed" in rendered("```{ .console exit=1 }\n$ a\n```\n")
    assert "data-state=executed" in rendered("```{ .console exit=1 until=x }\n$ a\n```\n")


def test_several_commands_stand_each_above_its_output() -> None:
    """The outputs of a fence's commands are not mixed up, and typed outputs are replaced."""
    text = rendered("```console\n$ one\ntyped\n$ two \\\n> more\n```\n", "real\n")
    assert '#cmd-one data-state=executed data-exchanges="1,1,0,250 2,1,0,250" }\n' in text
    assert "$ one\nreal\n$ two \\\n> more\nreal\n```" in text


def test_the_same_command_twice_has_two_anchors() -> None:
    """Every block can be linked to."""
    text = rendered("```console\n$ kubectl get pods\n```\n\n```console\n$ kubectl get pods\n```\n")
    assert "#cmd-kubectl-get-pods " in text
    assert "#cmd-kubectl-get-pods-2 " in text


def test_a_manifest_is_titled_downloadable_and_applied(tmp_path: Path) -> None:
    """An included manifest has its name, its link, and what its apply printed."""
    (tmp_path / "pods").mkdir()
    (tmp_path / "pods" / "pod.yaml").write_text("kind: Pod\n")
    page = '```yaml\n--8<-- "pods/pod.yaml"\n```\n'
    one = plan("pods/index.md", page, [tmp_path])
    text = render(page, one, played(one, "pod/x created\n"), Look(FRENCH))
    assert '```{ .yaml title="pod.yaml" }\n--8<-- "pods/pod.yaml"\n```' in text
    assert '[Télécharger pod.yaml](../manifests/pods/pod.yaml){ download="pod.yaml" }' in text
    assert "$ kubectl apply -f pod.yaml\npod/x created\n" in text


def test_a_title_keeps_its_quotes() -> None:
    """What the author wrote between single quotes may hold double ones."""
    text = rendered("```{ .console title='the Pod \"web\"' }\n$ a\n```\n")
    html = to_html(text)
    assert "the Pod &quot;web&quot;" in html


def test_a_stale_page_shows_old_outputs_of_the_same_commands_only() -> None:
    """After an edit, a command that still stands keeps its old output, marked; a new one has none."""
    old = plan("p.md", "```console\n$ a\n$ b\n```\n", [])
    page = "# T\n\n```console\n$ a\n```\n\n```console\n$ new\n```\n\n```console\n$ b\n```\n"
    text = render(page, plan("p.md", page, []), played(old, "old\n"), Look(ENGLISH, stale=True))
    states = [dict(block.options)["data-state"] for block in blocks.parse(text, "p.md")[0]]
    assert states == ["stale", "unplayed", "stale"]
    assert "$ new\n```" in text
    assert ENGLISH.stale in text


def test_a_page_never_played_pretends_nothing() -> None:
    """Without transcript there is no output, no version and no date."""
    page = "# T\n\n```console\n$ a\n```\n"
    text = render(page, plan("p.md", page, []), None, Look(ENGLISH))
    assert "data-state=unplayed" in text
    assert "Run on" not in text


def stopped(markdown: str, *answers: Exchange, code: int | None, ran: bool = True) -> str:
    """A page whose play stopped after some answers, at the last of them if it ran."""
    one = plan("p.md", markdown, [])
    surprise = CommandError("a surprise")
    surprise.attempt = replace(played(one), exchanges=answers)
    surprise.ran, surprise.exit = ran, code
    return render(markdown, one, surprise.attempt, Look(ENGLISH, stale=True, stopped=surprise))


STOPS = "# T\n\n```{ .console title=All }\n$ one\n$ two\n$ three\n```\n\n```console\n$ four\n```\n"


@pytest.mark.parametrize(
    ("code", "said"), [(1, "Failed: exit 1"), (None, "Failed: stopped, as it did not end in time")]
)
def test_a_command_that_stopped_the_page_is_told_at_its_block(code: int | None, said: str) -> None:
    """With what it printed; what ran before it was run, what comes after was not, and nothing is dated."""
    answers = (Exchange("one", "1\n"), Exchange("two", "why\n", 1))
    text = stopped(STOPS, *answers, code=code)
    assert re.findall("data-state=(\\w+)", text) == ["executed", "error", "unplayed", "unplayed"]
    html = to_html(text)
    blocks = html.split('<div class="preuve')[1:]
    assert ["1\n" in blocks[0], "why\n" in blocks[1], said in blocks[1]] == [True] * 3
    assert [ENGLISH.not_executed in block for block in blocks] == [False, False, True, True]
    assert "Run on Kubernetes" not in text
    assert html.count('id="cmd-one"') == text.count("title=") == 1


def test_a_page_that_stops_before_a_command_runs_none_of_it() -> None:
    """Something does not come to rest: the command that waited for it was not run."""
    text = stopped(STOPS, Exchange("one", "1\n"), code=None, ran=False)
    assert re.findall("data-state=(\\w+)", text) == ["executed", "unplayed", "unplayed"]


def test_a_hidden_command_that_stopped_the_page_is_shown() -> None:
    """What an author hides is no mystery when it fails."""
    page = "```{ .console hidden=yes }\n$ one\n$ two\n```\n\n```console\n$ three\n```\n"
    text = stopped(page, Exchange("one", "1\n"), Exchange("two", "why\n", 1), code=1)
    assert re.findall("data-state=(\\w+)", text) == ["error", "unplayed"]
    assert "$ two\nwhy" in text


def test_words_of_either_quote_are_marked() -> None:
    """A phrase that the section quotes may hold one quote, and the next one the other: the block is one."""
    answer = 'cannot say "yes sir" now\nit isn\'t so\nplain words here\n'
    page = '# T\n\n`say "yes sir"`, `isn\'t so`, `plain words`.\n\n```console\n$ one\n```\n'
    html = to_html(rendered(page, answer))
    assert 'data-preuve="executed"' in html
    assert '<mark class="preuve-hl">plain words</mark>' in html


def test_what_stands_between_two_words_of_code_is_none() -> None:
    """Code may stand between several backticks, to hold one; a space alone is no phrase."""
    page = "# T\n\n```` ```console exit=1 ```` or `` a`b c ``, and `> `, `$ `.\n\n```console\n$ one\n```\n"
    text = rendered(page, "this or that > a`b c\n")
    assert re.findall('data-hl="(.*?)"', text) == ["a`b c"]


def test_what_preuve_status_says_is_a_table() -> None:
    """On a phone its columns give way, but for the one that the page speaks of; no row wraps as prose."""
    shown = answer(STATUS, Reading(columns=["STATE"]), FRENCH)
    assert shown.count('class="preuve-row"') == 2
    assert re.search(r"<span[^>]*data-spoken[^>]*>State", shown)
