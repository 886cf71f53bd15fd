"""The probe's protocol: one reply line for every request line, whatever the request."""

from __future__ import annotations

import ast
import importlib.util
import json
import socket
import subprocess
import sys
import threading
import time

import pytest

from gradekit.probe import main as probe
from gradekit.probe.loader import Texts
from gradekit.sandbox.probe_client import modules, program


def run(*lines: str) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, *program()[1:]],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_it_runs_from_its_source_and_answers_in_order() -> None:
    assert run('{"id": 1, "op": "ping"}', '{"id": "b", "op": "ping"}') == [{"id": 1}, {"id": "b"}]


def test_faults_are_answers() -> None:
    replies = run(
        "{", "[]", "{}", '{"id": 5, "op": "dance"}', '{"id": 6, "op": "http"}', "[" * 100_000, '{"id": 7, "op": "ping"}'
    )
    assert [reply["id"] for reply in replies] == [None, None, None, 5, 6, None, 7]
    assert all("fault" in reply for reply in replies[:-1])
    assert replies[-1] == {"id": 7}


def test_it_stands_alone_and_fits_on_a_command_line() -> None:
    nodes = [node for text in modules().values() for node in ast.walk(ast.parse(text))]
    imported = {
        name
        for node in nodes
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    theirs = {name for name in imported if name.split(".")[0] not in sys.stdlib_module_names}
    assert {name.split(".")[0] for name in theirs - modules().keys()} == {"psycopg", "pymysql"}
    assert max(map(len, program())) < 100_000, "one argument of a command line has at most 128 KiB"


def test_the_loader_knows_the_modules_alone() -> None:
    loader = Texts({"gradekit.probe.wire": "x = 1"})
    assert loader.find_spec("gradekit.probe.http") is None
    assert loader.find_spec("gradekit.errors") is None
    package = loader.find_spec("gradekit.probe")
    assert package is not None
    assert package.submodule_search_locations is not None
    spec = loader.find_spec("gradekit.probe.wire")
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    assert module.x == 1


def test_listening_waits_for_a_late_service() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    late = socket.socket()

    def begin() -> None:
        time.sleep(0.15)
        late.bind(("127.0.0.1", port))
        late.listen()

    thread = threading.Thread(target=begin)
    thread.start()
    try:
        assert probe.listening({"port": port, "timeout": 5.0}) == {"open": True}
    finally:
        thread.join()
        late.close()


@pytest.mark.parametrize("timeout", [0.0, 0.1])
def test_listening_gives_up(timeout: float) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    started = time.monotonic()
    assert probe.listening({"port": port, "timeout": timeout}) == {"open": False}
    assert time.monotonic() - started < timeout + 0.3
