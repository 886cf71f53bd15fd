"""A plain folder as a submission: read entry by entry, without ever following a link."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from gradekit.errors import Problem, SubmissionError
from gradekit.sandbox.plans import FileEntry
from gradekit.submission.sieve import Sieve, name_problem
from gradekit.texts import clean

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAX_DEPTH = 64


def read_folder(root: Path, sieve: Sieve, place: str, timeout: float) -> dict[str, FileEntry]:
    """The files below a folder that the sieve keeps, by path.

    Folders are opened relative to their parent and files without following links, so that nothing
    outside is read even if the folder changes meanwhile. A ``.git`` in it is dropped whole.

    Raises:
        SubmissionError: the rules are broken, something cannot be read, or it takes longer than
            ``timeout`` seconds.
    """
    files: dict[str, FileEntry] = {}
    until = time.monotonic() + timeout
    top = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for name, parent, leaf, mode, size in _walk(top, b"", sieve, 0):
            if time.monotonic() > until:
                raise SubmissionError(Problem(place, f"was not read within {timeout:g} s"))
            path = sieve.keeps(name, mode, size)
            if path is not None:
                files[path] = _read(parent, leaf, path, size)
    except OSError as error:
        what = f"{clean(os.fsencode(error.filename))} cannot be read" if error.filename else "cannot be read"
        raise SubmissionError(Problem(place, f"{what} ({error.strerror})")) from error
    finally:
        os.close(top)
    return files


def _walk(folder: int, prefix: bytes, sieve: Sieve, depth: int) -> Iterator[tuple[bytes, int, bytes, int, int]]:
    """Path, parent's descriptor, name, mode and size of everything that is not a folder, in byte order."""
    names: list[bytes] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            names.append(os.fsencode(entry.name))
            sieve.entries(len(names))
    for leaf in sorted(names):
        name = prefix + leaf
        status = os.stat(leaf, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISDIR(status.st_mode):
            yield name, folder, leaf, status.st_mode, status.st_size
            continue
        sieve.folder()
        reason = name_problem(leaf.decode("utf-8", "replace")) if depth < _MAX_DEPTH else "path is too long"
        if reason is not None:
            sieve.drop(name + b"/", reason)
            continue
        below = os.open(leaf, _FOLDER, dir_fd=folder)
        try:
            yield from _walk(below, name + b"/", sieve, depth + 1)
        finally:
            os.close(below)


def _read(parent: int, leaf: bytes, path: str, size: int) -> FileEntry:
    descriptor = os.open(leaf, _FILE, dir_fd=parent)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EAGAIN, "it changed meanwhile", path)
        return FileEntry(path, file.read(size), bool(status.st_mode & stat.S_IXUSR))
