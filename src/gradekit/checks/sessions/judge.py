"""The verdict over the orders: pure, and total for every evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradekit.checks.base import Context
from gradekit.checks.differences import Mismatch
from gradekit.checks.http.evidence import Answered
from gradekit.checks.http.judge import answer
from gradekit.checks.http.model import Question
from gradekit.checks.sessions.evidence import Ran, Run, SessionsEvidence
from gradekit.checks.sessions.model import CLASSES, SessionsSpec, session_of
from gradekit.checks.tally import errored, examined, tally
from gradekit.checks.template import nowhere
from gradekit.results import Judgement, Outcome, Status
from gradekit.texts import MAX_SHOWN, clean, one_line

_FOLLOWS = "25P02"
"""SQLSTATE of statements in a transaction that has failed before: what came of an error, and none of its own."""


def judge(spec: SessionsSpec, evidence: SessionsEvidence, context: Context) -> Judgement:
    """One case for each order."""
    if evidence.flaw:
        return Judgement(outcome=Outcome(status=Status.FAILED, message=clean(evidence.flaw)))
    orders = spec.orders()
    if [run.order for run in evidence.runs] != list(orders):
        return errored("the evidence is not of all steps in all orders; grade the submission again")
    wrong = {" ".join(run.order): list(_wrong(spec, run, context)) for run in evidence.runs}
    cases = [examined(name, name.replace(" ", "-"), found) for name, found in wrong.items()]
    judgement = tally(cases, noun="orders", all_or_nothing=True)
    if judgement.outcome.status is not Status.FAILED:
        return judgement
    name, first = next((name, found[0]) for name, found in wrong.items() if found)
    return judgement.model_copy(
        update={"outcome": judgement.outcome.model_copy(update={"message": _told(name, first)})}
    )


def _told(order: str, first: Mismatch) -> str:
    place, actual, expected = (one_line(text, MAX_SHOWN) for text in (first.place, first.actual, first.expected))
    said = f"{place}: {actual}" if place else actual
    return f"in the order {one_line(order)}: {said}{f'; {expected} expected' if expected else ''}"


def _wrong(spec: SessionsSpec, run: Run, context: Context) -> Iterator[Mismatch]:
    steps = {one.step: one for one in run.steps}
    for one in run.steps:
        yield from _waits(spec, one)
        if not one.ended:
            what = (
                "waited for another session until all was over" if one.begun else "could not begin until all was over"
            )
            yield Mismatch("", f"{_titled(spec, one)} {what}")
            return
    yield from _errors(spec, run)
    for name, expected in spec.expect.results.items():
        question = Question(sql="select", expect=expected)
        yield from _answer(question, steps[name].answered, context.variables, _titled(spec, steps[name]))
    if len(run.after) < len(spec.after):
        yield Mismatch("", "the evidence has no answers to the questions after; grade the submission again", ours=True)
        return
    for question, answered in zip(spec.after, run.after, strict=False):
        yield from _answer(question, answered, context.variables, question.title("after"))


def _titled(spec: SessionsSpec, one: Ran) -> str:
    return f"{one.step} ({spec.title(one.step)})"


def _answer(question: Question, answered: Answered, known: Mapping[str, object], title: str) -> Iterator[Mismatch]:
    for mismatch in answer(question, answered, known):  # type: ignore[arg-type]  # variables are JSON
        unset = nowhere(mismatch.actual)
        if unset is None:
            yield mismatch.below(f"{title}: " if mismatch.place else title)
        else:
            yield Mismatch("", unset, ours=True)


def _waits(spec: SessionsSpec, one: Ran) -> Iterator[Mismatch]:
    wanted = spec.expect.waits
    if wanted is None or one.waited == (one.step in wanted):
        return
    words = ("that it waits for another session", "it went on")
    if one.waited:
        words = ("that it goes on", "it waited for another session")
    yield Mismatch(*words, _titled(spec, one))


def _errors(spec: SessionsSpec, run: Run) -> Iterator[Mismatch]:
    victims: dict[str, str] = {}
    for one in run.steps:
        if one.sqlstate == _FOLLOWS:
            continue
        found = "none" if one.answered.error is None else CLASSES.get(one.sqlstate or "", "another")
        wanted = spec.expect.errors.get(one.step, ("none",))
        if found in wanted or (found != "none" and "any" in wanted):
            continue
        if spec.expect.victim is not None and found != "none" and one.step not in spec.expect.errors:
            victims.setdefault(session_of(one.step), found)
            if spec.expect.victim in {found, "any"}:
                continue
            wanted = (spec.expect.victim,)
        yield Mismatch(_listed(wanted), _said(found, one), _titled(spec, one))
    if spec.expect.victim is not None and len(victims) != 1:
        expected = f"exactly one session that fails ({spec.expect.victim})"
        yield Mismatch(
            expected, f"{len(victims)} of {len(spec.sessions)}" if victims else "none did", "sessions that failed"
        )


def _listed(wanted: tuple[str, ...]) -> str:
    return " or ".join("no error" if name == "none" else f"an error ({name})" for name in wanted)


def _said(found: str, one: Ran) -> str:
    if found == "none":
        return "no error"
    return f"an error ({found}): {clean(one.answered.error or '')}"
