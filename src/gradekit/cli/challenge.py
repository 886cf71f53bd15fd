"""challenge list, new, import, show, variant, lint, verify and try."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gradekit.cli import config as configuration
from gradekit.cli.checkout import submission_folder
from gradekit.cli.grade import QuietOption, VerboseOption, challenge_names
from gradekit.cli.guard import fail, guarded
from gradekit.cli.terminal import SILENT
from gradekit.cli.variant import VariantOption, handed_out
from gradekit.errors import ExitCode, GradekitError, Problem, UsageError
from gradekit.report.text import clean
from gradekit.texts import counted, near

commands = typer.Typer(no_args_is_help=True, help="Challenges: list, show, check and prove them.")
_NAME = "NAME"
ChallengeArgument = Annotated[
    str | None,
    typer.Argument(
        metavar=_NAME, help="A path or a name; not needed when there is only one.", autocompletion=challenge_names
    ),
]
_LINE = 1_000


@commands.command("list")
@guarded
def list_challenges() -> None:
    """List the challenges that -c can name.

    These are the folders in challenges/ here or above, in the folders of the configuration, and in the current folder.

    Example:
      gradekit challenge list
    """
    from gradekit.cli import assemble
    from gradekit.spec.lint import lint as run_lint

    config = configuration.load()
    where = assemble.places(config)
    known = where.list_challenges() | where.challenges_here()
    if not known:
        sys.stderr.write("no challenges: go to a folder that has challenges/, or set GRADEKIT_CHALLENGES\n")
    for name, path in sorted(known.items()):
        found = run_lint(path, rubrics=where.rubric_folders(path))
        if found.challenge is None:
            sys.stdout.write(f"{name:<24} {counted(len(found.problems), 'problem')}: gradekit challenge lint {path}\n")
            continue
        spec = found.challenge.spec
        sys.stdout.write(f"{name:<24} {counted(len(spec.checks), 'check'):>10}  {spec.title}\n")


def template_names(incomplete: str) -> list[str]:
    """Templates, for completion."""
    from gradekit.cli.scaffold import TEMPLATES

    return [name for name in TEMPLATES if name.startswith(incomplete)]


@commands.command()
@guarded
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its id, or a path that ends with it.")],
    template: Annotated[
        str,
        typer.Option(
            "--template", "-t", metavar="KIND", help="api, cli, library or sql.", autocompletion=template_names
        ),
    ] = "api",
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="For people; made from the id by default.")] = None,
) -> None:
    """Make a challenge that works, to change from there.

    It has a brief, a starter, checks of its kind, a reference and wrong solutions, and verify finds it as claimed:
    api is a service with a database, cli a program that reads and prints, library functions in any language, sql
    queries alone.

    Examples:
      gradekit challenge new notes-api
      gradekit challenge new durations --template library --title "Durations"
    """
    from gradekit.cli import scaffold
    from gradekit.spec.load import load_challenge

    folder = scaffold.create(name, template, title, Path.cwd())
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    check = load_challenge(Path.cwd() / folder, rubrics=[]).spec.checks[0].id
    named = shlex.quote(str(folder))
    steps = {
        f"lint {named}": "finds slips without running anything",
        f"try {named} {check}": "runs a check on the reference, and shows what it saw",
        f"verify {named}": "grades the reference and the wrong solutions, writes challenge.lock",
    }
    width = max(map(len, steps))
    sys.stdout.write(
        f"{folder}: {files} files. Begin with README.md, which the candidate reads, and with challenge.yaml.\n"
    )
    sys.stdout.writelines(f"gradekit challenge {step:<{width}}  {why}\n" for step, why in steps.items())


def format_names(incomplete: str) -> list[str]:
    """Formats that can be imported, for completion."""
    from gradekit.imports.table import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


@commands.command("import")
@guarded
def import_(
    form: Annotated[
        str,
        typer.Argument(metavar="FORMAT", help="What it is: exercism, kattis or openapi.", autocompletion=format_names),
    ],
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="The folder of one exercise or problem, or a document.")
    ],
    target: Annotated[
        str | None, typer.Argument(metavar="[TARGET]", help="Its id, or a path that ends with it; by default SOURCE's.")
    ] = None,
) -> ExitCode:
    """Make a challenge from what others have.

    exercism is an exercise of an Exercism track, with its tests and example solution; kattis a problem package of a
    programming contest, with its data and submissions; openapi a document of a service, which gives a draft without
    solutions. Nothing is fetched, and nothing of it runs. What was changed or left out is told, and stands in
    challenge.yaml, too.

    Examples:
      gradekit challenge import exercism ../python/exercises/practice/leap
      gradekit challenge import exercism ../python/exercises/practice/leap leap-python
      gradekit challenge import kattis ../contest/different
      gradekit challenge import openapi ../petstore.yaml pet-shop
    """
    from gradekit.cli import assemble, scaffold
    from gradekit.imports import made
    from gradekit.imports.table import FORMATS
    from gradekit.spec.lint import lint as run_lint

    if form not in FORMATS:
        expected = f"one of {', '.join(FORMATS)}"
        raise UsageError(Problem("FORMAT", f'"{clean(form)}" is unknown', expected, near(form, FORMATS)))
    found = FORMATS[form].read(source, str(source))
    folder = scaffold.folder_for(target or found.name, Path.cwd(), "TARGET")
    challenge = FORMATS[form].make(found, folder.name)
    made.write(Path.cwd() / folder, challenge)
    config = configuration.load()
    linted = run_lint(folder, rubrics=[], **assemble.known_runners(config))
    named = shlex.quote(str(folder))
    sys.stdout.write(f"{named}: {len(challenge.files)} files\n")
    sys.stdout.writelines(f"{clean(note, _LINE)}\n" for note in challenge.notes)
    if linted.problems:
        fail(*linted.problems)
        return ExitCode.USAGE
    if any(path.startswith("solutions/") for path in challenge.files):
        sys.stdout.write(f"gradekit challenge verify {named}  grades its solutions\n")
    else:
        sys.stdout.write(f"next: a reference and wrong solutions; then gradekit challenge verify {named}\n")
    return ExitCode.OK


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

    found, lock = assemble.challenge_for(challenge, configuration.load(), called=_NAME)
    outlined = outline.outline(found, lock)
    if as_json:
        sys.stdout.write(outlined.model_dump_json(indent=1) + "\n")
        return
    sys.stdout.write("\n".join(clean(line, _LINE) for line in outline.lines(outlined)) + "\n")


@commands.command()
@guarded
def variant(
    challenge: ChallengeArgument = None,
    candidate: Annotated[
        str | None,
        typer.Option("--candidate", metavar="NAME", help="Whose variant: the name that grade is given, too."),
    ] = None,
    number: VariantOption = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="FOLDER", help="Write the brief and the starter there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show variants, or write what a candidate gets.

    With --candidate, the key in GRADEKIT_VARIANT_KEY says which variant it is. --into writes the brief, the starter and
    the files of data/ that the brief names, with the variant's values put in, and nothing hidden.

    Examples:
      gradekit challenge variant invoices
      gradekit challenge variant invoices --candidate ana@example.org
      gradekit challenge variant invoices --candidate ana@example.org --into handed-out/ana
    """
    from gradekit.cli import assemble
    from gradekit.cli.variants import shown, write

    choose = handed_out(candidate, number)
    asked = candidate is not None or number is not None or into is not None
    choice = choose if asked else lambda _: None
    found, _ = assemble.challenge_for(challenge, configuration.load(), None, choice, _NAME)
    if found.spec.variants is None:
        hint = "add variants to its challenge.yaml, or hand out its folder's README.md and starter/"
        raise UsageError(Problem(found.spec.id, "has no variants", hint=hint))
    if into is not None:
        write(found, into)
    those = [found.variant] if asked and found.variant is not None else found.spec.variants.variants()
    sys.stdout.write(shown(those, as_json=as_json))


@commands.command()
@guarded
def lint(challenge: ChallengeArgument = None, quiet: QuietOption = 0) -> ExitCode:
    """Check a challenge's files without running anything.

    Every problem is printed with its place; with -q no warning is.

    Examples:
      gradekit challenge lint
      gradekit challenge lint challenges/orders-api
    """
    from gradekit.cli import assemble, outline
    from gradekit.spec.lint import lint as run_lint

    config = configuration.load()
    where = assemble.places(config)
    path = where.find_challenge(challenge, _NAME)
    found = run_lint(path, rubrics=where.rubric_folders(path), **assemble.known_runners(config))
    for warning in found.warnings if not quiet else ():
        sys.stderr.write(f"warning: {clean(str(warning))}\n")
    if found.problems or found.challenge is None:
        fail(*found.problems)
        sys.stderr.write(f"{counted(len(found.problems), 'problem')}\n")
        return ExitCode.USAGE
    if quiet >= SILENT:
        return ExitCode.OK
    told = f", {counted(len(found.warnings), 'warning')}" if found.warnings else ""
    checks = counted(len(found.challenge.spec.checks), "check")
    sys.stdout.write(f"{found.challenge.spec.id}: {checks}, no problems{told}\n")
    sys.stdout.writelines(f"{clean(line, _LINE)}\n" for line in outline.untwinned_lines(found.untwinned))
    return ExitCode.OK


@commands.command()
@guarded
def verify(
    challenges: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="Paths or names; not needed when there is only one.", autocompletion=challenge_names
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All challenges that -c can name.")] = False,
    repeat: Annotated[
        int | None,
        typer.Option(
            "--repeat",
            metavar="N",
            min=1,
            max=100,
            help="Grade each solution so often; by default references 3 times, others once.",
        ),
    ] = None,
    weaker: Annotated[
        bool, typer.Option("--accept-weaker", help="Let expectations notice less than challenge.lock says they did.")
    ] = False,
    solutions: Annotated[
        list[str] | None,
        typer.Option(
            "--solution",
            metavar="PATH",
            help="Grade only these, and write no lock; repeatable, * matches any text.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    mutants: Annotated[
        int | None,
        typer.Option(
            "--mutants",
            metavar="N",
            min=1,
            max=10_000,
            help="Put a small mistake into the reference, N times (40 say much): which ones does no check notice? "
            "With a challenge.lock that fits, solutions are not graded again.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Another sample of mutants.")] = 0,
    variant: Annotated[
        int | None,
        typer.Option(
            "--variant", metavar="N", min=1, help="Grade only this variant, and write no lock.", show_default=False
        ),
    ] = None,
    quiet: QuietOption = 0,
    verbose: VerboseOption = 0,
) -> ExitCode:
    """Grade a challenge's own solutions, write challenge.lock.

    Each reference must earn everything, each wrong solution must lose exactly what it claims, every time. Checks that
    no wrong solution loses are named as unproven; expectations without which no changed answer of the reference and no
    wrong solution would pass, as not needed. At the end stands what the references got in each language.

    Examples:
      gradekit challenge verify
      gradekit challenge verify challenges/orders-api
      gradekit challenge verify orders-api --solution 'solutions/known-bad/no-*' --repeat 20
      gradekit challenge verify --all
      gradekit challenge verify orders-api --mutants 40
    """
    from gradekit.cli import verifying

    config = configuration.load()
    for other, given in (("--solution", solutions), ("--variant", variant)):
        if given and mutants is not None:
            raise UsageError(
                Problem("--mutants", f"stands beside {other}", "only one of the two can be given", "leave one out")
            )
    names = _wanted(challenges, config, every=every)
    asked = verifying.Asked(
        repeat=repeat,
        sample=None if mutants is None else (mutants, seed),
        some=solutions or (),
        variant=variant,
        several=len(names) > 1,
        weaker=weaker,
    )
    return verifying.run(names, config, asked, verifying.Shown(as_json, quiet), verbose)


def check_ids(context: typer.Context, incomplete: str) -> list[str]:
    """Ids of the checks of the challenge that was named, for completion."""
    from gradekit.cli import assemble

    try:
        challenge, _ = assemble.challenge_for(context.params.get("challenge"), configuration.load())
    except GradekitError:
        return []
    return [check.id for check in challenge.spec.checks if check.id.startswith(incomplete)]


@commands.command("try")
@guarded
def try_checks(
    challenge: Annotated[
        str, typer.Argument(metavar="CHALLENGE", help="A path or a name.", autocompletion=challenge_names)
    ],
    check: Annotated[
        str,
        typer.Argument(metavar="CHECK", help="Id of a check, or a pattern of ids (* and ?).", autocompletion=check_ids),
    ],
    folder: Annotated[
        str | None,
        typer.Argument(metavar="FOLDER", help="A submission or a solution; default: the challenge's first reference."),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Again each time that something is saved.")] = False,
    shell: Annotated[
        bool, typer.Option("--shell", help="Then a shell in the sandbox, as the candidate's user, beside the app.")
    ] = False,
    runner: Annotated[
        str | None, typer.Option("--runner", metavar="NAME", help="Language, when the files do not tell.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Fetch no packages: take them from the cache. Also: GRADEKIT_OFFLINE=1.")
    ] = False,
    variant: VariantOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document on stdout; with --watch one line each time.")
    ] = False,
    quiet: QuietOption = 0,
    verbose: Annotated[
        int,
        typer.Option("--verbose", "-v", count=True, show_default=False, help="All of the evidence, and more progress."),
    ] = 0,
) -> ExitCode:
    """Run one check, or some, and show what was seen.

    The files of the folder are taken as they are, committed or not. Checks that these need are run first. With --watch
    the sandbox stays: a change of the folder builds and starts it anew, one of the challenge runs the checks again.
    Exit code 1: a check did not pass.

    Examples:
      gradekit challenge try orders-api health
      gradekit challenge try orders-api "race-*" solutions/known-bad/oversell
      gradekit challenge try challenges/orders-api create-order ../ana --watch
    """
    from contextlib import closing

    from gradekit.cli import trying

    if shell and (watch or not sys.stdin.isatty() or not sys.stdout.isatty()):
        if watch:
            raise UsageError(
                Problem("--shell", "stands beside --watch", "only one of the two can be given", "leave one out")
            )
        what, hint = "stdin or stdout is no terminal", "run it in a terminal, or leave --shell out"
        raise UsageError(Problem("--shell", what, "a shell needs one", hint))
    choice = trying.Choice(challenge, check, folder, runner, offline, variant)
    foreign = None if folder is None else submission_folder(folder, Path.cwd())
    config = configuration.load(foreign=foreign)
    look = trying.Look(as_json=as_json, lines=watch, verbose=verbose, quiet=quiet)
    with closing(trying.Bay(choice, config, look, foreign)) as bay:
        if shell:
            bay.may_have_shell()
        if watch:
            bay.watch()
        code = bay.once() or ExitCode.OK
        if shell:
            bay.shell()
        return code


def _wanted(names: list[str] | None, config: configuration.Config, *, every: bool) -> Sequence[str | None]:
    """The challenges that are named, all there are, or None for the only one.

    Raises:
        UsageError: both are asked for, or there is none.
    """
    from gradekit.cli import assemble

    if not every:
        return names or [None]
    if names:
        raise UsageError(
            Problem("--all", "stands beside names of challenges", "only one of the two can be given", "leave one out")
        )
    found = [str(path) for path in assemble.places(config).list_challenges().values()]
    if not found:
        hint = "go to a folder that has challenges/, or set GRADEKIT_CHALLENGES"
        raise UsageError(Problem("--all", "no challenge found", hint=hint))
    return found
