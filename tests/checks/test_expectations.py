"""The table of docs/expectations.md: what can be expected, with a golden case that passes and one that fails.

Rows come from the models' fields, so that a predicate or a mode without both cases fails here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel

from gradekit.checks.compare.model import Compare, OrderBy
from gradekit.checks.features import FEATURES, WORDS
from gradekit.checks.http.model import Answer, CookieExpect, Expect, ItemsExpect
from gradekit.checks.operators import OPERATORS
from gradekit.checks.sql.model import SqlExpect, SqlSpec
from gradekit.checks.sqllogictest.model import SqlLogicTestSpec
from gradekit.checks.sqllogictest.records import LETTERS, SORTS, Record, read

Piece: TypeAlias = Mapping[str, Any]
JUDGE = Path(__file__).parent / "judge"
PAGE = Path(__file__).parents[2] / "docs" / "expectations.md"
MAX = 160
"""Characters of a value in a cell."""


@dataclass(frozen=True)
class Row:
    """A predicate or a mode, with two cases that were judged."""

    name: str
    example: str
    passes: str
    fails: str
    message: str


def fields(model: type[BaseModel]) -> list[str]:
    """The fields of a model as an author writes them."""
    return [field.alias or name for name, field in model.model_fields.items()]


GROUPS: Mapping[str, tuple[str, list[str]]] = {
    "operator": ("Operators, which stand wherever a value is expected", list(OPERATORS)),
    "expect": ("`expect` of a request (kind `http`)", fields(Expect)),
    "cookie": ("`expect.cookies.NAME` of a request", fields(CookieExpect)),
    "items": ("`expect.items` of a walk through pages", fields(ItemsExpect)),
    "answer": ("`expect` of a statement or a store's command, beside requests", fields(Answer)),
}
STEPS = [(group, name) for group, (_, names) in GROUPS.items() for name in names]


def modes() -> Iterator[tuple[str, object]]:
    """Each comparison mode of kind sql: the place below ``sql:``, and its value where only some are possible."""
    for name in SqlExpect.model_fields:
        yield f"expect.{name}", ...
    for name, field in Compare.model_fields.items():
        kinds = [kind for kind in (field.annotation, *get_args(field.annotation)) if kind is not type(None)]
        choices = [choice for kind in kinds if get_origin(kind) is Literal for choice in get_args(kind)]
        yield from ((f"compare.{name}", choice) for choice in choices)
        if OrderBy in kinds:
            yield f"compare.{name}.by", ...
        if not choices:
            yield f"compare.{name}", ...
    for name in ("require", "forbid"):
        assert name in SqlSpec.model_fields
        yield name, ...


MODES = list(modes())
DEFAULTS = {f"compare.{name}": field.default for name, field in Compare.model_fields.items()}


def at(check: object, place: str) -> object:
    """What a check has at a place; None for nothing."""
    for name in place.split("."):
        check = check.get(name) if isinstance(check, Mapping) else None
    return check


@cache
def checks() -> Mapping[str, tuple[Any, Any]]:
    """Each golden folder of kind sql, those made for the table first: its check and its outcome."""
    folders = sorted((path.parent for path in (JUDGE / "sql").glob("*/check.yaml")), key=lambda path: path.name)
    folders.sort(key=lambda path: not path.name.startswith("mode-"))
    return {
        folder.name: (
            yaml.safe_load((folder / "check.yaml").read_text(encoding="utf-8"))["sql"],
            json.loads((folder / "outcome.json").read_text(encoding="utf-8")),
        )
        for folder in folders
    }


def case(place: str, value: object, status: str) -> str | None:
    """The first golden folder whose check has that mode, and whose outcome has that status."""
    told = place.rsplit(".", maxsplit=1)[-1] if value is ... else str(value)
    for name in sorted(checks(), key=lambda name: told not in name):  # the one that is about it, if there is one
        check, outcome = checks()[name]
        given = at(check, place)
        right = given is not None if value is ... else (DEFAULTS.get(place) if given is None else given) == value
        if right and outcome["outcome"]["status"] == status and (status == "passed" or _told(outcome["cases"][-1])):
            return name
    return None


def _told(case: Piece) -> str:
    """A case's message with what was expected and what came."""
    outcome = case["outcome"]
    pairs = [(label, " / ".join((outcome.get(label) or "").splitlines())) for label in ("expected", "actual")]
    return "\n".join([*outcome["message"].splitlines(), *(f"{label} {text}" for label, text in pairs if text)])


def written(value: object) -> str:
    """A piece of YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False, allow_unicode=True)
    return text.strip().removesuffix("...").strip()


def step_row(group: str, name: str) -> Row:
    """The row of a predicate, from the folder that is named after it."""
    folder = JUDGE / "http" / f"{group}-{name}"
    steps = yaml.safe_load((folder / "check.yaml").read_text(encoding="utf-8"))["steps"]
    runs = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))["runs"]
    outcome = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    found = {case["title"]: case for case in outcome["cases"]}
    assert found["passes"]["outcome"]["status"] == "passed"
    assert found["fails"]["outcome"]["status"] == "failed"
    expect = steps[-1]["expect"]
    assert expect == steps[-2]["expect"]
    shown = expect["json"]["$.value"] if group == "operator" else expect
    assert name in (shown if group in {"operator", "expect", "answer"} else written(shown))
    good, bad = (came(exchange, group, name) for exchange in runs[0]["exchanges"][-2:])
    return Row(name, written(shown), good, bad, _told(found["fails"]))


def came(exchange: Piece, group: str, name: str) -> str:
    """What the app or its database answered, in short."""
    if "answered" in exchange:
        return _answered(exchange["answered"])
    if "pages" in exchange:
        pages = (json.loads(page["received"]["body"]["text"])["items"] for page in exchange["pages"])
        return ", then ".join(json.dumps(page) for page in pages)
    if exchange.get("statuses"):
        return ", ".join(map(str, exchange["statuses"]))
    received = exchange["received"]
    text = received["body"]["text"]
    if group == "operator":
        body = json.loads(text)
        return json.dumps(body["value"], ensure_ascii=False) if "value" in body else "no value in the body"
    if name in {"time", "time_ratio"}:
        return f"{1000 * received['seconds']:g} ms"
    parts = [f"{key}: {value}" for key, value in received["headers"]]
    return "\n".join([*(parts or [f"status {received['status']}"]), *([text.strip()] if text else [])])


def _answered(answered: Piece) -> str:
    if "found" in answered:
        found = answered["found"]
        keys = (
            f"{key['name']}: {key['type']}, {'no ttl' if 'ttl' not in key else str(key['ttl']) + ' s left'}"
            for key in found.get("keys", ())
        )
        return found["reply"] if "reply" in found else "; ".join(keys)
    if "affected" in answered:
        return f"{answered['affected']} changed"
    return rows(answered["table"])


def rows(table: Piece) -> str:
    """A result in short."""
    head = ", ".join(f"{column['name']} {column['type']}" for column in table["columns"])
    return "; ".join(
        [f"({head})", *(f"({', '.join('NULL' if c is None else c for c in row)})" for row in table["rows"])]
    )


def sql_row(place: str, value: object) -> Row:
    """The row of a comparison mode, from the folders whose checks use it."""
    good, bad = (case(place, value, status) for status in ("passed", "failed"))
    assert good is not None, f"no golden case of kind sql passes with {place}"
    assert bad is not None, f"no golden case of kind sql fails with {place}"
    check, outcome = checks()[bad]
    keys = ("expect", "compare", "require", "forbid")
    example = written({key: check[key] for key in keys if key in check and (key == "expect" or place.startswith(key))})
    if value is not ... and at(check, place) is None:
        example = written({"expect": check["expect"], "compare": {place.rsplit(".", maxsplit=1)[-1]: value}})
    name = place if value is ... else f"{place}: {value}"
    return Row(name, example, result(good), result(bad), _told(outcome["cases"][-1]))


def result(folder: str) -> str:
    """What the candidate's statement gave, beside what the reference gave."""
    evidence = json.loads((JUDGE / "sql" / folder / "evidence.json").read_text(encoding="utf-8"))
    run = evidence["runs"][0]
    told = {"": run["candidate"], "right: ": run.get("reference") or {}}
    lines = []
    for label, ran in told.items():
        if ran.get("affected") is not None:
            lines.append(f"{label}{ran['affected']} rows changed")
        elif ran.get("result"):
            lines.append(f"{label}{rows(ran['result'])}")
    if at(checks()[folder][0], "require") or at(checks()[folder][0], "forbid"):
        lines = [evidence["source"].strip()]
    return "\n".join(lines)


@cache
def records() -> Mapping[str, tuple[Row, tuple[Record, ...]]]:
    """By file of the golden folder of records: its row, made of the last two records, and its records.

    Each file begins with the name of its row; the last two records say the same, the first of them of what is right.
    """
    folder = JUDGE / "sqllogictest" / "modes"
    files = yaml.safe_load((folder / "check.yaml").read_text(encoding="utf-8"))["files"]
    runs = {run["path"]: run["records"] for run in json.loads((folder / "evidence.json").read_bytes())["files"]}
    cases = {case["id"]: case for case in json.loads((folder / "outcome.json").read_bytes())["cases"]}
    found = {}
    for path, text in files.items():
        asked = read(text.encode()).on("postgres")
        good, bad = (cases[f"{path}:{record.line}"] for record in asked[-2:])
        assert [good["outcome"]["status"], bad["outcome"]["status"]] == ["passed", "failed"], path
        name, *_ = text.splitlines()
        example = "\n".join(text.splitlines()[asked[-1].line - 1 :])
        passes, fails = map(_gave, runs[path][-2:])
        found[path] = (Row(name.removeprefix("# "), example, passes, fails, _told(bad)), asked)
    return found


def _gave(run: Piece) -> str:
    """What a record gave, in short."""
    if "error" in run:
        return f"error: {run['error']}"
    if "result" in run:
        more = "; and more" if run.get("truncated") else ""
        return rows(run["result"]) + more
    return f"{run['affected']} changed"


def cell(text: str) -> str:
    """Lines of code in a cell of a table."""
    lines = (line if len(line) <= MAX else f"{line[: MAX - 1]}…" for line in text.splitlines())
    return "<br>".join(f"`{line}`".replace("|", "\\|") for line in lines if line)


HEAD = """# What can be expected, and what is said where it does not hold

Made by `pytest tests/checks/test_expectations.py --update-golden` from golden cases in `tests/checks/judge`: each row
is an expectation that was judged twice, with an answer that it allows and with one that it does not. The last column is
what readers of a report see then. Rows come from the fields of the models, so that none is missing.
How to write expectations stands in [challenges](../challenges/README.md).
"""


def page() -> str:
    """The whole document."""
    parts = [HEAD]
    for group, (title, names) in GROUPS.items():
        parts.append(section(title, "Example", [step_row(group, name) for name in names]))
    title = "Comparison modes of kind `sql`"
    parts.append(section(title, "Example", [sql_row(place, value) for place, value in MODES]))
    words = "; ".join(f"`{name}`: {WORDS[name]}" for name in FEATURES)
    parts.append(f"Constructs for `require` and `forbid`: {words}.\n")
    parts.append(section("Records of kind `sqllogictest`", "Record", [row for row, _ in records().values()]))
    return "\n".join(parts)


def section(title: str, example: str, found: list[Row]) -> str:
    """A table with its title."""
    head = ("", example, "Passes", "Fails", "Message of what fails")
    lines = [f"## {title}\n", f"| {' | '.join(head)} |", "| --- | --- | --- | --- | --- |"]
    for row in found:
        cells = (f"`{row.name}`", cell(row.example), cell(row.passes), cell(row.fails), cell(row.message))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("group", "name"), STEPS)
def test_each_predicate_has_a_case_that_passes_and_one_that_fails(group: str, name: str) -> None:
    row = step_row(group, name)
    assert row.passes != row.fails
    assert row.message


@pytest.mark.parametrize(("place", "value"), MODES)
def test_each_mode_of_sql_has_a_case_that_passes_and_one_that_fails(place: str, value: object) -> None:
    assert sql_row(place, value).message


def test_a_mode_without_a_case_is_noticed() -> None:
    assert case("compare.order", "shuffled", "passed") is None
    with pytest.raises(AssertionError, match="no golden case of kind sql passes"):
        sql_row("compare.rounding", ...)


@pytest.mark.parametrize("path", records())
def test_each_kind_of_record_has_a_case_that_passes_and_one_that_fails(path: str) -> None:
    row, asked = records()[path]
    first, second = asked[-2:]
    assert row.passes != row.fails
    assert row.message
    # A label is about two questions.
    assert first.label is not None or (first.sql, first.expected) == (second.sql, second.expected)


def test_all_that_a_record_can_expect_has_a_row() -> None:
    asked = [one for _, found in records().values() for one in found]
    plain = Record(1, "")
    chosen = {"line", "sql", "conditions", "halt"}  # which ones run, and not what is expected of them
    expects = {field.name for field in fields_of(Record)} - chosen
    assert {name for name in expects for one in asked if getattr(one, name) != getattr(plain, name)} == expects
    assert {letter for one in asked for letter in one.types or ""} == set(LETTERS)
    assert {one.sort for one in asked} == set(SORTS)
    limits = set(SqlLogicTestSpec.model_fields) - {"dataset", "files", "scoring"}
    assert limits <= {row.name for row, _ in records().values()}


def test_every_construct_of_sql_has_words() -> None:
    assert set(WORDS) == set(FEATURES)


def test_the_document_is_not_stale(golden: Callable[[Path, str], None]) -> None:
    golden(PAGE, page())
