"""Where a report goes: stdout, and files where asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from gradekit import score
from gradekit.cli import resultfolder
from gradekit.cli.terminal import SILENT, colour_wanted, unicode_works
from gradekit.errors import ExitCode, Problem, UsageError
from gradekit.record import Record
from gradekit.report.formats import FORMATS
from gradekit.results import Report

_DEFAULT = ("json", "html")
_WIDTH = 100


def check_formats(names: Sequence[str]) -> tuple[str, ...]:
    """The names of known formats.

    Raises:
        UsageError: one is unknown.
    """
    for name in names:
        if name not in FORMATS:
            near = get_close_matches(name, FORMATS, 1)
            hint = f"did you mean {near[0]}?" if near else ""
            raise UsageError(Problem("--format", f'"{name}" is unknown', f"one of {', '.join(FORMATS)}", hint))
    return tuple(dict.fromkeys(names))


def emit(
    report: Report,
    *,
    formats: Sequence[str],
    out: Path | None,
    record: Record | None,
    quiet: int,
    verbose: bool = False,
) -> None:
    """Print the result on stdout and write files into ``out``.

    Without ``out`` one format goes to stdout (default: text); with it, the folder has report.json, the
    chosen formats (default: html) and the record, and nothing of an earlier run. Stdout has the text then, or
    the one format that was chosen, unless that is html. Without a record, reports join those of the same run.
    ``verbose``: the text has evidence, too.

    Raises:
        InfrastructureError: ``out`` cannot be written.
    """
    if out is not None:
        names = dict.fromkeys(("json", *(formats or _DEFAULT)))
        resultfolder.write(out, {f"report{FORMATS[name].suffix}": rendered(report, name) for name in names}, record)
        if not quiet:
            sys.stderr.write(f"report: {out / 'report.html' if 'html' in (formats or _DEFAULT) else out}\n")
    if quiet >= SILENT:
        return
    name = formats[0] if formats and (out is None or len(formats) == 1) and formats[0] != "html" else "text"
    if out is None and formats:
        name = formats[0]
    if name == "text":
        sys.stdout.write(to_terminal(report, evidence=verbose))
        return
    # A document is UTF-8, whatever the terminal is.
    sys.stdout.flush()
    sys.stdout.buffer.write(rendered(report, name))


def rendered(report: Report, name: str) -> bytes:
    """A report in a format."""
    data = FORMATS[name].render(report)
    return data.encode() if isinstance(data, str) else data


def to_terminal(report: Report, *, evidence: bool = False) -> str:
    """The text of a report for this process's stdout: its width, colour and encoding."""
    from gradekit.report import console

    style = of_stdout()
    return console.console(report, width=style.width, colour=style.colour, unicode=style.unicode, evidence=evidence)


class Style(NamedTuple):
    """What a stream can show."""

    width: int
    colour: bool
    unicode: bool


def of_stdout() -> Style:
    """What this process's stdout can show."""
    colour = colour_wanted(sys.stdout.isatty(), os.environ)
    return Style(line_width() or _WIDTH, colour, unicode_works(sys.stdout.encoding))


def line_width() -> int:
    """Columns of this process's stdout, by COLUMNS or its terminal; 0 where there is no limit, as in a pipe."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 0


def exit_code(report: Report, *, exit_zero: bool = False) -> ExitCode:
    """The exit code that a report stands for; ``exit_zero`` makes 1 a 0, and nothing else."""
    code = score.exit_code(report.score)
    return ExitCode.OK if exit_zero and code is ExitCode.BELOW else code
