"""Rendering: a page's Markdown with the outputs in it, portable to any generator that knows superfences.

The result holds plain fences. What `preuve.fence` needs to draw them well stands in their headers as
``data-`` attributes, which other generators carry along without harm.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pymdownx.snippets import SnippetPreprocessor

from preuve.blocks import splice
from preuve.normalize import public_words
from preuve.plan import Console, Diagram, Include, Proofs, performed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from preuve.blocks import Block
    from preuve.plan import Action, Command, File, Plan, Step
    from preuve.strings import Strings
    from preuve.transcript import Exchange, Transcript

HEADING = re.compile(r"# \S.*")
ATTRIBUTES = re.compile(r"\{[^}]*\}$")
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
    snippets: bool = True
    """The site expands snippets, so outputs that look like one are escaped."""
    proofs: Callable[[str], Iterable[str]] = lambda _: ()
    """The lines that stand for a part of the proofs."""


def render(markdown: str, plan: Plan, transcript: Transcript | None, look: Look) -> str:
    """The page with its outputs.

    Args:
        markdown: the page's text, of which `plan` was made.
        plan: what the page does.
        transcript: what came out of it; None if it was never played.
        look: how to render it.
    """
    if not plan.steps:
        return markdown
    actions = list(plan.actions())
    answers = iter(_answers(actions, transcript, stale=look.stale))
    renderer = _Renderer(plan.page, plan.public(), look, anchors(plan))
    replaced: dict[Block, str] = {}
    for step in plan.steps:
        exchanges = list(islice(answers, len(performed(step))))
        replaced[step.block] = "\n".join(renderer.step(step, exchanges))
    text = splice(markdown, replaced)
    if transcript and actions:
        return _with_version(text, plan.page, transcript, look)
    return text


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


def title(markdown: str) -> str:
    r"""What a page is called: the words of its title; empty if it has none.

    >>> title("---\nx: 1\n---\n\n# Un `Pod` { #pod }\n")
    'Un `Pod`'
    """
    lines = markdown.split("\n")
    at = _after_title(lines)
    line = lines[at - 1].rstrip() if at else ""
    return ATTRIBUTES.sub("", line[1:]).strip() if HEADING.fullmatch(line) else ""


def script_path(page: str) -> str:
    """Where a page's script stands in the site.

    >>> script_path("pods/index.md")
    'scripts/pods/index.sh'
    """
    return str(PurePosixPath("scripts", page).with_suffix(".sh"))


def manifest_path(file: File) -> str:
    """Where a manifest stands in the site."""
    inside = [part for part in PurePosixPath(file.path).parts if part not in {"..", "/"}]
    return str(PurePosixPath("manifests", *inside))


def _answers(
    actions: Sequence[Action], transcript: Transcript | None, *, stale: bool
) -> list[Exchange | None]:
    """What came out of each action; of a stale transcript, what the same command gave at the same turn."""
    if transcript is None:
        return [None] * len(actions)
    played = transcript.exchanges
    if not stale:
        return list(played)
    answers: list[Exchange | None] = [None] * len(actions)
    matcher = difflib.SequenceMatcher(
        None, [exchange.source for exchange in played], [action.source for action in actions], autojunk=False
    )
    for match in matcher.get_matching_blocks():
        answers[match.b : match.b + match.size] = played[match.a : match.a + match.size]
    return answers


@dataclass(frozen=True, slots=True)
class _Renderer:
    """One page's rendering: its name, what it spells out, its look, and the anchors of its blocks."""

    page: str
    public: str
    look: Look
    anchors: Mapping[Block, str]

    def step(self, step: Step, exchanges: Sequence[Exchange | None]) -> Iterator[str]:
        """The lines that stand for a step's fence."""
        match step:
            case Console(options=options) if not options.exec:
                yield from self._skipped(step)
            case Console(options=options) if not options.hidden:
                yield from self._exchanges(step, step.commands, exchanges)
            case Include():
                yield from self._include(step)
                if step.applies:
                    yield ""
                    yield from self._exchanges(step, step.applies, exchanges)
            case Diagram():
                if exchanges[0]:
                    yield "```mermaid"
                    yield from exchanges[0].lines
                    yield "```"
                else:
                    yield from _fence([step.source], ["data-state=unplayed"])
            case Proofs(part=part):
                yield from self.look.proofs(part)

    def _skipped(self, step: Console) -> Iterator[str]:
        why = step.options.why
        quote = "'" if '"' in why else '"'
        attributes = ["data-state=skipped", *([f"data-why={quote}{why}{quote}"] if why else [])]
        lines = step.block.body.split("\n")
        yield from _fence(lines, attributes, step.block, self.anchors.get(step.block, ""))

    def _exchanges(
        self, step: Console | Include, commands: Sequence[Command], exchanges: Sequence[Exchange | None]
    ) -> Iterator[str]:
        """A fence with each command above its output; `preuve.fence` reads what `data-exchanges` says."""
        lines: list[str] = []
        told = []
        for command, exchange in zip(commands, exchanges, strict=True):
            asked = shown(command.source)
            answered = exchange.lines if exchange else []
            result = f"{exchange.exit},{round(exchange.seconds * 1000)}" if exchange else ","
            told.append(f"{len(asked)},{len(answered)},{result}")
            lines += asked
            prefix = step.block.prefix
            lines += [_unsnipped(line, prefix) for line in answered] if self.look.snippets else answered
        if not any(exchanges):
            state = "unplayed"
        elif self.look.stale:
            state = "stale"
        else:
            state = "failed" if commands[0].options.failure else "executed"
        attributes = [f"data-state={state}", f'data-exchanges="{" ".join(told)}"']
        answers = "\n".join(line for exchange in exchanges if exchange for line in exchange.lines)
        if words := public_words(answers, self.public):
            attributes.append(f'data-public="{" ".join(words)}"')
        dress = step.block if isinstance(step, Console) else None
        yield from _fence(lines, attributes, dress, self.anchors[step.block])

    def _include(self, step: Include) -> Iterator[str]:
        block = step.block
        names = ", ".join(file.name for file in step.files)
        options = {"title": names} | {name: value for name, value in block.options.items() if name != "apply"}
        yield f"{block.fence}{_header(block.language or 'yaml', block.id, block.classes, options)}"
        yield block.body
        yield block.fence
        yield ""
        words = self.look.strings
        notes = [
            f"[{words.download.format(name=file.name)}]({link(self.page, manifest_path(file))})"
            f'{{ download="{file.name}" }}'
            for file in step.files
        ]
        if step.shown_only:
            notes.append(f"**{words.not_applied}**")
        yield " · ".join(notes)
        yield "{ .preuve-manifest }"


def shown(source: str) -> list[str]:
    r"""A command's lines as a terminal would show them.

    >>> shown("cat <<EOF\nun\n\nEOF")
    ['$ cat <<EOF', '> un', '>', '> EOF']
    """
    first, *more = source.split("\n")
    return [f"$ {first}", *(f"> {line}" if line else ">" for line in more)]


def _unsnipped(line: str, prefix: str) -> str:
    """An output line that pymdownx.snippets leaves as it is, behind the prefix of its fence.

    >>> _unsnipped('--8<-- "x.md"', "    "), _unsnipped('--8<-- "x.md"', "> "), _unsnipped("8< pods", "")
    (';--8<-- "x.md"', '--8<-- "x.md"', '8< pods')
    """
    if "8<-" not in line:
        return line
    whole = prefix + line
    if SnippetPreprocessor.RE_ALL_SNIPPETS.match(whole) or SnippetPreprocessor.RE_SNIPPET_SECTION.match(
        whole
    ):
        return re.sub(r"(;*-+8<-)", r";\1", line, count=1)
    return line


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

    >>> link("pods/yaml.md", "scripts/pods/yaml.sh")
    '../scripts/pods/yaml.sh'
    """
    return posixpath.relpath(target, posixpath.dirname(page) or ".")


def _with_version(text: str, page: str, transcript: Transcript, look: Look) -> str:
    """The text with the line that says where and when it was run, under its title."""
    day = transcript.played.date().isoformat()
    date = f'<time datetime="{day}">{look.strings.date(transcript.played)}</time>'
    script = f"[{look.strings.script}]({link(page, script_path(page))}){{ download }}"
    line = look.strings.executed.format(version=transcript.version, date=date, script=script)
    if look.stale:
        line += f" · **{look.strings.stale}**"
    paragraph = f"\n{line}\n{{ .preuve-version }}\n"
    lines = text.split("\n")
    at = _after_title(lines)
    return "\n".join([*lines[:at], paragraph, *lines[at:]])


def _after_title(lines: Sequence[str]) -> int:
    """The number of lines up to the title, front matter included; without title, of the latter."""
    start = 0
    if lines and lines[0].removeprefix("\ufeff").rstrip() == "---":
        start = next((n + 1 for n, line in enumerate(lines[1:], 1) if line.rstrip() in {"---", "..."}), 0)
    for number, line in enumerate(lines[start:], start):
        if HEADING.fullmatch(line.rstrip()):
            return number + 1
        if line.lstrip().startswith(("```", "~~~")):
            break
    return start
