"""Which folder of this machine is the submission's: what lies in it was written by the candidate.

Whoever grades in CI often stands in a checkout of the very repository that is graded. Settings, challenges and rubrics
are looked for from the current folder upwards, and must not be found there.
"""

from __future__ import annotations

import re
from pathlib import Path

_REMOTE = re.compile(r"^[ \t]*url[ \t]*=[ \t]*(\S+)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_SHORT = re.compile(r"(?:[^/@:]+@)?(?P<host>[^/@:]+):(?!/)(?P<path>.+)")
_LONG = re.compile(r"[a-z+]+://(?:[^/@]*@)?(?P<host>[^/:]*)(?::\d+)?/(?P<path>.*)", re.IGNORECASE)


def submission_folder(repo: str, cwd: Path) -> Path | None:
    """The folder that REPO names, or the work tree around ``cwd`` where it is a clone of REPO, else None."""
    here = cwd / repo.removeprefix("file://")
    if here.is_dir():
        return here.resolve()
    for folder in (cwd.resolve(), *cwd.resolve().parents):
        config = folder / ".git" / "config"
        if config.is_file():
            # Read as text: git itself would follow what else stands there.
            text = config.read_text(encoding="utf-8", errors="replace")
            return folder if _name(repo) in map(_name, _REMOTE.findall(text)) else None
    return None


def _name(url: str) -> str:
    """The same for every way to write a repository's address: host and path."""
    found = _LONG.fullmatch(url) or _SHORT.fullmatch(url)
    name = f"{found['host'].lower()}/{found['path'].strip('/')}" if found else url.rstrip("/")
    return name.removesuffix(".git")
