"""Which files the names in a patch mean: what stands in front of their paths is the same in all of it.

Tools differ in what they put there: ``a/`` and ``b/``, the folders that were compared, both, or all folders from the
top of a repository. What is in front is found from the names, and from the files that are there; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradekit.texts import quote

Names = tuple[str | None, str | None]
"""Of a file before and after; None where there is no such file."""
DEEPEST = 100
"""Folders of a path: each of them may be the last one in front, so all of these paths are tried."""
_Parts = tuple[str, ...]
_Fronts = tuple[_Parts, _Parts]
_Split = tuple[_Parts, _Parts]


class UnclearError(ValueError):
    """Why the paths of some names are not known; ``index`` is that of the names where it shows."""

    def __init__(self, what: str, index: int) -> None:
        """Keep where it is."""
        self.index = index
        super().__init__(what)


def without_fronts(
    names: Sequence[Names], base: str, fits: Callable[[Sequence[str]], bool], is_folder: Callable[[str], bool]
) -> Sequence[str]:
    """The path of each file in its base.

    Args:
        names: of all files of a patch, at least one; if a file has two, their last parts are the same.
        base: path of the base in its challenge; may be empty.
        fits: whether files of these paths can be what the patch is about.
        is_folder: whether there is a folder of this path in the base.

    Returns:
        The only paths that fit; if none do, those that are most likely meant.

    Raises:
        UnclearError: the names do not all have the same in front, or several paths fit.
    """
    split = [(_parts(old), _parts(new)) for old, new in names]
    deep = next((at for at, each in enumerate(split) if max(map(len, each)) > DEEPEST), None)
    if deep is not None:
        raise UnclearError(f"has a path below more than {DEEPEST} folders", deep)
    folders = _parts(base)
    if any(old and new for old, new in split):
        fronts = _two_sided(names, split, folders)
    elif any(old for old, _ in split):
        fronts = _removed(split, folders)
    else:
        fronts = _added(split, folders, is_folder)
    found = [tuple(_path(each, front) for each in split) for front in fronts]
    fitting = [paths for paths in dict.fromkeys(found) if fits(paths)]
    if len(fitting) > 1:
        one, other = fitting[:2]
        index = next(at for at, path in enumerate(one) if path != other[at])
        raise UnclearError(f"may mean {quote(other[index])} or {quote(one[index])}", index)
    if not found:
        raise UnclearError("has names of removed and of added files with nothing alike in front", 0)
    return (fitting or found[-1:])[0]


def _two_sided(names: Sequence[Names], split: Sequence[_Split], base: _Parts) -> Sequence[_Fronts]:
    """What differs in the two names of a file, and more if it ends with the base's path, as in a repository."""
    known = next(index for index, (old, new) in enumerate(split) if old and new)
    before, after = front = _apart(*split[known])
    for index, (old, new) in enumerate(split):
        other = old and new and _apart(old, new) != front
        if other or (old and not _below(old, before)) or (new and not _below(new, after)):
            shown = [quote(next(filter(None, names[at]))) for at in (known, index)]
            raise UnclearError(f"has other folders in front in {shown[1]} than in {shown[0]}", index)
    shared = _shared([old[len(before) :] or new[len(after) :] for old, new in split])
    more = [shared[:count] for count in range(1, len(shared) + 1) if _ends((*before, *shared[:count]), base)]
    if not before and not after:
        more.insert(0, shared[:1])
    return [((*before, *each), (*after, *each)) for each in ((), *more)]


def _removed(split: Sequence[_Split], base: _Parts) -> Sequence[_Fronts]:
    """Of files that are removed, and others that are added: the base's folder has its name in front of the first."""
    old, new = _shared([old for old, _ in split if old]), _shared([new for _, new in split if new])
    adds = any(new for _, new in split)
    ends = [count for count in range(1, len(old) + 1) if _ends(old[:count], base[-1:])]
    found: list[_Fronts] = []
    for count in dict.fromkeys((*([] if _is_letter(old) else [0]), min(1, len(old)), *ends)):
        before = old[:count]
        same = new[1:count] == before[1:]
        afters = [new[:count]] if same else [new[:size] for size in range(2, len(new) + 1)]
        found += ((before, after) for after in (afters if adds else [()]) if not adds or bool(after) == bool(before))
    return found


def _added(split: Sequence[_Split], base: _Parts, is_folder: Callable[[str], bool]) -> Sequence[_Fronts]:
    """Of files that are all added, so that their names are all there is; a folder of the base is meant as such."""
    new = _shared([new for _, new in split])
    counts = [count for count in range(1, len(new) + 1) if _ends(new[:count], base)]
    if not counts:
        letter = _is_letter(new)
        only = letter and (len(new) == 1 or is_folder(new[1]))
        counts = [1] if only else list(range(int(letter), len(new) + 1))
    return [((), new[:count]) for count in counts]


def _parts(name: str | None) -> _Parts:
    return tuple(name.split("/")) if name else ()


def _apart(old: _Parts, new: _Parts) -> _Fronts:
    """What is left of two names without the parts at their end that are the same."""
    same = _same(old[::-1], new[::-1])
    return old[: len(old) - same], new[: len(new) - same]


def _same(one: _Parts, other: _Parts) -> int:
    """How many parts both begin with."""
    return next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(map(len, (one, other)))
    )


def _path(names: _Split, front: _Fronts) -> str:
    side = 0 if names[0] else 1
    return "/".join(names[side][len(front[side]) :])


def _below(name: _Parts, front: _Parts) -> bool:
    return len(name) > len(front) and name[: len(front)] == front


def _ends(front: _Parts, base: _Parts) -> bool:
    return bool(base) and front[-len(base) :] == base


def _shared(names: Sequence[_Parts]) -> _Parts:
    """The folders that all names begin with."""
    folders = [name[:-1] for name in names]
    low, high = min(folders, default=()), max(folders, default=())
    return low[: _same(low, high)]


def _is_letter(front: _Parts) -> bool:
    """Whether a tool put a letter in front, such as a and b, or i and w; only then is it surely no folder's name."""
    return len(front[:1]) == 1 and len(front[0]) == 1
