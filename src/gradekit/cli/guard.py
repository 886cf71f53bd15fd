"""From exceptions and signals to exit codes: the one place that ends the process."""

from __future__ import annotations

import errno
import functools
import inspect
import io
import os
import re
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn, ParamSpec

import typer

from gradekit import cleanup
from gradekit.errors import ExitCode, GradekitError, Problem
from gradekit.report.text import clean

P = ParamSpec("P")
_MESSAGE = 2_000
_NAME = 60
"""Characters shown of a name that is too long."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ELOOP),
    errno.ENAMETOOLONG,
)
"""What a path that was given can be refused for."""


class Terminated(BaseException):
    """SIGTERM, as an exception, so that every ``finally`` cleans up."""


def fail(*problems: Problem) -> None:
    """Print problems on stderr, one line each, a source excerpt below its line."""
    for problem in problems:
        sys.stderr.write(f"error: {clean(str(problem), limit=_MESSAGE)}\n")
        for line in problem.excerpt.splitlines():
            sys.stderr.write(f"    {clean(line, limit=_MESSAGE)}\n")


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    cleanup.interrupt(Terminated())


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, _give_up)
    sys.stderr.write("\ninterrupted: removing containers (again to stop at once, then run gradekit clean)\n")
    cleanup.interrupt(KeyboardInterrupt())


def _give_up(_signal: int, _frame: FrameType | None) -> NoReturn:
    os._exit(ExitCode.INTERRUPTED)


def _crash_log() -> str:
    """Keep the traceback of a bug in a file; its path, or where it could not be kept."""
    try:
        descriptor, name = tempfile.mkstemp(prefix="gradekit-crash-", suffix=".log")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            traceback.print_exc(file=file)
    except OSError as error:
        return f"(no crash log: {error.strerror})"
    return str(Path(name))


def _is_of_a_given_path(error: OSError) -> bool:
    """Whether the system refuses a path of the command line, what is below it or a folder above; else it is a bug."""
    if error.errno not in _REFUSED or not isinstance(error.filename, str):
        return False
    path = Path(error.filename).absolute()
    arguments = [argument.partition("=")[2] if argument[:2] == "--" else argument for argument in sys.argv[1:]]
    if error.errno == errno.ENAMETOOLONG:
        return any(_longest(path) in argument for argument in arguments)
    given = [Path(argument).absolute() for argument in arguments if argument]
    return any(path.is_relative_to(one) or one.is_relative_to(path) for one in given)


def _longest(path: Path) -> str:
    return max(path.parts, key=len)


def _refusal(error: OSError) -> Problem:
    if error.errno == errno.ENAMETOOLONG:
        name = clean(_longest(Path(error.filename))[:_NAME])
        return Problem(f"{name}...", "is too long for the name of a file", hint="check the path")
    return Problem(
        clean(str(error.filename)), f"cannot be used ({error.strerror})", hint="check the path and who may use it"
    )


def _unexpected(error: Exception) -> ExitCode:
    """Tell an error that no command expects: a full disk, a path that cannot be used, or a bug."""
    if isinstance(error, OSError) and error.errno in _FULL:
        _swallow_stdout()
        fail(Problem(str(error.filename or "output"), "the disk is full", hint="make room, and run it again"))
        return ExitCode.INFRASTRUCTURE
    if isinstance(error, OSError) and _is_of_a_given_path(error):
        fail(_refusal(error))
        return ExitCode.USAGE
    if not os.environ.get("GRADEKIT_DEBUG"):
        kind = type(error).__name__
        fail(Problem("gradekit", f"a bug of ours ({kind})", hint=f"please report it with {_crash_log()}"))
    return ExitCode.BUG


def open_streams() -> None:
    """Make stdout and stderr usable: a closed one swallows what it gets, a poor encoding never fails."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            mode = "r" if number == 0 else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - as long as the process
        elif isinstance(stream, io.TextIOWrapper) and number:
            stream.reconfigure(errors="backslashreplace")


def _swallow_stdout() -> None:
    """Let nothing more reach stdout: Python would complain about it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def plain_refusals() -> Iterator[None]:
    """Tell of a value that an option does not take as all else is told; what the parser says of others stays its own.

    Raises:
        typer.Exit: such a value was given.
    """
    try:
        yield
    except typer.BadParameter as error:
        problem = _of_an_option(error)
        if problem is None:
            raise
        fail(problem)
        raise typer.Exit(int(ExitCode.USAGE)) from error


def _of_an_option(error: typer.BadParameter) -> Problem | None:
    """What is wrong with a value; None where it is not known which rule it breaks."""
    if error.param is None or not isinstance(error.__cause__, ValueError) or not hasattr(error.__cause__, "errors"):
        return None
    detail = error.__cause__.errors()[0]
    place, value = max(error.param.opts, key=len), clean(str(detail["input"]), limit=_NAME)
    bounds = detail.get("ctx", {})
    if detail["type"] == "greater_than_equal":
        return Problem(place, f"{value} is too small", f"at least {bounds['ge']}")
    if detail["type"] == "less_than_equal":
        return Problem(place, f"{value} is too large", f"at most {bounds['le']}")
    if detail["type"] == "int_parsing":
        return Problem(place, f'"{value}" is not a whole number', "digits alone, such as 3")
    return Problem(place, str(detail["msg"]).removeprefix("Value error, ").rstrip("."), hint="see its help, -h")


def with_examples(text: str) -> str:
    """A docstring whose block of examples is shown line by line, as it stands."""
    return re.sub(r"^(Examples?:)$", "\b\n\\1", inspect.cleandoc(text), flags=re.MULTILINE)


def guarded(command: Callable[P, ExitCode | None]) -> Callable[P, None]:
    """Wrap a command: it returns an exit code (None is 0) or raises; nobody sees a traceback.

    GRADEKIT_DEBUG=1 lets a bug's traceback through.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        signal.signal(signal.SIGTERM, _terminate)
        signal.signal(signal.SIGINT, _interrupt)
        open_streams()
        try:
            try:
                code = command(*args, **kwargs) or ExitCode.OK
                sys.stdout.flush()
            finally:
                cleanup.settle()
        except GradekitError as error:
            fail(*error.problems)
            code = error.exit_code
        except KeyboardInterrupt:
            code = ExitCode.INTERRUPTED
        except Terminated:
            code = ExitCode.TERMINATED
        except BrokenPipeError:
            _swallow_stdout()  # what reads our output has enough
            code = ExitCode.OK
        except typer.Exit:
            raise
        except Exception as error:
            code = _unexpected(error)
            if os.environ.get("GRADEKIT_DEBUG") and code is ExitCode.BUG:
                raise
        raise typer.Exit(int(code))

    run.__doc__ = with_examples(command.__doc__ or "")
    return run
