"""runner list, build and test: images, and the proof that this host holds."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gradekit.cli import config as configuration
from gradekit.cli.columns import columns
from gradekit.cli.grade import QuietOption, VerboseOption
from gradekit.cli.guard import guarded
from gradekit.cli.terminal import SILENT, Lines
from gradekit.errors import ExitCode, InfrastructureError, Problem, UsageError
from gradekit.progress import Progress, Silent
from gradekit.report.text import clean

if TYPE_CHECKING:
    from gradekit.corpus.attempt import Attempt
    from gradekit.corpus.host import HostRow
    from gradekit.corpus.trial import Trial
    from gradekit.results import Isolation

commands = typer.Typer(no_args_is_help=True, help="Images of languages and services: list, build and test them.")
_LINE = 2_000
"""How many -q take the result from stdout as well."""


@commands.command("list")
@guarded
def list_runners(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """List the runners and what their images hold.

    Size, age, base and versions of each.

    Examples:
      gradekit runner list
      gradekit runner list --json
    """
    from gradekit import runner as runners
    from gradekit.cli import shelf
    from gradekit.sandbox import docker

    config = configuration.load()
    try:
        engine = docker.connect()
    except InfrastructureError:
        engine = None
    known = runners.load_all(runners.runners_folder(configuration.environment(config)))
    items = [shelf.look(runner, engine) for runner in known]
    sys.stdout.write(shelf.document(items) if as_json else "".join(shelf.table(items, datetime.now(UTC))))


@commands.command()
@guarded
def build(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Runners; default: all.")] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", metavar="N", min=1, max=32, help="Builds at a time; default: up to 4."),
    ] = None,
    quiet: QuietOption = 0,
    verbose: VerboseOption = 0,
) -> None:
    """Build the images that are missing or whose folder changed.

    Examples:
      gradekit runner build
      gradekit runner build python postgres --jobs 2
    """
    from gradekit import runner as runners
    from gradekit.cli import assemble, shelf
    from gradekit.sandbox import docker

    config = configuration.load()
    folder = runners.runners_folder(configuration.environment(config))
    wanted = list(dict.fromkeys(names or [runner.name for runner in runners.load_all(folder)]))
    progress: Progress = Silent() if quiet else Lines(verbose)
    engine = docker.connect()
    try:
        assemble.built(wanted, engine, progress, folder, jobs=jobs, labelled=True)
    finally:
        if isinstance(progress, Lines):
            progress.close()
    items = [shelf.look(runners.find(folder, name), engine) for name in wanted]
    if quiet < SILENT:
        sys.stdout.writelines(shelf.table(items, datetime.now(UTC)))


@commands.command("test")
@guarded
def run_cases(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Runners; default: all.")] = None,
    case: Annotated[
        list[str] | None,
        typer.Option("--case", metavar="PATTERN", help="Only cases of such names (* and ?); repeatable."),
    ] = None,
    class_: Annotated[
        list[str] | None,
        typer.Option("--class", metavar="CLASS", help="Only smoke, host, leak, forge, ... cases; repeatable."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="In the random order of this number; default: by name.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Only list the cases.")] = False,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Put the table of the corpus into a Markdown file as well."),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option("--image", metavar="REF", help="Smoke cases with a local image of your own, as the one NAME."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    quiet: QuietOption = 0,
    verbose: VerboseOption = 0,
) -> ExitCode:
    """Prove that this host holds.

    Runs the smoke cases of runners, then hostile submissions, and looks at what they leave on the host.
    Exit code 1: a case got something else, or something was left.

    Examples:
      gradekit runner test
      gradekit runner test postgres
      gradekit runner test --class host --case "supply-*"
      gradekit runner test python --image registry.example/python:3.13
    """
    from gradekit import corpus
    from gradekit import runner as runners
    from gradekit.cli import assemble
    from gradekit.cli.ground import open_ground
    from gradekit.corpus import host, table, trial
    from gradekit.sandbox import docker
    from gradekit.sandbox.images import brought

    config = configuration.load()
    environment = configuration.environment(config)
    folder = runners.runners_folder(environment)
    known = [runners.find(folder, name) for name in names] if names else runners.load_all(folder)
    cases = corpus.read_cases(corpus.corpus_folder(environment))
    some = class_ and {item.expect.class_ for item in cases} - set(class_)
    if write is not None and (names or case or some):
        what = "the table has all hostile cases, but only some are chosen"
        raise UsageError(Problem("--write", what, "", "leave the choice out"))
    _check_image(image, names, class_)
    chosen = trial.choose(
        trial.trials(known, corpus.read_smoke(known), cases),
        runners=names or (),
        patterns=case or (),
        classes=("smoke",) if image is not None else class_ or (),
        seed=seed,
    )
    if listed:
        sys.stdout.write(_listing(chosen, as_json=as_json))
        return ExitCode.OK
    progress: Progress = Silent() if quiet else Lines(verbose)
    engine = docker.connect(runtime=config.runtime)
    try:
        wanted = {item.name for item in chosen}
        ground = open_ground([item for item in cases if item.name in wanted], config, progress, engine=engine)
        own = {} if image is None else {known[0].name: brought(engine, known[0], image, progress.note)}
        needed = {"probe", *(item.runner for item in chosen)} - own.keys()
        images = {**assemble.built(sorted(needed), engine, progress, folder), **own}
        if busy := host.crowded():
            progress.note(f"warning: {busy}")
        before = host.look(engine)
        attempts = tuple(trial.run_all(chosen, trial.Stage(ground, images), progress))
        rows = host.settled(before, engine)
    finally:
        if isinstance(progress, Lines):
            progress.close()
        engine.close()
    if quiet < SILENT:
        sys.stdout.write((_document if as_json else _text)(attempts, rows, engine.isolation(), len(chosen)))
    code = _exit_code(attempts, rows)
    if write is not None and not _all_but_unreachable(attempts, rows, len(chosen)):
        sys.stderr.write(f"{write} was not written: not all is as expected\n")
    elif write is not None:
        section = table.section(cases, {item.name: item for item in attempts}, engine.isolation())
        old = write.read_text(encoding="utf-8") if write.exists() else ""
        write.write_text(table.replaced(old, section, str(write)), encoding="utf-8")
        sys.stderr.write(f"wrote {write}\n")
    return code


def _check_image(image: str | None, names: Sequence[str] | None, classes: Sequence[str] | None) -> None:
    """An image is tested as one runner, by its smoke cases.

    Raises:
        UsageError: it is not said as which, or other cases are asked for.
    """
    if image is not None and (len(names or ()) != 1 or classes):
        what = "an image stands for one runner, in its smoke cases"
        raise UsageError(Problem("--image", what, "it takes exactly one NAME, and no --class", "name the runner"))


def _exit_code(attempts: Sequence[Attempt], rows: Sequence[HostRow]) -> ExitCode:
    if any(attempt.fault for attempt in attempts):
        return ExitCode.INFRASTRUCTURE
    holds = all(attempt.holds for attempt in attempts) and not any(row.left for row in rows)
    return ExitCode.OK if holds else ExitCode.BELOW


def _all_but_unreachable(attempts: Sequence[Attempt], rows: Sequence[HostRow], chosen: int) -> bool:
    """Whether all was tried and is as expected, but for cases whose package registry does not answer."""
    tried = len(attempts) == chosen and all(attempt.holds or attempt.unreachable for attempt in attempts)
    return tried and not any(row.left for row in rows)


def _listing(chosen: Sequence[Trial], *, as_json: bool) -> str:
    if as_json:
        keys = [
            {"name": item.name, "class": item.class_, "runner": item.runner, "expected": item.expected}
            for item in chosen
        ]
        return json.dumps(keys, indent=1) + "\n"
    return "".join(_columns([(item.name, item.class_, item.expected) for item in chosen]))


def _document(attempts: Sequence[Attempt], rows: Sequence[HostRow], isolation: Isolation, chosen: int) -> str:
    cases = [
        {
            "name": attempt.name,
            "class": attempt.class_,
            "expected": attempt.expected,
            "got": attempt.got,
            "seconds": round(attempt.seconds, 3),
            "holds": attempt.holds,
            "complaints": attempt.complaints,
            "fault": attempt.fault,
        }
        for attempt in attempts
    ]
    host = [
        {"what": row.what, "before": row.before, "after": row.after, "left": row.left, "note": row.note} for row in rows
    ]
    whole = {"isolation": isolation.model_dump(), "chosen": chosen, "cases": cases, "host": host}
    return json.dumps(whole, indent=1) + "\n"


def _text(attempts: Sequence[Attempt], rows: Sequence[HostRow], isolation: Isolation, chosen: int) -> str:
    table = _columns(
        [("case", "class", "expected", "got", "s")]
        + [
            (attempt.name, attempt.class_, attempt.expected, attempt.got, f"{attempt.seconds:.1f}")
            for attempt in attempts
        ]
    )
    lines = [table[0]]
    for attempt, line in zip(attempts, table[1:], strict=True):
        lines.append(line)
        lines += [f"    {clean(complaint, _LINE)}\n" for complaint in attempt.complaints]
        lines += [f"    our fault: {clean(attempt.fault, _LINE)}\n"] if attempt.fault else []
    host = _columns([("host", "before", "after", "")] + [(row.what, row.before, row.after, row.note) for row in rows])
    lines += ["\n", host[0]]
    for row, line in zip(rows, host[1:], strict=True):
        lines.append(line)
        lines += [f"    left: {clean(thing, _LINE)}\n" for thing in row.left]
    held = sum(attempt.holds for attempt in attempts)
    left = sum(len(row.left) for row in rows)
    lines.append(
        f"\n{held} of {chosen} as expected, {left or 'nothing'} left on the host; "
        f"{isolation.engine}, {isolation.runtime}, seccomp {isolation.seccomp}\n"
    )
    return "".join(lines)


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of cells that stand below each other."""
    shown = [[clean(cell, _LINE) for cell in row] for row in rows]
    return [f"{line}\n" for line in columns(shown)]
