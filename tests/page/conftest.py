"""A page to plan, beside the files that it includes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from preuve.page.plan import plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from preuve.page.plan import Plan

POD = "apiVersion: v1\nkind: Pod\n"


@pytest.fixture
def planned(tmp_path: Path) -> Callable[[str], Plan]:
    """Plan a page beside `pods/pod.yaml`, `pods/web.yml` and `other/pod.yaml`."""
    for name, text in {
        "pods/pod.yaml": POD,
        "pods/web.yml": POD + "#",
        "other/pod.yaml": "kind: Other\n",
        "pods/check.sh": "kubectl get pod web\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return lambda text: plan("p.md", text, [tmp_path])
