"""The manual says what there is: every option, setting, variable, mode, command and flag, and no other.

What it shows of an output is played, so `preuve check` holds it to the truth; this is about its own words.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from preuve.audit.verdict import Verdict
from preuve.cli import main
from preuve.cluster.embedded import additions, binaries
from preuve.errors import PreuveError
from preuve.meaning.chance import Chance
from preuve.page import front_matter
from preuve.page.blocks import parse
from preuve.page.options import DECORATION, Options, read
from preuve.page.plan import PARTS
from preuve.project import PageState, find
from preuve.settings import Mode, Settings, settings
from preuve.show.strings import FRENCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.project import Page

ROOT = Path(__file__).parents[1]
PAGES = {page.name: page for page in find(ROOT).pages() if page.name.startswith(("ecrire/", "en/"))}
FRENCH_PAGES = [name for name in PAGES if name.startswith("ecrire/")]
TEMPLATES = ROOT / "hooks" / "preuve" / "templates"
ROW = re.compile(r"^\| (?P<cells>.*) \|$", re.MULTILINE)
SOURCE = re.compile(
    r'^````\{ \.markdown title="Vous écrivez" \}\n(.*?)^````\n(.*?)(?=^````\{ \.markdown|^## |\Z)',
    re.MULTILINE | re.DOTALL,
)
"""What is shown as source, and what stands below, up to the next."""
VARIABLE = re.compile(r"\bPREUVE_[A-Z]+\b")
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def prose(page: Page) -> str:
    """A page without its fences."""
    text = page.text
    for block in reversed(parse(text, page.name)[0]):
        text = text[: block.start] + text[block.end :]
    return text


WORDS = {name: prose(page) for name, page in PAGES.items()}
MANUAL = "\n".join(WORDS[name] for name in FRENCH_PAGES)


def table(name: str, heading: str) -> dict[str, list[str]]:
    """The table that has a column of that name: by the first code of a row, the row's cells."""
    text = WORDS[name].replace("\u00a0", " ").replace("\u202f", " ")
    found = {}
    lines = text.partition(f"| {heading} |")[2].split("\n")[2:]
    for line in lines:
        if not (row := ROW.fullmatch(line)):
            break
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row["cells"])]
        found[CODE.findall(cells[0])[0]] = cells
    return found


def written(value: object) -> str:
    """A default as the manual and an author write it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.0f}s"
    return str(value)


def options(rows: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """What a table of options says: each name, and what holds without it."""
    for cells in rows.values():
        for told in CODE.findall(cells[0]):
            yield told.partition("=")[0], cells[-1]


@pytest.mark.parametrize(
    ("page", "heading"), [("ecrire/options.md", "Option"), ("en/index.md", "Option of a `console` fence")]
)
def test_every_option_of_a_fence_is_told_with_its_default(page: str, heading: str) -> None:
    """In both languages; no other is."""
    told = dict(options(table(page, heading)))
    assert told.keys() == {each.name for each in fields(Options)}
    for each in fields(Options):
        if each.default not in ("", ()) and each.name != "why":
            assert f"`{each.name}={written(each.default)}`" in told[each.name], each.name


def test_preuve_takes_every_option_that_the_manual_writes_out() -> None:
    """Such as a duration with its unit; `N` and `…` stand for a value."""
    known = {each.name for each in fields(Options)}
    told = {code for words in WORDS.values() for code in CODE.findall(words) if not re.search("=N|…", code)}
    pairs = [(name, value) for name, sign, value in (code.partition("=") for code in told) if sign]
    written = [(name, value) for name, value in pairs if name in known]
    assert written
    assert [problem for name, value in written for problem in read({name: value})[1]] == []


def test_every_option_has_a_live_example() -> None:
    """A fence of the manual that has it is run, or shown not to be; so have the other kinds of fences."""
    blocks = [block for page in PAGES.values() for block in parse(page.text, page.name)[0]]
    used = {name for block in blocks for name in block.options}
    assert {each.name for each in fields(Options)} <= used
    assert {"apply", "title"} <= used
    languages = {block.language for block in blocks}
    assert {"console", "cluster", "proofs", "yaml"} <= languages
    for name in (*DECORATION, *PARTS, "apply=no", "by=node"):
        assert f"`{name}`" in MANUAL, name


def test_what_an_author_is_to_write_is_what_is_run_below() -> None:
    """Each fence that is shown as source is followed by that very source."""
    shown = SOURCE.findall(PAGES["ecrire/options.md"].text)
    assert len(shown) > len(fields(Options))
    for source, below in shown:
        assert source.replace(";--8<--", "--8<--") in below, source


def defaults(kind: type[Any]) -> dict[str, object]:
    return {each.name: each.default for each in fields(kind) if each.default is not MISSING}


def written_in_mkdocs(name: str) -> bool:
    """Whether a field of `Settings` is one that an author writes."""
    try:
        settings({"preuve": {name: "x"}}, {})
    except PreuveError as error:
        return "unknown setting" not in str(error)
    return True


def test_every_setting_is_told_with_its_default() -> None:
    """Under `extra.preuve`, where the mode has no place, in both languages; and in the front matter."""
    known = {name: value for name, value in defaults(Settings).items() if written_in_mkdocs(name)}
    for place in (
        ("ecrire/reglages.md", "Réglage | Valeur | Sans lui"),
        ("en/index.md", "Setting | Value | Without it"),
    ):
        told = table(*place)
        assert told.keys() == known.keys()
        for name, value in known.items():
            if value != "":
                assert told[name][-1] == f"`{str(value).lower() if isinstance(value, bool) else value}`"
        assert all(f"`{minor}`" in told["kubernetes"][1] for minor in binaries.VERSIONS)
    page = table("ecrire/reglages.md", "Nom | Valeur | Sans lui")
    assert page.keys() == {"cluster", "programs"}
    asked = yaml.safe_dump({"preuve": {"cluster": "exclusive", "programs": ["helm"]}})
    assert front_matter.read("a.md", f"---\n{asked}---\n") == (front_matter.Wishes(True, ("helm",)), [])


def test_every_variable_is_told() -> None:
    """All that the engine reads; none that it does not."""
    files = [path for path in (ROOT / "hooks" / "preuve").rglob("*") if path.is_file()]
    sources = [path.read_text(encoding="utf-8") for path in files if path.suffix in {".py", ""}]
    read = {name for source in sources for name in VARIABLE.findall(source)}
    assert set(table("ecrire/reglages.md", "Variable")) == read
    assert {name for page in PAGES.values() for name in VARIABLE.findall(page.text)} <= read


def test_every_mode_is_told() -> None:
    """With the one that holds unless another is named."""
    assert table("ecrire/reglages.md", "Mode").keys() == set(Mode)
    assert table("ecrire/reglages.md", "Variable")["PREUVE_MODE"][-1] == f"`{Settings().mode}`"


def commands(group: click.Group, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found
        yield (*names, name), found
        if isinstance(found, click.Group):
            yield from commands(found, *names, name)


COMMANDS = {" ".join(("preuve", *words)): command for words, command in commands(main)}
PARAMETERS = [each for command in COMMANDS.values() for each in command.params]
FLAGS = {"--help", "-h", "--version"} | {
    flag for each in PARAMETERS if isinstance(each, click.Option) for flag in each.opts
}
OTHERS = {"--find-links", "--sort-by", "--watch", "-o"}
"""Flags of pip's and of kubectl's that the manual speaks of."""


def test_every_command_is_told_and_its_help_is_run() -> None:
    """The list of `preuve --help` and the manual are one; what each says is an output, which is checked."""
    run = {action.source for page in PAGES.values() for action in page.plan.actions()}
    assert {f"{command} --help" for command in COMMANDS} | {"preuve --help"} <= run
    titles = set(re.findall(r"^### `(preuve [a-z]+)`$", WORDS["ecrire/reglages.md"], re.MULTILINE))
    assert titles == {command for command in COMMANDS if command.count(" ") == 1}


def test_every_flag_is_told_and_no_other() -> None:
    """In the manual's own words, or in the help that it shows."""
    outputs = [
        each.output for name in FRENCH_PAGES if (told := PAGES[name].transcript) for each in told.exchanges
    ]
    assert {flag for flag in FLAGS if flag not in MANUAL + "\n".join(outputs)} == set()
    spoken = [
        code for text in WORDS.values() for code in CODE.findall(text) if code.startswith(("preuve", "-"))
    ]
    used = {flag for code in spoken for flag in re.findall(r"(?<!\S)--?[a-z][a-z-]*", code)}
    assert used - FLAGS - OTHERS == set()


def test_no_command_of_preuve_is_invented() -> None:
    """Of those that the manual speaks of, or shows."""
    shown = [*CODE.findall("\n".join(WORDS.values()))]
    shown += [action.source for page in PAGES.values() for action in page.plan.actions()]
    called = {name for text in shown for name in re.findall(r"(?:^|[;&] |^PREUVE_\S+ )preuve ([a-z]+)", text)}
    assert called <= {command.split()[1] for command in COMMANDS}
    assert called


def test_what_is_marked_is_told_in_the_words_of_the_mark() -> None:
    """Every kind of chance."""
    text = WORDS["ecrire/comparaison.md"]
    assert {kind for kind in Chance if FRENCH.kinds[kind] not in text} == set()


def test_states_and_verdicts_are_told() -> None:
    """What `preuve status` and `preuve audit` call a page or a command, and the codes that it ends with."""
    assert {state for state in PageState if f"`{state}`" not in WORDS["ecrire/reglages.md"]} == set()
    assert {each for each in Verdict if f"`{each}`" not in WORDS["ecrire/ailleurs.md"]} == set()
    codes = re.findall(r"^\| ([\d, ]+) \|", WORDS["ecrire/reglages.md"], re.MULTILINE)
    assert [code for codes in codes for code in codes.split(", ")] == ["0", "1", "2", "130", "129", "143"]


def test_an_image_of_one_s_own_is_told_as_the_course_has_it() -> None:
    """The example is in the course's file; all that such a file may say is told."""
    page = PAGES["ecrire/ailleurs.md"]
    [example] = [block.body for block in parse(page.text, page.name)[0] if block.language == "toml"]
    assert example.strip() in (ROOT / "images.toml").read_text(encoding="utf-8")
    assert table("ecrire/ailleurs.md", "Nom | Valeur").keys() == additions.KEYS.keys()


def test_the_first_page_is_the_one_that_init_writes() -> None:
    """Its fences are run in the manual, with the very manifest."""
    assert (ROOT / "includes/ecrire/preuve-web.yaml").read_text() == (TEMPLATES / "web.yaml").read_text()
    page = PAGES["ecrire/index.md"]
    ours = [(block.language, block.body, block.options) for block in parse(page.text, page.name)[0]]
    first = (TEMPLATES / "page.fr.md").read_text()
    theirs = [(block.language, block.body, block.options) for block in parse(first, "")[0]]
    assert len(theirs) == 4
    assert [fence for fence in theirs if fence not in ours and fence[0] != "yaml"] == []
