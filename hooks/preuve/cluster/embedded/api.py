"""The few calls that the supervisor makes to its API server.

The `kubernetes` package would do, at 0.35 s of imports [measured], on the path of a start that takes three
seconds.
"""

from __future__ import annotations

import json
import ssl
import time
from http.client import HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any

from preuve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

REQUEST_LIMIT = 10.0
"""Seconds that an answer may take; measured: milliseconds, a second when the machine is very busy."""

STEP = 0.03
"""Seconds between two looks at what is awaited: cheap for the API server, and not felt by a person."""


class StartingApi:
    """A client of the API server. Not for several threads at once.

    Args:
        host: its address.
        port: its port.
        authority: the file of the certification authority's certificate.
        client: the file of a certificate and its key: who is asking.
    """

    def __init__(self, host: str, port: int, authority: Path, client: Path) -> None:
        context = ssl.create_default_context(cafile=authority)
        context.load_cert_chain(client)
        self._connection = HTTPSConnection(host, port, timeout=REQUEST_LIMIT, context=context)

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """The object at `path`, or None if there is none, or no answer yet."""
        status, answer = self._asked(path)
        return json.loads(answer) if status == 200 else None

    def serves(self) -> bool:
        """Whether there is an answer at all; it need not be ready."""
        return self._asked("/readyz")[0] is not None

    def ready(self) -> bool:
        """Whether the API server says that it is."""
        return self._asked("/readyz")[0] == 200

    def apply(self, document: Mapping[str, Any]) -> None:
        """Create an object, or make it so (server-side apply).

        Raises:
            ClusterError: the API server refused it.
        """
        metadata = document["metadata"]
        group = document["apiVersion"]
        path = [f"/apis/{group}" if "/" in group else f"/api/{group}"]
        if "namespace" in metadata:
            path.append(f"namespaces/{metadata['namespace']}")
        kind = document["kind"].lower()
        path.append(f"{kind}es" if kind.endswith("s") else f"{kind}s")
        path.append(f"{metadata['name']}?fieldManager=preuve&force=true")
        status, answer = self._request("PATCH", "/".join(path), json.dumps(document))
        if status not in {200, 201}:
            raise ClusterError(
                f"the API server refused {document['kind']} {metadata['name']}: {answer.decode()}"
            )

    def _asked(self, path: str) -> tuple[int | None, bytes]:
        """Status and body at `path`; no status if there is no answer yet."""
        try:
            return self._request("GET", path)
        except (OSError, HTTPException):
            return None, b""

    def _request(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        try:
            self._connection.request(method, path, body, {"Content-Type": "application/apply-patch+yaml"})
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except BaseException:
            self._connection.close()  # the next request opens a new one
            raise


def wait(done: Callable[[], object], what: str, limit: float) -> None:
    """Look until `done` says so.

    Args:
        done: cheap to call.
        what: what is awaited, for the message.
        limit: in seconds.

    Raises:
        ClusterError: it did not come to pass in time.
    """
    end = time.monotonic() + limit
    while not done():
        if time.monotonic() > end:
            raise ClusterError(f"{what} took more than {limit:.0f} s")
        time.sleep(STEP)
