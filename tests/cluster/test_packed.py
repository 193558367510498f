"""What is installed of a cluster, packed."""

from __future__ import annotations

import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from preuve.cluster.embedded import packed, wheels

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that is packed as the entry `tool-1234`, and installed."""
    made = tmp_path / "made" / "tool-1234"
    made.mkdir(parents=True)
    (made / "tool").write_text("#!/bin/sh\necho works\n")
    (made / "tool").chmod(0o755)
    package = tmp_path / "site-packages" / packed.PACKAGES[0]
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    with tarfile.open(package / "tool-1234.tar.xz", "w:xz") as archive:
        archive.add(made, made.name)
    monkeypatch.syspath_prepend(str(package.parent))
    return tmp_path / "cache"


def test_what_is_installed_is_unpacked_once(install: Path) -> None:
    """It can be run from the cache, is not unpacked again, and nothing else stays there."""
    entry = install / "tool-1234"
    assert packed.have(entry)
    assert os.access(entry / "tool", os.X_OK)
    (entry / "tool").write_text("mine")
    assert packed.have(entry)
    assert (entry / "tool").read_text() == "mine"
    assert {path.name for path in install.iterdir()} == {"tool-1234", "lock"}


def test_what_is_made_of_other_sources_is_not_taken(install: Path) -> None:
    """Its name is another, as it would be after an update of preuve alone."""
    assert not packed.have(install / "tool-5678")
    assert not install.exists()


def test_an_archive_depends_on_what_is_packed_alone(tmp_path: Path) -> None:
    """Not on when, by whom: the wheels of two machines are the same. It is unpacked as it was."""
    entry = tmp_path / "tool-1234"
    entry.mkdir()
    (entry / "tool").write_text("#!/bin/sh\n")
    (entry / "tool").chmod(0o755)
    packages = tmp_path / "one", tmp_path / "other"
    for age, package in enumerate(packages):
        package.mkdir()
        os.utime(entry / "tool", (age, age))
        os.chown(entry / "tool", -1 if os.getuid() else age, -1)
        wheels.pack(entry, package, preset=0)
    one, other = (package / "tool-1234.tar.xz" for package in packages)
    assert one.read_bytes() == other.read_bytes()
    with tarfile.open(one) as archive:
        assert archive.getmember("tool-1234/tool").mode == 0o755
