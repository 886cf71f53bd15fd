"""The YAML reader: the core schema of YAML 1.2, positions, refusals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gradekit.errors import SpecError
from gradekit.model import Loc
from gradekit.spec import reader
from gradekit.spec.reader import Span, dotted, excerpt_at, read, read_file
from gradekit.texts import quote


def _problem(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(SpecError) as caught:
        read(data, "c.yaml")
    (problem,) = caught.value.problems
    return f"{problem}\n{problem.excerpt}"


def _complaints(text: str) -> list[str]:
    return [str(placed.problem) for placed in read(text.encode(), "c.yaml").complaints]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("true", True),
        ("True", True),
        ("false", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("OFF", "OFF"),
        ("y", "y"),
        ("12", 12),
        ("-3", -3),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("1:30:00", "1:30:00"),
        ("1e3", 1000.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("2.", 2.0),
        ("1.5E-3", 0.0015),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("'12'", "12"),
        ('"true"', "true"),
    ],
)
def test_plain_values_follow_the_core_schema(text: str, value: object) -> None:
    found = read(f"a: {text}\n".encode(), "c.yaml")
    assert found.data == {"a": value}
    assert isinstance(found.data, dict)
    assert type(found.data["a"]) is type(value)


@pytest.mark.parametrize("text", [".inf", "-.inf", ".NaN", "1e999", "-1e999", "9" * 1001])
def test_numbers_that_cannot_be_compared_are_refused(text: str) -> None:
    found = read(f"a: {text}\n".encode(), "c.yaml")
    assert found.data == {"a": None}
    assert found.tainted == {("a",)}
    assert "quote it if text is meant" in _complaints(f"a: {text}\n")[0]


def test_merge_keys_are_plain_keys() -> None:
    assert read(b"<<: {a: 1}\n", "c.yaml").data == {"<<": {"a": 1}}


def test_text_in_blocks() -> None:
    found = read(b"a: |\n  x\n  y\nb: >-\n  x\n  y\n", "c.yaml")
    assert found.data == {"a": "x\ny\n", "b": "x y"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: 2\na: 3\n", 'c.yaml:3:1: the key "a" is there already on line 1; remove one of the two'),
        ("x: &one 1\n", "c.yaml:1:4: the anchor &one is not supported; remove it"),
        ("x: *one\n", "c.yaml:1:4: the alias *one is not supported; write the value out, or put it in quotes"),
        ("*one : 1\n", "c.yaml:1:1: the alias *one is not supported; write the value out, or put it in quotes"),
        ("x: !!str 5\n", "c.yaml:1:4: the tag !!str is not supported; write the plain value, or put it in quotes"),
        ("x: !mine {a: 1}\n", "c.yaml:1:4: the tag !mine is not supported; write the plain value, or put it in quotes"),
        ("x: ! 5\n", "c.yaml:1:4: the tag ! is not supported; write the plain value, or put it in quotes"),
        ("%TAG ! tag:x,2000:\n---\nx: 5\n", "c.yaml:1:1: %TAG is not supported; remove the line"),
        ("200: ok\n", 'c.yaml:1:1: the key 200 is not text; quote it: "200"'),
        ("true: ok\n", 'c.yaml:1:1: the key true is not text; quote it: "true"'),
        ("?\n: ok\n", 'c.yaml:1:2: the key (nothing) is not text; quote it: ""'),
        ("? [a]\n: ok\n", 'c.yaml:1:3: a list or a map cannot be a key; write "key: value"'),
        ("? {a: b}\n: {c: [d]}\n", 'c.yaml:1:3: a list or a map cannot be a key; write "key: value"'),
        ("200: {a: 1, a: 2}\n", 'c.yaml:1:1: the key 200 is not text; quote it: "200"'),
    ],
)
def test_what_yaml_allows_and_a_spec_does_not(text: str, complaint: str) -> None:
    assert complaint in _complaints(text)


def test_a_refused_key_hides_its_value_only() -> None:
    found = read(b"a: 1\na: {b: [2], b: 3}\nc: 4\n", "c.yaml")
    assert found.data == {"a": 1, "c": 4}
    assert ("a", "b") not in found.keys
    assert found.values["c",] == Span(3, 4)
    assert len(found.complaints) == 2


def test_an_alias_bomb_is_not_expanded() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    found = read("\n".join(lines).encode(), "c.yaml")
    assert len(found.complaints) == 30 + 29 * 9


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: b: c\n", 'c.yaml:1:5: not YAML: a ":" is not expected here; quote text'),
        ("a:\n\t- b\n", "c.yaml:2:1: not YAML: a tab is used for indentation; indent with spaces, not tabs"),
        ("a: @x\n", 'c.yaml:1:4: not YAML: text cannot start with "@"; put the text in quotes'),
        ("a: [1, 2\nb: 3\n", "c.yaml:2:2: not YAML: the list is not closed; it began on line 1; close the list"),
        ("a: {b: 1, c\n", "c.yaml:1:12: not YAML: the map is not closed; it began on line 1; close the map"),
        ("a: 'x\nb: 2\n", "c.yaml:1:4: not YAML: the quoted text is not closed; close it"),
        ('a: "\\q"\n', "c.yaml:1:5: not YAML: unknown escape in double quotes; write \\\\ for a backslash"),
        ("- a\nb: 1\n", "c.yaml:2:1: not YAML: a list item is expected here; it began on line 1; start it"),
        ("a:\n  - b\n c: 1\n", "c.yaml:3:2: not YAML: a key of the map is expected here; it began on line 1; indent"),
        ("a: }\n", "c.yaml:1:4: not YAML: a value is expected here; quote the text if the sign is meant"),
        ("%YAML 2.0\n---\na: 1\n", "c.yaml:1:1: not YAML: the %YAML line asks for another version of YAML"),
        ("a: 1\nb\nc: 1\n", 'c.yaml:2:1: not YAML: a ":" is missing after the key; write "key: value"'),
        ("a: !<x\n", 'c.yaml:1:4: not YAML: text cannot start with "!" here; put the text in quotes'),
        ("a: [*.sql]\n", 'c.yaml:1:5: not YAML: text cannot start with "*" here; put the text in quotes'),
        ("a: & b\n", 'c.yaml:1:4: not YAML: text cannot start with "&" here; put the text in quotes'),
        ("a: >= 5\n", 'c.yaml:1:4: not YAML: text cannot start with ">" here; put the text in quotes'),
        ("a: - b\n", 'c.yaml:1:4: not YAML: text cannot start with "-" here; put the text in quotes'),
        ("%x: 1\n", 'c.yaml:1:1: not YAML: text cannot start with "%" here; put the text in quotes'),
        ("%YAML 1.2\n%YAML 1.2\n---\na: 1\n", "c.yaml:2:1: not YAML: there is a %YAML line already; remove the line"),
        ('a: "\\xZZ"\n', "c.yaml:1:7: not YAML: did not find expected hexdecimal number"),
    ],
)
def test_syntax_errors_in_plain_words(text: str, problem: str) -> None:
    assert _problem(text).startswith(problem)


def test_a_syntax_error_without_a_place_points_to_the_start() -> None:
    source = reader.Source("c.yaml", "x", ("x",))
    error = yaml.MarkedYAMLError(problem="odd")
    assert reader._torn(source, error) is None
    assert reader._Builder(source).shallow(error) is None
    assert str(reader._syntax(source, error).problem) == "c.yaml:1:1: not YAML: odd"


def test_what_stands_behind_a_mistake_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scanner alone has no limit of depth, and each sign costs it more the deeper it is."""
    tokens = 0

    def counted(text: str, **options: Any) -> Iterator[yaml.Token]:  # noqa: ANN401 - passed on
        nonlocal tokens
        for token in scan(text, **options):
            tokens += 1
            yield token

    scan = yaml.scan
    monkeypatch.setattr(yaml, "scan", counted)
    assert _problem("a: }\nc: " + "{n" * 2_000).startswith("c.yaml:1:4: not YAML: a value is expected here")
    assert 0 < tokens < 20


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('a: "x\nb: "y"\n', "2:4"),
        ("a: 'x\nb: it's\n", "2:6"),
        ('a: {b: "x, c: 1}\nd: "y"\n', "2:4"),
        ('a: "x\nb: ""\nc: 1\n', "2:4"),
        ('a: "x\nb: "y: z"\n', "2:4"),
        ('a: "x\nb: "" c: ""\n', "2:4"),
    ],
)
def test_a_quote_that_the_next_one_closes(text: str, where: str) -> None:
    what = "not YAML: the text in quotes that began on line 1 ends here; is its closing quote missing on line 1?"
    assert _problem(text).startswith(f"c.yaml:{where}: {what}\n")


@pytest.mark.parametrize(
    "text",
    [
        'a: "x\n  y"\n  b: 1\n',  # the text of several lines ends above
        'a: [1\nb: "x\n  y"\n',  # ... or after the mistake
        'a: {b: c d: "x\n  y"}\n',
    ],
)
def test_a_quote_that_is_closed_is_not_blamed(text: str) -> None:
    assert "quotes that began" not in _problem(text)


@pytest.mark.parametrize("indent", ["  ", "    "])
def test_a_key_with_nothing_below_it_is_named_where_the_next_line_does_not_fit(indent: str) -> None:
    text = f"- a: 1\n  http:\n  steps:\n  {indent}- b: 1\n    after: 2\n"
    assert _problem(text).startswith(
        'c.yaml:5:5: not YAML: this line does not belong to "steps" of line 3; "http" of line 2 has nothing below it; '
        'is "steps" not indented enough?'
    )


@pytest.mark.parametrize(
    "text",
    [
        "- a:\n  b: 1\n c: 2\n",  # less indented than the empty key
        "- a:\n  b: [1]\n  d:\n    - 1\n   c: 2\n",  # another key between
        "a:\nb:\n  - c: 1\n   d: 2\n",  # the mistake is deeper
        'a:\nb: "x" y\n',  # no mistake of indentation
        "- a\nb: 1\n",
        "1:\n  a:\n  b:\n    - c\n   d: 1\n",
        "a: 'b\n",
        "{",
    ],
)
def test_a_key_with_nothing_below_it_is_not_blamed_for_another_mistake(text: str) -> None:
    assert "has nothing below it" not in _problem(text)


def test_keys_with_nothing_after_their_colon_are_known() -> None:
    found = read(b"a:\nb: # c\nc: ''\nd: null\ne: [{f: }]\n1: {g: }\n", "c.yaml")
    assert found.hollow == {("a",), ("b",), ("e", 0, "f")}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("- a: 1\n  b: 2\n  a: 3\n  b: 4\n", 'is "- " missing before it (a new list item)?'),
        ("- a: 1\n  b: 2\n  b: 4\n", "remove one of the two"),
        ("- {a: 1, a: 2}\n", "remove one of the two"),
        ("- x:\n    a: 1\n    a: 2\n", "remove one of the two"),
    ],
)
def test_a_key_that_begins_the_next_item_of_a_list(text: str, hint: str) -> None:
    (complaint,) = _complaints(text)
    assert complaint.endswith(hint)


def test_the_parser_in_python_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: [1, 2\nb: 3\n"
    expected = _problem(text)
    monkeypatch.setattr(reader, "_Loader", yaml.SafeLoader)
    assert _problem(text) == expected
    assert read(b"a: {b: [1, 'x']}\n", "c.yaml").values["a", "b", 1] == Span(1, 12, 3)


def test_empty_files_and_second_documents() -> None:
    assert _problem("").startswith("c.yaml: is empty; a map is needed")
    assert _problem("# nothing\n").startswith("c.yaml: is empty")
    assert _problem("a: 1\n---\nb: 2\n").startswith("c.yaml:2:1: a second document starts here; use one file each")


def test_limits() -> None:
    assert _problem(b"#" * (reader.MAX_BYTES + 1)).startswith("c.yaml: is larger than 1 MiB")
    assert read(f"{'[' * 100}{']' * 100}".encode(), "c.yaml").data
    assert _problem("[" * 101 + "]" * 101).startswith("c.yaml:1:101: lists and maps are nested more than 100 deep")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"a: 1\nb: caf\xe9\n", "c.yaml:2:7: byte 0xe9 is not UTF-8; save it as UTF-8\n    2 | b: caf\ufffd"),
        ("a: 1\n".encode("utf-16"), "c.yaml:1:1: byte 0xff is not UTF-8; it looks like UTF-16; save it as UTF-8"),
        (b"a: 1\nb: \x07\n", "c.yaml:2:4: the character U+0007 is not allowed in YAML"),
    ],
)
def test_other_encodings_and_control_characters(data: bytes, problem: str) -> None:
    assert _problem(data).startswith(problem)
    assert "\x07" not in _problem(data)


def test_a_byte_order_mark_is_no_column() -> None:
    found = read(b"\xef\xbb\xbfa: 1\n", "c.yaml")
    assert found.keys["a",] == Span(1, 1)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"none\.yaml: cannot be read: No such file"):
        read_file(tmp_path / "none.yaml")
    with pytest.raises(SpecError, match="shown: cannot be read: Is a directory"):
        read_file(tmp_path, "shown")


def test_places_and_excerpts() -> None:
    found = read(b"a:\n  b: [1, two]\n  c: {d: x}\n", "c.yaml")

    def shown(loc: Loc, at: Loc | None = None) -> str:
        problem = found.place(loc, "is odd", at=at).problem
        return f"{problem}\n{problem.excerpt}"

    assert shown(("a", "b", 1)) == "c.yaml:2:10: a.b[1]: is odd\n    2 |   b: [1, two]\n      |          ^^^"
    assert shown(("a", "b", 1, "x")).startswith("c.yaml:2:10: a.b[1].x: is odd"), "the nearest place that exists"
    assert shown(("a", "c")).startswith("c.yaml:3:3: a.c: is odd"), "the key of a map"
    assert shown(("a", "c"), at=("a", "c", "d")).startswith("c.yaml:3:7: a.c: is odd"), "the key that is asked for"
    assert shown(()).startswith("c.yaml:1:1: is odd"), "the root has no name"
    assert shown(("z",)).startswith("c.yaml:1:1: z: is odd")


def test_carets_stand_below_the_text_on_a_terminal() -> None:
    found = read("a: ['日本', e\u0301x, \tz]\n".encode(), "c.yaml")
    wide = found.place(("a", 0), "").problem.excerpt.splitlines()
    assert wide[1] == "      |     ^^^^^^"
    after = found.place(("a", 2), "").problem.excerpt.splitlines()
    assert after[1] == f"      | {' ' * 16}\t^"


def test_long_lines_are_cut_around_the_place() -> None:
    found = read(f"a: [{'x, ' * 200}y]\n".encode(), "c.yaml")
    line, caret = found.place(("a", 200), "").problem.excerpt.splitlines()
    assert len(line) < 130
    assert line[caret.index("^")] == "y"


def test_a_span_behind_the_file_has_no_excerpt() -> None:
    assert reader.Source("c.yaml", "", ("",)).excerpt(Span(9, 1)) == ""


def test_dotted_and_quoted() -> None:
    assert dotted(("checks", 3, "http", "json", "$.id", "x-y")) == 'checks[3].http.json["$.id"].x-y'
    assert dotted(("a b",)) == '["a b"]'
    assert quote('a"b\\\x1b\n') == r'"a\"b\\\x1b\n"'
    assert quote("x" * 70) == '"' + "x" * 59 + '…"'


# --- positions, against an emitter that knows where it writes ---------------------------------------


@dataclass
class _Emitter:
    """Writes data as YAML in styles chosen at random, and notes where each key and value begins."""

    draw: st.DrawFn
    lines: list[str] = field(default_factory=lambda: [""])
    keys: dict[Loc, tuple[int, int]] = field(default_factory=dict)
    values: dict[Loc, tuple[int, int]] = field(default_factory=dict)

    def here(self) -> tuple[int, int]:
        return len(self.lines), len(self.lines[-1]) + 1

    def write(self, text: str) -> None:
        self.lines[-1] += text

    def fresh(self, indent: int) -> None:
        for _ in range(self.draw(st.integers(0, 1))):
            self.lines.append(self.draw(st.sampled_from(["", "# é: [note"])))
        self.lines.append(" " * indent)

    def scalar(self, value: object) -> str:
        if isinstance(value, str):
            return self.draw(st.sampled_from(['"{}"', "'{}'"])).format(value)
        return {None: "null", True: "true", False: "false"}.get(value, str(value))  # type: ignore[call-overload,no-any-return]

    def value(self, value: object, loc: Loc, indent: int, *, inline: bool) -> None:
        nested = isinstance(value, dict | list) and bool(value)
        if not nested or inline or self.draw(st.booleans()):
            self.write(" ")
            self.flow(value, loc)
            return
        below = indent + self.draw(st.integers(1, 3))
        for index, (part, child) in enumerate(value.items() if isinstance(value, dict) else enumerate(value)):  # type: ignore[arg-type]
            self.fresh(below)
            if index == 0:
                self.values[loc] = self.here()
            child_loc = (*loc, part)
            if isinstance(value, dict):
                self.keys[child_loc] = self.here()
                self.write(f"{self.scalar(part)}:")
            else:
                self.write("-")
            self.value(child, child_loc, below, inline=False)

    def flow(self, value: object, loc: Loc) -> None:
        self.values[loc] = self.here()
        if isinstance(value, dict):
            self.write("{")
            for part, child in value.items():
                self.keys[*loc, part] = self.here()
                self.write(f"{self.scalar(part)}: ")
                self.flow(child, (*loc, part))
                self.write(", ")
            self.write("}")
        elif isinstance(value, list):
            self.write("[")
            for index, child in enumerate(value):
                self.flow(child, (*loc, index))
                self.write(", ")
            self.write("]")
        else:
            self.write(self.scalar(value))


_TEXT = st.text(st.sampled_from("abé日#:-?{}[],& *!|>%@`$.~"), max_size=8)
_DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=25,
)


@st.composite
def _emitted(draw: st.DrawFn) -> tuple[object, _Emitter]:
    data = draw(st.dictionaries(_TEXT, _DATA, min_size=1, max_size=5))
    emitter = _Emitter(draw)
    emitter.value(data, (), -1, inline=False)
    return data, emitter


@given(_emitted())
def test_every_key_and_value_is_found_where_it_was_written(emitted: tuple[object, _Emitter]) -> None:
    data, emitter = emitted
    found = read("\n".join(emitter.lines).encode(), "c.yaml")
    assert found.data == data
    assert found.complaints == ()
    assert {loc: (span.line, span.column) for loc, span in found.keys.items()} == emitter.keys
    assert {loc: (span.line, span.column) for loc, span in found.values.items()} == emitter.values


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_give_data_or_a_problem(data: bytes) -> None:
    try:
        found = read(data, "c.yaml")
    except SpecError as error:
        shown = "".join(problem.excerpt for problem in error.problems)
    else:
        shown = "".join(placed.problem.excerpt for placed in found.complaints)
    assert not {"\x00", "\x07", "\x1b", "\x9b"} & set(shown)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_their_value(number: float) -> None:
    text = repr(number)
    assert math.isclose(float(reader.resolve(text) or 0), number, rel_tol=0)


@pytest.mark.parametrize(
    ("place", "excerpt"),
    [
        ("hidden/a.txt:1:5", "    1 | one two\n      |     ^^^"),
        ("hidden/a.txt:2:1", "    2 | \n      | ^"),
        ("hidden/a.txt:3:2", "    3 | x\n      |  ^"),
        ("hidden/a.txt:9:1", ""),
        ("hidden/a.txt:1", ""),
        ("hidden/b.txt:1:1", ""),
    ],
)
def test_a_place_of_another_file_is_shown_with_its_line(place: str, excerpt: str) -> None:
    assert excerpt_at(place, {"hidden/a.txt": b"\xef\xbb\xbfone two\r\n\r\nx"}) == excerpt


def test_a_document_has_a_bounded_number_of_values() -> None:
    most = "[" + "1," * (reader.MAX_NODES - 2) + "1]"
    assert len(read(most.encode(), "c.yaml").data) == reader.MAX_NODES - 1  # type: ignore[arg-type]
    what = "c.yaml: has more than 100,000 keys and values; a spec is a small text file; move data into files"
    assert _problem(f"[1,{most[1:]}").strip() == what
