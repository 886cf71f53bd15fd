"""What happened, step by step."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.compare.words import render
from gradekit.checks.http.show import answered_text
from gradekit.checks.sessions.evidence import Ran, Run, SessionsEvidence
from gradekit.checks.sessions.model import SessionsSpec
from gradekit.results import Exhibit
from gradekit.texts import clean

_ROWS = 10
_ERROR = 500


def show(spec: SessionsSpec, evidence: SessionsEvidence) -> tuple[Exhibit, ...]:
    """The candidate's texts, and one exhibit for each order."""
    texts = dict.fromkeys(
        (step.text, evidence.sources[name])
        for name, step in spec.steps.items()
        if not isinstance(step, str) and name in evidence.sources
    )
    return (
        *(Exhibit(title=title, text=text) for title, text in texts),
        *(Exhibit(title=" ".join(run.order), text="\n".join(_lines(spec, run))) for run in evidence.runs),
    )


def _lines(spec: SessionsSpec, run: Run) -> Iterator[str]:
    for one in run.steps:
        yield f"{one.step}: {spec.title(one.step)}{_became(one)}"
        if one.answered.error is not None:
            yield f"    statement {one.at}: {clean(one.answered.error, _ERROR)} ({one.sqlstate})"
        elif one.answered.table.columns:
            yield from (f"    {line}" for line in render(one.answered.table, _ROWS).splitlines())
        elif one.answered.affected is not None:
            yield f"    rows changed: {one.answered.affected}"
    for question, answered in zip(spec.after, run.after, strict=False):
        yield f"\n{answered_text(question, answered)}"


def _became(one: Ran) -> str:
    if not one.begun:
        return " -- not begun"
    began = " -- began later" if one.late else ""
    return began + ("" if not one.waited else " -- waited" if one.ended else " -- waited until all was over")
