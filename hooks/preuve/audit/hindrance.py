"""Why a command of somebody's page cannot be run here: told before it is run, or from what came of it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from preuve.audit.pages import CLOUD
from preuve.page.syntax import parse, walk
from preuve.page.verbs import calls, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preuve.transcript import Exchange


class Reason(StrEnum):
    """What kind of reason it is."""

    PLACEHOLDER = "placeholder"
    """Something in it is for the reader to fill in."""
    NETWORK = "network"
    """It asks for something on the Internet."""
    INTERACTIVE = "interactive"
    """Somebody would have to type."""
    ENDLESS = "endless"
    """It does not end by itself."""
    INSIDE = "inside"
    """It is typed to a program that a command before it opened."""
    CLOUD = "cloud"
    """It talks to somebody's cloud."""
    TOOL = "tool"
    """A program is not installed."""
    IMAGE = "image"
    """A container's image is not there."""
    FILE = "file"
    """A file that the page names is not there."""
    ADDON = "add-on"
    """It asks for what not every cluster has."""
    ELSEWHERE = "elsewhere"
    """It tells facts of another cluster: nodes, versions, its own Pods."""
    RIGHTS = "rights"
    """The page's own namespace does not allow it."""
    FOLLOWS = "follows"
    """A command before it could not be run."""
    ABSENT = "absent"
    """It is about an object that the page does not make."""
    AGAIN = "again"
    """It makes what the page has made before: it is another way to the same."""
    MOVING = "moving"
    """The page shows a moment before all is at rest."""
    UNREADABLE = "unreadable"
    """Nobody can tell where the command ends."""


class Hindrance(NamedTuple):
    """A reason."""

    cause: Reason
    what: str
    """In words, for a person."""


_PLACEHOLDER = re.compile(
    r"(?<![<\w])<(?!\()(?:[A-Za-z][\w .,:/-]*|\.\.\.)>|\{\{[<%].*?[>%]\}\}|\[[A-Z][A-Z_-]+\]|…"
    r"|\b(?:YOUR|MY|REPLACE)[_-][A-Z_-]+\b|\$\{?(?:YOUR|MY)_\w+|(?:^|\s)\.\.\.(?=\s|$)"
    r"|\b(?:your|my)-(?:pod|namespace|cluster|node)-name\b"
)
_URL = re.compile(r"https?://(?P<host>[^\s/:\"'$)]+)")
_NEAR = re.compile(r"localhost|[\d.]+|[^.]*|.*\.svc(?:\..*)?|.*\.(?:default|local|internal|example)")
_EDITORS = names("emacs htop less more mysql nano psql ssh tmux top vi vim watch")
_INSTALLERS = names("apt apt-get brew choco dnf npm pip pip3 snap yum")
_SHELL = re.compile(
    r"(?:/(?:usr/)?bin/)?(?:bash|sh|ash|zsh)|mysql.*|psql|redis-cli|python3?|cqlsh|mongo|busybox"
)


def before(source: str) -> Hindrance | None:
    """Why a command cannot be run, from what is typed.

    >>> before("kubectl describe pod <pod-name>").what
    'placeholder <pod-name>'
    >>> before("kubectl get pods -w").cause, before("kubectl get pods")
    (<Reason.ENDLESS: 'endless'>, None)
    """
    code = re.sub(r"<<-?\s*['\"]?(\w+)['\"]?.*?^\s*\1$", "", source, flags=re.DOTALL | re.MULTILINE)
    if blank := _PLACEHOLDER.search(code):
        return Hindrance(Reason.PLACEHOLDER, f"placeholder {blank[0].strip()}")
    if parse(source) is None:
        return Hindrance(Reason.UNREADABLE, "this shell source has no end")
    words = [[word.text for word in one.words] for one in walk(source) if not one.keyword]
    found = (_program(each) for each in words)
    asked = (_called(call, source) for call in calls(source))
    return next((one for one in (*found, _fetched(code, words), *asked) if one), None)


def _program(words: list[str]) -> Hindrance | None:
    """What the program of a command would need."""
    program = words[0].rpartition("/")[2] if words else ""
    if program in CLOUD:
        return Hindrance(Reason.CLOUD, f"cloud: {program}")
    if {*words[:2]} & _INSTALLERS:
        return Hindrance(Reason.NETWORK, f"no network: {' '.join(words[:3])}")
    if program in _EDITORS:
        return Hindrance(Reason.INTERACTIVE, f"{program} waits for somebody to type")
    return None


def _fetched(code: str, words: list[list[str]]) -> Hindrance | None:
    """Which host of the Internet a command would ask."""
    fetches = any(
        each[:1] in (["curl"], ["wget"]) or each[:2] in (["git", "clone"], ["helm", "repo"]) for each in words
    )
    given = {word.partition("=")[0] for call in calls(code) for word in call}
    if not fetches and not given & {"-f", "--filename", "-k"}:
        return None
    hosts = (match["host"] for match in _URL.finditer(code))
    far = next((host for host in hosts if not _NEAR.fullmatch(host)), None)
    return Hindrance(Reason.NETWORK, f"no network: {far}") if far else None


def opens(source: str) -> bool:
    """Whether a command opens a shell, or such, in which what follows is typed.

    >>> opens("kubectl exec -it web -- /bin/bash"), opens("kubectl exec -it web -- ls")
    (True, False)
    """
    return any(_opens(call) for call in calls(source))


def _opens(call: list[str]) -> bool:
    short = "".join(word[1:] for word in call if re.fullmatch("-[it]+", word))
    long = {word.partition("=")[0] for word in call}
    types = ("i" in short or "--stdin" in long) and ("t" in short or "--tty" in long)
    if not types or not {"exec", "run", "attach", "debug"} & set(call[:4]):
        return False
    if "--" in call:
        last = call[call.index("--") + 1 :]
        return not last or (len(last) < 3 and bool(_SHELL.fullmatch(last[0])) and "-c" not in last)
    return "-c" not in call[-2:] and bool(
        _SHELL.fullmatch(call[-1]) or {"attach", "debug"} & set(call) or "run" in call
    )


def _called(call: list[str], source: str) -> Hindrance | None:
    """What of a kubectl would never end."""
    options = {word.partition("=")[0] for word in call if word.startswith("-")}
    verb = next((word for word in call if not word.startswith("-")), "")
    if _opens(call):
        return Hindrance(Reason.INTERACTIVE, "it opens a shell, at which somebody would type")
    if verb == "edit" and "EDITOR=" not in source:
        return Hindrance(Reason.INTERACTIVE, "kubectl edit opens an editor")
    if "&" in source.rstrip()[-1:] or "timeout " in source:
        return None
    watches = (verb == "get" and {"-w", "--watch", "--watch-only"} & options) or (
        verb == "logs" and {"-f", "--follow"} & options
    )
    endless = watches or verb in {"port-forward", "proxy"}
    return Hindrance(Reason.ENDLESS, f"kubectl {verb} does not end by itself") if endless else None


_AFTER = tuple(
    (cause, re.compile(pattern, re.MULTILINE), words)
    for cause, pattern, words in (
        (Reason.TOOL, r"([\w./+-]+): (?:command not found|No such file or directory)$", "tool {}"),
        (
            Reason.FILE,
            r"(?:path|open|reading|access) [\"']?([^\"':\s]+)[\"']?.*(?:does not exist|[Nn]o such file)",
            "no file {}",
        ),
        (
            Reason.NETWORK,
            r"(?:Could not resolve host: |lookup |resolve host address ['‘])([\w.-]+)",
            "no host {} here",
        ),
        (Reason.FILE, r"^\w+: '?([^':\s]+)'?: No such file or directory", "no file {}"),
        (Reason.FILE, r"unable to find one of '(kustomization\.yaml)'", "no file {}"),
        (Reason.AGAIN, r"(AlreadyExists|already exists)", "the page made it before: {}"),
        (Reason.FOLLOWS, r"(POD or TYPE/NAME is a required argument)", "a variable is empty: {}"),
        (Reason.ADDON, r"(Metrics API not available)", "{}: no metrics-server"),
        (Reason.ADDON, r"the server doesn't have a resource type \"(\S+)\"", "nothing here serves {}"),
        (
            Reason.ADDON,
            r"no matches for kind \"\w+\" in version \"([\w-]+\.(?!k8s\.io)[\w.-]+/\w+)\"",
            "nothing here serves {}",
        ),
        (
            Reason.PLACEHOLDER,
            r"(?:Failed|failed|Unable|unable) to connect to (?!127|0\.)(\d+\.\d+\.\d+\.\d+)",
            "an address that chance gave elsewhere: {}",
        ),
        (Reason.RIGHTS, r"(violates PodSecurity|\(Forbidden\)|is forbidden: User)", "rights: {}"),
        (Reason.IMAGE, r"(ErrImagePull|ImagePullBackOff|ErrImageNeverPull)", "an image is not there: {}"),
    )
)
"""What an output tells of a hindrance, and how to say it."""


def after(exchange: Exchange, typed: str) -> Hindrance | None:
    """Why a command came to something else than it would elsewhere, from what it answered."""
    if exchange.exit == 137 and exchange.seconds > 20:
        return Hindrance(Reason.ENDLESS, f"it did not end within {exchange.seconds:.0f} s")
    for cause, pattern, words in _AFTER:
        found = pattern.search(exchange.output)
        if not found or found[0] in typed or (cause == Reason.TOOL and exchange.exit not in {126, 127}):
            continue
        if cause == Reason.TOOL and found[1] in CLOUD:
            return Hindrance(Reason.CLOUD, f"cloud: {found[1]}")
        return Hindrance(cause, words.format(found[1]))
    return None


_IMAGE = re.compile(r"""(?:\bimage["']?:\s*|--image[= ])["']?(?P<image>[\w./:@-]+)""")
_SET = re.compile(r"""\bset image\b.*?\s\S+?=(?P<image>[\w./:@-]+)""")


def images(text: str) -> Iterator[str]:
    """The images that a command or a manifest names.

    >>> list(images("kubectl run x --image=nginx:1.14.2")), list(images("  - image: 'redis'"))
    (['nginx:1.14.2'], ['redis'])
    """
    yield from (match["image"] for pattern in (_IMAGE, _SET) for match in pattern.finditer(text))


_FACTS = re.compile(
    r"\b(?:no|nodes?)\b|cluster-info|\bversion\b|\bconfig\b|storageclass(?:es)?|\bsc\b|kube-(?:system|public|dns)"
    r"|--all-namespaces|\s-A\b|componentstatus|\bevents?\b|api-(?:versions|resources)|\bpv\b|top "
    r"|raw /|\b(?:get|describe) (?:ns|namespaces?)\s*$|ip a|uname|hostname|whoami|\benv\b|\bid\b"
)


_MOVING = re.compile(
    r"ContainerCreating|PodInitializing|Terminating|^Waiting for |\b0 Running / [1-9]\d* Waiting",
    re.MULTILINE,
)


def moving(typed: str) -> Hindrance | None:
    """Whether a page shows a moment that passes: commands are run here when all is at rest.

    >>> moving("web 0/1 ContainerCreating 0 2s").cause
    <Reason.MOVING: 'moving'>
    """
    if found := _MOVING.search(typed):
        return Hindrance(Reason.MOVING, f"the page shows a moment that passes: {found[0].strip()}")
    return None


_GENERATED = re.compile(
    r"\b[a-z][a-z0-9-]*-(?:[0-9a-f]{8,10}-[a-z0-9]{5}|[bcdfghjklmnpqrstvwxz2456789]{5})\b"
)
_NOT_FOUND = re.compile(r"NotFound\): (?P<kind>[\w.]+) \"(?P<name>[^\"]+)\" not found")


def absent(output: str, made: str) -> Hindrance | None:
    """Whether a command is about an object that the page did not make.

    Args:
        output: what it answered.
        made: what the page ran before to make something, commands and manifests.

    >>> absent('Error from server (NotFound): pods "web" not found', "kubectl run api --image=nginx").what
    'the page makes no pods "web"'
    """
    if "No resources found" in output and not made:
        return Hindrance(Reason.ABSENT, "the page makes nothing before")
    found = _NOT_FOUND.search(output)
    if not found or re.search(rf"(?<![\w-]){re.escape(found['name'])}(?![\w-])", made):
        return None
    if _GENERATED.search(found["name"]):
        return Hindrance(Reason.PLACEHOLDER, f"a name that chance gave elsewhere: {found['name']}")
    return Hindrance(Reason.ABSENT, f'the page makes no {found["kind"]} "{found["name"]}"')


def unset(source: str, others: str) -> Hindrance | None:
    """Whether a command takes a variable that the page never sets: the reader is to.

    >>> unset("kubectl logs ${POD_NAME}", "ls").what, unset("echo $HOME $A", "A=1")
    ('placeholder $POD_NAME', None)
    """
    code = re.sub(r"<<-?\s*['\"]?(\w+)['\"]?.*?^\s*\1$|'[^']*'", "", source, flags=re.DOTALL | re.MULTILINE)
    for name in re.findall(r"(?<!\\)\$\{?([A-Z][A-Z0-9_]+)\b", code):
        if name not in {"HOME", "PATH", "PWD", "USER"} and not re.search(
            rf"\b{name}=|read\s+{name}|for {name} ", f"{source}\n{others}"
        ):
            return Hindrance(Reason.PLACEHOLDER, f"placeholder ${name}")
    return None


def elsewhere(source: str) -> Hindrance | None:
    """Why another cluster may well answer otherwise: it is asked about itself.

    >>> elsewhere("kubectl get nodes").cause, elsewhere("kubectl get pods")
    (<Reason.ELSEWHERE: 'elsewhere'>, None)
    """
    found = _FACTS.search(source.partition("\n")[0].replace("StorageClass", "storageclass"))
    return Hindrance(Reason.ELSEWHERE, f"it tells of another cluster: {found[0].strip()}") if found else None
