"""Does the course stay what it is, however often it is played and whatever else the machine does?

`python benchmarks/soak.py [--plays 10] [--checks 20] [--keep FOLDER]` copies the course, then

- plays it over and over, every fifth time beside a busy loop on each core: not a byte may change;
- checks it over and over: no drift.

Each run is told in a line. What moved is kept in the folder, old beside new, and the difference is printed:
that is where to look for the cause. Exit code 1 if anything moved.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECONDS = 1800.0
"""Bound of one run: 230 s on two cores, some three times that beside busy loops."""

UNPLAYABLE = 2
"""The exit code of preuve where pages cannot be played: nothing is learnt by going on."""

EVERY = 5
"""Of how many plays one is beside busy loops."""


def preuve(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run preuve to its end; end here with what it says if it could not begin."""
    done = subprocess.run(
        [sys.executable, "-m", "preuve.cli", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode == UNPLAYABLE:
        sys.exit(done.stderr)
    return done


def copied(folder: Path) -> Path:
    """The course in a folder of its own."""
    for name in ("mkdocs.yml", "images.toml"):
        shutil.copy(ROOT / name, folder)
    for name in ("docs", "includes", "transcripts"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def play(folder: Path, kept: Path, number: int) -> bool:
    """Play once; keep, and put back, what changed. Say whether nothing did."""
    transcripts = folder / "transcripts"
    before, busy, began = files(transcripts), number % EVERY == 0, time.monotonic()
    with ExitStack() as loops:
        for _ in range((os.cpu_count() or 1) if busy else 0):
            loop = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            loops.callback(loop.wait)
            loops.callback(loop.kill)
        done = preuve(folder, "play")
    after = files(transcripts)
    moved = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    told = "busy" if busy else "quiet"
    print(
        f"play {number:2} {told:5} {time.monotonic() - began:6.1f} s  {', '.join(moved) or 'unchanged'}",
        flush=True,
    )
    for name in moved:
        sides = [kept / f"play-{number}" / side / name for side in ("old", "new")]
        for side, content in zip(sides, (before.get(name), after.get(name)), strict=True):
            side.parent.mkdir(parents=True, exist_ok=True)
            side.write_bytes(content or b"")
        subprocess.run(["diff", "-u", *sides], check=False)
        (transcripts / name).write_bytes(before.get(name, b""))
    if done.returncode:
        print(done.stderr, flush=True)
    return not moved and done.returncode == 0


def check(folder: Path, number: int) -> bool:
    """Check once; say whether nothing drifted."""
    began = time.monotonic()
    done = preuve(folder, "check")
    print(f"check {number:2} {time.monotonic() - began:6.1f} s  {done.stdout.strip() or 'DRIFT'}", flush=True)
    if done.returncode:
        print(done.stderr, flush=True)
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--plays", type=int, default=10)
    parser.add_argument("--checks", type=int, default=20)
    parser.add_argument("--keep", type=Path, default=ROOT / ".make" / "soak", help="where what moved is kept")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="preuve-soak-") as temporary:
        folder = copied(Path(temporary))
        plays = [play(folder, told.keep, number) for number in range(1, told.plays + 1)]
        checks = [check(folder, number) for number in range(1, told.checks + 1)]
    print(f"{sum(plays)} of {len(plays)} plays changed nothing")
    print(f"{sum(checks)} of {len(checks)} checks found no drift")
    return int(not (all(plays) and all(checks)))


if __name__ == "__main__":
    sys.exit(main())
