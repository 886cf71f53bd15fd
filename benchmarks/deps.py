"""What cached packages cost a warm grading: its deps phase with packages, against one without, in turns.

Run as ``python -m benchmarks.deps [--rounds N]``. Exit code 1: it costs as much as the limit, or more.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Final

from gradekit.cli import assemble
from gradekit.cli import config as configuration
from gradekit.cli.terminal import Lines
from gradekit.grade.run import grade
from gradekit.grade.setting import Setting
from gradekit.progress import Silent
from gradekit.scratch import scratch
from gradekit.spec.challenge import Challenge
from gradekit.spec.load import load_challenge
from gradekit.submission import CloneRules, obtain

LIMIT: Final = 0.050
"""Seconds that cached packages may add to the deps phase."""
ROUNDS: Final = 7
_LOCKS: Final = {"plain": {}, "packages": {"requirements.txt": "iniconfig==2.3.1\n"}}
_CHALLENGE: Final = """\
gradekit: 1
id: deps
title: Packages
runner: [python]
rubric: rubric.yaml
checks: [{id: run, criterion: all, command: {run: "python -c 'import LIBRARY'"}}]
"""
_RUBRIC: Final = "{gradekit: 1, id: deps, title: Packages, criteria: {all: {title: All, weight: 100}}}\n"


def main(arguments: list[str]) -> int:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deps", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="gradings of each sort")
    rounds: int = parser.parse_args(arguments).rounds
    progress = Lines()
    try:
        with scratch("bench") as folder:
            gradings = {sort: _Grading(sort, folder / sort, progress) for sort in _LOCKS}
            for grading in gradings.values():
                # The first one fetches what the others find in the cache.
                grading.seconds()
            found: dict[str, list[tuple[float, float]]] = {sort: [] for sort in _LOCKS}
            for number in range(rounds):
                progress.note(f"round {number + 1} of {rounds}")
                for sort, grading in gradings.items():
                    found[sort].append(grading.seconds())
    finally:
        progress.close()
    for sort, pairs in found.items():
        phase = [1000 * pair[0] for pair in pairs]
        whole = [pair[1] for pair in pairs]
        sys.stdout.write(
            f"{sort:<9} deps {statistics.median(phase):6.1f} ms ({min(phase):.1f} to {max(phase):.1f})"
            f"   grading {statistics.median(whole):6.2f} s ({min(whole):.2f} to {max(whole):.2f})\n"
        )
    plain, packages = (statistics.median(pair[0] for pair in found[sort]) for sort in ("plain", "packages"))
    added = packages - plain
    word = "less than" if added < LIMIT else "NOT less than"
    sys.stdout.write(f"cached packages add {1000 * added:.1f} ms, {word} {1000 * LIMIT:.0f} ms\n")
    return 0 if added < LIMIT else 1


class _Grading:
    """One sort of submission, to be graded again and again."""

    def __init__(self, sort: str, folder: Path, progress: Lines) -> None:
        library = "iniconfig" if sort == "packages" else "json"
        for name, text in {
            "challenge/challenge.yaml": _CHALLENGE.replace("LIBRARY", library),
            "challenge/rubric.yaml": _RUBRIC,
            "submission/app.py": "",
            **{f"submission/{name}": text for name, text in _LOCKS[sort].items()},
        }.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        config = configuration.load()
        self._submission = folder / "submission"
        self._challenge: Challenge = load_challenge(
            folder / "challenge", rubrics=[], runners=assemble.kinds_of_runners(config)
        )
        self._setting: Setting = assemble.setting_for(self._challenge.spec, config, progress)

    def seconds(self) -> tuple[float, float]:
        """Seconds of the deps phase and of the whole grading."""
        begun = time.perf_counter()
        record = grade(
            self._challenge,
            None,
            self._setting,
            lambda: obtain(
                str(self._submission),
                ref=None,
                before=None,
                candidate=None,
                received_at=None,
                rules=CloneRules(max_size=1 << 20, max_files=10),
            ),
            Silent(),
        )
        whole = time.perf_counter() - begun
        (observation,) = record.observations
        if observation.state != "observed":
            raise SystemExit(f"the grading failed: {observation.message}")
        (phase,) = (phase for phase in record.phases if phase.name == "deps")
        return phase.seconds, whole


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
