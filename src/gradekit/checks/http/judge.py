"""The verdict over a transcript: pure, and total for every transcript."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gradekit.checks.base import Context
from gradekit.checks.compare import Compare, compare_literals, family
from gradekit.checks.http.evidence import Answered, CaseRun, Exchange, HttpEvidence, failure
from gradekit.checks.http.model import HttpSpec, Question
from gradekit.checks.http.reading import Finding, Reading, examine, start
from gradekit.checks.jsontext import Json, JsonProblem, parse
from gradekit.checks.tally import tally
from gradekit.checks.template import UnknownNameError
from gradekit.checks.texts import clean
from gradekit.results import CaseResult, Judgement, Outcome, Status

MAX_FINDINGS = 20
"""Findings of a case that its message tells."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A step, a statement or a question, and everything that is wrong with it."""

    title: str
    findings: Sequence[Finding]


def judge(spec: HttpSpec, evidence: HttpEvidence, context: Context) -> Judgement:
    """Judge every step of every case; saved values are derived again from the responses."""
    count = len(spec.cases or ((),))
    runs = [*evidence.runs, *[CaseRun()] * count][:count]
    groups = [
        list(_rows(spec, run, start(spec, context.variables, evidence.uuid, case), context))
        for case, run in enumerate(runs)
    ]
    scoring = spec.scoring or ("per_case" if spec.cases else "all_or_nothing")
    if spec.cases:
        names = [case_title(case, index) for index, case in enumerate(spec.cases)]
        cases = [
            _case(name, title, rows, share=scoring == "per_step")
            for name, title, rows in zip(_ids(names), names, groups, strict=True)
        ]
        return tally(cases, noun="cases", all_or_nothing=scoring == "all_or_nothing")
    rows = groups[0]
    ids = _ids([row.title for row in rows])
    cases = [_case(name, row.title, [row], share=False) for name, row in zip(ids, rows, strict=True)]
    return tally(cases, noun="steps", all_or_nothing=scoring != "per_step")


def case_title(case: Mapping[str, Json], index: int) -> str:
    """The ``name`` of a case, or its number."""
    name = case.get("name")
    return clean(str(name)) if isinstance(name, str | int) else f"case {index + 1}"


def _ids(titles: Sequence[str]) -> Iterator[str]:
    """The titles, made different by a number where they are not."""
    seen: dict[str, int] = {}
    for title in titles:
        seen[title] = seen.get(title, 0) + 1
        yield title if seen[title] == 1 else f"{title} #{seen[title]}"


def _case(name: str, title: str, rows: Sequence[_Row], *, share: bool) -> CaseResult:
    wrong = [(row, finding) for row in rows for finding in row.findings]
    if not wrong:
        return CaseResult(id=name, title=title, outcome=Outcome(status=Status.PASSED, ratio=1.0))
    told = [finding.message if len(rows) == 1 else f'step "{row.title}": {finding.message}' for row, finding in wrong]
    if len(told) > MAX_FINDINGS:
        told[MAX_FINDINGS:] = [f"and {len(told) - MAX_FINDINGS} more"]
    first = next((finding for _, finding in wrong if finding.ours), wrong[0][1])
    right = sum(not row.findings for row in rows)
    outcome = Outcome(
        status=Status.ERRORED if first.ours else Status.FAILED,
        ratio=right / len(rows) if share and not first.ours else 0.0,
        message="; ".join(told),
        expected=first.expected,
        actual=first.actual,
    )
    return CaseResult(id=name, title=title, outcome=outcome)


def _rows(spec: HttpSpec, run: CaseRun, variables: dict[str, Json], context: Context) -> Iterator[_Row]:
    broken = failure(run.before)
    if broken is not None:
        refusal = f"an error of the database: {clean(broken[1])}"
        yield _Row(f"before[{broken[0]}]", [Finding("result", "a statement that works", refusal)])
    for index, step in enumerate(spec.steps):
        exchange = run.exchanges[index] if index < len(run.exchanges) else Exchange()
        if exchange.unsent:
            yield _Row(step.title, [Finding("request", "a request", f"none: {clean(exchange.unsent)}")])
        elif exchange.received is None:
            yield _Row(step.title, [_unrecorded()])
        else:
            values, findings = examine(step, Reading(exchange.received), variables, context.files)
            yield _Row(step.title, findings)
            variables |= values
    for index, question in enumerate(spec.after):
        title = f"after[{index}]"
        if broken is not None:
            yield _Row(title, [Finding("result", "an answer", f"none: before[{broken[0]}] failed")])
        elif index < len(run.after):
            yield _Row(title, list(_answer(question, run.after[index], variables)))
        else:
            yield _Row(title, [_unrecorded()])


def _unrecorded() -> Finding:
    return Finding("evidence", "a record of this step", "none; grade the submission again", ours=True)


def _answer(question: Question, answered: Answered, variables: Mapping[str, Json]) -> Iterator[Finding]:
    table = answered.table
    if answered.error is not None:
        yield Finding("result", "an answer", f"an error of the database: {clean(answered.error)}")
    elif "rows" in question.expect.model_fields_set:
        difference = compare_literals(question.expect.rows, table, Compare())
        if difference is not None:
            yield Finding("result", "the rows of the check", clean(difference.message))
    elif len(table.rows) != 1 or not table.columns:
        yield Finding("result", "one row", f"{len(table.rows)} rows of {len(table.columns)} columns")
    else:
        try:
            match = question.expect.value.fill(variables)
        except UnknownNameError as error:
            yield Finding("result", "a value to compare with", str(error))
            return
        for mismatch in match.check(_cell(table.columns[0].type, table.rows[0][0])):
            yield Finding(f"result{mismatch.place}", mismatch.expected, mismatch.actual)


def _cell(kind: str, text: str | None) -> Json:
    """A cell as the JSON value that it stands for; a string when it stands for none."""
    if text is None:
        return None
    if family(kind) == "bool":
        return text == "t"
    if family(kind) in {"number", "json"}:
        try:
            return parse(text)
        except JsonProblem:
            return text
    return text
