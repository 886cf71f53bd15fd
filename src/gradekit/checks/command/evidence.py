"""How the runs ended, and what they printed."""

from __future__ import annotations

from base64 import b64encode
from codecs import getincrementaldecoder
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from gradekit.model import Model, tuple_of
from gradekit.sandbox.plans import Ending

MAX_OUTPUT: Final = 256 << 10
"""Bytes of each stream that are kept."""


class Stream(Model):
    """What a program printed: text, or base64 when it is not UTF-8."""

    text: str | None = None
    base64: str | None = None
    size: int = 0
    """Bytes in all."""

    @classmethod
    def of(cls, data: bytes) -> Stream:
        """The first MAX_OUTPUT bytes of it."""
        kept = data[:MAX_OUTPUT]
        try:
            # Where it was cut, the last character may be a part of one.
            text = getincrementaldecoder("utf-8")().decode(kept, final=len(kept) == len(data))
        except UnicodeDecodeError:
            return cls(base64=b64encode(kept).decode(), size=len(data))
        return cls(text=text, size=len(data))


class RunFact(Model):
    """How a run ended and what it printed."""

    name: str
    line: str = ""
    """What the shell was given."""
    ending: Annotated[Ending, Field(strict=False)]
    exit_code: int | None = None
    stdout: Stream = Stream()
    stderr: Stream = Stream()
    seconds: float = 0.0


class CommandEvidence(Model):
    """The runs, in order."""

    runs: Annotated[tuple[RunFact, ...], BeforeValidator(tuple_of)] = ()
