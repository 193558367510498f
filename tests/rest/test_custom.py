"""When a custom resource is at rest, by the conventions of its status."""

from __future__ import annotations

from typing import Any

import pytest

from objects import NOW, made, verdict
from preuve.cluster.objects import Snapshot
from preuve.rest.rules import moving


def lamp(status: object = None, generation: int = 2) -> dict[str, Any]:
    told = {} if status is None else {"status": status}
    return {**made("Lamp.scout.example", "pier", meta={"generation": generation}), **told}


def ready(status: str, **more: object) -> dict[str, Any]:
    """A status with a `Ready` condition."""
    condition = {"type": "Ready", "status": status, "reason": "Dark", "message": "no bulb"}
    return {"observedGeneration": 2, "conditions": [condition], **more}


def holding(kind: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of a status
    found = ready("False", **more)
    return {**found, "conditions": [*found["conditions"], {"type": kind, "status": "True"}]}


LAMPS = {
    "without a status": (lamp(), "rest"),
    "with an empty one": (lamp({}), "rest"),
    "with one that follows no convention": (
        lamp({"phase": "Pending", "conditions": {"Ready": "no"}}),
        "rest",
    ),
    "with one that is no object": (lamp("dark"), "rest"),
    "with conditions that are none": (
        lamp({"conditions": ["Ready", {"status": "False"}, {"type": []}]}),
        "rest",
    ),
    "with a generation that is no number": (lamp({"observedGeneration": "1"}), "rest"),
    "ready": (lamp(ready("True")), "rest"),
    "ready, of a generation before": (lamp(ready("True", observedGeneration=1)), "moves"),
    "of a generation before, without conditions": (lamp({"observedGeneration": 1}), "moves"),
    "not ready": (lamp(ready("False")), "moves"),
    "nobody knows": (lamp(ready("Unknown")), "moves"),
    "being reconciled": (lamp({"conditions": [{"type": "Reconciling", "status": "True"}]}), "moves"),
    "stalled": (lamp(holding("Stalled")), "rest"),
    "stalled, of a generation before": (lamp(holding("Stalled", observedGeneration=1)), "moves"),
    "with a condition of its own": (lamp({"conditions": [{"type": "Lit", "status": "False"}]}), "rest"),
}


@pytest.mark.parametrize(("lamp", "wanted"), LAMPS.values(), ids=LAMPS)
def test_a_custom_resource(lamp: dict[str, Any], wanted: str) -> None:
    """By what all controllers of such kinds have agreed upon; one that says nothing is at rest."""
    assert verdict([lamp]) == wanted


def test_a_custom_resource_says_why_it_moves() -> None:
    """In its controller's words, which an author will look for."""
    (motion,) = moving(Snapshot([lamp(ready("False"))], NOW))
    assert str(motion) == "Lamp.scout.example pier: is not Ready: Dark no bulb"
