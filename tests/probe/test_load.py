"""The probe's load operation against servers that answer at a pace of their own."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gradekit.probe import http as probe


@contextmanager
def server(pause: float, status: int = 200) -> Iterator[int]:
    """A port where every answer takes so many seconds, one after the other."""
    turn = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with turn:
                time.sleep(pause)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield listening.server_address[1]
        finally:
            listening.shutdown()
            thread.join()


def load(port: int, **fields: object) -> dict[str, Any]:
    request = {
        "host": "127.0.0.1",
        "port": port,
        "method": "GET",
        "target": "/",
        "headers": [],
        "body": "",
        "timeout": 5.0,
        "max_body": 1000,
        "clients": 2,
        "load_seconds": 0.4,
        "rate": None,
        "most": 1000,
    }
    return probe.load({**request, **fields})


def test_each_client_sends_its_next_request_after_its_last_answer() -> None:
    with server(0.02, 503) as port:
        reply = load(port)
    assert 4 <= len(reply["times"]) <= 22
    assert reply["statuses"] == [[503, len(reply["times"])]]
    assert sorted(reply["times"])[len(reply["times"]) // 2] >= 0.03
    assert reply["seconds"] >= 0.4


def test_there_are_no_more_requests_than_wanted() -> None:
    with server(0.0) as port:
        assert len(load(port, most=3)["times"]) == 3


def test_what_is_due_at_its_time_waits_for_a_slow_server() -> None:
    with server(0.05) as port:
        reply = load(port, rate=100)
    assert len(reply["times"]) == 40
    # Those at the end were due long before anybody could send them.
    assert max(reply["times"]) >= 0.15
    assert sum(count for _, count in reply["statuses"]) < 20
    assert reply["seconds"] < 3


def test_without_an_answer_there_is_no_time() -> None:
    with server(0.0) as port:
        pass
    reply = load(port, rate=20)
    assert reply["times"] == []
    assert reply["statuses"] == [[0, 8]]
