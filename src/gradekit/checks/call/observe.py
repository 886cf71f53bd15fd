"""Asking: one request after the other, each case as far as it goes."""

from __future__ import annotations

import base64

from gradekit.checks.base import Bench, Calls
from gradekit.checks.call.evidence import CallEvidence, CaseFact, Exchange
from gradekit.checks.call.forall import asked
from gradekit.checks.call.model import Action, CallCase, CallSpec, CasesFileError
from gradekit.checks.call.wire import MAX_LINE, load, read, request
from gradekit.checks.jsontext import Json
from gradekit.checks.template import UnknownNameError
from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.messages import CallReply

MAX_REPLY = 256 << 10
"""Bytes of one answer."""
LOADING = 10.0
"""Seconds in which the module of a process's first call must be loaded."""
MAX_REPLIES = 8 << 20
"""Bytes of all answers of a check."""


def observe(spec: CallSpec, bench: Bench) -> CallEvidence:
    """Ask all cases; after a failed exchange, and where a case wants it, in a new process."""
    try:
        cases = (*spec.all_cases(bench.context.files), *asked(spec, bench.context))
    except CasesFileError as error:
        raise InfrastructureError(Problem(spec.cases_file or "", str(error), "", "correct the challenge")) from None
    with bench.calls() as calls:
        _see_to_kinds(cases, calls)
        session = _Session(spec, bench, calls)
        facts = tuple(session.case(case) for case in cases)
        printed = calls.printed()
    return CallEvidence(language=calls.language, speech=calls.speech, cases=facts, printed=printed)


def _see_to_kinds(cases: tuple[CallCase, ...], calls: Calls) -> None:
    wanted = {action.raises.kind for case in cases for action in case.actions() if action.raises is not None}
    unknown = sorted(wanted - {"any", *calls.speech.errors})
    if unknown:
        what = f"it does not say which errors of its language are of the kind {', '.join(unknown)}"
        raise InfrastructureError(Problem(f"runner {calls.language}", what, "calls.errors in its runner.yaml"))


class _Session:
    """Numbers requests, and knows whether somebody is there to answer the next one."""

    def __init__(self, spec: CallSpec, bench: Bench, calls: Calls) -> None:
        self._spec = spec
        self._bench = bench
        self._calls = calls
        self._number = 0
        self._connected = False
        self._room = MAX_REPLIES

    def case(self, case: CallCase) -> CaseFact:
        """Ask the steps of a case up to the first that gets no answer, or whose object is not there."""
        if self._spec.fresh if case.fresh is None else case.fresh:
            self._connected = False
        known: dict[str, Json] = dict(self._bench.context.variables)
        exchanges: list[Exchange] = []
        for action in case.actions():
            self._number += 1
            try:
                asked = request(action, self._number, self._spec.module, self._calls.speech.naming, known)
            except UnknownNameError:
                break
            exchange = self._exchange(asked, action)
            exchanges.append(exchange)
            reply = read(exchange)
            if reply.kind == "broken":
                # What comes after nonsense may answer the question before.
                self._connected = False
                break
            if action.keep is not None and reply.kind == "value":
                known[action.keep] = reply.kept
        return CaseFact(name=case.name, exchanges=tuple(exchanges))

    def _exchange(self, line: str, action: Action) -> Exchange:
        size = len(line.encode())
        if size > MAX_LINE:
            # What a step kept may be put into the arguments of the next more than once.
            reply = CallReply(error="too-large", detail=f"the request has {size} bytes, more than {MAX_LINE}")
        else:
            room = max(1, min(MAX_REPLY, self._room))
            reply = CallReply() if self._connected else self._load(action)
            if reply.error is None:
                self._connected = True
                reply = self._calls.exchange(line, fresh=False, timeout=self._spec.limit(action), max_line=room)
        self._room -= len(reply.line)
        try:
            text, other = reply.line.decode(), None
        except UnicodeDecodeError:
            text, other = "", base64.b64encode(reply.line).decode()
        return Exchange(
            id=self._number,
            request=line,
            reply=text,
            base64=other,
            error=reply.error,
            detail=reply.detail,
            seconds=reply.seconds,
        )

    def _load(self, action: Action) -> CallReply:
        """Begin a process and let it load the module; whether it can do that, its calls will tell."""
        line = load(action, self._spec.module, self._calls.speech.naming)
        return self._calls.exchange(line, fresh=True, timeout=LOADING, max_line=MAX_REPLY)
