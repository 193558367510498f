"""The Unix sockets that a supervisor answers on, in HTTP, so that curl(1) will do.

GET  /status               what it knows, JSON: cheap, since whoever waits for a Service asks it all the time
GET  /memory               what the cluster uses, in bytes: 0.1 s of a processor [measured]
POST /nodes/NAME/stop      crash a node; /start brings it back
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingUnixStreamServer
from typing import TYPE_CHECKING

from preuve.errors import PreuveError

if TYPE_CHECKING:
    from pathlib import Path

Calls = Mapping[str, Callable[[str], object]]
"""By method, what takes a path and gives something for JSON, or raises a `PreuveError` for the caller."""


class Server(ThreadingUnixStreamServer):
    """Answers on a socket.

    Args:
        path: the socket's.
        calls: what answers.
    """

    daemon_threads = True
    request_queue_size = 128  # at 5, the default, whoever asks as one of ten pages at once may be turned away

    def __init__(self, path: Path, calls: Calls) -> None:
        super().__init__(str(path), _Handler)
        self.calls = calls


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        try:
            status, body = HTTPStatus.OK, json.dumps(self.server.calls[method](self.path))
        except KeyError:
            status, body = HTTPStatus.METHOD_NOT_ALLOWED, f"no {method} here"
        except PreuveError as error:
            status, body = HTTPStatus.BAD_REQUEST, str(error)
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def address_string(self) -> str:
        return "local"  # the peer of a Unix socket has no address
