"""The site as files: what a build makes, refuses and leaves out."""

from __future__ import annotations

import html
import json
import re
import resource
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from mkdocs.config import load_config

from course import card
from course.diagrams import PHONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Build = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.site

ROOT = Path(__file__).parents[2]
FAULTS = Path(__file__).with_name("faults")
SAMPLE = FAULTS.with_name("sample")
VNU = ROOT / "tests" / "site" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
THEIRS = ".*Attribute “autocomplete” is only allowed.*"
"""What Material has on two checkboxes of every page."""
BUILD_SECONDS = 5

DIAGRAM = "# Un\n\n```mermaid\nflowchart TB\n  accTitle: {title}\n  {body}\n```\n"


class Links(HTMLParser):
    """What a page points to, and what can be pointed to in it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.awaited: list[str] = []
        """Scripts that the page is not shown before."""
        self.anchors = {"", "__tabbed"}
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a tag points to, and the name it can be pointed to by."""
        given = dict(attrs)
        if tag == "script" and given.get("src") and "defer" not in given:
            self.awaited.append(str(given["src"]))
        for name, value in attrs:
            if name in {"href", "src"} and value is not None and (tag, name) != ("use", "href"):
                self.targets.add(value)
            elif name in {"id", "name"} and value:
                self.anchors.add(value)


def broken(site: Path) -> Iterator[str]:
    """Every link of a site, to its own files and anchors, that leads nowhere."""
    pages = {page: Links(page) for page in sorted(site.rglob("*.html")) if page.name != "404.html"}
    for page, links in pages.items():
        for link in links.targets:
            address, anchor = urldefrag(link)
            if urlsplit(link).scheme:
                continue
            target = (page.parent / unquote(address)).resolve() if address else page
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield f"{page.relative_to(site)}: no file {link}"
            elif target in pages and unquote(anchor) not in pages[target].anchors:
                yield f"{page.relative_to(site)}: no anchor {link}"


def invalid(site: Path) -> list[str]:
    """What the W3C's checker calls an error, but for the theme's own."""
    assert shutil.which("java"), "no java on the PATH: `make debian` installs it"
    checked = subprocess.run(
        ["java", "-jar", VNU, "--skip-non-html", "--errors-only", "--filterpattern", THEIRS, site],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return checked.stderr.splitlines()


def test_every_link_leads_somewhere(site: Path) -> None:
    assert list(broken(site)) == []


@pytest.mark.parametrize("fault", ["dead-link", "dead-anchor", "misses-a-file"])
def test_a_dead_link_is_caught(fault: str) -> None:
    assert len(list(broken(FAULTS / fault))) == 1


def test_the_tab_key_meets_a_section_once(site: Path) -> None:
    """In the table of contents; where that is not shown, in the link beside its title."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        hidden = re.search(r'md-sidebar--secondary"[^>]*\shidden', text)
        contents = set(re.findall(r'<a href="(#[^"]*)" class="md-nav__link"', text))
        for heading, link in re.findall(r"<(h\d)[^>]*>.*?(<a class=\"headerlink\"[^>]*>)", text):
            assert ('tabindex="-1"' in link) == (not hidden), (page, link)
            address = re.search('href="([^"]*)"', link)
            assert address
            assert heading == "h1" or address[1] in contents, (page, link)


def awaited(site: Path) -> list[str]:
    """The scripts that a reader has to wait for, page by page."""
    pages = sorted(site.rglob("*.html"))
    return [f"{page.relative_to(site)}: {script}" for page in pages for script in Links(page).awaited]


def test_no_page_waits_for_a_script(site: Path) -> None:
    """The theme's own is as heavy as the page, which can be read without it (overrides/main.html)."""
    assert awaited(site) == []


def test_a_script_that_is_waited_for_is_caught() -> None:
    assert awaited(FAULTS / "waits-for-a-script") == ["index.html: first.js"]


def test_who_is_lost_is_led_home(site: Path) -> None:
    """Whatever address was asked for: the page is served in its place, so its links begin at the root."""
    page = site / "404.html"
    assert "Cette page n’existe pas" in page.read_text(encoding="utf-8")
    assert "/index.html" in Links(page).targets
    assert re.search(
        r"<button[^>]*>Rechercher</button>", page.read_text(encoding="utf-8")
    )  # a label has no stop


@pytest.mark.parametrize("site", ["course"], indirect=True)
def test_each_page_says_what_it_is(site: Path) -> None:
    """Where it is found, and where it is shared; the page for the lost too, which is none of MkDocs'."""
    told = []
    for page in site.rglob("*.html"):
        head = page.read_text(encoding="utf-8").partition("</head>")[0]
        found, shared = re.findall(r'(?:name|property)="(?:og:)?description" content="([^"]*)"', head)
        assert found == shared, page
        told.append(found)
    assert len(set(told)) == len(told)
    assert load_config(str(ROOT / "mkdocs.yml")).site_description not in told


def test_a_chapter_is_called_as_its_first_page_is(site: Path) -> None:
    """With its number, in the navigation of every page; what is looked things up in has none."""
    page = (site / "404.html").read_text(encoding="utf-8")
    names = [html.unescape(name).strip() for name in re.findall(r'<li><a href="[^"]*">(.*?)</a></li>', page)]
    numbered = [name for name in names if re.match(r"\d+\. ", name)]
    assert [name.partition(".")[0] for name in numbered] == [str(n + 1) for n in range(len(numbered))]
    assert numbered
    if site.name == "site-course":
        pods = (site / "pods" / "index.html").read_text(encoding="utf-8")
        title = re.search(r"<h1[^>]*>([^<]*)", pods)
        assert title
        assert title[1] in {name.partition(". ")[2] for name in numbered}
        assert names[-4:] == ["Aide-mémoire", "Preuves", "Écrire avec preuve", "In English"]


def test_the_home_page_says_how_long_each_chapter_is(
    write: Callable[[str], Path], build: Build, tmp_path: Path
) -> None:
    """And calls it by its title, whatever its row does; the build fails where one has no row."""
    config = write(HOME)
    (config.parent / "docs" / "a").mkdir()
    lesson = (
        '# Les Pods\n\n!!! abstract "Objectifs"\n    - Lire `un` [lien](../index.md).\n\n' + "un mot " * 500
    )
    (config.parent / "docs" / "a" / "index.md").write_text(lesson, encoding="utf-8")
    (config.parent / "docs" / "a" / "b.md").write_text(lesson.replace("Les Pods", "Deux"), encoding="utf-8")
    settings = config.read_text(encoding="utf-8")
    config.write_text(
        settings.replace("[index.md]", "[index.md, {A: [a/index.md, a/b.md]}]"), encoding="utf-8"
    )
    done = build(config, tmp_path / "site")
    assert done.returncode == 0, done.stdout
    page = html.unescape((tmp_path / "site" / "index.html").read_text(encoding="utf-8"))
    assert "1 chapitres et 0\xa0h\xa010 de lecture" in page
    assert '<td>1. <a href="a/index.html">Les Pods</a></td>' in page
    assert '<span data-lessons="2">10\xa0min</span>' in page
    described = (tmp_path / "site" / "a" / "b.html").read_text(encoding="utf-8")
    tags = [tag for tag in re.findall("<meta [^>]*>", described) if 'content="Lire un lien."' in tag]
    assert sorted(re.findall(r'(?:name|property)="([^"]*)"', " ".join(tags))) == [
        "description",
        "og:description",
    ]
    (config.parent / "docs" / "index.md").write_text("# Un\n\n<!-- durée -->\n", encoding="utf-8")
    done = build(config, tmp_path / "site")
    assert done.returncode == 1
    assert "index.md: no row for a/index.html" in done.stdout


@pytest.mark.parametrize("site", ["course"], indirect=True)
def test_the_home_page_says_of_its_example_when_it_was_run(site: Path) -> None:
    """Beneath it: another date stands among the figures, which is the whole site's."""
    page = re.sub("<.*?>", "", (site / "index.html").read_text(encoding="utf-8"), flags=re.DOTALL)
    example, run, start = "Ce que fait Kubernetes", "Exemple exécuté sur Kubernetes v1.", "Par où commencer"
    assert re.search(f"{example}.*{run}.*{start}", page[page.rindex(example) :], re.DOTALL)
    assert "\nExécuté sur" not in page


HOME = """# Un

En <!-- durée -->.

| Chapitre | Sujet | Temps |
|---|---|--:|
| [Des Pods](a/index.md) | `x` | |
"""


@pytest.mark.parametrize("site", ["course"], indirect=True)
def test_a_page_leads_to_its_proofs(site: Path) -> None:
    """The links are followed by `test_every_link_leads_somewhere`; here, that they are there."""
    page = (site / "services" / "index.html").read_text(encoding="utf-8")
    line = re.search(r'<p class="preuve-version">(.*?)</p>', page, re.DOTALL)
    assert line
    assert re.findall(r'href="([^"]*)"', line[1]) == [
        "../scripts/services/index.sh",
        "../scripts/services/index.zip",
        "../transcripts/services/index.txt",
    ]
    assert "min de lecture · Exécuté sur Kubernetes v1." in re.sub("<.*?>", "", line[1])


@pytest.mark.parametrize(
    ("environment", "addresses"),
    [
        ({}, []),
        (
            {"SITE_URL": "https://cours.test/k8s/"},
            [f"https://cours.test/k8s/{path}" for path in ("assets/carte.png", "index.html", "index.html")],
        ),
    ],
)
def test_a_page_claims_no_address_that_is_not_its_own(
    environment: dict[str, str],
    addresses: list[str],
    write: Callable[[str], Path],
    build: Build,
    tmp_path: Path,
) -> None:
    """Nor does the card that shows it elsewhere."""
    assert build(write("# Un\n"), tmp_path / "site", **environment).returncode == 0
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    tags = re.findall("<(?:meta|link) [^>]*>", page)
    claims = [tag for tag in tags if re.search("canonical|og:(url|image)", tag)]
    assert sorted(re.findall(r'https?://[^"]*', " ".join(claims))) == addresses


@pytest.mark.parametrize(
    ("repository", "source"), [("", None), ("https://github.com/a/b", "edit/HEAD/docs/")]
)
def test_the_source_is_read_on_the_branch_that_the_forge_shows(repository: str, source: str | None) -> None:
    """MkDocs knows of `master` alone; without a repository nothing leads there."""
    config = load_config(str(ROOT / "mkdocs.yml"), repo_url=repository)
    card.on_config(config)
    assert config.edit_uri == source


def test_the_html_is_valid(site: Path) -> None:
    assert invalid(site) == []


def test_invalid_html_is_caught() -> None:
    assert any("Duplicate ID" in error for error in invalid(FAULTS / "same-id-twice"))


@pytest.mark.speed
def test_a_build_is_quick_when_nothing_is_played_or_drawn(site: Path, build: Build, tmp_path: Path) -> None:
    """Counted in processor time: whatever else the machine is doing does not change it much."""
    config = ROOT / "mkdocs.yml" if site.name == "site-course" else SAMPLE / "mkdocs.yml"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert build(config, tmp_path).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime <= BUILD_SECONDS


def test_unchanged_diagrams_need_no_chromium(sample: Path, build: Build, tmp_path: Path) -> None:
    """Drawn for the first build, they are there for a second one, on a PATH without any browser."""
    done = build(SAMPLE / "mkdocs.yml", tmp_path, PATH=str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "diagrams.html").read_bytes() == (sample / "diagrams.html").read_bytes()
    assert not (tmp_path / "assets/javascripts/mermaid.min.js").exists()


def test_a_drawing_has_a_name_and_a_story(sample: Path) -> None:
    page = (sample / "diagrams.html").read_text(encoding="utf-8")
    (svg,) = re.findall(
        r'<svg [^>]*role="img"[^>]*><title [^>]*>Avant</title><desc [^>]*>Un Pod\.</desc>', page
    )
    assert set(re.findall(r'aria-(\w+)="chart-(?:title|desc)-', svg)) == {"labelledby", "describedby"}


def test_words_in_a_drawing_know_the_frames_around_them(
    write: Callable[[str], Path], build: Build, tmp_path: Path
) -> None:
    """They are edged in the colour of the innermost: course.css has one for each depth."""
    body = "subgraph A\n    subgraph B\n      b\n    end\n    a -- dedans --> b\n  end\n  c -- dehors --> a"
    site = tmp_path / "site"
    assert build(write(DIAGRAM.format(title="Cadres", body=body)), site).returncode == 0
    page = (site / "index.html").read_text(encoding="utf-8")
    frames = dict(re.findall(r'<g class="cluster" id="d\w+-0-(\w)"[^>]* data-depth="(\d)"', page))
    labels = re.findall(r'<g class="edgeLabel"([^>]*)>(?:(?!</text>).)*?>(dedans|dehors)<', page)
    assert frames == {"A": "1", "B": "2"}
    assert [("data-depth" in placed, word) for placed, word in labels] == [
        (True, "dedans"),
        (False, "dehors"),
    ]


def test_no_drawing_is_drawn_point_by_point(site: Path) -> None:
    """Mermaid makes a box with round ends of two hundred curves, which weigh more than the page's text."""
    longest = max(
        (len(path), page.name)
        for page in site.rglob("*.html")
        for path in re.findall(r' d="([^"]*)"', page.read_text("utf-8"))
    )
    assert longest < (1500,)


def test_no_drawing_shows_a_space_as_html(site: Path) -> None:
    """Mermaid writes U+00A0 out in a label of several lines: `pas prêt&nbsp;:`."""
    assert [page.name for page in site.rglob("*.html") if "&amp;nbsp;" in page.read_text("utf-8")] == []


def test_no_option_in_running_text_can_be_cut(site: Path) -> None:
    """A browser breaks a line behind a dash, where nothing keeps the word whole."""
    code = [
        found
        for page in site.rglob("*.html")
        for found in re.findall(r"(?<!<pre>)<code>([^\n]*?)</code>", page.read_text("utf-8"))
    ]
    assert any("<span>-" in each for each in code)
    assert [each for each in code if re.search(r"(?<!\S)-+[a-z]", re.sub("<span>.*?</span>", "", each))] == []


@pytest.mark.parametrize("site", ["course"], indirect=True)
def test_a_phone_shows_each_drawing_whole_and_large_enough_to_read(site: Path) -> None:
    """None is wider, at its smallest, than a column of a phone 360 px wide."""
    drawn = {
        f"{page.relative_to(site)}: {title}": int(width)
        for page in site.rglob("*.html")
        for width, title in re.findall(
            r'class="mermaid"><svg[^>]*min-width:(\d+)px.*?<title[^>]*>(.*?)</title>', page.read_text("utf-8")
        )
    }
    assert len(drawn) > 40
    assert {name: width for name, width in drawn.items() if width > PHONE} == {}


def test_a_diagram_that_stands_twice_on_a_page_has_its_own_ids(
    write: Callable[[str], Path], build: Build, tmp_path: Path
) -> None:
    page = DIAGRAM.format(title="Deux fois", body="a --> b")
    site = tmp_path / "site"
    assert build(write(page + page.removeprefix("# Un")), site).returncode == 0
    ids = re.findall(r' id="(d[0-9a-f]{12}[^"]*)"', (site / "index.html").read_text(encoding="utf-8"))
    assert ids
    assert len(ids) == len(set(ids))


def test_wrong_diagrams_are_all_told_with_page_and_line(
    write: Callable[[str], Path], build: Build, tmp_path: Path
) -> None:
    wrong = DIAGRAM.format(title="Faux", body="a --> ") + DIAGRAM.format(title="Faux aussi", body="a[b --> c")
    done = build(write(wrong), tmp_path / "site")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    assert re.findall(r"index\.md:(\d+): mermaid cannot draw this", done.stdout) == ["6", "13"]


def test_a_diagram_without_a_name_is_refused(
    write: Callable[[str], Path], build: Build, tmp_path: Path
) -> None:
    done = build(write("# Un\n\n```mermaid\nflowchart TB\n  a --> b\n```\n"), tmp_path / "site")
    assert done.returncode == 1
    assert "index.md: a diagram without `accTitle:`" in done.stdout


QUESTION = """# Un

??? question "Que va-t-il se passer ?"
    - Deux. <!-- vrai="2 × web-" -->
    - Trois. <!-- vrai="3 × web-" -->

    ```{ .console data-state=executed data-exchanges="1,2,0,90" }
    $ kubectl get pods -o name
    pod/web-a
    pod/web-b
    ```
"""


def test_a_question_that_the_outputs_answer_otherwise_is_refused(
    write: Callable[[str], Path], build: Build, tmp_path: Path
) -> None:
    """At its line."""
    config = write(QUESTION)
    assert build(config, tmp_path / "site").returncode == 0
    (config.parent / "docs" / "index.md").write_text(QUESTION.replace("2 ×", "4 ×"), encoding="utf-8")
    done = build(config, tmp_path / "site")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    assert "index.md:3: by the outputs beneath, none of the answers would be right" in done.stdout


def test_the_zip_is_the_site(sample: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(sample / "kubernetes-preuves.zip") as archive:
        archive.extractall(tmp_path)
    taken = tmp_path / "kubernetes-preuves"
    files = {str(file.relative_to(sample)) for file in sample.rglob("*") if file.is_file()}
    assert {str(file.relative_to(taken)) for file in taken.rglob("*") if file.is_file()} == {
        name for name in files if not name.endswith((".map", "preuves.zip"))
    }
    assert (taken / "blocks.html").read_bytes() == (sample / "blocks.html").read_bytes()


def test_the_lock_names_no_address() -> None:
    """Whoever installs it does so from the registry that is theirs."""
    for folder in (ROOT, ROOT / "tests" / "site"):
        lock = (folder / "package-lock.json").read_text(encoding="utf-8")
        assert '"integrity"' in lock
        assert '"resolved"' not in lock


def test_what_the_site_is_drawn_with_needs_no_new_npm() -> None:
    """Debian 13's (9.2) ends `npm ci` with an error of its own where overrides are."""
    assert "overrides" not in json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
