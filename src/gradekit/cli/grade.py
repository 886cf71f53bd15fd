"""grade, regrade and report: one submission."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gradekit import record as records
from gradekit.cli import config as configuration
from gradekit.cli import output, resultfolder
from gradekit.cli.checkout import submission_folder
from gradekit.cli.guard import Terminated, guarded
from gradekit.cli.terminal import Lines
from gradekit.cli.variant import Choose, VariantOption, handed_out, recorded
from gradekit.errors import ExitCode, GradekitError, InfrastructureError, Problem, UsageError
from gradekit.progress import Progress, Silent
from gradekit.record import Record
from gradekit.report.formats import FORMATS
from gradekit.report.text import clean

if TYPE_CHECKING:
    from gradekit.results import Report
    from gradekit.spec.challenge import Challenge


def challenge_names(incomplete: str) -> list[str]:
    """Names for the shell to complete."""
    from gradekit.cli import assemble

    try:
        names = assemble.places(configuration.load()).list_challenges()
    except GradekitError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def format_names(incomplete: str) -> list[str]:
    """Formats for the shell to complete."""
    return [name for name in FORMATS if name.startswith(incomplete)]


_OPTION = "--challenge"
ChallengeOption = Annotated[
    str | None,
    typer.Option(
        _OPTION,
        "-c",
        metavar="NAME",
        help="Challenge: a path, or a name in challenges/ or GRADEKIT_CHALLENGES; not needed when there is only one.",
        autocompletion=challenge_names,
    ),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Folder for report files and the record.")
]
FormatOption = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="text, json, html, markdown or junit; repeatable with --out.",
        autocompletion=format_names,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
QuietOption = Annotated[
    int,
    typer.Option(
        "--quiet", "-q", count=True, show_default=False, help="No progress or notes; -qq: no result on stdout either."
    ),
]
VerboseOption = Annotated[
    int,
    typer.Option(
        "--verbose", "-v", count=True, show_default=False, help="More progress: beginnings, and logs of image builds."
    ),
]
ExitZeroOption = Annotated[
    bool, typer.Option("--exit-zero", help="Exit with 0 instead of 1 when the pass mark is not met.")
]


def parse_time(text: str, option: str) -> datetime:
    """A point in time; without an offset it is UTC.

    Raises:
        UsageError: it is not ISO 8601.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            Problem(
                option,
                f'"{text}" is not a time',
                "it has to be ISO 8601",
                "write 2026-05-01 or 2026-05-01T18:00:00+02:00",
            )
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def chosen_formats(formats: list[str] | None, as_json: bool, out: Path | None) -> tuple[str, ...]:
    """The formats of a command line.

    Raises:
        UsageError: one is unknown, or several are to share stdout.
    """
    names = output.check_formats([*(formats or []), *(["json"] if as_json else [])])
    if len(names) > 1 and out is None:
        raise UsageError(Problem("--format", "several formats need a folder", "stdout takes one", "add --out FOLDER"))
    return names


def keep(record: Record, progress: Progress) -> bool:
    """Keep a record in the state folder, so that the run can be judged again; whether that worked."""
    folder = configuration.state_folder() / "runs" / record.id
    try:
        records.write(folder, record)
    except UsageError as error:
        progress.note(f"the record was not kept: {error}")
        return False
    return True


@guarded
def grade(
    repo: Annotated[
        str,
        typer.Argument(metavar="REPO", help="https, ssh or file URL, git@host:path, or a local folder or repository."),
    ],
    challenge: ChallengeOption = None,
    ref: Annotated[
        str | None, typer.Option("--ref", metavar="REF", help="Branch, tag or commit; default: the repository's own.")
    ] = None,
    before: Annotated[
        str | None,
        typer.Option("--before", metavar="TIME", help="The last commit before this time (ISO 8601) is graded."),
    ] = None,
    candidate: Annotated[
        str | None,
        typer.Option(
            "--candidate",
            metavar="NAME",
            help="Name or id for the report; it chooses the variant where there are some.",
        ),
    ] = None,
    variant: VariantOption = None,
    runner: Annotated[
        str | None, typer.Option("--runner", metavar="NAME", help="Language, when the files do not tell.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Fetch no packages: take them from the cache. Also: GRADEKIT_OFFLINE=1.")
    ] = False,
    out: OutOption = None,
    formats: FormatOption = None,
    as_json: JsonOption = False,
    exit_zero: ExitZeroOption = False,
    quiet: QuietOption = 0,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            help="More progress, and in the result the evidence of checks that did not pass.",
        ),
    ] = 0,
) -> ExitCode:
    """Grade a submission and report.

    It is cloned, and run in a sandbox against the checks of a challenge. Progress goes to stderr, the result to stdout.

    Examples:
      gradekit grade https://git.example.org/ana/orders.git -c orders-api
      gradekit grade ./ana -c challenges/orders-api --out reports/ana --format html
      gradekit grade git@git.example.org:ana/orders.git --ref main --before 2026-05-01T18:00 --json
    """
    from gradekit.cli import assemble
    from gradekit.grade.judging import judge
    from gradekit.grade.run import grade as run_grade
    from gradekit.submission import CloneRules, obtain

    names = chosen_formats(formats, as_json, out)
    resultfolder.check(out)
    moment = parse_time(before, "--before") if before else None
    foreign = submission_folder(repo, Path.cwd())
    config = configuration.load(foreign=foreign)
    access = configuration.access(config)
    spec, lock = assemble.challenge_for(challenge, config, foreign, handed_out(candidate, variant), _OPTION)
    progress: Progress = Silent() if quiet else Lines(verbose)
    if config.ignored:
        progress.note(f"{config.ignored} is the submission's and is not read")
    held = resultfolder.holder(out)
    if held:
        progress.note(f"{out} holds the result of {clean(held)}, which that of this run will replace")
    try:
        setting = assemble.setting_for(spec.spec, config, progress, only=runner, offline=offline, later=True)
        record = run_grade(
            spec,
            lock,
            setting,
            lambda: obtain(
                repo,
                ref=ref,
                before=moment,
                candidate=candidate,
                received_at=None,
                rules=CloneRules.of(spec.spec),
                access=access,
            ),
            progress,
        )
    except (KeyboardInterrupt, Terminated):
        kept = f"; {out} still holds that of {clean(held)}" if held else ""
        sys.stderr.write(f"this run has no result; the same command grades again{kept}\n")
        raise
    finally:
        if isinstance(progress, Lines):
            progress.close()
    report = judge(spec, record, lock)
    if out is None:
        keep(record, progress)
    try:
        output.emit(report, formats=names, out=out, record=record, quiet=quiet, verbose=verbose > 0)
    except InfrastructureError:
        if keep(record, progress):
            sys.stderr.write(f"the run is kept all the same: gradekit regrade {record.id}\n")
        raise
    return output.exit_code(report, exit_zero=exit_zero)


def record_folder(run: str) -> Path:
    """The folder of a record: an --out folder, a record folder, or the id of a kept run."""
    path = Path(run)
    for folder in (path / resultfolder.RECORD_FOLDER, path):
        if (folder / records.RECORD).is_file():
            return folder
    kept = configuration.state_folder() / "runs" / run
    return kept if "/" not in run and (kept / records.RECORD).is_file() else path


@guarded
def regrade(
    run: Annotated[str, typer.Argument(metavar="RUN", help="--out folder of a run, or the id of a run.")],
    challenge: ChallengeOption = None,
    out: OutOption = None,
    formats: FormatOption = None,
    as_json: JsonOption = False,
    exit_zero: ExitZeroOption = False,
    quiet: QuietOption = 0,
) -> ExitCode:
    """Judge a recorded run again by the challenge as it is now.

    Nothing is run. Without --out the recorded folder stays as it is, and the result goes to stdout only.

    Examples:
      gradekit regrade reports/ana
      gradekit regrade 20260501T180000Z-1f2e3d4c --json
      gradekit regrade reports/ana -c challenges/orders-api --out reports/ana-corrected
    """
    names = chosen_formats(formats, as_json, out)
    resultfolder.check(out)
    report, record = _judged(run, challenge)
    output.emit(report, formats=names, out=out, record=record, quiet=quiet)
    return output.exit_code(report, exit_zero=exit_zero)


def _judged(run: str, challenge: str | None = None) -> tuple[Report, Record]:
    """A recorded run, judged by the challenge of that name, or its own, as it is now.

    Raises:
        UsageError: there is no such run, or it is one of another challenge.
        SpecError: the challenge is wrong.
    """
    from gradekit.cli import assemble
    from gradekit.grade.judging import judge

    record = records.read(record_folder(run))
    foreign = submission_folder(record.submission.repo, Path.cwd())
    config = configuration.load(foreign=foreign)
    named = challenge or _challenge_of(record)
    spec, lock = assemble.challenge_for(named, config, foreign, _variant_of(record, run), _OPTION)
    return judge(spec, record, lock), record


def _variant_of(record: Record, run: str) -> Choose:
    """The variant that was run; the choice raises UsageError for another challenge, too."""

    def choose(challenge: Challenge) -> int | None:
        if challenge.spec.id != record.challenge:
            raise UsageError(
                Problem(
                    run,
                    f'is a run of challenge "{record.challenge}", not of "{challenge.spec.id}"',
                    "a run is judged by its own challenge",
                    "change -c",
                )
            )
        return recorded(record, run)(challenge)

    return choose


def _challenge_of(record: Record) -> str:
    """Where the record's challenge was, if it is still there, else its name."""
    return record.challenge_path if Path(record.challenge_path).exists() else record.challenge


@guarded
def report(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A report.json, the --out folder that holds one, or the id of a run.")
    ],
    formats: FormatOption = None,
    as_json: JsonOption = False,
    out: OutOption = None,
    exit_zero: ExitZeroOption = False,
    quiet: QuietOption = 0,
) -> ExitCode:
    """Show a report again, or in another format.

    A run that was kept without --out is judged again, as regrade does. The exit code is that of the report.

    Examples:
      gradekit report reports/ana
      gradekit report 20260501T180000Z-1f2e3d4c --format html
      gradekit report reports/ana/report.json --format markdown
    """
    names = chosen_formats(formats, as_json, out)
    path = Path(run)
    file = path / "report.json" if path.is_dir() else path
    if not file.exists() and (record_folder(run) / records.RECORD).is_file():
        shown, _ = _judged(run)
    else:
        shown = _read(file)
    resultfolder.check(out, shown.run.id)
    output.emit(shown, formats=names, out=out, record=None, quiet=quiet)
    return output.exit_code(shown, exit_zero=exit_zero)


def _read(file: Path) -> Report:
    """A report.json.

    Raises:
        UsageError: it is none, or cannot be read.
    """
    from gradekit.report import record as report_record

    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        what, expected = f"cannot be read ({error.strerror})", "it has to be a report.json, or the id of a kept run"
        raise UsageError(Problem(str(file), what, expected, "give its path")) from error
    except UnicodeDecodeError as error:
        raise UsageError(Problem(str(file), "is not UTF-8", "it has to be a report.json", "give its path")) from error
    return report_record.read(text, place=str(file))
