"""The files of a challenge's folder that its spec refers to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gradekit.model import Loc
from gradekit.spec.translate import Fault
from gradekit.texts import near, quote

MAX_TOTAL = 128 << 20
"""Bytes of all referenced files together."""
_MAX_LISTED = 2_000
IGNORED = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".git")
"""Folders that tools leave behind: never part of a challenge, so they do not change its digest."""

INSTALLED = "node_modules"
"""Folder of packages that were installed beside a program, to try it."""


def is_file(path: Path) -> bool:
    """Whether there is a file that can be looked at; a name that no file can have is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """As ``is_file``, of a folder."""
    try:
        return path.is_dir()
    except OSError:
        return False


@dataclass(slots=True)
class Files:
    """Reads referenced files once; ``content`` grows with each ``add``."""

    root: Path
    render: Callable[[str, bytes], bytes] = lambda _, data: data
    """What a variant makes of a file: its path and what stands in it to its content."""
    content: dict[str, bytes] = field(default_factory=dict)
    written: dict[str, bytes] = field(default_factory=dict)
    """The same files as they stand in the folder."""
    total: int = 0

    def add(self, path: str, loc: Loc, *, folder: bool = True) -> Iterator[Fault]:
        """Read a file, or all files below a folder; the faults say why that is impossible."""
        target = self.root / path
        if is_file(target):
            yield from self._read(target, loc)
        elif not is_folder(target):
            yield self.missing(path, loc)
        elif not folder:
            yield Fault(loc, f"{quote(path)} is a folder", "a file is needed")
        else:
            found = list(_below(target))
            if not found:
                yield Fault(loc, f"the folder {quote(path)} is empty")
            for file in found:
                yield from self._read(file, loc)

    def missing(self, path: str, loc: Loc) -> Fault:
        """The fault for a path that is not there, with the most similar path that is."""
        return Fault(loc, f"no file {quote(path)} in the challenge's folder", hint=near(path, self._listed(), 0.8))

    def _read(self, file: Path, loc: Loc) -> Iterator[Fault]:
        name = file.relative_to(self.root).as_posix()
        if name in self.content:
            return
        if not file.resolve().is_relative_to(self.root.resolve()):
            yield Fault(loc, f"{quote(name)} leads out of the challenge's folder", hint="put the file itself there")
            return
        try:
            self.total += file.stat().st_size
            if self.total > MAX_TOTAL:
                yield Fault(loc, f"the files of the challenge exceed {MAX_TOTAL >> 20} MiB", hint="make them smaller")
            else:
                self.written[name] = file.read_bytes()
                self.content[name] = self.render(name, self.written[name])
        except OSError as error:
            yield Fault(loc, f"{quote(name)} cannot be read: {error.strerror}")

    def read(self, path: str) -> bytes | None:
        """A file as it stands in the folder, whether or not it was added; None where that is impossible."""
        if path in self.written:
            return self.written[path]
        file = self.root / path
        try:
            inside = file.is_file() and file.resolve().is_relative_to(self.root.resolve())
            return file.read_bytes() if inside else None
        except (OSError, ValueError):
            return None

    def below(self, path: str) -> Iterator[str]:
        """The paths of a file, or of all files below a folder."""
        target = self.root / path
        found = [target] if is_file(target) else _below(target)
        return (file.relative_to(self.root).as_posix() for file in found)

    def _listed(self) -> list[str]:
        """Paths to suggest from, not all of a huge folder."""
        names: list[str] = []
        for file in _below(self.root):
            if len(names) == _MAX_LISTED:
                break
            names.append(file.relative_to(self.root).as_posix())
        return names


def _below(folder: Path) -> Iterator[Path]:
    """Files below a folder, sorted, without what tools leave behind."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in IGNORED)
        for name in sorted(names):
            path = Path(parent, name)
            if not name.endswith(".pyc") and is_file(path):
                yield path
