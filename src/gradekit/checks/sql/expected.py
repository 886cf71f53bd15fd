"""How a result differs from the right one."""

from __future__ import annotations

import csv
import io
from typing import Final

from gradekit.checks import statements
from gradekit.checks.base import Context
from gradekit.checks.compare.model import Compare, Table
from gradekit.checks.compare.results import Difference, beside, compare, compare_literals, unknown_keys
from gradekit.checks.sql.evidence import Ran, SqlEvidence
from gradekit.checks.sql.model import SqlSpec, references
from gradekit.texts import counted

_CHANGING: Final = frozenset({"insert", "update", "delete", "replace"})


def result_difference(
    spec: SqlSpec, reference: Table | None, result: Table, engine: str, context: Context
) -> Difference | str | None:
    """From the rows that the spec has, or from the reference's; a text where that cannot be judged."""
    if spec.expect.rows is not None:
        return compare_literals(spec.expect.rows, result, spec.compare)
    if not any(references(spec)):
        return compare_literals(((spec.expect.value,),), result, spec.compare)
    if reference is None:
        return "the evidence has no result of the reference; grade the submission again"
    unknown = unknown_keys(spec.compare, reference)
    if unknown:
        names = ", ".join(column.name for column in reference.columns)
        return f'compare.order.by: "{unknown[0]}" is not a column of the reference ({names}); correct the challenge'
    # A parser of SQL takes as long to import as a small challenge to read, and nothing else here needs it.
    from gradekit.checks.ordering import sort_keys  # noqa: PLC0415

    text = context.files.get(spec.expect.reference or "", b"").decode("utf-8-sig", "replace")
    return compare(reference, result, spec.compare, sort_keys(text, engine, [c.name for c in reference.columns]))


def affected_difference(expected: int, ran: Ran, evidence: SqlEvidence) -> Difference | str | None:
    """In the number of changed rows; a text where that cannot be judged."""
    found = ran.affected
    if found == expected:
        return None
    wanted = counted(expected, "row")
    if found is None:
        last = statements.split(evidence.source or "", evidence.engine)[-1]
        word = statements.leading_word(last, evidence.engine)
        unread = word == "with" and ran.result is not None and not ran.result.columns
        told = f"the database gave no number of changed rows for the last statement, which starts with {word.upper()}"
        if word in _CHANGING or unread:
            return f"{told}; look at it by hand"
        return Difference(f"{told}; end with the statement that changes them", wanted, "no number")
    have = counted(found, "row")
    return Difference(f"the statement changes {have}; {expected} expected", wanted, have)


def csv_difference(path: str, result: Table, options: Compare, context: Context) -> Difference | str | None:
    """From the rows of a CSV file; a text where that cannot be judged."""
    if path not in context.files:
        return f"{path}: the challenge has no such file; correct the challenge"
    lines = csv_rows(context.files[path])
    if not lines or any(len(line) != len(lines[0]) for line in lines):
        return f"{path}: a row has more or fewer values than the first line has names; correct the challenge"
    header = [str(name) for name in lines[0]]
    expected = beside(header, lines[1:], result)
    unknown = unknown_keys(options, expected)
    if unknown:
        return f'compare.order.by: "{unknown[0]}" is not a column of {path}; correct the challenge'
    return compare(expected, result, options, typed=False)


def csv_rows(data: bytes) -> list[list[str | None]]:
    """The lines of a CSV file with anything in them; None for a NULL."""
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""))
    return [[None if cell == "\\N" else cell for cell in row] for row in rows if row]
