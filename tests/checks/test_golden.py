"""Judges are pure: a folder holds a check, the evidence that a run left, and the judgement it must get."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from gradekit.checks.base import Context
from gradekit.checks.kinds import KINDS as ALL
from gradekit.checks.ratios import Ratios
from gradekit.checks.twins.model import Twin

ROOT = Path(__file__).parent / "judge"
KINDS = {name: kind for name, kind in ALL.items() if name != "http"}
"""What is judged from one request to the next has a test of its own."""
FOLDERS = sorted(path.parent for name in KINDS for path in (ROOT / name).glob("*/check.yaml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_judgement(folder: Path, golden: Callable[[Path, str], None]) -> None:
    check = yaml.safe_load((folder / "check.yaml").read_text(encoding="utf-8"))
    kind = KINDS[folder.parent.name]
    spec = kind.spec.model_validate(check[kind.name])
    evidence = kind.evidence.model_validate_json((folder / "evidence.json").read_bytes())
    tests = check.get("expected_tests")
    files = {name: text.encode() for name, text in check.get("files", {}).items()}
    context = Context(
        check=folder.name,
        files=files,
        variables=check.get("variables", {}),
        expected_tests=None if tests is None else tuple(tests),
        ratios=TypeAdapter(Ratios | None).validate_python(check.get("ratios")),
        memory=check.get("memory"),
        twins={unit: Twin.model_validate(twin) for unit, twin in check.get("twins", {}).items()},
    )
    judgement = kind.judge(spec, evidence, context)
    golden(folder / "outcome.json", judgement.model_dump_json(indent=2, exclude_none=True) + "\n")


def test_there_are_folders_for_all_kinds() -> None:
    assert {folder.parent.name for folder in FOLDERS} == set(KINDS)
