"""From a step to the request that is sent: pure."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from urllib.parse import quote, urlencode, urlsplit

from pydantic import ValidationError

from gradekit.checks.http.hurl.step import HurlStep
from gradekit.checks.http.sending import Auth, Common, Fields, Part, Request
from gradekit.checks.jsontext import Json, render
from gradekit.checks.template import UnknownNameError, fill, fill_text, uses
from gradekit.sandbox.messages import HttpRequest
from gradekit.texts import clean

MAX_TARGET = 8_000
"""Characters of a request's target."""
MAX_SENT = 8 << 20
"""Bytes of a body."""

_CONTROL = re.compile("[\x00-\x1f\x7f]")
# Every character that RFC 9112 allows in a target, and "%" for what is encoded already.
_TARGET_SAFE = "/?&=:@!$'()*+,;~-._%[]"


class Unsendable(Exception):  # noqa: N818 - a state of the step, not an error of the program
    """Why a step's request cannot be made."""


def build(
    common: Common,
    request: Request,
    variables: Mapping[str, Json],
    files: Mapping[str, bytes],
    *,
    cookie: str = "",
    target: str | None = None,
) -> HttpRequest:
    """The request of a step, with the cookies that it sends back; ``target`` stands for its own.

    Raises:
        Unsendable: for a name without a value, or a value that cannot stand where it is used.
    """
    try:
        if isinstance(request, HurlStep):
            try:
                request, own = request.concrete(variables)
            except ValidationError as error:
                told = clean(error.errors()[0]["msg"].removeprefix("Value error, "))
                raise Unsendable(f"a value cannot stand where it is used: {told}") from None
            cookie = "; ".join(filter(None, (cookie, own)))
        kind, body = _body(request, variables, files)
        given = list(_headers(common, request, kind, cookie, variables))
        headers = {name.lower(): (name, fill_text(value, variables)) for name, value in given}
        if target is None:
            target = target_of(fill_text(request.target, variables))
            if request.query:
                target += f"?{_pairs(request.query, variables)}"
    except UnknownNameError as error:
        raise Unsendable(str(error)) from None
    templates = {name.lower(): value for name, value in given}
    for name, value in headers.values():
        if _CONTROL.search(value):
            names = [f"${{{used}}}" for _, used in uses(templates[name.lower()])]
            source = f", made with {' and '.join(names)}," if names else ""
            what = "has a line break or another control character"
            raise Unsendable(f"the value of header {name}{source} {what}: {clean(value)}")
    if len(target) > MAX_TARGET:
        raise Unsendable(f"the target has more than {MAX_TARGET} characters")
    if len(body) > MAX_SENT:
        raise Unsendable(f"the body has more than {MAX_SENT} bytes")
    return HttpRequest(
        port=0,
        method=request.method,
        target=target,
        headers=tuple(headers.values()),
        body=body,
        timeout=request.timeout if request.timeout is not None else common.timeout,
    )


def target_of(text: str) -> str:
    """A target that can be sent: of a whole URL (such as a saved ``Location``) path and query, for the app alone.

    Raises:
        Unsendable: it is none.
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        raise Unsendable(f"the target is not a URL: {clean(text)}") from None
    if parts.scheme in {"http", "https"}:
        text = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    if not text.startswith("/"):
        raise Unsendable(f"the target does not begin with a slash: {clean(text)}")
    return quote(text.partition("#")[0], safe=_TARGET_SAFE)


def _headers(
    common: Common, request: Request, kind: str, cookie: str, variables: Mapping[str, Json]
) -> Iterator[tuple[str, str]]:
    """All headers; a later one replaces an earlier one of the same name."""
    if kind:
        yield "Content-Type", kind
    auth = common.auth if request.auth is None else request.auth
    if isinstance(auth, Auth):
        yield "Authorization", _authorization(auth, variables)
    if cookie:
        # What is in it came from the app and is no template.
        yield "Cookie", cookie.replace("${", "$${")
    yield from common.headers.items()
    yield from request.headers.items()


def _authorization(auth: Auth, variables: Mapping[str, Json]) -> str:
    if auth.basic is None:
        return f"Bearer {auth.bearer}"
    pair = f"{fill_text(auth.basic.user, variables)}:{fill_text(auth.basic.password, variables)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _body(request: Request, variables: Mapping[str, Json], files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """The type of the body, where it says one, and the body."""
    if "payload" in request.model_fields_set:
        return "application/json", render(fill(request.payload, variables)).encode()
    if request.form is not None:
        return "application/x-www-form-urlencoded", _pairs(request.form, variables).encode()
    if request.multipart is not None:
        return _multipart(request.multipart, variables, files)
    if request.file is not None:
        return "", files.get(request.file, b"")
    return "", fill_text(request.body or "", variables).encode()


def _pairs(values: Fields, variables: Mapping[str, Json]) -> str:
    pairs = [(name, one) for name, value in values.items() for one in ([value] if isinstance(value, str) else value)]
    return urlencode([(name, fill_text(value, variables)) for name, value in pairs])


def _multipart(
    parts: Mapping[str, str | Part], variables: Mapping[str, Json], files: Mapping[str, bytes]
) -> tuple[str, bytes]:
    """A form as RFC 7578 has it. The boundary is made from the content, so that the same form is the same body."""
    made = [
        _part(name, Part(text=part) if isinstance(part, str) else part, variables, files)
        for name, part in parts.items()
    ]
    boundary = f"gradekit-{hashlib.sha256(b''.join(made)).hexdigest()[:32]}"
    mark = f"--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in made) + mark + b"--\r\n"
    return f"multipart/form-data; boundary={boundary}", body


def _part(name: str, part: Part, variables: Mapping[str, Json], files: Mapping[str, bytes]) -> bytes:
    filename = part.filename or (PurePosixPath(part.file).name if part.file is not None else None)
    disposition = f'form-data; name="{_parameter(name)}"'
    if filename is not None:
        disposition += f'; filename="{_parameter(fill_text(filename, variables))}"'
    lines = [f"Content-Disposition: {disposition}"]
    kind = part.type or ("application/octet-stream" if part.file is not None else None)
    if kind is not None:
        lines.append(f"Content-Type: {_CONTROL.sub('', fill_text(kind, variables))}")
    content = files.get(part.file, b"") if part.file is not None else fill_text(part.text or "", variables).encode()
    return "\r\n".join([*lines, "", ""]).encode() + content


def _parameter(text: str) -> str:
    """Text between the quotes of a parameter, as browsers write it."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
