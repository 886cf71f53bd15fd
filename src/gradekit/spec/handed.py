"""Files of a challenge's folder as they are in one variant: for its own solutions, and for a candidate."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from gradekit.errors import Problem, SpecError, UsageError
from gradekit.scratch import scratch
from gradekit.spec.challenge import Challenge, Solution
from gradekit.spec.files import Files, is_folder
from gradekit.spec.patch import Changed, PatchProblem, patched
from gradekit.texts import clean, quote

_STARTER, _DATA = "starter", "data"
_MOST = 5
"""Files that are told of."""
_MISFITS = 10
"""Misfits that are told of one patch."""


@contextmanager
def with_values(challenge: Challenge, folder: Path) -> Iterator[Path]:
    """A folder with the values of the challenge's variant in its templates: a copy, which is gone afterwards.

    One of a challenge without variants, and one that lies elsewhere, is yielded as it is.
    """
    root, place = challenge.root.resolve(), folder.resolve()
    if challenge.variant is None or not place.is_relative_to(root):
        yield folder
        return
    with scratch("variant") as above:
        copy = above / place.name
        shutil.copytree(folder, copy, symlinks=True)
        _fill(challenge, copy, lambda path: f"{place.relative_to(root).as_posix()}/{path}")
        yield copy


@contextmanager
def whole(challenge: Challenge, solution: Solution) -> Iterator[Path]:
    """A folder with all files of a solution: its own over those of its base, or its patch put on them; with values.

    A copy, which is gone afterwards, where it is not a folder of the challenge as it stands there.

    Raises:
        SpecError: the patch does not fit any more.
    """
    own = challenge.root / solution.path
    if solution.base is None:
        with with_values(challenge, own) as filled:
            yield filled
        return
    base = challenge.root / solution.base
    with scratch("solution") as above:
        copy = above / own.name
        shutil.copytree(base, copy, symlinks=True)
        if not solution.is_patch:
            shutil.copytree(own, copy, symlinks=True, dirs_exist_ok=True)
        else:
            _put_on(challenge, solution, copy)
        if challenge.variant is not None:
            _fill(challenge, copy, lambda path: f"{solution.path if (own / path).exists() else solution.base}/{path}")
        yield copy


def _fill(challenge: Challenge, copy: Path, origin: Callable[[str], str]) -> None:
    for file in copy.rglob("*"):
        if file.is_file() and not file.is_symlink():
            path = origin(file.relative_to(copy).as_posix())
            file.write_bytes(challenge.render(path, file.read_bytes()))


def misfits(challenge: Challenge) -> tuple[Problem, ...]:
    """What is wrong with what solutions change in their bases; none of it matters to the grading of a submission.

    That is a patch that does not fit, and a wrong solution with files that its base has, too, and no others.
    """
    found: list[Problem] = []
    for solution in challenge.spec.solutions:
        if solution.base is None:
            continue
        if solution.is_patch:
            try:
                _changes(challenge, solution, challenge.root / solution.base)
            except SpecError as error:
                found += error.problems
        elif not solution.is_reference and not _differs(challenge, solution.path, solution.base):
            what = f"changes nothing in {solution.base}: all its files are there, and are the same"
            found.append(Problem(str(challenge.root / solution.path), what, hint="put in what is wrong"))
    return tuple(found)


def _differs(challenge: Challenge, path: str, base: str) -> bool:
    """Whether a folder put over its base makes anything else of it."""
    files, own = Files(challenge.root), challenge.root / path
    for name in files.below(path):
        other = f"{base.rstrip('/')}/{name.removeprefix(path).lstrip('/')}"
        mine, theirs = files.read(name), files.read(other)
        if mine is None or theirs is None or challenge.render(name, mine) != challenge.render(other, theirs):
            return True
        if (challenge.root / name).stat().st_mode != (challenge.root / other).stat().st_mode:
            return True
    return any(one.is_symlink() for one in own.rglob("*"))


def put_on(patch: bytes, solution: Solution, base: Path) -> Mapping[str, Changed]:
    """As ``patched``, of a solution's base, which stands in a folder."""
    return patched(patch, Files(base).read, solution.base or "", lambda path: is_folder(base / path))


def _changes(challenge: Challenge, solution: Solution, base: Path) -> Mapping[str, Changed]:
    file = challenge.root / solution.path
    try:
        return put_on(file.read_bytes(), solution, base)
    except PatchProblem as problem:
        found = [
            Problem(
                f"{file}:{misfit.line}".removesuffix(":0"),
                f"does not fit {solution.base}: it {misfit.what}",
                hint=misfit.hint,
            )
            for misfit in problem.misfits
        ]
        if found[_MISFITS:]:
            found[_MISFITS:] = [Problem(str(file), f"and {len(found) - _MISFITS} more that do not fit")]
        raise SpecError(*found) from None
    except OSError as error:
        raise SpecError(Problem(str(file), f"cannot be read ({error.strerror})")) from None


def _put_on(challenge: Challenge, solution: Solution, copy: Path) -> None:
    changes = _changes(challenge, solution, copy)
    for path, change in changes.items():
        file = copy / path
        if not file.resolve().is_relative_to(copy.resolve()):
            place = str(challenge.root / solution.path)
            raise SpecError(Problem(place, f"changes {quote(path)}, which a link of its base leads elsewhere"))
        if change.data is None:
            file.unlink()
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(change.data)
        if change.executable is not None:
            file.chmod(0o755 if change.executable else 0o644)


def handed_out(challenge: Challenge) -> dict[str, bytes]:
    """What a candidate gets, by path: the brief, the starter, and files of data/ that the brief names.

    Raises:
        UsageError: there is no brief.
    """
    files = Files(challenge.root, challenge.render)
    brief = challenge.spec.brief or "README.md"
    content = files.read(brief)
    if content is None:
        raise UsageError(Problem(str(challenge.root / brief), "is not there", "the brief, which the candidate reads"))
    found = {brief: challenge.render(brief, content)}
    text = found[brief].decode("utf-8", "replace")
    named = (path for path in files.below(_DATA) if PurePosixPath(path).name in text)
    for path in (*files.below(_STARTER), *named):
        data = None if (challenge.root / path).is_symlink() else files.read(path)
        if data is not None:
            found[path] = challenge.render(path, data)
    return found


def starters(challenge: Challenge) -> Sequence[str]:
    """Folders with what candidates begin with, but for those that are among the solutions.

    ``starter``, or what is in it where that is a folder for each language that the challenge takes.
    """
    folder, takes = challenge.root / _STARTER, challenge.spec.runner
    inside = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    of_languages = not isinstance(takes, str) and set(inside) <= set(takes)
    found = [f"{_STARTER}/{name}" for name in inside] if of_languages else [_STARTER]
    listed = {solution.path for solution in challenge.spec.solutions}
    return [path for path in found if path not in listed] if inside else []


def of_others(challenge: Challenge, files: Iterable[tuple[str, bytes]]) -> tuple[str, ...]:
    """What shows that a submission was made from what candidates of other variants got, one sentence each.

    Those are its files that are, but for line ends, as they are handed out in other variants, and not in this one.
    """
    spec, variant = challenge.spec.variants, challenge.variant
    if spec is None or variant is None:
        return ()
    public = Files(challenge.root)
    given: dict[bytes, set[int]] = {}
    for path in (challenge.spec.brief or "README.md", *public.below(_STARTER)):
        data = public.read(path)
        if data is not None and spec.is_template(path):
            for other in spec.variants():
                given.setdefault(_lines(spec.rendered(path, data, other)), set()).add(other.number)
    found = []
    for path, data in files:
        numbers = given.get(_lines(data), {variant.number})
        if variant.number not in numbers:
            told = ", ".join(map(str, sorted(numbers)))
            found.append(f"{clean(path)} is what candidates of variant {told} get, and this one has {variant.number}")
    return (*found[:_MOST], *([f"{len(found) - _MOST} more files are of other variants"] if found[_MOST:] else []))


def _lines(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").strip()
