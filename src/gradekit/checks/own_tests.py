"""The kind ``own-tests``: what the candidate's tests notice when the program under them is another one."""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from gradekit.checks.base import PRINTED_TOO_MUCH, Bench, Complaint, Context, Kind, Scope
from gradekit.checks.lines import Environment, Files, Lines, languages_left_out, line_for
from gradekit.checks.match import Match
from gradekit.checks.procfile import NAME_PATTERN, command_of
from gradekit.checks.regex import RegexProblem, compile_regex
from gradekit.checks.sense import AMOUNT
from gradekit.checks.tally import errored, examined, failed, passed
from gradekit.checks.template import UnknownNameError, problem
from gradekit.checks.values import MISSING, Value
from gradekit.errors import InfrastructureError, Problem
from gradekit.language import Framework
from gradekit.model import Duration, Loc, Model, RelativePath, Slug, tuple_of
from gradekit.results import CaseResult, Exhibit, Judgement, Outcome, Status, Tier
from gradekit.sandbox.plans import Ending, ExecResult, FileEntry
from gradekit.texts import near, quote

UNPREPARED: Final = 125
"""Exit code of a run that could not be prepared."""
MAX_READ: Final = 1 << 20
"""Bytes of the end of each stream in which a framework's words are looked for."""
MAX_TAIL: Final = 8_000
"""Characters of the end of what a run printed that are kept."""
MAX_COUNT: Final = 1_000_000
_DIGITS: Final = 7
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_GIST: Final = 300
_CHANCE: Final = secrets.SystemRandom()
_ENDINGS: Final = {
    Ending.TIMEOUT: "the tests were stopped after {seconds:g} s, the check's timeout",
    Ending.OOM: "the tests {memory}",
    Ending.OUTPUT: f"the tests {PRINTED_TOO_MUCH}, and were stopped",
}
_OWN: Final = "the submission's own program"
_RIGHT: Final = "the challenge's right program"
_TITLES: Final[Mapping[str, str]] = {
    "tests": "number of passed tests that the tests report",
    "coverage": "code coverage that the tests report, in percent",
}


class Variant(Model):
    """Another program under the same tests."""

    name: Slug = Field(description="$VARIANT for the setup, and shown in reports where there is no title.")
    title: str | None = Field(None, min_length=1, max_length=120, description="Shown in reports.")
    folder: RelativePath | Annotated[Mapping[Slug, RelativePath], Field(min_length=1)] | None = Field(
        None,
        description="A folder of the challenge whose files replace the submission's; or a map of runners to folders.",
    )


class OwnTestsSpec(Model):
    """The candidate's tests on their own program, on a right one, and on mutants, which they have to notice."""

    run: Lines | None = Field(None, description="A line for /bin/sh that runs the tests; or a map of runners to lines.")
    procfile: Annotated[str, Field(pattern=NAME_PATTERN)] | None = Field(
        None, description="Instead of run: the name of a line in the submission's Procfile."
    )
    env: Environment = Field(default_factory=dict, description="Environment variables.")
    timeout: Duration = Field(60.0, description="For a run of the tests.")
    expect: Annotated[Mapping[Literal["tests", "coverage"], Match], AMOUNT] = Field(
        {"tests": Match.parse({"gte": 1})},
        description="Fact to expectation: how many tests passed, and percent of code that ran, as they print it.",
    )
    files: Files = Field(
        default_factory=dict,
        description="Path in the submission to a file of the challenge, there for the setup only.",
    )
    setup: Lines | None = Field(
        None,
        description="A line that makes the variant $VARIANT of a submission; or a map of runners to lines.",
    )
    reference: Variant | None = Field(
        None, description="A right program, on which the tests have to pass, too: else they are worth nothing."
    )
    mutants: Annotated[tuple[Variant, ...], BeforeValidator(tuple_of)] = Field(
        (), description="Wrong programs: a share for each one on which a test fails."
    )
    scoring: Literal["proportional", "all_or_nothing"] = Field(
        "proportional", description="A share for each mutant, or everything for all."
    )

    @model_validator(mode="after")
    def _one_line(self) -> Self:
        if self.run is not None and self.procfile is not None:
            raise ValueError("give at most one of run and procfile")
        return self

    @property
    def variants(self) -> tuple[Variant, ...]:
        """All programs but the candidate's own."""
        return (*(() if self.reference is None else (self.reference,)), *self.mutants)


class TestRun(Model):
    """A run of the tests; all that it printed is a claim."""

    __test__ = False

    variant: str | None = None
    """None: the candidate's own program."""
    ending: Annotated[Ending, Field(strict=False)]
    exit_code: int | None = None
    framework: str | None = None
    """The test framework whose words were found in the output."""
    tests: int | None = None
    """How many tests passed by these words."""
    coverage: float | None = None
    """Percent."""
    tail: str = ""
    """The end of what it printed; hostile text."""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether it ended by itself and had nothing to complain about."""
        return self.ending is Ending.EXITED and self.exit_code == 0


class OwnTestsEvidence(Model):
    """The runs, in the order in which they were made."""

    line: str = ""
    runs: Annotated[tuple[TestRun, ...], BeforeValidator(tuple_of)] = ()


def observe(spec: OwnTestsSpec, bench: Bench) -> OwnTestsEvidence:
    """Run the tests on every program, in an order that nobody can guess, and all in the same way."""
    if spec.procfile is not None:
        line = command_of(bench.submission, spec.procfile)
    else:
        line = line_for(spec.run or "", bench, "run")
    programs = [None, *spec.variants]
    return OwnTestsEvidence(
        line=line, runs=tuple(_run(spec, line, one, bench) for one in _CHANCE.sample(programs, len(programs)))
    )


def _run(spec: OwnTestsSpec, line: str, variant: Variant | None, bench: Bench) -> TestRun:
    files, prepare = ([], ":") if variant is None else _prepared(spec, variant, bench)
    result = bench.own_tests(line, prepare=prepare, files=files, timeout=spec.timeout, env=spec.env)
    return TestRun(
        variant=None if variant is None else variant.name,
        ending=result.ending,
        exit_code=result.exit_code,
        tail=(result.stdout[-MAX_TAIL:] + b"\n" + result.stderr[-MAX_TAIL:]).decode("utf-8", "replace").strip(),
        seconds=result.seconds,
        **_told(result, bench.frameworks),
    )


def _prepared(spec: OwnTestsSpec, variant: Variant, bench: Bench) -> tuple[list[FileEntry], str]:
    """What makes a variant of the submission: files over it, and a script that leaves nothing of its own behind."""
    files = {path: _content(source, bench) for path, source in spec.files.items()}
    folder = variant.folder
    if isinstance(folder, Mapping):
        folder = line_for(folder, bench, f"folder of {variant.name}")
    if folder is not None:
        prefix = folder.rstrip("/") + "/"
        below = {
            path.removeprefix(prefix): data for path, data in bench.context.files.items() if path.startswith(prefix)
        }
        files |= below
    lines = []
    if spec.setup is not None:
        # In a shell of its own, so that nothing in the line reaches beyond it.
        lines.append(f"( VARIANT={variant.name}; export VARIANT; {line_for(spec.setup, bench, 'setup')}\n) || exit")
    for path in spec.files:
        lines.append(f"rm -f -- {shlex.quote(path)}")
        if "/" in path:
            lines.append(f"rmdir -p -- {shlex.quote(path.rpartition('/')[0])} 2>/dev/null || :")
    return [FileEntry(path=path, data=data) for path, data in files.items()], "\n".join(lines) or ":"


def _content(path: str, bench: Bench) -> bytes:
    data = bench.context.files.get(path)
    if data is None:
        raise InfrastructureError(Problem(path, "the challenge has no such file", "a file of a check"))
    return data


def _told(result: ExecResult, frameworks: Sequence[Framework]) -> dict[str, Any]:
    """What the run says of itself in the words of the first framework that is recognised."""
    output = b"\n".join((result.stdout[-MAX_READ:], result.stderr[-MAX_READ:])).decode("utf-8", "replace")
    text = _COLOURS.sub("", output.replace("\r\n", "\n"))
    for framework in frameworks:
        found = _found(framework, framework.passed, text)
        if found:
            shares = [] if framework.coverage is None else _found(framework, framework.coverage, text)
            return {
                "framework": framework.name,
                "tests": min(sum(map(_count, found)), MAX_COUNT),
                "coverage": _percent(shares[-1]) if shares else None,
            }
    return {}


def _found(framework: Framework, pattern: str, text: str) -> list[str]:
    try:
        return compile_regex(pattern).groups(text)
    except RegexProblem as error:
        place = f"frameworks of the runner: {framework.name}"
        raise InfrastructureError(Problem(place, f"not a regular expression: {error}", "RE2's syntax")) from error


def _count(text: str) -> int:
    """The number that a framework gave; the name of a test that passed is one."""
    return int(text[:_DIGITS]) if text.isascii() and text.isdigit() else 1


def _percent(text: str) -> float | None:
    return min(float(text[:_DIGITS]), 100.0) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else None


def judge(spec: OwnTestsSpec, evidence: OwnTestsEvidence, context: Context) -> Judgement:
    """A share for each mutant that a test noticed, if the tests are right about right programs."""
    runs = {run.variant: run for run in evidence.runs}
    missing = [name for name in (None, *(one.name for one in spec.variants)) if name not in runs]
    if missing:
        program = "the submission's own program" if missing[0] is None else f'the variant "{missing[0]}"'
        return errored(f"the evidence has no run of the tests on {program}; grade the submission again")
    own = runs[None]
    gates = [(_OWN, _passing("own", f"the tests on {_OWN}", own, spec, context))]
    facts: Mapping[str, Value] = {
        "tests": MISSING if own.tests is None else own.tests,
        "coverage": MISSING if own.coverage is None else own.coverage,
    }
    for name, match in spec.expect.items():
        try:
            mismatches = match.fill(context.variables).check(facts[name])
        except UnknownNameError as error:
            return errored(f"{name}: {error}; correct the challenge")
        if facts[name] is MISSING:
            mismatches = [replace(mismatch, actual="no such number in what the tests print") for mismatch in mismatches]
        gates.append((_TITLES[name], examined(_TITLES[name], name, mismatches)))
    right = own
    if spec.reference is not None:
        right = runs[spec.reference.name]
        title = f"{_RIGHT}: {spec.reference.title}" if spec.reference.title else f"the tests on {_RIGHT}"
        gates.append((_RIGHT, _passing(f"reference {spec.reference.name}", title, right, spec, context)))
    useless = next((one for one in (right, own) if not one.passed), None)
    noticed = [_noticing(mutant, runs[mutant.name], useless) for mutant in spec.mutants]
    return _summed(spec, gates, noticed).model_copy(update={"notes": _notes(spec, own)})


def _passing(case: str, title: str, run: TestRun, spec: OwnTestsSpec, context: Context) -> CaseResult:
    """A run that has to find nothing wrong."""
    if run.passed:
        return passed(title, case)
    if run.ending is not Ending.EXITED:
        told = _ENDINGS[run.ending].format(seconds=spec.timeout, memory=context.out_of_memory())
        return failed(title, case, told)
    if run.variant is not None and run.exit_code == UNPREPARED:
        return failed(title, case, _unmade(run))
    told = f"the tests fail (exit code {run.exit_code}; 0 expected), and the last line printed is {_last_line(run)}"
    return failed(title, case, f"{told}; see the end of what they printed in the evidence")


def _noticing(mutant: Variant, run: TestRun, useless: TestRun | None) -> CaseResult:
    """A run that has to find something wrong; ``useless`` is one on a right program that did, too."""
    title, case = f"notices: {mutant.title or mutant.name}", f"mutant {mutant.name}"
    if run.passed:
        what = "all tests pass on this wrong program"
        if not run.tests:
            what = "the run on this wrong program ended with exit code 0, but no test is known to have run"
        return failed(title, case, f"{what}; at least one has to fail")
    if run.ending is Ending.EXITED and run.exit_code == UNPREPARED:
        return failed(title, case, _unmade(run))
    if useless is None:
        return passed(title, case)
    ended = useless.ending is Ending.EXITED and (useless.variant is None or useless.exit_code != UNPREPARED)
    program = _OWN if useless.variant is None else _RIGHT
    if ended:
        why = f"the tests fail here, but on {program} as well, so that says nothing; see why they fail there"
    else:
        why = f"there is no result on {program} to compare with; see why there is none"
    return CaseResult(id=case, title=title, outcome=Outcome(status=Status.SKIPPED, message=f"not judged: {why}"))


def _unmade(run: TestRun) -> str:
    """Why a variant was not tested, as far as it is known: code of the candidate's can cause the same on purpose."""
    last = run.tail.splitlines()[-1:]
    said = f"the last line printed is {quote(last[0], _GIST)}" if last else "nothing was printed"
    if run.framework is not None:
        return (
            f"no test result: the run ended with exit code {UNPREPARED} after {run.framework} had reported tests, and "
            f"{said}; see what the tests do at their end"
        )
    return (
        f"no test result: the run ended with exit code {UNPREPARED}, and {said}; to make this program, the challenge's "
        "setup changes the submission's files, and probably it failed because they are not where the task says: keep "
        "its names of files and folders; otherwise the challenge is at fault, or the tests ended with this code "
        "themselves"
    )


def _summed(spec: OwnTestsSpec, gates: Sequence[tuple[str, CaseResult]], noticed: Sequence[CaseResult]) -> Judgement:
    """``gates`` are cases without which nothing counts, each with what it is about."""
    cases = (*(gate for _, gate in gates), *noticed)
    for what, gate in gates:
        wrong = gate.outcome
        if wrong.status is not Status.PASSED:
            why = f"{what}: {wrong.message or f'{wrong.actual}; {wrong.expected} expected'}"
            return Judgement(outcome=Outcome(status=Status.FAILED, message=why), cases=cases)
    missed = [case for case in noticed if case.outcome.status is not Status.PASSED]
    if not missed:
        return Judgement(outcome=Outcome(status=Status.PASSED, ratio=1.0), cases=cases)
    share = 0.0 if spec.scoring == "all_or_nothing" else (len(noticed) - len(missed)) / len(noticed)
    message = f"the tests notice {len(noticed) - len(missed)} of {len(noticed)} wrong programs"
    return Judgement(outcome=Outcome(status=Status.FAILED, ratio=share, message=message), cases=cases)


def _notes(spec: OwnTestsSpec, own: TestRun) -> tuple[str, ...]:
    """How far it can be trusted: what the tests say is a claim, what they notice is not."""
    who = own.framework or "no known test framework"
    coverage = "no coverage" if own.coverage is None else f"a coverage of {own.coverage:g} %"
    tests = "no number of passed tests" if own.tests is None else f"{own.tests} passed"
    if own.tests is not None and not own.passed:
        tests += " (tests that failed are not in this number)"
    claim = f"{tests}, {coverage}" if own.framework else "tests or coverage"
    notes = [f"on {_OWN}, {who} reported {claim}"]
    if not spec.mutants:
        notes.append("no wrong program was tried, so what the tests report is only their claim")
    elif spec.reference is None:
        notes.append(
            "no changed program that is right was tried, so tests that fail on any change of a file would pass, too"
        )
    return tuple(notes)


def _last_line(run: TestRun) -> str:
    lines = run.tail.splitlines()
    return quote(lines[-1], _GIST) if lines else "nothing"


def show(spec: OwnTestsSpec, evidence: OwnTestsEvidence) -> tuple[Exhibit, ...]:
    """Each run with the end of what it printed."""
    titles = {one.name: one.title or one.name for one in spec.variants}
    return tuple(
        Exhibit(
            title="the program itself" if run.variant is None else titles.get(run.variant, run.variant),
            text=f"$ {evidence.line}\n{run.ending.value} with {run.exit_code} after {run.seconds:.1f} s\n{run.tail}",
        )
        for run in evidence.runs
    )


def lint(spec: OwnTestsSpec, scope: Scope) -> Iterator[Complaint]:
    """Nothing to run, variants that are none or have a name twice, languages left out, unknown variables."""
    if spec.run is None and spec.procfile is None:
        yield Complaint(("run",), "there is nothing to run", "run (a line for /bin/sh) or procfile")
    yield from languages_left_out(("run",), spec.run, scope)
    yield from languages_left_out(("setup",), spec.setup, scope)
    names: list[str] = []
    for loc, variant in _placed(spec):
        if variant.name in names:
            yield Complaint((*loc, "name"), f'a second variant has the name "{variant.name}"')
        names.append(variant.name)
        if isinstance(variant.folder, Mapping):
            yield from languages_left_out((*loc, "folder"), variant.folder, scope)
        elif variant.folder is None and spec.setup is None:
            yield Complaint(loc, "nothing makes this variant of the submission", "folder, or setup for all of them")
    for fact, match in spec.expect.items():
        for below, name in match.uses():
            if name not in scope.variables:
                what = problem(name) or f"${{{name}}} is no variable of the challenge"
                yield Complaint(("expect", fact, *below), what, "a name of `vars:`", near(name, scope.variables))


def _placed(spec: OwnTestsSpec) -> Iterator[tuple[Loc, Variant]]:
    if spec.reference is not None:
        yield ("reference",), spec.reference
    for index, mutant in enumerate(spec.mutants):
        yield ("mutants", index), mutant


def paths(spec: OwnTestsSpec) -> Iterator[tuple[Loc, str]]:
    """Files for the setup, and folders of variants."""
    for path, source in spec.files.items():
        yield ("files", path), source
    for loc, variant in _placed(spec):
        if isinstance(variant.folder, Mapping):
            for runner, folder in variant.folder.items():
                yield (*loc, "folder", runner), folder
        elif variant.folder is not None:
            yield (*loc, "folder"), variant.folder


KIND = Kind(
    name="own-tests",
    spec=OwnTestsSpec,
    evidence=OwnTestsEvidence,
    # They run in one process with the code that they are about, and say what they want.
    tier=lambda _: Tier.IN_PROCESS,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    tiers={Tier.IN_PROCESS: ""},
)
