"""The kind ``suite``: a hidden test suite that imports the candidate's code, counted against a manifest."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError

from gradekit.checks import twins
from gradekit.checks.base import Bench, Complaint, Context, Kind, Scope
from gradekit.checks.tally import errored, failed, passed, tally
from gradekit.model import Duration, Loc, Model, RelativePath, tuple_of
from gradekit.results import CaseResult, Exhibit, Judgement, Status, Tier
from gradekit.sandbox.protocol import Ending, FileEntry

MAX_OUTPUT: Final = 4 << 20
"""Bytes that the runner may print."""
MAX_LINES: Final = 10_000
MAX_MESSAGE: Final = 4 << 10
"""Characters of a record's message that are kept."""
GIST: Final = 6
"""Lines of a record's message that a report shows; the evidence has all."""
CONFIRMATIONS: Final = 3
"""Further runs when a twin passed: a wrong but honest answer meets a random expectation once, hardly four times."""
MAX_STDERR: Final = 16 << 10
"""Bytes of the end of what the candidate's code printed that are kept."""


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
    points: Mapping[str, int]
    """Test function -> which of its points was changed."""
    renamed: Mapping[str, str] = Field(default_factory=dict)
    """Id of a test -> its id in this run."""
    confirms: bool = False
    """Whether it was made because a twin had passed: to tell luck from forging."""


class SuiteEvidence(Ran):
    """The run that is judged, and those with twins."""

    twin_runs: Annotated[tuple[TwinRun, ...], BeforeValidator(tuple_of)] = ()


def observe(spec: SuiteSpec, bench: Bench) -> SuiteEvidence:
    """Run the suite, and in an order that nobody can guess also with twins in it.

    Where the lock does not say yet which twins the reference fails, every point of every test is tried once.
    """
    files = {entry.path: entry.data for entry in _files(spec, bench.context.files)}
    if spec.twins == "off" or not (known := twins.units(files)):
        return SuiteEvidence(**_ran(spec, bench, files))
    if bench.context.twins is None:
        plans = [
            (point, {unit.id: point for unit in known if unit.points > point}) for point in range(twins.MAX_POINTS)
        ]
    else:
        chosen = _chosen(spec, bench.context.twins)
        plans = [(secrets.randbits(64), points) for points in chosen]
    order: list[tuple[int, dict[str, int]] | None] = [None, *(plan for plan in plans if plan[1])]
    secrets.SystemRandom().shuffle(order)
    plain: dict[str, Any] = {}
    runs: list[TwinRun] = []
    for plan in order:
        if plan is None:
            plain = _ran(spec, bench, twins.normalised(files))
        else:
            runs.append(_twin_run(spec, bench, files, plan))
    for run in list(runs) if bench.context.twins else ():
        suspects = {_unit(test): run.points[_unit(test)] for test in _passed_twins(run, bench.context.twins or {})}
        for _ in range(CONFIRMATIONS if suspects else 0):
            again = _twin_run(spec, bench, files, (secrets.randbits(64), suspects))
            runs.append(again.model_copy(update={"confirms": True}))
    return SuiteEvidence(**plain, twin_runs=tuple(runs))


def _chosen(spec: SuiteSpec, known: Mapping[str, twins.Twin]) -> list[dict[str, int]]:
    """The functions that get a twin, a map for each run: all of them in two runs, or a random sample in one."""
    names = sorted(known)
    secrets.SystemRandom().shuffle(names)
    parts = [names[::2], names[1::2]] if spec.twins == "all" else [names[: int(spec.twins)]]
    return [{name: known[name].point for name in part} for part in parts]


def _twin_run(spec: SuiteSpec, bench: Bench, files: Mapping[str, bytes], plan: tuple[int, dict[str, int]]) -> TwinRun:
    seed, points = plan
    changed = twins.twinned(files, points, seed)
    return TwinRun(**_ran(spec, bench, changed.files), seed=seed, points=points, renamed=changed.renamed)


def _unit(test: str) -> str:
    """The test function of a test: its id without parameters."""
    return test.partition("[")[0]


def _passed_twins(run: TwinRun, known: Mapping[str, twins.Twin]) -> Iterator[str]:
    """Tests that passed although their expectation had been changed."""
    counts = Counter(record.test for record in run.records)
    outcomes = {record.test: record.outcome for record in run.records}
    for unit, point in run.points.items():
        twin = known.get(unit)
        for test in twin.tests if twin is not None and twin.point == point else ():
            name = run.renamed.get(test, test)
            if counts[name] == 1 and outcomes[name] == "passed":
                yield test


def _violations(evidence: SuiteEvidence, known: Mapping[str, twins.Twin]) -> tuple[str, ...]:
    """Tests that passed as a twin at first and in every run that was made to confirm it."""
    confirming = [run for run in evidence.twin_runs if run.confirms]
    found = []
    for run in evidence.twin_runs:
        for test in _passed_twins(run, known) if not run.confirms else ():
            again = [other for other in confirming if _unit(test) in other.points]
            if len(again) >= CONFIRMATIONS and all(test in set(_passed_twins(other, known)) for other in again):
                found.append(f"{test} passes although what it expects was changed so that no right program can meet it")
    return tuple(sorted(set(found)))


def twins_of(evidence: SuiteEvidence) -> Mapping[str, twins.Twin]:
    """The functions whose tests passed and whose twins failed, each with its first such point."""
    right = set(passed_ids(evidence))
    found: dict[str, twins.Twin] = {}
    for run in sorted(evidence.twin_runs, key=lambda run: run.seed):
        failing = {record.test for record in run.records if record.outcome == "failed"}
        for unit, point in run.points.items():
            tests = sorted(test for test in right if _unit(test) == unit and run.renamed.get(test, test) in failing)
            if tests and unit not in found:
                found[unit] = twins.Twin(point=point, tests=tuple(tests))
    return dict(sorted(found.items()))


def _ran(spec: SuiteSpec, bench: Bench, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Run the suite once and read the records: the fields of ``Ran``."""
    entries = tuple(FileEntry(path, data) for path, data in files.items())
    result = bench.test(entries, timeout=spec.timeout, max_output=MAX_OUTPUT, split=spec.isolation == "split")
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
    if not context.expected_tests:
        return errored("challenge.lock has no test ids for this suite; run gradekit challenge verify")
    counts = Counter(record.test for record in evidence.records)
    records = {record.test: record for record in evidence.records}
    ending = _early(spec, evidence)
    tests = [_case(test, counts[test], records.get(test), ending) for test in context.expected_tests]
    # Without its end record nobody knows whether the suite was left on purpose: one more thing failed.
    cases = [*tests, failed("end of the suite", "end", ending)] if ending else tests
    judgement = tally(cases, noun="tests", all_or_nothing=spec.scoring == "all_or_nothing")
    outcome = judgement.outcome
    if spec.groups:
        share = _grouped(spec.groups, tests)
        if isinstance(share, str):
            return errored(share)
        if spec.scoring == "proportional" and outcome.status is Status.FAILED:
            outcome = outcome.model_copy(update={"ratio": share * len(tests) / len(cases)})
    oddities = "; ".join(_oddities(evidence, context.expected_tests))
    if oddities:
        message = f"{outcome.message}; {oddities}" if outcome.message else oddities
        outcome = outcome.model_copy(update={"message": message})
    violations = _violations(evidence, context.twins or {})
    return judgement.model_copy(update={"outcome": outcome, "violations": violations})


def passed_ids(evidence: SuiteEvidence) -> tuple[str, ...]:
    """Ids of the tests that passed exactly once, sorted: the manifest, when the reference ran."""
    counts = Counter(record.test for record in evidence.records)
    right = {record.test for record in evidence.records if record.outcome == "passed"}
    return tuple(sorted(test for test in right if counts[test] == 1))


def show(spec: SuiteSpec, evidence: SuiteEvidence) -> tuple[Exhibit, ...]:
    """How the suite ended, messages of tests that did not pass, and the end of what was printed."""
    code = "" if evidence.exit_code is None else f" with {evidence.exit_code}"
    facts = [f"{spec.files}: {evidence.ending.value}{code} after {evidence.seconds:.1f} s"]
    if evidence.twin_runs:
        functions = {unit for run in evidence.twin_runs for unit in run.points}
        facts += [f"twins: {len(functions)} test functions in {len(evidence.twin_runs)} runs"]
    facts += [f"{len(evidence.records)} records, {evidence.garbage} other lines, {evidence.late} late lines"]
    exhibits = [Exhibit(title="run", text="\n".join(facts))]
    exhibits += [
        Exhibit(title=f"{record.test}: {record.outcome}", text=record.message)
        for record in evidence.records
        if record.outcome != "passed"
    ]
    if evidence.stderr:
        exhibits.append(Exhibit(title="printed", text=evidence.stderr))
    return tuple(exhibits)


def lint(spec: SuiteSpec, scope: Scope) -> Iterator[Complaint]:
    """Groups that no report can tell apart, or without points; which tests they match is not known yet."""
    del scope
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


def paths(spec: SuiteSpec) -> Iterator[tuple[Loc, str]]:
    """The folder of the suite."""
    yield ("files",), spec.files


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
    recorded=lambda evidence: (passed_ids(evidence), twins_of(evidence)),
)


def _files(spec: SuiteSpec, files: Mapping[str, bytes]) -> tuple[FileEntry, ...]:
    """The suite's files, by path below its folder."""
    folder = spec.files.rstrip("/") + "/"
    inside = sorted(path for path in files if path.startswith(folder))
    return tuple(FileEntry(path=path.removeprefix(folder), data=files[path]) for path in inside)


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


def _case(test: str, count: int, record: Record | None, ending: str) -> CaseResult:
    if record is None:
        return failed(test, test, f"no result; {ending}" if ending else "no result")
    if count > 1:
        return failed(test, test, f"reported {count} times; a test that is reported twice is not passed")
    if record.outcome == "passed":
        return passed(test, test)
    words = (record.outcome if record.outcome != "failed" or not record.message else "", _gist(record.message))
    return failed(test, test, ": ".join(filter(None, words)))


def _gist(message: str) -> str:
    """The first and the last lines of a test's message, which say what it asserted and how that differed."""
    lines = [line.rstrip() for line in message.strip().splitlines()]
    return "\n".join(lines if len(lines) <= GIST else [lines[0], "…", *lines[2 - GIST :]])


def _early(spec: SuiteSpec, evidence: SuiteEvidence) -> str:
    """How the suite ended when it did not come to its end, else ""."""
    if evidence.end is not None:
        return ""
    how = {
        Ending.TIMEOUT: f"it was stopped after {spec.timeout:g} s",
        Ending.OOM: "it ran out of memory",
        Ending.OUTPUT: "it printed too much",
        Ending.EXITED: f"it exited with {evidence.exit_code}",
    }
    return f"the suite ended early: {how[evidence.ending]}"


def _oddities(evidence: SuiteEvidence, expected: Sequence[str]) -> Iterator[str]:
    """What an honest run does not show, for the reviewer."""
    counts = Counter(record.test for record in evidence.records)
    twice = sum(1 for count in counts.values() if count > 1)
    extra = len(set(counts) - set(expected))
    if twice:
        yield f"tests reported more than once: {twice}"
    if extra:
        yield f"tests that the manifest does not have: {extra}"
    if evidence.end is not None and evidence.end != len(evidence.records):
        yield f"the runner counted {evidence.end} tests, but {len(evidence.records)} results arrived"
    if evidence.late:
        yield f"lines after the end of the suite: {evidence.late}"


def _grouped(groups: Sequence[Group], cases: Sequence[CaseResult]) -> float | str:
    """The share of the points, or why the groups do not fit the manifest."""
    patterns = [
        re.compile(re.escape(group.match).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL) for group in groups
    ]
    ratios: list[list[float]] = [[] for _ in groups]
    for case in cases:
        group = next((index for index, pattern in enumerate(patterns) if pattern.fullmatch(case.id)), None)
        if group is None:
            return f"groups: no group matches the test {case.id}"
        ratios[group].append(case.outcome.ratio)
    for index, found in enumerate(ratios):
        if not found:
            return f"groups[{index}] ({groups[index].name}) matches no test"
    total = sum(group.points for group in groups)
    if not total:
        return "groups: no group has any points"
    exact = sum(
        (Fraction(sum(found)) * group.points / len(found) for group, found in zip(groups, ratios, strict=True)),
        Fraction(),
    )
    return float(exact / total)
