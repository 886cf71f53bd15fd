"""The time that is left for a check and for the run that it belongs to."""

from __future__ import annotations

import time
from dataclasses import dataclass

from gradekit.errors import Blocked


@dataclass
class Allowance:
    """What a run may take, and what each check of it may take; ``begin`` opens each check."""

    run_deadline: float
    """On ``now()``'s clock: when the whole run is over."""
    _timeout: float = 0.0
    _deadline: float = 0.0
    _opened: float = 0.0
    """When the check's time began, later by all that it was given back."""

    def begin(self, timeout: float) -> None:
        """Allow a check so many seconds, from now on.

        Raises:
            Blocked: the run's time is over.
        """
        self._timeout = timeout
        self.begin_anew()
        if self.now() >= self.run_deadline:
            raise Blocked("the run's time limit was used up before this check began")

    def begin_anew(self) -> None:
        """Allow the check all of its time again: what came until now does not count."""
        self._opened = self.now()
        self._deadline = self.until(self._timeout)

    def until(self, seconds: float) -> float:
        """The moment on ``now()``'s clock in so many seconds, or when the run is over, if that is earlier."""
        return min(self.now() + seconds, self.run_deadline)

    def within(self, timeout: float) -> float:
        """The part of ``timeout`` that the check's deadline leaves.

        Raises:
            Blocked: none is left.
        """
        left = self._deadline - self.now()
        if left <= 0:
            if self._deadline >= self.run_deadline:
                raise Blocked("the run's time limit was used up")
            raise Blocked(f"the check ran past its limit of {self._timeout:g} s")
        return min(timeout, left)

    def spent(self) -> float:
        """Seconds of the check's limit that are used up."""
        return self.now() - self._opened

    def grant(self, seconds: float) -> None:
        """Give time back: what a busy engine takes to make containers is not taken from the candidate's limits."""
        self._opened += max(seconds, 0.0)
        self._deadline += max(seconds, 0.0)
        self.run_deadline += max(seconds, 0.0)

    def now(self) -> float:
        """A monotonic clock in seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, interruptibly, within the check's deadline."""
        time.sleep(self.within(seconds))
