"""challenge.lock: what ``challenge verify`` recorded, for which content of the challenge."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator

from gradekit.checks.call.forall import is_answer
from gradekit.checks.call.model import CallSpec
from gradekit.checks.load.model import LoadSpec
from gradekit.checks.ratios import Ratios
from gradekit.checks.suite.model import SuiteSpec, has_twins
from gradekit.checks.suite.trust import without_twin
from gradekit.checks.twins.model import Twin
from gradekit.errors import Problem, SpecError
from gradekit.model import Model, tuple_of
from gradekit.record import write_atomically
from gradekit.results import Variant
from gradekit.spec.challenge import Challenge
from gradekit.texts import clean

Freshness = Literal["fresh", "stale", "missing", "not needed"]
CHANGED: Final = "the challenge has changed since it was written"
_TOLD = 3
"""Names that stand in one sentence."""
_REMEDY = "run gradekit challenge verify to write it anew"


class Sharpness(Model):
    """What the expectations of one check notice in changed answers of the reference."""

    changed: int
    """Changes that were tried."""
    noticed: int
    """Those with which the check no longer passes."""
    expectations: int
    needless: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """Places of those without which it would notice as many, and fail as many wrong solutions."""
    seen: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """Places of the answers where it notices some change, sorted."""
    more: int = 0
    """How many such places there are beside those that are kept."""
    unseen: Annotated[tuple[str, ...], BeforeValidator(tuple_of)] = ()
    """Places where neither it nor another check notices any, the most telling first."""


class Times(Model):
    """Seconds that a check took of its limit when a reference was graded; never judged by."""

    median: float = Field(ge=0)
    slowest: float = Field(ge=0)
    action: float | None = Field(default=None, ge=0)
    """The slowest of what the check did, such as one request or one run; None where nothing of it is timed."""
    runs: int = Field(ge=1)


class Lock(Model):
    """The content of challenge.lock."""

    gradekit: str
    """Version that wrote it."""
    challenge: str
    """``Challenge.digest`` at that time."""
    rubric: str
    """``Challenge.rubric_name`` at that time."""
    proving: Mapping[str, str] = Field(default_factory=dict)
    """``Challenge.proving`` at that time."""
    tests: Mapping[str, Annotated[tuple[str, ...], BeforeValidator(tuple_of)]] = Field(default_factory=dict)
    """Per suite check: ids of the tests that the reference passed, sorted."""
    twins: Mapping[str, Mapping[str, Twin]] = Field(default_factory=dict)
    """Per suite check: test functions with a twin that the reference fails."""
    answers: Mapping[str, Mapping[str, Annotated[tuple[str, ...], BeforeValidator(tuple_of)]]] = Field(
        default_factory=dict
    )
    """Per check with generated calls: name -> arguments with the reference's answer, one JSON text each."""
    ratios: Mapping[str, Ratios] = Field(default_factory=dict)
    """Per load check with limits relative to the reference: language -> measure -> what its reference got."""
    mutants: Mapping[str, Any] = Field(default_factory=dict)
    """Of reference queries: how many there are and were told apart, and which were not; for people to compare."""
    code_mutants: Mapping[str, Any] = Field(default_factory=dict)
    """Of the reference's code, as ``mutants``: what came of the sample that verify --mutants graded last."""
    solutions: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    """Per solution: what it got, for people to compare."""
    sharpness: Mapping[str, Sharpness] = Field(default_factory=dict)
    """Per check: what its expectations notice."""
    times: Mapping[str, Mapping[str, Times]] = Field(default_factory=dict)
    """Per check: language -> what its references took, beside which its limits can be seen."""
    stand_ins: Mapping[str, str] = Field(default_factory=dict)
    """Per runner: what stood in for which official image while the solutions were graded."""
    variants: Mapping[str, Lock] = Field(default_factory=dict)
    """Per number of a variant: what was recorded for it, where the challenge has variants; all else is then empty."""

    def at(self, variant: Variant | None) -> Lock:
        """What counts for one variant; of a lock that does not know it, the lock itself, which is then a stale one."""
        return self if variant is None else self.variants.get(str(variant.number), self)

    def shown(self) -> Lock:
        """What people are shown: where there are variants, the first, for the others are as hard."""
        first = self.variants.get("1")
        return self if first is None else first.model_copy(update={"code_mutants": self.code_mutants})

    @field_validator("answers")
    @classmethod
    def _are_answers(
        cls, value: Mapping[str, Mapping[str, tuple[str, ...]]]
    ) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        lines = (line for check in value.values() for found in check.values() for line in found)
        if not all(map(is_answer, lines)):
            raise ValueError("they are not what a reference answered")
        return value


def read_lock(path: Path) -> Lock | None:
    """The lock, or None if there is none.

    Raises:
        SpecError: if the file is not a lock.
    """
    try:
        data = json.loads(path.read_bytes())
        return Lock.model_validate(data)
    except FileNotFoundError:
        return None
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        raise SpecError(Problem(place, f"is not JSON: {error.msg}", hint=_REMEDY)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = clean(".".join(map(str, first["loc"]))) or "content"
        what = f"is not a lock: {where}: {first['msg']}"
        raise SpecError(Problem(str(path), what, hint=_REMEDY)) from error
    except (OSError, ValueError, RecursionError) as error:
        raise SpecError(Problem(str(path), f"cannot be read: {error}", hint=_REMEDY)) from error


def earlier_lock(path: Path) -> Lock | None:
    """The lock that a new one is compared with; None also where it cannot be read, for it is about to be replaced."""
    try:
        return read_lock(path)
    except SpecError:
        return None


def write_lock(path: Path, lock: Lock) -> None:
    """Replace the lock.

    Raises:
        UsageError: if the folder cannot be written.
    """
    text = json.dumps(_said(lock), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    write_atomically(path, text.encode())


def _said(lock: Lock) -> dict[str, Any]:
    """What is written of a lock: later additions only where they say something."""
    unsaid = {name for name in ("code_mutants", "ratios", "stand_ins", "times") if not getattr(lock, name)}
    data: dict[str, Any] = lock.model_dump(mode="json", exclude={*unsaid, "variants"})
    for tried in data["sharpness"].values():
        if not tried["more"]:
            del tried["more"]
    if lock.variants:
        # What stands beside them is about no variant.
        data = {name: value for name, value in data.items() if value}
        data["variants"] = {number: _said(one) for number, one in lock.variants.items()}
    return data


def freshness(challenge: Challenge, lock: Lock | None) -> Freshness:
    """Whether what judging takes from the lock belongs to the challenge as it is now."""
    if not _suites(challenge) and not _generated(challenge) and not _measured(challenge):
        return "not needed"
    if lock is None:
        return "missing"
    return "stale" if staleness(challenge, lock) else "fresh"


def standing(challenge: Challenge, lock: Lock | None) -> str:
    """What an author has to know of the lock, in words."""
    free = freshness(challenge, lock) == "not needed"
    without = "; no check needs it for grading" if free else ""
    if lock is None:
        return f"none yet: gradekit challenge verify writes it{without or ', and grading needs it'}"
    why = unlike(challenge, lock) or staleness(challenge, lock)
    if why:
        return f"there, but stale: {why}; {_REMEDY}{without}"
    return f"there, and fits the challenge{without}"


def unlike(challenge: Challenge, lock: Lock) -> str:
    """How the challenge differs from what was verified, or nothing: in what grades, or in what proves that."""
    if lock.challenge != challenge.digest:
        return CHANGED
    return _since(lock.proving, challenge.proving)


def _since(was: Mapping[str, str], now: Mapping[str, str]) -> str:
    found = {
        "changed": [name for name in now if name in was and now[name] != was[name]],
        "added": [name for name in now if name not in was],
        "removed": [name for name in was if name not in now],
    }
    told = [f"{what}: {_some(names)}" for what, names in found.items() if names]
    return f"since it was written, {'; '.join(told)}" if told else ""


def _some(names: Sequence[str]) -> str:
    more = len(names) - _TOLD
    return ", ".join(names[:_TOLD]) + (f" and {more} more" if more > 0 else "")


def staleness(challenge: Challenge, lock: Lock | None) -> str:
    """Why a lock does not fit the challenge as it is now, or nothing; a lock that is missing or not needed does.

    What proves the checks does not matter here, but for the references, from which all that it has was taken.
    """
    if lock is None or not (_suites(challenge) or _generated(challenge) or _measured(challenge)):
        return ""
    if lock.challenge != challenge.digest:
        return CHANGED
    return _of_references(challenge, lock) or _lacking(challenge, lock)


def _of_references(challenge: Challenge, lock: Lock) -> str:
    references = [solution.path for solution in challenge.spec.solutions if solution.is_reference]
    was, now = ({path: of[path] for path in references if path in of} for of in (lock.proving, challenge.proving))
    return _since(was, now)


def _lacking(challenge: Challenge, lock: Lock) -> str:
    suites, generated, measures = _suites(challenge), _generated(challenge), _measured(challenge)
    missing = sorted(suites.keys() - lock.tests.keys())
    if missing:
        return f"it has no test ids for {', '.join(missing)}"
    missing = sorted(generated - lock.answers.keys())
    if missing:
        return f"it has no answers of the reference for {', '.join(missing)}"
    missing = sorted(name for name, wanted in measures.items() if not _has(lock.ratios.get(name, {}), wanted))
    if missing:
        return f"it has no ratios of the reference for {', '.join(missing)}"
    missing = sorted({name for name, spec in suites.items() if has_twins(spec)} - lock.twins.keys())
    return f"it has no twins for {', '.join(missing)}" if missing else ""


def untwinned(challenge: Challenge, lock: Lock | None) -> Mapping[str, tuple[str, ...]]:
    """Per suite that is run with twins: its tests that have none, by the lock."""
    if lock is None:
        return {}
    found = {
        name: without_twin(lock.tests.get(name, ()), lock.twins.get(name, {}))
        for name, spec in _suites(challenge).items()
        if has_twins(spec)
    }
    return {name: tests for name, tests in found.items() if tests}


def _generated(challenge: Challenge) -> set[str]:
    """Checks with generated calls."""
    return {check.id for check in challenge.spec.checks if isinstance(check.body, CallSpec) and check.body.for_all}


def _measured(challenge: Challenge) -> Mapping[str, Sequence[str]]:
    """By load check with limits relative to the reference, the measures of these."""
    loads = {check.id: check.body for check in challenge.spec.checks if isinstance(check.body, LoadSpec)}
    return {name: body.limits.relative for name, body in loads.items() if body.limits.relative}


def _has(ratios: Ratios, wanted: Sequence[str]) -> bool:
    """Whether a reference was measured, and each one at all that the limits need."""
    return bool(ratios) and all(measure in of_language for of_language in ratios.values() for measure in wanted)


def _suites(challenge: Challenge) -> Mapping[str, SuiteSpec]:
    return {check.id: check.body for check in challenge.spec.checks if isinstance(check.body, SuiteSpec)}
