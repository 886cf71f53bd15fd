"""What an entry sends, and what its response says to its asserts: pure, and total for every response."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from gradekit.checks import jsontext
from gradekit.checks.differences import Mismatch, differences
from gradekit.checks.formats import has_format
from gradekit.checks.http.cookies import cookies
from gradekit.checks.http.hurl.syntax import (
    Assertion,
    Body,
    Capture,
    Entry,
    Filter,
    Operand,
    Predicate,
    Query,
    Text,
    Variable,
)
from gradekit.checks.jsonpath import PathProblem, TooManyNodes, compile_path
from gradekit.checks.jsontext import Json, JsonProblem
from gradekit.checks.regex import RegexProblem, compile_regex
from gradekit.checks.template import UnknownNameError, text_of
from gradekit.checks.values import MISSING, Missing, canonical, kind_of, number, show
from gradekit.texts import clean

if TYPE_CHECKING:
    from gradekit.checks.http.reading import Reading

Found: TypeAlias = "Json | bytes | Missing"
"""What a query gives; bytes never leave this module."""
MAX_TEXT: Final = 4 << 20
"""Characters of a value on its way through filters."""


class _Unfit(Exception):  # noqa: N818 - becomes a mismatch
    """A filter cannot be applied to the value, whatever the predicate asks."""


def lookup(name: str, variables: Mapping[str, Json]) -> Json:
    """The value of a variable: captured, of the challenge's ``vars``, or of a case.

    Raises:
        UnknownNameError: it has none.
    """
    for key in (name, f"case.{name}"):
        if key in variables:
            return variables[key]
    raise UnknownNameError(name)


def filled(text: Text, variables: Mapping[str, Json], encode: Callable[[str], str] = str) -> str:
    """The text with its variables as text.

    Raises:
        UnknownNameError: one of them has no value.
    """
    return "".join(
        part if isinstance(part, str) else encode(text_of(lookup(part.name, variables))) for part in text.parts
    )


def beside(file: str, path: str) -> str:
    """A path that is written in a file, from the challenge's folder."""
    return (PurePosixPath(file).parent / path).as_posix()


# --- the request --------------------------------------------------------------------------------------------------


def content(body: Body, variables: Mapping[str, Json]) -> str:
    """The text of a body that is text.

    Raises:
        UnknownNameError: a variable has no value.
    """
    if body.kind == "json":
        return _json(body.text, variables)
    text = filled(body.text, variables)
    return json.dumps({"query": text}, ensure_ascii=False) if body.kind == "graphql" else text


def _json(text: Text, variables: Mapping[str, Json]) -> str:
    """JSON in which a variable stands for its value, and inside a text for its text."""
    done = ""
    inside = False
    for part in text.parts:
        if isinstance(part, str):
            done += part
            inside ^= len(re.findall(r'(?<!\\)(?:\\\\)*"', part)) % 2 == 1
        elif inside:
            done += json.dumps(text_of(lookup(part.name, variables)), ensure_ascii=False)[1:-1]
        else:
            done += jsontext.render(lookup(part.name, variables))
    return done


def target(entry: Entry, variables: Mapping[str, Json]) -> str:
    """The target with the parameters of the section ``[Query]``.

    Raises:
        UnknownNameError: a variable has no value.
    """
    path = filled(entry.target, variables)
    text = _base(entry, variables, path) + path
    more = encoded(entry.query, variables)
    return f"{text}{'&' if '?' in text else '?'}{more}" if more else text


def _base(entry: Entry, variables: Mapping[str, Json], path: str) -> str:
    """What stands for the app's address before a path: a path or a URL that a variable has, or else nothing."""
    name = "" if entry.address is None else entry.address.name
    value = variables.get(name, variables.get(f"case.{name}"))
    if isinstance(value, str) and re.match("/|https?://", value):
        return value.rstrip("/") if path.startswith("/") else value
    return "" if entry.target.parts else "/"


def encoded(pairs: Sequence[tuple[Text, Text]], variables: Mapping[str, Json]) -> str:
    """Names and values as a query or a form has them.

    Raises:
        UnknownNameError: a variable has no value.
    """
    return "&".join(f"{quote(filled(name, variables), safe='')}={_quoted(value, variables)}" for name, value in pairs)


def _quoted(value: Text, variables: Mapping[str, Json]) -> str:
    return quote(filled(value, variables), safe="")


# --- the response -------------------------------------------------------------------------------------------------


def examined(
    entry: Entry, file: str, reading: Reading, variables: Mapping[str, Json], files: Mapping[str, bytes]
) -> tuple[dict[str, Json], list[Mismatch]]:
    """What is captured, and everything that is wrong with the response."""
    values: dict[str, Json] = dict(entry.sets)
    response = entry.response
    if response is None:
        return values, []
    wrong: list[Mismatch] = []
    status = reading.received.status
    if response.status is not None and status != response.status:
        place = f"{file}:{response.line}: status"
        wrong.append(Mismatch(str(response.status), clean(f"{status} {reading.received.reason}".rstrip()), place))
    known: dict[str, Json] = {**variables, **values}
    for line, name, value in response.headers:
        wrong += _guarded(f"{file}:{line}", partial(_header, name, value, reading, known))
    for capture in response.captures:
        place = f"{file}:{capture.line}: {clean(capture.name)}"
        wrong += _guarded(place, partial(_captured, capture, reading, known, values))
        known |= values
    for one in response.asserts:
        place = f"{file}:{one.line}: {one.query.written}"
        wrong += _guarded(place, partial(_asserted, one, reading, known))
    if response.body is not None:
        place = f"{file}:{response.body.place[0]}: body"
        wrong += _guarded(place, partial(_whole, response.body, file, reading, known, files))
    return values, wrong


def _guarded(place: str, work: Callable[[], Iterator[Mismatch]]) -> Iterator[Mismatch]:
    """The mismatches with their place; what keeps an expectation from being asked is one, too."""
    try:
        for found in work():
            yield found.below(f"{place} " if found.place else place)
    except _Unfit as reason:
        yield Mismatch("a value that it can be applied to", str(reason), place)
    except UnknownNameError as error:
        name = clean(f"{{{{{error.name}}}}}")
        yield Mismatch(f"the value of {name}", f"{name} has no value", place, names=(error.name,))
    except (RegexProblem, PathProblem) as problem:
        yield Mismatch("a pattern or a path that can be used", clean(str(problem)), place)
    except TooManyNodes as reason:
        yield Mismatch("a body that the path can be applied to", str(reason), place)


def _header(name: Text, value: Text, reading: Reading, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    title, wanted = filled(name, variables), filled(value, variables)
    have = _headers(title, reading)
    if wanted not in have:
        yield Mismatch(f"{clean(title)}: {show(wanted)}", " and ".join(map(show, have)) or "nothing")


def _headers(name: str, reading: Reading) -> list[str]:
    return [value for key, value in reading.received.headers if key.lower() == name.lower()]


def _captured(
    capture: Capture, reading: Reading, variables: Mapping[str, Json], values: dict[str, Json]
) -> Iterator[Mismatch]:
    found = _found(capture.query, reading, variables)
    if isinstance(found, Missing):
        yield Mismatch("a value to capture", "nothing")
    elif isinstance(found, bytes):
        yield Mismatch("a value that can be kept", "bytes")
    else:
        values[capture.name] = found


def _asserted(one: Assertion, reading: Reading, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    found = _found(one.query, reading, variables)
    yield from holds(one.predicate, found, variables)


def _whole(
    body: Body, file: str, reading: Reading, variables: Mapping[str, Json], files: Mapping[str, bytes]
) -> Iterator[Mismatch]:
    data = reading.received.body.data
    wanted = _as_json(content(body, variables)) if body.kind == "json" else MISSING
    if not isinstance(wanted, Missing):
        actual = reading.json
        if isinstance(actual, JsonProblem):
            yield Mismatch("JSON", f"{_shown(reading.text)}, which is not read as JSON: {clean(str(actual))}")
        else:
            yield from list(differences(wanted, actual, partially=False, place="$"))[:20]
        return
    if body.kind in {"bytes", "file"}:
        expected = body.data if body.kind == "bytes" else files.get(beside(file, body.path), b"")
        if expected != data:
            yield Mismatch(_shown(expected), _shown(data))
        return
    text = content(body, variables)
    if text != reading.text:
        yield Mismatch(_shown(text), _shown(reading.text))


def _as_json(text: str) -> Json | Missing:
    try:
        return jsontext.parse(text)
    except JsonProblem:
        return MISSING


def _shown(value: Found) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes: {value[:32].hex(' ')}{' ...' if len(value) > 32 else ''}"  # noqa: PLR2004
    return show(value)


# --- queries and filters ------------------------------------------------------------------------------------------


def _found(query: Query, reading: Reading, variables: Mapping[str, Json]) -> Found:
    value = _QUERIES[query.name](query, reading, variables)
    for step in query.filters:
        if isinstance(value, Missing):
            raise _Unfit(f"nothing, and {step.name} needs a value")
        value = _filtered(step, value, variables)
    return value


def _header_query(query: Query, reading: Reading, variables: Mapping[str, Json]) -> Found:
    have = _headers(filled(query.operand, variables), reading)
    return MISSING if not have else have[0] if len(have) == 1 else have


def _cookie_query(query: Query, reading: Reading, variables: Mapping[str, Json]) -> Found:
    name, _, rest = filled(query.operand, variables).partition("[")
    attribute = rest.rstrip("]").strip().lower()
    found = next((one for one in reversed(list(cookies(reading.received.headers))) if one.name == name.strip()), None)
    if found is None:
        return MISSING
    if attribute in {"", "value"}:
        return found.value
    value = found.attribute(attribute)
    if value is None:
        return MISSING
    if attribute in {"secure", "httponly"}:
        return True
    return int(value) if attribute == "max-age" and re.fullmatch(r"-?[0-9]{1,18}", value) else value


def _variable_query(query: Query, _reading: Reading, variables: Mapping[str, Json]) -> Found:
    name = filled(query.operand, variables)
    return variables.get(name, variables.get(f"case.{name}", MISSING))


def _jsonpath_query(query: Query, reading: Reading, variables: Mapping[str, Json]) -> Found:
    if isinstance(reading.json, JsonProblem):
        raise _Unfit(f"a body that is not read as JSON: {clean(str(reading.json))}")
    return _nodes(filled(query.operand, variables), reading.json)


def _nodes(path: str, value: Json) -> Found:
    """As Hurl has it: nothing for no node, the value itself for one, a list for several."""
    nodes = compile_path(path).find(value)
    return MISSING if not nodes else nodes[0] if len(nodes) == 1 else nodes


def _pattern(pattern: str, text: str) -> Found:
    found = compile_regex(pattern).groups(text)
    return found[0] if found else MISSING


_QUERIES: Final[Mapping[str, Callable[[Query, Reading, Mapping[str, Json]], Found]]] = {
    "status": lambda _query, reading, _variables: reading.received.status,
    "header": _header_query,
    "cookie": _cookie_query,
    "body": lambda _query, reading, _variables: reading.text,
    "bytes": lambda _query, reading, _variables: reading.received.body.data,
    "jsonpath": _jsonpath_query,
    "regex": lambda query, reading, variables: _pattern(filled(query.operand, variables), reading.text),
    "variable": _variable_query,
    "sha256": lambda _query, reading, _variables: hashlib.sha256(reading.received.body.data).digest(),
    "md5": lambda _query, reading, _variables: hashlib.md5(reading.received.body.data).digest(),  # noqa: S324
}


def _filtered(step: Filter, value: Found, variables: Mapping[str, Json]) -> Found:
    needed, work = _FILTERS[step.name]
    if not isinstance(value, needed) or (isinstance(value, bool) and bool not in needed):
        kind = "bytes" if isinstance(value, bytes) else kind_of(value)
        raise _Unfit(f"{_shown(value)} ({kind}), to which {step.name} cannot be applied")
    operands = [filled(one, variables) if isinstance(one, Text) else one for one in step.operands]
    try:
        result: Found = work(value, *operands)
    except (ValueError, ArithmeticError, LookupError, binascii.Error, UnicodeError):
        raise _Unfit(f"{_shown(value)}, to which {step.name} cannot be applied") from None
    if isinstance(result, str | bytes) and len(result) > MAX_TEXT:
        raise _Unfit(f"a text that {step.name} makes longer than {MAX_TEXT} characters")
    return result


def _nth(value: Sequence[Json], index: int) -> Json:
    return value[index]


def _to_int(value: str | float | Decimal) -> int:
    if isinstance(value, str):
        if re.fullmatch(r"[+-]?[0-9]{1,400}", value) is None:
            raise ValueError(value)
        return int(value)
    return int(value)


def _to_float(value: str | float | Decimal) -> Json:
    if isinstance(value, str):
        if re.fullmatch(r"[+-]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?", value) is None:
            raise ValueError(value)
        return Decimal(value)
    return number(value)


def _replaced(value: str, old: str, new: str) -> str:
    count = value.count(old)
    if len(value) + count * len(new) > MAX_TEXT:
        raise ValueError(old)
    return value.replace(old, new)


def _base64(value: str, *, safe: bool) -> bytes:
    text = value.replace("-", "+").replace("_", "/") if safe else value
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _parameter(value: str, name: str) -> Found:
    pairs = parse_qsl(urlsplit(value).query, keep_blank_values=True, max_num_fields=1000)
    return next((given for key, given in pairs if key == name), MISSING)


def _json_in(value: str, path: str) -> Found:
    try:
        return _nodes(path, jsontext.parse(value))
    except JsonProblem as problem:
        raise _Unfit(f"{show(value)}, which is not read as JSON: {clean(str(problem))}") from None


_NUMBERS: Final = (int, float, Decimal)
_FILTERS: Final[Mapping[str, tuple[tuple[type, ...], Callable[..., Any]]]] = {
    "base64Decode": ((str,), lambda value: _base64(value, safe=False)),
    "base64Encode": ((bytes,), lambda value: base64.b64encode(value).decode()),
    "base64UrlSafeDecode": ((str,), lambda value: _base64(value, safe=True)),
    "base64UrlSafeEncode": ((bytes,), lambda value: base64.urlsafe_b64encode(value).decode().rstrip("=")),
    "count": ((list, tuple, Mapping, bytes), len),
    "decode": ((bytes,), lambda value, codec: value.decode(codec)),
    "first": ((list, tuple), lambda value: value[0]),
    "htmlEscape": ((str,), lambda value: html.escape(value, quote=False)),
    "htmlUnescape": ((str,), html.unescape),
    "jsonpath": ((str,), _json_in),
    "last": ((list, tuple), lambda value: value[-1]),
    "nth": ((list, tuple), _nth),
    "regex": ((str,), lambda value, pattern: _pattern(pattern, value)),
    "replace": ((str,), _replaced),
    "split": ((str,), lambda value, mark: value.split(mark)),
    "toFloat": ((str, *_NUMBERS), _to_float),
    "toHex": ((bytes,), bytes.hex),
    "toInt": ((str, *_NUMBERS), _to_int),
    "toString": ((str, bool, *_NUMBERS), text_of),
    "urlDecode": ((str,), lambda value: unquote(value, errors="strict")),
    "urlEncode": ((str,), lambda value: quote(value, safe="/")),
    "urlQueryParam": ((str,), _parameter),
    "utf8Decode": ((bytes,), bytes.decode),
    "utf8Encode": ((str,), str.encode),
}
"""Name -> what it can be applied to, and what it makes of it."""


# --- predicates ---------------------------------------------------------------------------------------------------


def holds(predicate: Predicate, value: Found, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    """What is wrong with a value; as in Hurl, ``not`` holds of no value at all, and of none of another type."""
    operand = _operand(predicate.operand, variables)
    words = f"{'not ' if predicate.negated else ''}{_WORDS.get(predicate.name, predicate.name)}"
    expected = f"{words} {_shown(operand)}" if predicate.name in _COMPARED else words
    if predicate.name == "matches" and isinstance(operand, str):
        compile_regex(operand)
    if isinstance(value, Missing):
        if not predicate.negated:
            yield Mismatch(expected, "nothing")
        return
    compare, ask = _COMPARED.get(predicate.name), _ASKED.get(predicate.name)
    answer = compare(value, operand) if compare else ask(value) if ask else None
    if answer is None:
        kind = "bytes" if isinstance(value, bytes) else kind_of(value)
        yield Mismatch(expected, f"{_shown(value)} ({kind})")
    elif answer == predicate.negated:
        yield Mismatch(expected, _shown(value))


def _operand(operand: Operand, variables: Mapping[str, Json]) -> Json | bytes:
    if isinstance(operand, Variable):
        return lookup(operand.name, variables)
    return filled(operand, variables) if isinstance(operand, Text) else operand


def _equal(value: Any, operand: Any) -> bool:  # noqa: ANN401 - of any kind
    if isinstance(value, bytes) or isinstance(operand, bytes):
        return bool(value == operand)
    return canonical(value) == canonical(operand)


def _order(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool | None]:
    def compare(value: Any, operand: Any) -> bool | None:  # noqa: ANN401 - of any kind
        if isinstance(value, str) and isinstance(operand, str):
            return test(value, operand)
        if isinstance(value, bytes) or isinstance(operand, bytes):
            return None
        one, other = number(value), number(operand)
        return None if one is None or other is None else test(one, other)

    return compare


def _affix(name: str) -> Callable[[Any, Any], bool | None]:
    def compare(value: Any, operand: Any) -> bool | None:  # noqa: ANN401 - of any kind
        for kind in (str, bytes):
            if isinstance(value, kind) and isinstance(operand, kind):
                return bool(getattr(value, name)(operand))
        return None

    return compare


def _contains(value: Any, operand: Any) -> bool | None:  # noqa: ANN401 - of any kind
    return _includes(value, operand) if isinstance(value, list | tuple) else _affix("__contains__")(value, operand)


def _includes(value: Any, operand: Any) -> bool | None:  # noqa: ANN401 - of any kind
    return any(_equal(item, operand) for item in value) if isinstance(value, list | tuple) else None


def _matches(value: Any, operand: Any) -> bool | None:  # noqa: ANN401 - of any kind
    both = isinstance(value, str) and isinstance(operand, str)
    return compile_regex(operand).search(value) if both else None


_WORDS: Final = {
    "equals": "equal to",
    "notEquals": "anything but",
    "greaterThan": "more than",
    "greaterThanOrEquals": "at least",
    "lessThan": "less than",
    "lessThanOrEquals": "at most",
    "startsWith": "starting with",
    "endsWith": "ending with",
    "contains": "containing",
    "includes": "a list with",
    "matches": "matching",
    "exists": "a value",
    "isEmpty": "empty",
}
_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool | None]]] = {
    "equals": _equal,
    "notEquals": lambda value, operand: not _equal(value, operand),
    "greaterThan": _order(lambda one, other: one > other),
    "greaterThanOrEquals": _order(lambda one, other: one >= other),
    "lessThan": _order(lambda one, other: one < other),
    "lessThanOrEquals": _order(lambda one, other: one <= other),
    "startsWith": _affix("startswith"),
    "endsWith": _affix("endswith"),
    "contains": _contains,
    "includes": _includes,
    "matches": _matches,
}


def _formatted(name: str) -> Callable[[Any], bool | None]:
    return lambda value: has_format(name, value) if isinstance(value, str) else None


def _is_ipv6(value: Any) -> bool | None:  # noqa: ANN401 - of any kind
    if not isinstance(value, str):
        return None
    try:
        ipaddress.IPv6Address(value[:64])
    except ValueError:
        return False
    return True


def _is_integer(value: Any) -> bool:  # noqa: ANN401 - of any kind
    return isinstance(value, int) and not isinstance(value, bool)


_ASKED: Final[Mapping[str, Callable[[Any], bool | None]]] = {
    "exists": lambda _: True,
    "isBoolean": lambda value: isinstance(value, bool),
    "isCollection": lambda value: isinstance(value, list | tuple | Mapping | bytes),
    "isEmpty": lambda value: not value if isinstance(value, list | tuple | Mapping | bytes | str) else None,
    "isFloat": lambda value: isinstance(value, float | Decimal),
    "isInteger": _is_integer,
    "isIpv4": _formatted("ipv4"),
    "isIpv6": _is_ipv6,
    "isIsoDate": _formatted("date-time"),
    "isList": lambda value: isinstance(value, list | tuple),
    "isNumber": lambda value: not isinstance(value, bytes) and number(value) is not None,
    "isObject": lambda value: isinstance(value, Mapping),
    "isString": lambda value: isinstance(value, str),
    "isUuid": _formatted("uuid"),
}
