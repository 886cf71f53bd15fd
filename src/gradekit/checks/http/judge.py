"""The verdict over a transcript: pure, and total for every transcript."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from gradekit.checks.base import Context
from gradekit.checks.compare.cells import family
from gradekit.checks.compare.model import Compare
from gradekit.checks.compare.results import compare_literals
from gradekit.checks.differences import MAX_COUNTED, Mismatch
from gradekit.checks.http.evidence import Answered, CaseRun, Exchange, HttpEvidence, Page, failure
from gradekit.checks.http.hurl.step import HurlStep
from gradekit.checks.http.model import Answer, Ask, HttpSpec, ItemsExpect, Outage, Paginate, Restart, Statement, Step
from gradekit.checks.http.reading import Reading, counted, examine, located, matched, repeating, slower, start
from gradekit.checks.http.walking import WalkProblem, items, onward, repeated, unsorted
from gradekit.checks.jsonpath import TooManyNodes, compile_path
from gradekit.checks.jsontext import Json, JsonProblem, parse
from gradekit.checks.match import of_the_author
from gradekit.checks.match import unset as unset_match
from gradekit.checks.sqlstates import is_no_sql, where_to_look
from gradekit.checks.stores.answers import Found
from gradekit.checks.stores.lint import texts
from gradekit.checks.stores.reading import mismatches, refusal
from gradekit.checks.tally import examined, numbered, tally
from gradekit.checks.template import UnknownNameError, named, unset
from gradekit.checks.values import MISSING
from gradekit.results import CaseResult, Judgement
from gradekit.texts import clean

_UNCOUNTED = (
    "the database gave no number of changed rows; a statement that only reads, such as SELECT, has none: correct the "
    "challenge, or look at it by hand"
)


@dataclass(frozen=True, slots=True)
class _Row:
    """A step, a statement or a question, and everything that is wrong with it."""

    title: str
    mismatches: Sequence[Mismatch]
    place: str = ""
    """What it is called beside others."""


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
        given = [case_title(case, index) for index, case in enumerate(spec.cases)]
        cases = [
            _case(title, name, rows, share=scoring == "per_step")
            for (name, title), rows in zip(numbered(given), groups, strict=True)
        ]
        return tally(cases, noun="cases", all_or_nothing=scoring == "all_or_nothing")
    rows = groups[0]
    names = numbered([row.title for row in rows])
    cases = [examined(title, name, row.mismatches) for (name, title), row in zip(names, rows, strict=True)]
    noun = "steps" if len(rows) == len(spec.steps) else "steps and statements"
    return tally(cases, noun=noun, all_or_nothing=scoring != "per_step")


def case_title(case: Mapping[str, Json], index: int) -> str:
    """The ``name`` of a case, or its number."""
    name = case.get("name")
    return clean(str(name)) if isinstance(name, str | int) else f"case {index + 1}"


def _case(title: str, name: str, rows: Sequence[_Row], *, share: bool) -> CaseResult:
    """A run of all steps as one case; each mismatch says in which step, when there are several."""
    wrong = [
        mismatch if len(rows) == 1 else replace(mismatch, place=_inside(row.place or row.title, mismatch.place))
        for row in rows
        for mismatch in row.mismatches
    ]
    right = sum(not row.mismatches for row in rows)
    return examined(title, name, wrong, ratio=right / len(rows) if share else 0.0)


def _inside(title: str, place: str) -> str:
    return f"{title}: {place}" if place else title


def _rows(spec: HttpSpec, run: CaseRun, variables: dict[str, Json], context: Context) -> Iterator[_Row]:
    broken = unprepared(spec.before, run.before, variables)
    if broken is not None:
        yield _Row(broken.place, [replace(broken, place="")])
    times: dict[str, float] = {}
    savers: dict[str, str] = {}
    for index, step in enumerate(spec.steps):
        exchange = run.exchanges[index] if index < len(run.exchanges) else Exchange()
        if exchange.unsent:
            wrong = _explained(_undone(step, exchange, broken), savers, variables)
            yield _Row(step_title(step), [wrong], f'step "{step_title(step)}"')
            if not wrong.ours:
                savers |= dict.fromkeys(_saved(step), step_title(step))
            continue
        if isinstance(step, Step):
            timed = step.model_copy(update={"timeout": spec.timeout}) if step.timeout is None else step
            values, mismatches = _response(timed, exchange, times, variables, context)
            variables |= values
        else:
            mismatches = list(_done(step, exchange, variables))
        if isinstance(step, HurlStep):
            savers |= dict.fromkeys(_saved(step), step.title)
        mismatches = [_explained(mismatch, savers, variables) for mismatch in mismatches]
        yield _Row(step_title(step), mismatches, f'step "{step.title}"' if isinstance(step, Step) else "")
        savers |= dict.fromkeys(_saved(step), step_title(step))
    for index, question in enumerate(spec.after):
        name = question.title("after")
        if broken is not None:
            yield _Row(name, [_because(broken, "not asked")])
        elif index < len(run.after):
            told = answer(question, run.after[index], variables)
            yield _Row(name, [_explained(mismatch, savers, variables) for mismatch in told])
        else:
            yield _Row(name, [_unrecorded(name)])


def _undone(step: Step | Restart | Outage | Ask, exchange: Exchange, broken: Mismatch | None) -> Mismatch:
    """Why a step did nothing; ``broken`` is what is wrong with a statement before."""
    what = "nothing was sent" if isinstance(step, Step) else "not done"
    if broken is not None:
        return _because(broken, what)
    return Mismatch("", f"{what}: {clean(exchange.unsent)}", names=named(exchange.unsent))


def _because(broken: Mismatch, what: str) -> Mismatch:
    """What follows from a mismatch, and is the fault of the same."""
    how = "errored" if broken.ours else "failed"
    return Mismatch("", f'{what}, because "{broken.place}" {how}', ours=broken.ours)


def _unrecorded(title: str) -> Mismatch:
    """What a report of another version of the check leaves open."""
    return Mismatch("", f'the evidence has nothing about step "{title}"; grade the submission again', ours=True)


def _saved(step: Step | Restart | Outage | Ask) -> Sequence[str]:
    """The names that a step is to save."""
    if isinstance(step, HurlStep):
        captures = step.script.response.captures if step.script.response is not None else ()
        return [capture.name for capture in captures]
    return list(step.save) if isinstance(step, Step) else ()


def _explained(mismatch: Mismatch, savers: Mapping[str, str], variables: Mapping[str, Json]) -> Mismatch:
    """A mismatch for which variables are to blame, with the step that was to save them; without one it is ours."""
    if not mismatch.names:
        return _sourced(mismatch, savers)
    name = next((name for name in mismatch.names if name in savers), None)
    if name is None:
        return of_the_author(mismatch)
    step = f'step "{savers[name]}"'
    why = f"; ${{{name}}} is from the answer to {step}" if name in variables else f", because {step} did not save it"
    return replace(mismatch, actual=mismatch.actual + why)


def _sourced(mismatch: Mismatch, savers: Mapping[str, str]) -> Mismatch:
    """A mismatch with the steps that saved what was expected: nobody could see that in the value."""
    told = [f'${{{name}}} is from the answer to step "{savers[name]}"' for name in mismatch.filled if name in savers]
    if not told or not mismatch.expected:
        return mismatch
    return replace(mismatch, expected=f"{mismatch.expected} ({', '.join(told)})")


def _texts(statement: Statement) -> Json:
    """What of a statement may hold ``${...}``."""
    return texts(statement.nosql) if statement.nosql is not None else statement.sql


def unprepared(
    before: Sequence[Statement], answers: Sequence[Answered], variables: Mapping[str, Json]
) -> Mismatch | None:
    """What is wrong with the first statement before the steps that did not work, at its title.

    Ours where it uses a name without a value: nothing of the candidate's came before it.
    """
    broken = failure(answers)
    if broken is None:
        return None
    index, error = broken
    sqlstate = answers[index].sqlstate
    if index >= len(before):
        return refused(error, sqlstate=sqlstate).below("before")
    statement = before[index]
    if unset(error, _texts(statement), variables) is not None:
        wrong = of_the_author(Mismatch("", error))
    else:
        wrong = refused(error, store=statement.nosql is not None, sqlstate=sqlstate, sql=statement.sql or "")
    return wrong.below(statement.title("before"))


def refused(error: str, *, store: bool = False, sqlstate: str | None = None, sql: str = "") -> Mismatch:
    """That a statement of the challenge, or a command to a ``store``, did not work; ``sql`` is its text, if known."""
    if store:
        return Mismatch("", refusal(error))
    what = f"the database refused the challenge's statement and said: {clean(error)}"
    if is_no_sql(sql, sqlstate):
        return of_the_author(Mismatch("", what))
    return Mismatch("", f"{what}; {where_to_look(sqlstate)}")


def step_title(step: Step | Restart | Outage | Ask) -> str:
    """What a step is called."""
    return step.title("database") if isinstance(step, Ask) else step.title


def _done(step: Restart | Outage | Ask, exchange: Exchange, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    """What is wrong with a step that is no request."""
    if isinstance(step, Ask):
        answered = exchange.answered
        yield from [_unrecorded(step_title(step))] if answered is None else answer(step, answered, variables)
    elif isinstance(step, Outage):
        yield from [_unrecorded(step.title)] if exchange.switched is None else []
    elif exchange.restarted is None:
        yield _unrecorded(step.title)
    elif exchange.restarted.error is not None:
        yield Mismatch("", clean(exchange.restarted.error))


def _response(
    step: Step, exchange: Exchange, times: dict[str, float], variables: Mapping[str, Json], context: Context
) -> tuple[Mapping[str, Json], Sequence[Mismatch]]:
    """What a request saves, and what is wrong with its responses; ``times`` receive the seconds of the last one."""
    if exchange.received is None or (step.paginate is not None and not exchange.pages):
        return {}, [_unrecorded(step.title)]
    if step.clients is not None:
        return {}, list(counted(step.expect.statuses, exchange.statuses, variables))
    if step.paginate is not None:
        return _pages(step, step.paginate, exchange.pages, variables, context)
    known = repeating(step, variables, step.repeat)
    values, wrong = examine(step, Reading(exchange.received), known, context.files)
    if step.repeat > 1:
        last = f"request {step.repeat} of {step.repeat}"
        wrong = [replace(finding, place=_inside(last, finding.place)) for finding in wrong]
    if step.expect.statuses:
        wrong += counted(step.expect.statuses, exchange.statuses, known)
    if exchange.received.error is None:
        if step.expect.time_ratio is not None:
            wrong += slower(step.expect.time_ratio, exchange.received.seconds, times, known)
        times[step.title] = exchange.received.seconds
    if wrong and step.eventually is not None:
        tries = f"{exchange.attempts} tries" if exchange.attempts != 1 else "one try"
        wrong.append(Mismatch("", f"still wrong after {tries} in {step.eventually.timeout:g} s; the last one is shown"))
    return values, wrong


def _pages(
    step: Step, walk: Paginate, pages: Sequence[Page], variables: Mapping[str, Json], context: Context
) -> tuple[Mapping[str, Json], Sequence[Mismatch]]:
    """What holds of a response has to hold of every page; the rest is about all of them."""
    readings = [(page.sent.target, Reading(page.received)) for page in pages]
    wrong: list[Mismatch] = []
    values: Mapping[str, Json] = {}
    for number, (_, reading) in enumerate(readings, 1):
        values, findings = examine(step, reading, variables, context.files)
        wrong += [replace(finding, place=_inside(f"page {number}", finding.place)) for finding in findings]
    every: list[Json] = []
    try:
        for _, reading in readings:
            if reading.received.error is None:
                every += items(walk, reading)
        if readings[-1][1].received.error is None and onward(walk, readings) is not None:
            wrong.append(_unrecorded(step.title))
    except WalkProblem as problem:
        wrong.append(Mismatch("", f"the walk through the pages ended at page {len(pages)}: {problem}"))
    wrong += matched("number of pages", step.expect.pages, len(pages), variables)
    if step.expect.items is not None:
        wrong += _items(step.expect.items, every, variables)
    return values, wrong


def _items(wanted: ItemsExpect, every: Sequence[Json], variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    yield from matched("number of items on all pages", wanted.count, len(every), variables)
    try:
        if wanted.unique_by is not None:
            yield from repeated(wanted.unique_by, every)
        yield from unsorted(wanted.sorted_by, every)
        for path, match in wanted.paths.items():
            found = compile_path(path).look(list(every))
            for mismatch in located(path, match, found, variables):
                yield replace(mismatch, place=f"items: {mismatch.place}")
    except TooManyNodes as reason:
        yield Mismatch("items that the paths can be applied to", str(reason), "items")


def answer(question: Ask, answered: Answered, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    """What is wrong with an answer of the app's database or store."""
    name = unset(answered.error, _texts(question), variables)
    if question.nosql is not None and question.expect is not None:
        found = answered.found or Found()
        yield from islice(mismatches(question.nosql, question.expect, found, variables), MAX_COUNTED)
    elif name is not None:
        yield Mismatch("", f"not asked: {answered.error}", names=(name,))
    elif answered.error is not None:
        store = question.nosql is not None
        yield refused(answered.error, store=store, sqlstate=answered.sqlstate, sql=question.sql or "")
    elif question.expect is not None:
        yield from _told(question.expect, answered, variables)


def _told(expect: Answer, answered: Answered, variables: Mapping[str, Json]) -> Iterator[Mismatch]:
    table = answered.table
    if "rows_affected" in expect.model_fields_set:
        changed = MISSING if answered.affected is None else answered.affected
        for mismatch in matched("rows affected", expect.rows_affected, changed, variables):
            yield Mismatch("", _UNCOUNTED, "rows affected", ours=True) if changed is MISSING else mismatch
    elif "rows" in expect.model_fields_set:
        difference = compare_literals(expect.rows, table, Compare())
        if difference is not None:
            yield Mismatch("", difference.message)
            yield Mismatch(difference.expected or "no other rows", difference.actual or "the other rows")
    elif len(table.rows) != 1 or not table.columns:
        rows = "no rows" if not table.rows else f"{len(table.rows)} row{'' if len(table.rows) == 1 else 's'}"
        yield Mismatch("one row", rows if table.columns else f"{rows}, without any column")
    else:
        try:
            match = expect.value.fill(variables)
        except UnknownNameError as error:
            yield unset_match(error)
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
