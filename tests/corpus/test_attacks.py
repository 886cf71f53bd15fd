"""The catalogue of attacks in the documents, and the cases that refer to it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.hostile.running import CORPUS

ROOT = Path(__file__).parents[2]
ROWS = dict(
    re.findall(
        r"^\| (A\d\d) \|.*\| ([^|]+) \|$", (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8"), re.MULTILINE
    )
)
USED = {attack for case in CORPUS.values() for attack in case.expect.attacks}


def test_every_attack_of_a_case_is_explained() -> None:
    assert ROWS
    assert USED - ROWS.keys() == set()


def test_every_attack_is_shown_by_a_case_or_by_a_file() -> None:
    assert {attack for attack, shown in ROWS.items() if shown == "corpus"} == USED
    assert all((ROOT / shown.strip("`")).is_file() for shown in ROWS.values() if shown != "corpus")
