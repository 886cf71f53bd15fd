"""How the expectations of a scenario are tried: responses and answers of the database with one change in each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gradekit.checks.http.evidence import Answered, CaseRun, Content, Exchange, HttpEvidence, Received, Sent
from gradekit.checks.http.judge import case_title, step_title
from gradekit.checks.http.model import Ask, CookieExpect, Expect, HttpSpec, ItemsExpect, Question, Step
from gradekit.checks.oracle import (
    UNSET,
    Changes,
    Files,
    Neutral,
    Oracle,
    Part,
    Place,
    Rank,
    changed_table,
    changed_text,
    numbered,
    replaced,
)
from gradekit.checks.stores.oracle import changed_found

_UNTOLD: Final = frozenset(
    {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "x-powered-by"}
)
"""Headers that belong to the server rather than to the program."""
_FAILED: Final = 500
_OTHER: Final = 200
_ERROR: Final = 400
_KEY: Final = re.compile(r"(?<=/)[^/]*[0-9A-Z%][^/]*")
"""A piece of a path that tells one thing of a kind from others, such as a number or ``PEN-BLUE``."""

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


def _changed(spec: HttpSpec, evidence: HttpEvidence) -> Changes[HttpEvidence]:
    for index, run in enumerate(evidence.runs):
        for place, what, other in _changed_run(spec, run):
            yield place, what, evidence.model_copy(update={"runs": replaced(evidence.runs, index, other)})


def _changed_run(spec: HttpSpec, run: CaseRun) -> Changes[CaseRun]:
    titles = numbered([step_title(step) for step in spec.steps])
    for index, (title, step, exchange) in enumerate(zip(titles, spec.steps, run.exchanges, strict=False)):
        # Who writes `expect: any` has said that all of it is free; of several clients, only statuses are judged.
        free = isinstance(step, Step) and (step.expect.any or step.clients is not None)
        free = free or (isinstance(step, Ask) and step.expect is None)
        about = asked(exchange.sent, exchange.received)
        for place, what, other in _changed_exchange(exchange):
            exchanges = replaced(run.exchanges, index, other)
            yield place.below(title, about=about, free=free), what, run.model_copy(update={"exchanges": exchanges})
    for place, what, answers in changed_answers(spec.after, run.after):
        yield place, what, run.model_copy(update={"after": answers})


def asked(sent: Sent | None, received: Received | None) -> str:
    """What was asked for, whichever one of its kind, and which error it was, if that was the answer."""
    if sent is None or received is None:
        return ""
    about = f"{sent.method} {_KEY.sub('*', sent.target.partition('?')[0])}"
    return f"{received.status} of {about}" if received.status >= _ERROR else about


def changed_answers(questions: Sequence[Question], answers: Sequence[Answered]) -> Changes[tuple[Answered, ...]]:
    """The answers to questions after the steps, with one change in them."""
    titles = numbered([question.title("after") for question in questions])
    for index, (title, answered) in enumerate(zip(titles, answers, strict=False)):
        for place, what, other in changed_answer(answered):
            yield place.below(title), what, replaced(answers, index, other)


def changed_answer(answered: Answered) -> Changes[Answered]:
    """What a statement or a question gave, with one change in it."""
    if answered.found is not None:
        for place, what, found in changed_found(answered.found):
            yield place, what, answered.model_copy(update={"found": found})
    if answered.affected is not None:
        more = answered.model_copy(update={"affected": answered.affected + 1})
        yield Place("changed rows", Rank.FREE), "one more", more
    for place, what, table in changed_table(answered.table, named=False):
        yield place, what, answered.model_copy(update={"table": table})


def changed_statuses(statuses: tuple[int, ...]) -> Changes[tuple[int, ...]]:
    """Statuses of many responses, the first of which is another one."""
    for other in (_FAILED, _OTHER):
        if statuses and statuses[0] != other:
            yield Place("statuses"), f"one is {other}", replaced(statuses, 0, other)


def _changed_exchange(exchange: Exchange) -> Changes[Exchange]:
    if exchange.answered is not None:
        for place, what, answered in changed_answer(exchange.answered):
            yield place, what, exchange.model_copy(update={"answered": answered})
    for place, what, statuses in changed_statuses(exchange.statuses):
        yield place, what, exchange.model_copy(update={"statuses": statuses})
    for index in sorted({0, len(exchange.pages) - 1}) if exchange.pages else ():
        page = exchange.pages[index]
        for place, what, received in changed_response(page.received):
            other = page.model_copy(update={"received": received})
            pages = replaced(exchange.pages, index, other)
            yield place, f"{what} on page {index + 1}", exchange.model_copy(update={"pages": pages})
    if exchange.received is not None and not exchange.pages:
        for place, what, received in changed_response(exchange.received):
            yield place, what, exchange.model_copy(update={"received": received})


def changed_response(received: Received) -> Changes[Received]:
    """A response with one change in it."""
    if received.error is not None:
        return
    for status in (received.status + 1, _FAILED, _OTHER):
        if status != received.status:
            yield Place("status"), str(status), received.model_copy(update={"status": status})
    for index, (name, value) in enumerate(received.headers):
        if name.lower() in _UNTOLD:
            continue
        # It is the same one in all answers of an app.
        place = Place(f"header {name}", Rank.AROUND, f"header {name.lower()}")
        rest = (*received.headers[:index], *received.headers[index + 1 :])
        yield place, "left out", received.model_copy(update={"headers": rest})
        other = replaced(received.headers, index, (name, f"x{value}"))
        yield place, "another", received.model_copy(update={"headers": other})
    if received.body.text:
        for place, what, text in changed_text(received.body.text):
            yield place, what, received.model_copy(update={"body": Content(text=text)})


def _parts(spec: HttpSpec, evidence: HttpEvidence, files: Files) -> Iterator[Part[HttpSpec, HttpEvidence]]:  # noqa: ARG001
    if not spec.cases:
        yield Part("", spec, evidence)
        return
    for index, (case, run) in enumerate(zip(spec.cases, evidence.runs, strict=False)):
        alone = spec.model_copy(update={"cases": (case,)})
        yield Part(case_title(case, index), alone, evidence.model_copy(update={"runs": (run,)}), shared=True)


ORACLE: Final = Oracle(_changed, _parts, NEUTRAL)
