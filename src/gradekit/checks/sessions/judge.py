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
from gradekit.checks.template import UnknownNameError, fill_text, nowhere
from gradekit.results import Judgement, Outcome, Status
from gradekit.texts import MAX_SHOWN, clean, one_line

_FOLLOWS = "25P02"
"""SQLSTATE of statements in a transaction that has failed before: what came of an error, and none of its own."""
_SOURCE = 80
"""Characters of a candidate's text that name a step."""
_NEVER: Mapping[bool, str] = {
    True: "still waited for another session when nothing else was left to run; is a transaction left open?",
    False: "could not begin: its session still waited when nothing else was left to run; is a transaction left open?",
}
"""Of a step that did not end, by whether it began."""
_WORDS: Mapping[str, str] = {
    "none": "no error",
    "any": "an error of any kind",
    "another": "an error of another kind",
    "serialization": "a serialization failure",
    "deadlock": "a deadlock",
    "lock_timeout": "a lock that was not given in time",
    "unique": "a violated unique constraint",
    "foreign_key": "a violated foreign key",
    "not_null": "a violated NOT NULL constraint",
    "check": "a violated check constraint",
    "timeout": "a cancelled statement, as after its time",
}
"""By class of error."""


def judge(spec: SessionsSpec, evidence: SessionsEvidence, context: Context) -> Judgement:
    """One case for each order."""
    if evidence.flaw:
        return Judgement(outcome=Outcome(status=Status.FAILED, message=clean(evidence.flaw)))
    orders = spec.orders()
    if [run.order for run in evidence.runs] != list(orders):
        return errored("the evidence lacks some steps or orders; grade the submission again")
    wrong = {" ".join(run.order): list(_wrong(spec, run, evidence.sources, context)) for run in evidence.runs}
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
    first_step = order.split(maxsplit=1)[0]
    session = session_of(first_step)
    key = f"{first_step}: step {first_step.removeprefix(session)} of session {session}"
    return f"in the order {one_line(order)} ({key}): {said}{f'; expected: {expected}' if expected else ''}"


def _wrong(spec: SessionsSpec, run: Run, sources: Mapping[str, str], context: Context) -> Iterator[Mismatch]:
    steps = {one.step: one for one in run.steps}
    titles = {one.step: _titled(spec, one, sources) for one in run.steps}
    for one in run.steps:
        yield from _waits(spec, one, titles[one.step])
        if not one.ended:
            yield Mismatch("", f"{titles[one.step]} {_NEVER[one.begun]}")
            return
    yield from _errors(spec, run, titles)
    for name, expected in spec.expect.results.items():
        question = Question(sql="select", expect=expected)
        answered = steps[name].answered
        if answered.error is not None:
            # The statement may be the candidate's, so it is not told as one of the challenge.
            yield Mismatch(
                "a result", f"none, because it failed; the database said: {clean(answered.error)}", titles[name]
            )
        else:
            yield from _answer(question, answered, context.variables, titles[name])
    if len(run.after) < len(spec.after):
        yield Mismatch("", "the evidence has no answers to the questions after; grade the submission again", ours=True)
        return
    for question, answered in zip(spec.after, run.after, strict=False):
        yield from _answer(question, answered, context.variables, _asked(question, context.variables))


def _titled(spec: SessionsSpec, one: Ran, sources: Mapping[str, str]) -> str:
    """A step with what it is and, where a file of the submission is run, how that begins."""
    source = sources.get(one.step)
    return f"{one.step} ({spec.title(one.step)}{'' if source is None else f': {one_line(source, _SOURCE)}'})"


def _asked(question: Question, known: Mapping[str, object]) -> str:
    """A question in words, with the values that its names stand for."""
    try:
        return question.name or f"after: {one_line(fill_text(question.text, known))}"  # type: ignore[arg-type]
    except UnknownNameError:
        return question.title("after")


def _answer(question: Question, answered: Answered, known: Mapping[str, object], title: str) -> Iterator[Mismatch]:
    for mismatch in answer(question, answered, known):  # type: ignore[arg-type]  # variables are JSON
        unset = nowhere(mismatch.actual)
        if unset is None:
            yield mismatch.below(f"{title}: " if mismatch.place else title)
        else:
            yield Mismatch("", unset, ours=True)


def _waits(spec: SessionsSpec, one: Ran, title: str) -> Iterator[Mismatch]:
    wanted = spec.expect.waits
    if wanted is None or one.waited == (one.step in wanted):
        return
    words = ("it waits for another session", "it went on without waiting")
    if one.waited:
        words = ("it goes on without waiting", "it waited for another session")
    yield Mismatch(*words, title)


def _errors(spec: SessionsSpec, run: Run, titles: Mapping[str, str]) -> Iterator[Mismatch]:
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
        yield Mismatch(_listed(wanted), _said(found, one), titles[one.step])
    if spec.expect.victim is not None and len(victims) != 1:
        expected = f"exactly one, by {_WORDS[spec.expect.victim]}"
        yield Mismatch(
            expected, f"{len(victims)} of {len(spec.sessions)}" if victims else "none", "sessions that failed"
        )


def _listed(wanted: tuple[str, ...]) -> str:
    return " or ".join(_WORDS[name] for name in wanted)


def _said(found: str, one: Ran) -> str:
    if found == "none":
        return _WORDS["none"]
    state = f" (SQLSTATE {clean(one.sqlstate)})" if one.sqlstate else ""
    where = f" in its statement {one.at}" if one.at > 1 else ""
    return f"it failed{where} by {_WORDS[found]}{state}; the database said: {clean(one.answered.error or '')}"
