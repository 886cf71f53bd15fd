"""The verdict over the runs of migrations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gradekit.checks.base import Context
from gradekit.checks.compare.model import Compare
from gradekit.checks.compare.results import Difference, compare
from gradekit.checks.migrations.evidence import Answer, MigrationsEvidence, Step
from gradekit.checks.migrations.model import MigrationsSpec
from gradekit.checks.migrations.words import worded
from gradekit.checks.tally import errored, failed, passed, tally
from gradekit.results import CaseResult, Judgement, Outcome, Status

SHOWN = 10
"""Facts of a difference of schemas that are shown."""
_NOTHING = "nothing was run"
# What the schema after a run must be equal to, and how that is said.
_SAME = {
    "up twice": ("up", "running it twice changes the schema"),
    "down": ("before", "the schema is not what it was before"),
    "up again": ("up", "the schema is not what it was after the first time"),
}


def judge(spec: MigrationsSpec, evidence: MigrationsEvidence, context: Context) -> Judgement:
    """A case for each run, and one for the data after each of them; ``context`` is not needed."""
    del context
    before = next((step for step in evidence.steps if step.name == "before"), None)
    if evidence.flaw is None and before is None:
        return errored("the evidence has no runs; grade the submission again")
    broken = [kept.name for kept in spec.keeps if before and before.kept.get(kept.name, Answer()).rows is None]
    if broken and before:
        why = before.kept.get(broken[0], Answer()).error
        if why is None:
            return errored(_gap(f'keeps "{broken[0]}"'))
        return errored(f'keeps "{broken[0]}": the query fails on the data set as it is: {why}; correct the challenge')
    cases = list(_cases(spec, evidence))
    judgement = tally(cases, noun="assertions", all_or_nothing=spec.scoring == "all_or_nothing")
    if evidence.flaw is None:
        return judgement
    message = f"{evidence.flaw}; {_NOTHING}"
    return judgement.model_copy(update={"outcome": judgement.outcome.model_copy(update={"message": message})})


def _cases(spec: MigrationsSpec, evidence: MigrationsEvidence) -> Iterator[CaseResult]:
    steps = {} if evidence.flaw is not None else {step.name: step for step in evidence.steps}
    broken = next((step.name for step in evidence.steps if step.error is not None), None)
    for name in spec.steps()[1:]:
        step = steps.get(name)
        if step is None:
            yield _left_out(name, "run", evidence.flaw, broken)
        else:
            yield _ran(step, steps, changes=spec.changes_schema)
        for kept in spec.keeps:
            if kept.through == "both" or (kept.through == "down") == (name == "down"):
                title = f"{name}: {kept.name}"
                if step is None or step.error is not None:
                    yield _left_out(title, "asked", evidence.flaw, broken)
                else:
                    yield _kept(title, step.kept.get(kept.name, Answer()), steps["before"].kept[kept.name])


def _left_out(title: str, what: str, flaw: str | None, broken: str | None) -> CaseResult:
    """What was not done since something before failed, or is not in the evidence."""
    if flaw is not None:
        return failed(title, title, f"{_NOTHING}: {flaw}")
    if broken is not None:
        return failed(title, title, f'not {what}, because "{broken}" failed')
    return _errored(title)


def _ran(step: Step, steps: Mapping[str, Step], *, changes: bool) -> CaseResult:
    if step.error is not None:
        return failed(step.name, step.name, f"{step.place}: statement {step.at} failed: {step.error}")
    if step.name == "up" and changes and step.schema_lines == steps["before"].schema_lines:
        return failed(step.name, step.name, "it ran, but changed nothing in the schema; is a transaction left open?")
    other, message = _SAME.get(step.name, (step.name, ""))
    if other not in steps:
        return _errored(step.name)
    ours, theirs = steps[other].schema_lines, step.schema_lines
    if ours == theirs:
        return passed(step.name, step.name)
    told = [message, *_listed("missing", _less(ours, theirs)), *_listed("not expected", _less(theirs, ours))]
    return failed(step.name, step.name, "\n".join(told))


def _kept(title: str, found: Answer, wanted: Answer) -> CaseResult:
    if found.error is not None:
        return failed(title, title, f"the challenge's query cannot read the data any more: {found.error}")
    if found.rows is None or wanted.rows is None:
        return _errored(title)
    difference: Difference | None = compare(wanted.rows, found.rows, Compare())
    if difference is None:
        return passed(title, title)
    return failed(
        title, title, f"data are lost or changed: {difference.message}", difference.expected, difference.actual
    )


def _gap(what: str) -> str:
    return f"the evidence has nothing about {what}; grade the submission again"


def _errored(title: str) -> CaseResult:
    outcome = Outcome(status=Status.ERRORED, message=_gap(f'"{title}"'))
    return CaseResult(id=title, title=title, outcome=outcome)


def _less(lines: Sequence[str], others: Sequence[str]) -> Sequence[str]:
    known = set(others)
    return [line for line in lines if line not in known]


def _listed(what: str, lines: Sequence[str]) -> Iterator[str]:
    yield from (f"{what}: {worded(line)}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield f"... {len(lines) - SHOWN} more"
