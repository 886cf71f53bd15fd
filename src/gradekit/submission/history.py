"""Reads the history that leads to a commit: two programs of git, their output bounded and taken in pieces."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from gradekit.history import Change, Commit, History
from gradekit.submission.gitio import Enough, Git

MAX_COMMITS = 2000
"""Commits that are read."""
MAX_CHANGES = 5000
"""Changes of files that are kept, in all commits together; the others are only counted."""
_MAX_LISTED = 200_000
MAX_FIELD = 16 << 10
"""Bytes of a piece of git's output."""
_MAX_BYTES = 64 << 20
_SUBJECT = 200
_NAME = 60
_PATH = 300
_MAX_TIME = 253_402_300_799
_FIELDS = 7
_OID = re.compile(rb"[0-9a-f]{40}")
_FORMAT = "%H%x00%P%x00%an%x00%ae%x00%at%x00%ct%x00%B"


class Tokens:
    """Takes output in pieces that end with NUL; what is too long of a piece is cut."""

    def __init__(self) -> None:
        self.cut = False
        self._rest = bytearray()
        self._bytes = 0

    def feed(self, chunk: bytes) -> None:
        """The next piece of output."""
        self._bytes += len(chunk)
        first, *others = chunk.split(b"\0")
        for part in (first, *others)[:-1]:
            self._take(part)
            self.token(bytes(self._rest))
            self._rest.clear()
        self._take((first, *others)[-1])
        if self._bytes > _MAX_BYTES:
            self.enough()

    def token(self, token: bytes) -> None:
        """A whole piece, or the beginning of one that is too long."""
        raise NotImplementedError

    def enough(self) -> None:
        """Take nothing more."""
        self.cut = True
        raise Enough

    def _take(self, part: bytes) -> None:
        self._rest += part[: MAX_FIELD - len(self._rest)]


class _Messages(Tokens):
    """Commits with who, when and why."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[Commit] = []
        self.authors: dict[bytes, tuple[int, str]] = {}
        self._fields: list[bytes] = []

    def token(self, token: bytes) -> None:
        self._fields.append(token)
        if len(self._fields) < _FIELDS:
            return
        oid, parents, name, address, authored, committed, message = self._fields
        self._fields = []
        # Whoever has no address is told apart by name.
        who = hashlib.sha256(address.strip().lower() or b"\0" + name).digest()
        author, _ = self.authors.setdefault(who, (len(self.authors), _text(name)[:_NAME]))
        subject, *body = _text(message).strip("\n").split("\n")
        self.commits.append(
            Commit(
                id=oid.decode(),
                parents=tuple(parents.decode().split()),
                author=author,
                authored=_seconds(authored),
                committed=_seconds(committed),
                subject=subject[:_SUBJECT],
                length=len(subject),
                body=sum(1 for line in body if line.strip()),
                apart=not body or not body[0].strip(),
            )
        )


@dataclass(slots=True)
class _Diff:
    """What one commit changed."""

    blobs: dict[str, str] = field(default_factory=dict)
    gone: set[bytes] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    files: int = 0
    added: int = 0
    deleted: int = 0


class _Diffs(Tokens):
    """Takes ``log -z --raw --numstat``: a line on the object and its path, then a line of counts, for each file."""

    def __init__(self, roots: frozenset[str]) -> None:
        super().__init__()
        self.diffs: dict[str, _Diff] = {}
        self._roots = roots
        self._root = False
        self._raw: Sequence[bytes] | None = None
        self._now = _Diff()
        self._kept = 0
        self._listed = 0

    def token(self, token: bytes) -> None:
        if self._raw is not None:
            self._object(token, self._raw)
            self._raw = None
            return
        token = token.lstrip(b"\n")
        if token.startswith(b":"):
            self._raw = token.split()
        elif token.count(b"\t") > 1:
            self._counts(token)
        elif _OID.fullmatch(token):
            oid = token.decode()
            self._root = oid in self._roots
            self._now = self.diffs[oid] = _Diff()

    def _object(self, path: bytes, raw: Sequence[bytes]) -> None:
        self._listed += 1
        if self._listed > _MAX_LISTED:
            self.enough()
        if raw[-1] == b"D":
            self._now.gone.add(path)
        elif self._root:
            self._now.blobs[_text(path)] = raw[3].decode()

    def _counts(self, token: bytes) -> None:
        added, deleted, path = token.split(b"\t", 2)
        binary = added == b"-"
        change = Change(
            path=_text(path)[:_PATH],
            added=0 if binary else int(added),
            deleted=0 if binary else int(deleted),
            binary=binary,
            gone=path in self._now.gone,
        )
        self._now.files += 1
        self._now.added += change.added
        self._now.deleted += change.deleted
        if self._kept < MAX_CHANGES:
            self._kept += 1
            self._now.changes.append(change)
        else:
            self.cut = True


def read_history(git: Git, commit: str) -> History:
    """The history of a commit that is there, with as many of its ancestors as are.

    What its own content makes impossible (broken objects, so much that the processor time is spent) is a ``problem``
    of the history, and raises nothing.

    Raises:
        InfrastructureError: git does not start, or this machine has no time for it.
    """
    moment = int(time.time())
    messages = _Messages()
    shown = ["--topo-order", f"--max-count={MAX_COMMITS + 1}", "-z"]
    told = git.run("log", *shown, f"--format=tformat:{_FORMAT}", commit, "--", sink=messages.feed)
    # Where a clone is shallow, the last commit seems to have made everything.
    ends = git.shallow()
    roots = frozenset(one.id for one in messages.commits if not one.parents) - ends
    diffs = _Diffs(roots)
    looks = ["--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv", "--root", "--raw", "--numstat"]
    compared = git.run("log", *shown, *looks, "--format=tformat:%H", commit, "--", sink=diffs.feed)
    if told.spent or compared.spent:
        problem = f"reading it takes more than {git.timeout:g} s of a processor; are there huge commits?"
        return History(problem=problem, moment=moment)
    if (told.code and not told.cut) or (compared.code and not compared.cut):
        return History(problem="the history has objects that are missing or broken", moment=moment)
    commits = []
    for one in messages.commits[:MAX_COMMITS]:
        if one.id in ends:
            continue
        diff = diffs.diffs.get(one.id, _Diff())
        commits.append(
            one.model_copy(
                update={
                    "files": diff.files,
                    "added": diff.added,
                    "deleted": diff.deleted,
                    "changes": tuple(diff.changes),
                }
            )
        )
    return History(
        commits=tuple(commits),
        authors=tuple(name for _, name in sorted(messages.authors.values())),
        cut=messages.cut or diffs.cut or bool(ends) or len(messages.commits) > MAX_COMMITS,
        blobs={oid: diffs.diffs[oid].blobs for oid in roots if oid in diffs.diffs},
        moment=moment,
    )


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _seconds(data: bytes) -> int:
    """A time within the years that anyone can name."""
    return max(0, min(int(data), _MAX_TIME)) if re.fullmatch(rb"-?\d{1,20}", data) else 0
