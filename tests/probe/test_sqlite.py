"""The probe's side of SQLite: what answers it is a program that ran a stranger's statements."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradekit.probe.sql import sql

Ask = Callable[[bytes], dict[str, Any]]
ROW = {"columns": [["a", "integer"]], "rows": [["1"]], "affected": None, "truncated": False, "error": None}


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """What the probe makes of an answer to two statements."""

    def asked(answer: bytes) -> dict[str, Any]:
        server = socket.socket(socket.AF_UNIX)
        server.bind(f"{tmp_path}/socket")
        server.listen(1)

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as file:
                seen.append(json.loads(file.readline()))
                connection.sendall(answer)
            server.close()

        seen: list[dict[str, Any]] = []
        thread = threading.Thread(target=serve)
        thread.start()
        request = {"engine": "sqlite", "host": str(tmp_path), "user": "reader", "database": "copy_1"}
        limits = {"timeout": 1.0, "total": 2.0, "read_only": True, "max_rows": 10, "max_bytes": 1000}
        got = sql({**request, **limits, "statements": ["select 1", "select 2"]})
        thread.join()
        assert (seen[0]["user"], seen[0]["read_only"], seen[0]["total"]) == ("reader", True, 2.0)
        return got

    return asked


def test_results_pass_through(ask: Ask) -> None:
    line = json.dumps({"results": [ROW, {**ROW, "error": "no such table", "sqlstate": "42000"}]}).encode() + b"\n"
    assert [result["error"] for result in ask(line)["results"]] == [None, "no such table"]


@pytest.mark.parametrize(
    "answer", [b"", b"{", b"nothing\n", b"[]\n", b"[" * 5000 + b"\n", b'{"results": 1}\n', b"1\n2\n"]
)
def test_nonsense_is_a_lost_connection(ask: Ask, answer: bytes) -> None:
    (result,) = ask(answer)["results"]
    assert (result["sqlstate"], bool(result["error"])) == ("08006", True)


def test_fewer_results_than_statements_are_a_lost_connection(ask: Ask) -> None:
    first, second = ask(json.dumps({"results": [ROW]}).encode() + b"\n")["results"]
    assert (first["error"], second["sqlstate"]) == (None, "08006")
