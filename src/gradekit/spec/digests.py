"""What stands for the content of a challenge or a rubric: equal content, equal digest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gradekit.spec.challenge import ChallengeSpec
from gradekit.spec.files import INSTALLED, Files


def canonical(data: object) -> bytes:
    """The same bytes for the same data: comments and layout do not count, order does."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def digest_of(parts: Mapping[str, bytes]) -> str:
    """SHA-256 over named parts in the order of their names; each is framed by its length."""
    digest = hashlib.sha256(b"gradekit 1\n")
    for name in sorted(parts):
        for piece in (name.encode(), parts[name]):
            digest.update(b"%d:" % len(piece))
            digest.update(piece)
    return digest.hexdigest()


def proving(root: Path, spec: ChallengeSpec) -> Mapping[str, str]:
    """Digests of what proves the checks and grades nobody.

    By path each solution, which is its files as they stand in the challenge's folder and what it claims; and
    ``mutation``, where the challenge has that, as far as it is about queries, whose mutants each verification grades.
    """
    files = Files(root)
    found = {}
    for solution in spec.solutions:
        parts = {"claim": canonical(solution.model_dump(mode="json", exclude_defaults=True))}
        for path in files.below(solution.path):
            if INSTALLED in path.split("/"):
                continue
            # Who grades it is told that it cannot be read.
            with suppress(OSError), (root / path).open("rb") as file:
                kind = "program" if os.fstat(file.fileno()).st_mode & 0o100 else "file"
                parts[f"{kind} {path}"] = file.read()
        found[solution.path] = digest_of(parts)
    if spec.mutation is not None:
        said = [spec.mutation.min_killed, *spec.ignored(of_code=False)]
        found["mutation"] = digest_of({"said": canonical(said)})
    return found
