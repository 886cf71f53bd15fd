"""The table of formats: a new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gradekit.imports import exercism, kattis, openapi, source
from gradekit.imports.made import Made
from gradekit.imports.source import Source


@dataclass(frozen=True, slots=True)
class Format:
    """A format that others write."""

    title: str
    make: Callable[[Source, str], Made]
    """Source and id of the challenge to what is written. Raises UsageError for what cannot be imported."""
    read: Callable[[Path, str], Source] = source.read
    """A path, and how messages call it, to the source: a folder, or one file."""


FORMATS: Final[Mapping[str, Format]] = {
    "exercism": Format("exercises with tests and an example solution, as Exercism's tracks have them", exercism.make),
    "kattis": Format("problem packages of programming contests, as Kattis and ICPC have them", kattis.make),
    "openapi": Format("documents of services, OpenAPI 3.0 or 3.1, in YAML or JSON", openapi.make, source.read_file),
}
