from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gradekit.sandbox import reaper
from gradekit.sandbox.reaper import Owner, created_at, is_left_behind, read_owner, start_time, this_process

HERE = Owner("boot", 10, 100, "ns")


def judge(owner: Owner, *, started: int | None = None, running: bool = False, age: float = 0.0) -> bool:
    return is_left_behind(owner, HERE, lambda _pid: started, running=running, age=age)


def test_labels_can_be_read_back() -> None:
    assert read_owner(HERE.labels("run-1")) == HERE
    assert HERE.labels("run-1")["io.gradekit.run"] == "run-1"
    assert HERE.labels("run-1")["io.gradekit.owner"] == "boot:10:100"


@pytest.mark.parametrize("text", ["", "boot", "boot:1", "boot:x:1", ":1:1", "boot:1:-1"])
def test_labels_that_name_nobody(text: str) -> None:
    assert read_owner({"io.gradekit.owner": text}) is None


def test_a_living_process_keeps_its_things() -> None:
    assert not judge(replace(HERE, pid=11), started=100, age=1e9)


def test_a_dead_process_does_not() -> None:
    assert judge(replace(HERE, pid=11), started=None, running=True)


def test_a_pid_that_is_used_again_is_another_process() -> None:
    assert judge(replace(HERE, pid=11), started=101)


def test_pids_of_another_namespace_say_nothing() -> None:
    assert not judge(replace(HERE, pidns="other"), started=None, age=1e9)


def test_another_boot_is_given_an_hour_and_whatever_runs() -> None:
    other = replace(HERE, boot="other")
    assert not judge(other, age=3000)
    assert judge(other, age=4000)
    assert not judge(other, age=4000, running=True)


def test_this_process_is_alive() -> None:
    here = this_process()
    assert here.pid == os.getpid()
    assert not is_left_behind(here, here, start_time, running=False, age=0)


def test_a_finished_process_has_no_start_time() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        assert start_time(process.pid) is not None
    assert start_time(process.pid) is None


def test_a_name_with_parentheses_does_not_confuse(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7/stat").write_text("7 (a) b (c) S " + " ".join(str(number) for number in range(2, 50)))
    assert start_time(7, tmp_path) == 20


def test_systems_that_do_not_tell(tmp_path: Path) -> None:
    assert reaper.boot_id(tmp_path) == "unknown"
    assert reaper.pid_namespace(tmp_path) == "unknown"


def test_times_of_the_engine() -> None:
    assert created_at("1700000000") == 1_700_000_000
    assert created_at("2023-11-14T22:13:20Z") == 1_700_000_000
    assert created_at("2023-11-14T22:13:20.123456789Z") == pytest.approx(1_700_000_000, abs=1)
    assert created_at("nonsense") > 1_700_000_000
