"""What an author writes of runs: lines, what they are given, and what must come of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from gradekit.checks.answer import Answer
from gradekit.checks.base import Bench
from gradekit.checks.lines import Environment, Files, Lines, line_for
from gradekit.checks.match import Match
from gradekit.checks.procfile import NAME_PATTERN, command_of
from gradekit.checks.sense import PATHS, TEXT
from gradekit.model import Duration, Model, RelativePath, tuple_of
from gradekit.texts import one_line

UNPREPARED: Final = 125
"""Exit code of a run whose `setup` failed."""


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
