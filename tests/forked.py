"""Runs of the command line that need not start: each is a fork of a process that has imported all of it already.

Only what a test says about the start itself (what is imported, encodings, a PATH without git) needs a fresh process.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

_MESSAGE = 1 << 20
_UNFIT = ("gradekit.__main__", "gradekit.probe", "gradekit.templates")
"""They run elsewhere, or as soon as they are imported."""


class Program:
    """A process that forks runs for as long as this one lives."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        argv = [sys.executable, "-m", __name__, str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(argv, cwd=Path(__file__).parents[1], pass_fds=[theirs.fileno()])

    def close(self) -> None:
        """End it: it notices that nobody can ask any more."""
        self._channel.close()
        self._process.wait()

    def run(
        self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], seconds: float
    ) -> tuple[int, subprocess.CompletedProcess[str]]:
        """Run the command line to its end: its process id, and what it gave. Raises TimeoutExpired."""
        asked = json.dumps({"arguments": list(arguments), "cwd": str(cwd), "env": dict(env)})
        ours, theirs = socket.socketpair()
        with ours, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            with theirs:
                socket.send_fds(self._channel, [asked.encode()], [out.fileno(), err.fileno(), theirs.fileno()])
            pid = int(_line(ours))
            ours.settimeout(seconds)
            try:
                code = int(_line(ours))
            except BaseException as error:
                os.kill(pid, signal.SIGKILL)
                if isinstance(error, TimeoutError):
                    raise subprocess.TimeoutExpired(list(arguments), seconds) from None
                raise
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode())
        return pid, subprocess.CompletedProcess(list(arguments), code, *texts)


@functools.cache
def _program() -> Program:
    program = Program()
    atexit.register(program.close)
    return program


def run(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, seconds: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder; ``env`` adds to the environment. Raises TimeoutExpired."""
    return run_with_pid(*arguments, cwd=cwd, env=env, seconds=seconds)[1]


def run_with_pid(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, seconds: float = 60.0
) -> tuple[int, subprocess.CompletedProcess[str]]:
    """Run the command line, as ``run`` does; also the id of its process, by which the engine's things are known."""
    return _program().run(arguments, cwd, {**os.environ, **(env or {})}, seconds)


def _line(channel: socket.socket) -> bytes:
    got = b""
    while not got.endswith(b"\n"):
        more = channel.recv(1)  # the next line may be there already
        if not more:
            raise RuntimeError("the process that forks runs of the command line is gone")
        got += more
    return got


def _serve(channel: socket.socket) -> None:
    """Fork a process for each run, and one that tells its end; returns in runs only."""
    while True:
        message, files, _, _ = socket.recv_fds(channel, _MESSAGE, 3)
        if not message:
            sys.exit()
        if os.fork() == 0:
            channel.close()
            out, err, reply = files
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            run = os.fork()
            if run == 0:
                os.close(reply)
                os.dup2(out, 1)
                os.dup2(err, 2)
                os.closerange(3, max(files) + 1)
                _become(**json.loads(message))
                return
            for file in (out, err):
                os.close(file)
            with socket.socket(fileno=reply) as answer:
                answer.sendall(b"%d\n" % run)
                answer.sendall(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(run, 0)[1]))
            os._exit(0)
        for file in files:
            os.close(file)


def _become(arguments: list[str], cwd: str, env: dict[str, str]) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = arguments


def _main() -> None:
    import gradekit  # noqa: PLC0415 - only here it is for others

    channel = socket.socket(fileno=int(sys.argv[1]))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for module in pkgutil.walk_packages(gradekit.__path__, "gradekit."):
        if not module.name.startswith(_UNFIT):
            importlib.import_module(module.name)
    gc.collect()
    gc.freeze()
    _serve(channel)
    from gradekit.__main__ import main  # noqa: PLC0415 - a run's

    code: object = None
    try:
        main()
    except SystemExit as end:
        code = end.code
    # As the interpreter ends, but for all modules' being taken down: that would touch, and so copy, all of the memory.
    threading._shutdown()  # type: ignore[attr-defined] # there is no public way
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    _main()
