"""Bodies of .hurl files: JSON, XML, texts, bytes and files."""

from __future__ import annotations

import base64
import binascii
import re

from gradekit.checks.http.hurl.syntax import Body, Text, Variable
from gradekit.checks.http.hurl.words import SCALAR, Words, Wrong
from gradekit.model import check_relative
from gradekit.texts import clean, quote

_HEX = re.compile(r"hex,[ \t]*([0-9A-Fa-f]*)[ \t]*;")
_BASE64 = re.compile(r"base64,([A-Za-z0-9+/=\s]*);")
FILE = re.compile(r"file,[ \t]*([^;\n]*?)[ \t]*;")
_FENCE = re.compile(r"```(?:([a-z0-9]+(?:[ \t]*,[ \t]*[a-z]+)*)[ \t]*)?(?:\r?\n)?")
_TAG = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<!(?:\"[^\"]*\"|'[^']*'|[^>\"'])*>"
    r"|<(/?)[^\s<>/!?](?:\"[^\"]*\"|'[^']*'|[^>\"'])*?(/?)>",
    re.DOTALL,
)


class Bodies(Words):
    """Reads bodies, and values that are written like one."""

    def body(self) -> Body:
        """A body of any kind, with the rest of its line."""
        begun = self.at
        place = self.place()
        if self.starts("```"):
            body = self.fenced(begun)
        elif self.starts("`"):
            body = Body("text", self.oneline(), place=place)
        elif self.starts("base64,", "hex,"):
            body = Body("bytes", data=self.binary(), place=place)
        elif self.starts("file,"):
            match = self.take(FILE)
            if match is None:
                raise Wrong(begun, "the name of the file does not end", "file,NAME;")
            body = Body("file", path=self.path(begun, match[1]), place=place)
        elif self.starts("<"):
            body = Body("xml", self.element(), place=place)
        else:
            body = Body("json", self.json(), place=place)
        self.end_line()
        return body

    def path(self, at: int, path: str) -> str:
        """A file's path; a flaw for one that leads elsewhere."""
        try:
            return check_relative(path.replace("\\ ", " "))
        except ValueError:
            self.refuse(at, f"{quote(clean(path, 60))} is no file beside this one", "a relative path without '..'")
            return "x"

    def binary(self) -> bytes:
        """Bytes: ``hex,...;`` or ``base64,...;``."""
        begun = self.at
        match = self.take(_HEX)
        if match and len(match[1]) % 2 == 0:
            return bytes.fromhex(match[1])
        match = match or self.take(_BASE64)
        if match is None or match[0].startswith("hex"):
            raise Wrong(begun, "this is not read as bytes", "hex,00ff; or base64,AP8=;")
        content = "".join(match[1].split()).rstrip("=")
        try:
            return base64.b64decode(content + "=" * (-len(content) % 4), validate=True)
        except binascii.Error:
            raise Wrong(begun, "this is not base64") from None

    def fenced(self, begun: int) -> Body:
        """A text of several lines between three back ticks each."""
        place = self.place()
        match = self.take(_FENCE)
        words = [word.strip() for word in (match[1] or "").split(",")] if match and match[1] else []
        end = self.text.find("```", self.at)
        if match is None or end < 0:
            raise Wrong(begun, "the text is not closed", "``` at its end")
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

    def fenced_text(self) -> Text:
        """Such a text where a value stands."""
        return self.fenced(self.at).text

    def element(self) -> Text:
        """XML, up to the end of its root."""
        begun = self.at
        depth = 0
        while True:
            start = self.text.find("<", self.at)
            match = _TAG.match(self.text, start) if start >= 0 else None
            if match is None:
                raise Wrong(begun, "this is not read as XML", "one whole element")
            self.at = match.end()
            if match[1] is None:
                continue
            depth += -1 if match[1] else 0 if match[2] else 1
            if depth <= 0:
                text = self.text[begun : self.at]
                return Text((text,))

    def json(self) -> Text:
        """A JSON value, in which ``{{name}}`` may stand for a value or inside a text."""
        scalar = self.take(SCALAR)
        if scalar is not None:
            return Text((scalar[0],))
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
            raise Wrong(begun, "the JSON does not end")
        return Text(tuple(part for part in (*parts, self.text[last : self.at]) if part))
