"""Small mistakes in source code, made in its syntax tree: one set of them for all languages.

The grammars are those of tree-sitter, which name the same things much the same way in every language. What a mistake
makes unreadable is no mutant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any, Final

from gradekit.checks import statements
from gradekit.checks.mutants import UNCHANGED, NotParsedError
from gradekit.checks.mutants import mutants as of_query
from gradekit.errors import Problem, UsageError

GRAMMARS: Final[Mapping[str, tuple[str, str]]] = {
    ".py": ("tree_sitter_python", "language"),
    ".js": ("tree_sitter_javascript", "language"),
    ".mjs": ("tree_sitter_javascript", "language"),
    ".cjs": ("tree_sitter_javascript", "language"),
    ".java": ("tree_sitter_java", "language"),
    ".rb": ("tree_sitter_ruby", "language"),
    ".php": ("tree_sitter_php", "language_php"),
    ".go": ("tree_sitter_go", "language"),
}
"""By suffix of a file, the module of its grammar and the function in it."""
_SWAPS: Final = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">",
    "==": "!=", "!=": "==", "===": "!==", "!==": "===",
    "+": "-", "-": "+", "+=": "-=", "-=": "+=",
    "and": "or", "or": "and", "&&": "||", "||": "&&",
}  # fmt: skip
_SWAP_NAMES: Final = {
    **dict.fromkeys(("<", "<=", ">", ">="), "border"),
    **dict.fromkeys(("==", "!=", "===", "!=="), "equality"),
    **dict.fromkeys(("+", "-", "+=", "-="), "plus and minus"),
    **dict.fromkeys(("and", "or", "&&", "||"), "and and or"),
}
_BINARY: Final = frozenset(
    {
        "binary_operator", "comparison_operator", "boolean_operator", "binary_expression", "binary",
        "augmented_assignment", "augmented_assignment_expression", "operator_assignment", "assignment_expression",
        "assignment_statement",
    }
)  # fmt: skip
"""Nodes whose sign may be another; ``<`` of a type is none of theirs."""
_CONDITIONAL: Final = frozenset(
    {"if_statement", "elif_clause", "else_if_clause", "if", "elsif", "unless", "if_modifier", "unless_modifier",
     "ternary_expression", "conditional_expression", "conditional"}
)  # fmt: skip
"""Not loops: one that never ends shows nothing but patience."""
_INTEGERS: Final = frozenset({"integer", "number", "decimal_integer_literal", "int_literal"})
_DIGITS: Final = re.compile(r"0|[1-9][0-9]*(_[0-9]+)*", re.ASCII)
"""A number as it is read everywhere: no other base, which a 0 in front may mean."""
_TRUTHS: Final = {"true": "false", "false": "true", "True": "False", "False": "True"}
_TRUTH_NODES: Final = frozenset({"true", "false", "boolean"})
_NOTHING: Final = {".py": "None", ".js": "null", ".mjs": "null", ".cjs": "null", ".php": "null", ".rb": "nil"}
"""What a function may return instead of a value, where types do not forbid it."""
_CALLS: Final = frozenset(
    {"call", "call_expression", "method_invocation", "function_call_expression", "member_call_expression",
     "scoped_call_expression", "await_expression", "await"}
)  # fmt: skip
_STORES: Final = frozenset({"augmented_assignment", "augmented_assignment_expression", "update_expression"})
_BODIES: Final = frozenset({"body_statement", "then", "else", "block_body", "program", "do_block"})
"""Where a statement of Ruby stands, whose last one is a value."""
_STRINGS: Final = frozenset({"string", "string_literal", "encapsed_string", "template_string", "concatenated_string"})
_TEXTS: Final = frozenset({"string_content", "string_fragment"})
_QUERY: Final = re.compile(r"(\s|--[^\n]*\n|/\*[\s\S]*?\*/)*(select|with|insert|update|delete)\b", re.IGNORECASE)
_DEFINITIONS: Final = frozenset(
    {
        "function_definition", "function_declaration", "generator_function_declaration", "method_definition",
        "method_declaration", "constructor_declaration", "method", "singleton_method", "decorated_definition",
        "class_definition", "class_declaration", "class", "record_declaration", "enum_declaration",
    }
)  # fmt: skip
"""Nodes whose name says where a mistake is, whatever its line."""
_TESTS: Final = re.compile(
    r"(^|/)(tests?|spec|__tests__|vendor|node_modules)/|(^|/)test_[^/]*$|[._-](test|spec)\.[a-z]+$|Tests?\.java$"
)
_AROUND: Final = 40
"""Bytes that are shown on either side of a change."""
_MOST: Final = 1 << 20
"""Bytes of a file that is looked at."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file with one mistake."""

    path: str
    line: int
    """From 1."""
    operator: str
    """What sort of mistake it is."""
    change: str
    """What was there and what is there now; of a query, the name of the mistake."""
    data: bytes
    """The whole file."""
    within: str = ""
    """The function, else the class, in which it is; empty outside of all."""

    @property
    def name(self) -> str:
        """``limiter.py:31 (acquire): used >= limit → used > limit``."""
        return self._named(str(self.line))

    @property
    def anywhere(self) -> str:
        """The name with ``*`` for the line, which stays the same when other lines come and go."""
        return self._named("*")

    def _named(self, line: str) -> str:
        within = f" ({self.within})" if self.within else ""
        return f"{self.path}:{line}{within}: {self.change}"


@dataclass(frozen=True, slots=True)
class _Edit:
    operator: str
    begin: int
    end: int
    text: str
    change: str = ""


def mutants(files: Mapping[str, bytes], engine: str | None = None) -> Sequence[Mutant]:
    """All mutants of a submission's sources, by path and place; of no tests, and of no file that cannot be read.

    Args:
        files: by path.
        engine: whose SQL stands in ``.sql`` files and in strings; None: that is left alone.

    Raises:
        UsageError: the grammars are not installed.
    """
    found: list[Mutant] = []
    for path, data in sorted(files.items()):
        suffix = PurePosixPath(path).suffix
        if _TESTS.search(path) or len(data) > _MOST:
            continue
        if suffix == ".sql" and engine is not None:
            edits: Iterator[_Edit] = _of_script(data, engine)
            found += _made(path, data, edits)
        elif suffix in GRAMMARS:
            parser = _parser(suffix)
            root = parser.parse(data).root_node
            if not root.has_error:
                found += _made(path, data, _edits(root, suffix, engine), parser, root)
    return found


def _parser(suffix: str) -> Any:  # noqa: ANN401 - an optional package
    module, function = GRAMMARS[suffix]
    try:
        library = import_module("tree_sitter")
        return library.Parser(library.Language(getattr(import_module(module), function)()))
    except ImportError as error:
        what = f"{error.name} is not installed"
        hint = 'run: pip install "gradekit[mutants]"'
        raise UsageError(Problem("--mutants", what, "the grammars of the languages", hint)) from error


def _made(path: str, data: bytes, edits: Iterator[_Edit], parser: Any = None, root: Any = None) -> Iterator[Mutant]:  # noqa: ANN401
    for edit in sorted(set(edits), key=lambda edit: (edit.begin, edit.end, edit.text)):
        changed = data[: edit.begin] + edit.text.encode() + data[edit.end :]
        if parser is not None and parser.parse(changed).root_node.has_error:
            continue
        line = data.count(b"\n", 0, edit.begin) + 1
        change = edit.change or _change(data, changed, edit)
        yield Mutant(path, line, edit.operator, change, changed, _within(root, edit))


def _within(root: Any, edit: _Edit) -> str:  # noqa: ANN401
    """The name of what is defined around the place of a change."""
    node = None if root is None else root.descendant_for_byte_range(edit.begin, edit.end)
    while node is not None:
        if node.type in _DEFINITIONS:
            name = (node.child_by_field_name("definition") or node).child_by_field_name("name")
            return "" if name is None else str(name.text.decode(errors="replace"))
        node = node.parent
    return ""


def _change(data: bytes, changed: bytes, edit: _Edit) -> str:
    """The line before and after; of a long one what is around the place."""
    first = data.rfind(b"\n", 0, edit.begin) + 1
    stop = data.find(b"\n", edit.end)
    stop = len(data) if stop < 0 else stop
    start, end = max(first, edit.begin - _AROUND), min(stop, edit.end + _AROUND)
    texts = (data[start:end], changed[start : end + len(changed) - len(data)])
    before, after = (" ".join(text.decode(errors="replace").split()) or "nothing" for text in texts)
    left, right = "… " if start > first else "", " …" if end < stop else ""
    return f"{left}{before}{right} → {left}{after}{right}"


def _edits(root: Any, suffix: str, engine: str | None) -> Iterator[_Edit]:  # noqa: ANN401
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += node.children
        yield from _at(node, suffix)
        if engine is not None and node.type in _TEXTS:
            yield from _of_string(node, engine)


def _at(node: Any, suffix: str) -> Iterator[_Edit]:  # noqa: ANN401
    text = node.text.decode(errors="replace")
    kind, parent = node.type, node.parent
    if not node.is_named:
        if text in _SWAPS and parent is not None and parent.type in _BINARY and not _of_strings(parent, text):
            yield _Edit(_SWAP_NAMES[text], node.start_byte, node.end_byte, _SWAPS[text])
    elif kind in _INTEGERS or kind in _TRUTH_NODES:
        yield from _of_constant(node, text)
    elif kind in _CONDITIONAL:
        condition = node.child_by_field_name("condition")
        if condition is not None:
            yield _negated(condition, suffix)
    elif kind in {"return_statement", "return"}:
        value = next((child for child in node.children if child.is_named), None)
        nothing = _NOTHING.get(suffix)
        if value is not None and nothing is not None and value.text.decode(errors="replace") != nothing:
            yield _Edit("nothing returned", value.start_byte, value.end_byte, nothing)
    elif _is_statement(node, suffix):
        yield _Edit("statement left out", node.start_byte, node.end_byte, _left_out(suffix))


def _of_constant(node: Any, text: str) -> Iterator[_Edit]:  # noqa: ANN401
    if text in _TRUTHS:
        yield _Edit("true and false", node.start_byte, node.end_byte, _TRUTHS[text])
    elif _DIGITS.fullmatch(text):
        number = int(text.replace("_", ""))
        yield _Edit("number", node.start_byte, node.end_byte, str(number + 1))
        if number > 0:
            yield _Edit("number", node.start_byte, node.end_byte, str(number - 1))


def _of_strings(parent: Any, sign: str) -> bool:  # noqa: ANN401
    """Whether ``+`` joins texts: what no language can subtract is noticed by anybody."""
    return sign in {"+", "+="} and any(child.type in _STRINGS for child in parent.children)


def _negated(condition: Any, suffix: str) -> _Edit:  # noqa: ANN401
    inside = condition.text.decode(errors="replace")
    if suffix == ".py":
        text = f"not ({inside})"
    elif condition.type == "parenthesized_expression":
        text = f"(!{inside})"
    else:
        text = f"!({inside})"
    return _Edit("condition negated", condition.start_byte, condition.end_byte, text)


def _is_statement(node: Any, suffix: str) -> bool:  # noqa: ANN401
    """Whether something is done there whose value nobody takes."""
    if suffix == ".rb":
        if node.type not in {"call", "operator_assignment"} or node.parent is None or node.parent.type not in _BODIES:
            return False
        return bool(node.parent.named_children[-1] != node)
    if node.type != "expression_statement" or len(node.named_children) != 1:
        return False
    return node.named_children[0].type in _CALLS | _STORES


def _left_out(suffix: str) -> str:
    return {".py": "pass", ".rb": "nil", ".go": ""}.get(suffix, ";")


def _of_string(node: Any, engine: str) -> Iterator[_Edit]:  # noqa: ANN401
    """Mistakes in a query that a string holds whole, where they fit between its quotes."""
    string = node.parent
    if (
        string is None
        or len(string.named_children)
        - sum(child.type in {"string_start", "string_end"} for child in string.named_children)
        != 1
    ):
        return
    text = node.text.decode(errors="replace")
    if not _QUERY.match(text) or "\\" in text:
        return
    quote = string.text.decode(errors="replace").lstrip("rRbBuUfF")[:1]
    for edit in _of_statement(text, engine):
        if quote not in edit.text.replace("''", "") and "\\" not in edit.text:
            yield _Edit(edit.operator, node.start_byte, node.end_byte, edit.text, edit.change)


def _of_script(data: bytes, engine: str) -> Iterator[_Edit]:
    """Mistakes in the queries of a file: in one at a time."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    place = 0
    for statement in statements.split(text, engine):
        begin = text.find(statement, place)
        if begin < 0:
            return
        place = begin + len(statement)
        if _QUERY.match(statement):
            start = len(text[:begin].encode())
            for edit in _of_statement(statement, engine):
                yield _Edit(edit.operator, start, start + len(statement.encode()), edit.text, edit.change)


def _of_statement(text: str, engine: str) -> Iterator[_Edit]:
    try:
        versions = of_query(text, engine)
    except NotParsedError:
        return
    for version in versions:
        if version.name != UNCHANGED:
            yield _Edit("query", 0, 0, version.text, f"query: {version.name}")
