"""Runs every order on a fresh copy; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradekit.checks import statements
from gradekit.checks.base import Bench, Database
from gradekit.checks.http.evidence import Answered, Answers
from gradekit.checks.http.observe import MAX_ROWS, SQL_TIMEOUT, literal
from gradekit.checks.sessions.evidence import Ran, Run, SessionsEvidence
from gradekit.checks.sessions.model import SessionsSpec, Submitted, session_of
from gradekit.checks.sqlstates import engine_failed, is_no_sql
from gradekit.checks.submitted import Flawed, disallowed, source
from gradekit.checks.template import fill_text
from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.messages import StepResult

_BESIDES = frozenset({"set", "lock"})
"""What transactions need: their isolation, variables of a session, locks of tables."""
TOTAL = 60.0
"""Seconds for one order."""


def observe(spec: SessionsSpec, bench: Bench) -> SessionsEvidence:
    """Read what the submission's steps are, and run all orders.

    Raises:
        Blocked, InfrastructureError: the data set does not load, by whose fault; the server does not work.
    """
    engine = bench.engine(spec.dataset)
    try:
        sources = {
            name: source(bench.submission, step.submission, step.block)
            for name, step in spec.steps.items()
            if isinstance(step, Submitted) and step.submission is not None
        }
        scripts = {name: _script(spec, bench, name, sources, engine) for name in spec.steps}
    except Flawed as flaw:
        return SessionsEvidence(flaw=str(flaw))
    runs = [_run(spec, bench, order, scripts, theirs=bool(sources)) for order in spec.orders()]
    return SessionsEvidence(sources=sources, runs=tuple(runs))


def _script(spec: SessionsSpec, bench: Bench, name: str, sources: Mapping[str, str], engine: str) -> tuple[str, ...]:
    """The statements of a step.

    Raises:
        Flawed: the candidate's are none that may run.
    """
    step = spec.steps[name]
    if isinstance(step, str):
        return statements.split(fill_text(step, bench.context.variables, lambda text: literal(text, engine)), engine)
    if step.submission is None:
        return statements.split(bench.context.files[step.file or ""].decode("utf-8-sig"), engine)
    script = statements.split(sources[name], engine)
    if not script:
        raise Flawed(f"{step.text} holds no SQL statement")
    if len(script) > spec.max_statements:
        raise Flawed(f"{step.text} holds {len(script)} statements; at most {spec.max_statements} are expected")
    wrong = disallowed(script, spec.allow, engine, besides=_BESIDES)
    if wrong:
        raise Flawed(wrong.format(file=step.text))
    return script


def _run(
    spec: SessionsSpec, bench: Bench, order: Sequence[str], scripts: Mapping[str, Sequence[str]], *, theirs: bool
) -> Run:
    database = bench.database(spec.dataset)
    steps = [(session_of(name), scripts[name]) for name in order]
    results = database.interleave(steps, timeout=spec.timeout, total=TOTAL, theirs=theirs)
    ran = tuple(_ran(name, result) for name, result in zip(order, results, strict=False))
    return Run(steps=ran, after=_asked(spec, bench, database))


def _ran(name: str, result: StepResult) -> Ran:
    return Ran(
        step=name,
        begun=result.begun,
        late=result.late,
        waited=result.waited,
        ended=result.ended,
        at=result.at,
        answered=Answered.of(result.result),
        sqlstate=result.result.sqlstate,
    )


def _asked(spec: SessionsSpec, bench: Bench, database: Database) -> Answers:
    answers: list[Answered] = []
    for question in spec.after:
        if question.file is not None:
            text = bench.context.files[question.file].decode("utf-8-sig")
        else:
            text = fill_text(question.sql or "", bench.context.variables, lambda text: literal(text, database.engine))
        script = statements.split(text, database.engine)
        results = database.query(script, role="owner", timeout=SQL_TIMEOUT, read_only=True, max_rows=MAX_ROWS)
        if results and is_no_sql(script[len(results) - 1], results[-1].sqlstate):
            what = f"{script[len(results) - 1]}: {results[-1].error}"
            raise InfrastructureError(Problem("after", what, "SQL", "correct the challenge"))
        if results and results[-1].error is not None and not (database.by_candidate or "ddl" in spec.allow):
            error, sqlstate = results[-1].error, results[-1].sqlstate
            place, what = f"after on data set {spec.dataset}", f"{script[-1]}: {error} ({sqlstate})"
            raise database.fault(place, what, server=engine_failed(sqlstate))
        answers.append(Answered.of(results[-1]) if results else Answered(error="there is no statement"))
    return tuple(answers)
