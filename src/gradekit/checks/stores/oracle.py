"""What a store answered, as it would have after a slightly wrong program."""

from __future__ import annotations

from gradekit.checks.oracle import Changes, Place, changed_text, replaced
from gradekit.checks.stores.answers import Found


def changed_found(found: Found) -> Changes[Found]:
    """The answer with one change in it."""
    if found.reply is not None:
        for place, what, text in changed_text(found.reply):
            yield place, what, found.model_copy(update={"reply": text})
    if found.keys:
        fewer = {"keys": found.keys[:-1], "count": found.count - 1}
        yield Place("keys"), "without the last one", found.model_copy(update=fewer)
        another = found.keys[-1].model_copy(update={"name": f"{found.keys[-1].name}x"})
        more = {"keys": (*found.keys, another), "count": found.count + 1}
        yield Place("keys"), "with another one", found.model_copy(update=more)
        for index, key in enumerate(found.keys):
            expiring = key.model_copy(update={"ttl": 1.0 if key.ttl is None else None})
            what = f"{key.name} {'expires' if key.ttl is None else 'never expires'}"
            keys = replaced(found.keys, index, expiring)
            yield Place("ttl"), what, found.model_copy(update={"keys": keys})
            other = key.model_copy(update={"type": "another"})
            keys = replaced(found.keys, index, other)
            yield Place("type"), f"{key.name} of another one", found.model_copy(update={"keys": keys})
