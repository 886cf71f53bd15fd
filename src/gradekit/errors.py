"""Exit codes, and the exceptions that carry a message a person can act on.

Tree::

    GradekitError
    ├── UsageError            exit 2: a command line, configuration or path is wrong
    ├── SpecError             exit 2: a challenge or rubric is wrong (carries every problem of the file)
    ├── InfrastructureError   exit 3: our side failed; never a candidate's zero
    └── SubmissionError       exit 4: the submission could not be obtained

    Blocked                   not a GradekitError: the *candidate's* side made a check impossible
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells its caller; the table is part of the public interface."""

    OK = 0
    BELOW = 1
    USAGE = 2
    INFRASTRUCTURE = 3
    SUBMISSION = 4
    INTEGRITY = 5
    BUG = 70
    INTERRUPTED = 130
    TERMINATED = 143


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint about an input, in the shape ``place: what; expected; to do``.

    ``place`` is ``file``, ``file:line`` or ``file:line:column``, an option, or a URL; ``excerpt`` is
    the offending source line with a caret line below it, when there is a source.
    """

    place: str
    what: str
    expected: str = ""
    hint: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        """One line without the excerpt."""
        return f"{self.place}: " + "; ".join(part for part in (self.what, self.expected, self.hint) if part)


class GradekitError(Exception):
    """An expected failure: rendered as its problems, one line each, never as a traceback."""

    exit_code = ExitCode.BUG

    def __init__(self, *problems: Problem) -> None:
        """Keep the problems in the order in which they are to be shown."""
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class UsageError(GradekitError):
    """The command line, the configuration or a path given by the user is wrong."""

    exit_code = ExitCode.USAGE


class SpecError(GradekitError):
    """A challenge or a rubric is wrong; ``problems`` holds all of them, sorted by position."""

    exit_code = ExitCode.USAGE


class InfrastructureError(GradekitError):
    """Engine, image, disk or a service of ours failed: the touched checks are errored."""

    exit_code = ExitCode.INFRASTRUCTURE


class SubmissionError(GradekitError):
    """The submission could not be obtained or is refused before anything of it runs."""

    exit_code = ExitCode.SUBMISSION


class Blocked(Exception):  # noqa: N818 - a state of the submission, not an error of the program
    """The candidate's own code or files made a check impossible (the app did not start, say).

    ``message`` says what happened in words a candidate may read; ``detail`` is raw hostile text
    (a log tail) for the reviewer.
    """

    def __init__(self, message: str, detail: str = "") -> None:
        """Keep both texts; ``detail`` is capped by whoever collected it."""
        self.message = message
        self.detail = detail
        super().__init__(message)
