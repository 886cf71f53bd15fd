"""Waiting for files to change.

Times and sizes are asked for again and again: that sees what is saved on every file system, those of virtual machines
and networks too, where the kernel's notices do not come, and it needs no library. A challenge and a submission are
some hundred files, which takes a few milliseconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_PAUSE: Final = 0.3
_UNWATCHED: Final = frozenset({".git", "__pycache__", "node_modules", ".venv"})
_MOST: Final = 20_000
"""Files that are looked at: more than a submission may have."""

Seen = Mapping[str, tuple[int, int, int]]


def look(folders: Sequence[Path]) -> Seen:
    """By path, time and size of every file below some folders, and the file itself, which a save may replace."""
    seen: dict[str, tuple[int, int, int]] = {}
    for top in folders:
        for folder, below, names in os.walk(top):
            below[:] = sorted(name for name in below if name not in _UNWATCHED)
            for name in sorted(names):
                path = os.path.join(folder, name)  # noqa: PTH118 - quicker than Path, and there are many
                try:
                    status = os.lstat(path)
                except OSError:  # gone meanwhile
                    continue
                seen[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
                if len(seen) >= _MOST:
                    return seen
    return seen


def wait(folders: Sequence[Path], seen: Seen, *, pause: float = _PAUSE) -> Seen:
    """Wait until something differs from what was ``seen``, and then until nothing more changes for a pause.

    An editor that writes several files, or one of them twice, is one change.
    """
    while (now := look(folders)) == seen:
        time.sleep(pause)
    while True:
        time.sleep(pause)
        before, now = now, look(folders)
        if now == before:
            return now
