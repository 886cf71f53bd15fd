"""What a store answered, as it would have after a slightly wrong program."""

from __future__ import annotations

from collections.abc import Iterator

from gradekit.checks.oracle import changed_text, replaced
from gradekit.checks.stores.answers import Found


def changed_found(found: Found) -> Iterator[tuple[str, Found]]:
    """The answer with one change in it, and the change in words."""
    if found.reply is not None:
        for what, text in changed_text(found.reply):
            yield what, found.model_copy(update={"reply": text})
    if found.keys:
        yield "without its last key", found.model_copy(update={"keys": found.keys[:-1], "count": found.count - 1})
        more = found.keys[-1].model_copy(update={"name": f"{found.keys[-1].name}x"})
        yield "with another key", found.model_copy(update={"keys": (*found.keys, more), "count": found.count + 1})
        for index, key in enumerate(found.keys):
            expiring = key.model_copy(update={"ttl": 1.0 if key.ttl is None else None})
            what = f"{key.name}: {'expires' if key.ttl is None else 'never expires'}"
            yield what, found.model_copy(update={"keys": replaced(found.keys, index, expiring)})
            other = key.model_copy(update={"type": "another"})
            what = f"{key.name}: of another type"
            yield what, found.model_copy(update={"keys": replaced(found.keys, index, other)})
