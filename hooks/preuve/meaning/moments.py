"""Which answers of a page are of a moment that nobody chose: a watch that was stopped, a log that goes on.

>>> page = ["kubectl get pods -w > seen &", "kubectl run web --image=nginx", "kill %1", "cat seen"]
>>> sorted(watching(page))
[0, 3]
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from preuve.meaning.spans import Answer, Order
from preuve.page import verbs
from preuve.page.syntax import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WATCHES = re.compile(r"-A?wA?|--watch(?:-only)?(?:=true)?")
_WHICH = re.compile(r"-[cln].*|-[if]*p[if]*|--(?:all-.*|container|namespace|previous|selector)(?:=.*)?")
_FOLLOWS = re.compile(r"-[ip]*f[ip]*|--follow(?:=true)?")
_NOWHERE = re.compile(r"/dev/.*|&?\d|-")
_ANEW = frozenset({">", ">|", "&>", ">&"})


def answers(said: Sequence[tuple[str, str]], stopped: frozenset[int]) -> list[Answer]:
    """What a page's commands answered, and what of that is of a moment.

    Args:
        said: of each command its source, and its output as a terminal shows it.
        stopped: the commands that were stopped when they had said something.
    """
    sources = [source for source, _ in said]
    grows = growing(sources, stopped)
    of_a_moment = stopped | grows | watching(sources)
    return [
        Answer(output, source, Order.SET if number in of_a_moment else Order.SAID, grows=number in grows)
        for number, (source, output) in enumerate(said)
    ]


def watching(sources: Sequence[str]) -> frozenset[int]:
    """The commands that show what somebody saw who watched: they watch, or name a file in which it was kept.

    What comes by one row or by two, and what is missed, is chance.
    """
    kept: set[str] = set()
    found = set()
    for number, source in enumerate(sources):
        if any(map(_watches, verbs.calls(source))) or not kept.isdisjoint(_named(source)):
            found.add(number)
            kept.update(_written(source))
        else:
            kept.difference_update(_emptied(source))
    return frozenset(found)


def growing(sources: Sequence[str], stopped: frozenset[int]) -> frozenset[int]:
    """The commands that read a log which the page follows until it has seen enough: it goes on by itself.

    >>> page = ["kubectl logs -f clock", "kubectl logs clock | wc -l", "kubectl logs web"]
    >>> sorted(growing(page, frozenset({0}))), sorted(growing(page, frozenset()))
    ([1], [])
    """
    logs = [
        (number, _log(words), any(map(_FOLLOWS.fullmatch, words)))
        for number, source in enumerate(sources)
        for words in verbs.calls(source)
        if next(verbs.operands(words), "") == "logs"
    ]
    followed = {asked for number, asked, follows in logs if follows and number in stopped}
    return frozenset(number for number, asked, _ in logs if asked in followed and number not in stopped)


def _log(words: Sequence[str]) -> tuple[str, ...]:
    """Which log kubectl is asked for: whose, of which container; not how much of it.

    >>> _log("logs -f -n shop --tail 5 web -c app".split())
    ('logs', 'web', '-c app', '-n shop')
    """
    which = (
        f"{word} {value}" if word in verbs.VALUED else word
        for word, value in pairwise([*words, ""])
        if _WHICH.fullmatch(word)
    )
    return *verbs.operands(words), *sorted(which)


def _watches(words: Sequence[str]) -> bool:
    return next(verbs.operands(words), "") in {"events", "get"} and any(map(_WATCHES.fullmatch, words))


def _written(source: str) -> Iterator[str]:
    """The files in which a command keeps what it says."""
    for command in walk(source):
        words = [word.text for word in command.words]
        found = [each.target.text for each in command.redirections if ">" in each.operator]
        if words[:1] == ["tee"]:
            found += [word for word in words[1:] if not word.startswith("-")]
        yield from (name for name in found if not _NOWHERE.fullmatch(name))


def _emptied(source: str) -> Iterator[str]:
    """The files that a command writes anew."""
    for command in walk(source):
        yield from (each.target.text for each in command.redirections if each.operator in _ANEW)


def _named(source: str) -> Iterator[str]:
    """The files that a command may read; what kubectl is given are names of objects."""
    for command in walk(source):
        words = [word.text for word in command.words]
        if "kubectl" not in words:
            yield from words
        yield from (each.target.text for each in command.redirections if each.operator == "<")
