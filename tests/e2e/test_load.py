"""The kind ``load`` on the engine: an equal request is never too slow, one that is twice as slow always."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import load
from tests.e2e.running import Finished

pytestmark = pytest.mark.docker


def test_a_request_that_is_twice_as_slow_is_found(gradekit: Callable[..., Finished], tmp_path: Path) -> None:
    load.write(tmp_path, 1)
    done = gradekit("grade", str(tmp_path / "submission"), "-c", str(tmp_path / "challenge"), "--json")
    ended = {check["id"]: check["outcome"]["status"] for check in json.loads(done.out)["checks"]}
    assert ended == {"equal-0": "passed", "slower-0": "failed"}, done.out


def test_what_verify_records_of_the_reference_is_what_others_are_compared_with(
    gradekit: Callable[..., Finished], tmp_path: Path
) -> None:
    load.write_relative(tmp_path / "challenge", 1)
    place = str(tmp_path / "challenge")
    done = gradekit("challenge", "verify", place, "--repeat", "1")
    assert done.code == 0, done.out + done.err
    path = tmp_path / "challenge" / "challenge.lock"
    lock = json.loads(path.read_text(encoding="utf-8"))
    ratio = lock["ratios"]["load-0"]["python"]["p50"]
    assert 0 < ratio["low"] <= ratio["value"] <= ratio["high"]
    assert lock["solutions"]["slower"]["fails"] == ["load-0"]
