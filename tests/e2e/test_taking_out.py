"""An expectation of a shipped challenge that is taken out is noticed; see also ``test_grade``.

Of sql-analytics there are none to take out: a query's rows are compared with the reference's, whole.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.running import ROOT, Finished
from tests.e2e.taking_out import taken_out

pytestmark = pytest.mark.docker


@pytest.mark.parametrize(
    ("name", "solution"),
    [("rate-limiter", "reference"), ("product-catalog", "reference"), ("text-toolkit", "reference-python")],
)
def test_an_expectation_that_is_taken_out_is_noticed(
    name: str, solution: str, gradekit: Callable[..., Finished], tmp_path: Path
) -> None:
    folder = ROOT / "challenges" / name
    done = gradekit("grade", str(folder / "solutions" / solution), "-c", str(folder), "-o", str(tmp_path / "out"))
    assert done.code == 0, done.err
    found = taken_out(folder, tmp_path / "out" / "record", 50)
    assert len(found.rest) <= 5, found.rest
    assert {place.partition(":")[0] for place in found.rest} <= found.doubtful
    assert len(found.by_place) >= 40
