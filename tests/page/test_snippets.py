"""Includes: what pymdownx.snippets shows is what a page applies and gives away, and nothing else."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from html import unescape
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown import Markdown
from pymdownx.snippets import SnippetExtension, SnippetPreprocessor

from preuve.errors import PageError, PreuveError
from preuve.page.plan import plan
from preuve.page.snippets import escaped

if TYPE_CHECKING:
    from pathlib import Path

    from preuve.page.plan import File

FORMS = {
    "inline": '--8<-- "pod.yaml"',
    "single quotes": "--8<-- 'pod.yaml'",
    "one dash": '-8<- "pod.yaml"',
    "indented": '  --8<-- "pod.yaml"',
    "block": "--8<--\npod.yaml\n--8<--",
    "block, commented": "--8<--\n; pod.yaml\n--8<--",
    "inline within a block": '--8<--\n--8<-- "pod.yaml"\n--8<--',
    "escaped": ';--8<-- "pod.yaml"',
    "blank at the end": '--8<-- "pod.yaml" ',
    "without a blank": '--8<--"pod.yaml"',
    "blanks in the quotes": '--8<-- " pod.yaml "',
    "up and down": '--8<-- "sub/../pod.yaml"',
    "outside": '--8<-- "../outside.yaml"',
    "outside, through a folder": '--8<-- "sub/../../outside.yaml"',
    "a sibling that begins alike": '--8<-- "../base_evil/evil.yaml"',
    "absolute": '--8<-- "/etc/passwd.yaml"',
    "absolute, outside": '--8<-- "ROOT/outside.yaml"',
    "absolute, inside": '--8<-- "ROOT/base/pod.yaml"',
    "a link to a file outside": '--8<-- "link.yaml"',
    "in a linked folder": '--8<-- "linked/evil.yaml"',
    "from an address": '--8<-- "https://example.org/pod.yaml"',
}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A base path, with a file beside it and links that lead out of it."""
    for name in ("base/pod.yaml", "outside.yaml", "base_evil/evil.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"kind: {path.stem}\n")
    (tmp_path / "base" / "sub").mkdir()
    (tmp_path / "base" / "link.yaml").symlink_to("../outside.yaml")
    (tmp_path / "base" / "linked").symlink_to("../base_evil")
    return tmp_path / "base"


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_what_is_shown_is_what_is_applied(form: str, restricted: bool, base: Path) -> None:
    """Whatever is written: the same file as the reader sees, or none where they see none."""
    text = f"```yaml\n{FORMS[form].replace('ROOT', str(base.parent))}\n```\n"
    configs = {"pymdownx.snippets": {"base_path": [str(base)], "restrict_base_path": restricted}}
    html = Markdown(extensions=["pymdownx.snippets", "fenced_code"], extension_configs=configs).convert(text)
    files: tuple[File, ...] = ()
    with suppress(PageError):  # there is no such file
        files = plan("p.md", text, [base], restricted=restricted).files
    shown = [name for name in ("pod", "outside", "evil") if f"kind: {name}" in html]
    assert [file.content.decode() for file in files] == [f"kind: {name}\n" for name in shown]
    assert not any(part in {"..", "/"} for file in files for part in file.path.split("/")) or not restricted


NESTED = {
    "inline": '  motd: --8<--\n  x: |\n    --8<-- "other.yaml"\n',
    "one dash": "  x: |\n\t-8<- 'other.yaml'\n",
    "block": "  x: |\n    --8<--\n    other.yaml\n    --8<--\n",
    "in itself": '  x: |\n    --8<-- "pod.yaml"\n',
    "a file that is not there": '  x: |\n    --8<-- "nowhere"\n',
    "escaped": '  x: |\n    ;--8<-- "other.yaml"\n',
    "a part in a text": "  x: |\n    # --8<-- [start:a]\n    y\n",
    "a part beside a value": "  x: y # --8<-- [start:a]\n",
    "an escaped part": "# ;--8<-- [start:a]\n  x: y\n",
    "its fence": '  x: "a\n```\n\n    b"\n',
    "no YAML": "  x: [\n# --8<-- [start:a]\n",
    "parts": "  # --8<-- [start:a]\n  x: y\n#  -8<- [END:a]  \n",
    "no mark": "  x: 8<-- or --8<--x or -8< - or `--8<-- y`\n",
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("form", NESTED)
def test_what_a_manifest_holds_is_shown_or_told(form: str, end: str, base: Path) -> None:
    """Marks of snippets in it too: no other file is shown for one that was applied, no line is left out."""
    (base / "other.yaml").write_text("SECRET\n")
    text = f"data:\n{NESTED[form]}".replace("\n", end)
    (base / "pod.yaml").write_text(text, newline="")
    page = '```yaml\n--8<-- "pod.yaml"\n```\n\nAFTER\n'
    try:
        (file,) = plan("p.md", page, [base]).files
    except PageError:
        assert form not in {"parts", "no mark"}
    else:
        configs = {"pymdownx.snippets": {"base_path": [str(base)]}}
        extensions = ["pymdownx.snippets", "fenced_code"]
        html = Markdown(extensions=extensions, extension_configs=configs).convert(page)
        shown = unescape(html).partition('<code class="language-yaml">')[2].partition("</code>")[0]
        applied = file.content.decode().splitlines()
        assert shown.rstrip().splitlines() == [
            line for line in applied if not re.match(r" *# *-+8<-+ \[", line)
        ]


PIECES = (
    "--8<--",
    "-8<-",
    "8<-",
    ";",
    " ",
    "\t",
    "[start:x]",
    "[ END : y ]",
    '"pod.yaml"',
    "'a'",
    "-",
    "a",
    "#",
)


@pytest.mark.parametrize("prefix", ["", "    ", "> "])
@settings(derandomize=True, max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join))
def test_what_was_printed_is_shown_as_it_is(prefix: str, line: str) -> None:
    """Whichever marks of snippets stand in it, and wherever."""
    own = SnippetPreprocessor(SnippetExtension().getConfigs(), Markdown())
    own.seen = set()
    assert own.parse_snippets([prefix + escaped(line, prefix)]) == [prefix + line]


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("--8<--\nintro.md\n\n```console\n$ ls\n```\n", 4),
        ("```console\n$ ls\n```\n\n--8<--\n\n```console\n$ ls\n```\n\n--8<--\n", 7),
        ("```yaml\n--8<--\npod.yaml\n```\n\n```console\n$ ls\n```\n", 1),
        ("    --8<--\r\n\r\n```console\r\n$ ls\r\n```\r\n", 3),
        ("```{ .console exec=no }\n$ a\n--8<--\n```\n\n```console\n$ ls\n```\n", 1),
        ("--8<--\n\n```cluster\npods\n```\n", 3),
    ],
)
def test_a_block_of_includes_that_goes_on_is_told(page: str, line: int, base: Path) -> None:
    """Whatever a command printed would be taken for the name of a file, which the page would show."""
    with pytest.raises(PageError, match=rf"^p\.md:{line}: the block of includes of line \d goes on here"):
        plan("p.md", page, [base])


@pytest.mark.parametrize(
    "page",
    [
        "--8<--\nintro.md\n--8<--\n\n```console\n$ ls\n```\n",
        "```yaml\n--8<--\npod.yaml\n--8<--\n```\n\n```console\n$ ls\n```\n",
        "```console\n$ cat <<'EOF'\n--8<--\nEOF\n--8<--\n--8<--\n```\n",
        ";--8<--\n\n```console\n$ ls\n```\n",
        "> --8<--\n\n```console\n$ ls\n```\n",
        "--8<--\n\n```sh\nls\n```\n",
    ],
)
def test_a_block_of_includes_beside_fences_is_fine(page: str, base: Path) -> None:
    """One that ends, or is none; what an answer takes the place of; pages on which nothing is run."""
    assert plan("p.md", page, [base]).page == "p.md"


def test_a_quote_includes_nothing(base: Path) -> None:
    """Snippets leaves the line as it is there, so nothing may be applied behind the reader's back."""
    with pytest.raises(PageError, match=r"^p\.md:1: .*in a quote"):
        plan("p.md", '> ```yaml\n> --8<-- "pod.yaml"\n> ```\n', [base])


@pytest.mark.parametrize(
    "name",
    ['"><script>.yaml', "`a`.yaml", "a|b.yaml", "{{a}}.yaml", "a](b).yaml", "a\u202eb.yaml", "&lt.yaml"],
)
def test_a_name_that_is_no_plain_one_is_refused(name: str, base: Path) -> None:
    """It stands in a title, a link, a command: told at its line, with what to do."""
    (base / name).write_text("kind: Pod\n")
    with pytest.raises(PageError, match=r"^p\.md:2: .*in its name.*rename"):
        plan("p.md", f"```yaml\n--8<-- '{name}'\n```\n", [base])


def test_what_is_no_file_is_told(base: Path) -> None:
    """A folder, a pipe that nobody writes to, a file that may not be read: one error each, and no wait."""
    (base / "folder.yaml").mkdir()
    os.mkfifo(base / "pipe.yaml")
    (base / "latin.yaml").write_bytes(b"caf\xe9")
    lines = [f'--8<-- "{name}.yaml"' for name in ("folder", "pipe", "latin")]
    with pytest.raises(PreuveError) as refusal:
        plan("p.md", "\n".join(["```yaml", *lines, "```", ""]), [base])
    told = str(refusal.value).splitlines()
    assert [line.partition(": ")[0] for line in told] == ["p.md:2", "p.md:3", "p.md:4"]
