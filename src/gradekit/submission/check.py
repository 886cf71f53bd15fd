"""Which of the challenge's rules on files a submission breaks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gradekit.spec.globs import matching
from gradekit.texts import clean

_LISTED = 10


def rules_problems(files: Iterable[str], required: Sequence[str], forbidden: Sequence[str]) -> list[str]:
    """One message for every required pattern without a file, and for every file that is forbidden.

    The patterns are those of ``matching``. The messages name the candidate's paths made printable.
    """
    paths = tuple(files)
    problems = [f"missing file: {pattern}" for pattern in required if not matching(paths, pattern)]
    refused = sorted({path for pattern in forbidden for path in matching(paths, pattern)})
    problems += [f"file not allowed: {clean(path)}" for path in refused[:_LISTED]]
    if len(refused) > _LISTED:
        problems.append(f"{len(refused) - _LISTED} more files not allowed")
    return problems
