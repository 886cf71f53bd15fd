"""How the expectations of a scenario are tried: responses and answers of the database with one change in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from gradekit.checks.http.evidence import Answered, CaseRun, Content, Exchange, HttpEvidence, Received
from gradekit.checks.http.judge import case_title, step_title
from gradekit.checks.http.model import Ask, CookieExpect, Expect, HttpSpec, ItemsExpect, Question
from gradekit.checks.oracle import UNSET, Files, Neutral, Oracle, Part, changed_table, changed_text, replaced
from gradekit.checks.stores.oracle import changed_found

_UNTOLD: Final = frozenset(
    {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "x-powered-by"}
)
"""Headers that belong to the server rather than to the program."""
_FAILED: Final = 500
_OTHER: Final = 200

NEUTRAL: Final[Neutral] = {
    Expect: {
        "status": None,
        "equals": UNSET,
        "includes": UNSET,
        "json_schema": UNSET,
        "time_ratio": None,
    },
    ItemsExpect: {"unique_by": None, "sorted_by": ()},
    CookieExpect: {"secure": None, "http_only": None},
    Ask: {"expect": None},
}


def _changed(spec: HttpSpec, evidence: HttpEvidence) -> Iterator[tuple[str, HttpEvidence]]:
    for index, run in enumerate(evidence.runs):
        for what, other in _changed_run(spec, run):
            yield what, evidence.model_copy(update={"runs": replaced(evidence.runs, index, other)})


def _changed_run(spec: HttpSpec, run: CaseRun) -> Iterator[tuple[str, CaseRun]]:
    for index, (step, exchange) in enumerate(zip(spec.steps, run.exchanges, strict=False)):
        for what, other in _changed_exchange(exchange):
            yield (
                f"{step_title(step)}: {what}",
                run.model_copy(update={"exchanges": replaced(run.exchanges, index, other)}),
            )
    for what, answers in changed_answers(spec.after, run.after):
        yield what, run.model_copy(update={"after": answers})


def changed_answers(
    questions: Sequence[Question], answers: Sequence[Answered]
) -> Iterator[tuple[str, tuple[Answered, ...]]]:
    """The answers to questions after the steps, with one change in them."""
    for index, (question, answered) in enumerate(zip(questions, answers, strict=False)):
        for what, other in changed_answer(answered):
            yield f"{question.title('after')}: {what}", replaced(answers, index, other)


def changed_answer(answered: Answered) -> Iterator[tuple[str, Answered]]:
    """What a statement or a question gave, with one change in it."""
    if answered.found is not None:
        for what, found in changed_found(answered.found):
            yield what, answered.model_copy(update={"found": found})
    if answered.affected is not None:
        yield "one row more changed", answered.model_copy(update={"affected": answered.affected + 1})
    for what, table in changed_table(answered.table):
        yield what, answered.model_copy(update={"table": table})


def changed_statuses(statuses: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Statuses of many responses, the first of which is another one."""
    for other in (_FAILED, _OTHER):
        if statuses and statuses[0] != other:
            yield f"one status {other}", replaced(statuses, 0, other)


def _changed_exchange(exchange: Exchange) -> Iterator[tuple[str, Exchange]]:
    if exchange.answered is not None:
        for what, answered in changed_answer(exchange.answered):
            yield what, exchange.model_copy(update={"answered": answered})
    for what, statuses in changed_statuses(exchange.statuses):
        yield what, exchange.model_copy(update={"statuses": statuses})
    for index in sorted({0, len(exchange.pages) - 1}) if exchange.pages else ():
        page = exchange.pages[index]
        for what, received in _changed_response(page.received):
            other = page.model_copy(update={"received": received})
            yield (
                f"page {index + 1}: {what}",
                exchange.model_copy(update={"pages": replaced(exchange.pages, index, other)}),
            )
    if exchange.received is not None and not exchange.pages:
        for what, received in _changed_response(exchange.received):
            yield what, exchange.model_copy(update={"received": received})


def _changed_response(received: Received) -> Iterator[tuple[str, Received]]:
    if received.error is not None:
        return
    for status in (received.status + 1, _FAILED, _OTHER):
        if status != received.status:
            yield f"status {status}", received.model_copy(update={"status": status})
    for index, (name, value) in enumerate(received.headers):
        if name.lower() in _UNTOLD:
            continue
        rest = (*received.headers[:index], *received.headers[index + 1 :])
        yield f"without {name}", received.model_copy(update={"headers": rest})
        longer = replaced(received.headers, index, (name, f"x{value}"))
        yield f"another {name}", received.model_copy(update={"headers": longer})
    if received.body.text:
        for what, text in changed_text(received.body.text):
            yield what, received.model_copy(update={"body": Content(text=text)})


def _parts(spec: HttpSpec, evidence: HttpEvidence, files: Files) -> Iterator[Part[HttpSpec, HttpEvidence]]:  # noqa: ARG001
    if not spec.cases:
        yield Part("", spec, evidence)
        return
    for index, (case, run) in enumerate(zip(spec.cases, evidence.runs, strict=False)):
        alone = spec.model_copy(update={"cases": (case,)})
        yield Part(case_title(case, index), alone, evidence.model_copy(update={"runs": (run,)}))


ORACLE: Final = Oracle(_changed, _parts, NEUTRAL)
