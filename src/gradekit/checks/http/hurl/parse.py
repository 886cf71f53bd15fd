"""A reader of .hurl files (https://hurl.dev). What the kind http cannot do is a flaw with its place, never left out."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from gradekit.checks.http.hurl.requests import Requests
from gradekit.checks.http.hurl.responses import Responses
from gradekit.checks.http.hurl.syntax import Entry, Flaw, Script
from gradekit.checks.http.hurl.words import METHOD, RESPONSE, Wrong
from gradekit.texts import clean, quote

MAX_FILE: Final = 1 << 20
"""Bytes of a file."""
MAX_ENTRIES: Final = 500


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


class _Reader(Requests, Responses):
    """Reads entry by entry."""

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
        except Wrong as wrong:
            self.refuse(wrong.at, *wrong.flaw)
        return Script(tuple(entries), tuple(sorted(self.flaws, key=lambda flaw: flaw.place)))

    def entry(self) -> Entry | None:
        begun = self.at
        match = self.take(METHOD)
        if match is None:
            line = self.text[self.at :].partition("\n")[0]
            raise Wrong(begun, f"{quote(clean(line, 60))} is no request", 'METHOD URL, such as "GET {{host}}/health"')
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
        if self.sees(RESPONSE) or self.starts("HTTP"):
            fields["response"] = self.response()
        return None if skipped else Entry(**fields)  # type: ignore[arg-type]


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
