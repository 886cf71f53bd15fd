"""What an engine's documents say of a query: its work, and how it reads each table."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gradekit.checks import statements

_INDEX_NODES: Final = frozenset({"Index Scan", "Index Only Scan", "Bitmap Index Scan"})
_SCANS: Final = frozenset({"ALL", "index"})
"""Of MariaDB: the whole table, and the whole of an index."""
_SEEKS: Final = ("Seek", "NotExists", "Found", "NotFound", "NoConflict", "IdxGE", "IdxGT", "IdxLE", "IdxLT")


class Unreadable(ValueError):  # noqa: N818 - it describes a document
    """Why documents are none of the engine's."""


@dataclass(slots=True)
class Plan:
    """Facts of a query."""

    work: dict[str, int] = field(default_factory=dict)
    """Counters by name; each of them grows with what the query reads."""
    scanned: set[str] = field(default_factory=set)
    """Tables that are read from end to end, also where that is done in the order of an index."""
    indexed: set[str] = field(default_factory=set)
    """Tables in which an index finds rows."""


def read(engine: str, documents: Sequence[str]) -> Plan:
    """The facts in what ``observe`` kept.

    Raises:
        Unreadable: the documents are not what the engine gives.
    """
    try:
        return _READERS[engine](documents)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        what = (
            "it is nested too deeply; write the query with fewer parts inside of each other"
            if deep
            else "it is not in the form of this engine"
        )
        raise Unreadable(f"the database's plan of the query cannot be read: {what}") from error


def explained(engine: str, documents: Sequence[str]) -> str:
    """The plan as the engine tells it to people."""
    if engine == "postgres":
        return documents[0] if documents else ""
    if engine == "mariadb":
        return documents[3] if len(documents) > 3 else ""  # noqa: PLR2004 - the plan's place
    try:
        return "\n".join(str(row[-1]) for row in json.loads(documents[3]))
    except (ValueError, TypeError, IndexError, KeyError, RecursionError):
        return documents[-1] if documents else ""


def _postgres(documents: Sequence[str]) -> Plan:
    (document,) = documents
    root = json.loads(document)[0]["Plan"]
    plan = Plan({"blocks": int(root["Shared Hit Blocks"]) + int(root["Shared Read Blocks"]), "rows": 0})
    todo: list[tuple[Mapping[str, Any], str]] = [(root, "")]
    while todo:
        node, above = todo.pop()
        kind, table = node["Node Type"], node.get("Relation Name", above)
        seen = node["Actual Rows"] + sum(node[name] for name in node if name.startswith("Rows Removed by"))
        plan.work["rows"] += round(seen * node["Actual Loops"])
        if not node["Actual Loops"]:
            continue
        if kind in {"Seq Scan", "Sample Scan"} or (kind in _INDEX_NODES and "Index Cond" not in node):
            plan.scanned.add(table)
        elif kind in _INDEX_NODES:
            plan.indexed.add(table)
        # A bitmap's index stands below the node that names its table, with And and Or between them.
        below = table if kind.startswith("Bitmap") else ""
        todo += ((child, below) for child in node.get("Plans", ()))
    return plan


def _mariadb(documents: Sequence[str]) -> Plan:
    before, again, after, plan_text, warnings = documents
    counts = [sum(int(row[1]) for row in json.loads(status)) for status in (before, again, after)]
    plan = Plan({"rows": max(0, counts[2] - counts[1] - (counts[1] - counts[0]))})
    names = _aliases(row[2] for row in json.loads(warnings))
    todo: list[Any] = [json.loads(plan_text)]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo += node
        elif isinstance(node, dict):
            todo += node.values()
            if "access_type" in node and "table_name" in node:
                kind = plan.scanned if node["access_type"] in _SCANS else plan.indexed
                kind |= names.get(node["table_name"], {node["table_name"]})
    return plan


def _aliases(notes: Iterator[str]) -> Mapping[str, set[str]]:
    """Tables by the names that the query gives them, from the query as the server wrote it out."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for note in notes:
        words = [text for kind, text in statements.tokens(note, "mariadb") if kind != "space"]
        for place in range(len(words) - 3):
            table, alias = words[place + 2], words[place + 3]
            quoted = all(word.startswith("`") for word in (words[place], table, alias))
            if quoted and words[place + 1] == "." and (not place or words[place - 1] != "."):
                names[_bare(alias)].add(_bare(table))
    return names


def _bare(name: str) -> str:
    return name[1:-1].replace("``", "`")


def _sqlite(documents: Sequence[str]) -> Plan:
    steps, program, roots, _ = documents
    plan = Plan({"steps": int(steps)})
    tables = {int(root): table for _, table, root in _rows(roots)}
    opened: dict[str, str] = {}
    marks: defaultdict[str, set[str]] = defaultdict(set)
    for _, code, one, two, three, *_ in _rows(program):
        if code in {"OpenRead", "ReopenIdx"} and three == "0":
            opened[one] = tables.get(int(two), "")
        elif code.startswith(_SEEKS):
            marks[one].add("seek")
        elif code in {"Rewind", "Last", "Next", "Prev", "Count"}:
            marks[one].add({"Next": "step", "Prev": "step", "Count": "count"}.get(code, "end"))
    for cursor, table in opened.items():
        if "seek" in marks[cursor]:
            plan.indexed.add(table)
        elif "count" in marks[cursor] or {"end", "step"} <= marks[cursor]:
            plan.scanned.add(table)
    return plan


def _rows(document: str) -> list[list[str]]:
    rows = json.loads(document)
    return [[str(cell) for cell in row] for row in rows]


_READERS: Final = {"postgres": _postgres, "mariadb": _mariadb, "sqlite": _sqlite}
