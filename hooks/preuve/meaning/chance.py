"""The kinds of chance in an output, and a function for each that finds it by its form.

To add one: a member of `Chance`, a function with doctests, its place in `NORMALIZERS`, its words in
`preuve.show.strings` and in docs/ecrire/comparaison.md, a case in tests/meaning/test_chance.py.

Never part of a span is what lessons are about: names, counts, states, exit codes, reasons, messages, image
tags, labels, quantities, Kubernetes' version, ports that a manifest fixes.

Most patterns begin with a literal character and look behind from there: `re` skips to it, which is an order
of magnitude faster than trying every position.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from operator import lt
from typing import TYPE_CHECKING

from preuve.meaning.table import CELL, Row, tables

if TYPE_CHECKING:
    from preuve.meaning.question import Question


class Chance(StrEnum):
    """What a span is; the value goes into the page's HTML."""

    POD = "pod"
    """The end of a generated name, `x7k2p`: of a Pod, mostly."""
    HASH = "hash"
    """The digest of a Pod template, in the names of ReplicaSets and Pods and in their labels."""
    AGE = "age"
    """How long ago; of an event, with how often."""
    DURATION = "duration"
    """How long something took."""
    TIME = "time"
    """A date, a time of day."""
    IP = "ip"
    """The address of a Pod or a Service, where the output says that it is one."""
    ADDRESS = "address"
    """Any other IP or MAC address: of a node, of a client."""
    UID = "uid"
    VERSION = "version"
    """A resourceVersion; never Kubernetes' own version."""
    DIGEST = "digest"
    CERTIFICATE = "certificate"
    """A certificate of the cluster's own."""
    CONTAINER_ID = "container-id"
    NODE = "node"
    """A node that the scheduler chose."""
    PORT = "port"
    """A port picked at random."""
    RESTARTS = "restarts"
    """How often a Pod that goes on restarting has restarted."""
    JWT = "token"
    """A JSON Web Token."""
    PULLED = "pulled"
    """Whether an image had to be pulled: what a node pulled before is chance."""
    PASSING = "passing"
    """A line that is printed only if timing allows."""
    STEPS = "steps"
    """The steps of a rollout: how many there are, and their sizes."""
    REPEATED = "repeated"
    """That an event stands for several like it."""
    MACHINE = "machine"
    """A fact of the machine: its kernel, its capacity."""
    PID = "pid"
    COUNT = "count"
    """How many there were at that moment: events, lines of a log that goes on, processes; what was in use."""
    RANDOM = "random"
    """Part of the name of a temporary file or of a network interface."""
    TALLY = "tally"
    """How often a Pod was drawn by lot."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A part of one line of a text, and what it is. Offsets count characters."""

    start: int
    end: int
    kind: Chance

    def of(self, text: str) -> str:
        """The part of `text` that it is."""
        return text[self.start : self.end]


Normalizer = Callable[[str], Iterable[Span]]

LIFETIME = r"(?:<unknown>|<invalid>|\d+[ydhms](?:\d+[dhms])*)"
"""As apimachinery's duration.HumanDuration writes it, and what kubectl says when it cannot tell."""

ENCODED = "[4-9bcdf]"
"""Digits as apimachinery's rand.SafeEncodeString writes them; a template's hash is a 32-bit number."""

SUFFIX = "[bcdfghjklmnpqrstvwxz2456789]{5}"
"""What the API server puts after a generateName: `alphanums` of apimachinery's util/rand."""

RANDOM_LENGTH = 5
"""How much of that: `randomLength` of the API server's storage/names."""

MINUTE = r"(?:29|3\d)\d{6}"
"""In the names of a CronJob's Jobs: minutes since 1970, from 2025 to 2046."""

ACRONYMS = frozenset(
    {"dhcpd", "grpcs", "html5", "http2", "https", "httpd"}
    | {"mssql", "nfsv4", "pgsql", "smtps", "tmpfs", "xhtml"}
    | {"crc64", "jdk24", "jdk25", "php56", "php74", "php82", "php84", "php85", "ppc64", "sql92", "xxh64"}
)
"""Words of the trade that have a suffix's letters; plainer words have vowels."""

PICKED_NODE_PORTS = range(30086, 32768)
"""The API server leaves the first 86 node ports to those who choose one: KEP-3668, its portallocator."""

EPHEMERAL_PORTS = range(32768, 61000)
"""Linux's default ip_local_port_range."""

RESTARTING = frozenset({"CrashLoopBackOff", "Init:CrashLoopBackOff", "Error", "Init:Error", "OOMKilled"})
"""The states in which a Pod that has restarted will do so again."""

FIELDS = {
    Chance.NODE: ("Node", "nodeName", "NodeName"),
    Chance.IP: ("IP", "IPs", "ip", "podIP", "clusterIP", "Endpoints", "Addresses"),
    Chance.ADDRESS: ("hostIP",),
    Chance.DURATION: ("Duration",),
    Chance.CERTIFICATE: ("certificate-authority-data", "client-certificate-data"),
    Chance.VERSION: ("resourceVersion", "Resource Version"),
    Chance.MACHINE: (
        *("Machine ID", "System UUID", "Boot ID", "Kernel Version", "OS Image", "Container Runtime Version"),
        *("machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "containerRuntimeVersion"),
    ),
}
"""Keys of `kubectl describe`, YAML and JSON, and what their values are."""

_APART = r"(?<![^\W_])"
"""No letter nor digit stands before; `_` may, which parts names: ``web-x7k2p_shop``."""

_KINDS = {key: kind for kind, keys in FIELDS.items() for key in keys}
_AGE = re.compile(rf"{LIFETIME}(?: \(x\d+ over {LIFETIME}\))?")
_AGAIN = re.compile(rf"[1-9]\d*(?= \({LIFETIME} ago\)$)")
_PERCENT = re.compile(r"\d+%")
_SOMETHING = re.compile(r"[^<].*")
_IP = re.compile(
    r"\.(?:(?<=(?<![\w.-])(\d)\.)|(?<=(?<![\w.-])(\d\d)\.)|(?<=(?<![\w.-])(\d\d\d)\.))"
    r"\d{1,3}\.\d{1,3}\.\d{1,3}(?!\.?\w)"
)

_NAMED = re.compile(r"\w[:/]\Z")
"""Before a version, or an address: ``nginx/1.2.3.4``, ``node1/192.168.1.2``."""

_IMAGE = re.compile(
    r"""(?: (?i:\bimages?)\b [\W_]{1,20}  # what is said to be an image
    | (?<![\w./:-]) [\w-]+ (?: \.[\w.-]+ (?: :\d+ )? | :\d+ ) / )  # what a registry has
    [\w./:-]*\w:\Z""",
    re.VERBOSE,
)
"""Before a tag, whatever its numbers: ``Image:  redis:172.16.0.1``, ``registry.example:5000/x:10.2.3.4``.

Not before ``web:10.244.1.5``, which may be what a command was asked for, a Pod and its address.
"""

BY_PLACE = frozenset(
    {Chance.AGE, Chance.RESTARTS, Chance.PULLED, Chance.PASSING, Chance.STEPS, Chance.REPEATED}
    | {Chance.COUNT, Chance.MACHINE, Chance.PID, Chance.VERSION, Chance.TALLY}
)
"""The kinds that are chance because of where they stand, whatever they look like."""

CHOSEN = (Chance.AGE, Chance.DURATION)
"""What columns that a page has chosen by their paths do not hold: `100m` is a quantity there."""

FOREIGN = (Chance.NODE, Chance.RESTARTS, Chance.MACHINE, Chance.COUNT)
"""What those of a kind do not hold that kubectl does not know: who defined it chose them."""

COLUMNS = {
    **dict.fromkeys(("AGE", "LAST SEEN", "FIRST SEEN", "LAST SCHEDULE"), (_AGE, Chance.AGE)),
    **dict.fromkeys(("KERNEL-VERSION", "OS-IMAGE", "CONTAINER-RUNTIME"), (_SOMETHING, Chance.MACHINE)),
    **dict.fromkeys(("CPU(CORES)", "CPU(%)", "MEMORY(BYTES)", "MEMORY(%)"), (_SOMETHING, Chance.COUNT)),
    "DURATION": (_AGE, Chance.DURATION),
    "NODE": (_SOMETHING, Chance.NODE),
}
"""Columns whose cells are chance as a whole, where they match."""


def _groups(pattern: str, kind: Chance, text: str) -> Iterator[Span]:
    """A span for each group that took part in a match."""
    for match in re.finditer(pattern, text):
        for group in range(1, match.re.groups + 1):
            if match[group]:
                yield Span(*match.span(group), kind)


def _in_the_world(address: str) -> bool:
    """Whether an address may be anyone's: a cluster's are of the private ranges."""
    try:
        return ip_address(address).is_global
    except ValueError:  # a number above 255
        return True


def _ips(kind: Chance, text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """The IPv4 addresses of hosts: no loopback, wildcard or mask, no network, and no version of four numbers.

    >>> text = "10.244.0.0/16, app:2.4.6.8, nginx/1.2.3.4, node1/192.168.1.2, http://8.8.8.8"
    >>> [text[span.start : span.end] for span in _ips(Chance.IP, text)]
    ['192.168.1.2', '8.8.8.8']
    >>> text = 'image "nginx:10.2.3.4", registry.example:5000/x:10.2.3.4, http://10.2.3.5:80, web:10.2.3.6'
    >>> [text[span.start : span.end] for span in _ips(Chance.IP, text)]
    ['10.2.3.5', '10.2.3.6']
    """
    for match in _IP.finditer(text, start, len(text) if end is None else end):
        first = match.start(match.lastindex or 0)
        network = match[0].endswith(".0") and text.startswith("/", match.end())
        named = _NAMED.search(text, max(start, first - 2), first)
        version = named and (
            _in_the_world(text[first : match.end()]) or _IMAGE.search(text, max(start, first - 200), first)
        )
        if text[first : match.start()] not in {"0", "127", "255"} and not network and not version:
            yield Span(first, match.end(), kind)


def tokens(text: str) -> Iterator[Span]:
    """JSON Web Tokens.

    >>> list(tokens("eyJhbGciOiJS.eyJpc3Mi.c2ln"))
    [Span(start=0, end=26, kind=<Chance.JWT: 'token'>)]
    """
    return _groups(r"(eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+)", Chance.JWT, text)


def identifiers(text: str) -> Iterator[Span]:
    """UIDs, image digests, container identifiers, certificates.

    >>> [span.kind.value for span in identifiers("containerd://" + 64 * "a" + " sha256:" + 64 * "b")]
    ['container-id', 'digest']
    >>> list(identifiers("uid: 6f1c2d3e-0b5a-4c8e-9d27-3f4b5a6c7d8e"))
    [Span(start=5, end=41, kind=<Chance.UID: 'uid'>)]
    """
    for block in re.finditer(r"-----BEGIN CERTIFICATE-----\n((?: *[\w+/=]+\n)+)", text):
        for line in re.finditer(r"[^\s]+", block[1]):
            yield Span(block.start(1) + line.start(), block.start(1) + line.end(), Chance.CERTIFICATE)
    yield from _groups("://([0-9a-f]{64})", Chance.CONTAINER_ID, text)
    yield from _groups(' "([0-9a-f]{64})"', Chance.CONTAINER_ID, text)
    yield from _groups(r"container exec ([0-9a-f]{64})\b", Chance.CONTAINER_ID, text)
    yield from _groups("(?:sha256:|SHA256=)([0-9a-f]{64})", Chance.DIGEST, text)
    yield from _groups(r"build=([0-9a-f]{16})\b", Chance.DIGEST, text)
    for match in re.finditer(
        rf"-(?<={_APART}([0-9a-f]{{8}})-)(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}(?![^\W_])", text
    ):
        yield Span(match.start(1), match.end(), Chance.UID)


def events(text: str) -> Iterator[Span]:
    r"""What the scheduler and the kubelet tell: which node, whether an image had to be pulled.

    The image's name is not chance.

    >>> def shown(text):
    ...     return [(span.of(text), span.kind.value) for span in events(text)]
    >>> shown("Successfully assigned pods/web to node2")
    [('node2', 'node')]
    >>> shown('Container image "nginx" already present on machine')
    [('Container image', 'pulled'), ('already present on machine', 'pulled')]
    >>> shown('Pulling image "nginx"')
    [('Pulling image "nginx"', 'passing')]
    """
    image = r'\\?"[^"\n]*"'
    how = r"(in [^\n]+? bytes\.)"
    yield from _groups(r"(\(combined from similar events\): )", Chance.REPEATED, text)
    yield from _groups(r"Successfully assigned \S+ to ([\w.-]*\w)", Chance.NODE, text)
    yield from _groups(rf"(Successfully pulled image) {image} {how}", Chance.PULLED, text)
    there = "(already present on machine(?: and can be accessed by the pod)?)"
    yield from _groups(rf"(Container image) {image} {there}", Chance.PULLED, text)
    yield from _by_chance(text, _groups(rf"(Pulling image {image})", Chance.PASSING, text))
    # A kubelet may be quicker than what gives a Pod its own token; it tries again.
    yield from _groups(
        r'(MountVolume\.SetUp failed for volume "kube-api-access-[^\n]*)', Chance.PASSING, text
    )
    yield from _probed_early(text)


def _probed_early(text: str) -> Iterator[Span]:
    """The one failure that a restarted container's startup probe would have forgiven.

    Until that probe is due again the container counts as started (upstream ``prober_manager.go``): another
    probe of it may come first, and fail in the same way.
    """
    forgiven = set(re.findall(r"Startup probe failed: ([^\n]+)", text))
    for found in re.finditer(r"^([^\n]*)((?:Liveness|Readiness) probe failed: ([^\n]+))", text, re.MULTILINE):
        if found[3] in forgiven and not re.search(r"\(x\d", found[1]):
            yield Span(*found.span(2), Chance.PASSING)


_IMAGES = re.compile(r'(?<!Pulling )image \\?"([^"\\\n]*)')
_PULLING = re.compile(r'Pulling image \\?"([^"\\\n]*)')


def _by_chance(text: str, pulling: Iterable[Span]) -> Iterator[Span]:
    """Of what says that an image is pulled, what may be there or not.

    Not which one it is: where other lines speak of images, and none of this one.
    """
    others = set(_IMAGES.findall(text))
    for span in pulling:
        start, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end) % (len(text) + 1)
        image = _PULLING.search(text, start, end)
        if not image or not others or image[1] in others:
            yield span


def scalings(text: str) -> Iterator[Span]:
    r"""The steps of a rollout: two Pods that are ready at once make one step of two.

    Where it began and where it ended is the lesson's, and a ReplicaSet that was scaled up once was so for all
    to see. Which step of replacing Pods a Deployment noted last is chance, too: it notes a rise of its new
    ones alone (upstream ``DeploymentProgressing``), and may not see that these were none for a moment.

    >>> text = "Scaled down replica set web-7c5d from 3 to 2\nScaled down replica set web-7c5d from 2 to 0"
    >>> [span.of(text) for span in scalings(text)]
    ['2', '2']
    >>> list(scalings("Scaled up replica set web-7c5ddbdf54 from 0 to 3"))
    []
    >>> for old in ("web-7c5ddbdf54 (3/3 replicas created)", "<none>"):
    ...     text = f"  Progressing    True    ReplicaSetUpdated\nOldReplicaSets:  {old}\n"
    ...     [span.of(text) for span in scalings(text)]
    ['ReplicaSetUpdated']
    []
    """
    if re.search(r"^OldReplicaSets: +[^<\s]", text, re.MULTILINE):
        noted = "(NewReplicaSetCreated|FoundNewReplicaSet|ReplicaSetUpdated)"
        yield from _groups(rf"(?m)^ *Progressing +True +{noted}$", Chance.STEPS, text)
    of: defaultdict[tuple[str, ...], list[re.Match[str]]] = defaultdict(list)
    for step in re.finditer(r"Scaled (up|down) replica set (\S+) (from (\d+) to (\d+))", text):
        of[step.groups()[:2]].append(step)
    for (direction, _), steps in of.items():
        least, most = (min, max) if direction == "up" else (max, min)
        began, ended = (choose(int(step[n]) for step in steps) for n, choose in ((4, least), (5, most)))
        for step in steps:
            first, last = int(step[4]) == began, int(step[5]) == ended
            if first != last:
                yield Span(*step.span(5 if first else 4), Chance.STEPS)
            elif not first:
                yield Span(*step.span(3), Chance.PASSING)


_WAITING = re.compile(
    r"""aiting\ for\ (?<=(?<![^\n])[Ww]aiting\ for\ )(?:
    (?:deployment|daemon\ set|statefulset)\ spec\ update\ to\ be\ observed
    | (?:(?P<whose>(?:deployment|daemon\ set)\ "[^"\n]+")\ rollout|partitioned\ roll\ out)\ to\ finish:\ (?:
        \d+\ old\ replicas\ are\ pending\ termination
        | \d+\ (?:out\ )?of\ (?P<all>\d+)\ (?:new|updated)\ (?:replicas|pods)
          \ (?:have\ been\ updated|are\ available))
    | statefulset\ rolling\ update\ to\ complete\ \d+\ pods\ at\ revision\ [\w.-]+
    | \d+\ pods\ to\ be\ ready
    )\.\.\.(?![^\n]|\nerror:\ )""",
    re.VERBOSE,
)
"""A line of ``kubectl rollout status`` as long as it waits: kubectl's pkg/polymorphichelpers."""


def awaited(text: str) -> dict[str, set[str]]:
    """Whose rollouts an output has waited for, and how many Pods each has in all, as far as it says so.

    >>> awaited('Waiting for deployment "web" rollout to finish: 1 of 3 updated replicas are available...')
    {'deployment "web"': {'3'}}
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for match in _WAITING.finditer(text):
        if match["whose"]:
            found[match["whose"]] |= {match["all"]} - {None}
    return dict(found)


METER = r"(?m)^( *\d[\d.kMGTP ]* [\d:-]+ [ \d:-]*--:--:-- [ \d.]{4}[\dkMGTP])"
"""How far curl is, up to its speed, in five characters; an answer may follow at once."""


def progress(text: str) -> Iterator[Span]:
    r"""Lines that kubectl prints as long as it waits, how it came to be attached, and curl's meter.

    Where it waited in vain, the last of them is what came out of it.

    >>> line = 'Waiting for deployment "web" rollout to finish: 1 of 3 updated replicas are available...\n'
    >>> [span.start for span in progress(2 * line + 'deployment "web" successfully rolled out\n')]
    [0, 89]
    >>> [span.start for span in progress(2 * line + "error: timed out waiting for the condition\n")]
    [0]
    """
    for match in _WAITING.finditer(text):
        yield Span(match.start() - 1, match.end(), Chance.PASSING)
    yield from _groups(r"(warning: couldn't attach to pod/[^\n]*)", Chance.PASSING, text)
    yield from _groups(
        r"(All commands and output from this session will be recorded[^\n]*)", Chance.PASSING, text
    )
    yield from _groups(r"(% Total    % Received[^\n]*)", Chance.PASSING, text)
    yield from _groups(r"(Dload  Upload [^\n]*)", Chance.PASSING, text)
    if "--:--:--" in text:
        yield from _groups(METER, Chance.PASSING, text)
        yield from _groups(r"(?<![\d:-])([\d:-]+ --:--:-- [^\n]*)", Chance.PASSING, text)
    yield from _groups(r"(If you don't see a command prompt, try pressing enter\.)", Chance.PASSING, text)
    # kubectl has run out of the time that it was given, perhaps just while it asked to watch.
    yield from _groups(
        r'(E\d{4} \S+ +\d+ reflector\S+\] "Failed to watch" err="context [^\n]*)', Chance.PASSING, text
    )
    # kubectl tells the size of its terminal to a program that may just have ended.
    yield from _groups(r'(E\d{4} \S+ +\d+ \S+\] "Encoding terminal size failed"[^\n]*)', Chance.PASSING, text)


def columns(text: str, *, without: Collection[Chance] = ()) -> Iterator[Span]:
    r"""What the columns of tables say by their names, `without` some kinds that these do not hold.

    >>> def shown(text):
    ...     return [(span.of(text), span.kind.value) for span in columns(text)]
    >>> shown("NAME   RESTARTS   AGE   IP           NODE\nweb    0          9s    10.244.1.5   node2")
    [('9s', 'age'), ('10.244.1.5', 'ip'), ('node2', 'node')]
    >>> shown("NAME   STATUS             RESTARTS     AGE\nweb    CrashLoopBackOff   3 (5s ago)   1m")
    [('3', 'restarts'), ('1m', 'age')]
    """
    for table in tables(text):
        events = "LAST SEEN" in table.columns
        for row in table.rows:
            yield from (span for span in _cells(text, row, events=events) if span.kind not in without)


def _cells(text: str, row: Row, *, events: bool) -> Iterator[Span]:
    cells = {cell.column: text[cell.start : cell.end] for cell in row.cells}
    for column, start, end in ((cell.column, cell.start, cell.end) for cell in row.cells):
        cell = text[start:end]
        pattern, kind = COLUMNS.get(column, (None, None))
        others = kind == Chance.DURATION and "COMPLETIONS" not in cells  # of a kind that is no Job
        if pattern and kind and pattern.fullmatch(cell) and not others:
            yield Span(start, end, kind)
        match column:
            case "COUNT" if events:
                yield Span(start, end, Chance.COUNT)
            case "RESTARTS" if cells.get("STATUS") in RESTARTING and cell != "0":
                yield Span(start, start + len(cell.partition(" ")[0]), Chance.RESTARTS)
            case "SOURCE" | "FROM" if ", " in cell and "REASON" in cells:
                yield Span(end - len(cell.rpartition(", ")[2]), end, Chance.NODE)
            case "IP" | "CLUSTER-IP" | "ENDPOINTS":
                yield from _ips(Chance.IP, text, start, end)
            case "REQUESTS" | "LIMITS" | "CPU REQUESTS" | "CPU LIMITS" | "MEMORY REQUESTS" | "MEMORY LIMITS":
                yield from (
                    Span(*part.span(), Chance.MACHINE) for part in _PERCENT.finditer(text, start, end)
                )


def unheaded(text: str, *, without: Collection[Chance] = ()) -> Iterator[Span]:
    """Ages, addresses, nodes in rows of `--no-headers`, `without` kinds that they do not hold: best effort.

    >>> text = "web   1/1   Running   0   9s   10.244.1.5   node2"
    >>> [(span.of(text), span.kind.value) for span in unheaded(text)]
    [('9s', 'age'), ('10.244.1.5', 'ip'), ('node2', 'node')]
    >>> text = "web   LoadBalancer   10.96.12.7   localhost   80:30008/TCP   9s"
    >>> [(span.of(text), span.kind.value) for span in unheaded(text)]
    [('10.96.12.7', 'ip'), ('9s', 'age')]
    """
    headed = {row.line for table in tables(text) for row in (table.header, *table.rows)}
    offset = 0
    for number, line in enumerate(text.split("\n")):
        if "   " in line and ":  " not in line and number not in headed:
            aged, before = False, ""
            for match in CELL.finditer(line) if len(CELL.findall(line)) > 3 else ():
                start, end = offset + match.start(), offset + match.end()
                again = before in RESTARTING and Chance.RESTARTS not in without and _AGAIN.match(match[0])
                if again:
                    yield Span(start, start + again.end(), Chance.RESTARTS)
                elif _AGE.fullmatch(match[0]) and Chance.AGE not in without:
                    yield Span(start, end, Chance.AGE)
                elif (
                    Chance.NODE not in without
                    and aged
                    and match[0][0] != "<"
                    and any(_ips(Chance.IP, before))
                ):
                    yield Span(start, end, Chance.NODE)
                yield from _ips(Chance.IP, text, start, end)
                aged, before = bool(_AGE.fullmatch(before)), match[0]
        offset += len(line) + 1


def fields(text: str) -> Iterator[Span]:
    r"""What `kubectl describe`, YAML and JSON say by their keys.

    >>> text = "Node:  node1/192.168.1.2\nIP:    10.244.0.7\nPort:  80/TCP"
    >>> [(span.of(text), span.kind.value) for span in fields(text)]
    [('node1', 'node'), ('192.168.1.2', 'address'), ('10.244.0.7', 'ip')]

    Two answers that ``diff`` compares are marked too, and a quoted one:

    >>> text = '<   resourceVersion: "1086"\n+  nodeName: node2\n> >   resourceVersion: "3823"'
    >>> [span.of(text) for span in fields(text)]
    ['1086', 'node2', '3823']
    """
    keys = "|".join(_KINDS)
    yield from _groups(r'hostIPs"?:[\s\[{-]*"?ip"?: *"?([\d.]+)', Chance.ADDRESS, text)
    for match in re.finditer(rf'"({keys})":"([^"]+)"', text):  # in one line, as jsonpath prints an object
        if _KINDS[match[1]] not in {Chance.IP, Chance.ADDRESS}:
            yield Span(*match.span(2), _KINDS[match[1]])
    for match in re.finditer(rf'\n[ <>+-]*+"?({keys})"?: *"?([^"\n]*[^"\n, ])', "\n" + text):
        kind, start, end = _KINDS[match[1]], match.start(2) - 1, match.end() - 1
        if kind in {Chance.IP, Chance.ADDRESS}:
            yield from _ips(kind, text, start, end)
        elif kind == Chance.NODE and match[2][0] != "<":
            slash = text.find("/", start, end)
            yield Span(start, end if slash < 0 else slash, kind)
            yield from _ips(Chance.ADDRESS, text, start, end)
        elif match[2][0] != "<" and (kind != Chance.DURATION or _AGE.fullmatch(match[2])):
            yield Span(start, end, kind)
    capacity = r"\n *(?:Capacity|Allocatable|capacity|allocatable):((?:\n +[\w-]+: +\S+)+)"
    for block in re.finditer(capacity, "\n" + text):
        for match in re.finditer(r'(?:cpu|ephemeral-storage|memory): +"?([^\s"]+)', block[1]):
            yield Span(block.start(1) - 1 + match.start(1), block.start(1) - 1 + match.end(1), Chance.MACHINE)


_RESOLVED = re.compile(
    r"""^({ip})\s+(?:STREAM\s+)?[\w.-]+\.svc\.  # getent
    | ^Name:\s+[\w.-]+\.svc\.\S*\nAddress(?:\ \d+)?:\s+({ip})  # nslookup
    | \.svc\.[\w.-]+\ has\ address\ ({ip})  # host
    """.replace("{ip}", r"\d{1,3}(?:\.\d{1,3}){3}\b"),
    re.MULTILINE | re.VERBOSE,
)


def resolved(text: str) -> Iterator[Span]:
    """What names of a cluster lead to: the addresses of Services, or of their Pods.

    >>> [span.of(text) for text in ["10.96.53.84   web.pods.svc.cluster.local"] for span in resolved(text)]
    ['10.96.53.84']
    """
    if ".svc." in text:
        for match in _RESOLVED.finditer(text):
            yield Span(*match.span(match.lastindex or 0), Chance.IP)


def restarts(text: str) -> Iterator[Span]:
    r"""Restart counts of a container in a crash loop, outside tables; any other count is the lesson's.

    So is that it was never restarted.

    >>> text = "State:  Waiting\n  Reason:  CrashLoopBackOff\nReady:  False\nRestart Count:  3\n"
    >>> [span.of(text) for span in restarts(text)]
    ['3']
    """
    near = r"(?:(?! *(?:Restart Count:|\"?restartCount))[^\n]*\n){0,12}?"  # of the same container
    yield from _groups(rf"CrashLoopBackOff\n{near} *Restart Count: +([1-9]\d*)", Chance.RESTARTS, text)
    after = rf',?\n{near}[^\n]*reason"?: "?CrashLoopBackOff'
    yield from _groups(rf'restartCount"?: ([1-9]\d*){after}', Chance.RESTARTS, text)


def addresses(text: str) -> Iterator[Span]:
    """IP and MAC addresses, wherever they stand, in names too; of IPv6 those of links and private networks.

    So is what `ip route` says of the range of one node, on which chance has put the Pod:

    >>> text = "10.244.1.0/24 dev eth0 scope link  src 10.244.1.7"
    >>> [span.of(text) for span in addresses(text)]
    ['10.244.1.0', '10.244.1.7']

    >>> text = '10.244.0.1 - "GET / HTTP/1.1" 200, from 127.0.0.1, in 10.244.0.0/16'
    >>> [span.of(text) for span in addresses(text)]
    ['10.244.0.1']
    """
    for match in re.finditer(r":(?<=\b([0-9a-f]{2}):)(?:[0-9a-f]{2}:){4}[0-9a-f]{2}\b", text):
        yield Span(match.start(1), match.end(), Chance.ADDRESS)
    yield from _groups(r"(fe80(?<=\bfe80)::[0-9a-f:]*[0-9a-f])", Chance.ADDRESS, text)
    yield from _groups(r"(fd(?<=\bfd)[0-9a-f]{2}:[0-9a-f:]*[0-9a-f])", Chance.ADDRESS, text)
    yield from _groups(r"(\d{1,3}(?:-\d{1,3}){3})\.[\w.-]*\.cluster\.local\b", Chance.ADDRESS, text)
    yield from _groups(r"(\d{1,3}(?:\.\d{1,3}){3})\.in-addr\.arpa\b", Chance.ADDRESS, text)
    yield from _groups(
        r"(?m)^(\d{1,3}(?:\.\d{1,3}){3})/(?:2[4-9]|3\d) (?:via \S+ )?dev ", Chance.ADDRESS, text
    )
    yield from _ips(Chance.ADDRESS, text)


_LISTED = re.compile(
    r"^[-bcdlps](?:[r-][w-][xsS-]){2}[r-][w-][xtT-][.+@]? +\d+ +\S+ +\S+ +\d+(?:, *\d+)? +"
    r"([A-Z][a-z]{2} +\d{1,2} +(?:\d\d:\d\d|\d{4})) ",
    re.MULTILINE,
)
"""A line of ``ls -l``."""

_BEFORE_CLOCK = re.compile(
    r"(?:\d{4}-\d\d-\d\d[T ]|\d{4}/\d\d/\d\d (?:- )?|\d\d[/-][A-Z][a-z]{2}[/-]\d{4}[: ]|\d\d/\d\d/\d{4} "
    r"|(?:[A-Z][a-z]{2}, )?\d\d? [A-Z][a-z]{2} \d{4} "
    r"|(?P<weekday>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?"
    r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d\d? "
    r"|(?<=(?<!\w)[IWEF])\d{4} )$"
)
_ZONES = "UTC|GMT|[CEW]ES?T|BST|MSK|AK[SD]T|[CEMP][SD]T|HST|IST|PKT|SGT|HKT|JST|KST|A[CEW][SD]T|NZ[SD]T|SAST"
"""Not any capitals: ``INFO``, ``WARN`` or ``GET`` may follow a time of day too."""
_AFTER_CLOCK = re.compile(rf"(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d| (?:{_ZONES})(?: \d{{4}})?\b)?")
_YEAR = re.compile(r"(?:\.\d+)? \d{4}\b")
"""After the time of day where a weekday came first, as C's asctime has it: ``Mon Nov 23 09:20:00 2026``."""
_OF_CERTIFICATE = re.compile(r" \d{4} GMT\b")
"""The same after any date, as OpenSSL has it: ``notAfter=Nov 23 09:20:00 2026 GMT``."""


def times(text: str) -> Iterator[Span]:
    r"""Times of day, with the date and the zone around them if they are there. A date alone is not chance.

    Those of ``ls -l`` are, and of the folders in which the kubelet puts what a volume shows:

    >>> text = "lrwxrwxrwx  1 root root  31 Nov 28 10:00 ..data -> ..2026_11_28_10_00_00.123456789"
    >>> [span.of(text) for span in times(text)]
    ['Nov 28 10:00', '2026_11_28_10_00_00.123456789']

    >>> def shown(text):
    ...     return [span.of(text) for span in times(text)]
    >>> shown("Start Time:  Mon, 23 Nov 2026 09:20:00 +0000")
    ['Mon, 23 Nov 2026 09:20:00 +0000']
    >>> shown('[23/Nov/2026:09:20:00 +0000] "GET / HTTP/1.1" 200')
    ['23/Nov/2026:09:20:00 +0000']
    >>> shown("startTime: 2026-11-23T09:20:00.5Z"), shown("2026/11/23 09:20:00 [notice] 1#1: start")
    (['2026-11-23T09:20:00.5Z'], ['2026/11/23 09:20:00'])
    >>> shown("Mon Nov 23 09:20:00 UTC 2026"), shown("since 2026-11-23")
    (['Mon Nov 23 09:20:00 UTC 2026'], [])
    """
    for match in re.finditer(r":(?<=(?<!\d)(\d\d):)\d\d:\d\d(?![\d:])", text):
        first = match.start(1)
        before = _BEFORE_CLOCK.search(text, max(0, first - 26), first)
        year = before and (
            _OF_CERTIFICATE.match(text, match.end()) or (before["weekday"] and _YEAR.match(text, match.end()))
        )
        after = year or _AFTER_CLOCK.match(text, match.end())
        yield Span(before.start() if before else first, after.end() if after else match.end(), Chance.TIME)
    if "rw" in text:  # in all of an empty folder's at least
        yield from (Span(*match.span(1), Chance.TIME) for match in _LISTED.finditer(text))
    yield from _groups(r"\.\.(\d{4}(?:_\d\d){5}\.\d+)", Chance.TIME, text)


_BEFORE_AGO = re.compile(
    rf"(?<!\w)(?:{LIFETIME}|\d+ (?:second|minute|hour|day|week|month|year)s?"
    r"|Less than a second|About a minute|About an hour)$"
)


def ages(text: str) -> Iterator[Span]:
    """Ages and delays in sentences.

    >>> [s.of(text) for text in ["1 (5s ago), back-off 2m40s restarting failed"] for s in ages(text)]
    ['5s', '2m40s']
    """
    for match in re.finditer(r" ago\b", text):
        age = _BEFORE_AGO.search(text, max(0, match.start() - 18), match.start())
        if age:
            yield Span(match.start() - len(age[0]), match.start(), Chance.AGE)
    yield from _groups(rf"back-off ({LIFETIME}) restarting", Chance.AGE, text)


def durations(text: str) -> Iterator[Span]:
    """What was measured: fractions of a second, round trips, hops. `30s` is a setting, so it is not chance.

    >>> text = "64 bytes from web: seq=0 ttl=62 time=0.045 ms, timeout 30s"
    >>> [span.of(text) for span in sorted(durations(text))]
    ['62', '0.045 ms']
    >>> text = "curl: (7) Failed to connect to web port 80 after 23 ms: Could not connect to server"
    >>> [span.of(text) for span in durations(text)]
    ['23 ms']
    """
    yield from _groups(r"(?:port \d+|timed out) after (\d+ (?:ms|milliseconds))\b", Chance.DURATION, text)
    yield from _groups(r"= ((?:[\d.]+/){2,3}[\d.]+ ms)", Chance.DURATION, text)
    yield from _groups(r"running for (\d+\.\d+)\)", Chance.DURATION, text)
    yield from _groups(r" ttl=(\d+) ", Chance.NODE, text)
    yield from _groups(r"time (\d+ms)", Chance.DURATION, text)
    for match in re.finditer(r"\.(?<=\d\.)\d+ ?(?:ms|µs|s|secs?|seconds?)\b", text):
        whole = re.search(r"(?:\d+m)?\d+$", text[max(0, match.start() - 8) : match.start()])
        yield Span(match.start() - len(whole[0] if whole else ""), match.end(), Chance.DURATION)


def names(text: str, *, timed: bool = False) -> Iterator[Span]:
    """The generated ends of names, and hashes of templates in names and labels.

    A number alone is none, unless it has the ten digits that a hash has mostly; or where CronJobs are spoken
    of (`timed`): their Jobs are called by the minute.

    >>> def shown(text):
    ...     return [(span.of(text), span.kind.value) for span in names(text)]
    >>> shown("pod/web-7c5ddbdf54-x7k2p"), shown("replica set web-7c5ddbdf54 to 3")
    ([('7c5ddbdf54', 'hash'), ('x7k2p', 'pod')], [('7c5ddbdf54', 'hash')])
    >>> shown("web-x7k2p.default"), shown("pod-template-hash=7c5ddbdf54")
    ([('x7k2p', 'pod')], [('7c5ddbdf54', 'hash')])
    >>> shown("my-app-pod, web-nginx, web-https, nginx-1.26, CVE-2024-44487")
    []

    Digits alone are more often a number than an ending: if they are one, an object has that name.

    >>> shown("order-24567, order-45678945"), shown("web-7c5ddbdf54-24567")
    ([], [('7c5ddbdf54', 'hash'), ('24567', 'pod')])
    >>> text = "job.batch/hello-29923898"
    >>> list(names(text)), [span.of(text) for span in names(text, timed=True)]
    ([], ['29923898'])
    """
    label = r'(?:template|revision)-hash["=: ]++(?:[a-z0-9.-]*-)?'
    yield from _groups(rf"{label}({ENCODED}{{1,10}})\b", Chance.HASH, text)
    for match in _GENERATED.finditer(text):
        if not timed and re.fullmatch(MINUTE, match[4] or ""):
            continue
        if match[3] not in ACRONYMS and _follows_a_name(text, match.start(), hashed=bool(match[1])):
            for group, kind in ((1, Chance.HASH), (2, Chance.POD), (3, Chance.POD), (4, Chance.HASH)):
                if match[group]:
                    yield Span(*match.span(group), kind)


_GENERATED = re.compile(
    rf"-(?<=[a-z0-9]-)(?:({ENCODED}{{6,10}}|{MINUTE})-({SUFFIX})|(?!\d{{5}}(?![^\W_]))({SUFFIX})|((?=[4-9]*[bcdf]){ENCODED}{{6,10}}|[5-8][4-9]{{9}}|{MINUTE}))-?(?![^\W_]|-)"
)


def _follows_a_name(text: str, at: int, *, hashed: bool) -> bool:
    before = text[max(0, at - 253) : at]
    rest = before.rstrip("abcdefghijklmnopqrstuvwxyz0123456789-")
    return before[len(rest) :][:1].isalpha() and not (
        rest[-1:].isalnum() or (rest[-1:] == "_" and not hashed)
    )


_SERVER = re.compile(
    r"(?:(?:\b(?:dial (?:tc|ud)p|Trying) |://)(?!127\.)|(?<![\d.])0\.0\.0\.0|\[::\])[\d.]*:$"
)
"""Before the port of a server; on 127.0.0.1 kubectl forwards ports that nobody chose."""

_BEHIND = re.compile(
    rf"""^\ *Endpoints:\ (.*)  # of a Service
    | ^(?:[\w.-]+\ {{3,}}){{1,2}}((?:\d+(?:\.\d+){{3}}:\d+,?)++(?:\ \+.*)?)\ {{3,}}{LIFETIME}$  # no header
    | ^(?:Default\ backend:|\ {{2,}}/\S*)\ +\S+:[\w-]+\ \(([\d.:,]+)  # of an Ingress
    """,
    re.MULTILINE | re.VERBOSE,
)


def _behind(text: str) -> Iterator[tuple[int, int]]:
    """Where an output says where Pods listen that are behind a Service: their port is chosen."""
    found = tables(text)
    for cell in (cell for table in found for row in table.rows for cell in row.cells):
        if cell.column == "ENDPOINTS":
            yield cell.start, cell.end
    for match in _BEHIND.finditer(text):
        if match.lastindex != 2 or not found:
            yield match.span(match.lastindex or 0)


def ports(text: str) -> Iterator[Span]:
    """Ports that nobody chose, those that clients speak from among them.

    >>> [span.of(text) for text in ["80:31234/TCP", "80:30008/TCP", "31999"] for span in ports(text)]
    ['31234']
    >>> text = "RemoteAddr: 10.244.0.1:43210, from 10.244.0.1 port 51234"
    >>> [span.of(text) for span in ports(text)]
    ['43210', '51234']
    >>> list(ports("Endpoints:  10.244.1.5:31234,10.244.2.6:50051"))
    []
    """
    behind = sorted(_behind(text))
    for span in _ports(text):
        at = bisect_right(behind, (span.start, len(text))) - 1
        if at < 0 or span.start >= behind[at][1]:
            yield span


def _ports(text: str) -> Iterator[Span]:
    yield from _picked(r"(?::(?<=\d:)|NodePort: +\S+ +|nodePort\"?: ?)(\d{5})\b", text)
    address = r"(?:(?<=\.\d:)|(?<=\.\d\d:)|(?<=\.\d\d\d:)|(?<=\]:))"
    for span in _groups(rf":{address}(\d{{5}})\b|from \S+ port (\d{{5}})\b", Chance.PORT, text):
        first = text.rfind("\n", 0, span.start) + 1
        if int(span.of(text)) in EPHEMERAL_PORTS and not _SERVER.search(text, first, span.start):
            yield span


def _picked(pattern: str, text: str) -> Iterator[Span]:
    """What a pattern finds, as far as the API server may have picked it."""
    for span in _groups(pattern, Chance.PORT, text):
        if int(span.of(text)) in PICKED_NODE_PORTS:
            yield span


_DF = re.compile(r"(?m)^(Filesystem +.*Mounted on)$|^(\S+)\s+(\d\S*) +(\d\S*) +(\d\S*|-\d+) +(\d+%|-) +/.*$")


def disks(text: str) -> Iterator[Span]:
    r"""What `df` says of the machine's disks and memory; what is mounted where is the lesson's.

    >>> text = "Filesystem  Size  Used Avail Use% Mounted on\ntmpfs  32.0M  4.0K  32.0M   0% /info\n"
    >>> [span.of(text) for span in disks(text)]
    ['32.0M', '4.0K', '32.0M', '0%']
    """
    if "Filesystem " not in text:
        return
    for match in _DF.finditer(text):
        for group in range(2, 7):
            if match[group] and (group > 2 or match[2].startswith("/")):
                yield Span(*match.span(group), Chance.MACHINE)


def machines(text: str) -> Iterator[Span]:
    """What nginx says of the machine when it starts, one line a processor among them.

    >>> text = "[notice] 1#1: OS: Linux 6.1.0-37-amd64"
    >>> [span.of(text) for span in machines(text)]
    ['6.1.0-37-amd64']
    """
    yield from _groups(r"1: OS: Linux (\S+)", Chance.MACHINE, text)
    yield from _groups(r"1: getrlimit\(RLIMIT_NOFILE\): (\d+:\d+)", Chance.MACHINE, text)
    yield from _groups(r"1: (start worker process \d+)", Chance.PASSING, text)


def pids(text: str) -> Iterator[Span]:
    """Processes that a log or a shell names; process 1 is no chance.

    >>> [s.of(text) for text in ["[notice] 29#29: exit", "[notice] 1#1: start"] for s in pids(text)]
    ['29#29']
    >>> text = "E1130 07:54:18.773748    4125 memcache.go:265] Unhandled Error"
    >>> [span.of(text) for span in pids(text)]
    ['4125']
    """
    yield from _groups(r"(?m)^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +(?!1 )(\d+) [\w.]+:\d+\]", Chance.PID, text)
    yield from _groups(r"\[pid \d+:tid (\d{2,})\]", Chance.PID, text)
    yield from _groups(r"\] (?!1#)(\d+#\d+): ", Chance.PID, text)
    yield from _groups(r"\[(?<![^\n]\[)\d+\] (\d{2,})(?![^\n])", Chance.PID, text)


def temporaries(text: str) -> Iterator[Span]:
    """Numbers in the names of temporary files, of network interfaces and of events.

    >>> [s.of(text) for text in ["/tmp/LIVE-2489112345/v1.Pod", "eth0@if12:"] for s in temporaries(text)]
    ['2489112345', '12']

    The size of a link is the length of the name that it leads to, which may have a digit less:

    >>> text = "lrwxrwxrwx  1 root root  31 Nov 28 10:00 ..data -> ..2026_11_28_10_00_00.123456789"
    >>> [span.of(text) for span in temporaries(text)]
    ['31']
    """
    for before in ("LIVE-", "MERGED-", "kubectl-edit-", "@if"):
        yield from _groups(rf"{before}(\d+)", Chance.RANDOM, text)
    yield from _groups(r"\.(?<=[a-z0-9]\.)([0-9a-f]{16})\b", Chance.RANDOM, text)
    yield from _groups(r"l[rwx-]{9}\S? +\d+ \S+ +\S+ +(\d+) [^\n]*-> \.\.\d{4}_", Chance.RANDOM, text)
    yield from _groups(r"tmp\.(?<=\btmp\.)(\w{10})\b", Chance.RANDOM, text)


NORMALIZERS: tuple[Normalizer, ...] = (
    tokens,
    progress,
    columns,
    unheaded,
    fields,
    resolved,
    identifiers,
    scalings,
    events,
    restarts,
    addresses,
    times,
    ages,
    durations,
    names,
    ports,
    disks,
    machines,
    pids,
    temporaries,
)
"""In order of precedence: of two spans that overlap, the one found first counts."""


def normalizers(asked: Question, *, mounts: bool) -> Iterator[Normalizer]:
    """What goes before `NORMALIZERS`, because of what was asked.

    In a page that does not speak of volumes (`mounts`), only the mount of a Pod's token can fail, when the
    kubelet tries it too early.
    """
    if asked.awaits:
        yield lambda text: _groups(r"(command terminated with exit code \d+)", Chance.PASSING, text)
    if asked.measured:
        yield lambda text: _groups(r"(?<![\d.])(\d+\.\d{6})(?![\d.])", Chance.DURATION, text)
    if asked.port:
        yield lambda text: _picked(r"\A(\d{5})\n?\Z", text)
    if asked.tallied:
        yield tallies
    if asked.itself and asked.counted:
        yield lambda text: _groups(r"(?ms)^ *(\d+)$(?!.*^ *\d+$)", Chance.COUNT, text)
    elif asked.itself:
        process = r"(?m)^ *((?:[a-z][\w+-]* +)?(?!1 )\d+ [^\n]*\bgrep\b[^\n]*)$"  # 1 was there before
        yield lambda text: _groups(process, Chance.PASSING, text)
    if asked.events:
        mount = r'FailedMount(?![^\n]{0,400}\bvolume \\?"(?!kube-api-access-))'
        reasons = "Pulling" if mounts else f"Pulling|{mount}"
        pattern = rf'(?<![\w-])(Pulling image \\?"[^"\n]*"|{reasons})(?![\w-])'
        yield lambda text: _by_chance(text, _groups(pattern, Chance.PASSING, text))


def tallies(text: str) -> Iterator[Span]:
    r"""How often each of several Pods answered: a Service sends each connection to one of them by lot.

    >>> one, other = "     19 web-7c5ddbdf54-x7k2p\n", "      3 web-7c5ddbdf54-b4d6f\n"
    >>> [span.of(one + other) for span in tallies(one + other)], list(tallies(one))
    (['19', '3'], [])
    """
    lines = re.finditer(r"^ *(\d+) (.*)$", text, re.MULTILINE)
    drawn = [line for line in lines if any(span.kind == Chance.POD for span in names(line[2]))]
    if len(drawn) > 1:
        yield from (Span(*line.span(1), Chance.TALLY) for line in drawn)


def count(text: str, *, none: bool) -> Iterator[Span]:
    """A number that is all of an output; 0 only where it is chance that there are `none`.

    >>> list(count(" 12 ", none=False)), list(count("0", none=False))
    ([Span(start=1, end=3, kind=<Chance.COUNT: 'count'>)], [])
    >>> list(count("7 seen.log", none=False))
    [Span(start=0, end=1, kind=<Chance.COUNT: 'count'>)]
    """
    return _groups(rf"\A\s*({'' if none else '(?!0)'}\d+)(?: \S+)?\s*\Z", Chance.COUNT, text)


def so_far(text: str) -> Iterator[Span]:
    r"""The numbers with which a program numbers its lines: each is higher than the one before.

    >>> logs = ["8: under way after 3 s\n17: there", "200 GET /\n200 GET /a\n500 GET /b"]
    >>> [[span.of(text) for span in so_far(text)] for text in logs]
    [['8', '17'], []]
    """
    found = list(_groups(r"(?m)^[^\w\n]*(\d{1,18})\b(?![-:/.]\d)", Chance.COUNT, text))
    numbers = [int(span.of(text)) for span in found]
    return iter(found if all(map(lt, numbers, numbers[1:])) else ())
