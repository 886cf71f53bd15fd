"""Mutants of a challenge's reference queries, run on its data sets: what no data set tells apart, no check sees."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gradekit.checks import statements
from gradekit.checks.kinds import KINDS
from gradekit.checks.mutants import UNCHANGED, NotParsedError, mutants
from gradekit.checks.ordering import DIALECTS
from gradekit.checks.sql.evidence import SqlEvidence
from gradekit.checks.sql.model import SqlSpec, references
from gradekit.grade.judging import judge_alone
from gradekit.grade.run import grade
from gradekit.grade.setting import Setting
from gradekit.progress import Progress, Silent
from gradekit.record import Observation
from gradekit.results import Status
from gradekit.sandbox.plans import FileEntry
from gradekit.spec.challenge import Challenge, Check, MutationSpec
from gradekit.spec.handed import whole
from gradekit.submission import CloneRules, Submission, read
from gradekit.texts import meant

_TIMEOUT: Final = 3.0
"""Seconds for a mutant's statement: one that never ends is told apart by that."""
_WHOLE: Final = 3600.0
_NAMED: Final = 20
"""Survivors that are named in one message."""
_LOST: Final = ("08", "57P")
"""SQLSTATEs of a server that is gone or was told to stop, which no query does."""
_TOO_MUCH: Final = ("57014", "53", "54")
"""How SQLSTATEs begin of a query that ran and wanted more time, memory or disk than there is: which of these it meets
first is chance."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A mutant as a check: its file is what a candidate would have handed in."""

    name: str
    control: str
    """The case of the reference as the parser writes it."""
    check: Check
    file: FileEntry


def killed(challenge: Challenge, setting: Setting, progress: Progress) -> tuple[Mapping[str, Any], Sequence[str]]:
    """Run the mutants of all references of ``sql`` checks as submissions, in one grading.

    Returns:
        what the lock keeps, which is nothing where no query has mutants, with ``errored`` for those that could not be
        run, if there are any; and what the author has to mend, one sentence each.

    Raises:
        SubmissionError: the folder of the first reference is refused.
    """
    rules = challenge.spec.mutation or MutationSpec()
    found: list[str] = []
    cases = list(_cases(challenge, setting, found, progress))
    if cases:
        progress.note("mutants of the reference queries, which some data set must tell apart")
    fates = _fates(challenge, setting, cases) if cases else {}
    ignored = set()
    for pattern in challenge.spec.ignored(of_code=False):
        names = {name for name in fates if meant(name, pattern)}
        ignored |= names
        if not names:
            found.append(f'mutation: no mutant "{pattern}"; remove it from ignore')
    lost = {case.control for case in cases if case.name == case.control and fates[case.name] != "survived"}
    rewritten = "the query does not pass its own check once the parser has written it anew"
    why = "it could not be run; see the log of the grading"
    found += [
        f"mutation: {control}: {why if fates[control] == 'errored' else rewritten}"
        for control in sorted(lost - ignored)
    ]
    counted = [
        case for case in cases if case.name != case.control and case.control not in lost and case.name not in ignored
    ]
    errored = [case.name for case in counted if fates[case.name] == "errored"]
    if errored:
        found.append(f"mutation: {errored[0]}: {why}")
    alive = [case.name for case in counted if fates[case.name] == "survived"]
    dead = [case.name for case in counted if fates[case.name] == "killed"]
    if not cases:
        return {}, found
    aside = sum(fates[name] == "survived" for name in ignored - {case.control for case in cases})
    progress.note(f"{len(dead)} of {len(dead) + len(alive)} mutants told apart")
    if len(dead) < rules.min_killed * (len(dead) + len(alive)):
        named = "; ".join(alive[:_NAMED]) + ("; ..." if len(alive) > _NAMED else "")
        share = f"{len(dead)} of {len(dead) + len(alive)} mutants are told apart by the data sets"
        found.append(f"mutation: {share}, at least {rules.min_killed:.0%} expected; none sees: {named}")
    unrun = sum(fate == "errored" for name, fate in fates.items() if name not in ignored)
    kept = {"killed": len(dead), "of": len(dead) + len(alive), "ignored": aside, "survivors": alive}
    return ({**kept, "errored": unrun} if unrun else kept), found


def _cases(challenge: Challenge, setting: Setting, found: list[str], progress: Progress) -> Iterator[_Case]:
    seen: set[str] = set()
    for check in challenge.spec.checks:
        if not isinstance(check.body, SqlSpec):
            continue
        for _, path in references(check.body):
            if path in seen:
                continue
            seen.add(path)
            engine = _engine(challenge, setting, check.body.names()[0])
            script = statements.split(challenge.files[path].decode("utf-8-sig"), engine)
            if len(script) > 1:
                progress.note(f"{path}: no mutants are made of it, for it has {len(script)} statements")
            try:
                versions = mutants(script[0], engine) if len(script) == 1 and engine in DIALECTS else ()
            except NotParsedError as problem:
                found.append(f"mutation: {path}: {problem}")
                continue
            for version in versions:
                yield _case(check, check.body, path, version.name, version.text)


def _case(check: Check, spec: SqlSpec, path: str, name: str, text: str) -> _Case:
    control = f"{path}: {UNCHANGED}"
    full = f"{path}: {name}"
    digest = hashlib.sha256(f"{check.id} {full}".encode()).hexdigest()[:16]
    file = FileEntry(f"{digest}.sql", text.encode())
    body = spec.model_copy(update={"file": file.path, "timeout": min(spec.timeout, _TIMEOUT)})
    changes = {"id": f"mutant-{digest}", "title": full, "body": body, "need": (), "timeout": _WHOLE}
    return _Case(full, control, check.model_copy(update=changes), file)


def _engine(challenge: Challenge, setting: Setting, dataset: str) -> str:
    service = challenge.spec.services[challenge.spec.datasets[dataset].service]
    return setting.runners[service.runner].engine or ""


def _fates(challenge: Challenge, setting: Setting, cases: Sequence[_Case]) -> Mapping[str, str]:
    """What became of each: killed, survived, stillborn (the engine refuses it) or errored."""
    limits = challenge.spec.limits.model_copy(update={"timeout": _WHOLE})
    checks = tuple(case.check for case in cases)
    rules = challenge.spec.submission.model_copy(update={"required": (), "forbidden": ()})
    update = {"checks": checks, "limits": limits, "submission": rules, "runner": "none", "app": None}
    made = replace(challenge, spec=challenge.spec.model_copy(update=update))
    # Data sets may load files of the submission, such as its migrations.
    files = {**_reference_files(challenge), **{case.file.path: case.file for case in cases}}
    submission = Submission(
        repo="mutants",
        ref=None,
        commit=None,
        tree=hashlib.sha256(repr(sorted((name, file.data) for name, file in files.items())).encode()).hexdigest(),
        candidate=None,
        received_at=None,
        files=files,
        dropped=(),
        seconds=0.0,
    )
    record = grade(made, None, setting, lambda: submission, Silent())
    return {
        case.name: _fate(made, case.check, observation)
        for case, observation in zip(cases, record.observations, strict=True)
    }


def _reference_files(challenge: Challenge) -> Mapping[str, FileEntry]:
    """What the first reference hands in, with its base; nothing where none is listed."""
    first = next((solution for solution in challenge.spec.solutions if solution.is_reference), None)
    if first is None:
        return {}
    with whole(challenge, first) as folder:
        return read(folder, candidate=first.path, rules=CloneRules.of(challenge.spec)).files


def _fate(challenge: Challenge, check: Check, observation: Observation) -> str:
    status = judge_alone(challenge, check, observation, None).outcome.status
    if status is not Status.FAILED or observation.state != "observed":
        return "survived" if status is Status.PASSED else "errored"
    evidence = KINDS[check.kind].evidence.model_validate(observation.evidence)
    assert isinstance(evidence, SqlEvidence)  # noqa: S101 - only checks of that kind are made here
    answers = [run.candidate for run in evidence.runs]
    states = [answer.sqlstate or "" for answer in answers if answer.error]
    if any(state.startswith(_LOST) for state in states):
        return "errored"
    refused = any(not state.startswith(_TOO_MUCH) for state in states)
    return "stillborn" if refused else "killed"
