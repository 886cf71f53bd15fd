"""Statements counted by the real engines: an app that asks once for each item is seen, one that asks once is not."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import Finished

pytestmark = pytest.mark.docker
CHECK = """\
          - id: {way}
            criterion: work
            n_plus_one:
              request: GET /{way}?limit=${{n}}
              sizes: [4, 30]
              items: $.orders
              rounds: 2
              before: [{{sql: "update orders set note = ${{round.uuid}}"}}]
              response: {{json: {{"$.orders[0].note": "${{round.uuid}}"}}}}
"""
CHALLENGE = """\
        gradekit: 1
        id: counted
        title: Counted
        runner: [python]
        rubric: rubric.yaml
        limits: {{memory: 256MiB, pids: 64}}
        services: {{db: {{runner: {engine}}}}}
        datasets: {{shop: {{service: db, load: [{{submission: tables.sql}}]}}}}
        app: {{env: {{DB: "${{db.url}}"}}, dataset: shop, ready: {{http: GET /health, status: 200, timeout: 30s}}}}
        checks:
"""
SCRIPT = {
    "postgres": """\
        insert into orders select n, '' from generate_series(1, 60) n;
        insert into parts select n, 'x' from generate_series(1, 60) n;
        create function each_line(size int) returns int language plpgsql as $$
        declare found text;
        begin
          for i in 1..size loop select item into found from parts where order_id = i; end loop;
          return size;
        end $$;
    """,
    "mariadb": """\
        insert into orders select seq, '' from seq_1_to_60;
        insert into parts select seq, 'x' from seq_1_to_60;
        create function each_line(size int) returns int deterministic
        begin
          declare i int default 1;
          declare found varchar(40);
          while i <= size do select item into found from parts where order_id = i; set i = i + 1; end while;
          return size;
        end;
    """,
}
FILES = {
    "rubric.yaml": """\
        gradekit: 1
        id: counted
        title: Counted
        pass_mark: 50
        criteria: {work: {title: Work, weight: 100}}
    """,
    "app/Procfile": "web: python app.py\n",
    "app/app.py": """\
        import http.server
        import json
        import os
        import re
        import threading
        import time

        URL = re.fullmatch("[a-z]+://(.*):(.*)@(.*):(.*)/(.*)", os.environ["DB"]).groups()
        MARIADB = os.environ["DB"].startswith("mysql")
        kept = {}


        def connect():
            user, password, host, port, name = URL
            if MARIADB:
                import pymysql

                return pymysql.connect(
                    host=host, port=int(port), user=user, password=password, database=name, client_flag=1 << 16
                )
            import psycopg

            return psycopg.connect(os.environ["DB"], prepare_threshold=2)


        def asked(db, text, *values):
            cursor = db.cursor()
            cursor.execute(text, values)
            return cursor.fetchall() if cursor.description else None


        def orders(db, size):
            return asked(db, "select id, note from orders where id <= %s order by id", size)


        def joined(db, size):
            rows = orders(db, size)
            ids = [row[0] for row in rows]
            if MARIADB:
                marks = ", ".join(["%s"] * len(ids))
                asked(db, f"select * from parts where order_id in ({marks})", *ids)
            else:
                asked(db, "select * from parts where order_id = any(%s)", ids)
            return rows


        def each(db, size):
            rows = orders(db, size)
            for row in rows:
                asked(db, "select item from parts where order_id = %s", row[0])
            return rows


        def in_transactions(db, size):
            rows = orders(db, size)
            for row in rows:
                db.commit()
                asked(db, "savepoint a")
                asked(db, "rollback to savepoint a")
            return rows


        def batched(db, size):
            rows = orders(db, size)
            db.cursor().execute("".join(f"select item from parts where order_id = {row[0]};" for row in rows))
            if MARIADB:
                db.close()
            return rows


        def in_a_function(db, size):
            asked(db, "select each_line(%s)", size)
            return orders(db, size)


        def hidden(db, size):
            for text in (
                "set pg_stat_statements.track = 'none'",
                "alter role app set pg_stat_statements.track = 'none'",
                "alter role app reset all",
                "create extension pg_stat_statements",
                "select pg_stat_statements_reset()",
                "set session sql_log_off = 1",
                "truncate performance_schema.events_statements_summary_by_user_by_event_name",
                "update performance_schema.setup_consumers set enabled = 'NO'",
                "update performance_schema.setup_actors set enabled = 'NO'",
                "set global performance_schema = 0",
            ):
                try:
                    asked(db, text)
                except Exception:
                    pass
                db.rollback()
            other = connect()
            try:
                return each(other, size)
            finally:
                other.close()


        def cached(db, size):
            if size not in kept:
                kept[size] = each(db, size)
            return kept[size]


        def short(db, size):
            return orders(db, 4)


        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path, _, query = self.path.partition("?")
                if path == "/health":
                    return self.say([])
                db = connect()
                try:
                    rows = globals()[path[1:].replace("-", "_")](db, int(query.removeprefix("limit=")))
                finally:
                    db.close() if not MARIADB or db.open else None
                self.say([{"id": row[0], "note": row[1]} for row in rows])

            def say(self, found):
                data = json.dumps({"orders": found}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *words):
                pass


        def beat():
            db = connect()
            while True:
                time.sleep(0.7)
                asked(db, "select 1")
                db.commit()


        threading.Thread(target=beat, daemon=True).start()
        http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
    """,
}
TABLES = """\
        create table orders (id int primary key, note varchar(60) not null);
        create table parts (order_id int primary key, item varchar(40) not null);
"""
PACKAGES = {
    "postgres": "psycopg==3.3.9\npsycopg-binary==3.3.9\ntyping-extensions==4.16.0\n",
    "mariadb": "PyMySQL==1.1.2\n",
}
RIGHT = ("joined", "in-transactions", "in-a-function")
WRONG = {
    "each": "the same statement was sent once for each item: select item from parts where order_id = ",
    "batched": "the same statement was sent once for each item: select item from parts where order_id = ",
    "hidden": "the same statement was sent once for each item: select item from parts where order_id = ",
    "cached": "with 4 items: $.orders[0].note: ",
    "short": "with 30 items: $.orders: 4 items; 30 items expected",
}


@pytest.mark.parametrize("engine", ["postgres", "mariadb"])
def test_statements_are_counted(gradekit: Callable[..., Finished], tmp_path: Path, engine: str) -> None:
    inside = CHECK.format(way="in-a-function").replace("id: in-a-function", "id: inside")
    checks = [CHECK.format(way=way) for way in (*RIGHT, *WRONG)]
    texts = {
        **FILES,
        "challenge.yaml": CHALLENGE.format(engine=engine)
        + "".join(checks)
        + inside
        + "              expect: {inside: {lte: 1}}\n",
        "app/tables.sql": TABLES + SCRIPT[engine],
        "app/requirements.txt": PACKAGES[engine],
    }
    for name, text in texts.items():
        path = tmp_path / "counted" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    folder = tmp_path / "counted"
    done = gradekit("grade", str(folder / "app"), "-c", str(folder), "--json", "--quiet", "--exit-zero")
    assert done.code == 0, done.err
    found: dict[str, Any] = {check["id"]: check for check in json.loads(done.out)["checks"]}
    told = {name: (check["outcome"]["status"], check["outcome"]["message"]) for name, check in found.items()}
    for way in RIGHT:
        assert told[way] == ("passed", ""), told[way]
    for way, message in WRONG.items():
        assert told[way][0] == "failed", found[way]
        assert message in told[way][1].replace("`", "").replace("SELECT", "select").replace("FROM", "from").replace(
            "WHERE", "where"
        ), found[way]
    assert told["inside"] == (
        "failed",
        "functions and triggers in the database ran 30 statements for 30 items and 4 for 4",
    )
    assert "30 statements" in told["each"][1] or "31 statements" in told["each"][1], told["each"]
