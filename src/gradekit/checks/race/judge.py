"""The verdict over the rounds: one that is lost loses the race."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.base import Context
from gradekit.checks.differences import Mismatch
from gradekit.checks.http.evidence import failure
from gradekit.checks.http.judge import UNRECORDED, answer, refused
from gradekit.checks.http.reading import counted
from gradekit.checks.race.evidence import RaceEvidence, Round, variables
from gradekit.checks.race.model import RaceSpec
from gradekit.checks.tally import examined, failed, tally
from gradekit.results import Judgement
from gradekit.texts import clean


def judge(spec: RaceSpec, evidence: RaceEvidence, context: Context) -> Judgement:
    """Judge each round by its statuses and by what is in the database after it."""
    rounds = [*evidence.rounds, *[Round()] * spec.rounds][: spec.rounds]
    cases = [
        examined(f"round {number}", f"round-{number}", list(_wrong(spec, one, evidence.uuid, number, context)))
        for number, one in enumerate(rounds, 1)
    ]
    if evidence.stretch is not None and not evidence.stretch.kept:
        message = "statements were made to wait, which something of the submission undid: nothing is proved"
        cases.append(failed("the tables are left alone", "tables", message))
    return tally(cases, noun="rounds", all_or_nothing=True)


def _wrong(spec: RaceSpec, one: Round, run: str, number: int, context: Context) -> Iterator[Mismatch]:
    broken = failure(one.before)
    if broken is not None:
        yield refused(broken[1]).below(spec.before[broken[0]].title("before") if broken[0] < len(spec.before) else "")
        return
    if one.unsent:
        yield Mismatch("", f"nothing was sent: {clean(one.unsent)}")
        return
    if len(one.statuses) != spec.clients or len(one.after) < len(spec.after):
        yield UNRECORDED
        return
    known = variables(run, number, context.variables)
    yield from counted(spec.expect.statuses, one.statuses, known)
    for question, answered in zip(spec.after, one.after, strict=False):
        title = question.title("after")
        for mismatch in answer(question, answered, known):
            yield mismatch.below(f"{title}: " if mismatch.place else title)
