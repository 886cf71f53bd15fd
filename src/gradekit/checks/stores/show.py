"""A question to a store and its answer, as text."""

from __future__ import annotations

from gradekit.checks.stores.answers import Found
from gradekit.checks.stores.questions import Query
from gradekit.texts import clean

MAX_REPLY = 4096
"""Characters of a reply that are shown."""
MAX_KEYS = 50
"""Keys that are shown."""


def answered(query: Query, found: Found) -> str:
    """A question and its answer."""
    lines = [clean(query.text, MAX_REPLY), ""]
    if found.error is not None:
        lines.append(f"error: {clean(found.error, MAX_REPLY)}")
    for fact in (found.keys or ())[:MAX_KEYS]:
        ttl = "never expires" if fact.ttl is None else f"expires in {fact.ttl:g} s"
        lines.append(f"{clean(fact.name)}: {clean(fact.type)}, {ttl}")
    if found.keys is not None:
        lines.append(f"{found.count} keys in all")
    if found.reply is not None:
        lines.append(clean(found.reply, MAX_REPLY))
    return "\n".join(lines)
