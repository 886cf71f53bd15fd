"""Temporary folders that say whose they are, so that those of a killed process can be found and removed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gradekit import cleanup

_NAME = re.compile(r"gradekit-(?P<pid>\d+)-[a-z]+-.+")


@contextmanager
def scratch(word: str) -> Iterator[Path]:
    """A private temporary folder that is gone afterwards; ``word`` (small letters) says what for."""
    folder = tempfile.TemporaryDirectory(prefix=f"gradekit-{os.getpid()}-{word}-")
    try:
        yield Path(folder.name)
    finally:
        with cleanup.unbroken():
            folder.cleanup()


def lock_folder() -> Path:
    """Where this user's runs keep files that they lock; nothing but their locks matters."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "gradekit" / "locks"


def remove_left_behind() -> tuple[str, ...]:
    """Remove the folders of this user whose process is gone; their paths.

    A number that another process has got meanwhile keeps its folder until that one is gone too.
    """
    removed = []
    for path in sorted(Path(tempfile.gettempdir()).glob("gradekit-*")):
        match = _NAME.fullmatch(path.name)
        if match and path.is_dir() and not path.is_symlink() and _is_ours(path) and not _lives(int(match["pid"])):
            shutil.rmtree(path, ignore_errors=True)
            removed.append(str(path))
    return tuple(removed)


def _is_ours(path: Path) -> bool:
    return path.lstat().st_uid == os.geteuid()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
