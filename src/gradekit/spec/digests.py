"""What stands for the content of a challenge or a rubric: equal content, equal digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping


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
