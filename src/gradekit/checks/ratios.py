"""What a reference was measured at, as challenge.lock keeps it: ratios with their intervals, never times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from pydantic import Field

from gradekit.model import Model


class Ratio(Model):
    """A measured ratio; the truth is between ``low`` and ``high`` with great certainty."""

    value: float = Field(gt=0)
    low: float = Field(gt=0)
    high: float = Field(gt=0)


Ratios: TypeAlias = Mapping[str, Mapping[str, Ratio]]
"""Language -> measure -> what the reference in that language got."""
