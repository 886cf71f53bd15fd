"""How the runs ended, and what tests said that did not pass."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.suite.evidence import SuiteEvidence, passed_of, passed_once, unit_of
from gradekit.checks.suite.model import SuiteSpec
from gradekit.results import Exhibit


def show(spec: SuiteSpec, evidence: SuiteEvidence) -> tuple[Exhibit, ...]:
    """How the suite ended, twins that passed, messages of tests that did not, and the end of what was printed."""
    code = "" if evidence.exit_code is None else f" with {evidence.exit_code}"
    facts = [f"{spec.files}: {evidence.ending.value}{code} after {evidence.seconds:.1f} s"]
    if evidence.twin_runs:
        functions = {unit for run in evidence.twin_runs for unit in run.points}
        facts += [f"twins: {len(functions)} test functions in {len(evidence.twin_runs)} runs"]
    facts += [f"{len(evidence.records)} records, {evidence.garbage} other lines, {evidence.late} late lines"]
    exhibits = [Exhibit(title="run", text="\n".join(facts)), *_shown_twins(evidence)]
    exhibits += [
        Exhibit(title=f"{record.test}: {record.outcome}", text=record.message)
        for record in evidence.records
        if record.outcome != "passed"
    ]
    if evidence.stderr:
        exhibits.append(Exhibit(title="printed", text=evidence.stderr))
    return tuple(exhibits)


def _shown_twins(evidence: SuiteEvidence) -> Iterator[Exhibit]:
    """For each function of which a twin passed: which tests, how often, and what every run had changed in it."""
    runs = [(run, passed_of(run, run.must_fail)) for run in evidence.twin_runs if not run.tries]
    for unit in sorted({unit_of(test) for _, passing in runs for test in passing}):
        changed = [(run, passing) for run, passing in runs if unit in run.points]
        own = [passed_once(run) for run, _ in runs if unit not in run.points]
        lines = ["No right program passes this test with what it expects below."]
        for test in sorted({test for _, passing in changed for test in passing if unit_of(test) == unit}):
            times = sum(test in passing for _, passing in changed)
            lines.append(
                f"{test}: passed in {times} of {len(changed)} runs as a twin, "
                f"and in {sum(test in right for right in own)} of {len(own)} as the suite has it"
            )
        for number, (run, passing) in enumerate(changed, 1):
            word = "passed" if any(unit_of(test) == unit for test in passing) else "not passed"
            lines += [f"run {number}, {word}:", *(f"  {line}" for line in run.changes.get(unit, "").splitlines())]
        yield Exhibit(title=f"twin of {unit}", text="\n".join(lines))
