"""How the expectations of sessions are tried: each order with one change in what became of its steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gradekit.checks.http.evidence import Answered
from gradekit.checks.http.oracle import NEUTRAL, changed_answer, changed_answers
from gradekit.checks.oracle import Changes, Each, Files, Oracle, Part, Place, Rank, replaced
from gradekit.checks.sessions.evidence import Ran, Run, SessionsEvidence
from gradekit.checks.sessions.model import SessionsExpect, SessionsSpec

_REFUSED: Final = Answered(error="refused")
_STATES: Final = ("40001", "XX000")
"""A serialization failure, and an error that no challenge asks for (SQLSTATE)."""


def _orders(
    spec: SessionsSpec,
    evidence: SessionsEvidence,
    files: Files,  # noqa: ARG001
) -> Iterator[Part[SessionsSpec, SessionsEvidence]]:
    for run in evidence.runs:
        alone = spec.model_copy(update={"order": run.order})
        yield Part(" ".join(run.order), alone, evidence.model_copy(update={"runs": (run,)}), shared=True)


def _changed(spec: SessionsSpec, evidence: SessionsEvidence) -> Changes[SessionsEvidence]:
    for index, run in enumerate(evidence.runs):
        for place, what, other in _changed_run(spec, run):
            yield place, what, evidence.model_copy(update={"runs": replaced(evidence.runs, index, other)})


def _changed_run(spec: SessionsSpec, run: Run) -> Changes[Run]:
    for index, ran in enumerate(run.steps):
        for place, what, other in _changed_step(ran):
            yield place.below(ran.step), what, run.model_copy(update={"steps": replaced(run.steps, index, other)})
    for place, what, after in changed_answers(spec.after, run.after):
        yield place, what, run.model_copy(update={"after": after})


def _changed_step(ran: Ran) -> Changes[Ran]:
    waiting = {"waited": not ran.waited}
    # Steps wait as they like unless the author says which ones must.
    yield Place("waits", Rank.FREE), "it does not" if ran.waited else "it does", ran.model_copy(update=waiting)
    for state in _STATES:
        if state != ran.sqlstate:
            other = {"answered": _REFUSED, "sqlstate": state}
            yield Place("error"), f"one of SQLSTATE {state}", ran.model_copy(update=other)
    if ran.answered.error is not None:
        yield Place("error"), "none", ran.model_copy(update={"answered": Answered(), "sqlstate": None})
    for place, what, answered in changed_answer(ran.answered):
        yield place, what, ran.model_copy(update={"answered": answered})


ORACLE: Final = Oracle(
    _changed,
    _orders,
    neutral={**NEUTRAL, SessionsExpect: {"waits": None, "errors": Each(("none", "any")), "victim": "any"}},
    listed={SessionsExpect: ("results",)},
)
