"""Shell source as a tree, read as bash reads it.

The names are those of POSIX (2.9, Shell Commands) and of bash's manual (3.2). The reader knows what begins,
joins and closes commands; of what is wrong otherwise it makes something, since bash will refuse it.

No library does that. Of the 77 sources of `tests/page/test_commands.py`, all of which bash takes,
tree-sitter-bash 0.25.1 refuses 6, and takes 7 of their 100 unfinished beginnings for finished; shfmt 4.2.0,
a process of 10 ms each, refuses 5. What is unfinished they tell from what is wrong by a message's wording, or
not at all.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, NoReturn, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

_BLANKS = re.compile(r"(?:[ \t]|\\\n)*")
_COMMENT = re.compile(r"#.*")
_REDIRECTION = re.compile(r"(?:\d+|\{\w+\})?(?P<operator>&>>?|<<<|<<-?|<(?!\()[&>]?|>(?!\()[>&|]?)")
_CONTROL = re.compile(r"&&|\|[|&]?|;;&|;[;&]?|[&()\n]")
_SIGN = re.compile(rf"{_CONTROL.pattern}|[<>](?!\()")
_EMPTY_PARENTHESES = re.compile(r"[ \t]*\([ \t]*\)")
_IN = re.compile(r"in(?=[\s;\\])")
_PLAIN = re.compile(r"[^ \t\n;&|()<>\\'\"$`]+")
_PLAIN_IN_QUOTES = re.compile(r"[^\"\\$`]+")
_PLAIN_IN_BRACES = re.compile(r"[^}\\'\"$`]+")
_PLAIN_IN_ARITHMETIC = re.compile(r"[^()\\'\"$`]+")
_PLAIN_IN_DOCUMENT = re.compile(r"[^\\$`]+")
_SINGLE_QUOTES = re.compile(r"'[^']*'")
_ANSI_QUOTES = re.compile(r"\$'(?:[^'\\]|\\.)*'", re.DOTALL)
_BACKTICKS = re.compile(r"`(?:[^`\\]|\\.)*`", re.DOTALL)
_ESCAPED = re.compile(r"\\([$`\\])")
_DOLLARS = re.compile(r"\$\$?")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=")
_OPENER = re.compile(r"<<-?[ \t]*\S+|[a-z]+|\$[({']|&&|\|\||\(\(|\[\[|.", re.DOTALL)

_CLOSERS = {"if": "fi", "while": "done", "until": "done", "for": "done", "select": "done", "{": "}"}
_LEADERS = frozenset({"then", "else", "elif", "do", "!", "time", "-p", "coproc"})
"""Reserved words that a command follows, and the option of ``time``."""
_CASE_ENDS = frozenset({";;", ";&", ";;&", "esac"})


class UnreadableError(Exception):
    """Bash would ask for more lines, or the source is nested too deep.

    Args:
        message: which of them, and what to do.
        line: of the source, from 0: where that stands which is left open.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class Word:
    """A word, which may be several or none once bash has expanded it."""

    source: str
    """As it is typed."""
    text: str
    """Without its quotes. Expansions stand in it as they are typed."""
    substitutions: tuple[List, ...] = ()
    """What is run to expand it."""


NO_WORD = Word("", "")


@dataclass(slots=True)
class Redirection:
    """Where a command's input comes from, or where its output goes."""

    operator: str
    target: Word
    """Behind ``<<``: what ends the here-document."""
    substitutions: tuple[List, ...]
    document: str = ""
    """The lines of a here-document."""


@dataclass(frozen=True, slots=True)
class ShellCommand:
    """A simple command, a compound one, or the definition of a function, which runs none of its body."""

    keyword: str = ""
    """What a compound one begins with: ``for``, ``(``, ``[[``; ``function``, in either form."""
    assignments: tuple[Word, ...] = ()
    words: tuple[Word, ...] = ()
    """Those of a compound one stand in its head."""
    redirections: tuple[Redirection, ...] = ()
    body: List = ()


@dataclass(frozen=True, slots=True)
class AndOr:
    """Commands that ``|``, ``&&`` and ``||`` join."""

    commands: tuple[ShellCommand, ...]
    background: bool
    """It ends with ``&``."""


List: TypeAlias = tuple[AndOr, ...]


@lru_cache(maxsize=1024)
def parse(source: str) -> List | None:
    r"""Read all of a source, which may end where a here-document should; None if nobody can read it.

    >>> [(len(each.commands), each.background) for each in parse("cd x && make | tail -1; sleep 9 &")]
    [(3, False), (1, True)]
    >>> [word.text for one in walk("echo 'a b' c\\d $e") for word in one.words]
    ['echo', 'a b', 'cd', '$e']
    """
    with suppress(UnreadableError):
        return _Reader(source, whole=True).all()
    return None


def walk(source: str, *, defined: bool = True) -> Iterator[ShellCommand]:
    """Every command of a source, also in substitutions and here-documents; what is within one comes first.

    With `defined`, also those of functions' bodies, which a definition does not run.

    >>> ["".join(word.text for word in one.words[:1]) for one in walk("(a $(b) <<<`c`); f() { d; }")]
    ['b', 'c', 'a', '', 'd', '', 'f']
    """
    return _walk(parse(source) or (), defined=defined)


def first(source: str) -> str:
    r"""The lines of a source that bash reads before it runs any.

    Raises:
        UnreadableError: it would ask for more, or it is nested too deep.

    >>> first("cat <<EOF\na\nEOF\ndate")
    'cat <<EOF\na\nEOF'
    """
    return _Reader(source).first()


def finished(source: str) -> bool:
    r"""Whether bash would run what was typed so far, or ask for more of it.

    >>> [finished(source) for source in ("ls", "ls \\", "cat <<EOF", "cat <<EOF\nEOF", "for i in 1; do")]
    [True, False, False, True, False]
    """
    try:
        first(source)
    except UnreadableError:
        return False
    return True


def _walk(commands: List, *, defined: bool) -> Iterator[ShellCommand]:
    for command in (one for each in commands for one in each.commands):
        words: tuple[Word | Redirection, ...] = (*command.assignments, *command.words)
        for part in words + command.redirections:
            for inner in part.substitutions:
                yield from _walk(inner, defined=defined)
        if defined or command.keyword != "function":
            yield from _walk(command.body, defined=defined)
        yield command


class _Reader:
    """Reads a source from its beginning.

    Args:
        source: of the shell.
        whole: nothing follows it: a here-document may end with it.
    """

    def __init__(self, source: str, *, whole: bool = False) -> None:
        self._text = f"{source}\n"
        self._whole = whole
        self._at = 0
        self._awaited: list[tuple[int, Redirection]] = []
        """Here-documents whose lines are still to come, and where they were asked for."""
        self._substituted: list[List] = []
        """What the substitutions run of the word that is read."""
        self._subshells: set[int] = set()
        """Where two parentheses open that are no arithmetic."""

    def first(self) -> str:
        self._line()
        return self._text[: self._at - 1]

    def all(self) -> List:
        found: List = ()
        while self._at < len(self._text):
            found += self._line()
        return found

    def substitutions(self) -> tuple[List, ...]:
        """What is run to expand a here-document's lines; bash reads it no sooner than it runs the command."""
        with suppress(UnreadableError):
            while self._at < len(self._text):
                self._inside(_PLAIN_IN_DOCUMENT, 0, in_quotes=True)
        return tuple(filter(None, self._substituted))

    def _line(self) -> List:
        try:
            return self._list({"\n"}, len(self._text) - 2)[0]
        except RecursionError:
            raise UnreadableError("this command is nested too deep to be read: make it simpler", 0) from None

    def _list(self, closers: Collection[str], start: int) -> tuple[List, str]:
        """Read commands up to one of the signs and words that close them; with it."""
        found: list[AndOr] = []
        commands: list[ShellCommand] = []
        while True:
            command, sign = self._command(closers, start)
            commands += [command] if command else []
            if sign in {"|", "|&", "&&", "||"}:
                self._space(self._at - len(sign))
                continue
            found += [AndOr(tuple(commands), sign == "&")] if commands else []
            commands = []
            if sign in closers:
                return tuple(found), sign

    def _command(self, closers: Collection[str], start: int) -> tuple[ShellCommand | None, str]:
        """Read a command, if there is one, and what ends it: a sign, or a word that closes the list."""
        at, word = self._beginning(start)
        if word.source in closers:
            return None, word.source
        if word.source == "function" or (word.source and self._skip(_EMPTY_PARENTHESES)):
            return self._function(word, closers, at)
        compound = self._compound(word.source, at)
        words = [word] if word.source and not compound else []
        redirections: list[Redirection] = []
        while True:
            self._blanks(start)
            if redirection := self._redirection():
                redirections.append(redirection)
            elif sign := self._skip(_CONTROL):
                break
            elif compound:  # `then` may follow, with no sign between them
                sign = ";"
                break
            else:
                words.append(self._word())
        if sign == "\n":
            self._read_documents()
        if compound:
            return replace(compound, redirections=tuple(redirections)), sign
        assignments = tuple(takewhile(lambda word: _ASSIGNMENT.match(word.source), words))
        simple = ShellCommand("", assignments, tuple(words[len(assignments) :]), tuple(redirections))
        return simple if words or redirections else None, sign

    def _beginning(self, start: int) -> tuple[int, Word]:
        """Read a command's first word, which is empty where a sign stands; and where it begins."""
        while True:
            self._blanks(start)
            at = self._at
            word = NO_WORD if _REDIRECTION.match(self._text, at) else self._word()
            if word.source not in _LEADERS:
                return at, word

    def _function(self, word: Word, closers: Collection[str], start: int) -> tuple[ShellCommand, str]:
        """Read a function's definition from behind its first word."""
        if word.source == "function":
            self._skip(_BLANKS)
            word = self._word()
            self._skip(_EMPTY_PARENTHESES)
        self._space(start)
        body, sign = self._command(closers, start)
        commands = (AndOr((body,), background=False),) if body else ()
        return ShellCommand("function", words=(word,), body=commands), sign

    def _compound(self, keyword: str, start: int) -> ShellCommand | None:
        """Read what a reserved word opens, or a parenthesis."""
        if not keyword and self._take("("):
            condition = self._word(lambda: self._arithmetic(start))
            if condition.source:
                return ShellCommand("((", words=(condition,))
            return ShellCommand("(", body=self._list({")"}, start)[0])
        if keyword in _CLOSERS:
            words = self._loop(start) if keyword in {"for", "select"} else ()
            return ShellCommand(keyword, words=words, body=self._list({_CLOSERS[keyword]}, start)[0])
        if keyword == "[[":
            return ShellCommand(keyword, words=self._words("]]", start)[0])
        return self._case(start) if keyword == "case" else None

    def _loop(self, start: int) -> tuple[Word, ...]:
        """Read a loop's variable, and the words that it stands for."""
        self._skip(_BLANKS)
        if self._take("("):
            return (self._word(lambda: self._arithmetic(start)),)
        words = [self._word()]
        self._space(start)
        if not self._skip(_IN):
            return tuple(words)
        while words[-1].source:
            self._blanks(start)
            words.append(self._word())
        return tuple(words[:-1])

    def _case(self, start: int) -> ShellCommand:
        self._space(start)
        words: tuple[Word, ...] = (self._word(),)
        body: List = ()
        self._space(start)
        self._word()
        while True:
            self._space(start)
            self._take("(")
            patterns, closer = self._words(")", start, "esac")
            words += patterns
            if closer == ")":
                commands, closer = self._list(_CASE_ENDS, start)
                body += commands
            if closer == "esac":
                return ShellCommand("case", words=words, body=body)

    def _words(self, closer: str, start: int, first: str = "") -> tuple[tuple[Word, ...], str]:
        """Read words, and signs, up to what closes them, or to the first one if it is `first`."""
        words: list[Word] = []
        while True:
            self._space(start)
            sign = self._skip(_SIGN)
            word = NO_WORD if sign else self._word()
            if (sign or word.source) in {closer, first}:
                return tuple(words), sign or word.source
            words += [word] if word.source else []
            first = ""

    def _redirection(self) -> Redirection | None:
        found = _REDIRECTION.match(self._text, self._at)
        if not found:
            return None
        self._at = found.end()
        self._skip(_BLANKS)
        target = self._word()
        redirection = Redirection(found["operator"], target, target.substitutions)
        if redirection.operator in {"<<", "<<-"}:
            self._awaited.append((found.start("operator"), redirection))
        return redirection

    def _word(self, read: Callable[[], str] | None = None) -> Word:
        """Read a word; it is empty where there is none."""
        start, around = self._at, self._substituted
        self._substituted = []
        text = read() if read else self._parts()
        substituted, self._substituted = self._substituted, around
        return Word(self._text[start : self._at], text, tuple(filter(None, substituted)))

    def _parts(self) -> str:
        start, text = self._at, ""
        while True:
            text += self._skip(_PLAIN)
            following = self._text[self._at : self._at + 2]
            if following[:1] and following[:1] in "\\'\"$`":
                text += self._quoted()
            elif following in {"<(", ">("}:
                text += self._substitution(self._at)
            elif following[:1] == "(" and self._text.endswith("=", start, self._at):
                text += self._array()
            else:
                return text

    def _array(self) -> str:
        start = self._at
        self._at += 1
        words, _ = self._words(")", start)
        self._substituted += (each for word in words for each in word.substitutions)
        return self._text[start : self._at]

    def _quoted(self, *, in_quotes: bool = False) -> str:
        """Read one thing that begins with a quoting character or a dollar; what it says, without quotes."""
        start = self._at
        sign = self._text[start]
        if sign == "$":
            return self._dollar(in_quotes=in_quotes)
        if sign == "\\":
            self._at += 2
            escaped = self._text[start + 1 : self._at]
            if escaped == "\n":
                return ""
            return escaped if not in_quotes or escaped in '$`"\\' else f"\\{escaped}"
        if sign == '"':
            text = ""
            self._at += 1
            while not self._take('"'):
                text += self._inside(_PLAIN_IN_QUOTES, start, in_quotes=True)
            return text
        found = self._skip(_SINGLE_QUOTES if sign == "'" else _BACKTICKS) or self._fail(start)
        if sign == "'":
            return found[1:-1]
        with suppress(UnreadableError):  # which bash tells when it runs them
            self._substituted.append(_Reader(_ESCAPED.sub(r"\1", found[1:-1]), whole=True).all())
        return found

    def _dollar(self, *, in_quotes: bool) -> str:
        start = self._at
        if not in_quotes and self._text.startswith('$"', start):
            self._at += 1
            return self._quoted()
        if not in_quotes and self._text.startswith("$'", start):
            return (self._skip(_ANSI_QUOTES) or self._fail(start))[2:-1]
        if self._take("${"):
            while not self._take("}"):
                self._inside(_PLAIN_IN_BRACES, start)
        elif self._take("$("):
            if not self._arithmetic(start):
                self._substitution(start)
        else:
            self._skip(_DOLLARS)
        return self._text[start : self._at]

    def _substitution(self, start: int) -> str:
        """Read commands in parentheses; the here-documents of the line around them come after."""
        around, self._awaited = self._awaited, []
        self._at = self._text.index("(", start) + 1
        self._substituted.append(self._list({")"}, start)[0])
        self._awaited = around + self._awaited
        return self._text[start : self._at]

    def _inside(self, plain: re.Pattern[str], start: int, *, in_quotes: bool = False) -> str:
        """Read a step of what was opened at `start`: plain characters, or one quoted thing."""
        if self._at >= len(self._text):
            self._fail(start)
        return self._skip(plain) or self._quoted(in_quotes=in_quotes)

    def _arithmetic(self, start: int) -> str:
        """Read ``((…))`` from its second parenthesis; nothing if this is a subshell in a subshell."""
        begin, count = self._at, len(self._substituted)
        if begin in self._subshells or not self._take("("):
            return ""
        depth = 1
        while depth:
            if self._take("("):
                depth += 1
            elif self._take(")"):
                depth -= 1
            else:
                self._inside(_PLAIN_IN_ARITHMETIC, start)
        if self._take(")"):
            return self._text[start : self._at]
        self._subshells.add(begin)
        self._at = begin
        del self._substituted[count:]
        return ""

    def _blanks(self, start: int) -> None:
        """Go to the next word or sign of this line; something follows, or what began at `start` is open."""
        self._skip(_BLANKS)
        self._skip(_COMMENT)
        if self._at >= len(self._text):
            self._fail(start)

    def _space(self, start: int) -> None:
        """Go to the next word or sign, on this line or on one of the next."""
        self._blanks(start)
        while self._take("\n"):
            self._read_documents()
            self._blanks(start)

    def _read_documents(self) -> None:
        for start, each in self._awaited:
            quoted = each.target.source != each.target.text
            lines: list[str] = []
            joined = False
            while (end := self._text.find("\n", self._at)) >= 0:
                line = self._text[self._at : end].lstrip("\t" * (each.operator == "<<-"))
                self._at = end + 1
                if line == each.target.text and not joined:
                    break
                lines.append(f"{line}\n")
                joined = not quoted and (len(line) - len(line.rstrip("\\"))) % 2 == 1
            else:
                if not self._whole:
                    self._fail(start)
            each.document = "".join(lines)
            if not quoted:
                each.substitutions = _Reader(each.document).substitutions()
        self._awaited.clear()

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return match[0] if match else ""

    def _take(self, sign: str) -> bool:
        found = self._text.startswith(sign, self._at)
        self._at += len(sign) * found
        return found

    def _fail(self, start: int) -> NoReturn:
        line = self._text.count("\n", 0, start)
        self._at = start
        opener = self._skip(_OPENER)
        raise UnreadableError(
            f"this command never ends: `{opener}` is left open: finish it, or quote it", line
        )
