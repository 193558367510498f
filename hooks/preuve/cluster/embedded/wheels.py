"""The build backend (PEP 517) of `packages/`: compile what a package holds, or find it, and pack it.

``preuve cluster build`` says what that takes of a machine. ``-C preset=0`` packs quickly, and large.
"""

from __future__ import annotations

import lzma
import platform
import tarfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setuptools import build_meta
from setuptools.build_meta import build_sdist, get_requires_for_build_sdist, get_requires_for_build_wheel

from preuve.cluster.embedded import binaries, debian, images
from preuve.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["build_sdist", "build_wheel", "get_requires_for_build_sdist", "get_requires_for_build_wheel"]


def build_wheel(
    wheel_directory: str,
    config_settings: Mapping[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the wheel of the project in the working directory, for this machine's processor."""
    preset = int((config_settings or {}).get("preset", lzma.PRESET_DEFAULT))
    [folder] = (file.parent for file in Path().glob("preuve_*/__init__.py"))
    for old in folder.glob("*.tar.xz"):
        old.unlink()
    with ThreadPoolExecutor() as pool:
        list(pool.map(partial(pack, folder=folder, preset=preset), entries(folder.name)))
    options = {"--build-option": [f"--plat-name=linux_{platform.machine()}"]}
    return str(build_meta.build_wheel(wheel_directory, options, metadata_directory))


def entries(package: str) -> list[Path]:
    """The entries of the cache that a package holds."""
    with Progress() as progress:
        [programs] = binaries.build([binaries.DEFAULT], progress)
        if package.endswith("_images"):
            return [images.build(progress, coredns=programs.coredns)]
    return [programs.server.parent, programs.coredns.parent]


def pack(entry: Path, folder: Path, preset: int) -> None:
    """Put an entry into an archive, which depends on nothing but what the entry holds."""
    with (
        lzma.open(folder / f"{entry.name}.tar.xz", "wb", preset=preset) as file,
        tarfile.open(fileobj=file, mode="w") as archive,
    ):
        archive.add(entry, entry.name, filter=_bare)


def _bare(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = debian.EPOCH
    return member
