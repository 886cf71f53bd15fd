"""A plain folder as a bare git repository: demonstrations and tests serve it."""

from __future__ import annotations

import os
from pathlib import Path

from git.cmd import Git

from gradekit.errors import InfrastructureError, Problem

_DATE = "2026-01-15T12:00:00+00:00"


def publish(
    folder: Path,
    repository: Path,
    *,
    author: str = "Candidate",
    message: str = "Hand in",
    branch: str = "main",
) -> str:
    """Make a bare repository with one commit on a branch that holds the files of ``folder``; its commit id.

    Dates are fixed, so that equal folders give equal commits.

    Raises:
        InfrastructureError: git failed.
    """
    identity = {"NAME": author, "EMAIL": "candidate@example.invalid", "DATE": _DATE}
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in identity.items()},
    }

    def git(*arguments: str, options: tuple[str, ...] = ()) -> str:
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
            env=environment,
            with_extended_output=True,
            with_exceptions=False,
        )
        if status != 0:
            raise InfrastructureError(Problem("git", f"{arguments[0]} failed ({error})", "", "gradekit doctor"))
        return str(out)

    git("init", "--quiet", "--bare", "--template=", f"--initial-branch={branch}")
    tree = (f"--work-tree={folder.resolve()}", "-c", f"core.hooksPath={os.devnull}")
    git("add", "--all", "--force", ".", options=tree)
    git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", message, options=tree)
    return git("rev-parse", "HEAD")
