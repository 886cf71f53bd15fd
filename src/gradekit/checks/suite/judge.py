"""The verdict over the records: pure, and total for every evidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from typing import Final

from gradekit.checks.base import PRINTED_TOO_MUCH, Context
from gradekit.checks.suite.cases import files_of, is_whole, reported, unreported
from gradekit.checks.suite.evidence import Ran, SuiteEvidence
from gradekit.checks.suite.model import Group, SuiteSpec, has_twins
from gradekit.checks.suite.trust import told_by_twins, trust_notes
from gradekit.checks.tally import errored, failed, tally
from gradekit.results import CaseResult, Judgement, Status
from gradekit.sandbox.plans import Ending
from gradekit.texts import clean, counted

UNKNOWN: Final = 3
"""Tests that the lock does not list, but that a message names."""
_LUCK: Final = (
    "passed, but also passed when its expectation was changed to one that no right program can meet, "
    "so that it does not count"
)


def judge(spec: SuiteSpec, evidence: SuiteEvidence, context: Context) -> Judgement:
    """Each test of the manifest must be reported as passed, exactly once."""
    if context.expected_tests is None:
        return errored("challenge.lock lists no tests for this suite; run gradekit challenge verify")
    if not context.expected_tests:
        return errored("the reference passes no test of this suite; mend the suite or the reference")
    counts = Counter(record.test for record in evidence.records)
    records = {record.test: record for record in evidence.records}
    ending = _early(spec, evidence, context)
    violations, doubted = told_by_twins(evidence, context.twins or {}) if has_twins(spec) else ((), frozenset())
    expected = frozenset(context.expected_tests)
    files = {name: record for name, record in records.items() if is_whole(record) and name not in expected}
    tests = [
        reported(test, counts[test], records[test]) if test in records else unreported(test, evidence, files, ending)
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
        message = f"{wrong} of {counted(len(tests), 'test')} failed, and {ending}; that counts as one more failed test"
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
    notes = trust_notes(spec, evidence, context, forged=bool(violations), doubted=doubted, but=but)
    return judgement.model_copy(update={"outcome": outcome, "violations": violations, "notes": notes})


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
    files = {file for test in expected for file in files_of(test)}
    told = {record.test for record in evidence.records if is_whole(record) and record.test in files}
    extra = sorted(set(counts).difference(expected, told))
    if twice:
        yield f"{counted(twice, 'test')} reported more than once"
    if extra:
        names = ", ".join(clean(test, 100) for test in extra[:UNKNOWN])
        names += f" and {len(extra) - UNKNOWN} more" if len(extra) > UNKNOWN else ""
        yield f"ignored, since challenge.lock does not list it: {names}"
    runs: list[Ran] = [run for run in evidence.twin_runs if not run.tries]
    for run in runs or [evidence]:
        if run.end is not None and run.end != len(run.records):
            arrived = counted(len(run.records), "result")
            only = "only " if len(run.records) < run.end else ""
            how = "removed" if only else "added"
            yield (
                f"the suite's end mark counts {counted(run.end, 'test')}, but {only}{arrived} arrived; code of the "
                f"submission probably {how} some"
            )
            break
    if evidence.late:
        yield f"{counted(evidence.late, 'line')} came after the suite's end mark, where no result counts"


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
