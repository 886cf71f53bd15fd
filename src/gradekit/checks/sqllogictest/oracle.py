"""How the expectations of records are tried: each alone, with one change in what it gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pydantic import InstanceOf

from gradekit.checks.oracle import (
    Changes,
    Files,
    Oracle,
    Part,
    Place,
    Rank,
    any_item,
    changed_table,
    numbered,
    replaced,
)
from gradekit.checks.sqllogictest.evidence import Ran, SqlLogicTestEvidence
from gradekit.checks.sqllogictest.model import SqlLogicTestSpec
from gradekit.checks.sqllogictest.records import Record
from gradekit.texts import clean

_TITLE: Final = 90
"""Characters of a record's name, before its number among those of the same name."""
_OTHER: Final = {"error": "refused", "sqlstate": "42000"}
_OTHERS: Final = (_OTHER, {"error": "no such table: x", "sqlstate": "42P01"})
"""Errors that no record asks for, and one that is met where everything is missing."""


class _Alone(SqlLogicTestSpec):
    """A check of one record."""

    record: InstanceOf[Record]

    def records(self, files: Files, engine: str) -> Mapping[str, Sequence[Record]]:
        del files, engine
        return dict.fromkeys(self.files, (self.record,))


def _records(
    spec: SqlLogicTestSpec, evidence: SqlLogicTestEvidence, files: Files
) -> Iterator[Part[SqlLogicTestSpec, SqlLogicTestEvidence]]:
    """Each record; a label says nothing that the results do not say already.

    Names go by the SQL, as lines come and go.
    """
    found = spec.records(files, evidence.engine)
    of = [
        (run, ran, record)
        for run in evidence.files
        for ran, record in zip(run.records, found.get(run.path, ()), strict=False)
    ]
    # Numbers in brackets would be taken for those of items.
    titles = numbered([any_item(clean(f"{run.path}: {' '.join(ran.sql.split())}", _TITLE)) for run, ran, _ in of])
    for title, (run, ran, record) in zip(titles, of, strict=True):
        alone = _Alone.model_validate({**dict(spec), "files": (run.path,), "record": record})
        only = run.model_copy(update={"records": (ran,)})
        yield Part(title, alone, evidence.model_copy(update={"files": (only,)}))


def _changed(spec: SqlLogicTestSpec, evidence: SqlLogicTestEvidence) -> Changes[SqlLogicTestEvidence]:
    del spec
    for at, run in enumerate(evidence.files):
        for index, ran in enumerate(run.records):
            for place, what, update in _changed_record(ran):
                other = run.model_copy(
                    update={"records": replaced(run.records, index, ran.model_copy(update=dict(update)))}
                )
                yield place, what, evidence.model_copy(update={"files": replaced(evidence.files, at, other)})


def _changed_record(ran: Ran) -> Changes[Mapping[str, object]]:
    if ran.error is not None:
        yield Place("error"), "none", {"error": None, "sqlstate": None}
        yield from ((Place("message"), "another", other) for other in _OTHERS if other["error"] != ran.error)
        return
    yield Place("error"), "refused", {**_OTHER, "result": None, "affected": None}
    if ran.result is None:
        if ran.affected is not None:
            # Of a statement that only has to work.
            yield Place("changed rows", Rank.FREE), "one more", {"affected": ran.affected + 1}
        return
    # One place for all of a result, so that the lock has room for many of them.
    for place, what, table in changed_table(ran.result, named=False):
        at = "rows: order" if place.name == "rows: order" else "rows"
        yield Place(at, Rank.FREE if at != "rows" else Rank.VALUE), f"{place.name} {what}", {"result": table}
    if not ran.result.rows:
        row = ("0",) * len(ran.result.columns)
        yield Place("rows"), "one", {"result": ran.result.model_copy(update={"rows": (row,)})}


def _less(spec: SqlLogicTestSpec) -> Iterator[tuple[str, SqlLogicTestSpec]]:
    if not isinstance(spec, _Alone):
        return
    record, bare = spec.record, replace(spec.record, error=None, affected=None, types=None)
    if record != bare:
        noun = "message" if record.fails else "result" if record.affected is None else "count"
        yield f"{spec.files[0]}:{record.line}: {noun}", spec.model_copy(update={"record": bare})


ORACLE: Final = Oracle(_changed, _records, less=_less)
