"""Every probe of the kind ``security`` against a safe and a vulnerable app, in two languages, one pod for each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.running import Finished

pytestmark = pytest.mark.docker
SAMPLES = Path(__file__).parent / "security"


def test_every_probe_tells_a_vulnerable_app_from_a_safe_one(gradekit: Callable[..., Finished], tmp_path: Path) -> None:
    folder = tmp_path / "attacked"
    folder.mkdir()
    for name in ("challenge.yaml", "rubric.yaml"):
        shutil.copy(SAMPLES / name, folder / name)
    for language, source, program in (("python", "app.py", "python3"), ("node", "app.js", "node")):
        for state in ("safe", "vulnerable"):
            solution = folder / f"{language}-{state}"
            solution.mkdir()
            shutil.copy(SAMPLES / source, solution / source)
            (solution / "Procfile").write_text(f"web: {program} {source} {state}\n", encoding="utf-8")
    for language in ("python", "node"):
        for state, status in (("safe", "passed"), ("vulnerable", "failed")):
            done = gradekit("grade", str(folder / f"{language}-{state}"), "-c", str(folder), "--json")
            checks = json.loads(done.out)["checks"]
            other = {check["id"]: check["outcome"] for check in checks if check["outcome"]["status"] != status}
            assert (len(checks), other) == (14, {}), (language, state)
