"""The verdict over a transcript: pure, and total for every transcript."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from gradekit.checks.base import Context
from gradekit.checks.compare import Compare, compare_literals, family
from gradekit.checks.differences import Mismatch
from gradekit.checks.http.evidence import Answered, CaseRun, Exchange, HttpEvidence, failure
from gradekit.checks.http.model import HttpSpec, Question
from gradekit.checks.http.reading import Reading, counted, examine, start
from gradekit.checks.jsontext import Json, JsonProblem, parse
from gradekit.checks.match import MAX_COUNTED
from gradekit.checks.stores.answers import Found
from gradekit.checks.stores.reading import mismatches
from gradekit.checks.tally import examined, tally
from gradekit.checks.template import UnknownNameError
from gradekit.results import CaseResult, Judgement
from gradekit.texts import clean


@dataclass(frozen=True, slots=True)
class _Row:
    """A step, a statement or a question, and everything that is wrong with it."""

    title: str
    mismatches: Sequence[Mismatch]


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
            _case(title, name, rows, share=scoring == "per_step")
            for name, title, rows in zip(_ids(names), names, groups, strict=True)
        ]
        return tally(cases, noun="cases", all_or_nothing=scoring == "all_or_nothing")
    rows = groups[0]
    ids = _ids([row.title for row in rows])
    cases = [examined(row.title, name, row.mismatches) for name, row in zip(ids, rows, strict=True)]
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


def _case(title: str, name: str, rows: Sequence[_Row], *, share: bool) -> CaseResult:
    """A run of all steps as one case; each mismatch says in which step, when there are several."""
    wrong = [
        mismatch if len(rows) == 1 else replace(mismatch, place=_inside(row.title, mismatch.place))
        for row in rows
        for mismatch in row.mismatches
    ]
    right = sum(not row.mismatches for row in rows)
    return examined(title, name, wrong, ratio=right / len(rows) if share else 0.0)


def _inside(title: str, place: str) -> str:
    return f"{title}: {place}" if place else title


def _rows(spec: HttpSpec, run: CaseRun, variables: dict[str, Json], context: Context) -> Iterator[_Row]:
    broken = failure(run.before)
    title = ""
    if broken is not None:
        title = spec.before[broken[0]].title("before") if broken[0] < len(spec.before) else "before"
        yield _Row(title, [_refused(broken[1])])
    for index, step in enumerate(spec.steps):
        exchange = run.exchanges[index] if index < len(run.exchanges) else Exchange()
        if exchange.unsent:
            yield _Row(step.title, [Mismatch("", f"nothing was sent: {clean(exchange.unsent)}")])
        elif exchange.received is None:
            yield _Row(step.title, [_UNRECORDED])
        elif step.clients is not None:
            yield _Row(step.title, list(counted(step.expect, exchange.statuses, variables)))
        else:
            values, mismatches = examine(step, Reading(exchange.received), variables, context.files)
            yield _Row(step.title, mismatches)
            variables |= values
    for index, question in enumerate(spec.after):
        name = question.title("after")
        if broken is not None:
            yield _Row(name, [Mismatch("", f'not asked, because "{title}" failed')])
        elif index < len(run.after):
            yield _Row(name, list(_answer(question, run.after[index], variables)))
        else:
            yield _Row(name, [_UNRECORDED])


_UNRECORDED = Mismatch("", "the evidence has nothing about this step; grade the submission again", ours=True)


def _refused(error: str) -> Mismatch:
    return Mismatch("", f"the database refused the statement: {clean(error)}")


def _answer(question: Question, answered: Answered, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    table = answered.table
    if question.nosql is not None:
        yield from islice(mismatches(question.expect, answered.found or Found(), variables), MAX_COUNTED)
    elif answered.error is not None:
        yield _refused(answered.error)
    elif "rows" in question.expect.model_fields_set:
        difference = compare_literals(question.expect.rows, table, Compare())
        if difference is not None:
            yield Mismatch("", difference.message)
            yield Mismatch(difference.expected or "no other rows", difference.actual or "the other rows")
    elif len(table.rows) != 1 or not table.columns:
        yield Mismatch("one row", f"{len(table.rows)} rows of {len(table.columns)} columns")
    else:
        try:
            match = question.expect.value.fill(variables)
        except UnknownNameError as error:
            yield Mismatch("a value to compare with", str(error))
            return
        column = table.columns[0]
        place = "value" if column.name == "?column?" else clean(column.name)
        for mismatch in match.check(_cell(column.type, table.rows[0][0])):
            yield mismatch.below(place)


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
