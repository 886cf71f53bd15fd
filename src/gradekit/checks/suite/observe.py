"""Runs a suite as often as its twins need; decides nothing of the results."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gradekit.checks.base import Bench
from gradekit.checks.suite.evidence import Record, SuiteEvidence, TwinRun, passed_of, unit_of
from gradekit.checks.suite.model import SuiteSpec, files_below, has_twins, twin_files
from gradekit.checks.suite.recorded import twins_of
from gradekit.checks.suite.run import run_suite
from gradekit.checks.twins.model import Point, Twin, Unit
from gradekit.checks.twins.suites import MAX_POINTS, normalised, twinned, units_of

CONFIRMATIONS: Final = 3
"""Further runs when a twin passed: answers by chance do that once, hardly in each of them."""
MAX_CHANGE: Final = 2_000
"""Characters of what a twin changed that are kept as evidence."""
_CHANCE: Final = secrets.SystemRandom()


def observe(spec: SuiteSpec, bench: Bench) -> SuiteEvidence:
    """Run the suite; where it has twins, twice, each time with half of the sample as twins.

    What is a twin in one run is unchanged in the other, and all other tests are unchanged in both: there is no run in
    which forging pays and betrays nothing. Where a twin passes, further runs follow. Where the lock does not say yet
    which twins the reference fails, that is found out.
    """
    files = files_below(spec.files, bench.context.files)
    known = bench.context.twins
    if not has_twins(spec):
        return SuiteEvidence(**run_suite(spec, bench, files))
    if not known:
        units = units_of(files, twin_files(spec, bench.context.files))
        if units and known is None:
            return _calibrated(spec, bench, units)
        return SuiteEvidence(**run_suite(spec, bench, normalised(files) if units else files))
    sample = _CHANCE.sample(sorted(known), len(known) if spec.twins == "all" else min(int(spec.twins), len(known)))
    runs = _pair(spec, bench, {name: known[name] for name in sample})
    if any(passed_of(run, run.must_fail) for run in runs):
        runs += _confirming(spec, bench, {name: known[name] for name in sample})
    return SuiteEvidence(**_composed(runs), twin_runs=tuple(runs))


def _calibrated(spec: SuiteSpec, bench: Bench, units: Sequence[Unit]) -> SuiteEvidence:
    """The reference: a plain run, every point of every test once, and a pair of runs with all twins that failed."""
    plain = SuiteEvidence(**run_suite(spec, bench, normalised(files_below(spec.files, bench.context.files))))
    runs = []
    for number in range(MAX_POINTS):
        points = {unit.id: unit.points[number] for unit in units if len(unit.points) > number}
        if points:
            runs.append(_twin_run(spec, bench, number, points).model_copy(update={"tries": True}))
    tried = plain.model_copy(update={"twin_runs": tuple(runs)})
    found = twins_of(tried)
    return tried.model_copy(update={"twin_runs": (*runs, *(_pair(spec, bench, found) if found else ()))})


def _pair(spec: SuiteSpec, bench: Bench, known: Mapping[str, Twin]) -> list[TwinRun]:
    """Two runs with the twins shared out between them, in an order that nobody can guess."""
    names = _CHANCE.sample(sorted(known), len(known))
    parts = _CHANCE.sample([names[::2], names[1::2]], 2)
    return [_seeded(spec, bench, {name: known[name] for name in part}) for part in parts]


def _confirming(spec: SuiteSpec, bench: Bench, known: Mapping[str, Twin]) -> Iterator[TwinRun]:
    """Further runs; each function is unchanged in at least one and a twin in at least one, drawn for each alone."""
    numbers = range(CONFIRMATIONS)
    as_twin = {name: _CHANCE.sample(numbers, _CHANCE.choice(numbers[1:])) for name in known}
    for number in numbers:
        chosen = {name: twin for name, twin in known.items() if number in as_twin[name]}
        yield _seeded(spec, bench, chosen).model_copy(update={"confirms": True})


def _seeded(spec: SuiteSpec, bench: Bench, known: Mapping[str, Twin]) -> TwinRun:
    """A run with these twins, which nobody has seen before."""
    run = _twin_run(spec, bench, _CHANCE.getrandbits(64), {name: twin.point for name, twin in known.items()})
    return run.model_copy(update={"must_fail": tuple(sorted(test for twin in known.values() for test in twin.tests))})


def _twin_run(spec: SuiteSpec, bench: Bench, seed: int, points: Mapping[str, Point]) -> TwinRun:
    files, written = files_below(spec.files, bench.context.files), twin_files(spec, bench.context.files)
    changed = twinned(files, points, seed, written)
    return TwinRun(
        **run_suite(spec, bench, changed.files),
        seed=seed,
        points=points,
        renamed=changed.renamed,
        changes={unit: text[:MAX_CHANGE] for unit, text in changed.changes.items()},
    )


def _composed(runs: Sequence[TwinRun]) -> dict[str, Any]:
    """What runs say together of the unchanged tests: the fields of ``Ran``.

    A test passed where it passed in every run that had it unchanged. A run that was cut short speaks for all.
    """
    by_test: list[dict[str, list[Record]]] = []
    for run in runs:
        by_test.append({})
        for record in run.records:
            by_test[-1].setdefault(record.test, []).append(record)
    records: list[Record] = []
    for test in {record.test: None for run in runs for record in run.records}:
        unit = unit_of(test)
        found = [own.get(test, []) for run, own in zip(runs, by_test, strict=True) if unit not in run.points]
        most = max(found, key=len, default=[])
        worse = next((record for own in found for record in own if record.outcome != "passed"), None)
        if len(most) > 1:
            records += most
        elif worse is not None:
            records.append(worse)
        elif all(found):
            records += most
    first = next((run for run in runs if run.end is None), runs[0])
    return {
        "ending": first.ending,
        "exit_code": first.exit_code,
        "records": tuple(records),
        "end": None if first.end is None else len(records),
        "late": sum(run.late for run in runs),
        "garbage": sum(run.garbage for run in runs),
        "stderr": first.stderr,
        "seconds": sum(run.seconds for run in runs),
    }
