"""The kind ``command``: a program of the submission, its exit code and what it prints."""

from __future__ import annotations

from base64 import b64encode
from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from gradekit.checks.answer import Answer
from gradekit.checks.base import PRINTED_TOO_MUCH, Bench, Complaint, Context, Kind, Scope
from gradekit.checks.differences import Mismatch
from gradekit.checks.jsonpath import PathProblem, TooManyNodes, compile_path
from gradekit.checks.jsontext import JsonProblem, parse
from gradekit.checks.lines import Environment, Files, Lines, languages_left_out, line_for
from gradekit.checks.match import Match
from gradekit.checks.oracle import Changes, Oracle, Part, Place, changed_text, replaced
from gradekit.checks.procfile import NAME_PATTERN, command_of
from gradekit.checks.sense import PATHS, TEXT, literal, unmet
from gradekit.checks.tally import errored, examined, failed, tally
from gradekit.checks.template import UnknownNameError, problem
from gradekit.checks.values import show as show_value
from gradekit.errors import InfrastructureError, Problem
from gradekit.model import Duration, Loc, Model, RelativePath, tuple_of
from gradekit.results import Exhibit, Judgement, Tier
from gradekit.sandbox.plans import Ending, FileEntry
from gradekit.texts import clean, near, one_line, quote

MAX_OUTPUT: Final = 256 << 10
"""Bytes of each stream that are kept."""
MAX_SHOWN: Final = 16 << 10
"""Characters of a stream in an exhibit."""

_MAX_EXIT: Final = 255
UNPREPARED: Final = 125
"""Exit code of a run whose `setup` failed."""

_UNPREPARED: Final = "it was not run, because the challenge's setup for it failed"
_PLACES: Final = "are the submission's files where the task says?"
_ENDINGS: Final = {
    Ending.TIMEOUT: "it was stopped after {seconds:g} s, the check's timeout",
    Ending.OOM: "it {memory}",
    Ending.OUTPUT: f"it {PRINTED_TOO_MUCH}, and was stopped",
}


def _codes(value: object) -> object:
    """One exit code stands for a list of one."""
    return (value,) if isinstance(value, int) else tuple_of(value)


ExitCodes = Annotated[
    tuple[int, ...],
    Field(min_length=1),
    BeforeValidator(_codes),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}, "minItems": 1}]}),
]
"""An exit code, or a list of those allowed."""


class CommandExpect(Model):
    """What a run must give; all that is given must hold."""

    exit: ExitCodes = Field((0,), description="Exit code, or a list of those allowed.")
    stdout: Annotated[Match | None, TEXT] = Field(
        None, description="The standard output as text, with or without its last newline."
    )
    stderr: Annotated[Match | None, TEXT] = Field(
        None, description="The standard error as text, with or without its last newline."
    )
    answer: Answer | None = Field(
        None, description="A right output, with which the standard output is compared by words."
    )
    stdout_json: Annotated[Mapping[str, Match], PATHS] = Field(
        default_factory=dict,
        description="JSONPath (RFC 9535) to expectation; a path to one place gives a value, any other a list.",
    )


class RunInput(Model):
    """What a run and a case have in common."""

    run: Lines | None = Field(None, description="A line for /bin/sh; or a map of runners to lines.")
    procfile: Annotated[str, Field(pattern=NAME_PATTERN)] | None = Field(
        None, description="Instead of run: the name of a line in the submission's Procfile."
    )
    setup: Lines | None = Field(None, description="A line that is run before; or a map of runners to lines.")
    stdin: str | None = Field(None, description="The standard input.")
    stdin_file: RelativePath | None = Field(None, description="A file of the challenge as the standard input.")
    env: Environment = Field(default_factory=dict, description="Environment variables.")
    files: Files = Field(
        default_factory=dict, description="Path in the submission to a file of the challenge, put there first."
    )
    expect: CommandExpect | None = Field(None, description="What it must give.")

    @model_validator(mode="after")
    def _one_input(self) -> Self:
        if self.stdin is not None and self.stdin_file is not None:
            raise ValueError("give at most one of stdin and stdin_file")
        if self.run is not None and self.procfile is not None:
            raise ValueError("give at most one of run and procfile")
        return self

    @property
    def told(self) -> bool:
        """Whether it says what to run."""
        return self.run is not None or self.procfile is not None


class CommandCase(RunInput):
    """One run; what it leaves out is taken from the check, `env` and `files` are added to the check's."""

    name: str = Field(min_length=1, description="For reports.")
    timeout: Duration | None = Field(None, description="For the run.")


class CommandSpec(RunInput):
    """A shell line run in a fresh writable copy of the submission."""

    cases: Annotated[tuple[CommandCase, ...], BeforeValidator(tuple_of)] = Field((), description="Runs, a case each.")
    timeout: Duration = Field(10.0, description="For a run.")
    scoring: Literal["per_case", "all_or_nothing"] = Field(
        "per_case", description="A share for each case, or everything for all."
    )

    def plans(self) -> tuple[Plan, ...]:
        """The runs, with everything that a case leaves out filled in."""
        return tuple(self._plan(case) for case in self.cases or (CommandCase(name="run"),))

    def _plan(self, case: CommandCase) -> Plan:
        own_input = case.stdin is not None or case.stdin_file is not None
        told = case if case.told else self
        title = told.procfile or (one_line(told.run) if isinstance(told.run, str) else "run")
        return Plan(
            name=case.name,
            title=case.name if self.cases else title,
            run=told.run,
            procfile=told.procfile,
            setup=case.setup or self.setup,
            stdin=(case if own_input else self).stdin or "",
            stdin_file=(case if own_input else self).stdin_file,
            env={**self.env, **case.env},
            files={**self.files, **case.files},
            timeout=self.timeout if case.timeout is None else case.timeout,
            expect=case.expect or self.expect or CommandExpect(),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """A run as it is to be done."""

    name: str
    title: str
    """For reports: the case's name, or the beginning of the line when there are no cases."""
    run: Lines | None
    procfile: str | None
    setup: Lines | None
    stdin: str
    stdin_file: str | None
    env: Mapping[str, str]
    files: Mapping[str, str]
    timeout: float
    """Seconds."""
    expect: CommandExpect

    def line(self, bench: Bench) -> str:
        """What /bin/sh is to run for this submission.

        Raises:
            Blocked: the submission's Procfile does not say it.
            InfrastructureError: the check does not say it for this language.
        """
        if self.procfile is not None:
            line = command_of(bench.submission, self.procfile)
        else:
            line = line_for(self.run or "", bench, "run")
        if self.setup is None:
            return line
        # On a line of its own, so that nothing in one of them reaches into the other.
        return f"( {line_for(self.setup, bench, 'setup')}\n) >&2 || exit {UNPREPARED}\n{line}"


class Stream(Model):
    """What a program printed: text, or base64 when it is not UTF-8."""

    text: str | None = None
    base64: str | None = None
    size: int = 0
    """Bytes in all."""

    @classmethod
    def of(cls, data: bytes) -> Stream:
        """The first MAX_OUTPUT bytes of it."""
        kept = data[:MAX_OUTPUT]
        try:
            # Where it was cut, the last character may be a part of one.
            text = getincrementaldecoder("utf-8")().decode(kept, final=len(kept) == len(data))
        except UnicodeDecodeError:
            return cls(base64=b64encode(kept).decode(), size=len(data))
        return cls(text=text, size=len(data))


class RunFact(Model):
    """How a run ended and what it printed."""

    name: str
    line: str = ""
    """What the shell was given."""
    ending: Annotated[Ending, Field(strict=False)]
    exit_code: int | None = None
    stdout: Stream = Stream()
    stderr: Stream = Stream()
    seconds: float = 0.0


class CommandEvidence(Model):
    """The runs, in order."""

    runs: Annotated[tuple[RunFact, ...], BeforeValidator(tuple_of)] = ()


def observe(spec: CommandSpec, bench: Bench) -> CommandEvidence:
    """Run each case in a fresh copy of the submission."""
    return CommandEvidence(runs=tuple(_run(plan, bench) for plan in spec.plans()))


def judge(spec: CommandSpec, evidence: CommandEvidence, context: Context) -> Judgement:
    """Compare each run with what is expected of it; ``${name}`` are the challenge's variables."""
    runs = {run.name: run for run in evidence.runs}
    cases = []
    for plan in spec.plans():
        fact = runs.get(plan.name)
        if fact is None:
            return errored(f'the evidence has nothing about the run "{plan.name}"; grade the submission again')
        if fact.ending is not Ending.EXITED:
            told = _ENDINGS[fact.ending].format(seconds=plan.timeout, memory=context.out_of_memory())
            cases.append(failed(plan.title, plan.name, told))
            continue
        if plan.setup is not None and fact.exit_code == UNPREPARED:
            said = clean(_last_line(fact.stderr))
            why = f"{_UNPREPARED}: {said}" if said else _UNPREPARED
            cases.append(failed(plan.title, plan.name, f"{why}; {_PLACES}"))
            continue
        try:
            mismatches = _mismatches(plan, fact, context)
        except UnknownNameError as error:
            return errored(f"{plan.name}: {error}; correct the challenge")
        cases.append(examined(plan.title, plan.name, mismatches))
    return tally(cases, noun="runs", all_or_nothing=spec.scoring == "all_or_nothing")


def show(spec: CommandSpec, evidence: CommandEvidence) -> tuple[Exhibit, ...]:
    """Each run with the beginning of what it printed."""
    titles = {plan.name: plan.title for plan in spec.plans()}
    return tuple(Exhibit(title=titles.get(run.name, run.name), text=_described(run)) for run in evidence.runs)


def lint(spec: CommandSpec, scope: Scope) -> Iterator[Complaint]:
    """Runs without a command or with the same name, languages left out, broken paths and unknown variables."""
    nothing = "there is nothing to run", "run (a line for /bin/sh) or procfile"
    if not spec.told and not spec.cases:
        yield Complaint(("run",), *nothing)
    names = [case.name for case in spec.cases]
    for index, case in enumerate(spec.cases):
        if not case.told and not spec.told:
            yield Complaint(("cases", index, "run"), *nothing)
        if case.name in names[:index]:
            yield Complaint(("cases", index, "name"), f'a second case has the name "{case.name}"')
    for loc, part in _parts(spec):
        yield from languages_left_out((*loc, "run"), part.run, scope)
        yield from languages_left_out((*loc, "setup"), part.setup, scope)
        yield from _expectations((*loc, "expect"), part.expect, scope)
        for path in part.files:
            if path.endswith("/"):
                yield Complaint((*loc, "files", path), "not the path of a file")


def paths(spec: CommandSpec) -> Iterator[tuple[Loc, str]]:
    """Files for the submission's folder and for the standard input."""
    for loc, part in _parts(spec):
        if part.stdin_file is not None:
            yield (*loc, "stdin_file"), part.stdin_file
        if part.expect is not None and part.expect.answer is not None:
            yield (*loc, "expect", "answer", "file"), part.expect.answer.file
        for path, source in part.files.items():
            yield (*loc, "files", path), source


def _parts_of(
    spec: CommandSpec, evidence: CommandEvidence, files: Mapping[str, bytes]
) -> Iterator[Part[CommandSpec, CommandEvidence]]:
    """Each run, for they do not know each other."""
    del files
    if not spec.cases:
        yield Part("", spec, evidence)
    for case, run in zip(spec.cases, evidence.runs, strict=False):
        alone = spec.model_copy(update={"cases": (case,)})
        yield Part(case.name, alone, CommandEvidence(runs=(run,)))


def _changed(spec: CommandSpec, evidence: CommandEvidence) -> Changes[CommandEvidence]:
    """Runs with another exit code, or with one change in what they printed."""
    for index, (plan, run) in enumerate(zip(spec.plans(), evidence.runs, strict=False)):
        lines = plan.run if isinstance(plan.run, str) else " ".join((plan.run or {}).values())
        program = plan.procfile or " ".join(lines.split()[:2])
        changes: list[tuple[Place, str, dict[str, object]]] = []
        if run.exit_code is not None:
            code = 0 if run.exit_code else 1
            changes.append((Place("exit code"), str(code), {"exit_code": code}))
        for name, stream in (("stdout", run.stdout), ("stderr", run.stderr)):
            if stream.text is not None:
                for place, what, text in changed_text(stream.text):
                    at = place.below(name, about=f"{program} {name}", free=not stream.text)
                    changes.append((at, what, {name: Stream.of(text.encode())}))
        for place, what, update in changes:
            yield place, what, CommandEvidence(runs=replaced(evidence.runs, index, run.model_copy(update=update)))


KIND = Kind(
    name="command",
    spec=CommandSpec,
    evidence=CommandEvidence,
    tier=lambda _: Tier.BLACK_BOX,
    observe=observe,
    judge=judge,
    show=show,
    lint=lint,
    paths=paths,
    ships_files=lambda spec: bool(spec.files) or any(case.files for case in spec.cases),
    oracle=Oracle(_changed, _parts_of, neutral={CommandExpect: {"exit": tuple(range(256)), "answer": None}}),
)


def _parts(spec: CommandSpec) -> Iterator[tuple[Loc, RunInput]]:
    yield (), spec
    for index, case in enumerate(spec.cases):
        yield ("cases", index), case


def _expectations(loc: Loc, expect: CommandExpect | None, scope: Scope) -> Iterator[Complaint]:
    if expect is None:
        return
    if expect.answer is not None:
        yield from _answer((*loc, "answer", "file"), scope.files.get(expect.answer.file))
    for path in expect.stdout_json:
        try:
            compile_path(path)
        except PathProblem as error:
            yield Complaint((*loc, "stdout_json", path), f"not a JSONPath: {error}")
    yield from _impossible(loc, expect)
    matches = [((*loc, name), match) for name, match in (("stdout", expect.stdout), ("stderr", expect.stderr)) if match]
    matches += [((*loc, "stdout_json", path), match) for path, match in expect.stdout_json.items()]
    for place, match in matches:
        for below, name in match.uses():
            if name not in scope.variables:
                what = problem(name) or f"${{{name}}} is no variable of the challenge"
                hint = near(name, scope.variables)
                yield Complaint((*place, *below), what, "a name of `vars:`", hint)


def _impossible(loc: Loc, expect: CommandExpect) -> Iterator[Complaint]:
    """Exit codes that there are not, and a text that must be printed and is not the JSON that must be printed."""
    for index, code in enumerate(expect.exit):
        if not 0 <= code <= _MAX_EXIT:
            place = (*loc, "exit", index) if len(expect.exit) > 1 else (*loc, "exit")
            yield Complaint(place, f"{code} is no exit code", f"a number from 0 to {_MAX_EXIT}")
    for text in expect.stdout.literals if expect.stdout is not None and expect.stdout_json else ():
        if isinstance(text, str) and literal(text):
            try:
                wrong = list(unmet(expect.stdout_json, parse(text), "stdout"))
            except JsonProblem as error:
                yield Complaint((*loc, "stdout_json"), f"`stdout` is no JSON: {error}", hint="remove one of them")
            else:
                for found in wrong:
                    yield Complaint((*loc, "stdout_json", *found.loc), found.what, hint=found.hint)


def _answer(loc: Loc, data: bytes | None) -> Iterator[Complaint]:
    """An answer that no program could give, as far as outputs are kept."""
    if data is None:
        return
    if len(data) > MAX_OUTPUT:
        yield Complaint(loc, f"has {len(data)} bytes", f"at most {MAX_OUTPUT}: no more of an output is kept")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        yield Complaint(loc, f"is no text: byte {error.start} is not UTF-8", "a text file in UTF-8")


def _run(plan: Plan, bench: Bench) -> RunFact:
    line = plan.line(bench)
    result = bench.command(
        ["/bin/sh", "-c", line],
        stdin=plan.stdin.encode() if plan.stdin_file is None else _content(bench, plan.stdin_file),
        timeout=plan.timeout,
        files=[FileEntry(path=path, data=_content(bench, source)) for path, source in plan.files.items()],
        env=plan.env,
    )
    return RunFact(
        name=plan.name,
        line=line,
        ending=result.ending,
        exit_code=result.exit_code,
        stdout=Stream.of(result.stdout),
        stderr=Stream.of(result.stderr),
        seconds=result.seconds,
    )


def _content(bench: Bench, path: str) -> bytes:
    data = bench.context.files.get(path)
    if data is None:
        raise InfrastructureError(Problem(path, "the challenge has no such file", "a file of a check"))
    return data


def _mismatches(plan: Plan, fact: RunFact, context: Context) -> list[Mismatch]:
    """What is wrong with a run that ended by itself.

    Raises:
        UnknownNameError: for a variable that the challenge no longer has.
    """
    expect = plan.expect
    found = []
    if fact.exit_code not in expect.exit:
        codes = " or ".join(map(str, expect.exit))
        found.append(Mismatch(codes, str(fact.exit_code), "exit code"))
    for stream, name, wanted in ((fact.stdout, "stdout", expect.stdout), (fact.stderr, "stderr", expect.stderr)):
        if wanted is not None:
            text = _text(stream)
            found += _text_mismatches(name, text, wanted.fill(context.variables))
    if expect.answer is not None:
        found += _answer_mismatches(fact.stdout, expect.answer, context.files)
    if expect.stdout_json:
        found += _json_mismatches(
            fact.stdout, {path: match.fill(context.variables) for path, match in expect.stdout_json.items()}
        )
    return found


def _text(stream: Stream) -> str | Mismatch:
    """The whole text, or why there is none."""
    if stream.text is None:
        return Mismatch("UTF-8 text", "bytes that are not UTF-8")
    if stream.size > MAX_OUTPUT:
        return Mismatch(f"at most {MAX_OUTPUT:,} bytes", f"{stream.size:,} bytes")
    return stream.text


def _text_mismatches(name: str, text: str | Mismatch, wanted: Match) -> list[Mismatch]:
    if isinstance(text, Mismatch):
        return [text.below(name)]
    mismatches = wanted.check(text)
    if mismatches and text.endswith("\n"):
        shorter = wanted.check(text[:-1])
        # The end of the last line does not count, so it is not shown either, unless somebody asked for it.
        if not shorter or not any(mismatch.expected.endswith('\\n"') for mismatch in mismatches):
            mismatches = shorter
    return [mismatch.below(name) for mismatch in mismatches]


def _answer_mismatches(stream: Stream, answer: Answer, files: Mapping[str, bytes]) -> list[Mismatch]:
    if answer.file not in files:
        hint = "put it back, or, if it was renamed since the grading, grade the submission again"
        return [Mismatch("", f"{answer.file}: the challenge has no such file; {hint}", ours=True)]
    try:
        right = files[answer.file].decode()
    except UnicodeDecodeError:
        what = f"{answer.file} of the challenge is not UTF-8 text; write it in UTF-8, and grade the submission again"
        return [Mismatch("", what, ours=True)]
    text = _text(stream)
    mismatch = text if isinstance(text, Mismatch) else answer.check(right, text)
    return [] if mismatch is None else [mismatch.below("stdout" if mismatch is text else "stdout, ")]


def _json_mismatches(stream: Stream, wanted: Mapping[str, Match]) -> list[Mismatch]:
    text = _text(stream)
    if isinstance(text, Mismatch):
        return [text.below("stdout")]
    try:
        value = parse(text)
    except JsonProblem as error:
        shown = f"not read as JSON ({clean(str(error))}): {show_value(text)}" if text else "empty"
        return [Mismatch("JSON", shown, "stdout")]
    found = []
    for path, match in wanted.items():
        try:
            there = compile_path(path).look(value)
        except PathProblem as error:
            what = f"stdout_json: {quote(path)} is not a JSONPath: {error}; correct the challenge"
            return [Mismatch("", what, ours=True)]
        except TooManyNodes as error:
            found.append(Mismatch("a value that can be searched", clean(str(error)), path))
            continue
        found += map(there.below, match.check(there.value))
    return found


def _last_line(stream: Stream) -> str:
    lines = (stream.text or "").strip().splitlines()
    return lines[-1] if lines else ""


def _described(run: RunFact) -> str:
    code = "" if run.exit_code is None else f" with {run.exit_code}"
    parts = [f"$ {run.line}", f"{run.ending.value}{code} after {run.seconds:.1f} s"]
    for name, stream in (("stdout", run.stdout), ("stderr", run.stderr)):
        if stream.size:
            text = f"base64: {stream.base64 or ''}" if stream.text is None else stream.text
            parts.append(f"--- {name}, {stream.size} bytes\n{text[:MAX_SHOWN]}")
    return "\n".join(parts)
