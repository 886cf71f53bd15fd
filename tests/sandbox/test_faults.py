from __future__ import annotations

import itertools

import pytest

from gradekit.sandbox.faults import Exposure, Fault, Mishap, whose


@pytest.mark.parametrize("mishap", Mishap)
def test_before_anything_of_the_candidate_every_mishap_is_ours(mishap: Mishap) -> None:
    assert whose(mishap, Exposure.NONE) is Fault.OURS


@pytest.mark.parametrize("exposure", Exposure)
def test_nothing_in_a_sandbox_reaches_the_engine(exposure: Exposure) -> None:
    assert whose(Mishap.ENGINE, exposure) is Fault.OURS


@pytest.mark.parametrize(
    ("mishap", "exposure"),
    list(itertools.product((Mishap.ENDED, Mishap.LIMIT, Mishap.LOST), (Exposure.DATA, Exposure.CODE))),
)
def test_what_a_candidate_could_cause_buys_no_retry(mishap: Mishap, exposure: Exposure) -> None:
    assert whose(mishap, exposure) is Fault.CANDIDATE
