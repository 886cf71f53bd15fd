"""From check results and a rubric to a score: exact arithmetic, no rounding, no effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from gradekit.errors import ExitCode, Problem, SpecError
from gradekit.results import CheckResult, CriterionScore, Score, Status
from gradekit.spec.rubric import WHOLE, Criterion, Rubric

_DENOMINATOR = 1_000_000
"""A ratio is a share of cases: the nearest fraction with a denominator up to this is the one that was meant."""


def points(value: float) -> str:
    """A score as it is shown: one decimal, cut, never rounded up.

    So no shown number is higher than the one that was earned: 69.96 with a pass mark of 70 is
    shown as 69.9, and never as "70.0, not passed". All formats show scores through this function.
    """
    return str(Decimal(repr(float(value))).quantize(Decimal("0.1"), rounding=ROUND_FLOOR))


def number(value: float) -> str:
    """A pass mark or another bound as its author wrote it: ``70`` or ``69.5``."""
    return f"{value:.12g}"


def score(rubric: Rubric, checks: Sequence[CheckResult]) -> tuple[Score, tuple[CriterionScore, ...]]:
    """Weigh the results of all checks of a challenge by its rubric; criteria come in the rubric's order.

    A criterion's ratio is ``sum(points * ratio) / sum(points)`` over its checks (their plain mean
    when none has points); a skipped check counts as ratio 0. A check that errored makes its
    criterion errored and the score incomplete: no number is given. So does a weighed criterion that
    nothing grades. Manual criteria are pending, which makes the score provisional.

    A check whose result was forged withholds the score: no number is given, and a person decides.

    Raises:
        SpecError: when a check names a criterion that the rubric does not have.
    """
    by_criterion: dict[str, list[CheckResult]] = {name: [] for name in rubric.criteria}
    for check in checks:
        if check.criterion not in by_criterion:
            place = f"check {check.id}"
            what = f'criterion "{check.criterion}" is not in rubric {rubric.id}'
            raise SpecError(Problem(place, what, "expected one of " + ", ".join(by_criterion)))
        by_criterion[check.criterion].append(check)
    ratios = {name: _ratio(criterion, by_criterion[name]) for name, criterion in rubric.criteria.items()}
    criteria = tuple(
        _criterion(name, criterion, by_criterion[name], ratios[name]) for name, criterion in rubric.criteria.items()
    )
    violations = [f'Check "{check.id}": {violation}' for check in checks for violation in check.violations]
    if violations:
        return Score(state="withheld", pass_mark=rubric.pass_mark, reasons=tuple(violations)), criteria
    errored = tuple(check.id for check in checks if check.outcome.status is Status.ERRORED)
    if any(criterion.state == "errored" for criterion in criteria):
        return _incomplete(rubric, criteria, checks, errored), criteria
    return _numbered(rubric, criteria, checks, ratios), criteria


def _exact(ratio: float) -> Fraction:
    return Fraction(ratio).limit_denominator(_DENOMINATOR)


def _earned(check: CheckResult) -> Fraction:
    return Fraction(0) if check.outcome.status is Status.SKIPPED else _exact(check.outcome.ratio)


def _ratio(criterion: Criterion, checks: Sequence[CheckResult]) -> Fraction | None:
    """The earned share of a criterion; None while it is pending, errored or has no checks."""
    if criterion.manual or not checks or any(check.outcome.status is Status.ERRORED for check in checks):
        return None
    possible = sum(check.points for check in checks)
    if possible == 0:
        return sum(map(_earned, checks), Fraction(0)) / len(checks)
    return sum((check.points * _earned(check) for check in checks), Fraction(0)) / possible


def _criterion(
    name: str, criterion: Criterion, checks: Sequence[CheckResult], ratio: Fraction | None
) -> CriterionScore:
    ungraded = not criterion.manual and not checks and criterion.weight > 0
    broken = ungraded or any(check.outcome.status is Status.ERRORED for check in checks)
    return CriterionScore(
        id=name,
        title=criterion.title,
        weight=criterion.weight,
        manual=criterion.manual,
        required=criterion.required,
        state="errored" if broken else "pending" if criterion.manual else "scored",
        ratio=None if ratio is None else float(ratio),
        earned=None if ratio is None else float(criterion.weight * ratio),
    )


def _incomplete(
    rubric: Rubric, criteria: Sequence[CriterionScore], checks: Sequence[CheckResult], errored: tuple[str, ...]
) -> Score:
    reasons = [f'Check "{name}" could not be graded because of a fault on our side.' for name in errored]
    graded = {check.criterion for check in checks}
    reasons += [
        f'Criterion "{criterion.id}" has a weight of {criterion.weight} and no check, so nothing grades it.'
        for criterion in criteria
        if criterion.state == "errored" and criterion.id not in graded
    ]
    return Score(
        state="incomplete",
        pass_mark=rubric.pass_mark,
        reasons=tuple(reasons),
        pending=tuple(criterion.id for criterion in criteria if criterion.state == "pending"),
        errored=errored,
    )


def _numbered(
    rubric: Rubric,
    criteria: Sequence[CriterionScore],
    checks: Sequence[CheckResult],
    ratios: Mapping[str, Fraction | None],
) -> Score:
    weighed = [(ratio, rubric.criteria[name].weight) for name, ratio in ratios.items() if ratio is not None]
    earned = sum((ratio * weight for ratio, weight in weighed), Fraction(0))
    pending = tuple(criterion.id for criterion in criteria if criterion.state == "pending")
    waiting = sum(rubric.criteria[name].weight for name in pending)
    possible = WHOLE - waiting
    reasons = [*_unmet_checks(checks), *_unmet_criteria(criteria)]
    passed: bool | None = not reasons
    if possible == 0:
        passed = passed and None
        reasons.append("No automated criterion has a weight, so the pass mark waits for the reviews.")
    elif rubric.pass_mark is not None and earned * WHOLE < _mark(rubric.pass_mark) * possible:
        passed = False
        reasons.append(_below(float(earned), possible, rubric.pass_mark))
    if pending:
        titles = ", ".join(rubric.criteria[name].title for name in pending)
        reasons.append(
            f"{waiting} of {WHOLE} points wait for {'a review' if len(pending) == 1 else 'reviews'}: {titles}."
        )
    return Score(
        state="provisional" if pending else "complete",
        total=None if pending else float(earned),
        earned=float(earned),
        possible=float(possible),
        pass_mark=rubric.pass_mark,
        passed=passed,
        band=None if pending else _band(rubric, earned),
        reasons=tuple(reasons),
        pending=pending,
    )


def _mark(value: float) -> Fraction:
    """The number that was written: 69.9 as 699/10, not as the nearest binary float."""
    return Fraction(repr(value))


def _below(earned: float, possible: int, mark: float) -> str:
    if possible == WHOLE:
        return f"{points(earned)} points are below the pass mark of {number(mark)}."
    share = points(earned * WHOLE / possible)
    return f"{points(earned)} of {possible} automated points ({share} %) are below the pass mark of {number(mark)} %."


def _unmet_checks(checks: Sequence[CheckResult]) -> list[str]:
    reasons = []
    for check in checks:
        if not check.required or (check.outcome.status is Status.PASSED and check.outcome.ratio >= 1):
            continue
        if check.outcome.status is Status.SKIPPED:
            reasons.append(f'Check "{check.id}" is required and was skipped.')
        elif check.points == 0:
            reasons.append(f'Check "{check.id}" is required and was not passed.')
        else:
            got = points(float(check.points * _earned(check)))
            reasons.append(f'Check "{check.id}" is required and earned {got} of {check.points} points.')
    return reasons


def _unmet_criteria(criteria: Sequence[CriterionScore]) -> list[str]:
    return [
        f'Criterion "{criterion.id}" is required in full and reached {points(float(_exact(criterion.ratio) * 100))} %.'
        for criterion in criteria
        if criterion.required and criterion.ratio is not None and criterion.ratio < 1
    ]


def _band(rubric: Rubric, total: Fraction) -> str | None:
    reached = [band for band in rubric.bands if total >= _mark(band.from_)]
    return max(reached, key=lambda band: band.from_).name if reached else None


def exit_code(score: Score) -> ExitCode:
    """What a score tells the caller of the process."""
    if score.state == "withheld":
        return ExitCode.INTEGRITY
    if score.state == "incomplete":
        return ExitCode.INFRASTRUCTURE
    return ExitCode.BELOW if score.passed is False else ExitCode.OK
