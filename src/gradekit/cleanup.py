"""Cleaning up that an interruption neither stops half-way nor forgets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

_OURS = "gradekit"
"""How the names of our threads begin."""
_PATIENCE = 30.0
_owed: dict[Callable[[], None], None] = {}
_held = 0
_waiting: list[BaseException] = []


def owe(action: Callable[[], None]) -> None:
    """Have something done before the process ends, unless it says before that it is done (``paid``).

    A ``finally`` does not do for this alone: an exception raised by a signal may come between the moment in which a
    context manager's generator hands out what it made and the moment in which its ``with`` block begins.
    """
    _owed[action] = None


def paid(action: Callable[[], None]) -> None:
    """What was owed has been done; harmless when it was not owed."""
    _owed.pop(action, None)


def settle() -> None:
    """Do what is still owed, the newest first, and again when our threads have ended, which may have made more.

    A pool waits for its threads at its end, but not for one in whose start the error of a signal was raised.
    """
    with unbroken():
        _pay()
        for thread in threading.enumerate():
            if thread.name.startswith(_OURS) and thread is not threading.current_thread():
                thread.join(_PATIENCE)
        _pay()


def _pay() -> None:
    while _owed:
        action, _ = _owed.popitem()
        action()


def interrupt(error: BaseException) -> None:
    """Raise an error that a signal stands for: at once, or when what must not be broken off has ended.

    For handlers of signals, which run in the main thread. Of several errors the first is raised.
    """
    if not _held:
        raise error
    _waiting.append(error)


class unbroken:  # noqa: N801 - reads as a statement of its own
    """A context in which the errors of ``interrupt`` wait; other threads than the main one never meet them.

    A class and no generator, for a generator would have the same gap that ``owe`` tells of.
    """

    def __enter__(self) -> Self:
        """Begin."""
        global _held  # noqa: PLW0603 - a process has one main thread
        if _is_main():
            _held += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; what waits is raised by the outermost one."""
        global _held  # noqa: PLW0603
        if not _is_main():
            return
        _held -= 1
        if not _held and _waiting:
            first = _waiting[0]
            _waiting.clear()
            raise first


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
