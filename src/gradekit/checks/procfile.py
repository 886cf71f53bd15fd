"""The Procfile of a submission: which command stands for what, whatever the language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from gradekit.errors import Blocked
from gradekit.sandbox.plans import FileEntry

PATH: Final = "Procfile"
MAX_SIZE: Final = 64 << 10
"""Bytes of it that are read."""
NAME_PATTERN: Final = r"^[A-Za-z0-9_-]+$"
_LINE = re.compile(r"\s*(?P<name>[A-Za-z0-9_-]+)\s*:\s*(?P<command>\S.*?)\s*")


def command_of(files: Mapping[str, FileEntry], name: str) -> str:
    """The shell line of the first ``NAME: COMMAND`` in a submission's Procfile.

    Raises:
        Blocked: there is no Procfile, or no such line in it.
    """
    entry = files.get(PATH)
    if entry is None:
        raise Blocked(f"there is no {PATH}; one with a line `{name}: COMMAND` was expected")
    for line in entry.data[:MAX_SIZE].decode(errors="replace").splitlines():
        found = _LINE.fullmatch(line)
        if found and found["name"] == name and "\0" not in line:
            return found["command"]
    raise Blocked(f"{PATH} has no line `{name}: COMMAND`")
