"""What the attacks were answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from gradekit.checks.http.evidence import Received, Sent
from gradekit.checks.security.model import ProbeName
from gradekit.model import Model, tuple_of


class Taken(Model):
    """One request and its answer; long headers and bodies of both are cut."""

    label: str
    """What the probe sent it for."""
    sent: Sent
    received: Received
    digest: str = ""
    """Of the whole body, in which the usual value stands in the place of the injected one."""
    shape: str = ""
    """Of the body's structure: names and lengths without values."""


class Row(Model):
    """One probe of one target, in one place of it where it has several."""

    target: str
    probe: ProbeName
    place: str = ""
    unsent: str = ""
    """Why nothing was sent."""
    taken: Annotated[tuple[Taken, ...], BeforeValidator(tuple_of)] = ()


class SecurityEvidence(Model):
    """All rows, in the order of the spec."""

    rows: Annotated[tuple[Row, ...], BeforeValidator(tuple_of)] = ()
