"""Migrations on each engine, right ones and three mistakes, in one grading."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.running import Finished

pytestmark = pytest.mark.docker
OLD = """\
create table customers (id integer primary key, name varchar(40) not null);
insert into customers values (1, 'Ada'), (2, 'Bo');
"""
FILES = {
    "good/1.up.sql": "alter table customers add column email varchar(80)",
    "good/2.up.sql": "create table orders (id integer primary key, customer integer references customers (id));\n"
    "create index orders_by_customer on orders (customer)",
    "good/1.down.sql": "alter table customers drop column email",
    "good/2.down.sql": "drop table orders",
    "twice/1.up.sql": "create table if not exists orders (id integer primary key)",
    "forgets/1.down.sql": "select 1",
    "loses/1.up.sql": "delete from customers where id = 2; create table orders (id integer primary key)",
    "loses/1.down.sql": "drop table orders",
}
CHECKS: dict[str, dict[str, object]] = {
    "good": {"up": ["good/*.up.sql"], "down": ["good/*.down.sql"]},
    "twice": {"up": ["twice/1.up.sql"], "idempotent": True},
    "not-twice": {"up": ["good/*.up.sql"], "idempotent": True},
    "forgets": {"up": ["good/*.up.sql"], "down": ["forgets/*.sql"]},
    "loses": {"up": ["loses/*.up.sql"], "down": ["loses/*.down.sql"]},
}
ENGINES = ("postgres", "mariadb", "sqlite")


def test_right_migrations_and_mistakes(tmp_path: Path, gradekit: Callable[..., Finished]) -> None:
    keeps = [{"name": "customers", "query": "select id, name from customers"}]
    spec = {
        "gradekit": 1,
        "id": "moves",
        "title": "Moves",
        "runner": "none",
        "rubric": "rubric.yaml",
        "services": {engine: {"runner": engine} for engine in ENGINES},
        "datasets": {engine: {"service": engine, "load": [{"challenge": "old.sql"}]} for engine in ENGINES},
        "checks": [
            {"id": f"{name}-{engine}", "criterion": "all", "migrations": {"dataset": engine, "keeps": keeps, **body}}
            for engine in ENGINES
            for name, body in CHECKS.items()
        ],
    }
    rubric = {"gradekit": 1, "id": "all", "title": "All", "criteria": {"all": {"title": "All", "weight": 100}}}
    challenge, work = tmp_path / "challenge", tmp_path / "work"
    challenge.mkdir()
    texts = {"challenge.yaml": json.dumps(spec), "rubric.yaml": json.dumps(rubric), "old.sql": OLD}
    for folder, files in ((challenge, texts), (work, FILES)):
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    done = gradekit("grade", str(work), "-c", str(challenge), "--json", "--exit-zero", "-q")
    assert done.code == 0, done.err
    found = {check["id"]: check for check in json.loads(done.out)["checks"]}
    wrong = {
        name: [case["id"] for case in check["cases"] if case["outcome"]["status"] != "passed"]
        for name, check in found.items()
    }
    for engine in ENGINES:
        assert not wrong[f"good-{engine}"], found[f"good-{engine}"]
        assert not wrong[f"twice-{engine}"], found[f"twice-{engine}"]
        assert wrong[f"not-twice-{engine}"] == ["up twice", "up twice: customers"]
        assert wrong[f"forgets-{engine}"] == ["down", "up again", "up again: customers"]
        assert wrong[f"loses-{engine}"] == [f"{step}: customers" for step in ("up", "down", "up again")]
