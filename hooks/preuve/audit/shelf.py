"""The files that somebody's pages name: beside a page, in a folder, or at an address."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from preuve.page.plan import UNSAFE, File

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from preuve.audit.pages import Foreign

_SUFFIXES = frozenset({".yaml", ".yml", ".json", ".properties", ".env", ".conf", ".txt", ".sh", ".html"})
_FILE = re.compile(
    r"(?<![\w/:.-])(?:\./)?(?P<name>[\w-][\w./-]*\.(?:ya?ml|json|properties|env|conf|txt|sh|html))\b"
)
_FOLDER = re.compile(
    r"(?:\bcd|-f|-k|--filename[= ]|--kustomize[= ]|--from-file[= ])\s*=?"
    r"(?:\./)?(?P<name>[\w-][\w./-]*)/?(?=\s|$)"
)
_ADDRESS = re.compile(r"https?://[^\s'\"]+?\.(?:ya?ml|json|properties|txt|sh)\b")
_MANY = 200
"""Files of a folder that a page names: more are no manifests."""
_LARGE = 200_000


@dataclass(frozen=True, slots=True)
class Shelf:
    """Folders with files that pages name."""

    folders: tuple[Path, ...]
    _index: dict[str, list[Path]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look through the folders, once."""
        for folder in self.folders:
            for path in sorted(folder.rglob("*")):
                if path.suffix in _SUFFIXES and path.is_file() and ".git" not in path.parts:
                    self._index.setdefault(path.name, []).append(path)

    def at(self, address: str) -> Path | None:
        """The file that stands under an address: the two last names of its path, or more, are the same."""
        tail = PurePosixPath(address).parts[-2:]
        near = [path for path in self._index.get(tail[-1], ()) if path.parts[-2:] == tail]
        return near[0] if near else None

    def files(self, page: Foreign, folder: Path, sources: Sequence[str]) -> Iterator[File]:
        """The files that the commands of a page name, by the names by which they do."""
        seen: set[str] = set()
        for name, content in self._named(page, folder, sources):
            if (
                name not in seen
                and not UNSAFE.search(name.replace("/", ""))
                and len(content) <= _LARGE
                and b"\0" not in content
            ):
                seen.add(name)
                yield File(name, name, content)

    def _named(self, page: Foreign, folder: Path, sources: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for source in sources:
            for match in _FILE.finditer(source):
                name = str(PurePosixPath(match["name"]))
                own = page.manifests.get(name) or page.manifests.get(PurePosixPath(name).name)
                if path := self._find(name, folder):
                    yield name, path.read_bytes()
                elif own:
                    yield name, own.encode()
            for match in _FOLDER.finditer(source):
                below = next(
                    (
                        each / match["name"]
                        for each in (folder, *self.folders)
                        if (each / match["name"]).is_dir()
                    ),
                    None,
                )
                found = sorted(below.rglob("*"))[:_MANY] if below else []
                for path in found:
                    if path.suffix in _SUFFIXES and path.is_file():
                        yield (
                            str(PurePosixPath(match["name"]) / path.relative_to(below or folder).as_posix()),
                            path.read_bytes(),
                        )

    def _find(self, name: str, folder: Path) -> Path | None:
        parts = PurePosixPath(name).parts
        if ".." in parts:
            return None
        for each in (folder, *self.folders):
            if (each / name).is_file():
                return each / name
        found = [path for path in self._index.get(parts[-1], ()) if path.parts[-len(parts) :] == parts]
        beside = [path for path in found if path.is_relative_to(folder)]
        return next(iter(beside or (found if len(found) == 1 and len(parts) > 1 else [])), None)


def brought(source: str, shelf: Shelf) -> tuple[str, dict[str, bytes]]:
    """A command with the files of the shelf in place of the addresses from which it would fetch them.

    Returns:
        The command, and the files by name.
    """
    files: dict[str, bytes] = {}

    def local(match: re.Match[str]) -> str:
        path = shelf.at(match[0])
        if path is None or not re.search(r"(?:-f|--filename)[= ]?\s*$", source[: match.start()]):
            return match[0]
        name = "/".join(path.parts[-2:])
        files[name] = path.read_bytes()
        return name

    return _ADDRESS.sub(local, source), files
