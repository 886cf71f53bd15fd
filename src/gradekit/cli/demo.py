"""demo: two submissions of a shipped challenge graded from git URLs over HTTP on loopback."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import gradekit
from gradekit.cli import config as configuration
from gradekit.cli import output, resultfolder
from gradekit.cli.guard import guarded
from gradekit.cli.terminal import Lines
from gradekit.errors import ExitCode, InfrastructureError, Problem
from gradekit.results import Report
from gradekit.scratch import scratch

if TYPE_CHECKING:
    from gradekit.grade.setting import Setting
    from gradekit.spec.challenge import Challenge
    from gradekit.spec.lock import Lock

CHALLENGE = "orders-api"
SUBMISSIONS = {"ada": "solutions/reference", "ben": "solutions/known-bad/oversell"}
"""Candidate -> folder of the challenge that stands for what they handed in."""
STEPS = {
    "Tables, and prices by quantity and coupon": ("migrations", "shop/__init__.py", "shop/pricing.py"),
    "Orders are stored in one transaction": ("shop/store.py", "shop/validation.py"),
    "The HTTP API on top of it": ("shop", "Procfile", "requirements.txt"),
    "Report of the revenue, tests, and what comes next": (".",),
}
"""How their work came to be: message of a commit -> paths."""
LANGUAGE = "python"
"""Theirs; images of the other languages that the challenge allows would take minutes to make."""


def _shipped(name: str) -> Path:
    """A challenge that comes with gradekit: in a checkout, or in the installed package."""
    package = Path(gradekit.__file__).resolve().parent
    found = (package.parents[1] / "challenges" / name, package / "_shipped" / "challenges" / name)
    return next((path for path in found if path.is_dir()), found[0])


def _grade(url: str, candidate: str, challenge: Challenge, lock: Lock | None, setting: Setting, out: Path) -> Report:
    from gradekit.grade.judging import judge
    from gradekit.grade.run import grade
    from gradekit.submission import CloneRules, obtain

    progress = Lines()
    try:
        record = grade(
            challenge,
            lock,
            setting,
            lambda: obtain(
                url,
                ref="main",
                before=None,
                candidate=candidate,
                received_at=None,
                rules=CloneRules.of(challenge.spec),
            ),
            progress,
        )
    finally:
        progress.close()
    report = judge(challenge, record, lock)
    output.emit(report, formats=("html",), out=out, record=record, quiet=2)
    return report


@guarded
def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the two reports.")] = Path("demo-reports"),
    fix: Annotated[bool, typer.Option("--fix", help="Install and start an engine where there is none.")] = False,
) -> ExitCode:
    """Grade two sample submissions.

    One is the reference of the challenge orders-api, the other has a plausible mistake.

    Example:
      gradekit demo
    """
    from gradekit.cli import assemble
    from gradekit.report import words
    from gradekit.sandbox import setup

    begun = time.monotonic()
    config = configuration.load()
    if shutil.which("git") is None:
        raise InfrastructureError(Problem("git", "is not installed", hint="install git 2.32 or newer"))
    from gradekit.submission.publish import publish
    from gradekit.submission.serve import serve_repositories

    challenge, lock = assemble.challenge_for(str(_shipped(CHALLENGE)), config)
    for candidate in SUBMISSIONS:
        resultfolder.check(out / candidate)
    progress = Lines()
    try:
        if fix:
            setup.ensure_engine(progress.note)
        setting = assemble.setting_for(challenge.spec, config, progress, only=LANGUAGE)
    finally:
        progress.close()
    reports = {}
    with scratch("demo") as folder:
        for candidate, path in SUBMISSIONS.items():
            publish(challenge.root / path, folder / f"{candidate}.git", steps=STEPS)
        with serve_repositories(folder) as base:
            for candidate in SUBMISSIONS:
                url = f"{base}/{candidate}.git"
                sys.stderr.write(f"\n$ gradekit grade {url} --ref main -c {CHALLENGE} --candidate {candidate}\n")
                reports[candidate] = _grade(url, candidate, challenge, lock, setting, out / candidate)
    for report in reports.values():
        sys.stdout.write(f"\n{output.to_terminal(report)}")
    sys.stdout.write("\n")
    for candidate, report in reports.items():
        verdict = words.verdict(report)
        sys.stdout.write(f"{candidate}: {verdict.word}, {verdict.number}. {verdict.sentence}\n")
        sys.stdout.write(f"     {out / candidate / 'report.html'}\n")
    sys.stdout.write(f"done in {time.monotonic() - begun:.1f} s\n")
    graded = all(report.score.state in ("complete", "provisional") for report in reports.values())
    return ExitCode.OK if graded else ExitCode.INFRASTRUCTURE
