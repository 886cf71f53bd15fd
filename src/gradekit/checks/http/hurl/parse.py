"""A reader of .hurl files (https://hurl.dev). What the kind http cannot do is a flaw with its place, never left out."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final

import re2

from gradekit.checks.http.hurl.syntax import (
    Assertion,
    Body,
    Capture,
    Entry,
    FilePart,
    Filter,
    Flaw,
    Operand,
    Pair,
    Place,
    Predicate,
    Query,
    Response,
    Script,
    Text,
    Variable,
)
from gradekit.checks.jsonpath import PathProblem, compile_path
from gradekit.checks.jsontext import Json
from gradekit.checks.regex import RegexProblem, compile_regex
from gradekit.model import check_relative
from gradekit.texts import clean, near, quote

MAX_FILE: Final = 1 << 20
"""Bytes of a file."""
MAX_ENTRIES: Final = 500
MAX_FLAWS: Final = 50
MAX_RETRIES: Final = 1_000
MAX_DELAY: Final = 60.0
"""Seconds."""

_METHOD = re.compile(r"([A-Z]+)[ \t]+(?=\S)")
_RESPONSE = re.compile(r"HTTP(?:/(\S+))?[ \t]+(\*|[0-9]{3})(?=[ \t\r\n#]|\Z)")
_SECTION = re.compile(r"\[([A-Za-z]+)\](?=[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z))")
_PIECE = r"\{\{[^{}\n]*\}\}|\\u\{[^{}\n]*\}|\\[^u\n]"
_KEY = re.compile(rf"(?:{_PIECE}|[^\s:#\\{{}}\[\]\"`<])(?:{_PIECE}|[^\s:#\\{{}}]|[ \t](?=[^\s:#]))*(?=[ \t]*:)")
_EMPTY = re.compile(r"([A-Za-z0-9!$%&'*+.^_|~-]+);(?=[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z))")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*|==|!=|>=|<=|>|<")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?(?![\w.])")
_HEX = re.compile(r"hex,[ \t]*([0-9A-Fa-f]*)[ \t]*;")
_BASE64 = re.compile(r"base64,([A-Za-z0-9+/=\s]*);")
_FILE = re.compile(r"file,[ \t]*([^;\n]*?)[ \t]*;")
_FENCE = re.compile(r"```(?:([a-z0-9]+(?:[ \t]*,[ \t]*[a-z]+)*)[ \t]*)?(?:\r?\n)?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ESCAPES = {"\\": "\\", '"': '"', "#": "#", ":": ":", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/"}
_ESCAPES |= {"`": "`", "{": "{", "}": "}"}
_OWN = re.compile(r"(?:https?://)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::[0-9]+)?(?=[/?\s]|\Z)")
_ADDRESS = re.compile(
    r"(?:https?://)?\{\{\s*([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}(?::(?:[0-9]+|\{\{[^{}]*\}\}))?(?=[/?\s]|\Z)"
)
_ELSEWHERE = re.compile(r"https?://[^/?\s]*")
_DURATION = re.compile(r"([0-9]+)(ms|s|m)?")
_TAG = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<!(?:\"[^\"]*\"|'[^']*'|[^>\"'])*>"
    r"|<(/?)[^\s<>/!?](?:\"[^\"]*\"|'[^']*'|[^>\"'])*?(/?)>",
    re.DOTALL,
)
_FLAG = re.compile(r"\[(?:Secure|HttpOnly)\]$")
_UNITS = {None: 0.001, "ms": 0.001, "s": 1.0, "m": 60.0}
_TYPES = {
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "htm": "text/html",
    "html": "text/html",
    "pdf": "application/pdf",
    "xml": "application/xml",
}
"""By the end of a file's name, as Hurl has them."""

_XML = "give the value in JSON and ask for it with jsonpath, or match the text: body matches /.../"
_TIMES = "nobody knows how fast a machine is: leave it out, or compare with time_ratio of a step in YAML"
_REDIRECT = 'redirects are not followed: expect HTTP 302, capture header "Location" and write a request to {{it}}'
_PLAIN = "the app speaks HTTP/1.1 without TLS here: leave it out"
REFUSED: Final = {
    "xpath": ("XPath", _XML),
    "certificate": ("certificates", _PLAIN),
    "duration": ("absolute times", _TIMES),
    "url": ("URLs after redirects", _REDIRECT),
    "redirects": ("redirects", _REDIRECT),
    "ip": ("addresses", "the app is on the loopback interface: leave it out"),
    "rawbytes": ("compressed bodies", "write bytes"),
    "version": ("versions of HTTP", _PLAIN),
    "daysAfterNow": ("dates of now", "match the text: matches /.../"),
    "daysBeforeNow": ("dates of now", "match the text: matches /.../"),
    "toDate": ("dates", "compare texts, or ask isIsoDate"),
    "format": ("dates", "compare texts, or ask isIsoDate"),
    "dateFormat": ("dates", "compare texts, or ask isIsoDate"),
    "isDate": ("dates", "isIsoDate"),
    "replaceRegex": ("replacements by pattern", "replace takes a text; or take a part of it with regex"),
    "location": ("redirects", _REDIRECT),
    "redact": ("hidden captures", "leave it out: what is captured stands in the reviewer's report"),
}
"""Queries, filters, predicates and options that are not there: what they are about, and what to write instead."""
_QUERIES: Final = ("status", "header", "cookie", "body", "bytes", "jsonpath", "regex", "variable", "sha256", "md5")
_WITH_OPERAND: Final = ("header", "cookie", "jsonpath", "regex", "variable", "xpath", "certificate")
FILTERS: Final = {
    "base64Decode": 0,
    "base64Encode": 0,
    "base64UrlSafeDecode": 0,
    "base64UrlSafeEncode": 0,
    "count": 0,
    "decode": 1,
    "first": 0,
    "htmlEscape": 0,
    "htmlUnescape": 0,
    "jsonpath": 1,
    "last": 0,
    "nth": 1,
    "regex": 1,
    "replace": 2,
    "split": 1,
    "toFloat": 0,
    "toHex": 0,
    "toInt": 0,
    "toString": 0,
    "urlDecode": 0,
    "urlEncode": 0,
    "urlQueryParam": 1,
    "utf8Decode": 0,
    "utf8Encode": 0,
}
"""Name -> how many operands."""
_PREDICATES: Final = {
    "==": "equals",
    "!=": "notEquals",
    ">": "greaterThan",
    ">=": "greaterThanOrEquals",
    "<": "lessThan",
    "<=": "lessThanOrEquals",
}
_COMPARING: Final = (*_PREDICATES.values(), "startsWith", "endsWith", "contains", "includes", "matches")
_ASKING: Final = (
    "exists",
    "isBoolean",
    "isCollection",
    "isEmpty",
    "isFloat",
    "isInteger",
    "isIpv4",
    "isIpv6",
    "isIsoDate",
    "isList",
    "isNumber",
    "isObject",
    "isString",
    "isUuid",
)
_SECTIONS: Final = {
    "QueryStringParams": "Query",
    "FormParams": "Form",
    "MultipartFormData": "Multipart",
    **{name: name for name in ("Query", "Form", "Multipart", "Cookies", "BasicAuth", "Options")},
}
_HARMLESS: Final = ("verbose", "very-verbose", "verbosity", "insecure")
"""Options that change nothing about what is sent or what must come back."""


class _Wrong(Exception):  # noqa: N818 - becomes a flaw
    """The file cannot be read further."""

    def __init__(self, at: int, what: str, expected: str = "", hint: str = "") -> None:
        self.at = at
        self.flaw = (what, expected, hint)
        super().__init__(what)


@lru_cache(maxsize=64)
def parse(data: bytes) -> Script:
    """The entries of a file, and everything in it that cannot be used; never raises."""
    if len(data) > MAX_FILE:
        return Script(flaws=(Flaw((1, 1), f"it has more than {MAX_FILE >> 20} MiB", hint="make two files of it"),))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Script(flaws=(Flaw((line, 1), "it is not UTF-8", hint="save it as UTF-8"),))
    return _Reader(text).script()


class _Reader:
    """Goes through the text once; ``at`` is where it is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.flaws: list[Flaw] = []
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, at: int | None = None) -> Place:
        """Line and column."""
        position = self.at if at is None else at
        low, high = 0, len(self._lines)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._lines[middle] <= position else (low, middle)
        return low + 1, position - self._lines[low] + 1

    def refuse(self, at: int, what: str, expected: str = "", hint: str = "") -> None:
        """Note a flaw and go on."""
        if len(self.flaws) < MAX_FLAWS:
            self.flaws.append(Flaw(self.place(at), what, expected, hint))

    def refuse_named(self, at: int, name: str) -> None:
        """Note something that exists in Hurl and not here."""
        noun, hint = REFUSED[name]
        self.refuse(at, f"{name} has no counterpart here ({noun})", hint=hint)

    def script(self) -> Script:
        entries: list[Entry] = []
        try:
            self.skip()
            while self.at < len(self.text):
                if len(entries) == MAX_ENTRIES:
                    self.refuse(self.at, f"there are more than {MAX_ENTRIES} entries", hint="make two files of it")
                    break
                entry = self.entry()
                if entry is not None:
                    entries.append(entry)
                self.skip()
            if not entries and not self.flaws:
                self.refuse(0, "it has no entry", 'a request such as "GET {{host}}/health"')
        except _Wrong as wrong:
            self.refuse(wrong.at, *wrong.flaw)
        return Script(tuple(entries), tuple(sorted(self.flaws, key=lambda flaw: flaw.place)))

    # --- small pieces -------------------------------------------------------------------------------------------

    def skip(self) -> None:
        """Blank lines and comments."""
        self.take(_BLANK)

    def space(self) -> None:
        self.take(_SPACE)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What stands here, if it does."""
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def sees(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.match(self.text, self.at)

    def starts(self, *words: str) -> bool:
        return self.text.startswith(words, self.at)

    def end_line(self) -> None:
        """Nothing more on this line but a comment."""
        if self.take(_REST) is None:
            rest = self.text[self.at :].partition("\n")[0]
            raise _Wrong(self.at, f"{quote(clean(rest, 60))} is not understood", "the end of the line")

    def variable(self) -> Variable | None:
        """``{{name}}`` here; None, and a flaw, for one that is no name."""
        begun = self.at
        end = self.text.find("}}", begun)
        line = self.text.find("\n", begun)
        if end < 0 or -1 < line < end:
            raise _Wrong(begun, "{{ is not closed", "}} on the same line")
        name = self.text[begun + 2 : end].strip()
        self.at = end + 2
        if _NAME.fullmatch(name) is None or name in {"newUuid", "newDate"}:
            what = f"{{{{{clean(name, 60)}}}}} is not the name of a variable"
            self.refuse(begun, what, "a name, without functions and filters", "capture the value, or put it in vars")
            return None
        return Variable(name, self.place(begun))

    def pieces(self, ends: Callable[[str], bool], *, escapes: bool, lines: bool = False) -> Text:
        """Text with variables up to a character that ends it."""
        parts: list[str | Variable] = []
        run: list[str] = []
        text = self.text
        while self.at < len(text) and not ends(text[self.at]):
            character = text[self.at]
            if text.startswith("{{", self.at):
                variable = self.variable()
                if variable is not None:
                    parts += [*(["".join(run)] if run else []), variable]
                    run = []
            elif character == "\\" and escapes:
                run.append(self.escape())
            elif character == "\n" and not lines:
                break
            else:
                run.append(character)
                self.at += 1
        return Text((*parts, "".join(run)) if run else tuple(parts))

    def escape(self) -> str:
        r"""What ``\n`` and the like stand for."""
        begun = self.at
        following = self.text[begun + 1 : begun + 2]
        if following == "u":
            match = re.compile(r"\\u\{([0-9a-fA-F]{1,6})\}").match(self.text, begun)
            code = int(match[1], 16) if match else -1
            if match is None or code > 0x10FFFF or 0xD800 <= code < 0xE000:  # noqa: PLR2004 - of Unicode
                raise _Wrong(begun, "this is not a character of Unicode", r"\u{1F525}")
            self.at = match.end()
            return chr(code)
        if not following or following not in _ESCAPES:
            shown = quote(clean(self.text[begun : begun + 2]))
            raise _Wrong(begun, f"{shown} stands for nothing", r"\\ for a backslash")
        self.at += 2
        return _ESCAPES[following]

    def value(self) -> Text:
        """The rest of a line, without a comment and blanks around it."""
        self.space()
        text = self.pieces(lambda character: character == "#", escapes=True)
        if text.parts and isinstance(text.parts[-1], str):
            last = text.parts[-1].rstrip(" \t\r")
            text = Text((*text.parts[:-1], last) if last else text.parts[:-1])
        self.end_line()
        return text

    def quoted(self) -> Text:
        begun = self.at
        self.at += 1
        text = self.pieces(lambda character: character == '"', escapes=True)
        if not self.starts('"'):
            raise _Wrong(begun, "the text is not closed", '" on the same line')
        self.at += 1
        return text

    def oneline(self) -> Text:
        begun = self.at
        self.at += 1
        text = self.pieces(lambda character: character == "`", escapes=True)
        if not self.starts("`"):
            raise _Wrong(begun, "the text is not closed", "` on the same line")
        self.at += 1
        return text

    def slashed(self) -> Text:
        begun = self.at
        match = self.take(re.compile(r"/((?:\\.|[^/\\\n])*)/"))
        if match is None:
            raise _Wrong(begun, "the pattern is not closed", "/ on the same line")
        return Text((match[1].replace("\\/", "/"),), pattern=True)

    def key(self) -> tuple[Text, int]:
        """What stands before the colon of a line."""
        begun = self.at
        match = self.sees(_KEY)
        if match is None:
            line = self.text[self.at :].partition("\n")[0]
            raise _Wrong(begun, f"{quote(clean(line, 60))} is not understood", "NAME: VALUE")
        text = self.pieces(lambda _: self.at >= match.end(), escapes=True)
        self.space()
        self.at += 1
        return text, begun

    # --- entries ------------------------------------------------------------------------------------------------

    def entry(self) -> Entry | None:
        begun = self.at
        match = self.take(_METHOD)
        if match is None:
            line = self.text[self.at :].partition("\n")[0]
            raise _Wrong(begun, f"{quote(clean(line, 60))} is no request", 'METHOD URL, such as "GET {{host}}/health"')
        address, target = self.target()
        fields: dict[str, object] = {"line": self.place(begun)[0], "method": match[1]}
        fields |= {"address": address, "target": target}
        self.end_line()
        fields["headers"] = self.headers()
        skipped = self.request_sections(fields)
        self.skip()
        if self.starts_body():
            fields["body"] = body = self.body()
            if body.kind == "bytes" and not _is_text(body.data):
                hint = "put them into a file of the challenge: file,NAME;"
                self.refuse(begun, "the bytes of its body are no text in UTF-8", hint=hint)
            self.skip()
        self.warn_of_bodies(begun, fields)
        if self.sees(_RESPONSE) or self.starts("HTTP"):
            fields["response"] = self.response()
        return None if skipped else Entry(**fields)  # type: ignore[arg-type]

    def warn_of_bodies(self, begun: int, fields: dict[str, object]) -> None:
        given = [name for name in ("form", "multipart", "body") if fields.get(name) is not None]
        if len(given) > 1:
            self.refuse(begun, f"the request has more than one body: {', '.join(given)}", hint="leave one of them")

    def target(self) -> tuple[Variable | None, Text]:
        """The variable that a URL begins with, if it does, and what comes after the address."""
        begun = self.at
        match = self.sees(_ADDRESS)
        address = None
        if match and not match[0].startswith("http"):
            address = Variable(match[1], self.place())
        match = match or self.sees(_OWN)
        other = None if match else self.sees(_ELSEWHERE)
        if other:
            what = f"{quote(clean(other[0], 80))} is another host"
            hint = "write {{host}}, {{base_url}} or http://localhost in its place"
            self.refuse(begun, what, "the app's address", hint)
        found = match or other
        self.at = found.end() if found else begun
        text = self.pieces(str.isspace, escapes=False)
        first = text.parts[0] if text.parts else ""
        if found is None and not (isinstance(first, str) and first.startswith("/")):
            self.refuse(begun, f"{quote(clean(text.source, 60))} is no URL of the app", "{{host}}/path")
        if isinstance(first, Variable) or first.startswith("?") or not (first or address):
            text = Text(("/", *text.parts))
        return address, text

    def headers(self) -> tuple[Pair, ...]:
        found: list[Pair] = []
        while True:
            self.skip()
            if self.at >= len(self.text) or self.ends_pairs():
                break
            empty = self.take(_EMPTY)
            at = self.at
            if empty:
                name, value = Text((empty[1],)), Text()
                self.end_line()
            else:
                name, at = self.key()
                value = self.value()
            if name.source.lower() in {other.source.lower() for other, _ in found}:
                self.refuse(at, f"header {clean(name.source, 60)} is sent twice", "each header once", "join the values")
            found.append((name, value))
        return tuple(found)

    def ends_pairs(self) -> bool:
        """Whether something else begins here than ``NAME: VALUE``."""
        if self.sees(_SECTION) or self.sees(_RESPONSE) or self.starts_body():
            return True
        return self.sees(_METHOD) is not None and self.sees(_KEY_OF_METHOD) is None

    def starts_body(self) -> bool:
        if self.starts("{{"):
            return self.sees(_KEY) is None
        return self.starts("{", "[", "<", "`", '"', "base64,", "hex,", "file,")

    def request_sections(self, fields: dict[str, object]) -> bool:
        """Fill the sections in; whether the entry is skipped."""
        skipped = False
        seen: set[str] = set()
        while True:
            self.skip()
            at = self.at
            match = self.sees(_SECTION)
            if match is None:
                return skipped
            self.at = match.end()
            name = _SECTIONS.get(match[1], "")
            if not name:
                hint = near(match[1], _SECTIONS)
                raise _Wrong(at, f"[{match[1]}] is no section of a request", "" if hint else ", ".join(_SECTIONS), hint)
            if name in seen:
                raise _Wrong(at, f"[{match[1]}] stands twice", hint="make one of them")
            seen.add(name)
            self.end_line()
            if name == "Options":
                skipped = self.options(fields)
            elif name == "Multipart":
                fields["multipart"] = tuple(self.parts()) or None
            else:
                pairs = tuple((name, value) for name, value, _ in self.pairs())
                if name == "BasicAuth":
                    if len(pairs) > 1:
                        self.refuse(at, "[BasicAuth] has more than one user")
                    fields["basic"] = pairs[0] if pairs else None
                else:
                    fields[name.lower()] = pairs or (None if name == "Form" else ())

    def pairs(self) -> Iterator[tuple[Text, Text, int]]:
        while True:
            self.skip()
            if self.at >= len(self.text) or self.ends_pairs():
                return
            name, at = self.key()
            yield name, self.value(), at

    def parts(self) -> Iterator[Pair | FilePart]:
        names: set[str] = set()
        while True:
            self.skip()
            if self.at >= len(self.text) or self.ends_pairs():
                return
            name, at = self.key()
            if name.source in names:
                self.refuse(at, f"{quote(clean(name.source, 60))} stands twice", "each part once")
            names.add(name.source)
            self.space()
            begun = self.at
            match = self.take(_FILE)
            if match is None:
                yield name, self.value()
                continue
            kind = self.value().source
            path = self.path(begun, match[1])
            yield FilePart(name, path, kind or _TYPES.get(path.rpartition(".")[2].lower(), ""), self.place(begun))

    def path(self, at: int, path: str) -> str:
        try:
            return check_relative(path.replace("\\ ", " "))
        except ValueError:
            self.refuse(at, f"{quote(clean(path, 60))} is no file beside this one", "a relative path without '..'")
            return "x"

    def options(self, fields: dict[str, object]) -> bool:
        skipped = False
        sets: list[tuple[str, Json]] = []
        for name, value, at in self.pairs():
            key, text = name.source, value.source
            known = self.option(fields, sets, key, value, at)
            if key == "skip" and text in {"true", "false"}:
                skipped = text == "true"
            elif not known:
                self.unknown_option(at, key, text)
        fields["sets"] = tuple(sets)
        return skipped

    def option(self, fields: dict[str, object], sets: list[tuple[str, Json]], key: str, value: Text, at: int) -> bool:
        """Take one option; whether it is one that can be taken."""
        text = value.source
        if key in _HARMLESS or (key, text) in _DEFAULTS:
            return True
        if key == "variable":
            name, equals, written = text.partition("=")
            if not equals or _NAME.fullmatch(name.strip()) is None or "{{" in text:
                self.refuse(at, "variable: takes NAME=VALUE without other variables")
            else:
                sets.append((name.strip(), _typed(written.strip())))
            return True
        if key == "user":
            fields["basic"] = _divided(value)
            return True
        if key == "retry":
            if not text.isdecimal() or int(text[:9]) > MAX_RETRIES:
                self.refuse(at, f"retry: {clean(text, 40)}", f"a number up to {MAX_RETRIES}")
            else:
                fields["retries"] = int(text)
            return True
        if key in {"retry-interval", "delay", "max-time"}:
            match = _DURATION.fullmatch(text)
            seconds = int(match[1][:9]) * _UNITS[match[2] or ("s" if key == "max-time" else None)] if match else -1.0
            if not 0 <= seconds <= MAX_DELAY:
                self.refuse(at, f"{key}: {clean(text, 40)}", f"a duration up to {MAX_DELAY:g}s, such as 500ms")
            else:
                fields[{"retry-interval": "interval", "max-time": "timeout"}.get(key, key)] = seconds
            return True
        return False

    def unknown_option(self, at: int, key: str, text: str) -> None:
        if key in REFUSED:
            self.refuse_named(at, key)
        else:
            known = ("retry", "retry-interval", "delay", "max-time", "skip", "user", "variable", *_HARMLESS)
            what = f"the option {clean(key, 40)}: {clean(text, 40)} is not there"
            self.refuse(at, what, f"one of {', '.join(known)}", "leave it out")

    # --- bodies -------------------------------------------------------------------------------------------------

    def body(self) -> Body:
        begun = self.at
        place = self.place()
        if self.starts("```"):
            body = self.fenced(begun)
        elif self.starts("`"):
            body = Body("text", self.oneline(), place=place)
        elif self.starts("base64,", "hex,"):
            body = Body("bytes", data=self.binary(), place=place)
        elif self.starts("file,"):
            match = self.take(_FILE)
            if match is None:
                raise _Wrong(begun, "the name of the file does not end", "file,NAME;")
            body = Body("file", path=self.path(begun, match[1]), place=place)
        elif self.starts("<"):
            body = Body("xml", self.element(), place=place)
        else:
            body = Body("json", self.json(), place=place)
        self.end_line()
        return body

    def binary(self) -> bytes:
        begun = self.at
        match = self.take(_HEX)
        if match and len(match[1]) % 2 == 0:
            return bytes.fromhex(match[1])
        match = match or self.take(_BASE64)
        if match is None or match[0].startswith("hex"):
            raise _Wrong(begun, "this is not read as bytes", "hex,00ff; or base64,AP8=;")
        content = "".join(match[1].split()).rstrip("=")
        try:
            return base64.b64decode(content + "=" * (-len(content) % 4), validate=True)
        except binascii.Error:
            raise _Wrong(begun, "this is not base64") from None

    def fenced(self, begun: int) -> Body:
        place = self.place()
        match = self.take(_FENCE)
        words = [word.strip() for word in (match[1] or "").split(",")] if match and match[1] else []
        end = self.text.find("```", self.at)
        if match is None or end < 0:
            raise _Wrong(begun, "the text is not closed", "``` at its end")
        if words and "\n" not in match[0]:
            # What looks like a language is the text itself: ```line```
            self.at, words = begun + 3, []
        language = words[0] if words and words[0] in {"json", "xml", "graphql", "raw"} else "text"
        attributes = [word for word in words if word != language]
        for word in attributes:
            if word not in {"escape", "novariables"}:
                hint = "leave it out, or write base64,...; or hex,...;"
                self.refuse(begun, f"```{word} is no text of a kind that is known", "json, xml or graphql", hint)
        if "novariables" in attributes or language == "raw":
            text = Text((self.text[self.at : end],) if end > self.at else ())
            self.at = end
        else:
            text = self.pieces(lambda _: self.at >= end, escapes="escape" in attributes, lines=True)
        self.at += 3
        if language == "graphql" and re.search(r"(?m)^\s*variables\s*\{", text.source):
            self.refuse(begun, "variables of GraphQL are not taken apart", hint="write the JSON body itself")
        kinds = {"json": "json", "xml": "xml", "graphql": "graphql"}
        return Body(kinds.get(language, "text"), text, place=place)  # type: ignore[arg-type]

    def element(self) -> Text:
        """XML, up to the end of its root."""
        begun = self.at
        depth = 0
        while True:
            start = self.text.find("<", self.at)
            match = _TAG.match(self.text, start) if start >= 0 else None
            if match is None:
                raise _Wrong(begun, "this is not read as XML", "one whole element")
            self.at = match.end()
            if match[1] is None:
                continue
            depth += -1 if match[1] else 0 if match[2] else 1
            if depth <= 0:
                text = self.text[begun : self.at]
                return Text((text,))

    def json(self) -> Text:
        """A JSON value, in which ``{{name}}`` may stand for a value or inside a text."""
        parts: list[str | Variable] = []
        begun = last = self.at
        depth = 0
        inside = False
        while self.at < len(self.text):
            character = self.text[self.at]
            if self.starts("{{"):
                parts.append(self.text[last : self.at])
                variable = self.variable()
                parts += [] if variable is None else [variable]
                last = self.at
            elif inside:
                self.at += 2 if character == "\\" else 1
                inside = character != '"'
            else:
                inside = character == '"'
                depth += (character in "{[") - (character in "}]")
                self.at += 1
            if depth <= 0 and not inside:
                break
        if depth or inside:
            raise _Wrong(begun, "the JSON does not end")
        return Text(tuple(part for part in (*parts, self.text[last : self.at]) if part))

    def fenced_text(self) -> Text:
        return self.fenced(self.at).text

    # --- responses ----------------------------------------------------------------------------------------------

    def response(self) -> Response:
        begun = self.at
        match = self.take(_RESPONSE)
        if match is None:
            raise _Wrong(begun, "the status is missing", "HTTP 200, or HTTP * for any")
        if match[1] not in {None, "1.1", "*"}:
            what = f"HTTP/{clean(match[1] or '', 20)} is not what the app is asked in"
            self.refuse(begun, what, "HTTP, or HTTP/1.1", "write HTTP")
        self.end_line()
        headers = []
        while True:
            self.skip()
            if self.at >= len(self.text) or self.ends_pairs():
                break
            name, at = self.key()
            headers.append((self.place(at)[0], name, self.value()))
        captures: list[Capture] = []
        asserts: list[Assertion] = []
        while True:
            self.skip()
            at = self.at
            section = self.sees(_SECTION)
            if section is None:
                break
            if section[1] not in {"Captures", "Asserts"}:
                raise _Wrong(at, f"[{section[1]}] is no section of a response", "[Captures] or [Asserts]")
            self.at = section.end()
            self.end_line()
            if section[1] == "Captures":
                captures += self.captures()
            else:
                asserts += self.asserts()
        body = self.body() if self.starts_body() else None
        status = None if match[2] == "*" else int(match[2])
        return Response(self.place(begun)[0], status, tuple(headers), tuple(captures), tuple(asserts), body)

    def captures(self) -> Iterator[Capture]:
        while True:
            self.skip()
            if self.at >= len(self.text) or self.ends_pairs():
                return
            name, at = self.key()
            if _NAME.fullmatch(name.source) is None:
                self.refuse(at, f"{quote(clean(name.source, 60))} is not the name of a variable")
            self.space()
            query = self.query()
            word = self.sees(_WORD)
            if word and word[0] == "redact":
                self.refuse_named(self.at, "redact")
                self.at = word.end()
            self.end_line()
            if query.name in {"bytes", "sha256", "md5"} and not query.filters:
                self.refuse(
                    at, f"{query.name} gives bytes, which no variable can hold", hint="add toHex or base64Encode"
                )
            if query.name == "cookie" and _FLAG.search(query.operand.source):
                self.refuse(at, "that an attribute is there is no value", "asserts with exists")
            yield Capture(self.place(at)[0], name.source, query)

    def asserts(self) -> Iterator[Assertion]:
        while True:
            self.skip()
            if self.at >= len(self.text) or self.sees(_SECTION) or self.starts_body() or self.sees(_RESPONSE):
                return
            if self.sees(_METHOD):
                return
            line = self.place()[0]
            query = self.query()
            predicate = self.predicate(query)
            self.end_line()
            yield Assertion(line, query, predicate)

    def query(self) -> Query:
        begun = self.at
        word = self.take(_WORD)
        name = word[0] if word else ""
        if name in REFUSED and name not in FILTERS:
            self.refuse_named(begun, name)
        elif name not in _QUERIES:
            hint = near(name, _QUERIES)
            shown = quote(clean(self.text[begun:].partition("\n")[0], 60))
            raise _Wrong(begun, f"{shown} asks for nothing known", "" if hint else ", ".join(_QUERIES), hint)
        operand = self.operand_of(name, begun) if name in _WITH_OPERAND else Text()
        filters = tuple(self.filters())
        return Query(name, operand, filters, clean(self.text[begun : self.at].strip(), 200))

    def operand_of(self, name: str, begun: int) -> Text:
        """The text of a query or a filter; what is wrong with a path or a pattern is known at once."""
        self.space()
        at = self.at
        if name == "regex" and self.starts("/"):
            text = self.slashed()
        elif self.starts('"'):
            text = self.quoted()
        elif self.starts("`") and not self.starts("```"):
            text = self.oneline()
        else:
            raise _Wrong(begun, f"{name} needs a text in quotes", f'{name} "..."')
        if not any(text.variables):
            if name == "jsonpath":
                self.check_path(at, text.source)
            elif name == "regex":
                self.check_pattern(at, text.source, groups=True)
        return text

    def check_path(self, at: int, text: str) -> None:
        try:
            compile_path(text)
        except PathProblem as problem:
            self.refuse(at, f"{quote(clean(text, 60))} is not JSONPath (RFC 9535): {clean(str(problem))}")

    def check_pattern(self, at: int, text: str, *, groups: bool) -> None:
        try:
            compile_regex(text)
            if groups and not re2.compile(text).groups:
                self.refuse(at, f"/{clean(text, 60)}/ has no group", "a part in parentheses: what is looked for")
        except RegexProblem as problem:
            self.refuse(at, f"/{clean(text, 60)}/ is not a pattern that can be used: {problem}")

    def filters(self) -> Iterator[Filter]:
        while True:
            self.space()
            begun = self.at
            word = self.sees(_WORD)
            name = word[0] if word else ""
            if name in REFUSED and name not in {"isDate", "redact"}:
                self.refuse_named(begun, name)
                self.at = word.end() if word else begun
                self.arguments()
                continue
            if name not in FILTERS:
                return
            self.at += len(name)
            yield Filter(name, tuple(self.arguments_of(name, begun)))

    def arguments(self) -> None:
        """Go over what a filter is given that is refused anyway."""
        while True:
            self.space()
            if self.starts('"'):
                self.quoted()
            elif self.starts("/"):
                self.slashed()
            else:
                return

    def arguments_of(self, name: str, begun: int) -> Iterator[Operand]:
        for _ in range(FILTERS[name]):
            self.space()
            at = self.at
            if name == "nth":
                match = self.take(re.compile(r"-?[0-9]{1,9}(?![\w.])"))
                if match is None:
                    raise _Wrong(begun, "nth needs a whole number")
                yield int(match[0])
            elif self.starts("/") and name != "regex":
                self.refuse(at, f"{name} takes a text here, not a pattern", f'{name} "..."')
                yield self.slashed()
            else:
                text = self.operand_of(name, begun)
                if name == "decode":
                    self.check_codec(at, text.source)
                yield text

    def check_codec(self, at: int, name: str) -> None:
        try:
            found = codecs.lookup(name)
            # Punycode takes a time that grows with the square of what it is given.
            known = found._is_text_encoding and found.name not in {"punycode", "idna"}  # noqa: SLF001 - as bytes.decode
        except (LookupError, ValueError):
            known = False
        if not known:
            self.refuse(
                at, f"{quote(clean(name, 40))} is no encoding of texts", '"utf-8", "latin1", "gb2312" or the like'
            )

    def predicate_name(self) -> tuple[str, bool, int]:
        """Its name, whether it is negated, and where it stands."""
        begun = self.at
        word = self.take(_WORD)
        negated = word is not None and word[0] == "not"
        if negated:
            self.space()
            begun = self.at
            word = self.take(_WORD)
        name = _PREDICATES.get(word[0], word[0]) if word else ""
        if name in REFUSED:
            self.refuse_named(begun, name)
        elif name not in _COMPARING and name not in _ASKING:
            known = (*_PREDICATES, *_COMPARING[6:], *_ASKING)
            hint = near(name, known)
            what = f"{quote(clean(self.text[begun:].partition(chr(10))[0], 60))} is no filter and no predicate"
            raise _Wrong(begun, what, "" if hint else ", ".join(known), hint)
        return name, negated, begun

    def predicate(self, query: Query) -> Predicate:
        name, negated, begun = self.predicate_name()
        if query.name == "cookie" and name != "exists" and _FLAG.search(query.operand.source):
            self.refuse(begun, "an attribute without a value is there or not", "exists or not exists")
        if name not in _COMPARING:
            return Predicate(name, negated)
        self.space()
        at = self.at
        operand = self.operand(begun)
        if name == "matches":
            if not isinstance(operand, Text):
                self.refuse(at, "matches needs a pattern", "matches /.../")
            elif not any(operand.variables):
                self.check_pattern(at, operand.source, groups=False)
        elif isinstance(operand, Text) and operand.pattern:
            self.refuse(at, f"{name} takes no pattern", "matches /.../")
        return Predicate(name, negated, operand)

    def operand(self, begun: int) -> Operand:
        at = self.at
        number = self.take(_NUMBER)
        if number:
            return float(number[0]) if number[1] or number[2] else int(number[0][:400])
        constant = self.take(_CONSTANT)
        if constant:
            return _CONSTANTS[constant[0]]
        if self.starts("hex,", "base64,"):
            return self.binary()
        for mark, read in (("{{", self.variable), ('"', self.quoted), ("```", self.fenced_text)):
            if self.starts(mark):
                return read()
        for mark, read in (("`", self.oneline), ("/", self.slashed)):
            if self.starts(mark):
                return read()
        match = self.take(_FILE)
        if match:
            self.refuse(at, "a file cannot stand here", "its content, or a body: file,NAME;")
            return None
        raise _Wrong(begun, "what to compare with is missing", "a text, a number, true, false, null or {{name}}")


_KEY_OF_METHOD = re.compile(r"[A-Z]+[ \t]*:")
_DEFAULTS: Final = frozenset(
    {
        ("location", "false"),
        ("location-trusted", "false"),
        ("compressed", "false"),
        ("http1.1", "true"),
        ("repeat", "1"),
        ("path-as-is", "true"),
    }
)
"""Options that say what is so anyway."""


_CONSTANTS: Final[dict[str, bool | None]] = {"null": None, "true": True, "false": False}
_CONSTANT = re.compile(r"(?:null|true|false)\b")


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _divided(text: Text) -> Pair:
    """What stands before the first colon, and after it."""
    for index, part in enumerate(text.parts):
        if isinstance(part, str) and ":" in part:
            left, _, right = part.partition(":")
            before, after = (*text.parts[:index], left), (right, *text.parts[index + 1 :])
            return Text(tuple(filter(None, before))), Text(tuple(filter(None, after)))
    return text, Text()


def _typed(text: str) -> Json:
    """The value of a variable in a section of options."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    if re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    if re.fullmatch(r"-?[0-9]{1,18}\.[0-9]{1,18}", text):
        return float(text)
    constants: Mapping[str, Json] = _CONSTANTS
    return constants.get(text, text)
