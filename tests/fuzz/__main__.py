"""Fuzz the parsers: ``python -m tests.fuzz [TARGET...] --seconds 600 --inputs 1000000``.

Each target runs in a process of its own, up to the first of both limits. With atheris installed, inputs are chosen by
the coverage they bring; without it they are mutations of the seeds. A failing input is kept in ``found/TARGET``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.limits import LONGEST, Finding, tried
from tests.fuzz.mutate import grown

FOUND = Path(__file__).parent / "found"
MEMORY = 2 << 30
USUAL = 1 << 14
"""Bytes of an input that is not grown."""
GROWN = 0.25
"""Share of the time for inputs that are grown."""
STUCK = 120
"""Seconds after which an input is given up that no signal can stop."""
PATIENCE = 3.0
"""How many times slower the engine's look at coverage makes a target."""
_INSTRUMENTED = ["gradekit", "gradekit_call", "jsonpath", "jsonschema", "referencing"]


@dataclass
class Session:
    """One target's inputs, and what they brought to light."""

    name: str
    seconds: float
    inputs: int
    target: Any = None
    patience: float = 1.0
    random: Random = field(default_factory=lambda: Random(time.time_ns()))  # noqa: S311 - no secret
    count: int = 0
    keys: dict[str, int] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)
    growing: float = 0.0
    """Seconds for inputs that were grown."""

    def once(self, data: bytes) -> None:
        """Try an input, and now and then what it grows to."""
        self._try(data)
        now = time.monotonic()
        if self.growing < GROWN * (now - self.begun):
            self._try(grown(data, self.random, LONGEST))
            self.growing += time.monotonic() - now
        if self.count >= self.inputs or time.monotonic() - self.begun >= self.seconds:
            self.end()

    def end(self) -> None:
        """Say what was done; the engine has no other way to be stopped."""
        say(json.dumps({"inputs": self.count, "seconds": round(time.monotonic() - self.begun, 1)}))
        os._exit(0)

    def _try(self, data: bytes) -> None:
        self.count += 1
        finding = tried(self.target, data, self.patience)
        if finding is not None and len(data) < self.keys.get(finding.key, 1 << 62):
            self.keys[finding.key] = len(data)
            keep(self.name, finding, data)


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def keep(name: str, finding: Finding, data: bytes) -> None:
    """Write a failing input down; the smallest of its kind stays."""
    (FOUND / name / finding.key).write_bytes(data)


def work(session: Session) -> None:
    """Run one target; never returns."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    engine = import_module("atheris") if find_spec("atheris") else None
    if engine is None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        table = import_module("tests.fuzz.targets").TARGETS
    else:
        with engine.instrument_imports(include=_INSTRUMENTED):
            table = import_module("tests.fuzz.targets").TARGETS
        session.patience = PATIENCE
    session.target = table[session.name]
    session.begun = time.monotonic()
    for data in inputs(session.name, session.target.seeds):
        session.once(data)
    if engine is None:
        kept = list(session.target.seeds)
        while True:
            data = session.random.choice(kept)
            for _ in range(session.random.choice((1, 1, 2, 3, 8))):
                data = session.target.mutate(data, session.random)[:USUAL]
            session.once(data)
    corpus = tempfile.mkdtemp()
    for number, data in enumerate(session.target.seeds):
        (Path(corpus) / str(number)).write_bytes(data)

    def mutated(data: bytes, size: int, seed: int) -> bytes:
        random = Random(seed)  # noqa: S311 - no secret
        if random.random() < 0.3:
            return bytes(engine.Mutate(data, size))
        return bytes(session.target.mutate(data, random)[:size])

    options = [
        f"-max_len={USUAL}",
        f"-timeout={STUCK}",
        f"-report_slow_units={STUCK}",
        f"-rss_limit_mb={MEMORY >> 20}",
        "-verbosity=0",
        f"-artifact_prefix={FOUND / session.name}/",
    ]
    engine.Setup([sys.argv[0], *options, corpus], session.once, custom_mutator=mutated)
    engine.Fuzz()


def inputs(name: str, seeds: Sequence[bytes]) -> list[bytes]:
    """The seeds and what was found before."""
    return [*seeds, *(path.read_bytes() for path in sorted((FOUND / name).glob("*")))]


def report(name: str, seconds: float, count: int) -> tuple[str, int, float, list[str]]:
    """Run a target in a process of its own; its row of the table."""
    folder = FOUND / name
    folder.mkdir(parents=True, exist_ok=True)
    before = set(folder.iterdir())
    command = [sys.executable, "-m", "tests.fuzz", name, f"--seconds={seconds}", f"--inputs={count}", "--here"]
    begun = time.monotonic()
    # What a process that is stopped has no time to remove goes with this folder.
    with tempfile.TemporaryDirectory(prefix="gradekit-fuzz-") as scratch, (Path(scratch) / "said").open("w+") as output:
        environment = {**os.environ, "TMPDIR": scratch}
        try:
            code = subprocess.run(
                command, env=environment, stdout=output, stderr=output, timeout=seconds + 2 * STUCK, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            code = -1
        text = (Path(scratch) / "said").read_text(errors="replace")
    lines = [line for line in text.splitlines() if line.startswith('{"inputs"')]
    said: dict[str, Any] = (
        json.loads(lines[-1]) if lines else {"inputs": 0, "seconds": round(time.monotonic() - begun, 1)}
    )
    new = sorted(path.name for path in set(folder.iterdir()) - before)
    if not any(folder.iterdir()):
        folder.rmdir()
    if not lines:
        new.append(f"ended with {code}: {text[-2000:]}")
    return name, said["inputs"], said["seconds"], new


def main() -> int:
    """Run the targets and print a table; 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--here", action="store_true", help="one target, in this process")
    options = parser.parse_args()
    if options.here:
        work(Session(options.targets[0], options.seconds, options.inputs))
    names = options.targets or list(import_module("tests.fuzz.targets").TARGETS)
    found = 0
    say(f"{'target':14}{'inputs':>10}{'seconds':>10}  new findings")
    with ThreadPoolExecutor(options.jobs) as pool:
        for name, count, seconds, new in pool.map(lambda name: report(name, options.seconds, options.inputs), names):
            say(f"{name:14}{count:>10}{seconds:>10}  {', '.join(new) or '-'}")
            found += len(new)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
