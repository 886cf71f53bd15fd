"""Values of documents that strangers wrote: YAML whose anchors cannot make it large, and texts that can be written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeVar

import yaml

MAX_VALUES: Final = 400_000
"""Values in a document, each as often as it is used: an anchor of YAML can stand for many."""
_Value = TypeVar("_Value")


class Unbounded(ValueError):  # noqa: N818 - it describes a text
    """Why a document is read no further."""


_TAG: Final = "tag:yaml.org,2002:"
_PLAIN: Final = (
    ("null", r"~|null|Null|NULL|", ("", *"~nN")),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("merge", r"<<", "<"),
)
"""What stands without quotes and is no text in YAML 1.2: tag, pattern and the characters that it begins with."""


class BoundedLoader(yaml.SafeLoader):
    """YAML 1.2, to which ``no``, ``12:30`` and ``2026-01-15`` are texts.

    Refuses what anchors and merged maps would make too large, before anything of it is made.

    Raises:
        Unbounded: it is too large, or an anchor stands in itself.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - of the class

    def get_single_node(self) -> yaml.Node | None:
        """The document, whose anchors are not filled in yet."""
        node: yaml.Node | None = super().get_single_node()
        if node is not None and _size(node, {}) > MAX_VALUES:
            raise Unbounded(f"with what its anchors stand for, it holds more than {MAX_VALUES} values")
        return node

    def whole_number(self, node: yaml.ScalarNode) -> int:
        """Its value; zeros before it mean nothing."""
        return int(node.value, 0 if node.value[:2] in {"0o", "0x"} else 10)


for _name, _pattern, _first in _PLAIN:
    BoundedLoader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(f"(?:{_pattern})$"), list(_first))
BoundedLoader.add_constructor(f"{_TAG}int", BoundedLoader.whole_number)


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Values of a node, each as often as it is used."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in known:
        known[id(node)] = -1
        inner = [child for pair in node.value for child in (pair if isinstance(pair, tuple) else (pair,))]
        known[id(node)] = 1 + sum(_size(child, known) for child in inner)
    if known[id(node)] < 0:
        raise Unbounded("an anchor stands in itself")
    return known[id(node)]


def whole(value: _Value) -> _Value:
    """The value itself, if all of its texts can be written.

    Raises:
        Unbounded: a text holds half a character, as JSON can say it.
    """
    if isinstance(value, str):
        half = next((char for char in value if "\ud800" <= char <= "\udfff"), None)
        if half is not None:
            raise Unbounded(f"a text holds \\u{ord(half):x}, which is half a character")
    elif isinstance(value, Mapping):
        for name, child in value.items():
            whole(name)
            whole(child)
    elif isinstance(value, list):
        for child in value:
            whole(child)
    return value
