"""Files on their way into a sandbox: a tar of our own making, unpacked by a trusted tar."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Sequence

from gradekit.errors import InfrastructureError, Problem
from gradekit.sandbox.plans import FileEntry

_MTIME = 1_577_836_800
"""2020-01-01: equal trees make equal archives, and no build tool sees a file of the future."""
_COMPONENT = 255
_PATH = 4096
_FILE = 0o644
_PROGRAM = 0o755


def unpack_argv(folder: str) -> tuple[str, ...]:
    """The program that unpacks an archive from its stdin into a folder of its container."""
    return ("tar", "-x", "-f", "-", "-C", folder, "--no-same-owner", "--no-same-permissions")


def emptying_argv(folder: str) -> tuple[str, ...]:
    """The program that removes what is in a folder of its container, as the owner of all of it."""
    return ("sh", "-c", 'chmod -R u+rwX "$1" && exec find "$1" -mindepth 1 -delete', "sh", folder)


def archive(files: Sequence[FileEntry], *, prefix: str = "", uid: int = 0) -> bytes:
    """A PAX tar of regular files and the folders they need; its first member is always a folder.

    Args:
        files: what goes in, in any order.
        prefix: a relative folder in which all of it is to lie.
        uid: the owner, for unpackers that keep owners.

    Raises:
        InfrastructureError: a name could leave the folder, cannot exist, or stands there twice.
    """
    check_names(file.path for file in files)
    start = f"{prefix}/" if prefix else ""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder in _folders([start, *(start + file.path for file in files)]):
            tar.addfile(_member(folder, tarfile.DIRTYPE, _PROGRAM, uid))
        for file in sorted(files, key=lambda file: file.path):
            member = _member(start + file.path, tarfile.REGTYPE, _PROGRAM if file.executable else _FILE, uid)
            member.size = len(file.data)
            tar.addfile(member, io.BytesIO(file.data))
    return buffer.getvalue()


def check_names(paths: Iterable[str]) -> None:
    """Accept only names that mean one file inside the folder, on every file system.

    Raises:
        InfrastructureError: naming the first path that is not acceptable.
    """
    seen: set[str] = set()
    for path in paths:
        fault = _fault(path) or ("it stands there twice" if path in seen else "")
        if fault:
            raise _refused(path, fault)
        seen.add(path)
    for path in sorted(seen):
        parent = path
        while "/" in parent:
            parent = parent.rpartition("/")[0]
            if parent in seen:
                raise _refused(path, f"{parent!r} is a file and a folder")


def _refused(path: str, fault: str) -> InfrastructureError:
    what = f"cannot be put into a sandbox, {fault}"
    return InfrastructureError(Problem(repr(path), what, "expected a/relative/path"))


def _fault(path: str) -> str:
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return "it is not UTF-8"
    parts = encoded.split(b"/")
    if b"\0" in encoded:
        return "it has a NUL byte"
    if any(part in {b"", b".", b".."} for part in parts):
        return "it is absolute or has an empty, '.' or '..' part"
    if len(encoded) > _PATH or any(len(part) > _COMPONENT for part in parts):
        return "it is too long"
    return ""


def _folders(paths: Iterable[str]) -> list[str]:
    """The root and all parents, each before what lies in it."""
    found = {"."}
    for path in paths:
        parts = path.split("/")[:-1]
        found.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return sorted(found, key=lambda folder: (folder != ".", folder))


def _member(name: str, kind: bytes, mode: int, uid: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.mode = mode
    member.mtime = _MTIME
    member.uid = member.gid = uid
    return member
