"""An image that a folder's Dockerfile describes: files of the folder on top of an image that there is.

What copies and sets is done here: no daemon, no clock, so that the same folder is the same image. What runs
something (RUN) or fetches (ADD, another stage) is refused: `docker build` does that, and an archive of what
it made is an image too (see `archive`).
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import shlex
import tarfile
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar

from preuve.errors import ConfigError, Where, raise_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from preuve.errors import PreuveError

NAME = "Dockerfile"

ELSEWHERE = "is not done here: build the image with Docker, `docker save` it, and name the `archive`"

SHELL = ("/bin/sh", "-c")
"""What runs a command that is no JSON list (Dockerfile reference, shell form)."""

SET = re.compile(r"[\w.-]+=")


@dataclass(frozen=True, slots=True)
class Copied:
    """A file of the folder, as it is in the image."""

    target: str
    """Its path there; below the working directory of the image beneath unless it begins with a slash."""
    content: bytes
    mode: int
    """Whether it may be executed is all that Git keeps, and all that counts."""


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """What one says, and the files that it copies."""

    base: str
    """The image beneath, as it is written."""
    where: Where
    """Of that."""
    config: dict[str, Any]
    """What it sets, in the words of the OCI image specification; lists and tables add to the base's."""
    copied: tuple[Copied, ...]
    path: Path
    """The folder, which has all that it is made of."""

    @property
    def digest(self) -> str:
        """A digest of what the image depends on; comments and spaces do not change it."""
        copied = [(one.target, one.mode, hashlib.sha256(one.content).hexdigest()) for one in self.copied]
        return hashlib.sha256(json.dumps([self.base, self.config, copied]).encode()).hexdigest()

    def write_tree(self, path: Path, below: Mapping[str, Any], modified: int) -> None:
        """Write what it adds, as a tar archive.

        Args:
            path: the archive's.
            below: the configuration of the image beneath.
            modified: every file's time, in seconds since 1970: Git keeps none.
        """
        last = {_inside(below, one.target): one for one in self.copied}  # a later copy replaces an earlier
        with tarfile.open(path, "w") as tar:
            for target, one in last.items():
                member = tarfile.TarInfo(target.lstrip("/"))
                member.size, member.mode, member.mtime = len(one.content), one.mode, modified
                tar.addfile(member, BytesIO(one.content))

    def configured(self, below: Mapping[str, Any]) -> dict[str, Any]:
        """The image's configuration, on top of its base's.

        Args:
            below: the base's: ``Cmd``, ``Env`` …
        """
        config = dict(below)
        for key, value in self.config.items():
            match value:
                case dict():
                    config[key] = {**(config.get(key) or {}), **value}
                case list() if key == "Env":
                    names = {line.partition("=")[0] for line in value}
                    kept = [line for line in config.get(key) or () if line.partition("=")[0] not in names]
                    config[key] = [*kept, *value]
                case _:
                    config[key] = _inside(below, value) if key == "WorkingDir" else value
        if "Entrypoint" in self.config and "Cmd" not in self.config:
            config.pop("Cmd", None)  # it was meant for the base's entry point
        return config


def read(folder: Path, name: str) -> Dockerfile:
    """Read the Dockerfile of a folder, and all that it copies.

    Args:
        folder: where it is; nothing outside of it is copied.
        name: what a person calls the Dockerfile.

    Raises:
        ConfigError: something does not fit, or is not done here; all of it is told at once (`Problems`).
    """
    reader = _Reader(folder, name)
    if (folder / ".dockerignore").exists():
        reader.refuse(1, f"a .dockerignore beside it {ELSEWHERE}")
    try:
        text = (folder / NAME).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"not UTF-8 at byte {error.start}: save it as UTF-8", Where(name, 1)) from None
    for line, keyword, rest in _instructions(text):
        reader.take(line, keyword, rest)
    if not reader.base and not reader.problems:
        reader.refuse(1, "a Dockerfile begins with the image beneath: `FROM python:3.13`")
    raise_all(reader.problems)
    return Dockerfile(reader.base, reader.where, reader.config, tuple(reader.copied), folder)


@dataclass(slots=True)
class _Reader:
    folder: Path
    name: str
    base: str = ""
    where: Where = field(default_factory=lambda: Where("", 1))
    config: dict[str, Any] = field(default_factory=dict)
    copied: list[Copied] = field(default_factory=list)
    problems: list[PreuveError] = field(default_factory=list)

    def refuse(self, line: int, message: str) -> None:
        self.problems.append(ConfigError(message, Where(self.name, line)))

    def take(self, line: int, keyword: str, rest: str) -> None:
        """Do one instruction."""
        done = self.INSTRUCTIONS.get(keyword)
        if done is None:
            self.refuse(line, f"{keyword} {ELSEWHERE}")
        elif not self.base and keyword != "FROM":
            self.refuse(line, f"{keyword} comes after FROM, which names the image beneath")
        elif "$" in rest and keyword not in {"CMD", "ENTRYPOINT"}:
            self.refuse(line, f"a variable in {keyword} {ELSEWHERE}")
        elif rest.startswith("--") or "<<" in rest.partition(" ")[0]:
            self.refuse(line, f"{keyword} {rest.split(maxsplit=1)[0]} {ELSEWHERE}")
        elif not rest:
            self.refuse(line, f"{keyword} of what? Nothing follows")
        else:
            try:
                done(self, line, rest)
            except ValueError as error:
                self.refuse(line, f"{keyword} {rest}: {error}")

    def _from(self, line: int, rest: str) -> None:
        if self.base:
            return self.refuse(line, f"a second FROM {ELSEWHERE}")
        self.base, *more = rest.split()
        self.where = Where(self.name, line)
        if more and (more[0].upper() != "AS" or len(more) != len(("AS", "name"))):
            raise ValueError("one image is named, and at most `AS name`")
        return None

    def _copy(self, line: int, rest: str) -> None:
        *sources, target = _listed(rest) or shlex.split(rest)
        if not sources:
            raise ValueError("it takes what to copy, and where to")
        inside = target.endswith("/") or target in {".", ".."} or len(sources) > 1
        folder = posixpath.join(self.config.get("WorkingDir", ""), target)
        for source in sources:
            for file, below in self._found(line, source):
                path = posixpath.join(folder, below or (file.name if inside else ""))
                mode = 0o755 if file.stat().st_mode & 0o100 else 0o644
                self.copied.append(Copied(posixpath.normpath(path), file.read_bytes(), mode))

    def _found(self, line: int, source: str) -> Iterator[tuple[Path, str]]:
        """The files that a source is, each with its path below it if that is a folder."""
        path = self.folder / source.lstrip("/")
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        if not path.exists():
            hint = ": a pattern" if set(source) & set("*?[") else ""
            self.refuse(line, f"COPY {source}: there is no such file in the folder{hint}")
            return
        for file in found:
            if file.is_symlink() or not file.resolve().is_relative_to(self.folder.resolve()):
                self.refuse(line, f"COPY {source}: {file.name} is a link, or outside of the folder")
            elif file.is_file():
                yield file, file.relative_to(path).as_posix() if path.is_dir() else ""
            elif not file.is_dir():
                self.refuse(line, f"COPY {source}: {file.name} is no file")

    def _env(self, _: int, rest: str) -> None:
        pairs = shlex.split(rest)
        if not SET.match(rest):  # ENV NAME the rest is the value
            name, _separator, value = rest.partition(" ")
            pairs = [f"{name}={value.strip()}"]
        if any("=" not in pair for pair in pairs):
            raise ValueError("write NAME=value")
        self.config.setdefault("Env", []).extend(pairs)

    def _label(self, _: int, rest: str) -> None:
        pairs = [pair.partition("=") for pair in shlex.split(rest)]
        if any(not separator for _, separator, _ in pairs):
            raise ValueError("write name=value")
        self.config.setdefault("Labels", {}).update({name: value for name, _, value in pairs})

    def _expose(self, _: int, rest: str) -> None:
        for port in rest.split():
            if not re.fullmatch(r"\d+(/(tcp|udp|sctp))?", port):
                raise ValueError("a port is a number, `8000` or `53/udp`")
            self.config.setdefault("ExposedPorts", {})[port if "/" in port else f"{port}/tcp"] = {}

    def _volume(self, _: int, rest: str) -> None:
        self.config.setdefault("Volumes", {}).update({path: {} for path in _listed(rest) or rest.split()})

    def _workdir(self, _: int, rest: str) -> None:
        self.config["WorkingDir"] = posixpath.normpath(
            posixpath.join(self.config.get("WorkingDir", ""), rest)
        )

    def _run(self, key: str, rest: str) -> None:
        self.config[key] = _listed(rest) or [*SHELL, rest]

    INSTRUCTIONS: ClassVar[dict[str, Callable[[_Reader, int, str], None]]] = {
        "FROM": _from,
        "COPY": _copy,
        "ENV": _env,
        "LABEL": _label,
        "EXPOSE": _expose,
        "VOLUME": _volume,
        "WORKDIR": _workdir,
        "CMD": lambda self, _, rest: self._run("Cmd", rest),
        "ENTRYPOINT": lambda self, _, rest: self._run("Entrypoint", rest),
        "USER": lambda self, _, rest: self.config.update(User=rest),
        "STOPSIGNAL": lambda self, _, rest: self.config.update(StopSignal=rest),
    }


def _inside(below: Mapping[str, Any], path: str) -> str:
    """A path in the image, from its root."""
    return posixpath.normpath(posixpath.join("/", below.get("WorkingDir") or "", path))


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    r"""Line, keyword and the rest of each instruction.

    >>> list(_instructions("# a comment\nfrom a\n\nCOPY b \\\n  # another\n  c\n"))
    [(2, 'FROM', 'a'), (4, 'COPY', 'b c')]
    """
    began, parts = 0, list[str]()
    for number, written in enumerate([*text.splitlines(), ""], 1):
        line = written.strip()
        if line.startswith("#") or (parts and not line and number <= text.count("\n")):
            continue
        began = began if parts else number
        parts.append(line.removesuffix("\\").strip())
        if line.endswith("\\"):
            continue
        keyword, _, rest = " ".join(part for part in parts if part).partition(" ")
        parts = []
        if keyword:
            yield began, keyword.upper(), rest.strip()


def _listed(text: str) -> list[str]:
    """What a JSON list of strings holds; nothing if it is none.

    >>> _listed('["python", "app.py"]'), _listed("python app.py")
    (['python', 'app.py'], [])
    """
    with suppress(ValueError):
        found = json.loads(text)
        if isinstance(found, list) and all(isinstance(each, str) for each in found):
            return found
    return []
