"""Files that nobody wrote in good faith: each reader gives a value or one clear error, and no page is broken.

Hypothesis makes them, the same ones at every run, from what each format has for its own use.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown import Markdown

from preuve import mapping, run, transcript
from preuve.audit.pages import read as foreign
from preuve.cli import _share
from preuve.cluster.api import Api
from preuve.cluster.context import minified
from preuve.errors import ClusterError, PreuveError, Problems, Where
from preuve.meaning.masking import mask
from preuve.page import blocks, commands
from preuve.page.plan import plan
from preuve.play.schedule import claim
from preuve.project import find
from preuve.settings import Settings
from preuve.settings import settings as read_settings
from preuve.show.fence import Formatter, validator
from preuve.show.render import Look, render
from preuve.show.strings import ENGLISH
from preuve.transcript import Exchange, Transcript, dump, load

if TYPE_CHECKING:
    from collections.abc import Callable

hostile = settings(
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

LONG = "9" * 5000
"""More digits than Python reads as a number."""
ODD = [
    *(
        "\0",
        "\x02",
        "\x03",
        "\x0b",
        "\x0c",
        "\r",
        "\t",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\ud800",
        "\ufeff",
        "\u2028",
    ),
    *(
        "\u202e",
        "\u200b",
        "\xa0",
        "\U0001f600",
        "é",
        LONG,
        "-1",
        "1e999",
        "nan",
        "٣",
        "../..",
        "/etc/passwd",
    ),
    *(
        "`",
        "```",
        "``````",
        "~~~",
        "|",
        "\\",
        '"',
        "'",
        "<",
        ">",
        "&lt;",
        "{",
        "}",
        "{{ x }}",
        "{% x %}",
        "$",
        "#",
    ),
    *(
        "</code></pre><script>alert(1)</script>",
        "<!--",
        "-->",
        "<div markdown>",
        "[x](javascript:alert(1))",
        "%%{",
    ),
    *(
        '--8<-- "x.yaml"',
        ';--8<-- "x.yaml"',
        "--8<--",
        "--8<-- [start:x]",
        "*[a]: b",
        "[^1]: c",
        "!!! note",
        "> ",
        "- ",
    ),
]

soup = st.lists(st.sampled_from(ODD) | st.text(max_size=4), max_size=6).map("".join)


def lines_of(*usual: str) -> st.SearchStrategy[str]:
    """Lines such as a format has, mixed with what it does not expect."""
    piece = st.sampled_from(usual)
    line = piece | st.builds(str.__add__, piece, soup) | soup
    return st.lists(line, max_size=12).map("\n".join)


def told(error: PreuveError) -> None:
    """Each error says where, in a line that a terminal shows as it is meant."""
    for one in error.each:
        assert one.where is not None, one
        assert one.where.line > 0


PLAYED = Transcript(
    "p.md",
    f"sha256:{7:064x}",
    "v1.37.2",
    datetime(2026, 11, 23, 9, 40, 12, tzinfo=UTC),
    12.4,
    (Exchange("ls", "a\n", 0, 0.1), Exchange("pods", "flowchart TD\n", drawn=True)),
)
HEAD, BODY = dump(PLAYED).split("\n")[:7], dump(PLAYED).split("\n")[7:]


def sealed(text: str) -> str:
    """With the seal that preuve would have put on it."""
    lines = text.split("\n")
    others = "\n".join([*lines[:3], *lines[4:]]).encode(errors="replace")
    lines[3:4] = [f"seal: sha256:{hashlib.sha256(others).hexdigest()}"]
    return "\n".join(lines)


@hostile
@given(st.data())
def test_a_transcript_is_whole_or_refused(data: st.DataObject) -> None:
    """Whatever stands in it, and under the right seal too; what is believed is what would be written."""
    body = data.draw(
        lines_of(*BODY, "$ ", "> ", "| ", "= 0 in 0.1 s", "= 0 in 0.100 s", "~ node node1", "<<<<<<< HEAD")
    )
    head = list(HEAD)
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(head) - 1))
        head[at] = data.draw(st.sampled_from(HEAD) | st.builds(str.__add__, st.just(head[at]), soup) | soup)
    text = "\n".join([*head, "", *body.split("\n")]) + data.draw(st.sampled_from(["", "\n"]))
    for one in (text, sealed(text)):
        try:
            found = load(one, "t.txt", "p.md")
        except PreuveError as error:
            told(error)
        else:
            assert load(dump(found), "t.txt", "p.md") == found


@hostile
@given(
    lines_of(
        "{",
        "}",
        '"preuve-run": 1,',
        '"started": "2026-11-26T00:00:00Z",',
        '"kubernetes": "v1",',
        '"cluster": 1.0,',
        '"earlier": [',
        '["2026-11-25T00:00:00Z", "v1", 1, 2.0]',
        "],",
        '"pages": {',
        '"a.md": [1.0, 2.0]',
        "[[[[",
        '"a":' * 2000,
        "NaN",
    )
)
def test_a_run_is_whole_or_refused(tmp_path: Path, text: str) -> None:
    """JSON can be nested, doubled, endless."""
    path = tmp_path / "run.json"
    path.write_bytes(text.encode(errors="surrogatepass"))
    try:
        found = run.read(path, "run.json")
    except PreuveError as error:
        told(error)
    else:
        assert found
        assert run.dump(found) == text


MARKDOWN = (
    *(
        "---",
        "title: x",
        "preuve: {cluster: exclusive}",
        "preuve:",
        "  cluster: &a [*a]",
        "# Title",
        "",
        "    ",
        "...",
    ),
    *(
        "```console",
        "```{ .console exit=1 }",
        "```{ .console timeout=",
        '```{ .console until="',
        "```cluster",
        "```proofs",
    ),
    *(
        "```yaml",
        '--8<-- "pod.yaml"',
        "```",
        "~~~",
        "    ```",
        "> ```console",
        "- item",
        "$ kubectl get pods",
        "$ cat <<EOF",
    ),
    *(
        "EOF",
        "$ echo 'a",
        "pods, services by=node",
        "pages",
        "!!! note",
        '=== "tab"',
        "<!-- ```",
        "-->",
        "$ a \\",
        "> b",
    ),
)


@hostile
@given(lines_of(*MARKDOWN))
def test_a_page_is_planned_or_told(text: str) -> None:
    """And its fences are where they are said to be; each mistake has its line."""
    found, problems = blocks.parse(text, "p.md")
    for block in found:
        assert text[block.start : block.end].lstrip(" \t>").startswith(block.fence)
    for problem in problems:
        told(problem)
    try:
        one = plan("p.md", text, [])
    except PreuveError as error:
        told(error)
    else:
        assert bool(render(text, one, None, Look(ENGLISH))) == bool(text)


@hostile
@given(
    lines_of(
        *MARKDOWN,
        *(
            "```shell",
            "```none",
            "Output:",
            "The output is similar to this:",
            "kubectl get pods",
            "...",
            "# x",
        ),
        *(
            "apiVersion: v1",
            "kind: Pod",
            "<placeholder>",
            "{{< note >}}",
            "me@host:/# ls",
            " " * 4000 + "```",
        ),
    )
)
def test_somebody_s_page_is_read(text: str) -> None:
    """By `preuve audit`, whatever it is: what it shows is of its lines."""
    found = foreign("p.md", text)
    assert all(1 <= one.where.line <= text.count("\n") + 1 for one in found.typed)
    assert all(0 <= piece.first <= piece.end <= text.count("\n") + 1 for piece in found.pieces)


@hostile
@given(
    lines_of(
        "$ ls", "$ cat <<'EOF'", "EOF", '$ echo "a', "$ f() {", "}", "$ a \\", "> b", "$ $(", "$ `", "out"
    )
)
def test_commands_are_found_or_told(body: str) -> None:
    """Of any fence, at lines counted from its first."""
    try:
        lines = [number for number, _ in commands.commands(body)]
    except PreuveError as error:
        lines = [error.where.line if error.where else -1]
    assert all(0 <= line <= body.count("\n") for line in lines)


YAML = (
    "a: &x [*x]",
    "b: {<<: *x}",
    "c: 2026-02-30",
    "d: !!int x",
    "e: !!bool maybe",
    "f: !!timestamp x",
    "g: !ENV X",
    "h: !!python/name:os.system",
    "i: [" * 500,
    "? [a]",
    ": b",
    "? {a: b}",
    "k: !!binary x",
    "l: |",
    "  text",
    "- m",
    "n: 'o",
    "p: !!float x",
    "%YAML 9.9",
    "---",
    "q: 0x_",
    "r: 1:60",
    "*x : y",
    "s: !!set {a}",
    "t: !!omap [a]",
)


@hostile
@given(lines_of(*YAML))
def test_yaml_is_read_or_told(text: str) -> None:
    """With a line of it."""
    line = 1
    try:
        assert isinstance(mapping.read(text), dict)
    except mapping.MappingError as error:
        line = error.line
    assert 1 <= line <= text.count("\n") + 1


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | soup | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(soup | st.integers() | st.none(), inner, max_size=3)
    ),
    max_leaves=6,
)
named = st.dictionaries(
    st.sampled_from(["cluster", "kubernetes", "allow_exclusive", "mode", "preuve"]) | soup, values
)


@hostile
@given(values | st.fixed_dictionaries({"preuve": values | named}))
def test_settings_are_read_or_told(extra: object) -> None:
    """Of any value that YAML can give; shortly."""
    chosen, said = Settings(), ""
    try:
        chosen = read_settings(extra, {})
    except PreuveError as error:
        said = str(error)
    assert len(said) < 100_000
    assert isinstance(chosen.kubernetes, str)
    assert isinstance(chosen.allow_exclusive, bool)


@hostile
@given(
    lines_of(*YAML, "title: x", "preuve: {cluster: exclusive}", "preuve:", "  cluster: exclusive", "<<: *x")
)
def test_a_front_matter_is_understood_or_told(text: str) -> None:
    """At a line of it."""
    places = [Where("p.md", 1)]
    try:
        plan("p.md", f"---\n{text}\n---\n# T\n", [])
    except PreuveError as error:
        places = [one.where or Where("", 0) for one in error.each]
    assert all(1 <= place.line <= text.count("\n") + 3 for place in places)


MKDOCS = (
    *("INHERIT: mkdocs.yml", "INHERIT: [a]", "INHERIT: ./docs", f"INHERIT: {LONG}x", 'INHERIT: "\\0"'),
    *("docs_dir: docs", "docs_dir: [docs]", "docs_dir: 3", 'docs_dir: "\\0"', "theme: material"),
    *("theme: {language: [fr]}", "theme: {language: 3}", "extra: {preuve: {cluster: 3}}", "extra: [preuve]"),
    *("extra: {preuve: {kubernetes: 1.36}}", "nav: [index.md, {a: b.md}]", "nav: 3", "markdown_extensions:"),
    *("- pymdownx.snippets: {base_path: 3}", "- pymdownx.snippets: {base_path: [[a], 3]}", "- 3", "- {a: b}"),
    *("  pymdownx.snippets: [a]", 'markdown_extensions: {pymdownx.snippets: {base_path: "\\0"}}', *YAML),
)


@hostile
@given(lines_of(*MKDOCS))
def test_a_project_is_understood_or_told(tmp_path: Path, text: str) -> None:
    """And its pages are read."""
    (tmp_path / "docs").mkdir(exist_ok=True)
    (tmp_path / "docs" / "a.md").write_text('# A\n\n```yaml\n--8<-- "x.yaml"\n```\n')
    (tmp_path / "mkdocs.yml").write_bytes(text.encode(errors="replace"))
    said = ""
    try:
        _, problems = find(tmp_path).surveyed()
    except PreuveError as error:
        said = str(error)
    else:
        told(Problems(problems))
    assert len(said) < 1000


LAUGHS = ["l0: &l0 [lol]", *[f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 10)]]
"""A few lines of YAML that are gigabytes when they are written out."""

MANIFEST = (
    *("apiVersion: v1", "kind: Namespace", "kind: Service", "kind: [Namespace]", "kind: {a: b}", "kind:"),
    *(
        "metadata: {name: dev}",
        "metadata: {name: [a]}",
        "metadata: [name]",
        "nodePort: 30008",
        "hostPort: {}",
    ),
    *("items: &items [*items]", "data: &data {a: *data}", "data:", "  a: b", "---", "[" * 5000, "- " * 3000),
    *("\n".join([*LAUGHS, "data: *l9"]), "users: &users [{token: a, exec: {env: *users}}]", "kind: Config"),
    *("kind: Secret", "kind: SecretList", "? [a]", ": b", "? {a: b}", *YAML),
)


@hostile
@given(lines_of(*MANIFEST))
def test_a_manifest_is_looked_through(tmp_path: Path, text: str) -> None:
    """For what no two pages may have at once: whatever it is, and in a here-document too."""
    (tmp_path / "x.yaml").write_bytes(text.encode(errors="replace"))
    quoted = "".join(f"{line}\n" for line in commands.CONTROL.sub("", text).split("\n") if line != "END")
    for page in ('```yaml\n--8<-- "x.yaml"\n```\n', f"````console\n$ cat <<'END'\n{quoted}END\n````\n"):
        with suppress(PreuveError):  # a page that includes it may say so
            assert claim(plan("p.md", page, [tmp_path])).page == "p.md"


@hostile
@given(lines_of(*MANIFEST), st.booleans())
def test_an_output_is_masked(text: str, cut: bool) -> None:
    """Of anything that looks like an object; its lines stay."""
    output = text if cut else f"apiVersion: v1\nkind: Secret\ndata:\n  a: b\n{text}"
    assert mask(output, "").count("\n") == output.count("\n")


KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1", "certificate-authority": "ca"}}],
    "users": [{"name": "u", "user": {"token": "t", "client-key-data": "YQ==", "client-certificate": "ca"}}],
    "contexts": [{"name": "team", "context": {"cluster": "c", "user": "u", "namespace": "n"}}],
    "current-context": "team",
}


def places(value: object, above: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Where a value has values, itself among them."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above, *(place for key, each in inside for place in places(each, (*above, key)))]


def altered(value: Any, place: tuple[Any, ...], other: object) -> Any:  # noqa: ANN401 - any of YAML's
    """A copy of a value with another one at a place."""
    if not place:
        return other
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[place[0]] = altered(copied[place[0]], place[1:], other)
    return copied


READERS: dict[str, Callable[[Path], object]] = {
    "a page": lambda path: find(path.parent.parent).surveyed()[1],
    "a transcript": lambda path: transcript.read(path, "t.txt", "p.md"),
    "a run": lambda path: run.read(path, "run.json"),
    "a manifest": lambda path: plan("p.md", f'```yaml\n--8<-- "{path.name}"\n```\n', [path.parent]),
    "a kubeconfig": lambda path: minified("team", {"KUBECONFIG": str(path)}),
    "an authority": lambda path: minified("team", {"KUBECONFIG": str(path.parent / "config")}),
}


@pytest.mark.parametrize("name", ["a\u202ecod.md", "a\n# T.md", "a\x1b[2J.md"])
def test_a_page_whose_name_hides_something_is_told(name: str, tmp_path: Path) -> None:
    """It would stand on pages, in transcripts and on a terminal."""
    (tmp_path / "mkdocs.yml").write_text("site_name: x\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / name).write_text("# T\n")
    pages, [problem] = find(tmp_path).surveyed()
    assert not pages
    assert "has a character that nobody sees: rename it" in str(problem)
    assert str(problem).isprintable()


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_told(reader: str, make: Callable[[Path], None], tmp_path: Path) -> None:
    """Whatever reads it: nobody waits for what is never written, or has no end."""
    (tmp_path / "mkdocs.yml").write_text("site_name: x\n")
    (tmp_path / "docs").mkdir()
    path = tmp_path / "docs" / ("p.md" if reader == "a page" else "p.yaml")
    make(path)
    named = {"server": "https://127.0.0.1:1", "certificate-authority": path.name}
    content = {**KUBECONFIG, "clusters": [{"name": "c", "cluster": named}]}
    (tmp_path / "docs" / "config").write_text(yaml.safe_dump(content))
    problems: list[object] = []
    try:
        told = READERS[reader](path)
        problems = told if isinstance(told, list) else []
    except PreuveError as error:
        problems = [error]
    assert len(problems) == 1 or (make is Path.mkdir and reader == "a page")


@settings(hostile, max_examples=150)
@given(st.data())
def test_a_kubeconfig_is_understood_or_told(tmp_path: Path, data: st.DataObject) -> None:
    """Of any value in any place, or any text; nobody is connected to."""
    (tmp_path / "ca").write_bytes(b"\xff")
    (tmp_path / "folder").mkdir(exist_ok=True)
    odd = st.sampled_from(["folder", "nowhere", "\0", "a" * 5000, "/dev/zero", b"\xff", ["x"], {"name": "c"}])
    content: Any = KUBECONFIG
    for _ in range(data.draw(st.integers(1, 2))):
        content = altered(content, data.draw(st.sampled_from(places(content))), data.draw(odd | values))
    lines = [*yaml.safe_dump(KUBECONFIG).split("\n"), *YAML, *LAUGHS, "users: &u [*u]", "clusters: *l9"]
    text = data.draw(st.just(yaml.safe_dump(content)) | lines_of(*lines))
    path = tmp_path / "config"
    path.write_bytes(text.encode(errors="surrogatepass"))
    said = ""
    try:
        chosen = minified("team", {"KUBECONFIG": str(path)})
        (tmp_path / "ours").write_text(yaml.safe_dump(chosen))
        Api(tmp_path / "ours").close()
    except ClusterError as error:
        said = str(error)
    assert len(said) < 1000
    assert not said or "context 'team'" in said or str(path) in said


@pytest.mark.parametrize(
    "place", ["extra: {preuve: *l9}", "extra: {preuve: {cluster: *l9}}", "nav: *endless"]
)
def test_aliases_are_not_written_out(place: str, tmp_path: Path) -> None:
    """Nor is a list that is in itself."""
    lines = [*LAUGHS, "endless: &endless [*endless]", "site_name: x", place]
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("\n".join(lines))
    said = ""
    try:
        find(tmp_path)
    except PreuveError as error:
        told(error)
        said = str(error)
    assert len(said) < 1000
    assert bool(said) == ("preuve" in place)


@hostile
@given(st.builds("{}{}{}".format, soup | st.integers(), st.sampled_from("/:"), soup | st.integers()))
def test_a_share_is_understood_or_told(shard: str) -> None:
    """`--shard`."""
    with suppress(click.BadParameter):
        assert _share([], shard) == []


@hostile
@given(
    st.sampled_from(["timeout", "exit", "until", "settle", "exec"]),
    soup | st.sampled_from(["9" * 400 + "m", "0s", "0.0000001ms"]),
)
def test_an_option_is_understood_or_told(name: str, value: str) -> None:
    """Durations that no clock knows, patterns that no machine compiles."""
    value = value.replace('"', "").replace("\r", "").replace("\n", "")
    try:
        found = plan("p.md", f'```console {name}="{value}"\n$ a\n```\n', [])
    except PreuveError as error:
        told(error)
    else:
        assert all(0 < action.options.timeout <= 24 * 3600 for action in found.actions())


@pytest.mark.parametrize("pattern", ["(" * 5000 + ")" * 5000, "a{99999999999}", "[", "(?P<", "\\"])
def test_a_pattern_that_cannot_be_one_is_told(pattern: str) -> None:
    with pytest.raises(PreuveError, match=r"^p\.md:1: until=.*not a regular expression"):
        plan("p.md", f"```{{ .console until='{pattern}' }}\n$ a\n```\n", [])


class Tree(HTMLParser):
    """Where each text of a page stands: the elements around it, and all attributes there are."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._open: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in {"br", "hr", "img", "input"}:
            self._open.append((tag, dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((" ".join(f"{tag}.{names}" for tag, names in self._open), data))


EXTENSIONS = [
    *("abbr", "admonition", "attr_list", "def_list", "footnotes", "md_in_html", "tables", "pymdownx.details"),
    *("pymdownx.highlight", "pymdownx.snippets", "pymdownx.superfences", "pymdownx.tabbed", "pymdownx.tilde"),
]
CONTAINERS = {"plain": "", "list": "- item\n\n", "quote": "> ", "admonition": "!!! note\n\n"}
"""Before the fence."""
PREFIXES = {"plain": "", "list": "    ", "quote": "> ", "admonition": "    "}


@cache
def markdown() -> Markdown:
    formatter = Formatter("en")
    fences = [
        {"name": name, "class": "preuve", "format": formatted, "validator": validator}
        for name, formatted in (("console", formatter.format), ("cluster", formatter.draw))
    ]
    return Markdown(
        extensions=EXTENSIONS, extension_configs={"pymdownx.superfences": {"custom_fences": fences}}
    )


def html(text: str) -> str:
    return markdown().reset().convert(text)


printable = soup.map(lambda text: commands.CONTROL.sub("", text).replace("\n", "").replace(LONG, LONG[:50]))


@hostile
@given(
    st.sampled_from(list(PREFIXES)),
    st.lists(printable.map("MARK{}MARK".format) | printable, max_size=6),
    st.lists(printable, max_size=3),
)
def test_no_output_stands_outside_of_its_block(container: str, outputs: list[str], more: list[str]) -> None:
    """Fences are closed where they should be, and nothing that was printed is markup, wherever they stand."""
    fence = ["```console", "$ one", "$ two", "```"]
    prefix = PREFIXES[container]
    lines = ["# T", "", *filter(None, CONTAINERS[container].rstrip("> ").split("\n")), ""]
    text = "\n".join([*lines, *(prefix + line for line in fence), "", "AFTER", ""])
    one = plan("p.md", text, [])
    exchanges = tuple(
        Exchange(action.source, "".join(f"{line}\n" for line in printed))
        for action, printed in zip(one.actions(), (outputs, more), strict=True)
    )
    played = load(dump(replace(PLAYED, exchanges=exchanges)), "t.txt", "p.md")
    plain, page = (
        Tree(html(render(text, one, each, Look(ENGLISH))))
        for each in (
            replace(played, exchanges=tuple(replace(each, output="a\n") for each in exchanges)),
            played,
        )
    )
    inside = [data for place, data in page.texts if "div.preuve" in place]
    assert sum(data.count("MARK") for data in inside) == sum(data.count("MARK") for _, data in page.texts)
    assert "".join(inside).count("MARK") == sum(line.count("MARK") for line in outputs)
    assert [place for place, data in page.texts if "AFTER" in data] == [
        place for place, data in plain.texts if "AFTER" in data
    ]
    assert page.tags - plain.tags <= {"button"}
    known = {"data-kind", "data-note", "data-search-exclude", "data-state", "style", "type"}
    assert page.attributes - plain.attributes <= known


SCENE = (
    *("Pod a Running owner=ReplicaSet/b node=n1", "ReplicaSet b 1/1 owner=Deployment/c", "Deployment c 1/1"),
    *("Deployment c 1/1 owner=Pod/a", "Pod a owner=Pod/a", "Service s NodePort 80:1 selects=Pod/a,Pod/b"),
    *("Node n1 Ready", "+ Pod d Pending image=x:1@y", "- Pod e", "Pod a foo=bar", "Pod a image=a image=b"),
    *(f"Deployment c {LONG}/1", f"Pod {'a' * 300}", "Service s selects=,,", "Zzz z", "Pod a node=a@b"),
)


def scene(text: str) -> str:
    """A page with a drawing, of which a transcript tells this."""
    page = "# T\n\n```cluster\npods, services, deployments, replicasets, nodes by=node\n```\n\nAFTER\n"
    one = plan("p.md", page, [])
    exchanges = tuple(Exchange(action.source, text and f"{text}\n", drawn=True) for action in one.actions())
    played = load(dump(replace(PLAYED, exchanges=exchanges)), "t.txt", "p.md")
    return html(render(page, one, played, Look(ENGLISH)))


@hostile
@given(lines_of(*SCENE).map(lambda text: commands.CONTROL.sub("", text)))
def test_a_drawing_is_drawn_or_refused(text: str) -> None:
    """Of objects that Kubernetes could hold: whatever else a transcript tells is no drawing."""
    try:
        page = Tree(scene(text))
    except PreuveError as error:
        told(error)
    else:
        assert [place for place, data in page.texts if "AFTER" in data] == ["p."]
        assert "svg" in page.tags or not text.strip()
        assert not page.tags & {"script", "foreignobject", "iframe"}
        assert not {name for name in page.attributes if name.startswith("on")}


def test_owners_above_one_another_end() -> None:
    """Two thousand of them are no drawing, nor is one that is its own."""
    deep = [f"Pod p{number} owner=Pod/p{number - 1}" for number in range(1, 2000)]
    for text in ("\n".join(deep), "Pod a owner=Pod/a"):
        with pytest.raises(PreuveError, match="own each other without end"):
            scene(text)


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("preuve: [a, b]", 2),
        ("preuve: {cluster: 3}", 2),
        ("preuve: {cluster: exclusive}\ndate: 2026-02-30", 3),
        ("preuve: \x01", 2),
        ("preuve: " + "[" * 2000, 2),
        ("preuve: &a [*a]", 2),
        ("preuve: !!int x", 2),
    ],
)
def test_a_front_matter_is_told_at_its_line(written: str, line: int) -> None:
    """Dates that do not exist, what is nested without end or in itself."""
    with pytest.raises(PreuveError, match=rf"^p\.md:{line}: "):
        plan("p.md", f"---\n{written}\n---\n# T\n", [])
