"""Dockerfiles that copy and set: what comes of them, and what a mistake is told as."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest

from preuve.cluster.embedded import dockerfile
from preuve.errors import PreuveError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
# syntax=docker/dockerfile:1
FROM python:3.13 AS run
WORKDIR /app
WORKDIR code
COPY main.py .
COPY static /srv/static
COPY main.py tool /usr/local/bin/
ENV NAME="Ada Lovelace" \\
    # what follows goes on
    LANG=fr
ENV OLD the rest is the value
EXPOSE 8000 53/udp
LABEL a=b
USER nobody
CMD ["python", "main.py"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as one builds from."""
    (tmp_path / "main.py").write_text("print()\n")
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "tool").chmod(0o700)
    (tmp_path / "static" / "css").mkdir(parents=True)
    (tmp_path / "static" / "css" / "a.css").write_text("a {}\n")
    return tmp_path


def read(folder: Path, text: str) -> dockerfile.Dockerfile:
    (folder / "Dockerfile").write_text(text)
    return dockerfile.read(folder, "api/Dockerfile")


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(PreuveError) as told:
        read(folder, text)
    return str(told.value)


def test_what_it_sets_goes_on_top_of_the_base(folder: Path) -> None:
    """As Docker has it: variables and ports are added, the rest replaces; paths go on from the base's."""
    below = {
        "Env": ["PATH=/bin", "LANG=C"],
        "ExposedPorts": {"80/tcp": {}},
        "Cmd": ["sh"],
        "StopSignal": "SIGQUIT",
    }
    assert read(folder, GOOD).configured(below) == {
        "Env": ["PATH=/bin", "NAME=Ada Lovelace", "LANG=fr", "OLD=the rest is the value"],
        "ExposedPorts": {"80/tcp": {}, "8000/tcp": {}, "53/udp": {}},
        "Cmd": ["python", "main.py"],
        "StopSignal": "SIGQUIT",
        "Labels": {"a": "b"},
        "User": "nobody",
        "WorkingDir": "/app/code",
    }
    assert read(folder, "FROM a\nWORKDIR b\n").configured({"WorkingDir": "/data"})["WorkingDir"] == "/data/b"


def test_an_entry_point_drops_the_command_of_the_base(folder: Path) -> None:
    """It was meant for the base's. A command that is no list runs in a shell."""
    below = {"Entrypoint": ["init"], "Cmd": ["sh"]}
    assert read(folder, 'FROM a\nENTRYPOINT ["b"]\n').configured(below) == {"Entrypoint": ["b"]}
    assert read(folder, "FROM a\nCMD b $C\n").configured(below) == {
        "Entrypoint": ["init"],
        "Cmd": ["/bin/sh", "-c", "b $C"],
    }


def test_files_are_copied_to_where_they_are_meant(folder: Path) -> None:
    """A folder's files below the target, a file into a folder or under a name; only `x` of a mode counts."""
    read(folder, f"{GOOD}COPY main.py /srv/other.py\n").write_tree(folder / "tree.tar", {}, 0)
    with tarfile.open(folder / "tree.tar") as tar:
        found = {member.name: (member.mode, member.uid, member.mtime) for member in tar}
    assert found == {
        "app/code/main.py": (0o644, 0, 0),
        "srv/static/css/a.css": (0o644, 0, 0),
        "usr/local/bin/main.py": (0o644, 0, 0),
        "usr/local/bin/tool": (0o755, 0, 0),
        "srv/other.py": (0o644, 0, 0),
    }
    read(folder, "FROM a\nCOPY main.py .\n").write_tree(folder / "tree.tar", {"WorkingDir": "/data"}, 0)
    with tarfile.open(folder / "tree.tar") as tar:
        assert tar.getnames() == ["data/main.py"]


def test_the_digest_is_of_what_the_image_depends_on(folder: Path) -> None:
    """Not of comments, nor of files that are not copied; but of every byte that is."""
    before = read(folder, GOOD).digest
    assert read(folder, GOOD.replace("# what", "# otherwise, what")).digest == before
    (folder / "unused").write_text("x")
    assert read(folder, GOOD).digest == before
    assert read(folder, GOOD.replace("8000", "8001")).digest != before
    assert read(folder, GOOD.replace("3.13", "3.11")).digest != before
    (folder / "static" / "css" / "a.css").write_text("b {}\n")
    assert read(folder, GOOD).digest != before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "FROM a\nRUN apt-get update\n",
            "api/Dockerfile:2: RUN is not done here: build the image with Docker",
        ),
        ("FROM a\nADD https://x /\n", "api/Dockerfile:2: ADD is not done here"),
        ("FROM a\nFROM b\n", "api/Dockerfile:2: a second FROM is not done here"),
        ("FROM a b\n", "api/Dockerfile:1: FROM a b: one image is named"),
        ("FROM --platform=arm a\n", "api/Dockerfile:1: FROM --platform=arm is not done here"),
        ("\nCOPY main.py .\n", "api/Dockerfile:2: COPY comes after FROM"),
        (
            "FROM a\n\nCOPY \\\n  mian.py .\n",
            "api/Dockerfile:3: COPY mian.py: there is no such file in the folder",
        ),
        ("FROM a\nCOPY *.py .\n", "no such file in the folder: a pattern"),
        ("FROM a\nCOPY main.py\n", "api/Dockerfile:2: COPY main.py: it takes what to copy, and where to"),
        ("FROM a\nCOPY --from=b /x .\n", "COPY --from=b is not done here"),
        ("FROM a\nCOPY <<EOF /x\nhello\nEOF\n", "COPY <<EOF is not done here"),
        ("FROM a\nCOPY ../secret .\n", "COPY ../secret: secret is a link, or outside of the folder"),
        ("FROM a\nCOPY passwd .\n", "COPY passwd: passwd is a link, or outside of the folder"),
        ("FROM a\nENV PATH=$PATH:/x\n", "a variable in ENV is not done here"),
        ("FROM a\nENV X=1 Y\n", "ENV X=1 Y: write NAME=value"),
        ("FROM a\nENV X='1\n", "ENV X='1: No closing quotation"),
        ("FROM a\nEXPOSE web\n", "EXPOSE web: a port is a number"),
        ("FROM a\nUSER\n", "USER of what?"),
        ("FROM a\nLABEL x\n", "LABEL x: write name=value"),
        ("# nothing\n", "api/Dockerfile:1: a Dockerfile begins with the image beneath"),
        (b"FROM \xff\n", "api/Dockerfile:1: not UTF-8 at byte 5"),
    ],
)
def test_what_does_not_fit_is_told_where_it_is(folder: Path, text: str | bytes, told: str) -> None:
    (folder.parent / "secret").write_text("x")
    (folder / "passwd").symlink_to("/etc/passwd")
    if isinstance(text, bytes):
        (folder / "Dockerfile").write_bytes(text)
        with pytest.raises(PreuveError) as error:
            dockerfile.read(folder, "api/Dockerfile")
        assert told in str(error.value)
    else:
        assert told in refusal(folder, text)


def test_all_that_does_not_fit_is_told_at_once(folder: Path) -> None:
    (folder / ".dockerignore").write_text("*.md\n")
    told = refusal(folder, "FROM a\nRUN b\nCOPY c d\n").splitlines()
    assert [line.partition(": ")[0] for line in told] == [f"api/Dockerfile:{n}" for n in (1, 2, 3)]
    assert ".dockerignore" in told[0]
