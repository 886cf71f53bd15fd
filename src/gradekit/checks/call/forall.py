"""Generated calls: asked of the reference once, when its answers go into challenge.lock, and then of everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from gradekit.checks.base import Context, Recorded
from gradekit.checks.call.evidence import CallEvidence
from gradekit.checks.call.generate import draw_all
from gradekit.checks.call.model import CallCase, CallSpec, ForAll, escaped
from gradekit.checks.call.wire import read
from gradekit.checks.jsontext import Json, JsonProblem, parse, render
from gradekit.checks.values import is_list, number
from gradekit.language import ERROR_KINDS

MISSING = "challenge.lock has no answers of the reference to the generated calls: run gradekit challenge verify"


def asked(spec: CallSpec, context: Context) -> Iterator[CallCase]:
    """The calls without an expectation: those of the lock, or fresh ones where there is none yet."""
    for every in spec.for_all:
        for place, args in enumerate(_arguments(every, context)):
            yield every.case(place, args)


def _arguments(every: ForAll, context: Context) -> Iterator[list[Any]]:
    lines = None if context.answers is None else context.answers.get(every.name)
    if lines is None:
        yield from draw_all(every.args, every.count, every.seed)
    else:
        yield from (_line(line)["args"] for line in lines)


def expected(every: ForAll, lines: tuple[str, ...]) -> Iterator[tuple[int, list[CallCase]]]:
    """By size of the arguments: each call with what it must give, more than one where any of them will do."""
    found = []
    for place, line in enumerate(lines):
        known = _line(line)
        args = known["args"]
        wanted: list[dict[str, Json]] = (
            [{"raises": kind} for kind in known["raises"]]
            if "raises" in known
            else [{"returns": _match(known["value"], every.tolerance)}]
        )
        cases = [every.case(place, args, **one) for one in wanted]
        found.append((len(render(args)), place, cases))
    yield from ((place, cases) for _, place, cases in sorted(found, key=lambda item: item[:2]))


def _match(value: Json, tolerance: float | None) -> Json:
    if tolerance is not None and number(value) is not None:
        return {"approx": {"value": value, "abs": tolerance, "rel": tolerance}}
    return {"eq": escaped(value)}


def _line(line: str) -> Mapping[str, Any]:
    found: Any = parse(line)
    return cast("Mapping[str, Any]", found)


def is_answer(line: str) -> bool:
    """Whether a text is what ``recorded`` writes: arguments, and a value or kinds of error."""
    try:
        found = parse(line)
    except JsonProblem:
        return False
    if not isinstance(found, Mapping) or not is_list(found.get("args")):
        return False
    kinds = found.get("raises")
    return "value" in found if kinds is None else is_list(kinds) and bool(kinds) and set(kinds) <= set(ERROR_KINDS)


def recorded(spec: CallSpec, evidence: CallEvidence, files: Mapping[str, bytes]) -> Recorded | None:
    """What the reference answered to the generated calls; None where there are none."""
    del files
    if not spec.for_all:
        return None
    facts = {fact.name: fact for fact in evidence.cases}
    answers: dict[str, tuple[str, ...]] = {}
    mistakes = []
    for every in spec.for_all:
        lines = []
        for place, args in enumerate(draw_all(every.args, every.count, every.seed)):
            fact = facts.get(every.case_name(place))
            reply = read(fact.exchanges[0]) if fact is not None and fact.exchanges else None
            if reply is not None and reply.kind == "value":
                lines.append(render({"args": args, "value": reply.value}))
            elif reply is not None and reply.kind == "error" and (kinds := evidence.speech.kinds(reply.classes)):
                lines.append(render({"args": args, "raises": sorted(kinds - {"any"}) or ["any"]}))
            else:
                why = "it was not asked" if reply is None else reply.text or "what it calls is not there"
                mistakes.append(f"{every.name}: {every.case(place, args).label}: no answer of the reference: {why}")
        answers[every.name] = tuple(lines)
    return Recorded(tests=(), twins={}, mistakes=tuple(mistakes), answers=answers)
