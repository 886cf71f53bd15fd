"""doctor, clean, schema, config and completion: the operator's commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from gradekit.cli import config as configuration
from gradekit.cli.grade import QuietOption
from gradekit.cli.guard import guarded
from gradekit.cli.terminal import SILENT, Lines
from gradekit.errors import ExitCode, Problem, UsageError
from gradekit.progress import Progress, Silent
from gradekit.report import text

config_commands = typer.Typer(no_args_is_help=True, help="Settings: show them.")
_SHELLS = ("bash", "zsh", "fish", "powershell")
_LINE = 1_000


@guarded
def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended: install and start the engine, build images.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    quiet: QuietOption = 0,
) -> ExitCode:
    """Say what this machine lacks for grading, and how to mend it.

    Examples:
      gradekit doctor
      gradekit doctor --fix
    """
    from gradekit.cli import findings

    config = configuration.load()
    if fix:
        progress: Progress = Silent() if quiet else Lines()
        try:
            findings.mend(config, progress)
        finally:
            if isinstance(progress, Lines):
                progress.close()
    found = findings.examine(config)
    if as_json and quiet < SILENT:
        sys.stdout.write(json.dumps([finding.model_dump() for finding in found], indent=1) + "\n")
    elif quiet < SILENT:
        for finding in found:
            sys.stdout.write(f"{finding.state:<5} {finding.subject:<12} {finding.fact}\n")
            if finding.mend:
                sys.stdout.write(f"      {'':<12} {finding.mend}\n")
    return ExitCode.INFRASTRUCTURE if any(finding.state == "fail" for finding in found) else ExitCode.OK


@guarded
def clean(
    everything: Annotated[bool, typer.Option("--all", help="Also what living runs use: it ends them.")] = False,
    cache: Annotated[bool, typer.Option("--cache", help="Also the cached packages that no run uses now.")] = False,
    quiet: QuietOption = 0,
) -> ExitCode:
    """Remove what killed runs left on the engine.

    These are containers, volumes, networks and temporary folders.

    Examples:
      gradekit clean
      gradekit clean --cache
    """
    from gradekit.sandbox import docker
    from gradekit.scratch import remove_left_behind

    engine = docker.connect()
    removed = [*remove_left_behind(), *engine.reap(all_owners=everything), *(engine.cache.clear() if cache else [])]
    if quiet < SILENT:
        sys.stdout.writelines(f"removed {name}\n" for name in removed)
        sys.stdout.write("nothing to remove\n" if not removed else f"{len(removed)} removed\n")
    return ExitCode.OK


@guarded
def schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help="challenge, rubric, report or config.")],
) -> None:
    """Print the JSON Schema of a file format.

    Editors and other programs complete and check files by it.

    Example:
      gradekit schema challenge > challenge.schema.json
    """
    from gradekit.report import record
    from gradekit.spec.schema import challenge_schema, rubric_schema

    known: dict[str, Callable[[], str]] = {
        "challenge": lambda: _text(challenge_schema()),
        "rubric": lambda: _text(rubric_schema()),
        "report": record.schema,
        "config": lambda: _text(configuration.schema()),
    }
    if name not in known:
        raise UsageError(Problem("schema", f'"{name}" is unknown', f"one of {', '.join(known)}", "choose one"))
    sys.stdout.write(known[name]())


@config_commands.command("show")
@guarded
def show_config(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show every setting, its value and where it comes from.

    Examples:
      gradekit config show
      gradekit config show --json
    """
    settings = configuration.shown(configuration.load())
    if as_json:
        sys.stdout.write(json.dumps(settings, indent=1) + "\n")
        return
    width = max(map(len, settings))
    for key, setting in settings.items():
        value = setting["value"]
        told = ", ".join(value) if isinstance(value, (list, tuple)) else value
        sys.stdout.write(text.clean(f"{key:<{width}} {told or '-':<40} {setting['source']}", _LINE) + "\n")


@guarded
def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> None:
    """Print the completion script of a shell.

    Examples:
      gradekit completion bash > ~/.local/share/bash-completion/completions/gradekit
      gradekit completion fish > ~/.config/fish/completions/gradekit.fish
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # without an __all__

    if shell not in _SHELLS:
        raise UsageError(Problem("completion", f'"{shell}" is unknown', f"one of {', '.join(_SHELLS)}", "choose one"))
    script = get_completion_script(prog_name="gradekit", complete_var="_GRADEKIT_COMPLETE", shell=shell)
    sys.stdout.write(f"{script}\n")


def _text(schema: object) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
