"""« Chez vous »: the commands that make a lesson's namespace. Who types them reads what is shown."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import markdown
import pytest
import yaml

from course import home, lesson
from course.reading import minutes
from door import TEAM, opened
from preuve import project
from preuve.cluster.api import Api
from preuve.cluster.context import connected
from preuve.meaning.spans import Answer, marked
from preuve.page import blocks
from preuve.page.plan import Command
from preuve.play.bash import Bash
from preuve.play.namespace import GONE_LIMIT, Namespace
from preuve.play.session import Session
from preuve.progress import Progress
from preuve.settings import Settings
from preuve.show.edition import differences
from preuve.show.render import Look, render
from preuve.show.strings import FRENCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.cluster.context import ContextCluster
    from preuve.cluster.embedded.cluster import EmbeddedCluster
    from preuve.page.plan import Plan
    from preuve.project import Page
    from preuve.transcript import Transcript

ROOT = Path(__file__).parents[1]
PAGES = {page.name: page for page in project.find(ROOT).pages()}
LESSONS = [name for name in PAGES if lesson(name)]
ADDRESSED = re.compile(r"(?:in|from) (\S+) namespace\b|^Namespace: +(\S+)$", re.MULTILINE)
"""How answers name the namespace of what they are about."""


def sources(plan: Plan) -> list[str]:
    """What a page runs."""
    return [action.source for action in plan.actions() if isinstance(action, Command)]


def shown(page: Page) -> str:
    """A page as a build hands it to Markdown."""
    return home.at_home(render(page.text, page.plan, page.transcript, Look(FRENCH)), page.name)


def commands(text: str) -> list[str]:
    """What the box of a page has its reader type, first to come in, then to go; none if it has none."""
    _, _, box = text.partition('<div class="admonition chez-vous"')
    given = [block for block in blocks.parse(box, "")[0] if block.language == "sh" and not block.options]
    return [line for block in given[:2] for line in block.body.splitlines()] if box else []


def chosen(lines: list[str]) -> list[str]:
    """The namespaces that commands name, in order."""
    return [re.split("[ =]", line)[-1] for line in lines]


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_that_makes_something_says_where(name: str) -> None:
    """Once, before its first command that does: a namespace is made, chosen, left and deleted."""
    page = PAGES[name]
    text = shown(page)
    making = [source for source in sources(page.plan) if home.CREATES.search(source)]
    assert text.count("admonition chez-vous") == bool(making)
    assert home.PLACE not in text
    if making:
        one, two, three, four = chosen(commands(text))
        assert (one, three) == (two, "default") != (one, one)
        assert four == one
        assert text.index("admonition chez-vous") < text.index(f"$ {making[0].splitlines()[0]}")


@pytest.mark.parametrize("name", LESSONS)
def test_the_namespace_is_the_one_that_the_answers_name(name: str) -> None:
    """Whatever the engine called it when the page was played."""
    page = PAGES[name]
    if box := commands(shown(page)):
        assert page.transcript
        own = "\n".join(sources(page.plan))
        told = {
            place
            for exchange in page.transcript.exchanges
            for place in map("".join, ADDRESSED.findall(exchange.output))
            if place not in own and place not in {"default", "kube-system"}
        }
        assert told <= {chosen(box)[0]}


def test_answers_name_namespaces() -> None:
    """Or the test above compares nothing."""
    told = [
        name
        for name, page in PAGES.items()
        if page.transcript and any(ADDRESSED.search(each.output) for each in page.transcript.exchanges)
    ]
    assert len(told) > 40


LESSON = """# T

**Avant de commencer.** Rien.

## Une leçon

```{ .console data-state=executed data-exchanges="1,1,0,90" }
$ kubectl run x --image=nginx
pod/x created
```
"""


def test_the_box_follows_what_the_reader_needs() -> None:
    """Or stands where the lesson wants it."""
    assert re.findall(r"^## .*|Chez vous|Rien", home.at_home(LESSON, "a/b.md"), re.MULTILINE) == [
        "Rien", "Chez vous", "## Une leçon",
    ]  # fmt: skip
    moved = LESSON.replace("## Une leçon", f"## Une leçon\n\n{home.PLACE}")
    assert re.findall(r"^## .*|Chez vous|Rien", home.at_home(moved, "a/b.md"), re.MULTILINE) == [
        "Rien", "## Une leçon", "Chez vous",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("index.md", LESSON),
        ("a/b.md", LESSON.replace("run x --image=nginx", "get nodes")),
        ("a/b.md", LESSON.replace("data-state=executed", "data-state=skipped")),
        ("a/b.md", LESSON.replace("=nginx", "=nginx --dry-run=client")),
    ],
    ids=["no lesson", "reads", "not run", "dry run"],
)
def test_where_nothing_is_made_there_is_no_box(page: str, text: str) -> None:
    assert home.at_home(text, page) == text


def test_the_box_does_not_look_as_if_it_was_run() -> None:
    """No prompt, no answer, nothing that the engine draws."""
    found = blocks.parse(home.box("a/b.md"), "")[0]
    assert [(block.language, dict(block.options)) for block in found] == [("sh", {}), ("sh", {})]
    assert not any(line.startswith("$") for block in found for line in block.body.splitlines())


def test_the_box_takes_no_time_to_read() -> None:
    """It is on every page: else the whole course would take half an hour more."""
    extensions = ["admonition", "md_in_html", "pymdownx.details", "pymdownx.superfences"]
    page = "# T\n\n" + "mot " * 300
    whole = markdown.markdown(f"{page}\n\n{home.box('a/b.md')}", extensions=extensions)
    assert whole.count("<pre") == 2
    assert minutes(whole) == minutes(markdown.markdown(page))


OURS = {
    "name of a node": (r"\bnode[123]\b", r"\bnoms?\b[^.:]*nœud|nœuds?\b[^.:]*\bnoms?\b"),
    "address": (r"(?<![\d.])(?:10|172|192)(?:\.\d+){3}", r"plage|adresse"),
    "system": (r"Debian[^\n]*?(?=  )|\b\d+\.\d+\.\d+[-+]\S+", r"colonne|version"),
    "runtime": (r"\bcontainerd\b\S*", r"moteur de conteneurs"),
    "context": (r"\bpreuve\b", r"contexte"),
    "folder": (r"(?<!\S)(?:/root|/tmp/[A-Z]+-|/srv|/var/folders)\b\S*", r"fichiers? provisoires?"),
}
"""What an answer tells of our own machines, and of what a lesson speaks where it explains it."""
EXPLAINED_EARLIER = {"runtime": "pods/observer.md"}
"""What stands in so many answers that it is explained once, for the lessons after that one."""
HERE = re.compile(r"[Cc]hez vous|\b(?:[Vv]os|[Vv]otre|vôtres?)\b|provisoire")


def told(page: Page, kind: str) -> bool:
    """Whether a lesson says that a reader's machine tells something else."""
    _, about = OURS[kind]
    text = home.PLACE.join(re.split(r"^ *```.*?^ *```$", page.text, flags=re.DOTALL | re.MULTILINE))
    return any(HERE.search(one) and re.search(about, one) for one in text.split("\n"))


def mentions(page: Page) -> Iterator[tuple[str, str, bool]]:
    """What a page's answers tell of our own machines: the kind, the words, whether it is marked.

    A number that follows them may be marked by itself: `containerd://`, then what chance gave.
    """
    assert page.transcript
    seen = [
        Answer("" if one.drawn or action.options.hidden else one.output, one.source)
        for action, one in zip(page.plan.actions(), page.transcript.exchanges, strict=True)
    ]
    spans = marked(seen, page.plan.public(), page.transcript.values)
    for answer, chance in zip(seen, spans, strict=True):
        for kind, (pattern, _) in OURS.items():
            for found in re.finditer(pattern, answer.output):
                inside = any(one.start <= found.start() and found.end() <= one.end for one in chance)
                yield kind, found[0], inside


def test_what_an_answer_tells_of_our_machines_is_marked_or_explained() -> None:
    """On the page, or in a lesson before it; and there is something to explain."""
    lessons = sorted(LESSONS, key=(ROOT / "mkdocs.yml").read_text(encoding="utf-8").index)
    counted: Counter[bool] = Counter()
    unexplained = set()
    for number, name in enumerate(lessons):
        page = PAGES[name]
        for kind, words, inside in mentions(page) if page.transcript else ():
            counted[inside] += 1
            before = EXPLAINED_EARLIER.get(kind) in lessons[:number]
            if not (inside or told(page, kind) or (before and told(PAGES[EXPLAINED_EARLIER[kind]], kind))):
                unexplained.add((name, kind, words))
    assert unexplained == set()
    assert counted[True] > 300
    assert counted[False] > 50


PLAYED = (
    "pods/index.md",
    "replication/echelle.md",
    "configuration/secrets.md",
    "espaces/labels.md",
    "taches/index.md",
)
"""Lessons of several kinds that call no node: a reader's machine does not reach any."""


class Home(Session):
    """A page, typed by a reader, in the namespace that the page has them make."""

    def __init__(self, cluster: ContextCluster, api: Api, page: Page) -> None:
        self._typed = commands(shown(page))
        self._reader = cluster.confine(page.name, exclusive=False)
        self._config = cluster.kubeconfig.read_bytes()
        super().__init__(cluster, api, page.plan)

    @contextmanager
    def _have_namespace(self, plan: Plan) -> Iterator[Namespace]:  # noqa: ARG002 - see Session
        path = f"{self._reader.home}/.kube/config"
        with Bash(self._reader.environment(), under=self._reader.argv()) as bash:
            bash.write(path, self._config, mode=0o600)
            there = "kubectl wait --for=create serviceaccount/default --timeout=30s"  # nobody types as fast
            for line in (*self._typed[:2], there):
                result = bash.run(line)
                assert result.exit == 0, result.output
            config = bash.run(f"cat {path}").output
            name = yaml.safe_load(config)["contexts"][0]["context"]["namespace"]
            yield Namespace(name, config, datetime.max.replace(tzinfo=UTC))
            for line in self._typed[2:]:
                result = bash.run(line, timeout=GONE_LIMIT)
                assert result.exit == 0, result.output


def typed(cluster: EmbeddedCluster, page: Page, folder: Path) -> Transcript:
    """Play a page as its reader does, on a cluster that their context reaches, with our kubectl."""
    with opened(cluster, folder) as kubeconfig, Progress() as progress:
        environment = {"KUBECONFIG": str(kubeconfig), "PATH": str(folder)}  # no kubectl there: ours is taken
        with (
            connected(Settings(cluster=f"context:{TEAM}"), progress, environment) as theirs,
            Api(theirs.kubeconfig) as api,
            closing(Home(theirs, api, page)) as session,
            progress.stage(page.name) as stage,
        ):
            return session.play(page, stage)


@pytest.mark.cluster
@pytest.mark.parametrize("name", PLAYED)
def test_a_reader_at_home_reads_the_same_words(name: str, cluster: EmbeddedCluster, tmp_path: Path) -> None:
    """The box is typed into a bash, then all that the page runs; by meaning, nothing differs."""
    page = PAGES[name]
    assert page.transcript
    told = typed(cluster, page, tmp_path)
    assert dict(differences(page, page.transcript, told)) == {}
