"""The kind ``sessions``: what is run in which order, what is judged, and what an author may not write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from gradekit.checks.base import Context, Scope
from gradekit.checks.sessions import KIND
from gradekit.checks.sessions.evidence import SessionsEvidence
from gradekit.checks.sessions.model import SessionsSpec
from gradekit.errors import InfrastructureError
from gradekit.results import Judgement, Status
from gradekit.sandbox.messages import SqlColumn, SqlResult, StepResult
from gradekit.sandbox.plans import FileEntry
from tests.checks.bench import FakeBench

Steps = Sequence[tuple[str, Sequence[str]]]
CHECK = """
dataset: shop
sessions:
  a: [begin, {submission: take.sql}, commit]
  b: [begin, {submission: take.sql}, commit]
order: [a1, b1, a2, b2, a3, b3]
expect: {waits: [b2]}
after: [{sql: "select left_over from stock where id = ${id}", expect: {value: 1}}]
"""
TAKE = "update stock set left_over = left_over - 1 where id = 1;"
TITLE = f"b2 (take.sql: {TAKE})"
NEVER = "when nothing else was left to run; is a transaction left open?"
OTHER_KIND = "it failed by an error of another kind (SQLSTATE 22012)"
SAID = "the database said: it failed"
OTHER = f"a2 (take.sql: {TAKE})"
ONE = SqlResult(columns=(SqlColumn("left_over", "int4"),), rows=(("1",),))
OK = StepResult(at=1)
WAITED = StepResult(waited=True, at=1)


def spec(text: str = CHECK, **changes: Any) -> SessionsSpec:  # noqa: ANN401 - as YAML has it
    return SessionsSpec.model_validate({**yaml.safe_load(text), **changes})


def failing(sqlstate: str, *, waited: bool = False) -> StepResult:
    return StepResult(waited=waited, at=1, result=SqlResult(error="it failed", sqlstate=sqlstate))


def bench(*results: StepResult, take: str = TAKE, answer: SqlResult = ONE, **more: Any) -> FakeBench:  # noqa: ANN401
    found = results or (OK, OK, OK, WAITED, OK, OK)
    return FakeBench(
        context=Context("c", files={"q.sql": b"select 1", "s.sql": b"begin"}, variables={"id": 1}),
        submission={"take.sql": FileEntry("take.sql", take.encode())},
        answer=lambda _statement: answer,
        interleaving=lambda _steps: found,
        **more,
    )


def run(check: SessionsSpec, on: FakeBench) -> Judgement:
    evidence = KIND.observe(check, on)
    assert SessionsEvidence.model_validate_json(evidence.model_dump_json()) == evidence
    assert KIND.show(check, evidence) or evidence.flaw
    return KIND.judge(check, evidence, on.context)


def test_steps_run_in_their_order_and_the_database_is_asked_afterwards() -> None:
    asked: list[Steps] = []
    on = bench()

    def interleaving(steps: Steps) -> Sequence[StepResult]:
        asked.append(steps)
        return [OK, OK, OK, WAITED, OK, OK]

    on.interleaving = interleaving
    evidence = KIND.observe(spec(), on)
    take = (TAKE.removesuffix(";"),)
    assert [(name, tuple(script)) for name, script in asked[0]] == [
        ("a", ("begin",)),
        ("b", ("begin",)),
        ("a", take),
        ("b", take),
        ("a", ("commit",)),
        ("b", ("commit",)),
    ]
    assert on.interleaved == [(("a", "b", "a", "b", "a", "b"), 10.0, 60.0, True)]
    (query,) = on.queries
    assert (query.dataset, query.role, query.read_only) == ("shop", "owner", True)
    assert query.statements == ("select left_over from stock where id = '1'",)
    assert KIND.judge(spec(), evidence, on.context).outcome.status is Status.PASSED
    text, order = KIND.show(spec(), evidence)
    assert (text.title, text.text) == ("take.sql", TAKE)
    assert order.title == "a1 b1 a2 b2 a3 b3"
    assert order.text.splitlines()[3] == "b2: take.sql -- waited"


@pytest.mark.parametrize(
    ("results", "changes", "message"),
    [
        ([OK] * 6, {}, f"{TITLE}: it went on without waiting; expected: it waits for another session"),
        (
            [WAITED, OK, OK, WAITED, OK, OK],
            {},
            "a1 (begin): it waited for another session; expected: it goes on without waiting",
        ),
        (
            [OK, OK, OK, StepResult(waited=True, ended=False), OK, StepResult(begun=False, late=True, ended=False)],
            {},
            f"{TITLE} still waited for another session {NEVER}",
        ),
        (
            [OK, OK, OK, OK, OK, StepResult(begun=False, late=True, ended=False)],
            {"expect": {}},
            f"b3 (commit) could not begin: its session still waited {NEVER}",
        ),
        (
            [OK, OK, OK, OK, OK, StepResult(waited=True, ended=False)],
            {"expect": {"waits": ["b3"]}},
            f"b3 (commit) still waited for another session {NEVER}",
        ),
        (
            [OK, OK, OK, failing("40001", waited=True), OK, OK],
            {},
            f"{TITLE}: it failed by a serialization failure (SQLSTATE 40001); {SAID}; expected: no error",
        ),
        (
            [OK, OK, OK, failing("22012", waited=True), OK, OK],
            {"expect": {"errors": {"b2": ["none", "deadlock"]}}},
            f"{TITLE}: {OTHER_KIND}; {SAID}; expected: no error or a deadlock",
        ),
        (
            [OK] * 6,
            {"expect": {"errors": {"b3": "serialization"}}},
            "b3 (commit): no error; expected: a serialization failure",
        ),
        (
            [OK] * 6,
            {"expect": {"victim": "deadlock"}},
            "sessions that failed: none; expected: exactly one, by a deadlock",
        ),
        (
            [OK, OK, failing("40P01"), failing("40P01"), OK, OK],
            {"expect": {"victim": "deadlock"}},
            "sessions that failed: 2 of 2; expected: exactly one, by a deadlock",
        ),
        (
            [OK, OK, failing("23505"), OK, OK, OK],
            {"expect": {"victim": "deadlock"}},
            f"{OTHER}: it failed by a violated unique constraint (SQLSTATE 23505); {SAID}; expected: a deadlock",
        ),
        (
            [OK, OK, StepResult(at=1, result=SqlResult(affected=1)), WAITED, OK, OK],
            {"expect": {"results": {"a2": {"rows_affected": 2}}}},
            f"{OTHER}: rows affected: 1; expected: 2",
        ),
        (
            [OK, OK, failing("22012"), WAITED, OK, OK],
            {"expect": {"errors": {"a2": "any"}, "results": {"a2": {"rows_affected": 2}}}},
            f"{OTHER}: none, because it failed; {SAID}; expected: a result",
        ),
        (
            [OK, OK, StepResult(at=1, result=ONE), WAITED, OK, OK],
            {"expect": {"results": {"a2": {"value": "${gone}"}}}},
            None,
        ),
    ],
)
def test_what_is_wrong_is_told(results: Sequence[StepResult], changes: Mapping[str, Any], message: str | None) -> None:
    outcome = run(spec(**changes), bench(*results)).outcome
    if message is None:
        assert (outcome.status, outcome.message) == (
            Status.ERRORED,
            "the challenge uses ${gone}, which nothing gives a value; correct the challenge",
        )
        return
    assert outcome.status is Status.FAILED
    assert outcome.message == f"in the order a1 b1 a2 b2 a3 b3 (a1: step 1 of session a): {message}"


@pytest.mark.parametrize(
    ("results", "expect"),
    [
        ([OK, OK, OK, failing("40001", waited=True), OK, OK], {"errors": {"b2": "serialization"}}),
        ([OK, OK, OK, failing("40001"), OK, failing("25P02")], {"errors": {"b2": ["deadlock", "serialization"]}}),
        ([OK, OK, OK, failing("22012"), OK, OK], {"errors": {"b2": "any"}}),
        ([OK, OK, OK, OK, OK, OK], {"errors": {"b2": ["none", "any"]}}),
        ([OK, OK, failing("40P01"), OK, failing("25P02"), OK], {"victim": "deadlock"}),
        ([OK, OK, OK, OK, failing("40001"), OK], {"victim": "any"}),
        ([OK, OK, failing("23505"), failing("40P01"), OK, OK], {"victim": "deadlock", "errors": {"a2": "unique"}}),
        ([OK, OK, StepResult(at=1, result=ONE), OK, OK, OK], {"results": {"a2": {"value": 1}}}),
    ],
)
def test_what_is_right_passes(results: Sequence[StepResult], expect: Mapping[str, Any]) -> None:
    assert run(spec(expect=expect), bench(*results)).outcome.status is Status.PASSED


def test_a_question_that_is_no_sql_is_our_fault_whoever_made_the_tables() -> None:
    wrong = SqlResult(error="syntax error", sqlstate="42601")
    asked = spec(after=[{"sql": "selct left_over from stock", "expect": {"value": 1}}])
    with pytest.raises(InfrastructureError, match="after: selct left_over from stock: syntax error; SQL; correct"):
        KIND.observe(asked, bench(answer=wrong, by_candidate=True))


def test_a_question_that_does_not_fit_tables_of_the_challenge_is_our_fault() -> None:
    broken = SqlResult(error="no such column", sqlstate="42703")
    with pytest.raises(InfrastructureError, match=r"after on data set shop: select left_over .*: no such column"):
        KIND.observe(spec(), bench(answer=broken))
    assert run(spec(), bench(answer=broken, by_candidate=True)).outcome.status is Status.FAILED
    dropped = spec(allow=["select", "update", "ddl"])
    assert run(dropped, bench(answer=broken)).outcome.status is Status.FAILED


def test_the_state_afterwards_counts() -> None:
    wrong = SqlResult(columns=(SqlColumn("left_over", "int4"),), rows=(("2",),))
    outcome = run(spec(), bench(answer=wrong)).outcome
    assert outcome.message == (
        "in the order a1 b1 a2 b2 a3 b3 (a1: step 1 of session a): "
        "after: select left_over from stock where id = 1: left_over: 2; expected: 1"
    )
    files = spec(
        after=[{"name": "kept", "file": "q.sql", "expect": {"value": 1}}, {"sql": ";", "expect": {"value": 1}}]
    )
    assert "there is no statement" in str(run(files, bench()).cases[0].outcome)


def test_a_question_whose_names_have_no_value_any_more_is_told_as_it_is_written() -> None:
    evidence = KIND.observe(spec(), bench(answer=SqlResult(columns=ONE.columns, rows=(("2",),))))
    message = KIND.judge(spec(), evidence, Context("c")).outcome.message
    assert "after: select left_over from stock where id = ${id}: left_over: 2; expected: 1" in message


def test_the_statement_of_a_step_that_failed_is_told() -> None:
    second = StepResult(at=2, waited=True, result=SqlResult(error="it failed", sqlstate="40P01"))
    message = run(spec(), bench(OK, OK, OK, second, OK, OK)).outcome.message
    assert "it failed in its statement 2 by a deadlock (SQLSTATE 40P01); the database said: it failed" in message


def test_all_orders_are_run_each_on_a_fresh_copy() -> None:
    check = spec(
        sessions={"a": ["begin", {"submission": "take.sql"}], "b": [{"file": "s.sql"}, "select '$${x}'"]},
        order="all",
        expect={},
    )
    on = bench(OK, OK, OK, OK)
    evidence = KIND.observe(check, on)
    orders = [" ".join(ran.order) for ran in evidence.runs]
    assert orders == ["a1 a2 b1 b2", "a1 b1 a2 b2", "a1 b1 b2 a2", "b1 a1 a2 b2", "b1 a1 b2 a2", "b1 b2 a1 a2"]
    judgement = KIND.judge(check, evidence, on.context)
    assert [case.id for case in judgement.cases][:2] == ["a1-a2-b1-b2", "a1-b1-a2-b2"]
    assert judgement.outcome.status is Status.PASSED
    ours = spec(sessions={"a": ["select 1"], "b": ["select 2"]}, order=["a1", "b1"], expect={})
    run(ours, on)
    assert on.interleaved[-1][-1] is False


@pytest.mark.parametrize(
    ("take", "message"),
    [
        ("", "take.sql holds no SQL statement"),
        ("select 1; " * 11, "take.sql holds 11 statements; at most 10 are expected"),
        (
            "select 1; drop table stock",
            "statement 2 of take.sql starts with DROP; allowed: select, insert, update, delete",
        ),
        ("\0", "take.sql is not UTF-8 text"),
    ],
)
def test_what_the_candidate_may_not_hand_in(take: str, message: str) -> None:
    on = bench(take=take)
    assert run(spec(), on).outcome.message == message
    assert on.interleaved == []


def test_blocks_of_a_file_are_steps() -> None:
    step = {"submission": "take.sql", "block": "write"}
    check = spec(
        sessions={"a": [{"submission": "take.sql", "block": "read"}, step], "b": [step]}, order=["a1", "a2", "b1"]
    )
    asked: list[object] = []
    on = bench(take="-- name: read\nset transaction isolation level serializable; select 1;\n-- name: write\nupdate t;")

    def interleaving(steps: Steps) -> Sequence[StepResult]:
        asked.append(steps)
        return [OK, OK, WAITED]

    on.interleaving = interleaving
    KIND.observe(check, on)
    assert asked == [
        [
            ("a", ("set transaction isolation level serializable", "select 1")),
            ("a", ("update t",)),
            ("b", ("update t",)),
        ]
    ]
    missing = spec(sessions={"a": [{**step, "block": "x"}], "b": [step]}, order=["a1", "b1"])
    assert "take.sql has no block x" in run(missing, bench()).outcome.message
    absent = spec(sessions={"a": [{"submission": "no.sql"}], "b": [step]}, order=["a1", "b1"])
    assert run(absent, bench()).outcome.message == "the submission has no file no.sql"


def test_evidence_that_is_not_whole_is_our_fault() -> None:
    evidence = KIND.observe(spec(), bench())
    for broken in (
        SessionsEvidence(),
        evidence.model_copy(update={"runs": (evidence.runs[0].model_copy(update={"after": ()}),)}),
    ):
        outcome = KIND.judge(spec(), broken, Context("c")).outcome
        assert (outcome.status, "grade the submission again" in outcome.message) == (Status.ERRORED, True)


def test_a_transcript_tells_every_step() -> None:
    results = [
        StepResult(late=True, at=1),
        StepResult(at=1, result=ONE),
        failing("40P01"),
        StepResult(waited=True, ended=False),
        StepResult(at=1, result=SqlResult(affected=3)),
        StepResult(begun=False, late=True, ended=False),
    ]
    text = KIND.show(spec(), KIND.observe(spec(), bench(*results)))[1].text
    for line in (
        "a1: begin -- began later\n",
        "    statement 1: it failed (40P01)",
        "b2: take.sql -- waited until all was over",
        "    rows changed: 3",
        "b3: commit -- not begun",
        "    (left_over int4)",
    ):
        assert line in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sessions": {"a": ["begin"]}}, "at least 2 items"),
        ({"sessions": {name: ["begin"] for name in "abcdef"}}, "at most 5 sessions"),
        ({"sessions": {"a": ["begin"] * 26, "b": ["begin"] * 25}}, "with 50 steps in all"),
        ({"sessions": {"A": ["begin"], "b": ["begin"]}}, "no name of a session"),
        ({"sessions": {"a": [], "b": ["begin"]}}, "at least 1 item"),
        ({"sessions": {"a": [{"block": "x"}], "b": ["begin"]}}, "exactly one of submission, file"),
        ({"expect": {"errors": {"a1": "phantom"}}}, "Input should be"),
        ({"expect": {"errors": {"a1": []}}}, "at least 1 item"),
        ({"timeout": "2m"}, "less than or equal to 60"),
    ],
)
def test_what_the_models_refuse(changes: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(**changes)


def scope(engine: str = "postgres") -> Scope:
    return Scope({"q.sql": b"select 1", "s.sql": b"begin"}, {"id": 1}, ["shop"], engines={"shop": engine})


def told(check: SessionsSpec, engine: str = "postgres") -> Sequence[tuple[object, str]]:
    return [(complaint.loc, complaint.what) for complaint in KIND.lint(check, scope(engine))]


def test_lint_of_what_is_right() -> None:
    assert told(spec()) == []
    assert told(spec(), "mariadb") == []
    assert list(KIND.paths(spec())) == []
    files = spec(
        sessions={"a": [{"file": "s.sql"}], "b": ["begin"]},
        order="all",
        expect={},
        after=[{"file": "q.sql", "expect": {"value": 1}}],
    )
    assert told(files) == []
    assert list(KIND.paths(files)) == [(("sessions", "a", 0, "file"), "s.sql"), (("after", 0, "file"), "q.sql")]


def test_lint_of_what_is_wrong() -> None:
    assert told(spec(dataset="nothing"))[0][0] == ("dataset",)
    assert told(spec(), "sqlite") == [(("dataset",), "sqlite has one writer at a time; sessions need a server")]
    steps = spec(
        sessions={"a": ["-- nothing", "select ${gone}"], "b": [{"file": "s.sql", "block": "x"}]},
        order=["a2", "c1", "b1", "b1"],
        expect={
            "waits": ["a9"],
            "errors": {"c1": "any"},
            "victim": "none",
            "results": {"b7": {"value": 1}, "a1": {"value": "${no}"}, "a2": {"reply": 1}},
        },
        after=[{"nosql": {"keys": "x"}, "expect": {"count": 1}}, {"sql": "select ${who}", "expect": {"value": 1}}],
    )
    assert told(steps) == [
        (("sessions", "a", 0), "there is no statement"),
        (("sessions", "a", 1), "${gone} is not known here"),
        (("sessions", "b", 0, "block"), "only files of the submission are taken in parts"),
        (("order", 0), '"a2" is not the next step of session a'),
        (("order", 1), '"c1" is not a step'),
        (("order", 3), '"b1" is not the next step of session b'),
        (("order",), "a1 is missing"),
        (("expect", "waits", 0), '"a9" is not a step'),
        (("expect", "errors", "c1"), '"c1" is not a step'),
        (("expect", "results", "b7"), '"b7" is not a step'),
        (("expect", "victim"), "none is no error"),
        (("expect", "results", "a1", "value"), "${no} is not known here"),
        (("expect", "results", "a2"), "SQL is answered with value, rows or rows_affected"),
        (("after", 0, "nosql"), "the data set is asked in SQL"),
        (("after", 1, "sql"), "${who} is not known here"),
    ]
    many = spec(sessions={"a": ["begin"] * 3, "b": ["begin"] * 4}, order="all", expect={"waits": []})
    assert told(many) == [
        (("order",), "there are 35 orders, more than 20"),
        (("expect", "waits"), "which steps wait is another matter in each order"),
    ]
    assert told(spec(after=[], expect={})) == [((), "nothing is expected but that no step fails")]
