"""The kind ``sql``: a candidate's query or statements on data sets, compared with a reference's result."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from gradekit.checks import statements
from gradekit.checks.base import MAX_RESULT, Bench, Complaint, Context, Database, Kind, Role, Scope
from gradekit.checks.compare import (
    Column,
    Compare,
    Difference,
    Literals,
    Names,
    Table,
    beside,
    compare,
    compare_literals,
    counted,
    render,
    unknown_keys,
)
from gradekit.checks.complaints import not_text, unknown_dataset
from gradekit.checks.features import WORDS, Feature, used
from gradekit.checks.oracle import Changes, Oracle, Part, Place, changed_table, replaced
from gradekit.checks.sqlstates import engine_failed
from gradekit.checks.submitted import FLAWS, Flaw, Flawed, StatementClass, disallowed, source, unfit
from gradekit.checks.tally import cut, errored, failed, passed, tally
from gradekit.errors import InfrastructureError, Problem
from gradekit.model import Duration, Loc, Model, RelativePath, tuple_of
from gradekit.results import CaseResult, Exhibit, Judgement, Outcome, Status, Tier

SHOWN_ROWS = 20

_TIMED_OUT: Final = "57014"
_FORM: Final = "how it is written"
_CHANGING: Final = frozenset({"insert", "update", "delete", "replace"})


class State(Model):
    """What the statements must leave behind: the result of a query after them."""

    query: str = Field(min_length=1, description="One query, run as the owner after the statements.")
    reference: RelativePath = Field(description="The challenge's statements that leave the right state.")


class SqlExpect(Model):
    """The right result: exactly one of the fields."""

    reference: RelativePath | None = Field(None, description="A file of the challenge whose result is the right one.")
    rows: Annotated[tuple[Literals, ...] | None, BeforeValidator(tuple_of)] = Field(
        None, description="The right rows, in the order of the columns."
    )
    csv: RelativePath | None = Field(
        None, description="A CSV file of the challenge: names of the columns, then the right rows; \\N is NULL."
    )
    value: int | float | str | bool | None = Field(None, description="The one value of the result.")
    rows_affected: int | None = Field(None, ge=0, description="Rows that the last statement changes.")
    state: State | None = Field(None, description="The right state of the data after the statements.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of reference, rows, csv, value, rows_affected and state")
        return self


class SqlSpec(Model):
    """A candidate's SQL file and what it must give on each data set."""

    file: RelativePath = Field(description="A file of the submission.")
    block: str | None = Field(
        None,
        pattern=r"^[\w-]+$",
        description="A part of the file: from the line `-- name: BLOCK` up to the next such line.",
    )
    dataset: str | None = Field(None, description="The data set; `datasets` takes its place.")
    datasets: Annotated[Names, Field(min_length=1)] | None = Field(None, description="Data sets, a case each.")
    expect: SqlExpect = Field(description="The right result.")
    compare: Compare = Field(Compare(), description="How results are compared.")
    allow: Annotated[tuple[StatementClass, ...], BeforeValidator(tuple_of), Field(min_length=1)] = Field(
        ("select",), description="Kinds of statements; with select alone they run read-only, as a role that may read."
    )
    require: Annotated[tuple[Feature, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Constructs that the text must use; one more case."
    )
    forbid: Annotated[tuple[Feature, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Constructs that it must not use; one more case."
    )
    max_statements: int = Field(1, ge=1, le=1000, description="Statements that the file may hold.")
    timeout: Duration = Field(5.0, description="For each statement.")
    max_rows: int = Field(100_000, ge=1, le=1_000_000, description="Rows that a result may have.")
    scoring: Literal["per_dataset", "all_or_nothing"] = Field(
        "all_or_nothing", description="A share for each data set, or everything for all."
    )

    def names(self) -> tuple[str, ...]:
        """The data sets."""
        return self.datasets or (() if self.dataset is None else (self.dataset,))

    def reads(self) -> bool:
        """Whether the statements may only read."""
        return set(self.allow) == {"select"} and self.expect.state is None and self.expect.rows_affected is None


class Ran(Model):
    """What statements gave: the last result, or the error that stopped them."""

    result: Table | None = None
    truncated: bool = False
    affected: int | None = None
    """Rows that the last statement changed."""
    error: str | None = None
    sqlstate: str | None = None
    at: int = 0
    """Number of the statement that failed, from 1; 0 is the query for the state."""


class DatasetRun(Model):
    """One data set; ``reference`` is None when the spec writes the right rows itself."""

    dataset: str
    candidate: Ran
    reference: Ran | None = None


class SqlEvidence(Model):
    """The candidate's text and what happened; without runs when the text could not be run."""

    source: str | None = None
    flaw: Flaw | None = None
    engine: str = statements.POSTGRES
    """Whose rules cut the text into statements."""
    runs: Annotated[tuple[DatasetRun, ...], BeforeValidator(tuple_of)] = ()


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
    if _bad_count(spec, script):
        return SqlEvidence(source=text, engine=engine)
    return SqlEvidence(source=text, engine=engine, runs=tuple(_runs(spec, bench, script)))


def judge(spec: SqlSpec, evidence: SqlEvidence, context: Context) -> Judgement:
    """Compare the results of each data set; the order of rows is that of the reference in ``context``."""
    wrong = _flaw(spec, evidence)
    if wrong is not None:
        cases = [failed(_title(name), name, wrong) for name in spec.names()]
        return Judgement(outcome=Outcome(status=Status.FAILED, message=wrong), cases=tuple(cases))
    runs = {run.dataset: run for run in evidence.runs}
    absent = [name for name in spec.names() if name not in runs]
    if absent:
        return errored(f"the evidence has nothing about the data set {absent[0]}; grade the submission again")
    cases = []
    for name in spec.names():
        case = _case(spec, runs[name], evidence, context)
        if isinstance(case, str):
            return errored(case)
        cases.append(case)
    if spec.require or spec.forbid:
        cases.append(_form(spec, evidence))
    return tally(
        cases,
        noun="cases" if spec.require or spec.forbid else "data sets",
        all_or_nothing=spec.scoring == "all_or_nothing",
    )


def show(spec: SqlSpec, evidence: SqlEvidence) -> tuple[Exhibit, ...]:
    """The candidate's text and the first rows of the results."""
    exhibits = [] if evidence.source is None else [Exhibit(title=spec.file, text=evidence.source)]
    for run in evidence.runs:
        exhibits.append(Exhibit(title=f"{_title(run.dataset)}: result", text=_shown(run.candidate)))
        if run.reference is not None:
            exhibits.append(
                Exhibit(title=f"{_title(run.dataset)}: result of the reference", text=_shown(run.reference))
            )
    return tuple(exhibits)


def lint(spec: SqlSpec, scope: Scope) -> Iterator[Complaint]:
    """Unknown data sets, references without a statement, and options that contradict each other."""
    if not spec.names():
        yield Complaint(("datasets",), "no data set", hint="give `dataset: NAME`, or `datasets:` with a list of names")
    elif spec.datasets is None:
        for name in spec.names():
            yield from unknown_dataset(("dataset",), name, scope)
    else:
        for index, name in enumerate(spec.datasets):
            yield from unknown_dataset(("datasets", index), name, scope)
            if name in spec.datasets[:index]:
                yield Complaint(("datasets", index), f'"{name}" is listed twice', hint="remove one")
    engine = scope.engines.get(next(iter(spec.names()), ""), statements.POSTGRES)
    for loc, path in references(spec):
        flaws = tuple(not_text(loc, path, scope))
        yield from flaws
        text = "" if flaws else scope.files.get(path, b"").decode("utf-8-sig")
        if path in scope.files and not flaws and not statements.split(text, engine):
            yield Complaint(loc, f'"{path}" holds no SQL statement')
    if spec.expect.csv is not None and spec.expect.csv in scope.files:
        lines = _csv(scope.files[spec.expect.csv])
        if not lines or any(len(line) != len(lines[0]) for line in lines):
            yield Complaint(("expect", "csv"), f'"{spec.expect.csv}" has no header, or rows of another length')
    yield from _contradictions(spec, engine)


def paths(spec: SqlSpec) -> Iterator[tuple[Loc, str]]:
    """The files of the challenge that it needs."""
    yield from references(spec)
    if spec.expect.csv is not None:
        yield ("expect", "csv"), spec.expect.csv


def references(spec: SqlSpec) -> Iterator[tuple[Loc, str]]:
    """The reference file, if there is one."""
    if spec.expect.reference is not None:
        yield ("expect", "reference"), spec.expect.reference
    if spec.expect.state is not None:
        yield ("expect", "state", "reference"), spec.expect.state.reference


def _datasets(spec: SqlSpec, evidence: SqlEvidence, files: Mapping[str, bytes]) -> Iterator[Part[SqlSpec, SqlEvidence]]:
    """Each data set."""
    del files
    for run in evidence.runs:
        alone = spec.model_copy(update={"dataset": run.dataset, "datasets": None})
        yield Part(_title(run.dataset), alone, evidence.model_copy(update={"runs": (run,)}), shared=True)


def _changed(spec: SqlSpec, evidence: SqlEvidence) -> Changes[SqlEvidence]:
    """Results with one change in them."""
    del spec
    for index, run in enumerate(evidence.runs):
        ran = run.candidate
        others: list[tuple[Place, str, dict[str, object]]] = []
        if ran.affected is not None:
            others.append((Place("changed rows"), "one more", {"affected": ran.affected + 1}))
        if ran.result is not None:
            others += [(place, what, {"result": table}) for place, what, table in changed_table(ran.result)]
        for place, what, update in others:
            other = run.model_copy(update={"candidate": ran.model_copy(update=update)})
            yield place, what, evidence.model_copy(update={"runs": replaced(evidence.runs, index, other)})


KIND = Kind(
    name="sql",
    spec=SqlSpec,
    evidence=SqlEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    runs_code=False,
    paths=paths,
    oracle=Oracle(
        _changed, _datasets, neutral={Compare: {"order": "ignore", "columns": "names_any_order", "types": "loose"}}
    ),
)


def _contradictions(spec: SqlSpec, engine: str) -> Iterator[Complaint]:
    state, rows = spec.expect.state, spec.expect.rows
    changes = "a state is" if state is not None else "changed rows are" if spec.expect.rows_affected is not None else ""
    if changes and set(spec.allow) == {"select"}:
        hint = "give `allow:`, such as [insert, update]"
        yield Complaint(("allow",), f"{changes} expected, but only select is allowed", hint=hint)
    if state is not None and len(statements.split(state.query, engine)) != 1:
        yield Complaint(("expect", "state", "query"), "not exactly one statement")
    for index, row in enumerate(rows or ()):
        if rows and len(row) != len(rows[0]):
            what = f"{len(row)} values, but the first row has {len(rows[0])}"
            yield Complaint(("expect", "rows", index), what)
    for index, name in enumerate(spec.forbid):
        if name in spec.require:
            yield Complaint(("forbid", index), f"{name} is required, too", hint="remove one of both")
    if not any(paths(spec)):
        yield from _nameless(spec.compare)


def _nameless(options: Compare) -> Iterator[Complaint]:
    """Options that need a reference's columns."""
    hint = "use `expect: {reference: FILE}`, or remove it"
    if options.columns != "positions":
        yield Complaint(("compare", "columns"), "rows written in the spec have no column names", hint=hint)
    if options.types == "strict":
        yield Complaint(("compare", "types"), "rows written in the spec have no type names", hint=hint)
    if not isinstance(options.order, str):
        yield Complaint(("compare", "order", "by"), "rows written in the spec have no column names", hint=hint)


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


def _bad_count(spec: SqlSpec, script: Sequence[str]) -> str | None:
    if not script:
        return f"{spec.file} holds no SQL statement"
    if len(script) > spec.max_statements:
        return f"{spec.file} holds {len(script)} statements; at most {spec.max_statements} expected"
    return None


def _flaw(spec: SqlSpec, evidence: SqlEvidence) -> str | None:
    """Why the candidate's text could not or should not be run."""
    if evidence.flaw is not None or evidence.source is None:
        return FLAWS[evidence.flaw or "missing"].format(file=spec.file, block=spec.block)
    script = statements.split(evidence.source, evidence.engine)
    wrong = _bad_count(spec, script)
    if wrong is None and not spec.reads():
        told = disallowed(script, spec.allow, evidence.engine)
        return told and told.format(file=spec.file)
    return wrong


def _case(spec: SqlSpec, run: DatasetRun, evidence: SqlEvidence, context: Context) -> CaseResult | str:
    """The case of a data set, or why it cannot be judged."""
    title = _title(run.dataset)
    ours, theirs = run.reference, run.candidate
    if ours is not None and ours.error is not None:
        return failed(title, run.dataset, unfit(ours.error))
    if theirs.error is not None or theirs.result is None:
        return failed(title, run.dataset, _complaint(spec, theirs))
    if theirs.truncated:
        return failed(title, run.dataset, _too_large(spec, theirs.result))
    if spec.expect.rows_affected is not None:
        difference: Difference | str | None = _affected(spec.expect.rows_affected, theirs, evidence)
    elif spec.expect.csv is not None:
        difference = _as_csv(spec.expect.csv, theirs.result, spec.compare, context)
    else:
        difference = _difference(spec, None if ours is None else ours.result, theirs.result, evidence.engine, context)
    if isinstance(difference, str):
        return difference
    if difference is None:
        return passed(title, run.dataset)
    return failed(title, run.dataset, difference.message, difference.expected, difference.actual)


def _too_large(spec: SqlSpec, result: Table) -> str:
    limit = f"{spec.max_rows:,} rows, the check's max_rows"
    if len(result.rows) < spec.max_rows:
        limit = f"the {MAX_RESULT >> 20} MiB that gradekit keeps of a result"
    return f"the result is too large: more than {limit}"


def _form(spec: SqlSpec, evidence: SqlEvidence) -> CaseResult:
    """How the text is written, whatever it gives."""
    found = used(evidence.source or "", evidence.engine)
    wrong = [f"{WORDS[name]} is required, and not used" for name in spec.require if name not in found]
    wrong += [f"{WORDS[name]} is forbidden, and used" for name in spec.forbid if name in found]
    return failed(_FORM, _FORM, "; ".join(wrong)) if wrong else passed(_FORM, _FORM)


def _affected(expected: int, ran: Ran, evidence: SqlEvidence) -> Difference | str | None:
    found = ran.affected
    if found == expected:
        return None
    wanted = counted(expected, "row")
    if found is None:
        last = statements.split(evidence.source or "", evidence.engine)[-1]
        word = statements.leading_word(last, evidence.engine)
        unread = word == "with" and ran.result is not None and not ran.result.columns
        told = f"the database gave no number of changed rows for the last statement, which starts with {word.upper()}"
        if word in _CHANGING or unread:
            return f"{told}; look at it by hand"
        return Difference(f"{told}; end with the statement that changes them", wanted, "no number")
    have = counted(found, "row")
    return Difference(f"the statement changes {have}; {expected} expected", wanted, have)


def _as_csv(path: str, result: Table, options: Compare, context: Context) -> Difference | str | None:
    if path not in context.files:
        return f"{path}: the challenge has no such file; correct the challenge"
    lines = _csv(context.files[path])
    if not lines or any(len(line) != len(lines[0]) for line in lines):
        return f"{path}: a row has more or fewer values than the first line has names; correct the challenge"
    header = [str(name) for name in lines[0]]
    expected = beside(header, lines[1:], result)
    unknown = unknown_keys(options, expected)
    if unknown:
        return f'compare.order.by: "{unknown[0]}" is not a column of {path}; correct the challenge'
    return compare(expected, result, options, typed=False)


def _csv(data: bytes) -> list[list[str | None]]:
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""))
    return [[None if cell == "\\N" else cell for cell in row] for row in rows if row]


def _difference(
    spec: SqlSpec, reference: Table | None, result: Table, engine: str, context: Context
) -> Difference | str | None:
    if spec.expect.rows is not None:
        return compare_literals(spec.expect.rows, result, spec.compare)
    if not any(references(spec)):
        return compare_literals(((spec.expect.value,),), result, spec.compare)
    if reference is None:
        return "the evidence has no result of the reference; grade the submission again"
    unknown = unknown_keys(spec.compare, reference)
    if unknown:
        names = ", ".join(column.name for column in reference.columns)
        return f'compare.order.by: "{unknown[0]}" is not a column of the reference ({names}); correct the challenge'
    # A parser of SQL takes as long to import as a small challenge to read, and nothing else here needs it.
    from gradekit.checks.ordering import sort_keys  # noqa: PLC0415

    text = context.files.get(spec.expect.reference or "", b"").decode("utf-8-sig", "replace")
    return compare(reference, result, spec.compare, sort_keys(text, engine, [c.name for c in reference.columns]))


def _complaint(spec: SqlSpec, ran: Ran) -> str:
    place = (
        f"statement {ran.at} of {spec.file}"
        if ran.at
        else "the submission's statements ran, but the challenge's query after them"
    )
    if ran.sqlstate == _TIMED_OUT:
        return f"{place} was stopped after {spec.timeout:g} s, the check's timeout"
    hint = "" if ran.at else "; see whether the statements dropped or renamed what it reads"
    return f"{place} failed: {ran.error}{hint}"


def _shown(ran: Ran) -> str:
    if ran.result is None:
        return f"{ran.error or ''} ({ran.sqlstate or 'no SQLSTATE'})"
    return render(ran.result, SHOWN_ROWS)


def _title(dataset: str) -> str:
    return f"data set {dataset}"
