"""The tree of commands."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gradekit import __version__
from gradekit.cli import challenge, demo, grade, runner, system
from gradekit.cli.guard import plain_refusals
from gradekit.cli.terminal import COLOUR_VARIABLE, Colour
from gradekit.errors import ExitCode

_EXIT_CODES = """Exit codes: 0 graded, pass mark met or none set; 1 below it, or verify or test found a mismatch; 2 bad
usage, spec or configuration; 3 our fault, no total; 4 submission not obtainable; 5 integrity violated;
70 a bug; 130, 143 interrupted."""


class Commands(TyperGroup):
    """All commands; a value that an option does not take is told in our words."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the library has it
        """Read the options that stand before the command."""
        with plain_refusals():
            return super().make_context(*args, **kwargs)

    def invoke(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the library has it
        """Read the command's own options and run it."""
        with plain_refusals():
            return super().invoke(*args, **kwargs)


app = typer.Typer(
    cls=Commands,
    name="gradekit",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EXIT_CODES,
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"gradekit {__version__}\n")
        raise typer.Exit(int(ExitCode.OK))


def _colour(choice: Colour) -> Colour:
    os.environ[COLOUR_VARIABLE] = choice.value
    return choice


@app.callback()
def gradekit(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
    color: Annotated[
        Colour,
        typer.Option("--color", envvar=COLOUR_VARIABLE, help="When output has colour.", callback=_colour),
    ] = Colour.AUTO,
) -> None:
    """Grade backend take-home submissions in a sandbox, fairly, with the evidence behind every number."""


app.command()(grade.grade)
app.command()(grade.regrade)
app.command()(grade.report)
app.add_typer(challenge.commands, name="challenge")
app.add_typer(runner.commands, name="runner")
app.command()(system.schema)
app.add_typer(system.config_commands, name="config")
app.command()(system.doctor)
app.command()(system.clean)
app.command()(demo.demo)
app.command()(system.completion)
