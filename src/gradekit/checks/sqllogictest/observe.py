"""Runs each file in a session of its own, on a fresh copy of the data set; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from gradekit.checks.base import Bench, Database
from gradekit.checks.compare.model import Column, Table
from gradekit.checks.sqllogictest.evidence import BUDGET, FileRun, Ran, SqlLogicTestEvidence
from gradekit.checks.sqllogictest.model import MAX_RECORDS, SqlLogicTestSpec
from gradekit.checks.sqllogictest.records import Record, read, slips
from gradekit.checks.tally import cut
from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.messages import SqlResult

LEAST: Final = 32 << 10
"""Bytes that each may have, however many there are."""
# Connection, resources, system, configuration, internal: what no record asks for.
_ENGINE_FAULTS: Final = ("08", "53", "57P", "58", "F0", "XX")


def observe(spec: SqlLogicTestSpec, bench: Bench) -> SqlLogicTestEvidence:
    """Run all records of all files; one that fails does not end its session.

    Raises:
        InfrastructureError: a file cannot be read, or the engine fails.
        Blocked: the engine fails, where the candidate's files made the tables.
    """
    engine = bench.engine(spec.dataset)
    scripts = {path: _records(path, bench.context.files, engine) for path in spec.paths(bench.context.files)}
    count = sum(map(len, scripts.values()))
    if not count or count > MAX_RECORDS:
        what = f"{count} records of its files run on {engine}"
        expected = f"1 to {MAX_RECORDS}"
        raise InfrastructureError(Problem(f"check {bench.context.check}", what, expected, "correct the challenge"))
    room = max(LEAST, BUDGET // count)
    runs = [_run(spec, bench.database(spec.dataset), path, records, room) for path, records in scripts.items()]
    return SqlLogicTestEvidence(engine=engine, files=tuple(runs))


def _records(path: str, files: Mapping[str, bytes], engine: str) -> Sequence[Record]:
    """The records that run.

    Raises:
        InfrastructureError: the file is wrong.
    """
    script = read(files[path])
    for flaw in slips(script):
        what = f"{flaw.what}; correct the challenge"
        raise InfrastructureError(Problem(f"{path}:{flaw.line}", what, flaw.expected, flaw.hint))
    return script.on(engine)


def _run(spec: SqlLogicTestSpec, database: Database, path: str, records: Sequence[Record], room: int) -> FileRun:
    results = database.query(
        [record.sql for record in records],
        role="owner",
        timeout=spec.timeout,
        max_rows=spec.max_rows,
        max_bytes=room,
        keep_going=True,
    )
    for record, result in zip(records, results, strict=False):
        # A row that is too large for what is kept is the query's own doing.
        if result.error is not None and not result.truncated and (result.sqlstate or "XX").startswith(_ENGINE_FAULTS):
            what = f"it could not be run: {result.error} ({result.sqlstate})"
            raise database.fault(f"{path}:{record.line}", what, server=True)
    if len(results) != len(records):
        raise InfrastructureError(Problem("database", f"{len(results)} results for {len(records)} statements"))
    return FileRun(path=path, records=tuple(map(_ran, records, results)))


def _ran(record: Record, result: SqlResult) -> Ran:
    told = Ran(
        line=record.line,
        sql=record.sql,
        truncated=result.truncated,
        affected=result.affected,
        error=None if result.error is None else cut(result.error),
        sqlstate=result.sqlstate,
    )
    if record.types is None or result.error is not None:
        return told
    columns = tuple(Column(name=column.name, type=column.type) for column in result.columns)
    return told.model_copy(update={"result": Table(columns=columns, rows=tuple(map(tuple, result.rows)))})
