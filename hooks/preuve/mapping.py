r"""YAML that somebody wrote: mkdocs.yml, a manifest, a kubeconfig. Read without what its tags name.

>>> read("cluster: exclusive\nkey: !ENV KEY\n")
{'cluster': 'exclusive', 'key': None}
"""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

import yaml
from yaml.constructor import ConstructorError
from yaml.reader import ReaderError

if TYPE_CHECKING:
    from collections.abc import Callable


class MappingError(ValueError):
    """It is not YAML.

    Args:
        why: in a few words.
        line: of the text, from 1.
    """

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


def read(text: str) -> dict[object, Any]:
    """The mapping that a text is; empty if it is anything else.

    Raises:
        MappingError: it is not YAML.
    """
    found = _attempt(text, lambda loader: loader.get_single_data())
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
    node = _attempt(text, lambda loader: loader.get_single_node())
    number = 0
    for name in names:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = next(((key, value) for key, value in pairs if key.value == name), None)
        if found is None:
            return 0
        number, node = found[0].start_mark.line + 1, found[1]
    return number


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


def _attempt(text: str, ask: Callable[[Loader], Any]) -> Any:  # noqa: ANN401 - YAML
    try:
        return ask(Loader(text))
    except RecursionError:
        raise MappingError("it is nested too deeply", 1) from None
    except ReaderError as error:
        why = f"the character U+{error.character:04X} is not allowed"
        raise MappingError(why, text.count("\n", 0, error.position) + 1) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise MappingError(str(error.problem), mark.line + 1 if mark else 1) from None
