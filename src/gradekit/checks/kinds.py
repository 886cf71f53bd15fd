"""The table of check kinds: a new kind is one module of its name, with ``KIND`` in it, and one line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

from gradekit.checks.base import Kind

_NAMES: Final = (
    "http",
    "race",
    "security",
    "openapi",
    "load",
    "n_plus_one",
    "sql",
    "sqllogictest",
    "plan",
    "sessions",
    "migrations",
    "schema",
    "nosql",
    "suite",
    "command",
    "call",
    "own-tests",
    "git",
    "scan",
)


class _Table(Mapping[str, Kind[Any, Any]]):
    """Kinds by name, each imported when it is asked for: ``lint`` of a small challenge pays for those it has."""

    def __getitem__(self, name: str) -> Kind[Any, Any]:
        if name not in _NAMES:
            raise KeyError(name)
        kind: Kind[Any, Any] = import_module(f"gradekit.checks.{name.replace('-', '_')}").KIND
        return kind

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


KINDS: Final[Mapping[str, Kind[Any, Any]]] = _Table()
