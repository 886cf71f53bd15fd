"""Golden transcripts: judge/http/NAME holds a check, what was recorded, and the verdict it must get."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from gradekit.checks.base import Context
from gradekit.checks.http import KIND
from gradekit.checks.http.evidence import HttpEvidence
from gradekit.checks.http.model import HttpSpec

FOLDER = Path(__file__).parent / "judge" / "http"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir())


def load(case: Path) -> tuple[HttpSpec, HttpEvidence, Context]:
    spec = HttpSpec.model_validate(yaml.safe_load((case / "check.yaml").read_text()))
    evidence = HttpEvidence.model_validate_json((case / "evidence.json").read_text())
    files = {
        path.relative_to(case / "files").as_posix(): path.read_bytes()
        for path in (case / "files").rglob("*")
        if path.is_file()
    }
    return spec, evidence, Context(check=case.name, files=files, variables={"page": 20})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_verdict(case: Path, golden: Callable[[Path, str], None]) -> None:
    judgement = KIND.judge(*load(case))
    golden(case / "outcome.json", judgement.model_dump_json(indent=2) + "\n")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_show_is_printable(case: Path) -> None:
    spec, evidence, _ = load(case)
    exhibits = KIND.show(spec, evidence)
    assert exhibits
    assert all(char.isprintable() or char == "\n" for exhibit in exhibits for char in exhibit.title + exhibit.text)
