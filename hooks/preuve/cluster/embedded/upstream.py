"""The real registries, pulled from anonymously.

One that cannot be reached is not tried again for a while, so that whoever asks next is not kept waiting.
"""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.request import getproxies

import urllib3
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from urllib3 import BaseHTTPResponse

HOSTS = {"docker.io": "https://registry-1.docker.io"}
"""Docker Hub is the one registry that does not answer at its own name."""

NAME = re.compile(r"([a-z0-9-]+\.)+[a-z][a-z0-9-]*(:\d+)?")
"""Registries have public names: bare ones and addresses would be of this machine and its neighbours."""

REACH = 3.0
"""Seconds to find a registry and hear from it: a lost first packet is sent again after 1 (RFC 6298)."""

SILENCE = 30.0
"""Seconds without a byte after which a transfer is taken for dead."""

REMEMBER = 60.0
"""Seconds for which a registry out of reach is not tried again: about the kubelet's third try."""

PARAMETER = re.compile(r'(\w+)="([^"]*)"')
"""Of a challenge (RFC 9110, 11.6.1)."""


class Upstream:
    """All of them; for any number of threads.

    Args:
        hosts: addresses of registries that are not at ``https://NAME``, besides `HOSTS`.
    """

    def __init__(self, hosts: Mapping[str, str] | None = None) -> None:
        self._hosts = {**HOSTS, **(hosts or {})}
        self._reached: set[str] = set()
        self._lost: dict[str, float] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()
        timeout = urllib3.Timeout(connect=REACH, read=SILENCE)
        # One try more for a kept connection that was closed meanwhile, as RFC 9112 (9.3.1) has it.
        retries = urllib3.Retry(connect=0, read=1, status=0, other=0, redirect=5)
        proxy = getproxies().get("https")
        self._pool = (
            urllib3.ProxyManager(proxy, timeout=timeout, retries=retries)
            if proxy
            else urllib3.PoolManager(timeout=timeout, retries=retries)
        )

    @contextmanager
    def open(
        self, registry: str, repository: str, path: str, *, method: str, accept: str
    ) -> Iterator[BaseHTTPResponse | None]:
        """Ask a registry for something.

        Args:
            registry: ``docker.io``.
            repository: ``library/nginx``.
            path: below the repository: ``manifests/1.26``.
            method: GET or HEAD.
            accept: media types, or nothing.

        Yields:
            the answer, its body not read yet; None where a registry does not say if there is such a thing
            (401 and 403: it has no such repository, or not for everybody), or cannot be reached.

        Raises:
            ConnectionError: the body broke off.
        """
        base = self._hosts.get(registry) or (f"https://{registry}" if NAME.fullmatch(registry) else None)
        if not base or not self._reachable(base):
            yield None
            return
        try:
            response = self._ask(base, repository, path, method, accept)
        except HTTPError:
            with self._lock:
                self._forget(base)
            yield None
            return
        try:
            yield None if response.status in {401, 403} else response
        except HTTPError as error:
            raise ConnectionError(f"{base} broke off") from error
        finally:
            response.close()

    def _ask(self, base: str, repository: str, path: str, method: str, accept: str) -> BaseHTTPResponse:
        url = f"{base}/v2/{repository}/{path}"
        response = self._request(method, url, accept, self._tokens.get(url_key := f"{base}/{repository}"))
        if response.status == 401:
            token = self._token(base, response.headers.get("WWW-Authenticate", ""))
            if token:
                response.close()
                self._tokens[url_key] = token
                response = self._request(method, url, accept, token)
        return response

    def _request(self, method: str, url: str, accept: str, token: str | None) -> BaseHTTPResponse:
        headers = {"Accept": accept} if accept else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"  # which urllib3 keeps from the host of a redirection
        return self._pool.request(method, url, headers=headers, preload_content=False, decode_content=False)

    def _token(self, base: str, challenge: str) -> str | None:
        """What an anonymous client is given to pull with ("token authentication" of the protocol)."""
        parameters = dict(PARAMETER.findall(challenge))
        realm = parameters.pop("realm", "")
        scheme, _, _ = base.partition(":")
        if not challenge.lower().startswith("bearer ") or not realm.startswith(f"{scheme}:"):
            return None
        answer = self._pool.request("GET", realm, fields=parameters)
        try:
            tokens = answer.json()
        except ValueError:
            return None
        return next((str(tokens[key]) for key in ("token", "access_token") if key in tokens), None)

    def _reachable(self, base: str) -> bool:
        with self._lock:
            if base not in self._reached and self._lost.get(base, 0) < time.monotonic():
                # In a thread of its own, since nothing else bounds the wait for a name.
                knock = threading.Thread(target=self._knock, args=(base,), daemon=True)
                knock.start()
                knock.join(REACH)
                if base not in self._reached:
                    self._forget(base)
            return base in self._reached

    def _knock(self, base: str) -> None:
        try:
            self._pool.request("GET", f"{base}/v2/", timeout=REACH, retries=False)
        except HTTPError:
            return
        self._reached.add(base)

    def _forget(self, base: str) -> None:
        self._reached.discard(base)
        self._lost[base] = time.monotonic() + REMEMBER
