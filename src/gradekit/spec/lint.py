"""Everything that can be said about a challenge without running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import cast

from gradekit.errors import Problem, SpecError
from gradekit.model import Loc
from gradekit.spec import folder, slips
from gradekit.spec.challenge import Challenge
from gradekit.spec.expand import expanded
from gradekit.spec.files import Files
from gradekit.spec.handed import misfits
from gradekit.spec.limits import limits
from gradekit.spec.load import build_variants, spec_file
from gradekit.spec.lock import Lock, freshness, read_lock, staleness, unlike, untwinned
from gradekit.spec.problems import COMMENTED
from gradekit.spec.reader import Document, read_file
from gradekit.spec.translate import Fault
from gradekit.spec.variants import marks
from gradekit.spec.warned import Slip, Warned, placed, unsilenced


@dataclass(frozen=True, slots=True)
class Lint:
    """``problems`` keep the challenge from being used, ``warnings`` do not; ``challenge`` is None with problems.

    ``untwinned``: by suite, the tests that no twin guards, as a fresh lock says.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[Warned, ...] = ()
    challenge: Challenge | None = None
    untwinned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def lint(
    path: Path,
    *,
    rubrics: Sequence[Path],
    runners: Mapping[str, str] | None = None,
    tools: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Lint:
    """Read a challenge (see ``load_challenge``), its lock and its folder, and collect instead of raise."""
    source = spec_file(path)
    problems: list[Problem] = []
    document = lock = None
    challenges: Sequence[Challenge] = ()
    try:
        document = read_file(source)
        challenges = build_variants(source, document, rubrics=rubrics, runners=runners, tools=tools)
        problems += misfits(challenges[0])
    except SpecError as error:
        problems += error.problems
    try:
        lock = read_lock(source.with_suffix(".lock"))
    except SpecError as error:
        problems += error.problems
    if document is None or problems:
        return Lint(tuple(problems))
    challenge = challenges[0]
    lock = None if lock is None else lock.at(challenge.variant)
    documents = [_of_variant(document, one) for one in challenges]
    found = [
        *_in_variants([placed(slips.slips(*pair), at) for pair, at in _pairs(challenges, documents)]),
        *placed(list(_unused_parameters(challenge, document)), document),
        *placed(list(_empty(challenge, document)), document),
        *folder.slips(challenge, [one.data for one in documents]),
        *_lock(challenge, lock),
    ]
    warnings = tuple(unsilenced(found, challenge.spec.lint.ignore, document))
    fresh = freshness(challenge, lock) == "fresh"
    return Lint((), warnings, challenge, untwinned(challenge, lock) if fresh else {})


def _of_variant(document: Document, challenge: Challenge) -> Document:
    """What a challenge was made of."""
    spec, variant = challenge.spec.variants, challenge.variant
    return document if spec is None or variant is None else expanded(document, spec, variant)


def _pairs(
    challenges: Sequence[Challenge], documents: Sequence[Document]
) -> Iterator[tuple[tuple[Challenge, Mapping[str, object]], Document]]:
    for challenge, document in zip(challenges, documents, strict=True):
        yield (challenge, cast("Mapping[str, object]", document.data)), document


def _in_variants(found: Sequence[Sequence[Warned]]) -> Iterator[Warned]:
    """Each warning once; that something is not used only where no variant uses it."""
    everywhere = set.intersection(*({(warned.name, warned.at) for warned in those} for those in found))
    told: set[tuple[str, str, str]] = set()
    for warned in (warned for those in found for warned in those):
        key = (warned.name, warned.at, warned.problem.place)
        if key not in told and (key[:2] in everywhere or not warned.name.startswith("unused-")):
            yield warned
        told.add(key)


def _unused_parameters(challenge: Challenge, document: Document) -> Iterator[Slip]:
    """Parameters whose values stand nowhere."""
    spec, files = challenge.spec.variants, Files(challenge.root)
    if spec is None:
        return
    texts = [*slips.strings(document.data)]
    texts += [(files.read(file) or b"").decode("latin-1") for path in spec.templates for file in files.below(path)]
    used = {mark.name for text in texts for mark in marks(text)}
    for name in spec.names:
        if name not in used:
            table = next((table for table, rows in spec.together.items() if name in rows[0]), None)
            loc: Loc = ("variants", "parameters", name) if table is None else ("variants", "together", table, 0, name)
            what = "neither this file nor a template puts its value in"
            yield Slip(
                "unused-parameter", name, Fault(loc, what, hint=f"remove it, or write {{{{ variant.{name} }}}}", at=loc)
            )


def _empty(challenge: Challenge, document: Document) -> Iterator[Slip]:
    """Fields after whose colon nothing is written, so that they are as if they were left out."""
    for loc in document.hollow:
        match loc:
            case ("checks", int(index), str()):
                about = challenge.spec.checks[index].id
            case (str(about),) | ("app" | "limits" | "submission" as about, str()):
                pass
            case _:
                continue
        hint = f"{COMMENTED}, or remove the field" if document.commented(loc) else "give it one, or remove the field"
        yield Slip("empty-value", about, Fault(loc, "has no value", hint=hint, at=loc))


def _lock(challenge: Challenge, lock: Lock | None) -> Iterator[Warned]:
    """Where judging needs a lock, and where solutions are listed: verify keeps there what shows their proof."""
    place, remedy = str(challenge.lock_path), "run gradekit challenge verify"
    listed = bool(challenge.spec.solutions)
    if lock is None:
        if listed or freshness(challenge, lock) == "missing":
            what = "is missing, so nothing says what the reference got"
            yield Warned("no-lock", "", Problem(place, what, hint=remedy))
        return
    why = (unlike(challenge, lock) if listed else "") or staleness(challenge, lock)
    if why:
        yield Warned("stale-lock", "", Problem(place, f"is stale: {why}", hint=remedy))
        return
    for limit in limits(challenge, lock):
        if limit.tight:
            yield Warned("tight-limit", limit.check, Problem(str(challenge.source), limit.told, hint=limit.hint))
