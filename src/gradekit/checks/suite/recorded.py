"""What the reference's runs say: the tests that must pass, their twins, and what the author got wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from gradekit.checks.base import Recorded
from gradekit.checks.suite.evidence import Record, SuiteEvidence, passed_of, passed_once, unit_of
from gradekit.checks.suite.model import SuiteSpec, twin_files
from gradekit.checks.twins.model import Twin
from gradekit.checks.twins.written import lines_of


def recorded(spec: SuiteSpec, evidence: SuiteEvidence, files: Mapping[str, bytes]) -> Recorded:
    """What the reference's run says: the tests that must pass, their twins, and what the author got wrong."""
    mistakes = (
        *_unpassed(spec, evidence),
        *_mistaken(spec, evidence, twin_files(spec, files)),
        *_entangled(spec, evidence),
    )
    return Recorded(passed_ids(evidence), twins_of(evidence), mistakes)


def passed_ids(evidence: SuiteEvidence) -> tuple[str, ...]:
    """Ids of the tests that passed exactly once, sorted: the manifest, when the reference ran."""
    return tuple(sorted(passed_once(evidence)))


def twins_of(evidence: SuiteEvidence) -> Mapping[str, Twin]:
    """The functions whose tests passed and whose twins failed whenever they ran, each with its first such point."""
    later = [run for run in evidence.twin_runs if not run.tries]
    right = passed_once(evidence).difference(*(passed_of(run, run.must_fail) for run in later))
    found: dict[str, Twin] = {}
    for run in sorted((run for run in evidence.twin_runs if run.tries), key=lambda run: run.seed):
        failing = {record.test for record in run.records if record.outcome == "failed"}
        for unit, point in run.points.items():
            tests = sorted(test for test in right if unit_of(test) == unit and run.renamed.get(test, test) in failing)
            if tests and unit not in found:
                found[unit] = Twin(point=point, tests=tuple(tests))
    return dict(sorted(found.items()))


def _unpassed(spec: SuiteSpec, evidence: SuiteEvidence) -> Iterator[str]:
    """Tests that the reference does not pass: they would count for nothing, and nobody would see it."""
    counts = Counter(record.test for record in evidence.records)
    folder = spec.files.rstrip("/")
    for record in {record.test: record for record in evidence.records}.values():
        again = f"is reported {counts[record.test]} times" if counts[record.test] > 1 else ""
        if again or record.outcome != "passed":
            why = (record.message.strip().splitlines() or ["no message"])[0]
            yield f"{folder}/{record.test}: {again or f'{record.outcome} on the reference: {why}'}"


def _entangled(spec: SuiteSpec, evidence: SuiteEvidence) -> Iterator[str]:
    """Tests that the reference passes only while no other test fails: a twin would take them along."""
    right = passed_once(evidence)
    folder = spec.files.rstrip("/")
    found: set[str] = set()
    for run in (run for run in evidence.twin_runs if not run.tries):
        unchanged = {test for test in right if unit_of(test) not in run.points}
        found |= unchanged - passed_of(run, unchanged)
    for test in sorted(found):
        yield f"{folder}/{test}: fails on the reference when another test fails; make it independent, or twins: off"


def _mistaken(spec: SuiteSpec, evidence: SuiteEvidence, written: Mapping[str, bytes]) -> Iterator[str]:
    """Written twins that the reference does not fail as it must: each test of them in the call phase."""
    places = lines_of(written)
    right = passed_ids(evidence)
    known = {unit_of(record.test) for record in evidence.records}
    for run in (run for run in evidence.twin_runs if run.tries):
        records = {run_record.test: run_record for run_record in run.records}
        for unit in sorted(unit for unit, point in run.points.items() if point is None and unit in places):
            path, _, name = unit.partition("::")
            place = f"{(spec.written_twins or '').rstrip('/')}/{path}:{places[unit]}: {name}"
            if not {unit, path} & known and evidence.end is not None:
                yield f"{place}: the suite has no test of this name; pytest does not collect the function"
            wrong = {test: _slip(records.get(run.renamed.get(test, test))) for test in right if unit_of(test) == unit}
            test, what = next(((test, what) for test, what in wrong.items() if what), ("", ""))
            if what:
                parameters = test.removeprefix(unit)
                yield f"{place}{parameters}: {what}"


def _slip(record: Record | None) -> str:
    """What is wrong with how a written twin ended on the reference, or nothing."""
    if record is None:
        return "the twin has no test with this id; keep the parameters' names, rows and ids of the test itself"
    if record.outcome == "passed":
        return "the reference passes this twin; it must expect what no right program does"
    why = (record.message.strip().splitlines() or ["no message"])[0]
    if record.outcome != "failed":
        return f"the twin must fail while it is called, but it is {record.outcome}: {why}"
    if why.startswith("NameError"):
        return f"the twin fails by itself, {why}; it may use only names of the file that it mirrors"
    return ""
