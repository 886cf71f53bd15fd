"""The verdict over the counts: pure, and total for every evidence.

Of all rounds the fewest statements count, for each size: what the app does beside the request, in the background, only
ever adds some. A count says something of an answer that is right, and of no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from gradekit.checks.base import Context
from gradekit.checks.differences import Mismatch
from gradekit.checks.http.judge import unprepared
from gradekit.checks.http.prepare import authors_fault
from gradekit.checks.http.reading import Reading, examine, matched
from gradekit.checks.jsonpath import TooManyNodes
from gradekit.checks.jsontext import Json, JsonProblem, parse
from gradekit.checks.match import of_the_author
from gradekit.checks.n_plus_one.evidence import Count, Measured, NPlusOneEvidence, variables
from gradekit.checks.n_plus_one.model import NPlusOneSpec
from gradekit.checks.tally import errored, examined, failed, passed, tally
from gradekit.checks.template import nowhere
from gradekit.checks.values import show
from gradekit.results import CaseResult, Judgement, Outcome, Status
from gradekit.texts import clean, one_line

_STATEMENT = 300
"""Characters of a statement in a message."""


@dataclass(frozen=True, slots=True)
class Found:
    """The fewest statements of each size."""

    small: Count
    big: Count

    @property
    def growth(self) -> int:
        """How many more at the big size."""
        return self.big.sent - self.small.sent

    def grown(self) -> tuple[str, int, int] | None:
        """The statement that grew most: its text, how often at the small size, and at the big one."""
        before = {one.text: one.calls for one in self.small.texts}
        pairs = [(one.text, before.get(one.text, 0), one.calls) for one in self.big.texts]
        most = max(pairs, key=lambda pair: pair[2] - pair[1], default=None)
        return most if most is not None and most[2] > most[1] else None


def judge(spec: NPlusOneSpec, evidence: NPlusOneEvidence, context: Context) -> Judgement:
    """Judge the answers, and if all are right the numbers."""
    if evidence.unready:
        ours = authors_fault(spec.steps, evidence.unready)
        return (
            errored(ours)
            if ours
            else _failed(f"nothing was counted, because a step before failed: {clean(evidence.unready)}")
        )
    mismatches = list(_wrong(spec, evidence, context))
    answers = examined("answers as they should be", "answers", mismatches)
    found = fewest(evidence)
    if found is None or answers.outcome.status is not Status.PASSED:
        return _only(answers, mismatches)
    if found.small.lost or found.big.lost:
        return _failed(
            "the app sent more different statements than the server can count, so nothing was counted; "
            "if values stand in the text of the SQL, pass them as parameters"
        )
    known = _known(evidence, context)
    told = _told(spec, found)
    small, big = spec.sizes
    more = f"statements added from {small} to {big} items"
    inside = found.big.inside - found.small.inside
    numbers = (
        ("growth", "statements do not grow with the size", spec.expect.growth, found.growth, more),
        ("queries", "statements at the big size", spec.expect.queries, found.big.sent, f"statements with {big} items"),
        ("inside", "statements inside the database", spec.expect.inside, inside, f"inside the database, {more}"),
    )
    cases = [answers]
    for name, title, match, value, what in numbers:
        wrong = list(matched(name, match, value, known)) if match.tests else []
        unset = next(filter(None, (nowhere(mismatch.actual) for mismatch in wrong)), None)
        if unset:
            return errored(unset)
        if wrong:
            message = told if name != "inside" else _inside(spec, found)
            cases.append(failed(title, name, message, f"{what}: {wrong[0].expected}", f"{what}: {show(value)}"))
        elif match.tests:
            cases.append(passed(title, name))
    judgement = tally(cases, noun="expectations", all_or_nothing=True)
    wrong_cases = [case for case in cases if case.outcome.status is Status.FAILED]
    if not wrong_cases:
        return judgement
    outcome = judgement.outcome.model_copy(update={"message": wrong_cases[0].outcome.message})
    return judgement.model_copy(update={"outcome": outcome})


def _known(evidence: NPlusOneEvidence, context: Context) -> Mapping[str, Json]:
    return {**context.variables, **cast("Mapping[str, Json]", parse(evidence.saved.encode()))}


def fewest(evidence: NPlusOneEvidence) -> Found | None:
    """The counts that are judged; None when there are none."""
    small, big = (
        [one.count for one in column if one.count is not None]
        for column in ([one.small for one in evidence.rounds], [one.big for one in evidence.rounds])
    )
    if not small or not big:
        return None
    return Found(min(small, key=lambda one: one.sent), min(big, key=lambda one: one.sent))


def _told(spec: NPlusOneSpec, found: Found) -> str:
    small, big = spec.sizes
    numbers = f"the app sent {_many(found.big.sent)} for {big} items and {found.small.sent} for {small}"
    if found.big.sent == 0:
        return f"{numbers}, so the answers do not come from the database"
    grown = found.grown()
    if grown is None:
        return numbers
    text, before, after = grown
    same = after - before == big - small
    often = f"was sent {after} times for {big} items and {before} times for {small}"
    how = f"the same statement {'was sent once for each item' if same else often}"
    return f"{numbers}: {how}: {one_line(text, _STATEMENT)}"


def _inside(spec: NPlusOneSpec, found: Found) -> str:
    small, big = spec.sizes
    return (
        f"functions and triggers in the database ran {_many(found.big.inside)} for {big} items "
        f"and {found.small.inside} for {small}"
    )


def _many(number: int) -> str:
    return f"{number} statement{'' if number == 1 else 's'}"


def _wrong(spec: NPlusOneSpec, evidence: NPlusOneEvidence, context: Context) -> Iterator[Mismatch]:
    """What is wrong with the first answer that is."""
    if len(evidence.rounds) < spec.rounds:
        what = f"{len(evidence.rounds)} of {spec.rounds} rounds are in the evidence; grade the submission again"
        yield Mismatch("", what, ours=True)
        return
    base = _known(evidence, context)
    for number, one in enumerate(evidence.rounds, 1):
        for size, measured in zip(spec.sizes, (one.small, one.big), strict=True):
            known = variables(evidence.uuid, number, size, base)
            found = list(_of_one(spec, measured, known, context.files))
            if found:
                yield from (
                    mismatch.below(f"with {size} items: " if mismatch.place else f"with {size} items")
                    for mismatch in found
                )
                return


def _of_one(
    spec: NPlusOneSpec, measured: Measured, known: Mapping[str, Json], files: Mapping[str, bytes]
) -> Iterator[Mismatch]:
    broken = unprepared(spec.before, measured.before, known)
    if broken is not None:
        yield broken
        return
    if measured.unsent:
        unset = nowhere(measured.unsent)
        yield Mismatch("", unset or f"nothing was sent: {clean(measured.unsent)}", ours=bool(unset))
        return
    if measured.received is None or measured.count is None:
        yield Mismatch("", "the evidence has no answer, or no count; grade the submission again", ours=True)
        return
    reading = Reading(measured.received)
    _, mismatches = examine(spec.step, reading, known, files)
    for mismatch in mismatches:
        # Nothing is sent unless the steps before saved all that they are to save.
        unknown = mismatch.names and known.keys().isdisjoint(mismatch.names)
        yield of_the_author(mismatch) if unknown else mismatch
    if spec.items is not None and measured.received.error is None:
        yield from _items(spec.items, reading, known["n"])


def _items(path: str, reading: Reading, size: Json) -> Iterator[Mismatch]:
    try:
        value = reading.path(path)
    except JsonProblem as problem:
        yield Mismatch("JSON", f"a body that is not read as JSON: {clean(str(problem))}", "body")
        return
    except TooManyNodes as reason:
        yield Mismatch("a body that the path can be applied to", str(reason), path)
        return
    there: Sequence[object] | None = value if isinstance(value, list) else None
    if there is None or len(there) != size:
        yield Mismatch(
            f"{size} items", "no list" if there is None else f"{len(there)} item{'' if len(there) == 1 else 's'}", path
        )


def _only(answers: CaseResult, mismatches: Sequence[Mismatch]) -> Judgement:
    """Without right answers there is nothing to count."""
    outcome = answers.outcome
    if outcome.status is Status.FAILED:
        first = mismatches[0]
        seen = f"{first.place}: {first.actual}{f'; {first.expected} expected' if first.expected else ''}"
        message = f"not every answer is right, so nothing was counted: {one_line(seen, _STATEMENT)}"
        outcome = Outcome(status=Status.FAILED, message=message)
    return Judgement(outcome=outcome, cases=(answers,))


def _failed(message: str) -> Judgement:
    return Judgement(outcome=Outcome(status=Status.FAILED, message=message))
