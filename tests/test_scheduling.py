"""How tests are shared out among several processes."""

from __future__ import annotations

import pytest

from tests.conftest import ALONE, OF_ONE_GRADING, SPREAD, TOGETHER
from tests.e2e.running import ROOT


@pytest.mark.parametrize("named", [*ALONE, *OF_ONE_GRADING, *SPREAD, *TOGETHER])
def test_what_is_listed_is_there(named: str) -> None:
    path, *names = named.rstrip(":").split("::")
    assert (ROOT / path).exists()
    for name in names:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert f"def {name.partition('[')[0]}(" in text or f"class {name}:" in text
