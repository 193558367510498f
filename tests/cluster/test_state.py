"""The state directory: whose it is, and who holds it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from preuve.cluster.embedded import places
from preuve.cluster.embedded.state import StateFolder
from preuve.errors import ClusterError

HOLD = """\
import sys
from pathlib import Path
from preuve.cluster.embedded.state import StateFolder

print(StateFolder(Path(sys.argv[1])).lock() is not None, flush=True)
sys.stdin.read()
"""


def test_one_for_each_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is below XDG_STATE_HOME; what the machine knows of the cluster bears its name."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    here = StateFolder.of_project()
    assert here.path.parent == tmp_path / "preuve"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    assert StateFolder.of_project().name != here.name
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert StateFolder.of_project().path.parent == tmp_path / ".local" / "state" / "preuve"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")  # to what? The specification: as if it were not set
    assert StateFolder.of_project().path.parent == tmp_path / ".local" / "state" / "preuve"


def test_a_project_has_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever folder of it preuve is called from; two projects share one only where they are told to."""
    monkeypatch.delenv("PREUVE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("one", "two"):
        (tmp_path / name / "docs").mkdir(parents=True)
        (tmp_path / name / "mkdocs.yml").touch()
    (tmp_path / "link").symlink_to("one")

    def seen(folder: str) -> Path:
        monkeypatch.chdir(tmp_path / folder)
        return StateFolder.of_project().path

    assert seen("one") == seen("one/docs") == seen("link")
    assert len({seen("one"), seen("two"), seen(".")}) == 3
    (tmp_path / "else").mkdir()
    assert seen("else") == seen(".")
    monkeypatch.setenv("PREUVE_HOME", str(tmp_path / "two"))
    shared = seen("one")
    monkeypatch.delenv("PREUVE_HOME")
    assert shared == seen("two")


def test_a_place_that_cannot_be_is_named(tmp_path: Path) -> None:
    """With what the system says, and the variable that sets another."""
    (tmp_path / "file").touch()
    with pytest.raises(ClusterError, match=r"/file/state cannot be made \(Not a directory\): set XDG_STATE_"):
        StateFolder(tmp_path / "file" / "state").lock()
    with pytest.raises(ClusterError, match=r"/file/caches cannot be written \(Not a directory\).*XDG_CACHE_"):
        places.held(tmp_path / "file" / "caches").__enter__()


def test_its_owner_alone_enters(tmp_path: Path) -> None:
    """Secrets are in it."""
    state = StateFolder(tmp_path / "state")
    held = state.lock()
    assert held is not None
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o700
    state.write_secret(state.kubeconfig, "secret")
    assert stat.S_IMODE(state.kubeconfig.stat().st_mode) == 0o600
    os.close(held)


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root, to be two users")
@pytest.mark.parametrize("private", ["", "preuve"], ids=["the directory", "a folder above"])
@pytest.mark.parametrize("command", ["up", "down", "status", "kubectl", "node stop node2"])
def test_another_user_is_told_whose_it_is(tmp_path: Path, private: str, command: str) -> None:
    """With sudo, HOME may stay: what the cluster is then root's, and who asks without sudo is not lied to."""
    state = StateFolder(tmp_path / "preuve" / StateFolder.of_project().path.name)
    held = state.lock()
    assert held is not None
    os.close(held)
    for folder in tmp_path, *tmp_path.parents[:2], state.path.parent:
        folder.chmod(0o755)
    if private:
        (tmp_path / private).chmod(0o700)
    ran = subprocess.run(
        (
            *("setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-c"),
            *("from preuve.cli import main; main()", "cluster", *command.split()),
        ),
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stderr == (
        f"preuve: {state.path} is another user's, and so is its cluster: run preuve with sudo, "
        "or set XDG_STATE_HOME to a folder of yours\n"
    )


def test_one_holds_it_as_long_as_it_lives(tmp_path: Path) -> None:
    """Nobody else may, until the holder is gone, however it went."""
    state = StateFolder(tmp_path / "state")
    with subprocess.Popen(
        (sys.executable, "-c", HOLD, str(state.path)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "True\n"
        assert state.lock() is None
        holder.kill()
    held = state.lock()
    assert held is not None
    os.close(held)


def test_a_directory_that_was_removed_is_not_held(tmp_path: Path) -> None:
    """Who opened it just before takes the one that stands there now."""
    state = StateFolder(tmp_path / "state")
    first = state.lock()
    assert first is not None
    state.path.rmdir()
    second = state.lock()
    assert second is not None
    assert os.path.samestat(os.fstat(second), state.path.stat())
    os.close(first)
    os.close(second)


def test_what_is_kept(tmp_path: Path) -> None:
    """Clearing takes folders and files, but what is asked to stay; the last words are an epitaph."""
    state = StateFolder(tmp_path / "state")
    held = state.lock()
    assert held is not None
    assert not state.epitaph()
    for folder in (state.log, state.nodes):
        (folder / "deep").mkdir(parents=True)
    state.kubeconfig.touch()
    (state.path / "link").symlink_to("/")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "theirs").touch()
    (state.nodes / "deep" / "link").symlink_to(outside)
    (state.nodes / "deep" / "file").touch()
    state.last_words.write_text("etcd exited with 1\n", encoding="utf-8")
    state.clear(keep={state.log, state.last_words})
    assert set(state.path.iterdir()) == {state.log, state.last_words}
    assert (state.log / "deep").is_dir()
    assert "etcd exited with 1" in state.epitaph()
    state.clear()
    assert list(state.path.iterdir()) == []
    assert Path("/").is_dir()
    assert (outside / "theirs").exists()
    os.close(held)
