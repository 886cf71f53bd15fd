"""What every format says, in the same words: the verdict, states, amounts, the order of checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gradekit.results import CaseResult, CheckResult, CriterionScore, Outcome, Report, Status, Tier
from gradekit.score import number, points
from gradekit.spec.variants import told

Tone = Literal["pass", "fail", "wait", "fault"]
"""How a thing is to look; never the only way in which it is said."""

STATUS_TONE: dict[Status, Tone] = {
    Status.PASSED: "pass",
    Status.FAILED: "fail",
    Status.SKIPPED: "wait",
    Status.ERRORED: "fault",
}
TIERS = {
    Tier.BLACK_BOX: "The candidate's program ran in a container of its own and was judged from outside. "
    "Such a result can only be earned.",
    Tier.SPLIT: "The tests ran outside; only plain data crossed into the container of the candidate's program.",
    Tier.IN_PROCESS: "The tests ran inside one process with the candidate's code, which could have tampered with "
    "them. Such a result is evident, not proven.",
}
"""What a tier means for a reader who has to trust a result."""
TONE_MARK: dict[Tone, str] = {"pass": "✓", "fail": "✗", "wait": "○", "fault": "!"}
"""A sign for each tone; always shown beside a word."""
_ORDER = (Status.ERRORED, Status.FAILED, Status.SKIPPED, Status.PASSED)
_MINUTE = 60.0
_DOUBTS = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of a report in words; ``number`` holds a total only when there is one."""

    word: str
    number: str
    sentence: str
    tone: Tone


def verdict(report: Report) -> Verdict:
    """The verdict of a report, from its score alone."""
    score = report.score
    if score.state == "withheld":
        return Verdict(
            "Withheld", "no total", "The integrity of this run is in doubt; a person has to decide.", "fault"
        )
    if score.state == "incomplete":
        sentence = (
            "Something on our side failed. Nothing here counts against the candidate; grade the submission again."
        )
        return Verdict("Incomplete", "no total", sentence, "fault")
    earned, possible = score.earned or 0.0, score.possible or 0.0
    if score.state == "provisional":
        amount = f"{points(earned)} of {number(possible)} automated points"
        return Verdict("Provisional", amount, _provisional(report), "fail" if score.passed is False else "wait")
    total = f"{points(score.total or 0.0)} of {number(possible)} points"
    goal = "No pass mark is set." if score.pass_mark is None else f"The pass mark is {number(score.pass_mark)}."
    band = "" if score.band is None else f' The total is in the band "{score.band}".'
    word = "Not passed" if not score.passed else "Graded" if score.pass_mark is None else "Passed"
    return Verdict(word, total, goal + band, "pass" if score.passed else "fail")


def _provisional(report: Report) -> str:
    score = report.score
    if score.passed is None:
        so_far = ""
    elif not score.passed:
        so_far = "So far it does not pass. "
    elif score.pass_mark is None:
        so_far = "So far it meets every requirement. "
    else:
        so_far = f"So far it meets the pass mark of {number(score.pass_mark)} %. "
    return f"{so_far}{count(len(score.pending), 'review')} pending, so there is no total yet."


def mark(status: Status) -> str:
    """The sign of a status; always shown beside the word."""
    return TONE_MARK[STATUS_TONE[status]]


def criterion_earned(report: Report, criterion: CriterionScore) -> str:
    """What a criterion earned, or the word for why there is no number."""
    if report.score.state == "withheld":
        return "withheld"
    if criterion.state != "scored":
        return criterion.state
    return "none" if criterion.earned is None else points(criterion.earned)


def share(report: Report, criterion: CriterionScore) -> float | None:
    """The part of a criterion's bar to fill, 0 to 1; None when there is no number."""
    return None if report.score.state == "withheld" or criterion.state != "scored" else criterion.ratio


def check_points(report: Report, check: CheckResult) -> str:
    """What a check earned of its points, or why that is not said."""
    status = check.outcome.status
    if report.score.state == "withheld":
        return "withheld"
    if status is Status.ERRORED:
        return "not graded"
    if check.points == 0:
        return "no points"
    earned = 0.0 if status is Status.SKIPPED else check.points * check.outcome.ratio
    return f"{points(earned)} of {count(check.points, 'point')}"


def tally(checks: Sequence[CheckResult]) -> tuple[tuple[Status, int], ...]:
    """How many checks ended in which status, passed first; statuses that did not occur are left out."""
    found = Counter(check.outcome.status for check in checks)
    return tuple((status, found[status]) for status in Status if found[status])


def tally_words(checks: Sequence[CheckResult]) -> str:
    """The tally as a sentence part: ``9 checks passed, 3 failed``."""
    parts = [f"{number} {status.value}" for status, number in tally(checks)]
    return f"{count(len(checks), 'check')}: {', '.join(parts)}" if parts else "no checks"


def attention(report: Report) -> tuple[CheckResult, ...]:
    """The checks in doubt, then those that errored, failed and were skipped, each in the spec's order."""
    checks = [check for check in report.checks if check.violations or check.outcome.status is not Status.PASSED]
    return tuple(sorted(checks, key=lambda check: (not check.violations, _ORDER.index(check.outcome.status))))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a check ended: a word, its sign and its look."""

    word: str
    mark: str
    tone: Tone


def standing(check: CheckResult) -> Standing:
    """How a check ended; one whose result was forged is in doubt, whatever it came to."""
    tone: Tone = "fault" if check.violations else STATUS_TONE[check.outcome.status]
    return Standing("in doubt" if check.violations else check.outcome.status.value, TONE_MARK[tone], tone)


def passed(report: Report) -> tuple[CheckResult, ...]:
    """The checks that passed and are not in doubt, in the spec's order."""
    found = attention(report)
    return tuple(check for check in report.checks if check not in found)


def remarks(check: CheckResult) -> tuple[str, ...]:
    """What stands beside a check's tier: what is in doubt, of which the score's reasons have all, and what to know."""
    doubts = [f"in doubt: {line}" for line in check.violations[:_DOUBTS]]
    if len(check.violations) > _DOUBTS:
        doubts.append(f"in doubt: {len(check.violations) - _DOUBTS} more like these")
    return (*doubts, *(f"note: {line}" for line in check.notes))


def least_tier(report: Report) -> str:
    """What the challenge demands of every check's tier, or nothing when it allows all."""
    tier = report.challenge.min_tier
    return "" if tier is Tier.IN_PROCESS else f"The challenge allows no check below the tier {tier.value}."


def unmet(check: CheckResult) -> tuple[CaseResult, ...]:
    """The cases that did not pass: errored, then failed, then skipped, each in their order."""
    cases = [case for case in check.cases if case.outcome.status is not Status.PASSED]
    return tuple(sorted(cases, key=lambda case: _ORDER.index(case.outcome.status)))


def own_outcome(check: CheckResult) -> Outcome:
    """A check's outcome above its cases: without its message where one of them says the same."""
    said = {text for case in unmet(check) for text in (case.outcome.message, f'"{case.title}": {case.outcome.message}')}
    return check.outcome.model_copy(update={"message": ""}) if check.outcome.message in said else check.outcome


def account(outcome: Outcome) -> str:
    """The message of an outcome with what was expected and what came, on as many lines as they have."""
    lines = outcome.message.splitlines()
    for label, text in (("expected:", outcome.expected), ("actual:", outcome.actual)):
        if text is not None:
            lines += [label, *(f"  {line}" for line in text.splitlines())]
    return "\n".join(lines)


def sentence(outcome: Outcome) -> str:
    """An outcome on one line: its message, else the first thing that was expected and what came."""
    message, expected, actual = (
        (text or "").partition("\n")[0] for text in (outcome.message, outcome.expected, outcome.actual)
    )
    return message or (f"expected {expected}, got {actual}" if expected and actual else outcome.status.value)


def summary(check: CheckResult) -> str:
    """A check that did not pass on one line, with the first of its cases that did not."""
    first = [f"{case.title}: {sentence(case.outcome)}" for case in unmet(check)[:1]]
    own = own_outcome(check)
    return "; ".join([sentence(own), *first] if own.message or not first else first)


def who(report: Report) -> str:
    """Whose submission it is: the candidate's name, else where the code came from."""
    return report.submission.candidate or report.submission.repo


def variant(report: Report) -> str:
    """``3 of 8: discount 10, currency EUR``: which variant of the challenge it was; nothing where it has none."""
    found = report.challenge.variant
    return "" if found is None else f"{found.number} of {found.of}: {told(found)}"


def origin(report: Report) -> str:
    """Where the code came from: ``repository @ ref, commit``."""
    submission = report.submission
    ref = f" @ {submission.ref}" if submission.ref else ""
    commit = f"commit {submission.commit[:12]}" if submission.commit else f"tree {submission.tree[:12]}, no commit"
    return f"{submission.repo}{ref}, {commit}"


def count(number: int, noun: str) -> str:
    """``1 case``, ``2 cases``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """``0.8 s``, ``42.3 s`` or ``3 min 05 s``."""
    if round(seconds, 1) < _MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02d} s"


def size(count: int) -> str:
    """``812 bytes``, ``14.2 KiB`` or ``3.0 MiB``."""
    if count < 1 << 10:
        return f"{count} bytes"
    count = min(count, 1 << 99)  # a file that was edited may say anything; beyond this no float is left
    return f"{count / (1 << 10):.1f} KiB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MiB"


def moment(stamp: str) -> str:
    """An ISO time in UTC made readable, ``2026-10-07 14:02:11 UTC``; anything else as it is."""
    date, separator, time = stamp.removesuffix("+00:00").removesuffix("Z").partition("T")
    utc = stamp.endswith(("Z", "+00:00"))
    return f"{date} {time.partition('.')[0]} UTC" if separator and utc else stamp


def clipped(text: str, limit: int) -> str:
    """The beginning of a text, with an ellipsis when something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def last(text: str, limit: int) -> str:
    """The end of a text, with an ellipsis when something is missing."""
    return text if len(text) <= limit else "…" + text[1 - limit :]


def inside(report: Report) -> str:
    """The programs that graded it, by runner: ``python (Python 3.11.2), postgres (...)``; empty when not known.

    The probe is ours, and no reader's business.
    """
    known = ((name, lines) for name, lines in sorted(report.versions.items()) if name != "probe" and lines)
    return ", ".join(f"{name} ({'; '.join(lines)})" for name, lines in known)
