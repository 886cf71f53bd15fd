"""What challenge verify found, for one challenge and for all: lines, a table of languages, one document."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gradekit.checks.oracle import is_verdict
from gradekit.cli import outline
from gradekit.cli.columns import columns, named
from gradekit.difficulty import InVariant, caught, copied, shown_score, table
from gradekit.errors import ExitCode, GradekitError
from gradekit.mutation.campaign import Campaign
from gradekit.oracle import listed
from gradekit.spec.challenge import Challenge
from gradekit.spec.limits import Limit, limits, longest, lost
from gradekit.spec.lock import Lock, Sharpness, untwinned
from gradekit.spec.variants import OPTION
from gradekit.texts import counted
from gradekit.verify import Verified, telling_checks, unproven

_NONE = "-"
_NEEDLESS = 10
"""Needless expectations that are named."""
_UNSEEN = 10
"""Lines with places that nobody looks at."""
_TIGHTEST = 3
"""Time limits that are shown, and all that are tight."""
_WIDE = 100
"""A limit so many times as long as the reference is only said to be wide."""
_AMPLE = 10
"""When the tightest limit is that many times as long as the reference took, none is shown."""
_MINUTE = 60
_UNGRADED = ("incomplete", "refused")
_NO_LANGUAGE = "none"
"""As `runner: none` in a challenge that runs no code of a submission."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One challenge: what its solutions got, or why they were not graded."""

    name: str
    """The challenge's id; the path that was given where it cannot be read."""
    lock_path: str = ""
    place: str = ""
    """What finds the challenge again."""
    tests: int = 0
    """Test ids in the lock."""
    results: Sequence[Verified] = ()
    untwinned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unproven: Sequence[str] = ()
    """Checks that no wrong solution loses."""
    sharpness: Mapping[str, Sharpness] = field(default_factory=dict)
    """By check, what its expectations notice."""
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    """By runner, what stood in for which official image."""
    query_mutants: Mapping[str, Any] = field(default_factory=dict)
    """How many mistakes in reference queries the data sets tell apart, where the challenge asks for them."""
    mutants: Campaign | None = None
    """What came of mistakes in the reference's code, where somebody asked."""
    problems: Sequence[str] = ()
    limits: Sequence[Limit] = ()
    """Time limits beside what the references took, the tightest first."""
    tight: Sequence[Limit] = ()
    """Those that an honest solution could miss, unless the author wants them so."""
    longest: float = 0.0
    """Seconds that the checks of a submission can take."""
    code: ExitCode = ExitCode.OK
    partial: str = ""
    """What was left out, as an option asked for, so that it proves no challenge."""
    variants: Sequence[InVariant] = ()
    """What came of each variant, where the challenge has some."""
    brief: str = ""
    """The brief whose table is of this lock now."""
    starting_points: Sequence[Verified] = ()
    """What candidates begin with."""

    @classmethod
    def of(
        cls,
        challenge: Challenge,
        lock: Lock,
        results: Sequence[Verified],
        *,
        partial: str = "",
        variants: Sequence[InVariant] = (),
    ) -> Proof:
        """Solutions that were graded; ``lock`` is that of all variants."""
        locks = [lock, *lock.variants.values()]
        lock = lock.at(challenge.variant)
        code = verdict(results, ungraded=any(one.foreign.incomplete for one in variants))
        found = () if partial or any(result.broken for result in results) else limits(challenge, lock)
        return cls(
            name=challenge.spec.id,
            lock_path=str(challenge.lock_path),
            place=str(challenge.place),
            tests=_tests(locks),
            results=results,
            untwinned=untwinned(challenge, lock),
            unproven=() if partial else [check for check in unproven(results) if check not in caught(variants)],
            sharpness={} if partial else lock.sharpness,
            stand_ins=lock.stand_ins,
            query_mutants={} if partial else lock.mutants,
            limits=found,
            tight=[limit for limit in found if limit.tight and not _wanted(challenge, limit)],
            longest=longest(challenge),
            code=code,
            partial=partial,
            variants=variants,
        )

    @classmethod
    def of_lock(cls, challenge: Challenge, lock: Lock) -> Proof:
        """Solutions that are not graded again, for the lock fits the challenge."""
        tests = _tests([lock, *lock.variants.values()])
        mutants = lock.at(challenge.variant).mutants
        return cls(challenge.spec.id, str(challenge.lock_path), tests=tests, query_mutants=mutants)

    def with_mutants(self, mutants: Campaign) -> Proof:
        """The same with mutants that were graded after the solutions."""
        code = self.code
        if mutants.count("errored") or (mutants.score is None and not mutants.problems):
            code = ExitCode.INFRASTRUCTURE
        elif mutants.problems:
            code = ExitCode.BELOW
        return replace(self, mutants=mutants, code=code)

    def with_starting_points(self, found: Sequence[Verified]) -> Proof:
        """The same with what candidates begin with, graded after the solutions."""
        code = _worst([self.code, verdict(found)])
        return replace(self, starting_points=found, code=code)

    def with_table(self, brief: Path | None) -> Proof:
        """The same after the lock was written, with the brief that has a table of it."""
        return self if brief is None else replace(self, brief=str(brief))

    @classmethod
    def failed(cls, name: str, error: GradekitError, results: Sequence[Verified] = ()) -> Proof:
        """A challenge that could not be proven, with what was found before the error."""
        return cls(name=name, problems=tuple(map(str, error.problems)), code=error.exit_code, results=results)

    @property
    def holds(self) -> bool:
        """Whether all is as claimed."""
        return self.code is ExitCode.OK

    @property
    def locks(self) -> bool:
        """Whether the lock may be written: all is as claimed, and nothing was left out."""
        return self.holds and not self.partial


def verdict(results: Sequence[Verified], *, ungraded: bool = False) -> ExitCode:
    """What came of solutions, and whether anything else was ``ungraded``.

    A reference that was graded and is wrong comes first: its run says what counts of the others, so that they may be
    ungraded because of it.
    """
    wrong = [result for result in results if result.mismatches]
    if any(result.reference and result.state not in _UNGRADED for result in wrong):
        return ExitCode.BELOW
    if ungraded or any(result.state == "incomplete" for result in results):
        return ExitCode.INFRASTRUCTURE
    refused = [result.refused.exit_code for result in wrong if result.refused is not None]
    return _worst([*refused, *(ExitCode.BELOW for _ in wrong)])


def _tests(locks: Sequence[Lock]) -> int:
    """Test ids in locks."""
    return sum(len(ids) for lock in locks for ids in lock.tests.values())


def exit_code(proofs: Sequence[Proof]) -> ExitCode:
    """That of the worst challenge: a fault of ours, then one that cannot be graded, then a mismatch."""
    return _worst([proof.code for proof in proofs])


def _worst(codes: Sequence[ExitCode]) -> ExitCode:
    order = (ExitCode.INFRASTRUCTURE, ExitCode.USAGE, ExitCode.SUBMISSION, ExitCode.BELOW)
    return next((code for code in order if code in codes), ExitCode.OK)


def lines(proof: Proof, width: int = 0) -> Iterator[str]:
    """Each solution with its score, and what is not as claimed; then what became of the lock.

    ``width``: characters that the rows of tables have at most; 0 for as many as it takes.
    """
    results = {"as claimed": proof.results, "as it should be": proof.starting_points}
    rows = [(result, _row(result, right)) for right, those in results.items() for result in those]
    for (result, _), shown in zip(rows, named([row for _, row in rows], width, right=(2, 3)), strict=True):
        yield from shown
        for mismatch in result.mismatches:
            yield f"    {mismatch}"
            yield from (f"      │ {line}" for line in result.printed.get(mismatch, ()))
        yield from _trial(proof, result)
    yield from _unproven(proof)
    yield from _sharpness(proof.sharpness)
    yield from _unseen(proof.sharpness)
    yield from outline.untwinned_lines(proof.untwinned)
    yield from _limits(proof, width)
    for runner, stand_in in proof.stand_ins.items():
        yield f"runner {runner}: {stand_in}; that wrong solutions fail is shown for that one only"
    if proof.query_mutants:
        told = f"{proof.query_mutants['killed']} of {proof.query_mutants['of']}"
        yield f"mutants of reference queries: the data sets tell {told} apart"
    if proof.mutants is not None:
        yield from _of_mutants(proof.mutants)
    yield from _of_variants(proof.variants, width)
    if proof.locks:
        ids = f" ({proof.tests} test id{'s' * (proof.tests != 1)})" if proof.tests else ""
        yield f"wrote {proof.lock_path}{ids}" + (f" and the table in {proof.brief}" if proof.brief else "")
    elif proof.partial:
        yield f"challenge.lock was not written, for {proof.partial}"
    elif proof.results or not proof.problems:
        yield "challenge.lock was not written"


def _row(result: Verified, right: str) -> Sequence[str]:
    word = "mismatch" if result.mismatches else right
    if result.state == "refused" or (result.state == "incomplete" and not result.mismatches):
        word = "not graded"
    return result.path, result.language, _score(result), _seconds(result), word


def _unproven(proof: Proof) -> Iterator[str]:
    """The checks of which nothing shows that they can fail."""
    if proof.unproven:
        them, they = ("them", "they") if len(proof.unproven) > 1 else ("it", "it")
        reports = [result.report for result in proof.results if result.report is not None]
        only = all(len(telling_checks(report.checks)) == 1 for report in reports)
        other = "one of its cases" if only else "another check"
        why = f"no wrong solution fails {them} by itself and passes {other}, so nothing shows that {they} can fail"
        yield f"unproven: {', '.join(proof.unproven)}: {why}; add one that does"


def _trial(proof: Proof, result: Verified) -> Iterator[str]:
    """The command that shows more of what is not as claimed."""
    if result.odd:
        what = " ".join(map(shlex.quote, (proof.place or proof.name, result.odd, result.path)))
        number = "" if result.variant is None else f" {OPTION} {result.variant}"
        yield f"    see more: gradekit challenge try {what}{number}"


def _sharpness(found: Mapping[str, Sharpness]) -> Iterator[str]:
    """How many expectations are needed, and those that are not."""
    expectations = sum(tried.expectations for tried in found.values())
    if not expectations:
        return
    needless = [f"{check}: {place}" for check, tried in found.items() for place in tried.needless]
    needed = f"{expectations - len(needless)} of {expectations} expectations are needed"
    if not needless:
        yield needed
        return
    yield f"{needed}; any one of these could be left out, and all that was tried be noticed:"
    yield from (f"    {line}" for line in needless[:_NEEDLESS])
    if len(needless) > _NEEDLESS:
        yield f"    and {len(needless) - _NEEDLESS} more, see challenge.lock"


def _unseen(found: Mapping[str, Sharpness]) -> Iterator[str]:
    """Where answers could be wrong in a way that nobody would see."""
    lines = [
        f"{check}: {line}"
        for telling in (True, False)
        for check, tried in found.items()
        for line in listed([place for place in tried.unseen if is_verdict(place) is telling])
    ]
    if not lines:
        return
    yield "no expectation looks at these places of the reference's answers; is one forgotten?"
    yield from (f"    {line}" for line in lines[:_UNSEEN])
    if len(lines) > _UNSEEN:
        yield f"    and {len(lines) - _UNSEEN} more, see challenge.lock"


def _wanted(challenge: Challenge, limit: Limit) -> bool:
    return any(silenced.covers("tight-limit", limit.check) for silenced in challenge.spec.lint.ignore)


def _limits(proof: Proof, width: int) -> Iterator[str]:
    """The tightest time limits, those that are too tight, and what a slower machine would change."""
    if not proof.limits:
        return
    longest = f"{proof.longest / 60:.0f} min" if proof.longest >= _MINUTE else f"{proof.longest:.0f} s"
    whole = f"a submission that uses every limit up takes {longest} in its checks"
    if proof.limits[0].margin >= _AMPLE:
        yield f"time limits: each is more than {_AMPLE} times what the slowest reference took; {whole}"
        return
    shown = [limit for place, limit in enumerate(proof.limits) if place < _TIGHTEST or limit.tight]
    rest = f", the tightest of {len(proof.limits)}" if len(shown) < len(proof.limits) else ""
    yield f"time limits beside the slowest reference{rest}:"
    rows = [("    check", "limit", "reference", "margin")]
    for limit in shown:
        margin = f"{limit.margin:.1f} times" if limit.margin < _WIDE else f"over {_WIDE} times"
        what = f"    {limit.check}{', each action' if limit.action else ''}"
        took = f"{limit.slowest:.2f} s {limit.language}".rstrip()
        rows.append((what, f"{limit.seconds:g} s", took, margin))
    yield from (line for shown in named(rows, width) for line in shown)
    for factor in (2, 4):
        gone = lost(proof.limits, factor)
        names = f": {', '.join(gone[:_NEEDLESS])}" if gone else ""
        what = "half the limits, or on half the machine," if factor == 2 else "a quarter of them"  # noqa: PLR2004
        checks = f"{len(gone)} check{'s' * (len(gone) != 1)}"
        yield f"    with {what} {checks} would fail the slowest reference{names}"
    yield f"    {whole}"
    for limit in proof.tight:
        yield f"tight limit: {limit.told}; {limit.hint}"


def _of_variants(found: Sequence[InVariant], width: int) -> Iterator[str]:
    """How hard each variant is, and whether a copied answer is caught."""
    if not found:
        return
    yield ""
    yield from columns(list(table(found)), width)
    if copied(found):
        yield copied(found)
    yield ""


def _of_mutants(found: Campaign) -> Iterator[str]:
    """The score, what it is made of, and every mutant that nobody noticed."""
    share = "no score" if found.score is None else f"{found.score:.0%}"
    sample = f"{len(found.graded)} of {found.made} mutants, seed {found.seed}"
    yield f"mutants of {found.reference}: checks notice {found.count('killed')} of {found.of}, {share} ({sample})"
    if found.count("stillborn"):
        yield f"    {found.count('stillborn')} do not build and do not count"
    if found.count("errored"):
        yield f"    {found.count('errored')} could not be graded and do not count"
    for key, counts in (("file", found.by("file")), ("operator", found.by("operator"))) if found.of else ():
        yield f"    by {key}: {', '.join(f'{name} {killed}/{of}' for name, (killed, of) in counts.items())}"
    yield from (f"    survived: {mutant.name}" for mutant in found.graded if mutant.fate == "survived")
    if found.count("survived"):
        yield "    add a step that sees each of them, or name it under mutation.ignore with the reason why it is right"
    yield from (f"    {problem}" for problem in found.problems)


def matrix(proofs: Sequence[Proof], width: int = 0) -> Iterator[str]:
    """References by challenge and language, then wrong solutions with what they lost; at last the verdict.

    One challenge with references in one language has no table. ``width`` as in ``lines``.
    """
    languages = sorted({result.language for proof in proofs for result in proof.results if result.reference})
    if len(proofs) == 1 and len(languages) <= 1:
        yield _verdict(proofs[0])
        return
    rows = [("challenge", *(name or _NO_LANGUAGE for name in languages))]
    for proof in proofs:
        cells = ["; ".join(_cell(result) for result in _references(proof, name)) or _NONE for name in languages]
        rows.append((proof.name, *cells))
    if languages:
        yield ""
        yield from columns(rows, width)
    others = [(proof, result) for proof in proofs for result in proof.results if not result.reference]
    wrong = [("known-bad", "", "score", "loses")]
    wrong += [(f"{proof.name} {one.path}", one.language, _score(one), _loses(one)) for proof, one in others]
    if len(wrong) > 1:
        yield ""
        yield from (line for shown in named(wrong, width) for line in shown)
    yield ""
    if len(proofs) == 1:
        yield _verdict(proofs[0])
        return
    bad = [proof.name for proof in proofs if not proof.holds]
    if bad:
        yield f"{len(bad)} of {len(proofs)} challenges are not as claimed: {', '.join(bad)}"
    else:
        solutions = sum(len(proof.results) for proof in proofs)
        yield f"all as claimed: {len(proofs)} challenges, {solutions} solutions"


def _loses(result: Verified) -> str:
    if result.report is None:
        return _NONE
    if result.cheats and not result.mismatches:
        return "everything, for it cheats"
    return ", ".join(result.lost) or "nothing"


def _verdict(proof: Proof) -> str:
    """Whether one challenge is as claimed, or what of it is not."""
    if proof.problems or proof.code is ExitCode.INFRASTRUCTURE:
        why = f"some of {proof.name} could not be graded, which is no fault of its solutions"
        early = f"it ended early, after {counted(len(proof.results), 'solution')}"
        return f"not known: {early if proof.problems else why}"
    wrong = [result.path for result in proof.results if result.mismatches]
    begun = [result.path for result in proof.starting_points if result.mismatches]
    solutions = f"{len(proof.results)} solution{'s' * (len(proof.results) != 1)}"
    if wrong or begun:
        told = f"{len(wrong)} of {solutions}: {', '.join(wrong)}" if wrong else f"nothing is wrong with {solutions}"
        return f"not as claimed: {'; '.join([*begun, told])}"
    if not proof.holds:
        return f"not as claimed: {proof.name}, by what stands above"
    if proof.partial:
        return f"as claimed: {solutions}; others were not graded"
    if not proof.results:
        return "challenge.lock fits, so solutions were not graded again"
    variants = f", {len(proof.variants)} variants" if proof.variants else ""
    return f"all as claimed: 1 challenge, {solutions}{variants}"


def document(proofs: Sequence[Proof]) -> str:
    """All of it as JSON."""
    challenges = [
        {
            "challenge": proof.name,
            "holds": proof.holds,
            "problems": list(proof.problems),
            "lock": proof.lock_path if proof.locks else None,
            "stand_ins": dict(proof.stand_ins),
            "untwinned": {suite: list(tests) for suite, tests in proof.untwinned.items()},
            "unproven": list(proof.unproven),
            "sharpness": {check: tried.model_dump(mode="json") for check, tried in proof.sharpness.items()},
            "limits": [
                {
                    "check": limit.check,
                    "of": "action" if limit.action else "check",
                    "seconds": limit.seconds,
                    "slowest": limit.slowest,
                    "language": limit.language,
                    "tight": limit.tight,
                }
                for limit in proof.limits
            ],
            "longest": proof.longest or None,
            "query_mutants": dict(proof.query_mutants) or None,
            "mutants": None if proof.mutants is None else proof.mutants.document(),
            "variants": [one.document() for one in proof.variants],
            "solutions": [
                {
                    "path": result.path,
                    "language": result.language,
                    "reference": result.reference,
                    "cheats": result.cheats,
                    "state": result.state,
                    "earned": result.earned,
                    "possible": result.possible,
                    "seconds": result.seconds,
                    "runs": result.runs,
                    "lost": list(result.lost),
                    "mismatches": list(result.mismatches),
                    "printed": {mismatch: list(lines) for mismatch, lines in result.printed.items()},
                }
                for result in proof.results
            ],
            "starting_points": [
                {
                    "path": result.path,
                    "language": result.language,
                    "state": result.state,
                    "earned": result.earned,
                    "possible": result.possible,
                    "mismatches": list(result.mismatches),
                }
                for result in proof.starting_points
            ],
        }
        for proof in proofs
    ]
    return json.dumps({"holds": all(proof.holds for proof in proofs), "challenges": challenges}, indent=1) + "\n"


def _references(proof: Proof, language: str) -> list[Verified]:
    return [result for result in proof.results if result.reference and result.language == language]


def _score(result: Verified) -> str:
    return shown_score(result.report)


def _seconds(result: Verified) -> str:
    return _NONE if result.seconds is None else f"{result.seconds:.1f} s"


def _cell(result: Verified) -> str:
    mark = " !" if result.mismatches else ""
    return f"{_score(result)}, {_seconds(result)}{mark}"
