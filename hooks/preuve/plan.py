"""A page's plan: what it does, step by step, in page order.

The plan is made from the page's text and the files that it includes, and from nothing else: the same page
gives the same plan on every machine, without a cluster.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
import shlex
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from os.path import abspath
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import yaml

from preuve import blocks, commands, diagram, verbs
from preuve.errors import PageError, PreuveError, Where, raise_all, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from preuve.blocks import Block

DECORATION = frozenset({"title", "hl_lines", "linenums", "title_mode"})
"""What superfences itself understands on a fence; it changes how the fence looks, not what it does."""

MANIFEST_SUFFIXES = (".yaml", ".yml")

SNIPPET_LINE = re.compile(r"""\s*-+8<-+[ \t]+(?P<quote>["'])(?P<path>.+)(?P=quote)\s*""")
SNIPPET_MARK = re.compile(r"\s*-+8<-+\s*")
SNIPPET_PART = re.compile(r".+?(?::-?\d*|:[A-Za-z][-\w]*)")
"""``file:3:7`` and ``file:section``: a part of a file, which is shown but cannot be applied."""

PARTS = ("pages", "run", "skipped")
"""What a `proofs` fence may ask for."""

DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m)")
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass(frozen=True, slots=True)
class Options:
    """What an author writes on a `console` fence."""

    exit: int = 0
    """The exit code wanted from each command."""
    exec: bool = True
    """Run; otherwise only shown, and marked so."""
    why: str = ""
    """Why it is not run, in the words of the page's readers."""
    hidden: bool = False
    """Run without being shown."""
    timeout: float = 60.0
    """Limit for each command, and for settling before it, in seconds."""
    settle: bool = True
    """Wait for the namespace to be at rest before a command that reads."""
    until: str = ""
    """Regular expression: stop the command after the output line that it matches; empty to let it end."""
    tty: bool = False
    """Run under a pseudo-terminal."""

    @property
    def failure(self) -> bool:
        """The lesson wants each command to fail. One that `until` stops has no exit code of its own."""
        return bool(self.exit) and not self.until


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed at one prompt."""

    source: str
    """Shell source, continuation lines included, without prompts."""
    where: Where
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class Diagram:
    """A drawing of the namespace's objects, as they are at that point of the page."""

    block: Block
    source: str
    """The fence's body on one line, then its options: ``deployments, pods by=node``."""
    where: Where
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class File:
    """A manifest that a page includes."""

    name: str
    """Its base name, by which commands find it."""
    path: str
    """As the page names it, below one of the snippets' base paths."""
    content: bytes


@dataclass(frozen=True, slots=True)
class Console:
    """A `console` fence."""

    block: Block
    options: Options
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Include:
    """A fence that includes whole manifests."""

    block: Block
    files: tuple[File, ...]
    applies: tuple[Command, ...] = ()
    """What the step runs by itself: an apply of each file that no command of the page is given."""
    shown_only: bool = False
    """The author said ``apply=no``, and indeed nothing of the page applies the file."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """A part of the account that a site gives of its pages; see `preuve.proofs`."""

    block: Block
    part: str
    """One of `PARTS`."""


Step = Console | Include | Diagram | Proofs
Action = Command | Diagram


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a page does."""

    page: str
    """Path below docs/."""
    steps: tuple[Step, ...] = ()
    files: tuple[File, ...] = ()
    """The manifests, each once, in the order of their first inclusion."""
    exclusive: bool = False
    """The page wants the whole cluster, and cluster-admin."""

    def actions(self) -> Iterator[Action]:
        """What is to be run or drawn, in page order."""
        for step in self.steps:
            yield from performed(step)

    def through(self, line: int) -> Plan:
        """What the page does up to a line, that line included: all that begins there or above.

        The manifests are all of the page's, as they are when it is played as a whole.
        """
        steps = (_through(step, line) for step in self.steps if step.block.where.line <= line)
        return replace(self, steps=tuple(steps))

    def public(self) -> str:
        """What the page spells out itself: its commands and its manifests; no chance in it, and no secret."""
        sources = [action.source for action in self.actions()]
        return "\n".join([*sources, *(file.content.decode(errors="replace") for file in self.files)])


def performed(step: Step) -> tuple[Action, ...]:
    """What a step runs or draws."""
    match step:
        case Console(options=options, commands=found):
            return found if options.exec else ()
        case Include(applies=applies):
            return applies
        case Diagram():
            return (step,)
        case Proofs():
            return ()


def _through(step: Step, line: int) -> Step:
    """A step with its commands up to a line."""
    match step:
        case Console(commands=found):
            return replace(step, commands=tuple(one for one in found if one.where.line <= line))
        case Include(applies=found):
            return replace(step, applies=tuple(one for one in found if one.where.line <= line))
        case Diagram() | Proofs():
            return step


@dataclass(slots=True)
class _Draft:
    """A plan under way, with all that is wrong in the page."""

    page: str
    bases: Sequence[Path]
    problems: list[PreuveError] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)

    def problem(self, where: Where, message: str) -> None:
        self.problems.append(PageError(message, where))


def plan(page: str, markdown: str, bases: Sequence[Path]) -> Plan:
    """Say what a page does.

    Args:
        page: path below docs/, for messages.
        markdown: the whole text of the page, front matter included.
        bases: the folders that pymdownx.snippets looks in.

    Raises:
        PreuveError: all that is wrong with the page, at once.
    """
    draft = _Draft(page, bases)
    found, problems = blocks.parse(markdown, page)
    draft.problems.extend(problems)
    consoles = {block: _console(draft, block) for block in found if block.language == "console"}
    given = [
        pattern
        for console in consoles.values()
        if console.options.exec
        for command in console.commands
        for pattern in verbs.given(command.source)
    ]
    for block in found:
        if block in consoles:
            draft.steps.append(consoles[block])
        elif block.language == "cluster":
            draft.steps.append(_diagram(draft, block))
        elif block.language == "proofs":
            draft.steps.append(_proofs(draft, block))
        elif meant := _meant(block):
            draft.problem(
                block.where, f"no fence of the language {block.language!r} is run: did you mean {meant!r}?"
            )
        else:
            draft.steps.extend(_include(draft, block, given))
    exclusive = _exclusive(draft, markdown)
    raise_all(draft.problems)
    return Plan(page, tuple(draft.steps), tuple(draft.files.values()), exclusive)


def _meant(block: Block) -> str:
    """The language that a fence was to have, if its own is a slip of one that preuve acts on; else empty."""
    near = _near(block.language)
    if near == "console":
        return near if re.search(r"^\$ ", block.body, re.MULTILINE) else ""
    if near == "cluster":
        with suppress(PageError):
            diagram.parse(" ".join(block.body.split()))
            return near
    return ""


@cache
def _near(language: str) -> str:
    near = difflib.get_close_matches(language.lower(), blocks.RUN, n=1, cutoff=0.8)
    return near[0] if near else ""


def _console(draft: _Draft, block: Block) -> Console:
    options = _options(draft, block)
    try:
        found = commands.commands(block.body)
    except PageError as error:
        draft.problem(block.line(error.where.line if error.where else 0), error.message)
        return Console(block, options, ())
    if not found and options.exec:
        draft.problem(
            block.where, "no command in this console fence: start each with `$ `, or mark the fence exec=no"
        )
    return Console(
        block, options, tuple(Command(source, block.line(line), options) for line, source in found)
    )


def _options(draft: _Draft, block: Block) -> Options:
    values: dict[str, object] = {}
    for name, text in block.options.items():
        try:
            if name in _READERS:
                values[name] = _READERS[name](text)
            elif name not in DECORATION and not name.startswith("data-"):
                draft.problem(block.where, unknown(f"option {name!r} of a console fence", name, _READERS))
        except ValueError as error:
            draft.problem(block.where, f"{name}={text!r}: {error}")
    if "why" in values and values.get("exec", True):
        draft.problem(block.where, "why= tells why a fence is not run, and this one is: add exec=no")
    if values.get("hidden") and not values.get("exec", True):
        draft.problem(block.where, "hidden=yes shows nothing and exec=no runs nothing: leave out one of them")
    return replace(Options(), **values)  # type: ignore[arg-type]  # _READERS gives each field its type


def _exit(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > 255:
        raise ValueError("an exit code is a number from 0 to 255")
    return int(text)


def _switch(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise ValueError("write yes or no")
    return text == "yes"


def _duration(text: str) -> float:
    """Seconds.

    >>> _duration("1.5s"), _duration("2m"), _duration("300ms")
    (1.5, 120.0, 0.3)
    """
    match = DURATION.fullmatch(text)
    if not match or not float(match["number"]):
        raise ValueError("write a duration such as 500ms, 30s or 2m")
    return float(match["number"]) * UNITS[match["unit"]]


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if not text:
        raise ValueError("an empty pattern would match at once")
    return text


_READERS: Mapping[str, Callable[[str], object]] = {
    "exit": _exit,
    "exec": _switch,
    "hidden": _switch,
    "timeout": _duration,
    "settle": _switch,
    "until": _pattern,
    "tty": _switch,
    "why": str,
}


def _diagram(draft: _Draft, block: Block) -> Diagram:
    words = " ".join(block.body.split())
    options = "".join(f" {name}={value}" for name, value in block.options.items() if name not in DECORATION)
    try:
        diagram.parse(words + options)
    except PageError as error:
        draft.problem(block.where, error.message)
    return Diagram(block, words + options, block.where)


def _proofs(draft: _Draft, block: Block) -> Proofs:
    part = block.body.strip()
    if part not in PARTS:
        draft.problem(block.where, unknown(f"part {part!r} of the proofs", part, PARTS))
    return Proofs(block, part)


def _include(draft: _Draft, block: Block, given: Sequence[str]) -> Iterator[Include]:
    """The step of a fence that includes whole manifests, if it does; `given` are the ``-f`` of the page."""
    found = [(line, path) for line, path in _included(block.body) if path.endswith(MANIFEST_SUFFIXES)]
    if not found:
        return
    apply = block.options.get("apply", "yes")
    if apply not in {"yes", "no"}:
        draft.problem(block.where, f"apply={apply!r}: write yes or no")
    known = DECORATION | {"apply"}
    for name in block.options:
        if name not in known and not name.startswith("data-"):
            draft.problem(block.where, unknown(f"option {name!r} of an included manifest", name, known))
    files, applies, unused = [], [], False
    for line, path in found:
        file = _file(draft, path, block.line(line))
        if not file:
            continue
        files.append(file)
        first = draft.files.setdefault(file.name, file) is file
        used = any(_matches(file.name, pattern) for pattern in given)
        unused |= not used
        if first and not used and apply == "yes":
            applies.append(Command(f"kubectl apply -f {shlex.quote(file.name)}", block.line(line)))
    yield Include(block, tuple(files), tuple(applies), shown_only=apply == "no" and unused)


def _included(body: str) -> Iterator[tuple[int, str]]:
    r"""The whole files that a fence's body includes: body line (from 0), path as written.

    >>> list(_included('--8<-- "pods/pod.yaml"'))
    [(0, 'pods/pod.yaml')]
    >>> list(_included('--8<--\na.yaml\n; b.yaml\n--8<--\n--8<-- "c.yaml:2:4"'))
    [(1, 'a.yaml')]
    """
    inside = False
    for number, line in enumerate(body.split("\n")):
        if match := SNIPPET_LINE.fullmatch(line):
            path = match["path"]
        elif SNIPPET_MARK.fullmatch(line):
            inside = not inside
            continue
        else:
            path = line.strip()
            if not inside or not path or path.startswith(";"):
                continue
        if not SNIPPET_PART.fullmatch(path):
            yield number, path


def _file(draft: _Draft, path: str, where: Where) -> File | None:
    for base in draft.bases:
        candidate = Path(base, path)
        if candidate.is_file():
            file = File(candidate.name, path, candidate.read_bytes())
            try:
                file.content.decode()
            except UnicodeDecodeError as error:
                draft.problem(where, f"{path} is not UTF-8 at byte {error.start}: save it as UTF-8")
            other = draft.files.get(file.name)
            if other and other.content != file.content:
                draft.problem(
                    where,
                    f"{path} and {other.path} are different files with one name, "
                    "and commands find a manifest by its name: rename one",
                )
            return file
    near = difflib.get_close_matches(path, _files_below(draft.bases), n=1, cutoff=0.5)
    meant = f"did you mean {near[0]!r}?" if near else "check the name"
    draft.problem(where, f"no file {path!r} below {', '.join(map(abspath, draft.bases))}: {meant}")
    return None


def _files_below(bases: Sequence[Path]) -> list[str]:
    return [
        str(file.relative_to(base))
        for base in bases
        for suffix in MANIFEST_SUFFIXES
        for folder in (base, base / "includes")
        for file in folder.glob(f"*/*{suffix}")
    ]


def _matches(name: str, pattern: str) -> bool:
    """Whether a ``-f`` argument takes in a file of the page's directory.

    >>> [_matches("pod.yaml", given) for given in ("./pod.yaml", ".", "$PWD", "*.yaml", "-", "web.yaml")]
    [True, True, True, True, False, False]
    """
    path = PurePosixPath(pattern.replace("${PWD}", "$PWD").replace("$PWD", "."))
    if path == PurePosixPath():
        return pattern != ""
    return path.parent == PurePosixPath() and fnmatch.fnmatchcase(name, path.name)


def _exclusive(draft: _Draft, markdown: str) -> bool:
    where = Where(draft.page, 1)
    text = markdown.removeprefix("\ufeff")
    if _UNCLOSED.match(text) and not blocks.front_matter_length(text.splitlines()):
        draft.problem(where, "this front matter is never closed, so nobody reads it: end it with a line ---")
        return False
    try:
        settings = front_matter(markdown).get("preuve", {})
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        draft.problem(Where(draft.page, line), f"the front matter is not YAML: {error.problem}")
        return False
    if not isinstance(settings, dict):
        draft.problem(
            where, f"preuve: {settings!r} in the front matter: write `preuve: {{cluster: exclusive}}`"
        )
    else:
        for name, value in settings.items():
            if name != "cluster":
                draft.problem(where, unknown(f"front matter key 'preuve.{name}'", str(name), ["cluster"]))
            elif value != "exclusive":
                draft.problem(
                    where, f"preuve.cluster: {value!r} in the front matter: the only value is `exclusive`"
                )
            else:
                return True
    return False


_UNCLOSED = re.compile(r"---[ \t]*\n(?:[\w-]+:.*\n|[ \t]+\S.*\n|#.*\n)*?preuve:[ \t]*(?:\{|$)", re.MULTILINE)
"""What looks like the beginning of a front matter that speaks to preuve: a rule and prose do not."""


class _Loader(yaml.SafeLoader):
    """Of YAML with tags of others (``!ENV``), whose values are none of our business."""


_Loader.add_multi_constructor("!", lambda *_: None)


def front_matter(markdown: str) -> Mapping[str, object]:
    r"""The settings between the two ``---`` at the top of a page; nothing if there are none.

    >>> front_matter("---\ntitle: Pods\npreuve: {cluster: exclusive}\n---\n# Pods\n")["preuve"]
    {'cluster': 'exclusive'}
    >>> front_matter("---\npreuve: {cluster: exclusive}\nkey: !ENV KEY\n---\n")["preuve"]
    {'cluster': 'exclusive'}
    """
    text = markdown.removeprefix("\ufeff")
    if not text.startswith("---") or "preuve" not in text:
        return {}
    lines = text.splitlines()
    length = blocks.front_matter_length(lines)
    settings = _Loader("\n".join(lines[1 : length - 1])).get_single_data() if length else {}
    return settings if isinstance(settings, dict) else {}
