"""The verdict over the results: pure, and total for every evidence."""

from __future__ import annotations

from typing import Final

from gradekit.checks import statements
from gradekit.checks.base import MAX_RESULT, Context
from gradekit.checks.compare.model import Table
from gradekit.checks.compare.results import Difference
from gradekit.checks.features import WORDS, used
from gradekit.checks.sql.evidence import DatasetRun, Ran, SqlEvidence
from gradekit.checks.sql.expected import affected_difference, csv_difference, result_difference
from gradekit.checks.sql.model import SqlSpec, bad_count, title_of
from gradekit.checks.submitted import FLAWS, disallowed, unfit
from gradekit.checks.tally import errored, failed, passed, tally
from gradekit.results import CaseResult, Judgement, Outcome, Status

_TIMED_OUT: Final = "57014"
_FORM: Final = "how it is written"


def judge(spec: SqlSpec, evidence: SqlEvidence, context: Context) -> Judgement:
    """Compare the results of each data set; the order of rows is that of the reference in ``context``."""
    wrong = _flaw(spec, evidence)
    if wrong is not None:
        cases = [failed(title_of(name), name, wrong) for name in spec.names()]
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


def _flaw(spec: SqlSpec, evidence: SqlEvidence) -> str | None:
    """Why the candidate's text could not or should not be run."""
    if evidence.flaw is not None or evidence.source is None:
        return FLAWS[evidence.flaw or "missing"].format(file=spec.file, block=spec.block)
    script = statements.split(evidence.source, evidence.engine)
    wrong = bad_count(spec, script)
    if wrong is None and not spec.reads():
        told = disallowed(script, spec.allow, evidence.engine)
        return told and told.format(file=spec.file)
    return wrong


def _case(spec: SqlSpec, run: DatasetRun, evidence: SqlEvidence, context: Context) -> CaseResult | str:
    """The case of a data set, or why it cannot be judged."""
    title = title_of(run.dataset)
    ours, theirs = run.reference, run.candidate
    if ours is not None and ours.error is not None:
        return failed(title, run.dataset, unfit(ours.error))
    if theirs.error is not None or theirs.result is None:
        return failed(title, run.dataset, _complaint(spec, theirs))
    if theirs.truncated:
        return failed(title, run.dataset, _too_large(spec, theirs.result))
    if spec.expect.rows_affected is not None:
        difference: Difference | str | None = affected_difference(spec.expect.rows_affected, theirs, evidence)
    elif spec.expect.csv is not None:
        difference = csv_difference(spec.expect.csv, theirs.result, spec.compare, context)
    else:
        difference = result_difference(
            spec, None if ours is None else ours.result, theirs.result, evidence.engine, context
        )
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
