"""The terminal of this process, lent to a program in a container."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

from gradekit.sandbox.client import Client
from gradekit.sandbox.wire import Wire

_PAUSE_MS: Final = 200
_CHUNK: Final = 1 << 12


def interact(client: Client, container: str, argv: Sequence[str], *, uid: int) -> int:
    """Run a program on our stdin and stdout, which must be a terminal, until it ends; its exit code.

    What it prints reaches the terminal as it is: that is what a terminal is for.

    Raises:
        InfrastructureError: the engine cannot start it.
    """
    keyboard, screen = sys.stdin.fileno(), sys.stdout.fileno()
    env = {"TERM": os.environ.get("TERM", "xterm")}
    execution, wire = client.execute_on_terminal(container, argv, uid, env)
    try:
        with _raw(keyboard), _resized(lambda: _fit(client, execution, screen)):
            _pump(wire, keyboard, screen)
    finally:
        wire.close()
    return client.exit_code(execution) or 0


def _fit(client: Client, execution: str, screen: int) -> None:
    size = os.get_terminal_size(screen)
    client.resize(execution, size.lines, size.columns)


def _pump(wire: Wire, keyboard: int, screen: int) -> None:
    """Carry bytes both ways until the program's side is at its end."""
    unsent = b""
    poll = select.poll()
    poll.register(keyboard, select.POLLIN)
    poll.register(wire.fileno(), select.POLLIN)
    while True:
        ready = dict(poll.poll(_PAUSE_MS))
        typed = ready.get(keyboard, 0)
        if typed & select.POLLIN:
            unsent += os.read(keyboard, _CHUNK)
        elif typed:  # the terminal was closed
            return
        if unsent:
            sent = wire.send(memoryview(unsent))
            unsent = b"" if sent is None else unsent[sent:]
        while (data := wire.receive()) is not None:
            if not data:
                return
            _write(screen, data)


def _write(screen: int, data: bytes) -> None:
    while data:
        data = data[os.write(screen, data) :]


@contextmanager
def _raw(keyboard: int) -> Iterator[None]:
    """Every key is the program's, Ctrl-C too."""
    before = termios.tcgetattr(keyboard)
    try:
        tty.setraw(keyboard)
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSAFLUSH, before)


@contextmanager
def _resized(fit: Callable[[], None]) -> Iterator[None]:
    """Keep the program's terminal as large as ours."""

    def changed(_signal: int, _frame: FrameType | None) -> None:
        fit()

    before = signal.signal(signal.SIGWINCH, changed)
    try:
        fit()
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
