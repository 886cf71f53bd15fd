"""Files of a challenge's folder as they are in one variant: for its own solutions, and for a candidate."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from gradekit.errors import Problem, UsageError
from gradekit.scratch import scratch
from gradekit.spec.challenge import Challenge
from gradekit.spec.files import Files
from gradekit.texts import clean

_STARTER, _DATA = "starter", "data"
_MOST = 5
"""Files that are told of."""


@contextmanager
def with_values(challenge: Challenge, folders: Sequence[Path]) -> Iterator[Sequence[Path]]:
    """Folders with the values of the challenge's variant in their templates: copies, which are gone afterwards.

    Those of a challenge without variants, and those that lie elsewhere, are yielded as they are.
    """
    root = challenge.root.resolve()
    own = [folder.resolve().is_relative_to(root) for folder in folders]
    if challenge.variant is None or not any(own):
        yield folders
        return
    with scratch("variant") as place:
        found = []
        for number, (folder, is_own) in enumerate(zip(folders, own, strict=True)):
            copy = place / str(number) / folder.resolve().name
            if not is_own:
                found.append(folder)
                continue
            shutil.copytree(folder, copy, symlinks=True)
            for file in copy.rglob("*"):
                path = (folder.resolve().relative_to(root) / file.relative_to(copy)).as_posix()
                if file.is_file() and not file.is_symlink():
                    file.write_bytes(challenge.render(path, file.read_bytes()))
            found.append(copy)
        yield found


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
