"""JSON Schema (draft 2020-12) on hostile bodies: exact numbers, linear patterns, no remote references."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from itertools import islice
from typing import Any, TypeAlias, cast

from jsonschema import Draft202012Validator, FormatChecker, SchemaError, TypeChecker, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from gradekit.checks import jsontext
from gradekit.checks.differences import Mismatch
from gradekit.checks.formats import FORMATS, has_format
from gradekit.checks.jsontext import Json
from gradekit.checks.regex import RegexProblem, compile_regex
from gradekit.checks.values import TYPES, canonical, number, show, type_words, typed
from gradekit.texts import clean, not_one_of

BEST = 3
"""Errors that are reported."""
LOOKED_AT = 100
"""Errors among which the best are chosen."""
MAX_UNEVALUATED = 2000
"""Items or properties of a value for the keywords that ask which of them no other keyword looked at: the library's time
grows with the square."""


_Given: TypeAlias = Any
"""Whatever stands in a schema or an instance; jsonschema passes it without a type."""


class SchemaProblem(ValueError):  # noqa: N818 - it describes a text, like JsonProblem
    """Why a schema cannot be used; a fault of the challenge."""


def check_schema(schema: Json) -> None:
    """Refuse what is no JSON Schema, references to elsewhere, and what could not be judged.

    Raises:
        SchemaProblem: with the place inside the schema.
    """
    try:
        Draft202012Validator.check_schema(cast("Any", _exact(schema)))
        keywords = list(_keywords(schema))
    except SchemaError as error:
        place = "".join(f"/{part}" for part in error.absolute_path) or "/"
        raise SchemaProblem(f"not a valid schema: {clean(error.message)} at {place}") from None
    except RecursionError:
        raise SchemaProblem("not a valid schema: it is nested too deeply") from None
    resolver = Registry().resolver_with_root(DRAFT202012.create_resource(cast("Any", schema)))
    words = {word for _, word, _ in keywords}
    for place, word, value in keywords:
        what = _keyword_problem(word, value, resolver.lookup, top=place == "/", patterns="patternProperties" in words)
        if what:
            raise SchemaProblem(f"{word} at {place}: {what}")
    for place, what in _impossible(schema):
        raise SchemaProblem(f"nothing fits it at {place}: {what}")


_BOUNDS = (
    ("minimum", "maximum", False),
    ("exclusiveMinimum", "maximum", True),
    ("minimum", "exclusiveMaximum", True),
    ("exclusiveMinimum", "exclusiveMaximum", True),
    ("minLength", "maxLength", False),
    ("minItems", "maxItems", False),
    ("minContains", "maxContains", False),
    ("minProperties", "maxProperties", False),
)
"""Keywords of which one is never above the other, and whether they are never equal either."""


def _impossible(schema: Json) -> Iterator[tuple[str, str]]:
    """Place and reason of what no value fits; a part that is just `false` is meant so, but not the whole."""
    if schema is False:
        yield "/", "it is false"
    found: dict[str, dict[str, Json]] = {}
    for place, word, value in _keywords(schema):
        found.setdefault(place, {})[word] = value
    for place, words in found.items():
        yield from ((place, what) for what in (*_bounds(words), *_values(words), *_names(words)))


def _bounds(words: Mapping[str, Json]) -> Iterator[str]:
    for low, high, apart in _BOUNDS:
        least, most = number(words.get(low)), number(words.get(high))
        if least is not None and most is not None and (least > most or (apart and least == most)):
            yield f"{low} {show(words[low])} with {high} {show(words[high])}"


def _values(words: Mapping[str, Json]) -> Iterator[str]:
    if words.get("enum") == []:
        yield "enum is empty"
    rest = {word: value for word, value in words.items() if word != "const"}
    if "const" in words and _alone(rest):
        for wrong in mismatches(rest, words["const"])[:1]:
            yield f"const {show(words['const'])}, but {wrong.expected} is wanted, too"


def _names(words: Mapping[str, Json]) -> Iterator[str]:
    """Members that have to be there, and must not."""
    properties = cast("Mapping[str, Json]", words.get("properties", {}))
    closed = words.get("additionalProperties") is False and "patternProperties" not in words
    for name in cast("Sequence[str]", words.get("required", ())):
        if properties.get(name, not closed) is False:
            yield f"required {show(name)}, which it does not allow"


def _alone(schema: Mapping[str, Json]) -> bool:
    """Whether a schema can be judged without what stands around it."""
    return all(word not in {"$ref", "$dynamicRef"} for _, word, _ in _keywords(dict(schema)))


def _keyword_problem(
    word: str, value: _Given, lookup: Callable[[str], object], *, top: bool, patterns: bool
) -> str | None:
    match word:
        case "$ref" | "$dynamicRef":
            return _reference_problem(lookup, value)
        case "$id" if not top:
            return "can only stand at the top"
        case "format" if value not in FORMATS:
            return not_one_of(f"{show(value)} is not checked", value, FORMATS)
        case "pattern" | "patternProperties":
            patterns_given = [value] if isinstance(value, str) else value
            return next(filter(None, map(_pattern_problem, patterns_given)), None)
        case "unevaluatedProperties" if patterns:
            return "cannot be used together with patternProperties"
    return None


def _reference_problem(lookup: Callable[[str], object], value: str) -> str | None:
    if not value.startswith("#"):
        return f"{show(value)} leads elsewhere; put the whole schema into one place"
    try:
        lookup(value)
    except Unresolvable:
        return f"{show(value)} leads to nothing"
    return None


def _pattern_problem(pattern: str) -> str | None:
    try:
        compile_regex(pattern)
    except RegexProblem as problem:
        return f"{show(pattern)}: {problem}"
    return None


def _keywords(schema: Json, place: str = "") -> Iterator[tuple[str, str, Json]]:
    """Place of the schema, keyword, value: of the schema and of all schemas inside it."""
    if isinstance(schema, list):
        for index, child in enumerate(schema):
            yield from _keywords(child, f"{place}/{index}")
    elif isinstance(schema, Mapping):
        for word, value in schema.items():
            yield place or "/", word, value
            if word in _NAMED and isinstance(value, Mapping):
                for name, child in value.items():
                    yield from _keywords(child, f"{place}/{word}/{clean(name, 50)}")
            elif word not in _DATA:
                yield from _keywords(value, f"{place}/{word}")


_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Keywords whose value maps names, not keywords, to schemas."""
_DATA = frozenset({"const", "enum", "default", "examples"})
"""Keywords whose value is data."""


def mismatches(schema: Json, value: Json) -> list[Mismatch]:
    """The most telling errors of a value, at most BEST.

    Raises:
        SchemaProblem: when the schema cannot be used.
    """
    validator = _Validator(cast("Any", _exact(schema)), registry=Registry(), format_checker=_FORMATS)
    try:
        errors = list(islice(validator.iter_errors(value), LOOKED_AT))
    except (Unresolvable, RecursionError) as error:
        endless = isinstance(error, RecursionError)
        raise SchemaProblem("it refers to itself without end" if endless else "a $ref of it leads to nothing") from None
    errors.sort(key=_weight)
    return [_mismatch(error) for error in errors[:BEST]]


def _mismatch(error: ValidationError) -> Mismatch:
    place = "".join(
        f"[{part}]" if isinstance(part, int) else f".{clean(str(part), 50)}" for part in error.absolute_path
    )
    word = str(error.validator)
    if error.message == _TOO_MANY:
        wanted = f"at most {MAX_UNEVALUATED} values, as {word} is used"
        return Mismatch(wanted, f"{len(cast('Any', error.instance))} values", place)
    value: _Given = error.validator_value
    instance: Any = error.instance
    wanted = "no value (the schema allows none here)" if word == "None" else _words(word, value)
    if word == "required":
        lacking = [name for name in value if name not in instance]
        return Mismatch(wanted, f"an object without {_listed(lacking)}", place)
    if word == "additionalProperties":
        return Mismatch("no value (the schema does not know this name)", show(instance[error.absolute_path[-1]]), place)
    return Mismatch(wanted, (typed if word in _OF_TYPES else show)(instance), place)


_WORDS: Mapping[str, str] = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "a length of at least {}",
    "maxLength": "a length of at most {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} members",
    "maxProperties": "at most {} members",
    "multipleOf": "a multiple of {}",
    "pattern": "text that matches the pattern /{}/",
    "format": "a string of the format {}",
    "const": "{}",
    "enum": "one of {}",
}
"""Keywords of JSON Schema whose value is all that there is to say."""


_OF_TYPES = frozenset({"type", "const", "enum", "anyOf", "oneOf", "not"})
"""Keywords of which the type of a value may be the point."""


def _words(word: str, value: _Given) -> str:
    """What a keyword asks for; others are shown as they are written."""
    if word == "required":
        return f"an object with {_listed(value)}"
    if word == "type":
        return type_words([value] if isinstance(value, str) else value)
    if word == "uniqueItems":
        return "a list without duplicates"
    if word in {"pattern", "format"}:
        return clean(_WORDS[word].format(value))
    shown = jsontext.render(value)
    return clean(_WORDS[word].format(shown) if word in _WORDS else f"what fits {word}: {shown}")


def _listed(names: Sequence[str]) -> str:
    return clean(", ".join(map(show, names)))


def _weight(error: ValidationError) -> tuple[int, list[str]]:
    return len(error.absolute_path), [str(part) for part in error.absolute_path]


def _exact(value: Json) -> Json:
    """The value with decimals for floats, so that 0.1 is what was written."""
    if isinstance(value, Mapping):
        return {name: _exact(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_exact(child) for child in value]
    return number(value) if isinstance(value, float) else value


def _multiple_of(_validator: _Given, step: _Given, value: _Given, _schema: _Given) -> Iterator[ValidationError]:
    exact = number(value)
    if exact is not None and _WIDE.remainder(exact, Decimal(step)) != 0:
        yield ValidationError("not a multiple")


def _unique_items(_validator: _Given, wanted: _Given, value: _Given, _schema: _Given) -> Iterator[ValidationError]:
    if wanted and isinstance(value, list) and len(set(map(canonical, value))) < len(value):
        yield ValidationError("not unique")


def _pattern(_validator: _Given, pattern: _Given, value: _Given, _schema: _Given) -> Iterator[ValidationError]:
    if isinstance(value, str) and not compile_regex(pattern).search(value):
        yield ValidationError("no match")


def _pattern_properties(
    validator: _Given, patterns: _Given, value: _Given, _schema: _Given
) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for pattern, schema in patterns.items():
            for name, child in value.items():
                if compile_regex(pattern).search(name):
                    yield from validator.descend(child, schema, path=name, schema_path=pattern)


def _additional_properties(
    validator: _Given, schema: _Given, value: _Given, parent: _Given
) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for name, child in value.items():
            if name not in parent.get("properties", {}) and not any(
                compile_regex(pattern).search(name) for pattern in parent.get("patternProperties", {})
            ):
                # The library leaves the path out for a schema that is just false, the usual one here.
                if schema is False:
                    yield ValidationError("not allowed", path=(name,))
                else:
                    yield from validator.descend(child, schema, path=name)


def _any_of(validator: _Given, schemas: _Given, value: _Given, _schema: _Given) -> Iterator[ValidationError]:
    if not any(_fits(validator, schema, value) for schema in schemas):
        yield ValidationError("none fits")


def _one_of(validator: _Given, schemas: _Given, value: _Given, _schema: _Given) -> Iterator[ValidationError]:
    if sum(_fits(validator, schema, value) for schema in schemas) != 1:
        yield ValidationError("not exactly one fits")


def _fits(validator: _Given, schema: _Given, value: _Given) -> bool:
    """Whether a value is right; the library would keep everything that is wrong with it."""
    return next(validator.descend(value, schema), None) is None


def _unevaluated(word: str, kind: type[list[Any] | dict[str, Any]]) -> Callable[..., Iterator[ValidationError]]:
    inner = Draft202012Validator.VALIDATORS[word]

    def check(validator: _Given, wanted: _Given, value: _Given, schema: _Given) -> Iterator[ValidationError]:
        if isinstance(value, kind) and len(value) > MAX_UNEVALUATED:
            yield ValidationError(_TOO_MANY)
        else:
            yield from inner(validator, wanted, value, schema) or ()

    return check


_TOO_MANY = "too many values for this keyword"


def _checks_type(name: str) -> Callable[..., bool]:
    return lambda _checker, value: TYPES[name](value)


# multipleOf of 400 digits by a step with 400 places needs this many digits; the default is 28.
_WIDE = Context(prec=2_000)
_FORMATS = FormatChecker(formats=())
for _name in FORMATS:
    _FORMATS.checks(_name)(lambda value, name=_name: not isinstance(value, str) or has_format(name, value))
_Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "multipleOf": _multiple_of,
        "uniqueItems": _unique_items,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "anyOf": _any_of,
        "oneOf": _one_of,
        "unevaluatedItems": _unevaluated("unevaluatedItems", list),
        "unevaluatedProperties": _unevaluated("unevaluatedProperties", dict),
    },
    type_checker=TypeChecker({name: _checks_type(name) for name in TYPES}),
)
