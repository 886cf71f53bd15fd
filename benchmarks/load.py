"""Whether checks of the kind load tell an equal request from one that is twice as slow, again and again.

Run as ``python -m benchmarks.load [--times N]``: N checks of each in one grading. Exit code 1: an equal one failed, or
a slower one did not.
"""

from __future__ import annotations

import argparse
import collections
import sys
import time
from pathlib import Path
from typing import Final

from gradekit.cli import assemble
from gradekit.cli import config as configuration
from gradekit.cli.terminal import Lines
from gradekit.grade.judging import judge
from gradekit.grade.run import grade
from gradekit.progress import Silent
from gradekit.scratch import scratch
from gradekit.spec.load import load_challenge
from gradekit.submission import CloneRules, obtain

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
_RUBRIC: Final = "{gradekit: 1, id: load, title: Load, criteria: {all: {title: All, weight: 100}}}\n"
_APP: Final = """\
import http.server
import os


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sum(range(800_000 if self.path == "/slower" else 400_000))
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
    times = parser.parse_args(arguments).times
    begun = time.monotonic()
    with scratch("load") as folder:
        write(folder, times)
        ended = _grade(folder)
    counts = {sort: collections.Counter(end for name, end in ended.items() if name.startswith(sort)) for sort in SORTS}
    for sort, count in counts.items():
        sys.stdout.write(f"{sort:<7} {', '.join(f'{number} {end}' for end, number in sorted(count.items()))}\n")
    sys.stdout.write(f"{time.monotonic() - begun:.0f} s in all\n")
    return int(counts["equal"]["failed"] > 0 or counts["slower"]["failed"] < times)


def write(folder: Path, times: int) -> None:
    """A challenge with so many checks of each sort, and its submission."""
    checks = "".join(
        _CHECK.replace("SORT", sort).replace("NUMBER", str(number)) for number in range(times) for sort in SORTS
    )
    for name, text in {
        "challenge/challenge.yaml": _HEAD + checks,
        "challenge/rubric.yaml": _RUBRIC,
        "submission/app.py": _APP,
        "submission/Procfile": "web: python3 app.py\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _grade(folder: Path) -> dict[str, str]:
    config = configuration.load()
    challenge = load_challenge(folder / "challenge", rubrics=[], runners=assemble.kinds_of_runners(config))
    setting = assemble.setting_for(challenge.spec, config, Lines())
    record = grade(
        challenge,
        None,
        setting,
        lambda: obtain(
            str(folder / "submission"),
            ref=None,
            before=None,
            candidate=None,
            received_at=None,
            rules=CloneRules(max_size=1 << 20, max_files=10),
        ),
        Silent(),
    )
    report = judge(challenge, record, None)
    for check in report.checks:
        for exhibit in report.run.checks[check.id].exhibits:
            sys.stdout.write(f"{check.id}: {exhibit.text.partition(chr(10) * 2)[0]}\n")
    return {check.id: check.outcome.status.value for check in report.checks}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
