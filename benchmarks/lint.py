"""How long ``gradekit challenge lint`` takes, of each shipped challenge.

Run as ``python -m benchmarks.lint [--times N]``: the median of N starts, as the ratio to a process that imports the
libraries of the command line and the models and does nothing. Authors run it on every save: it should feel immediate.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

TIMES: Final = 11
_FLOOR: Final = ("-c", "import jsonpath, jsonschema, pydantic, rich.console, typer, yaml")
_CHALLENGES: Final = Path(__file__).parents[1] / "challenges"


def main(arguments: list[str]) -> int:
    """Print a line for each spec; exit code 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lint", description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES, help=f"starts of each (default: {TIMES})")
    times = parser.parse_args(arguments).times
    floor = median(_FLOOR, times)
    sys.stdout.write(f"{floor:.2f} s       floor\n")
    for spec in sorted(_CHALLENGES.glob("*/challenge*.yaml")):
        took = median(("-m", "gradekit", "challenge", "lint", str(spec)), times)
        sys.stdout.write(f"{took:.2f} s  {took / floor:.1f}x  {spec.parent.name}/{spec.name}\n")
    return 0


def median(arguments: Sequence[str], times: int) -> float:
    """Seconds of wall time that the interpreter takes with these arguments, after one start that is not counted.

    Raises:
        subprocess.CalledProcessError: it ended with another exit code than 0.
    """
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    took = []
    for _ in range(times + 1):
        begun = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environ)  # noqa: S603 - of our own
        took.append(time.perf_counter() - begun)
    return statistics.median(took[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
