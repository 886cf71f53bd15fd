"""What the tool said of each operation, with the requests that show it."""

from __future__ import annotations

import re

from gradekit.checks.openapi.evidence import OpenapiEvidence
from gradekit.checks.openapi.model import OpenapiSpec
from gradekit.results import Exhibit

_NUMBER = re.compile(r"^\d+\. Test Case ID: \w+\n+", re.MULTILINE)


def show(_spec: OpenapiSpec, evidence: OpenapiEvidence) -> tuple[Exhibit, ...]:
    """One exhibit for each operation with something to show."""
    return tuple(
        Exhibit(title=record.operation, text="\n\n".join(_NUMBER.sub("", text) for text in told))
        for record in evidence.records
        if (told := (*record.failures, *record.errors))
    )
