"""The verdict over the rounds: one that is lost loses the race."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.base import Context
from gradekit.checks.differences import Mismatch
from gradekit.checks.http.judge import answer, unprepared
from gradekit.checks.http.reading import counted
from gradekit.checks.match import of_the_author
from gradekit.checks.race.evidence import RaceEvidence, Round, variables
from gradekit.checks.race.model import RaceSpec
from gradekit.checks.tally import examined, failed, tally
from gradekit.checks.template import nowhere
from gradekit.results import CaseResult, Judgement, Outcome, Status
from gradekit.texts import MAX_SHOWN, clean, one_line

UNDONE = (
    "the delay that the grader puts before the app's writes was gone at the end: tables or their triggers were "
    "altered, dropped or made anew while requests ran, so that a race could not be provoked; "
    "change tables only at the start"
)
_COUNT = "responses with "


def judge(spec: RaceSpec, evidence: RaceEvidence, context: Context) -> Judgement:
    """Judge each round by its statuses and by what is in the database after it."""
    rounds = [*evidence.rounds, *[Round()] * spec.rounds][: spec.rounds]
    wrong = {number: list(_wrong(spec, one, evidence.uuid, number, context)) for number, one in enumerate(rounds, 1)}
    cases = [examined(f"round {number}", f"round-{number}", found) for number, found in wrong.items()]
    if evidence.stretch is not None and not evidence.stretch.kept:
        title = "the tables stay as they are"
        if any(one.statuses for one in rounds):
            cases.append(failed(title, "tables", UNDONE))
        else:
            unjudged = Outcome(status=Status.SKIPPED, message="not judged: no round came to its requests")
            cases.append(CaseResult(id="tables", title=title, outcome=unjudged))
    judgement = tally(cases, noun="rounds", all_or_nothing=True)
    if judgement.outcome.status is not Status.FAILED:
        return judgement
    lost = next((_told(spec, number, found[0]) for number, found in wrong.items() if found), UNDONE)
    return judgement.model_copy(update={"outcome": judgement.outcome.model_copy(update={"message": lost})})


def _told(spec: RaceSpec, number: int, first: Mismatch) -> str:
    """The round in one line."""
    place, actual, expected = (one_line(text, MAX_SHOWN) for text in (first.place, first.actual, first.expected))
    if place.startswith(_COUNT) and expected:
        said = f"{actual} of {spec.clients} requests got {place.removeprefix(_COUNT)}"
    else:
        said = f"{place}: {actual}" if place else actual
    return f"round {number}: {said}{f'; {expected} expected' if expected else ''}"


def _wrong(spec: RaceSpec, one: Round, run: str, number: int, context: Context) -> Iterator[Mismatch]:
    known = variables(run, number, context.variables)
    broken = unprepared(spec.before, one.before, known)
    if broken is not None:
        yield broken
        return
    if one.unsent:
        # A round has no variables but the challenge's and its own.
        unset = nowhere(one.unsent)
        yield Mismatch("", unset or f"nothing was sent: {clean(one.unsent)}; correct the challenge", ours=True)
        return
    if len(one.statuses) != spec.clients or len(one.after) < len(spec.after):
        yield Mismatch("", f"the evidence has nothing about round {number}; grade the submission again", ours=True)
        return
    for mismatch in counted(spec.expect.statuses, one.statuses, known):
        unset = nowhere(mismatch.actual)
        yield mismatch if unset is None else Mismatch("", unset, ours=True)
    for question, answered in zip(spec.after, one.after, strict=False):
        title = question.title("after")
        for mismatch in answer(question, answered, known):
            whole = of_the_author(mismatch) if mismatch.names else mismatch
            yield whole.below(f"{title}: " if mismatch.place else title)
