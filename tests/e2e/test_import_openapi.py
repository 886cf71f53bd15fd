"""A document of others as a challenge, and services: one as it says, and one that answers nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.running import ROOT, Finished

pytestmark = pytest.mark.docker
DOCUMENT = ROOT / "tests/imports/golden/openapi/petstore-expanded/source/openapi.json"
APP = Path(__file__).parent / "projects" / "pets" / "app.py"


def test_a_service_is_graded_by_an_imported_document(gradekit: Callable[..., Finished], tmp_path: Path) -> None:
    made = gradekit("challenge", "import", "openapi", str(DOCUMENT), "pets")
    assert made.code == 0, made.err
    totals = {}
    for state in ("", "stub"):
        work = tmp_path / f"work{state}"
        work.mkdir()
        shutil.copy(APP, work / "app.py")
        (work / "Procfile").write_text(f"web: python3 app.py {state}\n", encoding="utf-8")
        done = gradekit("grade", str(work), "-c", str(tmp_path / "pets"), "--json", "--exit-zero", "-q")
        assert done.code == 0, done.err
        report = json.loads(done.out)
        totals[state] = {check["id"]: check["outcome"]["ratio"] for check in report["checks"]}
        assert {check["outcome"]["status"] for check in report["checks"]} == {"failed" if state else "passed"}, report
    checks = ("find-pets", "add-pet", "find-pet-by-id", "delete-pet", "contract")
    assert totals == {"": dict.fromkeys(checks, 1.0), "stub": dict.fromkeys(checks, 0.0)}
