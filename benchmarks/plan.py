"""Whether checks of the kind plan tell an equal query from one that does twice the work, again and again.

Run as ``python -m benchmarks.plan [--times N]``: on each engine N checks of each in one grading. Exit code 1: an equal
query failed, or a slower one did not. The equal one is written in another way than the reference, and the limit is 1.5.
"""

from __future__ import annotations

import argparse
import collections
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.grading import ended, graded, write_challenge
from gradekit.scratch import scratch

TIMES: Final = 20
ENGINES: Final = ("postgres", "mariadb", "sqlite")
SORTS: Final = ("equal", "slower")
_HEAD: Final = """\
gradekit: 1
id: plan
title: Plan
runner: none
rubric: rubric.yaml
limits: {timeout: 1h}
services: {db: {runner: ENGINE}}
datasets: {big: {service: db, load: [{challenge: big.sql}]}}
checks:
"""
_CHECK: Final = """\
  - id: SORT-NUMBER
    criterion: all
    timeout: 120s
    plan: {file: SORT.sql, dataset: big, reference: reference.sql, expect: {work_ratio: 1.5}}
"""
_BIG: Final = """\
create table sales (id integer primary key, region integer not null, amount integer not null);
insert into sales (id, region, amount)
with recursive n (i) as (select 1 union all select i + 1 from n where i < 900)
select a.i * 20 + b.i, (a.i * 7 + b.i) % 50, a.i % 97 from n a join n b on b.i <= 20;
"""
_REFERENCE: Final = "select region, sum(amount) as total from sales group by region order by region\n"
_QUERIES: Final = {
    "equal": "select s.region, sum(s.amount) total from (select region, amount from sales) s group by 1 order by 1\n",
    "slower": """\
select region, sum(amount) / 2 as total
from (select region, amount from sales union all select region, amount from sales) twice
group by region order by region
""",
}


def main(arguments: list[str]) -> int:
    """Grade once for each engine, with many checks, and count how they ended."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plan", description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES, help=f"checks of each sort (default: {TIMES})")
    times = parser.parse_args(arguments).times
    begun = time.monotonic()
    wrong = 0
    with scratch("plan") as folder:
        for engine in ENGINES:
            challenge = write(folder / engine, engine, times)
            found = ended(*graded(challenge, folder / engine / "submission"))
            for sort in SORTS:
                counts = collections.Counter(end for name, end in found.items() if name.startswith(sort))
                told = ", ".join(f"{number} {end}" for end, number in sorted(counts.items()))
                sys.stdout.write(f"{engine:<9} {sort:<7} {told}\n")
                wrong += counts["failed"] if sort == "equal" else times - counts["failed"]
    sys.stdout.write(f"{time.monotonic() - begun:.0f} s in all\n")
    return int(wrong > 0)


def write(folder: Path, engine: str, times: int) -> Path:
    """A challenge with so many checks of each sort, in ``folder``, and its submission beside it."""
    checks = "".join(
        _CHECK.replace("SORT", sort).replace("NUMBER", str(number)) for number in range(times) for sort in SORTS
    )
    challenge = folder / "challenge"
    write_challenge(challenge, _HEAD.replace("ENGINE", engine) + checks)
    (challenge / "big.sql").write_text(_BIG, encoding="utf-8")
    (challenge / "reference.sql").write_text(_REFERENCE, encoding="utf-8")
    submission = folder / "submission"
    submission.mkdir()
    for sort, query in _QUERIES.items():
        (submission / f"{sort}.sql").write_text(query, encoding="utf-8")
    return challenge


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
