"""How the expectations of calls are tried: answers with one change in each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from gradekit.checks.call.evidence import CallEvidence, CaseFact, Exchange
from gradekit.checks.call.model import CallSpec, Raises
from gradekit.checks.call.wire import read
from gradekit.checks.jsontext import Json, render
from gradekit.checks.oracle import Changes, Files, Oracle, Part, Place, Rank, changed_json, numbered, replaced

_ANY_ERROR: Final = "changed:Error"
"""A class that no language knows as any kind of error."""
_HOW: Final = Place("error")
_OTHER: Final = "something else"


def _parts(spec: CallSpec, evidence: CallEvidence, files: Files) -> Iterator[Part[CallSpec, CallEvidence]]:
    """Each case. Generated calls are compared whole with what the reference answered: there is nothing to try."""
    facts = {fact.name: fact for fact in evidence.cases}
    for case in spec.all_cases(files):
        fact = facts.get(case.name)
        if fact is not None:
            alone = spec.model_copy(update={"cases": (case,), "cases_file": None, "for_all": ()})
            yield Part(case.name, alone, evidence.model_copy(update={"cases": (fact,)}))


def _changed(spec: CallSpec, evidence: CallEvidence) -> Changes[CallEvidence]:
    for number, (case, fact) in enumerate(zip(spec.cases, evidence.cases, strict=False)):
        actions = case.actions()
        titles = numbered([action.label for action in actions])
        for index, (title, action, exchange) in enumerate(zip(titles, actions, fact.exchanges, strict=False)):
            about = action.call or action.new or action.get or ""
            for place, what, other in _changed_exchange(exchange):
                exchanges = replaced(fact.exchanges, index, other)
                cases = replaced(evidence.cases, number, CaseFact(name=fact.name, exchanges=exchanges))
                yield place.below(title, about=about), what, evidence.model_copy(update={"cases": cases})


def _changed_exchange(exchange: Exchange) -> Changes[Exchange]:
    was = read(exchange)
    answer: Any = json.loads(exchange.reply) if was.kind in {"value", "error"} else {}
    others: list[tuple[Place, str, dict[str, Json]]] = []
    if was.kind == "value" and was.handle is None:
        others = [(place, what, {"value": value}) for place, what, value in changed_json(answer["value"])]
        others.append((_HOW, "an error instead", {"error": {"classes": [_ANY_ERROR], "message": ""}}))
    elif was.kind == "error":
        error = answer["error"]
        others = [
            (_HOW, "null instead", {"value": None}),
            (Place("error: kind"), "another", {"error": {**error, "classes": [_ANY_ERROR]}}),
            (Place("error: message", Rank.FREE), "another", {"error": {**error, "message": _OTHER}}),
        ]
    for place, what, changes in others:
        other = exchange.model_copy(update={"reply": render({"id": exchange.id, **changes})})
        # A change inside of a tagged value may make nonsense of it, which every case notices.
        if read(other).kind != "broken":
            yield place, what, other


ORACLE: Final = Oracle(_changed, _parts, neutral={Raises: {"kind": "any"}})
