"""What lies in a challenge's folder and hardly should: files that nothing names, what candidates must not see."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from gradekit.errors import Problem, SpecError
from gradekit.spec.challenge import PATCH_SUFFIXES, Challenge, WarningName
from gradekit.spec.files import IGNORED, INSTALLED
from gradekit.spec.reader import read_file
from gradekit.spec.slips import strings
from gradekit.spec.variants import marks
from gradekit.spec.warned import Warned
from gradekit.texts import near, quote

LARGE: Final = 5 << 20
"""Bytes of a file that is large for a repository."""
LONG_LINE: Final = 40
"""Characters of a line that does not stand in two files by chance."""
_MAX_FILES = 5_000
_MAX_READ = 1 << 20
_MAX_TEXT = 16 << 20
_HIDDEN, _DATA, _STARTER, _SOLUTIONS = "hidden", "data", "starter", "solutions"
_FOLDERS = (_HIDDEN, _DATA, _STARTER, _SOLUTIONS, "rubrics")
_FILES = ("README.md", "challenge.yaml", "rubric.yaml", "challenge.lock")
_ABOUT = ("lint", "mutation", "variants")
_CANARY = re.compile(rb"[A-Za-z0-9_-]*CANARY[A-Za-z0-9_-]+")
_SECRET = re.compile(
    rb"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,}|glpat-[A-Za-z0-9_-]{20}"
    rb"|xox[abprs]-[A-Za-z0-9-]{20,}|[sr]k_live_[A-Za-z0-9]{20,}|AIza[A-Za-z0-9_-]{35}|npm_[A-Za-z0-9]{36}"
    rb"|pypi-[A-Za-z0-9_-]{50,})\b|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"
)
"""Of a form that only such have: keys of clouds, tokens of code hosts, registries and payment, private keys."""


def slips(challenge: Challenge, data: Sequence[object]) -> list[Warned]:
    """All of them, by path; ``data`` is the file that the challenge was made of, in each variant."""
    seen = _Seen(challenge, data)
    found = [*seen.names(), *seen.unused(), *seen.solutions(), *seen.each(), *seen.leaks()]
    return sorted(found, key=lambda warned: warned.at)


@dataclass
class _Seen:
    """A challenge's folder beside its spec."""

    challenge: Challenge
    data: Sequence[object]
    _read: dict[str, bytes] = field(default_factory=dict)
    _room: int = _MAX_TEXT

    def _warned(self, name: WarningName, path: str, what: str, hint: str, line: int = 0) -> Warned:
        place = f"{self.challenge.root / path}:{line}" if line else str(self.challenge.root / path)
        return Warned(name, path, Problem(place, what, hint=hint))

    @cached_property
    def paths(self) -> Sequence[str]:
        """Every file and link, relative to the folder; not all of a huge one."""
        found: list[str] = []
        for parent, folders, names in os.walk(self.challenge.root):
            links = [name for name in folders if Path(parent, name).is_symlink()]
            folders[:] = sorted(name for name in folders if name not in (*IGNORED, INSTALLED, *links))
            for name in sorted((*names, *links)):
                if len(found) < _MAX_FILES:
                    found.append(Path(parent, name).relative_to(self.challenge.root).as_posix())
        return found

    @cached_property
    def named(self) -> frozenset[str]:
        """What this spec and its other editions name, and the brief, as paths."""
        texts = {text for data in self.data for text in _uses(data)}
        for edition in self.challenge.root.glob("challenge*.yaml"):
            if edition.name == self.challenge.source.name:
                continue
            try:
                texts.update(_uses(read_file(edition).data))
            except SpecError:
                continue  # it is told when that one is looked at
        return frozenset(text.rstrip("/") for text in texts)

    def _is_named(self, path: str) -> bool:
        """Whether a path or a folder above it is named."""
        return any(str(parent) in self.named for parent in (PurePosixPath(path), *PurePosixPath(path).parents))

    def _below(self, folder: str) -> Iterator[str]:
        return (path for path in self.paths if path.startswith(f"{folder}/"))

    def _content(self, path: str) -> bytes:
        """A file's beginning; nothing of a link or a pipe, or when much was read before."""
        if path not in self._read:
            content = b""
            file = self.challenge.root / path
            try:
                if file.is_file() and not file.is_symlink():
                    with file.open("rb") as stream:
                        content = stream.read(min(_MAX_READ, self._room))
            except OSError:
                pass  # what a check needs was read before, and told
            self._room -= len(content)
            self._read[path] = content
        return self._read[path]

    # --- names ------------------------------------------------------------------------------------------------------

    def names(self) -> Iterator[Warned]:
        """Names that are nearly one that has a meaning: at the top, and of a runner below the starter."""
        top = {PurePosixPath(path).parts[0] for path in self.paths}
        for name in sorted(top):
            known = _FOLDERS if (self.challenge.root / name).is_dir() else _FILES
            free = [other for other in known if other not in top]
            if name not in known and name != self.challenge.source.name and not self._is_used(name):
                yield from self._misnamed(name, near(name, free, 0.75))
        runners = () if isinstance(self.challenge.spec.runner, str) else self.challenge.spec.runner
        starters = {path.split("/")[1] for path in self._below(_STARTER) if path.count("/") > 1}
        if starters & set(runners):
            for name in sorted(starters - set(runners)):
                free = [other for other in runners if other not in starters]
                yield from self._misnamed(f"{_STARTER}/{name}", near(name, free, 0.75))

    def _misnamed(self, path: str, hint: str) -> Iterator[Warned]:
        if hint:
            yield self._warned("folder-name", path, "is a name without a meaning here", hint)

    def _is_used(self, name: str) -> bool:
        return any(text == name or text.startswith(f"{name}/") for text in self.named)

    def unused(self) -> Iterator[Warned]:
        """Files of hidden/ and data/ that nothing names."""
        brief = self._content(self._brief).decode("utf-8", "replace")
        for path in (*self._below(_HIDDEN), *self._below(_DATA)):
            told = path.startswith(_DATA) and PurePosixPath(path).name in brief
            if not told and not self._is_named(path) and path not in self.challenge.files:
                yield self._warned("unused-file", path, "no check or data set names it", "remove it, or use it")

    def solutions(self) -> Iterator[Warned]:
        """Folders and patches of solutions that are not listed."""
        found: dict[str, None] = {}
        listed = {text for text in self.named if text.startswith(f"{_SOLUTIONS}/")}
        for path in self._below(_SOLUTIONS):
            if not self._is_named(path):
                parents = [str(parent) for parent in PurePosixPath(path).parents][-3::-1]
                holds = [not any(text.startswith(f"{parent}/") for text in listed) for parent in parents]
                if True in holds:
                    found[parents[holds.index(True)]] = None
                elif path.endswith(PATCH_SUFFIXES):
                    found[path] = None
        for path in found:
            what = "is not listed under solutions, so verify does not grade it"
            yield self._warned("unused-solution", path, what, "list it with what it must get, or remove it")

    # --- files ------------------------------------------------------------------------------------------------------

    def each(self) -> Iterator[Warned]:
        """Links out of the folder, large files, secrets."""
        root = self.challenge.root.resolve()
        for path in self.paths:
            file = self.challenge.root / path
            if file.is_symlink():
                if not file.resolve().is_relative_to(root):
                    what = "is a link that leads out of the challenge's folder"
                    yield self._warned("link-out", path, what, "put the file itself there")
                continue
            yield from self._unlisted(path)
            size = file.stat().st_size if file.is_file() else 0
            if size > LARGE:
                what = f"has {size / (1 << 20):.1f} MiB, which each copy of the repository carries"
                yield self._warned(
                    "large-file", path, what, "make it smaller, or let a data set's SQL generate the rows"
                )
            secret = _SECRET.search(self._content(path))
            if secret is not None and b"EXAMPLE" not in secret[0]:
                line = self._content(path).count(b"\n", 0, secret.start()) + 1
                what = f"holds what looks like a secret: {secret[0][:8].decode()}..."
                yield self._warned("secret", path, what, "revoke it, and put in one that opens nothing", line)

    def _unlisted(self, path: str) -> Iterator[Warned]:
        """A file that asks for a value, which nobody puts in."""
        spec = self.challenge.spec.variants
        if spec is None or spec.is_template(path) or re.fullmatch(r"challenge[^/]*\.(yaml|lock)", path):
            return
        content = self._content(path).decode("latin-1")
        mark = next((mark for mark in marks(content) if mark.name in spec.names), None)
        if mark is not None:
            line = content.count("\n", 0, mark.start) + 1
            what = f"holds {mark.text}, and is no template, so that no value is put in"
            yield self._warned("unlisted-template", path, what, "name it, or its folder, in variants.templates", line)

    # --- leaks ------------------------------------------------------------------------------------------------------

    @property
    def _brief(self) -> str:
        return self.challenge.spec.brief or "README.md"

    def leaks(self) -> Iterator[Warned]:
        """Text of hidden files in what the candidate gets; of each file the first."""
        hidden = {path: self._content(path) for path in self._below(_HIDDEN)}
        known = {text for path in self._below(_DATA) for text in long_lines(self._content(path)).values()}
        lines: dict[bytes, str] = {}
        for path, content in hidden.items():
            for text in long_lines(content).values():
                if text not in known:
                    lines.setdefault(text, path)
        canaries = {mark: path for path, content in hidden.items() for mark in _CANARY.findall(content)}
        public = [path for path in self.paths if path == self._brief or path.startswith((f"{_STARTER}/", f"{_DATA}/"))]
        for path in public:
            content = self._content(path)
            mark = next((mark for mark in canaries if mark in content), None)
            if mark is not None:
                number = content.count(b"\n", 0, content.index(mark)) + 1
                what = f"holds the canary of {canaries[mark]}, and candidates get this file"
                yield self._warned("leaked-canary", path, what, "remove it with what was copied", number)
            found = next(((number, text) for number, text in long_lines(content).items() if text in lines), None)
            if found is not None:
                line = quote(found[1].decode("utf-8", "replace"))
                what = f"{line} stands in {lines[found[1]]} too, and candidates get this file"
                yield self._warned("leaked-text", path, what, "write another", found[0])


def _uses(data: object) -> Iterator[str]:
    """What a spec says but for what is about files and uses none: who silences a warning of one does not use it."""
    fields = data if isinstance(data, Mapping) else {}
    return strings({name: value for name, value in fields.items() if name not in _ABOUT}, keys=False)


def long_lines(content: bytes) -> dict[int, bytes]:
    """The lines of a text that do not stand in two files by chance, by number; blanks made one."""
    found = {}
    for number, line in enumerate(content.split(b"\n"), 1):
        text = b" ".join(line.split())
        if len(text) >= LONG_LINE:
            found[number] = text
    return found
