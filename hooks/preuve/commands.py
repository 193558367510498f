"""The commands of a console fence: where each begins, and where bash takes it for finished."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from preuve.errors import PageError, Where

if TYPE_CHECKING:
    from collections.abc import Iterable

PROMPT = "$ "
MARK = "> "
"""What bash prints before a line that goes on (its ``PS2``)."""

_BLANKS = re.compile(r"(?:[ \t]|\\\n)*")
_COMMENT = re.compile(r"#.*")
_OPERATOR = re.compile(r"&&|\|[|&]?|;;&|;[;&]?|&>>|&>|<<[<-]?|<[&>(]?|>[&>|(]?|[&()]")
_EMPTY_PARENTHESES = re.compile(r"[ \t]*\([ \t]*\)")
_PLAIN = re.compile(r"[^ \t\n;&|()<>\\'\"$`]+")
_PLAIN_IN_QUOTES = re.compile(r"[^\"\\$`]+")
_PLAIN_IN_BRACES = re.compile(r"[^}\\'\"$`]+")
_PLAIN_IN_ARITHMETIC = re.compile(r"[^()\\'\"$`]+")
_SINGLE_QUOTES = re.compile(r"'[^']*'")
_ANSI_QUOTES = re.compile(r"\$'(?:[^'\\]|\\.)*'", re.DOTALL)
_BACKTICKS = re.compile(r"`(?:[^`\\]|\\.)*`", re.DOTALL)
_QUOTING = re.compile(r"\\(.)|['\"]")
_OPENER = re.compile(r"<<-?[ \t]*\S+|[a-z]+|\$[({']|&&|\|\||\(\(|\[\[|.", re.DOTALL)

_CLOSER = {"if": "fi", "while": "done", "until": "done", "for": "done", "select": "done", "{": "}"}
_LEADERS = frozenset({"then", "else", "elif", "do", "!", "time", "coproc"})
"""Reserved words that a command follows."""
_CASE_ENDS = frozenset({";;", ";&", ";;&", "esac"})


def commands(body: str) -> tuple[tuple[int, str], ...]:
    r"""Find the commands of a console fence, in order; its other lines are output.

    A command begins with ``$ `` and goes on while bash would. When all its further lines carry ``> ``, as a
    terminal shows them, the mark is not part of it; else they are taken as they are.

    Returns:
        For each command, its line of the body, from 0, and its source.

    Raises:
        PageError: a command is not finished; its place is the body's line, from 0, of what is still open.

    >>> commands("$ echo \\\n> one\none\n$ cat <<EOF\n$ two\nEOF\n$ two")
    ((0, 'echo \\\none'), (3, 'cat <<EOF\n$ two\nEOF'), (6, 'two'))
    """
    lines = body.split("\n")
    found = []
    number = 0
    while number < len(lines):
        first = lines[number].removeprefix(PROMPT)
        if first == lines[number] or not first.strip():
            number += 1
            continue
        source = _command(first, lines[number + 1 :], number)
        found.append((number, source))
        number += source.count("\n") + 1
    return tuple(found)


def finished(source: str) -> bool:
    r"""Whether bash would run what was typed so far, or ask for more of it.

    >>> [finished(source) for source in ("ls", "ls \\", "cat <<EOF", "cat <<EOF\nEOF", "for i in 1; do")]
    [True, False, False, True, False]
    """
    try:
        _Reader(source.split("\n")).command()
    except _UnfinishedError:
        return False
    return True


def split_documents(source: str) -> tuple[str, tuple[str, ...]]:
    r"""Part shell code from the lines of its here-documents.

    Returns:
        What is left, and what each of them says, in order.

    >>> split_documents("kubectl apply -f - <<EOF && ls\nkind: Pod\nEOF\ndate")
    ('kubectl apply -f - <<EOF && ls\ndate', ('kind: Pod\n',))
    """
    if "<<" not in source:
        return source, ()
    reader = _Reader(source.split("\n"))
    with suppress(_UnfinishedError):
        reader.commands()
    code, at = "", 0
    text = source + "\n"
    for start, (end, _) in reader.documents.items():
        code += text[at:start]
        at = end
    return (code + text[at:]).removesuffix("\n"), tuple(said for _, said in reader.documents.values())


def _command(first: str, more: list[str], number: int) -> str:
    marked = takewhile(lambda line: line.startswith(MARK) or line == MARK.rstrip(), more)
    try:
        return _Reader([first, *(line[len(MARK) :] for line in marked)]).command()
    except _UnfinishedError:
        pass
    try:
        return _Reader([first, *more]).command()
    except _UnfinishedError as unfinished:
        raise PageError(
            f"this command never ends: `{unfinished.opener}` is left open: finish it, or quote it",
            Where("", number + unfinished.line),
        ) from None


class _UnfinishedError(Exception):
    def __init__(self, opener: str, line: int) -> None:
        super().__init__(opener)
        self.opener = opener
        self.line = line


class _Document(NamedTuple):
    """A here-document whose lines are still to come."""

    start: int
    end: str
    quoted: bool
    tabs: bool


class _Reader:
    """Reads shell code as far as its first command goes.

    It knows what opens and what closes, and nothing more: bash says what else is wrong.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._text = "\n".join(lines) + "\n"
        self._at = 0
        self._documents: list[_Document] = []
        self.documents: dict[int, tuple[int, str]] = {}
        """Those that were read: where each begins, where it ends, and what it says."""

    def command(self) -> str:
        """The source of the first command, all its lines."""
        self._list({"\n"}, len(self._text) - 2)
        return self._text[: self._at - 1]

    def commands(self) -> None:
        """Read all there are."""
        while self._at < len(self._text):
            self._list({"\n"}, len(self._text) - 2)

    def _list(self, closers: Iterable[str], start: int) -> str:
        """Read commands up to one of the signs and words that close them, and give it."""
        begins = True
        while True:
            self._skip(_BLANKS)
            at = self._at
            if at == len(self._text):
                self._fail(start)
            if self._take("\n"):
                self._read_documents()
                begins = True
                if "\n" in closers:
                    return "\n"
            elif self._skip(_COMMENT):
                pass
            elif operator := _OPERATOR.match(self._text, at):
                self._at = operator.end()
                if operator[0] in closers:
                    return operator[0]
                begins = self._operator(operator[0], at, begins=begins)
            else:
                word = self._word()
                if begins and word in closers:
                    return word
                begins = self._keyword(word, at) if begins else False
                if self._skip(_EMPTY_PARENTHESES):
                    self._space(at)
                    begins = True

    def _operator(self, sign: str, at: int, *, begins: bool) -> bool:
        """Read what a sign opens; whether a command may begin after it."""
        if sign in {"&&", "||", "|", "|&"}:
            self._space(at)
            return True
        if sign == "(" and begins:
            if not self._arithmetic(at):
                self._list({")"}, at)
            return True
        if sign in {"<(", ">(", "("}:
            self._substitution(at)
            return False
        if sign in {"<<", "<<-"}:
            self._skip(_BLANKS)
            word = self._word()
            end = _QUOTING.sub(r"\1", word)
            self._documents.append(_Document(at, end, quoted=end != word, tabs=sign == "<<-"))
            return False
        return sign[0] in ";&" and sign not in {"&>", "&>>"}

    def _substitution(self, start: int) -> None:
        """Read commands up to a parenthesis; the here-documents of the line around them come after."""
        around, self._documents = self._documents, []
        self._list({")"}, start)
        self._documents = around + self._documents

    def _keyword(self, word: str, at: int) -> bool:
        """Read what a reserved word opens; whether a command may begin after it."""
        if word in _LEADERS:
            return True
        if word in _CLOSER:
            if word in {"for", "select"}:
                self._skip(_BLANKS)
                if not (self._take("(") and self._arithmetic(at)):
                    self._word()
            self._list({_CLOSER[word]}, at)
        elif word == "case":
            self._case(at)
        elif word == "[[":
            self._words("]]", at)
        elif word == "function":
            self._skip(_BLANKS)
            self._word()
            self._skip(_EMPTY_PARENTHESES)
            self._space(at)
        else:
            return False
        return True

    def _case(self, start: int) -> None:
        self._space(start)
        self._word()
        self._space(start)
        self._word()
        while True:
            self._space(start)
            self._take("(")
            if self._words(")", start, "esac") == "esac" or self._list(_CASE_ENDS, start) == "esac":
                return

    def _words(self, closer: str, start: int, first: str = "") -> str:
        """Read words and signs up to the one that closes them, or to the first one if it is `first`."""
        while True:
            self._space(start)
            if operator := _OPERATOR.match(self._text, self._at):
                found = operator[0]
                self._at = operator.end()
                if found in {"<(", ">("}:
                    self._substitution(operator.start())
            else:
                found = self._word()
            if found in {closer, first}:
                return found
            first = ""

    def _word(self) -> str:
        start = self._at
        while True:
            self._skip(_PLAIN)
            following = self._text[self._at : self._at + 1]
            if following and following in "\\'\"$`":
                self._quoted()
            elif following == "(" and self._text.endswith("=", start, self._at):
                self._at += 1
                self._words(")", self._at - 1)
            else:
                return self._text[start : self._at]

    def _quoted(self, *, in_quotes: bool = False) -> None:
        """Read one thing that begins with a quoting character or a dollar."""
        start = self._at
        sign = self._text[start]
        if sign == "$":
            self._dollar(in_quotes=in_quotes)
        elif sign == "\\":
            self._at += 2
        elif sign == '"':
            self._at += 1
            while not self._take('"'):
                self._inside(_PLAIN_IN_QUOTES, start, in_quotes=True)
        elif not self._skip(_SINGLE_QUOTES if sign == "'" else _BACKTICKS):
            self._fail(start)

    def _dollar(self, *, in_quotes: bool) -> None:
        start = self._at
        if self._take("${"):
            while not self._take("}"):
                self._inside(_PLAIN_IN_BRACES, start)
        elif self._take("$("):
            if not self._arithmetic(start):
                self._substitution(start)
        elif in_quotes or not self._text.startswith("$'", start):
            self._at += 1
        elif not self._skip(_ANSI_QUOTES):
            self._fail(start)

    def _inside(self, plain: re.Pattern[str], start: int, *, in_quotes: bool = False) -> None:
        """Read a step of what was opened at `start`: plain characters, or one quoted thing."""
        if self._at >= len(self._text):
            self._fail(start)
        if not self._skip(plain):
            self._quoted(in_quotes=in_quotes)

    def _arithmetic(self, start: int) -> bool:
        """Read ``((…))`` from its second parenthesis; nothing if this is a subshell in a subshell."""
        begin = self._at
        if not self._take("("):
            return False
        depth = 1
        while depth:
            if self._take("("):
                depth += 1
            elif self._take(")"):
                depth -= 1
            else:
                self._inside(_PLAIN_IN_ARITHMETIC, start)
        if self._take(")"):
            return True
        self._at = begin
        return False

    def _space(self, start: int) -> None:
        """Go to where the next word or sign is, which must come, on this line or on one of the next."""
        while True:
            self._skip(_BLANKS)
            if self._take("\n"):
                self._read_documents()
            elif self._at >= len(self._text):
                self._fail(start)
            elif not self._skip(_COMMENT):
                return

    def _read_documents(self) -> None:
        for document in self._documents:
            joined = False
            start, said = self._at, ""
            while True:
                end = self._text.find("\n", self._at)
                if end < 0:
                    self._fail(document.start)
                line = self._text[self._at : end]
                self._at = end + 1
                if document.tabs:
                    line = line.lstrip("\t")
                if line == document.end and not joined:
                    self.documents[start] = self._at, said
                    break
                said += f"{line}\n"
                joined = not document.quoted and (len(line) - len(line.rstrip("\\"))) % 2 == 1
        self._documents.clear()

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match is not None

    def _take(self, sign: str) -> bool:
        found = self._text.startswith(sign, self._at)
        self._at += len(sign) * found
        return found

    def _fail(self, start: int) -> NoReturn:
        opener = _OPENER.match(self._text, start)
        raise _UnfinishedError(opener[0] if opener else "\\", self._text.count("\n", 0, start))
