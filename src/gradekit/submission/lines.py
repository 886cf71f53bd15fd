"""Reads what stood in the files of the commits that lead to the graded one: three programs of git, all bounded."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import BinaryIO

from gradekit.history import Line, Lines
from gradekit.submission.blobs import Blobs
from gradekit.submission.gitio import Enough, Git
from gradekit.submission.history import MAX_COMMITS, Tokens

MAX_BLOBS = 100_000
"""Different contents of files that are looked for."""
MAX_BLOB = 1 << 20
"""Bytes of a file that is read."""
MAX_READ = 64 << 20
"""Bytes of all files that are read, the smaller ones first."""
MAX_LINES = 150_000
"""Different lines that are kept."""
MAX_TEXT = 8 << 20
"""Bytes of them."""
SHORTEST = 8
"""Bytes of a line that is kept."""
LONGEST = 4000
"""Bytes of a line that is kept in one piece; the pieces of a longer one overlap by a tenth."""
HEADLINE, KEY_LINES = 100, 4
"""Bytes below which a line may be only the headline of a private key; the lines below it that are kept with it, since
the headline is the same for all keys."""
_KEY = re.compile(rb"BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File")
_NAMED = 3
_PATH = 300
_SUBMODULE = b"160000"
_COMMIT = re.compile(rb"[0-9a-f]{40}(?: [0-9a-f]+)* ?")
"""With its parents; of very many, the last may be cut."""


class _Contents(Tokens):
    """Takes ``log -z -c --raw``, the newest commit first: a commit with its parents, then objects with their paths."""

    def __init__(self, prefix: bytes, without: Collection[str], ends: Collection[str]) -> None:
        super().__init__()
        self.parents: dict[str, tuple[str, ...]] = {}
        self.places: dict[bytes, tuple[int, str, str]] = {}
        """Object -> place in the order of commits, commit and path where it came first."""
        self.unread = 0
        self._prefix = prefix
        self._without = without
        self._ends = ends
        self._commit = ""
        self._raw: Sequence[bytes] | None = None

    def token(self, token: bytes) -> None:
        if self._raw is not None:
            if self._commit:
                self._object(token, self._raw)
            self._raw = None
            return
        token = token.lstrip(b"\n")
        if token.startswith(b":"):
            self._raw = token.split()
        elif _COMMIT.fullmatch(token):
            commit, *parents = token.decode().split()
            if len(self.parents) == MAX_COMMITS:
                raise Enough
            # Where a clone is shallow, the last commit seems to have made everything.
            self._commit = "" if commit in self._ends else commit
            if self._commit:
                self.parents[commit] = tuple(parents)

    def _object(self, path: bytes, raw: Sequence[bytes]) -> None:
        """One line of ``--raw``: as many colons as parents, modes and ids of them and of the commit, and what it is."""
        colons = len(raw[0]) - len(raw[0].lstrip(b":"))
        if len(raw) != 2 * colons + 3:
            # It was cut.
            self.unread += 1
            return
        mode, oid = raw[colons], raw[-2]
        if not oid.strip(b"0") or mode == _SUBMODULE or not path.startswith(self._prefix):
            return
        name = path[len(self._prefix) :].decode("utf-8", "replace")
        if any(fnmatchcase(part, pattern) for part in name.split("/") for pattern in self._without):
            return
        if oid not in self.places and len(self.places) >= MAX_BLOBS:
            self.unread += 1
            return
        self.places[oid] = (len(self.parents), self._commit, name[:_PATH])


class _Kept:
    """The different lines of contents, each with the oldest place."""

    def __init__(self, contents: _Contents) -> None:
        self.lines: dict[str, tuple[int, Line]] = {}
        self._places = contents.places
        self._bytes = 0

    def take(self, oid: bytes, data: bytes) -> None:
        order, commit, path = self._places[oid]
        lines = data.split(b"\n")
        for number, line in enumerate(map(bytes.strip, lines), 1):
            key = len(line) < HEADLINE and _KEY.search(line)
            whole = b" ".join((line, *map(bytes.strip, lines[number : number + KEY_LINES]))) if key else line
            for piece in _pieces(whole):
                text = " ".join(piece.decode("utf-8", "replace").splitlines())
                known = self.lines.get(text)
                if known is not None and known[0] >= order:
                    continue
                if known is None:
                    self._bytes += len(text.encode())
                    if len(self.lines) == MAX_LINES or self._bytes > MAX_TEXT:
                        raise Enough
                self.lines[text] = (order, Line(text, commit, path, number))


def _pieces(line: bytes) -> Iterator[bytes]:
    """A line in pieces that a tool takes, overlapping so that nothing short is torn."""
    if len(line) <= LONGEST:
        if len(line) >= SHORTEST:
            yield line
        return
    step = LONGEST - LONGEST // 10
    yield from (line[start : start + LONGEST] for start in range(0, len(line), step))


def read_lines(git: Git, commit: str, inner: str | None, without: Collection[str]) -> Lines:
    """The different lines of the files of a commit and of as many of its ancestors as are there.

    Small files go first, for who fills a history with large ones hides nothing in a small one then. What its own
    content makes impossible is a ``problem`` or counted, and raises nothing.

    Args:
        git: the clone.
        commit: it is there.
        inner: the folder that the submission is in; files beside it are not looked at. None for the whole repository.
        without: names of files and folders, with ``*`` and ``?``, that are left out.

    Raises:
        InfrastructureError: git does not start, or this machine has no time for it.
    """
    contents = _Contents(f"{inner}/".encode() if inner else b"", without, git.shallow())
    order = ["--topo-order", f"--max-count={MAX_COMMITS + 1}", "-z", "--no-abbrev", "--no-renames", "--root"]
    listed = git.run("log", *order, "-c", "--raw", "--format=tformat:%H %P", commit, "--", sink=contents.feed)
    if listed.spent:
        return Lines(problem=f"listing it takes more than {git.timeout:g} s of a processor")
    if listed.code and not listed.cut:
        return Lines(problem="the history has objects that are missing or broken")
    kept = _Kept(contents)
    sizes, late = _sizes(git, contents.places)
    wanted = _wanted(sizes)
    blobs = Blobs(wanted, kept.take)
    with _listed(wanted) as names:
        late |= git.run("cat-file", "--batch", "--buffer", stdin=names, sink=blobs.feed).spent
    large = [oid for oid, size in sizes.items() if size > MAX_BLOB]
    # Of a listing that was cut the last commit may have more.
    more = contents.unread + contents.cut
    return Lines(
        found=tuple(line for _, line in kept.lines.values()),
        parents=contents.parents,
        large=len(large),
        largest=tuple(sorted(contents.places[oid][2] for oid in large)[:_NAMED]),
        unread=more + len(contents.places) - len(large) - blobs.taken,
        late=late,
    )


def _sizes(git: Git, oids: Iterable[bytes]) -> tuple[dict[bytes, int], bool]:
    """The bytes of each object that is there, and a file's content; and whether there was no time for all."""
    output = bytearray()
    asked = "--batch-check=%(objecttype) %(objectname) %(objectsize)"
    with _listed(oids) as names:
        late = git.run("cat-file", asked, "--buffer", stdin=names, sink=output.extend).spent
    records = (record.split() for record in bytes(output).split(b"\n")[:-1])
    return {facts[1]: int(facts[2]) for facts in records if facts[0] == b"blob"}, late


def _wanted(sizes: Mapping[bytes, int]) -> dict[bytes, int]:
    """The smallest objects, as many as are read."""
    wanted, room = {}, MAX_READ
    for oid, size in sorted(sizes.items(), key=lambda item: item[1]):
        room -= size
        if size > MAX_BLOB or room < 0:
            break
        wanted[oid] = size
    return wanted


@contextmanager
def _listed(oids: Iterable[bytes]) -> Iterator[BinaryIO]:
    """A file with ids, one a line, for git to read."""
    with tempfile.TemporaryFile() as names:
        names.writelines(oid + b"\n" for oid in oids)
        names.seek(0)
        yield names
