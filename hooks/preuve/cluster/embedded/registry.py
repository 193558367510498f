"""A read-only registry (OCI distribution): the store of `images`, and behind it the real registries.

It listens on a socket that was made in the cluster's network, and lives itself in the machine's: the nodes
have no way out, so it fetches for them what the store has not, where there is a way. Where there is none, or
the image does not exist, the answer is the same "not found", at once. It reads and passes on no credentials.

Each node's containerd comes here for every registry, with these two files (ADDRESS is the socket's).
``server`` names the mirror itself, so that a miss ends here and not in a wait for what no node can reach:

    certs.d/_default/hosts.toml  and  certs.d/docker.io/hosts.toml

        server = "http://ADDRESS"

        [host."http://ADDRESS"]
        capabilities = ["pull", "resolve"]
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import IO, TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from preuve.cluster.embedded import images, oci

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from pathlib import Path

    from _typeshed import SupportsRead

    from preuve.cluster.embedded.upstream import Upstream

ROUTE = re.compile(
    r"/v2/(?P<name>[a-z0-9][a-z0-9._/-]*)/(?P<kind>manifests|blobs)/(?P<reference>[\w][\w.:-]*)"
)
"""What is answered, besides ``/v2/`` itself: all that pulling takes."""

REALM = "/token"
"""Where whoever is denied is sent for an anonymous token, as Docker Hub does."""

UNKNOWN = {"manifests": "MANIFEST_UNKNOWN", "blobs": "BLOB_UNKNOWN"}
"""The protocol's codes for what is not there."""


class Registry(ThreadingHTTPServer):
    """The server, on a socket that listens already.

    Its threads belong to the network namespace of the thread that calls `serve_forever`; the socket may be of
    another.

    Args:
        listening: bound, and listening.
        store: an image layout.
        hosts: addresses of registries that are not at their own name, as ``{"docker.io": "https://…"}``.
    """

    def __init__(self, listening: socket.socket, store: Path, hosts: Mapping[str, str] | None = None) -> None:
        super().__init__(listening.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.store = store
        self.images = {reference: image.digest for reference, image in oci.names(store).items()}
        loaded = set(images.loaded(store))
        self.known = {reference.rpartition(":")[0] for reference in self.images.keys() - loaded}
        """The repositories of which it has an image."""
        self.hidden = loaded
        """What it gives to nodes that are being loaded, and to nobody else."""
        self._hosts = hosts

    @cached_property
    def upstream(self) -> Upstream:
        """The real registries; where two threads ask first, each has its own for that once."""
        from preuve.cluster.embedded.upstream import Upstream  # noqa: PLC0415 - 60 ms, seldom needed

        return Upstream(self._hosts)

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Say nothing of a node that was switched off, or an upstream that was cut off, in the middle."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection of a node."""

    server: Registry
    protocol_version = "HTTP/1.1"
    server_version = "preuve"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer with a manifest or a blob."""
        address = urlsplit(self.path)
        if address.path in {"/v2", "/v2/", REALM}:
            return self._answer(HTTPStatus.OK, {"token": "anonymous"} if address.path == REALM else {})
        route = ROUTE.fullmatch(address.path)
        if not route:
            return self._error(HTTPStatus.NOT_FOUND, "UNSUPPORTED", "only manifests and blobs are here")
        registry = parse_qs(address.query).get("ns", ["docker.io"])[0]
        repository, kind, reference = route.groups()
        if registry == "docker.io" and "/" not in repository:
            repository = f"library/{repository}"
        if self._stored(registry, repository, kind, reference):
            return None
        has = self._fetched(registry, repository, kind, reference)
        if has is None and registry == "docker.io" and f"{registry}/{repository}" not in self.server.known:
            self._deny(repository)
        elif not has:
            self._error(HTTPStatus.NOT_FOUND, UNKNOWN[kind], f"{repository} {reference} is nowhere to be had")
        return None

    def do_HEAD(self) -> None:
        """Answer the same, without the body."""
        self.do_GET()

    def _stored(self, registry: str, repository: str, kind: str, reference: str) -> bool:
        manifest = kind == "manifests"
        digest = reference
        if manifest and not oci.DIGEST.fullmatch(reference):
            name = f"{registry}/{repository}:{reference}"
            if name in self.server.hidden and images.LOADING not in self.headers:
                return False
            digest = self.server.images.get(name, "")
        if not oci.DIGEST.fullmatch(digest):
            return False
        try:
            file = oci.blob(self.server.store, digest).open("rb")
        except FileNotFoundError:
            return False
        with file:
            headers = {
                "Content-Type": _kind(file) if manifest else "application/octet-stream",
                "Content-Length": str(os.fstat(file.fileno()).st_size),
                "Docker-Content-Digest": digest,
            }
            self._reply(HTTPStatus.OK, headers, file)
        return True

    def _fetched(self, registry: str, repository: str, kind: str, reference: str) -> bool | None:
        """Pass on what the real registry has; False if it has no such thing, None if it does not say."""
        accept = ", ".join(self.headers.get_all("Accept", ()))
        with self.server.upstream.open(
            registry, repository, f"{kind}/{reference}", method=self.command, accept=accept
        ) as found:
            if not found:
                return None
            if found.status == HTTPStatus.NOT_FOUND:
                return False
            kept = ("Content-Type", "Content-Length", "Docker-Content-Digest")
            self._reply(
                found.status, {key: found.headers[key] for key in kept if key in found.headers}, found
            )
        return True

    def _reply(self, status: int, headers: Mapping[str, str], body: SupportsRead[bytes]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        if "Content-Length" not in headers:
            self.send_header("Connection", "close")  # the end of the body is the end of the connection
        self.end_headers()
        if self.command != "HEAD":
            shutil.copyfileobj(body, self.wfile, 1 << 20)

    def _answer(self, status: int, content: object, challenge: str = "") -> None:
        body = json.dumps(content).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        if challenge:
            headers["WWW-Authenticate"] = challenge
        self._reply(status, headers, BytesIO(body))

    def _deny(self, repository: str) -> None:
        """Say what Docker Hub says of a repository that nobody has, or that is private: it does not tell.

        First it asks for a token; who comes with one is told that it does not do.
        """
        realm = f'Bearer realm="http://{self.headers["Host"]}{REALM}",service="registry.docker.io"'
        scope = f',scope="repository:{repository}:pull"'
        error = ',error="insufficient_scope"' if "Authorization" in self.headers else ""
        self._error(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED", "authentication required", realm + scope + error)

    def _error(self, status: int, code: str, message: str, challenge: str = "") -> None:
        self._answer(status, {"errors": [{"code": code, "message": message}]}, challenge)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the nodes' own logs and events tell of pulls."""


def _kind(manifest: IO[bytes]) -> str:
    """The media type of a manifest, which says it itself unless it is the specification's."""
    found = str(json.load(manifest).get("mediaType", oci.MANIFEST))
    manifest.seek(0)
    return found
