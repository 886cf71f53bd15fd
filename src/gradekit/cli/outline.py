"""What challenge show tells of a challenge: its parts, and which check gives how many points for what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from gradekit.checks.kinds import KINDS
from gradekit.model import Model
from gradekit.results import Tier, Variant
from gradekit.spec.challenge import Challenge
from gradekit.spec.lock import Freshness, Lock, freshness, standing, untwinned


class CheckOutline(Model):
    """A check in a line."""

    id: str
    title: str
    kind: str
    tier: Annotated[Tier, Field(strict=False)]
    points: int
    required: bool


class CriterionOutline(Model):
    """A criterion of the rubric and the checks that count for it."""

    id: str
    title: str
    weight: int
    manual: bool
    required: bool
    points: int
    """Sum over the checks."""
    checks: tuple[CheckOutline, ...]


class Outline(Model):
    """A challenge without the content of its checks."""

    id: str
    title: str
    path: str
    rubric: str
    pass_mark: float | None
    runners: tuple[str, ...]
    services: dict[str, str]
    """Name -> runner."""
    datasets: tuple[str, ...]
    solutions: tuple[str, ...]
    variants: tuple[Variant, ...] = ()
    min_tier: Annotated[Tier, Field(strict=False)]
    """The lowest tier that a check may have."""
    lock: Freshness
    """For grading; ``not needed`` where no check takes anything from challenge.lock, be it there or not."""
    lock_standing: str
    """The same in words, with whether there is one."""
    untwinned: Mapping[str, tuple[str, ...]]
    """Suite -> tests of it that no twin guards, as the lock says."""
    criteria: tuple[CriterionOutline, ...]


def outline(challenge: Challenge, lock: Lock | None) -> Outline:
    """The outline of a challenge."""
    spec, rubric = challenge.spec, challenge.rubric
    criteria = []
    for name, criterion in rubric.criteria.items():
        checks = tuple(
            CheckOutline(
                id=check.id,
                title=check.title or check.id,
                kind=check.kind,
                tier=KINDS[check.kind].tier(check.body),
                points=check.points,
                required=check.required,
            )
            for check in spec.checks
            if check.criterion == name
        )
        criteria.append(
            CriterionOutline(
                id=name,
                title=criterion.title,
                weight=criterion.weight,
                manual=criterion.manual,
                required=criterion.required,
                points=sum(check.points for check in checks),
                checks=checks,
            )
        )
    return Outline(
        id=spec.id,
        title=spec.title,
        path=str(challenge.source),
        rubric=rubric.id,
        pass_mark=rubric.pass_mark,
        runners=(spec.runner,) if isinstance(spec.runner, str) else tuple(spec.runner),
        services={name: service.runner for name, service in spec.services.items()},
        datasets=tuple(spec.datasets),
        solutions=tuple(solution.path for solution in spec.solutions),
        variants=() if spec.variants is None else spec.variants.variants(),
        min_tier=Tier(spec.min_tier),
        lock=freshness(challenge, lock),
        lock_standing=standing(challenge, lock),
        untwinned=untwinned(challenge, lock),
        criteria=tuple(criteria),
    )


def lines(outlined: Outline) -> Iterator[str]:
    """An outline for people."""
    mark = "no pass mark" if outlined.pass_mark is None else f"pass mark {outlined.pass_mark:g} of 100"
    yield f"{outlined.title} ({outlined.id})"
    facts = {
        "file": outlined.path,
        "lock": outlined.lock_standing,
        "rubric": f"{outlined.rubric}, {mark}",
        "runners": ", ".join(outlined.runners),
        "services": ", ".join(f"{name}: {runner}" for name, runner in outlined.services.items()) or "none",
        "data sets": ", ".join(outlined.datasets) or "none",
        "solutions": ", ".join(outlined.solutions) or "none",
    }
    if outlined.variants:
        names = ", ".join(outlined.variants[0].parameters)
        facts["variants"] = f"{len(outlined.variants)}, of {names}; what stands below is the first"
    if outlined.min_tier is not Tier.IN_PROCESS:
        facts["min_tier"] = f"{outlined.min_tier.value}: no check of a lower tier"
    yield from (f"{name:<10} {fact}" for name, fact in facts.items())
    width = max((len(check.id) for criterion in outlined.criteria for check in criterion.checks), default=0)
    for criterion in outlined.criteria:
        notes = ["required"] if criterion.required else []
        notes.append("scored by people" if criterion.manual else f"{criterion.points} points in checks")
        yield ""
        yield f"{criterion.title} ({criterion.id}): {criterion.weight} of 100, {', '.join(notes)}"
        for check in criterion.checks:
            required = ", required" if check.required else ""
            tier = "" if check.tier is Tier.BLACK_BOX else f", {check.tier.value}"
            yield f"  {check.id:<{width}}  {check.kind:<7} {check.points:>3}  {check.title}{required}{tier}"
    if outlined.untwinned:
        yield ""
        yield from untwinned_lines(outlined.untwinned)


def untwinned_lines(tests: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The tests without a twin for people, a line each."""
    if tests:
        yield "tests without a twin, so that nothing shows if they are forged (written_twins of the suite can add one):"
    for check, names in tests.items():
        yield from (f"  {check}: {name}" for name in names)
