"""What a local repository's folder has that its last commit, which is graded, has not.

git itself compares them, but as a repository of ours does, of which the folder is the work tree: the index is made of
the commit that was fetched, and neither configuration nor hooks of the submission's repository are read. Attributes in
the folder can name filters, and there are none, for a filter is configuration. Of the rules for ignored files those in
``.gitignore`` and ``.git/info/exclude`` are known, which are data; a person's own, in their home, are not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gradekit.errors import GradekitError
from gradekit.sandbox.plans import FileEntry
from gradekit.submission.gitio import Git
from gradekit.texts import clean

TIMEOUT: Final = 2.0
"""Seconds of processor time that each program has; a submission that needs more is graded without an answer."""
_NAMED = 3
_LFS = b"version https://git-lfs.github.com/spec/"
"""How a file begins that stands for a large one: in the folder there is the large one."""


def uncommitted(git: Git, commit: str, folder: Path, inner: str | None, files: Mapping[str, FileEntry]) -> str:
    """How many files of a work tree are not as they are committed, in a sentence; empty where there are none.

    Nothing else can be read with ``git`` afterwards.

    Args:
        git: the private repository that the commit was fetched into.
        commit: what is graded.
        folder: the work tree, hostile; only read.
        inner: the only folder in it that is graded, None for all of it.
        files: those of the commit.
    """
    try:
        git.timeout = min(git.timeout, TIMEOUT)
        git.begin_reading()
        changed, new, cut = _compared(git, commit, folder, inner, files)
    except (GradekitError, OSError):
        return f"commit {commit[:12]} is graded; whether its folder has files that are not committed was not found out"
    counts = [f"{len(changed)} changed or removed"] * bool(changed) + [f"{len(new)} new"] * bool(new)
    if not counts:
        return ""
    names = sorted(changed | new)
    shown = ", ".join(clean(name, 60) for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if names[_NAMED:] else ""
    are = "is" if len(names) == 1 else "are"
    some = "at least " * cut + " and ".join(counts)
    return (
        f"{some} file{'s' * (len(names) != 1)} in the folder {are} not committed, and so not graded: {shown}{more}; "
        f"commit {commit[:12]} is graded"
    )


def _compared(
    git: Git, commit: str, folder: Path, inner: str | None, files: Mapping[str, FileEntry]
) -> tuple[set[str], set[str], bool]:
    """Paths of the files that are changed or gone, and of new ones; and whether there are more of them."""
    own = folder / ".git" / "info"
    exclude, sparse = own / "exclude", own / "sparse-checkout"
    made = git.run("read-tree", commit)
    listed = git.run(
        f"--work-tree={folder}",
        # Not every file system has the bit.
        *("-c", "core.fileMode=false"),
        *("ls-files", "-z", "-t", "--modified", "--others", "--exclude-standard"),
        *([f"--exclude-from={exclude}"] if _is_file(exclude) else []),
        *(["--", f"{inner}/"] if inner else []),
    )
    if made.code or (listed.code and not listed.cut):
        raise OSError(listed.errors or made.errors)
    changed: set[str] = set()
    new: set[str] = set()
    *records, _ = listed.stdout.split(b"\0")
    for record in records:
        path = record[2:].decode("utf-8", "replace")
        if record.startswith(b"?"):
            new.add(path)
        elif not _expected(folder / path, files.get(path), sparse=_is_file(sparse)):
            changed.add(path)
    return changed, new, listed.cut


def _expected(path: Path, committed: FileEntry | None, *, sparse: bool) -> bool:
    """Whether a file is in its place as git itself puts it there, though not with the bytes that are committed."""
    if committed is not None and committed.data.startswith(_LFS):
        return True
    return sparse and not os.path.lexists(path)


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
