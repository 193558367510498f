"""Fences are found where superfences finds them, and nowhere else."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from textwrap import indent

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown import Markdown
from mkdocs.utils.meta import get_data

from preuve.page.blocks import Block, parse, splice

EXTENSIONS = [
    "admonition",
    "attr_list",
    "def_list",
    "footnotes",
    "md_in_html",
    "tables",
    "pymdownx.details",
    "pymdownx.superfences",
    "pymdownx.tabbed",
]

Fence = tuple[str, dict[str, str], tuple[str, ...], str, str]
"""Language, options, classes, id and body."""


class Elements(HTMLParser):
    """The fences that are elements of a page: not in a comment, and not given back as text."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: set[int] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "fence-seen":
            self.numbers.update(int(number) for _, number in attrs if number)


def rendered(page: str) -> list[Fence]:
    """What superfences gives to a formatter that takes everything, and Markdown keeps."""
    seen: list[Fence] = []

    def accept(_: str, inputs: dict[str, str | None], options: dict[str, str], *_more: object) -> bool:
        options.update({key: key if value is None else value for key, value in inputs.items()})
        return True

    def record(
        source: str,
        language: str | None,
        _: str,
        options: dict[str, str],
        *_more: object,
        classes: list[str],
        id_value: str,
        **_rest: object,
    ) -> str:
        seen.append((language or "", dict(options), tuple(classes), id_value, source))
        return f'<fence-seen number="{len(seen) - 1}"></fence-seen>'

    fences = [{"name": "*", "class": "", "format": record, "validator": accept}]
    markdown = Markdown(
        extensions=EXTENSIONS, extension_configs={"pymdownx.superfences": {"custom_fences": fences}}
    )
    elements = Elements()
    elements.feed(markdown.convert(get_data(page.removeprefix("\ufeff").replace("\r\n", "\n"))[0]))
    elements.close()
    return [seen[number] for number in sorted(elements.numbers)]


def found(page: str) -> list[Fence]:
    blocks, _ = parse(page, "page.md")
    return [(block.language, dict(block.options), block.classes, block.id, block.body) for block in blocks]


def one(page: str) -> Block:
    (block,), problems = parse(page, "page.md")
    assert not problems
    return block


FENCE = "```console\n$ date\n```\n"
INSIDE = indent(FENCE, "    ")

PAGES = {
    "plain": FENCE,
    "tildes": "~~~~ console\n$ date\n~~~\n~~~~\n",
    "at the end without a newline": FENCE.rstrip(),
    "after a BOM": "\ufeff" + FENCE,
    "carriage returns": FENCE.replace("\n", "\r\n"),
    "front matter": f"---\ntitle: x\n---\n\n{FENCE}",
    "in the front matter": '---\ntitle: |\n  ```console\n  $ date\n  ```\nx: "y"\n---\n\ntext\n',
    "a rule is no front matter": f"text\n\n---\n\n{FENCE}\n---\n",
    "options": '```console exit="1" until=\'a "b" c\' title="" word\n$ date\n```\n',
    "braces": '```{ .console .wide #one exit=1 until="a b" word }\n$ date\n```\n',
    "a language before braces": "```console {.wide title='x y'}\n$ date\n```\n",
    "a class alone": "```.console\n$ date\n```\n",
    "no language": "```\n$ date\n```\n",
    "options without a language": '```title="x"\n$ date\n```\n',
    "attr_list reads up to what it does not know": "```{ .yaml = title=x }\na: b\n```\n",
    "id as an attribute": "```{ .yaml id=x }\na: b\n```\n",
    "shorter and longer fences inside": "````md\n```console\n$ date\n```\n`````\n````\n",
    "the other fence inside": "~~~md\n```console\n$ date\n```\n~~~\n",
    "blank lines and indentation inside": "```\n\n  a\n\n\n    b\n```\n",
    "an item": f"- item\n\n{INSIDE}",
    "an item's next line": f"- item\n{INSIDE}",
    "an item further in": f"1. one\n2. two\n\n    text\n\n{INSIDE}\n3. three\n",
    "an item, three columns in": "1. item\n\n   ```console\n   $ date\n   ```\n",
    "an item in an item": f"- item\n    - item\n\n{indent(INSIDE, '    ')}",
    "an item of two columns in an item": f"- item\n  - item\n\n{INSIDE}",
    "eight columns in an item": f"- item\n\n{indent(INSIDE, '    ')}",
    "after an item": f"- item\n\ntext\n\n{INSIDE}",
    "under what only looks like an item": f"text\n- no item\n\n{INSIDE}",
    "under a rule": f"* * *\n\n{INSIDE}",
    "an admonition": f'!!! note "Un titre"\n{INSIDE}\n    ```yaml\n    a: b\n    ```\n',
    "details": f'??? question "Pourquoi ?"\n    text\n\n{INSIDE}',
    "details without a type": f'???+ "Pourquoi ?"\n\n{INSIDE}',
    "tabs": f'=== "Un"\n\n{INSIDE}\n=== "Deux"\n\n{INSIDE}',
    "details in a tab in an item": f'- a\n\n    === "b"\n\n        ??? note\n\n{indent(INSIDE, "        ")}',
    "a definition": f"term\n\n:   definition\n\n{INSIDE}",
    "a footnote": f"text[^1]\n\n[^1]: note\n\n{INSIDE}",
    "a quotation": indent(FENCE, "> "),
    "a quotation with a blank line": "> ```console\n> $ cat <<EOF\n>\n> EOF\n> ```\n",
    "a quotation's lazy lines": "> ```console\n> $ date\n  ```\n",
    "a quotation that a blank line ends": "> ```\n> a\n\n  b\n> ```\n",
    "a quotation in a quotation": indent(FENCE, "> > "),
    "a quotation in an item": f"- item\n\n{indent(FENCE, '    > ')}",
    "an item in a quotation": indent(f"- item\n\n{INSIDE}", "> ", lambda _: True),
    "an indented code block in a quotation": indent(INSIDE, "> "),
    "an element": f'<div class="grid" markdown>\n\n{FENCE}\n</div>\n',
    "an element without Markdown": f"<div>\n{FENCE}</div>\n",
    "an indented code block": f"text\n\n{INSIDE}\ntext\n",
    "an indented code block, then a fence": f"text\n\n{INSIDE}\n{FENCE}",
    "an indented code block, and a fence right under it": f"text\n\n    code\n{FENCE}",
    "an indented line of a paragraph": f"text\n{INSIDE}",
    "a comment": f"<!--\n{FENCE}-->\n\n{FENCE}",
    "a comment that a fence would end": "<!--\n```console\n$ echo '-->'\n```\n-->\n",
    "a comment in an item": f"- item\n\n    <!--\n{INSIDE}    -->\n\n{INSIDE}",
    "a comment in a paragraph": f"text <!-- comment\n{FENCE}-->\n",
    "comments before and after": f"<!-- one -->\n\n{FENCE}\n<!-- two -->\n",
    "a comment in inline code": f"Write `<!--` and\n\n{FENCE}\nthen `-->`.\n",
    "a comment in a fence": f"```html\n<!--\n```\n\n{FENCE}\n```html\n-->\n```\n",
    "a comment left open": f"<!-- comment\n\n{FENCE}",
    "tabs as indentation": "- item\n\n\t```console\n\t$ date\n\t```\n",
    "tabs within": "```\na\n\tb\n```\n",
    "spaces, then a tab": "- item\n\n    ```\n  \ta\n    ```\n",
    "inline code of three backticks": "```console``` is a language, as is ```yaml```.\n",
    "a header that another language may have": "```python ./x.py\nx\n```\n",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_fences_are_those_that_superfences_renders(page: str) -> None:
    """Header, body and presence of each fence are what a formatter is given."""
    assert [(*header, body.expandtabs(4)) for *header, body in found(page)] == rendered(page)


INDENTATIONS = ["", "", "", "    ", "        ", " ", "   ", "      ", "\t", "> ", ">     ", "> > "]
LINES = [
    *("", "", "text", "# Title", "---", "* * *", "term", ": definition", "| a | b |", "$ ls", ">", "> quote"),
    *("- item", "1. item", "+ item", "!!! note", '??? question "q"', '=== "Tab"', "text[^1]"),
    *("<!-- comment -->", "<!--", "-->", "a `<!--` b"),
    *("```", "```", "```", "~~~", "````", "```console", "```console", "````md", "```a b=c", "~~~~"),
    *('```yaml title="x"', "```{ .console exit=1 #a .b }", "``` .x y='1 2' z"),
]
pages = st.lists(
    st.tuples(st.sampled_from(INDENTATIONS), st.sampled_from(LINES)).map("".join), max_size=14
).map(lambda lines: "\n".join(["text", *lines, ""]))


@settings(deadline=None, max_examples=200)
@given(pages)
@example("text\n\n    code\n  ```\n  a\n  ```\n")
@example("text\n    ~~~\n    ```console\n    ```\n```\n> > ```\n> > ```console\n")
def test_no_page_parts_us_from_superfences(page: str) -> None:
    """However its lines are strewn, a page without mistakes has the fences that superfences renders.

    Left out are elements never closed and footnotes defined twice, as Markdown drops what is in them, and a
    first line of spaces, which is not an empty line to Markdown.
    """
    assume(not parse(page, "page.md")[1])

    def words(fences: list[Fence]) -> list[object]:
        return [(*header, body.split()) for *header, body in fences]

    assert words(found(page)) == words(rendered(page))


@settings(deadline=None)
@given(pages)
def test_blocks_are_pieces_of_the_page(page: str) -> None:
    """Blocks are whole lines, in order and apart; to replace them leaves the rest of the page as it is."""
    blocks, _ = parse(page, "page.md")
    expected = ""
    position = 0
    for block in blocks:
        assert position <= block.start
        first, *_, last, nothing = page[block.start : block.end].split("\n")
        assert block.fence in first
        assert last.lstrip("> \t").rstrip() == block.fence
        assert not nothing
        assert page.split("\n")[block.where.line - 1] == first
        expected += (
            f"{page[position : block.start]}{block.prefix}a\n{block.prefix.rstrip()}\n{block.prefix}b\n"
        )
        position = block.end
    expected += page[position:]
    assert splice(page, dict.fromkeys(blocks, "a\n\nb")) == expected


def test_places_count_every_line() -> None:
    """Places are those of the file: front matter counts, and carriage returns do not."""
    block = one("---\r\ntitle: x\r\n---\r\n\r\n- item\r\n\r\n    ```console\r\n    $ date\r\n    ```\r\n")
    assert (str(block.where), str(block.line(0))) == ("page.md:7", "page.md:8")


def test_tabs_of_a_body_are_kept() -> None:
    """Only the indentation goes: a tab may mean something to the shell, as in ``<<-EOF``."""
    block = one("- item\n\n    ```console\n    $ cat <<-EOF\n    \tone\n\t\ttwo\n    EOF\n    ```\n")
    assert block.body == "$ cat <<-EOF\n\tone\n\ttwo\nEOF"


def test_a_replacement_ends_as_the_fence_did() -> None:
    """No newline is added to the last line of a page."""
    page = FENCE.rstrip()
    assert splice(page, {one(page): "x"}) == "x"


def test_blocks_of_another_page_are_not_spliced() -> None:
    """Blocks that overlap cannot be of one page."""
    page = FENCE * 2
    blocks = (*parse(page, "page.md")[0], *parse(f"\n{page}", "other.md")[0])
    with pytest.raises(ValueError, match="overlaps"):
        splice(page, dict.fromkeys(blocks, ""))


MISTAKES = {
    "unquoted": ("```console exit=1\n$ a\n```\n", '1: .*```console exit="1" or ```{ .console exit=1 }'),
    "mixed quotes": ("```console exit='1\"\n$ a\n```\n", '1: .*```console exit="1" or'),
    "spaces": ('```{ .console until= "a b" }\n$ a\n```\n', '1: .* or ```{ .console until="a b" }'),
    "stray equals sign": ("```{ .console = exit=1 }\n$ a\n```\n", "1: .* or ```{ .console exit=1 }"),
    "an open brace": ("```{ .console exit=1\n$ a\n```\n", "1: .* or ```{ .console exit=1 }"),
    "no brace": ("```console .wide\n$ a\n```\n", "1: .*write ```console or"),
    "no space before the brace": ("~~~console{ exit=1 }\n$ a\n~~~\n", '1: .*~~~console exit="1" or'),
    "a diagram's header": ("```cluster by=node\npods\n```\n", '1: .*```cluster by="node" or'),
    "a manifest's header": ('```yaml title=x\n--8<-- "x.yaml"\n```\n', '1: .*```yaml title="x" or'),
    "a manifest's header, block form": (
        "```yaml title=x\n--8<--\nx.yml\n--8<--\n```\n",
        "1: .*```yaml title",
    ),
    "on the line of a list marker": ("1. ```console\n   $ a\n   ```\n", "1: .*list marker"),
    "never closed": ("text\n\n```console\n$ a\n\ntext\n", "3: .*never closed.*```"),
    "closed elsewhere": ("```console\n$ a\n  ```\n", "1: .*never closed"),
    "closed by a longer line": ("```console\n$ a\n````\n", "1: .*never closed"),
    "closed outside": (f"!!! note\n    ```console\n    $ a\n\n{FENCE}", "2: .*never closed"),
    "hidden by a fence never closed": (f"- item\n\n    ```yaml\n    a: b\n\n{FENCE}", "3: .*never closed"),
    "hidden up to the end": (f"````md\n{FENCE}", "1: .*never closed.*````"),
}


@pytest.mark.parametrize(("page", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_what_would_not_run_is_told(page: str, message: str) -> None:
    """A fence that preuve would act on, but superfences does not see, is told where it stands, and mended."""
    _, problems = parse(page, "page.md")
    assert re.match(f"page.md:{message}", str(problems[0]))
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("header", "options"),
    [
        ("console exit=1", {"exit": "1"}),
        ("console exit='1\"", {"exit": "1"}),
        ("console exit=1 until='Ready now' tty=yes", {"exit": "1", "until": "Ready now", "tty": "yes"}),
        ("{ .console = exit=1 }", {"exit": "1"}),
        ('{ .console until= "a b" }', {"until": "a b"}),
        ("console{ exit=1 }", {"exit": "1"}),
        ("console .wide", {}),
        ('console exit = "1"', {"exit": "1"}),
    ],
)
def test_headers_that_the_remedy_gives_are_read(header: str, options: dict[str, str]) -> None:
    """Both headers of the message say what the author meant."""
    _, (problem,) = parse(f"```{header}\n$ a\n```\n", "page.md")
    for remedy in problem.message.partition("write ")[2].split(" or "):
        assert rendered(f"{remedy}\n$ a\n```\n") == [("console", options, (), "", "$ a")]


LEFT_ALONE = {
    "another language": "```python exec=1\nx\n```\n",
    "another language never closed": "```python\nx\n",
    "in a comment": "<!--\n```console exit=1\n$ a\n```\n-->\n",
    "never closed in a comment": "<!--\n- item\n\n    ```console\n    $ a\n-->\n",
    "in an indented code block": "text\n\n    ```console exit=1\n    $ a\n    ```\n",
    "never closed in an indented code block": "text\n\n    ```console\n    $ a\n\ntext\n",
    "in a longer fence": "````md\n```console exit=1\n$ a\n````\n",
    "inline code": "```console exit=1``` is refused, and so is:\n\n- ```console exit=1```\n",
}


@pytest.mark.parametrize("page", LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_what_is_text_is_left_alone(page: str) -> None:
    """A fence that is only shown, or is not ours, may be written in any way."""
    assert not parse(page, "page.md")[1]


def test_all_mistakes_of_a_page_are_told_at_once() -> None:
    """One mistake does not hide the next, nor the fences between them."""
    blocks, problems = parse(
        f"```console a=1\n$ a\n```\n\n{FENCE}\n- ```console\n  $ a\n  ```\n\n~~~console\n", "p.md"
    )
    assert [block.where.line for block in blocks] == [5]
    assert [problem.where.line for problem in problems if problem.where] == [1, 9, 13]
