"""What pydantic found wrong, in plain words and in terms of the file: one fault for one mistake."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from gradekit.model import AUTHORED, Loc, Scalar, written
from gradekit.texts import TITLE, near, quote

VERSION = 1
"""Of the format of challenges and rubrics."""
SLUG_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"
"""Of ids."""
NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*$"
"""Of variables, in the environment and in checks."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A complaint about a part of a file; ``at`` is the key to point at, if not the value at ``loc``."""

    loc: Loc
    what: str
    expected: str = ""
    hint: str = ""
    at: Loc | None = None


_PATTERNS = {
    SLUG_PATTERN: ("a name", "write small letters, digits and hyphens"),
    NAME_PATTERN: ("a name", "write letters, digits and _"),
}
"""What text that must match a pattern is called, and what it is made of; the first is that of ``Slug``."""
_MOST_LISTED = 60
_KEY = "[key]"
"""What pydantic appends to a location when the key is wrong, not the value."""
_WANTED = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "none_required": "null",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "iterable_type": "a list",
    "dict_type": "a map",
    "mapping_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
}
"""Error types that say that the value has another type, and what is wanted instead."""
MOST_TOLD = 1_000
"""Errors of one value that are told; a file of that many has something else in it than what it is read as."""
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*")
"""Text that needs no quotes inside of [ ] and { }."""
_YAML_1_1 = {"yes": "true", "y": "true", "on": "true", "no": "false", "n": "false", "off": "false"}


def faults(error: ValidationError, data: object, model: type[BaseModel]) -> list[Fault]:
    """The faults behind a validation error of ``data`` against ``model``, in the order of the error.

    The errors of a union's branches are one fault: that of the branch which the value fits best, or
    a list of what would have been right. Of very many errors the first ``MOST_TOLD`` are told, and how many more there
    are.
    """
    details = [detail for detail in error.errors(include_url=False) if not _is_echo(detail)]
    found = [_Found(detail, *_split(detail, data)) for detail in details[:MOST_TOLD]]
    told = list(_collapse(found, data, model))
    if len(details) > MOST_TOLD:
        last = _Found(details[MOST_TOLD], *_split(details[MOST_TOLD], data))
        told.append(
            Fault(last.loc, f"{len(details) - MOST_TOLD:,} more problems from here on", hint="mend these first")
        )
    return told


def _is_echo(detail: ErrorDetails) -> bool:
    """A list that counts as too short only because its items are wrong."""
    value = detail["input"]
    return detail["type"] == "too_short" and isinstance(value, Sized) and len(value) >= detail["ctx"]["min_length"]


def listed(names: Iterable[str]) -> str:
    """Names as a list in a sentence, which has room for so many."""
    known = [name if len(name) <= TITLE else f"{name[: TITLE - 1]}…" for name in names]
    more = len(known) - _MOST_LISTED
    return ", ".join([*known[:_MOST_LISTED], *([f"and {more} more"] if more > 0 else [])]) or "none"


def described(value: object) -> str:
    """A value as messages name it."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {quote(value)}"
    if isinstance(value, Mapping):
        return "a map"
    return "a list"


@dataclass(frozen=True, slots=True)
class _Found:
    """An error with its location split: parts that the file has, and pydantic's labels between them."""

    detail: ErrorDetails
    parts: Loc
    label: tuple[bool, ...]
    """For each part, whether it is a label of pydantic's."""

    @property
    def loc(self) -> Loc:
        return tuple(part for part, label in zip(self.parts, self.label, strict=True) if not label)

    def first_label(self) -> int | None:
        return self.label.index(True) if True in self.label else None

    def without(self, index: int) -> _Found:
        return replace(
            self,
            parts=self.parts[:index] + self.parts[index + 1 :],
            label=self.label[:index] + self.label[index + 1 :],
        )


def _split(detail: ErrorDetails, data: object) -> tuple[Loc, tuple[bool, ...]]:
    parts = detail["loc"]
    label: list[bool] = []
    for index, part in enumerate(parts):
        final = index == len(parts) - 1
        if isinstance(data, Mapping | list) and _has(data, part):
            data = data[part]  # type: ignore[index]
            label.append(False)
        else:
            label.append(not (final and (detail["type"] == "missing" or part == _KEY)))
    return parts, tuple(label)


def _has(data: Mapping[Any, object] | list[object], part: str | int) -> bool:
    return part in data if isinstance(data, Mapping) else isinstance(part, int) and part < len(data)


def _collapse(found: Sequence[_Found], data: object, model: type[BaseModel]) -> Iterator[Fault]:
    """Each error without labels as it is; errors that share a union as one choice."""
    done: set[Loc] = set()
    for item in found:
        index = item.first_label()
        if index is None:
            yield _fault(item.detail, item.loc, data, model, item.detail["loc"])
            continue
        prefix = item.parts[:index]
        if prefix in done:
            continue
        done.add(prefix)
        branches: dict[str | int, list[_Found]] = {}
        for other in found:
            if other.first_label() == index and other.parts[:index] == prefix:
                branches.setdefault(other.parts[index], []).append(other.without(index))
        yield from _choose(prefix, list(branches.values()), data, model)


def _choose(prefix: Loc, branches: list[list[_Found]], data: object, model: type[BaseModel]) -> Iterator[Fault]:
    """The faults of the branch that fits best; if the value's type fits none, one fault that lists them."""
    fitting = [branch for branch in branches if not any(_is_mismatch(item, prefix) for item in branch)]
    if fitting:
        yield from _collapse(min(fitting, key=len), data, model)
        return
    wanted: list[str] = []
    for item in (item for branch in branches for item in branch if _is_mismatch(item, prefix)):
        for phrase in _wanted(item.detail):
            if phrase not in wanted:
                wanted.append(phrase)
    labelled = branches[0][0].detail["loc"][: len(prefix)]
    yield _mistyped(prefix, wanted, _get(data, prefix), _annotations_at(model, labelled))


def _is_mismatch(item: _Found, prefix: Loc) -> bool:
    return item.loc == prefix and bool(_wanted(item.detail))


def _wanted(detail: ErrorDetails) -> tuple[str, ...]:
    """What a value should have been, if the error says that its type or the literal is wrong."""
    if detail["type"] in {"literal_error", "enum"}:
        return tuple(_choices(detail))
    return (_WANTED[detail["type"]],) if detail["type"] in _WANTED else ()


def _choices(detail: ErrorDetails) -> list[str]:
    """The choices of a literal or an enum as pydantic lists them: ``'a', 'b' or 'c'``."""
    text = str(detail["ctx"]["expected"]).replace(" or ", ", ")
    return [quote(word[1:-1]) if word[0] == "'" else word.lower() for word in text.split(", ")]


def _mistyped(loc: Loc, wanted: Sequence[str], value: object, annotations: Sequence[Any]) -> Fault:
    hint = ""
    if isinstance(value, str):
        hint = near(value, [phrase[1:-1] for phrase in wanted if phrase.startswith('"')])
        if "true or false" in wanted and value.lower() in _YAML_1_1:
            hint = f"in YAML 1.2 {value} is text; write {_YAML_1_1[value.lower()]}"
    elif "text" in wanted and value is not None and not isinstance(value, Mapping | list):
        hint = "put it in quotes"
    if not hint and isinstance(value, Scalar):
        hint = " or ".join(dict.fromkeys(form for one in annotations for form in _forms(one, value)))
        hint = hint and f"write {hint}"
    *first, last = wanted
    choice = f"{', '.join(first)} or {last}" if first else last
    what = f"must be {choice}, not {described(value)}"
    return Fault(loc, what, hint=hint)


def _forms(annotation: Any, value: Scalar) -> Iterator[str]:  # noqa: ANN401 - any annotation
    """What to write where a list or a map is wanted and ``value`` stands; nothing where it fits into neither."""
    for member in _members(annotation):
        if isinstance(member, type) and issubclass(member, BaseModel):
            yield from _map_forms(member, value)
        arguments = get_args(member)
        if get_origin(member) is tuple and arguments:
            inner = list(_forms(arguments[0], value))
            yield from (f"[{form}]" for form in inner)
            items = value.split(", ") if isinstance(value, str) else [value]
            if not inner and all(_is_valid(TypeAdapter(arguments[0]), item) for item in items):
                yield f"[{', '.join(map(_plain, items))}]"


def _map_forms(model: type[BaseModel], value: Scalar) -> Iterator[str]:
    """A map whose first key, or one of those of which there is to be one, has the value; ``...`` is to be filled in."""
    extra: Any = model.model_config.get("json_schema_extra")
    either: list[str] = [entry["required"][0] for entry in extra["oneOf"]] if isinstance(extra, dict) else []
    needed = [info.alias or name for name, info in model.model_fields.items() if info.is_required()]
    for name in either or needed[:1]:
        others = "".join(f", {other}: ..." for other in needed if other != name)
        if _takes(model, name, value):
            yield f"{{{name}: {_plain(value)}{others}}}"


def _takes(model: type[BaseModel], name: str, value: object) -> bool:
    """Whether the field of a model can have the value."""
    try:
        model.model_validate({name: value}, context=AUTHORED)
    except ValidationError as error:
        return not any(detail["loc"][:1] == (name,) for detail in error.errors(include_url=False))
    return True


def _is_valid(adapter: TypeAdapter[Any], value: object) -> bool:
    try:
        adapter.validate_python(value, context=AUTHORED)
    except ValidationError:
        return False
    return True


def _plain(value: Scalar) -> str:
    """A value as it may stand inside a list or a map of YAML."""
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else written(value)


def _get(data: object, loc: Loc) -> object:
    """The value at a location that exists."""
    for part in loc:
        data = data[part]  # type: ignore[index]
    return data


def _fault(detail: ErrorDetails, loc: Loc, data: object, model: type[BaseModel], labelled: Loc) -> Fault:
    kind, context = detail["type"], detail.get("ctx", {})
    at = None
    if loc and loc[-1] == _KEY:
        loc = loc[:-1]
        at = loc
    if kind == "missing":
        return _missing(loc, model, labelled)
    if kind == "extra_forbidden":
        return _unknown(loc, model, labelled)
    value = loc[-1] if at is not None else _get(data, loc)
    wanted = _wanted(detail)
    if wanted:
        return replace(_mistyped(loc, wanted, value, _annotations_at(model, labelled) if at is None else []), at=at)
    if kind in {"value_error", "assertion_error"}:
        loc, at, message = _closer(loc, at, str(context["error"]), value)
        what, expected, hint = split_message(message)
    elif kind == "string_pattern_mismatch" and context["pattern"] in _PATTERNS:
        noun, expected = _PATTERNS[context["pattern"]]
        likely = re.sub("[^a-z0-9]+", "-", str(value).lower()).strip("-") if context["pattern"] == SLUG_PATTERN else ""
        example = f", such as {quote(likely)}" if re.fullmatch(SLUG_PATTERN, likely) else ""
        what, expected, hint = f"{quote(str(value))} is not {noun}", f"{expected}{example}", ""
    else:
        what, expected, hint = _bound(kind, context, value) or split_message(_lower(detail["msg"]))
    return Fault(loc, what, expected, hint, at)


def _closer(loc: Loc, at: Loc | None, message: str, value: object) -> tuple[Loc, Loc | None, str]:
    """A validator's message about a map, moved to the entry that it names: ``key: ...`` or ``unknown x "key"``."""
    name, colon, rest = message.partition(": ")
    while colon and isinstance(value, Mapping) and name in value:
        loc, at, message, value = (*loc, name), None, rest, value[name]
        name, colon, rest = message.partition(": ")
    unknown = re.match(r'unknown \w+ "([^"]*)"', message)
    if unknown and isinstance(value, Mapping) and unknown[1] in value:
        at = (*loc, unknown[1])
    return loc, at, message


def split_message(message: str) -> tuple[str, str, str]:
    """``what; hint`` or ``what; expected; hint`` as three parts."""
    parts = message.split("; ", 2)
    if len(parts) == 1:
        return message, "", ""
    return (parts[0], "", parts[1]) if len(parts) == 2 else (parts[0], parts[1], parts[2])  # noqa: PLR2004


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _bound(kind: str, context: Mapping[str, Any], value: object) -> tuple[str, str, str] | None:
    """A bound that was broken, in words."""
    if kind == "string_too_short" and value == "":
        return "is empty", "", ""
    if kind == "too_short" and not value:
        return "is empty", f"at least {context['min_length']} is needed", ""
    shown = described(value).removeprefix("the number ")
    words = {
        "greater_than": "must be more than {gt}, not {shown}",
        "greater_than_equal": "must be at least {ge}, not {shown}",
        "less_than": "must be less than {lt}, not {shown}",
        "less_than_equal": "must be at most {le}, not {shown}",
        "string_too_short": "is shorter than {min_length} characters",
        "string_too_long": "is longer than {max_length} characters",
        "too_short": "has {actual_length} entries, fewer than {min_length}",
        "too_long": "has {actual_length} entries, more than {max_length}",
        "string_pattern_mismatch": "{shown} has not the form {pattern}",
    }
    numbers = {name: f"{bound:g}" if isinstance(bound, float) else bound for name, bound in context.items()}
    return (words[kind].format(**numbers, shown=shown), "", "") if kind in words else None


def _missing(loc: Loc, model: type[BaseModel], labelled: Loc) -> Fault:
    name = str(loc[-1])
    descriptions = [fields[name] for fields in _fields_at(model, labelled[:-1]) if fields.get(name)]
    expected = descriptions[0].rstrip(".") if descriptions else ""
    hint = f"add gradekit: {VERSION}" if labelled == ("gradekit",) else ""
    return Fault(loc[:-1], f"missing key {quote(name)}", expected and _lower_word(expected), hint, at=loc[:-1])


def _lower_word(text: str) -> str:
    """The first letter small, unless the word is an abbreviation."""
    return text if text[:2].isupper() else _lower(text)


def _unknown(loc: Loc, model: type[BaseModel], labelled: Loc) -> Fault:
    known = list(dict.fromkeys(name for fields in _fields_at(model, labelled[:-1]) for name in fields))
    return unknown_key(loc, known)


def unknown_key(loc: Loc, known: Sequence[str]) -> Fault:
    """A key that is not one of the known ones."""
    name = str(loc[-1])
    hint = near(name, known)
    expected = "" if hint or not known else f"known keys: {listed(known)}"
    return Fault(loc[:-1], f"unknown key {quote(name)}", expected, hint, at=loc)


def field_names(model: type[BaseModel]) -> dict[str, str]:
    """Keys of a model as files write them, with their descriptions."""
    return {info.alias or name: info.description or "" for name, info in model.model_fields.items()}


def _fields_at(model: type[BaseModel], parts: Loc) -> list[dict[str, str]]:
    """The keys of each model that a location (with pydantic's labels) may lead to."""
    annotations = _annotations_at(model, parts)
    members = [member for annotation in annotations for member in _members(annotation)]
    return [field_names(member) for member in members if isinstance(member, type) and issubclass(member, BaseModel)]


def _annotations_at(model: type[BaseModel], parts: Loc) -> list[Any]:
    """What a location (with pydantic's labels) may lead to."""
    candidates: list[Any] = [model]
    for part in parts:
        members = [member for candidate in candidates for member in _members(candidate)]
        named = [member for member in members if isinstance(member, type) and member.__name__ == part]
        candidates = [child for member in members for child in _children(member, part)] or named or members
    return candidates


def _members(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - any annotation
    """The alternatives of an annotation, without aliases, metadata and unions."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin in {Union, types.UnionType}:
        for argument in get_args(annotation):
            yield from _members(argument)
    else:
        yield annotation


def _children(annotation: Any, part: str | int) -> Iterator[Any]:  # noqa: ANN401 - any annotation
    """The annotations of what a key or an index leads to."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, info in annotation.model_fields.items():
            if (info.alias or name) == part:
                yield info.annotation
        return
    arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    origin = get_origin(annotation)
    if isinstance(origin, type) and arguments:
        if issubclass(origin, Mapping) and isinstance(part, str):
            yield arguments[1]
        elif issubclass(origin, Sequence) and isinstance(part, int):
            yield arguments[min(part, len(arguments) - 1)]
