"""Runs both queries, each in a copy of its own, and keeps what the engine tells of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gradekit.checks import statements
from gradekit.checks.base import Bench, Database
from gradekit.checks.plan.evidence import MAX_BYTES, MAX_DOCUMENT, MAX_MADE, Measured, PlanEvidence
from gradekit.checks.plan.model import Helping, PlanSpec
from gradekit.checks.sqlstates import engine_failed, is_no_sql
from gradekit.checks.tally import cut
from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.messages import SqlResult
from gradekit.texts import one_line

MAX_ROWS: Final = 100_000
MAX_STATEMENTS: Final = 50
"""In a file that is applied."""
_PATIENCE: Final = 50.0
"""The candidate's query has at least so many times what the reference took, so that no machine is too slow."""
_QUERIES: Final = frozenset({"select", "with", "values", "table"})
_STATUS: Final = "show session status like 'Handler\\_read%'"
_TABLES: Final = "select table_name from information_schema.tables where table_schema = database()"


@dataclass(frozen=True, slots=True)
class _Meter:
    """How an engine is asked: statements around a query, and which of their results tell of it."""

    script: tuple[str, ...]
    """``{}`` stands for the query."""
    kept: tuple[int, ...]
    timed: int
    """One run of the query."""


_METERS: Final = {
    # The first run fills the cache and sets the marks of rows that are seen by all.
    "postgres": _Meter(
        ("explain (analyze, buffers, format json) {}", "explain (analyze, buffers, timing off, format json) {}"),
        (1,),
        1,
    ),
    # Without join buffers every pair that a join looks at is read, and counted; a status table counts itself, too.
    "mariadb": _Meter(
        (
            "set session join_cache_level = 0",
            "{}",
            _STATUS,
            _STATUS,
            "{}",
            _STATUS,
            "explain format=json {}",
            "show warnings",
        ),
        (2, 3, 5, 6, 7),
        4,
    ),
    "sqlite": _Meter(
        (
            "{}",
            "select gradekit_steps()",
            "explain {}",
            "select name, tbl_name, rootpage from sqlite_schema where rootpage > 0",
            "explain query plan {}",
        ),
        (1, 2, 3, 4),
        0,
    ),
}


def observe(spec: PlanSpec, bench: Bench) -> PlanEvidence:
    """Measure the reference, then the candidate's query.

    Raises:
        InfrastructureError: when the reference fails and the candidate's files did not make the tables.
        Blocked: when they did, and it fails for a reason that no schema can cause.
    """
    engine = bench.engine(spec.dataset)
    source, flaw = _text(spec.file, bench)
    if source is None:
        return PlanEvidence(flaw=flaw, engine=engine)
    script = statements.split(source, engine)
    flaw = _no_query(spec.file, script, engine)
    applied: list[tuple[str, str]] = []
    for path in spec.apply if flaw is None else ():
        if path in bench.submission:
            text, flaw = _text(path, bench)
            found = statements.split(text or "", engine)
            flaw = flaw or _not_allowed(path, found, spec.apply_allow, engine)
            applied += ((path, statement) for statement in found)
        if flaw is not None:
            break
    if flaw is not None:
        return PlanEvidence(source=source, flaw=flaw, engine=engine)
    made = [one_line(statement) for _, statement in applied if _helping(statement, engine) == "create_index"]
    told = PlanEvidence(source=source, engine=engine, indexes=len(made), made=tuple(made[:MAX_MADE]))
    reference, ours = _reference(spec, bench, engine)
    if reference.error is not None:
        return told.model_copy(update={"reference": reference})
    limit = max(spec.timeout, _PATIENCE * ours)
    candidate = _measured(bench, spec, (spec.file, script[0]), applied, limit, theirs=True)
    return told.model_copy(update={"candidate": candidate, "reference": reference})


def _reference(spec: PlanSpec, bench: Bench, engine: str) -> tuple[Measured, float]:
    """The reference as it was measured, and the seconds of one run of it."""
    applied = [
        (path, statement) for path in spec.reference_apply for statement in statements.split(_ours(path, bench), engine)
    ]
    query = statements.split(_ours(spec.reference, bench), engine)
    if len(query) != 1:
        what = f"{len(query)} statements"
        raise InfrastructureError(Problem(spec.reference, what, "one query", "correct the challenge"))
    measured = _measured(bench, spec, (spec.reference, query[0]), applied, 3 * spec.timeout, theirs=False)
    if measured.error is not None:
        if any(is_no_sql(text, measured.sqlstate) for text in (query[0], *(statement for _, statement in applied))):
            what = f"the reference is no SQL: {measured.error}"
            raise InfrastructureError(Problem(measured.place, what, hint="correct the challenge"))
        database, of_engine = bench.database(spec.dataset), engine_failed(measured.sqlstate)
        if of_engine or not database.by_candidate:
            what = f"the reference failed: {measured.error} ({measured.sqlstate})"
            raise database.fault(f"{measured.place} on data set {spec.dataset}", what, server=of_engine)
    return measured, measured.seconds


def _measured(
    bench: Bench,
    spec: PlanSpec,
    query: tuple[str, str],
    applied: Sequence[tuple[str, str]],
    limit: float,
    *,
    theirs: bool,
) -> Measured:
    """Apply, count rows anew for the planner, and ask the engine about a query, all in a fresh copy."""
    database = bench.database(spec.dataset)
    for path, statement in applied:
        (result, *_) = database.query((statement,), role="owner", timeout=limit, theirs=theirs)
        if result.error is not None:
            return _stopped(result, path, limit)
    error = _analyse(database, limit)
    if error is not None:
        if not (theirs and applied):
            raise database.fault(f"data set {spec.dataset}", f"it cannot be analysed: {error.error}", server=True)
        return _stopped(error, applied[-1][0], limit)
    meter = _METERS[database.engine]
    path, text = query
    script = tuple(text if part == "{}" else part.replace("{}", text) for part in meter.script)
    results: list[SqlResult] = []
    begun = bench.now()
    results += database.query(script, role="reader", timeout=limit, read_only=True, max_rows=MAX_ROWS, theirs=theirs)
    seconds = (bench.now() - begun) / sum("{}" in part and "explain f" not in part for part in meter.script)
    last = results[-1] if results else SqlResult(error="no result")
    if last.error is not None:
        return _stopped(last, path, limit)
    if len(results) != len(script):
        raise InfrastructureError(Problem("database", f"{len(results)} results for {len(script)} statements"))
    if any(result.truncated for part, result in zip(meter.script, results, strict=True) if part == "{}"):
        return Measured(error="it gives more rows than can be read", place=path, limit=limit)
    documents = tuple(_document(results[place]) for place in meter.kept)
    if any(result.truncated for result in results) or sum(map(len, documents)) > MAX_DOCUMENT:
        return Measured(error="its plan is too large to be read", place=path, limit=limit)
    return Measured(documents=documents, seconds=seconds, place=path, limit=limit)


def _analyse(database: Database, limit: float) -> SqlResult | None:
    """Have the planner know the data; the result that failed."""
    if database.engine == "mariadb":
        (found, *_) = database.query((_TABLES,), role="owner", timeout=limit)
        if found.error is not None:
            return found
        names = [str(row[0]).replace("`", "``") for row in found.rows]
        script = tuple(f"analyze table `{name}`" for name in names)
    else:
        script = ("vacuum analyze",) if database.engine == statements.POSTGRES else ("analyze",)
    results = database.query(script, role="owner", timeout=limit) if script else ()
    return next((result for result in results if result.error is not None), None)


def _stopped(result: SqlResult, place: str, limit: float) -> Measured:
    return Measured(error=cut(result.error or ""), sqlstate=result.sqlstate, place=place, limit=limit)


def _document(result: SqlResult) -> str:
    """One cell as it is; rows of several as JSON."""
    if len(result.columns) == 1 and len(result.rows) == 1:
        return result.rows[0][0] or ""
    return json.dumps([list(row) for row in result.rows], ensure_ascii=False, separators=(",", ":"))


def _ours(path: str, bench: Bench) -> str:
    data = bench.context.files.get(path)
    if data is None:
        raise InfrastructureError(Problem(path, "the challenge has no such file", "the reference of a check"))
    return data.decode("utf-8-sig", "replace")


def _text(path: str, bench: Bench) -> tuple[str | None, str | None]:
    """A file of the submission, or what is wrong with it."""
    entry = bench.submission.get(path)
    if entry is None:
        return None, f"the submission has no file {path}"
    if len(entry.data) > MAX_BYTES:
        return None, f"{path} is larger than {MAX_BYTES >> 10} KiB"
    try:
        text = entry.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None, f"{path} is not UTF-8 text"
    return (None, f"{path} is not UTF-8 text") if "\0" in text else (text, None)


def _no_query(path: str, script: Sequence[str], engine: str) -> str | None:
    if len(script) != 1:
        return f"{path} holds {len(script)} statements, 1 expected" if script else f"{path} holds no SQL statement"
    word = statements.leading_word(script[0], engine)
    return None if word in _QUERIES else f"{path} is no query: it starts with {word.upper() or 'no word'}"


def _not_allowed(path: str, script: Sequence[str], allowed: Sequence[Helping], engine: str) -> str | None:
    if len(script) > MAX_STATEMENTS:
        return f"{path} holds more than {MAX_STATEMENTS} statements"
    for number, statement in enumerate(script, start=1):
        if _helping(statement, engine) not in allowed:
            words = " ".join(statements.leading_words(statement, 2, engine)).upper()
            return f"statement {number} of {path} ({words}) is not allowed here; only {', '.join(allowed)}"
    return None


def _helping(statement: str, engine: str) -> Helping | None:
    """What a statement does for queries; None when it may do anything else."""
    words = statements.leading_words(statement, 3, engine)
    if words[:2] == ("create", "index") or (words[:1] == ("create",) and words[1:] == ("unique", "index")):
        return "create_index"
    if words[:1] == ("analyze",) and (engine != "mariadb" or words[1:2] == ("table",)):
        return "analyze"
    return None
