"""Whether the variants of a challenge are equally hard, and whether a copied answer is caught.

Each variant is verified as a challenge of its own. Beside that, the measures of one are compared with those of the
first, and the reference of the next variant is graded as if its author had handed in what somebody else was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gradekit.errors import Problem, SpecError
from gradekit.grade.judging import judge
from gradekit.grade.setting import Setting
from gradekit.progress import Progress
from gradekit.results import Report, Status, Variant
from gradekit.score import points
from gradekit.spec.challenge import Challenge
from gradekit.spec.lock import Lock
from gradekit.spec.variants import told as values
from gradekit.verify import Verified, proves, reference_of, run_solution, verify

_MOST: Final = 3
"""Variants that are named where there is the same to be said of several."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """What the reference of another variant gets in this one."""

    number: int
    """Of the other variant."""
    report: Report

    @property
    def lost(self) -> tuple[str, ...]:
        """Ids of the checks that it did not pass, sorted."""
        lost = (Status.FAILED, Status.SKIPPED)
        return tuple(sorted(check.id for check in self.report.checks if check.outcome.status in lost))

    @property
    def incomplete(self) -> bool:
        """Whether it could not be graded, so that nothing is known of it."""
        return self.report.score.state == "incomplete"


@dataclass(frozen=True, slots=True)
class InVariant:
    """What came of one variant."""

    variant: Variant
    lock: Lock
    results: Sequence[Verified]
    foreign: Foreign
    mismatches: tuple[str, ...] = ()
    """How it is harder or easier than the first variant, one sentence each."""

    @property
    def reference(self) -> Verified:
        """The first reference."""
        return self.results[0]

    @property
    def wrong(self) -> Sequence[Verified]:
        """The solutions that have to lose something."""
        return [result for result in self.results if not result.reference]

    @property
    def noticed(self) -> tuple[int, int]:
        """How many changed answers its checks notice, of how many."""
        sharp = self.lock.sharpness.values()
        return sum(one.noticed for one in sharp), sum(one.changed for one in sharp)

    @property
    def needed(self) -> tuple[int, int]:
        """How many expectations are needed, of how many."""
        sharp = self.lock.sharpness.values()
        return sum(one.expectations - len(one.needless) for one in sharp), sum(one.expectations for one in sharp)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        (noticed, changed), (needed, expectations) = self.noticed, self.needed
        return {
            **self.variant.model_dump(mode="json"),
            "noticed": noticed,
            "changed": changed,
            "needed": needed,
            "expectations": expectations,
            "foreign": {"variant": self.foreign.number, "lost": list(self.foreign.lost)},
            "mismatches": list(self.mismatches),
            "solutions": [
                {
                    "path": result.path,
                    "earned": result.earned,
                    "possible": result.possible,
                    "seconds": result.seconds,
                    "lost": list(result.lost),
                    "mismatches": list(result.mismatches),
                }
                for result in self.results
            ],
        }


def verify_variants(
    challenges: Sequence[Challenge],
    setting: Setting,
    progress: Progress,
    repeat: int | None = None,
    before: Lock | None = None,
    *,
    told: Callable[[Verified], object] = lambda _: None,
) -> tuple[Lock, Sequence[InVariant]]:
    """Verify each variant of a challenge, and compare them.

    Args:
        challenges: the challenge in each of its variants, at least two.
        setting: as in ``verify``.
        progress: is told about each grading.
        repeat: as in ``verify``; by default references are graded several times in the first variant only.
        before: as in ``verify``.
        told: as in ``verify``; paths have the variant beside them.

    Returns:
        The lock to write, and what came of each variant.

    Raises:
        SpecError: the challenge lists no reference, or the first one's patch does not fit.
        SubmissionError: the first reference's folder is refused.
    """
    found: list[InVariant] = []
    for index, challenge in enumerate(challenges):
        variant = variant_of(challenge)
        progress.note(f"variant {variant.number} of {variant.of}: {values(variant)}")
        was = None if before is None else before.variants.get(str(variant.number))

        def tell(result: Verified, number: int = variant.number) -> None:
            told(replace(result, path=f"{result.path}, variant {number}"))

        lock, results = verify(challenge, setting, progress, repeat or (1 if index else None), was, told=tell)
        other = challenges[(index + 1) % len(challenges)]
        foreign = _foreign(challenge, other, lock, setting, progress)
        one = InVariant(variant, lock, results, foreign)
        found.append(replace(one, mismatches=tuple(compared(found[0], one, _tolerance(challenge)))) if found else one)
    first = challenges[0]
    each = {str(one.variant.number): one.lock for one in found}
    whole = Lock(
        gradekit=found[0].lock.gradekit,
        challenge=first.digest,
        rubric=first.rubric_name,
        proving=first.proving,
        variants=each,
    )
    return whole, found


def variant_of(challenge: Challenge) -> Variant:
    """The variant of a challenge that has some.

    Raises:
        SpecError: it has none.
    """
    if challenge.variant is None:
        raise SpecError(Problem(str(challenge.source), "has no variants"))
    return challenge.variant


def _tolerance(challenge: Challenge) -> float:
    return 0.0 if challenge.spec.variants is None else challenge.spec.variants.tolerance


def _foreign(challenge: Challenge, other: Challenge, lock: Lock, setting: Setting, progress: Progress) -> Foreign:
    """Grade the reference of another variant in this one."""
    number = variant_of(other).number
    solution = reference_of(challenge)
    progress.note(f"{solution.path} of variant {number}, as a copied answer")
    record = run_solution(challenge, lock, solution, setting, progress, of=other)
    return Foreign(number, judge(challenge, record, lock, trusting=True))


def compared(first: InVariant, other: InVariant, tolerance: float) -> Iterator[str]:
    """How a variant is harder or easier than the first, one sentence each; ``tolerance`` is a share."""
    here = f"in variant {other.variant.number}, and in variant {first.variant.number}"
    before_by_path = {result.path: result for result in first.results}
    for got in other.results:
        # A broken reference leaves solutions ungraded, in the one or the other variant.
        was = before_by_path.get(got.path, got)
        earned, before = _share(got), _share(was)
        if earned is not None and before is not None and abs(earned - before) > tolerance:
            yield f"{got.path}: earns {earned:.0%} {here} {before:.0%}"
    for check, one in first.lock.sharpness.items():
        now = other.lock.sharpness.get(check)
        if now is None:
            continue
        if now.expectations != one.expectations:
            yield f"{check}: has {now.expectations} expectations {here} {one.expectations}"
        noticed, before = now.noticed / max(1, now.changed), one.noticed / max(1, one.changed)
        if abs(noticed - before) > tolerance:
            yield f"{check}: notices {noticed:.0%} of changed answers {here} {before:.0%}"
    yield from _measured(first.lock, other.lock, here, tolerance)


def _measured(first: Lock, other: Lock, here: str, tolerance: float) -> Iterator[str]:
    """Work and times relative to the language's own, as far as even the nearest truths are too far from each other."""
    for check, languages in first.ratios.items():
        for language, measures in languages.items():
            for measure, was in measures.items():
                now = other.ratios.get(check, {}).get(language, {}).get(measure)
                if now is None:
                    continue
                if now.low > was.high * (1 + tolerance) or was.low > now.high * (1 + tolerance):
                    yield f"{check}: {measure} in {language} is {now.value:.3g} {here} {was.value:.3g}"


def _share(result: Verified) -> float | None:
    """What it earned, as a share of what checks can give."""
    return None if result.earned is None or not result.possible else result.earned / result.possible


def merged(found: Sequence[InVariant]) -> Sequence[Verified]:
    """One result for each solution: that of the first variant in which it has no score, else of the first.

    Mismatches are those of all variants, those of the variants themselves stand with the reference.
    """
    results = []
    paths = dict.fromkeys(result.path for one in found for result in one.results)
    for index, path in enumerate(paths):
        # A broken reference leaves solutions ungraded in its variant.
        each = {one.variant.number: result for one in found for result in one.results if result.path == path}
        shown = next(
            (result for result in each.values() if result.state in {"refused", "incomplete"}), next(iter(each.values()))
        )
        wrong: dict[str, list[int]] = {}
        for number, result in each.items():
            for mismatch in result.mismatches:
                wrong.setdefault(mismatch, []).append(number)
        of_variants = {mismatch: f"variant {_several(numbers)}: {mismatch}" for mismatch, numbers in wrong.items()}
        lines = list(of_variants.values())
        if index == 0:
            lines += [mismatch for one in found for mismatch in one.mismatches]
            lines += [
                f"variant {one.variant.number}: the reference of variant {one.foreign.number} could not be graded"
                for one in found
                if one.foreign.incomplete
            ]
        odd = next((result for result in each.values() if result.odd), shown)
        printed = {of_variants[told]: said for result in each.values() for told, said in result.printed.items()}
        results.append(
            replace(
                shown,
                mismatches=tuple(lines),
                runs=sum(result.runs for result in each.values()),
                printed=printed,
                odd=odd.odd,
                variant=odd.variant,
                broken=any(result.broken for result in each.values()),
            )
        )
    return results


def copied(found: Sequence[InVariant]) -> str:
    """What is to be said of variants in which the reference of another one loses nothing; nothing without such."""
    numbers = [one.variant.number for one in found if not one.foreign.lost and not one.foreign.incomplete]
    if not numbers:
        return ""
    them = "variants" if len(numbers) > 1 else "variant"
    return (
        f"the reference of the next variant loses nothing in {them} {_several(numbers)}: no check sees how they "
        "differ, so a copied answer would pass"
    )


def caught(found: Sequence[InVariant]) -> frozenset[str]:
    """Ids of the checks that a copied answer loses in a way that shows that they can fail."""
    foreign = [one.foreign for one in found if not one.foreign.incomplete]
    return frozenset(check for one in foreign for check in proves(one.report))


def _several(numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers[:_MOST]))
    return f"{named} and {len(numbers) - _MOST} more" if len(numbers) > _MOST else named


def table(found: Sequence[InVariant]) -> Iterator[tuple[str, ...]]:
    """Rows of what makes a variant easy or hard, the names of the columns first."""
    yield ("variant", "values", "reference", "wrong solutions", "noticed", "needed", "time", "copied answer")
    first = found[0].reference.seconds
    for one in found:
        wrong = [result for result in one.wrong if not result.mismatches]
        foreign = one.foreign
        loses = ", ".join(foreign.lost[:_MOST]) or "nothing"
        loses += f" and {len(foreign.lost) - _MOST} more" if len(foreign.lost) > _MOST else ""
        yield (
            str(one.variant.number),
            values(one.variant),
            shown_score(one.reference.report),
            f"{len(wrong)} of {len(one.wrong)} as claimed",
            "{} of {}".format(*one.noticed),
            "{} of {}".format(*one.needed),
            f"x{(one.reference.seconds or 0) / first:.2f}" if first else "-",
            f"of {foreign.number} loses {loses} ({shown_score(foreign.report)})",
        )


def shown_score(report: Report | None) -> str:
    """``88.2 of 90.0``, or that there is none."""
    if report is None or report.score.earned is None:
        return "no score"
    return f"{points(report.score.earned)} of {points(report.score.possible or 0)}"
