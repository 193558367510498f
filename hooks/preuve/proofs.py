"""The proofs: the account that a site gives of its pages. What was run, when, how long, and what was not.

A page asks for it with a `proofs` fence. Nothing in it was typed by anyone: it is read from the pages' plans,
from their transcripts, and from the last run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from preuve import timeline
from preuve.plan import Command, Console, Include
from preuve.render import anchors, link, title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.edition import Edition
    from preuve.plan import Plan
    from preuve.strings import Strings

MARKUP = re.compile(r"[`*_]")


def lines(edition: Edition, page: str, part: str, *, words: Strings) -> Iterator[str]:
    """The Markdown that stands for a `proofs` fence.

    Args:
        edition: what the build shows.
        page: the page with the fence, from which links lead.
        part: one of `preuve.plan.PARTS`.
        words: the site's.
    """
    named = {name: title(edition.pages[name].text) or name for name in edition.project.ordered(edition.pages)}
    others = {name: called for name, called in named.items() if name != page}
    match part:
        case "pages":
            yield from _table(edition, page, others, words)
        case "run":
            yield from _run(edition, others, words)
        case "skipped":
            skipped = [line for name in others for line in _skipped(edition, page, name, others[name])]
            yield from skipped or [words.all_executed]


def _table(edition: Edition, page: str, titles: dict[str, str], words: Strings) -> Iterator[str]:
    yield f"| {' | '.join(words.columns)} |"
    yield "|---|--:|--:|--:|---|---|--:|"
    commands = manifests = failures = 0
    seconds = 0.0
    for name, called in titles.items():
        plan = edition.pages[name].plan
        done = [action for action in plan.actions() if isinstance(action, Command)]
        wanted = sum(command.options.failure for command in done)
        played = edition.shown.get(name)
        told = ("–", "–", "–")
        if played:
            day = played.played.date().isoformat()
            date = f'<time datetime="{day}">{words.date(played.played)}</time>'
            late = f" **{words.stale}**" if name in edition.stale else ""
            told = (played.version, f"{date}{late}", words.duration(played.seconds))
            seconds += played.seconds
        commands, manifests, failures = commands + len(done), manifests + len(plan.files), failures + wanted
        yield _row(f"[{_cell(called)}]({link(page, name)})", len(done), len(plan.files), wanted, *told)
    yield _row(
        *(f"**{cell}**" for cell in (words.total, commands, manifests, failures)),
        "", "", f"**{words.duration(seconds)}**",
    )  # fmt: skip


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _run(edition: Edition, titles: dict[str, str], words: Strings) -> Iterator[str]:
    run = edition.run
    if run is None or not run.turns:
        yield words.no_run
        return
    yield words.run_caption.format(
        date=words.date(run.started),
        version=run.version,
        pages=len(run.turns),
        duration=words.duration(run.seconds),
        sum=words.duration(sum(turn.seconds for turn in run.turns)),
    )
    yield ""
    plain = {name: MARKUP.sub("", called) for name, called in titles.items()}
    yield f'<div class="preuve-figure" data-search-exclude>{timeline.draw(run, plain, words)}</div>'
    absent = [called for name, called in titles.items() if name in edition.shown and name not in run.pages]
    if absent:
        yield ""
        yield words.run_absent.format(pages=", ".join(absent))


def _skipped(edition: Edition, page: str, name: str, called: str) -> Iterator[str]:
    """A list item for a page that shows what was not run, and one beneath for each fence."""
    plan = edition.pages[name].plan
    fences = list(_fences(plan, link(page, name)))
    if fences:
        yield f"- [{called}]({link(page, name)})"
        yield from (f"    - {fence}" for fence in fences)


def _fences(plan: Plan, address: str) -> Iterator[str]:
    known = anchors(plan)
    for step in plan.steps:
        match step:
            case Console(options=options, commands=commands) if not options.exec and not options.hidden:
                sources = [command.source for command in commands] or [step.block.body]
                shown = ", ".join(_code(source) for source in sources)
                anchor = f"#{known[step.block]}" if step.block in known else ""
                yield f"[{shown}]({address}{anchor})" + (f" – {options.why}" if options.why else "")
            case Include(shown_only=True, files=files):
                yield f"[{', '.join(file.name for file in files)}]({address})"


def _code(source: str) -> str:
    r"""A command as inline code: its first line.

    >>> _code("echo `date`\necho"), _code("kvm-ok")
    ('`` echo `date` … ``', '`kvm-ok`')
    """
    first, newline, _ = source.partition("\n")
    text = f"{first} …" if newline else first
    return f"`` {text} ``" if "`" in text else f"`{text}`"
