"""An app with a database and a store: both are asked, and both are fresh when the app is."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from gradekit.errors import ExitCode
from gradekit.sandbox import images
from gradekit.spec.handed import whole
from gradekit.spec.load import load_challenge
from tests.e2e.running import ROOT, Finished

pytestmark = pytest.mark.docker
FILES = {
    "challenge.yaml": """\
        gradekit: 1
        id: counter
        title: Counter
        runner: [python]
        rubric: rubric.yaml
        limits: {memory: 128MiB, pids: 32}
        services: {db: {runner: postgres}, cache: {runner: redis}}
        datasets:
          rows: {service: db, load: [{challenge: rows.sql}]}
          keys: {service: cache, load: [{challenge: seed.redis}]}
          lists: {service: cache, load: [{submission: own.redis}, {challenge: seed.redis}]}
        app:
          env: {REDIS_URL: "${cache.url}", ROWS: "${db.database}"}
          dataset: [rows, keys]
        checks:
          - id: both
            criterion: work
            http:
              before:
                - {nosql: {redis: [SET, "hits:two words", 5]}}
                - {sql: insert into rows values (8)}
              steps:
                - {request: GET /a, expect: {status: 200, text: "41"}}
                - {request: GET /a, expect: {status: 200, text: "42"}}
                - {request: GET /b, clients: 20, expect: {statuses: {"200": 20}}}
              after:
                - {sql: select count(*) from rows, expect: {value: 2}}
                - {nosql: {redis: GET hits:/a}, expect: {reply: "42"}}
                - {nosql: {redis: 'GET "hits:two words"'}, expect: {reply: "5"}}
                - nosql: {keys: "hits:/*"}
                  expect: {names: ["hits:/a", "hits:/b"], type: string, ttl: {between: [50, 60]}}
          - id: app-store
            criterion: work
            nosql: {ask: [{redis: GET hits:/b, expect: {reply: "20"}}, {redis: TYPE board, expect: {reply: zset}}]}
          - id: fresh
            criterion: work
            fresh: true
            http:
              steps: [{request: GET /a, expect: {status: 200, text: "41"}}]
              after:
                - {sql: select count(*) from rows, expect: {value: 1}}
                - {nosql: {keys: "hits:*"}, expect: {count: 1}}
          - id: outage
            criterion: work
            fresh: true
            http:
              steps:
                - {request: GET /a, expect: {status: 200, text: "41"}}
                - {stop: cache}
                - {name: without, request: GET /a, expect: {status: 503}}
                - {nosql: {redis: GET hits:/a}, expect: {reply: "41"}}
                - {start: cache}
                - {name: with, request: GET /a, expect: {status: 200, text: "42"}}
          - id: afterwards
            criterion: work
            http: {steps: [{request: GET /a, expect: {status: 200, text: "41"}}]}
          - id: data-set
            criterion: work
            nosql:
              dataset: lists
              before: [ZADD board 9 cid]
              ask:
                - {redis: ZRANGE board 0 -1 WITHSCORES, expect: {reply: [[ann, 1.5], [bob, 3], [cid, 9]]}}
                - {redis: HGETALL cart, expect: {reply: {eq: {pen: "2", box: "1"}}}}
                - {redis: SMEMBERS tags, expect: {reply: [a, b]}}
                - {redis: LRANGE own 0 -1, expect: {reply: [x, y z]}}
                - {redis: GET hits:/a, expect: {reply: "40"}}
        solutions:
          - {path: reference, expect: {passes: all}}
          - {path: wrong, expect: {fails: [both, app-store, fresh, outage, afterwards, data-set]}}
          - {path: squatter, expect: {fails: [outage]}}
    """,
    "rubric.yaml": """\
        gradekit: 1
        id: counter
        title: Counter
        pass_mark: 50
        criteria: {work: {title: Work, weight: 100}}
    """,
    "rows.sql": "create table rows (n int); insert into rows values (7);\n",
    "seed.redis": """\
        # What there is
        SET hits:/a 40 EX 60
        ZADD board 1.5 ann 3 bob
        HSET cart pen 2 box 1
        SADD tags b a
    """,
    "reference/own.redis": "RPUSH own x 'y z'\n",
    "reference/Procfile": "web: python app.py\n",
    "reference/app.py": """\
        import http.server
        import os
        import re
        import socket

        user, password, host, port = re.fullmatch("redis://(.*):(.*)@(.*):(.*)/0", os.environ["REDIS_URL"]).groups()


        def ask(*commands):
            with socket.create_connection((host, int(port))) as sock:
                reader = sock.makefile("rb")
                for command in (("AUTH", user, password), *commands):
                    parts = b"".join(b"$%d\\r\\n%s\\r\\n" % (len(part), part) for part in map(str.encode, command))
                    sock.sendall(b"*%d\\r\\n%s" % (len(command), parts))
                    reply = reader.readline().strip()
                return reply


        def absent():
            pass


        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                key = f"hits:{self.path}"
                try:
                    ask(("EXPIRE", key, "60"))
                    body, status = ask(("INCR", key))[1:], 200
                    ask(("EXPIRE", key, "60"))
                except OSError as error:
                    absent()
                    body, status = str(error).encode(), 503
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass


        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 64


        assert os.environ["ROWS"]
        Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
    """,
}


@pytest.fixture
def challenge(tmp_path: Path) -> Path:
    folder = tmp_path / "counter"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        if name.startswith("reference/"):
            other = folder / "wrong" / path.name
            other.parent.mkdir(exist_ok=True)
            other.write_text(textwrap.dedent(text).replace('("INCR", key)', '("INCRBY", key, "2")'), encoding="utf-8")
    shutil.copytree(folder / "reference", folder / "squatter")
    app = folder / "squatter" / "app.py"
    # Takes the port while nobody listens on it.
    taking = "global held; held = held or socket.create_server((host, int(port)))"
    app.write_text(
        app.read_text().replace("    pass\n\n\nclass Handler", f"    {taking}\n\n\nheld = None\n\n\nclass Handler")
    )
    (folder / "wrong" / "own.redis").write_text("RPUSH own x 'y z'\nRPUSH board z\n")
    return folder


def test_two_services_of_one_app(gradekit: Callable[..., Finished], challenge: Path) -> None:
    done = gradekit("challenge", "verify", str(challenge), "--repeat", "1")
    assert done.code == 0, done.out + done.err
    assert "all as claimed: 1 challenge, 3 solutions" in done.out


def test_what_was_seen_with_a_stand_in_is_passed_or_not_graded_but_never_failed(
    gradekit: Callable[..., Finished], tmp_path: Path
) -> None:
    """On the official image, which has no such label, the same solution fails what it claims to."""
    catalogue = ROOT / "challenges" / "product-catalog"
    challenge = load_challenge(catalogue, rubrics=[ROOT / "rubrics"])
    sums = next(one for one in challenge.spec.solutions if one.path == "solutions/known-bad/sums.patch")
    with whole(challenge, sums) as wrong:
        done = gradekit("grade", str(wrong), "-c", str(catalogue), "--out", str(tmp_path / "out"), "--json")
    report = json.loads(done.out)
    stand_in = images.ensure(["mongodb"])["mongodb"].stand_in
    found = {check["id"]: check["outcome"] for check in report["checks"]}
    assert {name for name, outcome in found.items() if outcome["status"] != "passed"} == {"report"}
    assert found["report"]["status"] == ("errored" if stand_in else "failed")
    assert report["score"]["state"] == ("incomplete" if stand_in else "provisional")
    if stand_in:
        assert done.code == ExitCode.INFRASTRUCTURE
        assert stand_in in found["report"]["message"]
        assert any(notice.startswith(f"runner mongodb: {stand_in}") for notice in report["notices"])
    assert any("mongodb" in name for name in report["versions"])
