"""What the tool said of each operation: claims of a program that read answers of the candidate's app."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from gradekit.model import Model, tuple_of

Texts = Annotated[tuple[str, ...], BeforeValidator(tuple_of)]


class Record(Model):
    """One operation."""

    operation: str
    failures: Texts = ()
    """Answers that are wrong, each with the request that it came to."""
    errors: Texts = ()
    """Why requests got no answer, or were not made."""
    ran: bool = True


class OpenapiEvidence(Model):
    """Everything the tool said, bounded."""

    unready: str = ""
    """Why a step before failed; the tool was not started then."""
    ending: str = ""
    """How it ended, if not as it should."""
    records: Annotated[tuple[Record, ...], BeforeValidator(tuple_of)] = ()
    complete: bool = False
    """Whether it came to its end."""
