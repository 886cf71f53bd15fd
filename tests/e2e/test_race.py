"""Races on the real engine: bugs are seen in every round, right programs in none; what an app keeps over a restart."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import Finished

pytestmark = pytest.mark.docker
ROUNDS = {"postgres": 10, "mariadb": 6}
BUGS = ("check-then-insert", "read-modify-write")
RIGHT = {"postgres": ("for-update", "atomic", "unique"), "mariadb": ("for-update", "atomic")}
RACE = """\
          - id: {way}
            criterion: work
            timeout: 2m
            race:
              request: POST /{way}?round=${{round.index}}
              clients: 5
              rounds: {rounds}
              before: [{{sql: "update stock set left_over = 3 where id = 1"}}, {{sql: delete from bookings}}]
              expect: {{statuses: {{2xx: {won}, 5xx: 0}}}}
              after: [{{sql: "{after}", expect: {{value: {value}}}}}]
"""
CHALLENGE = """\
        gradekit: 1
        id: races
        title: Races
        runner: [python]
        rubric: rubric.yaml
        limits: {{memory: 256MiB, pids: 64}}
        services: {{db: {{runner: {engine}}}}}
        datasets: {{shop: {{service: db, load: [{{submission: tables.sql}}]}}}}
        app: {{env: {{DB: "${{db.url}}"}}, dataset: shop, ready: {{http: GET /health, status: 200, timeout: 30s}}}}
        checks:
          - id: keeps
            criterion: work
            http:
              steps:
                - {{request: POST /remember, expect: {{status: 200, text: "1"}}}}
                - {{request: POST /atomic, expect: {{status: 200}}}}
                - {{restart: app}}
                - {{sql: "update stock set left_over = left_over + 1 where id = 1", expect: {{rows_affected: 1}}}}
                - {{sql: select left_over from stock, expect: {{value: 3}}}}
                - {{name: killed, restart: app, grace: 0s}}
                - {{request: POST /atomic, repeat: 4, expect: {{status: 409, statuses: {{"200": 3, "409": 1}}}}}}
          - id: forgets
            criterion: work
            http:
              steps:
                - {{request: POST /remember, expect: {{status: 200, text: "1"}}}}
                - {{restart: app}}
                - {{request: POST /remember, expect: {{status: 200, text: "2"}}}}
          - id: outage
            criterion: work
            fresh: true
            http:
              steps:
                - {{request: POST /linger, expect: {{status: 200}}}}
                - {{request: POST /again, expect: {{status: 200}}}}
                - {{stop: db}}
                - {{name: old session, request: POST /again, expect: {{status: 500}}}}
                - {{name: new session, request: POST /atomic, expect: {{status: 500}}}}
                - {{sql: select left_over from stock, expect: {{value: 3}}}}
                - {{start: db}}
                - {{name: back, request: POST /atomic, expect: {{status: 200}}}}
                - {{stop: db}}
              after: [{{sql: select left_over from stock, expect: {{value: 2}}}}]
          - id: afterwards
            criterion: work
            http: {{steps: [{{request: POST /atomic, expect: {{status: 200}}}}]}}
          - id: lingers
            criterion: work
            http: {{steps: [{{request: POST /linger, expect: {{status: 200}}}}]}}
"""
FILES = {
    "rubric.yaml": """\
        gradekit: 1
        id: races
        title: Races
        pass_mark: 50
        criteria: {work: {title: Work, weight: 100}}
    """,
    "app/Procfile": "web: python app.py\n",
    "app/tables.sql": """\
        create table stock (id int primary key, left_over int not null);
        insert into stock values (1, 3);
        create table bookings (room int not null, day int not null);
        create table "odd ""; drop table stock; --" (n int);
        create table slots (room int not null, day int not null, primary key (room, day));
    """,
    "app/app.py": """\
        import http.server
        import os
        import re
        import signal
        import sys

        URL = re.fullmatch("[a-z]+://(.*):(.*)@(.*):(.*)/(.*)", os.environ["DB"]).groups()
        remembered = []
        held = []
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


        def connect():
            user, password, host, port, name = URL
            if os.environ["DB"].startswith("mysql"):
                import pymysql

                return pymysql.connect(host=host, port=int(port), user=user, password=password, database=name)
            import psycopg

            return psycopg.connect(os.environ["DB"])


        class Taken(Exception):
            pass


        def check_then_insert(ask, day):
            if ask("select count(*) from bookings where day = %s", day)[0]:
                raise Taken
            ask("insert into bookings values (1, %s)", day)


        def unique(ask, day):
            # The table refuses a second one.
            ask("insert into slots values (1, %s)", day)


        def read_modify_write(ask, _day):
            left = ask("select left_over from stock where id = 1")[0]
            if left < 1:
                raise Taken
            ask("update stock set left_over = %s where id = 1", left - 1)


        def for_update(ask, _day):
            left = ask("select left_over from stock where id = 1 for update")[0]
            if left < 1:
                raise Taken
            ask("update stock set left_over = %s where id = 1", left - 1)


        def atomic(ask, _day):
            if ask("update stock set left_over = left_over - 1 where id = 1 and left_over > 0") != 1:
                raise Taken


        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.say(200)

            def do_POST(self):
                path, _, query = self.path.partition("?")
                if path == "/remember":
                    remembered.append(1)
                    return self.say(200, str(len(remembered)))
                if path == "/linger":
                    held.append(connect())
                    held[-1].cursor().execute("select * from stock")
                    return self.say(200)
                if path == "/again":
                    try:
                        held[-1].cursor().execute("select * from stock")
                        return self.say(200)
                    except Exception as error:
                        return self.say(500, str(error))
                try:
                    db = connect()
                except Exception as error:
                    return self.say(500, str(error))

                def ask(text, *values):
                    cursor = db.cursor()
                    cursor.execute(text, values)
                    return cursor.fetchone() if cursor.description else cursor.rowcount

                try:
                    globals()[path[1:].replace("-", "_")](ask, query.removeprefix("round=") or 0)
                    db.commit()
                    self.say(200)
                except Taken:
                    self.say(409)
                except Exception as error:
                    self.say(409 if "uplicate" in str(error) else 500, str(error))
                finally:
                    db.close()

            def say(self, status, text=""):
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *words):
                pass


        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 64


        Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
    """,
}
PACKAGES = {
    "postgres": "psycopg==3.3.9\npsycopg-binary==3.3.9\ntyping-extensions==4.16.0\n",
    "mariadb": "PyMySQL==1.1.2\n",
}


def race(way: str, rounds: int) -> str:
    booking, slot = way == "check-then-insert", way == "unique"
    table = "bookings" if booking else "slots" if slot else "stock"
    what, where = ("count(*)", " where day = ${round.index}") if booking or slot else ("left_over", "")
    after = f"select {what} from {table}{where}"  # noqa: S608
    won, value = (1, 1) if booking or slot else (3, 0)
    return RACE.format(way=way, rounds=rounds, won=won, after=after, value=value)


@pytest.mark.parametrize("engine", ["postgres", "mariadb"])
def test_races_are_forced(gradekit: Callable[..., Finished], tmp_path: Path, engine: str) -> None:
    rounds = ROUNDS[engine]
    texts = {
        **FILES,
        "challenge.yaml": CHALLENGE.format(engine=engine)
        + "".join(race(way, rounds) for way in (*BUGS, *RIGHT[engine])),
    }
    texts["app/requirements.txt"] = PACKAGES[engine]
    if engine == "mariadb":
        texts["app/tables.sql"] = texts["app/tables.sql"].replace('"odd ""; drop table stock; --"', "`odd ``; drop --`")
    for name, text in texts.items():
        path = tmp_path / "races" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    folder = tmp_path / "races"
    done = gradekit("grade", str(folder / "app"), "-c", str(folder), "--json", "--quiet", "--exit-zero")
    assert done.code == 0, done.err
    checks: dict[str, Any] = {check["id"]: check for check in json.loads(done.out)["checks"]}
    told = {name: (check["outcome"]["status"], check["outcome"]["message"]) for name, check in checks.items()}
    assert told["keeps"][0] == "passed", checks["keeps"]
    assert told["outage"][0] == "passed", checks["outage"]
    assert told["afterwards"][0] == "passed", checks["afterwards"]
    assert told["forgets"][0] == "failed"
    for way in BUGS:
        assert told[way][0] == "failed", checks[way]
        assert told[way][1].startswith("round 1: "), checks[way]
        assert [case["outcome"]["status"] for case in checks[way]["cases"]] == ["failed"] * rounds, checks[way]
    for way in RIGHT[engine]:
        assert told[way] == ("passed", ""), checks[way]
