"""Unified diffs: a solution that is told by what it changes in another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk, PatchedFile, PatchSet

from gradekit.model import check_relative
from gradekit.spec.fronts import Names, UnclearError, without_fronts
from gradekit.texts import TITLE, clean, quote

MAX_BYTES: Final = 256 << 10
"""Bytes of a patch that is read; the library makes an object of each line."""
_NOTHING: Final = "/dev/null"
_NAMED: Final = 3
_MARK: Final = "\\"
"""The type of the line that says that there is no newline at the end."""
_MAKE_ANEW: Final = (
    'make the patch anew: put it on a copy with patch, and diff again; see "solutions" in challenges/README.md'
)
_LEFT_BEHIND: Final = (".orig", ".rej")
"""Ends of names of files that the program patch leaves beside what did not fit at once."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why something of a patch cannot be put on, and what to do about it."""

    what: str
    hint: str
    line: int = 0
    """Of the patch, from 1; 0 for none of its own."""


class PatchProblem(ValueError):  # noqa: N818 - it describes a text, like JsonProblem
    """Why a patch cannot be put on: all of its ``misfits``, in its order, at least one."""

    def __init__(self, *misfits: Misfit) -> None:
        """Keep them."""
        self.misfits = misfits
        super().__init__("; ".join(misfit.what for misfit in misfits))


@dataclass(frozen=True, slots=True)
class Changed:
    """A file as it is after a patch."""

    data: bytes | None
    """None: it is removed."""
    executable: bool | None = None
    """None: as before."""


def patched(
    patch: bytes,
    read: Callable[[str], bytes | None],
    base: str = "",
    is_folder: Callable[[str], bool] = lambda _: False,
) -> Mapping[str, Changed]:
    """The files that a unified diff changes, by path, as they are afterwards.

    What tools put in front of the paths is left out; see ``fronts``. A hunk may stand at other lines than it says, if
    its old lines stand at one place only; beyond that it has to fit to the letter.

    Args:
        patch: as ``git diff`` or ``diff -u`` prints it.
        read: the content of a file before, None where there is none.
        base: path of the folder that the patch is put on, in its challenge.
        is_folder: whether there is such a folder in it.

    Raises:
        PatchProblem: it is no such diff, does more than change texts, or does not fit.
    """
    found: dict[str, Changed] = {}
    misfits: list[Misfit] = []
    files: list[tuple[PatchedFile, Names]] = []
    seen: set[str] = set()
    for file in _parsed(patch):
        try:
            files.append((file, _names(file)))
        except PatchProblem as problem:
            misfits += _at(file, problem)
    for file, path in _with_paths(files, read, base, is_folder, misfits):
        try:
            if path in seen:
                raise _problem(f"changes {quote(path)} twice")
            seen.add(path)
            found[path] = _changed(_checked(file, path), file, read(path), base)
        except PatchProblem as problem:
            misfits += _at(file, problem)
    if misfits:
        raise PatchProblem(*sorted(misfits, key=lambda misfit: misfit.line))
    return found


def _at(file: PatchedFile, problem: PatchProblem) -> Iterator[Misfit]:
    return (replace(each, line=each.line or file.diff_line_no or 0) for each in problem.misfits)


def _with_paths(
    files: Sequence[tuple[PatchedFile, Names]],
    read: Callable[[str], bytes | None],
    base: str,
    is_folder: Callable[[str], bool],
    misfits: list[Misfit],
) -> Sequence[tuple[PatchedFile, str]]:
    """Each file with its path; none, and one misfit more, where the paths are not known."""

    def fits(paths: Sequence[str]) -> bool:
        return all(
            (read(path) is None) if file.source_file == _NOTHING else file.is_added_file or read(path) is not None
            for (file, _), path in zip(files, paths, strict=True)
        )

    if not files:
        return []
    try:
        paths = without_fronts([names for _, names in files], base, fits, is_folder)
    except UnclearError as error:
        misfits += _at(files[error.index][0], _problem(str(error), _command(base)))
        return []
    return [(file, path) for (file, _), path in zip(files, paths, strict=True)]


def _command(base: str) -> str:
    parent, _, name = base.rpartition("/")
    return f"make it with diff -ruN {name or 'reference'} wrong" + (f", in the folder {parent}" if parent else "")


def _problem(what: str, hint: str = _MAKE_ANEW, line: int = 0) -> PatchProblem:
    return PatchProblem(Misfit(what, hint, line))


def _parsed(patch: bytes) -> Sequence[PatchedFile]:
    if len(patch) > MAX_BYTES:
        raise _problem(f"has more than {MAX_BYTES >> 10} KiB", "put whole files into a folder instead")
    lines = _lines(patch)
    if any(line.startswith((b"--- ", b"+++ ")) and line.endswith(b"\r\n") for line in lines):
        # An editor or a checkout made all its lines end so; those of the files it is about do not show any more.
        lines = [line.replace(b"\r\n", b"\n") for line in lines]
    at = 0

    def read() -> Iterator[str]:
        nonlocal at
        for line in lines:
            at += 1
            yield line.decode("utf-8", "surrogateescape")

    try:
        files = PatchSet(read())
    except UnidiffParseError as error:
        raise _problem(_unread(lines, at, str(error)), line=at) from None
    except ValueError:
        raise _problem("is no unified diff: a number in it has too many digits", line=at) from None
    if not files:
        raise _no_diff(patch)
    return files


def _unread(lines: Sequence[bytes], at: int, error: str) -> str:
    """Why the parser could not read on after a line."""
    head = next((number for number in range(at, 0, -1) if lines[number - 1].startswith(b"@@ ")), 0)
    if not error.startswith("Hunk "):
        return f"is no unified diff: {clean(error.strip())}"
    if "shorter" in error:
        return f"is cut off: the hunk of its line {head} has fewer lines than its head says"
    if "longer" in error:
        return f"has more lines in the hunk of its line {head} than its head says"
    line = _shown(lines[at - 1])
    return f"has {line} in the hunk of its line {head}, where each line begins with a space, +, - or a backslash"


def _changed(path: str, file: PatchedFile, before: bytes | None, base: str) -> Changed:
    if file.is_binary_file or file.is_symlink or file.is_submodule:
        raise _problem(f"changes {quote(path)}, which is no text", "put whole files into a folder instead")
    if before is None and not file.is_added_file:
        raise _problem(f"changes {quote(path)}, which is not there", _command(base))
    if before is None and path.endswith(_LEFT_BEHIND):
        hint = "remove it from the copy, and diff again; patch --no-backup-if-mismatch leaves no copies"
        raise _problem(f"adds {quote(path)}, which patch left behind", hint)
    if before is not None and file.source_file == _NOTHING:
        raise _problem(f"adds {quote(path)}, which is there")
    after = None if _removes(file) else _after(path, before or b"", file)
    if after == before and file.source_mode == file.target_mode:
        raise _problem(f"leaves {quote(path)} as it was")
    return Changed(after, None if file.target_mode is None else file.target_mode.endswith("755"))


def _no_diff(patch: bytes) -> PatchProblem:
    if b"\x1b[" in patch:
        return _problem("has colour codes in it", "make it with git diff --no-color")
    if b"\0" in patch:
        return _problem("is no text in UTF-8", "save it as such")
    return _problem("is no unified diff", "write what git diff or diff -u prints into it")


def _removes(file: PatchedFile) -> bool:
    """No file after, as git says; diff -N says that the file is of 1970, wherever that is."""
    return file.target_file == _NOTHING or (
        file.is_removed_file and (file.target_timestamp or "").startswith(("1969-12-31", "1970-01-01"))
    )


def _names(file: PatchedFile) -> Names:
    old, new = (None if name == _NOTHING else name for name in (file.source_file, file.target_file))
    given = [name for name in (old, new) if name is not None]
    if any(name.startswith('"') for name in given):
        raise _problem(f"has names in quotes: {clean(given[0])}", "make it with git -c core.quotePath=false diff")
    if not given:
        raise _problem("is no unified diff: it names no file")
    renamed = any(line.startswith(("rename from ", "copy from ")) for line in file.patch_info or ())
    if renamed or len({name.rpartition("/")[2] for name in given}) > 1:
        what = f"names two files for one, {quote(given[0])} and {quote(given[-1])}"
        raise _problem(what, "diff two folders, or git diff --no-renames")
    return old, new


def _checked(file: PatchedFile, path: str) -> str:
    try:
        return check_relative(path)
    except ValueError:
        given = file.target_file if file.source_file == _NOTHING else file.source_file
        raise _problem(f"changes {quote(clean(given))}, which is outside") from None


def _after(path: str, before: bytes, file: Sequence[Hunk]) -> bytes:
    lines = _lines(before)
    hunks = [(hunk, hunk.source_start, *_sides(hunk)) for hunk in file]
    after, misfits = _put_on(path, lines, hunks)
    if not misfits:
        return b"".join(after)
    turned = [(hunk, hunk.target_start, new, old) for hunk, _, old, new in hunks]
    if all(new for _, _, new, _ in turned) and not _put_on(path, lines, turned)[1]:
        what = f"is the wrong way round: {quote(path)} is as it would be afterwards"
        raise _problem(what, "compare the base with the wrong solution, in this order", misfits[0].line)
    raise PatchProblem(*misfits)


def _put_on(
    path: str, lines: Sequence[bytes], hunks: Iterable[tuple[Hunk, int, list[bytes], list[bytes]]]
) -> tuple[Sequence[bytes], Sequence[Misfit]]:
    """The lines with each hunk's old ones replaced by its new ones, and why some could not be."""
    after: list[bytes] = []
    done = 0
    misfits: list[Misfit] = []
    for hunk, start, old, new in hunks:
        # Of a hunk without old lines the number is the line above it.
        said = max(start - (1 if old else 0), 0)
        place = _place(lines[done:], old, said - done)
        if place is None:
            misfits.append(_misfit(path, lines, old, said, hunk))
            continue
        place += done
        after += [*lines[done:place], *new]
        done = place + len(old)
    return [*after, *lines[done:]], misfits


def _lines(data: bytes) -> list[bytes]:
    """With their ends; only a newline ends one."""
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _sides(hunk: Hunk) -> tuple[list[bytes], list[bytes]]:
    """The lines before and after; what stands below the last one that the hunk's head counts is no part of it."""
    old: list[bytes] = []
    new: list[bytes] = []
    last: tuple[list[bytes], ...] = ()
    for line in hunk:
        if line.line_type == _MARK:
            for side in last:
                side[-1] = side[-1].removesuffix(b"\n")
            continue
        if (len(old), len(new)) == (hunk.source_length, hunk.target_length):
            break
        last = (old,) if line.is_removed else (new,) if line.is_added else (old, new)
        for side in last:
            side.append(line.value.encode("utf-8", "surrogateescape"))
    return old, new


def _place(lines: Sequence[bytes], old: Sequence[bytes], said: int) -> int | None:
    """The index of the first line that a hunk replaces: where it says, or the only other place where its lines are."""
    fitting = _fitting(lines, old)
    if said in fitting:
        return said
    return fitting[0] if len(fitting) == 1 and old else None


def _fitting(lines: Sequence[bytes], old: Sequence[bytes]) -> Sequence[int]:
    return [at for at in range(len(lines) - len(old) + 1) if list(lines[at : at + len(old)]) == list(old)]


def _misfit(path: str, lines: Sequence[bytes], old: Sequence[bytes], said: int, hunk: Hunk) -> Misfit:
    """Why a hunk does not fit: the first line that differs where most of the others are."""
    numbers = [line.diff_line_no or 0 for line in hunk if not line.is_added and line.line_type != _MARK]
    first = next((line.diff_line_no or 0 for line in hunk), 0)
    fitting = _fitting(lines, old) if old else []
    if len(fitting) > 1:
        several = ", ".join(str(at + 1) for at in fitting[:_NAMED]) + (", ..." if fitting[_NAMED:] else "")
        what = f"has lines that stand at {len(fitting)} places of {quote(path)}: {several}"
        return Misfit(what, "give it more lines around the change", first)
    likely = max(range(len(lines) + 1), key=lambda at: (_alike(lines[at : at + len(old)], old), -abs(at - said)))
    index = next((at for at, line in enumerate(old) if lines[likely + at : likely + at + 1] != [line]), None)
    if index is None:
        return Misfit(f"has hunks of {quote(path)} that are out of order", _MAKE_ANEW, first)
    wanted, there = old[index], (lines[likely + index : likely + index + 1] or [b""])[0]
    is_ = f"is {_shown(there)}" if there else "is not there"
    if there.strip(b"\r\n") == wanted.strip(b"\r\n") and there:
        is_ = "has another line end"
    elif there.split() == wanted.split() and there:
        is_ = "has other spaces or tabs"
    what = f"expects {_shown(wanted)} as line {likely + index + 1} of {quote(path)}, which {is_}"
    return Misfit(what, _MAKE_ANEW, numbers[index])


def _alike(lines: Sequence[bytes], old: Sequence[bytes]) -> int:
    """How many lines with words are the same, one beside the other."""
    return sum(one == other and bool(one.strip()) for one, other in zip(lines, old, strict=False))


def _shown(line: bytes) -> str:
    """A line in those quotes that are not in it, so that it reads as it stands in its file."""
    text = clean(line.decode("utf-8", "replace").strip(), TITLE)
    mark = next((mark for mark in "\"'`" if mark not in text), '"')
    return f"{mark}{text}{mark}"
