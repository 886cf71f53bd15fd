"""Runs the migrations in one copy, and looks at the schema and the data after each run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from gradekit.checks import statements
from gradekit.checks.base import Bench, Database
from gradekit.checks.catalogue import CATALOGUES
from gradekit.checks.compare.model import Column, Table
from gradekit.checks.migrations.evidence import Answer, MigrationsEvidence, Step
from gradekit.checks.migrations.model import MigrationsSpec
from gradekit.checks.tally import cut
from gradekit.sandbox.messages import SqlResult
from gradekit.texts import clean

MAX_BYTES: Final = 1 << 20
"""Of all files of one direction."""
MAX_STATEMENTS: Final = 1000
MAX_ROWS: Final = 10_000
"""Of a query for kept data, and of the catalogue."""
MAX_LINE: Final = 500
"""Characters of a fact of the catalogue."""

Script = Sequence[tuple[str, tuple[str, ...]]]
"""Files with their statements."""


def observe(spec: MigrationsSpec, bench: Bench) -> MigrationsEvidence:
    """Run up, perhaps twice, down, and up again.

    Raises:
        InfrastructureError: when the data set cannot be asked before anything of the candidate's ran.
        Blocked: the same later.
    """
    engine = bench.engine(spec.dataset)
    up, flaw = _script(spec.up, bench, engine)
    down, other = _script(spec.down, bench, engine, back=True)
    if flaw or other:
        return MigrationsEvidence(flaw=flaw or other)
    database = bench.database(spec.dataset)
    steps: list[Step] = []
    for name in spec.steps():
        script: Script = () if name == "before" else down if name == "down" else up
        steps.append(_step(name, script, spec, database))
        if steps[-1].error is not None:
            break
    return MigrationsEvidence(steps=tuple(steps))


def _script(patterns: Sequence[str], bench: Bench, engine: str, *, back: bool = False) -> tuple[Script, str | None]:
    """The files of a direction, or what is wrong with them."""
    script: list[tuple[str, tuple[str, ...]]] = []
    size = 0
    for pattern in patterns:
        found = sorted((path for path in bench.submission if _matches(path, pattern)), reverse=back)
        if not found:
            return (), f"no file of the submission matches {pattern}"
        for path in found:
            data = bench.submission[path].data
            size += len(data)
            try:
                text = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = "\0"
            if "\0" in text:
                return (), f"{path} is not UTF-8 text"
            if size > MAX_BYTES:
                return (), f"the files of {pattern} are larger than {MAX_BYTES >> 10} KiB"
            script.append((path, statements.split(text, engine)))
    if sum(len(found) for _, found in script) > MAX_STATEMENTS:
        return (), f"the files hold more than {MAX_STATEMENTS} statements"
    return script, None


def _matches(path: str, pattern: str) -> bool:
    """Whether a path is a pattern's; ``*`` does not reach over a folder."""
    there, wanted = PurePosixPath(path), PurePosixPath(pattern)
    return len(there.parts) == len(wanted.parts) and there.match(pattern)


def _step(name: str, script: Script, spec: MigrationsSpec, database: Database) -> Step:
    for path, found in script:
        # One session for a file: it may open a transaction of its own.
        results = database.query(found, role="owner", timeout=spec.timeout, theirs=True) if found else ()
        if results and results[-1].error is not None:
            return Step(name=name, place=path, at=len(results), error=cut(results[-1].error))
    catalogue = CATALOGUES[database.engine]
    results = database.query(catalogue, role="owner", timeout=spec.timeout, max_rows=MAX_ROWS)
    if len(results) != len(catalogue) or results[-1].error is not None:
        what = results[-1].error if results else None
        raise database.fault(f"data set {spec.dataset}", f"the catalogue cannot be read: {what}", server=True)
    lines = sorted(
        clean(" ".join((kind, *(cell or "-" for cell in row))), MAX_LINE)
        for kind, result in zip(("column", "constraint", "index"), results[-3:], strict=True)
        for row in result.rows
    )
    kept = {
        kept.name: _answer(kept.query, spec, database)
        for kept in spec.keeps
        if name == "before" or kept.through == "both" or (kept.through == "down") == (name == "down")
    }
    broken = [(title, answer.error) for title, answer in kept.items() if answer.error is not None]
    if broken and name == "before":
        what = f"the query fails on the data set as it is: {broken[0][1]}"
        raise database.fault(f'keeps "{broken[0][0]}" on data set {spec.dataset}', what)
    return Step(name=name, schema_lines=tuple(lines), kept=kept)


def _answer(query: str, spec: MigrationsSpec, database: Database) -> Answer:
    (result, *_) = database.query((query,), role="owner", timeout=spec.timeout, read_only=True, max_rows=MAX_ROWS)
    if result.error is not None:
        return Answer(error=cut(result.error))
    if result.truncated:
        return Answer(error=f"more than {MAX_ROWS} rows")
    return Answer(rows=_table(result))


def _table(result: SqlResult) -> Table:
    columns = tuple(Column(name=column.name, type=column.type) for column in result.columns)
    return Table(columns=columns, rows=tuple(map(tuple, result.rows)))
