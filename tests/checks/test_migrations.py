"""The kind ``migrations``: what runs, in which order, and what is looked at after each run."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gradekit.checks.base import Context, Scope
from gradekit.checks.catalogue import CATALOGUES
from gradekit.checks.migrations import KIND
from gradekit.checks.migrations.evidence import Answer, MigrationsEvidence, Step
from gradekit.checks.migrations.model import MigrationsSpec
from gradekit.checks.migrations.words import worded
from gradekit.errors import Blocked, InfrastructureError
from gradekit.results import Status
from gradekit.sandbox.messages import SqlColumn, SqlResult
from gradekit.sandbox.plans import FileEntry
from tests.checks.bench import FakeBench, FakeDatabase

KEEPS = [
    {"name": "all", "query": "select all"},
    {"name": "old", "query": "select old", "through": "down"},
    {"name": "new", "query": "select new", "through": "up"},
]
ROW = SqlResult(columns=(SqlColumn("n", "int4"),), rows=(("1",),))


def spec_of(**changes: object) -> MigrationsSpec:
    return MigrationsSpec.model_validate({"dataset": "old", "up": ["up/*.sql"], **changes})


def bench_of(files: dict[str, bytes] | None = None, **answers: SqlResult) -> FakeBench:
    files = files or {
        "up/2.sql": b"two",
        "up/1.sql": b"one; one more",
        "down/1.sql": b"undo 1",
        "down/2.sql": b"undo 2",
    }
    known = {name.replace("_", " "): result for name, result in answers.items()}
    columns = SqlResult(rows=(("public", "t", "b", "int4", "t"), ("public", "t", None, "a\nb", "f")))

    def answer(statement: str) -> SqlResult:
        if statement in CATALOGUES["postgres"]:
            return columns if "format_type" in statement else SqlResult()
        return known.get(statement, ROW if statement.startswith("select") else SqlResult())

    return FakeBench(submission={path: FileEntry(path, data) for path, data in files.items()}, answer=answer)


def ran(bench: FakeBench) -> list[tuple[str, ...]]:
    return [query.statements for query in bench.queries if query.statements != CATALOGUES["postgres"]]


def test_up_twice_down_and_up_again_on_one_copy() -> None:
    bench = bench_of({"up/2.sql": b"two", "up/1.sql": b"one; one more", "up/deep/3.sql": b"x", "up/empty.sql": b"", "down/1.sql": b"undo 1", "down/2.sql": b"undo 2"})  # fmt: skip  # noqa: E501
    evidence = KIND.observe(spec_of(down=["down/*.sql"], idempotent=True, keeps=KEEPS), bench)
    up, down = [("one", "one more"), ("two",)], [("undo 2",), ("undo 1",)]
    every, old, new = ("select all",), ("select old",), ("select new",)
    assert ran(bench) == [every, old, new, *up, every, new, *up, every, new, *down, every, old, *up, every, new]
    assert [step.name for step in evidence.steps] == ["before", "up", "up twice", "down", "up again"]
    assert evidence.steps[0].schema_lines == ("column public t - a\\nb f", "column public t b int4 t")
    assert evidence.steps[3].kept.keys() == {"all", "old"}
    assert {query.read_only for query in bench.queries if query.statements == every} == {True}


def test_runs_end_at_the_first_that_fails() -> None:
    bench = bench_of(one_more=SqlResult(error="no such table", sqlstate="42P01"))
    evidence = KIND.observe(spec_of(down=["down/*.sql"]), bench)
    last = evidence.steps[-1]
    assert (last.name, last.place, last.at, last.error) == ("up", "up/1.sql", 2, "no such table")
    assert ran(bench) == [("one", "one more")]


def test_answers_that_cannot_be_had() -> None:
    bench = bench_of()
    known = bench.answer
    after = iter([ROW, ROW, SqlResult(error="gone"), SqlResult(truncated=True)])
    bench.answer = lambda statement: next(after) if statement in {"select all", "select new"} else known(statement)
    first, then = KIND.observe(spec_of(keeps=[KEEPS[0], KEEPS[2]]), bench).steps
    assert {answer.error for answer in first.kept.values()} == {None}
    assert (then.kept["all"].error, then.kept["new"].error) == ("gone", "more than 10000 rows")


def test_a_query_that_fails_before_anything_ran_is_ours() -> None:
    bench = bench_of(select_all=SqlResult(error="no such column"))
    with pytest.raises(InfrastructureError, match=r'keeps "all".*the query fails on the data set as it is: no such'):
        KIND.observe(spec_of(keeps=KEEPS), bench)
    bench.by_candidate = True
    with pytest.raises(Blocked):
        KIND.observe(spec_of(keeps=KEEPS), bench)


@pytest.mark.parametrize(
    ("files", "flaw"),
    [
        ({"other.sql": b"x"}, "no file of the submission matches up/*.sql"),
        ({"up/1.sql": b"x"}, "no file of the submission matches down/1.sql"),
        ({"up/1.sql": b"\xff"}, "up/1.sql is not UTF-8 text"),
        ({"up/1.sql": b"a\0"}, "up/1.sql is not UTF-8 text"),
        ({"up/1.sql": b"-" * 600_000, "up/2.sql": b"-" * 600_000}, "the files of up/*.sql are larger than 1024 KiB"),
        ({"up/1.sql": b"x;" * 1001}, "the files hold more than 1000 statements"),
    ],
)
def test_what_is_not_run(files: dict[str, bytes], flaw: str) -> None:
    bench = bench_of(files)
    assert KIND.observe(spec_of(down=["down/1.sql"]), bench).flaw == flaw
    assert not bench.queries


@pytest.mark.parametrize("lost", [True, False])
def test_a_catalogue_that_cannot_be_read(lost: bool) -> None:
    class Broken(FakeBench):
        def database(self, dataset: str) -> FakeDatabase:
            found = super().database(dataset)
            result = SqlResult(error="server gone", sqlstate="57P01")
            found.query = lambda *_, **__: [] if lost else [SqlResult()] * 3 + [result]  # type: ignore[method-assign]
            return found

    bench = Broken(submission={"up/1.sql": FileEntry("up/1.sql", b"x")})
    with pytest.raises(InfrastructureError, match="the catalogue cannot be read"):
        KIND.observe(spec_of(), bench)
    bench.by_candidate = True
    with pytest.raises(Blocked):
        KIND.observe(spec_of(), bench)


def test_show() -> None:
    steps = (
        Step(name="before", schema_lines=("a", "b"), kept={"x": Answer()}),
        Step(name="up", place="1.sql", at=3, error="no"),
        Step(name="down"),
    )
    shown = KIND.show(spec_of(), MigrationsEvidence(steps=steps))
    assert [(exhibit.title, exhibit.text) for exhibit in shown] == [
        ("before", "a\nb"),
        ("up", "1.sql, statement 3: no"),
        ("down", "no tables"),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("column public t b character varying(9) t", "public.t.b character varying(9), not null"),
        ("column public t - - -", "table public.t"),
        ('constraint public t - p ["a", "b"] - - - -', "primary key on public.t (a, b)"),
        ('constraint public t k f ["a"] public u ["b"] -', "foreign key k on public.t (a) to public.u (b)"),
        ("constraint public t k c - - - - (a > 0)", "check k on public.t: (a > 0)"),
        ('index public t i f t ["a"]', "partial index i on public.t (a)"),
        ("index public t i t f [a]", "unique index i on public.t [a]"),
        ("index public t i\u2026", "index public t i\u2026"),
    ],
)
def test_facts_in_words(line: str, words: str) -> None:
    assert worded(line) == words


def test_what_the_evidence_leaves_open_is_no_zero() -> None:
    rows = Answer(rows={"rows": []})  # type: ignore[arg-type]
    before = Step(name="before", kept={"all": rows})
    up = Step(name="up", schema_lines=("a",), kept={"all": rows})
    spec = spec_of(down=["d.sql"], keeps=KEEPS[:1])

    def told(*steps: Step) -> list[str]:
        judgement = KIND.judge(spec, MigrationsEvidence(steps=steps), Context("c"))
        assert judgement.outcome.status is Status.ERRORED
        return [case.id for case in judgement.cases if case.outcome.status is Status.ERRORED]

    assert told(before, up) == ["down", "down: all", "up again", "up again: all"]
    assert told(before, up.model_copy(update={"name": "up again"})) == [
        "up",
        "up: all",
        "down",
        "down: all",
        "up again",
    ]
    assert told(Step(name="before"), up) == []


def test_lint() -> None:
    wrong = spec_of(
        keeps=[{"name": "a", "query": "select 1; select 2"}, {"name": "b", "query": "select 1", "through": "down"}]
    )
    assert [(complaint.loc, complaint.what) for complaint in KIND.lint(wrong, Scope({}, {}, datasets=("new",)))] == [
        (("dataset",), 'no data set "old"'),
        (("keeps", 0, "query"), "not exactly one statement"),
        (("keeps", 1, "through"), "there is no way back"),
    ]
    right = spec_of(down=["d.sql"], keeps=KEEPS)
    assert not list(KIND.lint(right, Scope({}, {}, datasets=("old",), engines={"old": "sqlite"})))
    assert KIND.tier(right).value == "black-box"


def test_names_of_kept_data_are_different() -> None:
    twice: list[dict[str, Any]] = [{"name": "a", "query": "select 1"}] * 2
    with pytest.raises(ValidationError, match="the same name"):
        spec_of(keeps=twice)
