"""Rendering: a page's Markdown with the outputs in it, portable to any generator that knows superfences.

The result holds plain fences. What `preuve.show.fence` needs to draw them well stands in their headers as
``data-`` attributes, which other generators carry along without harm.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from itertools import groupby, islice, pairwise
from operator import itemgetter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from preuve.errors import PageError, unknown
from preuve.meaning import moments
from preuve.meaning.scene import scenes
from preuve.meaning.spans import marked
from preuve.meaning.table import tables
from preuve.page.blocks import front_matter_length, splice
from preuve.page.diagram import parse
from preuve.page.plan import Command, Console, Diagram, Include, Proofs, performed
from preuve.page.snippets import escaped
from preuve.show.marks import written

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from preuve.errors import CommandError
    from preuve.meaning.scene import Item
    from preuve.page.blocks import Block
    from preuve.page.plan import Action, File, Plan, Step
    from preuve.show.strings import Strings
    from preuve.transcript import Exchange, Transcript

HEADING = re.compile(r"#(?!#)\s*(\S.*?)\s*#*\s*")
UNDERLINE = re.compile(r"=+\s*")
"""Of a title in the other form."""
APART = re.compile(
    r"^(?P<prefix>[ \t>]*)(?P<fence>`{3,}(?!.*`)|~{3,}).*\n(?:.*\n)*?(?P=prefix)(?P=fence)\s*?$"
    r"|<!--[\s\S]*?-->",
    re.MULTILINE,
)
"""What looks like a title in it is none: a fence, a comment."""
METADATA = re.compile(r"(?: {0,3}[A-Za-z0-9_-]+:.*\n(?: {4}.*\n)*)*")
"""MkDocs' other form of front matter, which has no lines around it."""
OBJECT = re.compile(r"^(?:kind: |metadata:\n(?:  .*\n)*?  name: )(\S+)", re.MULTILINE)
"""What a manifest calls its objects."""
ATTRIBUTES = re.compile(r"\{[^}]*\}$")
CODE = re.compile(r"(?<!`)(?P<ticks>`+)(?!`)(?P<code>[^\n]+?)(?<!`)(?P=ticks)(?!`)")
"""In running text; one backtick or more on each side, to hold fewer."""
CHOSEN = "custom-columns"
"""In a command: it asks for columns by name."""
BACKTICKS = re.compile(r"`+")
NOT_SLUG = re.compile(r"[^a-z0-9]+")
SLUG_LENGTH = 60
"""Long enough to tell commands apart in a link, short enough to be read in one."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is to be rendered."""

    strings: Strings
    stale: bool = False
    """The transcript is older than the page: its outputs are shown where the same command still stands."""
    stopped: CommandError | None = None
    """What stopped the play of which the transcript is the attempt: what comes after it was not run."""
    source: str = ""
    """The address of the page's source, if it can be read somewhere."""
    snippets: bool = True
    """The site expands snippets, so outputs that look like one are escaped."""
    proofs: Callable[[str], Iterable[str]] = lambda _: ()
    """The lines that stand for a part of the proofs."""


def render(markdown: str, plan: Plan, transcript: Transcript | None, look: Look) -> str:
    """The page with the outputs of its transcript, if it was ever played."""
    if not plan.steps:
        return markdown
    actions = list(plan.actions())
    found = _answers(actions, transcript, look)
    answers, marks = iter(found), iter(_marks(plan, transcript, found))
    renderer = _Renderer(plan.page, look, anchors(plan), _scenes(actions, found), sections(_prose(markdown)))
    replaced: dict[Block, str] = {}
    for step in plan.steps:
        count = len(performed(step))
        lines = renderer.step(step, list(islice(answers, count)), list(islice(marks, count)))
        replaced[step.block] = "\n".join(lines)
    text = splice(markdown, replaced)
    if transcript and actions and not look.stopped:
        return _with_version(text, plan, transcript, look)
    return text


def unseen(plan: Plan, transcript: Transcript) -> Iterator[PageError]:
    """What the author of a fence points at with ``columns=`` and ``hl=``, and no answer of it holds."""
    answers = iter(transcript.exchanges)
    for step in plan.steps:
        outputs = [answer.output for answer in islice(answers, len(performed(step)))]
        if not isinstance(step, Console) or not step.options.exec:
            continue
        there = {
            column: None
            for output in outputs
            for table in tables(output, titled=True)
            for column in table.columns
        }
        for column in step.options.columns:
            if column not in there:
                yield PageError(unknown(f"column {column!r} in columns=", column, there), step.block.where)
        for word in step.options.hl:
            if not any(word in output for output in outputs):
                yield PageError(f"hl={word!r}: no answer of this fence holds these words", step.block.where)


def anchors(plan: Plan) -> dict[Block, str]:
    """The anchor of each block that shows commands: its own, else one made of its first command.

    So it stays when the page is edited elsewhere.
    """
    given: Counter[str] = Counter()
    found = {}
    for step in plan.steps:
        match step:
            case Console(options=options, commands=commands) if not options.hidden:
                own = step.block.id
            case Include(applies=commands):
                own = ""  # it is the manifest's
            case _:
                continue
        if commands:
            slug = NOT_SLUG.sub("-", commands[0].source.lower())[:SLUG_LENGTH].strip("-")
            given[slug] += 1
            found[step.block] = own or f"cmd-{slug}" + (f"-{given[slug]}" if given[slug] > 1 else "")
        elif own:
            found[step.block] = own
    return found


def _prose(markdown: str) -> str:
    """A page without its fences and comments, as many lines."""
    return APART.sub(lambda apart: "\n" * apart[0].count("\n"), markdown)


def sections(prose: str) -> Sequence[tuple[int, frozenset[str]]]:
    r"""What each part of a page between two titles has in code, with its first line, counted from 1.

    >>> sections("# Un\n\n`un`\n## Deux\n`deux`")
    [(1, frozenset({'un'})), (4, frozenset({'deux'}))]
    """
    lines = prose.split("\n")
    firsts = [0, *(number for number, line in enumerate(lines) if number and line.startswith("#"))]
    parts = ("\n".join(lines[first:end]) for first, end in pairwise([*firsts, len(lines)]))
    return [
        (first + 1, frozenset(found["code"].strip() for found in CODE.finditer(part)))
        for first, part in zip(firsts, parts, strict=True)
    ]


def title(markdown: str) -> str:
    r"""What a page is called: the words of its title; empty if it has none.

    >>> title("---\nx: 1\n---\n\n# Un `Pod` { #pod }\n"), title("<!--\n# Non\n-->\nUn Pod\n======\n")
    ('Un `Pod`', 'Un Pod')
    """
    return ATTRIBUTES.sub("", _headed(markdown.split("\n"))[1]).strip()


def script_path(page: str) -> str:
    """Where a page's script stands in the site."""
    return str(PurePosixPath("scripts", page).with_suffix(".sh"))


def archive_path(page: str) -> str:
    """Where a page's script and files stand in the site, as one file.

    >>> archive_path("pods/index.md"), script_path("pods/index.md"), transcript_path("pods/index.md")
    ('scripts/pods/index.zip', 'scripts/pods/index.sh', 'transcripts/pods/index.txt')
    """
    return str(PurePosixPath("scripts", page).with_suffix(".zip"))


def transcript_path(page: str) -> str:
    """Where what came out of a page stands in the site."""
    return str(PurePosixPath("transcripts", page).with_suffix(".txt"))


def manifest_path(file: File) -> str:
    """Where a manifest, or another file of a page, stands in the site."""
    return str(PurePosixPath("manifests", file.published))


def _answers(actions: Sequence[Action], transcript: Transcript | None, look: Look) -> list[Exchange | None]:
    """What came out of each action; of a stale transcript, what the same command gave at the same turn."""
    if transcript is None:
        return [None] * len(actions)
    played = transcript.exchanges
    if look.stopped:
        return [*played, *[None] * (len(actions) - len(played))]
    if not look.stale:
        return list(played)
    answers: list[Exchange | None] = [None] * len(actions)
    matcher = difflib.SequenceMatcher(
        None,
        [(exchange.drawn, exchange.source) for exchange in played],
        [(not isinstance(action, Command), action.source) for action in actions],
        autojunk=False,
    )
    for match in matcher.get_matching_blocks():
        answers[match.b : match.b + match.size] = played[match.a : match.a + match.size]
    return answers


def _marks(plan: Plan, transcript: Transcript | None, exchanges: Sequence[Exchange | None]) -> Iterator[str]:
    """What of each output is chance, as a word of its fence's header."""
    said = [(each.source, each.output) if each and not each.drawn else ("", "") for each in exchanges]
    given = moments.answers(said, plan.stopped())
    values = transcript.values if transcript else ()
    for answer, found in zip(given, marked(given, plan.public(), values), strict=True):
        yield written(answer.output, found)


Played = tuple[Command, "Exchange | None", str]
"""A command, what it answered, and what of that is chance."""


@dataclass(frozen=True, slots=True)
class _Renderer:
    """One page's rendering: its name, its look, and the anchors of its blocks."""

    page: str
    look: Look
    anchors: Mapping[Block, str]
    scenes: Mapping[Block, Sequence[Item]]
    sections: Sequence[tuple[int, Collection[str]]]
    """What is said in code around the blocks."""
    explained: list[str] = field(default_factory=list)
    """Where it was said what the marks are: once."""
    manifests: list[File] = field(default_factory=list)
    """Those that were shown already."""

    def step(self, step: Step, exchanges: Sequence[Exchange | None], marks: Sequence[str]) -> Iterator[str]:
        """The lines that stand for a step's fence."""
        match step:
            case Console(options=options) if not options.exec:
                yield from self._skipped(step)
            case Console(options=options) if not options.hidden:
                yield from self._exchanges(step, zip(step.commands, exchanges, marks, strict=True))
            case Console(commands=commands):
                yield from self._failed(step, zip(commands, exchanges, marks, strict=True))
            case Include():
                yield from self._include(step)
                if step.applies:
                    yield ""
                    yield from self._exchanges(step, zip(step.applies, exchanges, marks, strict=True))
            case Diagram():
                if exchanges[0]:
                    yield from self._drawing(step)
                else:
                    yield from _fence([step.source], ["data-state=unplayed"])
            case Proofs(part=part):
                yield from self.look.proofs(part)

    def _failed(self, step: Console, played: Iterable[Played]) -> Iterator[str]:
        """Of a hidden fence, the command that stopped the page."""
        for one in played:
            if self._state(one) == "error":
                yield from self._fared("error", [one], step.block.prefix, step.block, "")

    def _drawing(self, step: Diagram) -> Iterator[str]:
        """A fence with a scene's lines; `preuve.show.fence` draws it."""
        kinds = ", ".join(kind.plural for kind in parse(step.source).kinds)
        state = "stale" if self.look.stale else "executed"
        anchor = f"drawing-{list(self.scenes).index(step.block) + 1}"
        header = _header("cluster", anchor, (), {"data-kinds": kinds}, [f"data-state={state}"])
        yield f"```{header}"
        yield from map(str, self.scenes[step.block])
        yield "```"

    def _skipped(self, step: Console) -> Iterator[str]:
        why = step.options.why
        quote = "'" if '"' in why else '"'
        attributes = ["data-state=skipped", *([f"data-why={quote}{why}{quote}"] if why else [])]
        lines = step.block.body.split("\n")
        yield from _fence(lines, attributes, step.block, self.anchors.get(step.block, ""))

    def _exchanges(self, step: Console | Include, played: Iterable[Played]) -> Iterator[str]:
        """A fence with each command above its output; where they fared differently, one for each fate."""
        dress = step.block if isinstance(step, Console) else None
        anchor = self.anchors[step.block]
        for state, group in groupby(played, self._state):
            if not anchor:
                yield ""
            yield from self._fared(state, list(group), step.block.prefix, dress, anchor)
            dress, anchor = None, ""

    def _state(self, played: Played) -> str:
        """How a command fared."""
        command, exchange, _ = played
        if exchange is None:
            return "unplayed"
        stopped = self.look.stopped
        if stopped and stopped.attempt and stopped.ran and exchange is stopped.attempt.exchanges[-1]:
            return "error"
        if self.look.stale and not stopped:
            return "stale"
        return "failed" if command.options.failure else "executed"

    def _fared(
        self, state: str, played: Sequence[Played], prefix: str, dress: Block | None, anchor: str
    ) -> Iterator[str]:
        """A fence of commands that fared alike; `preuve.show.fence` reads what `data-exchanges` says."""
        lines: list[str] = []
        sizes = []
        for command, exchange, _ in played:
            asked = shown(command.source)
            answered = _trimmed(exchange.lines) if exchange else []
            result = f"{exchange.exit},{round(exchange.seconds * 1000)}" if exchange else ","
            sizes.append(f"{len(asked)},{len(answered)},{result}")
            lines += [*asked, *answered]
        if self.look.snippets:
            lines = [escaped(line, prefix) for line in lines]
        attributes = [f"data-state={state}", f'data-exchanges="{" ".join(sizes)}"']
        if state == "error" and self.look.stopped:
            attributes.append(f'data-why="{self.look.strings.failure(self.look.stopped.exit)}"')
        marked = {marks for _, _, marks in played} != {"-"}
        if marked:
            attributes.append(f'data-marks="{" ".join(marks for _, _, marks in played)}"')
        columns, words = self._spoken(played)
        if columns:
            attributes.append(f'data-columns="{",".join(columns)}"')
        if words:
            attributes.append(f'data-hl="{"|".join(map(escape, words))}"')
        if marked and not self.explained:
            self.explained.append(anchor)
            attributes.append("data-legend=yes")
        yield from _fence(lines, attributes, dress, anchor)

    def _spoken(self, played: Sequence[Played]) -> tuple[Sequence[str], Sequence[str]]:
        """What of the answers the lesson speaks of: columns, and words.

        The author says so. Else columns that the command asks for by name, or that the section names in
        code, or of which it names a value; and what the section quotes, if that is several words.
        """
        options = played[0][0].options
        line = played[0][0].where.line
        _, code = self.sections[bisect_right(self.sections, line, key=itemgetter(0)) - 1]
        answers = [(command, exchange.output) for command, exchange, _ in played if exchange]
        columns = {
            cell.column: None
            for command, output in answers
            for table in tables(output)
            for row in (table.header, *table.rows)
            for cell in row.cells[1:]
            if CHOSEN in command.source or output[cell.start : cell.end] in code
        }
        words = [
            each for each in sorted(code) if " " in each and "|" not in each
        ]  # which parts them in the header
        return (
            options.columns or list(columns),
            options.hl or [each for each in words if any(each in output for _, output in answers)],
        )

    def _include(self, step: Include) -> Iterator[str]:
        block = step.block
        names = ", ".join(file.name for file in step.files)
        options = {"title": names} | {name: value for name, value in block.options.items() if name != "apply"}
        before, changed = self._changed(step)
        if changed:
            options |= {"hl_lines": " ".join(map(str, changed))}
        plain = "yaml" if any(file.manifest for file in step.files) else "text"
        yield f"{block.fence}{_header(block.language or plain, block.id, block.classes, options)}"
        yield block.body
        yield block.fence
        yield ""
        words = self.look.strings
        notes = [
            f"[{words.download.format(name=literal(file.name))}]({link(self.page, manifest_path(file))})"
            f'{{ download="{file.name}" }}'
            for file in step.files
        ]
        if changed:
            notes.append(words.changed.format(name=f"`{before}`"))
        if step.shown_only:
            notes.append(f"**{words.not_applied}**")
        yield " · ".join(notes)
        yield "{ .preuve-manifest }"

    def _changed(self, step: Include) -> tuple[str, Sequence[int]]:
        """What a manifest that is shown by itself changes of one of the same object, shown before it."""
        if len(step.files) > 1 or "\n" in step.block.body or "hl_lines" in step.block.options:
            self.manifests.extend(step.files)
            return "", ()
        (file,) = step.files
        same = [
            each for each in self.manifests if each.path != file.path and described(each) == described(file)
        ]
        self.manifests.append(file)
        return (same[-1].name, new_lines(same[-1], file)) if same and described(file) else ("", ())


def described(file: File) -> tuple[str, ...]:
    """The kinds and names of a manifest's objects."""
    return tuple(OBJECT.findall(file.content.decode()))


def new_lines(before: File, after: File) -> Sequence[int]:
    r"""The lines of a manifest, from 1, that are not in one of the same objects; none if most are new.

    >>> from preuve.page.plan import File
    >>> one, two = (File("x", "x", f"kind: Pod\nimage: {name}\na: 1\n".encode()) for name in "ab")
    >>> new_lines(one, two)
    [2]
    """
    old, new = before.content.decode().splitlines(), after.content.decode().splitlines()
    same = difflib.SequenceMatcher(None, old, new, autojunk=False)
    found = [
        number
        for change, _, _, first, last in same.get_opcodes()
        if change != "equal"
        for number in range(first + 1, last + 1)
    ]
    return found if 2 * len(found) <= len(new) else []


def _scenes(actions: Iterable[Action], answers: Iterable[Exchange | None]) -> dict[Block, Sequence[Item]]:
    """The scene of each drawing that was made, told from the one before it."""
    made = [
        (action, answer)
        for action, answer in zip(actions, answers, strict=True)
        if isinstance(action, Diagram) and answer
    ]
    answered = (([kind.name for kind in parse(action.source).kinds], answer.lines) for action, answer in made)
    return {action.block: scene for (action, _), scene in zip(made, scenes(answered), strict=True)}


def shown(source: str) -> list[str]:
    r"""A command's lines as a terminal would show them.

    >>> shown("cat <<EOF\nun\n\nEOF")
    ['$ cat <<EOF', '> un', '>', '> EOF']
    """
    first, *more = source.split("\n")
    return [f"$ {first}", *(f"> {line}" if line else ">" for line in more)]


def _trimmed(lines: Sequence[str]) -> Sequence[str]:
    """An answer without the blank lines at its end."""
    end = next((number for number in range(len(lines), 0, -1) if lines[number - 1].strip()), 0)
    return lines[:end]


def _fence(
    lines: Sequence[str], attributes: Iterable[str], block: Block | None = None, anchor: str = ""
) -> Iterator[str]:
    """A `console` fence, longer than any that its lines hold, dressed as the one it stands for."""
    longest = max((len(run) for line in lines for run in BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    dress = (
        {name: block.options[name] for name in ("title", "hl_lines") if name in block.options}
        if block
        else {}
    )
    yield f"{fence}{_header('console', anchor, block.classes if block else (), dress, attributes)}"
    yield from lines
    yield fence


def _header(
    language: str,
    identifier: str,
    classes: Iterable[str],
    options: Mapping[str, str],
    more: Iterable[str] = (),
) -> str:
    """A fence's header in the brace form.

    >>> _header("yaml", "", ["wide"], {"title": "pod.yaml"})
    '{ .yaml .wide title="pod.yaml" }'
    """
    parts = [f".{language}", *(f".{name}" for name in classes)]
    parts += [f"#{identifier}"] if identifier else []
    parts += [f"{name}='{value}'" if '"' in value else f'{name}="{value}"' for name, value in options.items()]
    return f"{{ {' '.join([*parts, *more])} }}"


def link(page: str, target: str) -> str:
    """A link from a page to a file of the site, both named from its root.

    >>> link("pods/yaml.md", "scripts/pods/yaml.sh"), link("index.md", "a) <b>.md")
    ('../scripts/pods/yaml.sh', 'a%29%20%3Cb%3E.md')
    """
    return quote(posixpath.relpath(target, posixpath.dirname(page) or "."))


def literal(text: str) -> str:
    """A name as Markdown that shows it, in a table too, and takes none of it for markup.

    >>> literal("a|`b`<i>.md")
    'a&#124;&#96;b&#96;&#60;i&#62;.md'
    """
    return re.sub(r"[^\w .,:/-]|_", lambda found: f"&#{ord(found[0])};", text)


def _with_version(text: str, plan: Plan, transcript: Transcript, look: Look) -> str:
    """The text with the line that says where and when it was run, and leads to the proof, under its title."""
    page, words = plan.page, look.strings
    date = words.time(transcript.played)
    proofs = [
        f"[{words.script}]({link(page, script_path(page))}){{ download }}",
        *(
            [f'[zip]({link(page, archive_path(page))}){{ download title="{words.archive}" }}']
            if plan.files
            else []
        ),
        f"[{words.transcript}]({link(page, transcript_path(page))})",
        *([f"[{words.source}]({look.source})"] if look.source else []),
    ]
    line = words.executed.format(version=transcript.version, date=date, proofs=" · ".join(proofs))
    if look.stale:
        line += f" · **{look.strings.stale}**"
    paragraph = f"\n{line}\n{{ .preuve-version }}\n"
    lines = text.split("\n")
    at, _ = _headed(lines)
    return "\n".join([*lines[:at], paragraph, *lines[at:]])


def _headed(lines: Sequence[str]) -> tuple[int, str]:
    """The number of lines up to the title, its own included, and its words; else up to where one would be."""
    top = front_matter_length([lines[0].removeprefix("\ufeff"), *lines[1:]])
    if not top and (written := METADATA.match("\n".join(lines))):
        top = written[0].count("\n")
    seen = ["", *_prose("\n".join(lines[top:])).split("\n"), ""]
    for number, (above, line, below) in enumerate(zip(seen, seen[1:], seen[2:], strict=False), top + 1):
        if heading := HEADING.fullmatch(line):
            return number, heading[1]
        if line.strip() and not above.strip() and UNDERLINE.fullmatch(below):
            return number + 1, line.strip()
    return top, ""
