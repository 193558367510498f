"""What others write: the commands of a page, and the outputs that were typed for them.

Pages are read as CommonMark. A fence of shell has commands behind prompts, or on lines that begin with a
program; what else it has is output. A command that has none takes what the next fence or indented block
shows, where nothing but a sentence stands between them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import takewhile
from textwrap import dedent
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from preuve.errors import PageError, Where
from preuve.page.blocks import front_matter_length
from preuve.page.commands import PROMPT, commands
from preuve.page.syntax import UnreadableError, first
from preuve.page.verbs import LOCAL, LOOKS, SHELLS, WRAPPERS, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markdown_it.token import Token

SHELL = names("bash console sh shell shell-session sh-session shellsession terminal zsh")
"""The languages of fences that hold commands."""
SESSION = frozenset({"console", "shell-session", "sh-session", "shellsession", "terminal"})
"""Those in which a line behind ``# `` may be a command of root's, not a comment."""
PLAIN = frozenset({"", "none", "text", "txt", "plaintext", "output", "log"})
"""The languages of fences that hold outputs; without prompts, also a few commands."""
DATA = frozenset({"json", "yaml", "yml"})


CLOUD = names("aws az doctl eksctl gcloud gsutil ibmcloud linode-cli oci")
"""Programs that talk to somebody's cloud."""
ELSEWHERE = names("""
    ab ansible apt apt-get argocd brew cfssl cfssljson choco chocolatey cilium cmctl crictl ctr df dnf docker
    etcdctl flux free go helm hey ip iptables istioctl journalctl k k3d kind kubeadm kubectx kubelet kubens
    kustomize less make microk8s minikube more mount mysql nano node npm nsenter oc pip podman ps psql python
    python3 redis-cli scp skaffold snap ssh systemctl terraform top useradd vagrant velero vi vim yum
""")
"""Other programs that pages name."""
KNOWN = names("kubectl curl wget git for while if until source")
WORDS = names("[ : cut find history id read return set sort test type yes time command")
"""Programs whose names begin lines of outputs, too."""
PROGRAMS = (LOCAL | LOOKS | SHELLS | WRAPPERS | CLOUD | ELSEWHERE | KNOWN) - WORDS
"""By which a line without a prompt is known to be a command."""

_PROMPT = re.compile(
    r"(?:\(?[\w.-]+\)? )?"
    r"(?:\[?[\w.-]+@[\w.-]+(?:[: ][~/\w.-]*)?\]?|~?(?:/[\w.-]+)*|[\w.-]{2,15}:[~/][\w./-]*)? ?[$❯»] +"
)
"""Before a command: ``$ ``, ``~/src $ ``, ``me@host:~$ ``."""
_ROOT = re.compile(r"(?:\[?root@[\w.-]+(?:[: ][~/\w.-]*)?\]?)?# +(?=(\S+))")
_WITHIN = re.compile(
    r"(?:\[?\w+@[\w.-]+(?:[: ]?[~/][\w./-]*)?\]?|/[\w/.-]*|~|bash-[\d.]+|sh-[\d.]+) ?[#$] ?(?=\S)"
    r"|(?:mysql|postgres(?:=|-)?|redis|[\d.]+:6379|cqlsh|>>>|zk:)\S*> ?"
)
"""Before what is typed to a program that a command opened."""
_ASSIGNED = re.compile(r"(?:export +)?[A-Za-z_]\w*=(?:\S*$|\$\(|[\"'`])")
_CALLED = re.compile(r"(?:[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|\S*) +)*(?P<program>[\w./~-]+)(?=\s|$|;)")
_SIMPLE = re.compile(r"[a-z][a-z0-9_.-]*(?:\s+\S|$)(?!.*  )")
"""A line that may be a command of a program that nobody here knows."""
_WRITES = re.compile(r"(?<![0-9&>-])>>?\s*(?!&|/dev/null)[\w./$-]+\s*$")
"""A command whose output goes to a file."""
_DATA = re.compile(
    r"\s-o\s?|--output|--raw|\bcat\b.*\.(?:ya?ml|json)|curl|--dry-run|config view|create token"
)
"""A command that may answer in YAML or JSON."""
_FUNCTION = re.compile(r"(?:function )?\w+ ?\(\) ?\{")
_ANNOUNCED = re.compile(
    r"outputs?\b|similar|should (?:see|get|look|return|print|show)|you(?:'ll| will| can)? (?:see|get)"
    r"|response|results?\b|looks? like|prints?\b|returns?\b|displays?\b|shows?\b|reports?\b|\bsee\b",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"#?\s*(?:the )?(?:expected |sample |example )?(?:output|result|response)\b[^:]*:?|", re.IGNORECASE
)
"""A line that only says that an output follows, or says nothing."""
_LOOSE = re.compile(
    r"similar|something like|looks? like|resembl|for example|partial|excerpt|snippet|abbreviated|"
    r"relevant|truncated|includ|contain|at the bottom|part of|fragment",
    re.IGNORECASE,
)
_NAMED = re.compile(r"[\w./-]+\.(?:ya?ml|json)\b")
_TITLE = re.compile(r"""(?:title|filename|file|name)=["']?([\w./-]+)""")
_HEADED = re.compile(r"#\s*(?:file(?:name)?:\s*)?([\w./-]+\.ya?ml)\s*$")


DEEPEST = 9
"""Admonitions in one another, whose blocks are indented code for CommonMark; more than any page has."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command that somebody typed, and the output that they typed for it."""

    source: str
    where: Where
    output: tuple[str, ...] | None = None
    """Its lines; None if none was typed."""
    shown: Where | None = None
    """The first of them."""
    loose: bool = False
    """The page says that it is similar, or a part."""
    shared: int = 1
    """The output is of so many commands, this one the last, or of this one alone."""
    unread: str = ""
    """Why it is no command for the page's own shell."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A block of a page, and what was read in it."""

    first: int
    """Its first line, from 0; of a fence, its header."""
    end: int
    """The line after its last."""
    indented: bool
    """By four more columns than what is around it: it is no fence."""
    commands: range = range(0)
    """The numbers of the commands in it."""
    manifest: str = ""
    """The name that the page gives it. Without one, and without commands, it is an output."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A page of somebody's."""

    name: str
    typed: tuple[Typed, ...]
    manifests: Mapping[str, str] = field(default_factory=dict)
    """By the names that the page gives them."""
    pieces: tuple[Piece, ...] = ()
    """The blocks that are more than text, from the first to the last."""


@dataclass(slots=True)
class _Reader:
    name: str
    typed: list[Typed] = field(default_factory=list)
    manifests: dict[str, str] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)
    open: int = 0
    """How many of the last commands may still be given an output."""
    prose: str = ""
    """What was said since the last block."""
    paragraphs: int = 0
    within: bool = False
    """The last command opened a shell elsewhere."""

    def read(self, tokens: Sequence[Token], above: int, deep: int = 0) -> None:
        for token in tokens:
            line = (token.map[0] if token.map else 0) + above
            match token.type:
                case "heading_open":
                    self.open, self.prose, self.paragraphs = 0, "", 0
                case "inline":
                    self.prose += f"\n{token.content}"
                    self.paragraphs += 1
                case "fence":
                    piece = Piece(line, (token.map[1] if token.map else 0) + above, indented=False)
                    self._block(token.content, token.info, line + 1, piece)
                case "code_block":
                    if deep < DEEPEST and re.search(r"^\s*(```|~~~)", token.content, re.MULTILINE):
                        inside = MarkdownIt("commonmark").parse(dedent(token.content))
                        self.read(inside, line, deep + 1)
                    else:
                        piece = Piece(line, line + token.content.count("\n"), indented=True)
                        self._block(dedent(token.content), "", line, piece)

    def _block(self, content: str, info: str, line: int, piece: Piece) -> None:
        header = re.match(r"\{?\s*\.?([\w+-]*)", info)
        language = header[1].lower() if header else ""
        lines = content.removesuffix("\n").expandtabs(8).split("\n")
        lines = [each.rstrip() for each in lines]
        announced = bool(_ANNOUNCED.search(self.prose))
        if language in SHELL | PLAIN and (
            found := list(self._session(lines, language, line, announced=announced))
        ):
            self.pieces.append(replace(piece, commands=range(len(self.typed), len(self.typed) + len(found))))
            self.typed += found
            trailing = takewhile(lambda one: one.output is None, reversed(found))
            self.open = sum(1 for _ in trailing)
        elif self.open and self._shows(language, announced=announced):
            self._shown(lines, line)
            self.pieces.append(piece)
        elif language in DATA and (name := self._manifest(lines, info)):
            self.pieces.append(replace(piece, manifest=name))
        self.prose, self.paragraphs = "", 0

    def _shows(self, language: str, *, announced: bool) -> bool:
        """Whether a block may be the output of the commands before it."""
        source = self.typed[-1].source
        if _WRITES.search(source) or self.paragraphs > 3:
            return False
        if language in DATA:
            return announced and bool(_DATA.search(source))
        return language in SHELL or (language in PLAIN and (announced or not self.paragraphs))

    def _shown(self, lines: Sequence[str], line: int) -> None:
        """Take a block for the output of the commands before it."""
        self.typed[-1] = replace(
            self.typed[-1],
            output=tuple(lines),
            shown=Where(self.name, line + 1),
            loose=bool(_LOOSE.search(self.prose)),
            shared=self.open,
        )
        self.open = 0

    def _manifest(self, lines: Sequence[str], info: str) -> str:
        """Take a block for a file, if the page gives it a name; give that."""
        body = "\n".join(lines) + "\n"
        headed = _HEADED.match(lines[0])
        named = [headed[1]] if headed else _TITLE.findall(info) or _NAMED.findall(self.prose)
        name = str(named[-1]) if named else ""
        if name:
            self.manifests[name] = body
        return name

    def _session(self, lines: list[str], language: str, line: int, *, announced: bool) -> Iterator[Typed]:
        """The commands of a block, with the outputs in it; nothing if it has no command."""
        prompts = [_prompt(each, language) for each in lines]
        if any(prompts):
            marked = [
                PROMPT + each[len(prompt) :] if prompt else _hidden(each)
                for each, prompt in zip(lines, prompts, strict=True)
            ]
            yield from self._prompted(marked, line)
        elif inner := [number for number, each in enumerate(lines) if _WITHIN.match(each)]:
            if language not in PLAIN or self.within:
                for number in inner:
                    source = _WITHIN.sub("", lines[number], count=1)
                    yield Typed(source, Where(self.name, line + number + 1), unread="inside")
        elif (language in SHELL or _program(lines[0]) == "kubectl") and not self._is_output(
            lines, announced=announced
        ):
            yield from self._bare(lines, line)

    def _prompted(self, lines: Sequence[str], line: int) -> Iterator[Typed]:
        try:
            found = commands("\n".join(lines))
        except PageError as error:
            at = error.where.line if error.where else 0
            yield Typed(lines[at].removeprefix(PROMPT), Where(self.name, line + at + 1), unread="unreadable")
            return
        ends = [number for number, _ in found[1:]] + [len(lines)]
        for (number, source), end in zip(found, ends, strict=True):
            begin = number + source.count("\n") + 1
            yield self._with_output(
                source, number, [_shown_again(each) for each in lines[begin:end]], begin, line
            )

    def _with_output(self, source: str, number: int, output: list[str], begin: int, line: int) -> Typed:
        while output and (output[-1].startswith("# ") or not output[-1]):
            output.pop()
        while output and _SAYS.fullmatch(output[0]):
            output, begin = output[1:], begin + 1
        typed = Typed(source.strip(), Where(self.name, line + number + 1))
        if not output:
            return typed
        loose = bool(_LOOSE.search(self.prose))
        return replace(typed, output=tuple(output), shown=Where(self.name, line + begin + 1), loose=loose)

    def _is_output(self, lines: Sequence[str], *, announced: bool) -> bool:
        """Whether a block of shell without prompts is an output, or a file, as many write them."""
        if any(_program(each) in PROGRAMS and not _ASSIGNED.match(each.strip()) for each in lines):
            filled = [each for each in lines if each.strip() and not each.startswith("#")]
            return bool(self.open) and bool(filled) and not _begins(filled[0])
        unknown = [each for each in lines if each.strip() and not _ASSIGNED.match(each.strip())]
        return bool(unknown) and (announced or bool(self.open) or not _SIMPLE.match(unknown[0].strip()))

    def _bare(self, lines: Sequence[str], line: int) -> Iterator[Typed]:
        """Commands without prompts, and what stands between them."""
        at, last = 0, -1
        output: list[str] = []
        source = ""
        while at < len(lines):
            text = lines[at].strip()
            begins = _begins(text) or (not source and bool(_SIMPLE.match(text)))
            if text.startswith("#") or (not text and not output):
                at += 1
            elif begins:
                if source:
                    yield self._with_output(source, last, output, last + source.count("\n") + 1, line)
                output = []
                try:
                    source = first("\n".join([text, *lines[at + 1 :]]))
                except UnreadableError:
                    source = text
                last = at
                at += source.count("\n") + 1
            else:
                output.append(lines[at])
                at += 1
        if source:
            yield self._with_output(source, last, output, last + source.count("\n") + 1, line)


def read(name: str, markdown: str) -> Foreign:
    r"""Read a page.

    >>> page = read("p.md", "```sh\nkubectl get pods\n```\nThe output is similar:\n```\nNAME\n```\n")
    >>> [(one.source, one.output, str(one.shown), one.loose) for one in page.typed]
    [('kubectl get pods', ('NAME',), 'p.md:6', True)]
    """
    lines = markdown.removeprefix("\ufeff").split("\n")
    length = front_matter_length(lines)
    reader = _Reader(name)
    reader.read(MarkdownIt("commonmark").parse("\n".join([""] * length + lines[length:])), 0)
    return Foreign(name, tuple(reader.typed), reader.manifests, tuple(reader.pieces))


def _begins(line: str) -> bool:
    """Whether a line surely begins a command."""
    line = line.strip()
    return (
        _program(line) in PROGRAMS
        or line.startswith("./")
        or any(pattern.match(line) for pattern in (_ASSIGNED, _FUNCTION))
    )


def _program(line: str) -> str:
    """The program that a line calls, if it may be a command."""
    called = _CALLED.match(line.strip())
    return called["program"].rpartition("/")[2] if called else ""


def _prompt(line: str, language: str) -> str:
    """The prompt that a line begins with, of the page's own shell."""
    if match := _PROMPT.match(line.lstrip() if line.lstrip().startswith("$ ") else line):
        return line[: len(line) - len(line.lstrip())] * line.lstrip().startswith("$ ") + match[0]
    if language in SESSION and (match := _ROOT.match(line)) and match[1] in PROGRAMS:
        return match[0]
    return ""


def _hidden(line: str) -> str:
    """A line that is no command, though it may begin as one."""
    return "\u2060" + line if line.startswith(PROMPT) else line


def _shown_again(line: str) -> str:
    return line.removeprefix("\u2060")
