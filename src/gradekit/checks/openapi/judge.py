"""The verdict over what the tool said of each operation: pure, and total for every evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradekit.checks.base import Context
from gradekit.checks.openapi.document import DocumentProblem, chosen, operations, read
from gradekit.checks.openapi.evidence import OpenapiEvidence, Record
from gradekit.checks.openapi.model import OpenapiSpec
from gradekit.checks.tally import errored, failed, passed, tally
from gradekit.results import CaseResult, Judgement, Outcome, Status
from gradekit.texts import clean

# A failure is told as "- ST108 Title", what is wrong with it, "[200] OK:" with the answer, and the request.
_FINDING = re.compile(r"^- (?:ST\d+ )?(?P<title>.+)\n(?P<why>(?:\n|[ ].*\n)*)", re.MULTILINE)
_NETWORK = "Network Error"


def judge(spec: OpenapiSpec, evidence: OpenapiEvidence, context: Context) -> Judgement:
    """One case for each operation of the document that is to be tested."""
    if evidence.unready:
        return Judgement(outcome=Outcome(status=Status.FAILED, message=f"nothing was tested: {evidence.unready}"))
    if not evidence.complete:
        return errored(f"Schemathesis did not come to its end: {evidence.ending or 'it did not say why'}")
    try:
        names = operations(chosen(read(context.files.get(spec.file, b"")), spec.include, spec.exclude))
    except DocumentProblem as problem:
        return errored(f"{spec.file}: {problem}")
    records = {record.operation: record for record in evidence.records}
    cases = list(_cases(names, records))
    return tally(cases, noun="operations", all_or_nothing=spec.scoring == "all_or_nothing")


def _cases(names: Sequence[str], records: dict[str, Record]) -> Iterator[CaseResult]:
    for name in names:
        record = records.get(name)
        if record is None or not (record.ran or record.failures or record.errors):
            yield _ours(name, "Schemathesis did not test it: see whether the document lets it make a request")
        elif record.failures:
            yield failed(name, name, "; ".join(dict.fromkeys(map(finding, record.failures))))
        elif record.errors:
            # An app that hangs up, hangs or is gone is the candidate's; what else goes wrong inside the tool is not.
            other = next((text for text in record.errors if not text.startswith(_NETWORK)), None)
            told = clean(" ".join((other or record.errors[0]).split()))
            yield failed(name, name, f"no answer: {told}") if other is None else _ours(name, told)
        else:
            yield passed(name, name)


def finding(text: str) -> str:
    """What is wrong, without the answer and the request."""
    found = [f"{match['title']}: {' '.join(match['why'].split())}".rstrip(": ") for match in _FINDING.finditer(text)]
    return "; ".join(found) or clean(" ".join(text.split()))


def _ours(name: str, message: str) -> CaseResult:
    return CaseResult(id=name, title=name, outcome=Outcome(status=Status.ERRORED, message=message))
