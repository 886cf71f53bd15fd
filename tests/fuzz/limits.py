"""What one input may cost, and what counts as a finding."""

from __future__ import annotations

import resource
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

LONGEST = 1 << 20
"""Bytes of an input that was grown."""
GROWTH = 64 << 20
"""Bytes by which one input may raise the process's peak."""
_HANG = 20.0


class Target(Protocol):
    """What is tried."""

    @property
    def weight(self) -> float:
        """How many times the usual time and memory it may take."""

    def run(self, data: bytes) -> None:
        """Read the input; any exception is a finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an input is one; ``key`` is equal for equal faults."""

    key: str
    text: str


class TooSlowError(BaseException):
    """Raised inside the target; a BaseException, so that no handler of its own takes it for an error of the input."""


def allowed(size: int) -> float:
    """Seconds of processor time for so many bytes: one, and four more for a mebibyte."""
    return 1.0 + 4.0 * size / LONGEST


def tried(target: Target, data: bytes, patience: float = 1.0) -> Finding | None:
    """Run the target once; ``patience`` stretches the time allowed where something slows it down."""
    limit = allowed(len(data)) * target.weight * patience
    peak = _peak()
    begun = time.process_time()
    try:
        with _alarm(limit + _HANG):
            target.run(data)
    except TooSlowError as error:
        return Finding("hang", f"more than {limit + _HANG:g} s\n{_shown(error)}")
    except Exception as error:  # noqa: BLE001 - any exception at all is what is looked for
        return Finding(_key(error), _shown(error))
    spent, grown = time.process_time() - begun, _peak() - peak
    if spent > limit:
        return Finding("slow", f"{spent:.1f} s for {len(data)} bytes")
    return Finding("memory", f"{grown >> 20} MiB for {len(data)} bytes") if grown > GROWTH * target.weight else None


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _key(error: Exception) -> str:
    """The kind of an exception and the last place of the program under test that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/gradekit/" in frame.filename or "/runners/" in frame.filename] or frames
    place = f"{own[-1].filename.rpartition('/')[2].removesuffix('.py')}-{own[-1].name.strip('_<>')}"
    return f"{type(error).__name__}-{place}"


def _shown(error: BaseException) -> str:
    return "".join(traceback.format_exception(error, limit=-12))[-4000:]
