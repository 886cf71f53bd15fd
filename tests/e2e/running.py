"""What the tests of whole runs share: a finished run, one in the background, an engine that goes away."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import forked

ROOT = Path(__file__).parents[2]
CHALLENGE = ROOT / "challenges" / "orders-api"
NOTES = ROOT / "tests" / "hostile" / "challenge"
"""A small challenge with an app, a database and a suite: a grading takes two seconds instead of half a minute."""
OWNER = "io.gradekit.owner"
_PATIENCE = 1200.0
"""Seconds for a command: verify grades the shipped challenge in five languages, also on a busy machine."""


@dataclass(frozen=True, slots=True)
class Finished:
    pid: int
    code: int
    out: str
    err: str


def command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "gradekit", *arguments]


def run_in(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Finished:
    """Run the command line in a folder to its end; ``env`` adds to the environment."""
    environment = {"NO_COLOR": "1", "COLUMNS": "100", "CI": "true", **(env or {})}
    pid, done = forked.run_with_pid(*arguments, cwd=folder, env=environment, seconds=_PATIENCE)
    assert "Traceback" not in done.stderr, done.stderr
    return Finished(pid, done.returncode, done.stdout, done.stderr)


def left_on_engine(pid: int) -> list[str]:
    """Everything on the engine that a process made: containers, volumes, networks."""
    found: list[str] = []
    for what, label in (
        (["ps", "-a"], f'{{{{.ID}}}} {{{{.Label "{OWNER}"}}}}'),
        (["volume", "ls"], f'{{{{.Name}}}} {{{{.Label "{OWNER}"}}}}'),
        (["network", "ls"], f'{{{{.ID}}}} {{{{.Label "{OWNER}"}}}}'),
    ):
        listed = ["docker", *what, "--filter", f"label={OWNER}", "--format", label]
        done = subprocess.run(listed, capture_output=True, text=True, check=True)
        found += [line for line in done.stdout.splitlines() if f":{pid}:" in line]
    return found


@dataclass
class Background:
    """A run in the background, to be interrupted."""

    process: subprocess.Popen[str]
    lines: list[str]
    reader: threading.Thread | None = None

    def wait_for(self, text: str, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not any(text in line for line in self.lines):
            assert self.process.poll() is None, "".join(self.lines)
            assert time.monotonic() < end, "".join(self.lines)
            time.sleep(0.02)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


class EngineProxy:
    """A socket in front of the engine that can go away, as an engine does that is stopped."""

    def __init__(self, path: Path, engine: str) -> None:
        self.path = path
        self.engine = engine
        self.open = True
        self.pairs: list[socket.socket] = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while self.open:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.engine)
            self.pairs += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._relay, args=(source, target), daemon=True).start()

    @staticmethod
    def _relay(source: socket.socket, target: socket.socket) -> None:
        try:
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def stop(self) -> None:
        self.open = False
        self.listener.close()
        self.path.unlink(missing_ok=True)
        for end in self.pairs:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for end in self.pairs:
            end.close()
