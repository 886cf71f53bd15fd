"""Requests of .hurl files: address, headers, and sections with parameters, forms and options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from gradekit.checks.http.hurl.bodies import FILE, Bodies
from gradekit.checks.http.hurl.syntax import FilePart, Pair, Text, Variable
from gradekit.checks.http.hurl.words import CONSTANTS, NAME, REFUSED, SECTION, Wrong
from gradekit.checks.jsontext import Json
from gradekit.texts import clean, near, quote

MAX_RETRIES: Final = 1_000
MAX_DELAY: Final = 60.0
"""Seconds."""

_EMPTY = re.compile(r"([A-Za-z0-9!$%&'*+.^_|~-]+);(?=[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z))")
_OWN = re.compile(r"(?:https?://)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::[0-9]+)?(?=[/?\s]|\{\{|\Z)")
_ADDRESS = re.compile(
    r"(?:https?://)?\{\{\s*([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}(?::(?:[0-9]+|\{\{[^{}]*\}\}))?(?=[/?\s]|\{\{|\Z)"
)
_ELSEWHERE = re.compile(r"https?://[^/?\s]*")
_DURATION = re.compile(r"([0-9]+)(ms|s|m)?")
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
_SECTIONS: Final = {
    "QueryStringParams": "Query",
    "FormParams": "Form",
    "MultipartFormData": "Multipart",
    **{name: name for name in ("Query", "Form", "Multipart", "Cookies", "BasicAuth", "Options")},
}
_HARMLESS: Final = ("verbose", "very-verbose", "verbosity", "insecure")
"""Options that change nothing about what is sent or what must come back."""
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


class Requests(Bodies):
    """Reads requests but for their first word."""

    def target(self) -> tuple[Variable | None, Text]:
        """The variable that a URL begins with, if it does, and what comes after the address.

        That is a path, or begins with a variable that has one, such as a captured ``Location``.
        """
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
            text = Text(("/",))
        elif isinstance(first, str) and (first.startswith("?") or not (first or address)):
            text = Text(("/", *text.parts))
        return address, text

    def headers(self) -> tuple[Pair, ...]:
        """Its headers, each once."""
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

    def request_sections(self, fields: dict[str, object]) -> bool:
        """Fill the sections in; whether the entry is skipped."""
        skipped = False
        seen: set[str] = set()
        while True:
            self.skip()
            at = self.at
            match = self.sees(SECTION)
            if match is None:
                return skipped
            self.at = match.end()
            name = _SECTIONS.get(match[1], "")
            if not name:
                hint = near(match[1], _SECTIONS)
                raise Wrong(at, f"[{match[1]}] is no section of a request", "" if hint else ", ".join(_SECTIONS), hint)
            if name in seen:
                raise Wrong(at, f"[{match[1]}] stands twice", hint="make one of them")
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
        """Lines ``NAME: VALUE`` of a section, each with where it begins."""
        while True:
            self.skip()
            if self.at >= len(self.text) or self.ends_pairs():
                return
            name, at = self.key()
            yield name, self.value(), at

    def parts(self) -> Iterator[Pair | FilePart]:
        """The parts of a form of several parts."""
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
            match = self.take(FILE)
            if match is None:
                yield name, self.value()
                continue
            kind = self.value().source
            path = self.path(begun, match[1])
            yield FilePart(name, path, kind or _TYPES.get(path.rpartition(".")[2].lower(), ""), self.place(begun))

    def options(self, fields: dict[str, object]) -> bool:
        """Take the options; whether one of them skips the entry."""
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
            if not equals or NAME.fullmatch(name.strip()) is None or "{{" in text:
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
        """A flaw for an option that is not there."""
        if key in REFUSED:
            self.refuse_named(at, key)
        else:
            known = ("retry", "retry-interval", "delay", "max-time", "skip", "user", "variable", *_HARMLESS)
            what = f"the option {clean(key, 40)}: {clean(text, 40)} is not there"
            self.refuse(at, what, f"one of {', '.join(known)}", "leave it out")

    def warn_of_bodies(self, begun: int, fields: dict[str, object]) -> None:
        """A flaw for a request with more than one body."""
        given = [name for name in ("form", "multipart", "body") if fields.get(name) is not None]
        if len(given) > 1:
            self.refuse(begun, f"the request has more than one body: {', '.join(given)}", hint="leave one of them")


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
    constants: Mapping[str, Json] = CONSTANTS
    return constants.get(text, text)
