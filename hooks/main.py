"""The MkDocs adapter: MkDocs' events to preuve, preuve's errors to MkDocs'.

A site lists this file under ``hooks:`` in its mkdocs.yml, and needs nothing else.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mkdocs.config.config_options import ExtraScriptValue
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from pymdownx.superfences import fence_code_format

from preuve import export, fence
from preuve.edition import Edition, prepare
from preuve.errors import PreuveError, raise_all
from preuve.player import Player
from preuve.project import Project, bases, identity, navigated, unreadable, whereabouts
from preuve.render import anchors
from preuve.settings import settings
from preuve.strings import strings

if TYPE_CHECKING:
    from collections.abc import Callable

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.hooks.preuve")

STYLE = "assets/preuve/preuve.css"
SCRIPT = "assets/preuve/preuve.js"


class Adapter:
    """One per MkDocs process: `mkdocs serve` builds many times, on one cluster."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._player: Player | None = None
        self._edition: Edition | None = None
        self._server: LiveReloadServer | None = None
        self._serving = False

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        self._serving = command == "serve"

    def on_config(self, config: MkDocsConfig) -> None:
        """Register the formatter, the style and the script, so that a site needs only ``hooks:``."""
        for extension in ("pymdownx.superfences", "pymdownx.snippets", "attr_list"):
            if extension not in config.markdown_extensions:
                config.markdown_extensions.append(extension)
        fences = config.mdx_configs.setdefault("pymdownx.superfences", {}).setdefault("custom_fences", [])
        there = {entry.get("name") for entry in fences}
        if "mermaid" not in there:
            fences.append({"name": "mermaid", "class": "mermaid", "format": fence_code_format})
        if "console" not in there:
            draw = fence.Formatter(_language(config)).format
            fences.append(
                {"name": "console", "class": "preuve", "format": draw, "validator": fence.validator}
            )
        if STYLE not in config.extra_css:
            config.extra_css.append(STYLE)
        if SCRIPT not in map(str, config.extra_javascript):
            script = ExtraScriptValue(SCRIPT)
            script.defer = True  # a page can be read without it, and a theme may defer what it waits for
            config.extra_javascript.append(script)

    def on_serve(
        self, server: LiveReloadServer, *, config: MkDocsConfig, builder: Callable[[], None]
    ) -> None:
        self._server = server
        self._watch()

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Bring every page to what this build shows, before the first one renders."""
        try:
            self._edition = edition = self._prepare(files, config)
        except PreuveError as error:
            raise PluginError(str(error)) from None
        for path, content in export.files(edition):
            if path not in files.src_uris:
                files.append(File.generated(config, path, content=content))
        self._watch()
        return files

    def _prepare(self, files: Files, config: MkDocsConfig) -> Edition:
        project = _project(config)
        if self._player is None:
            self._player = self._open.enter_context(Player(project, keep=self._serving))
        texts: dict[str, str] = {}
        problems: list[PreuveError] = []
        for file in files.documentation_pages():
            try:
                texts[file.src_uri] = file.content_string
            except (UnicodeDecodeError, OSError) as unread:
                problems.append(unreadable(file.src_uri, unread))
        pages, wrong = project.planned(texts)
        problems += wrong
        if not self._serving:  # while serving, such a page is shown as it is written, marked as not run
            raise_all(problems)
        edition = prepare(project, pages, project.settings.mode, self._player)
        if self._serving:
            for error in [*problems, *edition.errors]:
                log.error("%s", error)
        else:
            raise_all(edition.errors)
        for name in edition.rewritten:
            log.info("played %s", name)
        return edition

    def _watch(self) -> None:
        if self._server and self._edition:
            for page in self._edition.pages.values():
                for base in self._edition.project.bases:
                    for file in page.plan.files:
                        if (folder := Path(base, file.path).parent).is_dir():
                            self._server.watch(str(folder), recursive=False)

    def on_page_read_source(self, *, page: Page, config: MkDocsConfig) -> str | None:
        """The page with its outputs, in place of its file."""
        if self._edition is None or page.file.src_uri not in self._edition.pages:
            return None
        return self._edition.render(page.file.src_uri, strings(_language(config)))

    def on_page_content(self, html: str, *, page: Page, **_: object) -> None:
        """Tell MkDocs of the blocks that can be linked to: it does not look into what a formatter makes."""
        if self._edition and page.file.src_uri in self._edition.pages and page.present_anchor_ids is not None:
            plan = self._edition.pages[page.file.src_uri].plan
            page.present_anchor_ids.update(anchors(plan).values())

    def on_shutdown(self) -> None:
        try:
            self._open.close()
        except PreuveError as error:
            log.error("%s", error)  # noqa: TRY400 - whoever lost a cluster needs no traceback


def _language(config: MkDocsConfig) -> str:
    return str(config.theme.get("language", "en"))


def _project(config: MkDocsConfig) -> Project:
    path = Path(config.config_file_path)
    chosen = settings(config.extra, find=partial(whereabouts, path))
    return Project(
        root=path.parent,
        docs=Path(config.docs_dir),
        bases=bases(config.mdx_configs.get("pymdownx.snippets", {}), Path()),
        language=_language(config),
        settings=chosen,
        cluster=identity(chosen),
        nav=tuple(navigated(config.nav)),
    )


_adapter = Adapter()
on_startup = _adapter.on_startup
on_config = _adapter.on_config
on_serve = _adapter.on_serve
on_files = _adapter.on_files
on_page_read_source = _adapter.on_page_read_source
on_page_content = _adapter.on_page_content
on_shutdown = _adapter.on_shutdown
