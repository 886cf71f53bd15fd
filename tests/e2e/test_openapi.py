"""The kind ``openapi`` on the engine: an app as its document has it, and one that is wrong in every operation."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.running import Finished

pytestmark = pytest.mark.docker
SAMPLES = Path(__file__).parent / "openapi"


def test_answers_are_held_against_the_document(gradekit: Callable[..., Finished], tmp_path: Path) -> None:
    folder = tmp_path / "contract"
    shutil.copytree(SAMPLES, folder)
    cases = {}
    for state in ("good", "bad"):
        (folder / state).mkdir()
        shutil.copy(SAMPLES / "app.py", folder / state / "app.py")
        (folder / state / "Procfile").write_text(f"web: python3 app.py {state}\n", encoding="utf-8")
    for state in ("good", "bad"):
        done = gradekit("grade", str(folder / state), "-c", str(folder), "--json")
        (check,) = json.loads(done.out)["checks"]
        cases[state] = {case["title"]: case["outcome"]["message"].partition(":")[0] for case in check["cases"]}
    assert cases == {
        "good": {"GET /notes": "", "POST /notes": "", "GET /notes/{id}": ""},
        "bad": {
            "GET /notes": "Response violates schema",
            "POST /notes": "Undocumented Content-Type",
            "GET /notes/{id}": "Server error",
        },
    }
