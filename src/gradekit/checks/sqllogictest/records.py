"""A reader of sqllogictest files (https://sqlite.org/sqllogictest). What it does not know is a flaw, never left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal, cast, get_args

from gradekit.checks.regex import Regex, RegexProblem, compile_regex
from gradekit.texts import near, quote

MAX_FILE: Final = 1 << 20
"""Bytes of a file."""
MAX_FLAWS: Final = 50

Sort = Literal["nosort", "rowsort", "valuesort"]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
LETTERS: Final = "ITRBDFP?"
"""Types of columns."""
_RESULTS: Final = "----"
_HASH: Final = re.compile(r"([0-9]+) values hashing to ([0-9a-f]{32})")
_OTHERS: Final = re.compile(r"<!?REGEX>:|<FILE>:")
"""What a line of a result begins with where DuckDB means something else than that result."""
ENGINES: Final = {
    "postgres": frozenset({"postgresql", "postgres"}),
    "mariadb": frozenset({"mariadb", "mysql"}),
    "sqlite": frozenset({"sqlite"}),
}
"""By engine, what files call it; names of other programs hold for none."""

_LOOP: Final = "write the records out, one after the other"
_ONE: Final = "a file runs in one session, on the data set of the check: leave it out, or make a file of its own"
_HERE: Final = "nothing but SQL is run: put what it needs into the data set's `load`"
REFUSED: Final = {
    **dict.fromkeys(("loop", "foreach", "concurrentloop", "concurrentforeach", "endloop", "repeat"), _LOOP),
    **dict.fromkeys(("connection", "reconnect", "restart", "load", "user"), _ONE),
    **dict.fromkeys(("system", "sleep", "unzip", "include", "require", "require-env", "test-env"), _HERE),
    **dict.fromkeys(("mode", "control", "subtest", "let", "set", "reset", "tags", "template"), "leave it out"),
}
"""Directives that programs other than SQLite's have, and what to do instead."""
_DIRECTIVES: Final = ("statement", "query", "halt", "hash-threshold", "skipif", "onlyif")


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a line of a file, counted from 1."""

    line: int
    what: str
    expected: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Hash:
    """All that is known of a right result: how many values there are, and their MD5."""

    count: int
    digest: str


@dataclass(frozen=True, slots=True)
class Condition:
    """``onlyif`` or ``skipif`` an engine."""

    name: str
    skip: bool

    def holds(self, engine: str) -> bool:
        """Whether the record runs on an engine."""
        return (self.name in ENGINES[engine]) is not self.skip


@dataclass(frozen=True, slots=True)
class Record:
    """A statement or a query with what has to become of it."""

    line: int
    """Of its directive."""
    sql: str
    fails: bool = False
    """Whether it has to be refused."""
    error: Regex | str | None = None
    """What the refusal says: a pattern, or a text in it."""
    affected: int | None = None
    """Rows that it changes."""
    types: str | None = None
    """A letter for each column of the result; None for a statement, whose result is not looked at."""
    sort: Sort = "nosort"
    label: str | None = None
    """Results of records with the same label are the same."""
    expected: tuple[str, ...] = ()
    """Lines of the result."""
    hashed: Hash | None = None
    conditions: tuple[Condition, ...] = ()
    halt: bool = False
    """Whether the file ends here, in the place of all else."""


@dataclass(frozen=True, slots=True)
class Script:
    """A file that was read."""

    records: tuple[Record, ...] = ()
    flaws: tuple[Flaw, ...] = ()

    def on(self, engine: str) -> tuple[Record, ...]:
        """The records that run on an engine."""
        found = []
        for record in self.records:
            if all(condition.holds(engine) for condition in record.conditions):
                if record.halt:
                    break
                found.append(record)
        return tuple(found)


@lru_cache(maxsize=64)
def read(data: bytes) -> Script:
    """Read a file."""
    if len(data) > MAX_FILE:
        return Script(flaws=(Flaw(1, f"is larger than {MAX_FILE >> 20} MiB", hint="make several of it"),))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Script(flaws=(Flaw(line, f"byte {error.start} is not UTF-8", "text in UTF-8"),))
    reader = _Reader([line.removesuffix("\r") for line in text.split("\n")])
    records: list[Record] = []
    while len(reader.flaws) < MAX_FLAWS and (record := reader.record()) is not None:
        records.append(record)
    return Script(tuple(records), tuple(reader.flaws))


class _Reader:
    """Goes from record to record; whatever is wrong is noted, and reading goes on at the next blank line."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.place = 0
        self.flaws: list[Flaw] = []

    def record(self) -> Record | None:
        """The next one that is right; None at the end."""
        conditions: list[Condition] = []
        while self.place < len(self.lines) and len(self.flaws) < MAX_FLAWS:
            line = self.place + 1
            words = self.lines[self.place].split()
            self.place += 1
            if not words or words[0].startswith("#"):
                continue
            directive, rest = words[0], _uncommented(words[1:])
            match directive:
                case "skipif" | "onlyif" if len(rest) == 1:
                    conditions.append(Condition(rest[0].lower(), directive == "skipif"))
                    continue
                case "skipif" | "onlyif":
                    self.flaw(line, f'"{directive}" names no engine', "the name of one engine, such as postgresql")
                case "hash-threshold":
                    if len(rest) != 1 or not rest[0].isdecimal():
                        self.flaw(line, '"hash-threshold" has no number', "hash-threshold N")
                case "halt":
                    return Record(line, "", conditions=tuple(conditions), halt=True)
                case "statement" | "query":
                    made = self._asked(line, directive, words[1:], tuple(conditions))
                    if made is not None:
                        return made
                case _:
                    self._unknown(line, directive)
            conditions = []
        return None

    def flaw(self, line: int, what: str, expected: str = "", hint: str = "") -> None:
        """Note it, and go on after the next blank line."""
        self.flaws.append(Flaw(line, what, expected, hint))
        self._block()

    def _unknown(self, line: int, directive: str) -> None:
        name = quote(directive)
        if directive in REFUSED:
            self.flaw(line, f"{name} is no directive of SQLite's sqllogictest", hint=REFUSED[directive])
        else:
            expected = f"one of {', '.join(_DIRECTIVES)}"
            self.flaw(line, f"no directive {name}", expected, near(directive, _DIRECTIVES))

    def _block(self, *, to_results: bool = False) -> list[str]:
        """The lines up to a blank one; or to the mark before results, which stays."""
        begun = self.place
        while self.place < len(self.lines) and self.lines[self.place].strip():
            if to_results and self.lines[self.place].strip() == _RESULTS:
                break
            self.place += 1
        return list(self.lines[begun : self.place])

    def _asked(
        self, line: int, directive: str, words: Sequence[str], conditions: tuple[Condition, ...]
    ) -> Record | None:
        """A statement or a query."""
        sql = "\n".join(self._block(to_results=True)).strip()
        marked = self.place < len(self.lines) and self.lines[self.place].strip() == _RESULTS
        self.place += marked
        results = self.place + 1
        listed = tuple(self._block()) if marked else None
        for number, result in enumerate(listed or (), results):
            other = _OTHERS.match(result)
            if other is not None:
                what = f"{quote(other[0])} is no result of SQLite's sqllogictest"
                self.flaws.append(Flaw(number, what, "the values, or the text of an error", "write them out"))
                return None
        if not sql:
            self.flaws.append(Flaw(line, "no SQL stands below it", "the statement, from the next line on"))
            return None
        made = (_statement if directive == "statement" or words[:1] == ["error"] else _query)(line, sql, words, listed)
        if isinstance(made, Flaw):
            self.flaws.append(made)
            return None
        return replace(made, conditions=conditions)


def _uncommented(words: Sequence[str]) -> list[str]:
    """The words before a remark."""
    end = next((index for index, word in enumerate(words) if word.startswith("#")), len(words))
    return list(words[:end])


def _statement(line: int, sql: str, words: Sequence[str], listed: tuple[str, ...] | None) -> Record | Flaw:
    match list(words):
        case ["error", *pattern]:
            return _refused(line, sql, " ".join(pattern), "\n".join(listed or ()).strip())
        case ["ok" | "count", *_] if listed is not None:
            return Flaw(line, "results stand below a statement", hint="write `query`, with a letter for each column")
        case ["ok"]:
            return Record(line, sql)
        case ["count", number] if number.isdecimal():
            return Record(line, sql, affected=int(number))
    return Flaw(line, f"no statement {quote(' '.join(words))}", "ok, error, error PATTERN or count N")


def _refused(line: int, sql: str, pattern: str, text: str) -> Record | Flaw:
    """A statement that has to fail; the pattern stands beside it, or a text below."""
    if not pattern:
        return Record(line, sql, fails=True, error=text or None)
    if pattern.startswith("pgcode "):
        return Flaw(line, '"pgcode" is a word of CockroachDB', "error PATTERN", "match the message")
    try:
        return Record(line, sql, fails=True, error=compile_regex(pattern))
    except RegexProblem as error:
        return Flaw(line, f"the pattern cannot be read: {error}")


def _query(line: int, sql: str, words: Sequence[str], listed: tuple[str, ...] | None) -> Record | Flaw:
    words = _uncommented(words)
    types = words[0] if words else ""
    unknown = next((letter for letter in types if letter not in LETTERS), None)
    if not types or unknown is not None:
        what = "no types of columns" if unknown is None else f"no type {quote(unknown)}"
        return Flaw(line, what, "a letter for each column: I (integer), R (real) or T (text)")
    if len(words) > 1 and words[1] not in SORTS:
        return Flaw(line, f"no sort mode {quote(words[1])}", f"one of {', '.join(SORTS)}", near(words[1], SORTS))
    if len(words) > 3:  # noqa: PLR2004 - types, sort mode, label
        return Flaw(line, f"{quote(words[3])} stands after the label", "types, sort mode and label")
    if listed is None:
        return Flaw(line, f"no {_RESULTS} stands below the query", f"{_RESULTS}, and the result, which may be empty")
    sort = cast("Sort", words[1]) if len(words) > 1 else "nosort"
    label = words[2] if len(words) > 2 else None  # noqa: PLR2004 - as above
    match = _HASH.fullmatch(listed[0].strip()) if len(listed) == 1 else None
    if match is not None:
        return Record(line, sql, types=types, sort=sort, label=label, hashed=Hash(int(match[1]), match[2]))
    return Record(line, sql, types=types, sort=sort, label=label, expected=listed)


def slips(script: Script) -> Iterator[Flaw]:
    """All that is wrong with a file, with its lines."""
    yield from script.flaws
    if not script.flaws and not any(not record.halt for record in script.records):
        yield Flaw(1, "holds no record", "statement or query")
