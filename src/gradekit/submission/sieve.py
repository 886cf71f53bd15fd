"""Which entries of a repository or folder become files of a submission, and when there are too many."""

from __future__ import annotations

import stat
import unicodedata
from dataclasses import dataclass

from gradekit.errors import Problem, SubmissionError
from gradekit.spec.challenge import ChallengeSpec
from gradekit.texts import clean

_MAX_NAME = 255
_MAX_PATH = 4000  # the sandbox puts its own folders in front, and 4096 is the end
_MAX_DEPTH = 64
_LISTED = 200
_MIB = 1 << 20
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class CloneRules:
    """What a submission may be: sizes in bytes, ``timeout`` in seconds for all of git's work.

    ``path`` is the folder of the repository that holds the submission; nothing else is kept. ``history``: whether the
    commits before the graded one are read, too. ``lines_without``: names of files, with ``*`` and ``?``, without which
    the lines of all files of these commits are read; None where no line is.
    """

    max_size: int = 50 * _MIB
    max_files: int = 5000
    max_file_size: int = 20 * _MIB
    timeout: float = 120.0
    path: str = "."
    history: bool = False
    lines_without: frozenset[str] | None = None

    @classmethod
    def of(cls, spec: ChallengeSpec) -> CloneRules:
        """What a challenge allows and needs."""
        rules = spec.submission
        return cls(
            max_size=rules.max_size,
            max_files=rules.max_files,
            history=spec.reads_history,
            lines_without=spec.reads_lines_without,
        )


def size_text(size: int) -> str:
    """Bytes in the largest fitting unit."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", _MIB), ("KiB", 1 << 10)):
        if size >= factor:
            return f"{size / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes"


class Sieve:
    """Counts entries against the rules, and names those that are dropped."""

    def __init__(self, rules: CloneRules, place: str) -> None:
        """``place`` is what the problems of exceptions are about."""
        self._rules = rules
        self._place = place
        self._dropped: list[str] = []
        self._drops = 0
        self._files = 0
        self._folders = 0
        self._size = 0
        self._seen: dict[str, tuple[str, bool]] = {}

    @property
    def dropped(self) -> tuple[str, ...]:
        """The dropped entries with the reason: at most 200, and a last line that counts the others."""
        more = self._drops - len(self._dropped)
        return (*self._dropped, f"{more} more entries") if more else tuple(self._dropped)

    def folder(self) -> None:
        """Count a folder.

        Raises:
            SubmissionError: there are too many.
        """
        self._folders += 1
        if self._folders > self._rules.max_files:
            raise self._too_many("folders")

    def entries(self, count: int) -> None:
        """Note that one folder has at least so many entries, before any of them is looked at.

        Raises:
            SubmissionError: there are more than can be kept.
        """
        if count > 2 * self._rules.max_files:
            raise self._too_many("files")

    def keeps(self, name: bytes, mode: int, size: int) -> str | None:
        """The path of an entry that is kept, or None for one that is dropped.

        Raises:
            SubmissionError: the entry is too large, or one more than the rules allow.
        """
        self._files += 1
        if self._files > self._rules.max_files:
            raise self._too_many("files")
        if not stat.S_ISREG(mode):
            self.drop(name, _sort(mode))
            return None
        try:
            path = name.decode()
        except UnicodeDecodeError:
            self.drop(name, "name is not UTF-8")
            return None
        reason = name_problem(path) or self._clash(path)
        if reason is not None:
            self.drop(name, reason)
            return None
        if size > self._rules.max_file_size:
            raise self._refused(
                f"{clean(path)} has {size_text(size)}", f"at most {size_text(self._rules.max_file_size)} a file"
            )
        self._size += size
        if self._size > self._rules.max_size:
            raise self._refused(f"the files have more than {size_text(self._rules.max_size)} in all", "")
        return path

    def drop(self, name: bytes, reason: str) -> None:
        """Note an entry that is dropped."""
        self._drops += 1
        if self._drops <= _LISTED:
            self._dropped.append(f"{clean(name)}: {reason}")

    def _clash(self, path: str) -> str | None:
        folded = actual = ""
        *folders, last = path.split("/")
        for part in folders:
            folded += "/" + _folded(part)
            actual += "/" + part
            known, is_folder = self._seen.setdefault(folded, (actual, True))
            if known != actual or not is_folder:
                return f"the same name as {clean(known[1:])}"
        folded += "/" + _folded(last)
        if folded in self._seen:
            return f"the same name as {clean(self._seen[folded][0][1:])}"
        self._seen[folded] = (f"{actual}/{last}", False)
        return None

    def _too_many(self, what: str) -> SubmissionError:
        return self._refused(f"more than {self._rules.max_files} {what}", "")

    def _refused(self, what: str, expected: str) -> SubmissionError:
        hint = "remove what is not source code (packages, build results, data) from the commit"
        return SubmissionError(Problem(self._place, what, expected, hint))


def printable(char: str) -> bool:
    """Whether a name may have a character: neither a control nor a direction, zero-width or line-breaking one."""
    return unicodedata.category(char) not in _UNPRINTABLE


def name_problem(path: str) -> str | None:
    """Why a path cannot be a file of a submission, or None."""
    parts = path.split("/")
    faults = {
        "path is too long": len(path.encode()) > _MAX_PATH or len(parts) > _MAX_DEPTH,
        "name has control characters": not all(map(printable, path)),
        "name has a backslash": "\\" in path,
        "path leaves its folder": any(part in {"", ".", ".."} for part in parts),
        "name is too long": any(len(part.encode()) > _MAX_NAME for part in parts),
        "part of a .git folder": any(map(_is_dot_git, parts)),
    }
    return next((reason for reason, true in faults.items() if true), None)


def _is_dot_git(part: str) -> bool:
    """Whether some file system takes a name for ``.git``: NTFS drops dots, spaces and stream names at the end."""
    return part.partition(":")[0].rstrip(" .").casefold() in {".git", "git~1"}


def _folded(part: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", part).casefold())


def _sort(mode: int) -> str:
    """What an entry is, by its mode; git's mode of a submodule is no file type of POSIX."""
    if mode == 0o160000:  # noqa: PLR2004 - git's number
        return "submodule"
    return "symbolic link" if stat.S_ISLNK(mode) else "not a regular file"
