"""Custom resources: kinds that somebody defined, of which nobody here knows the controller.

What they have in common is a convention (``kstatus`` of sigs.k8s.io/cli-utils, Kubernetes' API conventions):
a status says which generation it is of, and the conditions ``Ready``, ``Reconciling`` and ``Stalled`` say
whether a controller is at it. One that says nothing of this is at rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preuve.cluster.objects import who
from preuve.rest.motion import Motion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from preuve.cluster.objects import Object


def moves(obj: Object) -> Iterator[Motion]:
    """Tell how a custom resource moves, of whatever shape its status is."""
    status = obj.get("status")
    facts = status if isinstance(status, dict) else {}
    listed = facts.get("conditions")
    found = {
        each["type"]: each
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and isinstance(each.get("type"), str)
    }
    seen = facts.get("observedGeneration")
    if isinstance(seen, int) and seen < obj["metadata"].get("generation", 0):
        yield Motion(who(obj), "its controller has not seen the last change yet")
    elif _status(found, "Stalled") == "True":
        return
    elif _status(found, "Reconciling") == "True":
        yield Motion(who(obj), f"is being reconciled{_why(found['Reconciling'])}")
    elif _status(found, "Ready") in {"False", "Unknown"}:
        yield Motion(who(obj), f"is not Ready{_why(found['Ready'])}")


def _status(conditions: Mapping[str, Object], kind: str) -> object:
    return conditions.get(kind, {}).get("status")


def _why(condition: Object) -> str:
    words = [str(condition[key]) for key in ("reason", "message") if condition.get(key)]
    return f": {' '.join(words)}" if words else ""
