"""What .hurl files ask of an answer: queries, filters and predicates."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

import re2

from gradekit.checks.http.hurl.bodies import FILE, Bodies
from gradekit.checks.http.hurl.syntax import Filter, Operand, Predicate, Query, Text
from gradekit.checks.http.hurl.words import CONSTANTS, REFUSED, Wrong
from gradekit.checks.jsonpath import PathProblem, compile_path
from gradekit.checks.regex import RegexProblem, compile_regex
from gradekit.texts import clean, near, quote

WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*|==|!=|>=|<=|>|<")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?(?![\w.])")
FLAG = re.compile(r"\[(?:Secure|HttpOnly)\]$")
_CONSTANT = re.compile(r"(?:null|true|false)\b")
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


class Queries(Bodies):
    """Reads what stands on a line of captures or assertions."""

    def query(self) -> Query:
        """What is asked of an answer, with its filters."""
        begun = self.at
        word = self.take(WORD)
        name = word[0] if word else ""
        if name in REFUSED and name not in FILTERS:
            self.refuse_named(begun, name)
        elif name not in _QUERIES:
            hint = near(name, _QUERIES)
            shown = quote(clean(self.text[begun:].partition("\n")[0], 60))
            raise Wrong(begun, f"{shown} asks for nothing known", "" if hint else ", ".join(_QUERIES), hint)
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
            raise Wrong(begun, f"{name} needs a text in quotes", f'{name} "..."')
        if not any(text.variables):
            if name == "jsonpath":
                self.check_path(at, text.source)
            elif name == "regex":
                self.check_pattern(at, text.source, groups=True)
        return text

    def check_path(self, at: int, text: str) -> None:
        """A flaw for what is no JSONPath."""
        try:
            compile_path(text)
        except PathProblem as problem:
            self.refuse(at, f"{quote(clean(text, 60))} is not JSONPath (RFC 9535): {clean(str(problem))}")

    def check_pattern(self, at: int, text: str, *, groups: bool) -> None:
        """A flaw for a pattern that cannot be used; ``groups`` for one that must have a group."""
        try:
            compile_regex(text)
            if groups and not re2.compile(text).groups:
                self.refuse(at, f"/{clean(text, 60)}/ has no group", "a part in parentheses: what is looked for")
        except RegexProblem as problem:
            self.refuse(at, f"/{clean(text, 60)}/ is not a pattern that can be used: {problem}")

    def filters(self) -> Iterator[Filter]:
        """The filters of a query."""
        while True:
            self.space()
            begun = self.at
            word = self.sees(WORD)
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
        """The operands of a filter."""
        for _ in range(FILTERS[name]):
            self.space()
            at = self.at
            if name == "nth":
                match = self.take(re.compile(r"-?[0-9]{1,9}(?![\w.])"))
                if match is None:
                    raise Wrong(begun, "nth needs a whole number")
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
        """A flaw for what is no encoding of texts."""
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
        word = self.take(WORD)
        negated = word is not None and word[0] == "not"
        if negated:
            self.space()
            begun = self.at
            word = self.take(WORD)
        name = _PREDICATES.get(word[0], word[0]) if word else ""
        if name in REFUSED:
            self.refuse_named(begun, name)
        elif name not in _COMPARING and name not in _ASKING:
            known = (*_PREDICATES, *_COMPARING[6:], *_ASKING)
            hint = near(name, known)
            what = f"{quote(clean(self.text[begun:].partition(chr(10))[0], 60))} is no filter and no predicate"
            raise Wrong(begun, what, "" if hint else ", ".join(known), hint)
        return name, negated, begun

    def predicate(self, query: Query) -> Predicate:
        """What must hold for what was asked."""
        name, negated, begun = self.predicate_name()
        if query.name == "cookie" and name != "exists" and FLAG.search(query.operand.source):
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
        """What a predicate compares with."""
        at = self.at
        number = self.take(_NUMBER)
        if number:
            return float(number[0]) if number[1] or number[2] else int(number[0][:400])
        constant = self.take(_CONSTANT)
        if constant:
            return CONSTANTS[constant[0]]
        if self.starts("hex,", "base64,"):
            return self.binary()
        for mark, read in (("{{", self.variable), ('"', self.quoted), ("```", self.fenced_text)):
            if self.starts(mark):
                return read()
        for mark, read in (("`", self.oneline), ("/", self.slashed)):
            if self.starts(mark):
                return read()
        match = self.take(FILE)
        if match:
            self.refuse(at, "a file cannot stand here", "its content, or a body: file,NAME;")
            return None
        raise Wrong(begun, "what to compare with is missing", "a text, a number, true, false, null or {{name}}")
