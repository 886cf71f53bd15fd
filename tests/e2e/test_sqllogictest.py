"""A file of sqllogictest on what a submission made in a data set, on each engine, in one grading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.running import Finished

pytestmark = pytest.mark.docker
ENGINES = ("postgres", "mariadb", "sqlite")
TABLES = """\
create table items (id integer primary key, name varchar(40), price decimal(8,2));
insert into items values (1, 'pen', 1.50), (2, '', 20.00), (3, null, null);
"""
FILES = {
    "good.sql": "create view shown as select id, name, price from items; create unique index names on items (name)",
    "bad.sql": "create view shown as select id, name, price * 2 as price from items where id < 3",
}
PRICES = hashlib.md5(b"1.500\n20.000\nNULL\n").hexdigest()  # noqa: S324 - the format's own
"""In the order of their texts, as rowsort has them."""
RECORDS = """\
# What is asked of the view, in one session.
statement ok
create temporary table noted (id integer)

statement error
select * from nowhere

statement ok
insert into noted values (1)

query I
select count(*) from noted
----
1

query ITR rowsort whole
select id, name, price from shown
----
1
pen
1.500
2
(empty)
20.000
3
NULL
NULL

query R rowsort
select price from shown
----
3 values hashing to PRICES

query IR
select id, price from shown where id < 3 order by id
----
1 1.5
2 20

statement error (?i)unique|duplicate
insert into items values (4, 'pen', 1)

statement count 2
update items set price = 3 where id in (1, 3)

skipif postgresql
skipif mysql
statement ok
pragma user_version

onlyif oracle
statement ok
nonsense

halt

statement ok
nonsense
"""


def test_records_on_each_engine(tmp_path: Path, gradekit: Callable[..., Finished]) -> None:
    sides = [f"{engine}-{side}" for engine in ENGINES for side in ("good", "bad")]
    spec = {
        "gradekit": 1,
        "id": "records",
        "title": "Records",
        "runner": "none",
        "rubric": "rubric.yaml",
        "services": {engine: {"runner": engine} for engine in ENGINES},
        "datasets": {
            side: {
                "service": side.partition("-")[0],
                "load": [{"challenge": "tables.sql"}, {"submission": f"{side.partition('-')[2]}.sql"}],
            }
            for side in sides
        },
        "checks": [
            {
                "id": side,
                "criterion": "all",
                "sqllogictest": {"dataset": side, "files": ["hidden/slt"], "scoring": "per_record"},
            }
            for side in sides
        ],
    }
    rubric = {"gradekit": 1, "id": "all", "title": "All", "criteria": {"all": {"title": "All", "weight": 100}}}
    texts = {
        "challenge.yaml": json.dumps(spec),
        "rubric.yaml": json.dumps(rubric),
        "tables.sql": TABLES,
        "hidden/slt/view.slt": RECORDS.replace("PRICES", PRICES),
    }
    challenge, work = tmp_path / "challenge", tmp_path / "work"
    for folder, files in ((challenge, texts), (work, FILES)):
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    done = gradekit("grade", str(work), "-c", str(challenge), "--json", "--exit-zero", "-q")
    assert done.code == 0, done.err
    found = {check["id"]: check for check in json.loads(done.out)["checks"]}
    for engine in ENGINES:
        cases = found[f"{engine}-good"]["cases"]
        assert len(cases) == (10 if engine == "sqlite" else 9)
        assert {case["outcome"]["status"] for case in cases} == {"passed"}, cases
        wrong = [
            case["id"].rpartition(":")[2]
            for case in found[f"{engine}-bad"]["cases"]
            if case["outcome"]["status"] != "passed"
        ]
        assert wrong == ["16", "29", "34", "40"], found[f"{engine}-bad"]["cases"]
