"""The course's site and the sample, each built once for all workers, and a browser to read them with."""

from __future__ import annotations

import fcntl
import gzip
import io
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
SAMPLE = Path(__file__).with_name("sample")
CONFIGS = {"course": ROOT / "mkdocs.yml", "sample": SAMPLE / "mkdocs.yml"}
QUIET = (
    *("--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # a page that asks for others finds nobody
)


def mkdocs(config: Path, site: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build a site with a real MkDocs process; what it says is in `stdout`."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--config-file", config, "--site-dir", site],
        env=os.environ | {"PREUVE_MODE": "replay", "NO_MKDOCS_2_WARNING": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
        cwd=ROOT,
    )


def one_page(folder: Path, markdown: str) -> Path:
    """A site of one page, configured as the course is; answers its mkdocs.yml."""
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "index.md").write_text(markdown, encoding="utf-8")
    hooks = [SAMPLE / "hook.py", *sorted(ROOT.glob("hooks/course/[a-z]*.py"))]
    config = folder / "mkdocs.yml"
    config.write_text(
        f"INHERIT: {CONFIGS['course']}\n"
        f"theme: {{ custom_dir: {ROOT / 'overrides'} }}\n"
        "nav: [index.md]\n"
        f"hooks: [{', '.join(map(str, hooks))}]\n",
        encoding="utf-8",
    )
    return config


@pytest.fixture(scope="session")
def build() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`mkdocs`, for a test that builds a site of its own."""
    return mkdocs


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Make a site of one page of that Markdown, configured as the course is; answers its mkdocs.yml."""
    return partial(one_page, tmp_path / "project")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Build a site, unless this worker or another one has; answers its folder."""
    worker = "PYTEST_XDIST_WORKER" in os.environ
    shared = tmp_path_factory.getbasetemp().parent if worker else tmp_path_factory.getbasetemp()

    def folder(name: str) -> Path:
        site = shared / f"site-{name}"
        with site.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not site.exists():
                part = site.with_suffix(".part")
                done = mkdocs(CONFIGS[name], part)
                assert done.returncode == 0, done.stdout
                part.rename(site)
        return site

    return folder


@pytest.fixture(scope="session", params=CONFIGS)
def site(request: pytest.FixtureRequest, built: Callable[[str], Path]) -> Path:
    """A built site's folder: the course's, then the sample's."""
    return built(request.param)


@pytest.fixture(scope="session")
def sample(built: Callable[[str], Path]) -> Path:
    """The built sample, which has one of everything."""
    return built("sample")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium.

    Not for the whole session: as long as Playwright has it, no other test can run an event loop.
    """
    chromium = shutil.which("chromium")
    assert chromium, "no chromium on the PATH: `make debian` installs it"
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*root, *QUIET])
        yield browser
        browser.close()


class Compressing(SimpleHTTPRequestHandler):
    """A static host as they are: it compresses text, keeps connections open, lets browsers keep files."""

    protocol_version = "HTTP/1.1"

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Answer a file, compressed when it is text."""
        file = Path(self.translate_path(self.path))
        kind = self.guess_type(file)
        if not file.is_file() or not kind.startswith(("text/", "application/j", "image/svg")):
            return super().send_head()
        body = _compressed(file, file.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)

    def end_headers(self) -> None:
        """Let a second page have what the first one got."""
        self.send_header("Cache-Control", "max-age=600")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@cache
def _compressed(file: Path, _changed: int) -> bytes:
    """A file, compressed once for all pages that ask for it."""
    return gzip.compress(file.read_bytes())


@contextmanager
def _serve(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Compressing, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def serve() -> Callable[[Path], AbstractContextManager[str]]:
    """Give a folder an address, for as long as a `with` lasts."""
    return _serve
