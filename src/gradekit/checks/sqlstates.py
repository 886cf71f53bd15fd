"""What the code of an SQL error tells of whose error it is."""

from __future__ import annotations

import re
from typing import Final

# Connection, transaction state, resources, privileges, object state, locks, intervention, system, configuration,
# internal: classes of the SQL standard and of PostgreSQL's appendix A, to which the probe brings the other engines'.
_ENGINE_FAULTS: Final = ("08", "25", "40", "42501", "53", "55", "57", "58", "F0", "XX")


_VARIABLE: Final = re.compile(r"\$\{[^{}]*\}")
_LOOK_AT_NAMES: Final = "see whether the tables have the names and columns that the task asks for"
_LOOK_AT_TABLES: Final = "see whether the tables, and what is in them, are as the task says"


def where_to_look(sqlstate: str | None) -> str:
    """What the candidate should look at where a statement of the challenge failed."""
    return _LOOK_AT_NAMES if names_unknown(sqlstate) else _LOOK_AT_TABLES


def names_unknown(sqlstate: str | None) -> bool:
    """Whether a statement probably asks for what the tables do not have: class 42, but for privileges and syntax."""
    return (sqlstate or "").startswith("42") and sqlstate not in {"42501", "42601"}


SYNTAX_ERROR: Final = "42601"
"""To which the probe brings all engines'."""


def is_no_sql(text: str, sqlstate: str | None) -> bool:
    """Whether the engine says that a statement of the challenge is no SQL, and a parser says so, too.

    Then no submission is to blame. The engine alone is not believed, for functions and views of a submission can raise
    any error.
    """
    # Its parser of SQL is large, and hardly ever needed.
    from gradekit.checks.ordering import is_sql  # noqa: PLC0415

    return sqlstate == SYNTAX_ERROR and not is_sql(_VARIABLE.sub("1", text))


def engine_failed(sqlstate: str | None) -> bool:
    """Whether the engine could not run a statement, whatever the tables are; also where it gives no code."""
    return (sqlstate or "XX").startswith(_ENGINE_FAULTS)
