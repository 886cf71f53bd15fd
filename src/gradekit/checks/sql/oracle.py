"""How the expectations of a query are tried: results with one change in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from gradekit.checks.compare.model import Compare
from gradekit.checks.oracle import Changes, Oracle, Part, Place, changed_table, replaced
from gradekit.checks.sql.evidence import SqlEvidence
from gradekit.checks.sql.model import SqlSpec, title_of


def _datasets(spec: SqlSpec, evidence: SqlEvidence, files: Mapping[str, bytes]) -> Iterator[Part[SqlSpec, SqlEvidence]]:
    """Each data set."""
    del files
    for run in evidence.runs:
        alone = spec.model_copy(update={"dataset": run.dataset, "datasets": None})
        yield Part(title_of(run.dataset), alone, evidence.model_copy(update={"runs": (run,)}), shared=True)


def _changed(spec: SqlSpec, evidence: SqlEvidence) -> Changes[SqlEvidence]:
    """Results with one change in them."""
    del spec
    for index, run in enumerate(evidence.runs):
        ran = run.candidate
        others: list[tuple[Place, str, dict[str, object]]] = []
        if ran.affected is not None:
            others.append((Place("changed rows"), "one more", {"affected": ran.affected + 1}))
        if ran.result is not None:
            others += [(place, what, {"result": table}) for place, what, table in changed_table(ran.result)]
        for place, what, update in others:
            other = run.model_copy(update={"candidate": ran.model_copy(update=update)})
            yield place, what, evidence.model_copy(update={"runs": replaced(evidence.runs, index, other)})


ORACLE: Final = Oracle(
    _changed, _datasets, neutral={Compare: {"order": "ignore", "columns": "names_any_order", "types": "loose"}}
)
