"""The verdict over the runs of migrations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gradekit.checks.base import Context
from gradekit.checks.compare import Compare, Difference, compare
from gradekit.checks.migrations.evidence import Answer, MigrationsEvidence, Step
from gradekit.checks.migrations.model import MigrationsSpec
from gradekit.checks.tally import errored, failed, passed, tally
from gradekit.results import CaseResult, Judgement

SHOWN = 10
"""Facts of a difference of schemas that are shown."""
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
        why = before.kept.get(broken[0], Answer(error="it was not asked")).error
        return errored(f'keeps "{broken[0]}": the query fails on the data set as it is: {why}')
    cases = list(_cases(spec, evidence))
    return tally(cases, noun="assertions", all_or_nothing=spec.scoring == "all_or_nothing")


def _cases(spec: MigrationsSpec, evidence: MigrationsEvidence) -> Iterator[CaseResult]:
    steps = {step.name: step for step in evidence.steps}
    for name in spec.steps()[1:]:
        step = steps.get(name)
        if step is None:
            yield failed(name, name, evidence.flaw or "it was not run, for what came before it failed")
        else:
            yield _ran(step, steps, changes=spec.changes_schema)
        for kept in spec.keeps:
            if kept.through == "both" or (kept.through == "down") == (name == "down"):
                yield _kept(f"{name}: {kept.name}", kept.name, step, steps)


def _ran(step: Step, steps: Mapping[str, Step], *, changes: bool) -> CaseResult:
    if step.error is not None:
        return failed(step.name, step.name, f"{step.place}, statement {step.at}: {step.error}")
    if step.name == "up" and changes and step.schema_lines == steps["before"].schema_lines:
        return failed(step.name, step.name, "it ran, and left the schema as it was; is a transaction left open?")
    other, message = _SAME.get(step.name, (step.name, ""))
    ours, theirs = steps[other].schema_lines, step.schema_lines
    if ours == theirs:
        return passed(step.name, step.name)
    lost, new = _less(ours, theirs), _less(theirs, ours)
    return failed(step.name, step.name, message, _listed(lost), _listed(new))


def _kept(title: str, name: str, step: Step | None, steps: Mapping[str, Step]) -> CaseResult:
    if step is None or step.error is not None:
        return failed(title, title, "it did not come to that")
    found, wanted = step.kept.get(name, Answer(error="it was not asked")), steps["before"].kept[name]
    if found.rows is None or wanted.rows is None:
        return failed(title, title, f"the data cannot be read any more: {found.error}")
    difference: Difference | None = compare(wanted.rows, found.rows, Compare())
    if difference is None:
        return passed(title, title)
    return failed(
        title, title, f"data are lost or changed: {difference.message}", difference.expected, difference.actual
    )


def _less(lines: Sequence[str], others: Sequence[str]) -> Sequence[str]:
    known = set(others)
    return [line for line in lines if line not in known]


def _listed(lines: Sequence[str]) -> str | None:
    more = [f"... {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n".join([*lines[:SHOWN], *more]) or None
