"""A folder that is imported, read once and never followed out of itself."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml

from gradekit.checks.bounded import BoundedLoader, whole
from gradekit.errors import Problem, UsageError
from gradekit.texts import clean, near, quote

MAX_FILES: Final = 20_000
MAX_TOTAL: Final = 96 << 20
"""Bytes: what is made from it has to fit into a challenge."""
MAX_READ: Final = 1 << 20
"""Bytes of a file in JSON or YAML, whose reader is slow, and of a licence."""
MAX_LEVELS: Final = 4
"""Folders above the source in which its licence is looked for."""
_LICENCES: Final = ("license", "licence", "copying", "copyright", "notice")
UNREAD: Final = (
    "is a link to a folder or out of the source, or no ordinary file, or its name has a backslash or cannot be printed"
)
_IGNORED: Final = (".git", "node_modules", "__pycache__")


@dataclass(frozen=True, slots=True)
class Source:
    """What is imported: ``files`` by path below the folder, with ``/``."""

    place: str
    """As the user gave it, for messages."""
    name: str
    """Of the folder."""
    files: Mapping[str, bytes]
    licences: Mapping[str, bytes] = field(default_factory=dict)
    """Name -> text of the nearest licence files, of the folder itself or of one above."""
    unread: tuple[str, ...] = ()
    """Paths of what is not read, as ``UNREAD`` says."""

    def problem(self, path: str, what: str, expected: str = "", hint: str = "") -> Problem:
        """A complaint about one of its files; an empty ``path``: about all of it."""
        return Problem(f"{self.place}/{path}" if path else self.place, what, expected, hint)

    def refusal(self, path: str, what: str, expected: str = "", hint: str = "") -> UsageError:
        """Why it cannot be imported."""
        return UsageError(self.problem(path, what, expected, hint))

    def below(self, folder: str) -> dict[str, bytes]:
        """The files below a folder, by path below it, sorted."""
        inside = f"{folder}/"
        return {path.removeprefix(inside): self.files[path] for path in sorted(self.files) if path.startswith(inside)}

    def data(self, path: str, wanted_by: str) -> bytes:
        """The content of a file.

        Raises:
            UsageError: there is none; ``wanted_by`` is the file that names it.
        """
        found = self.files.get(str(PurePosixPath(path)))
        if found is None and path in self.unread:
            what = f"names {quote(path)}, which {UNREAD}"
            raise self.refusal(wanted_by, what, "ordinary files of the folder itself")
        if found is None:
            what = f"names {quote(path)}, which is no file of the folder"
            raise self.refusal(wanted_by, what, "paths relative to the folder", near(path, self.files, 0.8))
        return found

    def text(self, path: str, wanted_by: str = "") -> str:
        """The same as text.

        Raises:
            UsageError: there is no such file, or it is not UTF-8.
        """
        try:
            return self.data(path, wanted_by).decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            raise self.refusal(path, f"is no text: byte {error.start} is not UTF-8", "a text file in UTF-8") from error

    def mapping(self, path: str) -> dict[str, Any]:
        """A JSON or YAML file that holds one map.

        Raises:
            UsageError: it is none.
        """
        text = self.text(path)
        if len(text) > MAX_READ:
            raise self.refusal(path, f"is larger than {MAX_READ >> 20} MiB", "a small file in JSON or YAML")
        try:
            found = whole(_loaded(text))
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            reason = clean(" ".join(str(error).split()))
            raise self.refusal(path, f"cannot be read: {reason}", "JSON or YAML") from error
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise self.refusal(path, "is no map", "names with values")
        return {str(name): value for name, value in found.items()}


def _loaded(text: str) -> object:
    """JSON as such: to a reader of YAML, an escaped character beyond U+FFFF is two that are none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return yaml.load(text, BoundedLoader)  # noqa: S506 - it is a safe one


def read(folder: Path, place: str) -> Source:
    """Read a folder: its files, and links to some of these.

    Raises:
        UsageError: it is no folder, too much, or has what cannot be read.
    """
    if not folder.is_dir():
        hint = "unpack it first" if folder.is_file() else ""
        raise UsageError(Problem(place, "is no folder", "a folder of files, such as a clone of a repository", hint))
    files: dict[str, bytes] = {}
    unread: list[str] = []
    left = MAX_TOTAL
    root = folder.resolve()
    for path in _below(root, place):
        name = path.relative_to(root).as_posix()
        if name.isprintable() and "\\" not in name and path.is_file() and path.resolve().is_relative_to(root):
            files[name] = _content(path, left)
            left -= len(files[name])
        else:
            unread.append(name)
        if len(files) + len(unread) > MAX_FILES or left < 0:
            most = f"at most {MAX_FILES} files and {MAX_TOTAL >> 20} MiB"
            raise UsageError(Problem(place, "is too much", most, "name the folder of one exercise or problem"))
    return Source(place.rstrip("/"), root.name, files, _licences(root), tuple(sorted(unread)))


def read_file(file: Path, place: str) -> Source:
    """Read one file; its name without the ending is that of the source.

    Raises:
        UsageError: it is none, or too much.
    """
    if not file.is_file():
        raise UsageError(Problem(place, "is no file", "a file, such as openapi.yaml"))
    data = _content(file, MAX_TOTAL)
    if len(data) > MAX_TOTAL:
        raise UsageError(Problem(place, "is too much", f"at most {MAX_TOTAL >> 20} MiB"))
    path = file.resolve()
    return Source(place, path.stem, {path.name: data}, _licences(path.parent))


def _content(file: Path, most: int) -> bytes:
    """The beginning of a file: all of it, or a byte more than ``most``.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with file.open("rb") as stream:
            return stream.read(most + 1)
    except OSError as error:
        raise UsageError(Problem(str(file), f"cannot be read: {error.strerror}")) from error


def _below(folder: Path, place: str) -> Iterator[Path]:
    """All files, and links to folders, which are not followed."""

    def refuse(error: OSError) -> None:
        raise UsageError(Problem(place, f"{quote(str(error.filename), 200)} cannot be read: {error.strerror}"))

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if name not in _IGNORED)
        links = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in sorted([*names, *links]))


def _licences(root: Path) -> Mapping[str, bytes]:
    """Licence files of the folder, or of the nearest one above that has some, up to the repository's root."""
    for folder in (root, *root.parents[:MAX_LEVELS]):
        found = {
            path.name: path.read_bytes()
            for path in sorted(folder.iterdir() if os.access(folder, os.R_OK) else ())
            if path.name.lower().partition(".")[0] in _LICENCES and _is_licence(path)
        }
        if found or (folder / ".git").exists():
            return found
    return {}


def _is_licence(path: Path) -> bool:
    """Whether a file can be one, for its name and size."""
    plain = path.is_file() and not path.is_symlink() and path.name.isprintable()
    return plain and os.access(path, os.R_OK) and path.stat().st_size <= MAX_READ


def strings(value: object) -> tuple[str, ...]:
    """The texts of a list, or the one text in its place."""
    if isinstance(value, str):
        return (value,)
    items: Iterable[object] = value if isinstance(value, list) else ()
    return tuple(item for item in items if isinstance(item, str))
