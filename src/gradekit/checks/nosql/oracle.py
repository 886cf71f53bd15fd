"""How the expectations of questions to a store are tried: answers with one change in each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gradekit.checks.nosql.evidence import NosqlEvidence
from gradekit.checks.nosql.model import NosqlSpec
from gradekit.checks.oracle import Oracle, replaced
from gradekit.checks.stores.oracle import changed_found


def _changed(spec: NosqlSpec, evidence: NosqlEvidence) -> Iterator[tuple[str, NosqlEvidence]]:
    for index, (question, found) in enumerate(zip(spec.ask, evidence.answers, strict=False)):
        for what, other in changed_found(found):
            answers = replaced(evidence.answers, index, other)
            yield f"{question.title}: {what}", evidence.model_copy(update={"answers": answers})


ORACLE: Final = Oracle(_changed)
