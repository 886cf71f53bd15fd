"""What the answers are worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradekit.checks.base import Context
from gradekit.checks.call.evidence import CallEvidence, CaseFact, Exchange
from gradekit.checks.call.forall import MISSING as UNANSWERED
from gradekit.checks.call.forall import expected
from gradekit.checks.call.model import Action, CallCase, CallSpec, CasesFileError, ForAll, Raises
from gradekit.checks.call.wire import Reply, read, request
from gradekit.checks.differences import Mismatch
from gradekit.checks.jsonpath import PathProblem, TooManyNodes, compile_path
from gradekit.checks.jsontext import Json
from gradekit.checks.tally import errored, examined, tally
from gradekit.checks.template import UnknownNameError
from gradekit.checks.values import show
from gradekit.language import Speech
from gradekit.results import CaseResult, Judgement
from gradekit.texts import clean, quote

SMALLEST = 3
"""Wrong generated calls that are told."""
_KINDS: Mapping[str, str] = {
    "value": "an error about a value",
    "type": "an error about a type",
    "key": "an error about a key",
    "index": "an error about an index",
    "zero": "an error about a division by zero",
    "not_found": "an error about something that is not there",
    "any": "an error",
}

_ABSENT = "gradekit:Absent"
"""By which runners say that nothing of a name is there, where their language has no error of its own for that."""


class _OldEvidenceError(Exception):
    """The evidence answers other questions than the check asks."""


def judge(spec: CallSpec, evidence: CallEvidence, context: Context) -> Judgement:
    """Compare what each case gave with what is expected of it."""
    facts = {fact.name: fact for fact in evidence.cases}
    try:
        cases = [
            _Case(spec, case, evidence.speech, context).result(facts.get(case.name))
            for case in spec.all_cases(context.files)
        ]
        for every in spec.for_all:
            lines = (context.answers or {}).get(every.name)
            if not lines:
                return errored(UNANSWERED)
            cases.append(_property(spec, every, lines, evidence, context))
    except CasesFileError as error:
        return errored(f"{spec.cases_file}: {error}; correct the challenge")
    except _OldEvidenceError as error:
        return errored(f'the evidence has nothing about "{error}"; grade the submission again')
    return tally(cases, noun="cases", all_or_nothing=spec.scoring == "all_or_nothing")


def _property(
    spec: CallSpec, every: ForAll, lines: tuple[str, ...], evidence: CallEvidence, context: Context
) -> CaseResult:
    """All generated calls of one kind as one case, which tells the smallest that are wrong.

    Raises:
        _OldEvidenceError: other things were asked.
    """
    facts = {fact.name: fact for fact in evidence.cases}
    wrong: list[list[Mismatch]] = []
    for place, cases in expected(every, lines):
        fact = facts.get(every.case_name(place))
        tried = [_Case(spec, case, evidence.speech, context).mismatches(fact) for case in cases]
        if all(tried):
            wrong.append([mismatch.below(f"{cases[0].label} ") for mismatch in tried[0]])
    if not wrong:
        return examined(every.name, every.name, [])
    count = f"{len(wrong)} of {len(lines)} generated calls are wrong"
    count += f"; the {SMALLEST} smallest:" if len(wrong) > SMALLEST else ""
    shown = [mismatch for mismatches in wrong[:SMALLEST] for mismatch in mismatches]
    return examined(every.name, every.name, [Mismatch("", count, count=0), *shown])


class _Case:
    """One case, its steps judged in order."""

    def __init__(self, spec: CallSpec, case: CallCase, speech: Speech, context: Context) -> None:
        self._spec = spec
        self._case = case
        self._speech = speech
        self._known: dict[str, Json] = dict(context.variables)

    def result(self, fact: CaseFact | None) -> CaseResult:
        """Passed, or everything that is wrong with it.

        Raises:
            _OldEvidenceError: other things were asked.
        """
        return examined(self._case.name, self._case.name, self.mismatches(fact))

    def mismatches(self, fact: CaseFact | None) -> list[Mismatch]:
        """Everything that is wrong with it.

        Raises:
            _OldEvidenceError: other things were asked.
        """
        return list(self._mismatches(() if fact is None else fact.exchanges))

    def _mismatches(self, exchanges: tuple[Exchange, ...]) -> Iterator[Mismatch]:
        lost = False
        for index, action in enumerate(self._case.actions()):
            place = action.label if self._case.steps else ""
            if index == len(exchanges):
                if not lost and not self._lacks(action):
                    raise _OldEvidenceError(self._case.name)
                if not lost:
                    yield Mismatch(
                        "", "not called, because a step before failed that makes what it is called with", place
                    )
                return
            reply = self._reply(action, exchanges[index])
            lost = reply.kind == "broken"
            yield from (mismatch.below(place) for mismatch in self._differ(action, reply))
            if action.keep is not None and reply.kind == "value":
                self._known[action.keep] = reply.kept

    def _lacks(self, action: Action) -> bool:
        try:
            request(action, 0, self._spec.module, self._speech.naming, self._known)
        except UnknownNameError:
            return True
        return False

    def _reply(self, action: Action, exchange: Exchange) -> Reply:
        try:
            asked = request(action, exchange.id, self._spec.module, self._speech.naming, self._known)
        except UnknownNameError:
            raise _OldEvidenceError(self._case.name) from None
        if asked != exchange.request:
            raise _OldEvidenceError(self._case.name)
        return read(exchange)

    def _differ(self, action: Action, reply: Reply) -> Iterator[Mismatch]:
        if reply.kind in {"broken", "refused"}:
            why = clean(reply.text)
            yield Mismatch("", why if reply.kind == "broken" else f"the call cannot be made: {why}")
        elif action.raises is not None:
            yield from self._errors(action.raises, reply)
        elif reply.kind == "error":
            yield Mismatch(_wanted(action), raised(reply))
        else:
            try:
                for mismatch in action.returns.fill(self._known).check(reply.value):
                    yield mismatch.below("$") if mismatch.place else mismatch
                for path, match in action.paths.items():
                    try:
                        found = compile_path(path).look(reply.value)
                    except PathProblem as error:
                        what = f"json: {quote(path)} is not a JSONPath: {error}; correct the challenge"
                        yield Mismatch("", what, ours=True)
                        return
                    yield from map(found.below, match.fill(self._known).check(found.value))
            except TooManyNodes as error:
                yield Mismatch("a value that can be searched", clean(str(error)))
            except UnknownNameError as error:
                yield Mismatch("", f"{error}; correct the challenge", ours=True)

    def _errors(self, wanted: Raises, reply: Reply) -> Iterator[Mismatch]:
        if reply.kind == "value":
            yield Mismatch(_KINDS[wanted.kind], f"returned {show(reply.value)}")
            return
        if wanted.kind not in self._speech.kinds(reply.classes):
            yield Mismatch(_KINDS[wanted.kind], raised(reply))
            return
        for mismatch in wanted.message.fill(self._known).check(reply.text):
            yield mismatch.below("message")


def _wanted(action: Action) -> str:
    literals = list(action.returns.literals)
    return show(literals[0]) if literals else "no error"


def raised(reply: Reply) -> str:
    """An error for a message: ``raised ValueError: qty must be positive``."""
    if reply.classes[0] == _ABSENT:
        return clean(f"what is called is not there: {reply.text}" if reply.text else "what is called is not there")
    name = reply.classes[0].rpartition(":")[2]
    return clean(f"raised {name}: {reply.text}" if reply.text else f"raised {name}")
