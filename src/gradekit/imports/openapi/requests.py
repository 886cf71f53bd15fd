"""Requests for the operations of a document, with what makes them possible before and what is expected of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote as encoded

from gradekit.checks.jsontext import Json, render
from gradekit.imports.openapi.reading import Document, Object, Operation, items
from gradekit.imports.openapi.samples import NoValue, examples, misfit, sample
from gradekit.imports.openapi.schemas import SchemaProblem, converted
from gradekit.texts import clean

_PARAMETER: Final = re.compile(r"\{([^{}/]+)\}")
_KEYS: Final = ("id", "uuid", "_id", "key", "slug", "name")
"""Members by which a thing that was made is asked for, if none is called like the parameter."""
_WRAPPERS: Final = ("", "data", "item", "result")
_UNKNOWN: Final[Mapping[str, str]] = {
    "integer": "987654321",
    "number": "987654321",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "string": "no-such-thing",
}
_TAKEN: Final = ("run", "case", "repeat", "round")
"""Names that variables have of themselves."""
_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"


class Unmade(Exception):  # noqa: N818 - of an operation, no error of the program
    """Why there is no request for an operation."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a response has to be."""

    status: Json
    kind: str = ""
    """A part of its Content-Type; empty for any."""
    schema: Json = True


@dataclass(frozen=True, slots=True)
class Step:
    """A request."""

    request: str
    answer: Answer
    fields: Mapping[str, Json] = field(default_factory=dict)
    """``query``, ``headers``, ``auth`` and the body, as the kind http has them."""
    name: str = ""
    save: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drafted:
    """An operation as steps, and what its author should know of them."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()


@dataclass
class _Parts:
    """What a request has beside its target."""

    query: dict[str, Json] = field(default_factory=dict)
    headers: dict[str, Json] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    auth: Json = None

    def fields(self) -> dict[str, Json]:
        """As the kind http has them."""
        cookie: dict[str, Json] = {"Cookie": "; ".join(self.cookies)} if self.cookies else {}
        found: dict[str, Json] = {"query": self.query, "headers": {**self.headers, **cookie}, "auth": self.auth}
        return {name: value for name, value in found.items() if value}


@dataclass
class Draft:
    """A document on its way into checks."""

    document: Document
    operations: Sequence[Operation]
    variables: dict[str, str] = field(default_factory=dict)
    """Credentials that are made up: name -> value."""
    headers: dict[str, str] = field(default_factory=dict)
    """Those that go into headers."""
    schemes: dict[str, str] = field(default_factory=dict)
    """Name of a scheme -> how requests carry it, in words."""
    problems: list[str] = field(default_factory=list)

    def operation(self, wanted: Operation) -> Drafted:
        """Its steps.

        Raises:
            Unmade: there is no request that is known to be right.
        """
        before, names, notes = self._things(wanted.path, wanted)
        named = list(self._bodies(wanted))
        steps = [self._step(wanted, names, body, example) for example, body in named]
        missing = self._missing(wanted, names, steps[0])
        return Drafted((*before, *steps, *([missing] if missing else [])), tuple(notes))

    # ---- What has to be there -------------------------------------------------------------------------

    def _things(self, path: str, wanted: Operation) -> tuple[list[Step], dict[str, str], list[str]]:
        """Requests that make what a path asks for, texts for its parameters, and what has to be there beforehand."""
        steps: list[Step] = []
        texts: dict[str, str] = {}
        notes: list[str] = []
        for match in _PARAMETER.finditer(path):
            parameter = self._parameter(wanted, match[1], "path")
            collection = path[: match.start()].rstrip("/")
            creator = next((one for one in self.operations if one.name == f"POST {collection}"), None)
            made = None if creator is None or creator.name == wanted.name else self._made(creator, match[1], texts)
            if made is not None:
                texts[match[1]] = f"${{{_variable(match[1])}}}"
                steps.append(made)
                continue
            value = self._example(parameter)
            if value is None:
                what = f"no example says which {{{match[1]}}} there is"
                raise Unmade(f"{what}, and no POST {collection or '/'} of the document makes one that it answers")
            texts[match[1]] = encoded(_plain(value), safe="").replace("${", "$${")
            notes.append(f"asks for {_plain(value)}, which has to be there when the service starts")
        return steps, texts, notes

    def _made(self, creator: Operation, parameter: str, texts: Mapping[str, str]) -> Step | None:
        """The request that makes a thing and saves by what it is asked for; None where that is not known."""
        if any(match[1] not in texts for match in _PARAMETER.finditer(creator.path)):
            return None
        try:
            name, body = next(self._bodies(creator))
            step = self._step(creator, texts, body, name)
        except Unmade:
            return None
        schema = self._content(self._response(creator, name)[1])[1]
        place = self._member(schema, parameter)
        return None if place is None else replace(step, save={_variable(parameter): place})

    def _member(self, schema: Json, parameter: str) -> str | None:
        """Where a response has the name of what was made, as a JSONPath."""
        for wrapper in _WRAPPERS:
            members = self._members(schema)
            if wrapper:
                members = self._members(members.get(wrapper, {}))
            short = re.sub(r"(?i)[-_]?id$", "", parameter)
            for key in (parameter, *_KEYS, short):
                if key and key in members:
                    place = f".{wrapper}" if wrapper else ""
                    return f"${place}.{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f"${place}[{render(key)}]"
        return None

    def _members(self, schema: Json, depth: int = 8) -> Mapping[str, Json]:
        """The properties of a schema, those of its parts included."""
        whole = self.document.object(schema)
        found = dict(self.document.object(whole.get("properties")))
        for part in items(whole.get("allOf")) if depth else ():
            found |= self._members(part, depth - 1)
        return found

    # ---- One request ----------------------------------------------------------------------------------

    def _step(self, wanted: Operation, texts: Mapping[str, str], body: Mapping[str, Json], example: str) -> Step:
        target = _PARAMETER.sub(lambda match: texts[match[1]], wanted.path.replace("${", "$${"))
        parts = _Parts()
        for parameter in wanted.parameters:
            place, name = parameter.get("in"), str(parameter.get("name"))
            if place == "path" or parameter.get("required") is not True:
                continue
            value = self._required(parameter)
            if place == "query":
                parts.query[name] = self._queried(parameter, value)
            elif place == "header" and name.lower() not in {"accept", "content-type", "authorization"}:
                parts.headers[name] = _escaped(_plain(value))
            elif place == "cookie":
                parts.cookies.append(f"{name}={_escaped(_plain(value))}")
        self._authorise(wanted, parts)
        if "" in body:
            parts.headers["Content-Type"] = body[""]
        fields = {**parts.fields(), **{name: value for name, value in body.items() if name}}
        status, response = self._response(wanted, example)
        return Step(f"{wanted.method} {target}", self._answer(wanted, status, response), fields, example)

    def _missing(self, wanted: Operation, texts: Mapping[str, str], right: Step) -> Step | None:
        """The same request for what is not there, where the document says what that is answered."""
        responses = self.document.object(wanted.body.get("responses"))
        names = [match[1] for match in _PARAMETER.finditer(wanted.path)]
        if (
            wanted.method != "GET"
            or "404" not in responses
            or not names
            or not wanted.path.endswith(f"{{{names[-1]}}}")
        ):
            return None
        schema = self.document.object(self._parameter(wanted, names[-1], "path").get("schema"))
        unknown = _UNKNOWN.get(str(schema.get("format")), _UNKNOWN.get(str(schema.get("type"))))
        if unknown is None or "enum" in schema or "pattern" in schema or "maximum" in schema:
            return None
        target = wanted.path[: wanted.path.rindex("{")]
        target = _PARAMETER.sub(lambda match: texts[match[1]], target) + unknown
        answer = self._answer(wanted, 404, self.document.object(responses["404"]))
        return Step(f"GET {target}", answer, right.fields, "what is not there")

    def _parameter(self, wanted: Operation, name: str, place: str) -> Object:
        found = (one for one in wanted.parameters if (one.get("in"), one.get("name")) == (place, name))
        return next(found, {})

    def _example(self, parameter: Object) -> Json:
        """A value that the document itself has for a parameter, or None."""
        for _, value in examples(self.document, parameter):
            return value
        schema = self.document.object(parameter.get("schema"))
        for key in ("example", "default", "const"):
            if key in schema:
                return schema[key]
        return next((items(schema[key])[0] for key in ("examples", "enum") if items(schema.get(key))), None)

    def _required(self, parameter: Object) -> Json:
        """A value for a parameter without which nothing works."""
        value = self._example(parameter)
        if value is not None:
            return value
        if "schema" not in parameter:
            raise Unmade(f"no example for the {parameter.get('in')} parameter {parameter.get('name')}")
        try:
            return sample(self.document, parameter["schema"])
        except NoValue as error:
            raise Unmade(f"the {parameter.get('in')} parameter {parameter.get('name')}: {error}") from None

    def _queried(self, parameter: Object, value: Json) -> Json:
        """A value as it stands in a query."""
        if isinstance(value, Mapping):
            raise Unmade(f"the query parameter {parameter.get('name')} is an object")
        if not isinstance(value, list):
            return _escaped(_plain(value))
        if parameter.get("explode", parameter.get("style", "form") == "form") is True:
            return [_escaped(_plain(item)) for item in value]
        return ",".join(_escaped(_plain(item)) for item in value)

    # ---- Bodies ---------------------------------------------------------------------------------------

    def _bodies(self, wanted: Operation) -> Iterator[tuple[str, Mapping[str, Json]]]:
        """The name of an example and its body as fields of a request; a type of its own is under the empty name."""
        whole = self.document.object(wanted.body.get("requestBody"))
        content = self.document.object(whole.get("content"))
        reasons: list[str] = []
        for kind in sorted(content, key=_preference):
            media = self.document.object(content[kind])
            try:
                found = [(name, self._body(kind, media, value)) for name, value in self._values(wanted, media)]
            except NoValue as error:
                reasons.append(f"{kind}: {error}")
                continue
            yield from found
            return
        if whole.get("required") is True or reasons:
            raise Unmade(f"no request body ({'; '.join(reasons) or 'it has no content'})")
        yield "", {}

    def _values(self, wanted: Operation, media: Object) -> Iterator[tuple[str, Json]]:
        """Right ones first; then those that the schema refuses, where an answer of that name is a refusal, too."""
        schema = media.get("schema", True)
        known = list(examples(self.document, media))
        wrong = [misfit(self.document, schema, value) for _, value in known]
        right = [one for one, what in zip(known, wrong, strict=True) if not what]
        refused = [one for one, what in zip(known, wrong, strict=True) if what and self._refuses(wanted, one[0])]
        if known and not right and not refused:
            raise NoValue(wrong[0])
        if not known and "schema" not in media:
            raise NoValue("neither an example nor a schema")
        for (name, value), what in zip(known, wrong, strict=True):
            told = f"{wanted.name}: its example {clean(name)} is left out, as {what}"
            if what and (name, value) not in refused and told not in self.problems:
                self.problems.append(told)
        yield from right or [("", sample(self.document, schema))]
        yield from refused

    def _refuses(self, wanted: Operation, example: str) -> bool:
        """Whether the answer of an example's name is a refusal of what was sent."""
        status, response = self._response(wanted, example)
        named = any(
            example in self.document.object(self.document.object(media).get("examples"))
            for media in self.document.object(response.get("content")).values()
        )
        return bool(example) and named and str(status).startswith("4")

    def _body(self, kind: str, media: Object, value: Json) -> Mapping[str, Json]:
        plain = kind.partition(";")[0].strip().lower()
        if _is_json(plain):
            return {"json": _deep(value), **({} if plain in {"application/json", "*/*"} else {"": plain})}
        if plain in {_FORM, _MULTIPART}:
            schemas = self._members(media.get("schema", {}))
            binary = [name for name, one in schemas.items() if self.document.object(one).get("format") == "binary"]
            if not isinstance(value, Mapping) or any(name in binary for name in value):
                raise NoValue("no example says what a file holds")
            if any(isinstance(item, Mapping | list) for item in value.values()):
                raise NoValue("a field of a form is no text")
            texts = {name: _escaped(_plain(item)) for name, item in value.items()}
            return {"form" if plain == _FORM else "multipart": texts} if texts else {}
        if isinstance(value, str) and plain.startswith("text/"):
            return {"body": _escaped(value), "": plain}
        raise NoValue("only JSON, forms and texts can be sent")

    # ---- Responses ------------------------------------------------------------------------------------

    def _response(self, wanted: Operation, example: str) -> tuple[Json, Object]:
        """Status and response of a request that has an example's name."""
        responses = self.document.object(wanted.body.get("responses"))
        for status, value in responses.items():
            response = self.document.object(value)
            for media in self.document.object(response.get("content")).values():
                if example and example in self.document.object(self.document.object(media).get("examples")):
                    return _status(status), response
        for wanted_status in ("2", "default", "3"):
            for status in sorted(responses):
                if status.startswith(wanted_status):
                    return _status(status), self.document.object(responses[status])
        raise Unmade("the document has no response that is a success")

    def _answer(self, wanted: Operation, status: Json, response: Object) -> Answer:
        kind, schema = self._content(response)
        if not kind or wanted.method == "HEAD":
            return Answer(status)
        try:
            made = converted(self.document, schema, "response") if _is_json(kind) else True
        except SchemaProblem as problem:
            self.problems.append(f"{wanted.name}: the schema of its answer {status} is not checked: {problem}")
            made = True
        return Answer(status, "json" if _is_json(kind) else kind, made)

    def _content(self, response: Object) -> tuple[str, Json]:
        """Type and schema of a response's content; both are nothing where it has none, or one of many types."""
        content = self.document.object(response.get("content"))
        kinds = sorted(content, key=_preference)
        if not kinds or (not _is_json(kinds[0]) and ("*" in kinds[0] or len(kinds) > 1)):
            return "", True
        return kinds[0].partition(";")[0].strip().lower(), self.document.object(content[kinds[0]]).get("schema", True)

    # ---- Credentials ----------------------------------------------------------------------------------

    def _authorise(self, wanted: Operation, parts: _Parts) -> None:
        """Add made-up credentials where the document asks for some.

        Raises:
            Unmade: in a way that a request cannot carry.
        """
        known = self.document.object(self.document.object(self.document.root.get("components")).get("securitySchemes"))
        required = items(wanted.body.get("security", self.document.root.get("security", [])))
        choices = [choice for choice in required if isinstance(choice, Mapping)]
        if not choices or {} in choices:
            return
        for choice in choices:
            schemes = {name: self.document.object(known.get(name)) for name in choice}
            if all(map(_carried, schemes.values())):
                for name, scheme in schemes.items():
                    self._carry(name, scheme, parts)
                return
        names = ", ".join(name for choice in choices for name in choice)
        raise Unmade(f"no request can carry what it asks for: {names}")

    def _carry(self, name: str, scheme: Object, parts: _Parts) -> None:
        variable = f"credential_{_variable(name)}"
        value = f"made-up-{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}"
        text = f"${{{variable}}}"
        key = str(scheme.get("name"))
        match scheme.get("type"), scheme.get("in"), str(scheme.get("scheme")).lower():
            case "apiKey", "header", _:
                parts.headers[key] = self.headers[key] = text
                how = f"the header `{key}: {value}`"
            case "apiKey", "query", _:
                parts.query[key] = text
                how = f"`{key}={value}` in the query"
            case "apiKey", _, _:
                parts.cookies.append(f"{key}={text}")
                how = f"the cookie `{key}={value}`"
            case "http", _, "basic":
                parts.auth = {"basic": {"user": "ana", "password": text}}
                how = f"HTTP basic authentication of the user `ana` with the password `{value}`"
            case _:
                parts.auth = {"bearer": text}
                self.headers["Authorization"] = f"Bearer {text}"
                how = f"the header `Authorization: Bearer {value}`"
        self.variables[variable] = value
        self.schemes[name] = how


def _carried(scheme: Object) -> bool:
    kind = scheme.get("type")
    if kind == "http":
        return str(scheme.get("scheme")).lower() in {"basic", "bearer"}
    if kind == "apiKey":
        return scheme.get("in") in {"header", "query", "cookie"}
    return kind in {"oauth2", "openIdConnect"}


def _status(written: str) -> Json:
    if written.isdecimal():
        return int(written)
    return written.lower() if re.fullmatch("[1-5][xX]{2}", written) else "2xx"


def _preference(kind: str) -> tuple[int, str]:
    """JSON first, then forms, then the rest."""
    order = (_is_json(kind), kind.startswith(_FORM), kind.startswith(_MULTIPART), kind.startswith("text/plain"))
    return next((rank for rank, holds in enumerate(order) if holds), len(order)), kind


def _is_json(kind: str) -> bool:
    plain = kind.partition(";")[0].strip().lower()
    return plain in {"application/json", "*/*", "application/*"} or plain.endswith("+json")


def _variable(name: str) -> str:
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "it"
    return f"{plain}_" if plain in _TAKEN or not plain[0].isalpha() else plain


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else render(value)


def _escaped(text: str) -> str:
    """A text that names no variable."""
    return text.replace("${", "$${")


def _deep(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {_escaped(name): _deep(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_deep(child) for child in value]
    return _escaped(value) if isinstance(value, str) else value
