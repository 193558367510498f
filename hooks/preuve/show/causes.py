"""What `preuve check --report` tells of the differences that another cluster or another version explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preuve.errors import DriftError
from preuve.meaning.cause import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.show.edition import Edition

EXPLAINED = {
    Cause.ELSEWHERE: "explained by the cluster: its addresses, nodes, storage classes, Pods of its own",
    Cause.VERSION: "explained by the version of Kubernetes",
}


def excuse(edition: Edition) -> dict[Cause, list[DriftError]]:
    """Take what is explained out of an edition's errors.

    Returns:
        what was taken out, by cause; what is left is wrong.
    """
    found: dict[Cause, list[DriftError]] = {cause: [] for cause in EXPLAINED}
    wrong, edition.wrong = edition.wrong, {}
    for page, errors in wrong.items():
        for error in errors:
            if isinstance(error, DriftError) and error.cause in found:
                found[Cause(error.cause)].append(error)
            else:
                edition.wrong.setdefault(page, []).append(error)
    return found


def lines(excused: dict[Cause, list[DriftError]], wrong: int) -> Iterator[str]:
    """How many differences there are of each cause; of those that are explained, where and what."""
    for cause, errors in excused.items():
        yield f"{len(errors):5} {EXPLAINED[cause]}"
        for error in errors:
            yield f"        {error.where}"
            yield from (f"            {line}" for line in error.difference.splitlines())
    yield f"{wrong:5} wrong"
