"""The verdict over what the tool said of each operation: pure, and total for every evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from gradekit.checks.base import Context
from gradekit.checks.http.prepare import authors_fault
from gradekit.checks.http.reading import ERRORS
from gradekit.checks.openapi.document import DocumentProblem, chosen, operations, read
from gradekit.checks.openapi.evidence import OpenapiEvidence, Record
from gradekit.checks.openapi.model import OpenapiSpec
from gradekit.checks.tally import errored, failed, passed, tally
from gradekit.checks.template import uses
from gradekit.results import CaseResult, Judgement, Outcome, Status
from gradekit.texts import clean

# A failure is told as "- ST108 Title", what is wrong with it, "[200] OK:" with the answer, and the request.
_FINDING = re.compile(r"^- (?:ST\d+ )?(?P<title>.+)\n(?P<why>(?:\n|[ ].*\n)*)", re.MULTILINE)
_STATUS = re.compile(r"^\[(\d{3})\] ", re.MULTILINE)
# At the end, and whole: what stands before it may be the app's.
_REQUEST = re.compile(r"^Reproduce with:\n\n +(curl .*[^…\s])\s*\Z", re.MULTILINE)
_TOOL = "the tool that makes the requests, Schemathesis,"
_NETWORK = "Network Error"
_WORDS = {
    "Connection refused": ERRORS["refused"],
    "timed out": ERRORS["timeout"],
    "closed connection": ERRORS["closed"],
}
MAX_REQUEST = 300
"""Characters of a line that repeats a request; a longer one stands in the exhibit alone."""


def judge(spec: OpenapiSpec, evidence: OpenapiEvidence, context: Context) -> Judgement:
    """One case for each operation of the document that is to be tested."""
    if evidence.unready:
        ours = authors_fault(spec.steps, evidence.unready)
        failure = Outcome(
            status=Status.FAILED, message=f"nothing was tested, because a step before failed: {evidence.unready}"
        )
        return errored(ours) if ours else Judgement(outcome=failure)
    if not evidence.complete:
        why = evidence.ending or "it did not say why"
        return errored(f"{_TOOL} did not come to its end ({why}); grade the submission again")
    if spec.file not in context.files:
        return errored(f"{spec.file}: the challenge has no such file; correct the challenge")
    try:
        names = operations(chosen(read(context.files[spec.file]), spec.include, spec.exclude))
    except DocumentProblem as problem:
        return errored(f"{spec.file}: {problem}; correct the challenge")
    records = {record.operation: record for record in evidence.records}
    # What steps saved is another value in each run, and stands in exhibits alone.
    shows = not any(True for _ in uses(dict(spec.headers)))
    records = {record.operation: record for record in evidence.records}
    cases = list(_cases(spec.file, names, records, shows=shows))
    return tally(cases, noun="operations", all_or_nothing=spec.scoring == "all_or_nothing")


def _cases(file: str, names: Sequence[str], records: Mapping[str, Record], *, shows: bool) -> Iterator[CaseResult]:
    for name in names:
        record = records.get(name)
        if record is None or not (record.ran or record.failures or record.errors):
            yield _ours(name, f"{_TOOL} did not test it; see whether the challenge's {file} lets it make a request")
        elif record.failures:
            yield failed(name, name, _wrong(record.failures, shows=shows))
        elif record.errors:
            # An app that hangs up, hangs or is gone is the candidate's; what else goes wrong inside the tool is not.
            other = next((text for text in record.errors if not text.startswith(_NETWORK)), None)
            if other is None:
                yield failed(name, name, _silent(record.errors[0]))
            else:
                yield _ours(name, f"{_TOOL} failed: {_told(other)}; grade the submission again")
        else:
            yield passed(name, name)


def _wrong(failures: Sequence[str], *, shows: bool) -> str:
    told = "; ".join(dict.fromkeys(map(finding, failures)))
    request = next((match[1] for text in failures if (match := _REQUEST.search(text))), None)
    if request is None:
        return f"{told}; see the answer in the evidence"
    short = shows and len(request) <= MAX_REQUEST
    which = "repeat with" if len(set(failures)) == 1 else "repeat the first with"
    return f"{told}; {f'{which}: {request}' if short else 'the request stands in the evidence'}"


def _silent(error: str) -> str:
    return next((words for sign, words in _WORDS.items() if sign in error), f"no answer: {_told(error)}")


def finding(text: str) -> str:
    """What is wrong, without the answer (but for the status, where there is nothing else) and the request."""
    status = _STATUS.search(text)
    found = [
        f"{match['title']}: {' '.join(match['why'].split()) or (status[1] if status else '')}".rstrip(": ")
        for match in _FINDING.finditer(text)
    ]
    return "; ".join(found) or clean(" ".join(text.split()))


def _told(error: str) -> str:
    title, _, more = error.partition("\n\n")
    return clean(": ".join(filter(None, (" ".join(title.split()), " ".join(more.split())))))


def _ours(name: str, message: str) -> CaseResult:
    outcome = Outcome(status=Status.ERRORED, message=f"{name}: {message}")
    return CaseResult(id=name, title=name, outcome=outcome)
