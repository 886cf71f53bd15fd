"""Compares what each record gave with what its file says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradekit.checks.base import Context
from gradekit.checks.differences import Mismatch
from gradekit.checks.match import of_the_author
from gradekit.checks.sqllogictest.evidence import BUDGET, FileRun, Ran, SqlLogicTestEvidence
from gradekit.checks.sqllogictest.model import SqlLogicTestSpec
from gradekit.checks.sqllogictest.records import Record
from gradekit.checks.sqllogictest.values import cells, digest, gap, order
from gradekit.checks.sqlstates import is_no_sql, names_unknown, where_to_look
from gradekit.checks.tally import CUT, errored, examined, tally
from gradekit.results import CaseResult, Judgement
from gradekit.texts import clean, counted, one_line

_TIMED_OUT = "57014"
_MADE = "see how much the submission's views, triggers and data make of it"
_LISTED = 8
"""Lines that a message names; the others are counted."""


def judge(spec: SqlLogicTestSpec, evidence: SqlLogicTestEvidence, context: Context) -> Judgement:
    """Judge record by record; the files are those of the ``context``."""
    runs = {run.path: run for run in evidence.files}
    cases: list[CaseResult] = []
    for path, records in spec.records(context.files, evidence.engine).items():
        run = runs.get(path, FileRun(path=path))
        if [(ran.line, ran.sql) for ran in run.records] != [(record.line, record.sql) for record in records]:
            return errored(f"{path}: the evidence is of other records; grade the submission again")
        found = list(_found(spec, records, run.records, evidence.engine))
        if spec.scoring == "per_record":
            cases += (_record_case(path, record, wrong) for record, wrong in zip(records, found, strict=True))
        elif records:
            cases.append(_file_case(path, records, found))
    noun = "records" if spec.scoring == "per_record" else "files"
    return tally(cases, noun=noun, all_or_nothing=spec.scoring == "all_or_nothing")


def _record_case(path: str, record: Record, wrong: Mismatch | None) -> CaseResult:
    name = f"{path}:{record.line}"
    return examined(f"{name}: {one_line(record.sql)}", name, [] if wrong is None else [wrong])


def _file_case(path: str, records: Sequence[Record], found: Sequence[Mismatch | None]) -> CaseResult:
    wrong = [
        replace(mismatch, place=f"line {record.line} ({one_line(record.sql)})")
        for record, mismatch in zip(records, found, strict=True)
        if mismatch is not None
    ]
    others = [
        str(record.line)
        for record, mismatch in zip(records, found, strict=True)
        if mismatch is not None and mismatch.expected
    ]
    if 0 < len(others) < len(wrong):
        lines = f"line{'' if len(others) == 1 else 's'} {', '.join(others[:_LISTED])}"
        more = f" and {len(others) - _LISTED} more" if len(others) > _LISTED else ""
        # First, since of many only the first are told.
        wrong.insert(0, Mismatch("", f"not the expected result: {lines}{more}", count=0))
    return examined(path, path, wrong)


def _found(
    spec: SqlLogicTestSpec, records: Sequence[Record], runs: Sequence[Ran], engine: str
) -> Iterator[Mismatch | None]:
    """For each record, what is wrong with what it gave."""
    labels: dict[str, tuple[int, str]] = {}
    for record, ran in zip(records, runs, strict=True):
        wrong = _mismatch(spec, record, ran, engine)
        if wrong is None and record.label is not None and ran.result is not None:
            mark = digest(cells(record, ran.result), order(record, engine))
            line, known = labels.setdefault(record.label, (record.line, mark))
            if known != mark:
                shown = clean(record.label)
                wrong = Mismatch(
                    "", f'the result is another one than that of line {line}, with the same label "{shown}"'
                )
        yield wrong


def _mismatch(spec: SqlLogicTestSpec, record: Record, ran: Ran, engine: str) -> Mismatch | None:
    """What is wrong with what a record gave."""
    if ran.sqlstate == _TIMED_OUT:
        return Mismatch(
            "", f"the challenge's statement was stopped after {spec.timeout:g} s, the check's timeout; {_MADE}"
        )
    if ran.truncated:
        limit = f"its share of the {BUDGET >> 20} MiB that gradekit keeps of all results"
        if ran.result is not None and len(ran.result.rows) >= spec.max_rows:
            limit = f"{spec.max_rows:,} rows, the check's max_rows"
        return Mismatch("", f"the result is too large: more than {limit}; {_MADE}")
    if record.fails:
        return _refusal(record, ran)
    if ran.error is not None:
        return _failed(record, ran)
    if record.affected is not None:
        return _affected(record.affected, ran)
    found = None if record.types is None or ran.result is None else gap(record, ran.result, engine)
    return None if found is None else Mismatch(found.expected, found.actual)


def _failed(record: Record, ran: Ran) -> Mismatch:
    what = f"the challenge's statement failed: {ran.error}"
    if is_no_sql(record.sql, ran.sqlstate):
        return of_the_author(Mismatch("", what))
    hint = f"; {where_to_look(ran.sqlstate)}" if names_unknown(ran.sqlstate) else ""
    return Mismatch("", f"{what}{hint}")


def _refusal(record: Record, ran: Ran) -> Mismatch | None:
    if ran.error is None:
        return Mismatch("", "it succeeded, and has to be refused")
    wanted = record.error
    if wanted is None or (wanted in ran.error if isinstance(wanted, str) else wanted.search(ran.error)):
        return None
    shown = clean(wanted if isinstance(wanted, str) else wanted.pattern, CUT)
    return Mismatch(f"an error with {shown}", ran.error)


def _affected(expected: int, ran: Ran) -> Mismatch | None:
    if ran.affected == expected:
        return None
    if ran.affected is None:
        return Mismatch("", "the database gave no number of changed rows for it; look at it by hand", ours=True)
    return Mismatch(f"{counted(expected, 'row')} changed", f"{counted(ran.affected, 'row')} changed")
