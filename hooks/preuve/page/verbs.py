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
from functools import reduce
from itertools import dropwhile
from operator import or_
from typing import TYPE_CHECKING

from preuve.page.syntax import parse, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def names(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


LOCAL = names("""
    [ : alias awk base64 basename bg break cat cd chmod clear column continue cp cut date declare diff dirname
    echo egrep exit export false fg fgrep find grep head history id jobs jq kill ln local ls man md5sum mkdir
    mktemp mv nl paste popd printf ps pushd pwd read readonly return rev rm rmdir sed seq set sha256sum shift
    shopt shuf sleep sort stat tac tail tee test touch tr trap true tty type typeset umask unalias uname uniq
    unset wc which whoami yes yq
""")
"""Programs that never meet the cluster."""

PLACING = names("cp mv")
"""Those of them that put a file elsewhere: where they put it is their last argument."""

RUNNERS = names("awk find trap")
"""Those of them that run what an argument says."""

LOOKS = names("dig getent host nc nslookup openssl ping redis-cli ss telnet traceroute")
"""Programs that talk to what runs in the cluster, and leave it as it is."""

WRAPPERS = names("""
    command builtin env exec nice nohup stdbuf sudo time timeout watch xargs
""")
"""Programs that run the command behind them."""

SHELLS = names("bash dash sh")

LOCAL_VERBS = names("""
    api-resources api-versions cluster-info completion config explain help kustomize options plugin version
""")
"""What kubectl does without a look at any object of the page."""

LOOKING_VERBS = names("describe diff events get logs port-forward proxy top wait")
LOOKING_PAIRS = {
    ("auth", "can-i"),
    ("auth", "whoami"),
    ("cluster-info", "dump"),
    ("rollout", "history"),
    ("rollout", "status"),
}
"""What kubectl does without changing any."""

MAKING_VERBS = names("apply create replace")
MAKING_PAIRS = {("auth", "reconcile")}
"""By which kubectl makes what a manifest says; by all others it looks at it, or takes it away."""

_MEMORY = names("edit-last-applied set-last-applied view-last-applied")
"""What ``kubectl apply`` does to its own notes, and to no object."""

REACHING_VERBS = names("attach cp debug exec")
"""What kubectl does inside of a container."""

ORDERING_VERBS = names("""
    annotate apply autoscale cordon create delete edit expose label patch replace rollout scale set taint
    uncordon
""")
"""What kubectl answers to in the same words whether the objects are at rest or not, if they are named."""

VALUED = names("""
    --as --as-group --as-uid --cache-dir --certificate-authority --client-certificate --client-key --cluster
    --context --kubeconfig --kuberc --namespace --request-timeout --server --tls-server-name --token --user
    -n -s -v
    --container --field-selector --for --label-columns --output --selector --since --sort-by --tail --template
    --types -L -c -l -o
""")
"""Options that take a value: those of every verb (``kubectl options``, 1.37), then those of some verbs."""

_KUBECTL = re.compile(r"(?:.*/)?kubectl")
_FILENAME = re.compile(r"--(?:filename|kustomize)(?:=|$)|-[ARhitw]*[fk]=?")
_KUSTOMIZE = re.compile(r"--kustomize(?:=|$)|-[ARhitw]*k")
_CHOOSES = re.compile(r"-l.*|--(?:all|selector|field-selector)(?:=.*)?")
_TALKS = re.compile(rf"\b(?:curl|kubectl|preuve|wget|{'|'.join(sorted(LOOKS))})\b")
_SOCKET = re.compile("/dev/(?:tcp|udp)/")
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_PROXIED = re.compile(r" (?:-p|--port)[= ]?(\d+)")
_PORT = re.compile(r"\d*:?\d+")
_MANIFEST = re.compile(r"[\w./{}$-]+\.ya?ml\b")
_ARGUMENT = re.compile(r"-|\d|\w+=")


def reads(source: str) -> bool:
    """Tell whether what a command answers may depend on what runs in the cluster."""
    return bool(_effects(source) & _LOOK)


def changes(source: str) -> bool:
    """Tell whether a command may change what runs in the cluster."""
    return bool(_effects(source) & _CHANGE)


def reaches(source: str) -> bool:
    """Tell whether a command may do something to a program in a container: tell it to end, say.

    >>> [reads(each) and reaches(each) for each in ("kubectl exec web -- kill 1", "kubectl scale --all")]
    [True, False]
    """
    return bool(_effects(source) & _REACH)


def deletes(source: str) -> bool:
    """Tell whether a command deletes something: what comes of that depends on what it has come to.

    >>> deletes("kubectl delete pvc data"), deletes("kubectl delete pod web --dry-run=client")
    (True, False)
    """
    return any(map(_deletes, calls(source)))


def makes(source: str) -> bool:
    """Tell whether a command may change something in another way than that it deletes it.

    >>> makes("kubectl delete pod a && kubectl delete pod b"), makes("kubectl delete pod a; ./deploy.sh")
    (False, True)
    """
    if not deletes(source):
        return changes(source)
    return any(
        _effect(words) & _CHANGE and not any(map(_deletes, _call(words))) for words in _commands(source)
    )


def given(source: str) -> Iterator[str]:
    """Yield what a command has kubectl make, given with ``-f`` or ``-k``: names, folders, globs.

    A manifest that is only looked at, compared, deleted or tried in a dry run is not yielded.

    >>> list(given("kubectl apply -f pod.yaml && kubectl create -o yaml --filename=./x/ -fb.yml"))
    ['pod.yaml', './x/', 'b.yml']
    >>> list(given("sed s/a/b/ pod.yaml | kubectl apply -f -")), list(given("kubectl apply -Rf {a,b}.yml"))
    (['pod.yaml'], ['a.yml', 'b.yml'])
    >>> list(given("kubectl --kubeconfig=x apply -k ."))
    ['.']
    >>> list(given("kubectl get -f a.yml; kubectl delete -f a.yml; kubectl apply -f a.yml --dry-run=server"))
    []
    """
    for words in calls(source):
        if not _makes(words):
            continue
        for word, following in zip(words, [*words[1:], ""], strict=True):
            if found := _FILENAME.match(word):
                for name in _braced(word[found.end() :] or following):
                    yield from _MANIFEST.findall(source) if name == "-" else name.split(",")


def kustomizes(source: str) -> bool:
    """Tell whether a command has kubectl make what a kustomization says, which takes from other folders too.

    >>> kustomizes("kubectl apply -k prod"), kustomizes("kubectl apply -f k"), kustomizes("kubectl diff -k .")
    (True, False, False)
    """
    return any(_makes(words) and any(map(_KUSTOMIZE.match, words)) for words in calls(source))


def placed(source: str) -> Iterator[tuple[str, str]]:
    """Yield each file that a command copies or moves, and where to.

    >>> list(placed("mkdir base && mv web.yaml service.yaml base/; cp -p base/web.yaml x.yaml"))
    [('web.yaml', 'base/'), ('service.yaml', 'base/'), ('base/web.yaml', 'x.yaml')]
    """
    for program, *arguments in filter(None, _commands(source)):
        names = [each for each in arguments if not each.startswith("-")]
        if program in PLACING:
            yield from ((name, names[-1]) for name in names[:-1])


def _makes(arguments: Sequence[str]) -> bool:
    """Tell whether kubectl makes what a manifest says."""
    verbs = tuple(operands(arguments))
    makes = verbs[:1] and verbs[0] in MAKING_VERBS and not _MEMORY & {*verbs[1:2]}
    return bool(makes or verbs[:2] in MAKING_PAIRS) and not _dry(arguments)


def _deletes(arguments: Sequence[str]) -> bool:
    return next(operands(arguments), "") == "delete" and not _dry(arguments)


def _dry(arguments: Iterable[str]) -> bool:
    """Tell whether kubectl only says what it would do."""
    return any(each.startswith("--dry-run") and each != "--dry-run=none" for each in arguments)


def created(source: str) -> Iterator[tuple[str, str]]:
    """Yield the type and the name of each object that a command has kubectl make without a manifest.

    >>> list(created("kubectl create ns dev && kubectl -n dev create clusterrole reader --verb=get"))
    [('ns', 'dev'), ('clusterrole', 'reader')]
    """
    for words in calls(source):
        match list(operands(words)):
            case ["create", kind, name, *_]:
                yield kind, name


def listens(source: str) -> Iterator[str]:
    """Yield the ports of the page's own machine on which a command listens for sure, unless it ends before.

    Of programs that can serve only these are known: ``kubectl port-forward``, ``kubectl proxy``, and Python's
    ``http.server``. A port that is left to chance is empty.

    >>> list(listens("kubectl port-forward svc/web 8080:80 :443 9090 >/dev/null 2>&1 &"))
    ['8080', '', '9090']
    >>> list(listens("kubectl proxy --port=8002")), list(listens("kubectl proxy; python3 -m http.server 80"))
    (['8002'], ['80', '8001'])
    >>> list(listens("kubectl get pods -w &"))
    []
    """
    for words in _commands(source):
        if "http.server" in words:
            yield next(iter(words[words.index("http.server") + 1 :]), "8000")
    for words in calls(source, defined=False):
        match list(operands(words)):
            case ["port-forward", *targets]:
                yield from (each.partition(":")[0] for each in targets if _PORT.fullmatch(each))
            case ["proxy", *_]:
                port = _PROXIED.search(" ".join(words))
                yield (port[1] if port else "8001").removeprefix("0")


def awaits(source: str) -> bool:
    """Tell whether a command has the shell wait for a job.

    >>> awaits("wait %1; echo $?"), awaits("kubectl wait --for=delete pod/web")
    (True, False)
    """
    return any(words[:1] in (["wait"], ["fg"]) for words in _commands(source))


def waits_for_cluster(source: str) -> bool:
    """Tell whether a command waits for what the cluster does by itself.

    >>> sources = ["kubectl wait pod/web", "kubectl rollout status deploy/web", "kubectl get pods; sleep 20"]
    >>> [waits_for_cluster(source) for source in [*sources, "kubectl rollout history deploy/web"]]
    [True, True, True, False]
    """
    verbs = [tuple(operands(words))[:2] for words in calls(source)]
    slept = any(words[:1] == ["sleep"] for words in _commands(source))
    return slept or any(each[:1] == ("wait",) or each == ("rollout", "status") for each in verbs)


def only_starts(source: str) -> bool:
    """Tell whether a command does nothing itself, but put something in the background.

    >>> only_starts("kubectl get pods -w 2>&1 &"), only_starts("(sleep 1; echo late) && date &")
    (True, True)
    >>> only_starts("echo now; date &"), only_starts("date & wait"), only_starts("ls &> names")
    (False, False, False)
    """
    found = parse(source) or ()
    return len(found) == 1 and found[0].background


def calls(source: str, *, defined: bool = True) -> Iterator[list[str]]:
    r"""Yield the arguments of each kubectl in a source; if `defined`, also in functions that it only defines.

    >>> list(calls("A=$(kubectl get pod x -o name) && kubectl delete $A \\\n  --now | cat"))
    [['get', 'pod', 'x', '-o', 'name'], ['delete', '$A', '--now']]
    """
    for words in _commands(source, defined=defined):
        yield from _call(words)


def _call(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the arguments of a simple command's kubectl, if it is one."""
    if found := list(dropwhile(lambda word: not _KUBECTL.fullmatch(word), words)):
        yield found[1:]


def operands(arguments: Iterable[str]) -> Iterator[str]:
    """Yield the arguments of a kubectl that are no options, nor their values; its verb comes first.

    What a container is to run is none of them.

    >>> list(operands(["-n", "dev", "exec", "web", "-c", "app", "-it", "--", "ls", "-l"]))
    ['exec', 'web']
    """
    found = iter(arguments)
    for argument in found:
        if argument == "--":
            return
        if argument in VALUED:
            next(found, "")
        elif not argument.startswith("-"):
            yield argument


def _commands(source: str, *, defined: bool = False) -> Iterator[list[str]]:
    """Yield the words of each simple command in a source."""
    for command in walk(source, defined=defined):
        if not command.keyword:
            yield [word.text for word in command.words]


def _braced(word: str) -> Iterator[str]:
    """Yield what bash makes of the first braces of a word."""
    braces = _BRACES.search(word)
    if not braces:
        return iter((word,))
    before, after = word[: braces.start()], word[braces.end() :]
    return (f"{before}{each}{after}" for each in braces[1].split(","))


_NOTHING, _LOOK, _CHANGE, _REACH = 0, 1, 2, 4
_ALL = _LOOK | _CHANGE | _REACH


def _effects(source: str) -> int:
    """Return what the parts of a command do, together."""
    if _SOCKET.search(source) or parse(source) is None:
        return _ALL
    return reduce(or_, map(_effect, _commands(source)), _NOTHING)


def _effect(words: Sequence[str]) -> int:
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
    if not runs and (program in LOCAL or not program):
        return _NOTHING
    return _LOOK if program in LOOKS else _ALL


def _kubectl(arguments: Sequence[str]) -> int:
    verbs = list(operands(arguments))
    looks = tuple(verbs[:2]) in LOOKING_PAIRS
    if not verbs or (verbs[0] in LOCAL_VERBS and not looks):
        return _NOTHING
    if looks or _dry(arguments) or verbs[0] in LOOKING_VERBS:
        return _LOOK
    if verbs[0] in REACHING_VERBS:
        return _ALL
    named = verbs[0] in ORDERING_VERBS and not any(map(_CHOOSES.fullmatch, arguments))
    return _CHANGE if named else _LOOK | _CHANGE
