"""challenge list, show, lint and verify."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gradekit.cli import config as configuration
from gradekit.cli.grade import QuietOption, VerboseOption, challenge_names
from gradekit.cli.guard import fail, guarded
from gradekit.cli.terminal import Lines
from gradekit.errors import ExitCode
from gradekit.progress import Progress, Silent
from gradekit.report.text import clean
from gradekit.score import points

commands = typer.Typer(no_args_is_help=True, help="Challenges: list, show, check and prove them.")
ChallengeArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME", help="A path or a name; not needed when there is only one.", autocompletion=challenge_names
    ),
]
_LINE = 1_000


@commands.command("list")
@guarded
def list_challenges() -> None:
    """List the challenges that -c can name.

    Example:
      gradekit challenge list
    """
    from gradekit.cli import assemble
    from gradekit.spec.lint import lint as run_lint

    config = configuration.load()
    where = assemble.places(config)
    if not where.list_challenges():
        sys.stderr.write("no challenges: go to a folder that has challenges/, or set GRADEKIT_CHALLENGES\n")
    for name, path in where.list_challenges().items():
        found = run_lint(path, rubrics=where.rubric_folders(path))
        if found.challenge is None:
            sys.stdout.write(f"{name:<24} {len(found.problems)} problems: gradekit challenge lint {path}\n")
            continue
        spec = found.challenge.spec
        sys.stdout.write(f"{name:<24} {len(spec.checks):>3} checks  {spec.title}\n")


@commands.command()
@guarded
def show(
    challenge: ChallengeArgument = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show what a challenge has: criteria, checks, points, services.

    Examples:
      gradekit challenge show
      gradekit challenge show orders-api --json
    """
    from gradekit.cli import assemble, outline

    found, lock = assemble.challenge_for(challenge, configuration.load())
    outlined = outline.outline(found, lock)
    if as_json:
        sys.stdout.write(outlined.model_dump_json(indent=1) + "\n")
        return
    sys.stdout.write("\n".join(clean(line, _LINE) for line in outline.lines(outlined)) + "\n")


@commands.command()
@guarded
def lint(challenge: ChallengeArgument = None) -> ExitCode:
    """Check a challenge's files without running anything.

    Every problem is printed with its place.

    Examples:
      gradekit challenge lint
      gradekit challenge lint challenges/orders-api
    """
    from gradekit.cli import assemble, outline
    from gradekit.spec.lint import lint as run_lint

    config = configuration.load()
    where = assemble.places(config)
    path = where.find_challenge(challenge)
    found = run_lint(path, rubrics=where.rubric_folders(path), runners=assemble.kinds_of_runners(config))
    for warning in found.warnings:
        sys.stderr.write(f"warning: {clean(str(warning))}\n")
    if found.problems or found.challenge is None:
        fail(*found.problems)
        count = len(found.problems)
        sys.stderr.write(f"{count} problem{'s' if count > 1 else ''}\n")
        return ExitCode.USAGE
    sys.stdout.write(f"{found.challenge.spec.id}: {len(found.challenge.spec.checks)} checks, no problems\n")
    sys.stdout.writelines(f"{clean(line, _LINE)}\n" for line in outline.untwinned_lines(found.untwinned))
    return ExitCode.OK


@commands.command()
@guarded
def verify(challenge: ChallengeArgument = None, quiet: QuietOption = 0, verbose: VerboseOption = 0) -> ExitCode:
    """Grade a challenge's own solutions, write challenge.lock.

    The reference must earn everything, each known-bad solution must lose exactly what it claims.

    Examples:
      gradekit challenge verify
      gradekit challenge verify challenges/orders-api
    """
    from gradekit.cli import assemble, outline
    from gradekit.spec.lock import untwinned, write_lock
    from gradekit.verify import verify as run_verify

    config = configuration.load()
    spec, _ = assemble.challenge_for(challenge, config)
    progress: Progress = Silent() if quiet else Lines(verbose)
    try:
        setting = assemble.setting_for(spec.spec, config, progress)
        lock, results = run_verify(spec, setting, progress)
    finally:
        if isinstance(progress, Lines):
            progress.close()
    for result in results:
        score = result.report.score
        number = "no score" if score.earned is None else f"{points(score.earned)} of {points(score.possible or 0)}"
        word = "mismatch" if result.mismatches else "as claimed"
        sys.stdout.write(f"{result.path:<36} {number:>16}  {word}\n")
        for mismatch in result.mismatches:
            sys.stdout.write(f"    {clean(mismatch, _LINE)}\n")
    sys.stdout.writelines(f"{clean(line, _LINE)}\n" for line in outline.untwinned_lines(untwinned(spec, lock)))
    if any(result.report.score.state == "incomplete" for result in results):
        return ExitCode.INFRASTRUCTURE
    if any(result.mismatches for result in results):
        sys.stdout.write("challenge.lock was not written\n")
        return ExitCode.BELOW
    write_lock(spec.lock_path, lock)
    tests = sum(len(ids) for ids in lock.tests.values())
    sys.stdout.write(f"wrote {spec.lock_path} ({tests} test ids)\n")
    return ExitCode.OK
