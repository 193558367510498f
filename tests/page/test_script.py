"""A page as a script: what a reader runs at home, run here by the shell that they have."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from preuve.page.plan import Plan, plan
from preuve.page.script import Remarks, archive, script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE = """# Page

```yaml
--8<-- "pod.yaml"
```

```console
$ kubectl apply -f pod.yaml
$ kubectl get pods
```

```{ .console exit=3 settle=no }
$ (exit 3)
```

```{ .console until="tw." }
$ printf 'one\\ntwo\\nthree\\n'; sleep 60
```

```{ .console hidden=yes }
$ preuve cluster node stop node3
```
"""

KUBECTL = """#!/bin/sh
echo "$*" >>"$ASKED"
case "$*" in *resourceVersion*) wc -l <"$ASKED" | awk '{print ($1 < 4) ? $1 : 4}' ;; esac
"""
"""Something changes until it was asked three times."""


@pytest.fixture
def page(tmp_path: Path) -> Plan:
    (tmp_path / "pod.yaml").write_text("kind: Pod\n")
    return plan("pods/index.md", PAGE, (tmp_path,))


@pytest.fixture
def run(tmp_path: Path) -> Callable[[str], tuple[str, list[str]]]:
    """Run a script with a kubectl that only notes what it is asked."""

    def ran(text: str) -> tuple[str, list[str]]:
        asked = tmp_path / "asked"
        for name, body in {"kubectl": KUBECTL, "preuve": "#!/bin/sh\n"}.items():
            (tmp_path / name).write_text(body)
            (tmp_path / name).chmod(0o755)
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ASKED": str(asked)}
        done = subprocess.run(
            ["bash", "-c", text], env=environment, capture_output=True, text=True, timeout=40, check=False
        )
        assert done.stderr == ""
        return done.stdout, asked.read_text().splitlines()

    return ran


def test_a_script_waits_before_it_reads(page: Plan, run: Callable[[str], tuple[str, list[str]]]) -> None:
    """Until nothing has changed for three seconds; a command with no end is stopped where it was."""
    output, asked = run(script(page, Remarks()))
    assert asked[0] == "apply -f pod.yaml"
    before = asked[1 : asked.index("get pods")]
    assert len(before) >= 5
    assert all("resourceVersion" in each for each in before)
    assert output.split() == ["one", "two"]


def test_a_script_says_what_is_wanted_and_what_cannot_be_had_elsewhere(page: Plan) -> None:
    text = script(page, Remarks())
    for line in (
        "#   pod.yaml",
        "# pods/index.md:13  (exit code 3 is wanted)",
        "# pods/index.md:17  (stop it at: tw.)",
        "# pods/index.md:21  (only preuve's own cluster can do this: do the same to a node of yours)",
    ):
        assert line in text.splitlines()


def test_an_archive_holds_what_the_script_needs(page: Plan) -> None:
    with zipfile.ZipFile(io.BytesIO(archive(page, Remarks()))) as packed:
        assert packed.namelist() == ["pods-index/index.sh", "pods-index/pod.yaml"]
        assert packed.read("pods-index/pod.yaml") == b"kind: Pod\n"
        assert packed.getinfo("pods-index/index.sh").external_attr >> 16 == 0o755
    assert archive(page, Remarks()) == archive(page, Remarks())
