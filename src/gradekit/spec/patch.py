"""Unified diffs: a solution that is told by what it changes in another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk, PatchedFile, PatchSet

from gradekit.model import check_relative
from gradekit.texts import clean, quote

MAX_BYTES: Final = 256 << 10
"""Bytes of a patch that is read; the library makes an object of each line."""
_NOTHING: Final = "/dev/null"
_MARK: Final = "\\"
"""The type of the line that says that there is no newline at the end."""
_MAKE_ANEW: Final = "make the patch anew"


class PatchProblem(ValueError):  # noqa: N818 - it describes a text, like JsonProblem
    """Why a patch cannot be put on; ``line`` of it counts from 1, 0 for no line of its own."""

    def __init__(self, what: str, hint: str, line: int = 0) -> None:
        """Keep all three."""
        self.what = what
        self.hint = hint
        self.line = line
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Changed:
    """A file as it is after a patch."""

    data: bytes | None
    """None: it is removed."""
    executable: bool | None = None
    """None: as before."""


def patched(patch: bytes, read: Callable[[str], bytes | None]) -> Mapping[str, Changed]:
    """The files that a unified diff changes, by path, as they are afterwards.

    The first part of each path is left out, as ``git apply`` and ``patch -p1`` do. A hunk may stand at other lines than
    it says, if its old lines stand at one place only; beyond that it has to fit to the letter.

    Args:
        patch: as ``git diff`` or ``diff -u`` prints it.
        read: the content of a file before, None where there is none.

    Raises:
        PatchProblem: it is no such diff, does more than change texts, or does not fit.
    """
    if len(patch) > MAX_BYTES:
        raise PatchProblem(f"has more than {MAX_BYTES >> 10} KiB", "put whole files into a folder instead")
    try:
        files = PatchSet(line.decode("utf-8", "surrogateescape") for line in _lines(patch))
    except UnidiffParseError as error:
        raise PatchProblem(f"is no unified diff: {clean(str(error))}", _MAKE_ANEW) from None
    except ValueError:
        raise PatchProblem("is no unified diff: a number in it has too many digits", _MAKE_ANEW) from None
    if not files:
        raise PatchProblem("changes nothing", "write what git diff prints into it")
    found: dict[str, Changed] = {}
    for file in files:
        path = _path(file)
        if file.is_binary_file or file.is_symlink or file.is_submodule:
            raise PatchProblem(f"changes {quote(path)}, which is no text", "put whole files into a folder instead")
        before = read(path)
        if path in found:
            raise PatchProblem(f"changes {quote(path)} twice", _MAKE_ANEW)
        if before is None and not file.is_added_file:
            raise PatchProblem(f"changes {quote(path)}, which is not there", _MAKE_ANEW)
        if before is not None and file.source_file == _NOTHING:
            raise PatchProblem(f"adds {quote(path)}, which is there", _MAKE_ANEW)
        after = _after(path, before or b"", file)
        executable = None if file.target_mode is None else file.target_mode.endswith("755")
        found[path] = Changed(None if file.target_file == _NOTHING else after, executable)
    return found


def _path(file: PatchedFile) -> str:
    given = [name for name in (file.source_file, file.target_file) if name != _NOTHING]
    if any(name.startswith('"') for name in given):
        raise PatchProblem(f"has names in quotes: {clean(given[0])}", "make it with git -c core.quotePath=false diff")
    paths = {name.partition("/")[2] or name for name in given}
    if not paths:
        raise PatchProblem("is no unified diff: it names no file", _MAKE_ANEW)
    if len(paths) > 1:
        raise PatchProblem(f"renames {quote(min(paths))} or {quote(max(paths))}", "make it with git diff --no-renames")
    try:
        return check_relative(paths.pop())
    except ValueError:
        raise PatchProblem(f"changes {quote(clean(given[0]))}, which is outside", _MAKE_ANEW) from None


def _after(path: str, before: bytes, file: Sequence[Hunk]) -> bytes:
    lines = _lines(before)
    after: list[bytes] = []
    done = 0
    for hunk in file:
        old, new = _sides(hunk)
        # Of a hunk without old lines the number is the line above it.
        said = max(hunk.source_start - (1 if old else 0), 0)
        fitting = [at for at in range(done, len(lines) - len(old) + 1) if lines[at : at + len(old)] == old]
        if said in fitting:
            place = said
        elif len(fitting) == 1 and old:
            place = fitting[0]
        else:
            raise _misfit(path, lines, old, said, hunk)
        after += lines[done:place] + new
        done = place + len(old)
    return b"".join(after + lines[done:])


def _lines(data: bytes) -> list[bytes]:
    """With their ends; only a newline ends one."""
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _sides(hunk: Hunk) -> tuple[list[bytes], list[bytes]]:
    """The lines before and after."""
    old: list[bytes] = []
    new: list[bytes] = []
    last: tuple[list[bytes], ...] = ()
    for line in hunk:
        if line.line_type == _MARK:
            for side in last:
                side[-1] = side[-1].removesuffix(b"\n")
            continue
        last = (old,) if line.is_removed else (new,) if line.is_added else (old, new)
        for side in last:
            side.append(line.value.encode("utf-8", "surrogateescape"))
    return old, new


def _misfit(path: str, lines: Sequence[bytes], old: Sequence[bytes], said: int, hunk: Hunk) -> PatchProblem:
    """Why a hunk does not fit where it says."""
    first = next((line.diff_line_no or 0 for line in hunk), 0)
    for index, wanted in enumerate(old):
        there = lines[said + index] if said + index < len(lines) else None
        if there != wanted:
            is_ = "is not there" if there is None else f"is {_shown(there)}"
            what = f"expects {_shown(wanted)} as line {said + index + 1} of {quote(path)}, which {is_}"
            number = [line.diff_line_no for line in hunk if not line.is_added and line.line_type != _MARK][index]
            return PatchProblem(what, _MAKE_ANEW, number or first)
    return PatchProblem(f"has hunks of {quote(path)} that are out of order", _MAKE_ANEW, first)


def _shown(line: bytes) -> str:
    return quote(line.decode("utf-8", "replace").strip())
