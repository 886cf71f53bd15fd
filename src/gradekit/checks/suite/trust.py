"""How far the results of a suite can be trusted: what twins show of forging, and which tests have none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from gradekit.checks.base import Context
from gradekit.checks.suite.evidence import SuiteEvidence, TwinRun, passed_of, passed_once, unit_of
from gradekit.checks.suite.model import SuiteSpec
from gradekit.checks.suite.words import listed
from gradekit.checks.twins.model import Twin
from gradekit.texts import counted

PLENTY: Final = 3
"""So many test functions that pass as themselves and as their twins are no chance, whatever later runs show."""
_UNGUARDED: Final = (
    "a forged result would not show there; the challenge's author can guard tests by isolation: split, "
    "and those in Python by written_twins"
)


def told_by_twins(evidence: SuiteEvidence, known: Mapping[str, Twin]) -> tuple[tuple[str, ...], frozenset[str]]:
    """What shows that results were forged, and the other suspect tests, which do not count as passed."""
    runs = [run for run in evidence.twin_runs if not run.tries]
    again = [run for run in runs if run.confirms]
    suspects = _suspects([run for run in runs if not run.confirms], known)
    many = len({unit_of(test) for test in suspects}) >= PLENTY
    forged = suspects
    if not many:
        forged = suspects.intersection(*(passed_of(run, suspects) for run in again)) if again else set()
    right = passed_once(evidence)
    return (
        tuple(_forged(test, always=test in right, many=many) for test in sorted(forged)),
        frozenset(_suspects(runs, known) - forged),
    )


def _suspects(runs: Sequence[TwinRun], known: Mapping[str, Twin]) -> set[str]:
    """Tests that passed as themselves and, in another run, with an expectation that was changed.

    A program that computes its answers cannot do that. A twin alone, without its test, is passed by a wrong answer
    that happens to be the changed expectation.
    """
    own = {test for run in runs for test in passed_once(run) if unit_of(test) not in run.points}
    return own & {test for run in runs for test in passed_of(run, _twins_in(run, known))}


def _twins_in(run: TwinRun, known: Mapping[str, Twin]) -> Iterator[str]:
    """The tests whose expectation was changed in a run so that the lock says that it cannot be met."""
    for unit, point in run.points.items():
        twin = known.get(unit)
        yield from twin.tests if twin is not None and twin.point == point else ()


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


def trust_notes(
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
            f"{listed(sorted(doubted))} and {twin} passed, {both} in at least one of several runs; that may be "
            "chance, a test too weak to tell right from wrong (then its author's matter), or forging, which gradekit "
            f"calls it only if all further runs or {PLENTY} test functions show it; so {counts} as failed: look at the "
            "submission's code"
        )
    else:
        sign = f"{but and f'apart from {but}, '}no sign of forging"
    functions = counted(len({unit_of(test) for test in tests}), "test function")
    changed = "with expectations that no right program meets (twins)"
    notes = [
        f"{len(tried)} of {functions} were also run {changed}; {sign}"
        if tried
        else f"protection against forged results is off: none of {functions} was also run {changed}"
    ]
    alone = without_twin(tests, known)
    if alone:
        verb = "has" if len(alone) == 1 else "have"
        notes.append(f"{counted(len(alone), 'test')} {verb} no twin: {listed(alone)}; {_UNGUARDED}")
    return tuple(notes)


def without_twin(tests: Sequence[str], known: Mapping[str, Twin]) -> tuple[str, ...]:
    """The tests that no twin guards, sorted: a function where that is all of it, else ids with parameters."""
    guarded = {test for twin in known.values() for test in twin.tests}
    partly = {unit_of(test) for test in guarded}
    return tuple(sorted({test if unit_of(test) in partly else unit_of(test) for test in tests if test not in guarded}))
