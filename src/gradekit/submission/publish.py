"""A plain folder as a bare git repository: demonstrations and tests serve it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from git.cmd import Git

from gradekit.errors import InfrastructureError, Problem

_BEGIN = datetime(2026, 1, 15, 12, tzinfo=UTC)
HAND_IN: Mapping[str, Sequence[str]] = {"Hand in": ["."]}
"""Everything in one commit."""


def publish(
    folder: Path,
    repository: Path,
    *,
    author: str = "Candidate",
    steps: Mapping[str, Sequence[str]] = HAND_IN,
    branch: str = "main",
) -> str:
    """Make a bare repository with a branch that holds the files of ``folder``; the id of its last commit.

    Dates are fixed, so that equal folders give equal commits.

    Args:
        folder: the files.
        repository: where the repository is made.
        author: of the commits.
        steps: message of a commit -> the paths that it adds, an hour after the one before; paths that are not there
            are left out.
        branch: its name.

    Raises:
        InfrastructureError: git failed.
    """
    identity = {"NAME": author, "EMAIL": "candidate@example.invalid"}
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in identity.items()},
    }

    def git(*arguments: str, options: tuple[str, ...] = (), date: str = "") -> str:
        status, out, error = Git(folder).execute(
            [
                "env",
                "-u",
                "GIT_CONFIG_COUNT",
                "-u",
                "GIT_CONFIG_PARAMETERS",
                "git",
                f"--git-dir={repository.resolve()}",
                *options,
                *arguments,
            ],
            env=environment | {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
            with_extended_output=True,
            with_exceptions=False,
        )
        if status != 0:
            raise InfrastructureError(Problem("git", f"{arguments[0]} failed ({error})", "", "gradekit doctor"))
        return str(out)

    git("init", "--quiet", "--bare", "--template=", f"--initial-branch={branch}")
    tree = (f"--work-tree={folder.resolve()}", "-c", f"core.hooksPath={os.devnull}")
    for number, (message, paths) in enumerate(steps.items()):
        if there := [path for path in paths if (folder / path).exists()]:
            git("add", "--all", "--force", "--", *there, options=tree)
        date = (_BEGIN + timedelta(hours=number)).isoformat()
        git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", message, options=tree, date=date)
    return git("rev-parse", "HEAD")
