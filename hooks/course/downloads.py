"""What a lesson shows under a file's name and plays nowhere can be downloaded all the same.

What is played, the engine offers (`preuve.show.render`). The rest is typed where it is shown, so it is in no
page's key: the configuration of a cluster that only a reader makes.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

from course import lesson
from preuve.page import blocks
from preuve.show.render import link, literal
from preuve.show.strings import strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

    from preuve.page.blocks import Block

NAME = re.compile(r"[\w-]+\.\w+")
"""A title that is a file's name."""
INCLUDED = "-8<-"
"""In a fence: its body is another file's, which the engine offers."""


def typed(markdown: str) -> Iterator[tuple[str, Block]]:
    r"""The files of a page that are typed in it, each with its name.

    >>> page = '```yaml title="a.yaml"\na: 1\n```\n\n```yaml title="b.yaml"\n--8<-- "b.yaml"\n```\n'
    >>> [(name, block.body) for name, block in typed(page)]
    [('a.yaml', 'a: 1')]
    """
    for block in blocks.parse(markdown, "")[0]:
        name = block.options.get("title", "")
        if block.language not in blocks.RUN and INCLUDED not in block.body and NAME.fullmatch(name):
            yield name, block


def address(page: str, name: str) -> str:
    """Where a page's file stands in the site: beside the manifests of its chapter.

    >>> address("installer/index.md", "kind.yaml")
    'manifests/installer/kind.yaml'
    """
    return posixpath.join("manifests", posixpath.dirname(page), name)


def offered(markdown: str, page: str) -> str:
    """A page with a link beneath each of its files."""
    for name, block in reversed(list(typed(markdown))):
        words = strings("fr").download.format(name=literal(name))
        lines = (
            "",
            f'[{words}]({link(page, address(page, name))}){{ download="{name}" }}',
            "{ .preuve-manifest }",
        )
        beneath = "".join(f"{block.prefix}{line}".rstrip() + "\n" for line in lines)
        markdown = markdown[: block.end] + beneath + markdown[block.end :]
    return markdown


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """Put the files into the site."""
    for page in [file for file in files.documentation_pages() if lesson(file.src_uri)]:
        for name, block in typed(page.content_string):
            path = address(page.src_uri, name)
            files.append(File.generated(config, path, content=f"{block.body}\n"))
    return files


def on_page_markdown(markdown: str, /, *, page: Page, **_: object) -> str:
    """Offer them."""
    return offered(markdown, page.file.src_uri) if lesson(page.file.src_uri) else markdown
