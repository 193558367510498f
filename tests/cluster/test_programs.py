"""What a page's box is lent: programs by name, a script of a Python with all that it imports from."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from preuve.cluster.box import Box, uid_of
from preuve.cluster.programs import environment, lend
from preuve.errors import ConfigError, Where

WHERE = Where("page.md", 1)
HERE = Path(sys.prefix)


@pytest.mark.parametrize(
    "head", [f"#!{sys.executable}\n", f"#!/bin/sh\n'''exec' \"{sys.executable}\" \"$0\" \"$@\"\n' '''\n"]
)
def test_a_script_of_a_python_brings_its_environment(tmp_path: Path, head: str) -> None:
    """In either way that pip begins one; the project itself where that is installed to be edited."""
    script = tmp_path / "script"
    script.write_text(f"{head}import preuve\n")
    needed = environment(script)
    assert HERE in needed
    assert any(Path(__file__).parents[2].joinpath("hooks").is_relative_to(each) for each in needed)
    assert not [each for each in needed if each.is_relative_to("/usr")]


@pytest.mark.parametrize("head", ["#!/bin/sh\n", "#!/usr/bin/env python3\n", "\x7fELF"])
def test_any_other_program_comes_alone(tmp_path: Path, head: str) -> None:
    """A box has /usr by itself."""
    (tmp_path / "program").write_text(head)
    assert environment(tmp_path / "program") == []


def test_a_python_that_is_gone_is_told(tmp_path: Path) -> None:
    """As after an upgrade: the script is there, what it begins with is not."""
    script = tmp_path / "helm-docs"
    script.write_text("#!/opt/gone/bin/python3\n")
    script.chmod(0o755)
    with pytest.raises(ConfigError, match=r"page\.md:1: the program .*/helm-docs cannot be lent.*install it"):
        lend(Box(), ["helm-docs"], WHERE, path=str(tmp_path))


@pytest.mark.skipif(not shutil.which("bwrap") or os.geteuid() != 0, reason="takes bubblewrap, and root")
def test_a_page_s_own_user_can_run_it() -> None:
    """Whatever folders of root's it lies in; it can write none of them."""
    box = lend(Box(uid=uid_of("page.md")), ["preuve"], WHERE)
    assert box.ask("preuve", "--version").startswith("preuve, version ")
    assert box.ask("sh", "-c", f"touch {HERE}/x 2>&1 || echo refused").endswith("refused\n")
