"""What does the engine cost, beside what an author would pick instead?

`python benchmarks/engine.py [NAME...] [-n RUNS]` measures what is named, or all of it:

- ``replay``: `mkdocs build` of replayed pages, against the same pages with outputs pasted in and no hook;
  as a third, markdown-exec, which runs all of them again.
- ``command``: what a command costs over the same commands in one bash: planned, played, stored, rendered.
- ``parallel``: 8 pages of 5 commands of 0.1 s, played on the embedded cluster, against markdown-exec.
- ``site``: the course played, against its longest page.
- ``thousand``: what a replayed page costs among 1,000, against among 30.

Runs alternate, medians are told. Of builds that only compute, the seconds of their processes are compared
(user and system), so that others may use the machine. The peer comes from PyPI into a venv below .cache.

On 2026-11-27, 2 cores (AMD EPYC, 24 GB), quiet, medians: replay 1.000 (2.58 s against 2.58 s), command
0.37 ms, parallel 0.325, 0.330, 0.329 (1.51 to 1.54 s against 4.65 to 4.67 s; before the pages of a cluster
shared its connections 0.361, 0.376), site 1.17 (72.5 s; the longest page 62.1 s), thousand 1.007 (0.94 ms a
page).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING

from preuve.cluster.box import Box
from preuve.cluster.embedded.cluster import EmbeddedBackend
from preuve.meaning.masking import mask
from preuve.page.key import key
from preuve.page.plan import Command, plan
from preuve.play.actions import play
from preuve.play.bash import Bash
from preuve.play.player import Player
from preuve.progress import Progress
from preuve.project import Project, find
from preuve.settings import Mode, Settings
from preuve.show.edition import prepare
from preuve.show.export import export
from preuve.show.render import Look, render
from preuve.show.strings import ENGLISH
from preuve.transcript import Exchange, Transcript, dump, now, write

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from preuve.cluster.embedded.cluster import EmbeddedCluster
    from preuve.page.plan import Diagram
    from preuve.play.shell import Result

ROOT = Path(__file__).parents[1]
HOOK = ROOT / "hooks" / "main.py"
PEER = "markdown-exec==1.12.6"
VENV = ROOT / ".cache" / "bench" / PEER
MKDOCS = "mkdocs==1.6.1", "mkdocs-material>=9.8.1,<10"

SITE = """site_name: benchmark
theme: {{name: material, font: false}}
plugins: [{plugins}]
hooks: [{hooks}]
markdown_extensions: [pymdownx.superfences, pymdownx.highlight, attr_list, md_in_html]
"""
TABLE = """NAME                   READY   STATUS    RESTARTS   AGE   IP           NODE    NOMINATED NODE
web-5fc9f4bf66-86zl7   1/1     Running   0          8s    10.244.1.4   node2   <none>
web-5fc9f4bf66-dr2ht   1/1     Running   0          8s    10.244.2.7   node3   <none>
web-5fc9f4bf66-k4sjq   1/1     Running   0          8s    10.244.0.9   node1   <none>
"""
AIMS = {
    "replay": ("replayed build against pasted outputs, ratio", 1.03),
    "command": ("a command over bare bash, ms", 1.0),
    "parallel": ("8 pages x 5 commands of 0.1 s, against the peer, ratio", 0.35),
    "site": ("played site against its longest page, ratio", 1.3),
    "thousand": ("a page among 1,000 against among 30, ratio", 1.1),
}


def alternate(runs: int, *measured: Callable[[], float]) -> list[float]:
    """The medians of what each gives, all run by turns, after a first turn that is not counted."""
    turns = [[one() for one in measured] for _ in range(runs + 1)][1:]
    return [statistics.median(each) for each in zip(*turns, strict=True)]


def mkdocs(folder: Path, *, python: Path = Path(sys.executable), cpu: bool = True, mode: str = "") -> float:
    """Build a site; its processes' seconds, or those of the clock."""
    started, before = time.perf_counter(), os.times()
    subprocess.run(
        [python, "-m", "mkdocs", "build", "--quiet"],
        cwd=folder,
        env=os.environ | {"PREUVE_MODE": mode or "replay", "NO_MKDOCS_2_WARNING": "1"},
        check=True,
    )
    after = os.times()
    if cpu:
        return after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - started


def site(folder: Path, pages: dict[str, str], *, hooks: str = "", plugins: str = "") -> Path:
    """Write a site."""
    (folder / "docs").mkdir(parents=True)
    (folder / "mkdocs.yml").write_text(SITE.format(hooks=hooks, plugins=plugins), encoding="utf-8")
    for name, text in pages.items():
        (folder / "docs" / name).write_text(text, encoding="utf-8")
    return folder


def written(pages: int, fences: int, fence: str) -> dict[str, str]:
    """Pages of so many fences, each numbered."""
    return {
        f"page{page}.md" if page else "index.md": f"# Page {page}\n"
        + "".join(f"\nSome words about {number}.\n\n{fence}" for number in range(fences)).replace(
            "PAGE", str(page)
        )
        for page in range(pages)
    }


def answered(project: Project, output: str) -> None:
    """Give each page a transcript, as if its commands had given `output`."""
    for page in project.pages():
        exchanges = tuple(Exchange(action.source, output, 0, 0.1) for action in page.plan.actions())
        transcript = Transcript(page.name, page.key, "v1.37.2", now(), 1.0, exchanges)
        write(project.transcript_path(page.name), transcript)


def peer() -> Path:
    """The Python of a venv that has the peer."""
    python = VENV / "bin" / "python"
    if not python.exists():
        print(f"installing {PEER} below .cache", file=sys.stderr)
        venv.create(VENV, with_pip=True)
        pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        try:
            subprocess.run([*pip, PEER, *MKDOCS], check=True)
        except subprocess.CalledProcessError:
            shutil.rmtree(VENV)
            raise
    return python


def replay(runs: int, folder: Path) -> dict[str, float]:
    """The course's pages, replayed, and as `preuve render` writes them; 300 commands of the peer."""
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").replace("strict: true", "")
    head, _, rest = config.partition("\nhooks:\n")
    tail = rest[rest.index("\nplugins:") :]
    for name, hooks in (("ours", f"\nhooks: [{HOOK}]\n"), ("plain", "\n")):
        (folder / name).mkdir()
        (folder / name / "mkdocs.yml").write_text(f"{head}{hooks}{tail}", encoding="utf-8")
        for part in ("includes", "overrides"):
            shutil.copytree(ROOT / part, folder / name / part)
    for part in ("docs", "transcripts"):
        shutil.copytree(ROOT / part, folder / "ours" / part)
    project = find(folder / "ours")
    with Player(project) as player:
        export(prepare(project, project.pages(), Mode.REPLAY, player), folder / "plain" / "docs")
    run = '```bash exec="on" source="above" result="text"\ncat <<END\n' + TABLE + "END\n```\n"
    theirs = site(folder / "theirs", written(30, 10, run), plugins="markdown-exec")
    python = peer()
    with_hook, without, executed = alternate(
        runs,
        lambda: mkdocs(folder / "ours"),
        lambda: mkdocs(folder / "plain"),
        lambda: mkdocs(theirs, python=python),
    )
    return {
        "replayed_seconds": with_hook,
        "pasted_seconds": without,
        "ratio": with_hook / without,
        "peer_seconds_of_300_commands": executed,
    }


class Stage:
    """A bash, where nothing has to settle."""

    def __init__(self, bash: Bash) -> None:
        self._bash = bash

    def run(self, command: Command) -> Result:
        """See `preuve.play.actions.Stage`, as for the others."""
        return self._bash.run(command.source)

    def settle(self, seconds: float, since: Collection[str]) -> bool:
        """Is not asked: the commands change nothing."""
        raise AssertionError(seconds, since)

    def draw(self, diagram: Diagram) -> str:
        """Is not asked: the page has no drawing."""
        raise AssertionError(diagram)

    def diagnose(self) -> str:
        """Has nothing to look at."""
        return ""

    def publish(self, output: str) -> str:
        """Masks what a page's outputs are masked of."""
        return mask(output, "")


def command(runs: int, folder: Path) -> dict[str, float]:
    """400 commands in one page."""
    count = 400
    text = "# T\n" + "".join(f"\n```console\n$ echo block {number}\n```\n" for number in range(count))
    script = folder / "script"
    script.write_text("".join(f"echo block {number}\n" for number in range(count)), encoding="utf-8")
    env = {"PATH": os.defpath}

    def engine() -> float:
        planned = plan("page.md", text, [])
        with Bash(env, Box().argv()) as bash:
            started = clock()
            exchanges = tuple(play(planned.actions(), Stage(bash)))
            played = clock() - started
        started = clock()
        planned = plan("page.md", text, [])
        transcript = Transcript("page.md", key(planned, ""), "v1", now(), 1.0, exchanges)
        dump(transcript)
        render(text, planned, transcript, Look(ENGLISH))
        return played + clock() - started

    def bare() -> float:
        started = clock()
        subprocess.run(["bash", script], env=env, check=True, stdout=subprocess.DEVNULL)
        return clock() - started

    clock = time.perf_counter
    ours, theirs = alternate(runs, engine, bare)
    clock = time.process_time
    own = statistics.median(engine() for _ in range(runs))
    return {
        "milliseconds": (ours - theirs) / count * 1000,
        "bare_milliseconds": theirs / count * 1000,
        "own_cpu_milliseconds": own / count * 1000,
    }


def emptied(cluster: EmbeddedCluster) -> None:
    """Wait until the last play's namespaces are gone: an author does not play all again within 5 seconds."""
    gone = "kubectl wait namespace --selector app.kubernetes.io/managed-by=preuve --for delete --timeout 120s"
    with cluster.network():
        subprocess.run(
            [cluster.binaries.kubectl, f"--kubeconfig={cluster.kubeconfig}", *gone.split()[1:]],
            check=True,
            stdout=subprocess.DEVNULL,
        )


def parallel(runs: int, folder: Path) -> dict[str, float]:
    """As markdown-exec was measured in the field: the sum of the sleeps is 4 s."""
    sleeps = "sleep 0.1; echo page PAGE"
    ours = site(folder / "ours", written(8, 5, f"```console\n$ {sleeps}\n```\n"), hooks=str(HOOK))
    run = f'```bash exec="on" source="above" result="text"\n{sleeps}\n```\n'
    theirs = site(folder / "theirs", written(8, 5, run), plugins="markdown-exec")
    python = peer()
    with Progress() as progress, EmbeddedBackend().shared(progress) as cluster:

        def ours_played() -> float:
            emptied(cluster)
            return mkdocs(ours, cpu=False, mode="play")

        played, executed = alternate(runs, ours_played, lambda: mkdocs(theirs, cpu=False, python=python))
    return {"played_seconds": played, "peer_seconds": executed, "ratio": played / executed}


def course(runs: int, folder: Path) -> dict[str, float]:
    """The course as it is in this checkout; where its cluster starts is not counted."""
    for name in ("docs", "includes", "transcripts"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "mkdocs.yml", folder)
    project = find(folder)
    walls, longest = [], []
    with Progress() as progress, EmbeddedBackend().shared(progress) as cluster:
        for _ in range(runs):
            emptied(cluster)
            with Player(project) as player:
                started = time.perf_counter()
                edition = prepare(project, project.pages(), Mode.PLAY, player)
                walls.append(time.perf_counter() - started)
            assert not edition.errors, "\n".join(map(str, edition.errors))
            longest.append(max(transcript.seconds for transcript in edition.shown.values()))
    ratio = statistics.median(wall / page for wall, page in zip(walls, longest, strict=True))
    return {
        "wall_seconds": statistics.median(walls),
        "longest_seconds": statistics.median(longest),
        "ratio": ratio,
    }


def thousand(runs: int, folder: Path) -> dict[str, float]:
    """Read, planned, replayed and rendered."""
    fence = f"```console\n$ kubectl get pods -o wide\n{TABLE}```\n"

    def pages(count: int) -> Callable[[], float]:
        root = site(folder / str(count), written(count, 10, fence))
        project = Project(root, root / "docs", (root,), "en", Settings(), "benchmark")
        answered(project, TABLE)

        def measured() -> float:
            started = time.process_time()
            with Player(project) as player:
                edition = prepare(project, project.pages(), Mode.REPLAY, player)
            assert not edition.errors
            for name in edition.pages:
                edition.render(name, ENGLISH)
            return (time.process_time() - started) / count * 1000

        return measured

    few, many = alternate(runs, pages(30), pages(1000))
    return {"ms_a_page_of_30": few, "ms_a_page_of_1000": many, "ratio": many / few}


BENCHMARKS: dict[str, Callable[[int, Path], dict[str, float]]] = {
    "replay": replay,
    "command": command,
    "parallel": parallel,
    "site": course,
    "thousand": thousand,
}


def figures(names: list[str], runs: int) -> Iterator[tuple[str, dict[str, float]]]:
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            yield (
                name,
                {label: round(value, 3) for label, value in BENCHMARKS[name](runs, Path(folder)).items()},
            )


def main() -> None:
    parser = argparse.ArgumentParser(description="What the engine costs, beside its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument(
        "-n", "--runs", type=int, default=7, help="runs of each, after one that is not counted"
    )
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(BENCHMARKS):
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(BENCHMARKS)}")
    found = {}
    for name, told in figures(asked.names or list(BENCHMARKS), asked.runs):
        what, aim = AIMS[name]
        found[name] = told
        reached = told.get("ratio", told.get("milliseconds", 0.0))
        print(f"{what:56}{reached:8.3f}   aim {aim:5.2f}{'' if reached <= aim else '   MISSED'}", flush=True)
        print("    " + ", ".join(f"{label} {value:g}" for label, value in told.items()), flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
