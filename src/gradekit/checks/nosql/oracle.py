"""How the expectations of questions to a store are tried: answers with one change in each."""

from __future__ import annotations

from typing import Final

from gradekit.checks.nosql.evidence import NosqlEvidence
from gradekit.checks.nosql.model import NosqlSpec
from gradekit.checks.oracle import Changes, Oracle, numbered, replaced
from gradekit.checks.stores.oracle import changed_found


def _changed(spec: NosqlSpec, evidence: NosqlEvidence) -> Changes[NosqlEvidence]:
    titles = numbered([question.title for question in spec.ask])
    for index, (title, found) in enumerate(zip(titles, evidence.answers, strict=False)):
        for place, what, other in changed_found(found):
            answers = replaced(evidence.answers, index, other)
            yield place.below(title), what, evidence.model_copy(update={"answers": answers})


ORACLE: Final = Oracle(_changed)
