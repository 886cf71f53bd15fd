"""What a .hurl file says, as plain data: entries of a request and what its response must be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gradekit.checks.jsontext import Json

Place: TypeAlias = tuple[int, int]
"""Line and column, both from 1."""


@dataclass(frozen=True, slots=True)
class Variable:
    """``{{name}}``."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Text:
    """Text with variables in it."""

    parts: tuple[str | Variable, ...] = ()
    pattern: bool = False
    """Whether it was written as a regular expression, between slashes."""

    @property
    def variables(self) -> Iterator[Variable]:
        """Those that it uses."""
        return (part for part in self.parts if isinstance(part, Variable))

    @property
    def source(self) -> str:
        """As it was written, escapes aside."""
        return "".join(part if isinstance(part, str) else f"{{{{{part.name}}}}}" for part in self.parts)


Operand: TypeAlias = Text | Variable | bytes | int | float | bool | None
"""What a predicate or a filter is given; ``Variable`` keeps its type, inside ``Text`` it is text."""
Pair: TypeAlias = tuple[Text, Text]


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of a multipart form."""

    name: Text
    path: str
    kind: str
    place: Place


@dataclass(frozen=True, slots=True)
class Body:
    """Of a request, or what a response's must be."""

    kind: Literal["json", "xml", "graphql", "text", "bytes", "file"]
    text: Text = Text()
    data: bytes = b""
    path: str = ""
    """Of the file, as it is written."""
    place: Place = (1, 1)


@dataclass(frozen=True, slots=True)
class Filter:
    """A step from a value to another one."""

    name: str
    operands: tuple[Operand, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked at."""

    name: str
    operand: Text = Text()
    filters: tuple[Filter, ...] = ()
    written: str = ""
    """As it stands in the file."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """What must hold of it."""

    name: str
    negated: bool = False
    operand: Operand = None


@dataclass(frozen=True, slots=True)
class Assertion:
    """A query with its predicate."""

    line: int
    query: Query
    predicate: Predicate


@dataclass(frozen=True, slots=True)
class Capture:
    """A query whose value gets a name."""

    line: int
    name: str
    query: Query


@dataclass(frozen=True, slots=True)
class Response:
    """What must hold of a response."""

    line: int
    status: int | None
    """None: any."""
    headers: tuple[tuple[int, Text, Text], ...] = ()
    captures: tuple[Capture, ...] = ()
    asserts: tuple[Assertion, ...] = ()
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A request with its response."""

    line: int
    method: str
    target: Text
    """Without the app's address; begins with a slash, or with a variable that has a path, unless it is empty."""
    address: Variable | None = None
    """A variable in the place of the address: one that has a value stands for that."""
    headers: tuple[Pair, ...] = ()
    query: tuple[Pair, ...] = ()
    form: tuple[Pair, ...] | None = None
    multipart: tuple[Pair | FilePart, ...] | None = None
    cookies: tuple[Pair, ...] = ()
    basic: Pair | None = None
    body: Body | None = None
    sets: tuple[tuple[str, Json], ...] = ()
    """Variables that it defines, for itself and those after it."""
    retries: int = 0
    interval: float = 1.0
    """Seconds between two of them."""
    delay: float = 0.0
    """Seconds before the request."""
    timeout: float | None = None
    response: Response | None = None


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a file cannot be used, and where."""

    place: Place
    what: str
    expected: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """A whole file."""

    entries: tuple[Entry, ...] = ()
    flaws: tuple[Flaw, ...] = field(default=())
