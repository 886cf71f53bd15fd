"""Runs the candidate's file and the reference on fresh copies; decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradekit.checks import statements
from gradekit.checks.base import Bench, Database, Role
from gradekit.checks.compare.model import Column, Table
from gradekit.checks.sql.evidence import DatasetRun, Ran, SqlEvidence
from gradekit.checks.sql.model import SqlSpec, bad_count, references
from gradekit.checks.sqlstates import engine_failed, is_no_sql
from gradekit.checks.submitted import Flaw, Flawed, source
from gradekit.checks.tally import cut
from gradekit.errors import InfrastructureError, Problem


def observe(spec: SqlSpec, bench: Bench) -> SqlEvidence:
    """Run the candidate's file and the reference on fresh copies of each data set.

    Raises:
        InfrastructureError: when the reference fails and the candidate's files did not make the tables.
        Blocked: when they did, and it fails for a reason that no schema can cause.
    """
    text, flaw = _source(spec, bench)
    if text is None:
        return SqlEvidence(flaw=flaw)
    engine = _engine(spec, bench)
    script = statements.split(text, engine)
    if bad_count(spec, script):
        return SqlEvidence(source=text, engine=engine)
    return SqlEvidence(source=text, engine=engine, runs=tuple(_runs(spec, bench, script)))


def _source(spec: SqlSpec, bench: Bench) -> tuple[str | None, Flaw | None]:
    """The candidate's text, or what is wrong with it."""
    try:
        return source(bench.submission, spec.file, spec.block), None
    except Flawed as error:
        return None, error.flaw


def _engine(spec: SqlSpec, bench: Bench) -> str:
    """The engine of all data sets.

    Raises:
        InfrastructureError: they have different ones, so no text is right for all.
    """
    engines = sorted({bench.engine(name) for name in spec.names()})
    if len(engines) > 1:
        what = f"its data sets are on different engines: {', '.join(engines)}"
        hint = "make an edition of the challenge for each engine"
        raise InfrastructureError(Problem(f"check {bench.context.check}", what, "one engine", hint))
    return engines[0]


def _reference(spec: SqlSpec, bench: Bench) -> tuple[str, ...]:
    """The reference's statements; none when the spec writes the right rows itself."""
    for _, path in references(spec):
        data = bench.context.files.get(path)
        if data is None:
            raise InfrastructureError(Problem(path, "the challenge has no such file", "the reference of a check"))
        return statements.split(data.decode("utf-8-sig", "replace"), _engine(spec, bench))
    return ()


def _runs(spec: SqlSpec, bench: Bench, script: Sequence[str]) -> Iterator[DatasetRun]:
    """All references first, so that the candidate's statements can neither reach them nor use up their time.

    Each side in a copy of its own: a view in the place of a table can keep what a reference asked.
    """
    reference = _reference(spec, bench)
    databases = {name: bench.database(name) for name in spec.names()}
    rights = {name: _right(spec, name, database, reference) for name, database in databases.items()}
    for name, database in databases.items():
        copy = bench.database(name) if reference else database
        yield DatasetRun(dataset=name, candidate=_execute(spec, copy, script, theirs=True), reference=rights[name])


def _right(spec: SqlSpec, dataset: str, database: Database, reference: Sequence[str]) -> Ran | None:
    """The reference's result, or an error that the candidate's schema may have caused."""
    if not reference:
        return None
    ran = _execute(spec, database, reference)
    where = f"{next(references(spec))[1]} on data set {dataset}"
    if _engine_failed(ran):
        # A loaded machine must not cost a candidate anything: the second try has three times as long.
        ran = _execute(spec.model_copy(update={"timeout": 3 * spec.timeout}), database, reference)
    if any(is_no_sql(statement, ran.sqlstate) for statement in reference):
        raise InfrastructureError(Problem(where, f"the reference is no SQL: {ran.error}", hint="correct the challenge"))
    if ran.error is not None and (_engine_failed(ran) or not database.by_candidate):
        raise database.fault(where, f"the reference failed: {ran.error} ({ran.sqlstate})", server=_engine_failed(ran))
    if ran.truncated:
        raise database.fault(where, f"the reference gives more than {spec.max_rows} rows")
    return ran


def _engine_failed(ran: Ran) -> bool:
    return ran.error is not None and engine_failed(ran.sqlstate)


def _execute(spec: SqlSpec, database: Database, script: Sequence[str], *, theirs: bool = False) -> Ran:
    """Run statements, and the query for the state after them when the spec has one."""
    ran = _query(spec, database, script, read_only=spec.reads(), theirs=theirs)
    if ran.error is None and spec.expect.state is not None:
        after = _query(spec, database, (spec.expect.state.query,), read_only=True)
        return after.model_copy(update={"at": 0})
    return ran


def _query(spec: SqlSpec, database: Database, script: Sequence[str], *, read_only: bool, theirs: bool = False) -> Ran:
    role: Role = "reader" if spec.reads() else "owner"
    results = database.query(
        script, role=role, timeout=spec.timeout, read_only=read_only, max_rows=spec.max_rows, theirs=theirs
    )
    last = results[-1] if results else None
    if last is not None and last.error is not None:
        return Ran(error=cut(last.error), sqlstate=last.sqlstate, at=len(results))
    if last is None or len(results) != len(script):
        raise InfrastructureError(Problem("database", f"{len(results)} results for {len(script)} statements"))
    columns = tuple(Column(name=column.name, type=column.type) for column in last.columns)
    table = Table(columns=columns, rows=tuple(map(tuple, last.rows)))
    return Ran(result=table, truncated=last.truncated, affected=last.affected)
