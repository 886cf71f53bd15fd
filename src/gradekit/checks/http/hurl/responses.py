"""Responses of .hurl files: status, headers, captures, assertions, and a body."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.http.hurl.queries import FLAG, WORD, Queries
from gradekit.checks.http.hurl.syntax import Assertion, Capture, Response
from gradekit.checks.http.hurl.words import METHOD, NAME, RESPONSE, SECTION, Wrong
from gradekit.texts import clean, quote


class Responses(Queries):
    """Reads what has to come back."""

    def response(self) -> Response:
        """The status, and all that is said of the answer."""
        begun = self.at
        match = self.take(RESPONSE)
        if match is None:
            raise Wrong(begun, "the status is missing", "HTTP 200, or HTTP * for any")
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
            section = self.sees(SECTION)
            if section is None:
                break
            if section[1] not in {"Captures", "Asserts"}:
                raise Wrong(at, f"[{section[1]}] is no section of a response", "[Captures] or [Asserts]")
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
        """Values that are kept, a line each."""
        while True:
            self.skip()
            if self.at >= len(self.text) or self.ends_pairs():
                return
            name, at = self.key()
            if NAME.fullmatch(name.source) is None:
                self.refuse(at, f"{quote(clean(name.source, 60))} is not the name of a variable")
            self.space()
            query = self.query()
            word = self.sees(WORD)
            if word and word[0] == "redact":
                self.refuse_named(self.at, "redact")
                self.at = word.end()
            self.end_line()
            if query.name in {"bytes", "sha256", "md5"} and not query.filters:
                self.refuse(
                    at, f"{query.name} gives bytes, which no variable can hold", hint="add toHex or base64Encode"
                )
            if query.name == "cookie" and FLAG.search(query.operand.source):
                self.refuse(at, "that an attribute is there is no value", "asserts with exists")
            yield Capture(self.place(at)[0], name.source, query)

    def asserts(self) -> Iterator[Assertion]:
        """What must hold, a line each."""
        while True:
            self.skip()
            if self.at >= len(self.text) or self.sees(SECTION) or self.starts_body() or self.sees(RESPONSE):
                return
            if self.sees(METHOD):
                return
            line = self.place()[0]
            query = self.query()
            predicate = self.predicate(query)
            self.end_line()
            yield Assertion(line, query, predicate)
