"""Sessions: what a page finds in its box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from preuve.plan import Plan
from preuve.session import boxed, surroundings
from preuve.shell import Bash

if TYPE_CHECKING:
    from preuve.cluster.embedded.cluster import EmbeddedCluster

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize(("exclusive", "told"), [(True, "there is no"), (False, "exclusive")])
def test_only_an_exclusive_page_reaches_the_nodes(
    cluster: EmbeddedCluster, exclusive: bool, told: str
) -> None:
    """It asks for one that does not exist: the cluster answers. Any other page is told how to become one."""
    box = boxed(cluster, Plan("page.md", exclusive=exclusive))
    with Bash(surroundings(box), under=box.argv()) as shell:
        result = shell.run("preuve cluster node stop node9")
    assert result.exit == 2
    assert told in result.output
