"""The proofs: the account that a site gives of its pages. What was run, when, how long, and what was not.

A page asks for it with a `proofs` fence. Nothing in it was typed by anyone: it is read from the pages' plans,
from their transcripts, and from the last run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from preuve.page.plan import Command, Console, Include
from preuve.show import timeline
from preuve.show.render import anchors, link, literal, title, transcript_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.page.plan import Plan
    from preuve.show.edition import Edition
    from preuve.show.strings import Strings

MARKUP = re.compile(r"[`*_]")


def lines(edition: Edition, page: str, part: str, *, words: Strings) -> Iterator[str]:
    """The Markdown that stands for a `proofs` fence of a page, which asks for one of `PARTS`."""
    names = [name for name in edition.project.ordered(edition.pages) if name != page]
    others = {name: title(edition.pages[name].text) or literal(name) for name in names}
    match part:
        case "figures":
            yield _figures(edition, words)
        case "pages":
            yield from _table(edition, page, others, words)
        case "history":
            yield from _history(edition, words)
        case "run":
            yield from _run(edition, others, words)
        case "skipped":
            skipped = [line for name in others for line in _skipped(edition, page, name, others[name])]
            yield from skipped or [words.all_executed]


def _figures(edition: Edition, words: Strings) -> str:
    """What was run, and how many pages no longer show what is answered: a build with one fails.

    Each page says when its own answers are from: a run that finds them the same leaves them their date.
    """
    asked = [page.plan for page in edition.asked]
    commands = [action for plan in asked for action in plan.actions() if isinstance(action, Command)]
    failures = sum(command.options.failure for command in commands)
    figures = [
        f"<strong>{count}</strong> {forms[min(count, 2)]}"
        for count, forms in zip((len(commands), failures, len(edition.wrong)), words.figures, strict=True)
    ]
    if edition.run:
        date = words.time(edition.run.started)
        figures.append(words.last_whole_run.format(version=edition.run.version, date=date))
    elif last := max(edition.shown.values(), key=lambda shown: shown.played, default=None):
        figures.append(words.last_run.format(version=last.version, date=words.time(last.played)))
    return f'<p class="preuve-figures">{"".join(f"<span>{each}</span>" for each in figures)}</p>'


def _table(edition: Edition, page: str, titles: dict[str, str], words: Strings) -> Iterator[str]:
    yield _row(*words.columns)
    yield "|---|--:|--:|--:|---|---|--:|"
    commands = manifests = failures = 0
    seconds = 0.0
    for name, called in titles.items():
        plan = edition.pages[name].plan
        done = [action for action in plan.actions() if isinstance(action, Command)]
        wanted = sum(command.options.failure for command in done)
        played = edition.shown.get(name)
        proof_cells = ("–", "–", "–")
        if played:
            late = f" **{words.stale}**" if name in edition.stale else ""
            proof = f"[{words.time(played.played)}]({link(page, transcript_path(name))})"
            proof_cells = (played.version, f"{proof}{late}", words.duration(played.seconds))
            seconds += played.seconds
        given = sum(file.manifest for file in plan.files)
        cell = called.replace("|", r"\|")
        commands, manifests, failures = commands + len(done), manifests + given, failures + wanted
        yield _row(f"[{cell}]({link(page, name)})", len(done), given, wanted, *proof_cells)
    yield _row(
        *(f"**{cell}**" for cell in (words.total, commands, manifests, failures)),
        "", "", f"**{words.duration(seconds)}**",
    )  # fmt: skip


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


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
    plain = {name: MARKUP.sub("", title(edition.pages[name].text)) or name for name in titles}
    yield f'<div class="preuve-figure" data-search-exclude>{timeline.draw(run, plain, words)}</div>'
    if run.images:
        made = (
            f"`{image}` ({', '.join(f'{name} {version}' for name, version in versions.items())})"
            for image, versions in run.images.items()
        )
        yield ""
        yield words.run_images.format(images=", ".join(made))
    absent = [called for name, called in titles.items() if name in edition.shown and name not in run.pages]
    if absent:
        yield ""
        yield words.run_absent.format(pages=", ".join(absent))


def _history(edition: Edition, words: Strings) -> Iterator[str]:
    """A table of the whole runs on record, the last one first."""
    if edition.run is None:
        yield words.no_run
        return
    yield _row(*words.history)
    yield "|---|---|--:|--:|"
    for each in (edition.run.summary, *edition.run.earlier):
        moment = f"{words.date(each.started)}, {each.started:%H:%M} UTC"
        time = f'<time datetime="{each.started.isoformat()}">{moment}</time>'
        yield _row(time, each.version, each.pages, words.duration(each.seconds))


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
