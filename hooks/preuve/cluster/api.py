"""The API of a cluster: objects as JSON, over connections that are made on the cluster's own network.

`kubernetes` knows how to log in; its models are left aside, since preuve judges objects as the API wrote
them. It takes 0.15 s to import, so only who plays a page pays for it.
"""

from __future__ import annotations

import base64
import json
import time
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

import yaml
from kubernetes.client import ApiClient, ApiException, Configuration
from kubernetes.config import ConfigException, kube_config
from kubernetes.utils import parse_quantity
from urllib3.exceptions import HTTPError

from preuve import whole
from preuve.cluster.vault import Vault
from preuve.errors import ClusterError
from preuve.mapping import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from preuve.cluster.objects import Object

ANSWER_LIMIT = 30.0
"""Seconds for the API server to answer anything but a watch; it gives up by itself after 60."""

CONNECTIONS = 512
"""Kept open for the next request; what comes beyond is opened for one and closed after it. A page that
settles has one a kind (`rest.RULES`, `settle.SHOWN`: 17) for its lists, then for its watches, and both while
these end: 340 for the ten pages at once of two cores (`player.PAGES_PER_CORE`)."""

_UNFIT = (ValueError, TypeError, AttributeError, LookupError, OSError)
"""What `kubernetes` says of values of another kind than it awaits: it takes a kubeconfig on trust."""

_LOADING = Lock()
"""`kubernetes` remembers files for the whole process."""

UNKNOWN = 401
"""What is answered to credentials that are none any more, before anything is done. The token of a file or of
a program lasts an hour, mostly, certificates are renewed in their place, and `mkdocs serve` takes days."""

TOO_MANY = 429
"""What a busy API server answers before it does anything, with the seconds after which to ask again (upstream
``flowcontrol``): somebody's cluster may have others who ask more than it can take."""

UNABLE = 500
"""From this code on, a server tells of trouble of its own."""

AGGREGATED = {
    "Accept": ",".join(
        f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
        for version in ("v2", "v2beta1")
    )
}
"""What is served, all groups in one answer: v2 since Kubernetes 1.30; its beta, with the
same fields, since 1.27."""

NOT_ACCEPTABLE = 406
"""What a server answers that has neither."""

MERGE = {"Content-Type": "application/merge-patch+json"}


class RefusedError(ClusterError):
    """The API server said no.

    Args:
        message: what was asked, and its answer.
        code: of HTTP.
    """

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def unless_gone() -> Iterator[None]:
    """Take no for an answer where it says that what is meant is not there (404), or is another one (409)."""
    try:
        yield
    except RefusedError as error:
        if error.code not in {404, 409}:
            raise


class LostError(ClusterError):
    """The API server did not answer."""


class UnableError(LostError, RefusedError):
    """The API server, or what is before it, could not answer: its store was away, say. It may soon."""


class Api:
    """A cluster's API, with one identity; several threads may use it.

    What asks it raises a `RefusedError` where the server says no, and a `LostError` where it does not answer.

    Args:
        kubeconfig: a file with one context, the cluster's.
        network: what to be in while a connection is made.

    Raises:
        ClusterError: the file says nothing that one could connect with.
    """

    def __init__(
        self, kubeconfig: Path, network: Callable[[], AbstractContextManager[object]] = nullcontext
    ) -> None:
        self._network = network
        config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        self._name = config["current-context"]
        self._renewing = Lock()
        self._vault = Vault()
        try:
            with self._understood():
                self._config = _filed(config, self._vault)
            self._folder = self._vault.folder() if _asks_a_program(config) else None
            self._client = self._logged_in()
        except BaseException:
            self._vault.close()
            raise
        self.server: str = self._client.configuration.host
        self.cluster: Object = config["clusters"][0]["cluster"]
        """How others find the server, and know it, as a kubeconfig says it."""
        self._ahead = timedelta()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, and forget the credentials."""
        self._client.rest_client.close()
        self._vault.close()

    def now(self) -> datetime:
        """Tell the time on the cluster's clock, to a second or two."""
        return datetime.now(UTC) + self._ahead

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Get an object or a list."""
        return self._json("GET", path, query)

    def discover(self, root: str) -> Any:  # noqa: ANN401 - JSON
        """Get what is served below ``/api`` or ``/apis``, all groups in one answer.

        Raises:
            RefusedError: the server said no, or is too old.
            LostError: it did not answer.
        """
        try:
            return self._json("GET", root, {}, headers=AGGREGATED)
        except RefusedError as error:
            if error.code != NOT_ACCEPTABLE:
                raise
            why = f"the API server at {self.server}: preuve needs Kubernetes 1.27 or newer"
            raise RefusedError(why, NOT_ACCEPTABLE) from None

    def text(self, path: str, **query: str) -> str:
        """Get what is no JSON: a log."""
        return self._answer("GET", path, query).decode(errors="replace")

    def post(self, path: str, body: Object) -> Any:  # noqa: ANN401 - JSON
        """Make an object."""
        return self._json("POST", path, {}, body=body)

    def patch(self, path: str, body: Object) -> Any:  # noqa: ANN401 - JSON
        """Merge a change into an object."""
        return self._json("PATCH", path, {}, body=body, headers=MERGE)

    def delete(self, path: str, uid: str = "", **query: str) -> Any:  # noqa: ANN401 - JSON
        """Delete an object, or all of a collection.

        Args:
            path: its.
            uid: of the object that is meant: another one of its name is left alone, which is a refusal (409).
            query: options, as ``DeleteOptions`` has them.
        """
        if uid:  # where there is a body, the server reads no options of the query
            return self._json("DELETE", path, {}, body={"preconditions": {"uid": uid}, **query})
        return self._json("DELETE", path, query)

    def watch(self, path: str, limit: float | None = None, **query: str) -> Watch:
        """Watch a list.

        Args:
            path: of the list.
            limit: seconds of silence that are one too many; none unless given.
            query: ``resourceVersion`` and selectors.
        """
        return Watch(self._open("GET", path, {**query, "watch": "1"}, limit=limit), path)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Tell what a kubeconfig says that one cannot log in with."""
        try:
            yield
        except (ConfigException, *_UNFIT) as error:
            why = error if isinstance(error, ConfigException | ValueError) else "a value of it is of no use"
            raise ClusterError(f"context {shown(self._name)}: {str(why)[:200]}") from None

    def _logged_in(self) -> Any:  # noqa: ANN401 - `kubernetes` has no types
        """A client with the credentials of now: files are read, a program is asked."""
        load: Any = kube_config.load_kube_config_from_dict  # untyped upstream
        configuration = Configuration()
        configuration.connection_pool_maxsize = CONNECTIONS
        configuration.retries = False
        with _LOADING, self._understood():
            try:
                load(
                    _with_token(self._config),
                    client_configuration=configuration,
                    persist_config=False,
                    temp_file_path=self._folder,
                )
            finally:
                # It would give the next one of the same program our files, which are gone by then.
                kube_config._temp_files.clear()  # noqa: SLF001 - there is no other way to its memory
            program = self._config["users"][0]["user"].get("exec")
            if program and not (configuration.api_key or configuration.cert_file):
                command = shown(program["command"])  # what it said is in the log
                raise ConfigException(f"{command}, which logs in, gives no credentials: see what it says")
        # It would run a program again before any request of the last five minutes, in each thread by itself,
        # for a token alone; `_open` does when the server says that it is time, whatever there is to renew.
        configuration.refresh_api_key_hook = None
        return ApiClient(configuration)

    def _renewed(self, refused: object) -> Any:  # noqa: ANN401 - as `_logged_in`
        """A client of a new login, unless another thread has logged in since the one that was refused."""
        with self._renewing:
            if self._client is refused:
                self._client = self._logged_in()  # who still uses the other one, a watch, goes on with it
            return self._client

    def _json(self, *asked: Any, **more: Any) -> Any:  # noqa: ANN401 - JSON
        answer = self._answer(*asked, **more)
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):  # of a proxy before it, that wants somebody to log in, say
            words = answer[:200].decode(errors="replace").strip()
            raise ClusterError(f"{self.server} does not answer as an API server does: {words!r}") from None

    def _answer(self, *asked: Any, **more: Any) -> bytes:  # noqa: ANN401 - as `_open` takes it
        response = self._open(*asked, **more)
        try:
            content: bytes = response.read()
        except (HTTPError, OSError) as error:
            raise LostError(f"the API server at {self.server} stopped answering: {error}") from None
        return content

    def _open(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        body: Object | None = None,
        headers: Mapping[str, str] | None = None,
        limit: float | None = ANSWER_LIMIT,
    ) -> Any:  # noqa: ANN401 - `kubernetes` has no types
        client, renewed = self._client, False
        end = time.monotonic() + ANSWER_LIMIT
        while True:
            asked = client.param_serialize(
                method,
                path,
                query_params=list(query.items()),
                header_params={"Accept": "application/json", **(headers or {})},
                body=body,
                auth_settings=["BearerToken"],
            )
            try:
                with self._network():
                    response: Any = client.call_api(*asked, _request_timeout=(ANSWER_LIMIT, limit))
                refusal = b"" if response.status < 300 else response.read()
            except (ApiException, HTTPError, OSError) as error:  # the first tells of a failed handshake
                raise LostError(f"the API server at {self.server} does not answer: {error}") from None
            self._ahead = _ahead(response.headers.get("Date"))
            if response.status < 300:
                return response
            if response.status == UNKNOWN and not renewed:
                client, renewed = self._renewed(client), True
                continue
            unable = response.status >= UNABLE
            undone = response.status == TOO_MANY or (unable and method != "POST")
            asked_for = response.headers.get("Retry-After", "") if undone else ""
            pause = max(1, int(asked_for)) if asked_for.isdecimal() else 0
            if not pause or time.monotonic() + pause > end:
                kind = UnableError if unable else RefusedError
                raise kind(f"{method} {path}: {_said(refusal, response.status)}", response.status)
            time.sleep(pause)


def quantity(text: str) -> Decimal | None:
    """What a quantity comes to; None if it is none.

    >>> [quantity(text) for text in ("300m", "2Ki", "1.5", "much")]
    [Decimal('0.300'), Decimal('2048'), Decimal('1.5'), None]
    """
    parse: Any = parse_quantity  # untyped upstream
    with suppress(ValueError):
        return Decimal(parse(text))
    return None


def _filed(config: Object, vault: Vault) -> Object:
    """A kubeconfig with files of ours in place of data, which `kubernetes` would write to its own."""
    filed = dict(config)
    for section, kind in (("clusters", "cluster"), ("users", "user")):
        [entry] = config[section]
        filed[section] = [{**entry, kind: dict(_as_files(entry[kind] or {}, vault))}]
    return filed


def _as_files(entry: Object, vault: Vault) -> Iterator[tuple[str, object]]:
    for name, value in entry.items():
        if name.endswith("-data"):
            file = name.removesuffix("-data")
            yield file, vault.file(file, base64.b64decode(value))
        else:
            yield name, value


def _with_token(config: Object) -> Object:
    """A kubeconfig with what the file of its token holds now, which comes before a token (client-go)."""
    [entry] = config["users"]
    if not (file := entry["user"].get("tokenFile")):
        return config
    try:
        token = whole.text(Path(file)).strip()
    except OSError as error:
        raise ConfigException(f"the token's file {file} cannot be read: {error.strerror}") from None
    return {**config, "users": [{**entry, "user": {**entry["user"], "token": token}}]}


def _asks_a_program(config: Object) -> bool:
    """Whether logging in takes a program's answer, which `kubernetes` may have to write to a file."""
    return bool({"exec", "auth-provider"} & (config["users"][0]["user"] or {}).keys())


def _ahead(date: str | None) -> timedelta:
    """Tell how far a server's clock is ahead of ours; not at all if that may be due to its whole seconds.

    >>> _ahead("Sun, 29 Nov 2026 00:00:00 GMT, Sun, 29 Nov 2026 00:00:01 GMT")  # a proxy added its own
    datetime.timedelta(0)
    """
    try:
        ahead = parsedate_to_datetime(date or "") - datetime.now(UTC)
    except (TypeError, ValueError):
        return timedelta()
    return ahead if abs(ahead) > timedelta(seconds=2) else timedelta()


def _said(refusal: bytes, code: int) -> str:
    """Read the message of an answer that says no."""
    try:
        return str(json.loads(refusal)["message"])
    except (ValueError, KeyError, TypeError):
        return f"{code} {refusal.decode(errors='replace')}".strip()


class Watch:
    """Events of a list, as they come: an iterator that ends when the server, or `stop`, ends it.

    Args:
        response: of `kubernetes`.
        path: of the list, for messages.
    """

    def __init__(self, response: Any, path: str) -> None:  # noqa: ANN401 - `kubernetes` has no types
        self._response = response.response
        self._path = path
        self._stopped = False

    def __iter__(self) -> Iterator[tuple[str, Object]]:
        """Yield each event's type and object.

        Raises:
            RefusedError: the server ended the watch with an error; 410 asks for a new list.
            LostError: the connection broke, or was silent for too long.
        """
        rest = b""
        try:
            for chunk in self._response.stream():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        status = event["object"]
                        raise RefusedError(
                            f"watch {self._path}: {status.get('message')}", status.get("code", 0)
                        )
                    yield event["type"], event["object"]
        except (HTTPError, OSError, ValueError) as error:
            if not self._stopped:
                raise LostError(f"the watch of {self._path} broke: {error}") from None
        finally:
            self._response.close()

    def stop(self) -> None:
        """End the watch, from any thread."""
        self._stopped = True
        with suppress(OSError, RuntimeError, ValueError):  # it may have ended by itself
            self._response.shutdown()
