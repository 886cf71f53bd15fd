"""From a REPO argument to the files of one commit, in memory."""

from __future__ import annotations

import difflib
import hashlib
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from gradekit.errors import Problem, SubmissionError, UsageError
from gradekit.history import History, Lines
from gradekit.sandbox.plans import FileEntry
from gradekit.submission.access import Access
from gradekit.submission.address import Address, parse
from gradekit.submission.blobs import Blobs
from gradekit.submission.explain import failure, unknown_ref
from gradekit.submission.folder import read_folder
from gradekit.submission.gitio import Finished, Git, private_folder
from gradekit.submission.history import MAX_COMMITS, read_history
from gradekit.submission.lines import read_lines
from gradekit.submission.sieve import CloneRules, Sieve, printable, size_text
from gradekit.submission.uncommitted import uncommitted
from gradekit.texts import clean

_TIP = "refs/gradekit/tip"
_OID = re.compile(r"[0-9a-f]{40}")
_BAD_REF = re.compile(r"[\s~^:?*\[\\]|\.\.|@\{|//|/\.|^[-./]|[./]$|\.lock(?:/|$)")
_MAX_REF = 250
_MAX_NEAR = 5
_MAX_REFS = 2000
_MAX_RECORD = 64 << 10
_PACK_FACTOR = 4
_PACK_SLACK = 64 << 20


@dataclass(frozen=True, slots=True)
class Submission:
    """The files of one commit, or of a plain folder.

    Attributes:
        repo: REPO as it was given, printable and without credentials.
        ref: the ref as it was asked for, or None for the default branch.
        commit: object id of the commit, or None for a plain folder.
        tree: SHA-256 over paths, executable bits and contents of ``files``, hex.
        candidate: who it is from, as told by the caller.
        received_at: when it came, as told by the caller.
        files: by path, sorted.
        dropped: entries that are left out (links, submodules, dangerous names), each with the reason.
        seconds: how long it took.
        history: the commits that lead to it, if the rules ask for them; None for a plain folder.
        uncommitted: how many files of a local work tree are not as they are committed, in a sentence, where the last
            commit was taken because nobody asked for another; else empty.
    """

    repo: str
    ref: str | None
    commit: str | None
    tree: str
    candidate: str | None
    received_at: str | None
    files: Mapping[str, FileEntry]
    dropped: tuple[str, ...]
    seconds: float
    history: History | None = None
    uncommitted: str = ""


def obtain(
    repo: str,
    *,
    ref: str | None,
    before: datetime | None,
    candidate: str | None,
    received_at: str | None,
    rules: CloneRules,
    access: Access = Access(),  # noqa: B008 - frozen
) -> Submission:
    """Fetch a repository, or read a folder, without running or checking out anything of it.

    Args:
        repo: an ``https://``, ``ssh://`` or ``file://`` URL, ``git@host:path``, a local repository or a
            plain folder; ``http://`` for this machine only.
        ref: a branch, a tag or a full commit id; the default branch if None. A branch goes before a
            tag of the same name.
        before: take the last commit on the ref whose committer date is before this moment, following
            first parents: what the branch pointed at.
        candidate: kept in the result.
        received_at: kept in the result.
        rules: sizes, counts and time.
        access: which authorities to trust, and a secret for private repositories on hosts that it names.

    Raises:
        SubmissionError: it cannot be obtained, or breaks the rules.
        UsageError: ``before`` has no time zone, or the credential helper has nothing for its host.
        InfrastructureError: git is missing or too old, certificates cannot be read, or the disk is full.
    """
    begun = time.monotonic()
    address = parse(repo)
    _check_arguments(address, ref, before)
    sieve = Sieve(rules, address.shown)
    commit = history = None
    left = ""
    if address.kind == "folder":
        files = _from_folder(address, ref, before, rules, sieve)
    else:
        with private_folder() as folder:
            max_pack = _PACK_FACTOR * rules.max_size + _PACK_SLACK
            git = Git(folder, address, timeout=rules.timeout, max_pack=max_pack, access=access)
            clone = _Clone(git, address, access, size_text(max_pack))
            commit = clone.commit(ref, before)
            files = clone.files(commit, rules, sieve)
            history = clone.history(commit, rules) if rules.history or rules.lines_without is not None else None
            work_tree = address.folder if address.kind == "repository" and ref is None and before is None else None
            if work_tree is not None and (work_tree / ".git").is_dir():
                left = uncommitted(git, commit, work_tree, _inner(rules), files)
    if not files:
        where = f"commit {commit[:12]}" if commit else "the folder"
        inside = "" if _inner(rules) is None else f" in {clean(rules.path)}"
        rest = f" ({len(sieve.dropped)} entries dropped, such as {sieve.dropped[0]})" if sieve.dropped else ""
        hint = "commit and push the work, or give another --ref" if commit else "put the submission's files into it"
        raise address.refused(f"{where} has no files{inside}{rest}", "", hint)
    files = dict(sorted(files.items()))
    return Submission(
        repo=address.shown,
        ref=ref,
        commit=commit,
        tree=_digest(files),
        candidate=candidate,
        received_at=received_at,
        files=MappingProxyType(files),
        dropped=sieve.dropped,
        seconds=time.monotonic() - begun,
        history=history,
        uncommitted=left,
    )


def read(folder: Path, *, candidate: str, rules: CloneRules) -> Submission:
    """A working folder as it is now, whether or not it is a repository.

    Raises:
        SubmissionError: it cannot be read, is empty or breaks the rules.
    """
    begun = time.monotonic()
    sieve = Sieve(rules, str(folder))
    if not folder.is_dir():
        raise SubmissionError(Problem(str(folder), "is not a folder", "a folder with the submission's files"))
    files = read_folder(folder, sieve, str(folder), rules.timeout)
    if not files:
        raise SubmissionError(Problem(str(folder), "the folder has no files"))
    files = dict(sorted(files.items()))
    return Submission(
        repo=str(folder),
        ref=None,
        commit=None,
        tree=_digest(files),
        candidate=candidate,
        received_at=None,
        files=MappingProxyType(files),
        dropped=tuple(sieve.dropped),
        seconds=time.monotonic() - begun,
    )


def _check_arguments(address: Address, ref: str | None, before: datetime | None) -> None:
    if before is not None and before.tzinfo is None:
        raise UsageError(Problem("--before", f"{before} has no time zone", "such as 2026-03-01T18:00:00+01:00"))
    if ref is None:
        return
    if not ref or len(ref) > _MAX_REF or _BAD_REF.search(ref) or not all(map(printable, ref)):
        raise SubmissionError(
            Problem(f"--ref {clean(ref)}", "cannot be a ref", "a branch, a tag or a commit's full id (40 digits)")
        )
    if address.kind == "folder":
        raise address.refused("a plain folder has no refs", "", "leave --ref out, or give a repository")


def _from_folder(
    address: Address, ref: str | None, before: datetime | None, rules: CloneRules, sieve: Sieve
) -> dict[str, FileEntry]:
    if ref is not None or before is not None:
        raise address.refused("is a plain folder, without history", "", "leave --ref and --before out")
    inner = _inner(rules)
    folder = address.folder or Path()
    if inner is not None:
        folder /= inner
        if not folder.is_dir() or folder.resolve() != folder:
            raise address.refused(f"has no folder {clean(inner)}")
    return read_folder(folder, sieve, address.shown, rules.timeout)


class _Clone:
    """One commit's files, by way of a bare repository."""

    def __init__(self, git: Git, address: Address, access: Access, size_limit: str) -> None:
        self._git = git
        self._address = address
        self._access = access
        self._size_limit = size_limit
        self._shallow: str | None = None
        """The source of which only the last commit was fetched."""

    def commit(self, ref: str | None, before: datetime | None) -> str:
        """Fetch what is needed and say which commit it is."""
        wanted = ref or "HEAD"
        depth = ["--depth=1"] if before is None else []
        for source in _sources(wanted):
            fetched = self._git.fetch(*depth, f"+{source}:{_TIP}")
            if fetched.code == 0:
                self._shallow = source if depth else None
                break
            if not unknown_ref(fetched.errors):
                raise self._failure(fetched)
        else:
            self._fetch_unnamed(wanted)
        name = _TIP if self._exists(_TIP) else wanted
        commit = self._ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if not commit:
            raise self._address.refused(f"{clean(wanted)} is not a commit", "a branch, a tag or a commit's full id")
        return commit if before is None else self._last(commit, wanted, before)

    def files(self, commit: str, rules: CloneRules, sieve: Sieve) -> dict[str, FileEntry]:
        """The files that the sieve keeps, read object by object, so that no attribute or filter applies."""
        inner = _inner(rules)
        listing = _Listing(sieve, inner)
        below = ["--", inner + "/"] if inner else []
        listed = self._git.run("ls-tree", "-r", "-t", "-l", "-z", "--full-tree", commit, *below, sink=listing.feed)
        if listed.code or listing.rest:
            raise self._failure(listed)
        with tempfile.TemporaryFile() as wanted:
            oids = dict.fromkeys(entry.oid for entry in listing.kept)
            wanted.write(b"".join(oid + b"\n" for oid in oids))
            wanted.seek(0)
            data: dict[bytes, bytes] = {}
            blobs = Blobs({entry.oid: entry.size for entry in listing.kept}, data.__setitem__)
            read = self._git.run("cat-file", "--batch", "--buffer", stdin=wanted, sink=blobs.feed)
        if read.code or blobs.broken or len(data) != len(oids):
            raise self._address.refused(
                "some of its objects are missing or broken", "", "push it again from a full clone"
            )
        return {entry.path: FileEntry(entry.path, data[entry.oid], entry.executable) for entry in listing.kept}

    def history(self, commit: str, rules: CloneRules) -> History:
        """What leads to the commit; the files are read before, so that a history that is too large spoils nothing.

        Raises:
            InfrastructureError: our machine has no time for it.
        """
        if self._shallow is not None:
            # One more than is read: of the last one the parents are not known.
            fetched = self._git.fetch(f"--depth={MAX_COMMITS + 2}", f"+{self._shallow}:{_TIP}")
            if fetched.code and self._git.overfull():
                problem = (
                    f"what git fetches of the history has more than {self._size_limit}, the limit that max_size of the "
                    "challenge leads to; are there large files in earlier commits?"
                )
                return History(problem=problem, lines=Lines(problem=problem))
            if fetched.code:
                raise self._failure(fetched)
        self._git.begin_reading()
        history = read_history(self._git, commit) if rules.history else History()
        if rules.lines_without is None:
            return history
        return replace(history, lines=read_lines(self._git, commit, _inner(rules), rules.lines_without))

    def _fetch_unnamed(self, wanted: str) -> None:
        """The other side has no such ref; if it is a commit id, it may still be inside of one of its refs."""
        refs = self._git.remote_refs()
        if not refs:
            raise self._address.refused("the repository is empty: it has no commits", "", "push the work")
        names = [
            name for _, name in refs if name.startswith(("refs/heads/", "refs/tags/")) and not name.endswith("^{}")
        ]
        if _OID.fullmatch(wanted):
            with tempfile.TemporaryFile() as listing:
                plain = [name for name in names[:_MAX_REFS] if not _BAD_REF.search(name)]
                listing.write("".join(name + "\n" for name in plain).encode())
                listing.seek(0)
                fetched = self._git.fetch(stdin=listing)
            if fetched.code:
                raise self._failure(fetched)
            if self._exists(wanted):
                return
        raise self._unknown(wanted, names)

    def _unknown(self, wanted: str, names: list[str]) -> SubmissionError:
        short = [name.split("/", 2)[2] for name in names[:_MAX_REFS]]
        near = difflib.get_close_matches(wanted, short, _MAX_NEAR, 0.5) or short[:_MAX_NEAR]
        there = "there is " + ", ".join(clean(name, 80) for name in near) if near else "it has no branches and no tags"
        if wanted == "HEAD":
            return self._address.refused(
                "its default branch does not exist", there, "give one of its branches with --ref"
            )
        hint = "give a commit's full id (40 digits)" if re.fullmatch(r"[0-9a-f]{7,39}", wanted) else ""
        what = "no such commit" if _OID.fullmatch(wanted) else "no such branch or tag"
        return SubmissionError(Problem(f"--ref {clean(wanted)}", f"{what} in {self._address.shown}", there, hint))

    def _last(self, tip: str, wanted: str, before: datetime) -> str:
        seconds = before.timestamp()
        latest = int(seconds) - (seconds == int(seconds))
        commit = self._ask("rev-list", "--first-parent", "--max-count=1", f"--min-age={latest}", tip)
        if not commit:
            raise self._address.refused(
                f"{clean(wanted)} has no commit before {before.isoformat()}", "", "give a later time"
            )
        return commit

    def _exists(self, name: str) -> bool:
        return bool(self._ask("rev-parse", "--verify", "--quiet", f"{name}^{{object}}"))

    def _ask(self, *arguments: str) -> str:
        """The object id that a program prints, or nothing."""
        finished = self._git.run(*arguments)
        oid = finished.stdout.decode("ascii", "replace").strip()
        return oid if finished.code == 0 and _OID.fullmatch(oid) else ""

    def _failure(self, finished: Finished) -> Exception:
        if self._git.overfull():
            return self._address.refused(
                f"what git fetches has more than {self._size_limit}",
                "",
                "remove large files from the commit, and with --before from the history too",
            )
        return failure(self._address, finished.errors, self._access)


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    oid: bytes
    size: int
    executable: bool


class _Listing:
    """Takes the output of ``ls-tree -z -l`` in pieces."""

    def __init__(self, sieve: Sieve, inner: str | None) -> None:
        self.kept: list[_Entry] = []
        self.rest = b""
        self._sieve = sieve
        self._prefix = f"{inner}/".encode() if inner else b""

    def feed(self, chunk: bytes) -> None:
        *records, self.rest = (self.rest + chunk).split(b"\0")
        for record in records:
            self._record(record)
        if len(self.rest) > _MAX_RECORD:
            self.rest = self.rest[: _MAX_RECORD // 2]  # still too long for a path, so it will be dropped

    def _record(self, record: bytes) -> None:
        facts, _, name = record.partition(b"\t")
        mode, kind, oid, size = facts.split()
        if kind == b"tree":
            self._sieve.folder()
        elif name.startswith(self._prefix):
            octal = int(mode, 8)
            path = self._sieve.keeps(name[len(self._prefix) :], octal, int(size) if kind == b"blob" else 0)
            if path is not None:
                self.kept.append(_Entry(path, oid, int(size), bool(octal & 0o100)))


def _sources(wanted: str) -> Iterator[str]:
    if wanted == "HEAD" or wanted.startswith("refs/") or _OID.fullmatch(wanted):
        yield wanted
    else:
        yield f"refs/heads/{wanted}"
        yield f"refs/tags/{wanted}"


def _inner(rules: CloneRules) -> str | None:
    inner = rules.path.strip("/").removeprefix("./")
    return None if inner in {"", "."} else inner


def _digest(files: Mapping[str, FileEntry]) -> str:
    digest = hashlib.sha256()
    for path, entry in files.items():
        digest.update(f"{'x' if entry.executable else '-'} {len(entry.data)} {path}\0".encode())
        digest.update(entry.data)
    return digest.hexdigest()
