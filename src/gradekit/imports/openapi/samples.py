"""Values that a schema allows: its example, or the smallest one that can be made up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from gradekit.checks.http import bodyschema
from gradekit.checks.jsontext import Json
from gradekit.imports.openapi.reading import Document, Object, items
from gradekit.imports.openapi.schemas import SchemaProblem, converted

_DEPTH: Final = 12
_MOST: Final = 20
"""Items of a list, characters of a text beyond the first."""
_TEXTS: Final[Mapping[str, str]] = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T10:00:00Z",
    "time": "10:00:00Z",
    "email": "ana@example.com",
    "uuid": "3f2f8c1e-5a0b-4c57-9d2e-7b1f0a9c6d11",
    "uri": "https://example.com/a",
    "url": "https://example.com/a",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "YQ==",
    "password": "correct-horse-9",
}


class NoValue(Exception):  # noqa: N818 - of a schema, no error of the program
    """Why there is no value."""


def examples(document: Document, holder: Object) -> Iterator[tuple[str, Json]]:
    """Examples that stand beside a schema, each with its name."""
    several = holder.get("examples")
    if isinstance(several, Mapping):
        for name, value in several.items():
            example = document.object(value)
            if "value" in example:
                yield name, example["value"]
    if "example" in holder:
        yield "", holder["example"]


def sample(document: Document, schema: Json) -> Json:
    """A value for a request.

    Raises:
        NoValue: none is known, or the document's own example is not what its schema says.
    """
    value = _value(document, schema, _DEPTH)
    wrong = misfit(document, schema, value)
    if wrong:
        raise NoValue(wrong)
    return value


def misfit(document: Document, schema: Json, value: Json) -> str:
    """Why a request may not hold a value; empty when it may, or when the schema cannot say."""
    try:
        wrong = bodyschema.mismatches(converted(document, schema, "request"), value)
    except SchemaProblem:
        return ""
    if not wrong:
        return ""
    first = f"{wrong[0].place or 'it'} has to be {wrong[0].expected}" if wrong[0].expected else wrong[0].actual
    return f"its example is not what its schema says: {first}"


def _value(document: Document, schema: Json, depth: int) -> Json:
    whole = document.object(schema)
    if depth <= 0:
        raise NoValue("its schema goes round in a circle")
    for key in ("example", "default", "const"):
        if key in whole:
            return whole[key]
    for key in ("examples", "enum"):
        if items(whole.get(key)):
            return items(whole[key])[0]
    for key in ("oneOf", "anyOf"):
        if items(whole.get(key)):
            return _first(document, items(whole[key]), depth)
    if items(whole.get("allOf")):
        return _merged(document, whole, depth)
    return _typed(document, whole, depth)


def _first(document: Document, choices: tuple[Json, ...], depth: int) -> Json:
    """The value of the first choice that has one."""
    reason = ""
    for choice in choices:
        try:
            return _value(document, choice, depth - 1)
        except NoValue as error:
            reason = reason or str(error)
    raise NoValue(reason)


def _merged(document: Document, whole: Object, depth: int) -> Json:
    """One value for all parts of ``allOf``."""
    rest = {key: value for key, value in whole.items() if key != "allOf"}
    parts = [*items(whole["allOf"]), *([rest] if "properties" in rest else [])]
    values = [_value(document, part, depth - 1) for part in parts]
    merged: dict[str, Json] = {}
    for value in values:
        if not isinstance(value, Mapping):
            return value
        merged |= value
    return merged


def _typed(document: Document, whole: Object, depth: int) -> Json:
    named = whole.get("type")
    kind = next((one for one in items(named) if one != "null"), None) if isinstance(named, list) else named
    if kind == "object" or (kind is None and "properties" in whole):
        return _object(document, whole, depth)
    if kind == "array":
        least = whole.get("minItems")
        count = least if isinstance(least, int) else 0
        if count > _MOST:
            raise NoValue(f"it needs {count} items")
        return [_value(document, whole.get("items", {}), depth - 1) for _ in range(count)]
    if kind == "boolean":
        return True
    if kind in {"integer", "number"}:
        return _number(whole)
    return _text(whole)


def _object(document: Document, whole: Object, depth: int) -> Json:
    required = items(whole.get("required"))
    made: dict[str, Json] = {}
    for name, schema in document.object(whole.get("properties")).items():
        inner = document.object(schema)
        if inner.get("readOnly") is True:
            continue
        if name in required or "example" in inner or items(inner.get("examples")):
            made[name] = _value(document, schema, depth - 1)
    return made


def _number(whole: Object) -> Json:
    """The least number that is allowed, or 1."""
    low, high, step = (_amount(whole.get(key)) for key in ("minimum", "maximum", "multipleOf"))
    above = _amount(whole.get("exclusiveMinimum"))
    value: int | float = 1 if low is None else low
    if above is not None:
        value = above + 1
    elif whole.get("exclusiveMinimum") is True:
        value += 1
    if step is not None and step > 0:
        value = -(-value // step) * step
    return value if high is None else min(value, high)


def _amount(value: Json) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(whole: Object) -> Json:
    known = _TEXTS.get(str(whole.get("format")))
    if known is not None:
        return known
    if "pattern" in whole:
        raise NoValue("no example says which text has its pattern")
    if whole.get("format") == "binary":
        raise NoValue("no example says what a file holds")
    least, most = whole.get("minLength"), whole.get("maxLength")
    text = "example"[: most if isinstance(most, int) else None]
    if isinstance(least, int) and least > len(text):
        if least > 1000:  # noqa: PLR2004 - characters
            raise NoValue(f"it needs {least} characters")
        text = text.ljust(least, "e")
    return text
