"""Whether checks of the kind load tell an equal request from one that is twice as slow, again and again.

Run as ``python -m benchmarks.load [--times N]``: N checks of each in one grading. With ``--reference``, a reference is
measured in one grading first, N times, and an equal and a slower solution are compared with that. Exit code 1: an
equal one failed, or a slower one did not.
"""

from __future__ import annotations

import argparse
import collections
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.grading import graded, write_challenge
from gradekit.grade.judging import judge, lock_of
from gradekit.record import Record
from gradekit.scratch import scratch
from gradekit.spec.challenge import Challenge
from gradekit.spec.lock import Lock

TIMES: Final = 20
SORTS: Final = ("equal", "slower")
_HEAD: Final = """\
gradekit: 1
id: load
title: Load
runner: [python]
rubric: rubric.yaml
limits: {timeout: 1h}
app: {ready: {http: GET /base, status: 200}}
checks:
"""
_CHECK: Final = """\
  - id: SORT-NUMBER
    criterion: all
    timeout: 120s
    load: {request: {request: GET /SORT}, baseline: {request: GET /base}, limits: {p50: 1.5, throughput: 0.67}}
"""
_RELATIVE: Final = """\
  - id: load-NUMBER
    criterion: all
    timeout: 120s
    load:
      request: {request: GET /work}
      baseline: {request: GET /base}
      limits: {p50: {times_reference: 1.5}, throughput: {times_reference: 0.67}}
"""
_APP: Final = """\
import http.server
import os


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sum(range({"/slower": 800_000, "/work": WORK}.get(self.path, 400_000)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
"""


def main(arguments: list[str]) -> int:
    """Grade once, with many checks, and count how they ended."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES, help=f"checks of each sort (default: {TIMES})")
    parser.add_argument("--reference", action="store_true", help="limits relative to a reference")
    given = parser.parse_args(arguments)
    times = given.times
    begun = time.monotonic()
    with scratch("load") as folder:
        if given.reference:
            write_relative(folder / "challenge", times)
            ended = _compare(folder / "challenge")
        else:
            write(folder, times)
            ended = _ended(*graded(folder / "challenge", folder / "submission"))
    counts = {sort: collections.Counter(end for name, end in ended.items() if name.startswith(sort)) for sort in SORTS}
    for sort, count in counts.items():
        sys.stdout.write(f"{sort:<7} {', '.join(f'{number} {end}' for end, number in sorted(count.items()))}\n")
    sys.stdout.write(f"{time.monotonic() - begun:.0f} s in all\n")
    return int(counts["equal"]["failed"] > 0 or counts["slower"]["failed"] < counts["slower"].total())


def write(folder: Path, times: int) -> None:
    """A challenge with so many checks of each sort, and its submission."""
    checks = "".join(
        _CHECK.replace("SORT", sort).replace("NUMBER", str(number)) for number in range(times) for sort in SORTS
    )
    write_challenge(folder / "challenge", _HEAD + checks)
    _write_app(folder / "submission", 400_000)


def write_relative(folder: Path, times: int) -> None:
    """A challenge with so many checks relative to its reference, that, one that is as fast, and a slower one."""
    checks = "".join(_RELATIVE.replace("NUMBER", str(number)) for number in range(times))
    claims = f"  - {{path: slower, expect: {{fails: [{', '.join(f'load-{number}' for number in range(times))}]}}}}\n"
    claims += "  - {path: reference, expect: {passes: all}}\n"
    write_challenge(folder, f"{_HEAD}{checks}solutions:\n{claims}")
    for name, work in (("reference", 400_000), ("equal", 400_000), ("slower", 800_000)):
        _write_app(folder / name, work)


def _write_app(folder: Path, work: int) -> None:
    folder.mkdir()
    (folder / "app.py").write_text(_APP.replace("WORK", str(work)), encoding="utf-8")
    (folder / "Procfile").write_text("web: python3 app.py\n", encoding="utf-8")


def _compare(folder: Path) -> dict[str, str]:
    """How the checks of the equal and of the slower solution end."""
    challenge, record = graded(folder, folder / "reference")
    lock, mistakes = lock_of(challenge, record.observations)
    # Without a whole measure, verify would not write a lock.
    inconclusive = {check for check, lines in mistakes.items() if lines}
    sys.stdout.write(f"reference inconclusive in {len(inconclusive)} of {len(mistakes)} checks, which are left out\n")
    ended: dict[str, str] = {}
    for sort in SORTS:
        found = _ended(*graded(folder, folder / sort, lock), lock)
        ended |= {f"{sort}-{check}": status for check, status in found.items() if check not in inconclusive}
    return ended


def _ended(challenge: Challenge, record: Record, lock: Lock | None = None) -> dict[str, str]:
    report = judge(challenge, record, lock)
    for check in report.checks:
        for exhibit in report.run.checks[check.id].exhibits[:1]:
            sys.stdout.write(f"{check.id}: {exhibit.text.partition(chr(10) * 2)[0]}\n")
    return {check.id: check.outcome.status.value for check in report.checks}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
