"""The words of a .hurl file: names, values, texts and variables, each at its place; flaws are noted here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from gradekit.checks.http.hurl.syntax import Flaw, Place, Text, Variable
from gradekit.texts import clean, quote

MAX_FLAWS: Final = 50

METHOD = re.compile(r"([A-Z]+)[ \t]+(?=\S)")
RESPONSE = re.compile(r"HTTP(?:/(\S+))?[ \t]+(\*|[0-9]{3})(?=[ \t\r\n#]|\Z)")
SECTION = re.compile(r"\[([A-Za-z]+)\](?=[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z))")
_PIECE = r"\{\{[^{}\n]*\}\}|\\u\{[^{}\n]*\}|\\[^u\n]"
_KEY = re.compile(rf"(?:{_PIECE}|[^\s:#\\{{}}\[\]\"`<])(?:{_PIECE}|[^\s:#\\{{}}]|[ \t](?=[^\s:#]))*(?=[ \t]*:)")
_KEY_OF_METHOD = re.compile(r"[A-Z]+[ \t]*:")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
SCALAR = re.compile(
    r"(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?=[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z))"
)
"""A line with a value of JSON that is no text, list or map."""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
CONSTANTS: Final[dict[str, bool | None]] = {"null": None, "true": True, "false": False}
_ESCAPES = {"\\": "\\", '"': '"', "#": "#", ":": ":", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/"}
_ESCAPES |= {"`": "`", "{": "{", "}": "}"}

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


class Wrong(Exception):  # noqa: N818 - becomes a flaw
    """The file cannot be read further."""

    def __init__(self, at: int, what: str, expected: str = "", hint: str = "") -> None:
        self.at = at
        self.flaw = (what, expected, hint)
        super().__init__(what)


class Words:
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

    def skip(self) -> None:
        """Blank lines and comments."""
        self.take(_BLANK)

    def space(self) -> None:
        """Blanks of a line."""
        self.take(_SPACE)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What stands here, if it does."""
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def sees(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What stands here, if it does, without going on."""
        return pattern.match(self.text, self.at)

    def starts(self, *words: str) -> bool:
        """Whether one of the words stands here."""
        return self.text.startswith(words, self.at)

    def end_line(self) -> None:
        """Nothing more on this line but a comment."""
        if self.take(_REST) is None:
            rest = self.text[self.at :].partition("\n")[0]
            raise Wrong(self.at, f"{quote(clean(rest, 60))} is not understood", "the end of the line")

    def ends_pairs(self) -> bool:
        """Whether something else begins here than ``NAME: VALUE``."""
        if self.sees(SECTION) or self.sees(RESPONSE) or self.starts_body():
            return True
        return self.sees(METHOD) is not None and self.sees(_KEY_OF_METHOD) is None

    def starts_body(self) -> bool:
        """Whether a body begins here."""
        if self.starts("{{"):
            return self.sees(_KEY) is None
        return self.starts("{", "[", "<", "`", '"', "base64,", "hex,", "file,") or self.sees(SCALAR) is not None

    def variable(self) -> Variable | None:
        """``{{name}}`` here; None, and a flaw, for one that is no name."""
        begun = self.at
        end = self.text.find("}}", begun)
        line = self.text.find("\n", begun)
        if end < 0 or -1 < line < end:
            raise Wrong(begun, "{{ is not closed", "}} on the same line")
        name = self.text[begun + 2 : end].strip()
        self.at = end + 2
        if NAME.fullmatch(name) is None or name in {"newUuid", "newDate"}:
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
                raise Wrong(begun, "this is not a character of Unicode", r"\u{1F525}")
            self.at = match.end()
            return chr(code)
        if not following or following not in _ESCAPES:
            shown = quote(clean(self.text[begun : begun + 2]))
            raise Wrong(begun, f"{shown} stands for nothing", r"\\ for a backslash")
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
        """A text in double quotes."""
        begun = self.at
        self.at += 1
        text = self.pieces(lambda character: character == '"', escapes=True)
        if not self.starts('"'):
            raise Wrong(begun, "the text is not closed", '" on the same line')
        self.at += 1
        return text

    def oneline(self) -> Text:
        """A text between back ticks."""
        begun = self.at
        self.at += 1
        text = self.pieces(lambda character: character == "`", escapes=True)
        if not self.starts("`"):
            raise Wrong(begun, "the text is not closed", "` on the same line")
        self.at += 1
        return text

    def slashed(self) -> Text:
        """A pattern between slashes."""
        begun = self.at
        match = self.take(re.compile(r"/((?:\\.|[^/\\\n])*)/"))
        if match is None:
            raise Wrong(begun, "the pattern is not closed", "/ on the same line")
        return Text((match[1].replace("\\/", "/"),), pattern=True)

    def key(self) -> tuple[Text, int]:
        """What stands before the colon of a line."""
        begun = self.at
        match = self.sees(_KEY)
        if match is None:
            line = self.text[self.at :].partition("\n")[0]
            raise Wrong(begun, f"{quote(clean(line, 60))} is not understood", "NAME: VALUE")
        text = self.pieces(lambda _: self.at >= match.end(), escapes=True)
        self.space()
        self.at += 1
        return text, begun
