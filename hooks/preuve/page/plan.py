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
from posixpath import normpath
from typing import TYPE_CHECKING

from preuve.errors import PageError, PreuveError, Where, raise_all, unknown
from preuve.page import blocks, commands, diagram, front_matter, verbs
from preuve.page.options import DECORATION, DEFAULT, Options, read
from preuve.page.snippets import END_OF_LINE, Snippets, altered

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from preuve.page.blocks import Block

MANIFEST_SUFFIXES = (".yaml", ".yml")

NAMED = re.compile(r"[\w.+@~-]+")
"""What may be the name of a file in a command, its folders left out."""

UNSAFE = re.compile(r"[^\w .,+@=~()-]")
"""What no file's name holds: it stands in titles, links, commands and scripts."""

PARTS = ("figures", "history", "pages", "run", "skipped")
"""What a `proofs` fence may ask for."""


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed at one prompt."""

    source: str
    """Shell source, continuation lines included, without prompts."""
    where: Where
    options: Options = DEFAULT


@dataclass(frozen=True, slots=True)
class Diagram:
    """A drawing of the namespace's objects, as they are at that point of the page."""

    block: Block
    source: str
    """The fence's body on one line, then its options: ``deployments, pods by=node``."""
    where: Where
    options: Options = DEFAULT


@dataclass(frozen=True, slots=True)
class File:
    """A file that a page includes and works with: a manifest, or what a command names, such as a script."""

    name: str
    """Its base name, by which commands find it."""
    path: str
    """Below one of the snippets' base paths."""
    content: bytes

    @property
    def published(self) -> PurePosixPath:
        """Where it stands among the manifests of the site."""
        return PurePosixPath(*(part for part in PurePosixPath(self.path).parts if part not in {"..", "/"}))

    @property
    def manifest(self) -> bool:
        """Whether it is for kubectl."""
        return self.name.endswith(MANIFEST_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Console:
    """A `console` fence."""

    block: Block
    options: Options
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Include:
    """A fence that includes whole files: manifests, or what a command of the page names."""

    block: Block
    files: tuple[File, ...]
    applies: tuple[Command, ...] = ()
    """What the step runs by itself: an apply of each manifest that no command of the page is given."""
    shown_only: bool = False
    """The author said ``apply=no``, and indeed nothing of the page applies the file."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """A part of the account that a site gives of its pages; see `preuve.show.proofs`."""

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
    """The files, each once, in the order of their first inclusion."""
    exclusive: bool = False
    """The page wants the whole cluster, and cluster-admin."""
    programs: tuple[str, ...] = ()
    """Programs that the page wants beside those that every page finds, by name."""

    def actions(self) -> Iterator[Action]:
        """What is to be run or drawn, in page order."""
        for step in self.steps:
            yield from performed(step)

    def stopped(self) -> frozenset[int]:
        """The actions, by number, that are stopped as soon as they have said something."""
        return frozenset(number for number, action in enumerate(self.actions()) if action.options.until)

    def through(self, line: int) -> Plan:
        """What the page does up to a line, that line included: all that begins there or above.

        The files are all of the page's, as they are when it is played as a whole.
        """
        steps = (_through(step, line) for step in self.steps if step.block.where.line <= line)
        return replace(self, steps=tuple(steps))

    def public(self) -> str:
        """What the page spells out itself: its commands and its files; no chance in it, and no secret."""
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
    snippets: Snippets
    problems: list[PreuveError] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)

    def problem(self, where: Where, message: str) -> None:
        self.problems.append(PageError(message, where))


def plan(page: str, markdown: str, bases: Sequence[Path], *, restricted: bool = True) -> Plan:
    """Say what a page does.

    Args:
        page: path below docs/, for messages.
        markdown: the whole text of the page, front matter included.
        bases: the folders that pymdownx.snippets looks in.
        restricted: whether it shows nothing outside of them.

    Raises:
        PreuveError: all that is wrong with the page, at once.
    """
    draft = _Draft(page, bases, Snippets(bases, restricted=restricted))
    found, problems = blocks.parse(markdown, page)
    draft.problems.extend(problems)
    consoles = {block: _console(draft, block) for block in found if block.language == "console"}
    typed = [
        command.source
        for console in consoles.values()
        if console.options.exec
        for command in console.commands
    ]
    given = [pattern for source in typed for pattern in verbs.given(source)]
    taken = any(map(verbs.kustomizes, typed))
    given += [name for source in typed for name, to in verbs.placed(source) if taken or _leads(to, given)]
    named = {name for source in typed for name in NAMED.findall(source)}
    for block in found:
        if block.language in blocks.RUN:
            for name in block.repeated:
                draft.problem(block.where, f"option {name!r} stands here twice: leave one of them out")
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
            draft.steps.extend(_include(draft, block, given, named))
    wishes, problems = front_matter.read(page, markdown)
    draft.problems.extend(problems)
    _swallowed(draft, markdown)
    raise_all(draft.problems)
    return Plan(page, tuple(draft.steps), tuple(draft.files.values()), wishes.exclusive, wishes.programs)


def _swallowed(draft: _Draft, markdown: str) -> None:
    """Tell of fences that stand in a block of includes: snippets takes each of their lines for a file.

    What a command prints would then be the name of a file that the page shows.
    """
    if not draft.steps or "8<-" not in markdown:
        return
    lines = END_OF_LINE.split(markdown)
    bodies = {}
    for step in draft.steps:
        first = step.block.where.line  # of its body, counted from 0
        bodies[step.block] = range(first, first + step.block.body.count("\n") + 1)
        if performed(step) and not isinstance(step, Include):  # an answer takes the place of what is typed
            lines[first : bodies[step.block].stop] = [""] * len(bodies[step.block])
    for found in draft.snippets.blocks(lines):
        for block, body in bodies.items():
            inside = body.start <= found.start and found.stop <= body.stop
            if not inside and found.start <= body.stop and body.start <= found.stop:
                what = f"the block of includes of line {found.start + 1} goes on here, so that snippets takes"
                draft.problem(
                    block.where, f"{what} lines of this fence for files: end it with a line `--8<--`"
                )
                break


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
    options, problems = read(block.options)
    for problem in problems:
        draft.problem(block.where, problem)
    try:
        found = commands.commands(block.body)
    except PageError as error:
        draft.problem(block.line(error.where.line if error.where else 0), error.message)
        return Console(block, options, ())
    if not found and options.exec:
        draft.problem(
            block.where, "no command in this console fence: start each with `$ `, or mark the fence exec=no"
        )
    for line, source in found:
        if control := commands.CONTROL.search(source):
            what = (
                f"a control character, U+{ord(control[0]):04X}, in a command: write it as bash does, $'\\x01'"
            )
            draft.problem(block.line(line), what)
    return Console(
        block, options, tuple(Command(source, block.line(line), options) for line, source in found)
    )


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
    if block.options:
        draft.problem(block.where, f"a proofs fence takes no option: leave {', '.join(block.options)} out")
    return Proofs(block, part)


def _include(draft: _Draft, block: Block, given: Sequence[str], named: Container[str]) -> Iterator[Include]:
    """The step of a fence that includes whole files that the page works with, if it does.

    `given` are the ``-f`` of the page's commands, `named` all their words.
    """
    included = draft.snippets.whole(block.body.split("\n"))
    found = [
        (line, path)
        for line, path in included
        if path.endswith(MANIFEST_SUFFIXES) or PurePosixPath(path).name in named
    ]
    if not found:
        return
    if ">" in block.prefix:
        draft.problem(block.where, "pymdownx.snippets includes nothing in a quote: take this fence out of it")
    apply = block.options.get("apply", "yes")
    if apply not in {"yes", "no"}:
        draft.problem(block.where, f"apply={apply!r}: write yes or no")
    known = DECORATION | {"apply"}
    for name in block.options:
        if name not in known and not name.startswith("data-"):
            draft.problem(block.where, unknown(f"option {name!r} of an included file", name, known))
    files, applies, unused = [], [], False
    for line, path in found:
        file = _file(draft, path, block.line(line))
        if not file or not _shown_whole(draft, file, block, line):
            continue
        files.append(file)
        first = draft.files.setdefault(file.name, file) is file
        used = not file.manifest or any(_matches(file.name, pattern) for pattern in given)
        unused |= not used
        if first and not used and apply == "yes":
            applies.append(Command(f"kubectl apply -f {shlex.quote(file.name)}", block.line(line)))
    yield Include(block, tuple(files), tuple(applies), shown_only=apply == "no" and unused)


def _shown_whole(draft: _Draft, file: File, block: Block, line: int) -> bool:
    """Whether a reader sees all that is applied; else it is told."""
    text = file.content.decode()
    if number := altered(text):
        what = f"{file.path}:{number} has a mark of snippets, so the page would not show what is applied"
        draft.problem(block.line(line), f'{what}. Take it out; as a value, YAML writes it "\\x2d-8<--"')
    elif block.fence in (each.rstrip() for each in text.splitlines()):
        what = f"{file.path} has a line {block.fence}, which would end this fence"
        draft.problem(block.where, f"{what}: open and end the fence with {block.fence}{block.fence[0]}")
    else:
        return True
    return False


def _file(draft: _Draft, path: str, where: Where) -> File | None:
    found = draft.snippets.find(path)
    if found is None:
        near = difflib.get_close_matches(path, _files_below(draft.bases), n=1, cutoff=0.5)
        meant = f"did you mean {near[0]!r}?" if near else "check the name"
        draft.problem(where, f"no file {path!r} below {', '.join(map(abspath, draft.bases))}: {meant}")
        return None
    if unsafe := UNSAFE.search(found.name):
        draft.problem(where, f"{path!r} has {unsafe[0]!r} in its name, which readers type: rename the file")
        return None
    if not found.is_file():
        draft.problem(where, f"{path!r} is no file: name one")
        return None
    below = (found.relative_to(base) for base in map(abspath, draft.bases) if found.is_relative_to(base))
    try:
        file = File(found.name, str(next(below, normpath(path))), found.read_bytes())
        file.content.decode()
    except OSError as error:
        draft.problem(where, f"{path} cannot be read: {error.strerror}")
        return None
    except UnicodeDecodeError as error:
        draft.problem(where, f"{path} is not UTF-8 at byte {error.start}: save it as UTF-8")
        return None
    other = draft.files.get(file.name)
    if other and other.content != file.content:
        draft.problem(
            where,
            f"{path} and {other.path} are different files with one name, "
            "and commands find a file by its name: rename one",
        )
    return file


def _files_below(bases: Sequence[Path]) -> list[str]:
    return [
        str(file.relative_to(base))
        for base in bases
        for suffix in MANIFEST_SUFFIXES
        for folder in (base, base / "includes")
        for file in folder.glob(f"*/*{suffix}")
    ]


def _leads(place: str, given: Sequence[str]) -> bool:
    """Whether what is put in a place is in a folder that kubectl is given, or is such a file.

    >>> [_leads(place, ["base", "b.yaml"]) for place in ("base/", "base/x/a.yaml", "b.yaml", "bases", ".")]
    [True, True, True, False, False]
    """
    return any(PurePosixPath(place).is_relative_to(each) for each in given if PurePosixPath(each).parts)


def _matches(name: str, pattern: str) -> bool:
    """Whether a ``-f`` argument takes in a file of the page's directory.

    >>> [_matches("pod.yaml", given) for given in ("./pod.yaml", ".", "$PWD", "*.yaml", "-", "web.yaml")]
    [True, True, True, True, False, False]
    """
    path = PurePosixPath(pattern.replace("${PWD}", "$PWD").replace("$PWD", "."))
    if path == PurePosixPath():
        return pattern != ""
    return path.parent == PurePosixPath() and fnmatch.fnmatchcase(name, path.name)
