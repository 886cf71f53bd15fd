"""The verdict over the findings: pure, and total for every evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from gradekit.checks.base import Context
from gradekit.checks.scan.evidence import MAX_FINDINGS, PAST, Finding, HistoryEvidence, ScanEvidence
from gradekit.checks.scan.model import LEVELS, Level, ScanSpec
from gradekit.checks.scan.sarif import MAX_OUTPUT
from gradekit.checks.tally import errored
from gradekit.results import CaseResult, Judgement, Outcome, Status
from gradekit.sandbox.plans import Ending
from gradekit.texts import clean

MAX_RULES: Final = 40
"""Rules that a report tells apart."""
LISTED: Final = 5
"""Findings of one rule that a report tells."""
_WHOLE: Final = 1_000_000
_REVOKE: Final = (
    "whoever clones the repository has what stands in its history, so removing it in a later commit does not help: "
    "revoke each such key or password, and keep the new one outside of the repository"
)
_UNPROVEN: Final = (
    "commits are what the submission says of itself: a history can be made up or rewritten, and a force push leaves no "
    "trace in a clone"
)
_ENDINGS: Final = {
    Ending.TIMEOUT: "the scanner did not come to an end within {seconds:g} s, the check's timeout",
    Ending.OOM: "the scanner ran out of memory",
    Ending.OUTPUT: f"the scanner printed more than {MAX_OUTPUT >> 20} MiB, which is gradekit's limit",
}
_STOPPED: Final = (
    "; without the submission's files it works, so something in them stops it, and what it would find is not known; "
    "look for files that are generated, very large or deeply nested"
)
_STOPPED_PAST: Final = (
    "; on the graded files it works, so something in earlier commits stops it, and what it would find there is not "
    "known; look for files in them that are generated or very large"
)


def judge(spec: ScanSpec, evidence: ScanEvidence, context: Context) -> Judgement:
    """Subtract what the findings cost."""
    del context
    if evidence.ending is not Ending.EXITED:
        message = _ENDINGS[evidence.ending].format(seconds=spec.timeout) + _STOPPED
        return Judgement(outcome=Outcome(status=Status.FAILED, message=message))
    if spec.history and evidence.history is None:
        return errored("the evidence has nothing about the history; grade the submission again")
    past = evidence.history if spec.history and evidence.history is not None else HistoryEvidence()
    by_rule: dict[str, list[Finding]] = {}
    counts: Counter[Level] = Counter()
    for finding in (*evidence.findings, *past.findings):
        level = level_of(spec, finding)
        if level != "none":
            counts[level] += 1
            by_rule.setdefault(finding.rule, []).append(finding)
    cost = sum(min(counts[level] * share, spec.caps.get(level, 1.0)) for level, share in spec.penalties.items())
    ratio = round(max(0.0, 1.0 - cost) * _WHOLE) / _WHOLE
    worst = sorted(
        by_rule, key=lambda rule: (LEVELS.index(level_of(spec, by_rule[rule][0])), -len(by_rule[rule]), rule)
    )
    cases = tuple(_case(spec, rule, by_rule[rule]) for rule in worst[:MAX_RULES])
    left = _left(past)
    notes = (*_notes(evidence, len(worst)), *_told(past))
    if trouble := _trouble(spec, past):
        outcome = Outcome(status=Status.FAILED, message=trouble)
    elif ratio == 1.0:
        outcome = Outcome(status=Status.PASSED, ratio=1.0, message=left)
        # The message of what passed is for programs.
        notes = (*notes, left) if left else notes
    else:
        message = _counted(spec, counts) + _only_past(spec, past) + (f"; {left}" if left else "")
        outcome = Outcome(status=Status.FAILED, ratio=ratio, message=message)
    return Judgement(outcome=outcome, cases=cases, notes=notes)


def _counted(spec: ScanSpec, counts: Mapping[Level, int]) -> str:
    """How many findings cost points, and how many do not."""
    told: dict[bool, list[str]] = {True: [], False: []}
    sums = {True: 0, False: 0}
    for level in LEVELS:
        if number := counts[level]:
            costs = bool(spec.penalties.get(level))
            told[costs].append(f"{number} {level}{'' if number == 1 else 's'}")
            sums[costs] += number
    one = sums[True] == 1
    free = f"; without cost: {', '.join(told[False])}" if told[False] else ""
    return f"{sums[True]} {'finding costs' if one else 'findings cost'} points: {', '.join(told[True])}{free}"


def _only_past(spec: ScanSpec, past: HistoryEvidence) -> str:
    """How many of the findings that cost points stand in earlier commits only, and what to do about them."""
    number = sum(bool(spec.penalties.get(level_of(spec, finding))) for finding in past.findings)
    return f"; of these only in earlier commits: {number}; {_REVOKE}" if number else ""


def _trouble(spec: ScanSpec, past: HistoryEvidence) -> str:
    """Why nothing is known of a history."""
    if past.problem:
        return f"the history cannot be read: {past.problem}"
    if past.ending is not Ending.EXITED:
        return _ENDINGS[past.ending].format(seconds=spec.timeout) + _STOPPED_PAST
    return ""


def _left(past: HistoryEvidence) -> str:
    """What of a history was not looked at."""
    left = []
    if past.older:
        left.append(f"commits before the newest {past.commits}" if past.commits else "all commits, which are not there")
    if past.large:
        more = ", ..." if past.large > len(past.largest) else ""
        named = ", ".join(clean(path) for path in past.largest)
        left.append(f"files that are too large: {past.large} ({named}{more})")
    if past.unread:
        why = "gradekit gives them no more time" if past.late else "there is more than gradekit reads"
        left.append(f"files, or versions of them, since {why}: {past.unread}")
    if past.refused:
        left.append(f"lines on which the tool fails: {past.refused}")
    return f"not looked at in the history: {'; '.join(left)}" if left else ""


def _told(past: HistoryEvidence) -> Iterator[str]:
    """Where findings of a history come from, and how far it can be trusted."""
    if past.none:
        yield "the history was not looked at: the submission came as a plain folder, which has none"
    elif past.commits and past.ending is Ending.EXITED:
        yield f"looked at in the history: {past.lines} different lines of {past.commits} commits; {_UNPROVEN}"
    if past.more:
        yield f"findings in the history beyond the first {MAX_FINDINGS}, gradekit's limit, left out: {past.more}"


def level_of(spec: ScanSpec, finding: Finding) -> Level:
    """What the first fitting name says, of the rule as it is or of the same rule in graded files."""
    rules = (finding.rule, finding.rule.removeprefix(PAST))
    fitting = (level for name, level in spec.levels.items() if any(fnmatchcase(rule, name) for rule in rules))
    return next(fitting, finding.level)


def _case(spec: ScanSpec, rule: str, findings: Sequence[Finding]) -> CaseResult:
    level = level_of(spec, findings[0])
    told = [f"{one.place}: {one.message}" for one in findings[:LISTED]]
    if len(findings) > LISTED:
        told.append(f"and {len(findings) - LISTED} more")
    free = not spec.penalties.get(level)
    outcome = Outcome(
        status=Status.PASSED if free else Status.FAILED, ratio=1.0 if free else 0.0, message="\n".join(told)
    )
    return CaseResult(id=rule, title=f"{rule} ({level})", outcome=outcome)


def _notes(evidence: ScanEvidence, rules: int) -> tuple[str, ...]:
    notes = []
    if evidence.old:
        notes.append(f"findings that stand in the starter, too, and do not count: {evidence.old}")
    if evidence.more:
        notes.append(f"findings beyond the first {MAX_FINDINGS}, gradekit's limit, left out: {evidence.more}")
    if rules > MAX_RULES:
        notes.append(f"rules beyond the first {MAX_RULES}, which are not listed: {rules - MAX_RULES}")
    return tuple(notes)
