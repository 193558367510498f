r"""YAML that somebody wrote: mkdocs.yml, a manifest, a kubeconfig. Read without what its tags name.

>>> read("cluster: exclusive\nkey: !ENV KEY\n")
{'cluster': 'exclusive', 'key': None}
"""

from __future__ import annotations

import os
import reprlib
from typing import TYPE_CHECKING, Any

import yaml
from yaml.constructor import ConstructorError
from yaml.reader import ReaderError

if TYPE_CHECKING:
    from collections.abc import Callable


class MappingError(ValueError):
    """It is not YAML: why, and at which line, from 1."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


class Loader(yaml.SafeLoader):
    """Makes None of what a tag of others names, and tells a value that is none at its line."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401
        """See `yaml.constructor.BaseConstructor`."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError, AttributeError, LookupError, OverflowError):  # 2026-02-30, `!!int x`
            kind = node.tag.rpartition(":")[2]
            raise ConstructorError(None, None, f"this is no {kind}", node.start_mark) from None


Loader.add_multi_constructor("", lambda *_: None)


class ConfigurationLoader(Loader):
    """For mkdocs.yml alone, in which ``!ENV`` names variables; in a page it could tell a secret."""


def _variable(loader: ConfigurationLoader, node: yaml.Node) -> Any:  # noqa: ANN401 - YAML
    """What ``!ENV NAME`` and ``!ENV [NAME, OTHER, default]`` stand for, as MkDocs has it."""
    listed = list(node.value) if isinstance(node, yaml.SequenceNode) else [node]
    default = listed.pop() if len(listed) > 1 else None
    for name in listed:
        if (value := os.environ.get(str(name.value))) is not None:
            tag = loader.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
            return loader.construct_object(yaml.ScalarNode(tag, value, node.start_mark, node.end_mark))
    return default and loader.construct_object(default, deep=True)


ConfigurationLoader.add_constructor("!ENV", _variable)


def read(text: str, kind: type[Loader] = Loader) -> dict[object, Any]:
    """The mapping that a text is; empty if it is anything else.

    >>> read("docs_dir: !ENV [PREUVE_NO_SUCH_VARIABLE, docs]", ConfigurationLoader)
    {'docs_dir': 'docs'}

    Raises:
        MappingError: it is not YAML.
    """
    found = _attempt(text, lambda loader: loader.get_single_data(), kind)
    return found if isinstance(found, dict) else {}


def documents(text: str) -> list[Any]:
    """What the documents of a text are.

    Raises:
        MappingError: one of them is not YAML.
    """
    found: list[Any] = _attempt(
        text, lambda loader: [loader.get_data() for _ in iter(loader.check_data, False)]
    )
    return found


def line(text: str, *names: str) -> int:
    """The line on which a mapping has what some names lead to, from 1; 0 if it has no such thing.

    Raises:
        MappingError: it is not YAML.
    """
    return next(iter(lines(text, *names)), 0)


def lines(text: str, *names: str) -> list[int]:
    r"""Each of them: a name may stand in a mapping twice, and the last one counts; or in those of a list.

    >>> lines("a: {b: 1}\na:\n  c: 1\n  b: 2\n", "a", "b")
    [1, 4]
    >>> lines("a:\n- c\n- b: 1\n", "a", "b")
    [3]

    Raises:
        MappingError: it is not YAML.
    """
    found = [(0, _attempt(text, lambda loader: loader.get_single_node()))]
    for name in names:
        found = [
            (key.start_mark.line + 1, value)
            for _, node in found
            for each in (node.value if isinstance(node, yaml.SequenceNode) else [node])
            if isinstance(each, yaml.MappingNode)
            for key, value in each.value
            if key.value == name
        ]
    return [number for number, _ in found]


def node(text: str, name: str) -> yaml.Node | None:
    """What a mapping has under a name, with its places in the text; None if it has no such thing.

    Raises:
        MappingError: it is not YAML.
    """
    found = _attempt(text, lambda loader: loader.get_single_node())
    pairs = found.value if isinstance(found, yaml.MappingNode) else []
    return next((value for key, value in pairs if key.value == name), None)


def shown(value: object) -> str:
    """A value for a message: short, also where YAML's aliases make it endless."""
    short = reprlib.Repr()
    short.maxlevel = 2
    return short.repr(value)


def _attempt(text: str, ask: Callable[[Loader], Any], kind: type[Loader] = Loader) -> Any:  # noqa: ANN401
    try:
        return ask(kind(text))
    except RecursionError:
        raise MappingError("it is nested too deeply", 1) from None
    except ReaderError as error:
        why = f"the character U+{error.character:04X} is not allowed"
        raise MappingError(why, text.count("\n", 0, error.position) + 1) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise MappingError(str(error.problem), mark.line + 1 if mark else 1) from None
