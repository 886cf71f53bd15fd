"""YAML 1.2 (core schema) to plain data, with the position of every key and value."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from gradekit.errors import Problem, SpecError
from gradekit.model import Loc
from gradekit.texts import quote

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # pragma: no cover - PyYAML built without libyaml; same events, only slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MAX_BYTES = 1 << 20
MAX_NODES = 100_000
"""Each of them may be a mistake, which takes a kilobyte to be told."""
MAX_DEPTH = 100
_MAX_DIGITS = 1000
_EXCERPT_WIDTH = 110
_MESSAGE_WIDTH = 1500

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_PLACE = re.compile(r"(.+):([1-9][0-9]*):([1-9][0-9]*)")
_WORD = re.compile(r"\S+")
_QUOTES = frozenset({"'", '"'})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: line and column from 1, and how many characters of the line it covers."""

    line: int
    column: int
    width: int = 1


@dataclass(frozen=True, slots=True)
class Placed:
    """A problem together with its position, so that problems of one file can be sorted."""

    span: Span
    problem: Problem


def dotted(loc: Loc) -> str:
    """``checks[3].http.json["$.id"]``: a location as people read it."""
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _NAME.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{quote(part)}]"
    return text


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file under the name that messages use for it."""

    name: str
    text: str
    lines: tuple[str, ...]

    def place(self, span: Span, what: str, expected: str = "", hint: str = "") -> Placed:
        """A problem at a span, with its excerpt."""
        where = f"{self.name}:{span.line}:{span.column}"
        return Placed(span, Problem(where, _short(what), _short(expected), _short(hint), self.excerpt(span)))

    def raw(self, span: Span) -> str:
        """The characters that a span covers."""
        return self.lines[span.line - 1][span.column - 1 : span.column - 1 + span.width]

    def excerpt(self, span: Span) -> str:
        """The line of a span with carets below it; empty when the span is behind the last line."""
        if span.line > len(self.lines):
            return ""
        line, column = self.lines[span.line - 1], span.column - 1
        start = max(0, column - _EXCERPT_WIDTH // 2) if len(line) > _EXCERPT_WIDTH else 0
        shown = line[start : start + _EXCERPT_WIDTH]
        before, marked = shown[: column - start], shown[column - start : column - start + span.width]
        pad = "".join("\t" if character == "\t" else " " * _cells(character) for character in before)
        carets = "^" * max(1, sum(map(_cells, marked)))
        number = f"{span.line:>5}"
        return f"{number} | {_UNPRINTABLE.sub('�', shown)}\n{' ' * len(number)} | {pad}{carets}"


def excerpt_at(place: str, files: Mapping[str, bytes]) -> str:
    """The line of ``file:line:column`` with carets below the word there; empty where it is no such place of a file."""
    match = _PLACE.fullmatch(place)
    if match is None or match[1] not in files:
        return ""
    text = files[match[1]].decode("utf-8-sig", "replace")
    source = Source(match[1], text, tuple(line.removesuffix("\r") for line in text.split("\n")))
    line, column = int(match[2]), int(match[3])
    word = _WORD.match("".join(source.lines[line - 1 : line]), column - 1)
    return source.excerpt(Span(line, column, len(word[0]) if word else 1))


def _short(text: str) -> str:
    """A part of a message: the file may have a name, or a value, of any length."""
    return text if len(text) <= _MESSAGE_WIDTH else f"{text[: _MESSAGE_WIDTH - 1]}…"


def _cells(character: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Document:
    """A file as plain data (dict, list, str, int, float, bool, None) and where each part of it stands."""

    source: Source
    data: object
    keys: Mapping[Loc, Span]
    """Spans of the keys of maps."""
    values: Mapping[Loc, Span]
    """Spans of all values, the root's included."""
    collections: frozenset[Loc]
    """Which values are lists or maps."""
    complaints: tuple[Placed, ...] = ()
    """What YAML allows and this reader does not; the data holds None, or nothing, in these places."""
    hollow: frozenset[Loc] = frozenset()
    """Keys of maps after whose colon nothing is written; a comment may be."""
    tainted: frozenset[Loc] = frozenset()
    """Where ``data`` is not what the author meant; further problems there would be noise."""

    def span(self, loc: Loc, *, key: bool = False) -> Span:
        """Where a value stands, or its key; the nearest enclosing value if the file has no such place."""
        while True:
            if key and loc in self.keys:
                return self.keys[loc]
            if loc in self.values:
                return self.values[loc]
            loc, key = loc[:-1], True

    def commented(self, loc: Loc) -> bool:
        """Whether a comment begins right after a key's colon, where a value such as ``#404`` may have been meant."""
        if loc not in self.hollow or loc not in self.keys:
            return False
        key = self.keys[loc]
        return self.source.lines[key.line - 1][key.column - 1 + key.width :].lstrip(" :\t").startswith("#")

    def place(self, loc: Loc, what: str, expected: str = "", hint: str = "", *, at: Loc | None = None) -> Placed:
        """A problem whose text starts with the dotted ``loc``.

        It points at the key ``at`` if that is given, else at the value, or the value's key if the
        value is a list or a map.
        """
        path = dotted(loc)
        span = self.span(loc, key=loc in self.collections) if at is None else self.span(at, key=True)
        return self.source.place(span, f"{path}: {what}" if path else what, expected, hint)


def read_file(path: Path, name: str | None = None) -> Document:
    """Read a YAML file; ``name`` is how messages call it (default: the path as given).

    Raises:
        SpecError: if there is no such file, it is too large, not UTF-8, or not YAML.
    """
    name = name or str(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(Problem(name, f"cannot be read: {error.strerror}", hint="check the path")) from error
    return read(data, name)


def read(data: bytes, name: str) -> Document:
    """Read YAML from bytes.

    Raises:
        SpecError: if it is too large, not UTF-8, or not YAML.
    """
    if len(data) > MAX_BYTES:
        raise SpecError(Problem(name, "is larger than 1 MiB", "a spec is a small text file", "move data into files"))
    source = _decode(data, name)
    builder = _Builder(source)
    try:
        return builder.build(yaml.parse(source.text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        found = _torn(source, error) or builder.shallow(error) or _sign(source, error) or _syntax(source, error)
        raise SpecError(found.problem) from error


def _decode(data: bytes, name: str) -> Source:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = _BREAK.split(data[: error.start].decode("utf-8-sig", errors="ignore"))
        lines = tuple(_BREAK.split(data.decode("utf-8-sig", errors="replace")))
        utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        hint = "it looks like UTF-16; save it as UTF-8" if utf16 else "save it as UTF-8"
        found = Source(name, "", lines).place(
            Span(len(before), len(before[-1]) + 1), f"byte 0x{data[error.start]:02x} is not UTF-8", hint=hint
        )
        raise SpecError(found.problem) from error
    source = Source(name, text, tuple(_BREAK.split(text)))
    bad = _UNPRINTABLE.search(text)
    if bad is not None:
        before = _BREAK.split(text[: bad.start()])
        found = source.place(
            Span(len(before), len(before[-1]) + 1),
            f"the character U+{ord(bad.group()):04X} is not allowed in YAML",
            hint='remove it, or write it as an escape in double quotes, such as "\\u0000"',
        )
        raise SpecError(found.problem)
    return source


_TAB = "indent with spaces, not tabs"
_SYNTAX: tuple[tuple[str, str, str], ...] = (
    # part of the parser's words (both parsers), what is wrong, what to do
    (
        "mapping values are not allowed",
        'a ":" is not expected here',
        'quote text that holds ": ", and check that the line is indented like its neighbours',
    ),
    ("expected ',' or ']'", "the list is not closed", 'close the list with "]" and separate its items with ","'),
    (
        "expected ',' or '}'",
        "the map is not closed",
        'close the map with "}", separate its entries with ","; inside { } quote keys and values with [ ] { } or ,',
    ),
    ("unexpected end of stream", "the quoted text is not closed", "close it with the quote it began with"),
    ("unknown escape character", "unknown escape in double quotes", "write \\\\ for a backslash, or use single quotes"),
    ("expected '-' indicator", "a list item is expected here", 'start it with "- ", or indent the line differently'),
    ("found a tab character", "a tab is used for indentation", _TAB),
    ("expected key", "a key of the map is expected here", "indent the line like the keys above it"),
    ("expected <block end>", "a key or a list item is expected here", "indent the line like its neighbours above"),
    ("node content", "a value is expected here", "quote the text if the sign is meant"),
    ("incompatible YAML document", "the %YAML line asks for another version of YAML", "remove the line"),
    ("duplicate %YAML directive", "there is a %YAML line already", "remove the line"),
    ("could not find expected ':'", 'a ":" is missing after the key', 'write "key: value"'),
)


_SIGNS = "*&!|>-?%"
"""What begins an alias, an anchor, a tag, a block of lines, an item, a key or a directive."""


def _syntax(source: Source, error: yaml.MarkedYAMLError) -> Placed:
    """A parser's complaint in plain words, at its place."""
    mark = error.problem_mark or error.context_mark
    span = Span(mark.line + 1, mark.column + 1) if mark is not None else Span(1, 1)
    words = str(error.problem)
    expected = ""
    late = "could not find expected ':'" in words or "unexpected end of stream" in words
    if late and error.context_mark is not None:
        mark = error.context_mark  # where the key or the quote began; it is noticed only later
        span = Span(mark.line + 1, mark.column + 1)
    elif error.context_mark is not None and error.context_mark.line + 1 < span.line:
        expected = f"it began on line {error.context_mark.line + 1}"
    if span.line > len(source.lines) or (span.line == len(source.lines) and not source.lines[-1].strip()):
        # the end of the file says nothing: show the last line that has text
        last = max((number for number, line in enumerate(source.lines, 1) if line.strip()), default=1)
        span = Span(last, len(source.lines[last - 1].rstrip()) + 1)
    if "found a tab character" in words:
        expected = ""
    if (
        "expected '-' indicator" in words
        and (began := error.context_mark) is not None
        and began.column + 1 != span.column
    ):
        what = "the line is indented neither like the list above nor like what is in it"
        began_on = f"the list began on line {began.line + 1}"
        return source.place(span, f"not YAML: {what}", began_on, "indent it like the lines that it belongs to")
    if "cannot start any token" in words:
        sign = source.raw(span)
        if sign == "\t":
            return source.place(span, "not YAML: a tab is used for indentation", hint=_TAB)
        return source.place(span, f"not YAML: text cannot start with {quote(sign)}", hint="put the text in quotes")
    for part, what, hint in _SYNTAX:
        if part in words:
            return source.place(span, f"not YAML: {what}", expected, hint)
    return source.place(span, f"not YAML: {words}", expected)


def _sign(source: Source, error: yaml.MarkedYAMLError) -> Placed | None:
    """Text whose first sign means something else in YAML, such as ``*.sql``: what follows does not fit that."""
    mark = error.context_mark or error.problem_mark
    if mark is None or any(part in str(error.problem) for part, _, _ in _SYNTAX):
        return None
    sign = "".join(source.lines[mark.line : mark.line + 1])[mark.column : mark.column + 1]
    if not sign or sign not in _SIGNS:
        return None
    span = Span(mark.line + 1, mark.column + 1)
    return source.place(span, f"not YAML: text cannot start with {quote(sign)} here", hint="put the text in quotes")


def _torn(source: Source, error: yaml.MarkedYAMLError) -> Placed | None:
    """A quote that was forgotten, so that the next one ended its text instead of beginning one: where it did so."""
    unclosed = "unexpected end of stream" in str(error.problem)
    mark = error.context_mark if unclosed else error.problem_mark
    if mark is None:
        return None
    ended: dict[int, yaml.Token] = {}
    with suppress(yaml.MarkedYAMLError):
        for token in yaml.scan(source.text, Loader=_Loader):
            # What comes later tells nothing; and without a parser it may be nested so deeply that it takes hours.
            if token.start_mark.index > mark.index:
                break
            if (
                isinstance(token, yaml.ScalarToken)
                and token.style in _QUOTES
                and token.start_mark.line < token.end_mark.line
            ):
                ended[token.end_mark.line] = token
    found = ended.get(mark.line)
    if found is None or found.end_mark.column > mark.column:
        return None
    began = found.start_mark.line + 1
    what = f"not YAML: the text in quotes that began on line {began} ends here"
    span = Span(found.end_mark.line + 1, found.end_mark.column)
    return source.place(span, what, hint=f"is its closing quote missing on line {began}?")


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet; ``loc`` None means that its content is thrown away."""

    content: dict[str, object] | list[object]
    loc: Loc | None
    key: str | None = None
    """The key whose value comes next."""
    at_key: bool = True
    """In a map: whether a key comes next."""
    empty: str | None = None
    """The key that was read last, if nothing is written after it."""
    above: str | None = None
    """``empty``, when the next key was read."""


@dataclass(slots=True)
class _Builder:
    """Builds a document from parser events, with a stack of its own: depth costs no recursion."""

    source: Source
    stack: list[_Open] = field(default_factory=list)
    keys: dict[Loc, Span] = field(default_factory=dict)
    values: dict[Loc, Span] = field(default_factory=dict)
    collections: set[Loc] = field(default_factory=set)
    complaints: list[Placed] = field(default_factory=list)
    hollow: set[Loc] = field(default_factory=set)
    tainted: set[Loc] = field(default_factory=set)
    root: object = None

    def build(self, events: Iterable[yaml.Event]) -> Document:
        nodes = 0
        for event in self._one_document(events):
            if isinstance(event, yaml.NodeEvent):
                nodes += 1
                if nodes > MAX_NODES:
                    what, hint = f"has more than {MAX_NODES:,} keys and values", "move data into files"
                    raise SpecError(Problem(self.source.name, what, "a spec is a small text file", hint))
                self._node(event)
            else:
                self.stack.pop()
        if () not in self.values:
            raise SpecError(Problem(self.source.name, "is empty", "a map is needed"))
        return Document(
            self.source,
            self.root,
            self.keys,
            self.values,
            frozenset(self.collections),
            tuple(self.complaints),
            frozenset(self.hollow),
            frozenset(self.tainted),
        )

    def shallow(self, error: yaml.MarkedYAMLError) -> Placed | None:
        """A line that is indented too far for what is above it, because that should have been below an empty key."""
        mark, began = error.problem_mark, error.context_mark
        if mark is None or began is None or not self.stack:
            return None
        before = "".join(self.source.lines[mark.line : mark.line + 1])[: mark.column]
        if before.strip() or mark.line >= len(self.source.lines):
            return None
        *_, one = self.stack
        if isinstance(one.content, list) and len(self.stack) > 1 and began.column == mark.column:
            one = self.stack[-2]
        if one.loc is None or one.above is None or one.key is None:
            return None
        empty, below = self.keys[*one.loc, one.above].line, self.keys[*one.loc, one.key].line
        what = f"not YAML: this line does not belong to {quote(one.key)} of line {below}"
        expected, hint = f"{quote(one.above)} of line {empty} has nothing below it", "not indented enough?"
        return self.source.place(Span(mark.line + 1, mark.column + 1), what, expected, f"is {quote(one.key)} {hint}")

    def _one_document(self, events: Iterable[yaml.Event]) -> Iterator[yaml.Event]:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    second = self.source.place(_span(event), "a second document starts here", hint="use one file each")
                    raise SpecError(second.problem)
                if event.tags:
                    self._complain(_span(event), "%TAG is not supported", "remove the line")
            elif isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                yield event

    def _complain(self, span: Span, what: str, hint: str) -> None:
        self.complaints.append(self.source.place(span, what, hint=hint))

    def _node(self, event: yaml.NodeEvent) -> None:
        parent = self.stack[-1] if self.stack else None
        if parent is not None and isinstance(parent.content, dict) and parent.at_key:
            self._key(event, parent, parent.content)
            return
        loc = self._next_loc(parent)
        if loc is not None:
            self.values[loc] = _span(event)
        value = self._value(event, loc)
        if parent is None:
            self.root = value
        elif isinstance(parent.content, list):
            parent.content.append(value)
        else:
            if parent.key is not None:
                parent.content[parent.key] = value
            if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and not event.value:
                parent.empty = parent.key
                self.hollow.update(() if loc is None else (loc,))
            parent.at_key = True

    @staticmethod
    def _next_loc(parent: _Open | None) -> Loc | None:
        if parent is None:
            return ()
        if parent.loc is None:
            return None
        if isinstance(parent.content, list):
            return (*parent.loc, len(parent.content))
        return None if parent.key is None else (*parent.loc, parent.key)

    def _value(self, event: yaml.NodeEvent, loc: Loc | None) -> object:
        if isinstance(event, yaml.AliasEvent):
            self._taint(
                _span(event),
                loc,
                f"the alias *{event.anchor} is not supported",
                "write the value out, or put it in quotes",
            )
            return None
        if event.anchor is not None:
            self._complain(_span(event), f"the anchor &{event.anchor} is not supported", "remove it")
        tag: str | None = getattr(event, "tag", None)
        if tag is not None:
            self._taint(
                _span(event),
                loc,
                f"the tag {_tag(tag)} is not supported",
                "write the plain value, or put it in quotes",
            )
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, loc)
        content: dict[str, object] | list[object] = {} if isinstance(event, yaml.MappingStartEvent) else []
        if loc is not None:
            self.collections.add(loc)
        self._push(content, loc, event)
        return content

    def _push(self, content: dict[str, object] | list[object], loc: Loc | None, event: yaml.Event) -> None:
        self.stack.append(_Open(content, loc))
        if len(self.stack) > MAX_DEPTH:
            deep = self.source.place(_span(event), f"lists and maps are nested more than {MAX_DEPTH} deep")
            raise SpecError(deep.problem)

    def _taint(self, span: Span, loc: Loc | None, what: str, hint: str) -> None:
        self._complain(span, what, hint)
        if loc is not None:
            self.tainted.add(loc)

    def _scalar(self, event: yaml.ScalarEvent, loc: Loc | None) -> object:
        text = event.value
        if not event.implicit[0]:
            return text
        try:
            return resolve(text)
        except ValueError as error:
            self._taint(_span(event), loc, str(error), f"quote it if text is meant: {quote(text)}")
            return None

    def _key(self, event: yaml.NodeEvent, parent: _Open, content: dict[str, object]) -> None:
        parent.at_key, parent.key = False, None
        parent.above, parent.empty = parent.empty, None
        span = _span(event)
        value = self._value(event, None)
        if isinstance(event, yaml.AliasEvent):
            return
        if not isinstance(event, yaml.ScalarEvent):
            placeholder = self.source.lines[span.line - 1][: span.column].endswith("{{")
            hint = "put {{ ... }} in quotes" if placeholder else 'write "key: value"'
            self._complain(span, "a list or a map cannot be a key", hint)
        elif not isinstance(value, str):
            found = event.value or "(nothing)"
            self._complain(span, f"the key {found} is not text", f"quote it: {quote(event.value)}")
        elif value in content:
            self._again(span, value, parent, content)
        else:
            parent.key = value
            if parent.loc is not None:
                self.keys[*parent.loc, value] = span

    def _again(self, span: Span, key: str, parent: _Open, content: dict[str, object]) -> None:
        """A key that its map has already; where it begins the map of a list's item, the next item may begin here."""
        first = f" on line {self.keys[*parent.loc, key].line}" if parent.loc is not None else ""
        what = f"the key {quote(key)} is there already{first}"
        item = parent.loc if parent.loc and isinstance(parent.loc[-1], int) else None
        if item in self.tainted:
            return
        begins = not self.source.lines[span.line - 1][: span.column - 1].strip()
        if item is not None and begins and key == next(iter(content)):
            self._taint(span, item, what, 'is "- " missing before it (a new list item)?')
        else:
            self._complain(span, what, "remove one of the two")


def _span(event: yaml.Event) -> Span:
    start, end = event.start_mark, event.end_mark
    assert start is not None  # noqa: S101 - only events made by hand have no marks
    assert end is not None  # noqa: S101
    scalar = isinstance(event, yaml.ScalarEvent | yaml.AliasEvent)
    width = end.column - start.column if scalar and end.line == start.line else 1
    return Span(start.line + 1, start.column + 1, max(1, width))


def _tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain (unquoted) scalar in the core schema of YAML 1.2.

    Raises:
        ValueError: for numbers that no comparison could use: infinities, NaN, out of range.
    """
    for pattern, constant in ((_NULL, None), (_TRUE, True), (_FALSE, False)):
        if pattern.fullmatch(text):
            return constant
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    for pattern, base in ((_INT, 10), (_OCTAL, 8), (_HEX, 16)):
        if pattern.fullmatch(text):
            if len(text) > _MAX_DIGITS:
                raise ValueError(f"a number of {len(text)} digits is out of range")
            return int(text, base)
    number = float(text) if _FLOAT.fullmatch(text) else text
    if number in {math.inf, -math.inf}:
        raise ValueError(f"{text} is out of range")
    return number
