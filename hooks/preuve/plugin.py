"""The MkDocs adapter: MkDocs' events to preuve, preuve's errors to MkDocs'.

``plugins: [preuve]`` in a site's mkdocs.yml is all that it takes, or ``hooks/main.py`` of a checkout under
``hooks:``.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mkdocs.config.base import Config, ValidationError
from mkdocs.config.config_options import ExtraScriptValue
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File

from preuve import cluster
from preuve.errors import PreuveError, raise_all
from preuve.play.player import Player
from preuve.project import Project, language, stated, unreadable
from preuve.settings import Mode
from preuve.show import export, fence, github
from preuve.show.edition import Edition, prepare
from preuve.show.render import anchors
from preuve.show.strings import strings

if TYPE_CHECKING:
    from collections.abc import Callable

    from mkdocs.config.base import ConfigErrors, ConfigWarnings
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.plugins.preuve")

STYLE = "assets/preuve/preuve.css"
SCRIPT = "assets/preuve/preuve.js"


LAST = -1000
"""Others make pages, and look into the files that they find: what is made here is no file on disk."""

NAME = "preuve"
"""The plugin's, in pyproject.toml."""


class NoOptions(Config):
    """The plugin's own: none. What `preuve` on the command line is to know too is under ``extra.preuve``."""


class Plugin(BasePlugin[NoOptions]):
    """One per MkDocs process: `mkdocs serve` builds many times, on one cluster."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._player: Player | None = None
        self._edition: Edition | None = None
        self._server: LiveReloadServer | None = None
        self._serving = False

    def load_config(
        self, options: dict[str, Any], config_file_path: str | None = None
    ) -> tuple[ConfigErrors, ConfigWarnings]:
        """Refuse all options, where MkDocs would warn and ignore them."""
        errors, warnings = super().load_config({}, config_file_path)
        wrong = ValidationError("the settings of preuve are under `extra.preuve`: move it there")
        return [*errors, *((name, wrong) for name in options)], warnings

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        self._serving = command == "serve"

    def on_config(self, config: MkDocsConfig) -> None:
        """Register the formatter, the style and the script, so that a site needs no other line.

        Raises:
            PluginError: preuve is listed twice.
        """
        if config.plugins.get(NAME, self) is not self:
            raise PluginError("mkdocs.yml has preuve twice, under `plugins` and `hooks`: remove one of them")
        for extension in ("pymdownx.superfences", "pymdownx.snippets", "attr_list"):
            if extension not in config.markdown_extensions:
                config.markdown_extensions.append(extension)
        fences = config.mdx_configs.setdefault("pymdownx.superfences", {}).setdefault("custom_fences", [])
        there = {entry.get("name") for entry in fences}
        formatter = fence.Formatter(_language(config))
        for name, drawn in (("console", formatter.format), ("cluster", formatter.draw)):
            if name not in there:
                fences.append(
                    {"name": name, "class": "preuve", "format": drawn, "validator": fence.validator}
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
        self._server, self._serving = server, True  # `serve --clean` calls itself a build
        self._watch()

    @event_priority(LAST)
    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Bring every page to what this build shows, before the first one renders."""
        try:
            self._edition = edition = self._prepare(files, config)
        except PreuveError as error:
            github.tell(error.each, Path(config.config_file_path).parent)
            raise PluginError(str(error)) from None
        for path, content in export.files(edition):
            if path not in files.src_uris:
                files.append(File.generated(config, path, content=content))
        self._watch()
        return files

    def _prepare(self, files: Files, config: MkDocsConfig) -> Edition:
        texts: dict[str, str] = {}
        problems: list[PreuveError] = []
        project, mode = self._project(config, problems)
        names = [file.src_uri for file in files.documentation_pages()]
        if self._player is None:
            self._player = self._open.enter_context(Player(project, keep=self._serving))
        try:
            self._player.adopt(project, names)
        except PreuveError as left:
            problems.append(left)
        for file in files.documentation_pages():
            try:
                texts[file.src_uri] = file.content_string
            except (UnicodeDecodeError, OSError) as unread:
                problems.append(unreadable(file.src_uri, unread))
        pages, wrong = project.planned(texts)
        problems += wrong
        if not self._serving:  # while serving, such a page is shown as it is written, marked as not run
            raise_all(problems)
        edition = prepare(project, pages, mode, self._player)
        if self._serving:
            for error in [*problems, *edition.errors]:
                log.error("%s", error)
        else:
            raise_all(edition.errors)
        for name in edition.rewritten:
            log.info("played %s", name)
        return edition

    def _project(self, config: MkDocsConfig, problems: list[PreuveError]) -> tuple[Project, Mode]:
        """The project as it is stated now, and what to do.

        While serving, settings that do not fit stop nothing, and nothing is played by those of before.
        """
        try:
            project = _project(config)
        except PreuveError as error:
            if not (self._serving and self._edition):
                raise
            problems += error.each
            return self._edition.project, Mode.REPLAY
        return project, project.settings.mode

    def _watch(self) -> None:
        if self._server and self._edition:
            project = self._edition.project
            for path in cluster.stated(project.settings):
                self._server.watch(str(path))
            for path in {path for image in project.images.values() for path in image.paths}:
                self._server.watch(str(path))
            for page in self._edition.pages.values():
                for base in self._edition.project.bases:
                    for file in page.plan.files:
                        if (folder := Path(base, file.path).parent).is_dir():
                            self._server.watch(str(folder), recursive=False)

    def on_page_read_source(self, *, page: Page, config: MkDocsConfig) -> str | None:
        """The page with its outputs, in place of its file."""
        if self._edition is None or page.file.src_uri not in self._edition.pages:
            return None
        source = (page.edit_url or "").replace(
            "/edit/", "/blob/", 1
        )  # to be read, on the forges that part the two
        return self._edition.render(page.file.src_uri, strings(_language(config)), source)

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
    return language(config.theme)


def _project(config: MkDocsConfig) -> Project:
    snippets = config.mdx_configs.get("pymdownx.snippets", {})
    return stated(Path(config.config_file_path), config, Path(config.docs_dir), snippets, Path())
