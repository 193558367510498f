"""What a command does to the cluster, told from its source: does it look at it, may it change it?

What is not known may do both: a command then waits for the cluster to settle when it need not have.

>>> reads("kubectl get pods | grep web"), changes("kubectl get pods | grep web")
(True, False)
>>> reads("kubectl delete pod web"), changes("kubectl delete pod web")
(False, True)
>>> reads("cd manifests && ls"), changes("cd manifests && ls")
(False, False)
>>> reads("./deploy.sh"), changes("./deploy.sh")
(True, True)
"""

from __future__ import annotations

import re
import shlex
from functools import reduce
from itertools import chain, dropwhile
from operator import or_
from typing import TYPE_CHECKING

from preuve.commands import split_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOCAL = _names("""
    [ [[ : alias awk base64 basename bg break cat cd chmod clear column continue cp cut date declare diff
    dirname done echo egrep esac exit export false fg fgrep fi find for grep head history id jobs jq kill ln
    local ls man md5sum mkdir mktemp mv nl paste popd printf ps pushd pwd read readonly return rev rm rmdir
    sed select seq set sha256sum shift shopt shuf sleep sort stat tac tail tee test touch tr trap true tty
    type typeset umask unalias uname uniq unset wc which whoami yes yq }
""")
"""Programs and words of the shell that never meet the cluster."""

RUNNERS = _names("awk find trap")
"""Those of them that run what an argument says."""

LOOKS = _names("dig getent host nc nslookup openssl ping redis-cli ss telnet traceroute")
"""Programs that talk to what runs in the cluster, and leave it as it is."""

WRAPPERS = _names("""
    ! command builtin do elif else env exec if nice nohup stdbuf sudo then time timeout until watch while
    xargs {
""")
"""Programs and words of the shell that run the command behind them."""

SHELLS = _names("bash dash sh")

LOCAL_VERBS = _names("""
    api-resources api-versions cluster-info completion config explain help kustomize options plugin version
""")
"""What kubectl does without a look at any object of the page."""

LOOKING_VERBS = _names("describe diff events get logs port-forward proxy top wait")
LOOKING_PAIRS = {
    ("auth", "can-i"),
    ("auth", "whoami"),
    ("cluster-info", "dump"),
    ("rollout", "history"),
    ("rollout", "status"),
}
"""What kubectl does without changing any."""

ORDERING_VERBS = _names("""
    annotate apply autoscale cordon create delete edit expose label patch replace rollout scale set taint
    uncordon
""")
"""What kubectl answers to in the same words whether the objects are at rest or not, if they are named."""

VALUED = _names("""
    --as --as-group --as-uid --cache-dir --certificate-authority --client-certificate --client-key --cluster
    --context --kubeconfig --kuberc --namespace --request-timeout --server --tls-server-name --token --user
    -n -s -v
""")
"""kubectl's options for every verb that take a value (``kubectl options``, 1.37)."""

_PUNCTUATION = "();<>|&\n"
_ARITHMETIC = re.compile(r"\$?\(\([^()]*\)\)")
_BACKTICKS = re.compile(r"`([^`]*)`")
_SUBSTITUTION = re.compile(r"\$\((.*)\)", re.DOTALL)
_ASSIGNMENT = re.compile(r"\w+\+?=")
_KUBECTL = re.compile(r"(?:.*/)?kubectl")
_FILENAME = re.compile(r"--(?:filename|kustomize)(?:=|$)|-[ARhitw]*[fk]=?")
_CHOOSES = re.compile(r"-l.*|--(?:all|selector|field-selector)(?:=.*)?")
_TALKS = re.compile(rf"\b(?:curl|kubectl|preuve|wget|{'|'.join(sorted(LOOKS))})\b")
_SOCKET = re.compile("/dev/(?:tcp|udp)/")
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_MANIFEST = re.compile(r"[\w./{}$-]+\.ya?ml\b")
_ARGUMENT = re.compile(r"-|\d|\w+=")


def reads(source: str) -> bool:
    """Tell whether what a command answers may depend on what runs in the cluster.

    Args:
        source: one shell command, of any shape.
    """
    return bool(_effects(source) & _LOOK)


def changes(source: str) -> bool:
    """Tell whether a command may change what runs in the cluster.

    Args:
        source: one shell command, of any shape.
    """
    return bool(_effects(source) & _CHANGE)


def given(source: str) -> Iterator[str]:
    """Yield what a command gives to kubectl with ``-f`` or ``-k``: names, folders, globs.

    >>> list(given("kubectl apply -f pod.yaml && kubectl get -o yaml --filename=./x/ -fb.yml"))
    ['pod.yaml', './x/', 'b.yml']
    >>> list(given("sed s/a/b/ pod.yaml | kubectl apply -f -")), list(given("kubectl apply -Rf {a,b}.yml"))
    (['pod.yaml'], ['a.yml', 'b.yml'])
    >>> list(given("kubectl --kubeconfig=x apply -k ."))
    ['.']
    >>> list(given("kubectl logs -f web; tail -f log"))
    []
    """
    for words in _calls(source):
        if "logs" in _verbs(words):  # there it is --follow
            continue
        for word, following in zip(words, [*words[1:], ""], strict=True):
            if found := _FILENAME.match(word):
                for name in _braced(word[found.end() :] or following):
                    yield from _MANIFEST.findall(source) if name == "-" else name.split(",")


def created(source: str) -> Iterator[tuple[str, str]]:
    """Yield the type and the name of each object that a command has kubectl make without a manifest.

    >>> list(created("kubectl create ns dev && kubectl -n dev create clusterrole reader --verb=get"))
    [('ns', 'dev'), ('clusterrole', 'reader')]
    """
    for words in _calls(source):
        match list(_verbs(words)):
            case ["create", kind, name, *_]:
                yield kind, name


def _calls(source: str) -> list[list[str]]:
    """Return the arguments of each kubectl in a source; none if a quote is left open."""
    try:
        commands = list(_commands(source))
    except ValueError:  # shlex
        return []
    found = (list(dropwhile(lambda word: not _KUBECTL.fullmatch(word), words)) for words in commands)
    return [words[1:] for words in found if words]


def _braced(word: str) -> Iterator[str]:
    """Yield what bash makes of the first braces of a word."""
    braces = _BRACES.search(word)
    if not braces:
        return iter((word,))
    before, after = word[: braces.start()], word[braces.end() :]
    return (f"{before}{each}{after}" for each in braces[1].split(","))


_NOTHING, _LOOK, _CHANGE = 0, 1, 2


def _effects(source: str) -> int:
    """Return what the parts of a command do, together."""
    if _SOCKET.search(source):
        return _LOOK | _CHANGE
    said = "\n".join(split_documents(source)[1])
    try:
        found = chain(_commands(source), *map(_commands, _SUBSTITUTION.findall(said)))
        return reduce(or_, map(_effect, found), _NOTHING)
    except ValueError:  # shlex: a quote is left open
        return _LOOK | _CHANGE


def _effect(words: Sequence[str]) -> int:
    words = list(dropwhile(_ASSIGNMENT.match, words))
    program, *rest = words or [""]
    program = program.rpartition("/")[2]
    if program in WRAPPERS:
        return _effect(list(dropwhile(_ARGUMENT.match, rest)))
    if program == "kubectl":
        return _kubectl(rest)
    if program in SHELLS and "-c" in rest[:-1]:
        return _effects(rest[rest.index("-c") + 1])
    if program == "eval":
        return _effects(" ".join(rest))
    runs = program in RUNNERS and any(map(_TALKS.search, rest))
    if not runs and (program in LOCAL or not program or words[0].startswith("#")):
        return _NOTHING
    return _LOOK if program in LOOKS else _LOOK | _CHANGE


def _kubectl(arguments: Sequence[str]) -> int:
    verbs = list(_verbs(arguments))
    looks = tuple(verbs[:2]) in LOOKING_PAIRS
    if not verbs or (verbs[0] in LOCAL_VERBS and not looks):
        return _NOTHING
    dry = any(each.startswith("--dry-run") and each != "--dry-run=none" for each in arguments)
    if looks or dry or verbs[0] in LOOKING_VERBS:
        return _LOOK
    named = verbs[0] in ORDERING_VERBS and not any(map(_CHOOSES.fullmatch, arguments))
    return _CHANGE if named else _LOOK | _CHANGE


def _verbs(arguments: Iterable[str]) -> Iterator[str]:
    """Yield the arguments that are no options, nor their values."""
    found = iter(arguments)
    for argument in found:
        if argument in VALUED:
            next(found, "")
        elif not argument.startswith("-"):
            yield argument


def _commands(source: str) -> Iterator[list[str]]:
    r"""Yield the words of each simple command in a source.

    >>> list(_commands("KUBE_EDITOR='sed -i s/a/b/' kubectl edit pod x 2>&1 | tail -1"))
    [['KUBE_EDITOR=sed -i s/a/b/', 'kubectl', 'edit', 'pod', 'x', '2'], ['tail', '-1']]
    >>> list(_commands("kubectl logs $(kubectl get pod -o name) --tail=1"))
    [['kubectl', 'get', 'pod', '-o', 'name'], ['kubectl', 'logs', '$', '--tail=1']]
    """
    source = split_documents(source)[0].replace("\\\n", " ")
    source = _BACKTICKS.sub(r"$(\1)", _ARITHMETIC.sub("0", source))
    lexer = shlex.shlex(source, posix=True, punctuation_chars=_PUNCTUATION)
    lexer.whitespace_split, lexer.commenters, lexer.whitespace = True, "", " \t\r"
    outer: list[list[str]] = []
    words: list[str] = []
    redirected = False
    for token in lexer:
        if not token or token.strip(_PUNCTUATION):
            for inner in _SUBSTITUTION.findall(token):
                yield from _commands(inner)
            if not redirected:
                words.append(token)
            redirected = False
            continue
        for sign in token:
            if sign == "(":
                outer.append(words)
                words = []
            elif sign == ")":
                yield words
                words = outer.pop() if outer else []
            elif sign in "<>":
                redirected = True
            elif not (redirected and sign == "&"):
                yield words
                words = []
            redirected = redirected and sign in "<>&"
    yield from [words, *outer]
