"""The kind ``suite``: a hidden test suite that imports the candidate's code, counted against a manifest."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError

from gradekit.checks import twins
from gradekit.checks.base import (
    MAX_PRINTED,
    PRINTED_TOO_MUCH,
    Bench,
    Complaint,
    Context,
    Kind,
    Recorded,
    Scope,
)
from gradekit.checks.tally import errored, failed, passed, tally
from gradekit.model import Duration, Loc, Model, RelativePath, tuple_of
from gradekit.results import CaseResult, Exhibit, Judgement, Status, Tier
from gradekit.sandbox.protocol import Ending, FileEntry
from gradekit.texts import clean

MAX_LINES: Final = 10_000
MAX_MESSAGE: Final = 4 << 10
"""Characters of a record's message that are kept."""
GIST: Final = 6
"""Lines of a record's message that a report shows; the evidence has all."""
CONFIRMATIONS: Final = 3
"""Further runs when a twin passed: answers by chance do that once, hardly in each of them."""
PLENTY: Final = 3
"""So many test functions that pass as themselves and as their twins are no chance, whatever later runs show."""
MAX_STDERR: Final = 16 << 10
"""Bytes of the end of what the candidate's code printed that are kept."""
MAX_CHANGE: Final = 2_000
"""Characters of what a twin changed that are kept as evidence."""
LISTED: Final = 8
"""Tests that a note names; the others are counted."""
UNKNOWN: Final = 3
"""Tests that the lock does not list, but that a message names."""


class Group(Model):
    """Tests that share points."""

    name: str = Field(min_length=1, description="For reports.")
    match: str = Field(min_length=1, description="A pattern of test ids with * and ?, such as test_basic.py::*.")
    points: int = Field(ge=0, description="The group's share of the check, against the other groups.")


class SuiteSpec(Model):
    """A hidden suite for the runner's ``test``."""

    files: RelativePath = Field(description="A folder of the challenge.")
    timeout: Duration = Field(60.0, description="For the whole suite.")
    scoring: Literal["proportional", "all_or_nothing"] = Field(
        "proportional", description="A share for each test, or everything for all."
    )
    twins: Literal["all", "off"] | Annotated[int, Field(ge=1, le=100)] = Field(
        5, description="How many test functions, at random, are also run with a changed expectation; or all, or off."
    )
    written_twins: RelativePath | None = Field(
        None,
        description="A folder of the challenge that mirrors files: each test function in it is the twin of the "
        "function of the suite with the same file and name.",
    )
    isolation: Literal["in-process", "split"] = Field(
        "in-process",
        description="split: the tests run in a container without the candidate's code, which they reach by calls that "
        "carry data only.",
    )
    groups: Annotated[tuple[Group, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Shares by group; a test belongs to the first group that matches, and each must match one."
    )


class Record(Model):
    """A line of the runner: a test and how it ended."""

    test: str = Field(min_length=1, max_length=1000)
    outcome: Literal["passed", "failed", "skipped", "errored"]
    message: str = ""
    seconds: float = Field(default=0.0, ge=0, allow_inf_nan=False)


class End(Model):
    """The last line of the runner: how many tests it ran."""

    end: int = Field(ge=0)


class Ran(Model):
    """What the runner reported in one run of the suite, and how it ended."""

    ending: Annotated[Ending, Field(strict=False)]
    exit_code: int | None = None
    records: Annotated[tuple[Record, ...], BeforeValidator(tuple_of)] = ()
    """In order, up to the end record."""
    end: int | None = None
    """The count of the end record; None when there is none."""
    late: int = 0
    """Lines after the end record."""
    garbage: int = 0
    """Lines that are no record."""
    stderr: str = ""
    """The end of it; hostile text."""
    seconds: float = 0.0


class TwinRun(Ran):
    """A run of the suite in which some tests were twins: a right program fails exactly those."""

    seed: int
    points: Mapping[str, twins.Point]
    """Test function -> which of its points was changed; None: a written twin."""
    renamed: Mapping[str, str] = Field(default_factory=dict)
    """Id of a test -> its id in this run."""
    confirms: bool = False
    """Whether it was made because a twin had passed in one of the first two: to tell luck from forging."""
    tries: bool = False
    """Whether it was made on the reference, to learn which points have a twin that fails."""
    changes: Mapping[str, str] = Field(default_factory=dict)
    """Test function -> its lines that differ, ``-`` as they are in the suite, ``+`` as they were in this run."""
    must_fail: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """Ids of tests that no right program passes in this run, as far as the lock knew them."""


class SuiteEvidence(Ran):
    """What the runs say of the unchanged tests, and the runs themselves where there were twins in them."""

    twin_runs: Annotated[tuple[TwinRun, ...], BeforeValidator(tuple_of)] = ()


_CHANCE: Final = secrets.SystemRandom()


def observe(spec: SuiteSpec, bench: Bench) -> SuiteEvidence:
    """Run the suite; where it has twins, twice, each time with half of the sample as twins.

    What is a twin in one run is unchanged in the other, and all other tests are unchanged in both: there is no run in
    which forging pays and betrays nothing. Where a twin passes, further runs follow. Where the lock does not say yet
    which twins the reference fails, that is found out.
    """
    files = _files(spec.files, bench.context.files)
    known = bench.context.twins
    if not has_twins(spec):
        return SuiteEvidence(**_ran(spec, bench, files))
    if not known:
        units = twins.units(files, _written(spec, bench.context.files))
        if units and known is None:
            return _calibrated(spec, bench, units)
        return SuiteEvidence(**_ran(spec, bench, twins.normalised(files) if units else files))
    sample = _CHANCE.sample(sorted(known), len(known) if spec.twins == "all" else min(int(spec.twins), len(known)))
    runs = _pair(spec, bench, {name: known[name] for name in sample})
    if any(_passed_twins(run, run.must_fail) for run in runs):
        runs += _confirming(spec, bench, {name: known[name] for name in sample})
    return SuiteEvidence(**_composed(runs), twin_runs=tuple(runs))


def _calibrated(spec: SuiteSpec, bench: Bench, units: Sequence[twins.Unit]) -> SuiteEvidence:
    """The reference: a plain run, every point of every test once, and a pair of runs with all twins that failed."""
    plain = SuiteEvidence(**_ran(spec, bench, twins.normalised(_files(spec.files, bench.context.files))))
    runs = []
    for number in range(twins.MAX_POINTS):
        points = {unit.id: unit.points[number] for unit in units if len(unit.points) > number}
        if points:
            runs.append(_twin_run(spec, bench, number, points).model_copy(update={"tries": True}))
    tried = plain.model_copy(update={"twin_runs": tuple(runs)})
    found = twins_of(tried)
    return tried.model_copy(update={"twin_runs": (*runs, *(_pair(spec, bench, found) if found else ()))})


def _pair(spec: SuiteSpec, bench: Bench, known: Mapping[str, twins.Twin]) -> list[TwinRun]:
    """Two runs with the twins shared out between them, in an order that nobody can guess."""
    names = _CHANCE.sample(sorted(known), len(known))
    parts = _CHANCE.sample([names[::2], names[1::2]], 2)
    return [_seeded(spec, bench, {name: known[name] for name in part}) for part in parts]


def _confirming(spec: SuiteSpec, bench: Bench, known: Mapping[str, twins.Twin]) -> Iterator[TwinRun]:
    """Further runs; each function is unchanged in at least one and a twin in at least one, drawn for each alone."""
    numbers = range(CONFIRMATIONS)
    as_twin = {name: _CHANCE.sample(numbers, _CHANCE.choice(numbers[1:])) for name in known}
    for number in numbers:
        chosen = {name: twin for name, twin in known.items() if number in as_twin[name]}
        yield _seeded(spec, bench, chosen).model_copy(update={"confirms": True})


def has_twins(spec: SuiteSpec) -> bool:
    """Whether tests of the suite are run as twins at all."""
    return spec.isolation == "in-process" and spec.twins != "off"


def _seeded(spec: SuiteSpec, bench: Bench, known: Mapping[str, twins.Twin]) -> TwinRun:
    """A run with these twins, which nobody has seen before."""
    run = _twin_run(spec, bench, _CHANCE.getrandbits(64), {name: twin.point for name, twin in known.items()})
    return run.model_copy(update={"must_fail": tuple(sorted(test for twin in known.values() for test in twin.tests))})


def _twin_run(spec: SuiteSpec, bench: Bench, seed: int, points: Mapping[str, twins.Point]) -> TwinRun:
    files, written = _files(spec.files, bench.context.files), _written(spec, bench.context.files)
    changed = twins.twinned(files, points, seed, written)
    return TwinRun(
        **_ran(spec, bench, changed.files),
        seed=seed,
        points=points,
        renamed=changed.renamed,
        changes={unit: text[:MAX_CHANGE] for unit, text in changed.changes.items()},
    )


def unit_of(test: str) -> str:
    """The test function of a test: its id without parameters."""
    return test.partition("[")[0]


def _passed(run: Ran) -> set[str]:
    """Ids of the tests that passed exactly once."""
    counts = Counter(record.test for record in run.records)
    return {record.test for record in run.records if record.outcome == "passed" and counts[record.test] == 1}


def _passed_twins(run: TwinRun, tests: Iterable[str]) -> set[str]:
    """Which of the tests passed in a run, as twins or not, by the ids that they have in the suite."""
    right = _passed(run)
    return {test for test in tests if run.renamed.get(test, test) in right}


def _twins_in(run: TwinRun, known: Mapping[str, twins.Twin]) -> Iterator[str]:
    """The tests whose expectation was changed in a run so that the lock says that it cannot be met."""
    for unit, point in run.points.items():
        twin = known.get(unit)
        yield from twin.tests if twin is not None and twin.point == point else ()


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


def _suspects(runs: Sequence[TwinRun], known: Mapping[str, twins.Twin]) -> set[str]:
    """Tests that passed as themselves and, in another run, with an expectation that was changed.

    A program that computes its answers cannot do that. A twin alone, without its test, is passed by a wrong answer
    that happens to be the changed expectation.
    """
    own = {test for run in runs for test in _passed(run) if unit_of(test) not in run.points}
    return own & {test for run in runs for test in _passed_twins(run, _twins_in(run, known))}


def _doubted(evidence: SuiteEvidence, known: Mapping[str, twins.Twin]) -> tuple[tuple[str, ...], frozenset[str]]:
    """What shows that results were forged, and the other suspect tests, which do not count as passed."""
    runs = [run for run in evidence.twin_runs if not run.tries]
    again = [run for run in runs if run.confirms]
    suspects = _suspects([run for run in runs if not run.confirms], known)
    many = len({unit_of(test) for test in suspects}) >= PLENTY
    forged = suspects
    if not many:
        forged = suspects.intersection(*(_passed_twins(run, suspects) for run in again)) if again else set()
    right = _passed(evidence)
    return (
        tuple(_forged(test, always=test in right, many=many) for test in sorted(forged)),
        frozenset(_suspects(runs, known) - forged),
    )


def _forged(test: str, *, always: bool, many: bool) -> str:
    """That a test and its twin passed.

    ``always``: the test itself in all runs, so that it is shown as passed; ``many``: so did at least ``PLENTY``.
    """
    own = "passed" if always else "passed in some runs and failed in others"
    twin = "its twin (the same test with an expectation that no right program can meet)"
    often = f"this is so of {PLENTY} or more test functions" if many else "further runs gave the same"
    return (
        f"{test} {own}, and {twin} passed, too; {often}: only forging explains that, because a program that computes "
        "its answers never passes both"
    )


def _notes(
    spec: SuiteSpec, evidence: SuiteEvidence, context: Context, *, forged: bool, doubted: Collection[str], but: str
) -> tuple[str, ...]:
    """How far the result can be trusted: counts and names only, so that they are equal in every run.

    ``but``: what was told of the run that an honest one does not show.
    """
    if spec.isolation == "split":
        return ("the tests ran in a container of their own; only data crossed",)
    if spec.twins == "off":
        return ("twins are off, so a forged result would not show",)
    known, tests = context.twins or {}, context.expected_tests or ()
    first = [run for run in evidence.twin_runs if not run.confirms and not run.tries]
    tried = {unit_of(test) for run in first for test in _twins_in(run, known)}
    if forged:
        sign = "some passed, as their tests did, and the violations say why that is forging"
    elif doubted:
        one = len(doubted) == 1
        twin, both, counts = (
            ("its twin", "both", "it counts") if one else ("their twins", "each with its own", "they count")
        )
        sign = (
            f"{_listed(sorted(doubted))} and {twin} passed, {both} in at least one of several runs; that may be "
            "chance, a test too weak to tell right from wrong (then its author's matter), or forging, which gradekit "
            f"calls it only if all further runs or {PLENTY} test functions show it; so {counts} as failed: look at the "
            "submission's code"
        )
    else:
        sign = f"{but and f'apart from {but}, '}no sign of forging"
    functions = _counted({unit_of(test) for test in tests}, "test function")
    changed = "with expectations that no right program meets (twins)"
    notes = [
        f"{len(tried)} of {functions} were also run {changed}; {sign}"
        if tried
        else f"protection against forged results is off: none of {functions} was also run {changed}"
    ]
    alone = without_twin(tests, known)
    if alone:
        verb = "has" if len(alone) == 1 else "have"
        notes.append(f"{_counted(alone, 'test')} {verb} no twin: {_listed(alone)}; {_UNGUARDED}")
    return tuple(notes)


def _listed(tests: Sequence[str]) -> str:
    more = f" and {len(tests) - LISTED} more" if len(tests) > LISTED else ""
    return ", ".join(tests[:LISTED]) + more


def _counted(things: Collection[str], noun: str) -> str:
    return _many(len(things), noun)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def without_twin(tests: Sequence[str], known: Mapping[str, twins.Twin]) -> tuple[str, ...]:
    """The tests that no twin guards, sorted: a function where that is all of it, else ids with parameters."""
    guarded = {test for twin in known.values() for test in twin.tests}
    partly = {unit_of(test) for test in guarded}
    return tuple(sorted({test if unit_of(test) in partly else unit_of(test) for test in tests if test not in guarded}))


def twins_of(evidence: SuiteEvidence) -> Mapping[str, twins.Twin]:
    """The functions whose tests passed and whose twins failed whenever they ran, each with its first such point."""
    later = [run for run in evidence.twin_runs if not run.tries]
    right = _passed(evidence).difference(*(_passed_twins(run, run.must_fail) for run in later))
    found: dict[str, twins.Twin] = {}
    for run in sorted((run for run in evidence.twin_runs if run.tries), key=lambda run: run.seed):
        failing = {record.test for record in run.records if record.outcome == "failed"}
        for unit, point in run.points.items():
            tests = sorted(test for test in right if unit_of(test) == unit and run.renamed.get(test, test) in failing)
            if tests and unit not in found:
                found[unit] = twins.Twin(point=point, tests=tuple(tests))
    return dict(sorted(found.items()))


def recorded(spec: SuiteSpec, evidence: SuiteEvidence, files: Mapping[str, bytes]) -> Recorded:
    """What the reference's run says: the tests that must pass, their twins, and what the author got wrong."""
    mistakes = (
        *_unpassed(spec, evidence),
        *_mistaken(spec, evidence, _written(spec, files)),
        *_entangled(spec, evidence),
    )
    return Recorded(passed_ids(evidence), twins_of(evidence), mistakes)


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
    right = _passed(evidence)
    folder = spec.files.rstrip("/")
    found: set[str] = set()
    for run in (run for run in evidence.twin_runs if not run.tries):
        unchanged = {test for test in right if unit_of(test) not in run.points}
        found |= unchanged - _passed_twins(run, unchanged)
    for test in sorted(found):
        yield f"{folder}/{test}: fails on the reference when another test fails; make it independent, or twins: off"


def _mistaken(spec: SuiteSpec, evidence: SuiteEvidence, written: Mapping[str, bytes]) -> Iterator[str]:
    """Written twins that the reference does not fail as it must: each test of them in the call phase."""
    places = twins.lines(written)
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


def _ran(spec: SuiteSpec, bench: Bench, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Run the suite once and read the records: the fields of ``Ran``."""
    entries = tuple(FileEntry(path, data) for path, data in files.items())
    result = bench.test(entries, timeout=spec.timeout, max_output=MAX_PRINTED, split=spec.isolation == "split")
    records: list[Record] = []
    end: int | None = None
    late = garbage = 0
    lines = [line for line in result.stdout.split(b"\n") if line.strip()]
    for number, line in enumerate(lines):
        found = _record(line) if number < MAX_LINES else None
        if end is not None:
            late += 1
        elif isinstance(found, Record):
            records.append(found)
        elif isinstance(found, End):
            end = found.end
        else:
            garbage += 1
    return {
        "ending": result.ending,
        "exit_code": result.exit_code,
        "records": tuple(records),
        "end": end,
        "late": late,
        "garbage": garbage,
        "stderr": result.stderr[-MAX_STDERR:].decode("utf-8", "replace"),
        "seconds": result.seconds,
    }


def judge(spec: SuiteSpec, evidence: SuiteEvidence, context: Context) -> Judgement:
    """Each test of the manifest must be reported as passed, exactly once."""
    if context.expected_tests is None:
        return errored("challenge.lock lists no tests for this suite; run gradekit challenge verify")
    if not context.expected_tests:
        return errored("the reference passes no test of this suite; mend the suite or the reference")
    counts = Counter(record.test for record in evidence.records)
    records = {record.test: record for record in evidence.records}
    ending = _early(spec, evidence, context)
    violations, doubted = _doubted(evidence, context.twins or {}) if has_twins(spec) else ((), frozenset())
    expected = frozenset(context.expected_tests)
    files = {name: record for name, record in records.items() if _whole(record) and name not in expected}
    tests = [
        _case(test, counts[test], records[test]) if test in records else _absent(test, evidence, files, ending)
        for test in context.expected_tests
    ]
    tests = [
        failed(case.title, case.id, _LUCK) if case.id in doubted and case.outcome.status is Status.PASSED else case
        for case in tests
    ]
    # Without its end record nobody knows whether the suite was left on purpose: one more thing failed.
    cases = [*tests, failed("end of the suite", "end", ending)] if ending else tests
    judgement = tally(cases, noun="tests", all_or_nothing=spec.scoring == "all_or_nothing")
    outcome = judgement.outcome
    if ending:
        wrong = sum(case.outcome.status is not Status.PASSED for case in tests)
        message = f"{wrong} of {_many(len(tests), 'test')} failed, and {ending}; that counts as one more failed test"
        outcome = outcome.model_copy(update={"message": message})
    if spec.groups:
        share = _grouped(spec.groups, tests)
        if isinstance(share, str):
            return errored(share)
        if spec.scoring == "proportional" and outcome.status is Status.FAILED:
            outcome = outcome.model_copy(update={"ratio": share * len(tests) / len(cases)})
    forged = ("results were forged, which the violations show",) if violations else ()
    odd = tuple(_oddities(evidence, expected))
    oddities = "; ".join((*forged, *odd))
    if oddities:
        message = f"{outcome.message}; {oddities}" if outcome.message else oddities
        outcome = outcome.model_copy(update={"message": message})
    # A run that was stopped, or ran out of memory, is told of, but nobody forges by that.
    but = "the early end" if ending and evidence.ending is Ending.EXITED else ""
    but = but or ("what the message of the check tells" if odd else "")
    notes = _notes(spec, evidence, context, forged=bool(violations), doubted=doubted, but=but)
    return judgement.model_copy(update={"outcome": outcome, "violations": violations, "notes": notes})


def passed_ids(evidence: SuiteEvidence) -> tuple[str, ...]:
    """Ids of the tests that passed exactly once, sorted: the manifest, when the reference ran."""
    return tuple(sorted(_passed(evidence)))


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
    runs = [(run, _passed_twins(run, run.must_fail)) for run in evidence.twin_runs if not run.tries]
    for unit in sorted({unit_of(test) for _, passing in runs for test in passing}):
        changed = [(run, passing) for run, passing in runs if unit in run.points]
        own = [_passed(run) for run, _ in runs if unit not in run.points]
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


def lint(spec: SuiteSpec, scope: Scope) -> Iterator[Complaint]:
    """Groups that no report can tell apart, or without points, and twins without a counterpart.

    Which tests the groups match is not known yet.
    """
    names = [group.name for group in spec.groups]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Complaint(("groups", index, "name"), f'a second group has the name "{name}"')
    matches = [group.match for group in spec.groups]
    for index, match in enumerate(matches):
        if match in matches[:index]:
            yield Complaint(("groups", index, "match"), "an earlier group takes all of these tests")
    if spec.groups and not sum(group.points for group in spec.groups):
        yield Complaint(("groups",), "no group has any points")
    if spec.isolation == "split":
        for name in sorted({"twins", "written_twins"} & spec.model_fields_set):
            what = f'"{name}" is for suites that run in one process with the candidate\'s code'
            yield Complaint((name,), what, "isolation: split needs no twins", "remove it")
    elif spec.written_twins is not None:
        yield from _lint_written(spec, spec.written_twins.rstrip("/"), scope)


def _lint_written(spec: SuiteSpec, folder: str, scope: Scope) -> Iterator[Complaint]:
    loc: Loc = ("written_twins",)
    written = _written(spec, scope.files)
    if spec.twins == "off":
        yield Complaint(loc, "twins are off, so no twin is run", hint="remove this, or twins: off")
    if f"{folder}/".startswith(f"{spec.files.rstrip('/')}/"):
        yield Complaint(loc, "lies inside the suite, whose files go into the sandbox", hint="move the folder out of it")
    elif not written:
        yield Complaint(loc, f'"{folder}" is no folder with files', "files that mirror those of the suite")
    else:
        for slip in twins.slips(_files(spec.files, scope.files), written):
            yield Complaint(loc, f"{folder}/{slip.place}: {slip.what}", hint=slip.hint)


def paths(spec: SuiteSpec) -> Iterator[tuple[Loc, str]]:
    """The folder of the suite, and that of its written twins."""
    yield ("files",), spec.files
    if spec.written_twins is not None:
        yield ("written_twins",), spec.written_twins


KIND = Kind(
    name="suite",
    spec=SuiteSpec,
    evidence=SuiteEvidence,
    tier=lambda spec: Tier.SPLIT if spec.isolation == "split" else Tier.IN_PROCESS,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    ships_files=lambda _: True,
    recorded=recorded,
    tiers={Tier.SPLIT: "isolation: split", Tier.IN_PROCESS: "isolation: in-process"},
)


def _files(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a folder of the challenge, by path below it."""
    inside = folder.rstrip("/") + "/"
    return {path.removeprefix(inside): files[path] for path in sorted(files) if path.startswith(inside)}


def _written(spec: SuiteSpec, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with the author's twins."""
    return {} if spec.written_twins is None else _files(spec.written_twins, files)


def _record(line: bytes) -> Record | End | None:
    for model in (Record, End):
        try:
            found = model.model_validate_json(line)
        except ValidationError:
            continue
        if isinstance(found, Record):
            return found.model_copy(update={"message": found.message[:MAX_MESSAGE]})
        return found
    return None


def _absent(test: str, evidence: SuiteEvidence, files: Mapping[str, Record], ending: str) -> CaseResult:
    """A test without a result, and why, as far as it is known; ``files`` are records of what is no test."""
    file = next((files[place] for place in _files_of(test) if place in files), None)
    if file is not None:
        what = "could not be loaded" if file.outcome == "errored" else "was skipped"
        why = ": ".join(filter(None, (f"{file.test} {what} ({_LED_HERE})", _gist(file.message))))
    elif ending:
        why = ending
    elif evidence.late:
        why = (
            "nothing about it came before the suite's end mark; something wrote that mark before this test ran, "
            "probably code of the submission"
        )
    else:
        why = (
            "the suite came to its end, and with the reference this test has a result, so something in the submission "
            "probably stopped or removed it; "
        )
        why += "what the run printed may say more" if evidence.stderr else "the run printed nothing that says more"
    return failed(test, test, f"no result: {why}")


def _whole(record: Record) -> bool:
    """Whether it can be of a file that was not run at all."""
    return record.outcome in {"errored", "skipped"}


def _files_of(test: str) -> tuple[str, str]:
    """What the file of a test may be, by the ways in which runners write ids."""
    return test.partition("::")[0], test.partition(" > ")[0]


def _case(test: str, count: int, record: Record) -> CaseResult:
    if count > 1:
        return failed(test, test, f"reported {count} times; {_ONCE}")
    if record.outcome == "passed":
        return passed(test, test)
    if record.message.startswith(_XFAIL):
        return failed(test, test, _marked(record))
    said = _ENDED.get(record.outcome, record.outcome)
    gist = _gist(record.message)
    if record.outcome == "skipped":
        return failed(test, test, f"{said}; {_reason(gist)}")
    words = (said if record.outcome != "failed" or not record.message else "", gist)
    what = ": ".join(filter(None, words))
    if _CROSSING.match(record.message):
        what += f"\n({_CROSSED})"
    return failed(test, test, what)


def _marked(record: Record) -> str:
    """What the mark of a test comes to; ``record`` is of one that was expected to fail."""
    reason = _gist(record.message.removeprefix(_XFAIL))
    if record.outcome == "skipped":
        what = "failed as it was marked to (xfail)"
    else:
        what = "passed although it is marked as expected to fail (xpass)"
    return f"{what}, which does not count as passed ({_UNMARKED}); {_reason(reason)}"


def _reason(given: str) -> str:
    """Why a test was skipped or marked, as it says itself."""
    return f"the reason that it gives: {given}" if given else "it gives no reason"


_LED_HERE: Final = "with the reference this does not happen, so something in the submission led to it"
_CROSSING: Final = re.compile(r"[\w.\\:]*CannotCross")
"""How the message of a test of a split suite begins that did what only works within one process."""
_CROSSED: Final = (
    "tests and submission exchange only data here; this test passes with the reference, so probably something that the "
    "submission returned, of another type than expected, led to this; if not, the challenge's author has to change the "
    "test"
)
_XFAIL: Final = "xfail or xpass:"
"""How the message of a test begins that is marked as one that fails."""
_ONCE: Final = (
    "a test counts only if it is reported once, as it is with the reference; code of the submission probably reported "
    "it, too"
)
_UNMARKED: Final = "with the reference it has no such mark, so something in the submission led to it"
_UNGUARDED: Final = (
    "a forged result would not show there; the challenge's author can guard tests by isolation: split, "
    "and those in Python by written_twins"
)
_LUCK: Final = (
    "passed, but also passed when its expectation was changed to one that no right program can meet, "
    "so that it does not count"
)
_ENDED: Final = {
    "failed": "failed, without a message",
    "errored": f"an error in its setup or teardown ({_LED_HERE})",
    "skipped": f"skipped, which does not count as passed ({_LED_HERE})",
}
"""What a runner says of a test that did not pass; ``failed`` stands where there is no message."""


def _gist(message: str) -> str:
    """The first and the last lines of a test's message, which say what it asserted and how that differed."""
    lines = [line.rstrip() for line in message.strip().splitlines()]
    return "\n".join(lines if len(lines) <= GIST else [lines[0], "…", *lines[2 - GIST :]])


def _early(spec: SuiteSpec, evidence: SuiteEvidence, context: Context) -> str:
    """How the suite ended when it did not come to its end, else ""."""
    if evidence.end is not None:
        return ""
    how = {
        Ending.TIMEOUT: f"was stopped after {spec.timeout:g} s, the check's timeout, before the suite was at its end",
        Ending.OOM: context.out_of_memory(),
        Ending.OUTPUT: PRINTED_TOO_MUCH,
        Ending.EXITED: f"ended with exit code {evidence.exit_code} before it said that the suite was at its end; "
        f"code of the submission probably ended it{', or made it crash' if evidence.exit_code else ''}",
    }
    return f"the test process {how[evidence.ending]}"


def _oddities(evidence: SuiteEvidence, expected: Collection[str]) -> Iterator[str]:
    """What an honest run does not show, for the reviewer."""
    counts = Counter(record.test for record in evidence.records)
    twice = sum(1 for count in counts.values() if count > 1)
    files = {file for test in expected for file in _files_of(test)}
    told = {record.test for record in evidence.records if _whole(record) and record.test in files}
    extra = sorted(set(counts).difference(expected, told))
    if twice:
        yield f"{_many(twice, 'test')} reported more than once"
    if extra:
        names = ", ".join(clean(test, 100) for test in extra[:UNKNOWN])
        names += f" and {len(extra) - UNKNOWN} more" if len(extra) > UNKNOWN else ""
        yield f"ignored, since challenge.lock does not list it: {names}"
    runs: list[Ran] = [run for run in evidence.twin_runs if not run.tries]
    for run in runs or [evidence]:
        if run.end is not None and run.end != len(run.records):
            arrived = _many(len(run.records), "result")
            only = "only " if len(run.records) < run.end else ""
            how = "removed" if only else "added"
            yield (
                f"the suite's end mark counts {_many(run.end, 'test')}, but {only}{arrived} arrived; code of the "
                f"submission probably {how} some"
            )
            break
    if evidence.late:
        yield f"{_many(evidence.late, 'line')} came after the suite's end mark, where no result counts"


def _grouped(groups: Sequence[Group], cases: Sequence[CaseResult]) -> float | str:
    """The share of the points, or why the groups do not fit the manifest."""
    patterns = [
        re.compile(re.escape(group.match).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL) for group in groups
    ]
    ratios: list[list[float]] = [[] for _ in groups]
    for case in cases:
        group = next((index for index, pattern in enumerate(patterns) if pattern.fullmatch(case.id)), None)
        if group is None:
            return f"groups: no group matches the test {case.id}; correct the challenge"
        ratios[group].append(case.outcome.ratio)
    for index, found in enumerate(ratios):
        if not found:
            return f"groups[{index}] ({groups[index].name}) matches no test; correct the challenge"
    total = sum(group.points for group in groups)
    if not total:
        return "groups: no group has any points; correct the challenge"
    exact = sum(
        (Fraction(sum(found)) * group.points / len(found) for group, found in zip(groups, ratios, strict=True)),
        Fraction(),
    )
    return float(exact / total)
