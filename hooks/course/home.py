"""« Chez vous » : a lesson's namespace, made and chosen by two commands before the first one that needs it.

Each lesson is played in a namespace of its own, and many an answer names it. A reader who makes one of that
name reads the same words, and meets nothing that another lesson left. The commands are the reader's: nothing
runs them here, where the engine has made the namespace already. So they look like the lines of a file:
no prompt, no answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from course import lesson
from preuve.page import blocks
from preuve.play.naming import name_of
from preuve.show.render import link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mkdocs.structure.pages import Page

CREATES = re.compile(r"kubectl (?:run|create|apply|expose)\b(?!.*--dry-run)")
"""What makes an object, in a namespace as a rule."""
OPENING = "**Avant de commencer.**"
"""What a lesson says before it begins; the commands follow."""
PLACE = "<!-- chez vous -->"
"""Where else a lesson wants them: it explains namespaces first, or has no cluster before that."""
EXPLAINED = "kubectl/index.md", "un-namespace-par-lecon"
"""The page, and its section, that say why."""

BOX = """\
<div class="admonition chez-vous" data-search-exclude markdown>
<p class="admonition-title">Chez vous</p>

Notre namespace pour cette leçon est `{name}`. Pour lire les mêmes mots, créez-le et choisissez-le{why} :

```{{ .sh .no-select }}
{enter}
```

??? abstract "À la fin de la leçon"
    Revenez à `default`, puis supprimez ce namespace, avec tout ce qu’il contient :

    ```{{ .sh .no-select }}
    {leave}
    ```

</div>
"""


def enter(page: str) -> Sequence[str]:
    r"""The commands that make a lesson's namespace, and choose it.

    >>> print(*enter("pods/observer.md"), sep="\n")
    kubectl create namespace pods-observer
    kubectl config set-context --current --namespace=pods-observer
    """
    name = name_of(page)
    return (f"kubectl create namespace {name}", _choose(name))


def leave(page: str) -> Sequence[str]:
    r"""The commands that choose what is chosen where nobody chose, and delete it.

    >>> print(*leave("pods/observer.md"), sep="\n")
    kubectl config set-context --current --namespace=default
    kubectl delete namespace pods-observer
    """
    return (_choose("default"), f"kubectl delete namespace {name_of(page)}")


def _choose(name: str) -> str:
    return f"kubectl config set-context --current --namespace={name}"


def creates(markdown: str) -> bool:
    """Whether a page, as `preuve.show.render` writes it, makes something that a reader would make too."""
    return any(
        CREATES.search(block.body)
        for block in blocks.parse(markdown, "")[0]
        if block.language == "console" and block.options.get("data-state") != "skipped"
    )


def box(page: str) -> str:
    """The Markdown that gives a reader the commands of a page."""
    explained, section = EXPLAINED
    return BOX.format(
        name=name_of(page),
        why="" if page == explained else f" ([pourquoi ?]({link(page, explained)}#{section}))",
        enter="\n".join(enter(page)),
        leave="\n    ".join(leave(page)),
    )


def at_home(markdown: str, page: str) -> str:
    """A lesson with its box; any other page, and a lesson that makes nothing, as it is."""
    if not lesson(page) or not creates(markdown):
        return markdown
    if PLACE in markdown:
        return markdown.replace(PLACE, box(page), 1)
    before, opening, after = markdown.partition(f"\n{OPENING}")
    said, blank, rest = after.partition("\n\n")
    return f"{before}{opening}{said}\n\n{box(page)}\n{rest}" if blank else markdown


def on_page_markdown(markdown: str, /, *, page: Page, **_: object) -> str:
    """Put the box in its place."""
    return at_home(markdown, page.file.src_uri)
