"""Each defence is taken away alone, and the cases that it should stop turn red."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import pytest

from gradekit.corpus import Ground
from tests.hostile.defences import DEFENCES, ROOT, Defence, gone, inserted, trial
from tests.hostile.running import CORPUS

CASES = None if os.environ.get("GRADEKIT_ALL_DEFENCES") == "1" else 1
"""How many cases of each defence are tried; the first is the quickest."""
SECURITY = ROOT / "docs" / "security.md"


@pytest.mark.docker
@pytest.mark.parametrize("defence", [each for each in DEFENCES if each.cases], ids=lambda defence: defence.name)
def test_its_cases_turn_red_without_it(defence: Defence, ground: Ground, tmp_path: Path) -> None:
    for number, (case, told) in enumerate(islice(defence.cases.items(), CASES)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with gone(defence):
            wrong = trial(case, told, ground, folder)
        if not wrong and defence.elsewhere:
            pytest.skip(defence.elsewhere)
        assert wrong, f"{case} is green without: {defence.name}"
        assert told in wrong


def test_each_defence_has_a_case_or_a_reason() -> None:
    names = [defence.name for defence in DEFENCES]
    assert len(set(names)) == len(names)
    for defence in DEFENCES:
        assert bool(defence.cases) is not bool(defence.reason), defence.name
        assert (ROOT / "src" / "gradekit" / defence.place).exists(), defence.name
        for case in defence.cases:
            path = case.partition("::")[0]
            assert (ROOT / path).is_file() if "::" in case else case in CORPUS, defence.name


def test_the_table_in_the_documents_is_up_to_date() -> None:
    text = SECURITY.read_text(encoding="utf-8")
    assert inserted(text) == text, "run `python -m tests.hostile.defences docs/security.md`"
