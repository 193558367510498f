"""What a person would look at next after a failure: events, Pods that are not well, their last words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preuve.cluster.kinds import KINDS
from preuve.cluster.objects import finished, holds
from preuve.errors import PreuveError
from preuve.rest.pod import statuses, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from preuve.cluster.api import Api
    from preuve.cluster.objects import Object

EVENTS = 12
"""Lines of events shown: the last ones."""

LINES = 10
"""Lines of a container's log shown: the last ones."""

PODS = 5
"""Pods looked at: those of one workload mostly fail alike."""

_EPOCH = "1970-01-01T00:00:00Z"


def diagnose(api: Api, namespace: str) -> str:
    """Say what is wrong in a namespace, as text; empty if nothing is to be seen. It never fails itself.

    Args:
        api: of the cluster.
        namespace: its name.
    """
    sections: list[str] = []
    try:
        pods = [pod for pod in api.get(KINDS["Pod"].path(namespace))["items"] if ill(pod)]
        sections.extend(_section(str(pod["metadata"]["name"]), described(pod)) for pod in pods[:PODS])
        sections.extend(_logs(api, namespace, pods[:PODS]))
        events = api.get(f"/api/v1/namespaces/{namespace}/events")["items"]
        sections.append(_section("events", event_lines(events)))
    except PreuveError as error:
        sections.append(f"nothing more can be seen: {error}")
    return "\n".join(section for section in sections if section)


def ill(pod: Object) -> bool:
    """Tell whether a Pod is not as it should be: neither Ready nor well finished."""
    return not (holds(pod, "Ready") or pod["status"].get("phase") == "Succeeded")


def described(pod: Object) -> Iterator[str]:
    """Say how a Pod is: its state, what does not hold of it, what its containers wait for or ended with."""
    node = pod["spec"].get("nodeName")
    yield f"{summary(pod)} on {node}" if node else summary(pod)
    if not finished(pod):
        for each in pod["status"].get("conditions", ()):
            if each["status"] != "True" and each.get("message"):
                yield f"{each['type']} is {each['status']}: {_line(each['message'])}"
    for status in statuses(pod):
        for when, states in (("", status["state"]), ("before, ", status.get("lastState", {}))):
            for state in (states.get("waiting"), states.get("terminated")):
                if state:
                    code = f" with exit code {state['exitCode']}" if "exitCode" in state else ""
                    why = f": {_line(state['message'])}" if state.get("message") else ""
                    yield f"container {status['name']}: {when}{state.get('reason', 'ended')}{code}{why}"


def event_lines(events: Iterable[Object]) -> list[str]:
    """Events as lines, the last ones, oldest first; warnings stand out."""
    lines = []
    for event in sorted(events, key=_when)[-EVENTS:]:
        about = event["involvedObject"]  # of which it need not say anything
        subject = f"{about.get('kind', '')} {about.get('name', '')}".strip() or "event"
        mark = "! " if event.get("type") == "Warning" else "  "
        times = f" (x{event['count']})" if event.get("count", 1) > 1 else ""
        lines.append(f"{mark}{subject}: {event.get('reason')}: {_line(event.get('message') or '')}{times}")
    return lines


def _when(event: Object) -> str:
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return str(next((time for time in times if time), event["metadata"].get("creationTimestamp", _EPOCH)))


def _logs(api: Api, namespace: str, pods: Iterable[Object]) -> Iterator[str]:
    for pod in pods:
        for status in statuses(pod):
            if status.get("ready") or not (status.get("containerID") or status.get("lastState")):
                continue  # it is well, or never ran
            name = pod["metadata"]["name"]
            path = f"{KINDS['Pod'].path(namespace)}/{name}/log"
            try:
                log = api.text(path, container=status["name"], tailLines=str(LINES), limitBytes="4000")
            except PreuveError as error:
                log = str(error)
            yield _section(f"log of {name}, container {status['name']}", log.splitlines()[-LINES:])


def _section(title: str, lines: Iterable[str]) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"{title}:\n{body}" if body else ""


def _line(text: str) -> str:
    """Keep the first line of a message, or most of it."""
    line = text.strip().partition("\n")[0]
    return f"{line[:240]}…" if len(line) > 240 else line
