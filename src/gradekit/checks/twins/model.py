"""What is known of twins, and of the test functions that may get one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from gradekit.model import Model, tuple_of

Point: TypeAlias = int | None
"""Which point of a test function is changed, from 0; None: its author wrote the whole twin."""


class Twin(Model):
    """What challenge.lock keeps of a unit: the point whose change makes these tests of it fail."""

    point: Annotated[int, Field(ge=0)] | None
    """None (null in the lock): the twin is written."""
    tests: Annotated[tuple[str, ...], BeforeValidator(tuple_of)]


@dataclass(frozen=True, slots=True)
class Unit:
    """A test function that may get a twin: ``test_x.py::test_a`` or ``test_x.py::TestB::test_a``."""

    id: str
    points: tuple[Point, ...]
    """What can be changed, at most MAX_POINTS; None alone where there is a written twin, which goes before."""


@dataclass(frozen=True, slots=True)
class Twinned:
    """A suite with twins in it."""

    files: Mapping[str, bytes]
    renamed: Mapping[str, str]
    """Id of a test in the original -> its id in this suite, where a changed parameter is part of the id."""
    changes: Mapping[str, str]
    """Unit id -> its lines_of that differ: ``-`` as in the original, ``+`` as in the twin."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong with the files of written twins, at ``PATH:LINE`` or ``PATH`` below their folder."""

    place: str
    what: str
    hint: str = ""
